"""Who has which value of each part of a derived variable: an arrangement and its moves.

A move exchanges one part between two patients of a group, so that the parts keep all that
they show.
"""

from __future__ import annotations

import ast
import math
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from analysis.compatible.anneal import Wanted, window
from analysis.compatible.constraints import Constraints
from analysis.compatible.reprint import chosen_cut, holds
from analysis.compatible.stuck import FarError, StuckError
from analysis.formula import evaluate, names_in
from analysis.paper import RocRow

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

_SPACE = 0.45  # of the distance to the nearest value: two neighbours cannot pass each other
_SWAPS = 192  # judged at a time for a derived variable


class Coupling:
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


def positive_group(constraints: Constraints, variable: str) -> str:
    found = constraints.roc_rows.get(variable)
    return found[0].positive if found else constraints.paper.groups[0].id


def cut_of(constraints: Constraints, coupling: Coupling, j: int) -> float:
    """The cut of a part as its patients have it now."""
    table, row = constraints.roc_rows[coupling.names[j]]
    same = table.positive == positive_group(constraints, coupling.variable)
    sign = 1 if row.direction == "higher" else -1
    one, two = (coupling.parts[g][j] for g in ((0, 1) if same else (1, 0)))
    cut = chosen_cut(table, row, sign * one, sign * two)
    return sign * cut.value if cut is not None else math.nan


def slopes_of(coupling: Coupling, parts: Floats) -> Floats:
    """How the derived variable changes with each part, shape (p, n)."""
    found = np.empty_like(parts)
    for j in range(len(parts)):
        moved = parts.copy()
        h = 1e-6 * np.maximum(np.abs(parts[j]), 1e-6)
        moved[j] += h
        found[j] = (coupling.index(moved) - coupling.index(parts)) / h
    return found


def room_of(constraints: Constraints, coupling: Coupling) -> list[Floats]:
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


def arranged(constraints, variable, names, pools, order, w: Wanted, rng) -> Coupling:
    values = [np.array([pools[name][order[g]] for name in names]) for g in (0, 1)]
    coupling = Coupling(constraints, variable, names, values, w.sign)
    for g in (0, 1):
        _first_order(coupling, g, rng)
    return coupling


def _first_order(coupling: Coupling, g: int, rng: np.random.Generator) -> None:
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
        raise FarError("a first pairing of the parts")
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


def swaps_of(coupling: Coupling, free: list[Whole], rng: np.random.Generator):
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


def anchor(
    coupling: Coupling, row: RocRow, w: Wanted, frozen: list[set[int]], rng
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
    raise StuckError(f"the cut of {row.id}")
