"""Means and SDs of one group: whole numbers, limits of the variable."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

from analysis.checks import common, granularity
from analysis.checks.mean_tests import STUDENT, WELCH, t_rows
from analysis.checks.rows import CUT, DIVISOR, ERRORS, everyone_column, label_of, rows_of
from analysis.checks.several_means import f_rows
from analysis.findings import Finding, Verdict
from analysis.paper import Column, MeanRow, Paper, TwoGroupTable
from analysis.printed import Interval, MeanSD, Printed, format_fixed


def whole_numbers(paper: Paper) -> Iterator[Finding]:
    """Means and SDs of variables recorded in whole units: GRIM and GRIMMER, exactly."""
    for table, row in rows_of(paper, MeanRow):
        assert isinstance(row, MeanRow)
        step = paper.variable(row.variable).step
        if step is None:
            continue
        unit = step.value.value
        for group in _columns(paper, table, row):
            cell, n = row.values[group.id], group.size
            sums = granularity.grim(cell.mean, n, unit)
            fits = granularity.grimmer(cell.mean, cell.sd, n, unit)
            other = (
                None
                if fits
                else _other_figures(
                    (cell, n, unit), _whole_cells(paper, table), _are_sds(paper, table, row)
                )
            )
            shown = [format_fixed(unit * total / n, cell.mean.decimals + 2) for total in sums[:2]]
            shown_sum = unit * (sums[0] if sums else round(cell.mean.value * n / unit))
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.whole_numbers",
                check="means of whole numbers",
                verdict=(
                    Verdict.CONSISTENT if fits
                    else Verdict.DEPENDS if other
                    else Verdict.IMPOSSIBLE
                ),
                numbers=tuple(f"{table.id}.{row.id}.{group.id}.{part}" for part in ("mean", "sd")),
                claim=f"{label_of(paper, row)}, {group.label}: whole values can have this mean and SD",
                printed=cell.text,
                attainable=(
                    f"mean {' or '.join(shown)}" if sums else "no sum of whole values has this mean"
                )
                + ("" if fits or not sums else "; no sum of squares has this SD"),
                by_hand=(
                    f"{format_fixed(shown_sum, step.value.decimals)} / {n} = "
                    f"{format_fixed(shown_sum / n, cell.mean.decimals + 2)}"
                ),
                assumptions=(
                    *((other,) if other else ()),
                    f"values are multiples of {step.value.text}: {step.reason}",
                    f"all {n} patients have a value",
                    *(() if fits or other else ("the figures after ± are sample SDs",)),
                ),
                values={"sums": sums.stop - sums.start, "grim": bool(sums), "grimmer": fits},
            )  # fmt: skip


def _columns(paper: Paper, table: TwoGroupTable, row: MeanRow) -> list[Column]:
    """The groups of a row, and all patients where their number is printed."""
    whole = everyone_column(paper, table, row)
    return [*paper.columns(table, row), *([whole] if whole else [])]


def _cut(printed: Printed) -> Printed:
    """The same digits, cut off instead of rounded: the values away from zero."""
    away = printed.half_unit if printed.value >= 0 else -printed.half_unit
    return replace(printed, value=printed.value + away)


def _whole_cells(paper: Paper, table: TwoGroupTable) -> list[_Cell]:
    """Every ``mean ± SD`` of whole values of a table, with its patients and step."""
    return [
        (row.values[group.id], group.size, step.value.value)
        for row in table.rows
        if isinstance(row, MeanRow) and (step := paper.variable(row.variable).step) is not None
        for group in _columns(paper, table, row)
    ]


_Cell = tuple[MeanSD, int, Fraction]
_READINGS: dict[str, Callable[[_Cell], bool]] = {
    "": lambda x: granularity.grimmer(x[0].mean, x[0].sd, x[1], x[2]),
    ERRORS: lambda x: granularity.grimmer(x[0].mean, x[0].sd, x[1], x[2], factor=x[1] * (x[1] - 1)),
    DIVISOR: lambda x: granularity.grimmer(x[0].mean, x[0].sd, x[1], x[2], factor=x[1]),
    CUT: lambda x: granularity.grimmer(_cut(x[0].mean), _cut(x[0].sd), x[1], x[2]),
}


def _are_sds(paper: Paper, table: TwoGroupTable, row: MeanRow) -> bool:
    """Whether the test of the row fits its figures as SDs, so that they are no errors."""
    two = next((x for x in t_rows(paper) if x.table is table and x.row is row), None)
    if two is not None and row.statistic is not None:
        return bool({STUDENT, WELCH} & two.fitting().keys())
    several = next((x for x in f_rows(paper) if x.table is table and x.row is row), None)
    if several is not None and row.statistic is not None:
        return bool(several.usual(several.box()).keys() & set(several.fitting()))
    return False


def _other_figures(this: _Cell, cells: list[_Cell], are_sds: bool) -> str | None:
    """What the figures after ± may be instead of rounded sample SDs.

    A paper keeps to one way of printing: a reading counts for a cell that fits it if more
    cells of the table fit it than fit as they stand.  Nearly all figures fit as standard
    errors: that they are some is not believed of a row whose t or F takes them for SDs.
    """
    as_they_stand = sum(map(_READINGS[""], cells))
    for words, fits in _READINGS.items():
        if words == ERRORS and are_sds:
            continue
        if words and fits(this) and sum(map(fits, cells)) > as_they_stand:
            return f"{words}, here and in more of the table than as it stands"
    return None


def _widest(mean: Interval, limits: Interval) -> Fraction:
    """The mean inside its rounding interval that leaves most room for an SD."""
    if math.isinf(limits.low) or math.isinf(limits.high):
        return Fraction(mean.low if math.isinf(limits.low) else mean.high)
    middle = (Fraction(limits.low) + Fraction(limits.high)) / 2
    return min(max(middle, Fraction(mean.low)), Fraction(mean.high))


def within_limits(paper: Paper) -> Iterator[Finding]:
    """Mean and SD between the limits of the variable (Bhatia & Davis 2000)."""
    for table, row in rows_of(paper, MeanRow):
        assert isinstance(row, MeanRow)
        variable = paper.variable(row.variable)
        limits = paper.range_of(row.variable)
        if math.isinf(limits.low) and math.isinf(limits.high):
            continue
        for group in _columns(paper, table, row):
            cell, n = row.values[group.id], group.size
            if n < 2:
                continue
            square, inside = granularity.largest_sd(n, cell.mean.interval, limits.low, limits.high)
            smallest = cell.sd.interval.clip(0, math.inf).low
            possible = inside and smallest**2 <= square
            stated = [
                limit.number for limit in (variable.lower, variable.upper) if limit and limit.number
            ]
            if possible and not stated and (math.isinf(limits.low) or math.isinf(limits.high)):
                continue  # one trivial limit such as zero: nothing that a reader needs to see
            cut = not possible and _fits_when_cut(cell, n, limits)
            largest = common.sqrt(Interval.point(Fraction(square)))
            named = [
                f"{side} {format_fixed(paper.limit(limit), limit_decimals(paper, limit))} ({limit.reason})"
                for side, limit in (("at least", variable.lower), ("at most", variable.upper))
                if limit is not None
            ]
            low, high = (
                format_fixed(end, limit_decimals(paper, limit) if limit else 0)
                for end, limit in ((limits.low, variable.lower), (limits.high, variable.upper))
            )
            m = format_fixed(_widest(cell.mean.interval, limits), cell.mean.decimals + 1)
            by_hand = (
                f"√({n}/{n - 1} × ({high} − {m}) × ({m} − {low})) = {format_fixed(largest.high, 2)}"
                if not (math.isinf(limits.low) or math.isinf(limits.high))
                else f"√{n} × |{m} − {low if math.isinf(limits.high) else high}| = {format_fixed(largest.high, 2)}"
            )
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.limits",
                check="means and SDs within limits",
                verdict=(
                    Verdict.CONSISTENT if possible
                    else Verdict.DEPENDS if cut
                    else Verdict.IMPOSSIBLE
                ),
                numbers=(
                    *(f"{table.id}.{row.id}.{group.id}.{part}" for part in ("mean", "sd")),
                    *stated,
                ),
                claim=f"{variable.label}, {group.label}: mean and SD fit between the limits",
                printed=cell.text,
                attainable=f"SD at most {format_fixed(largest.high, cell.sd.decimals)}"
                if inside
                else "no mean within the limits",
                by_hand=by_hand,
                assumptions=(*((CUT,) if cut else ()), *(f"every value is {name}" for name in named)),
                values={
                    "largest_sd": float(largest.high),
                    "limits": (float(limits.low), float(limits.high)),
                },
            )  # fmt: skip


def _fits_when_cut(cell: MeanSD, n: int, limits: Interval) -> bool:
    """Whether mean and SD, or mean and standard error, fit when they are cut off."""
    mean, sd = _cut(cell.mean).interval, _cut(cell.sd).interval.clip(0, math.inf)
    square, inside = granularity.largest_sd(n, mean, limits.low, limits.high)
    return inside and sd.low**2 <= square


def limit_decimals(paper: Paper, limit: object) -> int:
    """Printed decimals of a limit."""
    number = paper.number(limit.number) if limit.number else limit.value  # type: ignore[attr-defined]
    return max(number.decimals, 0)
