// What all explorers share. An explorer is a figure that stands in the page with its text, drawing
// and table of numbers; its script adds controls. Without scripts the figure stays as it is.
//
// Page:   <div class="reread-explorer" data-explorer="NAME">
//           <div class="reread-explorer-stage">…drawing and table for readers without scripts…</div>
//           <script type="application/json">…numbers computed when the book was built…</script>
//         </div>
// Script: rereadExplorer("NAME", (tools) => { … })
"use strict";

(() => {
  const SVG = "http://www.w3.org/2000/svg";
  let made = 0;

  const fill = (element, attributes, children) => {
    for (const [key, value] of Object.entries(attributes)) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(key, value);
    }
    element.append(...children);
    return element;
  };
  const make = (name, attributes = {}, ...children) =>
    fill(document.createElement(name), attributes, children);
  const draw = (name, attributes = {}, ...children) =>
    fill(document.createElementNS(SVG, name), attributes, children);

  // A slider with its label, its value in words, and plain keyboard use.
  // `say(value)` gives the words that stand beside it and that a screen reader hears.
  const slider = ({ label, min, max, step, value, say = String, onInput }) => {
    const id = `reread-explorer-${(made += 1)}`;
    const input = make("input", { type: "range", id, min, max, step, value });
    // the slider itself speaks its value: the words beside it need not speak again
    const words = make("output", { for: id, "aria-live": "off" });
    const tell = () => {
      const text = say(Number(input.value));
      words.textContent = text;
      input.setAttribute("aria-valuetext", text);
    };
    input.addEventListener("input", () => {
      tell();
      onInput(Number(input.value));
    });
    tell();
    return {
      element: make("div", { class: "reread-slider" }, make("label", { for: id }, label), input, words),
      get value() {
        return Number(input.value);
      },
      set value(number) {
        input.value = number;
        tell();
      },
    };
  };

  const button = (label, onClick) => {
    const element = make("button", { type: "button" }, label);
    element.addEventListener("click", onClick);
    return element;
  };

  // One sentence that screen readers speak when it has stood still for a moment.
  const speaker = () => {
    const element = make("p", { class: "reread-explorer-says", role: "status", "aria-live": "polite" });
    let waiting = 0;
    return {
      element,
      say: (text, atOnce = false) => {
        clearTimeout(waiting);
        if (atOnce) element.textContent = text;
        else waiting = setTimeout(() => { element.textContent = text; }, 250);
      },
    };
  };

  // Random numbers that are the same for the same seed in every browser (mulberry32).
  const generator = (seed) => {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let t = state;
      t = Math.imul(t ^ (t >>> 15), t | 1);
      t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  };

  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

  window.rereadExplorer = (name, start) => {
    const begin = () => {
      for (const root of document.querySelectorAll(`[data-explorer="${name}"]`)) {
        const data = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
        const stage = root.querySelector(".reread-explorer-stage");
        start({ root, stage, data, make, draw, slider, button, speaker, generator, calm });
        root.dataset.explorerReady = "";
      }
    };
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
    else begin();
  };
})();
