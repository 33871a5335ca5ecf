"""A picture of each chapter for those who share its link: the mark, the chapter, the book."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.font_manager import FontProperties

WIDTH, HEIGHT = 1200, 630
FOLDER = "_static/cards"
_PAGE, _INK, _SOFT, _BLUE = "#ffffff", "#1f2328", "#57606a", "#005f99"
_MARGIN = 90
_DPI = 100
_MARK = 3.2  # pixels for one unit of the mark, which is drawn on 32 by 32 units


def make(outdir: Path, pagename: str, title: str, book: str) -> str:
    """Draw the card of a page below `outdir`; its path from there."""
    name = f"{FOLDER}/{pagename.replace('/', '-')}.png"
    target = outdir / name
    target.parent.mkdir(parents=True, exist_ok=True)
    draw(target, title, book if title != book else "")
    return name


def draw(target: Path, title: str, below: str) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle
    from matplotlib.transforms import IdentityTransform

    figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), dpi=_DPI, facecolor=_PAGE)
    canvas = FigureCanvasAgg(figure)
    left, bottom = _MARGIN - 6.5 * _MARK, HEIGHT - 170

    def x(units: float) -> float:
        return left + units * _MARK

    def y(units: float) -> float:
        return bottom + units * _MARK

    for end, edge in ((12, 6.5), (20, 25.5)):  # the brackets of an interval
        across = [x(u) / WIDTH for u in (end, edge, edge, end)]
        upward = [y(u) / HEIGHT for u in (26.5, 26.5, 5.5, 5.5)]
        figure.add_artist(Line2D(across, upward, color=_INK, linewidth=6, solid_joinstyle="miter"))
    # and a number within, in pixels, so that it is round
    number = Circle((x(17.6), y(16)), 4.2 * _MARK, color=_BLUE, transform=IdentityTransform())
    figure.add_artist(number)

    size, lines = _fitted(canvas, title, 46, "bold", 4)
    figure.text(
        _MARGIN / WIDTH, 1 - 250 / HEIGHT, "\n".join(lines), fontproperties=_letters(size, "bold"),
        color=_INK, va="top", linespacing=1.2, parse_math=False,
    )  # fmt: skip
    size, lines = _fitted(canvas, below, 24, "normal", 2)
    figure.text(
        _MARGIN / WIDTH, 60 / HEIGHT, "\n".join(lines), fontproperties=_letters(size, "normal"),
        color=_SOFT, va="bottom", linespacing=1.3, parse_math=False,
    )  # fmt: skip
    # no name of a program or its version in the file
    canvas.print_png(target, metadata={"Software": None}, pil_kwargs={"optimize": True})


def _letters(pixels: float, weight: str) -> FontProperties:
    from matplotlib.font_manager import FontProperties

    # comes with matplotlib: the same on every machine
    return FontProperties(family="DejaVu Serif", weight=weight, size=pixels * 72 / _DPI)


def _fitted(
    canvas: FigureCanvasAgg, text: str, pixels: float, weight: str, most: int
) -> tuple[float, list[str]]:
    """`text` in lines that fit the card, in letters so small that there are at most `most`."""
    renderer = canvas.get_renderer()

    def width(line: str) -> float:
        return renderer.get_text_width_height_descent(line, _letters(pixels, weight), False)[0]

    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width(longer) <= WIDTH - 2 * _MARGIN or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most and pixels > 12:
        return _fitted(canvas, text, 0.9 * pixels, weight, most)
    return pixels, lines
