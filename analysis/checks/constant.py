"""Which mean fitted probability a printed constant and its coefficients can give.

A regression with k two-valued predictors sorts n patients into 2^k patterns.  Given the
constant and the coefficients, each pattern has one fitted value; given how many patients
have each predictor (the margins), the mean fitted value is a weighted mean over patterns
whose weights are known only through these margins.  Its largest and its smallest value
are two linear programs (the Fréchet class of the margins; Rüschendorf 1981).

Every bound reported here is proved without the solver.  Multipliers u_0, u_1, …, u_k with
``u_0 + Σ_j u_j x_j >= f(x)`` in every pattern x give, by weak duality,
``mean f <= u_0 + Σ_j u_j m_j`` for every distribution with the margins m_j.  The
multipliers come from a floating-point solution, are rounded to whole multiples of 2^-40,
and u_0 is then chosen so that the inequality holds in every pattern in whole-number
arithmetic, with f enclosed outward.

What the bound is held against: a maximum-likelihood fit with a constant satisfies the
score equation of the constant, ``Σ fitted = Σ events``, exactly if the link is canonical:
logit for a binomial outcome, log for a Poisson outcome (McCullagh & Nelder 1989, section
2.5).  For probit, complementary log-log and log-binomial fits the equation is weighted
and the mean fitted value may differ from the event rate: nothing is decided there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import combinations, product

import numpy as np
from scipy import special

from analysis.printed import Interval

LINKS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "logit": special.expit,
    "log": np.exp,
    "probit": special.ndtr,
    "cloglog": lambda eta: -np.expm1(-np.exp(eta)),
}
CANONICAL = ("logit", "log")  # binomial, Poisson: mean fitted = event rate

MOST_PREDICTORS = 12  # 4,096 patterns; more would need another method
_ENUMERATED = 4  # up to here every vertex of the margins' polytope is listed once
_UNIT = 1 << 40
_ROUGH = 2.0**-36  # relative margin on a fitted value: four orders over scipy's error
_STEEPEST = 60.0  # exp beyond this is reported as no bound


@dataclass(frozen=True, slots=True)
class Coding:
    """The two codes of each predictor: `low` for the others, `high` for the named category."""

    low: tuple[int, ...]
    high: tuple[int, ...]

    def name(self, labels: Sequence[str]) -> str:
        """``all 0/1``, or which predictors are coded 1/2 and which 0/1."""
        kinds = dict.fromkeys(zip(self.low, self.high, strict=True))
        if len(kinds) == 1:
            low, high = next(iter(kinds))
            return f"all {low}/{high}".replace("-", "−")
        twos = [label for label, low in zip(labels, self.low, strict=True) if low == 1]
        return f"1/2: {', '.join(twos)}; 0/1: the others"


def mixed_codings(k: int) -> list[Coding]:
    """Every mix of 0/1 and 1/2 over k predictors (2^k), all 0/1 first, all 1/2 last."""
    lows = sorted(product((0, 1), repeat=k), key=sum)
    return [Coding(low, tuple(x + 1 for x in low)) for low in lows]


def effect_coding(k: int) -> Coding:
    """−1/1 for every predictor."""
    return Coding((-1,) * k, (1,) * k)


@dataclass(frozen=True, slots=True)
class Bound:
    """A proved bound on the mean fitted value.

    `value` is the bound, `multipliers` are u_0, …, u_k (exact), so that
    ``value = u_0 + Σ u_j·count_j/n`` at the worst counts within their limits.
    """

    value: Fraction | float
    multipliers: tuple[Fraction, ...]


@dataclass(frozen=True, slots=True)
class MeanFitted:
    """The mean fitted values that one coding and one link allow: `low` to `high`."""

    coding: Coding
    link: str
    low: Bound
    high: Bound
    reference: float
    largest: float

    def holds(self, rate: Fraction) -> bool:
        """Whether `rate` lies within the two bounds."""
        return self.low.value <= rate <= self.high.value


@dataclass(frozen=True, slots=True)
class Model:
    """What was printed: `constant` and `slopes` as intervals, `counts` the patients with
    each predictor (intervals of whole numbers, 0 to n where unknown), `n` patients.

    Raises ValueError if there are no predictors, more than :data:`MOST_PREDICTORS`, or
    counts outside 0 to n.
    """

    constant: Interval
    slopes: tuple[Interval, ...]
    counts: tuple[Interval, ...]
    n: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.slopes) <= MOST_PREDICTORS or len(self.slopes) != len(self.counts):
            raise ValueError(
                f"1 to {MOST_PREDICTORS} predictors with a count each are needed, found "
                f"{len(self.slopes)} slopes and {len(self.counts)} counts"
            )
        if any(c.low < 0 or c.high > self.n for c in self.counts):
            raise ValueError(f"counts must lie between 0 and {self.n}")
        if any(end != int(end) for c in self.counts for end in (c.low, c.high)):
            raise ValueError("counts must be whole numbers")

    @property
    def k(self) -> int:
        return len(self.slopes)

    def predictor(self, coding: Coding, side: int) -> tuple[Fraction, tuple[Fraction, ...]]:
        """The largest (`side` +1) or smallest (−1) linear predictor over the roundings, as
        its value where no predictor is present and what each presence adds.

        Each pattern is pushed to its own end of the box, so the result bounds every
        choice of coefficients; for codes that are not negative one corner does it all.
        """
        start = self.constant.high if side > 0 else self.constant.low
        adds = []
        for slope, low, high in zip(self.slopes, coding.low, coding.high, strict=True):
            ends = [_end(slope, code, side) for code in (low, high)]
            start += ends[0]
            adds.append(ends[1] - ends[0])
        return start, tuple(adds)


def _end(slope: Interval, code: int, side: int) -> Fraction:
    ends = (slope.low * code, slope.high * code)
    return max(ends) if side > 0 else min(ends)


def mean_fitted(model: Model, codings: Sequence[Coding], links: Sequence[str]) -> list[MeanFitted]:
    """Proved bounds on the mean fitted value for each coding and each link, coding by
    coding.  Raises KeyError for an unknown link."""
    upper = _bounds(model, codings, links, +1)
    lower = _bounds(model, codings, links, -1)
    middle = Model(
        Interval.point((model.constant.low + model.constant.high) / 2),
        tuple(Interval.point((s.low + s.high) / 2) for s in model.slopes),
        model.counts,
        model.n,
    )
    found = []
    for i, coding in enumerate(codings):
        start, adds = middle.predictor(coding, +1)
        ends = np.array([float(start), float(start + sum((a for a in adds if a > 0), Fraction(0)))])
        for j, link in enumerate(links):
            with np.errstate(over="ignore"):
                reference, largest = LINKS[link](ends)
            found.append(
                MeanFitted(coding, link, lower[i][j], upper[i][j], float(reference), float(largest))
            )
    return found


def bound(model: Model, coding: Coding, link: str, side: int) -> Bound:
    """One proved bound: from above (`side` +1) or from below (−1)."""
    return _bounds(model, [coding], [link], side)[0][0]


def _bounds(
    model: Model, codings: Sequence[Coding], links: Sequence[str], side: int
) -> list[list[Bound]]:
    patterns = _patterns(model.k)
    predictors = [model.predictor(c, side) for c in codings]
    eta = np.array([float(start) for start, _ in predictors])[:, None] + (
        np.array([[float(a) for a in adds] for _, adds in predictors]) @ patterns.T
    )
    found = []
    for i, (_, adds) in enumerate(predictors):
        # a presence that raises every fitted value is best at its largest count, and so on:
        # exchanging one patient's absence for presence can only move the mean that way
        ends = [
            c.high if (a >= 0) == (side > 0) else c.low
            for a, c in zip(adds, model.counts, strict=True)
        ]
        margins = np.array([float(e) / model.n for e in ends])
        rows = []
        for link in links:
            if link == "log" and eta[i].max() > _STEEPEST:
                rows.append(Bound(math.inf if side > 0 else Fraction(0), ()))
                continue
            fitted = LINKS[link](eta[i])
            rows.append(prove(fitted, _multipliers(side * fitted, margins) * side, model, side))
        found.append(rows)
    return found


def prove(fitted: np.ndarray, multipliers: np.ndarray, model: Model, side: int) -> Bound:
    """The bound that weak duality proves from any multipliers u_1, …, u_k.

    `fitted` (2^k values in the order of the patterns) is enclosed outward, `multipliers`
    has length k; u_0 is the smallest (`side` +1) or largest (−1) whole number of units
    with which the plane lies over, or under, every pattern.
    """
    u = [round(float(x) * _UNIT) for x in multipliers]
    values = fitted * (1 + side * _ROUGH) * _UNIT
    values = np.ceil(values) + 1 if side > 0 else np.maximum(np.floor(values) - 1, 0)
    planes = [0]
    for x in u:  # Σ u_j x_j in every pattern, in the order of _patterns
        planes += [p + x for p in planes]
    gaps = [int(v) - p for v, p in zip(values.tolist(), planes, strict=True)]
    u0 = max(gaps) if side > 0 else min(gaps)
    total = model.n * u0
    for x, c in zip(u, model.counts, strict=True):
        ends = (x * int(c.low), x * int(c.high))
        total += max(ends) if side > 0 else min(ends)
    return Bound(Fraction(total, model.n * _UNIT), tuple(Fraction(x, _UNIT) for x in (u0, *u)))


def rounded_plane(
    fitted: np.ndarray, bound: Bound, model: Model, side: int, decimals: int
) -> tuple[tuple[Fraction, ...], Fraction]:
    """The multipliers of a bound rounded to `decimals` and mended so that they prove a
    (slightly weaker) bound on their own: for a line that is checked by hand.

    Returns (u_0, …, u_k) and the bound on ``Σ fitted`` over all n patients.
    """
    scale = 10**decimals
    u = [Fraction(round(x * scale), scale) for x in bound.multipliers[1:]]
    planes = [Fraction(0)]
    for x in u:
        planes += [p + x for p in planes]
    gaps = [
        Fraction(v * (1 + side * _ROUGH)) - p for v, p in zip(fitted.tolist(), planes, strict=True)
    ]
    u0 = (max(gaps) if side > 0 else min(gaps)) * scale
    u0 = Fraction(math.ceil(u0) if side > 0 else math.floor(u0), scale)
    total = model.n * u0
    for x, c in zip(u, model.counts, strict=True):
        ends = (x * c.low, x * c.high)
        total += max(ends) if side > 0 else min(ends)
    return (u0, *u), total


def fitted_values(model: Model, coding: Coding, link: str, side: int) -> np.ndarray:
    """The largest (`side` +1) or smallest fitted value of each of the 2^k patterns."""
    start, adds = model.predictor(coding, side)
    eta = float(start) + _patterns(model.k) @ np.array([float(a) for a in adds])
    with np.errstate(over="ignore"):
        return LINKS[link](eta)


@lru_cache(maxsize=4)
def _patterns(k: int) -> np.ndarray:
    """The 2^k patterns as rows of 0 and 1; predictor j is present where bit j is set."""
    return ((np.arange(1 << k)[:, None] >> np.arange(k)) & 1).astype(float)


def _multipliers(objective: np.ndarray, margins: np.ndarray) -> np.ndarray:
    """Multipliers u_1, …, u_k (floating point) of the program
    ``max Σ_p w_p·objective_p`` over distributions w of the patterns with these margins."""
    k = len(margins)
    if k <= _ENUMERATED:
        bases, inverses = _bases(k)
        # off the exact margins: no vertex is then degenerate, so the best basis is also
        # dual feasible, whatever the true margins (dual feasibility does not know them)
        jitter = 1e-7 * (1 + np.arange(k) / (k + 1) * math.sqrt(2))
        inside = np.clip(margins, jitter, 1 - 1.7 * jitter) + jitter / 3
        feasible = _feasible(k, tuple(inside))
        chosen = bases[feasible]
        weights = inverses[feasible] @ np.concatenate(([1.0], inside))
        best = int(np.argmax(np.einsum("ij,ij->i", weights, objective[chosen])))
        return (objective[chosen[best]] @ inverses[feasible[best]])[1:]
    from scipy.optimize import linprog

    patterns = _patterns(k)
    rows = np.vstack([np.ones(len(patterns)), patterns.T])
    solved = linprog(-objective, A_eq=rows, b_eq=np.concatenate(([1.0], margins)), method="highs")
    if solved.status != 0:
        return np.zeros(k)  # still proves a bound: the largest fitted value
    return -solved.eqlin.marginals[1:]


@lru_cache(maxsize=4)
def _bases(k: int) -> tuple[np.ndarray, np.ndarray]:
    """All sets of k + 1 affinely independent patterns, and the inverses of their matrices
    (rows: the sum of the weights, then each predictor)."""
    patterns = _patterns(k)
    sets = np.array(list(combinations(range(1 << k), k + 1)))
    matrices = np.concatenate([np.ones((*sets.shape, 1)), patterns[sets]], axis=2)
    matrices = matrices.transpose(0, 2, 1)
    regular = np.abs(np.linalg.det(matrices)) > 0.5  # determinants of 0/1 matrices are whole
    return sets[regular], np.linalg.inv(matrices[regular])


@lru_cache(maxsize=64)
def _feasible(k: int, margins: tuple[float, ...]) -> np.ndarray:
    """The bases whose weights are not negative at these margins: the vertices."""
    _, inverses = _bases(k)
    weights = inverses @ np.concatenate(([1.0], margins))
    return np.flatnonzero((weights > -1e-12).all(axis=1))


def coding_range(model: Model, link: str, rate: Fraction) -> tuple[list[Coding], list[MeanFitted]]:
    """Of all 2^k mixes of 0/1 and 1/2, those whose bounds hold `rate`, found with
    about 2k bounds; with the bounds that were computed on the way.

    A mix moves nothing but the start of the linear predictor, by the sum of the slopes
    coded 1/2, and every fitted value rises with it; so do both bounds, and each is held
    against `rate` by bisection over the sorted mixes.
    """
    mixes = mixed_codings(model.k)
    seen: dict[Coding, MeanFitted] = {}

    def bound(coding: Coding) -> MeanFitted:
        if coding not in seen:
            seen[coding] = mean_fitted(model, [coding], [link])[0]
        return seen[coding]

    by_high = sorted(mixes, key=lambda c: model.predictor(c, +1)[0])
    first = _first(by_high, lambda c: bound(c).high.value >= rate)
    by_low = sorted(mixes, key=lambda c: model.predictor(c, -1)[0])
    last = _first(by_low, lambda c: bound(c).low.value > rate)
    reach = set(by_high[first:]) & set(by_low[:last])
    return [c for c in mixes if c in reach], list(seen.values())


def _first(items: Sequence[Coding], test: Callable[[Coding], bool]) -> int:
    """The index of the first item that passes a test which all later ones pass too."""
    low, high = 0, len(items)
    while low < high:
        middle = (low + high) // 2
        if test(items[middle]):
            high = middle
        else:
            low = middle + 1
    return low
