// Files that are about to be sent. The browser's File objects stay here; the page knows them by an id. In JavaScript, because requests that tell
// how far they are would cost far more as bindings.

/** id → { ready (a promise of the file as it will go), url, request } */
const held = new Map();
const MB = 1 << 20;
/** Of pictures WhatsApp takes these as they are, up to 5 MB. */
const FITTING = ["image/jpeg", "image/png"];
/** What a picture is made fit to: WhatsApp shows no more than that. */
const LONGEST_SIDE = 2560;

function freshId() {
  return crypto.randomUUID?.() ?? "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (d) =>
    (d ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (d / 4)))).toString(16));
}

/** The files of a chooser, of what was pasted or of what was dropped. */
function filesOf(source) {
  return Array.from((source.dataTransfer ?? source.clipboardData ?? source).files ?? []);
}

/** Whether an event brings files. While something is dragged only the types are told. */
export function bringsFiles(event) {
  const data = event.dataTransfer ?? event.clipboardData;
  if (!data || !Array.from(data.types).includes("Files")) return false;
  // What is copied out of a spreadsheet or a text is a picture as well; it is meant as text.
  return !event.clipboardData || !data.getData("text/plain");
}

/** A picture that WhatsApp takes: HEIC, WebP and what is too large become JPEG, if this browser can read them. GIF would stop moving. */
async function fit(file) {
  const asItIs = FITTING.includes(file.type) && file.size <= 5 * MB;
  if (!file.type.startsWith("image/") || file.type === "image/gif" || file.type === "image/svg+xml" || asItIs) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const context = canvas.getContext("2d");
    // JPEG has no transparency.
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const bytes = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
    return bytes ? new File([bytes], file.name.replace(/\.[^.]*$/, "") + ".jpg", { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

/** Takes files over; answers, one a line, with their ids, sizes, types, addresses at which pictures and sounds are, and names, with tabs between. */
export async function take(source) {
  const files = filesOf(source);
  // The same file may be chosen again.
  if ("value" in source) source.value = "";
  return files
    .map((file) => {
      const id = freshId();
      const shown = FITTING.includes(file.type) || file.type.startsWith("audio/");
      const url = shown ? URL.createObjectURL(file) : "";
      held.set(id, { ready: fit(file), url });
      return [id, file.size, file.type, url, file.name.replace(/[\t\n]/g, " ")].join("\t");
    })
    .join("\n");
}

/** Posts a file with the other fields of the form. Answers with the status and, on the next line, the body; with "0" when no server was reached. */
export async function post(id, address, client, seen, replyTo, text, undo, until, at, progress) {
  const entry = held.get(id);
  if (!entry) return "0";
  const file = await entry.ready;
  const form = new FormData();
  const fields = { client_id: client, seen_seq: seen, reply_to: replyTo, text, undo, until, at };
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  form.append("file", file, file.name);
  const answer = await once(entry, id, address, form, progress);
  if (!answer.startsWith("401")) return answer;
  // A session that only needs renewing is renewed by what looks after `fetch`, which this was not.
  const renewed = await fetch("/api/session").catch(() => undefined);
  return renewed?.ok ? once(entry, id, address, form, progress) : answer;
}

function once(entry, id, address, form, progress) {
  return new Promise((done) => {
    // Let go of while it was made ready.
    if (!held.has(id)) return done("0");
    const request = new XMLHttpRequest();
    entry.request = request;
    request.open("POST", address);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => event.lengthComputable && progress(Math.floor((100 * event.loaded) / event.total));
    request.onload = () => done(`${request.status}\n${request.responseText}`);
    request.onerror = request.onabort = request.ontimeout = () => done("0");
    request.send(form);
  });
}

/** Lets go of a file, and stops it if it is on its way. */
export function letGo(id) {
  const entry = held.get(id);
  held.delete(id);
  entry?.request?.abort();
  if (entry?.url) URL.revokeObjectURL(entry.url);
}

/** A file that is dropped beside its place must not take the page's, and leaving with files that have not gone is asked about. Returns what stops it. */
export function guardLeaving() {
  const stop = new AbortController();
  addEventListener("beforeunload", (event) => held.size && event.preventDefault(), { signal: stop.signal });
  const ignore = (event) => {
    if (event.defaultPrevented || !bringsFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  };
  for (const kind of ["dragover", "drop"]) addEventListener(kind, ignore, { signal: stop.signal });
  return () => stop.abort();
}
