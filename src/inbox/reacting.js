// The picker of emoji beside a message. In JavaScript, because popovers and places on the screen would cost more as bindings.

/** As far from the edges of the window as it stays (px). */
const MARGIN = 8;

/** Shows the picker as a popover beside a message. It says `close` once it is shut: by a choice, by Esc, by a click elsewhere. */
export function offer(picker, id) {
  const bubble = document.getElementById(id)?.querySelector(".bubble");
  // Without popovers it stays where it stands, with its own way to be shut.
  if (!bubble || !picker.showPopover) return;
  picker.popover = "auto";
  picker.showPopover();
  const at = bubble.getBoundingClientRect();
  const above = at.top - picker.offsetHeight - MARGIN;
  const top = above > MARGIN ? above : Math.min(at.bottom + MARGIN, innerHeight - picker.offsetHeight - MARGIN);
  const left = bubble.closest(".out") ? at.right - picker.offsetWidth : at.left;
  picker.style.top = `${top}px`;
  picker.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - picker.offsetWidth - MARGIN))}px`;
  const buttons = [...picker.querySelectorAll("button[name]")];
  picker.addEventListener("toggle", (event) => {
    if (event.newState === "closed") picker.dispatchEvent(new Event("close"));
  });
  picker.addEventListener("keydown", (event) => {
    // Letters are no keys of the page here.
    if (event.key.length === 1) event.stopPropagation();
    const from = buttons.indexOf(document.activeElement);
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (from < 0 || to === undefined) return;
    event.preventDefault();
    buttons[(to + buttons.length) % buttons.length].focus();
  });
  (buttons.find((button) => button.ariaPressed === "true") ?? buttons[0]).focus({ preventScroll: true });
}

/** The emoji that a form was sent with: what its button shows, else what was typed. */
export function chosen(event) {
  const { submitter, target } = event;
  const emoji = submitter?.name ? submitter.textContent : target.elements.emoji.value;
  // The focus goes back where it came from.
  target.closest("[popover]")?.hidePopover();
  return emoji.trim();
}
