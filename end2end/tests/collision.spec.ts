// Two people answer one customer, and the customer writes meanwhile: nobody's reply goes out without its writer knowing.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("what a colleague and the customer said while one was cut off holds the reply, shows it, and lets it go", async ({ customer, staff, visitor }) => {
  const citra = customer();
  await citra.writes("Masih ada kamar?");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }

  // The owner's connection is gone; the reply waits for it.
  const mine = `Masih, Kak (${citra.waId})`;
  const theirs = `Maaf, sudah penuh (${citra.waId})`;
  await owner.page.context().setOffline(true);
  await owner.reply(mine);
  await admin.reply(theirs);
  await expect(admin.bubble(theirs)).toContainText(admin.words.delivered, { timeout: 20_000 });
  await citra.writes("Oke, makasih");
  await owner.page.context().setOffline(false);

  const notice = owner.page.getByRole("alert").filter({ hasText: "Belum terkirim" });
  await expect(notice).toContainText(theirs, { timeout: 30_000 });
  await expect(notice).toContainText("Oke, makasih");
  const box = owner.composer.getByRole("textbox");
  await expect(box, "nothing that was typed is lost").toHaveValue(mine);
  await expect(owner.bubble(mine)).toHaveCount(0);
  await expectNoBarriers(owner.page);
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(theirs)).toBeVisible();
  await expect(phone.bubble(mine)).toHaveCount(0);

  // Whoever has read it may send it all the same; a changed text is sent as usual.
  const anyway = owner.composer.getByRole("button", { name: "Tetap kirim" });
  await expect(anyway).toBeVisible();
  await box.press("End");
  await box.pressSequentially("!");
  await expect(anyway).toHaveCount(0);
  await box.press("Backspace");
  await anyway.click();
  await expect(owner.bubble(mine), "the phone is open").toContainText(owner.words.read, { timeout: 20_000 });
  await expect(notice).toHaveCount(0);
  await expect(owner.bubble(mine)).toHaveCount(1);
});

test("what stands on the screen holds nothing", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  for (let round = 0; round < 3; round += 1) {
    for (const [inbox, other, text] of [
      [owner, admin, `Dari pemilik ${round}`],
      [admin, owner, `Dari admin ${round}`],
    ] as const) {
      await inbox.reply(text);
      await expect(other.bubble(text)).toBeVisible();
    }
    await citra.writes(`Dari pelanggan ${round}`);
    for (const inbox of [owner, admin]) await expect(inbox.bubble(`Dari pelanggan ${round}`)).toBeVisible();
  }
  await expect(owner.page.getByText("Belum terkirim")).toHaveCount(0);
  await expect(admin.page.getByText("Belum terkirim")).toHaveCount(0);
});
