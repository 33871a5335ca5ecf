// Explorer of two tables and one cohort: another coefficient, and how many patients would not fit.
// Every number was proved when the book's data were made; this script looks them up.
"use strict";

(() => {
  const WIDTH = 360;
  const [LEFT, RIGHT, TOP, TALL] = [34, WIDTH - 12, 24, 150];
  const minus = (words) => words.replace("-", "−");

  // round steps from 0 to at or above `high`, or inside two ends
  const ticks = (low, high) => {
    const span = high - low || 1;
    const size = 10 ** Math.floor(Math.log10(span / 4));
    const step = [1, 2, 5, 10].map((k) => size * k).find((s) => span / s <= 8);
    const found = [];
    for (let i = Math.ceil(low / step); i <= Math.ceil(high / step); i += 1) found.push(Number((i * step).toFixed(10)));
    return found;
  };

  rereadExplorer("two_tables", ({ root, stage, data, make, draw, slider, button, speaker }) => {
    const curve = () => data.curves[chosenRow()][chosenReading()];
    const choice = (id, label, options, onChange) => {
      const select = make("select", { id }, ...options.map((words, i) => make("option", { value: i }, words)));
      select.addEventListener("change", onChange);
      return { select, element: make("div", { class: "reread-explorer-choice" }, make("label", { for: id }, label), select) };
    };
    const rows = choice("reread-tables-row", "Coefficient that moves", data.rows.map((r) => r.label), () => {
      place.value = middle();
      show();
    });
    const readings = choice("reread-tables-reading", "Reading of the table", data.readings.map((r) => r.label), () => show());
    const chosenRow = () => Number(rows.select.value);
    const chosenReading = () => Number(readings.select.value);
    const middle = () => (curve().b.length - 1) / 2; // where the printed value stands

    const value = (at) => {
      const row = data.rows[chosenRow()];
      if (at === middle()) {
        return `${row.printed} as printed${row.ratio ? ` (ratio ${row.ratio})` : ""}`;
      }
      const b = curve().b[at];
      return `${minus(b.toFixed(row.decimals))} (ratio ${Math.exp(b).toFixed(2)})`;
    };
    const place = slider({
      label: "B", min: 0, max: data.curves[0][0].b.length - 1, step: 1,
      value: (data.curves[0][0].b.length - 1) / 2, say: value, onInput: () => show(),
    });
    const nearest = () => {
      const { fits } = curve();
      const found = fits.map((fit, i) => [fit, Math.abs(i - middle()), i]).filter(([fit]) => fit);
      found.sort((one, other) => one[1] - other[1]);
      return found.length ? found[0][2] : null;
    };
    const buttons = make("div", { class: "reread-explorer-buttons" },
      button("As printed", () => { place.value = middle(); show(); }),
      button("Nearest B with which all fit", () => {
        const at = nearest();
        if (at === null) return show("No value on this scale lets all fit. ");
        place.value = at;
        return show();
      }));

    // --- drawing ----------------------------------------------------------------------------

    const text = (x, y, words, attributes = {}) =>
      draw("text", { x, y, "font-size": 11, fill: "var(--reread-ink)", ...attributes }, words);
    const soft = { fill: "var(--reread-soft)" };
    const line = (x1, y1, x2, y2, colour, width, dash = null) =>
      draw("line", { x1, y1, x2, y2, stroke: `var(--reread-${colour})`, "stroke-width": width, "stroke-dasharray": dash });
    const box = (x, y, width, height) =>
      draw("rect", { x, y, width, height, fill: "var(--reread-green)", "fill-opacity": 0.16 });

    const plot = (at) => {
      const { b, proved, fits } = curve();
      const [first, last] = [b[0], b[b.length - 1]];
      const levels = ticks(0, Math.max(...proved, 1));
      const x = (value) => LEFT + ((value - first) / (last - first)) * (RIGHT - LEFT);
      const y = (n) => TOP + TALL * (1 - n / levels[levels.length - 1]);
      const parts = [text(0, 12, "patients who do not fit, at least", soft)];
      for (const level of levels) {
        parts.push(line(LEFT, y(level), RIGHT, y(level), "line", 0.6));
        parts.push(text(LEFT - 6, y(level) + 4, String(level), { ...soft, "text-anchor": "end" }));
      }
      for (let i = 0; i < b.length; i += 1) {
        const from = i;
        while (fits[from] && fits[i + 1]) i += 1;
        if (fits[from]) parts.push(box(x(b[from]), TOP, Math.max(x(b[i]) - x(b[from]), 1), TALL));
      }
      const row = data.rows[chosenRow()];
      parts.push(draw("rect", { x: x(row.low), y: TOP, width: Math.max(x(row.high) - x(row.low), 0.4), height: TALL,
        fill: "var(--reread-ink)", "fill-opacity": 0.4 }));
      parts.push(line(x(b[middle()]), TOP, x(b[middle()]), TOP + TALL, "ink", 1.4, "3 2"));
      parts.push(draw("polyline", { points: b.map((value, i) => `${x(value).toFixed(2)},${y(proved[i]).toFixed(2)}`).join(" "),
        fill: "none", stroke: "var(--reread-blue)", "stroke-width": 2 }));
      parts.push(line(x(b[at]), TOP, x(b[at]), TOP + TALL, "soft", 0.8));
      parts.push(draw("circle", { cx: x(b[at]), cy: y(proved[at]), r: 4.5, fill: "var(--reread-ink)" }));
      parts.push(line(LEFT, TOP + TALL, RIGHT, TOP + TALL, "line", 1.2));
      for (const tick of ticks(first, last).filter((t) => t >= first && t <= last)) {
        parts.push(line(x(tick), TOP + TALL, x(tick), TOP + TALL + 4, "line", 1.2));
        parts.push(text(x(tick), TOP + TALL + 15, minus(String(tick)), { ...soft, "text-anchor": "middle" }));
      }
      parts.push(text((LEFT + RIGHT) / 2, TOP + TALL + 30, "B", { "text-anchor": "middle" }));
      const low = TOP + TALL + 51;
      parts.push(line(1, low - 4, 23, low - 4, "blue", 2), text(30, low, "proved: at least so many"));
      parts.push(box(1, low + 6, 22, 11), text(30, low + 15, "some patients fit every number"));
      parts.push(line(12, low + 20, 12, low + 32, "ink", 1.4, "3 2"), text(30, low + 30, "B as printed, with its rounding"));
      return parts;
    };

    const step = WIDTH / data.across;
    const depth = Math.ceil(data.everyone / data.across);
    const begin = TOP + TALL + 95;
    const marks = (out) => {
      const parts = [];
      for (let i = 0; i < data.everyone; i += 1) {
        const [x, y] = [step * ((i % data.across) + 0.5), begin + 5 + step * Math.floor(i / data.across)];
        parts.push(i < out
          ? draw("path", { d: `M${x - 3} ${y - 3}l6 6m0 -6l-6 6`, stroke: "var(--reread-red)", "stroke-width": 2, class: "reread-out" })
          : draw("circle", { cx: x, cy: y, r: 2, fill: "var(--reread-soft)", class: "reread-in" }));
      }
      parts.push(text(0, begin + step * depth + 14, "cross: would have to be another patient; which, is not known"));
      return parts;
    };
    const svg = draw("svg", { class: "reread-plot", viewBox: `0 0 ${WIDTH} ${begin + step * depth + 20}`, width: "100%", role: "img",
      "aria-label": "A curve of patients who do not fit, over B, and one mark for each patient; the numbers stand in the sentence below." });
    svg.style.maxWidth = "504px";
    stage.querySelector(".reread-panels").replaceChildren(svg);

    const says = speaker();
    const show = (first = "") => {
      const at = place.value;
      place.value = at; // the words of the slider follow row and reading
      const { proved, fits } = curve();
      const [row, reading] = [data.rows[chosenRow()], data.readings[chosenReading()]];
      const out = Math.ceil(proved[at]);
      const given = `if the model was ${reading.model} (${reading.codes}), ${data.given}`;
      const head = `${first}${row.label} with B ${value(at)}`;
      const all = data.everyone;
      says.say(
        fits[at]
          ? `${head}: there are ${all} patients, if need be in fractions, who fit every number, ${given}.`
          : out >= all
            ? `${head}: no ${all} patients fit, whatever their features, ${given}.`
            : out
              ? `${head}: at least ${out} of ${all} patients would have to have other features than the tables count, ${given} (proved: ${proved[at].toFixed(2)}).`
              : `${head}: it is not decided whether some patients fit, ${given}.`
      );
      svg.replaceChildren(...plot(at), ...marks(out));
      root.dataset.now = JSON.stringify({ b: curve().b[at], proved: proved[at], fits: fits[at], out });
    };

    root.classList.add("reread-two-tables");
    root.insertBefore(
      make("div", { class: "reread-controls" },
        make("div", { class: "reread-explorer-choices" }, rows.element, readings.element), place.element, buttons),
      stage
    );
    stage.querySelector(".reread-panels").after(says.element);
    show();
  });
})();
