// What is often done together with a conversation, in one click.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("a macro is made, used by menu and by keys, and deleted", async ({ customer, staff, visitor }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const somebody of [citra, dewi]) await somebody.writes("Sudah saya terima");
  const page = await staff(PEOPLE.owner);
  const name = `Terima kasih ${citra.waId}`;
  await page.goto("/demo/settings/macros");
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  const card = page.getByRole("main");
  await card.getByLabel("Nama", { exact: true }).last().fill(name);
  await page.getByRole("button", { name: "Simpan" }).last().click();
  await expect(page.getByRole("alert")).toContainText("Yang dijalankan");
  await expect(card.getByLabel("Nama", { exact: true }).last(), "what was refused stands there again").toHaveValue(name);
  await card.getByLabel("Balasan (opsional)").last().fill("Terima kasih, Kak {{name}}!");
  await card.getByLabel("Prioritas").last().selectOption("Tinggi");
  await card.getByLabel("Setelah itu").last().selectOption("Selesai");
  await page.getByRole("button", { name: "Simpan" }).last().click();
  await expect(page.getByText(name).first()).toBeVisible();
  await expectNoBarriers(page);

  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await page.locator(".thread-head .work-menu summary").last().click();
  await expectNoBarriers(page);
  // A double click does it once.
  await page.getByRole("button", { name }).dblclick();
  const thanks = `Terima kasih, Kak ${citra.name}!`;
  await expect(inbox.bubble(thanks)).toHaveCount(1);
  await expect(inbox.thread.getByText(/menyelesaikan percakapan|ditutup|selesai/i).first()).toBeVisible();
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(thanks)).toBeVisible({ timeout: 20_000 });
  await expect(phone.bubble(thanks)).toHaveCount(1);

  // By keys alone.
  await inbox.openConversation(dewi.name);
  await page.keyboard.press("Escape");
  await page.locator("body").press("Control+k");
  await page.getByRole("combobox").fill(name);
  await page.keyboard.press("Enter");
  await expect(inbox.bubble(`Terima kasih, Kak ${dewi.name}!`)).toHaveCount(1);

  await page.goto("/demo/settings/macros");
  const made = page.locator("details.fold", { hasText: name });
  await made.locator("summary").first().click();
  await made.getByText("Hapus", { exact: true }).click();
  await made.getByRole("button", { name: "Ya, hapus" }).click();
  await expect(page.getByText("Makro dihapus.")).toBeVisible();
  await expect(page.getByText(name)).toHaveCount(0);
});
