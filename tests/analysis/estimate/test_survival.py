"""Curves, tests and hazards against R's survival; the area at a horizon against scikit-survival,
net benefit at a horizon against dcurves."""

from __future__ import annotations

import json
import math
import warnings

import numpy as np
import pytest

from analysis.estimate import survival
from analysis.estimate.roc import EstimateError
from tests.analysis.ledgers import ROOT

ORACLES = ROOT / "tests" / "oracles"
R = json.loads((ORACLES / "survival.json").read_text(encoding="utf-8"))
PEER = json.loads((ORACLES / "auc_at_horizon.json").read_text(encoding="utf-8"))
DCURVES = json.loads((ORACLES / "decision_curve.json").read_text(encoding="utf-8"))


def by_id(case) -> str:
    return case["id"]


def numbers(values, missing=math.nan) -> np.ndarray:
    return np.array([missing if v is None else v for v in values], dtype=float)


@pytest.mark.parametrize("case", R["curves"], ids=by_id)
def test_a_curve_is_that_of_r(case):
    found = survival.kaplan_meier(case["time"], case["event"])
    assert found.times.tolist() == case["times"]
    assert found.at_risk.tolist() == case["at_risk"]
    assert found.survival == pytest.approx(case["survival"], abs=1e-12)
    proper = found.survival > 0
    assert found.se[proper] == pytest.approx(numbers(case["se"])[proper], rel=1e-10)
    # R gives the limit 1 before the first event; here there is none
    moved = (found.survival < 1) & (found.survival > 0)
    for (low, high), names in (
        (found.limits(), ("low", "high")),
        (found.limits(0.9, "plain"), ("low_plain_90", "high_plain_90")),
    ):
        assert low[moved] == pytest.approx(numbers(case[names[0]])[moved], abs=1e-10)
        assert high[moved] == pytest.approx(numbers(case[names[1]])[moved], abs=1e-10)
        assert np.isnan(low[~moved]).all()
        assert np.isnan(high[~moved]).all()


@pytest.mark.parametrize("case", R["curves"], ids=by_id)
def test_risks_at_a_horizon_are_those_of_r(case):
    found = survival.kaplan_meier(case["time"], case["event"])
    for at, s, low, high, n in zip(
        case["at"], case["at_survival"], case["at_low"], case["at_high"], case["at_n"], strict=True
    ):
        risk = found.risk(at)
        assert (risk.risk, risk.low, risk.high) == pytest.approx(
            (1 - s, 1 - high, 1 - low), abs=1e-10
        )
        assert risk.at_risk == n


@pytest.mark.parametrize("case", R["curves"], ids=by_id)
def test_quantiles_and_their_limits_are_those_of_r(case):
    found = survival.kaplan_meier(case["time"], case["event"])
    for k, share in enumerate((0.25, 0.5)):
        whole = lambda name: numbers(case[name], math.inf)[k]  # noqa: B023, E731
        q = found.quantile(share)
        assert (q.time, q.low, q.high) == (
            whole("quantile"), whole("quantile_low"), whole("quantile_high")
        )  # fmt: skip
        q = found.quantile(share, 0.9, "plain")
        assert (q.low, q.high) == (whole("quantile_low_plain_90"), whole("quantile_high_plain_90"))


@pytest.mark.parametrize("case", R["log_rank"], ids=by_id)
def test_the_log_rank_test_is_that_of_r(case):
    found = survival.log_rank(case["time"], case["event"], case["group"])
    assert found.observed == pytest.approx(case["observed"])
    assert found.expected == pytest.approx(case["expected"], rel=1e-10)
    assert found.df == case["df"]
    assert (found.statistic, found.p) == pytest.approx((case["statistic"], case["p"]), rel=1e-8)


@pytest.mark.parametrize("case", R["cox"], ids=by_id)
def test_hazard_ratios_are_those_of_r(case):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # lifelines on pandas 3 is silenced, nothing is printed
        found = survival.cox(case["time"], case["event"], np.array(case["x"]))
    assert found.coefficients == pytest.approx(case["coefficients"], rel=1e-8)
    for ours, theirs in (
        (found.errors, "errors"), (found.p, "p"), (found.low, "low"), (found.high, "high"),
    ):  # fmt: skip
        assert ours == pytest.approx(np.atleast_1d(case[theirs]), rel=1e-8)
    assert (found.null_log_likelihood, found.log_likelihood) == pytest.approx(
        case["log_likelihood"], rel=1e-9
    )
    assert found.likelihood_ratio == pytest.approx(tuple(case["likelihood_ratio"]), rel=1e-8)
    assert found.concordance == pytest.approx(case["concordance"], abs=1e-10)


@pytest.mark.parametrize("transform", ["km", "identity", "log", "rank"])
@pytest.mark.parametrize("case", R["cox"], ids=by_id)
def test_proportional_hazards_are_tested_as_in_r(case, transform):
    found = survival.proportional_hazards(
        case["time"], case["event"], np.array(case["x"]), transform
    )
    table = np.array(case["zph"][transform])
    assert found.statistic == pytest.approx(table[:-1, 0], rel=1e-8, abs=2e-9)
    assert found.p == pytest.approx(table[:-1, 2], rel=1e-8)
    assert (found.global_statistic, found.global_df, found.global_p) == pytest.approx(
        tuple(table[-1]), rel=1e-8, abs=2e-9
    )


def test_hazards_too_far_apart_for_numbers_are_refused_and_nothing_is_printed():
    t, d = np.arange(1.0, 9), np.array([1, 1, 0, 1, 1, 0, 1, 1])
    x = np.array([1, 2, 3, 1, 2, 3, 2, 1.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(EstimateError, match="underflow"):
            survival._efron(t, d == 1, x[:, None], np.array([2000.0]))
        survival.log_rank(t, d, x > 1)
        survival.proportional_hazards(t, d, x)


def test_the_order_and_the_unit_of_time_change_nothing():
    case = R["cox"][1]
    rng = np.random.default_rng(5)
    order = rng.permutation(len(case["time"]))
    t, d, x = (np.array(case[k])[order] for k in ("time", "event", "x"))
    found = survival.proportional_hazards(t * 7, d, x * 3, "identity")
    assert found.statistic == pytest.approx(np.array(case["zph"]["identity"])[:-1, 0], rel=1e-8)


# --- a horizon ---

# five patients: events at 1 and 4, lost at 2 and 3, followed to 5; markers by hand
FIVE = {"time": [1, 2, 3, 4, 5], "event": [1, 0, 0, 1, 0]}


def test_five_patients_by_hand():
    found = survival.status_at(**FIVE, horizon=4.5)
    assert (found.event, found.event_free, found.unknown, found.patients) == (2, 1, 2, 5)
    assert found.share_of_all == pytest.approx(2 / 5)
    assert found.share_of_known == pytest.approx(2 / 3)
    assert found.share_if_all_lost_had_it == pytest.approx(4 / 5)
    assert found.kaplan_meier.risk == pytest.approx(1 - (4 / 5) * (1 / 2))
    assert found.lost_events_for(0.6) == pytest.approx(1)
    w = survival.censoring_weights(**FIVE, horizon=4.5)
    # of four under observation one is lost at 2, of three one at 3: G = 3/4, then 1/2
    assert w.weight == pytest.approx([1, 0, 0, 2, 2])
    found = survival.accuracy_at(**FIVE, positive=[1, 0, 1, 0, 0], horizon=4.5)
    assert (found.sensitivity, found.specificity) == pytest.approx((1 / 3, 1))
    # markers of the cases 3 (weight 1) and 2 (weight 2), of the one control 2: a win and a tie
    area = survival.auc_at(**FIVE, marker=[3, 9, 9, 2, 2], horizon=4.5)
    assert area == pytest.approx((1 * 1 + 2 * 0.5) / 3)


def test_what_happens_at_the_horizon_itself():
    found = survival.status_at([4, 4, 5, 3], [1, 0, 0, 0], horizon=4)
    assert (found.event, found.event_free, found.unknown) == (1, 2, 1)
    # a patient lost at the time of an event was still at risk of it
    w = survival.censoring_weights([2, 2, 3, 4], [1, 0, 1, 0], 4)
    assert w.weight == pytest.approx([1, 0, 1.5, 1.5])


@pytest.mark.parametrize("case", PEER["cases"], ids=by_id)
def test_the_area_at_a_horizon_is_that_of_scikit_survival(case):
    for horizon, wanted in zip(case["horizons"], case["auc"], strict=True):
        found = survival.auc_at(case["time"], case["event"], case["marker"], horizon)
        assert found == pytest.approx(wanted, abs=1e-10)


def test_weights_of_cases_and_controls_are_the_kaplan_meier_shares():
    rng = np.random.default_rng(6)
    used = 0
    for _ in range(150):
        n = int(rng.integers(4, 40))
        t, d = rng.integers(1, 9, n), rng.integers(0, 2, n)
        horizon = float(rng.choice([2, 3, 3.5, 5]))
        try:
            w = survival.censoring_weights(t, d, horizon)
        except EstimateError:
            continue
        used += 1
        km = survival.kaplan_meier(t, d).survival_at(horizon)
        assert w.weight[w.case].sum() / n == pytest.approx(1 - km)
        assert w.weight[w.control].sum() / n == pytest.approx(km)
        # the area of a yes-or-no rule is the mean of its sensitivity and specificity
        rule = rng.integers(0, 2, n)
        found = survival.accuracy_at(t, d, rule, horizon)
        area = survival.auc_at(t, d, rule, horizon)
        assert area == pytest.approx((found.sensitivity + found.specificity) / 2)
        # no story of the lost leaves the Kaplan-Meier risk outside
        status = survival.status_at(t, d, horizon)
        low, high = status.share_of_all, status.share_if_all_lost_had_it
        assert low - 1e-12 <= status.kaplan_meier.risk <= high + 1e-12
    assert used > 100


def test_without_loss_everything_is_a_plain_share():
    t, d = np.array([1, 2, 3, 9, 9, 9, 9.0]), np.array([1, 1, 1, 0, 0, 0, 0])
    rule, marker = np.array([1, 1, 0, 0, 0, 1, 0]), np.array([5, 4, 1, 1, 2, 3, 0.0])
    found = survival.accuracy_at(t, d, rule, 5)
    assert (found.sensitivity, found.specificity) == pytest.approx((2 / 3, 3 / 4))
    from analysis.estimate import roc

    assert survival.auc_at(t, d, marker, 5) == pytest.approx(
        roc.areas(marker[d == 1], marker[d == 0]).auc[0]
    )
    status = survival.status_at(t, d, 5)
    assert status.unknown == 0
    assert status.share_of_all == pytest.approx(status.kaplan_meier.risk)


def test_weighting_undoes_what_loss_does():
    # the rule is right in 70 % and 60 %; loss takes half of those with a late event or none
    rng = np.random.default_rng(7)
    n = 40000
    t = rng.exponential(10, n)
    had = t <= 5
    rule = np.where(had, rng.uniform(size=n) < 0.5 + 0.4 * (t < 2.5), rng.uniform(size=n) < 0.4)
    c = rng.exponential(8, n)
    true = rule[had].mean(), (~rule)[~had].mean()
    time, event = np.minimum(t, c), (t <= c).astype(int)
    found = survival.accuracy_at(time, event, rule, 5)
    assert (found.sensitivity, found.specificity) == pytest.approx(true, abs=0.015)
    naive = survival.lost_patients(time, event, rule, 5).left_out
    assert naive.sensitivity - true[0] > 0.015


def test_stories_of_the_lost_bound_every_story():
    rng = np.random.default_rng(8)
    for _ in range(60):
        n = 9
        t, d, rule = rng.integers(1, 6, n), rng.integers(0, 2, n), rng.integers(0, 2, n)
        found = survival.lost_patients(t, d, rule, 3)
        case = (d == 1) & (t <= 3)
        control = ~case & (t >= 3)
        lost = np.flatnonzero(~case & ~control)
        for story in range(2 ** len(lost)):
            had = case.copy()
            had[lost] = [(story >> k) & 1 for k in range(len(lost))]
            if had.any() and not had.all():
                sensitivity, specificity = rule[had].mean(), (1 - rule)[~had].mean()
                if not math.isnan(found.as_the_rule_says.sensitivity):
                    assert sensitivity <= found.as_the_rule_says.sensitivity + 1e-12
                if not math.isnan(found.against_the_rule.sensitivity):
                    assert sensitivity >= found.against_the_rule.sensitivity - 1e-12
                if not math.isnan(found.as_the_rule_says.specificity):
                    assert specificity <= found.as_the_rule_says.specificity + 1e-12
                if not math.isnan(found.against_the_rule.specificity):
                    assert specificity >= found.against_the_rule.specificity - 1e-12


def test_the_bootstrap_repeats_and_covers():
    case = PEER["cases"][1]
    data = case["time"], case["event"], case["marker"], case["horizons"][1]
    found = survival.bootstrap_auc_at(*data, np.random.default_rng(1), 300)
    assert found == survival.bootstrap_auc_at(*data, np.random.default_rng(1), 300)
    assert found.low < found.value == survival.auc_at(*data) < found.high
    narrow = survival.bootstrap_auc_at(*data, np.random.default_rng(1), 300, 0.5)
    assert found.low < narrow.low < narrow.high < found.high
    with pytest.raises(EstimateError, match="too many resamples"):
        survival.bootstrap_auc_at([1, 2, 9], [1, 0, 0], [1, 2, 3], 5, np.random.default_rng(1), 50)
    with pytest.raises(EstimateError, match="two resamples"):
        survival.bootstrap_auc_at(*data, np.random.default_rng(1), 1)


def test_limits_of_a_rule_without_loss_are_those_of_two_shares():
    state = np.repeat([1, 1, 0, 0], [60, 40, 30, 120])
    rule = np.repeat([1, 0, 1, 0], [60, 40, 30, 120])
    time = np.where(state == 1, 2.0, 9.0)
    found = survival.bootstrap_accuracy_at(time, state, rule, 5, np.random.default_rng(2), 1500)
    for one, share, n in zip(found, (0.6, 0.8), (100, 150), strict=True):
        assert one.value == pytest.approx(share)
        reach = 1.96 * math.sqrt(share * (1 - share) / n)
        assert (one.low, one.high) == pytest.approx((share - reach, share + reach), abs=0.012)


@pytest.mark.parametrize("case", DCURVES["at_horizon"], ids=by_id)
def test_net_benefit_at_a_horizon_is_that_of_dcurves(case):
    data = np.array(case["time"]), np.array(case["event"])
    for threshold, wanted in zip(case["thresholds"], case["net_benefit_risk"], strict=True):
        rule = np.array(case["risk"]) >= threshold
        found = survival.rule_at(*data, rule, case["horizon"]).net_benefit(threshold)[0]
        assert found[0] == pytest.approx(wanted, abs=1e-10)


def test_a_rule_at_a_horizon_is_two_curves():
    t, d, rule = (np.array(a) for a in ([1, 2, 3, 4, 5, 6], [1, 0, 1, 0, 1, 0], [1, 1, 1, 0, 0, 0]))
    found = survival.rule_at(t, d, rule, 3)
    assert (found.positive.risk, found.negative.risk) == (1, 0)
    found = survival.rule_at(t, d, rule, 2.5)
    assert found.positive.risk == pytest.approx(1 / 3)
    difference, se = found.difference
    assert difference == pytest.approx(1 / 3)
    assert se == pytest.approx(math.sqrt(2 / 27))  # a share of one in three
    # share positive one half, threshold one half: 1/2 (1/3 − 2/3), and 1/6 − 5/6
    assert found.net_benefit(0.5)[0] == pytest.approx([-1 / 6])
    assert found.net_benefit(0.5)[1] == pytest.approx([-2 / 3])
    with pytest.raises(EstimateError, match="the same of every patient"):
        survival.rule_at(t, d, np.ones(6), 3)
    with pytest.raises(EstimateError, match="ends at 3"):
        survival.rule_at(t, [1, 1, 0, 0, 1, 0], rule, 4)
    with pytest.raises(EstimateError, match="threshold"):
        found.net_benefit(1)


# --- what has no estimate ---


@pytest.mark.parametrize(
    ("t", "d", "words"),
    [
        ([], [], "every patient"),
        ([1, 2], [1], "every patient"),
        ([1, math.nan], [1, 0], "finite"),
        ([1, math.inf], [1, 0], "finite"),
        ([1, -1], [1, 0], "below zero"),
        ([1, 2], [1, 2], "censored"),
        ([1, 2], [1, math.nan], "censored"),
    ],
)
def test_no_follow_up_is_refused(t, d, words):
    for estimate in (
        lambda: survival.kaplan_meier(t, d),
        lambda: survival.status_at(t, d, 1),
        lambda: survival.log_rank(t, d, t),
        lambda: survival.cox(t, d, t),
        lambda: survival.lost_patients(t, d, d, 1),
    ):
        with pytest.raises(EstimateError, match=words):
            estimate()


def test_a_horizon_beyond_the_follow_up_is_refused():
    found = survival.kaplan_meier([1, 2, 3], [1, 0, 0])
    with pytest.raises(EstimateError, match="ends at 3"):
        found.risk(3.1)
    for horizon in (0, math.nan, math.inf):
        with pytest.raises(EstimateError, match="horizon"):
            found.risk(horizon)
    done = survival.kaplan_meier([1, 2, 3], [1, 0, 1]).risk(10)
    assert (done.risk, done.at_risk) == (1, 0)
    assert math.isnan(done.low)
    early = survival.kaplan_meier([2, 3], [1, 0]).risk(1)
    assert (early.risk, early.at_risk) == (0, 2)
    assert math.isnan(early.high)
    assert found.quantile(0.5).time == math.inf
    assert found.survival_at([0, 1, 3]) == pytest.approx([1, 2 / 3, 2 / 3])
    assert np.isnan(found.survival_at(3.1))
    with pytest.raises(EstimateError, match="interval"):
        found.limits(interval="log")
    with pytest.raises(EstimateError, match="confidence"):
        found.limits(1)
    with pytest.raises(EstimateError, match="share"):
        found.quantile(1)


def test_one_patient_has_a_curve():
    found = survival.kaplan_meier([2], [1])
    assert found.survival.tolist() == [0]
    assert found.quantile().time == 2
    assert math.isinf(survival.kaplan_meier([2], [0]).quantile().time)


@pytest.mark.parametrize(
    ("t", "d", "x", "words"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 0], [4, 3, 2, 1], "no finite fit"),
        ([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0], "no finite fit"),  # with a tie
        ([1, 2, 3, 4], [0, 0, 1, 1], [1, 2, 0, 0], "no finite fit"),  # alike when it happens
        ([1, 2, 3, 4], [0, 0, 0, 1], [1, 2, 3, 4], "no finite fit"),  # one patient at risk
        ([1, 2, 3, 4], [1, 1, 1, 0], [1, 1, 1, 1], "the same in every patient"),
        ([1, 2, 3, 4], [0, 0, 0, 0], [1, 2, 1, 2], "no patient had the event"),
        ([1, 2, 3, 4], [1, 1, 1, 0], [[1, 2], [3, 6], [2, 4], [5, 10]], "sum of the others"),
        ([1, 2, 3, 4], [1, 1, 1, 0], [1, math.nan, 2, 3], "every predictor"),
        ([1, 2, 3, 4], [1, 1, 1, 0], [1, 2, 3], "every predictor"),
    ],
)
def test_what_has_no_hazard_ratio_is_refused(t, d, x, words):
    with pytest.raises(EstimateError, match=words):
        survival.cox(t, d, x)
    with pytest.raises(EstimateError, match=words):
        survival.proportional_hazards(t, d, x)


def test_a_fit_is_refused_just_when_the_likelihood_has_no_top():
    # one predictor: the log partial likelihood far out on either side against its middle
    rng = np.random.default_rng(9)
    seen = {True: 0, False: 0}
    for _ in range(90):
        n = 6
        t, d, x = rng.permutation(n), rng.integers(0, 2, n), rng.integers(0, 3, n)
        if not d.any() or np.ptp(x) == 0:
            continue

        def slope(b, t=t, d=d, x=x):
            total = 0.0
            for i in np.flatnonzero(d):
                here = x[t >= t[i]]
                w = np.exp(b * (here - here.max() if b > 0 else here - here.min()))
                total += x[i] - np.average(here, weights=w)
            return total

        open_ended = slope(40.0) > -1e-9 or slope(-40.0) < 1e-9
        try:
            survival._cox_input(t, d, x)  # what cox() refuses, without the fit
            refused = False
        except EstimateError:
            refused = True
        seen[refused] += 1
        assert refused == open_ended
    assert min(seen.values()) > 20


@pytest.mark.parametrize(
    ("t", "d", "g", "words"),
    [
        ([1, 2, 3], [1, 1, 0], [1, 1, 1], "two are needed"),
        ([1, 2, 3], [0, 0, 0], [1, 2, 1], "no patient"),
        ([1, 2, 3, 4], [0, 0, 1, 1], [1, 1, 2, 2], "while two groups"),
        ([1, 2, 3, 4], [0, 1, 1, 1], [3, 1, 2, 2], "not under observation"),
        ([1, 2, 3], [1, 1, 0], [1, 2], "needs a group"),
        ([1, 2, 3], [1, 1, 0], [1, 2, math.nan], "needs a group"),
    ],
)
def test_groups_that_cannot_be_compared_are_refused(t, d, g, words):
    with pytest.raises(EstimateError, match=words):
        survival.log_rank(t, d, g)


@pytest.mark.parametrize(
    ("marker", "horizon", "words"),
    [
        ([1, 2, 3, 4, math.nan], 4.5, "finite value"),
        ([1, 2, 3], 4.5, "finite value"),
        ([1, 2, 3, 4, 5], 0.5, "both are needed"),
        ([1, 2, 3, 4, 5], 6, "both are needed"),
    ],
)
def test_no_area_at_a_horizon_is_refused(marker, horizon, words):
    with pytest.raises(EstimateError, match=words):
        survival.auc_at(**FIVE, marker=marker, horizon=horizon)


def test_a_rule_is_a_yes_or_no():
    with pytest.raises(EstimateError, match="yes or no"):
        survival.accuracy_at(**FIVE, positive=[1, 2, 0, 0, 1], horizon=4.5)
    with pytest.raises(EstimateError, match="logarithm"):
        survival.proportional_hazards(
            [0, 1, 2, 3, 4, 5], [1, 1, 1, 0, 1, 0], [1, 2, 1, 2, 2, 1], "log"
        )
    with pytest.raises(EstimateError, match="no transform"):
        survival.proportional_hazards([1, 2, 3, 4], [1, 1, 1, 0], [1, 2, 1, 2], "square")


def test_without_two_patients_in_order_there_is_no_concordance():
    # every event at one time, and nobody is seen longer than that
    time = np.array([5.0] * 6 + [1.0, 2.0, 3.0, 4.0])
    event = np.array([1.0] * 6 + [0.0] * 4)
    marker = np.array([1.0, 4, 2, 6, 3, 5, 2, 7, 1, 3])
    assert math.isnan(survival.cox(time, event, marker).concordance)
    # with one more, who is seen longer, there are six pairs
    more = survival.cox(np.append(time, 9), np.append(event, 0), np.append(marker, 2))
    assert more.coefficients[0] > 0
    assert more.concordance == pytest.approx((4 + 0.5) / 6)
