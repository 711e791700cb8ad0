// The inbox on a phone: one pane per route, fingers instead of a pointer.
import { PEOPLE, ariStaysSilent, expect, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { Lightbox } from "../support/lightbox";

ariStaysSilent();

/** The smallest side of what a finger must hit, in CSS pixels. */
const FINGER = 44;

test("list, conversation and back again", async ({ customer, staff }) => {
  const citra = customer();
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await citra.writes("Dari ponsel");
  await expect(inbox.row(citra.name)).toBeVisible();
  await expectNoSidewaysScroll(page);

  await inbox.row(citra.name).tap();
  await expect(inbox.bubble("Dari ponsel")).toBeVisible();
  await expect(inbox.list).toBeHidden();
  await expectNoSidewaysScroll(page);

  await page.getByRole("link", { name: inbox.words.back }).tap();
  await expect(inbox.list).toBeVisible();
  await expect(inbox.thread).toBeHidden();
});

test("a page that is loaded anew at once, again and again, comes alive each time", async ({ staff }) => {
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  for (let time = 0; time < 10; time++) {
    // The files of the first page are still on their way when the second is being made.
    await page.goto("/demo/inbox", { waitUntil: "domcontentloaded" });
    const answer = await page.reload({ waitUntil: "domcontentloaded" });
    expect(answer?.headers()["content-security-policy"], "the page's own policy").toContain("nonce-");
    await inbox.isLive();
  }
});

test("a reply is written with the keyboard in the way", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await citra.writes("Halo");
  await inbox.open();
  await inbox.openConversation(citra.name);
  const text = `Balasan dari ponsel (${citra.waId})`;
  await inbox.reply(text);
  await expect(inbox.bubble(text)).toBeInViewport();
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(text)).toBeVisible();
});

test("what a finger aims at is large enough", async ({ customer, staff }) => {
  const citra = customer();
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await citra.writes("Halo");
  await inbox.open();
  await inbox.openConversation(citra.name);
  const targets = [
    inbox.page.getByRole("link", { name: inbox.words.back }),
    inbox.composer.getByRole("textbox"),
    inbox.composer.getByRole("button", { name: /kirim$/i }),
  ];
  for (const target of targets) {
    // The hit area may be larger than the look: ask the browser what lies half a finger around the middle.
    const reach = await target.evaluate((element, finger) => {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const half = finger / 2 - 1;
      const hit = (dx: number, dy: number) => {
        const at = document.elementFromPoint(x + dx, y + dy);
        return at !== null && (element === at || element.contains(at));
      };
      return { wide: hit(-half, 0) && hit(half, 0), high: hit(0, -half) && hit(0, half) };
    }, FINGER);
    expect(reach, `${await target.evaluate((element) => element.outerHTML.slice(0, 120))}`).toEqual({ wide: true, high: true });
  }
});

test("a picture is opened, swiped, pinched and left with fingers", async ({ customer, staff }) => {
  const citra = customer();
  const page = await staff(PEOPLE.owner);
  for (const caption of ["Foto satu", "Foto dua"]) await citra.sendsPhoto(caption);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.openConversation(citra.name);
  const lightbox = new Lightbox(page);
  await inbox.bubble("Foto satu").getByRole("img").tap();
  await lightbox.shows("1 dari 2", "Foto satu");
  await expectNoSidewaysScroll(page);
  for (const button of await lightbox.dialog.locator("button:visible, a:visible").all()) {
    const box = await button.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0), await button.evaluate((element) => element.outerHTML)).toBeGreaterThanOrEqual(FINGER);
  }

  const fingers = await page.context().newCDPSession(page);
  const touch = (type: "touchStart" | "touchMove" | "touchEnd", ...touchPoints: { x: number; y: number }[]) =>
    fingers.send("Input.dispatchTouchEvent", { type, touchPoints });
  await touch("touchStart", { x: 300, y: 420 });
  await touch("touchMove", { x: 200, y: 425 });
  await touch("touchMove", { x: 100, y: 425 });
  await touch("touchEnd");
  await lightbox.shows("2 dari 2", "Foto dua");

  const whole = await lightbox.width();
  await touch("touchStart", { x: 170, y: 420 }, { x: 220, y: 420 });
  await touch("touchMove", { x: 145, y: 420 }, { x: 245, y: 420 });
  await touch("touchEnd");
  await lightbox.isZoomed(200);
  expect(await lightbox.width()).toBeCloseTo(whole * 2, -1);
  // Enlarged, a finger moves the picture and does not leave it.
  await touch("touchStart", { x: 300, y: 420 });
  await touch("touchMove", { x: 100, y: 420 });
  await touch("touchEnd");
  await lightbox.shows("2 dari 2", "Foto dua");
  await lightbox.picture.tap({ position: { x: 200, y: 100 } });
  await lightbox.picture.tap({ position: { x: 200, y: 100 } });
  await lightbox.isZoomed(100);
  await lightbox.button("Tutup").tap();
  await expect(lightbox.dialog).toBeHidden();
  await expect(inbox.bubble("Foto satu").getByRole("link", { name: "Foto: Foto satu" })).toBeFocused();
});

test("a contact's pictures on a phone", async ({ customer, staff }) => {
  const citra = customer();
  const page = await staff(PEOPLE.owner);
  await citra.sendsPhoto("Foto satu");
  await citra.writes(`Lihat https://toko.test/${"sangat-panjang-".repeat(20)}`);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.openConversation(citra.name);
  await page.getByRole("link", { name: `Buka kontak ${citra.name}` }).tap();
  await page.getByRole("link", { name: "Berkas", exact: true }).tap();
  await expect(page.getByRole("link", { name: "Foto: Foto satu" })).toBeVisible();
  await expectNoSidewaysScroll(page);
  await page.getByRole("link", { name: "Tautan", exact: true }).tap();
  await expect(page.getByRole("link", { name: /toko\.test/ })).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test("rows are picked with a finger that stays, or after a tap on the head", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const one of [citra, dewi]) await one.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.open();
  await inbox.isLive();
  const box = (name: string) => inbox.list.getByRole("checkbox", { name });
  const row = await inbox.row(citra.name).boundingBox();
  // A tap on the picture opens the conversation, as ever.
  await inbox.row(dewi.name).tap({ position: { x: 36, y: 30 } });
  await expect(inbox.bubble("Halo")).toBeVisible();
  await page.getByRole("link", { name: inbox.words.back }).tap();

  await inbox.row(citra.name).dispatchEvent("pointerdown", { pointerType: "touch", isPrimary: true });
  await expect(box(citra.name)).toBeChecked();
  await inbox.row(citra.name).dispatchEvent("pointerup", { pointerType: "touch", isPrimary: true });
  await inbox.row(citra.name).dispatchEvent("click");
  await expect(box(citra.name), "the end of the press is no tap").toBeChecked();
  await expect(inbox.list).toBeVisible();
  await inbox.row(dewi.name).tap();
  await expect(page.getByText("2 dipilih", { exact: true })).toBeVisible();
  expect((await inbox.row(citra.name).boundingBox())?.height).toBe(row?.height);
  await expectNoSidewaysScroll(page);
  await page.getByRole("button", { name: "Batalkan pilihan" }).tap();
  await expect(box(citra.name)).not.toBeChecked();

  await inbox.list.getByRole("link", { name: "Pilih percakapan" }).tap();
  for (const one of [citra, dewi]) await inbox.row(one.name).tap();
  const bar = page.getByRole("toolbar", { name: "Untuk percakapan yang dipilih" });
  for (const target of await bar.locator("> .btn, summary").all()) {
    const size = await target.boundingBox();
    expect(Math.min(size?.width ?? 0, size?.height ?? 0), await target.innerText()).toBeGreaterThanOrEqual(FINGER);
  }
  await bar.locator('summary[aria-label="Lainnya"]').tap();
  await bar.getByRole("button", { name: "Tandai prioritas tinggi" }).tap();
  await expect(page.getByText("2 percakapan diprioritaskan").first()).toBeVisible();
  for (const one of [citra, dewi]) await expect(inbox.row(one.name).getByLabel("Prioritas tinggi")).toBeVisible();
  await page.getByRole("button", { name: "Urungkan" }).tap();
  for (const one of [citra, dewi]) await expect(inbox.row(one.name).getByLabel("Prioritas tinggi")).toHaveCount(0);
  await expectNoSidewaysScroll(page);
});
