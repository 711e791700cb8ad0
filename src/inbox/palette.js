// Everything that can be done here, found by typing: Ctrl or ⌘ and K. What there is to do is read off the page itself, so nothing is here that is not there,
// and whoever may not do something is not offered it. Plain JavaScript, fetched when it is first asked for; its frame stands in the page as a template.

/** Where commands stand, what they are called together, and which controls are meant. */
const PLACES = [
  [".pane-thread > .thread-head, .pane-thread .mode-row, .pane-thread .template, .pane-thread .tools [data-record], .pane-thread .tools [data-wording]", "conversation"],
  [".pane-contact .panel-link, .pane-contact .panel-edit, .pane-contact .labels .work-pop, .pane-contact .tag-marks", "conversation"],
  [".list-head, .views", "list"],
  [".rail ul", "go"],
  ["#account-menu", "go"],
];
const CONTROLS = "a[href], button, select[name=assignee] option";
/** Controls that need more than a press, or that are only the way back on phones. */
const NOT = ".only-phone, .bulk *, form.to-day *, .work-form > button, .work-form > label:not(:has(select[name=assignee])) *, [popovertarget=account-menu]";
/** Conversations of the list that are offered at most. */
const ROWS = 6;
/** Commands used last, that come first. */
const KEPT = 5;
const LAST = "palette-last";

let dialog, field, list, empty;
let commands = [];
/** What is shown, in order, and which of it Enter does. */
let shown = [];
let at = 0;

const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const clean = (text) => text.replace(/\s+/g, " ").trim();

/** The words of an element; parts that stand apart in it stay apart. */
function wordsOf(element) {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  const parts = [];
  while (texts.nextNode()) parts.push(texts.currentNode.data);
  return clean(parts.join(" "));
}

/** What a control is called, after what its group is about. */
function nameOf(control) {
  const own = control.ariaLabel ? clean(control.ariaLabel) : wordsOf(control);
  if (!own) return "";
  const group = control.closest("[role=group], .menu-group");
  const about = control.matches("option")
    ? wordsOf(control.closest("form").querySelector("button"))
    : clean(group?.ariaLabel || group?.querySelector(".menu-title")?.textContent || "");
  return about && about !== own ? `${about}: ${own}` : own;
}

function collect() {
  const known = new Set();
  const found = [];
  for (const [place, group] of PLACES) {
    for (const part of document.querySelectorAll(place)) {
      const controls = part.matches(CONTROLS) ? [part] : part.querySelectorAll(CONTROLS);
      for (const control of controls) {
        if (control.disabled || control.closest("[hidden]") || control.matches(NOT) || control.selected) continue;
        const name = nameOf(control);
        const key = `${group} ${name}`;
        if (!name || known.has(key)) continue;
        known.add(key);
        found.push({ key, name, group, run: () => press(control) });
      }
    }
  }
  return found;
}

function press(control) {
  if (!control.matches("option")) return control.click();
  control.closest("select").value = control.value;
  control.closest("form").requestSubmit();
}

function rows() {
  return [...document.querySelectorAll(".rows a.row")].map((row) => ({
    key: row.getAttribute("href"),
    name: clean(row.querySelector(".name")?.textContent ?? ""),
    group: "open",
    run: () => row.click(),
  }));
}

function last() {
  try {
    return JSON.parse(localStorage.getItem(LAST) ?? "[]");
  } catch {
    return [];
  }
}

function remember(key) {
  try {
    localStorage.setItem(LAST, JSON.stringify([key, ...last().filter((known) => known !== key)].slice(0, KEPT)));
  } catch {
    // Nothing is remembered then.
  }
}

/** How well a name fits what was typed: all of its words, best where names begin with them. None if it does not. */
function fit(name, words) {
  const folded = fold(name);
  let worth = 0;
  for (const word of words) {
    const place = folded.indexOf(word);
    if (place < 0) return undefined;
    worth += place === 0 ? 3 : /[^\p{L}\p{N}]/u.test(folded[place - 1]) ? 2 : 0;
  }
  return worth;
}

function matches(text) {
  const words = fold(text).split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    const used = last();
    const rank = (command) => (used.indexOf(command.key) + 1 || KEPT + 1);
    return [...commands].sort((a, b) => rank(a) - rank(b));
  }
  const fitting = (some) =>
    some
      .map((command) => ({ command, worth: fit(command.name, words) }))
      .filter(({ worth }) => worth !== undefined)
      .sort((a, b) => b.worth - a.worth)
      .map(({ command }) => command);
  const search = { key: "search", name: dialog.dataset.search.replace("{}", text.trim()), group: "", run: () => find(text.trim()) };
  return [...fitting(commands), ...fitting(rows()).slice(0, ROWS), search];
}

function find(text) {
  const form = document.querySelector(".list-search");
  form.querySelector("input").value = text;
  form.requestSubmit();
}

function show() {
  shown = matches(field.value);
  at = 0;
  list.replaceChildren(
    ...shown.map((command, nth) => {
      const option = document.createElement("li");
      option.id = `palette-${nth}`;
      option.role = "option";
      const name = document.createElement("span");
      name.textContent = command.name;
      const group = document.createElement("span");
      group.className = "muted";
      group.textContent = dialog.dataset[command.group] ?? "";
      option.append(name, group);
      option.addEventListener("click", () => run(nth));
      option.addEventListener("pointermove", () => at !== nth && point(nth));
      return option;
    }),
  );
  list.hidden = shown.length === 0;
  empty.hidden = shown.length > 0;
  point(0);
}

function point(nth) {
  at = nth;
  for (const [place, option] of [...list.children].entries()) option.ariaSelected = String(place === nth);
  const option = list.children[nth];
  field.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

function run(nth) {
  const command = shown[nth];
  if (!command) return;
  if (command.group && command.group !== "open") remember(command.key);
  dialog.close();
  command.run();
}

function key(event) {
  const count = shown.length;
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + count, PageDown: Math.min(at + 8, count - 1), PageUp: Math.max(at - 8, 0) }[event.key];
  if (to !== undefined && count > 0) point(to % count);
  else if (event.key === "Enter") run(at);
  else return;
  event.preventDefault();
}

/** Shows what can be done, beginning with what was typed meanwhile; or puts it away. */
export function toggle(text = "") {
  if (!dialog) {
    dialog = document.getElementById("palette").content.firstElementChild.cloneNode(true);
    field = dialog.querySelector("input");
    list = dialog.querySelector("[role=listbox]");
    empty = dialog.querySelector("[data-empty]");
    field.addEventListener("input", show);
    dialog.addEventListener("keydown", key);
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
  }
  if (dialog.open) return dialog.close();
  if (document.querySelector("dialog[open]")) return;
  commands = collect();
  field.value = text;
  dialog.showModal();
  show();
}
