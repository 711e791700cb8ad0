// What customers do to messages after they sent them, and how a conversation looked before.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("what the customer writes anew or takes back changes before one's eyes, with what it said before", async ({ customer, staff }) => {
  const citra = customer();
  const first = await citra.wrote("Meja untuk dua orang", 0);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  const bubble = inbox.bubble("orang");
  await expect(bubble).toHaveCount(1);
  await citra.rewrites(first, "Meja untuk tiga orang");
  await expect(bubble).toContainText("Meja untuk tiga orang");
  await expect(inbox.row(citra.name)).toContainText("Meja untuk tiga orang");
  await expect(bubble.getByText("Meja untuk dua orang")).toBeHidden();
  await bubble.getByText("diedit").click();
  await expect(bubble.getByText("Meja untuk dua orang")).toBeVisible();
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  await expect(inbox.bubble("orang"), "an edit is no message of its own").toHaveCount(1);

  await citra.takesBack(first);
  await expect(bubble).toContainText("Dihapus pengirimnya hari ini");
  await expect(bubble).toContainText("Meja untuk tiga orang");
  await expect(bubble.getByRole("link", { name: /^Balas/ }), "what is gone there cannot be quoted").toHaveCount(0);
  await expect(inbox.row(citra.name)).toContainText("Pesan yang dihapus: Meja untuk tiga orang");
  await expectNoBarriers(page);
  await bubble.getByText("diedit").click();
  const lived = await inbox.transcript();
  await page.reload();
  await inbox.isLive();
  expect(await inbox.transcript(), "as a fresh load").toEqual(lived);
});

test("on the phone a message is written anew and taken back", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const phone = await citra.opensPhone(await visitor());
  await phone.types("Untuk dua orang");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await expect(inbox.bubble("Untuk dua orang")).toBeVisible();
  const own = phone.bubble("orang");
  // Enter sends, and does nothing to what was said before.
  await phone.page.getByRole("textbox", { name: "Tulis sebagai pelanggan" }).fill("Besok bisa?");
  await phone.page.keyboard.press("Enter");
  await expect(inbox.bubble("Besok bisa?")).toBeVisible();
  await expect(own).toContainText("Untuk dua orang");
  // With nothing written, what it says now is put in the box.
  await own.getByRole("button", { name: "Ubah" }).click();
  const box = phone.page.getByRole("textbox", { name: "Tulis sebagai pelanggan" });
  await expect(box).toHaveValue("Untuk dua orang");
  await box.fill("Untuk tiga orang");
  await own.getByRole("button", { name: "Ubah" }).click();
  await expect(own).toContainText("Untuk tiga orang");
  await expect(box).toHaveValue("");
  await expect(inbox.bubble("Untuk tiga orang")).toContainText("diedit");
  await expectNoBarriers(phone.page);
  await own.getByRole("button", { name: "Hapus" }).click();
  await expect(phone.bubble("Anda menghapus pesan ini")).toBeVisible();
  await expect(inbox.bubble("Untuk tiga orang")).toContainText("Dihapus pengirimnya");
});

test("a conversation is looked at as it was at a minute", async ({ customer, staff }) => {
  const citra = customer();
  const asked = await citra.wrote("Meja untuk dua orang", 0);
  await citra.rewrites(asked, "Meja untuk tiga orang");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await page.locator(".pane-contact").getByRole("link", { name: "Seperti pada waktu lampau" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Waktu lampau · ${citra.name}`);
  const thread = page.locator(".thread");
  await expect(thread).toContainText("Meja untuk tiga orang");
  await expect(page.getByLabel("Keadaan saat itu")).toContainText("Jendela 24 jam terbuka sampai");
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  await page.getByLabel("Lihat pada").fill("2020-01-01T08:00");
  await page.getByRole("button", { name: "Tampilkan" }).click();
  await expect(page.locator("main")).toContainText("Belum ada pesan saat itu");
  await expect(page.getByLabel("Keadaan saat itu")).toContainText("Pelanggan belum pernah menulis");
  await expect(thread).toHaveCount(0);
  await expectNoBarriers(page);
  // To the minute in which something was said first, and back to the present.
  await page.getByRole("link", { name: "Sesudahnya" }).click();
  await expect(thread).toContainText(/Meja untuk (dua|tiga) orang/);
  await page.getByRole("link", { name: "Kembali ke percakapan" }).click();
  await expect(inbox.bubble("Meja untuk tiga orang")).toBeVisible();
});
