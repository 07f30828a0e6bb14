/* Saves each change of a running attempt. What the server has not confirmed waits in this browser, under its owner's
   number, and leaves only when its receipt has come: over reload, crash, sign-out. docs/attempts.md tells the whole. */
(() => {
  "use strict";
  const home = document.getElementById("answers");
  if (!home || !window.indexedDB) return;
  const { user, attempt, save, token: tokenAt } = home.dataset;
  const hex = (n) => Array.from(crypto.getRandomValues(new Uint8Array(n)), (b) => b.toString(16).padStart(2, "0")).join("");
  const writer = "js-" + hex(12);
  const limit = () => ({ credentials: "same-origin", signal: AbortSignal.timeout(15000) });
  let csrf = (home.querySelector("[name=csrfmiddlewaretoken]") || {}).value || "";
  let number = 0, failures = 0, flying = false, timer = 0, state = "", others = 0, restored = false;
  const unsent = new Map(); /* number of a question → its entries, oldest first */
  const typing = new Map(); /* number of a question → timeout */
  const refused = new Set(); /* numbers whose last change was not stored */
  const kept = new WeakMap(); /* entry → whether this browser keeps it, once it has said */

  /* --- the queue */
  const opening = new Promise((done, failed) => {
    const request = indexedDB.open("unsent answers", 1);
    request.onupgradeneeded = () =>
      request.result.createObjectStore("entries", { keyPath: ["user", "attempt", "item", "writer", "number"] });
    request.onsuccess = () => done(request.result);
    request.onerror = () => failed(request.error);
  });
  const store = async (mode, act) => {
    const db = await opening;
    return new Promise((done, failed) => {
      const change = db.transaction("entries", mode, { durability: "strict" });
      const request = act(change.objectStore("entries"));
      change.commit(); /* not a round trip later: the page may be closed */
      change.oncomplete = () => done(request.result);
      change.onerror = change.onabort = () => failed(change.error);
    });
  };
  const older = (a, b) => a.at - b.at || a.number - b.number;
  const all = () => [...unsent.values()].flat().sort(older);
  const add = (entry) => unsent.set(entry.item, [...(unsent.get(entry.item) || []), entry].sort(older));
  const drop = (entry) => {
    const rest = (unsent.get(entry.item) || []).filter((e) => e !== entry);
    if (rest.length) unsent.set(entry.item, rest); else unsent.delete(entry.item);
    const key = [entry.user, entry.attempt, entry.item, entry.writer, entry.number];
    return store("readwrite", (s) => s.delete(key)).catch(() => {});
  };

  /* --- what is told: to sitting.js, which draws it, and to whoever listens */
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent("answers:" + name, { detail }));
  const receipt = (item, look, words, other) => tell("receipt", { item, look, words, other });
  const some = (item, fate) => unsent.get(item).some((entry) => kept.get(entry) === fate);
  const show = () => {
    const waiting = [...unsent.keys()], loose = waiting.filter((item) => some(item, false));
    const safe = waiting.filter((item) => !loose.includes(item) && some(item, true));
    tell("queue", { waiting, kept: safe.length, loose: loose.length, state, others, entries: all() });
  };
  const waits = (item) => {
    if (some(item, false)) receipt(item, "unsaved", "Not saved yet, and on this page only: leave it open");
    else if (!some(item)) receipt(item, "unsaved", "Not saved yet, trying again");
  };
  const say = (words) => { document.getElementById("said").textContent = words; };

  /* --- sending: one request at a time */
  const post = (item, data) => fetch(save + item + "/save/", {
    method: "POST", body: new URLSearchParams(data), headers: { "X-CSRFToken": csrf }, redirect: "manual", ...limit(),
  });
  const who = async () => {
    const found = await (await fetch(tokenAt, limit())).json();
    if (found.user === null) return "signed out";
    if (String(found.user) !== user) return "someone else";
    csrf = found.token;
    for (const field of document.querySelectorAll("[name=csrfmiddlewaretoken]")) field.value = csrf;
    return "";
  };
  const later = () => {
    const seconds = Math.min(30, 2 ** Math.min(failures++, 5));
    timer = setTimeout(send, seconds * 1000 * (0.8 + 0.4 * Math.random()));
  };
  const confirmed = async (entry, told) => {
    await drop(entry);
    failures = 0;
    tell("clock", told.is_open ? told.left : 0);
    if (unsent.has(entry.item)) return;
    if (told.is_late) receipt(entry.item, "late", "Arrived after the end, at " + told.saved_at + "; kept, not counted");
    else receipt(entry.item, "saved", "Saved " + told.saved_at + (told.other_at ? ". Changed in another tab at " + told.other_at + "; this one counts now" : ""), told.other_at);
    if (restored && !unsent.size) { restored = false; say("All saved " + told.saved_at); }
  };
  const attemptToSend = async (entry) => {
    let answer = await post(entry.item, entry.data);
    if (answer.status === 401) return "signed out";
    if (answer.status === 403 || answer.status === 404) {
      const problem = await who();
      if (problem) return problem;
      if (answer.status === 403) answer = await post(entry.item, entry.data);
    }
    if (answer.status === 200) { await confirmed(entry, await answer.json()); return ""; }
    if (![400, 404, 409, 413, 422].includes(answer.status)) return "trying";
    const told = await answer.json().catch(() => ({}));
    await drop(entry);
    refused.add(entry.item);
    if (!unsent.has(entry.item)) receipt(entry.item, "refused", "Not saved: " + (told.problem || "this cannot be stored"));
    return "";
  };
  const send = async () => {
    clearTimeout(timer);
    const entry = all()[0];
    if (flying || !entry) return show();
    flying = true;
    try { state = await attemptToSend(entry); } catch { state = navigator.onLine ? "trying" : "offline"; }
    flying = false;
    if (state) {
      later();
      for (const item of unsent.keys()) waits(item);
    } else if (unsent.size) send();
    show();
  };

  /* --- changes */
  const fieldsOf = (item) => [...new FormData(home)].filter(([name, value]) => name.startsWith("q" + item + "_") && typeof value === "string");
  const changed = (item) => {
    clearTimeout(typing.get(item));
    typing.delete(item);
    const entry = { user, attempt, item, writer, number: ++number, at: Date.now() };
    const id = hex(16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    entry.data = [["client_id", id], ["writer", writer], ["number", String(number)], ...fieldsOf(item)];
    add(entry);
    refused.delete(item);
    receipt(item, "unsaved", "Saving …");
    show();
    store("readwrite", (s) => s.put(entry)).then(() => true, () => false).then((is) => {
      kept.set(entry, is);
      if (!state) return send();
      if (unsent.has(item)) waits(item);
      show();
    });
  };
  const flush = () => { for (const item of [...typing.keys()]) changed(item); };
  home.addEventListener("input", ({ target }) => {
    const part = target.closest(".item");
    if (!part || !(target.name || "").startsWith("q")) return;
    clearTimeout(typing.get(part.dataset.n));
    if (target.matches("textarea, input[type=text]")) typing.set(part.dataset.n, setTimeout(() => changed(part.dataset.n), 800));
    else changed(part.dataset.n);
  });
  home.addEventListener("change", ({ target }) => {
    const part = target.closest(".item");
    if (/^f\d+$/.test(target.name)) post(part.dataset.n, [["flag", target.checked ? "1" : "0"]]).catch(() => {});
    else if (part && typing.has(part.dataset.n)) changed(part.dataset.n);
  });
  home.addEventListener("submit", (event) => {
    const button = event.submitter;
    flush();
    if (button && button.name === "save") {
      event.preventDefault(); /* Enter in a field presses the first button, of any question */
      const here = document.activeElement.closest(".item");
      changed(here ? here.dataset.n : button.value);
    } else if (unsent.size) {
      /* Whatever leaves waits for the queue. */
      event.preventDefault();
      say("Saving first");
      const until = performance.now() + 10000;
      const go = () => {
        if (!unsent.size) home.requestSubmit(button);
        else if (performance.now() < until) setTimeout(go, 100);
        else say("Not sent yet: answers are still being saved");
      };
      send();
      go();
    } else for (const field of home.querySelectorAll("[name=here]")) field.disabled = !refused.has(field.value); /* saved */
  });
  const again = () => { state = ""; failures = 0; send(); };
  addEventListener("pagehide", flush);
  addEventListener("beforeunload", (event) => { if (all().some((entry) => kept.get(entry) === false)) event.preventDefault(); });
  addEventListener("online", again);
  addEventListener("offline", () => { state = "offline"; flush(); show(); });
  document.addEventListener("answers:flush", () => { flush(); again(); });
  document.addEventListener("visibilitychange", () => (document.hidden ? flush() : again()));

  /* --- what was left here before */
  const restore = ({ item, data }) => {
    const part = document.getElementById("q" + item);
    for (const control of part ? part.querySelectorAll("[name^=q]") : []) {
      const values = data.filter(([name]) => name === control.name).map(([, value]) => value);
      if (control.matches("[type=radio], [type=checkbox]")) control.checked = values.includes(control.value);
      else control.value = values[0] || "";
    }
    waits(item);
  };
  store("readonly", (s) => s.getAll()).then((entries) => {
    others = entries.filter((e) => e.user !== user).length;
    for (const entry of entries.filter((e) => e.user === user && e.attempt === attempt).sort(older)) {
      add(entry);
      kept.set(entry, true);
      restore(entry);
      restored = true;
    }
    if (!navigator.onLine) state = "offline";
    send();
  }).catch(() => {});
})();
