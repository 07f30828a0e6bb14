/* Before somebody signs out: answers of theirs that the server does not have yet (quizzes/autosave.js) are sent. What was
   sent is emptied; what cannot be sent is said, and stays in this browser for nobody else. */
(() => {
  "use strict";
  const form = document.getElementById("sign-out");
  if (!form || !window.indexedDB) return;
  const { user } = form.dataset, NAME = "unsent answers";
  const opened = () => new Promise((done) => {
    const request = indexedDB.open(NAME);
    request.onupgradeneeded = () => request.transaction.abort(); /* nothing was ever kept here */
    request.onsuccess = () => done(request.result);
    request.onerror = () => done(null);
  });
  const act = (db, mode, what) => new Promise((done, failed) => {
    const change = db.transaction("entries", mode), request = what(change.objectStore("entries"));
    change.oncomplete = () => done(request.result);
    change.onerror = change.onabort = () => failed(change.error);
  });
  const sent = async (entry) => {
    const answer = await fetch(`/attempts/${entry.attempt}/${entry.item}/save/`, {
      method: "POST", body: new URLSearchParams(entry.data), credentials: "same-origin", redirect: "manual",
      headers: { "X-CSRFToken": form.querySelector("[name=csrfmiddlewaretoken]").value }, signal: AbortSignal.timeout(8000),
    });
    return answer.status === 200;
  };
  const sendAll = async () => {
    const db = await opened();
    if (!db) return 0;
    const mine = (await act(db, "readonly", (s) => s.getAll())).filter((e) => e.user === user);
    let left = mine.length;
    for (const entry of mine.sort((a, b) => a.at - b.at || a.number - b.number)) {
      if (!(await sent(entry).catch(() => false))) break;
      const key = [entry.user, entry.attempt, entry.item, entry.writer, entry.number];
      await act(db, "readwrite", (s) => s.delete(key));
      left--;
    }
    db.close();
    return left;
  };
  let asked = false;
  form.addEventListener("submit", async (event) => {
    if (asked) return;
    event.preventDefault();
    const left = await sendAll().catch(() => 0);
    if (!left) return form.submit();
    asked = true;
    document.getElementById("trouble").textContent =
      `${left} answer${left === 1 ? " is" : "s are"} not saved yet and could not be sent just now. ` +
      "Sign out all the same? They stay in this browser, for nobody but you.";
  });
})();
