"""How much better a logistic model looks among the patients it was fitted to (Harrell 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate import batched, logistic
from analysis.estimate.firth import firth_coefficients
from analysis.estimate.roc import EstimateError

Floats = NDArray[np.float64]
Policy = Literal["refuse", "firth", "omit"]

INDICES = ("auc", "intercept", "slope", "brier")
_TIED = 1e-10  # log odds nearer than this are one value
_CHUNK = 2_000_000


@dataclass(frozen=True, slots=True)
class Index:
    """One index of a model: `apparent`: of the fit among its own patients; `training`: mean of
    the fits to resamples among their own draws; `test`: mean of these fits among all patients;
    `mc_error`: standard error of the optimism from the finite number of resamples."""

    apparent: float
    training: float
    test: float
    mc_error: float

    @property
    def optimism(self) -> float:
        """Training minus test."""
        return self.training - self.test

    @property
    def corrected(self) -> float:
        """Apparent minus optimism."""
        return self.apparent - self.optimism


@dataclass(frozen=True, slots=True)
class Optimism:
    """`auc` (Somers' Dxy is 2·auc − 1), `intercept` and `slope` of the outcome on the model's
    log odds (together; 0 and 1 where it was fitted), `brier`; `resamples`: how many were
    drawn, `separated`: in how many of them there was no finite fit, `undetermined`: in how many
    no unique one (a predictor the same in all draws, or one state only), `used`: in how many
    there was an answer; `policy`: what was done with those without a fit."""

    auc: Index
    intercept: Index
    slope: Index
    brier: Index
    resamples: int
    separated: int
    undetermined: int
    used: int
    policy: Policy


def draw(n: int, resamples: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of n patients drawn with replacement, shape (resamples, n)."""
    return rng.integers(0, n, (resamples, n))


def optimism(
    state: ArrayLike, predictors: ArrayLike, places: ArrayLike, without_fit: Policy
) -> Optimism:
    """Optimism of a logistic model with these predictors, chosen before the data were seen.

    `state`: shape (n,), zero or one; `predictors`: shape (n, k) or (n,), any units; `places`:
    which patients each resample holds, from 0, shape (B, n), see :func:`draw`.
    `without_fit`: what is done with resamples whose states the predictors separate:
    "refuse" raises; "firth" fits them by Firth's likelihood, so that the mean is that of a
    mixed procedure; "omit" leaves them out, and with them the fits that promise most (R's
    rms::validate drops only fits that fail and keeps these where its steps ended).  Resamples without a unique fit are refused but with "omit".  Selection of
    predictors or of a cut-off is not repeated here, so its optimism is not in the answer.

    Raises :class:`EstimateError` as :func:`analysis.estimate.logistic.fit` does, for places
    that do not fit, and for fewer than two resamples with an answer.
    """
    whole = logistic.fit(state, predictors)
    y, x = logistic.patients(state, predictors)
    drawn = np.asarray(places)
    if without_fit not in ("refuse", "firth", "omit"):
        raise EstimateError('resamples without a fit: "refuse", "firth" or "omit".')
    if drawn.ndim != 2 or drawn.shape[1] != len(y) or drawn.dtype.kind not in "iu":
        raise EstimateError("each resample holds as many places as there are patients.")
    if drawn.size and not (drawn.min() >= 0 and drawn.max() < len(y)):
        raise EstimateError("a resample names a patient who is not there.")
    if len(drawn) < 2:
        raise EstimateError("two resamples are the least.")
    # patients with the same predictors are one pattern: exact ties, and less to do
    patterns, of = np.unique(x, axis=0, return_inverse=True)
    of = of.reshape(-1)
    here = np.stack([np.bincount(of, y, len(patterns)), np.bincount(of, 1 - y, len(patterns))])
    design = np.column_stack([np.ones(len(patterns)), patterns])

    size = max(1, _CHUNK // len(y))
    parts = [
        _of_resamples(y, x, of, design, here, drawn[i : i + size], without_fit)
        for i in range(0, len(drawn), size)
    ]
    training, test, separated, undetermined = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    if without_fit == "refuse" and (count := int((separated | undetermined).sum())):
        raise EstimateError(
            f"{count} of {len(drawn)} resamples have no finite, unique fit; "
            "say what is done with them."
        )
    if without_fit == "firth" and undetermined.any():
        raise EstimateError(
            f"{undetermined.sum()} of {len(drawn)} resamples hold one state only or a predictor "
            "that does not vary, for which Firth's likelihood has no answer either."
        )
    used = np.isfinite(training + test).all(axis=1)
    lost = ~used & ~(separated | undetermined)
    if lost.any():
        raise EstimateError(
            f"{lost.sum()} of {len(drawn)} refitted models separate the states of all patients, "
            "so that they have no finite slope."
        )
    if used.sum() < 2:
        raise EstimateError("fewer than two resamples have a fit.")
    apparent = _indices(
        (design @ whole.coefficients)[None], here[0][None], here[1][None], np.array([[0.0, 1.0]])
    )[0]
    gap = training[used] - test[used]
    errors = gap.std(axis=0, ddof=1) / np.sqrt(used.sum())
    found = [
        Index(*map(float, row))
        for row in zip(
            apparent, training[used].mean(axis=0), test[used].mean(axis=0), errors, strict=True
        )
    ]
    return Optimism(
        *found, len(drawn), int(separated.sum()), int(undetermined.sum()), int(used.sum()),
        without_fit,
    )  # fmt: skip


def _of_resamples(
    y: Floats, x: Floats, of: NDArray[np.int64], design: Floats, here: Floats,
    drawn: NDArray[np.int64], policy: Policy,
) -> tuple[Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]:  # fmt: skip
    """The four indices of each refit among its draws and among all, shape (B, 4) each; which
    resamples were separated or undetermined.  NaN where there is no answer."""
    sets, m = len(drawn), len(design)
    cells = of[drawn] + m * np.arange(sets)[:, None]
    totals = np.bincount(cells.ravel(), minlength=sets * m).reshape(sets, m).astype(float)
    events = np.bincount(cells.ravel(), y[drawn].ravel(), sets * m).reshape(sets, m)
    found = batched.refit(design[:, 1:], events, totals)
    count = events.sum(axis=1)
    one_state = (count == 0) | (count == drawn.shape[1])
    separated, undetermined = found.separated & ~one_state, found.undetermined | one_state
    b = found.coefficients.copy()
    if policy == "firth":
        for i in np.flatnonzero(separated & ~undetermined):
            b[i] = firth_coefficients(y[drawn[i]], x[drawn[i]])
    training, test = np.full((sets, 4), np.nan), np.full((sets, 4), np.nan)
    good = np.flatnonzero(np.isfinite(b).all(axis=1))
    if not len(good):
        return training, test, separated, undetermined
    eta = b[good] @ design.T
    own = np.tile([0.0, 1.0], (len(good), 1))
    firths = separated[good]
    if firths.any():  # Firth's risks are not calibrated where they were fitted
        own[firths] = _line(eta[firths], events[good[firths]], totals[good[firths]])
    training[good] = _indices(eta, events[good], totals[good] - events[good], own)
    positive, negative = np.broadcast_to(here[0], eta.shape), np.broadcast_to(here[1], eta.shape)
    test[good] = _indices(eta, positive, negative, _line(eta, positive, positive + negative))
    return training, test, separated, undetermined


def _line(eta: Floats, events: Floats, totals: Floats) -> Floats:
    """Intercept and slope of the outcome on the log odds of each row."""
    return batched.refit(eta[:, :, None], events, totals).coefficients


def _indices(eta: Floats, positive: Floats, negative: Floats, line: Floats) -> Floats:
    """AUC, intercept, slope and Brier score of log odds, shape (B, m), among counted patients."""
    p, q = special.expit(eta), special.expit(-eta)
    brier = (positive * q**2 + negative * p**2).sum(axis=1) / (positive + negative).sum(axis=1)
    return np.column_stack([weighted_areas(eta, positive, negative), line, brier])


def weighted_areas(marker: Floats, positive: Floats, negative: Floats) -> Floats:
    """Areas under ROC curves of B markers, ties one half: `marker`, and how many positive and
    negative patients have each value, all of shape (B, m).  Values within 1e-10 are one."""
    order = np.argsort(marker, axis=1, kind="stable")
    x = np.take_along_axis(marker, order, axis=1)
    up, down = (np.take_along_axis(w, order, axis=1) for w in (positive, negative))
    m = x.shape[1]
    new = np.ones(x.shape, dtype=bool)
    new[:, 1:] = np.diff(x, axis=1) > _TIED
    last = np.ones(x.shape, dtype=bool)
    last[:, :-1] = new[:, 1:]
    first = np.maximum.accumulate(np.where(new, np.arange(m), 0), axis=1)
    end = np.minimum.accumulate(np.where(last, np.arange(m), m - 1)[:, ::-1], axis=1)[:, ::-1]
    below = np.concatenate([np.zeros((len(x), 1)), np.cumsum(down, axis=1)], axis=1)
    under = np.take_along_axis(below, first, axis=1)
    upto = np.take_along_axis(below, end + 1, axis=1)
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return (up * (under + upto)).sum(axis=1) / (2 * pairs)
