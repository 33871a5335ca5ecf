"""The exact level of a test at the cut with the largest Youden index.

A marker that tells nothing puts the patients in an order of which every one is as likely.  The
order is a walk: from the highest value down, one step for each patient who is called positive.
The cut is where the walk stands furthest from the diagonal, and the test there is significant or
not; the chance of each place of the cut is counted, none is simulated.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from analysis.estimate import cutoff
from analysis.estimate.roc import EstimateError, Floats, Whole, confidence

# walks are followed in portions of about so many numbers, which stay in the cache
_PORTION = 1 << 15


def youden_places(n1: int, n0: int, wanted: np.ndarray | None = None) -> Floats:
    """The chance that the best cut calls a of the `n1` positive and b of the `n0` negative
    patients positive, for a marker without ties that tells nothing; shape (n1 + 1, n0 + 1).

    The cut has the largest Youden index of all that part the patients, and of equally good ones
    it is the most sensitive, as in :func:`analysis.estimate.cutoff.search`.  `wanted`: the places
    that are asked for, a mask of the same shape; others are told as 0.  Work of one walk of
    n·n1 steps for each different index.  Raises :class:`EstimateError` for an empty group.
    """
    if min(n1, n0) < 1:
        raise EstimateError(f"groups of {n1} and {n0} patients, one in each is needed.")
    a, b = np.arange(n1 + 1)[:, None], np.arange(n0 + 1)[None, :]
    apart = (a + b > 0) & (a + b < n1 + n0)
    if wanted is not None:
        apart &= wanted
    gain = a * n0 - b * n1
    before, after = np.zeros(gain.shape), np.zeros(gain.shape)
    levels = np.unique(gain[apart])
    rows = max(1, _PORTION // (n1 + 1))
    for start in range(0, levels.size, rows):
        _walks(levels[start : start + rows], gain, before, after)
    return np.where(apart, before * after, 0.0)


def _walks(levels: Whole, gain: Whole, before: Floats, after: Floats) -> None:
    """For the places whose gain is one of `levels` (rising), put in the chance that the walk
    comes to them and never stood above that level, and the chance that from there on it stays
    below it; before the first patient and after the last one it may stand anywhere."""
    n1, n0 = gain.shape[0] - 1, gain.shape[1] - 1
    n, a, bars = n1 + n0, np.arange(n1 + 1), levels[:, None]
    # of a positive patients after k, the chance that the next one is positive, too
    more = np.clip((n1 - a) / (n - np.arange(n))[:, None], 0.0, 1.0)

    def at(k: int) -> tuple[Whole, Whole, Whole]:
        """The gain after k for each a; which a stand at one of the levels, and at which."""
        here = a * n0 - (k - a) * n1
        place = np.minimum(np.searchsorted(levels, here), levels.size - 1)
        own = np.flatnonzero((levels[place] == here) & (a <= k) & (k - a <= n0))
        return here, own, place[own]

    walk = np.zeros((levels.size, n1 + 1))
    walk[:, 0] = 1.0
    for k in range(1, n):
        here, own, place = at(k)
        hit = walk * more[k - 1]
        walk -= hit
        walk[:, 1:] += hit[:, :-1]
        walk *= here <= bars
        before[own, k - own] = walk[place, own]
    rest = np.zeros((levels.size, n1 + 1))
    rest[:, n1] = 1.0
    for k in range(n - 1, 0, -1):
        here, own, place = at(k)
        gone = rest * (1 - more[k])
        gone[:, :-1] += rest[:, 1:] * more[k, :-1]
        after[own, k - own] = gone[place, own]
        rest = gone * (here < bars)


def youden_level(n1: int, n0: int, level: float = 0.05) -> float:
    """How often Pearson's χ² at the best cut has P < `level`, as if that cut had been fixed, for
    a marker that tells nothing: exact, see :func:`youden_places`."""
    confidence(level)
    a, b = np.arange(n1 + 1)[:, None], np.arange(n0 + 1)[None, :]
    p = special.chdtrc(1, cutoff.chi_square(a, b, n1, n0))
    return float(youden_places(n1, n0, p < level).sum())
