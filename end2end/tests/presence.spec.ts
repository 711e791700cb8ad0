// Colleagues see who else looks at a conversation and who writes in it.
import { PEOPLE, ariStaysSilent, expect, expectNoBarriers, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

test("who looks at a conversation and who writes in it is seen by colleagues, and only while it is so", async ({ customer, staff }) => {
  const [citra, dewi] = [customer(), customer()];
  for (const one of [citra, dewi]) await one.writes("Halo");
  const owner = new Inbox(await staff(PEOPLE.owner));
  const admin = new Inbox(await staff(PEOPLE.admin));
  for (const inbox of [owner, admin]) {
    await inbox.open();
    await inbox.isLive();
    await inbox.openConversation(citra.name);
  }
  const where = (inbox: Inbox) => inbox.page.locator(".mode-row");
  const looks = (inbox: Inbox) => where(inbox).getByText(/juga melihat$/);
  await expect(looks(owner)).toBeVisible();
  await expect(looks(admin), "who came first is known to who came later").toBeVisible();
  await expectNoBarriers(owner.page);

  const box = admin.composer.getByRole("textbox");
  await box.pressSequentially("Sebentar ya", { delay: 100 });
  await expect(where(owner).getByText(/sedang mengetik/)).toBeVisible();
  await expect(owner.row(citra.name)).toContainText("sedang mengetik");
  await expect(admin.page.getByText(/sedang mengetik/), "nobody is told of themselves").toHaveCount(0);
  await expectNoBarriers(owner.page);

  // What is written and left alone is typed no more.
  await expect(owner.page.getByText(/sedang mengetik/)).toHaveCount(0, { timeout: 15_000 });
  await expect(looks(owner)).toBeVisible();
  await admin.openConversation(dewi.name);
  await expect(looks(owner)).toHaveCount(0);
  await expect(owner.row(dewi.name)).not.toContainText("sedang mengetik");
});
