// Pictures seen large, and a contact's pictures, files and links: with the mouse, and from the keyboard alone.
import type { Page } from "@playwright/test";
import { pdf } from "../support/files";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { Lightbox } from "../support/lightbox";
import type { Customer } from "../support/sandbox";

ariStaysSilent();

/** The day in Jakarta. */
const today = () => new Date().toLocaleDateString("sv-SE", { timeZone: "Asia/Jakarta" });

/** A conversation in which a customer sent these photos. */
async function withPhotos(page: Page, citra: Customer, captions: string[]): Promise<Inbox> {
  for (const caption of captions) await citra.sendsPhoto(caption);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  for (const caption of captions) await expect(inbox.bubble(caption).getByRole("img")).toBeVisible();
  return inbox;
}

test("a picture is opened, zoomed and left from the keyboard, and the page below hears no key", async ({ customer, staff }) => {
  const citra = customer();
  const page = await staff(PEOPLE.owner);
  const fetched: string[] = [];
  page.on("request", (request) => request.url().includes("/scripts/") && fetched.push(request.url()));
  const sentOn = today();
  const inbox = await withPhotos(page, citra, ["Foto pertama", "Foto kedua", "Foto ketiga"]);
  const lightbox = new Lightbox(page);
  expect(fetched, "nothing is fetched before a picture is pressed").toEqual([]);

  const link = inbox.bubble("Foto kedua").getByRole("link", { name: "Foto: Foto kedua" });
  await link.focus();
  await page.keyboard.press("Enter");
  await lightbox.shows("2 dari 3", "Foto kedua");
  expect(fetched).toHaveLength(1);
  await expect(lightbox.dialog).toContainText(citra.name);
  const when = lightbox.dialog.locator("[data-part='when']");
  await expect(when).toHaveText(/^(Hari ini|Kemarin) \d\d\.\d\d$/);
  // Only midnight makes it yesterday's.
  if (today() === sentOn) await expect(when).toContainText("Hari ini");
  await expect(lightbox.picture).toHaveAttribute("alt", "Foto: Foto kedua");
  await expectNoBarriers(page);

  const whole = await lightbox.width();
  await page.keyboard.press("+");
  await lightbox.isZoomed(150);
  await page.keyboard.press("+");
  await lightbox.isZoomed(225);
  expect(await lightbox.width()).toBeCloseTo(whole * 2.25, -1);
  await page.keyboard.press("-");
  await lightbox.isZoomed(150);
  await page.keyboard.press("0");
  await lightbox.isZoomed(100);
  expect(await lightbox.width()).toBe(whole);

  await page.keyboard.press("ArrowRight");
  await lightbox.shows("3 dari 3", "Foto ketiga");
  await page.keyboard.press("ArrowRight");
  await lightbox.shows("3 dari 3", "Foto ketiga");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await lightbox.shows("1 dari 3", "Foto pertama");
  await expect(lightbox.button("Foto sebelumnya")).toBeHidden();
  // A picture that comes meanwhile is one of them.
  await citra.sendsPhoto("Foto keempat");
  await expect(inbox.thread.locator("img")).toHaveCount(4);
  await page.keyboard.press("ArrowRight");
  await lightbox.shows("2 dari 4", "Foto kedua");

  // Keys of the inbox: close the conversation, note, next row.
  const address = page.url();
  for (const key of ["e", "n", "j", "?"]) await page.keyboard.press(key);
  await page.keyboard.press("Escape");
  await expect(lightbox.dialog).toBeHidden();
  await expect(link).toBeFocused();
  await expect(inbox.thread).not.toContainText("menyelesaikan percakapan");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect(page.url()).toBe(address);

  await page.keyboard.press("Enter");
  await lightbox.shows("2 dari 4", "Foto kedua");
  await page.keyboard.press("Tab");
  const inside = await page.evaluate(() => document.activeElement?.closest("dialog") !== null || document.activeElement === document.body);
  expect(inside, "the focus stays in the dialog").toBe(true);
  await lightbox.button("Tutup").press("Enter");
  await expect(link).toBeFocused();
});

test("a picture is seen large before the page has come alive, which then comes alive below it", async ({ customer, staff }) => {
  const page = await staff(PEOPLE.owner);
  const inbox = await withPhotos(page, customer(), ["Foto sebelum hidup"]);
  let goOn = () => {};
  const until = new Promise<void>((done) => (goOn = done));
  await page.route("**/*.wasm", async (route) => {
    await until;
    await route.continue();
  });
  // Its modules would be waited for.
  await page.goto(page.url(), { waitUntil: "commit" });
  const lightbox = new Lightbox(page);
  await inbox.bubble("Foto sebelum hidup").getByRole("img").click();
  await lightbox.shows("", "Foto sebelum hidup");
  goOn();
  await inbox.isLive();
  await expect(lightbox.dialog).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(lightbox.dialog).toBeHidden();
  await inbox.reply("Balasan sesudah foto");
  await expect(inbox.bubble("Balasan sesudah foto")).toBeVisible();
});

test("with the mouse: double click, wheel, dragging, and a click beside it", async ({ customer, staff }) => {
  const page = await staff(PEOPLE.owner);
  const inbox = await withPhotos(page, customer(), ["Kursi rotan"]);
  const lightbox = new Lightbox(page);
  await inbox.bubble("Kursi rotan").getByRole("img").click();
  await lightbox.shows("", "Kursi rotan");
  await lightbox.picture.dblclick();
  await lightbox.isZoomed(225);
  await lightbox.picture.hover();
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -400);
  await page.keyboard.up("Control");
  await lightbox.isZoomed(501);
  const box = await lightbox.dialog.locator(".lightbox-stage").boundingBox();
  if (!box) throw new Error("the stage is there");
  const left = () => lightbox.dialog.locator(".lightbox-stage").evaluate((stage) => stage.scrollLeft);
  const before = await left();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 120, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  expect(Math.round((await left()) - before)).toBe(120);
  await expect(lightbox.dialog, "a drag is no click").toBeVisible();
  await lightbox.picture.dblclick();
  await lightbox.isZoomed(100);
  await page.mouse.click(box.x + 20, box.y + 20);
  await expect(lightbox.dialog).toBeHidden();

  // Modifier keys mean what they mean on links.
  const [tab] = await Promise.all([
    page.context().waitForEvent("page"),
    inbox.bubble("Kursi rotan").getByRole("img").click({ modifiers: ["Control"] }),
  ]);
  expect(tab.url()).toContain("/media/");
  await expect(lightbox.dialog).toBeHidden();
  // The original and the download are one step away.
  await inbox.bubble("Kursi rotan").getByRole("img").click();
  await expect(lightbox.dialog.getByRole("link", { name: "Unduh" })).toHaveAttribute("href", /\/api\/demo\/media\//);
  await expect(lightbox.dialog.getByRole("link", { name: "Buka aslinya di tab baru" })).toHaveAttribute("href", /\/api\/demo\/media\//);
});

test("a contact's pictures, documents and links, each with the way to its message", async ({ customer, staff }) => {
  const citra = customer();
  const page = await staff(PEOPLE.owner);
  const inbox = await withPhotos(page, citra, ["Kamar depan", "Kamar belakang"]);
  await citra.writes("Contohnya di https://toko.test/paket?x=1, ya. javascript:alert(1)");
  await inbox.composer.getByLabel("Lampirkan berkas").setInputFiles([pdf("Daftar harga.pdf")]);
  await inbox.composer.getByRole("button", { name: /^(Kirim|Ambil alih dan kirim)$/ }).click();
  await expect(inbox.bubble("Daftar harga.pdf")).toBeVisible();
  await expect(inbox.bubble("Daftar harga.pdf")).toContainText(inbox.words.delivered, { timeout: 20_000 });
  const conversation = page.url();

  await page.getByRole("region", { name: "Kontak" }).getByRole("link", { name: "Berkas" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Berkas · ${citra.name}`);
  const lightbox = new Lightbox(page);
  const newest = page.getByRole("link", { name: "Foto: Kamar belakang" });
  await newest.click();
  await lightbox.shows("1 dari 2", "Kamar belakang");
  await expect(lightbox.dialog).toContainText(citra.name);
  await page.keyboard.press("ArrowRight");
  await lightbox.shows("2 dari 2", "Kamar depan");
  await page.keyboard.press("Escape");
  await expect(newest).toBeFocused();
  for (const theme of ["light", "dark"] as const) {
    await prefer(page, { theme });
    for (const kind of ["media", "files", "links"]) {
      await page.goto(`${conversation}/media?kind=${kind}`);
      await expectNoBarriers(page);
      await expectNoSidewaysScroll(page);
    }
  }
  await page.goto(`${conversation}/media`);
  await page.getByRole("navigation", { name: "Jenis berkas" }).getByRole("link", { name: "Dokumen" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: /Daftar harga\.pdf/ }).click();
  expect((await download).suggestedFilename()).toBe("Daftar harga.pdf");
  await page.getByRole("link", { name: "Tautan", exact: true }).click();
  await expect(page.getByRole("link", { name: /toko\.test/ })).toHaveAttribute("href", "https://toko.test/paket?x=1");
  await expect(page.locator("a[href^='javascript:']")).toHaveCount(0);
  await page.getByRole("link", { name: /^Lihat pesan dari/ }).click();
  await expect(inbox.bubble("Contohnya di https://toko.test/paket")).toBeInViewport();
});

test("nobody else opens them", async ({ customer, staff }) => {
  const page = await staff(PEOPLE.owner);
  await withPhotos(page, customer(), ["Milik demo"]);
  const address = `${new URL(page.url()).pathname}/media`;
  for (const email of [PEOPLE.member, PEOPLE.stranger]) {
    const other = await staff(email);
    expect((await other.goto(address))?.status(), email).toBe(404);
  }
});
