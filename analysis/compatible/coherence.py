"""How far printed margins and coefficients are from one set of patients, and what would help.

Proved statements come with a certificate; attained ones with a point of a search.  The two
are kept apart in every result.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from analysis.compatible.certificate import (
    EVERYTHING,
    Certificate,
    CertificateError,
    Cut,
    Leaf,
    Problem,
    read,
    verify,
)
from analysis.compatible.links import LINKS
from analysis.compatible.programme import (
    Outcome,
    Point,
    Programme,
    largest_information,
    with_information,
)
from analysis.printed import Interval

MOST_PREDICTORS = 6  # 64 patterns; the programmes stay small


class Proofs:
    """Refutations and points that were found before, each checked anew when it is used.

    `folder` holds certificates as JSON.  Raises CertificateError if one of them is damaged
    or does not prove its claim.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder

    @cached_property
    def certificates(self) -> dict[Problem, Certificate]:
        if self.folder is None or not self.folder.is_dir():
            return {}
        found = [read(file) for file in sorted(self.folder.glob("*.json"))]
        return {certificate.problem: certificate for certificate in found}

    def stored(self, problem: Problem) -> Certificate | None:
        """The stored certificate for exactly this problem, verified; None if there is none."""
        certificate = self.certificates.get(problem)
        if certificate is not None:
            verify(certificate)
        return certificate

    def decide(self, problem: Problem) -> Outcome:
        """A refutation, stored or found now, or a point that fits, or neither."""
        certificate = self.stored(problem)
        if certificate is not None:
            return Outcome(certificate.tree, None, 0)
        return decide(problem)


def decide(problem: Problem) -> Outcome:
    """A point that fits, else a refutation, else neither (rare: within the last digits)."""
    programme = Programme(problem)
    point = programme.best()
    if point.fits:
        return Outcome(None, point, 0)
    return programme.refute()


def freed(problem: Problem, what: tuple[str, int]) -> Problem:
    """The problem without one printed number: ("slopes", j), ("events", j) or ("others", j)."""
    kind, j = what
    most = {"events": problem.n1, "others": problem.n0}
    free = EVERYTHING if kind == "slopes" else Interval(Fraction(0), Fraction(most[kind]))
    return _with(problem, kind, j, free)


def _with(problem: Problem, kind: str, j: int, interval: Interval) -> Problem:
    values = list(getattr(problem, kind))
    values[j] = interval
    return replace(problem, **{kind: tuple(values)})


def coded(problem: Problem, constant: Interval, codes: Sequence[tuple[int, int]]) -> Problem:
    """The problem with the constant as printed under a coding (low, high) of each predictor.

    Slopes are per unit of code, so a step from low to high adds ``slope·(high − low)``.
    """
    start, slopes = constant, []
    for slope, (low, high) in zip(problem.slopes, codes, strict=True):
        start += slope * Interval.point(low)
        slopes.append(slope * Interval.point(high - low))
    return replace(problem, constant=start, slopes=tuple(slopes))


def reversed_at(problem: Problem, which: Iterable[int]) -> Problem:
    """The problem with the reference category swapped in some predictors: the printed
    coefficient belongs to not having the named category."""
    slopes = list(problem.slopes)
    for j in which:
        slopes[j] = -slopes[j]
    return replace(problem, slopes=tuple(slopes))


@dataclass(frozen=True, slots=True)
class Least:
    """The least number of entries of patients that would have to be different: `proved` from
    below, `attained` by a point of the search (not whole in general)."""

    proved: Fraction
    attained: float
    tree: Cut | Leaf | None


def least_violation(problem: Problem) -> Least:
    """The least total violation of the margins, in entries of patients."""
    programme = Programme(problem)
    point = _best_slopes(programme)
    if point.fits:
        return Least(Fraction(0), 0.0, None)
    for share in ("0.995", "0.98", "0.95", "0.9", "0.8", "0.5", "0"):
        patients = Fraction(math.floor(point.violation * float(share) * 100), 100)
        found = programme.refute(patients)
        if found.tree is not None:
            return Least(patients, point.violation, found.tree)
        if found.point is not None and found.point.violation < point.violation:
            point = found.point
    return Least(Fraction(0), point.violation, None)


def _best_slopes(programme: Programme) -> Point:
    """The point with the least violation over the roundings of the slopes too: every slope
    is tried at both ends, one after the other."""
    slopes = [float(i.low + i.high) / 2 for i in programme.problem.slopes]
    best = programme.best(slopes)
    for j, interval in enumerate(programme.problem.slopes):
        if interval.low == interval.high:
            continue
        for end in (float(interval.low), float(interval.high)):
            other = programme.best([*slopes[:j], end, *slopes[j + 1 :]])
            if other.violation < best.violation:
                best, slopes[j] = other, end
        if best.fits:
            break
    return best


@dataclass(frozen=True, slots=True)
class Repair:
    """The values of one printed number that would let all others hold.

    `attained`: the smallest and the largest value for which a point was found (None: no
    value); `proved`: no value outside can do it (None: not proved; for a number that cannot
    repair anything, an empty proof is a tree for the freed problem).
    """

    what: tuple[str, int]
    attained: tuple[float, float] | None
    proved: Interval | None
    trees: tuple[tuple[Problem, Cut | Leaf], ...]


def repair(problem: Problem, what: tuple[str, int]) -> Repair:
    """Free one number and find for which of its values a point fits."""
    kind, j = what
    free = freed(problem, what)
    fits = _memo(lambda x: Programme(_with(problem, kind, j, _point(x))).best().fits)
    start = _a_fitting_value(free, problem, what, fits)
    if start is None:
        found = Programme(free).refute()
        trees = () if found.tree is None else ((free, found.tree),)
        return Repair(what, None, None, trees)
    whole = kind != "slopes"
    most = float(free.n1 if kind == "events" else free.n0)
    ends = []
    for side, limit in ((-1, 0.0), (1, most)):
        limit = limit if whole else 12.0 * side
        ends.append(_edge(start, limit, fits, whole))
    proved, trees = _prove_outside(problem, what, ends, most)
    return Repair(what, (ends[0], ends[1]), proved, trees)


def _point(x: float) -> Interval:
    return Interval.point(Fraction(str(round(x, 6))))


def _memo(function: Callable[[float], bool]) -> Callable[[float], bool]:
    known: dict[float, bool] = {}

    def call(x: float) -> bool:
        x = round(x, 6)
        if x not in known:
            known[x] = function(x)
        return known[x]

    return call


def _a_fitting_value(free: Problem, problem: Problem, what, fits) -> float | None:
    kind, j = what
    if kind == "slopes":
        middle = float(problem.slopes[j].low + problem.slopes[j].high) / 2
        grid = sorted(np.arange(-4, 4.01, 0.25), key=lambda x: abs(x - middle))
        violation = {}
        for x in grid:
            point = Programme(_with(problem, kind, j, _point(x))).best(steps=10)
            if point.fits:
                return float(round(x, 6))
            violation[x] = point.violation
        # between two grid values there may be a narrow window
        x = min(violation, key=violation.__getitem__)
        for y in np.linspace(x - 0.25, x + 0.25, 41):
            if fits(y):
                return float(round(y, 6))
        return None
    point = Programme(free).best(steps=40)
    if not point.fits:
        return None
    counts = point.events if kind == "events" else point.others
    value = float(counts @ np.array(free.patterns, dtype=float)[:, j])
    for x in (round(value), math.floor(value), math.ceil(value)):
        if fits(x):
            return float(x)
    return None


def _edge(inside: float, limit: float, fits, whole: bool) -> float:
    """The last value from `inside` towards `limit` that fits, by halving."""
    if fits(limit):
        return limit
    near, far = inside, limit
    while abs(far - near) > (1 if whole else 1e-3):
        middle = (near + far) / 2
        middle = math.floor(middle) if whole else middle
        if middle in (near, far):
            break
        near, far = (middle, far) if fits(middle) else (near, middle)
    return float(near)


def _prove_outside(problem: Problem, what, ends, most):
    """Certificates that no value below the first end or above the second fits."""
    kind, j = what
    whole = kind != "slopes"
    trees: list[tuple[Problem, Cut | Leaf]] = []
    sides: list[Fraction | float] = []
    for side, end in ((-1, ends[0]), (1, ends[1])):
        limit: Fraction | float = Fraction(0 if side < 0 else int(most)) if whole else side * math.inf
        proved: Fraction | float = limit
        if not whole or end != float(limit):
            for step in (1, 2, 5) if whole else (0.01, 0.03, 0.1):
                edge = Fraction(int(end) + side * step) if whole else Fraction(str(round(end + side * step, 2)))
                if whole and not 0 <= edge <= most:
                    break
                outside = _with(problem, kind, j, Interval(*sorted((edge, limit))))
                found = Programme(outside).refute(most=800)
                if found.tree is not None:
                    trees.append((outside, found.tree))
                    proved = edge - side if whole else edge
                    break
        sides.append(proved)
    return Interval(sides[0], sides[1]), tuple(trees)


def minimal_sets(
    problem: Problem, elements: Sequence[tuple[str, int]], decided: dict[tuple[str, int], bool]
) -> list[tuple[tuple[str, int], ...]]:
    """The smallest sets of printed numbers that cannot coexist.

    `decided`: for each element whether freeing it alone lets the rest fit.  Those that do
    belong to every such set; the others are dropped one after the other, in every order
    that begins with a different one (deletion filter, Chinneck & Dravnieks 1991).
    """
    essential = [e for e in elements if decided[e]]
    loose = [e for e in elements if not decided[e]]
    found: list[tuple[tuple[str, int], ...]] = []
    for shift in range(max(1, len(loose))):
        order = loose[shift:] + loose[:shift]
        kept, current = list(essential), problem
        for element in order:
            without = freed(current, element)
            outcome = decide(without)
            if outcome.tree is not None:
                current = without
            else:
                kept.append(element)
        chosen = tuple(e for e in elements if e in kept)
        if chosen not in found:
            found.append(chosen)
    return sorted(found, key=len)


@dataclass(frozen=True, slots=True)
class SmallestError:
    """The smallest standard error that margins and score equations allow: `attained` by the
    search, `proved` by a tree (None: not proved)."""

    attained: float
    proved: Fraction | None
    problem: Problem | None
    tree: Cut | Leaf | None


def smallest_error(problem: Problem, column: int, low_codes: tuple[int, ...]) -> SmallestError | None:
    """Smallest standard error of one coefficient (column 0: the constant); None if no point fits."""
    information, cs = largest_information(problem, column, low_codes)
    if not cs:
        return None
    attained = information**-0.5
    for share in (0.99, 0.97, 0.93):
        claimed = Fraction(math.floor(attained * share * 10_000), 10_000)
        asked = with_information(problem, column, low_codes, 1 / claimed**2, cs)
        found = Programme(asked).refute(most=300)
        if found.tree is not None:
            return SmallestError(attained, claimed, asked, found.tree)
    return SmallestError(attained, None, None, None)


def crude_error_bound(
    events: Interval, others: Interval, n1: int, n0: int, link: str
) -> tuple[Fraction, tuple[int, int]] | None:
    """A bound below the variance of one coefficient, whatever else is in the model, and the
    counts (with the event, without) at which it is attained.

    Logit: ``1/a + 1/b + 1/c + 1/d`` of the two-by-two table.  The variance is at least
    ``1/W1 + 1/W0`` with W the information with and without the predictor; the score
    equations fix the sum of the fitted probabilities in each, and p(1 − p) is concave, so W
    is largest when all are equal (Robinson & Jewell 1991; fewer patients only lower W).
    Log of a Poisson outcome: ``1/a + 1/c`` with the fitted events themselves.
    None for other links, whose score equations do not fix the sums.
    """
    if link not in ("logit", "log"):
        return None
    best: tuple[Fraction, tuple[int, int]] | None = None
    a = _nearest_half(events, n1)
    b = _nearest_half(others, n0)
    if not 0 < a < n1 or (link == "logit" and not 0 < b < n0):
        return None
    value = Fraction(1, a) + Fraction(1, n1 - a)
    if link == "logit":
        value += Fraction(1, b) + Fraction(1, n0 - b)
    best = value, (a, b)
    return best


def _nearest_half(reach: Interval, n: int) -> int:
    """The whole number in an interval for which 1/a + 1/(n − a) is least."""
    low, high = math.ceil(reach.low), math.floor(reach.high)
    return min(max(n // 2, low), high)


def fewest_moves(events: int, others: int, n1: int, n0: int, variance: Fraction) -> tuple[int, int, int] | None:
    """How many patients would have to change sides of a cut until the crude variance of the
    log odds ratio is no larger than `variance`: (moves, events, others) with the fewest."""
    best = None
    for a, b in product(range(1, n1), range(1, n0)):
        moves = abs(a - events) + abs(b - others)
        if best is not None and moves >= best[0]:
            continue
        if Fraction(1, a) + Fraction(1, n1 - a) + Fraction(1, b) + Fraction(1, n0 - b) <= variance:
            best = moves, a, b
    return best


def fitted_mean(link: str, eta: float) -> float:
    """The fitted value of a linear predictor."""
    return LINKS[link].mean(eta)


def all_codings(k: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every mix of 0/1 and 1/2, all 0/1 first and all 1/2 last."""
    for lows in sorted(product((0, 1), repeat=k), key=sum):
        yield tuple((low, low + 1) for low in lows)


__all__ = [
    "CertificateError", "Least", "Proofs", "Repair", "SmallestError", "all_codings", "coded",
    "crude_error_bound", "decide", "fewest_moves", "fitted_mean", "freed", "least_violation",
    "minimal_sets", "repair", "reversed_at", "smallest_error",
]  # fmt: skip
