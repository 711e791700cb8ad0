// Clerk as the way in: its components, tokens that run out, sessions that end elsewhere.
import { type APIRequestContext, type Page, expect, test } from "@playwright/test";
import { expectNoBarriers } from "../support/fixtures";
import { Inbox, conversationId } from "../support/inbox";
import { Customer } from "../support/sandbox";

const clerk = process.env.CLERK_JWT_ISSUER_DOMAIN ?? "";

async function tell(request: APIRequestContext, path: string, data: object = {}): Promise<{ jwt?: string }> {
  const answer = await request.post(`${clerk}/test/${path}`, { data, headers: { origin: test.info().project.use.baseURL ?? "" } });
  expect(answer.ok(), path).toBe(true);
  return answer.json();
}

test.beforeAll(async ({ playwright }) => {
  const request = await playwright.request.newContext();
  await tell(request, "app", { base: test.info().project.use.baseURL });
  await request.dispose();
});

/** Signs up at Clerk, makes an organisation, and arrives in its inbox. Gives the workspace's slug. */
async function arrive(page: Page, name: string): Promise<string> {
  await page.goto("/sign-up");
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page).toHaveURL("/sign-in/organization");
  await expect(page.getByRole("button", { name: "Open user menu" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Open organization switcher" })).toBeVisible();
  await page.getByRole("textbox", { name: "Organization name" }).fill(`Toko ${name}`);
  await page.getByRole("button", { name: "Create organization" }).click();
  await expect(page).toHaveURL(/\/toko-[^/]+\/inbox$/);
  return new URL(page.url()).pathname.split("/")[1] ?? "";
}

const sessionOf = (page: Page) => page.evaluate(() => localStorage.getItem("clerk-session") ?? "");
const userOf = (page: Page) => page.evaluate(() => (window as unknown as { Clerk: { user: { id: string } } }).Clerk.user.id);

/** What is left of a laptop's lid that was shut for an hour: the cookies, with an old token. */
async function sleepAnHour(page: Page): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iat: now - 3600, nbf: now - 3610, exp: now - 3540 };
  const { jwt } = await tell(page.request, "token", { session: await sessionOf(page), claims });
  const cookies = await page.context().cookies();
  await page.context().addCookies(cookies.filter(({ name }) => name.startsWith("__session")).map((cookie) => ({ ...cookie, value: jwt ?? "" })));
  const uat = String(now - 7200);
  await page.context().addCookies(cookies.filter(({ name }) => name.startsWith("__client_uat")).map((cookie) => ({ ...cookie, value: uat })));
}

test("from signing up to the inbox", async ({ page }) => {
  const slug = await arrive(page, "Ayu");
  const inbox = new Inbox(page, slug);
  await expect(inbox.list).toBeVisible();
  await inbox.isLive();
  await page.goto("/sign-in");
  await expect(page, "who is signed in goes on").toHaveURL(`/${slug}/inbox`);
});

test("the pages around Clerk's components have no barriers", async ({ page }) => {
  await page.goto("/sign-in");
  await expect(page.getByRole("button", { name: "Continue" })).toBeVisible();
  await expectNoBarriers(page);
});

test("a page asked for with an old token comes back by itself", async ({ page }) => {
  const slug = await arrive(page, "Budi");
  const inbox = new Inbox(page, slug);
  await inbox.isLive();
  await sleepAnHour(page);
  const shells: string[] = [];
  page.on("response", (response) => {
    if (new URL(response.url()).pathname === "/sign-in/refresh") shells.push(response.url());
  });
  await page.reload();
  await expect(page).toHaveURL(`/${slug}/inbox`);
  await inbox.isLive();
  expect(shells, "by way of the refreshing page").toHaveLength(1);
});

test("an unsent reply survives an old token", async ({ page, request }) => {
  // A person of the demo workspace: its customers can write.
  await arrive(page, "Sekar");
  await tell(request, "address", { user: await userOf(page), email: "owner@demo.test" });
  const citra = new Customer(request);
  await citra.writes("halo");
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(citra.name);
  await page.getByRole("textbox", { name: citra.name }).fill("belum terkirim");
  const address = `/demo/inbox/${conversationId(page)}`;
  await sleepAnHour(page);
  await page.reload();
  await expect(page).toHaveURL(address);
  await expect(page.getByRole("textbox", { name: citra.name })).toHaveValue("belum terkirim");
});

test("calls of a tab that slept are made again with a new token", async ({ page }) => {
  const slug = await arrive(page, "Citra");
  await new Inbox(page, slug).isLive();
  await sleepAnHour(page);
  const status = await page.evaluate(async (slug) => (await fetch(`/api/${slug}/events?after=0`)).status, slug);
  expect(status).toBe(200);
});

test("a session that is revoked at Clerk ends here at once", async ({ page, request }) => {
  const slug = await arrive(page, "Dewi");
  await new Inbox(page, slug).isLive();
  await tell(request, "end", { session: await sessionOf(page) });
  await expect(page).toHaveURL(/\/sign-in/, { timeout: 5_000 });
  await expect(page.getByRole("button", { name: "Continue" })).toBeVisible();
});

test("who leaves the organisation loses the inbox at once", async ({ page, request }) => {
  const slug = await arrive(page, "Eka");
  await new Inbox(page, slug).isLive();
  await tell(request, "leave", { user: await userOf(page) });
  await expect(new Inbox(page, slug).list).toBeHidden({ timeout: 5_000 });
  expect((await page.request.get(`/${slug}/inbox`)).status()).toBe(404);
});

test("signing out ends the session at Clerk as well", async ({ page, request }) => {
  const slug = await arrive(page, "Fajar");
  const inbox = new Inbox(page, slug);
  await inbox.isLive();
  const session = await sessionOf(page);
  await page.getByRole("button", { name: inbox.words.account }).click();
  await page.getByRole("button", { name: inbox.words.signOut }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(page.getByRole("button", { name: "Continue" })).toBeVisible();
  expect(await (await request.get(`${clerk}/test/revoked`)).json()).toContain(session);
});
