"""Whole patients behind printed coefficients: a witness that anyone can refit.

A linear programme says whether fractions of patients fit.  Whole ones are another matter: the
coefficients are printed to three digits, and few lists of whole numbers come so close.  Near
a fit the coefficients are linear in the counts of the patterns, one Newton step away.  Two
searches use that.  From the whole numbers nearest the fractions, exchanges of patients keep
the margins; sums of several are found by meeting in the middle (Horowitz & Sahni 1974).  A
mixed-integer programme (HiGHS) looks for counts whose step stays inside every rounding.  A
full fit decides.  A search: that it finds nothing says nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from analysis.compatible.certificate import Problem
from analysis.compatible.links import LINKS
from analysis.compatible.programme import Programme
from analysis.compatible.solver import quiet
from analysis.printed import Interval

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

_MOST_EXCHANGES = 350  # of one round, and as many sums of two that move the fit least
_PARTNERS = 4  # pairs that are tried with each pair
_MOST_FITS = 1_000  # full fits of one round, the nearest sums first
_NEAREST = 10  # fits of one round that the next may begin with
_ROUNDS = 4
_ROOM = 0.9  # of half a rounding: the rest is for the curvature that one step leaves out
_NEAR = 0.004  # how far a free constant may move, in η, before the step is no longer linear
_PROGRAMMES = 3  # one after the other, each around the fit of the last


@dataclass(frozen=True, slots=True)
class Witness:
    """Whole numbers of patients by pattern (the last predictor changing fastest), with and
    without the event, and the `coefficients` of their fit as the table would print them: the
    constant first, per unit of code."""

    events: tuple[int, ...]
    others: tuple[int, ...]
    coefficients: tuple[float, ...]


def refit(problem: Problem, events: Sequence[int], others: Sequence[int]) -> Floats | None:
    """The maximum-likelihood coefficients (k + 1,) of patients grouped by pattern: the
    constant and the differences in η of having each predictor.  Scoring steps (Fisher 1935);
    None if they do not settle."""
    link, design = LINKS[problem.link], _design(problem)
    e, o = np.asarray(events, dtype=float), np.asarray(others, dtype=float)
    beta = np.zeros(design.shape[1])
    beta[0] = Programme(problem).constants([0.0] * problem.k)[0]
    for _ in range(100):
        try:
            score, information = _score(link, design, beta, e, o)
            step = np.linalg.solve(information, score)
        except (ArithmeticError, np.linalg.LinAlgError):
            return None
        if not np.isfinite(step).all():
            return None
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-12:
            return beta
    return None


def within_margins(problem: Problem, events: Sequence[int], others: Sequence[int]) -> bool:
    """Whether counts by pattern have the group sizes and margins of the problem."""
    x = _design(problem)[:, 1:]
    return all(
        sum(counts) == n
        and all(i.low <= value <= i.high for i, value in zip(reaches, x.T @ counts, strict=True))
        for counts, n, reaches in (
            (events, problem.n1, problem.events),
            (others, problem.n0, problem.others),
        )
    )


def as_printed(
    problem: Problem,
    fitted: Floats,
    codes: Sequence[tuple[int, int]],
    events: Sequence[int],
    others: Sequence[int],
) -> tuple[list[float], list[float]]:
    """The coefficients of a fit as a table prints them, the constant first, then per unit of
    code, and their standard errors from the expected information."""
    e, o = np.asarray(events, dtype=float), np.asarray(others, dtype=float)
    _, information = _score(LINKS[problem.link], _design(problem), fitted, e, o)
    to_printed = printing(codes)
    variances = np.diag(to_printed @ np.linalg.inv(information) @ to_printed.T)
    return (to_printed @ fitted).tolist(), np.sqrt(variances).tolist()


def _design(problem: Problem) -> Floats:
    x = np.array(problem.patterns, dtype=float)
    return np.c_[np.ones(len(x)), x]


def _score(link, design: Floats, beta: Floats, e: Floats, o: Floats) -> tuple[Floats, Floats]:
    eta = design @ beta
    a = np.array([link.event(t) for t in eta])
    b = np.array([link.other(t) for t in eta])
    w = np.array([link.information(t, t)[1] for t in eta])
    return (e * a + o * b) @ design, (design.T * ((e + o) * w)) @ design


def whole_patients(
    problem: Problem,
    coefficients: Sequence[Interval],
    codes: Sequence[tuple[int, int]],
    constant: Interval | None = None,
    *,
    rng: np.random.Generator,
    seconds: float = 20.0,
    starts: int = 5,
) -> Witness | None:
    """Whole patients whose fit rounds to every printed coefficient, or None if none is found.

    `problem`: link, margins and box of one reading; `coefficients`: the roundings as printed,
    shape (k,), per unit of code; `codes`: low and high code of each predictor; `constant`: the
    rounding of the printed constant, None if any will do.  `rng` picks among the exchanges;
    `seconds` for each of the two searches at each of `starts` values of a constant that is free.
    """
    programme = Programme(problem)
    middle = [float(i.low + i.high) / 2 for i in problem.slopes]
    to_printed = printing(codes)
    aim = [constant, *coefficients]
    if constant is not None:
        at = [programme.best(middle, steps=32)]
        at = [p for p in at if p.fits]
    else:
        low, high = programme.constants(middle)
        grid = [programme.point([t, *middle]) for t in np.linspace(low, high, 129)]
        fitting = [p for p in grid if p.fits] or [
            p for p in [programme.best(middle, steps=64)] if p.fits
        ]
        inner = np.linspace(0, len(fitting) - 1, starts + 2)[1:-1] if len(fitting) > 2 else [0]
        at = [fitting[round(i)] for i in inner] if fitting else []
    for search in (_by_exchanges, _by_programme):  # the quick one first
        for point in at:
            if found := search(problem, point, to_printed, aim, rng, seconds):
                return found
    return None


def _by_exchanges(problem, point, to_printed, aim, rng, seconds) -> Witness | None:
    """Rounds of exchanges, begun anew with other lots while there is time (at least once)."""
    beta, m = np.array(point.eta), len(problem.patterns)
    start = _nearest_whole(problem, point.events, point.others)
    end = time.process_time() + seconds
    while start is not None:
        counts = start
        for _ in range(_ROUNDS):
            counts, printed = _exchanged(problem, beta, counts, to_printed, aim, rng)
            if printed is not None:
                e, o = counts[:m].tolist(), counts[m:].tolist()
                return Witness(tuple(e), tuple(o), tuple(printed.tolist()))
        if time.process_time() > end:
            break
    return None


def _by_programme(problem, point, to_printed, aim, _rng, seconds) -> Witness | None:
    beta, e, o = np.array(point.eta), point.events, point.others
    for _ in range(_PROGRAMMES):
        found = _nearest(problem, beta, e, o, to_printed, aim, seconds / _PROGRAMMES)
        fitted = found and refit(problem, found[0].tolist(), found[1].tolist())
        if fitted is None:
            return None
        e, o = found
        printed = to_printed @ fitted
        if all(i is None or i.low <= v <= i.high for i, v in zip(aim, printed, strict=True)):
            return Witness(tuple(e.tolist()), tuple(o.tolist()), tuple(printed.tolist()))
        beta = fitted
    return None


def printing(codes: Sequence[tuple[int, int]]) -> Floats:
    """Turns the constant and the differences in η into what a table prints: a coefficient per
    unit of code, and the constant where every code is nought."""
    k = len(codes)
    matrix = np.eye(k + 1)
    for j, (low, high) in enumerate(codes, start=1):
        matrix[j, j] = 1 / (high - low)
        matrix[0, j] = -low / (high - low)
    return matrix


def _nearest_whole(problem: Problem, e: Sequence[float], o: Sequence[float]) -> Counts | None:
    """Whole counts within the margins nearest to these fractions, shape (2m,): the patterns
    with the event, then without; None if there are none."""
    x = np.array(problem.patterns, dtype=float)
    m, aim = len(x), np.r_[e, o].astype(float)
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


def _exchanged(problem, beta, counts, to_printed, aim, rng) -> tuple[Counts, Floats | None]:
    """Counts that exchanges make of `counts` and that come near to a fit at `beta`, and the
    printed values of their fit if it rounds as printed, else None.

    At a fixed `beta` the score is linear in the counts, so nothing is lost on the way there.
    """
    m = len(problem.patterns)
    sides = [i for i, a in enumerate(aim) if a is not None]
    middle = np.array([float(aim[i].low + aim[i].high) / 2 for i in sides])
    half = np.array([float(aim[i].high - aim[i].low) / 2 for i in sides])
    effects = _effects(problem, counts, beta, to_printed)[sides] / half[:, None]
    offset = ((to_printed @ beta)[sides] - middle) / half + effects @ counts
    moves = _exchanges(problem, counts, rng)
    moves = np.vstack([np.zeros_like(counts), moves, _fine(moves, effects)])
    each = moves @ effects.T
    first, second = np.triu_indices(len(moves))
    pairs = each[first] + each[second]
    distance, partner = cKDTree(pairs).query(-offset - pairs, k=_PARTNERS, p=np.inf)
    near: list[tuple[float, Counts]] = []
    fits = 0
    for flat in np.argsort(distance, axis=None, kind="stable"):
        i, nth = divmod(int(flat), _PARTNERS)
        if fits == _MOST_FITS or (fits and distance[i, nth] > 2):
            break
        j = partner[i, nth]
        new = counts + moves[[first[i], second[i], first[j], second[j]]].sum(axis=0)
        e, o = new[:m].tolist(), new[m:].tolist()
        if new.min() < 0 or not within_margins(problem, e, o):
            continue
        fits += 1
        fit = refit(problem, e, o)
        if fit is None:
            continue
        miss = float(np.abs(((to_printed @ fit)[sides] - middle) / half).max())
        if miss <= 1:
            return new, to_printed @ fit
        near.append((miss, new))
    near = sorted(near, key=lambda pair: pair[0])[:_NEAREST]
    # by lot among the nearest, for the very nearest may lead nowhere
    return (near[rng.integers(len(near))][1] if near else counts), None


def _effects(problem: Problem, counts: Floats | Counts, beta: Floats, to_printed: Floats) -> Floats:
    """What one patient more of each kind does to the printed values, shape (k + 1, 2m)."""
    link, design, m = LINKS[problem.link], _design(problem), len(problem.patterns)
    eta = design @ beta
    scores = np.r_[[link.event(t) for t in eta], [link.other(t) for t in eta]]
    _, information = _score(link, design, beta, counts[:m], counts[m:])
    return to_printed @ np.linalg.inv(information) @ (np.vstack([design, design]).T * scores)


def _fine(moves: Counts, effects: Floats) -> Counts:
    """The sums of two exchanges that move the fit least: the small change of the search."""
    first, second = np.triu_indices(len(moves), 1)
    each = moves @ effects.T
    size = np.abs(each[first] + each[second]).max(axis=1)
    chosen = np.argsort(size, kind="stable")[:_MOST_EXCHANGES]
    return moves[first[chosen]] + moves[second[chosen]]


def _exchanges(problem: Problem, counts: Counts, rng: np.random.Generator) -> Counts:
    """Exchanges that can be made from `counts` and keep the margins that are known exactly:
    one or two patients of a group take other patterns; at most :data:`_MOST_EXCHANGES`."""
    x = np.array(problem.patterns, dtype=np.int64)
    m = len(x)
    found: list[Counts] = []
    for start, reaches in ((0, problem.events), (m, problem.others)):
        known = x[:, [j for j, reach in enumerate(reaches) if reach.is_point]]
        alike: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        for p in range(m):
            alike.setdefault((1, *known[p]), []).append((p,))
            for q in range(p, m):
                alike.setdefault((2, *(known[p] + known[q])), []).append((p, q))
        for choices in alike.values():
            for leave in choices:
                gone = np.zeros(2 * m, dtype=np.int64)
                np.subtract.at(gone, [start + p for p in leave], 1)
                if (counts + gone).min() < 0:
                    continue
                for take in choices:
                    if not set(leave) & set(take):
                        move = gone.copy()
                        np.add.at(move, [start + p for p in take], 1)
                        found.append(move)
    if len(found) > _MOST_EXCHANGES:
        found = [found[i] for i in rng.choice(len(found), _MOST_EXCHANGES, replace=False)]
    return np.array(found, dtype=np.int64).reshape(-1, 2 * m)


def _nearest(problem, beta, e, o, to_printed, aim, seconds) -> tuple[Counts, Counts] | None:
    """Counts whose Newton step from `beta` comes nearest to the middle of every rounding."""
    design, m = _design(problem), len(problem.patterns)
    now = to_printed @ beta
    middles = [now[i] if a is None else float(a.low + a.high) / 2 for i, a in enumerate(aim)]
    halves = [_NEAR if a is None else float(a.high - a.low) / 2 for a in aim]
    # one patient more of each kind moves the printed values by so many half roundings
    per = _effects(problem, np.r_[e, o], beta, to_printed) / np.array(halves)[:, None]
    offset = (now - np.array(middles)) / halves
    highs = quiet()
    highs.addVars(2 * m + 1, np.zeros(2 * m + 1), np.r_[np.repeat([problem.n1, problem.n0], m), 1e9].astype(float))  # fmt: skip
    for j in range(2 * m):
        highs.changeColIntegrality(j, highspy.HighsVarType.kInteger)
    highs.changeColCost(2 * m, 1.0)

    def row(low: float, high: float, values: Floats) -> None:
        index = np.nonzero(values)[0].astype(np.int32)
        highs.addRow(low, high, len(index), index, values[index])

    x = design[:, 1:]
    for start, n, reaches in ((0, problem.n1, problem.events), (m, problem.n0, problem.others)):
        for low, high, values in (
            (n, n, np.ones(m)),
            *((float(i.low), float(i.high), x[:, j]) for j, i in enumerate(reaches)),
        ):
            whole = np.zeros(2 * m + 1)
            whole[start : start + m] = values
            row(low, high, whole)
    for shift, values in zip(offset, per, strict=True):
        row(-np.inf, -shift, np.r_[values, -1.0])
        row(-shift, np.inf, np.r_[values, 1.0])
    highs.setOptionValue("time_limit", float(seconds))
    highs.setOptionValue("objective_target", _ROOM)
    highs.run()
    found = np.array(highs.getSolution().col_value)
    if len(found) == 0 or not np.isfinite(found).all() or not highs.getSolution().value_valid:
        return None
    counts = np.rint(found[: 2 * m]).astype(np.int64)
    return counts[:m], counts[m:]
