"""Counts and percentages of the groups of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from analysis.checks import granularity
from analysis.checks.rows import label_of, rows_of
from analysis.findings import Finding, Verdict
from analysis.paper import Column, CountRow, Level, LevelsRow, Paper
from analysis.printed import CountPercent, Printed, format_fixed


@dataclass(frozen=True, slots=True)
class _Percentage:
    """One cell ``n (%)`` and what its percentage may be of."""

    id: str
    label: str
    cell: CountPercent
    group: Column
    known: int  # patients of the group whose category is printed; 0 where only one is
    row_total: int
    total: int
    adds_to_100: bool

    @property
    def count(self) -> int:
        return int(self.cell.count.value)


def _percentage_cells(paper: Paper) -> Iterator[_Percentage]:
    for table, row in rows_of(paper, CountRow, LevelsRow):
        levels = row.levels if isinstance(row, LevelsRow) else [row]
        for level in levels:
            prefix, label = f"{table.id}.{row.id}", label_of(paper, row)
            if isinstance(level, Level):
                prefix, label = f"{prefix}.{level.id}", f"{label}: {level.label}"
            groups = paper.columns(table, row)
            row_total = sum(int(level.values[g.id].count.value) for g in groups)
            for group in groups:
                column = [other.values[group.id] for other in levels]
                yield _Percentage(
                    f"{prefix}.{group.id}", label, level.values[group.id], group,
                    sum(int(cell.count.value) for cell in column) if len(levels) > 1 else 0,
                    row_total, paper.total_of(table, row),
                    len(levels) > 1 and sum(c.percent.value if c.percent else 0 for c in column) == 100,
                )  # fmt: skip


def percentages(paper: Paper) -> Iterator[Finding]:
    """``n (%)``: does the count over its group give the percentage?

    A smaller denominator (missing values), percentages of the row or of all patients,
    percentages cut off instead of rounded, and percentages mended so that they add up to
    100 are tried before a percentage is called impossible.
    """
    for cell in _percentage_cells(paper):
        if cell.count > cell.group.size:
            yield _too_many(cell)
        elif cell.cell.percent is not None:
            yield _percentage(cell, cell.cell.percent)


def _too_many(cell: _Percentage) -> Finding:
    percent = (f"{cell.id}.percent",) if cell.cell.percent is not None else ()
    return Finding(
        id=f"{cell.id}.percentage",
        check="counts and percentages",
        verdict=Verdict.IMPOSSIBLE,
        numbers=(f"{cell.id}.count", *percent, cell.group.number),
        claim=f"{cell.label}, {cell.group.label}: no more patients than the group has",
        printed=cell.cell.text,
        attainable=f"at most {cell.group.size}",
        by_hand=f"{cell.count} > {cell.group.size}",
        assumptions=("the row counts patients, each of them once",),
        values={"count": cell.count, "n": cell.group.size},
    )


def _percentage(cell: _Percentage, percent: Printed) -> Finding:
    count, group, n = cell.count, cell.group, cell.group.size
    decimals = max(percent.decimals, 0)
    exact = Fraction(100 * count, n)
    attainable, note, assumptions = f"{format_fixed(exact, decimals + 2)}%", "", ()
    assumption = f"the denominator is the group, {n}"
    if percent.shows(exact):
        verdict, assumptions = Verdict.REPRODUCED, (assumption,)
        if percent.is_tie(exact):
            note = (
                f"{format_fixed(exact, decimals + 1)} lies half-way between two printed values; "
                "either may be printed."
            )
    elif reading := _other_percentage(cell, percent):
        verdict = Verdict.DEPENDS
        assumptions = (reading[0],)
        attainable += f"; {reading[1]}"
    else:
        verdict = Verdict.IMPOSSIBLE
        assumptions = (
            f"the denominator is the group ({n}), a part of it, the row ({cell.row_total}) "
            f"or all patients ({cell.total})",
        )
        if cell.known:
            assumptions += (f"at least the {cell.known} patients listed are in the denominator",)
    return Finding(
        id=f"{cell.id}.percentage",
        check="counts and percentages",
        verdict=verdict,
        numbers=(f"{cell.id}.count", f"{cell.id}.percent"),
        claim=f"{cell.label}, {group.label}: the count gives the percentage",
        printed=cell.cell.text,
        attainable=attainable,
        by_hand=f"{count} / {n} × 100 = {format_fixed(exact, decimals + 2)}",
        assumptions=assumptions,
        note=note,
        values={"count": count, "n": n, "percent": float(exact), "tie": percent.is_tie(exact)},
    )


def _other_percentage(cell: _Percentage, percent: Printed) -> tuple[str, str] | None:
    """Another reading under which the percentage fits: its assumption and what it gives."""
    # a number cut off at its last place lies in the unit above it
    above = replace(percent, value=percent.value + percent.half_unit)
    cut = " if cut off, not rounded"
    for reading, suffix in ((percent, ""), *([(above, cut)] if percent.comparison == "=" else [])):
        if found := _other_denominator(cell, reading, suffix):
            return found
    exact = Fraction(100 * cell.count, cell.group.size)
    if cell.adds_to_100 and abs(percent.value - exact) <= 3 * percent.half_unit:
        return (
            "a last digit was changed so that the percentages add up to 100",
            f"{percent.text} if made to add up to 100",
        )
    return None


def _other_denominator(cell: _Percentage, percent: Printed, suffix: str) -> tuple[str, str] | None:
    count, n, text = cell.count, cell.group.size, percent.text
    if suffix and percent.shows(Fraction(100 * count, n)):
        return "percentages are cut off, not rounded", f"{text}{suffix}"
    smaller = granularity.hidden_denominators(count, percent, n)
    smaller = range(max(smaller.start, cell.known), smaller.stop)
    if smaller:
        shown = ", ".join(map(str, smaller[-3:][::-1]))
        return (
            f"values are missing and the denominator is {shown} instead of {n}",
            f"{text} with a denominator of {shown}{suffix}",
        )
    for total, name in ((cell.row_total, "the row total"), (cell.total, "all patients,")):
        if total and percent.shows(Fraction(100 * count, total)):
            return (
                f"the percentage is of {name} {total}, not of the group",
                f"{text} of {total}{suffix}",
            )
    return None


def levels_add_up(paper: Paper) -> Iterator[Finding]:
    """The categories of a variable together: all patients of the group?"""
    for table, row in rows_of(paper, LevelsRow):
        assert isinstance(row, LevelsRow)
        for group in paper.columns(table, row):
            counts = [int(level.values[group.id].count.value) for level in row.levels]
            total, n = sum(counts), group.size
            verdict = (
                Verdict.REPRODUCED if total == n
                else Verdict.DEPENDS if total < n
                else Verdict.IMPOSSIBLE
            )  # fmt: skip
            assumptions = ["each patient belongs to one category"]
            if total < n:
                assumptions.append(f"the value of {n - total} patients is missing")
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.levels",
                check="counts and percentages",
                verdict=verdict,
                numbers=(
                    *(f"{table.id}.{row.id}.{level.id}.{group.id}.count" for level in row.levels),
                    group.number,
                ),
                claim=f"{label_of(paper, row)}, {group.label}: the categories make up the group",
                printed=" + ".join(map(str, counts)),
                attainable=f"{n} patients",
                by_hand=f"{' + '.join(map(str, counts))} = {total}; group {n}",
                assumptions=tuple(assumptions),
                values={"total": total, "n": n},
            )
