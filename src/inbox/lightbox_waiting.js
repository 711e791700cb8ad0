(() => {
  const at = document.currentScript.dataset.module;
  addEventListener("click", (event) => {
    const picture = event.target.closest?.(".thread a.photo:not(.sticker), .gallery a.tile-photo");
    if (!picture || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    import(at).then((lightbox) => lightbox.open(picture)).catch(() => window.open(picture.href, "_blank", "noopener"));
  }, true);
})();
