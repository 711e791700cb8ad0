// Filters and the views that have a name: put together in a dialog, shared, live on every screen, by keyboard too.
import type { Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

const dialog = (page: Page) => page.getByRole("dialog", { name: "Saring percakapan" });
/** The conditions of the first group. */
const line = (page: Page, field: string) => dialog(page).getByRole("group", { name: field, exact: true }).first();
const menu = (page: Page) => page.locator(".views-menu");

async function openMenu(page: Page): Promise<void> {
  await menu(page).locator("summary").click();
}

test("a shared view is made in a dialog, counts what is unread and is live for everybody", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  await citra.writes("Halo");
  await dewi.writes("Selamat pagi");
  const name = `Mendesak ${citra.waId}`;
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  await owner.open();
  await owner.isLive();
  await openMenu(owner.page);
  await menu(owner.page).getByRole("link", { name: /^Saring/ }).click();
  await expect(dialog(owner.page)).toBeVisible();
  await expectNoBarriers(owner.page);
  await expectNoSidewaysScroll(owner.page);
  await line(owner.page, "Prioritas").getByText("tinggi").click();
  await dialog(owner.page).getByRole("textbox", { name: "Nama tampilan" }).fill(name);
  await dialog(owner.page).getByLabel("Untuk semua orang").check();
  await dialog(owner.page).getByRole("button", { name: "Simpan tampilan" }).click();
  await expect(dialog(owner.page)).toBeHidden();
  await expect(owner.page).toHaveURL(/\/demo\/inbox\?filter=priority:high$/);
  await expect(owner.list.locator(".filter-bar")).toContainText(`${name}: Prioritas: tinggi`);
  await expect(owner.row(dewi.name)).toHaveCount(0);

  // Somebody else makes one urgent: it comes by itself, and the view tells that something is unread in it.
  await admin.open();
  await admin.isLive();
  await openMenu(owner.page);
  const entry = menu(owner.page).getByRole("link").filter({ hasText: name });
  await expect(entry).toBeVisible();
  await admin.openConversation(citra.name);
  await admin.page.locator("summary[aria-label='Kelola percakapan']").click();
  await admin.page.getByRole("button", { name: "Tandai prioritas tinggi" }).filter({ visible: true }).click();
  await expect(owner.row(citra.name)).toBeVisible();
  await expect(entry, "the menu stays open while it counts").toBeVisible();
  await admin.page.goto("/demo/inbox");
  await admin.isLive();
  await citra.writes("Halo?");
  await expect(entry.getByRole("img")).toHaveText(/^\d+$/);

  // The other has it too, and may be rid of the filter in one step.
  await openMenu(admin.page);
  await menu(admin.page).getByRole("link").filter({ hasText: name }).click();
  await expect(admin.row(citra.name)).toBeVisible();
  await expect(admin.row(dewi.name)).toHaveCount(0);
  await admin.page.getByRole("link", { name: "Hapus saringan" }).click();
  await expect(admin.row(dewi.name)).toBeVisible();
  await expect(admin.page).toHaveURL(/\/demo\/inbox$/);
});

test("what is refused keeps what was chosen, and what was deleted comes back", async ({ customer, staff }) => {
  const name = `Tampilan ${customer().waId}`;
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  const { page } = inbox;
  const field = dialog(page).getByRole("textbox", { name: "Nama tampilan" });
  for (const unread of ["belum dibaca", "sudah dibaca"]) {
    await page.keyboard.press("f");
    await line(page, "Pesan").getByText(unread, { exact: true }).click();
    await field.fill(name);
    // Enter saves what has a name.
    await field.press("Enter");
    if (unread === "belum dibaca") await expect(page).toHaveURL(/\?unread=1$/);
  }
  await expect(dialog(page).locator(".banner").filter({ visible: true })).toContainText("Sudah ada tampilan dengan nama itu");
  await expect(field).toHaveValue(name);
  await expect(line(page, "Pesan").getByLabel("sudah dibaca")).toBeChecked();
  await expectNoBarriers(page);

  const saved = dialog(page).locator(".saved-views > li").filter({ hasText: name });
  await saved.getByRole("link", { name: "Ubah" }).click();
  await expect(dialog(page)).toContainText(`Ubah tampilan “${name}”`);
  await field.fill(`${name} baru`);
  await dialog(page).getByRole("button", { name: "Simpan perubahan" }).click();
  await expect(dialog(page)).toBeHidden();
  await page.keyboard.press("f");
  await dialog(page).locator(".saved-views > li").filter({ hasText: name }).getByRole("button", { name: "Hapus" }).click();
  await expect(dialog(page)).toContainText(`“${name} baru” dihapus.`);
  await dialog(page).getByRole("button", { name: "Urungkan" }).click();
  await expect(dialog(page).locator(".saved-views > li").filter({ hasText: `${name} baru` })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dialog(page)).toBeHidden();
  await openMenu(page);
  await expect(menu(page).getByRole("link").filter({ hasText: `${name} baru` })).toBeVisible();
});

test("an order puts what is urgent first, or whose window closes next, and stands in the address", async ({ customer, staff }) => {
  const [ayu, bima] = [customer(), customer()];
  await ayu.wrote("Saya menulis lebih dulu", 22);
  await bima.writes("Baru saja");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  await openMenu(inbox.page);
  await menu(inbox.page).getByRole("link", { name: "Jendela yang hampir tutup dulu" }).click();
  await expect(inbox.page).toHaveURL(/\?sort=window$/);
  const names = async () => (await inbox.list.locator("li .name").allInnerTexts()).filter((name) => [ayu.name, bima.name].includes(name));
  await expect.poll(names).toEqual([ayu.name, bima.name]);
  await expectNoBarriers(inbox.page);
  await inbox.page.reload();
  await expect.poll(names).toEqual([ayu.name, bima.name]);
});
