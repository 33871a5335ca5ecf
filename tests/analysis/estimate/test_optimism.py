"""Optimism against R's rms::validate on the same resamples, and on many others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from analysis.estimate import logistic
from analysis.estimate.firth import firth_coefficients
from analysis.estimate.optimism import INDICES, draw, optimism, weighted_areas
from analysis.estimate.roc import EstimateError, areas
from tests.analysis.estimate.oracle import read

R = read("logistic")
EACH = pytest.mark.parametrize("case", R["optimism"], ids=lambda c: c["id"])
COLUMNS = ("auc", "brier", "auc", "intercept", "slope", "brier")  # two of training, four of test


@EACH
def test_the_same_resamples_give_the_indices_of_tight_fits_in_r(case):
    found = optimism(case["y"], case["x"], case["places"], "refuse")
    wanted = np.mean(case["values"], axis=0)
    for column, name in enumerate(COLUMNS):
        part = "training" if column < 2 else "test"
        assert getattr(getattr(found, name), part) == pytest.approx(wanted[column], rel=1e-9)
    assert (found.intercept.training, found.slope.training) == (0, 1)
    assert found.used == found.resamples == len(case["places"])


@EACH
def test_the_same_resamples_give_the_answer_of_rms(case):
    found = optimism(case["y"], case["x"], case["places"], "refuse")
    for name, theirs in (("intercept",) * 2, ("slope",) * 2, ("brier",) * 2, ("auc", "dxy")):
        one = getattr(found, name)
        ours = np.array([one.apparent, one.training, one.test, one.optimism, one.corrected])
        if theirs == "dxy":
            ours = 2 * ours - [1, 1, 1, 0, 1]
        # rms stops when the deviance does, its coefficients are good to six or seven digits
        assert ours == pytest.approx(case["validate"][theirs][:5], abs=1e-6)


def test_other_resamples_give_the_answer_of_rms_but_for_chance():
    case = R["many"]
    places = draw(len(case["y"]), 1500, np.random.default_rng(13))
    found = optimism(case["y"], case["x"], places, "omit")
    assert found.used > 1490
    spread = np.sqrt(
        1 + 1500 / case["B"][0] if isinstance(case["B"], list) else 1 + 1500 / case["B"]
    )
    for name, theirs, factor in (
        ("intercept", "intercept", 1), ("slope", "slope", 1), ("brier", "brier", 1), ("auc", "dxy", 2),
    ):  # fmt: skip
        one = getattr(found, name)
        gap = factor * one.optimism - case[theirs][3]
        assert abs(gap) < 4 * factor * one.mc_error * spread
        assert abs(gap) < 0.2 * abs(case[theirs][3])


def test_separated_resamples_are_counted_and_never_silent():
    case = R["separated_ones"]
    y, x, places = case["y"], np.array(case["x"], dtype=float), np.array(case["places"])
    apart = np.array(case["largest_error"]) > 20  # R's fits have run away
    assert 0 < apart.sum() < 5
    with pytest.raises(EstimateError, match=f"^{apart.sum()} of {len(places)} resamples"):
        optimism(y, x, places, "refuse")

    left_out = optimism(y, x, places, "omit")
    assert (left_out.separated, left_out.undetermined) == (apart.sum(), 0)
    assert left_out.used == len(places) - apart.sum()
    wanted = np.array(case["values"])[~apart].mean(axis=0)
    assert left_out.auc.test == pytest.approx(wanted[2], rel=1e-9)
    assert left_out.slope.test == pytest.approx(wanted[4], rel=1e-9)

    mixed = optimism(y, x, places, "firth")
    assert mixed.used == len(places)
    assert mixed.separated == apart.sum()
    b = [firth_coefficients(np.array(y)[p], x[p]) for p in places[apart]]
    slopes = [logistic.fit(y, x @ c[1:]).coefficients[1] for c in b]
    total = left_out.slope.test * left_out.used + sum(slopes)
    assert mixed.slope.test == pytest.approx(total / len(places), rel=1e-9)
    own = [
        logistic.fit(np.array(y)[p], c[0] + x[p] @ c[1:]).coefficients
        for p, c in zip(places[apart], b, strict=True)
    ]
    shares = np.sum(own, axis=0) + np.array([0, left_out.used])
    found = [mixed.intercept.training, mixed.slope.training]
    assert found == pytest.approx(shares / len(places), rel=1e-9)


def test_a_resample_without_a_unique_fit_is_told_from_a_separated_one():
    rng = np.random.default_rng(14)
    y = np.tile([0.0, 1.0, 1.0, 0.0], 10)
    rare = np.zeros(40)
    rare[:2] = 1
    x = np.column_stack([rng.normal(size=40), rare])
    places = np.stack([*draw(40, 30, rng), np.tile(np.arange(20, 40), 2)])  # the last: none rare
    found = optimism(y, x, places, "omit")
    assert found.undetermined > 0
    assert found.used == 31 - found.undetermined - found.separated
    with pytest.raises(EstimateError, match="does not vary"):
        optimism(y, x, places, "firth")


def test_noise_alone_is_all_optimism():
    rng = np.random.default_rng(15)
    corrected = []
    for _ in range(25):
        x, y = rng.normal(size=(100, 4)), (rng.uniform(size=100) < 0.4).astype(float)
        found = optimism(y, x, draw(100, 60, rng), "refuse")
        assert found.auc.optimism > 0
        assert found.brier.optimism < 0
        assert found.slope.corrected < 1
        corrected.append((found.auc.apparent, found.auc.corrected))
    apparent, after = np.mean(corrected, axis=0)
    assert apparent > 0.58
    assert abs(after - 0.5) < 0.4 * (apparent - 0.5)


def test_the_same_seed_gives_the_same_answer():
    case = R["optimism"][2]
    first, second = (
        optimism(case["y"], case["x"], draw(len(case["y"]), 20, np.random.default_rng(1)), "omit")
        for _ in range(2)
    )
    assert first == second
    assert all(getattr(first, name).mc_error > 0 for name in INDICES)


def test_weighted_areas_are_areas_of_patients():
    rng = np.random.default_rng(16)
    marker = rng.integers(0, 6, (8, 15)).astype(float)
    positive, negative = rng.integers(0, 4, (2, 8, 15))
    found = weighted_areas(marker, positive.astype(float), negative.astype(float))
    for i in range(8):
        x, y = np.repeat(marker[i], positive[i]), np.repeat(marker[i], negative[i])
        assert found[i] == pytest.approx(areas(x, y).auc[0])
        u = stats.mannwhitneyu(x, y).statistic
        assert found[i] == pytest.approx(u / (len(x) * len(y)))


@pytest.mark.parametrize(
    ("places", "policy", "words"),
    [
        (np.zeros((3, 5), dtype=int), "omit", "as many places"),
        (np.zeros((3, 60)), "omit", "as many places"),
        (np.full((3, 60), 60), "omit", "not there"),
        (np.full((3, 60), -1), "omit", "not there"),
        (np.zeros((1, 60), dtype=int), "omit", "two resamples"),
        (np.zeros((3, 60), dtype=int), "omit", "fewer than two"),
        (np.zeros((3, 60), dtype=int), "refuse", "3 of 3"),
        (np.zeros((3, 60), dtype=int), "", '"refuse"'),
    ],
)
def test_resamples_that_are_none_are_refused(places, policy, words):
    case = R["optimism"][2]
    with pytest.raises(EstimateError, match=words):
        optimism(case["y"], case["x"], places, policy)
