/* Glossary words are links to the glossary; with a script they open their definition where they stand. */
(() => {
  "use strict";
  if (!("popover" in HTMLElement.prototype)) return;
  const upgrade = (root) => {
    for (const link of root.querySelectorAll("a.term[data-term]:not([role])")) {
      const pop = document.getElementById(`term_${link.dataset.term}`);
      if (!pop) continue;
      link.setAttribute("role", "button");
      link.setAttribute("aria-expanded", "false");
      pop.tabIndex = -1;
    }
  };
  const toggle = (link) => {
    const pop = document.getElementById(`term_${link.dataset.term}`);
    if (pop.matches(":popover-open")) {
      pop.hidePopover();
      return;
    }
    pop.addEventListener("toggle", (event) => {
      if (event.newState === "closed") link.setAttribute("aria-expanded", "false");
    });
    link.focus();
    pop.showPopover({ source: link });
    link.setAttribute("aria-expanded", "true");
    pop.focus({ preventScroll: true });
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.term[role=button]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    toggle(link);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== " " || !event.target.matches("a.term[role=button]")) return;
    event.preventDefault();
    toggle(event.target);
  });
  upgrade(document);
  document.addEventListener("htmx:afterSettle", (event) => upgrade(event.detail.elt));
})();
