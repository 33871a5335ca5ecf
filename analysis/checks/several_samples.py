"""Statistics of two or more groups from their sizes, means and SDs, enclosed over all
roundings.

A box is a list of ``(n, mean, sd)`` with means and SDs as intervals.  Where numerator and
denominator share no input their ends are exact; Welch's weights appear twice, so that his
F is enclosed outward.  Sources: Fisher 1925, Welch 1951, Brown & Forsythe 1974.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy import special

from analysis.checks import common
from analysis.printed import Bound, Interval

Group = tuple[int, Interval, Interval]

# of more groups than this the largest spread of the means is bounded, not enumerated
MOST_GROUPS = 12
_ULPS = 2**19  # as for the P values in `common`
_STEPS = 64  # points between two degrees of freedom


@dataclass(frozen=True, slots=True)
class FInterval:
    """What F can be, with its degrees of freedom."""

    f: Interval
    df1: int
    df2: Interval

    @property
    def p(self) -> Interval:
        """P, enclosed."""
        return p_from_f(self.f, self.df1, self.df2)


def p_from_f(f: Interval, df1: int, df2: Interval) -> Interval:
    """Upper-tail P of every F in `f` (≥ 0) and every `df2` (> 0), enclosed.

    P falls as F rises.  In the second degree of freedom it need not be monotone: it is
    taken at many points, and widened by the largest step between neighbours.
    """

    def tail(value: Bound, df: float) -> float:
        return 0.0 if value == math.inf else float(special.fdtrc(df1, df, float(value)))

    a, b = max(float(df2.low), 1e-9), float(df2.high)
    if a == b:
        return Interval.outward(tail(f.high, a), tail(f.low, a), _ULPS).clip(0, 1)
    points = [a * (b / a) ** (i / _STEPS) for i in range(_STEPS + 1)]
    lows, highs = ([tail(value, df) for df in points] for value in (f.high, f.low))
    slack = max(abs(x - y) for line in (lows, highs) for x, y in itertools.pairwise(line))
    return Interval.outward(max(min(lows) - slack, 0), max(highs) + slack, _ULPS).clip(0, 1)


def between(weights: Sequence[Bound], means: Sequence[Interval]) -> Interval:
    """The weighted sum of squares of the means around their weighted mean, over a box.

    It is ``min over c of Σ w (m − c)²``: convex in the means, so that it is largest at a
    corner, and smallest for the `c` at which the distances to the intervals balance.  Both
    are exact, but for more than :data:`MOST_GROUPS` groups the upper end is a bound.
    """
    return Interval(_least(weights, means), _largest(weights, means))


def _spread(weights: Sequence[Bound], means: Sequence[Bound]) -> Fraction:
    total = sum(weights)
    centre = sum(w * m for w, m in zip(weights, means, strict=True)) / total
    return sum(w * (m - centre) ** 2 for w, m in zip(weights, means, strict=True))


def _largest(weights: Sequence[Bound], means: Sequence[Interval]) -> Bound:
    if any(w == math.inf for w in weights):
        return math.inf
    if len(means) <= MOST_GROUPS:
        corners = itertools.product(*({m.low, m.high} for m in means))
        return max(_spread(weights, corner) for corner in corners)
    total = sum(weights)
    centre = sum(w * (m.low + m.high) / 2 for w, m in zip(weights, means, strict=True)) / total
    return sum(
        w * max(abs(m.low - centre), abs(m.high - centre)) ** 2
        for w, m in zip(weights, means, strict=True)
    )


def _least(weights: Sequence[Bound], means: Sequence[Interval]) -> Fraction:
    def distance(c: Fraction) -> Fraction:
        return sum(
            w * max(m.low - c, c - m.high, Fraction(0)) ** 2
            for w, m in zip(weights, means, strict=True)
        )

    ends = sorted({end for m in means for end in (m.low, m.high)})
    best = min(distance(c) for c in ends)
    for low, high in itertools.pairwise(ends):
        # between two ends the sum is a parabola in c
        below = [(w, m.high) for w, m in zip(weights, means, strict=True) if m.high <= low]
        above = [(w, m.low) for w, m in zip(weights, means, strict=True) if m.low >= high]
        pull = below + above
        if not pull:
            return Fraction(0)
        c = sum(w * end for w, end in pull) / sum(w for w, _ in pull)
        if low < c < high:
            best = min(best, distance(c))
    return best


def _square(sd: Interval) -> Interval:
    inside = sd.clip(0, math.inf)
    return Interval(inside.low**2, inside.high**2)


def ratio(top: Interval, bottom: Interval) -> Interval:
    """A quotient of numbers ≥ 0 that share no input; 0/0 is undetermined."""
    high = math.inf if bottom.low == 0 else top.high / bottom.low
    if bottom.high == 0:
        return Interval(Fraction(0) if top.low == 0 else math.inf, math.inf)
    return Interval(top.low / bottom.high, high)


def within(box: Sequence[Group]) -> Interval:
    """The sum of squares inside the groups, Σ (n − 1) s²."""
    squares = [(n, _square(sd)) for n, _, sd in box]
    return Interval(
        sum(((n - 1) * s.low for n, s in squares), Fraction(0)),
        sum(((n - 1) * s.high for n, s in squares), Fraction(0)),
    )


def together(box: Sequence[Group]) -> Group:
    """All patients of the groups as one group: its mean and SD, enclosed over the box."""
    sizes = [Fraction(n) for n, _, _ in box]
    means = [m for _, m, _ in box]
    total = sum(sizes)
    low, high = (
        sum(n * end for n, end in zip(sizes, ends, strict=True)) / total
        for ends in ([m.low for m in means], [m.high for m in means])
    )
    inside, apart = within(box), between(sizes, means)
    variance = Interval(
        (inside.low + apart.low) / (total - 1), (inside.high + apart.high) / (total - 1)
    )
    return int(total), Interval(low, high), common.sqrt(variance)


def one_way_f(box: Sequence[Group]) -> FInterval:
    """F of the one-way analysis of variance (Fisher 1925), df k − 1 and N − k.

    The means stand in the numerator alone and the SDs in the denominator alone: both ends
    are exact.  ValueError if no group has two patients.
    """
    sizes = [n for n, _, _ in box]
    k, total = len(box), sum(sizes)
    if total <= k:
        raise ValueError("an analysis of variance needs more patients than groups")
    top = between([Fraction(n) for n in sizes], [m for _, m, _ in box])
    bottom = within(box)
    f = ratio(
        Interval(top.low / (k - 1), top.high / (k - 1)),
        Interval(bottom.low / (total - k), bottom.high / (total - k)),
    )
    return FInterval(f, k - 1, Interval.point(total - k))


def welch_f(box: Sequence[Group]) -> FInterval:
    """F of Welch's (1951) analysis of variance, enclosed outward; every group needs two
    patients.

    Its numerator rises with every weight n/s²; the rest depends on the shares of the
    weights alone, which are enclosed one by one.
    """
    k = len(box)
    variances = [_square(sd) for _, _, sd in box]
    light = [
        n / v.high if v.high else math.inf for (n, _, _), v in zip(box, variances, strict=True)
    ]
    heavy = [n / v.low if v.low else math.inf for (n, _, _), v in zip(box, variances, strict=True)]
    means = [m for _, m, _ in box]
    if math.inf in light:
        return FInterval(
            Interval(Fraction(0), math.inf), k - 1, Interval(Fraction(1, k * k), Fraction(10**9))
        )
    top = Interval(_least(light, means) / (k - 1), _over(_largest(heavy, means), k - 1))
    shares = []
    for i in range(k):
        others_heavy = sum(heavy[:i] + heavy[i + 1 :])
        others_light = sum(light[:i] + light[i + 1 :])
        low = light[i] / (light[i] + others_heavy) if others_heavy != math.inf else Fraction(0)
        high = Fraction(1) if heavy[i] == math.inf else heavy[i] / (heavy[i] + others_light)
        shares.append(Interval(low, high))
    rest = Interval(
        sum((1 - s.high) ** 2 / (n - 1) for s, (n, _, _) in zip(shares, box, strict=True)),
        sum((1 - s.low) ** 2 / (n - 1) for s, (n, _, _) in zip(shares, box, strict=True)),
    )
    factor = Fraction(2 * (k - 2), k * k - 1)
    f = ratio(top, Interval(1 + factor * rest.low, 1 + factor * rest.high))
    df2 = Interval(
        Fraction(k * k - 1) / (3 * rest.high),
        Fraction(k * k - 1) / (3 * rest.low) if rest.low > 0 else Fraction(10**9),
    )
    return FInterval(f, k - 1, df2)


def brown_forsythe_f(box: Sequence[Group]) -> FInterval:
    """F* of Brown and Forsythe (1974), with Satterthwaite's degrees of freedom enclosed
    outward; every group needs two patients."""
    total = sum(n for n, _, _ in box)
    top = between([Fraction(n) for n, _, _ in box], [m for _, m, _ in box])
    parts = []
    for n, _, sd in box:
        square, share = _square(sd), 1 - Fraction(n, total)
        parts.append(Interval(share * square.low, share * square.high))
    bottom = Interval(sum(p.low for p in parts), sum(p.high for p in parts))
    high = Fraction(0)
    for (n, _, _), p in zip(box, parts, strict=True):
        others = bottom.low - p.low
        share = p.high / (p.high + others) if p.high + others > 0 else Fraction(1)
        high += share**2 / (n - 1)
    # the squares of k shares of one, over n − 1, are at least 1 / Σ (n − 1)
    most = sum(n - 1 for n, _, _ in box)
    return FInterval(
        ratio(top, bottom), len(box) - 1, Interval(min(1 / high, Fraction(most)), Fraction(most))
    )


def _over(value: Bound, divisor: int) -> Bound:
    return math.inf if value == math.inf else value / divisor


def trend_f(box: Sequence[Group]) -> dict[str, FInterval]:
    """Squares of t for a linear trend over the groups in their order: the contrast with the
    variance inside the groups, weighted by size or not, and the regression on 1, 2, 3, …"""
    sizes, k = [n for n, _, _ in box], len(box)
    total = sum(sizes)
    centre = Fraction(sum(i * n for i, n in enumerate(sizes)), total)
    inside, all_between = within(box), between([Fraction(n) for n in sizes], [m for _, m, _ in box])
    variance = Interval(inside.low / (total - k), inside.high / (total - k))

    def squared(scores: Sequence[Fraction]) -> Interval:
        sum_ = Interval.point(0)
        for score, (_, mean, _) in zip(scores, box, strict=True):
            sum_ += Interval.point(score) * mean
        low = Fraction(0) if sum_.low <= 0 <= sum_.high else min(abs(sum_.low), abs(sum_.high))
        scale = sum(s**2 / n for s, n in zip(scores, sizes, strict=True))
        return Interval(low**2 / scale, max(abs(sum_.low), abs(sum_.high)) ** 2 / scale)

    weighted = squared([n * (i - centre) for i, n in enumerate(sizes)])
    equal = squared([Fraction(2 * i - k + 1) for i in range(k)])
    rest = Interval(
        inside.low + max(all_between.low - weighted.high, Fraction(0)),
        inside.high + max(all_between.high - weighted.low, Fraction(0)),
    )
    error = Interval(rest.low / (total - 2), rest.high / (total - 2))
    df, df_line = Interval.point(total - k), Interval.point(total - 2)
    return {
        "linear trend over the groups": FInterval(ratio(weighted, variance), 1, df),
        "linear trend over the groups, unweighted": FInterval(ratio(equal, variance), 1, df),
        "regression on the number of the group": FInterval(ratio(weighted, error), 1, df_line),
    }


def pooled_variance(box: Sequence[Group]) -> Interval:
    """The variance of all patients together, from their groups: exact ends."""
    total = sum(n for n, _, _ in box)
    inside = within(box)
    around = between([Fraction(n) for n, _, _ in box], [m for _, m, _ in box])
    return Interval(
        (inside.low + around.low) / (total - 1), (inside.high + around.high) / (total - 1)
    )


def pooled_mean(box: Sequence[Group]) -> Interval:
    """The mean of all patients together, from their groups: exact ends."""
    total = sum(n for n, _, _ in box)
    return Interval(
        sum((n * m.low for n, m, _ in box), Fraction(0)) / total,
        sum((n * m.high for n, m, _ in box), Fraction(0)) / total,
    )
