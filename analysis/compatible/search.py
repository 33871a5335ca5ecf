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

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.compatible.constraints import Constraints
from analysis.compatible.derived import coupled
from analysis.compatible.one_variable import pools_of
from analysis.compatible.reprint import misses
from analysis.compatible.stuck import StuckError
from analysis.formula import names_in
from analysis.paper import LevelsRow

Floats = NDArray[np.float64]

ATTEMPTS = 60
_COVER = (
    "Sampled cohorts do not cover all that the printed numbers allow. Shapes come from six "
    "families, associations from one random recipe, and rare kinds of data are never tried. "
    "Means, SDs and t are drawn from the inner part of their rounding boxes, numbers that round "
    "exactly half-way are left out, and the parts of a derived variable are shifted and moved "
    "inside those boxes, sometimes up to their edges, wherever that makes the derived variable "
    "print: they are not spread evenly. A marker under the largest Youden index is laid on a "
    "curve of one family, without ties between the groups. Ranges over the cohorts are inner "
    "ranges; only a proof gives an outer one."
)


class SearchError(RuntimeError):
    """No cohort was found; the message says where the search got stuck."""


@dataclass(frozen=True)
class Found:
    """One cohort with the attempts it took and where the failed ones got stuck."""

    patients: pd.DataFrame
    attempts: int
    stuck: tuple[str, ...]


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
        except StuckError as error:
            stuck.append(str(error))
            continue
        left = misses(patients, constraints)
        if not left:
            return Found(patients, attempt, tuple(stuck))
        stuck.append(left[0].id)
    places = ", ".join(f"{place} ({stuck.count(place)}×)" for place in dict.fromkeys(stuck))
    raise SearchError(
        f"no cohort was found in {attempts} attempts, stuck at {places}; that is no proof that "
        "there is none."
    )


def _attempt(constraints: Constraints, rng: np.random.Generator) -> pd.DataFrame:
    paper = constraints.paper
    derived = [v for v in constraints.mean_rows if paper.variable(v).formula]
    parts = {v: sorted(names_in(paper.variable(v).formula or "")) for v in derived}
    inner = {name for names in parts.values() for name in names}
    alone = [v for v in constraints.mean_rows if v not in derived]
    pools = pools_of(constraints, [v for v in alone if v in inner], inner, rng)
    columns: dict[str, list[Floats]] = {}
    for variable in derived:
        columns |= coupled(constraints, variable, parts[variable], pools, rng)
    pools = pools_of(constraints, [v for v in alone if v not in inner], inner, rng, pools)
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
