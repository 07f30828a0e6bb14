/* Marks where the reader is in the contents, and tells the server which passages were read to their end. */
(() => {
  "use strict";
  const article = document.querySelector("[data-place]");
  if (!article) return;
  const heads = [...article.querySelectorAll("[data-passage]")];
  const ends = heads.map((head, i) => heads[i + 1] || article.querySelector("[data-end]"));
  const links = new Map([...document.querySelectorAll(".toc a")].map((link) => [link.hash.slice(1), link]));
  const READING = 4000; /* a passage counts as read when its end was reached after so many milliseconds in it */
  const since = new Map();
  const sent = new Set([...document.querySelectorAll(".toc .is-read a")].map((link) => link.hash.slice(1)));
  let here = null;
  let waiting = false;

  const mark = (head) => {
    for (const [id, link] of links) {
      if (id === head.id) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  const send = (read) => {
    const data = new FormData();
    data.set("passage", here.id);
    data.set("quiet", "1");
    for (const id of read) data.append("read", id);
    const token = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"];
    fetch(article.dataset.place, { method: "POST", body: data, keepalive: true, headers: { "X-CSRFToken": token } })
      .then((answer) => { if (!answer.ok) for (const id of read) sent.delete(id); })
      .catch(() => { for (const id of read) sent.delete(id); });
  };
  const look = () => {
    waiting = false;
    const line = window.innerHeight * 0.4;
    const current = heads.filter((head) => head.getBoundingClientRect().top < line).pop();
    if (!current) return;
    const now = Date.now();
    if (current !== here) {
      here = current;
      if (!since.has(here)) since.set(here, now);
      mark(here);
    }
    const read = [];
    heads.forEach((head, i) => {
      const isOver = !ends[i] || ends[i].getBoundingClientRect().top < window.innerHeight;
      if (isOver && since.has(head) && now - since.get(head) >= READING && !sent.has(head.id)) read.push(head.id);
    });
    if (read.length) {
      read.forEach((id) => sent.add(id));
      send(read);
    }
  };
  const soon = () => {
    if (waiting) return;
    waiting = true;
    window.setTimeout(look, 250);
  };
  addEventListener("scroll", soon, { passive: true });
  const tick = window.setInterval(() => {
    if (document.visibilityState === "visible") look();
    if (sent.size >= heads.length) window.clearInterval(tick);
  }, 2000);
  look();
})();
