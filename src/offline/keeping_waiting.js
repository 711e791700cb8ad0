(() => {
  const { module, path } = document.currentScript.dataset;
  /** After what a page does first (ms). */
  const PAUSE = 3000;
  const wanted = () => !document.cookie.includes("keeps-nothing=1");
  let feed;
  const begin = () => feed && wanted() && import(module).then(({ keep }) => keep(feed, path)).catch((error) => console.info("keeping:", error));
  addEventListener("live-connected", ({ detail }) => {
    if (!feed) setTimeout(begin, PAUSE);
    feed = detail;
  });
  addEventListener("keeps-changed", () => (wanted() ? begin() : import(module).then(({ stop }) => stop()).catch(() => {})));
})();
