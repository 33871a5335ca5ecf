// Light or dark, before the page is drawn: a reader in the dark sees no white flash. The switch
// itself is the theme's; it keeps the choice under "mode".
"use strict";

(() => {
  const root = document.documentElement;
  const chosen = () => {
    try {
      const mode = localStorage.getItem("mode");
      return ["light", "dark"].includes(mode) ? mode : "auto";
    } catch {
      return "auto"; // a browser may forbid storage for a page opened from a folder
    }
  };
  const mode = chosen();
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.mode = mode;
  root.dataset.theme = mode === "auto" ? (dark ? "dark" : "light") : mode;

  // The letters, so early that the text is drawn with them at once. A browser preloads no files of
  // a folder; there they stand in a style sheet, and the page is shown when they are unpacked.
  const early = (name, attributes) => {
    const link = document.createElement("link");
    link.href = new URL(name, document.currentScript.src);
    for (const [key, value] of Object.entries(attributes)) link.setAttribute(key, value);
    document.head.append(link);
    return link;
  };
  if (location.protocol === "file:") {
    const show = () => { root.style.visibility = ""; };
    root.style.visibility = "hidden";
    setTimeout(show, 1500); // better late letters than none
    const sheet = early("letters.css", { rel: "stylesheet", blocking: "render" });
    sheet.addEventListener("error", show);
    sheet.addEventListener("load", () => {
      const faces = ["", "italic "].map((style) => `${style}1em "Reread Serif Here"`);
      Promise.all(faces.map((face) => document.fonts.load(face))).then(show, show);
    });
  } else {
    for (const style of ["normal", "italic"]) {
      early(`fonts/source-serif-4-latin-wght-${style}.woff2`, {
        rel: "preload", as: "font", type: "font/woff2", crossorigin: "",
      });
    }
  }

  addEventListener("click", (event) => {
    if (event.target.closest?.("[data-print]")) print();
  });
})();
