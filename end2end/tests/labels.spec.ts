// Stages and tags: given beside the thread, seen by others at once, filtered by, given to many, and arranged in the settings.
import type { Locator, Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

const labels = (page: Page): Locator => page.locator(".pane-contact .labels");
const stageOf = (page: Page): Locator => labels(page).locator(".label-choice");
const addTag = (page: Page): Locator => labels(page).locator("summary.add");
const finder = (page: Page): Locator => page.getByRole("textbox", { name: "Cari tag" });
const given = (page: Page): Locator => labels(page).locator("form.tag-mark");

test("a contact gets a stage and tags, colleagues see it, and the list goes by it", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const somebody of [citra, dewi]) await somebody.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const page = owner.page;
  await stageOf(page).click();
  await expectNoBarriers(page);
  await labels(page).getByRole("button", { name: "Panas" }).click();
  for (const inbox of [owner, admin]) {
    await expect(stageOf(inbox.page)).toContainText("Panas");
    await expect(inbox.row(citra.name).locator(".stage")).toHaveText("Panas");
    await expect(inbox.thread).toContainText("memindahkan kontak ke tahap Panas");
  }
  // The menu is shut and the focus where it was opened.
  await expect(stageOf(page)).toBeFocused();

  // By keys: a tag that there is none of yet.
  const tag = `S2 ${citra.waId.slice(-6)}`;
  await page.locator("body").press("t");
  await expect(finder(page)).toBeFocused();
  await page.keyboard.type(tag);
  await expect(labels(page).getByRole("button", { name: `Buat tag “${tag}”` })).toBeVisible();
  await expectNoBarriers(page);
  await page.keyboard.press("Enter");
  for (const inbox of [owner, admin]) await expect(given(inbox.page)).toHaveText([tag]);
  await expect(addTag(page)).toBeFocused();

  // The colleague finds it by typing how it goes on; Enter takes what fits.
  await admin.openConversation(dewi.name);
  await expect(given(admin.page)).toHaveCount(0);
  await addTag(admin.page).click();
  await expect(finder(admin.page)).toBeFocused();
  await admin.page.keyboard.type(tag.slice(0, 6).toLowerCase());
  await expect(labels(admin.page).getByRole("button", { name: tag, exact: true })).toBeVisible();
  await admin.page.keyboard.type(tag.slice(6).toLowerCase());
  await admin.page.keyboard.press("Enter");
  await expect(given(admin.page)).toHaveText([tag]);

  // Both are in a list that asks for the tag; one leaves it as the tag is taken off, live.
  await page.goto("/demo/inbox");
  await owner.isLive();
  await page.locator("body").press("f");
  await page.getByRole("dialog").getByRole("group", { name: "Tag, salah satu" }).first().getByLabel(tag).check();
  await page.getByRole("dialog").getByRole("button", { name: "Tampilkan", exact: true }).click();
  await expect(page.locator(".filter-bar")).toContainText(`Tag, salah satu: ${tag}`);
  for (const one of [citra, dewi]) await expect(owner.row(one.name)).toBeVisible();
  await expect(page.locator(".rows li")).toHaveCount(2);
  await labels(admin.page).getByRole("button", { name: `Lepas tag ${tag}` }).click();
  await expect(given(admin.page)).toHaveCount(0);
  await expect(owner.row(dewi.name)).toHaveCount(0);
  await expect(owner.row(citra.name)).toBeVisible();
  // By the palette it comes back.
  await admin.page.locator("body").press("Control+k");
  await admin.page.getByRole("combobox").fill(`tag ${tag}`);
  await admin.page.keyboard.press("Enter");
  await expect(given(admin.page)).toHaveText([tag]);
  await expect(owner.row(dewi.name)).toBeVisible();
});

test("many get a tag at once and lose it again, and what is deleted goes from every screen", async ({ customer, staff }) => {
  const customers = [customer(), customer()];
  for (const one of customers) await one.writes("Halo");
  const settings = await staff(PEOPLE.owner);
  const tag = `Pameran ${customers[0].waId.slice(-6)}`;
  await settings.goto("/demo/settings/labels");
  await expectNoBarriers(settings);
  await expectNoSidewaysScroll(settings);
  const adds = settings.locator("section.card", { hasText: "Tag baru" }).locator("form.form").last();
  await adds.getByLabel("Nama").fill(tag);
  await adds.getByRole("button", { name: "Simpan" }).click();
  await expect(settings.locator(".tag-mark", { hasText: tag })).toBeVisible();

  const inbox = new Inbox(await staff(PEOPLE.admin));
  const page = inbox.page;
  await inbox.open();
  await inbox.isLive();
  for (const one of customers) {
    await inbox.row(one.name).hover();
    await inbox.list.getByRole("checkbox", { name: one.name }).click();
  }
  const bar = page.getByRole("toolbar", { name: "Untuk percakapan yang dipilih" });
  await bar.getByLabel("Tahap dan tag").click();
  await bar.getByRole("combobox", { name: "Tag", exact: true }).selectOption(tag);
  await expectNoBarriers(page);
  await bar.getByRole("button", { name: "Beri tag" }).click();
  await expect(page.getByText("2 kontak diberi tag").filter({ visible: true }).first()).toBeVisible();
  await inbox.openConversation(customers[1].name);
  await expect(given(page)).toHaveText([tag]);
  await page.getByRole("button", { name: "Urungkan" }).click();
  await expect(given(page)).toHaveCount(0);
  await addTag(page).click();
  await labels(page).getByRole("button", { name: tag, exact: true }).click();
  await expect(given(page)).toHaveText([tag]);

  // Called something else in the settings, it is called so here; deleted there, it is gone here.
  const renamed = `Expo ${customers[0].waId.slice(-6)}`;
  const one = settings.locator("details.fold", { hasText: tag });
  await one.locator("summary").first().click();
  await one.getByLabel("Nama").fill(renamed);
  await one.getByRole("button", { name: "Simpan" }).click();
  await expect(given(page)).toHaveText([renamed]);
  const other = settings.locator("details.fold", { hasText: renamed });
  await expect(other).toContainText("1 kontak");
  await other.locator("summary").first().click();
  await other.getByText("Hapus", { exact: true }).click();
  await other.getByRole("button", { name: "Ya, hapus" }).click();
  await expect(settings.getByText("Sudah dihapus, juga dari kontaknya.")).toBeVisible();
  await expect(given(page)).toHaveCount(0);
  await addTag(page).click();
  await expect(labels(page).getByRole("button", { name: renamed, exact: true })).toHaveCount(0);
});
