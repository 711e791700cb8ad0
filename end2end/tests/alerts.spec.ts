// Somebody who is not looking is called by a sound and a notice of the desktop, for what concerns them; and the keys that spare the mouse.
import type { Page } from "@playwright/test";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

interface Heard {
  notices: { title: string; body: string; onclick?: () => void }[];
  tones: number;
}

/** A desktop that writes down what it is asked to show and to sound. */
async function listening(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const heard: Heard = { notices: [], tones: 0 };
    class Notice {
      static permission = "default";
      static async requestPermission() {
        return (Notice.permission = "granted");
      }
      onclick?: () => void;
      constructor(
        readonly title: string,
        options: { body: string },
      ) {
        heard.notices.push(Object.assign(this, options) as unknown as Heard["notices"][number]);
      }
      close() {}
    }
    const create = AudioContext.prototype.createOscillator;
    AudioContext.prototype.createOscillator = function (this: AudioContext) {
      heard.tones += 1;
      return create.call(this);
    };
    // Where there is a worker, it shows the notices.
    ServiceWorkerRegistration.prototype.showNotification = async (title, options) => {
      heard.notices.push({ title, body: options?.body ?? "" });
    };
    Object.assign(window, { heard, Notification: Notice });
  });
}

const heard = (page: Page) =>
  page.evaluate(() => {
    const { notices, tones } = (window as unknown as { heard: Heard }).heard;
    return { notices: notices.map(({ title, body }) => ({ title, body })), tones };
  });

async function looksAway(page: Page): Promise<void> {
  await page.evaluate(() => {
    document.hasFocus = () => false;
    window.dispatchEvent(new Event("blur"));
  });
}

test("who looks away is called for a customer of theirs, and led there", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const somebody of [citra, dewi]) await somebody.writes("Halo");
  const page = await staff(PEOPLE.owner);
  await listening(page);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.takeOver();
  await inbox.openConversation(dewi.name);
  await inbox.takeOver();

  await page.getByRole("button", { name: inbox.words.account }).first().click();
  const menu = page.getByRole("dialog", { name: "Akun" });
  await menu.getByLabel("Bunyi").selectOption("Ketuk");
  await menu.getByLabel("Tampilkan di layar").check();
  await expectNoBarriers(page);
  await page.keyboard.press("Escape");
  const tones = async () => (await heard(page)).tones;
  await expect.poll(tones, "a chosen sound is heard").toBe(2);

  // Looking at this very conversation, nobody is called.
  await dewi.writes("Masih di sini?");
  await expect(inbox.bubble("Masih di sini?")).toBeVisible();
  await looksAway(page);
  const question = `Jadi berapa totalnya? (${citra.waId})`;
  await citra.writes(question);
  await expect.poll(async () => (await heard(page)).notices).toEqual([{ title: citra.name, body: question }]);
  await expect.poll(tones, "one sound of two tones").toBe(4);
  await page.evaluate((conversation) => {
    const { notices } = (window as unknown as { heard: Heard }).heard;
    if (notices[0].onclick) return notices[0].onclick();
    // As the worker tells it.
    const { port2 } = new MessageChannel();
    const data = { open: { workspace: "demo", conversation } };
    navigator.serviceWorker.dispatchEvent(new MessageEvent("message", { data, ports: [port2] }));
  }, await inbox.row(citra.name).getAttribute("href").then((href) => href!.match(/[0-9a-f-]{36}/)![0]));
  await expect(inbox.bubble(question)).toBeVisible();

  // What was chosen is kept.
  await page.reload();
  await inbox.isLive();
  await page.getByRole("button", { name: inbox.words.account }).first().click();
  await expect(menu.getByLabel("Bunyi")).toHaveValue("knock");
});

test("what a colleague answers calls nobody else, and a note that names somebody does", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const adminPage = await staff(PEOPLE.admin);
  await listening(adminPage);
  await adminPage.addInitScript(() => localStorage.setItem("alerts", JSON.stringify({ desktop: true })));
  await adminPage.addInitScript(() => Object.assign(Notification, { permission: "granted" }));
  const admin = new Inbox(adminPage);
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
  }
  await owner.openConversation(citra.name);
  await owner.takeOver();
  await looksAway(adminPage);
  await citra.writes("Untuk pemilik saja");
  await expect(owner.bubble("Untuk pemilik saja")).toBeVisible();
  const name = await adminPage.locator(".menu-name").textContent();
  await owner.page.getByRole("link", { name: "Catatan" }).click();
  await owner.page.getByRole("textbox", { name: /^Catatan tentang/ }).fill(`@${name} tolong cek`);
  await owner.page.keyboard.press("Enter");
  await expect.poll(async () => (await heard(adminPage)).notices.map((notice) => notice.title)).toEqual([citra.name]);
  expect((await heard(adminPage)).notices[0].body).toContain("tolong cek");
});

test("the list, the views and the sheet of keys are within reach of the keyboard", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const somebody of [citra, dewi]) await somebody.writes("Halo");
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await expect(inbox.row(citra.name)).toBeVisible();
  // The newest stands first.
  await page.keyboard.press("j");
  await expect(inbox.row(dewi.name)).toBeFocused();
  await page.keyboard.press("j");
  await expect(inbox.row(citra.name)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(inbox.thread).toBeVisible();
  await page.keyboard.press("k");
  await expect(inbox.row(dewi.name)).toBeFocused();
  await page.keyboard.press("n");
  await expect(page.getByRole("textbox", { name: /^Catatan tentang/ })).toBeFocused();
  await page.keyboard.type("j?");
  await expect(page.getByRole("textbox", { name: /^Catatan tentang/ })).toHaveValue("j?");
  await inbox.row(citra.name).focus();
  await page.keyboard.press("r");
  await expect(inbox.composer.getByRole("textbox")).toBeFocused();
  await inbox.row(citra.name).focus();
  await page.keyboard.press("2");
  await expect(page).toHaveURL(/view=unassigned/);
  await page.keyboard.press("3");
  await expect(page).not.toHaveURL(/view=/);
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: /Cari/ })).toBeFocused();
  await inbox.row(citra.name).focus();
  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Pintasan papan ketik" });
  await expect(sheet).toBeVisible();
  await expectNoBarriers(page);
  await sheet.getByLabel("Pakai pintasan satu huruf").uncheck();
  await page.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
  await inbox.row(citra.name).focus();
  await page.keyboard.press("?");
  await page.keyboard.press("2");
  await expect(sheet).toBeHidden();
  await expect(page).not.toHaveURL(/view=/);
});
