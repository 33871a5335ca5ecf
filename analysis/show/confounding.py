"""What stands beside a ratio of a regression and what does not, and how strong something left out
would have to be to explain the ratio away."""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from analysis.checks.margins import crude_measures
from analysis.estimate import confounding as bias
from analysis.estimate.arrangements import STANDARDS, Reach, reach
from analysis.estimate.effect import Estimate, odds_ratio, risk_ratio
from analysis.paper import Coefficient, CountRow, LevelsRow, Paper, RegressionTable
from analysis.show.drawing import SIZE, SMALL, WIDTH, Sheet, check_key, lines_of, text_width
from analysis.show.html import Html
from analysis.show.palette import BLUE, INK, LINE, ORANGE, SOFT, WASH, Colour
from analysis.show.parts import event_group
from analysis.show.sample_size import differs, words_of
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

IN, THROUGH, OUT = "in the model", "through the index", "not in the model"


_SHAPES = {"o": "dot", "D": "diamond"}


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to take a ratio as a risk ratio."""

    key: str
    label: str
    ratio: Estimate
    values: bias.EValues


@dataclass(frozen=True, slots=True)
class Feature:
    """A yes-or-no feature that is printed as counts: its patients with and without the event,
    its own risk ratio (one or more: of the level with the higher risk), and what holding it fixed
    can leave of the ratio in question, however it lies: with Mantel-Haenszel weights, and the least
    with the risks standardised to all patients, to the exposed or to the others."""

    label: str
    variable: str
    place: str
    with_event: int
    without: int
    own: Estimate
    left: Reach
    least: float


class Confounding:
    """What a chapter shows of one row of a regression table whose counts are known.

    `coefficient`: ``table.row``.
    """

    def __init__(self, paper: Paper, coefficient: str):
        self.paper = paper
        table, _, name = coefficient.partition(".")
        found = paper.table(table)
        rows = found.rows if isinstance(found, RegressionTable) else []
        own = [row for row in rows if row.id == name]
        if len(own) != 1 or own[0].ratio is None or own[0].ci is None:
            raise ValueError(f"{coefficient} is no row with a ratio and its limits")
        self.model: RegressionTable = found  # type: ignore[assignment]
        if not self.model.is_one_binary_model:
            raise ValueError(f"{table} is no logistic or log-linear model with several features")
        self.row = own[0]
        crude = crude_measures(paper, self.model, self.row)
        if crude is None:
            raise ValueError(f"the counts of {coefficient} are not exact")
        self.counts = tuple(
            int(crude[key])  # type: ignore[call-overload]
            for key in ("exposed_events", "exposed", "others_events", "others")
        )
        if self.counts[0] == 0 or self.counts[2] == 0:
            raise ValueError(f"one side of {coefficient} has no event")

    # --- what stands in the model --------------------------------------------------------

    def _variable(self, row: Coefficient) -> str | None:
        """The variable of a row of the model: named, or that of its counts or its cut-off."""
        if row.variable is not None:
            return row.variable
        table, name, *_ = (row.margin or row.cut or ".").split(".")
        return next(
            (r.variable for t in self.paper.tables if t.id == table for r in t.rows if r.id == name),
            None,
        )  # fmt: skip

    @cached_property
    def places(self) -> dict[str, str]:
        """Where each compared variable stands: in the model, through an index that does, or not."""
        inside = {self._variable(row) for row in self.model.rows}
        through: set[str] = set()
        for variable in self.paper.variables:
            if variable.formula and variable.id in inside:
                tree = ast.parse(variable.formula, mode="eval")
                through |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        return {
            row.variable: IN if row.variable in inside else THROUGH if row.variable in through else OUT
            for row in self._rows
        }  # fmt: skip

    @property
    def _rows(self):  # type: ignore[no-untyped-def]
        return [row for table in self.paper.tables_of("two_group") for row in table.rows]

    @cached_property
    def features(self) -> list[Feature]:
        """The yes-or-no features that are printed as counts, strongest first."""
        found = []
        event = self.paper.group(self.model.event or event_group(self.paper).id)
        own_groups, asked = self.paper.groups_of(self.model), self._variable(self.row)
        total = self.paper.total_of(self.model)
        named = {row.margin: row.label for row in self.model.rows if row.margin}
        tables = self.paper.tables_of("two_group")
        for id, row, table in ((f"{t.id}.{r.id}", r, t) for t in tables for r in t.rows):
            if row.n or self.paper.groups_of(table) != own_groups:
                continue  # not all patients of the model, or others
            if row.variable == asked:
                continue  # nothing is held fixed against itself
            label = self.paper.variable(row.variable).label
            if isinstance(row, CountRow):
                levels = [(named.get(id, label), row.values)]
            elif isinstance(row, LevelsRow) and len(row.levels) == 2:
                levels = [
                    (named.get(f"{id}.{lv.id}", f"{label}: {_low(lv.label)}"), lv.values)
                    for lv in row.levels
                ]
            else:
                continue
            tried = []
            for name, values in levels:
                cells = {g.id: int(values[g.id].count.value) for g in own_groups}
                a = cells.pop(event.id)
                b = sum(cells.values())
                own = risk_ratio(a, a + b, event.size - a, total - a - b)
                tried.append((own.value, name, a, b, own))
            _, name, a, b, own = max(tried, key=lambda t: t[0])
            if own.value < 1:  # a count row without its other level
                own = Estimate(1 / own.value, 1 / own.high, 1 / own.low)
                name = f"{name}: no"
                a, b = event.size - a, total - event.size - b
            place = self.places[row.variable]
            left = reach(*self.counts, a, b)
            least = min(reach(*self.counts, a, b, weights).low for weights in STANDARDS)
            found.append(Feature(name, row.variable, place, a, b, own, left, least))
        return sorted(found, key=lambda f: -f.own.value)

    # --- how strong something left out must be -------------------------------------------

    @cached_property
    def readings(self) -> dict[str, Reading]:
        """The printed ratio read as a risk ratio and as an odds ratio of a common event, and the
        crude risk ratio of the counts."""
        assert self.row.ratio is not None
        assert self.row.ci is not None
        printed = [float(x) for x in (self.row.ratio, self.row.ci.low, self.row.ci.high)]
        rooted = [bias.as_risk_ratio(x, "odds_ratio", rare=False) for x in printed]
        crude = risk_ratio(*self.counts)
        found = [
            Reading("risk", "Printed, read as a risk ratio", Estimate(*printed),
                    bias.e_values(*printed)),
            Reading("odds", "Printed, read as an odds ratio (its square root)", Estimate(*rooted),
                    bias.e_values(*printed, "odds_ratio")),
            Reading("crude", "Crude risk ratio of the counts", crude,
                    bias.e_values(crude.value, crude.low, crude.high)),
        ]  # fmt: skip
        return {reading.key: reading for reading in found}

    @property
    def strongest(self) -> Feature:
        """The feature in the tables that goes most closely with the event."""
        return self.features[0]

    # --- what is shown -------------------------------------------------------------------

    def places_sheet(self) -> Html:
        """Every compared feature, its printed P value, and where it stands."""
        rows = [
            {
                "Feature": self.paper.variable(row.variable).label,
                "P printed": row.p.text if row.p else None,
                "Groups differ": "yes" if differs(row.p, self.paper.alpha) else "no",
                "Where it stands": self.places[row.variable],
            }
            for row in self._rows
        ]
        order = {IN: 0, THROUGH: 1, OUT: 2}
        rows.sort(key=lambda row: order[str(row["Where it stands"])])
        return paper_rows(rows, label="Every compared feature and where it stands")

    def features_sheet(self) -> Html:
        """Yes-or-no features: strength, and what each can leave of the ratio."""
        return paper_rows(
            [
                {
                    "Feature": f.label,
                    "Patients": f.with_event + f.without,
                    "Its own risk ratio": _estimate(f.own),
                    "Leaves of the crude ratio": f"{_down(f.left.low)} to {_up(f.left.high)}",
                    "Standardised, at the least": _down(f.least),
                }
                for f in self.features
            ],
            label="Yes-or-no features and what each can leave of the ratio",
        )

    def values_sheet(self) -> Html:
        """E-values under each reading."""
        return paper_rows(
            [
                {
                    "Reading": r.label,
                    "As a risk ratio": _estimate(r.ratio),
                    "E-value": f"{r.values.estimate:.2f}",
                    "Of the limit": f"{r.values.limit:.2f}",
                }
                for r in self.readings.values()
            ],
            label="E-values of the ratio and of its lower limit",
        )

    def array_sheet(self, strengths: Sequence[float], shares: Sequence[tuple[int, int]]) -> Html:
        """The ratio that a yes-or-no confounder makes out of nothing, by its risk ratio and by
        its shares (in per cent) among exposed and unexposed patients."""
        rows = []
        for strength in strengths:
            row: dict[str, object] = {"Its ratio": f"{strength:g}"}
            for high, low in shares:
                made = float(bias.confounding_ratio(strength, high / 100, low / 100))
                row[f"{high}%, {low}%"] = f"{made:.2f}"
            rows.append(row)
        return paper_rows(rows, label="Ratio that a confounder makes out of nothing")

    def example(self, strength: float, high: int, low: int) -> dict[str, str]:
        """For the prose: one invented confounder, and what it would leave of the ratio."""
        made = float(bias.confounding_ratio(strength, high / 100, low / 100))
        found = {
            "example.strength": f"{strength:g}", "example.high": f"{high}%",
            "example.low": f"{low}%", "example.makes": f"{made:.2f}",
            "example.hand": (
                f"({high / 100:g} × ({strength:g} − 1) + 1) / ({low / 100:g} × ({strength:g} − 1) + 1)"
                f" = {made:.2f}"
            ),
        }  # fmt: skip
        for key, r in self.readings.items():
            left = Estimate(*(x / made for x in (r.ratio.value, r.ratio.low, r.ratio.high)))
            found[f"example.{key}"] = _estimate(left)
        return found

    def told(self) -> dict[str, str]:
        """For the prose: counts of features, strengths, E-values."""
        if not self.features:
            raise ValueError("no yes-or-no feature of the same patients is printed as counts")
        out = [v for v, place in self.places.items() if place == OUT]
        different = [r.variable for r in self._rows if differs(r.p, self.paper.alpha)]
        worst = min(self.features, key=lambda f: f.left.low)
        harshest = min(self.features, key=lambda f: f.least)
        unmodelled = [f for f in self.features if f.place == OUT]
        least = min(unmodelled, key=lambda f: f.left.low) if unmodelled else worst
        strong = self.strongest
        beside = max(
            (
                row
                for row in self.model.rows
                if row.id != self.row.id and row.ratio and float(row.ratio)
            ),
            key=lambda row: max(float(row.ratio), 1 / float(row.ratio)),  # type: ignore[arg-type]
            default=None,
        )
        a, n1, c, n0 = self.counts
        found = {
            "compared": f"{len(self.places)}",
            "model": f"{len(self.model.rows)}",
            "others_in_model": f"{len(self.model.rows) - 1}",
            "different": f"{len(different)}",
            "different_in": f"{sum(self.places[v] == IN for v in different)}",
            "different_through": f"{sum(self.places[v] == THROUGH for v in different)}",
            "different_out": f"{sum(self.places[v] == OUT for v in different)}",
            "out": f"{len(out)}",
            "out_names": words_of([_low(self.paper.variable(v).label) for v in out]),
            "explaining": f"{sum(min(f.left.low, f.least) <= 1 for f in self.features) or 'none'}",
            "bounded": f"{len(self.features)}",
            "unmodelled": f"{len(unmodelled)}",
            "strong": _low(strong.label),
            "strong_ratio": f"{strong.own.value:.2f}",
            "model_strong": _low(beside.label) if beside else "nothing",
            "model_strong_ratio": beside.ratio.text if beside and beside.ratio else "",
            "worst": _low(worst.label), "worst_left": _down(worst.left.low),
            "harshest": _low(harshest.label), "harshest_left": _down(harshest.least),
            "least": _low(least.label), "least_left": _down(least.left.low),
            "risk_exposed": f"{100 * a / n1:.0f}%", "risk_others": f"{100 * c / n0:.0f}%",
            "crude_hand": f"({a} / {n1}) / ({c} / {n0}) = {a * n0 / (c * n1):.2f}",
            "crude_root": _root_of(self.counts),
            "root": f"{self.readings['odds'].ratio.value:.3f}",
            "printed": self.row.ratio.text if self.row.ratio else "",
            "printed_low": self.row.ci.low.text if self.row.ci else "",
        }  # fmt: skip
        for key, r in self.readings.items():
            needed = float(bias.needed_confounder_event(r.ratio.value, strong.own.value))
            at_limit = float(bias.needed_confounder_event(r.ratio.low, strong.own.value))
            found |= {
                f"{key}.ratio": f"{r.ratio.value:.2f}", f"{key}.low": f"{r.ratio.low:.2f}",
                f"{key}.e": f"{r.values.estimate:.2f}", f"{key}.e_low": f"{r.values.limit:.2f}",
                f"{key}.hand": _by_hand(r.ratio.value), f"{key}.hand_low": _by_hand(r.ratio.low),
                f"{key}.beside": _needed(needed), f"{key}.beside_low": _needed(at_limit),
            }  # fmt: skip
        return found

    # --- drawings ------------------------------------------------------------------------

    def curves(self, key: str) -> Figure:
        """How strong two associations must be together, with the strongest feature measured."""
        from analysis.show.figures import Figure, _legend

        check_key(key)
        most, ticks = 10.0, (1, 2, 3, 5, 10)
        left, right, top, height = 34.0, WIDTH - 12.0, 22.0, 270.0

        def x(u: float) -> float:
            return left + math.log(u) / math.log(most) * (right - left)

        def y(v: float) -> float:
            return top + height * (1 - math.log(v) / math.log(most))

        lines: list[tuple[str, float, float, Colour, tuple[float, ...] | None, str]] = []
        # two colours for two readings, and two shapes for whom the colours look alike
        styles: dict[str, tuple[Colour, str]] = {"risk": (BLUE, "o"), "odds": (ORANGE, "D")}
        for name, (colour, shape) in styles.items():
            r = self.readings[name]
            word = "risk ratio" if name == "risk" else "odds ratio"
            assert r.values.limit is not None
            lines += [
                (f"the printed ratio, read as {_a(word)}", r.ratio.value, r.values.estimate, colour, None, shape),
                (f"its lower limit, read as {_a(word)}", r.ratio.low, r.values.limit, colour, (5, 3), shape),
            ]  # fmt: skip
        sheet = Sheet()
        sheet.text(
            0, 12, "association of what was left out with the event", size=SMALL, colour=SOFT
        )
        for tick in ticks:
            sheet.line([left, right], [y(tick)] * 2, LINE, 0.6)
            sheet.text(left - 6, y(tick) + 4, f"{tick}", size=SMALL, colour=SOFT, align="right")
        strong = self.strongest
        if strong.own.value <= most:
            sheet.line([left, right], [y(strong.own.value)] * 2, INK, 1.2, (1, 3))
        told, data = [], []
        for words, ratio, e, colour, dash, shape in lines:
            # the curve from where it enters the square at the top to where it leaves at the right
            if ratio >= most:
                told.append(f"{words}: {e:.2f} each, outside the plot.")
                continue
            first = float(bias.needed_confounder_event(ratio, most))
            places = [first * (most / first) ** (i / 120) for i in range(121)]
            needed = [float(v) for v in bias.needed_confounder_event(ratio, places)]
            sheet.line([x(u) for u in places], [y(v) for v in needed], colour, 2, dash)
            if e <= most:
                sheet.mark(x(e), y(e), shape, colour, 7)
            told.append(f"{words}: {e:.2f} each, or {needed[-1]:.2f} with {most:g}.")
            for u in (1.5, 2, 3, 5, 10):
                v = float(bias.needed_confounder_event(ratio, u))
                data.append({"Explains away": words, "With the factor": f"{u:g}",
                             "Needed with the event": _needed(v)})  # fmt: skip
        end = sheet.scale(
            top + height, [(x(t), f"{t}") for t in ticks],
            "association of what was left out with the factor (both as risk ratios, log scale)",
        )  # fmt: skip

        def stroke(colour: Colour, dash: tuple[float, ...] | None, shape: str):  # type: ignore[no-untyped-def]
            return lambda a, b: (
                sheet.line([a - 11, a + 11], [b, b], colour, 2, dash),
                sheet.mark(a, b, shape, colour, 7),
            )

        entries = [(stroke(c, d, m), f"can explain away {w}; {_SHAPES[m]}: E-value {e:.2f}")
                   for w, _, e, c, d, m in lines]  # fmt: skip
        entries.append(
            (lambda a, b: sheet.line([a - 11, a + 11], [b, b], INK, 1.2, (1, 3)),
             f"the strongest yes-or-no feature in the tables, {_low(strong.label)}: "
             f"{strong.own.value:.2f} with the event")
        )  # fmt: skip
        end = _legend(sheet, end + 20, entries)
        title = "How strong must something left out be?"
        alt = (
            "Curves of pairs of associations that explain a ratio away: the stronger the one, the "
            f"weaker the other may be. {' '.join(told)} A dotted line marks {_low(strong.label)}, "
            f"{strong.own.value:.2f} with the event."
        )
        return Figure(sheet.svg(end, key, title, alt), alt, data, title)

    def diagrams(self, key: str, factor: str, event: str, cause: str, step: str) -> Figure:
        """Two drawings of causes: something behind factor and event, and a step between them."""
        from analysis.show.figures import Figure

        check_key(key)
        sheet = Sheet()
        panels = [
            (f"Behind both: {cause} as a confounder", cause,
             [("third", "factor"), ("third", "event"), ("factor", "event")]),
            (f"On the way: {step} as a mediator", step,
             [("factor", "third"), ("third", "event"), ("factor", "event")]),
        ]  # fmt: skip
        y, told, data = 14.0, [], []
        for heading, third, arrows in panels:
            for line in lines_of(heading, WIDTH):
                sheet.text(0, y, line, bold=True)
                y += 15
            names = {"factor": factor, "event": event, "third": third}
            boxes = {
                "third": _box(sheet, names["third"], WIDTH / 2, y + 2),
                "factor": _box(sheet, factor, 72.0, y + 86),
                "event": _box(sheet, event, WIDTH - 72.0, y + 86),
            }
            for start, end in arrows:
                asked = (start, end) == ("factor", "event")
                _arrow(sheet, boxes[start], boxes[end], SOFT if asked else INK, asked)
                told.append(f"{names[start]} to {names[end]}" + (" (in question)" if asked else ""))
                data.append({"Drawing": heading, "From": names[start], "To": names[end],
                             "In question": "yes" if asked else "no"})  # fmt: skip
            y = boxes["factor"][3] + 34
        title = "Two ways in which a feature can stand to factor and event"
        alt = "; ".join(
            f"{heading}: arrows from {words_of(told[3 * i : 3 * i + 3])}"
            for i, (heading, _, _) in enumerate(panels)
        )
        return Figure(sheet.svg(y - 20, key, title, f"{alt}."), f"{alt}.", data, title)


_Box = tuple[float, float, float, float]


def _box(sheet: Sheet, text: str, middle: float, top: float) -> _Box:
    lines = lines_of(text, 118)
    half = max(text_width(line) for line in lines) / 2 + 9
    box = (middle - half, top, middle + half, top + 14 * len(lines) + 12)
    sheet.box(*box, WASH, 1.0, INK)
    for i, line in enumerate(lines):
        sheet.text(middle, top + 17 + 14 * i, line, size=SIZE, align="center")
    return box


def _arrow(sheet: Sheet, start: _Box, end: _Box, colour: Colour, asked: bool) -> None:
    """An arrow from the edge of one box to that of another; dashed with a ? if asked about."""
    (ax, ay), (bx, by) = _middle(start), _middle(end)
    x0, y0 = _edge(start, bx, by)
    x1, y1 = _edge(end, ax, ay)
    length = math.hypot(x1 - x0, y1 - y0)
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    x0, y0, x1, y1 = x0 + 3 * dx, y0 + 3 * dy, x1 - 3 * dx, y1 - 3 * dy
    sheet.line([x0, x1], [y0, y1], colour, 1.6, (4, 3) if asked else None)
    wings = [(x1 - 8 * dx - s * 4 * dy, y1 - 8 * dy + s * 4 * dx) for s in (1, -1)]
    sheet.area([x1, wings[0][0], wings[1][0]], [y1, wings[0][1], wings[1][1]], colour, 1.0)
    if asked:
        sheet.text((x0 + x1) / 2, (y0 + y1) / 2 - 6, "?", bold=True, align="center", colour=colour)


def _middle(box: _Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _edge(box: _Box, to_x: float, to_y: float) -> tuple[float, float]:
    """Where the line from the middle of a box to a point leaves the box."""
    x, y = _middle(box)
    dx, dy = to_x - x, to_y - y
    reaches = [abs(half / d) for half, d in ((box[2] - x, dx), (box[3] - y, dy)) if abs(d) > 1e-9]
    share = min(reaches)
    return x + share * dx, y + share * dy


def _by_hand(ratio: float) -> str:
    return f"{ratio:.3f} + √({ratio:.3f} × ({ratio:.3f} − 1)) = {bias.e_value(ratio):.2f}"


def _root_of(counts: tuple[int, ...]) -> str:
    """The square root of the odds ratio of four counts."""
    return f"{bias.as_risk_ratio(odds_ratio(*counts).value, 'odds_ratio', rare=False):.2f}"


def _needed(strength: float) -> str:
    return "no strength" if math.isinf(strength) else f"{strength:.2f}"


def _estimate(found: Estimate) -> str:
    return f"{found.value:.2f} ({found.low:.2f} to {found.high:.2f})"


def _down(value: float) -> str:
    if math.isinf(value):
        return "no limit"
    return f"{math.floor(value * 100 + 1e-9) / 100:.2f}"


def _up(value: float) -> str:
    return "no limit" if math.isinf(value) else f"{math.ceil(value * 100 - 1e-9) / 100:.2f}"


def _low(text: str) -> str:
    """A label inside a sentence: its first letter small, unless it is a name or letters."""
    word = text.partition(" ")[0]
    return text if word[1:] != word[1:].lower() else text[:1].lower() + text[1:]


def _a(word: str) -> str:
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
