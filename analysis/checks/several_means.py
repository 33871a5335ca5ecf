"""Tests of the means of three or more groups: F of an analysis of variance and its P."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from analysis.checks import common, two_samples
from analysis.checks import several_samples as ss
from analysis.checks.common import outward_text, p_finding, p_text
from analysis.checks.rank_tests import rank_excuse
from analysis.checks.rows import CUT as _CUT
from analysis.checks.rows import (
    DIVISOR,
    SPREADS,
    WHOLE_GROUPS,
    Family,
    and_one_sided,
    cut_off,
    family,
    first_that_fits,
    fits_other,
    fits_squared,
    grant,
    label_of,
    not_impossible,
    rows_of,
)
from analysis.checks.rows import ERRORS as STANDARD_ERRORS
from analysis.findings import Finding, Verdict
from analysis.paper import Column, MeanRow, Paper, TwoGroupTable
from analysis.printed import Interval, Printed, format_fixed

ONE_WAY, WELCH_F, BROWN_FORSYTHE = (
    "one-way analysis of variance", "Welch's analysis of variance", "F* of Brown and Forsythe",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FRow:
    """The inputs of F for one row: three or more groups with their means and SDs."""

    table: TwoGroupTable
    row: MeanRow
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
    def inputs(self) -> tuple[str, ...]:
        return tuple(f"{self.id}.{g.id}.{part}" for g in self.groups for part in ("mean", "sd"))

    @property
    def default(self) -> str:
        """The reading that comes first: Welch's where the row names it."""
        return WELCH_F if self.row.test == "welch" and min(self.sizes) > 1 else ONE_WAY

    @property
    def names_another(self) -> bool:
        """Whether the row names a test, or a statistic, that is no F of means."""
        odd = self.row.statistic_is not in (None, "f") or self.row.test == "t"
        return self.family is Family.CONTRADICTED or odd

    def box(self) -> list[ss.Group]:
        cells = [self.row.values[g.id] for g in self.groups]
        return [(g.size, c.mean.interval, c.sd.interval) for g, c in self._with(cells)]

    def point(self) -> list[ss.Group]:
        cells = [self.row.values[g.id] for g in self.groups]
        at = Interval.point
        return [(g.size, at(c.mean.value), at(c.sd.value)) for g, c in self._with(cells)]

    def _with(self, cells):  # type: ignore[no-untyped-def]
        return zip(self.groups, cells, strict=True)

    def cut(self) -> list[ss.Group]:
        cells = [self.row.values[g.id] for g in self.groups]
        return [(g.size, cut_off(c.mean), cut_off(c.sd)) for g, c in self._with(cells)]

    def of_errors(self) -> list[ss.Group]:
        """The box if the figures after ± are standard errors."""
        return [(n, m, two_samples.sd_from_standard_error(e, n)) for n, m, e in self.box()]

    def of_divisor(self) -> list[ss.Group]:
        """The box if the SDs have the divisor n."""
        return [(n, m, two_samples.sd_from_divisor_n(sd, n)) for n, m, sd in self.box()]

    def usual(self, box: list[ss.Group]) -> dict[str, ss.FInterval]:
        """F of the usual analyses of variance, that which the row names first."""
        found = {ONE_WAY: ss.one_way_f(box)}
        if min(self.sizes) > 1:
            found[WELCH_F] = ss.welch_f(box)
            found[BROWN_FORSYTHE] = ss.brown_forsythe_f(box)
        return {self.default: found[self.default]} | found

    def rare(self) -> dict[str, ss.FInterval]:
        """What else a paper may print for three or more means."""
        found = {f"{STANDARD_ERRORS}, {n}": f for n, f in self.usual(self.of_errors()).items()}
        found |= {f"{DIVISOR}, {n}": f for n, f in self.usual(self.of_divisor()).items()}
        found |= {f"{_CUT}, {name}": f for name, f in self.usual(self.cut()).items()}
        found |= ss.trend_f(self.box())
        total = sum(self.sizes)
        inside = ss.within(self.box())
        df = total - len(self.sizes)
        pairs = itertools.combinations(zip(self.groups, self.box(), strict=True), 2)
        for (a, (n1, m1, s1)), (b, (n2, m2, s2)) in pairs:
            words = f"{a.label} against {b.label} alone"
            difference = common.absolute(m1 - m2)
            scale = (Fraction(1, n1) + Fraction(1, n2)) / df
            found[f"{words}, all groups' variance"] = ss.FInterval(
                ss.ratio(
                    Interval(difference.low**2, difference.high**2),
                    Interval(inside.low * scale, inside.high * scale),
                ),
                1,
                Interval.point(df),
            )
            if min(n1, n2) > 1:
                for test, suffix in (
                    (two_samples.student_t, "Student's t"),
                    (two_samples.welch_t, "Welch's t"),
                ):
                    t = test(n1, m1, s1, n2, m2, s2)
                    found[f"{words}, {suffix}"] = ss.FInterval(t.squared, 1, t.df)
        for i, group in enumerate(self.groups):
            box = self.box()
            one, rest = box.pop(i), ss.together(box)
            if one[0] > 1:
                for test, suffix in (
                    (two_samples.student_t, "Student's t"),
                    (two_samples.welch_t, "Welch's t"),
                ):
                    t = test(*one, *rest)
                    words = f"{group.label} against all others, {suffix}"
                    found[words] = ss.FInterval(t.squared, 1, t.df)
        return found

    def fitting(self) -> list[str]:
        """The readings that fit the printed statistic, the rare ones only if no usual one
        does; a statistic with one degree of freedom may also be printed as its root, t."""
        printed = self.row.statistic
        assert printed is not None
        found = [n for n, f in self.usual(self.box()).items() if printed.interval.intersects(f.f)]
        if found:
            return found
        return [
            name for name, f in self.rare().items()
            if (cut_off(printed) if _CUT in name else printed.interval).intersects(f.f)
            or (f.df1 == 1 and fits_squared(printed, f.f))
        ]  # fmt: skip


def f_rows(paper: Paper) -> Iterator[FRow]:
    """Rows of means of three or more groups that an analysis of variance may compare."""
    for table, row in rows_of(paper, MeanRow):
        assert isinstance(row, MeanRow)
        groups, kind = tuple(paper.columns(table, row)), family(paper, row)
        if len(groups) < 3 or kind in (Family.RANKS, Family.OTHER):
            continue
        if sum(g.size for g in groups) > len(groups):
            yield FRow(table, row, label_of(paper, row), groups, kind)


def f_from_means(paper: Paper) -> Iterator[Finding]:
    """The printed F against every F that the printed means and SDs allow."""
    for case in f_rows(paper):
        printed = case.row.statistic
        if printed is None:
            continue
        found, at = case.usual(case.box()), case.usual(case.point())[case.default]
        decimals = max(printed.decimals, 0)
        fits = case.fitting()
        if at.f.is_point and at.f.low in printed.interval and not case.names_another:
            verdict, assumptions = Verdict.REPRODUCED, (case.default,)
        elif fits:
            agrees = fits[0] == case.default and not case.names_another
            verdict = Verdict.CONSISTENT if agrees else Verdict.DEPENDS
            assumptions = (fits[0] if agrees else fits_other(case.row, fits[0]),)
        else:
            verdict = Verdict.IMPOSSIBLE
            assumptions = (
                "F of an analysis of variance (one-way, Welch, Brown and Forsythe), of a "
                "linear trend, or t or F of two of the groups or of one against all others, "
                "each of the whole groups",
                SPREADS,
            )
        shown = list(found) if verdict in (Verdict.DEPENDS, Verdict.IMPOSSIBLE) else [case.default]
        finding = Finding(
            id=f"{case.id}.f_from_means",
            check="F from means and SDs",
            verdict=verdict,
            numbers=(f"{case.id}.statistic", *case.inputs),
            claim=f"{case.label}: F follows from the printed means and SDs",
            printed=f"F = {printed.text}",
            attainable="; ".join(f"{outward_text(found[n].f, decimals + 1)} ({n})" for n in shown),
            by_hand=_by_hand(case, decimals),
            assumptions=assumptions,
            values={
                "f": float(printed.value),
                "f_low": float(found[ONE_WAY].f.low),
                "f_high": float(found[ONE_WAY].f.high),
                "f_central": float(at.f.high),
                "label": case.label,
            },
        )
        yield not_impossible(finding, rank_excuse(paper, case.row, case.sizes))


def _by_hand(case: FRow, decimals: int) -> str:
    box, k, total = case.point(), len(case.sizes), sum(case.sizes)
    between = ss.between([Fraction(n) for n in case.sizes], [m for _, m, _ in box]).high
    within = ss.within(box).high
    f = ss.one_way_f(box).f.high
    places = max(decimals, 3)
    return (
        f"between the groups {format_fixed(between, places)} / {k - 1}, inside them "
        f"{format_fixed(within, places)} / {total - k}: F = {format_fixed(f, places)}"
    )


def p_from_f(paper: Paper) -> Iterator[Finding]:
    """The printed P against the printed F; from the means where no F is printed."""
    for case in f_rows(paper):
        if case.row.p is None:
            continue
        p, statistic = common.printed_p(case.row.p, paper.alpha), case.row.statistic
        if statistic is None or statistic.value < 0:
            finding = grant(_p_from_means(case, p), WHOLE_GROUPS, SPREADS)
        else:
            finding = _p_from_statistic(case, p, statistic)
        if case.names_another and finding.verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT):
            finding = replace(
                finding,
                verdict=Verdict.DEPENDS,
                assumptions=(fits_other(case.row, finding.assumptions[0]),),
            )
        yield not_impossible(finding, rank_excuse(paper, case.row, case.sizes))


def _p_from_statistic(case: FRow, p: Printed, statistic: Printed) -> Finding:
    k = len(case.sizes)
    f = statistic.interval.clip(0, math.inf)
    found = case.usual(case.box())
    df2 = found[case.default].df2
    at_df2 = case.usual(case.point())[case.default].df2
    central = float(ss.p_from_f(Interval.point(statistic.value), k - 1, at_df2).high)
    words = f"{k - 1} and {outward_text(df2, 0 if df2.is_point else 2)} degrees of freedom"
    finding = p_finding(
        f"{case.id}.p_from_f", "P from F", f"{case.id}.p", p, central,
        ss.p_from_f(f, k - 1, df2),
        f"{case.label}: P follows from the printed F",
        f"F = {statistic.text}, {words}: P = {p_text(central)}",
        (f"{case.default}, {words}",),
    )  # fmt: skip
    readings = [
        (f"{name}'s degrees of freedom", ss.p_from_f(f, k - 1, x.df2)) for name, x in found.items()
    ]
    longer = cut_off(statistic).clip(0, math.inf)
    readings += [(f"{n}, F cut off", ss.p_from_f(longer, k - 1, x.df2)) for n, x in found.items()]
    for words, box in (("standard errors", case.of_errors()), ("the divisor n", case.of_divisor())):
        readings += [
            (f"{name}'s degrees of freedom, {words}", ss.p_from_f(f, k - 1, x.df2))
            for name, x in case.usual(box).items()
        ]
    fits = case.fitting()
    for name, x in case.rare().items():
        if name in fits:
            readings.append((name, ss.p_from_f(f, x.df1, x.df2)))
            if x.df1 == 1:
                readings += and_one_sided([(f"{name}, t", common.p_from_t(f, x.df2))], p)
    readings += [(f"a P of {name}", x.p) for name, x in found.items() if name in fits]
    readings.append(("a chi-square", common.p_from_chi2(f, k - 1)))
    return first_that_fits(finding, p, readings, case.row, one_sided=False)


def _p_from_means(case: FRow, p: Printed) -> Finding:
    found, at = case.usual(case.box()), case.usual(case.point())[case.default]
    finding = p_finding(
        f"{case.id}.p_from_means", "P from means and SDs", f"{case.id}.p", p,
        float(at.p.high), found[case.default].p,
        f"{case.label}: P follows from the printed means and SDs",
        f"{_by_hand(case, 3)}; P = {p_text(float(at.p.high))}",
        (case.default,),
    )  # fmt: skip
    readings = [(name, x.p) for name, x in found.items()]
    for name, x in case.rare().items():
        readings += and_one_sided([(name, x.p)], p) if x.df1 == 1 else [(name, x.p)]
    return first_that_fits(finding, p, readings, case.row, one_sided=False)
