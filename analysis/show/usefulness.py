"""What one marker at its printed cut is good for: predictive values, likelihood ratios and net
benefit of the rule *positive beyond the cut*, from its 2×2 table."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.cohort import MARK, load_cohort
from analysis.estimate import cutoff, usefulness
from analysis.estimate.effect import Estimate
from analysis.estimate.usefulness import Counts
from analysis.paper import Paper, RocRow, RocTable
from analysis.printed import Interval, format_fixed, parse_percent, whole_values
from analysis.show.html import Html
from analysis.show.parts import event_group
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

LEVEL = 0.95
PATIENTS = 1000  # of which natural frequencies tell
SEARCHES = {"youden": "largest Youden index", "closest": "closest to the corner"}
SEED, RESAMPLES = 20230426, 500


def counts_of(paper: Paper, table: RocTable, row: RocRow) -> Counts:
    """The 2×2 table of a printed sensitivity and specificity, if they leave only one.

    Raises ValueError otherwise, and where *positive* does not speak for the event.
    """
    name = f"{table.id}.{row.id}"
    if table.positive != event_group(paper).id:
        raise ValueError(f"{name} is positive for the patients without the event")
    if row.sensitivity is None or row.specificity is None:
        raise ValueError(f"{name} prints no sensitivity and specificity")
    n1 = paper.group(table.positive).size
    n0 = paper.total_of(table) - n1
    found = []
    for printed, n in ((row.sensitivity, n1), (row.specificity, n0)):
        values = whole_values(printed.interval * Interval.point(n))
        if len(values) != 1:
            raise ValueError(f"{len(values)} counts print like {printed.text} of {n} patients")
        found.append(values[0])
    return Counts(found[0], n1 - found[0], n0 - found[1], found[1])


class Usefulness:
    """What a chapter shows of one row of a ROC table (``table2.marker``)."""

    def __init__(self, paper: Paper, row: str, patients: pd.DataFrame | None = None) -> None:
        rows = {f"{t.id}.{r.id}": (t, r) for t in paper.tables_of("roc") for r in t.rows}
        if row not in rows:
            raise ValueError(f"{row} is no row of a ROC table, there are {', '.join(rows)}")
        self.paper = paper
        self.table, self.row = rows[row]
        self.counts = counts_of(paper, self.table, self.row)
        self._patients = patients

    # --- numbers ---

    @cached_property
    def here(self) -> usefulness.Predictive:
        """Predictive values in these patients."""
        return usefulness.predictive_values_of(self.counts, confidence=LEVEL)

    def at(self, rate: float) -> usefulness.Predictive:
        """Predictive values where `rate` of the patients have the event."""
        return usefulness.predictive_values_of(self.counts, rate, LEVEL)

    @cached_property
    def useful(self) -> usefulness.UsefulRange:
        """Thresholds between which the rule beats both defaults in these patients."""
        return usefulness.useful_range(self.counts, confidence=LEVEL)

    def gain(self, threshold: float) -> Estimate:
        """Net benefit of the rule over the better of treat-all and treat-none, with limits of the
        difference to that one."""
        found = usefulness.net_benefit(self.counts, [threshold])
        if found.treat_all[0] > 0:
            low, high = found.limits_over_all(LEVEL)
            return Estimate(float(found.over_all[0]), float(low[0]), float(high[0]))
        low, high = found.limits(LEVEL)
        return Estimate(float(found.rule[0]), float(low[0]), float(high[0]))

    @cached_property
    def outside(self) -> dict[str, list[cutoff.Gain]]:
        """By rule of search: sensitivity and specificity in patients whom a resample left out, one
        a cohort in which the search finds the printed cut; ValueError if it does in none."""
        patients = self._patients
        if patients is None:
            if self.paper.folder is None:
                raise ValueError("the record was read from no folder, so no cohorts stand by it")
            patients = load_cohort(self.paper.folder / "cohorts.parquet")
        found: dict[str, list[cutoff.Gain]] = {}
        for name in SEARCHES:
            how = cutoff.Rule(name, direction=self.row.direction)  # type: ignore[arg-type]
            rng, kept = np.random.default_rng(SEED), []
            for _, own in patients.groupby("cohort"):
                values = own[self.row.variable].to_numpy(float)
                event = (own["group"] == self.table.positive).to_numpy()
                groups = values[event], values[~event]
                if self._prints(cutoff.search(*groups, how)):
                    kept.append(cutoff.bootstrap(*groups, how, rng, RESAMPLES).outside)
            if not kept:
                raise ValueError(
                    f"in no cohort is the printed cut the one with the {SEARCHES[name]}"
                )
            found[name] = kept
        return found

    def _prints(self, found: cutoff.Cuts) -> bool:
        """Whether the first of the best cuts has the printed sensitivity and specificity."""
        c = self.counts
        return (
            abs(float(found.sensitivity[0]) - c.sensitivity) < 1e-9
            and abs(float(found.specificity[0]) - c.specificity) < 1e-9
        )

    # --- words ---

    def told(self) -> dict[str, str]:
        """For the prose."""
        c, now, useful = self.counts, self.here, self.useful
        plus, minus = usefulness.likelihood_ratios(c, LEVEL)
        low, high = useful.low, useful.high
        sure = low.high < high.low
        return {
            "of": "100",
            "thousand": f"{PATIENTS}",
            "called": f"{c.true_positive + c.false_positive}",
            "cleared": f"{c.true_negative + c.false_negative}",
            "missed": f"{c.false_negative}",
            "events": f"{c.with_event}",
            "rate": _percent(c.prevalence),
            "ppv": _percent(now.positive.value),
            "npv": _percent(now.negative.value),
            "per_positive": format_fixed(100 * now.positive.value, 0),
            "per_negative": format_fixed(100 * (1 - now.negative.value), 0),
            "lr_plus": _with_limits(plus, 2),
            "lr_minus": _with_limits(minus, 2),
            "useful_low": _percent(low.value),
            "useful_high": _percent(high.value),
            "useful_low_limits": _limits(low),
            "useful_high_limits": _limits(high),
            "sure": f"between {_percent(low.high)} and {_percent(high.low)}" if sure else "nowhere",
        }

    def told_at(self, rate: float, key: str) -> dict[str, str]:
        """For the prose: predictive values at a rate, with keys that begin with `key`."""
        found = self.at(rate)
        return {
            f"{key}_rate": _percent(rate),
            f"{key}_ppv": _percent(found.positive.value),
            f"{key}_npv": _percent(found.negative.value),
            f"{key}_per_positive": format_fixed(100 * found.positive.value, 0),
            f"{key}_per_negative": format_fixed(100 * (1 - found.negative.value), 0),
        }

    def told_benefit(self, threshold: float) -> dict[str, str]:
        """For the prose: one threshold and what the rule and its rivals bring there."""
        found = usefulness.net_benefit(self.counts, [threshold])
        rule, all_ = float(found.rule[0]), float(found.treat_all[0])
        best = max([("the rule", rule), ("treating everybody", all_), ("treating nobody", 0.0)],
                   key=lambda pair: pair[1])  # fmt: skip
        gain = self.gain(threshold)
        return {
            "threshold": _percent(threshold),
            "in_vain": f"{(1 - threshold) / threshold:.3g}",
            "rule_benefit": _benefit(rule),
            "all_benefit": _benefit(all_),
            "rule_per": format_fixed(100 * rule, 0),
            "best": best[0],
            "gain": _benefit(gain.value),
            "tested": _tested(gain.value),
        }

    def told_corrected(self) -> dict[str, str]:
        """For the prose: the useful range in patients left out, over cohorts and searches."""
        pairs = [g for name in SEARCHES for g in self.outside[name]]
        ppv, npv = zip(*(self._values(g) for g in pairs), strict=True)
        return {
            "corrected_low": _sampled([1 - v for v in npv], 0, percent=True),
            "corrected_high": _sampled(ppv, 0, percent=True),
            **{f"{name}_cohorts": f"{len(self.outside[name])}" for name in SEARCHES},
        }

    def _values(self, gain: cutoff.Gain) -> tuple[float, float]:
        ppv, npv = usefulness.predictive_values(
            gain.sensitivity, gain.specificity, self.counts.prevalence
        )
        return float(ppv), float(npv)

    def values_by_hand(self) -> tuple[str, str]:
        """Both predictive values of these patients as lines."""
        c = self.counts
        called, cleared = c.true_positive + c.false_positive, c.true_negative + c.false_negative
        return (
            f"{c.true_positive} / {called} = {_percent(self.here.positive.value)}",
            f"{c.true_negative} / {cleared} = {_percent(self.here.negative.value)}",
        )

    def elsewhere_by_hand(self, rate: float) -> str:
        """The positive predictive value at a rate, as patients out of a thousand."""
        c = self.counts
        events = round(PATIENTS * rate)
        right = round(events * c.sensitivity)
        wrong = round((PATIENTS - events) * (1 - c.specificity))
        sensitivity, other = format_fixed(c.sensitivity, 3), format_fixed(1 - c.specificity, 3)
        return (
            f"{events} × {sensitivity} = {right} rightly, {PATIENTS - events} × {other} = {wrong} "
            f"wrongly; {right} / ({right} + {wrong}) = {_percent(right / (right + wrong))}"
        )

    def benefit_by_hand(self, threshold: float) -> str:
        """The net benefit of the rule at a threshold as a line."""
        c, value = self.counts, usefulness.net_benefit(self.counts, [threshold]).rule[0]
        return (
            f"{c.true_positive}/{c.patients} − {c.false_positive}/{c.patients} × {_odds(threshold)} "
            f"= {_benefit(float(value))}"
        )

    def all_by_hand(self, threshold: float) -> str:
        """The net benefit of treating everybody at a threshold as a line."""
        c, value = self.counts, usefulness.net_benefit(self.counts, [threshold]).treat_all[0]
        return (
            f"{c.with_event}/{c.patients} − {c.without_event}/{c.patients} × {_odds(threshold)} "
            f"= {_benefit(float(value))}"
        )

    def range_by_hand(self) -> tuple[str, str]:
        """The two ends of the useful range as lines."""
        c = self.counts
        called, cleared = c.true_positive + c.false_positive, c.true_negative + c.false_negative
        return (
            f"from {c.false_negative} / {cleared} = {_percent(self.useful.low.value)}",
            f"to {c.true_positive} / {called} = {_percent(self.useful.high.value)}",
        )

    # --- sheets ---

    def rates_sheet(self, rates: Sequence[tuple[float, str]]) -> Html:
        """Predictive values and useful thresholds at several rates, each with its source; these
        patients' own rate among them."""
        own = (self.counts.prevalence, "these patients")
        rows = []
        for rate, source in sorted([*rates, own]):
            found = self.here if (rate, source) == own else self.at(rate)
            rows.append(
                {
                    "Patients with the event": f"{_percent(rate)}, {source}",
                    "Event if positive": _percent_with(found.positive),
                    "No event if negative": _percent_with(found.negative),
                    "Rule useful for thresholds": f"{_percent(1 - found.negative.value)} to "
                    f"{_percent(found.positive.value)}",
                }
            )
        return paper_rows(rows, label="Predictive values at several rates")

    def thresholds_sheet(self, thresholds: Sequence[float]) -> Html:
        """Net benefit of the rule and its rivals at several thresholds."""
        rows = []
        for t in thresholds:
            found = usefulness.net_benefit(self.counts, [t])
            gain = self.gain(t)
            rows.append(
                {
                    "Threshold": _percent(t),
                    "Rule": _benefit(float(found.rule[0])),
                    "Treat everybody": _benefit(float(found.treat_all[0])),
                    "Rule over the better default": f"{_benefit(gain.value)} "
                    f"({_benefit(gain.low)} to {_benefit(gain.high)})",
                    "Tests for one gained": _tested(gain.value),
                }
            )
        return paper_rows(rows, label="Net benefit at several thresholds; treating nobody is zero")

    def corrected_sheet(self, thresholds: Sequence[float]) -> Html:
        """What is left of the rule in patients who took no part in the search of its cut."""
        c = self.counts

        def both(name: str, printed: str, value: Callable[[cutoff.Gain], float],
                 *how: Any) -> dict[str, str]:  # fmt: skip
            line = {"Quantity": name, "Printed counts": printed}
            for key, words in SEARCHES.items():
                found = [value(g) for g in self.outside[key]]
                line[words[:1].upper() + words[1:]] = _sampled(found, *how)
            return line

        rows = [
            both("Sensitivity", _share(c.sensitivity), lambda g: g.sensitivity, 3),
            both("Specificity", _share(c.specificity), lambda g: g.specificity, 3),
            both("Useful from", _percent(self.useful.low.value),
                 lambda g: 1 - self._values(g)[1], 0, True),
            both("Useful to", _percent(self.useful.high.value),
                 lambda g: self._values(g)[0], 0, True),
        ]  # fmt: skip
        rows += [
            both(f"Gain at {_percent(t)}", _benefit(self.gain(t).value),
                 lambda g, t=t: self._gain_of(g, t), 3)
            for t in thresholds
        ]  # fmt: skip
        return paper_rows(rows, label=f"The rule in patients left out of the search, {MARK}")

    def _gain_of(self, pair: cutoff.Gain, threshold: float) -> float:
        prior, w = self.counts.prevalence, threshold / (1 - threshold)
        rule = prior * pair.sensitivity - (1 - prior) * (1 - pair.specificity) * w
        return rule - max(prior - (1 - prior) * w, 0.0)

    # --- figures ---

    def values_plot(self, key: str, rates: Sequence[tuple[float, str]]) -> Figure:
        """Both predictive values over the rate of the event, with bands; `rates`, with their words,
        are marked, and that of these patients."""
        from analysis.show.palette import BLUE, ORANGE

        xs = [i / 100 for i in range(1, 100)]
        found = [self.at(x) for x in xs]
        marks = sorted([*rates, (self.counts.prevalence, "these patients")])
        curves = [
            Curve(label, xs, *_columns([getattr(p, part) for p in found]), colour, dash)
            for label, part, colour, dash in (
                ("event if positive", "positive", ORANGE, None),
                ("no event if negative", "negative", BLUE, (6, 2)),
            )
        ]
        told = [
            f"At {_percent(r)}, {_percent(self.at(r).positive.value)} of the positive have the event "
            f"and {_percent(self.at(r).negative.value)} of the negative do not"
            for r, _ in marks
        ]
        return bands_plot(
            curves, key=key, title="Predictive values over the rate of the event",
            across="patients with the event", up="predictive value",
            ends=(0, 1), levels=[0, 0.2, 0.4, 0.6, 0.8, 1], percent=True,
            marks=[(rate, f"{_percent(rate)}, {words}") for rate, words in marks],
            told=told, shown=sorted({0.05, *(i / 10 for i in range(1, 10))}),
        )  # fmt: skip

    def decision_plot(self, key: str) -> Figure:
        """Net benefit of the rule with its band, of treating everybody and of treating nobody."""
        from analysis.show.palette import BLUE, INK, ORANGE

        xs = [i / 200 for i in range(161)]
        found = usefulness.net_benefit(self.counts, xs)
        low, high = found.limits(LEVEL)
        none = [0.0] * len(xs)
        curves = [
            Curve("the rule", xs, list(found.rule), list(low), list(high), BLUE, None),
            Curve("treat everybody", xs, list(found.treat_all), None, None, ORANGE, (6, 2)),
            Curve("treat nobody", xs, none, None, None, INK, (2, 2)),
        ]
        useful = self.useful
        marks, told = [], ["In no range of thresholds does the rule beat both"]
        if useful.exists:
            marks = [
                (useful.low.value, f"from here the rule is best, {_percent(useful.low.value)}"),
                (useful.high.value, f"up to here, {_percent(useful.high.value)}"),
            ]
            told = [
                f"The rule is best between thresholds of {_percent(useful.low.value)} and "
                f"{_percent(useful.high.value)}, below them treating everybody, above them nobody"
            ]
        top = 0.1 * math.ceil(max(*high, found.treat_all.max()) * 10)
        levels = [round(0.1 * i, 1) for i in range(-1, round(top * 10) + 1)]
        return bands_plot(
            curves, key=key, title="Decision curve of the printed rule",
            across="threshold: the risk at which one would just treat", up="net benefit",
            ends=(0, 0.8), levels=levels, percent=False, marks=marks, told=told,
            shown=[i / 10 for i in range(9)],
        )  # fmt: skip


# --- words for numbers ---


def treatment(harm: float, prevented: float) -> dict[str, str]:
    """For the prose: the threshold of a treatment (Pauker and Kassirer 1980) from its harm, in
    events per patient treated, and the share of events that it prevents.  Raises ValueError where
    it would harm more than it helps."""
    if not 0 < harm < prevented <= 1:
        raise ValueError("a treatment must prevent more than it harms, and at most everything.")
    return {
        "harm_per": format_fixed(100 * harm, 0),
        "prevented": _percent(prevented),
        "treatment_hand": f"{harm:g} / {prevented:g} = {_percent(harm / prevented)}",
    }


def rates(printed: Mapping[str, str]) -> list[tuple[float, str]]:
    """Printed percentages by their source, as shares; ValueError outside zero and one."""
    found = [(float(parse_percent(text).value) / 100, source) for source, text in printed.items()]
    if wrong := [source for rate, source in found if not 0 < rate < 1]:
        raise ValueError(f"the rate of {wrong[0]} does not lie between zero and one")
    return found


def _percent(value: float) -> str:
    return f"{format_fixed(100 * value, 0)}%"


def _share(value: float) -> str:
    return format_fixed(value, 3)


def _benefit(value: float) -> str:
    text = format_fixed(value, 3)
    return text.replace("-", "−") if float(text.replace("−", "-")) else "0.000"


def _limits(found: Estimate) -> str:
    return f"{_percent(found.low)} to {_percent(found.high)}"


def _percent_with(found: Estimate) -> str:
    return f"{_percent(found.value)} ({_limits(found)})"


def _with_limits(found: Estimate, decimals: int) -> str:
    value, low, high = (format_fixed(x, decimals) for x in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def _odds(threshold: float) -> str:
    return f"{threshold:g}/{1 - threshold:g}"


def _tested(gain: float) -> str:
    """One over a gain, rounded up; nothing to be had at no gain."""
    return "–" if gain <= 5e-4 else f"{math.ceil(1 / gain - 1e-9)}"


def _sampled(values: Iterable[float], decimals: int, percent: bool = False) -> str:
    """A range over cohorts, rounded inward: both ends were reached."""
    found = [100 * v for v in values] if percent else list(values)
    scale, sign = 10**decimals, "%" if percent else ""
    low, high = math.ceil(min(found) * scale - 1e-9), math.floor(max(found) * scale + 1e-9)
    if low > high:
        low = high = round((min(found) + max(found)) / 2 * scale)
    ends = [format_fixed(Fraction(end, scale), decimals) + sign for end in (low, high)]
    return ends[0] if low == high else " to ".join(ends)


def _columns(found: Sequence[Estimate]) -> tuple[list[float], list[float], list[float]]:
    return [e.value for e in found], [e.low for e in found], [e.high for e in found]


# --- drawing ---


@dataclass(frozen=True)
class Curve:
    """A curve and perhaps its band."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float]
    low: Sequence[float] | None
    high: Sequence[float] | None
    colour: Any
    dash: tuple[float, ...] | None


def bands_plot(
    curves: Sequence[Curve],
    *,
    key: str,
    title: str,
    across: str,
    up: str,
    ends: tuple[float, float],
    levels: Sequence[float],
    percent: bool,
    marks: Sequence[tuple[float, str]],
    told: Sequence[str],
    shown: Sequence[float],
    confidence: float = LEVEL,
) -> Figure:
    """Curves with bands over shares.

    `ends` of the scale across, `levels` of the upward one (as percentages, if `percent`); `marks`:
    places with their words; `told`: what the alt text says; `shown`: places of the table behind.
    """
    from analysis.show.drawing import SMALL, WIDTH, Sheet, check_key
    from analysis.show.figures import Figure, _legend
    from analysis.show.palette import INK, LINE, SOFT

    check_key(key)
    sheet, top, left, right, height = Sheet(), 24.0, 40.0, WIDTH - 14.0, 210.0
    floor, ceiling = levels[0], levels[-1]

    def x(value: float) -> float:
        return left + (value - ends[0]) / (ends[1] - ends[0]) * (right - left)

    def y(value: float) -> float:
        return top + height * (ceiling - min(max(value, floor), ceiling)) / (ceiling - floor)

    def upward(value: float) -> str:
        return _percent(value) if percent else format_fixed(value, 1)

    sheet.text(0, 12, up, size=SMALL, colour=SOFT)
    for level in levels:
        sheet.line([left, right], [y(level)] * 2, LINE, 0.6)
        sheet.text(left - 6, y(level) + 4, upward(level), size=SMALL, colour=SOFT, align="right")
    entries: list[tuple[Callable[[float, float], None], str]] = []
    for curve in curves:
        # what leaves the drawing at the bottom ends there
        if curve.low is not None and curve.high is not None:
            band = [i for i, v in enumerate(curve.high) if v >= floor]
            xs = [x(curve.xs[i]) for i in band]
            edges = [[y(side[i]) for i in band] for side in (curve.low, curve.high)]
            sheet.area([*xs, *xs[::-1]], [*edges[0], *edges[1][::-1]], curve.colour, 0.22)
        inside = [i for i, v in enumerate(curve.ys) if v >= floor]
        places = [x(curve.xs[i]) for i in inside]
        sheet.line(places, [y(curve.ys[i]) for i in inside], curve.colour, 2, curve.dash)

        def swatch(a: float, b: float, c: Curve = curve) -> None:
            if c.low is not None:
                sheet.box(a - 11, b - 5, a + 11, b + 5, c.colour, 0.22)
            sheet.line([a - 11, a + 11], [b, b], c.colour, 2, c.dash)

        words = f", with its {100 * confidence:g}% band" if curve.low is not None else ""
        entries.append((swatch, f"{curve.label}{words}"))
    shapes = ("v", "D", "s", "o")
    for (place, words), shape in zip(marks, shapes, strict=False):
        sheet.line([x(place)] * 2, [top, top + height], INK, 1.1, (3, 2))
        sheet.mark(x(place), top, shape, INK, 7)
        entries.append((lambda a, b, s=shape: sheet.mark(a, b, s, INK, 7), words))
    n = round((ends[1] - ends[0]) * 5)
    ticks = [ends[0] + i / 5 for i in range(n + 1)]
    end = sheet.scale(top + height, [(x(t), _percent(t)) for t in ticks], across)
    end = _legend(sheet, end + 22, entries)
    data = []
    for place in shown:
        line = {across[:1].upper() + across[1:]: _percent(place)}
        for curve in curves:
            value = float(np.interp(place, curve.xs, curve.ys))
            text = _percent(value) if percent else _benefit(value)
            if curve.low is not None and curve.high is not None:
                low, high = (float(np.interp(place, curve.xs, s)) for s in (curve.low, curve.high))
                text += f" ({_percent(low)} to {_percent(high)})" if percent else (
                    f" ({_benefit(low)} to {_benefit(high)})")  # fmt: skip
            line[curve.label[:1].upper() + curve.label[1:]] = text
        data.append(line)
    words = "; ".join(curve.label for curve in curves)
    alt = f"{len(curves)} curves over {across}: {words}. " + " ".join(f"{t}." for t in told)
    return Figure(sheet.svg(end, key, title, alt), alt, data, title)
