// The main job on two screens and one phone, and what happens to a screen that loses its connection.
import { PEOPLE, expect, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { order } from "../support/sandbox";

test.afterEach(async ({ request }) => {
  await order(request, { model: {} });
});

test("a message comes in, ARI answers, a person takes over, and the reply is read on the phone", async ({ customer, request, staff, visitor }) => {
  const citra = customer();
  const question = `Apakah paket S2 masih ada? (${citra.waId})`;
  const answer = `Masih ada, Kak. (${citra.waId})`;
  const reply = `Saya bantu dari sini, ya. (${citra.waId})`;
  await order(request, { model: { reply: answer } });

  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    // A reload would forget this.
    await inbox.page.evaluate(() => Object.assign(window, { neverReloaded: true }));
  }

  const phone = await citra.opensPhone(await visitor());
  await phone.types(question);
  for (const inbox of [owner, admin]) {
    await expect(inbox.row(citra.name)).toBeVisible();
    await inbox.openConversation(citra.name);
    await expect(inbox.bubble(question)).toBeVisible();
  }

  for (const inbox of [owner, admin]) {
    await expect(inbox.bubble(answer)).toBeVisible();
    await expect(inbox.bubble(answer)).toContainText("ARI");
  }
  await expect(phone.bubble(answer)).toBeVisible();

  await owner.takeOver();
  for (const inbox of [owner, admin]) await expect(inbox.thread).toContainText(inbox.words.tookOver);
  await expect(owner.page.getByRole("button", { name: owner.words.handBack })).toBeVisible();

  await owner.reply(reply);
  for (const inbox of [owner, admin]) await expect(inbox.bubble(reply)).toBeVisible();
  await expect(phone.bubble(reply)).toBeVisible();
  for (const inbox of [owner, admin]) await expect(inbox.bubble(reply)).toContainText(inbox.words.read, { timeout: 20_000 });

  // ARI keeps quiet while a person holds the conversation.
  const thanks = `Terima kasih! (${citra.waId})`;
  await phone.types(thanks);
  for (const inbox of [owner, admin]) {
    await expect(inbox.bubble(thanks)).toBeVisible();
    await expect(inbox.bubble(answer)).toHaveCount(1);
    expect(await inbox.page.evaluate(() => "neverReloaded" in window), "no page was reloaded").toBe(true);
  }

  // Both screens equal what a fresh load shows.
  for (const inbox of [owner, admin]) {
    const lived = await inbox.transcript();
    await inbox.page.reload();
    await expect(inbox.bubble(thanks)).toBeVisible();
    expect(await inbox.transcript()).toEqual(lived);
  }
});

test("handing back lets ARI answer again", async ({ customer, request, staff }) => {
  const citra = customer();
  const answer = `Dengan senang hati. (${citra.waId})`;
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await citra.writes("Halo");
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  await expect(inbox.thread).toContainText(inbox.words.tookOver);

  await inbox.page.getByRole("button", { name: inbox.words.handBack }).click();
  await expect(inbox.page.getByRole("button", { name: inbox.words.takeOver, exact: true }).first()).toBeVisible();
  await order(request, { model: { reply: answer } });
  await citra.writes("Bisa bantu saya?");
  await expect(inbox.bubble(answer)).toBeVisible();
});

test("a conversation that nobody looks at counts its unread messages, and opening it clears them for all", async ({ customer, staff }) => {
  const citra = customer();
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
  }
  await citra.writes("Satu");
  await citra.writes("Dua");
  for (const inbox of [owner, admin]) await expect(inbox.row(citra.name).getByLabel(inbox.words.unread(2))).toBeVisible();

  await owner.openConversation(citra.name);
  for (const inbox of [owner, admin]) await expect(inbox.row(citra.name).getByLabel(/belum dibaca$/)).toHaveCount(0);
});

test("after a lost connection the screen equals a fresh load", async ({ customer, staff }) => {
  const citra = customer();
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await citra.writes("Sebelum putus");
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await expect(inbox.bubble("Sebelum putus")).toBeVisible();
  // Ticks that still move would differ between the two looks, so ARI is asked to be quiet and what it said is let arrive.
  await inbox.takeOver();
  await expect(inbox.thread).toContainText(inbox.words.tookOver);
  await expect(inbox.thread).not.toContainText(/terkirim|menunggu/);

  await page.context().setOffline(true);
  for (const text of ["Saat putus 1", "Saat putus 2", "Saat putus 3"]) await citra.writes(text);
  await page.context().setOffline(false);
  await expect(inbox.bubble("Saat putus 3")).toBeVisible({ timeout: 30_000 });
  await inbox.isLive();

  const lived = await inbox.transcript();
  await page.reload();
  await expect(inbox.bubble("Saat putus 3")).toBeVisible();
  expect(await inbox.transcript()).toEqual(lived);
});

test("a double click sends once", async ({ customer, request, staff }) => {
  // An answer of ARI's at that moment would hold the reply.
  await order(request, { model: { delay_ms: 60_000 } });
  const citra = customer();
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await citra.writes("Halo");
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const text = `Hanya sekali (${citra.waId})`;
  await inbox.composer.getByRole("textbox").fill(text);
  await inbox.composer.getByRole("button", { name: /^(Kirim|Ambil alih dan kirim)$/ }).dblclick();
  await expect(inbox.bubble(text)).toContainText(inbox.words.delivered, { timeout: 20_000 });
  await expect(inbox.bubble(text)).toHaveCount(1);
});

test("a long thread opened from the list is whole a moment later, and keys work at once", async ({ customer, request, staff }) => {
  await order(request, { model: { delay_ms: 600_000 } });
  const [citra, dewi] = [customer(), customer()];
  const texts = Array.from({ length: 40 }, (_, nth) => `pesan ${String(nth).padStart(2, "0")} (${citra.waId})`);
  for (const text of texts) await citra.writes(text);
  await dewi.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  for (const [name, text] of [[citra.name, "pesan 39"], [dewi.name, "Halo"]] as const) {
    await inbox.openConversation(name);
    await expect(inbox.bubble(text)).toBeVisible();
  }
  for (const name of [citra.name, dewi.name, citra.name]) {
    await inbox.row(name).click();
    // It is remembered, and so there at once; what stands in its menu may not have been made yet.
    await inbox.page.keyboard.press("s");
    await expect(inbox.page.locator(".work-wide .work-pop button").first()).toBeFocused();
    await inbox.page.keyboard.press("Escape");
  }
  await expect(inbox.bubble("pesan ")).toHaveCount(40);
  const shown = await inbox.bubble("pesan ").locator(".text").allInnerTexts();
  expect(shown).toEqual(texts);
  await order(request, { model: {}, let_go: true });
});
