// What customers are promised: set without script's help, shown in every row, live, and told when it has passed. In a workspace of its own: promises are
// everybody's.
import { type Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { NUMBER } from "../support/sandbox";

ariStaysSilent();

const SETTINGS = "/other/settings/service";

async function promise(page: Page, firstAnswer: string): Promise<void> {
  await page.goto(SETTINGS);
  await page.getByLabel(/^Balasan pertama/).fill(firstAnswer);
  await page.locator("section.card").filter({ hasText: "Balasan pertama" }).getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("status")).toBeVisible();
}

test("a promise stands in the row, goes with the answer, and who waits longest comes first", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(NUMBER.other), customer(NUMBER.other)];
  const [page, settings] = [await staff(PEOPLE.stranger), await staff(PEOPLE.stranger)];
  const inbox = new Inbox(page, "other");
  try {
    await promise(settings, "60");
    await citra.wrote("Masih ada?", 2);
    await dewi.writes("Halo");
    // Others of this workspace wait for days.
    await page.goto("/other/inbox?sort=waiting&filter=within:4");
    await inbox.isLive();
    await expect(inbox.row(citra.name)).toContainText(/terlambat 1 j/);
    await expect(inbox.row(dewi.name)).toContainText(/balas dalam (1 j|\d+ m)/);
    const names = await inbox.list.locator(".row .name").allInnerTexts();
    expect(names.indexOf(citra.name)).toBeLessThan(names.indexOf(dewi.name));
    await expectNoBarriers(page);
    await expectNoSidewaysScroll(page);

    await inbox.openConversation(citra.name);
    await expect(page.locator(".pane-thread .thread-head")).toContainText("terlambat");
    await inbox.reply("Masih, Kak");
    await expect(inbox.row(citra.name), "answered: it waits no longer").toHaveCount(0);
    await expect(page.locator(".pane-thread .thread-head")).not.toContainText("terlambat");

    // What is promised anew is promised on every screen.
    await promise(settings, "300");
    await expect(inbox.row(dewi.name)).toContainText(/balas dalam [45] j/);
    await promise(settings, "");
    await expect(inbox.row(dewi.name), "nothing promised; how long it waits").toContainText(/menunggu \d+ m/);
  } finally {
    await promise(settings, "");
  }
});

test("what is overdue is filtered and its owner is called", async ({ customer, staff }) => {
  const [eka, late] = [customer(NUMBER.other), customer(NUMBER.other)];
  const page = await staff(PEOPLE.stranger);
  const settings = await staff(PEOPLE.stranger);
  const inbox = new Inbox(page, "other");
  await eka.writes("Halo");
  await page.goto("/other/inbox?filter=waiting:late");
  await inbox.isLive();
  try {
    await promise(settings, "60");
    await late.wrote("Ada orang?", 2);
    await expect(inbox.row(late.name), "by itself").toBeVisible();
    await expect(inbox.row(eka.name)).toHaveCount(0);
    await expect(inbox.list.locator(".filter-bar")).toContainText("Menunggu balasan: terlambat");
  } finally {
    await promise(settings, "");
  }
});

test("hours, holidays and what is wrong with them, by keyboard", async ({ staff }) => {
  const page = await staff(PEOPLE.stranger);
  await page.goto(SETTINGS);
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  const monday = page.getByLabel("Senin");
  try {
    await monday.fill("8-12, 13-17.30");
    await monday.press("Enter");
    await expect(page.getByRole("status")).toBeVisible();
    await expect(monday).toHaveValue("08.00–12.00, 13.00–17.30");
    // The browser lets through what looks like hours; the server says what is wrong and keeps it.
    await monday.fill("8-12, 11-17");
    await monday.press("Enter");
    await expect(page.getByRole("alert")).toContainText("Jam kerja hari Senin tidak terbaca");
    await expect(monday).toHaveValue("8-12, 11-17");
    await expectNoBarriers(page);

    const year = new Date().getFullYear() + 1;
    await page.getByRole("button", { name: `Tambahkan libur nasional ${year}` }).click();
    const independence = page.locator(".holidays li").filter({ hasText: "Hari Kemerdekaan" });
    await expect(independence).toHaveCount(1);
    await independence.getByRole("button", { name: /^Hapus/ }).click();
    await expect(independence).toHaveCount(0);
    // What was removed stands ready to be put back.
    await page.getByRole("button", { name: "Tambahkan", exact: true }).click();
    await expect(independence).toHaveCount(1);
  } finally {
    await page.goto(SETTINGS);
    await monday.fill("");
    await monday.press("Enter");
    await expect(page.getByRole("status")).toBeVisible();
  }
});

test("what nobody has is given to who is there, and nobody else", async ({ customer, staff }) => {
  const citra = customer(NUMBER.other);
  const [page, settings] = [await staff(PEOPLE.stranger), await staff(PEOPLE.stranger)];
  const inbox = new Inbox(page, "other");
  const share = async (mode: string) => {
    await settings.goto(SETTINGS);
    await settings.getByLabel("Cara membagi").selectOption({ label: mode });
    await settings.getByLabel("Hanya kepada yang sedang membuka").setChecked(true);
    await settings.locator("section.card").filter({ hasText: "Cara membagi" }).getByRole("button", { name: "Simpan" }).click();
    await expect(settings.getByRole("status")).toBeVisible();
  };
  await inbox.open();
  await inbox.isLive();
  try {
    await share("Bergiliran");
    // ARI hands over at once.
    await citra.writes("Mau bicara dengan manusia dong");
    await expect(inbox.row(citra.name), "by itself").toContainText("Anda", { timeout: 20_000 });
    await inbox.openConversation(citra.name);
    await expect(inbox.thread).toContainText("Dibagikan otomatis kepada");
    await expect(settings.getByRole("button", { name: "Jangan beri saya dulu" })).toBeVisible();
    await expectNoBarriers(settings);
  } finally {
    await share("Tidak dibagikan");
  }
});
