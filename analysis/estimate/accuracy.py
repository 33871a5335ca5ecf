"""Sensitivity, specificity and predictive values at a cut that was fixed beforehand.

The intervals here know nothing of a search: for a cut that was searched in the same patients
they are too narrow and stand too high (see :mod:`analysis.estimate.cutoff`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.estimate.roc import Direction, EstimateError, normal_quantile, one_marker, turn

Method = Literal["wilson", "clopper-pearson", "jeffreys"]


@dataclass(frozen=True, slots=True)
class Share:
    """A share and its interval, `low` to `high`, of coverage `level`."""

    value: float
    low: float
    high: float
    level: float


def share(count: int, of: int, level: float = 0.95, method: Method = "wilson") -> Share:
    """The share `count`/`of` with a binomial interval, by statsmodels.

    ``wilson`` (1927, no continuity correction), ``clopper-pearson`` (1934; coverage never below
    `level`) or ``jeffreys`` (equal tails of the posterior; Brown, Cai and DasGupta 2001, but
    without their change of the ends at shares of 0 and 1, so that it leaves out 0 and 1).
    Raises :class:`EstimateError` if nobody is counted or the counts make no share.
    """
    from statsmodels.stats.proportion import proportion_confint

    normal_quantile(level)
    names = {"wilson": "wilson", "clopper-pearson": "beta", "jeffreys": "jeffreys"}
    if method not in names:
        raise EstimateError(f'"{method}" is no method; one of {tuple(names)} is.')
    if of < 1 or not 0 <= count <= of:
        raise EstimateError(f"{count} of {of} is no share.")
    low, high = proportion_confint(count, of, alpha=1 - level, method=names[method])
    # rounding must not put the share outside its interval, nor the interval outside 0 and 1
    value = count / of
    if method != "jeffreys":
        low, high = min(low, value), max(high, value)
    return Share(value, max(float(low), 0.0), min(float(high), 1.0), level)


@dataclass(frozen=True, slots=True)
class Table:
    """Patients at one cut: called positive or negative, rightly or falsely."""

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int

    def sensitivity(self, level: float = 0.95, method: Method = "wilson") -> Share:
        """Share of the positive patients called positive; see :func:`share`."""
        positive = self.true_positive + self.false_negative
        return share(self.true_positive, positive, level, method)

    def specificity(self, level: float = 0.95, method: Method = "wilson") -> Share:
        """Share of the negative patients called negative; see :func:`share`."""
        negative = self.true_negative + self.false_positive
        return share(self.true_negative, negative, level, method)

    def ppv(self, level: float = 0.95, method: Method = "wilson") -> Share:
        """Share of positive patients among those called so: in a cohort, whose prevalence is
        that of its patients; not in a case-control study.  See :func:`share`."""
        return share(self.true_positive, self.true_positive + self.false_positive, level, method)

    def npv(self, level: float = 0.95, method: Method = "wilson") -> Share:
        """Share of negative patients among those called so; see :meth:`ppv`."""
        return share(self.true_negative, self.true_negative + self.false_negative, level, method)

    def ppv_at(self, prevalence: float, level: float = 0.95, *, adjusted: bool = False) -> Share:
        """The positive predictive value where `prevalence` (known, between 0 and 1) is the share
        of the state, by Bayes, with the logit interval (Mercaldo, Lau and Zhou 2007, equations
        8 to 11; `adjusted`: with z²/2 added to the called and the missed patients of each group,
        their table II, which moves the value too).

        Raises :class:`EstimateError` where the plain method has none: nobody, or nobody rightly,
        is called positive, or nobody falsely.
        """
        sensitivity, specificity, n1, n0 = self._rates(level, adjusted)
        _inside(prevalence)
        if sensitivity == 0 or specificity == 1:
            raise EstimateError("there is no logit interval without true and false positives.")
        logit = math.log(sensitivity * prevalence / ((1 - specificity) * (1 - prevalence)))
        variance = (1 - sensitivity) / sensitivity / n1 + specificity / (1 - specificity) / n0
        return _logit_share(logit, variance, level)

    def npv_at(self, prevalence: float, level: float = 0.95, *, adjusted: bool = False) -> Share:
        """The negative predictive value at a prevalence; see :meth:`ppv_at`.

        Raises :class:`EstimateError` if nobody is called negative rightly, or nobody falsely.
        """
        sensitivity, specificity, n1, n0 = self._rates(level, adjusted)
        _inside(prevalence)
        if sensitivity == 1 or specificity == 0:
            raise EstimateError("there is no logit interval without true and false negatives.")
        logit = math.log(specificity * (1 - prevalence) / ((1 - sensitivity) * prevalence))
        variance = sensitivity / (1 - sensitivity) / n1 + (1 - specificity) / specificity / n0
        return _logit_share(logit, variance, level)

    def _rates(self, level: float, adjusted: bool) -> tuple[float, float, float, float]:
        n1 = self.true_positive + self.false_negative
        n0 = self.true_negative + self.false_positive
        if not n1 or not n0:
            raise EstimateError(f"groups of {n1} and {n0} patients, one in each is needed.")
        extra = normal_quantile(level) ** 2 if adjusted else 0.0
        sensitivity = (self.true_positive + extra / 2) / (n1 + extra)
        specificity = (self.true_negative + extra / 2) / (n0 + extra)
        return sensitivity, specificity, n1 + extra, n0 + extra


def table(positive: ArrayLike, negative: ArrayLike, cut: float, *, direction: Direction) -> Table:
    """Count the patients at or above (``higher``) or at or below (``lower``) the cut.

    `positive`, `negative`: values, shape (n1,) and (n0,), in the unit of `cut`.  Raises
    :class:`EstimateError` for an empty group, values that are not finite, or a cut that is NaN.
    """
    x, y = turn(one_marker(positive), direction), turn(one_marker(negative), direction)
    if not x.size or not y.size:
        raise EstimateError(f"groups of {x.size} and {y.size} patients, one in each is needed.")
    if math.isnan(cut):
        raise EstimateError("the cut is not a number.")
    turned = float(turn(np.array(float(cut)), direction))
    tp, fp = int((x >= turned).sum()), int((y >= turned).sum())
    return Table(tp, x.size - tp, fp, y.size - fp)


def _inside(prevalence: float) -> None:
    if not 0 < prevalence < 1:
        raise EstimateError(f"a prevalence lies between 0 and 1, {prevalence:g} does not.")


def _logit_share(logit: float, variance: float, level: float) -> Share:
    half = normal_quantile(level) * math.sqrt(variance)
    value, low, high = (float(special.expit(logit + step)) for step in (0.0, -half, half))
    return Share(value, low, high, level)
