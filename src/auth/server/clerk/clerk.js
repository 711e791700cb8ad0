// Keeps a Clerk session going on our pages, and mounts Clerk's components where the page has a place for them.
//
// Clerk's own script renews the cookie while the page runs. What it cannot know: that our server refused a call because the tab had slept (then a
// new token is fetched and the call made again), that a stream needs a sign of life, and that text was typed which must outlive a reload.
(() => {
  const { ui } = document.currentScript.dataset;
  const BEAT = 60_000; // the server keeps a stream for five minutes after the last sign
  const SLEPT = 15_000; // a timer of five seconds that comes this late has slept
  const KEPT = 3_600_000; // typed text is put back for an hour
  const typed = (path) => `my21-typed:${path}`;
  const ask = window.fetch.bind(window);

  const parsed = new Promise((done) =>
    document.readyState === "loading" ? document.addEventListener("DOMContentLoaded", done, { once: true }) : done(),
  );
  const fetchScript = (src) =>
    new Promise((done, fail) => {
      const script = Object.assign(document.createElement("script"), { src, crossOrigin: "anonymous", onload: done, onerror: fail });
      document.head.append(script);
    });

  let loading;
  /** Clerk, ready to be asked. Its deferred script has run by the time the page is parsed, unless it did not come. */
  const load = () =>
    (loading ??= (async () => {
      await parsed;
      if (!window.Clerk) throw new Error("Clerk's script did not come");
      if (document.querySelector("[data-clerk]") && !window.__internal_ClerkUICtor) await fetchScript(ui);
      const components = window.__internal_ClerkUICtor && { ui: { ClerkUI: window.__internal_ClerkUICtor } };
      await window.Clerk.load({ ...components, signInUrl: "/sign-in", signUpUrl: "/sign-up", afterSignOutUrl: "/sign-in" });
      return window.Clerk;
    })());

  let refreshing;
  /** A new token in the cookie; false when nobody is signed in, or Clerk is out of reach. */
  const refresh = () =>
    (refreshing ??= (async () => {
      try {
        const { session } = await load();
        return !!session && !!(await session.getToken({ skipCache: true }));
      } catch {
        return false;
      } finally {
        refreshing = null;
      }
    })());

  // ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────

  window.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (new URL(request.url).origin !== location.origin) return ask(input, init);
    // Refused calls have done nothing, so they may be made again.
    const again = request.clone();
    const answer = await ask(request);
    return answer.status === 401 && (await refresh()) ? ask(again) : answer;
  };

  let ticked = Date.now();
  setInterval(() => (ticked = Date.now()), 5_000);
  setInterval(() => window.fetch("/api/session", { cache: "no-store" }).catch(() => {}), BEAT);

  // A form that is sent right after the tab woke would be sent with an old token.
  const sure = new WeakSet();
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || sure.delete(form) || Date.now() - ticked < SLEPT) return;
    event.preventDefault();
    refresh().finally(() => {
      sure.add(form);
      form.requestSubmit(event.submitter);
    });
  });

  // ── what was typed ─────────────────────────────────────────────────────────────────────────────────────────────

  const fields = () => [...document.querySelectorAll("textarea, input[type=text], input[type=search], input:not([type])")].filter((field) => field.id || field.name);
  const keep = () => {
    const texts = fields().filter((field) => field.value !== field.defaultValue).map((field) => [field.id || field.name, field.value]);
    if (texts.length) sessionStorage.setItem(typed(location.pathname), JSON.stringify({ user: window.Clerk?.user?.id, at: Date.now(), texts }));
    else sessionStorage.removeItem(typed(location.pathname));
  };
  const putBack = (user) => {
    const kept = JSON.parse(sessionStorage.getItem(typed(location.pathname)) ?? "null");
    sessionStorage.removeItem(typed(location.pathname));
    // Nobody finds another person's words.
    if (!kept || !user || kept.user !== user || Date.now() - kept.at > KEPT) return;
    for (const [name, text] of kept.texts) {
      const field = fields().find((field) => (field.id || field.name) === name);
      if (!field || field.value) continue;
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  // ── the page ───────────────────────────────────────────────────────────────────────────────────────────────────

  const trouble = () => document.querySelectorAll("[data-clerk-trouble]").forEach((place) => (place.hidden = false));

  /** Goes on, unless it went on twice within half a minute without effect: then our server does not accept what Clerk gives. */
  const goOn = (path) => {
    const now = Date.now();
    const tries = JSON.parse(sessionStorage.getItem("my21-tries") ?? "[]").filter((at) => now - at < 30_000);
    if (tries.length >= 2) return trouble();
    sessionStorage.setItem("my21-tries", JSON.stringify([...tries, now]));
    location.replace(path + location.hash);
  };

  /** Where somebody was going when the sign-in came between: `redirect_url` is Clerk's name for it, `back` our own. Never another site. */
  const wanted = () => {
    const query = new URLSearchParams(location.search);
    const path = query.get("redirect_url") ?? query.get("back") ?? "";
    return /^\/(?![/\\])[\x21-\x5b\x5d-\x7e]*$/.test(path) ? path : "/dashboard";
  };

  const MOUNT = {
    "sign-in": ["SignIn", { fallbackRedirectUrl: wanted(), signUpUrl: `/sign-up${location.search}` }],
    "sign-up": ["SignUp", { fallbackRedirectUrl: wanted(), signInUrl: `/sign-in${location.search}` }],
    "user-button": ["UserButton", {}],
    "organization-switcher": ["OrganizationSwitcher", { hidePersonal: true, afterSelectOrganizationUrl: "/dashboard", afterCreateOrganizationUrl: "/dashboard" }],
    "organization-list": ["OrganizationList", { hidePersonal: true, afterSelectOrganizationUrl: "/dashboard", afterCreateOrganizationUrl: "/dashboard" }],
    "organization-profile": ["OrganizationProfile", {}],
  };

  const start = async () => {
    const shell = document.querySelector("[data-clerk-refresh]");
    if (shell) {
      const next = shell.dataset.clerkRefresh;
      const { session } = await load();
      if (!session) return location.replace(`/sign-in?redirect_url=${encodeURIComponent(next)}`);
      return (await refresh()) ? goOn(next) : trouble();
    }
    const clerk = await load();
    const entering = document.querySelector("[data-clerk=sign-in], [data-clerk=sign-up]");
    if (entering && clerk.session && (await refresh())) {
      return goOn(wanted());
    }
    for (const place of document.querySelectorAll("[data-clerk]")) {
      const [name, props] = MOUNT[place.dataset.clerk] ?? [];
      if (!name) continue;
      place.replaceChildren();
      clerk[`mount${name}`](place, props);
    }
    putBack(clerk.user?.id);
  };

  addEventListener("pagehide", keep);
  // A hidden tab may be ended without a word; a visible one still has what it has.
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? keep() : sessionStorage.removeItem(typed(location.pathname))));
  parsed
    .then(() => {
      const wait = document.querySelector("[data-clerk-wait]")?.dataset.clerkWait;
      if (wait) setTimeout(() => location.replace(wait), 3_000);
      return start();
    })
    .catch(trouble);
})();
