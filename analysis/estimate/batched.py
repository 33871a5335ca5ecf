"""Thousands of logistic fits at once: sets of counts over patterns of the predictors.

A pattern is one combination of values of the predictors.  Patients with the same pattern are
counted together: 2^k patterns for k yes-or-no predictors, or one for each patient, whose
`totals` are then how often a resample drew them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate.roc import EstimateError
from analysis.estimate.separation import separated

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_CHUNK = 2_000_000  # fitted risks held at a time
_FIRST = 12  # steps before those that have not arrived are asked whether they are separated
_MOST = 500
_RANK = 1e-11  # smallest over largest eigenvalue of the cross-products of scaled predictors


@dataclass(frozen=True, slots=True)
class Refits:
    """B fits, NaN where there is none.

    `coefficients`: log odds per unit, shape (B, k + 1), the constant first; `covariances`:
    shape (B, k + 1, k + 1), the inverse of Fisher's information; `log_likelihoods`: shape (B,),
    of patients, without binomial coefficients.  `separated`: no finite maximum; `undetermined`:
    predictors repeat each other or the constant among the patients of the set.
    """

    coefficients: Floats
    covariances: Floats
    log_likelihoods: Floats
    separated: Bools
    undetermined: Bools

    @property
    def errors(self) -> Floats:
        """Standard errors, shape (B, k + 1)."""
        return np.sqrt(np.diagonal(self.covariances, axis1=1, axis2=2))

    @property
    def without_fit(self) -> int:
        """How many of the B sets have no finite, unique fit."""
        return int((self.separated | self.undetermined).sum())


def refit(patterns: ArrayLike, events: ArrayLike, totals: ArrayLike) -> Refits:
    """Maximum likelihood for B sets of counts, a constant included.

    `patterns`: shape (m, k), the same for all sets, or (B, m, k), any units; `events`: how many
    patients with each pattern have the state, shape (B, m); `totals`: how many there are,
    shape (B, m) or (m,), zero allowed.  A set with one state only counts as separated.
    Raises :class:`EstimateError` if counts are negative, not finite, or events exceed totals.

    Newton's method from zero.  A step that could overshoot is halved until it raises the
    likelihood, at the least to log(1 + d)/d, where d is the largest change of a log odds, which
    makes it converge from anywhere (Sun and Tran-Dinh 2019).  A finite maximum is proved by the Newton decrement λ and the largest leverage norm
    S: the curvature along any line falls no faster than exp(−S t), so the slope must turn where
    λ S < 1 (Bach 2010).  What is not proved after a few steps goes to a linear programme.
    """
    x = np.asarray(patterns, dtype=float)
    n, y = np.asarray(totals, dtype=float), np.asarray(events, dtype=float)
    if y.ndim != 2 or x.ndim not in (2, 3) or x.shape[-2] != y.shape[1]:
        raise EstimateError("events have one row a set and one column a pattern.")
    if x.ndim == 3 and len(x) != len(y):
        raise EstimateError(f"{len(x)} sets of patterns do not fit {len(y)} sets of events.")
    if n.shape not in (y.shape, y.shape[1:]):
        raise EstimateError("totals have the shape of the events, or are the same in all sets.")
    n = np.broadcast_to(n, y.shape)
    if not (np.isfinite(x).all() and np.isfinite(n).all()):
        raise EstimateError("patterns and counts must be finite.")
    if not ((y >= 0) & (y <= n)).all():
        raise EstimateError("events must lie between zero and the totals.")
    size = max(1, _CHUNK // max(1, y.shape[1]))
    parts = [
        _refit(x if x.ndim == 2 else x[i : i + size], y[i : i + size], n[i : i + size])
        for i in range(0, len(y), size)
    ]
    if not parts:
        raise EstimateError("there is no set of counts.")
    return Refits(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _refit(x: Floats, y: Floats, n: Floats) -> tuple[Floats, Floats, Floats, Bools, Bools]:
    sets, k = len(y), x.shape[-1] + 1
    centre, scale = x.mean(axis=-2), x.std(axis=-2)
    scale = np.where(scale > 0, scale, 1.0)  # a constant predictor is found below
    z = (x - centre[..., None, :]) / scale[..., None, :]
    design = np.concatenate([np.ones((*z.shape[:-1], 1)), z], axis=-1)

    present = n > 0
    one_state = (y.sum(axis=1) == 0) | (y == n).all(axis=1)
    eigenvalues = np.linalg.eigvalsh(information(design, present.astype(float)))
    undetermined = eigenvalues[:, 0] <= _RANK * eigenvalues[:, -1]

    beta = np.zeros((sets, k))
    open_ = ~(one_state | undetermined)
    arrived = newton(design, y, n, beta, open_, _FIRST)
    proved = np.zeros(sets, dtype=bool)
    proved[arrived] = _proved(_of(design, arrived), y[arrived], n[arrived], beta[arrived])
    apart = one_state & ~undetermined
    for i in np.flatnonzero(open_ & ~proved):
        own = design if design.ndim == 2 else design[i]
        with_, without = own[y[i] > 0], own[y[i] < n[i]]
        states = np.repeat([1.0, 0.0], [len(with_), len(without)])
        apart[i] = separated(states, np.concatenate([with_, without]))
    late = open_ & ~apart
    late[arrived] = False
    if late.any() and len(newton(design, y, n, beta, late, _MOST)) < late.sum():
        raise EstimateError("a fit has not converged, though no predictors separate the states.")

    good = np.flatnonzero(open_ & ~apart)
    back = np.zeros((*z.shape[:-2], k, k))
    back[..., 0, 0] = 1
    back[..., 0, 1:] = -centre / scale
    back[..., np.arange(1, k), np.arange(1, k)] = 1 / scale
    back = _of(back, good)
    coefficients, covariances = np.full((sets, k), np.nan), np.full((sets, k, k), np.nan)
    log_likelihoods = np.full(sets, np.nan)
    eta = _dot(_of(design, good), beta[good])
    weights = n[good] * special.expit(eta) * special.expit(-eta)
    inverse = np.linalg.inv(information(_of(design, good), weights))
    covariances[good] = back @ inverse @ np.swapaxes(back, -1, -2)
    coefficients[good] = (back @ beta[good][:, :, None])[:, :, 0]
    log_likelihoods[good] = log_likelihood(eta, y[good], n[good])
    return coefficients, covariances, log_likelihoods, apart, undetermined


def log_likelihood(eta: Floats, events: Floats, totals: Floats) -> Floats:
    """Σ y·log p + (n − y)·log(1 − p) at log odds `eta`, over the last axis."""
    return -(
        events * np.logaddexp(0, -eta) + (totals - events) * np.logaddexp(0, eta)
    ).sum(axis=-1)  # fmt: skip


def information(design: Floats, weights: Floats) -> Floats:
    """Σ w·x·xᵀ for each set: design (m, k) or (B, m, k), weights (B, m), answer (B, k, k)."""
    if design.ndim == 3:
        return np.swapaxes(design, 1, 2) @ (weights[:, :, None] * design)
    k = design.shape[1]
    if len(weights) == 1:  # products of all pairs of columns would fill the memory for nothing
        return ((design.T * weights[0]) @ design)[None]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), k * k)
    return (weights @ products).reshape(-1, k, k)


def newton(
    design: Floats, events: Floats, totals: Floats, beta: Floats, chosen: Bools, steps: int,
    offset: Floats | float = 0.0,
) -> NDArray[np.int64]:  # fmt: skip
    """Move the `chosen` rows of `beta` in place to their maxima; the rows that arrived.

    `offset`: fixed log odds, the same in all sets, shape (m,)."""
    left, arrived = np.flatnonzero(chosen), []
    ridge = 1e-15 * np.eye(beta.shape[1])
    for _ in range(steps):
        if not len(left):
            break
        x, y, n, b = _of(design, left), events[left], totals[left], beta[left]
        eta = _dot(x, b) + offset
        p, q = special.expit(eta), special.expit(-eta)
        # y − n·p written so that it keeps its digits where p is all but zero or one
        slope = _back_dot(x, y * q - (n - y) * p)
        curve = information(x, n * p * q)
        # a ridge keeps the solver alive far out and does not move the point where the slope is 0
        curve = curve + np.trace(curve, axis1=1, axis2=2)[:, None, None] * ridge
        step = np.linalg.solve(curve, slope[:, :, None])[:, :, 0]
        toward = _dot(x, step)
        change = (np.abs(toward) * (n > 0)).max(axis=1)
        # a whole step raises the likelihood if (e^d − d − 1)/d² ≤ 1
        far = change > 1.79
        if far.any():
            gain = (slope[far] * step[far]).sum(axis=1)
            step[far] *= _lengths(eta[far], toward[far], y[far], n[far], gain, change[far])[:, None]
        beta[left] = b + step
        # the error left is of the order of the square; far out log odds have fewer digits
        done = (np.abs(toward) * (n > 0) < 1e-7 * (1 + np.abs(eta))).all(axis=1)
        arrived.append(left[done])
        left = left[~done]
    return np.concatenate(arrived) if arrived else np.zeros(0, dtype=np.int64)


def _lengths(
    eta: Floats, toward: Floats, y: Floats, n: Floats, gain: Floats, change: Floats
) -> Floats:
    """For each set the first of 1, ½, ¼ … of a step that raises the log likelihood by its share
    of `gain`; at the least log(1 + d)/d, which always raises it."""
    least, lengths, before = np.log1p(change) / change, np.ones(len(eta)), log_likelihood(eta, y, n)
    short = np.arange(len(eta))
    while len(short):
        t = lengths[short]
        after = log_likelihood(eta[short] + t[:, None] * toward[short], y[short], n[short])
        # not "after < …": a likelihood that overflowed is no rise
        short = short[~(after >= before[short] + 1e-4 * t * gain[short]) & (t > least[short])]
        lengths[short] = np.maximum(lengths[short] / 2, least[short])
    return lengths


def _proved(design: Floats, y: Floats, n: Floats, beta: Floats) -> Bools:
    """Whether λ·S ≤ ½ at `beta`: then the maximum is finite."""
    eta = _dot(design, beta)
    p, q = special.expit(eta), special.expit(-eta)
    slope = _back_dot(design, y * q - (n - y) * p)
    inverse = np.linalg.pinv(information(design, n * p * q), hermitian=True)
    decrement = np.sqrt(np.maximum(np.einsum("bi,bij,bj->b", slope, inverse, slope), 0))
    # x'Hx from one product for all: (B, m, k) would not fit the cache
    leverage = (
        np.einsum("bmi,bij,bmj->bm", design, inverse, design, optimize=True)
        if design.ndim == 3
        else ((design @ inverse[0]) * design).sum(axis=1)[None]
        if len(beta) == 1
        else inverse.reshape(len(beta), design.shape[1] ** 2)
        @ (design[:, :, None] * design[:, None, :]).reshape(len(design), -1).T
    )
    return decrement * np.sqrt(np.where(n > 0, leverage, 0).max(axis=1)) <= 0.5


def _of(values: Floats, rows: NDArray[np.int64]) -> Floats:
    """The rows of what is given for each set; what is shared stays as it is."""
    return values[rows] if values.ndim == 3 else values


def _dot(design: Floats, beta: Floats) -> Floats:
    return beta @ design.T if design.ndim == 2 else (design @ beta[:, :, None])[:, :, 0]


def _back_dot(design: Floats, values: Floats) -> Floats:
    if design.ndim == 2:
        return values @ design
    return (np.swapaxes(design, 1, 2) @ values[:, :, None])[:, :, 0]
