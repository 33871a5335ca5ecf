"""Bounds are never broken, and reached where they can be."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.compatible import bounds
from analysis.estimate import logistic, roc
from analysis.printed import Interval

SEEDS = st.integers(0, 10**6)


def around(value: float, slack: float = 1e-9) -> Interval:
    return Interval(Fraction(value - slack), Fraction(value + slack))


def summary(values) -> bounds.Summary:
    return bounds.Summary(around(values.mean()), around(values.std(ddof=1)))


def area(x, y) -> float:
    return float(roc.areas(x, y).auc[0])


def holds(value: float, interval: Interval) -> bool:
    return float(interval.low) - 1e-7 <= value <= float(interval.high) + 1e-7


@given(SEEDS)
def test_no_area_of_a_product_or_quotient_breaks_its_bounds(seed):
    rng = np.random.default_rng(seed)
    n1, n0 = rng.integers(2, 9, 2)
    # few values, zeros among the multiplied ones: ties of every kind
    a1, a0 = rng.integers(0, 5, n1), rng.integers(0, 4, n0)
    b1, b0 = rng.integers(0, 4, n1), rng.integers(0, 5, n0)
    c1, c0 = rng.integers(1, 4, n1), rng.integers(1, 5, n0)
    parts = [around(area(a1, a0)), around(area(b1, b0)), around(area(-c1, -c0))]
    whole = area(a1 * b1 / c1, a0 * b0 / c0)
    ratio = area(a1 / c1, a0 / c0)
    assert holds(whole, bounds.combined_area(parts))
    assert holds(ratio, bounds.combined_area([parts[0], parts[2]]))
    assert holds(ratio, bounds.remaining_area(around(whole), [around(area(b1, b0))]))


def test_the_lower_bound_of_a_ratio_is_reached():
    x = np.array([100.0] * 3 + [0.99] * 3 + [0.5] * 4)
    y = np.array([1.01] * 3 + [0.01] * 3 + [2.0] * 4)
    one = np.array([1.0, 1.0])  # two patients alike with the event
    areas = [area(one, x), area(-one, -y)]
    assert areas == pytest.approx([0.7, 0.7])
    assert area(one / one, x / y) == pytest.approx(0.4)
    assert float(bounds.combined_area([around(a, 0) for a in areas]).low) == pytest.approx(0.4)


def test_a_perfect_rest_leaves_one_factor_nothing_to_hide():
    high, low = Interval.point(1), Interval.point(0)
    assert bounds.combined_area([high, high, high]) == Interval.point(1)
    assert bounds.combined_area([low, low]) == Interval.point(0)
    assert bounds.remaining_area(high, [low]) == Interval.point(1)


def test_the_best_sum_is_no_worse_than_the_best_marker_but_a_logistic_fit_may_be():
    parts = [Interval(Fraction(7, 10), Fraction(8, 10)), Interval.point(Fraction(6, 10))]
    assert bounds.best_area(parts).low == Fraction(7, 10)
    worse = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        y = np.repeat([1, 0], [12, 14])
        x = rng.lognormal(0, 1.5, (26, 2)) + 0.4 * y[:, None]
        try:
            fitted = logistic.fit(y, x).fitted
        except roc.EstimateError:
            continue
        single = max(area(x[y == 1, j], x[y == 0, j]) for j in (0, 1))
        worse.append(area(fitted[y == 1], fitted[y == 0]) < single)
    assert any(worse)


def test_the_odds_ratio_is_exact():
    assert bounds.odds_ratio(86, 26, 52, 108) == Fraction(86 * 108, 26 * 52)
    with pytest.raises(ValueError, match="empty cell"):
        bounds.odds_ratio(1, 0, 2, 3)


@given(SEEDS)
def test_no_variance_and_no_correlation_breaks_its_ceiling(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 12))
    x = rng.beta(*rng.uniform(0.2, 5, 2), n)
    y = (1 - x) * rng.beta(*rng.uniform(0.2, 5, 2), n)  # x + y ≤ 1
    total = x + y
    ceiling = bounds.variance_ceiling(around(total.mean()), Fraction(0), Fraction(1), n)
    assert total.var(ddof=1) <= float(ceiling) + 1e-9
    if min(x.std(), y.std()) < 1e-3:
        return
    proved = bounds.sum_correlation(summary(x), summary(y), Fraction(0), Fraction(1), n)
    assert holds(float(np.corrcoef(x, y)[0, 1]), proved)


def test_the_ceiling_of_a_variance_is_reached_by_values_at_the_limits():
    values = np.array([0.0] * 3 + [1.0] * 5)
    ceiling = bounds.variance_ceiling(around(values.mean(), 0), Fraction(0), Fraction(1), 8)
    assert float(ceiling) == pytest.approx(values.var(ddof=1))


def test_the_ceiling_of_a_sum_can_bind():
    x = np.array([0.0, 0.0, 0.5, 0.5])
    proved = bounds.sum_correlation(summary(x), summary(x), Fraction(0), Fraction(6, 10), 4)
    assert proved.high < 1


@given(SEEDS)
def test_linked_correlations_hold_and_are_exact_when_one_is_known(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 15))
    a, b, c = rng.uniform(0.5, 3, (3, n))
    d = a * b / c
    pairs = (summary(a), summary(b)), (summary(c), summary(d))
    r = float(np.corrcoef(c, d)[0, 1])
    assert holds(r, bounds.linked_correlation(*pairs, n))
    known = around(float(np.corrcoef(a, b)[0, 1]))
    exact = bounds.linked_correlation(*pairs, n, known)
    assert holds(r, exact)
    assert float(exact.high - exact.low) < 1e-3


def test_the_linked_ceiling_is_reached_when_the_factors_rise_together():
    rng = np.random.default_rng(4)
    a, c = rng.uniform(1, 2, 30), rng.uniform(1, 2, 30)
    d = a * (2 * a + 1) / c
    proved = bounds.linked_correlation(
        (summary(a), summary(2 * a + 1)), (summary(c), summary(d)), 30
    )
    assert float(proved.high) == pytest.approx(np.corrcoef(c, d)[0, 1], abs=1e-5)


def test_means_that_no_such_variables_have_are_refused():
    """The mean of a·b can exceed mean a · mean b by sd a · sd b at most."""
    rng = np.random.default_rng(5)
    a, b, c = rng.uniform(1, 2, (3, 30))
    d = 10 * a * b / c
    with pytest.raises(ValueError, match="cannot belong"):
        bounds.linked_correlation((summary(a), summary(b)), (summary(c), summary(d)), 30)


@given(SEEDS)
def test_two_areas_correlated_as_needed_differ_significantly(seed):
    rng = np.random.default_rng(seed)
    n1, n0 = rng.integers(5, 15, 2)
    x, y = rng.normal(0.8, 1, (2, n1)), rng.normal(0, 1, (2, n0))
    x[1], y[1] = 0.5 * x[0] + x[1] - 0.6, 0.5 * y[0] + y[1]
    found = roc.areas(x, y)
    test = roc.difference(found)
    if test.value <= 0 or min(found.se) == 0:
        return
    r = found.covariance[0, 1] / (found.se[0] * found.se[1])
    errors = [around(e, 1e-12) for e in found.se]
    for z in (0.5, 1.0, 1.96):
        needed = bounds.needed_correlation(around(test.value, 1e-12), *errors, Fraction(z))
        if abs(r - float(needed)) > 1e-6:
            assert (test.z >= z) == (r > needed)


def test_the_needed_correlation_of_no_difference_is_out_of_reach():
    error, z = around(0.03), Fraction(2)
    assert bounds.needed_correlation(Interval(Fraction(-1, 100), Fraction(1)), error, error, z) >= 1
    assert bounds.needed_correlation(around(0.5), error, error, z) < -1
    with pytest.raises(ValueError, match="above zero"):
        bounds.needed_correlation(around(0.1), Interval(Fraction(0), Fraction(1)), error, z)
