"""Explorer of two tables and one cohort: a coefficient moves, and some patients no longer fit.

Everything is looked up in what :mod:`analysis.two_tables` proved; the script computes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from analysis import certify, two_tables
from analysis.certify import TableStudy
from analysis.checks.across_tables import Joined
from analysis.compatible.links import LINKS
from analysis.findings import first_up
from analysis.paper import Paper
from analysis.printed import format_fixed
from analysis.show.drawing import SMALL, WIDTH, Sheet, check_key
from analysis.show.explorer import explorer
from analysis.show.figures import Figure, _ticks
from analysis.show.html import Html
from analysis.show.palette import BLUE, GREEN, INK, LINE, RED, SOFT
from analysis.two_tables import Curve, Value

_ACROSS = 34  # patients in a row of the drawing
_CODES = {
    certify.FREE: "any codes one step apart, any constant",
    certify.EFFECT: "codes {codes}, any constant",
    certify.PRINTED: "codes {codes}, constant as printed",
}
# what every reading takes for granted; the words of a reading stand before them
_GIVEN = (
    "only the listed features were in the model, it was fitted by maximum likelihood to all "
    "{everyone} patients of the tables, and every number was rounded once"
)


def explore_two_tables(paper: Paper, found: Joined, study: TableStudy, key: str) -> Html:
    """The explorer of one regression table, joined with the other tables.

    Raises :class:`analysis.certify.StudyError` without stored curves.
    """
    curves = two_tables.load(paper, study.table)
    order = two_tables.readings(study)
    rows = _rows(curves, study)
    readings = [r for r in order if any((c.kind, c.link, c.name) == r for c in curves)]
    by = {(c.row, c.kind, c.link, c.name): c for c in curves}
    everyone = found.problem.n1 + found.problem.n0
    data = {
        "everyone": everyone,
        "across": _ACROSS,
        "given": _GIVEN.format(everyone=everyone),
        "rows": [_row(found, row) for row in rows],
        "readings": [_reading(r) for r in readings],
        "curves": [[_points(by[row, *r]) for r in readings] for row in rows],
    }
    still = _still(found, [by[rows[0], *r] for r in readings], data, key)
    return explorer("two_tables", data, Html(still._repr_html_(), repr(still)))


def _rows(curves: Sequence[Curve], study: TableStudy) -> list[str]:
    """The rows whose coefficients move, the one that the tables speak of most first."""
    focus = study.curves[0].row if study.curves else curves[0].row
    return sorted({c.row for c in curves}, key=lambda row: (row != focus, row))


def at_first(paper: Paper, found: Joined, study: TableStudy) -> tuple[int, int]:
    """How many patients at least do not fit where the explorer begins, and of how many."""
    curves = two_tables.load(paper, study.table)
    key = (_rows(curves, study)[0], *two_tables.readings(study)[0])
    first = next(c for c in curves if (c.row, c.kind, c.link, c.name) == key)
    return least_whole(first.printed), found.problem.n1 + found.problem.n0


def _row(found: Joined, row: str) -> dict[str, Any]:
    own = next(r for r in found.table.rows if r.id == row)
    slope = found.problem.slopes[found.table.rows.index(own)]
    printed = own.b or own.ratio
    assert printed is not None
    return {
        "label": own.label,
        "printed": printed.text.strip(),
        "ratio": own.ratio.text.strip() if own.ratio else None,
        "low": round(float(slope.low), 6),
        "high": round(float(slope.high), 6),
        "decimals": max(printed.decimals, 0),
    }


def _reading(reading: tuple[str, str, str]) -> dict[str, str]:
    kind, link, name = reading
    codes = _CODES[kind].format(codes=name.removeprefix("all "))
    return {
        "label": f"{first_up(LINKS[link].words)}: {codes}",
        "model": LINKS[link].words,
        "codes": codes,
    }


def _points(curve: Curve) -> dict[str, list[Any]]:
    """For the script: values of B, patients proved, and whether some patients fit."""
    return {
        "b": [round(v.b, 6) for v in curve.values],
        "proved": [v.proved for v in curve.values],
        "fits": [int(v.fits) for v in curve.values],
    }


def least_whole(value: Value) -> int:
    """Patients are whole: at least so many."""
    return math.ceil(value.proved)


def windows(values: Sequence[Value]) -> list[tuple[float, float]]:
    """Where neighbouring values fit: first and last of each run."""
    runs: list[tuple[float, float]] = []
    before = False
    for value in values:
        if value.fits:
            runs = [*runs[:-1], (runs[-1][0], value.b)] if before else [*runs, (value.b, value.b)]
        before = value.fits
    return runs


def _b(value: float, decimals: int = 3) -> str:
    return format_fixed(round(value, 6), decimals).replace("-", "−")


def _said(value: Value, everyone: int) -> str:
    if value.fits:
        return "all fit"
    if value.proved >= everyone:
        return "none fits"
    return f"at least {value.proved:.2f}" if value.proved else "not decided"


# --- without scripts -----------------------------------------------------------------------

LEFT, RIGHT, TOP, TALL = 34.0, WIDTH - 12.0, 24.0, 150.0


def _still(found: Joined, curves: Sequence[Curve], data: dict[str, Any], key: str) -> Figure:
    check_key(key)
    row, reading, everyone = data["rows"][0], data["readings"][0], data["everyone"]
    curve = curves[0]
    values, printed = curve.values, curve.printed
    sheet = Sheet()
    y = _curve(sheet, values, printed)
    y = _legend(sheet, y + 18)
    out = least_whole(printed)
    y = _patients(sheet, y + 10, out, everyone)
    fits = " and ".join(f"from {_b(a, 2)} to {_b(b, 2)}" for a, b in windows(values)) or "nowhere"
    title = f"Patients who do not fit, if B of {row['label']} were another"
    alt = (
        f"A curve over B of {row['label']} from {_b(values[0].b, 2)} to {_b(values[-1].b, 2)}, "
        f"{reading['label']}: how many of {everyone} patients would at least have to be others. "
        f"At B as printed, {row['printed']}: {_said(printed, everyone)}; all patients fit {fits}; "
        f"at {_b(values[0].b, 2)}: {_said(values[0], everyone)}, "
        f"at {_b(values[-1].b, 2)}: {_said(values[-1], everyone)}. "
        f"Below, {everyone} marks for the patients, {out} of them crosses."
    )
    numbers = []
    middle = len(values) // 2
    for i in range(middle % 2, len(values), 2):
        b = values[i].b
        line = {"B": row["printed"] if i == middle else _b(b), "exp(B)": f"{math.exp(b):.2f}"}
        for one, words in zip(curves, data["readings"], strict=True):
            line[words["label"]] = _said(one.values[i], everyone)
        numbers.append(line)
    return Figure(sheet.svg(y, key, title, alt), alt, numbers, title)


def _curve(sheet: Sheet, values: Sequence[Value], printed: Value) -> float:
    first, last = values[0].b, values[-1].b
    levels = _ticks(0.0, max(max(v.proved for v in values), 1.0))

    def x(b: float) -> float:
        return LEFT + (b - first) / (last - first) * (RIGHT - LEFT)

    def y(n: float) -> float:
        return TOP + TALL * (1 - n / levels[-1])

    sheet.text(0, 12, "patients who do not fit, at least", size=SMALL, colour=SOFT)
    for level in levels:
        sheet.line([LEFT, RIGHT], [y(level)] * 2, LINE, 0.6)
        sheet.text(LEFT - 6, y(level) + 4, f"{level:g}", size=SMALL, colour=SOFT, align="right")
    for a, b in windows(values):
        sheet.box(x(a), TOP, max(x(b), x(a) + 1), TOP + TALL, GREEN, 0.16)
    sheet.line([x(printed.b)] * 2, [TOP, TOP + TALL], INK, 1.4, (3, 2))
    sheet.line([x(v.b) for v in values], [y(v.proved) for v in values], BLUE, 2)
    sheet.mark(x(printed.b), y(printed.proved), "o", INK, 9)
    ticks = [t for t in _ticks(first, last) if first <= t <= last]
    return sheet.scale(TOP + TALL, [(x(t), f"{t:g}".replace("-", "−")) for t in ticks], "B")


def _legend(sheet: Sheet, y: float) -> float:
    sheet.line([1, 23], [y - 4, y - 4], BLUE, 2)
    sheet.text(30, y, "proved: at least so many", size=SMALL)
    sheet.box(1, y + 6, 23, y + 17, GREEN, 0.16)
    sheet.text(30, y + 15, "some patients fit every number", size=SMALL)
    sheet.line([12, 12], [y + 20, y + 32], INK, 1.4, (3, 2))
    sheet.text(30, y + 30, "B as printed, with its rounding", size=SMALL)
    return y + 34


def _patients(sheet: Sheet, y: float, out: int, everyone: int) -> float:
    """One mark a patient; which of them do not fit, nobody can say."""
    step = WIDTH / _ACROSS
    for i in range(everyone):
        across, down = i % _ACROSS, i // _ACROSS
        x0, y0 = step * (across + 0.5), y + 5 + step * down
        if i < out:
            sheet.mark(x0, y0, "x", RED, 6)
        else:
            sheet.mark(x0, y0, "o", SOFT, 4)
    end = y + step * math.ceil(everyone / _ACROSS) + 14
    sheet.text(0, end, "cross: would have to be another patient; which, is not known", size=SMALL)
    return end + 6
