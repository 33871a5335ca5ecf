"""Curves, areas, DeLong's covariance and the bootstrap against R's pROC, scikit-learn, and
counted pair by pair."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from analysis.estimate import roc
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "delong.json").read_text(encoding="utf-8"))
CURVES = json.loads((ROOT / "tests" / "oracles" / "cutoff.json").read_text(encoding="utf-8"))[
    "curves"
]
each_curve = pytest.mark.parametrize("case", CURVES, ids=lambda c: c["id"])


def of(case) -> roc.Areas:
    y, markers = np.array(case["y"]), np.array([case["a"], case["b"]])
    return roc.areas(markers[:, y == 1], markers[:, y == 0])


def groups(case) -> tuple[np.ndarray, np.ndarray]:
    """Values with and without the state, high ones speaking for it."""
    y, x = np.array(case["y"]), np.array(case["x"])
    x = x if case["direction"] == "higher" else -x
    return x[y == 1], x[y == 0]


# --- several markers ---


@pytest.mark.parametrize("case", R["roc"], ids=lambda c: c["id"])
def test_areas_covariance_and_test_are_those_of_r(case):
    found = of(case)
    assert found.auc == pytest.approx(case["auc"], abs=1e-12)
    assert np.diag(found.covariance) == pytest.approx(case["var"], rel=1e-8)
    assert found.covariance[0, 1] == pytest.approx(case["cov"], rel=1e-8, abs=1e-12)
    test = roc.difference(found)
    assert (test.z, test.p) == pytest.approx((case["z"], case["p"]), rel=1e-8)


def test_the_area_counts_pairs_and_ties_half():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 17), rng.integers(0, 5, 12)
    wanted = (x[:, None] > y).mean() + (x[:, None] == y).mean() / 2
    assert roc.areas(x, y).auc[0] == pytest.approx(wanted)


def test_no_direction_is_chosen():
    x, y = [1.0, 2.0], [3.0, 4.0]
    assert roc.areas(x, y).auc[0] == roc.area(x, y).auc == 0
    assert roc.areas(y, x).auc[0] == roc.area(y, x).auc == 1


def test_equal_markers_do_not_differ():
    x, y = np.array([[1.0, 3, 5]] * 2), np.array([[2.0, 1, 4]] * 2)
    test = roc.difference(roc.areas(x, y))
    assert (test.value, test.p) == (0, 1)
    assert math.isnan(test.z)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1.0], [2.0, 3.0], "two in each"),
        ([[1.0, 2], [1, 2]], [[2.0, 3.0]], "markers"),
        ([1.0, math.nan], [2.0, 3.0], "not finite"),
    ],
)
def test_what_has_no_estimate_is_refused(x, y, words):
    with pytest.raises(roc.EstimateError, match=words):
        roc.areas(x, y)


# --- the curve ---


@each_curve
def test_the_curve_is_that_of_r(case):
    x, y = np.array(case["x"]), np.array(case["y"])
    found = roc.curve(x[y == 1], x[y == 0], direction=case["direction"])
    thresholds = [float(t.replace("Inf", "inf")) for t in case["thresholds"]]
    # pROC too goes from all called positive to none
    assert found.thresholds == pytest.approx(thresholds, rel=1e-12)
    assert found.sensitivity == pytest.approx(case["sensitivities"], abs=1e-12)
    assert found.specificity == pytest.approx(case["specificities"], abs=1e-12)
    assert found.auc == pytest.approx(case["auc"], abs=1e-12)


@each_curve
def test_the_curve_at_observed_values_is_that_of_scikit_learn(case):
    x, y = groups(case)
    found = roc.curve(x, y, direction="higher", place="observed")
    labels, values = np.repeat([1, 0], [x.size, y.size]), np.concatenate([x, y])
    fpr, tpr, thresholds = metrics.roc_curve(labels, values, drop_intermediate=False)
    assert found.thresholds[::-1] == pytest.approx(thresholds)
    assert found.sensitivity[::-1] == pytest.approx(tpr)
    assert 1 - found.specificity[::-1] == pytest.approx(fpr)


values = st.lists(st.integers(-4, 4).map(float), min_size=2, max_size=12)


@given(values, values, st.sampled_from(["higher", "lower"]), st.sampled_from(roc.Place.__args__))
def test_thresholds_call_whom_they_count(x, y, direction, place):
    found = roc.curve(x, y, direction=direction, place=place)
    x, y, t = np.array(x)[:, None], np.array(y)[:, None], found.thresholds
    x_called, y_called = (x >= t, y >= t) if direction == "higher" else (x <= t, y <= t)
    assert found.true_positive.tolist() == x_called.sum(axis=0).tolist()
    assert found.false_positive.tolist() == y_called.sum(axis=0).tolist()


def test_a_threshold_stands_between_neighbouring_floats():
    low = 1.0
    high = np.nextafter(low, 2)
    found = roc.curve([high], [low], direction="higher")
    assert found.thresholds[1] == high  # no float lies between: the midpoint would round to low
    assert (found.sensitivity[1], found.specificity[1]) == (1, 1)


@pytest.mark.parametrize(
    ("x", "y", "more", "words"),
    [
        ([], [1.0], {}, "one in each"),
        ([math.inf], [1.0], {}, "not finite"),
        ([[1.0]], [1.0], {}, "one row"),
        ([2.0], [1.0], {"direction": "up"}, "direction"),
        ([2.0], [1.0], {"place": "left"}, "place"),
    ],
)
def test_what_has_no_curve_is_refused(x, y, more, words):
    with pytest.raises(roc.EstimateError, match=words):
        roc.curve(x, y, **({"direction": "higher"} | more))


# --- one area ---


@each_curve
def test_one_area_and_its_intervals_are_those_of_r(case):
    found = roc.area(*groups(case))
    assert found.auc == pytest.approx(case["auc"], abs=1e-12)
    assert found.se == pytest.approx(case["se"], rel=1e-9)
    assert found.interval() == pytest.approx(case["plain"], abs=1e-9)
    assert found.interval(0.9) == pytest.approx(case["plain90"], abs=1e-9)
    assert found.interval(scale="logit") == pytest.approx(case["logit"], abs=1e-8)


@given(values, values, st.sampled_from([1.0, 5e-324, 1e-323, 1e300, -0.1]))
def test_the_fast_path_is_the_general_one(x, y, unit):
    """Also for numbers so small that the last bit is all they have."""
    x, y = np.array(x) * unit, np.array(y) * unit
    general, fast = roc.areas(x, y), roc.area(x, y)
    assert fast.auc == pytest.approx(general.auc[0], abs=1e-12)
    assert fast.se == pytest.approx(general.se[0], abs=1e-12)


def test_the_fast_path_tells_neighbouring_floats_apart():
    one = 1.0
    up = np.nextafter(one, 2)
    upper = np.nextafter(up, 2)
    for x, y in (([one, upper], [up, 3.0]), ([up, up], [one, one]), ([-up, -one], [-upper, -one])):
        assert roc.area(x, y).auc == roc.areas(x, y).auc[0]


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ([0.0, 1.0], [-0.0, -1.0]),
        ([-0.0, 1.0], [0.0, -1.0]),
        ([-5e-324, 0.0], [0.0, -5e-324]),
        ([-5e-324, 5e-324], [-0.0, 5e-324]),
    ],
)
def test_zero_has_no_sign_and_the_smallest_numbers_are_not_zero(x, y):
    general, fast = roc.areas(x, y), roc.area(x, y)
    assert (fast.auc, fast.se) == pytest.approx((general.auc[0], general.se[0]), abs=1e-12)


def test_the_plain_interval_ends_at_0_and_1_and_the_logit_one_before():
    found = roc.area([2.0, 4, 5, 6], [1.0, 2.5, 0, 1])
    low, high = found.interval()
    assert high == 1 < found.auc + 1.96 * found.se
    assert low < found.interval(scale="logit")[1] < 1
    below = roc.area([1.0, 2.5, 0, 1], [2.0, 4, 5, 6]).interval()
    assert below == pytest.approx((0, 1 - low))


def test_the_patients_are_left_as_they_were():
    x, y = np.array([3.0, 1, 2]), np.array([2.5, 0.5])
    roc.area(x, y)
    roc.bootstrap(x, y, np.random.default_rng(1), 5)
    assert (x.tolist(), y.tolist()) == ([3, 1, 2], [2.5, 0.5])


def test_delong_s_interval_covers_the_area_of_two_normal_groups():
    """Area of N(1, 1) over N(0, 1): Φ(1/√2) = 0.7602."""
    rng, hits = np.random.default_rng(5), 0
    for _ in range(2000):
        low, high = roc.area(rng.normal(1, 1, 50), rng.normal(0, 1, 60)).interval(scale="logit")
        hits += low < 0.760250 < high
    assert 0.935 < hits / 2000 < 0.968


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1.0], [2.0, 3.0], "two in each"),
        ([1.0, 2.0], [], "two in each"),
        ([1.0, math.nan], [2.0, 3.0], "not finite"),
        ([1.0, -math.inf], [2.0, 3.0], "not finite"),
        ([1.0, math.inf], [2.0, 3.0], "not finite"),
        ([[1.0, 2.0]], [2.0, 3.0], "one row"),
    ],
)
def test_what_has_no_area_is_refused(x, y, words):
    with pytest.raises(roc.EstimateError, match=words):
        roc.area(x, y)


@pytest.mark.parametrize("x", [[3.0, 4.0], [1.0, 1.0]])
def test_an_area_without_error_has_no_interval(x):
    found = roc.area(x, [1.0, 1.0])
    assert (found.auc, found.se) == (1 if x[0] > 1 else 0.5, 0)
    for scale in ("plain", "logit"):
        with pytest.raises(roc.EstimateError, match="without any error"):
            found.interval(scale=scale)


def test_intervals_need_a_coverage_and_a_known_scale():
    found = roc.area([1.0, 3.0], [2.0, 0.0])
    with pytest.raises(roc.EstimateError, match="coverage"):
        found.interval(95)
    with pytest.raises(roc.EstimateError, match="scale"):
        found.interval(scale="log")


# --- the bootstrap ---


def ideal_variance(x: np.ndarray, y: np.ndarray) -> float:
    """The variance over all stratified resamples: a two-sample U statistic of patients drawn
    from the observed ones (Bamber 1975, with the observed groups as populations)."""
    wins = (x[:, None] > y) + (x[:, None] == y) / 2
    whole, rows, columns = wins.var(), wins.mean(axis=1).var(), wins.mean(axis=0).var()
    n1, n0 = wins.shape
    return (whole + (n0 - 1) * rows + (n1 - 1) * columns) / (n1 * n0)


@each_curve
def test_resampled_areas_have_the_mean_and_variance_of_all_resamples(case):
    x, y = groups(case)
    found = roc.bootstrap(x, y, np.random.default_rng(7), 40_000)
    variance = ideal_variance(x, y)
    assert found.shape == (40_000,)
    # four standard errors of the mean; of the variance, for a nearly normal one
    assert found.mean() == pytest.approx(case["auc"], abs=4 * math.sqrt(variance / 40_000))
    assert found.var() == pytest.approx(variance, rel=4 * math.sqrt(2 / 40_000) * 1.2)
    assert found.var() == pytest.approx(case["bootstrap_var"], rel=0.1)  # R: 4,000 resamples


@pytest.mark.parametrize("ties", [True, False])
def test_resampled_areas_are_distributed_as_those_of_a_plain_loop(ties):
    from scipy import stats

    rng = np.random.default_rng(8)
    x, y = rng.normal(0.5, 1, 12), rng.normal(0, 1, 9)
    if ties:
        x, y = np.round(x), np.round(y)
    loop = []
    for _ in range(1500):
        a, b = rng.choice(x, 12)[:, None], rng.choice(y, 9)
        loop.append((a > b).mean() + (a == b).mean() / 2)
    assert stats.ks_2samp(loop, roc.bootstrap(x, y, rng, 20_000)).pvalue > 0.001


def test_portions_are_full_and_the_seed_decides(monkeypatch):
    x, y = np.arange(5.0), np.arange(4.0) - 0.5
    again = [roc.bootstrap(x, y, np.random.default_rng(3), 1000) for _ in range(2)]
    assert again[0].tolist() == again[1].tolist()
    monkeypatch.setattr(roc, "_PORTION", 9 * 300)  # three portions and a rest
    parts = roc.bootstrap(x, y, np.random.default_rng(3), 1000)
    assert parts.shape == (1000,)
    assert all(part.std() > 0 for part in np.split(parts, [300, 600, 900]))


def test_percentiles():
    assert roc.percentiles(np.arange(101.0), 0.9) == pytest.approx((5, 95))
    for same in ([1.0], [2.0, 2.0]):
        with pytest.raises(roc.EstimateError, match="all the same"):
            roc.percentiles(same)
    separated = roc.bootstrap([3.0, 4.0], [1.0, 2.0], np.random.default_rng(1), 50)
    assert (separated == 1).all()
    with pytest.raises(roc.EstimateError, match="all the same"):
        roc.percentiles(separated)


def test_the_bootstrap_refuses_what_it_cannot_draw():
    rng = np.random.default_rng(1)
    with pytest.raises(roc.EstimateError, match="two in each"):
        roc.bootstrap([1.0], [2.0, 3.0], rng)
    with pytest.raises(roc.EstimateError, match="one resample"):
        roc.bootstrap([1.0, 2.0], [2.0, 3.0], rng, 0)
    with pytest.raises(roc.EstimateError, match="not finite"):
        roc.bootstrap([1.0, math.nan], [2.0, 3.0], rng)
