/* Glossary words are links; with a script they become buttons that open their definition where it is used. */
(() => {
  "use strict";
  if (!HTMLElement.prototype.hasOwnProperty("popover")) return;
  const upgrade = (root) => {
    for (const link of root.querySelectorAll("a.term[data-term]")) {
      const id = `term_${link.dataset.term}`;
      if (!document.getElementById(id)) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "term";
      button.setAttribute("popovertarget", id);
      button.append(...link.childNodes);
      link.replaceWith(button);
    }
  };
  upgrade(document);
  document.addEventListener("htmx:afterSettle", (event) => upgrade(event.detail.elt));
})();
