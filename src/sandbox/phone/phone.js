// Makes the customer's phone live. Without this script the same forms and links do the same work, page by page.
(() => {
  "use strict";
  const phone = document.getElementById("phone");
  const log = document.getElementById("log");
  const messages = document.getElementById("messages");
  const empty = document.getElementById("empty");
  const status = document.getElementById("status");
  const composer = document.getElementById("composer");
  const text = document.getElementById("text");
  const refresh = document.getElementById("refresh");
  let stream = null;

  const say = (words) => {
    if (status.textContent !== words) status.textContent = words;
  };
  const toEnd = () => { log.scrollTop = log.scrollHeight; };

  // The server has escaped the HTML. A message that is already there is replaced only when it changed, so that nothing is read out twice.
  const place = ({ id, html }) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    const item = template.content.firstElementChild;
    const known = document.getElementById(id);
    if (known && known.isEqualNode(item)) return;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    if (known) known.replaceWith(item);
    else messages.append(item);
    empty.hidden = true;
    if (atEnd) toEnd();
  };

  const connect = () => {
    if (stream) return;
    stream = new EventSource(phone.dataset.stream);
    stream.addEventListener("message", (event) => place(JSON.parse(event.data)));
    stream.addEventListener("ready", () => say(phone.dataset.live));
    stream.addEventListener("reset", () => location.reload());
    stream.addEventListener("error", () => {
      say(phone.dataset.offline);
      // A browser gives up for good on an answer that is no stream; a restarting server may give one.
      if (stream && stream.readyState === EventSource.CLOSED) {
        stream = null;
        setTimeout(watch, 2000);
      }
    });
  };
  // A phone in the pocket shows no read receipts: only a visible page counts as an open chat.
  const watch = () => {
    if (document.visibilityState === "visible") connect();
    else if (stream) { stream.close(); stream = null; }
  };

  const send = async (form, button) => {
    const fields = Object.fromEntries(new FormData(form, button));
    const empty = !(fields.text || "").trim();
    if (fields.edit && empty) {
      // What it says now is where one begins.
      text.value = button.closest("li").querySelector("p")?.textContent ?? "";
      return text.focus();
    }
    if ((fields.kind || "text") === "text" && !fields.quick && !fields.tap && !fields.revoke && empty) return;
    const kept = text.value;
    // What is tapped leaves alone what is being written.
    const written = form === composer && !fields.tap && !fields.revoke;
    if (written) text.value = "";
    try {
      const answer = await fetch(form.action, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(fields),
      });
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      if (written && !text.value) text.value = kept;
      say(phone.dataset.notSent);
    }
  };
  for (const form of [composer, document.getElementById("quick")]) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(form, event.submitter);
    });
  }

  refresh.remove();
  toEnd();
  document.addEventListener("visibilitychange", watch);
  watch();
})();
