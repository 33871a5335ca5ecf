"""Values of one variable whose mean and SD print as wanted, on a grid, many samples at once.

The grid is `step`; all work is done in whole steps, so that sums and sums of squares are
exact.  Every sample that is returned is valid; the shapes are drawn at random.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.printed import Interval, MeanSD

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Whole steps of a variable in one group: `n` values between `low` and `high`, whose
    sum lies in `sums` and whose variance in `variance` (n − 1), all in steps."""

    n: int
    low: int
    high: int
    sums: tuple[int, int]
    variance: tuple[float, float]

    @classmethod
    def of(cls, cell: MeanSD, n: int, step: float, limits: Interval) -> Grid:
        """The grid of a printed mean and SD; ValueError if no sum of whole steps gives the
        mean."""
        from fractions import Fraction

        unit = Fraction(str(step))
        mean, sd = cell.mean.interval, cell.sd.interval.clip(0, math.inf)
        sums = (math.ceil(mean.low * n / unit), math.floor(mean.high * n / unit))
        if sums[0] > sums[1]:
            raise ValueError(f"no {n} values in steps of {step:g} have the mean {cell.mean.text}")
        reach = 40 * float(cell.sd.interval.high) + 1
        low = max(float(limits.low), float(mean.low) - reach)
        high = min(float(limits.high), float(mean.high) + reach)
        return cls(
            n, math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9), sums,
            (float((sd.low / unit) ** 2), float((sd.high / unit) ** 2)),
        )  # fmt: skip


def shapes(rng: np.random.Generator, count: int, n: int) -> Floats:
    """Standardised values, shape (count, n): normal, skewed either way, flat, heavy-tailed
    or in two humps, one family a sample."""
    family = rng.integers(6, size=count)
    normal = rng.standard_normal((count, n))
    amount = rng.uniform(0.1, 0.8, (count, 1))
    z = normal.copy()
    skewed = np.exp(amount * normal)
    z[family == 1] = skewed[family == 1]
    z[family == 2] = -skewed[family == 2]
    flat = rng.uniform(-1, 1, (count, n))
    z[family == 3] = flat[family == 3]
    heavy = normal / np.sqrt(rng.chisquare(6, (count, n)) / 6)
    z[family == 4] = heavy[family == 4]
    humps = normal * 0.6 + 1.6 * amount * np.where(rng.random((count, n)) < amount, 1, -1)
    z[family == 5] = humps[family == 5]
    z -= z.mean(axis=1, keepdims=True)
    return z / z.std(axis=1, ddof=1, keepdims=True)


def samples(grid: Grid, count: int, rng: np.random.Generator, z: Floats | None = None) -> Whole:
    """`count` valid samples, shape (count, n), in whole steps; `z` standardised shapes to
    start from.  Raises ValueError if a hundred rounds leave some sample without a solution.
    """
    found: list[Whole] = []
    missing = count
    for _ in range(100):
        start = shapes(rng, missing, grid.n) if z is None else z
        x, good = settle(grid, scaled(grid, start), rng)
        found.append(x[good])
        missing -= int(good.sum())
        z = None
        if missing <= 0:
            return np.concatenate(found)[:count]
    raise ValueError(
        f"no {grid.n} whole steps between {grid.low} and {grid.high} were found for sum "
        f"{grid.sums} and variance {grid.variance[0]:.6g} to {grid.variance[1]:.6g}"
    )


def scaled(grid: Grid, z: Floats) -> Whole:
    """The shapes `z` (k, n) brought near the middle of the grid's sums and variances, in whole
    steps between its limits."""
    mean = (grid.sums[0] + grid.sums[1]) / 2 / grid.n
    sd = math.sqrt((grid.variance[0] + grid.variance[1]) / 2)
    x = mean + sd * z
    for _ in range(8):
        cut = np.clip(x, grid.low, grid.high)
        if np.array_equal(cut, x):
            break
        spread = cut.std(axis=1, ddof=1, keepdims=True)
        x = mean + (cut - cut.mean(axis=1, keepdims=True)) * sd / np.maximum(spread, 1e-9)
    return np.clip(np.rint(x), grid.low, grid.high).astype(np.int64)


def settle(
    grid: Grid, x: Whole, rng: np.random.Generator, rounds: int = 400
) -> tuple[Whole, NDArray[np.bool_]]:
    """Move values by whole steps until sum and variance fit: the samples (k, n) and which fit.

    First the sum, one step in randomly chosen patients; then pairs, one up and one down:
    that changes the sum of squares by 2(a − b + 1) steps for every step, so the distance
    that is still missing says which pair would do.
    """
    x = x.copy()
    k, n = x.shape
    rows = np.arange(k)
    total = rng.integers(grid.sums[0], grid.sums[1] + 1, size=k) if k else np.zeros(0, int)
    for _ in range(60):
        away = total - x.sum(axis=1)
        if not away.any():
            break
        up = np.sign(away)[:, None]
        room = np.where(up > 0, x < grid.high, x > grid.low)
        keys = np.where(room, rng.random((k, n)), 2.0)
        chosen = np.argsort(np.argsort(keys, axis=1), axis=1) < np.minimum(np.abs(away), n)[:, None]
        x += up * (chosen & room)
    exact = total.astype(float) ** 2 / n
    low, high = (v * (n - 1) + exact for v in grid.variance)
    middle = (low + high) / 2
    squares = (x.astype(float) ** 2).sum(axis=1)
    for _ in range(rounds):
        need = middle - squares
        open_ = (squares < low) | (squares > high)
        if not open_.any():
            break
        # one random patient goes up by d, and the one that fits best comes down by d
        i = rng.integers(n, size=k)
        reach = np.maximum(1, np.abs(need) / (4 * math.sqrt(middle.max() / n + 1)) / 4)
        d = rng.integers(1, np.maximum(2, np.minimum(reach, 1e6)).astype(np.int64) + 1)
        d *= np.where(rng.random(k) < 0.5, 1, -1)
        a = x[rows, i]
        change = 2 * d[:, None] * (a[:, None] - x + d[:, None])
        after = np.abs(need[:, None] - change)
        moved = x - d[:, None]
        bad = (moved < grid.low) | (moved > grid.high)
        after[bad] = np.inf
        after[rows, i] = np.inf
        j = np.argmin(after, axis=1)
        raised = a + d
        good = open_ & (raised >= grid.low) & (raised <= grid.high)
        good &= after[rows, j] < np.abs(need)
        who = rows[good]
        x[who, i[good]] += d[good]
        x[who, j[good]] -= d[good]
        squares[who] += change[who, j[good]]
    sums = x.sum(axis=1)
    squares = (x.astype(float) ** 2).sum(axis=1)
    fits = (sums == total) & (squares >= low) & (squares <= high)
    return x, fits
