"""Local search on the values of one marker in two groups: areas, cuts and moments at once.

A :class:`Board` holds the values; a move gives two patients of one group new values.  Many
moves are judged at a time, the best one is taken (or, while the search is warm, now and
then a worse one).  What a move does to the AUC and its standard error is worked out from
the changed patients alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.checks import roc
from analysis.compatible.constraints import Constraints
from analysis.paper import MeanRow, RocRow, RocTable
from analysis.printed import Interval, Printed

Floats = NDArray[np.float64]
Window = tuple[float, float]

_INSIDE = 0.995  # of a rounding interval: room for ties and for the last bit
_PATIENCE = 500  # steps without a better state
_FAR = 30.0  # weight of a distance as large as the scale of the number
_COARSE = 5000.0
_AREAS = 0.05  # scale of areas under a curve and their errors
_PULL = 3.0  # weight of a patient on the wrong side of a criterion


def window(printed: Printed | None, inside: float = _INSIDE) -> tuple[float, float, float]:
    """Middle, half width (cut to `inside`) and half unit of a printed number; a missing
    number or one printed with < or > has its own infinite or one-sided width."""
    if printed is None:
        return 0.0, math.inf, 1.0
    low, high = printed.interval.low, printed.interval.high
    unit = float(printed.half_unit)
    if printed.comparison == "=":
        return float(printed.value), inside * unit, unit
    reach = 1e9
    low, high = max(float(low), -reach), min(float(high), reach)
    return (low + high) / 2, (high - low) / 2 - 0.1 * unit, unit


def _distance(
    value: Floats,
    at: tuple[float, float, float] | tuple[Floats, Floats, Floats],
    scale: float | Floats,
    coarse: bool = False,
) -> Floats:
    """How far outside its window; 0 inside.  Near it the logarithm of half units pulls the
    last digits in, far away the share of `scale` keeps a slope; `coarse` is a parabola
    without walls, over which several numbers can move at once."""
    middle, width, unit = at
    out = np.maximum(np.abs(value - middle) - width, 0)
    if coarse:
        return _COARSE * (out / scale) ** 2
    return np.log1p(out / unit) + _FAR * out / scale


def _columns(windows: Sequence[tuple[float, float, float]]) -> tuple[Floats, Floats, Floats]:
    """Middles, widths and units of several windows, each of shape (r, 1)."""
    middle, width, unit = np.array(windows, dtype=float).T[:, :, None]
    return middle, width, unit


def _distances(
    values: Sequence[Floats],
    ends: tuple[Floats, Floats, Floats],
    scale: Floats | float,
    coarse: bool,
) -> Floats:
    """:func:`_distance` of several numbers at once, each of shape (k,): a row each, (r, k)."""
    return _distance(np.array(values), ends, scale, coarse)


@dataclass(frozen=True)
class Wanted:
    """What one marker must show.  Indices 0 and 1 are the positive and the negative group;
    values are turned so that high is positive (`sign`)."""

    sign: int
    n: tuple[int, int]
    mean: tuple[tuple[float, float, float], ...]
    sd: tuple[tuple[float, float, float], ...]
    t: tuple[float, float, float]
    welch: bool
    auc: tuple[float, float, float] | None = None
    se: tuple[float, float, float] | None = None
    ci_low: tuple[float, float, float] | None = None
    ci_high: tuple[float, float, float] | None = None
    z: float = 1.96
    youden: float | None = None  # the largest allowed Youden index
    cut: float | None = None  # for values that may cross it
    gap: Window | None = None  # no value strictly inside
    coarse: int = 0  # without walls: 1 the moments, 2 the areas too
    above: tuple[int, int] | None = None  # patients above the cut, by group


def wanted(constraints: Constraints, variable: str) -> Wanted:
    """The windows of one variable with a row of means, and of its ROC row if it has one."""
    paper = constraints.paper
    table_id, row = constraints.mean_rows[variable]
    found = constraints.roc_rows.get(variable)
    positive = found[0].positive if found else paper.groups[0].id
    negative = next(g.id for g in paper.groups if g.id != positive)
    sign = -1 if found and found[1].direction == "lower" else 1
    order = (positive, negative)
    place = f"{table_id}.{row.id}"
    means = []
    for group in order:
        middle, width, unit = window(constraints.printed(f"{place}.{group}.mean"))
        means.append((sign * middle, width, unit))
    sds = tuple(window(constraints.printed(f"{place}.{group}.sd")) for group in order)
    n = (paper.group(positive).size, paper.group(negative).size)
    common = {
        "sign": sign, "n": n, "mean": tuple(means), "sd": sds,
        "t": t_window(constraints, table_id, row),
        "welch": "Welch" in constraints.tests[table_id][0],
    }  # fmt: skip
    return Wanted(**common, **(_roc(constraints, *found, n) if found else {}))


def deep_inside(w: Wanted) -> Wanted:
    """The same with the windows of the area and its error as narrow as they can be at once
    (a half at most): small moves afterwards do not leave the true ones."""
    if w.auc is None:
        return w
    for share in (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98):
        tight = {
            name: (at[0], at[1] * share, at[2])
            for name in ("auc", "se", "ci_low", "ci_high")
            if (at := getattr(w, name)) is not None
        }
        middle, width, _ = tight["auc"]
        auc = np.linspace(middle - width, middle + width, 201)
        low, high = np.zeros(201), np.ones(201)
        for name, sign in (("se", 0), ("ci_low", -1), ("ci_high", 1)):
            if name in tight:
                m, half, _ = tight[name]
                ends = (m - half, m + half) if not sign else (
                    (auc - m - half) / w.z, (auc - m + half) / w.z
                ) if sign < 0 else ((m - half - auc) / w.z, (m + half - auc) / w.z)  # fmt: skip
                low, high = np.maximum(low, ends[0]), np.minimum(high, ends[1])
        if (high - low > 1e-4 * share).any():
            return replace(w, **tight)
    return w


def t_window(constraints: Constraints, table_id: str, row: MeanRow) -> tuple[float, float, float]:
    """|t| that prints both the statistic and, with the degrees of freedom n − 2, the P."""
    place = f"{table_id}.{row.id}"
    middle, width, unit = window(constraints.printed(f"{place}.statistic"))
    middle = abs(middle)
    p = constraints.printed(f"{place}.p")
    if p is None:
        return middle, width, unit
    df = constraints.paper.total - 2
    low, high = _p_ends(p)
    t_low = 0.0 if high >= 1 else float(-special.stdtrit(df, high / 2))
    t_high = math.inf if low <= 0 else float(-special.stdtrit(df, low / 2))
    return _shared(middle, width, unit, t_low, t_high)


def _p_ends(p: Printed) -> Window:
    inner = Interval(p.interval.low, p.interval.high).clip(0, 1)
    low, high = float(inner.low), float(inner.high)
    shrink = (1 - _INSIDE) * float(p.half_unit)
    return (low + shrink if low > 0 else 0.0), (high - shrink if high < 1 else 1.0)


def _shared(
    middle: float, width: float, unit: float, low: float, high: float
) -> tuple[float, float, float]:
    """The window cut to [low, high]; its nearer end if nothing is shared."""
    if math.isinf(width):
        high = min(high, low + 1e6)
        return (low + high) / 2, (high - low) / 2, unit
    left, right = max(middle - width, low), min(middle + width, high)
    if left > right:
        return middle, width, unit
    return (left + right) / 2, (right - left) / 2, unit


def _roc(
    constraints: Constraints, table: RocTable, row: RocRow, n: tuple[int, int]
) -> dict[str, object]:
    place = f"{table.id}.{row.id}"

    def of(column: str) -> Printed | None:
        return constraints.printed(f"{place}.{column}")

    auc = window(of("auc"))
    p = of("p")
    if p is not None and constraints.se_of_p[table.id] == roc.NULL_SE:
        null = math.sqrt(float(roc.bounds.null_variance(*n)))
        low, high = _p_ends(p)
        away = 0.0 if high >= 1 else float(-special.ndtri(high / 2)) * null
        far = math.inf if low <= 0 else float(-special.ndtri(low / 2)) * null
        side = 1 if auc[0] >= 0.5 else -1
        ends = sorted((0.5 + side * away, 0.5 + side * min(far, 0.5)))
        auc = _shared(*auc, *ends)
    told: dict[str, object] = {"auc": auc, "z": float(roc.z_for_level(roc._level(table)[0]).low)}
    for name, column in (("se", "se"), ("ci_low", "ci.low"), ("ci_high", "ci.high")):
        if (printed := of(column)) is not None:
            told[name] = window(printed)
    return told


class _Apart(NamedTuple):
    mean: float
    variance: float
    mean_off: Any
    sd_off: Any


def _more(above: np.ufunc, old: Floats, new: Floats, other: Floats) -> NDArray[np.int8]:
    """For each of k moves (k, m) and each of the other group's values (n,): how many more of the
    m new values than of the old ones are `above` it, shape (k, n)."""
    more = np.zeros((len(new), len(other)), dtype=np.int8)  # m is far below 127
    for j in range(new.shape[1]):
        more += above(new[:, j, None], other).view(np.int8)
        more -= above(old[:, j, None], other).view(np.int8)
    return more


class Board:
    """Values of one marker in the positive (0) and the negative (1) group, with the counts
    that its area, its standard error and its Youden indices are made of."""

    def __init__(self, values: tuple[Floats, Floats], wanted: Wanted):
        self.x = [np.array(v, dtype=float) for v in values]
        self.wanted = w = wanted
        self.ends = [_columns((w.mean[g], w.sd[g], w.t)) for g in (0, 1)]
        scales = [w.sd[g][0] or 1.0 for g in (0, 1)]
        self.scales = [np.array([[scale], [scale], [10.0]]) for scale in scales]
        self.refresh()

    def refresh(self) -> None:
        """All counts anew from the values."""
        x, none = self.x, np.zeros(0, dtype=np.int64)
        self.sorted = [np.sort(v) for v in x]
        # gt[g][j]: patients of group g above patient j of the other group; ge with equal ones
        self.gt, self.ge = [none, none], [none, none]
        # for the Youden index at the values of the group that stays
        self.own = [none, none]
        self.squares, self.sum, self.square = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
        self.offset = [self.wanted.mean[g][0] for g in (0, 1)]
        self.above = [0, 0]
        self.apart = [_Apart(0.0, 0.0, 0.0, 0.0)] * 2
        for g in (0, 1):
            self.gt[g], self.ge[g] = self._over(g, x[1 - g])
        for g in (0, 1):
            self._update(g)
        self._rank_sums()

    def _over(self, g: int, values: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Patients of group g above each of the values, and above or equal."""
        own = self.sorted[g]
        return len(own) - own.searchsorted(values, "right"), len(own) - own.searchsorted(values)

    def _update(self, g: int) -> None:
        """What depends on group g alone."""
        x = self.x[g]
        side = "left" if g == 0 else "right"
        self.own[g] = len(x) - self.sorted[g].searchsorted(x, side)
        from_mean = x - self.offset[g]
        self.sum[g] = float(from_mean.sum())
        self.square[g] = float((from_mean**2).sum())
        if self.wanted.cut is not None:
            self.above[g] = int((x > self.wanted.cut).sum())
        self.apart[g] = self._stands(g)

    def _stands(self, g: int) -> _Apart:
        """Mean and variance of group g, and how far they are from what is wanted."""
        w, n = self.wanted, self.wanted.n[g]
        variance = max(self.square[g] - self.sum[g] ** 2 / n, 0.0) / (n - 1)
        mean = self.offset[g] + self.sum[g] / n
        scale = w.sd[g][0] or 1.0
        return _Apart(
            mean, variance,
            _distance(np.array(mean), w.mean[g], scale, w.coarse > 0),
            _distance(np.array(math.sqrt(variance)), w.sd[g], scale, w.coarse > 0),
        )  # fmt: skip

    def _rank_sums(self) -> None:
        """For the patients of each group those of the other on the wrong-order side, as
        :meth:`_rank` counts them: whole and half numbers, exact in any order."""
        n0 = len(self.x[1])
        none = np.zeros(0, dtype=np.int8)
        both = [(gt + ge).astype(float) for gt, ge in zip(self.gt, self.ge, strict=True)]
        self.both = [(b, b.sum(), b @ b) for b in both]
        self.rank = [n0 - both[1] / 2, both[0] / 2]
        self.squares = [float((r**2).sum()) for r in self.rank]
        self.limits = [none, none]

    def _limit(self, g: int, youden: float) -> NDArray[np.int8]:
        """For the values of the other group: how many patients of group g more (g = 0) or fewer
        (g = 1) it takes before its Youden index may exceed the printed one."""
        if not len(self.limits[g]):
            n1, n0 = self.wanted.n
            if g == 0:
                room = np.floor(n1 * (self.own[1] / n0 + youden) - self.gt[0] - 1e-6)
            else:
                room = np.ceil(n0 * (self.own[0] / n1 - youden) - self.ge[1] + 1e-6)
            self.limits[g] = np.clip(room, -128, 127).astype(np.int8)
        return self.limits[g]

    def _rank(self, g: int, values: Floats) -> Floats:
        """For values of group g: patients of the other group on the wrong-order side, equal
        ones half (below for positives, above for negatives)."""
        other = self.sorted[1 - g]
        below = (
            np.searchsorted(other, values, "left") + np.searchsorted(other, values, "right")
        ) / 2
        return below if g == 0 else len(other) - below

    def energy(self) -> float:
        """How far the values are from what is wanted; 0 when all of it is met."""
        nothing = np.zeros((1, 1), dtype=int)
        return float(self.judge(0, nothing, self.x[0][nothing])[0])

    def judge(self, g: int, who: NDArray[np.int64], new: Floats) -> Floats:
        """The energy after each of k moves in group g: `who` patients (k, m), `new` values."""
        w, x, other = self.wanted, self.x[g], self.x[1 - g]
        old = x[who]
        energy = self._moments(g, old, new)
        if w.auc is not None:
            energy += self._area(g, who, old, new, other)
        if w.cut is not None and w.above is not None:
            k = self.above[g] + (new > w.cut).sum(axis=1) - (old > w.cut).sum(axis=1)
            wrong = np.abs(k - w.above[g]) + abs(self.above[1 - g] - w.above[1 - g])
            energy += (0.2 if w.coarse > 1 else _PULL) * wrong
        if w.gap is not None:
            low, high = w.gap
            energy += _PULL * ((new > low) & (new < high)).sum(axis=1)
            energy -= _PULL * ((old > low) & (old < high)).sum(axis=1)
            energy += _PULL * sum(int(((v > low) & (v < high)).sum()) for v in self.x)
        return energy

    def _moments(self, g: int, old: Floats, new: Floats) -> Floats:
        w = self.wanted
        a, b = new - self.offset[g], old - self.offset[g]
        total = self.sum[g] + (a - b).sum(axis=1)
        square = self.square[g] + (a * a - b * b).sum(axis=1)
        n = w.n[g]
        variance = np.maximum(square - total**2 / n, 0) / (n - 1)
        mean = self.offset[g] + total / n
        h, m = 1 - g, w.n[1 - g]
        there = self.apart[h]
        if w.welch:
            spread = variance / n + there.variance / m
        else:
            pooled = ((n - 1) * variance + (m - 1) * there.variance) / (n + m - 2)
            spread = pooled * (1 / n + 1 / m)
        t = np.abs(mean - there.mean) / np.sqrt(np.maximum(spread, 1e-300))
        off = _distances((mean, np.sqrt(variance), t), self.ends[g], self.scales[g], w.coarse > 0)
        return off[0] + off[1] + there.mean_off + there.sd_off + off[2]

    def _area(
        self, g: int, who: NDArray[np.int64], old: Floats, new: Floats, other: Floats
    ) -> Floats:
        w = self.wanted
        n1, n0 = w.n
        # whole numbers and their squares, exact in any order: the change is put on what was there
        more = _more(np.greater, old, new, other)
        least = _more(np.greater_equal, old, new, other)
        change = (more + least).astype(float)
        both, sum_, squares = self.both[g]
        twice = sum_ + change.sum(axis=1)
        fourfold = squares + 2 * (change @ both) + np.einsum("ij,ij->i", change, change)
        if g == 0:
            auc = twice / 2 / (n1 * n0)
            squares_stay = fourfold / 4
        else:
            auc = (n1 * n0 - twice / 2) / (n1 * n0)
            squares_stay = n1 * n0**2 - n0 * twice + fourfold / 4
        moved = (
            self.squares[g]
            + (self._rank(g, new) ** 2).sum(axis=1)
            - (self.rank[g][who] ** 2).sum(axis=1)
        )
        u, v = (squares_stay, moved) if g == 0 else (moved, squares_stay)
        q1, q2 = u / (n0 * n1**2), v / (n1 * n0**2)
        variance = auc * (1 - auc) + (n1 - 1) * (q1 - auc**2) + (n0 - 1) * (q2 - auc**2)
        se = np.sqrt(np.maximum(variance, 0) / (n1 * n0))
        assert w.auc is not None
        shown, ends = [auc], [w.auc]
        for value, end in ((se, w.se), (auc - w.z * se, w.ci_low), (auc + w.z * se, w.ci_high)):
            if end is not None:
                shown.append(value)
                ends.append(end)
        off = _distances(shown, _columns(ends), _AREAS, w.coarse > 1)
        energy = off[0]
        for row in off[1:]:
            energy = energy + row
        if w.youden is not None:
            moved_up, stood = (more, self.gt[0]) if g == 0 else (least, self.ge[1])
            # most moves raise no Youden index: the few that may are looked at
            limit = self._limit(g, w.youden)
            some = ((moved_up > limit) if g == 0 else (moved_up < limit)).any(axis=1)
            over = moved_up[some].astype(float)
            over += stood
            if g == 0:
                over /= n1
                over -= self.own[1] / n0
            else:
                over /= n0
                np.subtract(self.own[0] / n1, over, out=over)
            over -= w.youden
            over -= 1e-9
            np.maximum(over, 0, out=over)
            high = np.zeros(len(some))
            high[some] = np.log1p(min(n1, n0) * over.sum(axis=1))
            energy = energy + (0.3 * high if w.coarse > 1 else high)
        return energy

    def move(self, g: int, who: NDArray[np.int64], new: Floats) -> None:
        """Take one move: `who` (m,), `new` (m,)."""
        x, h = self.x[g], 1 - g
        x[who] = new
        self.sorted[g] = np.sort(x)
        self.gt[g], self.ge[g] = self._over(g, self.x[h])
        self.gt[h][who], self.ge[h][who] = self._over(h, x[who])
        self._update(g)
        self._rank_sums()


Propose = Callable[[int, float], tuple[NDArray[np.int64], Floats, NDArray[np.bool_]]]


def anneal(
    board: Board,
    propose: Propose,
    taken: Callable[[int, int], None],
    rng: np.random.Generator,
    steps: int,
    warm: float = 0.3,
    heats: Window = (1.0, 0.0),
    enough: float = 1e-9,
) -> bool:
    """Move until the energy is 0 (or `enough`); False if `steps` were not enough.

    `propose(g, heat)` gives patients (k, m), their new values and which moves are allowed;
    `taken(g, i)` is told which of them was taken.
    """
    energy = lowest = board.energy()
    since = 0
    for step in range(steps):
        if energy <= enough:
            return True
        heat = heats[0] + (heats[1] - heats[0]) * step / steps
        g = int(rng.integers(2))
        who, new, allowed = propose(g, heat)
        energies = np.where(allowed, board.judge(g, who, new), np.inf)
        best = int(np.argmin(energies))
        rise = energies[best] - energy
        if rise <= 0 or rng.random() < math.exp(-rise / (warm * heat**2 + 1e-3)):
            board.move(g, who[best], new[best])
            taken(g, best)
            energy = float(energies[best])
        since = 0 if energy < lowest - 1e-12 else since + 1
        lowest = min(lowest, energy)
        if since > _PATIENCE:
            break
    return energy <= enough
