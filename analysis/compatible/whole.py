"""Whole patients behind printed coefficients: a witness that anyone can refit.

Found by :mod:`analysis.compatible.lattice`; here they are fitted and held against the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.compatible.certificate import Problem
from analysis.compatible.links import LINKS
from analysis.compatible.programme import Programme

Floats = NDArray[np.float64]


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
    link, design = LINKS[problem.link], design_of(problem)
    e, o = np.asarray(events, dtype=float), np.asarray(others, dtype=float)
    beta = np.zeros(design.shape[1])
    beta[0] = Programme(problem).constants([0.0] * problem.k)[0]
    for _ in range(100):
        try:
            score, information = score_and_information(link, design, beta, e, o)
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
    x = design_of(problem)[:, 1:]
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
    _, information = score_and_information(LINKS[problem.link], design_of(problem), fitted, e, o)
    to_printed = printing(codes)
    variances = np.diag(to_printed @ np.linalg.inv(information) @ to_printed.T)
    return (to_printed @ fitted).tolist(), np.sqrt(variances).tolist()


def design_of(problem: Problem) -> Floats:
    """One row a pattern: 1 for the constant, then the predictors."""
    x = np.array(problem.patterns, dtype=float)
    return np.c_[np.ones(len(x)), x]


def score_and_information(
    link, design: Floats, beta: Floats, e: Floats, o: Floats
) -> tuple[Floats, Floats]:
    """Score (k + 1,) and expected information (k + 1, k + 1) of patients grouped by pattern."""
    eta = design @ beta
    a = np.array([link.event(t) for t in eta])
    b = np.array([link.other(t) for t in eta])
    w = np.array([link.information(t, t)[1] for t in eta])
    with np.errstate(invalid="ignore"):  # an infinite score of nobody is none
        score = np.where(e > 0, e * a, 0) + np.where(o > 0, o * b, 0)
        weight = np.where(e + o > 0, (e + o) * w, 0)
        return score @ design, (design.T * weight) @ design


def printing(codes: Sequence[tuple[int, int]]) -> Floats:
    """Turns the constant and the differences in η into what a table prints: a coefficient per
    unit of code, and the constant where every code is nought."""
    k = len(codes)
    matrix = np.eye(k + 1)
    for j, (low, high) in enumerate(codes, start=1):
        matrix[j, j] = 1 / (high - low)
        matrix[0, j] = -low / (high - low)
    return matrix
