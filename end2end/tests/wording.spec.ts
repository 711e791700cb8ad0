// Other words for what is written, by a model; and what the customer wrote, in one's own language.
import { PEOPLE, expect, expectNoBarriers, expectNoSidewaysScroll, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

/** A customer who asked for a person: no model answers them. */
const WISH = "Mau bicara dengan manusia dong";

test("a reply is put better, put back, and never lands where it was not asked for", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const somebody of [citra, dewi]) await somebody.writes(WISH);
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const box = inbox.composer.getByRole("textbox");
  const button = page.getByRole("button", { name: "Tulis ulang dengan ARI" });
  await expect(button, "nothing is written yet").toBeHidden();
  await box.fill("harga nya   rp 1.500.000 ya kak");
  await button.click();
  const menu = page.getByRole("dialog", { name: "Tulis ulang dengan ARI" });
  await expect(menu.getByRole("button", { name: "Perbaiki bahasanya" })).toBeFocused();
  await expectNoBarriers(page);
  await page.keyboard.press("ArrowDown");
  await expect(menu.getByRole("button", { name: "Lebih singkat" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(menu).toBeHidden();
  await button.click();
  await expect(menu).toBeVisible();
  // The button that opens it shuts it.
  await button.click();
  await expect(menu).toBeHidden();
  await button.click();
  await menu.getByRole("button", { name: "Perbaiki bahasanya" }).click();
  await expect(box).toHaveValue("Harga nya rp 1.500.000 ya kak.");
  const notice = inbox.composer.getByRole("status").filter({ hasText: "Ditulis ulang" });
  await expect(notice).toBeVisible();
  await expectNoBarriers(page);
  await notice.getByRole("button", { name: "Kembalikan" }).click();
  await expect(box).toHaveValue("harga nya   rp 1.500.000 ya kak");
  await expect(notice).toHaveCount(0);

  // Another conversation is opened while it is on its way, and this one again.
  await page.route("**/wording", async (route) => {
    await new Promise((done) => setTimeout(done, 1_500));
    await route.continue();
  });
  await button.click();
  const answered = page.waitForResponse((answer) => answer.url().endsWith("/wording"));
  await menu.getByRole("button", { name: "Lebih ramah" }).click();
  await inbox.openConversation(dewi.name);
  await expect(box).toHaveValue("");
  await answered;
  await page.waitForTimeout(300);
  await expect(box).toHaveValue("");
  await inbox.openConversation(citra.name);
  await expect(box).toHaveValue("harga nya   rp 1.500.000 ya kak");
  // Somebody who goes on writing meanwhile keeps what they wrote.
  await button.click();
  const late = page.waitForResponse((answer) => answer.url().endsWith("/wording"));
  await menu.getByRole("button", { name: "Lebih ramah" }).click();
  await box.press("End");
  await box.pressSequentially(", stok ada");
  await late;
  await page.waitForTimeout(300);
  await expect(box).toHaveValue("harga nya   rp 1.500.000 ya kak, stok ada");
  // No connection: it is said, and nothing is lost.
  await page.unroute("**/wording");
  await page.route("**/wording", (route) => route.abort());
  await button.click();
  await menu.getByRole("button", { name: "Lebih singkat" }).click();
  await expect(inbox.composer.getByRole("status").filter({ hasText: "Tidak ada koneksi" })).toBeVisible();
  await expect(box).toHaveValue("harga nya   rp 1.500.000 ya kak, stok ada");
});

test("what the customer wrote is translated, one message or all of them, and stays where it stands", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes(WISH);
  const asked = `do you deliver to Bali? (${citra.waId})`;
  await citra.writes(asked);
  const page = await staff(PEOPLE.owner);
  await prefer(page, { theme: "dark" });
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const bubble = inbox.bubble(asked);
  await expect(bubble).toBeVisible();
  await bubble.hover();
  await bubble.getByRole("link", { name: /^Beri reaksi/ }).click();
  await page.getByRole("dialog", { name: "Beri reaksi" }).getByRole("button", { name: "Terjemahkan" }).click();
  const translation = bubble.getByRole("note", { name: "Terjemahan" });
  await expect(translation).toHaveText(`[Indonesia] Do you deliver to Bali? (${citra.waId})`);
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  // The bubble is made anew when something of it changes.
  await bubble.hover();
  await bubble.getByRole("link", { name: /^Beri reaksi/ }).click();
  await page.getByRole("button", { name: "👍" }).click();
  await expect(bubble.getByRole("img", { name: /👍/ })).toBeVisible();
  await expect(translation).toHaveText(`[Indonesia] Do you deliver to Bali? (${citra.waId})`);

  await page.locator(".thread-head .work-menu summary").last().click();
  await page.getByRole("button", { name: "Terjemahkan pesan pelanggan" }).click();
  await expect(inbox.thread.getByRole("note", { name: "Terjemahan" })).toHaveCount(2);
  await expect(inbox.bubble(WISH).getByRole("note")).toContainText("[Indonesia] Mau bicara");
  await page.locator(".thread-head .work-menu summary").last().click();
  await page.getByRole("button", { name: "Terjemahkan pesan pelanggan" }).click();
  await expect(inbox.thread.getByRole("note", { name: "Terjemahan" })).toHaveCount(0);
});
