(() => {
  const at = document.currentScript.dataset.module;
  addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-record]");
    if (button) import(at).then((recorder) => recorder.record(button)).catch(() => {});
  });
})();
