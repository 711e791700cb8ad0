// Several conversations picked in the list and worked on together: with two people, by keyboard, while a customer writes.
import type { Locator, Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

const box = (inbox: Inbox, name: string): Locator => inbox.list.getByRole("checkbox", { name });
const bar = (page: Page): Locator => page.getByRole("toolbar", { name: "Untuk percakapan yang dipilih" });
const counted = (page: Page, count: number): Promise<void> =>
  expect(page.getByRole("status").filter({ hasText: new RegExp(`^${count} dipilih$`) })).toBeVisible();

test("three are closed at once, a colleague sees it, and it is taken back", async ({ customer, staff }) => {
  const customers = [customer(), customer(), customer()];
  for (const one of customers) await one.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    for (const one of customers) await expect(inbox.row(one.name)).toBeVisible();
  }
  await expect(bar(owner.page)).toHaveCount(0);
  const height = async (): Promise<number> => (await owner.row(customers[0].name).boundingBox())?.height ?? 0;
  const place = async (): Promise<number> => (await owner.row(customers[0].name).boundingBox())?.y ?? 0;
  const before = [await height(), await place()];
  for (const one of customers) {
    await owner.row(one.name).hover();
    await box(owner, one.name).click();
  }
  await counted(owner.page, 3);
  await expect(bar(owner.page)).toBeVisible();
  expect([await height(), await place()], "nothing moved under the pointer").toEqual(before);
  await expectNoBarriers(owner.page);

  await bar(owner.page).getByRole("button", { name: "Selesai", exact: true }).click();
  for (const inbox of [owner, admin]) for (const one of customers) await expect(inbox.row(one.name)).toHaveCount(0);
  await expect(bar(owner.page), "nothing is picked any more").toBeHidden();
  await expect(owner.page.getByText("3 percakapan selesai").filter({ visible: true }).first()).toBeVisible();
  await owner.page.getByRole("button", { name: "Urungkan" }).click();
  for (const inbox of [owner, admin]) for (const one of customers) await expect(inbox.row(one.name)).toBeVisible();
  await expect(owner.page.getByText("3 percakapan dikembalikan").first()).toBeVisible();

  await admin.openConversation(customers[1].name);
  await expect(admin.thread).toContainText("mengurungkan perubahan itu");
  await expect(admin.composer).toBeVisible();
});

test("rows are picked, given away and given back by keyboard alone", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const one of [citra, dewi]) await one.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.open();
  await inbox.isLive();
  await expect(inbox.row(dewi.name)).toBeVisible();
  await inbox.row(citra.name).focus();
  await page.keyboard.press("x");
  await counted(page, 1);
  await page.keyboard.press("x");
  await expect(bar(page)).toBeHidden();

  // A range, and away with it.
  await inbox.row(dewi.name).focus();
  await page.keyboard.press("x");
  await inbox.row(citra.name).focus();
  await page.keyboard.press("Shift+X");
  await expect(box(inbox, citra.name)).toBeChecked();
  await expect(box(inbox, dewi.name)).toBeChecked();
  await page.keyboard.press("Escape");
  await expect(box(inbox, dewi.name)).not.toBeChecked();
  await expect(bar(page)).toBeHidden();

  for (const one of [citra, dewi]) {
    await inbox.row(one.name).focus();
    await page.keyboard.press("x");
  }
  await counted(page, 2);
  await page.keyboard.press("a");
  await expect(bar(page).getByRole("button", { name: "Ambil untuk saya" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(bar(page).getByRole("button", { name: "Ambil untuk saya" })).toBeHidden();
  await counted(page, 2);
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  await expect(page.getByText("2 percakapan diserahkan").first()).toBeVisible();
  await page.goto("/demo/inbox?view=mine");
  for (const one of [citra, dewi]) await expect(inbox.row(one.name)).toBeVisible();
  await inbox.isLive();

  for (const one of [citra, dewi]) {
    await inbox.row(one.name).focus();
    await page.keyboard.press("x");
  }
  await counted(page, 2);
  await page.keyboard.press("e");
  for (const one of [citra, dewi]) await expect(inbox.row(one.name)).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Urungkan" })).toBeVisible();
  await page.keyboard.press("z");
  for (const one of [citra, dewi]) await expect(inbox.row(one.name)).toBeVisible();
  await expect(page.getByRole("button", { name: "Urungkan" })).toHaveCount(0);
});

test("a tick moves with its row, and what the customer said since is not put away", async ({ customer, staff }) => {
  const [citra, dewi, eka] = [customer(), customer(), customer()];
  for (const one of [citra, dewi, eka]) await one.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  const { page } = inbox;
  await inbox.open();
  await inbox.isLive();
  for (const one of [citra, dewi, eka]) {
    await inbox.row(one.name).hover();
    await box(inbox, one.name).check();
  }
  await counted(page, 3);
  // One moves up, one leaves.
  await citra.writes("Tunggu dulu");
  await expect(inbox.row(citra.name)).toContainText("Tunggu dulu");
  await expect(box(inbox, citra.name)).toBeChecked();
  await admin.open();
  await admin.openConversation(eka.name);
  await admin.page.getByRole("button", { name: "Selesai" }).filter({ visible: true }).first().click();
  await expect(inbox.row(eka.name)).toHaveCount(0);
  await counted(page, 2);

  await bar(page).locator('summary[aria-label="Tunda"]').click();
  await bar(page).getByRole("button", { name: /^Besok pagi/ }).click();
  await expect(page.getByText("1 percakapan ditunda · 1 ditahan, pelanggannya baru menulis").first()).toBeVisible();
  await expect(inbox.row(dewi.name)).toHaveCount(0);
  await expect(box(inbox, citra.name), "it is still picked").toBeChecked();
  await counted(page, 1);
  // Now it is known.
  await bar(page).getByRole("button", { name: "Selesai", exact: true }).click();
  await expect(inbox.row(citra.name)).toHaveCount(0);
});
