// Other words for a text, by a model: a reply that is being written, put better; messages in the language of the page. Plain JavaScript, fetched when somebody
// first asks; its menu stands in the page as a template. What comes back goes where it was asked for and nowhere else: if something else stands there by then, it goes nowhere.

/** Milliseconds: longer than the server tries. */
const PATIENCE = 50_000;
/** As many of the newest messages are translated when a whole conversation is to be. */
const MOST = 12;

const menu = document.querySelector("template#wording").content.querySelector(".wording-menu").cloneNode(true);
const say = menu.dataset;
document.body.append(menu);

const [, workspace] = location.pathname.split("/");
const conversationOf = () => location.pathname.match(/\/inbox\/([0-9a-f-]{36})/)?.[1];

export function begin(button) {
  if (button.dataset.wording !== undefined) offer(button);
  else if (button.dataset.translate) one(button);
  else all(button);
}

/** Asks the server. Answers `{ text }`, or `{ why }` in words. */
async function ask(conversation, question) {
  try {
    const answer = await fetch(`/api/${workspace}/conversations/${conversation}/wording`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(question),
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (answer.ok) return await answer.json();
    const differs = answer.status === 409 && (await answer.text()).includes("wording_differs");
    return { why: differs ? say.differs : answer.status === 429 ? say.busy : say.failed };
  } catch (error) {
    return { why: navigator.onLine === false || error instanceof TypeError ? say.offline : say.failed };
  }
}

// ── what is being written ────────────────────────────────────────────────────────────────────────────────────────────

/** The form that the menu is open for, the button that opened it, and whether that was pressed while it was open: then it is being shut, as by every click beside it. */
let asking, opener;
let shuts = false;

menu.addEventListener("toggle", (event) => opener?.setAttribute("aria-expanded", String(event.newState === "open")));
addEventListener("pointerdown", (event) => (shuts = menu.matches(":popover-open") && Boolean(opener?.contains(event.target))), true);

function offer(button) {
  if (shuts) return void (shuts = false);
  [asking, opener] = [button.closest("form"), button];
  menu.showPopover();
  const at = button.getBoundingClientRect();
  menu.style.left = `${Math.max(8, Math.min(at.left, innerWidth - menu.offsetWidth - 8))}px`;
  menu.style.top = `${Math.max(8, at.top - menu.offsetHeight - 8)}px`;
  menu.querySelector("button").focus();
}

menu.addEventListener("click", (event) => {
  const way = event.target.closest("[data-way]")?.dataset.way;
  if (!way) return;
  menu.hidePopover();
  if (asking?.isConnected) reword(asking, way);
});
menu.addEventListener("keydown", (event) => {
  // Letters are no keys of the page here.
  if (event.key.length === 1) event.stopPropagation();
  const ways = [...menu.querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  ways[(ways.indexOf(document.activeElement) + step + ways.length) % ways.length].focus();
});

async function reword(form, way) {
  const box = form.elements.text;
  const conversation = form.elements.conversation.value;
  const before = box.value;
  box.focus();
  if (!before.trim() || form.dataset.rewording) return;
  form.dataset.rewording = way;
  const told = notice(form, say.works);
  const { text, why } = await ask(conversation, { way, text: before });
  delete form.dataset.rewording;
  // Somebody went on writing, sent it, or is somewhere else: what comes back now is about something that is not there any more.
  if (!box.isConnected || form.elements.conversation.value !== conversation || box.value !== before) return told.remove();
  if (why) return show(told, why);
  if (text === before.trim()) return show(told, say.same);
  write(box, text);
  show(told, say.done, () => box.value === text && write(box, before));
}

/** As if it had been typed: the draft follows. */
function write(box, text) {
  box.value = text;
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
  box.focus();
}

/** What is said above the box; one at a time. */
function notice(form, text) {
  form.querySelector(".wording-notice")?.remove();
  const told = document.querySelector("template#wording").content.querySelector(".wording-notice").cloneNode(true);
  form.querySelector(".box").before(told);
  show(told, text);
  // What is sent, or written on, needs no word about it.
  const box = form.elements.text;
  const stop = new AbortController();
  const over = () => {
    if (form.dataset.rewording || (box.isConnected && box.value === told.dataset.stands)) return;
    told.remove();
    stop.abort();
  };
  box.addEventListener("input", () => queueMicrotask(over), { signal: stop.signal });
  form.addEventListener("submit", () => setTimeout(over), { signal: stop.signal });
  return told;
}

function show(told, text, back) {
  told.firstElementChild.textContent = text;
  told.dataset.stands = told.closest("form")?.elements.text.value ?? "";
  const button = told.querySelector("[data-back]");
  button.hidden = !back;
  button.onclick = () => {
    back?.();
    told.remove();
  };
}

// ── messages in the language of the page ─────────────────────────────────────────────────────────────────────────────

/** Message → its translation, or what is said in its place, and the words that it is of. */
const translated = new Map();
/** What is said to those who do not see the screen. */
const status = document.createElement("p");
status.setAttribute("role", "status");
status.className = "sr-only";
(document.querySelector("#utama") ?? document.body).append(status);
const language = () => (document.documentElement.lang === "en" ? "to_english" : "to_indonesian");
const textOf = (id) => document.querySelector(`#m-${id} .bubble > .text`);

async function one(button) {
  const id = button.dataset.translate;
  button.closest("[popover]")?.hidePopover();
  if (translated.delete(id)) return draw();
  await translate(conversationOf(), id);
}

/** Of the newest messages of the customer; once more hides them. */
async function all(button) {
  button.closest("details")?.removeAttribute("open");
  const conversation = conversationOf();
  const bubbles = [...document.querySelectorAll(".thread li.msg.in")].filter((item) => item.querySelector(".bubble > .text"));
  const ids = bubbles.map((item) => item.id.slice(2)).slice(-MOST);
  const shown = ids.filter((id) => translated.has(id));
  if (ids.length && shown.length === ids.length) {
    for (const id of ids) translated.delete(id);
    return draw();
  }
  // The newest first: that is what one reads.
  for (const id of ids.reverse()) {
    if (translated.has(id)) continue;
    if (conversationOf() !== conversation) return;
    if (!(await translate(conversation, id))) return;
  }
}

/** Answers whether it is worth going on. */
async function translate(conversation, id) {
  const of = textOf(id)?.textContent;
  translated.set(id, { of, text: "…", waits: true });
  draw();
  const { text, why } = await ask(conversation, { way: language(), message: id });
  if (!translated.has(id)) return true;
  const same = text && text === textOf(id)?.textContent.trim();
  translated.set(id, why ? { of, text: why, why: true } : { of, text: same ? say.same : text, lang: same ? "" : document.documentElement.lang });
  status.textContent = `${say.translated}: ${why ?? text}`;
  draw();
  return !why || why === say.differs;
}

/** Puts each where its message stands. Bubbles are made anew whenever something of them changes. */
function draw() {
  // Of words that were changed since it says nothing.
  for (const [id, { of }] of translated) if (textOf(id) && textOf(id).textContent !== of) translated.delete(id);
  for (const note of document.querySelectorAll(".translation")) if (!translated.has(note.dataset.of)) note.remove();
  for (const [id, { text, why, lang, waits }] of translated) {
    const message = textOf(id);
    if (!message) continue;
    let note = message.parentElement.querySelector(".translation");
    if (!note) {
      note = document.createElement("p");
      note.className = "translation";
      note.dataset.of = id;
      note.setAttribute("role", "note");
      message.after(note);
    }
    note.ariaLabel = say.translated;
    note.classList.toggle("failed", Boolean(why));
    note.ariaBusy = String(Boolean(waits));
    if (lang) note.lang = lang;
    if (note.textContent !== text) note.textContent = text;
  }
}

let drawing;
new MutationObserver(() => {
  if (!translated.size) return;
  cancelAnimationFrame(drawing);
  drawing = requestAnimationFrame(draw);
}).observe(document.querySelector("#utama") ?? document.body, { childList: true, subtree: true });
