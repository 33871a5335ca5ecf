"""The figures of a study of patients, drawn as those of the book."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from analysis.show.figures import Figure, forest_plot
from analysis.show.palette import BLUE, INK, ORANGE, SOFT
from analysis.show.real_plots import RiskCurve, Spot, ends_of, risk_plot, square_plot
from analysis.show.study_tables import Part, level, limits, number, percent
from analysis.show.usefulness import Curve, bands_plot
from analysis.study_results import THRESHOLDS, Discrimination, Results
from analysis.study_times import Times

_MOST_POINTS = 400  # of a drawn line


def add_figures(parts: Sequence[Part], found: Results) -> None:
    """Draw what can be drawn and put each figure into its part."""
    by_key = {part.key: part for part in parts}
    if isinstance(found.discrimination, Discrimination):
        by_key["roc"].figures.append(roc_figure(found, found.discrimination))
    if found.models:
        if (figure := calibration_figure(found)) is not None and "calibration" in by_key:
            by_key["calibration"].figures.append(figure)
        by_key["logistic"].figures.append(ratio_figure(found))
        by_key["benefit"].figures.append(benefit_figure(found))
    # without a time over zero there is nothing to draw
    if isinstance(found.times, Times) and any(h.curve.times[-1] > 0 for h in found.times.halves):
        by_key["survival"].figures.append(time_figure(found, found.times))


def _thinned(n: int) -> np.ndarray:
    return np.unique(np.linspace(0, n - 1, min(n, _MOST_POINTS)).round().astype(int))


def roc_figure(found: Results, d: Discrimination) -> Figure:
    """The curve of the marker with the searched cut and the one fixed beforehand."""
    marker = found.patients.study.marker
    false, true = 1 - d.curve.specificity, d.curve.sensitivity
    # evenly along the curve, so that no corner is cut off by much
    along = np.cumsum(np.abs(np.diff(false, prepend=1.0)) + np.abs(np.diff(true, prepend=1.0)))
    at = np.unique(np.searchsorted(along, np.linspace(0, along[-1], _MOST_POINTS)))
    at = at[at < len(along)] if len(along) > _MOST_POINTS else np.arange(len(along))
    at = np.unique([0, *at, len(along) - 1])
    spots, words = [], []
    sign = "≥" if marker.direction == "higher" else "≤"
    between = f", {level(found)} interval {limits(*d.interval)}" if d.interval else ""
    words.append(f"Area {number(d.area.auc)}{between}")
    for table, cut, shape, how in (
        (d.searched.table if d.searched else None, d.searched.cut if d.searched else 0.0, "D",
         "searched in these patients"),
        (d.fixed, marker.cut or 0.0, "s", "fixed beforehand"),
    ):  # fmt: skip
        if table is None:
            continue
        x, y = 1 - table.specificity().value, table.sensitivity().value
        spots.append(Spot(x, y, shape, f"cut {sign} {cut:.6g}, {how}"))
        words.append(
            f"The cut {sign} {cut:.6g}, {how}, has sensitivity {number(y)} and specificity "
            f"{number(1 - x)}"
        )
    return square_plot(
        [(marker.label, [(float(false[i]), float(true[i])) for i in at])], spots,
        key="study-roc", across="one minus specificity", up="sensitivity",
        title=f"ROC curve of {marker.label}", note=found.patients.mark,
        diagonal="a marker that tells nothing", words=words,
    )  # fmt: skip


def calibration_figure(found: Results) -> Figure | None:
    """Observed against fitted risks: the fullest model's tenths and smooth curve."""
    model = found.models[-1]
    if model.tenths is None:
        return None
    t = model.tenths
    spots = [
        Spot(float(e), float(o), "o", "tenths of the patients by fitted risk")
        for e, o in zip(t.expected, t.observed, strict=True)
    ]
    lines, words = [], [f"{model.title}; largest gap of a tenth {number(t.largest_gap)}"]
    if (curve := model.curve) is not None:
        at = _thinned(len(curve.risk))
        observed = np.clip(curve.observed, 0, 1)
        lines.append(
            ("smooth curve (lowess)", [(float(curve.risk[i]), float(observed[i])) for i in at])
        )
        words.append(f"The smooth curve is {number(curve.ici)} from the diagonal on average")
    ends = ends_of([s.x for s in spots] + [s.y for s in spots])
    return square_plot(
        [(name, [p for p in points if ends[0] <= p[0] <= ends[1]]) for name, points in lines], spots,
        key="study-calibration", across="fitted risk", up="observed share",
        title="Fitted and observed risks", note=found.patients.mark,
        diagonal="risks that are right", words=words, ends=ends,
    )  # fmt: skip


def ratio_figure(found: Results) -> Figure:
    """Odds ratios of both models, each with its interval."""
    alone, full = found.models[0], found.models[-1]
    rows = []
    for i, label in enumerate(full.labels):
        row = {"label": label, "printed": _ratio(full, i)}
        if full is not alone and i == 0:
            row["recomputed"] = _ratio(alone, 0)
        if row["printed"] is not None or row.get("recomputed") is not None:
            rows.append(row)
    names = (full.title.lower(), alone.title.lower())
    return forest_plot(
        rows, key="study-ratios", quantity="odds ratio", names=names,
        title=f"Odds ratios, {found.patients.mark}",
    )  # fmt: skip


def _ratio(model, i: int):
    ends = (float(model.ratios[i]), float(model.low[i]), float(model.high[i]))
    return ends if all(0 < x < math.inf for x in ends) else None


def benefit_figure(found: Results) -> Figure:
    """Decision curves of the models beside treating all and none."""
    first = found.models[0]
    share = first.events / first.n
    confidence = found.patients.study.study.confidence
    last = min(1.0, max(0.2, math.ceil((share * 2 + 0.1) * 5) / 5))
    inside = last + 1e-9 >= THRESHOLDS
    xs = THRESHOLDS[inside].tolist()
    curves = [Curve("treat all", xs, first.benefit.treat_all[inside], None, None, SOFT, (6, 2))]
    told = []
    for m, colour in zip(found.models, (ORANGE, BLUE), strict=False):
        low, high = m.benefit.limits(confidence)
        best = m.benefit.over_best_default
        curves.append(
            Curve(
                m.title.lower(), xs, m.benefit.rule[inside], low[inside], high[inside], colour, None
            )
        )
        ahead = THRESHOLDS[inside & (best > 1e-12)]
        told.append(
            f"{m.title}: above both defaults at thresholds from {percent(ahead[0])} to "
            f"{percent(ahead[-1])}" if len(ahead) else f"{m.title}: nowhere above both defaults"
        )  # fmt: skip
    curves.append(Curve("treat none", xs, [0.0] * len(xs), None, None, INK, (2, 2)))
    most = math.ceil(max(share, 0.1) * 10) / 10
    step = 0.1 if most <= 0.5 else 0.2
    levels = [round(i * step, 1) for i in range(-1, math.ceil(most / step - 1e-9) + 1)]
    return bands_plot(
        curves, key="study-benefit", title=f"Net benefit, {found.patients.mark}",
        across="threshold probability", up="net benefit", ends=(0.0, last), levels=levels,
        percent=False, marks=[], told=told, confidence=confidence, shown=[x for x in (0.1, 0.2, 0.3, 0.4, 0.5) if x <= last],
    )  # fmt: skip


def time_figure(found: Results, times: Times) -> Figure:
    """Risks over time on both sides of the cut."""
    curves = []
    end = max(float(half.curve.times[-1]) for half in times.halves)
    ticks = _round_steps(end)
    for half in times.halves:
        km = half.curve
        low, high = km.limits(found.patients.study.study.confidence)
        at = _thinned(len(km.times))
        steps = [(float(km.times[i]), float(1 - km.survival[i])) for i in at]
        band = [
            (float(km.times[i]), float(1 - high[i]), float(1 - low[i]))
            for i in at
            if np.isfinite(low[i]) and np.isfinite(high[i])
        ]
        left = [
            (
                t,
                int(km.at_risk[j])
                if (j := int(np.searchsorted(km.times, t))) < len(km.times)
                else 0,
            )
            for t in ticks
        ]
        told = ", ".join(
            f"{percent(float(1 - s))} by {t:g}"
            for t, s in zip(ticks[1:], km.survival_at(ticks[1:]), strict=True) if np.isfinite(s)
        )  # fmt: skip
        curves.append(
            RiskCurve(
                half.label, steps, band, left, None, f"{half.label}: risk {told or 'unknown'}"
            )
        )
    return risk_plot(
        curves, key="study-times", end=end, up="risk of the event", unit=times.unit,
        title="Risk over time", note=found.patients.mark,
        confidence=found.patients.study.study.confidence,
    )  # fmt: skip


def _round_steps(end: float) -> list[float]:
    size = 10.0 ** math.floor(math.log10(end / 4)) if end > 0 else 1.0
    step = next(size * k for k in (1, 2, 2.5, 5, 10) if end / (size * k) <= 5)
    return [round(i * step, 10) for i in range(int(end / step + 1e-9) + 1)]
