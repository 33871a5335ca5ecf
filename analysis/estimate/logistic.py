"""Logistic regression of a yes-or-no state by maximum likelihood, and how well it fits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from analysis.estimate.roc import EstimateError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """`coefficients` and their standard `errors` (log odds per unit), shape (k + 1,), the
    constant first; `fitted`: risks, shape (n,); `log_likelihood` of the fit."""

    coefficients: Floats
    errors: Floats
    fitted: Floats
    log_likelihood: float

    @property
    def ratios(self) -> Floats:
        """Odds ratios per unit of each predictor, shape (k,), without the constant."""
        return np.exp(self.coefficients[1:])


def fit(state: ArrayLike, predictors: ArrayLike) -> Fit:
    """Fit log odds = b0 + b·x with statsmodels, a constant included.

    `state`: shape (n,), zero or one; `predictors`: shape (n, k) or (n,), any units (they are
    scaled inside, the coefficients are per unit).  Raises :class:`EstimateError` if a sum of
    predictors tells the states apart, wholly or but for ties (no finite maximum: Albert and
    Anderson 1984), if predictors repeat each other, or if the states are not both there.
    """
    import statsmodels.api as sm

    y, x = np.asarray(state, dtype=float), np.asarray(predictors, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if x.shape[0] != len(y) or not np.isfinite(x).all():
        raise EstimateError("every patient needs a finite value of every predictor.")
    if not np.isin(y, (0, 1)).all() or y.min() == y.max():
        raise EstimateError("the state must be zero or one, and both must occur.")
    centre, scale = x.mean(axis=0), x.std(axis=0)
    if (scale == 0).any():
        raise EstimateError("a predictor is the same in every patient.")
    design = np.column_stack([np.ones(len(y)), (x - centre) / scale])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        raise EstimateError("a predictor is a sum of the others.")
    if separated(y, design):
        raise EstimateError("the predictors separate the two states, so there is no finite fit.")
    found = sm.Logit(y, design).fit(method="newton", maxiter=100, tol=1e-13, disp=0)
    back = np.diag(np.concatenate([[1.0], 1 / scale]))
    back[0, 1:] = -centre / scale
    covariance = back @ np.asarray(found.cov_params()) @ back.T
    return Fit(
        back @ np.asarray(found.params), np.sqrt(np.diag(covariance)),
        np.asarray(found.predict()), float(found.llf),
    )  # fmt: skip


def separated(state: Floats, design: Floats) -> bool:
    """Whether some b ≠ 0 has design·b ≥ 0 for all with the state and ≤ 0 for all without,
    not all zero: complete or quasi-complete separation, decided by a linear programme."""
    signed = (2 * state - 1)[:, None] * design
    answer = optimize.linprog(
        -signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(state)), bounds=(-1, 1),
        method="highs",
    )  # fmt: skip
    return bool(-answer.fun > 1e-7 * len(state))


@dataclass(frozen=True, slots=True)
class Tenths:
    """Patients in classes of rising fitted risk: `expected` and `observed` shares, `sizes`."""

    expected: Floats
    observed: Floats
    sizes: NDArray[np.int64]

    @property
    def largest_gap(self) -> float:
        """The largest distance between an observed and an expected share."""
        return float(np.abs(self.observed - self.expected).max())


def tenths(state: ArrayLike, fitted: ArrayLike, classes: int = 10) -> Tenths:
    """Observed against fitted risk in classes of nearly equal size (Hosmer and Lemeshow 1980).

    `state`, `fitted`: shape (n,).  Raises :class:`EstimateError` for fewer patients than
    classes.  Equal risks stay in the order of the patients.
    """
    y, risk = np.asarray(state, dtype=float), np.asarray(fitted, dtype=float)
    if len(y) < classes:
        raise EstimateError(f"{len(y)} patients are fewer than {classes} classes.")
    pieces = np.array_split(np.argsort(risk, kind="stable"), classes)
    return Tenths(
        np.array([risk[piece].mean() for piece in pieces]),
        np.array([y[piece].mean() for piece in pieces]),
        np.array([len(piece) for piece in pieces]),
    )


def bend(state: ArrayLike, marker: ArrayLike) -> tuple[float, float]:
    """The coefficient of the squared marker beside the marker itself, in a logistic fit, and
    its standard error; the marker in units of its own standard deviation.

    Zero means that the log odds rise in a straight line.  `state`, `marker`: shape (n,).
    """
    x = np.asarray(marker, dtype=float)
    z = (x - x.mean()) / x.std(ddof=1)
    found = fit(state, np.column_stack([z, z**2]))
    return float(found.coefficients[2]), float(found.errors[2])
