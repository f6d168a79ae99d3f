// Sections without a time axis: what flows where, and tables that sort. Nothing here is needed to read the page.
(() => {
  "use strict";

  /** Row numbers of a place like "flow.csv#requests@0,3-7". */
  const rowsOf = (place) => {
    const rows = new Set();
    const at = (place || "").split("/")[0].split("@")[1] || "";
    for (const part of at.split(",")) {
      const [from, to] = part.split("-").map(Number);
      for (let row = from; row <= (to ?? from); row += 1) rows.add(row);
    }
    return rows;
  };

  for (const figure of document.querySelectorAll("figure.flow")) {
    const tip = figure.querySelector(".flow-tip");
    for (const svg of figure.querySelectorAll("svg.sankey[role]")) {
      const parts = [...svg.querySelectorAll(".link, .node")].map((part) => {
        const title = part.querySelector("title");
        const rows = rowsOf(title.dataset.of);
        const text = title.textContent.trim();
        // The page shows it itself; the browser would show it again.
        part.addEventListener("pointerenter", () => title.remove(), { once: true });
        return { part, rows, text };
      });
      const show = (shown) => {
        svg.classList.toggle("following", Boolean(shown));
        tip.textContent = shown ? shown.text : "";
        for (const { part, rows } of parts) {
          part.classList.toggle("with", Boolean(shown) && [...rows].some((row) => shown.rows.has(row)));
        }
      };
      for (const shown of parts) {
        shown.part.addEventListener("pointerenter", () => show(shown));
        shown.part.addEventListener("pointerleave", () => show(null));
        shown.part.addEventListener("focus", () => show(shown));
        shown.part.addEventListener("blur", () => show(null));
      }
      svg.addEventListener("keydown", (event) => {
        if (event.key === "Escape") show(null);
      });
    }
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const keyOf = (row, column) => {
      const cell = row.cells[column];
      const number = cell.querySelector("data");
      return number ? Number(number.value) : cell.textContent.trim();
    };
    const compare = (a, b) => {
      if (typeof a === "number" && typeof b === "number") return a - b;
      // What has no number comes after all that have one.
      if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
      return a < b ? -1 : a > b ? 1 : 0;
    };
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of heads) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const rows = [...body.rows].map((row) => ({ row, key: keyOf(row, column) }));
        rows.sort((a, b) => (down ? compare(b.key, a.key) : compare(a.key, b.key)));
        body.append(...rows.map(({ row }) => row));
      });
    });
  }
})();
