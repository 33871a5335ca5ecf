"""Tables and figures of the simulated cohorts beside a paper's record."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from analysis.cohort import MARK, load_cohort
from analysis.compatible import spread
from analysis.compatible.constraints import constraints
from analysis.compatible.reprint import Miss, marker_values, misses, reprint
from analysis.compatible.search import what_is_not_covered
from analysis.findings import Ledger
from analysis.paper import CountRow, LevelsRow, MeanRow, Paper, RocTable, TwoGroupTable
from analysis.printed import Printed, format_fixed
from analysis.show.html import Html
from analysis.show.tables import paper_rows

if TYPE_CHECKING:
    from analysis.show.figures import Figure

FILE = "cohorts.parquet"
BINS = 14
_ALIKE = "Printed alike by"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paper's table: its words, and by column a pattern and the ids in it."""

    label: str
    cells: dict[str, tuple[str, tuple[str, ...]]]

    @property
    def ids(self) -> set[str]:
        return {id for _, ids in self.cells.values() for id in ids}


def lines(paper: Paper, table_id: str) -> list[Line]:
    """The lines of a table of two groups or of ROC curves, in the paper's order."""
    table = paper.table(table_id)
    if isinstance(table, TwoGroupTable):
        return list(_two_group(paper, table))
    if isinstance(table, RocTable):
        return list(_roc(paper, table))
    raise ValueError(f"{table_id} is a table of kind {table.kind}: no cohort prints it")


def _two_group(paper: Paper, table: TwoGroupTable) -> Iterator[Line]:
    for row in table.rows:
        place, name = f"{table.id}.{row.id}", paper.variable(row.variable).label
        tested = {
            "Test": ("{}", (f"{place}.statistic",)),
            "P": ("{}", (f"{place}.p",)),
        }
        if isinstance(row, MeanRow):
            yield Line(name, _by_group(paper, place, "{}\u00a0±\u00a0{}", "mean", "sd") | tested)
        elif isinstance(row, CountRow):
            yield Line(name, _by_group(paper, place, "{}\u00a0({})", "count", "percent") | tested)
        elif isinstance(row, LevelsRow):
            for i, level in enumerate(row.levels):
                cells = _by_group(paper, f"{place}.{level.id}", "{}\u00a0({})", "count", "percent")
                yield Line(f"{name}: {level.label}", cells | (tested if i == 0 else {}))


def _by_group(paper: Paper, place: str, pattern: str, *ends: str):  # type: ignore[no-untyped-def]
    return {
        g.label: (pattern, tuple(f"{place}.{g.id}.{end}" for end in ends)) for g in paper.groups
    }


def _roc(paper: Paper, table: RocTable) -> Iterator[Line]:
    for row in table.rows:
        place = f"{table.id}.{row.id}"
        yield Line(
            paper.variable(row.variable).label,
            {
                "AUC": ("{}", (f"{place}.auc",)),
                "Interval": ("{} to {}", (f"{place}.ci.low", f"{place}.ci.high")),
                "SE": ("{}", (f"{place}.se",)),
                "P": ("{}", (f"{place}.p",)),
                "Cut-off": ("{}", (f"{place}.threshold",)),
                "Sensitivity": ("{}", (f"{place}.sensitivity",)),
                "Specificity": ("{}", (f"{place}.specificity",)),
            },
        )


def as_printed(value: float, printed: Printed) -> str:
    """`value` as it prints with the decimals of `printed` (exactly half-way: either way);
    what prints as another number is marked as missed."""
    if printed.shows(float(value)):
        return printed.text.strip()
    return f"{format_fixed(float(value), printed.decimals)}{'%' * printed.percent} (missed)"


class Cohorts:
    """What a chapter shows of the simulated cohorts beside a paper's record."""

    def __init__(self, paper: Paper, ledger: Ledger):
        self.paper, self.ledger = paper, ledger
        self.patients = load_cohort((paper.folder or Path()) / FILE)
        self.constraints = constraints(paper)
        self.own = {int(c): p for c, p in self.patients.groupby("cohort")}  # type: ignore[call-overload]

    @cached_property
    def misses(self) -> dict[int, list[Miss]]:
        """What each cohort does not meet, printed again now."""
        return {cohort: misses(own, self.constraints) for cohort, own in self.own.items()}

    @cached_property
    def spread(self) -> dict[str, Any]:
        """The ranges of the correlations that no table prints, computed now."""
        return spread.spread(self.patients, self.numeric)

    @property
    def numeric(self) -> list[str]:
        return list(self.constraints.mean_rows)

    def counted(self) -> dict[str, str]:
        """For the prose: cohorts, patients in each, numbers, and how many cohorts meet all."""
        missed = {m.id for found in self.misses.values() for m in found}
        return {
            "cohorts": f"{len(self.own)}",
            "patients": f"{self.paper.total}",
            "numbers": f"{len(self.constraints.targets)}",
            "alike": f"{sum(not found for found in self.misses.values())}",
            "missed": f"{len(missed)}" if missed else "none",
            "impossible": f"{len(self.constraints.impossible)}"
            if self.constraints.impossible
            else "none",
        }

    def differences(self) -> dict[str, str]:
        """For the prose: how far the cohorts are from each other."""
        apart = self.spread["distances"]
        return {
            "correlations": f"{len(self.spread['correlations'])}",
            "nearest": f"{apart['smallest']:.2f}",
            "typical": f"{apart['median']:.2f}",
            "farthest": f"{apart['largest']:.2f}",
            "directions": f"{self.spread['effective_spread']:.1f}",
        }

    def not_covered(self) -> str:
        """What the search leaves out, in its own words."""
        return what_is_not_covered()

    def table(self, table_id: str, cohort: int = 0) -> Html:
        """A table of the paper: printed, and computed from one cohort; and how many cohorts
        print the line (in a ROC table: the number) alike."""
        found = reprint(self.own[cohort], self.constraints)
        name = f"cohort {cohort + 1}"
        tall = isinstance(self.paper.table(table_id), RocTable)  # few lines with many cells
        rows: list[dict[str, str]] = []
        for line in lines(self.paper, table_id):
            cells = {
                column: (self._printed(*cell), self._computed(found, *cell), self._alike(cell[1]))
                for column, cell in line.cells.items()
            }
            if tall:
                rows += [
                    {"Line": line.label, "Number": column, "Printed": printed, name.capitalize(): again,
                     _ALIKE: alike}
                    for column, (printed, again, alike) in cells.items() if printed
                ]  # fmt: skip
                continue
            rows.append(
                {"Line": line.label, "Numbers": "printed"} | {c: x[0] for c, x in cells.items()}
            )
            rows.append(
                {"Line": line.label, "Numbers": name} | {c: x[1] for c, x in cells.items()}
                | {_ALIKE: self._alike(line.ids)}
            )  # fmt: skip
        columns = sorted(dict.fromkeys(key for row in rows for key in row), key=_ALIKE.__eq__)
        label = f"{self.paper.table(table_id).title}: printed and from {name}; {MARK}"
        return paper_rows(rows, label=label, columns=columns, missing="")

    def _alike(self, ids: Iterable[str]) -> str:
        """How many cohorts miss none of these numbers."""
        wanted = set(ids)
        good = [c for c, own in self.misses.items() if not wanted & {m.id for m in own}]
        return f"{len(good)} of {len(self.own)}"

    def _printed(self, pattern: str, ids: Sequence[str]) -> str:
        return self._filled(pattern, ids, lambda id: self.paper.numbers[id].text.strip())

    def _computed(self, found: Mapping[str, float], pattern: str, ids: Sequence[str]) -> str:
        return self._filled(pattern, ids, lambda id: self._again(found, id))

    def _filled(self, pattern: str, ids: Sequence[str], text: Callable[[str], str]) -> str:
        """The pattern with the numbers that the paper prints; without it if some are missing."""
        known = [text(id) for id in ids if id in self.paper.numbers]
        return pattern.format(*known) if len(known) == len(ids) else " ".join(known)

    def _again(self, found: Mapping[str, float], id: str) -> str:
        value = found.get(id)
        if value is None:
            return "not computed"
        if id in self.constraints.targets:
            return as_printed(value, self.constraints.targets[id].printed)
        printed = self.paper.number(id)
        return f"{format_fixed(value, printed.decimals)} (no cohort can print it as printed)"

    # --- how different ---------------------------------------------------------------------

    def _ranges(self) -> list[dict[str, Any]]:
        return sorted(
            self.spread["correlations"], key=lambda c: c["lowest"] - c["highest"]
        )  # the widest first

    def ranges(self, ends: int = 5) -> Html:
        """The widest and the narrowest ranges of the correlations that no table prints."""
        ranked = self._ranges()
        chosen = ranked if len(ranked) <= 2 * ends else [*ranked[:ends], *ranked[-ends:]]
        rows = [
            {
                "Pair": " and ".join(self._label(v) for v in c["variables"]),
                "Group": self.paper.group(c["group"]).label,
                "Lowest": format_fixed(c["lowest"], 2),
                "Highest": format_fixed(c["highest"], 2),
                "Width": _width(format_fixed(c["lowest"], 2), format_fixed(c["highest"], 2)),
            }
            for c in chosen
        ]
        return paper_rows(rows, label=f"Widest and narrowest correlations; {MARK}")

    def widest(self) -> dict[str, str]:
        """For the prose: the pair of the widest range, its group and the range."""
        top = self._ranges()[0]
        one, two = (self._label(v) for v in top["variables"])
        return {
            "pair": f"{one} and {two}", "pair_group": self.paper.group(top["group"]).label,
            "pair_low": format_fixed(top["lowest"], 2), "pair_high": format_fixed(top["highest"], 2),
        }  # fmt: skip

    def _label(self, variable: str) -> str:
        return self.paper.variable(variable).label

    # --- plots ------------------------------------------------------------------------------

    def shapes_plot(self, key: str) -> Figure:
        """The first marker by group in three cohorts: the least, the middling and the most
        lopsided in the group with the event."""
        from analysis.show import figures

        variable = next(iter(self.constraints.roc_rows), self.numeric[0])
        group = self.paper.event_group.id
        skew = {c: _lopsided(own[own["group"] == group][variable]) for c, own in self.own.items()}
        ends = self._edges(variable, chosen := _three(skew))
        panels = [
            {
                "label": f"Cohort {c + 1}",
                "groups": [
                    {
                        "label": g.label,
                        "counts": np.histogram(own[variable], ends)[0].tolist(),
                        "mean": float(own[variable].mean()),
                    }
                    for g in self.paper.groups
                    for own in [self.own[c][self.own[c]["group"] == g.id]]
                ],
            }
            for c in chosen
        ]
        return figures.histogram_plot(
            panels, key=key, edges=ends.tolist(), quantity=self._quantity(variable),
            title=f"{self._label(variable)} in three cohorts", note=MARK,
        )  # fmt: skip

    def _edges(self, variable: str, chosen: Sequence[int]) -> np.ndarray:
        values = pd.concat([self.own[c][variable] for c in chosen])
        return np.linspace(float(values.min()), float(values.max()), BINS + 1)

    def _quantity(self, variable: str) -> str:
        unit = self.paper.variable(variable).unit
        return f"{self._label(variable)} ({unit})" if unit else self._label(variable)

    def pairs_plot(self, key: str) -> Figure:
        """Two variables in one group of three cohorts, where their correlation is lowest,
        middling and highest: the pair with the widest range."""
        from analysis.show import figures

        top = self._ranges()[0]
        one, two = top["variables"]
        table = spread.correlations(self.patients, [one, two])[(top["group"], one, two)]
        panels = []
        for c in _three({int(i): float(r) for i, r in table.items()}):  # type: ignore[call-overload]
            own = self.own[c][self.own[c]["group"] == top["group"]]
            panels.append(
                {
                    "label": f"Cohort {c + 1}", "across": own[one].tolist(), "up": own[two].tolist(),
                    "correlation": float(table[c]),
                }
            )  # fmt: skip
        group = self.paper.group(top["group"]).label
        return figures.scatter_plot(
            panels, key=key, across=self._quantity(one), up=self._quantity(two),
            title=f"{self._label(one)} and {self._label(two)}, {group}", note=MARK,
        )  # fmt: skip

    def curves(self, table_id: str) -> dict[str, list[tuple[list[float], list[float]]]]:
        """The empirical ROC curve of each cohort, by marker: false-positive shares and
        sensitivities from (0, 0) to (1, 1)."""
        table = self.paper.table(table_id)
        assert isinstance(table, RocTable)
        found: dict[str, list[tuple[list[float], list[float]]]] = {}
        for row in table.rows:
            for own in self.own.values():
                split = {g.id: own[own["group"] == g.id] for g in self.paper.groups}
                found.setdefault(row.variable, []).append(_curve(*marker_values(table, row, split)))
        return found

    def roc_plot(self, key: str, table_id: str) -> Figure:
        """The curves of all cohorts over the band of all curves that fit the printed point."""
        from analysis.show import plots

        named = self.paper.label_of_table(table_id)  # each plot of a page has a title of its own
        return plots.roc_curves(
            self.paper, self.ledger, table_id, key, curves=self.curves(table_id),
            title=f"ROC curves of {len(self.own)} cohorts, {named}, {MARK}",
        )  # fmt: skip


def _curve(positive: np.ndarray, negative: np.ndarray) -> tuple[list[float], list[float]]:
    cuts = np.unique(np.concatenate([positive, negative]))[::-1]
    up = [float(Fraction(int((positive >= c).sum()), len(positive))) for c in cuts]
    across = [float(Fraction(int((negative >= c).sum()), len(negative))) for c in cuts]
    points = [(0.0, 0.0), *zip(across, up, strict=True)]
    corners = [
        b
        for a, b, c in zip(points, points[1:], points[2:], strict=False)
        if not (a[0] == b[0] == c[0] or a[1] == b[1] == c[1])
    ]
    corners = [points[0], *corners, points[-1]]
    return [x for x, _ in corners], [y for _, y in corners]


def _width(low: str, high: str) -> str:
    """The difference of two numbers as they are shown, so that a reader can redo it."""
    one, two = (Fraction(text.replace("−", "-")) for text in (low, high))
    return format_fixed(two - one, 2)


def _lopsided(values: pd.Series) -> float:
    away = values - values.mean()
    return float((away**3).mean() / (away**2).mean() ** 1.5)


def _three(by: Mapping[int, float]) -> list[int]:
    """The keys with the lowest, the middle and the highest value; fewer if there are fewer."""
    ranked = sorted(by, key=lambda c: (by[c], c))
    return list(dict.fromkeys([ranked[0], ranked[len(ranked) // 2], ranked[-1]]))
