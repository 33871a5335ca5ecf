"""What means, SDs and percentages of whole numbers can be: GRIM, GRIMMER and counts, exactly.

Everything is decided in integers and :class:`fractions.Fraction`; no verdict rests on a
float or on which way a tie was rounded.

Sources: Brown & Heathers 2017 (GRIM), Anaya 2016 (GRIMMER), Heathers & Brown 2019 (DEBIT),
Bhatia & Davis 2000 (variance between limits).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import islice

from analysis.printed import Bound, Interval, Printed, whole_values

# the search for fewer than 10 whole numbers takes time proportional to their spread
LARGEST_SPREAD = 10_000
MOST_SUMS = 20_000


def counts_for_share(share: Printed, n: int, *, percent: bool = False) -> range:
    """The whole numbers ``k`` for which ``k/n`` (``100·k/n`` if `percent`) prints as `share`."""
    scale = Fraction(n, 100) if percent else Fraction(n)
    inside = share.interval.clip(0, 100 if percent else 1)
    found = whole_values(Interval(inside.low * scale, inside.high * scale))
    unit = Fraction(100 if percent else 1, n)
    return _trim(found, lambda k: share.shows(k * unit))


def _trim(found: range, fits: Callable[[int], bool]) -> range:
    """The range without an end that does not fit: "<0.5" does not hold 0.5 itself."""
    if found and not fits(found[0]):
        found = found[1:]
    if found and not fits(found[-1]):
        found = found[:-1]
    return found


def hidden_denominators(count: int, percent: Printed, n: int) -> range:
    """Denominators smaller than `n` (and not under `count`) for which ``100·count/m``
    prints as `percent`."""
    inside = percent.interval.clip(0, 100)
    if count == 0:
        return range(1, n) if percent.shows(0) else range(0)
    low = math.ceil(100 * count / inside.high) if inside.high > 0 else n
    high = math.floor(100 * count / inside.low) if inside.low > 0 else n - 1
    found = range(max(count, 1, low), min(high, n - 1) + 1)
    return _trim(found, lambda m: percent.shows(Fraction(100 * count, m)))


def grim(mean: Printed, n: int, step: Fraction = Fraction(1)) -> range:
    """The sums, in units of `step`, of `n` multiples of `step` whose mean prints as `mean`.

    An empty range means that no such data exist (Brown & Heathers 2017).  For a scale of
    `k` items averaged, `step` is 1/k.
    """
    inside = mean.interval
    return whole_values(Interval(inside.low * n / step, inside.high * n / step))


def grimmer(
    mean: Printed,
    sd: Printed,
    n: int,
    step: Fraction = Fraction(1),
    *,
    factor: Fraction | int | None = None,
) -> bool:
    """Whether `n` multiples of `step` exist whose mean and sample SD print like this.

    Decided exactly: for every attainable sum the sums of squares that fit the SD are
    tried, and each is an attainable one or not (see :func:`squares_attainable`).  Limits
    of the scale are not used, so that True may still be refuted by them.  What would take
    too long is not refuted: fewer than 10 values with an SD above :data:`LARGEST_SPREAD`
    steps, and more than :data:`MOST_SUMS` sums of which none of the first fits, give True.

    `factor` is what the square of the printed figure is multiplied with to give the sum of
    squares around the mean: ``n − 1`` for a sample SD (the default), ``n`` for an SD with
    the divisor n, ``n(n − 1)`` for a standard error.
    """
    factor = n - 1 if factor is None else factor
    sums = grim(mean, n, step)
    if n < 2:
        return bool(sums) and sd.value == 0
    spread = sd.interval.clip(0, math.inf)
    low, high = (spread.low / step) ** 2 * factor, (spread.high / step) ** 2 * factor
    if n < 10 and spread.high > LARGEST_SPREAD * step:
        return bool(sums)
    for total in islice(_most_even_first(sums, n), MOST_SUMS):
        offset = Fraction(total**2, n)
        squares = whole_values(Interval(low + offset, high + offset))
        if n >= 10:
            base, r = divmod(total, n)
            # the smallest sum of squares that this sum allows, and its parity
            least = n * base**2 + 2 * base * r + r
            if squares.stop <= least and total == _most_even(sums, n):
                return False  # every other sum leaves less room
            start = max(squares.start, least)
            if start + (start - least) % 2 < squares.stop:
                return True
        elif any(squares_attainable(n, total, q) for q in squares):
            return True
    return sums.stop - sums.start > MOST_SUMS


def _most_even(sums: range, n: int) -> int:
    """The sum that `n` whole numbers reach with the least spread: nearest a multiple of n."""
    multiple = -(-sums.start // n) * n
    if multiple in sums:
        return multiple
    first, last = sums.start, sums.stop - 1
    return first if (first % n) * (n - first % n) <= (last % n) * (n - last % n) else last


def _most_even_first(sums: range, n: int) -> Iterator[int]:
    if sums:
        best = _most_even(sums, n)
        yield best
        yield from (total for total in sums if total != best)


def squares_attainable(n: int, total: int, squares: int) -> bool:
    """Whether `n` integers with sum `total` and sum of squares `squares` exist.

    Let the integers be ``c + d_i`` with ``c = total // n``; the ``d_i`` have sum
    ``r = total − n·c`` in ``0…n−1`` and some sum of squares ``q ≥ r`` with ``q ≡ r`` (mod 2).
    For n ≥ 10 every such q is attained: start from r ones and n − r zeros (q = r).  At
    least four disjoint pairs of equal values exist; moving a pair apart by ``±a`` adds
    ``2a²``, and by Lagrange every (q − r)/2 is a sum of four squares.  For n < 10 the
    integers are searched, with the Cauchy–Schwarz bound cutting the tree.
    """
    base = total // n
    r = total - n * base
    q = squares - 2 * base * total + n * base**2
    if q < r or (q - r) % 2:
        return False
    return n >= 10 or _search(n, r, q)


@lru_cache(maxsize=100_000)
def _search(n: int, total: int, squares: int) -> bool:
    spare = n * squares - total**2
    if spare < 0 or (squares - total) % 2:
        return False
    if n == 1:
        return squares == total**2
    if n == 2:
        gap = math.isqrt(spare)
        return gap**2 == spare
    # |d − total/n| ≤ sqrt((n−1)/n · (squares − total²/n)); the largest deviations first leave
    # the smallest rest, so that a witness is found early
    reach = math.isqrt((n - 1) * spare) // n + 1
    centre = total // n
    for step in range(reach + 1, -1, -1):
        for d in {centre + step, centre - step}:
            if d * d <= squares and _search(n - 1, total - d, squares - d * d):
                return True
    return False


def largest_sd(n: int, mean: Interval, low: Bound, high: Bound) -> tuple[Bound, bool]:
    """Square of the largest sample SD of `n` values in ``[low, high]`` with a mean in `mean`.

    Both limits: ``n/(n−1)·(high−m)(m−low)`` (Bhatia & Davis 2000); one limit: all values
    but one at the limit give ``n·(m−limit)²``; no limit: infinite.  Returns the square
    and whether any mean in the interval lies inside the limits at all.
    """
    if mean.high < low or mean.low > high:
        return Fraction(0), False
    inside = mean.clip(low, high)
    if math.isinf(low) and math.isinf(high):
        return math.inf, True
    if math.isinf(high):
        return n * (inside.high - low) ** 2, True
    if math.isinf(low):
        return n * (high - inside.low) ** 2, True
    middle = Fraction(low + high) / 2
    m = min(max(middle, inside.low), inside.high)
    return Fraction(n, n - 1) * (high - m) * (m - low), True
