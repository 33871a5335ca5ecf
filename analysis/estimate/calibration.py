"""Whether predicted risks are the risks that are observed.

The model that made the risks is not known here: fitted to these very patients by maximum
likelihood its intercept is 0 and its slope is 1 whatever the risks are worth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate import batched
from analysis.estimate.roc import EstimateError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How observed risks follow the log odds L of the predicted ones (Cox 1958).

    `in_the_large`: a in log odds = a + L, 0 where the mean risk is right, with its standard
    error; `intercept`, `slope`: a and b in a + b·L fitted together, with standard errors; a
    slope under 1 is a spread of risks that is too wide.  `chi2`, `p`: likelihood ratio of
    (0, 1) against both, two degrees of freedom (Miller, Hui and Tierney 1991), not valid for
    the patients to whom the model was fitted.  `brier`: mean squared error of the risks;
    `scaled_brier`: 1 − brier/(q(1 − q)), q the share with the state.
    """

    in_the_large: float
    in_the_large_error: float
    intercept: float
    intercept_error: float
    slope: float
    slope_error: float
    chi2: float
    p: float
    brier: float
    scaled_brier: float


def calibration(state: ArrayLike, risk: ArrayLike) -> Calibration:
    """Intercepts, slope and Brier score of predicted risks.

    `state`: shape (n,), zero or one, both there; `risk`: shape (n,), over 0 and under 1.
    Raises :class:`EstimateError` also if all risks are the same, or tell the states apart so
    that no slope is finite.
    """
    y, risks = _patients(state, risk)
    odds = special.logit(risks)
    if (odds == odds[0]).all():
        raise EstimateError("all risks are the same, so there is no slope.")
    ones = np.ones((1, len(y)))
    both = batched.refit(odds[:, None], y[None], ones)
    if both.separated[0]:
        raise EstimateError("the risks separate the two states, so there is no finite slope.")
    if both.undetermined[0]:
        raise EstimateError("the risks are all but the same, so there is no slope.")
    shift, constant = np.zeros((1, 1)), np.ones((len(y), 1))
    chosen = np.array([True])
    if not len(batched.newton(constant, y[None], ones, shift, chosen, 500, odds)):
        raise EstimateError("the calibration in the large has not converged.")
    moved = special.expit(shift[0, 0] + odds)
    chi2 = 2 * (both.log_likelihoods[0] - batched.log_likelihood(odds, y, ones[0]))
    score, share = brier(y, risks), y.mean()
    (intercept, slope), (a, b) = both.coefficients[0], both.errors[0]
    return Calibration(
        float(shift[0, 0]), float((moved * (1 - moved)).sum() ** -0.5),
        float(intercept), float(a), float(slope), float(b),
        float(max(chi2, 0)), float(special.chdtrc(2, max(chi2, 0))),
        score, float(1 - score / (share * (1 - share))),
    )  # fmt: skip


def _patients(state: ArrayLike, risk: ArrayLike) -> tuple[Floats, Floats]:
    y, risks = np.asarray(state, dtype=float), np.asarray(risk, dtype=float)
    if y.shape != risks.shape or y.ndim != 1:
        raise EstimateError("every patient needs one state and one risk.")
    if not np.isin(y, (0, 1)).all() or not len(y) or y.min() == y.max():
        raise EstimateError("the state must be zero or one, and both must occur.")
    if not ((risks > 0) & (risks < 1)).all():
        raise EstimateError("risks must lie over 0 and under 1.")
    return y, risks


def brier(state: ArrayLike, risk: ArrayLike) -> float:
    """Mean squared distance of risk and state (Brier 1950); risks of 0 and 1 are allowed."""
    y, risks = np.asarray(state, dtype=float), np.asarray(risk, dtype=float)
    if y.shape != risks.shape or not y.size:
        raise EstimateError("every patient needs one state and one risk.")
    if not np.isin(y, (0, 1)).all() or not ((risks >= 0) & (risks <= 1)).all():
        raise EstimateError("the state must be zero or one, and risks must lie between them.")
    return float(((risks - y) ** 2).mean())


@dataclass(frozen=True, slots=True)
class Curve:
    """A smooth curve of observed against predicted risk: `risk` in rising order and the
    `observed` share there, shape (n,); the mean (`ici`), median (`e50`), 90th percentile
    (`e90`, by linear interpolation) and largest (`largest`) distance over the patients.
    """

    risk: Floats
    observed: Floats
    ici: float
    e50: float
    e90: float
    largest: float


def curve(state: ArrayLike, risk: ArrayLike, share: float = 2 / 3) -> Curve:
    """The curve by lowess (Cleveland 1979): straight lines through the nearest `share` of the
    patients, tricube weights, no robustness steps, as Harrell (2015) draws it; the distances
    of Austin and Steyerberg (2019), who draw theirs by loess with parabolas.

    It may leave the range 0 to 1, which is not cut.  `state`, `risk`: as in
    :func:`calibration`, ten patients at least.
    """
    from statsmodels.nonparametric.smoothers_lowess import lowess

    y, risks = _patients(state, risk)
    if len(y) < 10:
        raise EstimateError(f"{len(y)} patients are too few for a curve.")
    if not 0 < share <= 1:
        raise EstimateError("the share of patients lies over 0 and at most at 1.")
    if len(np.unique(risks)) < 3:
        raise EstimateError("a curve needs three different risks.")
    # statsmodels gives one patient's state where a whole neighbourhood has the same risk
    if np.unique(risks, return_counts=True)[1].max() >= int(share * len(y) + 1e-10):
        raise EstimateError("too many risks are the same for a curve, take a larger share.")
    order = np.argsort(risks, kind="stable")
    found = lowess(
        y, risks, frac=share, it=0, delta=0.01 * np.ptp(risks), return_sorted=False
    )[order]  # fmt: skip
    x = risks[order]
    away = np.abs(found - x)
    return Curve(
        x, found, float(away.mean()), float(np.median(away)),
        float(np.quantile(away, 0.9)), float(away.max()),
    )  # fmt: skip


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

    @property
    def chi2(self) -> float:
        """Hosmer and Lemeshow's statistic Σ n(o − e)²/(e(1 − e)); infinite if a class that is
        expected to have all or none has not."""
        gap, spread = (self.observed - self.expected) ** 2, self.expected * (1 - self.expected)
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = np.where(gap == 0, 0.0, self.sizes * gap / spread)
        return float(parts.sum())

    def p(self, fitted_here: bool) -> float:
        """Its P: classes − 2 degrees of freedom where the model was fitted to these patients,
        as many as classes where it was not (Hosmer, Lemeshow and Sturdivant 2013)."""
        df = len(self.sizes) - 2 * fitted_here
        if df < 1:
            raise EstimateError(f"{len(self.sizes)} classes leave no degree of freedom.")
        return 0.0 if math.isinf(self.chi2) else float(special.chdtrc(df, self.chi2))


def tenths(state: ArrayLike, fitted: ArrayLike, classes: int = 10) -> Tenths:
    """Observed against fitted risk in classes of nearly equal size (Hosmer and Lemeshow 1980).

    `state`, `fitted`: shape (n,).  Raises :class:`EstimateError` for fewer patients than
    classes, or values that are no states and no risks.  Equal risks stay in the order of the
    patients, so that ties at the edge of a class are divided by their place in the table.
    """
    y, risk = np.asarray(state, dtype=float), np.asarray(fitted, dtype=float)
    if len(y) < classes:
        raise EstimateError(f"{len(y)} patients are fewer than {classes} classes.")
    brier(y, risk)
    pieces = np.array_split(np.argsort(risk, kind="stable"), classes)
    return Tenths(
        np.array([risk[piece].mean() for piece in pieces]),
        np.array([y[piece].mean() for piece in pieces]),
        np.array([len(piece) for piece in pieces]),
    )
