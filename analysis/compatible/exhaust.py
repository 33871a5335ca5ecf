"""Every way to seat whole patients, for readings so tight that all can be listed.

With a canonical link (logit; log of a Poisson outcome) the score equations depend on the
patients of each pattern of predictors, not on who of them had the event: fitted events add
up to the observed ones in every margin.  The printed coefficients and constant give every
pattern its fitted risk up to a fraction of a percent, so each margin allows few ways to
spread its patients, and the rarest predictor allows the fewest.  They are listed predictor by
predictor; whatever a margin rules out for every value inside the roundings is dropped, the
rest is fitted.  In floating point, with a slack of a millionth of a patient.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.compatible.certificate import Problem, reach_of_eta
from analysis.compatible.links import LINKS
from analysis.compatible.whole import printing
from analysis.printed import Interval

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_WAYS = 3_000_000  # of one predictor's patients, or left after one predictor
_SLACK = 1e-6  # patients


@dataclass(frozen=True, slots=True)
class Seating:
    """Patients of every pattern, with or without the event (the last predictor changing
    fastest), events with each predictor, and the fit as it would be printed: the constant
    first.  `off`: the largest distance from a printed value, in half roundings; within 1 all
    print alike."""

    patients: tuple[int, ...]
    events: tuple[int, ...]
    printed: tuple[float, ...]
    off: float


@dataclass(frozen=True, slots=True)
class Exhausted:
    """What listing ended with: `fitted` ways were left by the margins and fitted one by one;
    `nearest` are the nearest of them, the best first."""

    fitted: int
    nearest: tuple[Seating, ...]

    @property
    def fits(self) -> bool:
        """Whether some whole patients print every coefficient and the constant."""
        return bool(self.nearest) and self.nearest[0].off <= 1 + 1e-9


def exhaust(
    problem: Problem,
    coefficients: Sequence[Interval],
    codes: Sequence[tuple[int, int]],
    constant: Interval,
    nearest: int = 3,
) -> Exhausted | None:
    """All whole patients whose fit can print the coefficients and the constant.

    `problem`: the reading, with bounds on every slope and the constant; `coefficients` (k,)
    and `constant` as printed, `codes` the low and high code of each predictor.  None for
    links that are not canonical, unbounded boxes, or too many ways (:data:`MOST_WAYS`).
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
    fits = _Fits(problem, coefficients, codes, constant)
    found, count = [], 0
    for patients, events in listing.complete(known):
        count += 1
        if (seating := fits.of(patients, events)) is not None:
            found.append(seating)
    return Exhausted(count, tuple(sorted(found, key=lambda s: s.off)[:nearest]))


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
        kept = []
        for n in np.unique(need[need >= 0]):
            ways = _compositions(int(n), len(cells))
            if ways is None:
                return False
            own = self.states[need == n]
            below = own @ (self.low * column), ways @ self.low[cells]
            above = own @ (self.high * column), ways @ self.high[cells]
            for i in range(len(own)):
                fine = (below[0][i] + below[1] <= events + _SLACK) & (
                    above[0][i] + above[1] >= events - _SLACK
                )
                new = np.repeat(own[i : i + 1], int(fine.sum()), axis=0)
                new[:, cells] = ways[fine]
                kept.append(self._possible(new, j, cells))
        self.left[cells] = False
        self.done += [] if j is None else [j]
        self.states = np.concatenate(kept) if kept else self.states[:0]
        return len(self.states) <= MOST_WAYS

    def _possible(self, states: Counts, j: int | None, cells: Counts) -> Counts:
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

    def complete(self, known: Sequence[int]):
        """Every way with every number of events of the predictors that are not known."""
        unknown = [j for j in range(self.problem.k) if j not in known]
        fixed = {j: int(self.problem.events[j].low) for j in known}
        for state in self.states:
            choices = [dict(fixed)]
            for j in unknown:
                patients = int(state @ self.x[:, j])
                a, b = self.problem.events[j], self.problem.others[j]
                low = max(math.ceil(state @ (self.low * self.x[:, j]) - _SLACK), int(a.low), patients - int(b.high))  # fmt: skip
                high = min(math.floor(state @ (self.high * self.x[:, j]) + _SLACK), int(a.high), patients - int(b.low))  # fmt: skip
                choices = [c | {j: e} for c in choices for e in range(low, high + 1)]
            for chosen in choices:
                yield state, [chosen[j] for j in range(self.problem.k)]


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


class _Fits:
    """Maximum-likelihood fits from patients of every pattern and events of every margin."""

    def __init__(self, problem, coefficients, codes, constant):
        self.problem = problem
        self.design = np.c_[np.ones(2**problem.k), np.array(problem.patterns, dtype=float)]
        self.turn = printing(codes)
        sides = [constant, *coefficients]
        self.middle = np.array([float(i.low + i.high) / 2 for i in sides])
        self.half = np.array([float(i.high - i.low) / 2 for i in sides])
        self.start = np.linalg.solve(self.turn, self.middle)

    def of(self, patients: Counts, events: Sequence[int]) -> Seating | None:
        """The fit; None if it has no finite maximum near the printed numbers."""
        sums = np.array([self.problem.n1, *events], dtype=float)
        beta = self.start.copy()
        for _ in range(50):
            eta = self.design @ beta
            mean = np.exp(eta) if self.problem.link == "log" else 1 / (1 + np.exp(-eta))
            weight = patients * (mean if self.problem.link == "log" else mean * (1 - mean))
            try:
                step = np.linalg.solve(
                    (self.design.T * weight) @ self.design,
                    sums - (patients * mean) @ self.design,
                )
            except np.linalg.LinAlgError:
                return None
            beta = beta + np.clip(step, -1, 1)
            if np.abs(step).max() < 1e-12:
                break
        else:
            return None
        printed = self.turn @ beta
        off = float(np.abs((printed - self.middle) / self.half).max())
        return Seating(tuple(patients.tolist()), tuple(events), tuple(printed.tolist()), off)
