// `test` with people: `const budi = await staff("owner@demo.test")` is a browser of his own, signed in.
import AxeBuilder from "@axe-core/playwright";
import { type BrowserContext, type Page, expect, test as base } from "@playwright/test";
import { Customer, NUMBER, order } from "./sandbox";
import type { Locale } from "./words";

export { expect };

export const PEOPLE = {
  owner: "owner@demo.test",
  admin: "admin@demo.test",
  member: "member@demo.test",
  stranger: "owner@other.test",
} as const;

interface Fixtures {
  /** A signed-in browser, apart from all others. What is read there is kept for reading without a connection only if that is what it is about. */
  staff: (email: string, keeps?: "keeps") => Promise<Page>;
  /** A browser of nobody. */
  visitor: () => Promise<Page>;
  /** A new customer of the demo workspace, or of the number given. */
  customer: (number?: string) => Customer;
}

export const test = base.extend<Fixtures>({
  visitor: async ({ browser }, use) => {
    const opened: BrowserContext[] = [];
    await use(async () => {
      // Takes over what the project says: viewport, language, JavaScript or not.
      const context = await browser.newContext();
      opened.push(context);
      return context.newPage();
    });
    // A browser that does not close is no story's fault: now and then one waits for the end of a stream that was cut off.
    const patience = new Promise((done) => setTimeout(done, 15_000));
    await Promise.race([Promise.all(opened.map((context) => context.close())), patience]);
  },
  staff: async ({ visitor }, use) => {
    await use(async (email, keeps) => {
      const page = await visitor();
      // Most stories are not about the moment in which a reply can be undone, and need not wait for it; nor for a second page that is made to be kept.
      await page.context().addInitScript((keeps) => {
        try {
          localStorage.setItem("no-undo", "1");
          if (!keeps) document.cookie = "keeps-nothing=1; path=/";
        } catch {
          // A page that may keep nothing.
        }
      }, keeps);
      await signIn(page, email);
      return page;
    });
  },
  customer: async ({ request }, use) => {
    await use((number = NUMBER.demo) => new Customer(request, number));
  },
});

/**
 * For stories in which ARI is not what it is about: its model thinks longer than ARI waits. When the story is over it answers at once, because ARI would
 * lose patience and ask again a minute later, in the middle of another story.
 */
export function ariStaysSilent(): void {
  test.beforeEach(({ request }) => order(request, { model: { delay_ms: 600_000 } }));
  test.afterEach(({ request }) => order(request, { model: {}, let_go: true }));
}

/** One-click sign-in of the demo, without the click. */
export async function signIn(page: Page, email: string): Promise<void> {
  const answer = await page.request.post("/api/dev/sign-in", { form: { email }, maxRedirects: 0 });
  expect(answer.status(), `${email} may sign in`).toBeLessThan(400);
  expect(answer.headers()["location"], `${email} is known`).not.toContain("error");
}

/** What the account menu does, done beforehand: the server reads both cookies. */
export async function prefer(page: Page, preferences: { locale?: Locale; theme?: "light" | "dark" | "system" }): Promise<void> {
  const url = test.info().project.use.baseURL ?? "";
  await page.context().addCookies(Object.entries(preferences).map(([name, value]) => ({ name, value, url })));
}

/** Fails with the rule, the element and the help of every breach of WCAG 2.2 AA that axe can see. */
export async function expectNoBarriers(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]).analyze();
  const breaches = violations.flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html}\n    ${node.failureSummary}`));
  expect(breaches, page.url()).toEqual([]);
}

/** Nothing on the page may be reachable by sideways scrolling only. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(overflow, "sideways overflow in pixels").toBeLessThanOrEqual(0);
}
