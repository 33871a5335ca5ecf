// Two lanes through the same pages: the clinician's (code folded away) and the analyst's (code
// open). Without this file the code is folded, and each fold opens by hand: nothing is lost.
// It runs before the page is drawn, so that nothing moves afterwards.
"use strict";

(() => {
  const KEY = "reread-lane";
  const LANES = ["clinician", "analyst"];
  const root = document.documentElement;

  const remembered = () => {
    try {
      const lane = localStorage.getItem(KEY);
      return LANES.includes(lane) ? lane : "clinician";
    } catch {
      return "clinician"; // a browser may forbid storage for a page opened from a folder
    }
  };
  const remember = (lane) => {
    try {
      localStorage.setItem(KEY, lane);
    } catch {
      // the choice then holds for this page alone
    }
  };

  root.dataset.lane = remembered();

  // solutions of exercises stay closed for everybody
  const FOLDS = "details.hide.above-input:not(.put-away)";
  const isOpen = (fold) => root.dataset.lane === "analyst" || fold.dataset.startsOpen === "";
  const settle = (fold) => {
    if (fold.dataset.startsOpen === undefined && fold.open) fold.dataset.startsOpen = "";
    fold.open = isOpen(fold);
  };

  // each fold is set as soon as it is read, before it is drawn
  const reader = new MutationObserver((changes) => {
    for (const { addedNodes } of changes) {
      for (const node of addedNodes) {
        if (node.nodeType === 1 && node.matches(FOLDS)) settle(node);
      }
    }
  });
  reader.observe(root, { childList: true, subtree: true });

  const go = (lane) => {
    root.dataset.lane = lane;
    remember(lane);
    for (const fold of document.querySelectorAll(FOLDS)) fold.open = isOpen(fold);
    for (const input of document.querySelectorAll(".reread-lane input")) {
      input.checked = input.value === lane;
    }
  };

  const control = () => {
    const field = document.createElement("fieldset");
    field.className = "reread-lane";
    const legend = document.createElement("legend");
    legend.textContent = "Read as";
    field.append(legend);
    for (const lane of LANES) {
      const label = document.createElement("label");
      const input = document.createElement("input");
      input.type = "radio";
      input.name = KEY;
      input.value = lane;
      input.checked = root.dataset.lane === lane;
      input.addEventListener("change", () => go(lane));
      const word = document.createElement("span");
      word.textContent = lane;
      label.append(input, word);
      label.title = lane === "analyst" ? "The code of every cell is open" : "The code is folded away";
      field.append(label);
    }
    return field;
  };

  document.addEventListener("DOMContentLoaded", () => {
    reader.disconnect();
    document.querySelector(".article-header-buttons, .header-article-items__end")?.prepend(control());
  });
  // another page of the book, open beside this one, may have switched
  addEventListener("storage", ({ key }) => {
    if (key === KEY) go(remembered());
  });
})();
