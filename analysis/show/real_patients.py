"""Real patients put through the usual analysis, and through what each shortcut of it leaves out.

The event by a horizon is known for some patients only; the shortcuts are to take the event as
yes or no whenever it fell, to leave out those lost before, to search a cut and to test it in the
same patients, to make halves of numbers, and to read an odds ratio as a ratio of risks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from analysis.estimate import (
    accuracy,
    calibration,
    cutoff,
    effect,
    logistic,
    maximally_selected,
    optimism,
    roc,
    survival,
)
from analysis.estimate.group_comparison import (
    Categorical,
    Continuous,
    format_p,
    half_up,
    table1,
)
from analysis.real import Column, Patients
from analysis.show.html import Html
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

Side = Literal["low", "high"]
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_RESAMPLES = 2000
_AREA_RESAMPLES = 500


@dataclass(frozen=True, slots=True)
class Reproduced:
    """Rates by the horizon, in percent, of patients with low and high values: as `printed`, as
    computed with the patient at the median on one `side`, and whether both print alike."""

    variable: str
    side: Side
    printed: tuple[str, str]
    computed: tuple[str, str]
    p: float

    @property
    def same(self) -> bool:
        """Whether both computed rates round to the printed ones."""
        return self.printed == self.computed


@dataclass(frozen=True)
class Models:
    """A logistic model of yes or no and a Cox model of the times, with the same predictors."""

    labels: list[str]
    logistic: logistic.Fit
    cox: survival.CoxFit
    checked: optimism.Optimism
    predictors: np.ndarray


class RealPatients:
    """What the chapter shows.  `marker`: the id of a number whose direction the description
    states; `horizon`: in the unit of the times; `part`: the id of a column that only a part of
    the patients has; `seed`: of the resamples."""

    def __init__(
        self, patients: Patients, marker: str, horizon: float, part: str, seed: int = 2014
    ):
        column = patients.description.column(marker)
        if column.kind != "number" or column.direction is None:
            raise ValueError(f"{marker}: a number whose direction is stated beforehand is needed")
        self.patients, self.column, self.horizon, self.seed = patients, column, horizon, seed
        self.direction: roc.Direction = column.direction
        self.marker = patients.values(marker)
        if np.isnan(self.marker).any():
            raise ValueError(f"{marker}: every patient needs a value")
        self.t, self.d = patients.time, patients.event
        self.in_part = ~np.isnan(patients.values(part))
        if self.in_part.all() or not self.in_part.any():
            raise ValueError(f"{part}: no column that a part of the patients has")
        self.part = patients.description.column(part)

    # --- pieces ------------------------------------------------------------------------------

    @property
    def mark(self) -> str:
        """What every sheet and plot says."""
        return self.patients.mark

    @property
    def _speaks(self) -> np.ndarray:
        """The marker turned so that high values speak for the event."""
        return roc.turn(self.marker, self.direction)

    @cached_property
    def doublings(self) -> np.ndarray:
        """The marker in doublings, turned; values must be above zero."""
        if self.marker.min() <= 0:
            raise ValueError(f"{self.column.id}: doublings need values above zero")
        return roc.turn(np.log2(self.marker), self.direction)

    def half(self, id: str, side: Side) -> np.ndarray:
        """Who has a high value: above the median, or (`side` high) at it as well."""
        values = self.patients.values(id)
        middle = np.median(values)
        return values >= middle if side == "high" else values > middle

    @cached_property
    def high(self) -> np.ndarray:
        """Who has a high value of the marker, the patient at the median placed as the article's
        rates need it, or among the low where nothing is printed or neither place gives them."""
        placed = [r.side for r in self.reproduced if r.variable == self.column.id and r.same]
        return self.half(self.column.id, placed[0] if placed else "low")

    @cached_property
    def speaking_half(self) -> np.ndarray:
        """The half that speaks for the event."""
        return self.high if self.direction == "higher" else ~self.high

    @cached_property
    def status(self) -> survival.HorizonStatus:
        """Event, event-free and unknown at the horizon."""
        return survival.status_at(self.t, self.d, self.horizon)

    @cached_property
    def lost(self) -> np.ndarray:
        """Who was last seen without the event before the horizon."""
        return (self.d == 0) & (self.t < self.horizon)

    def _sides(self, values: np.ndarray, who: np.ndarray | None = None):
        who = np.ones(len(self.d), dtype=bool) if who is None else who
        return values[who & (self.d == 1)], values[who & (self.d == 0)]

    def _rng(self, step: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, step])

    @property
    def years(self) -> str:
        """The horizon in words."""
        unit = self.patients.description.time.unit
        whole = self.horizon / {"months": 12, "years": 1}.get(unit, math.nan)
        if whole != whole or whole != int(whole):
            return f"{self.horizon:g} {unit}"
        years = _NUMBERS[int(whole)] if whole < len(_NUMBERS) else f"{whole:.0f}"
        return f"{years} year" + ("s" if whole != 1 else "")

    # --- who they are ------------------------------------------------------------------------

    def who(self) -> dict[str, str]:
        """For the prose: patients, events, what is missing, who was followed how long."""
        d = self.patients.description
        table, part = self.patients.table, self.in_part
        found = {
            "mark": self.mark,
            "patients": f"{len(self.t)}", "events": f"{int(self.d.sum())}",
            "marker": self.column.label, "part": self.part.label.lower(), "years": self.years,
            "direction": f"{self.direction} values",
            "measured": f"{int(part.sum())}", "unmeasured": f"{int((~part).sum())}",
            "complete": _count_word(sum(c.id not in self.patients.missing for c in d.columns)),
            "incomplete": _count_word(len(self.patients.missing)),
            "longest_part": f"{self.t[part].max():g}", "longest": f"{self.t.max():g}",
            "part_followed": _none(int(((self.d == 0) & (self.t >= self.horizon))[part].sum())),
            "classes": _count_word(sum(c.note is not None and c.kind == "codes" for c in d.columns)),
            "coded": _count_word(sum(c.kind == "codes" for c in d.columns)),
            "median_followed": f"{survival.kaplan_meier(self.t, 1 - self.d).quantile().time:g}",
        }  # fmt: skip
        if d.death is not None:
            died = table["death"].to_numpy() == 1
            together = died & (self.d == 1) & (table["death_time"].to_numpy() == self.t)
            found["died_free"] = _none(int((died & (self.d == 0)).sum()))
            found["same_month"] = f"{int(together.sum())}"
        return found

    def table_one(self) -> Html:
        """All described columns by event, with missing values counted."""
        d = self.patients.description
        words = np.where(self.d == 1, d.event.with_, d.event.without)
        rows: list[Continuous | Categorical] = []
        for c in d.columns:
            name = c.label + (f" ({c.unit})" if c.unit else "")
            if c.kind == "number":
                assert c.summary is not None
                test = "student" if c.summary == "mean_sd" else "mann-whitney"
                rows.append(Continuous(c.id, name, c.summary, test))
            else:
                rows.append(Categorical(c.id, name, tuple(float(k) for k in c.codes), "pearson"))
        frame = self.patients.table.assign(group=words)
        found = table1(frame, "group", (d.event.with_, d.event.without), rows)
        lines = found.printed.reset_index().to_dict("records")
        return paper_rows(self._folded(lines), label=f"Table 1 of the {self.mark}")

    def _folded(self, lines: Sequence[dict[str, str]]) -> list[dict[str, str]]:
        """Two classes in one row: the count of the second beside the tests of the variable."""
        shown, by_label = [], {c.label: c for c in self.patients.description.columns}
        i = 0
        while i < len(lines):
            line = dict(lines[i])
            column = by_label.get(line["Variable"].partition(", n (%)")[0])
            if column is not None and column.kind == "codes" and len(column.codes) == 2:
                second, word = lines[i + 2], list(column.codes.values())[1]
                counts = {k: v for k, v in second.items() if k != "Variable" and "(n = " in k}
                line |= counts | {"Variable": f"{column.label}: {word}"}
                i += 2
            line["SMD"] = line["SMD"].replace("-", "−")
            line["Variable"] = line["Variable"].removesuffix(", n (%)")
            order = [k for k in line if k not in ("Statistic", "Test", "Missing")]
            shown.append({k: line[k] for k in (*order, "Missing")})
            i += 1
        return shown

    # --- what the article prints ---------------------------------------------------------------

    @cached_property
    def reproduced(self) -> list[Reproduced]:
        """Each printed pair of rates, with the patient at the median on the side that gives it
        (on the low side where neither does)."""
        printed = self.patients.description.printed
        found = []
        for rates in printed.rates if printed else ():
            tried = [self._rates(rates.variable, side, (rates.low, rates.high), printed.horizon)
                     for side in ("low", "high")]  # fmt: skip
            found.append(next((r for r in tried if r.same), tried[0]))
        return found

    def _rates(self, id: str, side: Side, printed: tuple[str, str], horizon: float) -> Reproduced:
        high = self.half(id, side)
        at = survival.rule_at(self.t, self.d, high, horizon)
        decimals = len(printed[0].partition(".")[2])
        computed = [half_up(100 * r.risk, decimals) for r in (at.negative, at.positive)]
        p = survival.log_rank(self.t, self.d, high).p
        return Reproduced(id, side, printed, (computed[0], computed[1]), p)

    def reproduced_sheet(self) -> Html:
        """Printed rates beside those that the patients give."""
        rows = []
        for r in self.reproduced:
            label = self.patients.description.column(r.variable).label
            for i, words in enumerate(("low", "high")):
                rows.append(
                    {"Patients": f"{label}, {words} half", "Printed": f"{r.printed[i]}%",
                     "From the patients": f"{r.computed[i]}%",
                     "Patient at the median": f"in the {r.side} half"}
                )  # fmt: skip
        return paper_rows(rows, label=f"Printed and computed rates, {self.mark}")

    def told_again(self) -> dict[str, str]:
        """For the prose: how many printed rates come out."""
        pairs = [
            (a, b) for r in self.reproduced for a, b in zip(r.printed, r.computed, strict=True)
        ]
        same = sum(a == b for a, b in pairs)
        return {
            "rates": _count_word(len(pairs)),
            "rates_same": "all" if same == len(pairs) else _count_word(same),
            "log_rank_p": format_p(survival.log_rank(self.t, self.d, self.high).p),
        }

    def risk_figure(self, key: str) -> Figure:
        """The two halves of the marker over time, with the printed rates."""
        from analysis.show.real_plots import RiskCurve, risk_plot

        printed = {r.variable: r for r in self.reproduced}.get(self.column.id)
        where = self.patients.description.printed
        at = [self.horizon * i / 5 for i in range(6)]
        curves = []
        for i, (word, who) in enumerate((("low", ~self.high), ("high", self.high))):
            km = survival.kaplan_meier(self.t[who], self.d[who])
            low, high = km.limits()
            events = km.events > 0
            risk = km.risk(self.horizon)
            spot = None
            if printed is not None and where is not None:
                spot = (where.horizon, float(printed.printed[i]) / 100, f"{printed.printed[i]}%")
            risks = [(float(t), float(1 - s)) for t, s in zip(km.times[events], km.survival[events], strict=True)]  # fmt: skip
            band = [(float(t), float(1 - b), float(1 - a)) for t, a, b in
                    zip(km.times[events], low[events], high[events], strict=True) if a == a]  # fmt: skip
            told = (
                f"{self.column.label}, {word} half, {int(who.sum())} patients: risk by "
                f"{self.horizon:g} {self.patients.description.time.unit} {_percent(risk.risk)}"
                + (f", printed {spot[2]}" if spot else "")
            )
            curves.append(
                RiskCurve(f"{word} half of the marker", risks, band,
                          [(t, int((self.t[who] >= t).sum())) for t in at], spot, told)
            )  # fmt: skip
        unit = self.patients.description.time.unit
        return risk_plot(
            curves, key=key, end=self.horizon, up=f"risk of {self.patients.description.event.label}",
            unit=unit, title="Risk over time", note=self.mark,
        )  # fmt: skip

    # --- the shortcuts -----------------------------------------------------------------------

    @cached_property
    def area(self) -> roc.Area:
        """The area for yes or no, whenever it was seen."""
        return roc.area(*self._sides(self._speaks))

    @cached_property
    def area_at(self) -> effect.Estimate:
        """The area at the horizon, weighted for censoring, with limits from resamples."""
        return survival.bootstrap_auc_at(
            self.t, self.d, self._speaks, self.horizon, self._rng(3), _AREA_RESAMPLES
        )

    def time_ignored(self) -> dict[str, str]:
        """For the prose: yes or no in place of times."""
        s, km, at = self.status, self.status.kaplan_meier, self.area_at
        low, high = self.area.interval()
        per, per_part = self._per_doubling(), self._per_doubling(with_part=True)
        return {
            "lost": f"{s.unknown}", "free": f"{s.event_free}", "with_event": f"{s.event}",
            "not_with": f"{s.unknown + s.event_free}",
            "share_all": _percent(s.share_of_all), "most": _percent(s.share_if_all_lost_had_it),
            "risk": _percent(km.risk), "risk_ci": f"{_percent(km.low)} to {_percent(km.high)}",
            "share_hand": f"{s.event} / {s.patients} = {_percent(s.share_of_all)}",
            "area": _two(self.area.auc), "area_ci": f"{_two(low)} to {_two(high)}",
            "area_at": f"{_two(at.value)} ({_two(at.low)} to {_two(at.high)})",
            "area_part": _two(self._area_in(self.in_part)),
            "area_rest": _two(self._area_in(~self.in_part)),
            "per_doubling": _ratio(*per), "per_doubling_part": _ratio(*per_part),
            "lost_in_part": f"{int((self.lost & self.in_part).sum())}",
        }  # fmt: skip

    def _area_in(self, who: np.ndarray) -> float:
        return roc.area(*self._sides(self._speaks, who)).auc

    def _per_doubling(self, with_part: bool = False) -> tuple[float, float, float]:
        """Hazard ratio per doubling and its limits, the part perhaps taken into account."""
        x = np.column_stack([self.doublings, self.in_part]) if with_part else self.doublings
        found = survival.cox(self.t, self.d, x)
        return float(found.ratios[0]), float(found.low[0]), float(found.high[0])

    def parts_sheet(self, early: float) -> Html:
        """The part of the patients with the extra measurement, the rest, and all."""
        unit, n = self.patients.description.time.unit, len(self.t)
        parts = {
            "Measured": self.in_part, "Not measured": ~self.in_part,
            "All": np.ones(n, dtype=bool),
        }  # fmt: skip
        lines = {
            "Patients": lambda who: f"{int(who.sum())}",
            "Marker, median": lambda who: f"{np.median(self.marker[who]):.0f}",
            f"Longest time seen, {unit}": lambda who: f"{self.t[who].max():g}",
            f"Lost before {self.years}": lambda who: f"{int(self.lost[who].sum())}",
            f"Risk by {early:g} {unit}": lambda who: _percent(
                survival.kaplan_meier(self.t[who], self.d[who]).risk(early).risk
            ),
            "Area, yes or no": lambda who: _two(self._area_in(who)),
            f"Area at {early:g} {unit}": lambda who: self._area_at(who, early),
            f"Area at {self.horizon:g} {unit}": lambda who: self._area_at(who, self.horizon),
        }
        rows = [
            {"Quantity": name} | {label: line(who) for label, who in parts.items()}
            for name, line in lines.items()
        ]
        return paper_rows(
            rows, label=f"Parts of the cohort, {self.mark}", missing="nobody followed",
            columns=["Quantity", *parts],
        )  # fmt: skip

    def _area_at(self, who: np.ndarray, when: float) -> str | None:
        try:
            return _two(survival.auc_at(self.t[who], self.d[who], self._speaks[who], when))
        except roc.EstimateError:  # nobody is known to be without the event
            return None

    def lost_left_out(self) -> dict[str, str]:
        """For the prose: only patients whose status at the horizon is known."""
        s = self.status
        known = s.event + s.event_free
        rule = survival.rule_at(self.t, self.d, self.speaking_half, self.horizon)
        kept = ~self.lost
        low = self.d[kept & ~self.speaking_half]
        return {
            "known": f"{known}", "share_known": _percent(s.share_of_known),
            "known_hand": f"{s.event} / ({s.event} + {s.event_free}) = {_percent(s.share_of_known)}",
            "known_excess": f"{100 * (s.share_of_known - s.kaplan_meier.risk):.0f}",
            "low_known": _percent(float(low.mean())), "low_risk": _percent(rule.negative.risk),
            "high_risk": _percent(rule.positive.risk),
        }  # fmt: skip

    @cached_property
    def searches(self) -> cutoff.Searches:
        """The search of the best cut, repeated in resamples."""
        rule = cutoff.Rule(direction=self.direction)
        return cutoff.bootstrap(*self._sides(self.marker), rule, self._rng(1), _RESAMPLES)

    @cached_property
    def above(self) -> np.ndarray:
        """Who is called positive at the best cut."""
        cut = self.searches.found.cuts[0]
        return self.marker >= cut if self.direction == "higher" else self.marker <= cut

    def cut(self) -> dict[str, str]:
        """For the prose: where the best cut lies, how it wanders, and its P value."""
        low, high = self.searches.cut_interval()
        best = maximally_selected.maximum(*self._sides(self._speaks))
        fair = maximally_selected.exact(best)
        return {
            "cut": f"{self.searches.found.cuts[0]:.0f}",
            "cut_low": f"{low:.0f}", "cut_high": f"{high:.0f}",
            "cuts_tried": f"{len(best.below)}", "resamples": f"{_RESAMPLES}",
            "p_naive": _small(best.p_min), "p_fair": _small(fair),
            "p_times": f"{fair / best.p_min:.0f}",
            "p_verdict": "stays far below" if fair < 0.01 else "stays below" if fair < 0.05 else "is not below",
        }  # fmt: skip

    def same_patients(self) -> dict[str, str]:
        """For the prose: the cut tested where it was found, and outside."""
        a, o = self.searches.apparent, self.searches.outside
        return {
            "sensitivity": _percent(a.sensitivity), "specificity": _percent(a.specificity),
            "youden": _two(a.youden), "youden_outside": _two(o.youden),
            "sensitivity_outside": _percent(o.sensitivity),
            "specificity_outside": _percent(o.specificity),
            "youden_hand": f"{_three(a.sensitivity)} + {_three(a.specificity)} − 1 = {_three(a.youden)}",
            "youden_lost": f"{100 * (1 - o.youden / a.youden):.0f}",
        }  # fmt: skip

    def roc_figure(self, key: str) -> Figure:
        """The curve for yes or no, the best cut where it was found and outside."""
        from analysis.show.real_plots import Spot, square_plot

        curve = roc.curve(*self._sides(self.marker), direction=self.direction)
        points = sorted(zip(1 - curve.specificity, curve.sensitivity, strict=True))
        a, o = self.searches.apparent, self.searches.outside
        spots = [
            Spot(1 - a.specificity, a.sensitivity, "D", "the best cut, tested where it was found"),
            Spot(1 - o.specificity, o.sensitivity, "o", "such cuts, tested in patients left out"),
        ]
        words = [
            f"Area {_two(curve.auc)} for yes or no",
            f"best cut {self.searches.found.cuts[0]:.0f}: sensitivity {_percent(a.sensitivity)}, "
            f"specificity {_percent(a.specificity)}",
            f"in patients left out of the search: {_percent(o.sensitivity)} and "
            f"{_percent(o.specificity)}",
        ]
        return square_plot(
            [(f"{self.column.label}, yes or no", [(float(x), float(y)) for x, y in points])], spots,
            key=key, across="one minus specificity", up="sensitivity", title="ROC curve",
            note=self.mark, diagonal="a coin", words=words,
        )  # fmt: skip

    @property
    def _area_of_halves(self) -> float:
        """The mean of sensitivity and specificity of the half that speaks for the event."""
        at = accuracy.table(*self._sides(self.speaking_half.astype(float)), 0.5, direction="higher")
        return (at.sensitivity().value + at.specificity().value) / 2

    def halved(self) -> dict[str, str]:
        """For the prose: halves in place of numbers."""
        order = np.sort(self.marker)
        below, above = self.marker[~self.high].max(), self.marker[self.high].min()
        numbers, halves = list(self._versions.values())[3:]
        chi2 = [found.likelihood_ratio[0] for found in self._version_fits]
        return {
            "under_median": f"{below:.1f}", "over_median": f"{above:.1f}",
            "least": f"{order[0]:.1f}", "largest": f"{order[-1]:.0f}",
            "area_halves": _two(self._area_of_halves), "normal_loss": f"{100 * (1 - 2 / math.pi):.0f}",
            "fits_no_worse": "no worse than" if chi2[1] >= chi2[0] else "worse than",
            "fits_all_no_worse": "no worse than" if chi2[4] >= chi2[3] else "worse than",
            "all_numbers": _count_word(numbers.shape[1]),
            "risks_numbers": f"{len(np.unique(numbers, axis=0))}",
            "risks_halves": f"{len(np.unique(halves, axis=0))}",
        }  # fmt: skip

    @cached_property
    def _versions(self) -> dict[str, np.ndarray]:
        """The marker as a number, in halves and at the best cut; then every number that all
        patients have, as numbers (densities in doublings of one plus the value) and in halves."""
        columns = [
            c for c in self.patients.description.columns
            if c.kind == "number" and c.id not in self.patients.missing
        ]  # fmt: skip
        placed = {r.variable: r.side for r in self.reproduced if r.same}
        numbers, halves = [], []
        for c in columns:
            values = self.patients.values(c.id)
            numbers.append(np.log2(1 + values) if c.summary == "median_iqr" else values)
            halves.append(self.half(c.id, placed.get(c.id, "low")))
        many = _count_word(len(columns))
        return {
            "as a number (per doubling)": self.doublings,
            "in halves": self.speaking_half.astype(float),
            "at the best cut (searched)": self.above.astype(float),
            f"with age and other markers: {many} numbers": np.column_stack(numbers),
            f"the same {many} in halves": np.column_stack(halves).astype(float),
        }

    @cached_property
    def _version_fits(self) -> list[survival.CoxFit]:
        return [survival.cox(self.t, self.d, x) for x in self._versions.values()]

    def versions_sheet(self) -> Html:
        """The marker, alone and beside other numbers, as a number and in halves."""
        rows = []
        for (label, x), found in zip(self._versions.items(), self._version_fits, strict=True):
            chi2, df, _ = found.likelihood_ratio
            score = x @ found.coefficients if x.ndim == 2 else x
            ratio = _short(found.ratios[0], found.low[0], found.high[0]) if df == 1 else None
            rows.append(
                {"The marker": label, "Hazard ratio": ratio, "Chi-square (df)": f"{chi2:.1f} ({df})",
                 "Area, yes or no": _two(roc.area(*self._sides(score)).auc)}
            )  # fmt: skip
        return paper_rows(rows, label=f"Numbers and halves, {self.mark}")

    @cached_property
    def counts(self) -> tuple[int, int, int, int]:
        """Events and patients in the half that speaks for the event, and in the other."""
        one, nil = self.d[self.speaking_half], self.d[~self.speaking_half]
        return int(one.sum()), len(one), int(nil.sum()), len(nil)

    def ratio(self) -> dict[str, str]:
        """For the prose: odds ratio, risk ratio, hazard ratio of the halves."""
        a, n1, b, n0 = self.counts
        odds, risk = effect.odds_ratio(*self.counts), effect.risk_ratio(*self.counts)
        hazard = survival.cox(self.t, self.d, self.speaking_half.astype(float))
        at = survival.rule_at(self.t, self.d, self.speaking_half, self.horizon)
        told = odds.value * b / n0
        return {
            "odds_ratio": _ratio(odds.value, odds.low, odds.high),
            "odds": _two(odds.value), "risk_ratio": _two(risk.value),
            "risk_ratio_ci": _ratio(risk.value, risk.low, risk.high),
            "hazard_ratio": _ratio(hazard.ratios[0], hazard.low[0], hazard.high[0]),
            "km_ratio": _two(at.positive.risk / at.negative.risk),
            "odds_hand": f"({a} × {n0 - b}) / ({n1 - a} × {b}) = {_two(odds.value)}",
            "risk_hand": f"({a} / {n1}) / ({b} / {n0}) = {_two(risk.value)}",
            "told_risk": _percent(told), "told_base": _percent(b / n0),
            "told_verdict": "more than everybody" if told > 1 else "fewer than everybody",
        }  # fmt: skip

    # --- the whole model ---------------------------------------------------------------------

    def models(self, *features: str, resamples: int = 500) -> Models:
        """The marker in doublings beside other columns (codes as they stand): logistic with its
        optimism, and Cox.  Patients without a value are refused, not dropped."""
        columns: list[Column] = [self.patients.description.column(f) for f in features]
        x = np.column_stack([self.doublings, *(self.patients.values(c.id) for c in columns)])
        places = optimism.draw(len(self.d), resamples, self._rng(2))
        labels = [f"{self.column.label}, per doubling"]
        for c in columns:
            words = list(c.codes.values())
            labels.append(f"{c.label}, {words[1]}" if len(words) == 2 else c.label)
        return Models(
            labels, logistic.fit(self.d, x), survival.cox(self.t, self.d, x),
            optimism.optimism(self.d, x, places, "refuse"), x,
        )  # fmt: skip

    def models_sheet(self, models: Models) -> Html:
        """Odds ratios of yes or no beside hazard ratios of the times."""
        ends = np.exp(models.logistic.interval()[1:])
        rows = [
            {"Predictor": label, "Odds ratio (yes or no)": _short(o, *e),
             "Hazard ratio (times)": _short(h, a, b)}
            for label, o, e, h, a, b in zip(
                models.labels, models.logistic.ratios, ends,
                models.cox.ratios, models.cox.low, models.cox.high, strict=True)
        ]  # fmt: skip
        return paper_rows(rows, label=f"Two models of the same predictors, {self.mark}")

    def model(self, models: Models, early: float) -> dict[str, str]:
        """For the prose: how the models fare, and the hazard ratio per doubling until and after
        an `early` time."""
        auc, slope = models.checked.auc, models.checked.slope
        ph = survival.proportional_hazards(self.t, self.d, models.predictors)
        tenths = calibration.tenths(self.d, models.logistic.fitted)
        further = sum(
            abs(math.log(o)) > abs(math.log(h))
            for o, h in zip(models.logistic.ratios, models.cox.ratios, strict=True)
        )
        later = self.t > early
        first = survival.cox(np.minimum(self.t, early), self.d * ~later, self.doublings)
        after = survival.cox(self.t[later], self.d[later], self.doublings[later])
        return {
            "early_ratio": _ratio(first.ratios[0], first.low[0], first.high[0]),
            "late_ratio": _ratio(after.ratios[0], after.low[0], after.high[0]),
            "predictors": _count_word(len(models.labels)),
            "others": _count_word(len(models.labels) - 1),
            "model_area": _two(auc.apparent), "model_area_fair": _two(auc.corrected),
            "slope": _two(slope.corrected), "gap": half_up(100 * tenths.largest_gap, 0),
            "model_odds": _two(models.logistic.ratios[0]),
            "model_hazard": _ratio(models.cox.ratios[0], models.cox.low[0], models.cox.high[0]),
            "further": "every" if further == len(models.labels) else f"{_count_word(further)} of {_count_word(len(models.labels))}",
            "ph_p": format_p(ph.global_p), "marker_ph_p": format_p(float(ph.p[0])),
            "ph_verdict": "changes with time" if ph.p[0] < 0.05 else "is not seen to change with time",
            "model_resamples": f"{models.checked.resamples}",
        }  # fmt: skip

    def calibration_figure(self, models: Models, key: str) -> Figure:
        """Predicted against observed risks of yes or no, in tenths and as a smooth line."""
        from analysis.show.real_plots import Spot, ends_of, square_plot

        risk = models.logistic.fitted
        tenths, smooth = calibration.tenths(self.d, risk), calibration.curve(self.d, risk)
        line = [(float(x), float(y)) for x, y in zip(smooth.risk, smooth.observed, strict=True)]
        spots = [
            Spot(float(e), float(o), "o", "a tenth of the patients")
            for e, o in zip(tenths.expected, tenths.observed, strict=True)
        ]
        ends = ends_of([v for p in line for v in p] + [v for s in spots for v in (s.x, s.y)])
        words = [
            f"Largest gap in a tenth {_percent(tenths.largest_gap)}",
            f"mean distance of the smooth line from the diagonal {_percent(smooth.ici)}",
        ]
        return square_plot(
            [("smooth line", line)], spots, key=key, across="predicted risk of yes",
            up="observed share of yes", title="Calibration", note=self.mark,
            diagonal="prediction and observation agree", words=words, ends=ends,
        )  # fmt: skip

    # --- all of them together ------------------------------------------------------------------

    def summary(self) -> Html:
        """What each shortcut answers and what stands beside it."""
        time, out, cut = self.time_ignored(), self.lost_left_out(), self.cut()
        same, halved, ratio = self.same_patients(), self.halved(), self.ratio()
        s, youden = self.status, (self.searches.apparent.youden, self.searches.outside.youden)
        risk, by = s.kaplan_meier.risk, f"risk {time['risk']} by {self.years}"
        odds, risks = effect.odds_ratio(*self.counts).value, effect.risk_ratio(*self.counts).value
        rows = [
            ("Time ignored", f"risk {time['share_all']}", by, _moved(s.share_of_all, risk)),
            ("Those lost left out", f"risk {out['share_known']}", by,
             _moved(s.share_of_known, risk)),
            ("The best cut taken for given", f"P = {cut['p_naive']}", f"P = {cut['p_fair']}",
             f"{cut['p_times']} times too small"),
            ("Tested where it was found", f"Youden index {same['youden']}",
             f"Youden index {same['youden_outside']}", _moved(*youden)),
            ("Halves for numbers", f"area {halved['area_halves']}", f"area {time['area']}",
             _moved(self._area_of_halves, self.area.auc)),
            ("Odds ratio read as risk ratio", f"ratio {ratio['odds']}",
             f"ratio {ratio['risk_ratio']}", _moved(odds, risks)),
        ]  # fmt: skip
        return paper_rows(
            [{"Shortcut": a, "Its answer": b, "Beside it": c, "The shortcut is": d}
             for a, b, c, d in rows],
            label=f"Six shortcuts, {self.mark}",
        )  # fmt: skip


def _moved(shortcut: float, beside: float) -> str:
    return "higher" if shortcut > beside else "lower" if shortcut < beside else "the same"


def _percent(share: float) -> str:
    return f"{half_up(100 * share, 1)}%"


def _two(value: float) -> str:
    return half_up(value, 2)


def _three(value: float) -> str:
    return half_up(value, 3)


def _ratio(value: float, low: float, high: float) -> str:
    return f"{_two(value)} ({_two(low)} to {_two(high)})"


def _short(value: float, low: float, high: float) -> str:
    """The same for a narrow cell."""
    return f"{_two(value)} ({_two(low)}–{_two(high)})"


def _small(p: float) -> str:
    """A P value with two digits that count."""
    if p >= 0.001:
        return half_up(p, 3)
    return f"{p:.{1 - math.floor(math.log10(p))}f}" if p > 1e-9 else "under 0.000000001"


def _count_word(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else f"{n}"


def _none(n: int) -> str:
    return "nobody" if n == 0 else f"{n} patients"
