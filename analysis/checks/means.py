"""Means and SDs of one group: whole numbers, limits of the variable."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from analysis.checks import common, granularity
from analysis.checks.rows import label_of, rows_of
from analysis.findings import Finding, Verdict
from analysis.paper import MeanRow, Paper
from analysis.printed import Interval, format_fixed


def whole_numbers(paper: Paper) -> Iterator[Finding]:
    """Means and SDs of variables recorded in whole units: GRIM and GRIMMER, exactly."""
    for table, row in rows_of(paper, MeanRow):
        assert isinstance(row, MeanRow)
        step = paper.variable(row.variable).step
        if step is None:
            continue
        unit = step.value.value
        for group in paper.columns(table, row):
            cell, n = row.values[group.id], group.size
            sums = granularity.grim(cell.mean, n, unit)
            fits = granularity.grimmer(cell.mean, cell.sd, n, unit)
            shown = [format_fixed(unit * total / n, cell.mean.decimals + 2) for total in sums[:2]]
            shown_sum = unit * (sums[0] if sums else round(cell.mean.value * n / unit))
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.whole_numbers",
                check="means of whole numbers",
                verdict=Verdict.CONSISTENT if fits else Verdict.IMPOSSIBLE,
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
                    f"values are multiples of {step.value.text}: {step.reason}",
                    f"all {n} patients have a value",
                ),
                values={"sums": sums.stop - sums.start, "grim": bool(sums), "grimmer": fits},
            )


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
        for group in paper.columns(table, row):
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
                verdict=Verdict.CONSISTENT if possible else Verdict.IMPOSSIBLE,
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
                assumptions=tuple(f"every value is {name}" for name in named),
                values={
                    "largest_sd": float(largest.high),
                    "limits": (float(limits.low), float(limits.high)),
                },
            )


def limit_decimals(paper: Paper, limit: object) -> int:
    """Printed decimals of a limit."""
    number = paper.number(limit.number) if limit.number else limit.value  # type: ignore[attr-defined]
    return max(number.decimals, 0)
