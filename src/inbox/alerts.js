// What calls somebody who is not looking: a sound, and a notice of the desktop. What they want is kept in this browser, because it is about this
// machine. In JavaScript, because sound and notices would cost far more as bindings.

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
const DEFAULTS = { sound: "chime", repeat: false, desktop: false };
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

/** Whether notices of the desktop are wanted and allowed. */
export function desktop() {
  return settings().desktop && globalThis.Notification?.permission === "granted";
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

/** Asks the browser for notices, or does without. Answers whether there will be some. */
export async function chooseDesktop(wanted) {
  const allowed = wanted && globalThis.Notification !== undefined && (await Notification.requestPermission()) === "granted";
  change({ desktop: allowed });
  return allowed;
}

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

/** Something concerns the person. `looking`: at this page, but not at that conversation. `open` is called with `tag` when the notice is clicked. */
export function raise(title, text, tag, workspace, event, looking, open) {
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
    if (!desktop()) return;
    try {
      // One for each conversation: a newer one takes its place.
      const notice = new Notification(title, { body: text, tag, icon: "/favicon.svg" });
      notice.onclick = () => {
        window.focus();
        open(tag);
        notice.close();
      };
    } catch {
      // Phones show notices of a service worker only.
    }
  }, LISTENS);
}
