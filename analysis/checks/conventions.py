"""Which one test explains every row of a table."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.checks.count_tests import (
    LIKELIHOOD,
    PEARSON,
    YATES,
    count_excuse,
    count_tables,
    readings_of,
)
from analysis.checks.mean_tests import F_STATISTIC, STUDENT, WELCH, TRow, t_rows
from analysis.checks.rank_tests import rank_excuse
from analysis.checks.rows import AS_PRINTED, Family, label_of
from analysis.findings import Finding, Verdict
from analysis.paper import Paper, TwoGroupTable


def conventions(paper: Paper) -> Iterator[Finding]:
    """Which one test explains every row of a table, and which rows rule the others out."""
    for table in paper.tables_of("two_group"):
        of_t = {
            case.id: set(case.fitting())
            for case in t_rows(paper)
            if case.table is table and case.row.statistic is not None and _counts(case, paper)
        }
        yield from _convention(
            paper, table, "t", of_t, (STUDENT, WELCH), paper.paper.tests.continuous
        )
        of_counts = {}
        for case in count_tables(paper):
            other = case.row.test in _OTHERS or case.family is Family.CONTRADICTED
            if case.row in table.rows and case.row.statistic is not None and not other:
                fits = set(readings_of(case, paper))
                if fits or count_excuse(case) is None:
                    of_counts[case.id] = fits
        yield from _convention(
            paper,
            table,
            "chi2",
            of_counts,
            (PEARSON, YATES, LIKELIHOOD),
            paper.paper.tests.categorical,
        )


# rows that name one of these are not among those that one test should explain
_OTHERS = ("trend", "mann_whitney", "kruskal_wallis")


def _counts(case: TRow, paper: Paper) -> bool:
    """Whether a row belongs to those that one t should explain: not where it names F, and
    not where it fits none and was perhaps compared by ranks."""
    if case.names_another or case.declared == F_STATISTIC:
        return False
    return bool(case.fitting()) or rank_excuse(paper, case.row, case.n) is None


def _convention(
    paper: Paper,
    table: TwoGroupTable,
    name: str,
    rows: dict[str, set[str]],
    candidates: tuple[str, ...],
    stated: str | None,
) -> Iterator[Finding]:
    if not rows:
        return
    explains = [c for c in candidates if all(c in fits for fits in rows.values())]
    against = {c: [row for row, fits in rows.items() if c not in fits] for c in candidates}
    default = candidates[0]
    nobody = [row for row, fits in rows.items() if not fits]
    verdict = (
        Verdict.REPRODUCED if default in explains
        else Verdict.IMPOSSIBLE if nobody
        else Verdict.DEPENDS
    )  # fmt: skip

    def label(row_id: str) -> str:
        row = next(r for r in table.rows if f"{table.id}.{r.id}" == row_id)
        return label_of(paper, row)

    ruled_out = "; ".join(
        f"{c}: ruled out by {', '.join(label(r) for r in against[c])}"
        for c in candidates
        if against[c]
    )
    said = f'the methods say "{stated}"' if stated else "the methods name no test"
    statistics = "t" if name == "t" else "chi-square"
    holds = f"the column of statistics holds {statistics}, of the whole groups"
    yield Finding(
        id=f"{table.id}.{name}_convention",
        check="one convention for the table",
        verdict=verdict,
        numbers=tuple(f"{row}.statistic" for row in rows),
        claim=f"One test explains all {len(rows)} {statistics} statistics of the table",
        printed=said,
        attainable=", ".join(explains) if explains else "no single convention",
        by_hand=ruled_out or "every row fits every convention within rounding",
        assumptions=(said, holds, AS_PRINTED) if verdict is Verdict.IMPOSSIBLE else (said,),
        values={
            "explains": explains,
            "against": {c: [label(r) for r in rows_] for c, rows_ in against.items()},
            "rows": len(rows),
        },
    )
