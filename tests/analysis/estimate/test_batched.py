"""Many fits at once against one fit at a time, and separation against the linear programme."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimate import batched, logistic
from analysis.estimate.roc import EstimateError
from tests.analysis.estimate.oracle import read

FOUR = np.array([[i >> j & 1 for j in range(4)] for i in range(16)], dtype=float)
ORDINARY = read("logistic")["ordinary"]


def patients(patterns, events, totals):
    x = np.repeat(np.concatenate([patterns] * 2), np.concatenate([events, totals - events]), axis=0)
    return np.repeat([1.0, 0.0], [events.sum(), (totals - events).sum()]), x


@pytest.mark.parametrize("case", ORDINARY.values(), ids=ORDINARY)
def test_one_patient_a_pattern_is_the_fit_of_r(case):
    found = batched.refit(case["x"], [case["y"]], np.ones(len(case["y"])))
    assert found.coefficients[0] == pytest.approx(case["coefficients"], rel=1e-9)
    for row, wanted in zip(found.covariances[0], case["covariance"], strict=True):
        assert row == pytest.approx(wanted, rel=1e-8)
    assert found.without_fit == 0


def test_sets_of_counts_are_the_fits_of_statsmodels():
    rng = np.random.default_rng(9)
    totals = rng.multinomial(272, rng.dirichlet(np.ones(16)), 60)
    events = rng.binomial(totals, 1 / (1 + np.exp(0.8 - FOUR @ [0.5, 1, -0.3, 0.7])))
    found = batched.refit(FOUR, events, totals)
    assert found.without_fit == 0
    for i in range(len(events)):
        one = logistic.fit(*patients(FOUR, events[i], totals[i]))
        assert found.coefficients[i] == pytest.approx(one.coefficients, abs=1e-8)
        assert found.errors[i] == pytest.approx(one.errors, rel=1e-8)
        assert found.log_likelihoods[i] == pytest.approx(one.log_likelihood, rel=1e-10)


def test_small_sets_have_a_fit_exactly_where_one_at_a_time_has_one():
    rng = np.random.default_rng(10)
    totals = rng.multinomial(11, rng.dirichlet(np.ones(16)), 150)
    events = rng.binomial(totals, 0.4)
    found = batched.refit(FOUR, events, totals)
    refused = {"separate": 0, "both must occur": 0, "same in every": 0, "sum of": 0, "": 0}
    for i in range(len(events)):
        try:
            one = logistic.fit(*patients(FOUR, events[i], totals[i]))
        except EstimateError as error:
            word = next(w for w in refused if w in str(error))
            assert np.isnan(found.coefficients[i]).all()
            assert np.isnan(found.covariances[i]).all()
            if word in ("separate", "both must occur"):
                assert found.separated[i] or found.undetermined[i]
            else:
                assert found.undetermined[i]
        else:
            word = ""
            assert found.coefficients[i] == pytest.approx(one.coefficients, rel=1e-7, abs=1e-8)
        refused[word] += 1
    assert min(refused[w] for w in ("separate", "same in every", "")) > 3
    assert found.without_fit == len(events) - refused[""]


def test_patterns_may_differ_from_set_to_set():
    rng = np.random.default_rng(11)
    x = rng.normal(size=(20, 50, 2)) * [1, 1e3]
    y = (rng.uniform(size=(20, 50)) < 0.4).astype(float)
    found = batched.refit(x, y, np.ones((20, 50)))
    for i in range(20):
        one = logistic.fit(y[i], x[i])
        assert found.coefficients[i] == pytest.approx(one.coefficients, rel=1e-8, abs=1e-10)
        assert found.errors[i] == pytest.approx(one.errors, rel=1e-8)


def test_newton_arrives_where_a_whole_step_would_not():
    # log odds of 1,000 patients against one outlier: undamped, the first steps leap away
    x = np.concatenate([np.linspace(-1, 1, 40), [60.0]])
    n = np.concatenate([np.full(40, 25.0), [1.0]])
    y = np.concatenate([np.where(np.arange(40) < 20, 1.0, 24.0), [0.0]])
    found = batched.refit(x[:, None], y[None], n)
    one = logistic.fit(
        np.repeat([1.0, 0.0], [int(y.sum()), int((n - y).sum())]),
        np.repeat(np.concatenate([x, x]), np.concatenate([y, n - y]).astype(int)),
    )
    assert found.coefficients[0] == pytest.approx(one.coefficients, rel=1e-8)


def test_sets_are_the_same_together_and_alone(monkeypatch):
    rng = np.random.default_rng(12)
    totals = rng.multinomial(60, np.full(16, 1 / 16), 30)
    events = rng.binomial(totals, 0.4)
    whole = batched.refit(FOUR, events, totals)
    monkeypatch.setattr(batched, "_CHUNK", 100)
    parts = batched.refit(FOUR, events, totals)
    assert whole.coefficients == pytest.approx(parts.coefficients, rel=1e-9, nan_ok=True)
    assert (whole.separated == parts.separated).all()


def test_a_pattern_without_patients_does_not_matter():
    events, totals = np.array([[4, 6, 3]]), np.array([[9, 10, 11]])
    with_ = batched.refit([[0], [1], [2], [50]], np.append(events, [[0]], 1), [[9, 10, 11, 0]])
    without = batched.refit([[0], [1], [2]], events, totals)
    assert with_.coefficients == pytest.approx(without.coefficients, rel=1e-8)


@pytest.mark.parametrize(
    ("patterns", "events", "totals", "words"),
    [
        ([[0], [1]], [1, 2], [3, 3], "one row a set"),
        ([[0], [1]], [[1, 2, 3]], [3, 3, 3], "one row a set"),
        ([[0], [1]], [[1, 4]], [3, 3], "between zero and the totals"),
        ([[0], [1]], [[-1, 2]], [3, 3], "between zero and the totals"),
        ([[0], [1]], [[np.nan, 2]], [3, 3], "between zero and the totals"),
        ([[0], [np.inf]], [[1, 2]], [3, 3], "finite"),
        ([[0], [1]], [[1, 2]], [3, np.inf], "finite"),
        ([[0], [1]], [[1, 2]], [3], "totals"),
        ([[[0], [1]]], [[1, 2], [1, 2]], [3, 3], "sets"),
        ([[0], [1]], np.zeros((0, 2)), [3, 3], "no set"),
    ],
)
def test_counts_that_are_none_are_refused(patterns, events, totals, words):
    with pytest.raises(EstimateError, match=words):
        batched.refit(patterns, events, totals)
