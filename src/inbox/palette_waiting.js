(() => {
  const at = document.currentScript.dataset.module;
  /** What is typed while the palette is on its way; it goes into its field, and no letter of it does anything else. */
  let typed;
  addEventListener(
    "keydown",
    (event) => {
      if (typed === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key.length === 1) typed += event.key;
      else if (event.key === "Backspace") typed = typed.slice(0, -1);
      else if (event.key === "Escape") typed = undefined;
      else if (event.key !== "Enter") return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.defaultPrevented) return;
    event.preventDefault();
    if (typed !== undefined) return;
    typed = "";
    import(at).then(
      (palette) => {
        const text = typed;
        typed = undefined;
        if (text !== undefined) palette.toggle(text);
      },
      () => (typed = undefined),
    );
  });
})();
