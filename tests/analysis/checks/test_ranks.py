"""Z, U and H: against R and scipy, and bounds against values drawn with ties."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from analysis.checks import common, ranks
from analysis.printed import Interval, parse_number

R = json.loads((Path(__file__).parents[2] / "oracles" / "several_samples.json").read_text())


def u_of(a: np.ndarray, b: np.ndarray) -> Fraction:
    more = (a[:, None] > b).sum() + Fraction(int((a[:, None] == b).sum()), 2)
    return Fraction(more)


def z_of(a: np.ndarray, b: np.ndarray) -> float:
    """|Z| with the variance corrected for ties, without continuity correction."""
    n1, n2 = len(a), len(b)
    n = n1 + n2
    ties = np.unique(np.concatenate([a, b]), return_counts=True)[1]
    variance = n1 * n2 / 12 * (n + 1 - (ties**3 - ties).sum() / (n * (n - 1)))
    return abs(float(u_of(a, b)) - n1 * n2 / 2) / math.sqrt(variance) if variance else 0.0


@pytest.mark.parametrize("case", R["ranks"], ids=lambda case: str(case["n"]))
def test_p_of_u_as_r_has_it(case):
    n1, n2 = map(int, case["n"])
    u = Interval.point(Fraction(case["u"]))
    exact = ranks.exact_p(Fraction(case["u"]), n1, n2)
    assert exact == pytest.approx(case["exact"], rel=1e-10)
    for key, corrected in (("plain", False), ("corrected", True)):
        p = common.p_from_z(ranks.z_of_u(u, n1, n2, corrected=corrected))
        assert float(p.high) == pytest.approx(case[key], rel=1e-8)
        assert p.low in ranks.p_of_u(u, n1, n2)
    assert float(ranks.p_of_u(u, n1, n2).low) <= case["exact"] <= ranks.p_of_u(u, n1, n2).high


def test_exact_p_of_u_against_scipy_and_every_order():
    for n1, n2 in ((1, 4), (3, 4), (4, 4)):
        for u in range(n1 * n2 + 1):
            below = sum(
                sum(i > j for i in a for j in set(range(n1 + n2)) - set(a)) <= min(u, n1 * n2 - u)
                for a in itertools.combinations(range(n1 + n2), n1)
            )
            p = min(1, 2 * below / math.comb(n1 + n2, n1))
            assert ranks.exact_p(Fraction(u), n1, n2) == pytest.approx(p, rel=1e-12)
    a, b = np.arange(0, 40, 2.0), np.arange(9, 60, 3.0) + 0.5
    assert ranks.exact_p(u_of(a, b), len(a), len(b)) == pytest.approx(
        scipy.stats.mannwhitneyu(a, b, method="exact").pvalue, rel=1e-10
    )
    assert ranks.exact_p(Fraction(3), 60, 60) is None


def test_z_and_h_are_never_larger_than_said():
    rng = np.random.default_rng(1)
    seen = 0.0
    for _ in range(400):
        sizes = [int(rng.integers(1, 12)) for _ in range(int(rng.integers(2, 5)))]
        top = int(rng.choice([2, 3, 8, 1000]))
        data = [rng.integers(0, top, n) + 3 * i * int(rng.integers(2)) for i, n in enumerate(sizes)]
        if len({x for d in data for x in d}) == 1:
            continue
        h = scipy.stats.kruskal(*data).statistic
        assert h <= sum(sizes) - 1 + 1e-9
        if len(sizes) == 2:
            z = z_of(*data)
            assert z <= float(ranks.largest_z(sizes).high) + 1e-12
            seen = max(seen, z / float(ranks.largest_z(sizes).high))
    a, b = np.zeros(5), np.ones(7)  # reached when each group is one block of ties
    assert z_of(a, b) == pytest.approx(float(ranks.largest_z([5, 7]).high))
    assert seen > 0.9


def test_bounds_with_ties_hold_every_program():
    """Normal with and without correction, and exact over every relabelling, with ties."""
    rng = np.random.default_rng(2)
    wide = 0
    for _ in range(120):
        n1, n2 = int(rng.integers(2, 6)), int(rng.integers(2, 6))
        values = rng.integers(0, int(rng.choice([2, 3, 6])), n1 + n2)
        a, b = values[:n1], values[n1:]
        u = u_of(a, b)
        away = abs(u - Fraction(n1 * n2, 2))
        every = [
            abs(u_of(values[list(i)], np.delete(values, list(i))) - Fraction(n1 * n2, 2)) >= away
            for i in itertools.combinations(range(n1 + n2), n1)
        ]
        exact = sum(every) / len(every)
        z = ranks.z_of_u(Interval.point(u), n1, n2, corrected=False)
        bound = ranks.with_ties(z, (n1, n2))
        assert bound.low <= exact <= bound.high
        wide += exact > ranks.p_of_u(Interval.point(u), n1, n2).high
        if len(set(values)) > 1:
            for corrected in (False, True):
                p = scipy.stats.mannwhitneyu(
                    a, b, use_continuity=corrected, method="asymptotic"
                ).pvalue
                assert bound.low - 1e-12 <= p <= bound.high + 1e-12
    assert wide  # ties do take P out of what untied values give: the bound is needed


@pytest.mark.parametrize(
    ("text", "sizes", "kind", "names"),
    [
        ("-2.31", (20, 25), None, ["Z"]),  # nothing else is negative
        ("2.31", (20, 25), "u", ["Z", "H"]),  # whole and half numbers only are U
        ("2", (20, 25), "u", ["U", "Z", "H"]),
        ("2", (20, 25), None, ["Z", "U", "H"]),
        ("312.5", (20, 25), None, ["U", "W, a sum of ranks"]),
        ("700", (20, 25), None, ["W, a sum of ranks"] * 2),
        ("312.3", (20, 25), None, []),  # no half of a whole number, and too large for Z
        ("9.9", (20, 25), None, ["H"]),  # Z of 45 patients is at most 6.63
        ("5.99", (9, 9, 9), None, ["H"]),
        ("27", (9, 9, 9), None, []),
    ],
)
def test_what_a_statistic_may_be(text, sizes, kind, names):
    assert [m.name for m in ranks.meanings(parse_number(text), sizes, kind)] == names
