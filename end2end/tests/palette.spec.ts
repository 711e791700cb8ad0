// Everything that can be done, found by typing.
import type { Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

const palette = (page: Page) => page.getByRole("dialog", { name: /^(Perintah|Commands)$/ });
const field = (page: Page) => palette(page).getByRole("combobox");
const chosen = (page: Page) => palette(page).getByRole("option", { selected: true });

async function does(page: Page, typed: string, chooses: string | RegExp): Promise<void> {
  await page.keyboard.press("ControlOrMeta+k");
  await field(page).fill(typed);
  await expect(chosen(page)).toContainText(chooses);
  await field(page).press("Enter");
  await expect(palette(page)).toBeHidden();
}

test("a conversation is opened, put off, given away and found by commands alone", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.open();
  await inbox.isLive();
  await expect(inbox.row(citra.name)).toBeVisible();
  await does(page, citra.name.toLowerCase(), citra.name);
  await expect(inbox.thread).toContainText("Halo");

  await does(page, "serahkan budi", "Budi");
  await expect(inbox.thread).toContainText("Budi");
  await does(page, "prioritas tinggi", "Tandai prioritas tinggi");
  await expect(inbox.row(citra.name).locator(".urgent")).toBeVisible();
  await does(page, "besok tunda", /Tunda: Besok/);
  await expect(inbox.row(citra.name)).toHaveCount(0);
  await does(page, "dítunda", /^Ditunda/);
  await expect(page).toHaveURL(/state=snoozed/);
  await expect(inbox.row(citra.name)).toBeVisible();

  // What was done last comes first.
  await page.keyboard.press("ControlOrMeta+k");
  await expect(chosen(page)).toContainText("Ditunda");
  await expectNoBarriers(page);
  await field(page).press("ArrowDown");
  await expect(chosen(page)).toContainText(/Tunda: Besok pagi \S/);
  await field(page).press("ArrowUp");
  await field(page).press("ArrowUp");
  await expect(chosen(page), "from the first to the last").toBeInViewport();
  await page.keyboard.press("Escape");
  await expect(palette(page)).toBeHidden();
  await does(page, `kata ${citra.waId}`, `Cari “kata ${citra.waId}”`);
  await expect(page).toHaveURL(new RegExp(`/inbox/search\\?q=kata\\+${citra.waId}`));
});

test("nobody is offered what they may not do, and it speaks the reader's language", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.member);
  await prefer(page, { locale: "en", theme: "dark" });
  const inbox = new Inbox(page, "demo", "en");
  await inbox.open();
  await inbox.isLive();
  await page.keyboard.press("ControlOrMeta+k");
  await field(page).fill("assign");
  await expect(palette(page).getByRole("option").filter({ hasText: /^Assign/ })).toHaveCount(0);
  await field(page).fill("<img src=x onerror=alert(1)>");
  await expect(chosen(page)).toContainText("for “<img src=x onerror=alert(1)>”");
  await expectNoBarriers(page);
  await page.keyboard.press("ControlOrMeta+k");
  await expect(palette(page)).toBeHidden();
});

test("what is typed before the commands are there does nothing else", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  // A slow network.
  await page.route(/\/scripts\/palette/, async (route) => {
    await new Promise((done) => setTimeout(done, 1_500));
    await route.continue();
  });
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await page.getByRole("heading", { level: 1 }).first().evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("ControlOrMeta+k");
  // Each of these letters closes, snoozes or takes a conversation, when it is pressed alone.
  await page.keyboard.type("eisx");
  await page.keyboard.press("Backspace");
  await expect(field(page)).toHaveValue("eis");
  await expect(field(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(inbox.thread).not.toContainText("menyelesaikan");
  await expect(inbox.thread).not.toContainText("mengambil");
});
