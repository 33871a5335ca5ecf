"""Parts of a derived variable arranged until the derived one shows its printed numbers.

Exchanges of parts between patients bring area, error and cut; parts that are not recorded in
coarse steps are also shifted within their rounding boxes and moved within their places, which
sets the last digits.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from analysis.compatible.anneal import Board, Wanted, anneal, deep_inside, wanted, window
from analysis.compatible.constraints import Constraints
from analysis.compatible.coupling import (
    Coupling,
    anchor,
    arranged,
    cut_of,
    positive_group,
    room_of,
    slopes_of,
    swaps_of,
)
from analysis.compatible.one_variable import counts_above, largest_youden, recorded, step_of
from analysis.compatible.stuck import FarError, StuckError

Floats = NDArray[np.float64]

_COUPLINGS = 3
_NEAR = 0.002  # energy without walls from which the last digits are in reach
_LAST, _HOPE = 4, 3.0  # rounds for the last digits, and the energy that earns another
_STEPS = 500  # for the order of a derived variable
_HOPELESS = 2.0  # energy of an arrangement after two rounds that ends it
_ROUGH, _FAR_OFF = 6, 0.3  # rounds of the first arrangement, and the energy that ends it
_SHIFTS, _DRAWS_SHIFT = 4, 200  # rounds of shifting the parts, shifts tried in each
_GOOD = 0.2  # share of what moves within the order could change that is relied on
_POLISHES, _DRAWS = 25, 65536


def coupled(
    constraints: Constraints,
    variable: str,
    names: list[str],
    pools: Mapping[str, list[Floats]],
    rng: np.random.Generator,
) -> dict[str, list[Floats]]:
    """:func:`_couple`, several times with the same values before they are given up."""
    for again in range(_COUPLINGS):
        try:
            return _couple(constraints, variable, names, pools, rng)
        except FarError:
            raise
        except StuckError:
            if again == _COUPLINGS - 1:
                raise
    raise AssertionError


def _couple(
    constraints: Constraints,
    variable: str,
    names: list[str],
    pools: Mapping[str, list[Floats]],
    rng: np.random.Generator,
) -> dict[str, list[Floats]]:
    """Exchange values of the parts between patients until the derived variable prints."""
    paper = constraints.paper
    w = wanted(constraints, variable)
    found = constraints.roc_rows.get(variable)
    first = positive_group(constraints, variable) == paper.groups[0].id
    order = [0, 1] if first else [1, 0]
    coupling = arranged(constraints, variable, names, pools, order, w, rng)
    above = counts_above(found[1], w.n, rng) if found else None
    threshold = found[1].threshold if found else None
    if above is not None and threshold is not None:
        youden = largest_youden(constraints, variable, above, w.n)
        w = replace(w, cut=w.sign * float(threshold.value), above=above, youden=youden)
    free = [np.arange(n) for n in w.n]
    rough = replace(deep_inside(w), coarse=2)
    moves = swaps_of(coupling, free, rng)
    for again in range(_ROUGH):
        board = Board(coupling.both(), rough)
        heats = (1 - again / _ROUGH, 1 - (again + 1) / _ROUGH)
        done = anneal(board, *moves, rng, steps=100, warm=0.1, heats=heats, enough=_NEAR)
        shifted = _shift(constraints, coupling, w, order, rng)
        if done and not shifted:
            break
        if again and board.energy() > _HOPELESS:
            raise FarError(f"the moments of {variable}")
    if Board(coupling.both(), rough).energy() > _FAR_OFF:
        raise FarError(f"the moments of {variable}")
    frozen: list[set[int]] = [set(), set()]
    if w.cut is not None and found is not None:
        gap = anchor(coupling, found[1], w, frozen, rng)
        w = replace(w, cut=(gap[0] + gap[1]) / 2, gap=gap)
    free = [np.array([i for i in range(w.n[g]) if i not in frozen[g]]) for g in (0, 1)]
    moves = swaps_of(coupling, free, rng)
    room = room_of(constraints, coupling)
    if any(r.any() for r in room):
        near = _near(coupling, room, deep_inside(w))
        for _ in range(_LAST):
            board = Board(coupling.both(), near)
            if not anneal(board, *moves, rng, steps=_STEPS, warm=0.08, heats=(0.6, 0)):
                raise StuckError(f"the area of {variable}")
            _polish(constraints, coupling, frozen, w, rng)
            if Board(coupling.both(), w).energy() == 0:
                break
            # two neighbours of the derived variable have passed each other: loosen and again
            anneal(Board(coupling.both(), near), *moves, rng, steps=20, warm=2.0, enough=-1.0)
        else:
            raise StuckError(f"the last digits of {variable}")
    else:
        _exchange_only(coupling, w, moves, rng)
    by_group = [coupling.parts[order.index(g)] for g in range(len(paper.groups))]
    placed = {name: [by_group[g][j] for g in (0, 1)] for j, name in enumerate(names)}
    placed[variable] = [coupling.sign * coupling.index(by_group[g]) for g in (0, 1)]
    return placed


def _shift(
    constraints: Constraints,
    coupling: Coupling,
    w: Wanted,
    order: list[int],
    rng: np.random.Generator,
) -> bool:
    """Shift and stretch parts, both groups alike, inside their rounding boxes: their order,
    area and t stay, and the moments of the derived variable come nearer.  Whether it did."""
    used = [
        j for j, name in enumerate(coupling.names)
        if constraints.paper.variable(name).step is None
    ]  # fmt: skip
    if not used:
        return False
    n, k = w.n, _DRAWS_SHIFT
    both = np.concatenate(coupling.parts, axis=1)
    split = [np.arange(n[0]), np.arange(n[0], sum(n))]
    best = _moment_errors(coupling, both[:, None, :], split, w)[0]
    first, scale = best, 1.0
    for _ in range(_SHIFTS):
        tried = np.repeat(both[:, None, :], k, axis=1)
        good = np.ones(k, dtype=bool)
        for j in used:
            own = wanted(constraints, coupling.names[j])
            turn = own.sign
            centre = both[j].mean()
            width = min(at[1] for at in own.mean), min(at[1] / max(at[0], 1e-300) for at in own.sd)
            if not np.isfinite(width).all():
                continue
            a = scale * 2 * width[0] * rng.uniform(-1, 1, k)
            b = 1 + scale * 2 * width[1] * rng.uniform(-1, 1, k)
            tried[j] = centre + a[:, None] + b[:, None] * (both[j] - centre)
            # the markers of a part may count the other group as positive
            positive = positive_group(constraints, coupling.names[j]) == positive_group(
                constraints, coupling.variable
            )
            for g in (0, 1):
                values = turn * tried[j][:, split[g]]
                at = g if positive else 1 - g
                mean, sd = own.mean[at], own.sd[at]
                good &= np.abs(values.mean(axis=1) - mean[0]) <= 0.95 * mean[1]
                good &= np.abs(values.std(axis=1, ddof=1) - sd[0]) <= 0.95 * sd[1]
            row = constraints.roc_rows.get(coupling.names[j])
            if row is not None and row[1].threshold is not None:
                at, half, _ = window(row[1].threshold)
                ordered = np.sort(both[j])
                i = int(np.searchsorted(ordered, cut_of(constraints, coupling, j)))
                middle = (ordered[i - 1] + ordered[i]) / 2
                good &= np.abs(centre + a + b * (middle - centre) - at) <= 0.98 * half
            limits = constraints.paper.range_of(coupling.names[j])
            good &= (tried[j].min(axis=1) >= float(limits.low)) & (
                tried[j].max(axis=1) <= float(limits.high)
            )
        good[good] &= coupling.allowed(tried[:, good]).all(axis=1)
        if good.any():
            errors = np.full(k, np.inf)
            errors[good] = _moment_errors(coupling, tried[:, good], split, w)
            i = int(np.argmin(errors))
            if errors[i] < best:
                best, both = float(errors[i]), tried[:, i]
        scale /= 2.5
    if best >= 0.9 * first:
        return False
    for j in used:
        step = step_of(constraints.paper, constraints, coupling.names[j], True)
        both[j] = recorded(np.rint(both[j] / step), step)
    coupling.parts[:] = [np.ascontiguousarray(both[:, who]) for who in split]
    return True


def _moment_errors(coupling: Coupling, parts: Floats, split, w: Wanted) -> Floats:
    """How far mean and SD of the derived variable are from the wanted ones: parts (p, k, n)."""
    made = coupling.index(parts)
    total = np.zeros(made.shape[0])
    for g in (0, 1):
        own = made[:, split[g]]
        unit = w.sd[g][0] or 1.0
        total += ((own.mean(axis=1) - w.mean[g][0]) / unit) ** 2
        total += ((own.std(axis=1, ddof=1) - w.sd[g][0]) / unit) ** 2
    return total


def _exchange_only(coupling: Coupling, w: Wanted, moves, rng: np.random.Generator) -> None:
    """The last digits where every part has a recording step: the areas first while the
    moments may still give way, then both."""
    board = Board(coupling.both(), replace(deep_inside(w), coarse=1))
    anneal(board, *moves, rng, steps=1200, warm=0.08, heats=(0.6, 0), enough=_NEAR)
    board.wanted = w
    for _ in range(_LAST):
        if anneal(board, *moves, rng, steps=1000, warm=0.05, heats=(0.8, 0)):
            return
        if board.energy() > _HOPE:
            break
    raise StuckError(f"the last digits of {coupling.variable}")


def _near(coupling: Coupling, room: list[Floats], w: Wanted) -> Wanted:
    """The same with means and SDs as wide as the moves within `room` can make good."""
    means, sds = [], []
    for g in (0, 1):
        reach = (np.abs(slopes_of(coupling, coupling.parts[g])) * room[g]).sum(axis=0)
        away = np.abs(coupling.index(coupling.parts[g]) - w.mean[g][0])
        mean = _GOOD * float(reach.mean())
        sd = _GOOD * float((reach * away).sum()) / (w.n[g] - 1) / max(w.sd[g][0], 1e-12)
        for at, width, out in ((w.mean[g], mean, means), (w.sd[g], sd, sds)):
            out.append((at[0], max(at[1], width), max(at[2], width)))
    return replace(w, mean=tuple(means), sd=tuple(sds), t=(0.0, math.inf, 1.0))


def _polish(
    constraints: Constraints,
    coupling: Coupling,
    frozen: list[set[int]],
    w: Wanted,
    rng: np.random.Generator,
) -> None:
    """Move the parts within their places until the derived variable has means and SDs that
    print: the least weighted moves that keep the t of every part (Gauss–Newton)."""
    means, sds = _moments_drawn(coupling.variable, w, rng)
    room = np.concatenate(room_of(constraints, coupling), axis=1)
    split = [slice(0, w.n[0]), slice(w.n[0], sum(w.n))]
    for g in (0, 1):
        room[:, [split[g].start + i for i in frozen[g]]] = 0
    reach = room.copy()
    used = np.flatnonzero(room.any(axis=1))
    start = np.concatenate(coupling.parts, axis=1)
    parts = start.copy()
    tests = [wanted(constraints, coupling.names[j]).welch for j in used]
    kept = [_t_slope(start[j], split, welch)[0] for j, welch in zip(used, tests, strict=True)]
    for _ in range(_POLISHES):
        made, slopes = coupling.index(parts), slopes_of(coupling, parts)[used]
        errors, rows = [], []
        for k, j in enumerate(used):
            t, slope = _t_slope(parts[j], split, tests[k])
            row = np.zeros_like(slopes)
            row[k] = slope
            errors.append((kept[k] - t) / 10)
            rows.append(row.ravel() / 10)
        for g in (0, 1):
            own = made[split[g]]
            spread = max(own.std(ddof=1), 1e-300)
            errors += [(means[g] - own.mean()) / sds[g], (sds[g] - spread) / sds[g]]
            for effect in (1 / len(own), (own - own.mean()) / ((len(own) - 1) * spread)):
                row = np.zeros_like(slopes)
                row[:, split[g]] = effect * slopes[:, split[g]]
                rows.append(row.ravel() / sds[g])
        error, jacobian = np.array(errors), np.array(rows)
        if np.abs(error).max() < 1e-8:
            break
        # a value at the end of its room moves no further
        weight = (room[used] ** 2).ravel()
        gram = jacobian @ (weight[:, None] * jacobian.T)
        try:
            step = weight * (jacobian.T @ np.linalg.solve(gram, error))
        except np.linalg.LinAlgError:
            break
        wish = parts[used] + step.reshape(slopes.shape)
        away = np.clip(wish, start[used] - reach[used], start[used] + reach[used])
        room[used] = np.where(away != wish, 0.0, room[used])
        parts[used] = away
        bad = ~coupling.allowed(parts)
        parts[:, bad], room[:, bad] = start[:, bad], 0.0
    for j in used:
        step_ = step_of(constraints.paper, constraints, coupling.names[j], True)
        parts[j] = recorded(np.rint(parts[j] / step_), step_)
    if not coupling.allowed(parts).all():
        raise StuckError(f"a rule of {coupling.variable}")
    coupling.parts[:] = [parts[:, who].copy() for who in split]


def _t_slope(values: Floats, split: list[slice], welch: bool) -> tuple[float, Floats]:
    """The t of two groups and how it changes with each value."""
    own = [values[who] for who in split]
    n = [len(x) for x in own]
    if welch:
        weights = [1 / n[0], 1 / n[1]]
    else:
        weights = [(k - 1) / (sum(n) - 2) * (1 / n[0] + 1 / n[1]) for k in n]
    spread = sum(k * x.var(ddof=1) for k, x in zip(weights, own, strict=True))
    t = (own[0].mean() - own[1].mean()) / math.sqrt(spread)
    slope = np.empty_like(values)
    for g, sign in ((0, 1), (1, -1)):
        within = weights[g] * 2 * (own[g] - own[g].mean()) / (n[g] - 1)
        slope[split[g]] = sign / n[g] / math.sqrt(spread) - t / (2 * spread) * within
    return t, slope


def _moments_drawn(
    variable: str, w: Wanted, rng: np.random.Generator
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Means and SDs of both groups, drawn evenly from the rounding boxes with the printed t."""
    mean = [m + 0.8 * min(d, abs(m) + 1) * rng.uniform(-1, 1, _DRAWS) for m, d, _ in w.mean]
    sd = [m + 0.8 * min(d, abs(m) + 1) * rng.uniform(-1, 1, _DRAWS) for m, d, _ in w.sd]
    n, m = w.n
    if w.welch:
        spread = sd[0] ** 2 / n + sd[1] ** 2 / m
    else:
        spread = ((n - 1) * sd[0] ** 2 + (m - 1) * sd[1] ** 2) / (n + m - 2) * (1 / n + 1 / m)
    t = np.abs(mean[0] - mean[1]) / np.sqrt(spread)
    hit = np.flatnonzero(np.abs(t - w.t[0]) <= 0.8 * w.t[1])
    if not len(hit):
        raise StuckError(f"the t of {variable}")
    i = hit[0]
    return (float(mean[0][i]), float(mean[1][i])), (float(sd[0][i]), float(sd[1][i]))
