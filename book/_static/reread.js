// The ledger as a tool. Every page works without this file; what it adds is comfort.
"use strict";

(() => {
  const make = (name, attributes = {}, ...children) => {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };

  // --- boxes that scroll sideways ----------------------------------------------------

  // A box that does not scroll is no stop for the keyboard.
  const watchScrolling = (box) => {
    const said = ["tabindex", "role", "aria-label"].map((name) => [name, box.getAttribute(name)]);
    const update = () => {
      const scrolls = box.scrollWidth > box.clientWidth + 1;
      for (const [name, value] of said) {
        if (scrolls && value !== null) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    };
    new ResizeObserver(update).observe(box);
    update();
  };

  // --- the ledger -------------------------------------------------------------------

  const collator = new Intl.Collator("en", { numeric: true });
  // The order of the verdicts is that of the words on the page: the gravest last.
  const GRAVITY = ["not checkable", "reproduced", "consistent", "depends", "impossible"];
  const KEYS = ["q", "verdict", "part", "check", "sort"];

  // --- take a finding, or what is shown, along --------------------------------------------

  const spoken = make("p", { class: "reread-hidden", role: "status", "aria-live": "polite" });

  const copy = async (text, button, done) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // pages from a folder may not be trusted with the clipboard: the old way still works
      const area = make("textarea", { class: "reread-hidden", "aria-hidden": "true" });
      area.value = text;
      document.body.append(area);
      area.select();
      const worked = document.execCommand("copy");
      area.remove();
      button.focus();
      if (!worked) done = "The browser does not allow copying";
    }
    button.dataset.done = done;
    spoken.textContent = done;
    setTimeout(() => {
      delete button.dataset.done;
      spoken.textContent = "";
    }, 2000);
  };

  const addressOf = (row) => `${location.href.split(/[?#]/)[0]}#${row.id}`;

  const citationOf = (row) => {
    const said = (selector) => row.querySelector(selector)?.textContent.trim().replace(/\s+/g, " ");
    const part =
      row.closest("[data-reread-part]")?.dataset.rereadPart ?? said(".reread-part") ?? row.dataset.table;
    const claim = [...row.querySelector("th").childNodes]
      .filter((node) => !node.classList?.contains("reread-part"))
      .map((node) => node.textContent)
      .join("")
      .trim();
    const version = document.querySelector('meta[name="version"]')?.content;
    const book = document.querySelector(".reread-brand-title")?.textContent.trim() ?? document.title;
    return (
      `${part}: ${claim}. Printed ${said(".reread-printed span")}; allowed ${said(".reread-allowed span")}; ` +
      `verdict: ${row.dataset.verdict}. Finding ${row.id.replace("finding-", "")}. ` +
      `In: ${book}${version ? `, version ${version}` : ""}. ${addressOf(row)}`
    );
  };

  // Buttons of a row are made when it is opened: hundreds of closed rows need none.
  const offerCopies = (row) => {
    const details = row.querySelector("details");
    details?.addEventListener("toggle", () => {
      if (!details.open || details.querySelector(".reread-copies")) return;
      const link = make("button", { type: "button" }, "Copy link");
      const citation = make("button", { type: "button" }, "Copy as citation");
      link.addEventListener("click", () => copy(addressOf(row), link, "Link copied"));
      citation.addEventListener("click", () => copy(citationOf(row), citation, "Citation copied"));
      details.append(make("p", { class: "reread-copies" }, link, citation));
    });
  };

  // A cell that a spreadsheet would take for a formula is text for it too.
  const csvCell = (text) => {
    const safe = /^[=+@\t\r]|^-(?![\d.])/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };

  const save = (name, type, text) => {
    const address = URL.createObjectURL(new Blob([text], { type }));
    make("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };

  const takeaway = (frame, rows) => {
    const FIELDS = ["id", "verdict", "part", "check", "claim", "printed", "allowed"];
    const listed = () =>
      rows
        .filter(({ row }) => !row.hidden)
        .map((r) => ({
          id: r.row.id.replace("finding-", ""),
          verdict: r.verdict,
          part: r.part,
          check: r.check,
          claim: r.cells.claim,
          printed: r.row.querySelector(".reread-printed span").textContent.trim(),
          allowed: r.row.querySelector(".reread-allowed span").textContent.trim(),
        }));
    const csv = make("button", { type: "button" }, "Save these as CSV");
    const json = make("button", { type: "button" }, "as JSON");
    csv.addEventListener("click", () => {
      const lines = [FIELDS, ...listed().map((finding) => FIELDS.map((field) => finding[field]))];
      const text = lines.map((line) => line.map(csvCell).join(",")).join("\r\n");
      save("findings.csv", "text/csv", `\ufeff${text}\r\n`);
    });
    json.addEventListener("click", () => {
      save("findings.json", "application/json", `${JSON.stringify(listed(), null, 2)}\n`);
    });
    return [make("span", { class: "reread-save" }, csv, json)];
  };

  const asLedger = (frame) => {
    // One table, or one for each part of the paper under a heading of its own.
    const tables = [...frame.querySelectorAll("table.reread-ledger")];
    const sections = [...frame.querySelectorAll("[data-reread-part]")];
    const rows = tables.flatMap((table) => [...table.tBodies[0].rows]).map((row, index) => ({
      row,
      index,
      verdict: row.dataset.verdict,
      part: row.dataset.table,
      check: row.dataset.check,
      partName:
        row.closest("[data-reread-part]")?.dataset.rereadPart ??
        row.querySelector(".reread-part")?.textContent.trim() ??
        row.dataset.table,
      words: row.textContent.toLowerCase().replace(/\s+/g, " "),
      cells: {
        claim: row.querySelector("th").textContent.trim(),
        printed: row.querySelector(".reread-printed").textContent.trim(),
        allowed: row.querySelector(".reread-allowed").textContent.trim(),
      },
    }));
    if (!rows.length) return null;
    const state = { q: "", verdict: new Set(), part: "", check: "", sort: "" };

    // controls
    const present = GRAVITY.filter((v) => rows.some((r) => r.verdict === v)).reverse();
    const choices = present.map((verdict) => {
      const box = make("input", { type: "checkbox", value: verdict });
      const badge = rows
        .find((r) => r.verdict === verdict)
        .row.querySelector(".reread-badge")
        .cloneNode(true);
      badge.append(` ${rows.filter((r) => r.verdict === verdict).length}`);
      return { box, label: make("label", { class: "reread-choice" }, box, badge) };
    });
    const parts = new Map(rows.map((r) => [r.part, r.partName]));
    const part = make("select", {}, make("option", { value: "" }, "all parts"));
    for (const [value, name] of parts) {
      const n = rows.filter((r) => r.part === value).length;
      part.append(make("option", { value }, `${name} (${n})`));
    }
    // checks by their names in words, as in "t_from_means" → "t from means"
    const checks = new Map();
    for (const r of rows) checks.set(r.check, (checks.get(r.check) ?? 0) + 1);
    const check = make("select", {}, make("option", { value: "" }, "all checks"));
    const inWords = (name) => name.replaceAll("_", " ").replaceAll(".", ": ");
    for (const name of [...checks.keys()].sort(collator.compare)) {
      check.append(make("option", { value: name }, `${inWords(name)} (${checks.get(name)})`));
    }
    const search = make("input", { type: "search", autocomplete: "off", spellcheck: "false" });
    const headsOf = (table) =>
      [...table.tHead.rows[0].cells].filter((th) => th.dataset.key !== "more");
    const heads = tables.flatMap(headsOf);
    const sort = make("select", {}, make("option", { value: "" }, "as in the paper"));
    for (const th of headsOf(tables[0])) {
      const name = th.textContent.trim();
      sort.append(make("option", { value: th.dataset.key }, `${name} ↑`));
      sort.append(make("option", { value: `-${th.dataset.key}` }, `${name} ↓`));
    }
    const clear = make("button", { type: "button" }, "Show all");
    const shown = make("p", { class: "reread-shown", role: "status", "aria-live": "polite" });
    const tool = make(
      "div",
      { class: "reread-tool", role: "search", "aria-label": "Filter the ledger" },
      make("fieldset", {}, make("legend", {}, "Verdict (none chosen: all)"), ...choices.map((c) => c.label)),
      make(
        "div",
        { class: "reread-fields" },
        make("label", {}, "Part of the paper", part),
        make("label", {}, "Check", check),
        make("label", {}, "Words or numbers", search),
        make("label", {}, "Order", sort),
        clear,
      ),
      make("div", { class: "reread-shown-row" }, shown, ...takeaway(frame, rows)),
    );
    frame.prepend(tool);
    for (const th of heads) {
      const button = make("button", { type: "button", class: "reread-sort" }, ...th.childNodes);
      th.append(button);
      button.addEventListener("click", () => {
        const key = th.dataset.key;
        state.sort = state.sort === key ? `-${key}` : state.sort === `-${key}` ? "" : key;
        show();
      });
    }

    // what is shown
    const fits = (r, words) =>
      (!state.verdict.size || state.verdict.has(r.verdict)) &&
      (!state.part || state.part === r.part) &&
      (!state.check || state.check === r.check) &&
      words.every((word) => r.words.includes(word));

    let order = "";
    const arrange = () => {
      if (order === state.sort) return;
      order = state.sort;
      const key = order.replace(/^-/, "");
      const sign = order.startsWith("-") ? -1 : 1;
      const compare = !key
        ? () => 0
        : key === "verdict"
          ? (a, b) => GRAVITY.indexOf(a.verdict) - GRAVITY.indexOf(b.verdict)
          : (a, b) => collator.compare(a.cells[key], b.cells[key]);
      const sorted = [...rows].sort((a, b) => sign * compare(a, b) || a.index - b.index);
      // within its own table: a finding never leaves its part
      for (const { row } of sorted) row.parentElement.append(row);
    };

    const remember = () => {
      const query = new URLSearchParams(location.search);
      for (const key of KEYS) query.delete(key);
      if (state.q.trim()) query.set("q", state.q.trim());
      for (const verdict of present) if (state.verdict.has(verdict)) query.append("verdict", verdict);
      if (state.part) query.set("part", state.part);
      if (state.check) query.set("check", state.check);
      if (state.sort) query.set("sort", state.sort);
      const text = query.toString();
      try {
        history.replaceState(null, "", `${location.pathname}${text ? `?${text}` : ""}${location.hash}`);
      } catch {
        // some browsers forbid it for a page opened from a folder: the filter works all the same
      }
    };

    const show = () => {
      const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
      let count = 0;
      for (const r of rows) {
        r.row.hidden = !fits(r, words);
        if (!r.row.hidden) count += 1;
      }
      for (const section of sections) {
        section.hidden = ![...section.querySelectorAll("tr[data-verdict]")].some((row) => !row.hidden);
      }
      arrange();
      for (const { box } of choices) box.checked = state.verdict.has(box.value);
      for (const th of heads) {
        const key = th.dataset.key;
        if (state.sort === key) th.setAttribute("aria-sort", "ascending");
        else if (state.sort === `-${key}`) th.setAttribute("aria-sort", "descending");
        else th.removeAttribute("aria-sort");
      }
      part.value = state.part;
      check.value = state.check;
      sort.value = state.sort;
      if (search.value !== state.q) search.value = state.q;
      const hint = count ? "" : "; “Show all” starts again";
      const text = count === rows.length ? `All ${count} findings` : `${count} of ${rows.length} findings${hint}`;
      if (shown.textContent !== text) shown.textContent = text;
      remember();
    };

    const reset = () => {
      state.q = "";
      state.verdict.clear();
      state.part = "";
      state.check = "";
    };

    for (const { box } of choices) {
      box.addEventListener("change", () => {
        if (box.checked) state.verdict.add(box.value);
        else state.verdict.delete(box.value);
        show();
      });
    }
    part.addEventListener("change", () => {
      state.part = part.value;
      show();
    });
    check.addEventListener("change", () => {
      state.check = check.value;
      show();
    });
    sort.addEventListener("change", () => {
      state.sort = sort.value;
      show();
    });
    search.addEventListener("input", () => {
      state.q = search.value;
      show();
    });
    clear.addEventListener("click", () => {
      reset();
      state.sort = "";
      show();
      search.focus();
    });

    // what the address asks for; unknown words are left out
    const query = new URLSearchParams(location.search);
    state.q = query.get("q") ?? "";
    for (const verdict of query.getAll("verdict")) if (present.includes(verdict)) state.verdict.add(verdict);
    if (parts.has(query.get("part"))) state.part = query.get("part");
    if (checks.has(query.get("check"))) state.check = query.get("check");
    if ([...sort.options].some((o) => o.value === query.get("sort"))) state.sort = query.get("sort");
    show();

    return (row) => {
      if (!row.hidden || !frame.contains(row)) return;
      reset();
      show();
    };
  };

  // --- a finding that a link points at -------------------------------------------------

  const reveals = [];

  const goToFinding = () => {
    let id;
    try {
      id = decodeURIComponent(location.hash.slice(1));
    } catch {
      return;
    }
    if (!id.startsWith("finding-")) return;
    const row = document.getElementById(id);
    if (!row) return;
    for (const reveal of reveals) reveal(row);
    const folded = row.closest(".reread-folded");
    if (folded) folded.open = true;
    const details = row.querySelector("details");
    if (details) details.open = true;
    row.scrollIntoView({ block: "start" });
  };

  const start = () => {
    for (const box of document.querySelectorAll(".reread-scroll, div.math")) watchScrolling(box);
    for (const frame of document.querySelectorAll("[data-reread-ledger]")) {
      const reveal = asLedger(frame);
      if (reveal) reveals.push(reveal);
    }
    for (const row of document.querySelectorAll('tr[id^="finding-"]')) offerCopies(row);
    document.body.append(spoken);
    goToFinding();
    addEventListener("hashchange", goToFinding);
    // paper has no folds, and the screen has them again afterwards; but a class gets its exercises
    // as they stand: a solution is printed if it was opened
    const onSheet = location.pathname.includes("/exercises/");
    const keeps = (fold) =>
      onSheet && /^\s*(Hint|Solution)/.test(fold.querySelector("summary")?.textContent ?? "");
    let closed = [];
    addEventListener("beforeprint", () => {
      closed = [...document.querySelectorAll(".bd-article details:not([open])")];
      for (const fold of closed) fold[keeps(fold) ? "hidden" : "open"] = true;
    });
    addEventListener("afterprint", () => {
      for (const fold of closed) fold[keeps(fold) ? "hidden" : "open"] = false;
      closed = [];
    });
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
