// What this browser keeps of the inbox, and answers with where the server cannot be reached (service worker; Fetch, Cache and IndexedDB). Served after
// push/worker.js, in one file. `keeping.js` tells it what open pages hear.
//
// Of each workspace: its page with the list, as the server made it; every frame of the stream since, a chain without gaps; and the newest messages of the
// conversations that were open, which frames bring up to date. So all of it is as of the same moment, the chain's end, and a page that starts without a connection
// goes on from there as after any other break.

/** As many conversations of a workspace are kept, those that were open last. */
const MOST_THREADS = 60;
/** As many are loaded anew where frames cannot bring them up to date. */
const MOST_RENEWED = 20;
/** As many messages of one are kept once frames have added to it, and after so many it is cut. */
const KEPT_MESSAGES = 60;
const MOST_MESSAGES = 120;
/** After so many frames the page is fetched anew, from which on the chain begins again. */
const MOST_FRAMES = 800;
/** So long after the server was heard last nothing is shown any more (ms): nobody knows who sits there now. */
const KEPT_FOR = 7 * 86_400_000;
/** So long may the server take where an answer is kept (ms). */
const PATIENCE = 6_000;
/** And so long at most what is asked for keeping (ms). */
const LONGEST = 20_000;
/** Scripts, styles, letters and pictures of the pages that are kept. */
const FILES = "kept-files";
const IS_FILE = /^\/(pkg|fonts|scripts)\//;
/** How a page and a style name what they are made of, and a script what it imports. */
const NAMED = /["'(]([./][\w./-]+\.(?:js|wasm|css|woff2))["')]/g;
const IMPORTED = /\bfrom\s*["']([./][\w./-]+)["']/g;
const DRAWN = ["/icons.svg", "/favicon.svg", "/icon-192.png", "/badge.png", "/manifest.webmanifest"];
/** Where the inbox is entered from, an installed one among others. */
const LEADS_THERE = ["/", "/dashboard"];
const IS_INBOX = /^\/[^/]+\/inbox(\/[0-9a-f-]{36})?$/;

// ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────

let opening;

function database() {
  opening ??= new Promise((done, fail) => {
    const request = indexedDB.open("kept", 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore("workspaces", { keyPath: "workspace" });
      request.result.createObjectStore("threads", { keyPath: ["workspace", "conversation"] });
      request.result.createObjectStore("frames", { keyPath: ["workspace", "seq"] });
    };
    request.onsuccess = () => {
      // Signing out takes it away from under us.
      request.result.onclose = () => (opening = undefined);
      request.result.onversionchange = () => (request.result.close(), (opening = undefined));
      done(request.result);
    };
    request.onerror = () => ((opening = undefined), fail(request.error));
  });
  return opening;
}

const answered = (request) =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });

const of = (workspace) => IDBKeyRange.bound([workspace], [workspace, []]);
const after = (workspace, seq) => IDBKeyRange.bound([workspace, seq], [workspace, []], true);

async function read(store, work) {
  return answered(work((await database()).transaction(store).objectStore(store)));
}

/** Changes all that `work` changes, or nothing. */
async function change(work) {
  const transaction = (await database()).transaction(["workspaces", "threads", "frames"], "readwrite");
  const [workspaces, threads, frames] = ["workspaces", "threads", "frames"].map((name) => transaction.objectStore(name));
  return new Promise((done, fail) => {
    transaction.oncomplete = () => done();
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
    work({ workspaces, threads, frames });
  });
}

const known = (workspace) => read("workspaces", (store) => store.get(workspace));
const threadsOf = (workspace) => read("threads", (store) => store.getAll(of(workspace)));
const framesAfter = (workspace, seq) => read("frames", (store) => store.getAll(after(workspace, seq)));

/** A workspace, its frames after a place in the chain and one of its conversations, all as of one moment. */
async function snapshot(workspace, seq, id = "") {
  const transaction = (await database()).transaction(["workspaces", "threads", "frames"]);
  const asked = [
    transaction.objectStore("workspaces").get(workspace),
    transaction.objectStore("frames").getAll(after(workspace, seq)),
    transaction.objectStore("threads").get([workspace, id]),
  ];
  const [kept, frames, thread] = await Promise.all(asked.map(answered));
  // Nobody knows who sits there now.
  const old = kept && Date.now() - kept.heard > KEPT_FOR;
  if (old) inTurn(() => forget(workspace));
  return { kept: old ? undefined : kept, frames, thread };
}

let turn = Promise.resolve();

/** One thing after another: each reads what the one before has written. */
function inTurn(work) {
  const mine = turn.then(work);
  turn = mine.catch((error) => console.info("keeping:", error));
  return mine;
}

async function forget(workspace) {
  await change(({ workspaces, threads, frames }) => {
    workspaces.delete(workspace);
    threads.delete(of(workspace));
    frames.delete(of(workspace));
  });
}

async function forgetAll() {
  await change((stores) => Object.values(stores).forEach((store) => store.clear()));
}

// ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────────

addEventListener("message", (event) => {
  const { begun, heard, renewed, unwanted } = event.data ?? {};
  if (begun) event.waitUntil(inTurn(() => begin(begun)));
  if (heard) event.waitUntil(inTurn(() => append(heard)));
  if (renewed) event.waitUntil(inTurn(() => startAnew(renewed)));
  if (unwanted) event.waitUntil(inTurn(forgetAll));
});

/** A page was loaded, as of `after`. */
async function begin({ workspace, person, rights, after, path }) {
  let before = await known(workspace);
  if (before && before.person !== person) {
    await forgetAll();
    before = undefined;
  }
  const kept = { head: after, since: after, behind: false, ...before, workspace, person, rights, path, used: Date.now(), heard: Date.now() };
  // Whoever may see less than before is not to have more than that here.
  if (before?.rights !== rights) return startAnew({ workspace, after, kept });
  if (await catchUp(kept, after)) await renewPage(kept);
}

/** Frames that a page was told, in order; each names the one before it. */
async function append({ workspace, frames }) {
  const kept = await known(workspace);
  if (!kept) return;
  const last = frames.at(-1).seq;
  for (const [index, frame] of frames.entries()) {
    if (frame.seq <= kept.head) continue;
    if (frame.before > kept.head || kept.behind) return void (await catchUp(kept, last));
    await put(kept, frames.slice(index));
    break;
  }
  if ((await framesAfter(workspace, kept.since)).length > MOST_FRAMES) await renewPage(kept);
}

/** Adds frames to the end of the chain. */
async function put(kept, frames) {
  kept.head = Math.max(kept.head, frames.at(-1)?.seq ?? 0);
  kept.heard = Date.now();
  const read = frames.map(({ json }) => JSON.parse(json));
  await change((stores) => {
    stores.workspaces.put(kept);
    for (const frame of read) {
      stores.frames.put({ workspace: kept.workspace, seq: frame.seq, frame });
      if (frame.gone) stores.threads.delete([kept.workspace, frame.gone]);
    }
  });
}

/** Fetches what the chain lacks, up to what is known to have happened. Answers whether it goes on without a gap. */
async function catchUp(kept, upTo) {
  kept.behind = true;
  await change(({ workspaces }) => workspaces.put(kept));
  for (;;) {
    const answer = await ask(kept.workspace, `/api/${encodeURIComponent(kept.workspace)}/events?after=${kept.head}`);
    if (answer?.status === 410) return void (await startAnew({ workspace: kept.workspace, after: upTo, kept }));
    if (!answer?.ok) return false;
    const frames = await answer.json();
    if (frames.length) {
      await put(kept, frames.map((frame) => ({ seq: frame.seq, json: JSON.stringify(frame) })));
      continue;
    }
    kept.behind = false;
    kept.head = Math.max(kept.head, upTo);
    await put(kept, []);
    return true;
  }
}

/** A request of our own. What it says of the person's rights is heeded: nothing is kept that may not be seen any more. */
async function ask(workspace, path, more) {
  const rules = { cache: "no-store", redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(LONGEST) };
  const answer = await fetch(path, { ...rules, ...more }).catch(() => undefined);
  if (answer?.status === 401) await forgetAll();
  if (answer?.status === 403 || (answer?.status === 404 && !path.includes("conversation="))) await forget(workspace);
  return answer;
}

/** Too much happened, or rights changed: the chain begins again, and what was open last is loaded anew. */
async function startAnew({ workspace, after, kept }) {
  kept ??= await known(workspace);
  if (!kept) return;
  const threads = (await threadsOf(workspace)).sort((a, b) => b.used - a.used);
  Object.assign(kept, { head: after, since: after, behind: false, page: undefined });
  await change((stores) => {
    stores.workspaces.put(kept);
    stores.threads.delete(of(workspace));
    stores.frames.delete(of(workspace));
  });
  await renewPage(kept);
  for (const { conversation, used } of threads.slice(0, MOST_RENEWED)) {
    const answer = await ask(workspace, `${kept.path}?${new URLSearchParams({ workspace, conversation })}`);
    if (answer?.ok) await keepThread(workspace, conversation, await answer.text(), used);
    if (!(await known(workspace))) return;
  }
}

/** Fetches the list's page; what came before it is not needed after that. */
async function renewPage(kept) {
  const { workspace, head } = kept;
  const answer = await ask(workspace, `/${encodeURIComponent(workspace)}/inbox`, { headers: { accept: "text/html" } });
  if (answer?.status !== 200) return;
  const at = Date.now();
  const headers = [...answer.headers].filter(([name]) => !["content-encoding", "content-length", "transfer-encoding"].includes(name));
  const html = await answer.text();
  const files = await keepFiles(html).catch(() => undefined);
  if (!files) return;
  kept.page = { html, headers, at, files };
  kept.since = head;
  const frames = await framesAfter(workspace, 0);
  const threads = (await threadsOf(workspace)).sort((a, b) => b.used - a.used);
  for (const thread of threads) thread.page = upToDate(thread.page, frames);
  await change((stores) => {
    stores.workspaces.put(kept);
    stores.frames.delete(IDBKeyRange.bound([workspace], [workspace, head]));
    for (const [index, thread] of threads.entries()) {
      if (index < MOST_THREADS) stores.threads.put(thread);
      else stores.threads.delete([workspace, thread.conversation]);
    }
  });
  await dropFiles();
}

async function keepThread(workspace, conversation, json, used = Date.now()) {
  const kept = await known(workspace);
  if (!kept) return;
  const page = JSON.parse(json);
  // Each is the browser's own affair: what is written is kept by drafts.js, and an id names one message only.
  for (const own of ["unsent_reply", "unsent_note", "next_client_id"]) delete page[own];
  await change(({ threads }) => threads.put({ workspace, conversation, page, used }));
}

/** Keeps what a page is made of, or throws. Answers what that is. */
async function keepFiles(html) {
  const cache = await caches.open(FILES);
  const files = new Set(DRAWN);
  const find = (text, pattern, base) => {
    for (const [, path] of text.matchAll(pattern)) {
      const { pathname } = new URL(path, base);
      if (IS_FILE.test(pathname)) files.add(pathname);
    }
  };
  find(html, NAMED, location.origin);
  // What is found on the way is gone through as well.
  for (const path of files) {
    let file = await cache.match(path);
    // Under these names there may be something else tomorrow.
    if (!file || DRAWN.includes(path)) {
      file = await fetch(path, { signal: AbortSignal.timeout(LONGEST) });
      if (!file.ok) throw new Error(`${path}: ${file.status}`);
      await cache.put(path, file.clone());
    }
    const pattern = { js: IMPORTED, css: NAMED }[path.split(".").pop()];
    if (pattern) find(await file.text(), pattern, new URL(path, location.origin));
  }
  return [...files];
}

/** Forgets what no page that is kept is made of. */
async function dropFiles() {
  const needed = new Set((await read("workspaces", (store) => store.getAll())).flatMap(({ page }) => page?.files ?? []));
  const cache = await caches.open(FILES);
  for (const request of await cache.keys()) if (!needed.has(new URL(request.url).pathname)) await cache.delete(request);
}

/** A conversation as the server would answer it now, by what was heard since it did. */
function upToDate(page, frames) {
  const id = page.conversation.id;
  for (const { frame } of frames) {
    if (frame.seq <= page.seq || ![frame.conversation?.id, frame.message?.conversation_id].includes(id)) continue;
    page.seq = frame.seq;
    if (frame.conversation) page.conversation = frame.conversation;
    if (frame.message) place(page, frame.message);
    // Whoever takes over has what it says behind them once something was answered.
    if (frame.message?.direction === "outbound") delete page.handover;
  }
  if (page.messages.length > MOST_MESSAGES) {
    page.messages.splice(0, page.messages.length - KEPT_MESSAGES);
    page.older = { at: page.messages[0].at, id: page.messages[0].id };
  }
  return page;
}

/** In the order of the server: by time, then id. */
function place(page, message) {
  const before = (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1);
  const rest = page.messages.filter((other) => other.id !== message.id);
  const isNew = rest.length === page.messages.length;
  if (isNew && page.older && rest.length && before(message, rest[0]) < 0) return;
  page.messages = [...rest, message].sort(before);
}

// ── answering ────────────────────────────────────────────────────────────────────────────────────────────────────────

addEventListener("activate", (event) => event.waitUntil(registration.navigationPreload?.enable()));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin || request.method !== "GET") return;
  const { pathname } = url;
  if (request.mode === "navigate") {
    if (IS_INBOX.test(pathname) || LEADS_THERE.includes(pathname) || pathname === "/sign-in") event.respondWith(visit(event, url));
    return;
  }
  if (IS_FILE.test(pathname) || DRAWN.includes(pathname)) return void event.respondWith(fetch(request).catch(async (error) => (await storedFile(url)) ?? rethrow(error)));
  if (/^\/api\/load_thread\d*$/.test(pathname)) return void event.respondWith(conversation(event, url));
  if (/^\/api\/[^/]+\/events$/.test(pathname)) event.respondWith(fetch(request).catch(async (error) => (await keptEvents(url)) ?? rethrow(error)));
});

function rethrow(error) {
  throw error;
}

const storedFile = async (url) => (await caches.open(FILES)).match(url.pathname);
const later = (pause) => new Promise((done) => setTimeout(done, pause));

/** The network's answer; `kept` where there is none, or none for long. */
async function either(asked, kept) {
  const slow = later(PATIENCE).then(async () => (await kept()) ?? asked);
  asked.catch(() => {});
  return Promise.race([asked, slow]).catch(async (error) => (await kept()) ?? rethrow(error));
}

async function visit(event, url) {
  const asked = Promise.resolve(event.preloadResponse).then((answer) => answer ?? fetch(event.request));
  const answer = await either(asked, () => keptPage(url));
  // Nobody is signed in any more, or somebody else will be.
  if (url.pathname === "/sign-in" && answer.status === 200) event.waitUntil(inTurn(forgetAll));
  // A proxy whose server is being started anew.
  if (answer.status >= 502 && answer.status <= 504) return (await keptPage(url)) ?? answer;
  return answer;
}

async function keptPage(url) {
  try {
    if (LEADS_THERE.includes(url.pathname)) {
      const all = (await read("workspaces", (store) => store.getAll())).filter(({ page }) => page).sort((a, b) => b.used - a.used);
      return all.length ? Response.redirect(`/${encodeURIComponent(all[0].workspace)}/inbox`) : undefined;
    }
    const { kept } = IS_INBOX.test(url.pathname) ? await snapshot(decodeURIComponent(url.pathname.split("/")[1]), 0) : {};
    if (!kept?.page) return undefined;
    const { html, headers, at } = kept.page;
    // ui/browser.js reads it: where the page leads, and as of when it is.
    return new Response(html.replace("<html", `<html data-kept="${Number(at)}" data-heard="${Number(kept.heard)}"`), { headers });
  } catch {
    return undefined;
  }
}

async function conversation(event, url) {
  const [workspace, id] = [url.searchParams.get("workspace"), url.searchParams.get("conversation")];
  const newest = !["before", "at"].some((name) => url.searchParams.get(name)) && url.searchParams.get("unsent") !== "true";
  if (!newest) return fetch(event.request);
  const answer = await either(fetch(event.request), () => keptThread(workspace, id));
  if (!answer.headers.has("x-kept")) {
    const copy = answer.ok && answer.clone();
    if (copy) event.waitUntil(inTurn(async () => keepThread(workspace, id, await copy.text())));
    if (answer.status === 404) event.waitUntil(inTurn(() => change(({ threads }) => threads.delete([workspace, id]))));
  }
  return answer;
}

async function keptThread(workspace, id) {
  try {
    const { kept, frames, thread } = await snapshot(workspace, 0, id);
    if (!kept || kept.behind || !thread) return undefined;
    const page = { ...upToDate(thread.page, frames), next_client_id: crypto.randomUUID() };
    return Response.json(page, { headers: { "x-kept": "1" } });
  } catch {
    return undefined;
  }
}

/** The chain's frames after a place in it. */
async function keptEvents(url) {
  try {
    const workspace = decodeURIComponent(url.pathname.split("/")[2]);
    const seq = Number(url.searchParams.get("after"));
    const { kept, frames } = await snapshot(workspace, seq);
    if (!kept || kept.behind || !(seq >= kept.since)) return undefined;
    return Response.json(frames.map(({ frame }) => frame));
  } catch {
    return undefined;
  }
}
