"""One row of a ROC table with the sizes of its two groups, and what its checks share."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from analysis.checks import roc_bounds as bounds
from analysis.checks.granularity import counts_for_share
from analysis.paper import Paper, RocRow, RocTable
from analysis.printed import Interval, Printed, format_fixed

EVERYONE = "every patient of both groups has a value of this marker"


@dataclass(frozen=True, slots=True)
class Marker:
    """One row of a ROC table with the sizes and names of its two groups."""

    paper: Paper
    table: RocTable
    row: RocRow

    @property
    def id(self) -> str:
        return f"{self.table.id}.{self.row.id}"

    @property
    def label(self) -> str:
        return self.paper.variable(self.row.variable).label

    @property
    def n1(self) -> int:
        return self.paper.group(self.table.positive).size

    @property
    def n0(self) -> int:
        return self.paper.total_of(self.table) - self.n1

    @property
    def auc(self) -> Interval:
        return self.row.auc.interval.clip(0, 1)

    @property
    def a(self) -> str:
        return self.row.auc.text

    def number(self, *columns: str) -> tuple[str, ...]:
        return tuple(f"{self.id}.{column}" for column in columns)

    def counts(self, column: str) -> list[int]:
        """Whole numbers of patients whose share of the group prints as the cell."""
        cell, n = self.cell_of(column)
        return [] if cell is None else list(counts_for_share(cell, n))

    def cell_of(self, column: str) -> tuple[Printed | None, int]:
        n = self.n1 if column == "sensitivity" else self.n0
        return getattr(self.row, column), n

    @property
    def points(self) -> list[tuple[int, int]]:
        """Pairs of counts (positives called positive, negatives called negative)."""
        return list(product(self.counts("sensitivity"), self.counts("specificity")))

    @property
    def oriented_auc(self) -> Interval:
        """The AUC the way round in which sensitivity and specificity are printed: 1 − AUC
        where only that fits the point."""
        if self.row.sensitivity is None or self.row.specificity is None:
            return self.auc
        allowed = point_range(self)
        turned = Interval(1 - self.auc.high, 1 - self.auc.low)
        return (
            turned if not allowed.intersects(self.auc) and allowed.intersects(turned) else self.auc
        )


def markers(paper: Paper) -> Iterator[Marker]:
    for table in paper.tables_of("roc"):
        for row in table.rows:
            marker = Marker(paper, table, row)
            if marker.n0 > 0 and row.auc is not None:
                yield marker


def uses_spss(paper: Paper) -> bool:
    return "spss" in (paper.paper.software or "").lower()


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
