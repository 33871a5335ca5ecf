"""Wording that the checks of regression tables share, and what their labels stand for."""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction

from analysis.checks import common
from analysis.paper import RegressionTable
from analysis.printed import Interval, Printed

ROUNDED_ONCE = "every number was rounded once, from the unrounded fit"
NINETY_FIVE = Fraction(19, 20)

RATIOS = {"logit": "odds ratio", "log": "risk or rate ratio", "hazard": "hazard ratio"}
LABELS = (
    ("hazard", "hazard"),
    ("odds", "logit"),
    ("relative risk", "log"),
    ("risk ratio", "log"),
    ("prevalence ratio", "log"),
    ("rate", "log"),
)
MODELS = (
    ("cox", "hazard"),
    ("proportional hazards", "hazard"),
    ("poisson", "log"),
    ("log-binomial", "log"),
    ("log binomial", "log"),
    ("logistic", "logit"),
    ("logit", "logit"),
)


def link_of(text: str | None, words: Iterable[tuple[str, str]]) -> str | None:
    """The link that a label or the name of a model stands for, or None."""
    text = (text or "").casefold()
    return next((kind for word, kind in words if word in text), None)


def level_of(table: RegressionTable) -> Fraction:
    if table.confidence is None or not 0 < table.confidence.value < 100:
        return NINETY_FIVE
    return table.confidence.value / 100


def text_of(number: Printed) -> str:
    return number.text.strip().replace("-", "−")


def listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def reach_text(interval: Interval, decimals: int) -> str:
    if math.isinf(interval.low) and math.isinf(interval.high):
        return "anything"
    if math.isinf(interval.high):
        return f"at least {common.outward_text(Interval.point(interval.low), decimals).split(' to ')[0]}"
    if math.isinf(interval.low):
        return f"at most {common.outward_text(Interval.point(interval.high), decimals).split(' to ')[-1]}"
    return common.outward_text(interval, decimals)


def range_text(counts: Interval) -> str:
    return f"{int(counts.low)}" if counts.is_point else f"{int(counts.low)} to {int(counts.high)}"


def as_float(value: Fraction | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def as_printed(number: Printed) -> float | None:
    """The printed value as a float; None after ``<`` or ``>`` and beyond floats."""
    if number.comparison != "=" or abs(number.value) > 10**100:
        return None
    return float(number.value)


def is_positive(value: float | None) -> bool:
    return value is not None and value > 0
