"""Net benefit against dcurves and brute force, predictive values and ratios against R and hand."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from analysis.estimate import effect, usefulness
from analysis.estimate.roc import EstimateError
from analysis.estimate.usefulness import Counts
from tests.analysis.ledgers import ROOT

ORACLES = ROOT / "tests" / "oracles"
PEER = json.loads((ORACLES / "decision_curve.json").read_text(encoding="utf-8"))
R = json.loads((ORACLES / "effect.json").read_text(encoding="utf-8"))

TABLE = Counts(60, 40, 30, 120)


def random_tables(rng: np.random.Generator, times: int):
    for _ in range(times):
        yield Counts(*(int(n) for n in rng.integers(1, 60, 4)))


@pytest.mark.parametrize("case", PEER["cases"], ids=lambda c: c["id"])
def test_a_decision_curve_is_that_of_dcurves(case):
    found = usefulness.decision_curve(
        case["state"], case["risk"], case["thresholds"], case["prevalence"]
    )
    assert found.rule == pytest.approx(case["net_benefit_risk"], abs=1e-10)
    assert found.treat_all == pytest.approx(case["net_benefit_all"], abs=1e-10)


def test_net_benefit_by_hand():
    found = usefulness.net_benefit(TABLE, [0.2, 0.5])
    assert found.rule == pytest.approx([60 / 250 - 30 / 250 / 4, 60 / 250 - 30 / 250])
    assert found.treat_all == pytest.approx([100 / 250 - 150 / 250 / 4, 100 / 250 - 150 / 250])
    assert found.over_all == pytest.approx(found.rule - found.treat_all)
    assert found.over_best_default == pytest.approx(
        [found.rule[0] - found.treat_all[0], found.rule[1]]
    )
    elsewhere = usefulness.net_benefit(TABLE, [0.2], 0.1)
    assert elsewhere.rule == pytest.approx([0.1 * 0.6 - 0.9 * 0.2 / 4])
    assert elsewhere.over_all == pytest.approx(elsewhere.rule - elsewhere.treat_all)
    assert elsewhere.treat_all_se.tolist() == [0]


def test_errors_of_net_benefit_are_those_of_a_mean_over_patients():
    # each patient's own contribution, patient by patient
    for table in random_tables(np.random.default_rng(1), 50):
        w = 0.3 / 0.7
        sizes = [
            table.true_positive,
            table.false_negative,
            table.false_positive,
            table.true_negative,
        ]
        found = usefulness.net_benefit(table, 0.3)
        for worth, value, se in (
            ([1, 0, -w, 0], found.rule, found.rule_se),
            ([1, 1, -w, -w], found.treat_all, found.treat_all_se),
            ([0, -1, 0, w], found.over_all, found.over_all_se),
        ):
            patients = np.repeat(worth, sizes)
            assert value[0] == pytest.approx(patients.mean())
            assert se[0] == pytest.approx(patients.std() / math.sqrt(len(patients)))


@pytest.mark.parametrize("prevalence", [None, 0.15])
def test_errors_of_net_benefit_are_those_of_resampled_counts(prevalence):
    at = [0.05, 0.3, 0.6]
    found = usefulness.net_benefit(TABLE, at, prevalence)
    low, high = usefulness.bootstrap_net_benefit(
        TABLE, at, np.random.default_rng(3), 40000, prevalence
    )
    ours = found.limits()
    reach = ours[1] - ours[0]
    assert (np.abs(low - ours[0]) < 0.04 * reach).all()
    assert (np.abs(high - ours[1]) < 0.04 * reach).all()
    again = usefulness.bootstrap_net_benefit(TABLE, at, np.random.default_rng(3), 40000, prevalence)
    assert again[0].tolist() == low.tolist()


def test_limits_over_treat_all_narrow_with_confidence():
    found = usefulness.net_benefit(TABLE, [0.2])
    (low, high), (low50, high50) = found.limits_over_all(), found.limits_over_all(0.5)
    assert low[0] < low50[0] < found.over_all[0] < high50[0] < high[0]


def test_a_rule_beats_both_defaults_just_between_one_minus_npv_and_ppv():
    at = np.linspace(0, 0.999, 400)
    none = 0
    for table in random_tables(np.random.default_rng(4), 100):
        for prevalence in (None, 0.2):
            found = usefulness.useful_range(table, prevalence)
            better = usefulness.net_benefit(table, at, prevalence).over_best_default > 1e-12
            inside = (at > found.low.value) & (at < found.high.value)
            clear = np.minimum(abs(at - found.low.value), abs(at - found.high.value)) > 1e-9
            assert (better == inside)[clear].all()
            assert found.exists == (table.sensitivity + table.specificity > 1)
            none += not found.exists
    assert none > 10
    # a rule that knows nothing: the two ends meet
    assert not usefulness.useful_range(Counts(2, 2, 3, 3)).exists


@pytest.mark.parametrize("prevalence", [None, 0.2])
def test_ends_of_the_useful_range_lie_inside_their_limits(prevalence):
    found = usefulness.useful_range(TABLE, prevalence)
    values = usefulness.predictive_values_of(TABLE, prevalence)
    assert found.high == values.positive
    assert found.low.low < found.low.value < found.low.high
    assert (found.low.low, found.low.high) == pytest.approx(
        (1 - values.negative.high, 1 - values.negative.low)
    )


# --- predictive values and likelihood ratios ---


def test_predictive_values_at_the_samples_own_prevalence_are_shares():
    for table in random_tables(np.random.default_rng(5), 50):
        ppv, npv = usefulness.predictive_values(
            table.sensitivity, table.specificity, table.prevalence
        )
        own = usefulness.predictive_values_of(table)
        known = usefulness.predictive_values_of(table, table.prevalence)
        assert ppv == pytest.approx(own.positive.value)
        assert npv == pytest.approx(own.negative.value)
        for side in ("positive", "negative"):
            a, b = getattr(own, side), getattr(known, side)
            assert a.value == pytest.approx(b.value)
            assert b.low < b.value < b.high


def test_predictive_values_over_prevalence():
    prevalence = np.array([0, 0.01, 0.5, 1])
    ppv, npv = usefulness.predictive_values(0.9, 0.8, prevalence)
    assert ppv == pytest.approx([0, 0.009 / (0.009 + 0.198), 0.45 / 0.55, 1])
    assert npv == pytest.approx([1, 0.792 / 0.793, 0.4 / 0.45, 0])
    assert np.isnan(usefulness.predictive_values(0, 1, 0.3)[0])  # nobody is positive
    with pytest.raises(EstimateError, match="zero to one"):
        usefulness.predictive_values(1.2, 0.5, 0.5)
    with pytest.raises(EstimateError, match="zero to one"):
        usefulness.predictive_values(math.nan, 0.5, 0.5)


def test_limits_at_a_known_prevalence_are_those_of_mercaldo_by_hand():
    # logit PPV = log(π se / ((1 − π)(1 − sp))), variance (1 − se)/(se n1) + sp/((1 − sp) n0)
    se, sp, prior = 0.6, 0.8, 0.1
    centre = math.log(prior * se / ((1 - prior) * (1 - sp)))
    reach = 1.959963984540054 * math.sqrt(0.4 / (0.6 * 100) + 0.8 / (0.2 * 150))
    found = usefulness.predictive_values_of(TABLE, prior)
    for ours, logit in (
        (found.positive.low, centre - reach),
        (found.positive.high, centre + reach),
    ):
        assert ours == pytest.approx(1 / (1 + math.exp(-logit)))
    centre = math.log((1 - prior) * sp / (prior * (1 - se)))
    reach = 1.959963984540054 * math.sqrt(0.6 / (0.4 * 100) + 0.2 / (0.8 * 150))
    for ours, logit in (
        (found.negative.low, centre - reach),
        (found.negative.high, centre + reach),
    ):
        assert ours == pytest.approx(1 / (1 + math.exp(-logit)))


@pytest.mark.parametrize(
    "case", [c for c in R["cases"] if "risk_ratio" in c], ids=lambda c: c["id"]
)
def test_likelihood_ratios_are_risk_ratios_of_results(case):
    # a positive result is the "event" there, and the state the group
    e1, n1, e0, n0 = case["counts"]
    table = Counts(e1, n1 - e1, e0, n0 - e0)
    plus, minus = usefulness.likelihood_ratios(table)
    assert (plus.value, plus.low, plus.high) == pytest.approx(case["risk_ratio"], rel=1e-8)
    other = effect.risk_ratio(n1 - e1, n1, n0 - e0, n0)
    assert (minus.value, minus.low, minus.high) == pytest.approx(
        (other.value, other.low, other.high)
    )
    assert plus.value / minus.value == pytest.approx(case["odds_ratio"][0])


def test_ratios_with_a_count_of_zero_have_no_limits():
    plus, minus = usefulness.likelihood_ratios(Counts(5, 5, 0, 10))
    assert plus.value == math.inf
    assert math.isnan(plus.low)
    assert minus.value == pytest.approx(0.5)
    assert minus.low < 0.5 < minus.high
    plus, minus = usefulness.likelihood_ratios(Counts(10, 0, 10, 0))
    assert plus.value == 1
    assert math.isnan(plus.low)
    assert math.isnan(minus.value)
    found = usefulness.predictive_values_of(Counts(5, 5, 0, 10), 0.3)
    assert found.positive.value == 1
    assert math.isnan(found.positive.low)


# --- numbers needed ---


def test_altmans_example_runs_through_infinity():
    # Altman (1998): absolute risk reduction 10 % (−5 % to 25 %)
    found = usefulness.number_needed(effect.Estimate(0.10, -0.05, 0.25))
    assert (found.value, found.low, found.high) == pytest.approx((10, -20, 4))
    assert found.through_infinity
    assert str(found) == "NNTB 10 (NNTH 20 to ∞ to NNTB 4)"


def test_numbers_needed_on_one_side_of_zero():
    found = usefulness.number_needed(effect.Estimate(0.2, 0.1, 0.25))
    assert (found.value, found.low, found.high) == pytest.approx((5, 4, 10))
    assert not found.through_infinity
    found = usefulness.number_needed(effect.Estimate(-0.2, -0.25, -0.1))
    assert (found.value, found.low, found.high) == pytest.approx((-5, -10, -4))
    assert str(found) == "NNTH 5 (NNTH 10 to NNTH 4)"
    found = usefulness.number_needed(effect.Estimate(0.0, 0.0, 0.1))
    assert (found.value, found.low, found.high) == (math.inf, -math.inf, pytest.approx(10))
    with pytest.raises(EstimateError, match="between its limits"):
        usefulness.number_needed(effect.Estimate(0.2, 0.3, 0.4))
    with pytest.raises(EstimateError, match="between its limits"):
        usefulness.number_needed(effect.Estimate(math.nan, 0.3, 0.4))


def test_a_number_is_inside_its_interval_just_when_its_reduction_is():
    rng = np.random.default_rng(6)
    through = 0
    for _ in range(200):
        n1, n0 = rng.integers(5, 40, 2)
        e1, e0 = rng.integers(0, n1 + 1), rng.integers(0, n0 + 1)
        found = usefulness.number_needed_to_treat(e1, n1, e0, n0)
        reduction = effect.risk_difference(e0, n0, e1, n1)
        through += found.through_infinity
        for x in rng.uniform(-1, 1, 20):
            inside = reduction.low <= x <= reduction.high
            if found.through_infinity:
                named = 1 / x <= found.low or 1 / x >= found.high
            else:
                named = found.low <= 1 / x <= found.high
            assert inside == named
    assert 20 < through < 180


def test_numbers_needed_to_test():
    found = usefulness.number_needed_to_test([0.05, 0.0, -0.1])
    assert found[0] == pytest.approx(20)
    assert found[1] == math.inf
    assert math.isnan(found[2])


# --- counts, and what is refused ---


def test_counts_from_patients():
    found = usefulness.counts([1, 1, 1, 0, 0], [1, 0, 1, 1, 0])
    assert found == Counts(2, 1, 1, 1)
    assert (found.patients, found.with_event, found.without_event) == (5, 3, 2)
    for state, rule, words in (
        ([1, 1], [1, 0], "both needed"),
        ([1, 0], [1], "every patient"),
        ([1, 0], [1, 2], "zero or one"),
        ([1, math.nan], [1, 0], "zero or one"),
    ):
        with pytest.raises(EstimateError, match=words):
            usefulness.counts(state, rule)
    for cells in ((-1, 3, 2, 2), (1.5, 3, 2, 2), (math.nan, 3, 2, 2)):
        with pytest.raises(EstimateError, match="whole numbers"):
            Counts(*cells)


def test_what_has_no_net_benefit_is_refused():
    for threshold in (1, -0.1, math.nan, []):
        with pytest.raises(EstimateError, match="threshold"):
            usefulness.net_benefit(TABLE, threshold)
    for prevalence in (0, 1, math.nan):
        with pytest.raises(EstimateError, match="prevalence"):
            usefulness.net_benefit(TABLE, 0.2, prevalence)
        with pytest.raises(EstimateError, match="prevalence"):
            usefulness.predictive_values_of(TABLE, prevalence)
    with pytest.raises(EstimateError, match="the same of every patient"):
        usefulness.predictive_values_of(Counts(10, 0, 10, 0))
    for state, risk, words in (
        ([1, 0], [0.2], "a state and a risk"),
        ([1, 0], [0.2, 1.2], "zero to one"),
        ([1, 0], [0.2, math.nan], "zero to one"),
        ([1, 1], [0.2, 0.3], "both must occur"),
    ):
        with pytest.raises(EstimateError, match=words):
            usefulness.decision_curve(state, risk, [0.1])
    with pytest.raises(EstimateError, match="two resamples"):
        usefulness.bootstrap_net_benefit(TABLE, 0.1, np.random.default_rng(1), 1)
