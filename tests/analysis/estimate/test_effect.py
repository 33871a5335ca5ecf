"""Ratios and differences against R's glm and prop.test, statsmodels, and Newcombe's table."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from analysis.estimate import effect
from analysis.estimate.roc import EstimateError
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "effect.json").read_text(encoding="utf-8"))


def all_of(found: effect.Estimate) -> tuple[float, float, float]:
    return found.value, found.low, found.high


@pytest.mark.parametrize("case", R["cases"], ids=lambda c: c["id"])
def test_a_difference_is_that_of_r(case):
    k = case["counts"]
    assert all_of(effect.risk_difference(*k)) == pytest.approx(case["difference"], abs=1e-10)
    assert all_of(effect.risk_difference(*k, 0.9)) == pytest.approx(
        case["difference_90"], abs=1e-10
    )


@pytest.mark.parametrize(
    "case", [c for c in R["cases"] if "odds_ratio" in c], ids=lambda c: c["id"]
)
def test_ratios_are_those_of_r(case):
    k = case["counts"]
    assert all_of(effect.odds_ratio(*k)) == pytest.approx(case["odds_ratio"], rel=1e-8)
    assert all_of(effect.risk_ratio(*k)) == pytest.approx(case["risk_ratio"], rel=1e-8)


@pytest.mark.parametrize(
    "case", [c for c in R["cases"] if "odds_ratio" in c], ids=lambda c: c["id"]
)
def test_ratios_are_those_of_statsmodels(case):
    from statsmodels.stats.contingency_tables import Table2x2

    e1, n1, e0, n0 = case["counts"]
    theirs = Table2x2(np.array([[e1, n1 - e1], [e0, n0 - e0]]), shift_zeros=False)
    ours = effect.odds_ratio(e1, n1, e0, n0, 0.9)
    assert all_of(ours) == pytest.approx(
        (theirs.oddsratio, *theirs.oddsratio_confint(0.1)), rel=1e-10
    )
    ours = effect.risk_ratio(e1, n1, e0, n0, 0.9)
    assert all_of(ours) == pytest.approx(
        (theirs.riskratio, *theirs.riskratio_confint(0.1)), rel=1e-10
    )


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [  # Newcombe (1998), Table II, method 10
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0000),
        ((10, 10, 0, 10), 0.6075, 1.0000),
    ],
)
def test_newcombes_own_table(counts, low, high):
    found = effect.risk_difference(*counts)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


def test_changing_the_groups_turns_everything_round():
    rng = np.random.default_rng(1)
    for _ in range(100):
        n1, n0 = rng.integers(3, 60, 2)
        e1, e0 = rng.integers(1, n1), rng.integers(1, n0)
        there, back = effect.risk_difference(e1, n1, e0, n0), effect.risk_difference(e0, n0, e1, n1)
        assert all_of(back) == pytest.approx((-there.value, -there.high, -there.low))
        for ratio in (effect.risk_ratio, effect.odds_ratio):
            there, back = ratio(e1, n1, e0, n0), ratio(e0, n0, e1, n1)
            assert all_of(back) == pytest.approx((1 / there.value, 1 / there.high, 1 / there.low))
        # without the event: the odds ratio turns over, the risk ratio does not
        there = effect.odds_ratio(e1, n1, e0, n0)
        assert effect.odds_ratio(n1 - e1, n1, n0 - e0, n0).value == pytest.approx(1 / there.value)
        # Zhang and Yu's formula is exact for a table
        assert effect.risk_ratio_from_odds_ratio(there.value, e0 / n0) == pytest.approx(
            effect.risk_ratio(e1, n1, e0, n0).value
        )


def test_wilson_covers():
    # exact coverage of the difference over all tables: near 95 %, which Wald's is not
    from scipy import stats

    n, p1, p0 = 20, 0.9, 0.7
    chance1, chance0 = (stats.binom.pmf(range(n + 1), n, p) for p in (p1, p0))
    covered = sum(
        chance1[a] * chance0[b]
        for a in range(n + 1)
        for b in range(n + 1)
        if (found := effect.risk_difference(a, n, b, n)).low <= p1 - p0 <= found.high
    )
    assert 0.94 < covered < 0.975


def test_odds_ratios_pass_for_risk_ratios_only_where_events_are_rare():
    assert effect.risk_ratio_from_odds_ratio(3, 0) == 3
    assert effect.risk_ratio_from_odds_ratio(3, 0.001) == pytest.approx(3, rel=0.01)
    assert effect.risk_ratio_from_odds_ratio(3, 0.5) == pytest.approx(1.5)
    assert effect.risk_ratio_from_odds_ratio(1, 0.3) == 1


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((0, 10, 3, 10), "event in both groups"),
        ((3, 10, 0, 10), "event in both groups"),
        ((10, 10, 8, 8), "everybody"),
        ((11, 10, 8, 8), "cannot be"),
        ((1, 10, 0, 0), "cannot be"),
        ((-1, 10, 1, 5), "cannot be"),
        ((1.5, 10, 1, 5), "whole numbers"),
        ((math.nan, 10, 1, 5), "finite"),
        ((1, math.inf, 1, 5), "finite"),
    ],
)
def test_what_has_no_risk_ratio_is_refused(counts, words):
    with pytest.raises(EstimateError, match=words):
        effect.risk_ratio(*counts)


def test_what_has_no_odds_ratio_is_refused():
    for counts in ((0, 10, 3, 10), (10, 10, 3, 10), (3, 10, 10, 10), (3, 10, 0, 10)):
        with pytest.raises(EstimateError, match="four counts"):
            effect.odds_ratio(*counts)
    for confidence in (0, 1, math.nan, 95):
        with pytest.raises(EstimateError, match="confidence"):
            effect.odds_ratio(3, 10, 4, 10, confidence)
    for ratio, baseline, words in (
        (-1, 0.2, "above zero"), (math.nan, 0.2, "above zero"), (2, 1, "below one"), (2, math.nan, "below"),
    ):  # fmt: skip
        with pytest.raises(EstimateError, match=words):
            effect.risk_ratio_from_odds_ratio(ratio, baseline)
