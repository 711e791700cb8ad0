// Tells the service worker (worker.js) what a page hears, so that it can be read without a connection. Fetched once a page is live and has nothing more urgent to do.

/** How long frames are gathered before they are handed over (ms). */
const GATHERS = 1_000;
/** How often it is told that a page is connected, though nothing happens (ms). */
const STILL_THERE = 300_000;
/** How long a worker may take to be asked by the page (ms). */
const TAKES_OVER = 5_000;

let frames = [];
let gathering;
/** Where the worker is registered, while it is to keep something: which one that is may change. */
let registration;
let follows = false;

/** Follows `feed`, an open stream. `path` is where a conversation is loaded from. */
export async function keep(feed, path) {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/worker.js", { updateViaCache: "none" });
  registration = await navigator.serviceWorker.ready;
  begin(feed, path);
  if (!follows) follow(feed, path);
  follows = true;
  // What the page itself brought along.
  const conversation = location.pathname.match(/\/inbox\/([0-9a-f-]{36})$/)?.[1];
  const { workspace } = feed;
  if (conversation && (await isInCharge())) await fetch(`${path}?${new URLSearchParams({ workspace, conversation })}`).catch(() => {});
}

const tell = (message) => registration?.active?.postMessage(message);

function begin(feed, path) {
  const { workspace, person, rights } = feed;
  const bundle = [...document.querySelectorAll("link[rel=modulepreload]")].map(({ href }) => href).join(" ");
  tell({ begun: { workspace, person, rights, after: feed.last, path, bundle } });
}

function follow(feed, path) {
  const { workspace, person, rights } = feed;
  const hand = () => {
    clearTimeout(gathering);
    gathering = undefined;
    if (frames.length) tell({ heard: { workspace, person, rights, frames } });
    frames = [];
  };
  addEventListener("live-frame", ({ detail }) => {
    frames.push(detail);
    gathering ??= setTimeout(hand, GATHERS);
  });
  addEventListener("pagehide", hand);
  document.addEventListener("visibilitychange", hand);
  addEventListener("live-reset", ({ detail }) => {
    frames = [];
    tell({ renewed: { workspace, person, rights, after: detail } });
  });
  setInterval(() => feed.state === "connected" && tell({ heard: { workspace, person, rights, frames: [] } }), STILL_THERE);
  // Another one took over, and knows nothing of this page.
  navigator.serviceWorker.addEventListener("controllerchange", () => begin(feed, path));
}

/** Whether what this page asks for goes through the worker; one that was just made takes it over in a moment. */
function isInCharge() {
  return new Promise((done) => {
    if (navigator.serviceWorker.controller) return done(true);
    navigator.serviceWorker.addEventListener("controllerchange", () => done(true), { once: true });
    setTimeout(() => done(false), TAKES_OVER);
  });
}

/** Nothing is to be kept here, from now on. */
export async function stop() {
  registration = undefined;
  const known = await navigator.serviceWorker?.getRegistration("/");
  known?.active?.postMessage({ unwanted: true });
}
