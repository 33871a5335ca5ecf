"""Risk ratios beside other predictors: from a Poisson model, or averaged over patients from a
logistic one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from analysis.estimate import logistic
from analysis.estimate.roc import EstimateError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LogLinear:
    """`coefficients` (log risk per unit), their `errors` from the model and `robust` errors, shape
    (k + 1,), the constant first; `fitted`: shape (n,), above one where the model leaves the
    risks."""

    coefficients: Floats
    errors: Floats
    robust: Floats
    fitted: Floats

    @property
    def ratios(self) -> Floats:
        """Risk ratios per unit of each predictor, shape (k,), without the constant."""
        return np.exp(self.coefficients[1:])


def log_linear(state: ArrayLike, predictors: ArrayLike) -> LogLinear:
    """Fit log risk = b0 + b·x as if the yes-or-no state were a Poisson count (Zou 2004), with
    statsmodels, a constant included; the robust errors are the sandwich without a correction for
    small samples (HC0).

    `state`: shape (n,), zero or one; `predictors`: shape (n, k) or (n,), any units.  Raises
    :class:`EstimateError` for predictors that repeat each other or the constant, for states that
    are not both there, and where the fit has no finite maximum.
    """
    import statsmodels.api as sm

    y, x = _checked(state, predictors)
    scale = np.abs(x).max(axis=0)
    if (np.ptp(x, axis=0) == 0).any():
        raise EstimateError("a predictor is the same in every patient.")
    design = np.column_stack([np.ones(len(y)), x / scale])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise EstimateError("a predictor is a sum of the others.")
    if _falls_without_end(y, design):
        raise EstimateError("some predictors occur without the event only: there is no finite fit.")
    model = sm.GLM(y, design, family=sm.families.Poisson())
    found = model.fit(maxiter=200, tol=1e-14)
    if not found.converged:
        raise EstimateError("the fit of the Poisson model did not converge.")
    back = np.concatenate([[1.0], 1 / scale])
    bread = np.asarray(found.cov_params())
    scores = design * (y - np.asarray(found.mu))[:, None]
    sandwich = bread @ (scores.T @ scores) @ bread
    return LogLinear(
        back * np.asarray(found.params), back * np.sqrt(np.diag(bread)),
        back * np.sqrt(np.diag(sandwich)), np.asarray(found.mu),
    )  # fmt: skip


def _falls_without_end(state: Floats, design: Floats) -> bool:
    """Whether some b leaves the risks of all patients with the event as they are and lowers others'
    only (Santos Silva and Tenreyro 2010), decided by a linear programme."""
    with_it, others = design[state == 1], design[state == 0]
    answer = optimize.linprog(
        others.sum(axis=0), A_ub=others, b_ub=np.zeros(len(others)),
        A_eq=with_it, b_eq=np.zeros(len(with_it)), bounds=(-1, 1), method="highs",
    )  # fmt: skip
    return bool(answer.fun < -1e-7 * len(state))


@dataclass(frozen=True, slots=True)
class Standardised:
    """Mean risks of some patients if all of them, and if none of them, had a feature; everything
    else as it is in them."""

    with_it: float
    without: float

    @property
    def ratio(self) -> float:
        """The risk ratio of the two."""
        return self.with_it / self.without

    @property
    def difference(self) -> float:
        """Their difference."""
        return self.with_it - self.without


def standardised(
    state: ArrayLike, predictors: ArrayLike, feature: int, among: ArrayLike | None = None
) -> Standardised:
    """Average the risks of a logistic fit over patients, with one feature set to one and to zero
    (Zou 2009; also called marginal standardisation).

    `state`: shape (n,), zero or one; `predictors`: shape (n, k), in column `feature` (counted from
    zero) zero or one; `among`: shape (n,), which patients to average over, by default all.  Raises
    as :func:`analysis.estimate.logistic.fit`, and if nobody is chosen.
    """
    y, x = _checked(state, predictors)
    if not 0 <= feature < x.shape[1] or not np.isin(x[:, feature], (0, 1)).all():
        raise EstimateError("the feature is a column of zeros and ones.")
    chosen = np.ones(len(y), dtype=bool) if among is None else np.asarray(among, dtype=bool)
    if chosen.shape != y.shape or not chosen.any():
        raise EstimateError("there is nobody to average over.")
    b = logistic.fit(y, x).coefficients

    def mean_risk(value: float) -> float:
        own = x[chosen].copy()
        own[:, feature] = value
        return float((1 / (1 + np.exp(-(b[0] + own @ b[1:])))).mean())

    return Standardised(mean_risk(1.0), mean_risk(0.0))


def _checked(state: ArrayLike, predictors: ArrayLike) -> tuple[Floats, Floats]:
    y, x = np.asarray(state, dtype=float), np.asarray(predictors, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if y.ndim != 1 or x.ndim != 2 or x.shape[0] != len(y) or not np.isfinite(x).all():
        raise EstimateError("every patient needs a finite value of every predictor.")
    if not np.isin(y, (0, 1)).all() or y.min() == y.max():
        raise EstimateError("the state must be zero or one, and both must occur.")
    return y, x
