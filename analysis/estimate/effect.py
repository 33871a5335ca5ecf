"""Two groups and an event: risk ratio, odds ratio and risk difference with their intervals.

Group 1 is compared with group 0: a ratio above one, or a difference above zero, means more
events in group 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from analysis.estimate import accuracy
from analysis.estimate.roc import EstimateError, normal_quantile


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the limits of its confidence interval."""

    value: float
    low: float
    high: float


def risk_ratio(
    events1: int, patients1: int, events0: int, patients0: int, confidence: float = 0.95
) -> Estimate:
    """(events1 / patients1) / (events0 / patients0), limits on the log scale (Katz 1978).

    Raises :class:`EstimateError` for a group without events, where the log scale ends, and where
    everybody has the event, so that the formula knows no error.
    """
    _check(events1, patients1, events0, patients0)
    if min(events1, events0) == 0:
        raise EstimateError("the limits of a risk ratio (Katz) need an event in both groups.")
    variance = 1 / events1 - 1 / patients1 + 1 / events0 - 1 / patients0
    if variance <= 0:
        raise EstimateError("everybody has the event, so the risk ratio has no error (Katz).")
    return _ratio((events1 / patients1) / (events0 / patients0), math.sqrt(variance), confidence)


def odds_ratio(
    events1: int, patients1: int, events0: int, patients0: int, confidence: float = 0.95
) -> Estimate:
    """Odds in group 1 over odds in group 0, limits on the log scale (Woolf 1955).

    Raises :class:`EstimateError` where one of the four counts is zero: nothing is added to it.
    """
    _check(events1, patients1, events0, patients0)
    free1, free0 = patients1 - events1, patients0 - events0
    if min(events1, free1, events0, free0) == 0:
        raise EstimateError("the limits of an odds ratio (Woolf) need four counts above zero.")
    se = math.sqrt(1 / events1 + 1 / free1 + 1 / events0 + 1 / free0)
    return _ratio(events1 * free0 / (free1 * events0), se, confidence)


def risk_difference(
    events1: int, patients1: int, events0: int, patients0: int, confidence: float = 0.95
) -> Estimate:
    """events1 / patients1 − events0 / patients0, limits from two Wilson intervals (Newcombe 1998,
    method 10), which also hold where a count is zero."""
    _check(events1, patients1, events0, patients0)
    one, nil = share(events1, patients1, confidence), share(events0, patients0, confidence)
    value = one.value - nil.value
    return Estimate(
        value,
        value - math.hypot(one.value - one.low, nil.high - nil.value),
        value + math.hypot(one.high - one.value, nil.value - nil.low),
    )


def share(events: int, patients: int, confidence: float = 0.95) -> Estimate:
    """events / patients with Wilson's interval (1927).  Raises for counts that are no share."""
    _check(events, patients, 0, 1)
    found = accuracy.share(events, patients, confidence)
    return Estimate(found.value, found.low, found.high)


def risk_ratio_from_odds_ratio(ratio: float, baseline_risk: float) -> float:
    """The risk ratio that belongs to an odds ratio at one risk in group 0 (Zhang and Yu 1998):
    OR / (1 − p0 + p0 OR).

    Exact for one 2×2 table.  For an adjusted odds ratio it is not: the risk ratio differs from
    stratum to stratum then, and one p0 stands for all of them (McNutt 2003); limits converted in
    this way leave out that p0 is uncertain, and so are too narrow.  From counts use
    :func:`risk_ratio`.
    """
    if not (math.isfinite(ratio) and ratio > 0):
        raise EstimateError("an odds ratio is a finite number above zero.")
    if not 0 <= baseline_risk < 1:
        raise EstimateError("a baseline risk is zero or more and below one.")
    return ratio / (1 - baseline_risk + baseline_risk * ratio)


def _ratio(value: float, se: float, confidence: float) -> Estimate:
    reach = math.exp(normal_quantile(confidence) * se)
    return Estimate(value, value / reach, value * reach)


def _check(events1: int, patients1: int, events0: int, patients0: int) -> None:
    for events, patients in ((events1, patients1), (events0, patients0)):
        if not (math.isfinite(events) and math.isfinite(patients)):
            raise EstimateError("events and patients are finite counts.")
        if events != int(events) or patients != int(patients):
            raise EstimateError("events and patients are whole numbers.")
        if not (0 <= events <= patients and patients >= 1):
            raise EstimateError(f"{events} events among {patients} patients cannot be.")
