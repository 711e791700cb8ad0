(() => {
  const at = document.currentScript.dataset.module;
  addEventListener("click", (event) => {
    const link = event.target.closest?.("a.to-filter");
    if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    import(at).then((filtering) => filtering.open(link)).catch(() => location.assign(link.href));
  }, true);
})();
