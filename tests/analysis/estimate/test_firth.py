"""Firth's fit against R's brglm2, its intervals against the penalised likelihood written in R."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimate import logistic
from analysis.estimate.firth import firth, firth_coefficients
from analysis.estimate.roc import EstimateError
from tests.analysis.estimate.oracle import read

CASES = read("logistic")["firth"]
SEPARATED = {"endometrial", "wholly", "but_for_a_tie"}


@pytest.mark.parametrize("id", CASES)
def test_a_fit_is_that_of_brglm2(id):
    case = CASES[id]
    found = firth(case["y"], case["x"])
    # Fisher scoring closes in by a constant factor a step, slowest where the data separate
    assert found.coefficients == pytest.approx(case["coefficients"], rel=1e-8)
    assert found.errors == pytest.approx(case["errors"], rel=1e-8)
    assert found.interval.ravel() == pytest.approx(np.ravel(case["interval"]), rel=1e-8)
    assert found.p == pytest.approx(case["p"], rel=1e-8)
    assert found.separated == (id in SEPARATED)
    assert firth_coefficients(case["y"], np.array(case["x"])) == pytest.approx(found.coefficients)


def test_a_four_fold_table_is_that_with_halves_added():
    a, b, c, d = 7, 0, 3, 9  # a saturated model: Firth adds one half to each cell
    state, feature = np.repeat([1, 0, 1, 0], [a, b, c, d]), np.repeat([1, 1, 0, 0], [a, b, c, d])
    wanted = np.log((a + 0.5) * (d + 0.5) / ((b + 0.5) * (c + 0.5)))
    found = firth(state, feature)
    assert found.coefficients[1] == pytest.approx(wanted)
    assert found.separated
    assert found.ratios[0] == pytest.approx(np.exp(wanted))


def test_with_many_patients_it_is_the_ordinary_fit():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(20_000, 2))
    state = (rng.uniform(size=len(x)) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    assert firth_coefficients(state, x) == pytest.approx(
        logistic.fit(state, x).coefficients, abs=2e-3
    )


def test_random_small_samples_all_have_an_answer():
    rng = np.random.default_rng(8)
    fits = 0
    while fits < 25:
        n, k = int(rng.integers(8, 40)), int(rng.integers(1, 4))
        x = rng.normal(size=(n, k)) * 10 ** rng.uniform(-3, 3, k) + rng.normal(size=k)
        state = (rng.uniform(size=n) < 0.3).astype(float)
        if 0 < state.sum() < n:
            found = firth(state, x)
            assert (found.interval[:, 0] < found.coefficients[1:]).all()
            assert (found.coefficients[1:] < found.interval[:, 1]).all()
            outside = (found.interval[:, 0] > 0) | (found.interval[:, 1] < 0)
            assert (outside == (found.p < 0.05)).all()
            fits += 1


@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        ([0, 0, 0], [1, 2, 3], "both must occur"),
        ([0, 1, 0], [1, 1, 1], "the same in every patient"),
        ([0, 1, 0], [[1, 2], [2, 4], [3, 6]], "sum of the others"),
        ([0, 1, 0], [1, np.inf, 3], "finite value"),
    ],
)
def test_what_has_no_fit_is_refused(y, x, words):
    with pytest.raises(EstimateError, match=words):
        firth(y, x)


def test_a_confidence_must_be_one():
    with pytest.raises(EstimateError, match="between zero and one"):
        firth([0, 1, 0, 1], [1, 2, 3, 4], 95)
