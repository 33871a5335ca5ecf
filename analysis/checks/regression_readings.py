"""How a row of a regression table may be printed otherwise: other tests, limits and units.

The numbers of a row are recomputed from their neighbours here, and where they contradict
each other under the usual reading, the other ways to print them are tried one by one.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from scipy import special

from analysis.checks import common
from analysis.checks.coefficient import Convention, PrintedRow
from analysis.checks.words import as_printed, is_positive, listed, text_of
from analysis.printed import Interval, format_fixed

NAMES = {
    "b": "B", "se": "SE", "wald": "Wald", "p": "P", "ratio": "exp(B)",
    "ci.low": "lower limit", "ci.high": "upper limit",
}  # fmt: skip
_LIMITS = ("ci.low", "ci.high")
_LEVELS = (Fraction(9, 10), Fraction(19, 20), Fraction(99, 100))
_MOST_DEGREES = 20
_UNITS = (2, 5, 10, 20, 50, 100, 1000, 10000)


def other_reading(row: PrintedRow, wald_type: bool, level_is_printed: bool) -> str:
    """A reading other than the usual one under which a row is coherent, or "".

    `wald_type`: a Wald column, or the program, says that P and the limits are Wald's.
    """
    if not wald_type and (found := _other_method(row)):
        return found
    if found := _more_degrees(row):
        return found
    for reading, words in _conventions(row):
        other = PrintedRow(row.printed, row.level, reading, round_z=True)
        if not other.region().is_empty:
            return f"It fits if {words}."
        if not wald_type and _other_method(other):
            return f"It fits if {words}, with P or limits by another method than Wald's."
    if not level_is_printed and set(_LIMITS) <= row.printed.keys():
        for level in _LEVELS:
            if level != row.level and not PrintedRow(row.printed, level).region().is_empty:
                return f"It fits limits of {format_fixed(100 * level, 0)} %."
    return _by_hand(row) or _other_step(row)


def _conventions(row: PrintedRow) -> Iterator[tuple[Convention, str]]:
    printed = row.printed.keys()
    if "wald" in printed:
        yield Convention(wald_is_z=True), "the column Wald holds |B|/SE, not its square"
    if "p" in printed:
        yield Convention(one_sided=True), "P is one-sided"
    if {"b"} & printed and {"ratio", *_LIMITS} & printed:
        turned = "ratio and limits are those of the other category (or event), exp(−B)"
        yield Convention(units=Fraction(-1)), turned
    if {"b", "se"} & printed and {"ratio", *_LIMITS} & printed:
        for units in _UNITS:
            for factor in (Fraction(units), Fraction(1, units)):
                name = str(units) if factor >= 1 else f"1/{units}"
                words = f"ratio and limits are those of {name} units, B that of one"
                if factor == 2:
                    words += " (or B is that of codes −1 and 1)"
                yield Convention(units=factor), words


_STEPS = 64  # of so many factors one is tried after the other


def _other_step(row: PrintedRow) -> str:
    """Ratio and limits of a step that is no round number (one SD) beside the B of one unit.

    Only where both limits and the ratio stand beside B or SE: then |B|/SE and its sign must
    still be the same on both sides.
    """
    ratios = ("ratio", *_LIMITS)
    if not set(ratios) <= row.printed.keys() or not {"b", "se"} & row.printed.keys():
        return ""
    if any(not region.is_empty for region in row.without_each().values()):
        return ""  # one other number would mend the row: a misprint, no other step
    unit = row.region([c for c in row.printed if c not in ratios])
    step = row.region(ratios)
    if unit.is_empty or step.is_empty:
        return ""
    of_unit, of_step = unit.values(0, 1), step.values(0, 1)
    ends = (of_step.low, of_unit.high, of_step.high, of_unit.low)
    if not all(math.isfinite(end) and end > 0 for end in ends):
        return ""
    low, high = float(of_step.low / of_unit.high), float(of_step.high / of_unit.low)
    for i in range(_STEPS + 1):
        factor = Fraction(low * (high / low) ** (i / _STEPS)).limit_denominator(10**6)
        if factor <= 0:
            continue
        reading = Convention(units=factor)
        if not PrintedRow(row.printed, row.level, reading, round_z=True).region().is_empty:
            shown = format_fixed(factor, 2) if factor >= 1 else f"{float(factor):.2g}"
            return (
                f"It fits if ratio and limits are those of another step than B, about {shown} "
                "units of it (such as one SD)."
            )
    return ""


def _more_degrees(row: PrintedRow) -> str:
    """Wald and P of a predictor with several levels stand in a row without a B."""
    if row.printed.keys() != {"wald", "p"}:
        return ""
    wald = row.printed["wald"].interval.clip(0, math.inf)
    target = row.printed["p"].interval.clip(0, 1)
    for degrees in range(2, _MOST_DEGREES + 1):
        if common.p_from_chi2(wald, degrees).intersects(target):
            return f"It fits a test with {degrees} degrees of freedom."
    return ""


def _by_hand(row: PrintedRow) -> str:
    """Columns that were computed from the printed B, SE or Wald and rounded a second time."""
    if not {"b", "se"} <= row.printed.keys():
        return ""
    again = [
        c
        for c in row.printed
        if c not in ("b", "se")
        and (value := recompute(row, c)[0]) is not None
        and row.printed[c].shows(value)
    ]
    rest = [c for c in row.printed if c not in again]
    if again and not row.region(rest).is_empty:
        return f"It fits if {listed([NAMES[c] for c in again])} were computed from rounded numbers."
    return ""


def _other_method(row: PrintedRow) -> str:
    """The convention other than Wald's under which the row is coherent, or nothing."""
    limits = ("ci.low", "ci.high")
    without_p = [c for c in row.printed if c != "p"]
    without_limits = [c for c in row.printed if c not in limits]
    apart = "P may come from a likelihood-ratio or score test"
    profile = "the limits may be profile-likelihood limits"
    if "p" in row.printed and not row.region(without_p).is_empty:
        return f"Without Wald's convention: {apart}."
    if limits[0] not in row.printed or not _estimate_inside(row):
        return ""
    if not row.region(without_limits).is_empty:
        return f"Without Wald's convention: {profile}."
    if "p" in row.printed and not row.region([c for c in without_p if c not in limits]).is_empty:
        return f"Without Wald's convention: {apart}, and {profile}."
    return ""


def _estimate_inside(row: PrintedRow) -> bool:
    low, high = row.printed["ci.low"].interval.low, row.printed["ci.high"].interval.high
    if "ratio" in row.printed:
        return row.printed["ratio"].interval.intersects(Interval(low, high))
    return "b" not in row.printed or exp_of(row.printed["b"].interval).intersects(
        Interval(low, high)
    )


def recompute(row: PrintedRow, column: str) -> tuple[float | None, str]:
    """One number from its neighbours as printed, and the line that shows it."""
    number = {c: as_printed(n) for c, n in row.printed.items()}
    text = {c: text_of(n) for c, n in row.printed.items()}
    z, quantile = float(row.z.low), z_text(row)
    b, se, ratio = number.get("b"), number.get("se"), number.get("ratio")
    low, high, wald = number.get("ci.low"), number.get("ci.high"), number.get("wald")
    shown = row.printed[column].decimals + 1 if column in row.printed else 4

    def line(formula: str, value: float) -> tuple[float | None, str]:
        if not math.isfinite(value):
            return None, ""
        result = common.p_text(value) if column == "p" else format_fixed(value, max(shown, 0))
        return value, f"{formula} = {result}"

    width = is_positive(low) and is_positive(high)
    if column == "b":
        if is_positive(ratio):
            return line(f"ln {text['ratio']}", math.log(ratio))
        if width:
            return line(
                f"(ln {text['ci.low']} + ln {text['ci.high']}) / 2", math.log(low * high) / 2
            )
    if column == "se":
        if width:
            return line(
                f"(ln {text['ci.high']} − ln {text['ci.low']}) / (2 × {quantile})",
                (math.log(high) - math.log(low)) / (2 * z),
            )
        if b is not None and is_positive(wald):
            return line(f"|{text['b']}| / √{text['wald']}", abs(b) / math.sqrt(wald))
    if column == "wald" and b is not None and is_positive(se):
        return line(f"({text['b']} / {text['se']})²", (b / se) ** 2)
    if column == "p":
        if wald is not None:
            return line(f"P(χ²₁ > {text['wald']})", float(special.chdtrc(1, wald)))
        if b is not None and is_positive(se):
            return line(
                f"2 × (1 − Φ(|{text['b']}| / {text['se']}))", float(2 * special.ndtr(-abs(b / se)))
            )
        if width:
            z_value = (
                abs(math.log(low * high)) * z / (math.log(high) - math.log(low))
                if high > low
                else math.inf
            )
            formula = f"2 × (1 − Φ({quantile} × |ln {text['ci.high']} + ln {text['ci.low']}| / (ln {text['ci.high']} − ln {text['ci.low']})))"
            return line(formula, float(2 * special.ndtr(-z_value)))
    if column == "ratio":
        if b is not None:
            return line(f"exp({text['b']})", exp_float(b))
        if width:
            return line(f"√({text['ci.low']} × {text['ci.high']})", math.sqrt(low * high))
    if column in ("ci.low", "ci.high"):
        sign, word = (-1, "−") if column == "ci.low" else (1, "+")
        if b is not None and se is not None:
            return line(
                f"exp({text['b']} {word} {quantile} × {text['se']})", exp_float(b + sign * z * se)
            )
        if is_positive(ratio) and se is not None:
            return line(
                f"{text['ratio']} × exp({word}{quantile} × {text['se']})",
                ratio * exp_float(sign * z * se),
            )
        other = "ci.high" if column == "ci.low" else "ci.low"
        if is_positive(ratio) and is_positive(number.get(other)):
            return line(f"{text['ratio']}² / {text[other]}", ratio**2 / number[other])
    return None, ""


def any_line(row: PrintedRow) -> str:
    return next((text for c in row.printed if (text := recompute(row, c)[1])), "")


def exp_float(value: float) -> float:
    return math.exp(value) if abs(value) < 700 else math.inf


def exp_of(interval: Interval) -> Interval:
    """Exponentials; beyond what a float holds the bound is 0 or ∞."""
    low = (
        common.exp(Interval(interval.low, interval.low)).low
        if abs(interval.low) < 700
        else (Fraction(0) if interval.low < 0 else Fraction(2) ** 1000)
    )
    high = (
        common.exp(Interval(interval.high, interval.high)).high
        if abs(interval.high) < 700
        else (Fraction(1, 2**1000) if interval.high < 0 else math.inf)
    )
    return Interval(max(low, Fraction(0)), high)


def z_text(row: PrintedRow) -> str:
    return format_fixed((row.z.low + row.z.high) / 2, 3)
