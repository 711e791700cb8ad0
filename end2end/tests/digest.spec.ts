// Asking for a mail a day with what waits: the time is kept, and taken back. What the mail says is tested where mails are.
import { PEOPLE, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";

test("a time for the summary is kept, and given up again", async ({ staff }) => {
  const page = await staff(PEOPLE.admin);
  await page.goto("/demo/settings/notices");
  const time = page.getByLabel("Pukul", { exact: true });
  await expect(time).toHaveValue("");
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  await time.fill("08:00");
  await page.getByRole("button", { name: "Simpan" }).last().click();
  await expect(page.getByRole("status")).toBeVisible();
  await page.goto("/demo/settings/notices");
  await expect(time).toHaveValue("08:00");
  // Quiet hours that are none are refused, and the time stands there still.
  await page.getByLabel("Mulai").fill("21:00");
  await page.getByRole("button", { name: "Simpan" }).last().click();
  await expect(page.getByRole("alert")).toContainText("Tulis mulai dan sampai");
  await expect(time).toHaveValue("08:00");
  await page.getByLabel("Mulai").fill("");
  await time.fill("");
  await page.getByRole("button", { name: "Simpan" }).last().click();
  await expect(page.getByRole("status")).toBeVisible();
  await page.goto("/demo/settings/notices");
  await expect(time).toHaveValue("");
});
