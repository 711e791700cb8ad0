// Somebody of another workspace, and nobody at all, get nothing: by page, by server function, by stream.
import type { APIRequestContext, Page } from "@playwright/test";
import { PEOPLE, expect, test } from "../support/fixtures";
import { Inbox, conversationId } from "../support/inbox";
import { NUMBER } from "../support/sandbox";

/** What the owner answers; it must stay the only answer. */
const REPLY = "Baik, kami jaga kerahasiaannya.";

/** A request as the owner's own page makes it. */
interface Call {
  method: string;
  url: string;
  body: string | null;
  type: string | undefined;
}

/** Opens a conversation of the demo workspace with a secret in it and notes every call that the page makes or offers. */
async function callsOfTheOwner(page: Page, name: string, secret: string): Promise<{ conversation: string; calls: Call[] }> {
  const calls: Call[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    // The stream never ends and has a test of its own.
    if (!url.pathname.startsWith("/api/") || url.pathname.endsWith("/live")) return;
    calls.push({
      method: request.method(),
      url: url.pathname + url.search,
      body: request.postData(),
      type: request.headers()["content-type"],
    });
  });
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  await inbox.openConversation(name);
  await expect(inbox.bubble(secret)).toBeVisible();
  await inbox.reply(REPLY);
  await expect(inbox.bubble(REPLY)).toBeVisible();

  const forms = await page.locator("form[action^='/api/']").evaluateAll((elements) =>
    elements.map((form) => ({
      method: (form as HTMLFormElement).method.toUpperCase(),
      url: form.getAttribute("action") ?? "",
      body: new URLSearchParams(new FormData(form as HTMLFormElement) as unknown as Record<string, string>).toString(),
      type: "application/x-www-form-urlencoded",
    })),
  );
  const signOut = /sign-out|sign_out|preferences/;
  return { conversation: conversationId(page), calls: [...calls, ...forms].filter((call) => !signOut.test(call.url)) };
}

async function repeat(request: APIRequestContext, call: Call): Promise<{ status: number; text: string }> {
  const answer = await request.fetch(call.url, {
    method: call.method,
    headers: { accept: "application/json", ...(call.type ? { "content-type": call.type } : {}) },
    ...(call.body === null || call.method === "GET" ? {} : { data: call.body }),
    maxRedirects: 0,
  });
  return { status: answer.status(), text: await answer.text() };
}

/** What a stream says within a second and a half; its status when it refuses. */
async function listen(page: Page, path: string): Promise<{ status: number; text: string }> {
  return page.evaluate(async (path) => {
    const stop = new AbortController();
    const answer = await fetch(path, { headers: { accept: "text/event-stream" }, redirect: "manual", signal: stop.signal });
    let text = "";
    if (answer.ok && answer.body) {
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      const end = setTimeout(() => stop.abort(), 1_500);
      try {
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          text += value;
        }
      } catch {
        // Our own abort.
      }
      clearTimeout(end);
    }
    return { status: answer.status, text };
  }, path);
}

for (const who of ["a member of another workspace", "nobody"] as const) {
  test(`${who} gets nothing of the demo workspace`, async ({ customer, staff, visitor }) => {
    const citra = customer();
    const secret = `rahasia-${citra.waId}`;
    await citra.writes(secret);
    const { conversation, calls } = await callsOfTheOwner(await staff(PEOPLE.owner), citra.name, secret);
    expect(calls.length, "the page called the server").toBeGreaterThan(0);

    const outsider = who === "nobody" ? await visitor() : await staff(PEOPLE.stranger);
    if (who !== "nobody") {
      await outsider.goto("/other/inbox");
      await expect(new Inbox(outsider, "other").list, "the outsider exists").toBeVisible();
    } else {
      await outsider.goto("/sign-in");
    }

    const leaks = (text: string) => [secret, citra.name, citra.waId].filter((private_) => text.includes(private_));
    for (const path of ["/demo/inbox", `/demo/inbox/${conversation}`, `/other/inbox/${conversation}`, `/demo/inbox?before=${conversation}`]) {
      const answer = await outsider.request.get(path, { maxRedirects: 0 });
      expect(leaks(await answer.text()), path).toEqual([]);
      if (path.startsWith("/demo")) expect(answer.status(), path).not.toBe(200);
    }
    for (const call of calls) {
      const { status, text } = await repeat(outsider.request, call);
      expect(leaks(text), `${call.method} ${call.url}`).toEqual([]);
      expect(status, `${call.method} ${call.url}`).toBeGreaterThanOrEqual(300);
    }
    for (const path of ["/api/demo/live", "/api/demo/live?after=0"]) {
      const { status, text } = await listen(outsider, path);
      expect(text, path).toBe("");
      expect(status === 0 || status >= 300, `${path} answered ${status}`).toBe(true);
    }

    // None of the repeated calls did anything.
    const owner = new Inbox(await staff(PEOPLE.owner));
    await owner.page.goto(`/demo/inbox/${conversation}`);
    await expect(owner.bubble(REPLY)).toHaveCount(1);
  });
}

test("a stranger's stream carries his own workspace and nothing else", async ({ customer, staff }) => {
  const page = await staff(PEOPLE.stranger);
  const inbox = new Inbox(page, "other");
  await inbox.open();
  await inbox.isLive();
  const listening = listen(page, "/api/other/live?after=0");
  const foreign = customer(NUMBER.demo);
  const own = customer(NUMBER.other);
  await foreign.writes(`rahasia-${foreign.waId}`);
  await own.writes(`sendiri-${own.waId}`);
  await expect(inbox.row(own.name), "his own customer is heard").toBeVisible();
  const { text } = await listening;
  for (const private_ of [foreign.waId, foreign.name]) expect(text).not.toContain(private_);
  await expect(inbox.row(foreign.name)).toHaveCount(0);
});

test("a member sees only what is his", async ({ customer, staff }) => {
  const citra = customer();
  const secret = `bukan-untuk-anggota-${citra.waId}`;
  await citra.writes(secret);
  const owner = new Inbox(await staff(PEOPLE.owner));
  await owner.open();
  await owner.isLive();
  await owner.openConversation(citra.name);
  await owner.takeOver();
  await expect(owner.thread).toContainText(owner.words.tookOver);
  const conversation = conversationId(owner.page);

  const member = new Inbox(await staff(PEOPLE.member));
  await member.open();
  await expect(member.row(citra.name)).toHaveCount(0);
  const page = await member.page.request.get(`/demo/inbox/${conversation}`);
  expect(await page.text()).not.toContain(secret);
  const { text } = await listen(member.page, "/api/demo/live?after=0");
  for (const private_ of [secret, citra.name, citra.waId]) expect(text).not.toContain(private_);
});

test("signing out ends the stream", async ({ customer, staff }) => {
  const page = await staff(PEOPLE.owner);
  const inbox = new Inbox(page);
  await inbox.open();
  await inbox.isLive();
  // On a plain page, whose policy lets it ask the server and which does not leave for the sign-in page when the stream says goodbye.
  const listener = await page.context().newPage();
  await listener.goto("/");
  const heard = listener.evaluate(async () => {
    const answer = await fetch("/api/demo/live", { headers: { accept: "text/event-stream" } });
    let text = "";
    for await (const part of answer.body!.pipeThrough(new TextDecoderStream()) as unknown as AsyncIterable<string>) text += part;
    return text;
  });
  const copy = await page.context().newPage();
  await copy.goto("/demo/inbox");
  await copy.getByRole("button", { name: inbox.words.account }).click();
  await copy.getByRole("button", { name: inbox.words.signOut }).click();
  await expect(copy).not.toHaveURL(/\/demo\/inbox/);

  const citra = customer();
  await citra.writes(`setelah-keluar-${citra.waId}`);
  expect(await heard, "the stream has ended, and without the message").not.toContain(citra.waId);
  // The other page leaves for the sign-in page when it hears of it. A browser that is closed on the way there may wait for a minute.
  await expect(page).not.toHaveURL(/\/demo\/inbox/);
});
