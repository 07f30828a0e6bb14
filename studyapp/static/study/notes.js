/* Notes are sent while one types (by htmx) and wait in this browser until their receipt has come. Words that are
   selected in a passage can be highlighted. Without this script the form saves by its button, and a sentence is chosen
   on the page of the passage's notes. */
(() => {
  "use strict";
  if (!window.htmx) return;
  const fields = new WeakMap(); /* textarea → what the server has, what is under way, failures, timer */

  /* --- the field of a note */
  const isNote = (node) => node && node.matches && node.matches("form[data-note] textarea");
  const ownerOf = (form) => (form.elements.owner || {}).value || "";
  const shelf = (form) => (ownerOf(form) ? localStorage : sessionStorage);
  const keyOf = (form) => `note ${ownerOf(form)} ${form.dataset.note}`;
  const keep = (field) => { try { shelf(field.form).setItem(keyOf(field.form), field.value); } catch { /* full or forbidden */ } };
  const drop = (field) => { for (const place of [localStorage, sessionStorage]) { try { place.removeItem(keyOf(field.form)); } catch { /* forbidden */ } } };
  const tell = (field, words) => {
    const place = document.querySelector(`#receipt_${CSS.escape(field.id.slice(5))}`);
    if (!place) return;
    for (const old of place.querySelectorAll("p")) old.remove();
    const line = document.createElement("p");
    line.className = "receipt is-unsaved";
    line.textContent = words;
    place.append(line);
  };
  const isWaiting = (field) => field.isConnected && fields.get(field).saved !== field.value;

  const take = (field) => {
    if (fields.has(field)) return;
    fields.set(field, { saved: field.value, sent: null, failures: 0, timer: 0 });
    let kept = null;
    try { kept = shelf(field.form).getItem(keyOf(field.form)); } catch { /* forbidden */ }
    if (kept === null || kept.trimEnd() === field.value.trimEnd()) return drop(field);
    field.value = !field.value || kept.includes(field.value) ? kept : `${field.value}\n\n${kept}`;
    tell(field, "Found on this computer; saving …");
    htmx.trigger(field, "input");
  };
  const takeAll = (root) => { for (const field of root.querySelectorAll("form[data-note] textarea")) take(field); };

  document.addEventListener("input", ({ target }) => {
    if (!isNote(target) || !fields.has(target)) return;
    keep(target);
    tell(target, "Saving …");
  });
  document.addEventListener("htmx:configRequest", ({ target, detail }) => {
    const form = target.closest("form[data-note]");
    if (!form) return;
    /* Each sending of this page has a number of its own, so that a late one never stands over a newer one. */
    form.elements.number.value = Number(form.elements.number.value) + 1;
    detail.parameters.number = form.elements.number.value;
    const field = form.elements.text;
    if (fields.has(field)) fields.get(field).sent = field.value;
  });
  const again = (field, state) => {
    window.clearTimeout(state.timer);
    const seconds = Math.min(30, 2 ** Math.min(state.failures++, 5)) * (0.8 + 0.4 * Math.random());
    state.timer = window.setTimeout(() => { if (isWaiting(field)) htmx.trigger(field, "note:again"); }, seconds * 1000);
  };
  const newToken = async (form) => {
    const told = await (await fetch(form.dataset.token, { credentials: "same-origin" })).json();
    if (ownerOf(form) && String(told.user) !== ownerOf(form)) return;
    for (const hidden of document.querySelectorAll("[name=csrfmiddlewaretoken]")) hidden.value = told.token;
    document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": told.token }));
  };
  document.addEventListener("htmx:afterRequest", async ({ target, detail }) => {
    const form = target.closest && target.closest("form[data-note]");
    if (!form) return;
    const field = form.elements.text, state = fields.get(field), status = detail.xhr ? detail.xhr.status : 0;
    if (!state) return;
    if (detail.successful) {
      state.saved = state.sent;
      state.failures = 0;
      if (!isWaiting(field)) drop(field);
      return;
    }
    if (status === 422 || status === 409) return; /* the receipt says why */
    tell(field, navigator.onLine ? "Not saved yet, trying again" : "You are offline. Your note is kept here and will be sent");
    if (status === 403) await newToken(form).catch(() => {});
    again(field, state);
  });
  addEventListener("online", () => {
    for (const field of document.querySelectorAll("form[data-note] textarea")) {
      if (fields.has(field) && isWaiting(field)) htmx.trigger(field, "note:again");
    }
  });
  /* Going away in the middle of a word: what is not under way yet is sent along. */
  addEventListener("pagehide", () => {
    for (const field of document.querySelectorAll("form[data-note] textarea")) {
      if (!fields.has(field) || !isWaiting(field)) continue;
      const data = new FormData(field.form);
      data.set("number", String(Number(data.get("number")) + 1));
      data.set("auto", "1");
      fetch(field.form.dataset.note, { method: "POST", body: data, keepalive: true, credentials: "same-origin" }).catch(() => {});
    }
  });

  /* --- highlights */
  const article = document.querySelector("[data-place]"), pick = document.getElementById("pick");
  let chosen = null;
  const headOf = (node) => [...article.querySelectorAll("[data-passage]")].filter((head) => head.compareDocumentPosition(node) & 4).pop();
  const elementOf = (node) => (node.nodeType === 1 ? node : node.parentElement);
  const between = (from, fromOffset, to, toOffset) => {
    const range = document.createRange();
    range.setStart(from, fromOffset);
    range.setEnd(to, toOffset);
    return range.toString();
  };
  /* Half a word that was caught by the pointer is meant as the whole. */
  const wholeWords = (selected) => {
    const range = selected.cloneRange(), letter = /[\p{L}\p{N}]/u;
    const isInside = (node, at) => node.nodeType === 3 && at > 0 && at < node.length && letter.test(node.data[at - 1]) && letter.test(node.data[at]);
    while (isInside(range.startContainer, range.startOffset)) range.setStart(range.startContainer, range.startOffset - 1);
    while (isInside(range.endContainer, range.endOffset)) range.setEnd(range.endContainer, range.endOffset + 1);
    return range;
  };
  const look = () => {
    const selection = getSelection();
    chosen = null;
    const range = selection.rangeCount && !selection.isCollapsed ? wholeWords(selection.getRangeAt(0)) : null;
    if (range && article.contains(range.startContainer) && !elementOf(range.startContainer).closest(".own, .check, figure, h1, h2, [data-end]")) {
      const head = headOf(range.startContainer), quote = range.toString().trim();
      const place = head && document.getElementById(`marks_${head.id}`);
      if (place && quote && quote.length <= 2000) {
        const before = between(head, head.childNodes.length, range.startContainer, range.startOffset).slice(-100);
        const own = place.closest(".own");
        const inside = range.endContainer.compareDocumentPosition(own) & 4;
        const after = inside ? between(range.endContainer, range.endOffset, own, 0).slice(0, 100) : "";
        chosen = { range, place, values: { quote, before, after } };
      }
    }
    pick.hidden = !chosen;
  };
  const draw = (range, number) => {
    const root = range.commonAncestorContainer, nodes = [];
    const walker = document.createTreeWalker(root.nodeType === 3 ? root.parentNode : root, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (range.intersectsNode(node) && node.data.trim() && !node.parentElement.closest("figure, svg, .check, .own")) nodes.push(node);
    }
    const { startContainer, startOffset, endContainer, endOffset } = range;
    for (let node of nodes) {
      if (node === endContainer && endOffset < node.length) node.splitText(endOffset);
      if (node === startContainer && startOffset) node = node.splitText(startOffset);
      if (!node.data.trim()) continue;
      const mark = document.createElement("mark");
      mark.className = "hl";
      mark.dataset.hl = number;
      node.replaceWith(mark);
      mark.append(node);
    }
  };
  const clean = () => {
    const shown = new Set([...document.querySelectorAll(".marks")].flatMap((part) => part.dataset.shown.split(" ")));
    for (const mark of document.querySelectorAll("mark.hl")) {
      const left = mark.dataset.hl.split(" ").filter((number) => shown.has(number));
      if (left.length) mark.dataset.hl = left.join(" ");
      else mark.replaceWith(...mark.childNodes);
    }
  };
  document.addEventListener("htmx:afterSettle", ({ detail }) => {
    const part = detail.elt;
    if (!part || !part.isConnected) return;
    takeAll(part.parentElement);
    if (!part.matches(".marks")) return;
    const { added } = part.dataset, refused = part.querySelector("[role=alert]");
    if (added && chosen && !document.querySelector(`mark.hl[data-hl~="${CSS.escape(added)}"]`)) draw(chosen.range, added);
    if (added) {
      getSelection().removeAllRanges();
      chosen = null;
      pick.hidden = true;
      const list = part.querySelector("summary");
      if (list) list.focus({ preventScroll: true });
    }
    if (refused) refused.scrollIntoView({ block: "nearest" });
    clean();
  });
  if (article && pick) {
    let timer = 0;
    document.addEventListener("selectionchange", () => {
      window.clearTimeout(timer);
      timer = window.setTimeout(look, 200);
    });
    const button = pick.querySelector("button");
    button.addEventListener("pointerdown", (event) => event.preventDefault()); /* the selection stays */
    button.addEventListener("click", () => {
      if (!chosen) return;
      const { place, values } = chosen;
      htmx.ajax("POST", place.dataset.at, { source: place, target: `#${CSS.escape(place.id)}`, swap: "outerHTML", values });
    });
  }
  takeAll(document);
})();
