// What somebody has begun to write follows them to another device.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, signIn, test } from "../support/fixtures";
import { Inbox, conversationId } from "../support/inbox";

ariStaysSilent();

test("what is written on one device stands on the other, and once it is sent there on neither", async ({ browser, customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const one of [citra, dewi]) await one.writes("Halo");
  const laptop = new Inbox(await staff(PEOPLE.owner));
  const phone = new Inbox(await staff(PEOPLE.owner));
  const colleague = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [laptop, phone, colleague]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const box = (inbox: Inbox) => inbox.composer.getByRole("textbox");
  const text = `Baik Kak, <b>besok</b> kami kirim. (${citra.waId})`;
  await box(laptop).pressSequentially(text);
  await expect(box(phone)).toHaveValue(text);
  // It is followed on the other one, too, and told of in its list.
  await box(phone).press("End");
  await box(phone).pressSequentially(" Ya");
  await expect(box(laptop)).toHaveValue(`${text} Ya`);
  await laptop.row(dewi.name).click();
  await expect(box(laptop)).toHaveValue("");
  await expect(laptop.row(citra.name)).toContainText("Draf");
  await expect(box(colleague), "it is nobody else's").toHaveValue("");
  await expect(colleague.row(citra.name)).not.toContainText("Draf");

  // A browser without script shows it as well.
  const context = await browser.newContext({ javaScriptEnabled: false });
  const plain = await context.newPage();
  await signIn(plain, PEOPLE.owner);
  await plain.goto(`/demo/inbox/${conversationId(phone.page)}`);
  await expect(new Inbox(plain).composer.getByRole("textbox")).toHaveValue(`${text} Ya`);
  await context.close();

  await phone.composer.getByRole("button", { name: /kirim$/i }).click();
  await expect(phone.bubble(`${text} Ya`)).toBeVisible();
  await expect(laptop.row(citra.name)).not.toContainText("Draf");
  await laptop.row(citra.name).click();
  await expect(laptop.bubble(`${text} Ya`)).toBeVisible();
  await expect(box(laptop)).toHaveValue("");
  // Neither comes back with it, whatever was on its way.
  await laptop.page.waitForTimeout(1_500);
  for (const inbox of [laptop, phone]) {
    await inbox.page.reload();
    await inbox.isLive();
    await expect(box(inbox)).toHaveValue("");
    await expect(inbox.row(citra.name)).not.toContainText("Draf");
  }
});

test("what is sent on one device goes from the box that shows it on the other", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const laptop = new Inbox(await staff(PEOPLE.owner));
  const phone = new Inbox(await staff(PEOPLE.owner));
  for (const inbox of [laptop, phone]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const text = `Sudah dikirim. (${citra.waId})`;
  await laptop.composer.getByRole("textbox").pressSequentially(text);
  await expect(phone.composer.getByRole("textbox")).toHaveValue(text);
  await laptop.composer.getByRole("textbox").press("Enter");
  await expect(phone.composer.getByRole("textbox")).toHaveValue("");
  await expect(phone.bubble(text)).toBeVisible();
  await expect(laptop.composer.getByRole("textbox")).toHaveValue("");
});

test("one's own unsaved words are kept, and those of the other device are offered", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const laptop = new Inbox(await staff(PEOPLE.owner));
  const phone = new Inbox(await staff(PEOPLE.owner));
  for (const inbox of [laptop, phone]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const [theirs, mine] = [laptop.composer.getByRole("textbox"), phone.composer.getByRole("textbox")];
  const offer = phone.composer.getByText("Ada draf dari perangkat lain");
  await expect(offer).toBeHidden();
  // The phone is where nothing gets out.
  await phone.page.route("**/conversations/*/draft", (route) => route.abort());
  await mine.pressSequentially("Dari ponsel");
  await theirs.pressSequentially("Dari laptop");
  await expect(offer).toBeVisible();
  await expect(mine).toHaveValue("Dari ponsel");
  await expectNoBarriers(phone.page);
  await phone.page.unroute("**/conversations/*/draft");
  await mine.press("End");
  await mine.pressSequentially(", Kak");
  await phone.page.waitForTimeout(1_500);
  await expect(theirs, "what is only offered is not overwritten").toHaveValue("Dari laptop");

  await phone.composer.getByRole("button", { name: "Pakai" }).click();
  await expect(mine).toHaveValue("Dari laptop\nDari ponsel, Kak");
  await expect(mine).toBeFocused();
  await expect(offer).toBeHidden();
  await expect(theirs).toHaveValue("Dari laptop\nDari ponsel, Kak");
});

test("what is written last is kept when the page goes", async ({ customer, staff }) => {
  const citra = customer();
  await citra.writes("Halo");
  const laptop = new Inbox(await staff(PEOPLE.owner));
  await laptop.open();
  await laptop.isLive();
  await laptop.openConversation(citra.name);
  const address = laptop.page.url();
  await laptop.composer.getByRole("textbox").pressSequentially("Sebentar");
  // Within the second that it would wait.
  await laptop.page.goto("about:blank");
  const phone = new Inbox(await staff(PEOPLE.owner));
  await expect(async () => {
    await phone.page.goto(address);
    await expect(phone.composer.getByRole("textbox")).toHaveValue("Sebentar", { timeout: 500 });
  }).toPass();
});
