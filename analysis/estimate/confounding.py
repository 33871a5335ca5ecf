"""How much an unmeasured confounder can do to a ratio.

A confounder is described by two risk ratios, each one or more: between exposed and unexposed, in
being at some level of it (the level and the order of the two with the largest ratio), and between
its levels, in having the event (the larger of that in exposed and that in unexposed patients).
None of this says that there is such a confounder,
or that there is none.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate.effect import Estimate
from analysis.estimate.roc import EstimateError

Floats = NDArray[np.float64]
Scale = Literal["risk_ratio", "odds_ratio", "hazard_ratio"]


def as_risk_ratio(ratio: float, scale: Scale, *, rare: bool) -> float:
    """A ratio as a risk ratio, the event `rare` (below 15 % by the end) or not.

    Rare: taken as it is.  Common: the square root of an odds ratio (VanderWeele 2017; within 25 %
    if both risks lie between 0.2 and 0.8); (1 − 0.5^√HR) / (1 − 0.5^√(1/HR)) of a hazard ratio
    (VanderWeele and Ding 2017).  Risk ratios stay what they are.
    """
    _positive(ratio)
    if scale not in ("risk_ratio", "odds_ratio", "hazard_ratio"):
        raise EstimateError(f'there is no scale called "{scale}".')
    if rare or scale == "risk_ratio":
        return float(ratio)
    if scale == "odds_ratio":
        return math.sqrt(ratio)
    root = math.sqrt(ratio)
    return -math.expm1(-math.log(2) * root) / -math.expm1(-math.log(2) / root)


@dataclass(frozen=True, slots=True)
class EValues:
    """E-values of an estimate and of the limit of its interval that is nearer to the true value
    asked about (one if the interval holds it; None without an interval)."""

    estimate: float
    limit: float | None


def e_value(risk_ratio: float, true: float = 1.0) -> float:
    """The least strength, as a risk ratio, that a confounder needs with both exposure and event to
    turn a true risk ratio into this one: r + √(r (r − 1)), r the larger over the smaller
    (VanderWeele and Ding 2017)."""
    _positive(risk_ratio, true)
    r = max(risk_ratio / true, true / risk_ratio)
    return r + math.sqrt(r * (r - 1))


def e_values(
    ratio: float,
    low: float | None = None,
    high: float | None = None,
    scale: Scale = "risk_ratio",
    *,
    rare: bool = False,
    true: float = 1.0,
) -> EValues:
    """E-values of a ratio and its interval, all on the same scale, `true` too; see
    :func:`as_risk_ratio` for odds and hazard ratios of rare and of common events.

    Raises :class:`EstimateError` for one limit without the other, or limits around no estimate.
    """
    target = as_risk_ratio(true, scale, rare=rare)
    of_estimate = e_value(as_risk_ratio(ratio, scale, rare=rare), target)
    if low is None and high is None:
        return EValues(of_estimate, None)
    if low is None or high is None:
        raise EstimateError("an interval has two limits.")
    _positive(low, high)
    if not low <= ratio <= high:
        raise EstimateError("the estimate lies outside its interval.")
    if low <= true <= high:
        return EValues(of_estimate, 1.0)
    nearer = low if low > true else high
    return EValues(of_estimate, e_value(as_risk_ratio(nearer, scale, rare=rare), target))


def bounding_factor(exposure_confounder: ArrayLike, confounder_event: ArrayLike) -> Floats:
    """The most by which a confounder of these two strengths can multiply or divide a risk ratio:
    u v / (u + v − 1) (Ding and VanderWeele 2016).  The two broadcast together."""
    u, v = _strength(exposure_confounder), _strength(confounder_event)
    return u * v / (u + v - 1)


def bounds(
    risk_ratio: float | Estimate, exposure_confounder: float, confounder_event: float
) -> Estimate:
    """A risk ratio between the least and the greatest true value that a confounder of these
    strengths leaves possible; with an :class:`Estimate`, of its limits instead: an interval that
    holds the true value as surely as the first did, whatever that confounder does.
    """
    found = risk_ratio if isinstance(risk_ratio, Estimate) else Estimate(*[float(risk_ratio)] * 3)
    _positive(found.low, found.value, found.high)
    if not found.low <= found.value <= found.high:
        raise EstimateError("the estimate lies outside its interval.")
    factor = float(bounding_factor(exposure_confounder, confounder_event))
    return Estimate(found.value, found.low / factor, found.high * factor)


def needed_confounder_event(
    risk_ratio: float, exposure_confounder: ArrayLike, true: float = 1.0
) -> Floats:
    """How strong the second association must be, given the first, to turn a true risk ratio into
    this one: r (u − 1) / (u − r), the curve through the E-value; inf where no strength will do
    (u ≤ r).  The curve is the same with the two associations exchanged.  Shape as given."""
    _positive(risk_ratio, true)
    u = _strength(exposure_confounder)
    r = max(risk_ratio / true, true / risk_ratio)
    if r == 1:
        return np.ones(u.shape)
    needed = np.full(u.shape, np.inf)
    enough = u > r
    needed[enough] = r * (u[enough] - 1) / (u[enough] - r)
    return needed


def confounding_ratio(
    confounder_event: ArrayLike, prevalence_exposed: ArrayLike, prevalence_unexposed: ArrayLike
) -> Floats:
    """The risk ratio that a yes-or-no confounder makes out of nothing (Bross 1966; Schlesselman
    1978): (p1 (γ − 1) + 1) / (p0 (γ − 1) + 1).

    γ: its risk ratio for the event, above or below one, the same in exposed and unexposed; p1,
    p0: its prevalence in the exposed and in the unexposed.  All broadcast together, so that two
    axes of values give a table.
    """
    gamma = np.asarray(confounder_event, dtype=float)
    if not (np.isfinite(gamma) & (gamma > 0)).all():
        raise EstimateError("a risk ratio is a finite number above zero.")
    p1, p0 = (np.asarray(p, dtype=float) for p in (prevalence_exposed, prevalence_unexposed))
    if not (((p1 >= 0) & (p1 <= 1)).all() and ((p0 >= 0) & (p0 <= 1)).all()):
        raise EstimateError("a prevalence lies from zero to one.")
    return (p1 * (gamma - 1) + 1) / (p0 * (gamma - 1) + 1)


def adjusted_for(
    risk_ratio: ArrayLike,
    confounder_event: ArrayLike,
    prevalence_exposed: ArrayLike,
    prevalence_unexposed: ArrayLike,
) -> Floats:
    """A risk ratio (or a limit of its interval) with that confounder taken out: divided by
    :func:`confounding_ratio`.  For a rare event an odds ratio will do."""
    observed = np.asarray(risk_ratio, dtype=float)
    if not (np.isfinite(observed) & (observed > 0)).all():
        raise EstimateError("a risk ratio is a finite number above zero.")
    return observed / confounding_ratio(confounder_event, prevalence_exposed, prevalence_unexposed)


def _positive(*ratios: float) -> None:
    if not all(math.isfinite(r) and r > 0 for r in ratios):
        raise EstimateError("a ratio is a finite number above zero.")


def _strength(values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=float)
    if not (np.isfinite(found) & (found >= 1)).all():
        raise EstimateError("the strength of a confounder is a finite risk ratio, one or more.")
    return found
