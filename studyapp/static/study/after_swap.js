/* After htmx swaps a part: focus goes to the element marked data-focus, and a sentence in data-said is spoken. */
(() => {
  "use strict";
  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (!part || !part.isConnected) return;
    const said = part.matches("[data-said]") ? part : part.querySelector("[data-said]");
    const live = document.getElementById("said");
    if (said && live) live.textContent = said.dataset.said;
    const target = part.matches("[data-focus]") ? part : part.querySelector("[data-focus]");
    if (!target) return;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
  });
  /* A request that did not arrive: nothing on the page changes, so say it. */
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, () => {
      const live = document.getElementById("said");
      if (live) live.textContent = "This did not reach the server. Please try again.";
    });
  }
})();
