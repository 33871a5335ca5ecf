"""Made-up patients for made-up papers: two groups, numbers and categories, no real person."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

SMALLEST_GROUP = 12  # patients in each group of a printed paper
LARGEST_STUDY = 600
FEWEST_VALUES = 10  # a number has at least so many different values


@dataclass(frozen=True, eq=False)
class Patients:
    """Patients in two groups: `event` is one or zero, `numbers` hold floats and `codes`
    category numbers from 0 (both NaN where missing), `labels` how many categories there are,
    `time` the time to the event or the end of observation, if known."""

    name: str
    event: np.ndarray
    numbers: dict[str, np.ndarray] = field(default_factory=dict)
    codes: dict[str, np.ndarray] = field(default_factory=dict)
    time: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.event)

    def take(self, rows: np.ndarray) -> Patients:
        """Some of the patients."""
        return Patients(
            self.name, self.event[rows],
            {k: v[rows] for k, v in self.numbers.items()},
            {k: v[rows] for k, v in self.codes.items()},
            None if self.time is None else self.time[rows],
        )  # fmt: skip

    def only(self, names: list[str]) -> Patients:
        """Some of the columns."""
        return Patients(
            self.name, self.event,
            {k: v for k, v in self.numbers.items() if k in names},
            {k: v for k, v in self.codes.items() if k in names}, self.time,
        )  # fmt: skip

    @property
    def complete(self) -> np.ndarray:
        """Whether a patient has a value in every column."""
        columns = [*self.numbers.values(), *self.codes.values()]
        known = np.ones(len(self), dtype=bool)
        for values in columns:
            known &= np.isfinite(values)
        return known


def simulated(rng: np.random.Generator) -> Patients:
    """Patients made up: skewed, normal, whole and scored variables, categories of two to
    four, correlated with each other and with the event; some values missing."""
    while True:
        n = int(np.exp(rng.uniform(np.log(40), np.log(LARGEST_STUDY))))
        k = int(rng.integers(5, 9))
        shared = rng.uniform(-0.8, 0.8, k)
        latent = rng.normal(size=(n, 1)) * shared + rng.normal(size=(n, k)) * np.sqrt(1 - shared**2)
        slopes = rng.normal(0, rng.uniform(0.1, 1.0), k)
        eta = latent @ slopes + rng.normal(-0.5, 0.8)
        y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
        if SMALLEST_GROUP <= y.sum() <= n - SMALLEST_GROUP:
            break
    numbers, codes = {}, {}
    for j in range(k):
        x, kind = latent[:, j], rng.integers(6)
        if kind == 0:
            values = np.round(rng.uniform(20, 70) + rng.uniform(5, 15) * x)  # years
        elif kind == 1:
            scale = 10.0 ** rng.integers(-1, 4)
            values = np.round(np.exp(x * rng.uniform(0.3, 1.2)) * scale, int(rng.integers(0, 3)))
        elif kind == 2:
            values = np.round(rng.normal(0, 50) + rng.uniform(0.5, 20) * x, int(rng.integers(1, 4)))
        elif kind == 3:
            values = np.clip(np.round(5 + 2.5 * x), 0, 10)  # a score
        else:
            cuts = np.sort(rng.normal(0, 0.8, int(rng.integers(1, 4))))
            values = np.searchsorted(cuts, x).astype(float)
            values = np.unique(values, return_inverse=True)[1].astype(float)
            kind = 5
        if rng.random() < 0.2:
            values = np.where(rng.random(n) < rng.uniform(0.01, 0.12), np.nan, values)
        distinct = len(np.unique(values[np.isfinite(values)]))
        if kind == 5 and distinct >= 2:
            codes[f"v_{j}"] = values
        elif kind != 5 and distinct >= FEWEST_VALUES // 2:
            numbers[f"v_{j}"] = values
    time = np.ceil(rng.exponential(24 * np.exp(-0.7 * (eta - eta.mean())))) + 1
    return Patients("simulated", y, numbers, codes, time)
