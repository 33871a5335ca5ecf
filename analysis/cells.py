"""The cells of a record: what a printed number may look like, for the loader and for editors.

Each type parses with the function of :mod:`analysis.printed` and carries a JSON Schema, so
that an editor marks a wrong cell while it is typed.  The patterns are never stricter than
the parsers: what the loader takes, the schema takes.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic.types import StringConstraints

from analysis import printed as p
from analysis.printed import CountPercent, MeanSD, MedianIQR, Printed, Range

LARGEST_GROUP = 1_000_000_000  # patients

# --- patterns, in the regular expressions that JSON Schema and Python share ---------------------

_DIGITS = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_THOUSANDS = (
    r"[1-9][0-9]{0,2}(?:(?:[\s][0-9]{3})+(?:\.[0-9]+)?|(?:,[0-9]{3})+\.[0-9]+|(?:,[0-9]{3}){2,})"
)
_PREFIX = r"(?:[Pp]\s*(?=[=<>≤≥]))?(?:(?:<=|>=|[<>=≤≥⩽⩾＜＞])\s*)?"
_MINUS = r"(?:[+\-−‒–﹣－]\s*)?"
_PLUS = r"\+?"
_NUMBER = rf"{_PREFIX}{_MINUS}(?:{_THOUSANDS}|{_DIGITS})\s*%?"
_ZERO = r"[\-−‒–﹣－]\s*(?:0+(?:\.0*)?|\.0+)(?:[eE][+-]?[0-9]{1,3})?"
_POSITIVE = rf"{_PREFIX}(?:{_PLUS}(?:{_THOUSANDS}|{_DIGITS})|{_ZERO})\s*%?"
_SMALL = r"(?:0+(?:\.[0-9]*)?|\.[0-9]+|0*1(?:\.0*)?)(?:[eE][+-]?0*)?|[0-9.]+[eE]-?[0-9]{1,3}"
_HUNDRED = r"(?:0*[0-9]{1,2}(?:\.[0-9]*)?|0*100(?:\.0*)?|\.[0-9]+)(?:[eE][+-]?0*)?|[0-9.]+[eE][+-]?[0-9]{1,3}"
_SHARE = rf"{_PREFIX}(?:{_PLUS}(?:(?:{_SMALL})\s*%?|(?:{_HUNDRED})\s*%)|{_ZERO}\s*%?)"
_PERCENT = rf"{_PREFIX}(?:{_PLUS}(?:{_HUNDRED})|{_ZERO})\s*%?"
_WHOLE = r"(?:[Pp]\s*(?==))?(?:=\s*)?(?:\+?(?:[1-9][0-9]{0,2}(?:\s[0-9]{3})+|[1-9][0-9]{0,2}(?:,[0-9]{3}){2,}|[0-9]+\.?(?:[eE][+-]?0*)?|[0-9.]+[eE]\+?[0-9]{1,3})|[\-−‒–﹣－]\s*0+\.?)"
_BETWEEN = r"\s*(?:[–—‒\-]|,\s|;|to)\s*"
_RANGE = rf"{_NUMBER}{_BETWEEN}{_NUMBER}"
_MEAN_SD = rf"{_NUMBER}\s*(?:±|\+/-|\+-|\\pm)\s*{_POSITIVE}"
_COUNT = rf"{_WHOLE}\s*(?:\(\s*(?:{_PERCENT})\s*\))?"
_MEDIAN = rf"{_NUMBER}\s*[(\[]\s*{_RANGE}\s*[)\]]"
_P = rf"[nN]\.?\s*[sS]\.?|{_SHARE}"
_DATE = r"(?:[A-Z][a-z]{2,8}\.?\s+)?(?:[0-9]{1,2},\s*)?(?:19|20)[0-9]{2}"


def _cell(pattern: str, what: str, examples: list[str], **limits: Any) -> dict[str, Any]:
    """The schema of a cell: a string of this pattern, or a number written without quotes
    where `limits` are given."""
    return {
        "type": ["string", "number"] if limits else "string",
        "pattern": rf"^\s*(?:{pattern})\s*$",
        "maxLength": 200,
        **{key: limit for key, limit in limits.items() if limit is not None},
        "description": what,
        "examples": examples,
    }


SCHEMAS: dict[str, dict[str, Any]] = {
    "number": _cell(
        _NUMBER, "A number as it is printed, with all its decimals.",
        ["0.70", "−5.310", "<35", "1 098.83"], minimum=None,
    ),
    "whole": _cell(_WHOLE, "A whole number.", ["112"], minimum=0),
    "share": _cell(
        _SHARE, "A proportion between 0 and 1, with all its decimals.", ["0.795"],
        minimum=0, maximum=1,
    ),
    "percent": _cell(
        _PERCENT, "A percentage between 0 and 100.", ["59.82%", "95%"], minimum=0, maximum=100
    ),
    "positive": _cell(
        _POSITIVE, "A number that is not negative, with all its decimals.", ["0.027"], minimum=0
    ),
    "p": _cell(
        _P, "A P value as it is printed.", ["0.044", "<0.001", "NS"], minimum=0, maximum=1
    ),
    "range": _cell(_RANGE, "Two limits, the lower one first.", ["0.742–0.848", "0.742 to 0.848"]),
    "mean_sd": _cell(_MEAN_SD, "A mean and a standard deviation.", ["54.96 ± 10.22"]),
    "n_pct": _cell(
        _COUNT, "A count, and its percentage where one is printed.", ["67 (59.82%)", "67"],
        minimum=0,
    ),
    "median_iqr": _cell(_MEDIAN, "A median and its quartiles.", ["64 (57–70)"]),
    "date": _cell(
        _DATE, "A day, a month or a year.", ["Jan 05, 2023", "December 2017", "2022"],
        minimum=1900, maximum=2099,
    ),
    "label": {"type": ["string", "number"], "description": "A label such as a version.",
              "examples": ["26.0"]},
}  # fmt: skip


# --- the types ---------------------------------------------------------------------------------


def _group_size(text: str) -> Printed:
    n = p.parse_whole(text)
    if not 1 <= n.value <= LARGEST_GROUP:
        raise p.PrintedError(
            f"found {p.quoted(text)}, a group has at least 1 and at most {LARGEST_GROUP:,} patients"
        )
    return n


def _step(text: str) -> Printed:
    step = p.parse_number(text)
    if step.value <= 0 or step.comparison != "=" or step.percent:
        raise p.PrintedError(f"found {p.quoted(text)}, a step is a number above 0 such as 1")
    return step


def _as(name: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema(SCHEMAS[name] | more)


AnyNumber = Annotated[Printed, PlainValidator(p.parse_number), _as("number")]
Whole = Annotated[Printed, PlainValidator(p.parse_whole), _as("whole")]
Share = Annotated[Printed, PlainValidator(p.parse_share), _as("share")]
Percent = Annotated[Printed, PlainValidator(p.parse_percent), _as("percent")]
NotNegative = Annotated[Printed, PlainValidator(p.parse_positive), _as("positive")]
PValue = Annotated[Printed, PlainValidator(p.parse_p), _as("p")]
Limits = Annotated[Range, PlainValidator(p.parse_limits), _as("range")]
MeanSDCell = Annotated[MeanSD, PlainValidator(p.parse_mean_sd), _as("mean_sd")]
CountCell = Annotated[CountPercent, PlainValidator(p.parse_count_percent), _as("n_pct")]
MedianCell = Annotated[MedianIQR, PlainValidator(p.parse_median_iqr), _as("median_iqr")]
PositiveStep = Annotated[
    Printed,
    PlainValidator(_step),
    WithJsonSchema(
        _cell(
            rf"(?![0.]+\s*$){_PLUS}(?:{_THOUSANDS}|{_DIGITS})",
            "A number above 0.", ["1"], exclusiveMinimum=0,
        )
    ),
]  # fmt: skip
GroupSize = Annotated[
    Printed,
    PlainValidator(_group_size),
    WithJsonSchema(
        _cell(
            rf"(?!0+\s*$){_WHOLE}",
            "How many patients.", ["112"], minimum=1, maximum=LARGEST_GROUP,
        )
    ),
]  # fmt: skip
Id = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_]*$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[a-z][a-z0-9_]*$",
            "description": "A short name: lower-case letters, digits and _.",
        }
    ),
]
Reference = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9_.]*$"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^[a-z][a-z0-9_.]*$",
            "description": "The id of a number or cell, made of its place.",
            "examples": ["table1.age.p", "groups.cases"],
        }
    ),
]
Words = Annotated[str, WithJsonSchema({"type": ["string", "number"]})]
Truth = Annotated[bool, WithJsonSchema({"enum": [True, False, "true", "false"]})]
