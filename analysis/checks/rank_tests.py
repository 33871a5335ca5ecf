"""Rows compared by ranks: what their Z, U or H can be, and the P that belongs to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from analysis.checks import common, ranks
from analysis.checks.common import outward_text, p_finding, p_text
from analysis.checks.rows import (
    STATISTIC_NAMES,
    Family,
    and_one_sided,
    cut_off,
    family,
    first_that_fits,
    fits_other,
    label_of,
    named,
    not_impossible,
    rows_of,
    undecided_methods,
)
from analysis.findings import Finding, Verdict
from analysis.paper import Column, MeanRow, MedianRow, Paper, Row, TwoGroupTable
from analysis.printed import Interval, Printed, format_fixed

_NAMES = {"Z": "z", "U": "u", "H": "h"}
OF_VALUES = "the statistic is t or F of the values, not one of ranks"
_CHECK = "a test by ranks"


@dataclass(frozen=True, slots=True)
class RankRow:
    """A row whose test is by ranks (or whose test medians do not decide)."""

    table: TwoGroupTable
    row: MeanRow | MedianRow
    label: str
    groups: tuple[Column, ...]
    family: Family

    @property
    def id(self) -> str:
        return f"{self.table.id}.{self.row.id}"

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(g.size for g in self.groups)

    @property
    def says_ranks(self) -> bool:
        """Whether the row itself names a test by ranks."""
        by_ranks = isinstance(self.row, MeanRow) and self.row.by_ranks
        return by_ranks or self.row.test in ("mann_whitney", "kruskal_wallis")


def rank_rows(paper: Paper) -> Iterator[RankRow]:
    """Rows of means or medians that are compared by ranks, in two groups or more."""
    for table, row in rows_of(paper, MeanRow, MedianRow):
        assert isinstance(row, MeanRow | MedianRow)
        kind = family(paper, row)
        of_medians = isinstance(row, MedianRow) and kind is Family.CONTRADICTED
        groups = tuple(paper.columns(table, row))
        if len(groups) > 1 and (kind is Family.RANKS or of_medians):
            yield RankRow(table, row, label_of(paper, row), groups, kind)


def rank_excuse(paper: Paper, row: Row, sizes: tuple[int, ...]) -> str | None:
    """Why a row of means that fits no test of means is not impossible: it may have been
    compared by ranks, or it names a test of other rows; None where neither holds."""
    kind = family(paper, row)
    if kind is Family.CONTRADICTED:
        return f"{named(row)}, which means and SDs do not decide"
    if kind is not Family.OPEN:
        return None
    if words := undecided_methods(row, paper.paper.tests.continuous):
        return words
    words = "the row may have been compared by ranks, which means and SDs do not decide"
    if row.statistic is None:
        return words
    p = common.printed_p(row.p, paper.alpha) if row.p is not None else None
    for meaning in ranks.meanings(row.statistic, sizes, row.statistic_is):
        if p is None or any(
            p.interval.clip(0, 1).intersects(found)
            for _, found in and_one_sided([("", meaning.p), *meaning.rarer], p)
        ):
            return f"{words} (the statistic would be {meaning.name})"
    return None


def rank_statistics(paper: Paper) -> Iterator[Finding]:
    """Z, U or H against the values that the sizes of the groups allow."""
    for case in rank_rows(paper):
        printed = case.row.statistic
        if printed is None:
            continue
        kind = case.row.statistic_is
        found = list(ranks.meanings(printed, case.sizes, kind))
        total = sum(case.sizes)
        root = ranks.largest_z(case.sizes)
        limits = [f"H at most {total - 1}"]
        by_hand = f"N − 1 = {total - 1}"
        if len(case.sizes) == 2:
            pairs = case.sizes[0] * case.sizes[1]
            limits = [f"|Z| at most {format_fixed(root.high, 3)}", f"U at most {pairs}", *limits]
            by_hand = (
                f"√({total} − 1) = {format_fixed(root.high, 3)}; "
                f"{case.sizes[0]} × {case.sizes[1]} = {pairs}"
            )
        if found:
            wanted = {"chi2": "h"}.get(kind or "", kind)
            agrees = kind is None or _NAMES.get(found[0].name) == wanted
            verdict = Verdict.CONSISTENT if agrees else Verdict.DEPENDS
            name = f"the statistic is {found[0].name}"
            said = f"the row names its statistic {STATISTIC_NAMES[kind]}" if kind else ""
            assumptions = (name,) if agrees else (f"fits {found[0].name}, {said}",)
        else:
            verdict = Verdict.IMPOSSIBLE
            assumptions = (
                "the statistic is Z, U, a sum of ranks or H of a test by ranks"
                if len(case.sizes) == 2
                else "the statistic is H of a test by ranks",
                "all patients of the groups have a value, or fewer",
            )
        finding = Finding(
            id=f"{case.id}.rank_statistic",
            check=_CHECK,
            verdict=verdict,
            numbers=(f"{case.id}.statistic", *(g.number for g in case.groups)),
            claim=f"{case.label}: a test by ranks can have this statistic",
            printed=f"{STATISTIC_NAMES[kind] if kind else 'statistic'} = {printed.text}",
            attainable="; ".join(limits),
            by_hand=by_hand,
            assumptions=assumptions,
        )
        yield not_impossible(finding, _excuse(case), None)


def _excuse(case: RankRow) -> str | None:
    """Why a statistic that no test by ranks gives need not be wrong."""
    if case.family is Family.CONTRADICTED:
        return f"{named(case.row)}, which medians do not decide"
    if not case.says_ranks:
        return OF_VALUES
    if len(case.sizes) > 2 and case.row.statistic_is in ("z", "t", "u"):
        return "the statistic compares two of the groups, or is one of a trend"
    return None


def p_from_ranks(paper: Paper) -> Iterator[Finding]:
    """P against the printed Z, U or H; of ranks that are not printed nothing else follows."""
    for case in rank_rows(paper):
        printed, statistic = case.row.p, case.row.statistic
        if printed is None or statistic is None:
            continue
        p = common.printed_p(printed, paper.alpha)
        found = list(ranks.meanings(statistic, case.sizes, case.row.statistic_is))
        others = list(ranks.other_ps(statistic, case.sizes))
        if not found and not others:
            continue
        if found:
            first = found[0]
            name, reach, central = first.name, first.p, first.central
        else:
            name, reach = others[0]
            central = float(reach.high)
        finding = p_finding(
            f"{case.id}.p_from_ranks", _CHECK, f"{case.id}.p", p, central, reach,
            f"{case.label}: P follows from the printed statistic",
            _by_hand(case, statistic, name, central),
            (f"the statistic is {name}, two-sided",) if name != "H" else
            (f"the statistic is H, with {len(case.sizes) - 1} degrees of freedom",),
        )  # fmt: skip
        if _contradicts(case, name) and finding.verdict is not Verdict.IMPOSSIBLE:
            finding = replace(
                finding, verdict=Verdict.DEPENDS, assumptions=(fits_other(case.row, name),)
            )
        readings = [(m.name, m.p) for m in found]
        readings += [(f"{m.name}: {words}", span) for m in found for words, span in m.rarer]
        if statistic.comparison == "=" and found:
            longer = common.absolute(cut_off(statistic))
            at = common.p_from_chi2(longer, len(case.sizes) - 1)
            others.append((f"{name}, cut off", common.p_from_z(longer) if name == "Z" else at))
        two = len(case.sizes) == 2
        finding = first_that_fits(finding, p, [*readings, *others], case.row, one_sided=two)
        yield not_impossible(finding, _excuse(case) if case.family is Family.CONTRADICTED else None)


def _contradicts(case: RankRow, name: str) -> bool:
    """Whether the row calls its statistic something else than `name`."""
    kind = {"chi2": "h"}.get(case.row.statistic_is or "", case.row.statistic_is)
    return kind is not None and _NAMES.get(name) != kind


def _by_hand(case: RankRow, statistic: Printed, name: str, central: float) -> str:
    text = statistic.text.strip().replace("-", "−")
    if name == "U":
        n1, n2 = case.sizes
        z = ranks.z_of_u(Interval.point(Fraction(statistic.value)), n1, n2, corrected=False)
        return (
            f"|{text} − {n1} × {n2} / 2| / √({n1} × {n2} × {n1 + n2 + 1} / 12) = "
            f"{outward_text(z, 3).split(' to ')[0]}; P = {p_text(central)} without ties"
        )
    if name == "H":
        df = len(case.sizes) - 1
        return f"H = {text}, {df} degree{'s' if df > 1 else ''} of freedom: P = {p_text(central)}"
    return f"{name} = {text}, two-sided: P = {p_text(central)}"
