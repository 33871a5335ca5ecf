"""What no table prints: what every simulated cohort agrees on, what the cohorts leave open,
and what the printed numbers prove about it."""

from __future__ import annotations

import ast
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy import special

from analysis.cohort import MARK, load_cohort
from analysis.compatible import bounds
from analysis.compatible.reprint import chosen_cut, marker_values
from analysis.estimate import calibration, logistic, roc
from analysis.paper import Coefficient, CountRow, LevelsRow, MeanRow, Paper, RocRow, RocTable
from analysis.printed import Interval, Printed, format_fixed, whole_values
from analysis.show.html import Html
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

_ALL = Interval(Fraction(-1), Fraction(1))  # correlations
_SHARES = Interval(Fraction(0), Fraction(1))


@dataclass(frozen=True, slots=True)
class Quantity:
    """One unprinted quantity: its values over the cohorts, what is proved, what it means."""

    key: str
    label: str
    values: tuple[float, ...]
    decimals: int
    meaning: str
    proved: Interval | None = None
    printed: str | None = None
    possible: Interval | None = None

    @property
    def sampled(self) -> str:
        """The sampled range, rounded inward: both ends were reached."""
        return _inner(min(self.values), max(self.values), self.decimals)

    @property
    def proof(self) -> str:
        """What is proved, rounded outward: two ends, one if the other is the end of what is
        `possible` at all; or that nothing is."""
        if self.proved is None:
            return "nothing"
        text, all_ = _outer(self.proved, self.decimals), self.possible
        if all_ is None or self.proved.is_point:
            return text
        low, high = text.split(" to ")
        if self.proved.low <= all_.low:
            return "nothing" if self.proved.high >= all_.high else f"at most {high}"
        return f"at least {low}" if self.proved.high >= all_.high else text


def _inner(low: float, high: float, decimals: int) -> str:
    scale = 10**decimals
    first, last = math.ceil(low * scale - 1e-9), math.floor(high * scale + 1e-9)
    if first > last:
        first = last = round((low + high) / 2 * scale)
    return _two(Fraction(first, scale), Fraction(last, scale), decimals)


def _outer(proved: Interval, decimals: int) -> str:
    scale = 10**decimals
    if proved.is_point:
        return format_fixed(proved.low, decimals)
    low = Fraction(math.floor(proved.low * scale), scale)
    return _two(low, Fraction(math.ceil(proved.high * scale), scale), decimals)


def _two(low: Fraction, high: Fraction, decimals: int) -> str:
    ends = [format_fixed(low, decimals), format_fixed(high, decimals)]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


class Unreported:
    """What a chapter shows of quantities that the paper does not print.

    The index is the first variable with a formula and a row in a ROC table; its parts are the
    variables of that formula, which must be a product and quotient of them.
    """

    def __init__(self, paper: Paper, ratio: tuple[str, str], patients: pd.DataFrame | None = None):
        self.paper, self.ratio = paper, ratio
        self._roc = {r.variable: (t, r) for t in paper.tables_of("roc") for r in t.rows}
        self._means = {
            row.variable: row
            for table in paper.tables_of("two_group")
            for row in table.rows
            if isinstance(row, MeanRow)
        }
        made = [v for v in paper.variables if v.formula and v.id in self._roc]
        if not made:
            raise ValueError("no derived variable has a row in a ROC table")
        self.index = made[0]
        self.up, self.down = factors(self.index.formula or "")
        if missing := [name for name in ratio if name not in self.parts]:
            raise ValueError(f"{missing[0]} is no part of {self.index.id}")
        if patients is None:
            if paper.folder is None:
                raise ValueError("the record was read from no folder, so no cohorts stand by it")
            patients = load_cohort(paper.folder / "cohorts.parquet")
        self.cohorts = [own for _, own in patients.groupby("cohort")]

    @property
    def parts(self) -> list[str]:
        """The variables of the formula, multiplied ones first."""
        return [*self.up, *self.down]

    # --- estimates in one cohort ---------------------------------------------------------

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """One row a cohort, one column a quantity."""
        return pd.DataFrame([self._estimate(own) for own in self.cohorts])

    def _estimate(self, own: pd.DataFrame) -> dict[str, float]:
        state = (own["group"] == self.paper.event_group.id).to_numpy(float)
        features = np.column_stack([self._feature(row, own) for row in self._regression.rows])
        adjusted = logistic.fit(state, features)
        place = self._place
        alone = logistic.fit(state, features[:, place])
        index = own[self.index.id].to_numpy(float)
        upper, lower = (own[name].to_numpy(float) for name in self.ratio)
        parts = own[self.parts].to_numpy(float)
        of_parts = logistic.fit(state, parts)
        of_all = logistic.fit(state, np.column_stack([parts, index]))
        markers = np.vstack([index, upper / lower, of_parts.fitted, of_all.fitted])
        areas = roc.areas(markers[:, state == 1], markers[:, state == 0])
        simple = logistic.fit(state, index)
        bent, error = logistic.bend(state, index)
        found = {
            "crude": float(alone.ratios[0]),
            "adjusted": float(adjusted.ratios[place]),
            "area_index": float(areas.auc[0]),
            "area_ratio": float(areas.auc[1]),
            "ratio_loss": float(areas.auc[0] - areas.auc[1]),
            "ratio_p": roc.difference(areas, 0, 1).p,
            "area_parts": float(areas.auc[2]),
            "area_all": float(areas.auc[3]),
            "added": float(areas.auc[3] - areas.auc[2]),
            "large": float(simple.fitted.mean() - state.mean()),
            "gap": calibration.tenths(state, simple.fitted).largest_gap,
            "bend": bent,
            "bend_z": bent / error,
        }
        for group in self.paper.groups:
            some = own[own["group"] == group.id]
            for one, two in self._pairs:
                r = np.corrcoef(some[one].to_numpy(float), some[two].to_numpy(float))[0, 1]
                found[f"r.{group.id}.{one}.{two}"] = float(r)
        return found

    @property
    def _regression(self):
        return self.paper.tables_of("regression")[0]

    @property
    def _place(self) -> int:
        """The row of the index in the regression table."""
        for i, row in enumerate(self._regression.rows):
            if row.cut is not None and _cut(self.paper, row)[1].variable == self.index.id:
                return i
        raise ValueError(f"{self._regression.id} has no row of {self.index.id} at its cut")

    def _feature(self, row: Coefficient, own: pd.DataFrame) -> np.ndarray:
        return feature(self.paper, row, own)

    @property
    def _pairs(self) -> list[tuple[str, str]]:
        pairs = list(combinations(self.parts, 2))
        return [*pairs, (self.index.id, self.down[0])] if self._linked else pairs

    @property
    def _linked(self) -> bool:
        """Whether index × divisor is a product of two parts in every patient."""
        return len(self.up) == 2 and len(self.down) == 1

    # --- proofs --------------------------------------------------------------------------

    def area(self, variable: str, high: bool = True) -> Interval:
        """The printed area of a marker as it speaks for the event by high (low) values."""
        table, row = self._roc[variable]
        as_printed = (row.direction == "higher") == (table.positive == self.paper.event_group.id)
        interval = row.auc.interval
        return interval if as_printed == high else Interval.point(1) - interval

    def _area_text(self, variable: str, high: bool = True) -> str:
        _, row = self._roc[variable]
        if self.area(variable, high) == row.auc.interval:
            return row.auc.text
        return format_fixed(1 - row.auc.value, row.auc.decimals)

    @cached_property
    def ratio_area(self) -> Interval:
        """What is proved of the area of the ratio."""
        own = bounds.combined_area([self.area(self.ratio[0]), self.area(self.ratio[1], False)])
        rest = [n for n in self.parts if n not in self.ratio]
        if self.ratio[0] not in self.up or self.ratio[1] not in self.down:
            return own
        others = [self.area(n, n in self.up) for n in rest]
        also = bounds.remaining_area(self.area(self.index.id), others)
        return own.intersection(also) or own

    @cached_property
    def index_area(self) -> Interval:
        """What the areas of the parts prove of the area of the index."""
        return bounds.combined_area([self.area(name, name in self.up) for name in self.parts])

    @cached_property
    def counts(self) -> tuple[int, int, int, int] | None:
        """Patients above and below the cut of the index, with and without the event; None
        if sensitivity and specificity leave more than one count open."""
        table, row = self._roc[self.index.id]
        if row.sensitivity is None or row.specificity is None:
            return None
        sizes = [self.paper.group(table.positive).size]
        sizes.append(self.paper.total - sizes[0])
        found = [
            whole_values(share.interval * Interval.point(n))
            for share, n in zip((row.sensitivity, row.specificity), sizes, strict=True)
        ]
        if any(len(values) != 1 for values in found):
            return None
        hits, correct = found[0][0], found[1][0]
        return hits, sizes[0] - hits, sizes[1] - correct, correct

    def _summary(self, variable: str, group: str) -> bounds.Summary:
        cell = self._means[variable].values[group]
        return bounds.Summary(cell.mean.interval, cell.sd.interval)

    def correlation(self, group: str, one: str, two: str) -> Interval:
        """What is proved of a correlation within a group."""
        n, limits = self.paper.group(group).size, self._sum_limits(one, two)
        if self._linked and (one, two) == (self.index.id, self.down[0]):
            a, b, c, d = (self._summary(v, group) for v in (*self.up, one, two))
            return bounds.linked_correlation((a, b), (c, d), n)
        if limits is None:
            return _ALL
        one_, two_ = self._summary(one, group), self._summary(two, group)
        return bounds.sum_correlation(one_, two_, *limits, n)

    def _sum_limits(self, one: str, two: str) -> tuple[Fraction, Fraction] | None:
        """Between what limits the sum of two variables must lie in every patient."""
        for rule in self.paper.constraints:
            node = ast.parse(rule.expression, mode="eval").body
            left, right = node.left, node.comparators[0]  # type: ignore[attr-defined]
            plain = isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add)
            sides = {n.id for n in ast.walk(left) if isinstance(n, ast.Name)}
            if plain and sides == {one, two} and isinstance(right, ast.Constant):
                low = self.paper.range_of(one).low + self.paper.range_of(two).low
                if isinstance(low, Fraction):
                    return low, Fraction(str(right.value))
        return None

    # --- what is shown -------------------------------------------------------------------

    def _name(self, variable: str) -> str:
        label = self.paper.variable(variable).label
        return label[:1].lower() + label[1:]

    def _values(self, key: str) -> tuple[float, ...]:
        return tuple(float(v) for v in self.estimates[key])

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Ratios, areas and calibration."""
        row = self._regression.rows[self._place]
        exact = bounds.odds_ratio(*self.counts) if self.counts and min(self.counts) > 0 else None
        ratio = f"{self._name(self.ratio[0])} over {self._name(self.ratio[1])}"
        loss = self.area(self.index.id) - self.ratio_area
        return [
            Quantity(
                "crude", "Odds ratio of the index at its cut, crude", self._values("crude"), 2,
                "Computed from the counts alone.", None if exact is None else Interval.point(exact),
            ),
            Quantity(
                "adjusted", "The same, adjusted for the other predictors", self._values("adjusted"),
                2, "The patients were simulated without the regression table.",
                None, None if row.ratio is None else row.ratio.text,
            ),
            Quantity(
                "area_ratio", f"Area of the ratio, {ratio}", self._values("area_ratio"), 3,
                "Above one half it tells the groups apart.",
                self.ratio_area, possible=_SHARES,
            ),
            Quantity(
                "ratio_loss", "Area of the index minus that of the ratio",
                self._values("ratio_loss"), 3, "What the remaining part of the index brings.", loss,
            ),
            Quantity(
                "area_parts", "Area of a logistic model of the parts", self._values("area_parts"),
                3, "A fit chooses its weights for the likelihood, so no bound is proved.",
            ),
            Quantity(
                "area_all", "Area of the parts and the index together", self._values("area_all"), 3,
                "Tested in the patients it was fitted to: too good for new ones.",
            ),
            Quantity(
                "added", "Added by the index over its parts", self._values("added"), 3,
                "The index contains nothing but its parts; only the form of the model gains.",
            ),
            Quantity(
                "gap", "Largest gap between risk and events in a tenth of the patients",
                self._values("gap"), 3, "Zero is a perfect agreement in every tenth.",
            ),
            Quantity(
                "bend", "Coefficient of the squared index", self._values("bend"), 2,
                "Zero is a straight line.",
            ),
        ]  # fmt: skip

    @cached_property
    def correlations(self) -> list[Quantity]:
        """Correlations of the parts, and of the index with its divisor, in each group."""
        found = []
        for one, two in self._pairs:
            for group in self.paper.groups:
                proved = self.correlation(group.id, one, two)
                found.append(
                    Quantity(
                        f"r.{group.id}.{one}.{two}",
                        f"{self.paper.variable(one).label} and {self._name(two)}, "
                        f"{group.label[:1].lower() + group.label[1:]}",
                        self._values(f"r.{group.id}.{one}.{two}"), 2, "",
                        None if proved == _ALL else proved, possible=_ALL,
                    )
                )  # fmt: skip
        return found

    def summary(self) -> Html:
        """Proved bounds beside sampled ranges."""
        return _sheet(self.quantities, f"Proved and sampled, {MARK}")

    def correlation_sheet(self) -> Html:
        """The same for correlations."""
        return paper_rows(
            [
                {"Correlation": q.label, "Proved": q.proof, "In the simulated cohorts": q.sampled}
                for q in self.correlations
            ],
            label=f"Correlations, {MARK}",
        )

    def areas_plot(self, key: str) -> Figure:
        """The areas, cohort by cohort."""
        from analysis.show import figures

        wanted = [q for q in self.quantities if q.key.startswith("area_")]
        marker = self._roc[self.index.id][1]
        rows = [
            {"label": "Area of the index", "points": self._values("area_index"),
             "shown": marker.auc.text, "proved": self.index_area, "printed": marker.auc},
            *(_drawn(q) for q in wanted),
        ]  # fmt: skip
        return figures.range_plot(
            rows, key=key, ticks=[0.0, 0.2, 0.4, 0.6, 0.8, 1.0], across="area under the ROC curve",
            title="Areas in the simulated cohorts", note=MARK,
        )  # fmt: skip

    def correlations_plot(self, key: str) -> Figure:
        """The correlations, cohort by cohort."""
        from analysis.show import figures

        return figures.range_plot(
            [_drawn(q) for q in self.correlations], key=key, ticks=[-1.0, -0.5, 0.0, 0.5, 1.0],
            across="correlation within the group", title="Correlations in the simulated cohorts",
            note=MARK,
        )  # fmt: skip

    def told(self) -> dict[str, str]:
        """For the prose: sampled ranges and proofs by key, and counts of cohorts."""
        found = {f"{q.key}_sampled": q.sampled for q in self.quantities}
        found |= {f"{q.key}_proved": q.proof for q in self.quantities if q.proved is not None}
        count, alpha = len(self.cohorts), float(self.paper.alpha)
        curved = sum(2 * special.ndtr(-abs(z)) < alpha for z in self._values("bend_z"))
        exact = max(abs(v) for v in self._values("large"))
        error = math.sqrt(0.25 / (self.paper.total // 10))  # of a share, at its largest
        return found | {
            "cohorts": f"{count}",
            "ratio_differs": f"{sum(p < alpha for p in self._values('ratio_p'))}",
            "curved": f"{curved}",
            "in_the_large": "the same" if exact < 1e-9 else "not the same",
            "best_single": format_fixed(_down(self._best_single, 3), 3),
            "tenth": f"{self.paper.total // 10}",
            "tenth_error": f"{error:.2f}",
            "tenth_most": f"{max(self._values('gap')) / error:.1f}",
        }

    @property
    def _best_single(self) -> Fraction:
        """The least area of the best part, rounded down as its interval says."""
        return Fraction(bounds.best_area([self.area(n, n in self.up) for n in self.parts]).low)

    def ratio_by_hand(self) -> str:
        """The bound of the ratio's area as a line."""
        texts = [self._area_text(self.ratio[0]), self._area_text(self.ratio[1], False)]
        total = sum(Fraction(t) for t in texts) - 1
        return (
            f"{texts[0]} + {texts[1]} − 1 = {format_fixed(total, 3)}; "
            f"at least {format_fixed(_down(self.ratio_area.low, 3), 3)} with the roundings"
        )

    def crude_by_hand(self) -> str:
        """The crude odds ratio as a line."""
        if self.counts is None:
            raise ValueError("the counts are not exact")
        hits, misses, false, correct = self.counts
        exact = format_fixed(bounds.odds_ratio(*self.counts), 2)
        return f"{hits} × {correct} / ({misses} × {false}) = {exact}"

    def link_by_hand(self, group: str) -> str:
        """The bound of the correlation of the index with its divisor as a line, r(a, b) = 1."""
        n = self.paper.group(group).size
        a, b, c, d = (self._means[v].values[group] for v in (*self.up, self.index.id, *self.down))
        both = [a.sd.value * b.sd.value, c.sd.value * d.sd.value]
        shift = (a.mean.value * b.mean.value - c.mean.value * d.mean.value) * Fraction(n, n - 1)
        most = (both[0] + shift) / both[1]
        proved = self.correlation(group, self.index.id, self.down[0])
        joined = f"{_times(a.sd, b.sd)} + ({_times(a.mean, b.mean)} − {_times(c.mean, d.mean)})"
        return (
            f"({joined} × {n}/{n - 1}) / ({_times(c.sd, d.sd)}) = {format_fixed(most, 2)}; "
            f"at most {format_fixed(-_down(-proved.high, 2), 2)} with the roundings"
        )

    def link_most(self, group: str) -> str:
        """The proved ceiling of that correlation."""
        proved = self.correlation(group, self.index.id, self.down[0])
        return format_fixed(-_down(-proved.high, 2), 2)


def feature(paper: Paper, row: Coefficient, own: pd.DataFrame) -> np.ndarray:
    """A feature of a regression in each patient of a cohort, one or zero."""
    if row.cut is not None:
        table, marker = _cut(paper, row)
        split = {g.id: own[own["group"] == g.id] for g in paper.groups}
        cut = chosen_cut(table, marker, *marker_values(table, marker, split))
        if cut is None:
            raise ValueError(f"{marker.variable} is the same in all patients")
        sign = 1 if marker.direction == "higher" else -1
        return (sign * own[marker.variable].to_numpy(float) > cut.value).astype(float)
    if row.margin is not None:
        table_id, name, *level = row.margin.split(".")
        line = next(r for r in paper.table(table_id).rows if r.id == name)
        assert isinstance(line, CountRow | LevelsRow)
        return (own[line.variable] == (level[0] if level else "yes")).to_numpy(float)
    assert row.variable is not None
    assert row.threshold is not None
    values, limit = own[row.variable].to_numpy(float), float(row.threshold.value)
    sides = {"<": values < limit, "<=": values <= limit, ">": values > limit}
    return sides.get(row.threshold.comparison, values >= limit).astype(float)


def _cut(paper: Paper, row: Coefficient) -> tuple[RocTable, RocRow]:
    table, _, name = (row.cut or "").partition(".")
    found = paper.table(table)
    return found, next(r for r in found.rows if r.id == name)  # type: ignore[return-value]


def _down(value: Any, decimals: int) -> Fraction:
    return Fraction(math.floor(value * 10**decimals), 10**decimals)


def _times(one: Printed, two: Printed) -> str:
    return f"{one.text.strip()} × {two.text.strip()}"


def _drawn(q: Quantity) -> dict[str, Any]:
    return {"label": q.label, "points": q.values, "shown": q.sampled, "proved": q.proved}


def _sheet(quantities: Iterable[Quantity], label: str) -> Html:
    rows = [
        {
            "Quantity": q.label,
            "Proved": q.proof,
            "In the simulated cohorts": q.sampled
            + (f" (printed: {q.printed})" if q.printed else ""),
            "What it means": q.meaning,
        }
        for q in quantities
    ]
    return paper_rows(rows, label=label)


def factors(formula: str) -> tuple[list[str], list[str]]:
    """The names that a product and quotient multiplies, and those it divides by; ValueError
    for any other formula."""
    up: list[str] = []
    down: list[str] = []

    def walk(node: ast.expr, over: Sequence[list[str]]) -> None:
        if isinstance(node, ast.Name):
            over[0].append(node.id)
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            walk(node.left, over)
            walk(node.right, over if isinstance(node.op, ast.Mult) else over[::-1])
        else:
            raise ValueError(f"{formula} is no product and quotient of variables")

    walk(ast.parse(formula, mode="eval").body, (up, down))
    if len({*up, *down}) != len(up) + len(down):
        raise ValueError(f"{formula} names a variable twice")
    return up, down
