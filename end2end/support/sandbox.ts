// The demo's outside world: customers with their phones, and the orders that tests may give it.
import { createHmac, randomUUID } from "node:crypto";
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

  /** Sends a sample photo with a caption. */
  async sendsPhoto(caption: string): Promise<void> {
    const answer = await this.request.post("/sandbox/phone/messages", {
      form: { as: this.waId, name: this.name, number: this.number, kind: "image", text: caption },
      maxRedirects: 0,
    });
    expect(answer.status(), "the sandbox takes the photo").toBeLessThan(400);
  }

  /** Wrote so many hours ago and not since: what the gateway delivered late. Answers what WhatsApp calls it. */
  async wrote(text: string, hoursAgo: number): Promise<string> {
    return this.told({ type: "text", text: { body: text } }, text, Date.now() - hoursAgo * 3_600_000);
  }

  /** Writes a message of theirs anew. */
  async rewrites(wamid: string, text: string): Promise<void> {
    await this.told({ type: "edit", edit: { original_message_id: wamid, message: { type: "text", text: { body: text } } } }, text);
  }

  /** Takes a message of theirs back for everybody. */
  async takesBack(wamid: string): Promise<void> {
    await this.told({ type: "revoke", revoke: { original_message_id: wamid } }, "");
  }

  /** What the gateway tells of something that the customer did. */
  private async told(content: object, said: string, at = Date.now()): Promise<string> {
    const secret = process.env.KAPSO_WEBHOOK_SECRET;
    if (!secret) throw new Error("scripts/with-server tells the webhook's secret");
    const id = `wamid.${randomUUID()}`;
    const body = JSON.stringify({
      message: {
        id,
        timestamp: String(Math.floor(at / 1000)),
        from: this.waId,
        ...content,
        kapso: { direction: "inbound", status: "received", origin: "cloud_api", has_media: false, content: said },
      },
      conversation: { id: randomUUID(), contact_name: this.name, phone_number: this.waId, phone_number_id: this.number, status: "active" },
      phone_number_id: this.number,
      is_new_conversation: true,
    });
    const answer = await this.request.post("/api/webhook/kapso", {
      headers: {
        "content-type": "application/json",
        "x-webhook-event": "whatsapp.message.received",
        "x-webhook-signature": createHmac("sha256", secret).update(body).digest("hex"),
      },
      data: body,
    });
    expect(answer.status(), "the webhook takes it").toBe(200);
    return id;
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
