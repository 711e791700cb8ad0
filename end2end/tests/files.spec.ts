// Photos, documents and what is pasted or dropped: chosen, shown, sent once and in order, and on the customer's phone.
import type { Page } from "@playwright/test";
import { type Made, disguised, pdf, photo } from "../support/files";
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox, conversationId } from "../support/inbox";

ariStaysSilent();

const chooser = (inbox: Inbox) => inbox.composer.getByLabel("Lampirkan berkas");
const tray = (inbox: Inbox) => inbox.composer.getByRole("list", { name: "Berkas yang akan dikirim" });
const send = (inbox: Inbox) => inbox.composer.getByRole("button", { name: /^(Kirim|Ambil alih dan kirim)$/ }).click();

async function opened(page: Page, name: string): Promise<Inbox> {
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(name);
  return inbox;
}

/** Gives the page a file the way a mouse or the clipboard does. */
async function bring(inbox: Inbox, kind: "paste" | "drop", selector: string, file: Made): Promise<void> {
  const data = await inbox.page.evaluateHandle(
    ([name, type, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name, { type }));
      return transfer;
    },
    [file.name, file.mimeType, file.buffer.toString("base64")] as const,
  );
  await inbox.page.evaluate(
    ([event, where, transfer]) => {
      const target = document.querySelector(where as string);
      const init = { bubbles: true, cancelable: true };
      if (event === "paste") target?.dispatchEvent(new ClipboardEvent("paste", { ...init, clipboardData: transfer as DataTransfer }));
      else {
        for (const step of ["dragover", "drop"]) target?.dispatchEvent(new DragEvent(step, { ...init, dataTransfer: transfer as DataTransfer }));
      }
    },
    [kind, selector, data] as const,
  );
}

test("photos and a price list go out in order, with the words under the first, and reach the phone", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Boleh lihat kamarnya?");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  const words = `Ini kamarnya (${citra.waId})`;
  await chooser(inbox).setInputFiles([photo("kamar.png", 40, 30), pdf("Daftar harga.pdf")]);
  await expect(tray(inbox).getByRole("listitem")).toHaveCount(2);
  await expectNoBarriers(inbox.page);
  await inbox.composer.getByRole("textbox").fill(words);
  await send(inbox);
  await expect(inbox.bubble(words).getByRole("img")).toBeVisible();
  await expect(inbox.bubble("Daftar harga.pdf")).toBeVisible();
  await expect(tray(inbox)).toBeHidden();
  await expect(inbox.composer.getByRole("textbox")).toHaveValue("");
  await expect(inbox.bubble("Daftar harga.pdf")).toContainText(inbox.words.delivered, { timeout: 20_000 });

  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(words).getByRole("img")).toBeVisible();
  await expect(phone.bubble("Daftar harga.pdf")).toBeVisible();
  const lines = await phone.page.getByRole("log").getByRole("listitem").allInnerTexts();
  expect(lines.findIndex((line) => line.includes(words))).toBeLessThan(lines.findIndex((line) => line.includes("Daftar harga.pdf")));
  // The phone is open, so both are read, and then stay as they are.
  for (const text of [words, "Daftar harga.pdf"]) await expect(inbox.bubble(text)).toContainText(inbox.words.read, { timeout: 20_000 });
  const lived = await inbox.transcript();
  await inbox.page.reload();
  await expect(inbox.bubble(words)).toBeVisible();
  expect(await inbox.transcript()).toEqual(lived);
});

test("a photo that is too large is made to fit, what is pasted and dropped is taken, and each can be removed", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  const large = photo("besar.png", 1600, 1200);
  expect(large.buffer.length).toBeGreaterThan(5 << 20);
  await chooser(inbox).setInputFiles(large);
  await expect(tray(inbox)).toContainText("besar.png");
  await bring(inbox, "paste", "#reply", photo("tempel.png", 8, 8));
  await expect(tray(inbox)).toContainText("tempel.png");
  await bring(inbox, "drop", ".thread", pdf("lepas.pdf"));
  await expect(tray(inbox)).toContainText("lepas.pdf");
  await inbox.composer.getByRole("button", { name: "Hapus tempel.png" }).click();
  await expect(tray(inbox).getByRole("listitem")).toHaveCount(2);
  await send(inbox);
  await expect(tray(inbox)).toBeHidden({ timeout: 20_000 });
  const picture = inbox.thread.getByRole("listitem").getByRole("img");
  await expect(picture).toHaveCount(1);
  const sent = await inbox.page.request.get((await picture.getAttribute("src")) ?? "");
  expect(sent.headers()["content-type"]).toBe("image/jpeg");
  expect((await sent.body()).length).toBeLessThan(5 << 20);
  await expect(inbox.bubble("lepas.pdf")).toContainText(inbox.words.delivered, { timeout: 20_000 });
});

test("what was sent after files keeps its order, and what is cancelled on its way gives its words back", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  const box = inbox.composer.getByRole("textbox");
  await inbox.page.context().setOffline(true);
  await chooser(inbox).setInputFiles(pdf("satu.pdf"));
  await send(inbox);
  for (const text of ["dua", "tiga"]) await inbox.reply(`${text} (${citra.waId})`);
  await chooser(inbox).setInputFiles(pdf("empat.pdf"));
  await box.fill(`empat (${citra.waId})`);
  await send(inbox);
  await inbox.reply(`lima (${citra.waId})`);
  await chooser(inbox).setInputFiles(pdf("batal.pdf"));
  await box.fill("kata di bawah berkas");
  await send(inbox);
  await box.fill("sedang ditulis");
  await inbox.composer.getByRole("button", { name: "Batalkan batal.pdf" }).click();
  await expect(box).toHaveValue("kata di bawah berkas\nsedang ditulis");
  await inbox.page.context().setOffline(false);
  await expect(inbox.bubble("lima")).toContainText(inbox.words.delivered, { timeout: 60_000 });
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble("lima")).toBeVisible();
  const lines = (await phone.page.getByRole("log").getByRole("listitem").allInnerTexts()).join("\n");
  const places = ["satu.pdf", "dua (", "tiga (", "empat (", "lima ("].map((text) => lines.indexOf(text));
  expect(places.every((place, nth) => place >= 0 && (nth === 0 || places[nth - 1] < place)), lines).toBe(true);
  expect(lines).not.toContain("batal.pdf");
});

test("what WhatsApp does not take comes back with its words, and the reason", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  const box = inbox.composer.getByRole("textbox");
  await chooser(inbox).setInputFiles(disguised("faktur.pdf"));
  await box.fill("Ini fakturnya");
  await send(inbox);
  await expect(inbox.page.getByRole("alert").filter({ hasText: "WhatsApp tidak menerima jenis berkas ini" })).toBeVisible();
  await expect(box).toHaveValue("Ini fakturnya");
  await expect(tray(inbox)).toContainText("faktur.pdf");
  await expectNoBarriers(inbox.page);
  await inbox.composer.getByRole("button", { name: "Hapus faktur.pdf" }).click();
  await chooser(inbox).setInputFiles(pdf("faktur.pdf"));
  await send(inbox);
  await expect(inbox.bubble("Ini fakturnya")).toContainText("faktur.pdf");
  await expect(inbox.bubble("Ini fakturnya")).toHaveCount(1);
});

test("without a network files wait, go once, and what was written after them comes after them", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Halo");
  const inbox = await opened(await staff(PEOPLE.owner), citra.name);
  await inbox.page.context().setOffline(true);
  await chooser(inbox).setInputFiles([pdf("satu.pdf"), pdf("dua.pdf")]);
  await send(inbox);
  const after = `Sesudahnya (${citra.waId})`;
  await inbox.reply(after);
  await expect(inbox.bubble(after), "it stands there at once").toBeVisible();
  await expect(tray(inbox).getByRole("listitem")).toHaveCount(2);
  await inbox.page.context().setOffline(false);
  await expect(inbox.bubble(after)).toContainText(inbox.words.delivered, { timeout: 40_000 });
  await expect(tray(inbox)).toBeHidden();
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(after)).toBeVisible();
  const lines = (await phone.page.getByRole("log").getByRole("listitem").allInnerTexts()).join("\n");
  const places = ["satu.pdf", "dua.pdf", after].map((text) => lines.indexOf(text));
  expect(places.every((place) => place >= 0) && places[0] < places[1] && places[1] < places[2], lines).toBe(true);
  expect(lines.split("satu.pdf").length - 1).toBe(1);
});

test("a file chosen for one customer is never under another, and one written past is held", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const somebody of [citra, dewi]) await somebody.writes("Halo");
  const owner = await opened(await staff(PEOPLE.owner), citra.name);
  await chooser(owner).setInputFiles(pdf("rahasia.pdf"));
  await expect(tray(owner)).toContainText("rahasia.pdf");
  await owner.openConversation(dewi.name);
  await expect(owner.composer.getByRole("textbox")).toBeVisible();
  await expect(tray(owner)).toBeHidden();
  await owner.reply("Tanpa berkas");
  await expect(owner.bubble("Tanpa berkas")).toBeVisible();
  await expect(owner.thread).not.toContainText("rahasia.pdf");
  await owner.openConversation(citra.name);
  await expect(tray(owner)).toContainText("rahasia.pdf");

  // A colleague answers while the connection is gone.
  const admin = await opened(await staff(PEOPLE.admin), citra.name);
  await owner.page.context().setOffline(true);
  await send(owner);
  const theirs = `Sudah saya kirim (${citra.waId})`;
  await admin.reply(theirs);
  await expect(admin.bubble(theirs)).toContainText(admin.words.delivered, { timeout: 20_000 });
  await owner.page.context().setOffline(false);
  await expect(owner.page.getByRole("alert").filter({ hasText: "Belum terkirim" })).toContainText(theirs, { timeout: 30_000 });
  await expect(tray(owner)).toContainText("rahasia.pdf");
  await expect(owner.bubble("rahasia.pdf")).toHaveCount(0);
  await owner.composer.getByRole("button", { name: "Tetap kirim" }).click();
  await expect(owner.bubble("rahasia.pdf")).toContainText(owner.words.delivered, { timeout: 20_000 });
  expect(conversationId(owner.page)).toBe(conversationId(admin.page));
});
