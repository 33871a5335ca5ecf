"""Adjusted risk ratios against R's glm with sandwich, and against single 2×2 tables."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.estimate import adjusted, effect, logistic
from analysis.estimate.roc import EstimateError
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "adjusted.json").read_text(encoding="utf-8"))
Y, X = np.array(R["state"]), np.array(R["predictors"], dtype=float)


def test_a_poisson_fit_is_that_of_r():
    found = adjusted.log_linear(Y, X)
    assert found.coefficients == pytest.approx(R["coefficients"], rel=1e-8)
    assert found.errors == pytest.approx(R["errors"], rel=1e-8)
    assert found.robust == pytest.approx(R["robust"], rel=1e-8)
    assert found.fitted.max() == pytest.approx(R["largest"], rel=1e-8)
    assert found.fitted.sum() == pytest.approx(Y.sum())


def test_averaged_risks_are_those_of_r():
    for among, key in ((None, "everybody"), (X[:, 0] == 0, "others")):
        found = adjusted.standardised(Y, X, 0, among)
        assert (found.with_it, found.without) == pytest.approx(R[key], rel=1e-8)
        assert found.ratio == pytest.approx(R[key][0] / R[key][1], rel=1e-8)
        assert found.difference == pytest.approx(R[key][0] - R[key][1], rel=1e-8)


@pytest.mark.parametrize("counts", [(20, 30, 15, 60), (3, 9, 40, 50), (7, 8, 1, 12)])
def test_without_other_predictors_all_ways_give_the_crude_ratio(counts):
    a, n1, c, n0 = counts
    y = np.repeat([1, 0, 1, 0], [a, n1 - a, c, n0 - c])
    x = np.repeat([1, 0], [n1, n0])
    crude = effect.risk_ratio(*counts)
    found = adjusted.log_linear(y, x)
    assert found.ratios[0] == pytest.approx(crude.value)
    # the sandwich of this model is Katz's variance: 1/a − 1/n1 + 1/c − 1/n0
    assert np.exp(found.coefficients[1] + 1.959963984540054 * found.robust[1]) == pytest.approx(
        crude.high
    )
    assert adjusted.standardised(y, x[:, None], 0).ratio == pytest.approx(crude.value)


def test_a_common_odds_ratio_converted_is_never_below_the_averaged_risk_ratio():
    # x ↦ ψx / (1 − x + ψx) is concave for ψ > 1: Jensen; convex below one
    rng = np.random.default_rng(20261127)
    for _ in range(20):
        n, slope = 400, rng.uniform(-2, 2)
        x = np.column_stack([rng.integers(0, 2, n), rng.normal(0, 1, n), rng.integers(0, 2, n)])
        logit = -0.5 + x @ [slope, rng.uniform(-1, 1), rng.uniform(-1, 1)]
        y = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
        ratio = float(logistic.fit(y, x).ratios[0])
        found = adjusted.standardised(y, x, 0, x[:, 0] == 0)
        converted = effect.risk_ratio_from_odds_ratio(ratio, found.without)
        assert (converted - found.ratio) * (1 if ratio > 1 else -1) > 0


def test_a_group_in_which_everybody_has_the_event_has_a_finite_risk_ratio():
    y, x = np.repeat([1, 1, 0], [9, 4, 12]), np.repeat([1, 0, 0], [9, 4, 12])
    assert adjusted.log_linear(y, x).ratios[0] == pytest.approx(4)


def test_units_do_not_matter():
    plain = adjusted.log_linear(Y, X)
    large = adjusted.log_linear(Y, X * [1, 1e6, 1, 1])
    assert large.coefficients * [1, 1, 1e6, 1, 1] == pytest.approx(plain.coefficients, rel=1e-7)
    assert large.robust * [1, 1, 1e6, 1, 1] == pytest.approx(plain.robust, rel=1e-7)


@pytest.mark.parametrize(
    ("state", "predictors", "words"),
    [
        ([0, 1, 1], [[1.0], [2.0], [np.nan]], "finite value"),
        ([0, 1], [[1.0], [2.0], [3.0]], "finite value"),
        ([1, 1, 1], [[0.0], [1.0], [1.0]], "both must occur"),
        ([0, 1, 2], [[0.0], [1.0], [1.0]], "zero or one"),
        ([0, 1, 0, 1], [[0.0], [0.0], [0.0], [0.0]], "same in every patient"),
        ([0, 1, 0, 1], [[0, 0], [1, 1], [1, 1], [0, 0]], "sum of the others"),
        ([0, 0, 1, 1], [[0.0], [0.0], [1.0], [1.0]], "no finite fit"),
        ([0, 0, 1, 0], [[0.0], [0.0], [1.0], [1.0]], "no finite fit"),
    ],
)
def test_bad_input_is_refused(state, predictors, words):
    with pytest.raises(EstimateError, match=words):
        adjusted.log_linear(state, predictors)


def test_a_feature_is_zero_or_one_and_somebody_is_averaged_over():
    with pytest.raises(EstimateError, match="zeros and ones"):
        adjusted.standardised(Y, X, 1)
    with pytest.raises(EstimateError, match="zeros and ones"):
        adjusted.standardised(Y, X, 7)
    with pytest.raises(EstimateError, match="nobody"):
        adjusted.standardised(Y, X, 0, np.zeros(len(Y)))
