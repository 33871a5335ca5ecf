"""The results of a study of patients as plain tables: one list of rows a part.

The terminal, the page and the CSV files show the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from analysis.estimate.accuracy import Table
from analysis.estimate.group_comparison import format_p
from analysis.estimate.roc import EstimateError
from analysis.show.figures import Figure
from analysis.study_results import THRESHOLDS, Model, Results
from analysis.study_table import Described
from analysis.study_times import Times

_SHOWN_THRESHOLDS = (0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)


@dataclass(eq=False)
class Part:
    """One part of the results: `rows` (the same columns in each), `lead` before them, `notes`
    after them; `key` names its CSV file."""

    key: str
    title: str
    rows: list[dict[str, str]]
    lead: str = ""
    notes: list[str] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)


def parts(found: Results) -> list[Part]:
    """Every part of the results, in the order in which they are read."""
    whole = [
        _patients(found), _missing(found), *_described(found), _discrimination(found), _cut(found),
        *_models(found), *_times(found), _benefit(found),
    ]  # fmt: skip
    return [part for part in whole if part is not None]


# --- numbers --------------------------------------------------------------------------------


def number(value: float, digits: int = 3) -> str:
    """So many decimals; large numbers with fewer, very small ones with two digits."""
    if not math.isfinite(value):
        return "–" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    size = abs(value)
    if size >= 1000:
        return f"{value:,.{max(digits - 3, 0)}f}".replace("-", "−")
    if size and size < 10**-digits:
        return f"{value:.2g}".replace("-", "−")
    return f"{value:.{digits}f}".replace("-", "−")


def fixed(value: float) -> str:
    """Three decimals, no minus before zeros."""
    text = f"{value:.3f}"
    return ("0.000" if float(text) == 0 else text).replace("-", "−")


def limits(low: float, high: float, digits: int = 3) -> str:
    """``0.612 to 0.748``."""
    return f"{number(low, digits)} to {number(high, digits)}"


def percent(share: float) -> str:
    """A share in percent with one decimal."""
    return f"{100 * share:.1f}%"


def level(found: Results) -> str:
    """``95%``."""
    return f"{100 * found.patients.study.study.confidence:g}%"


def _p(p: float) -> str:
    return "–" if math.isnan(p) else format_p(p)


# --- who ------------------------------------------------------------------------------------


def _patients(found: Results) -> Part:
    patients, study = found.patients, found.patients.study
    marker = study.marker
    source = f"column {marker.column}" if marker.column else marker.formula
    unit = f", {marker.unit}" if marker.unit else ""
    rows = [
        ("Patients in the file", f"{patients.size:,}"),
        (study.outcome.with_, f"{found.events:,}"),
        (study.outcome.without, f"{int(found.known.sum()) - found.events:,}"),
        ("Outcome not known", f"{int((~found.known).sum()):,}"),
        ("Rows left out", "; ".join(patients.left_out) or "none"),
        (
            "Outcome",
            f"{study.outcome.label}: column {study.outcome.column} = {study.outcome.event}",
        ),
        ("Marker", f"{marker.label}{unit}: {source}"),
        ("Direction, stated beforehand", f"{marker.direction} values speak for the event"),
        ("Covariates", "; ".join(v.words for v in study.covariates) or "none"),
    ]
    notes = []
    if marker.formula and (
        parts := [v.words for v in study.variables if v.model and v not in study.covariates]
    ):
        notes.append(
            f"{', '.join(parts)}: the marker is made of it, so it is no covariate beside the marker."
        )
    return Part("study", "The patients", _two("What", "Found", rows), "", notes)


def _two(first: str, second: str, rows: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{first: a, second: b} for a, b in rows]


def _missing(found: Results) -> Part:
    outcome = found.patients.study.outcome
    rows = [
        {
            "Variable": m.label, "Without a value": f"{m.all:,}",
            "Share": percent(m.all / found.patients.size),
            outcome.with_: f"{m.with_event:,}", outcome.without: f"{m.without_event:,}",
        }
        for m in found.missing
    ]  # fmt: skip
    used = [f"{m.title} (logistic): {m.n:,} patients" for m in found.models]
    if isinstance(found.discrimination, str):
        used.append(f"ROC curve: none ({found.discrimination})")
    else:
        d = found.discrimination
        used.insert(0, f"ROC curve: {len(d.positive) + len(d.negative):,} patients")
    if isinstance(found.times, Times):
        used += [f"{m.title} (Cox): {m.n:,} patients" for m in found.times.models]
    return Part(
        "missing", "Missing values", rows, "",
        ["Patients with all values, by analysis. " + "; ".join(used) + "."],
    )  # fmt: skip


def _described(found: Results) -> list[Part]:
    told = [("table1", "Patients by outcome", found.described)]
    if found.by_group is not None:
        groups = found.patients.study.groups
        told.append(("groups", f"Patients by {_inside(groups.label)}", found.by_group))
    made = []
    for key, title, table in told:
        if isinstance(table, Described):
            frame = table.printed.reset_index()
            for name in ("Statistic", "SMD"):
                if name in frame:  # the minus of every other table
                    frame[name] = frame[name].str.replace("-", "−")
            rows = [{str(k): str(v) for k, v in row.items()} for row in frame.to_dict("records")]
            notes = ["How it was made: " + "; ".join(table.conventions) + "."]
            made.append(Part(key, title, rows, "", notes))
        else:
            made.append(Part(key, title, [], f"There is no table: {table}"))
    return made


def _inside(label: str) -> str:
    """A label within a sentence: ``Centre`` as ``centre``, ``TNM stage`` as it is."""
    return label[0].lower() + label[1:] if label[1:2].islower() else label


# --- the marker -----------------------------------------------------------------------------


def _discrimination(found: Results) -> Part:
    title = "The marker alone: ROC curve"
    d = found.discrimination
    if isinstance(d, str):
        return Part("roc", title, [], f"There is no curve: {d}")
    marker = found.patients.study.marker
    row = {
        "Marker": marker.label, "Direction": f"{marker.direction} values speak for the event",
        "Area": number(d.area.auc), "SE (DeLong)": number(d.area.se, 4),
        f"{level(found)} interval": limits(*d.interval) if d.interval else "–", "P of area ½": _p(d.p),
        "With the event": f"{d.area.positive:,}", "Without": f"{d.area.negative:,}",
    }  # fmt: skip
    return Part(
        "roc", title, [row], "", ["Ties count one half; no direction was chosen from the data."]
    )


def _cut(found: Results) -> Part | None:
    d = found.discrimination
    if isinstance(d, str):
        return None
    marker = found.patients.study.marker
    sign = "≥" if marker.direction == "higher" else "≤"
    confidence = found.patients.study.study.confidence
    rows, notes = [], []
    if d.fixed is not None:
        rows += _at_cut(d.fixed, f"{sign} {marker.cut:g}, fixed beforehand", confidence, found)
    if d.searched is not None:
        s = d.searched
        rows += _at_cut(s.table, f"{sign} {s.cut:.6g}, searched here", confidence, found)
        gains = [("less its optimism", s.searches.corrected)]
        try:
            gains.append(("in patients outside the resamples", s.searches.outside))
        except EstimateError:
            notes.append("No resample left out patients of both groups.")
        for words, gain in gains:
            rows.append(
                {
                    "Cut": f"{sign} {s.cut:.6g}, {words}", "Sensitivity": number(gain.sensitivity),
                    "Specificity": number(gain.specificity), "Youden index": number(gain.youden),
                    "PPV": "–", "NPV": "–",
                }
            )  # fmt: skip
        if s.ties > 1:
            notes.append(
                f"{s.ties} cuts have the same Youden index; the most sensitive one is shown."
            )
        between = s.cut_interval(confidence)
        wanders = ""
        if between:
            ends = f"{number(between[0])} and {number(between[1])}"
            wanders = f" The cut lay between {ends} in {level(found)} of them."
        notes.append(f"The search: {s.done}.{wanders}")
        if s.largest is not None and s.p is not None:
            low, high = (100 * x for x in s.largest.inner)
            notes.append(
                f"The largest χ² over all cuts with {low:g}% to {high:g}% of the patients below: "
                f"{number(s.largest.chi_square)} at {s.largest.cuts[0]:.6g}; P {_p(s.largest.p_min)} as "
                f"if it had not been searched, {_p(s.p)} corrected for the search ({s.method})."
            )
        notes.append(
            "Intervals at a searched cut take it for fixed: they are too narrow and stand too high."
        )
    else:
        notes.append(f"No cut was searched: {d.why_no_cut}")
    notes.append("Predictive values are those at the share of events in these patients.")
    return Part("cut", "The marker alone: cut-off", rows, "", notes)


def _at_cut(table: Table, words: str, confidence: float, found: Results) -> list[dict[str, str]]:
    def told(method: str) -> str:
        try:
            share = getattr(table, method)(confidence)
        except EstimateError:
            return "–"
        return f"{number(share.value)} ({limits(share.low, share.high)})"

    youden = (
        table.true_positive / (table.true_positive + table.false_negative)
        + table.true_negative / (table.true_negative + table.false_positive) - 1
    )  # fmt: skip
    return [
        {
            "Cut": words, "Sensitivity": told("sensitivity"), "Specificity": told("specificity"),
            "Youden index": number(youden), "PPV": told("ppv"), "NPV": told("npv"),
        }
    ]  # fmt: skip


# --- models ---------------------------------------------------------------------------------


def _models(found: Results) -> list[Part]:
    rows, fits, notes = [], [], list(found.no_models)
    for m in found.models:
        for i, label in enumerate(m.labels):
            rows.append(
                {
                    "Model": m.title, "Predictor": label, "Odds ratio": number(m.ratios[i]),
                    f"{level(found)} interval": limits(m.low[i], m.high[i]), "P": _p(float(m.p[i])),
                    "B": number(m.coefficients[i + 1]), "SE": number(m.errors[i + 1]),
                    "Patients": f"{m.n:,}", "Events": f"{m.events:,}", "Fit": m.method,
                }
            )  # fmt: skip
        fits.append(_performance(m))
    made = [
        Part(
            "logistic", "Logistic models", rows,
            "" if rows else "There is no logistic model.",
            [*notes, "Complete cases. Limits and P: Wald for maximum likelihood, profile of the "
             "penalised likelihood for Firth's."],
        )
    ]  # fmt: skip
    if fits:
        notes = [f"{m.title}: {m.done}." for m in found.models]
        notes.append(
            "Apparent: among the very patients to whom the model was fitted, where the slope is 1. "
            "Corrected: less the optimism of the resamples (Harrell). The selection of variables or "
            "of the marker is not repeated there."
        )
        made.append(Part("performance", "What the models are worth elsewhere", fits, "", notes))
        tenths = []
        for m in found.models:
            if (t := m.tenths) is not None:
                tenths += [
                    {"Model": m.title, "Tenth of risk": str(i), "Patients": f"{n:,}",
                     "Fitted risk": percent(e), "Observed": percent(o)}
                    for i, (e, o, n) in enumerate(
                        zip(t.expected, t.observed, t.sizes, strict=True), 1)
                ]  # fmt: skip
        if tenths:
            told = [
                f"{m.title}: mean distance of the smooth curve from the diagonal {number(m.curve.ici)}."
                for m in found.models if m.curve is not None
            ]  # fmt: skip
            told.append("These are apparent: the models were fitted to the same patients.")
            made.append(Part("calibration", "Fitted and observed risks", tenths, "", told))
    return made


def _performance(m: Model) -> dict[str, str]:
    c = m.checked
    return {
        "Model": m.title,
        "Area, apparent": number(m.area.auc),
        "Area, corrected": number(c.auc.corrected) if c else "–",
        "Calibration slope, corrected": number(c.slope.corrected) if c else "–",
        "Brier score, apparent": number(float(((m.risk - m.state) ** 2).mean())),
        "Brier score, corrected": number(c.brier.corrected) if c else "–",
        "Shrinkage, closed form": number(m.shrinkage),
    }


def _benefit(found: Results) -> Part | None:
    if not found.models:
        return None
    rows = []
    at = [int(np.argmin(np.abs(THRESHOLDS - t))) for t in _SHOWN_THRESHOLDS]
    for i in at:
        row = {
            "Threshold": percent(THRESHOLDS[i]),
            "Treat all": fixed(found.models[0].benefit.treat_all[i]),
        }
        for m in found.models:
            low, high = m.benefit.limits(found.patients.study.study.confidence)
            row[m.title] = f"{fixed(m.benefit.rule[i])} ({fixed(low[i])} to {fixed(high[i])})"
        rows.append(row)
    notes = [
        "Net benefit for each patient, of treating whoever has a risk at or over the threshold; "
        "treating none is 0. Intervals take the risks for given. The risks were fitted to these "
        "patients, so the curves look too good."
    ]
    if len({m.n for m in found.models}) > 1:
        notes.append("The models have different patients; treat-all is that of the first.")
    return Part("benefit", "Decision curve", rows, "", notes)


# --- times ----------------------------------------------------------------------------------


def _times(found: Results) -> list[Part]:
    if found.times is None:
        return []
    if isinstance(found.times, str):
        return [Part("survival", "Times to the event", [], f"There are no curves: {found.times}")]
    times = found.times
    rows = []
    for half in times.halves:
        median = half.curve.quantile(confidence=found.patients.study.study.confidence)
        shown = (
            f"{_time(median.time)} ({_time(median.low)} to {_time(median.high)})"
            if math.isfinite(median.time) else "not reached"
        )  # fmt: skip
        rows.append(
            {"Marker": half.label, "Patients": f"{half.n:,}", "Events": f"{half.events:,}",
             f"Median time, {times.unit}": shown}
        )  # fmt: skip
    notes = [f"The cut is {times.how}."]
    if times.log_rank is not None:
        notes.append(
            f"Log-rank test: χ² {number(times.log_rank.statistic)}, P {_p(times.log_rank.p)}."
        )
    if math.isfinite(times.median_follow_up):
        notes.append(
            f"Median follow-up {_time(times.median_follow_up)} {times.unit} (reversed Kaplan-Meier "
            "curve)."
        )
    made = [Part("survival", "Times to the event", rows, "", notes)]
    if times.models:
        made.append(_cox(found, times))
    return made


def _time(value: float) -> str:
    """A time with four digits at most; not reached as infinity."""
    return f"{value:.4g}" if math.isfinite(value) else "∞"


def _cox(found: Results, times: Times) -> Part:
    rows, notes = [], []
    for m in times.models:
        for i, label in enumerate(m.labels):
            hazards = "–" if isinstance(m.hazards, str) else _p(float(m.hazards.p[i]))
            rows.append(
                {
                    "Model": m.title, "Predictor": label, "Hazard ratio": number(m.fit.ratios[i]),
                    f"{level(found)} interval": limits(m.fit.low[i], m.fit.high[i]),
                    "P": _p(float(m.fit.p[i])), "B": number(m.fit.coefficients[i]),
                    "SE": number(m.fit.errors[i]), "P of a change with time": hazards,
                    "Patients": f"{m.n:,}", "Events": f"{m.events:,}",
                }
            )  # fmt: skip
        if isinstance(m.hazards, str):
            notes.append(f"{m.title}: proportional hazards are not tested: {m.hazards}")
        else:
            notes.append(
                f"{m.title}: proportional hazards of all predictors together, P "
                f"{_p(m.hazards.global_p)}"
                + (f"; concordance {number(m.fit.concordance)}." if math.isfinite(m.fit.concordance)
                   else ".")
            )  # fmt: skip
    notes.append("Ties by Efron; the change with time by the score test of Grambsch and Therneau.")
    return Part("cox", "Cox models", rows, "", notes)


def same_columns(rows: Sequence[dict[str, str]]) -> list[str]:
    """The columns of the rows, in the order in which they first stand."""
    return list(dict.fromkeys(key for row in rows for key in row))
