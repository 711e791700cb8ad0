// After the window has shut: a template is chosen, filled in where its gaps are, sent, and read on the phone.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

for (const theme of ["light", "dark"] as const) {
  test(`a template reaches the phone after the window has shut, ${theme}`, async ({ customer, staff, visitor }) => {
    const citra = customer();
    await citra.wrote("Besok saya kabari", 30);
    const page = await staff(PEOPLE.owner);
    await prefer(page, { theme });
    const inbox = new Inbox(page);
    await inbox.openOld(citra.name);
    await inbox.isLive();
    await expect(inbox.composer, "free text would not arrive").toHaveCount(0);
    await expectNoBarriers(page);
    await page.getByRole("link", { name: "Kirim templat" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Kirim templat" })).toBeVisible();
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);
    await page.getByRole("searchbox").fill("pesanan");
    await page.keyboard.press("Enter");
    await page.getByRole("link", { name: /pesanan_dikirim/ }).click();
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);

    // A gap that is only spaces goes past the browser, and nothing that was filled in is lost.
    const [name, order] = [page.getByRole("combobox", { name: /^Isian nama/ }), page.getByRole("combobox", { name: /^Isian nomor/ })];
    await name.fill("Citra");
    await order.fill(" ");
    await page.getByRole("button", { name: "Kirim" }).click();
    await expect(page.getByRole("alert")).toContainText("Masih ada isian yang kosong");
    await expect(name).toHaveValue("Citra");
    await order.fill("TL-7");
    await page.getByRole("button", { name: "Kirim" }).click();

    const text = "Halo Citra, pesanan TL-7 sudah kami kirim hari ini.";
    await expect(inbox.bubble(text)).toContainText(inbox.words.delivered, { timeout: 20_000 });
    const phone = await citra.opensPhone(await visitor());
    await expect(phone.bubble(text)).toBeVisible();
  });
}
