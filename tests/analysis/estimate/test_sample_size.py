"""Numbers of patients against pmsampsize, R, and published examples."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from analysis.estimate import roc, sample_size
from analysis.estimate.roc import EstimateError
from tests.analysis.ledgers import ROOT

ORACLES = ROOT / "tests" / "oracles"
PEER = json.loads((ORACLES / "prediction_sample_size.json").read_text(encoding="utf-8"))
R = json.loads((ORACLES / "power.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", PEER["cases"], ids=lambda c: str(c["patients"]))
def test_the_three_criteria_are_those_of_pmsampsize(case):
    arguments = [case[k] for k in ("parameters", "prevalence", "cox_snell", "shrinkage")]
    found = sample_size.riley(*arguments)
    assert [found.shrinkage, found.optimism, found.overall_risk] == case["patients"]
    assert sample_size.largest_cox_snell(case["prevalence"]) == pytest.approx(
        case["largest"], rel=1e-12
    )
    if found.mean_error is None or found.mean_error <= case["total"]:  # the fourth is not theirs
        assert found.patients == case["total"]
        assert round(found.events_per_parameter, 2) == case["events_per_parameter"]


def test_published_examples():
    # Riley (2020): pre-eclampsia, 30 parameters, 5 % with the event, R² 0.05
    found = sample_size.riley(30, 0.05, 0.05)
    assert (found.overall_risk, found.mean_error, found.shrinkage) == (73, 544, 5249)
    assert (found.patients, found.events) == (5249, 263)
    assert round(found.events_per_parameter, 1) == 8.7
    # Riley (2019): Chagas disease
    assert sample_size.riley(24, 0.174, 0.288).shrinkage == 623


@pytest.mark.parametrize("case", PEER["areas"], ids=lambda c: str(c["auc"]))
def test_r2_from_an_area_is_what_a_million_simulated_patients_give(case):
    found = sample_size.cox_snell_from_auc(case["auc"], case["prevalence"])
    assert found == pytest.approx(case["cox_snell"], abs=1.5e-3)


def test_r2_from_an_area_is_that_of_a_fitted_model():
    # the share of patients exact, the marker at its quantiles: no error of simulation
    from scipy import optimize, stats

    def quantiles(n):
        return stats.norm.ppf((np.arange(n) + 0.5) / n)

    marker = np.concatenate([quantiles(160) + math.sqrt(2) * stats.norm.ppf(0.75), quantiles(640)])
    state = np.repeat([1, 0], [160, 640])
    fit = optimize.minimize(
        lambda b: np.logaddexp(0, -(2 * state - 1) * (b[0] + b[1] * marker)).sum(), [0.0, 0.0]
    )
    share = 0.2
    null = len(state) * (share * math.log(share) + (1 - share) * math.log(1 - share))
    r2 = 1 - math.exp(-2 * (-fit.fun - null) / len(state))
    assert sample_size.cox_snell_from_auc(0.75, share) == pytest.approx(r2, abs=1e-3)


def test_r2_from_an_area_has_its_ends_and_its_mirror():
    assert sample_size.cox_snell_from_auc(0.5, 0.3) == pytest.approx(0, abs=1e-10)
    assert sample_size.cox_snell_from_auc(0.5 + 1e-9, 0.3) == pytest.approx(0, abs=1e-10)
    assert sample_size.cox_snell_from_auc(1 - 1e-12, 0.3) == pytest.approx(
        sample_size.largest_cox_snell(0.3), abs=1e-6
    )
    for auc in (0.55, 0.7, 0.93):
        assert sample_size.cox_snell_from_auc(auc, 0.2) == pytest.approx(
            sample_size.cox_snell_from_auc(auc, 0.8), abs=1e-9
        )
    rising = [sample_size.cox_snell_from_auc(a, 0.4) for a in np.linspace(0.5, 0.999, 30)]
    assert (np.diff(rising) > 0).all()


def test_nagelkerkes_r2_is_a_share_of_the_largest():
    assert sample_size.largest_cox_snell(0.5) == pytest.approx(0.75)
    assert sample_size.cox_snell_from_nagelkerke(0.4, 0.5) == pytest.approx(0.3)


def test_what_patients_allow_is_what_they_were_asked_for():
    rng = np.random.default_rng(1)
    for _ in range(200):
        p, n = int(rng.integers(1, 40)), int(rng.integers(200, 5000))
        r2 = float(rng.uniform(0.02, 0.4))
        try:
            s = sample_size.expected_shrinkage(n, p, r2)
        except EstimateError:
            # even at its smallest the shrinkage asks for more
            continue
        assert r2 < s < 1
        assert sample_size.largest_parameters(n, r2, s) == pytest.approx(p, rel=1e-6)
        assert sample_size.expected_shrinkage(2 * n, p, r2) > s
    found = sample_size.riley(8, 0.41, 0.12)
    reached = sample_size.expected_shrinkage(found.shrinkage, 8, 0.12)
    assert 0.9 <= reached < 0.9005
    error = sample_size.expected_mean_error(found.mean_error, 8, 0.41)
    assert 0.0499 < error <= 0.05
    # the rarer state counts, whichever it is
    assert sample_size.patients_for_mean_error(8, 0.8) == sample_size.patients_for_mean_error(
        8, 0.2
    )


def test_noise_alone_is_shrunk_away():
    # the heuristic: the chi-square of p predictors of pure noise is p on average
    assert sample_size.heuristic_shrinkage(20, 5) == pytest.approx(0.75)
    assert sample_size.heuristic_shrinkage(5, 5) == 0
    assert sample_size.heuristic_shrinkage(4, 5) < 0


def test_rules_of_thumb():
    assert sample_size.events_per_variable(30, 200, 6) == 5
    assert sample_size.events_per_variable(170, 200, 6) == 5  # the rarer state counts
    assert sample_size.patients_for_events_per_variable(6, 0.3) == 200
    assert sample_size.patients_for_events_per_variable(6, 0.7, 5) == 100
    assert sample_size.patients_by_multiples(12) == (60, 120)
    assert sample_size.patients_by_multiples(12, (10, 20)) == (120, 240)


# --- areas ---


def test_an_area_of_one_half_has_the_error_of_the_rank_sum():
    # Wilcoxon's null variance: (n1 + n0 + 1) / (12 n1 n0)
    for n1, n0 in ((5, 9), (51, 58), (200, 30)):
        assert sample_size.auc_standard_error(0.5, n1, n0) == pytest.approx(
            math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
        )


def test_the_standard_error_of_an_area_is_that_of_exponential_markers():
    # q1 and q2 are exact for them; 2000 simulated studies
    rng = np.random.default_rng(2)
    n1, n0, auc = 25, 40, 0.75
    scale = auc / (1 - auc)  # P(scale X > Y) = scale / (1 + scale)
    found = [
        roc.areas(rng.exponential(scale, n1), rng.exponential(1, n0)).auc[0] for _ in range(2000)
    ]
    assert np.mean(found) == pytest.approx(auc, abs=0.005)
    assert np.std(found) == pytest.approx(sample_size.auc_standard_error(auc, n1, n0), rel=0.06)


def test_patients_for_an_area_are_just_enough():
    for auc, prevalence, half in ((0.6, 0.41, 0.05), (0.9, 0.1, 0.02), (0.75, 0.5, 0.4)):
        n = sample_size.patients_for_auc(auc, prevalence, half)

        def reach(n, auc=auc, prevalence=prevalence):
            return 1.959963984540054 * sample_size.auc_standard_error(
                auc, n * prevalence, n * (1 - prevalence)
            )

        assert reach(n) <= half
        if (n - 1) * min(prevalence, 1 - prevalence) >= 1:
            assert reach(n - 1) > half


# --- two shares ---


@pytest.mark.parametrize("row", R["powers"], ids=lambda r: f"{r['p1']}-{r['p0']}-{r['n1']}")
def test_power_is_that_of_r(row):
    data = row["p1"], row["p0"], row["n1"], row["n0"]
    assert sample_size.power_of_two_shares(*data) == pytest.approx(row["power"], abs=1e-10)
    assert sample_size.power_of_two_shares(*data, 0.01) == pytest.approx(row["power_01"], abs=1e-10)


@pytest.mark.parametrize("row", R["sizes"], ids=lambda r: f"{r['p1']}-{r['p0']}")
def test_patients_for_two_shares_are_those_of_r(row):
    for name, power, level in (("n_80", 0.8, 0.05), ("n_90_01", 0.9, 0.01)):
        wanted = math.ceil(row[name])
        assert sample_size.patients_for_two_shares(row["p1"], row["p0"], power, level) == (
            wanted, wanted,
        )  # fmt: skip


def test_unequal_groups_reach_the_power_too():
    n1, n0 = sample_size.patients_for_two_shares(0.5, 0.3, 0.8, 0.05, ratio=2)
    assert sample_size.power_of_two_shares(0.5, 0.3, n1, n0) >= 0.8
    assert sample_size.power_of_two_shares(0.5, 0.3, n1 - 1, n0 - 2) < 0.8
    assert sample_size.patients_for_two_shares(0.999, 0.001, 0.5, 0.4) == (1, 1)


# --- what is refused ---


@pytest.mark.parametrize(
    ("estimate", "words"),
    [
        (lambda: sample_size.riley(8, 0.4, 0.8), "between zero and 0.740"),
        (lambda: sample_size.riley(8, 0.4, 0), "between zero and"),
        (lambda: sample_size.riley(8, 0.4, math.nan), "between zero and"),
        (lambda: sample_size.riley(8, 0, 0.1), "prevalence"),
        (lambda: sample_size.riley(0, 0.4, 0.1), "whole number"),
        (lambda: sample_size.riley(2.5, 0.4, 0.1), "whole number"),
        (lambda: sample_size.riley(8, 0.4, 0.1, shrinkage=1), "shrinkage"),
        (lambda: sample_size.riley(8, 0.4, 0.1, shrinkage=0.05), "shrinkage"),
        (lambda: sample_size.riley(8, 0.4, 0.1, margin=0), "margin"),
        (lambda: sample_size.patients_for_mean_error(31, 0.4), "up to 30"),
        (lambda: sample_size.expected_mean_error(100, 31, 0.4), "up to 30"),
        (lambda: sample_size.expected_shrinkage(10, 400, 0.9), "no shrinkage"),
        (lambda: sample_size.largest_parameters(100, 0.95), "shrinkage"),
        (lambda: sample_size.heuristic_shrinkage(0, 4), "chi-square"),
        (lambda: sample_size.cox_snell_from_auc(0.4, 0.3), "turn the marker"),
        (lambda: sample_size.cox_snell_from_auc(1, 0.3), "below one"),
        (lambda: sample_size.cox_snell_from_nagelkerke(1.2, 0.3), "zero to one"),
        (lambda: sample_size.events_per_variable(11, 10, 2), "cannot be"),
        (lambda: sample_size.events_per_variable(math.nan, 10, 2), "cannot be"),
        (lambda: sample_size.events_per_variable(2.5, 10, 2), "cannot be"),
        (lambda: sample_size.events_per_variable(3, 10, 0), "whole number"),
        (lambda: sample_size.patients_for_events_per_variable(3, 0.2, -1), "above zero"),
        (lambda: sample_size.patients_by_multiples(3, (10, 5)), "in order"),
        (lambda: sample_size.auc_standard_error(1, 10, 10), "zero and one"),
        (lambda: sample_size.auc_standard_error(0.7, 0, 10), "are needed"),
        (lambda: sample_size.patients_for_auc(0.7, 0.3, 0), "half width"),
        (lambda: sample_size.power_of_two_shares(0.5, 0.3, 0, 10), "each group"),
        (lambda: sample_size.power_of_two_shares(0, 0.3, 10, 10), "share1"),
        (lambda: sample_size.patients_for_two_shares(0.3, 0.3), "told apart"),
        (lambda: sample_size.patients_for_two_shares(0.3, 0.4, 0.04), "no larger"),
        (lambda: sample_size.patients_for_two_shares(0.3, 0.4, ratio=0), "above zero"),
    ],
)
def test_what_has_no_number_is_refused(estimate, words):
    with pytest.raises(EstimateError, match=words):
        estimate()


def test_beyond_thirty_parameters_the_rule_for_the_mean_error_is_silent():
    assert sample_size.riley(31, 0.4, 0.1).mean_error is None
    assert sample_size.riley(30, 0.4, 0.1).mean_error is not None
