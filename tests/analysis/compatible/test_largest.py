"""Bounds above standard errors: no fit of statsmodels exceeds them, and some come near."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm

from analysis.checks.across_tables import joined
from analysis.compatible import coherence
from analysis.compatible.certificate import Problem
from analysis.compatible.largest import largest_errors
from analysis.paper import load_paper
from analysis.printed import Interval


def around(x: float, half: float = 0.0005) -> Interval:
    return Interval(Fraction(str(round(x - half, 6))), Fraction(str(round(x + half, 6))))


def whole(x: float) -> Interval:
    return Interval.point(Fraction(round(x)))


def patients(seed: int, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(120, 400))
    latent = rng.normal(size=(n, k)) + rng.normal() * rng.normal(size=(n, 1))
    x = (latent > rng.uniform(-0.5, 1.2, k)).astype(float)
    p = np.exp(-1.2 + x @ rng.uniform(-0.3, 0.6, k))
    return x, (rng.uniform(size=n) < np.minimum(p, 0.95)).astype(float)


def fitted(x: np.ndarray, y: np.ndarray, low: int) -> tuple[Problem, np.ndarray]:
    fit = sm.GLM(y, sm.add_constant(x + low), family=sm.families.Poisson()).fit(tol=1e-12)
    slopes = fit.params[1:]
    problem = Problem(
        "log", int(y.sum()), int(len(y) - y.sum()), tuple("abcdef"[: x.shape[1]]),
        tuple(whole(v) for v in x.T @ y), tuple(whole(v) for v in x.T @ (1 - y)),
        tuple(around(b) for b in slopes), around(fit.params[0] + low * slopes.sum(), 0.002),
    )  # fmt: skip
    return problem, fit.bse


@pytest.mark.parametrize("seed", range(25))
@pytest.mark.parametrize("low", [0, 1])
def test_no_fit_of_real_margins_exceeds_the_bound(seed: int, low: int):
    x, y = patients(seed, 2 + seed % 2)
    problem, errors = fitted(x, y, low)
    bounds = largest_errors(problem, (low,) * x.shape[1])
    assert bounds is not None
    assert (errors <= np.array(bounds)).all()


def test_one_predictor_leaves_no_room():
    """Margins decide everything: the bound is the error itself, but for the roundings."""
    x, y = patients(1, 1)
    problem, errors = fitted(x, y, 0)
    bounds = largest_errors(problem, (0,))
    assert bounds == pytest.approx(tuple(errors), rel=3e-3)
    a, c = float(problem.events[0].low), problem.n1 - float(problem.events[0].low)
    assert errors[1] == pytest.approx(math.sqrt(1 / a + 1 / c), rel=1e-6)


def test_two_predictors_leave_hardly_any_room():
    """Three margins and the score equations fix how often two features go together."""
    rng = np.random.default_rng(5)
    one = np.repeat([0.0, 1.0], 60)
    y = np.r_[np.tile([0.0, 0.0, 0.0, 1.0], 15), np.tile([0.0, 1.0], 30)]
    other = one.copy()
    for value in (0, 1):
        other[y == value] = rng.permutation(one[y == value])
    problem, errors = fitted(np.c_[one, other], y, 0)
    assert np.isfinite(errors).all()
    bounds = largest_errors(problem, (0, 0))
    assert bounds is not None
    assert (np.array(bounds) >= errors).all()
    assert bounds == pytest.approx(tuple(errors), rel=1e-2)


def test_other_links_and_free_constants_are_not_judged():
    problem, _ = fitted(*patients(3, 2), 0)
    assert largest_errors(replace(problem, link="logit"), (0, 0)) is None
    free = Interval(-math.inf, math.inf)
    assert largest_errors(replace(problem, constant=free), (0, 0)) is None


def test_the_bound_holds_for_vertices_found_by_linear_programmes(root):
    """The record of the book: random vertices by HiGHS stay below, and reach nine tenths."""
    from scipy.optimize import linprog

    yu = load_paper(root / "data" / "yu2023" / "paper.yaml")
    table = yu.table("table4")
    found = joined(yu, table)
    asked = coherence.coded(found.under("log"), table.constant.b.interval, [(1, 2)] * 4)
    bounds = np.array(largest_errors(asked, (1,) * 4))
    x = np.array(asked.patterns, dtype=float)
    eta = float(asked.constant.low + asked.constant.high) / 2
    mean = np.exp(eta + x @ [float(s.low + s.high) / 2 for s in asked.slopes])
    known = [j for j in range(4) if asked.events[j].is_point]
    rows = np.c_[np.ones(16), x[:, known]].T
    events = np.array([asked.n1, *(float(asked.events[j].low) for j in known)])
    sums = events + np.array([asked.n0, *(float(asked.others[j].low) for j in known)])
    rng = np.random.default_rng(1)
    largest = np.zeros(5)
    for _ in range(300):
        n = linprog(rng.normal(size=16), A_eq=np.r_[rows, rows * mean], b_eq=np.r_[sums, events]).x
        design = np.c_[np.ones(16), x + 1]
        information = (design.T * (n * mean)) @ design
        if np.linalg.cond(information) < 1e10:
            largest = np.maximum(largest, np.sqrt(np.diag(np.linalg.inv(information))))
    assert (largest <= bounds).all()
    assert (largest >= 0.9 * bounds).all()


@pytest.mark.parametrize("seed", range(6))
def test_without_effects_the_bound_holds_or_is_refused(seed: int):
    """Fitted values that hardly differ make equations nearly the same."""
    rng = np.random.default_rng(seed)
    x = (rng.uniform(size=(300, 2)) < 0.4).astype(float)
    y = (rng.uniform(size=300) < 0.3).astype(float)
    problem, errors = fitted(x, y, 0)
    bounds = largest_errors(problem, (0, 0))
    assert bounds is None or (errors <= np.array(bounds)).all()


def test_rare_events_keep_their_bound():
    """With risks of a few in ten thousand no vertex is taken for a singular basis."""
    rng = np.random.default_rng(2)
    x = (rng.uniform(size=(40_000, 3)) < (0.3, 0.5, 0.2)).astype(float)
    y = (rng.uniform(size=len(x)) < 3e-4 * np.exp(x @ (0.8, 0.6, 0.9))).astype(float)
    problem, errors = fitted(x, y, 0)
    bounds = largest_errors(problem, (0, 0, 0))
    assert bounds is not None
    assert (errors <= np.array(bounds)).all()
