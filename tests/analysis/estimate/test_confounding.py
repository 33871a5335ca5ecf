"""E-values against published ones, bounds against populations with a confounder built in."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.estimate import confounding
from analysis.estimate.effect import Estimate
from analysis.estimate.roc import EstimateError


@pytest.mark.parametrize(
    ("ratio", "low", "high", "estimate", "limit", "digits"),
    [
        (3.9, 1.8, 8.7, 7.26, 3.0, 2),  # VanderWeele and Ding (2017), infant death
        (0.80, 0.71, 0.91, 1.81, 1.43, 2),  # the same, leukaemia
        (10.73, 8.02, 14.36, 20.94777, 15.52336, 5),  # R's EValue, smoking (Hammond and Horn)
    ],
)
def test_published_e_values(ratio, low, high, estimate, limit, digits):
    found = confounding.e_values(ratio, low, high)
    assert (round(found.estimate, digits), round(found.limit, digits)) == (estimate, limit)
    # upside down it is the same question
    found = confounding.e_values(1 / ratio, 1 / high, 1 / low)
    assert (round(found.estimate, digits), round(found.limit, digits)) == (estimate, limit)


def test_e_values_by_hand():
    # r = 2: 2 + √2
    assert confounding.e_value(2) == pytest.approx(2 + math.sqrt(2))
    assert confounding.e_value(0.5) == pytest.approx(2 + math.sqrt(2))
    assert confounding.e_value(1) == 1
    # another true value: only how far the two are apart counts
    assert confounding.e_value(3, true=1.5) == pytest.approx(2 + math.sqrt(2))
    assert confounding.e_value(1.5, true=3) == pytest.approx(2 + math.sqrt(2))
    assert confounding.e_values(2.5, true=1.5).limit is None


def test_the_limit_is_the_one_on_the_side_of_the_true_value():
    limit = confounding.e_value
    assert confounding.e_values(1.3, 1.1, 1.4).limit == pytest.approx(limit(1.1))
    assert confounding.e_values(1.3, 1.1, 1.4, true=1.05).limit == pytest.approx(limit(1.1, 1.05))
    assert confounding.e_values(1.3, 1.1, 1.4, true=1.1).limit == 1
    assert confounding.e_values(1.3, 1.1, 1.4, true=1.35).limit == 1
    assert confounding.e_values(1.3, 1.1, 1.4, true=1.5).limit == pytest.approx(limit(1.4, 1.5))
    assert confounding.e_values(0.6, 0.5, 0.7, true=0.4).limit == pytest.approx(limit(0.5, 0.4))
    assert confounding.e_values(1.2, 0.9, 1.4).limit == 1


def test_odds_and_hazard_ratios_of_common_events():
    rare = confounding.e_values(5, 3, 9, "odds_ratio", rare=True)
    assert rare.estimate == pytest.approx(5 + math.sqrt(20))
    common = confounding.e_values(5, 3, 9, "odds_ratio", true=2)
    # √5 and √3 against √2
    for found, ratio in ((common.estimate, 5 / 2), (common.limit, 3 / 2)):
        r = math.sqrt(ratio)
        assert found == pytest.approx(r + math.sqrt(r * (r - 1)))
    hazard = confounding.as_risk_ratio(1.3, "hazard_ratio", rare=False)
    assert hazard == pytest.approx((1 - 0.5 ** math.sqrt(1.3)) / (1 - 0.5 ** math.sqrt(1 / 1.3)))
    assert confounding.as_risk_ratio(1 / 1.3, "hazard_ratio", rare=False) == pytest.approx(
        1 / hazard
    )
    assert confounding.as_risk_ratio(1.3, "hazard_ratio", rare=True) == 1.3
    assert confounding.as_risk_ratio(1.3, "risk_ratio", rare=False) == 1.3


def test_the_square_root_is_within_a_quarter_where_it_is_said_to_be():
    p1, p0 = np.meshgrid(np.linspace(0.2, 0.8, 31), np.linspace(0.2, 0.8, 31))
    root = np.sqrt(p1 * (1 - p0) / ((1 - p1) * p0))
    off = root / (p1 / p0)
    assert off.min() == pytest.approx(0.8, abs=1e-9)
    assert off.max() == pytest.approx(1.25, abs=1e-9)


def population(rng):
    """Shares of a yes-or-no confounder and risks of the event, exposed (1) and unexposed (0)."""
    p1, p0 = rng.uniform(0.02, 0.98, 2)
    base, gamma, effect = rng.uniform(0.01, 0.1), rng.uniform(0.2, 5), rng.uniform(0.3, 3)
    risk = {(e, c): base * effect**e * gamma**c for e in (0, 1) for c in (0, 1)}
    crude = (p1 * risk[1, 1] + (1 - p1) * risk[1, 0]) / (p0 * risk[0, 1] + (1 - p0) * risk[0, 0])
    return p1, p0, gamma, effect, crude


def test_a_confounder_built_into_a_population_is_taken_out_again():
    rng = np.random.default_rng(1)
    for _ in range(200):
        p1, p0, gamma, effect, crude = population(rng)
        assert confounding.adjusted_for(crude, gamma, p1, p0) == pytest.approx(effect)


def test_no_confounder_of_that_strength_leaves_the_bounds():
    rng = np.random.default_rng(2)
    close = 0
    for _ in range(2000):
        p1, p0, gamma, effect, crude = population(rng)
        v = max(gamma, 1 / gamma)
        # sharper than stated: each direction needs only its own order of the two groups
        up, down = max(p1 / p0, (1 - p1) / (1 - p0)), max(p0 / p1, (1 - p0) / (1 - p1))
        low, high = (float(confounding.bounding_factor(u, v)) for u in (up, down))
        assert crude / low - 1e-12 <= effect <= crude * high + 1e-12
        close += min(effect / (crude / low), crude * high / effect) < 1.02
        u = max(up, down)
        found = confounding.bounds(crude, u, v)
        assert found.low - 1e-12 <= effect <= found.high + 1e-12
        # what makes one out of the other is at least as strong as the E-value and the curve say
        assert max(u, v) >= confounding.e_value(crude, effect) - 1e-9
        assert v >= confounding.needed_confounder_event(crude, u, effect) - 1e-9
    assert close > 5  # the bound is not idle


def test_the_bound_is_reached():
    # the confounder in all exposed and in one unexposed of u: nothing is stronger
    for u, v in ((2, 3), (7.26, 7.26), (1.5, 20)):
        reached = confounding.confounding_ratio(v, 1, 1 / u)
        assert reached == pytest.approx(confounding.bounding_factor(u, v))


def test_curve_and_e_value_meet_on_the_diagonal():
    for ratio, true in ((3.9, 1), (0.4, 1), (2, 1.3), (1.3, 2)):
        e = confounding.e_value(ratio, true)
        assert confounding.needed_confounder_event(ratio, e, true) == pytest.approx(e)
        r = max(ratio / true, true / ratio)
        u = np.linspace(r * 1.01, 40, 50)
        v = confounding.needed_confounder_event(ratio, u, true)
        assert confounding.bounding_factor(u, v) == pytest.approx(r)
        assert confounding.needed_confounder_event(ratio, v, true) == pytest.approx(u)
        assert np.isinf(confounding.needed_confounder_event(ratio, [1, r], true)).all()
    assert confounding.needed_confounder_event(1, [1, 3]).tolist() == [1, 1]


def test_bounds_by_hand():
    # u = 2, v = 3: 6 / 4
    found = confounding.bounds(Estimate(3, 1.8, 5), 2, 3)
    assert (found.value, found.low, found.high) == pytest.approx((3, 1.2, 7.5))
    assert confounding.bounding_factor([1, 2], [5, 3]) == pytest.approx([1, 1.5])
    table = confounding.confounding_ratio([[2], [4]], [0.5, 0.8], 0.2)
    assert table == pytest.approx(np.array([[1.5, 1.8], [2.5, 3.4]]) / [[1.2], [1.6]])


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (lambda: confounding.e_value(0), "above zero"),
        (lambda: confounding.e_value(math.nan), "above zero"),
        (lambda: confounding.e_value(2, true=-1), "above zero"),
        (lambda: confounding.e_values(1.2, 1.3, 1.4), "outside"),
        (lambda: confounding.e_values(1.2, 1.1), "two limits"),
        (lambda: confounding.e_values(1.2, 0, 1.3), "above zero"),
        (lambda: confounding.e_values(1.2, 1.1, math.inf), "above zero"),
        (lambda: confounding.e_values(1.2, scale="rate"), "no scale"),
        (lambda: confounding.bounding_factor(0.5, 2), "one or more"),
        (lambda: confounding.bounding_factor(2, math.inf), "one or more"),
        (lambda: confounding.bounds(Estimate(3, 4, 5), 2, 2), "outside"),
        (lambda: confounding.bounds(math.nan, 2, 2), "above zero"),
        (lambda: confounding.needed_confounder_event(2, 0.9), "one or more"),
        (lambda: confounding.confounding_ratio(0, 0.5, 0.5), "above zero"),
        (lambda: confounding.confounding_ratio(2, 1.5, 0.5), "zero to one"),
        (lambda: confounding.confounding_ratio(2, 0.5, math.nan), "zero to one"),
        (lambda: confounding.adjusted_for(-1, 2, 0.5, 0.2), "above zero"),
    ],
)
def test_what_makes_no_sense_is_refused(estimate, words):
    with pytest.raises(EstimateError, match=words):
        estimate()
