(() => {
  const at = document.currentScript.dataset.module;
  addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-wording], [data-translate]");
    // The next click tries anew.
    if (button) import(at).then((wording) => wording.begin(button), () => {});
  });
})();
