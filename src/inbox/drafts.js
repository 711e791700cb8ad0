// Unsent texts. Kept in this browser at once, and on the server about a second after the last key, so that they follow their writer to another device.
// In JavaScript, because storage and requests would cost far more as bindings.
//
// Of each draft is remembered what the server is known to have, with its revision. A text that is still that follows the server. One that differs is
// somebody's unsaved words: nothing that comes from elsewhere takes their place, it is only offered.

const KEPT = "draft:";
const KNOWN = "known-draft:";
const OUT = "outbox:";
const DUE = "due:";
const PAUSE = 1_000; // after the last key (ms)
const AGAIN = 30_000; // after a failure (ms)
const STALE = 60_000; // when a page that is looked at again asks anew (ms)
const LONGEST = 4_096; // characters; what is longer stays in this browser

/** This page's name, by which the server knows which of its writes is the newest. */
const page = freshId();
let number = 0;
/** Whose drafts they are: the beginning of their keys. */
let own = "";
let changed = () => {};
let askedAt = 0;
let over = false;
/** Of which is known here what the server has now, and not only what it had when this browser was used last. */
const live = new Set();
/** By key: the text, what is known of the server, the box on the screen, the timer of the next write, what another device has. */
const texts = new Map();
const knowns = new Map();
const boxes = new Map();
const timers = new Map();
const offers = new Map();

/** `crypto.randomUUID` exists only on https and localhost. */
function freshId() {
  const hex = Array.from(crypto.getRandomValues(new Uint8Array(16)), (x) => x.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/** Storage can be full, or forbidden: a draft then lives as long as the page. */
function stored(work, otherwise) {
  try {
    return work(localStorage);
  } catch {
    return otherwise;
  }
}

// ── what is kept here ────────────────────────────────────────────────────────────────────────────────────────────

function text(key) {
  if (!texts.has(key)) texts.set(key, stored((kept) => kept.getItem(KEPT + key), null) ?? "");
  return texts.get(key);
}

/** What the server is known to have: the text and its revision; `tried`: a text whose way there was not confirmed. */
function known(key) {
  if (!knowns.has(key)) knowns.set(key, { revision: 0, text: "", ...stored((kept) => JSON.parse(kept.getItem(KNOWN + key)), null) });
  return knowns.get(key);
}

function know(key, change) {
  const now = { ...known(key), ...change };
  knowns.set(key, now);
  const nothing = !now.text && !now.tried;
  stored((kept) => (nothing ? kept.removeItem(KNOWN + key) : kept.setItem(KNOWN + key, JSON.stringify(now))));
}

function keep(key, words) {
  const before = text(key);
  texts.set(key, words);
  stored((kept) => (words ? kept.setItem(KEPT + key, words) : kept.removeItem(KEPT + key)));
  // Later: whoever calls may be in the middle of what is told.
  if (!before !== !words) queueMicrotask(() => changed());
}

/** The keys of this person's texts, after what they begin with. */
function keys() {
  const all = [...texts.keys(), ...stored((kept) => Object.keys(kept), []).filter((key) => key.startsWith(KEPT)).map((key) => key.slice(KEPT.length))];
  return [...new Set(all)].filter((key) => key.startsWith(own));
}

/** Which conversations have something unsent, with spaces between. */
export function keptDrafts() {
  return keys().filter(text).map((key) => key.slice(own.length).split("/")[0]).join(" ");
}

/** What is written now: by somebody, or by the page, which gave something back. */
export function keepDraft(key, words) {
  if (!words.trim()) words = "";
  const before = text(key);
  if (over || before === words) return;
  // Given back where nobody looks: what has come from another device meanwhile stays below it.
  if (words && !boxes.get(key)?.isConnected && !words.includes(before)) words += `\n${before}`;
  keep(key, words);
  // What was sent or wiped out is gone everywhere at once.
  if (words) later(key, PAUSE);
  else write(key);
}

/** Somebody leaves this browser. What they wrote waits for them on the server. */
export function forgetDrafts() {
  // Nobody is signed out without a connection.
  if (!navigator.onLine) return;
  for (const { json } of allOut(own)) {
    const { conversation, text: words, note } = JSON.parse(json);
    const key = `${own}${conversation}${note ? "/note" : ""}`;
    keep(key, [words, text(key)].filter(Boolean).join("\n"));
    later(key, 0);
  }
  flush();
  over = true;
  stored((kept) => Object.keys(kept).filter((key) => [KEPT, KNOWN, OUT, DUE].some((kind) => key.startsWith(kind))).forEach((key) => kept.removeItem(key)));
}

/** A box for a draft is there, with the text that the page brought; undefined where it could not know of one. Answers the text that shall stand in it. */
export function attachDraft(key, box, brought) {
  flush();
  boxes.set(key, box);
  queueMicrotask(() => show(key));
  const mine = text(key);
  const unsaved = mine !== known(key).text;
  // What was typed before this ran; not what the browser put back, which may have been sent since.
  if (box.value !== box.defaultValue && ![mine, known(key).text].includes(box.value)) return box.value;
  // What was refused without script stands there again.
  if (brought && /[?&](__err|taken-back)=/.test(location.search)) {
    keep(key, brought);
    return brought;
  }
  if (unsaved || live.has(key) || brought === undefined) return mine;
  know(key, { text: brought });
  live.add(key);
  keep(key, brought);
  return brought;
}

/** By when something is to be done about the note that is written: kept in this browser only. */
export function keepDue(key, due) {
  stored((kept) => (due ? kept.setItem(DUE + key, due) : kept.removeItem(DUE + key)));
}

/** The field for it is there. Answers what shall stand in it: what was typed before this ran, or what was kept. */
export function attachDue(key, field) {
  return field.value || stored((kept) => kept.getItem(DUE + key), null) || "";
}

// ── what was sent and not answered ─────────────────────────────────────────────────────────────────────────────────

/** As long as a page lives it holds a lock by its name: what it sent is its own to see answered. */
const holds = (name) => `my21staff-page:${name}`;
navigator.locks?.request(holds(page), () => new Promise(() => {}));
/** Where there are no locks: after so long nobody else is at it (ms). */
const ABANDONED = 30_000;
let sent = 0;

/** Something is on its way: whatever becomes of this page, another one goes on with it. */
export function putOut(key, json) {
  // In the order in which it was sent, by this page and those before.
  const place = `${Date.now()}.${String((sent += 1)).padStart(6, "0")}`;
  stored((kept) => kept.setItem(OUT + key, `${place} ${page} ${json}`));
}

/** It was answered. */
export function takeOut(key) {
  stored((kept) => kept.removeItem(OUT + key));
}

/** What this person has on its way from this browser: key, place, page and content, the oldest first. */
function allOut(prefix) {
  const keys = stored((kept) => Object.keys(kept), []).filter((key) => key.startsWith(OUT + prefix));
  const all = keys.map((key) => [key, ...(stored((kept) => kept.getItem(key), null) ?? "").match(/^(\S+) (\S+) (.*)$/s) ?? []]);
  return all.filter((one) => one.length === 5).map(([key, , place, by, json]) => ({ key, place, by, json })).sort((a, b) => a.place.localeCompare(b.place, "en", { numeric: true }));
}

/** Takes over what pages that are gone did not see answered, and tells it, a line each. */
async function adopt(prefix, tell) {
  if (over || !allOut(prefix).some(({ by }) => by !== page)) return;
  const held = navigator.locks && new Set((await navigator.locks.query()).held.map((lock) => lock.name));
  const isGone = ({ place, by }) => (held ? !held.has(holds(by)) : Date.now() - parseInt(place) > ABANDONED);
  const left = allOut(prefix).filter((one) => one.by !== page && isGone(one));
  for (const { key, place, json } of left) stored((kept) => kept.setItem(key, `${place} ${page} ${json}`));
  if (left.length) tell(left.map(({ json }) => json).join("\n"));
}

/** Goes on with what other pages left: now, and whenever that may have become possible. */
export function followLeft(prefix, tell) {
  /** Pages whose end is waited for. */
  const awaited = new Set();
  const waitFor = (by) => {
    if (!navigator.locks || by === page || awaited.has(by)) return;
    awaited.add(by);
    // Granted once that page is gone.
    navigator.locks.request(holds(by), () => {}).then(() => {
      awaited.delete(by);
      look();
    }, () => awaited.delete(by));
  };
  const look = () => {
    // One page at a time.
    const work = () => adopt(prefix, tell).catch(() => {});
    if (navigator.locks) navigator.locks.request("my21staff-left", work);
    else work();
  };
  look();
  for (const { by } of allOut(prefix)) waitFor(by);
  addEventListener("storage", ({ key, newValue }) => {
    const by = key?.startsWith(OUT + prefix) && newValue?.split(" ", 2)[1];
    if (by) waitFor(by);
  });
  // The page before this one may be on its way out still.
  setTimeout(look, 3_000);
  addEventListener("live-connected", look);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());
}

// ── what the server has ──────────────────────────────────────────────────────────────────────────────────────────

function base(key) {
  return `/api/${encodeURIComponent(key.split("/")[0])}`;
}

function later(key, pause) {
  clearTimeout(timers.get(key));
  timers.set(key, setTimeout(() => write(key), pause));
}

/** Writes at once what waits for a pause: the person goes elsewhere. */
function flush() {
  for (const key of [...timers.keys()]) write(key);
}

async function write(key) {
  clearTimeout(timers.get(key));
  timers.delete(key);
  const words = text(key);
  const { revision, text: there } = known(key);
  if (over || words === there || offers.has(key) || [...words].length > LONGEST) return;
  const [, , conversation, kind = "reply"] = key.split("/");
  know(key, { tried: words });
  let failed = false;
  try {
    const body = new URLSearchParams({ kind, body: words, base: revision, page, number: (number += 1) });
    // It goes on when the page goes.
    const url = `${base(key)}/conversations/${conversation}/draft`;
    const answer = await fetch(url, { method: "POST", keepalive: true, headers: { accept: "application/json" }, body });
    if (answer.ok) {
      const { kept, draft } = await answer.json();
      if (kept) agree(key, draft.revision, words);
      else meet(key, draft);
    } else failed = answer.status === 429 || answer.status >= 500;
  } catch {
    failed = true;
  }
  if (failed && !timers.has(key)) later(key, AGAIN);
}

/** The server has these words, which is known here; what differs from them is written next. */
function agree(key, revision, words) {
  if (over || revision <= known(key).revision) return;
  offers.delete(key);
  live.add(key);
  know(key, { revision, text: words, tried: undefined });
  if (text(key) !== words && !timers.has(key)) later(key, PAUSE);
}

/** The server has something newer than is known here. */
function meet(key, { revision, body, sent, page: by }) {
  if (over || revision <= (offers.get(key)?.revision ?? known(key).revision)) return;
  if (by === page) return agree(key, revision, body);
  const mine = text(key);
  const { text: there, tried } = known(key);
  // Words that went further elsewhere, or were sent there: whether they had arrived before was never answered.
  const passed = mine && ((!body && sent === mine.trim()) || (tried === mine && (body || sent || "").startsWith(mine.trim())));
  if (mine === there || passed) put(key, body);
  // What the server has is not lost when it is overwritten: it is part of what stands here.
  if (!body || text(key).startsWith(body.trimEnd())) agree(key, revision, body);
  else offers.set(key, { revision, body });
  show(key);
}

/** Shows a text in its box, which tells the page as if it had been typed. */
function put(key, words) {
  if (text(key) === words) return;
  keep(key, words);
  const box = boxes.get(key);
  if (!box?.isConnected) return;
  box.value = words;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Says above the box that another device has something else, as long as that is so. */
function show(key) {
  const line = boxes.get(key)?.form?.querySelector("[data-other-draft]");
  if (line) line.hidden = !offers.has(key);
}

/** Takes what the other device has before what stands here: neither is lost. */
function use(box) {
  const [key] = [...boxes].find(([, known]) => known === box) ?? [];
  const offer = offers.get(key);
  if (!offer) return;
  const mine = text(key);
  put(key, offer.body.startsWith(mine.trim()) ? offer.body : `${offer.body}\n${mine}`);
  agree(key, offer.revision, offer.body);
  show(key);
  box.focus();
}

/** Asks for one conversation's drafts, or for all that there are. */
async function ask(conversation) {
  if (over || !own) return;
  const one = conversation ? `?conversation=${conversation}` : "";
  const before = new Map(keys().map((key) => [key, known(key).revision]));
  try {
    const answer = await fetch(`${base(own)}/drafts${one}`, { cache: "no-store", headers: { accept: "application/json" } });
    if (!answer.ok) return;
    const drafts = await answer.json();
    const key = ({ conversation, kind }) => `${own}${conversation}${kind === "note" ? "/note" : ""}`;
    for (const draft of drafts) meet(key(draft), draft);
    const there = new Set(drafts.map(key));
    const others = keys().filter((key) => !there.has(key) && (!conversation || key.startsWith(own + conversation)));
    if (conversation) return others.filter((key) => known(key).revision === before.get(key)).forEach(gone);
    askedAt = Date.now();
    // What is not among them may have been sent: of these only the server knows.
    const unsure = others.filter((key) => text(key) && (known(key).revision || known(key).tried));
    for (const id of new Set(unsure.map((key) => key.slice(own.length).split("/")[0]))) await ask(id);
    for (const key of keys()) if (text(key) !== known(key).text && !timers.has(key)) later(key, PAUSE);
  } catch {
    // The next connection asks again.
  }
}

/** The server has no such draft, not even an empty one: it was sent long ago, or cannot be seen any more. */
function gone(key) {
  if (!known(key).revision || text(key) !== known(key).text) return;
  know(key, { revision: 0, text: "", tried: undefined });
  put(key, "");
}

/** Begins to follow the drafts of one person in a workspace; `tell` is called when a conversation has one, or none any more. */
export function followDrafts(prefix, tell) {
  own = prefix;
  changed = tell;
  changed();
  // Where no stream connects there are still requests.
  setTimeout(() => askedAt || ask(), 3_000);
}

// Told by the stream: that it is connected, and what was written elsewhere.
addEventListener("live-connected", () => ask());
addEventListener("live-draft", ({ detail }) => {
  const { conversation, page: by } = JSON.parse(detail);
  if (by !== page) ask(conversation);
});
addEventListener("pagehide", flush);
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") flush();
  else if (Date.now() - askedAt > STALE) ask();
});
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-use-draft]");
  if (button) use(button.form.elements.namedItem("text"));
});
