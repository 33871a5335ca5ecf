"""Explorer of roundings: two means and two SDs moved inside theirs, and what t and P then are.

The script of the site repeats the arithmetic of t and P; a test holds it against this library's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

from analysis.checks import common, two_samples
from analysis.checks.mean_tests import TRow, t_rows
from analysis.paper import Paper
from analysis.printed import Interval, format_fixed
from analysis.show.drawing import SMALL, WIDTH, Sheet, check_key
from analysis.show.explorer import explorer
from analysis.show.figures import Figure, _superscript
from analysis.show.html import Html
from analysis.show.palette import BLUE, INK, ORANGE, SOFT

_DIGITS = 6  # of the ends of an interval in the data, rounded outward
_PARTS = ("Mean", "SD")


def explore_rounding(paper: Paper, table: str, key: str, row: str) -> Html:
    """The explorer of the means of a table; `row`: the one that stands there first.

    Raises ValueError if that row has no printed t with means of two groups.
    """
    cases = [c for c in t_rows(paper) if c.table.id == table and _is_plain(c)]
    rows = [_row(case) for case in cases]
    first = next((i for i, case in enumerate(cases) if case.row.id == row), None)
    if first is None:
        raise ValueError(
            f"{table} has no row {row!r} with a printed t, there are "
            f"{', '.join(c.row.id for c in cases) or 'none'}"
        )
    still = _still(cases, rows, first, key)
    return explorer(
        "rounding", {"first": first, "rows": rows}, Html(still._repr_html_(), repr(still))
    )


def _is_plain(case: TRow) -> bool:
    """Whether all that is moved is a printed value, and no SD can be zero."""
    printed = (*case.mean, *case.sd, case.row.statistic)
    return all(p is not None and p.comparison == "=" for p in printed) and all(
        s.interval.low > 0 for s in case.sd
    )


def _row(case: TRow) -> dict[str, Any]:
    """One row for the script: floats are sure to hold what they enclose."""
    (m1, m2), (s1, s2) = case.mean, case.sd
    numbers = (m1, s1, m2, s2)
    smallest, largest = two_samples.extreme_inputs(*(p.interval for p in numbers))
    student, welch = case.student(), case.welch()
    statistic = case.row.statistic
    assert statistic is not None
    decimals = max(statistic.decimals, 0) + 1
    p = two_samples.p_of_t(student)
    return {
        "id": case.row.id,
        "label": case.label,
        "n": list(case.n),
        "numbers": [
            {
                "label": f"{_PARTS[i % 2]}: {case.groups[i // 2].label}",
                "printed": number.text.strip(),
                "value": float(number.value),
                "low": float(number.interval.low),
                "high": float(number.interval.high),
                "decimals": max(number.decimals, 0),
            }
            for i, number in enumerate(numbers)
        ],
        "smallest": [float(x) for x in smallest],
        "largest": [float(x) for x in largest],
        "t": {
            "printed": statistic.text.strip(),
            "value": abs(float(statistic.value)),
            "low": float(common.absolute(statistic.interval).low),
            "high": float(common.absolute(statistic.interval).high),
            "decimals": max(statistic.decimals, 0),
        },
        "student": _ends(student.absolute, decimals),
        "welch": _ends(welch.absolute, decimals),
        "p": {
            "printed": _printed_p(case),
            "low": float(f"{float(p.low):.9g}"),
            "high": float(f"{float(p.high):.9g}"),
            "text": f"{_p_end(p.low, math.floor)} to {_p_end(p.high, math.ceil)}",
        },
    }


def _printed_p(case: TRow) -> dict[str, Any] | None:
    """The printed P; its place only where it is one number (not ``<0.001``)."""
    p = case.row.p
    if p is None:
        return None
    if p.comparison != "=" or p.interval.low <= 0:
        return {"printed": p.text.strip()}
    ends = {"low": float(p.interval.low), "high": float(p.interval.high)}
    return {"printed": p.text.strip(), "value": float(p.value), **ends}


def _ends(interval: Interval, decimals: int) -> dict[str, Any]:
    low, high = common.outward_ends(interval, _DIGITS)
    return {
        "low": float(low),
        "high": float(high),
        "text": " to ".join(common.outward_ends(interval, decimals)),
    }


def _p_shown(p: float) -> str:
    return _superscript(common.p_text(p))


def _p_end(p: Any, rounding: Any) -> str:
    """One end of an interval of P, rounded outward to two digits that count."""
    value = float(p)
    if value <= 0:
        return "0"
    power = math.floor(math.log10(value))
    digits = Fraction(rounding(Fraction(p) / Fraction(10) ** (power - 1)))
    if power >= -4:
        return format_fixed(digits * Fraction(10) ** (power - 1), 1 - power)
    if digits == 100:
        digits, power = Fraction(10), power + 1
    return _superscript(f"{format_fixed(digits / 10, 1)}×10^{power}".replace("-", "−"))


# --- without scripts -----------------------------------------------------------------------


def _still(cases: Sequence[TRow], rows: Sequence[dict[str, Any]], first: int, key: str) -> Figure:
    check_key(key)
    row, case = rows[first], cases[first]
    central = case.student(box=False)
    now = {
        "student": float(central.absolute.high),
        "welch": float(case.welch(box=False).absolute.high),
    }
    p = float(two_samples.p_of_t(central).high)
    sheet, y = Sheet(), 14.0
    names = {"student": "Student’s t", "welch": "Welch’s t"}
    decimals = row["t"]["decimals"]
    for kind, name in names.items():
        y = _line(sheet, y, name, now[kind], format_fixed(now[kind], decimals), row[kind], row["t"])
    printed = row["p"]["printed"] or {}
    y = _line(sheet, y, "P of Student’s t", p, _p_shown(p), row["p"], printed, math.log)
    y = _legend(sheet, y)
    title = f"What the roundings of two means and two SDs leave open: {row['label']}"
    alt = (
        f"Three number lines for {row['label']}. "
        + " ".join(
            f"{name}: {format_fixed(now[kind], decimals)} from the numbers as printed, "
            f"{row[kind]['text']} within their roundings; the printed t is {row['t']['printed']}."
            for kind, name in names.items()
        )
        + f" P is {row['p']['text']} within the roundings, printed as {printed.get('printed', 'nothing')}."
    )
    data = [
        {
            "Row": r["label"],
            **{
                number["label"]: number["printed"] for number in r["numbers"]
            },
            "Student’s t allowed": r["student"]["text"],
            "Welch’s t allowed": r["welch"]["text"],
            "Printed t": r["t"]["printed"],
            "P allowed (Student)": r["p"]["text"],
            "Printed P": (r["p"]["printed"] or {}).get("printed"),
        }
        for r in rows
    ]  # fmt: skip
    return Figure(sheet.svg(y, key, title, alt), alt, data, title)


def _line(
    sheet: Sheet, y: float, name: str, now: float, shown: str, ends: dict[str, Any],
    printed: dict[str, Any], scale: Callable[[float], float] = float,
) -> float:  # fmt: skip
    """One number line; the script draws the same."""
    left, right = 16.0, WIDTH - 16.0
    held = "value" in printed
    low = min(ends["low"], printed["low"]) if held else ends["low"]
    high = max(ends["high"], printed["high"]) if held else ends["high"]
    span = scale(high) - scale(low) or 1.0

    def x(value: float) -> float:
        share = (scale(value) - scale(low)) / span
        return left + min(max(share, 0.0), 1.0) * (right - left)

    sheet.text(0, y, name)
    sheet.text(WIDTH, y, shown, align="right", bold=True)
    middle = y + 20
    sheet.line([left, right], [middle, middle], SOFT, 0.8)
    sheet.box(x(ends["low"]), middle - 7, x(ends["high"]), middle + 7, BLUE, 0.25)
    for end in ("low", "high"):
        sheet.line([x(ends[end])] * 2, [middle - 8, middle + 8], BLUE, 1.6)
    if held:
        wide = max(x(printed["high"]) - x(printed["low"]), 2.0) / 2
        centre = x(printed["value"])
        sheet.box(centre - wide, middle - 11, centre + wide, middle + 11, ORANGE, 0.85)
    sheet.mark(x(now), middle, "o", INK, 9)
    sheet.text(0, middle + 25, f"allowed {ends['text']}", size=SMALL, colour=SOFT)
    if printed:
        words = f"printed {printed['printed']}"
        sheet.text(WIDTH, middle + 25, words, size=SMALL, colour=SOFT, align="right")
    return middle + 50


def _legend(sheet: Sheet, y: float) -> float:
    sheet.mark(12, y - 4, "o", INK, 9)
    sheet.text(28, y, "from the means and SDs as they are set", size=SMALL)
    sheet.box(4, y + 8, 20, y + 18, BLUE, 0.25)
    sheet.text(28, y + 17, "all that their roundings allow", size=SMALL)
    sheet.box(10, y + 24, 14, y + 36, ORANGE, 0.85)
    sheet.text(28, y + 34, "printed, with its rounding", size=SMALL)
    return y + 40
