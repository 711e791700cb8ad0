// The inbox as a member of staff sees it.
import { type Locator, type Page, expect } from "@playwright/test";
import { type Locale, WORDS } from "./words";

export class Inbox {
  readonly words: (typeof WORDS)[Locale];
  readonly list: Locator;
  readonly thread: Locator;
  readonly composer: Locator;

  constructor(
    readonly page: Page,
    readonly workspace = "demo",
    locale: Locale = "id",
  ) {
    this.words = WORDS[locale];
    this.list = page.getByRole("region", { name: this.words.conversations });
    this.thread = page.getByRole("log", { name: this.words.thread });
    this.composer = page.getByRole("form", { name: this.words.compose });
  }

  async open(): Promise<void> {
    await this.page.goto(`/${this.workspace}/inbox`);
    await expect(this.list).toBeVisible();
  }

  /** Loads the list until a customer stands in it: without script nothing comes by itself. */
  async openUntilListed(name: string): Promise<void> {
    await expect(async () => {
      await this.open();
      await expect(this.row(name)).toBeVisible({ timeout: 1_000 });
    }).toPass();
  }

  /** Opens the conversation of a customer who wrote long ago: with the oldest first, because the newest page may be full of others. */
  async openOld(name: string): Promise<void> {
    await expect(async () => {
      await this.page.goto(`/${this.workspace}/inbox?sort=oldest`);
      await expect(this.row(name)).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await this.openConversation(name);
  }

  /** Waits until changes arrive by themselves. */
  async isLive(): Promise<void> {
    await expect(this.page.getByText(this.words.connected, { exact: true })).toBeAttached();
  }

  row(name: string): Locator {
    return this.list.getByRole("link").filter({ hasText: name });
  }

  async openConversation(name: string): Promise<void> {
    await this.row(name).click();
    await expect(this.page).toHaveURL(/\/inbox\/[0-9a-f-]{36}/);
    await expect(this.thread).toBeVisible();
  }

  /** The bubbles that hold this text. */
  bubble(text: string): Locator {
    return this.thread.getByRole("listitem").filter({ hasText: text });
  }

  async reply(text: string): Promise<void> {
    await this.composer.getByRole("textbox").fill(text);
    await this.composer.getByRole("button", { name: new RegExp(`^(${this.words.send}|${this.words.takeOverAndSend})$`) }).click();
  }

  async takeOver(): Promise<void> {
    await this.page.getByRole("button", { name: this.words.takeOver, exact: true }).first().click();
  }

  /** What stands in the thread, line by line: to compare a screen that lived through something with one just loaded. */
  async transcript(): Promise<string[]> {
    // The divider above what was unread belongs to one visit: a fresh load of what was read meanwhile has none.
    const lines = await this.thread.locator("li:not(.new)").allInnerTexts();
    // Without spaces: what is out of sight is not laid out, and then none stand between its parts.
    return lines.map((line) => line.replace(/\s+/g, "")).filter((line) => line !== "");
  }
}

/** The id of the conversation that is open. */
export function conversationId(page: Page): string {
  const id = /\/inbox\/([0-9a-f-]{36})/.exec(page.url())?.[1];
  if (!id) throw new Error(`no conversation is open at ${page.url()}`);
  return id;
}
