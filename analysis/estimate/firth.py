"""Firth's logistic regression: finite where the states are separated, less biased elsewhere."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate.logistic import patients, standardised, to_units
from analysis.estimate.roc import EstimateError
from analysis.estimate.separation import separated

Floats = NDArray[np.float64]

# Where the penalised likelihood counts as level, predictors in SDs.  Near the maximum the last
# digits of the likelihood hide whether a step has raised it, and firthmodels gives up: then the
# next tolerance.  The likelihood itself errs by the square of these.
_SLOPES = (1e-10, 1e-8, 1e-6)
_STEPS = 60


@dataclass(frozen=True, slots=True)
class FirthFit:
    """`coefficients` (log odds per unit, the constant first) and Wald's `errors`, shape
    (k + 1,); of the predictors alone `interval`: profile intervals of the penalised likelihood,
    shape (k, 2), and `p`: of penalised likelihood ratios, shape (k,); `fitted`: risks, shape (n,);
    `log_likelihood`: penalised, without a part that only the units decide; `separated`:
    whether ordinary maximum likelihood has no finite fit of these patients."""

    coefficients: Floats
    errors: Floats
    interval: Floats
    p: Floats
    fitted: Floats
    log_likelihood: float
    separated: bool

    @property
    def ratios(self) -> Floats:
        """Odds ratios per unit of each predictor, shape (k,), without the constant."""
        return np.exp(self.coefficients[1:])


def firth(state: ArrayLike, predictors: ArrayLike, confidence: float = 0.95) -> FirthFit:
    """Fit log odds = b0 + b·x by the likelihood times Jeffreys' prior (Firth 1993; Heinze and
    Schemper 2002), with firthmodels.

    `state`: shape (n,), zero or one; `predictors`: shape (n, k) or (n,), any units.  The fitted
    risks do not add up to the events: they lean to one half.  Raises :class:`EstimateError`
    if predictors repeat each other, the states are not both there, or a fit does not converge.
    """
    if not 0 < confidence < 1:
        raise EstimateError("the confidence lies between zero and one.")
    y, x = patients(state, predictors)
    design, centre, scale = standardised(x)
    model = _model(design[:, 1:], y)
    alpha = 1 - confidence
    interval, p = _inference(model, alpha, len(scale))
    back = to_units(centre, scale)
    b = np.concatenate([[model.intercept_], model.coef_])
    fitted = special.expit(design @ b)
    covariance = np.linalg.inv((design * (fitted * (1 - fitted))[:, None]).T @ design)
    return FirthFit(
        back @ b, np.sqrt(np.diag(back @ covariance @ back.T)), interval / scale[:, None], p,
        fitted, float(model.loglik_), separated(y, design),
    )  # fmt: skip


def firth_coefficients(state: Floats, predictors: Floats) -> Floats:
    """Coefficients alone, shape (k + 1,), the constant first; as :func:`firth`."""
    y, x = patients(state, predictors)
    design, centre, scale = standardised(x)
    model = _model(design[:, 1:], y)
    return to_units(centre, scale) @ np.concatenate([[model.intercept_], model.coef_])


def _model(x: Floats, y: Floats):
    from firthmodels import FirthLogisticRegression

    for slope in _SLOPES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # told by converged_
            model = FirthLogisticRegression(
                backend="numpy", max_iter=_STEPS, gtol=slope, xtol=slope
            ).fit(x, y)  # fmt: skip
        if model.converged_:
            return model
    raise EstimateError("Firth's fit has not converged.")


def _inference(model, alpha: float, k: int) -> tuple[Floats, Floats]:
    interval, p = np.full((k, 2), np.nan), np.full(k, np.nan)
    for i in range(k):
        for slope in _SLOPES:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # told by NaN
                if np.isnan(interval[i]).any():
                    interval[i] = model.conf_int(
                        alpha, method="pl", features=[i], max_iter=_STEPS, tol=slope
                    )[i]  # fmt: skip
                if np.isnan(p[i]):
                    model.set_params(gtol=slope, xtol=slope)
                    p[i] = model.lrt([i]).lrt_pvalues_[i]
    if not (np.isfinite(interval).all() and np.isfinite(p).all()):
        raise EstimateError("an interval of Firth's fit has not converged.")
    return interval, p
