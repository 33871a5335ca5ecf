"""What a yes-or-no feature could do to a risk ratio when only its counts are known: every way in
which it can lie across exposed and unexposed patients, and the ratio with the feature held fixed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate.roc import EstimateError

Floats = NDArray[np.float64]


def mantel_haenszel(
    events1: ArrayLike, patients1: ArrayLike, events0: ArrayLike, patients0: ArrayLike
) -> Floats:
    """Risk ratio of group 1 over group 0 with the strata held fixed: Σ a n0/n over Σ c n1/n
    (Mantel and Haenszel's weights; Greenland and Robins 1985).

    Shape (strata, ...): the first axis is summed over; empty strata say nothing.  inf where
    group 0 has no event that counts, NaN where neither group has one.
    """
    a, n1, c, n0 = (np.asarray(x, dtype=float) for x in (events1, patients1, events0, patients0))
    if not all(np.isfinite(x).all() and (x >= 0).all() for x in (a, n1, c, n0)):
        raise EstimateError("counts are finite and zero or more.")
    if (a > n1).any() or (c > n0).any():
        raise EstimateError("there are more events than patients.")
    n = np.maximum(n1 + n0, 1)  # an empty stratum has zero everywhere
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((a * n0 / n).sum(axis=0) / (c * n1 / n).sum(axis=0))


@dataclass(frozen=True, slots=True)
class Reach:
    """The least and the greatest risk ratio over all arrangements; how many of the patients with
    the feature are then exposed, with and without the event."""

    low: float
    high: float
    at_low: tuple[int, int]
    at_high: tuple[int, int]


def reach(
    events1: int, patients1: int, events0: int, patients0: int, with_event: int, without: int
) -> Reach:
    """The Mantel–Haenszel risk ratio over every way in which a feature that `with_event` patients
    with and `without` patients without the event have can lie across the two groups.

    Exact: all arrangements are tried.  Arrangements in which no stratum compares anything are left
    out.  Raises :class:`EstimateError` for counts that cannot be, or if none is left.
    """
    free1, free0 = patients1 - events1, patients0 - events0
    counts = (events1, free1, events0, free0, with_event, without)
    if not all(math.isfinite(x) and x == int(x) and x >= 0 for x in counts):
        raise EstimateError("events, patients and those with the feature are whole counts.")
    if with_event > events1 + events0 or without > free1 + free0:
        raise EstimateError("more patients have the feature than there are.")
    a = np.arange(max(0, with_event - events0), min(events1, with_event) + 1)[:, None]
    b = np.arange(max(0, without - free0), min(free1, without) + 1)[None, :]
    one, nil = a + b, (with_event - a) + (without - b)
    events = np.stack(np.broadcast_arrays(a, events1 - a + 0 * b))
    others = np.stack(np.broadcast_arrays(with_event - a, events0 - (with_event - a) + 0 * b))
    ratios = mantel_haenszel(
        events, np.stack([one, patients1 - one]), others, np.stack([nil, patients0 - nil])
    )
    if np.isnan(ratios).all():
        raise EstimateError("no arrangement lets the two groups be compared.")
    places = [
        np.unravel_index(int(find(ratios)), ratios.shape) for find in (np.nanargmin, np.nanargmax)
    ]
    exposed = [(int(a[i, 0]), int(b[0, j])) for i, j in places]
    low, high = (float(ratios[place]) for place in places)
    return Reach(low, high, *exposed)
