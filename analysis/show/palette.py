"""One palette for site, figures and terminal.

The hues follow Okabe & Ito (2008), which people with any common colour vision can tell
apart, darkened or lightened until text reaches a contrast of 4.5:1 on its ground.
Colour never stands alone: a verdict always has its icon and its word.

``python -m analysis.show.palette book/_static/reread.css`` writes the colours into the
style sheet, between its two markers.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from analysis.findings import Verdict


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour by its role: its name in CSS, on a light page, and on a dark one."""

    name: str
    light: str
    dark: str

    @property
    def css(self) -> str:
        """The colour as a CSS value that follows the page: ``var(--reread-ink, #1f2328)``."""
        return f"var(--reread-{self.name}, {self.light})"


PAGE = Colour("page", "#ffffff", "#121212")  # the grounds of the theme
INK = Colour("ink", "#1f2328", "#e6e9ed")
SOFT = Colour("soft", "#57606a", "#a9b2bc")
LINE = Colour("line", "#c9d1d9", "#46505b")
WASH = Colour("wash", "#f4f6f8", "#1d232b")
LINK = Colour("link", "#005a8e", "#7cc7f7")

# Data series: text and lines may use them, areas take them with some transparency.
BLUE = Colour("blue", "#005f99", "#6cbcf0")
GREEN = Colour("green", "#00694c", "#46cda0")
ORANGE = Colour("orange", "#855900", "#f2bd45")
RED = Colour("red", "#ab3d00", "#ff9564")
PURPLE = Colour("purple", "#8f3a69", "#e6a3c6")

INKS = (INK, SOFT, LINK, BLUE, GREEN, ORANGE, RED, PURPLE)


@dataclass(frozen=True, slots=True)
class Mark:
    """How a verdict looks: a colour for text, a ground for its badge, a sign, an icon.

    `sign` is one character for terminals; `path` draws the icon in a box of 16 × 16;
    `rich` is its colour in a terminal.
    """

    slug: str
    text: Colour
    ground: Colour
    sign: str
    path: str
    rich: str


def _mark(slug: str, light: str, dark: str, grounds: tuple[str, str], *rest: str) -> Mark:
    return Mark(slug, Colour(slug, light, dark), Colour(f"{slug}-ground", *grounds), *rest)


MARKS = {
    Verdict.REPRODUCED: _mark(
        "reproduced", "#00583f", "#5fd8b0", ("#dff3ec", "#12332a"),
        "✓", "M3 8.5l3.5 3.5L13 4.5", "green",
    ),
    Verdict.CONSISTENT: _mark(
        "consistent", "#00527f", "#86c9f5", ("#e0eff8", "#132f42"),
        "≈", "M2.5 6.2q2.75-3 5.5 0t5.5 0M2.5 10.8q2.75-3 5.5 0t5.5 0", "cyan",
    ),
    Verdict.DEPENDS: _mark(
        "depends", "#6f4a00", "#f5c65c", ("#fbf0d9", "#3a2d10"),
        "◇", "M8 2l6 6-6 6-6-6z", "yellow",
    ),
    Verdict.IMPOSSIBLE: _mark(
        "impossible", "#8f3300", "#ffa67d", ("#fde7dc", "#43210f"),
        "✗", "M3.5 3.5l9 9M12.5 3.5l-9 9", "red",
    ),
    Verdict.NOT_CHECKABLE: _mark(
        "not-checkable", "#4a525b", "#b8c1ca", ("#e9ecef", "#2a3139"),
        "·", "M3 8h2M7 8h2M11 8h2", "bright_black",
    ),
}  # fmt: skip

COLOURS = (
    PAGE, INK, SOFT, LINE, WASH, LINK, BLUE, GREEN, ORANGE, RED, PURPLE,
    *(colour for mark in MARKS.values() for colour in (mark.text, mark.ground)),
)  # fmt: skip


def css() -> str:
    """The palette as CSS custom properties for a light and a dark page; paper is light."""

    def block(selector: str, side: str) -> str:
        lines = (f"  --reread-{c.name}: {getattr(c, side)};" for c in COLOURS)
        return "\n".join([f"{selector} {{", *lines, "}"])

    dark = block('html[data-theme="dark"]', "dark")
    return f"{block(':root', 'light')}\n@media screen {{\n{dark}\n}}\n"


def css_by_preference() -> str:
    """The dark colours for a page without a switch: where the reader's system is dark."""
    lines = (f"  --reread-{c.name}: {c.dark};" for c in COLOURS)
    block = "\n".join([":root {", *lines, "}"])
    return f"@media screen and (prefers-color-scheme: dark) {{\n{block}\n}}\n"


def contrast(one: str, other: str) -> float:
    """The contrast of two colours ``#rrggbb`` (WCAG 2.1, 1.4.3): 1 to 21."""

    def luminance(colour: str) -> float:
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
        )
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


BEGIN, END = "/* palette: begin */\n", "/* palette: end */\n"


def with_palette(style_sheet: str) -> str:
    """`style_sheet` with the present colours between its two markers."""
    before, _, rest = style_sheet.partition(BEGIN)
    _, _, after = rest.partition(END)
    return before + BEGIN + css() + END + after


if __name__ == "__main__":
    for name in sys.argv[1:]:
        file = Path(name)
        file.write_text(with_palette(file.read_text("utf-8")), "utf-8")
