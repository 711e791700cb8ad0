// Picking rows of the list and working on them together. What is picked is what stands ticked in the list. In JavaScript, with a bar that the server
// renders: none of it weighs anything before a row is picked.

const LONG_PRESS = 500;
const NOTICE = 10_000;
/** A notice with nothing to press is there to be read. */
const READ = 5_000;
/** What can be chosen in the bar is another than when it was rendered. */
addEventListener("labels-changed", () => (loadedAt = 0));

/** After this long the bar is rendered anew: it names times (ms). */
const FRESH = 10 * 60_000;

/** Box → how far its conversation was seen when it was picked. What the customer says after that is not put away. */
const seen = new WeakMap();
let address, place, said, bar, loading, loadedAt = 0;
/** The box from which a range goes. */
let anchor;
/** On a phone: a tap picks. */
let tapping = false;
let pressed, ignoreClick = false;
let undoable, endNotice, failed;
let busy = false;
let heard = false;

const list = () => document.querySelector(".pane-list");
const boxes = () => [...document.querySelectorAll(".rows .pick")];
const ticked = () => boxes().filter((box) => box.checked);
const boxOf = (element) => element?.closest?.(".rows li")?.querySelector(".pick");
const idOf = (box) => box.value.split(".")[1];
const most = () => Number(bar?.dataset.most ?? 200);
const fill = (words, value) => words.replace("{}", value);

function freshId() {
  return crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (d) =>
    (d ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (d / 4)))).toString(16));
}

/** Ticks boxes or takes the ticks off, no more than one request may name. */
function tick(some, on) {
  let room = most() - ticked().length;
  let left = false;
  for (const box of some) {
    if (on && !box.checked) {
      if (room < 1) {
        left = true;
        continue;
      }
      room -= 1;
    }
    if (on && !seen.has(box)) seen.set(box, box.value);
    if (!on) seen.delete(box);
    box.checked = on;
  }
  refresh();
  if (left && bar) announce(bar.dataset.tooMany);
}

/** From the last one picked to this one, in the order in which they stand; where rows between them are not in the page, those before them. */
function range(to, on) {
  const all = boxes();
  const from = all.includes(anchor) ? anchor : to;
  const [first, last] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  const some = all.slice(first, last + 1);
  if (from === all[last]) some.reverse();
  const gap = some.findIndex((box, nth) => nth > 0 && isBeyondGap(some[nth - 1], box));
  tick(gap < 0 ? some : some.slice(0, gap), on);
  if (gap >= 0 && bar) announce(bar.dataset.tooMany);
}

/** Rows are missing between two that follow on each other: more than can be picked at once. */
function isBeyondGap(one, other) {
  const [li, next] = [one.closest("li"), other.closest("li")];
  return li.nextElementSibling !== next && li.previousElementSibling !== next;
}

function toggle(box) {
  tick([box], !box.checked);
  anchor = box;
}

function clear() {
  tapping = false;
  tick(ticked(), false);
  anchor = undefined;
}

/** Shows how many are picked, and the bar while there are some. */
async function refresh() {
  const shows = () => tapping || ticked().length > 0;
  const pane = list();
  if (!pane || !place) return;
  pane.toggleAttribute("data-picking", shows());
  place.hidden = !shows();
  if (!shows()) {
    shutMenus();
    return;
  }
  if (!bar || (loadedAt + FRESH < Date.now() && !bar.contains(document.activeElement))) await load();
  if (bar) count();
}

function count() {
  const counter = bar.querySelector(".bulk-count");
  const text = fill(counter.dataset.words, ticked().length);
  if (counter.textContent !== text) counter.textContent = text;
  const none = ticked().length === 0;
  for (const control of bar.querySelectorAll("button[name=deed]")) control.disabled = none;
}

function load() {
  loading ??= (async () => {
    try {
      const answer = await fetch(address);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const form = answer.ok && page.getElementById("bulk");
      if (!form) return;
      bar?.remove();
      bar = document.adoptNode(form);
      loadedAt = Date.now();
      place.prepend(bar);
      bar.addEventListener("submit", submitted);
    } catch {
      // Without a connection nothing could be done either: what is picked stays picked, and the next tick asks again.
    } finally {
      loading = undefined;
    }
  })();
  return loading;
}

function shutMenus() {
  for (const menu of place?.querySelectorAll("details[open]") ?? []) menu.open = false;
}

function announce(text) {
  said.textContent = "";
  setTimeout(() => (said.textContent = text), 50);
}

async function post(url, fields) {
  const answer = await fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: fields });
  if (!answer.ok) throw answer;
  return answer.json();
}

async function submitted(event) {
  event.preventDefault();
  const picked = ticked();
  if (busy || picked.length === 0) return;
  const fields = new URLSearchParams(new FormData(bar, event.submitter));
  for (const box of picked) fields.append("picked[]", seen.get(box) ?? box.value);
  fields.delete("action");
  // The same once more, after an answer that was lost, is the same action: nothing is done twice.
  const same = failed?.fields === String(fields);
  const action = same ? failed.action : freshId();
  failed = { fields: String(fields), action };
  fields.append("action", action);
  busy = true;
  bar.ariaBusy = "true";
  const held = bar.contains(document.activeElement);
  shutMenus();
  try {
    const answer = await post(bar.getAttribute("action"), fields);
    failed = undefined;
    // A reason is for those it was written for.
    bar.reset();
    const done = new Set(answer.done);
    tapping = false;
    for (const box of boxes()) {
      if (box.checked && done.has(idOf(box))) {
        box.checked = false;
        seen.delete(box);
      } else if (box.checked) {
        // Whoever picked it is told why it was left, and has seen it now.
        seen.set(box, box.value);
      }
    }
    refresh();
    notice(answer.said, answer.undoable ? action : undefined);
    if (held) focusRow(done);
  } catch {
    notice(bar.dataset.failed);
  } finally {
    busy = false;
    bar.ariaBusy = null;
  }
}

/** The focus must not be lost with the bar: to the first row that is not about to leave. */
function focusRow(done) {
  if (!place.hidden) return;
  const rows = [...document.querySelectorAll(".rows a.row")];
  (rows.find((row) => !done.has(idOf(boxOf(row)))) ?? rows[0])?.focus({ preventScroll: true });
}

/** What became of it, for a while, longer while the pointer or the focus is on it. With `action` it can be undone that long. */
function notice(text, action) {
  endNotice?.();
  const row = document.createElement("div");
  row.className = "pop toast-row bulk-notice";
  const words = document.createElement("span");
  words.className = "flex-1";
  words.textContent = text;
  row.append(words);
  undoable = action;
  if (action) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.dataset.size = "xs";
    button.dataset.variant = "outline";
    button.textContent = bar.dataset.undoLabel;
    button.ariaKeyShortcuts = "Z";
    button.addEventListener("click", undo);
    row.append(button);
  }
  const close = document.createElement("button");
  close.type = "button";
  close.className = "tool";
  close.ariaLabel = bar.dataset.dismiss;
  const shape = bar.querySelector("[data-bulk=clear] svg")?.cloneNode(true);
  close.append(shape ?? "×");
  close.addEventListener("click", () => endNotice?.());
  row.append(close);
  document.querySelector(".toasts")?.append(row);
  announce(text);

  let left = action ? NOTICE : READ, since, timer;
  const go = () => {
    if (timer || row.matches(":hover") || row.contains(document.activeElement)) return;
    since = Date.now();
    timer = setTimeout(() => endNotice?.(), left);
  };
  const pause = () => {
    if (!timer) return;
    clearTimeout(timer);
    timer = undefined;
    left = Math.max(2_000, left - (Date.now() - since));
  };
  for (const kind of ["pointerenter", "focusin"]) row.addEventListener(kind, pause);
  for (const kind of ["pointerleave", "focusout"]) row.addEventListener(kind, () => setTimeout(go));
  endNotice = () => {
    clearTimeout(timer);
    const held = row.contains(document.activeElement);
    row.remove();
    undoable = endNotice = undefined;
    if (held) document.querySelector(".rows a.row")?.focus({ preventScroll: true });
  };
  go();
}

async function undo() {
  const action = undoable;
  if (!action || busy) return;
  busy = true;
  try {
    const workspace = bar.elements.workspace.value;
    const answer = await post(bar.dataset.undo, new URLSearchParams({ workspace, action }));
    notice(answer.said);
  } catch {
    notice(bar.dataset.failed, action);
  } finally {
    busy = false;
  }
}

function lettersOn() {
  try {
    return localStorage.getItem("no-letter-keys") === null;
  } catch {
    return true;
  }
}

/** Whether what is typed belongs into a field. A box takes no letters. */
function inField(target) {
  return target?.isContentEditable || target?.matches?.("textarea, select, input:not([type=checkbox])") || false;
}

function open(menu) {
  const details = bar?.querySelector(`details[data-menu=${menu}]`);
  if (!details) return false;
  details.open = true;
  details.querySelector("select, .mi")?.focus();
  return true;
}

function key(event) {
  if (event.defaultPrevented) return false;
  const some = ticked().length > 0;
  if (event.key === "Escape") {
    const menu = place?.querySelector("details[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
      return true;
    }
    if ((!some && !tapping) || inField(event.target) || document.querySelector(":popover-open, dialog[open]")) return false;
    const held = place.contains(document.activeElement);
    clear();
    if (held) document.querySelector(".rows a.row")?.focus({ preventScroll: true });
    return true;
  }
  if (place?.contains(event.target) && event.key === "Enter" && event.target.matches("input")) {
    // Enter in a field presses the button beside it.
    event.target.closest(".work-form").querySelector("button").click();
    return true;
  }
  const toolbar = event.target.closest?.(".bulk-tools");
  if (toolbar && /^Arrow(Left|Right)$/.test(event.key) && event.target.matches("summary, .bulk-tools > .btn")) {
    const controls = [...toolbar.querySelectorAll(":scope > .btn, :scope > details > summary")];
    const by = event.key === "ArrowRight" ? 1 : -1;
    controls[(controls.indexOf(event.target) + by + controls.length) % controls.length].focus();
    return true;
  }
  if (inField(event.target) || event.altKey) return false;
  const chord = event.ctrlKey || event.metaKey;
  if (event.key.toLowerCase() === "z" && !event.shiftKey && (chord || lettersOn()) && undoable) {
    undo();
    return true;
  }
  if (chord || event.repeat || !lettersOn()) return false;
  if (event.key.toLowerCase() === "x") {
    const box = boxOf(document.activeElement) ?? boxOf(document.querySelector(".rows a.row[aria-current]"));
    if (!box) return false;
    if (event.shiftKey) range(box, true);
    else toggle(box);
    return true;
  }
  if (!some || !place.checkVisibility()) return false;
  // The keys of the open conversation are those of what is picked, as long as something is.
  if (event.key === "e") bar?.querySelector(".bulk-tools > [value=close]")?.click();
  else if (event.key === "s") open("snooze");
  else if (event.key === "a") open("assign");
  else if (event.key === "t") open("labels");
  else return false;
  return true;
}

function clicked(event) {
  const target = event.target;
  for (const menu of place?.querySelectorAll("details[open]") ?? []) if (!menu.contains(target)) menu.open = false;
  if (ignoreClick) {
    ignoreClick = false;
    return true;
  }
  if (target.closest(".pick-start")) {
    if (tapping || ticked().length > 0) clear();
    else {
      tapping = true;
      refresh();
    }
    return true;
  }
  const asked = target.closest("[data-bulk]")?.dataset.bulk;
  if (asked === "all") tick(boxes(), true);
  if (asked === "clear") {
    clear();
    document.querySelector(".rows a.row")?.focus({ preventScroll: true });
  }
  if (target.matches(".rows .pick")) {
    // It stands as it will be.
    const on = target.checked;
    if (event.shiftKey) range(target, on);
    else tick([target], on);
    anchor = target;
    return false;
  }
  const row = target.closest(".rows a.row");
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey && event.button === 0;
  if (!row || !plain || !boxOf(row)) return false;
  if (event.shiftKey) {
    range(boxOf(row), true);
    anchor = boxOf(row);
    return true;
  }
  if (tapping) {
    toggle(boxOf(row));
    return true;
  }
  return false;
}

/** A finger that stays on a row picks it. */
function press(event) {
  clearTimeout(pressed);
  ignoreClick = false;
  const box = event.pointerType === "touch" && event.isPrimary && boxOf(event.target.closest?.(".rows a.row"));
  if (!box) return;
  pressed = setTimeout(() => {
    ignoreClick = true;
    tapping = true;
    navigator.vibrate?.(10);
    toggle(box);
  }, LONG_PRESS);
}

/** Follows the list of this page; `barAddress` is where the bar is rendered. Called once a page. */
export function follow(barAddress) {
  if (address !== barAddress) {
    // Another workspace has other people to give work to.
    bar?.remove();
    bar = undefined;
    loadedAt = 0;
  }
  address = barAddress;
  const pane = list();
  if (!pane || place?.isConnected) return;
  place = document.createElement("div");
  place.className = "bulk-place";
  place.hidden = true;
  said = document.createElement("p");
  said.className = "sr-only";
  said.role = "status";
  pane.append(place, said);
  const rows = document.querySelector(".rows ul");
  // Rows that leave take their ticks along.
  if (rows) new MutationObserver(refresh).observe(rows, { childList: true });
  if (!heard) hear();
}

/** Hears the window, once: it stays when a page goes. */
function hear() {
  heard = true;
  const stop = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const whole = { capture: true };
  addEventListener("keydown", (event) => key(event) && stop(event), whole);
  addEventListener("click", (event) => clicked(event) && stop(event), whole);
  addEventListener("pointerdown", press, whole);
  for (const kind of ["pointerup", "pointercancel", "scroll"]) addEventListener(kind, () => clearTimeout(pressed), whole);
  addEventListener("contextmenu", (event) => ignoreClick && event.target.closest(".rows") && event.preventDefault(), whole);
  // Shift and a click is a range, and no text.
  addEventListener("mousedown", (event) => event.shiftKey && event.target.closest(".rows a.row") && event.preventDefault(), whole);
}
