// Notes about which something is to be done: written in the thread, seen by the team at once, done on a page of their own.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

/** A time in so many hours, as a field for a local time wants it, by the clocks of Jakarta. */
const inHours = (hours: number) =>
  new Date(Date.now() + hours * 3_600_000).toLocaleString("sv-SE", { timeZone: "Asia/Jakarta" }).slice(0, 16).replace(" ", "T");

test("a note gets a time, stands among the tasks, and what came of it is written down", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Tolong hubungi saya lagi besok");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const text = `@Budi telepon ${citra.name}`;
  await owner.page.getByRole("link", { name: "Catatan", exact: true }).click();
  await owner.page.getByRole("textbox", { name: /^Catatan tentang/ }).fill(text);
  await owner.page.getByLabel("Tenggat").fill(inHours(2));
  await expectNoBarriers(owner.page);
  await owner.page.getByRole("button", { name: "Simpan catatan" }).click();
  await expect(owner.bubble(text)).toContainText("Tenggat");
  await expect(owner.bubble(text)).toContainText("Budi");
  await expect(owner.page.getByLabel("Tenggat"), "the next note has none").toHaveValue("");
  await expect(admin.bubble(text)).toContainText("Anda");
  await expectNoBarriers(admin.page);

  // Among the tasks of the one whom it names, not among those of the one who wrote it.
  const tasks = await owner.page.context().newPage();
  await tasks.goto("/demo/inbox/tasks");
  await expect(tasks.getByRole("heading", { name: "Tugas", exact: true })).toBeVisible();
  await expect(tasks.getByText(text)).toHaveCount(0);
  await tasks.getByRole("link", { name: "Semua", exact: true }).click();
  const task = tasks.locator("li.task").filter({ hasText: text });
  await expect(task).toContainText("untuk Budi Hartono");
  await expectNoBarriers(tasks);
  await task.getByText("Ubah tenggat").click();
  await task.getByLabel(/^Tenggat baru/).fill(inHours(30));
  await task.getByRole("button", { name: "Simpan", exact: true }).click();
  await expect(tasks.getByRole("status")).toContainText("diubah");
  await expect(tasks.getByRole("heading", { name: "Nanti" })).toBeVisible();
  await expectNoSidewaysScroll(tasks);

  // Done from the thread, and back there.
  await admin.bubble(text).getByRole("link", { name: "Selesaikan" }).click();
  await expectNoBarriers(admin.page);
  await admin.page.getByRole("textbox").fill("Sudah ditelepon, minta brosur");
  await admin.page.getByRole("button", { name: "Simpan dan selesaikan" }).click();
  await admin.isLive();
  await expect(admin.bubble("Sudah ditelepon, minta brosur")).toBeVisible();
  await expect(admin.bubble(text).first()).toContainText("Selesai");
  await expect(owner.bubble(text).first(), "the colleague's screen follows").toContainText("Selesai");
  await expect(owner.page.getByText(`menyelesaikan tugas “${text}”`)).toBeVisible();
  await tasks.reload();
  await expect(task).toHaveCount(0);
});

test("a time that is over is refused, and the note stands in its box again with it", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.page.getByRole("link", { name: "Catatan", exact: true }).click();
  const box = inbox.page.getByRole("textbox", { name: /^Catatan tentang/ });
  await box.fill("Kirim penawaran");
  await inbox.page.getByLabel("Tenggat").fill(inHours(-3));
  await inbox.page.getByRole("button", { name: "Simpan catatan" }).click();
  await expect(inbox.page.getByRole("alert")).toBeVisible();
  await expect(box).toHaveValue("Kirim penawaran");
  await expect(inbox.page.getByLabel("Tenggat")).not.toHaveValue("");
  await inbox.page.getByLabel("Tenggat").fill("");
  await inbox.page.getByRole("button", { name: "Simpan catatan" }).click();
  await expect(inbox.bubble("Kirim penawaran")).toBeVisible();
  await expect(inbox.bubble("Kirim penawaran")).not.toContainText("Tenggat");
});
