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
_SHARES = 16
_ROUNDS, _HELD = 50, 24  # steps towards the values, values held at a bound
_CLOSE = 0.05  # SDs from the means at which bounds are looked at
_LEAST, _MOST = 0.2, 0.9  # of a box under the curve


def order(w: Wanted, above: tuple[int, int], rng: np.random.Generator) -> NDArray[np.int64] | None:
    """Groups (0 positive, 1 negative) of all patients from the lowest to the highest value,
    with the wanted area, standard error, cut and Youden index; None if none was found."""
    assert w.auc is not None
    n1, n0 = w.n
    j, u0, s0 = above[0] / n1 - above[1] / n0, above[1] / n0, above[0] / n1
    if not 0 < u0 < 1 or not 0 < s0 < 1 or (w.youden is not None and j <= 0):
        return None
    # the curve runs through two boxes, left and right of the printed point; the share of one
    # box under it is drawn, the area gives the other
    boxes = u0 * s0, (1 - u0) * (1 - s0)
    rest = w.auc[0] - (1 - u0) * s0
    most = (_MOST, _MOST) if w.youden is None else (0.5 + j / (2 * s0), 0.5 + j / (2 * (1 - u0)))
    lowest = max(_LEAST, (rest - most[1] * boxes[1]) / boxes[0])
    highest = min(most[0], (rest - _LEAST * boxes[1]) / boxes[0])
    if lowest > highest:
        return None
    cut, hair = 1 - u0, 0.2 / n0
    sides = [np.arange(n1) < above[0], np.arange(n0) < above[1]]
    free = replace(w, mean=(_FREE, _FREE), sd=(_FREE, _FREE), t=_FREE)
    t = np.linspace(0, 1, 1001)
    caps = np.minimum(1, (u0 * t + j) / s0), np.minimum(1, (1 - u0) * t / (1 - s0))
    u = np.concatenate([u0 * t, u0 + (1 - u0) * t])
    y = 1 - (np.arange(n0) + 0.5) / n0

    def side(g: int, share: float) -> Floats:
        if w.youden is None or share < 0.5:
            return t ** (1 / share - 1)
        return t + (share - 0.5) / (most[g] - 0.5) * (caps[g] - t)

    def drawn() -> Board:
        share = rng.uniform(lowest, highest)
        other = (rest - share * boxes[0]) / boxes[1]
        curve = np.concatenate([s0 * side(0, share), s0 + (1 - s0) * side(1, other)])
        # heights of the positives on the axis of false positive shares
        x = 1 - np.interp((np.arange(n1) + 0.5) / n1, curve, u)
        x = np.where(sides[0], np.maximum(x, cut + hair / 2), np.minimum(x, cut - hair / 2))
        # the flat ends are spread out, and equal places told apart
        ends = np.where(x >= 1 - 1e-9, rng.uniform(0, 0.05, n1), 0)
        return Board((x + ends + rng.uniform(-1, 1, n1) * hair / 8, y), free)

    # the share decides the standard error: one of the better few is taken, for variety
    boards = sorted((drawn() for _ in range(_SHARES)), key=Board.energy)
    board = boards[int(rng.integers(_SHARES // 4))]

    def propose(g: int, heat: float):
        who = rng.integers(w.n[g], size=(_MOVES, 1))
        scale = 10 ** rng.uniform(-3, -0.7 - 1.0 * (1 - heat), (_MOVES, 1))
        new = board.x[g][who] + scale * rng.standard_normal((_MOVES, 1))
        good = (new > -0.1) & (new < 1.1) & ((new > cut) == sides[g][who])
        return who, new, good[:, 0]

    if not anneal(board, propose, lambda g, i: None, rng, steps=150, warm=0.1):
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
    low: tuple[Floats, Floats],
    high: tuple[Floats, Floats],
    rng: np.random.Generator,
) -> Floats | None:
    """Ascending values for an order of `groups`, with the wanted mean and SD of each group
    and the two values of `gap` around the cut, which has `below` patients under it.

    `start` gives the first distances between neighbours (ascending, same length); `low` and
    `high` bound the values of each group in its own order, shapes (n1,) and (n0,).  The
    logarithms of the distances are moved as little as possible (Gauss–Newton), so that the
    order stays; a value beyond its bound is held inside from then on.  None if it does not
    converge.
    """
    n = len(groups)
    distances = np.diff(np.sort(start))
    log = np.log(np.maximum(distances, 1e-3 * distances.mean()))
    inner = np.delete(np.arange(n - 1), below - 1)
    members = [np.flatnonzero(groups == g) for g in (0, 1)]
    held: dict[int, float] = {}
    effect_held: list[Floats] = []  # of each distance on the value of a held patient
    for _ in range(_ROUNDS):
        d = np.exp(log)
        d[below - 1] = gap[1] - gap[0]
        x = np.concatenate([[0.0], np.cumsum(d)])
        x += gap[0] - x[below - 1]
        residual = []
        slopes = np.zeros((4, n))
        for g in (0, 1):
            own = x[members[g]]
            mean, sd = own.mean(), own.std(ddof=1)
            residual += [(means[g] - mean) / sds[g], (sds[g] - sd) / sds[g]]
            slopes[2 * g, members[g]] = 1 / len(own) / sds[g]
            slopes[2 * g + 1, members[g]] = (own - mean) / ((len(own) - 1) * sd) / sds[g]
        fresh = {}
        if max(map(abs, residual)) < _CLOSE:
            fresh = _beyond(x, members, low, high, held, sds[0], rng)
            for k in fresh:  # in the order of `held`
                effect_held.append(_of_distances(np.eye(1, n, k) / sds[0], below)[0])
            held |= fresh
        residual += [(at - x[k]) / sds[0] for k, at in held.items()]
        if not fresh and max(map(abs, residual)) < 1e-7:
            return x
        if len(held) > _HELD:
            return None
        rows = np.concatenate([_of_distances(slopes, below), *(e[None] for e in effect_held)])
        jacobian = rows[:, inner] * d[inner]
        # wide distances would take all of the change: each logarithm has its share instead
        pull = (jacobian / (d[inner] + d[inner].mean())).T
        gram = jacobian @ pull
        gram[np.diag_indices_from(gram)] += 1e-9 * np.trace(gram)
        step = pull @ np.linalg.solve(gram, np.array(residual))
        log[inner] += np.clip(step, -0.7, 0.7)
    return None


def _of_distances(slopes: Floats, below: int) -> Floats:
    """Slopes by the values (r, n) as slopes by the distances between neighbours (r, n - 1); the
    value under the cut stands still, so that a distance under the cut pushes down."""
    rows = np.cumsum(slopes[:, ::-1], axis=1)[:, ::-1][:, 1:].copy()  # of all patients from k up
    rows[:, : below - 1] -= slopes.sum(axis=1, keepdims=True)
    return rows


def _beyond(
    x: Floats,
    members: list[NDArray[np.int64]],
    low: tuple[Floats, Floats],
    high: tuple[Floats, Floats],
    held: dict[int, float],
    sd: float,
    rng: np.random.Generator,
) -> dict[int, float]:
    """The value of each group that is furthest beyond its bound, and where to hold it."""
    found = {}
    is_held = np.zeros(len(x), dtype=bool)
    is_held[list(held)] = True
    for g in (0, 1):
        own, out = x[members[g]], is_held[members[g]]
        for over, bound, way in ((own - high[g], high[g], -1), (low[g] - own, low[g], 1)):
            over = np.where(out, -1.0, over)
            i = int(np.argmax(over))
            if over[i] > 0:
                found[int(members[g][i])] = float(bound[i] + way * sd * rng.uniform(0.01, 0.15))
    return found
