"""Statistics of two groups from what a table prints of them: exact, over all roundings.

``n1``, ``n2`` are group sizes, means and SDs are intervals, contingency tables are tuples
of rows of whole numbers.  Squares of t are rational, so their extremes over a box of
roundings are exact; so are Pearson's and Yates's chi-square.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy import special

from analysis.checks import common
from analysis.printed import Interval

Counts = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class TInterval:
    """What t can be: `squared` encloses t², `df` the degrees of freedom, `crosses_zero`
    tells whether the difference may have either sign."""

    squared: Interval
    df: Interval
    crosses_zero: bool

    @property
    def absolute(self) -> Interval:
        """|t|, enclosed."""
        return common.sqrt(self.squared)


def _squared_difference(m1: Interval, m2: Interval) -> tuple[Interval, bool]:
    distance = common.absolute(m1 - m2)
    crosses = distance.low == 0
    return Interval(distance.low**2, distance.high**2), crosses


def _square(sd: Interval) -> Interval:
    inside = sd.clip(0, math.inf)
    return Interval(inside.low**2, inside.high**2)


def _over_variance(difference2: Interval, variance: Interval) -> Interval:
    """t² = d²/v: largest for the largest d² and smallest v, which share no input.
    v = 0 leaves t unbounded above, and wholly undetermined if d = 0 is possible too."""
    high = math.inf if variance.low == 0 else difference2.high / variance.low
    if variance.high == 0:
        low = 0 if difference2.low == 0 else math.inf
        return Interval(low, math.inf)
    return Interval(difference2.low / variance.high, high)


def student_t(
    n1: int, m1: Interval, s1: Interval, n2: int, m2: Interval, s2: Interval
) -> TInterval:
    """Student's two-sample t over a box of means and SDs (pooled variance, df n1+n2−2).

    The difference appears only in the numerator, the SDs only in the denominator, and t²
    is monotone in each: its extremes lie at corners of the box.
    """
    difference2, crosses = _squared_difference(m1, m2)
    v1, v2 = _square(s1), _square(s2)
    df = n1 + n2 - 2
    factor = (Fraction(1, n1) + Fraction(1, n2)) / df
    variance = Interval(
        ((n1 - 1) * v1.low + (n2 - 1) * v2.low) * factor,
        ((n1 - 1) * v1.high + (n2 - 1) * v2.high) * factor,
    )
    return TInterval(_over_variance(difference2, variance), Interval.point(df), crosses)


def welch_t(n1: int, m1: Interval, s1: Interval, n2: int, m2: Interval, s2: Interval) -> TInterval:
    """Welch's t over a box of means and SDs; the degrees of freedom (Welch 1947,
    Satterthwaite 1946) are enclosed."""
    difference2, crosses = _squared_difference(m1, m2)
    v1, v2 = _square(s1), _square(s2)
    a = Interval(v1.low / n1, v1.high / n1)
    b = Interval(v2.low / n2, v2.high / n2)
    squared = _over_variance(difference2, a + b)
    return TInterval(squared, _welch_df(n1, a, n2, b), crosses)


def _welch_df(n1: int, a: Interval, n2: int, b: Interval) -> Interval:
    """df = (a+b)²/(a²/(n1−1)+b²/(n2−1)) depends on w = a/(a+b) alone; 1/df is convex in w
    with its minimum at w = (n1−1)/(n1+n2−2), where df = n1+n2−2."""

    def df(w: Fraction) -> Fraction:
        return 1 / (w**2 / (n1 - 1) + (1 - w) ** 2 / (n2 - 1))

    low_w = a.low / (a.low + b.high) if a.low + b.high > 0 else Fraction(0)
    high_w = a.high / (a.high + b.low) if a.high + b.low > 0 else Fraction(1)
    best = Fraction(n1 - 1, n1 + n2 - 2)
    ends = (df(low_w), df(high_w))
    top = n1 + n2 - 2 if low_w <= best <= high_w else max(ends)
    return Interval(min(ends), Fraction(top))


def t_from_standard_errors(
    m1: Interval, e1: Interval, m2: Interval, e2: Interval, df: int
) -> TInterval:
    """t if the figures after ± were standard errors of the means instead of SDs."""
    difference2, crosses = _squared_difference(m1, m2)
    return TInterval(
        _over_variance(difference2, _square(e1) + _square(e2)), Interval.point(df), crosses
    )


def p_of_t(t: TInterval) -> Interval:
    """Two-sided P, enclosed."""
    return common.p_from_t(t.absolute, t.df)


# --- counts ----------------------------------------------------------------------------


def degrees_of_freedom(table: Counts) -> int:
    """(rows − 1)(columns − 1)."""
    return (len(table) - 1) * (len(table[0]) - 1)


def expected(table: Counts) -> list[list[Fraction]]:
    """Expected counts under independence; ValueError if a margin is zero."""
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    if 0 in rows or 0 in columns:
        raise ValueError("a row or a column of the table is empty")
    return [[Fraction(r * c, sum(rows)) for c in columns] for r in rows]


def pearson(table: Counts, *, correction: Fraction = Fraction(0)) -> Fraction:
    """Pearson's chi-square (1900), exact; `correction` is taken from each ``|O − E|`` but
    not below zero (1/2 gives Yates 1934)."""
    pairs = zip(table, expected(table), strict=True)
    return sum(
        (
            max(abs(o - e) - correction, Fraction(0)) ** 2 / e
            for row, es in pairs
            for o, e in zip(row, es, strict=True)
        ),
        Fraction(0),
    )


def yates(table: Counts) -> Fraction:
    """Chi-square with Yates's continuity correction, for 2×2 tables."""
    if len(table) != 2 or len(table[0]) != 2:
        raise ValueError("Yates's correction is defined for 2×2 tables")
    return pearson(table, correction=Fraction(1, 2))


def likelihood_ratio(table: Counts) -> float:
    """The likelihood-ratio chi-square G² (Wilks 1938)."""
    pairs = zip(table, expected(table), strict=True)
    total = sum(o * math.log(o / e) for row, es in pairs for o, e in zip(row, es, strict=True) if o)
    return max(2 * total, 0.0)  # rounding alone can take it under zero


def fisher_p(table: Counts) -> float:
    """Two-sided P of Fisher's exact test for 2×2 (Fisher 1935): the sum over all tables
    with the same margins that are no more probable; exact integers decide which."""
    (a, b), (c, d) = table
    row, column, n = a + b, a + c, a + b + c + d
    weights = {
        k: math.comb(row, k) * math.comb(n - row, column - k)
        for k in range(max(0, row + column - n), min(row, column) + 1)
    }
    tail = sum(w for w in weights.values() if w <= weights[a])
    return tail / sum(weights.values())


def chi2_p(statistic: float, df: int) -> float:
    """Upper tail of the chi-square distribution."""
    return float(special.chdtrc(df, statistic))


def holm(p: Sequence[float]) -> list[float]:
    """Holm's (1979) adjusted P values, in the order given."""
    order = sorted(range(len(p)), key=p.__getitem__)
    adjusted, running = [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = running
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Benjamini & Hochberg's (1995) adjusted P values, in the order given."""
    order = sorted(range(len(p)), key=p.__getitem__, reverse=True)
    adjusted, running = [0.0] * len(p), 1.0
    for rank, i in enumerate(order):
        running = min(running, p[i] * len(p) / (len(p) - rank))
        adjusted[i] = running
    return adjusted
