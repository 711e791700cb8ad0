// axe on every page of this product, in both themes, on a desktop and on a phone.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

for (const theme of ["light", "dark"] as const) {
  test(`sign-in, ${theme}`, async ({ page }) => {
    await prefer(page, { theme });
    await page.goto("/sign-in");
    await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
  });

  test(`inbox, ${theme}`, async ({ customer, staff }) => {
    const citra = customer();
    await citra.writes("Halo, apakah paketnya masih ada?");
    const page = await staff(PEOPLE.owner);
    await prefer(page, { theme });
    const inbox = new Inbox(page);
    await inbox.open();
    await inbox.isLive();
    await expect(inbox.row(citra.name)).toBeVisible();
    await expectNoBarriers(page);

    await inbox.openConversation(citra.name);
    await inbox.reply("Masih, Kak.");
    // Nobody looks at the customer's phone, so it arrives and is not read.
    await expect(inbox.bubble("Masih, Kak.")).toContainText(inbox.words.delivered, { timeout: 20_000 });
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
  });

  test(`filters, ${theme}`, async ({ staff }) => {
    const page = await staff(PEOPLE.member);
    await prefer(page, { theme });
    const inbox = new Inbox(page);
    await inbox.open();
    await inbox.isLive();
    await page.locator(".views-menu summary").click();
    await expectNoBarriers(page);
    await page.getByRole("link", { name: /^Saring/ }).click();
    const dialog = page.getByRole("dialog", { name: "Saring percakapan" });
    await dialog.getByText("… atau yang memenuhi semuanya ini").first().click();
    await expect(dialog.getByLabel("Untuk semua orang"), "a member shares none").toHaveCount(0);
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
    await dialog.getByText("tinggi", { exact: true }).first().click();
    await dialog.getByRole("button", { name: "Tampilkan" }).click();
    await expect(page.locator(".filter-bar")).toContainText("Prioritas: tinggi");
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
    await page.goto("/demo/inbox/views");
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
  });

  test(`a page that is not there, ${theme}`, async ({ staff }) => {
    const page = await staff(PEOPLE.owner);
    await prefer(page, { theme });
    const answer = await page.goto("/demo/inbox/00000000-0000-7000-8000-000000000000");
    expect(answer?.status()).toBe(404);
    await expectNoBarriers(page);
  });
}

test("the customer's phone", async ({ customer, page }) => {
  const phone = await customer().opensPhone(page);
  // Words that no answer to them repeats.
  await phone.types("Ponsel pelanggan diperiksa");
  await expect(phone.bubble("Ponsel pelanggan diperiksa")).toBeVisible();
  await expectNoBarriers(page);
});

test("the inbox works from the keyboard alone", async ({ customer, staff, isMobile }) => {
  test.skip(isMobile, "a phone has no Tab key");
  const citra = customer();
  const question = `Bisa tanpa tetikus? (${citra.waId})`;
  await citra.writes(question);
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.row(citra.name).focus();
  await page.keyboard.press("Enter");
  await expect(inbox.bubble(question)).toBeVisible();
  await inbox.composer.getByRole("textbox").focus();
  await page.keyboard.type("Dari papan ketik");
  await page.keyboard.press("Enter");
  await expect(inbox.bubble("Dari papan ketik")).toBeVisible();
});
