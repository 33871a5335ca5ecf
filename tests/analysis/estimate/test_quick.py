"""The quick logistic fit against R's glm and against the fit of the library."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from analysis.estimate import logistic, quick
from analysis.estimate.roc import EstimateError
from tests.analysis.estimate.oracle import read

R, MORE = read("delong"), read("logistic")


@pytest.mark.parametrize("case", R["logistic"], ids=lambda c: c["id"])
def test_a_fit_is_that_of_r(case):
    found = quick.fit(case["y"], np.array(case["x"]))
    assert found.coefficients == pytest.approx(case["coefficients"], rel=1e-8)
    assert found.errors == pytest.approx(case["errors"], rel=1e-7)
    assert found.fitted == pytest.approx(case["fitted"], rel=1e-7)
    assert found.log_likelihood == pytest.approx(case["log_likelihood"], rel=1e-10)


@pytest.mark.parametrize("case", MORE["ordinary"].values(), ids=MORE["ordinary"])
def test_covariance_and_wald_are_those_of_r(case):
    found = quick.fit(case["y"], case["x"])
    for row, wanted in zip(found.covariance, case["covariance"], strict=True):
        assert row == pytest.approx(wanted, rel=1e-7)
    assert found.p == pytest.approx(case["wald_p"], rel=1e-7)


def test_it_is_the_fit_of_the_library():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(300, 3)) * [1, 50, 0.01] + [0, 900, 5]
    y = rng.random(300) < 1 / (1 + np.exp(-(x[:, 1] - 900) / 50))
    ours, known = quick.fit(y, x), logistic.fit(y, x)
    for name in ("coefficients", "errors", "fitted", "covariance", "p", "ratios"):
        assert getattr(ours, name) == pytest.approx(getattr(known, name), rel=1e-7, abs=1e-12)
    assert quick.fit(y, x[:, 1]).coefficients == pytest.approx(
        logistic.fit(y, x[:, 1]).coefficients, rel=1e-8
    )


@pytest.mark.parametrize("seed", [2, 3])
def test_where_whole_steps_leap_away_the_library_finds_it(seed):
    rng = np.random.default_rng(seed)
    x = rng.standard_cauchy((40, 2)) ** 3  # tails so heavy that steps overshoot
    y = (rng.random(40) < 0.5).astype(float)
    assert quick._newton(logistic.standardised(x)[0], y) is None
    ours, known = quick.fit(y, x), logistic.fit(y, x)
    assert ours.coefficients == pytest.approx(known.coefficients, rel=1e-6)


REFUSED = {
    "separated": ([0, 0, 1, 1], [1, 2, 3, 4]),
    "one state": ([1, 1, 1], [1, 2, 4]),
    "not a state": ([0, 2, 1], [1, 2, 4]),
    "the same in all": ([0, 1, 0, 1], [5, 5, 5, 5]),
    "a sum": ([0, 1, 1, 0], [[1, 2], [2, 4], [3, 6], [4, 8]]),
    "not finite": ([0, 1, 1], [1, np.nan, 2]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_refuses_what_the_library_refuses(case):
    for module in (logistic, quick):
        with pytest.raises(EstimateError):
            module.fit(*REFUSED[case])


def test_it_needs_no_statsmodels():
    code = (
        "import sys; from analysis.estimate.quick import fit; fit([0, 1, 0, 1], [1, 2, 3, 2]); "
        "sys.exit('statsmodels' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
