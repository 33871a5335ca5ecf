// The cut-off of one marker along its ROC curve in one simulated cohort. Counts and intervals of
// every cut were computed when the book was built; here they are looked up, and Bayes' theorem
// gives the predictive values at the prevalence that the reader sets. The words are those of
// analysis/show/explore_cut_off.py.
"use strict";

rereadExplorer("cut_off", ({ root, stage, data, make, draw, slider, button, speaker }) => {
  const { n1, n0, places } = data;
  const { roc, strip } = places;
  const svg = stage.querySelector("svg");
  const rising = data.at[1] < data.at[data.at.length - 2];

  // --- numbers and their words -----------------------------------------------------------

  const share = (count, of, limits) =>
    `${(count / of).toFixed(3)} (${limits[count][0].toFixed(3)} to ${limits[count][1].toFixed(3)})`;
  const ratio = (value) => {
    if (Number.isNaN(value)) return "nobody has it";
    return value === Infinity ? "∞" : value.toFixed(2);
  };
  const percent = (value) => (Number.isNaN(value) ? "nobody has it" : `${(100 * value).toFixed(1)}%`);

  const look = (i, prevalence) => {
    const tp = data.tp[i];
    const fp = data.fp[i];
    const fn = n1 - tp;
    const tn = n0 - fp;
    const found = prevalence * (tp / n1);
    const falsely = (1 - prevalence) * (fp / n0);
    const missed = prevalence * (fn / n1);
    const cleared = (1 - prevalence) * (tn / n0);
    return {
      tp, fp, fn, tn,
      ppv: found / (found + falsely),
      npv: cleared / (cleared + missed),
      plus: tp / n1 / (fp / n0),
      minus: fn / n1 / (tn / n0),
    };
  };

  const rounded = (value) => Math.round(100 * value);
  const rate = (p) => `${percent(p).replace(".0%", "%")}`;
  const sentence = (i, p, found) => {
    const begin = `${data.sides[0][0].toUpperCase()}${data.sides[0].slice(1)} ${data.at[i] === null ? "it" : data.cuts[i]}: `;
    const counts = `${found.tp} of ${n1} with ${data.event}, ${found.fp} of ${n0} without. `;
    if (Number.isNaN(found.ppv)) return `${begin}nobody. All ${n1} with ${data.event} are missed.`;
    const high = `Where ${rate(p)} have it, so do ${rounded(found.ppv)} of 100 patients ${data.sides[0]}`;
    if (Number.isNaN(found.npv)) return `${begin}${counts}${high}; nobody is ${data.sides[1]}.`;
    return `${begin}${counts}${high} and ${rounded(1 - found.npv)} of 100 ${data.sides[1]}.`;
  };

  // --- what moves ------------------------------------------------------------------------

  const ring = draw("circle", { class: "reread-live-ring", r: 7 });
  const across = draw("line", { class: "reread-live-guide", x1: roc.left });
  const down = draw("line", { class: "reread-live-guide", y2: roc.bottom });
  const bar = draw("line", { class: "reread-live-cut", y1: strip.top - 6, y2: strip.bottom });
  const cells = {};
  for (const cell of stage.querySelectorAll("[data-value]")) cells[cell.dataset.value] = cell;
  const description = svg.querySelector("desc");
  const status = speaker();

  const render = (spoken = true) => {
    const i = cut.value;
    const p = data.prevalences[prevalence.value];
    const found = look(i, p);
    const x = roc.left + ((roc.right - roc.left) * found.fp) / n0;
    const y = roc.bottom - ((roc.bottom - roc.top) * found.tp) / n1;
    const [low, high] = strip.ends;
    const beyond = (i === 0) === rising ? low : high; // of a cut that calls everybody or nobody
    const at = strip.left + ((strip.right - strip.left) * ((data.at[i] ?? beyond) - low)) / (high - low);
    for (const [element, attributes] of [
      [ring, { cx: x, cy: y }],
      [across, { x2: x, y1: y, y2: y }],
      [down, { x1: x, x2: x, y1: y }],
      [bar, { x1: at, x2: at }],
    ]) {
      for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value.toFixed(2));
    }
    const told = {
      tp: found.tp, fp: found.fp, fn: found.fn, tn: found.tn,
      called: found.tp + found.fp, cleared: found.fn + found.tn,
      se: share(found.tp, n1, data.limits1), sp: share(found.tn, n0, data.limits0),
      plus: ratio(found.plus), minus: ratio(found.minus),
      ppv: percent(found.ppv), npv: percent(found.npv),
    };
    for (const [id, text] of Object.entries(told)) cells[id].textContent = text;
    const words = sentence(i, p, found);
    if (spoken) {
      description.textContent = `${data.begin} ${words}`;
      status.say(words);
    }
  };

  // --- controls --------------------------------------------------------------------------

  const cut = slider({
    label: "Cut-off",
    min: 0,
    max: data.cuts.length - 1,
    step: 1,
    value: data.printed,
    say: (i) => data.cuts[i] + (i === data.printed ? ", as printed" : ""),
    onInput: () => render(),
  });
  const prevalence = slider({
    label: "Prevalence",
    min: 0,
    max: data.prevalences.length - 1,
    step: 1,
    value: data.own,
    say: (i) => rate(data.prevalences[i]) + (i === data.own ? ", as in the study" : ""),
    onInput: () => render(),
  });
  // a small tick under a slider where the study stands
  const tick = ({ element }, at, most) => {
    const mark = make("span", { class: "reread-slider-mark", "aria-hidden": "true" });
    mark.style.setProperty("--at", String(at / most));
    element.append(mark);
  };
  tick(cut, data.printed, data.cuts.length - 1);
  tick(prevalence, data.own, data.prevalences.length - 1);
  const to = (control, place) => () => {
    control.value = place;
    render();
  };

  stage.querySelector(".reread-explorer-still").remove();
  svg.append(draw("g", { class: "reread-live" }, across, down, ring, bar));
  render(false);
  root.insertBefore(
    make(
      "div", { class: "reread-controls reread-controls-pair", role: "group", "aria-label": data.controls },
      cut.element, prevalence.element,
      button("To the printed cut", to(cut, data.printed)),
      button("To the study’s prevalence", to(prevalence, data.own)),
    ),
    stage,
  );
  status.say(sentence(cut.value, data.prevalences[data.own], look(cut.value, data.prevalences[data.own])), true);
  root.insertBefore(status.element, stage);
});
