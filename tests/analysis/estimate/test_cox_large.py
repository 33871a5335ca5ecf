"""The Cox model of many patients gives what the one of few gives."""

import numpy as np
import pytest

from analysis.estimate import survival
from analysis.estimate.cox_large import cox_and_test
from analysis.estimate.roc import EstimateError


def patients(n: int, seed: int, unit: float):
    rng = np.random.default_rng(seed)
    x = np.column_stack([rng.normal(50, 9, n), rng.integers(0, 2, n), rng.exponential(3, n)])
    hazard = np.exp(0.03 * x[:, 0] + 0.5 * x[:, 1] - 2)
    t, c = rng.exponential(1 / hazard), rng.exponential(1.5, n)
    # coarse units make ties
    return np.ceil(np.minimum(t, c) / unit) * unit, (t <= c).astype(float), x


@pytest.mark.parametrize(("n", "seed", "unit"), [(60, 1, 0.25), (300, 2, 0.01), (500, 3, 0.2)])
def test_fit_and_test_are_those_of_the_small_one(n, seed, unit):
    t, d, x = patients(n, seed, unit)
    fit, test = cox_and_test(t, d, x)
    known = survival.cox(t, d, x)
    for name in ("coefficients", "errors", "low", "high", "p", "log_likelihood"):
        np.testing.assert_allclose(getattr(fit, name), getattr(known, name), rtol=1e-7, atol=1e-12)
    assert fit.null_log_likelihood == pytest.approx(known.null_log_likelihood)
    holds = survival.proportional_hazards(t, d, x)
    np.testing.assert_allclose(test.statistic, holds.statistic, rtol=1e-6)
    assert test.global_p == pytest.approx(holds.global_p, rel=1e-6)


def test_no_finite_fit_is_refused():
    t = np.arange(1.0, 21.0)
    with pytest.raises(EstimateError):
        cox_and_test(t, np.ones(20), -t)
    with pytest.raises(EstimateError, match="same in every patient"):
        cox_and_test(t, np.ones(20), np.ones(20))
    with pytest.raises(EstimateError, match="no patient"):
        cox_and_test(t, np.zeros(20), t)


def test_many_patients_converge_and_agree_with_lifelines():
    import pandas as pd
    from lifelines import CoxPHFitter

    t, d, x = patients(60_000, 4, 0.001)
    fit, _ = cox_and_test(t, d, x)
    table = pd.DataFrame(x, columns=["a", "b", "c"]).assign(t=t, d=d)
    with survival._lifelines_on_pandas_3():
        known = CoxPHFitter().fit(table, "t", "d")
    np.testing.assert_allclose(fit.coefficients, known.params_, rtol=1e-4)
    np.testing.assert_allclose(fit.errors, known.standard_errors_, rtol=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_a_long_tail_does_not_make_the_steps_leap(seed, monkeypatch):
    from analysis.estimate import cox_large

    rng = np.random.default_rng(seed)
    x = np.exp(rng.normal(0, 1.2, 3000))
    t, c = rng.exponential(1 / (x + 0.01) ** 0.5), rng.exponential(2, 3000)
    t, d = np.ceil(np.minimum(t, c) * 20) / 20, (t <= c).astype(float)
    seen = []
    sums = cox_large._sums
    monkeypatch.setattr(cox_large, "_sums", lambda *a: seen.append(sums(*a)) or seen[-1])
    fit, _ = cox_and_test(t, d, x)
    likelihoods = np.array([s[0] for s in seen])
    # without halving, the second step is lower than the first and the fit goes to and fro
    assert (np.diff(likelihoods) >= -1e-9 * np.abs(likelihoods[1:])).all()
    assert len(seen) < 15
    known = survival.cox(t, d, x)
    np.testing.assert_allclose(fit.coefficients, known.coefficients, rtol=1e-6)
    np.testing.assert_allclose(fit.errors, known.errors, rtol=1e-6)
