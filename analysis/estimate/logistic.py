"""Logistic regression of a yes-or-no state by maximum likelihood."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special

from analysis.estimate import batched
from analysis.estimate.roc import EstimateError
from analysis.estimate.separation import separated

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """`coefficients` and their standard `errors` (log odds per unit), shape (k + 1,), the
    constant first; `fitted`: risks, shape (n,); `log_likelihood` of the fit; `covariance`:
    shape (k + 1, k + 1), the inverse of Fisher's information."""

    coefficients: Floats
    errors: Floats
    fitted: Floats
    log_likelihood: float
    covariance: Floats

    @property
    def ratios(self) -> Floats:
        """Odds ratios per unit of each predictor, shape (k,), without the constant."""
        return np.exp(self.coefficients[1:])

    @property
    def p(self) -> Floats:
        """Two-sided P of each coefficient by Wald's z, shape (k + 1,)."""
        return 2 * special.ndtr(-np.abs(self.coefficients / self.errors))

    def interval(self, confidence: float = 0.95) -> Floats:
        """Wald's intervals of the coefficients, shape (k + 1, 2)."""
        away = special.ndtri((1 + _level(confidence)) / 2) * self.errors
        return np.column_stack([self.coefficients - away, self.coefficients + away])


@dataclass(frozen=True, slots=True)
class Profile:
    """Likelihood-ratio inference for each coefficient, the constant first.

    `interval`: shape (k + 1, 2); `chi2`: twice the loss of log likelihood without the
    coefficient, shape (k + 1,); `p`: its P on one degree of freedom.
    """

    coefficients: Floats
    interval: Floats
    chi2: Floats
    p: Floats


def fit(state: ArrayLike, predictors: ArrayLike) -> Fit:
    """Fit log odds = b0 + b·x with statsmodels, a constant included.

    `state`: shape (n,), zero or one; `predictors`: shape (n, k) or (n,), any units (they are
    scaled inside, the coefficients are per unit).  Raises :class:`EstimateError` if a sum of
    predictors tells the states apart, wholly or but for ties (no finite maximum: Albert and
    Anderson 1984), if predictors repeat each other, or if the states are not both there.
    """
    import statsmodels.api as sm

    y, x = patients(state, predictors)
    design, centre, scale = standardised(x)
    if separated(y, design):
        raise EstimateError("the predictors separate the two states, so there is no finite fit.")
    model = sm.Logit(y, design)
    found = _newton(model, None)
    if found is None:
        # whole steps leap away in heavy tails: from where halved ones have arrived
        start, ones = np.zeros((1, design.shape[1])), np.ones((1, len(y)))
        batched.newton(design, y[None], ones, start, np.array([True]), 500)
        found = _newton(model, start[0])
    if found is None:
        raise EstimateError("the fit has not converged.")
    back = to_units(centre, scale)
    covariance = back @ np.asarray(found.cov_params()) @ back.T
    return Fit(
        back @ np.asarray(found.params), np.sqrt(np.diag(covariance)),
        special.expit(design @ np.asarray(found.params)), float(found.llf), covariance,
    )  # fmt: skip


def _newton(model, start: Floats | None):
    """statsmodels' fit from `start`, or from zero; None unless its likelihood is level there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # told by the slope
        try:
            found = model.fit(start, method="newton", maxiter=100, tol=1e-13, disp=0)
        except np.linalg.LinAlgError:
            return None
        b = np.asarray(found.params)
        if not np.isfinite(b).all() or not np.isfinite(np.asarray(found.cov_params())).all():
            return None
        slope = np.asarray(model.score(b))
    # the squared distance to the maximum, in standard errors
    return found if slope @ np.asarray(found.cov_params()) @ slope < 1e-12 else None


def patients(state: ArrayLike, predictors: ArrayLike) -> tuple[Floats, Floats]:
    """The state, shape (n,), and the predictors, shape (n, k).

    Raises :class:`EstimateError` unless both states occur and every value is finite."""
    y, x = np.asarray(state, dtype=float), np.asarray(predictors, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if x.shape[0] != len(y) or not np.isfinite(x).all():
        raise EstimateError("every patient needs a finite value of every predictor.")
    if not np.isin(y, (0, 1)).all() or not len(y) or y.min() == y.max():
        raise EstimateError("the state must be zero or one, and both must occur.")
    return y, x


def standardised(x: Floats) -> tuple[Floats, Floats, Floats]:
    """A constant beside the predictors with mean 0 and SD 1, shape (n, k + 1); the means and
    the SDs.  Raises :class:`EstimateError` for predictors that repeat each other."""
    centre, scale = x.mean(axis=0), x.std(axis=0)
    if (x == x[0]).all(axis=0).any():
        raise EstimateError("a predictor is the same in every patient.")
    design = np.column_stack([np.ones(len(x)), (x - centre) / scale])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise EstimateError("a predictor is a sum of the others.")
    return design, centre, scale


def to_units(centre: Floats, scale: Floats) -> Floats:
    """The matrix that turns coefficients of standardised predictors into those per unit."""
    back = np.diag(np.concatenate([[1.0], 1 / scale]))
    back[0, 1:] = -centre / scale
    return back


def _level(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise EstimateError("the confidence lies between zero and one.")
    return confidence


def profile(state: ArrayLike, predictors: ArrayLike, confidence: float = 0.95) -> Profile:
    """Profile-likelihood intervals and likelihood-ratio P of every coefficient.

    A bound is the value of the coefficient at which the largest likelihood that the others can
    give has fallen by half a chi-square quantile with one degree of freedom (Venzon and
    Moolgavkar 1988).  Arguments and errors as in :func:`fit`.
    """
    whole = fit(state, predictors)
    y, x = patients(state, predictors)
    design, _, scale = standardised(x)
    drop = special.chdtri(1, 1 - _level(confidence))
    k = len(scale)
    interval, chi2 = np.empty((k + 1, 2)), np.empty(k + 1)
    odds = whole.coefficients[0] + x @ whole.coefficients[1:]
    units = np.concatenate([[1.0], scale])
    # the constant keeps its meaning, the risk where predictors are 0, if they are not centred
    plain = np.column_stack([np.ones(len(y)), x / scale])
    for j in range(k + 1):
        columns = design if j else plain
        interval[j], chi2[j] = _one_profile(whole, odds, y, columns, units, j, drop)
    return Profile(whole.coefficients, interval, chi2, special.chdtrc(1, chi2))


def _one_profile(
    whole: Fit, odds: Floats, y: Floats, columns: Floats, units: Floats, j: int, drop: float
) -> tuple[Floats, float]:
    """The bounds of coefficient `j` and its likelihood ratio; `columns` times `units` are the
    predictors, perhaps less a constant."""
    value, error = whole.coefficients[j] * units[j], whole.errors[j] * units[j]
    others, own = np.delete(columns, j, axis=1), columns[:, j]
    ones, root = np.ones((1, len(y))), np.sqrt(whole.fitted * (1 - whole.fitted))
    # where the others are, and where they go to first when this one moves
    best = np.linalg.lstsq(others, odds - value * own)[0]
    slope = -np.linalg.lstsq(root[:, None] * others, root * own)[0]

    def lost(v: float) -> float:
        for start in (best + (v - value) * slope, best, 0 * best):
            beta = start[None].copy()
            try:
                arrived = batched.newton(
                    others, y[None], ones, beta, np.array([True]), 500, v * own
                )
            except np.linalg.LinAlgError:
                continue
            if len(arrived):
                found = batched.log_likelihood(beta @ others.T + v * own, y[None], ones)
                return max(2 * (whole.log_likelihood - float(found[0])), 0.0)
        raise EstimateError("a fit with one coefficient held has not converged.")

    bounds = np.empty(2)
    for side, sign in enumerate((-1, 1)):
        # the root of the loss is nearly a straight line
        far = value + sign * math.sqrt(drop) * error
        for _ in range(60):
            if lost(far) > drop:
                break
            far = value + 2 * (far - value)
        else:
            raise EstimateError("a likelihood does not fall within reach of its interval.")
        bounds[side] = optimize.brentq(
            lambda v: math.sqrt(lost(v)) - math.sqrt(drop), value, far,
            xtol=1e-12 * error, rtol=1e-14,
        )  # fmt: skip
    return bounds / units[j], lost(0.0)


def bend(state: ArrayLike, marker: ArrayLike) -> tuple[float, float]:
    """The coefficient of the squared marker beside the marker itself, in a logistic fit, and
    its standard error; the marker in units of its own standard deviation.

    Zero means that the log odds rise in a straight line.  `state`, `marker`: shape (n,).
    """
    x = patients(state, marker)[1][:, 0]
    if (x == x[0]).all():
        raise EstimateError("the marker is the same in every patient.")
    z = (x - x.mean()) / x.std(ddof=1)
    found = fit(state, np.column_stack([z, z**2]))
    return float(found.coefficients[2]), float(found.errors[2])
