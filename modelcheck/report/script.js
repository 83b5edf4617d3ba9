"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const make = (tag, text, attributes = {}) => {
    const element = document.createElement(tag);
    element.textContent = text;
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const kept = {
    read(key) { try { return localStorage.getItem("modelcheck." + key); } catch { return null; } },
    write(key, value) { try { localStorage.setItem("modelcheck." + key, value); } catch { /* a page without storage */ } },
  };

  // What needs a script is shown only where one runs.
  for (const element of all("[data-needs-script]")) element.hidden = false;

  // Theme: the system's, or the reader's own choice.
  const theme = document.getElementById("theme");
  const dress = (choice) => {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
    theme.value = choice === "light" || choice === "dark" ? choice : "auto";
  };
  dress(kept.read("theme"));
  theme.addEventListener("change", () => { kept.write("theme", theme.value); dress(theme.value); });

  // A link into folded evidence unfolds it.
  const unfold = () => {
    let name = location.hash.slice(1);
    try { name = decodeURIComponent(name); } catch { /* a link that somebody cut */ }
    const target = document.getElementById(name);
    if (!target) return;
    for (let at = target; at; at = at.parentElement) if (at instanceof HTMLDetailsElement) at.open = true;
    const own = target.querySelector(":scope > details");
    if (own) own.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  if (location.hash) unfold();
  const foldable = all("#evidence article > details");
  for (const button of all("[data-fold]")) {
    button.addEventListener("click", () => { for (const one of foldable) one.open = button.dataset.fold === "open"; });
  }

  // Copy: every block that is there to be pasted.
  for (const block of all("pre")) {
    const button = make("button", "Copy", { type: "button", class: "copy" });
    button.addEventListener("click", async () => {
      let done = false;
      try { await navigator.clipboard.writeText(block.textContent); done = true; } catch { done = byHand(block); }
      button.textContent = done ? "Copied" : "Select and copy by hand";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    block.before(button);
  }
  function byHand(block) {
    const range = document.createRange();
    range.selectNodeContents(block);
    const chosen = getSelection();
    chosen.removeAllRanges();
    chosen.addRange(range);
    return document.execCommand("copy");
  }

  // Wide tables scroll by keyboard where they really are too wide.
  const regions = all(".scroll");
  const reach = () => {
    for (const one of regions) {
      const wide = one.scrollWidth > one.clientWidth;
      if (wide) {
        one.tabIndex = 0;
        one.setAttribute("role", "group");
        one.setAttribute("aria-label", one.querySelector("caption")?.textContent || "Table");
      } else for (const name of ["tabindex", "role", "aria-label"]) one.removeAttribute(name);
    }
  };
  addEventListener("resize", reach);
  for (const one of all("details")) one.addEventListener("toggle", reach);
  reach();

  // The table of gates: filter, sort, group.
  const table = document.querySelector("table.gates[data-sortable]");
  if (!table) return;
  const rows = all("tr[data-verdict]", table);
  rows.forEach((row, place) => { row.dataset.place = place; });
  const titles = new Map(all("tr.part[data-key]", table).map((row) => [row.dataset.key, row.dataset]));
  const notes = all("tbody.cut", table);
  const control = Object.fromEntries(["find", "verdict", "severity", "suite", "group"].map((id) => [id, document.getElementById(id)]));
  const status = document.getElementById("shown");
  let order = { key: "", down: false };
  const sorts = {
    gate: (row) => row.querySelector("code").textContent,
    verdict: (row) => Number(row.dataset.rank),
    n: (row) => Number(row.dataset.n || -1),
    room: (row) => (row.dataset.room === undefined ? Infinity : Number(row.dataset.room)),
  };
  const matches = (row) => {
    const words = control.find.value.trim().toLowerCase().split(/\s+/);
    return ["verdict", "severity", "suite"].every((key) => !control[key].value || row.dataset[key] === control[key].value)
      && words.every((word) => row.textContent.toLowerCase().includes(word));
  };
  const compare = (one, other) => {
    const [a, b] = [sorts[order.key](one), sorts[order.key](other)];
    const way = typeof a === "string" ? a.localeCompare(b, "en") : a - b;
    return (order.down ? -way : way) || one.dataset.place - other.dataset.place;
  };
  const draw = () => {
    const shown = rows.filter(matches);
    if (order.key) shown.sort(compare);
    const groups = new Map();
    const by = order.key ? "" : control.group.value;
    for (const row of shown) {
      const key = by ? row.dataset[by] : "";
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    for (const body of all("tbody", table)) body.remove();
    for (const [key, members] of groups) {
      const body = document.createElement("tbody");
      if (by === "verdict") body.id = `section-${key}`;
      if (by) {
        const part = by === "verdict" ? titles.get(key) : undefined;
        const head = make("th", part ? part.title : key, { colspan: "6", scope: "rowgroup" });
        const said = part && part.said ? `: ${part.said}` : "";
        head.append(" ", make("span", `${members.length.toLocaleString("en")}${said}`, { class: "count" }));
        const line = make("tr", "", { class: "part" });
        line.append(head);
        body.append(line);
      }
      body.append(...members);
      table.append(body);
    }
    table.append(...notes);
    status.textContent = `${shown.length.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
    for (const head of all("th[data-sort]", table)) {
      const mine = head.dataset.sort === order.key;
      head.setAttribute("aria-sort", mine ? (order.down ? "descending" : "ascending") : "none");
    }
    reach();
  };
  for (const head of all("th[data-sort]", table)) {
    const button = make("button", head.textContent, { type: "button", class: "sort" });
    button.addEventListener("click", () => {
      const again = head.dataset.sort === order.key;
      order = again && order.down ? { key: "", down: false } : { key: head.dataset.sort, down: again };
      draw();
    });
    // Browsers print no buttons in the heads that they repeat on every sheet.
    head.replaceChildren(button, make("span", button.textContent, { class: "on-paper", "aria-hidden": "true" }));
  }
  for (const one of Object.values(control)) one.addEventListener("input", draw);
  document.getElementById("clear").addEventListener("click", () => {
    for (const one of Object.values(control)) one.value = one.id === "group" ? "verdict" : "";
    order = { key: "", down: false };
    draw();
  });
  for (const chip of all(".counts a[data-verdict]")) {
    chip.addEventListener("click", () => { control.verdict.value = chip.dataset.verdict; draw(); });
  }
  draw();
})();
