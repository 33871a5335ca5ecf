"""Tests of rows that nothing printed decides: what is missing, row by row."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.checks.count_tests import count_tables
from analysis.checks.mean_tests import t_rows
from analysis.checks.rank_tests import rank_rows
from analysis.checks.rows import (
    MISSING,
    TEST_NAMES,
    Family,
    everyone_column,
    family,
    label_of,
    rows_of,
)
from analysis.checks.several_means import f_rows
from analysis.findings import Finding, Verdict
from analysis.paper import CountRow, LevelsRow, MedianRow, Paper, Row, TwoGroupTable


def tests_left_open(paper: Paper) -> Iterator[Finding]:
    """Statistics and P values that no other check of the row speaks about."""
    decided = {case.id for cases in (t_rows, f_rows, count_tables) for case in cases(paper)}
    of_ranks = {case.id for case in rank_rows(paper)}
    for table, row in rows_of(paper):
        id = f"{table.id}.{row.id}"
        open_ = []
        if id not in decided:
            open_ = [x for x in ("statistic", "p") if getattr(row, x) is not None]
            if id in of_ranks and row.statistic is not None:
                open_ = []  # the statistic and P are held against each other
        if not open_:
            continue
        yield Finding(
            id=f"{id}.test_not_checkable",
            check="tests left open",
            verdict=Verdict.NOT_CHECKABLE,
            numbers=tuple(f"{id}.{x}" for x in open_),
            claim=f"{label_of(paper, row)}: the test of this row",
            printed=", ".join(getattr(row, x).text for x in open_),
            attainable="no bound",
            by_hand=f"Missing: {_missing(paper, table, row)}.",
            assumptions=(f"the row names {TEST_NAMES[row.test]}",) if row.test else (),
        )


def _missing(paper: Paper, table: TwoGroupTable, row: Row) -> str:
    groups, kind = paper.columns(table, row), family(paper, row)
    if row.test in MISSING:
        return MISSING[row.test]
    if len(groups) < 2:
        return "the table shows one group; what it was compared with would be needed"
    if kind is Family.RANKS or isinstance(row, MedianRow):
        return MISSING["ranks"]
    if isinstance(row, CountRow | LevelsRow):
        return "every patient is in one category or in one group; there is nothing to compare"
    if min(g.size for g in groups) < 2:
        return "a group of one patient has no SD; the patients' values would be needed"
    return "the patients' values would be needed"


def sizes_left_open(paper: Paper) -> Iterator[Finding]:
    """Percentages of all patients where their number is not printed."""
    everyone = paper.everyone
    for table, row in rows_of(paper, CountRow, LevelsRow):
        if everyone is None or everyone_column(paper, table, row) is not None:
            continue
        levels = [(f"{x.id}.", x.values) for x in getattr(row, "levels", [])]
        for level, values in levels or [("", row.values)]:  # type: ignore[union-attr]
            cell = values.get(everyone.id)
            if cell is None or cell.percent is None:
                continue
            yield Finding(
                id=f"{table.id}.{row.id}.{level}{everyone.id}.percentage",
                check="counts and percentages",
                verdict=Verdict.NOT_CHECKABLE,
                numbers=(f"{table.id}.{row.id}.{level}{everyone.id}.percent",),
                claim=f"{label_of(paper, row)}, {everyone.label}: the count gives the percentage",
                printed=cell.text,
                attainable="no bound",
                by_hand="Missing: how many of all patients have a value is not printed.",
            )
