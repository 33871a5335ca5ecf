"""What Z, U, W and H of tests by ranks can be, and the P that belongs to them.

The patients' ranks are not printed: only the range of a statistic and its own P can be
held against it.  Sources: Wilcoxon 1945, Mann & Whitney 1947, Kruskal & Wallis 1952;
bounds by Chebyshev and Cantelli.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from analysis.checks import common
from analysis.checks.rows import size_of
from analysis.checks.several_samples import p_from_f
from analysis.printed import Interval, Printed, whole_values

# products of group sizes up to this have an exact distribution of U here
MOST_PAIRS = 2_500
# with more patients than this no program gives an exact P unasked
EXACT_PATIENTS = 200
EXACT_H_PATIENTS = 40


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning of a printed statistic: its name, the values that the sizes of the groups
    allow, the P that belongs to it, and what P may be under rarer conditions, by name."""

    name: str
    range: Interval
    p: Interval
    central: float
    rarer: tuple[tuple[str, Interval], ...] = ()


def largest_z(sizes: Sequence[int]) -> Interval:
    """|Z| of two groups is at most √(N − 1), reached when all ranks are tied within the
    groups: Z² = H, which is (N − 1) times a share of a sum of squares."""
    root = common.sqrt(Interval.point(max(sum(sizes) - 1, 0)))
    return Interval(Fraction(0), root.high)


def z_of_u(u: Interval, n1: int, n2: int, *, corrected: bool) -> Interval:
    """|Z| of every U in `u` without ties, with or without the continuity correction."""
    away = common.absolute(u - Interval.point(Fraction(n1 * n2, 2)))
    if corrected:
        half = Fraction(1, 2)
        away = Interval(max(away.low - half, Fraction(0)), max(away.high - half, Fraction(0)))
    variance = Fraction(n1 * n2 * (n1 + n2 + 1), 12)
    return common.sqrt(Interval(away.low**2 / variance, away.high**2 / variance))


@lru_cache(maxsize=256)
def _ways(n1: int, n2: int) -> tuple[int, ...]:
    """How many orders of n1 and n2 values without ties give U = 0, 1, …, n1·n2: the
    coefficients of a Gaussian binomial."""
    top = n1 * n2
    ways = [1] + [0] * top
    for i in range(1, n1 + 1):
        for u in range(top, n2 + i - 1, -1):  # times 1 − q^(n2 + i)
            ways[u] -= ways[u - n2 - i]
        for u in range(i, top + 1):  # over 1 − q^i
            ways[u] += ways[u - i]
    return tuple(ways)


def exact_p(u: Fraction, n1: int, n2: int) -> float | None:
    """Two-sided exact P of U without ties, twice the smaller tail; None beyond
    :data:`MOST_PAIRS`."""
    if n1 * n2 > MOST_PAIRS:
        return None
    ways = _ways(*sorted((n1, n2)))
    lower = min(u, n1 * n2 - u)
    tail = sum(ways[: math.floor(lower) + 1])
    return float(min(Fraction(1), Fraction(2 * tail, sum(ways))))


def p_of_u(u: Interval, n1: int, n2: int) -> Interval:
    """Two-sided P of U without ties: normal with and without the correction, and exact."""
    plain = common.p_from_z(z_of_u(u, n1, n2, corrected=False))
    corrected = common.p_from_z(z_of_u(u, n1, n2, corrected=True))
    ends = [plain.low, plain.high, corrected.low, corrected.high]
    for end in (u.low, u.high):
        exact = exact_p(Fraction(end), n1, n2)
        if exact is not None:
            ends += [Fraction(exact) * (1 + side * Fraction(1, 10**12)) for side in (-1, 1)]
    middle = Fraction(n1 * n2, 2)
    if middle in u:
        ends.append(Fraction(1))
    return Interval(min(ends), min(max(ends), Fraction(1)))


def with_ties(abs_z: Interval, sizes: Sequence[int]) -> Interval:
    """P of U when ties are not known: from that of the largest Z (or the least exact P) to
    the largest P that Chebyshev and Cantelli leave.

    `abs_z` is |Z| without ties; ties make the variance smaller and Z larger.
    """
    least = common.p_from_z(Interval.point(largest_z(sizes).high)).low
    few = sum(sizes) <= 10 * EXACT_PATIENTS
    least = min(least, Fraction(1, math.comb(sum(sizes), sizes[0]))) if few else Fraction(0)
    return Interval(least, _cantelli(abs_z))


def _cantelli(abs_z: Interval) -> Fraction:
    """The largest two-sided P at a distance of |Z| standard deviations."""
    square = Fraction(abs_z.low) ** 2
    return Fraction(1) if square <= 1 else 2 / (1 + square)


def _near(p: Interval) -> Interval:
    """Around a P by the normal or chi-square: what a permutation test of many patients, or
    draws of one, may print instead.  Not proven, and generous."""
    return Interval(p.low / 2, min(p.high * 3 / 2 + Fraction(1, 100), Fraction(1)))


def _z(statistic: Printed, size: Interval, sizes: Sequence[int]) -> Meaning:
    p = common.p_from_z(size)
    rarer = [("a permutation P beside Z", _near(p))]
    if sum(sizes) <= EXACT_PATIENTS:
        low = Fraction(1, math.comb(sum(sizes), sizes[0]))
        rarer.append(("an exact P beside Z", Interval(low, max(low, _cantelli(size)))))
    central = float(common.p_from_z(Interval.point(abs(statistic.value))).high)
    return Meaning("Z", largest_z(sizes), p, central, tuple(rarer))


def _u(name: str, shift: int, statistic: Printed, sizes: Sequence[int]) -> Meaning | None:
    """U, or a rank sum W, which is U and the least rank sum of its group."""
    n1, n2 = sizes
    reach = Interval(Fraction(shift), Fraction(n1 * n2 + shift))
    halves = statistic.interval.intersection(reach)
    if halves is None or not whole_values(Interval(2 * halves.low, 2 * halves.high)):
        return None
    inside = whole_values(Interval(2 * halves.low, 2 * halves.high))
    u = Interval(Fraction(inside[0], 2) - shift, Fraction(inside[-1], 2) - shift)
    z = z_of_u(u, n1, n2, corrected=False)
    middle = min(max(statistic.value - shift, u.low), u.high)
    point = z_of_u(Interval.point(middle), n1, n2, corrected=False)
    return Meaning(
        name, reach, p_of_u(u, n1, n2), float(common.p_from_z(point).high),
        (("ties", with_ties(z, sizes)),),
    )  # fmt: skip


def _h(statistic: Printed, sizes: Sequence[int]) -> Meaning:
    total, df = sum(sizes), len(sizes) - 1
    inside = statistic.interval.clip(0, math.inf)
    at = Interval.point(max(statistic.value, Fraction(0)))
    p = common.p_from_chi2(inside, df)
    rarer = [("a permutation P beside H", _near(p))]
    if total <= EXACT_H_PATIENTS:
        rarer.append(("an exact P beside H", common.UNIT))
    return Meaning(
        "H", Interval(Fraction(0), Fraction(max(total - 1, 0))), p,
        float(common.p_from_chi2(at, df).high), tuple(rarer),
    )  # fmt: skip


def meanings(
    statistic: Printed, sizes: Sequence[int], kind: str | None = None
) -> Iterator[Meaning]:
    """What a printed statistic of a test by ranks may be, the likeliest first.

    `kind` is what the paper calls it (``z``, ``u``, ``h`` or ``chi2``), which then comes
    first.  Two groups: Z, U, W, H; more: H.  Only meanings whose range it meets.
    """
    size = size_of(statistic)
    found: list[Meaning | None] = []
    if len(sizes) == 2:
        found.append(_z(statistic, size, sizes))
        if statistic.comparison == "=" and statistic.value >= 0:
            found.append(_u("U", 0, statistic, sizes))
            for n in dict.fromkeys(sizes):
                found.append(_u("W, a sum of ranks", n * (n + 1) // 2, statistic, sizes))
    if statistic.value >= 0:
        found.append(_h(statistic, sizes))
    wanted = {"z": "Z", "u": "U", "h": "H", "chi2": "H"}.get(kind or "")
    kept = [
        m for m in found
        if m is not None and (size if m.name == "Z" else statistic.interval).intersects(m.range)
    ]  # fmt: skip
    yield from sorted(kept, key=lambda m: m.name != wanted)


def other_ps(statistic: Printed, sizes: Sequence[int]) -> Iterator[tuple[str, Interval]]:
    """P of this statistic if it were t, F or Z after all."""
    total, k = sum(sizes), len(sizes)
    size = size_of(statistic)
    if total > k:
        if k == 2:
            yield "Student's t", common.p_from_t(size, Interval.point(total - 2))
        if statistic.value >= 0:
            inside = statistic.interval.clip(0, math.inf)
            yield (
                "F of an analysis of variance",
                p_from_f(inside, max(k - 1, 1), Interval.point(total - k)),
            )
    if k > 2:
        yield "Z", common.p_from_z(size)
