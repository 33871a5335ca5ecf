"""The largest test statistic over all cuts of a marker, and its P value.

With a state of two classes the standardised rank statistic of a cut (Lausen and Schumacher
1992) is that of the counts, and its square is Pearson's χ² times (n − 1)/n: the variance is
that of permuted states.  Over all cuts in a stated range, the maximum has its own distribution;
the P value of the best cut alone is not a P value (Miller and Siegmund 1982).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import cutoff
from analysis.estimate.roc import EstimateError, Floats, Place, Whole, distinct

Range = tuple[float, float]
INNER: Range = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Maximum:
    """The largest statistic over the cuts in a range.

    `statistic`: the standardised rank statistic, at least 0; `chi_square`: Pearson's χ² at the
    same cut; `cuts`: all cuts that reach it, shape (t,), in units of the marker, rising.
    `below`: how many patients lie under each cut that was tried, shape (k,); `positive`, `n`:
    patients with the state, and all; `inner`: the range of the shares under a cut.
    """

    statistic: float
    chi_square: float
    cuts: Floats
    below: Whole
    positive: int
    n: int
    inner: Range

    @property
    def p_min(self) -> float:
        """The P value of the best cut's χ², as if the cut had not been searched."""
        return float(special.chdtrc(1, self.chi_square))


def maximum(
    positive: ArrayLike, negative: ArrayLike, inner: Range = INNER, place: Place = "midpoint"
) -> Maximum:
    """The best cut by the size of its statistic, in either direction.

    `positive`, `negative`: values, shape (n1,) and (n0,), any unit.  `inner`: cuts with
    ⌊n·low⌋ to ⌊n·high⌋ patients under them are tried, as R's maxstat does.  Raises
    :class:`EstimateError` as :func:`analysis.estimate.cutoff.search` does.
    """
    rule = cutoff.Rule("chi_square", place=place, inner=inner)
    cuts = cutoff.search(positive, negative, rule)
    _, c1, c0 = distinct(positive, negative, "higher")
    f1, f0 = np.cumsum(c1), np.cumsum(c0)
    n1, n0 = int(f1[-1]), int(f0[-1])
    tp, fp = n1 - f1, n0 - f0
    allowed = cutoff.scores(tp, fp, n1, n0, rule)[1]
    best = float(cutoff.chi_square(tp, fp, n1, n0)[allowed].max())
    n = n1 + n0
    statistic = math.sqrt(best * (n - 1) / n)
    return Maximum(statistic, best, cuts.cuts, (f1 + f0)[allowed], n1, n, inner)


def miller_siegmund(statistic: float, inner: Range = INNER) -> float:
    """The large-sample P value of a maximum of size `statistic` over cuts in the range.

    4φ(b)/b + φ(b)(b − 1/b) log(high(1 − low)/((1 − high)low)): Miller and Siegmund (1982) for
    b = √χ², Lausen and Schumacher (1992) for the rank statistic.  A marker without ties and
    many patients are supposed.  It is no probability for small b: 1 is told for b < 1 (as R's
    maxstat does) and where it passes 1.  Raises :class:`EstimateError` for a negative or NaN
    statistic or a range that touches 0 or 1.
    """
    _size(statistic)
    low, high = inner
    if not 0 < low < high < 1:
        raise EstimateError("the formula needs two rising shares inside 0 and 1.")
    b = statistic
    if b < 1:
        return 1.0
    density = math.exp(-b * b / 2) / math.sqrt(2 * math.pi)
    spread = math.log(high * (1 - low) / ((1 - high) * low))
    return min(density * (4 / b + (b - 1 / b) * spread), 1.0)


def altman(p_min: float, share: float) -> float:
    """The short form of the same formula for cuts from `share` to 1 − `share`, which is 0.05 or
    0.1: −3.13 p(1 + 1.65 ln p) or −1.63 p(1 + 2.35 ln p) (Altman et al. 1994).

    `p_min`: the smallest P value.  Raises :class:`EstimateError` outside 0.0001 to 0.1, where
    the authors gave it, and for other shares.
    """
    if share not in (0.05, 0.1):
        raise EstimateError("the short forms are for cuts from 5 % or from 10 % on.")
    if not 0.0001 <= p_min <= 0.1:
        raise EstimateError(f"the short forms are for P from 0.0001 to 0.1, not {p_min:g}.")
    if share == 0.05:
        return -3.13 * p_min * (1 + 1.65 * math.log(p_min))
    return -1.63 * p_min * (1 + 2.35 * math.log(p_min))


def improved_bonferroni(found: Maximum) -> float:
    """The large-sample P value from the cuts that were tried, at most 1: the P of the first, and
    for each next one the chance that the statistic is passed there only (Worsley 1982; Lausen,
    Sauerbrei and Schumacher 1994).

    Close where cuts are few.  The chances are a series for neighbouring cuts; where it would
    make one of them negative, for cuts far apart and a large statistic, it is taken as that of
    the cut alone.
    """
    b, n = found.statistic, found.n
    first, second = found.below[:-1], found.below[1:]
    apart = np.sqrt(1 - first * (n - second) / ((n - first) * second))
    density = math.exp(-b * b / 2) / math.pi
    alone = 2 * float(special.ndtr(-b))
    steps = density * (apart - (b * b / 4 - 1) * apart**3 / 6)
    return min(alone + float(np.where(steps >= 0, steps, alone).sum()), 1.0)


def exact(found: Maximum) -> float:
    """The exact P value given the patients' values (ties included) and the number of states.

    The share of all orders of the states with a maximum at least as large: the walk of counts
    from cut to cut, and what it loses when it first reaches the statistic (Koziol 1991).
    Work of n·n1 steps, 2 ms for some hundred patients.
    """
    n, n1 = found.n, found.positive
    counts = np.arange(n1 + 1)
    chance = np.zeros(n1 + 1)
    chance[0], lost = 1.0, 0.0
    tried = np.zeros(n + 1, dtype=bool)
    tried[found.below] = True
    # statistics that differ by rounding alone are the same
    bar = found.chi_square * (1 - 1e-12)
    for under in range(1, int(found.below[-1]) + 1):
        left = n - under + 1
        hit = chance * np.clip((n1 - counts) / left, 0.0, 1.0)
        chance = chance - hit
        chance[1:] += hit[:-1]
        if tried[under]:
            out = cutoff.chi_square(n1 - counts, n - under - n1 + counts, n1, n - n1) >= bar
            lost += float(chance[out].sum())
            chance[out] = 0.0
    return min(lost, 1.0)


def permutation(found: Maximum, rng: np.random.Generator, permutations: int = 10_000) -> float:
    """The P value from random orders of the states, (1 + as large)/(1 + all) (Phipson and Smyth
    2010): valid at every number of permutations, never 0.  :func:`exact` is what it goes to."""
    if permutations < 1:
        raise EstimateError("at least one permutation is needed.")
    n, n1 = found.n, found.positive
    state = (np.arange(n) < n1).astype(np.int8)
    bar = found.chi_square * (1 - 1e-12)
    rows, large = max(1, (1 << 18) // n), 0
    for start in range(0, permutations, rows):
        now = min(rows, permutations - start)
        order = rng.permuted(np.broadcast_to(state, (now, n)), axis=1)
        under = np.cumsum(order, axis=1, dtype=np.int64)[:, found.below - 1]
        tables = cutoff.chi_square(n1 - under, n - found.below - n1 + under, n1, n - n1)
        large += int((tables.max(axis=1) >= bar).sum())
    return (1 + large) / (1 + permutations)


def _size(statistic: float) -> None:
    if not statistic >= 0:
        raise EstimateError(f"a largest statistic is at least 0, {statistic:g} is not.")
