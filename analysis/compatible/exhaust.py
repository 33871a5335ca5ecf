"""Every way to seat whole patients, for readings so tight that all can be listed.

With a canonical link (logit; log of a Poisson outcome) the score equations depend on the
patients of each pattern of predictors, not on who of them had the event: fitted events add
up to the observed ones in every margin.  The printed coefficients and constant give every
pattern its fitted risk up to a fraction of a percent, so each margin allows few ways to
spread its patients, and the rarest predictor allows the fewest.  They are listed predictor by
predictor; whatever a margin rules out for every value inside the box is dropped, the rest is
fitted.  In floating point, with a slack of a millionth of a patient.

Only fits inside the box are sure to be listed: how near the nearest of *all* patients come is
known as far as the box reaches, so for that it must be wider than the roundings.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray

from analysis.compatible.certificate import Problem, reach_of_eta
from analysis.compatible.links import LINKS
from analysis.compatible.solver import quiet
from analysis.compatible.whole import printing
from analysis.printed import Interval

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_WAYS = 3_000_000  # of one predictor's patients, or left after one predictor
_SLACK = 1e-6  # patients
_AT_ONCE = 50_000  # fits
_FAR = 10.0  # in η: a fit so far from the printed numbers is no near miss


@dataclass(frozen=True, slots=True)
class Seating:
    """Patients of every pattern (the last predictor changing fastest), with or without the
    event; who of them can have it (one way of several); events with each predictor; the fit as
    it would be printed, the constant first.  `off`: the largest distance from a printed value,
    in half roundings; within 1 all print alike."""

    patients: tuple[int, ...]
    seated: tuple[int, ...]
    events: tuple[int, ...]
    printed: tuple[float, ...]
    off: float


@dataclass(frozen=True, slots=True)
class Exhausted:
    """What listing ended with: `fitted` ways were left by the margins and fitted one by one,
    `unsettled` of them have no finite maximum near the printed numbers; `nearest` are the
    nearest of them that patients with and without the event can make up, the best first."""

    fitted: int
    unsettled: int
    nearest: tuple[Seating, ...]

    @property
    def fits(self) -> bool:
        """Whether some whole patients print every coefficient and the constant."""
        return self.within(1) > 0

    def within(self, off: float) -> int:
        """How many of the nearest are so near, in half roundings."""
        return sum(s.off <= off + 1e-9 for s in self.nearest)


def exhaust(
    problem: Problem,
    coefficients: Sequence[Interval],
    codes: Sequence[tuple[int, int]],
    constant: Interval,
    nearest: int = 3,
) -> Exhausted | None:
    """All whole patients whose fit lies in the box of the problem.

    `problem`: the reading, with bounds on every slope and the constant, those of the roundings
    or wider; `coefficients` (k,) and `constant` as printed, from which distances are taken;
    `codes` the low and high code of each predictor.  None for links that are not canonical,
    unbounded boxes, or too many ways (:data:`MOST_WAYS`).
    A predictor whose margin is unknown may have any whole number of patients and events.
    """
    if problem.link not in ("logit", "log") or any(
        math.isinf(i.low) or math.isinf(i.high) for i in problem.root()
    ):
        return None
    known = [
        j for j in range(problem.k) if problem.events[j].is_point and problem.others[j].is_point
    ]
    listing = _Listing(problem)
    for j in sorted(known, key=listing.margin):
        if not listing.spread(j):
            return None
    if not listing.spread(None):
        return None
    patients, events = listing.complete(known)
    if len(patients) > MOST_WAYS:
        return None
    printed, off = _fits(problem, coefficients, codes, constant, patients, events)
    settled = np.isfinite(off)
    found: list[Seating] = []
    for i in np.argsort(off, kind="stable")[: settled.sum()]:
        if len(found) == nearest:
            break
        if (seated := _seated(problem, patients[i], events[i])) is not None:
            found.append(
                Seating(
                    tuple(patients[i].tolist()), seated, tuple(events[i].tolist()),
                    tuple(printed[i].tolist()), float(off[i]),
                )
            )  # fmt: skip
    return Exhausted(len(patients), int((~settled).sum()), tuple(found))


class _Listing:
    """Ways to spread the patients, predictor by predictor: `states` (ways, patterns)."""

    def __init__(self, problem: Problem):
        self.problem = problem
        self.x = np.array(problem.patterns)
        mean = LINKS[problem.link].mean
        ends = [reach_of_eta(LINKS[problem.link], problem.root(), p, problem.k) for p in self.x]
        self.low = np.array([mean(low) for low, _ in ends])  # type: ignore[misc]
        self.high = np.array([mean(high) for _, high in ends])  # type: ignore[misc]
        self.states: Counts = np.zeros((1, len(self.x)), dtype=np.int64)
        self.left = np.ones(len(self.x), dtype=bool)
        self.done: list[int] = []

    def margin(self, j: int) -> int:
        return int(self.problem.events[j].low + self.problem.others[j].low)

    def spread(self, j: int | None) -> bool:
        """Seat all patients with predictor j (None: all others); False if the ways are too many."""
        cells = np.flatnonzero(self.left & (self.x[:, j] == 1 if j is not None else True))
        total = self.margin(j) if j is not None else self.problem.n1 + self.problem.n0
        events = int(self.problem.events[j].low) if j is not None else self.problem.n1
        column = self.x[:, j] if j is not None else np.ones(len(self.x), dtype=np.int64)
        need = total - self.states @ column
        kept, count = [self.states[:0]], 0
        for n in np.unique(need[need >= 0]):
            ways = _compositions(int(n), len(cells))
            if ways is None:
                return False
            below, above = ways @ self.low[cells], ways @ self.high[cells]
            for own in _pieces(self.states[need == n], MOST_WAYS // len(ways)):
                fine = ((own @ (self.low * column))[:, None] + below <= events + _SLACK) & (
                    (own @ (self.high * column))[:, None] + above >= events - _SLACK
                )
                which, way = np.nonzero(fine)
                new = own[which]
                new[:, cells] = ways[way]
                kept.append(self._possible(new, j))
                count += len(kept[-1])
                if count > MOST_WAYS:
                    return False
        self.left[cells] = False
        self.done += [] if j is None else [j]
        self.states = np.concatenate(kept)
        return True

    def _possible(self, states: Counts, j: int | None) -> Counts:
        """Without those in which another predictor has more patients, or surely more events,
        than its margin."""
        for other in range(self.problem.k):
            if other == j or other in self.done:
                continue
            column = self.x[:, other]
            most = float(self.problem.events[other].high + self.problem.others[other].high)
            events = float(self.problem.events[other].high)
            states = states[
                (states @ column <= most)
                & (states @ (self.low * column) <= events + _SLACK)
            ]  # fmt: skip
        return states

    def complete(self, known: Sequence[int]) -> tuple[Counts, Counts]:
        """Every way with every number of events of the predictors that are not known: patients
        (ways, patterns) and events (ways, predictors)."""
        states = self.states
        events = np.zeros((len(states), self.problem.k), dtype=np.int64)
        for j in range(self.problem.k):
            a, b = self.problem.events[j], self.problem.others[j]
            if j in known:
                events[:, j] = int(a.low)
                continue
            patients = states @ self.x[:, j]
            fewest = np.ceil(states @ (self.low * self.x[:, j]) - _SLACK).astype(np.int64)
            most = np.floor(states @ (self.high * self.x[:, j]) + _SLACK).astype(np.int64)
            fewest = np.maximum(np.maximum(fewest, math.ceil(a.low)), patients - math.floor(b.high))
            most = np.minimum(np.minimum(most, math.floor(a.high)), patients - math.ceil(b.low))
            each = np.maximum(most - fewest + 1, 0)
            own = np.repeat(np.arange(len(states)), each)
            first = np.repeat(np.cumsum(each) - each, each)
            states, events = states[own], events[own]
            events[:, j] = fewest[own] + np.arange(len(own)) - first
        return states, events


def _pieces(states: Counts, most: int) -> Iterator[Counts]:
    most = max(most, 1)
    return (states[i : i + most] for i in range(0, len(states), most))


def _compositions(n: int, cells: int) -> Counts | None:
    """All ways to put n patients into so many cells, shape (ways, cells)."""
    if math.comb(n + cells - 1, cells - 1) > MOST_WAYS:
        return None
    ways, rest = np.zeros((1, 0), dtype=np.int64), np.array([n])
    for _ in range(cells - 1):
        each = rest + 1  # the next cell takes 0 … rest
        ends = np.cumsum(each)
        own = np.arange(ends[-1]) - np.repeat(ends - each, each)
        ways = np.c_[np.repeat(ways, each, axis=0), own]
        rest = np.repeat(rest, each) - own
    return np.c_[ways, rest]


def _fits(
    problem: Problem,
    coefficients: Sequence[Interval],
    codes: Sequence[tuple[int, int]],
    constant: Interval,
    patients: Counts,
    events: Counts,
) -> tuple[Floats, Floats]:
    """Maximum-likelihood fits from patients of every pattern (ways, patterns) and events of
    every margin (ways, k): as printed (ways, k + 1), and how far off, in half roundings; infinite
    without a finite maximum near the printed numbers.

    Scoring steps from the middle of the roundings, which reach a fit near them in a few.
    """
    design = np.c_[np.ones(2**problem.k), np.array(problem.patterns, dtype=float)]
    squares = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1)
    turn = printing(codes)
    sides = [constant, *coefficients]
    middle = np.array([float(i.low + i.high) / 2 for i in sides])
    half = np.array([float(i.high - i.low) / 2 for i in sides])
    start, width = np.linalg.solve(turn, middle), problem.k + 1
    printed, off = np.zeros((len(patients), width)), np.full(len(patients), np.inf)
    # kinds of patients that do not tell all coefficients apart have many maxima; whole numbers
    told = np.linalg.det(((patients > 0) @ squares).reshape(-1, width, width)) > 0.5
    for active in _pieces(np.flatnonzero(told), _AT_ONCE):
        beta = np.tile(start, (len(active), 1))
        for _ in range(50):
            if not len(active):
                break
            n, eta = patients[active], beta @ design.T
            mean = np.exp(eta) if problem.link == "log" else 1 / (1 + np.exp(-eta))
            weight = n * (mean if problem.link == "log" else mean * (1 - mean))
            sums = np.c_[np.full(len(active), problem.n1), events[active]]
            score = sums - (n * mean) @ design
            information = (weight @ squares).reshape(-1, width, width)
            step = _solved(information, score)
            beta = beta + np.clip(step, -1, 1)
            settled = np.abs(step).max(axis=1) < 1e-11
            done = active[settled]
            printed[done] = beta[settled] @ turn.T
            off[done] = np.abs((printed[done] - middle) / half).max(axis=1)
            go_on = ~settled & (np.abs(beta - start).max(axis=1) < _FAR)
            active, beta = active[go_on], beta[go_on]
    return printed, off


def _solved(matrices: Floats, right: Floats) -> Floats:
    """One system a row; not-a-number where it has no one solution (separated patients)."""
    try:
        return np.linalg.solve(matrices, right[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError:
        if len(right) == 1:
            return np.full_like(right, np.nan)
    half = len(right) // 2
    parts = [(matrices[:half], right[:half]), (matrices[half:], right[half:])]
    return np.concatenate([_solved(*part) for part in parts])


def _seated(problem: Problem, patients: Counts, events: Counts) -> tuple[int, ...] | None:
    """Who of the patients of each pattern can have had the event, so that every margin has its
    events; None if nobody can (a Poisson fit may give a kind of patient more events than
    patients)."""
    x, m = np.array(problem.patterns), len(patients)
    highs = quiet()
    highs.addVars(m, np.zeros(m), patients.astype(float))
    for i in range(m):
        highs.changeColIntegrality(i, highspy.HighsVarType.kInteger)
    for column, total in ((np.ones(m), problem.n1), *zip(x.T, events, strict=True)):
        index = np.flatnonzero(column).astype(np.int32)
        highs.addRow(float(total), float(total), len(index), index, np.ones(len(index)))
    highs.run()
    if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return None
    return tuple(round(v) for v in highs.getSolution().col_value)
