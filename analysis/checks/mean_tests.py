"""Tests of the means of two groups: t, F = t² and their P."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from analysis.checks import common, two_samples
from analysis.checks.common import outward_text, p_finding, p_text
from analysis.checks.rank_tests import rank_excuse
from analysis.checks.rows import (
    CUT,
    DIVISOR,
    SPREADS,
    WHOLE_GROUPS,
    Family,
    cut_off,
    family,
    first_that_fits,
    fits_other,
    fits_squared,
    grant,
    label_of,
    not_impossible,
    rows_of,
    size_of,
)
from analysis.checks.rows import ERRORS as STANDARD_ERRORS
from analysis.findings import Finding, Verdict
from analysis.paper import Column, MeanRow, Paper, TwoGroupTable
from analysis.printed import Interval, Printed, format_fixed


@dataclass(frozen=True, slots=True)
class TRow:
    """The inputs of t for one row: sizes and the boxes of means and SDs."""

    table: TwoGroupTable
    row: MeanRow
    label: str
    groups: tuple[Column, Column]
    mean: tuple[Printed, Printed]
    sd: tuple[Printed, Printed]
    family: Family

    @property
    def id(self) -> str:
        return f"{self.table.id}.{self.row.id}"

    @property
    def n(self) -> tuple[int, int]:
        return self.groups[0].size, self.groups[1].size

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(f"{self.id}.{g.id}.{part}" for g in self.groups for part in ("mean", "sd"))

    @property
    def declared(self) -> str | None:
        """The reading that the row itself names, if it names one of means."""
        if self.row.test == "anova" or self.row.statistic_is == "f":
            return F_STATISTIC
        return {"t": STUDENT, "welch": WELCH}.get(self.row.test or "")

    @property
    def names_another(self) -> bool:
        """Whether the row names a test, or a statistic, that is none of means."""
        return self.family is Family.CONTRADICTED or self.row.statistic_is == "z"

    def _of(
        self, function: Callable[..., two_samples.TInterval], box: bool
    ) -> two_samples.TInterval:
        pick = (lambda x: x.interval) if box else (lambda x: Interval.point(x.value))
        (n1, n2), (m1, m2), (s1, s2) = self.n, self.mean, self.sd
        return function(n1, pick(m1), pick(s1), n2, pick(m2), pick(s2))

    def student(self, box: bool = True) -> two_samples.TInterval:
        return self._of(two_samples.student_t, box)

    def welch(self, box: bool = True) -> two_samples.TInterval:
        return self._of(two_samples.welch_t, box)

    def from_errors(self, function: Callable[..., two_samples.TInterval]) -> two_samples.TInterval:
        """t if the figures after ± were standard errors of the means instead of SDs."""

        def of_errors(n1, m1, e1, n2, m2, e2):  # type: ignore[no-untyped-def]
            s1, s2 = (two_samples.sd_from_standard_error(e, n) for e, n in ((e1, n1), (e2, n2)))
            return function(n1, m1, s1, n2, m2, s2)

        return self._of(of_errors, True)

    def from_divisor(self, function: Callable[..., two_samples.TInterval]) -> two_samples.TInterval:
        """t if the SDs have the divisor n instead of n − 1, as some programs print them."""

        def of_divisor(n1, m1, s1, n2, m2, s2):  # type: ignore[no-untyped-def]
            s1, s2 = (two_samples.sd_from_divisor_n(s, n) for s, n in ((s1, n1), (s2, n2)))
            return function(n1, m1, s1, n2, m2, s2)

        return self._of(of_divisor, True)

    def usual(self) -> dict[str, Reading]:
        """Student's and Welch's t."""
        return {
            STUDENT: Reading(False, self.student().squared),
            WELCH: Reading(False, self.welch().squared),
        }

    def squares(self) -> dict[str, Reading]:
        """F of two groups, which is t²."""
        return {
            F_STATISTIC: Reading(True, self.student().squared),
            f"{F_STATISTIC}{_UNEQUAL}": Reading(True, self.welch().squared),
        }

    def rare(self) -> dict[str, Reading]:
        """What else a paper may print for two means: t from standard errors, or F."""
        found = {}
        for function, suffix in ((two_samples.student_t, ""), (two_samples.welch_t, _UNEQUAL)):
            found[STANDARD_ERRORS + suffix] = Reading(False, self.from_errors(function).squared)
            found[DIVISOR + suffix] = Reading(False, self.from_divisor(function).squared)
        squares = {
            f"{F_STATISTIC}, {name}": Reading(True, reading.squared)
            for name, reading in found.items()
        }
        return found | self.squares() | squares

    def cut(self) -> dict[str, Reading]:
        """t where means, SDs and t itself are cut off instead of rounded."""
        whole = (cut_off(x) for x in (*self.mean, *self.sd))
        m1, m2, s1, s2 = whole
        n1, n2 = self.n
        return {
            f"{CUT}{suffix}": Reading(False, function(n1, m1, s1, n2, m2, s2).squared, cut=True)
            for function, suffix in ((two_samples.student_t, ""), (two_samples.welch_t, _UNEQUAL))
        } | {
            f"{F_STATISTIC}, {CUT}{suffix}": Reading(
                True, function(n1, m1, s1, n2, m2, s2).squared, cut=True
            )
            for function, suffix in ((two_samples.student_t, ""), (two_samples.welch_t, _UNEQUAL))
        }

    def fitting(self) -> dict[str, Reading]:
        """The readings that fit the printed statistic; the rare ones only if no usual one
        does."""
        printed = self.row.statistic
        assert printed is not None
        tried = [self.usual, self.rare, self.cut]
        if self.declared == F_STATISTIC:
            tried.insert(0, self.squares)
        for readings in tried:
            if found := {name: r for name, r in readings().items() if r.fits(printed)}:
                first = {self.declared: found[self.declared]} if self.declared in found else {}
                return first | found
        return {}


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a printed statistic: the enclosure of its square, whether the paper
    prints that square (F) or its root (t), and whether it cut the figure off."""

    is_square: bool
    squared: Interval
    cut: bool = False

    def fits(self, printed: Printed) -> bool:
        """Whether it may print like this, whatever its sign."""
        if self.is_square:
            inside = cut_off(printed) if self.cut else printed.interval
            return inside.intersects(self.squared)
        if self.cut:
            size = (
                common.absolute(cut_off(printed)) if printed.comparison == "=" else size_of(printed)
            )
            return Interval(size.low**2, size.high**2).intersects(self.squared)
        return fits_squared(printed, self.squared)

    @property
    def shown(self) -> Interval:
        """What the paper would print, without its sign."""
        return self.squared if self.is_square else common.sqrt(self.squared)


def t_rows(paper: Paper) -> Iterator[TRow]:
    """Rows of means of two groups that a t may compare; those by ranks and of pairs are not
    among them."""
    for table, row in rows_of(paper, MeanRow):
        assert isinstance(row, MeanRow)
        groups = paper.columns(table, row)
        if len(groups) != 2:
            continue
        first, second = groups
        a, b = row.values[first.id], row.values[second.id]
        kind = family(paper, row)
        if min(first.size, second.size) < 2 or kind in (Family.RANKS, Family.OTHER):
            continue
        yield TRow(
            table,
            row,
            label_of(paper, row),
            (first, second),
            (a.mean, b.mean),
            (a.sd, b.sd),
            kind,
        )


STUDENT, WELCH = "Student's t (equal variances)", "Welch's t (unequal variances)"
F_STATISTIC = "the statistic is F = t²"
_UNEQUAL = ", unequal variances"
_UNSIGNED = "the sign of t is not compared"


def _shows(printed: Printed, case: TRow, default: str) -> bool:
    """Whether the statistic of the printed means and SDs themselves, rounded, is the printed
    one."""
    t = case.welch(box=False) if default == WELCH else case.student(box=False)
    return t.squared.is_point and Reading(default == F_STATISTIC, t.squared).fits(printed)


def t_from_means(paper: Paper) -> Iterator[Finding]:
    """The printed t against every t that the printed means and SDs allow."""
    for case in t_rows(paper):
        printed = case.row.statistic
        if printed is None:
            continue
        student, welch = case.student(), case.welch()
        central = case.student(box=False)
        decimals = max(printed.decimals, 0)
        attainable = f"{outward_text(student.absolute, decimals + 1)} (Student)"
        fits = list(readings := case.fitting())
        default = case.declared or STUDENT
        if _shows(printed, case, default) and not case.names_another:
            verdict, assumptions = Verdict.REPRODUCED, (default, _UNSIGNED)
        elif fits:
            agrees = fits[0] == default and not case.names_another
            verdict = Verdict.CONSISTENT if agrees else Verdict.DEPENDS
            assumptions = (fits[0] if agrees else fits_other(case.row, fits[0]), _UNSIGNED)
        else:
            verdict = Verdict.IMPOSSIBLE
            assumptions = (
                "a two-sample t or its square F, Student's or Welch's, of the whole groups",
                SPREADS,
            )
        if verdict in (Verdict.DEPENDS, Verdict.IMPOSSIBLE) or default == WELCH:
            attainable += f"; {outward_text(welch.absolute, decimals + 1)} (Welch)"
        if fits and fits[0] not in (STUDENT, WELCH):
            shown = outward_text(readings[fits[0]].shown, decimals + 1)
            attainable += f"; {shown} if {fits[0]}"
        t = central.absolute.high
        finding = Finding(
            id=f"{case.id}.t_from_means",
            check="t from means and SDs",
            verdict=verdict,
            numbers=(f"{case.id}.statistic", *case.inputs),
            claim=f"{case.label}: t follows from the printed means and SDs",
            printed=f"t = {printed.text}",
            attainable=attainable,
            by_hand=_by_hand(case, default, decimals),
            assumptions=assumptions,
            values={
                "t": float(printed.value),
                "t_low": float(student.absolute.low),
                "t_high": float(student.absolute.high),
                "t_central": float(t),
                "welch_low": float(welch.absolute.low),
                "welch_high": float(welch.absolute.high),
                "label": case.label,
            },
        )
        yield not_impossible(finding, rank_excuse(paper, case.row, case.n))


def _by_hand(case: TRow, default: str, decimals: int) -> str:
    """The line by hand for the reading that the row names."""
    if default == WELCH:
        (n1, n2), (m1, m2), (s1, s2) = case.n, case.mean, case.sd
        a, b = (m1, m2) if m1.value >= m2.value else (m2, m1)
        t = float(case.welch(box=False).absolute.high)
        shown = "∞" if math.isinf(t) else format_fixed(t, decimals)
        return (
            f"({a.text.strip()} − {b.text.strip()}) / "
            f"√({s1.text.strip()}² / {n1} + {s2.text.strip()}² / {n2}) = {shown}"
        )
    t = float(case.student(box=False).absolute.high)
    by_hand = _student_by_hand(case, t, decimals)
    if default == F_STATISTIC:
        by_hand += f"; F = t² = {'∞' if math.isinf(t) else format_fixed(t * t, decimals)}"
    return by_hand


def _student_by_hand(case: TRow, t: float, decimals: int) -> str:
    (n1, n2), (m1, m2), (s1, s2) = case.n, case.mean, case.sd
    a, b = (m1, m2) if m1.value >= m2.value else (m2, m1)
    pooled = math.sqrt(((n1 - 1) * float(s1) ** 2 + (n2 - 1) * float(s2) ** 2) / (n1 + n2 - 2))
    shown = "∞" if math.isinf(t) else format_fixed(t, decimals)
    return (
        f"({a.text.strip()} − {b.text.strip()}) / ({format_fixed(pooled, 3)} × √(1/{n1} + 1/{n2})) = {shown}; "
        f"{format_fixed(pooled, 3)} is the pooled SD"
    )


def p_from_t(paper: Paper) -> Iterator[Finding]:
    """The printed P against the printed t; from the means where no t is printed."""
    for case in t_rows(paper):
        if case.row.p is None:
            continue
        p, statistic = common.printed_p(case.row.p, paper.alpha), case.row.statistic
        if statistic is None:
            finding = grant(_p_from_means(case, p), WHOLE_GROUPS, SPREADS)
            if case.family is Family.CONTRADICTED:
                finding = _as_depends(finding, case)
            yield not_impossible(finding, rank_excuse(paper, case.row, case.n))
            continue
        df = sum(case.n) - 2
        t = size_of(statistic)
        point = Interval.point(abs(statistic.value))
        letter, freedom = "t", Interval.point(df)
        assumption = f"Student's t with {df} degrees of freedom, two-sided"
        if case.declared == F_STATISTIC:
            letter, t, point = "F", common.sqrt(t), common.sqrt(point)
            assumption = f"F with 1 and {df} degrees of freedom"
        elif case.declared == WELCH:
            freedom = case.welch().df
            assumption = "Welch's t with Satterthwaite's degrees of freedom, two-sided"
        words = f"{outward_text(freedom, 0 if freedom.is_point else 2)} degrees of freedom"
        attainable = common.p_from_t(t, freedom)
        central_df = case.welch(box=False).df if case.declared == WELCH else freedom
        central = float(common.p_from_t(point, central_df).high)
        if case.row.statistic_is == "z":
            attainable = common.p_from_z(t)
            central = float(common.p_from_z(point).high)
            letter, words, assumption = "Z", "two-sided", "the normal distribution (z)"
        finding = p_finding(
            f"{case.id}.p_from_t", "P from t", f"{case.id}.p", p, central, attainable,
            f"{case.label}: P follows from the printed {letter}",
            f"{letter} = {statistic.text}, {words}: P = {p_text(central)}",
            (assumption,),
        )  # fmt: skip
        t = size_of(statistic)
        finding = first_that_fits(finding, p, _other_ps(case, t, statistic), case.row)
        if case.family is Family.CONTRADICTED:
            finding = _as_depends(finding, case)
        yield not_impossible(finding, rank_excuse(paper, case.row, case.n))


def _as_depends(finding: Finding, case: TRow) -> Finding:
    """A P that fits beside a row that names a test of other rows."""
    if finding.verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT):
        words = fits_other(case.row, finding.assumptions[0])
        return replace(finding, verdict=Verdict.DEPENDS, assumptions=(words,))
    return finding


def _other_ps(case: TRow, t: Interval, statistic: Printed) -> Iterator[tuple[str, Interval]]:
    """P under Welch's degrees of freedom, one-sided, from F or z, or of the other t."""
    value = statistic.value
    df = Interval.point(sum(case.n) - 2)
    yield "Student's degrees of freedom", common.p_from_t(t, df)
    yield "Welch's degrees of freedom", common.p_from_t(t, case.welch().df)
    fits = case.fitting()
    if value >= 0 and not {STUDENT, WELCH} & fits.keys():
        yield F_STATISTIC, common.p_from_t(common.sqrt(t), df)
        yield (
            f"{F_STATISTIC}, Welch's degrees of freedom",
            common.p_from_t(common.sqrt(t), case.welch().df),
        )
    yield "the normal distribution (z)", common.p_from_z(t)
    if {STUDENT, WELCH} & fits.keys():
        # t of one test beside P of the other
        yield f"a P of {WELCH}", two_samples.p_of_t(case.welch())
        yield f"a P of {STUDENT}", two_samples.p_of_t(case.student())
    for words, welch in (
        (STANDARD_ERRORS, case.from_errors(two_samples.welch_t)),
        (DIVISOR, case.from_divisor(two_samples.welch_t)),
    ):
        yield f"Welch's degrees of freedom, {words}", common.p_from_t(t, welch.df)
    if statistic.comparison == "=":
        longer = common.absolute(cut_off(statistic))
        dfs = [("", df), (", Welch's degrees of freedom", case.welch().df)]
        for words, freedom in dfs:
            yield f"a t that is cut off, not rounded{words}", common.p_from_t(longer, freedom)
            if value >= 0 and not {STUDENT, WELCH} & fits.keys():
                root = common.sqrt(longer)
                yield f"an F that is cut off, not rounded{words}", common.p_from_t(root, freedom)


def _p_from_means(case: TRow, p: Printed) -> Finding:
    student, welch = two_samples.p_of_t(case.student()), two_samples.p_of_t(case.welch())
    default = WELCH if case.declared == WELCH else STUDENT
    of_welch = default == WELCH
    t = case.welch(box=False) if of_welch else case.student(box=False)
    finding = p_finding(
        f"{case.id}.p_from_means", "P from means and SDs", f"{case.id}.p", p,
        float(two_samples.p_of_t(t).high), welch if of_welch else student,
        f"{case.label}: P follows from the printed means and SDs",
        _by_hand(case, default, 3),
        (default,),
    )  # fmt: skip
    return first_that_fits(
        finding,
        p,
        [
            (STUDENT, student),
            (WELCH, welch),
            ("the normal distribution (z)", common.p_from_z(case.welch().absolute)),
            *(
                (name, two_samples.p_of_t(case.from_errors(function)))
                for name, function in (
                    (STANDARD_ERRORS, two_samples.student_t),
                    (f"{STANDARD_ERRORS}, unequal variances", two_samples.welch_t),
                )
            ),
            (DIVISOR, two_samples.p_of_t(case.from_divisor(two_samples.student_t))),
            (f"{DIVISOR}{_UNEQUAL}", two_samples.p_of_t(case.from_divisor(two_samples.welch_t))),
            *((name, _p_of(case, r)) for name, r in case.cut().items()),
        ],
        case.row,
    )


def _p_of(case: TRow, reading: Reading) -> Interval:
    """P of a t under any degrees of freedom from Welch's fewest to Student's."""
    df = Interval(Fraction(min(case.n) - 1), Fraction(sum(case.n) - 2))
    return common.p_from_t(reading.shown, df)
