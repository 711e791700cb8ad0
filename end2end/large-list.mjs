// How an inbox feels with ten thousand conversations loaded, beside the same page with its first fifty: `scripts/with-server node end2end/large-list.mjs [ROWS]`.
// Prints the event timing (input to the next paint, as browsers count INP) of keys, clicks and typing, the time between frames while scrolling, and
// how much of six idle seconds was spent in long tasks. TEST_DATABASE_URL names the cluster, which `with-server` tells.
import { execFileSync } from "node:child_process";
import { chromium } from "@playwright/test";

const base = process.env.BASE_URL;
const ROWS = Number(process.argv[2] ?? 10_000);
const cluster = process.env.TEST_DATABASE_URL.replace(/\/[^/]*$/, "");
const sql = (database, statements) => execFileSync("psql", ["-qAt", `${cluster}/${database}`], { input: statements, encoding: "utf8" }).trim();

const database = sql("postgres", "select datname from pg_database where datname like 'browser\\_%' order by oid desc limit 1");
sql(
  database,
  `set session_replication_role = replica;
   with made as (
     insert into contact (workspace_id, id, profile_name, created_at)
     select w.id, gen_random_uuid(), 'Pelanggan ' || n, now() from workspace w, generate_series(1, ${ROWS}) n where w.slug = 'demo'
     returning workspace_id, id, substr(profile_name, 11)::int as n
   ), conversations as (
     insert into conversation (workspace_id, id, contact_id, number_id, state, holder, unread_count, last_inbound_at, last_message_id, last_message_at, created_at, chat_marks)
     select workspace_id, gen_random_uuid(), id, (select id from whatsapp_number where workspace_id = made.workspace_id limit 1), 'open', 'team', (n % 7 = 0)::int,
       date_trunc('second', now()) - n % 3000 * interval '1 minute', gen_random_uuid(), date_trunc('second', now()) - n * interval '20 seconds', now(), 0 from made
     returning workspace_id, id, last_message_id, last_message_at
   )
   insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
   select workspace_id, last_message_id, id, 'inbound', 'contact', 'text', 'Halo kak, apakah masih ada tempat untuk bulan depan?', last_message_at, now()
   from conversations;
   analyze`,
);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const told = (times) => {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted.length ? `n ${sorted.length}, p50 ${at(sorted, 0.5).toFixed(0)}, p95 ${at(sorted, 0.95).toFixed(0)}, max ${sorted.at(-1).toFixed(0)} ms` : "none";
};

try {
  const context = await browser.newContext({ baseURL: base, locale: "id-ID", timezoneId: "Asia/Jakarta", viewport: { width: 1440, height: 900 } });
  const page = await context.newPage();
  await page.request.post("/api/dev/sign-in", { form: { email: "owner@demo.test" }, maxRedirects: 0 });
  await page.goto("/demo/inbox");
  await page.getByText("Tersambung", { exact: true }).waitFor({ state: "attached" });
  // Without anybody to look, a headless browser puts off telling when frames were shown: somebody looks.
  const looking = await context.newCDPSession(page);
  looking.on("Page.screencastFrame", ({ sessionId }) => void looking.send("Page.screencastFrameAck", { sessionId }).catch(() => {}));
  await looking.send("Page.startScreencast", { format: "jpeg", quality: 10, maxWidth: 480 });
  await page.evaluate(() => {
    window.events = [];
    // An interaction's time is that of its longest event; 16 ms is the shortest that browsers tell.
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (entry.interactionId) window.events.push([entry.interactionId, entry.duration]);
    }).observe({ type: "event", durationThreshold: 16 });
  });
  const interactions = async (act) => {
    await page.evaluate(() => (window.events.length = 0));
    const count = await act();
    await page.waitForTimeout(500);
    const longest = new Map();
    for (const [id, duration] of await page.evaluate(() => window.events)) longest.set(id, Math.max(longest.get(id) ?? 0, duration));
    // What took less than the shortest that is told counts as that.
    return [...longest.values(), ...Array(Math.max(0, count - longest.size)).fill(16)];
  };
  const measure = async (what) => {
    await page.locator(".rows").evaluate((list) => list.scrollTo(0, 0));
    await page.locator(".rows a.row").first().focus();
    const keys = await interactions(async () => {
      for (let n = 0; n < 40; n += 1) {
        await page.keyboard.press(n % 2 ? "j" : "k");
        await page.waitForTimeout(120);
      }
      return 40;
    });
    const clicks = await interactions(async () => {
      for (let n = 0; n < 20; n += 1) {
        await page.locator(".rows a.row").nth(n % 8).click();
        await page.waitForTimeout(250);
      }
      return 20;
    });
    const typing = await interactions(async () => {
      await page.getByRole("form", { name: "Tulis balasan" }).getByRole("textbox").click();
      const text = "Halo kak, masih ada dua tempat untuk bulan depan";
      await page.keyboard.type(text, { delay: 60 });
      return text.length;
    });
    const frames = await page.locator(".rows").evaluate(async (list) => {
      list.scrollTo(0, 0);
      const times = [];
      let before = performance.now();
      const until = before + 4_000;
      await new Promise((done) => {
        const step = (now) => {
          times.push(now - before);
          before = now;
          list.scrollTop += 60;
          if (now < until) requestAnimationFrame(step);
          else done();
        };
        requestAnimationFrame(step);
      });
      return times.slice(1);
    });
    const idle = await page.evaluate(async () => {
      let total = 0;
      const tasks = new PerformanceObserver((list) => list.getEntries().forEach((entry) => (total += entry.duration)));
      tasks.observe({ type: "longtask" });
      await new Promise((done) => setTimeout(done, 6_000));
      tasks.disconnect();
      return total;
    });
    const elements = await page.evaluate(() => document.querySelectorAll("*").length);
    console.log(`${what} (${elements} elements)`);
    console.log(`  keys    ${told(keys)}\n  clicks  ${told(clicks)}\n  typing  ${told(typing)}\n  frames  ${told(frames)}\n  idle    ${idle.toFixed(0)} of 6,000 ms in long tasks`);
    return at([...keys, ...clicks, ...typing].toSorted((a, b) => a - b), 0.95);
  };
  const few = await measure("the first page");
  const began = Date.now();
  const loaded = await page.locator(".rows").evaluate(async (list, rows) => {
    const pages = () => performance.getEntriesByType("resource").filter((entry) => entry.name.includes("list_conversations")).length;
    performance.setResourceTimingBufferSize(10_000);
    let last = -1;
    for (let still = 0; still < 100; ) {
      list.scrollTop = list.scrollHeight;
      await new Promise((done) => setTimeout(done, 30));
      still = pages() === last ? still + 1 : 0;
      last = pages();
    }
    return Math.min(rows, 50 * (last + 1));
  }, ROWS);
  console.log(`${loaded} conversations loaded in ${((Date.now() - began - 3_000) / 1000).toFixed(1)} s`);
  const many = await measure(`${loaded} conversations`);
  console.log(`INP p95: ${few} ms, then ${many} ms (${(many / few).toFixed(2)}x)`);
} finally {
  await browser.close();
}
