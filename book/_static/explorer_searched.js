// Searched cut-offs: each press draws studies in which the marker has nothing to do with the event,
// and takes the cut with the largest Youden index. The still drawing shows the first thousand of
// them; the first press begins at the first one. Same studies, cuts and P values as
// analysis/show/explore_searched.py.
"use strict";

rereadExplorer("searched", ({ root, stage, data, make, draw, button, speaker, generator, calm }) => {
  const { n1, n0, level, z, edges, places } = data;
  const n = n1 + n0;
  const svg = stage.querySelector("svg");

  // --- one study -------------------------------------------------------------------------

  // P of a chi-square with one degree of freedom: erfc(√x), by its series or its fraction
  const pValue = (chi) => {
    const x = chi / 2;
    if (!(x > 0)) return 1;
    const front = Math.exp(-x) * Math.sqrt(x / Math.PI);
    if (x < 1.5) {
      let term = 2;
      let sum = term;
      for (let k = 1; term > sum * 1e-17; k += 1) sum += term *= x / (k + 0.5);
      return 1 - front * sum;
    }
    let b = x + 0.5;
    let c = 1e300;
    let d = 1 / b;
    let h = d;
    for (let i = 1; i < 500; i += 1) {
      const a = -i * (i - 0.5);
      b += 2;
      d = 1 / (a * d + b);
      c = b + a / c;
      h *= c * d;
      if (Math.abs(c * d - 1) < 1e-15) break;
    }
    return front * h;
  };

  const chiSquare = (tp, fp) => {
    const called = tp + fp;
    return ((tp * n0 - fp * n1) ** 2 * (n / (n1 * n0))) / (called * (n - called));
  };

  let random;
  const state = new Uint8Array(n); // who has the event, from the highest value of the marker down
  const half = n - Math.floor(n / 2); // patients called positive at the cut at the half

  const drawStudy = () => {
    let left = n1;
    let tp = 0;
    let best = -Infinity;
    let bestTp = 0;
    let bestFp = 0;
    let halfTp = 0;
    for (let k = 0; k < n; k += 1) {
      state[k] = random() * (n - k) < left ? 1 : 0;
      left -= state[k];
      tp += state[k];
      const fp = k + 1 - tp;
      const gain = tp * n0 - fp * n1;
      if (k < n - 1 && gain >= best) {
        best = gain;
        bestTp = tp;
        bestFp = fp;
      }
      if (k === half - 1) halfTp = tp;
    }
    return {
      tp: bestTp,
      fp: bestFp,
      p: pValue(chiSquare(bestTp, bestFp)),
      pHalf: pValue(chiSquare(halfTp, half - halfTp)),
    };
  };

  // --- all studies -----------------------------------------------------------------------

  let studies, last, bars, counted;
  const reset = () => {
    random = generator(data.seed);
    studies = 0;
    last = null;
    bars = edges.map(() => 0);
    counted = { p: data.below.map(() => 0), p_half: data.below.map(() => 0) };
    counted.level = { p: 0, p_half: 0 };
  };
  const add = () => {
    last = drawStudy();
    studies += 1;
    let bar = 0;
    while (bar < edges.length - 1 && last.p < edges[bar + 1]) bar += 1;
    bars[bar] += 1;
    for (const [part, p] of [["p", last.p], ["p_half", last.pHalf]]) {
      if (p < level) counted.level[part] += 1;
      data.below.forEach((bound, i) => {
        if (p < bound) counted[part][i] += 1;
      });
    }
  };

  // Wilson's interval of a share
  const wilson = (count, of) => {
    const value = count / of;
    const wide = 1 + (z * z) / of;
    const middle = (value + (z * z) / (2 * of)) / wide;
    const reach = (z / wide) * Math.sqrt((value * (1 - value)) / of + (z * z) / (4 * of * of));
    return [value, Math.max(0, Math.min(middle - reach, value)), Math.min(1, Math.max(middle + reach, value))];
  };

  // --- words -----------------------------------------------------------------------------

  const whole = (count) => String(count).replace(/\B(?=(\d{3})+$)/g, "\u202f");
  const fixed = (value, decimals) => value.toFixed(decimals).replace("-", "−");
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const pWords = (p) => (p < 0.001 ? "below 0.001" : p.toFixed(3));
  const lines = () => [
    `study ${whole(studies)}`,
    "best cut calls",
    `${last.tp} of ${n1} with and`,
    `${last.fp} of ${n0} without`,
    `Youden ${fixed(last.tp / n1 - last.fp / n0, 3)}`,
    `P = ${pWords(last.p)}`.replace("= below", "below"),
    last.p < level ? "“significant”" : "not significant",
  ];
  const sentence = () => {
    if (!studies) return "No study has been drawn.";
    const [value, low, high] = wilson(counted.level.p, studies);
    const one = last.p < level ? "“significant”" : "not significant";
    const range = `${percent(value)}, ${percent(low)} to ${percent(high)}`;
    return (
      `Study ${whole(studies)}: P ${last.p < 0.001 ? "" : "= "}${pWords(last.p)} at its best cut, ${one}. ` +
      `So far ${whole(counted.level.p)} of ${whole(studies)} without any effect have P below ${level} (${range}); ` +
      `cut at the half instead, ${whole(counted.level.p_half)}.`
    );
  };

  // --- drawing ---------------------------------------------------------------------------

  const { roc, words, bars: box, strip } = places;
  const span = (box.right - box.left) / edges.length;
  const above = edges.findIndex((edge) => Math.abs(edge - level) < 1e-9);
  const curve = draw("path", { class: "reread-live-curve" });
  const dot = draw("circle", { class: "reread-live-dot", r: 4.5 });
  const texts = Array.from({ length: 7 }, (_, i) =>
    draw("text", { x: words.x, y: words.y + i * words.step }),
  );
  const rects = edges.map((_, i) =>
    draw("rect", {
      class: i >= above ? "reread-live-bar reread-live-low" : "reread-live-bar",
      x: box.right - (i + 1) * span + 0.6,
      width: span - 1.2,
    }),
  );
  const marks = ["searched", "half"].map((row) => ({
    whisker: draw("line", { class: "reread-live-whisker", y1: strip[row], y2: strip[row] }),
    point: draw("circle", { class: `reread-live-${row}`, cy: strip[row], r: 3.6 }),
  }));
  const live = draw(
    "g", { class: "reread-live" }, curve, dot, ...texts, ...rects,
    ...marks.flatMap(({ whisker, point }) => [whisker, point]),
  );

  const set = (element, attributes) => {
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  };
  const cells = [...root.querySelectorAll("[data-count]")].map((cell) => {
    const [part, bound] = cell.dataset.count.split(" ");
    return { cell, part, i: data.below.indexOf(Number(bound)) };
  });
  const at = (share) => strip.left + (strip.right - strip.left) * share;

  const render = () => {
    if (!live.isConnected) {
      stage.querySelector(".reread-explorer-still").remove();
      svg.append(live);
    }
    live.classList.toggle("reread-live-empty", !studies);
    if (studies) {
      const side = { x: (roc.right - roc.left) / n0, y: (roc.bottom - roc.top) / n1 };
      let path = `M${roc.left} ${roc.bottom}`;
      let tp = 0;
      for (let k = 0; k < n; k += 1) {
        tp += state[k];
        if (k === n - 1 || state[k] !== state[k + 1]) {
          path += `L${(roc.left + (k + 1 - tp) * side.x).toFixed(2)} ${(roc.bottom - tp * side.y).toFixed(2)}`;
        }
      }
      curve.setAttribute("d", path);
      set(dot, { cx: roc.left + last.fp * side.x, cy: roc.bottom - last.tp * side.y });
      dot.classList.toggle("reread-live-low", last.p < level);
      lines().forEach((line, i) => { texts[i].textContent = line; });
      [counted.level.p, counted.level.p_half].forEach((count, i) => {
        const [value, low, high] = wilson(count, studies).map(at);
        set(marks[i].whisker, { x1: low, x2: high });
        marks[i].point.setAttribute("cx", value);
      });
      root.dataset.last = `${last.tp} ${last.fp} ${last.p} ${last.pHalf}`;
    }
    const most = Math.max(1, ...bars);
    bars.forEach((count, i) => {
      const height = ((box.bottom - box.top) * count) / most;
      set(rects[i], { y: box.bottom - height, height, "data-studies": count });
    });
    for (const { cell, part, i } of cells) {
      const count = counted[part][i];
      cell.textContent = studies ? `${whole(count)} of ${whole(studies)} (${percent(count / studies)})` : "–";
    }
    svg.querySelector("desc").textContent = `${data.mark[0].toUpperCase()}${data.mark.slice(1)}. ${sentence()}`;
    root.dataset.studies = studies;
  };

  // --- presses ---------------------------------------------------------------------------

  const status = speaker();
  let waiting = 0;
  let goal = 0;
  let running = false;
  const go = () => {
    const quiet = calm();
    const until = performance.now() + 12;
    // a thousand grow in half a second, or one step where motion is not wanted
    let now = quiet ? waiting : Math.ceil(Math.max(waiting, goal) / 25);
    while (now > 0 && waiting > 0 && performance.now() < until) {
      add();
      now -= 1;
      waiting -= 1;
    }
    if (!quiet || !waiting) render();
    if (waiting) {
      requestAnimationFrame(go);
    } else {
      running = false;
      status.say(sentence());
    }
  };
  const press = (count) => {
    waiting += count;
    goal = waiting;
    if (!running) {
      running = true;
      go();
    }
  };
  const again = () => {
    waiting = 0;
    reset();
    render();
    status.say(sentence(), true);
  };

  reset();
  status.say(data.begin, true);
  root.insertBefore(
    make(
      "div", { class: "reread-controls reread-controls-row", role: "group", "aria-label": data.controls },
      button("Draw one study", () => press(1)),
      button("Draw 100", () => press(100)),
      button("Draw 1\u202f000", () => press(1000)),
      button("Start again", again),
    ),
    stage,
  );
  root.insertBefore(status.element, stage);
});
