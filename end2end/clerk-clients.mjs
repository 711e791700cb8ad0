// Checks our end of Clerk with the libraries that people use: deliveries signed by Svix's (npm, and PyPI's where Python has it) are accepted, and
// @clerk/backend judges tokens as our server does. Needs a server and the stand-in that `scripts/with-clerk scripts/with-server` starts.
//
// Prints "N passed, 0 failed"; exits with 1 on any difference.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createClerkClient, verifyToken } from "@clerk/backend";
import { Webhook } from "svix";

const base = process.env.BASE_URL;
const { CLERK_JWT_ISSUER_DOMAIN: clerk, CLERK_WEBHOOK_SECRET: secret, CLERK_PUBLISHABLE_KEY: publishableKey, CLERK_SECRET_KEY: secretKey } = process.env;

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
const test = async (path, data) => {
  const answer = await fetch(`${clerk}/test/${path}`, {
    method: data ? "POST" : "GET", headers: { "content-type": "application/json", origin: base }, body: data && JSON.stringify(data),
  });
  assert.ok(answer.ok, `${path} answered ${answer.status}`);
  return path === "pem" ? answer.text() : answer.json();
};
await test("app", { base });

// ── webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────
const user = (id) => {
  const at = Date.now();
  const email = { id: "idn_1", email_address: `${id}@clients.test`, verification: { status: "verified" } };
  return JSON.stringify({ object: "event", type: "user.created", timestamp: at, data: { id, first_name: "Klien", last_name: "Résmi 🙂", primary_email_address_id: "idn_1", email_addresses: [email], created_at: at, updated_at: at } });
};
const deliver = async (headers, body) => (await fetch(`${base}/api/webhook/clerk`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body })).status;
const names = (prefix, id, at, signature) => ({ [`${prefix}-id`]: id, [`${prefix}-timestamp`]: String(at), [`${prefix}-signature`]: signature });

const SIGN = `
import sys, json, datetime
from svix.webhooks import Webhook
secret, msg_id, at = sys.argv[1:4]
print(Webhook(secret).sign(msg_id, datetime.datetime.fromtimestamp(int(at), datetime.timezone.utc), sys.stdin.read()))`;
const python = process.env.PYTHON ?? "python3";
const signers = { "npm svix": (id, at, body) => new Webhook(secret).sign(id, new Date(at * 1000), body) };
if (spawnSync(python, ["-c", "import svix"]).status === 0) {
  signers["PyPI svix"] = (id, at, body) => {
    const run = spawnSync(python, ["-c", SIGN, secret, id, String(at)], { input: body, encoding: "utf8" });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout.trim();
  };
} else {
  console.log("PyPI svix is not installed for", python, "and is left out");
}
for (const [library, signed] of Object.entries(signers)) {
  const at = Math.floor(Date.now() / 1000);
  const body = user(`user_${randomUUID().replaceAll("-", "")}`);
  const id = `msg_${randomUUID()}`;
  const signature = signed(id, at, body);
  await check(`${library}: a delivery`, async () => assert.equal(await deliver(names("svix", id, at, signature), body), 200));
  await check(`${library}: again`, async () => assert.equal(await deliver(names("svix", id, at, signature), body), 200));
  await check(`${library}: the plain header names`, async () => assert.equal(await deliver(names("webhook", id, at, signature), body), 200));
  await check(`${library}: beside another signature`, async () => {
    assert.equal(await deliver(names("svix", id, at, `v1,${Buffer.alloc(32).toString("base64")} ${signature}`), body), 200);
  });
  await check(`${library}: another body`, async () => assert.equal(await deliver(names("svix", id, at, signature), `${body} `), 401));
  await check(`${library}: another id`, async () => assert.equal(await deliver(names("svix", `${id}x`, at, signature), body), 401));
  const old = at - 301;
  await check(`${library}: too old`, async () => assert.equal(await deliver(names("svix", id, old, signed(id, old, body)), body), 401));
}

// ── tokens ───────────────────────────────────────────────────────────────────────────────────────────────────────────
const jwtKey = await test("pem");
const backend = createClerkClient({ publishableKey, secretKey, jwtKey });
const now = Math.floor(Date.now() / 1000);
const cases = {
  good: {},
  "with an organisation": { claims: { o: { id: "org_1", slg: "satu", rol: "admin", per: "read", fpm: "1" }, fea: "o:inbox" } },
  "version 1": { claims: { v: null, sts: null, org_id: "org_1", org_role: "org:admin" }, header: { cat: null } },
  impersonated: { claims: { act: { iss: "x", sid: "sess_2", sub: "user_2" } } },
  "without typ": { header: { typ: null } },
  "expired a moment ago": { claims: { exp: now - 2 } },
  expired: { claims: { exp: now - 30, iat: now - 90 } },
  "not yet": { claims: { nbf: now + 60 } },
  "made in the future": { claims: { iat: now + 60 } },
  pending: { claims: { sts: "pending" } },
  "another party": { claims: { azp: "https://evil.test" } },
  "no party": { claims: { azp: null } },
  "another issuer": { claims: { iss: "https://clerk.evil.test" } },
  "no subject": { claims: { sub: null } },
  "a subject that is a number": { claims: { sub: 7 } },
  "an expiry that is text": { claims: { exp: String(now + 60) } },
  "no expiry": { claims: { exp: null } },
  "a template's": { header: { cat: "cl_B7d4PD222AAA" } },
  "a machine's": { header: { cat: "cl_B7d4PD333AAA" } },
  "an access token": { header: { typ: "at+jwt" } },
  "HS256 by name": { header: { alg: "HS256" } },
  "no algorithm": { header: { alg: "none" } },
  "somebody else's key": { foreign: true },
};
for (const [name, wish] of Object.entries(cases)) {
  await check(`token: ${name}`, async () => {
    const { jwt } = await test("token", { session: `sess_${randomUUID().slice(0, 8)}`, ...wish });
    // What the request-level check leaves to configuration (the issuer) is asked of the low-level one.
    const low = await verifyToken(jwt, { jwtKey, authorizedParties: [base], issuer: clerk }).then(() => true, () => false);
    const request = new Request(`${base}/api/session`, { headers: { authorization: `Bearer ${jwt}` } });
    const state = await backend.authenticateRequest(request, { authorizedParties: [base] });
    const theirs = low && !!state.toAuth()?.userId;
    const answer = await fetch(`${base}/api/session`, { headers: { authorization: `Bearer ${jwt}` } });
    assert.ok([200, 401].includes(answer.status), `answered ${answer.status}`);
    assert.equal(answer.status === 200, theirs, `@clerk/backend says ${theirs}, we answer ${answer.status}`);
  });
}

console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
