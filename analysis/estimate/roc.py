"""ROC curves, the areas under them with DeLong's covariance, and their bootstrap.

DeLong, DeLong and Clarke-Pearson (1988); from ranks, as Sun and Xu (2014) compute it.
An area is that of "high values speak for the positive state": turn the sign of a marker for
which low ones do.  A curve, whose thresholds are in units of the marker, is told the direction.
No direction is chosen from the data, so an area may lie under one half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Direction = Literal["higher", "lower"]
Place = Literal["midpoint", "observed"]

# resamples are drawn in portions of about so many values, which stay in the cache
_PORTION = 1 << 17


class EstimateError(ValueError):
    """Patients from whom the estimate cannot be made; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Curve:
    """An empirical ROC curve, from the threshold that calls every patient positive to the one
    that calls none so; all arrays of shape (m + 1,) for m distinct values.

    `thresholds` in units of the marker: a patient is called positive at or above (direction
    ``higher``) or at or below (``lower``) it.  `true_positive`, `false_positive`: how many are
    called so, of `positive` and of `negative` patients.
    """

    thresholds: Floats
    true_positive: Whole
    false_positive: Whole
    positive: int
    negative: int
    direction: Direction

    @property
    def sensitivity(self) -> Floats:
        """Share of the positive patients called positive, shape (m + 1,)."""
        return self.true_positive / self.positive

    @property
    def specificity(self) -> Floats:
        """Share of the negative patients called negative, shape (m + 1,)."""
        return 1 - self.false_positive / self.negative

    @property
    def auc(self) -> float:
        """Area under the straight lines between the points: ties count one half."""
        return float(-np.trapezoid(self.true_positive, self.false_positive)
                     / (self.positive * self.negative))  # fmt: skip


def curve(
    positive: ArrayLike, negative: ArrayLike, *, direction: Direction, place: Place = "midpoint"
) -> Curve:
    """The ROC curve with every threshold that tells the patients apart in its own way.

    `positive`, `negative`: values, shape (n1,) and (n0,), any unit.  `place`: thresholds are
    midpoints of neighbouring observed values (SPSS, pROC), or the observed value itself
    (scikit-learn, cutpointr); the outer ones are infinite where no value bounds them.  Raises
    :class:`EstimateError` for an empty group or values that are not finite.
    """
    values, c1, c0 = distinct(positive, negative, direction)
    tp = np.append(0, np.cumsum(c1[::-1]))[::-1]
    fp = np.append(0, np.cumsum(c0[::-1]))[::-1]
    lower = np.append(-math.inf, values)
    upper = np.append(values, math.inf)
    thresholds = between(lower, upper, place)
    return Curve(
        turn(thresholds, direction), tp, fp, int(tp[0]), int(fp[0]), direction
    )  # fmt: skip


def distinct(
    positive: ArrayLike, negative: ArrayLike, direction: Direction
) -> tuple[Floats, Whole, Whole]:
    """The m distinct values, rising and turned so that high ones speak for the positive state,
    and how many positive and negative patients have each; all of shape (m,)."""
    x, y = turn(one_marker(positive), direction), turn(one_marker(negative), direction)
    if not x.size or not y.size:
        raise EstimateError(f"groups of {x.size} and {y.size} patients, one in each is needed.")
    values, at = np.unique(np.concatenate([x, y]), return_inverse=True)
    c1 = np.bincount(at[: x.size], minlength=values.size)
    c0 = np.bincount(at[x.size :], minlength=values.size)
    return values, c1, c0


def turn(values: Floats, direction: Direction) -> Floats:
    """The values for ``higher``, their negatives for ``lower``; anything else is refused."""
    if direction == "higher":
        return values
    if direction == "lower":
        return 0.0 - values  # no negative zero
    raise EstimateError(f'the direction is "higher" or "lower", not "{direction}".')


def between(lower: Floats, upper: Floats, place: Place) -> Floats:
    """The threshold that parts neighbouring values: at or above it lies `upper`, not `lower`."""
    if place == "observed":
        return np.array(upper)
    if place != "midpoint":
        raise EstimateError(f'the place of a cut is "midpoint" or "observed", not "{place}".')
    with np.errstate(invalid="ignore"):
        middle = lower / 2 + upper / 2
    # two floats without a third between them
    return np.where(middle > lower, middle, np.where(np.isinf(lower), lower, upper))


@dataclass(frozen=True, slots=True)
class Area:
    """One area, ties one half, its standard error by DeLong, and the patients of each group."""

    auc: float
    se: float
    positive: int
    negative: int

    def interval(
        self, level: float = 0.95, scale: Literal["plain", "logit"] = "plain"
    ) -> tuple[float, float]:
        """The interval of coverage `level`: area ± z·SE, cut off at 0 and 1 (as pROC does), or
        the same on the logit scale (Pepe 2003, chapter 5), which stays inside by itself.

        Raises :class:`EstimateError` where the error is zero (the groups do not overlap, or
        every value is tied): the method then has no interval.
        """
        z = normal_quantile(level)
        if self.se == 0:
            raise EstimateError(f"an area of {self.auc:g} without any error has no interval.")
        if scale == "plain":
            return max(self.auc - z * self.se, 0.0), min(self.auc + z * self.se, 1.0)
        if scale != "logit":
            raise EstimateError(f'the scale is "plain" or "logit", not "{scale}".')
        centre = math.log(self.auc / (1 - self.auc))
        half = z * self.se / (self.auc * (1 - self.auc))
        return float(special.expit(centre - half)), float(special.expit(centre + half))


def area(positive: ArrayLike, negative: ArrayLike) -> Area:
    """One marker's area with DeLong's standard error: :func:`areas` on a faster path.

    `positive`, `negative`: values, shape (n1,) and (n0,), any unit.  Raises
    :class:`EstimateError` for fewer than two patients in a group or values that are not finite.
    """
    x, y = np.asarray(positive, dtype=float), np.asarray(negative, dtype=float)
    if x.ndim != 1 or y.ndim != 1:
        raise EstimateError("the values of one marker stand in one row.")
    n1, n0 = x.size, y.size
    if min(n1, n0) < 2:
        raise EstimateError(f"groups of {n1} and {n0} patients, two in each are needed.")
    # the pairs that each patient wins (positive) or loses (negative), counted in `unit`s
    below, above, unit = _untied(x, y) or _tied(x, y)
    wins = int(below.sum())
    below, above = below - wins / n1, above - wins / n0
    # no matrix product: its threads wait for each other on a busy machine
    variance = np.square(below).sum() / (n0**2 * n1 * (n1 - 1))
    variance += np.square(above).sum() / (n1**2 * n0 * (n0 - 1))
    return Area(wins / (unit * n1 * n0), math.sqrt(variance) / unit, n1, n0)


def _untied(x: Floats, y: Floats) -> tuple[Whole, Whole, int] | None:
    """Won and lost pairs of each patient for a marker without ties, from one sort; None if there
    may be ties.

    The state stands in the last bit of each value, so that sorting the values sorts the states
    too.  Values that differ in this bit alone count as perhaps tied.
    """
    values = np.concatenate([y, x])
    bits = values.view(np.int64)
    bits |= 1
    bits[: y.size] -= 1
    values.sort()
    if not (math.isfinite(values[0]) and math.isfinite(values[-1])):
        raise EstimateError("a marker has values that are not finite.")
    state = (bits & 1).astype(bool)
    bits |= 1
    # zero has two signs, and the smallest numbers become it without their last bit
    tiny = values.searchsorted(1e-323, "right") - values.searchsorted(-1e-323)
    if (bits[1:] == bits[:-1]).any() or tiny > 1:
        return None
    below = np.flatnonzero(state)
    below -= np.arange(x.size)
    above = np.flatnonzero(~state)
    above -= np.arange(y.size)
    return below, x.size - above, 1


def _tied(x: Floats, y: Floats) -> tuple[Whole, Whole, int]:
    """The same with ties, in half pairs: both groups sorted, the counts of one group from
    those of the other."""
    x, y = np.sort(x), np.sort(y)
    under, upto = np.searchsorted(x, y, "left"), np.searchsorted(x, y, "right")
    counts = np.bincount(under, minlength=x.size + 1) + np.bincount(upto, minlength=x.size + 1)
    return np.cumsum(counts[: x.size]), 2 * x.size - under - upto, 2


def bootstrap(
    positive: ArrayLike, negative: ArrayLike, rng: np.random.Generator, resamples: int = 10_000
) -> Floats:
    """Areas of `resamples` stratified resamples, shape (resamples,): each group is drawn with
    replacement at its own size (Efron and Tibshirani 1993, chapter 8).

    `positive`, `negative`: values, shape (n1,) and (n0,), any unit.  Raises
    :class:`EstimateError` for fewer than two patients in a group, values that are not finite,
    or fewer than one resample.  Groups that do not overlap give areas that are all the same:
    the bootstrap has no error to tell then, and :func:`percentiles` refuses them.
    """
    x, y = one_marker(positive), np.sort(one_marker(negative))
    n1, n0 = x.size, y.size
    if min(n1, n0) < 2:
        raise EstimateError(f"groups of {n1} and {n0} patients, two in each are needed.")
    if resamples < 1:
        raise EstimateError("at least one resample is needed.")
    under, upto = np.searchsorted(y, x, "left"), np.searchsorted(y, x, "right")
    tied = bool((under != upto).any())
    rows = min(resamples, max(1, _PORTION // (n1 + n0)))
    first = np.arange(rows)[:, None]
    # how often the first j negative patients, in the order of their values, were drawn
    drawn = np.zeros((rows, n0 + 1), dtype=np.int64)
    wins = np.empty(resamples, dtype=np.int64)
    for start in range(0, resamples, rows):
        now = min(rows, resamples - start)
        again = rng.integers(0, n0, (now, n0)) + first[:now] * n0
        counts = np.bincount(again.ravel(), minlength=now * n0).reshape(now, n0)
        np.cumsum(counts, axis=1, out=drawn[:now, 1:])
        who = rng.integers(0, n1, (now, n1))
        won = drawn.ravel().take(under[who] + first[:now] * (n0 + 1)).sum(axis=1)
        if tied:
            won += drawn.ravel().take(upto[who] + first[:now] * (n0 + 1)).sum(axis=1)
        wins[start : start + now] = won
    return wins / (n1 * n0 * (2 if tied else 1))


def percentiles(resampled: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """The percentile interval of coverage `level` from resampled estimates, shape (b,).

    Raises :class:`EstimateError` if they are fewer than two, not finite or all the same.
    """
    values = one_marker(resampled)
    normal_quantile(level)
    if values.size < 2 or values.min() == values.max():
        raise EstimateError("resampled estimates that are all the same have no interval.")
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def normal_quantile(level: float) -> float:
    """z of a two-sided interval of coverage `level`; refused outside 0 to 1."""
    return float(special.ndtri((1 + confidence(level)) / 2))


def confidence(level: float) -> float:
    """The level itself; raises :class:`EstimateError` unless it lies between 0 and 1."""
    if not 0 < level < 1:
        raise EstimateError(f"a coverage (confidence) lies between 0 and 1, {level:g} does not.")
    return level


def one_marker(values: ArrayLike) -> Floats:
    """The values of one marker, shape (n,); refused if another shape or not finite."""
    found = np.asarray(values, dtype=float)
    if found.ndim != 1:
        raise EstimateError("the values of one marker stand in one row.")
    if not np.isfinite(found).all():
        raise EstimateError("a marker has values that are not finite.")
    return found


@dataclass(frozen=True, slots=True)
class Areas:
    """`auc`: areas of k markers, shape (k,), ties one half; `covariance`: shape (k, k)."""

    auc: Floats
    covariance: Floats

    @property
    def se(self) -> Floats:
        """Standard errors of the areas, shape (k,)."""
        return np.sqrt(np.diag(self.covariance))


@dataclass(frozen=True, slots=True)
class Difference:
    """The first area minus the second, its standard error, z and the two-sided P."""

    value: float
    se: float
    z: float
    p: float


def areas(positive: ArrayLike, negative: ArrayLike) -> Areas:
    """Areas of k markers with DeLong's covariance.

    `positive`: shape (k, n1) or (n1,), values of the patients with the positive state, in any
    unit; `negative`: (k, n0) or (n0,).  Raises :class:`EstimateError` for fewer than two
    patients in a group, another number of markers, or values that are not finite.
    """
    x, y = _markers(positive), _markers(negative)
    if len(x) != len(y):
        raise EstimateError(f"there are {len(x)} and {len(y)} markers, as many are needed.")
    n1, n0 = x.shape[1], y.shape[1]
    if min(n1, n0) < 2:
        raise EstimateError(f"groups of {n1} and {n0} patients, two in each are needed.")
    both = stats.rankdata(np.concatenate([x, y], axis=1), axis=1)
    # for each patient the share of the other group that stands below (above), ties one half
    below = (both[:, :n1] - stats.rankdata(x, axis=1)) / n0
    above = 1 - (both[:, n1:] - stats.rankdata(y, axis=1)) / n1
    covariance = np.atleast_2d(np.cov(below)) / n1 + np.atleast_2d(np.cov(above)) / n0
    return Areas(below.mean(axis=1), covariance)


def _markers(values: ArrayLike) -> Floats:
    found = np.atleast_2d(np.asarray(values, dtype=float))
    if found.ndim != 2:
        raise EstimateError("markers stand in rows and patients in columns.")
    if not np.isfinite(found).all():
        raise EstimateError("a marker has values that are not finite.")
    return found


def difference(found: Areas, first: int = 0, second: int = 1) -> Difference:
    """Two areas of the same patients compared (DeLong's test).

    The P is not valid for a model against one that contains it, both fitted to these very
    patients.  z is NaN where the difference has no error at all and is zero.
    """
    value = float(found.auc[first] - found.auc[second])
    c = found.covariance
    se = math.sqrt(max(float(c[first, first] + c[second, second] - 2 * c[first, second]), 0.0))
    if se == 0:
        return Difference(value, se, math.nan if value == 0 else math.copysign(math.inf, value),
                          1.0 if value == 0 else 0.0)  # fmt: skip
    z = value / se
    return Difference(value, se, z, float(2 * special.ndtr(-abs(z))))
