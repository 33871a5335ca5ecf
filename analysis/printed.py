"""A number as it was printed: its text, its rounding interval, exact arithmetic on it.

The string is the record: ``"0.70"`` and ``"0.7"`` stand for different sets of values.
A number printed as ``x`` with ``d`` decimals stands for the closed interval
``x ± ½·10^-d``; both ends belong to it, because rounding half up and rounding half to
even differ exactly there.  All arithmetic is in :class:`fractions.Fraction`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from typing import Literal

Bound = Fraction | float  # float only for ±math.inf
Comparison = Literal["=", "<", ">", "<=", ">="]


class PrintedError(ValueError):
    """A string is no printed number; the message says what was found and what is allowed."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval ``[low, high]``; the ends are exact, or ``±math.inf``."""

    low: Bound
    high: Bound

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError(f"an interval needs low <= high, found {self.low} > {self.high}")

    @classmethod
    def point(cls, value: Fraction | int) -> Interval:
        """The interval that holds one value."""
        return cls(Fraction(value), Fraction(value))

    @classmethod
    def outward(cls, low: float, high: float, ulps: int = 64) -> Interval:
        """An interval that is sure to hold ``[low, high]`` although both ends were
        computed in floating point: each end is moved outward by `ulps` units in the
        last place (and by 1e-300 near zero)."""
        pad_low = abs(low) * ulps * 2.0**-52 + 1e-300
        pad_high = abs(high) * ulps * 2.0**-52 + 1e-300
        return cls(
            Fraction(low - pad_low) if math.isfinite(low) else low,
            Fraction(high + pad_high) if math.isfinite(high) else high,
        )

    def __contains__(self, value: object) -> bool:
        return self.low <= value <= self.high  # type: ignore[operator]

    def intersects(self, other: Interval) -> bool:
        """Whether the two closed intervals share a point."""
        return self.low <= other.high and other.low <= self.high

    def intersection(self, other: Interval) -> Interval | None:
        """The shared part, or None."""
        low, high = max(self.low, other.low), min(self.high, other.high)
        return Interval(low, high) if low <= high else None

    def clip(self, low: Bound, high: Bound) -> Interval:
        """The interval cut to ``[low, high]``; a part outside collapses to the nearer end."""
        return Interval(min(max(self.low, low), high), max(min(self.high, high), low))

    @property
    def is_point(self) -> bool:
        return self.low == self.high

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    def __sub__(self, other: Interval) -> Interval:
        return self + (-other)

    def __mul__(self, other: Interval) -> Interval:
        corners = [_times(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(corners), max(corners))

    def __truediv__(self, other: Interval) -> Interval:
        """Quotient; if the divisor reaches zero the result is unbounded on the sides it
        can be, and ``[-inf, inf]`` where the divisor has zero in its inside."""
        if other.low < 0 < other.high or (other.low == 0 == other.high):
            return Interval(-math.inf, math.inf)
        if other.low == 0 or other.high == 0:
            far = other.high if other.low == 0 else other.low
            sign = 1 if other.low == 0 else -1
            ends = [_over(self.low, far), _over(self.high, far)]
            if self.low * sign < 0 or self.high * sign < 0:
                ends.append(-math.inf)
            if self.low * sign > 0 or self.high * sign > 0:
                ends.append(math.inf)
            return Interval(min(ends), max(ends))
        corners = [_over(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(corners), max(corners))


def _times(a: Bound, b: Bound) -> Bound:
    """a·b with 0·inf = 0 (an end of a closed interval, not a limit)."""
    return Fraction(0) if a == 0 or b == 0 else a * b


def _over(a: Bound, b: Bound) -> Bound:
    """a/b; 0 for an infinite b, as the end of a closed interval."""
    if isinstance(b, float) and math.isinf(b):
        return Fraction(0)
    return a / b


@cache
def _half_unit(decimals: int) -> Fraction:
    return Fraction(1, 2) * Fraction(10) ** -decimals


@dataclass(frozen=True, slots=True)
class Printed:
    """One printed number.

    `text` is the string of the record, `value` the number it shows (exact), `decimals`
    the printed decimals, `comparison` the sign before it (``=`` if none), `percent`
    whether a percent sign follows.  ``NS`` is kept as ``comparison=">="`` with
    `value` 1/20 and `is_ns` true.
    """

    text: str
    value: Fraction
    decimals: int
    comparison: Comparison = "="
    percent: bool = False
    is_ns: bool = False

    @property
    def half_unit(self) -> Fraction:
        """Half a unit in the last printed place."""
        return _half_unit(self.decimals)

    @property
    def interval(self) -> Interval:
        """All values that print like this (closed; unbounded after ``<`` or ``>``)."""
        if self.comparison in ("<", "<="):
            return Interval(-math.inf, self.value)
        if self.comparison in (">", ">="):
            return Interval(self.value, math.inf)
        return Interval(self.value - self.half_unit, self.value + self.half_unit)

    @property
    def exact(self) -> Interval:
        """The printed value itself: for counts, which are not rounded."""
        return Interval.point(self.value) if self.comparison == "=" else self.interval

    def shows(self, value: Fraction | float) -> bool:
        """Whether `value` could be printed as this (ties either way)."""
        if isinstance(value, float):
            if not math.isfinite(value):
                return False
            return Interval.outward(value, value).intersects(self.interval)
        if self.comparison == "<":
            return value < self.value
        if self.comparison == ">":
            return value > self.value
        return value in self.interval

    def is_tie(self, value: Fraction) -> bool:
        """Whether `value` lies exactly between this number and its neighbour."""
        return self.comparison == "=" and abs(value - self.value) == self.half_unit

    def __str__(self) -> str:
        return self.text

    def __float__(self) -> float:
        return float(self.value)


_SPACES = "\u00a0\u2007\u2009\u202f"
_MINUS = "\u2212\u2012\u2013\ufe63\uff0d"
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE](?:\+?[012]?\d|-[12]?\d?\d))?", re.ASCII)
_SIGN = re.compile(r"(<=|>=|<|>|=|≤|≥|⩽|⩾|\uff1c|\uff1e)\s*")
_SIGN_NAMES = {"≤": "<=", "≥": ">=", "⩽": "<=", "⩾": ">=", "\uff1c": "<", "\uff1e": ">"}
_NOT_SIGNIFICANT = re.compile(r"n\.?\s*s\.?", re.IGNORECASE)
# control characters, half characters, and those that turn the direction of the text around
# them: a terminal would obey them
UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LONGEST = 40  # characters of one number
_LONGEST_CELL = 200


def printable(text: object) -> str:
    """`text` on one line, without anything that a terminal would obey: such signs are spelled out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


def quoted(text: object) -> str:
    """`text` between quotation marks for an error message: one line, cut to 60 characters."""
    shown = printable(str(text)[:61])
    return f'"{shown[:60]}…"' if len(shown) > 60 else f'"{shown}"'


def _tidy(text: str) -> str:
    if not isinstance(text, str):
        found = "nothing" if text is None else "a block"
        raise PrintedError(f"found {found}, a number as it was printed is needed")
    if len(text) > _LONGEST_CELL:
        raise PrintedError(
            f"found {len(text)} characters, a printed cell has at most {_LONGEST_CELL}"
        )
    for space in _SPACES:
        text = text.replace(space, " ")
    return text.strip()


def parse_number(text: str) -> Printed:
    """Read one printed number: ``0.70``, ``<0.001``, ``P=0.000``, ``59.82%``,
    ``1 098.83``, ``1,098.83``, ``−5.310``.

    Raises :class:`PrintedError` for anything else: a decimal comma, a letter among the
    digits, digits of another script, an exponent outside −99 to 29 (so that squares and
    quotients stay within floating point), an empty string.
    """
    return _parse_number(text, smallest_exponent=-99)


def _parse_number(text: str, smallest_exponent: int) -> Printed:
    raw = text
    text = _tidy(text)
    if not text:
        raise PrintedError("found an empty cell, a number as it was printed is needed")
    if len(text) > _LONGEST:
        raise PrintedError(f"found {len(text)} characters, a printed number has at most {_LONGEST}")
    text = re.sub(r"^[Pp]\s*(?=[=<>≤≥])", "", text)
    comparison: Comparison = "="
    if sign := _SIGN.match(text):
        comparison = _SIGN_NAMES.get(sign[1], sign[1])  # type: ignore[assignment]
        text = text[sign.end() :]
    percent = text.endswith("%")
    if percent:
        text = text[:-1].rstrip()
    if text and text[0] in _MINUS:
        text = "-" + text[1:].lstrip()
    digits = _join_thousands(text)
    if not _NUMBER.fullmatch(digits):
        raise PrintedError(f"found {quoted(raw)}, {_what_is_wrong(digits)}")
    mantissa, _, exponent = digits.lower().partition("e")
    if exponent and int(exponent) < smallest_exponent:
        raise PrintedError(f"found {quoted(raw)}, an exponent under {smallest_exponent}")
    decimals = len(mantissa.partition(".")[2]) - (int(exponent) if exponent else 0)
    return Printed(raw, Fraction(digits), decimals, comparison, percent)


def _join_thousands(text: str) -> str:
    """``1 098.83`` and ``1,098.83`` without their separators; others as they are."""
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(?: \d{3})+(?:\.\d+)?", text):
        return text.replace(" ", "")
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+\.\d+", text) or re.fullmatch(
        r"[+-]?[1-9]\d{0,2}(?:,\d{3}){2,}", text
    ):
        return text.replace(",", "")
    return text


def _what_is_wrong(text: str) -> str:
    if re.fullmatch(r"[+-]?\d+,\d+", text):
        return (
            f'a decimal point is needed ("{text.replace(",", ".")}"), or no comma at all if it '
            "separates thousands"
        )
    if re.search(r"\d", text) and re.search(r"[OolISB]", text):
        return "a letter stands among the digits (0 and O, 1 and l look alike)"
    return "a number such as 0.70, <0.001, 59.82% or −5.310 is needed"


@dataclass(frozen=True, slots=True)
class MeanSD:
    """A cell ``mean ± SD``."""

    text: str
    mean: Printed
    sd: Printed


@dataclass(frozen=True, slots=True)
class CountPercent:
    """A cell ``n (%)``; `percent` is None where only the count is printed."""

    text: str
    count: Printed
    percent: Printed | None


@dataclass(frozen=True, slots=True)
class Range:
    """A cell ``low–high``: a confidence interval, or the quartiles of a median; `reversed`
    where the upper limit is printed first."""

    text: str
    low: Printed
    high: Printed
    reversed: bool = False


@dataclass(frozen=True, slots=True)
class MedianIQR:
    """A cell ``median (q1–q3)``."""

    text: str
    median: Printed
    q1: Printed
    q3: Printed


def parse_whole(text: str) -> Printed:
    """Read a printed count: a whole number that is not negative."""
    number = parse_number(text)
    if number.comparison != "=" or number.percent or number.decimals != 0 or number.value < 0:
        raise PrintedError(f"found {quoted(text)}, a whole number such as 112 is needed")
    return number


def parse_mean_sd(text: str) -> MeanSD:
    """Read ``mean ± SD`` (also ``+/-`` and ``+-``); the SD may not be negative."""
    parts = re.split(r"±|\+/-|\+-|\\pm", _tidy(text))
    if len(parts) != 2:
        raise PrintedError(
            f"found {quoted(text)}, a mean and an SD such as 54.96 ± 10.22 are needed"
        )
    mean, sd = parse_number(parts[0]), parse_number(parts[1])
    if sd.value < 0 or sd.comparison != "=" or mean.comparison != "=":
        raise PrintedError(f"found {quoted(text)}, an SD is a plain number that is not negative")
    return MeanSD(text, mean, sd)


def parse_count_percent(text: str) -> CountPercent:
    """Read ``67 (59.82%)``, ``67 (59.82)`` or ``67``; a percentage lies in 0 to 100."""
    match = re.fullmatch(r"([^()]+?)\s*(?:\(([^()]+)\))?", _tidy(text))
    if not match:
        raise PrintedError(
            f"found {quoted(text)}, a count and a percentage such as 67 (59.82%) are needed"
        )
    count = parse_whole(match[1])
    percent = parse_percent(match[2]) if match[2] else None
    return CountPercent(text, count, percent)


def parse_percent(text: str) -> Printed:
    """Read a percentage between 0 and 100, with or without its sign."""
    percent = parse_number(text)
    if not 0 <= percent.value <= 100:
        raise PrintedError(f"found {quoted(text)}, a percentage between 0 and 100 is needed")
    return percent


def parse_share(text: str) -> Printed:
    """Read a proportion between 0 and 1 (sensitivity, AUC, …), or one in percent with its
    sign: ``76.8%`` is 0.768, rounded to three decimals."""
    share = parse_number(text)
    if share.percent:
        value, decimals = share.value / 100, share.decimals + 2
        share = Printed(share.text, value, decimals, share.comparison)
    if not 0 <= share.value <= 1:
        raise PrintedError(
            f"found {quoted(text)}, a proportion between 0 and 1, or a percentage with its sign, is needed"
        )
    return share


def parse_positive(text: str) -> Printed:
    """Read a number that is not negative (a standard error, a Wald statistic, a ratio)."""
    number = parse_number(text)
    if number.value < 0:
        raise PrintedError(f"found {quoted(text)}, a number that is not negative is needed")
    return number


def parse_p(text: str) -> Printed:
    """Read a P value between 0 and 1, ``<0.001`` or ``NS`` (kept as ``≥ 0.05``); exponents
    go down to −299."""
    if isinstance(text, str) and _NOT_SIGNIFICANT.fullmatch(text.strip()):
        return Printed(text, Fraction(1, 20), 2, ">=", is_ns=True)
    p = _parse_number(text, smallest_exponent=-299)
    if not 0 <= p.value <= 1 or p.percent:
        raise PrintedError(f"found {quoted(text)}, a P value between 0 and 1 is needed")
    return p


def parse_range(text: str) -> Range:
    """Read ``0.742–0.848`` (en dash, hyphen, comma, semicolon or "to" between the limits;
    ``<0.001 – >999.999`` too)."""
    found = parse_limits(text)
    if found.reversed:
        raise PrintedError(f"found {quoted(text)}, the lower limit must stand first")
    return found


def parse_limits(text: str) -> Range:
    """Read the limits of a confidence interval, in either order: ``0.88–0.48`` has the lower
    limit 0.48 and is kept as `reversed`."""
    tidy = _tidy(text)
    match = re.fullmatch(
        r"(.*?[\d.]%?)\s*(?:[–—‒]|-|,\s|;|\bto\b)\s*((?:[<>≤≥]=?\s*)?[−+-]?[\d.].*)", tidy
    )
    if not match:
        raise PrintedError(f"found {quoted(text)}, two limits such as 0.742–0.848 are needed")
    low, high = parse_number(match[1]), parse_number(match[2])
    if low.value > high.value:
        return Range(text, high, low, reversed=True)
    return Range(text, low, high)


def parse_median_iqr(text: str) -> MedianIQR:
    """Read ``64 (57–70)``."""
    match = re.fullmatch(r"([^()\[\]]+?)\s*[(\[]([^()\[\]]+)[)\]]", _tidy(text))
    if not match:
        raise PrintedError(
            f"found {quoted(text)}, a median and quartiles such as 64 (57–70) are needed"
        )
    quartiles = parse_range(match[2])
    median = parse_number(match[1])
    if not quartiles.low.value <= median.value <= quartiles.high.value:
        raise PrintedError(f"found {quoted(text)}, the median must lie between the quartiles")
    return MedianIQR(text, median, quartiles.low, quartiles.high)


_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A printed date: the days it may stand for, first to last."""

    text: str
    first: date
    last: date


def parse_date(text: str) -> PrintedDate:
    """Read ``Jan 05, 2023``, ``December 2017`` or ``2022``."""
    tidy = _tidy(text)
    match = re.fullmatch(
        r"(?:([A-Z][a-z]{2,8})\.?\s+)?(?:(\d{1,2}),\s*)?((?:19|20)\d\d)", tidy, re.ASCII
    )
    months = [m for m in _MONTHS if match and match[1] and m.startswith(match[1])]
    if not match or (match[1] and len(months) != 1) or (match[2] and not months):
        raise PrintedError(
            f"found {quoted(text)}, a date such as December 2017 or Jan 05, 2023 is needed"
        )
    year = int(match[3])
    if not months:
        return PrintedDate(text, date(year, 1, 1), date(year, 12, 31))
    month = _MONTHS.index(months[0]) + 1
    try:
        first = date(year, month, int(match[2] or 1))
    except ValueError:
        raise PrintedError(f"found {quoted(text)}, a day of the calendar is needed") from None
    if match[2]:
        return PrintedDate(text, first, first)
    following = date(year + month // 12, month % 12 + 1, 1)
    return PrintedDate(text, first, following - timedelta(days=1))


def format_fixed(value: Bound, decimals: int) -> str:
    """`value` with `decimals` decimals, half rounded away from zero; exact, with a true
    minus sign; infinities as ``∞``."""
    if isinstance(value, float):
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        value = Fraction(value)
    decimals = max(decimals, 0)
    scale = 10**decimals
    units = math.floor(abs(value) * scale + Fraction(1, 2))
    digits = f"{units:0{decimals + 1}d}"
    text = f"{digits[:-decimals]}.{digits[-decimals:]}" if decimals else digits
    return f"−{text}" if value < 0 and units else text


def whole_values(inside: Interval) -> range:
    """The whole numbers in a bounded interval."""
    return range(math.ceil(inside.low), math.floor(inside.high) + 1)


def hull(values: Iterable[Bound]) -> Interval:
    """The smallest interval that holds all `values`."""
    values = list(values)
    return Interval(min(values), max(values))
