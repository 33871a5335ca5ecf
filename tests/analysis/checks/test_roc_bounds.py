"""The bounds against all small data sets, against random curves and against a linear program."""

import math
from collections.abc import Iterator
from fractions import Fraction as F
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from analysis.checks import roc_bounds as rb
from analysis.printed import Interval

Steps = tuple[tuple[int, int], ...]


@cache
def all_steps(n1: int, n0: int) -> tuple[Steps, ...]:
    """Every data set of n1 positives and n0 negatives up to order: for each value from the
    largest down, how many positives and negatives have it."""
    if n1 == n0 == 0:
        return ((),)
    return tuple(
        ((e, f), *rest)
        for e in range(n1 + 1)
        for f in range(n0 + 1)
        if e or f
        for rest in all_steps(n1 - e, n0 - f)
    )


def vertices(steps: Steps) -> list[tuple[int, int]]:
    """(true positives, false positives) of every cut, (0, 0) first."""
    out = [(0, 0)]
    for e, f in steps:
        out.append((out[-1][0] + e, out[-1][1] + f))
    return out


def area(steps: Steps) -> F:
    points = vertices(steps)
    n1, n0 = points[-1]
    pairs = pairwise(points)
    return sum((F((y0 + y1) * (x1 - x0), 2 * n1 * n0) for (y0, x0), (y1, x1) in pairs), F(0))


def variances(steps: Steps) -> dict[str, F]:
    """DeLong with both divisors, Hanley and McNeil with counted Q1 and Q2."""
    points = vertices(steps)
    n1, n0 = points[-1]
    a, v2, u2, q1, q2 = area(steps), F(0), F(0), F(0), F(0)
    for (tp, fp), (e, f) in zip(points, steps, strict=False):
        below, above = n0 - fp - f, tp
        v2 += e * (F(below) + F(f, 2)) ** 2 / n0**2 / n1
        u2 += f * (F(above) + F(e, 2)) ** 2 / n1**2 / n0
        q2 += F(e, n1 * n0**2) * (below**2 + below * f + F(f * f, 3))
        q1 += F(f, n0 * n1**2) * (above**2 + above * e + F(e * e, 3))
    return {
        "delong": (v2 - a**2) / (n1 - 1) + (u2 - a**2) / (n0 - 1),
        "delong, n": (v2 - a**2) / n1 + (u2 - a**2) / n0,
        "hanley": (a * (1 - a) + (n1 - 1) * (q1 - a**2) + (n0 - 1) * (q2 - a**2)) / (n1 * n0),
    }


def without_ties(steps: Steps) -> bool:
    return all(e == 0 or f == 0 for e, f in steps)


SMALL = [(2, 2), (2, 3), (3, 2), (3, 3), (2, 5), (4, 3)]


@pytest.mark.parametrize(("n1", "n0"), SMALL)
def test_no_small_data_set_leaves_the_range_of_the_variance(n1: int, n0: int):
    for steps in all_steps(n1, n0):
        a = area(steps)
        limits = rb.variance_range(Interval.point(a), n1, n0)
        for variance in variances(steps).values():
            assert variance <= limits.high
            if without_ties(steps):
                assert variance >= limits.low


def test_the_lower_bound_is_nearly_attained_and_ties_do_break_it():
    # the curve that attains it, rounded to a staircase of 200 + 300 patients
    n1, n0 = 200, 300
    heights = np.clip((np.arange(n0) + 0.5) / n0 * (n0 - 1) / (n1 - 1) + 0.2, 0, 1)
    counts = np.round(heights * n1).astype(int)
    steps = []
    for i, k in enumerate(counts):
        step = int(k - (counts[i - 1] if i else 0))
        steps += [(step, 0)] * (step > 0) + [(0, 1)]
    steps += [(int(n1 - counts[-1]), 0)] * int(counts[-1] < n1)
    a, found = area(tuple(steps)), variances(tuple(steps))
    limits = rb.variance_range(Interval.point(a), n1, n0)
    assert limits.low <= found["delong"] <= limits.low * F(105, 100)
    all_equal = ((5, 5),)
    assert (
        variances(all_equal)["delong"] == 0 < rb.variance_range(Interval.point(F(1, 2)), 5, 5).low
    )


def test_the_upper_bound_is_attained():
    # positives at one height, negatives half above and half below; and the other way round
    for steps, n1, n0 in (
        (((0, 2), (9, 0), (0, 2)), 9, 4),
        (((2, 0), (0, 9), (2, 0)), 4, 9),
        (((0, 2), (4, 0), (0, 2)), 4, 4),
    ):
        limits = rb.variance_range(Interval.point(F(1, 2)), n1, n0)
        assert variances(steps)["delong"] == limits.high


def test_the_lower_bound_holds_over_an_interval():
    inside = Interval(F(7, 10), F(8, 10))
    low = rb.variance_range(inside, 40, 60).low
    assert all(
        low <= rb.variance_range(Interval.point(F(k, 100)), 40, 60).low * (1 + F(1, 10**6))
        for k in range(70, 81)
    )
    with pytest.raises(ValueError, match="two patients"):
        rb.variance_range(inside, 1, 60)


def test_hanley_and_mcneil_lies_inside():
    for auc in (F(1, 2), F(7, 10), F(9, 10), F(3, 10)):
        limits = rb.variance_range(Interval.point(auc), 51, 58)
        assert limits.low <= rb.hanley_mcneil_se(float(auc), 51, 58) ** 2 <= limits.high
    # the example of Hanley and McNeil (1982): ratings of 51 abnormal and 58 normal images
    ratings = ((33, 2), (11, 11), (2, 6), (2, 6), (3, 33))
    assert round(float(area(ratings)), 3) == 0.893
    assert round(math.sqrt(variances(ratings)["hanley"]), 3) == 0.032
    assert rb.hanley_mcneil_se(0.893, 51, 58) == pytest.approx(0.0325, abs=5e-5)


def best(steps: Steps, score) -> Iterator[tuple[int, int]]:
    points = vertices(steps)
    n1, n0 = points[-1]
    top = max(score(tp, n0 - fp, n1, n0) for tp, fp in points)
    yield from ((tp, n0 - fp) for tp, fp in points if score(tp, n0 - fp, n1, n0) == top)


SCORES = {
    "youden": lambda k1, k0, n1, n0: F(k1, n1) + F(k0, n0),
    "accuracy": lambda k1, k0, n1, n0: k1 + k0,
    "closest": lambda k1, k0, n1, n0: -((1 - F(k1, n1)) ** 2) - (1 - F(k0, n0)) ** 2,
    "product": lambda k1, k0, n1, n0: F(k1 * k0, n1 * n0),
}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize(("n1", "n0"), SMALL)
def test_no_small_data_set_passes_a_ceiling(name: str, inner: bool, n1: int, n0: int):
    """Also where only cuts that call somebody positive and somebody negative compete."""
    for steps in all_steps(n1, n0):
        points = vertices(steps)[1:-1] if inner else vertices(steps)
        if not points:
            continue
        score = SCORES[name]
        top = max(score(tp, n0 - fp, n1, n0) for tp, fp in points)
        for tp, fp in points:
            if score(tp, n0 - fp, n1, n0) == top:
                ceiling = rb.CEILINGS[name](tp, n0 - fp, n1, n0)
                assert area(steps) <= ceiling.ties
                if without_ties(steps):
                    assert area(steps) <= ceiling.no_ties


@pytest.mark.parametrize("name", ["closest", "product"])
def test_ties_do_pass_the_ceiling_without_ties(name: str):
    def passes(steps: Steps) -> bool:
        return any(
            area(steps) > rb.CEILINGS[name](k1, k0, 3, 3).no_ties
            for k1, k0 in best(steps, SCORES[name])
        )

    assert any(passes(steps) for steps in all_steps(3, 3))


@pytest.mark.parametrize(("n1", "n0"), SMALL)
def test_largest_accuracy_below_that_of_calling_all_alike_needs_ties(n1: int, n0: int):
    for steps in all_steps(n1, n0):
        inner = [(tp, n0 - fp) for tp, fp in vertices(steps)[1:-1]]
        largest = max(e + f for e, f in steps)
        for k1, k0 in inner:
            if k1 + k0 == max(a + b for a, b in inner):
                assert rb.accuracy_ties(k1, k0, n1, n0) <= largest


def test_ceilings_are_attained():
    assert area(((1, 0), (2, 2), (0, 1))) == rb.youden_ceiling(1, 3, 3, 3).ties == F(7, 9)
    assert rb.accuracy_ceiling(1, 3, 3, 3).ties == F(7, 9)


@pytest.mark.parametrize(("n1", "n0"), SMALL)
def test_sensitivity_nearest_to_specificity_needs_ties(n1: int, n0: int):
    for steps in all_steps(n1, n0):
        largest = max(e + f for e, f in steps)
        for k1, k0 in best(steps, lambda k1, k0, n1, n0: -abs(F(k1, n1) - F(k0, n0))):
            assert rb.equality_ties(k1, k0, n1, n0) <= largest


@pytest.mark.parametrize(("n1", "n0"), SMALL)
def test_every_curve_keeps_to_the_bounds_of_its_points(n1: int, n0: int):
    for steps in all_steps(n1, n0):
        for tp, fp in vertices(steps):
            se, sp = Interval.point(F(tp, n1)), Interval.point(F(n0 - fp, n0))
            assert area(steps) in rb.point_bounds(se, sp)


@pytest.mark.parametrize(("n1", "n0"), SMALL)
def test_ties_shrink_the_null_variance_no_further(n1: int, n0: int):
    n = n1 + n0
    for steps in all_steps(n1, n0):
        shrinkage = F(sum((e + f) ** 3 - (e + f) for e, f in steps), n**3 - n)
        for tp, fp in vertices(steps):
            assert shrinkage <= rb.largest_tie_shrinkage(tp + fp, n - tp - fp)


@given(
    st.lists(st.integers(-9, 9), min_size=2, max_size=12),
    st.integers(-10, 10),
    st.integers(1, 4),
)
def test_cantelli_never_accuses_data(values: list[int], cut: int, scale: int):
    n = len(values)
    mean = F(sum(values), n)
    variance = sum((v - mean) ** 2 for v in values) / (n - 1)
    root = math.isqrt(int(variance * 10**24))
    sd = Interval(F(root, 10**12), F(root + 1, 10**12))
    for k in {sum(v > cut for v in values), sum(v >= cut for v in values)}:
        assert rb.share_beyond(Interval.point(mean), sd, Interval.point(cut), [k], n).holds


def test_cantelli_is_sharp():
    # three values at 4 and one at 0: mean 3, SD 2, cut 4 is reached by exactly 3 of 4
    cut, sd = Interval.point(4), Interval.point(2)
    assert rb.share_beyond(Interval.point(3), sd, cut, [3], 4).holds
    assert not rb.share_beyond(Interval(F(2999, 1000), F(2999, 1000)), sd, cut, [3], 4).holds


# --- bands -----------------------------------------------------------------------------

GRID = np.linspace(0.0, 1.0, 41) + 1e-4 * np.sin(np.arange(41))
GRID = np.clip(GRID, 0, 1)


@settings(max_examples=150)
@given(st.integers(0, 2**32 - 1), st.booleans())
def test_the_band_holds_every_random_curve(seed: int, ties: bool):
    rng = np.random.default_rng(seed)
    n1, n0 = rng.integers(2, 25, size=2)
    positive, negative = rng.normal(rng.normal(0.6), 1, n1), rng.normal(0, 1, n0)
    if ties:
        positive, negative = np.round(positive), np.round(negative)
    cuts = np.r_[np.inf, np.unique(np.r_[positive, negative])[::-1]]
    tpr = np.array([(positive >= c).mean() for c in cuts])
    fpr = np.array([(negative >= c).mean() for c in cuts])
    auc = float(np.trapezoid(tpr, fpr))
    right = np.array([np.interp(min(x + 1e-9, 1), fpr, tpr) for x in GRID])
    left = np.array([np.interp(max(x - 1e-9, 0), fpr, tpr) for x in GRID])
    for i in rng.integers(0, len(cuts), 3):
        lower, upper = rb.roc_band(auc, tpr[i], 1 - fpr[i], GRID)
        assert np.all(lower <= right + 1e-6)
        assert np.all(left <= upper + 1e-6)
    i = int(np.argmax(tpr - fpr))
    lower, upper = rb.roc_band(auc, tpr[i], 1 - fpr[i], GRID, youden=True)
    assert np.all(lower <= right + 1e-6)
    assert np.all(left <= upper + 1e-6)
    rounded = Interval(F(auc) - F(1, 200), F(auc) + F(1, 200))
    outer_low, outer_high = rb.roc_band(rounded, tpr[i], 1 - fpr[i], GRID, youden=True)
    assert np.all(outer_low <= lower + 1e-9)
    assert np.all(upper <= outer_high + 1e-9)


@pytest.mark.parametrize("youden", [False, True])
@pytest.mark.parametrize(
    ("auc", "se", "sp"), [(0.8, 0.75, 0.7), (0.7, 0.5, 0.8), (0.62, 0.65, 0.55), (0.9, 0.9, 0.85)]
)
def test_the_band_is_what_a_linear_program_finds(youden: bool, auc: float, se: float, sp: float):
    """The curve as m steps; its height in one of them, least and largest."""
    m = 200
    middle = (np.arange(m) + 0.5) / m
    x0, j = 1 - sp, se + sp - 1
    cap = np.where(middle < x0, se, 1.0)
    if youden:
        cap = np.minimum(cap, middle + j)
    floor = np.where(middle > x0, se, 0.0)
    rising = np.zeros((m - 1, m))
    rising[np.arange(m - 1), np.arange(m - 1)] = 1
    rising[np.arange(m - 1), np.arange(1, m)] = -1
    lower, upper = rb.roc_band(auc, se, sp, middle, youden)
    for i in range(3, m, 14):
        for sign, envelope in ((1, lower), (-1, upper)):
            goal = np.zeros(m)
            goal[i] = sign
            answer = linprog(
                goal, rising, np.zeros(m - 1), np.full((1, m), 1 / m), [auc],
                np.c_[floor, np.maximum(cap, floor)],
            )  # fmt: skip
            assert answer.status == 0
            # half a step of the discretisation, at a slope that the envelope has there
            slope = 4 / m + np.abs(envelope[min(i + 1, m - 1)] - envelope[max(i - 1, 0)])
            assert abs(sign * answer.fun - envelope[i]) <= slope


def test_bands_refuse_what_no_curve_is():
    with pytest.raises(ValueError, match="no curve"):
        rb.roc_band(0.99, 0.5, 0.5, GRID)
    with pytest.raises(ValueError, match="no curve"):
        rb.roc_band(0.682, 0.518, 0.681, GRID, youden=True)
    with pytest.raises(ValueError, match="grid"):
        rb.roc_band(0.7, 0.5, 0.8, [1.2])
    with pytest.raises(ValueError, match="largest Youden"):
        rb.roc_band(0.4, 0.3, 0.3, GRID, youden=True)


def test_the_binormal_curve_has_the_binormal_area():
    grid = np.linspace(0, 1, 200_001)
    curve = rb.binormal_curve(1.2, 1.5, 0.2, 0.8, grid)
    assert np.trapezoid(curve, grid) == pytest.approx(rb.binormal_auc(1.2, 1.5, 0.2, 0.8), abs=1e-5)
    assert curve[0] == 0
    assert curve[-1] == 1
    with pytest.raises(ValueError, match="SDs"):
        rb.binormal_auc(1, 0, 0, 0)
    with pytest.raises(ValueError, match="positive SDs"):
        rb.binormal_curve(1, 0, 0, 1, grid)
