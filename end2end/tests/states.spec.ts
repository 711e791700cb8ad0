// Working on a conversation: closed, reopened, put off, given to somebody; on two screens, by keyboard, and without script.
import { PEOPLE, ariStaysSilent, expect, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("what one closes is closed on every screen, and the customer opens it again", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const menu = owner.page.getByLabel("Kelola percakapan");
  await menu.click();
  await owner.page.getByLabel("Alasan (boleh kosong)").fill("sudah bayar");
  await owner.page.getByRole("group", { name: "Selesaikan dengan alasan" }).getByRole("button", { name: "Selesai" }).click();
  for (const inbox of [owner, admin]) {
    await expect(inbox.thread).toContainText("menyelesaikan percakapan ini: sudah bayar");
    await expect(inbox.composer).toHaveCount(0);
  }
  await expect(owner.page.getByLabel("Alasan (boleh kosong)")).toBeHidden();

  await citra.writes("Satu lagi, Kak");
  for (const inbox of [owner, admin]) {
    await expect(inbox.thread).toContainText("percakapan dibuka kembali");
    await expect(inbox.bubble("Satu lagi, Kak")).toBeVisible();
    await expect(inbox.composer).toBeVisible();
  }
  // Both screens equal what a fresh load shows.
  const lived = await admin.transcript();
  await admin.page.reload();
  await expect(admin.bubble("Satu lagi, Kak")).toBeVisible();
  expect(await admin.transcript()).toEqual(lived);
});

/** Whether it is Sunday in Jakarta. */
const isSunday = () => new Date(Date.now() + 7 * 3_600_000).getUTCDay() === 0;

test("a conversation is put off, given to a colleague and marked, and the list says so", async ({ customer, staff }) => {
  const citra = customer();
  const beganOnSunday = isSunday();
  await citra.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  await owner.open();
  await owner.isLive();
  await owner.openConversation(citra.name);
  const menu = owner.page.getByLabel("Kelola percakapan");

  await menu.click();
  await owner.page.getByLabel("Penanggung jawab").selectOption({ label: "Budi Hartono" });
  await owner.page.getByRole("button", { name: "Serahkan" }).click();
  await expect(owner.thread).toContainText("menyerahkan percakapan ini kepada Budi Hartono");

  await menu.click();
  await owner.page.getByRole("button", { name: "Tandai prioritas tinggi" }).click();
  await expect(owner.thread).toContainText("menandai prioritas tinggi");

  // By keyboard: S opens, the first choice has the focus, Escape shuts and gives it back.
  await owner.page.keyboard.press("s");
  const tomorrow = owner.page.getByRole("button", { name: /^Besok pagi/ }).filter({ visible: true });
  await expect(tomorrow).toBeVisible();
  await owner.page.keyboard.press("Escape");
  await expect(tomorrow).toBeHidden();
  await owner.page.keyboard.press("s");
  // Monday at eight lies behind the window's end, but when the customer wrote on this very Sunday after eight.
  const wroteAt = /(\d\d)\.\d\d/.exec(await owner.bubble("Halo").innerText());
  const allFit = beganOnSunday && isSunday() && Number(wroteAt?.[1]) >= 8;
  await expect(owner.page.getByText("Jendela tutup lebih dulu").filter({ visible: true })).toHaveCount(allFit ? 0 : 1);
  await tomorrow.click();
  await expect(owner.thread).toContainText(/menunda percakapan ini sampai .* 08\.00/);

  await expect(owner.row(citra.name), "what is put off is nobody's work now").toHaveCount(0);
  await owner.page.goto("/demo/inbox?state=all");
  const row = owner.row(citra.name);
  await expect(row).toContainText("Budi");
  await expect(row.getByLabel("Prioritas tinggi")).toBeVisible();
  await expect(row).toContainText("Ditunda sampai");
  await citra.writes("Jadi bagaimana?");
  await expect(row).not.toContainText("Ditunda sampai");
});

test("a conversation's link is copied, and leads a colleague there", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const [page, colleague] = [await staff(PEOPLE.owner), await staff(PEOPLE.admin)];
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await page.getByLabel("Kelola percakapan").click();
  await page.getByRole("link", { name: "Salin tautan percakapan" }).click();
  await expect(page.getByRole("link", { name: "Tautan disalin" })).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(link).toMatch(/\/demo\/inbox\/[0-9a-f-]{36}$/);
  await expect(page.getByRole("link", { name: "Salin tautan percakapan" }), "it can be copied again").toBeVisible();
  await colleague.goto(link);
  await expect(new Inbox(colleague).bubble("Halo")).toBeVisible();
});
