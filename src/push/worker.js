// Shows what the server calls somebody for while no page of ours is open (service worker, Push API), and opens the conversation when the notice is clicked. It
// answers no requests: pages come from the server. What it keeps is the last event that was shown of each conversation, by a page or by this.

/** How long a page may take to open a conversation by itself (ms). Phones wake a page that was put away. */
const ANSWERS = 2_500;
const SHOWN = "shown-notices";
/** Conversations of which that is kept. */
const MOST = 200;

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("push", (event) => event.waitUntil(show(event.data?.json() ?? {})));

async function show({ title, body, workspace, conversation, event = 0 }) {
  const tag = conversation ?? "test";
  const [standing] = await registration.getNotifications({ tag });
  const last = await lastShown(tag);
  const icons = { icon: "/icon-192.png", badge: "/badge.png" };
  if (conversation && last >= event) {
    // An open page was quicker, or a later call was. Browsers want a notice for each call: what stands there stands again, without a sound; what was clicked or wiped away does not come back.
    const again = standing ?? { title: title ?? "my21staff", body: body ?? "", data: { workspace, conversation, event } };
    await registration.showNotification(again.title, { body: again.body, tag, silent: true, data: again.data, ...icons });
    if (!standing) for (const notice of await registration.getNotifications({ tag })) notice.close();
    return;
  }
  await remember(tag, event);
  const data = { workspace, conversation, event };
  await registration.showNotification(title ?? "my21staff", { body: body ?? "", tag, renotify: true, data, ...icons });
}

/** 0 where nothing is known, or nothing can be kept. */
async function lastShown(tag) {
  try {
    const cache = await caches.open(SHOWN);
    return Number((await (await cache.match(`/shown/${tag}`))?.text()) ?? 0);
  } catch {
    return 0;
  }
}

async function remember(tag, event) {
  try {
    const cache = await caches.open(SHOWN);
    await cache.delete(`/shown/${tag}`);
    await cache.put(`/shown/${tag}`, new Response(String(event)));
    const keys = await cache.keys();
    await Promise.all(keys.slice(0, Math.max(0, keys.length - MOST)).map((key) => cache.delete(key)));
  } catch {
    // Then the same may be shown twice.
  }
}

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(lead(event.notification.data ?? {}));
});

/** Leads to what a notice is about: in a page that is open there, else in a new one. */
async function lead({ workspace, conversation }) {
  const path = workspace ? `/${encodeURIComponent(workspace)}/inbox${conversation ? `/${encodeURIComponent(conversation)}` : ""}` : "/dashboard";
  const pages = await clients.matchAll({ type: "window" });
  const inbox = pages.find((page) => /^[/][^/]+[/]inbox([/][0-9a-f-]{36})?$/.test(new URL(page.url).pathname) && page.url.includes(`/${workspace}/inbox`));
  if (!inbox) return clients.openWindow(path);
  await inbox.focus().catch(() => {});
  if (!(await opens(inbox, workspace, conversation))) await inbox.navigate(path).catch(() => clients.openWindow(path));
}

/** Whether a page does it without being loaded anew, so that nothing which stands half written in it is disturbed. */
function opens(page, workspace, conversation) {
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done(true);
    setTimeout(() => done(false), ANSWERS);
    page.postMessage({ open: { workspace, conversation } }, [port2]);
  });
}

// The push service gave another address: the server is to know it.
addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event)));

async function renew({ oldSubscription, newSubscription }) {
  const key = async () => (await (await fetch("/api/push-key")).json()).key;
  const wanted = async () => ({ userVisibleOnly: true, applicationServerKey: oldSubscription?.options?.applicationServerKey ?? (await key()) });
  const subscription = newSubscription ?? (await registration.pushManager.subscribe(await wanted()));
  const post = (path, body) =>
    fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  await post("/api/push-devices", { ...subscription.toJSON(), asked: false, replaces: oldSubscription?.endpoint });
  if (oldSubscription) await post("/api/push-forgotten", { endpoint: oldSubscription.endpoint });
}
