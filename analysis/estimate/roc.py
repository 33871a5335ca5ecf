"""Areas under ROC curves of several markers of the same patients, with their covariance.

DeLong, DeLong and Clarke-Pearson (1988); from ranks, as Sun and Xu (2014) compute it.
High values speak for the positive state: turn the sign of a marker for which low ones do.
No direction is chosen from the data, so an area may lie under one half.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Floats = NDArray[np.float64]


class EstimateError(ValueError):
    """Patients from whom the estimate cannot be made; the message is one sentence."""


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
