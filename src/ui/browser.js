// What the pages need of the browser beyond the DOM. Kept in JavaScript: each of these would cost more bytes as bindings.

// A page that was kept (offline/worker.js) stands for any of its workspace's inbox: it begins as the list that it shows, and goes from there.
const { kept, heard } = document.documentElement.dataset;
const list = kept && `/${location.pathname.split("/")[1]}/inbox`;
let wanted = kept && location.pathname !== list ? location.pathname : "";
if (kept) history.replaceState(history.state, "", list);

/** Where a kept page was to lead, once; empty for others. */
export function leadsTo() {
  const path = wanted;
  wanted = "";
  return path;
}

/** Until when a kept page knows what happened (by this machine's clock); 0 for others. */
export function keptUntil() {
  return Number(heard ?? 0);
}

/** Whether the page may be loaded anew by itself: not again within a minute. */
export function reloadsOnce() {
  try {
    const last = Number(sessionStorage.getItem("reloaded-at") ?? 0);
    sessionStorage.setItem("reloaded-at", String(Date.now()));
    return Date.now() - last > 60_000;
  } catch {
    return false;
  }
}

/** Milliseconds since the server's answer for this page began to arrive. */
export function pageAge() {
  if (kept) return Date.now() - Number(kept);
  const [entry] = performance.getEntriesByType("navigation");
  return entry ? Math.max(0, performance.now() - entry.responseStart) : 0;
}

export function now() {
  return Date.now();
}

/** A random UUID; `crypto.randomUUID` exists only on https and localhost. */
export function freshId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 15) | 64;
  b[8] = (b[8] & 63) | 128;
  const hex = Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

/** Shows a theme at once and has the server remember it. False when the form must do it. */
export function chooseTheme(theme) {
  document.documentElement.dataset.theme = theme;
  fetch("/preferences", {
    method: "POST",
    body: new URLSearchParams({ theme, back: location.pathname }),
    redirect: "manual",
  }).catch(() => {});
  return true;
}

/** Whether somebody looks at this page. */
export function attended() {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** Calls back whenever `attended` may have changed; returns what stops it. */
export function onAttention(callback) {
  const stop = new AbortController();
  for (const [target, event] of [[document, "visibilitychange"], [window, "focus"], [window, "blur"], [window, "pageshow"]])
    target.addEventListener(event, () => callback(), { signal: stop.signal });
  return () => stop.abort();
}

/** Scrolls an element into view and lets it flash. False when it is not on the page. */
export function reveal(id) {
  const element = document.getElementById(id);
  if (!element) return false;
  const still = matchMedia("(prefers-reduced-motion:reduce)").matches;
  element.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
  element.classList.remove("flash");
  requestAnimationFrame(() => element.classList.add("flash"));
  return true;
}

/**
 * Call before something changes by itself. Before the next paint, a `column-reverse` scroller that grew below what is being read is put
 * back where it was, and a link that lost the focus because its row moved gets it back.
 */
export function holdView(selector) {
  const focused = document.activeElement;
  const element = document.querySelector(selector);
  const { scrollHeight = 0, scrollTop = 0 } = element ?? {};
  requestAnimationFrame(() => {
    if (scrollTop < 0) element.scrollTop = scrollTop - (element.scrollHeight - scrollHeight);
    if (document.activeElement === document.body && focused?.isConnected) focused.focus({ preventScroll: true });
  });
}

/** Whether the layout is the phone's. */
export function narrow() {
  return matchMedia("(max-width: 767px)").matches;
}

/** Whether Enter should send: where there is a real keyboard. */
export function enterSends() {
  return !matchMedia("(pointer: coarse)").matches;
}

/** Lets a textarea be as high as its text, where CSS cannot. */
export function grow(textarea) {
  if (CSS.supports("field-sizing", "content")) return;
  textarea.style.height = "auto";
  textarea.style.height = `${textarea.scrollHeight}px`;
}

/** Focuses an element by id after the next paint. */
export function focusOn(id) {
  requestAnimationFrame(() => document.getElementById(id)?.focus());
}

/** Moves the focus up or down the list, from the row that has it, else from the one that is open. False without rows. */
export function step(by) {
  const rows = [...document.querySelectorAll(".rows a.row")];
  const shown = rows.filter((row) => row.checkVisibility());
  const from = shown.findIndex((row) => row === document.activeElement || row.parentElement.contains(document.activeElement));
  const open = from < 0 ? shown.findIndex((row) => row.ariaCurrent) : from;
  const next = shown[open < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(open + by, 0), shown.length - 1)];
  next?.focus();
  return next !== undefined;
}

/** Of a list of so many rows: the one in the middle of what is seen, how high a row is (hundredths of a pixel), how many are ticked, and the ids of those that must stay. */
export function rowsSeen(count) {
  const scroller = document.querySelector(".rows");
  const list = scroller.querySelector("ul");
  const first = list.querySelectorAll(":scope > li:nth-child(-n+100)");
  const top = list.getBoundingClientRect().top;
  const height = (first[first.length - 1].getBoundingClientRect().bottom - top) / first.length;
  const middle = ((scroller.getBoundingClientRect().top + scroller.clientHeight / 2 - top) / list.offsetHeight) * count;
  const ticked = [...list.querySelectorAll(".pick:checked")];
  const stays = [...list.querySelectorAll("a.row[aria-current=true]"), document.activeElement, ...ticked];
  const ids = stays.map((element) => element.closest?.(".rows ul > li")?.querySelector("a.row")?.pathname.split("/").pop()).filter(Boolean);
  return [Math.max(0, Math.floor(middle)), Math.round(height * 100), ticked.length, ...new Set(ids)].join(" ");
}

/** Call before rows take the place of a gap or the other way round: what is seen stays where it is. Browsers do it by themselves only as long as some of it stays. */
export function holdRows() {
  const scroller = document.querySelector(".rows");
  const place = scroller.scrollTop;
  const { top, bottom } = scroller.getBoundingClientRect();
  const box = (row) => row.getBoundingClientRect();
  const seen = [...scroller.querySelectorAll("ul > li:not(.gap)")].find((row) => box(row).bottom > top && box(row).top < bottom);
  const before = seen && box(seen).top;
  requestAnimationFrame(() => {
    const moved = seen?.isConnected ? box(seen).top - before : place - scroller.scrollTop;
    if (Math.abs(moved) > 1) scroller.scrollTop += moved;
  });
}

/** Clicks what a selector finds. False when it finds nothing. */
export function press(selector) {
  const element = document.querySelector(selector);
  element?.click();
  return element !== null;
}

/** Focuses what a selector finds, if it shows. */
export function focusFirst(selector) {
  const element = document.querySelector(selector);
  element?.focus();
  return element !== null && element === document.activeElement;
}

/** Shows or hides a popover. */
export function toggle(id) {
  const element = document.getElementById(id);
  element?.togglePopover();
  return element !== null;
}

/** Outlasts signing out, which empties the storage: a machine that others use too stays one. */
const KEEPS_NOTHING = "keeps-nothing=1";
const NO_LETTERS = "no-letter-keys";
/** What is sent leaves at once. */
const NO_UNDO = "no-undo";

/** Whether single letters are keys: a person's choice at this browser. */
export function lettersOn() {
  return stored((kept) => kept.getItem(NO_LETTERS), null) === null;
}

export function setLetters(on) {
  stored((kept) => (on ? kept.removeItem(NO_LETTERS) : kept.setItem(NO_LETTERS, "1")));
}

export function undoOn() {
  return stored((kept) => kept.getItem(NO_UNDO), null) === null;
}

export function setUndo(on) {
  stored((kept) => (on ? kept.removeItem(NO_UNDO) : kept.setItem(NO_UNDO, "1")));
}

/** Whether what one reads is kept in this browser (offline/). */
export function keepsOn() {
  return !document.cookie.includes(KEEPS_NOTHING);
}

export function setKeeps(on) {
  document.cookie = `${KEEPS_NOTHING}; path=/; samesite=lax; max-age=${on ? 0 : 34_560_000}`;
  dispatchEvent(new Event("keeps-changed"));
}

export function intoView(id) {
  document.getElementById(id)?.scrollIntoView({ block: "nearest" });
}

/** Storage can be full, or forbidden: what is chosen then lives as long as the page. */
function stored(work, otherwise) {
  try {
    return work(localStorage);
  } catch {
    return otherwise;
  }
}

/** How long a link says that it was copied (ms). */
const SAYS_COPIED = 2_500;

// A link that copies its address. Where nothing can be copied it is followed.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-copies]");
  if (!link || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || !navigator.clipboard) return;
  event.preventDefault();
  const label = link.querySelector("span");
  if (link.copied) return;
  navigator.clipboard.writeText(link.href).then(
    () => {
      // What stood there is put back as it was: it belongs to others.
      const nodes = [...label.childNodes];
      link.copied = true;
      label.replaceChildren(link.dataset.copies);
      setTimeout(() => {
        label.replaceChildren(...nodes);
        link.copied = false;
      }, SAYS_COPIED);
    },
    () => location.assign(link.href),
  );
});
