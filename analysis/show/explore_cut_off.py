"""An explorer: the cut-off of one marker moves along the ROC curve of a simulated cohort, and its
2×2 table, shares, likelihood ratios and predictive values follow.

The cohort is the first that stands by the record: nobody chose it.  Counts and intervals of every
cut are computed here; the script looks them up, and applies Bayes' theorem to the prevalence that
the reader sets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.cohort import MARK, load_cohort
from analysis.estimate import roc, usefulness
from analysis.estimate.accuracy import share
from analysis.estimate.usefulness import Counts
from analysis.paper import Paper
from analysis.printed import format_fixed
from analysis.show.explorer import explorer
from analysis.show.html import Html
from analysis.show.parts import event_group
from analysis.show.tables import paper_rows
from analysis.show.usefulness import counts_of

if TYPE_CHECKING:
    from analysis.show.drawing import Sheet

NAME = "cut_off"
COVERAGE = 0.95
ROWS = 10  # of the table of cuts behind the plot

# points of the sheet, which are also the units that the script draws in
ROC = {"left": 46.0, "right": 276.0, "top": 26.0, "bottom": 256.0}
STRIP = {"left": 14.0, "right": 346.0, "top": 322.0, "bottom": 372.0}


def explore_cut(paper: Paper, row: str, key: str, patients: pd.DataFrame | None = None) -> Html:
    """The explorer for a row of a ROC table (``table2.marker``).

    Raises ValueError where no cohorts stand by the record, where the row prints no cut-off or its
    shares leave the counts open, and where the cohort has no cut that prints as this one does.
    """
    view = View(paper, row, key, patients)
    return explorer(NAME, view.data(), view.still())


def prevalences(own: float) -> list[float]:
    """What the reader can set: every whole percentage, and `own` among them."""
    return sorted({*(i / 100 for i in range(1, 100)), own})


@dataclass(frozen=True)
class View:
    """What is shown of one row and one cohort."""

    paper: Paper
    row_id: str
    key: str
    patients: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        rows = {f"{t.id}.{r.id}" for t in self.paper.tables_of("roc") for r in t.rows}
        if self.row_id not in rows:
            raise ValueError(f"{self.row_id} is no row of a ROC table, there are {', '.join(rows)}")
        if self.row.threshold is None or self.row.auc is None:
            raise ValueError(f"{self.row_id} prints no cut-off or no area")

    # --- numbers ---

    @cached_property
    def table(self) -> Any:
        """The ROC table."""
        return self.paper.table(self.row_id.split(".")[0])

    @cached_property
    def row(self) -> Any:
        """The row of the marker."""
        return next(r for r in self.table.rows if f"{self.table.id}.{r.id}" == self.row_id)

    @cached_property
    def cohorts(self) -> pd.DataFrame:
        """All cohorts."""
        if self.patients is not None:
            return self.patients
        if self.paper.folder is None:
            raise ValueError("the record was read from no folder, so no cohorts stand by it")
        return load_cohort(self.paper.folder / "cohorts.parquet")

    @cached_property
    def groups(self) -> tuple[np.ndarray, np.ndarray]:
        """The marker of the patients of the first cohort, with and without the event."""
        own = self.cohorts[self.cohorts["cohort"] == self.cohorts["cohort"].min()]
        event = (own["group"] == self.table.positive).to_numpy()
        marker = own[self.row.variable].to_numpy(float)
        return marker[event], marker[~event]

    @cached_property
    def curve(self) -> roc.Curve:
        """The ROC curve, with every cut."""
        return roc.curve(*self.groups, direction=self.row.direction)

    @cached_property
    def printed(self) -> int:
        """The place of the cut that prints as the paper's; its counts are the paper's too."""
        wanted, c = counts_of(self.paper, self.table, self.row), self.curve
        for i, cut in enumerate(c.thresholds):
            if (
                math.isfinite(cut)
                and self.row.threshold.shows(float(cut))
                and (int(c.true_positive[i]), int(c.false_positive[i]))
                == (wanted.true_positive, wanted.false_positive)
            ):
                return i
        raise ValueError(f"no cut of the first cohort prints as {self.row_id}")

    def counts(self, i: int) -> Counts:
        """The 2×2 table at the cut in place `i`."""
        c = self.curve
        tp, fp = int(c.true_positive[i]), int(c.false_positive[i])
        return Counts(tp, c.positive - tp, fp, c.negative - fp)

    def cut_words(self, i: int) -> str:
        """The cut in place `i` with the decimals of the printed one, or how few it calls."""
        cut = float(self.curve.thresholds[i])
        if math.isfinite(cut):
            return format_fixed(cut, self.row.threshold.decimals)
        return "calls everybody" if i == 0 else "calls nobody"

    # --- words ---

    @cached_property
    def event(self) -> str:
        """The event as a word in a sentence."""
        label = event_group(self.paper).label
        return label[:1].lower() + label[1:]

    @cached_property
    def sides(self) -> tuple[str, str]:
        """The two sides of a cut."""
        high = self.row.direction == "higher"
        return ("At or above", "Below") if high else ("At or below", "Above")

    @cached_property
    def marker(self) -> str:
        """The name of the marker."""
        return self.paper.variable(self.row.variable).label

    # --- for the script ---

    def data(self) -> dict[str, Any]:
        """The numbers for the script, rounded so that every run writes the same text."""
        c = self.curve
        own = self.counts(self.printed).prevalence
        offered = prevalences(own)
        return {
            "cuts": [self.cut_words(i) for i in range(c.thresholds.size)],
            "at": [round(float(v), 4) if math.isfinite(v) else None for v in c.thresholds],
            "tp": c.true_positive.tolist(),
            "fp": c.false_positive.tolist(),
            "n1": c.positive,
            "n0": c.negative,
            "limits1": _limits(c.positive),
            "limits0": _limits(c.negative),
            "printed": self.printed,
            "prevalences": [round(p, 9) for p in offered],
            "own": offered.index(own),
            "event": self.event,
            "begin": f"{MARK[:1].upper()}{MARK[1:]}.",
            "controls": f"Move the cut-off of the {self.marker.lower()}",
            "sides": [side.lower() for side in self.sides],
            "places": {"roc": ROC, "strip": STRIP | {"ends": list(self.ends)}},
        }

    # --- tables ---

    def _square(self) -> Html:
        """The 2×2 table at the printed cut; the script writes other counts into it."""
        t = self.counts(self.printed)
        cells = {
            self.sides[0]: ("tp", t.true_positive, "fp", t.false_positive),
            self.sides[1]: ("fn", t.false_negative, "tn", t.true_negative),
            "All": ("n1", t.with_event, "n0", t.without_event),
        }
        called = {"tp": "called", "fn": "cleared", "n1": "n"}
        names = [g.label for g in self.paper.groups]
        other = next(g.label for g in self.paper.groups if g.id != self.table.positive)
        first = next(g.label for g in self.paper.groups if g.id == self.table.positive)
        rows = [
            {
                "Cut-off": side,
                first: _value(one, f"{a}"),
                other if len(names) == 2 else "Others": _value(two, f"{b}"),
                "All": _value(called[one], f"{a + b}"),
            }
            for side, (one, a, two, b) in cells.items()
        ]
        return paper_rows(rows, label=f"Patients of one cohort by the cut-off, {MARK}")

    def _measures(self) -> Html:
        """What the table comes to; the script writes other values into it."""
        return paper_rows(
            [
                {"Measure": name, "Value": _value(id, text)}
                for id, (name, text) in self.measures(
                    self.printed, self.counts(self.printed).prevalence
                ).items()
            ],
            label=f"Measures at the cut-off, {MARK}",
        )

    def measures(self, i: int, prevalence: float) -> dict[str, tuple[str, str]]:
        """By short name: the name and the words of each measure at the cut in place `i`; the
        script must write the same."""
        t = self.counts(i)
        plus, minus = usefulness.likelihood_ratios(t, COVERAGE)
        ppv, npv = usefulness.predictive_values(t.sensitivity, t.specificity, prevalence)
        return {
            "se": ("Sensitivity", share_words(t.true_positive, t.with_event)),
            "sp": ("Specificity", share_words(t.true_negative, t.without_event)),
            "plus": ("Likelihood ratio if positive", ratio_words(plus.value)),
            "minus": ("Likelihood ratio if negative", ratio_words(minus.value)),
            "ppv": ("Positive predictive value", percent_words(float(ppv))),
            "npv": ("Negative predictive value", percent_words(float(npv))),
        }

    def _cuts(self) -> Html:
        """Some of the cuts, spread over the patients, and the printed one."""
        c = self.curve
        called = c.true_positive + c.false_positive
        n = c.positive + c.negative
        places = {int(np.abs(called - n * k / ROWS).argmin()) for k in range(1, ROWS)}
        rows = []
        for i in sorted(places | {self.printed}):
            t = self.counts(i)
            found = self.measures(i, t.prevalence)
            rows.append(
                {
                    "Cut-off": self.cut_words(i) + (", printed" if i == self.printed else ""),
                    "With, found": f"{t.true_positive} of {t.with_event}",
                    "Without, called": f"{t.false_positive} of {t.without_event}",
                    "Sensitivity": format_fixed(t.sensitivity, 3),
                    "Specificity": format_fixed(t.specificity, 3),
                    "PPV": found["ppv"][1],
                    "NPV": found["npv"][1],
                }
            )
        return paper_rows(rows, label=f"Some cuts of the curve, {MARK}")

    # --- drawing ---

    def still(self) -> Html:
        """The curve at the printed cut, its tables, and the table of some cuts."""
        from analysis.show.layers import layered

        title = f"The ROC curve of the {self.marker.lower()} in one cohort"
        height, stays, moves = self._sheets()
        svg = layered(stays, moves, height, self.key, title, self._alt())
        square, measures, cuts = self._square(), self._measures(), self._cuts()
        html = (
            f'<div class="reread-figure"><div class="reread-panels reread-explore">{svg}\n'
            f'<div class="reread-explore-tables">{square.html}\n{measures.html}</div></div>\n'
            '<details class="reread-numbers"><summary>The numbers behind this plot</summary>\n'
            f"{cuts.html}\n</details></div>"
        )
        text = "\n".join([f"{title}. {self._alt()}", square.text, measures.text, cuts.text])
        return Html(html, text)

    def _alt(self) -> str:
        t = self.counts(self.printed)
        return (
            f"{MARK[:1].upper()}{MARK[1:]}. The curve has an area of "
            f"{format_fixed(self.curve.auc, 3)}, printed {self.row.auc.text}. The printed cut-off, "
            f"{self.row.threshold.text}, is a point on it with sensitivity "
            f"{format_fixed(t.sensitivity, 3)} and specificity {format_fixed(t.specificity, 3)}: "
            f"{t.true_positive} of {t.with_event} patients with {self.event} found, "
            f"{t.false_positive} of {t.without_event} without called too."
        )

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The ends of the scale of the marker."""
        values = np.concatenate(self.groups)
        step = _step(float(values.max() - values.min()))
        return (
            math.floor(float(values.min()) / step) * step,
            math.ceil(float(values.max()) / step) * step,
        )

    def _sheets(self) -> tuple[float, Sheet, Sheet]:
        from analysis.show.drawing import SMALL, Sheet
        from analysis.show.figures import _ACROSS, _legend
        from analysis.show.palette import BLUE, INK, LINE, ORANGE, RED, SOFT

        stays, moves = Sheet(), Sheet()
        cohorts = self.cohorts["cohort"].nunique()
        stays.text(0, 12, "ROC curve", bold=True)
        stays.text(
            stays.width, 12, f"the first of {cohorts} cohorts, {MARK}",
            size=SMALL, colour=SOFT, align="right",
        )  # fmt: skip
        side = ROC["right"] - ROC["left"]

        def x(share: float) -> float:
            return ROC["left"] + side * share

        def y(share: float) -> float:
            return ROC["bottom"] - side * share

        for i in range(6):
            stays.line([x(i / 5)] * 2, [ROC["top"], ROC["bottom"]], LINE, 0.6)
            stays.line([ROC["left"], ROC["right"]], [y(i / 5)] * 2, LINE, 0.6)
            stays.text(
                x(i / 5), ROC["bottom"] + 14, f"{i / 5:g}", size=SMALL, colour=SOFT, align="center"
            )
            stays.text(
                ROC["left"] - 6, y(i / 5) + 4, f"{i / 5:g}", size=SMALL, colour=SOFT, align="right"
            )
        stays.text(
            (ROC["left"] + ROC["right"]) / 2,
            ROC["bottom"] + 29,
            _ACROSS,
            size=SMALL,
            align="center",
        )
        stays.text(
            12, (ROC["top"] + ROC["bottom"]) / 2, "sensitivity", size=SMALL, align="center", turn=90
        )
        c = self.curve
        xs = [x(v) for v in c.false_positive / c.negative]
        ys = [y(v) for v in c.sensitivity]
        stays.line([x(0), x(1)], [y(0), y(1)], SOFT, 1, (3, 2))
        stays.line(xs, ys, BLUE, 2)
        for i, words in enumerate(("area", format_fixed(c.auc, 3), "printed", self.row.auc.text)):
            stays.text(
                288, 44 + 15 * i + (5 if i > 1 else 0), words, size=SMALL,
                colour=INK if i % 2 else SOFT,
            )  # fmt: skip

        here_x, here_y = xs[self.printed], ys[self.printed]
        moves.line([ROC["left"], here_x], [here_y] * 2, ORANGE, 1.2, (2, 2))
        moves.line([here_x] * 2, [here_y, ROC["bottom"]], ORANGE, 1.2, (2, 2))
        moves.mark(here_x, here_y, "o", ORANGE, 14, True)
        stays.mark(here_x, here_y, "D", INK, 6)

        name = self.marker
        stays.text(0, 306, name, bold=True)
        low, high = self.ends
        scale = (STRIP["right"] - STRIP["left"]) / (high - low)
        middle = (STRIP["top"] + STRIP["bottom"]) / 2
        for values, colour, top, bottom in (
            (self.groups[0], RED, STRIP["top"], middle - 2),
            (self.groups[1], BLUE, middle + 2, STRIP["bottom"]),
        ):
            places = STRIP["left"] + (np.sort(values) - low) * scale
            gaps = np.full(places.size, math.nan)
            stays.line(
                np.column_stack([places, places, gaps]).ravel().tolist(),
                np.tile([top, bottom, math.nan], places.size).tolist(),
                colour, 0.9,
            )  # fmt: skip
        at = STRIP["left"] + (float(c.thresholds[self.printed]) - low) * scale
        stays.mark(at, STRIP["bottom"] + 5, "D", INK, 6)
        moves.line([at] * 2, [STRIP["top"] - 6, STRIP["bottom"]], ORANGE, 2.2)
        ticks = _ticks(low, high)
        end = stays.scale(
            STRIP["bottom"] + 10, [(STRIP["left"] + (t - low) * scale, f"{t:g}") for t in ticks]
        )
        names = {g.id: g.label for g in self.paper.groups}
        other = next((v for k, v in names.items() if k != self.table.positive), "Others")
        end = _legend(
            stays, end + 12,
            [(lambda a, b: stays.mark(a, b, "o", ORANGE, 12, True), "the cut-off, which you can move"),
             (lambda a, b: stays.mark(a, b, "D", INK, 6), f"as printed, {self.row.threshold.text}"),
             (lambda a, b: stays.line([a, a], [b - 6, b + 6], RED, 1.6),
              f"upper row: {names[self.table.positive].lower()}, one stroke a patient"),
             (lambda a, b: stays.line([a, a], [b - 6, b + 6], BLUE, 1.6),
              f"lower row: {other.lower()}")],
        )  # fmt: skip
        return end, stays, moves


# --- words for numbers; the script writes the same ---


def share_words(count: int, of: int) -> str:
    """A share with Wilson's interval: ``0.768 (0.681 to 0.836)``."""
    found = share(count, of, COVERAGE)
    value, low, high = (format_fixed(v, 3) for v in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})"


def ratio_words(ratio: float) -> str:
    """A likelihood ratio: ``2.36``, ``∞``, or that nobody has this result."""
    return "nobody has it" if math.isnan(ratio) else format_fixed(ratio, 2)


def percent_words(value: float) -> str:
    """A predictive value: ``62.3%``, or that nobody has this result."""
    return "nobody has it" if math.isnan(value) else f"{format_fixed(100 * value, 1)}%"


def _value(id: str, text: str) -> Html:
    return Html(f'<span data-value="{id}">{text}</span>', text)


def _limits(n: int) -> list[list[float]]:
    found = [share(k, n, COVERAGE) for k in range(n + 1)]
    return [[round(s.low, 7), round(s.high, 7)] for s in found]


def _step(width: float) -> float:
    """A round step of which five to twelve fill `width`."""
    power = 10.0 ** math.floor(math.log10(width / 5))
    return max(s * power for s in (1, 2, 5) if s * power <= width / 5)


def _ticks(low: float, high: float) -> list[float]:
    step = _step(high - low)
    return [low + i * step for i in range(round((high - low) / step) + 1)]
