"""What a cohort must print: a paper's comparisons of two groups and its ROC tables as targets.

Which test and which standard error a table used is taken from the checks: the convention
that explains every row.  A number that a check proved impossible is no target; it is kept
with that finding, which is its certificate.  Regression tables are no targets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from analysis.checks import roc, two_group
from analysis.findings import Finding, Verdict
from analysis.formula import names_in
from analysis.paper import CountRow, LevelsRow, MeanRow, MedianRow, Number, Paper, RocRow, RocTable
from analysis.printed import Printed

# Recomputed from the other numbers of a row; in an impossible row these give way.
_RECOMPUTED = (
    "test statistic", "P", "percentage", "CI limit", "standard error",
    "sensitivity", "specificity", "threshold",
)  # fmt: skip


class NotCoveredError(ValueError):
    """The search cannot serve this paper; the message is one sentence that says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One printed number that a cohort must print: `id` and `printed` are the record's."""

    id: str
    printed: Printed
    role: str


@dataclass(frozen=True, slots=True)
class Impossible:
    """A printed number that no cohort can print, and the finding that proves it."""

    target: Target
    finding: Finding


@dataclass(frozen=True)
class Constraints:
    """All that a cohort of `paper` must print.

    `targets` by id; `impossible` what is left out with its proof; `tests` the test of each
    two-group table for means and for counts (names of :mod:`analysis.checks.two_group`);
    `se_of_p` the standard error behind P in each ROC table; `youden` the ROC rows (table,
    row) whose printed cut can be the one with the largest Youden index, and then must be.
    """

    paper: Paper
    targets: dict[str, Target]
    impossible: tuple[Impossible, ...]
    tests: dict[str, tuple[str, str]]
    se_of_p: dict[str, str]
    youden: frozenset[tuple[str, str]]

    @cached_property
    def mean_rows(self) -> dict[str, tuple[str, MeanRow]]:
        """The row with the means of each variable: variable → (table id, row)."""
        return {
            row.variable: (table.id, row)
            for table in self.paper.tables_of("two_group")
            for row in table.rows
            if isinstance(row, MeanRow)
        }

    @cached_property
    def roc_rows(self) -> dict[str, tuple[RocTable, RocRow]]:
        """The ROC row of each marker: variable → (table, row)."""
        return {r.variable: (t, r) for t in self.paper.tables_of("roc") for r in t.rows}

    @cached_property
    def count_rows(self) -> dict[str, tuple[str, CountRow | LevelsRow]]:
        """The row with the counts of each variable: variable → (table id, row)."""
        return {
            row.variable: (table.id, row)
            for table in self.paper.tables_of("two_group")
            for row in table.rows
            if isinstance(row, CountRow | LevelsRow)
        }

    @property
    def variables(self) -> list[str]:
        """Every variable of a cohort, in the order of the tables."""
        return list(
            dict.fromkeys(row.variable for t in self.paper.tables_of("two_group") for row in t.rows)
        )

    def printed(self, id: str) -> Printed | None:
        """The printed number with this id if a cohort must print it."""
        return self.targets[id].printed if id in self.targets else None


def constraints(paper: Paper) -> Constraints:
    """The targets of a paper.

    Raises :class:`NotCoveredError` where the paper holds what the search does not serve:
    no table of two groups, more than two groups, medians, rows compared by ranks, levels
    that do not make up the group, markers without a row of means.
    """
    _refuse(paper)
    findings = [f for module in (two_group, roc) for check in module.CHECKS for f in check(paper)]
    by_id = {finding.id: finding for finding in findings}
    wanted = {number.id: number for number in _numbers(paper)}
    certificates: dict[str, Finding] = {}
    for finding in findings:
        if finding.verdict is Verdict.IMPOSSIBLE:
            certificates |= dict.fromkeys(_giving_way(finding, wanted), finding)
    targets = {
        id: Target(id, number.value, number.role)
        for id, number in wanted.items()
        if isinstance(number.value, Printed)
    }
    impossible = tuple(
        Impossible(targets.pop(id), finding)
        for id, finding in certificates.items()
        if id in targets
    )
    tests = {
        table.id: (
            _explains(by_id.get(f"{table.id}.t_convention"), two_group.STUDENT),
            _explains(by_id.get(f"{table.id}.chi2_convention"), two_group.PEARSON),
        )
        for table in paper.tables_of("two_group")
    }
    se_of_p = {}
    for table in paper.tables_of("roc"):
        finding = by_id.get(f"{table.id}.p_convention")
        kept = finding.values["kept"] if finding else []
        se_of_p[table.id] = roc.PRINTED_SE if list(kept) == [roc.PRINTED_SE] else roc.NULL_SE  # type: ignore[call-overload]
    return Constraints(paper, targets, impossible, tests, se_of_p, _youden(paper, by_id))


def _numbers(paper: Paper) -> Iterator[Number]:
    tables = {t.id for kind in ("two_group", "roc") for t in paper.tables_of(kind)}
    for number in paper.numbers.values():
        # headings (a level, the name of a category) are no statistics
        told = number.role in ("category", "confidence level", "group size")
        if number.id.partition(".")[0] in tables and not told:
            yield number


def _giving_way(finding: Finding, wanted: dict[str, Number]) -> list[str]:
    named = [id for id in finding.numbers if id in wanted]
    recomputed = [id for id in named if wanted[id].role in _RECOMPUTED]
    return recomputed or named


def _explains(finding: Finding | None, default: str) -> str:
    explains: list[str] = finding.values["explains"] if finding else []  # type: ignore[assignment]
    return default if default in explains or not explains else explains[0]


def _youden(paper: Paper, by_id: dict[str, Finding]) -> frozenset[tuple[str, str]]:
    allowed = set()
    for table in paper.tables_of("roc"):
        for row in table.rows:
            finding = by_id.get(f"{table.id}.{row.id}.criterion")
            status = finding.values["youden"] if finding else {}
            if row.threshold is not None and status.get("status") == roc.ALLOWED:  # type: ignore[attr-defined]
                allowed.add((table.id, row.id))
    return frozenset(allowed)


_NOT_COVERED = ("youden", "ppv", "npv", "accuracy", "lr_positive", "lr_negative")


def _refuse(paper: Paper) -> None:
    tables = paper.tables_of("two_group")
    if not tables:
        raise NotCoveredError("the paper has no table of kind two_group, one is needed.")
    if len(paper.groups) != 2:
        raise NotCoveredError(f"the paper has {len(paper.groups)} groups, two are needed.")
    if paper.everyone is not None:
        raise NotCoveredError("everyone: a column of all patients is not covered.")
    if small := [g for g in paper.groups if g.size < 4]:
        raise NotCoveredError(
            f"groups.{small[0].id}: found {small[0].size} patients, at least 4 are needed."
        )
    seen: set[str] = set()
    for table in [*tables, *paper.tables_of("roc")]:
        if len(paper.groups_of(table)) != len(paper.groups):
            raise NotCoveredError(f"{table.id}: a table about some of the groups is not covered.")
    for table in tables:
        if table.percent_of != "group":
            raise NotCoveredError(
                f"{table.id}: found percentages of {table.percent_of}, those of groups are covered."
            )
        for row in table.rows:
            place = f"{table.id}.{row.id}"
            if row.n:
                raise NotCoveredError(f"{place}: values are missing, whole groups are covered.")
            if isinstance(row, MedianRow):
                raise NotCoveredError(f"{place}: found medians, only means and counts are covered.")
            if isinstance(row, MeanRow) and row.by_ranks:
                raise NotCoveredError(f"{place}: found a test by ranks, t tests are covered.")
            if row.variable in seen:
                raise NotCoveredError(f"{place}: {row.variable} has two rows, one is covered.")
            seen.add(row.variable)
            if isinstance(row, LevelsRow):
                for group in paper.groups:
                    total = sum(int(level.values[group.id].count.value) for level in row.levels)
                    if total != group.size:
                        raise NotCoveredError(
                            f"{place}: the levels make up {total} of {group.size} patients, "
                            "levels without missing patients are covered."
                        )
            if isinstance(row, CountRow):
                for group in paper.groups:
                    if (k := int(row.values[group.id].count.value)) > group.size:
                        raise NotCoveredError(f"{place}: {k} of {group.size} patients.")
    means = {r.variable for t in tables for r in t.rows if isinstance(r, MeanRow)}
    markers: set[str] = set()
    for table in paper.tables_of("roc"):
        for roc_row in table.rows:
            place = f"{table.id}.{roc_row.id}"
            if roc_row.cuts:
                raise NotCoveredError(f"{place}: found several cut-offs, one is covered.")
            if extra := next((c for c in _NOT_COVERED if getattr(roc_row, c) is not None), None):
                raise NotCoveredError(f"{place}.{extra}: this column is not covered.")
            if roc_row.auc is None:
                raise NotCoveredError(f"{place}: no area is printed, one is needed.")
            if roc_row.variable not in means:
                raise NotCoveredError(f"{place}: {roc_row.variable} has no row of means.")
            if roc_row.variable in markers:
                raise NotCoveredError(f"{place}: {roc_row.variable} has two ROC rows.")
            markers.add(roc_row.variable)
    _refuse_formulas(paper, means)


def _refuse_formulas(paper: Paper, means: set[str]) -> None:
    used: set[str] = set()
    for variable in paper.variables:
        if variable.formula is None or variable.id not in means:
            continue
        parts = names_in(variable.formula)
        if missing := sorted(parts - means):
            raise NotCoveredError(f"{variable.id}: its part {missing[0]} has no row of means.")
        if any(paper.variable(part).formula for part in parts) or parts & used:
            raise NotCoveredError(
                f"{variable.id}: a derived variable needs parts of its own that are not derived."
            )
        used |= parts
