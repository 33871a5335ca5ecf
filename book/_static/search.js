// The search page: an excerpt beside each hit, from the texts in searchtexts.js. Sphinx would
// fetch each page for it, which a browser refuses in a folder.
"use strict";

(() => {
  const BEFORE = 80;
  const LENGTH = 240;

  const plain = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

  // The section with most of the words, and the place of the first of them.
  const place = (sections, words) => {
    let best = { count: -1, text: "", at: 0 };
    for (const [, text] of sections) {
      const lower = text.toLowerCase();
      const found = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
      if (found.length > best.count) {
        best = { count: found.length, text, at: found.length ? Math.min(...found) : 0 };
      }
    }
    return best;
  };

  const excerpt = (sections, words) => {
    const { text, at } = place(sections, words);
    let from = Math.max(0, at - BEFORE);
    if (from > 0) from = text.indexOf(" ", from) + 1; // at the start of a word
    let to = Math.min(text.length, from + LENGTH);
    if (to < text.length) to = Math.max(text.lastIndexOf(" ", to), from);
    const element = document.createElement("p");
    element.className = "context";
    const shown = text.slice(from, to);
    const parts = words.length
      ? shown.split(new RegExp(`((?:${words.map(plain).join("|")})[\\p{L}\\p{N}]*)`, "giu"))
      : [shown];
    parts.forEach((part, index) => {
      if (index % 2 === 0) return element.append(part);
      const mark = document.createElement("mark");
      mark.textContent = part;
      element.append(mark);
    });
    if (from > 0) element.prepend("… ");
    if (to < text.length) element.append(" …");
    return element;
  };

  const explain = (item, words) => {
    const link = item.querySelector("a");
    if (!link || item.childElementCount > 1) return; // a term, which says itself what it is
    const { pathname, hash } = new URL(link.href);
    const name = Object.keys(SEARCH_TEXTS).find((page) => pathname.endsWith(`/${page}.html`));
    if (!name) return;
    const all = SEARCH_TEXTS[name];
    const own = all.filter(([id]) => `#${id}` === hash);
    item.append(excerpt(own.length ? own : all, words));
  };

  // before the index comes, and with it the first hit
  const query = new URLSearchParams(location.search).get("q") ?? "";
  const words = query ? [...Search._parseQuery(query)[1]] : [];
  new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node.nodeType === 1 && node.matches("ul.search > li")) explain(node, words);
      }
    }
  }).observe(document.getElementById("search-results"), { childList: true, subtree: true });
  const field = document.querySelector("main form.bd-search input");
  field.focus();
  field.select();
})();
