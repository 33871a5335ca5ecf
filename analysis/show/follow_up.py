"""An event that takes time, told as a yes or no at a horizon: what the printed dates allow, what
patients who were left out could change, and what the same counts hide."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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

    @property
    def _analysed(self) -> tuple[Floats, NDArray[np.bool_]]:
        """The patients as they were analysed: nobody is lost."""
        c = self.counts
        event = np.arange(c.patients) < c.events
        return np.full(c.patients, self.horizon), event

    def stories(self, lost: int) -> survival.LostPatients:
        """Sensitivity and specificity if so many patients were lost, half of them (rounded up)
        above the cut, under every extreme story."""
        c = self.counts
        above = (lost + 1) // 2
        blocks = [(c.events_above, 1, 1), (c.free_above, 0, 1), (c.events_below, 1, 0),
                  (c.free_below, 0, 0)]  # fmt: skip
        time = np.concatenate([np.full(c.patients, self.horizon), np.full(lost, self.horizon / 2)])
        event = np.concatenate([*(np.full(n, e) for n, e, _ in blocks), np.zeros(lost)])
        rule = np.concatenate([*(np.full(n, a) for n, _, a in blocks), np.arange(lost) < above])
        return survival.lost_patients(time, event, rule, self.horizon)

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
                    "As analysed": f"{t.value:.3f}" if t.value < 1 else f"{t.value:.2f}",
                    "If those left out": t.kind,
                    "so many are enough": "no number" if t.patients is None else f"{t.patients}",
                    "to pass": f"{t.limit:.3f}" if t.limit < 1 else "one (not significant)",
                }
                for t in self.tips
            ],
            label="Patients left out that would change a result",
        )

    def extremes_sheet(self, lost: Sequence[int]) -> Html:
        """The widest ranges for so many patients left out."""
        rows = []
        for n in lost:
            low, high = self._share_range(n)
            told = self.stories(n)
            every = [told.left_out, told.all_had_it, told.none_had_it, told.as_the_rule_says,
                     told.against_the_rule]  # fmt: skip
            rows.append(
                {
                    "Left out": f"{n}",
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

    def losing_rows(self, rates: Sequence[tuple[float, float]]) -> list[dict[str, float]]:
        """What the patients analysed show and what is true, by yearly rates of loss above and
        below the cut."""
        rows = []
        for above, below in rates:
            p = self.losing(above, below)
            status = survival.status_at(p.time, p.event, self.horizon)
            true = survival.accuracy_at(p.time, p.event, p.above, self.horizon)
            shown = survival.lost_patients(p.time, p.event, p.above, self.horizon).left_out
            rule = survival.rule_at(p.time, p.event, p.above, self.horizon)
            rows.append(
                {
                    "above": above, "below": below, "lost": float(status.unknown),
                    "analysed": status.share_of_known, "risk": status.kaplan_meier.risk,
                    "shown_sensitivity": shown.sensitivity, "shown_specificity": shown.specificity,
                    "sensitivity": true.sensitivity, "specificity": true.specificity,
                    "risk_above": rule.positive.risk, "risk_below": rule.negative.risk,
                }
            )  # fmt: skip
        return rows

    def losing_sheet(self, rates: Sequence[tuple[float, float]]) -> Html:
        """The same as a table."""
        return paper_rows(
            [
                {
                    "Lost a year, above and below the cut": f"{_pct(r['above'])} and {_pct(r['below'])}",
                    "Left out": f"{r['lost']:.0f}",
                    "Share analysed": f"{r['analysed']:.3f}",
                    "Share, all counted": f"{r['risk']:.3f}",
                    "Sensitivity, all counted": f"{r['sensitivity']:.3f}",
                    "Specificity, all counted": f"{r['specificity']:.3f}",
                }
                for r in self.losing_rows(rates)
            ],
            label=f"The same printed counts with patients left out, {MARK}",
        )

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

    def pacing_rows(self, stories: Sequence[tuple[str, float, float]]) -> list[dict[str, object]]:
        """Each story's name and, above and below the cut, the risk by half the horizon and the
        mean time without the event."""
        rows = []
        for name, above, below in stories:
            p = self.pacing(above, below)
            curves = [survival.kaplan_meier(p.time[s], p.event[s]) for s in (p.above, ~p.above)]
            half = [float(1 - c.survival_at(self.horizon / 2)) for c in curves]
            means = [mean_time(c, self.horizon) for c in curves]
            rows.append({"name": name, "half": half, "means": means, "curves": curves,
                         "crosses": _crosses(curves)})  # fmt: skip
        return rows

    def pacing_sheet(self, stories: Sequence[tuple[str, float, float]]) -> Html:
        """The same as a table."""
        half = format_fixed(self.horizon / 2, 1)
        rows = []
        for r in self.pacing_rows(stories):
            above, below = r["half"]  # type: ignore[misc]
            one, nil = r["means"]  # type: ignore[misc]
            rows.append(
                {
                    "Story": r["name"],
                    f"Event by {half} years, above the cut": f"{above:.2f}",
                    "below": f"{below:.2f}",
                    "Years without the event, above": f"{one:.1f}",
                    "below the cut": f"{nil:.1f}",
                    "Years lost above the cut": f"{nil - one:.1f}",
                }
            )
        return paper_rows(rows, label=f"The same printed counts at another pace, {MARK}")

    def pacing_plot(self, key: str, stories: Sequence[tuple[str, float, float]]) -> Figure:
        """The curves of each story."""
        from analysis.show import figures

        panels = [
            {
                "label": r["name"],
                "groups": [
                    {"label": label, "times": c.times, "survival": c.survival}
                    for label, c in zip(
                        ("above the cut", "below the cut"), r["curves"], strict=True
                    )  # type: ignore[call-overload]
                ],
            }
            for r in self.pacing_rows(stories)
        ]
        return figures.survival_plot(
            panels, key=key, horizon=self.horizon, across="years",
            up="share without the event", title="Three paces, one table of counts", note=MARK,
        )  # fmt: skip

    def ratio_by_hand(self) -> str:
        """The hazard ratio under proportional hazards as a line."""
        (e1, f1), (e0, f0) = self.counts.sides
        return f"ln({e1 + f1} / {f1}) / ln({e0 + f0} / {f0}) = {self.proportional_ratio:.2f}"


_MONTH = 365.25 / 12


def _after(day: date, years: float) -> date:
    return day + timedelta(days=round(years * 365.25))


def _pct(rate: float) -> str:
    return f"{format_fixed(Fraction(rate).limit_denominator(10**6) * 100, 0)}%"


def _span(values: Iterator[float]) -> str:
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
    if table.positive == paper.event_group.id:
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


def _crosses(curves: Sequence[survival.KaplanMeier]) -> float | None:
    """Until when the first curve runs above the second after the start; None if it never does."""
    end = min(c.times[-1] for c in curves)
    at = np.linspace(0, end, 501)
    above = at[curves[0].survival_at(at) > curves[1].survival_at(at)]
    return float(above.max()) if len(above) else None
