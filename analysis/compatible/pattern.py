"""A marker built from the order of its patients: first who is above whom, then the values.

Some printed areas leave a curve hardly any room under its own largest Youden index.  Moving
values one by one does not get there; here the order is made from such a curve, and values
are laid on the order afterwards.  The order alone decides area, standard error and cut, so
the values are free for means and SDs.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.compatible.anneal import Board, Wanted, anneal

Floats = NDArray[np.float64]
_FREE = (0.0, math.inf, 1.0)
_MOVES = 64


def order(w: Wanted, above: tuple[int, int], rng: np.random.Generator) -> NDArray[np.int64] | None:
    """Groups (0 positive, 1 negative) of all patients from the lowest to the highest value,
    with the wanted area, standard error, cut and Youden index; None if none was found."""
    assert w.auc is not None
    n1, n0 = w.n
    j, u0, s0 = above[0] / n1 - above[1] / n0, above[1] / n0, above[0] / n1
    # under the cut and over it a share of the triangle between the straight line through the
    # printed point and the line of its Youden index; one share is drawn, the area gives the other
    left, right = j * u0 / 2, j * (1 - s0) / 2
    spare = w.auc[0] - (1 + j) / 2
    if not 0 <= spare <= left + right or min(left, right) <= 0:
        return None
    first = rng.uniform(max(0.0, (spare - right) / left), min(1.0, spare / left))
    second = (spare - first * left) / right
    u = np.linspace(0, 1, 2001)
    lines = np.interp(u, [0, u0, 1], [0, s0, 1])
    curve = lines + np.where(u < u0, first, second) * (np.minimum(1, u + j) - lines)
    curve[0] = 0.0
    # heights of the positives, places of the negatives, on the axis of false positive shares
    high = (np.arange(n1) + 0.5) / n1
    x = 1 - np.interp(high, curve, u)
    y = 1 - (np.arange(n0) + 0.5) / n0
    cut = 1 - u0
    hair = 0.2 / n0
    x = np.where(np.arange(n1) < above[0], np.maximum(x, cut + hair / 2), np.minimum(x, cut - hair / 2))
    # the flat ends are spread out, and equal places told apart
    x = x + np.where(x >= 1 - 1e-9, rng.uniform(0, 0.05, n1), 0) + rng.uniform(-1, 1, n1) * hair / 8
    sides = [np.arange(n1) < above[0], np.arange(n0) < above[1]]
    free = replace(w, mean=(_FREE, _FREE), sd=(_FREE, _FREE), t=_FREE)
    board = Board((x, y), free)

    def propose(g: int, heat: float):
        who = rng.integers(w.n[g], size=(_MOVES, 1))
        scale = 10 ** rng.uniform(-3, -0.7 - 1.0 * (1 - heat), (_MOVES, 1))
        new = board.x[g][who] + scale * rng.standard_normal((_MOVES, 1))
        good = (new > -0.1) & (new < 1.1) & ((new > cut) == sides[g][who])
        return who, new, good[:, 0]

    if not anneal(board, propose, lambda g, i: None, rng, steps=250, warm=0.1):
        return None
    groups = np.concatenate([np.zeros(n1, int), np.ones(n0, int)])
    return groups[np.argsort(np.concatenate(board.x), kind="stable")]


def values(
    groups: NDArray[np.int64],
    below: int,
    gap: tuple[float, float],
    means: tuple[float, float],
    sds: tuple[float, float],
    start: Floats,
) -> Floats | None:
    """Ascending values for an order of `groups`, with the wanted mean and SD of each group
    and the two values of `gap` around the cut, which has `below` patients under it.

    `start` gives the first distances between neighbours (ascending, same length).  The
    logarithms of the distances are moved as little as possible (Gauss–Newton), so that the
    order stays.  None if it does not converge.
    """
    n = len(groups)
    distances = np.diff(np.sort(start))
    log = np.log(np.maximum(distances, 1e-3 * distances.mean()))
    inner = np.delete(np.arange(n - 1), below - 1)
    members = [groups == g for g in (0, 1)]
    for _ in range(60):
        d = np.exp(log)
        d[below - 1] = gap[1] - gap[0]
        x = np.concatenate([[0.0], np.cumsum(d)])
        x += gap[0] - x[below - 1]
        residual, rows = [], []
        for g in (0, 1):
            own = x[members[g]]
            mean, sd = own.mean(), own.std(ddof=1)
            residual += [(means[g] - mean) / sds[g], (sds[g] - sd) / sds[g]]
            for slope in (
                members[g] / len(own),
                members[g] * (x - mean) / ((len(own) - 1) * sd),
            ):
                beyond = np.cumsum(slope[::-1])[::-1]  # of all patients from k up
                effect = beyond[1:].copy()
                effect[: below - 1] -= slope.sum()  # a distance under the cut pushes down
                rows.append(effect[inner] * d[inner] / sds[g])
        error = np.array(residual)
        if np.abs(error).max() < 1e-7:
            return x
        jacobian = np.array(rows)
        gram = jacobian @ jacobian.T
        gram[np.diag_indices_from(gram)] += 1e-9 * np.trace(gram)
        step = jacobian.T @ np.linalg.solve(gram, error)
        log[inner] += np.clip(step, -0.7, 0.7)
    return None
