// Reading and replying with JavaScript switched off: everything is a link or a form.
import { disguised, pdf, photo } from "../support/files";
import { PEOPLE, ariStaysSilent, expect, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

// Nothing would tell a page without script that ARI answered, and its writer is told when they reply.
ariStaysSilent();

test("one click signs in", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByRole("button", { name: /^Masuk sebagai pemilik/ }).first().click();
  await expect(page).toHaveURL(/\/demo\/inbox/);
  await expect(new Inbox(page).list).toBeVisible();
});

test("a conversation is read and answered, and the reply reaches the phone", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const question = `Ada promo bulan ini? (${citra.waId})`;
  const reply = `Ada, saya kirim rinciannya. (${citra.waId})`;
  await citra.writes(question);

  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  await expect(inbox.bubble(question)).toBeVisible();

  await inbox.reply(reply);
  await expect(inbox.page).toHaveURL(/\/demo\/inbox\/[0-9a-f-]{36}/);
  await expect(inbox.bubble(reply)).toHaveCount(1);

  const phone = await citra.opensPhone(await visitor());
  await expect(async () => {
    await phone.page.reload();
    await expect(phone.bubble(reply)).toBeVisible({ timeout: 1_000 });
  }).toPass();
  // A page without script looks once: it may have been made before the reply counted as delivered.
  await expect(async () => {
    await phone.page.reload();
    await inbox.page.reload();
    await expect(inbox.bubble(reply)).toContainText(inbox.words.read, { timeout: 1_000 });
  }).toPass({ timeout: 20_000 });
});

test("the customer's phone works too", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const phone = await citra.opensPhone(await visitor());
  await phone.types("Tanpa skrip");
  await expect(phone.bubble("Tanpa skrip")).toBeVisible();
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
});

test("taking over is a form", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.admin));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  await expect(inbox.thread).toContainText(inbox.words.tookOver);
});

test("closing and snoozing are forms", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.admin));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  await inbox.page.getByLabel("Kelola percakapan").click();
  await inbox.page.getByRole("button", { name: "Tandai prioritas tinggi" }).click();
  await expect(inbox.thread).toContainText("menandai prioritas tinggi");
  await inbox.page.getByLabel("Kelola percakapan").click();
  await inbox.page.getByRole("group", { name: "Selesaikan dengan alasan" }).getByRole("button", { name: "Selesai" }).click();
  await expect(inbox.thread).toContainText("menyelesaikan percakapan ini");
  await inbox.page.getByRole("button", { name: "Buka lagi" }).filter({ visible: true }).click();
  await expect(inbox.thread).toContainText("membuka percakapan ini lagi");
});

test("a note and a quoting reply are links and forms", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const question = `Masih ada? (${citra.waId})`;
  await citra.writes(question);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);

  await inbox.page.getByRole("link", { name: "Catatan", exact: true }).click();
  const text = `Hanya untuk kita (${citra.waId})`;
  await inbox.page.getByRole("textbox", { name: /^Catatan tentang/ }).fill(text);
  await inbox.page.getByRole("button", { name: "Simpan catatan" }).click();
  await expect(inbox.bubble(text)).toContainText("hanya tim");

  await inbox.bubble(question).getByRole("link", { name: /^Balas/ }).click();
  await expect(inbox.composer.getByRole("group", { name: "Membalas" })).toContainText(question);
  const answer = `Masih, Kak. (${citra.waId})`;
  await inbox.reply(answer);
  await expect(inbox.bubble(answer).locator(".quote")).toContainText(question);

  const phone = await citra.opensPhone(await visitor());
  await expect(async () => {
    await phone.page.reload();
    await expect(phone.bubble(answer).locator("blockquote")).toHaveText(question, { timeout: 1_000 });
  }).toPass();
  await expect(phone.bubble(text)).toHaveCount(0);
});

test("a task is written, done and opened again by forms", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Tolong kabari saya");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  await inbox.page.getByRole("link", { name: "Catatan", exact: true }).click();
  const text = `Kabari ${citra.name}`;
  await inbox.page.getByRole("textbox", { name: /^Catatan tentang/ }).fill(text);
  const tomorrow = new Date(Date.now() + 86_400_000).toLocaleString("sv-SE", { timeZone: "Asia/Jakarta" });
  await inbox.page.getByLabel("Tenggat").fill(tomorrow.slice(0, 16).replace(" ", "T"));
  await inbox.page.getByRole("button", { name: "Simpan catatan" }).click();
  await expect(inbox.bubble(text)).toContainText("Tenggat");
  await inbox.page.goto("/demo/inbox/tasks");
  const task = inbox.page.locator("li.task").filter({ hasText: text });
  await task.getByText("Selesaikan", { exact: true }).click();
  await task.getByRole("textbox").fill("Sudah dikabari");
  await task.getByRole("button", { name: "Simpan dan selesaikan" }).click();
  await expect(inbox.page.getByRole("status")).toContainText(text);
  await expect(task).toHaveCount(0);
  await inbox.page.getByRole("button", { name: "Buka lagi" }).click();
  await expect(task).toHaveCount(1);
});

test("a reaction is a link and a form, and is taken back the same way", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const text = `Sudah sampai (${citra.waId})`;
  await citra.writes(text);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  const picker = inbox.page.getByRole("dialog", { name: "Beri reaksi" });
  const chip = inbox.bubble(text).getByRole("img", { name: /^Reaksi/ });
  await inbox.bubble(text).getByRole("link", { name: /^Beri reaksi/ }).click();
  await picker.getByRole("button", { name: "👍" }).click();
  await expect(chip).toHaveText("👍");
  await inbox.bubble(text).getByRole("link", { name: /^Beri reaksi/ }).click();
  await picker.getByRole("textbox", { name: "Emoji lain" }).fill("🎉");
  await picker.getByRole("button", { name: "Beri", exact: true }).click();
  await expect(chip).toHaveText("🎉");
  const phone = await citra.opensPhone(await visitor());
  await expect(async () => {
    await phone.page.reload();
    await expect(phone.bubble("🎉").locator("blockquote")).toHaveText(text, { timeout: 1_000 });
  }).toPass();
  await inbox.bubble(text).getByRole("link", { name: /^Beri reaksi/ }).click();
  await picker.getByRole("button", { name: "🎉" }).click();
  await expect(chip).toHaveCount(0);
  await inbox.bubble(text).getByRole("link", { name: /^Beri reaksi/ }).click();
  await picker.getByRole("link").click();
  await expect(picker).toHaveCount(0);
});

test("views and searching are links and a form", async ({ customer, staff }) => {
  const citra = customer();
  const text = `Cari saya (${citra.waId})`;
  await citra.writes(text);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await expect(async () => {
    await inbox.open();
    await inbox.page.getByRole("link", { name: /^Tanpa pemilik/ }).click();
    await expect(inbox.row(citra.name)).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await inbox.openConversation(citra.name);
  await expect(inbox.page, "the view is kept").toHaveURL(/\?view=unassigned/);
  await inbox.takeOver();
  await expect(inbox.row(citra.name)).toHaveCount(0);
  await inbox.page.getByRole("link", { name: /^Saya/ }).click();
  await expect(inbox.row(citra.name)).toBeVisible();
  await inbox.page.getByRole("searchbox").fill(citra.waId);
  await inbox.page.getByRole("searchbox").press("Enter");
  await inbox.page.getByRole("link").filter({ hasText: text }).click();
  await expect(inbox.bubble(text)).toBeVisible();
});

test("a reply that others were faster than comes back with its text, and goes at the second try", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  await citra.writes("Eh, tidak jadi");
  const reply = `Siap & <ditunggu> (${citra.waId})`;
  await inbox.reply(reply);
  await expect(inbox.page.getByRole("alert")).toContainText("Ada pesan baru");
  await expect(inbox.bubble("Eh, tidak jadi")).toBeVisible();
  await expect(inbox.composer.getByRole("textbox")).toHaveValue(reply);
  await expect(inbox.bubble(reply)).toHaveCount(0);
  await inbox.composer.getByRole("button", { name: /kirim/i }).click();
  await expect(inbox.bubble(reply)).toBeVisible();
  await expect(inbox.composer.getByRole("textbox")).toHaveValue("");
});

test("a file goes with the form, and one that is refused leaves the words in the box", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Boleh lihat?");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  const words = `Ini daftarnya (${citra.waId})`;
  const chooser = inbox.composer.getByLabel("Lampirkan berkas");
  await chooser.setInputFiles(disguised("harga.pdf"));
  await inbox.reply(words);
  await expect(inbox.page.getByRole("alert").filter({ hasText: "WhatsApp tidak menerima jenis berkas ini" })).toBeVisible();
  await expect(inbox.composer.getByRole("textbox")).toHaveValue(words);
  await chooser.setInputFiles([pdf("harga.pdf"), photo("kamar.png", 8, 8)]);
  await inbox.reply(words);
  await expect(inbox.bubble(words)).toContainText("harga.pdf");
  await expect(inbox.thread.getByRole("listitem").getByRole("img")).toHaveCount(1);
  const phone = await citra.opensPhone(await visitor());
  await expect(async () => {
    await phone.page.reload();
    await expect(phone.bubble(words)).toContainText("harga.pdf", { timeout: 1_000 });
  }).toPass();
});

test("when the window is shut a template gets through", async ({ customer, staff }) => {
  const citra = customer();
  await citra.wrote("Besok saya kabari", 30);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openOld(citra.name);
  await inbox.page.getByRole("link", { name: "Kirim templat" }).click();
  await inbox.page.getByRole("link", { name: /lanjut_percakapan/ }).click();
  await inbox.page.getByRole("combobox", { name: /^Isian 1/ }).fill("Kak Citra");
  await inbox.page.getByRole("button", { name: "Kirim" }).click();
  await expect(inbox.bubble("Halo Kak Citra, kami ingin melanjutkan")).toBeVisible();
});

test("a picture is opened by its link, and a contact's pictures are listed", async ({ customer, staff }) => {
  const citra = customer();
  await citra.sendsPhoto("Foto tanpa skrip");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  await expect(async () => {
    await inbox.page.reload();
    await expect(inbox.bubble("Foto tanpa skrip").getByRole("img")).toBeVisible({ timeout: 1_000 });
  }).toPass();
  const [original] = await Promise.all([inbox.page.waitForEvent("popup"), inbox.bubble("Foto tanpa skrip").getByRole("img").click()]);
  expect(original.url()).toContain("/api/demo/media/");
  await inbox.page.getByRole("region", { name: "Kontak" }).getByRole("link", { name: "Berkas" }).click();
  await expect(inbox.page.getByRole("link", { name: "Foto: Foto tanpa skrip" })).toBeVisible();
});

test("several conversations are worked on together, and it is taken back", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const one of [citra, dewi]) await one.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.openUntilListed(dewi.name);
  await expect(inbox.list.getByRole("checkbox"), "what needs script does not show").toHaveCount(0);
  await inbox.list.getByRole("link", { name: "Pilih percakapan" }).click();
  await expect(page).toHaveURL(/\/inbox\/pick$/);
  for (const one of [citra, dewi]) await page.getByRole("checkbox", { name: new RegExp(one.name) }).check();
  await page.locator('summary[aria-label="Tunda"]').click();
  await page.getByRole("button", { name: /^Besok pagi/ }).click();
  await expect(page.getByText("2 percakapan ditunda")).toBeVisible();
  await expect(page.getByText(citra.name)).toHaveCount(0);
  await page.getByRole("button", { name: "Urungkan" }).click();
  await expect(page.getByText("2 percakapan dikembalikan")).toBeVisible();
  await expect(page.getByRole("checkbox", { name: new RegExp(citra.name) })).toBeVisible();
});

test("a filter is put together, kept under a name, deleted and put back", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const name = `Tanpa skrip ${citra.waId}`;
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.openUntilListed(citra.name);
  await inbox.list.locator(".views-menu summary").click();
  await inbox.list.getByRole("link", { name: /^Saring/ }).click();
  await page.getByRole("group", { name: "Pesan", exact: true }).first().getByText("belum dibaca").click();
  await page.getByRole("group", { name: "Jendela 24 jam" }).first().getByText("terbuka").click();
  await page.getByRole("textbox", { name: "Nama tampilan" }).fill(name);
  await page.getByRole("button", { name: "Simpan tampilan" }).click();
  await expect(page).toHaveURL(/\/demo\/inbox\?unread=1&filter=window:open$/);
  await expect(inbox.row(citra.name)).toBeVisible();
  await expect(inbox.list.locator(".filter-bar")).toContainText(`${name}: Jendela 24 jam: terbuka`);
  await inbox.openConversation(citra.name);
  await expect(page, "the list stays as it is").toHaveURL(/unread=1&filter=window:open$/);
  await inbox.list.locator(".filter-bar").getByRole("link").first().click();
  const saved = page.getByRole("listitem").filter({ hasText: name });
  await saved.getByRole("button", { name: "Hapus" }).click();
  await expect(saved).toHaveCount(0);
  await page.getByRole("button", { name: "Urungkan" }).click();
  await expect(saved).toBeVisible();
});

test("a contact gets a stage and a tag, and loses the tag", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(citra.name);
  await inbox.openConversation(citra.name);
  const page = inbox.page;
  const labels = page.locator(".pane-contact .labels");
  const given = labels.locator("form.tag-mark");
  await labels.locator(".label-choice").click();
  await labels.getByRole("button", { name: "Klien" }).click();
  await expect(labels.locator(".label-choice")).toContainText("Klien");
  await labels.locator("summary.add").click();
  const tag = `Kampus ${citra.waId.slice(-6)}`;
  await page.getByRole("textbox", { name: "Cari tag" }).fill(tag);
  await page.getByRole("textbox", { name: "Cari tag" }).press("Enter");
  await expect(given).toHaveText([tag]);
  await labels.getByRole("button", { name: `Lepas tag ${tag}` }).click();
  await expect(given).toHaveCount(0);
});

test("a contact is blocked and let through, and two are made one and two again", async ({ customer, staff }) => {
  const [old, next] = [customer(), customer()];
  await old.writes("Halo");
  await next.writes("Nomor baru saya");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.openUntilListed(next.name);
  await inbox.openUntilListed(old.name);
  await inbox.openConversation(old.name);
  const menu = async (name: string) => {
    await inbox.page.locator("summary[title='Kelola percakapan']").click();
    await inbox.page.getByRole("button", { name, exact: true }).click();
  };
  await menu("Blokir kontak");
  await expect(inbox.page.getByText("Kontak ini diblokir.")).toBeVisible();
  await menu("Buka blokir kontak");
  await expect(inbox.thread).toContainText("membuka blokir kontak");

  await inbox.page.locator("summary[title='Kelola percakapan']").click();
  await inbox.page.getByRole("link", { name: "Gabungkan kontak…" }).click();
  await inbox.page.getByRole("searchbox").fill(next.name);
  await inbox.page.getByRole("button", { name: "Cari" }).click();
  await inbox.page.getByRole("link", { name: next.name }).click();
  await inbox.page.getByRole("button", { name: "Gabungkan" }).click();
  await expect(inbox.page.getByRole("status")).toContainText("satu kontak");
  await inbox.page.getByRole("link", { name: "Ke percakapan" }).click();
  await expect(inbox.bubble("Nomor baru saya")).toBeVisible();
  await inbox.page.goBack();
  await inbox.page.getByRole("button", { name: "Pisahkan lagi" }).click();
  await expect(inbox.page.getByRole("status")).toContainText("dua kontak lagi");
});
