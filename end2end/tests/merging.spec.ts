// Two contacts that are one person, and contacts from whom the team does not want to hear.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox, conversationId } from "../support/inbox";

ariStaysSilent();

test("two contacts become one, whoever looks sees it at once, and it is undone", async ({ customer, staff }) => {
  const [old, next] = [customer(), customer()];
  await old.writes("Halo, saya mau tanya");
  await next.writes("Ini nomor baru saya");
  await old.writes("Ada promo?");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
  }
  // The colleague looks at the one that will be part of the other, and writes there.
  await admin.openConversation(next.name);
  await admin.takeOver();
  await admin.composer.getByRole("textbox").fill("Baik, Bu, kami catat");
  await owner.openConversation(old.name);
  const id = conversationId(owner.page);
  await owner.page.locator("summary[title='Kelola percakapan']").click();
  await owner.page.getByRole("link", { name: "Gabungkan kontak…" }).click();
  await expect(owner.page.getByRole("heading", { name: "Gabungkan kontak" })).toBeVisible();
  await expectNoBarriers(owner.page);
  await owner.page.getByRole("searchbox").fill(next.name);
  await owner.page.getByRole("searchbox").press("Enter");
  await owner.page.getByRole("link", { name: next.name }).click();
  await expectNoBarriers(owner.page);
  await expectNoSidewaysScroll(owner.page);
  await owner.page.getByRole("radio", { name: next.name }).check();
  await owner.page.getByRole("button", { name: "Gabungkan" }).click();
  await expect(owner.page.getByRole("status")).toContainText("satu kontak");
  await expectNoBarriers(owner.page);

  // Led to where it is now, with what was being written.
  await expect(admin.page).toHaveURL(new RegExp(id));
  await expect(admin.bubble("Halo, saya mau tanya")).toBeVisible();
  await expect(admin.bubble("Ini nomor baru saya")).toBeVisible();
  await expect(admin.composer.getByRole("textbox")).toHaveValue("Baik, Bu, kami catat");
  await expect(admin.row(old.name)).toHaveCount(0);
  await expect(admin.row(next.name)).toHaveCount(1);
  await next.writes("Masih dari nomor baru");
  await expect(admin.bubble("Masih dari nomor baru")).toBeVisible();
  await expect(admin.page.locator(".pane-contact")).toContainText(",");
  const lines = await admin.transcript();
  await admin.page.reload();
  await admin.isLive();
  expect(await admin.transcript()).toEqual(lines);

  // And two again.
  await expect(owner.page.getByText("Digabung dengan")).toBeVisible();
  await owner.page.getByRole("button", { name: "Pisahkan lagi" }).click();
  await expect(owner.page.getByRole("status")).toContainText("dua kontak lagi");
  await expect(admin.row(next.name)).toHaveCount(1);
  await expect(admin.row(old.name)).toHaveCount(1);
  await expect(admin.bubble("Ini nomor baru saya")).toHaveCount(0);
  await expect(admin.bubble("Ada promo?")).toBeVisible();
  const left = await admin.transcript();
  await admin.page.reload();
  await admin.isLive();
  expect(await admin.transcript()).toEqual(left);
});

test("a blocked contact writes without bothering anybody, until they are let through", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Pinjaman cepat!!");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  await owner.takeOver();
  await admin.composer.getByRole("textbox").fill("Maaf, kami tidak");
  // By the palette, as everything in the menus.
  await owner.page.locator("body").press("Control+k");
  await owner.page.getByRole("combobox").fill("blokir");
  await owner.page.keyboard.press("Enter");
  for (const inbox of [owner, admin]) {
    await expect(inbox.thread).toContainText("memblokir kontak");
    await expect(inbox.page.getByText("Kontak ini diblokir.")).toBeVisible();
    await expect(inbox.page.getByRole("img", { name: "Diblokir" }).first()).toBeVisible();
    await expect(inbox.row(citra.name)).toHaveCount(0);
  }
  await expect(admin.page.getByText("Draf Anda tersimpan.")).toBeVisible();
  await expectNoBarriers(admin.page);
  const title = await admin.page.title();
  await citra.writes("Penawaran terakhir!!");
  await expect(admin.bubble("Penawaran terakhir!!")).toBeVisible();
  await expect(admin.page).toHaveTitle(title);
  await expect(admin.row(citra.name)).toHaveCount(0);
  const lines = await admin.transcript();
  await admin.page.reload();
  await admin.isLive();
  expect(await admin.transcript()).toEqual(lines);

  await admin.page.locator("body").press("Control+k");
  await admin.page.getByRole("combobox").fill("buka blokir");
  await admin.page.keyboard.press("Enter");
  await expect(owner.thread).toContainText("membuka blokir kontak");
  await expect(owner.page.getByText("Kontak ini diblokir.")).toHaveCount(0);
  await citra.writes("Halo lagi");
  await expect(owner.row(citra.name)).toHaveCount(1);
  await expect(admin.composer.getByRole("textbox")).toHaveValue("Maaf, kami tidak");
});
