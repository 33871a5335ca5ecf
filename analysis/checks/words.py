"""Wording that the checks of regression tables share, and what their labels stand for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from fractions import Fraction

from analysis.checks import common
from analysis.paper import Paper, RegressionTable
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


_COX = re.compile(r"\bcox\b|proportional[ -]hazards|hazards? (?:model|regression)", re.IGNORECASE)
_LOGISTIC = re.compile(r"logistic|\blogit\b", re.IGNORECASE)
_TIMES = re.compile(
    r"surviv|time[ -]to|hazard|\bcox\b|\b(?:os|dfs|pfs|rfs|css|efs|dss|mfs|ttr|ttp)\b",
    re.IGNORECASE,
)
_COUNTS_SAY_NOTHING = "counts alone say nothing about a hazard ratio"

# programs with intervals and P values of their own kinds beside those of SPSS
_OTHER_PROGRAMS = re.compile(
    r"medcalc|stata|\bsas\b|prism|graphpad|python|\br\b|rstudio|\bproc\b|jmp|sigmaplot|minitab|"
    r"statistica|epi ?info|jamovi|jasp|matlab",
    re.IGNORECASE,
)


def uses_spss(paper: Paper) -> bool:
    """Whether SPSS is the only program that the paper names."""
    software = paper.paper.software or ""
    return "spss" in software.lower() and not _OTHER_PROGRAMS.search(software)


def named_link(paper: Paper, table: RegressionTable) -> str | None:
    """The link that the table names, or else the methods; None if neither names one."""
    if table.model is not None:
        return "hazard" if table.model == "cox" else "logit"
    return link_of(paper.paper.tests.model, MODELS)


def named_model(paper: Paper, table: RegressionTable) -> str:
    """What the paper says about the model of a table, in words."""
    if table.model is not None:
        return f"the model is {'a Cox' if table.model == 'cox' else 'a logistic'} regression, as the table says"
    return model_words(paper.paper.tests.model)


def times_to_event(paper: Paper, table: RegressionTable) -> str:
    """What is missing if the model is, or may be, one of times to an event; "" if it is not.

    A table that says logistic is taken at its word, and so is a constant, which Cox's model
    has not, where the methods name a logistic model too.  Else a hazard ratio in the heading,
    Cox in the methods, or (where neither names a model) a title about survival is enough.
    """
    if table.model == "logistic":
        return ""
    label, words = link_of(table.effect_label, LABELS), paper.paper.tests.model or ""
    if table.model == "cox" or label == "hazard":
        return f"the follow-up time of each patient; {_COUNTS_SAY_NOTHING}"
    if _COX.search(words):
        if not _LOGISTIC.search(words):
            return f"the follow-up time of each patient, if this is the Cox model of the methods; {_COUNTS_SAY_NOTHING}"
        if table.constant is None:
            return f"whether this is the logistic or the Cox model of the methods; {_COUNTS_SAY_NOTHING}"
        return ""
    if label != "logit" and link_of(words, MODELS) is None and _TIMES.search(table.title):
        return f"whether this is a model of times to an event; {_COUNTS_SAY_NOTHING}"
    return ""


def why_not_one_model(paper: Paper, table: RegressionTable) -> str:
    """What is missing for a proof that takes the rows for one model of a group against the
    others; "" if nothing is."""
    if missing := times_to_event(paper, table):
        return missing
    if table.event is None:
        return "which group had the event"
    if table.analysis == "univariable":
        return "a model of all predictors together; each row is a model of its own"
    return "" if table.is_one_binary_model else "a regression of who had the event"


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
