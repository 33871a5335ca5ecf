"""The level of the test at the best cut: against all orders of few patients, and simulation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from analysis.estimate import cutoff, cutoff_simulation
from analysis.estimate.roc import EstimateError
from analysis.estimate.searched_level import youden_level, youden_places


def by_all_orders(n1: int, n0: int) -> np.ndarray:
    """The same chances from the search itself, order by order."""
    n = n1 + n0
    counts = np.zeros((n1 + 1, n0 + 1))
    for chosen in combinations(range(n), n1):
        event = np.isin(np.arange(n), chosen)
        values = np.arange(n, dtype=float)
        best = cutoff.search(values[event], values[~event], cutoff.Rule("youden"))
        tp, fp = best.sensitivity[0] * n1, (1 - best.specificity[0]) * n0
        counts[round(tp), round(fp)] += 1
    return counts / counts.sum()


@pytest.mark.parametrize(("n1", "n0"), [(1, 1), (1, 5), (5, 1), (3, 4), (4, 4), (6, 3)])
def test_places_are_those_of_all_orders(n1, n0):
    assert youden_places(n1, n0) == pytest.approx(by_all_orders(n1, n0), abs=1e-12)


@pytest.mark.parametrize(("n1", "n0"), [(4, 4), (6, 3), (5, 5)])
def test_the_level_is_that_of_all_orders(n1, n0):
    share = 0.0
    for place, chance in np.ndenumerate(by_all_orders(n1, n0)):
        if chance:
            tp, fp = place
            table = [[tp, fp], [n1 - tp, n0 - fp]]
            share += chance * (stats.chi2_contingency(table, correction=False).pvalue < 0.1)
    assert youden_level(n1, n0, 0.1) == pytest.approx(share, abs=1e-12)


def test_some_place_is_the_best_one():
    assert youden_places(31, 47).sum() == pytest.approx(1, abs=1e-12)


def test_only_what_is_asked_for_is_counted():
    wanted = np.zeros((21, 31), dtype=bool)
    wanted[12, 9] = wanted[3, 20] = True
    found, all_ = youden_places(20, 30, wanted), youden_places(20, 30)
    assert found[wanted] == pytest.approx(all_[wanted], abs=1e-15)
    assert found[~wanted].sum() == 0


@pytest.mark.parametrize(("n1", "n0"), [(40, 60), (112, 160)])
def test_simulated_studies_agree(n1, n0):
    def noise(rng, shape):
        return rng.normal(size=shape)

    studies = cutoff_simulation.simulate(
        noise, noise, (n1, n0), cutoff.Rule("youden"), np.random.default_rng(5), 20_000,
        reference=10,
    )  # fmt: skip
    exact = youden_level(n1, n0)
    error = (exact * (1 - exact) / 20_000) ** 0.5
    assert studies.rejected().value == pytest.approx(exact, abs=4 * error)


def test_what_cannot_be_is_refused():
    with pytest.raises(EstimateError, match="one in each"):
        youden_places(0, 3)
    with pytest.raises(EstimateError, match="between 0 and 1"):
        youden_level(3, 3, 1.0)
