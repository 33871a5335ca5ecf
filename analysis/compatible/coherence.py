"""How far printed margins and coefficients are from one set of patients, and what would help.

Proved statements come with a certificate; attained ones with a point of a search.  The two
are kept apart in every result.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from pathlib import Path

import numpy as np

from analysis.compatible.certificate import (
    EVERYTHING,
    Certificate,
    CertificateError,
    Cut,
    Leaf,
    Problem,
    read_all,
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
from analysis.compatible.solver import least
from analysis.printed import Interval

MOST_PREDICTORS = 6  # 64 patterns; the programmes stay small


class Proofs:
    """The certificates of a folder, each verified anew when it is used.

    A certificate counts only for exactly the problem that it was made for: after a change of
    the record it is passed over, and the search runs again.
    """

    def __init__(self, folder: Path | None = None):
        self.folder = folder

    @cached_property
    def all(self) -> dict[str, Certificate]:
        """Every certificate by its id, not yet verified.

        Raises CertificateError if a file is damaged or an id stands twice.
        """
        found: dict[str, Certificate] = {}
        files = sorted(self.folder.glob("*.json")) if self.folder else []
        for file in files:
            for certificate in read_all(file):
                if certificate.id in found:
                    raise CertificateError(f"{file}: {certificate.id} stands in another file too.")
                found[certificate.id] = certificate
        return found

    def stored(self, id: str, problem: Problem) -> Certificate | None:
        """The stored certificate of this id for exactly this problem; None if there is none.

        Raises CertificateError if a file is damaged or does not prove its claim.
        """
        certificate = self.all.get(id)
        if certificate is None or certificate.problem != problem:
            return None
        verify(certificate)
        return certificate

    def decide(self, id: str, problem: Problem, most: int = 1500) -> Outcome:
        """A refutation, stored or found now in at most `most` pieces, or a point that fits, or
        neither."""
        certificate = self.stored(id, problem)
        return decide(problem, most) if certificate is None else Outcome(certificate.tree, None, 0)


def decide(problem: Problem, most: int = 1500) -> Outcome:
    """A point that fits, else a refutation, else neither (rare: within the last digits)."""
    programme = Programme(problem)
    bounded = not any(math.isinf(i.low) or math.isinf(i.high) for i in problem.slopes)
    point = programme.best() if bounded else programme.search()
    if point.fits:
        return Outcome(None, point, 0)
    if not bounded:
        # most are refuted at once or never: a longer search for a point is due before the rest
        outcome = programme.refute(most=min(most, _AT_ONCE))
        if outcome.tree is not None or outcome.point is not None:
            return outcome
        if (point := programme.search(thorough=True)).fits:
            return Outcome(None, point, outcome.pieces)
    return programme.refute(most=most)


_AT_ONCE = 50


def freed(problem: Problem, what: tuple[str, int]) -> Problem:
    """The problem without one printed number: ("slopes", j), ("events", j) or ("others", j)."""
    kind, j = what
    most = {"events": problem.n1, "others": problem.n0}
    free = EVERYTHING if kind == "slopes" else Interval(Fraction(0), Fraction(most[kind]))
    return _with(problem, kind, j, free)


def with_slope(problem: Problem, j: int, slope: float) -> Problem:
    """The problem with one coefficient known to six decimals."""
    return _with(problem, "slopes", j, _point(slope))


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


@dataclass(frozen=True, slots=True)
class Least:
    """The least number of entries of patients, or of patients, that would have to be different:
    `proved` from below, `attained` by a point of the search (not whole in general)."""

    proved: Fraction
    attained: float
    tree: Cut | Leaf | None


def least_violation(problem: Problem, *, patients: bool = False, most: int = 3000) -> Least:
    """The least total violation of the margins, in entries of patients, or in `patients`; each
    proof that is tried may have `most` pieces.

    Where no patients at all fulfil the score equations, whatever their features, `attained` is
    infinite, and as much as there is may be proved.
    """
    programme = Programme(problem, patients=patients)
    point = _best_slopes(programme)
    if point.fits:
        return Least(Fraction(0), 0.0, None)
    if math.isinf(point.violation):
        everything = Fraction((problem.n1 + problem.n0) * (1 if patients else problem.k))
        found = programme.refute(everything, most)
        if found.tree is not None:
            return Least(everything, point.violation, found.tree)
        if found.point is None or math.isinf(found.point.violation):
            return Least(Fraction(0), point.violation, None)
        point = found.point
    for share in ("0.995", "0.98", "0.95", "0.9", "0.8", "0.5", "0"):
        so_many = Fraction(math.floor(point.violation * float(share) * 100), 100)
        found = programme.refute(so_many, most)
        if found.tree is not None:
            return Least(so_many, point.violation, found.tree)
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
class Refuted:
    """No value in `interval` fits: `tree` proves it for `problem`."""

    interval: Interval
    problem: Problem
    tree: Cut | Leaf


@dataclass(frozen=True, slots=True)
class Repair:
    """The values of one printed number that would let all the others hold.

    `fits`: whether the printed value itself does.  `below`, `above`: the nearest window of
    such values on either side (nearest end, farthest end), found by a search; None where
    there is none.  If the printed value fits, both windows begin at it.  `gap`: no value in
    this interval fits, proved by `tree` for `problem` (None where not proved).  `beyond`: the
    same for what lies outside the windows, so that they are the attainable range.
    """

    what: tuple[str, int]
    fits: bool
    below: tuple[float, float] | None
    above: tuple[float, float] | None
    gap: Interval | None
    problem: Problem | None
    tree: Cut | Leaf | None
    beyond: tuple[Refuted, ...] = ()

    @property
    def helps(self) -> bool:
        """Whether some other value of this number lets all others hold."""
        return self.fits or self.below is not None or self.above is not None


def repair(problem: Problem, what: tuple[str, int]) -> Repair:
    """For which values of one printed number, all others as printed, a point fits."""
    kind, j = what
    whole = kind != "slopes"
    printed = getattr(problem, kind)[j]
    reach = freed(problem, what)
    ends = getattr(reach, kind)[j]

    def fits_at(x: float) -> bool:
        return Programme(_with(problem, kind, j, _point(x))).best(steps=12).fits

    fits_at = _memo(fits_at)
    here = decide(problem).point is not None
    windows: dict[int, tuple[float, float] | None] = {}
    for side, edge, limit in ((-1, printed.low, ends.low), (1, printed.high, ends.high)):
        start = (
            float(edge) if here else _first_fit(problem, what, side, edge, limit, whole, fits_at)
        )
        if start is None:
            windows[side] = None
            continue
        near = start if here else _edge(start, float(edge), fits_at, whole)
        far = float(limit) if not math.isinf(limit) else side * _FARTHEST
        windows[side] = near, _edge(start, far, fits_at, whole)
    gap, asked, tree = (None, None, None)
    if not here:
        gap, asked, tree = _gap(problem, what, windows, ends, whole)
    beyond = tuple(_beyond(problem, what, windows, ends, whole))
    return Repair(what, here, windows[-1], windows[1], gap, asked, tree, beyond)


_FARTHEST = 12.0  # a coefficient beyond it is as good as infinite


def _first_fit(problem, what, side, edge, limit, whole, fits_at) -> float | None:
    """Some value on one side of the printed one that fits; None if refuted or not found."""
    kind, j = what
    if edge == limit:
        return None
    beyond = _with(problem, kind, j, Interval(*sorted((edge, limit))))
    if whole:
        point = Programme(beyond).best(steps=40)
        if not point.fits:
            return None
        counts = point.events if kind == "events" else point.others
        value = float(counts @ np.array(problem.patterns, dtype=float)[:, j])
        tried = {round(value), math.floor(value), math.ceil(value)}
        return next((float(x) for x in sorted(tried) if fits_at(x)), None)
    if Programme(beyond).refute(most=150).tree is not None:
        return None
    start = float(edge)
    for step in (*np.arange(0.25, 4.01, 0.25), 6.0, 9.0, _FARTHEST):
        if fits_at(start + side * step):
            return round(start + side * float(step), 6)
    return None


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


_STRIDE = 0.25  # of a coefficient: a hole in what fits that is narrower could be overlooked


def _edge(inside: float, limit: float, fits, whole: bool) -> float:
    """The last value from `inside` towards `limit` up to which all fit, by strides and halving.

    What fits need not be one interval: the far end alone says nothing about what lies between.
    """
    near, far = inside, limit
    stride = max(1.0, abs(limit - inside) // 16) if whole else _STRIDE
    for step in range(1, math.ceil(abs(limit - inside) / stride)):
        at = inside + math.copysign(step * stride, limit - inside)
        if not fits(at):
            far = at
            break
        near = at
    else:
        if fits(limit):
            return limit
    while abs(far - near) > (1 if whole else 1e-3):
        middle = (near + far) / 2
        middle = math.floor(middle) if whole else middle
        if middle in (near, far):
            break
        near, far = (middle, far) if fits(middle) else (near, middle)
    return float(near)


def _gap(problem, what, windows, ends, whole):
    """A certificate that no value between the two windows fits."""
    kind, j = what
    for step in (1, 2, 5) if whole else (0.01, 0.03, 0.1):
        low, high = ends.low, ends.high
        if windows[-1] is not None:
            low = Fraction(str(round(windows[-1][0] + step, 2)))
        if windows[1] is not None:
            high = Fraction(str(round(windows[1][0] - step, 2)))
        if low > high:
            return None, None, None
        asked = _with(problem, kind, j, Interval(low, high))
        found = Programme(asked).refute(most=1000)
        if found.tree is not None:
            return Interval(low, high), asked, found.tree
    return None, None, None


def _beyond(problem, what, windows, ends, whole) -> Iterator[Refuted]:
    """Certificates that no value outside the windows fits."""
    kind, j = what
    for side, limit in ((-1, ends.low), (1, ends.high)):
        window = windows[side]
        if window is None or (abs(window[1]) >= _FARTHEST and not whole) or window[1] == limit:
            continue
        for step in (1, 2) if whole else (0.01, 0.04):
            edge = Fraction(str(round(window[1] + side * step, 2)))
            if side * edge > side * limit:
                break
            interval = Interval(*sorted((edge, limit)))
            asked = _with(problem, kind, j, interval)
            found = Programme(asked).refute(most=100)
            if found.tree is not None:
                yield Refuted(interval, asked, found.tree)
                break


@dataclass(frozen=True, slots=True)
class Sets:
    """The smallest sets of printed numbers that cannot coexist, with their problems and trees.

    `smallest`: every set with fewer numbers was found to fit; `complete`: these are all sets
    of that size.
    """

    found: tuple[tuple[tuple[tuple[str, int], ...], Problem, Cut | Leaf], ...]
    smallest: bool
    complete: bool


_MOST_SETS = 400  # programmes, a fraction of a second each


def smallest_sets(
    problem: Problem, elements: Sequence[tuple[str, int]], helps: dict[tuple[str, int], bool]
) -> Sets:
    """The smallest sets of printed numbers that cannot coexist.

    `helps`: for each element whether freeing it alone lets the rest fit.  Those that do
    belong to every such set.  One set without a number to spare comes from a deletion
    filter (Chinneck & Dravnieks 1991); then all sets one smaller are tried, and so on, until
    all of one size fit.  A set fits if a larger one does.
    """
    essential = [e for e in elements if helps[e]]
    loose = [e for e in elements if not helps[e]]

    def kept(chosen: Sequence[tuple[str, int]]) -> tuple[tuple[str, int], ...]:
        return tuple(e for e in elements if e in essential or e in chosen)

    def asked(chosen: Sequence[tuple[str, int]]) -> Problem:
        found = problem
        for element in loose:
            if element not in chosen:
                found = freed(found, element)
        return found

    current = list(loose)
    for element in loose:
        without = [e for e in current if e != element]
        if decide(asked(without), most=120).tree is not None:
            current = without
    size = len(current)
    smaller = False
    while size and math.comb(len(loose), size - 1) <= _MOST_SETS:
        outcomes = [_likely_fits(asked(c)) for c in combinations(loose, size - 1)]
        if all(o.point is not None for o in outcomes):
            smaller = True
            break
        if not any(o.tree is not None for o in outcomes):
            break  # some are not decided
        size -= 1
    if math.comb(len(loose), size) > _MOST_SETS:
        tree = decide(asked(current)).tree
        assert tree is not None
        return Sets(((kept(current), asked(current), tree),), False, False)
    found, complete = [], True
    for chosen in combinations(loose, size):
        outcome = decide(asked(chosen), most=400)
        if outcome.tree is not None:
            found.append((kept(chosen), asked(chosen), outcome.tree))
        complete &= outcome.tree is not None or outcome.point is not None
    return Sets(tuple(found), smaller, complete)


def _likely_fits(problem: Problem) -> Outcome:
    """:func:`decide` where a point is likely: the long search for one comes first."""
    point = Programme(problem).search(thorough=True)
    return Outcome(None, point, 0) if point.fits else decide(problem, most=120)


@dataclass(frozen=True, slots=True)
class SmallestError:
    """The smallest standard error that margins and score equations allow: `attained` by the
    search, `proved` by a tree (None: not proved)."""

    attained: float
    proved: Fraction | None
    problem: Problem | None
    tree: Cut | Leaf | None


def smallest_error(
    problem: Problem, column: int, low_codes: tuple[int, ...]
) -> SmallestError | None:
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


def fewest_moves(
    events: int, others: int, n1: int, n0: int, variance: Fraction
) -> tuple[int, int, int] | None:
    """How many patients would have to change sides of a cut until the crude variance of the
    log odds ratio is no larger than `variance`: (moves, events, others) with the fewest."""
    # 1/b + 1/(n0 − b) falls towards the middle, so the b that are wide enough are a range
    falling = [-Fraction(n0, b * (n0 - b)) for b in range(1, n0 // 2 + 1)]
    best = None
    for a in range(1, n1):
        first = 1 + bisect_left(falling, Fraction(n1, a * (n1 - a)) - variance)
        if first > n0 // 2:
            continue
        b = min(max(others, first), n0 - first)
        moves = abs(a - events) + abs(b - others)
        if best is None or moves < best[0]:
            best = moves, a, b
    return best


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most events that a model can fit to the patients with one predictor.

    `constant`: the largest constant that the patients without it leave; `rows`: pattern,
    patients and largest risk of each kind of patient in the worst case; `most`: the sum of
    patients × risk; `observed`: what the score equations demand.
    """

    predictor: int
    constant: float
    rows: tuple[tuple[tuple[int, ...], float, float], ...]
    most: float
    observed: int

    @property
    def refutes(self) -> bool:
        """Whether the demand is beyond reach (in floating point: an illustration whose
        proof is a certificate)."""
        return self.observed > self.most + 1e-9


def ceiling(problem: Problem, predictor: int) -> Ceiling | None:
    """The most fitted events among the patients with a predictor.

    With a canonical link (logit; log of a Poisson outcome) the fitted events of the
    patients without the predictor add up to those observed, so the smallest risk among
    them is no larger than their mean; that bounds the constant from above, and the constant
    bounds every risk among those with the predictor.  How many of these have the other
    predictors is the worst case of a small linear programme.  None for other links or
    unknown counts.
    """
    link, k = LINKS[problem.link], problem.k
    a, b = problem.events[predictor], problem.others[predictor]
    if problem.link not in ("logit", "log") or not (a.is_point and b.is_point):
        return None
    with_it, events = int(a.low + b.low), int(a.low)
    without = problem.n1 + problem.n0 - with_it
    rate = (problem.n1 - events) / without if without else 0.0
    if not 0 < rate < 1:
        return None
    least_eta = math.log(rate / (1 - rate)) if problem.link == "logit" else math.log(rate)
    others = [j for j in range(k) if j != predictor]
    constant = least_eta - sum(min(0.0, float(problem.slopes[j].low)) for j in others)
    patterns = [x for x in problem.patterns if x[predictor]]
    risks = [
        link.mean(constant + sum(float(problem.slopes[j].high) for j in range(k) if x[j]))
        for x in patterns
    ]
    totals = [problem.events[j] + problem.others[j] for j in others]
    found = least(
        [-r for r in risks],
        np.zeros(len(patterns)),
        np.full(len(patterns), math.inf),
        equal=([[1.0] * len(patterns)], [with_it]),
        upper=(
            np.reshape(
                [[sign * x[j] for x in patterns] for sign in (1, -1) for j in others],
                (-1, len(patterns)),
            ),
            [float(t.high) for t in totals] + [without - float(t.low) for t in totals],
        ),
    )
    if found is None:
        return None
    rows = tuple(
        (x, float(n), float(r))
        for x, n, r in zip(patterns, found.x, risks, strict=True)
        if n > 1e-9
    )
    return Ceiling(predictor, constant, rows, -found.value, events)


def fitted_mean(link: str, eta: float) -> float:
    """The fitted value of a linear predictor."""
    return LINKS[link].mean(eta)


def all_codings(k: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every mix of 0/1 and 1/2, all 0/1 first and all 1/2 last."""
    for lows in sorted(product((0, 1), repeat=k), key=sum):
        yield tuple((low, low + 1) for low in lows)


__all__ = [
    "Ceiling", "CertificateError", "Least", "Proofs", "Repair", "SmallestError", "all_codings", "ceiling", "coded",
    "crude_error_bound", "decide", "fewest_moves", "fitted_mean", "freed", "least_violation",
    "repair", "smallest_error", "smallest_sets", "with_slope",
]  # fmt: skip
