// The page on which filters are put together (`server/views_page.rs`), as a dialog over the list. The server renders it and answers its forms; here it is
// only shown, and the list led to what it answers. Plain JavaScript, fetched when the dialog is first asked for.

let dialog, opener;
/** Where the content of the dialog is from: what its links go by. */
let from = "";
let busy = false;

async function ask(address, options) {
  const answer = await fetch(address, { headers: { Accept: "text/html" }, ...options });
  const main = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main.filtering");
  return { address: answer.url, ok: answer.ok, main };
}

function show({ address, main }) {
  from = address;
  dialog.replaceChildren(...document.adoptNode(main).childNodes);
  dialog.setAttribute("aria-labelledby", "filtering-title");
  dialog.querySelector("[data-close]").hidden = false;
  dialog.scrollTop = 0;
  // What had the focus is gone: to what is likely next.
  if (dialog.open) dialog.querySelector("[value=restore], #filtering [name=name]")?.focus();
}

/** The list of `address`, beside whatever is open. */
function go(address) {
  const { pathname, search } = new URL(address);
  const here = location.pathname;
  history.pushState(null, "", (here.startsWith(`${pathname}/`) ? here : pathname) + search);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** Whether something was changed that the menu of views shows. */
function renew() {
  dispatchEvent(new Event("views-changed"));
}

async function submitted(event) {
  event.preventDefault();
  if (busy) return;
  const form = event.target;
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  busy = true;
  dialog.ariaBusy = "true";
  try {
    const answer = await ask(form.action, { method: "POST", body: fields });
    if (answer.main) {
      show(answer);
    } else if (answer.ok) {
      dialog.close();
      go(answer.address);
    } else {
      throw answer;
    }
    renew();
  } catch {
    failed();
  } finally {
    busy = false;
    dialog.ariaBusy = null;
  }
}

/** Nothing typed is lost: the same can be sent once more. */
function failed() {
  const said = dialog.querySelector("[data-failed]");
  said.hidden = false;
  said.scrollIntoView({ block: "nearest" });
}

async function clicked(event) {
  // Beside the dialog.
  if (event.target === dialog) return dialog.close();
  if (event.target.closest("[data-close]")) return dialog.close();
  const link = event.target.closest("a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  const address = new URL(link.getAttribute("href"), from).href;
  if (!link.hasAttribute("data-edit")) {
    dialog.close();
    return go(address);
  }
  try {
    show(await ask(address));
  } catch {
    failed();
  }
}

/** Opens the dialog that a link leads to. */
export async function open(link) {
  if (dialog?.open || busy) return;
  busy = true;
  opener = link.closest("details")?.querySelector("summary") ?? link;
  try {
    const answer = await ask(link.href);
    if (!answer.main) return location.assign(link.href);
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "filter-dialog filtering";
      dialog.addEventListener("submit", submitted);
      dialog.addEventListener("click", clicked);
      dialog.addEventListener("close", () => opener?.isConnected && opener.focus());
      document.body.append(dialog);
    }
    show(answer);
    dialog.showModal();
  } finally {
    busy = false;
  }
}
