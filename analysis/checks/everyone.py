"""The column of all patients: it follows from the groups, where they are all patients."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from analysis.checks import common
from analysis.checks import several_samples as ss
from analysis.checks.common import outward_text
from analysis.checks.rows import (
    CUT,
    DIVISOR,
    ERRORS,
    cells_of,
    cut_off,
    everyone_column,
    label_of,
    rows_of,
)
from analysis.findings import Finding, Verdict
from analysis.paper import (
    Column,
    CountRow,
    LevelsRow,
    MeanRow,
    MedianRow,
    Paper,
    Row,
    TwoGroupTable,
)
from analysis.printed import Interval, Printed, format_fixed, hull

_CHECK = "all patients and their groups"
TOGETHER = "all patients are the groups of the table together, each patient in one of them"
MIDDLE = "a median is the middle value, or the mean (or the lower) of the two in the middle"
MISSING = "values are missing, and the row does not say how many in each group"


@dataclass(frozen=True, slots=True)
class _Whole:
    """The column of all patients in one row, beside the groups.

    `rest` are the patients of the column who are in none of the groups: None where the
    number of all patients is not printed.
    """

    table: TwoGroupTable
    row: Row
    label: str
    id: str
    name: str
    column: Column | None
    groups: tuple[Column, ...]

    @property
    def prefix(self) -> str:
        return f"{self.table.id}.{self.row.id}"

    @property
    def total(self) -> int:
        return sum(g.size for g in self.groups)

    @property
    def rest(self) -> int | None:
        return None if self.column is None else self.column.size - self.total

    @property
    def uses(self) -> tuple[str, ...]:
        sizes = [g.number for g in self.groups]
        return (*((self.column.number,) if self.column else ()), *sizes)

    @property
    def says_missing(self) -> bool:
        """Whether the row itself prints how many patients of every group have a value."""
        return all(g.id in (self.row.n or {}) for g in self.groups)

    @property
    def others(self) -> str:
        """Why nothing follows from the groups."""
        if self.rest is None:
            return "how many of all patients have a value is not printed; they may be more than the groups"
        if self.rest < 0:
            return "the groups of the table have more patients than the column of all patients"
        return f"{self.rest} of all patients are in none of the groups of the table"


def _wholes(paper: Paper, *kinds: type) -> Iterator[_Whole]:
    everyone = paper.everyone
    if everyone is None:
        return
    for table, row in rows_of(paper, *kinds):
        if any(everyone.id in cells for _, cells in cells_of(row)):
            yield _Whole(
                table, row, label_of(paper, row), everyone.id, everyone.label,
                everyone_column(paper, table, row), tuple(paper.columns(table, row)),
            )  # fmt: skip


def all_and_groups(paper: Paper) -> Iterator[Finding]:
    """The number of all patients, and the groups of each table that prints their column."""
    seen = set()
    for case in _wholes(paper):
        everyone = paper.everyone
        assert everyone is not None
        if case.table.id in seen or everyone.n is None:
            continue
        seen.add(case.table.id)
        groups = paper.groups_of(case.table)
        total, n = sum(g.size for g in groups), int(everyone.n.value)
        verdict = (
            Verdict.REPRODUCED if total == n
            else Verdict.DEPENDS if total < n
            else Verdict.IMPOSSIBLE
        )  # fmt: skip
        yield Finding(
            id=f"{case.table.id}.{everyone.id}.groups",
            check=_CHECK,
            verdict=verdict,
            numbers=(f"groups.{everyone.id}", *(f"groups.{g.id}" for g in groups)),
            claim=f"{everyone.label}: the groups of the table make up all patients",
            printed=everyone.n.text,
            attainable=f"{total} patients in the groups",
            by_hand=f"{' + '.join(str(g.size) for g in groups)} = {total}; all {n}",
            assumptions=(
                "each patient belongs to one group" if total >= n
                else f"{n - total} patients are in none of the groups of this table",
            ),
            values={"total": total, "n": n},
        )  # fmt: skip


def row_sizes(paper: Paper) -> Iterator[Finding]:
    """Patients with a value in one row: no more than the group has."""
    for table, row in rows_of(paper):
        if not row.n:
            continue
        sizes = {g.id: (g.size, f"groups.{g.id}", g.label) for g in paper.groups_of(table)}
        if paper.everyone is not None and paper.everyone.n is not None:
            whole = paper.everyone
            sizes[whole.id] = (int(whole.n.value), f"groups.{whole.id}", whole.label)
        for group, printed in row.n.items():
            if group not in sizes:
                continue
            size, number, name = sizes[group]
            n = int(printed.value)
            yield Finding(
                id=f"{table.id}.{row.id}.{group}.size",
                check="counts and percentages",
                verdict=Verdict.IMPOSSIBLE if n > size else Verdict.CONSISTENT,
                numbers=(f"{table.id}.{row.id}.n.{group}", number),
                claim=f"{label_of(paper, row)}, {name}: no more values than the group has patients",
                printed=printed.text,
                attainable=f"at most {size}",
                by_hand=f"{n} > {size}" if n > size else f"{size} − {n} = {size - n} missing",
                assumptions=("the row counts patients, each of them once",),
                values={"n": n, "size": size},
            )


def counts_of_all(paper: Paper) -> Iterator[Finding]:
    """The count of all patients is the sum over the groups."""
    for case in _wholes(paper, CountRow, LevelsRow):
        levels = {f"{level.id}.": level.label for level in getattr(case.row, "levels", [])}
        for level, cells in cells_of(case.row):
            if case.id not in cells:
                continue
            counts = [int(cells[g.id].count.value) for g in case.groups]
            total, found = sum(counts), int(cells[case.id].count.value)
            rest = case.rest
            if total == found:
                verdict = Verdict.REPRODUCED
            elif found < total:
                verdict = Verdict.IMPOSSIBLE
            elif rest is None or (rest > 0 and found - total <= rest):
                verdict = Verdict.DEPENDS
            else:
                verdict = Verdict.IMPOSSIBLE
            assumptions: tuple[str, ...] = ("each patient belongs to one group",)
            if verdict is Verdict.DEPENDS:
                assumptions = (case.others,)
            elif found > total and rest is not None:
                assumptions += (TOGETHER if rest <= 0 else case.others,)
            label = f"{case.label}: {levels[level]}" if level else case.label
            prefix = f"{case.prefix}.{level}"
            yield Finding(
                id=f"{prefix}{case.id}.sum",
                check=_CHECK,
                verdict=verdict,
                numbers=(
                    f"{prefix}{case.id}.count", *(f"{prefix}{g.id}.count" for g in case.groups)
                ),
                claim=f"{label}, {case.name}: the count is the sum over the groups",
                printed=str(found),
                attainable=str(total) if not rest else f"{total} to {total + rest}",
                by_hand=f"{' + '.join(map(str, counts))} = {total}",
                assumptions=assumptions,
                values={"count": found, "total": total},
            )  # fmt: skip


def _box(case: _Whole) -> list[ss.Group]:
    assert isinstance(case.row, MeanRow)
    cells = [case.row.values[g.id] for g in case.groups]
    return [
        (g.size, cell.mean.interval, cell.sd.interval)
        for g, cell in zip(case.groups, cells, strict=True)
    ]


def means_of_all(paper: Paper) -> Iterator[Finding]:
    """Mean and SD of all patients from those of the groups, over all roundings."""
    for case in _wholes(paper, MeanRow):
        assert isinstance(case.row, MeanRow)
        if len(case.groups) < 2:
            continue
        yield _mean_of_all(case)
        if min(g.size for g in case.groups) > 1:
            yield _sd_of_all(case)


def _loose(
    case: _Whole, printed: Printed, tight: Interval, wide: Interval, what: str
) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict of a number of all patients: within `tight` if every patient has a value,
    within `wide` if some are missing, and anything where there are other patients."""
    if case.rest != 0:
        fits = printed.interval.intersects(tight)
        return Verdict.DEPENDS, (TOGETHER if fits else case.others,)
    if printed.interval.intersects(tight):
        return Verdict.CONSISTENT, (TOGETHER, "every patient has a value")
    if not case.says_missing and printed.interval.intersects(wide):
        return Verdict.DEPENDS, (TOGETHER, MISSING)
    grounds = ("every patient has a value",) if case.says_missing else (f"{what} with a value",)
    return Verdict.IMPOSSIBLE, (TOGETHER, *grounds)


def _numbers(case: _Whole, parts: Sequence[str]) -> tuple[str, ...]:
    columns = [case.id, *(g.id for g in case.groups)]
    cells = [f"{case.prefix}.{c}.{part}" for c in columns for part in parts]
    return (*cells, *case.uses)


def _mean_of_all(case: _Whole) -> Finding:
    assert isinstance(case.row, MeanRow)
    box, printed = _box(case), case.row.values[case.id].mean
    tight = ss.pooled_mean(box)
    wide = hull(end for _, m, _ in box for end in (m.low, m.high))
    verdict, assumptions = _loose(case, printed, tight, wide, "some patients of every group")
    if verdict is Verdict.IMPOSSIBLE:
        cells = [case.row.values[g.id] for g in case.groups]
        cut = [(n, cut_off(c.mean), s) for c, (n, _, s) in zip(cells, box, strict=True)]
        reach = (
            ss.pooled_mean(cut)
            if case.says_missing
            else hull(end for _, m, _ in cut for end in (m.low, m.high))
        )
        if cut_off(printed).intersects(reach):
            verdict, assumptions = Verdict.DEPENDS, (CUT,)
    at = ss.pooled_mean([
        (n, Interval.point(case.row.values[g.id].mean.value), s)
        for g, (n, _, s) in zip(case.groups, box, strict=True)
    ]).low  # fmt: skip
    if verdict is Verdict.CONSISTENT and printed.shows(at):
        verdict = Verdict.REPRODUCED
    places = max(printed.decimals, 0) + 1
    terms = " + ".join(f"{g.size} × {case.row.values[g.id].mean.text.strip()}" for g in case.groups)
    attainable = outward_text(tight, places)
    if verdict is not Verdict.REPRODUCED and not case.says_missing:
        attainable += f"; {outward_text(wide, places)} with missing values"
    return Finding(
        id=f"{case.prefix}.{case.id}.mean_of_all",
        check=_CHECK,
        verdict=verdict,
        numbers=_numbers(case, ("mean",)),
        claim=f"{case.label}, {case.name}: the mean is that of the groups together",
        printed=printed.text.strip(),
        attainable=attainable,
        by_hand=f"({terms}) / {case.total} = {format_fixed(at, places)}",
        assumptions=assumptions,
        values={"low": float(tight.low), "high": float(tight.high)},
    )


def _sd_of_all(case: _Whole) -> Finding:
    """SD of all patients: (N − 1) S² = Σ (n − 1) s² + Σ n (m − M)², with both sums at their
    ends.  With unknown numbers of missing values, at least two left in each group, S² lies
    between k / (2k − 1) of the least variance, and the largest variance with a quarter of
    the squared range of the means times 2k / (2k − 1) (Popoviciu 1935)."""
    assert isinstance(case.row, MeanRow)
    box, printed = _box(case), case.row.values[case.id].sd
    k = len(box)
    tight = ss.pooled_variance(box)
    squares = [Interval(s.clip(0, math.inf).low ** 2, s.high**2) for _, _, s in box]
    width = max(m.high for _, m, _ in box) - min(m.low for _, m, _ in box)
    wide = Interval(
        min(s.low for s in squares) * Fraction(k, 2 * k - 1),
        max(s.high for s in squares) + width**2 / 4 * Fraction(2 * k, 2 * k - 1),
    )
    verdict, assumptions = _loose(
        case, printed, common.sqrt(tight), common.sqrt(wide), "two patients of every group"
    )
    if verdict in (Verdict.IMPOSSIBLE, Verdict.DEPENDS) and case.rest == 0:
        for words, other in _other_sds(case, box):
            if cut_off(printed).intersects(other):
                verdict, assumptions = Verdict.DEPENDS, (words,)
                break
    point = ss.pooled_variance([
        (g.size, *(Interval.point(getattr(case.row.values[g.id], x).value) for x in ("mean", "sd")))
        for g in case.groups
    ])  # fmt: skip
    at = common.sqrt(point).low
    if verdict is Verdict.CONSISTENT and printed.shows(at):
        verdict = Verdict.REPRODUCED
    places = max(printed.decimals, 0) + 1
    attainable = outward_text(common.sqrt(tight), places)
    if verdict in (Verdict.IMPOSSIBLE, Verdict.DEPENDS) and not case.says_missing:
        attainable += f"; {outward_text(common.sqrt(wide), places)} with missing values"
    inside = " + ".join(
        f"{g.size - 1} × {case.row.values[g.id].sd.text.strip()}²" for g in case.groups
    )
    return Finding(
        id=f"{case.prefix}.{case.id}.sd_of_all",
        check=_CHECK,
        verdict=verdict,
        numbers=_numbers(case, ("mean", "sd")),
        claim=f"{case.label}, {case.name}: the SD is that of the groups together",
        printed=printed.text.strip(),
        attainable=attainable,
        by_hand=(
            f"√(({inside} + Σ n × (mean − mean of all)²) / {case.total - 1}) = "
            f"{format_fixed(at, places)}"
        ),
        assumptions=assumptions,
        values={
            "low": float(common.sqrt(tight).low), "high": float(common.sqrt(tight).high)
        },
    )  # fmt: skip


def _other_sds(case: _Whole, box: list[ss.Group]) -> Iterator[tuple[str, Interval]]:
    """The figure after ± of all patients if it, or those of the groups, are no SDs."""
    assert isinstance(case.row, MeanRow)
    root = common.sqrt(Interval.point(case.total))
    errors = [(n, m, s.clip(0, math.inf) * common.sqrt(Interval.point(n))) for n, m, s in box]
    of_errors = common.sqrt(ss.pooled_variance(errors))
    yield ERRORS, of_errors / root
    yield "the figures after ± of the groups are standard errors", of_errors
    yield (
        "the figure after ± of all patients is a standard error",
        common.sqrt(ss.pooled_variance(box)) / root,
    )
    cells = [case.row.values[g.id] for g in case.groups]
    cut = [(n, cut_off(c.mean), cut_off(c.sd)) for c, (n, _, _) in zip(cells, box, strict=True)]
    yield CUT, common.sqrt(ss.pooled_variance(cut))
    around = ss.between([Fraction(n) for n, _, _ in box], [m for _, m, _ in box])
    whole = [Interval(s.clip(0, math.inf).low ** 2, s.high**2) for _, _, s in box]
    yield (
        DIVISOR,
        common.sqrt(
            Interval(
                (sum(n * v.low for (n, _, _), v in zip(box, whole, strict=True)) + around.low)
                / case.total,
                (sum(n * v.high for (n, _, _), v in zip(box, whole, strict=True)) + around.high)
                / case.total,
            )
        ),
    )
    yield (
        "the figure after ± of all patients is the SD inside the groups",
        common.sqrt(Interval(*(end / (case.total - len(box)) for end in _ends(ss.within(box))))),
    )


def _ends(interval: Interval) -> tuple[Fraction, Fraction]:
    return Fraction(interval.low), Fraction(interval.high)


def medians_of_all(paper: Paper) -> Iterator[Finding]:
    """The median of all patients lies between the medians of the groups, with or without
    missing values; quartiles need not, where they are interpolated.

    At least half of the values of each group, and so of all, are no smaller than the least
    of their medians.  If exactly half of all are smaller, then so are half of each group,
    and the two in the middle of all are at least those in the middle of one of the groups.
    """
    for case in _wholes(paper, MedianRow):
        assert isinstance(case.row, MedianRow)
        if len(case.groups) < 2:
            continue
        parts = ("median", "q1", "q3")
        reach = {
            part: hull(
                end
                for g in case.groups
                for interval in (getattr(case.row.values[g.id], part).interval,)
                for end in (interval.low, interval.high)
            )
            for part in parts
        }
        cell = case.row.values[case.id]
        outside = [x for x in parts if not getattr(cell, x).interval.intersects(reach[x])]
        if case.rest != 0:
            verdict, assumptions = Verdict.DEPENDS, (case.others if outside else TOGETHER,)
        elif "median" in outside:
            verdict, assumptions = Verdict.IMPOSSIBLE, (TOGETHER, MIDDLE)
        elif outside:
            verdict = Verdict.DEPENDS
            assumptions = ("quartiles are interpolated, so that they may lie outside",)
        else:
            verdict, assumptions = Verdict.CONSISTENT, (TOGETHER,)
        places = max(cell.median.decimals, 0)
        shown = {x: outward_text(reach[x], places + 1) for x in parts}
        medians = ", ".join(case.row.values[g.id].median.text.strip() for g in case.groups)
        yield Finding(
            id=f"{case.prefix}.{case.id}.median_of_all",
            check=_CHECK,
            verdict=verdict,
            numbers=_numbers(case, parts),
            claim=f"{case.label}, {case.name}: the median lies between those of the groups",
            printed=cell.text,
            attainable=f"median {shown['median']}, quartiles {shown['q1']} and {shown['q3']}",
            by_hand=f"medians of the groups: {medians}",
            assumptions=assumptions,
        )
