// Replies that leave later, and replies that are undone before they leave.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

/** Half an hour from now, as a field for a local time shows it in the workspace's zone. */
function inHalfAnHour(): string {
  const at = new Date(Date.now() + 30 * 60_000).toLocaleString("sv-SE", { timeZone: "Asia/Jakarta" });
  return at.slice(0, 16).replace(" ", "T");
}

async function opened(inbox: Inbox, name: string): Promise<void> {
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(name);
}

async function schedule(inbox: Inbox, text: string): Promise<void> {
  await inbox.composer.getByRole("textbox").first().fill(text);
  await inbox.composer.getByLabel("Kirim nanti", { exact: true }).first().click();
  await inbox.composer.locator("input[name=at]").fill(inHalfAnHour());
  await inbox.composer.getByRole("button", { name: "Jadwalkan" }).click();
}

test("a reply waits for its time on every screen, and is sent or taken back by hand", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Halo");
  const [rani, budi] = [new Inbox(await staff(PEOPLE.owner)), new Inbox(await staff(PEOPLE.admin))];
  await opened(rani, citra.name);
  await opened(budi, citra.name);
  const [first, second] = [`Brosurnya menyusul (${citra.waId})`, `Sampai besok (${citra.waId})`];

  await schedule(rani, first);
  await schedule(rani, second);
  for (const inbox of [rani, budi]) {
    await expect(inbox.bubble(first)).toContainText("Akan dikirim");
    await expect(inbox.bubble(second)).toContainText("Akan dikirim");
  }
  await expect(rani.composer.getByRole("textbox").first(), "the box is free").toHaveValue("");
  await expectNoBarriers(rani.page);
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(first)).toHaveCount(0);

  // What is sent meanwhile stands above what waits.
  await rani.reply(`Sebentar (${citra.waId})`);
  // The phone is open: whatever arrives there is read soon after, and then stays as it is.
  await expect(rani.bubble("Sebentar")).toContainText(rani.words.read, { timeout: 20_000 });
  const lines = await rani.thread.getByRole("listitem").allInnerTexts();
  expect(lines.findIndex((line) => line.includes("Sebentar"))).toBeLessThan(lines.findIndex((line) => line.includes(first)));

  await budi.bubble(first).getByRole("button", { name: "Kirim sekarang" }).click();
  await expect(phone.bubble(first)).toBeVisible();
  await expect(rani.bubble(first)).toContainText(rani.words.read, { timeout: 20_000 });
  await expect(rani.bubble(first)).not.toContainText("Akan dikirim");

  await rani.bubble(second).getByRole("button", { name: "Ambil kembali" }).click();
  await expect(rani.composer.getByRole("textbox").first()).toHaveValue(second);
  await expect(rani.composer.getByRole("textbox").first()).toBeFocused();
  for (const inbox of [rani, budi]) await expect(inbox.bubble(second).filter({ visible: true })).toHaveCount(0);
  const lived = await rani.transcript();
  await rani.page.reload();
  await expect(rani.bubble(first)).toBeVisible();
  expect(await rani.transcript()).toEqual(lived);
  await expect(phone.bubble(second)).toHaveCount(0);
});

test("a time after the window, and Enter in the field of the time", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await opened(inbox, citra.name);
  const box = inbox.composer.getByRole("textbox").first();
  await box.fill("Minggu depan ya");
  await inbox.composer.getByLabel("Kirim nanti", { exact: true }).first().click();
  const field = inbox.composer.locator("input[name=at]");
  const late = new Date(Date.now() + 48 * 3_600_000).toLocaleString("sv-SE", { timeZone: "Asia/Jakarta" });
  await field.fill(late.slice(0, 16).replace(" ", "T"));
  // Never "send now": it does what the button beside it does.
  await field.press("Enter");
  await expect(inbox.page.getByText("sesudah jendela tutup")).toBeVisible();
  await expect(box).toHaveValue("Minggu depan ya");
  await expect(inbox.bubble("Minggu depan ya")).toHaveCount(0);
  await inbox.composer.getByLabel("Kirim nanti", { exact: true }).first().click();
  await inbox.page.keyboard.press("Escape");
  await expect(field).toBeHidden();
});

test("a reply is undone by the button and by the keyboard, and leaves by itself", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.owner);
  await page.context().addInitScript(() => localStorage.removeItem("no-undo"));
  const inbox = new Inbox(page);
  await opened(inbox, citra.name);
  const box = inbox.composer.getByRole("textbox").first();
  const phone = await citra.opensPhone(await visitor());

  await inbox.reply(`Salah (${citra.waId})`);
  await inbox.bubble("Salah").getByRole("button", { name: "Urungkan" }).click();
  await expect(box).toHaveValue(`Salah (${citra.waId})`);
  await expect(inbox.bubble("Salah").filter({ visible: true })).toHaveCount(0);

  await inbox.reply(`Salah lagi (${citra.waId})`);
  await expect(inbox.bubble("Salah lagi").getByRole("button", { name: "Urungkan" })).toBeVisible();
  await box.press("ControlOrMeta+z");
  await expect(box).toHaveValue(`Salah lagi (${citra.waId})`);

  await inbox.reply(`Benar (${citra.waId})`);
  await expect(inbox.bubble("Benar")).toContainText(inbox.words.read, { timeout: 20_000 });
  await expect(inbox.bubble("Benar").getByRole("button", { name: "Urungkan" })).toHaveCount(0);
  await expect(phone.bubble("Benar")).toBeVisible();
  await expect(phone.bubble("Salah")).toHaveCount(0);

  // Whoever is in a hurry switches it off.
  await page.getByRole("button", { name: inbox.words.account }).click();
  await page.getByLabel("Beri jeda 5 detik sebelum mengirim").uncheck();
  await page.keyboard.press("Escape");
  await inbox.reply(`Segera (${citra.waId})`);
  await expect(phone.bubble("Segera")).toBeVisible({ timeout: 4_500 });
});
