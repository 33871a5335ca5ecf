"""How large a model-based standard error can be, from printed margins and coefficients.

A Poisson fit with a log link has fitted events v = n·μ in every pattern of predictors, and
its score equations make these add up to the observed events, in total and within every
predictor.  The information is linear in the patients n of the patterns, and the reciprocal
of one variance, a Schur complement of the information, is concave in it (Boyd & Vandenberghe
2004, section 3.1.7): it is least at a vertex of the set of n that fit.  All vertices that are
not numerically singular are listed, in floating point: no search, and no certificate either.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from analysis.compatible.certificate import Problem, reach_of_eta
from analysis.compatible.links import LINKS

Floats = NDArray[np.float64]

MOST_BASES = 3_000_000  # about three seconds
_SLACK = 1e-6  # patients: over the rounding of the linear equations, under any that matters
# a determinant of rows with largest entry 1: below the first it is nought but for rounding,
# between the two nobody can say
_NOUGHT, _REGULAR = 1e-15, 1e-11
_ROUNDING = 1e-14  # relative, of a solved equation


def largest_errors(problem: Problem, low_codes: Sequence[int]) -> tuple[float, ...] | None:
    """Bounds above the standard errors of the constant and of every coefficient.

    `problem`: with the log link, and bounds on the constant; `low_codes`: the lower code of
    each predictor, which the error of the constant depends on (k,).  Returns k + 1 errors,
    the constant first; infinite where predictors may coincide.  They hold for every value
    of the coefficients inside their box and for every unknown margin.  None for other
    links, an unbounded box, equations whose independence rounding hides (slopes near 0),
    or more than :data:`MOST_BASES` bases.  Raises ValueError if no
    patients fit.  In floating point, with a slack of a millionth of a patient.
    """
    if problem.link != "log" or any(
        math.isinf(i.low) or math.isinf(i.high) for i in problem.root()
    ):
        return None
    k, patterns = problem.k, np.array(problem.patterns, dtype=float)
    known = [
        j for j in range(k) if problem.events[j].is_point and problem.others[j].is_point
    ]  # fmt: skip
    r, m = 1 + len(known), len(patterns)
    if sum(math.comb(r, i) * 2**i * math.comb(m, r + i) for i in range(r + 1)) > MOST_BASES:
        return None
    reaches = [reach_of_eta(LINKS["log"], problem.root(), x, k) for x in problem.patterns]
    middle = np.array([(low + high) / 2 for low, high in reaches])  # type: ignore[misc]
    # anywhere in the box a fitted value lies within this factor of the one in the middle
    factor = math.exp(max((high - low) / 2 for low, high in reaches) + 1e-12)  # type: ignore[misc]
    mean = np.exp(middle)
    margins = np.c_[np.ones(m), patterns[:, known]].T
    events = np.array([problem.n1, *(float(problem.events[j].low) for j in known)])
    others = np.array([problem.n0, *(float(problem.others[j].low) for j in known)])
    patients = events + others
    design = np.c_[np.ones(m), patterns + np.array(low_codes, dtype=float)]
    least = np.full(k + 1, math.inf)
    # each row by its own largest entry: else small risks make every basis look singular
    scale = (margins * mean).max(axis=1)
    ranged, reached = margins * mean / scale[:, None], events / scale
    try:
        for n in _vertices(margins, patients, ranged, reached / factor, reached * factor):
            least = np.minimum(least, _reciprocals(design, n * mean))
    except _Unclear:
        return None
    if np.isinf(least).any():
        raise ValueError("no patients fit these margins and coefficients")
    with np.errstate(divide="ignore"):
        return tuple(float(x) for x in np.sqrt(factor / least))


class _Unclear(Exception):
    """Whether some equations are independent cannot be told in floating point."""


def _vertices(
    equal: Floats, values: Floats, ranged: Floats, low: Floats, high: Floats
) -> Iterator[Floats]:
    """Every vertex of ``{n ≥ 0: equal·n = values, low ≤ ranged·n ≤ high}``: at a vertex some
    of the ranges are met at an end, and as many n as there are equations may be positive."""
    r, m = equal.shape
    for size in range(len(ranged) + 1):
        chosen = np.array(list(combinations(range(m), r + size)))
        if not len(chosen):
            return
        for rows in combinations(range(len(ranged)), size):
            matrix = np.concatenate([equal, ranged[list(rows)]])
            square = matrix[:, chosen].transpose(1, 0, 2)
            size_of = np.abs(np.linalg.det(square))
            if ((size_of > _NOUGHT) & (size_of < _REGULAR)).any():
                raise _Unclear
            regular = size_of >= _REGULAR
            inverse, places = np.linalg.inv(square[regular]), chosen[regular]
            # what rounding can move: taking in more than the vertices only raises the bound
            slack = np.maximum(_SLACK, _ROUNDING * np.abs(inverse).sum((1, 2)) * values.max())
            for ends in product(*((low[i], high[i]) for i in rows)):
                found = inverse @ np.r_[values, ends]
                inside = (found > -slack[:, None]).all(axis=1)
                n = np.zeros((int(inside.sum()), m))
                np.put_along_axis(n, places[inside], np.maximum(found[inside], 0), 1)
                sums, room = n @ ranged.T, slack[inside, None]
                yield from n[((sums >= low - room) & (sums <= high + room)).all(axis=1)]


def _reciprocals(design: Floats, weights: Floats) -> Floats:
    """One over the variance of every coefficient, 0 where the information is singular."""
    information = (design.T * weights) @ design
    if np.linalg.matrix_rank(information) == len(information):
        return 1 / np.diag(np.linalg.inv(information))
    # singular: a coefficient is determined only if its unit vector lies in the column space
    inverse = np.linalg.pinv(information)
    inside = np.abs(information @ inverse - np.eye(len(information))).max(axis=0) < _SLACK
    return np.where(inside, 1 / np.maximum(np.diag(inverse), 1e-300), 0.0)
