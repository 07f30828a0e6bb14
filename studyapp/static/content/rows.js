/* Rows of an author's form: add, move and remove with buttons. Without this script the place numbers, the
   remove boxes and the blank rows below do the same. */
(() => {
  const said = (text) => { const line = document.getElementById("rows-said"); if (line) line.textContent = text; };

  const enhance = (set) => {
    const list = set.querySelector(".row-list");
    const total = set.querySelector(`input[name="${set.dataset.rows}-TOTAL_FORMS"]`);
    const rows = () => [...list.children].filter((row) => !row.hidden);

    const settle = () => {
      rows().forEach((row, index) => {
        const place = row.querySelector('input[name$="-ORDER"]');
        if (place) place.value = index + 1;
        row.querySelector("[data-up]").disabled = index === 0;
        row.querySelector("[data-down]").disabled = index === rows().length - 1;
      });
      set.dispatchEvent(new Event("rows", { bubbles: true }));
    };

    const dress = (row) => {
      row.querySelectorAll(".row-plain").forEach((part) => { part.hidden = true; });
      row.querySelector(".row-buttons").hidden = false;
      const box = row.querySelector('input[name$="-DELETE"]');
      if (box && box.checked) row.hidden = true;
    };

    set.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const row = button.closest("[data-row]");
      if (button.matches("[data-up], [data-down]")) {
        const all = rows(), at = all.indexOf(row);
        if (button.matches("[data-up]")) all[at - 1]?.before(row); else all[at + 1]?.after(row);
        settle();
        (button.disabled ? row.querySelector("button:not(:disabled)") : button).focus();
        said(`Now in place ${rows().indexOf(row) + 1} of ${rows().length}.`);
      } else if (button.matches("[data-remove]")) {
        const all = rows(), at = all.indexOf(row);
        row.querySelector('input[name$="-DELETE"]').checked = true;
        row.hidden = true;
        settle();
        (rows()[Math.min(at, rows().length - 1)]?.querySelector("textarea, input:not([type=hidden])") ?? set.querySelector("[data-add]")).focus();
        said("Removed. It is gone for good when you save.");
      } else if (button.matches("[data-add]")) {
        event.preventDefault();
        const number = Number(total.value);
        const made = set.querySelector("template[data-blank]").content.cloneNode(true);
        made.querySelectorAll("[name], [id], [for]").forEach((part) => {
          for (const key of ["name", "id", "for", "aria-describedby"]) {
            if (part.hasAttribute(key)) part.setAttribute(key, part.getAttribute(key).replaceAll("__prefix__", number));
          }
        });
        list.append(made);
        total.value = number + 1;
        const row = list.lastElementChild;
        dress(row);
        settle();
        row.querySelector("textarea, input:not([type=hidden])").focus();
        said(`Row ${rows().length} added.`);
      }
    });

    set.querySelector("[data-add]").type = "button"; // it adds here; Enter in a field saves
    rows().forEach(dress);
    rows().forEach((row, index, all) => {
      row.querySelector("[data-up]").disabled = index === 0;
      row.querySelector("[data-down]").disabled = index === all.length - 1;
    });
  };

  document.querySelectorAll("[data-rows]").forEach(enhance);
  document.getElementById("problems")?.focus();
})();
