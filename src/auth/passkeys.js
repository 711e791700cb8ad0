// Passkeys: the browser's half. Forms marked with data-passkey ask navigator.credentials and hand the answer to the server. Without passkeys in the
// browser, or without script, the forms stay hidden and the password way is all there is.
(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;

  const fromText = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const toText = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  const post = async (path, body) => {
    const answer = await fetch(path, {
      method: "POST",
      credentials: "same-origin",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(answer.status === 429 ? "throttled" : "refused");
    return answer.json();
  };

  const signIn = async (form) => {
    const options = await post("/api/passkey/sign-in/options", {});
    const publicKey = { ...options, challenge: fromText(options.challenge), allowCredentials: [] };
    const credential = await navigator.credentials.get({ publicKey });
    const { clientDataJSON, authenticatorData, signature, userHandle } = credential.response;
    return post("/api/passkey/sign-in", {
      id: toText(credential.rawId),
      clientData: toText(clientDataJSON),
      authenticatorData: toText(authenticatorData),
      signature: toText(signature),
      userHandle: userHandle ? toText(userHandle) : null,
      back: form.elements.back?.value ?? "",
    });
  };

  const register = async (form) => {
    const options = await post("/api/passkey/register/options", { password: form.elements.password.value });
    const publicKey = {
      ...options,
      challenge: fromText(options.challenge),
      user: { ...options.user, id: fromText(options.user.id) },
      excludeCredentials: options.excludeCredentials.map((known) => ({ ...known, id: fromText(known.id) })),
    };
    const credential = await navigator.credentials.create({ publicKey });
    return post("/api/passkey/register", {
      name: form.elements.name.value,
      clientData: toText(credential.response.clientDataJSON),
      attestationObject: toText(credential.response.attestationObject),
    });
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const says = form.querySelector("[role=alert]");
    const button = form.querySelector("button");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      says.hidden = true;
      button.disabled = true;
      try {
        const { to } = await (form.dataset.passkey === "register" ? register(form) : signIn(form));
        window.location.assign(to);
      } catch (error) {
        says.textContent = error.message === "throttled" ? says.dataset.throttled : says.dataset.refused;
        says.hidden = false;
        button.disabled = false;
      }
    });
  }
})();
