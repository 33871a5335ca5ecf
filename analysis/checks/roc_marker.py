"""One row of a ROC table with the sizes of its two groups, and what its checks share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from analysis.checks import roc_bounds as bounds
from analysis.checks.granularity import counts_for_share
from analysis.paper import Column, Cut, Paper, RocRow, RocTable
from analysis.printed import Interval, Printed, format_fixed

EVERYONE = "every patient of both groups has a value of this marker"
_MOST_POINTS = 10_000  # pairs of counts behind one printed point that are looked at singly


@dataclass(frozen=True, slots=True)
class Marker:
    """One row of a ROC table at one cut-off, with the sizes and names of its two groups.

    `at` is where the cut-off stands: the row itself, or one of its further `cuts`.
    """

    paper: Paper
    table: RocTable
    row: RocRow
    at: RocRow | Cut
    columns: tuple[Column, ...]

    @property
    def row_id(self) -> str:
        return f"{self.table.id}.{self.row.id}"

    @property
    def id(self) -> str:
        return self.row_id if self.at is self.row else f"{self.row_id}.{self.at.id}"

    @property
    def label(self) -> str:
        name = self.paper.variable(self.row.variable).label
        if self.at is self.row:
            return name
        cut = self.at.threshold.text.strip() if self.at.threshold is not None else self.at.id
        return f"{name} at {cut}"

    @property
    def n1(self) -> int:
        return self.size_of(self.table.positive)

    @property
    def n0(self) -> int:
        return sum(column.size for column in self.columns) - self.n1

    def size_of(self, group: str) -> int:
        return next(column.size for column in self.columns if column.id == group)

    @property
    def everyone(self) -> str:
        """Who is counted, in words."""
        if any(not column.number.startswith("groups.") for column in self.columns):
            return "the patients are those with a printed value of this marker"
        return EVERYONE

    @property
    def auc(self) -> Interval:
        return self.row.auc.interval.clip(0, 1)

    @property
    def a(self) -> str:
        return self.row.auc.text

    def number(self, *columns: str) -> tuple[str, ...]:
        """The ids of printed numbers: of the cut-off, or of the whole row (AUC, SE, CI, P)."""
        return tuple(
            f"{self.id if column in type(self.at).model_fields else self.row_id}.{column}"
            for column in columns
        )

    def counts(self, column: str) -> range:
        """Whole numbers of patients whose share of the group prints as the cell."""
        cell, n = self.cell_of(column)
        return range(0) if cell is None else counts_for_share(cell, n)

    def cell_of(self, column: str) -> tuple[Printed | None, int]:
        n = self.n1 if column == "sensitivity" else self.n0
        return getattr(self.at, column), n

    @property
    def has_point(self) -> bool:
        return self.at.sensitivity is not None and self.at.specificity is not None

    @property
    def points(self) -> list[tuple[int, int]]:
        """Pairs of counts (positives called positive, negatives called negative); of very
        many only the corners, and those where both shares are nearest to each other."""
        first, second = self.counts("sensitivity"), self.counts("specificity")
        if not first or not second:
            return []
        if len(first) * len(second) <= _MOST_POINTS:
            return list(product(first, second))
        corners = {(a, b) for a in (first[0], first[-1]) for b in (second[0], second[-1])}
        share = Fraction(self.n0, self.n1)
        for a in (first[0], first[-1], *(round(b / share) for b in (second[0], second[-1]))):
            b = round(a * share)
            corners |= {(a, b)} if a in first and b in second else set()
        return sorted(corners)

    @property
    def oriented_auc(self) -> Interval:
        """The AUC the way round in which sensitivity and specificity are printed: 1 − AUC
        where only that fits the point."""
        if not self.has_point:
            return self.auc
        return oriented(self.auc, point_range(self))


def oriented(auc: Interval, allowed: Interval) -> Interval:
    """An AUC, or 1 − AUC where only that lies in the range `allowed`."""
    turned = Interval(1 - auc.high, 1 - auc.low)
    return turned if not allowed.intersects(auc) and allowed.intersects(turned) else auc


def _columns(paper: Paper, roc: RocTable, variable: str) -> tuple[Column, ...]:
    """The groups of a ROC table, with the patients who have a value of the variable where
    another table prints their number."""
    groups = {g.id for g in paper.groups_of(roc)}
    for table in paper.tables_of("two_group"):
        for row in table.rows:
            if row.variable == variable and groups <= (row.n or {}).keys():
                found = [c for c in paper.columns(table, row) if c.id in groups]
                if len(found) == len(groups):
                    return tuple(found)
    return tuple(paper.columns(roc))


def rows(paper: Paper) -> Iterator[Marker]:
    """Every row of every ROC table, at its first cut-off."""
    for table in paper.tables_of("roc"):
        for row in table.rows:
            marker = Marker(paper, table, row, row, _columns(paper, table, row.variable))
            if marker.n0 > 0:
                yield marker


def markers(paper: Paper) -> Iterator[Marker]:
    """The rows that print an AUC."""
    return (marker for marker in rows(paper) if marker.row.auc is not None)


def at_cuts(marker: Marker) -> Iterator[Marker]:
    """A row at its own cut-off and at each further one."""
    yield marker
    for cut in marker.row.cuts:
        yield replace(marker, at=cut)


def cut_offs(paper: Paper) -> Iterator[Marker]:
    """Every cut-off of every row."""
    for marker in rows(paper):
        yield from at_cuts(marker)


def show(value: Fraction | float, decimals: int = 4) -> str:
    return format_fixed(value, decimals)


def rounded_down(value: Fraction, decimals: int = 4) -> str:
    """A lower bound rounded down, so that the text stays true."""
    return format_fixed(Fraction(math.floor(value * 10**decimals), 10**decimals), decimals)


def rounded_up(value: Fraction, decimals: int = 4) -> str:
    """An upper bound rounded up, so that the text stays true."""
    return format_fixed(Fraction(math.ceil(value * 10**decimals), 10**decimals), decimals)


def compared(low: Fraction, ceiling: Fraction) -> tuple[str, str, str]:
    """A lower end and an upper bound with enough decimals for their order to be seen."""
    for decimals in range(4, 13):
        bound = rounded_up(ceiling, decimals) if ceiling < low else show(ceiling, decimals)
        if low == ceiling or bound != show(low, decimals):
            break
    return show(low, decimals), "<" if ceiling < low else "≥", bound


def level_of(table: RocTable) -> tuple[Fraction, str]:
    if table.confidence is None:
        return Fraction(19, 20), "the interval is meant to hold 95% (no level is printed)"
    value = table.confidence.value
    level = value / 100 if value > 1 else value
    return level, f"the interval is meant to hold {table.confidence.text.strip()}"


def shares(marker: Marker, column: str) -> Interval:
    """The share behind a cell: from its counts, or its rounding interval if none fits."""
    cell, n = marker.cell_of(column)
    assert cell is not None
    found = marker.counts(column)
    if not found:
        return cell.interval.clip(0, 1)
    return Interval(Fraction(found[0], n), Fraction(found[-1], n))


def point_range(marker: Marker) -> Interval:
    return bounds.point_bounds(shares(marker, "sensitivity"), shares(marker, "specificity"))


def plain(value: Fraction) -> str:
    """A decimal without trailing zeros."""
    text = format_fixed(value, 6)
    return text.rstrip("0").rstrip(".") if "." in text else text
