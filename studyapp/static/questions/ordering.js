/* Ordering: an arrow moves its item in place, a chosen place moves it there. Without this script the arrows post. */
(() => {
  "use strict";
  let telling = false; /* the others, of what was moved here */
  const say = (words) => { const live = document.querySelector("#said, #rows-said"); if (live) live.textContent = words; };
  const place = (row) => row.querySelector("select");
  const rows = (list) => [...list.children];
  const settle = (list) => rows(list).forEach((row, n) => { place(row).value = String(n + 1); });
  /* Places that came from elsewhere (answers restored after a reload) put the rows in their order. */
  const sync = (list) => {
    const all = rows(list), places = all.map((row) => place(row).value);
    if (places.includes("") || new Set(places).size < all.length || list.contains(document.activeElement) && document.activeElement.matches("select")) return;
    if (places.some((value, n) => Number(value) !== n + 1)) list.append(...all.sort((a, b) => place(a).value - place(b).value));
  };
  const put = (list, row, at, control) => {
    const others = rows(list).filter((other) => other !== row);
    if (at >= others.length) list.append(row); else others[at].before(row);
    settle(list);
    control.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    say(row.querySelector(".what").textContent.trim() + ": now place " + (at + 1) + " of " + rows(list).length + ".");
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-ordering] button[name$=move]");
    if (!button) return;
    event.preventDefault();
    const list = button.closest("[data-ordering]"), row = button.closest("li");
    sync(list);
    const at = rows(list).indexOf(row), to = at + (button.value.endsWith("-up") ? -1 : 1);
    put(list, row, Math.min(Math.max(to, 0), rows(list).length - 1), button);
    telling = true;
    for (const name of ["input", "change"]) place(row).dispatchEvent(new Event(name, { bubbles: true }));
    telling = false;
  });
  /* Before anyone else reads the fields: every item has one place, and no place is taken twice. */
  document.addEventListener("input", (event) => {
    const list = !telling && event.target.closest("[data-ordering]");
    if (list && event.target.value) put(list, event.target.closest("li"), Number(event.target.value) - 1, event.target);
  }, true);
  document.addEventListener("answers:receipt", () => document.querySelectorAll("[data-ordering]").forEach(sync));
})();
