"""Counts and percentages of the groups of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from analysis.checks import granularity
from analysis.checks.rows import (
    cut_off,
    everyone_column,
    is_unknown,
    label_of,
    not_impossible,
    rows_of,
    weighted_methods,
)
from analysis.findings import Finding, Verdict
from analysis.paper import Column, CountRow, Level, LevelsRow, Paper, PercentOf
from analysis.printed import CountPercent, Printed, format_fixed


@dataclass(frozen=True, slots=True)
class _Percentage:
    """One cell ``n (%)`` and what its percentage may be of."""

    id: str
    label: str
    cell: CountPercent
    group: Column
    percent_of: PercentOf  # what the table says
    known: int  # patients of the group whose category is printed; 0 where only one is
    known_of_all: int  # the same for all groups together, at least those of this row
    row_totals: tuple[int, ...]
    totals: tuple[int, ...]
    adds_to_100: bool
    of_items: int  # all items of the row where its percentages show that it counts no patients

    @property
    def count(self) -> int:
        return int(self.cell.count.value)

    @property
    def base(self) -> int:
        """The denominator that the table says."""
        if self.percent_of == "row":
            return self.row_totals[0]
        return self.totals[0] if self.percent_of == "all" else self.group.size

    @property
    def base_words(self) -> str:
        of = {"group": "the group", "row": "the row", "all": "all patients"}
        return f"{of[self.percent_of]}, {self.base}"


def _percentage_cells(paper: Paper) -> Iterator[_Percentage]:
    for table, row in rows_of(paper, CountRow, LevelsRow):
        levels = row.levels if isinstance(row, LevelsRow) else [row]
        groups, whole = paper.columns(table, row), everyone_column(paper, table, row)
        everyone = paper.everyone
        totals = [paper.total_of(table, row), *([whole.size] if whole else [])]
        if everyone is not None and everyone.n is not None:
            totals.append(int(everyone.n.value))
        listed = [sum(int(level.values[g.id].count.value) for g in groups) for level in levels]
        known = [x for x in levels if not (isinstance(x, Level) and is_unknown(x.label))]
        known_of_all = sum(int(x.values[g.id].count.value) for x in known for g in groups)
        items = {g.id: counts_items(levels, g) for g in [*groups, *([whole] if whole else [])]}
        for level, in_groups in zip(levels, listed, strict=True):
            prefix, label = f"{table.id}.{row.id}", label_of(paper, row)
            if isinstance(level, Level):
                prefix, label = f"{prefix}.{level.id}", f"{label}: {level.label}"
            of_all = level.values.get(everyone.id) if everyone is not None else None
            row_totals = [in_groups, *([int(of_all.count.value)] if of_all else [])]
            for group in [*groups, *([whole] if whole and of_all else [])]:
                is_whole = whole is not None and group.id == whole.id
                says = "group" if is_whole else table.percent_of
                column = [other.values[group.id] for other in levels if group.id in other.values]
                # patients of a category "unknown" need not be in the denominator
                sure = [other.values[group.id] for other in known if group.id in other.values]
                beside = [level.values[g.id] for g in groups] if says == "row" else column
                yield _Percentage(
                    f"{prefix}.{group.id}", label, level.values[group.id], group, says,
                    sum(int(cell.count.value) for cell in sure) if len(levels) > 1 else 0,
                    max(known_of_all, in_groups),
                    tuple(dict.fromkeys(row_totals)), tuple(dict.fromkeys(totals)),
                    len(beside) > 1 and sum(c.percent.value if c.percent else 0 for c in beside) == 100,
                    items[group.id],
                )  # fmt: skip


OF_PATIENTS = "count and percentage are of the same patients, neither weighted nor imputed"


def percentages(paper: Paper) -> Iterator[Finding]:
    """``n (%)``: does the count over its group give the percentage?

    A smaller denominator (missing values), percentages of the row or of all patients,
    percentages cut off instead of rounded, and percentages mended so that they add up to
    100 are tried before a percentage is called impossible.
    """
    weights = weighted_methods(paper)
    for cell in _percentage_cells(paper):
        if cell.count > cell.group.size:
            yield _too_many(cell)
        elif cell.cell.percent is not None:
            yield not_impossible(_percentage(cell, cell.cell.percent), weights, OF_PATIENTS)


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
    count, group, n = cell.count, cell.group, cell.base
    decimals = max(percent.decimals, 0)
    exact = Fraction(100 * count, n) if n else Fraction(0)  # 0 of nobody is printed as 0
    attainable, note, assumptions = f"{format_fixed(exact, decimals + 2)}%", "", ()
    if percent.shows(exact):
        verdict, assumptions = Verdict.REPRODUCED, (f"the denominator is {cell.base_words}",)
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
        rows, totals = (" or ".join(map(str, x)) for x in (cell.row_totals, cell.totals))
        assumptions = (
            f"the denominator is the group ({group.size}), a part of it, the row ({rows}) "
            f"or all patients ({totals})",
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
    exact = Fraction(100 * cell.count, cell.base) if cell.base else Fraction(0)
    if cell.adds_to_100 and abs(percent.value - exact) <= 3 * percent.half_unit:
        return (
            "a last digit was changed so that the percentages add up to 100",
            f"{percent.text} if made to add up to 100",
        )
    return None


def _other_denominator(cell: _Percentage, percent: Printed, suffix: str) -> tuple[str, str] | None:
    count, n, text = cell.count, cell.base, percent.text
    if suffix and n and percent.shows(Fraction(100 * count, n)):
        return "percentages are cut off, not rounded", f"{text}{suffix}"
    said = {"row": "the row", "all": "all patients", "group": "the group"}[cell.percent_of]
    if cell.percent_of != "group" and percent.shows(Fraction(100 * count, cell.group.size)):
        return (
            f"the percentage is of the group {cell.group.size}, not of {said}",
            f"{text} of {cell.group.size}{suffix}",
        )
    if cell.percent_of == "all":
        fewer = _hidden(count, percent, n, cell.known_of_all)
    else:
        n = cell.group.size
        fewer = _hidden(count, percent, n, cell.known)
    if fewer:
        shown = ", ".join(map(str, fewer[-3:][::-1]))
        return (
            f"values are missing and the denominator is {shown} instead of {n}",
            f"{text} with a denominator of {shown}{suffix}",
        )
    if cell.of_items and percent.shows(Fraction(100 * count, cell.of_items)):
        return (
            f"{ITEMS}: {cell.of_items}, more than the {cell.group.size} patients",
            f"{text} of {cell.of_items}{suffix}",
        )
    names = [(total, "the row total") for total in cell.row_totals]
    names += [(total, "all patients,") for total in cell.totals]
    for total, name in names:
        if total and percent.shows(Fraction(100 * count, total)):
            return (
                f"the percentage is of {name} {total}, not of {said}",
                f"{text} of {total}{suffix}",
            )
    return None


def _hidden(count: int, percent: Printed, n: int, known: int) -> range:
    smaller = granularity.hidden_denominators(count, percent, n)
    return range(max(smaller.start, known), smaller.stop)


ITEMS = "the row counts something of which a patient may have several"
SEVERAL = "a patient may belong to several categories"


def _shares(levels: Sequence[Level | CountRow], group: Column, base: int) -> bool:
    """Whether the percentages of all categories are printed, and are of `base`."""
    cells = [level.values.get(group.id) for level in levels]
    return all(
        cell is not None
        and cell.percent is not None
        and Fraction(100 * int(cell.count.value), base) in cut_off(cell.percent)
        for cell in cells
    )


def counts_items(levels: Sequence[Level | CountRow], group: Column) -> int:
    """How many items a row of categories counts, where they are more than the patients and
    every percentage is of them (tumours, events); 0 otherwise."""
    cells = [level.values.get(group.id) for level in levels]
    total = sum(int(cell.count.value) for cell in cells if cell is not None)
    many = len(levels) > 1 and total > group.size
    return total if many and _shares(levels, group, total) else 0


def overlap(levels: Sequence[Level | CountRow], group: Column) -> bool:
    """Whether categories hold more patients than the group, and their percentages, which
    are of the group, more than 100 %: they need not exclude each other."""
    return _shares(levels, group, group.size)


def levels_add_up(paper: Paper) -> Iterator[Finding]:
    """The categories of a variable together: all patients of the group?"""
    for table, row in rows_of(paper, LevelsRow):
        assert isinstance(row, LevelsRow)
        whole = everyone_column(paper, table, row)
        if whole is not None and not all(whole.id in level.values for level in row.levels):
            whole = None
        for group in [*paper.columns(table, row), *([whole] if whole else [])]:
            counts = [int(level.values[group.id].count.value) for level in row.levels]
            total, n = sum(counts), group.size
            verdict = (
                Verdict.REPRODUCED if total == n
                else Verdict.DEPENDS if total < n
                else Verdict.IMPOSSIBLE
            )  # fmt: skip
            assumptions = ["each patient belongs to one category"]
            if total > n:
                assumptions.append("the row counts patients")
                if counts_items(row.levels, group):
                    verdict, assumptions = Verdict.DEPENDS, [ITEMS]
                elif overlap(row.levels, group):
                    verdict, assumptions = Verdict.DEPENDS, [SEVERAL]
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
