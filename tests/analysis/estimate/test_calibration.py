"""Calibration against R's glm, lowess and rms::val.prob."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimate import calibration, logistic
from analysis.estimate.roc import EstimateError
from tests.analysis.estimate.oracle import read

CASES = read("logistic")["calibration"]
EACH = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@EACH
def test_intercepts_and_slope_are_those_of_glm(case):
    found = calibration.calibration(case["y"], case["risk"])
    assert found.intercept == pytest.approx(case["intercept"][0], rel=1e-9)
    assert found.slope == pytest.approx(case["slope"][0], rel=1e-9)
    # glm's errors are those of the step before its last
    errors = (found.intercept_error, found.slope_error)
    assert errors == pytest.approx(case["errors"], rel=1e-6)
    assert found.in_the_large == pytest.approx(case["in_the_large"][0], rel=1e-9)
    assert found.in_the_large_error == pytest.approx(case["in_the_large_error"][0], rel=1e-6)


@EACH
def test_what_val_prob_says_is_what_we_say(case):
    found, drawn = (
        f(case["y"], case["risk"]) for f in (calibration.calibration, calibration.curve)
    )
    wanted = {k: v[0] for k, v in case["val_prob"].items()}
    assert found.brier == pytest.approx(wanted["Brier"], rel=1e-12)
    assert (found.intercept, found.slope) == pytest.approx(
        (wanted["Intercept"], wanted["Slope"]), rel=1e-8
    )
    assert (found.chi2, found.p) == pytest.approx((wanted["U:Chi-sq"], wanted["U:p"]), rel=1e-8)
    assert drawn.ici == pytest.approx(wanted["Eavg"], rel=1e-8)
    assert drawn.e90 == pytest.approx(wanted["E90"], rel=1e-8)
    assert drawn.largest == pytest.approx(wanted["Emax"], rel=1e-8)
    assert drawn.e50 == pytest.approx(case["e50"][0], rel=1e-8)
    assert drawn.risk == pytest.approx(case["lowess"]["x"])
    assert drawn.observed == pytest.approx(case["lowess"]["y"], rel=1e-8)


def test_a_model_is_calibrated_where_it_was_fitted():
    case = CASES["made_up"]
    rng = np.random.default_rng(4)
    for _ in range(5):
        fitted = logistic.fit(case["y"], rng.normal(size=(len(case["y"]), 3))).fitted
        found = calibration.calibration(case["y"], fitted)
        assert (found.in_the_large, found.intercept) == pytest.approx((0, 0), abs=1e-8)
        assert found.slope == pytest.approx(1)
        assert found.p == pytest.approx(1)


def test_a_known_slope_and_shift_are_found_again():
    rng = np.random.default_rng(5)
    true = rng.normal(size=200_000)
    state = (rng.uniform(size=len(true)) < 1 / (1 + np.exp(-true))).astype(float)
    found = calibration.calibration(state, 1 / (1 + np.exp(-(2 * true + 0.6))))
    assert abs(found.slope - 0.5) < 4 * found.slope_error
    assert abs(found.intercept + 0.3) < 4 * found.intercept_error
    assert found.in_the_large < 0


def test_scaled_brier_is_zero_for_the_share_itself():
    state = np.array([1.0, 0, 0, 1, 0, 0, 0, 0])
    near = np.where(np.arange(8) % 2, 0.25 + 1e-9, 0.25 - 1e-9)
    assert calibration.calibration(state, near).scaled_brier == pytest.approx(0, abs=1e-7)


@pytest.mark.parametrize(
    ("y", "risk", "words"),
    [
        ([0, 1, 1], [0.2, 0.3], "one state and one risk"),
        ([0, 1, 1], [0.2, 0.3, 1.0], "over 0 and under 1"),
        ([0, 1, 1], [0.2, 0.3, np.nan], "over 0 and under 1"),
        ([0, 0, 0], [0.2, 0.3, 0.4], "both must occur"),
        ([0, 1, 1], [0.3, 0.3, 0.3], "the same"),
        ([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], "separate"),
    ],
)
def test_risks_without_a_slope_are_refused(y, risk, words):
    with pytest.raises(EstimateError, match=words):
        calibration.calibration(y, risk)


def test_curves_that_cannot_be_drawn_are_refused():
    y, risk = [0, 1] * 6, np.linspace(0.1, 0.9, 12)
    assert calibration.curve(y, risk).ici > 0
    for wrong, words in (
        ((y[:8], risk[:8]), "too few"),
        ((y, [0.2, 0.4] * 6), "three different"),
        ((y, risk, 0), "share"),
        ((y, risk, 1.2), "share"),
        (([0, 1] * 20, [*np.linspace(0.1, 0.3, 5), *[0.4] * 35], 0.2), "larger share"),
    ):
        with pytest.raises(EstimateError, match=words):
            calibration.curve(*wrong)


def test_tenths_hold_every_patient_once():
    rng = np.random.default_rng(2)
    risk = rng.uniform(size=103)
    state = (rng.uniform(size=103) < risk).astype(float)
    found = calibration.tenths(state, risk)
    assert found.sizes.sum() == 103
    assert (found.sizes * found.observed).sum() == pytest.approx(state.sum())
    assert (np.diff(found.expected) > 0).all()
    assert calibration.tenths(state, state).largest_gap == 0
    with pytest.raises(EstimateError, match="fewer"):
        calibration.tenths([1, 0], [0.2, 0.4])


def test_hosmer_and_lemeshow_by_hand():
    found = calibration.tenths([0, 1, 0, 1], [0.2, 0.4, 0.5, 0.7], 2)
    by_hand = 2 * (0.5 - 0.3) ** 2 / (0.3 * 0.7) + 2 * (0.5 - 0.6) ** 2 / (0.6 * 0.4)
    assert found.chi2 == pytest.approx(by_hand)
    assert found.p(fitted_here=False) == pytest.approx(np.exp(-by_hand / 2))
    with pytest.raises(EstimateError, match="degree of freedom"):
        found.p(fitted_here=True)
    certain = calibration.tenths([0, 1], [0, 0], 2)
    assert certain.chi2 == np.inf
    assert certain.p(fitted_here=False) == 0


def test_hosmer_and_lemeshow_reject_at_their_level():
    rng = np.random.default_rng(6)
    p = []
    for _ in range(400):
        risk = rng.uniform(0.1, 0.9, 200)
        state = (rng.uniform(size=200) < risk).astype(float)
        p.append(calibration.tenths(state, risk).p(fitted_here=False))
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09


def test_brier_refuses_what_is_no_risk():
    for y, risk in (([2, 0], [0.1, 0.2]), ([1, 0], [0.1, 1.2]), ([], []), ([1], [0.1, 0.2])):
        with pytest.raises(EstimateError):
            calibration.brier(y, risk)
