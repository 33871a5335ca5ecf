"""A sheet to draw on, and the way from matplotlib to an SVG that belongs in a page.

The SVG is byte for byte the same in every run, follows the page's light and dark
colours, has ids that are unique by its key, and tells its content in words.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from html import escape
from typing import Any

from analysis.show.palette import COLOURS, INK, LINE, SOFT, Colour

WIDTH = 360.0  # points; at 390 px of screen the letters keep about their size
SIZE = 12.0
SMALL = 11.0

# matplotlib draws with colours that stand for a name; they leave as CSS variables.
_STAND_INS = {f"#01fe{i:02x}": colour for i, colour in enumerate(COLOURS)}
_STAND_IN_OF = {colour.name: stand_in for stand_in, colour in _STAND_INS.items()}


def stand_in(colour: Colour) -> str:
    """The colour that matplotlib is to draw with in place of `colour`."""
    return _STAND_IN_OF[colour.name]


@lru_cache(maxsize=4096)
def text_width(text: str, size: float = SIZE) -> float:
    """The width of `text` in points, in matplotlib's own font (wider than most)."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size)
    with _any_script():
        return float(text_to_path.get_text_width_height_descent(text, font, False)[0])


@contextmanager
def _any_script() -> Iterator[None]:
    """Letters that matplotlib's font lacks are no fault: the page's own fonts show the text."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        yield


def lines_of(text: str, width: float, size: float = SIZE) -> list[str]:
    """`text` in lines that fit into `width` points; a longer word has a line of its own."""
    lines: list[str] = []
    for word in text.split():
        if lines and text_width(f"{lines[-1]} {word}", size) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines or [""]


class Sheet:
    """A drawing of 360 points' width; x from the left, y downwards, both in points."""

    def __init__(self, width: float = WIDTH):
        from matplotlib.figure import Figure

        self.width = width
        self._figure = Figure(figsize=(1, 1), dpi=72)
        self._axes = self._figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._order = 1

    def _next(self) -> int:
        self._order += 1
        return self._order

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = SIZE,
        colour: Colour = INK,
        align: str = "left",
        bold: bool = False,
        turn: float = 0,
    ) -> None:
        """One line of text; `y` is its base line."""
        self._axes.text(
            x, y, text, fontsize=size, color=stand_in(colour), ha=align, va="baseline",
            weight="bold" if bold else "normal", rotation=turn, rotation_mode="anchor",
            zorder=self._next(), parse_math=False,
        )  # fmt: skip

    def line(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        colour: Colour = INK,
        width: float = 1.2,
        dash: tuple[float, ...] | None = None,
    ) -> None:
        """A line through points."""
        style: Any = (0, dash) if dash else "solid"
        self._axes.plot(
            list(xs), list(ys), color=stand_in(colour), linewidth=width, linestyle=style,
            solid_capstyle="round", zorder=self._next(),
        )  # fmt: skip

    def area(
        self, xs: Sequence[float], ys: Sequence[float], colour: Colour, alpha: float = 0.2
    ) -> None:
        """A filled outline."""
        self._axes.fill(
            list(xs), list(ys), color=stand_in(colour), alpha=alpha, linewidth=0,
            zorder=self._next(),
        )  # fmt: skip

    def box(
        self,
        x0: float,
        y0: float,
        x1: float,
        y1: float,
        colour: Colour,
        alpha: float = 1.0,
        edge: Colour | None = None,
        dash: tuple[float, ...] | None = None,
    ) -> None:
        """A rectangle, filled with `colour`, outlined with `edge`."""
        from matplotlib.patches import Rectangle

        face = None if alpha == 0 else stand_in(colour)
        self._axes.add_patch(
            Rectangle(
                (x0, y0), x1 - x0, y1 - y0, facecolor=face or "none",
                alpha=alpha if alpha and edge is None else None,
                edgecolor=stand_in(edge) if edge else "none", linewidth=1.2 if edge else 0,
                linestyle=(0, dash) if dash else "solid", zorder=self._next(),
            )
        )  # fmt: skip

    def mark(
        self, x: float, y: float, shape: str, colour: Colour, size: float = 7, hollow: bool = False
    ) -> None:
        """A mark: ``o`` ``s`` ``D`` ``x`` ``|`` ``<`` ``>`` ``v``."""
        shade = stand_in(colour)
        self._axes.plot(
            [x], [y], marker=shape, markersize=size, linestyle="none",
            markerfacecolor="none" if hollow else shade, markeredgecolor=shade,
            markeredgewidth=2 if shape in "x|" or hollow else 0, zorder=self._next(),
        )  # fmt: skip

    def scale(
        self,
        y: float,
        ticks: Sequence[tuple[float, str]],
        name: str = "",
        *,
        top: float | None = None,
    ) -> float:
        """A horizontal scale at `y`, with faint lines up to `top`; its lower end is returned."""
        xs = [x for x, _ in ticks]
        self.line([min(xs), max(xs)], [y, y], LINE)
        for x, label in ticks:
            self.line([x, x], [y, y + 4], LINE)
            if top is not None:
                self.line([x, x], [top, y], LINE, 0.6)
            self.text(x, y + 15, label, size=SMALL, colour=SOFT, align="center")
        for i, line in enumerate(lines_of(name, self.width - 8, SMALL) if name else []):
            middle = (min(xs) + max(xs)) / 2
            half = text_width(line, SMALL) / 2
            middle = min(max(middle, half + 2), self.width - half - 2)
            self.text(middle, y + 30 + 13 * i, line, size=SMALL, align="center")
        lines = len(lines_of(name, self.width - 8, SMALL)) if name else 0
        return y + 20 + 13 * lines

    def svg(self, height: float, key: str, title: str, description: str) -> str:
        """The drawing as an inline SVG with `title` and `description` as its words."""
        import matplotlib

        self._figure.set_size_inches(self.width / 72, height / 72)
        self._figure.patch.set_visible(False)
        for artist in self._axes.get_children():
            artist.set_clip_on(False)
        self._axes.set_xlim(0, self.width)
        self._axes.set_ylim(height, 0)
        buffer = io.StringIO()
        settings = {
            "svg.fonttype": "none",
            "svg.hashsalt": key,
            "svg.id": None,
            "font.family": "DejaVu Sans",
            "path.simplify": False,
            "text.parse_math": False,
        }
        with matplotlib.rc_context(settings), _any_script():
            self._figure.savefig(
                buffer, format="svg", transparent=True,
                metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
            )  # fmt: skip
        return _for_page(buffer.getvalue(), key, title, description, self.width, height)


_KEY = re.compile(r"[a-z][a-z0-9_-]*")


def check_key(key: str) -> str:
    """`key` if it can begin the ids of a figure; ValueError otherwise."""
    if not _KEY.fullmatch(key):
        raise ValueError(
            f"found the figure key {key!r}, lower-case letters, digits, - and _ are allowed"
        )
    return key


def _for_page(svg: str, key: str, title: str, description: str, width: float, height: float) -> str:
    body = svg[svg.index("<svg") :]
    body = body[body.index(">") + 1 :]
    body = re.sub(r"\s*<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = body.replace("xlink:href=", "href=")

    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', body))
    body = re.sub(r' id="([^"]+)"', lambda m: f' id="{key}-{m[1]}"' if m[1] in used else "", body)
    body = re.sub(r'(url\(#|href="#)', rf"\g<1>{key}-", body)
    body = re.sub(
        r"#01fe[0-9a-f]{2}", lambda m: _STAND_INS[m[0]].css if m[0] in _STAND_INS else m[0], body
    )
    # the letters of the page, not those of the machine that drew it
    body = re.sub(
        r"(font(?:-family)?: [^;\"]*?)'DejaVu Sans'[^;\"]*",
        r"\1var(--reread-letters, sans-serif)",
        body,
    )
    body = re.sub(r"\s*<!--.*?-->", "", body, flags=re.DOTALL)
    # a style element inside a page would hold for the whole page
    body = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", body, flags=re.DOTALL)
    body = re.sub(r' transform="rotate\(-?0 [^)]*\)"', "", body)
    body = re.sub(r"\n\s*", "\n", body).strip()
    return (
        f'<svg class="reread-plot" role="img" aria-labelledby="{key}-title {key}-desc" '
        f'viewBox="0 0 {width:g} {height:g}" width="100%" '
        f'stroke-linejoin="round" style="max-width: {width * 1.4:g}px" '
        'xmlns="http://www.w3.org/2000/svg">\n'
        f'<title id="{key}-title">{escape(title)}</title>\n'
        f'<desc id="{key}-desc">{escape(description)}</desc>\n'
        f"{body}"
    )
