(() => {
  const at = document.currentScript.dataset.module;
  addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.defaultPrevented) return;
    event.preventDefault();
    import(at).then((palette) => palette.toggle()).catch(() => {});
  });
})();
