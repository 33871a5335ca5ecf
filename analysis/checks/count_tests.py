"""Tests of counts: chi-square, Fisher, ranks of ordered categories, and their P."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
from scipy import special

from analysis.checks import common, granularity, two_samples
from analysis.checks.common import p_finding, p_text
from analysis.checks.counts import SEVERAL
from analysis.checks.rows import (
    Family,
    cut_off,
    family,
    first_that_fits,
    fits_other,
    fits_squared,
    grant,
    is_unknown,
    label_of,
    named,
    not_impossible,
    rows_of,
    size_of,
    undecided_methods,
)
from analysis.findings import Finding, Verdict
from analysis.paper import Column, CountRow, LevelsRow, Paper, PercentOf, Row
from analysis.printed import Interval, Printed, format_fixed


@dataclass(frozen=True, slots=True)
class CountTable:
    """The contingency table of one row: categories × groups."""

    id: str
    label: str
    row: Row
    groups: tuple[Column, ...]
    counts: tuple[tuple[int, ...], ...]
    inputs: tuple[str, ...]
    implied_rest: bool
    family: Family
    percent_of: PercentOf
    other_tests: str | None  # what the methods name that counts do not decide

    @property
    def is_2x2(self) -> bool:
        return len(self.counts) == 2 and len(self.counts[0]) == 2


def count_tables(paper: Paper) -> Iterator[CountTable]:
    """The tables that a test can be made from: no count above its group; categories and
    groups without any patient are left out, as programs do; no test of pairs."""
    for table, row in rows_of(paper, CountRow, LevelsRow):
        id = f"{table.id}.{row.id}"
        groups, kind = paper.columns(table, row), family(paper, row)
        if kind is Family.OTHER:
            continue
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
        yield CountTable(
            id, label_of(paper, row), row, tuple(groups),
            tuple(tuple(line[j] for j in filled) for line in counts),
            inputs, isinstance(row, CountRow), kind, table.percent_of,
            undecided_methods(row, paper.paper.tests.categorical),
        )  # fmt: skip


PEARSON, YATES, LIKELIHOOD, FISHER = (
    "Pearson's chi-square", "Yates's correction", "likelihood ratio", "Fisher's exact test",
)  # fmt: skip
N_MINUS_ONE, LINEAR, RANKS, RANKS_CORRECTED = (
    "the N − 1 chi-square", "linear-by-linear association of ordered categories",
    "ranks of ordered categories", "ranks of ordered categories, continuity correction",
)  # fmt: skip
TREND, FISHER_STATISTIC, UNPOOLED = (
    "Cochran and Armitage's trend", "the statistic of Fisher's exact test",
    "z of two proportions, unpooled",
)  # fmt: skip
SIMULATED = "P simulated with 2,000 draws or more"
_CUT = ", cut off and not rounded"

_DECLARED = {
    "chi_square": (PEARSON,), "yates": (YATES,), "likelihood_ratio": (LIKELIHOOD,),
    "fisher": (FISHER,), "trend": (LINEAR, TREND), "mann_whitney": (RANKS, RANKS_CORRECTED),
    "kruskal_wallis": (RANKS,),
}  # fmt: skip


def declared(case: CountTable) -> tuple[str, ...]:
    """The readings that the row itself names; none if it names no test of counts."""
    if case.family is not Family.COUNTS:
        return ()
    if case.row.test is not None:
        return _DECLARED.get(case.row.test, ())
    return (RANKS, RANKS_CORRECTED) if case.row.statistic_is in ("u", "h") else ()


def _agreeing(case: CountTable) -> tuple[str, ...]:
    """The readings of a statistic that are what the row says: Pearson's where it says
    nothing.  Programs print Pearson's statistic beside Fisher's P."""
    if case.family is Family.CONTRADICTED:
        return ()
    names = declared(case) or (PEARSON,)
    if FISHER in names:
        names = (PEARSON, FISHER_STATISTIC)
    if case.row.statistic_is == "z":
        return tuple(f"{_ROOT} (z), {name}" for name in names)
    return names


def count_excuse(case: CountTable) -> str | None:
    """Why numbers that fit no test of counts are not impossible."""
    if case.family is Family.CONTRADICTED:
        return f"{named(case.row)}, which counts do not decide"
    if isinstance(case.row, LevelsRow) and any(
        sum(int(level.values[g.id].count.value) for level in case.row.levels) > g.size
        for g in case.groups
    ):
        return f"{SEVERAL}, and the test is not of the categories as one table"
    return case.other_tests


_MOST_GROUPS = 8  # with more groups no test of two of them is tried


def _of_two(case: CountTable) -> Iterator[tuple[str, CountTable]]:
    """Two of three or more groups alone (patients beside a column of controls, or a test
    after the test of all), and one group against all others together."""
    k = len(case.groups)
    if not 2 < k <= _MOST_GROUPS or len(case.counts[0]) != k:
        return
    labels = [group.label for group in case.groups]
    tried = [
        (f"of {labels[i]} against {labels[j]} alone", [(line[i], line[j]) for line in case.counts])
        for i, j in itertools.combinations(range(k), 2)
    ]
    tried += [
        (f"of {labels[i]} against all others", [(x[i], sum(x) - x[i]) for x in case.counts])
        for i in range(k)
    ]
    for words, lines in tried:
        lines = [line for line in lines if any(line)]
        if len(lines) > 1 and all(map(sum, zip(*lines, strict=True))):
            yield words, replace(case, counts=tuple(lines))


def _variants(case: CountTable) -> Iterator[tuple[str, CountTable]]:
    """The table of two of its groups, without the categories of unknown values, and with
    missing values as one more category."""
    yield from _of_two(case)
    if not isinstance(case.row, LevelsRow):
        return
    unknown = [i for i, level in enumerate(case.row.levels) if is_unknown(level.label)]
    full = [[int(level.values[g.id].count.value) for g in case.groups] for level in case.row.levels]
    known = [line for i, line in enumerate(full) if i not in unknown]
    missing = [g.size - sum(line[j] for line in full) for j, g in enumerate(case.groups)]
    tried = [("without the unknown values", known)] if unknown else []
    if any(missing) and min(missing) >= 0:
        tried.append(("with missing values as a category", [*full, missing]))
    for words, lines in tried:
        lines = [line for line in lines if any(line)]
        filled = [j for j in range(len(case.groups)) if any(line[j] for line in lines)]
        if len(lines) > 1 and len(filled) > 1:
            counts = tuple(tuple(line[j] for j in filled) for line in lines)
            yield words, replace(case, counts=counts)


def _statistics(case: CountTable) -> dict[str, Interval]:
    """Every chi-square that programs print for this table, enclosed."""
    ratio = two_samples.likelihood_ratio(case.counts)
    found = {PEARSON: Interval.point(two_samples.pearson(case.counts))}
    if case.is_2x2:
        found[YATES] = Interval.point(two_samples.yates(case.counts))
    found[LIKELIHOOD] = Interval.outward(ratio - 1e-12, ratio + 1e-12).clip(0, math.inf)
    return found


def _rare_statistics(case: CountTable) -> dict[str, tuple[Fraction, int]]:
    """Chi-squares and their degrees of freedom that a paper may print for this table when
    it took the categories as ordered, or another correction."""
    columns = len(case.counts[0])
    found = {RANKS: (two_samples.rank_sum(case.counts), columns - 1)}
    if columns == 2:
        half = two_samples.rank_sum(case.counts, correction=Fraction(1, 2))
        found[RANKS_CORRECTED] = (half, 1)
    linear = two_samples.linear_by_linear(case.counts)
    found[LINEAR] = (linear, 1)
    if case.is_2x2:
        found = {N_MINUS_ONE: (two_samples.n_minus_one(case.counts), 1)}
        if case.row.test in ("trend", "mann_whitney", "kruskal_wallis"):
            found |= {LINEAR: (linear, 1), RANKS: (linear, 1)}
    elif min(len(case.counts), columns) == 2:
        n = sum(map(sum, case.counts))
        found[TREND] = (linear * Fraction(n, n - 1), 1)
    return found


def readings_of(case: CountTable, paper: Paper) -> Iterator[str]:
    """The names of everything that the printed statistic may be, the usual ones first; the
    rarer ones only if none of the usual fits."""
    printed = case.row.statistic
    assert printed is not None
    usual = _statistics(case)
    rare = {name: value for name, (value, _) in _rare_statistics(case).items()}
    first = [
        name for name in _agreeing(case)
        if (name in rare and rare[name] in printed.interval)
        or (name == FISHER_STATISTIC and _is_fisher_statistic(case, printed))
    ]  # fmt: skip
    if case.row.statistic_is == "z" and case.is_2x2:
        roots = {f"{_ROOT} (z), {name}": value for name, value in usual.items()}
        first += [name for name, value in roots.items() if fits_squared(printed, value)]
    yield from first
    fits = [name for name, value in usual.items() if printed.interval.intersects(value)]
    yield from fits
    if fits or first:
        return
    for name, value in rare.items():
        if value in printed.interval:
            yield name
    if _is_fisher_statistic(case, printed):
        yield FISHER_STATISTIC
    if case.is_2x2 and fits_squared(printed, Interval.point(two_samples.unpooled(case.counts))):
        yield UNPOOLED
    one_degree = usual if case.is_2x2 else {}
    for name, square in (one_degree | {n: Interval.point(v) for n, v in rare.items()}).items():
        if fits_squared(printed, square):
            yield f"{_ROOT} (z), {name}"
    low, high = (float(end) for end in (printed.interval.low, printed.interval.high))
    size = size_of(printed)

    def fits_root(chi2: np.ndarray) -> np.ndarray:
        root = np.sqrt(chi2)
        return (root >= float(size.low) - 1e-9) & (root <= float(size.high) + 1e-9)

    def prints(chi2: np.ndarray, _p: np.ndarray) -> np.ndarray:
        return ((chi2 >= low - 1e-9) & (chi2 <= high + 1e-9)) | fits_root(chi2)

    if missing := _with_missing(case, paper, prints):
        yield missing
    for words, other in _variants(case):
        values = _statistics(other)
        values |= {n: Interval.point(v) for n, (v, _) in _rare_statistics(other).items()}
        for name, value in values.items():
            if printed.interval.intersects(value):
                yield f"{name} {words}"
        if _is_fisher_statistic(other, printed):
            yield f"{FISHER_STATISTIC} {words}"
        if other.is_2x2:
            for name, value in values.items():
                if fits_squared(printed, value):
                    yield f"{_ROOT} (z), {name} {words}"
    yield from _cut_readings(case, printed)


def _cut_readings(case: CountTable, printed: Printed) -> Iterator[str]:
    """The readings of a statistic, or of its root, whose last digits were dropped."""
    if printed.comparison != "=":
        return
    longer = cut_off(printed)
    size = common.absolute(longer)
    for words, table in [("", case), *((f" {words}", t) for words, t in _variants(case))]:
        values = _statistics(table)
        values |= {n: Interval.point(v) for n, (v, _) in _rare_statistics(table).items()}
        for name, value in values.items():
            if longer.intersects(value):
                yield f"{name}{words}{_CUT}"
            if table.is_2x2 and Interval(size.low**2, size.high**2).intersects(value):
                yield f"{_ROOT} (z), {name}{words}{_CUT}"
        if not table.is_2x2 and two_samples.freeman_halton(table.counts) in longer:
            yield f"{FISHER_STATISTIC}{words}{_CUT}"


def _is_fisher_statistic(case: CountTable, printed: Printed) -> bool:
    """Whether the printed statistic may be Fisher's of a table larger than 2×2."""
    if case.is_2x2:
        return False
    value = two_samples.freeman_halton(case.counts)
    return Interval.outward(value - 1e-9, value + 1e-9).intersects(printed.interval)


_ROOT = "the square root of chi-square"

# groups with more possible denominators than this are not searched
_MOST_DENOMINATORS = 2_000


def _with_missing(
    case: CountTable, paper: Paper, fits: Callable[[np.ndarray, np.ndarray], np.ndarray]
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
        if group.id in (case.row.n or {}):
            choices.append(np.array([n], dtype=float))  # the row says how many have a value
            continue
        found = (
            range(max(k, 1), n)
            if cell.percent is None or case.percent_of != "group"
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


def _count_assumptions(case: CountTable) -> tuple[str, ...]:
    return ("patients not counted in the row do not have the feature",) if case.implied_rest else ()


def _chi2_by_hand(case: CountTable, value: object, decimals: int) -> str:
    shown = format_fixed(value, decimals)  # type: ignore[arg-type]
    if case.is_2x2:
        (a, b), (c, d) = case.counts
        n = a + b + c + d
        return f"{n} × ({a}×{d} − {b}×{c})² / ({a + b} × {c + d} × {a + c} × {b + d}) = {shown}"
    flat = " | ".join(" ".join(map(str, row)) for row in case.counts)
    return f"sum of (observed − expected)² / expected over {flat} = {shown}"


def chi2_from_counts(paper: Paper) -> Iterator[Finding]:
    """The printed chi-square against Pearson, Yates and the likelihood ratio of the counts."""
    for case in count_tables(paper):
        printed = case.row.statistic
        if printed is None:
            continue
        variants = _statistics(case)
        fits = list(readings_of(case, paper))
        decimals = max(printed.decimals, 0)
        shown = {name: format_fixed(value.low, decimals + 1) for name, value in variants.items()}
        agree = [name for name in _agreeing(case) if name in fits]
        verdict = (
            Verdict.REPRODUCED if agree
            else Verdict.DEPENDS if fits
            else Verdict.IMPOSSIBLE
        )  # fmt: skip
        words = agree[0] if agree else fits_other(case.row, fits[0]) if fits else _tried(variants)
        for name, (value, _) in _rare_statistics(case).items():
            if name in agree:
                shown[name] = format_fixed(value, decimals + 1)
        tried = "the statistic is a chi-square or z of the counts, or of Fisher's test"
        finding = Finding(
            id=f"{case.id}.chi2_from_counts",
            check="chi-square from counts",
            verdict=verdict,
            numbers=(f"{case.id}.statistic", *case.inputs),
            claim=f"{case.label}: chi-square follows from the printed counts",
            printed=f"χ² = {printed.text}",
            attainable="; ".join(f"{value} ({name})" for name, value in shown.items()),
            by_hand=_chi2_by_hand(case, variants[PEARSON].low, decimals + 1),
            assumptions=(words, *_count_assumptions(case)),
            values={name: float(value.low) for name, value in variants.items()}
            | {"label": case.label, "chi2": float(printed.value)},
        )
        yield not_impossible(grant(finding, tried), count_excuse(case))


def _tried(names: Iterable[str]) -> str:
    return ", ".join(names)


def p_from_chi2(paper: Paper) -> Iterator[Finding]:
    """The printed P against the printed chi-square."""
    for case in count_tables(paper):
        p, statistic = case.row.p, case.row.statistic
        if p is None or statistic is None:
            continue
        p = common.printed_p(p, paper.alpha)
        df = two_samples.degrees_of_freedom(case.counts)
        if {LINEAR, TREND} & set(declared(case)):
            df = 1
        elif RANKS in declared(case):
            df = len(case.counts[0]) - 1
        plural = "s" if df > 1 else ""
        if statistic.value >= 0 and case.row.statistic_is != "z":
            attainable = common.p_from_chi2(statistic.interval.clip(0, math.inf), df)
            central = two_samples.chi2_p(float(statistic.value), df)
            name, by_hand = "χ²", f"{df} degree{plural} of freedom"
            assumption = f"chi-square distribution with {df} degree{plural} of freedom"
        else:
            size = size_of(statistic)
            attainable = common.p_from_z(size)
            central = float(common.p_from_z(Interval.point(abs(statistic.value))).high)
            name, by_hand, assumption = "z", "two-sided", "a negative statistic is a z"
            if case.row.statistic_is == "z":
                assumption = "the normal distribution (z), two-sided"
        fisher = two_samples.fisher_p(case.counts) if FISHER in declared(case) else None
        if fisher is not None:
            central = fisher
            attainable = Interval.outward(fisher - 1e-9, fisher + 1e-9).clip(0, 1)
            by_hand, assumption = f"{FISHER} of the counts", f"{FISHER}, beside a chi-square"
        finding = p_finding(
            f"{case.id}.p_from_chi2", "P from chi-square", f"{case.id}.p", p, central, attainable,
            f"{case.label}: P follows from the printed chi-square",
            f"{name} = {statistic.text}, {by_hand}: P = {p_text(central)}",
            (assumption,),
        )  # fmt: skip
        finding = first_that_fits(finding, p, _other_count_ps(case, paper, p, df), case.row)
        if case.family is Family.CONTRADICTED and finding.verdict is not Verdict.IMPOSSIBLE:
            said = fits_other(case.row, finding.assumptions[0])
            finding = replace(finding, verdict=Verdict.DEPENDS, assumptions=(said,))
        yield not_impossible(finding, count_excuse(case) or _not_computed(case))


def _not_computed(case: CountTable) -> str | None:
    """Fisher's test of a large table is not excluded where it is not computed."""
    tables = [case, *(other for _, other in _variants(case))]
    if all(t.is_2x2 or two_samples.fisher_p(t.counts) is not None for t in tables):
        return None
    return "P may be Fisher's of so large a table, which is not computed here"


def _other_count_ps(
    case: CountTable, paper: Paper, p: Printed, df: int
) -> Iterator[tuple[str, Interval]]:
    """P of another test of the same counts, one-sided, or of a z, beside this statistic."""
    size = size_of(case.row.statistic) if case.row.statistic is not None else Interval.point(0)
    signed = case.row.statistic is not None and case.row.statistic.value < 0
    yield (
        "the printed chi-square",
        common.p_from_z(size) if signed else common.p_from_chi2(size, df),
    )
    for name, value in (count_ps(case) | _rare_ps(case)).items():
        yield f"a P of {name}", Interval.outward(value - 1e-9, value + 1e-9).clip(0, 1)
    statistic = case.row.statistic
    assert statistic is not None
    readings = list(readings_of(case, paper))
    if case.is_2x2 and not {PEARSON, YATES, LIKELIHOOD} & set(readings):
        yield "the statistic is a z", common.p_from_z(size_of(statistic))
    if RANKS in readings or RANKS_CORRECTED in readings or LINEAR in readings:
        one = common.p_from_chi2(statistic.interval.clip(0, math.inf), 1)
        yield "one degree of freedom, ordered categories", one
    if any(name.startswith(_ROOT) for name in readings):
        yield "the statistic is a z", common.p_from_z(size_of(statistic))
    if missing := _with_missing(case, paper, _prints_as(p)):
        yield missing, p.interval.clip(0, 1)
    if statistic.value >= 0:
        cut = cut_off(statistic).clip(0, math.inf)
        yield "a chi-square that is cut off, not rounded", common.p_from_chi2(cut, df)
    for words, other in _variants(case):
        for name, value in (count_ps(other) | _rare_ps(other)).items():
            yield f"a P of {name} {words}", Interval.outward(value - 1e-9, value + 1e-9).clip(0, 1)
        for name, span in _simulated(other).items():
            yield f"{name} {words}", span
        df = two_samples.degrees_of_freedom(other.counts)
        inside = statistic.interval.clip(0, math.inf)
        yield f"{df} degrees of freedom, {words}", common.p_from_chi2(inside, df)
    for name, span in _simulated(case).items():
        yield name, span


def _simulated(case: CountTable) -> dict[str, Interval]:
    """P of tables larger than 2×2 when it was simulated (Hope 1968): within five standard
    errors of 2,000 draws."""
    if case.is_2x2:
        return {}
    found = {PEARSON: count_ps(case)[PEARSON]}
    if (fisher := two_samples.fisher_p(case.counts)) is not None:
        found[FISHER] = fisher
    spans = {}
    for name, value in found.items():
        reach = 5 * math.sqrt(value * (1 - value) / 2000) + 2 / 2001
        spans[f"{SIMULATED}, {name}"] = Interval.outward(value - reach, value + reach).clip(0, 1)
    return spans


def count_ps(case: CountTable) -> dict[str, float]:
    """P of every test that programs print for this table."""
    df = two_samples.degrees_of_freedom(case.counts)
    found = {name: two_samples.chi2_p(float(x.low), df) for name, x in _statistics(case).items()}
    if case.is_2x2:
        found[FISHER] = _fisher(case)
    return found


def _fisher(case: CountTable) -> float:
    p = two_samples.fisher_p(case.counts)
    assert p is not None  # always computed for 2×2
    return p


def _rare_ps(case: CountTable) -> dict[str, float]:
    """P of the rarer tests, one-sided P, and Fisher's P of tables larger than 2×2."""
    found = {
        name: two_samples.chi2_p(float(value), df)
        for name, (value, df) in _rare_statistics(case).items()
    }
    if case.is_2x2:
        one_sided = two_samples.fisher_one_sided(case.counts)
        if one_sided is not None:
            found[f"{FISHER}, one-sided"] = one_sided[0]
        halves = {name: x for name, x in count_ps(case).items() if name != FISHER}
        found |= {f"{name}, one-sided": p / 2 for name, p in halves.items()}
        if one_sided is not None:
            found[f"{FISHER}, twice the smaller side"] = min(1.0, 2 * one_sided[0])
            found[f"{FISHER}, one-sided the other way"] = one_sided[1]
            found[f"{FISHER}, mid-P"] = two_samples.fisher_mid_p(case.counts)
        root = math.sqrt(two_samples.unpooled(case.counts))
        found |= {f"{name}, one-sided the other way": 1 - p / 2 for name, p in halves.items()}
        found[UNPOOLED] = float(common.p_from_z(Interval.point(Fraction(root))).high)
    elif (fisher := two_samples.fisher_p(case.counts)) is not None:
        found[FISHER] = fisher
    return found


def p_from_counts(paper: Paper) -> Iterator[Finding]:
    """The printed P against Pearson, Yates, likelihood ratio and Fisher of the counts."""
    for case in count_tables(paper):
        if case.row.p is None:
            continue
        p = common.printed_p(case.row.p, paper.alpha)
        found = count_ps(case)
        fits = [name for name, value in found.items() if _nearly(p, value)]
        wanted = declared(case) or (() if case.family is Family.CONTRADICTED else (PEARSON,))
        undecided = False
        if not fits or not set(wanted) <= set(found):
            rare = _rare_ps(case)
            undecided = _not_computed(case) is not None
            also = [
                name for name, value in rare.items()
                if _nearly(p, value) and (name in wanted or not fits)
            ]  # fmt: skip
            found |= {name: rare[name] for name in wanted if name in rare}
            found |= {name: rare[name] for name in also[:1]}
            fits += [name for name in also if name not in fits]
        if not fits:
            fits = list(_last_readings(case, paper, p))
        undecided = undecided and not fits
        agree = [name for name in wanted if name in fits]
        verdict = (
            Verdict.REPRODUCED if agree
            else Verdict.DEPENDS if fits
            else Verdict.NOT_CHECKABLE if undecided
            else Verdict.IMPOSSIBLE
        )  # fmt: skip
        words = agree[0] if agree else fits_other(case.row, fits[0]) if fits else _tried(found)
        finding = Finding(
            id=f"{case.id}.p_from_counts",
            check="P from counts",
            verdict=verdict,
            numbers=(f"{case.id}.p", *case.inputs),
            claim=f"{case.label}: P follows from the printed counts",
            printed=f"P {p.text}" if p.comparison != "=" else f"P = {p.text}",
            attainable="; ".join(f"{p_text(value)} ({name})" for name, value in found.items()),
            by_hand=_chi2_by_hand(case, two_samples.pearson(case.counts), 3)
            + f"; P = {p_text(found[PEARSON])}",
            assumptions=(words, *_count_assumptions(case)),
            note="Fisher's test of so large a table is not computed here." if undecided else "",
            values=dict(found) | {"label": case.label},
        )
        yield not_impossible(finding, count_excuse(case))


def _last_readings(case: CountTable, paper: Paper, p: Printed) -> Iterator[str]:
    """What else P may be when it fits no test of the counts as they stand."""
    if missing := _with_missing(case, paper, _prints_as(p)):
        yield missing
    for words, other in _variants(case):
        for name, value in (count_ps(other) | _rare_ps(other)).items():
            if _nearly(p, value):
                yield f"{name} {words}"
        for name, span in _simulated(other).items():
            if p.interval.intersects(span):
                yield f"{name} {words}"
    for name, span in _simulated(case).items():
        if p.interval.intersects(span):
            yield name
    longer = cut_off(p)
    for words, table in [("", case), *((f" {words}", t) for words, t in _variants(case))]:
        for name, value in (count_ps(table) | _rare_ps(table)).items():
            if Interval.outward(value - 1e-9, value + 1e-9).intersects(longer):
                yield f"{name}{words}{_CUT}"
        for name, span in _simulated(table).items():
            if span.intersects(longer):
                yield f"{name}{words}{_CUT}"


def _prints_as(p: Printed) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    low, high = float(p.interval.low) - 1e-9, float(p.interval.high) + 1e-9
    return lambda _, found: (found >= low) & (found <= high)


def _nearly(p: Printed, value: float) -> bool:
    """A P that a program computed in floating point may fall on either side of a tie."""
    return Interval.outward(value - 1e-9, value + 1e-9).intersects(p.interval)
