"""Bounds on the mean fitted value: equal to the solver's, proved without it, never crossed."""

from fractions import Fraction

import numpy as np
import pytest
from scipy.optimize import linprog

from analysis.checks import constant as mean
from analysis.printed import Interval

HALF = Fraction(1, 2000)


def random_model(rng, k, box=True, free=0.2):
    n = int(rng.integers(30, 400))
    slopes = [Fraction(int(x), 1000) for x in rng.integers(-1500, 1500, k)]
    pad = HALF if box else Fraction(0)
    start = Fraction(int(rng.integers(-6000, 2000)), 1000)
    counts = []
    for _ in range(k):
        low = int(rng.integers(0, n + 1))
        high = int(rng.integers(low, n + 1)) if rng.random() < free else low
        counts.append(Interval(Fraction(low), Fraction(high)))
    return mean.Model(
        Interval(start - pad, start + pad),
        tuple(Interval(s - pad, s + pad) for s in slopes),
        tuple(counts),
        n,
    )


def solver_bound(model, coding, link, side):
    """The same program with the counts as inequalities, straight to HiGHS."""
    fitted = mean.fitted_values(model, coding, link, side)
    patterns = (np.arange(2**model.k)[:, None] >> np.arange(model.k)) & 1
    low, high = (
        np.array([float(getattr(c, e)) for c in model.counts]) / model.n for e in ("low", "high")
    )
    solved = linprog(
        -side * fitted,
        A_ub=np.vstack([patterns.T, -patterns.T]),
        b_ub=np.concatenate([high, -low]),
        A_eq=np.ones((1, len(patterns))),
        b_eq=[1],
    )
    assert solved.status == 0
    return -side * solved.fun


@pytest.mark.parametrize("k", [1, 2, 3, 4, 5, 6])
def test_bounds_are_those_of_the_linear_program(k):
    rng = np.random.default_rng(k)
    for _ in range(12):
        model = random_model(rng, k)
        mixes = mean.mixed_codings(k)
        codings = [mixes[int(rng.integers(len(mixes)))], mean.effect_coding(k)]
        for found in mean.mean_fitted(model, codings, list(mean.LINKS)):
            for side, bound in ((1, found.high), (-1, found.low)):
                expected = solver_bound(model, found.coding, found.link, side)
                scale = max(1, mean.fitted_values(model, found.coding, found.link, side).max())
                assert side * (float(bound.value) - expected) >= -1e-9 * scale  # proved, so outside
                assert abs(float(bound.value) - expected) <= 1e-5 * scale  # and tight


def test_multipliers_prove_the_bound_in_every_pattern():
    """The certificate re-checked from scratch, in exact rationals."""
    rng = np.random.default_rng(7)
    for _ in range(10):
        model = random_model(rng, 3)
        coding = mean.mixed_codings(3)[int(rng.integers(8))]
        for link in mean.LINKS:
            for side in (1, -1):
                bound = mean.bound(model, coding, link, side)
                fitted = mean.fitted_values(model, coding, link, side)
                u0, *u = bound.multipliers
                for p, value in enumerate(fitted):
                    plane = u0 + sum((x for j, x in enumerate(u) if p >> j & 1), Fraction(0))
                    assert side * (plane - Fraction(float(value))) >= 0 or (side < 0 and plane <= 0)
                worst = sum(
                    (max if side > 0 else min)(x * c.low, x * c.high)
                    for x, c in zip(u, model.counts, strict=True)
                )
                assert bound.value == u0 + Fraction(worst) / model.n


def test_bad_multipliers_still_prove_a_true_bound():
    rng = np.random.default_rng(8)
    for _ in range(50):
        model = random_model(rng, 4)
        coding = mean.mixed_codings(4)[int(rng.integers(16))]
        side = int(rng.choice([-1, 1]))
        fitted = mean.fitted_values(model, coding, "logit", side)
        bound = mean.prove(fitted, rng.normal(0, 1, 4), model, side)
        assert side * (float(bound.value) - solver_bound(model, coding, "logit", side)) >= -1e-9


def test_no_cohort_crosses_the_bounds():
    rng = np.random.default_rng(9)
    for _ in range(200):
        k = int(rng.integers(1, 5))
        n = int(rng.integers(20, 200))
        x = (rng.random((n, k)) < rng.random(k)).astype(int)
        slopes = rng.integers(-2000, 2000, k) / 1000
        start = rng.integers(-4000, 2000) / 1000
        coding = [*mean.mixed_codings(k), mean.effect_coding(k)][int(rng.integers(2**k + 1))]
        low, high = np.array(coding.low), np.array(coding.high)
        eta = start + np.where(x == 1, high, low) @ slopes
        model = mean.Model(
            Interval(Fraction(start) - HALF, Fraction(start) + HALF),
            tuple(Interval(Fraction(s) - HALF, Fraction(s) + HALF) for s in slopes),
            tuple(Interval.point(int(c)) for c in x.sum(axis=0)),
            n,
        )
        for found in mean.mean_fitted(model, [coding], list(mean.LINKS)):
            assert found.holds(Fraction(float(np.mean(mean.LINKS[found.link](eta)))))


def test_a_single_predictor_leaves_nothing_open():
    """With one predictor the margin is the whole distribution: both bounds are the mean."""
    model = mean.Model(
        Interval.point(Fraction(-1)), (Interval.point(Fraction(1, 2)),), (Interval.point(30),), 100
    )
    (found,) = mean.mean_fitted(model, [mean.Coding((0,), (1,))], ["log"])
    expected = 0.7 * np.exp(-1) + 0.3 * np.exp(-0.5)
    assert float(found.low.value) == pytest.approx(expected, abs=1e-8)
    assert float(found.high.value) == pytest.approx(expected, abs=1e-8)
    assert found.reference == pytest.approx(np.exp(-1))


@pytest.mark.parametrize("k", [3, 4, 6])
def test_bisection_finds_the_codings_of_full_enumeration(k):
    rng = np.random.default_rng(10 + k)
    for _ in range(4 if k == 6 else 12):
        model, rate = random_model(rng, k), Fraction(int(rng.integers(5, 90)), 100)
        mixes, _ = mean.coding_range(model, "logit", rate)
        every = [
            f.coding
            for f in mean.mean_fitted(model, mean.mixed_codings(k), ["logit"])
            if f.holds(rate)
        ]
        assert set(mixes) == set(every)


def test_the_plane_for_calculators_proves_what_it_says():
    rng = np.random.default_rng(11)
    for _ in range(20):
        model = random_model(rng, 4)
        coding = mean.mixed_codings(4)[int(rng.integers(16))]
        for side in (1, -1):
            bound = mean.bound(model, coding, "logit", side)
            fitted = mean.fitted_values(model, coding, "logit", side)
            (u0, *u), total = mean.rounded_plane(fitted, bound, model, side, 4)
            planes = [
                u0 + sum((x for j, x in enumerate(u) if p >> j & 1), Fraction(0)) for p in range(16)
            ]
            assert all(
                side * (plane - Fraction(float(f))) >= 0
                for plane, f in zip(planes, fitted, strict=True)
            )
            assert side * (total - bound.value * model.n) >= -Fraction(1, 1000)
            assert abs(total - bound.value * model.n) < Fraction(model.n, 1000)


def test_a_steep_log_link_gives_no_bound_instead_of_an_overflow():
    model = mean.Model(
        Interval.point(Fraction(900)), (Interval.point(Fraction(1)),), (Interval.point(3),), 10
    )
    (found,) = mean.mean_fitted(model, [mean.Coding((0,), (1,))], ["log"])
    assert found.holds(Fraction(1, 2))


def test_models_that_cannot_be_are_refused():
    one = Interval.point(Fraction(1))
    with pytest.raises(ValueError, match="predictors"):
        mean.Model(one, (), (), 10)
    with pytest.raises(ValueError, match="between 0 and 10"):
        mean.Model(one, (one,), (Interval.point(11),), 10)
    with pytest.raises(ValueError, match="whole"):
        mean.Model(one, (one,), (Interval.point(Fraction(1, 2)),), 10)


def test_names_of_codings():
    assert mean.Coding((0, 0), (1, 1)).name(["a", "b"]) == "all 0/1"
    assert mean.Coding((0, 1), (1, 2)).name(["a", "b"]) == "1/2: b; 0/1: the others"
    assert mean.effect_coding(2).name(["a", "b"]) == "all −1/1"
