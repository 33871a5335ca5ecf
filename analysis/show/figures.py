"""Figures: numbers in, a drawing, its alt text and its table out.

Every figure takes plain rows (mappings) and a `key` that is unique on its page.  Printed
numbers go in as printed (``"1.064"`` or :class:`~analysis.printed.Printed`) and are shown
so; computed ones go in as numbers.  The alt text is made from the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

from analysis.findings import Finding, Ledger, Verdict
from analysis.printed import Interval, Printed, PrintedDate, format_fixed, parse_number
from analysis.show.drawing import (
    SIZE,
    SMALL,
    WIDTH,
    Sheet,
    check_key,
    lines_of,
    text_width,
)
from analysis.show.palette import (
    BLUE,
    GREEN,
    INK,
    LINE,
    MARKS,
    ORANGE,
    PAGE,
    PURPLE,
    RED,
    SOFT,
    WASH,
)
from analysis.show.tables import paper_rows

Row = Mapping[str, Any]


@dataclass(frozen=True, repr=False)
class Figure:
    """A drawing (inline SVG), what it says in words, and the numbers behind it."""

    svg: str
    alt: str
    data: list[dict[str, Any]] = field(default_factory=list)
    title: str = ""

    def _repr_html_(self) -> str:
        drawing = f'<div class="reread-figure"><div class="reread-panels">{self.svg}</div>'
        if not self.data:
            return f"{drawing}</div>"
        table = paper_rows(self.data, label=f"The numbers behind this plot: {self.title}")
        return (
            f"{drawing}\n"
            '<details class="reread-numbers"><summary>The numbers behind this plot</summary>\n'
            f"{table.html}\n</details></div>"
        )

    def __repr__(self) -> str:
        return f"{self.title}. {self.alt}" if self.title else self.alt


# --- numbers and words -------------------------------------------------------------------


def number_text(value: Any, decimals: int = 3) -> str:
    """A printed number as printed, a computed one with `decimals` decimals."""
    if isinstance(value, str):
        return value
    if isinstance(value, Printed):
        return value.text
    if isinstance(value, int):
        return format_fixed(Fraction(value), 0)
    return format_fixed(value if isinstance(value, Fraction) else float(value), decimals)


def _printed(value: Any) -> Printed | None:
    if isinstance(value, Printed):
        return value
    return parse_number(value) if isinstance(value, str) else None


def _float(value: Any) -> float:
    return float(_printed(value) or value)


def range_text(low: Any, high: Any, decimals: int) -> str:
    """``1.052 to 1.077``: both ends rounded outward, so that the text holds the interval."""
    return f"{_outward(low, decimals, math.floor)} to {_outward(high, decimals, math.ceil)}"


def _outward(value: Any, decimals: int, rounding: Callable[[Any], int]) -> str:
    if isinstance(value, float) and math.isinf(value):
        return format_fixed(value, decimals)
    units = Fraction(value) * 10**decimals
    if isinstance(value, float) and abs(units - round(units)) < Fraction(1, 10**9):
        return format_fixed(Fraction(round(units), 10**decimals), decimals)  # 0.31 is meant
    return format_fixed(Fraction(rounding(units), 10**decimals), decimals)


def _p_text(p: Any) -> str:
    """A P value, small ones as powers of ten."""
    if not isinstance(p, float) or p >= 0.0001:
        return number_text(p, 4)
    if p == 0:
        return "0"
    digits, power = f"{p:.1e}".split("e")
    return f"{digits}×10^−{abs(int(power))}"


def _count(n: int, one: str, many: str | None = None) -> str:
    return f"{n} {one if n == 1 else many or one + 's'}"


def _sentences(rows: Iterable[str]) -> str:
    return " ".join(f"{row}." for row in rows)


def _heading(sheet: Sheet, y: float, label: str, value: str) -> float:
    """A row's label on the left and its numbers on the right, or below if they do not fit;
    the base line of the last line is returned."""
    room = sheet.width - text_width(value, SMALL) - 12
    if text_width(label) <= room:
        sheet.text(0, y, label)
        sheet.text(sheet.width, y, value, size=SMALL, colour=SOFT, align="right")
        return y
    for line in lines_of(label, sheet.width):
        sheet.text(0, y, line)
        y += 14
    for line in lines_of(value, sheet.width, SMALL):
        sheet.text(0, y, line, size=SMALL, colour=SOFT)
        y += 13
    return y - 13


def _legend(
    sheet: Sheet, y: float, entries: Sequence[tuple[Callable[[float, float], None], str]]
) -> float:
    """Signs with their words, one a line; the lower end is returned."""
    for draw, words in entries:
        draw(12, y - 3.5)
        for line in lines_of(words, sheet.width - 30, SMALL):
            sheet.text(28, y, line, size=SMALL)
            y += 14
        y += 1
    return y


# --- attainable intervals ----------------------------------------------------------------


def interval_rows(
    findings: Iterable[Finding],
    *,
    low: str = "low",
    high: str = "high",
    printed: str = "printed",
    label: Callable[[Finding], str] | None = None,
) -> list[dict[str, Any]]:
    """Rows for :func:`interval_plot` from the `values` of findings; findings without these
    values are left out.  Without `label`, the value ``label`` or else the claim names a row."""
    return [
        {
            "label": label(f) if label else f.values.get("label", f.claim),
            "printed": f.values[printed],
            "low": f.values[low],
            "high": f.values[high],
        }
        for f in findings
        if {low, high, printed} <= f.values.keys()
    ]


def interval_plot(
    rows: Iterable[Row], *, key: str, quantity: str = "value", title: str | None = None
) -> Figure:
    """Printed values against the intervals that other printed numbers allow.

    Rows: ``label``, ``printed``, ``low``, ``high``.  Each interval is drawn with the same
    length, so that very different values can be read side by side: the mark shows where
    in its interval the printed value lies, or on which side outside.
    """
    rows = list(rows)
    check_key(key)
    sheet, y = Sheet(), 14.0
    left, right = 54.0, WIDTH - 54.0
    data, told, outside_count = [], [], 0
    for row in rows:
        printed = _printed(row["printed"])
        value = _float(row["printed"])
        low, high = (_shown_end(row[name]) for name in ("low", "high"))
        decimals = printed.decimals if printed else 3
        target = printed.interval if printed else Interval.point(Fraction(value))
        outside = not target.intersects(_enclosure(row["low"], row["high"]))
        outside_count += outside
        allowed = range_text(low, high, decimals + 1)
        shown = number_text(row["printed"])
        y = _heading(
            sheet,
            y,
            row["label"],
            f"{shown} in {allowed}" if not outside else f"{shown} not in {allowed}",
        )
        y += 14
        sheet.box(left, y - 5, right, y + 5, BLUE, 0.28)
        for x in (left, right):
            sheet.line([x, x], [y - 6, y + 6], BLUE, 1.6)
        place = _place(value, float(low), float(high), outside)
        x = left + (right - left) * place
        sheet.mark(x, y, "x" if outside else "o", RED if outside else INK, 8)
        y += 26
        where = "outside" if outside else f"at {format_fixed(place, 2)} of the way"
        data.append(
            {"Row": row["label"], f"Printed {quantity}": shown,
             "Lowest allowed": _outward(low, decimals + 1, math.floor),
             "Highest allowed": _outward(high, decimals + 1, math.ceil), "Position": where}
        )  # fmt: skip
        told.append(f"{row['label']}: printed {shown}, allowed {allowed}, {where}")
    sheet.text(left, y, "lowest", size=SMALL, colour=SOFT, align="center")
    sheet.text(right, y, "highest", size=SMALL, colour=SOFT, align="center")
    sheet.text(
        (left + right) / 2,
        y,
        f"{quantity} that is allowed",
        size=SMALL,
        colour=SOFT,
        align="center",
    )
    y = _legend(
        sheet, y + 20,
        [(lambda x, y: sheet.mark(x, y, "o", INK, 8), "printed, inside what is allowed"),
         (lambda x, y: sheet.mark(x, y, "x", RED, 8), "printed, outside")],
    )  # fmt: skip
    title = title or f"Printed {quantity} and what is allowed"
    alt = (
        f"{_count(len(rows), 'printed value')} of {quantity}, each against the interval that the "
        f"other printed numbers allow, {len(rows) - outside_count} inside and {outside_count} "
        f"outside. {_sentences(told)}"
    )
    return Figure(sheet.svg(y, key, title, alt), alt, data, title)


def _shown_end(value: Any) -> Any:
    return value if isinstance(value, float) else _end(value)


def _end(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return value
    printed = _printed(value)
    return printed.value if printed else Fraction(value)


def _enclosure(low: Any, high: Any) -> Interval:
    """The interval; ends in floating point are moved outward, so that no rounding of the
    computer puts a printed number outside."""
    ends = [
        Interval.outward(end, end) if isinstance(end, float) else Interval(_end(end), _end(end))
        for end in (low, high)
    ]
    return Interval(ends[0].low, ends[1].high)


def _place(value: float, low: float, high: float, outside: bool) -> float:
    """0 at the lower end, 1 at the upper; at most a tenth outside."""
    if math.isinf(low) or math.isinf(high):
        place = 0.5 if not outside else (-1.0 if value < low else 2.0)
    elif high > low:
        place = (value - low) / (high - low)
    else:
        place = 0.5 if not outside else (-1.0 if value < low else 2.0)
    return min(max(place, -0.1), 1.1)


# --- ROC ---------------------------------------------------------------------------------


# false-positive shares and sensitivities, both rising
Curve = tuple[Sequence[float], Sequence[float]]


@dataclass(frozen=True)
class Band:
    """All ROC curves that fit what is printed: sensitivities over the false-positive shares
    `grid`, lowest and highest; the same for curves on which the printed point has the
    largest Youden index; a binormal curve as context; curves of simulated patients."""

    grid: Sequence[float]
    lower: Sequence[float]
    upper: Sequence[float]
    youden_lower: Sequence[float] | None = None
    youden_upper: Sequence[float] | None = None
    binormal: Sequence[float] | None = None
    no_youden: bool = False  # proved: no curve has its largest Youden index at the point
    simulated: Sequence[Curve] = ()


_NO_YOUDEN = "no curve with this AUC has its largest Youden index at the printed point"
_ACROSS = "1 − specificity (false-positive share)"
_ROC_TABLE = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)


def roc_plot(
    rows: Iterable[Row],
    *,
    key: str,
    bands: Mapping[str, Band] | None = None,
    title: str | None = None,
) -> Figure:
    """Printed operating points and every ROC curve that fits them.

    Rows: ``label``, ``sensitivity``, ``specificity``, ``auc`` (may be missing).  `bands`
    holds a :class:`Band` by the label of its row; with bands, each row has its own panel.
    """
    rows = list(rows)
    check_key(key)
    bands = bands or {}
    title = title or "Printed operating points and the ROC curves that fit them"
    panels = [[row] for row in rows] if bands else [rows]
    drawings, alts, data = [], [], []
    for i, panel in enumerate(panels):
        band = bands.get(panel[0]["label"]) if bands else None
        alt = _sentences(_roc_words(panel, band))
        name = f"{title}: {panel[0]['label']}" if len(panels) > 1 else title
        panel_key = f"{key}-{i + 1}" if len(panels) > 1 else key
        drawings.append(_roc_panel(panel, band, panel_key, name, alt, len(panels) > 1))
        alts.append(alt)
        data += _roc_data(panel, band)
    return Figure("\n".join(drawings), " ".join(alts), data, title)


def _fpr(row: Row) -> float:
    return 1 - _float(row["specificity"])


def _fpr_text(row: Row) -> str:
    printed = _printed(row["specificity"])
    if printed is None:
        return number_text(1 - row["specificity"])
    return format_fixed(1 - printed.value, printed.decimals)


def _roc_words(rows: Sequence[Row], band: Band | None) -> Iterable[str]:
    for row in rows:
        words = (
            f"{row['label']}: printed sensitivity {number_text(row['sensitivity'])} and "
            f"specificity {number_text(row['specificity'])}, a point at false-positive share "
            f"{_fpr_text(row)}"
        )
        if row.get("auc") is not None:
            words += f"; printed AUC {number_text(row['auc'])}"
        yield words
    if band is not None:
        places = (0.1, 0.5, 0.9)
        yield "Every curve that fits runs " + ", ".join(
            f"between {_at(band, 'lower', x)} and {_at(band, 'upper', x)} at "
            f"false-positive share {x:g}"
            for x in places
        )
        if band.no_youden:
            yield f"{_NO_YOUDEN[0].upper()}{_NO_YOUDEN[1:]}"
        if band.youden_lower is not None:
            ends = [[_at(band, f"youden_{end}", x) for end in ("lower", "upper")] for x in places]
            yield "If the point has the largest Youden index, it runs " + ", ".join(
                f"between {low} and {high} at {x:g}"
                for x, (low, high) in zip(places, ends, strict=True)
            )
        if band.simulated:
            yield f"{_count(len(band.simulated), 'simulated curve')} run " + ", ".join(
                "between {} and {} at {:g}".format(*_reached(band, x), x) for x in places
            )


def _at(band: Band, name: str, x: float) -> str:
    import numpy

    return format_fixed(float(numpy.interp(x, band.grid, getattr(band, name))), 3)


def _reached(band: Band, x: float) -> tuple[str, str]:
    """The lowest and the highest sensitivity of the simulated curves at a share `x`."""
    at = [max(up for f, up in zip(*c, strict=True) if f <= x + 1e-12) for c in band.simulated]
    return format_fixed(min(at), 3), format_fixed(max(at), 3)


def _roc_data(rows: Sequence[Row], band: Band | None) -> list[dict[str, Any]]:
    curves = {
        "lower": "Lowest", "upper": "Highest", "youden_lower": "Lowest, Youden",
        "youden_upper": "Highest, Youden", "binormal": "Binormal",
    }  # fmt: skip
    data = [
        {
            "Marker": row["label"],
            "What": "printed point",
            "False-positive share": _fpr_text(row),
            "Sensitivity": number_text(row["sensitivity"]),
            "AUC": number_text(row["auc"]) if row.get("auc") is not None else None,
        }
        for row in rows
    ]
    if band is None:
        return data
    for x in _ROC_TABLE:
        line = {"Marker": rows[0]["label"], "What": "curves", "False-positive share": f"{x:g}"}
        line |= {
            name: _at(band, curve, x)
            for curve, name in curves.items()
            if getattr(band, curve) is not None
        }
        if band.simulated:
            line["Lowest, simulated"], line["Highest, simulated"] = _reached(band, x)
        data.append(line)
    return data


def _roc_panel(
    rows: Sequence[Row], band: Band | None, key: str, title: str, alt: str, headed: bool
) -> str:
    width = 300.0
    sheet = Sheet(width)
    left, right = 42.0, width - 12.0
    top = 26.0 if headed else 10.0
    bottom = top + right - left

    def xy(x: Sequence[float], y: Sequence[float]) -> tuple[list[float], list[float]]:
        return (
            [left + float(v) * (right - left) for v in x],
            [bottom - float(v) * (bottom - top) for v in y],
        )

    if headed:
        sheet.text(left, 14, rows[0]["label"], bold=True)
    for i in range(6):
        share = i / 5
        (x,), (y,) = xy([share], [share])
        sheet.line([x, x], [top, bottom], LINE, 0.6)
        sheet.line([left, right], [y, y], LINE, 0.6)
        sheet.text(x, bottom + 14, f"{share:g}", size=SMALL, colour=SOFT, align="center")
        sheet.text(left - 6, y + 3.5, f"{share:g}", size=SMALL, colour=SOFT, align="right")
    sheet.text((left + right) / 2, bottom + 30, _ACROSS, size=SMALL, align="center")
    sheet.text(12, (top + bottom) / 2, "sensitivity", size=SMALL, align="center", turn=90)
    legend: list[tuple[Callable[[float, float], None], str]] = []
    if band is not None:
        for name, low, high, colour, alpha, words in (
            ("all", band.lower, band.upper, BLUE, 0.2, "all curves with the printed AUC and point"),
            ("youden", band.youden_lower, band.youden_upper, ORANGE, 0.35,
             "those on which the point has the largest Youden index"),
        ):  # fmt: skip
            if low is None or high is None:
                continue
            sheet.area(
                *xy([*band.grid, *list(band.grid)[::-1]], [*low, *list(high)[::-1]]), colour, alpha
            )
            dash = (4, 2) if name == "youden" else None
            for edge in (low, high):
                sheet.line(*xy(band.grid, edge), colour, 1.2, dash)

            def swatch(x: float, y: float, colour=colour, alpha=alpha, dash=dash) -> None:
                sheet.box(x - 10, y - 5, x + 10, y + 5, colour, alpha)
                sheet.line([x - 10, x + 10], [y - 5, y - 5], colour, 1.2, dash)

            legend.append((swatch, words))
        if band.no_youden:
            legend.append((lambda x, y: sheet.mark(x, y, "x", RED, 8), _NO_YOUDEN))
        if band.binormal is not None:
            sheet.line(*xy(band.grid, band.binormal), GREEN, 1.6, (1, 2))
            legend.append(
                (lambda x, y: sheet.line([x - 10, x + 10], [y, y], GREEN, 1.6, (1, 2)),
                 "binormal curve from means and SDs, for context"),
            )  # fmt: skip
        for curve in band.simulated:
            sheet.line(*xy(*curve), GREEN, 0.5)
        if band.simulated:
            legend.append(
                (lambda x, y: sheet.line([x - 10, x + 10], [y, y], GREEN, 0.8),
                 f"{_count(len(band.simulated), 'curve')} of simulated patients"),
            )  # fmt: skip
    sheet.line(*xy([0, 1], [0, 1]), SOFT, 1, (5, 4))
    legend.append((lambda x, y: sheet.line([x - 10, x + 10], [y, y], SOFT, 1, (5, 4)), "chance"))
    for row, (shape, colour) in zip(rows, _marks(), strict=False):
        (x,), (y,) = xy([_fpr(row)], [_float(row["sensitivity"])])
        sheet.mark(x, y, shape, PAGE, 11)
        sheet.mark(x, y, shape, colour, 8)
        words = "printed point" if len(rows) == 1 else f"printed point, {row['label']}"
        if row.get("auc") is not None:
            words += f" (AUC {number_text(row['auc'])})"
        legend.append(
            (lambda x, y, s=shape, c=colour: sheet.mark(x, y, s, c, 8), words),
        )
    end = _legend(sheet, bottom + 50, legend)
    return sheet.svg(end, key, title, alt)


def _marks() -> Iterable[tuple[str, Any]]:
    while True:
        yield from (("o", INK), ("s", BLUE), ("D", RED), ("v", GREEN), ("^", PURPLE))


# --- ratios ------------------------------------------------------------------------------


def forest_plot(
    rows: Iterable[Row],
    *,
    key: str,
    quantity: str = "odds ratio",
    names: tuple[str, str] = ("printed", "recomputed"),
    title: str | None = None,
) -> Figure:
    """Ratios with their intervals on a log scale, printed above recomputed.

    Rows: ``label``; ``printed`` and ``recomputed``, each ``(ratio, low, high)``; one of
    the two may be missing or None.
    """
    rows = list(rows)
    check_key(key)
    told, data = [], []
    ends = [
        _float(v) for row in rows for name in ("printed", "recomputed") for v in row.get(name) or ()
    ]
    if any(v <= 0 for v in ends):
        raise ValueError("a ratio on a log scale must be greater than zero")
    low, high = min([*ends, 0.9]), max([*ends, 1.1])
    ticks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
    first = max([t for t in ticks if t <= low], default=ticks[0])
    last = min([t for t in ticks if t >= high], default=ticks[-1])
    left, right = 14.0, WIDTH - 14.0

    def x(value: float) -> float:
        share = math.log(value / first) / math.log(last / first)
        return left + min(max(share, 0.0), 1.0) * (right - left)

    sheet, y = Sheet(), 14.0
    for row in rows:
        shown = []
        for name, words in zip(("printed", "recomputed"), names, strict=True):
            if row.get(name):
                ratio, lower, upper = (number_text(v) for v in row[name])
                shown.append((name, words, f"{ratio} ({lower} to {upper})"))
        y = _heading(sheet, y, row["label"], shown[0][2] if shown else "")
        sheet.line([x(1), x(1)], [y + 7, y + 8 + 15 * len(shown)], SOFT, 1, (3, 3))
        for name, words, text in shown:
            y += 15
            ratio, lower, upper = (_float(v) for v in row[name])
            colour = INK if name == "printed" else ORANGE
            sheet.line(
                [x(lower), x(upper)], [y, y], colour, 2.2, None if name == "printed" else (4, 2)
            )
            sheet.mark(x(ratio), y, "s" if name == "printed" else "D", colour, 8)
            told.append(f"{row['label']}, {words}: {text}")
            data.append(
                {"Row": row["label"], "Which": words, "Ratio": number_text(row[name][0]),
                 "Lower limit": number_text(row[name][1]), "Upper limit": number_text(row[name][2])}
            )  # fmt: skip
        y += 26
    y -= 8
    y = sheet.scale(
        y,
        [(x(t), f"{t:g}") for t in ticks if first <= t <= last],
        f"{quantity} (log scale); dashed line: 1",
    )
    y = _legend(
        sheet,
        y + 14,
        [
            (
                lambda x, y: (
                    sheet.line([x - 10, x + 10], [y, y], INK, 2.2),
                    sheet.mark(x, y, "s", INK, 8),
                ),
                names[0],
            ),
            (
                lambda x, y: (
                    sheet.line([x - 10, x + 10], [y, y], ORANGE, 2.2, (4, 2)),
                    sheet.mark(x, y, "D", ORANGE, 8),
                ),
                names[1],
            ),
        ],
    )
    title = title or f"Every {quantity}, {names[0]} and {names[1]}"
    counted = _count(len(rows), "row")
    alt = f"{counted} of {quantity} with interval, on a log scale. {_sentences(told)}"
    return Figure(sheet.svg(y, key, title, alt), alt, data, title)


# --- flow of patients --------------------------------------------------------------------


def flow_plot(
    boxes: Iterable[Row], *, key: str, title: str = "Flow of patients into the study"
) -> Figure:
    """A patient-flow diagram.

    Boxes: ``id``, ``label``, ``count`` (None where the paper prints no number), ``after``
    (the id of the box before; missing for the first) and ``aside`` (true for patients who
    leave at this point).
    """
    boxes = [dict(box) for box in boxes]
    check_key(key)
    children: dict[Any, list[dict[str, Any]]] = {}
    known = {box["id"] for box in boxes}
    for box in boxes:
        if box.get("after") is not None and box["after"] not in known:
            raise ValueError(f"box {box['id']} comes after {box['after']!r}, which is no box")
        children.setdefault(box.get("after"), []).append(box)
    sheet = Sheet()
    if len(children.get(None, [])) != 1:
        raise ValueError(f"found {len(children.get(None, []))} first boxes, one is needed")
    end = _flow(sheet, children[None][0], children, 1.0, WIDTH - 1.0, 2.0, None)
    data = [
        {
            "Box": box["label"],
            "Patients": _flow_count(box),
            "Comes after": next((b["label"] for b in boxes if b["id"] == box.get("after")), None),
            "Leaves here": "yes" if box.get("aside") else "no",
        }
        for box in boxes
    ]
    missing = sum(box.get("count") is None for box in boxes)
    alt = (
        f"Flow diagram of {_count(len(boxes), 'box', 'boxes')}, {missing} of them without a "
        "printed number. "
        + _sentences(
            f"{row['Box']}: {row['Patients']}"
            + (", leaving" if row["Leaves here"] == "yes" else "")
            + (f", after {row['Comes after']}" if row["Comes after"] else "")
            for row in data
        )
    )
    return Figure(sheet.svg(end + 3, key, title, alt), alt, data, title)


def _flow_count(box: Row) -> str:
    return "not printed" if box.get("count") is None else number_text(box["count"])


def _flow(
    sheet: Sheet, box: Row, children: Mapping[Any, list[dict[str, Any]]],
    x0: float, x1: float, y: float, spine: float | None,
) -> float:  # fmt: skip
    """Draw `box` and all after it between `x0` and `x1`; the lower end is returned."""
    if spine is None:  # room for those who leave, kept along the whole chain
        spine = x0 + (x1 - x0) * (0.52 if _leaves_in_chain(box, children) else 1.0)
    bottom = _flow_box(sheet, box, x0, spine, y)
    middle = (x0 + spine) / 2
    after = children.get(box["id"], [])
    asides = [b for b in after if b.get("aside")]
    on = [b for b in after if not b.get("aside")]
    y = bottom
    for aside in asides:
        # beside the line that goes on
        end = _flow_box(sheet, aside, spine + 22, x1, y + 12)
        height = (y + 12 + end) / 2
        sheet.line([middle, spine + 18], [height, height], SOFT)
        sheet.mark(spine + 18, height, ">", SOFT, 6)
        sheet.line([middle, middle], [y, end + 4], SOFT)
        y = end + 4
    if len(on) == 1:
        sheet.line([middle, middle], [y, y + 14], SOFT)
        sheet.mark(middle, y + 13, "v", SOFT, 6)
        return _flow(sheet, on[0], children, x0, x1, y + 18, spine)
    if not on:
        return y
    width = (x1 - x0 - 14 * (len(on) - 1)) / len(on)
    starts = [x0 + i * (width + 14) for i in range(len(on))]
    centres = [start + width / 2 for start in starts]
    sheet.line([middle, middle], [y, y + 10], SOFT)
    sheet.line([min([middle, *centres]), max([middle, *centres])], [y + 10, y + 10], SOFT)
    ends = []
    for branch, start, centre in zip(on, starts, centres, strict=True):
        sheet.line([centre, centre], [y + 10, y + 22], SOFT)
        sheet.mark(centre, y + 22, "v", SOFT, 6)
        ends.append(_flow(sheet, branch, children, start, start + width, y + 27, None))
    return max(ends)


def _leaves_in_chain(box: Row, children: Mapping[Any, list[dict[str, Any]]]) -> bool:
    after = children.get(box["id"], [])
    if any(b.get("aside") for b in after):
        return True
    on = [b for b in after if not b.get("aside")]
    return len(on) == 1 and _leaves_in_chain(on[0], children)


def _flow_box(sheet: Sheet, box: Row, x0: float, x1: float, y: float) -> float:
    lines = lines_of(box["label"], x1 - x0 - 14, SMALL)
    unknown = box.get("count") is None
    count = "number not printed" if unknown else f"n = {_flow_count(box)}"
    bottom = y + 12 + 13 * len(lines) + 16
    sheet.box(x0, y, x1, bottom, WASH, 1.0, SOFT if unknown else INK, (4, 3) if unknown else None)
    for i, line in enumerate(lines):
        sheet.text((x0 + x1) / 2, y + 16 + 13 * i, line, size=SMALL, align="center")
    sheet.text(
        (x0 + x1) / 2, bottom - 8, count, size=SMALL if unknown else SIZE, align="center",
        colour=SOFT if unknown else INK, bold=not unknown,
    )  # fmt: skip
    return bottom


# --- many P values -----------------------------------------------------------------------


def p_rows(
    labels: Sequence[str],
    p: Sequence[float],
    *,
    printed: Sequence[Any] | None = None,
    alpha: float = 0.05,
) -> list[dict[str, Any]]:
    """Rows for :func:`p_multiplicity_plot`: the thresholds of Holm (1979), α/(m − i + 1),
    and of Benjamini & Hochberg (1995), α·i/m, for the i-th smallest of m P values."""
    m = len(p)
    shown = printed if printed is not None else [None] * m
    ranked = sorted(zip(labels, p, shown, strict=True), key=lambda row: row[1])
    return [
        {
            "label": label,
            "p": value,
            "printed": text,
            "holm": alpha / (m - i),
            "bh": alpha * (i + 1) / m,
        }
        for i, (label, value, text) in enumerate(ranked)
    ]


def p_multiplicity_plot(
    rows: Iterable[Row], *, key: str, alpha: float = 0.05, title: str | None = None
) -> Figure:
    """P values against the thresholds of Holm and of Benjamini–Hochberg.

    Rows: ``label``, ``p`` (the value that is drawn), ``printed`` (as printed; may be
    missing), ``holm`` and ``bh`` (the threshold of this row in each procedure).  Rows are
    drawn in the order of their P values.
    """
    rows = sorted(rows, key=lambda row: _float(row["p"]))
    check_key(key)
    floor = 1e-6
    left, right = 20.0, WIDTH - 12.0

    def x(value: float) -> float:
        share = math.log10(max(value, floor) / floor) / -math.log10(floor)
        return left + share * (right - left)

    sheet, y = Sheet(), 14.0
    told, data = [], []
    for row in rows:
        p, holm, bh = (_float(row[name]) for name in ("p", "holm", "bh"))
        shown = f"P {number_text(row['printed'])}" if row.get("printed") else f"P {_p_text(p)}"
        y = _heading(sheet, y, row["label"], _superscript(shown))
        y += 13
        sheet.line([left, right], [y, y], LINE, 1)
        sheet.line([x(alpha)] * 2, [y - 8, y + 8], SOFT, 1, (3, 3))
        sheet.line([x(holm)] * 2, [y - 7, y + 7], PURPLE, 2.4)
        sheet.line([x(bh)] * 2, [y - 7, y + 7], ORANGE, 2.4, (1.2, 1.2))
        if p < floor:
            sheet.mark(left, y, "<", INK, 9)
        else:
            sheet.mark(x(p), y, "o", INK, 8)
        y += 24
        side = [
            f"{'under' if p <= t else 'over'} {name} {_p_text(t)}"
            for name, t in (("Holm", holm), ("BH", bh))
        ]
        told.append(f"{row['label']}: {shown}, {', '.join(side)}")
        data.append(
            {
                "Row": row["label"],
                "Printed P": number_text(row["printed"]) if row.get("printed") else None,
                "P drawn": _p_text(p),
                "Holm threshold": _p_text(holm),
                "Benjamini–Hochberg threshold": _p_text(bh),
            }
        )
    y -= 4
    ticks = [
        (x(10.0**-k), "1" if k == 0 else _superscript(f"10^−{k}") if k > 3 else f"{10.0**-k:g}")
        for k in range(6, -1, -1)
    ]
    y = sheet.scale(
        y, ticks, f"P (log scale); dashed line: {alpha:g}; an arrow points to smaller P"
    )
    y = _legend(
        sheet,
        y + 14,
        [
            (lambda x, y: sheet.mark(x, y, "o", INK, 8), "P of the row"),
            (
                lambda x, y: sheet.line([x, x], [y - 6, y + 6], PURPLE, 2.4),
                "threshold of Holm at this rank",
            ),
            (
                lambda x, y: sheet.line([x, x], [y - 6, y + 6], ORANGE, 2.4, (1.2, 1.2)),
                "threshold of Benjamini–Hochberg at this rank",
            ),
        ],
    )
    title = title or "P values and their thresholds after correction for many tests"
    alt = f"{_count(len(rows), 'P value')}, smallest first. {_sentences(told)}"
    return Figure(sheet.svg(y, key, title, alt), alt, data, title)


_RAISED = str.maketrans("0123456789−-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")


def _superscript(text: str) -> str:
    head, sign, power = text.partition("10^")
    return f"{head}10{power.translate(_RAISED)}" if sign else text


# --- dates -------------------------------------------------------------------------------


def timeline_plot(rows: Iterable[Row], *, key: str, title: str = "Dates of the study") -> Figure:
    """Dates and spans on a line of years.

    Rows: ``label`` and either ``when`` (a :class:`~analysis.printed.PrintedDate`) or
    ``first`` and ``last`` (dates), with ``text`` for what is shown beside the label (as
    printed).  ``computed`` true marks a date that follows from others.
    """
    check_key(key)
    rows = [_dated(row) for row in rows]
    if not rows:
        raise ValueError("a timeline needs at least one date")
    start = min(row["first"] for row in rows).year
    stop = max(row["last"] for row in rows).year + 1
    left, right = 14.0, WIDTH - 18.0
    opening, closing = date(start, 1, 1).toordinal(), date(stop, 1, 1).toordinal()

    def x(day: date) -> float:
        return left + (day.toordinal() - opening) / (closing - opening) * (right - left)

    sheet, y = Sheet(), 14.0
    told, data = [], []
    for row in rows:
        y = _heading(sheet, y, row["label"], row["text"])
        y += 12
        sheet.line([left, right], [y, y], LINE, 0.8)
        x0, x1 = x(row["first"]), x(row["last"])
        colour = ORANGE if row["computed"] else BLUE
        if x1 - x0 < 8:
            sheet.mark((x0 + x1) / 2, y, "D" if row["computed"] else "o", colour, 8)
        else:
            sheet.box(x0, y - 4, x1, y + 4, colour)
        y += 23
        kind = "computed" if row["computed"] else "printed"
        span = f"{row['first'].isoformat()} to {row['last'].isoformat()}"
        told.append(f"{row['label']}: {row['text']} ({kind}), {span}")
        data.append(
            {"Event": row["label"], "Shown": row["text"], "Which": kind,
             "First day": row["first"].isoformat(), "Last day": row["last"].isoformat()}
        )  # fmt: skip
    years = list(range(start, stop + 1))
    step = max(1, math.ceil(len(years) / 9))
    y = sheet.scale(y - 2, [(x(date(year, 1, 1)), str(year)) for year in years[::step]])
    legend = [(lambda x, y: sheet.mark(x, y, "o", BLUE, 8), "printed")]
    if any(row["computed"] for row in rows):
        legend.append((lambda x, y: sheet.mark(x, y, "D", ORANGE, 8), "follows from printed dates"))
    y = _legend(sheet, y + 10, legend)  # type: ignore[arg-type]
    counted = _count(len(rows), "entry", "entries")
    alt = f"Time line from {start} to {stop} with {counted}. {_sentences(told)}"
    return Figure(sheet.svg(y, key, title, alt), alt, data, title)


def _dated(row: Row) -> dict[str, Any]:
    when = row.get("when")
    first, last = (
        (when.first, when.last) if isinstance(when, PrintedDate) else (row["first"], row["last"])
    )
    if first > last:
        raise ValueError(f"{row['label']}: the first day stands after the last")
    shown = row.get("text") or (when.text if when is not None else f"{first} to {last}")
    return {
        "label": row["label"],
        "first": first,
        "last": last,
        "text": shown,
        "computed": bool(row.get("computed")),
    }


# --- the constant ------------------------------------------------------------------------


def constant_plot(
    rows: Iterable[Row], *, observed: Any, key: str, title: str | None = None
) -> Figure:
    """The mean fitted risk that the printed coefficients allow under each coding and link,
    against the observed event rate.

    Rows: ``coding``, ``link``, ``low``, ``high``, ``contains`` (whether the observed rate
    lies inside; without it, whether it lies between the two).  `observed` is a share, as
    printed or computed.
    """
    rows = list(rows)
    check_key(key)
    rows = [{"contains": row["low"] <= _float(observed) <= row["high"]} | dict(row) for row in rows]
    rate, shown_rate = _float(observed), number_text(observed)
    left, right = 14.0, WIDTH - 14.0

    def x(share: Any) -> float:
        return left + min(max(float(share), 0.0), 1.0) * (right - left)

    sheet, y = Sheet(), 14.0
    told, data = [], []
    for row in rows:
        name = f"{row['coding']}, {row['link']}"
        allowed = range_text(row["low"], row["high"], 3)
        word = "contains" if row["contains"] else "misses"
        y = _heading(sheet, y, name, f"{allowed}: {word} {shown_rate}")
        y += 13
        colour = GREEN if row["contains"] else RED
        sheet.line([left, right], [y, y], LINE, 0.8)
        x0, x1 = x(row["low"]), x(row["high"])
        sheet.box(min(x0, (x0 + x1) / 2 - 1.5), y - 5, max(x1, (x0 + x1) / 2 + 1.5), y + 5, colour)
        if not row["contains"] and x1 - x0 > 12:
            sheet.mark((x0 + x1) / 2, y, "x", PAGE, 6)
        sheet.line([x(rate)] * 2, [y - 9, y + 9], INK, 1.6, (3, 2))
        y += 24
        told.append(f"{name}: {allowed}, {word} the observed rate")
        data.append(
            {"Coding": row["coding"], "Link": row["link"],
             "Lowest mean risk": _outward(row["low"], 3, math.floor),
             "Highest mean risk": _outward(row["high"], 3, math.ceil),
             "Observed rate": shown_rate, "Contains it": "yes" if row["contains"] else "no"}
        )  # fmt: skip
    y -= 2
    y = sheet.scale(
        y, [(x(i / 5), f"{i / 5:g}") for i in range(6)],
        f"mean risk according to the model; dashed line: observed {shown_rate}",
    )  # fmt: skip
    title = title or "Mean fitted risk under each coding and link"
    held = sum(bool(row["contains"]) for row in rows)
    alt = (
        f"Observed event rate {shown_rate}; {held} of {_count(len(rows), 'reading')} of the "
        f"constant can give it. {_sentences(told)}"
    )
    return Figure(sheet.svg(y, key, title, alt), alt, data, title)


# --- curves ------------------------------------------------------------------------------

_DASHES: tuple[tuple[float, ...] | None, ...] = (None, (6, 2), (2, 2), (8, 2, 2, 2))
_CURVES = (BLUE, ORANGE, GREEN, PURPLE)


def curve_plot(
    rows: Iterable[Row],
    *,
    key: str,
    across: str,
    up: str,
    title: str,
    mark: tuple[float, str] | None = None,
    log: bool = False,
    highest: float | None = None,
) -> Figure:
    """Up to four curves over one quantity.

    Rows: ``label`` and ``points`` (pairs of numbers).  `mark`: a place on the scale and its
    words; `log`: the scale is logarithmic; `highest`: where the upward scale ends.
    """
    rows = list(rows)
    check_key(key)
    sheet, top, left, right = Sheet(), 22.0, 34.0, WIDTH - 12.0
    xs = [x for row in rows for x, _ in row["points"]]
    ticks = _log_ticks(min(xs), max(xs)) if log else _ticks(min(xs), max(xs))
    most = max(y for row in rows for _, y in row["points"])
    levels = _ticks(0.0, highest or most)
    height = 190.0
    scale = math.log if log else float
    first, last = scale(min(xs)), scale(max(xs))

    def x(value: float) -> float:
        return left + (scale(value) - first) / (last - first) * (right - left)

    def y(value: float) -> float:
        return top + height * (1 - min(value, levels[-1]) / levels[-1])

    sheet.text(0, 12, up, size=SMALL, colour=SOFT)
    for level in levels:
        sheet.line([left, right], [y(level)] * 2, LINE, 0.6)
        sheet.text(left - 6, y(level) + 4, f"{level:g}", size=SMALL, colour=SOFT, align="right")
    if mark is not None:
        sheet.line([x(mark[0])] * 2, [top, top + height], INK, 1.4, (3, 2))
    told, data = [], []
    for row, colour, dash in zip(rows, _CURVES, _DASHES, strict=False):
        points = sorted(row["points"])
        sheet.line([x(a) for a, _ in points], [y(b) for _, b in points], colour, 2, dash)
        zero = [a for a, b in points if b < 0.005]
        told.append(
            f"{row['label']}: zero from {min(zero):.2f} to {max(zero):.2f}" if zero
            else f"{row['label']}: never zero, least {min(b for _, b in points):.2f}"
        )  # fmt: skip
        data += [{"Curve": row["label"], across: f"{a:.2f}", up: f"{b:.2f}"} for a, b in points]
    end = sheet.scale(top + height, [(x(t), f"{t:g}") for t in ticks], across)
    entries = [
        (lambda a, b, c=colour, d=dash: sheet.line([a - 11, a + 11], [b, b], c, 2, d), row["label"])
        for row, colour, dash in zip(rows, _CURVES, _DASHES, strict=False)
    ]
    if mark is not None:
        entries.append(
            (lambda a, b: sheet.line([a, a], [b - 6, b + 6], INK, 1.4, (3, 2)), f"{mark[1]}, {mark[0]:.2f}")
        )  # fmt: skip
    end = _legend(sheet, end + 22, entries)
    alt = f"{_count(len(rows), 'curve')} of {up} over {across}. {_sentences(told)}"
    if mark is not None:
        alt += f" A dashed line marks {mark[1]}, {mark[0]:.2f}."
    return Figure(sheet.svg(end, key, title, alt), alt, data, title)


def _ticks(low: float, high: float) -> list[float]:
    """Round steps from at or above `low` to at or above `high`, four to eight of them."""
    span = high - low or 1.0
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = next(size * k for k in (1, 2, 5, 10) if span / (size * k) <= 8)
    start = math.ceil(low / step)
    return [round(i * step, 10) for i in range(start, math.ceil(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    rounds = [m * 10.0**e for e in range(-3, 4) for m in (1, 2, 5)]
    return [t for t in rounds if low <= t <= high]


# --- simulated patients ------------------------------------------------------------------

_PANEL = 250.0


def histogram_plot(
    panels: Iterable[Row], *, key: str, edges: Sequence[float], quantity: str, title: str, note: str
) -> Figure:
    """Two groups of patients in each panel, one counted upward, one downward.

    Panels: ``label`` and ``groups``, two rows with ``label``, ``counts`` (between
    neighbouring `edges`) and ``mean``.  `note` stands over every panel.
    """
    panels = list(panels)
    check_key(key)
    most = [max(max(p["groups"][i]["counts"]) for p in panels) for i in (0, 1)]
    drawings, told, data = [], [], []
    for i, panel in enumerate(panels, 1):
        words = f"{panel['label']}, {note}: " + "; ".join(
            f"{g['label']}, most patients ({max(g['counts'])}) between "
            "{:.0f} and {:.0f}, mean {:.1f}".format(*_fullest(g["counts"], edges), g["mean"])
            for g in panel["groups"]
        )
        told.append(words)
        drawings.append(
            _histogram(panel, f"{key}-{i}", edges, most, quantity, f"{title}: {panel['label']}, {note}", words, note)
        )  # fmt: skip
        for j, (low, high) in enumerate(pairwise(edges)):
            data.append(
                {"Cohort": panel["label"], quantity: f"{low:.0f} to {high:.0f}"}
                | {g["label"]: g["counts"][j] for g in panel["groups"]}
            )
    return Figure("\n".join(drawings), _sentences(told), data, f"{title}, {note}")


def _fullest(counts: Sequence[int], edges: Sequence[float]) -> tuple[float, float]:
    i = max(range(len(counts)), key=counts.__getitem__)
    return edges[i], edges[i + 1]


def _histogram(
    panel: Row, key: str, edges: Sequence[float], most: Sequence[int], quantity: str,
    title: str, alt: str, note: str,
) -> str:  # fmt: skip
    sheet = Sheet(_PANEL)
    left, right, top, height = 8.0, _PANEL - 16.0, 34.0, 150.0
    middle = top + height * most[0] / sum(most)

    def x(value: float) -> float:
        return left + (value - edges[0]) / (edges[-1] - edges[0]) * (right - left)

    _panel_heading(sheet, panel["label"], note)
    for side, (group, colour) in enumerate(zip(panel["groups"], (BLUE, ORANGE), strict=True)):
        turn = 1 if side else -1
        for i, count in enumerate(group["counts"]):
            if count:
                end = middle + turn * height * count / sum(most)
                sheet.box(x(edges[i]) + 0.5, min(middle, end), x(edges[i + 1]) - 0.5, max(middle, end), colour, 0.75)  # fmt: skip
        far = top + height if side else top
        sheet.line([x(group["mean"])] * 2, [middle, far], INK, 1.4, (3, 2))
    sheet.line([left, right], [middle] * 2, INK, 0.8)
    ticks = [t for t in _ticks(edges[0], edges[-1]) if edges[0] <= t <= edges[-1]]
    if len(ticks) > 5:
        ticks = ticks[::2]
    end = sheet.scale(top + height + 4, [(x(t), f"{t:g}") for t in ticks], quantity)
    entries: list[tuple[Callable[[float, float], None], str]] = [
        (lambda a, b, c=colour: sheet.box(a - 9, b - 5, a + 9, b + 5, c, 0.75), f"{group['label']}, {way}")
        for group, colour, way in zip(panel["groups"], (BLUE, ORANGE), ("upward", "downward"), strict=True)
    ]  # fmt: skip
    entries.append((lambda a, b: sheet.line([a, a], [b - 6, b + 6], INK, 1.4, (3, 2)), "mean"))
    return sheet.svg(_legend(sheet, end + 22, entries), key, title, alt)


def _panel_heading(sheet: Sheet, label: str, note: str) -> None:
    sheet.text(0, 13, label, bold=True)
    sheet.text(sheet.width, 13, note, size=SMALL, colour=SOFT, align="right")


def scatter_plot(
    panels: Iterable[Row], *, key: str, across: str, up: str, title: str, note: str
) -> Figure:
    """One point a patient in each panel; all panels have the same scales.

    Panels: ``label``, ``across`` and ``up`` (values of the patients), ``correlation``.
    The table behind gives each panel's means, SDs and correlation.
    """
    import statistics as st

    panels = list(panels)
    check_key(key)
    names = ((across, "across"), (up, "up"))
    ends = {n: (min(min(p[n]) for p in panels), max(max(p[n]) for p in panels)) for _, n in names}
    drawings, told, data = [], [], []
    for i, panel in enumerate(panels, 1):
        r = number_text(panel["correlation"], 2)
        words = f"{panel['label']}, {note}: {_count(len(panel['up']), 'point')}, correlation {r}"
        told.append(words)
        drawings.append(
            _scatter(panel, f"{key}-{i}", ends, across, up, f"{title}: {panel['label']}, {note}", words, note)
        )  # fmt: skip
        data.append(
            {"Cohort": panel["label"], "Patients": len(panel["up"])}
            | {
                f"{name}, mean ± SD": f"{st.fmean(panel[n]):.2f} ± {st.stdev(panel[n]):.2f}"
                for name, n in names
            }
            | {"Correlation": r}
        )
    return Figure("\n".join(drawings), _sentences(told), data, f"{title}, {note}")


def _scatter(
    panel: Row, key: str, ends: Mapping[str, tuple[float, float]], across: str, up: str,
    title: str, alt: str, note: str,
) -> str:  # fmt: skip
    sheet = Sheet(_PANEL)
    left, right, top, height = 40.0, _PANEL - 14.0, 34.0, 180.0
    inside: dict[str, list[float]] = {
        n: [t for t in _ticks(*e) if e[0] <= t <= e[1]] for n, e in ends.items()
    }

    def x(value: float) -> float:
        low, high = ends["across"]
        return left + (value - low) / (high - low) * (right - left)

    def y(value: float) -> float:
        low, high = ends["up"]
        return top + height * (1 - (value - low) / (high - low))

    _panel_heading(sheet, panel["label"], note)
    for tick in inside["up"]:
        sheet.line([left, right], [y(tick)] * 2, LINE, 0.6)
        sheet.text(left - 5, y(tick) + 4, f"{tick:g}", size=SMALL, colour=SOFT, align="right")
    for one, two in zip(panel["across"], panel["up"], strict=True):
        sheet.mark(round(x(one), 1), round(y(two), 1), "o", BLUE, 3.4)
    shown = inside["across"] if len(inside["across"]) <= 6 else inside["across"][::2]
    end = sheet.scale(top + height + 4, [(x(t), f"{t:g}") for t in shown], across)
    told = lines_of(f"upward: {up}", sheet.width, SMALL)
    for line in [*told, f"correlation {number_text(panel['correlation'], 2)}"]:
        end += 15
        sheet.text(0, end, line, size=SMALL)
    return sheet.svg(end + 6, key, title, alt)


# --- ranges over simulated cohorts -------------------------------------------------------


def range_plot(
    rows: Iterable[Row],
    *,
    key: str,
    ticks: Sequence[float],
    across: str,
    title: str,
    note: str,
) -> Figure:
    """Values of several quantities, one stroke a cohort, on one scale.

    Rows: ``label``, ``points`` (one number a cohort), ``shown`` (their range in words),
    ``proved`` (an :class:`~analysis.printed.Interval` or None) and perhaps ``printed``.
    `ticks`: the scale, from its first to its last; `note`: what the points are.
    """
    rows = list(rows)
    check_key(key)
    sheet, y = Sheet(), 14.0
    left, right = 14.0, WIDTH - 14.0

    def x(value: Any) -> float:
        place = (float(value) - ticks[0]) / (ticks[-1] - ticks[0])
        return left + (right - left) * min(max(place, 0.0), 1.0)

    told, data = [], []
    for row in rows:
        proved, printed = row.get("proved"), _printed(row.get("printed"))
        y = _heading(sheet, y, row["label"], row["shown"]) + 14
        sheet.line([left, right], [y, y], LINE, 0.8)
        if proved is not None:
            sheet.box(x(proved.low), y - 5, x(proved.high), y + 5, BLUE, 0.22)
        for value in row["points"]:
            sheet.line([x(value)] * 2, [y - 5, y + 5], ORANGE, 1.1)
        if printed is not None:
            sheet.mark(x(printed), y, "D", INK, 6)
        y += 25
        bound = range_text(proved.low, proved.high, 3) if proved is not None else "nothing"
        known = f", printed {printed.text}" if printed else ""
        told.append(f"{row['label']}: in the cohorts {row['shown']}, proved {bound}{known}")
        data.append(
            {"Quantity": row["label"], "In the cohorts": row["shown"], "Proved": bound,
             "Printed": printed.text if printed else None}
        )  # fmt: skip
    y = sheet.scale(y - 4, [(x(t), f"{t:g}".replace("-", "−")) for t in ticks], across)
    entries: list[tuple[Callable[[float, float], None], str]] = [
        (lambda a, b: sheet.line([a, a], [b - 5, b + 5], ORANGE, 1.4), f"one cohort ({note})")
    ]
    if any(row.get("proved") is not None for row in rows):
        entries.append((lambda a, b: sheet.box(a - 10, b - 5, a + 10, b + 5, BLUE, 0.22),
                        "what the printed numbers prove"))  # fmt: skip
    if any(row.get("printed") for row in rows):
        entries.append((lambda a, b: sheet.mark(a, b, "D", INK, 6), "printed"))
    y = _legend(sheet, y + 12, entries)
    alt = f"{_count(len(rows), 'quantity', 'quantities')}, {note}. {_sentences(told)}"
    return Figure(sheet.svg(y, key, title, alt), alt, data, title)


def crossing_plot(
    rows: Iterable[Row],
    *,
    key: str,
    ticks: Sequence[float],
    across: str,
    up: str,
    crossed: str,
    title: str,
    note: str,
) -> Figure:
    """Up to four curves that cross zero or do not, and below them where the cohorts stand.

    Rows: ``label``, ``points`` (pairs of numbers), ``crossing`` (where the curve crosses zero,
    or None), ``strokes`` (one number a cohort, on the scale of `ticks`) and ``shown`` (their
    range in words).  `crossed`: what holds from a crossing on; `note`: what the strokes are.
    """
    rows = list(rows)
    check_key(key)
    sheet, top, height = Sheet(), 24.0, 190.0
    left, right = 46.0, WIDTH - 14.0
    values = [b for row in rows for _, b in row["points"]]
    levels = _ticks(min(values), max(values))
    levels = [2 * levels[0] - levels[1], *levels] if levels[0] > min(values) else levels

    def x(value: float) -> float:
        return left + (value - ticks[0]) / (ticks[-1] - ticks[0]) * (right - left)

    def y(value: float) -> float:
        return top + height * (levels[-1] - value) / (levels[-1] - levels[0])

    sheet.text(0, 12, up, size=SMALL, colour=SOFT)
    for level in levels:
        style: tuple[Any, float] = (INK, 1.4) if abs(level) < 1e-9 else (LINE, 0.6)
        sheet.line([left, right], [y(level)] * 2, *style)
        shown = format_fixed(level, 2)
        sheet.text(left - 6, y(level) + 4, shown, size=SMALL, colour=SOFT, align="right")
    told, data = [], []
    bottom = top + height + 14
    for row, colour, dash in zip(rows, _CURVES, _DASHES, strict=False):
        points = row["points"]
        sheet.line([x(a) for a, _ in points], [y(b) for _, b in points], colour, 2, dash)
        sheet.line([left, right], [bottom] * 2, LINE, 0.6)
        sheet.line([left - 40, left - 12], [bottom] * 2, colour, 2, dash)
        for value in row["strokes"]:
            sheet.line([x(value)] * 2, [bottom - 5, bottom + 5], INK, 1)
        bottom += 15
        first, last = (format_fixed(points[i][1], 3) for i in (0, -1))
        where = (
            f"from {format_fixed(row['crossing'], 2)} on" if row["crossing"] is not None
            else "everywhere" if points[0][1] > 0 else "nowhere"
        )  # fmt: skip
        told.append(
            f"{row['label'][:1].upper()}{row['label'][1:]}: from {first} at {number_text(ticks[0], 0)} "
            f"to {last} at {number_text(ticks[-1], 0)}, above zero {where}; cohorts {row['shown']}"
        )
        data.append(
            {"Curve": row["label"], "At the left end": first, "At the right end": last,
             "Above zero": where, f"Cohorts ({note})": row["shown"]}
        )  # fmt: skip
    for row, colour in zip(rows, _CURVES, strict=False):
        if row["crossing"] is not None:
            sheet.mark(x(row["crossing"]), y(0.0), "o", colour, 9, hollow=True)
    end = sheet.scale(bottom - 4, [(x(t), format_fixed(t, 1)) for t in ticks], across)
    entries: list[tuple[Callable[[float, float], None], str]] = [
        (lambda a, b, c=colour, d=dash: sheet.line([a - 11, a + 11], [b, b], c, 2, d), row["label"])
        for row, colour, dash in zip(rows, _CURVES, _DASHES, strict=False)
    ]  # type: ignore[misc]
    if any(row["crossing"] is not None for row in rows):
        entries.append((lambda a, b: sheet.mark(a, b, "o", INK, 9, hollow=True), crossed))
    entries.append(
        (lambda a, b: sheet.line([a, a], [b - 5, b + 5], INK, 1.2), f"one cohort ({note})")
    )
    end = _legend(sheet, end + 14, entries)
    alt = f"{_count(len(rows), 'curve')} of the {up} over the {across}, {note}. {_sentences(told)}"
    return Figure(sheet.svg(end, key, title, alt), alt, data, title)


def line_plot(
    rows: Iterable[Row], *, key: str, across: str, up: str, title: str, lowest: float = 0.0
) -> Figure:
    """Up to four curves over a quantity that starts at zero or above, with their ends in words.

    Rows: ``label`` and ``points`` (pairs of numbers, rising in the first).
    """
    rows = list(rows)
    check_key(key)
    sheet, top, left, right, height = Sheet(), 24.0, 34.0, WIDTH - 14.0, 180.0
    xs = [a for row in rows for a, _ in row["points"]]
    ticks = [t for t in _ticks(min(xs), max(xs)) if t <= max(xs)]
    levels = _ticks(lowest, max(b for row in rows for _, b in row["points"]))

    def x(value: float) -> float:
        return left + (value - min(xs)) / (max(xs) - min(xs)) * (right - left)

    def y(value: float) -> float:
        return top + height * (levels[-1] - value) / (levels[-1] - levels[0])

    sheet.text(0, 12, up, size=SMALL, colour=SOFT)
    for level in levels:
        sheet.line([left, right], [y(level)] * 2, LINE, 0.6)
        sheet.text(left - 6, y(level) + 4, f"{level:g}", size=SMALL, colour=SOFT, align="right")
    told, data, entries = [], [], []
    for row, colour, dash in zip(rows, _CURVES, _DASHES, strict=False):
        points = row["points"]
        sheet.line([x(a) for a, _ in points], [y(b) for _, b in points], colour, 2, dash)
        (a0, b0), (a1, b1) = points[0], points[-1]
        told.append(f"{row['label']}: from {b0:.3f} at {a0:g} to {b1:.3f} at {a1:g}")
        data += [{"Curve": row["label"], across: f"{a:g}", up: f"{b:.3f}"} for a, b in points[::10]]
        entries.append(
            (lambda a, b, c=colour, d=dash: sheet.line([a - 11, a + 11], [b, b], c, 2, d),
             row["label"])
        )  # fmt: skip
    end = sheet.scale(top + height, [(x(t), f"{t:g}") for t in ticks], across)
    end = _legend(sheet, end + 18, entries)
    alt = f"{_count(len(rows), 'curve')} of the {up} over the {across}. {_sentences(told)}"
    return Figure(sheet.svg(end, key, title, alt), alt, data, title)


def survival_plot(
    panels: Iterable[Row],
    *,
    key: str,
    horizon: float,
    across: str,
    up: str,
    title: str,
    note: str,
) -> Figure:
    """Kaplan-Meier curves of two groups in each panel, from everybody at time zero on.

    Panels: ``label`` and ``groups``, rows with ``label``, ``times`` (ascending) and ``survival``
    after each of them.  `note` stands over every panel.
    """
    panels = list(panels)
    check_key(key)
    places = [horizon * i / 5 for i in range(6)]
    drawings, told, data = [], [], []
    for i, panel in enumerate(panels, 1):
        words = []
        for group in panel["groups"]:
            at = [_step_at(group, t) for t in places]
            words.append(
                f"{group['label']} {at[0]:.2f} at the start, "
                + ", ".join(f"{s:.2f} at {t:g}" for t, s in zip(places[1:], at[1:], strict=True))
            )
            data.append(
                {"Panel": panel["label"], "Group": group["label"]}
                | {f"{t:g} {across}": f"{s:.2f}" for t, s in zip(places, at, strict=True)}
            )
        said = f"{panel['label']}, {note}: {'; '.join(words)}."
        told.append(said)
        drawings.append(
            _survival(panel, f"{key}-{i}", horizon, across, up, f"{title}: {panel['label']}, {note}", said, note)
        )  # fmt: skip
    return Figure("\n".join(drawings), " ".join(told), data, f"{title}, {note}")


def _step_at(group: Row, time: float) -> float:
    passed = [s for t, s in zip(group["times"], group["survival"], strict=True) if t <= time]
    return float(passed[-1]) if passed else 1.0


def _survival(
    panel: Row, key: str, horizon: float, across: str, up: str, title: str, alt: str, note: str
) -> str:
    sheet = Sheet(_PANEL)
    left, right, top, height = 32.0, _PANEL - 14.0, 52.0, 150.0

    def x(time: float) -> float:
        return left + time / horizon * (right - left)

    def y(share: float) -> float:
        return top + height * (1 - share)

    sheet.text(0, 13, panel["label"], bold=True)
    sheet.text(0, 28, note, size=SMALL, colour=SOFT)
    sheet.text(0, 44, up, size=SMALL, colour=SOFT)
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        sheet.line([left, right], [y(level)] * 2, LINE, 0.6)
        sheet.text(left - 5, y(level) + 4, f"{level:g}", size=SMALL, colour=SOFT, align="right")
    entries: list[tuple[Callable[[float, float], None], str]] = []
    for group, colour, dash in zip(panel["groups"], _CURVES, _DASHES, strict=False):
        xs, ys, now = [0.0], [1.0], 1.0
        for time, share in zip(group["times"], group["survival"], strict=True):
            if time > horizon:
                break
            xs += [time, time]
            ys += [now, float(share)]
            now = float(share)
        if xs[-1] < horizon:
            xs, ys = [*xs, horizon], [*ys, now]
        sheet.line([x(a) for a in xs], [y(b) for b in ys], colour, 2, dash)
        entries.append(
            (lambda a, b, c=colour, d=dash: sheet.line([a - 11, a + 11], [b, b], c, 2, d),
             group["label"])
        )  # fmt: skip
    steps = [horizon * i / 5 for i in range(6)]
    end = sheet.scale(top + height + 4, [(x(t), f"{t:g}") for t in steps], across)
    return sheet.svg(_legend(sheet, end + 18, entries), key, title, alt)


# --- counts of verdicts ------------------------------------------------------------------


def counts_plot(
    counts: Ledger | Mapping[Verdict, int], *, key: str, title: str = "Verdicts"
) -> Figure:
    """How many findings have each verdict: one strip, and its words below."""
    check_key(key)
    counts = counts.counts() if isinstance(counts, Ledger) else dict(counts)
    total = sum(counts.values())
    sheet = Sheet()
    x, gap = 0.0, 2.0
    shown = {verdict: n for verdict, n in counts.items() if n}
    room = WIDTH - gap * max(len(shown) - 1, 0)
    for verdict, n in shown.items():
        width = room * n / total
        sheet.box(x, 4, x + width, 38, MARKS[verdict].text)
        # its sign too: colours alone would not tell the parts
        sign = MARKS[verdict].sign
        for words in (f"{sign} {n}", sign):
            if width > text_width(words, SIZE) + 4:
                sheet.text(x + width / 2, 25, words, colour=PAGE, align="center", bold=True)
                break
        x += width + gap
    y = 60.0
    for verdict, n in counts.items():
        mark = MARKS[verdict]
        sheet.box(0, y - 10, 12, y + 2, mark.text)
        sheet.text(46, y, str(n), align="right", bold=True)
        sheet.text(54, y, f"{mark.sign} {verdict}", colour=mark.text)
        share = f"{format_fixed(Fraction(100 * n, total), 0)}%" if total else "–"
        sheet.text(WIDTH, y, share, size=SMALL, colour=SOFT, align="right")
        y += 18
    data = [
        {"Verdict": verdict, "Findings": n, "Meaning": verdict.meaning}
        for verdict, n in counts.items()
    ]
    alt = (
        f"{_count(total, 'finding')}: "
        + ", ".join(f"{n} {verdict}" for verdict, n in counts.items())
        + "."
    )
    return Figure(sheet.svg(y - 8, key, title, alt), alt, data, title)
