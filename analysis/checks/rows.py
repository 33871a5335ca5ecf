"""The rows of tables that compare groups, and the wording that their checks share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction

from analysis.checks import common
from analysis.checks.common import p_interval_text
from analysis.findings import Finding, Verdict
from analysis.paper import Paper, Row, TwoGroupTable
from analysis.printed import Interval, Printed

Rows = Iterator[tuple[TwoGroupTable, Row]]


def rows_of(paper: Paper, *kinds: type) -> Rows:
    """The rows of these kinds of all tables that compare groups (all rows if none is named)."""
    for table in paper.tables_of("two_group"):
        for row in table.rows:
            if not kinds or isinstance(row, kinds):
                yield table, row


def label_of(paper: Paper, row: Row) -> str:
    """The label of the variable of a row."""
    return paper.variable(row.variable).label


def fits_squared(printed: Printed, squared: Interval) -> bool:
    """Whether |t| may print like this; compared as squares, which are exact."""
    target = size_of(printed)
    return Interval(target.low**2, target.high**2).intersects(squared)


def size_of(printed: Printed) -> Interval:
    """The absolute values that may print like this; "<0.1" says 0 to 0.1."""
    if printed.comparison in ("<", "<="):
        return printed.interval.clip(0, math.inf)
    return common.absolute(printed.interval)


def first_that_fits(
    finding: Finding, p: Printed, readings: Iterable[tuple[str, Interval]]
) -> Finding:
    """The finding; if it says impossible, the first other reading that fits is tried."""
    if finding.verdict is not Verdict.IMPOSSIBLE:
        return finding
    for name, interval in and_one_sided(readings, p):
        if p.interval.clip(0, 1).intersects(interval):
            return _with(
                finding,
                Verdict.DEPENDS,
                (name,),
                f"{finding.attainable}; P {p_interval_text(interval)} with {name}",
            )
    return finding


def and_one_sided(
    readings: Iterable[tuple[str, Interval]], p: Printed
) -> Iterator[tuple[str, Interval]]:
    """Two-sided P values, then each of them one-sided; the other way only where a P above
    one half is printed, because every two-sided P gives one."""
    readings = list(readings)
    yield from readings
    for name, two_sided in readings:
        if "one-sided" in name:
            continue
        half = Interval(two_sided.low / 2, two_sided.high / 2)
        yield f"{name}, one-sided", half
        if p.comparison == "=" and p.value > Fraction(1, 2):
            yield f"{name}, one-sided the other way", Interval.point(1) - half


def _with(
    finding: Finding, verdict: Verdict, assumptions: tuple[str, ...], attainable: str
) -> Finding:
    return replace(finding, verdict=verdict, assumptions=assumptions, attainable=attainable)
