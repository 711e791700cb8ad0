// What calls somebody who is not looking: a sound, and a notice on the screen. What they want is kept in this browser, because it is about this
// machine. In JavaScript, because sound and notices would cost far more as bindings.
//
// Where notices are wanted, the browser is also made known to the server as one that can be called while no page is open (Push API): push/worker.js shows
// those calls then.

const KEY = "alerts";
/** Of each workspace the last event that was seen at a tab which somebody looked at: the others need not call for it. */
const SEEN = "seen-event:";
/** When somebody came to look at one of the tabs. */
const CALMED = "calmed-at";
/** Of a sound: the frequencies (Hz) and when each begins (s). */
const SOUNDS = {
  chime: [[880, 0], [1318.5, 0.13]],
  knock: [[196, 0], [196, 0.17]],
  bell: [[1046.5, 0], [1568, 0.02]],
};
const DEFAULTS = { sound: "chime", repeat: false };
/** As many notices are shown by a page within ten seconds: who is given two hundred conversations at once learns that from a few. */
const MOST_AT_ONCE = 5;
/** How long a tab waits to hear that another one shows it to somebody (ms). */
const LISTENS = 250;
const REPEATS = 20_000;

let audio;
let repeating;

function stored(work, otherwise) {
  try {
    return work(localStorage);
  } catch {
    return otherwise;
  }
}

function settings() {
  const kept = stored((kept) => JSON.parse(kept.getItem(KEY) ?? "{}"), {});
  return { ...DEFAULTS, ...kept };
}

export function chosenSound() {
  return settings().sound;
}

export function repeats() {
  return settings().repeat;
}

/** That notices are not wanted here outlasts signing out, which empties the storage. */
const OFF = "notices-off=1";

/** Whether notices are wanted and allowed. Nobody allows them but by choosing them here, so that is what counts where the choice was forgotten with all else at signing out. */
export function desktop() {
  return globalThis.Notification?.permission === "granted" && settings().desktop !== false && !document.cookie.includes(OFF);
}

function wantNotices(wanted) {
  change({ desktop: wanted });
  document.cookie = `${OFF}; path=/; samesite=lax; max-age=${wanted ? 0 : 34_560_000}`;
}

function change(more) {
  stored((kept) => kept.setItem(KEY, JSON.stringify({ ...settings(), ...more })));
}

/** Chooses a sound, and lets it be heard. */
export function chooseSound(sound) {
  change({ sound });
  stopRepeating();
  play(sound);
}

export function chooseRepeats(repeat) {
  change({ repeat });
  if (!repeat) stopRepeating();
}

/** Asks the browser for notices, or does without. Answers what came of it: "on" (also while closed), "open" (while a page is open), "off", "denied", or "unknown" where a
 * browser has none, as on iPhones until the site is on the Home Screen. */
export async function chooseDesktop(wanted) {
  if (!wanted) {
    wantNotices(false);
    deafen();
    return "off";
  }
  if (!globalThis.Notification) return "unknown";
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  wantNotices(true);
  return (await listen(true)) ? "on" : "open";
}

async function post(path, body) {
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw Object.assign(new Error(`${path}: ${answer.status}`), { status: answer.status });
}

const registration = () => navigator.serviceWorker?.getRegistration("/");

/** Makes this browser known as one that can be called. Again with each page: whoever is signed in now is the one to be called, and addresses change. `asked`: somebody has just
 * chosen it; else it may have been stopped from another device meanwhile. Answers whether it is. */
async function listen(asked) {
  if (!desktop()) return false;
  try {
    await navigator.serviceWorker.register("/worker.js", { updateViaCache: "none" });
    const worker = await navigator.serviceWorker.ready;
    const key = (await (await fetch("/api/push-key")).json()).key;
    let subscription = await worker.pushManager.getSubscription();
    const known = subscription?.options?.applicationServerKey;
    // One for a key that the server had before is called by nobody.
    if (known && base64(known) !== key) {
      await subscription.unsubscribe();
      subscription = null;
    }
    subscription ??= await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
    if (!desktop()) return false;
    await post("/api/push-devices", { ...subscription.toJSON(), asked });
    return true;
  } catch (error) {
    if (error.status === 409) {
      wantNotices(false);
      deafen();
    }
    // No push service can be reached, or the browser has none: it is called while a page is open.
    console.info("push:", error);
    return false;
  }
}

/** The alphabet of RFC 4648, section 5, without padding. */
function base64(buffer) {
  return btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The browser is not to be called any more. */
async function deafen() {
  try {
    const subscription = await (await registration())?.pushManager.getSubscription();
    if (!subscription) return;
    await subscription.unsubscribe();
    await post("/api/push-forgotten", { endpoint: subscription.endpoint });
  } catch (error) {
    // The push service says it to the server with the next call.
    console.info("push:", error);
  }
}

// What a page does first is more urgent.
if (globalThis.document && desktop()) setTimeout(() => listen(false), 3000);

/** What a click on a notice opens, where this page shows that workspace. */
let clicked;

export function whenClicked(workspace, open) {
  clicked = { workspace, open };
}

// Who puts the phone away or closes the page does not look any more: what comes now is to call them elsewhere, and not only once the server has missed them.
globalThis.document?.addEventListener("visibilitychange", () => {
  if (clicked && document.visibilityState === "hidden") navigator.sendBeacon(`/api/${clicked.workspace}/gone`);
});

globalThis.navigator?.serviceWorker?.addEventListener("message", (event) => {
  const { workspace, conversation } = event.data?.open ?? {};
  if (!workspace || workspace !== clicked?.workspace) return;
  event.ports[0]?.postMessage("opened");
  if (conversation) clicked.open(conversation);
});

async function play(name) {
  const sound = SOUNDS[name];
  if (!sound || !globalThis.AudioContext) return;
  audio ??= new AudioContext();
  // Browsers keep a page silent until somebody has touched it. What could not be heard then is not made up for later.
  await Promise.race([audio.resume().catch(() => {}), new Promise((done) => setTimeout(done, 300))]);
  if (audio.state !== "running") return;
  for (const [frequency, delay] of sound) {
    const [tone, volume] = [audio.createOscillator(), audio.createGain()];
    const from = audio.currentTime + delay;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, from);
    volume.gain.exponentialRampToValueAtTime(0.22, from + 0.012);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.5);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.55);
  }
}

function stopRepeating() {
  clearInterval(repeating);
  repeating = undefined;
}

/** Somebody came to look: nothing goes on calling them, in no tab. */
export function calm() {
  stopRepeating();
  stored((kept) => kept.setItem(CALMED, String(Date.now())));
}

addEventListener("storage", (event) => {
  if (event.key === CALMED) stopRepeating();
});

/** What an event has to tell is seen here: the other tabs need not. */
export function seen(workspace, event) {
  stored((kept) => kept.setItem(SEEN + workspace, `${event} ${Date.now()}`));
}

/** Whether that was so a moment ago; what another tab wrote long before says nothing of events that are counted anew. */
function isSeen(workspace, event) {
  const [last, at] = (stored((kept) => kept.getItem(SEEN + workspace), null) ?? "0 0").split(" ").map(Number);
  return last >= event && Date.now() - at < 60_000;
}

/** Of several tabs one makes the sound. */
async function ring(sound) {
  if (!navigator.locks) return play(sound);
  await navigator.locks.request("my21staff-ring", { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    play(sound);
    await new Promise((done) => setTimeout(done, 1500));
  });
}

/** Something concerns the person. `looking`: at this page, but not at that conversation. */
export function raise(title, text, tag, workspace, event, looking) {
  const { sound, repeat } = settings();
  if (looking) {
    seen(workspace, event);
    ring(sound);
    return;
  }
  setTimeout(() => {
    if (isSeen(workspace, event)) return;
    ring(sound);
    if (repeat && sound !== "off") repeating ??= setInterval(() => ring(sound), REPEATS);
    if (desktop()) show(title, text, tag, workspace, event);
  }, LISTENS);
}

let lately = [];

/** One for each conversation: a newer one takes its place. By the worker where there is one: it knows then that the server's call needs no second notice. */
async function show(title, body, tag, workspace, event) {
  lately = lately.filter((at) => at > Date.now() - 10_000);
  if (lately.push(Date.now()) > MOST_AT_ONCE) return;
  const worker = await registration()?.catch(() => undefined);
  if (worker?.active) {
    await caches.open("shown-notices").then((cache) => cache.put(`/shown/${tag}`, new Response(String(event)))).catch(() => {});
    const data = { workspace, conversation: tag, event };
    return worker.showNotification(title, { body, tag, renotify: true, icon: "/icon-192.png", badge: "/badge.png", data });
  }
  try {
    const notice = new Notification(title, { body, tag, icon: "/icon-192.png" });
    notice.onclick = () => {
      window.focus();
      clicked?.open(tag);
      notice.close();
    };
  } catch {
    // Phones show notices of a worker only.
  }
}

/** A conversation was read: nothing needs to call for it. */
export async function isRead(tag) {
  const worker = await registration()?.catch(() => undefined);
  for (const notice of (await worker?.getNotifications({ tag })) ?? []) notice.close();
}
