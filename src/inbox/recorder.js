// Voice messages: recorded in place of the composer's tools, then a file like any other that is to be sent. Plain JavaScript, fetched when somebody first
// records; its frame stands in the page as a template. What is being recorded belongs to the conversation in which it began: it never goes to another, and
// is not lost when one leaves.

/** Bits a second: speech at its clearest; 512 KB, up to which WhatsApp plays it in place, are almost three minutes. */
const BITRATE = 24_000;
/** What browsers can record of what we can send, best first: Opus, and where there is none, the sound of MP4, which goes as a file. */
const TYPES = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"];
/** Milliseconds. Nothing is said in less than the first; at the second it stops by itself. */
const SHORTEST = 500;
const LONGEST = 15 * 60_000;
/** How many loudnesses are drawn, and how often one is taken. */
const BARS = 40;
const STEP = 100;
/** How long a form may take to show a file that it was given. */
const PATIENCE = 3_000;

/** What is being recorded: at most one. */
let now;
/** Conversation → { files, note }: recordings whose form was gone when they ended. */
const kept = new Map();
/** What is said to those who do not see the screen; in the page before anything is said. */
const status = document.createElement("p");
status.setAttribute("role", "status");
status.className = "sr-only";
const notes = document.createElement("section");
notes.className = "rec-notes";
notes.ariaLabel = document.querySelector("template#recorder").content.firstElementChild.ariaLabel;
document.body.append(status, notes);

const formOf = (conversation) =>
  [...document.querySelectorAll("form.composer")].find(
    (form) => form.elements.file && form.elements.conversation?.value === conversation,
  );

/** Begins to record for the form in which the button stands. */
export async function record(button) {
  if (now) return now.bar.querySelector("button:not([hidden])").focus();
  const form = button.closest("form");
  const bar = document.querySelector("template#recorder").content.firstElementChild.cloneNode(true);
  const recording = (now = { bar, say: bar.dataset, conversation: form.elements.conversation.value, shownAt: performance.now(), chunks: [] });
  form.querySelector(".box").append(bar);
  bar.addEventListener("click", (event) => {
    const way = event.target.closest("button")?.dataset.way;
    // The second click of a double click, and a key that is held, were meant for what stood there before.
    if (way && event.detail < 2 && performance.now() - recording.shownAt > 300) finish(recording, way);
  });
  bar.addEventListener("keydown", (event) => {
    // Letters are no commands here: one of them closes the conversation.
    event.stopPropagation();
    if (event.repeat && event.key === "Enter") event.preventDefault();
    if (event.key !== "Escape") return;
    event.preventDefault();
    // A key pressed by mistake throws nothing away.
    finish(recording, "keep");
  });
  bar.querySelector("[data-way=throw]").focus();
  try {
    await ask(recording);
  } catch {
    failed(recording, "silent");
  }
}

async function ask(recording) {
  const type = TYPES.find((type) => globalThis.MediaRecorder?.isTypeSupported(type));
  if (!type || !navigator.mediaDevices) return failed(recording, "cannot");
  try {
    recording.stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    return failed(recording, error.name === "NotAllowedError" ? "refused" : "silent");
  }
  // Called off, or left, while the browser asked: the microphone is open nevertheless.
  if (recording.ended) return release(recording);
  if (!recording.bar.isConnected) return finish(recording, "throw");
  await begin(recording, type);
}

async function begin(recording, type) {
  const { bar, stream } = recording;
  const context = (recording.context = new AudioContext());
  // Where the browser wants to be touched first it would wait for that; the microphone itself is recorded then.
  await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
  if (recording.ended) return release(recording);
  const source = context.createMediaStreamSource(stream);
  const meter = new AnalyserNode(context, { fftSize: 2048 });
  source.connect(meter);
  // WhatsApp plays one channel only, and some microphones give two whatever they are asked for.
  const single = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: "explicit" });
  source.connect(single);
  const through = context.state === "running";
  const recorder = new MediaRecorder(through ? single.stream : stream, { mimeType: type, audioBitsPerSecond: BITRATE });
  recorder.ondataavailable = (event) => event.data.size && recording.chunks.push(event.data);
  recording.stopped = new Promise((done) => (recorder.onstop = done));
  recorder.onerror = () => finish(recording, "keep");
  // Unplugged, or taken away by a call: what was said until then is kept, and no silence is added to it.
  const [track] = stream.getAudioTracks();
  track.onended = track.onmute = () => finish(recording, "keep");
  if (through) context.onstatechange = () => context.state === "running" || finish(recording, "keep");
  recorder.start(1_000);
  recording.recorder = recorder;
  recording.began = performance.now();
  const here = bar.contains(document.activeElement);
  bar.classList.add("on");
  // Whoever went on writing while the browser asked goes on writing.
  if (here) bar.querySelector("[data-way=send]").focus();
  bar.querySelector(".rec-state").textContent = status.textContent = recording.say.records;
  recording.timer = setInterval(() => draw(recording, meter), STEP);
  draw(recording, meter);
}

/** How long it has been, how loud the last seconds were, and what sending does: ARI may have to stop for it. */
function draw(recording, meter) {
  const { bar } = recording;
  const passed = performance.now() - recording.began;
  if (!bar.isConnected) return finish(recording, "keep");
  if (passed >= LONGEST) {
    tell(recording.say.longest);
    return finish(recording, "keep");
  }
  const seconds = Math.floor(passed / 1_000);
  bar.querySelector("time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const send = bar.closest("form").querySelector("button.send:not([data-way])");
  bar.querySelector(".send-label").textContent = send.querySelector(".send-label").textContent;
  bar.querySelector("[data-way=send]").ariaLabel = send.ariaLabel;
  const samples = new Float32Array(meter.fftSize);
  meter.getFloatTimeDomainData(samples);
  const loudness = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  const bars = bar.querySelector(".rec-bars");
  const last = document.createElement("i");
  last.style.height = `${Math.min(100, 12 + 260 * loudness)}%`;
  bars.append(last);
  while (bars.childElementCount > BARS) bars.firstElementChild.remove();
}

/** Says why nothing is recorded, in place of the tools, until it is put away. */
function failed(recording, why) {
  release(recording);
  if (recording.ended) return;
  if (!recording.bar.isConnected) return finish(recording, "throw");
  recording.bar.classList.add("failed");
  recording.bar.querySelector(".rec-state").textContent = status.textContent = recording.say[why];
}

function release(recording) {
  clearInterval(recording.timer);
  for (const track of recording.stream?.getTracks() ?? []) {
    track.onended = track.onmute = null;
    track.stop();
  }
  if (recording.context) {
    recording.context.onstatechange = null;
    recording.context.close();
  }
  recording.context = undefined;
}

/** Ends it: `send` it, `keep` it beside what is written, to be heard first, or `throw` it away. Once. */
async function finish(recording, way) {
  if (recording.ended) return;
  recording.ended = true;
  if (now === recording) now = undefined;
  const { bar, say, conversation, recorder } = recording;
  const length = performance.now() - (recording.began ?? Infinity);
  const here = bar.contains(document.activeElement);
  bar.remove();
  if (here) formOf(conversation)?.elements.text.focus();
  if (recorder) {
    if (recorder.state !== "inactive") recorder.stop();
    // Its last piece comes before that.
    await recording.stopped;
  }
  release(recording);
  if (way === "throw" || !recorder) return;
  if (!recording.chunks.length || length < SHORTEST) return tell(say.short);
  const type = recorder.mimeType.split(";")[0];
  const file = new File(recording.chunks, `${say.file}.${type === "audio/mp4" ? "m4a" : type.slice(6)}`, { type });
  const form = formOf(conversation);
  // What else stands there, half written perhaps, does not go along unasked.
  const alone = form && !form.elements.text.value.trim() && !form.querySelector(".tray li");
  if (!form || !(await give(form, file))) return keep(recording, file);
  if (way === "send" && alone) form.requestSubmit(form.querySelector("button.send"));
}

/** Hands a recording to the form as if it had been chosen. Answers whether it stands there. Whoever is elsewhere stays there. */
function give(form, file) {
  const focus = document.activeElement;
  const data = new DataTransfer();
  data.items.add(file);
  form.elements.file.files = data.files;
  const shown = new Promise((done) => {
    const look = new MutationObserver((changes) => {
      if (changes.some(({ addedNodes }) => [...addedNodes].some((node) => node.matches?.("li.file")))) end(true);
    });
    const timer = setTimeout(() => end(false), PATIENCE);
    const end = (stands) => {
      clearTimeout(timer);
      look.disconnect();
      done(stands);
    };
    look.observe(form.querySelector(".tray"), { childList: true });
  });
  form.elements.file.dispatchEvent(new Event("change", { bubbles: true }));
  return shown.then((stands) => {
    const elsewhere = focus?.isConnected && focus !== document.body && !form.contains(focus);
    if (elsewhere) focus.focus({ preventScroll: true });
    return stands;
  });
}

/** Says something that passes by. */
function tell(text) {
  status.textContent = text;
  const note = document.createElement("p");
  note.className = "rec-note pop";
  note.textContent = text;
  notes.append(note);
  setTimeout(() => note.remove(), 6_000);
}

/** The conversation was left while it was recorded, or its window closed: it waits until one can write there again, and a note says so until then. */
function keep(recording, file) {
  const { conversation, say, bar } = recording;
  let { files, note } = kept.get(conversation) ?? { files: [] };
  files.push(file);
  if (!note) {
    note = document.createElement("p");
    note.className = "rec-note pop";
    const text = document.createElement("span");
    text.textContent = status.textContent = say.kept;
    const link = document.createElement("a");
    link.href = `/${location.pathname.split("/")[1]}/inbox/${conversation}`;
    link.textContent = say.open;
    const discard = document.createElement("button");
    discard.type = "button";
    discard.className = "tool hit";
    discard.ariaLabel = discard.title = say.discard;
    discard.append(bar.querySelector("[data-way=throw] svg").cloneNode(true));
    discard.addEventListener("click", () => forget(conversation));
    note.append(text, " ", link, discard);
    notes.append(note);
  }
  kept.set(conversation, { files, note });
}

function forget(conversation) {
  kept.get(conversation)?.note.remove();
  kept.delete(conversation);
}

/** Gives back what was kept, once its form is there. One at a time, and nothing is let go of before it stands there. */
let giving = false;
async function giveBack() {
  if (giving) return;
  giving = true;
  // Not before the form's own code is there.
  await new Promise((done) => setTimeout(done));
  for (const [conversation, { files }] of [...kept]) {
    for (let form; files.length && (form = formOf(conversation)); files.shift()) {
      if (!(await give(form, files[0]))) break;
    }
    if (!files.length) forget(conversation);
  }
  giving = false;
}

new MutationObserver(() => {
  if (now && !now.bar.isConnected) finish(now, "keep");
  if ([...kept.keys()].some(formOf)) giveBack();
}).observe(document.body, { childList: true, subtree: true });

addEventListener("beforeunload", (event) => {
  if (now?.began || kept.size) event.preventDefault();
});
