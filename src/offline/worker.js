// What this browser keeps of the inbox, and answers with where the server cannot be reached (service worker; Fetch, Cache and IndexedDB). Served after
// push/worker.js, in one file. `keeping.js` tells it what open pages hear.
//
// Of each workspace: its page with the list, as the server made it; every frame of the stream since, a chain without gaps; and the newest messages of the
// conversations that were open, which frames bring up to date. So all of it is as of the same moment, the chain's end, and a page that starts without a connection
// goes on from there as after any other break. What frames do not carry a page asks for once it is connected: answers say that they were kept.

/** As many conversations of a workspace are kept, those that were open last. */
const MOST_THREADS = 60;
/** As many are loaded anew where frames cannot bring them up to date. */
const MOST_RENEWED = 15;
/** As many messages of one are kept once frames have added to it, and after so many it is cut. */
const KEPT_MESSAGES = 60;
const MOST_MESSAGES = 120;
/** After so many frames, or so long (ms), the page is fetched anew, from which on the chain begins again. */
const MANY_FRAMES = 500;
const OLD_PAGE = 12 * 3_600_000;
/** So long it is left alone when that did not go (ms). */
const TRIES_AGAIN = 120_000;
/** A chain of more frames than this is given up, with all that hangs on it. */
const MOST_FRAMES = 3_000;
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
/** Where somebody comes who is not signed in. */
const WAY_IN = /^\/(sign-in|sign-up|verify|reset|forgot)(\/|$)/;
const IS_INBOX = /^\/[^/]+\/inbox(\/[0-9a-f-]{36})?$/;
const STORES = ["workspaces", "pages", "threads", "frames"];

// ── what is kept ─────────────────────────────────────────────────────────────────────────────────────────────────────

let opening;

function database() {
  opening ??= new Promise((done, fail) => {
    const request = indexedDB.open("kept", 2);
    request.onupgradeneeded = () => {
      for (const name of [...request.result.objectStoreNames]) request.result.deleteObjectStore(name);
      request.result.createObjectStore("workspaces", { keyPath: "workspace" });
      request.result.createObjectStore("pages", { keyPath: "workspace" });
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
  const transaction = (await database()).transaction(STORES, "readwrite");
  const stores = Object.fromEntries(STORES.map((name) => [name, transaction.objectStore(name)]));
  return new Promise((done, fail) => {
    transaction.oncomplete = () => done();
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
    const all = (run) => {
      try {
        run();
      } catch (error) {
        transaction.abort();
        fail(error);
      }
    };
    all(() => work(stores, all));
  });
}

/** As `change`, of a workspace that is still kept for the same person: it may have been forgotten while something was asked for. Notes what is known of it. */
const update = (kept, work = () => {}) =>
  change((stores, all) => {
    stores.workspaces.get(kept.workspace).onsuccess = ({ target }) =>
      all(() => {
        if (target.result?.person !== kept.person) return;
        stores.workspaces.put(kept);
        work(stores);
      });
  });

const known = (workspace) => read("workspaces", (store) => store.get(workspace));
const threadsOf = (workspace) => read("threads", (store) => store.getAll(of(workspace)));
const framesAfter = (workspace, seq) => read("frames", (store) => store.getAll(after(workspace, seq)));
const isOld = ({ heard }) => Date.now() - heard > KEPT_FOR;

/** A workspace, its frames after a place in the chain, its page and one of its conversations, all as of one moment. */
async function snapshot(workspace, seq, id = "") {
  const transaction = (await database()).transaction(STORES);
  const asked = [
    transaction.objectStore("workspaces").get(workspace),
    transaction.objectStore("frames").getAll(after(workspace, seq)),
    transaction.objectStore("pages").get(workspace),
    transaction.objectStore("threads").get([workspace, id]),
  ];
  const [kept, frames, page, thread] = await Promise.all(asked.map(answered));
  return kept && !isOld(kept) ? { kept, frames, page, thread } : {};
}

let turn = Promise.resolve();

/** One thing after another: each reads what the one before has written. */
function inTurn(work) {
  const mine = turn.then(work);
  turn = mine.catch((error) => console.info("keeping:", error));
  return mine;
}

function forget(workspace) {
  return change(({ workspaces, pages, threads, frames }) => {
    workspaces.delete(workspace);
    pages.delete(workspace);
    threads.delete(of(workspace));
    frames.delete(of(workspace));
  });
}

function forgetAll() {
  return change((stores) => STORES.forEach((name) => stores[name].clear()));
}

/** Of which nothing was heard for long. */
async function forgetOld() {
  for (const kept of await read("workspaces", (store) => store.getAll())) if (isOld(kept)) await forget(kept.workspace);
}

// ── keeping ──────────────────────────────────────────────────────────────────────────────────────────────────────────

addEventListener("message", (event) => {
  const { begun, heard, renewed, unwanted } = event.data ?? {};
  if (begun) event.waitUntil(inTurn(() => begin(begun)));
  if (heard) event.waitUntil(inTurn(() => append(heard)));
  if (renewed) event.waitUntil(inTurn(() => reset(renewed)));
  if (unwanted) event.waitUntil(inTurn(forgetAll));
});

/** A page of the server's was loaded, as of `after`; `bundle` is the code that it runs. */
async function begin({ workspace, person, rights, after, path, bundle }) {
  await forgetOld();
  let kept = await known(workspace);
  if (kept && kept.person !== person) {
    await forgetAll();
    kept = undefined;
  }
  if (!kept) {
    kept = { workspace, person, rights, path, head: after, since: after, heard: Date.now(), used: Date.now() };
    await change(({ workspaces }) => workspaces.put(kept));
    return renewPage(kept, bundle);
  }
  const same = kept.rights === rights;
  const threads = await threadsOf(workspace);
  Object.assign(kept, { rights, path, used: Date.now() });
  // Whoever may see less than before is not to have more than that here, whatever becomes of the rest.
  await update(kept, (stores) => same || [stores.pages, stores.threads, stores.frames].forEach((store) => store.delete(store === stores.pages ? workspace : of(workspace))));
  if (!same) return startAnew(kept, after, bundle, threads);
  // Other code may read what is kept otherwise.
  if (kept.bundle !== bundle) return startAnew(kept, after, bundle);
  if (kept.head < after && !(await goesOn(kept, after))) return;
  if (Date.now() - kept.at > OLD_PAGE || (await many(kept))) await renewPage(kept, bundle);
}

/** Whether the chain goes on without a gap. Where it cannot, it begins anew. */
async function goesOn(kept, upTo) {
  const outcome = await catchUp(kept, upTo);
  if (outcome === "late") await startAnew(kept, kept.late, kept.bundle);
  return outcome === "done";
}

const many = async (kept) => (await read("frames", (store) => store.count(after(kept.workspace, kept.since)))) > MANY_FRAMES;

/** Frames that a page was told, in order; each names the one before it. None: it is connected, and there is nothing. */
async function append({ workspace, person, rights, frames }) {
  const kept = await known(workspace);
  // A page of somebody else's, or from before their rights changed, may still be talking.
  if (kept?.person !== person || kept.rights !== rights) return;
  const unknown = frames.filter(({ seq }) => seq > kept.head);
  if (unknown.length && unknown[0].before > kept.head) {
    await goesOn(kept, frames.at(-1).seq);
  } else if (unknown.length || Date.now() - kept.heard > LONGEST) {
    await put(kept, unknown);
  }
  if (!(await many(kept)) || Date.now() - (kept.tried ?? 0) < TRIES_AGAIN) return;
  if ((await read("frames", (store) => store.count(of(workspace)))) > MOST_FRAMES) return forget(workspace);
  await renewPage(kept, kept.bundle);
}

/** Adds frames to the end of the chain. */
async function put(kept, frames) {
  kept.head = Math.max(kept.head, frames.at(-1)?.seq ?? 0);
  kept.heard = Date.now();
  const read = frames.map(({ json }) => JSON.parse(json));
  await update(kept, (stores) => {
    for (const frame of read) {
      stores.frames.put({ workspace: kept.workspace, seq: frame.seq, frame });
      if (frame.gone) stores.threads.delete([kept.workspace, frame.gone]);
      // It has other messages than what was kept.
      if (frame.kind === "thread_changed" && frame.conversation) stores.threads.delete([kept.workspace, frame.conversation.id]);
    }
  });
}

/** Fetches what the chain lacks up to now, `upTo` at least. Answers "done", "late" where the server does not go on from its end, and "failed". */
async function catchUp(kept, upTo) {
  for (;;) {
    const answer = await ask(kept.workspace, `/api/${encodeURIComponent(kept.workspace)}/events?after=${kept.head}`);
    if (answer?.status === 410) {
      kept.late = Number((await answer.json().catch(() => ({}))).seq ?? upTo);
      return "late";
    }
    if (!answer?.ok) return "failed";
    const frames = await answer.json();
    if (!frames.length) {
      kept.head = Math.max(kept.head, upTo);
      await put(kept, []);
      return "done";
    }
    await put(kept, frames.map((frame) => ({ seq: frame.seq, json: JSON.stringify(frame) })));
  }
}

/** A request of our own. A "no" of the server's is heeded: nothing is kept that may not be seen any more. Who is not signed in any more comes to the way in, which empties all. */
async function ask(workspace, path, headers) {
  const rules = { cache: "no-store", redirect: "manual", credentials: "same-origin", signal: AbortSignal.timeout(LONGEST) };
  const answer = await fetch(path, { ...rules, headers }).catch(() => undefined);
  if (answer?.status === 403 || (answer?.status === 404 && !path.includes("conversation="))) await forget(workspace);
  return answer;
}

/** A page loaded everything again, as of `after`. */
async function reset({ workspace, person, rights, after }) {
  const kept = await known(workspace);
  if (kept?.person === person && kept.rights === rights && kept.head < after) await startAnew(kept, after, kept.bundle);
}

/** The chain begins again at `after`, and what was open last is loaded anew. What there was stays until there is something better. */
async function startAnew(kept, after, bundle, open) {
  const { workspace, path } = kept;
  const threads = (open ?? (await threadsOf(workspace))).sort((a, b) => b.used - a.used);
  Object.assign(kept, { head: after, since: after });
  if (!(await renewPage(kept, bundle, true))) return;
  for (const { conversation, used } of threads.slice(0, MOST_RENEWED)) {
    const answer = await ask(workspace, `${path}?${new URLSearchParams({ workspace, conversation })}`);
    if (answer?.ok) await keepThread(workspace, conversation, await answer.text(), used);
    if (!(await known(workspace))) return;
  }
}

/** Fetches the list's page; what came before it is not needed after that. `anew`: nor is all else that is kept. Answers whether it went. */
async function renewPage(kept, bundle, anew = false) {
  const { workspace, head } = kept;
  kept.tried = Date.now();
  // By itself: what else is to change of it changes only if this goes.
  await change(({ workspaces }, all) => {
    workspaces.get(workspace).onsuccess = ({ target }) => all(() => target.result && workspaces.put({ ...target.result, tried: kept.tried }));
  });
  const page = `/${encodeURIComponent(workspace)}/inbox`;
  const answer = await ask(workspace, page, { accept: "text/html", "x-keeps": "page" });
  if (answer?.status !== 200) return false;
  const at = Date.now();
  const headers = [...answer.headers].filter(([name]) => !["content-encoding", "content-length", "transfer-encoding"].includes(name));
  const html = await answer.text();
  const files = await keepFiles(html).catch(() => undefined);
  if (!files) return false;
  const [frames, threads] = anew ? [[], []] : [await framesAfter(workspace, 0), await threadsOf(workspace)];
  threads.sort((a, b) => b.used - a.used);
  for (const thread of threads) thread.page = upToDate(thread.page, frames);
  Object.assign(kept, { since: head, at, heard: at, bundle });
  await update(kept, (stores) => {
    stores.pages.put({ workspace, html, headers, at, files });
    stores.frames.delete(anew ? of(workspace) : IDBKeyRange.bound([workspace], [workspace, head]));
    if (anew) stores.threads.delete(of(workspace));
    for (const [index, thread] of threads.entries()) {
      if (index < MOST_THREADS) stores.threads.put(thread);
      else stores.threads.delete([workspace, thread.conversation]);
    }
  });
  await dropFiles();
  // The page may be newer than the chain's end: it catches up with it. What cannot is of no use, and comes anew with the next page.
  if ((await catchUp(kept, head)) !== "late") return true;
  await forget(workspace);
  return false;
}

/** Keeps a conversation as the server answered it, unless what is known is newer. */
async function keepThread(workspace, conversation, json, used = Date.now()) {
  const { kept, frames, thread } = await snapshot(workspace, 0, conversation);
  const page = JSON.parse(json);
  if (!kept || page.seq < kept.since || page.seq < (thread?.page.seq ?? 0)) return;
  const isOver = (frame) => frame.gone === conversation || (frame.kind === "thread_changed" && frame.conversation?.id === conversation);
  if (frames.some(({ frame }) => isOver(frame) && frame.seq > page.seq)) return;
  // Each is the browser's own affair: what is written is kept by drafts.js, and an id names one message only.
  for (const own of ["unsent_reply", "unsent_note", "next_client_id"]) delete page[own];
  await update(kept, ({ threads }) => threads.put({ workspace, conversation, page, used }));
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
  const needed = new Set((await read("pages", (store) => store.getAll())).flatMap(({ files }) => files));
  const cache = await caches.open(FILES);
  for (const request of await cache.keys()) if (!needed.has(new URL(request.url).pathname)) await cache.delete(request);
}

/** A conversation as the server would answer it now, as far as what was heard since tells. */
function upToDate(page, frames) {
  const id = page.conversation.id;
  for (const { frame } of frames) {
    if (frame.seq <= page.seq) continue;
    if (frame.conversation?.id === id) page.conversation = frame.conversation;
    if (frame.message?.conversation_id === id) place(page, frame.message);
    if (frame.labels) strip(page.conversation, frame.labels);
  }
  page.seq = Math.max(page.seq, frames.at(-1)?.seq ?? 0);
  if (page.messages.length > MOST_MESSAGES) {
    page.messages.splice(0, page.messages.length - KEPT_MESSAGES);
    page.older = { at: page.messages[0].at, id: page.messages[0].id };
  }
  return page;
}

/** What there is no more goes from a conversation (see `Labels::strip`). */
function strip(conversation, { stages, tags, fields }) {
  if (!stages.some(({ id }) => id === conversation.stage)) delete conversation.stage;
  conversation.tags = conversation.tags?.filter((tag) => tags.some(({ id }) => id === tag));
  if (!fields) return;
  conversation.values = conversation.values?.filter((value) => {
    const [field, text] = value.split(":");
    return fields.includes(field) && (!text.startsWith("=") || fields.includes(text.slice(1)));
  });
}

/** In the order of the server: by time, then id. */
function place(page, message) {
  const before = (a, b) => a.at - b.at || (a.id < b.id ? -1 : 1);
  const rest = page.messages.filter((other) => other.id !== message.id);
  const isNew = rest.length === page.messages.length;
  if (isNew && page.older && rest.length && before(message, rest[0]) < 0) return;
  page.messages = [...rest, message].sort(before);
  if (message.earlier?.length || message.revoked) {
    // What quotes it says what it says now.
    const kind = message.revoked ? "revoked" : message.kind;
    for (const { quote } of page.messages) {
      if (quote?.id === message.id) Object.assign(quote, { kind, text: [...message.text].slice(0, 200).join("") });
    }
  }
  // Whoever takes over knows by now what the card says.
  if (page.handover && message.direction === "outbound") page.handover.fresh = false;
}

// ── answering ────────────────────────────────────────────────────────────────────────────────────────────────────────

addEventListener("activate", (event) => event.waitUntil(Promise.all([registration.navigationPreload?.enable(), inTurn(forgetOld)])));

addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  const { pathname } = url;
  if (url.origin !== location.origin || request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(visit(event, url));
  else if (IS_FILE.test(pathname) || DRAWN.includes(pathname)) event.respondWith(either(fetch(request), () => storedFile(pathname), (answer) => !answer.ok));
  else if (/^\/api\/load_thread\d*$/.test(pathname)) event.respondWith(conversation(event, url));
  else if (/^\/api\/[^/]+\/events$/.test(pathname)) event.respondWith(events(event, url));
});

const storedFile = async (pathname) => (await caches.open(FILES)).match(pathname);
/** A proxy whose server is being started anew. */
const isAway = ({ status, type }) => type === "error" || (status >= 502 && status <= 504);

/** The network's answer; what is kept where there is none, none for long, or one that is of no use. */
async function either(asked, kept, useless = isAway, patience = PATIENCE) {
  let timer;
  const slow = new Promise((done) => (timer = setTimeout(done, patience)));
  const instead = () => kept().catch(() => undefined);
  asked.catch(() => {});
  try {
    const first = await Promise.race([asked, slow]);
    const answer = first ?? (await instead()) ?? (await asked);
    return useless(answer) ? ((await instead()) ?? answer) : answer;
  } catch (error) {
    const answer = await instead();
    if (answer) return answer;
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function visit(event, url) {
  const { pathname } = url;
  const asked = Promise.resolve(event.preloadResponse).then((answer) => answer ?? fetch(event.request));
  const isInbox = IS_INBOX.test(pathname);
  if (!isInbox && !LEADS_THERE.includes(pathname)) {
    const answer = await asked;
    // Nobody is signed in any more, or somebody else will be.
    if (WAY_IN.test(pathname) && answer.status === 200) event.waitUntil(inTurn(forgetAll));
    return answer;
  }
  const answer = await either(asked, () => keptPage(pathname));
  const workspace = isInbox && decodeURIComponent(pathname.split("/")[1]);
  // What a conversation's page answers says nothing of the workspace: that is asked for.
  if (isInbox && [403, 404].includes(answer.status)) event.waitUntil(inTurn(async () => (await known(workspace)) && ask(workspace, `/api/${encodeURIComponent(workspace)}/events?after=0`)));
  return answer;
}

async function keptPage(pathname) {
  if (LEADS_THERE.includes(pathname)) {
    const all = (await read("workspaces", (store) => store.getAll())).filter((kept) => kept.at && !isOld(kept)).sort((a, b) => b.used - a.used);
    return all.length ? Response.redirect(`/${encodeURIComponent(all[0].workspace)}/inbox`) : undefined;
  }
  const { kept, page } = await snapshot(decodeURIComponent(pathname.split("/")[1]), 0);
  if (!page) return undefined;
  // ui/browser.js reads it: where the page leads, and as of when it is.
  const marked = page.html.replace("<html", `<html data-kept="${Number(page.at)}" data-heard="${Number(kept.heard)}"`);
  return new Response(marked, { headers: page.headers });
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
  const { kept, frames, thread } = await snapshot(workspace, 0, id);
  if (!kept || !thread) return undefined;
  const page = { ...upToDate(thread.page, frames), next_client_id: crypto.randomUUID(), kept: true };
  return Response.json(page, { headers: { "x-kept": "1" } });
}

async function events(event, url) {
  const workspace = decodeURIComponent(url.pathname.split("/")[2]);
  // Nobody waits for it who looks: a stream that goes on late is better than none.
  const answer = await either(fetch(event.request), () => keptEvents(workspace, Number(url.searchParams.get("after"))), isAway, LONGEST);
  if ([403, 404].includes(answer.status)) event.waitUntil(inTurn(() => forget(workspace)));
  return answer;
}

/** The chain's frames after a place in it. */
async function keptEvents(workspace, seq) {
  const { kept, frames } = await snapshot(workspace, seq);
  if (!kept || !(seq >= kept.since)) return undefined;
  return Response.json(frames.map(({ frame }) => frame), { headers: { "x-kept": "1" } });
}
