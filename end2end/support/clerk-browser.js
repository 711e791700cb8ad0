// What Clerk's script is to a page, as far as our pages use it: `load`, `session.getToken`, the mounted components, the two cookies. Served by
// `clerk-instance.mjs` under the address of the real one.
(() => {
  const suffix = "%SUFFIX%";
  const api = new URL(document.currentScript.src).origin;
  const call = async (path, body) => {
    const answer = await fetch(api + path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    return answer.json();
  };
  const cookie = (name, value) => {
    for (const full of [name, `${name}_${suffix}`]) document.cookie = `${full}=${value}; Path=/; SameSite=Lax`;
  };
  const known = () => localStorage.getItem("clerk-session");

  const Clerk = (window.Clerk = { session: null, user: null });
  Clerk.load = async (options) => {
    Clerk.options = options;
    const { session } = await call("/v1/client", { session: known() });
    if (!session) return cookie("__client_uat", 0);
    Clerk.user = session.user;
    Clerk.session = {
      id: session.id,
      getToken: async () => {
        const { jwt } = await call("/v1/client/tokens", { session: session.id });
        if (jwt) cookie("__session", jwt);
        else [Clerk.session, Clerk.user] = [null, null];
        return jwt;
      },
    };
    cookie("__client_uat", localStorage.getItem("clerk-since"));
    await Clerk.session.getToken();
    // The real one does this too, a little before each token runs out.
    setInterval(() => Clerk.session?.getToken(), 45_000);
  };
  const enter = async (form, to) => {
    const { id } = await call("/v1/client/sign_ins", { name: new FormData(form).get("name") });
    localStorage.setItem("clerk-session", id);
    localStorage.setItem("clerk-since", String(Math.floor(Date.now() / 1000) - 1));
    await Clerk.load();
    location.assign(to);
  };
  const mountForm = (place, label, button, run) => {
    const form = document.createElement("form");
    form.innerHTML = `<label>${label} <input name="name" required></label> <button>${button}</button>`;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(form);
    });
    place.append(form);
  };
  Clerk.mountSignIn = (place, { fallbackRedirectUrl }) => mountForm(place, "Name", "Continue", (form) => enter(form, fallbackRedirectUrl));
  Clerk.mountSignUp = Clerk.mountSignIn;
  Clerk.mountUserButton = (place) => place.append(Object.assign(document.createElement("button"), { textContent: "Open user menu" }));
  Clerk.mountOrganizationSwitcher = (place) => place.append(Object.assign(document.createElement("button"), { textContent: "Open organization switcher" }));
  Clerk.mountOrganizationList = (place, { afterCreateOrganizationUrl }) =>
    mountForm(place, "Organization name", "Create organization", async (form) => {
      await call("/v1/client/organizations", { session: Clerk.session.id, name: new FormData(form).get("name") });
      await Clerk.session.getToken();
      location.assign(afterCreateOrganizationUrl);
    });
  Clerk.signOut = async () => call("/v1/client/sign_out", { session: known() });
})();
