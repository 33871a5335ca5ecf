"""What a searched cut does to a study: many studies are drawn, searched and tested.

Under the null hypothesis (both groups from one population) the share of studies with P < 0.05
at their searched cut is the real size of the test (Altman et al. 1994; Hilsenbeck, Clark and
McGuire 1992).  The apparent J beside the J of the same cut in the population is the optimism.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate import cutoff
from analysis.estimate.accuracy import Share, share
from analysis.estimate.roc import EstimateError, Floats, between, one_marker, turn

# draws values of one group: a generator and a shape (rows, patients) in, an array of it out
Sampler = Callable[[np.random.Generator, tuple[int, int]], ArrayLike]
_PORTION = 1 << 16


@dataclass(frozen=True, slots=True)
class Studies:
    """b simulated studies, each with a cut searched in its own patients; shape (b,).

    `cuts` in units of the marker; `chi_square`: Pearson's, without continuity correction, at
    the cut, and `p` its P value as if the cut had been fixed beforehand; `apparent`: J in the
    study; `true`: J of the same cut in the population.  `no_cut`: studies left out because no
    cut could be chosen.
    """

    cuts: Floats
    chi_square: Floats
    p: Floats
    apparent: Floats
    true: Floats
    no_cut: int

    def rejected(self, level: float = 0.05, coverage: float = 0.95) -> Share:
        """Share of studies with P < `level`, and its Monte Carlo interval (Wilson): the size of
        the test if both groups came from one population, its power if not."""
        return share(int((self.p < level).sum()), self.p.size, coverage)

    @property
    def optimism(self) -> float:
        """Mean of the apparent less the true J."""
        return float((self.apparent - self.true).mean())


def simulate(
    positive: Sampler | ArrayLike, negative: Sampler | ArrayLike, sizes: tuple[int, int],
    rule: cutoff.Rule, rng: np.random.Generator, studies: int = 10_000, *,
    reference: int = 200_000,
) -> Studies:  # fmt: skip
    """Draw `studies` studies of `sizes` = (n1, n0) patients, and search the cut in each.

    `positive`, `negative`: the population of each group, either patients, shape (any,), drawn
    with replacement and themselves the population of the true J; or a sampler
    ``f(rng, (rows, patients))``, whose true J comes from `reference` patients of each group
    drawn once (its error stays below 1.96·√(1/(2·reference)) at a cut, in 95 of 100).  Give the
    same population twice for the null hypothesis: the true J is then 0 for patients.

    Of equally good cuts of a study the most sensitive is taken.  Raises :class:`EstimateError`
    for empty populations, fewer than one patient or study, a sampler that gives another shape
    or values that are not finite, and if no study has a cut.
    """
    n1, n0 = sizes
    if min(n1, n0, studies, reference) < 1:
        raise EstimateError("at least one patient in each group and one study are needed.")
    draw1, all1 = _population(positive, rule, rng, reference)
    draw0, all0 = _population(negative, rule, rng, reference)
    n, rows = n1 + n0, max(1, _PORTION // (n1 + n0))
    pieces = []
    for start in range(0, studies, rows):
        now = min(rows, studies - start)
        values = np.concatenate([draw1((now, n1)), draw0((now, n0))], axis=1)
        order = np.argsort(values, axis=1)
        values = np.take_along_axis(values, order, axis=1)
        under1 = np.cumsum(order < n1, axis=1)
        under0 = np.arange(1, n + 1) - under1
        tp, fp = n1 - under1, n0 - under0
        apart = np.append(values[:, 1:] > values[:, :-1], np.zeros((now, 1), dtype=bool), axis=1)
        score, allowed = cutoff.scores(tp, fp, n1, n0, rule, apart)
        at = cutoff.first_best(score)
        row = np.flatnonzero(allowed[np.arange(now), at])
        at = at[row]
        cuts = between(values[row, at], values[row, at + 1], rule.place)
        tp, fp = tp[row, at], fp[row, at]
        pieces.append((cuts, cutoff.chi_square(tp, fp, n1, n0), tp / n1 - fp / n0))
    cuts, chi, apparent = (np.concatenate(column) for column in zip(*pieces, strict=True))
    if not cuts.size:
        raise EstimateError("no study has a cut.")
    true = _called(all1, cuts) - _called(all0, cuts)
    return Studies(
        turn(cuts, rule.direction), chi, special.chdtrc(1, chi), apparent, true,
        studies - cuts.size,
    )  # fmt: skip


def _population(
    given: Sampler | ArrayLike, rule: cutoff.Rule, rng: np.random.Generator, reference: int
) -> tuple[Callable[[tuple[int, int]], Floats], Floats]:
    """How to draw turned values of a group, and its population, sorted."""
    if not callable(given):
        patients = turn(one_marker(given), rule.direction)
        if not patients.size:
            raise EstimateError("a population has no patients.")
        return lambda shape: patients[rng.integers(0, patients.size, shape)], np.sort(patients)

    def draw(shape: tuple[int, int]) -> Floats:
        values = np.asarray(given(rng, shape), dtype=float)
        if values.shape != shape or not np.isfinite(values).all():
            raise EstimateError(f"a sampler must give finite values of the shape {shape}.")
        return turn(values, rule.direction)

    return draw, np.sort(draw((1, reference))[0])


def _called(population: Floats, cuts: Floats) -> Floats:
    """Share of the population at or above each cut."""
    return 1 - np.searchsorted(population, cuts, "left") / population.size
