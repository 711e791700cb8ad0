// The inbox on a phone: one pane per route, fingers instead of a pointer.
import { PEOPLE, ariStaysSilent, expect, expectNoSidewaysScroll, test } from "../support/fixtures";
import { Inbox } from "../support/inbox";

ariStaysSilent();

/** The smallest side of what a finger must hit, in CSS pixels. */
const FINGER = 44;

test("list, conversation and back again", async ({ customer, staff }) => {
  const citra = customer();
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await citra.writes("Dari ponsel");
  await expect(inbox.row(citra.name)).toBeVisible();
  await expectNoSidewaysScroll(page);

  await inbox.row(citra.name).tap();
  await expect(inbox.bubble("Dari ponsel")).toBeVisible();
  await expect(inbox.list).toBeHidden();
  await expectNoSidewaysScroll(page);

  await page.getByRole("link", { name: inbox.words.back }).tap();
  await expect(inbox.list).toBeVisible();
  await expect(inbox.thread).toBeHidden();
});

test("a reply is written with the keyboard in the way", async ({ customer, staff, visitor }) => {
  const citra = customer();
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await citra.writes("Halo");
  await inbox.open();
  await inbox.openConversation(citra.name);
  const text = `Balasan dari ponsel (${citra.waId})`;
  await inbox.reply(text);
  await expect(inbox.bubble(text)).toBeInViewport();
  const phone = await citra.opensPhone(await visitor());
  await expect(phone.bubble(text)).toBeVisible();
});

test("what a finger aims at is large enough", async ({ customer, staff }) => {
  const citra = customer();
  const inbox = new Inbox(await staff(PEOPLE.owner));
  await citra.writes("Halo");
  await inbox.open();
  await inbox.openConversation(citra.name);
  const targets = [
    inbox.page.getByRole("link", { name: inbox.words.back }),
    inbox.composer.getByRole("textbox"),
    inbox.composer.getByRole("button", { name: /kirim$/i }),
  ];
  for (const target of targets) {
    // The hit area may be larger than the look: ask the browser what lies half a finger around the middle.
    const reach = await target.evaluate((element, finger) => {
      const box = element.getBoundingClientRect();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      const half = finger / 2 - 1;
      const hit = (dx: number, dy: number) => {
        const at = document.elementFromPoint(x + dx, y + dy);
        return at !== null && (element === at || element.contains(at));
      };
      return { wide: hit(-half, 0) && hit(half, 0), high: hit(0, -half) && hit(0, half) };
    }, FINGER);
    expect(reach, `${await target.evaluate((element) => element.outerHTML.slice(0, 120))}`).toEqual({ wide: true, high: true });
  }
});
