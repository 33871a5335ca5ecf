"""The search for whole patients who print as a table does: near points of a lattice.

A linear programme says whether fractions of patients fit.  Whole ones are another matter: the
coefficients are printed to three digits, and few lists of whole numbers come so close.  Two
facts help.  The changes of whole counts that keep all margins form a lattice, and near a fit
the coefficients are linear in the counts, one Newton step away.  So every change of counts
gets coordinates, how far it moves each printed number, in half roundings, and how far each
count; a reduced basis of the lattice in these coordinates (Lenstra, Lenstra & Lovász 1982)
leads from any fractions that fit to whole counts near them (the nearest plane, Babai 1986).
Thousands of such fractions are drawn, a full fit decides, and the nearest fits are searched
around in the same way.  A search: that it finds nothing says nothing.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import flint
import highspy
import numpy as np
from numpy.typing import NDArray

from analysis.compatible.certificate import Problem
from analysis.compatible.programme import Point, Polytope, Programme
from analysis.compatible.solver import quiet
from analysis.compatible.whole import (
    Witness,
    printing,
    refit,
    score_and_information,
    within_margins,
)
from analysis.printed import Interval

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_GRID = 129  # constants that are tried for a window, and 61 inside it
_DRAWN = 4_000  # fractions of one round
_FITTED = 30  # fits of one round, those first whose step ends nearest
_KEPT = 10  # nearest fits that are searched around
_AROUND = 3  # of them in one round
_STRETCHES = (1.0, 3.0, 0.1, 0.3)  # of half a rounding against a patient, one after the other
_STEP = 3.0  # half roundings: what one step puts farther off is not fitted
_NEAR = 0.004  # how far a free constant may move, in η, before the step is no longer linear
_FINE = 1e5  # lattice coordinates are whole multiples of its inverse


@dataclass(frozen=True, slots=True)
class _Near:
    """A fit of whole counts and how far it is from the printed numbers, in half roundings."""

    off: float
    counts: tuple[int, ...]
    beta: tuple[float, ...]


def whole_patients(
    problem: Problem,
    coefficients: Sequence[Interval],
    codes: Sequence[tuple[int, int]],
    constant: Interval | None = None,
    *,
    rng: np.random.Generator,
    seconds: float = 20.0,
    starts: int = 9,
) -> Witness | None:
    """Whole patients whose fit rounds to every printed coefficient, or None if none is found.

    `problem`: link, margins and box of one reading; `coefficients`: the roundings as printed,
    shape (k,), per unit of code; `codes`: low and high code of each predictor; `constant`: the
    rounding of the printed constant, None if any will do.  `rng` draws the fractions to begin
    with; `seconds` of processor time at each of `starts` values of a constant that is free.
    """
    aim = [constant, *coefficients]
    for point in _starts(Programme(problem), constant is None, starts):
        if found := _Search(problem, point, printing(codes), aim, rng).run(seconds):
            return found
    return None


def _starts(programme: Programme, free: bool, count: int) -> list[Point]:
    """Fractions of patients that fit, over the constants that allow any if it is free."""
    middle = [float(i.low + i.high) / 2 for i in programme.problem.slopes]
    if not free:
        return [p for p in [programme.best(middle, steps=32)] if p.fits]
    low, high = programme.constants(middle)
    grid, step = np.linspace(low, high, _GRID, retstep=True)
    fitting = [p for p in (programme.point([t, *middle]) for t in grid) if p.fits]
    fitting = fitting or [p for p in [programme.best(middle, steps=64)] if p.fits]
    if not fitting:
        return []
    ends = fitting[0].eta[0] - step, fitting[-1].eta[0] + step
    finer = (programme.point([t, *middle]) for t in np.linspace(*ends, 61))
    fitting = [p for p in finer if p.fits] or fitting
    at = np.unique(np.linspace(0, len(fitting) - 1, count).round().astype(int))
    # a polytope is widest in the middle of the window
    return [fitting[i] for i in sorted(at, key=lambda i: abs(i - (len(fitting) - 1) / 2))]


class _Search:
    """Around one point that fits; counts have the shape (2m,): with the event, then without."""

    def __init__(self, problem: Problem, point: Point, to_printed: Floats, aim, rng):
        self.problem, self.programme = problem, Programme(problem)
        self.beta, self.to_printed, self.rng = np.array(point.eta), to_printed, rng
        self.polytope = Polytope(self.programme, point.eta)
        self.m = self.polytope.m
        self.is_aim = np.array([i is not None for i in aim])
        now = to_printed @ self.beta
        self.middle = np.array([
            t if i is None else float(i.low + i.high) / 2 for t, i in zip(now, aim, strict=True)
        ])  # fmt: skip
        self.half = np.array([_NEAR if i is None else float(i.high - i.low) / 2 for i in aim])
        directions = np.r_[np.eye(2 * self.m), rng.normal(size=(2 * self.m, 2 * self.m))]
        found = [self.polytope.corner(d) for d in directions]
        self.corners = np.array([c for c in found if c is not None]).reshape(-1, 2 * self.m)
        self.near: list[_Near] = []

    def run(self, seconds: float) -> Witness | None:
        """Rounds while there is time, one at least."""
        if not len(self.corners):
            return None
        self.centre = self.corners.mean(axis=0)
        self.start = nearest_whole(self.problem, self.centre)
        if self.start is None:
            return None
        self.live = np.flatnonzero((self.corners.max(axis=0) > 0.5) | (self.start > 0))
        end = time.process_time() + seconds
        for stretch in itertools.cycle(_STRETCHES):
            for counts in itertools.chain(self._drawn(stretch), self._around()):
                if (found := self._fitted(counts)) is not None:
                    return found
            if time.process_time() > end:
                return None
        raise AssertionError("unreachable")

    def _drawn(self, stretch: float) -> Iterator[Counts]:
        """Whole counts near fractions drawn from the polytope, the most promising first."""
        weights = self.rng.dirichlet(np.full(len(self.corners), 0.5), _DRAWN)
        fractions = weights @ self.corners
        lattice = _Lattice(self, self.beta, self.centre, 1 / (self.corners.std(axis=0) + 0.2))
        off = (self.to_printed @ self.beta - self.middle) / self.half
        moves = fractions - self.start
        counts = self.start + lattice.near(moves @ lattice.effects.T - off, moves, stretch)
        yield from self._promising(counts, (counts - fractions) @ lattice.effects.T + off)

    def _around(self) -> Iterator[Counts]:
        """Whole counts near those of the nearest fits so far, each linear around its own fit."""
        chosen = self.rng.permutation(len(self.near))[:_AROUND]
        for near in [self.near[i] for i in chosen]:
            counts, beta = np.array(near.counts), np.array(near.beta)
            weights = 1 / np.sqrt(counts + 0.3)
            lattice = _Lattice(self, beta, counts.astype(float), weights)
            off = (self.to_printed @ beta - self.middle) / self.half * self.is_aim
            # a constant that is free may go where it likes
            wander = self.rng.normal(size=(_DRAWN // 2, len(off))) * np.where(self.is_aim, 0.5, 10)
            moves = self.rng.normal(size=(_DRAWN // 2, 2 * self.m)) / weights
            found = np.unique(counts + lattice.near(wander - off, moves, 1.0), axis=0)
            yield from self._promising(found, (found - counts) @ lattice.effects.T + off)

    def _promising(self, counts: Counts, off: Floats) -> list[Counts]:
        """Those of the counts (n, 2m) with nobody missing and every margin kept whose step
        ends nearest to the printed numbers."""
        possible = (counts >= 0).all(axis=1)
        possible &= (counts @ self.polytope.upper.T <= self.polytope.below + 1e-9).all(axis=1)
        worst = np.abs(off)[:, self.is_aim].max(axis=1)
        order = [i for i in np.argsort(worst, kind="stable") if possible[i]][:_FITTED]
        return [counts[i] for i in order if worst[i] <= _STEP or not self.near]

    def _fitted(self, counts: Counts) -> Witness | None:
        events, others = counts[: self.m].tolist(), counts[self.m :].tolist()
        if not within_margins(self.problem, events, others):
            return None
        beta = refit(self.problem, events, others)
        if beta is None:
            return None
        printed = self.to_printed @ beta
        off = float(np.abs((printed - self.middle) / self.half)[self.is_aim].max())
        if off <= 1:
            return Witness(tuple(events), tuple(others), tuple(printed.tolist()))
        this = _Near(off, tuple(counts.tolist()), tuple(beta.tolist()))
        if all(this.counts != other.counts for other in self.near):
            self.near = sorted([*self.near, this], key=lambda near: near.off)[:_KEPT]
        return None


class _Lattice:
    """Changes of whole counts that keep the groups and all margins that are known exactly.

    `effects` (k + 1, 2m): what one patient more of each kind does to the printed numbers, in
    half roundings, linear around a fit `beta` of `counts`; `weights` (2m,) of the counts.
    """

    def __init__(self, search: _Search, beta: Floats, counts: Floats, weights: Floats):
        polytope, programme = Polytope(search.programme, beta), search.programme
        m, self.live, self.weights = search.m, search.live, weights[search.live]
        _, information = score_and_information(
            programme.link, programme.design, beta, counts[:m], counts[m:]
        )
        by_score = search.to_printed @ np.linalg.inv(information)
        self.effects = by_score @ polytope.scores / search.half[:, None]
        known = [i for i, (low, high) in enumerate(programme.reach) if low == high]
        self.known = np.r_[polytope.equal[-2:], polytope.upper[known]]

    def near(self, effects: Floats, moves: Floats, stretch: float) -> Counts:
        """A change of the lattice near each of some wishes (n, 2m): `effects` (n, k + 1) wished
        for, in half roundings, and `moves` (n, 2m) of the counts."""
        basis, changes = self._reduced(stretch)
        wished = np.c_[stretch * effects, moves[:, self.live] * self.weights]
        made = np.zeros((len(wished), moves.shape[1]), dtype=np.int64)
        made[:, self.live] = nearest_plane(basis, wished) @ changes
        return made

    def _reduced(self, stretch: float) -> tuple[Floats, Counts]:
        """A reduced basis: its coordinates, and the changes of the counts that have them."""
        each = np.c_[stretch * self.effects[:, self.live].T, np.diag(self.weights)]
        # a margin that changes costs so much that the first vectors of the basis keep all
        rows = np.c_[self.known[:, self.live].T * 1e4 * _FINE, each * _FINE]
        reduced = flint.fmpz_mat([[int(v) for v in row] for row in np.rint(rows)]).lll()
        found = np.array([[int(v) for v in row] for row in reduced.tolist()], dtype=float)
        keeps = ~found[:, : len(self.known)].any(axis=1)
        basis = found[keeps, len(self.known) :] / _FINE
        changes = np.rint(basis[:, len(self.effects) :] / self.weights).astype(np.int64)
        return basis, changes


def nearest_plane(basis: Floats, wished: Floats) -> Counts:
    """Whole multiples (n, d) of the `basis` (d, c) whose sums lie near the `wished` (n, c):
    the nearest plane, from the last vector to the first (Babai 1986, section 3)."""
    orthogonal, triangle = np.linalg.qr(basis.T)
    wished = wished @ orthogonal
    found = np.zeros((len(wished), len(basis)), dtype=np.int64)
    for i in reversed(range(len(basis))):
        rest = wished[:, i] - found[:, i + 1 :] @ triangle[i, i + 1 :]
        found[:, i] = np.rint(rest / triangle[i, i])
    return found


def nearest_whole(problem: Problem, aim: Floats) -> Counts | None:
    """Whole counts within the margins nearest to these fractions, shape (2m,); None if there
    are none."""
    x = np.array(problem.patterns, dtype=float)
    m = len(x)
    highs = quiet()
    highs.addVars(4 * m, np.zeros(4 * m), np.r_[np.repeat([problem.n1, problem.n0], m), np.full(2 * m, 1e9)].astype(float))  # fmt: skip
    for j in range(2 * m):
        highs.changeColIntegrality(j, highspy.HighsVarType.kInteger)
        highs.changeColCost(2 * m + j, 1.0)

    def row(low: float, high: float, index: Sequence[int], values: Sequence[float]) -> None:
        highs.addRow(low, high, len(index), np.array(index, np.int32), np.array(values, float))

    for start, n, reaches in ((0, problem.n1, problem.events), (m, problem.n0, problem.others)):
        row(n, n, range(start, start + m), np.ones(m))
        for j, reach in enumerate(reaches):
            having = [start + i for i in range(m) if x[i, j]]
            row(float(reach.low), float(reach.high), having, np.ones(len(having)))
    for j in range(2 * m):  # the further columns are the distances
        row(-np.inf, aim[j], [j, 2 * m + j], [1.0, -1.0])
        row(aim[j], np.inf, [j, 2 * m + j], [1.0, 1.0])
    highs.setOptionValue("time_limit", 10.0)
    highs.run()
    found = np.array(highs.getSolution().col_value)
    if len(found) == 0 or not np.isfinite(found).all() or not highs.getSolution().value_valid:
        return None
    return np.rint(found[: 2 * m]).astype(np.int64)
