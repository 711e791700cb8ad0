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
const BARS = 40;
const STEP = 100;

/** What is being recorded: at most one. */
let now;
/** Conversation → recordings whose form was gone when they ended. */
const kept = new Map();

const formOf = (conversation) =>
  [...document.querySelectorAll("form.composer")].find(
    (form) => form.elements.file && form.elements.conversation?.value === conversation,
  );

/** Begins to record for the form in which the button stands. */
export async function record(button) {
  if (now) return now.bar.querySelector("[data-way=send]").focus();
  const form = button.closest("form");
  const bar = document.querySelector("template#recorder").content.firstElementChild.cloneNode(true);
  const mine = (now = { bar, conversation: form.elements.conversation.value, chunks: [], label: bar.dataset.file });
  // It says what sending does: ARI may have to stop for it.
  bar.querySelector(".send-label").textContent = form.querySelector("button.send .send-label").textContent;
  bar.querySelector("[data-way=send]").ariaLabel = form.querySelector("button.send").ariaLabel;
  form.querySelector(".box").append(bar);
  bar.addEventListener("click", (event) => {
    const way = event.target.closest("button")?.dataset.way;
    if (way) finish(mine, way);
  });
  bar.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    // A key pressed by mistake throws nothing away.
    finish(mine, "keep");
  });
  bar.querySelector("[data-way=throw]").focus();
  const type = TYPES.find((type) => globalThis.MediaRecorder?.isTypeSupported(type));
  if (!type || !navigator.mediaDevices) return failed(mine, "cannot");
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
    });
  } catch (error) {
    return failed(mine, error.name === "NotAllowedError" ? "refused" : "silent");
  }
  mine.stream = stream;
  // Called off, or left, while the browser asked.
  if (now !== mine || !bar.isConnected) return finish(mine, "throw");
  try {
    await begin(mine, type);
  } catch {
    failed(mine, "silent");
  }
}

async function begin(mine, type) {
  const context = (mine.context = new AudioContext());
  // Where the browser wants to be touched first it would wait for that; the microphone itself is recorded then.
  await Promise.race([context.resume(), new Promise((done) => setTimeout(done, 500))]);
  const source = context.createMediaStreamSource(mine.stream);
  const meter = new AnalyserNode(context, { fftSize: 2048 });
  source.connect(meter);
  // WhatsApp takes one channel only, and some microphones give two whatever they are asked for.
  const single = new MediaStreamAudioDestinationNode(context, { channelCount: 1, channelCountMode: "explicit" });
  source.connect(single);
  const recorder = (mine.recorder = new MediaRecorder(context.state === "running" ? single.stream : mine.stream, {
    mimeType: type,
    audioBitsPerSecond: BITRATE,
  }));
  if (now !== mine) return finish(mine, "throw");
  recorder.ondataavailable = (event) => event.data.size && mine.chunks.push(event.data);
  recorder.onerror = () => finish(mine, "keep");
  mine.stream.getAudioTracks()[0].onended = () => finish(mine, "keep");
  recorder.start(1_000);
  mine.began = performance.now();
  mine.bar.classList.add("on");
  mine.bar.querySelector("[data-way=send]").focus();
  mine.bar.querySelector(".rec-state").textContent = mine.bar.dataset.records;
  draw(mine, meter);
  mine.timer = setInterval(() => draw(mine, meter), STEP);
}

/** How long it has been, and how loud the last seconds were. */
function draw(mine, meter) {
  const passed = performance.now() - mine.began;
  if (!mine.bar.isConnected || passed >= LONGEST) return finish(mine, "keep");
  const seconds = Math.floor(passed / 1_000);
  mine.bar.querySelector("time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  const samples = new Float32Array(meter.fftSize);
  meter.getFloatTimeDomainData(samples);
  const loudness = Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
  const bars = mine.bar.querySelector(".rec-bars");
  const last = document.createElement("i");
  last.style.height = `${Math.min(100, 12 + 260 * loudness)}%`;
  bars.append(last);
  while (bars.childElementCount > BARS) bars.firstElementChild.remove();
}

/** Says why nothing is recorded, in place of the tools, until it is put away. */
function failed(mine, why) {
  mine.failed = true;
  release(mine);
  if (now !== mine || !mine.bar.isConnected) return finish(mine, "throw");
  mine.bar.classList.add("failed");
  mine.bar.querySelector(".rec-state").textContent = mine.bar.dataset[why];
}

function release(mine) {
  clearInterval(mine.timer);
  for (const track of mine.stream?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
  mine.context?.close();
  mine.context = undefined;
}

/** Ends it: `send` it, `keep` it beside what is written, to be heard first, or `throw` it away. Once. */
async function finish(mine, way) {
  if (mine.ended) return;
  mine.ended = true;
  if (now === mine) now = undefined;
  const length = performance.now() - (mine.began ?? Infinity);
  if (mine.recorder && mine.recorder.state !== "inactive") {
    await new Promise((done) => {
      mine.recorder.onstop = done;
      mine.recorder.stop();
    });
  }
  release(mine);
  const had = mine.bar.contains(document.activeElement);
  mine.bar.remove();
  if (had) formOf(mine.conversation)?.elements.text.focus();
  if (way === "throw" || !mine.chunks.length || !(length >= SHORTEST)) return;
  const type = mine.recorder.mimeType.split(";")[0];
  const file = new File(mine.chunks, `${mine.label}.${type === "audio/mp4" ? "m4a" : type.slice(6)}`, { type });
  const form = formOf(mine.conversation);
  if (!form) return keep(mine, file);
  await give(form, file);
  if (way === "send") form.requestSubmit(form.querySelector("button.send"));
}

/** Hands a recording to the form as if it had been chosen; done when it stands there. */
function give(form, file) {
  const tray = form.querySelector(".tray");
  const before = tray.childElementCount;
  const data = new DataTransfer();
  data.items.add(file);
  form.elements.file.files = data.files;
  const shown = new Promise((done) => {
    const look = new MutationObserver(() => {
      if (tray.childElementCount <= before) return;
      look.disconnect();
      done();
    });
    look.observe(tray, { childList: true });
  });
  form.elements.file.dispatchEvent(new Event("change", { bubbles: true }));
  return shown;
}

/** The conversation was left while it was recorded, or its window closed: it waits until one can write there again, and that is said. */
function keep(mine, file) {
  kept.set(mine.conversation, [...(kept.get(mine.conversation) ?? []), file]);
  const note = document.createElement("p");
  note.className = "rec-kept pop";
  note.setAttribute("role", "status");
  document.body.append(note);
  note.textContent = mine.bar.dataset.kept;
  setTimeout(() => note.remove(), 8_000);
}

new MutationObserver(() => {
  if (!now && !kept.size) return;
  if (now && !now.bar.isConnected) finish(now, "keep");
  for (const [conversation, files] of kept) {
    const form = formOf(conversation);
    if (!form) continue;
    kept.delete(conversation);
    // Not before the form's own code is there.
    files.reduce((before, file) => before.then(() => give(form, file)), new Promise((done) => setTimeout(done)));
  }
}).observe(document.body, { childList: true, subtree: true });

addEventListener("beforeunload", (event) => {
  if (now?.began || kept.size) event.preventDefault();
});
