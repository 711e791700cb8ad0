// Finding what was said: with conditions, in spite of a slip of the finger, and by its day.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, prefer, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("conditions narrow a search down, and a slip finds what was meant", async ({ customer, staff }) => {
  const citra = customer();
  // A word that nobody else says.
  const word = `zamrud${citra.waId.replace(/\d/g, (digit) => "abcdefghij"[Number(digit)])}`;
  await citra.writes(`Ada cincin ${word}?`);
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.openUntilListed(citra.name);
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await inbox.reply(`Cincin ${word} ada, Kak.`);
  await expect(inbox.bubble(`Cincin ${word} ada, Kak.`)).toBeVisible();

  const hits = page.getByRole("link").filter({ hasText: word });
  await page.getByRole("searchbox").fill(`${word} dari:pelanggan`);
  await page.getByRole("searchbox").press("Enter");
  await expect(page.getByText("dari pelanggan")).toBeVisible();
  await expect(hits).toHaveCount(1);
  await expect(hits).toContainText("Ada cincin");
  await page.getByRole("searchbox").fill(`${word} dari:saya sejak:kemarin`);
  await page.getByRole("searchbox").press("Enter");
  await expect(hits).toHaveCount(1);
  await expect(hits).toContainText("Kak.");

  // Two letters changed about.
  const slip = `${word.slice(0, -4)}${word.at(-3)}${word.at(-4)}${word.slice(-2)}`;
  const written = slip === word ? `${word}x` : slip;
  await page.getByRole("searchbox").fill(written);
  await page.getByRole("searchbox").press("Enter");
  await expect(page.getByText(`Tidak ada “${written}”`)).toBeVisible();
  await expect(hits).toHaveCount(2);

  await page.getByRole("searchbox").fill("ada:apa");
  await page.getByRole("searchbox").press("Enter");
  await expect(page.getByText("Tidak dimengerti")).toContainText("ada:apa");
  for (const theme of ["light", "dark"] as const) {
    await prefer(page, { theme });
    await page.reload();
    await expectNoBarriers(page);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoSidewaysScroll(page);
});

test("a day leads to what was said on it", async ({ customer, staff }) => {
  const citra = customer();
  const first = `Halo, pertama kali (${citra.waId})`;
  await citra.wrote(first, 72);
  await citra.writes(`Halo lagi (${citra.waId})`);
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.openUntilListed(citra.name);
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await page.getByLabel("Kelola percakapan").click();
  await expectNoBarriers(page);
  await page.getByLabel("Ke tanggal").fill("2020-01-31");
  await page.getByRole("button", { name: "Buka", exact: true }).click();
  await expect(page).toHaveURL(/\?at=[0-9a-f-]{36}#m-/);
  await expect(inbox.page.locator(".msg:target")).toContainText(first);
});
