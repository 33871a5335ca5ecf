"""One logistic fit in a millisecond: what :mod:`analysis.estimate.logistic` gives, for simulations
in a class that cannot wait for its statsmodels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import logistic
from analysis.estimate.batched import Floats, log_likelihood
from analysis.estimate.logistic import Fit

_STEPS = 12  # where predictors tell the states apart, log odds still grow by one a step


def fit(state: ArrayLike, predictors: ArrayLike) -> Fit:
    """Fit log odds = b0 + b·x by Newton's method, a constant included.

    `state`: shape (n,), zero or one; `predictors`: shape (n, k) or (n,), any units.  The answer
    has `coefficients`, `errors` and `p`, each of shape (k + 1,), the constant first.  What does
    not arrive at once goes to :func:`analysis.estimate.logistic.fit`, and is refused as there.
    """
    y, x = logistic.patients(state, predictors)
    design, centre, scale = logistic.standardised(x)
    b = _newton(design, y)
    if b is None:
        return logistic.fit(y, x)
    eta, back = design @ b, logistic.to_units(centre, scale)
    covariance = back @ np.linalg.inv(_information(design, special.expit(eta))) @ back.T
    return Fit(
        back @ b, np.sqrt(np.diag(covariance)), special.expit(eta),
        float(log_likelihood(eta, y, np.ones(len(y)))), covariance,
    )  # fmt: skip


def _newton(design: Floats, y: Floats) -> Floats | None:
    """The coefficients that whole steps from zero arrive at; None if they do not."""
    b = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        risk = special.expit(design @ b)
        try:
            step = np.linalg.solve(_information(design, risk), design.T @ (y - risk))
        except np.linalg.LinAlgError:
            return None
        b = b + step
        if (np.abs(design @ step) < 1e-7).all():  # the error left is of the order of the square
            return b
    return None


def _information(design: Floats, risk: Floats) -> Floats:
    """Fisher's information, shape (k + 1, k + 1)."""
    return (design.T * (risk * (1 - risk))) @ design
