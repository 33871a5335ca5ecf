"""Tables that compare two groups row by row: counts, means, t, chi-square, P.

Finding ids: ``table1.age.t_from_means``, ``table1.gender.male.control.percentage``, …
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy import special

from analysis.checks import common, granularity, two_samples, witness
from analysis.checks.common import outward_text, p_finding, p_interval_text, p_text
from analysis.findings import Finding, Verdict
from analysis.paper import Column, CountRow, Level, LevelsRow, MeanRow, Paper, Row, TwoGroupTable
from analysis.printed import CountPercent, Interval, Printed, format_fixed

_Rows = Iterator[tuple[TwoGroupTable, Row]]


def _rows(paper: Paper, *kinds: type) -> _Rows:
    for table in paper.tables_of("two_group"):
        for row in table.rows:
            if not kinds or isinstance(row, kinds):
                yield table, row


def _label(paper: Paper, row: Row) -> str:
    return paper.variable(row.variable).label


# --- counts and percentages ------------------------------------------------------------


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
    for table, row in _rows(paper, CountRow, LevelsRow):
        levels = row.levels if isinstance(row, LevelsRow) else [row]
        for level in levels:
            prefix, label = f"{table.id}.{row.id}", _label(paper, row)
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
    for table, row in _rows(paper, LevelsRow):
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
                claim=f"{_label(paper, row)}, {group.label}: the categories make up the group",
                printed=" + ".join(map(str, counts)),
                attainable=f"{n} patients",
                by_hand=f"{' + '.join(map(str, counts))} = {total}; group {n}",
                assumptions=tuple(assumptions),
                values={"total": total, "n": n},
            )


# --- means and SDs ---------------------------------------------------------------------


def whole_numbers(paper: Paper) -> Iterator[Finding]:
    """Means and SDs of variables recorded in whole units: GRIM and GRIMMER, exactly."""
    for table, row in _rows(paper, MeanRow):
        assert isinstance(row, MeanRow)
        step = paper.variable(row.variable).step
        if step is None:
            continue
        unit = step.value.value
        for group in paper.columns(table, row):
            cell, n = row.values[group.id], group.size
            sums = granularity.grim(cell.mean, n, unit)
            fits = granularity.grimmer(cell.mean, cell.sd, n, unit)
            shown = [format_fixed(unit * total / n, cell.mean.decimals + 2) for total in sums[:2]]
            shown_sum = unit * (sums[0] if sums else round(cell.mean.value * n / unit))
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.whole_numbers",
                check="means of whole numbers",
                verdict=Verdict.CONSISTENT if fits else Verdict.IMPOSSIBLE,
                numbers=tuple(f"{table.id}.{row.id}.{group.id}.{part}" for part in ("mean", "sd")),
                claim=f"{_label(paper, row)}, {group.label}: whole values can have this mean and SD",
                printed=cell.text,
                attainable=(
                    f"mean {' or '.join(shown)}" if sums else "no sum of whole values has this mean"
                )
                + ("" if fits or not sums else "; no sum of squares has this SD"),
                by_hand=(
                    f"{format_fixed(shown_sum, step.value.decimals)} / {n} = "
                    f"{format_fixed(shown_sum / n, cell.mean.decimals + 2)}"
                ),
                assumptions=(
                    f"values are multiples of {step.value.text}: {step.reason}",
                    f"all {n} patients have a value",
                ),
                values={"sums": sums.stop - sums.start, "grim": bool(sums), "grimmer": fits},
            )


def _widest(mean: Interval, limits: Interval) -> Fraction:
    """The mean inside its rounding interval that leaves most room for an SD."""
    if math.isinf(limits.low) or math.isinf(limits.high):
        return Fraction(mean.low if math.isinf(limits.low) else mean.high)
    middle = (Fraction(limits.low) + Fraction(limits.high)) / 2
    return min(max(middle, Fraction(mean.low)), Fraction(mean.high))


def within_limits(paper: Paper) -> Iterator[Finding]:
    """Mean and SD between the limits of the variable (Bhatia & Davis 2000)."""
    for table, row in _rows(paper, MeanRow):
        assert isinstance(row, MeanRow)
        variable = paper.variable(row.variable)
        limits = paper.range_of(row.variable)
        if math.isinf(limits.low) and math.isinf(limits.high):
            continue
        for group in paper.columns(table, row):
            cell, n = row.values[group.id], group.size
            if n < 2:
                continue
            square, inside = granularity.largest_sd(n, cell.mean.interval, limits.low, limits.high)
            smallest = cell.sd.interval.clip(0, math.inf).low
            possible = inside and smallest**2 <= square
            stated = [
                limit.number for limit in (variable.lower, variable.upper) if limit and limit.number
            ]
            if possible and not stated and (math.isinf(limits.low) or math.isinf(limits.high)):
                continue  # one trivial limit such as zero: nothing that a reader needs to see
            largest = common.sqrt(Interval.point(Fraction(square)))
            named = [
                f"{side} {format_fixed(paper.limit(limit), limit_decimals(paper, limit))} ({limit.reason})"
                for side, limit in (("at least", variable.lower), ("at most", variable.upper))
                if limit is not None
            ]
            low, high = (
                format_fixed(end, limit_decimals(paper, limit) if limit else 0)
                for end, limit in ((limits.low, variable.lower), (limits.high, variable.upper))
            )
            m = format_fixed(_widest(cell.mean.interval, limits), cell.mean.decimals + 1)
            by_hand = (
                f"√({n}/{n - 1} × ({high} − {m}) × ({m} − {low})) = {format_fixed(largest.high, 2)}"
                if not (math.isinf(limits.low) or math.isinf(limits.high))
                else f"√{n} × |{m} − {low if math.isinf(limits.high) else high}| = {format_fixed(largest.high, 2)}"
            )
            yield Finding(
                id=f"{table.id}.{row.id}.{group.id}.limits",
                check="means and SDs within limits",
                verdict=Verdict.CONSISTENT if possible else Verdict.IMPOSSIBLE,
                numbers=(
                    *(f"{table.id}.{row.id}.{group.id}.{part}" for part in ("mean", "sd")),
                    *stated,
                ),
                claim=f"{variable.label}, {group.label}: mean and SD fit between the limits",
                printed=cell.text,
                attainable=f"SD at most {format_fixed(largest.high, cell.sd.decimals)}"
                if inside
                else "no mean within the limits",
                by_hand=by_hand,
                assumptions=tuple(f"every value is {name}" for name in named),
                values={
                    "largest_sd": float(largest.high),
                    "limits": (float(limits.low), float(limits.high)),
                },
            )


def limit_decimals(paper: Paper, limit: object) -> int:
    """Printed decimals of a limit."""
    number = paper.number(limit.number) if limit.number else limit.value  # type: ignore[attr-defined]
    return max(number.decimals, 0)


# --- t ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _TRow:
    """The inputs of t for one row: sizes and the boxes of means and SDs."""

    table: TwoGroupTable
    row: MeanRow
    label: str
    groups: tuple[Column, Column]
    mean: tuple[Printed, Printed]
    sd: tuple[Printed, Printed]

    @property
    def id(self) -> str:
        return f"{self.table.id}.{self.row.id}"

    @property
    def n(self) -> tuple[int, int]:
        return self.groups[0].size, self.groups[1].size

    @property
    def inputs(self) -> tuple[str, ...]:
        return tuple(f"{self.id}.{g.id}.{part}" for g in self.groups for part in ("mean", "sd"))

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

    def usual(self) -> dict[str, Reading]:
        """Student's and Welch's t."""
        return {
            STUDENT: Reading(False, self.student().squared),
            WELCH: Reading(False, self.welch().squared),
        }

    def rare(self) -> dict[str, Reading]:
        """What else a paper may print for two means: t from standard errors, or F."""
        unequal = ", unequal variances"
        found = {}
        for function, suffix in ((two_samples.student_t, ""), (two_samples.welch_t, unequal)):
            found[STANDARD_ERRORS + suffix] = Reading(False, self.from_errors(function).squared)
        found[F_STATISTIC] = Reading(True, self.student().squared)
        found[F_STATISTIC + unequal] = Reading(True, self.welch().squared)
        return found

    def fitting(self) -> dict[str, Reading]:
        """The readings that fit the printed statistic; the rare ones only if no usual one
        does."""
        printed = self.row.statistic
        assert printed is not None
        for readings in (self.usual, self.rare):
            if found := {name: r for name, r in readings().items() if r.fits(printed)}:
                return found
        return {}


@dataclass(frozen=True, slots=True)
class Reading:
    """One meaning of a printed statistic: the enclosure of its square, and whether the
    paper prints that square (F) or its root (t)."""

    is_square: bool
    squared: Interval

    def fits(self, printed: Printed) -> bool:
        """Whether it may print like this, whatever its sign."""
        if self.is_square:
            return printed.interval.intersects(self.squared)
        return _fits_squared(printed, self.squared)

    @property
    def shown(self) -> Interval:
        """What the paper would print, without its sign."""
        return self.squared if self.is_square else common.sqrt(self.squared)


def _t_rows(paper: Paper) -> Iterator[_TRow]:
    for table, row in _rows(paper, MeanRow):
        assert isinstance(row, MeanRow)
        groups = paper.columns(table, row)
        if len(groups) != 2:
            continue
        first, second = groups
        a, b = row.values[first.id], row.values[second.id]
        if min(first.size, second.size) < 2 or row.by_ranks:
            continue
        yield _TRow(
            table,
            row,
            _label(paper, row),
            (first, second),
            (a.mean, b.mean),
            (a.sd, b.sd),
        )


STUDENT, WELCH = "Student's t (equal variances)", "Welch's t (unequal variances)"
STANDARD_ERRORS = "the figures after ± are standard errors, not SDs"
F_STATISTIC = "the statistic is F = t²"
_UNSIGNED = "the sign of t is not compared"


def _fits_squared(printed: Printed, squared: Interval) -> bool:
    """Whether |t| may print like this; compared as squares, which are exact."""
    target = _size(printed)
    return Interval(target.low**2, target.high**2).intersects(squared)


def _size(printed: Printed) -> Interval:
    """The absolute values that may print like this; "<0.1" says 0 to 0.1."""
    if printed.comparison in ("<", "<="):
        return printed.interval.clip(0, math.inf)
    return common.absolute(printed.interval)


def _shows_t(printed: Printed, t: two_samples.TInterval) -> bool:
    """Whether the t of the printed means and SDs themselves, rounded, is the printed one."""
    return t.squared.is_point and _fits_squared(printed, t.squared)


def t_from_means(paper: Paper) -> Iterator[Finding]:
    """The printed t against every t that the printed means and SDs allow."""
    for case in _t_rows(paper):
        printed = case.row.statistic
        if printed is None:
            continue
        student, welch = case.student(), case.welch()
        central = case.student(box=False)
        decimals = max(printed.decimals, 0)
        attainable = f"{outward_text(student.absolute, decimals + 1)} (Student)"
        fits = list(readings := case.fitting())
        if _shows_t(printed, central):
            verdict, assumptions = Verdict.REPRODUCED, (STUDENT, _UNSIGNED)
        elif fits:
            verdict = Verdict.CONSISTENT if fits[0] == STUDENT else Verdict.DEPENDS
            assumptions = (fits[0], _UNSIGNED)
        else:
            verdict = Verdict.IMPOSSIBLE
            assumptions = (
                "a two-sample t or its square F, Student's or Welch's, of the whole groups",
                "the figures after ± are SDs (divisor n − 1) or standard errors",
            )
        if verdict in (Verdict.DEPENDS, Verdict.IMPOSSIBLE):
            attainable += f"; {outward_text(welch.absolute, decimals + 1)} (Welch)"
        if fits and fits[0] not in (STUDENT, WELCH):
            shown = outward_text(readings[fits[0]].shown, decimals + 1)
            attainable += f"; {shown} if {fits[0]}"
        t = central.absolute.high
        yield Finding(
            id=f"{case.id}.t_from_means",
            check="t from means and SDs",
            verdict=verdict,
            numbers=(f"{case.id}.statistic", *case.inputs),
            claim=f"{case.label}: t follows from the printed means and SDs",
            printed=f"t = {printed.text}",
            attainable=attainable,
            by_hand=_t_by_hand(case, float(t), decimals),
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


def _t_by_hand(case: _TRow, t: float, decimals: int) -> str:
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
    for case in _t_rows(paper):
        if case.row.p is None:
            continue
        p, statistic = common.printed_p(case.row.p, paper.alpha), case.row.statistic
        if statistic is None:
            yield _p_from_means(case, p)
            continue
        df = sum(case.n) - 2
        t = _size(statistic)
        attainable = common.p_from_t(t, Interval.point(df))
        central = float(
            common.p_from_t(Interval.point(abs(statistic.value)), Interval.point(df)).high
        )
        finding = p_finding(
            f"{case.id}.p_from_t", "P from t", f"{case.id}.p", p, central, attainable,
            f"{case.label}: P follows from the printed t",
            f"t = {statistic.text}, {df} degrees of freedom: P = {p_text(central)}",
            (f"Student's t with {df} degrees of freedom, two-sided",),
        )  # fmt: skip
        yield _first_that_fits(finding, p, _other_ps(case, t, statistic.value))


def _other_ps(case: _TRow, t: Interval, value: Fraction) -> Iterator[tuple[str, Interval]]:
    """P under Welch's degrees of freedom, one-sided, from F or z, or of the other t."""
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


def _first_that_fits(
    finding: Finding, p: Printed, readings: Iterable[tuple[str, Interval]]
) -> Finding:
    """The finding; if it says impossible, the first other reading that fits is tried."""
    if finding.verdict is not Verdict.IMPOSSIBLE:
        return finding
    for name, interval in _and_one_sided(readings, p):
        if p.interval.clip(0, 1).intersects(interval):
            return _with(
                finding,
                Verdict.DEPENDS,
                (name,),
                f"{finding.attainable}; P {p_interval_text(interval)} with {name}",
            )
    return finding


def _and_one_sided(
    readings: Iterable[tuple[str, Interval]], p: Printed
) -> Iterator[tuple[str, Interval]]:
    """Two-sided P values, then each of them one-sided; the other way only where a P above
    one half is printed, because every two-sided P gives one."""
    readings = list(readings)
    yield from readings
    for name, two_sided in readings:
        if "one-sided" in name:
            continue
        half = Interval(two_sided.low / 2, two_sided.high / 2)
        yield f"{name}, one-sided", half
        if p.comparison == "=" and p.value > Fraction(1, 2):
            yield f"{name}, one-sided the other way", Interval.point(1) - half


def _with(
    finding: Finding, verdict: Verdict, assumptions: tuple[str, ...], attainable: str
) -> Finding:
    return replace(finding, verdict=verdict, assumptions=assumptions, attainable=attainable)


def _p_from_means(case: _TRow, p: Printed) -> Finding:
    student, welch = two_samples.p_of_t(case.student()), two_samples.p_of_t(case.welch())
    central = float(two_samples.p_of_t(case.student(box=False)).high)
    finding = p_finding(
        f"{case.id}.p_from_means", "P from means and SDs", f"{case.id}.p", p, central, student,
        f"{case.label}: P follows from the printed means and SDs",
        _t_by_hand(case, float(case.student(box=False).absolute.high), 3),
        (STUDENT,),
    )  # fmt: skip
    return _first_that_fits(
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
        ],
    )


# --- chi-square ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _CountTable:
    """The contingency table of one row: categories × groups."""

    id: str
    label: str
    row: Row
    groups: tuple[Column, ...]
    counts: tuple[tuple[int, ...], ...]
    inputs: tuple[str, ...]
    implied_rest: bool

    @property
    def is_2x2(self) -> bool:
        return len(self.counts) == 2 and len(self.counts[0]) == 2


def _count_tables(paper: Paper) -> Iterator[_CountTable]:
    """The tables that a test can be made from: no count above its group; categories and
    groups without any patient are left out, as programs do."""
    for table, row in _rows(paper, CountRow, LevelsRow):
        id = f"{table.id}.{row.id}"
        groups = paper.columns(table, row)
        if isinstance(row, CountRow):
            one = tuple(int(row.values[g.id].count.value) for g in groups)
            counts = [one, tuple(g.size - k for g, k in zip(groups, one, strict=True))]
            inputs = tuple(f"{id}.{g.id}.count" for g in groups)
        else:
            assert isinstance(row, LevelsRow)
            counts = [
                tuple(int(level.values[g.id].count.value) for g in groups) for level in row.levels
            ]
            inputs = tuple(f"{id}.{level.id}.{g.id}.count" for level in row.levels for g in groups)
        if any(not 0 <= k <= g.size for line in counts for k, g in zip(line, groups, strict=True)):
            continue
        counts = [line for line in counts if any(line)]
        filled = [j for j in range(len(groups)) if any(line[j] for line in counts)]
        if len(counts) < 2 or len(filled) < 2:
            continue
        yield _CountTable(
            id, _label(paper, row), row, tuple(groups),
            tuple(tuple(line[j] for j in filled) for line in counts),
            inputs, isinstance(row, CountRow),
        )  # fmt: skip


PEARSON, YATES, LIKELIHOOD, FISHER = (
    "Pearson's chi-square", "Yates's correction", "likelihood ratio", "Fisher's exact test",
)  # fmt: skip
N_MINUS_ONE, LINEAR, RANKS, RANKS_CORRECTED = (
    "the N − 1 chi-square", "linear-by-linear association of ordered categories",
    "ranks of ordered categories", "ranks of ordered categories, continuity correction",
)  # fmt: skip


def _statistics(case: _CountTable) -> dict[str, Interval]:
    """Every chi-square that programs print for this table, enclosed."""
    ratio = two_samples.likelihood_ratio(case.counts)
    found = {PEARSON: Interval.point(two_samples.pearson(case.counts))}
    if case.is_2x2:
        found[YATES] = Interval.point(two_samples.yates(case.counts))
    found[LIKELIHOOD] = Interval.outward(ratio - 1e-12, ratio + 1e-12).clip(0, math.inf)
    return found


def _rare_statistics(case: _CountTable) -> dict[str, tuple[Fraction, int]]:
    """Chi-squares and their degrees of freedom that a paper may print for this table when
    it took the categories as ordered, or another correction."""
    columns = len(case.counts[0])
    found = {RANKS: (two_samples.rank_sum(case.counts), columns - 1)}
    if columns == 2:
        half = two_samples.rank_sum(case.counts, correction=Fraction(1, 2))
        found[RANKS_CORRECTED] = (half, 1)
        found[LINEAR] = (two_samples.linear_by_linear(case.counts), 1)
    if case.is_2x2:
        found = {N_MINUS_ONE: (two_samples.n_minus_one(case.counts), 1)}
    return found


def _readings(case: _CountTable, paper: Paper) -> Iterator[str]:
    """The names of everything that the printed statistic may be, the usual ones first; the
    rarer ones only if none of the usual fits."""
    printed = case.row.statistic
    assert printed is not None
    usual = _statistics(case)
    fits = [name for name, value in usual.items() if printed.interval.intersects(value)]
    yield from fits
    if fits:
        return
    rare = {name: value for name, (value, _) in _rare_statistics(case).items()}
    for name, value in rare.items():
        if value in printed.interval:
            yield name
    one_degree = usual if case.is_2x2 else {}
    for name, square in (one_degree | {n: Interval.point(v) for n, v in rare.items()}).items():
        if _fits_squared(printed, square):
            yield f"{_ROOT} (z), {name}"
    low, high = (float(end) for end in (printed.interval.low, printed.interval.high))
    size = _size(printed)

    def fits_root(chi2: np.ndarray) -> np.ndarray:
        root = np.sqrt(chi2)
        return (root >= float(size.low) - 1e-9) & (root <= float(size.high) + 1e-9)

    def prints(chi2: np.ndarray, _p: np.ndarray) -> np.ndarray:
        return ((chi2 >= low - 1e-9) & (chi2 <= high + 1e-9)) | fits_root(chi2)

    if missing := _with_missing(case, paper, prints):
        yield missing


_ROOT = "the square root of chi-square"

# groups with more possible denominators than this are not searched
_MOST_DENOMINATORS = 2_000


def _with_missing(
    case: _CountTable, paper: Paper, fits: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> str | None:
    """Denominators under which the row fits after all, when values are missing that the
    table does not show.

    Only a row of one category hides its denominators, and only those are tried under
    which the count still gives the printed percentage.
    """
    if not isinstance(case.row, CountRow) or len(case.groups) != 2 or not case.is_2x2:
        return None
    choices = []
    for group in case.groups:
        cell = case.row.values[group.id]
        k, n = int(cell.count.value), group.size
        found = (
            range(max(k, 1), n)
            if cell.percent is None
            else granularity.hidden_denominators(k, cell.percent, n)
        )
        choices.append(np.array([n, *found[-_MOST_DENOMINATORS:][::-1]], dtype=float))
    a, c = (float(case.row.values[g.id].count.value) for g in case.groups)
    m1, m2 = choices[0][:, None], choices[1][None, :]
    for name, (chi2, p) in _tests_of_one_category(a, m1, c, m2).items():
        good = np.isfinite(chi2) & np.isfinite(p) & fits(chi2, p)
        if good.any():
            i, j = np.unravel_index(np.argmax(np.where(good, m1 + m2, 0)), good.shape)
            shown = f"{int(choices[0][i])} and {int(choices[1][j])}"
            return f"values are missing: {name} of {shown} patients"
    return None


# of so many pairs of denominators, those nearest the whole groups, Fisher's P is computed
_MOST_FISHER = 1_000


def _tests_of_one_category(
    a: float, m1: np.ndarray, c: float, m2: np.ndarray
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Chi-square and P of `a` of `m1` against `c` of `m2` patients, for every pair."""
    n, yes = m1 + m2, a + c
    with np.errstate(all="ignore"):
        cross = np.abs(a * (m2 - c) - c * (m1 - a))
        scale = n / (yes * (n - yes) * m1 * m2)
        cells = [(a, m1, yes), (m1 - a, m1, n - yes), (c, m2, yes), (m2 - c, m2, n - yes)]
        pearson = cross**2 * scale
        found = {
            PEARSON: pearson,
            YATES: np.maximum(cross - n / 2, 0) ** 2 * scale,
            LIKELIHOOD: 2 * sum(special.xlogy(k, k * n / (m * total)) for k, m, total in cells),
            N_MINUS_ONE: pearson * (n - 1) / n,
        }
    tests = {name: (chi2, special.chdtrc(1, chi2)) for name, chi2 in found.items()}
    fisher = np.full(n.shape, np.nan)
    for flat in np.argsort(-n, axis=None, kind="stable")[:_MOST_FISHER]:
        i, j = np.unravel_index(flat, n.shape)
        table = ((int(a), int(c)), (int(m1[i, 0] - a), int(m2[0, j] - c)))
        if sum(map(sum, table)) <= 10_000:
            fisher[i, j] = two_samples.fisher_p(table)
    return tests | {FISHER: (pearson, fisher)}


def _count_assumptions(case: _CountTable) -> tuple[str, ...]:
    return ("patients not counted in the row do not have the feature",) if case.implied_rest else ()


def _chi2_by_hand(case: _CountTable, value: object, decimals: int) -> str:
    shown = format_fixed(value, decimals)  # type: ignore[arg-type]
    if case.is_2x2:
        (a, b), (c, d) = case.counts
        n = a + b + c + d
        return f"{n} × ({a}×{d} − {b}×{c})² / ({a + b} × {c + d} × {a + c} × {b + d}) = {shown}"
    flat = " | ".join(" ".join(map(str, row)) for row in case.counts)
    return f"sum of (observed − expected)² / expected over {flat} = {shown}"


def chi2_from_counts(paper: Paper) -> Iterator[Finding]:
    """The printed chi-square against Pearson, Yates and the likelihood ratio of the counts."""
    for case in _count_tables(paper):
        printed = case.row.statistic
        if printed is None:
            continue
        variants = _statistics(case)
        fits = list(_readings(case, paper))
        decimals = max(printed.decimals, 0)
        shown = {name: format_fixed(value.low, decimals + 1) for name, value in variants.items()}
        verdict = (
            Verdict.REPRODUCED if PEARSON in fits
            else Verdict.DEPENDS if fits
            else Verdict.IMPOSSIBLE
        )  # fmt: skip
        named = PEARSON if PEARSON in fits else fits[0] if fits else ", ".join(variants)
        yield Finding(
            id=f"{case.id}.chi2_from_counts",
            check="chi-square from counts",
            verdict=verdict,
            numbers=(f"{case.id}.statistic", *case.inputs),
            claim=f"{case.label}: chi-square follows from the printed counts",
            printed=f"χ² = {printed.text}",
            attainable="; ".join(f"{value} ({name})" for name, value in shown.items()),
            by_hand=_chi2_by_hand(case, variants[PEARSON].low, decimals + 1),
            assumptions=(named, *_count_assumptions(case)),
            values={name: float(value.low) for name, value in variants.items()}
            | {"label": case.label, "chi2": float(printed.value)},
        )


def p_from_chi2(paper: Paper) -> Iterator[Finding]:
    """The printed P against the printed chi-square."""
    for case in _count_tables(paper):
        p, statistic = case.row.p, case.row.statistic
        if p is None or statistic is None:
            continue
        p = common.printed_p(p, paper.alpha)
        df = two_samples.degrees_of_freedom(case.counts)
        plural = "s" if df > 1 else ""
        if statistic.value >= 0:
            attainable = common.p_from_chi2(statistic.interval.clip(0, math.inf), df)
            central = two_samples.chi2_p(float(statistic.value), df)
            name, by_hand = "χ²", f"{df} degree{plural} of freedom"
            assumption = f"chi-square distribution with {df} degree{plural} of freedom"
        else:
            size = _size(statistic)
            attainable = common.p_from_z(size)
            central = float(common.p_from_z(Interval.point(abs(statistic.value))).high)
            name, by_hand, assumption = "z", "two-sided", "a negative statistic is a z"
        finding = p_finding(
            f"{case.id}.p_from_chi2", "P from chi-square", f"{case.id}.p", p, central, attainable,
            f"{case.label}: P follows from the printed chi-square",
            f"{name} = {statistic.text}, {by_hand}: P = {p_text(central)}",
            (assumption,),
        )  # fmt: skip
        yield _first_that_fits(finding, p, _other_count_ps(case, paper, p, attainable))


def _other_count_ps(
    case: _CountTable, paper: Paper, p: Printed, two_sided: Interval
) -> Iterator[tuple[str, Interval]]:
    """P of another test of the same counts, one-sided, or of a z, beside this statistic."""
    yield "the printed chi-square", two_sided
    for name, value in (_count_ps(case) | _rare_ps(case)).items():
        yield f"a P of {name}", Interval.outward(value - 1e-9, value + 1e-9).clip(0, 1)
    statistic = case.row.statistic
    assert statistic is not None
    readings = list(_readings(case, paper))
    if case.is_2x2 and not {PEARSON, YATES, LIKELIHOOD} & set(readings):
        yield "the statistic is a z", common.p_from_z(_size(statistic))
    if RANKS in readings or RANKS_CORRECTED in readings or LINEAR in readings:
        one = common.p_from_chi2(statistic.interval.clip(0, math.inf), 1)
        yield "one degree of freedom, ordered categories", one
    if any(name.startswith(_ROOT) for name in readings):
        yield "the statistic is a z", common.p_from_z(_size(statistic))
    if missing := _with_missing(case, paper, _prints_as(p)):
        yield missing, p.interval.clip(0, 1)


def _count_ps(case: _CountTable) -> dict[str, float]:
    """P of every test that programs print for this table."""
    df = two_samples.degrees_of_freedom(case.counts)
    found = {name: two_samples.chi2_p(float(x.low), df) for name, x in _statistics(case).items()}
    if case.is_2x2:
        found[FISHER] = _fisher(case)
    return found


def _fisher(case: _CountTable) -> float:
    p = two_samples.fisher_p(case.counts)
    assert p is not None  # always computed for 2×2
    return p


def _rare_ps(case: _CountTable) -> dict[str, float]:
    """P of the rarer tests, one-sided P, and Fisher's P of tables larger than 2×2."""
    found = {
        name: two_samples.chi2_p(float(value), df)
        for name, (value, df) in _rare_statistics(case).items()
    }
    if case.is_2x2:
        one_sided = two_samples.fisher_one_sided(case.counts)
        found |= {f"{FISHER}, one-sided": one_sided} if one_sided is not None else {}
        halves = {name: x for name, x in _count_ps(case).items() if name != FISHER}
        found |= {f"{name}, one-sided": p / 2 for name, p in halves.items()}
    elif (fisher := two_samples.fisher_p(case.counts)) is not None:
        found[FISHER] = fisher
    return found


def p_from_counts(paper: Paper) -> Iterator[Finding]:
    """The printed P against Pearson, Yates, likelihood ratio and Fisher of the counts."""
    for case in _count_tables(paper):
        if case.row.p is None:
            continue
        p = common.printed_p(case.row.p, paper.alpha)
        found = _count_ps(case)
        fits = [name for name, value in found.items() if _nearly(p, value)]
        undecided = False
        if not fits:
            rare = _rare_ps(case)
            undecided = not case.is_2x2 and FISHER not in rare
            fits = [name for name, value in rare.items() if _nearly(p, value)]
            found |= {name: rare[name] for name in fits[:1]}
        if not fits and (missing := _with_missing(case, paper, _prints_as(p))):
            fits = [missing]
        undecided = undecided and not fits
        verdict = (
            Verdict.REPRODUCED if PEARSON in fits
            else Verdict.DEPENDS if fits
            else Verdict.NOT_CHECKABLE if undecided
            else Verdict.IMPOSSIBLE
        )  # fmt: skip
        named = PEARSON if PEARSON in fits else fits[0] if fits else ", ".join(found)
        yield Finding(
            id=f"{case.id}.p_from_counts",
            check="P from counts",
            verdict=verdict,
            numbers=(f"{case.id}.p", *case.inputs),
            claim=f"{case.label}: P follows from the printed counts",
            printed=f"P {p.text}" if p.comparison != "=" else f"P = {p.text}",
            attainable="; ".join(f"{p_text(value)} ({name})" for name, value in found.items()),
            by_hand=_chi2_by_hand(case, two_samples.pearson(case.counts), 3)
            + f"; P = {p_text(found[PEARSON])}",
            assumptions=(named, *_count_assumptions(case)),
            note="Fisher's test of so large a table is not computed here." if undecided else "",
            values=dict(found) | {"label": case.label},
        )


def _prints_as(p: Printed) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    low, high = float(p.interval.low) - 1e-9, float(p.interval.high) + 1e-9
    return lambda _, found: (found >= low) & (found <= high)


def _nearly(p: Printed, value: float) -> bool:
    """A P that a program computed in floating point may fall on either side of a tie."""
    return Interval.outward(value - 1e-9, value + 1e-9).intersects(p.interval)


# --- one convention for the table ------------------------------------------------------


def conventions(paper: Paper) -> Iterator[Finding]:
    """Which one test explains every row of a table, and which rows rule the others out."""
    for table in paper.tables_of("two_group"):
        t_rows = {
            case.id: set(case.fitting())
            for case in _t_rows(paper)
            if case.table is table and case.row.statistic is not None
        }
        yield from _convention(
            paper, table, "t", t_rows, (STUDENT, WELCH), paper.paper.tests.continuous
        )
        chi_rows = {}
        for case in _count_tables(paper):
            if case.row in table.rows and case.row.statistic is not None:
                chi_rows[case.id] = set(_readings(case, paper))
        yield from _convention(
            paper,
            table,
            "chi2",
            chi_rows,
            (PEARSON, YATES, LIKELIHOOD),
            paper.paper.tests.categorical,
        )


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
        return _label(paper, row)

    ruled_out = "; ".join(
        f"{c}: ruled out by {', '.join(label(r) for r in against[c])}"
        for c in candidates
        if against[c]
    )
    said = f'the methods say "{stated}"' if stated else "the methods name no test"
    yield Finding(
        id=f"{table.id}.{name}_convention",
        check="one convention for the table",
        verdict=verdict,
        numbers=tuple(f"{row}.statistic" for row in rows),
        claim=f"One test explains all {len(rows)} {'t' if name == 't' else 'chi-square'} statistics of the table",
        printed=said,
        attainable=", ".join(explains) if explains else "no single convention",
        by_hand=ruled_out or "every row fits every convention within rounding",
        assumptions=(said,),
        values={
            "explains": explains,
            "against": {c: [label(r) for r in rows_] for c, rows_ in against.items()},
            "rows": len(rows),
        },
    )


# --- derived variables -----------------------------------------------------------------


def derived_variables(paper: Paper) -> Iterator[Finding]:
    """An index made from other rows: can parts and index belong to the same patients?

    A witness settles it: values for every patient of the group, within the limits, whose
    parts and index print as the table does.  Finding none proves nothing.
    """
    for table in paper.tables_of("two_group"):
        rows = {row.variable: row for row in table.rows if isinstance(row, MeanRow)}
        for variable in paper.variables:
            if variable.formula is None or variable.id not in rows:
                continue
            parts = sorted(
                {n.id for n in ast.walk(ast.parse(variable.formula)) if isinstance(n, ast.Name)}
            )
            if any(part not in rows for part in parts):
                continue
            if any(rows[part].n for part in (*parts, variable.id)):
                continue  # the parts were not all measured in the same patients
            for group in paper.columns(table):
                yield _derived(paper, table, variable.id, variable.formula, parts, rows, group)


def _derived(
    paper: Paper, table: TwoGroupTable, index: str, formula: str, parts: list[str],
    rows: dict[str, MeanRow], group: Column,
) -> Finding:  # fmt: skip
    cells = {name: rows[name].values[group.id] for name in (*parts, index)}
    limits = {name: paper.range_of(name) for name in (*parts, index)}
    constraints = [c.expression for c in paper.constraints]
    found = witness.search(formula, index, parts, cells, limits, constraints, group.size)
    variable = paper.variable(index)
    at_means = float(witness.at_means(formula, {n: cells[n].mean.value for n in parts}))
    cell = cells[index]
    numbers = tuple(
        f"{table.id}.{rows[name].id}.{group.id}.{part}"
        for name in (*parts, index)
        for part in ("mean", "sd")
    )
    filled = re.sub(r"[A-Za-z_][A-Za-z_0-9]*", lambda m: cells[m[0]].mean.text.strip(), formula)
    decimals = cell.mean.decimals
    return Finding(
        id=f"{table.id}.{rows[index].id}.{group.id}.formula",
        check="derived variable",
        verdict=Verdict.CONSISTENT if found is not None else Verdict.NOT_CHECKABLE,
        numbers=numbers,
        claim=f"{variable.label}, {group.label}: parts and index can belong to the same patients",
        printed=cell.text,
        attainable=(
            f"{group.size} values of each part with these means and SDs exist"
            if found is not None
            else "no such patients were found, which proves nothing"
        ),
        by_hand=(
            f"{filled.replace('*', '×')} = {format_fixed(at_means, decimals)} at the means; "
            f"the mean of a quotient may differ from it, here {cell.mean.text.strip()}"
        ),
        assumptions=(
            "parts may take any value within their limits",
            f"{index} = {formula} in every patient",
        ),
        values={"at_means": at_means, "witness": found is not None}
        | ({"correlations": found.correlations} if found is not None else {}),
    )


# --- multiplicity and fragility --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _RowP:
    id: str
    label: str
    p: float
    printed: Printed
    alternatives: dict[str, float]


def _row_ps(paper: Paper, table: TwoGroupTable) -> list[_RowP]:
    """A P for every row: recomputed from the counts or the printed t; otherwise as printed."""
    found: dict[str, _RowP] = {}
    for count_case in _count_tables(paper):
        if count_case.row in table.rows and count_case.row.p is not None:
            ps = _count_ps(count_case)
            found[count_case.id] = _RowP(
                count_case.id, count_case.label, ps[PEARSON], count_case.row.p,
                ps | _one_patient_moved(count_case),
            )  # fmt: skip
    for case in _t_rows(paper):
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
    order = [f"{table.id}.{row.id}" for row in table.rows]
    return [found[id] for id in order if id in found]


def _one_patient_moved(case: _CountTable) -> dict[str, float]:
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
        if row.p >= alpha:
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


CHECKS = (
    percentages,
    levels_add_up,
    whole_numbers,
    within_limits,
    t_from_means,
    p_from_t,
    chi2_from_counts,
    p_from_chi2,
    p_from_counts,
    conventions,
    derived_variables,
    significance,
)
