"""The Cox model of very many patients: the fit and the test of proportional hazards of
:mod:`analysis.estimate.survival` from sums, without a matrix a patient.

Sums over risk sets are made one pair of predictors at a time, so that memory grows with the
number of patients alone.  Whether a finite maximum exists is not decided by a linear programme
here: the fit is refused unless Newton's method arrives with every error small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from analysis.estimate.roc import EstimateError, normal_quantile
from analysis.estimate.survival import CoxFit, ProportionalHazards, kaplan_meier

Floats = NDArray[np.float64]
_STEPS = 30
_HALVINGS = 20
_NEAR = 1e-9
_LARGEST_ERROR = 20.0  # of a coefficient per SD: beyond it the likelihood has no top in reach


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Patients by falling time: predictors in SDs, a row each, shape (k, n).  Of the m times of
    deaths, also falling: where the patients who join its risk set begin (`joins`), how many are in
    the last one (`n`), where its deaths begin among the `deaths`.  Of each death: the place of its
    time `at` and its share of its ties."""

    x: Floats
    scale: Floats
    times: Floats
    joins: NDArray[np.int64]
    n: int
    deaths: NDArray[np.int64]
    first: NDArray[np.int64]
    at: NDArray[np.int64]
    share: Floats


def _sort(time: ArrayLike, event: ArrayLike, predictors: ArrayLike) -> _Sorted:
    t, d = np.asarray(time, dtype=float), np.asarray(event, dtype=float)
    x = np.asarray(predictors, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if t.shape != d.shape or t.ndim != 1 or len(x) != len(t) or not np.isfinite(x).all():
        raise EstimateError("every patient needs a time, an event and a value of each predictor.")
    if not (np.isfinite(t).all() and (t >= 0).all() and np.isin(d, (0, 1)).all()):
        raise EstimateError("times are zero or more, and the event is one or zero.")
    if not d.any():
        raise EstimateError("no patient had the event.")
    scale = x.std(axis=0)
    if (np.ptp(x, axis=0) == 0).any():
        raise EstimateError("a predictor is the same in every patient.")
    order = np.argsort(-t, kind="stable")
    t, d = t[order], d[order] == 1
    x = np.ascontiguousarray((((x - x.mean(axis=0)) / scale)[order]).T)
    deaths = np.flatnonzero(d)
    fall, first, at, ties = np.unique(
        -t[deaths], return_index=True, return_inverse=True, return_counts=True
    )
    share = (np.arange(len(deaths)) - first[at]) / ties[at]
    ends = np.searchsorted(-t, fall, side="right")
    joins = np.concatenate([[0], ends[:-1]])
    return _Sorted(x, scale, -fall, joins, int(ends[-1]), deaths, first, at, share)


def _over_risk_sets(s: _Sorted, values: Floats) -> tuple[Floats, Floats]:
    """Sums over the risk set of each time, and over those who die at it."""
    whole = np.cumsum(np.add.reduceat(values[: s.n], s.joins))
    return whole, np.add.reduceat(values[s.deaths], s.first)


def _masses(s: _Sorted, b: Floats) -> tuple[Floats, Floats, float]:
    """Hazards but for a factor, their sum over the risk set of each death less its share of its
    ties, and the log partial likelihood, which is -inf where hazards underflow."""
    height = b @ s.x
    top = height.max()
    weight = np.exp(height - top)
    whole, dead = _over_risk_sets(s, weight)
    mass = whole[s.at] - s.share * dead[s.at]
    if not (mass > 0).all():
        return weight, mass, -np.inf
    return weight, mass, float((height[s.deaths] - top).sum() - np.log(mass).sum())


def _sums(s: _Sorted, b: Floats, g: Floats | None):
    """Log partial likelihood (Efron), score and information; with `g`, which has one value a
    time, also score and information weighted by it, and the information by it twice.

    A mean over the risk set of a death is (whole - share * dead) / mass: sums over the deaths of
    one time need the sums of 1 / mass, of share / mass, and of their products alone.
    """
    k, m = len(s.x), len(s.times)
    weight, mass, likelihood = _masses(s, b)
    if not np.isfinite(likelihood):
        raise EstimateError("the predictors are too far apart for the fit: hazards underflow.")
    once, shared = 1 / mass, s.share / mass
    r1, s1, r2, rs, s2 = (
        np.add.reduceat(v, s.first)
        for v in (once, shared, once * once, once * shared, shared * shared)
    )
    weighted = [weight * row for row in s.x]
    whole, dead = (
        np.array(v) for v in zip(*(_over_risk_sets(s, w) for w in weighted), strict=True)
    )
    observed = np.array([np.add.reduceat(row[s.deaths], s.first) for row in s.x])
    residual = observed - (whole * r1 - dead * s1)
    plain, mixed, squared = (np.empty((k, k)) for _ in range(3))
    weights = np.ones((3, m)) if g is None else np.array([np.ones(m), g, g * g])
    for i in range(k):
        for j in range(i + 1):
            both, died = _over_risk_sets(s, weighted[i] * s.x[j])
            spread = both * r1 - died * s1 - (
                whole[i] * whole[j] * r2
                - (whole[i] * dead[j] + whole[j] * dead[i]) * rs
                + dead[i] * dead[j] * s2
            )  # fmt: skip
            for matrix, value in zip((plain, mixed, squared), weights @ spread, strict=True):
                matrix[i, j] = matrix[j, i] = value
    tilted = None if g is None else residual @ g
    return likelihood, residual.sum(axis=1), tilted, plain, mixed, squared


def _climb(s: _Sorted, b: Floats, step: Floats, likelihood: float) -> Floats:
    """The coefficients after a step, halved until the likelihood does not fall: a long step may
    leap over the top, and back again the next time."""
    step = step / max(1.0, float(np.abs(step).max()))
    for _ in range(_HALVINGS):
        # rounding alone may make it fall at the top
        if _masses(s, b + step)[2] >= likelihood - 1e-12 * abs(likelihood):
            return b + step
        step = step / 2
    return b + step


def cox_and_test(
    time: ArrayLike, event: ArrayLike, predictors: ArrayLike, confidence: float = 0.95
) -> tuple[CoxFit, ProportionalHazards]:
    """Proportional hazards (Cox 1972; ties after Efron 1977) and their score test (Grambsch and
    Therneau 1994, with the Kaplan-Meier transform), as :func:`~analysis.estimate.survival.cox`
    and :func:`~analysis.estimate.survival.proportional_hazards` give them; the concordance is
    NaN.

    `time`: shape (n,), zero or more; `event`: (n,), one or zero; `predictors`: (n, k) or (n,).
    Raises :class:`EstimateError` if there is no fit in reach, or a predictor does not vary.
    """
    s = _sort(time, event, predictors)
    z, k = normal_quantile(confidence), len(s.x)
    g = 1 - kaplan_meier(time, event).survival_at(s.times, before=True)
    g = g - g[s.at].mean()
    b = np.zeros(k)
    null = None
    for _ in range(_STEPS):
        likelihood, score, _, plain, _, _ = _sums(s, b, None)
        null = likelihood if null is None else null
        if np.linalg.cond(plain) > 1e11:
            raise EstimateError("a predictor is a sum of the others, or the fit has no top.")
        step = np.linalg.solve(plain, score)
        b = _climb(s, b, step, likelihood)
        # squared, in standard errors: the step leaves an error of about its own square; with very
        # many patients the sums themselves are no more exact than this
        if float(score @ step) < _NEAR:
            break
    else:
        raise EstimateError("the fit does not converge.")
    likelihood, _, tilted, plain, mixed, squared = _sums(s, b, g)
    error = np.sqrt(np.diag(np.linalg.inv(plain)))
    if error.max() > _LARGEST_ERROR:
        raise EstimateError("there is no finite fit in reach.")
    beta, se = b / s.scale, error / s.scale
    fit = CoxFit(
        beta, se, np.exp(beta), np.exp(beta - z * se), np.exp(beta + z * se),
        2 * special.ndtr(-np.abs(beta / se)), likelihood, float(null), float("nan"),
    )  # fmt: skip
    information = squared - mixed @ np.linalg.solve(plain, mixed)
    alone = np.array([
        tilted[j] ** 2 / (squared[j, j] - mixed[j] @ np.linalg.solve(plain, mixed[:, j]))
        for j in range(k)
    ])  # fmt: skip
    together = float(tilted @ np.linalg.solve(information, tilted))
    test = ProportionalHazards(
        alone, stats.chi2.sf(alone, 1), together, k, float(stats.chi2.sf(together, k))
    )
    return fit, test
