"""An event that takes time, told as a yes or no at a horizon: what the printed dates allow, what
patients who were left out could change, and what the same counts hide."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from analysis.checks.text import end_of_follow_up
from analysis.cohort import MARK
from analysis.estimate import accuracy, effect, survival
from analysis.paper import Paper, RocTable, Timeline
from analysis.printed import Interval, PrintedDate, format_fixed, whole_values
from analysis.show.html import Html
from analysis.show.parts import event_group
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

Floats = NDArray[np.float64]
SEARCHED = 10_000  # no study that could be meant here has lost more patients


@dataclass(frozen=True, slots=True)
class Counts:
    """Patients above and below the cut of a marker, with (`events`) and without the event."""

    events_above: int
    free_above: int
    events_below: int
    free_below: int

    @property
    def events(self) -> int:
        """Patients with the event."""
        return self.events_above + self.events_below

    @property
    def free(self) -> int:
        """Patients without."""
        return self.free_above + self.free_below

    @property
    def patients(self) -> int:
        """All patients."""
        return self.events + self.free

    @property
    def sides(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Events and event-free patients above the cut, and below."""
        return (self.events_above, self.free_above), (self.events_below, self.free_below)


@dataclass(frozen=True, slots=True)
class Patients:
    """Simulated: no patients.  Times in years, whether the event ended them, and whether the
    marker is above its cut; shape (n,) each."""

    time: Floats
    event: NDArray[np.bool_]
    above: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Loss:
    """Yearly rates of loss `above` and `below` the cut, how many are `lost` by the horizon, the
    `share` with the event and the accuracy as `shown` by those left; the `risk` and the `true`
    accuracy in all, and the accuracy with weights from one curve of losses for all."""

    above: float
    below: float
    lost: int
    share: float
    shown: survival.AccuracyAt
    risk: float
    true: survival.AccuracyAt
    one_curve: survival.AccuracyAt


@dataclass(frozen=True, slots=True)
class Pace:
    """Kaplan-Meier `curves` above and below the cut, the risks by `half` the horizon, the `means`
    of the time without the event up to it, and until when the first curve `leads` (years)."""

    curves: tuple[survival.KaplanMeier, survival.KaplanMeier]
    half: tuple[float, ...]
    means: tuple[float, ...]
    leads: float


@dataclass(frozen=True, slots=True)
class Tip:
    """How many patients left out, all of one kind, move `what` from `value` to `moved`, just past
    its `limit`; `patients` is None where no number does."""

    what: str
    kind: str
    value: float
    limit: float
    patients: int | None
    moved: float
    by_hand: str


class FollowUp:
    """What a chapter shows of a marker with a cut (a row of a ROC table, ``table.row``) and of
    the time over which its patients were followed (a timeline of the record with years)."""

    def __init__(self, paper: Paper, marker: str, timeline: str):
        self.paper = paper
        found = [t for t in paper.timelines if t.id == timeline]
        if not found or not (found[0].start and found[0].years and found[0].until):
            raise ValueError(f"{timeline} is no timeline with a start, years and an end")
        self.timeline: Timeline = found[0]
        self.horizon = float(paper.number(found[0].years).value)
        self.counts = _counts(paper, marker)
        self.level = float(1 - paper.alpha)

    # --- dates ---------------------------------------------------------------------------

    def _date(self, number: str) -> PrintedDate:
        value = self.paper.numbers[number].value
        if not isinstance(value, PrintedDate):
            raise ValueError(f"{number} is no date")
        return value

    def longest(self, first_admission: str) -> str:
        """How long beyond the horizon the patients admitted first could be seen until the end of
        the timeline, in months, rounded down and up."""
        start, until = self._date(first_admission), self._date(self.timeline.until)
        ends = [
            (until.first - _after(start.last, self.horizon)).days,
            (until.last - _after(start.first, self.horizon)).days,
        ]
        months = [math.floor(ends[0] / _MONTH), math.ceil(ends[1] / _MONTH)]
        return f"{months[0]} to {months[1]}"

    def late(self, first_admission: str, months: int) -> tuple[str, str]:
        """How many patients' last visit would come after the end of the timeline if every visit
        at the horizon were `months` late and admissions were spread evenly; and as a line."""
        start, until = self._date(first_admission), self._date(self.timeline.until)
        last = self._date(self.timeline.start).last
        window = (last - start.first).days + 1
        _, end = end_of_follow_up(self.paper, self.timeline)
        too_late = (end - until.last).days + round(months * _MONTH)
        days = min(max(too_late, 0), window)
        n = round(self.paper.total * days / window)
        return f"{n}", f"{self.paper.total} × {days} / {window} = {n}"

    # --- patients left out ---------------------------------------------------------------

    @cached_property
    def tips(self) -> list[Tip]:
        """The smallest numbers of patients, left out and all of the worst kind, that move a share
        beyond its own confidence interval, or make the odds ratio not significant."""
        c = self.counts
        share = accuracy.share(c.events, c.patients, self.level)
        sensitivity = accuracy.share(c.events_above, c.events, self.level)
        specificity = accuracy.share(c.free_below, c.free, self.level)
        return [
            _tip("Share with the event", "all had the event", c.events, c.patients, (1, 1), share.high),
            _tip("Share with the event", "none had it", c.events, c.patients, (0, 1), share.low),
            _tip("Sensitivity", "all had it, below the cut", c.events_above, c.events, (0, 1), sensitivity.low),
            _tip("Sensitivity", "all had it, above the cut", c.events_above, c.events, (1, 1), sensitivity.high),
            _tip("Specificity", "none had it, above the cut", c.free_below, c.free, (0, 1), specificity.low),
            _tip("Specificity", "none had it, below the cut", c.free_below, c.free, (1, 1), specificity.high),
            self._ratio_tip(),
        ]  # fmt: skip

    def tip(self, what: str, kind: str) -> Tip:
        """One of them."""
        return next(t for t in self.tips if t.what == what and t.kind.startswith(kind))

    def _ratio_tip(self) -> Tip:
        c = self.counts
        value = self._ratio(0, 0).value
        words = "Odds ratio", "each against the marker"
        for lost in range(SEARCHED):
            # of those lost some had the event below the cut, the others none above it
            worst = min(
                (self._ratio(x, lost - x) for x in range(lost + 1)), key=lambda ratio: ratio.low
            )
            if worst.low <= 1:
                x = min(range(lost + 1), key=lambda x: self._ratio(x, lost - x).low)
                line = (
                    f"{c.events_above} × {c.free_below} / (({c.events_below} + {x}) × "
                    f"({c.free_above} + {lost - x})) = {worst.value:.2f}, limit {worst.low:.2f}"
                )
                return Tip(*words, value, 1.0, lost, worst.value, line)
        return Tip(*words, value, 1.0, None, math.nan, "no number of patients does")

    def _ratio(self, below: int, above: int) -> effect.Estimate:
        """The odds ratio with so many more events below the cut and event-free above it."""
        c = self.counts
        return effect.odds_ratio(
            c.events_above, c.events_above + c.free_above + above,
            c.events_below + below, c.events_below + below + c.free_below, self.level,
        )  # fmt: skip

    def all_had_it(self, share: str) -> tuple[str, str]:
        """How many patients left out, all with the event, bring the share of events to a printed
        one; and as a line."""
        target = self.paper.number(share)
        c, wanted = self.counts, Fraction(target.value) / 100
        known = survival.status_at(*self._analysed, self.horizon)
        if not known.share_of_known < wanted < 1:
            raise ValueError("the share is reached already, or needs everybody")
        lost = math.ceil((wanted * c.patients - c.events) / (1 - wanted))
        total = c.patients + lost
        reached = format_fixed(Fraction(100 * (c.events + lost), total), target.decimals)
        return f"{lost}", f"({c.events} + {lost}) / ({c.patients} + {lost}) = {reached}%"

    def share_of(self, patients: int) -> str:
        """A number of patients as a share of those analysed."""
        return f"{format_fixed(Fraction(100 * patients, self.counts.patients), 0)}%"

    @property
    def _analysed(self) -> tuple[Floats, NDArray[np.bool_]]:
        """The patients as they were analysed: nobody is lost."""
        c = self.counts
        event = np.arange(c.patients) < c.events
        return np.full(c.patients, self.horizon), event

    def stories(self, lost: int, above: int) -> list[survival.AccuracyAt]:
        """Sensitivity and specificity if so many patients were lost, `above` of them above the
        cut, with them left out and under every extreme story of what became of them."""
        c = self.counts
        blocks = [(c.events_above, 1, 1), (c.free_above, 0, 1), (c.events_below, 1, 0),
                  (c.free_below, 0, 0)]  # fmt: skip
        time = np.concatenate([np.full(c.patients, self.horizon), np.full(lost, self.horizon / 2)])
        event = np.concatenate([*(np.full(n, e) for n, e, _ in blocks), np.zeros(lost)])
        rule = np.concatenate([*(np.full(n, a) for n, _, a in blocks), np.arange(lost) < above])
        told = survival.lost_patients(time, event, rule, self.horizon)
        return [told.left_out, told.all_had_it, told.none_had_it, told.as_the_rule_says,
                told.against_the_rule]  # fmt: skip

    # --- simulated patients --------------------------------------------------------------

    def losing(self, above: float, below: float) -> Patients:
        """Simulated patients of whom those analysed are the printed counts, if patients are lost
        at these yearly rates above and below the cut, and have the event at constant rates.

        Numbers lost are rounded to whole patients; times stand at the quantiles of their
        distribution, so that nothing is left to chance.
        """
        found: list[Patients] = []
        for (events, free), rate, high in zip(self.counts.sides, (above, below), (True, False), strict=True):  # fmt: skip
            lost = round(events * rate / event_rate(events, free, rate, self.horizon))
            leaving = events + lost
            # events and losses at constant rates share one distribution of times
            total = math.log(1 + leaving / free) / self.horizon
            share = leaving / (leaving + free)
            times = [-np.log(1 - _grid(n) * share) / total for n in (events, lost)]
            found.append(_together(times[0], times[1], free, self.horizon, high))
        return _stack(found)

    def pacing(self, above: float, below: float) -> Patients:
        """Simulated patients with the printed counts, all followed to the horizon, whose events
        come early (below one), at a constant rate (one) or late (above one).

        The shapes are those of Weibull distributions above and below the cut.
        """
        found = []
        for (events, free), shape, high in zip(self.counts.sides, (above, below), (True, False), strict=True):  # fmt: skip
            n = events + free
            reached = np.log(1 - _grid(events) * events / n) / math.log(free / n)
            times = self.horizon * reached ** (1 / shape)
            found.append(_together(times, np.empty(0), free, self.horizon, high))
        return _stack(found)

    @property
    def proportional_ratio(self) -> float:
        """The hazard ratio that the counts at the horizon have if it is the same at every time:
        the ratio of the logarithms of the shares without the event."""
        logs = [math.log(free / (events + free)) for events, free in self.counts.sides]
        return logs[0] / logs[1]

    # --- what is shown -------------------------------------------------------------------

    def tips_sheet(self) -> Html:
        """The tipping points."""
        return paper_rows(
            [
                {
                    "Number": t.what,
                    "If those left out": t.kind,
                    "Enough": "no number" if t.patients is None else f"{t.patients}",
                    "From": f"{t.value:.3f}" if t.value < 1 else f"{t.value:.2f}",
                    "Past": f"{t.limit:.3f}" if t.limit < 1 else "not significant",
                }
                for t in self.tips
            ],
            label="Patients left out that would change a result",
        )

    def extremes_sheet(self, *shares: float) -> Html:
        """The widest ranges if so many patients were left out, as shares of those analysed."""
        rows = []
        for share in shares:
            n = round(share * self.counts.patients)
            low, high = self._share_range(n)
            every = [story for above in (0, n) for story in self.stories(n, above)]
            rows.append(
                {
                    "Left out": f"{n} ({_pct(share)} of those analysed)",
                    "Share with the event": f"{low:.3f} to {high:.3f}",
                    "Sensitivity": _span(a.sensitivity for a in every),
                    "Specificity": _span(a.specificity for a in every),
                }
            )
        return paper_rows(rows, label="What is possible if so many were left out")

    def _share_range(self, lost: int) -> tuple[float, float]:
        c = self.counts
        time = np.concatenate([np.full(c.patients, self.horizon), np.full(lost, self.horizon / 2)])
        event = np.concatenate([np.arange(c.patients) < c.events, np.zeros(lost, dtype=bool)])
        found = survival.status_at(time, event, self.horizon)
        return found.share_of_all, found.share_if_all_lost_had_it

    def share_plot(self, key: str, most: int) -> Figure:
        """The share with the event over the number of patients left out."""
        from analysis.show import figures

        c = self.counts
        lost = range(0, most + 1, max(most // 50, 1))
        rows = [
            {"label": "all of them had the event",
             "points": [(float(n), self._share_range(n)[1]) for n in lost]},
            {"label": "they fared as the others",
             "points": [(float(n), c.events / c.patients) for n in lost]},
            {"label": "none of them had it",
             "points": [(float(n), self._share_range(n)[0]) for n in lost]},
        ]  # fmt: skip
        return figures.line_plot(
            rows, key=key, across="patients left out", up="share with the event at the horizon",
            title="The share with the event if patients were left out", lowest=0.0,
        )  # fmt: skip

    def loss(self, above: float, below: float) -> Loss:
        """What the patients analysed show and what holds for all, if patients are lost at these
        yearly rates above and below the cut; simulated: no patients."""
        p = self.losing(above, below)
        status = survival.status_at(p.time, p.event, self.horizon)
        shown = survival.lost_patients(p.time, p.event, p.above, self.horizon).left_out
        # one curve a side: also right where the two sides lose patients at different rates
        rule = survival.rule_at(p.time, p.event, p.above, self.horizon)
        hits = rule.share_positive * rule.positive.risk
        missed = (1 - rule.share_positive) * rule.negative.risk
        correct = (1 - rule.share_positive) * (1 - rule.negative.risk)
        return Loss(
            above, below, status.unknown, status.share_of_known, shown, hits + missed,
            survival.AccuracyAt(hits / (hits + missed), correct / (1 - hits - missed)),
            survival.accuracy_at(p.time, p.event, p.above, self.horizon),
        )  # fmt: skip

    def losing_sheet(self, *rates: tuple[float, float]) -> Html:
        """The same as a table, a row for each pair of rates."""
        rows = []
        for above, below in rates:
            r = self.loss(above, below)
            rows.append(
                {
                    "Lost a year, above / below": f"{_pct(above)}\u00a0/\u00a0{_pct(below)}",
                    "Left out": f"{r.lost}",
                    "True share": f"{r.risk:.3f}",
                    "True sensitivity / specificity": _pair(
                        (r.true.sensitivity, r.true.specificity), 3
                    ),
                }
            )
        return paper_rows(rows, label=f"The same counts after patients were left out, {MARK}")

    def told_loss(self, key: str, above: float, below: float) -> dict[str, str]:
        """One pair of rates for the prose, under keys that start with `key`."""
        r = self.loss(above, below)
        return {
            f"{key}_above": _pct(above), f"{key}_below": _pct(below), f"{key}_lost": f"{r.lost}",
            f"{key}_share": f"{r.share:.3f}", f"{key}_risk": f"{r.risk:.3f}",
            f"{key}_shown_sensitivity": f"{r.shown.sensitivity:.3f}",
            f"{key}_shown_specificity": f"{r.shown.specificity:.3f}",
            f"{key}_sensitivity": f"{r.true.sensitivity:.3f}",
            f"{key}_specificity": f"{r.true.specificity:.3f}",
            f"{key}_one_curve": f"{r.one_curve.sensitivity:.3f}",
        }  # fmt: skip

    def losing_by_hand(self, rate: float) -> str:
        """The risk above the cut as a line, for a yearly rate of loss."""
        events, free = self.counts.sides[0]
        lost = round(events * rate / event_rate(events, free, rate, self.horizon))
        n = events + free + lost
        risk = 1 - (free / n) ** (events / (events + lost))
        return (
            f"1 − ({free} / {n})^({events} / ({events} + {lost})) = {risk:.3f}; "
            f"without those left out {events} / {events + free} = {events / (events + free):.3f}"
        )

    def pace(self, above: float, below: float) -> Pace:
        """The curves of :meth:`pacing` and what they say; simulated: no patients."""
        p = self.pacing(above, below)
        one, nil = (survival.kaplan_meier(p.time[s], p.event[s]) for s in (p.above, ~p.above))
        half = self.horizon / 2
        return Pace(
            (one, nil), tuple(float(1 - c.survival_at(half)) for c in (one, nil)),
            tuple(mean_time(c, self.horizon) for c in (one, nil)), _leads(one, nil, self.horizon),
        )  # fmt: skip

    def pacing_sheet(self, stories: Mapping[str, tuple[float, float]]) -> Html:
        """What each story says, by its name."""
        half = format_fixed(self.horizon / 2, 1)
        rows = []
        for name, shapes in stories.items():
            pace = self.pace(*shapes)
            rows.append(
                {
                    "Story": name,
                    f"Event by {half} years, above / below": _pair(pace.half, 2),
                    "Years without it, above / below": _pair(pace.means, 1),
                    "Years lost": f"{pace.means[1] - pace.means[0]:.1f}",
                }
            )
        return paper_rows(rows, label=f"The same counts at another pace, {MARK}")

    def pacing_plot(self, key: str, stories: Mapping[str, tuple[float, float]]) -> Figure:
        """The curves of each story."""
        from analysis.show import figures

        names = ("above the cut", "below the cut")
        panels = [
            {"label": name, "groups": [
                {"label": side, "times": c.times, "survival": c.survival}
                for side, c in zip(names, self.pace(*shapes).curves, strict=True)
            ]}
            for name, shapes in stories.items()
        ]  # fmt: skip
        return figures.survival_plot(
            panels, key=key, horizon=self.horizon, across="years", up="share without the event",
            title="The same counts at another pace", note=MARK,
        )  # fmt: skip

    def told_pace(self, stories: Mapping[str, tuple[float, float]]) -> dict[str, str]:
        """For the prose: the smallest and the largest difference in mean time, and until when
        the patients above the cut may stand better."""
        paces = [self.pace(*shapes) for shapes in stories.values()]
        years = [p.means[1] - p.means[0] for p in paces]
        return {
            "least_years": f"{min(years):.1f}", "most_years": f"{max(years):.1f}",
            "better_until": f"{max(p.leads for p in paces):.1f}",
            "half_least": f"{min(p.half[0] for p in paces):.2f}",
            "half_most": f"{max(p.half[0] for p in paces):.2f}",
            "half_time": format_fixed(self.horizon / 2, 1),
        }  # fmt: skip

    def ratio_by_hand(self) -> str:
        """The hazard ratio under proportional hazards as a line."""
        (e1, f1), (e0, f0) = self.counts.sides
        return f"ln({e1 + f1} / {f1}) / ln({e0 + f0} / {f0}) = {self.proportional_ratio:.2f}"


_MONTH = 365.25 / 12


def _after(day: date, years: float) -> date:
    return day + timedelta(days=round(years * 365.25))


def _pct(rate: float) -> str:
    return f"{format_fixed(Fraction(rate).limit_denominator(10**6) * 100, 0)}%"


def _pair(values: Sequence[float], decimals: int) -> str:
    """Numbers that stay on one line."""
    return "\u00a0/\u00a0".join(f"{v:.{decimals}f}" for v in values)


def _span(values: Iterable[float]) -> str:
    found = [v for v in values if not math.isnan(v)]
    return f"{min(found):.3f} to {max(found):.3f}"


def _tip(what: str, kind: str, count: int, of: int, step: tuple[int, int], limit: float) -> Tip:
    """Patients are added, `step` to count and denominator each, until the share passes `limit`."""
    value, up = count / of, step[0] == 1
    for n in range(1, SEARCHED):
        moved = (count + step[0] * n) / (of + n)
        if moved > limit if up else moved < limit:
            top = f"({count} + {n})" if up else f"{count}"
            return Tip(what, kind, value, limit, n, moved, f"{top} / ({of} + {n}) = {moved:.3f}")
    return Tip(what, kind, value, limit, None, math.nan, "no number of patients does")


def _counts(paper: Paper, marker: str) -> Counts:
    """The counts behind a sensitivity and a specificity; ValueError if not one count each."""
    table_id, _, name = marker.partition(".")
    table = paper.table(table_id)
    row = next((r for r in getattr(table, "rows", []) if r.id == name), None)
    if not isinstance(table, RocTable) or row is None or not (row.sensitivity and row.specificity):
        raise ValueError(f"{marker} is no marker with sensitivity and specificity")
    positive = paper.group(table.positive).size
    counts = []
    for share, n in ((row.sensitivity, positive), (row.specificity, paper.total - positive)):
        found = whole_values(share.interval * Interval.point(n))
        if len(found) != 1:
            raise ValueError(f"{share.text} of {n} patients is not one count")
        counts.append(found[0])
    right, left = counts[0], paper.total - positive - counts[1]
    if table.positive == event_group(paper).id:
        found_ = Counts(right, left, positive - right, counts[1])
    else:
        found_ = Counts(left, right, counts[1], positive - right)
    if min(n for side in found_.sides for n in side) < 1:
        raise ValueError("a count of the marker is zero")
    return found_


def event_rate(events: int, free: int, loss: float, horizon: float) -> float:
    """The constant yearly rate of the event at which `events` to `free` is the ratio among those
    with known status at the horizon, if patients are lost at a constant yearly rate:
    a / (a + c) · (exp((a + c) h) − 1) = events / free, solved for a."""
    if loss < 0:
        raise ValueError("a rate of loss is zero or more")

    def excess(rate: float) -> float:
        total = rate + loss
        return rate / total * math.expm1(total * horizon) - events / free

    most = math.log(1 + events / free) / horizon  # the rate without any loss
    return float(optimize.brentq(excess, 1e-12, most * (1 + 1e-9), xtol=1e-14))


def _grid(n: int) -> Floats:
    """Shares in the middle of n equal steps."""
    return (np.arange(n) + 0.5) / n if n else np.empty(0)


def _together(events: Floats, lost: Floats, free: int, horizon: float, above: bool) -> Patients:
    time = np.concatenate([events, lost, np.full(free, horizon)])
    return Patients(time, np.arange(len(time)) < len(events), np.full(len(time), above))


def _stack(groups: Sequence[Patients]) -> Patients:
    return Patients(*(np.concatenate([getattr(g, f) for g in groups])
                      for f in ("time", "event", "above")))  # fmt: skip


def mean_time(curve: survival.KaplanMeier, horizon: float) -> float:
    """The mean time without the event up to the horizon: the area under the curve (Royston and
    Parmar 2013).  ValueError beyond the longest follow-up."""
    if horizon > curve.times[-1]:
        raise ValueError("the follow-up ends before the horizon")
    inside = curve.times < horizon
    edges = np.concatenate([[0.0], curve.times[inside], [horizon]])
    heights = np.concatenate([[1.0], curve.survival[inside]])
    return float(np.diff(edges) @ heights)


def _leads(first: survival.KaplanMeier, second: survival.KaplanMeier, horizon: float) -> float:
    """The last time before the horizon at which the first curve stands above the second."""
    at = np.linspace(0, horizon, 501)
    above = at[first.survival_at(at) > second.survival_at(at)]
    return float(above.max()) if len(above) else 0.0
