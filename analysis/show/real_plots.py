"""Drawings of real patients: curves of the risk over time, a ROC curve with its cut, and
predicted against observed risks.  Each says whose patients they are (`note`)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analysis.show.drawing import SMALL, WIDTH, Sheet, check_key
from analysis.show.figures import Figure, _legend, _sentences, _ticks
from analysis.show.palette import BLUE, GREEN, INK, LINE, ORANGE, SOFT

Points = Sequence[tuple[float, float]]
_COLOURS, _DASHES = (BLUE, ORANGE), (None, (6.0, 2.0))


@dataclass(frozen=True)
class RiskCurve:
    """The risk of one group over time: `steps` (time, risk) where it rises, `band` (time, low,
    high), `at_risk` (time, patients), `printed` (time, risk, as printed) and `told` in words."""

    label: str
    steps: Points
    band: Sequence[tuple[float, float, float]]
    at_risk: Sequence[tuple[float, int]]
    printed: tuple[float, float, str] | None
    told: str


def _badge(sheet: Sheet, note: str) -> None:
    sheet.box(0, 3, 8, 11, GREEN)
    sheet.text(13, 11, note, size=SMALL, colour=GREEN, bold=True)


def _stairs(points: Points, end: float) -> tuple[list[float], list[float]]:
    """Corners of a curve that keeps its value until the next point."""
    xs, ys = [0.0], [0.0]
    for x, y in points:
        if x > end:
            break
        xs += [x, x]
        ys += [ys[-1], y]
    return [*xs, end], [*ys, ys[-1]]


def risk_plot(
    curves: Sequence[RiskCurve],
    *,
    key: str,
    end: float,
    up: str,
    unit: str,
    title: str,
    note: str,
    confidence: float = 0.95,
) -> Figure:
    """Risks over time from zero to `end`, two curves at most, with patients at risk below."""
    check_key(key)
    sheet, left, right, top, height = Sheet(), 40.0, WIDTH - 14.0, 44.0, 200.0
    times = [t for t, _ in curves[0].at_risk]

    def x(t: float) -> float:
        return left + t / end * (right - left)

    def y(risk: float) -> float:
        return top + height * (1 - risk)

    _badge(sheet, note)
    sheet.text(0, 32, up, size=SMALL, colour=SOFT)
    for level in (0.0, 0.25, 0.5, 0.75, 1.0):
        sheet.line([left, right], [y(level)] * 2, LINE, 0.6)
        shown = f"{100 * level:g}%"
        sheet.text(left - 5, y(level) + 4, shown, size=SMALL, colour=SOFT, align="right")
    for curve, colour in zip(curves, _COLOURS, strict=False):
        inside = [(t, a, b) for t, a, b in curve.band if t <= end]
        low = _stairs([(t, a) for t, a, _ in inside], end)
        high = _stairs([(t, b) for t, _, b in inside], end)
        sheet.area(
            [x(t) for t in low[0] + high[0][::-1]], [y(r) for r in low[1] + high[1][::-1]],
            colour, 0.14,
        )  # fmt: skip
    for curve, colour, dash in zip(curves, _COLOURS, _DASHES, strict=False):
        ts, rs = _stairs(curve.steps, end)
        sheet.line([x(t) for t in ts], [y(r) for r in rs], colour, 2.2, dash)
        if curve.printed is not None:
            sheet.mark(x(curve.printed[0]), y(curve.printed[1]), "D", INK, 8)
    bottom = sheet.scale(top + height, [(x(t), f"{t:g}") for t in times], unit)
    bottom += 22
    sheet.text(0, bottom, "patients still followed and without the event", size=SMALL, colour=SOFT)
    for curve, colour in zip(curves, _COLOURS, strict=False):
        bottom += 16
        for t, n in curve.at_risk:
            sheet.text(x(t), bottom, f"{n}", size=SMALL, colour=colour, align="center")
    entries: list[tuple[Callable[[float, float], None], str]] = [
        (lambda a, b, c=colour, d=dash: sheet.line([a - 11, a + 11], [b, b], c, 2.2, d), curve.label)
        for curve, colour, dash in zip(curves, _COLOURS, _DASHES, strict=False)
    ]  # fmt: skip
    if any(curve.printed for curve in curves):
        entries.append((lambda a, b: sheet.mark(a, b, "D", INK, 8), "printed in the article"))
    entries.append(
        (
            lambda a, b: sheet.box(a - 10, b - 5, a + 10, b + 5, BLUE, 0.14),
            f"shaded: {100 * confidence:g}% confidence",
        )
    )
    bottom = _legend(sheet, bottom + 24, entries)
    alt = f"{note[:1].upper()}{note[1:]}. {up} over {unit}. {_sentences(c.told for c in curves)}"
    data = [
        {"Group": curve.label, unit: f"{t:g}", "At risk": n, "Risk": f"{_at(curve.steps, t):.3f}"}
        for curve in curves
        for t, n in curve.at_risk
    ]
    return Figure(sheet.svg(bottom, key, f"{title}, {note}", alt), alt, data, f"{title}, {note}")


def _at(steps: Points, when: float) -> float:
    return next((risk for t, risk in reversed(steps) if t <= when), 0.0)


@dataclass(frozen=True)
class Spot:
    """A marked point, and what it is."""

    x: float
    y: float
    shape: str
    label: str


def square_plot(
    lines: Sequence[tuple[str, Points]],
    spots: Sequence[Spot],
    *,
    key: str,
    across: str,
    up: str,
    title: str,
    note: str,
    diagonal: str,
    words: Iterable[str],
    ends: tuple[float, float] = (0.0, 1.0),
) -> Figure:
    """One or two lines and marked points on a square, with its diagonal."""
    check_key(key)
    sheet, left, top, side = Sheet(), 40.0, 44.0, 270.0
    low, high = ends

    def x(value: float) -> float:
        return left + (value - low) / (high - low) * side

    def y(value: float) -> float:
        return top + side * (1 - (value - low) / (high - low))

    _badge(sheet, note)
    sheet.text(0, 32, up, size=SMALL, colour=SOFT)
    ticks = [t for t in _ticks(low, high) if low - 1e-9 <= t <= high + 1e-9]
    for tick in ticks:
        sheet.line([left, left + side], [y(tick)] * 2, LINE, 0.6)
        sheet.text(left - 6, y(tick) + 4, f"{tick:g}", size=SMALL, colour=SOFT, align="right")
    sheet.line([x(low), x(high)], [y(low), y(high)], SOFT, 1.0, (2, 3))
    for (_, points), colour, dash in zip(lines, _COLOURS, _DASHES, strict=False):
        sheet.line([x(a) for a, _ in points], [y(b) for _, b in points], colour, 2.2, dash)
    for label, shape in dict.fromkeys((s.label, s.shape) for s in spots):
        for spot in spots:
            if spot.label == label:
                sheet.mark(x(spot.x), y(spot.y), shape, INK, 8, hollow=shape == "o")
    bottom = sheet.scale(top + side, [(x(t), f"{t:g}") for t in ticks], across)
    entries: list[tuple[Callable[[float, float], None], str]] = [
        (lambda a, b, c=colour, d=dash: sheet.line([a - 11, a + 11], [b, b], c, 2.2, d), label)
        for (label, _), colour, dash in zip(lines, _COLOURS, _DASHES, strict=False)
    ]
    entries += [
        (lambda a, b, s=shape: sheet.mark(a, b, s, INK, 8, hollow=s == "o"), label)
        for label, shape in dict.fromkeys((s.label, s.shape) for s in spots)
    ]
    entries.append((lambda a, b: sheet.line([a - 11, a + 11], [b, b], SOFT, 1.0, (2, 3)), diagonal))
    bottom = _legend(sheet, bottom + 24, entries)
    alt = f"{note[:1].upper()}{note[1:]}. {up} against {across}. {_sentences(words)}"
    data = [{"Mark": s.label, across: f"{s.x:.3f}", up: f"{s.y:.3f}"} for s in spots]
    return Figure(sheet.svg(bottom, key, f"{title}, {note}", alt), alt, data, f"{title}, {note}")


def ends_of(values: Iterable[float], step: float = 0.2) -> tuple[float, float]:
    """Round ends, within nought and one, that hold all values."""
    values = list(values)
    low = max(math.floor(min(values) / step) * step, 0.0)
    return low, min(math.ceil(max(values) / step) * step, 1.0)
