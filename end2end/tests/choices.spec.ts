// A text with choices under it: written on a page of its own, tapped on the phone, and read as the answer that it is.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

for (const theme of ["light", "dark"] as const) {
  test(`what is offered is tapped on the phone and comes back, ${theme}`, async ({ customer, staff, visitor }) => {
    const citra = customer();
    await citra.writes("Besok saya kabari");
    const page = await staff(PEOPLE.owner);
    await prefer(page, { theme });
    const inbox = new Inbox(page);
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
    const question = `Jadi datang hari ini? (${citra.waId})`;
    // What is begun is taken along once the server has it.
    const kept = page.waitForResponse((answer) => answer.url().endsWith("/draft") && answer.ok());
    await inbox.composer.getByRole("textbox").fill(question);
    await kept;
    await page.locator(".thread-head .work-menu summary").last().click();
    await page.getByRole("link", { name: "Kirim pilihan" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Kirim pilihan" })).toBeVisible();
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
    await expect(page.getByRole("textbox", { name: "Pesan" })).toHaveValue(question);
    await page.getByRole("button", { name: "Kirim" }).click();
    await expect(page.getByRole("alert")).toContainText("Isi sedikitnya satu pilihan");
    await page.getByLabel("Pilihan 1", { exact: true }).fill("Ya, jadi");
    await page.getByLabel("Pilihan 2", { exact: true }).fill("Besok saja");
    await page.getByRole("button", { name: "Kirim" }).click();
    await expect(inbox.bubble(question)).toContainText("Besok saja");
    await expect(inbox.bubble(question)).toContainText(inbox.words.delivered, { timeout: 20_000 });
    await expect(inbox.composer.getByRole("textbox")).toHaveValue("");
    await expectNoBarriers(page);

    const phone = await citra.opensPhone(await visitor());
    await expect(phone.bubble(question)).toBeVisible();
    await phone.page.getByRole("button", { name: "Besok saja" }).click();
    await expect(inbox.thread.getByRole("listitem").filter({ hasText: "Besok saja" })).toHaveCount(2);
  });
}
