"""Logistic fits against R's glm; separated data are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.estimate import logistic
from analysis.estimate.roc import EstimateError
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "delong.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", R["logistic"], ids=lambda c: c["id"])
def test_a_fit_is_that_of_r(case):
    found = logistic.fit(case["y"], np.array(case["x"]))
    assert found.coefficients == pytest.approx(case["coefficients"], rel=1e-8)
    assert found.errors == pytest.approx(case["errors"], rel=1e-7)
    assert found.fitted == pytest.approx(case["fitted"], rel=1e-7)
    assert found.log_likelihood == pytest.approx(case["log_likelihood"], rel=1e-10)


def test_fitted_risks_add_up_to_the_events():
    case = R["logistic"][0]
    assert logistic.fit(case["y"], np.array(case["x"])).fitted.sum() == pytest.approx(
        sum(case["y"]), abs=1e-8
    )


def test_one_yes_or_no_predictor_gives_the_ratio_of_the_counts():
    state = [1] * 5 + [1] * 3 + [0] * 2 + [0] * 7
    feature = [1] * 5 + [0] * 3 + [1] * 2 + [0] * 7
    assert logistic.fit(state, feature).ratios[0] == pytest.approx(5 * 7 / (3 * 2))


@pytest.mark.parametrize(
    ("y", "x", "words"),
    [
        ([0, 0, 1, 1], [1, 2, 3, 4], "separate"),
        ([0, 0, 1, 1], [1, 2, 2, 4], "separate"),  # all but the tie
        ([0, 1, 0, 1], [3, 3, 3, 3], "the same in every patient"),
        ([0, 1, 0, 1], [[1, 2], [2, 4], [3, 6], [2, 4]], "sum of the others"),
        ([1, 1, 1], [1, 2, 3], "both must occur"),
        ([1, 0], [1, 2, 3], "every patient"),
        ([1, 0, 1], [1, np.nan, 3], "every patient"),
    ],
)
def test_what_has_no_fit_is_refused(y, x, words):
    with pytest.raises(EstimateError, match=words):
        logistic.fit(y, x)


def test_tenths_hold_every_patient_once():
    rng = np.random.default_rng(2)
    risk = rng.uniform(size=103)
    state = (rng.uniform(size=103) < risk).astype(float)
    found = logistic.tenths(state, risk)
    assert found.sizes.sum() == 103
    assert (found.sizes * found.observed).sum() == pytest.approx(state.sum())
    assert (np.diff(found.expected) > 0).all()
    assert logistic.tenths(state, state).largest_gap == 0
    with pytest.raises(EstimateError, match="fewer"):
        logistic.tenths([1, 0], [0.2, 0.4])


def test_a_straight_line_has_no_bend_and_a_curve_has():
    rng = np.random.default_rng(3)
    z = rng.normal(size=4000)
    chance = rng.uniform(size=4000)
    straight = (chance < 1 / (1 + np.exp(-z))).astype(float)
    curved = (chance < 1 / (1 + np.exp(-(z - 0.5 * z**2)))).astype(float)
    b, se = logistic.bend(straight, z * 7 + 3)
    assert abs(b) < 3 * se
    b, se = logistic.bend(curved, z)
    assert b == pytest.approx(-0.5, abs=4 * se)
