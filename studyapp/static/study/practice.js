/* Keys of practice: 1 to 9 choose, Enter checks and goes on. Native keys of every control stay as they are. */
(() => {
  "use strict";
  const isTyping = (target) => target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const form = document.getElementById("asked");
    if (/^[1-9]$/.test(event.key) && form && !isTyping(event.target)) {
      const option = form.querySelectorAll(".opt > input")[Number(event.key) - 1];
      if (!option) return;
      option.click();
      option.focus();
      event.preventDefault();
    } else if (event.key === "Enter" && !event.target.closest("a, button, summary, textarea, select")) {
      if (form && form.contains(event.target)) return; /* the form sends itself */
      const button = form ? form.querySelector("button.btn") : document.getElementById("onward");
      if (!button) return;
      event.preventDefault();
      button.click();
    }
  });
})();
