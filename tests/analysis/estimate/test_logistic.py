"""Logistic fits against R's glm; separated data are refused."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimate import batched, logistic
from analysis.estimate.roc import EstimateError
from analysis.estimate.separation import separated
from tests.analysis.estimate.oracle import read

R, MORE = read("delong"), read("logistic")


@pytest.mark.parametrize("case", R["logistic"], ids=lambda c: c["id"])
def test_a_fit_is_that_of_r(case):
    found = logistic.fit(case["y"], np.array(case["x"]))
    assert found.coefficients == pytest.approx(case["coefficients"], rel=1e-8)
    assert found.errors == pytest.approx(case["errors"], rel=1e-7)
    assert found.fitted == pytest.approx(case["fitted"], rel=1e-7)
    assert found.log_likelihood == pytest.approx(case["log_likelihood"], rel=1e-10)


ORDINARY = pytest.mark.parametrize("case", MORE["ordinary"].values(), ids=MORE["ordinary"])


@ORDINARY
def test_covariance_and_wald_are_those_of_r(case):
    found = logistic.fit(case["y"], case["x"])
    assert found.coefficients == pytest.approx(case["coefficients"], rel=1e-9)
    for row, wanted in zip(found.covariance, case["covariance"], strict=True):
        assert row == pytest.approx(wanted, rel=1e-8)
    assert found.p == pytest.approx(case["wald_p"], rel=1e-8)
    assert found.interval().ravel() == pytest.approx(np.ravel(case["wald"]), rel=1e-8)


@ORDINARY
def test_profile_intervals_and_likelihood_ratios_are_those_of_r(case):
    found = logistic.profile(case["y"], case["x"])
    assert found.interval.ravel() == pytest.approx(np.ravel(case["profile"]), rel=1e-9)
    assert found.chi2 == pytest.approx(case["chi2"], rel=1e-9)
    assert found.p == pytest.approx(case["p"], rel=1e-9)
    assert found.p[1:] == pytest.approx(case["anova_p"], rel=1e-9)
    # confint.glm reads its bounds off a spline through a few points of the profile
    near = found.interval - np.array(case["confint"])
    width = found.interval[:, 1] - found.interval[:, 0]
    assert (np.abs(near) < 2e-3 * width[:, None]).all()


def test_a_wider_confidence_holds_the_narrower():
    case = MORE["ordinary"]["made_up"]
    wide = logistic.profile(case["y"], case["x"], 0.99).interval
    narrow = logistic.profile(case["y"], case["x"], 0.8).interval
    assert (wide[:, 0] < narrow[:, 0]).all()
    assert (wide[:, 1] > narrow[:, 1]).all()
    for confidence in (0, 1, 95):
        with pytest.raises(EstimateError, match="between zero and one"):
            logistic.profile(case["y"], case["x"], confidence)


def test_a_profile_follows_the_unit_of_its_predictor():
    case = MORE["ordinary"]["made_up"]
    x = np.array(case["x"], dtype=float)
    first, second = (logistic.profile(case["y"], x * u) for u in (1.0, 1e6))
    assert second.interval[1:] * 1e6 == pytest.approx(first.interval[1:], rel=1e-8)
    assert second.p == pytest.approx(first.p, rel=1e-8)


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


def test_a_marker_that_cannot_bend_is_refused():
    for marker, words in (
        ([0.1] * 6, "the same"),
        ([1, 2, 2, 2, 1, 2], "sum of the others"),  # two values: no curve beside the line
        ([1, 2, np.nan, 4, 5, 6], "every patient"),
    ):
        with pytest.raises(EstimateError, match=words):
            logistic.bend([0, 1, 0, 1, 1, 0], marker)


def test_no_fit_is_given_where_the_likelihood_is_not_level():
    rng = np.random.default_rng(22)
    fits = 0
    for _ in range(60):
        x = rng.normal(size=(15, 2)) ** 5
        chance = 1 / (1 + np.exp(-np.clip(2 * x[:, 0], -30, 30)))
        y = (rng.uniform(size=15) < chance).astype(float)
        try:
            found = logistic.fit(y, x)
        except EstimateError:
            continue
        fits += 1
        slope = (y - found.fitted) @ np.column_stack([np.ones(15), x])
        # far out the slope is flat long before the maximum: what is left is told in errors
        assert slope @ found.covariance @ slope < 1e-10
        many = batched.refit(x, y[None], np.ones(15))
        assert found.log_likelihood == pytest.approx(many.log_likelihoods[0], abs=1e-9)
    assert fits > 20


def test_a_profile_leaves_out_zero_exactly_where_its_p_is_small():
    rng = np.random.default_rng(25)
    profiles = small = 0
    while profiles < 40:
        x = rng.normal(size=(30, 2)) ** rng.choice([1, 3, 5]) + rng.choice([0, 50])
        y = (
            rng.uniform(size=30) < 1 / (1 + np.exp(-np.clip(x[:, 0] - x[:, 0].mean(), -9, 9)))
        ) * 1.0
        try:
            found = logistic.profile(y, x)
        except EstimateError:
            design = np.column_stack([np.ones(30), (x - x.mean(axis=0)) / x.std(axis=0)])
            assert separated(y, design)
            continue
        profiles += 1
        low, high = found.interval.T
        assert (low < found.coefficients).all()
        assert (found.coefficients < high).all()
        assert (((low > 0) | (high < 0)) == (found.p < 0.05)).all()
        small += int((found.p < 0.05).sum())
    assert 10 < small < 110
