// Reactions from our side: by mouse and by keyboard, seen by a colleague at once, on the customer's phone, and gone when they are taken back.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";
import { order } from "../support/sandbox";

ariStaysSilent();

const picker = (inbox: Inbox) => inbox.page.getByRole("dialog", { name: "Beri reaksi" });
const opener = (inbox: Inbox, text: string) => inbox.bubble(text).getByRole("link", { name: /^Beri reaksi/ });
const chip = (inbox: Inbox, text: string) => inbox.bubble(text).getByRole("img", { name: /^Reaksi/ });

test("two of the team react to a message, and the customer's phone shows it", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const asked = `Sudah saya transfer, Kak (${citra.waId})`;
  const phone = await citra.opensPhone(await visitor());
  await phone.types(asked);
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
    await expect(inbox.bubble(asked)).toBeVisible();
  }

  // By mouse.
  await owner.bubble(asked).hover();
  await opener(owner, asked).click();
  await expect(picker(owner)).toBeVisible();
  await expectNoBarriers(owner.page);
  await picker(owner).getByRole("button", { name: "🙏" }).click();
  await expect(picker(owner)).toHaveCount(0);
  await expect(chip(owner, asked)).toHaveText("🙏");
  await expect(chip(owner, asked)).toHaveAttribute("title", "Reaksi: 🙏 dari Anda");
  await expect(chip(admin, asked), "a colleague sees whose it is").toHaveAttribute("title", "Reaksi: 🙏 dari Rani Prameswari");
  await expect(phone.bubble("🙏")).toBeVisible();
  await expect(phone.bubble("🙏"), "on the phone it stands by its message").toContainText(asked);

  // By keyboard: arrows, another emoji, Esc.
  await opener(admin, asked).focus();
  await admin.page.keyboard.press("Enter");
  const pressed = picker(admin).getByRole("button", { name: "🙏" });
  await expect(pressed, "what stands there is marked, and has the focus").toBeFocused();
  await expect(pressed).toHaveAttribute("aria-pressed", "true");
  await admin.page.keyboard.press("ArrowRight");
  await expect(picker(admin).getByRole("button", { name: "👍" })).toBeFocused();
  await admin.page.keyboard.press("ArrowLeft");
  await expect(pressed).toBeFocused();
  await admin.page.keyboard.press("Escape");
  await expect(picker(admin)).toHaveCount(0);
  await expect(opener(admin, asked), "the focus is back").toBeFocused();
  await admin.page.keyboard.press("Enter");
  await picker(admin).getByRole("textbox", { name: "Emoji lain" }).fill("🎉");
  await admin.page.keyboard.press("Enter");
  await expect(chip(owner, asked)).toHaveText("🎉");
  await expect(chip(owner, asked)).toHaveAttribute("title", /dari Budi/);
  await expect(phone.bubble("🎉")).toBeVisible();

  // The same again takes it back; nothing else came of any of it.
  await owner.bubble(asked).hover();
  await opener(owner, asked).click();
  await picker(owner).getByRole("button", { name: "🎉" }).click();
  for (const inbox of [owner, admin]) await expect(chip(inbox, asked)).toHaveCount(0);
  await expect(phone.bubble("Mencabut reaksi")).toBeVisible();
  const lived = await admin.transcript();
  await admin.page.reload();
  await admin.isLive();
  expect(await admin.transcript(), "a fresh load shows the same").toEqual(lived);
  expect(lived.filter((line) => line.includes(citra.waId))).toHaveLength(1);
});

test("words are no reaction, and one that is refused says why and can be left", async ({ customer, staff, request }) => {
  const citra = customer();
  const asked = `Terima kasih (${citra.waId})`;
  await citra.writes(asked);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.bubble(asked).hover();
  await opener(inbox, asked).click();
  await picker(inbox).getByRole("textbox", { name: "Emoji lain" }).fill("siap");
  await picker(inbox).getByRole("button", { name: "Beri", exact: true }).click();
  await expect(inbox.page.getByText("Itu bukan satu emoji.")).toBeVisible();
  await expect(chip(inbox, asked)).toHaveCount(0);

  await order(request, { fail_next: [{ status: 400, code: 131009, to: citra.waId }] });
  await inbox.bubble(asked).hover();
  await opener(inbox, asked).click();
  await picker(inbox).getByRole("button", { name: "❤️" }).click();
  await expect(inbox.bubble(asked)).toContainText("Reaksi ❤️ gagal");
  await expect(chip(inbox, asked)).toHaveCount(0);
  await expectNoBarriers(inbox.page);
  await inbox.bubble(asked).getByRole("button", { name: "Coba lagi" }).click();
  await expect(chip(inbox, asked)).toHaveText("❤️");
  await expect(inbox.bubble(asked)).not.toContainText("gagal");
});

test("on a phone there is room for it", async ({ customer, staff }) => {
  const citra = customer();
  const asked = `Halo Kak, ini pesan yang cukup panjang supaya gelembungnya selebar mungkin di layar kecil. (${citra.waId})`;
  await citra.writes(asked);
  const page = await staff(PEOPLE.owner);
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    const inbox = new Inbox(page);
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
    const link = opener(inbox, asked);
    const box = (await link.boundingBox())!;
    expect(Math.min(box.width, box.height), `a finger hits it at ${width}`).toBeGreaterThanOrEqual(44);
    expect(box.x + box.width).toBeLessThanOrEqual(width);
    await link.click();
    await expect(picker(inbox)).toBeVisible();
    const shown = (await picker(inbox).boundingBox())!;
    expect(shown.x).toBeGreaterThanOrEqual(0);
    expect(shown.x + shown.width).toBeLessThanOrEqual(width);
    await expectNoSidewaysScroll(page);
    expect(await inbox.thread.evaluate((thread) => thread.scrollWidth - thread.clientWidth)).toBeLessThanOrEqual(0);
    await page.keyboard.press("Escape");
  }
});
