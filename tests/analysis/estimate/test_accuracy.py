"""Shares with intervals against R, and how often the intervals cover."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from scipy import stats

from analysis.estimate import accuracy
from analysis.estimate.roc import EstimateError
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "cutoff.json").read_text(encoding="utf-8"))
METHODS = ["wilson", "clopper-pearson", "jeffreys"]


def ends(found: accuracy.Share) -> tuple[float, float]:
    return found.low, found.high


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "case", R["shares"], ids=lambda c: f"{c['count']} of {c['of']} at {c['level']}"
)
def test_intervals_of_a_share_are_those_of_r(case, method):
    found = accuracy.share(case["count"], case["of"], case["level"], method)
    assert (found.value, found.level) == (case["count"] / case["of"], case["level"])
    assert ends(found) == pytest.approx(case[method], abs=1e-9)


@pytest.mark.parametrize(("method", "least"), [("clopper-pearson", 0.95), ("wilson", 0.83)])
def test_intervals_cover_over_all_counts(method, least):
    """Summed over the binomial distribution: Clopper-Pearson never under 95 %; Wilson on
    average near it (Brown, Cai and DasGupta 2001)."""
    n = 30
    found = [accuracy.share(k, n, method=method) for k in range(n + 1)]
    p = np.linspace(0.01, 0.99, 197)[:, None]
    inside = np.array([(s.low <= p[:, 0]) & (p[:, 0] <= s.high) for s in found]).T
    coverage = (stats.binom.pmf(np.arange(n + 1), n, p) * inside).sum(axis=1)
    assert coverage.min() >= least
    assert coverage.mean() == pytest.approx(0.95 if method == "wilson" else 0.97, abs=0.01)


@pytest.mark.parametrize("method", METHODS[:2])
def test_a_share_lies_in_its_interval(method):
    for n in (1, 3, 17, 272):
        for k in (0, 1, n // 2, n):
            found = accuracy.share(k, n, method=method)
            assert 0 <= found.low <= found.value <= found.high <= 1


@pytest.mark.parametrize("case", R["predictive"], ids=str)
def test_predictive_values_are_those_of_a_numerical_delta_method(case):
    found = accuracy.Table(*case["table"])
    for name in ("ppv", "npv"):
        for adjusted in (False, True):
            ours = getattr(found, f"{name}_at")(case["prevalence"], adjusted=adjusted)
            theirs = case[f"{name}_adjusted" if adjusted else name]
            assert [ours.value, ours.low, ours.high] == pytest.approx(theirs, rel=1e-7)


def test_predictive_values_at_the_cohort_s_own_prevalence_are_its_shares():
    found = accuracy.Table(75, 37, 46, 114)
    assert found.ppv_at(112 / 272).value == pytest.approx(found.ppv().value)
    assert found.npv_at(112 / 272).value == pytest.approx(found.npv().value)


def test_the_logit_interval_covers_the_predictive_value():
    """Over all tables of 60 and 80 patients, sensitivity 0.7, specificity 0.75, prevalence 0.1:
    PPV = 0.07 / 0.295."""
    a, b = stats.binom.pmf(np.arange(61), 60, 0.7), stats.binom.pmf(np.arange(81), 80, 0.75)
    covered = 0.0
    for tp in range(25, 60):
        for tn in range(40, 80):
            found = accuracy.Table(tp, 60 - tp, 80 - tn, tn).ppv_at(0.1)
            covered += a[tp] * b[tn] * (found.low <= 0.07 / 0.295 <= found.high)
    assert covered == pytest.approx(0.95, abs=0.01)


def test_the_table_counts_as_scikit_learn_does():
    from sklearn.metrics import confusion_matrix

    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 9, 20).astype(float), rng.integers(0, 9, 30).astype(float)
    truth, values = np.repeat([1, 0], [20, 30]), np.concatenate([x, y])
    for direction, called in (("higher", values >= 4), ("lower", values <= 4)):
        tn, fp, fn, tp = confusion_matrix(truth, called).ravel().tolist()
        found = accuracy.table(x, y, 4, direction=direction)
        assert found == accuracy.Table(tp, fn, fp, tn)
        assert found.sensitivity().value == tp / 20
        assert found.specificity().value == tn / 30
        assert found.ppv().value == tp / (tp + fp)
        assert found.npv().value == tn / (tn + fn)


def test_everybody_is_called_at_an_infinite_cut():
    assert accuracy.table([1.0], [2.0], -math.inf, direction="higher") == accuracy.Table(1, 0, 1, 0)
    assert accuracy.table([1.0], [2.0], -math.inf, direction="lower") == accuracy.Table(0, 1, 0, 1)


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (lambda: accuracy.share(0, 0), "no share"),
        (lambda: accuracy.share(3, 2), "no share"),
        (lambda: accuracy.share(-1, 2), "no share"),
        (lambda: accuracy.share(1, 2, 95), "coverage"),
        (lambda: accuracy.share(1, 2, method="wald"), "method"),
        (lambda: accuracy.Table(0, 9, 0, 9).ppv(), "no share"),
        (lambda: accuracy.Table(0, 9, 3, 9).ppv_at(0.1), "true and false positives"),
        (lambda: accuracy.Table(5, 4, 0, 9).ppv_at(0.1), "true and false positives"),
        (lambda: accuracy.Table(9, 0, 3, 9).npv_at(0.1), "true and false negatives"),
        (lambda: accuracy.Table(9, 1, 9, 0).npv_at(0.1), "true and false negatives"),
        (lambda: accuracy.Table(9, 1, 3, 9).npv_at(1), "prevalence"),
        (lambda: accuracy.Table(9, 1, 3, 9).ppv_at(math.nan), "prevalence"),
        (lambda: accuracy.Table(0, 0, 3, 9).ppv_at(0.1, adjusted=True), "one in each"),
        (lambda: accuracy.table([], [1.0], 1, direction="higher"), "one in each"),
        (lambda: accuracy.table([1.0], [1.0], math.nan, direction="higher"), "not a number"),
        (lambda: accuracy.table([1.0], [1.0], 1, direction="up"), "direction"),
    ],
)
def test_what_has_no_share_is_refused(work, words):
    with pytest.raises(EstimateError, match=words):
        work()


def test_the_adjusted_interval_exists_where_the_plain_one_does_not():
    found = accuracy.Table(9, 0, 0, 9)
    for work in (found.ppv_at, found.npv_at):
        ours = work(0.2, adjusted=True)
        assert 0 < ours.low < ours.value < ours.high < 1
