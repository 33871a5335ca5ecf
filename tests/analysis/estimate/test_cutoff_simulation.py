"""Simulated studies against studies searched one by one, and against known sizes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimate import cutoff, cutoff_simulation, maximally_selected
from analysis.estimate.roc import EstimateError


def normal(mean: float):
    return lambda rng, shape: rng.normal(mean, 1, shape)


RULES = [
    cutoff.Rule(),
    cutoff.Rule("closest", "lower", "observed"),
    cutoff.Rule("specificity", target=0.75),
    cutoff.Rule("chi_square", inner=(0.1, 0.9)),
]


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.criterion)
def test_each_study_is_searched_and_tested_as_alone(rule, ties):
    """The sampler writes down what it gave, so that every study can be done again."""
    given: list[np.ndarray] = []

    def sampler(rng, shape):
        drawn = rng.normal(0.4, 1, shape)
        given.append(np.round(drawn, 1) if ties else drawn)
        return given[-1]

    found = cutoff_simulation.simulate(
        sampler, sampler, (21, 30), rule, np.random.default_rng(1), 200, reference=50
    )
    population = [g[0] for g in given[:2]]
    pairs = [
        (x, y)
        for xs, ys in zip(given[2::2], given[3::2], strict=True)
        for x, y in zip(xs, ys, strict=True)
    ]
    assert len(pairs) == 200
    cuts, chi, apparent, true = [], [], [], []
    for x, y in pairs:
        try:
            one = cutoff.search(x, y, rule)
        except EstimateError:
            continue
        cut = one.cuts[0]
        cuts.append(cut)
        apparent.append(one.youden[0])
        call = np.greater_equal if rule.direction == "higher" else np.less_equal
        a, b = call(x, cut).sum(), call(y, cut).sum()
        table = [[a, 21 - a], [b, 30 - b]]
        chi.append(stats.chi2_contingency(table, correction=False).statistic)
        true.append(call(population[0], cut).mean() - call(population[1], cut).mean())
    assert found.no_cut == 200 - len(cuts)
    assert found.cuts.tolist() == cuts
    assert found.apparent == pytest.approx(apparent, abs=1e-12)
    assert found.true == pytest.approx(true, abs=1e-12)
    assert found.chi_square == pytest.approx(chi, abs=1e-9)
    assert found.p == pytest.approx(stats.chi2.sf(chi, 1), rel=1e-7)
    assert found.optimism == pytest.approx(np.mean(apparent) - np.mean(true))


def test_a_cut_searched_by_chance_breaks_the_test_and_the_exact_p_mends_it():
    rule = cutoff.Rule("chi_square", inner=(0.1, 0.9))
    found = cutoff_simulation.simulate(
        normal(0), normal(0), (60, 60), rule, np.random.default_rng(2), 4000
    )
    size = found.rejected()
    assert size.low > 0.3
    assert size.value == (found.p < 0.05).mean()
    # the same maximum, corrected: the exact P of each study knows its n, n1 and cuts alone
    tried = np.arange(12, 109)
    corrected = []
    for chi in found.chi_square[:300]:
        one = maximally_selected.Maximum(
            math.sqrt(chi * 119 / 120), chi, np.array([0.0]), tried, 60, 120, (0.1, 0.9)
        )
        corrected.append(maximally_selected.exact(one))
    assert np.mean(np.array(corrected) < 0.05) < 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    assert np.mean(np.array(corrected) < 0.05) > 0.01


def test_a_marker_of_two_values_has_one_cut_and_keeps_the_size():
    """One cut, nothing to search: the size of Pearson's test of a 2×2 table, from the binomial
    distribution."""
    patients = np.repeat([0.0, 1.0], [6, 4])
    found = cutoff_simulation.simulate(
        patients, patients, (40, 50), cutoff.Rule(), np.random.default_rng(3), 20_000
    )
    a, b = np.arange(41)[:, None], np.arange(51)
    chance = stats.binom.pmf(a, 40, 0.4) * stats.binom.pmf(b, 50, 0.4)
    chi = cutoff.chi_square(a, b, 40, 50)
    size = chance[stats.chi2.sf(chi, 1) < 0.05].sum()
    assert found.rejected().value == pytest.approx(size, abs=4 * math.sqrt(0.05 * 0.95 / 20_000))
    assert set(found.cuts) == {0.5}
    assert (found.true == 0).all()


def test_the_true_j_is_that_of_the_population():
    """N(1, 1) over N(0, 1) at a cut c: Φ(1 − c) − Φ(−c)."""
    found = cutoff_simulation.simulate(
        normal(1), normal(0), (112, 160), cutoff.Rule(), np.random.default_rng(4), 500
    )
    wanted = stats.norm.cdf(1 - found.cuts) - stats.norm.cdf(-found.cuts)
    # the bound of the docstring, for the worst of all cuts: Kolmogorov's, twice
    assert found.true == pytest.approx(wanted, abs=2 * 1.95 / math.sqrt(200_000))
    assert found.true.max() <= 2 * stats.norm.cdf(0.5) - 1 + 0.01
    assert 0.01 < found.optimism < 0.1


def test_patients_are_their_own_population():
    rng = np.random.default_rng(5)
    x, y = rng.normal(1, 1, 40), rng.normal(0, 1, 60)
    for direction, a, b in (("higher", x, y), ("lower", -x, -y)):
        rule = cutoff.Rule(direction=direction)
        found = cutoff_simulation.simulate(a, b, (40, 60), rule, np.random.default_rng(6), 300)
        call = np.greater_equal if direction == "higher" else np.less_equal
        wanted = [call(a, c).mean() - call(b, c).mean() for c in found.cuts]
        assert found.true == pytest.approx(wanted, abs=1e-12)
        best = cutoff.search(a, b, rule).youden[0]
        assert (found.true <= best + 1e-12).all()


def test_studies_of_one_value_are_counted():
    patients = [0.0, 1.0]
    found = cutoff_simulation.simulate(
        patients, patients, (2, 1), cutoff.Rule(), np.random.default_rng(7), 4000
    )
    assert found.no_cut == pytest.approx(1000, abs=4 * math.sqrt(750))
    assert found.cuts.size == 4000 - found.no_cut


@pytest.mark.parametrize(
    ("positive", "sizes", "more", "words"),
    [
        ([], (5, 5), {}, "no patients"),
        ([1.0, math.nan], (5, 5), {}, "not finite"),
        ([1.0, 2.0], (0, 5), {}, "at least one patient"),
        ([1.0, 2.0], (5, 5), {"studies": 0}, "at least one patient"),
        (lambda rng, shape: np.zeros(3), (5, 5), {}, "shape"),
        (lambda rng, shape: np.full(shape, math.inf), (5, 5), {}, "finite"),
        ([2.0, 2.0], (5, 5), {}, "no study"),
    ],
)
def test_what_cannot_be_simulated_is_refused(positive, sizes, more, words):
    with pytest.raises(EstimateError, match=words):
        cutoff_simulation.simulate(
            positive, [2.0], sizes, cutoff.Rule(), np.random.default_rng(8), **more
        )
