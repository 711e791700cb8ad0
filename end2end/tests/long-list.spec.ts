// A list longer than what stands in the page: gaps stand for the rows that are far from what is seen.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { NUMBER } from "../support/sandbox";

ariStaysSilent();

const ROWS = 340;

test("rows come and go while one scrolls, and nothing that was picked or is read is lost", async ({ customer, staff }) => {
  test.setTimeout(90_000);
  const customers = Array.from({ length: ROWS }, () => customer(NUMBER.other));
  for (let at = 0; at < ROWS; at += 10) {
    await Promise.all(customers.slice(at, at + 10).map((one, nth) => one.wrote("Halo", 30 + at + nth)));
  }
  const inbox = new Inbox(await staff(PEOPLE.stranger), "other");
  const { page } = inbox;
  await inbox.open();
  await inbox.isLive();
  const rows = page.locator(".rows");
  const scroll = (to: "top" | "end") =>
    rows.evaluate((list, to) => list.scrollTo({ top: to === "top" ? 0 : list.scrollHeight, behavior: "instant" }), to);
  const last = customers[ROWS - 1];
  await expect(async () => {
    await scroll("end");
    await expect(inbox.row(last.name)).toBeInViewport({ timeout: 500 });
  }).toPass();
  await expect(rows.locator(".gap")).toHaveCount(1);
  expect(await rows.locator("li .row").count()).toBeLessThan(ROWS);

  // The keys go on from the row that has the focus.
  await inbox.row(last.name).focus();
  await page.keyboard.press("k");
  await page.keyboard.press("k");
  await expect(inbox.row(customers[ROWS - 3].name)).toBeFocused();

  // Somebody whose row is not there writes: it goes to the top, and what is seen stays where it is.
  const seen = inbox.row(customers[ROWS - 5].name);
  const before = (await seen.boundingBox())?.y ?? 0;
  const writer = customers[215];
  await expect(inbox.row(writer.name)).toHaveCount(0);
  await writer.writes("Masih ada tempat?");
  await expect(inbox.row(writer.name)).toHaveCount(1);
  await expect.poll(async () => Math.abs(((await seen.boundingBox())?.y ?? 0) - before), "it stays in its place").toBeLessThan(4);
  await expectNoBarriers(page);

  // What is ticked stays, wherever one goes.
  const box = inbox.list.getByRole("checkbox", { name: customers[ROWS - 4].name });
  await inbox.row(customers[ROWS - 4].name).hover();
  await box.click();
  const picked = page.getByRole("status").filter({ hasText: /^1 dipilih$/ });
  await expect(picked).toBeVisible();
  await scroll("top");
  await expect(inbox.row(writer.name)).toBeInViewport();
  await expect(rows.locator(".gap")).not.toHaveCount(0);
  await expect(picked).toBeVisible();
  await scroll("end");
  await expect(box).toBeChecked();
  await expect(box).toBeInViewport();

  // From the first to the last are more than can be picked at once.
  await scroll("top");
  await page.getByRole("button", { name: "Batalkan pilihan" }).click();
  await inbox.row(writer.name).hover();
  await inbox.list.getByRole("checkbox", { name: writer.name }).click();
  await scroll("end");
  await inbox.row(last.name).click({ modifiers: ["Shift"] });
  await expect(page.getByRole("status").filter({ hasText: /^200 dipilih$/ })).toBeVisible();
  await page.getByRole("button", { name: "Batalkan pilihan" }).click();

  await inbox.openConversation(last.name);
  await scroll("top");
  await expect(inbox.row(last.name), "what is open stays in the list").toHaveCount(1);
  await expect(inbox.thread).toContainText("Halo");
});
