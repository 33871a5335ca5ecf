"""Finds what :mod:`analysis.compatible.certificate` proves: linear programmes by HiGHS.

Nothing here needs to be believed: a refutation is a certificate that the verifier accepts,
a feasible point is a list of counts that anyone can insert.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

import numpy as np
from scipy.optimize import minimize

from analysis.compatible.certificate import (
    MICRO,
    Box,
    Cut,
    Information,
    Leaf,
    Problem,
    halves,
    reach_of_eta,
    shortfall,
    shortfall_of_patients,
)
from analysis.compatible.links import LINKS
from analysis.compatible.solver import least
from analysis.printed import Interval

FITS = 1e-7  # a violation below this, in patients, is the rounding of the solver
_LARGEST = 1e4  # of a multiplier: far over what a proof of a few patients needs
_MOST_FREE = 3  # slopes whose grid is tried
_DEEPEST = 80  # cuts one inside the other


@dataclass(frozen=True, slots=True)
class Point:
    """Coefficients with the counts that come nearest to the printed margins.

    `violation`: entries of patients that differ, or patients where the programme counts these
    (0: all margins hold); `eta`: the constant and the slopes; `events`, `others`: counts by pattern, not whole in general.
    """

    violation: float
    eta: tuple[float, ...]
    events: np.ndarray
    others: np.ndarray

    @property
    def fits(self) -> bool:
        return self.violation <= FITS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a search ended with: a tree that refutes, or a point that fits, or neither
    (all `pieces` that were allowed are used up)."""

    tree: Cut | Leaf | None
    point: Point | None
    pieces: int


class Programme:
    """The linear programmes of one problem.

    What differs is counted in entries, one feature of one patient each; with `patients`, in
    patients, however many features of each differ.
    """

    def __init__(self, problem: Problem, *, patients: bool = False):
        self.problem, self.patients = problem, patients
        self.shortfall = shortfall_of_patients if patients else shortfall
        self.link = LINKS[problem.link]
        self.patterns = problem.patterns
        self.x = np.array(self.patterns, dtype=float)
        self.design = np.c_[np.ones(len(self.x)), self.x]
        self.reach = [(float(i.low), float(i.high)) for i in (*problem.events, *problem.others)]
        self.squares = [
            [float(condition.square(x)) for condition in problem.information] for x in self.patterns
        ]

    # -- a fixed set of coefficients -------------------------------------------------------

    def point(self, eta: Sequence[float]) -> Point:
        """The counts with the least violation at given coefficients (constant first)."""
        problem, m, k = self.problem, len(self.x), self.problem.k
        linear = self.design @ np.asarray(eta, dtype=float)
        possible = linear < self.link.domain
        safe = np.where(possible, linear, -1.0)
        a = np.array([self.link.event(t) for t in safe])
        b = np.array([self.link.other(t) for t in safe])
        margins = 2 * k
        # counts; every margin, its excess and its deficit; of patients also the largest of these,
        # with and without the event: one patient may differ in every feature
        total = 2 * m + 3 * margins + 2 * self.patients
        equal = np.zeros((k + 3 + margins, total))
        equal[: k + 1, :m] = self.design.T * a
        equal[: k + 1, m : 2 * m] = self.design.T * b
        equal[k + 1, :m] = equal[k + 2, m : 2 * m] = 1
        for i in range(margins):
            row = equal[k + 3 + i]
            start = 0 if i < k else m
            row[start : start + m] = self.x[:, i % k]
            row[2 * m + 3 * i : 2 * m + 3 * i + 3] = (-1, 1, -1)
        right = np.r_[np.zeros(k + 1), problem.n1, problem.n0, np.zeros(margins)]
        cost = np.zeros(total)
        low, high = np.zeros(total), np.full(total, math.inf)
        high[: 2 * m] = np.where(np.r_[possible, possible], math.inf, 0)
        for i, reach in enumerate(self.reach):
            at = 2 * m + 3 * i
            low[at], high[at] = reach
            cost[at + 1 : at + 3] = 0 if self.patients else 1
        upper = None
        if self.patients:
            cost[-2:] = 1
            matrix = np.zeros((margins, total))
            for i in range(margins):
                at = 2 * m + 3 * i
                matrix[i, at + 1 : at + 3] = 1
                matrix[i, -2 if i < k else -1] = -1
            upper = matrix, np.zeros(margins)
        if problem.information:
            w = np.array([self.link.information(t, t)[0] for t in safe])
            rows = w * np.array(self.squares).T
            matrix = np.zeros((len(rows), total))
            matrix[:, : 2 * m] = -np.c_[rows, rows]
            least_of = np.array([-float(i.value) for i in problem.information])
            upper = (matrix, least_of) if upper is None else (
                np.r_[upper[0], matrix], np.r_[upper[1], least_of]
            )  # fmt: skip
        found = least(cost, low, high, equal=(equal, right), upper=upper)
        if found is None:
            return Point(math.inf, tuple(eta), np.zeros(m), np.zeros(m))
        return Point(max(found.value, 0.0), tuple(eta), found.x[:m], found.x[m : 2 * m])

    def constants(self, slopes: Sequence[float]) -> tuple[float, float]:
        """Between which values the constant must lie for the mean to be possible at all."""
        rate = self.problem.n1 / (self.problem.n1 + self.problem.n0)
        low, high = -40.0, 40.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.link.mean(middle) < rate else (low, middle)
        up = sum(s for s in slopes if s > 0)
        down = sum(s for s in slopes if s < 0)
        return low - up - 1e-6, high - down + 1e-6

    def best(self, slopes: Sequence[float] | None = None, steps: int = 16) -> Point:
        """The point with the least violation over the constant, for given slopes (the middle
        of their roundings if None).  A search, not a proof."""
        if slopes is None:
            slopes = [float(i.low + i.high) / 2 for i in self.problem.slopes]
        low, high = self.constants(slopes)
        printed = self.problem.constant
        low, high = max(low, float(printed.low)), min(high, float(printed.high))
        if low >= high:
            middle = float(printed.low + printed.high) / 2
            return self.point([middle, *slopes])
        grid = np.linspace(low, high, steps)
        found = [self.point([t, *slopes]) for t in grid]
        i = min(range(steps), key=lambda j: found[j].violation)
        best, step = found[i], grid[1] - grid[0]
        at = float(grid[i])
        while step > 1e-4 and not best.fits:
            step /= 2
            for t in (at - step, at + step):
                if low <= t <= high:
                    other = self.point([t, *slopes])
                    if other.violation < best.violation:
                        best, at = other, t
        return best

    def search(self, *, thorough: bool = False, tries: int = 250) -> Point:
        """A point with little violation where some slopes are free: a downhill walk (Nelder &
        Mead 1965) over the constant and these, from the crude values; if `thorough`, also
        from the best of a grid.  A search, not a proof."""
        free = [
            j for j, i in enumerate(self.problem.slopes) if math.isinf(i.low) or math.isinf(i.high)
        ]
        slopes = [
            self.crude(j) if j in free else float(i.low + i.high) / 2
            for j, i in enumerate(self.problem.slopes)
        ]
        best = self.best(slopes, steps=8)
        if best.fits or not free:
            return best
        best = self._downhill(best, free, tries)
        if best.fits or not thorough or len(free) > _MOST_FREE:
            return best
        for values in product((-2.5, -0.5, 0.5, 2.5, 5.0), repeat=len(free)):
            for j, value in zip(free, values, strict=True):
                slopes[j] = value
            other = self.best(slopes, steps=6)
            if other.violation < best.violation:
                best = other
            if best.fits:
                return best
        return self._downhill(best, free, 4 * tries)

    def _downhill(self, best: Point, free: list[int], tries: int) -> Point:
        sides = [self.problem.constant, *(self.problem.slopes[j] for j in free)]
        printed = [(float(i.low), float(i.high)) for i in sides]
        slopes = list(best.eta[1:])

        def violation(x: np.ndarray) -> float:
            nonlocal best
            x = [min(max(v, low), high) for v, (low, high) in zip(x, printed, strict=True)]
            for j, v in zip(free, x[1:], strict=True):
                slopes[j] = float(v)
            point = self.point([float(x[0]), *slopes])
            if point.violation < best.violation:
                best = point
            if best.fits:
                raise StopIteration
            return min(point.violation, 1e6)

        start = np.array([best.eta[0], *(best.eta[1 + j] for j in free)])
        simplex = np.vstack([start, start + 0.4 * np.eye(len(start))])
        options = {"initial_simplex": simplex, "maxfev": tries, "fatol": 1e-7, "xatol": 1e-6}
        with suppress(StopIteration):
            minimize(violation, start, method="Nelder-Mead", options=options)
        return best

    def crude(self, j: int) -> float:
        """The slope of one predictor alone: from its counts, 0 where they are not known."""
        a, b = self.problem.events[j], self.problem.others[j]
        if not (a.is_point and b.is_point):
            return 0.0
        n1, n0 = self.problem.n1, self.problem.n0
        yes, no = (float(a.low) + 0.5, float(b.low) + 0.5), (n1 + 0.5, n0 + 0.5)
        logs = math.log(yes[0] / yes[1] * (no[1] - yes[1] + 0.5) / (no[0] - yes[0] + 0.5))
        return logs if self.problem.link == "logit" else logs / 2

    # -- a box of coefficients -------------------------------------------------------------

    def multipliers(self, box: Box) -> Leaf | None:
        """The multipliers that prove most about a box, rounded to millionths."""
        problem, k, nr = self.problem, self.problem.k, len(self.problem.information)
        # y, z, p (k), q (k), v (k + 1), r, then what every unknown margin adds to S
        ranged = [i for i, (low, high) in enumerate(self.reach) if low != high]
        at_v = 2 + 2 * k
        at_r = at_v + k + 1
        at_t = at_r + nr
        size = at_t + len(ranged)
        rows, most_r = [], _LARGEST
        for i, pattern in enumerate(self.patterns):
            ends = reach_of_eta(self.link, box, pattern, k)
            if ends is None:
                continue
            weight = self.link.information(*ends)[1] if nr else 0.0
            if math.isinf(weight):  # no multiplier of the information proves anything here
                most_r, weight = 0.0, 0.0
            for event, start in ((True, 2), (False, 2 + k)):
                for value in set(self.link.score(event, *ends)):
                    row = np.zeros(size)
                    if math.isinf(value):  # only the sign of Σ v x counts
                        row[at_v:at_r] = math.copysign(1, value) * self.design[i]
                    else:
                        row[0 if event else 1] = 1
                        row[start : start + k] = self.x[i]
                        row[at_v:at_r] = value * self.design[i]
                        row[at_r:at_t] = [-weight * g for g in self.squares[i]]
                    rows.append(-row)
        cost = np.zeros(size)
        cost[:2] = problem.n1, problem.n0
        cost[at_r:at_t] = [-float(i.value) for i in problem.information]
        cost[at_t:] = 1
        for i, (low, high) in enumerate(self.reach):
            if low == high:
                cost[2 + i] = low
        for t, i in enumerate(ranged):
            for end in self.reach[i]:
                row = np.zeros(size)
                row[2 + i], row[at_t + t] = end, -1
                rows.append(row)
        right = np.zeros(len(rows))
        if self.patients:  # the sums of |p| and of |q| are at most one
            for start, signs in product((2, 2 + k), product((-1, 1), repeat=k)):
                row = np.zeros(size)
                row[start : start + k] = signs
                rows.append(row)
            right = np.r_[right, np.ones(len(rows) - len(right))]
        high = np.full(size, _LARGEST)
        high[2:at_v], high[at_r:at_t], high[at_t:] = 1, most_r, math.inf
        low = -high
        low[at_r:at_t] = 0
        if not any(row[0] or row[1] for row in rows):  # no pattern is possible here at all
            return Leaf((0,) * k, (0,) * k, (0,) * (k + 1), (0,) * nr)
        found = least(cost, low, high, upper=(rows, right))
        if found is None:
            return None
        u = [round(float(x) * MICRO) for x in found.x]
        return Leaf(
            tuple(u[2 : 2 + k]),
            tuple(u[2 + k : at_v]),
            tuple(u[at_v:at_r]),
            tuple(max(0, x) for x in u[at_r:at_t]),
        )

    # -- the search ------------------------------------------------------------------------

    def refute(self, patients: Fraction = Fraction(0), most: int = 3000) -> Outcome:
        """Cut the box until every piece is refuted with at least `patients` entries, or a
        point fits (or violates no more than `patients`), or `most` pieces are used."""
        search = _Search(self, patients, most)
        tree = search.refute(self.problem.root(), 0)
        return Outcome(tree, search.point, most - search.left)


class _Search:
    def __init__(self, programme: Programme, patients: Fraction, most: int):
        self.programme, self.patients, self.left = programme, patients, most
        self.point: Point | None = None
        self.known: dict[Box, tuple[Leaf | None, float]] = {}

    def refute(self, box: Box, depth: int) -> Cut | Leaf | None:
        self.left -= 1
        if self.left < 0 or depth > _DEEPEST:
            return None
        leaf, proved = self.proved(box)
        if leaf is not None and proved > 0 and proved >= self.patients:
            return leaf
        middle = [float(_middle(i)) for i in box]
        found = self.programme.point(middle)
        if found.violation <= max(FITS, float(self.patients)):
            self.point = found
            return None
        side, at = self.where_to_cut(box)
        below, above = halves(box, side, at)
        first = self.refute(below, depth + 1)
        second = None if first is None else self.refute(above, depth + 1)
        return None if first is None or second is None else Cut(side, at, first, second)

    def proved(self, box: Box) -> tuple[Leaf | None, float]:
        # the halves that a cut was chosen by are the next pieces
        if box not in self.known:
            leaf = self.programme.multipliers(box)
            programme = self.programme
            proved = (
                -math.inf if leaf is None else programme.shortfall(programme.problem, box, leaf)
            )
            self.known[box] = leaf, proved
        return self.known[box]

    def where_to_cut(self, box: Box) -> tuple[int, Fraction]:
        """Unbounded sides first, then the side whose halves are the best refuted."""
        for i, side in enumerate(box):
            if math.isinf(side.low) or math.isinf(side.high):
                return i, _middle(side)
        widths = [side.high - side.low for side in box]
        # cutting a side of less than half the width of another was hardly ever the best choice
        wide = [i for i, width in enumerate(widths) if width and 2 * width >= max(widths)]
        if len(wide) == 1:
            return wide[0], _middle(box[wide[0]])
        best, chosen = (-math.inf, Fraction(-1)), wide[0]
        for i in wide:
            gain = sum(
                min(max(float(self.proved(part)[1]), -1.0), 50.0)
                for part in halves(box, i, _middle(box[i]))
            )
            if (round(gain, 6), box[i].high - box[i].low) > best:
                best, chosen = (round(gain, 6), box[i].high - box[i].low), i
        return chosen, _middle(box[chosen])


def _middle(side: Interval) -> Fraction:
    """Where to cut a side: the middle, or, towards infinity, at one, two, four …"""
    low, high = side.low, side.high
    if math.isinf(low) and math.isinf(high):
        return Fraction(0)
    if math.isinf(high):
        return Fraction(max(1, math.floor(2 * low))) if low >= 0 else Fraction(math.ceil(low / 2))
    if math.isinf(low):
        return (
            Fraction(min(-1, math.ceil(2 * high))) if high <= 0 else Fraction(math.floor(high / 2))
        )
    middle = Fraction(low + high) / 2
    # few digits where few are enough: certificates are read by people too
    for digits in range(1, 12):
        short = Fraction(round(middle * 10**digits), 10**digits)
        if abs(short - middle) <= (high - low) / 10:
            return short
    return middle


def largest_information(
    problem: Problem, column: int, low_codes: tuple[int, ...], points: int = 9
) -> tuple[float, tuple[tuple[int, ...], ...]]:
    """The largest information about one coefficient that the margins and the score equations
    allow, and the c that prove it nearly: cutting planes over the constant.  A search.

    Returns 0 and no c if no point fits.
    """
    programme = Programme(problem)
    slopes = [float(i.low + i.high) / 2 for i in problem.slopes]
    low, high = programme.constants(slopes)
    low, high = max(low, float(problem.constant.low)), min(high, float(problem.constant.high))
    grid = np.linspace(low, high, 33) if low < high else [float(problem.constant.low)]
    fitting = [t for t in grid if programme.point([t, *slopes]).fits]
    if not fitting and (near := programme.best(slopes, steps=48)).fits:
        fitting = [near.eta[0]]  # a window narrower than the grid
    if not fitting:
        return 0.0, ()
    design = programme.design + np.r_[0, low_codes]
    others = np.delete(design, column, axis=1)
    best, kept = 0.0, ()
    for t in np.linspace(fitting[0], fitting[-1], min(points, len(fitting))):
        w = np.array([programme.link.information(x, x)[1] for x in programme.design @ [t, *slopes]])
        found, cs = _cutting_planes(programme, [t, *slopes], w, design[:, column], others)
        if found > best:
            best, kept = found, cs
    return best, kept


def _cutting_planes(programme, eta, w, own, others):
    """max over counts of min over c, for fixed coefficients."""
    cs: list[np.ndarray] = [-np.linalg.lstsq(others, own, rcond=None)[0]]
    bound, value = math.inf, 0.0
    polytope = Polytope(programme, eta)
    for _ in range(25):
        squares = np.array([(own + others @ c) ** 2 for c in cs])
        bound, counts = polytope.largest_least(w * squares)
        if counts is None:
            return 0.0, ()
        root = np.sqrt(w * counts)[:, None]
        c = -np.linalg.lstsq(root * others, root[:, 0] * own, rcond=None)[0]
        value = max(value, float(np.sum(w * counts * (own + others @ c) ** 2)))
        if bound - value <= 1e-4 * bound:
            break
        cs.append(c)
    return bound, tuple(tuple(round(x * MICRO) for x in c.tolist()) for c in cs[-8:])


class Polytope:
    """The counts that satisfy margins and score equations at fixed coefficients: fractions of
    patients by pattern, with the event, then without, shape (2m,).

    ``equal @ counts = right``; ``upper @ counts <= below``; counts up to `high`: none in a
    pattern where the link has no meaning.
    """

    def __init__(self, programme: Programme, eta: Sequence[float]):
        problem, m, k = programme.problem, len(programme.x), programme.problem.k
        linear = programme.design @ np.asarray(eta)
        possible = linear < programme.link.domain
        safe = np.where(possible, linear, -1.0)
        a = np.array([programme.link.event(t) for t in safe])
        b = np.array([programme.link.other(t) for t in safe])
        zero = np.zeros((k, m))
        self.m = m
        self.high = np.where(np.r_[possible, possible], math.inf, 0.0)
        self.scores = np.c_[programme.design.T * a, programme.design.T * b]
        self.equal = np.r_[self.scores, np.repeat(np.eye(2), m, axis=1)]
        self.right = np.r_[np.zeros(k + 1), problem.n1, problem.n0]
        margins = np.r_[np.c_[programme.x.T, zero], np.c_[zero, programme.x.T]]
        self.upper = np.r_[margins, -margins]
        reach = np.array(programme.reach)
        self.below = np.r_[reach[:, 1], -reach[:, 0]]

    def corner(self, direction: np.ndarray) -> np.ndarray | None:
        """The counts farthest in a direction, shape (2m,); None if none exist."""
        found = least(
            -direction, np.zeros(2 * self.m), self.high,
            equal=(self.equal, self.right), upper=(self.upper, self.below),
        )  # fmt: skip
        return None if found is None else found.x

    def largest_least(self, rows: np.ndarray) -> tuple[float, np.ndarray | None]:
        """Counts (all patients by pattern) with the largest value of the least row."""
        count, m = len(rows), self.m
        unknown = np.r_[np.zeros(2 * m), -1]
        found = least(
            unknown,
            np.r_[np.zeros(2 * m), -math.inf],
            np.r_[self.high, math.inf],
            equal=(np.c_[self.equal, np.zeros(len(self.equal))], self.right),
            upper=(
                np.r_[
                    np.c_[self.upper, np.zeros(len(self.upper))],
                    np.c_[-rows, -rows, np.ones(count)],
                ],
                np.r_[self.below, np.zeros(count)],
            ),
        )
        if found is None:
            return 0.0, None
        return float(found.x[-1]), found.x[:m] + found.x[m : 2 * m]


def with_information(
    problem: Problem, column: int, low_codes: tuple[int, ...], at_least: Fraction, cs: Sequence
) -> Problem:
    """The problem with the condition that 1/SE² of a column is at least so much."""
    return replace(
        problem,
        information=tuple(Information(column, at_least, low_codes, tuple(c)) for c in cs),
    )
