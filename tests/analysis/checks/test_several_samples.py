"""Analyses of variance from means and SDs: against R, and enclosures against drawn boxes."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from analysis.checks import several_samples as ss
from analysis.checks import two_samples as ts
from analysis.printed import Interval

R = json.loads((Path(__file__).parents[2] / "oracles" / "several_samples.json").read_text())
SEVERAL = {case["id"]: case for case in R["several"]}


def at(value: float) -> Interval:
    return Interval.point(Fraction(value))


def box_of(case: dict) -> list[ss.Group]:
    return [
        (int(n), at(m), at(s)) for n, m, s in zip(case["n"], case["mean"], case["sd"], strict=True)
    ]


def holds(interval: Interval, value: float, rel: float = 1e-9) -> bool:
    slack = rel * abs(value) + 1e-300
    return interval.low - slack <= value <= interval.high + slack


@pytest.mark.parametrize("name", SEVERAL)
def test_f_as_r_has_it(name):
    case = SEVERAL[name]
    box = box_of(case)
    for function, key in (
        (ss.one_way_f, "f"),
        (ss.welch_f, "welch"),
        (ss.brown_forsythe_f, "star"),
    ):
        found = function(box)
        assert float(found.f.low) == pytest.approx(case[key], rel=1e-9)
        assert float(found.f.high) == pytest.approx(case[key], rel=1e-9)
        df = case["df"] if key == "f" else case[f"{key}_df"]
        assert holds(found.df2, df)
        if key != "star":  # whose degrees of freedom have a loose upper end
            assert float(found.df2.low) == pytest.approx(float(found.df2.high), rel=1e-9)
        p = case["p"] if key == "f" else case[f"{key}_p"]
        assert holds(found.p, p, 1e-8)
        if key == "f":
            assert float(found.p.high) == pytest.approx(p, rel=1e-8)


@pytest.mark.parametrize("name", [n for n in SEVERAL if n != "two"])
def test_trends_as_r_has_them(name):
    case = SEVERAL[name]
    found = ss.trend_f(box_of(case))
    for key, (t, p) in (
        ("linear trend over the groups", case["weighted"]),
        ("linear trend over the groups, unweighted", case["equal"]),
        ("regression on the number of the group", (case["line_t"], case["line_p"])),
    ):
        assert float(found[key].f.high) == pytest.approx(t**2, rel=1e-7), key
        assert holds(found[key].p, p, 1e-6), key


@pytest.mark.parametrize("name", SEVERAL)
def test_all_patients_from_their_groups(name):
    case = SEVERAL[name]
    box = box_of(case)
    assert float(ss.pooled_mean(box).low) == pytest.approx(case["all_mean"], rel=1e-12)
    assert math.sqrt(ss.pooled_variance(box).low) == pytest.approx(case["all_sd"], rel=1e-12)
    assert math.sqrt(ss.pooled_variance(box).high) == pytest.approx(case["all_sd"], rel=1e-12)


def test_tails_of_f():
    for f, df1, df2, p in R["f_tails"]:
        found = ss.p_from_f(at(f), int(df1), at(df2))
        assert holds(found, p, 1e-10), (f, df1, df2)
        assert float(found.high) - float(found.low) < 1e-8


def test_the_tail_of_f_is_held_between_degrees_of_freedom():
    """Above and below F = 1 the tail goes different ways in the second degree of freedom."""
    rng = np.random.default_rng(7)
    for _ in range(300):
        f, df1 = float(rng.uniform(0.01, 6)), int(rng.integers(1, 6))
        low = float(rng.uniform(0.5, 30))
        high = low * float(rng.uniform(1, 8))
        found = ss.p_from_f(at(f), df1, Interval(Fraction(low), Fraction(high)))
        for df2 in np.linspace(low, high, 7):
            assert holds(found, scipy.stats.f.sf(f, df1, df2), 1e-9)


def test_two_groups_are_students_t():
    box = box_of(SEVERAL["two"])
    (n1, m1, s1), (n2, m2, s2) = box
    assert ss.one_way_f(box).f == ts.student_t(n1, m1, s1, n2, m2, s2).squared


def random_box(rng: np.random.Generator) -> list[ss.Group]:
    found = []
    for _ in range(int(rng.integers(2, 6))):
        mean, sd = Fraction(int(rng.integers(-40, 40)), 10), Fraction(int(rng.integers(0, 30)), 10)
        half = Fraction(int(rng.choice([1, 5])), int(rng.choice([10, 20])))
        found.append(
            (
                int(rng.integers(2, 40)),
                Interval(mean - half, mean + half),
                Interval(sd - half, sd + half),
            )
        )
    return found


def test_every_point_of_a_box_lies_in_the_enclosure():
    rng = np.random.default_rng(3)
    for _ in range(40):
        box = random_box(rng)
        outer = [f(box) for f in (ss.one_way_f, ss.welch_f, ss.brown_forsythe_f)]
        trends = ss.trend_f(box) if len(box) > 2 else {}
        for _ in range(4):
            point = []
            for n, mean, sd in box:
                u, v = (Fraction(int(rng.integers(0, 9)), 8) for _ in range(2))
                sd = sd.clip(0, math.inf)
                point.append((
                    n, Interval.point(mean.low + u * (mean.high - mean.low)),
                    Interval.point(sd.low + v * (sd.high - sd.low)),
                ))  # fmt: skip
            if any(sd.low == 0 for _, _, sd in point):
                continue
            inner = [f(point) for f in (ss.one_way_f, ss.welch_f, ss.brown_forsythe_f)]
            for big, small in zip(outer, inner, strict=True):
                assert big.f.low <= small.f.low
                assert small.f.high <= big.f.high
                assert big.df2.low <= small.df2.low
                assert small.df2.low <= big.df2.high
            for name, big in trends.items():
                small = ss.trend_f(point)[name]
                assert big.f.low <= small.f.low
                assert small.f.high <= big.f.high
            variance, all_ = ss.pooled_variance(box), ss.pooled_variance(point)
            assert variance.low <= all_.low <= variance.high


def test_the_ends_of_the_spread_of_means_are_reached():
    """Exact, and no wider than a numeric search finds."""
    rng = np.random.default_rng(5)
    for _ in range(40):
        box = random_box(rng)
        weights = [Fraction(n) for n, _, _ in box]
        means = [m for _, m, _ in box]
        found = ss.between(weights, means)
        w = np.array([float(x) for x in weights])

        def spread(m, w=w):
            return float((w * (m - (w * m).sum() / w.sum()) ** 2).sum())

        bounds = [(float(m.low), float(m.high)) for m in means]
        start = np.array([rng.uniform(*b) for b in bounds])
        least = scipy.optimize.minimize(spread, start, bounds=bounds).fun
        most = max(spread(np.array(corner)) for corner in itertools.product(*bounds))
        assert float(found.low) == pytest.approx(least, rel=1e-4, abs=1e-6)
        assert float(found.low) <= least + 1e-9
        assert float(found.high) == pytest.approx(most, rel=1e-12)


def test_many_groups_are_bounded():
    means = [Interval(Fraction(i, 10), Fraction(i + 1, 10)) for i in range(ss.MOST_GROUPS + 3)]
    weights = [Fraction(5)] * len(means)
    found = ss.between(weights, means)
    corner = [m.low if i < 7 else m.high for i, m in enumerate(means)]
    centre = sum(corner, Fraction(0)) / len(corner)
    assert found.high >= sum(5 * (m - centre) ** 2 for m in corner)


def test_no_spread_allows_any_f():
    box = [(5, at(m), at(0.0)) for m in (1.0, 2.0, 2.0)]
    assert ss.one_way_f(box).f.low == math.inf
    assert ss.welch_f(box).f.high == math.inf
    same = [(5, at(1.0), at(0.0)) for _ in range(3)]
    assert ss.one_way_f(same).f == Interval(Fraction(0), math.inf)
    with pytest.raises(ValueError, match="more patients than groups"):
        ss.one_way_f([(1, at(1.0), at(0.0)) for _ in range(3)])


@pytest.mark.parametrize("seed", range(20))
def test_groups_together_hold_the_mean_and_sd_of_all(seed):
    rng = np.random.default_rng(seed)
    samples = [
        rng.normal(rng.normal(0, 2), 1, rng.integers(2, 30)) for _ in range(rng.integers(1, 5))
    ]
    box = [
        (len(x), *(Interval(Fraction(v) - e, Fraction(v) + e) for v in (x.mean(), x.std(ddof=1))))
        for x in samples
        for e in [Fraction(1, 10)]
    ]
    n, mean, sd = ss.together(box)
    everyone = np.concatenate(samples)
    assert n == len(everyone)
    assert float(mean.low) <= everyone.mean() <= float(mean.high)
    assert float(sd.low) <= everyone.std(ddof=1) <= float(sd.high)
    point = [(k, *(Interval.point((x.low + x.high) / 2) for x in rest)) for k, *rest in box]
    _, mean, sd = ss.together(point)
    assert float(mean.low) == pytest.approx(everyone.mean(), abs=1e-12)
    assert float(sd.high) == pytest.approx(everyone.std(ddof=1), rel=1e-9)
