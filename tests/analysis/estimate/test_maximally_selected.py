"""Maximally selected statistics against R's maxstat, and against all orders of the states."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from analysis.estimate import maximally_selected as selected
from analysis.estimate.roc import EstimateError
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "cutoff.json").read_text(encoding="utf-8"))
SETS = {c["id"]: c for c in R["curves"]}
each = pytest.mark.parametrize("case", R["selected"], ids=lambda c: f"{c['id']} {c['inner']}")


def of(case) -> selected.Maximum:
    y, x = np.array(SETS[case["id"]]["y"]), np.array(SETS[case["id"]]["x"])
    return selected.maximum(x[y == 1], x[y == 0], tuple(case["inner"]))


@each
def test_statistic_cut_and_large_sample_p_are_those_of_maxstat(case):
    found = of(case)
    assert found.statistic == pytest.approx(case["statistic"], rel=1e-12)
    # maxstat tells the largest value under the first of the best cuts
    seen = np.unique(SETS[case["id"]]["x"])
    assert seen[seen < found.cuts[0]].max() == case["cut"]
    p = selected.miller_siegmund(found.statistic, found.inner)
    assert p == pytest.approx(case["lau92"], rel=1e-10)
    assert selected.improved_bonferroni(found) == pytest.approx(min(case["lau94"], 1), rel=1e-9)


@each
def test_the_exact_p_agrees_with_maxstat_s_monte_carlo(case):
    found = of(case)
    p = selected.exact(found)
    # 20,000 orders; maxstat's share has no one added
    assert p == pytest.approx(case["cond_mc"], abs=4 * math.sqrt(p * (1 - p) / 20_000) + 1e-4)


@pytest.mark.parametrize("case", [c for c in R["selected"] if c["id"] == "null"], ids=str)
def test_the_exact_p_keeps_below_maxstat_s_bound(case):
    """HL (Hothorn and Lausen 2003) sums over cuts the chance to pass there what was not passed
    one patient before: a bound, of larger values only.  With ties maxstat takes off also what
    passes between two cuts, and the sum is none (see the next test): a marker without ties."""
    found = of(case)
    larger = selected.exact(replace(found, chi_square=found.chi_square * (1 + 1e-9)))
    assert 0 < larger < selected.exact(found)
    assert larger <= case["hl"] * (1 + 1e-9)


@pytest.mark.parametrize("case", [c for c in R["selected"] if c["id"] == "wfns"], ids=str)
def test_the_exact_p_of_five_values_is_that_of_all_tables(case):
    """All 2×5 tables with these margins, by their hypergeometric chances."""
    y, x = np.array(SETS["wfns"]["y"]), np.array(SETS["wfns"]["x"])
    sizes = np.array([(x == v).sum() for v in range(1, 6)])
    ranges = [np.arange(min(size, y.sum()) + 1) for size in sizes[:-1]]
    first = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 4)
    last = y.sum() - first.sum(axis=1)
    keep = (last >= 0) & (last <= sizes[-1])
    tables = np.column_stack([first, last])[keep]
    chance = np.exp(stats.multivariate_hypergeom(sizes, y.sum()).logpmf(tables))
    found = of(case)
    under, below = np.cumsum(tables, axis=1), np.cumsum(sizes)
    columns = np.isin(below, found.below)
    m, u = below[columns], under[:, columns]
    n, n1 = y.size, y.sum()
    chi = ((n * u - n1 * m) ** 2 / (m * (n - m)) * (n / (n1 * (n - n1)))).max(axis=1)
    wanted = chance[chi >= found.chi_square * (1 - 1e-12)].sum()
    assert selected.exact(found) == pytest.approx(wanted, rel=1e-8)
    # and maxstat's bound for larger values lies under their share
    assert chance[chi > found.chi_square * (1 + 1e-9)].sum() > case["hl"]


@each
def test_the_permutation_p_agrees_with_the_exact_one(case):
    found = of(case)
    p = selected.exact(found)
    mine = selected.permutation(found, np.random.default_rng(2), 4000)
    assert mine == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 4000) + 1 / 4001)
    assert mine >= 1 / 4001


def share_of_orders(x, y, inner) -> Fraction:
    """Maxima at least as large among all orders of the states, in exact fractions."""
    values = sorted([*x, *y])
    n, n1 = len(values), len(x)
    tried = [
        m for m in range(1, n)
        if values[m - 1] < values[m] and math.floor(n * inner[0]) <= m <= math.floor(n * inner[1])
    ]  # fmt: skip

    def largest(where: set[int]) -> Fraction:
        under = [sum(i < m for i in where) for m in tried]
        return max(
            Fraction((n * u - n1 * m) ** 2, m * (n - m)) for u, m in zip(under, tried, strict=True)
        )

    # where equal values meet, any order of theirs has the same counts at the cuts
    pool = sorted([(v, 1) for v in x] + [(v, 0) for v in y])
    mine = largest({i for i, (_, state) in enumerate(pool) if state})
    all_orders = [largest(set(c)) for c in combinations(range(n), n1)]
    return Fraction(sum(s >= mine for s in all_orders), len(all_orders))


@pytest.mark.parametrize("seed", range(12))
def test_the_exact_p_is_the_share_of_all_orders(seed):
    rng = np.random.default_rng(seed)
    n1, n0 = rng.integers(1, 6, 2) + 1
    x, y = rng.integers(0, 8, n1) + seed % 3, rng.integers(0, 8, n0)
    inner = [(0.125, 0.875), (0.25, 0.75), (0.0, 1.0)][seed % 3]
    try:
        found = selected.maximum(x, y, inner)
    except EstimateError:
        pytest.skip("no cut in the range")
    wanted = float(share_of_orders(x.tolist(), y.tolist(), inner))
    assert selected.exact(found) == pytest.approx(wanted, rel=1e-10)


def test_a_single_cut_has_the_p_of_its_hypergeometric_table():
    x, y = np.repeat([0.0, 1.0], [3, 9]), np.repeat([0.0, 1.0], [10, 4])
    found = selected.maximum(x, y)
    assert found.cuts.tolist() == [0.5]
    # as extreme by its distance from the mean: 13 of 26 patients lie under the cut
    chance = stats.hypergeom(26, 12, 13)
    k = np.arange(13)
    wanted = chance.pmf(k)[np.abs(k - 6) >= 3].sum()
    assert selected.exact(found) == pytest.approx(wanted, rel=1e-12)
    # with one cut nothing is selected: the plain P of a normal statistic
    assert selected.improved_bonferroni(found) == pytest.approx(2 * stats.norm.sf(found.statistic))


def test_the_exact_p_holds_its_level_and_the_plain_one_does_not():
    rng = np.random.default_rng(9)
    exact, plain = [], []
    for _ in range(300):
        found = selected.maximum(rng.normal(size=25), rng.normal(size=30))
        exact.append(selected.exact(found))
        plain.append(found.p_min)
    assert np.mean(np.array(exact) <= 0.05) <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert np.mean(np.array(plain) <= 0.05) > 0.2


def test_small_p_values_do_not_vanish():
    found = selected.maximum(np.arange(60.0) + 60, np.arange(60.0))
    # only the two wholly parted orders reach it
    assert selected.exact(found) == pytest.approx(2 / math.comb(120, 60), rel=1e-9)


@pytest.mark.parametrize("case", R["lau92"], ids=lambda c: str(c["b"]))
def test_the_formula_is_that_of_maxstat(case):
    assert selected.miller_siegmund(case["b"]) == pytest.approx(min(case["p10"], 1), rel=1e-12)
    wide = selected.miller_siegmund(case["b"], (0.05, 0.95))
    assert wide == pytest.approx(min(case["p05"], 1), rel=1e-12)


@pytest.mark.parametrize("share", [0.05, 0.1])
@pytest.mark.parametrize("p", [0.0001, 0.001, 0.01, 0.05, 0.1])
def test_altman_s_short_form_is_near_the_formula(p, share):
    b = stats.norm.isf(p / 2)
    wanted = selected.miller_siegmund(b, (share, 1 - share))
    assert selected.altman(p, share) == pytest.approx(wanted, rel=0.06)


def test_rank_statistic_and_pearson_s_chi_square():
    rng = np.random.default_rng(3)
    x, y = rng.normal(0.5, 1, 40), rng.normal(0, 1, 50)
    found = selected.maximum(x, y)
    table = [[(x > found.cuts[0]).sum(), (x < found.cuts[0]).sum()],
             [(y > found.cuts[0]).sum(), (y < found.cuts[0]).sum()]]  # fmt: skip
    pearson = stats.chi2_contingency(table, correction=False)
    assert found.chi_square == pytest.approx(pearson.statistic)
    assert found.p_min == pytest.approx(pearson.pvalue)
    assert found.statistic == pytest.approx(math.sqrt(found.chi_square * 89 / 90))


def test_the_direction_does_not_matter():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=20), rng.normal(size=30)
    one, other = selected.maximum(x, y), selected.maximum(y, x)
    assert one.cuts.tolist() == other.cuts.tolist()
    assert selected.exact(one) == pytest.approx(selected.exact(other), rel=1e-9)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: selected.maximum([1.0, 1], [1.0, 1]), "constant"),
        (lambda: selected.maximum([1.0], []), "one in each"),
        (lambda: selected.maximum([1.0, 2], [2.0, 2], (0.5, 0.75)), "no cut"),
        (lambda: selected.miller_siegmund(math.nan), "at least 0"),
        (lambda: selected.miller_siegmund(-1), "at least 0"),
        (lambda: selected.miller_siegmund(2, (0, 1)), "inside 0 and 1"),
        (lambda: selected.altman(0.2, 0.1), "0.0001 to 0.1"),
        (lambda: selected.altman(0.01, 0.2), "5 % or from 10 %"),
        (
            lambda: selected.permutation(
                selected.maximum([1.0, 3], [2.0, 4]), np.random.default_rng(1), 0
            ),
            "one permutation",
        ),
    ],
)
def test_what_has_no_maximum_is_refused(work, words):
    with pytest.raises(EstimateError, match=words):
        work()


def test_small_statistics_have_a_p_of_one():
    assert selected.miller_siegmund(0) == selected.miller_siegmund(0.99) == 1
    assert selected.miller_siegmund(1.2, (0.001, 0.999)) == 1
