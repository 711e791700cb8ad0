// Voice messages: recorded with the (fake) microphone of a real browser, heard, sent, and played on the customer's phone.
import type { Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();
const device = "--use-fake-device-for-media-stream";
test.use({ launchOptions: async ({ launchOptions }, use) => use({ ...launchOptions, args: [...(launchOptions.args ?? []), device] }) });

const bar = (inbox: Inbox) => inbox.page.getByRole("group", { name: "Rekaman pesan suara" });
const microphone = (inbox: Inbox) => inbox.composer.getByRole("button", { name: "Rekam pesan suara" });
const note = (inbox: Inbox) => inbox.page.locator(".rec-note");
const heard = (inbox: Inbox) => inbox.composer.locator(".tray audio");
const sent = (inbox: Inbox) => inbox.thread.locator(".msg.out audio");

async function opened(page: Page, name: string, allowed = true): Promise<Inbox> {
  // What is not granted here is refused, without anybody being asked.
  await page.context().grantPermissions(allowed ? ["microphone"] : ["notifications"]);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(name);
  return inbox;
}

/** Records for at least so many seconds. */
async function speak(inbox: Inbox, seconds: number): Promise<void> {
  const passed = async () => Number((await bar(inbox).getByRole("timer").innerText()).split(":")[1]);
  await expect.poll(passed, { timeout: 15_000 }).toBeGreaterThanOrEqual(seconds);
}

/** How long what an element plays is when the browser decodes all of it. */
async function duration(page: Page, selector: string): Promise<number> {
  const source = (await page.locator(selector).first().getAttribute("src")) ?? "";
  return page.evaluate(async (source) => {
    const bytes = await (await fetch(source)).arrayBuffer();
    return (await new OfflineAudioContext(1, 1, 48_000).decodeAudioData(bytes)).duration;
  }, source);
}

test("a voice message is recorded, heard, sent and played on the customer's phone", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Bisa dijelaskan?");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  await microphone(inbox).click();
  await speak(inbox, 2);
  await expect(bar(inbox).locator(".rec-bars i").nth(10)).toBeAttached();
  await expectNoBarriers(inbox.page);
  // On a phone all of it is within reach.
  await inbox.page.setViewportSize({ width: 390, height: 844 });
  for (const button of await bar(inbox).getByRole("button").all()) await expect(button).toBeInViewport({ ratio: 1 });
  await inbox.page.setViewportSize({ width: 1440, height: 900 });
  await bar(inbox).getByRole("button", { name: "Dengar dulu" }).click();
  await expect(bar(inbox)).toBeHidden();
  await expect(heard(inbox)).toBeVisible();
  await heard(inbox).evaluate((audio: HTMLAudioElement) => audio.play());
  await expect.poll(() => heard(inbox).evaluate((audio: HTMLAudioElement) => audio.currentTime)).toBeGreaterThan(0.2);
  await expectNoBarriers(inbox.page);
  await inbox.composer.getByRole("button", { name: /^(Kirim|Ambil alih dan kirim)$/ }).click();
  await expect(sent(inbox)).toHaveCount(1);
  await expect(heard(inbox)).toHaveCount(0);
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.page.locator("audio.voice")).toHaveCount(1);
  // Read is what comes last: by now an empty text sent along with it would have been refused, and the box would say so.
  await expect(sent(inbox).locator("xpath=ancestor::li")).toContainText(inbox.words.read, { timeout: 20_000 });
  await expect(inbox.composer.locator(".composer-notice:visible")).toHaveCount(0);
  await expect(inbox.thread.locator(".msg.out")).toHaveCount(1);
  for (const [page, selector] of [[phone.page, "audio.voice"], [inbox.page, ".msg.out audio"]] as const) {
    const seconds = await duration(page, selector);
    expect(seconds).toBeGreaterThan(1.5);
    expect(seconds).toBeLessThan(60);
  }
});

test("by the keyboard alone, sent at once; what is thrown away is gone, what Escape stops is not", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  await microphone(inbox).focus();
  await inbox.page.keyboard.press("Enter");
  await speak(inbox, 1);
  await inbox.page.keyboard.press("Enter");
  await expect(sent(inbox)).toHaveCount(1);
  await expect(inbox.composer.getByRole("textbox")).toBeFocused();

  await microphone(inbox).click();
  await speak(inbox, 1);
  await inbox.page.keyboard.press("Escape");
  await expect(heard(inbox)).toHaveCount(1);
  await inbox.composer.getByRole("button", { name: /^Hapus Pesan suara/ }).click();
  await expect(heard(inbox)).toHaveCount(0);

  await microphone(inbox).click();
  await speak(inbox, 1);
  await bar(inbox).getByRole("button", { name: "Buang rekaman" }).click();
  await expect(bar(inbox)).toBeHidden();
  const text = `Cukup (${citra.waId})`;
  await inbox.reply(text);
  await expect(inbox.bubble(text)).toBeVisible();
  await expect(heard(inbox)).toHaveCount(0);
  await expect(sent(inbox)).toHaveCount(1);
});

test("what else stands there does not go along unasked, and a note leaves the recording to its reply", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  const box = inbox.composer.getByRole("textbox");
  await box.fill("Setengah kalimat");
  await microphone(inbox).click();
  await speak(inbox, 1);
  await bar(inbox).getByRole("button", { name: /^(Kirim|Ambil alih dan kirim)$/ }).click();
  await expect(heard(inbox)).toHaveCount(1);
  await expect(box).toHaveValue("Setengah kalimat");
  await inbox.composer.getByRole("button", { name: /^Hapus Pesan suara/ }).click();
  await box.fill("");

  await microphone(inbox).click();
  await speak(inbox, 1);
  await inbox.page.getByRole("link", { name: "Catatan", exact: true }).click();
  await expect(bar(inbox)).toHaveCount(0);
  await inbox.page.getByRole("textbox", { name: /^Catatan tentang/ }).fill(`Untuk tim (${citra.waId})`);
  await inbox.page.getByRole("button", { name: "Simpan catatan" }).click();
  await expect(inbox.bubble(`Untuk tim (${citra.waId})`)).toBeVisible();
  await inbox.page.getByRole("link", { name: "Balas", exact: true }).first().click();
  await expect(heard(inbox)).toHaveCount(1);
  await expect(note(inbox)).toHaveCount(0);
  await expect(sent(inbox)).toHaveCount(0);
});

test("a microphone that is allowed too late is shut again", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  // Stands for somebody who takes their time over the browser's question.
  await inbox.page.evaluate(() => {
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      await new Promise((done) => Object.assign(window, { answer: done }));
      const stream = await ask(wanted);
      Object.assign(window, { stream });
      return stream;
    };
  });
  await microphone(inbox).click();
  await expect(bar(inbox)).toContainText("Meminta izin");
  await inbox.page.waitForTimeout(400);
  await bar(inbox).getByRole("button", { name: "Buang rekaman" }).click();
  await expect(bar(inbox)).toHaveCount(0);
  await inbox.page.evaluate(() => (window as unknown as { answer: () => void }).answer());
  const state = () => inbox.page.evaluate(() => (window as unknown as { stream?: MediaStream }).stream?.getTracks()[0]?.readyState);
  await expect.poll(state).toBe("ended");
});

test("a recording stays with its conversation, whoever's is opened meanwhile", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  await citra.writes("Dari Citra");
  await dewi.writes("Dari Dewi");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  await microphone(inbox).click();
  await speak(inbox, 1);
  await inbox.openConversation(dewi.name);
  await expect(note(inbox)).toContainText("Rekaman berhenti dan disimpan");
  await expect(inbox.bubble("Dari Dewi")).toBeVisible();
  await expect(bar(inbox)).toHaveCount(0);
  const elsewhere = `Untuk Dewi (${dewi.waId})`;
  await inbox.reply(elsewhere);
  await expect(inbox.bubble(elsewhere)).toBeVisible();
  await expect(heard(inbox)).toHaveCount(0);
  await expectNoBarriers(inbox.page);
  await note(inbox).getByRole("link", { name: "Buka" }).click();
  await expect(heard(inbox)).toHaveCount(1);
  await expect(note(inbox)).toHaveCount(0);
  await inbox.composer.getByRole("button", { name: /^(Kirim|Ambil alih dan kirim)$/ }).click();
  await expect(sent(inbox)).toHaveCount(1);
  await inbox.openConversation(dewi.name);
  await expect(inbox.bubble("Dari Dewi")).toBeVisible();
  await expect(sent(inbox)).toHaveCount(0);
});

test("without a microphone it is said why, and the rest goes on", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name, false);
  await microphone(inbox).click();
  await expect(bar(inbox)).toContainText("Mikrofon tidak diizinkan");
  await expectNoBarriers(inbox.page);
  await bar(inbox).getByRole("button", { name: "Buang rekaman" }).click();
  const text = `Tanpa suara (${citra.waId})`;
  await inbox.reply(text);
  await expect(inbox.bubble(text)).toBeVisible();
});
