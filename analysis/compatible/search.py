"""One cohort: patients with every variable of the tables, found from a seed and a number.

1. Every variable by itself: targets inside the rounding boxes that give the printed t and
   P, a random shape, whole recording steps; a marker is moved until its area, standard
   error, counts at the cut and (where it can be) its largest Youden index are right.
2. A derived variable: only *which* patient has which value of a part is moved, so that the
   parts keep all they show, until the derived one shows its own numbers too.
3. The other variables are laid beside them with randomly drawn associations.
4. The cohort is printed again by :mod:`reprint`; what does not print is thrown away.

What is found exists.  How often a kind of cohort is found says nothing about how likely it
is: shapes and associations are drawn for variety, not from any population.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.checks.granularity import counts_for_share
from analysis.checks.witness import evaluate
from analysis.compatible import marginal, pattern
from analysis.compatible.anneal import Board, Wanted, anneal, deep_inside, wanted, window
from analysis.compatible.constraints import Constraints, names_in
from analysis.compatible.reprint import Miss, chosen_cut, holds, misses, row_misses
from analysis.paper import LevelsRow, Paper, RocRow

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Window = tuple[float, float]

ATTEMPTS = 60
_AGAIN = 6  # new starts of one variable in one attempt
_COUPLINGS = 3
_NEAR = 0.002  # energy without walls from which the last digits are in reach
_LAST, _HOPE = 4, 3.0  # rounds for the last digits, and the energy that earns another
_STEPS = 500  # for the order of a derived variable
_HOPELESS = 2.0  # energy of an arrangement after two rounds that ends it
_ROUGH, _FAR_OFF = 6, 0.3  # rounds of the first arrangement, and the energy that ends it
_SHIFTS, _DRAWS_SHIFT = 4, 200  # rounds of shifting the parts, shifts tried in each
_SPACE = 0.45  # of the distance to the nearest value: two neighbours cannot pass each other
_GOOD = 0.2  # share of what moves within the order could change that is relied on
_POLISHES, _DRAWS = 25, 65536
_MOVES = 64  # judged at a time for one variable
_SWAPS = 192  # judged at a time for a derived variable
_ORDERED = 0.3  # share of markers without a Youden index to keep whose order is made first
_ORDERS, _SHAPES = 4, 3  # orders drawn for one marker, shapes of values for one order
_FINER = 3  # decimals that parts of a formula have beyond the printed mean
_COVER = (
    "Sampled cohorts do not cover all that the printed numbers allow: shapes come from six "
    "families, associations from one random recipe, and rare kinds of data are never tried. "
    "Ranges over them are inner ranges; only a proof gives an outer one."
)


class SearchError(RuntimeError):
    """No cohort was found; the message says where the search got stuck."""


@dataclass(frozen=True)
class Found:
    """One cohort with the attempts it took and where the failed ones got stuck."""

    patients: pd.DataFrame
    attempts: int
    stuck: tuple[str, ...]


class _StuckError(Exception):
    """This attempt leads nowhere; the message names the place."""


class _FarError(_StuckError):
    """These values of the parts lead nowhere: another arrangement of them does not help."""


def what_is_not_covered() -> str:
    """One paragraph on what the sampling leaves out, for every report of an ensemble."""
    return _COVER


def generator(seed: int, index: int) -> np.random.Generator:
    """The random numbers of cohort `index`: the same whatever else is made beside it."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(index,))))


def find(constraints: Constraints, seed: int, index: int, attempts: int = ATTEMPTS) -> Found:
    """Cohort `index` of an ensemble: the same seed and index give the same patients.

    Returns one row a patient: ``group`` and the variables of the tables.  Raises
    :class:`SearchError` after `attempts` failures.
    """
    rng = generator(seed, index)
    stuck: list[str] = []
    for attempt in range(1, attempts + 1):
        try:
            patients = _attempt(constraints, rng)
        except _StuckError as error:
            stuck.append(str(error))
            continue
        left = misses(patients, constraints)
        if not left:
            return Found(patients, attempt, tuple(stuck))
        stuck.append(_name(left))
    places = ", ".join(f"{place} ({stuck.count(place)}×)" for place in dict.fromkeys(stuck))
    raise SearchError(
        f"no cohort was found in {attempts} attempts, stuck at {places}; that is no proof that "
        "there is none."
    )


def _name(left: list[Miss]) -> str:
    return left[0].id


def _attempt(constraints: Constraints, rng: np.random.Generator) -> pd.DataFrame:
    paper = constraints.paper
    derived = [v for v in constraints.mean_rows if paper.variable(v).formula]
    parts = {v: sorted(names_in(paper.variable(v).formula or "")) for v in derived}
    inner = {name for names in parts.values() for name in names}
    alone = [v for v in constraints.mean_rows if v not in derived]
    pools = _pools(constraints, [v for v in alone if v in inner], inner, rng)
    columns: dict[str, list[Floats]] = {}
    for variable in derived:
        columns |= _coupled(constraints, variable, parts[variable], pools, rng)
    pools = _pools(constraints, [v for v in alone if v not in inner], inner, rng, pools)
    frames = []
    for g, group in enumerate(paper.groups):
        placed = {name: values[g] for name, values in columns.items()}
        order = rng.permutation(group.size)
        placed = {name: values[order] for name, values in placed.items()}
        for name in alone:
            if name not in placed:
                placed[name] = _laid(pools[name][g], placed, rng)
        frame = {"group": np.repeat(group.id, group.size)}
        for name in constraints.variables:
            if name in constraints.count_rows:
                frame[name] = _levels(constraints, name, group.id, placed, rng)
            else:
                frame[name] = placed[name]
        frames.append(pd.DataFrame(frame))
    return pd.concat(frames, ignore_index=True)


# --- each variable by itself -----------------------------------------------------------


def step_of(paper: Paper, constraints: Constraints, variable: str, fine: bool) -> float:
    """The recording step: the record's, or one unit of the mean's last decimal; parts of a
    formula get two decimals more, so that the derived variable can be met."""
    step = paper.variable(variable).step
    if step is not None:
        return float(step.value.value)
    row = constraints.mean_rows[variable][1]
    decimals = max(cell.mean.decimals for cell in row.values.values())
    return 10.0 ** -(max(decimals, 0) + (_FINER if fine else 0))


def _real(steps: Whole, step: float) -> Floats:
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
            raise _StuckError(f"the sum of {variable}")
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
    raise _StuckError(f"the t of {variable}")


def _pools(
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
        error = _StuckError(f"a pairing for {name}")
        for _ in range(_AGAIN):
            try:
                pools[name] = _one(
                    constraints, name, name in inner, rng, _Partner(dict(pools), near, name)
                )
                break
            except _StuckError as stuck:
                error = stuck
        else:
            raise error
    return pools


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
        turned = [_real(w.sign * s, step) for s in steps]
        return [turned[i] for i in order]

    def left(steps: Sequence[Whole]) -> list[Miss]:
        return row_misses({variable: real(steps)}, constraints, variable)

    if found:
        steps = _marker(constraints, variable, found[1], step, w, aim, bounds, rng, left)
    else:
        steps = _both_starts(variable, w, aim, bounds, rng)
    if (missed := left(steps)) or not bounds.hold(steps):
        raise _StuckError(missed[0].id if missed else f"a pairing for {variable}")
    return real(steps)


def _both_starts(
    variable: str, w: Wanted, aim: _Aim, bounds: _Bounds, rng: np.random.Generator
) -> list[Whole]:
    for _ in range(200):
        start = [_start(aim, g, w, rng) for g in (0, 1)]
        if start[0] is not None and start[1] is not None and bounds.hold(start):  # type: ignore[arg-type]
            return start  # type: ignore[return-value]
    raise _StuckError(f"a shape of {variable}")


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
    x = marginal._scaled(grid, marginal.shapes(rng, 1, n))
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
    above = _counts_above(row, w.n, rng)
    start = None
    if above is not None:
        gap = _gap(row, w, step, aim, rng)
        w = replace(w, youden=_largest_youden(constraints, variable, above, w.n))
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
        raise _StuckError(f"the area of {variable}")
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
    raise _StuckError(f"values for an order of {variable}")


def _in_steps(w: Wanted, step: float) -> Wanted:
    def scaled(at: tuple[float, float, float]) -> tuple[float, float, float]:
        return at[0] / step, at[1] / step, at[2] / step

    return replace(w, mean=tuple(map(scaled, w.mean)), sd=tuple(map(scaled, w.sd)))


def _counts_above(
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


def _largest_youden(
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
    raise _StuckError(f"the cut of {row.id}")


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
            raise _StuckError("the values around a cut")
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
    raise _StuckError("a sum beside the cut")


# --- a derived variable ----------------------------------------------------------------


class _Coupling:
    """Who has which value of each part: `parts[g]` has shape (p, n); moves are swaps."""

    def __init__(
        self, constraints: Constraints, variable: str, names: list[str], values, sign: int
    ):
        paper = constraints.paper
        self.variable, self.names, self.sign = variable, names, sign
        self.body = ast.parse(paper.variable(variable).formula or "", mode="eval").body
        self.rules = [
            r.expression for r in paper.constraints if names_in(r.expression) <= set(names)
        ]
        self.limits = paper.range_of(variable)
        self.parts: list[Floats] = values

    def index(self, parts: Floats) -> Floats:
        """The derived variable, turned; `parts` (p, …)."""
        with np.errstate(all="ignore"):
            made = evaluate(self.body, dict(zip(self.names, parts, strict=True)))
        return self.sign * np.broadcast_to(made, parts.shape[1:])

    def both(self) -> tuple[Floats, Floats]:
        """The derived variable of both groups as they are now."""
        return self.index(self.parts[0]), self.index(self.parts[1])

    def allowed(self, parts: Floats) -> NDArray[np.bool_]:
        """Whether every rule holds, by patient."""
        columns = dict(zip(self.names, parts, strict=True))
        made = self.sign * self.index(parts)
        good = np.isfinite(made)
        good &= (made >= float(self.limits.low)) & (made <= float(self.limits.high))
        for rule in self.rules:
            good &= holds(rule, columns)
        return good

    def swapped(self, g: int, who: Whole, part: Whole) -> Floats:
        """Parts of the pairs `who` (k, 2) after exchanging one `part` (k,): shape (p, k, 2)."""
        after = self.parts[g][:, who]
        k = np.arange(len(who))
        after[part, k] = after[part, k][:, ::-1]
        return after


def _coupled(
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
        except _FarError:
            raise
        except _StuckError:
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
    positive = found[0].positive if found else paper.groups[0].id
    order = [0, 1] if paper.groups[0].id == positive else [1, 0]
    coupling = _arranged(constraints, variable, names, pools, order, w, rng)
    above = _counts_above(found[1], w.n, rng) if found else None
    threshold = found[1].threshold if found else None
    if above is not None and threshold is not None:
        youden = _largest_youden(constraints, variable, above, w.n)
        w = replace(w, cut=w.sign * float(threshold.value), above=above, youden=youden)
    free = [np.arange(n) for n in w.n]
    rough = replace(deep_inside(w), coarse=2)
    moves = _swaps(coupling, free, rng)
    for again in range(_ROUGH):
        board = Board(coupling.both(), rough)
        heats = (1 - again / _ROUGH, 1 - (again + 1) / _ROUGH)
        done = anneal(board, *moves, rng, steps=100, warm=0.1, heats=heats, enough=_NEAR)
        shifted = _shift(constraints, coupling, w, order, rng)
        if done and not shifted:
            break
        if again and board.energy() > _HOPELESS:
            raise _FarError(f"the moments of {variable}")
    if Board(coupling.both(), rough).energy() > _FAR_OFF:
        raise _FarError(f"the moments of {variable}")
    frozen: list[set[int]] = [set(), set()]
    if w.cut is not None and found is not None:
        gap = _anchor(coupling, found[1], w, frozen, rng)
        w = replace(w, cut=(gap[0] + gap[1]) / 2, gap=gap)
    free = [np.array([i for i in range(w.n[g]) if i not in frozen[g]]) for g in (0, 1)]
    moves = _swaps(coupling, free, rng)
    room = _room(constraints, coupling)
    if any(r.any() for r in room):
        near = _near(coupling, room, deep_inside(w))
        for _ in range(_LAST):
            board = Board(coupling.both(), near)
            if not anneal(board, *moves, rng, steps=_STEPS, warm=0.08, heats=(0.6, 0)):
                raise _StuckError(f"the area of {variable}")
            _polish(constraints, coupling, frozen, w, rng)
            if Board(coupling.both(), w).energy() == 0:
                break
            # two neighbours of the derived variable have passed each other: loosen and again
            anneal(Board(coupling.both(), near), *moves, rng, steps=20, warm=2.0, enough=-1.0)
        else:
            raise _StuckError(f"the last digits of {variable}")
    else:
        _exchange_only(coupling, w, moves, rng)
    by_group = [coupling.parts[order.index(g)] for g in range(len(paper.groups))]
    placed = {name: [by_group[g][j] for g in (0, 1)] for j, name in enumerate(names)}
    placed[variable] = [coupling.sign * coupling.index(by_group[g]) for g in (0, 1)]
    return placed


def _shift(
    constraints: Constraints,
    coupling: _Coupling,
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
            positive = _positive(constraints, coupling.names[j]) == _positive(
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
                i = int(np.searchsorted(ordered, _cut_of(constraints, coupling, j)))
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
        both[j] = _real(np.rint(both[j] / step), step)
    coupling.parts[:] = [np.ascontiguousarray(both[:, who]) for who in split]
    return True


def _positive(constraints: Constraints, variable: str) -> str:
    found = constraints.roc_rows.get(variable)
    return found[0].positive if found else constraints.paper.groups[0].id


def _cut_of(constraints: Constraints, coupling: _Coupling, j: int) -> float:
    """The cut of a part as its patients have it now."""
    table, row = constraints.roc_rows[coupling.names[j]]
    same = table.positive == _positive(constraints, coupling.variable)
    sign = 1 if row.direction == "higher" else -1
    one, two = (coupling.parts[g][j] for g in ((0, 1) if same else (1, 0)))
    cut = chosen_cut(table, row, sign * one, sign * two)
    return sign * cut.value if cut is not None else math.nan


def _moment_errors(coupling: _Coupling, parts: Floats, split, w: Wanted) -> Floats:
    """How far mean and SD of the derived variable are from the wanted ones: parts (p, k, n)."""
    made = coupling.index(parts)
    total = np.zeros(made.shape[0])
    for g in (0, 1):
        own = made[:, split[g]]
        unit = w.sd[g][0] or 1.0
        total += ((own.mean(axis=1) - w.mean[g][0]) / unit) ** 2
        total += ((own.std(axis=1, ddof=1) - w.sd[g][0]) / unit) ** 2
    return total


def _exchange_only(coupling: _Coupling, w: Wanted, moves, rng: np.random.Generator) -> None:
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
    raise _StuckError(f"the last digits of {coupling.variable}")


def _room(constraints: Constraints, coupling: _Coupling) -> list[Floats]:
    """By group, shape (p, n): how far each value of a part may move and keep its place among
    all patients.  0 for recorded steps and for the two values around the part's own cut."""
    room = [np.zeros(parts.shape) for parts in coupling.parts]
    for j, name in enumerate(coupling.names):
        if constraints.paper.variable(name).step is not None:
            continue
        values = np.sort(np.concatenate([parts[j] for parts in coupling.parts]))
        gaps = np.diff(values)
        nearest = _SPACE * np.minimum(np.append(gaps, gaps[-1]), np.insert(gaps, 0, gaps[0]))
        row = constraints.roc_rows.get(name)
        if row is not None and row[1].threshold is not None:
            at = int(np.searchsorted(values, float(row[1].threshold.value)))
            nearest[max(0, at - 2) : at + 2] = 0
        for g, parts in enumerate(coupling.parts):
            room[g][j] = nearest[np.searchsorted(values, parts[j])]
    return room


def _slopes(coupling: _Coupling, parts: Floats) -> Floats:
    """How the derived variable changes with each part, shape (p, n)."""
    found = np.empty_like(parts)
    for j in range(len(parts)):
        moved = parts.copy()
        h = 1e-6 * np.maximum(np.abs(parts[j]), 1e-6)
        moved[j] += h
        found[j] = (coupling.index(moved) - coupling.index(parts)) / h
    return found


def _near(coupling: _Coupling, room: list[Floats], w: Wanted) -> Wanted:
    """The same with means and SDs as wide as the moves within `room` can make good."""
    means, sds = [], []
    for g in (0, 1):
        reach = (np.abs(_slopes(coupling, coupling.parts[g])) * room[g]).sum(axis=0)
        away = np.abs(coupling.index(coupling.parts[g]) - w.mean[g][0])
        mean = _GOOD * float(reach.mean())
        sd = _GOOD * float((reach * away).sum()) / (w.n[g] - 1) / max(w.sd[g][0], 1e-12)
        for at, width, out in ((w.mean[g], mean, means), (w.sd[g], sd, sds)):
            out.append((at[0], max(at[1], width), max(at[2], width)))
    return replace(w, mean=tuple(means), sd=tuple(sds), t=(0.0, math.inf, 1.0))


def _polish(
    constraints: Constraints,
    coupling: _Coupling,
    frozen: list[set[int]],
    w: Wanted,
    rng: np.random.Generator,
) -> None:
    """Move the parts within their places until the derived variable has means and SDs that
    print: the least weighted moves that keep the t of every part (Gauss–Newton)."""
    means, sds = _moments_drawn(coupling.variable, w, rng)
    room = np.concatenate(_room(constraints, coupling), axis=1)
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
        made, slopes = coupling.index(parts), _slopes(coupling, parts)[used]
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
        parts[j] = _real(np.rint(parts[j] / step_), step_)
    if not coupling.allowed(parts).all():
        raise _StuckError(f"a rule of {coupling.variable}")
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
        raise _StuckError(f"the t of {variable}")
    i = hit[0]
    return (float(mean[0][i]), float(mean[1][i])), (float(sd[0][i]), float(sd[1][i]))


def _arranged(constraints, variable, names, pools, order, w: Wanted, rng) -> _Coupling:
    values = [np.array([pools[name][order[g]] for name in names]) for g in (0, 1)]
    coupling = _Coupling(constraints, variable, names, values, w.sign)
    for g in (0, 1):
        _first_order(coupling, g, rng)
    return coupling


def _swaps(coupling: _Coupling, free: list[Whole], rng: np.random.Generator):
    """Moves that exchange one part between two patients of a group: half of them any two
    patients, half two with similar values, whose small changes set the last digits."""
    last: dict[str, Whole] = {}
    half = _SWAPS // 2

    def propose(g: int, heat: float):
        part = rng.integers(len(coupling.names), size=_SWAPS)
        who = rng.choice(free[g], size=(_SWAPS, 2))
        ranks = np.argsort(coupling.parts[g][:, free[g]], axis=1)
        reach = 1 + rng.geometric(0.05 + 0.4 * (1 - heat), size=half)
        at = rng.integers(len(free[g]), size=half)
        to = (at + reach) % len(free[g])
        who[:half, 0] = free[g][ranks[part[:half], at]]
        who[:half, 1] = free[g][ranks[part[:half], to]]
        after = coupling.swapped(g, who, part)
        last["who"], last["part"] = who, part
        good = coupling.allowed(after).all(axis=1) & (who[:, 0] != who[:, 1])
        return who, coupling.index(after), good

    def taken(g: int, i: int) -> None:
        one, two = last["who"][i]
        row = coupling.parts[g][last["part"][i]]
        row[one], row[two] = row[two], row[one]

    return propose, taken


def _first_order(coupling: _Coupling, g: int, rng: np.random.Generator) -> None:
    """A first arrangement of random association that meets every inequality."""
    parts = coupling.parts[g]
    n = parts.shape[1]
    base = rng.standard_normal(n)
    for j in range(len(parts)):
        pull = rng.uniform(-0.9, 0.9)
        latent = pull * base + math.sqrt(1 - pull**2) * rng.standard_normal(n)
        parts[j] = np.sort(parts[j])[np.argsort(np.argsort(latent))]
    for rule in coupling.rules:
        tied = [coupling.names.index(name) for name in sorted(names_in(rule))]
        if len(tied) != 2 or coupling.allowed(parts).all():
            continue
        for way in (-1, 1):
            follower = np.sort(parts[tied[1]])[::way]
            parts[tied[1]] = follower[np.argsort(np.argsort(parts[tied[0]]))]
            if coupling.allowed(parts).all():
                break
    if not coupling.allowed(parts).all():
        raise _FarError("a first pairing of the parts")
    # loosen it again: random exchanges that keep every inequality
    for _ in range(int(rng.integers(1, 40))):
        who = rng.integers(n, size=(n, 2))
        part = rng.integers(len(parts), size=n)
        good = coupling.allowed(coupling.swapped(g, who, part)).all(axis=1)
        seen: set[int] = set()
        for (i, k), p, ok in zip(who, part, good, strict=True):
            if ok and i not in seen and k not in seen and i != k:
                parts[p, i], parts[p, k] = parts[p, k], parts[p, i]
                seen |= {int(i), int(k)}


def _anchor(
    coupling: _Coupling, row: RocRow, w: Wanted, frozen: list[set[int]], rng
) -> tuple[float, float]:
    """Two patients whose values lie around the cut so that their middle prints as it: one
    as it is, the other after one exchange.  Both are frozen."""
    assert row.threshold is not None
    at, half, _ = window(row.threshold)
    at *= w.sign
    values = [coupling.index(p) for p in coupling.parts]
    near = sorted(
        (abs(float(v) - at), g, i) for g in (0, 1) for i, v in enumerate(values[g]) if v != at
    )
    strict = w.youden is not None
    # under the largest Youden index a negative lies next below the cut, a positive next above
    near = [at_ for at_ in near if not strict or (values[at_[1]][at_[2]] > at) == (at_[1] == 0)]
    for _, g, i in near[:40]:
        mirror = 2 * at - values[g][i]
        options = []
        for h in (0, 1):
            n = w.n[h]
            pairs = np.array(list(combinations(range(n), 2)))
            pairs = pairs[~np.isin(pairs, [i]).any(axis=1)] if h == g else pairs
            for part in range(len(coupling.names)):
                which = np.full(len(pairs), part)
                after = coupling.swapped(h, pairs, which)
                made = coupling.index(after)
                good = coupling.allowed(after).all(axis=1)
                hit = (np.abs(made - mirror) <= 1.8 * half) & good[:, None]
                if strict and h == g:
                    continue
                options += [
                    (h, part, *pairs[k], int(pairs[k][side])) for k, side in np.argwhere(hit)
                ]
        if options:
            h, part, one, two, keeper = options[int(rng.integers(len(options)))]
            line = coupling.parts[h][part]
            line[one], line[two] = line[two], line[one]
            frozen[g].add(i)
            frozen[h].add(keeper)
            other = float(coupling.index(coupling.parts[h])[keeper])
            low, high = sorted((float(values[g][i]), other))
            return low, high
    raise _StuckError(f"the cut of {row.id}")


# --- the others beside them ------------------------------------------------------------


def _score(placed: Mapping[str, Floats], n: int, rng: np.random.Generator) -> Floats:
    """A latent score with randomly drawn weights of everything that is already placed."""
    score = rng.standard_normal(n)
    strength = rng.uniform(0, 0.6)
    for values in placed.values():
        spread = values.std()
        weight = strength * rng.standard_normal()
        if spread > 0:
            score = score + weight * (values - values.mean()) / spread
    return score


def _laid(pool: Floats, placed: Mapping[str, Floats], rng: np.random.Generator) -> Floats:
    """The values of `pool` given to patients in the order of a latent score."""
    return np.sort(pool)[np.argsort(np.argsort(_score(placed, len(pool), rng)))]


def _levels(constraints: Constraints, name: str, group: str, placed, rng) -> NDArray[np.str_]:
    """Categories with their printed counts, given in the order of a latent score."""
    row = constraints.count_rows[name][1]
    n = constraints.paper.group(group).size
    if isinstance(row, LevelsRow):
        counts = [(level.id, int(level.values[group].count.value)) for level in row.levels]
    else:
        yes = int(row.values[group].count.value)
        counts = [("yes", yes), ("no", n - yes)]
    listed = np.repeat([id for id, _ in counts], [k for _, k in counts])
    return listed[np.argsort(np.argsort(_score(placed, n, rng)))]
