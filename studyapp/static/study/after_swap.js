/* After htmx swaps a part: focus goes where a reader expects, and one sentence is spoken. */
(() => {
  "use strict";
  const say = (words) => {
    const live = document.getElementById("said");
    if (live) live.textContent = words;
  };
  const within = (part, selector) => (part.matches(selector) ? part : part.querySelector(selector));

  document.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.elt;
    if (!part || !part.isConnected) return;
    const titled = within(part, "[data-title]");
    if (titled) document.title = titled.dataset.title;
    const said = within(part, "[data-said]");
    if (said) say(said.dataset.said);
    /* A form's summary of errors takes the focus. A refused answer: to its field. Else to what the server marked: the verdict, or the new question. */
    let target = within(part, ".errors[data-focus]") || within(part, "[aria-invalid=true]") || within(part, ".errorlist") && part.querySelector("fieldset input, fieldset select");
    target = target || within(part, "[data-focus]");
    if (!target) return;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "nearest" });
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, () => say("This did not reach the server. Please try again."));
  }
})();
