"""One feature and the event: risks, their ratio and difference, odds, and what a printed ratio
would mean under each name that it may have."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.checks.margins import crude_measures
from analysis.checks.words import level_of, listed
from analysis.cohort import MARK, load_cohort
from analysis.estimate import adjusted, effect, logistic, usefulness
from analysis.estimate.effect import Estimate
from analysis.paper import Coefficient, Paper, RegressionTable
from analysis.printed import Interval, format_fixed
from analysis.show.html import Html
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

BASELINES = (0.01, 0.1, 0.5, 0.9)
FRACTIONS = (1, 2, 10)  # how many patients without the event might stand for each one counted


@dataclass(frozen=True, slots=True)
class Two:
    """Patients with a feature and others, and how many of them had the event."""

    events1: int
    patients1: int
    events0: int
    patients0: int

    @property
    def numbers(self) -> tuple[int, int, int, int]:
        """As the functions of :mod:`analysis.estimate.effect` want them."""
        return self.events1, self.patients1, self.events0, self.patients0

    @property
    def odds(self) -> tuple[int, int, int, int]:
        """With and without the event, with the feature and without it."""
        return (
            self.events1, self.patients1 - self.events1,
            self.events0, self.patients0 - self.events0,
        )  # fmt: skip

    @property
    def risk1(self) -> float:
        """Share with the event among patients with the feature."""
        return self.events1 / self.patients1

    @property
    def risk0(self) -> float:
        """Share with the event among the others."""
        return self.events0 / self.patients0


def counts_of(paper: Paper, table: RegressionTable, row: Coefficient) -> Two | None:
    """The 2×2 table of a row from the counts of other tables; None where they leave it open."""
    found = crude_measures(paper, table, row)
    if found is None:
        return None
    names = ("exposed_events", "exposed", "others_events", "others")
    return Two(*(int(found[name]) for name in names))  # type: ignore[call-overload]


class EffectSize:
    """What a chapter shows of one row of a regression table, whose counts stand elsewhere.

    Raises ValueError if the record has no such row, no exact counts of it, no patient with or
    without the event in one of its groups, or no printed ratio.
    """

    def __init__(
        self, paper: Paper, table: str, row: str, patients: pd.DataFrame | None = None
    ) -> None:
        self.paper = paper
        self.table: RegressionTable = paper.table(table)  # type: ignore[assignment]
        chosen = [r for r in self.table.rows if r.id == row]
        if not chosen:
            raise ValueError(f"{table} has no row {row}")
        self.row = chosen[0]
        if self.row.ratio is None or self.row.ci is None:
            raise ValueError(f"{table}.{row} prints no ratio with an interval")
        counts = counts_of(paper, self.table, self.row)
        if counts is None or min(counts.odds) == 0:
            raise ValueError(
                f"the counts behind {table}.{row} are not exact, or one of them is zero"
            )
        self.counts = counts
        self._patients = patients

    # --- numbers ---

    @cached_property
    def level(self) -> float:
        """The confidence of all intervals: that of the table."""
        return float(level_of(self.table))

    @cached_property
    def risk_ratio(self) -> Estimate:
        return effect.risk_ratio(*self.counts.numbers, self.level)

    @cached_property
    def odds_ratio(self) -> Estimate:
        return effect.odds_ratio(*self.counts.numbers, self.level)

    @cached_property
    def difference(self) -> Estimate:
        return effect.risk_difference(*self.counts.numbers, self.level)

    @cached_property
    def printed(self) -> Estimate:
        """The printed ratio and its limits."""
        assert self.row.ratio is not None
        assert self.row.ci is not None
        return Estimate(*(float(x) for x in (self.row.ratio, self.row.ci.low, self.row.ci.high)))

    @property
    def printed_text(self) -> str:
        """The same as printed."""
        assert self.row.ratio is not None
        assert self.row.ci is not None
        return f"{self.row.ratio.text} ({self.row.ci.low.text} to {self.row.ci.high.text})"

    @cached_property
    def converted(self) -> Estimate:
        """The printed ratio and limits, read as odds ratios, as risk ratios at the counted risk
        without the feature."""
        return Estimate(*(self._converted(x) for x in self._printed_ends))

    @property
    def _printed_ends(self) -> tuple[float, float, float]:
        return self.printed.value, self.printed.low, self.printed.high

    def _converted(self, ratio: float) -> float:
        return effect.risk_ratio_from_odds_ratio(ratio, self.counts.risk0)

    @cached_property
    def cohorts(self) -> pd.DataFrame:
        """One row a simulated cohort: adjusted ratios of the feature under both links (`odds`,
        `risk`; with ``.`` and its id also of every other), the standard error of the second (`error`), the risk ratio of the logistic fit
        averaged over patients without the feature (`averaged`) and converted (`converted`)."""
        from analysis.show.unreported import feature

        patients = self._patients
        if patients is None:
            if self.paper.folder is None:
                raise ValueError("the record was read from no folder, so no cohorts stand by it")
            patients = load_cohort(self.paper.folder / "cohorts.parquet")
        place, ids = self.table.rows.index(self.row), [row.id for row in self.table.rows]
        found = []
        for _, own in patients.groupby("cohort"):
            state = (own["group"] == self.table.event).to_numpy(float)
            x = np.column_stack([feature(self.paper, row, own) for row in self.table.rows])
            odds, poisson = logistic.fit(state, x), adjusted.log_linear(state, x)
            mean = adjusted.standardised(state, x, place, among=x[:, place] == 0)
            own_odds = float(odds.ratios[place])
            found.append(
                {f"odds.{id}": float(v) for id, v in zip(ids, odds.ratios, strict=True)}
                | {f"risk.{id}": float(v) for id, v in zip(ids, poisson.ratios, strict=True)}
                | {
                    "odds": own_odds, "risk": float(poisson.ratios[place]),
                    "error": float(poisson.errors[place + 1]), "averaged": mean.ratio,
                    "converted": effect.risk_ratio_from_odds_ratio(own_odds, mean.without),
                }
            )  # fmt: skip
        return pd.DataFrame(found)

    def _sampled(self, column: str, decimals: int = 2) -> str:
        """The range over the cohorts, rounded inward: both ends were reached."""
        values, scale = self.cohorts[column], 10**decimals
        ends = math.ceil(values.min() * scale - 1e-6), math.floor(values.max() * scale + 1e-6)
        low, high = (format_fixed(end / scale, decimals) for end in ends)
        return f"{low} to {high}"

    # --- the one reading that is left with the printed constant ---

    @cached_property
    def fitted(self) -> tuple[float, float, float] | None:
        """Risks under the only reading of the constant that the proofs across tables leave: of a
        patient with none of the features, with this one alone, with all; None unless exactly one
        is left, under the log link."""
        from analysis.show.coherence import Across
        from analysis.show.whole import codes_of

        left = Across(self.paper, self.table.id).left()
        rows, constant = self.table.rows, self.table.constant
        if len(left) != 1 or left[0].link != "log" or constant is None:
            return None
        b = [float(row.b) for row in rows]  # type: ignore[arg-type]
        codes = codes_of(left[0], len(rows))
        none = float(constant.b) + sum(lo * x for (lo, _), x in zip(codes, b, strict=True))
        steps = [(hi - lo) * x for (lo, hi), x in zip(codes, b, strict=True)]
        one = none + steps[rows.index(self.row)]
        return math.exp(none), math.exp(one), math.exp(none + sum(steps))

    # --- words ---

    def told(self) -> dict[str, str]:
        """For the prose."""
        two, ratio = self.counts, self.printed.value
        above_odds = ratio * two.risk0 / (1 - two.risk0 + ratio * two.risk0)
        crude_odds = self.odds_ratio.value
        total = self.paper.group(self.table.event).size / self.paper.total_of(self.table)
        found = {
            "of": "100",
            "per_1": _per_hundred(two.risk1),
            "per_0": _per_hundred(two.risk0),
            "per_all": _per_hundred(total),
            "per_if_risk": _per_hundred(ratio * two.risk0),
            "per_if_odds": _per_hundred(above_odds),
            "per_gap": f"{round(100 * ratio * two.risk0) - round(100 * above_odds)}",
            "per_of_all": _per_hundred(ratio * total),
            "most_base": _per_hundred(1 / ratio),
            "risk_ratio": _ratio(self.risk_ratio.value),
            "odds_ratio": _ratio(crude_odds),
            "difference_per": _per_hundred(self.difference.value),
            "needed": _needed(self.difference)[0],
            "needed_range": _needed(self.difference)[1],
            "converted": _ratio(self.converted.value),
            "inside": "inside" if _holds(self.risk_ratio, ratio) else "outside",
            "odds_inside": "inside" if _holds(self.odds_ratio, ratio) else "outside",
            "nearer": "risk ratio"
            if _distance(ratio, self.risk_ratio.value) < _distance(ratio, crude_odds)
            else "odds ratio",
        }
        if self.row.se is not None:
            found["printed_error"] = self.row.se.text
        return found

    def sampled(self) -> dict[str, str]:
        """For the prose: what the simulated cohorts show."""
        own, ratio = self.cohorts, self.printed.value
        inside = (own["risk"].min() <= ratio <= own["risk"].max(), own["odds"].min() <= ratio <= own["odds"].max())  # fmt: skip
        return {
            "cohorts": f"{len(own)}",
            "missed_risk": self._missed("risk"),
            "missed_odds": self._missed("odds"),
            "risk_sampled": self._sampled("risk"),
            "risk_middle": _ratio(median(own["risk"])),
            "odds_sampled": self._sampled("odds"),
            "error_sampled": self._sampled("error", 3),
            "risk_reached": "inside" if inside[0] else "outside",
            "odds_reached": "inside" if inside[1] else "outside",
            "ceiling_held": f"{int((own['converted'] >= own['averaged'] - 1e-12).sum())}",
        }

    def _missed(self, link: str) -> str:
        """Features whose printed ratio no cohort reaches under a link."""
        missed = [
            row.label[:1].lower() + row.label[1:]
            for row in self.table.rows
            if row.ratio is not None and not self._reached(f"{link}.{row.id}", row.ratio.interval)
        ]
        return listed(missed) if missed else "no feature"

    def _reached(self, column: str, interval: Interval) -> bool:
        values = self.cohorts[column]
        return bool(values.min() <= interval.high and values.max() >= interval.low)

    def model(self) -> dict[str, str]:
        """For the prose: risks per hundred under the reading that is left."""
        if self.fitted is None:
            raise ValueError("not one reading under a log link is left")
        names = ("fitted_none", "fitted_one", "fitted_all")
        return {n: _per_hundred(x) for n, x in zip(names, self.fitted, strict=True)}

    def ratio_by_hand(self) -> str:
        """The risk ratio as a line."""
        a, n1, c, n0 = self.counts.numbers
        return f"({a} / {n1}) / ({c} / {n0}) = {_ratio(self.risk_ratio.value)}"

    def odds_by_hand(self) -> str:
        """The odds ratio as a line."""
        a, b, c, d = self.counts.odds
        return f"({a} / {b}) / ({c} / {d}) = {_ratio(self.odds_ratio.value)}"

    def converted_by_hand(self) -> str:
        """The printed ratio, read as an odds ratio, as a risk ratio: as a line."""
        assert self.row.ratio is not None
        ratio, base = self.row.ratio.text, format_fixed(self.counts.risk0, 3)
        return f"{ratio} / (1 − {base} + {base} × {ratio}) = {_ratio(self.converted.value)}"

    def needed_by_hand(self) -> str:
        """One over the risk difference as a line."""
        a, n1, c, n0 = self.counts.numbers
        return f"1 / ({a}/{n1} − {c}/{n0}) = {_needed(self.difference)[0]}"

    # --- sheets ---

    def counts_sheet(self, having: str, lacking: str) -> Html:
        """The 2×2 table with the risk of each row; `having` and `lacking`: words for patients with
        the feature and without it."""
        event = self.paper.group(self.table.event).label
        rows = []
        for words, events, patients in (
            (having, self.counts.events1, self.counts.patients1),
            (lacking, self.counts.events0, self.counts.patients0),
        ):
            risk = effect.share(events, patients, self.level)
            rows.append(
                {"Patients": words, event: events, "Not": patients - events, "All": patients,
                 "Risk": f"{_percent(risk.value)} ({_percent(risk.low)} to {_percent(risk.high)})",
                 "Odds": f"{events} to {patients - events}"}
            )  # fmt: skip
        return paper_rows(rows, label="The two-by-two table, with risks")

    def measures_sheet(self) -> Html:
        """Each measure of the 2×2 table with interval and method."""
        needed = _needed(self.difference)
        lines = [
            ("Risk ratio", *_texts(self.risk_ratio), "Katz, on the log scale"),
            ("Odds ratio", *_texts(self.odds_ratio), "Woolf, on the log scale"),
            ("Risk difference, points of a hundred", format_fixed(100 * self.difference.value, 1),
             _to(*(format_fixed(100 * x, 1) for x in (self.difference.low, self.difference.high))),
             "Newcombe, from two Wilson intervals"),
            ("Patients for one event more", *needed, "one over the difference and its limits"),
        ]  # fmt: skip
        names = ("Measure", "From the counts", f"{_percent(self.level, 0)} interval", "Interval by")
        return paper_rows(
            [dict(zip(names, line, strict=True)) for line in lines],
            label="Four measures of one table",
        )

    def baseline_sheet(self) -> Html:
        """What the printed ratio would mean as an odds ratio and as a risk ratio at several risks
        without the feature."""
        bases = sorted({*BASELINES, self.counts.risk0})
        ratio, rows = self.printed.value, []
        for base in bases:
            own = effect.risk_ratio_from_odds_ratio(ratio, base)
            counted = " (counted)" if base == self.counts.risk0 else ""
            rows.append(
                {
                    "Without, of 100": f"{_per_hundred(base)}{counted}",
                    "With, if an odds ratio": _per_hundred(own * base),
                    "Its risk ratio": _ratio(own),
                    "With, if a risk ratio": _risk_text(ratio * base),
                }
            )
        return paper_rows(rows, label="One ratio, two meanings, at several risks")

    def features_sheet(self) -> Html:
        """Every row of the table whose counts are printed: crude measures beside the printed one."""
        rows = []
        for row in self.table.rows:
            two = counts_of(self.paper, self.table, row)
            line: dict[str, Any] = {"Feature": row.label}
            if row.ratio is not None and row.ci is not None:
                line["Printed"] = f"{row.ratio.text} ({row.ci.low.text} to {row.ci.high.text})"
            if two is None or min(two.odds) == 0:
                rows.append(line | {"Risks": "not printed"})
                continue
            difference = effect.risk_difference(*two.numbers, self.level)
            rows.append(
                line
                | {
                    "Risks": f"{two.events1}/{two.patients1} and {two.events0}/{two.patients0}",
                    "Risk ratio": " ".join(_bracketed(effect.risk_ratio(*two.numbers, self.level))),
                    "Odds ratio": " ".join(_bracketed(effect.odds_ratio(*two.numbers, self.level))),
                    "Difference, of 100": f"{format_fixed(100 * difference.value, 0)} "
                    f"({format_fixed(100 * difference.low, 0)} to {format_fixed(100 * difference.high, 0)})",
                    "Printed nearer to": _nearer(row, two),
                }
            )  # fmt: skip
        return paper_rows(rows, label="All features of the table, crude and printed")

    def cohorts_sheet(self) -> Html:
        """The printed ratios beside those of simulated cohorts under both links."""
        rows = [
            {
                "Feature": row.label,
                "Printed": None if row.ratio is None else row.ratio.text,
                "Risk ratios, log link": self._sampled(f"risk.{row.id}"),
                "Odds ratios, logistic": self._sampled(f"odds.{row.id}"),
            }
            for row in self.table.rows
        ]
        return paper_rows(rows, label=f"Adjusted ratios in simulated cohorts, {MARK}")

    def sampling_sheet(self) -> Html:
        """The measures if each patient without the event stood for several."""
        a, b, c, d = self.counts.odds
        rows = []
        for times in FRACTIONS:
            two = Two(a, a + times * b, c, c + times * d)
            rows.append(
                {
                    "Each stands for": times,
                    "Risk with, of 100": _per_hundred(two.risk1),
                    "Risk without, of 100": _per_hundred(two.risk0),
                    "Risk ratio": _ratio(effect.risk_ratio(*two.numbers).value),
                    "Odds ratio": _ratio(effect.odds_ratio(*two.numbers).value),
                }
            )
        return paper_rows(rows, label="If patients without the event were a sample")

    # --- figures ---

    def hundred_plot(self, key: str, having: str, lacking: str) -> Figure:
        """Four hundreds of patients: as counted without and with the feature, and as the printed
        ratio would have it, as a risk ratio and as an odds ratio."""
        two, ratio = self.counts, self.printed.value
        as_odds = ratio * two.risk0 / (1 - two.risk0 + ratio * two.risk0)
        assert self.row.ratio is not None
        name = self.row.ratio.text
        return hundreds(
            [
                (f"{lacking}, counted", two.risk0),
                (f"{having}, counted", two.risk1),
                (f"{having}, if {name} is a risk ratio", ratio * two.risk0),
                (f"{having}, if {name} is an odds ratio", as_odds),
            ],
            key=key,
            title="Of a hundred patients, how many have the event",
            event=self.paper.group(self.table.event).label,
        )

    def ratios_plot(self, key: str) -> Figure:
        """Everything that the printed ratio could be, with intervals."""
        assert self.row.ratio is not None
        printed = (self.printed, self.printed_text)
        own = self.cohorts
        return ratio_groups(
            [
                (
                    "Risk ratios",
                    [
                        ("From the counts", "computed", self.risk_ratio, None),
                        ("Printed, if the link was the log", "printed", *printed),
                        ("Log link with all features", "cohorts", list(own["risk"]), self._sampled("risk")),
                        ("Printed, if an odds ratio: converted", "converted", self.converted, None),
                    ],
                ),
                (
                    "Odds ratios",
                    [
                        ("From the counts", "computed", self.odds_ratio, None),
                        ("Printed, if the model was logistic", "printed", *printed),
                        ("Logistic with all features", "cohorts", list(own["odds"]), self._sampled("odds")),
                    ],
                ),
            ],
            key=key,
            title="What the printed ratio could be",
        )  # fmt: skip


# --- words for numbers ---


def _per_hundred(share: float) -> str:
    return format_fixed(100 * share, 0)


def _risk_text(share: float) -> str:
    return _per_hundred(share) if share <= 1 else f"{_per_hundred(share)}: no risk"


def _percent(share: float, decimals: int = 1) -> str:
    return f"{format_fixed(100 * share, decimals)}%"


def _ratio(value: float) -> str:
    return format_fixed(value, 2)


def _to(low: str, high: str) -> str:
    return f"{low} to {high}"


def _texts(found: Estimate) -> tuple[str, str]:
    return _ratio(found.value), _to(_ratio(found.low), _ratio(found.high))


def _bracketed(found: Estimate) -> tuple[str, str]:
    value, limits = _texts(found)
    return value, f"({limits})"


def _holds(found: Estimate, value: float) -> bool:
    return found.low <= value <= found.high


def _distance(one: float, two: float) -> float:
    return abs(math.log(one / two))


def _nearer(row: Coefficient, two: Two) -> str | None:
    if row.ratio is None:
        return None
    printed = float(row.ratio)
    risk = _distance(printed, effect.risk_ratio(*two.numbers).value)
    odds = _distance(printed, effect.odds_ratio(*two.numbers).value)
    return "risk ratio" if risk < odds else "odds ratio"


def _needed(difference: Estimate) -> tuple[str, str]:
    """One over a difference and its limits, in words where it goes through infinity."""
    found = usefulness.number_needed(difference)
    if found.through_infinity:
        return str(found).partition(" (")[0], str(found).partition(" (")[2].rstrip(")")
    sign = 1 if found.value > 0 else -1
    ends = sorted(abs(x) for x in (found.low, found.high))
    value = format_fixed(abs(found.value), 1)
    words = "" if sign > 0 else " fewer"
    return value + words, _to(*(format_fixed(x, 1) for x in ends))


# --- drawings ---


def hundreds(panels: Sequence[tuple[str, float]], *, key: str, title: str, event: str) -> Figure:
    """Shares as patients out of a hundred, ten rows of ten, two panels side by side.

    `panels`: words and a share from zero to one; ValueError outside.
    """
    from analysis.show.drawing import SMALL, WIDTH, Sheet, check_key, lines_of
    from analysis.show.figures import Figure
    from analysis.show.palette import LINE, RED, SOFT

    check_key(key)
    if wrong := [share for _, share in panels if not 0 <= share <= 1]:
        raise ValueError(f"{wrong[0]:.3g} of all patients is no share")
    sheet, room, step = Sheet(), WIDTH / 2 - 10, 14.5
    y, data, told = 0.0, [], []
    for i in range(0, len(panels), 2):
        pair = panels[i : i + 2]
        heads = [lines_of(words, room, SMALL) for words, _ in pair]
        top = y + 18 + 14 * max(map(len, heads))
        for side, ((words, share), head) in enumerate(zip(pair, heads, strict=True)):
            left, n = side * (WIDTH / 2 + 10), round(100 * share)
            for j, line in enumerate(head):
                sheet.text(left, y + 12 + 14 * j, line, size=SMALL)
            sheet.text(left, top, f"{n} of 100", bold=True)
            for k in range(100):
                place = left + 7 + step * (k % 10), top + 16 + step * (k // 10)
                if k < n:
                    sheet.mark(*place, "o", RED, 10)
                else:
                    sheet.mark(*place, "o", LINE, 3.5)
            data.append({"Patients": words, f"{event}, of 100": n})
            told.append(f"{words}: {n} of 100")
        y = top + 16 + step * 10
    sheet.mark(7, y + 8, "o", RED, 10)
    sheet.text(18, y + 12, event.lower(), size=SMALL)
    sheet.mark(WIDTH / 2 + 17, y + 8, "o", LINE, 3.5)
    sheet.text(WIDTH / 2 + 28, y + 12, "not", size=SMALL, colour=SOFT)
    alt = f"{event}, in {len(panels)} hundreds of patients. " + " ".join(f"{t}." for t in told)
    return Figure(sheet.svg(y + 20, key, title, alt), alt, data, title)


_WORDS = {
    "computed": "from the counts, with interval",
    "printed": "as printed, with interval",
    "converted": "printed, converted; limits too narrow",
    "cohorts": f"one cohort ({MARK})",
}


def ratio_groups(
    groups: Sequence[tuple[str, Sequence[tuple[str, str, Any, str | None]]]],
    *,
    key: str,
    title: str,
) -> Figure:
    """Ratios with intervals on one log scale, in groups that must not be compared blindly.

    Rows of a group: words; ``computed``, ``printed``, ``converted`` or ``cohorts``; an
    :class:`Estimate`, or for cohorts their values; the text to show, if not two decimals.
    """
    from analysis.show.drawing import WIDTH, Sheet, check_key
    from analysis.show.figures import Figure, _heading, _legend
    from analysis.show.palette import BLUE, GREEN, INK, ORANGE, PURPLE, SOFT

    check_key(key)
    ticks = [1, 2, 3, 5, 10, 20]
    ends = [
        x
        for _, rows in groups
        for _, kind, found, _ in rows
        for x in (found if kind == "cohorts" else (found.low, found.high))
    ]
    first = max([t for t in (0.05, 0.1, 0.2, 0.5, 1) if t <= min(ends)], default=0.05)
    ticks = [t for t in (0.05, 0.1, 0.2, 0.5) if t >= first] + ticks
    last = min([t for t in ticks if t >= max(ends)], default=ticks[-1])
    ticks = [t for t in ticks if t <= last]
    left, right = 14.0, WIDTH - 14.0

    def x(value: float) -> float:
        share = math.log(value / first) / math.log(last / first)
        return left + min(max(share, 0.0), 1.0) * (right - left)

    sheet, y, told, data, kinds = Sheet(), 14.0, [], [], []

    def draw(kind: str, where: Sequence[float], line: float) -> None:
        if kind == "cohorts":
            for value in where:
                sheet.line([value] * 2, [line - 5, line + 5], GREEN, 1.1)
            return
        middle, low, high = where
        colour = {"computed": ORANGE, "printed": INK, "converted": PURPLE}[kind]
        sheet.line([low, high], [line] * 2, colour, 2.2, (4, 2) if kind == "converted" else None)
        shape = {"computed": "D", "printed": "s", "converted": "o"}[kind]
        sheet.mark(middle, line, shape, colour, 8, hollow=kind == "converted")

    for name, rows in groups:
        sheet.text(0, y, name, bold=True, colour=BLUE)
        y += 19
        for words, kind, found, text in rows:
            values = found if kind == "cohorts" else (found.value, found.low, found.high)
            shown = text or " ".join(_bracketed(found))
            y = _heading(sheet, y, words, shown) + 13
            sheet.line([x(1)] * 2, [y - 7, y + 7], SOFT, 1, (3, 3))
            draw(kind, [x(v) for v in values], y)
            y += 23
            kinds.append(kind)
            told.append(f"{name}, {words[:1].lower()}{words[1:]}: {shown}")
            data.append({"Measure": name, "Which": words, "Ratio": shown, "How": _WORDS[kind]})
        y += 4
    y = sheet.scale(y - 12, [(x(t), f"{t:g}") for t in ticks], "ratio (log scale); dashed line: 1")
    entries: list[tuple[Callable[[float, float], None], str]] = []
    for kind in dict.fromkeys(kinds):
        places = [-6, -2, 1, 5] if kind == "cohorts" else [0, -11, 11]
        entries.append(
            (lambda a, b, k=kind, p=places: draw(k, [a + step for step in p], b), _WORDS[kind])
        )
    end = _legend(sheet, y + 14, entries)
    alt = f"{len(data)} ratios on a log scale. " + " ".join(f"{t}." for t in told)
    return Figure(sheet.svg(end, key, title, alt), alt, data, title)
