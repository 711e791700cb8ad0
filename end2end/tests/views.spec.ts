// Views of the list on two screens while conversations change hands, and what the search finds.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("a conversation moves between the views of everybody as it changes hands", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  const view = (inbox: Inbox, name: RegExp) => inbox.page.getByRole("navigation", { name: "Tampilan" }).getByRole("link", { name }).click();
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await view(inbox, /^Tanpa pemilik/);
    await expect(inbox.page).toHaveURL(/\?view=unassigned$/);
    await expect(inbox.row(citra.name)).toBeVisible();
  }

  await owner.openConversation(citra.name);
  await owner.takeOver();
  for (const inbox of [owner, admin]) await expect(inbox.row(citra.name)).toHaveCount(0);
  await expect(owner.thread, "the open thread stays").toContainText("Halo");
  await view(owner, /^Saya/);
  await expect(owner.row(citra.name)).toBeVisible();
  await expect(owner.thread).toContainText("Halo");
  const total = owner.page.getByRole("link", { name: /^Saya \d/ });
  await expect(async () => {
    expect(await total.innerText()).toMatch(new RegExp(`\\b${await owner.list.locator("ul[aria-label] > li").count()}$`));
  }, "the total is the number of rows").toPass();

  await owner.page.reload();
  await expect(owner.row(citra.name), "the view stands in the address").toBeVisible();
  await owner.isLive();
  await owner.page.getByRole("button", { name: "Selesai" }).filter({ visible: true }).first().click();
  await expect(owner.row(citra.name)).toHaveCount(0);
  await view(owner, /^Selesai/);
  await expect(owner.row(citra.name)).toBeVisible();
  await citra.writes("Satu lagi");
  await expect(owner.row(citra.name), "it is open again").toHaveCount(0);
  await view(owner, /^Aktif/);
  await expect(owner.row(citra.name)).toBeVisible();

  await owner.page.keyboard.press("s");
  await owner.page.getByRole("button", { name: /^Besok pagi/ }).filter({ visible: true }).click();
  await expect(owner.row(citra.name)).toHaveCount(0);
  await view(owner, /^Ditunda/);
  await expect(owner.row(citra.name), "what is put off has a list").toBeVisible();
  await expectNoBarriers(owner.page);
});

test("a word leads to the message, and the message to its place in the thread", async ({ customer, staff }) => {
  const citra = customer();
  const word = `jarum${citra.waId}`;
  await citra.writes(`Apakah ada ${word} di sini?`);
  await citra.writes("Halo?");
  const owner = new Inbox(await staff(PEOPLE.owner));
  await owner.open();
  await owner.page.getByRole("searchbox").fill(word.toUpperCase());
  await owner.page.getByRole("searchbox").press("Enter");
  await expect(owner.page).toHaveURL(/\/inbox\/search\?q=/);
  const found = owner.page.getByRole("link").filter({ hasText: word });
  await expect(found.locator("mark")).toHaveText(word);
  await expect(owner.page.getByRole("status")).toContainText("termasuk yang selesai");
  await expectNoBarriers(owner.page);
  await found.click();
  await expect(owner.bubble(word)).toBeInViewport();
});
