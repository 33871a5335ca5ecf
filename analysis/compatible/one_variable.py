"""Values of one variable in two groups that print its row of means and its ROC row.

Targets are drawn inside the rounding boxes that give the printed t and P; values have a random
shape on whole recording steps.  A marker is moved until its area, standard error, counts at
the cut and (where it can be) its largest Youden index are right, or laid on an order of
patients that has them (:mod:`pattern`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.checks.granularity import counts_for_share
from analysis.compatible import marginal, pattern
from analysis.compatible.anneal import Board, Wanted, anneal, wanted, window
from analysis.compatible.constraints import Constraints
from analysis.compatible.reprint import Miss, holds, row_misses
from analysis.compatible.stuck import StuckError
from analysis.formula import names_in
from analysis.paper import Paper, RocRow

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Window = tuple[float, float]

_AGAIN = 6  # new starts of one variable in one attempt
_MOVES = 64  # judged at a time for one variable
_ORDERED = 0.3  # share of markers without a Youden index to keep whose order is made first
_ORDERS, _SHAPES = 4, 3  # orders drawn for one marker, shapes of values for one order
_FINER = 3  # decimals that parts of a formula have beyond the printed mean


def step_of(paper: Paper, constraints: Constraints, variable: str, fine: bool) -> float:
    """The recording step: the record's, or one unit of the mean's last decimal; parts of a
    formula get two decimals more, so that the derived variable can be met."""
    step = paper.variable(variable).step
    if step is not None:
        return float(step.value.value)
    row = constraints.mean_rows[variable][1]
    decimals = max(cell.mean.decimals for cell in row.values.values())
    return 10.0 ** -(max(decimals, 0) + (_FINER if fine else 0))


def recorded(steps: Whole, step: float) -> Floats:
    """Whole steps as the decimal numbers that are stored."""
    return np.round(steps * step, max(0, math.ceil(-math.log10(step) - 1e-9)) if step < 1 else 9)


@dataclass(frozen=True)
class _Aim:
    """Where one variable is to go, in whole steps: `sums` and `sd` by group."""

    sums: tuple[int, int]
    sd: tuple[float, float]
    limits: tuple[int, int]


def _aim(constraints: Constraints, variable: str, step: float, w: Wanted, rng) -> _Aim:
    """Sums and SDs drawn evenly from the rounding boxes among those that give the printed t."""
    limits = constraints.paper.range_of(variable)
    sums = []
    for g in (0, 1):
        middle, width, _ = w.mean[g]
        width = min(width, abs(middle) + 1)
        low, high = (middle - width) * w.n[g] / step, (middle + width) * w.n[g] / step
        if math.ceil(low) > math.floor(high):  # the edge of the box may hold the only sum
            low, high = low - 0.06 * (high - low), high + 0.06 * (high - low)
        sums.append((math.ceil(low), math.floor(high)))
        if sums[g][0] > sums[g][1]:
            raise StuckError(f"the sum of {variable}")
    n, m = w.n
    for _ in range(60):
        s = [rng.integers(low, high + 1, size=4096) for low, high in sums]
        sd = [at[0] + 0.85 * at[1] * rng.uniform(-1, 1, 4096) for at in w.sd]
        if w.welch:
            spread = sd[0] ** 2 / n + sd[1] ** 2 / m
        else:
            pooled = ((n - 1) * sd[0] ** 2 + (m - 1) * sd[1] ** 2) / (n + m - 2)
            spread = pooled * (1 / n + 1 / m)
        t = np.abs(s[0] * step / n - s[1] * step / m) / np.sqrt(spread)
        hit = np.flatnonzero(np.abs(t - w.t[0]) <= 0.8 * w.t[1])
        if len(hit):
            i = hit[0]
            low = float(limits.low) / step if math.isfinite(float(limits.low)) else -1e12
            high = float(limits.high) / step if math.isfinite(float(limits.high)) else 1e12
            ends = (math.ceil(low - 1e-9), math.floor(high + 1e-9))
            if w.sign < 0:
                ends = (-ends[1], -ends[0])
            return _Aim((int(s[0][i]), int(s[1][i])), (sd[0][i] / step, sd[1][i] / step), ends)
    raise StuckError(f"the t of {variable}")


@dataclass(frozen=True)
class _Partner:
    """The inequalities that tie a new variable to those already there."""

    pools: dict[str, list[Floats]]
    rules: list[str]
    name: str

    def bounds(self, groups: int, within: Window) -> list[tuple[Floats, Floats]]:
        """By group the least and the largest value of each place from the lowest up: kept by
        the sorted values, the rules hold for some pairing with the other variable (and for
        no pairing otherwise).  A rule is taken to bound from one side."""
        found = []
        for g in range(groups):
            low, high = (np.full(1, end) for end in within)
            for rule in self.rules:
                others = sorted(names_in(rule) - {self.name})
                if len(others) != 1:
                    continue
                other = self.pools[others[0]][g]
                below, above = np.full(len(other), within[0]), np.full(len(other), within[1])
                upper = self._holds(rule, below, others[0], other)
                side = np.where(upper, below, above)  # the end that keeps the rule
                away = np.where(upper, above, below)
                for _ in range(60):
                    middle = (side + away) / 2
                    kept = self._holds(rule, middle, others[0], other)
                    side, away = np.where(kept, middle, side), np.where(kept, away, middle)
                if upper.all():
                    high = np.minimum(high, np.sort(side))
                else:
                    low = np.maximum(low, np.sort(side))
            found.append((low, high))
        return found

    def _holds(self, rule: str, own: Floats, name: str, other: Floats) -> NDArray[np.bool_]:
        kept = holds(rule, {self.name: own, name: other})
        assert kept is not None
        return kept


@dataclass(frozen=True)
class _Bounds:
    """Least and largest values in steps, by group (positive first) and place; `n` patients."""

    low: tuple[Floats, Floats]
    high: tuple[Floats, Floats]

    def hold(self, steps: Sequence[Floats | Whole]) -> bool:
        """Whether the values of both groups keep them in their order."""
        return all(
            bool((np.sort(x) >= low).all() and (np.sort(x) <= high).all())
            for x, low, high in zip(steps, self.low, self.high, strict=True)
        )


def _bounds(
    partner: _Partner, order: list[int], within: tuple[int, int], w: Wanted, step: float
) -> _Bounds:
    real = sorted((w.sign * within[0] * step, w.sign * within[1] * step))
    ends = partner.bounds(2, (real[0], real[1]))
    low, high = [], []
    for g in (0, 1):
        one, two = (np.broadcast_to(v / step, w.n[g]) for v in ends[order[g]])
        if w.sign < 0:
            one, two = -two[::-1], -one[::-1]
        low.append(np.ceil(one - 1e-9))
        high.append(np.floor(two + 1e-9))
    return _Bounds((low[0], low[1]), (high[0], high[1]))


def pools_of(
    constraints: Constraints,
    alone: list[str],
    inner: set[str],
    rng: np.random.Generator,
    known: Mapping[str, list[Floats]] | None = None,
) -> dict[str, list[Floats]]:
    """The values of the variables `alone`, by group in the paper's order, beside those that
    are `known` already."""
    paper = constraints.paper
    pools: dict[str, list[Floats]] = {k: v for k, v in (known or {}).items() if k not in alone}
    rules = [r.expression for r in paper.constraints]
    for name in alone:
        near = [r for r in rules if name in names_in(r) and names_in(r) <= {*pools, name}]
        error = StuckError(f"a pairing for {name}")
        for _ in range(_AGAIN):
            try:
                pools[name] = _one(
                    constraints, name, name in inner, rng, _Partner(dict(pools), near, name)
                )
                break
            except StuckError as stuck:
                error = stuck
        else:
            raise error
    return pools


def _one(
    constraints: Constraints, variable: str, fine: bool, rng: np.random.Generator, partner: _Partner
) -> list[Floats]:
    """Values of one variable that print all of its rows, by group in the paper's order."""
    paper = constraints.paper
    step = step_of(paper, constraints, variable, fine)
    w = wanted(constraints, variable)
    found = constraints.roc_rows.get(variable)
    positive = found[0].positive if found else paper.groups[0].id
    order = [0, 1] if paper.groups[0].id == positive else [1, 0]
    aim = _aim(constraints, variable, step, w, rng)
    bounds = _bounds(partner, order, aim.limits, w, step)

    def real(steps: Sequence[Whole]) -> list[Floats]:
        turned = [recorded(w.sign * s, step) for s in steps]
        return [turned[i] for i in order]

    def left(steps: Sequence[Whole]) -> list[Miss]:
        return row_misses({variable: real(steps)}, constraints, variable)

    if found:
        steps = _marker(constraints, variable, found[1], step, w, aim, bounds, rng, left)
    else:
        steps = _both_starts(variable, w, aim, bounds, rng)
    if (missed := left(steps)) or not bounds.hold(steps):
        raise StuckError(missed[0].id if missed else f"a pairing for {variable}")
    return real(steps)


def _both_starts(
    variable: str, w: Wanted, aim: _Aim, bounds: _Bounds, rng: np.random.Generator
) -> list[Whole]:
    for _ in range(200):
        start = [_start(aim, g, w, rng) for g in (0, 1)]
        if start[0] is not None and start[1] is not None and bounds.hold(start):  # type: ignore[arg-type]
            return start  # type: ignore[return-value]
    raise StuckError(f"a shape of {variable}")


def _start(aim: _Aim, g: int, w: Wanted, rng: np.random.Generator) -> Whole | None:
    """A sample of a random shape with the sum and the SD aimed at, or None."""
    n, total, sd = w.n[g], aim.sums[g], aim.sd[g]
    # wide enough for one pair of steps, narrow against the rounding of the SD
    slack = max(1e-5 * sd, 2.5 / sd / (n - 1)) if sd else 0.0
    reach = math.ceil(8 * sd + 1)
    grid = marginal.Grid(
        n,
        max(aim.limits[0], total // n - reach),
        min(aim.limits[1], total // n + reach),
        (total, total),
        (max(sd - slack, 0.0) ** 2, (sd + slack) ** 2),
    )
    x = marginal.scaled(grid, marginal.shapes(rng, 1, n))
    x, good = marginal.settle(grid, x, rng)
    return x[0] if good[0] else None


def _marker(
    constraints: Constraints,
    variable: str,
    row: RocRow,
    step: float,
    w: Wanted,
    aim: _Aim,
    bounds: _Bounds,
    rng: np.random.Generator,
    left: Callable[[Sequence[Whole]], list[Miss]],
) -> list[Whole]:
    """Values of a marker whose area, cut and moments print; whole steps, high is positive."""
    w = _in_steps(w, step)
    above = counts_above(row, w.n, rng)
    start = None
    if above is not None:
        gap = _gap(row, w, step, aim, rng)
        w = replace(w, youden=largest_youden(constraints, variable, above, w.n))
        if w.youden is not None or rng.random() < _ORDERED:
            start = _from_order(variable, w, gap, above, aim, bounds, rng)
            if bounds.hold(start) and not left(start):
                return start
    if start is None:
        start = _both_starts(variable, w, aim, bounds, rng)
    lows = [np.full(len(s), max(aim.limits[0], int(s.min()) - int(0.2 * aim.sd[0]))) for s in start]
    highs = [
        np.full(len(s), min(aim.limits[1], int(s.max()) + int(0.2 * aim.sd[0]))) for s in start
    ]
    free = [np.arange(len(s)) for s in start]
    if above is not None:
        start, lows, highs, free = _sides(
            start, gap, above, aim, lows, highs, w.youden is not None, rng
        )
    for g in (0, 1):
        _repair_sum(start[g], aim.sums[g], lows[g], highs[g], rng)
    board = Board((start[0], start[1]), w)

    def propose(g: int, heat: float):
        who = rng.choice(free[g], size=(_MOVES, 2))
        scale = aim.sd[g] * 10 ** rng.uniform(-3 + 1.5 * heat, -0.2, _MOVES)
        d = np.maximum(1, np.rint(scale)) * np.where(rng.random(_MOVES) < 0.5, 1, -1)
        new = board.x[g][who] + np.stack([d, -d], axis=1)
        good = (who[:, 0] != who[:, 1]) & (new >= lows[g][who]).all(axis=1)
        return who, new, good & (new <= highs[g][who]).all(axis=1)

    if not anneal(board, propose, lambda g, i: None, rng, steps=800):
        raise StuckError(f"the area of {variable}")
    return [v.astype(np.int64) for v in board.x]


def _from_order(
    variable: str,
    w: Wanted,
    gap: tuple[int, int],
    above: tuple[int, int],
    aim: _Aim,
    bounds: _Bounds,
    rng: np.random.Generator,
) -> list[Whole]:
    """Values laid on an order of patients that has the area, the error and the cut."""
    below = sum(w.n) - sum(above)
    means = (aim.sums[0] / w.n[0], aim.sums[1] / w.n[1])
    for _ in range(_ORDERS):
        groups = pattern.order(w, above, rng)
        if groups is None:
            continue
        for _ in range(_SHAPES):
            shape = marginal.shapes(rng, 1, len(groups))[0] * aim.sd[0]
            x = pattern.values(
                groups, below, gap, means, aim.sd, shape, bounds.low, bounds.high, rng
            )
            if x is not None:
                whole = np.rint(x).astype(np.int64)
                return [whole[groups == g] for g in (0, 1)]
    raise StuckError(f"values for an order of {variable}")


def _in_steps(w: Wanted, step: float) -> Wanted:
    def scaled(at: tuple[float, float, float]) -> tuple[float, float, float]:
        return at[0] / step, at[1] / step, at[2] / step

    return replace(w, mean=tuple(map(scaled, w.mean)), sd=tuple(map(scaled, w.sd)))


def counts_above(
    row: RocRow, n: tuple[int, int], rng: np.random.Generator
) -> tuple[int, int] | None:
    """How many of each group lie above the cut, drawn among the counts that print so."""
    if row.sensitivity is None or row.specificity is None:
        return None
    hits, correct = counts_for_share(row.sensitivity, n[0]), counts_for_share(row.specificity, n[1])
    if not hits or not correct:
        return None
    k1, k0 = (int(rng.choice(np.asarray(list(k)))) for k in (hits, correct))
    return k1, n[1] - k0


def largest_youden(
    constraints: Constraints, variable: str, above: tuple[int, int], n: tuple[int, int]
) -> float | None:
    table, row = constraints.roc_rows[variable]
    if (table.id, row.id) not in constraints.youden:
        return None
    return above[0] / n[0] - above[1] / n[1]


def _gap(row: RocRow, w: Wanted, step: float, aim: _Aim, rng) -> tuple[int, int]:
    """The two neighbouring values around the cut, in steps: their middle prints as the cut."""
    if row.threshold is None:
        middle = w.sign * (aim.sums[0] / w.n[0] + aim.sums[1] / w.n[1]) / 2
        low, high = middle - 0.5, middle + 0.5
    else:
        at, half, _ = window(row.threshold)
        low, high = (at - half) / step, (at + half) / step
    if w.sign < 0:
        low, high = -high, -low
    widths = np.arange(1, max(8, int(0.03 * min(aim.sd))) + 1)
    for width in [*rng.permutation(widths)[:20], *widths]:
        bottoms = range(math.ceil(low - width / 2), math.floor(high - width / 2) + 1)
        if bottoms:
            bottom = int(rng.choice(np.asarray(bottoms)))
            return bottom, bottom + int(width)
    raise StuckError(f"the cut of {row.id}")


def _sides(start, gap, above, aim: _Aim, lows, highs, strict: bool, rng):
    """Values sorted to their sides of the cut: a smooth shift near the cut first, then each
    patient keeps its side; one patient keeps each of the two values around the cut."""
    bottom, top = gap
    cut = (bottom + top) / 2
    moved = []
    for g in (0, 1):
        x = np.sort(start[g]).astype(float)
        n, k = len(x), above[g]
        mean, sd = aim.sums[g] / n, aim.sd[g]
        for _ in range(20):
            if 0 < k < n:
                q = (x[n - k - 1] + x[n - k]) / 2
                shift = cut - q
                width = max(0.7 * sd, 1.3 * abs(shift))
                x = x + shift * np.exp(-0.5 * ((x - q) / width) ** 2)
            x = mean + (x - x.mean()) * sd / x.std(ddof=1)
        whole = np.rint(x).astype(np.int64)
        near = max(2, int(0.15 * sd))
        low_side = np.arange(n) < n - k
        late = low_side & (whole > bottom)
        whole[late] = bottom - rng.integers(0, near, size=int(late.sum()))
        early = ~low_side & (whole < top)
        whole[early] = top + rng.integers(0, near, size=int(early.sum()))
        lows[g] = np.where(low_side, lows[g], top)
        highs[g] = np.where(low_side, bottom, highs[g])
        moved.append(np.clip(whole, lows[g], highs[g]))
    free = [np.ones(len(x), dtype=bool) for x in moved]
    # under the largest Youden index a negative lies next below the cut, a positive next above
    for low_side, value, groups in ((True, bottom, (1, 0)), (False, top, (0, 1))):
        best = None
        for g in groups[:1] if strict else groups:
            n, k = len(moved[g]), above[g]
            at = n - k - 1 if low_side else n - k
            if 0 <= at < n and (low_side == (at < n - k)):
                away = abs(int(moved[g][at]) - value)
                best = min(best, (away, g, at)) if best else (away, g, at)
        if best is None:
            raise StuckError("the values around a cut")
        _, g, at = best
        moved[g][at] = lows[g][at] = highs[g][at] = value
        free[g][at] = False
    return moved, lows, highs, [np.flatnonzero(f) for f in free]


def _repair_sum(x: Whole, total: int, low: Whole, high: Whole, rng: np.random.Generator) -> None:
    """Bring the sum to `total` by small equal steps in patients who have room for them."""
    for _ in range(200):
        away = total - int(x.sum())
        if away == 0:
            return
        room = np.flatnonzero(x < high) if away > 0 else np.flatnonzero(x > low)
        if not len(room):
            break
        each = max(1, abs(away) // len(room))
        chosen = rng.permutation(room)[: max(1, abs(away) // each)]
        spare = high[chosen] - x[chosen] if away > 0 else x[chosen] - low[chosen]
        x[chosen] += np.sign(away) * np.minimum(each, spare)
    raise StuckError("a sum beside the cut")
