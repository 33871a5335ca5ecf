"""What printed summaries prove about quantities that nobody printed.

Plain intervals in, intervals out; exact fractions, so that every bound holds for every
rounding.  An area here is always turned so that it speaks for the event.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from analysis.printed import Interval


def combined_area(parts: Sequence[Interval]) -> Interval:
    """The area of a product or quotient from the areas of its k factors.

    Factors are numbers that are not negative, divisors positive; the area of a divisor is that
    of its low values.  Take one patient with and one without the event: if every factor stands
    higher, so does the product; if every factor stands lower, so does the product.  With half
    points for ties this holds pair by pair, hence for the areas:
    sum − (k − 1) ≤ area ≤ sum (Bonferroni's and Boole's inequalities).
    """
    total = _sum(parts)
    return Interval(total.low - (len(parts) - 1), total.high).clip(Fraction(0), Fraction(1))


def remaining_area(whole: Interval, others: Sequence[Interval]) -> Interval:
    """The area of one factor from that of the product and of the other factors.

    The inequalities of :func:`combined_area` read the other way round:
    whole − sum ≤ area ≤ whole − sum + k, for k other factors.
    """
    rest = whole - _sum(others)
    return Interval(rest.low, rest.high + len(others)).clip(Fraction(0), Fraction(1))


def best_area(parts: Sequence[Interval]) -> Interval:
    """The area of the best weighted sum of markers: at least that of the best marker alone,
    because all other weights may be zero.

    It holds for weights that are chosen for the area.  A logistic fit chooses its weights
    for the likelihood, and its area may be smaller.
    """
    return Interval(max(part.low for part in parts), Fraction(1))


def needed_correlation(
    difference: Interval, first: Interval, second: Interval, z: Fraction
) -> Fraction:
    """The correlation of two estimates that is enough for |difference| ≥ z · its standard error.

    That error is √(a² + b² − 2 r a b) for standard errors a and b (Hanley and McNeil 1983), so
    every r ≥ (a² + b² − (d/z)²) / (2 a b) will do; returned is the largest of these ends over
    the rounding intervals `first` of a and `second` of b and the least d of `difference` (of
    positive sign; a part below zero counts as zero).  Under −1 every correlation will do, over 1
    none is sure to: |r| ≤ 1 (Cauchy and Schwarz).  In a, and in b, the end is convex or rising,
    so that it is largest in a corner.
    """
    if min(first.low, second.low) <= 0 or z <= 0:
        raise ValueError("standard errors and z are needed above zero")
    k = max(Fraction(difference.low), Fraction(0)) / z
    ends = product((first.low, first.high), (second.low, second.high))
    return max(
        (Fraction(a) ** 2 + Fraction(b) ** 2 - k**2) / (2 * Fraction(a * b)) for a, b in ends
    )


def odds_ratio(hits: int, misses: int, false: int, correct: int) -> Fraction:
    """The odds ratio of a two-by-two table, exact; ValueError for an empty cell.

    `hits`, `misses`: patients with the event above and below the cut; `false`, `correct`:
    patients without it above and below.
    """
    if min(hits, misses, false, correct) < 1:
        raise ValueError("an empty cell has no finite odds ratio")
    return Fraction(hits * correct, misses * false)


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean and standard deviation (n − 1) of a variable in a group, as rounding intervals."""

    mean: Interval
    sd: Interval


def variance_ceiling(mean: Interval, low: Fraction, high: Fraction, n: int) -> Fraction:
    """The largest variance (n − 1) of n values in [low, high] with this mean: (high − m)(m − low)
    n/(n − 1) (Bhatia and Davis 2000), the largest over the interval of the mean."""
    middle = (low + high) / 2
    m = min(max(middle, Fraction(mean.low)), Fraction(mean.high))
    return max((high - m) * (m - low), Fraction(0)) * Fraction(n, n - 1)


def sum_correlation(
    first: Summary, second: Summary, low: Fraction, high: Fraction, n: int
) -> Interval:
    """The correlation of two variables whose sum lies in [low, high] in every patient.

    var(x + y) = var x + var y + 2 r sd(x) sd(y) has a ceiling (:func:`variance_ceiling`), hence
    r has one.  It may stand above one: then the limits of the sum say nothing.
    """
    most = variance_ceiling(first.mean + second.mean, low, high, n)
    room = most - _low_square(first.sd) - _low_square(second.sd)
    ceiling = Interval.point(room) / (Interval.point(2) * first.sd * second.sd)
    return Interval(Fraction(-1), ceiling.high).clip(Fraction(-1), Fraction(1))


def linked_correlation(
    product: tuple[Summary, Summary], same: tuple[Summary, Summary], n: int,
    known: Interval | None = None,
) -> Interval:  # fmt: skip
    """The correlation of c and d where c·d = a·b in every patient, from that of a and b.

    The mean of c·d is the mean of a·b, so that
    r(c, d) sd(c) sd(d) = r(a, b) sd(a) sd(b) + (mean a · mean b − mean c · mean d) n/(n − 1).
    `product`: a and b; `same`: c and d; `known`: what is known of r(a, b), else −1 to 1.
    Raises ValueError if no correlation fits: then the means cannot belong to such variables.
    """
    (a, b), (c, d) = product, same
    known = known or Interval(Fraction(-1), Fraction(1))
    shift = (a.mean * b.mean - c.mean * d.mean) * Interval.point(Fraction(n, n - 1))
    found = (known * a.sd * b.sd + shift) / (c.sd * d.sd)
    if found.high < -1 or found.low > 1:
        raise ValueError("these means and SDs cannot belong to variables with c·d = a·b")
    return found.clip(Fraction(-1), Fraction(1))


def _sum(parts: Sequence[Interval]) -> Interval:
    total = Interval.point(0)
    for part in parts:
        total = total + part
    return total


def _low_square(value: Interval) -> Fraction:
    return Fraction(value.low) ** 2
