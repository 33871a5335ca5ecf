"""Whole patients behind printed coefficients: their fits are those of statsmodels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm

import regression_papers as rp
from analysis.compatible import whole
from analysis.compatible.certificate import EVERYTHING, Problem
from analysis.printed import Interval

FAMILIES = {
    "logit": sm.families.Binomial(),
    "log": sm.families.Poisson(),
    "probit": sm.families.Binomial(sm.families.links.Probit()),
    "cloglog": sm.families.Binomial(sm.families.links.CLogLog()),
}


def counts(name, columns):
    """Counts by pattern of two or more predictors of a real data set."""
    frame = rp.case(name).frame
    code = (frame[columns].to_numpy() @ (1 << np.arange(len(columns))[::-1])).astype(int)
    y = frame.y.to_numpy()
    return [np.bincount(code[y == s], minlength=2 ** len(columns)) for s in (1, 0)]


def problem(link, events, others, slopes=None):
    k = int(np.log2(len(events)))
    made = Problem(
        link, int(events.sum()), int(others.sum()), tuple(f"x{j}" for j in range(k)),
        *((Interval(Fraction(0), Fraction(10_000)),) * k,) * 2,
        slopes or (Interval(Fraction(-9), Fraction(9)),) * k, EVERYTHING,
    )  # fmt: skip
    x = np.array(made.patterns)
    margins = [tuple(Interval.point(int(v)) for v in x.T @ c) for c in (events, others)]
    return replace(made, events=margins[0], others=margins[1])


def of_statsmodels(link, x, events, others):
    """One row a patient: a Poisson outcome has no totals."""
    rows = np.repeat(np.vstack([x, x]), np.r_[events, others], axis=0)
    y = np.repeat([1.0, 0.0], [events.sum(), others.sum()])
    return sm.GLM(y, sm.add_constant(rows), family=FAMILIES[link]).fit(tol=1e-13, maxiter=200)


@pytest.mark.parametrize("link", FAMILIES)
@pytest.mark.parametrize("codes", [(0, 1), (1, 2), (-1, 1), (1, 0)])
def test_a_refit_is_that_of_statsmodels(link, codes):
    events, others = counts("MASS::birthwt", ["smoke", "ht", "ptd"])
    asked = problem(link, events, others)
    fitted = whole.refit(asked, events, others)
    values, errors = whole.as_printed(asked, fitted, [codes] * 3, events, others)
    x = np.where(np.array(asked.patterns) == 1, codes[1], codes[0])
    found = of_statsmodels(link, x, events, others)
    assert values == pytest.approx(found.params, rel=1e-7, abs=1e-8)
    assert errors == pytest.approx(found.bse, rel=1e-5)


def test_separated_patients_have_no_fit():
    events, others = np.array([5, 0]), np.array([0, 5])
    assert whole.refit(problem("logit", events, others), events, others) is None


def test_other_margins_are_noticed():
    events, others = counts("MASS::birthwt", ["smoke", "ht"])
    asked = problem("logit", events, others)
    assert whole.within_margins(asked, events, others)
    moved = events + np.array([1, -1, 0, 0])
    assert not whole.within_margins(asked, moved, others)
    assert not whole.within_margins(asked, events + 1, others)
