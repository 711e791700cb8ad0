// What customers' messages come to, beside the conversation and with its reasons.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

const HOUR = 3_600_000;
/** All on one day, whenever this runs: how many hours ago yesterday's noon was, by the clock that days are counted by. */
const noon = (Math.floor(Date.now() / (24 * HOUR)) - 0.5) * 24 * HOUR;
const ago = () => (Date.now() - noon) / HOUR;

test("the chat score grows while the customer writes, and each point leads to its message", async ({ customer, staff }) => {
  const citra = customer();
  await citra.wrote("Halo kak", ago());
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.openOld(citra.name);
  await inbox.isLive();
  const score = page.locator(".pane-contact").getByRole("link", { name: /^Skor chat/ });
  await expect(score).toHaveAccessibleName("Skor chat 5 Dingin");
  const asked = await citra.wrote("Berapa harga paketnya, dan kapan mulai?", ago());
  await expect(score).toHaveAccessibleName("Skor chat 25 Dingin");
  await citra.wrote("Saya mau daftar", ago());
  await expect(score).toHaveAccessibleName("Skor chat 40 Hangat");
  // What the customer takes out of a message counts no more.
  await citra.rewrites(asked, "Berapa harganya?");
  await expect(score).toHaveAccessibleName("Skor chat 32 Dingin");
  await expectNoBarriers(page);

  await score.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`Skor chat · ${citra.name}`);
  await expect(page.getByLabel("Bagian skor")).toContainText("32");
  await expect(page.getByRole("meter", { name: "Minat" })).toHaveAttribute("value", "27");
  const why = page.getByRole("region", { name: "Mengapa skornya 32?" });
  await expect(why.getByRole("listitem")).toHaveCount(3);
  await expect(page.getByRole("region", { name: "Belum terlihat" })).toContainText("Mengisi formulir");
  await expectNoBarriers(page);
  await expectNoSidewaysScroll(page);
  await why.getByRole("listitem").filter({ hasText: "mau daftar" }).getByRole("link").click();
  await expect(inbox.bubble("Saya mau daftar")).toBeInViewport();
});

test("nobody who has not written has a score of anything", async ({ customer, staff }) => {
  const citra = customer();
  const only = await citra.wrote("Berapa harganya?", ago());
  await citra.takesBack(only);
  const inbox = new Inbox(await staff(PEOPLE.owner));
  const { page } = inbox;
  await inbox.openOld(citra.name);
  await inbox.isLive();
  const score = page.locator(".pane-contact").getByRole("link", { name: /^Skor chat/ });
  await expect(score).toHaveAccessibleName("Skor chat 0 Dingin");
  await score.click();
  await expect(page.locator("main")).toContainText("Pelanggan belum menulis apa-apa");
  await expectNoBarriers(page);
});
