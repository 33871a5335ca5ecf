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
_NEAR = 1e-9
_LARGEST_ERROR = 20.0  # of a coefficient per SD: beyond it the likelihood has no top in reach


@dataclass(frozen=True, slots=True)
class _Sorted:
    """Patients by falling time: predictors in SDs; of each death the place of its event time
    `at`, its share of its ties, and where its risk set ends."""

    x: Floats
    scale: Floats
    deaths: NDArray[np.int64]
    at: NDArray[np.int64]
    times: Floats
    share: Floats
    last: NDArray[np.int64]


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
    x = np.ascontiguousarray(((x - x.mean(axis=0)) / scale)[order])
    deaths = np.flatnonzero(d)
    times, at, ties = np.unique(t[deaths], return_inverse=True, return_counts=True)
    first = np.cumsum(ties) - ties
    rank = np.empty(len(deaths), dtype=np.int64)
    rank[np.argsort(at, kind="stable")] = np.arange(len(deaths))
    share = (rank - first[at]) / ties[at]
    last = np.searchsorted(-t, -times, side="right") - 1
    return _Sorted(x, scale, deaths, at, times, share, last)


def _sums(s: _Sorted, b: Floats, g: Floats | None):
    """Log partial likelihood (Efron), score and information; with `g`, which has one value a
    death, also score and information weighted by it, and the information by it twice."""
    k = s.x.shape[1]
    height = s.x @ b
    top = height.max()
    weight = np.exp(height - top)
    m = len(s.times)

    def of(values: Floats) -> Floats:
        """Sums over the risk set of each death, less its share of the ties."""
        whole = np.cumsum(values)[s.last]
        dead = np.bincount(s.at, values[s.deaths], m)
        return whole[s.at] - s.share * dead[s.at]

    mass = of(weight)
    if not (mass > 0).all():
        raise EstimateError("the predictors are too far apart for the fit: hazards underflow.")
    likelihood = float((height[s.deaths] - top).sum() - np.log(mass).sum())
    weighted = [weight * s.x[:, j] for j in range(k)]
    means = [of(w) / mass for w in weighted]
    residual = np.column_stack([s.x[s.deaths, j] - means[j] for j in range(k)])
    plain, mixed, squared = (np.empty((k, k)) for _ in range(3))
    for i in range(k):
        for j in range(i + 1):
            spread = of(weighted[i] * s.x[:, j]) / mass - means[i] * means[j]
            plain[i, j] = plain[j, i] = spread.sum()
            if g is not None:
                mixed[i, j] = mixed[j, i] = g @ spread
                squared[i, j] = squared[j, i] = (g * g) @ spread
    tilted = None if g is None else g @ residual
    return likelihood, residual.sum(axis=0), tilted, plain, mixed, squared


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
    z, k = normal_quantile(confidence), s.x.shape[1]
    survival = kaplan_meier(time, event).survival_at(s.times, before=True)
    g = (1 - survival)[s.at]
    g = g - g.mean()
    b = np.zeros(k)
    null = None
    for _ in range(_STEPS):
        likelihood, score, _, plain, _, _ = _sums(s, b, None)
        null = likelihood if null is None else null
        if np.linalg.cond(plain) > 1e11:
            raise EstimateError("a predictor is a sum of the others, or the fit has no top.")
        step = np.linalg.solve(plain, score)
        # a long step may leap over the top
        b = b + step / max(1.0, float(np.abs(step).max()))
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
