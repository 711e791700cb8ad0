// Somebody whose pages are closed is called by their browser; and what they want to be called for.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { Subscription, Worker } from "../support/push";

ariStaysSilent();

test("a closed inbox calls whoever chose it there, and the notice leads to the conversation", async ({ customer, staff, request, baseURL }) => {
  test.setTimeout(120_000);
  const citra = customer();
  await citra.writes("Halo");
  const page = await staff(PEOPLE.owner);
  // A device that an attempt before this one left is not called.
  await page.goto("/demo/settings/notices");
  const stop = page.getByRole("button", { name: /Hentikan/ });
  for (let left = await stop.count(); left > 0; left -= 1) {
    await stop.first().click();
    await expect(stop).toHaveCount(left - 1);
  }
  const subscription = new Subscription(request, baseURL!);
  await subscription.isThatOf(page);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  // What the browser asks is answered with yes.
  await page.context().grantPermissions(["notifications"]);
  const account = page.getByRole("button", { name: inbox.words.account }).first();
  const menu = page.getByRole("dialog", { name: "Akun" });
  await account.click();
  const registered = page.waitForResponse((answer) => answer.url().endsWith("/api/push-devices"));
  await menu.getByLabel("Tampilkan di layar").check();
  expect((await registered).status()).toBe(204);
  await page.keyboard.press("Escape");

  // Somewhere else, with nothing of the inbox open.
  await page.goto("/account");
  const worker = await Worker.of(page);
  const question = `Masih buka jam 8? (${citra.waId})`;
  await citra.writes(question);
  const called = () => subscription.calls().then((calls) => calls.find((call) => call.body === question));
  await expect.poll(called, { timeout: 60_000, message: "the push service is handed a call once nobody looks any more" }).toBeTruthy();
  const call = (await called())!;
  expect(call).toMatchObject({ title: citra.name, workspace: "demo" });
  await worker.gets(call);
  await expect.poll(() => worker.notices()).toEqual([{ title: citra.name, body: question, tag: call.conversation, silent: false }]);
  // The same once more, as when an open page was quicker: it stands there once, and makes no sound.
  await worker.gets(call);
  await expect.poll(() => worker.notices()).toEqual([{ title: citra.name, body: question, tag: call.conversation, silent: true }]);

  // What was wiped away does not come back.
  await page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).forEach((notice) => notice.close()));
  await worker.gets(call);
  await expect.poll(() => worker.notices()).toEqual([]);

  // An open page leads there without being loaded anew, and reading it takes the notice away.
  await worker.gets({ ...call, event: call.event! + 1 });
  await expect.poll(async () => (await worker.notices()).length).toBe(1);
  await inbox.open();
  await inbox.isLive();
  await page.evaluate(() => Object.assign(window, { mark: true }));
  await worker.leads(call);
  await expect(inbox.bubble(question)).toBeVisible();
  expect(await page.evaluate(() => (window as { mark?: boolean }).mark)).toBe(true);
  await expect.poll(() => worker.notices()).toEqual([]);

  // The device is listed, tried out, and stopped.
  await page.goto("/demo/settings/notices");
  await expect(page.getByText("(perangkat ini)")).toBeVisible();
  await expectNoBarriers(page);
  await page.getByRole("button", { name: "Kirim percobaan" }).click();
  await expect(page.getByRole("status")).toContainText("Percobaan terkirim");
  expect((await subscription.calls()).at(-1)).toMatchObject({ title: "Percobaan berhasil" });
  await stop.click();
  await expect(page.getByRole("status")).toContainText("tidak diberi tahu lagi");
  await expect(page.getByText("Belum ada perangkat.")).toBeVisible();
  // That holds when the inbox is opened there again, and is known there.
  const refused = page.waitForResponse((answer) => answer.url().endsWith("/api/push-devices"));
  await inbox.open();
  await inbox.isLive();
  expect((await refused).status()).toBe(409);
  await page.reload();
  await inbox.isLive();
  await account.click();
  await expect(menu.getByLabel("Tampilkan di layar")).not.toBeChecked();
});

test("one chooses what to be called for and quiet hours, and what was refused stands there again", async ({ staff }) => {
  const page = await staff(PEOPLE.admin);
  await page.goto("/demo/inbox");
  const inbox = new Inbox(page);
  await inbox.isLive();
  await page.getByRole("button", { name: inbox.words.account }).first().click();
  await page.getByRole("link", { name: "Jam tenang & pilihan" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Pemberitahuan");
  await page.getByLabel("Pelanggan yang belum punya pemilik menulis").uncheck();
  await page.getByLabel("Mulai").fill("21:00");
  await page.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("alert")).toContainText("jam yang berbeda");
  await expect(page.getByLabel("Mulai")).toHaveValue("21:00");
  await expect(page.getByLabel("Pelanggan yang belum punya pemilik menulis")).not.toBeChecked();
  await expectNoBarriers(page);
  await page.getByLabel("Sampai").fill("07:00");
  await page.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("status")).toBeVisible();
  await page.reload();
  await expect(page.getByLabel("Sampai")).toHaveValue("07:00");
  await expect(page.getByLabel("Pelanggan yang belum punya pemilik menulis")).not.toBeChecked();
  // As it was, for the other stories.
  await page.getByLabel("Pelanggan yang belum punya pemilik menulis").check();
  await page.getByLabel("Mulai").fill("");
  await page.getByLabel("Sampai").fill("");
  await page.getByRole("button", { name: "Simpan" }).click();
  await expect(page.getByRole("status")).toBeVisible();
});
