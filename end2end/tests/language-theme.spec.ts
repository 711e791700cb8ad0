// Indonesian and English, light and dark: from the first page on, with and without a choice.
import { PEOPLE, expect, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { WORDS } from "../support/words";

test("Indonesian and light are what one gets without a choice", async ({ staff }) => {
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await expect(inbox.page.locator("html")).toHaveAttribute("lang", "id");
  await expect(inbox.page.locator("html")).not.toHaveClass(/\bdark\b/);
});

test("English is chosen in the account menu and stays", async ({ staff }) => {
  const page = await staff(PEOPLE.owner);
  const indonesian = new Inbox(page);
  await indonesian.open();
  await indonesian.isLive();
  await page.getByRole("button", { name: WORDS.id.account }).click();
  await page.getByRole("button", { name: "English" }).click();

  const english = new Inbox(page, "demo", "en");
  await expect(english.list).toBeVisible();
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  await page.reload();
  await expect(english.list).toBeVisible();
});

test("dark is chosen in the account menu, stays, and is in the server's HTML", async ({ staff }) => {
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await page.getByRole("button", { name: WORDS.id.account }).click();
  await page.getByRole("button", { name: WORDS.id.dark, exact: true }).click();
  await expect(page.locator("html")).toHaveClass(/\bdark\b/);

  await page.reload();
  await expect(page.locator("html")).toHaveClass(/\bdark\b/);
  const html = await (await page.request.get("/demo/inbox")).text();
  expect(html).toMatch(/<html[^>]*class="[^"]*\bdark\b/);
});

test("a system that is dark makes the page dark until one chooses", async ({ staff }) => {
  const page = await staff(PEOPLE.owner);
  await page.emulateMedia({ colorScheme: "dark" });
  const inbox = new Inbox(page);
  await inbox.open();
  await expect(page.locator("html")).toHaveClass(/\bdark\b/);
  await prefer(page, { theme: "light" });
  await inbox.open();
  await expect(page.locator("html")).not.toHaveClass(/\bdark\b/);
});

test("one screen speaks one language", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Hello there");
  const page = await staff(PEOPLE.owner);
  await prefer(page, { locale: "en" });
  const inbox = new Inbox(page, "demo", "en");
  await inbox.open();
  await inbox.openConversation(citra.name);
  await expect(inbox.bubble("Hello there")).toBeVisible();
  const text = await page.locator("body").innerText();
  for (const word of ["Kirim", "Pesan", "Ambil alih", "Tersambung", "Keluar", "Hari ini"]) {
    expect(text, "an Indonesian word on an English page").not.toMatch(new RegExp(`(^|\\s)${word}(\\s|$)`, "m"));
  }
});

test("the sign-in page follows the choice too", async ({ page }) => {
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: WORDS.id.demoAs("pemilik") }).first()).toBeVisible();
  await prefer(page, { locale: "en", theme: "dark" });
  await page.reload();
  await expect(page.getByRole("button", { name: WORDS.en.demoAs("owner") }).first()).toBeVisible();
  await expect(page.locator("html")).toHaveClass(/\bdark\b/);
});
