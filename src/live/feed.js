// One stream of changes per browser and workspace, shared by all its tabs.
//
// The tab that holds the Web Lock is the leader: it alone keeps an EventSource and repeats every frame on a BroadcastChannel. The others
// listen. Each tab knows the sequence number it applied last and never applies an older frame. Every frame names the one before it, so a
// tab that missed something (it slept, the channel dropped a message) notices and fetches what lies between. A leader that went silent
// (phones suspend hidden tabs with their locks) loses the lock to a tab that is awake.
//
// A tab joins in this order: listen and keep what comes, fetch everything since its page was made, apply what was kept and is newer.

const SILENCE = 40_000; // the server pings every 15 s
const ANSWER = 2_000; // how long a leader may take to answer "who"
const FIRST_DELAY = 400;
const LONGEST_DELAY = 15_000;

/**
 * @param {string} workspace slug in the address
 * @param {string} person whose session this is; tabs of another session do not share
 * @param {string} rights stands for all that the person may see; what was kept (offline/) under other rights is of no use
 * @param {number} after sequence number of the page
 * @param {(json: string, seq: number) => void} onFrame in order, each once
 * @param {(state: "connected" | "reconnecting" | "offline") => void} onState
 * @param {(json: string) => void} onHere where a colleague is; not in order with frames, and not repeated
 * @param {() => void} onReset the cursor is unknown to the server: load everything again, then call `resume`
 */
export function openFeed(workspace, person, rights, after, onFrame, onHere, onState, onReset) {
  return new Feed(workspace, person, rights, after, onFrame, onHere, onState, onReset);
}

class Feed {
  constructor(workspace, person, rights, after, onFrame, onHere, onState, onReset) {
    this.base = `/api/${encodeURIComponent(workspace)}`;
    this.name = `my21staff-live-${workspace}-${person}`;
    this.last = after;
    Object.assign(this, { workspace, person, rights, onFrame, onHere, onState, onReset });
    this.state = "";
    this.leaderState = "";
    this.waiting = []; // frames kept while catching up; null when up to date
    this.stopped = new AbortController();
    const listen = (target, event, run) => target.addEventListener(event, run, { signal: this.stopped.signal });
    listen(window, "online", () => this.wake());
    listen(window, "offline", () => this.show("offline"));
    listen(document, "visibilitychange", () => document.visibilityState === "visible" && this.wake());
    listen(window, "pageshow", (event) => event.persisted && this.start());
    listen(window, "pagehide", () => this.rest());
    this.start();
  }

  start() {
    this.rest();
    this.delay = FIRST_DELAY;
    this.show(navigator.onLine ? "reconnecting" : "offline");
    this.channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(this.name);
    if (this.channel) this.channel.onmessage = ({ data }) => this.heard(data);
    this.heardAt = Date.now();
    this.watch = setInterval(() => this.check(), 5_000);
    if (this.channel && navigator.locks) {
      this.compete(false);
      this.ask();
      this.catchUp();
    } else {
      this.lead();
    }
  }

  /** Lets go of everything; the page may be kept frozen. */
  rest() {
    clearInterval(this.watch);
    clearTimeout(this.timer);
    clearTimeout(this.asked);
    this.source?.close();
    this.source = null;
    this.leading = false;
    this.release?.();
    this.release = null;
    this.competing?.abort();
    this.channel?.close();
    this.channel = null;
  }

  close() {
    this.stopped.abort();
    this.rest();
  }

  /** Everything was loaded again, as of `seq`. */
  resume(seq) {
    this.last = seq;
    dispatchEvent(new CustomEvent("live-reset", { detail: seq }));
    if (this.leading) this.connect();
    else this.catchUp();
  }

  // ── who leads ──────────────────────────────────────────────────────────────────────────────────────────────────

  compete(steal) {
    this.competing?.abort();
    const competing = (this.competing = new AbortController());
    const hold = () =>
      new Promise((release) => {
        if (competing !== this.competing || competing.signal.aborted) return release();
        this.release = release;
        this.lead();
      });
    navigator.locks.request(this.name, steal ? { steal } : { signal: competing.signal }, hold).catch(() => {
      // Stolen by a tab that is awake, or no longer wanted.
      if (competing !== this.competing || competing.signal.aborted) return;
      this.leading = false;
      this.source?.close();
      this.source = null;
      this.show("reconnecting");
      this.compete(false);
      this.ask();
    });
  }

  lead() {
    this.leading = true;
    clearTimeout(this.asked);
    this.connect();
  }

  /** Asks the leader to speak; one that does not is asleep and loses its place. */
  ask() {
    if (this.leading || !this.channel) return;
    this.tell({ type: "who" });
    clearTimeout(this.asked);
    this.asked = setTimeout(() => !this.leading && this.compete(true), ANSWER);
  }

  tell(message) {
    this.channel?.postMessage(message);
  }

  heard(message) {
    this.heardAt = Date.now();
    if (message.type === "who") {
      if (this.leading) this.tell({ type: "state", state: this.state });
      return;
    }
    clearTimeout(this.asked);
    if (this.leading) return;
    if (message.type === "state") {
      this.leaderState = message.state;
      // Connected is only true here once nothing is missing.
      if (!this.waiting || message.state !== "connected") this.show(message.state);
    }
    if (message.type === "frame") this.take(message);
    if (message.type === "here") this.onHere(message.json);
    if (message.type === "draft") this.drafted(message.json);
    if (message.type === "reset") this.reset();
    if (message.type === "signed_out") this.signedOut();
  }

  // ── frames ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A frame of the leader's: `before` is the one it sent earlier. */
  take(frame) {
    if (this.waiting) return void this.waiting.push(frame);
    if (frame.before > this.last) {
      this.waiting = [frame];
      this.catchUp();
    } else {
      this.apply(frame.seq, frame.json);
    }
  }

  apply(seq, json) {
    if (seq <= this.last || this.stopped.signal.aborted) return;
    // Of all tabs that hear it one has it kept.
    if (this.leading) dispatchEvent(new CustomEvent("live-frame", { detail: { before: this.last, seq, json } }));
    this.last = seq;
    if (json.includes('"labels_changed"')) dispatchEvent(new Event("labels-changed"));
    this.onFrame(json, seq);
  }

  /** Fetches what lies between the last frame applied and now, then applies what was kept meanwhile. */
  async catchUp() {
    this.waiting ??= [];
    if (this.catching) return;
    this.catching = true;
    let delay = FIRST_DELAY;
    while (!this.leading && !this.stopped.signal.aborted && (await this.fetchSince()) === "failed") {
      await new Promise((done) => setTimeout(done, jitter((delay = Math.min(delay * 2, LONGEST_DELAY)))));
    }
    this.catching = false;
    const waiting = this.waiting ?? [];
    this.waiting = null;
    for (const frame of waiting) this.take(frame);
    if (!this.leading && this.leaderState) this.show(this.leaderState);
  }

  /** "done" when everything up to now is applied, "failed" when it is worth trying again, "over" when somebody else goes on. */
  async fetchSince() {
    try {
      for (;;) {
        const answer = await fetch(`${this.base}/events?after=${this.last}`, { cache: "no-store", signal: this.stopped.signal });
        if (answer.status === 401) {
          if (this.leading) this.tell({ type: "signed_out" });
          return this.signedOut(), "over";
        }
        // The cursor is too old, or this person lost the workspace: loading again will tell.
        if ([403, 404, 410].includes(answer.status)) return this.reset(), "over";
        if (!answer.ok) return "failed";
        const frames = await answer.json();
        for (const frame of frames) this.publish(frame.seq, JSON.stringify(frame));
        // What was kept here says nothing of what the server has (offline/worker.js).
        if (answer.headers.has("x-kept")) return "failed";
        if (!frames.length) return "done";
      }
    } catch {
      return this.stopped.signal.aborted ? "over" : "failed";
    }
  }

  /** Applies a frame here and, when this tab leads, everywhere. */
  publish(seq, json) {
    if (this.leading && seq > this.last) this.tell({ type: "frame", seq, json, before: this.last });
    this.apply(seq, json);
  }

  // ── the connection, leader only ────────────────────────────────────────────────────────────────────────────────

  connect() {
    clearTimeout(this.timer);
    this.source?.close();
    if (this.stopped.signal.aborted) return;
    this.waiting = null;
    this.heardAt = Date.now();
    const source = (this.source = new EventSource(`${this.base}/live?after=${this.last}`));
    const on = (event, run) =>
      source.addEventListener(event, (message) => {
        if (source !== this.source) return;
        this.heardAt = Date.now();
        run(message);
      });
    on("open", () => this.show("connected"));
    on("ping", () => {
      this.delay = FIRST_DELAY;
      this.tell({ type: "state", state: this.state });
    });
    on("message", (message) => {
      this.delay = FIRST_DELAY;
      this.publish(Number(message.lastEventId), message.data);
    });
    on("here", ({ data }) => {
      this.tell({ type: "here", json: data });
      this.onHere(data);
    });
    on("draft", ({ data }) => {
      this.tell({ type: "draft", json: data });
      this.drafted(data);
    });
    on("reset", () => {
      this.tell({ type: "reset" });
      this.reset();
    });
    on("bye", () => {
      // Whether the session is really over is for an ordinary request to find out: a token may only have run out.
      this.reconnect();
    });
    on("error", () => this.reconnect());
  }

  reconnect() {
    this.source?.close();
    this.source = null;
    this.show(navigator.onLine ? "reconnecting" : "offline");
    clearTimeout(this.timer);
    this.timer = setTimeout(async () => {
      // An EventSource does not say why it was refused; an ordinary request does, and brings what was missed.
      const outcome = await this.fetchSince();
      if (!this.leading) return;
      if (outcome === "done") this.connect();
      if (outcome === "failed") this.reconnect();
    }, jitter(this.delay));
    this.delay = Math.min(this.delay * 2, LONGEST_DELAY);
  }

  /** Another page of this person wrote a draft: whoever keeps drafts here hears of it. */
  drafted(json) {
    dispatchEvent(new CustomEvent("live-draft", { detail: json }));
  }

  reset() {
    if (this.stopped.signal.aborted) return;
    this.source?.close();
    this.source = null;
    this.waiting = this.leading ? null : [];
    this.show("reconnecting");
    this.onReset();
  }

  signedOut() {
    this.close();
    location.assign("/sign-in");
  }

  // ── watching ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** Called every few seconds: silence longer than two pings means the connection is dead, whatever it claims. */
  check() {
    if (Date.now() - this.heardAt < SILENCE) return;
    this.heardAt = Date.now();
    if (this.leading) this.reconnect();
    else this.ask();
  }

  /** The page is looked at again or the network is back: do not wait for timers that slept. */
  wake() {
    this.delay = FIRST_DELAY;
    if (!this.channel && navigator.locks && typeof BroadcastChannel !== "undefined") return this.start();
    if (!this.leading) {
      this.ask();
      this.catchUp();
    } else if (!this.source || this.state !== "connected" || Date.now() - this.heardAt > SILENCE / 2) {
      this.connect();
    }
  }

  show(state) {
    if (state === this.state || this.stopped.signal.aborted) return;
    this.state = state;
    if (this.leading) this.tell({ type: "state", state });
    this.onState(state);
    if (state === "connected") dispatchEvent(new CustomEvent("live-connected", { detail: this }));
  }
}

/** Between half and one and a half times as long, so that a restarted server does not meet all browsers at once. */
function jitter(delay) {
  return delay * (0.5 + Math.random());
}
