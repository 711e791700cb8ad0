// What is written under a thread: replies that quote, notes that stay in the house, drafts that stay with their conversation, texts kept ready.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox, conversationId } from "../support/inbox";

ariStaysSilent();

test("a note reaches the team at once, and the customer never", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes(`Halo (${citra.waId})`);
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  await owner.takeOver();

  await owner.page.getByRole("link", { name: "Catatan", exact: true }).click();
  const box = owner.page.getByRole("textbox", { name: /^Catatan tentang/ });
  await expect(box).toBeFocused();
  const text = `@Budi pelanggan lama, beri diskon (${citra.waId})`;
  await box.fill(text);
  await box.press("Enter");
  for (const inbox of [owner, admin]) {
    await expect(inbox.bubble(text)).toBeVisible();
    await expect(inbox.bubble(text)).toContainText("hanya tim");
    await expect(inbox.bubble(text).locator("b.at")).toHaveText("@Budi");
  }
  await expectNoBarriers(owner.page);

  // The reply that follows arrives; the note is not on the phone.
  await owner.page.getByRole("link", { name: "Balas", exact: true }).click();
  const reply = `Ada diskon untuk Kakak. (${citra.waId})`;
  await owner.reply(reply);
  const phone = await citra.opensPhone(await visitor());
  await expect(async () => {
    await phone.page.reload();
    await expect(phone.bubble(reply)).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await expect(phone.bubble("pelanggan lama")).toHaveCount(0);
});

test("what is typed for one never stands under another, survives a reload, and goes when somebody leaves", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const one of [citra, dewi]) await one.writes("Halo");
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const box = inbox.composer.getByRole("textbox");
  await box.pressSequentially("untuk Citra saja");

  // As fast as one can click and type, to and fro.
  for (let round = 0; round < 3; round += 1) {
    await inbox.row(dewi.name).click();
    await expect(page.getByRole("region", { name: `Percakapan dengan ${dewi.name}` })).toBeVisible();
    await expect(box).toHaveValue(round === 0 ? "" : "untuk Dewi".slice(0, round));
    await box.press("End");
    await box.pressSequentially("untuk Dewi"[round] ?? "");
    await inbox.row(citra.name).click();
    await expect(page.getByRole("region", { name: `Percakapan dengan ${citra.name}` })).toBeVisible();
    await expect(box).toHaveValue("untuk Citra saja");
  }
  // A note has a draft of its own.
  await page.getByRole("link", { name: "Catatan", exact: true }).click();
  const note = page.getByRole("textbox", { name: /^Catatan tentang/ });
  await expect(note).toHaveValue("");
  await note.fill("catatan untuk Citra");
  await page.getByRole("link", { name: "Balas", exact: true }).click();
  await expect(box, "what is for the team is not offered to the customer").toHaveValue("untuk Citra saja");
  await page.getByRole("link", { name: "Catatan", exact: true }).click();
  await expect(note).toHaveValue("catatan untuk Citra");
  await expect(inbox.row(dewi.name)).toContainText("Draf");

  await page.reload();
  await inbox.isLive();
  await expect(box).toHaveValue("untuk Citra saja");
  await expect(inbox.row(dewi.name)).toContainText("Draf");
  await page.getByRole("link", { name: "Catatan", exact: true }).click();
  await expect(note).toHaveValue("catatan untuk Citra");
  await page.getByRole("link", { name: "Balas", exact: true }).click();

  await inbox.reply("terkirim");
  await expect(inbox.bubble("terkirim")).toBeVisible();
  await page.reload();
  await inbox.isLive();
  await expect(box).toHaveValue("");

  // Beside them what the same person began in other stories, which follows them into every browser.
  const dewis = (await inbox.row(dewi.name).getAttribute("href"))?.match(/[0-9a-f-]{36}/)?.[0] ?? "";
  const kept = await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("draft:")));
  expect(kept.filter((key) => key.includes(conversationId(page)) || key.includes(dewis))).toHaveLength(2);
  await page.getByRole("button", { name: inbox.words.account }).first().click();
  await page.getByRole("button", { name: inbox.words.signOut }).click();
  await expect(page).not.toHaveURL(/inbox/);
  expect(await page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith("draft:")))).toEqual([]);
});

test("a reply quotes a message by mouse and by keyboard, and the phone shows which", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const [first, second] = [`Harga paket A? (${citra.waId})`, `Dan paket B? (${citra.waId})`];
  const phone = await citra.opensPhone(await visitor());
  await phone.types(first);
  await phone.types(second);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  await expect(inbox.bubble(second)).toBeVisible();

  await inbox.bubble(first).hover();
  await inbox.bubble(first).getByRole("link", { name: /^Balas/ }).click();
  const bar = inbox.composer.getByRole("group", { name: "Membalas" });
  await expect(bar).toContainText(first);
  await expect(inbox.composer.getByRole("textbox")).toBeFocused();
  await inbox.page.keyboard.press("Escape");
  await expect(bar).toHaveCount(0);

  // The newest of the customer, from the thread.
  await inbox.thread.focus();
  await inbox.page.keyboard.press("r");
  await expect(bar).toContainText(second);
  await bar.getByRole("link").click();
  await expect(bar).toHaveCount(0);

  // The one that has the focus.
  await inbox.bubble(first).getByRole("link", { name: /^Balas/ }).focus();
  await inbox.page.keyboard.press("r");
  await expect(bar).toContainText(first);
  const answer = `Paket A 2 juta. (${citra.waId})`;
  await inbox.reply(answer);
  await expect(bar).toHaveCount(0);
  await expect(inbox.bubble(answer).locator(".quote")).toContainText(first);
  await expect(phone.bubble(answer).locator("blockquote")).toHaveText(first);
  await expectNoBarriers(inbox.page);
});

test("a text kept ready is made in the settings and found by a slash", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.admin);
  const shortcut = `jam${citra.waId}`;
  await page.goto("/demo/settings/quick-replies");
  const fresh = page.locator("section").filter({ hasText: "Balasan cepat baru" });
  await fresh.getByLabel("Pintasan").fill(`/${shortcut}`);
  await fresh.getByLabel("Teks").fill("Halo {{name}}, kami buka pukul 9. Salam, {{agent}}");
  await fresh.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("status")).toContainText("Tersimpan");
  await expectNoBarriers(page);

  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const box = inbox.composer.getByRole("textbox");
  await box.pressSequentially("/jam");
  const list = page.getByRole("listbox", { name: "Balasan cepat" });
  await expect(list.getByRole("option").first()).toBeVisible();
  await box.press("Escape");
  await expect(list).toHaveCount(0);
  await expect(box).toHaveValue("/jam");
  await box.fill("");
  await box.pressSequentially(`/${shortcut}`);
  await expect(list.getByRole("option")).toHaveCount(1);
  await expectNoBarriers(page);
  await box.press("Enter");
  const filled = `Halo ${citra.name}, kami buka pukul 9. Salam, Budi Hartono`;
  await expect(box).toHaveValue(filled);
  await expect(inbox.thread.getByText("/jam")).toHaveCount(0);

  // By mouse, too.
  await box.fill("");
  await inbox.composer.getByRole("link", { name: "Balasan cepat" }).click();
  await list.getByRole("option").filter({ hasText: shortcut }).click();
  await expect(box).toHaveValue(filled);
  await inbox.reply(filled);
  await expect(inbox.bubble(filled)).toBeVisible();

  await page.goto("/demo/settings/quick-replies");
  const one = page.locator("details.fold").filter({ hasText: shortcut });
  await one.locator("summary").first().click();
  await one.locator("details.confirm > summary").click();
  await one.locator("details.confirm button").click();
  await expect(page.getByRole("status")).toContainText("dihapus");
  await expect(page.getByText(shortcut)).toHaveCount(0);
});
