"""Wording that the checks of regression tables share, and what their labels stand for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction

from analysis.checks import common
from analysis.paper import RegressionTable
from analysis.printed import Interval, Printed

ROUNDED_ONCE = "every number was rounded once, from the unrounded fit"
NINETY_FIVE = Fraction(19, 20)

RATIOS = {
    "logit": "odds ratio",
    "log": "risk or rate ratio",
    "hazard": "hazard ratio",
    "cloglog": "hazard ratio of grouped times",
    "probit": "exponential of a probit coefficient, which is no usual ratio",
}
# patterns of whole words, and the link (or hazard) that each stands for
LABELS = (
    (r"hazard|\bhr\b", "hazard"),
    (r"odds|\ba?or\b", "logit"),
    (r"relative risk|risk ratio|rate ratio|prevalence ratio|\ba?rr\b|\birr\b|\bpr\b", "log"),
)
MODELS = (
    (r"\bcox\b|proportional[ -]hazards", "hazard"),
    (r"poisson", "log"),
    (r"log-? ?binomial", "log-binomial"),
    (r"\bprobit\b", "probit"),
    (r"\bclog-?log\b|complementary[ -]log", "cloglog"),
    (r"logistic|\blogit\b", "logit"),
)


def link_of(text: str | None, patterns: Iterable[tuple[str, str]]) -> str | None:
    """The link that a label or the name of a model stands for; None if it names none, or
    more than one."""
    found = {link for pattern, link in patterns if re.search(pattern, (text or "").casefold())}
    return found.pop() if len(found) == 1 else None


def model_words(words: str | None) -> str:
    """What the methods say about the model."""
    return f'the methods name the model as "{words}"' if words else "the methods name no model"


def level_of(table: RegressionTable) -> Fraction:
    """The confidence level of the intervals as a share; 0.95 where none is printed."""
    if table.confidence is None or not 0 < table.confidence.value < 100:
        return NINETY_FIVE
    return table.confidence.value / 100


def text_of(number: Printed) -> str:
    return number.text.strip().replace("-", "−")


def listed(words: list[str], last: str = "and") -> str:
    return f" {last} ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


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
