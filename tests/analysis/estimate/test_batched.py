"""Many fits at once against one fit at a time, and separation against the linear programme."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.estimate import batched, logistic
from analysis.estimate.roc import EstimateError
from analysis.estimate.separation import separated
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


def heavy_tailed(rng, sets=60, n=15, k=2):
    x = rng.normal(size=(sets, n, k)) ** 5
    chance = 1 / (1 + np.exp(-np.clip(2 * x[:, :, 0], -30, 30)))
    return x, (rng.uniform(size=(sets, n)) < chance).astype(float)


def test_newton_arrives_where_whole_steps_would_not():
    rng = np.random.default_rng(22)
    leaps = 0
    for _ in range(6):
        x, y = heavy_tailed(rng)
        ones = np.ones(y.shape)
        found = batched.refit(x, y, ones)
        for i in np.flatnonzero(~found.separated):
            design = np.column_stack([np.ones(15), x[i]])
            b = found.coefficients[i]
            risk = 1 / (1 + np.exp(-np.clip(design @ b, -700, 700)))
            scale = np.abs(design).max(axis=0)
            assert (y[i] - risk) @ (design / scale) == pytest.approx(np.zeros(3), abs=1e-8)
            # undamped from zero, in the same standardised predictors
            z = np.column_stack([np.ones(15), (x[i] - x[i].mean(axis=0)) / x[i].std(axis=0)])
            beta = np.zeros(3)
            for _ in range(12):
                p = 1 / (1 + np.exp(-np.clip(z @ beta, -700, 700)))
                curve = (z * (p * (1 - p))[:, None]).T @ z
                beta = beta + np.linalg.pinv(curve) @ (z.T @ (y[i] - p))
            leaps += not np.abs(z.T @ (y[i] - 1 / (1 + np.exp(-np.clip(z @ beta, -700, 700))))).max() < 1e-3  # fmt: skip
    assert leaps > 3


def test_separation_is_that_of_the_linear_programme_in_heavy_tails():
    x, y = heavy_tailed(np.random.default_rng(23), 150, 12)
    found = batched.refit(x, y, np.ones(y.shape))
    apart = [
        y[i].min() == y[i].max()
        or separated(y[i], np.column_stack([np.ones(12), x[i] / np.abs(x[i]).max(axis=0)]))
        for i in range(len(y))
    ]
    assert 20 < sum(apart) < 130
    assert found.separated.tolist() == apart


def test_no_point_proves_a_finite_maximum_of_separated_sets():
    # λ S is at least 1 everywhere if there is no maximum
    rng = np.random.default_rng(24)
    x = rng.normal(size=(200, 10, 2))
    y = (x[:, :, 0] + 0.4 * x[:, :, 1] > 0.1).astype(float)
    some = (y.min(axis=1) == 0) & (y.max(axis=1) == 1)
    design = np.concatenate([np.ones((200, 10, 1)), x], axis=2)[some]
    ones = np.ones(y[some].shape)
    for size in (0, 0.3, 3):
        beta = size * rng.normal(size=(len(design), 3))
        beta[: len(beta) // 2] = size * np.array([-0.1, 1, 0.4])
        assert not batched._proved(design, y[some], ones, beta).any()
    flipped = np.where(rng.uniform(size=y[some].shape) < 0.5, y[some], 1 - y[some])
    found = batched.refit(x[some], flipped, ones)
    good = ~found.separated
    assert batched._proved(
        design[good], flipped[good], ones[good], found.coefficients[good]
    ).all()  # fmt: skip


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
