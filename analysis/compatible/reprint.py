"""A cohort printed again: every statistic from the stored patients, and what does not fit.

It knows the paper and the patients, not how they were found.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.checks import roc, two_group
from analysis.compatible import statistics
from analysis.compatible.constraints import Constraints
from analysis.formula import evaluate
from analysis.paper import CountRow, LevelsRow, MeanRow, Paper, RocRow, RocTable
from analysis.printed import Printed

_T_TESTS = {two_group.STUDENT: statistics.student, two_group.WELCH: statistics.welch}
_CHI2_TESTS = {
    two_group.PEARSON: statistics.pearson,
    two_group.YATES: statistics.yates,
    two_group.LIKELIHOOD: statistics.likelihood_ratio,
}


@dataclass(frozen=True, slots=True)
class Miss:
    """What a cohort does not meet: a printed number by its `id`, or a rule of the record."""

    id: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.id}: {self.found} instead of {self.wanted}"


def reprint(patients: pd.DataFrame, constraints: Constraints) -> dict[str, float]:
    """Every statistic of the two-group and ROC tables by the id of its printed number.

    `patients`: one row a patient, with ``group`` and the variables.
    """
    paper = constraints.paper
    split = {g.id: patients[patients["group"] == g.id] for g in paper.groups}
    found: dict[str, float] = {}
    for table in paper.tables_of("two_group"):
        t_test, chi2_test = constraints.tests[table.id]
        for row in table.rows:
            place = f"{table.id}.{row.id}"
            if isinstance(row, MeanRow):
                found |= _means(place, row, split, _T_TESTS[t_test])
            else:
                found |= _counts(place, row, split, _CHI2_TESTS[chi2_test])
    for table in paper.tables_of("roc"):
        for row in table.rows:
            found |= _roc(table, row, paper, split, constraints)
    return found


_Split = Mapping[str, pd.DataFrame]


def _means(place: str, row: MeanRow, split: _Split, test) -> dict[str, float]:
    found, samples = {}, []
    for group in row.values:
        values = split[group][row.variable].to_numpy(float)
        samples.append(values)
        found[f"{place}.{group}.mean"] = float(values.mean())
        found[f"{place}.{group}.sd"] = float(values.std(ddof=1))
    t, p = test(*samples)
    # the sign of t is not compared: it only tells which group the program named first
    sign = -1 if row.statistic is not None and row.statistic.value < 0 else 1
    return found | {f"{place}.statistic": sign * abs(t), f"{place}.p": p}


def _counts(place: str, row: CountRow | LevelsRow, split: _Split, test) -> dict[str, float]:
    found = {}
    levels = [level.id for level in row.levels] if isinstance(row, LevelsRow) else ["yes", "no"]
    table = []
    for level in levels:
        line = []
        for group, patients in split.items():
            count = int((patients[row.variable] == level).sum())
            line.append(count)
            cell = f"{place}.{group}" if isinstance(row, CountRow) else f"{place}.{level}.{group}"
            if level != "no" or isinstance(row, LevelsRow):
                found[f"{cell}.count"] = float(count)
                found[f"{cell}.percent"] = 100 * count / len(patients)
        table.append(line)
    filled = [line for line in table if any(line)]
    if len(filled) > 1:
        statistic, p = test(filled)
        found |= {f"{place}.statistic": statistic, f"{place}.p": p}
    return found


def marker_values(table: RocTable, row: RocRow, split: _Split) -> tuple[np.ndarray, np.ndarray]:
    """Values of the positive and of the negative group, turned so that high is positive."""
    sign = 1 if row.direction == "higher" else -1
    others = [group for group in split if group != table.positive]
    return (
        sign * split[table.positive][row.variable].to_numpy(float),
        sign * split[others[0]][row.variable].to_numpy(float),
    )


def _roc(
    table: RocTable, row: RocRow, paper: Paper, split: _Split, constraints: Constraints
) -> dict[str, float]:
    positive, negative = marker_values(table, row, split)
    place = f"{table.id}.{row.id}"
    area = statistics.area(positive, negative)
    z = float(roc.z_for_level(roc._level(table)[0]).low)
    null = constraints.se_of_p[table.id] == roc.NULL_SE
    p = (
        statistics.null_p(area.auc, len(positive), len(negative))
        if null
        else statistics.wald_p(area.auc, area.se)
    )
    found = {
        f"{place}.auc": area.auc, f"{place}.se": area.se, f"{place}.p": p,
        f"{place}.ci.low": area.auc - z * area.se, f"{place}.ci.high": area.auc + z * area.se,
    }  # fmt: skip
    cut = chosen_cut(table, row, positive, negative)
    if cut is not None:
        found |= {
            f"{place}.threshold": cut.value if row.direction == "higher" else -cut.value,
            f"{place}.sensitivity": cut.hits / len(positive),
            f"{place}.specificity": cut.correct / len(negative),
        }
    return found


@dataclass(frozen=True, slots=True)
class Cut:
    """One cut of a marker; `gap` is how far its Youden index lies under the largest one."""

    value: float
    hits: int
    correct: int
    gap: float


def chosen_cut(
    table: RocTable, row: RocRow, positive: np.ndarray, negative: np.ndarray
) -> Cut | None:
    """The cut that prints most of threshold, sensitivity and specificity; among equals the
    one with the largest Youden index.  None if there is no cut at all."""
    sign = 1 if row.direction == "higher" else -1
    cuts = statistics.cuts(positive, negative)
    if not len(cuts.values):
        return None
    youden = cuts.hits / len(positive) + cuts.correct / len(negative)
    shown = (
        _shown(row.threshold, sign * cuts.values)
        + _shown(row.sensitivity, cuts.hits / len(positive))
        + _shown(row.specificity, cuts.correct / len(negative))
    )
    among = np.flatnonzero(shown == shown.max())
    i = int(among[youden[among].argmax()])
    gap = float(youden.max() - youden[i])
    return Cut(float(cuts.values[i]), int(cuts.hits[i]), int(cuts.correct[i]), gap)


def _shown(printed: Printed | None, numbers: np.ndarray) -> np.ndarray:
    """Which numbers could be printed so (all, where nothing is printed): the exact question
    is asked only near the rounding."""
    found = np.zeros(len(numbers), dtype=int)
    if printed is None:
        return found + 1
    low, high = float(printed.interval.low), float(printed.interval.high)
    room = 1e-9 * (1 + np.abs(numbers))
    for i in np.flatnonzero((numbers >= low - room) & (numbers <= high + room)):
        found[i] = printed.shows(float(numbers[i]))
    return found


def misses(patients: pd.DataFrame, constraints: Constraints) -> list[Miss]:
    """Everything that a cohort does not meet: printed numbers, group sizes, limits, steps,
    formulas, inequalities, and cuts that could have the largest Youden index and do not.
    An empty list is a cohort that prints the paper."""
    return [*_printed(patients, constraints), *_rules(patients, constraints)]


def _printed(patients: pd.DataFrame, constraints: Constraints) -> Iterator[Miss]:
    found = reprint(patients, constraints)
    for target in constraints.targets.values():
        value = found.get(target.id, math.nan)
        if not shows(target.printed, value):
            yield Miss(target.id, target.printed.text, f"{value:.6g}")


def row_misses(
    values: Mapping[str, list[np.ndarray]], constraints: Constraints, variable: str
) -> list[Miss]:
    """The printed numbers of one variable's rows that its `values`, by group in the paper's
    order, do not print."""
    paper = constraints.paper
    split = {
        g.id: pd.DataFrame({name: columns[i] for name, columns in values.items()})
        for i, g in enumerate(paper.groups)
    }
    table_id, row = constraints.mean_rows[variable]
    found = _means(f"{table_id}.{row.id}", row, split, _T_TESTS[constraints.tests[table_id][0]])
    if variable in constraints.roc_rows:
        found |= _roc(*constraints.roc_rows[variable], paper, split, constraints)
    return [
        Miss(id, constraints.targets[id].printed.text, f"{value:.6g}")
        for id, value in found.items()
        if id in constraints.targets and not shows(constraints.targets[id].printed, value)
    ]


def shows(printed: Printed, value: float) -> bool:
    """Whether a computed number prints as this, ``<0.001`` included."""
    if printed.comparison == "<":
        return value < float(printed.value)
    if printed.comparison == ">":
        return value > float(printed.value)
    return printed.shows(value)


def _rules(patients: pd.DataFrame, constraints: Constraints) -> Iterator[Miss]:
    paper = constraints.paper
    split = {g.id: patients[patients["group"] == g.id] for g in paper.groups}
    for group in paper.groups:
        if len(split[group.id]) != group.size:
            yield Miss(f"groups.{group.id}", group.n.text, str(len(split[group.id])))
    columns = {name: patients[name].to_numpy(float) for name in constraints.mean_rows}
    for name, values in columns.items():
        limits, variable = paper.range_of(name), paper.variable(name)
        if not np.isfinite(values).all():
            yield Miss(f"variables.{name}", "a value for every patient", "missing values")
            continue
        if values.min() < float(limits.low) or values.max() > float(limits.high):
            wanted = f"{float(limits.low):g} to {float(limits.high):g}"
            yield Miss(f"variables.{name}", wanted, f"{values.min():g} to {values.max():g}")
        if variable.step is not None:
            steps = values / float(variable.step.value)
            if np.abs(steps - np.round(steps)).max() > 1e-6:
                yield Miss(f"variables.{name}.step", variable.step.value.text, "values between")
        if variable.formula is not None:
            made = evaluate(ast.parse(variable.formula, mode="eval").body, columns)
            if not np.allclose(values, made, rtol=1e-12, atol=0):
                yield Miss(f"variables.{name}.formula", variable.formula, "other values")
    for rule in paper.constraints:
        held = holds(rule.expression, columns)
        if held is not None and not held.all():
            yield Miss(f"constraints.{rule.expression}", rule.expression, f"{(~held).sum()} not")
    for table, row in constraints.roc_rows.values():
        if (table.id, row.id) in constraints.youden:
            cut = chosen_cut(table, row, *marker_values(table, row, split))
            if cut is None or cut.gap > 1e-12:
                gap = "no cut" if cut is None else f"{cut.gap:.4f} under it"
                yield Miss(f"{table.id}.{row.id}.criterion", "the largest Youden index", gap)


def holds(expression: str, columns: Mapping[str, np.ndarray]) -> np.ndarray | None:
    """Whether an inequality holds in each patient (1e-12 for floats); None if it names a
    variable without values."""
    node = ast.parse(expression, mode="eval").body
    assert isinstance(node, ast.Compare)
    used = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    if not used <= set(columns):
        return None
    left, right = node.left, node.comparators[0]
    if isinstance(node.ops[0], ast.Gt | ast.GtE):
        left, right = right, left
    gap = evaluate(left, columns) - evaluate(right, columns)
    strict = isinstance(node.ops[0], ast.Gt | ast.Lt)
    return gap < 0 if strict else gap <= 1e-12
