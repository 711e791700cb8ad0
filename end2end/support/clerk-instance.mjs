// A stand-in for an instance of Clerk: its frontend API with keys and scripts, the one call of its backend API that we make, and its webhooks,
// signed by Svix's own library. `scripts/with-clerk` starts it; CLERK_PORT, CLERK_WEBHOOK_SECRET and CLERK_PUBLISHABLE_KEY say what it is.
//
// What is under /test is for the tests: it says where our server is and makes things happen.
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import http from "node:http";
import { Webhook } from "svix";

const { CLERK_PORT, CLERK_WEBHOOK_SECRET, CLERK_PUBLISHABLE_KEY } = process.env;
const issuer = `http://127.0.0.1:${CLERK_PORT}`;
const suffix = createHash("sha1").update(CLERK_PUBLISHABLE_KEY).digest("base64url").slice(0, 8);
const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const kid = "ins_end2end";
const browserScript = readFileSync(new URL("clerk-browser.js", import.meta.url), "utf8").replace("%SUFFIX%", suffix);

let app = "";
const users = new Map();
const sessions = new Map();
const organizations = new Map();
const memberships = new Map();
const revoked = [];

/** null leaves a claim out. */
const part = (value) => Buffer.from(JSON.stringify(value, (_, inner) => (inner === null ? undefined : inner))).toString("base64url");
const mint = (claims, header = {}, key = privateKey) => {
  const message = `${part({ alg: "RS256", cat: "cl_B7d4PD111AAA", kid, typ: "JWT", ...header })}.${part(claims)}`;
  return `${message}.${sign("RSA-SHA256", Buffer.from(message), key).toString("base64url")}`;
};
const claimsOf = (session, azp, more = {}) => {
  const now = Math.floor(Date.now() / 1000);
  const { id, user, organization } = session;
  const o = organization && { id: organization, slg: organizations.get(organization).slug, rol: "admin" };
  return { azp, exp: now + 60, iat: now, iss: issuer, jti: randomUUID(), nbf: now - 10, sid: id, sts: "active", sub: user, v: 2, ...(o && { o }), ...more };
};

/** Delivers an event to our server as Svix does. */
const deliver = async (type, data) => {
  const body = JSON.stringify({ object: "event", type, timestamp: Date.now(), instance_id: kid, data });
  const id = `msg_${randomUUID()}`;
  const at = new Date();
  const headers = {
    "content-type": "application/json", "svix-id": id, "svix-timestamp": String(Math.floor(at / 1000)),
    "svix-signature": new Webhook(CLERK_WEBHOOK_SECRET).sign(id, at, body),
  };
  const answer = await fetch(`${app}/api/webhook/clerk`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${type} was answered ${answer.status}`);
};

const makeUser = async (name) => {
  const id = `user_${name.toLowerCase()}${randomUUID().slice(0, 8)}`;
  const email = { id: `idn_${id}`, email_address: `${id}@clerk.test`, verification: { status: "verified" } };
  const at = Date.now();
  const user = { object: "user", id, first_name: name, last_name: "", primary_email_address_id: email.id, email_addresses: [email], created_at: at, updated_at: at };
  users.set(id, user);
  await deliver("user.created", user);
  return user;
};
const organizationOf = (id) => ({ object: "organization", ...organizations.get(id) });
const join = async (organization, user, role) => {
  const at = Date.now();
  const membership = { object: "organization_membership", id: `orgmem_${randomUUID()}`, role, created_at: at, updated_at: at, organization: organizationOf(organization), public_user_data: { user_id: user, first_name: users.get(user).first_name, last_name: "" } };
  memberships.set(membership.id, membership);
  await deliver("organizationMembership.created", membership);
  return membership;
};
const endSession = (id) => {
  const session = sessions.get(id);
  if (session) session.over = true;
  return session;
};

const routes = {
  "GET /.well-known/jwks.json": () => ({ keys: [{ ...publicKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid }] }),
  "GET /npm/@clerk/ui@1/dist/ui.browser.js": () => "window.__internal_ClerkUICtor = class {};",
  "GET /npm/@clerk/clerk-js@6/dist/clerk.browser.js": () => browserScript,
  // The frontend API, as far as the stand-in script asks it.
  "POST /v1/client": ({ session }) => {
    const known = sessions.get(session);
    return { session: known && !known.over ? { id: known.id, user: users.get(known.user) } : null };
  },
  "POST /v1/client/sign_ins": async ({ name, user }) => {
    const who = user ? users.get(user) : await makeUser(name);
    const session = { id: `sess_${randomUUID().replaceAll("-", "")}`, user: who.id };
    sessions.set(session.id, session);
    return { id: session.id };
  },
  "POST /v1/client/tokens": ({ session }, { origin }) => {
    const known = sessions.get(session);
    return { jwt: known && !known.over ? mint(claimsOf(known, origin)) : null };
  },
  "POST /v1/client/organizations": async ({ session, name }) => {
    const known = sessions.get(session);
    const id = `org_${randomUUID().slice(0, 8)}`;
    const at = Date.now();
    organizations.set(id, { id, name, slug: `${name.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${id.slice(4)}`, created_by: known.user, created_at: at, updated_at: at });
    known.organization = id;
    await deliver("organization.created", organizationOf(id));
    await join(id, known.user, "org:admin");
    return { id };
  },
  "POST /v1/client/sign_out": ({ session }) => ({ ended: !!endSession(session) }),
  // For the tests.
  "POST /test/app": ({ base }) => ((app = base), {}),
  "GET /test/pem": () => publicKey.export({ type: "spki", format: "pem" }),
  "GET /test/revoked": () => revoked,
  "POST /test/token": ({ session, claims, header, foreign }, { origin }) => {
    const known = sessions.get(session) ?? { id: session ?? "sess_test", user: "user_test" };
    const key = foreign ? generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey : privateKey;
    return { jwt: mint(claimsOf(known, origin ?? app, claims), header, key) };
  },
  // Somebody proves another address: a local account that had it becomes this user's.
  "POST /test/address": async ({ user, email }) => {
    const known = users.get(user);
    known.email_addresses[0].email_address = email;
    known.updated_at = Date.now();
    await deliver("user.updated", known);
    return {};
  },
  "POST /test/end": async ({ session }) => {
    const { user } = endSession(session);
    await deliver("session.revoked", { object: "session", id: session, user_id: user, status: "revoked" });
    return {};
  },
  "POST /test/leave": async ({ user }) => {
    for (const membership of memberships.values())
      if (membership.public_user_data.user_id === user) await deliver("organizationMembership.deleted", { ...membership, updated_at: Date.now() });
    return {};
  },
};

http
  .createServer(async (request, response) => {
    const { origin } = request.headers;
    const cors = { "access-control-allow-origin": origin ?? "*", "access-control-allow-headers": "content-type", vary: "origin" };
    if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
    const parts = [];
    for await (const part of request) parts.push(part);
    const { pathname } = new URL(request.url, issuer);
    const revoke = request.method === "POST" && pathname.match(/^\/v1\/sessions\/(\w+)\/revoke$/);
    try {
      const text = Buffer.concat(parts).toString();
      const run = revoke ? () => (endSession(revoke[1]), revoked.push(revoke[1]), { object: "session", id: revoke[1], status: "revoked" }) : routes[`${request.method} ${pathname}`];
      if (!run) return response.writeHead(404, cors).end();
      const answer = await run(text ? JSON.parse(text) : {}, { origin });
      const isText = typeof answer === "string";
      const type = !isText ? "application/json" : pathname.endsWith(".js") ? "text/javascript" : "text/plain";
      response.writeHead(200, { ...cors, "content-type": type }).end(isText ? answer : JSON.stringify(answer));
    } catch (error) {
      console.error(`${request.method} ${pathname}: ${error.message}`);
      response.writeHead(500, cors).end();
    }
  })
  .listen(Number(CLERK_PORT), "127.0.0.1", () => console.log(`Clerk's stand-in is ready on ${issuer}`));
