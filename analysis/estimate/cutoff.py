"""A cut-off searched in the patients: where it lies, how far it wanders, what the search adds.

A cut calls a patient positive at or above it (direction ``higher``) or at or below it
(``lower``); the direction is stated, never taken from the data.  Only cuts with patients on
both sides are searched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from analysis.estimate.roc import (
    Direction,
    EstimateError,
    Floats,
    Place,
    Whole,
    between,
    distinct,
    percentiles,
    turn,
)

Criterion = Literal["youden", "closest", "product", "sensitivity", "specificity", "chi_square"]
CRITERIA = ("youden", "closest", "product", "sensitivity", "specificity", "chi_square")
# up to so many pairs of patients the scores are whole numbers, and ties are exact
_EXACT = 1 << 30
# resamples are drawn in portions of about so many values, which stay in the cache
_PORTION = 1 << 15


@dataclass(frozen=True, slots=True)
class Rule:
    """How a cut is searched.

    `criterion`: ``youden``, the largest J = sensitivity + specificity − 1 (Youden 1950);
    ``closest``, the ROC point nearest to (0, 1) (Perkins and Schisterman 2006); ``product``,
    the largest sensitivity × specificity, the concordance probability (Liu 2012);
    ``sensitivity`` (or ``specificity``) at least `target`, the other as large as possible;
    ``chi_square``, the largest Pearson χ² of the 2×2 table, whichever side the state prefers
    (the minimum P value approach: Altman et al. 1994).

    `place`: the cut is the midpoint of two neighbouring observed values, or an observed value.
    `inner`: only cuts with at least the first and at most the second share of the patients on
    the side of the low values, ``None`` for all.
    """

    criterion: Criterion = "youden"
    direction: Direction = "higher"
    place: Place = "midpoint"
    target: float | None = None
    inner: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.criterion not in CRITERIA:
            raise EstimateError(f'"{self.criterion}" is no criterion; one of {CRITERIA} is.')
        if (self.criterion in ("sensitivity", "specificity")) != (self.target is not None):
            raise EstimateError("a target goes with the criteria sensitivity and specificity.")
        if self.target is not None and not 0 < self.target <= 1:
            raise EstimateError(f"a target lies above 0 and up to 1, {self.target:g} does not.")
        if self.inner is not None and not 0 <= self.inner[0] < self.inner[1] <= 1:
            raise EstimateError("the inner range needs two rising shares between 0 and 1.")
        turn(np.zeros(1), self.direction)
        between(np.zeros(1), np.ones(1), self.place)


@dataclass(frozen=True, slots=True)
class Cuts:
    """All cuts that are equally good by `rule`, shape (t,), in units of the marker, from the
    most to the least sensitive, with their `sensitivity` and `specificity`."""

    rule: Rule
    cuts: Floats
    sensitivity: Floats
    specificity: Floats

    @property
    def youden(self) -> Floats:
        """J = sensitivity + specificity − 1 of each cut, shape (t,)."""
        return self.sensitivity + self.specificity - 1


def search(positive: ArrayLike, negative: ArrayLike, rule: Rule) -> Cuts:
    """The best cuts of these patients by `rule`, all of them where several are equally good.

    `positive`, `negative`: values, shape (n1,) and (n0,), any unit.  Ties are exact up to 2³⁰
    pairs of patients (for χ² they are told to a relative 1e-12).  A best J may be negative: then
    the direction is the wrong one.  Raises :class:`EstimateError` for an empty group, values
    that are not finite, a constant marker, and if no cut keeps to the rule's target or range.
    """
    values, c1, c0 = distinct(positive, negative, rule.direction)
    n1, n0 = int(c1.sum()), int(c0.sum())
    tp, fp = n1 - np.cumsum(c1), n0 - np.cumsum(c0)
    score, allowed = scores(tp, fp, n1, n0, rule)
    if not allowed.any():
        raise EstimateError(
            "the marker is constant, so that no cut parts the patients." if values.size == 1
            else "no cut keeps to the target and the range of the rule."
        )  # fmt: skip
    at = np.flatnonzero(score >= _bar(score))
    cuts = turn(between(values[at], values[at + 1], rule.place), rule.direction)
    return Cuts(rule, cuts, tp[at] / n1, 1 - fp[at] / n0)


def scores(
    tp: Whole, fp: Whole, n1: Whole | int, n0: Whole | int, rule: Rule,
    apart: np.ndarray | bool = True,
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """How good each cut is by the rule (more is better) and whether it may be chosen.

    `tp`, `fp`: shape (..., m), patients called positive, of `n1` and `n0`, which broadcast to
    them.  `apart`: whether different values stand on the two sides of each cut.  A cut that may
    not be chosen has the least score of its type.
    """
    n = n1 + n0
    called = tp + fp
    allowed = (called > 0) & (called < n) & apart
    if rule.inner is not None:
        # as maxstat: whole patients, rounded down, on the side of the low values
        low, high = (np.floor(share * n + 1e-9) for share in rule.inner)
        below = n - called if rule.direction == "higher" else called
        allowed &= (below >= low) & (below <= high)
    if rule.criterion == "youden":
        score = tp * n0 - fp * n1
    elif rule.criterion == "product":
        score = tp * (n0 - fp)
    elif rule.criterion == "closest" and np.max(n1) * np.max(n0) < _EXACT:
        score = -(((n1 - tp) * n0) ** 2) - (fp * n1) ** 2
    elif rule.criterion == "closest":
        score = -((1 - tp / n1) ** 2) - (fp / n0) ** 2
    elif rule.criterion == "sensitivity":
        allowed &= tp >= np.ceil(rule.target * n1 - 1e-9)
        score = (n0 - fp) * (n1 + 1) + tp
    elif rule.criterion == "specificity":
        allowed &= n0 - fp >= np.ceil(rule.target * n0 - 1e-9)
        score = tp * (n0 + 1) + n0 - fp
    else:
        score = chi_square(tp, fp, n1, n0)
    least = -math.inf if score.dtype.kind == "f" else np.iinfo(score.dtype).min
    return np.where(allowed, score, least), allowed


def chi_square(tp: Whole, fp: Whole, n1: Whole | int, n0: Whole | int) -> Floats:
    """Pearson's χ² of each 2×2 table, without continuity correction; 0 where all patients or
    none are called positive.  Shapes as in :func:`scores`."""
    n, called = n1 + n0, tp + fp
    sides = np.asarray(called * (n - called), dtype=float)
    gap = np.asarray(tp * n0 - fp * n1, dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(sides > 0, gap**2 * (n / (n1 * n0)) / sides, 0.0)


def _bar(score: np.ndarray) -> np.ndarray:
    """What a score must reach to be the best of its row; a little less than the best if scores
    are rounded.  Shape (..., 1)."""
    best = score.max(axis=-1, keepdims=True)
    return best - 1e-12 * np.abs(best) if score.dtype.kind == "f" else best


def first_best(score: np.ndarray) -> Whole:
    """Where the best score of each row stands; of several the most sensitive cut."""
    if score.dtype.kind == "f":
        return (score >= _bar(score)).argmax(axis=-1)
    return score.argmax(axis=-1)


@dataclass(frozen=True, slots=True)
class Gain:
    """One number each for Youden's J, the sensitivity and the specificity."""

    youden: float
    sensitivity: float
    specificity: float


@dataclass(frozen=True, slots=True)
class Searches:
    """The search repeated in b resamples of the patients; arrays of shape (b,).

    `cuts` in units of the marker; `sensitivity` and `specificity` of each cut in its own
    resample; `original_sensitivity` and `original_specificity` of the same cut in the original
    patients; `outside_sensitivity` and `outside_specificity`: in the patients that the resample
    left out, NaN if it left out none of a group.  `found`: the search in the original patients.  `one_class`: resamples left out
    because one state was missing; `no_cut`: because no cut could be chosen in them.
    """

    found: Cuts
    cuts: Floats
    sensitivity: Floats
    specificity: Floats
    original_sensitivity: Floats
    original_specificity: Floats
    outside_sensitivity: Floats
    outside_specificity: Floats
    one_class: int
    no_cut: int

    @property
    def youden(self) -> Floats:
        """J of each cut in its own resample, shape (b,)."""
        return self.sensitivity + self.specificity - 1

    @property
    def apparent(self) -> Gain:
        """J, sensitivity and specificity at the (most sensitive) cut found in the patients."""
        sensitivity, specificity = self.found.sensitivity[0], self.found.specificity[0]
        return Gain(float(sensitivity + specificity - 1), float(sensitivity), float(specificity))

    @property
    def optimism(self) -> Gain:
        """The mean, over resamples, of the value in the resample less that of the same cut in
        the original patients (Efron 1983; Harrell, Lee and Mark 1996).

        For a searched cut it is too small, most so for a marker that tells nothing: the original
        patients are in part those of the resample, and about a third of the apparent J is left
        where the true one is 0 (a test simulates it).  :attr:`outside` has no such share.
        """
        sensitivity = float((self.sensitivity - self.original_sensitivity).mean())
        specificity = float((self.specificity - self.original_specificity).mean())
        return Gain(sensitivity + specificity, sensitivity, specificity)

    @property
    def corrected(self) -> Gain:
        """The apparent values less their optimism."""
        apparent, optimism = self.apparent, self.optimism
        return Gain(
            apparent.youden - optimism.youden,
            apparent.sensitivity - optimism.sensitivity,
            apparent.specificity - optimism.specificity,
        )

    @property
    def outside(self) -> Gain:
        """The mean, over resamples, of each cut's values in the patients that its resample left
        out (the leave-one-out bootstrap: Efron 1983): what such a search is worth in patients
        who took no part in it, searched in about 63 % of these.

        Raises :class:`EstimateError` if no resample left out patients of both groups.
        """
        told = ~(np.isnan(self.outside_sensitivity) | np.isnan(self.outside_specificity))
        if not told.any():
            raise EstimateError("no resample left out patients of both groups.")
        sensitivity = float(self.outside_sensitivity[told].mean())
        specificity = float(self.outside_specificity[told].mean())
        return Gain(sensitivity + specificity - 1, sensitivity, specificity)

    def cut_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of the cut.  It shows how far the cut wanders; its coverage is not
        promised (a searched cut converges at the rate n^(1/3): Kim and Pollard 1990)."""
        return percentiles(self.cuts, level)

    def sensitivity_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of the sensitivity at a cut that each resample searches anew."""
        return percentiles(self.sensitivity, level)

    def specificity_interval(self, level: float = 0.95) -> tuple[float, float]:
        """Percentile interval of the specificity at a cut that each resample searches anew."""
        return percentiles(self.specificity, level)


def bootstrap(
    positive: ArrayLike, negative: ArrayLike, rule: Rule, rng: np.random.Generator,
    resamples: int = 1000, *, stratified: bool = True,
) -> Searches:  # fmt: skip
    """Repeat the whole search in `resamples` bootstrap resamples.

    `positive`, `negative`: values, shape (n1,) and (n0,), any unit.  `stratified`: each group is
    drawn at its own size; otherwise the patients are drawn as one, and resamples without both
    states are left out and counted.  Of equally good cuts in a resample the most sensitive is
    taken.  Raises :class:`EstimateError` as :func:`search` does, for fewer than one resample,
    and if no resample has a cut.
    """
    found = search(positive, negative, rule)
    if resamples < 1:
        raise EstimateError("at least one resample is needed.")
    values, c1, c0 = distinct(positive, negative, rule.direction)
    m, n1, n0 = values.size, int(c1.sum()), int(c0.sum())
    # each patient as one number: place of the value, and m more for the negative state
    codes = np.concatenate([np.repeat(np.arange(m), c1), m + np.repeat(np.arange(m), c0)])
    patients = values[codes % m]
    n = n1 + n0
    rows = min(resamples, max(1, _PORTION // n))
    pieces, one_class = [], 0
    for start in range(0, resamples, rows):
        first = np.arange(min(rows, resamples - start))[:, None]
        now = first.size
        if stratified:
            drawn = [rng.integers(0, n1, (now, n1)), rng.integers(n1, n, (now, n0))]
            who = np.concatenate(drawn, axis=1)
        else:
            who = rng.integers(0, n, (now, n))
        places = (codes[who] + first * (2 * m)).ravel()
        counts = np.bincount(places, minlength=now * 2 * m).reshape(now, 2, m)
        outside = np.ones((now, n), dtype=bool)
        outside.ravel()[(who + first * n).ravel()] = False
        if not stratified:
            both = counts.any(axis=2).all(axis=1)
            one_class += int(now - both.sum())
            counts, outside = counts[both], outside[both]
        told = research(values, c1, c0, counts[:, 0], counts[:, 1], rule)
        called = patients >= turn(told[0], rule.direction)[:, None]
        told += (_share(called, outside, slice(n1)), 1 - _share(called, outside, slice(n1, n)))
        pieces.append(np.array(told)[:, ~np.isnan(told[0])])
    told = np.concatenate(pieces, axis=1)
    if not told.size:
        raise EstimateError("no resample has a cut.")
    return Searches(found, *told, one_class, resamples - one_class - told.shape[1])


def _share(called: np.ndarray, outside: np.ndarray, group: slice) -> Floats:
    """Of the group's patients outside each resample the share called positive, NaN if none is."""
    left = outside[:, group].sum(axis=1)
    yes = (outside[:, group] & called[:, group]).sum(axis=1)
    return np.where(left > 0, yes / np.maximum(left, 1), math.nan)


def research(
    values: Floats, c1: Whole, c0: Whole, r1: Whole, r0: Whole, rule: Rule
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Search in resamples given as counts, and hold each cut against the original patients.

    `values`, `c1`, `c0`: as :func:`~analysis.estimate.roc.distinct` tells them, shape (m,);
    `r1`, `r0`: how many positive and negative patients of each value stand in each of b
    resamples, shape (b, m), both states in each.  Returns cuts, sensitivity and specificity in
    the resample, and in the original patients, each of shape (b,); a cut is NaN where there is
    none.
    """
    f1, f0 = np.cumsum(r1, axis=1), np.cumsum(r0, axis=1)
    n1, n0 = f1[:, -1:], f0[:, -1:]
    tp, fp = n1 - f1, n0 - f0
    score, allowed = scores(tp, fp, n1, n0, rule)
    row, at = np.arange(len(r1)), first_best(score)
    good = allowed[row, at]
    # scores stay the same between values that were drawn, so the first best one was drawn
    called = tp + fp
    following = (called < called[row, at][:, None]).argmax(axis=1)
    cuts = between(values[at], values[following], rule.place)
    above = np.searchsorted(values, cuts)  # the first value called positive
    tail1 = np.append(np.cumsum(c1[::-1])[::-1], 0) / c1.sum()
    tail0 = np.append(np.cumsum(c0[::-1])[::-1], 0) / c0.sum()
    cuts = np.where(good, cuts, math.nan)
    return (
        turn(cuts, rule.direction), tp[row, at] / n1[:, 0], 1 - fp[row, at] / n0[:, 0],
        tail1[above], 1 - tail0[above],
    )  # fmt: skip
