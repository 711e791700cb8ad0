// A picture large, on top of everything: zoomed by keys, wheel, buttons, double tap and pinch, moved by dragging, the others of the page beside it. Plain
// JavaScript, fetched when the first picture is pressed (`server/lightbox.rs`); what it shows itself with stands in the page as a template.

const PICTURES = ".thread a.photo:not(.sticker), .gallery a.tile-photo";
/** How much a step enlarges, and the most. The whole picture is 1. */
const STEP = 1.5;
const MOST = 8;
/** A small picture is shown at most so many times its size. */
const ENLARGED = 2;
/** Pixels until a press is a drag, a drag a swipe; two taps within so many pixels and milliseconds are one double tap. */
const DRAG = 6;
const SWIPE = 48;
const TAP = 24;
const TAP_TIME = 320;

let dialog;
let stage;
let picture;
/** The link that was pressed, and the address of the picture that is shown. */
let opener;
let shown = "";
let zoom = 1;

/** The pictures of the page as it is now: more may have come, or gone. */
const pictures = () => [...document.querySelectorAll(PICTURES)].filter((link) => !link.closest("[hidden]"));
const part = (name) => dialog.querySelector(`[data-part="${name}"]`);
const act = (name) => dialog.querySelector(`[data-act="${name}"]`);

/** What stands around a picture: in a gallery on the link, in a thread in its message. */
function about(link) {
  const { who, when, caption } = link.dataset;
  if (who !== undefined) return { who, when, caption };
  const message = link.closest(".msg");
  const text = (selector) => message?.querySelector(selector)?.textContent.trim() ?? "";
  let day = message;
  while (day && !day.matches(".day:not(.new)")) day = day.previousElementSibling;
  return {
    who: text(".who") || text(".bubble > .sr-only").replace(/:$/, ""),
    when: [day?.textContent.trim(), text(".meta time")].filter(Boolean).join(" "),
    caption: text(".bubble > .text"),
  };
}

function show(link) {
  shown = link.href;
  const { who, when, caption } = about(link);
  const all = pictures();
  const place = all.indexOf(link);
  let numbers = [place + 1, all.length];
  const count = dialog.dataset.count.replace(/{}/g, () => numbers.shift());
  part("who").textContent = who;
  part("when").textContent = when;
  part("count").textContent = all.length > 1 ? count : "";
  part("caption").textContent = caption;
  part("failed").hidden = true;
  for (const name of ["download", "original"]) part(name).href = link.href;
  picture.alt = link.querySelector("img")?.alt ?? "";
  part("said").textContent = [count, picture.alt, who, when].filter(Boolean).join(". ");
  available("previous", place > 0);
  available("next", place >= 0 && place < all.length - 1);
  zoom = 1;
  stage.setAttribute("aria-busy", "true");
  picture.src = link.href;
  if (picture.complete && picture.naturalWidth) loaded();
}

/** A button that has the focus keeps it: it is said to be off, not taken away. */
function available(name, is) {
  act(name).setAttribute("aria-disabled", String(!is));
}

function loaded() {
  stage.removeAttribute("aria-busy");
  part("failed").hidden = true;
  zoomTo(zoom);
}

function step(by) {
  const all = pictures();
  const place = all.findIndex((link) => link.href === shown);
  const next = all[place + by];
  if (place >= 0 && next) show(next);
}

/** Sets the size; the point of the picture under these coordinates stays there. */
function zoomTo(wanted, x, y) {
  const { naturalWidth: width, naturalHeight: height } = picture;
  if (!width) return;
  const frame = stage.getBoundingClientRect();
  x ??= frame.left + frame.width / 2;
  y ??= frame.top + frame.height / 2;
  const before = picture.getBoundingClientRect();
  const at = [(x - before.left) / before.width, (y - before.top) / before.height];
  zoom = Math.min(MOST, Math.max(1, wanted));
  if (zoom < 1.02) zoom = 1;
  const fit = Math.min(frame.width / width, frame.height / height, ENLARGED);
  picture.style.width = `${Math.floor(width * fit * zoom)}px`;
  picture.style.height = `${Math.floor(height * fit * zoom)}px`;
  stage.classList.toggle("zoomed", zoom > 1);
  const now = picture.getBoundingClientRect();
  if (before.width && zoom > 1) {
    stage.scrollLeft += now.left + at[0] * now.width - x;
    stage.scrollTop += now.top + at[1] * now.height - y;
  }
  part("level").textContent = `${Math.round(zoom * 100)} %`;
  available("out", zoom > 1);
  available("whole", zoom > 1);
  available("in", zoom < MOST);
}

/** While it is open every key is the picture's: those of the page below must not do anything. */
function keyed(event) {
  event.stopImmediatePropagation();
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (zoom > 1 && moves) stage.scrollBy(moves[0] * stage.clientWidth * 0.25, moves[1] * stage.clientHeight * 0.25);
  else if (event.key === "ArrowLeft" || event.key === "PageUp") step(-1);
  else if (event.key === "ArrowRight" || event.key === "PageDown") step(1);
  else if (event.key === "+" || event.key === "=") zoomTo(zoom * STEP);
  else if (event.key === "-" || event.key === "_") zoomTo(zoom / STEP);
  else if (event.key === "0") zoomTo(1);
  else return;
  event.preventDefault();
}

function pressed(event) {
  const name = event.target.closest("[data-act]")?.dataset.act;
  if (name === "close") dialog.close();
  else if (name === "in") zoomTo(zoom * STEP);
  else if (name === "out") zoomTo(zoom / STEP);
  else if (name === "whole") zoomTo(1);
  else if (name === "previous") step(-1);
  else if (name === "next") step(1);
}

/** Fingers and the mouse on the stage: one drags or swipes, two pinch, two taps zoom, one beside the picture closes. */
function followPointers() {
  const held = new Map();
  let press;
  let pinch;
  let tapped = { at: -Infinity, x: 0, y: 0 };
  const spread = () => {
    const [a, b] = [...held.values()];
    return { apart: Math.hypot(a.x - b.x, a.y - b.y) || 1, x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 };
  };
  stage.addEventListener("pointerdown", (event) => {
    // Scroll bars are the browser's.
    const frame = stage.getBoundingClientRect();
    const onBar = event.clientX >= frame.left + stage.clientWidth || event.clientY >= frame.top + stage.clientHeight;
    if (event.button || onBar) return;
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    stage.setPointerCapture(event.pointerId);
    if (held.size === 1) press = { x: event.clientX, y: event.clientY, on: event.target === picture, moved: false };
    if (held.size === 2) pinch = { ...spread(), zoom };
  });
  stage.addEventListener("pointermove", (event) => {
    const was = held.get(event.pointerId);
    if (!was) return;
    held.set(event.pointerId, { x: event.clientX, y: event.clientY });
    press.moved ||= held.size > 1 || Math.hypot(event.clientX - press.x, event.clientY - press.y) > DRAG;
    if (held.size === 2) {
      const now = spread();
      zoomTo((pinch.zoom * now.apart) / pinch.apart, now.x, now.y);
    } else if (held.size === 1 && press.moved && zoom > 1) {
      stage.scrollLeft -= event.clientX - was.x;
      stage.scrollTop -= event.clientY - was.y;
    }
  });
  const lifted = (event) => {
    if (!held.delete(event.pointerId)) return;
    const pinched = pinch;
    if (held.size === 0) pinch = undefined;
    if (event.type !== "pointerup" || held.size > 0 || pinched) return;
    const [across, down] = [event.clientX - press.x, event.clientY - press.y];
    if (press.moved) {
      const swiped = event.pointerType !== "mouse" && Math.abs(across) >= SWIPE && Math.abs(across) > 2 * Math.abs(down);
      if (swiped && zoom === 1) step(across < 0 ? 1 : -1);
      return;
    }
    if (!press.on) return;
    const again = event.timeStamp - tapped.at < TAP_TIME && Math.hypot(event.clientX - tapped.x, event.clientY - tapped.y) < TAP;
    tapped = again ? { at: -Infinity, x: 0, y: 0 } : { at: event.timeStamp, x: event.clientX, y: event.clientY };
    if (again) zoomTo(zoom > 1 ? 1 : STEP * STEP, event.clientX, event.clientY);
  };
  for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, lifted);
  // On the click and not when the finger lifts: else the click that follows would reach what lies below.
  stage.addEventListener("click", () => press && !press.on && !press.moved && dialog.close());
  stage.addEventListener("wheel", (event) => {
    // What a touch pad reports of two fingers too.
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoomTo(zoom * Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), event.clientX, event.clientY);
  }, { passive: false });
}

function make() {
  document.body.append(document.getElementById("lightbox").content.cloneNode(true));
  dialog = document.querySelector("dialog.lightbox");
  stage = dialog.querySelector(".lightbox-stage");
  picture = part("picture");
  picture.addEventListener("load", loaded);
  picture.addEventListener("error", () => {
    stage.removeAttribute("aria-busy");
    part("failed").hidden = false;
  });
  dialog.addEventListener("click", pressed);
  dialog.addEventListener("close", closed);
  followPointers();
  new ResizeObserver(() => dialog.open && zoomTo(zoom)).observe(stage);
}

function closed() {
  removeEventListener("keydown", keyed, true);
  picture.removeAttribute("src");
  // What was pressed may have been made anew meanwhile.
  const back = opener.isConnected ? opener : pictures().find((link) => link.href === opener.href);
  (back ?? document.getElementById("utama"))?.focus({ preventScroll: true });
}

/** Shows the picture that a link leads to. */
export function open(link) {
  if (!dialog) make();
  if (dialog.open) return;
  opener = link;
  addEventListener("keydown", keyed, true);
  dialog.showModal();
  show(link);
}
