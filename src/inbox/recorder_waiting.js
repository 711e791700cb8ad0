(() => {
  const at = document.currentScript.dataset.module;
  addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-record]");
    // The next click tries anew.
    if (button) import(at).then((recorder) => recorder.record(button), () => {});
  });
})();
