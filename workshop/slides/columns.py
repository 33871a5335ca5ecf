"""A tall plot in two columns, as a newspaper sets a long text.

A slide is wider than high.  A plot of many rows, one under the other, would have to be shrunk until
nobody in the last bench can read it.  :func:`in_columns` shows its first rows at the left and the
others at the right, each over the plot's own scale and legend.  Nothing is drawn anew: the columns
are windows on the one drawing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

# In the plot's own points, of which its smallest letters have eleven.  A plot of this height that
# fills a slide of 720 pixels has letters of fourteen.
TALLEST = 504.0

LETTERS = 12.0  # the size in which the names of rows are set
FEWEST = 8  # rows; fewer make no list

_PLOT = re.compile(
    r'<svg class="reread-plot" (?P<named>role="img" aria-labelledby="(?P<key>[\w-]+)-title [^"]*") '
    r'viewBox="0 0 (?P<width>[\d.]+) (?P<height>[\d.]+)"(?P<more>[^>]*)>'
    r"(?P<words>\s*<title.*?</desc>)(?P<drawing>.*)</svg>",
    re.DOTALL,
)
_NAME = re.compile(
    rf'<text style="font-size: {LETTERS:g}px;[^"]*text-anchor: start[^"]*" x="0" y="([\d.]+)">'
)


@dataclass(frozen=True)
class Rows:
    """Rows of the same height, one under the other: `first` is where they begin, in points from
    the top of the plot, `step` how high each is."""

    first: float
    step: float
    count: int

    def top(self, row: int) -> float:
        return self.first + row * self.step


def rows_of(drawing: str) -> Rows | None:
    """The rows of a drawing by their names, which stand at its left edge, all as far apart; None
    if it is no such list."""
    lines = [float(y) for y in _NAME.findall(drawing)]
    steps = {round(b - a, 3) for a, b in pairwise(lines)}
    if len(lines) < FEWEST or len(steps) != 1 or min(steps) <= LETTERS:
        return None
    return Rows(max(0.0, lines[0] - LETTERS - 1), steps.pop(), len(lines))


def heights(html: str) -> list[float]:
    """How high each plot of a figure is, in its own points at the width of a plot of the book."""
    found = re.findall(r'class="reread-plot"[^>]*viewBox="0 0 [\d.]+ ([\d.]+)"', html)
    return [float(height) for height in found]


def in_columns(html: str) -> str:
    """The figure with its plot in two columns if it is too tall for a slide and made of rows; as
    it was otherwise."""
    if len(heights(html)) != 1 or heights(html)[0] <= TALLEST:
        return html
    plot = _PLOT.search(html)
    rows = rows_of(plot["drawing"]) if plot else None
    if plot is None or rows is None:
        return html
    return html[: plot.start()] + _columns(plot, rows) + html[plot.end() :]


def _columns(plot: re.Match[str], rows: Rows) -> str:
    half = (rows.count + 1) // 2
    whole = f"{plot['key']}-whole"
    drawing = f'<g id="{whole}">{plot["drawing"]}</g>'
    use = f'<use href="#{whole}"/>'
    height, end = float(plot["height"]), rows.top(rows.count)
    columns = []
    for begin, until, named, words in (
        (0, half, plot["named"], plot["words"]),
        (half, rows.count, 'aria-hidden="true"', ""),  # the words of the first tell all rows
    ):
        windows, at = "", 0.0
        for top, bottom in (
            (0.0, rows.first),
            (rows.top(begin), rows.top(until)),
            (end, height),
        ):
            if bottom > top:
                windows += (
                    f'<svg y="{at:g}" width="{plot["width"]}" height="{bottom - top:g}" '
                    f'viewBox="0 {top:g} {plot["width"]} {bottom - top:g}">{drawing}</svg>\n'
                )
                drawing, at = use, at + bottom - top
        # both columns are as high as the longer one, so that their letters are of one size
        high = rows.first + half * rows.step + height - end
        columns.append(
            f'<svg class="reread-plot" {named} viewBox="0 0 {plot["width"]} {high:g}"'
            f"{plot['more']}>{words}\n{windows}</svg>"
        )
    return "\n".join(columns)
