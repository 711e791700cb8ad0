// The official WhatsApp client against the sandbox: what it accepts here it accepts from the real gateway. Run by `scripts/e2e`.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import { normalizeWebhook, verifySignature } from "@kapso/whatsapp-cloud-api/server";

const base = process.env.BASE_URL ?? "http://127.0.0.1:3000";
const NUMBER = "123456789012345";
const ACCOUNT = "102290129340398";
/** Nobody whom the server knows. */
const customer = `62899${Date.now() % 100_000_000}`;
const client = (kapsoApiKey) => new WhatsAppClient({ baseUrl: `${base}/sandbox/kapso/meta/whatsapp`, kapsoApiKey, graphVersion: "v24.0" });
const whatsapp = client(process.env.KAPSO_API_KEY ?? "sandbox");

async function post(path, body) {
  const answer = await fetch(base + path, {
    method: "POST",
    redirect: "manual",
    ...(body instanceof URLSearchParams ? { body } : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  assert.ok(answer.status < 400, `${path} answered ${answer.status}`);
}
const write = (text) => post("/sandbox/phone/messages", new URLSearchParams({ as: customer, name: "Klien resmi", number: NUMBER, text }));

/** Takes the sandbox's webhooks in place of the product until `enough` says so. */
async function receive(secret, cause, enough) {
  const received = [];
  let done;
  const finished = new Promise((resolve, reject) => {
    done = resolve;
    setTimeout(() => reject(new Error(`only ${received.length} deliveries within 20 s`)), 20_000).unref();
  });
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      received.push({ headers: request.headers, raw: Buffer.concat(parts) });
      response.end();
      if (enough(received)) done();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await post("/sandbox/control", { endpoint: { url: `http://127.0.0.1:${server.address().port}/hook`, secret } });
    await cause();
    await finished;
  } finally {
    await post("/sandbox/control", { endpoint: null });
    server.close();
  }
  return received;
}

const checks = {
  async "verifySignature accepts what the sandbox signs, and nothing else"() {
    const secret = "a secret of this test, 0123456789";
    const [delivery] = await receive(secret, () => write("Halo dari klien resmi ✔"), (all) => all.length >= 1);
    // Kapso signs in bare hex under its own header, Meta with a prefix under another; the client checks Meta's form.
    const signatureHeader = `sha256=${delivery.headers["x-webhook-signature"]}`;
    assert.equal(verifySignature({ appSecret: secret, rawBody: delivery.raw, signatureHeader }), true);
    assert.equal(verifySignature({ appSecret: "another", rawBody: delivery.raw, signatureHeader }), false);
    assert.equal(verifySignature({ appSecret: secret, rawBody: Buffer.concat([delivery.raw, Buffer.from(" ")]), signatureHeader }), false);
    assert.equal(delivery.headers["x-webhook-event"], "whatsapp.message.received");
    assert.doesNotThrow(() => normalizeWebhook(JSON.parse(delivery.raw)));
  },

  async "a text is sent, and is in the history"() {
    const body = `Dikirim oleh klien resmi, ${customer}`;
    const sent = await whatsapp.messages.sendText({ phoneNumberId: NUMBER, to: customer, body });
    assert.match(sent.messages[0].id, /^wamid\./);
    assert.equal(sent.contacts[0].waId, customer);

    const { data: conversations } = await whatsapp.conversations.list({ phoneNumberId: NUMBER, limit: 50 });
    const conversation = conversations.find((candidate) => String(candidate.phoneNumber).replace(/\D/g, "") === customer);
    assert.ok(conversation, "the conversation is listed");
    const { data: messages } = await whatsapp.messages.listByConversation({ phoneNumberId: NUMBER, conversationId: conversation.id, limit: 20 });
    assert.ok(
      messages.some((message) => message.id === sent.messages[0].id && message.text?.body === body),
      "the message is in the conversation's history",
    );
  },

  async "a message is marked read"() {
    const { data: messages } = await whatsapp.messages.query({ phoneNumberId: NUMBER, direction: "inbound", limit: 20 });
    const inbound = messages.find((message) => message.from === customer);
    assert.ok(inbound, "the customer's message is listed");
    assert.equal((await whatsapp.messages.markRead({ phoneNumberId: NUMBER, messageId: inbound.id })).success, true);
  },

  async "buttons are sent"() {
    const sent = await whatsapp.messages.sendInteractiveButtons({
      phoneNumberId: NUMBER,
      to: customer,
      bodyText: "Pilih satu",
      buttons: [{ id: "ya", title: "Ya" }, { id: "tidak", title: "Tidak" }],
    });
    assert.match(sent.messages[0].id, /^wamid\./);
  },

  async "templates and contacts are listed"() {
    assert.ok((await whatsapp.templates.list({ businessAccountId: ACCOUNT })).data.length > 0);
    const { data: contacts } = await whatsapp.contacts.list({ phoneNumberId: NUMBER, limit: 50 });
    assert.ok(contacts.some((contact) => contact.waId === customer), "the customer is a contact");
  },

  async "a wrong key is refused in a form that the client understands"() {
    const refused = await client("wrong").messages.sendText({ phoneNumberId: NUMBER, to: customer, body: "x" }).then(() => null, (error) => error);
    assert.equal(refused?.httpStatus, 401);
  },

  async "a closed window is refused with Meta's code"() {
    await post("/sandbox/control", { windows: [{ number: NUMBER, customer, last_inbound_at: null }] });
    const refused = await whatsapp.messages.sendText({ phoneNumberId: NUMBER, to: customer, body: "terlambat" }).then(() => null, (error) => error);
    assert.equal(refused?.category, "reengagementWindow");
  },
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`  ✓ ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`  ✗ ${name}\n    ${String(error?.stack ?? error).replaceAll("\n", "\n    ")}`);
  }
}
console.log(`\n${Object.keys(checks).length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
