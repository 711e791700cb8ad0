// How long a customer's message takes to the row in a browser that shows the inbox: `node end2end/dom-latency.mjs N` prints N latencies in
// milliseconds, one per line. BASE_URL and KAPSO_WEBHOOK_SECRET name the server. The clock starts when the delivery is written to the
// socket and stops in a MutationObserver of the page; both read the system's clock.
import { createHmac } from "node:crypto";
import { Agent, request } from "node:http";
import { chromium } from "@playwright/test";

const base = process.env.BASE_URL ?? "http://127.0.0.1:3000";
const secret = process.env.KAPSO_WEBHOOK_SECRET ?? "";
const samples = Number(process.argv[2] ?? 100);
const WARM_UP = 20;
const NUMBER = "123456789012345";
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Delivers a text as the gateway does; resolves to the moment it was written. */
function deliver(phone, text) {
  const at = String(Math.floor(Date.now() / 1000));
  const body = JSON.stringify({
    message: {
      id: `wamid.dom.${text}`, timestamp: at, type: "text", from: phone, text: { body: text },
      kapso: { direction: "inbound", status: "received", processing_status: "pending", origin: "cloud_api", has_media: false },
    },
    conversation: { id: "5f0d8c1e-3b7a-4c52-9a61-7d2e4f8b1c33", contact_name: `Pelanggan ${phone}`, phone_number: phone, status: "active", phone_number_id: NUMBER },
    is_new_conversation: false,
    phone_number_id: NUMBER,
  });
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-webhook-event": "whatsapp.message.received",
    "x-webhook-signature": createHmac("sha256", secret).update(body).digest("hex"),
  };
  return new Promise((resolve, reject) => {
    const sent = request(`${base}/api/webhook/kapso`, { method: "POST", agent, headers }, (answer) => {
      answer.resume();
      answer.on("end", () => (answer.statusCode === 200 ? resolve(began) : reject(new Error(`answered ${answer.statusCode}`))));
    });
    sent.on("error", reject);
    const began = performance.timeOrigin + performance.now();
    sent.end(body);
  });
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
try {
  const context = await browser.newContext({ baseURL: base, locale: "id-ID", timezoneId: "Asia/Jakarta" });
  const page = await context.newPage();
  await page.request.post("/api/dev/sign-in", { form: { email: "admin@demo.test" }, maxRedirects: 0 });
  await page.goto("/demo/inbox");
  await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
  await page.evaluate(() => {
    // text of the row → when it was there
    const seen = new Map();
    const waiting = new Map();
    const list = document.querySelector("a.row").closest("ul, ol");
    new MutationObserver(() => {
      const now = Date.now();
      const text = list.textContent;
      for (const [wanted, arrived] of waiting) {
        if (!text.includes(wanted)) continue;
        waiting.delete(wanted);
        arrived(now);
      }
    }).observe(list, { childList: true, subtree: true, characterData: true });
    Object.assign(window, {
      expectRow: (wanted) => seen.set(wanted, new Promise((arrived) => waiting.set(wanted, arrived))),
      rowSeen: (wanted) => seen.get(wanted),
    });
  });
  for (let n = 0; n < samples + WARM_UP; n += 1) {
    const text = `kabar-${process.pid}-${n}-selesai`;
    const phone = `62811${String((n * 7919) % 20_000).padStart(8, "0")}`;
    await page.evaluate((wanted) => void window.expectRow(wanted), text);
    await new Promise((resolve) => setTimeout(resolve, 40 + (n * 7) % 35));
    const began = await deliver(phone, text);
    const arrived = await page.evaluate((wanted) => window.rowSeen(wanted), text);
    if (n >= WARM_UP) console.log((arrived - began).toFixed(2));
  }
} finally {
  await browser.close();
  agent.destroy();
}
