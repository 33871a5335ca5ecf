"""Does a marker made of others beat them, and does it add to what is known anyway: what printed
areas decide whatever the patients were, and what simulated cohorts show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from analysis.checks.common import z_for_level
from analysis.cohort import MARK
from analysis.compatible import bounds
from analysis.estimate import logistic, roc
from analysis.paper import CountRow, LevelsRow, Paper, RocRow
from analysis.printed import Interval, Printed, format_fixed
from analysis.show.html import Html
from analysis.show.tables import paper_rows
from analysis.show.unreported import Quantity, Unreported

if TYPE_CHECKING:
    from analysis.show.figures import Figure

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rival:
    """A part of the index beside it: its printed `area`, turned so that it speaks for the event,
    the printed standard `errors` of the index and of the part, the `difference` of the printed
    areas as a rounding interval, and the normal quantile `z` of the paper's level."""

    id: str
    label: str
    area: Printed
    shown: str
    index_area: Printed
    index_shown: str
    errors: tuple[Printed, Printed]
    difference: Interval
    z: Fraction

    @property
    def value(self) -> Fraction:
        """The difference of the areas as printed."""
        return (Fraction(self.difference.low) + Fraction(self.difference.high)) / 2

    def error(self, correlation: float) -> float:
        """The standard error of the difference at a correlation of the two areas."""
        a, b = (float(e.value) for e in self.errors)
        return math.sqrt(max(a * a + b * b - 2 * correlation * a * b, 0.0))

    def lower(self, correlation: float) -> float:
        """The lower confidence limit of the difference, by the printed numbers."""
        return float(self.value) - float(self.z) * self.error(correlation)

    @property
    def needed(self) -> Fraction:
        """The correlation from which on the difference is significant, by the printed numbers."""
        point = Interval.point(self.value)
        return bounds.needed_correlation(
            point, *(Interval.point(e.value) for e in self.errors), self.z
        )

    @property
    def needed_at_most(self) -> Fraction:
        """The same for every rounding."""
        return bounds.needed_correlation(
            self.difference, *(e.interval for e in self.errors), self.z
        )

    @property
    def verdict(self) -> str:
        """What every correlation that two estimates can have says, whatever the roundings."""
        if self.needed_at_most <= -1:
            return "always"
        if self.needed > 1:
            return "never"
        return f"from {format_fixed(_up(self.needed_at_most, 2), 2)} on"


class AddedValue:
    """What a chapter shows of the index against its parts, and of the index beside features that
    are `known` anyway (variables of the tables)."""

    def __init__(self, paper: Paper, known: Sequence[str], patients: pd.DataFrame | None = None):
        made = [v for v in paper.variables if v.formula]
        printed = {r.variable: (t, r) for t in paper.tables_of("roc") for r in t.rows}
        index = next((v for v in made if v.id in printed), None)
        if index is None:
            raise ValueError("no derived variable has a row in a ROC table")
        self._hidden = _unreported(paper, index.formula or "", patients)
        self.paper, self.known, self._roc = paper, tuple(known), printed
        if missing := [n for n in known if n not in self._hidden.cohorts[0].columns]:
            raise ValueError(f"the cohorts hold no {missing[0]}")
        if own := [n for n in known if n in (self.index, *self.parts)]:
            raise ValueError(f"{own[0]} is the index or a part of it")

    @property
    def index(self) -> str:
        """The derived variable."""
        return self._hidden.index.id

    @property
    def parts(self) -> list[str]:
        """The variables of its formula."""
        return self._hidden.parts

    # --- printed areas -------------------------------------------------------------------

    @cached_property
    def rivals(self) -> list[Rival]:
        """The parts that have an area and a standard error in print, the best one first."""
        found = []
        for name in self.parts:
            if name not in self._roc or self._roc[name][1].se is None:
                continue
            (_, own), (_, row) = self._roc[self.index], self._roc[name]
            if own.se is None:
                raise ValueError(f"{self.index} has no standard error in print")
            high = name in self._hidden.up
            found.append(
                Rival(
                    name, self.paper.variable(name).label, row.auc, self._shown(name, high),
                    own.auc, self._shown(self.index, True), (own.se, row.se),
                    self._hidden.area(self.index) - self._hidden.area(name, high), self._z,
                )
            )  # fmt: skip
        return sorted(found, key=lambda r: r.value)

    @property
    def _z(self) -> Fraction:
        """The normal quantile of the paper's level, rounded up."""
        return Fraction(z_for_level(1 - self.paper.alpha).high)

    def _shown(self, name: str, high: bool) -> str:
        row: RocRow = self._roc[name][1]
        if self._hidden.area(name, high) == row.auc.interval:
            return row.auc.text
        return format_fixed(1 - row.auc.value, row.auc.decimals)

    def rival(self, name: str) -> Rival:
        """One part; KeyError if its area or its error is not printed."""
        return {r.id: r for r in self.rivals}[name]

    @property
    def first(self) -> bool:
        """Whether the index has the largest area however the printed ones were rounded."""
        return all(r.difference.low > 0 for r in self.rivals)

    def by_hand(self, name: str) -> str:
        """z of the difference if the two areas were independent."""
        r = self.rival(name)
        a, b = (e.text for e in r.errors)
        value = float(r.value) / r.error(0.0)
        return (
            f"({r.index_shown} − {r.shown}) / √({a}² + {b}²) = {format_fixed(value, 2)}"
            f", to be held against {format_fixed(self._z, 2)}"
        )

    def worst_by_hand(self, name: str) -> str:
        """z of the difference at the worst correlation, minus one."""
        r = self.rival(name)
        a, b = (e.text for e in r.errors)
        value = float(r.value) / r.error(-1.0)
        return f"({r.index_shown} − {r.shown}) / ({a} + {b}) = {format_fixed(value, 2)}"

    def needed_by_hand(self, name: str) -> str:
        """The correlation that is needed as a line."""
        r = self.rival(name)
        a, b = (e.text for e in r.errors)
        top = f"{a}² + {b}² − ({format_fixed(r.value, r.area.decimals)} / {format_fixed(self._z, 2)})²"
        return (
            f"({top}) / (2 × {a} × {b}) = {format_fixed(r.needed, 2)}; "
            f"at most {format_fixed(_up(r.needed_at_most, 2), 2)} with the roundings"
        )

    # --- simulated cohorts ---------------------------------------------------------------

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """One row a cohort, one column a quantity."""
        return pd.DataFrame([self._estimate(own) for own in self._hidden.cohorts])

    def _estimate(self, own: pd.DataFrame) -> dict[str, float]:
        state = (own["group"] == self.paper.event_group.id).to_numpy()
        markers = [
            own[self.index].to_numpy(float),
            *(self._turned(own, name) for name in self.parts),
            *(self._without(own, name) for name in self.parts),
        ]
        stacked = np.vstack(markers)
        areas = roc.areas(stacked[:, state], stacked[:, ~state])
        found: dict[str, float] = {}
        names = [*self.parts, *(f"without.{name}" for name in self.parts)]
        for place, name in enumerate(names, 1):
            test = roc.difference(areas, 0, place)
            errors = areas.se[0] * areas.se[place]
            found |= {
                f"{name}.area": float(areas.auc[place]), f"{name}.difference": test.value,
                f"{name}.p": test.p, f"{name}.low": test.value - float(self._z) * test.se,
                f"{name}.r": float(areas.covariance[0, place] / errors),
            }  # fmt: skip
        return found | self._beside_known(own, state.astype(float))

    def _turned(self, own: pd.DataFrame, name: str) -> Floats:
        values = own[name].to_numpy(float)
        return values if name in self._hidden.up else -values

    def _without(self, own: pd.DataFrame, name: str) -> Floats:
        """The index as its formula gives it with one part left out."""
        found = np.ones(len(own))
        for other in self.parts:
            if other != name:
                values = own[other].to_numpy(float)
                found = found * values if other in self._hidden.up else found / values
        return found

    def _beside_known(self, own: pd.DataFrame, state: Floats) -> dict[str, float]:
        known = np.column_stack([self._values(own, name) for name in self.known])
        index, parts = own[self.index].to_numpy(float), own[self.parts].to_numpy(float)
        base = logistic.fit(state, known)
        with_index = logistic.fit(state, np.column_stack([known, index]))
        with_parts = logistic.fit(state, np.column_stack([known, parts]))
        with_all = logistic.fit(state, np.column_stack([known, parts, index]))
        fitted = np.vstack([f.fitted for f in (base, with_index, with_parts)])
        areas = roc.areas(fitted[:, state == 1], fitted[:, state == 0]).auc
        return {
            "known.area": float(areas[0]), "both.area": float(areas[1]),
            "known_and_parts.area": float(areas[2]), "gain": float(areas[1] - areas[0]),
            "gain_of_parts": float(areas[2] - areas[0]),
            "both.p": _ratio_test(base, with_index, 1), "over_parts.p": _ratio_test(with_parts, with_all, 1),
        }  # fmt: skip

    def _values(self, own: pd.DataFrame, name: str) -> Floats:
        values = own[name]
        if pd.api.types.is_numeric_dtype(values):
            return values.to_numpy(float)
        levels = sorted(values.astype(str).unique())
        if len(levels) != 2:
            raise ValueError(f"{name} has {len(levels)} levels in the cohorts, two are needed")
        return (values.astype(str) == levels[1]).to_numpy(float)

    def _column(self, key: str) -> tuple[float, ...]:
        return tuple(float(v) for v in self.estimates[key])

    def _quantity(self, key: str, label: str = "", decimals: int = 3, **more: Any) -> Quantity:
        return Quantity(key, label, self._column(key), decimals, "", **more)

    def significant(self, key: str, tests: int = 1) -> int:
        """In how many cohorts the P of a comparison, times the number of tests, is under the
        level of the paper."""
        return sum(p * tests < float(self.paper.alpha) for p in self._column(f"{key}.p"))

    def _proved(self, left_out: str) -> Interval:
        """What the printed areas prove of the area of the index without one part."""
        rest = [n for n in self.parts if n != left_out]
        hidden = self._hidden
        own = bounds.combined_area([hidden.area(n, n in hidden.up) for n in rest])
        high = left_out in hidden.up
        also = bounds.remaining_area(hidden.area(self.index), [hidden.area(left_out, high)])
        return own.intersection(also) or own

    # --- what is shown -------------------------------------------------------------------

    def printed_sheet(self) -> Html:
        """The printed areas, their differences, and the correlation that each needs."""
        rows = [
            {
                "The index against": r.label,
                "Lead": format_fixed(r.value, r.area.decimals),
                "Significant at r": r.verdict,
                "z at r = 0": format_fixed(float(r.value) / r.error(0.0), 2),
                "z at r = −1": format_fixed(float(r.value) / r.error(-1.0), 2),
            }
            for r in self.rivals
        ]
        return paper_rows(rows, label="The index against its parts, as printed")

    def sampled_sheet(self) -> Html:
        """The paired tests in the cohorts."""
        n = len(self._hidden.cohorts)
        rows = [
            {
                "The index against": r.label,
                "Correlation of the areas": self._quantity(f"{r.id}.r", decimals=2).sampled,
                "Lower limit of the difference": self._quantity(f"{r.id}.low").sampled,
                "Largest P": _p_text(max(self._column(f"{r.id}.p"))),
                "Significant": f"{self.significant(r.id)} of {n}",
            }
            for r in self.rivals
        ]
        return paper_rows(rows, label=f"Paired tests in the cohorts, {MARK}")

    def without_sheet(self) -> Html:
        """The index with one part left out."""
        n = len(self._hidden.cohorts)
        rows = []
        for name in self.parts:
            key = f"without.{name}"
            area = self._quantity(
                f"{key}.area", proved=self._proved(name),
                possible=Interval(Fraction(0), Fraction(1)),
            )  # fmt: skip
            rows.append(
                {
                    "Left out": self.paper.variable(name).label,
                    "What remains": self._formula(name),
                    "Its area": area.sampled,
                    "Proved": area.proof,
                    "Index minus it": self._quantity(f"{key}.difference").sampled,
                    "Index better": f"{self._better(key)} of {n}",
                    "Significantly": f"{self._better(key, True)} of {n}",
                }
            )
        return paper_rows(rows, label=f"The index without one part, {MARK}")

    def _better(self, key: str, surely: bool = False) -> int:
        alpha = float(self.paper.alpha)
        pairs = zip(self._column(f"{key}.difference"), self._column(f"{key}.p"), strict=True)
        return sum(d > 0 and (p < alpha or not surely) for d, p in pairs)

    def _name(self, variable: str) -> str:
        label = self.paper.variable(variable).label
        return label[:1].lower() + label[1:]

    def _formula(self, left_out: str) -> str:
        sides = (self._hidden.up, self._hidden.down)
        up, down = ([self._name(v) for v in side if v != left_out] for side in sides)
        told = " × ".join(up) or "1"
        return " / ".join([told, *down])

    def known_sheet(self) -> Html:
        """Models of the known features, alone and with the index or its parts."""
        rows = [
            ("Known features alone", "known.area", None),
            ("with the index", "both.area", "gain"),
            ("with the parts instead", "known_and_parts.area", "gain_of_parts"),
        ]
        return paper_rows(
            [
                {
                    "Logistic model": label,
                    "Printed": "nothing",
                    "Area in the cohorts": self._quantity(area).sampled,
                    "Gain in area": self._quantity(gain).sampled if gain else None,
                }
                for label, area, gain in rows
            ],
            label=f"Beside what is known, {MARK}",
        )

    def limits_plot(self, key: str) -> Figure:
        """How much of each difference is sure, over the correlation of the areas."""
        from analysis.show import figures

        level = f"{format_fixed((1 - self.paper.alpha) * 100, 0)}%"
        grid = [i / 50 - 1 for i in range(101)]
        rows = [
            {"label": f"against {self._name(r.id)}", "points": [(x, r.lower(x)) for x in grid],
             "crossing": float(r.needed) if -1 < r.needed < 1 else None,
             "strokes": self._column(f"{r.id}.r"),
             "shown": self._quantity(f"{r.id}.r", decimals=2).sampled}
            for r in self.rivals
        ]  # fmt: skip
        return figures.crossing_plot(
            rows, key=key, ticks=[-1.0, -0.5, 0.0, 0.5, 1.0], across="correlation of the two areas",
            up=f"lower {level} limit of the difference in area", crossed="significant from here on",
            title="How much of the difference is sure", note=MARK,
        )  # fmt: skip

    def told(self) -> dict[str, str]:
        """For the prose."""
        n = len(self._hidden.cohorts)
        found = {
            "cohorts": f"{n}",
            "first": "the largest" if self.first else "not surely the largest",
        }
        for r in self.rivals:
            found |= {
                f"{r.id}_needed": format_fixed(_up(r.needed_at_most, 2), 2),
                f"{r.id}_verdict": r.verdict,
                f"{r.id}_shown": r.shown,
                f"{r.id}_r": self._quantity(f"{r.id}.r", decimals=2).sampled,
                f"{r.id}_low": self._quantity(f"{r.id}.low").sampled,
                f"{r.id}_significant": f"{self.significant(r.id)}",
                f"{r.id}_holds": f"{self.significant(r.id, len(self.rivals))}",
                f"{r.id}_difference": format_fixed(r.value, r.area.decimals),
            }
        for name in self.parts:
            key = f"without.{name}"
            found |= {
                f"without_{name}_area": self._quantity(f"{key}.area").sampled,
                f"without_{name}_better": f"{self._better(key)}",
                f"without_{name}_surely": f"{self._better(key, True)}",
            }
        return found | {
            "known_area": self._quantity("known.area").sampled,
            "both_area": self._quantity("both.area").sampled,
            "gain": self._quantity("gain").sampled,
            "gain_of_parts": self._quantity("gain_of_parts").sampled,
            "both_significant": f"{self.significant('both')}",
            "over_parts_significant": f"{self.significant('over_parts')}",
        }

    def none_of(self, *margins: str) -> str:
        """How many patients with the event have none of several features at least, as a line."""
        count, size = [], self.paper.event_group.size
        for margin in margins:
            table, row, *level = margin.split(".")
            line = next(r for r in self.paper.table(table).rows if r.id == row)
            if isinstance(line, LevelsRow) and level:
                cells = next(lv for lv in line.levels if lv.id == level[0]).values
            elif isinstance(line, CountRow):
                cells = line.values
            else:
                raise ValueError(f"{margin} is no count")
            count.append(int(cells[self.paper.event_group.id].count.value))
        rest = size - sum(count)
        if rest <= 0:
            raise ValueError("the features may cover every patient with the event")
        return f"{size} − ({' + '.join(str(c) for c in count)}) = {rest}"


def _unreported(paper: Paper, formula: str, patients: pd.DataFrame | None) -> Unreported:
    from analysis.show.unreported import factors

    up, down = factors(formula)
    if not up or not down:
        raise ValueError(f"{formula} is no quotient of variables")
    return Unreported(paper, (up[-1], down[0]), patients)


def _p_text(p: float) -> str:
    """A P value with one digit, small ones as powers of ten."""
    digit, power = f"{p:.0e}".split("e")
    return f"{p:.1g}" if p >= 0.0001 else f"{digit}×10^−{abs(int(power))}"


def _ratio_test(small: logistic.Fit, large: logistic.Fit, df: int) -> float:
    """P of the likelihood ratio test of a model inside another."""
    return float(stats.chi2.sf(2 * (large.log_likelihood - small.log_likelihood), df))


def _up(value: Fraction, decimals: int) -> Fraction:
    return Fraction(math.ceil(value * 10**decimals), 10**decimals)


def _level_text(paper: Paper) -> str:
    return f"{format_fixed((1 - paper.alpha) * 100, 0)}%"
