"""Medians and quartiles of one group: limits of the variable, whole values."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from analysis.checks.rows import CUT, cut_off, everyone_column, label_of, rows_of
from analysis.findings import Finding, Verdict
from analysis.paper import MedianRow, Paper
from analysis.printed import Interval, Printed, format_fixed, whole_values

_PARTS = ("median", "q1", "q3")
_NAMES = {"median": "median", "q1": "lower quartile", "q3": "upper quartile"}


def medians_within_limits(paper: Paper) -> Iterator[Finding]:
    """Median and quartiles lie where the values may lie: under every definition they are a
    value of a patient, or lie between two."""
    for table, row in rows_of(paper, MedianRow):
        assert isinstance(row, MedianRow)
        variable, limits = paper.variable(row.variable), paper.range_of(row.variable)
        if math.isinf(limits.low) and math.isinf(limits.high):
            continue
        named = [
            f"{side} {format_fixed(paper.limit(limit), 6).rstrip('0').rstrip('.')} ({limit.reason})"
            for side, limit in (("at least", variable.lower), ("at most", variable.upper))
            if limit is not None
        ]
        stated = [x.number for x in (variable.lower, variable.upper) if x and x.number]
        columns = [*paper.columns(table, row), everyone_column(paper, table, row)]
        for group in columns:
            if group is None:
                continue
            cell = row.values[group.id]
            outside = [
                part for part in _PARTS if not getattr(cell, part).interval.intersects(limits)
            ]
            cut = all(cut_off(getattr(cell, part)).intersects(limits) for part in outside)
            first = getattr(cell, outside[0] if outside else "q1").text.strip()
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.limits",
                check="medians and quartiles",
                verdict=(
                    Verdict.CONSISTENT if not outside
                    else Verdict.DEPENDS if cut
                    else Verdict.IMPOSSIBLE
                ),
                numbers=(*(f"{table.id}.{row.id}.{group.id}.{part}" for part in _PARTS), *stated),
                claim=f"{variable.label}, {group.label}: median and quartiles lie within the limits",
                printed=cell.text,
                attainable=", ".join(named),
                by_hand=(
                    f"the {_NAMES[outside[0]]} {first} lies outside" if outside
                    else f"{cell.q1.text.strip()}, {cell.median.text.strip()} and "
                    f"{cell.q3.text.strip()} lie inside"
                ),
                assumptions=(
                    *((CUT,) if outside and cut else ()),
                    *(f"every value is {name}" for name in named),
                ),
            )  # fmt: skip


def _shows_multiple(printed: Printed, unit: Fraction) -> bool:
    """Whether a multiple of `unit` prints like this."""
    inside = printed.interval
    if math.isinf(inside.low) or math.isinf(inside.high):
        return True
    return bool(whole_values(Interval(inside.low / unit, inside.high / unit)))


def medians_of_whole_numbers(paper: Paper) -> Iterator[Finding]:
    """Medians and quartiles of values recorded in whole steps.

    The middle of two values is a multiple of half a step; quartiles between two values are
    multiples of a quarter under the usual definitions (Hyndman & Fan 1996, types 1 to 7),
    of a twelfth or a sixteenth under types 8 and 9.  Those, and medians of grouped values,
    may be anything between: nothing is called impossible here.
    """
    for table, row in rows_of(paper, MedianRow):
        assert isinstance(row, MedianRow)
        step = paper.variable(row.variable).step
        if step is None:
            continue
        unit = step.value.value
        for group in [*paper.columns(table, row), everyone_column(paper, table, row)]:
            if group is None:
                continue
            cell = row.values[group.id]
            half = unit if group.size % 2 else unit / 2
            odd = [] if _shows_multiple(cell.median, half) else ["median"]
            odd += [q for q in ("q1", "q3") if not _shows_multiple(getattr(cell, q), unit / 4)]
            near = f"the median is a multiple of {_text(half)}, quartiles of {_text(unit / 4)}"
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.whole_numbers",
                check="medians and quartiles",
                verdict=Verdict.DEPENDS if odd else Verdict.CONSISTENT,
                numbers=tuple(f"{table.id}.{row.id}.{group.id}.{part}" for part in _PARTS),
                claim=f"{label_of(paper, row)}, {group.label}: whole values can have these quartiles",
                printed=cell.text,
                attainable=f"{near}, before rounding",
                by_hand=(
                    f"the {_NAMES[odd[0]]} {getattr(cell, odd[0]).text.strip()} is none" if odd
                    else f"{group.size} values, an {'odd' if group.size % 2 else 'even'} number"
                ),
                assumptions=(
                    (
                        "some values are missing, or the quartiles are interpolated in finer "
                        "steps, or are those of grouped values",
                    ) if odd else (
                        f"values are multiples of {step.value.text}: {step.reason}",
                        f"all {group.size} patients have a value",
                    )
                ),
            )  # fmt: skip


def _text(value: Fraction) -> str:
    return format_fixed(value, 6).rstrip("0").rstrip(".")
