// What whoever takes over from ARI should know: there when ARI gives up the conversation, each line a way to its message.
import { PEOPLE, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

test("ARI hands over, and the one who takes over reads what it was about and where it stands", async ({ customer, staff }) => {
  const citra = customer();
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  const question = `Berapa harga les piano? (${citra.waId})`;
  await citra.writes(question);
  await expect(inbox.row(citra.name)).toContainText("Harganya bergantung", { timeout: 20_000 });
  await inbox.openConversation(citra.name);
  await expect(inbox.page.locator(".handover")).toHaveCount(0);
  await citra.writes("Mau bicara dengan manusia dong");
  // Made while one looks at it, and open.
  const card = inbox.page.locator(".handover");
  const wish = card.getByRole("link", { name: question });
  await expect(wish).toBeVisible({ timeout: 20_000 });
  await expect(card.getByRole("term").first()).toHaveText("Ingin");
  await expectNoBarriers(inbox.page);
  const later = Array.from({ length: 25 }, (_, nth) => `baris ${nth} (${citra.waId})`);
  for (const text of later) await citra.writes(text);
  await expect(inbox.bubble(later[24] ?? "")).toBeVisible();
  await expect(inbox.bubble(question).first()).not.toBeInViewport();
  await wish.click();
  await expect(inbox.bubble(question).first()).toBeInViewport();
  await inbox.page.setViewportSize({ width: 390, height: 844 });
  await expect(wish).toBeVisible();
  await expectNoSidewaysScroll(inbox.page);
  await inbox.page.setViewportSize({ width: 1440, height: 900 });
  // Somebody has answered: it is there, and shut.
  await inbox.reply(`Saya bantu, ya (${citra.waId})`);
  await expect(inbox.bubble(`Saya bantu, ya (${citra.waId})`)).toBeVisible();
  await inbox.page.reload();
  await expect(card).toBeVisible();
  await expect(wish).toBeHidden();
  await card.getByText("Yang perlu diketahui").click();
  await expect(wish).toBeVisible();
  await inbox.isLive();
  await inbox.page.getByRole("button", { name: inbox.words.handBack }).click();
  await expect(card).toHaveCount(0);
});
