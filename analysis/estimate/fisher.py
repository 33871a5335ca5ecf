"""Fisher's exact test of a table of counts with any number of rows and columns.

The network of Mehta and Patel (1983): one row after another takes its share of the column
totals; where all ways to go on lead to tables that are likelier than the observed one, or all
to tables that are not, they need not be walked.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.estimate.roc import EstimateError

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_SAME = 1e-7  # probabilities this near, relatively, are equal, as in R's fisher.test
_MOST = 5_000_000


@dataclass(frozen=True, slots=True)
class _Stage:
    """Ways from the totals left before a row to those left after it: edges in the order of
    `parent`, whose own begin at `first`; `weight`: log of 1/Π x!; of the totals that are left
    after it the `longest`, `shortest` and `whole` log weight of all ways to the end."""

    parent: Whole
    child: Whole
    weight: Floats
    first: Whole
    longest: Floats
    shortest: Floats
    whole: Floats


def fisher_p(counts: ArrayLike) -> float:
    """Two-sided P: the share of all tables with these margins that are at most as likely.

    `counts`: shape (r, c), whole numbers; empty rows and columns are left out.  Raises
    :class:`EstimateError` for what are no counts, fewer than two rows or columns, or tables
    too many to walk (some hundred patients in three columns).
    """
    table = contingency(counts)
    if _states(table) > _states(table.T):
        table = table.T
    # the largest row last: its share is what is left; so with columns
    table = table[np.argsort(table.sum(axis=1), kind="stable")]
    table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    observed = float(_log_weight(table).sum()) + math.log1p(_SAME)
    stages = _stages(rows, columns)

    # nodes: totals left, log weight of the way there, how many ways share it
    at, past, ways = np.zeros(1, dtype=np.int64), np.zeros(1), np.ones(1)
    top = float(np.max(stages[0].whole[stages[0].child] + stages[0].weight))
    tail = 0.0
    for stage in stages:
        begin = stage.first[at]
        sizes = stage.first[at + 1] - begin
        if sizes.sum() > _MOST:
            raise EstimateError("there are too many tables with these margins to walk them.")
        node = np.repeat(np.arange(len(at)), sizes)
        edge = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + begin[node]
        at, past, ways = stage.child[edge], past[node] + stage.weight[edge], ways[node]
        inside = past + stage.longest[at] <= observed
        tail += float((ways * np.exp(past + stage.whole[at] - top))[inside].sum())
        open_ = ~inside & (past + stage.shortest[at] <= observed)
        at, past, ways = _merged(at[open_], past[open_], ways[open_])
        if not len(at):
            break
    first = stages[0]
    everything = float(np.exp(first.whole[first.child] + first.weight - top).sum())
    return min(1.0, tail / everything)


def contingency(counts: ArrayLike) -> Whole:
    """Counts without empty rows and columns, shape (r, c), two by two at least; raises
    :class:`EstimateError` otherwise."""
    found = np.asarray(counts)
    if found.ndim != 2 or not np.issubdtype(found.dtype, np.number):
        raise EstimateError("counts stand in rows and columns.")
    if not np.isfinite(found).all() or (found < 0).any() or (found != np.floor(found)).any():
        raise EstimateError("counts are whole numbers from 0.")
    table = found.astype(np.int64)
    table = table[table.any(axis=1)][:, table.any(axis=0)]
    if min(table.shape) < 2:
        raise EstimateError("a table needs two rows and two columns that are not empty.")
    return table


def _states(table: Whole) -> float:
    """At most so many different column totals can be left."""
    totals = table.sum(axis=0) + 1.0
    return float(np.prod(totals) / totals.max())


def _log_weight(shares: Whole) -> Floats:
    return -special.gammaln(shares + 1.0).sum(axis=-1)


def _stages(rows: Whole, columns: Whole) -> list[_Stage]:
    radix = np.cumprod(np.concatenate([[1], columns[:-1] + 1]))
    left, walked = columns[None], []
    for n in rows[:-1]:
        shares = _compositions(int(n), columns)
        if len(left) * len(shares) > _MOST:
            raise EstimateError("there are too many tables with these margins to walk them.")
        after = left[:, None] - shares
        parent, share = np.nonzero((after >= 0).all(axis=-1))
        after = after[parent, share]
        _, seen, child = np.unique(after @ radix, return_index=True, return_inverse=True)
        walked.append((parent, child.reshape(-1), _log_weight(shares)[share], len(left)))
        left = after[seen]
    # what the last row takes is all that is left
    longest = shortest = whole = _log_weight(left)
    stages = []
    for parent, child, weight, parents in reversed(walked):
        first = np.searchsorted(parent, np.arange(parents + 1))
        stages.append(_Stage(parent, child, weight, first, longest, shortest, whole))
        starts = first[:-1]
        longest = np.maximum.reduceat(weight + longest[child], starts)
        shortest = np.minimum.reduceat(weight + shortest[child], starts)
        through = weight + whole[child]
        most = np.maximum.reduceat(through, starts)
        whole = most + np.log(np.add.reduceat(np.exp(through - most[parent]), starts))
    return stages[::-1]


def _compositions(n: int, most: Whole) -> Whole:
    """All ways to divide n among columns that take `most` each, shape (ways, columns)."""
    shares = np.zeros((1, 0), dtype=np.int64)
    for j, limit in enumerate(most):
        rest = n - shares.sum(axis=1)
        low = np.maximum(rest - int(most[j + 1 :].sum()), 0)
        sizes = np.minimum(rest, limit) - low + 1
        if sizes.sum() > _MOST:
            raise EstimateError("there are too many tables with these margins to walk them.")
        of = np.repeat(np.arange(len(shares)), sizes)
        values = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + low[of]
        shares = np.column_stack([shares[of], values])
    return shares


def _merged(at: Whole, past: Floats, ways: Floats) -> tuple[Whole, Floats, Floats]:
    """Ways to the same totals with the same weight, walked on together."""
    if len(at) < 1000:
        return at, past, ways
    order = np.lexsort((past, at))
    at, past, ways = at[order], past[order], ways[order]
    new = np.concatenate([[True], (np.diff(at) != 0) | (np.diff(past) > 1e-10)])
    start = np.flatnonzero(new)
    return at[start], past[start], np.add.reduceat(ways, start)
