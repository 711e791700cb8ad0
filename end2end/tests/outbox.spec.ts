// What was written without a connection goes out once, in order, when there is one: by the page that wrote it, or by the next one.
import { PEOPLE, ariStaysSilent, expect, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("replies written without a connection arrive once and in the order in which they were written", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  const texts = ["satu", "dua", "tiga", "empat"].map((text) => `${text} (${citra.waId})`);
  await inbox.page.context().setOffline(true);
  for (const text of texts) {
    await inbox.reply(text);
    await expect(inbox.bubble(text)).toBeVisible();
    // Tries of the first begin at other moments than those of the last.
    await inbox.page.waitForTimeout(400);
  }
  await expect(inbox.page.getByText(/4 pesan menunggu dikirim/)).toBeVisible({ timeout: 30_000 });
  // The first takes long on its way.
  await inbox.page.route("**/api/send_message*", async (route) => {
    if (route.request().postData()?.includes("satu")) await new Promise((done) => setTimeout(done, 3_000));
    await route.continue();
  });
  await inbox.page.context().setOffline(false);
  const phone = await citra.opensPhone(await visitor());
  for (const text of texts) await expect(phone.bubble(text)).toBeVisible({ timeout: 30_000 });
  const arrived = (await phone.page.getByRole("log").innerText()).match(/(satu|dua|tiga|empat) \(/g);
  expect(arrived).toEqual(["satu (", "dua (", "tiga (", "empat ("]);
  await expect(inbox.page.locator(".composer-notice:visible")).toHaveCount(0);
});

test("what a page could not send before it was closed is sent by the next one, once, whatever is open there", async ({ customer, staff, visitor }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const somebody of [citra, dewi]) await somebody.writes("Halo");
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  for (const somebody of [citra, dewi]) {
    await inbox.openConversation(somebody.name);
    await inbox.takeOver();
  }
  const address = page.url();
  const [first, second, other] = [`pertama (${dewi.waId})`, `kedua (${dewi.waId})`, `untuk Citra (${citra.waId})`];
  await page.context().setOffline(true);
  await inbox.reply(first);
  await inbox.reply(second);
  await inbox.openConversation(citra.name);
  await inbox.reply(other);
  await expect(inbox.bubble(other)).toBeVisible();
  // The page is gone with all that it knew.
  await page.goto("about:blank");
  await page.context().setOffline(false);
  await page.goto(address);
  await inbox.isLive();
  for (const text of [first, second]) await expect(inbox.bubble(text)).toContainText(/terkirim|sampai|dibaca/, { timeout: 30_000 });
  const phones = [[await dewi.opensPhone(await visitor()), [first, second]], [await citra.opensPhone(await visitor()), [other]]] as const;
  for (const [phone, texts] of phones) for (const text of texts) await expect(phone.bubble(text)).toBeVisible({ timeout: 30_000 });
  // And never again.
  await page.reload();
  await inbox.isLive();
  await page.waitForTimeout(4_000);
  for (const text of [first, second]) await expect(inbox.bubble(text)).toHaveCount(1);
  for (const [phone, texts] of phones) for (const text of texts) await expect(phone.bubble(text)).toHaveCount(1);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("outbox:")))).toEqual([]);
});

test("another tab leaves alone what a living one is sending, and goes on with it once that one is closed", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  // It is on its way for long.
  await page.route("**/api/send_message*", () => {});
  const text = `lama di jalan (${citra.waId})`;
  await inbox.reply(text);
  await expect(inbox.bubble(text)).toBeVisible();
  const second = await page.context().newPage();
  let sent = 0;
  second.on("request", (request) => (sent += Number(request.url().includes("/api/send_message"))));
  const other = new Inbox(second);
  await other.open();
  await other.isLive();
  await second.waitForTimeout(5_000);
  expect(sent).toBe(0);
  await page.close();
  // By itself; the browser lets what was on its way go with the page, or not: it is the same message.
  await expect.poll(() => sent, { timeout: 20_000 }).toBe(1);
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(text)).toBeVisible({ timeout: 20_000 });
  await second.waitForTimeout(2_000);
  await expect(phone.bubble(text)).toHaveCount(1);
  expect(sent).toBe(1);
});

test("what may not go any more stands in its box again, whole and in order", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Masih ada kamar?");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const [first, second] = [`Masih, Kak (${citra.waId})`, "Mau yang mana?"];
  await owner.page.context().setOffline(true);
  for (const text of [first, second]) {
    await owner.reply(text);
    await expect(owner.bubble(text)).toBeVisible();
  }
  await owner.page.goto("about:blank");
  const theirs = `Maaf, sudah penuh (${citra.waId})`;
  await admin.reply(theirs);
  await expect(admin.bubble(theirs)).toContainText(/terkirim|sampai|dibaca/, { timeout: 20_000 });
  await owner.page.context().setOffline(false);
  // The list alone: the text waits where it was written.
  await owner.open();
  await owner.isLive();
  await expect(owner.page.getByText(new RegExp(`Pesan untuk ${citra.name} belum terkirim`))).toBeVisible({ timeout: 20_000 });
  await owner.openConversation(citra.name);
  await expect(owner.composer.getByRole("textbox")).toHaveValue(`${first}\n${second}`);
  await expect(owner.bubble(first)).toHaveCount(0);
  await expect(owner.bubble(theirs)).toBeVisible();
});
