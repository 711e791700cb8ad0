// Tells the service worker (worker.js) what a page hears, so that it can be read without a connection. Fetched once a page is live and has nothing more urgent to do.

/** How long frames are gathered before they are handed over (ms). */
const GATHERS = 1_000;
/** How long a worker may take to be asked by the page (ms). */
const TAKES_OVER = 5_000;

let frames = [];
let gathering;
/** The worker, while it is to keep something. */
let worker;
let follows = false;

/** Follows `feed`, an open stream. `path` is where a conversation is loaded from. */
export async function keep(feed, path) {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register("/worker.js", { updateViaCache: "none" });
  worker = (await navigator.serviceWorker.ready).active;
  const { workspace, person, rights } = feed;
  worker.postMessage({ begun: { workspace, person, rights, after: feed.last, path } });
  if (!follows) follow(workspace);
  follows = true;
  // What the page itself brought along.
  const conversation = location.pathname.match(/\/inbox\/([0-9a-f-]{36})$/)?.[1];
  if (conversation && (await isInCharge())) await fetch(`${path}?${new URLSearchParams({ workspace, conversation })}`).catch(() => {});
}

function follow(workspace) {
  const tell = () => {
    clearTimeout(gathering);
    gathering = undefined;
    if (frames.length) worker?.postMessage({ heard: { workspace, frames } });
    frames = [];
  };
  addEventListener("live-frame", ({ detail }) => {
    frames.push(detail);
    gathering ??= setTimeout(tell, GATHERS);
  });
  addEventListener("pagehide", tell);
  document.addEventListener("visibilitychange", tell);
  addEventListener("live-reset", ({ detail }) => {
    frames = [];
    worker?.postMessage({ renewed: { workspace, after: detail } });
  });
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
  worker = undefined;
  const registration = await navigator.serviceWorker?.getRegistration("/");
  registration?.active?.postMessage({ unwanted: true });
}
