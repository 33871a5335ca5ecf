"""An explorer: studies without any effect are drawn, each searches its best cut, and the share of
those that look significant is watched.

Python and the script draw the same studies: both have the same generator of random numbers, and
what stands there without a script are the first studies that a reader's own presses draw.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.cohort import MARK
from analysis.estimate import accuracy, cutoff
from analysis.printed import format_fixed
from analysis.show.explorer import explorer
from analysis.show.html import Html
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.cutoff import Searched

NAME = "searched"
SEED = 2023
STUDIES = 1000
COVERAGE = 0.95
BELOW = (0.5, 0.1, 0.05, 0.01, 0.001)

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


def uniforms(seed: int, count: int) -> Floats:
    """The first `count` numbers of `generator(seed)` in ``explorer.js``, the same bit for bit
    (mulberry32: state + 0x6D2B79F5, mixed)."""
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x6D2B79F5)
    state = (np.uint64(seed) + steps).astype(np.uint32)
    t = (state ^ (state >> np.uint32(15))) * (state | np.uint32(1))
    t ^= t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))
    return (t ^ (t >> np.uint32(14))).astype(float) / 2**32


@dataclass(frozen=True, slots=True)
class Drawn:
    """Studies of a marker that tells nothing, shape (studies,) each.

    `true_positive`, `false_positive`: patients called positive at the cut with the largest Youden
    index, the most sensitive one if several have it; `p`: of Pearson's χ² there, as if the cut
    had been fixed; `p_half`: the same at the cut that calls half of the patients positive.
    `states`, shape (studies, n): who has the event, from the highest value of the marker down.
    """

    states: NDArray[np.bool_]
    true_positive: Whole
    false_positive: Whole
    p: Floats
    p_half: Floats


def draw(seed: int, studies: int, n1: int, n0: int) -> Drawn:
    """Draw studies of `n1` patients with and `n0` without the event: from the highest value of
    the marker down, each patient has the event with the share of those who are left."""
    n = n1 + n0
    chance = uniforms(seed, studies * n).reshape(studies, n)
    states = np.zeros((studies, n), dtype=bool)
    left = np.full(studies, n1, dtype=np.int64)
    for k in range(n):
        states[:, k] = chance[:, k] * (n - k) < left
        left -= states[:, k]
    tp = np.cumsum(states, axis=1)
    fp = np.arange(1, n + 1) - tp
    gain = (tp * n0 - fp * n1)[:, :-1]
    at = n - 2 - gain[:, ::-1].argmax(axis=1)  # the last of the best: the most sensitive
    row = np.arange(studies)
    best = tp[row, at], fp[row, at]
    half = n - n // 2 - 1  # n // 2 patients lie under the cut
    return Drawn(
        states, *best,
        special.chdtrc(1, cutoff.chi_square(*best, n1, n0)),
        special.chdtrc(1, cutoff.chi_square(tp[:, half], fp[:, half], n1, n0)),
    )  # fmt: skip


def edges(level: float) -> list[float]:
    """Ends of the bars, falling from P = 1: equally long on a log scale, `level` is one of them;
    the last bar holds whatever is smaller."""
    return [level ** (k / 6) for k in range(19)]


def explore_searched(cut: Searched, key: str) -> Html:
    """The explorer for studies of the sizes of a printed cut, at the paper's level."""
    from analysis.show.cutoff import HALF, YOUDEN

    (n1, n0), level = cut.sizes, float(cut.paper.alpha)
    exact, half = cut.levels[YOUDEN].value, cut.levels[HALF].value
    view = View(n1, n0, level, exact, half, draw(SEED, STUDIES, n1, n0), key)
    return explorer(NAME, view.data(), view.still())


# points of the sheet, which are also the units that the script draws in
ROC = {"left": 46.0, "right": 206.0, "top": 28.0, "bottom": 188.0}
WORDS = {"x": 220.0, "y": 44.0, "step": 17.0}
BARS = {"left": 14.0, "right": 346.0, "top": 266.0, "bottom": 346.0}
STRIP = {"left": 14.0, "right": 336.0, "searched": 418.0, "half": 436.0}


@dataclass(frozen=True)
class View:
    """What is shown: sizes of the groups, level of the test, its exact level at the searched cut
    and at the half, and the first studies."""

    n1: int
    n0: int
    level: float
    exact: float
    half: float
    drawn: Drawn
    key: str

    def data(self) -> dict[str, Any]:
        """The numbers for the script."""
        places = {"roc": ROC, "words": WORDS, "bars": BARS, "strip": STRIP}
        return {
            "n1": self.n1,
            "n0": self.n0,
            "seed": SEED,
            "level": self.level,
            "z": round(float(special.ndtri((1 + COVERAGE) / 2)), 9),
            "exact": round(self.exact, 6),
            "half": round(self.half, 6),
            "edges": [round(e, 9) for e in edges(self.level)],
            "below": list(BELOW),
            "mark": MARK,
            "controls": "Draw studies without any effect",
            "begin": f"Shown are the first {whole(STUDIES)} studies. Your first press begins with "
            "the first of them.",
            "places": places,
        }

    def counts(self) -> list[int]:
        """How many of the studies stand in each bar, from P = 1 down."""
        ends = np.array(edges(self.level))
        bar = (self.drawn.p[:, None] < ends[1:]).sum(axis=1)
        return np.bincount(bar, minlength=ends.size).tolist()

    def share(self, p: Floats) -> accuracy.Share:
        """The share of studies that are significant."""
        return accuracy.share(int((p < self.level).sum()), p.size, COVERAGE)

    def rows(self) -> list[dict[str, Any]]:
        """The table of numbers; the script fills in its own."""
        n = self.drawn.p.size
        found = []
        for below in BELOW:
            row = {"P below": f"{below:g}"}
            for name, part in (("Best cut", "p"), ("Cut at the half", "p_half")):
                count = int((getattr(self.drawn, part) < below).sum())
                text = f"{whole(count)} of {whole(n)} ({format_fixed(100 * count / n, 1)}%)"
                row[name] = Html(f'<span data-count="{part} {below:g}">{text}</span>', text)  # type: ignore[assignment]
            found.append(row)
        return found

    def still(self) -> Html:
        """The drawing and its table after :data:`STUDIES` studies."""
        from analysis.show.layers import layered

        height, stays, moves = self._sheets()
        alt, title = self._alt(), "Best cuts of studies without any effect"
        svg = layered(stays, moves, height, self.key, title, alt)
        table = paper_rows(self.rows(), label=f"P values without any effect, {MARK}")
        html = (
            f'<div class="reread-figure"><div class="reread-panels">{svg}</div>\n'
            '<details class="reread-numbers"><summary>The numbers behind this plot</summary>\n'
            f"{table.html}\n</details></div>"
        )
        return Html(html, f"{title}. {alt}\n{table.text}")

    def _alt(self) -> str:
        searched, half = self.share(self.drawn.p), self.share(self.drawn.p_half)
        return (
            f"{MARK[:1].upper()}{MARK[1:]}. A ROC curve of a marker that tells nothing, with its "
            f"best cut; bars of the P values at the best cuts of {whole(self.drawn.p.size)} such studies; "
            f"and the share of them with P below {self.level:g}: {_percent(searched.value)} "
            f"({_percent(searched.low)} to {_percent(searched.high)}), exactly "
            f"{_percent(self.exact)} in the long run; cut at the half of the patients, "
            f"{_percent(half.value)}, exactly {_percent(self.half)}."
        )

    # --- drawing ---

    def _sheets(self):  # type: ignore[no-untyped-def]
        from analysis.show.drawing import SMALL, Sheet
        from analysis.show.figures import _legend
        from analysis.show.palette import BLUE, INK, LINE, ORANGE, PAGE, RED, SOFT

        stays, moves, d = Sheet(), Sheet(), self.drawn
        stays.text(0, 12, "One study", bold=True)
        stays.text(stays.width, 12, MARK, size=SMALL, colour=SOFT, align="right")
        side = ROC["right"] - ROC["left"]
        for i in range(3):
            x, y = ROC["left"] + side * i / 2, ROC["bottom"] - side * i / 2
            stays.line([x, x], [ROC["top"], ROC["bottom"]], LINE, 0.6)
            stays.line([ROC["left"], ROC["right"]], [y, y], LINE, 0.6)
            stays.text(x, ROC["bottom"] + 14, f"{i / 2:g}", size=SMALL, colour=SOFT, align="center")
            stays.text(ROC["left"] - 6, y + 4, f"{i / 2:g}", size=SMALL, colour=SOFT, align="right")
        stays.line([ROC["left"], ROC["right"]], [ROC["bottom"], ROC["top"]], SOFT, 1, (3, 2))
        stays.text(
            (ROC["left"] + ROC["right"]) / 2, ROC["bottom"] + 30, "1 − specificity",
            size=SMALL, align="center",
        )  # fmt: skip
        stays.text(
            12, (ROC["top"] + ROC["bottom"]) / 2, "sensitivity", size=SMALL, align="center", turn=90
        )
        # the last of the studies
        state = d.states[-1]
        up, right = np.cumsum(state) / self.n1, np.cumsum(~state) / self.n0
        moves.line(
            [ROC["left"], *(ROC["left"] + side * right)],
            [ROC["bottom"], *(ROC["bottom"] - side * up)],
            BLUE, 1.6,
        )  # fmt: skip
        tp, fp, p = int(d.true_positive[-1]), int(d.false_positive[-1]), float(d.p[-1])
        x, y = ROC["left"] + side * fp / self.n0, ROC["bottom"] - side * tp / self.n1
        moves.mark(x, y, "o", RED if p < self.level else INK, 8)
        for i, line in enumerate(self.lines(d.p.size, tp, fp, p)):
            moves.text(WORDS["x"], WORDS["y"] + i * WORDS["step"], line, size=SMALL)

        stays.text(0, 244, "P at the best cut", bold=True)
        stays.text(
            BARS["right"], 258, "all studies, log scale", size=SMALL, colour=SOFT, align="right"
        )
        ends = edges(self.level)
        # the last bar is as long as the others
        span = (BARS["right"] - BARS["left"]) / len(ends)
        for i, count in enumerate(self.counts()):
            right_end = BARS["right"] - i * span
            top = BARS["bottom"] - (BARS["bottom"] - BARS["top"]) * count / max(self.counts())
            if count:
                colour = RED if i >= 6 else BLUE
                moves.box(
                    right_end - span + 0.6, top, right_end - 0.6, BARS["bottom"], colour, 0.75
                )
        at = BARS["right"] - 6 * span
        stays.line([at, at], [BARS["top"] - 6, BARS["bottom"]], INK, 1.2, (3, 2))
        ticks = [(BARS["right"] + span * 6 * math.log(v) / -math.log(self.level), f"{v:g}")
                 for v in (1, 0.01, 0.001)]  # fmt: skip
        stays.line([BARS["left"], BARS["right"]], [BARS["bottom"]] * 2, LINE)
        for place, words in ticks:
            stays.line([place] * 2, [BARS["bottom"], BARS["bottom"] + 4], LINE)
            stays.text(place, BARS["bottom"] + 15, words, size=SMALL, colour=SOFT, align="center")
        stays.text(
            at, BARS["bottom"] + 15, f"{self.level:g}", size=SMALL, bold=True, align="center"
        )

        stays.text(0, 388, f"Studies with P below {self.level:g}", bold=True)
        y = 450.0
        width = STRIP["right"] - STRIP["left"]
        for share, dash in ((self.exact, None), (self.half, (3.0, 2.0))):
            place = STRIP["left"] + width * share
            stays.line([place] * 2, [400, y], ORANGE, 1.8, dash)
        for part, row, hollow in ((d.p, "searched", False), (d.p_half, "half", True)):
            s = self.share(part)
            low, high, value = (STRIP["left"] + width * v for v in (s.low, s.high, s.value))
            moves.line([low, high], [STRIP[row]] * 2, BLUE, 2)
            if hollow:
                moves.mark(value, STRIP[row], "o", PAGE, 7)
            moves.mark(value, STRIP[row], "o", BLUE, 7, hollow)
        y = stays.scale(
            y, [(STRIP["left"] + width * i / 5, f"{20 * i}%") for i in range(6)], top=None
        )

        def swatch(a: float, b: float, hollow: bool) -> None:
            stays.line([a - 11, a + 11], [b, b], BLUE, 2)
            if hollow:
                stays.mark(a, b, "o", PAGE, 7)
            stays.mark(a, b, "o", BLUE, 7, hollow)

        y = _legend(
            stays, y + 12,
            [(lambda a, b: swatch(a, b, False),
              f"at the best cut, with {100 * COVERAGE:g}% interval"),
             (lambda a, b: swatch(a, b, True),
              "the same studies, cut at the half of the patients"),
             (lambda a, b: stays.line([a, a], [b - 6, b + 6], ORANGE, 1.8),
              f"in the long run at the best cut, exact: {_percent(self.exact)}"),
             (lambda a, b: stays.line([a, a], [b - 6, b + 6], ORANGE, 1.8, (3, 2)),
              f"in the long run at the half, exact: {_percent(self.half)}")],
        )  # fmt: skip
        return y, stays, moves

    def lines(self, study: int, tp: int, fp: int, p: float) -> list[str]:
        """What stands beside the curve; the script says the same of its studies."""
        youden = tp / self.n1 - fp / self.n0
        return [
            f"study {whole(study)}",
            "best cut calls",
            f"{tp} of {self.n1} with and",
            f"{fp} of {self.n0} without",
            f"Youden {format_fixed(youden, 3)}",
            f"P = {p_words(p)}",
            "“significant”" if p < self.level else "not significant",
        ]


def p_words(p: float) -> str:
    """A P value with three decimals, as the script writes it."""
    return "below 0.001" if p < 0.001 else format_fixed(p, 3)


def whole(count: int) -> str:
    """A whole number with its thousands apart, as the script writes it."""
    return f"{count:,}".replace(",", "\u202f")


def _percent(share: float) -> str:
    return f"{format_fixed(100 * share, 1)}%"
