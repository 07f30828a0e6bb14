/* The text of a lesson: links to a line put the cursor there, and the line of the cursor is said below. */
(() => {
  const text = document.getElementById("id_body");
  if (!text) return;
  const line = document.createElement("span");
  line.className = "at-line";
  document.getElementById("at-line")?.prepend(line);

  const tell = () => {
    const before = text.value.slice(0, text.selectionStart);
    line.textContent = `Line ${before.split("\n").length}. `;
  };
  ["keyup", "click", "focus"].forEach((name) => text.addEventListener(name, tell));

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-line]");
    if (!link) return;
    event.preventDefault();
    const lines = text.value.split("\n");
    const number = Math.min(Number(link.dataset.line), lines.length);
    const start = lines.slice(0, number - 1).reduce((sum, one) => sum + one.length + 1, 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[number - 1] ?? "").length);
    text.scrollTop = (text.scrollHeight / Math.max(1, lines.length)) * Math.max(0, number - 4);
    tell();
  });
})();
