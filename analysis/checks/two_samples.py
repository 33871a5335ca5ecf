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

import numpy as np
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


def sd_from_standard_error(error: Interval, n: int) -> Interval:
    """The SD of `n` values whose mean has this standard error: √n times as large."""
    return error.clip(0, math.inf) * common.sqrt(Interval.point(n))


def sd_from_divisor_n(sd: Interval, n: int) -> Interval:
    """The sample SD (divisor n − 1) where the printed one has the divisor n."""
    return sd.clip(0, math.inf) * common.sqrt(Interval.point(Fraction(n, max(n - 1, 1))))


Inputs = tuple[Fraction, Fraction, Fraction, Fraction]


def extreme_inputs(m1: Interval, s1: Interval, m2: Interval, s2: Interval) -> tuple[Inputs, Inputs]:
    """Means and SDs (m1, s1, m2, s2) inside their intervals with the smallest and with the
    largest ``|t|``, Student's and Welch's alike: both grow with the distance of the means and
    shrink as either SD grows.  A smallest of zero is one of many; the SDs are then the largest.
    """
    s1, s2 = s1.clip(0, math.inf), s2.clip(0, math.inf)
    if shared := m1.intersection(m2):
        middle = Fraction(shared.low + shared.high) / 2
        near = middle, middle
    else:
        near = (m1.high, m2.low) if m1.high < m2.low else (m1.low, m2.high)
    far = max(((m1.high, m2.low), (m1.low, m2.high)), key=lambda pair: abs(pair[0] - pair[1]))
    ends = ((near, (s1.high, s2.high)), (far, (s1.low, s2.low)))
    smallest, largest = (
        (Fraction(a), Fraction(s), Fraction(b), Fraction(r)) for (a, b), (s, r) in ends
    )
    return smallest, largest


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


def n_minus_one(table: Counts) -> Fraction:
    """The "N − 1" chi-square of a 2×2 table (Campbell 2007), which is also what programs
    print as linear-by-linear association there: (N−1)/N times Pearson's."""
    n = sum(map(sum, table))
    return pearson(table) * Fraction(n - 1, n)


def linear_by_linear(table: Counts) -> Fraction:
    """Linear-by-linear association (Mantel 1963) of ordered categories scored 1, 2, 3, …:
    (N−1)r², with one degree of freedom."""
    n = sum(map(sum, table))
    cells = [(i, j, k) for i, row in enumerate(table) for j, k in enumerate(row)]
    x, y = (sum(cell[axis] * cell[2] for cell in cells) for axis in (0, 1))
    xx, yy = (
        n * sum(cell[axis] ** 2 * cell[2] for cell in cells) - m * m for axis, m in ((0, x), (1, y))
    )
    xy = n * sum(i * j * k for i, j, k in cells) - x * y
    return Fraction((n - 1) * xy**2, xx * yy) if xx * yy else Fraction(0)


def rank_sum(table: Counts, *, correction: Fraction = Fraction(0)) -> Fraction:
    """Kruskal & Wallis's (1952) H of ordered categories (rows) in the groups (columns),
    with mid-ranks and the correction for ties; for two groups it is the square of Mann &
    Whitney's Z.  `correction` is taken from the deviation of the rank sum (two groups;
    1/2 for the continuity correction)."""
    sizes = [sum(column) for column in zip(*table, strict=True)]
    n, below = sum(sizes), 0
    mid: list[Fraction] = []
    for row in table:
        mid.append(Fraction(2 * below + sum(row) + 1, 2))
        below += sum(row)
    ties = Fraction(sum(sum(row) ** 3 - sum(row) for row in table), n * (n - 1) * (n + 1))
    if ties == 1:
        return Fraction(0)
    away = [
        abs(sum(m * row[j] for m, row in zip(mid, table, strict=True)) - Fraction(k * (n + 1), 2))
        for j, k in enumerate(sizes)
    ]
    total = sum(
        (max(a - correction, Fraction(0)) ** 2 / k for a, k in zip(away, sizes, strict=True)),
        Fraction(0),
    )
    return total * 12 / (n * (n + 1)) / (1 - ties)


# more tables with the same margins than this are not enumerated
_MOST_TABLES = 200_000


def fisher_p(table: Counts) -> float | None:
    """Two-sided P of Fisher's exact test (Fisher 1935; Freeman & Halton 1951 for larger
    tables): the sum over all tables with the same margins that are no more probable.

    Exact for 2×2 up to 10,000 patients; larger ones and tables with two columns (or two
    rows) in floating point, where tables within 1e-7 of the observed probability count as
    equal, as R has it.  None where the tables are too many, or have three rows and three
    columns.
    """
    if len(table) == 2 and len(table[0]) == 2:
        return (_fisher_exact if sum(map(sum, table)) <= 10_000 else _fisher_large)(table)
    columns = list(zip(*table, strict=True)) if len(table) == 2 else table
    if len(columns[0]) != 2:
        return None
    return _fisher_two_columns([sum(row) for row in columns], [row[0] for row in columns])


def _fisher_exact(table: Counts) -> float:
    (a, b), (c, d) = table
    row, column, n = a + b, a + c, a + b + c + d
    low, high = max(0, row + column - n), min(row, column)
    weight = math.comb(row, low) * math.comb(n - row, column - low)
    weights = [weight]
    for k in range(low, high):
        weight = weight * (row - k) * (column - k) // ((k + 1) * (n - row - column + k + 1))
        weights.append(weight)
    observed = weights[a - low]
    tail = sum(w for w in weights if w <= observed)
    return float(Fraction(tail, sum(weights)))


def _fisher_large(table: Counts) -> float:
    """Fisher's P of a large 2×2 table, over the counts within 50 SDs of their mean."""
    (a, b), (c, d) = table
    row, column, n = a + b, a + c, a + b + c + d
    mean = row * column / n
    reach = 50 * math.sqrt(mean * (n - row) * (n - column) / n / (n - 1)) + 50
    k = np.arange(
        max(0, row + column - n, math.floor(mean - reach)),
        min(row, column, math.ceil(mean + reach)) + 1,
    )
    logs = -sum(special.gammaln(x + 1.0) for x in (k, row - k, column - k, n - row - column + k))
    observed = -sum(math.lgamma(x + 1.0) for x in (a, b, c, d))
    weights = np.exp(logs - logs.max())
    return float(min(1.0, weights[logs <= observed + 1e-7].sum() / weights.sum()))


def _fisher_two_columns(rows: list[int], first: list[int]) -> float | None:
    """Fisher's P when each row total splits into two columns: all splits with the same sum."""

    def log_choose(n: int, k: np.ndarray) -> np.ndarray:
        return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)

    target, rest = sum(first), sum(rows)
    sums, logs = np.zeros(1, dtype=np.int64), np.zeros(1)
    for n in rows[:-1]:
        rest -= n
        if len(sums) * (n + 1) > 20 * _MOST_TABLES:
            return None
        k = np.arange(n + 1)
        sums = np.add.outer(sums, k).ravel()
        logs = np.add.outer(logs, log_choose(n, k)).ravel()
        keep = (sums <= target) & (sums >= target - rest)
        sums, logs = sums[keep], logs[keep]
        if len(sums) > _MOST_TABLES:
            return None
    logs = logs + log_choose(rows[-1], target - sums)
    observed = float(sum(log_choose(n, np.array(k)) for n, k in zip(rows, first, strict=True)))
    weights = np.exp(logs - logs.max())
    return float(min(1.0, weights[logs <= observed + 1e-7].sum() / weights.sum()))


def fisher_one_sided(table: Counts) -> tuple[float, float] | None:
    """The one-sided P values of Fisher's exact test for 2×2, the smaller first; both count
    the table itself."""
    (a, b), (c, d) = table
    if a + b + c + d > 10_000:
        return None
    row, column, n = a + b, a + c, a + b + c + d
    weights = {
        k: math.comb(row, k) * math.comb(n - row, column - k)
        for k in range(max(0, row + column - n), min(row, column) + 1)
    }
    total = sum(weights.values())
    low = sum(w for k, w in weights.items() if k <= a)
    high = sum(w for k, w in weights.items() if k >= a)
    return float(Fraction(min(low, high), total)), float(Fraction(max(low, high), total))


def fisher_mid_p(table: Counts) -> float:
    """Two-sided mid-P of Fisher's test for 2×2 (Lancaster 1961): the observed table counts
    one half, and so do others of the same probability."""
    (a, b), (c, d) = table
    row, column, n = a + b, a + c, a + b + c + d
    weights = [
        math.comb(row, k) * math.comb(n - row, column - k)
        for k in range(max(0, row + column - n), min(row, column) + 1)
    ]
    observed = weights[a - max(0, row + column - n)]
    tail = sum(Fraction(w, 2 if w == observed else 1) for w in weights if w <= observed)
    return float(tail / sum(weights))


def unpooled(table: Counts) -> Fraction:
    """Square of z of two proportions with the variances of the groups (columns) apart; that
    of Pearson where both are without variance."""
    (a, b), (c, d) = table
    n1, n2 = a + c, b + d
    variance = Fraction(a * c, n1**3) + Fraction(b * d, n2**3)
    if not variance:
        return pearson(table)
    return (Fraction(a, n1) - Fraction(b, n2)) ** 2 / variance


def freeman_halton(table: Counts) -> float:
    """The statistic that programs print for Fisher's exact test of a larger table (Mehta &
    Patel 1983): ``−2 log(γ P)`` with the probability P of the table under its margins, and
    γ so that it is near chi-square."""
    rows = [sum(row) for row in table]
    columns = [sum(column) for column in zip(*table, strict=True)]
    r, c, n = len(rows), len(columns), sum(rows)
    log_p = (
        sum(math.lgamma(k + 1) for k in (*rows, *columns))
        - math.lgamma(n + 1)
        - sum(math.lgamma(k + 1) for row in table for k in row)
    )
    log_gamma = (
        (r - 1) * (c - 1) / 2 * math.log(2 * math.pi)
        - (r * c - 1) / 2 * math.log(n)
        + (c - 1) / 2 * sum(map(math.log, rows))
        + (r - 1) / 2 * sum(map(math.log, columns))
    )
    return -2 * (log_gamma + log_p)


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
