// A browser's subscription at the demo's push service. Chromium cannot subscribe without its maker's service, so this stands where it would; what the server sends
// is decrypted by the library that push services' own examples use, and given to the real service worker.
import { createECDH, randomBytes, randomUUID } from "node:crypto";
import type { APIRequestContext, CDPSession, Page } from "@playwright/test";
import ece from "http_ece";

export interface Call {
  title: string;
  body: string;
  workspace: string;
  conversation?: string;
  event?: number;
}

export class Subscription {
  readonly id = randomUUID();
  private readonly key = createECDH("prime256v1");
  private readonly secret = randomBytes(16);

  constructor(
    private readonly request: APIRequestContext,
    private readonly origin: string,
  ) {
    this.key.generateKeys();
  }

  get endpoint(): string {
    return `${this.origin}/sandbox/push/${this.id}`;
  }

  toJSON() {
    const keys = { p256dh: this.key.getPublicKey("base64url"), auth: this.secret.toString("base64url") };
    return { endpoint: this.endpoint, expirationTime: null, keys };
  }

  /** What the push service took for it, as the browser reads it. */
  async calls(): Promise<Call[]> {
    const taken: { body: string }[] = await (await this.request.get(`/sandbox/push/${this.id}`)).json();
    return taken.map(({ body }) => {
      const options = { version: "aes128gcm", privateKey: this.key, authSecret: this.secret };
      return JSON.parse(ece.decrypt(Buffer.from(body, "base64"), options).toString());
    });
  }

  /** Every page of the context subscribes to this one, once it asks. */
  async isThatOf(page: Page): Promise<void> {
    await page.context().addInitScript((json) => {
      const subscribed = () => localStorage.getItem("subscribed-to");
      const subscription = () => {
        const known = subscribed();
        if (!known) return null;
        const key = Uint8Array.from(atob(known.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
        return {
          endpoint: json.endpoint,
          options: { applicationServerKey: key.buffer },
          toJSON: () => json,
          unsubscribe: async () => (localStorage.removeItem("subscribed-to"), true),
        };
      };
      Object.assign(PushManager.prototype, {
        getSubscription: async () => subscription(),
        subscribe: async (options: { applicationServerKey: string }) => {
          localStorage.setItem("subscribed-to", options.applicationServerKey);
          return subscription();
        },
      });
    }, this.toJSON());
  }
}

/** The service worker of the site, driven as the browser drives it. */
export class Worker {
  private constructor(
    private readonly session: CDPSession,
    private readonly page: Page,
    private readonly registration: string,
    private readonly origin: string,
  ) {}

  static async of(page: Page): Promise<Worker> {
    const session = await page.context().newCDPSession(page);
    const registered = new Promise<{ registrationId: string; scopeURL: string }>((found) => {
      session.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
        const standing = registrations.find(({ isDeleted }: { isDeleted: boolean }) => !isDeleted);
        if (standing) found(standing);
      });
    });
    await session.send("ServiceWorker.enable");
    const { registrationId, scopeURL } = await registered;
    return new Worker(session, page, registrationId, new URL(scopeURL).origin);
  }

  /** What the push service brings, once it has been decrypted. */
  async gets(call: Call): Promise<void> {
    const { registration: registrationId, origin } = this;
    await this.session.send("ServiceWorker.deliverPushMessage", { origin, registrationId, data: JSON.stringify(call) });
  }

  /** Does what a click on a notice does, but for the click: no script may make one. */
  async leads(to: { workspace: string; conversation?: string }): Promise<void> {
    const [worker] = this.page.context().serviceWorkers();
    await worker.evaluate(({ workspace, conversation }) => (globalThis as unknown as { lead(to: object): Promise<void> }).lead({ workspace, conversation }), to);
  }

  /** The notices that stand on the screen. */
  async notices(): Promise<{ title: string; body: string; tag: string; silent: boolean | null }[]> {
    return this.page.evaluate(async () => {
      const worker = await navigator.serviceWorker.ready;
      return (await worker.getNotifications()).map(({ title, body, tag, silent }) => ({ title, body, tag, silent }));
    });
  }
}
