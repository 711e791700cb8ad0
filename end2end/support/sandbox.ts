// The demo's outside world: customers with their phones, and the orders that tests may give it.
import { type APIRequestContext, type Locator, type Page, expect } from "@playwright/test";

/** The WhatsApp numbers of the two demo workspaces, as Meta's id. */
export const NUMBER = { demo: "123456789012345", other: "123456789012399" } as const;

let made = 0;

/** A customer whom the server has never seen. */
export class Customer {
  readonly waId: string;
  readonly name: string;

  constructor(
    private readonly request: APIRequestContext,
    readonly number: string = NUMBER.demo,
  ) {
    made += 1;
    const unique = `${Date.now() % 1_000_000}${process.pid % 100}${made}`.padStart(9, "0");
    this.waId = `628${unique}`;
    this.name = `Citra ${unique}`;
  }

  /** Writes a WhatsApp message without a phone in sight. */
  async writes(text: string): Promise<void> {
    const answer = await this.request.post("/sandbox/phone/messages", {
      form: { as: this.waId, name: this.name, number: this.number, text },
      maxRedirects: 0,
    });
    expect(answer.status(), "the sandbox takes the message").toBeLessThan(400);
  }

  /** Takes the phone into the hand. */
  async opensPhone(page: Page): Promise<Phone> {
    const query = new URLSearchParams({ as: this.waId, name: this.name, number: this.number });
    await page.goto(`/sandbox/phone?${query}`);
    return new Phone(page);
  }
}

/** The page on which one plays the customer. */
export class Phone {
  constructor(readonly page: Page) {}

  async types(text: string): Promise<void> {
    await this.page.getByRole("textbox", { name: "Tulis sebagai pelanggan" }).fill(text);
    await this.page.getByRole("button", { name: "Kirim", exact: true }).click();
  }

  bubble(text: string): Locator {
    return this.page.getByRole("log").getByRole("listitem").filter({ hasText: text });
  }
}

/** Orders to the sandbox: see `src/sandbox/control.rs`. */
export async function order(request: APIRequestContext, orders: object): Promise<void> {
  const answer = await request.post("/sandbox/control", { data: orders });
  expect(answer.ok(), "the sandbox takes orders").toBe(true);
}
