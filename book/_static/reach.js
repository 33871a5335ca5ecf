// For readers who use the keyboard or do not see the page: the theme's drawers and search give
// the focus back, its buttons say what they have done. What is here needs scripts to be of use.
"use strict";

(() => {
  const MODES = { auto: "as the system", light: "light", dark: "dark" };
  const root = document.documentElement;
  const find = (selector) => document.querySelector(selector);

  // A side bar that is a drawer where the window is narrow. The theme moves what the bar holds
  // into a dialog and back.
  const drawer = (button, bar, dialog, name) => {
    if (!button || !bar || !dialog) return;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "reread-close";
    close.textContent = `Close: ${name}`;
    close.addEventListener("click", () => dialog.close());
    bar.prepend(close);
    dialog.setAttribute("aria-label", name);

    const tell = () => {
      const beside = getComputedStyle(bar).position === "sticky";
      const seen = dialog.open || (beside && !bar.classList.contains("pst-sidebar-hidden"));
      button.setAttribute("aria-expanded", String(seen));
    };
    const watch = new MutationObserver(tell);
    watch.observe(dialog, { attributes: true, attributeFilter: ["open"] });
    watch.observe(bar, { attributes: true, attributeFilter: ["class"] });
    addEventListener("resize", tell);
    tell();

    let goal = null;
    dialog.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (!link) return;
      // a place on this page: the drawer would cover it
      goal = link.hash.length > 1 ? document.getElementById(decodeURIComponent(link.hash.slice(1))) : null;
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      if (!goal) return button.focus();
      goal.tabIndex = -1;
      goal.focus();
      goal = null;
    });
  };

  const search = (dialog) => {
    if (!dialog) return;
    dialog.setAttribute("aria-label", "Search");
    let opener = null;
    document.addEventListener("click", (event) => {
      opener = event.target.closest(".search-button__button") ?? opener;
    }, true);
    dialog.addEventListener("close", () => {
      opener?.focus();
      opener = null;
    });
  };

  // The theme takes the focus from a button that is pressed; the keyboard needs it there.
  const keepFocus = () => {
    document.addEventListener("click", (event) => {
      const button = event.target.closest(".theme-switch-button, .primary-toggle, .secondary-toggle");
      if (!button || event.detail !== 0) return;
      setTimeout(() => { if (!find("dialog[open]")) button.focus(); });
    }, true);
  };

  const sayMode = () => {
    const tell = () => {
      for (const button of document.querySelectorAll(".theme-switch-button")) {
        const name = `Light or dark: ${MODES[root.dataset.mode] ?? MODES.auto}`;
        button.setAttribute("aria-label", name);
        button.title = name;
      }
    };
    new MutationObserver(tell).observe(root, { attributes: true, attributeFilter: ["data-mode"] });
    tell();
  };

  const start = () => {
    const bars = [["primary", "Chapters"], ["secondary", "On this page"]];
    for (const [side, name] of bars) {
      drawer(find(`.${side}-toggle`), find(`#pst-${side}-sidebar`), find(`#pst-${side}-sidebar-modal`), name);
    }
    search(find("#pst-search-dialog"));
    keepFocus();
    sayMode();
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
