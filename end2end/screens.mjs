// The pictures of the documentation, taken from the demo: `make screens`. A conversation is played first, so that there is something to see.
import { createECDH, createHmac, randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { chromium } from "@playwright/test";

const base = process.env.BASE_URL ?? "http://127.0.0.1:3000";
const folder = new URL("../docs/screens/", import.meta.url).pathname;
const NUMBER = "123456789012345";
mkdirSync(folder, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  // A microphone that hums.
  args: ["--use-fake-device-for-media-stream", ...(process.getuid?.() === 0 ? ["--no-sandbox"] : [])],
});

async function signedIn(options) {
  const context = await browser.newContext({ baseURL: base, locale: "id-ID", timezoneId: "Asia/Jakarta", ...options });
  const page = await context.newPage();
  await page.request.post("/api/dev/sign-in", { form: { email: "owner@demo.test" }, maxRedirects: 0 });
  return page;
}

const customers = [
  ["6281234500011", "Yosep Tampubolon", ["Kalau gap year dua tahun masih bisa beasiswa, kak?"]],
  ["6281234500012", "Alya Ramadhani", ["Saya mau jadwal konsultasi, bisa minggu ini?"]],
  ["6281234500013", "Nadia Kusuma", ["Pagi, kak. Rincian biayanya sudah ada?", "Yang kampus kedua sudah termasuk asuransi?"]],
];
const page = await signedIn({ viewport: { width: 1440, height: 900 } });
for (const [waId, name, texts] of customers) {
  for (const text of texts) {
    await page.request.post("/sandbox/phone/messages", { form: { as: waId, name, number: NUMBER, text }, maxRedirects: 0 });
    await page.waitForTimeout(1_500);
  }
}

await page.goto("/demo/inbox");
await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
await page.getByRole("region", { name: "Daftar percakapan" }).getByRole("link").filter({ hasText: "Nadia Kusuma" }).click();
const composer = page.getByRole("form", { name: "Tulis balasan" });
await composer.getByRole("textbox").fill("Sudah, Nadia. Asuransi setahun termasuk di kedua kampus.");
await composer.getByRole("button", { name: /^(Kirim|Ambil alih dan kirim)$/ }).click();
const thread = page.getByRole("log", { name: "Pesan" });
// The customer takes the phone into the hand, and what was sent is read.
const hand = await signedIn({ viewport: { width: 390, height: 844 } });
await hand.goto(`/sandbox/phone?${new URLSearchParams({ as: "6281234500013", name: "Nadia Kusuma", number: NUMBER })}`);
await thread.getByText("dibaca").last().waitFor({ state: "attached", timeout: 30_000 });
await page.getByRole("link", { name: "Catatan", exact: true }).click();
await page.getByRole("textbox", { name: /^Catatan tentang/ }).fill("@Budi tolong siapkan rincian kampus kedua.");
await page.getByRole("button", { name: "Simpan catatan" }).click();
await thread.getByText("hanya tim").waitFor();
await page.getByRole("link", { name: "Balas", exact: true }).first().click();
const open = page.url();
await page.screenshot({ path: `${folder}inbox.png` });
await composer.getByLabel("Lampirkan berkas").setInputFiles([
  { name: "Rincian biaya 2026.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.7\n") },
  { name: "Jadwal.csv", mimeType: "text/csv", buffer: Buffer.from("hari;jam\n") },
]);
await composer.getByRole("textbox").fill("Ini rincian dan jadwalnya, Nadia.");
await page.screenshot({ path: `${folder}files.png` });
for (const name of ["Rincian biaya 2026.pdf", "Jadwal.csv"]) await composer.getByRole("button", { name: `Hapus ${name}` }).click();
await composer.getByRole("textbox").fill("");
await page.context().grantPermissions(["microphone"]);
await composer.getByRole("button", { name: "Rekam pesan suara" }).click();
await page.waitForTimeout(4_500);
await page.screenshot({ path: `${folder}voice.png` });
await page.getByRole("button", { name: "Buang rekaman" }).click();
await thread.focus();
await page.keyboard.press("?");
await page.getByRole("dialog", { name: "Pintasan papan ketik" }).waitFor();
await page.screenshot({ path: `${folder}keys.png` });
await page.keyboard.press("Escape");
await page.getByLabel("Kelola percakapan").click();
await page.screenshot({ path: `${folder}inbox-menu.png` });
await page.keyboard.press("Escape");
await thread.getByRole("listitem").filter({ hasText: "asuransi?" }).getByRole("link", { name: /^Beri reaksi/ }).click();
await page.getByRole("dialog", { name: "Beri reaksi" }).waitFor();
await page.screenshot({ path: `${folder}reaction.png` });
await page.keyboard.press("Escape");
const boxes = page.getByRole("region", { name: "Daftar percakapan" }).getByRole("checkbox");
for (let n = 0; n < 3; n += 1) await boxes.nth(n).check({ force: true });
await page.getByText("3 dipilih", { exact: true }).waitFor();
await page.screenshot({ path: `${folder}picking.png` });
await page.keyboard.press("Escape");
await page.goto(`${new URL(open).pathname}/template?name=pesanan_dikirim&language=id`);
await page.waitForLoadState("networkidle");
await page.screenshot({ path: `${folder}template.png` });
for (const text of ["Ini brosur yang saya lihat", "Halaman biayanya", "Dan asramanya"]) {
  const form = { as: "6281234500013", name: "Nadia Kusuma", number: NUMBER, kind: "image", text };
  await page.request.post("/sandbox/phone/messages", { form, maxRedirects: 0 });
}
await page.waitForTimeout(3_000);
await page.goto(`${new URL(open).pathname}/media`);
await page.waitForLoadState("networkidle");
await page.screenshot({ path: `${folder}gallery.png` });
await page.goto(`/demo/inbox/search?${new URLSearchParams({ q: "asuransi dari:pelanggan sejak:kemarin" })}`);
await page.screenshot({ path: `${folder}search.png` });

// Choices that are written, and offered; other words for a reply; a message in one's own language.
await page.goto(`${new URL(open).pathname}/choices`);
await page.getByRole("textbox", { name: "Pesan" }).fill("Mau konsultasi lewat apa, Nadia?");
for (const [at, title] of ["Datang ke kantor", "Lewat telepon", "Lewat video"].entries()) await page.getByLabel(`Pilihan ${at + 1}`, { exact: true }).fill(title);
await page.screenshot({ path: `${folder}choices.png` });
await page.getByRole("button", { name: "Kirim" }).click();
await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
await thread.getByText("Lewat video").waitFor();
await composer.getByRole("textbox").fill("tinggal satu kursi lagi , mau saya tahankan sampai besok");
await composer.getByRole("button", { name: "Tulis ulang dengan ARI" }).click();
await page.screenshot({ path: `${folder}wording.png` });
await page.keyboard.press("Escape");
await composer.getByRole("textbox").fill("");

// What is done together, under a name.
await page.goto("/demo/settings/macros");
await page.getByLabel("Nama", { exact: true }).last().fill("Beres");
await page.getByLabel("Balasan (opsional)").last().fill("Sama-sama, Kak {{name}}. Kabari lagi kalau ada yang bisa dibantu.");
await page.getByLabel("Setelah itu").last().selectOption("close");
await page.getByRole("button", { name: "Simpan" }).last().click();
await page.getByRole("status").waitFor();
await page.screenshot({ path: `${folder}macros.png` });

// What the team says of a contact and keeps of them: made in the settings, given beside the conversation, and filtered by.
await page.goto("/demo/settings/fields");
for (const [name, kind, choices] of [["Kota", "choice", "Bandung\nJakarta\nYogyakarta"], ["Anggaran", "number", ""], ["Berangkat", "date", ""]]) {
  const next = page.locator("section.card").last();
  await next.getByLabel("Nama kolom").fill(name);
  await next.getByLabel("Isi").selectOption(kind);
  if (choices) await next.getByLabel("Pilihan, satu per baris").fill(choices);
  await next.getByRole("button", { name: "Simpan" }).click();
  await page.getByRole("status").waitFor();
}
await page.screenshot({ path: `${folder}fields.png` });
await page.goto(`${new URL(open).pathname}/contact`);
await page.getByLabel("Kota").selectOption("Bandung");
await page.getByLabel("Anggaran").fill("350.000.000");
await page.getByLabel("Berangkat").fill("2027-09-01");
await page.screenshot({ path: `${folder}contact.png` });
await page.getByRole("button", { name: "Simpan" }).click();
await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
const labels = page.locator(".pane-contact .labels");
await labels.locator(".label-choice").click();
await labels.getByRole("button", { name: "Panas" }).click();
for (const tag of ["Beasiswa", "Belanda", "S2"]) {
  await labels.locator("summary.add").click();
  await page.getByRole("textbox", { name: "Cari tag" }).fill(tag);
  await page.keyboard.press("Enter");
  await labels.locator("form.tag-mark", { hasText: tag }).waitFor();
}
await labels.locator("summary.add").click();
await page.getByRole("textbox", { name: "Cari tag" }).fill("Pameran Mei");
await page.screenshot({ path: `${folder}labels.png` });
await page.keyboard.press("Escape");
await page.goto("/demo/inbox/views");
await page.getByLabel("Panas").first().check();
await page.screenshot({ path: `${folder}filter-labels.png` });
await page.goto("/demo/settings/labels");
await page.screenshot({ path: `${folder}stages.png` });

// A note about which something is to be done.
const inHours = (hours) => new Date(Date.now() + hours * 3_600_000).toLocaleString("sv-SE", { timeZone: "Asia/Jakarta" }).slice(0, 16).replace(" ", "T");
await page.goto(`${new URL(open).pathname}?write=note`);
await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
for (const [text, hours] of [["@Budi kirim brosur beasiswa", 3], ["Telepon orang tuanya soal visa", 26]]) {
  await page.getByRole("textbox", { name: /^Catatan tentang/ }).fill(text);
  await page.getByLabel("Tenggat").fill(inHours(hours));
  if (hours > 24) await page.screenshot({ path: `${folder}task-written.png` });
  await page.getByRole("button", { name: "Simpan catatan" }).click();
  await page.getByText(text.replace("@Budi ", "")).waitFor();
}
await page.goto("/demo/inbox/tasks?whose=all");
await page.getByText("Selesaikan", { exact: true }).first().click();
await page.screenshot({ path: `${folder}tasks.png` });

// What a customer wrote anew, and what they took back; and the conversation as it was at a minute.
const told = async (content) => {
  const id = `wamid.${randomUUID()}`;
  const message = { id, timestamp: String(Math.floor(Date.now() / 1000)), from: "6281234500014", ...content };
  message.kapso = { direction: "inbound", status: "received", origin: "cloud_api", has_media: false };
  const conversation = { id: randomUUID(), contact_name: "Putri Maharani", phone_number: message.from, phone_number_id: NUMBER, status: "active" };
  const body = JSON.stringify({ message, conversation, phone_number_id: NUMBER, is_new_conversation: false });
  const signature = createHmac("sha256", process.env.KAPSO_WEBHOOK_SECRET).update(body).digest("hex");
  await page.request.post("/api/webhook/kapso", { headers: { "content-type": "application/json", "x-webhook-signature": signature }, data: body });
  return id;
};
const says = (text) => told({ type: "text", text: { body: text } });
const meeting = await says("Konsultasinya untuk dua orang, ya");
const slip = await says("Nomor paspornya C1234567");
await told({ type: "edit", edit: { original_message_id: meeting, message: { type: "text", text: { body: "Konsultasinya untuk tiga orang, ya" } } } });
await told({ type: "revoke", revoke: { original_message_id: slip } });
await page.goto("/demo/inbox");
await page.getByRole("region", { name: "Daftar percakapan" }).getByRole("link").filter({ hasText: "Putri Maharani" }).click();
await page.getByText("diedit", { exact: true }).click();
await page.screenshot({ path: `${folder}edited.png` });
const past = `${new URL(page.url()).pathname}/past`;
const score = past.replace(/past$/, "score");
await page.goto(past);
await page.screenshot({ path: `${folder}past.png` });
await says("Berapa biayanya, dan kapan bisa mulai?");
await says("Saya mau daftar untuk dua orang");
await page.goto(score);
await page.screenshot({ path: `${folder}score.png` });

// Two that are one person, and one from whom nobody wants to hear.
const merging = async (page, name) => {
  await page.goto(`${open}/merge?${new URLSearchParams({ q: "Alya" })}`);
  await page.getByRole("link", { name: "Alya Ramadhani" }).click();
  await page.getByRole("button", { name: "Gabungkan" }).waitFor();
  await page.screenshot({ path: `${folder}${name}.png` });
};
await merging(page, "merging");
await page.goto("/demo/inbox?state=all");
await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
await page.getByRole("region", { name: "Daftar percakapan" }).getByRole("link").filter({ hasText: "Yosep Tampubolon" }).click();
const menu = page.locator("summary[title='Kelola percakapan']");
await menu.click();
await page.getByRole("button", { name: "Blokir kontak", exact: true }).click();
await page.getByText("Kontak ini diblokir.").waitFor();
await page.screenshot({ path: `${folder}blocked.png` });
await menu.click();
await page.getByRole("button", { name: "Buka blokir kontak" }).click();
await thread.getByText("membuka blokir kontak").waitFor();

// Where and of what one is notified while nothing is open.
const key = createECDH("prime256v1");
const keys = { p256dh: key.generateKeys("base64url"), auth: randomBytes(16).toString("base64url") };
await page.request.post("/api/push-devices", { data: { endpoint: `${base}/sandbox/push/screens`, keys } });
await page.goto("/demo/settings/notices");
await page.getByLabel("Mulai").fill("21:00");
await page.getByLabel("Sampai").fill("07:00");
await page.getByRole("button", { name: "Kirim percobaan" }).waitFor();
await page.screenshot({ path: `${folder}notices.png` });

// What the workspace promises, and the list by who waits longest.
await page.goto("/demo/settings/service");
await page.getByLabel(/^Balasan pertama/).fill("30");
await page.getByLabel(/^Balasan berikutnya/).fill("60");
for (const day of ["Senin", "Selasa", "Rabu", "Kamis", "Jumat"]) await page.getByLabel(day).fill("08.00–12.00, 13.00–17.00");
await page.getByLabel("Sabtu").fill("00.00–24.00");
await page.getByLabel("Minggu").fill("00.00–24.00");
await page.getByRole("button", { name: "Simpan" }).first().click();
await page.getByRole("status").waitFor();
await page.getByRole("button", { name: /^Tambahkan libur nasional/ }).last().click();
await page.getByRole("status").waitFor();
await page.screenshot({ path: `${folder}service.png`, fullPage: true });
await page.goto("/demo/inbox?sort=waiting");
await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
await page.waitForTimeout(1_000);
await page.screenshot({ path: `${folder}waiting.png` });
await page.keyboard.press("f");
const filtering = page.getByRole("dialog", { name: "Saring percakapan" });
await filtering.getByRole("group", { name: "Menunggu balasan" }).first().getByText("terlambat").click();
await filtering.getByRole("group", { name: "Prioritas" }).first().getByText("tinggi").click();
await page.screenshot({ path: `${folder}filter.png` });
await page.keyboard.press("Escape");
await page.goto(open);
await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
await page.keyboard.press("Control+k");
await page.keyboard.type("tunda");
await page.waitForTimeout(500);
await page.screenshot({ path: `${folder}commands.png` });
await page.keyboard.press("Escape");

// ARI gives up a conversation, and says what it was about.
for (const text of ["Berapa biaya kursus persiapan IELTS, kak?", "Bisa dikirim brosurnya?", "Mau bicara dengan manusia dong"]) {
  const form = { as: "6281234500014", name: "Putri Maharani", number: NUMBER, text };
  await page.request.post("/sandbox/phone/messages", { form, maxRedirects: 0 });
  await page.waitForTimeout(1_500);
}
await page.goto("/demo/inbox");
await page.getByRole("region", { name: "Daftar percakapan" }).getByRole("link").filter({ hasText: "Putri Maharani" }).click();
await page.locator(".handover").waitFor();
await page.waitForTimeout(500);
await page.screenshot({ path: `${folder}handover.png` });
const handedOver = page.url();

async function dark(page) {
  await page.context().addCookies([{ name: "theme", value: "dark", url: base }]);
  await page.reload();
  await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
}
await page.goto(open);
await dark(page);
await page.screenshot({ path: `${folder}inbox-dark.png` });

const phone = await signedIn({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true });
await phone.goto("/demo/inbox");
await phone.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
await phone.screenshot({ path: `${folder}list-phone.png` });
await phone.goto(open);
await dark(phone);
await phone.screenshot({ path: `${folder}inbox-phone-dark.png` });
await merging(phone, "merging-phone-dark");
await phone.goto("/demo/inbox/tasks?whose=all");
await phone.screenshot({ path: `${folder}tasks-phone-dark.png` });
await phone.goto(past);
await phone.screenshot({ path: `${folder}past-phone-dark.png` });
await phone.goto(score);
await phone.screenshot({ path: `${folder}score-phone-dark.png` });
await phone.goto(handedOver);
await phone.locator(".handover").waitFor();
await phone.screenshot({ path: `${folder}handover-phone-dark.png` });

// Without a connection.
await phone.goto("/demo/inbox");
await phone.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
const list = phone.getByRole("region", { name: "Daftar percakapan" });
await list.getByRole("link").filter({ hasText: "Nadia Kusuma" }).click();
const keepsIt = () => phone.evaluate(async () => (await indexedDB.databases()).length > 0 && (await caches.has("kept-files")));
while (!(await keepsIt())) await phone.waitForTimeout(500);
await phone.waitForTimeout(4_000);
await phone.context().setOffline(true);
await phone.goto("/demo/inbox");
await phone.getByText(/tersimpan di perangkat ini/).waitFor();
await phone.screenshot({ path: `${folder}offline-phone-dark.png` });

await browser.close();
