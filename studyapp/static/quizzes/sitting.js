/* Draws what autosave.js tells: receipts, the grid of numbers, the bar above; and counts the time down. */
(() => {
  "use strict";
  const home = document.getElementById("answers");
  if (!home) return;
  const $ = (id) => document.getElementById(id);
  const say = (words) => { $("said").textContent = words; };
  const ICONS = { saved: "check", unsaved: "retry", refused: "ask", late: "clock" };
  const sprite = document.querySelector("use[href*='icons']").getAttribute("href").split("#")[0];
  const icon = (name) => {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg"), use = document.createElementNS(space, "use");
    svg.setAttribute("class", "icon");
    svg.setAttribute("aria-hidden", "true");
    use.setAttribute("href", sprite + "#i-" + name);
    svg.append(use);
    return svg;
  };
  let waiting = [], entries = []; /* numbers of questions that the server lacks, and what was changed in them */
  if (window.indexedDB) home.classList.add("is-live"); /* every change is saved: no button needed */

  document.addEventListener("answers:receipt", ({ detail }) => {
    const line = document.querySelector("#q" + detail.item + " .receipt");
    /* Of a question that this page does not hold (it has been left) nothing may be lost in silence. */
    if (!line && ["refused", "late"].includes(detail.look)) $("trouble").textContent = "Question " + detail.item + ": " + detail.words;
    if (!line) return;
    line.className = "receipt " + (detail.look === "saved" ? "is-saved" : "is-unsaved");
    line.replaceChildren(icon(ICONS[detail.look]), detail.words);
    if (detail.other) {
      const link = document.createElement("a");
      link.href = home.dataset.save + detail.item + "/saved/";
      link.textContent = "Show it";
      line.append(". ", link);
    }
    if (detail.look === "refused" || detail.look === "late") say("Question " + detail.item + ": " + detail.words);
  });

  const hasAnswer = (n, link) => {
    const part = $("q" + n);
    if (!part) return link.matches(".is-a, .is-u");
    return [...new FormData(home)].some(([name, value]) => name.startsWith("q" + n + "_") && String(value).trim());
  };
  const grid = () => {
    const counts = { answered: 0, empty: 0, flagged: 0, unsaved: 0 };
    for (const link of document.querySelectorAll("#nums [data-n]")) {
      const n = link.dataset.n, has = hasAnswer(n, link), late = waiting.includes(n);
      link.classList.toggle("is-a", has && !late);
      link.classList.toggle("is-u", late);
      link.querySelector(".st").textContent = (has ? "answered" : "empty") + (late ? ", not saved yet" : "");
      counts[has ? "answered" : "empty"]++;
      counts.unsaved += late;
      counts.flagged += !link.querySelector(".fl").hidden;
    }
    if (!$("unsaved-key")) return;
    for (const [name, count] of Object.entries(counts)) $("n-" + name).textContent = count;
    $("unsaved-key").hidden = !counts.unsaved;
  };
  home.addEventListener("change", ({ target }) => {
    if (!/^f\d+$/.test(target.name)) return;
    for (const mark of document.querySelectorAll(`#nums [data-n="${target.name.slice(1)}"] .fl`)) mark.toggleAttribute("hidden", !target.checked);
    grid();
  });

  /* No way to another page: this one holds every question, and shows them all. */
  const showAll = () => {
    const parts = home.querySelectorAll(".item[hidden]");
    if (!parts.length) return;
    const here = home.querySelector(".item:not([hidden])"), was = here.getBoundingClientRect().top;
    for (const part of parts) part.hidden = false;
    scrollBy({ top: here.getBoundingClientRect().top - was, behavior: "instant" }); /* what is read stays where it is */
    for (const link of document.querySelectorAll("#nums a")) link.setAttribute("href", "#q" + link.dataset.n);
    for (const onward of home.querySelectorAll(".next-bar > *")) onward.hidden = true;
  };
  document.addEventListener("answers:queue", ({ detail: { state, others, ...rest } }) => {
    ({ waiting, entries } = rest);
    if (state === "offline") showAll();
    grid();
    const box = $("queue"), count = waiting.length, told = (n, words) => (n ? `${n} answer${n === 1 ? " is" : "s are"} ${words} ` : "");
    const kept = told(rest.kept, "kept here and will be sent.") + told(rest.loose, "on this page only: leave it open.");
    const words = {
      offline: "You are offline. " + kept + "You can go on.",
      "signed out": kept && "You are signed out. " + kept,
      "someone else": kept && "Someone else is signed in. " + kept,
      trying: kept && "Not saved yet, trying again. " + kept,
    }[state] || (others ? "Unsent answers of someone else are kept here." : "");
    box.hidden = !words;
    if (box.querySelector("span").textContent !== words) box.querySelector("span").textContent = words;
    $("sign-in").hidden = !words || !["signed out", "someone else"].includes(state);
    $("download").hidden = !words || !count;
  });
  if ($("download")) $("download").addEventListener("click", () => {
    const link = document.createElement("a"), { user, attempt } = home.dataset;
    const file = new Blob([JSON.stringify({ attempt, user, entries }, null, 1)], { type: "application/json" });
    link.href = URL.createObjectURL(file);
    link.download = "unsent-answers-" + attempt + ".json";
    link.click();
  });

  /* The server's seconds, counted by a clock that nobody can set. */
  const timed = $("timer");
  if (!timed) return;
  const whole = Number(timed.dataset.left), spoken = new Set();
  let left = whole, from = performance.now();
  const leave = () => {
    if (navigator.onLine && !waiting.length) location.href = home.dataset.save + "result/";
    else setTimeout(leave, 2000);
  };
  const tick = () => {
    const now = Math.max(0, left - (performance.now() - from) / 1000), minutes = now > 90;
    timed.querySelector("b").textContent = Math.ceil(minutes ? now / 60 : now);
    timed.querySelector("b").nextSibling.textContent = minutes ? " min left" : " s left";
    for (const [at, words] of [[whole / 2, "Half of your time is over"], [300, "5 minutes left"], [60, "1 minute left"]]) {
      if (now <= at && now > at - 20 && whole > at && !spoken.has(words)) {
        spoken.add(words);
        say(words);
      }
    }
    if (now > 0) return;
    clearInterval(ticking);
    document.dispatchEvent(new Event("answers:flush"));
    setTimeout(leave, 7000); /* the grace of the server, and a little */
  };
  const ticking = setInterval(tick, 1000);
  const setClock = (seconds) => {
    if (seconds === null) return;
    left = seconds;
    from = performance.now();
  };
  document.addEventListener("answers:clock", ({ detail }) => setClock(detail));
  /* Timers stand still in a sleeping computer: the server is asked on waking. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    fetch(home.dataset.save + "time/", { credentials: "same-origin", signal: AbortSignal.timeout(15000) })
      .then((answer) => answer.json())
      .then((told) => { if ("is_open" in told) setClock(told.is_open ? told.left : 0); }).catch(() => {});
  });
})();
