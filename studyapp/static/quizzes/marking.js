/* Marking by keyboard: Enter saves (the form does that itself), n goes on, Ctrl+Enter saves from the comment. */
(() => {
  "use strict";
  const form = document.getElementById("mark-form");
  const first = form && form.querySelector("input.points");
  if (first && !document.querySelector("[data-focus]")) first.focus();
  else document.querySelector("[data-focus]")?.focus();
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[name=save]"));
    }
    if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("textarea, input[type=text]")) return;
    const next = document.getElementById("next-answer");
    if (next) {
      event.preventDefault();
      next.click();
    }
  });
})();
