// Explorer of roundings: two means and two SDs move inside theirs; t, its degrees of freedom and P
// are computed here, the ends of what is allowed come from the library.
"use strict";

(() => {
  // --- arithmetic ---------------------------------------------------------------------------

  // log Γ(x) for x > 0 (Lanczos 1964, nine terms)
  const LANCZOS = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
    -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
    1.5056327351493116e-7,
  ];
  const logGamma = (x) => {
    if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
    const t = x + 6.5;
    let sum = LANCZOS[0];
    for (let i = 1; i < 9; i += 1) sum += LANCZOS[i] / (x - 1 + i);
    return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
  };

  // the continued fraction of the incomplete beta function (Lentz's method)
  const fraction = (x, a, b) => {
    const least = 1e-300;
    const floor = (value) => (Math.abs(value) < least ? least : value);
    let c = 1;
    let d = 1 / floor(1 - ((a + b) * x) / (a + 1));
    let h = d;
    for (let m = 1; m < 500; m += 1) {
      let term = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / floor(1 + term * d);
      c = floor(1 + term / c);
      h *= d * c;
      term = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / floor(1 + term * d);
      c = floor(1 + term / c);
      h *= d * c;
      if (Math.abs(d * c - 1) < 1e-15) break;
    }
    return h;
  };

  // The regularised incomplete beta function at x, with y = 1 − x given for its digits.
  const beta = (x, y, a, b) => {
    if (x <= 0) return 0;
    if (y <= 0) return 1;
    const front = Math.exp(
      logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y)
    );
    return x < (a + 1) / (a + b + 2) ? (front * fraction(x, a, b)) / a : 1 - (front * fraction(y, b, a)) / b;
  };

  // two-sided P of t
  const pOf = (t, df) => beta(df / (df + t * t), (t * t) / (df + t * t), df / 2, 0.5);

  const student = ([n1, n2], [m1, s1, m2, s2]) => {
    const df = n1 + n2 - 2;
    const variance = ((n1 - 1) * s1 * s1 + (n2 - 1) * s2 * s2) / df;
    const t = Math.abs(m1 - m2) / Math.sqrt(variance * (1 / n1 + 1 / n2));
    return { t, df, p: pOf(t, df) };
  };

  const welch = ([n1, n2], [m1, s1, m2, s2]) => {
    const a = (s1 * s1) / n1;
    const b = (s2 * s2) / n2;
    const df = (a + b) ** 2 / (a ** 2 / (n1 - 1) + b ** 2 / (n2 - 1));
    const t = Math.abs(m1 - m2) / Math.sqrt(a + b);
    return { t, df, p: pOf(t, df) };
  };

  // --- words --------------------------------------------------------------------------------

  const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const pText = (p) => {
    if (p >= 0.0001) return p.toFixed(4);
    const [digits, power] = p.toExponential(1).split("e");
    return `${digits}×10${[...power].map((sign) => RAISED[sign] ?? "").join("")}`;
  };

  // --- the figure ---------------------------------------------------------------------------

  const WIDTH = 360;
  const LEFT = 16;
  const RIGHT = WIDTH - 16;
  const STEPS = 100; // of a slider, from the printed value to either end

  rereadExplorer("rounding", ({ root, stage, data, make, draw, slider, button, speaker }) => {
    let row = data.rows[data.first];

    const text = (x, y, words, attributes = {}) =>
      draw("text", { x, y, "font-size": 12, fill: "var(--reread-ink)", ...attributes }, words);

    // where a value of one number stands, between its ends
    const valueAt = (number, place) =>
      place === STEPS ? number.high
        : place === -STEPS ? number.low
          : number.value + (place / STEPS) * (place > 0 ? number.high - number.value : number.value - number.low);
    const placeOf = (number, value) => {
      const side = value > number.value ? number.high - number.value : number.value - number.low;
      return side ? Math.round(((value - number.value) / side) * STEPS) : 0;
    };

    const sliders = row.numbers.map((_, i) =>
      slider({
        label: row.numbers[i].label, min: -STEPS, max: STEPS, step: 1, value: 0,
        say: (place) => valueAt(row.numbers[i], place).toFixed(row.numbers[i].decimals + 3),
        onInput: () => show(),
      })
    );
    const printed = row.numbers.map(() => make("span", { class: "reread-explorer-printed" }));
    sliders.forEach((one, i) => one.element.querySelector("label").after(printed[i]));
    const values = () => sliders.map((one, i) => valueAt(row.numbers[i], one.value));

    const set = (places, words) => {
      sliders.forEach((one, i) => { one.value = places[i]; });
      show(words);
    };
    const choose = make("select", { id: "reread-rounding-row" },
      ...data.rows.map((one, i) => make("option", { value: i }, one.label)));
    choose.value = data.first;
    choose.addEventListener("change", () => {
      row = data.rows[Number(choose.value)];
      name();
      set([0, 0, 0, 0], "Means and SDs as printed.");
    });
    const name = () => sliders.forEach((one, i) => {
      one.element.querySelector("label").textContent = row.numbers[i].label;
      printed[i].textContent = `printed ${row.numbers[i].printed}`;
    });

    const corner = (inputs) => inputs.map((value, i) => placeOf(row.numbers[i], value));
    const buttons = make("div", { class: "reread-explorer-buttons" },
      button("As printed", () => set([0, 0, 0, 0], "Means and SDs as printed.")),
      button("Smallest t", () => set(corner(row.smallest), "The smallest t.")),
      button("Largest t", () => set(corner(row.largest), "The largest t.")),
      button("All low", () => set(Array(4).fill(-STEPS), "All at their lower ends.")),
      button("All high", () => set(Array(4).fill(STEPS), "All at their upper ends."))
    );

    const line = (y, title, now, shown, ends, mark, scale = (value) => value) => {
      const held = mark && "value" in mark;
      const low = scale(held ? Math.min(ends.low, mark.low) : ends.low);
      const high = scale(held ? Math.max(ends.high, mark.high) : ends.high);
      const x = (value) => {
        const share = (scale(value) - low) / (high - low || 1);
        return LEFT + Math.min(Math.max(share, 0), 1) * (RIGHT - LEFT);
      };
      const middle = y + 20;
      const bar = (from, to, half, colour, opacity) =>
        draw("rect", { x: from, y: middle - half, width: Math.max(to - from, 0), height: 2 * half,
          fill: `var(--reread-${colour})`, "fill-opacity": opacity });
      const parts = [
        text(0, y, title),
        text(WIDTH, y, shown, { "text-anchor": "end", "font-weight": 700, class: "reread-now" }),
        draw("line", { x1: LEFT, x2: RIGHT, y1: middle, y2: middle, stroke: "var(--reread-soft)", "stroke-width": 0.8 }),
        bar(x(ends.low), x(ends.high), 7, "blue", 0.25),
        ...[ends.low, ends.high].map((end) => draw("line", { x1: x(end), x2: x(end), y1: middle - 8, y2: middle + 8,
          stroke: "var(--reread-blue)", "stroke-width": 1.6 })),
      ];
      if (held) {
        const wide = Math.max(x(mark.high) - x(mark.low), 2) / 2;
        parts.push(bar(x(mark.value) - wide, x(mark.value) + wide, 11, "orange", 0.85));
      }
      parts.push(draw("circle", { cx: x(now), cy: middle, r: 4.5, fill: "var(--reread-ink)" }));
      const small = { "font-size": 11, fill: "var(--reread-soft)" };
      parts.push(text(0, middle + 25, `allowed ${ends.text}`, small));
      if (mark) parts.push(text(WIDTH, middle + 25, `printed ${mark.printed}`, { ...small, "text-anchor": "end" }));
      return draw("g", {}, ...parts);
    };
    const legend = (y) => draw("g", {},
      draw("circle", { cx: 12, cy: y - 4, r: 4.5, fill: "var(--reread-ink)" }),
      text(28, y, "from the means and SDs as they are set", { "font-size": 11 }),
      draw("rect", { x: 4, y: y + 8, width: 16, height: 10, fill: "var(--reread-blue)", "fill-opacity": 0.25 }),
      text(28, y + 17, "all that their roundings allow", { "font-size": 11 }),
      draw("rect", { x: 10, y: y + 24, width: 4, height: 12, fill: "var(--reread-orange)", "fill-opacity": 0.85 }),
      text(28, y + 34, "printed, with its rounding", { "font-size": 11 }));

    // drawn anew inside one element, so that nothing on the page moves
    const svg = draw("svg", { class: "reread-plot", viewBox: `0 0 ${WIDTH} 264`, width: "100%", role: "img",
      "aria-label": "Number lines of t and P; the values stand in the sentence below." });
    svg.style.maxWidth = "504px";
    stage.querySelector(".reread-panels").replaceChildren(svg);

    const says = speaker();
    const show = (first = "") => {
      const inputs = values();
      const [s, w] = [student(row.n, inputs), welch(row.n, inputs)];
      const digits = row.t.decimals;
      svg.replaceChildren(
        line(14, "Student’s t", s.t, s.t.toFixed(digits), row.student, row.t),
        line(84, "Welch’s t", w.t, w.t.toFixed(digits), row.welch, row.t),
        line(154, "P of Student’s t", s.p, pText(s.p), row.p, row.p.printed, Math.log),
        legend(224)
      );
      const slack = 1e-9 * Math.max(1, s.t);
      const prints = (t) => t >= row.t.low - slack && t <= row.t.high + slack;
      const same = prints(s.t) ? "as printed" : `not the printed ${row.t.printed}`;
      says.say(
        `${first ? `${first} ` : ""}Student’s t is ${s.t.toFixed(digits)}, ${same}; P is ${pText(s.p)}. ` +
        `Welch’s t is ${w.t.toFixed(digits)} with ${w.df.toFixed(1)} degrees of freedom; P is ${pText(w.p)}.`
      );
      root.dataset.now = JSON.stringify({ inputs, student: s, welch: w });
    };

    root.classList.add("reread-rounding");
    root.insertBefore(
      make("div", { class: "reread-controls" },
        make("div", { class: "reread-explorer-choice" }, make("label", { for: "reread-rounding-row" }, "Row of the table"), choose),
        make("div", { class: "reread-explorer-sliders" }, ...sliders.map((one) => one.element)),
        buttons),
      stage
    );
    stage.querySelector(".reread-panels").after(says.element);
    name();
    show();
  });
})();
