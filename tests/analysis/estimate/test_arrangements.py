"""Risk ratios with a feature held fixed, against statsmodels and against patients one by one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable

from analysis.estimate import arrangements
from analysis.estimate.roc import EstimateError


def test_against_statsmodels():
    rng = np.random.default_rng(7)
    for _ in range(50):
        tables = rng.integers(1, 40, size=(2, 2, rng.integers(1, 5)))
        (a, b), (c, d) = tables
        found = arrangements.mantel_haenszel(a, a + b, c, c + d)
        assert found == pytest.approx(StratifiedTable(tables.astype(float)).riskratio_pooled)


def test_one_stratum_is_the_plain_ratio_and_empty_strata_say_nothing():
    plain = arrangements.mantel_haenszel([30], [50], [20], [80])
    assert plain == pytest.approx(30 / 50 / (20 / 80))
    assert arrangements.mantel_haenszel([30, 0], [50, 0], [20, 0], [80, 0]) == pytest.approx(plain)
    assert np.isnan(arrangements.mantel_haenszel([0], [5], [0], [5]))
    assert np.isinf(arrangements.mantel_haenszel([2], [5], [0], [5]))


def _patients(events1, patients1, events0, patients0):
    return [
        *[(1, 1)] * events1, *[(1, 0)] * (patients1 - events1),
        *[(0, 1)] * events0, *[(0, 0)] * (patients0 - events0),
    ]  # fmt: skip


def test_reach_is_that_of_all_ways_to_give_the_feature_to_patients():
    people = _patients(3, 5, 2, 6)
    seen: dict[tuple[int, int], list[float]] = {}
    for feature in product((0, 1), repeat=len(people)):
        with_event = sum(f for f, (_, y) in zip(feature, people, strict=True) if y)
        without = sum(feature) - with_event
        top = bottom = 0.0
        for level in (0, 1):
            own = [p for f, p in zip(feature, people, strict=True) if f == level]
            n1, n0 = sum(x for x, _ in own), sum(1 - x for x, _ in own)
            top += sum(x * y for x, y in own) * n0 / max(len(own), 1)
            bottom += sum((1 - x) * y for x, y in own) * n1 / max(len(own), 1)
        if top or bottom:
            ratio = top / bottom if bottom else np.inf
            seen.setdefault((with_event, without), []).append(ratio)
    assert len(seen) == 6 * 7
    for (with_event, without), ratios in seen.items():
        found = arrangements.reach(3, 5, 2, 6, with_event, without)
        assert (found.low, found.high) == pytest.approx((min(ratios), max(ratios)))


def test_the_places_give_the_ends():
    found = arrangements.reach(86, 138, 26, 134, 22, 13)
    for end, (a, b) in ((found.low, found.at_low), (found.high, found.at_high)):
        c, d = 22 - a, 13 - b
        tables = np.array([[[a, 86 - a], [b, 52 - b]], [[c, 26 - c], [d, 108 - d]]], dtype=float)
        assert end == pytest.approx(StratifiedTable(tables).riskratio_pooled)
    assert found.low < 86 / 138 / (26 / 134) < found.high


def test_a_feature_that_nobody_has_changes_nothing():
    found = arrangements.reach(86, 138, 26, 134, 0, 0)
    assert found.low == found.high == pytest.approx(86 / 138 / (26 / 134))


@pytest.mark.parametrize(
    "counts",
    [(3, 5, 2, 6, 6, 0), (3, 5, 2, 6, 0, 7), (3, 5, 2, 6, -1, 0), (3, 5, 2, 6, 0.5, 0),
     (6, 5, 2, 6, 0, 0), (3, 5, 2, 6, float("nan"), 0), (0, 5, 0, 6, 0, 3)],
)  # fmt: skip
def test_counts_that_cannot_be(counts):
    with pytest.raises(EstimateError):
        arrangements.reach(*counts)


def test_more_events_than_patients():
    with pytest.raises(EstimateError, match="more events"):
        arrangements.mantel_haenszel([3], [2], [1], [2])
    with pytest.raises(EstimateError, match="finite"):
        arrangements.mantel_haenszel([np.nan], [2], [1], [2])
