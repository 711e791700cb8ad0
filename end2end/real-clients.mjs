// Checks the demo's stand-ins with the clients that people use against the real services: Kapso's own SDK, OpenAI's, and the usual library for Web Push, which
// also reads what the product itself sends to browsers.
// Needs a server in demo mode. Forgets what the sandbox remembers, before and after.
//
//   BASE_URL=http://127.0.0.1:3000 KAPSO_API_KEY=… node end2end/real-clients.mjs
//
// Prints "N passed, 0 failed"; exits with 1 on any difference.
import assert from "node:assert/strict";
import { createECDH, createPublicKey, randomBytes, randomUUID, verify } from "node:crypto";
import http from "node:http";
import { GraphApiError, WhatsAppClient } from "@kapso/whatsapp-cloud-api";
import { verifySignature } from "@kapso/whatsapp-cloud-api/server";
import ece from "http_ece";
import OpenAI from "openai";
import webpush from "web-push";

const base = (process.env.BASE_URL ?? process.env.BASE ?? "http://127.0.0.1:3000").replace(/\/$/, "");
const kapsoApiKey = process.env.KAPSO_API_KEY ?? "sandbox";
const phoneNumberId = "123456789012345";
const businessAccountId = "102290129340398";
const customer = "15551234567";
const secret = `smoke-${randomUUID()}`;

const client = (key) => new WhatsAppClient({ baseUrl: `${base}/sandbox/kapso/meta/whatsapp`, kapsoApiKey: key, graphVersion: "v24.0" });
const kapso = client(kapsoApiKey);
const model = new OpenAI({ baseURL: `${base}/sandbox/model/v1`, apiKey: "xai-sandbox", maxRetries: 0 });

const post = async (path, body) => {
  const answer = await fetch(base + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  assert.ok(answer.ok, `${path} answered ${answer.status}`);
  return answer.status === 204 ? null : answer.json();
};
const log = async () => (await fetch(`${base}/sandbox/log`)).json();

// Our own end of the webhooks.
const received = [];
const receiver = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    received.push({ headers: request.headers, body: Buffer.concat(parts) });
    response.end();
  });
});
await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
const webhook = async (event, id) => {
  for (let waited = 0; waited < 15_000; waited += 50) {
    const found = received.find(({ headers, body }) => headers["x-webhook-event"] === event && body.includes(id));
    if (found) return found;
    await new Promise((done) => setTimeout(done, 50));
  }
  assert.fail(`no ${event} for ${id}`);
};

let passed = 0;
let failed = 0;
const check = async (name, body) => {
  try {
    await body();
    passed += 1;
  } catch (error) {
    failed += 1;
    console.error(`FAILED ${name}\n  ${error?.message ?? error}`);
  }
};
const refused = async (call, expected) => {
  try {
    await call();
  } catch (error) {
    assert.ok(error instanceof GraphApiError, `not an API error: ${error}`);
    for (const [field, value] of Object.entries(expected)) assert.deepEqual(error[field], value, field);
    return;
  }
  assert.fail("was not refused");
};

await post("/sandbox/reset");
await post("/sandbox/control", { endpoint: { url: `http://127.0.0.1:${receiver.address().port}/`, secret } });
const write = (fields) => post("/sandbox/phone/messages", { as: customer, name: "Ayu Example", number: phoneNumberId, ...fields });

let inbound;
await check("a customer's message arrives, signed as Kapso's SDK expects", async () => {
  const sent = await write({ text: "Halo <b>kak</b> 🙂" });
  assert.equal(sent.delivered, true);
  inbound = sent.id;
  const { headers, body } = await webhook("whatsapp.message.received", inbound);
  const signature = headers["x-webhook-signature"];
  const signed = (rawBody, appSecret) => verifySignature({ appSecret, rawBody, signatureHeader: `sha256=${signature}` });
  assert.ok(signed(body, secret));
  assert.ok(!signed(Buffer.concat([body, Buffer.from(" ")]), secret), "a changed body");
  assert.ok(!signed(body, `${secret}x`), "another secret");
  assert.equal(headers["x-webhook-payload-version"], "v2");
  assert.match(headers["x-idempotency-key"], /^[0-9a-f-]{36}$/);
  const payload = JSON.parse(body);
  assert.equal(payload.phone_number_id, phoneNumberId);
  assert.equal(payload.message.from, customer);
  assert.equal(payload.message.text.body, "Halo <b>kak</b> 🙂");
  assert.match(payload.message.timestamp, /^\d{10}$/);
  assert.equal(payload.message.kapso.direction, "inbound");
  assert.equal(payload.conversation.kapso.contact_name, "Ayu Example");
});

let text;
await check("sendText", async () => {
  const sent = await kapso.messages.sendText({
    phoneNumberId, to: `+${customer}`, body: "Halo, ada yang bisa dibantu?", bizOpaqueCallbackData: "smoke-1", contextMessageId: inbound,
  });
  assert.equal(sent.messagingProduct, "whatsapp");
  assert.equal(sent.contacts[0].waId, customer);
  assert.match(sent.messages[0].id, /^wamid\./);
  text = sent.messages[0].id;
  assert.equal((await log()).sends.filter(({ id }) => id === text).length, 1);
});
for (const status of ["sent", "delivered"]) {
  await check(`its ${status} status`, async () => {
    const { headers, body } = await webhook(`whatsapp.message.${status}`, text);
    assert.ok(verifySignature({ appSecret: secret, rawBody: body, signatureHeader: `sha256=${headers["x-webhook-signature"]}` }));
    const { message } = JSON.parse(body);
    assert.equal(message.kapso.status, status);
    assert.equal(message.kapso.statuses.at(-1).status, status);
  });
}
await check("read once the customer looks", async () => {
  await fetch(`${base}/sandbox/phone?as=${customer}&number=${phoneNumberId}`);
  await webhook("whatsapp.message.read", text);
});
await check("sendInteractiveButtons", async () => {
  const sent = await kapso.messages.sendInteractiveButtons({
    phoneNumberId, to: customer, bodyText: "Pilih", buttons: [{ id: "a", title: "Ya" }, { id: "b", title: "Tidak" }],
  });
  assert.match(sent.messages[0].id, /^wamid\./);
});
await check("sendInteractiveList", async () => {
  const sent = await kapso.messages.sendInteractiveList({
    phoneNumberId, to: customer, bodyText: "Pengiriman", buttonText: "Lihat",
    sections: [{ title: "Cepat", rows: [{ id: "express", title: "Express", description: "1 hari" }] }],
  });
  assert.match(sent.messages[0].id, /^wamid\./);
});
await check("sendTemplate", async () => {
  const sent = await kapso.messages.sendTemplate({
    phoneNumberId, to: customer,
    template: { name: "lanjut_percakapan", language: { code: "id" }, components: [{ type: "body", parameters: [{ type: "text", text: "Ayu" }] }] },
  });
  assert.equal(sent.messages[0].messageStatus, "accepted");
});
await check("sendLocation, sendReaction, markRead", async () => {
  await kapso.messages.sendLocation({ phoneNumberId, to: customer, location: { latitude: -7.25, longitude: 112.75, name: "Toko" } });
  await kapso.messages.sendReaction({ phoneNumberId, to: customer, reaction: { messageId: inbound, emoji: "👍" } });
  assert.deepEqual(await kapso.messages.markRead({ phoneNumberId, messageId: inbound }), { success: true });
});

const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
let media;
await check("media: upload, send, get, download, delete", async () => {
  media = await kapso.media.upload({ phoneNumberId, type: "image", file: new Blob([png], { type: "image/png" }), fileName: "dot.png" });
  await kapso.messages.sendImage({ phoneNumberId, to: customer, image: { id: media.id, caption: "Titik" } });
  const about = await kapso.media.get({ mediaId: media.id, phoneNumberId });
  assert.equal(about.mimeType, "image/png");
  assert.equal(about.fileSize, String(png.length));
  assert.deepEqual(Buffer.from(await kapso.media.download({ mediaId: media.id, phoneNumberId })), png);
  assert.deepEqual(await kapso.media.delete({ mediaId: media.id, phoneNumberId }), { success: true });
  await refused(() => kapso.media.get({ mediaId: media.id, phoneNumberId }), { httpStatus: 400, code: 100 });
});
await check("a customer's photo can be downloaded", async () => {
  const { id } = await write({ kind: "image" });
  const { message } = JSON.parse((await webhook("whatsapp.message.received", id)).body);
  const bytes = Buffer.from(await kapso.media.download({ mediaId: message.image.id, phoneNumberId }));
  assert.equal(bytes.length, message.kapso.media_data.byte_size);
});

await check("history: pages without gap or repetition, filters, single message", async () => {
  const all = await kapso.messages.query({ phoneNumberId, limit: 100 });
  const ids = [];
  let after;
  do {
    const page = await kapso.messages.query({ phoneNumberId, limit: 3, after });
    ids.push(...page.data.map(({ id }) => id));
    after = page.paging.next ? page.paging.cursors.after : undefined;
  } while (after);
  assert.deepEqual(ids, all.data.map(({ id }) => id));
  assert.equal(new Set(ids).size, ids.length);
  const inbounds = await kapso.messages.query({ phoneNumberId, direction: "inbound", since: new Date(Date.now() - 60_000).toISOString() });
  assert.ok(inbounds.data.length >= 2 && inbounds.data.every(({ from }) => from === customer));
  assert.equal((await kapso.messages.get({ phoneNumberId, messageId: text })).kapso.status, "read");
});
await check("conversations and contacts", async () => {
  const { data: [conversation] } = await kapso.conversations.list({ phoneNumberId });
  assert.equal(conversation.phoneNumber, customer);
  const thread = await kapso.messages.listByConversation({ phoneNumberId, conversationId: conversation.id, limit: 5 });
  assert.equal(thread.data.length, 5);
  assert.equal((await kapso.conversations.get({ conversationId: conversation.id })).id, conversation.id);
  const { data: [contact] } = await kapso.contacts.list({ phoneNumberId });
  assert.equal(contact.waId, customer);
});
await check("templates", async () => {
  const { data } = await kapso.templates.list({ businessAccountId, status: "APPROVED" });
  assert.ok(data.length > 0 && data.every(({ status }) => status === "APPROVED"));
});

const hello = () => kapso.messages.sendText({ phoneNumberId, to: customer, body: "Halo" });
await check("wrong key", () => refused(() => client("wrong").messages.sendText({ phoneNumberId, to: customer, body: "x" }), { httpStatus: 401 }));
await check("unknown template", () =>
  refused(() => kapso.messages.sendTemplate({ phoneNumberId, to: customer, template: { name: "none", language: { code: "id" } } }), {
    code: 132001, category: "template",
  }));
await check("closed window", async () => {
  await post("/sandbox/control", { windows: [{ number: phoneNumberId, customer: "15550000001", last_inbound_at: null }] });
  await refused(() => kapso.messages.sendText({ phoneNumberId, to: "15550000001", body: "x" }), {
    httpStatus: 422, code: 131047, category: "reengagementWindow", retry: { action: "do_not_retry" },
  });
});
for (const [fault, expected] of [
  [{ status: 429, retry_after: 7 }, { httpStatus: 429, retry: { action: "retry_after", retryAfterMs: 7000 } }],
  [{ status: 400, code: 131056 }, { httpStatus: 400, code: 131056, category: "throttling" }],
  [{ status: 500 }, { httpStatus: 500, code: 131000, retry: { action: "retry" } }],
  [{ status: 502 }, { httpStatus: 502, category: "server" }],
  [{ status: 504 }, { httpStatus: 504, category: "server" }],
]) {
  await check(`ordered fault ${JSON.stringify(fault)}`, async () => {
    const before = (await log()).sends.length;
    await post("/sandbox/control", { fail_next: [fault] });
    await refused(hello, expected);
    assert.equal((await log()).sends.length, before, "nothing was accepted");
    await hello();
  });
}
await check("taken, then the line breaks", async () => {
  const before = (await log()).sends.length;
  await post("/sandbox/control", { fail_next: [{ drop_after_accept: true }] });
  await assert.rejects(hello());
  assert.equal((await log()).sends.length, before + 1);
});

const ask = (content, more = {}) => model.chat.completions.create({ model: "grok-3", messages: [{ role: "user", content }], ...more });
await check("model: answer and usage", async () => {
  const answer = await ask("Halo, buka jam berapa?");
  assert.match(answer.choices[0].message.content, /09\.00/);
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.ok(answer.usage.total_tokens > 0 && answer.usage.cost_in_usd_ticks > 0);
  assert.ok((await model.models.list()).data.some(({ id }) => id === "grok-3"));
});
await check("model: stream equals answer", async () => {
  const whole = (await ask("How much is the chair?")).choices[0].message.content;
  let streamed = "";
  let end = null;
  for await (const piece of await ask("How much is the chair?", { stream: true })) {
    streamed += piece.choices[0].delta.content ?? "";
    end = piece.choices[0].finish_reason ?? end;
  }
  assert.equal(streamed, whole);
  assert.equal(end, "stop");
});
await check("model: ordered failures and reply", async () => {
  await post("/sandbox/control", { model: { fail_next: 1, status: 429, reply: "Baik." } });
  await assert.rejects(ask("Halo"), { status: 429 });
  assert.equal((await ask("Halo")).choices[0].message.content, "Baik.");
});

/** A browser that subscribed at the sandbox's push service. */
const browser = () => {
  const [id, key, secret] = [randomUUID(), createECDH("prime256v1"), randomBytes(16)];
  key.generateKeys();
  const endpoint = `${base}/sandbox/push/${id}`;
  const subscription = { endpoint, keys: { p256dh: key.getPublicKey("base64url"), auth: secret.toString("base64url") } };
  const taken = async () => (await fetch(endpoint)).json();
  const read = (body) => ece.decrypt(Buffer.from(body, "base64"), { version: "aes128gcm", privateKey: key, authSecret: secret }).toString();
  return { subscription, taken, read };
};
const sends = async (to, more = {}) => {
  const vapid = webpush.generateVAPIDKeys();
  const options = { vapidDetails: { subject: "mailto:halo@my21staff.test", ...vapid }, TTL: 60, topic: "topik", urgency: "high", ...more };
  const { endpoint, method, headers, body } = webpush.generateRequestDetails(to.subscription, "Halo dari luar", options);
  return fetch(endpoint, { method, headers, body });
};
await check("push: the service takes what the usual library sends", async () => {
  const to = browser();
  const answer = await sends(to);
  assert.equal(answer.status, 201, await answer.text());
  const [taken] = await to.taken();
  assert.equal(to.read(taken.body), "Halo dari luar");
  assert.deepEqual([taken.topic, taken.ttl, taken.urgency, taken.contact], ["topik", "60", "high", "mailto:halo@my21staff.test"]);
});
await check("push: the service refuses who is not the one that was subscribed to, and what is older than RFC 8291", async () => {
  const to = browser();
  const orders = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ key: webpush.generateVAPIDKeys().publicKey }) };
  await fetch(`${to.subscription.endpoint}/orders`, orders);
  assert.equal((await sends(to)).status, 403);
  assert.equal((await sends(browser(), { contentEncoding: "aesgcm" })).status, 401);
  assert.equal((await fetch(to.subscription.endpoint, { method: "POST", body: "halo" })).status, 401);
});
await check("push: the usual library reads what the product sends, and its proof is good", async () => {
  const form = { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded" }, redirect: "manual" };
  const signedIn = await fetch(`${base}/api/dev/sign-in`, { ...form, body: "email=owner@demo.test" });
  const cookie = signedIn.headers.getSetCookie()[0].split(";")[0];
  const to = browser();
  const json = { method: "POST", headers: { "content-type": "application/json", cookie } };
  const put = await fetch(`${base}/api/push-devices`, { ...json, body: JSON.stringify(to.subscription) });
  assert.equal(put.status, 204, await put.text());
  const { key } = await (await fetch(`${base}/api/push-key`, { headers: { cookie } })).json();
  await fetch(`${to.subscription.endpoint}/orders`, { ...json, body: JSON.stringify({ key }) });
  const page = await (await fetch(`${base}/demo/settings/notices`, { headers: { cookie } })).text();
  const action = page.match(/action="(\/api\/test_notice[^"]*)"/)[1];
  await fetch(base + action, { ...form, headers: { ...form.headers, cookie, accept: "text/html" }, body: "workspace=demo" });
  const [taken] = await to.taken();
  assert.ok(taken, "nothing was sent");
  assert.equal(JSON.parse(to.read(taken.body)).test, true);
  const [head, claims, signature] = taken.token.split(".");
  const point = Buffer.from(key, "base64url");
  const jwk = { kty: "EC", crv: "P-256", x: point.subarray(1, 33).toString("base64url"), y: point.subarray(33).toString("base64url") };
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  assert.ok(verify("sha256", Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url")));
  const { aud, exp } = JSON.parse(Buffer.from(claims, "base64url"));
  assert.equal(aud, new URL(base).origin);
  assert.ok(exp > Date.now() / 1000 && exp < Date.now() / 1000 + 86_400);
  await fetch(`${base}/api/push-forgotten`, { ...json, body: JSON.stringify({ endpoint: to.subscription.endpoint }) });
});

await post("/sandbox/reset");
receiver.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
