"""What stays significant when all rows are counted, and what leans on its test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analysis.checks import common, two_samples
from analysis.checks.common import p_text
from analysis.checks.count_tests import PEARSON, CountTable, count_ps, count_tables, declared
from analysis.checks.mean_tests import STUDENT, WELCH, t_rows
from analysis.checks.rows import label_of
from analysis.checks.several_means import f_rows
from analysis.findings import Finding, Verdict
from analysis.paper import Paper, TwoGroupTable
from analysis.printed import Interval, Printed


@dataclass(frozen=True, slots=True)
class _RowP:
    id: str
    label: str
    p: float
    printed: Printed
    alternatives: dict[str, float]


def _row_ps(paper: Paper, table: TwoGroupTable) -> list[_RowP]:
    """A P for every row: recomputed from the counts, the printed t or the means; otherwise as
    printed, a limit such as "<0.001" as its end."""
    found: dict[str, _RowP] = {}
    for count_case in count_tables(paper):
        if count_case.row in table.rows and count_case.row.p is not None:
            ps = count_ps(count_case)
            tested = next((name for name in declared(count_case) if name in ps), PEARSON)
            found[count_case.id] = _RowP(
                count_case.id, count_case.label, ps[tested], count_case.row.p,
                ps | _one_patient_moved(count_case),
            )  # fmt: skip
    for case in t_rows(paper):
        if case.table is not table or case.row.p is None:
            continue
        student, welch = (two_samples.p_of_t(t) for t in (case.student(), case.welch()))
        alternatives = {
            "Student, roundings at their worst": float(student.high),
            "Student, roundings at their best": float(student.low),
            "Welch, roundings at their worst": float(welch.high),
        }
        df = Interval.point(sum(case.n) - 2)
        p = (
            float(common.p_from_t(Interval.point(abs(case.row.statistic.value)), df).high)
            if case.row.statistic is not None and {STUDENT, WELCH} & case.fitting().keys()
            else float(two_samples.p_of_t(case.student(box=False)).high)
        )
        found[case.id] = _RowP(case.id, case.label, p, case.row.p, alternatives)
    for several in f_rows(paper):
        if several.table is not table or several.row.p is None:
            continue
        ps_of = several.usual(several.box())
        at = several.usual(several.point())
        found[several.id] = _RowP(
            several.id, several.label, float(at[several.default].p.high), several.row.p,
            {
                f"{name}, roundings at their {end}": float(value)
                for name, f in ps_of.items()
                for end, value in (("worst", f.p.high), ("best", f.p.low))
            },
        )  # fmt: skip
    for row in table.rows:
        # what nothing recomputes counts as a test all the same, with the P that is printed
        id = f"{table.id}.{row.id}"
        if id not in found and row.p is not None:
            p = common.printed_p(row.p, paper.alpha)
            under = 1 - 1e-12 if p.comparison == "<" else 1  # "<0.05" is under 0.05
            found[id] = _RowP(id, label_of(paper, row), float(p.value) * under, row.p, {})
    order = [f"{table.id}.{row.id}" for row in table.rows]
    return [found[id] for id in order if id in found]


def _one_patient_moved(case: CountTable) -> dict[str, float]:
    """Pearson's P after one patient of either group changes category, both ways (2×2)."""
    if not case.is_2x2:
        return {}
    (a, b), (c, d) = case.counts
    moved = {
        "one patient fewer in the first cell": ((a - 1, b), (c + 1, d)),
        "one patient more in the first cell": ((a + 1, b), (c - 1, d)),
        "one patient fewer in the second cell": ((a, b - 1), (c, d + 1)),
        "one patient more in the second cell": ((a, b + 1), (c, d - 1)),
    }
    return {
        name: two_samples.chi2_p(float(two_samples.pearson(table)), 1)
        for name, table in moved.items()
        if min(map(min, table)) >= 0 and all(map(sum, table))
    }


def _multiplicity(table: TwoGroupTable, rows: list[_RowP], alpha: float) -> Iterator[Finding]:
    """How many rows stay significant after Holm (1979) and Benjamini & Hochberg (1995)."""
    if len(rows) < 2:
        return
    ps = [row.p for row in rows]
    holm, bh = two_samples.holm(ps), two_samples.benjamini_hochberg(ps)
    nominal = [row for row in rows if row.p < alpha]
    lost = [row.label for row, q in zip(rows, holm, strict=True) if row.p < alpha <= q]
    kept_holm = sum(q < alpha for q in holm)
    kept_bh = sum(q < alpha for q in bh)
    smallest_lost = min(
        (row.p for row, q in zip(rows, holm, strict=True) if q >= alpha), default=None
    )
    yield Finding(
        id=f"{table.id}.multiplicity",
        check="multiplicity",
        verdict=Verdict.DEPENDS if lost else Verdict.CONSISTENT,
        numbers=tuple(f"{row.id}.p" for row in rows),
        claim=f"Every significant comparison stays so when all {len(rows)} are counted",
        printed=f"{len(nominal)} of {len(rows)} rows under {alpha:g}",
        attainable=f"{kept_holm} after Holm, {kept_bh} after Benjamini–Hochberg"
        + (f"; lost after Holm: {', '.join(lost)}" if lost else ""),
        by_hand=(
            f"Holm: number {kept_holm + 1} of the P values, smallest first, is "
            f"{smallest_lost:#.3g}; "
            f"× {len(rows) - kept_holm} = {p_text(smallest_lost * (len(rows) - kept_holm))}"
            if smallest_lost is not None
            else f"the largest P is under {alpha:g}"
        ),
        assumptions=("the rows of the table are one family of tests",),
        values={
            "labels": [row.label for row in rows],
            "rows": [row.id for row in rows],
            "p": ps, "holm": holm, "bh": bh, "alpha": alpha,
            "nominal": len(nominal), "kept_holm": kept_holm, "kept_bh": kept_bh, "lost": lost,
            "kept": [row.label for row, q in zip(rows, holm, strict=True) if q < alpha],
        },
    )  # fmt: skip


def _fragility(rows: list[_RowP], alpha: float) -> Iterator[Finding]:
    """Does the significance of a row survive another usual test, or one patient moved?"""
    for row in rows:
        if row.p >= alpha or not row.alternatives:
            continue
        against = {name: p for name, p in row.alternatives.items() if p >= alpha}
        listed = against or {
            max(row.alternatives, key=row.alternatives.__getitem__): max(row.alternatives.values())
        }
        yield Finding(
            id=f"{row.id}.fragility",
            check="fragility",
            verdict=Verdict.DEPENDS if against else Verdict.CONSISTENT,
            numbers=(f"{row.id}.p",),
            claim=f"{row.label}: the significance stands under every usual test and one patient moved",
            printed=f"P {row.printed.text}"
            if row.printed.comparison != "="
            else f"P = {row.printed.text}",
            attainable="; ".join(f"{p_text(p)} ({name})" for name, p in listed.items()),
            by_hand=f"P = {p_text(row.p)} as tested; largest alternative {p_text(max(row.alternatives.values()))}",
            assumptions=(f"significant means P < {alpha:g}",),
            values={
                "p": row.p,
                "alternatives": row.alternatives,
                "against": against,
                "label": row.label,
            },
        )


def significance(paper: Paper) -> Iterator[Finding]:
    """What stays significant when all rows are counted, and what leans on its test."""
    for table in paper.tables_of("two_group"):
        rows = _row_ps(paper, table)
        yield from _multiplicity(table, rows, float(paper.alpha))
        yield from _fragility(rows, float(paper.alpha))
