"""How many patients a regression needed: the candidates of the tables counted, the rule of events
per variable, the criteria of Riley, and how exactly an area can be known."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from analysis.checks.margins import crude_measures
from analysis.estimate import sample_size as needed
from analysis.estimate.roc import EstimateError, normal_quantile
from analysis.paper import LevelsRow, Paper, RocRow, RocTable
from analysis.printed import Printed, format_fixed
from analysis.show.checklists import events_per_variable
from analysis.show.html import Html
from analysis.show.parts import event_group
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

# what to assume of R² when nothing is known: this share of the largest (Riley 2020)
NOTHING_KNOWN = Fraction(15, 100)
# the criteria as they are usually set (Riley 2019, 2020)
SHRINKAGE, OPTIMISM, MARGIN, MEAN_ERROR = (Fraction(x, 100) for x in (90, 5, 5, 5))
HALF_WIDTH = Fraction(5, 100)


@dataclass(frozen=True, slots=True)
class Counted:
    """One way to count the parameters of a model."""

    key: str
    label: str
    parameters: int


class SampleSize:
    """What a chapter shows of the size of a study.

    `marker`: the row of a ROC table whose area says how much a model may explain; `wish`: the
    number of the record that is the wanted events per variable; `most`: that of the most
    variables planned.
    """

    def __init__(self, paper: Paper, marker: str, wish: str, most: str):
        self.paper = paper
        table, _, name = marker.partition(".")
        found = paper.table(table)
        rows = [r for r in found.rows if r.id == name] if isinstance(found, RocTable) else []
        if len(rows) != 1:
            raise ValueError(f"{marker} is no row of a ROC table")
        self.marker: RocRow = rows[0]
        self.marker_id = marker
        self.wish, self.most = (int(paper.number(number).value) for number in (wish, most))
        self.events, self.patients = event_group(paper).size, paper.total
        self.share = self.events / self.patients
        self.auc = float(self.marker.auc)
        self.from_auc = needed.cox_snell_from_auc(self.auc, self.share)
        self.unknown = needed.cox_snell_from_nagelkerke(float(NOTHING_KNOWN), self.share)

    # --- what is counted -----------------------------------------------------------------

    @cached_property
    def compared(self) -> dict[str, int]:
        """Parameters of each variable that the two-group tables compare, and of each marker
        that stands in a ROC table alone: one, or the levels less one."""
        found: dict[str, int] = {}
        for table in self.paper.tables_of("two_group"):
            for row in table.rows:
                found[row.variable] = len(row.levels) - 1 if isinstance(row, LevelsRow) else 1
        for row in self._markers:
            found.setdefault(row.variable, 1)
        return found

    @property
    def _markers(self) -> list[RocRow]:
        return [row for table in self.paper.tables_of("roc") for row in table.rows]

    @property
    def cuts(self) -> int:
        """Markers with a cut-off called best."""
        return sum(row.threshold is not None for row in self._markers)

    @cached_property
    def counted(self) -> dict[str, Counted]:
        """The ways to count, fewest parameters first."""
        final = sum(len(table.rows) for table in self.paper.tables_of("regression"))
        different = {
            row.variable
            for table in self.paper.tables_of("two_group")
            for row in table.rows
            if differs(row.p, self.paper.alpha)
        }
        all_ = sum(self.compared.values())
        ways = [
            Counted("final", "In the final model", final),
            Counted("different", "Different in the groups", sum(self.compared[v] for v in different)),
            Counted("planned", "Planned at most", self.most),
            Counted("all", "All that were compared", all_),
            Counted("cuts", "And every searched cut-off", all_ + self.cuts),
        ]  # fmt: skip
        return {way.key: way for way in sorted(ways, key=lambda way: way.parameters)}

    # --- what is needed ------------------------------------------------------------------

    def criteria(self, parameters: int, cox_snell: float) -> needed.Criteria:
        """The four criteria for so many parameters."""
        return needed.riley(
            parameters, self.share, cox_snell,
            *(float(x) for x in (SHRINKAGE, OPTIMISM, MARGIN, MEAN_ERROR)),
        )  # fmt: skip

    def met(self, parameters: int) -> tuple[int, int]:
        """Of the criteria that depend on the number of parameters, how many the patients meet if
        the model does as well as the marker, and how many there are."""
        found = self.criteria(parameters, self.from_auc)
        wanted = [found.shrinkage, found.optimism, found.mean_error]
        known = [n for n in wanted if n is not None]
        return sum(n <= self.patients for n in known), len(known)

    def by_rule(self, parameters: int) -> int:
        """Patients by the paper's rule at the share of events that was seen."""
        return needed.patients_for_events_per_variable(parameters, self.share, self.wish)

    def shrinkage(self, parameters: int, cox_snell: float) -> str:
        """The shrinkage to be expected with the patients there were, to two decimals."""
        try:
            return f"{needed.expected_shrinkage(self.patients, parameters, cox_snell):.2f}"
        except EstimateError:
            return "none fits"

    def carried(self, fits: Callable[[int], bool]) -> int:
        """The most parameters, up to those of the rule for the mean error, that still fit."""
        return max((p for p in range(1, needed.MEAN_ERROR_PARAMETERS + 1) if fits(p)), default=0)

    # --- what is shown -------------------------------------------------------------------

    def counts_sheet(self) -> Html:
        """Events per parameter and the shrinkage to be expected, for every way to count."""
        return paper_rows(
            [
                {
                    "What is counted": way.label,
                    "Parameters": way.parameters,
                    "Events for each": format_fixed(Fraction(self.events, way.parameters), 1),
                    "Shrinkage": f"{self.shrinkage(way.parameters, self.from_auc)} or "
                    f"{self.shrinkage(way.parameters, self.unknown)}",
                }
                for way in self.counted.values()
            ],
            label="Parameters counted, events for each, and shrinkage",
        )

    def criteria_sheet(self, *ways: str) -> Html:
        """Patients by each criterion, for some ways to count."""
        chosen = [self.counted[way] for way in ways]
        rows = []
        for name, key, of_auc in (
            ("Little overfitting", "shrinkage", True),
            ("The same, if nothing is known", "shrinkage", False),
            ("Explained variation not flattered", "optimism", True),
            ("Overall risk", "overall_risk", True),
            ("Each patient's risk", "mean_error", True),
        ):
            row: dict[str, object] = {"Criterion": name}
            for way in chosen:
                found = self.criteria(way.parameters, self.from_auc if of_auc else self.unknown)
                row[f"{way.label} ({way.parameters})"] = _enough(getattr(found, key), self.patients)
            rows.append(row)
        rule: dict[str, object] = {"Criterion": f"Rule of {self.wish} events"}
        for way in chosen:
            wanted = self.by_rule(way.parameters)
            rule[f"{way.label} ({way.parameters})"] = _enough(wanted, self.patients)
        return paper_rows([rule, *rows], label="Patients that each criterion asks for")

    def areas_sheet(self) -> Html:
        """Printed standard errors of areas beside those of the planner's formula."""
        rows = []
        for table in self.paper.tables_of("roc"):
            with_event = self.paper.group(table.positive).size
            for row in table.rows:
                expected = needed.auc_standard_error(
                    float(row.auc), with_event, self.patients - with_event
                )
                rows.append(
                    {
                        "Marker": self.paper.variable(row.variable).label,
                        "Area": row.auc.text,
                        "Printed": row.se.text if row.se else None,
                        "Expected": f"{expected:.3f}",
                        "Needed": needed.patients_for_auc(
                            float(row.auc), with_event / self.patients, float(HALF_WIDTH)
                        ),
                    }
                )
        return paper_rows(rows, label="Standard errors of the areas, printed and expected")

    def told(self) -> dict[str, str]:
        """For the prose: counts, patients needed, shrinkage, parameters carried, the area."""
        found: dict[str, str] = {}
        for way in self.counted.values():
            p = way.parameters
            found |= {
                f"{way.key}.parameters": f"{p}",
                f"{way.key}.events": events_per_variable(self.paper, p),
                f"{way.key}.rule": f"{self.by_rule(p)}",
                f"{way.key}.little": f"{self.criteria(p, self.from_auc).shrinkage}",
                f"{way.key}.met": "{} of {}".format(*self.met(p)),
                f"{way.key}.needed": f"{self.criteria(p, self.from_auc).patients}",
                f"{way.key}.needed_unknown": f"{self.criteria(p, self.unknown).patients}",
                f"{way.key}.shrinkage": self.shrinkage(p, self.from_auc),
                f"{way.key}.shrinkage_unknown": self.shrinkage(p, self.unknown),
                f"{way.key}.lost": _lost(self.shrinkage(p, self.from_auc)),
                f"{way.key}.lost_unknown": _lost(self.shrinkage(p, self.unknown)),
            }
        n = self.patients
        overall = self.criteria(1, self.from_auc).overall_risk
        margin = normal_quantile(0.95) * math.sqrt(self.share * (1 - self.share) / n)
        expected = needed.auc_standard_error(self.auc, self.events, n - self.events)
        carried = {
            "carried_rule": lambda p: self.by_rule(p) <= n,
            "carried": lambda p: self.criteria(p, self.from_auc).shrinkage <= n,
            "carried_unknown": lambda p: self.criteria(p, self.unknown).shrinkage <= n,
            "carried_error": lambda p: (self.criteria(p, self.from_auc).mean_error or n + 1) <= n,
        }
        return found | {key: f"{self.carried(fits)}" for key, fits in carried.items()} | {
            "wish": f"{self.wish}",
            "rows": f"{len(self.compared)}",
            "cuts": f"{self.cuts}",
            "events": f"{self.events}",
            "patients": f"{n}",
            "share": f"{self.share:.2f}",
            "auc": self.marker.auc.text,
            "auc_error": self.marker.se.text if self.marker.se else "not printed",
            "auc_reach": self._reach(),
            "auc_expected": f"{expected:.3f}",
            "auc_patients": f"{needed.patients_for_auc(self.auc, self.share, float(HALF_WIDTH))}",
            "half_width": format_fixed(HALF_WIDTH, 2),
            "explained": _percent(self._nagelkerke(self.from_auc)),
            "explained_cut": "an unknown share" if self.at_cut is None
            else _percent(self._nagelkerke(self.at_cut)),
            "explained_unknown": _percent(NOTHING_KNOWN),
            "kept": _percent(SHRINKAGE),
            "overall": f"{overall}",
            "margin": f"{100 * margin:.1f}",
            "margin_wanted": format_fixed(100 * MARGIN, 0),
            "error": f"{100 * needed.expected_mean_error(n, self.counted['all'].parameters, self.share):.0f}",
            "shrinkage_hand": self.shrinkage_by_hand(self.counted["all"].parameters),
        }  # fmt: skip

    @cached_property
    def at_cut(self) -> float | None:
        """Cox-Snell R² of the marker at its cut-off, exactly, from the counts behind a row of a
        regression table; None without such a row or where its counts are open."""
        for table in self.paper.tables_of("regression"):
            for row in table.rows:
                found = (
                    crude_measures(self.paper, table, row) if row.cut == self.marker_id else None
                )
                if found is not None:
                    a, n1, c, n0 = (
                        int(found[key])  # type: ignore[call-overload]
                        for key in ("exposed_events", "exposed", "others_events", "others")
                    )
                    apart = _entropy(self.events, self.patients)
                    left = _entropy(a, n1) + _entropy(c, n0)
                    return 1 - math.exp(-2 * (apart - left) / self.patients)
        return None

    def _reach(self) -> str:
        """Half the printed interval of the area."""
        ci = self.marker.ci
        if ci is None:
            return "not printed"
        return format_fixed((ci.high.value - ci.low.value) / 2, ci.high.decimals)

    def _nagelkerke(self, cox_snell: float) -> float:
        return cox_snell / needed.largest_cox_snell(self.share)

    def shrinkage_by_hand(self, parameters: int) -> str:
        """Patients for little overfitting as a line, with the digits shown."""
        s = float(SHRINKAGE)
        each = needed.largest_parameters(1, self.from_auc, s)
        wanted = self.criteria(parameters, self.from_auc).shrinkage
        return (
            f"(1 − {s:g}) × −ln(1 − {self.from_auc:.4f} / {s:g}) = {each:.5f}; "
            f"{parameters} / {each:.5f} = {parameters / each:.1f}, so {wanted} patients"
        )

    def plot(self, key: str) -> Figure:
        """Patients needed over the number of parameters, with the study marked."""
        last = max(way.parameters for way in self.counted.values()) + 2
        over = range(1, min(last, needed.MEAN_ERROR_PARAMETERS) + 1)
        curves = [
            (f"little overfitting, if nothing is known (R² {_percent(NOTHING_KNOWN)} of its most)",
             [self.criteria(p, self.unknown).shrinkage for p in over]),
            ("each patient's risk",
             [self.criteria(p, self.from_auc).mean_error or 0 for p in over]),
            (f"little overfitting, if the model reaches an AUC of {self.marker.auc.text}",
             [self.criteria(p, self.from_auc).shrinkage for p in over]),
            (f"the rule of {self.wish} events", [self.by_rule(p) for p in over]),
        ]  # fmt: skip
        return _draw(self, key, list(over), curves)


def _draw(
    study: SampleSize, key: str, over: list[int], curves: list[tuple[str, list[int]]]
) -> Figure:
    from analysis.show.drawing import SMALL, WIDTH, Sheet, check_key
    from analysis.show.figures import Figure, _legend, _ticks
    from analysis.show.palette import BLUE, GREEN, INK, LINE, ORANGE, SOFT

    check_key(key)
    styles = [(ORANGE, (8, 2, 2, 2)), (GREEN, (6, 2)), (BLUE, None), (SOFT, (2, 2))]
    left, right, top, height = 38.0, WIDTH - 10.0, 22.0, 230.0
    levels = _ticks(0, max(max(values) for _, values in curves))
    most = levels[-1]
    sheet = Sheet()

    def x(p: float) -> float:
        return left + (p - 1) / (over[-1] - 1) * (right - left)

    def y(n: float) -> float:
        return top + height * (1 - n / most)

    sheet.text(0, 12, "patients needed", size=SMALL, colour=SOFT)
    for level in levels:
        sheet.line([left, right], [y(level)] * 2, LINE, 0.6)
        sheet.text(left - 6, y(level) + 4, f"{level:g}", size=SMALL, colour=SOFT, align="right")
    for (_, values), (colour, dash) in zip(curves, styles, strict=True):
        sheet.line([x(p) for p in over], [y(n) for n in values], colour, 2, dash)
    sheet.line([left, right], [y(study.patients)] * 2, INK, 1.4)
    ways = list(study.counted.values())
    for way in ways:
        sheet.mark(x(way.parameters), y(study.patients), "o", INK, 8)
    ticks = [1, *range(5, over[-1] + 1, 5)]
    end = sheet.scale(top + height, [(x(t), f"{t}") for t in ticks], "parameters of the model")

    def stroke(colour, dash):  # type: ignore[no-untyped-def]
        return lambda a, b: sheet.line([a - 11, a + 11], [b, b], colour, 2, dash)

    entries = [(stroke(*style), words) for (words, _), style in zip(curves, styles, strict=True)]
    marks = "; ".join(f"{way.parameters}: {_low(way.label)}" for way in ways)
    entries.append(
        (
            lambda a, b: (
                sheet.line([a - 11, a + 11], [b, b], INK, 1.4), sheet.mark(a, b, "o", INK, 8)
            ),
            f"the study, {study.patients} patients, at {marks}",
        )
    )  # fmt: skip
    end = _legend(sheet, end + 22, entries)
    told = []
    for words, values in curves:
        needs = ", ".join(f"{values[way.parameters - 1]} for {way.parameters}" for way in ways)
        told.append(f"{words[:1].upper()}{words[1:]}: {needs}.")
    title = "Patients needed, by the number of parameters"
    alt = (
        f"{len(curves)} curves that rise with the number of parameters, and the study as a level "
        f"line at {study.patients} patients, marked at {marks}. "
        f"Patients needed for {words_of([f'{way.parameters}' for way in ways])} parameters. "
        + " ".join(told)
    )
    data = [
        {"Parameters": p, **{words: values[i] for words, values in curves}}
        for i, p in enumerate(over)
    ]
    return Figure(sheet.svg(end, key, title, alt), alt, data, title)


def differs(p: Printed | None, alpha: Fraction) -> bool:
    """Whether a printed P value says significant; without one it does not."""
    if p is None:
        return False
    return p.value <= alpha if p.comparison in ("<", "<=") else p.value < alpha


def words_of(items: list[str]) -> str:
    """``a, b and c``."""
    return " and ".join(filter(None, [", ".join(items[:-1]), items[-1]]))


def _entropy(events: int, patients: int) -> float:
    """Minus the log likelihood of so many events at their own share."""
    return -sum(n * math.log(n / patients) for n in (events, patients - events) if n)


def _enough(wanted: int | None, patients: int) -> str:
    if wanted is None:
        return "rule ends before"
    return f"{wanted}, {'met' if wanted <= patients else 'not met'}"


def _lost(shrinkage: str) -> str:
    """What a shrinkage takes away, in per cent of the effects."""
    return _percent(1 - Fraction(shrinkage)) if shrinkage[0].isdigit() else shrinkage


def _low(text: str) -> str:
    return text[:1].lower() + text[1:]


def _percent(share: Fraction | float) -> str:
    return f"{format_fixed(Fraction(share) * 100, 0)}%"
