// What the team calls a contact and keeps of them, and links to single messages.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("a contact is named and described, colleagues see it at once, and the list goes by it", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const mark = citra.waId.slice(-6);
  const page = await staff(PEOPLE.owner);
  await page.goto("/demo/settings/fields");
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  const next = page.locator("section.card", { hasText: "Kolom baru" }).locator("form.form");
  // A choice without choices is refused, and what was written stands there again.
  await next.getByLabel("Nama kolom").fill(`Kota ${mark}`);
  await next.getByLabel("Isi").selectOption("Pilihan");
  await next.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("alert")).toContainText("Pilihan");
  await expect(next.getByLabel("Nama kolom")).toHaveValue(`Kota ${mark}`);
  await next.getByLabel("Pilihan, satu per baris").fill("Bandung\nJakarta");
  await next.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByText("Bandung, Jakarta")).toBeVisible();
  await next.getByLabel("Nama kolom").fill(`Anggaran ${mark}`);
  await next.getByLabel("Isi").selectOption("Angka");
  await next.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("status")).toBeVisible();

  const [owner, admin] = [new Inbox(page), new Inbox(await staff(PEOPLE.admin))];
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  await page.locator(".pane-contact").getByRole("link", { name: "Ubah data kontak" }).click();
  await expectNoBarriers(page);
  const name = `Bu Citra ${mark}`;
  await page.getByLabel("Nama", { exact: true }).fill(name);
  await page.getByLabel(`Kota ${mark}`).selectOption("Bandung");
  await page.getByLabel(`Anggaran ${mark}`).fill("kira-kira 2 juta");
  await page.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("alert")).toContainText(`Anggaran ${mark}: tulis angka saja`);
  await expect(page.getByLabel("Nama", { exact: true })).toHaveValue(name);
  await expect(page.getByLabel(`Kota ${mark}`).locator("option:checked")).toHaveText("Bandung");
  await page.getByLabel(`Anggaran ${mark}`).fill("2.500.000");
  await page.getByRole("button", { name: "Simpan" }).click();
  for (const inbox of [owner, admin]) {
    const pane = inbox.page.locator(".pane-contact");
    await expect(pane.getByRole("heading", { name })).toBeVisible();
    await expect(pane).toContainText(`Kota ${mark}Bandung`);
    await expect(pane).toContainText(`Anggaran ${mark}2.500.000`);
    await expect(inbox.row(name)).toBeVisible();
  }
  await expectNoBarriers(page);

  // The colleague filters by it.
  await admin.page.locator("body").press("f");
  const dialog = admin.page.getByRole("dialog");
  await dialog.getByRole("group", { name: `Kota ${mark}` }).first().getByLabel("Bandung").check();
  await dialog.getByRole("button", { name: "Tampilkan", exact: true }).click();
  await expect(admin.page.locator(".filter-bar")).toContainText(`Kota ${mark}: Bandung`);
  await expect(admin.row(name)).toBeVisible();
  await expect(admin.page.locator(".rows li")).toHaveCount(1);
  // It leaves the list as something else is chosen.
  await page.locator(".pane-contact").getByRole("link", { name: "Ubah data kontak" }).click();
  await page.getByLabel(`Kota ${mark}`).selectOption("Jakarta");
  await page.getByRole("button", { name: "Simpan" }).click();
  await expect(admin.row(name)).toHaveCount(0);

  // By what was typed: a number from here to there, which is refused as long as it is none.
  await admin.page.locator("body").press("f");
  const kota = dialog.getByRole("group", { name: `Kota ${mark}` }).first();
  await kota.getByLabel("Bandung").uncheck();
  const budget = dialog.getByRole("group", { name: `Anggaran ${mark}` }).first();
  await budget.getByLabel("dari").fill("dua juta");
  await dialog.getByRole("button", { name: "Tampilkan", exact: true }).click();
  await expect(dialog.getByRole("alert").filter({ visible: true })).toContainText(`“Anggaran ${mark}” tidak bisa disaring begitu`);
  await expect(budget.getByLabel("dari")).toHaveValue("dua juta");
  await expectNoBarriers(admin.page);
  await budget.getByLabel("dari").fill("2.000.000");
  await dialog.getByRole("button", { name: "Tampilkan", exact: true }).click();
  await expect(admin.page.locator(".filter-bar")).toContainText(`Anggaran ${mark}: mulai 2.000.000`);
  await expect(admin.row(name)).toBeVisible();
  await expect(admin.page.locator(".rows li")).toHaveCount(1);
  await page.locator(".pane-contact").getByRole("link", { name: "Ubah data kontak" }).click();
  await page.getByLabel(`Anggaran ${mark}`).fill("1.999.999");
  await page.getByRole("button", { name: "Simpan" }).click();
  await expect(admin.row(name)).toHaveCount(0);
  // The form says what is asked, and the other bound lets it in again.
  await admin.page.locator("body").press("f");
  await expect(budget.getByLabel("dari")).toHaveValue("2.000.000");
  await budget.getByLabel("dari").fill("");
  await budget.getByLabel("sampai").fill("2 000 000");
  await budget.getByLabel("sampai").press("Enter");
  await expect(admin.row(name)).toBeVisible();
});

test("a message's time is a link to it, which a click copies", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Pesan yang dicari");
  for (let nth = 0; nth < 3; nth++) await citra.writes(`Sesudahnya ${nth}`);
  const page = await staff(PEOPLE.owner);
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const link = inbox.bubble("Pesan yang dicari").locator("a.permalink");
  await link.click();
  await expect(link).toHaveText("Tautan disalin");
  const address = await page.evaluate(() => navigator.clipboard.readText());
  expect(address).toMatch(/\/demo\/inbox\/[0-9a-f-]{36}\?at=[0-9a-f-]{36}$/);
  await expect(link).not.toHaveText("Tautan disalin");

  const other = new Inbox(await staff(PEOPLE.admin));
  await other.page.goto(address);
  await expect(other.bubble("Pesan yang dicari")).toBeVisible();
});
