"""The tables of patients (Table 1): all, by outcome, and by other groups."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.estimate import group_comparison
from analysis.estimate.group_comparison import Categorical, Continuous, format_p, half_up
from analysis.estimate.roc import EstimateError
from analysis.study import GROUP, OUTCOME, Variable

if TYPE_CHECKING:
    from analysis.study_results import Results

_FISHER_MOST = 2_000  # patients; over it the number of tables grows beyond use
_SMALL = 5.0  # expected count under which χ² is in doubt
_MEMBER = ":member"  # no id of a variable


@dataclass(frozen=True, eq=False)
class Described:
    """`printed`: the table as texts, variables in the index; `conventions`: how it was made."""

    printed: pd.DataFrame
    conventions: tuple[str, ...]


def describe(found: Results) -> None:
    """Put both tables into `found`, or why one is missing."""
    patients, study = found.patients, found.patients.study
    known = found.known
    table = patients.table[known].copy()
    words = (study.outcome.with_, study.outcome.without)
    table[_MEMBER] = np.where(table[OUTCOME] == 1, words[0], words[1])
    rows = _rows(found, table)
    try:
        found.described = _table(table, rows, words)
    except EstimateError as error:
        found.described = str(error)
    if study.groups is None:
        return
    whole = patients.table.copy()
    rows = _rows(found, whole)
    labels = [level.label for level in study.groups.levels]
    whole[_MEMBER] = whole[GROUP].astype("str")
    inside = whole[whole[GROUP].notna()]
    there = [label for label in labels if (inside[_MEMBER] == label).any()]
    try:
        if len(there) < 2:
            raise EstimateError("fewer than two of the groups have patients.")
        found.by_group = _table(inside, rows, tuple(there))
    except EstimateError as error:
        found.by_group = str(error)


def _rows(found: Results, table: pd.DataFrame) -> list[Continuous | Categorical]:
    """One row a variable, the marker last; classes made by cuts are added to `table`."""
    study = found.patients.study
    rows: list[Continuous | Categorical] = []
    for v in study.variables:
        if v.kind != "continuous":
            rows.append(_categorical(v.id, v.words, [x.label for x in v.levels], table))
            continue
        test = "welch" if v.summary == "mean_sd" else "mann-whitney"
        label = f"{v.words}, {v.unit}" if v.unit else v.words
        rows.append(Continuous(v.id, label, v.summary, test, _decimals(table[v.id], v.decimals)))
        if v.cuts:
            name = f"{v.id}:classes"
            table[name] = classes(table[v.id].to_numpy(), v)
            rows.append(_categorical(name, label, list(table[name].cat.categories), table))
    marker = study.marker
    label = f"{marker.label}, {marker.unit}" if marker.unit else marker.label
    decimals = _decimals(table[marker.id], marker.decimals)
    rows.append(Continuous(marker.id, label, "median_iqr", "mann-whitney", decimals))
    return rows


def classes(values: np.ndarray, v: Variable) -> pd.Categorical:
    """Classes of a continuous variable: under the first cut, from each cut to under the next."""
    cuts = [f"{c:g}" for c in v.cuts]
    labels = [f"<{cuts[0]}", *(f"{a} to <{b}" for a, b in pairwise(cuts))]
    labels.append(f"≥{cuts[-1]}")
    codes = np.searchsorted(np.asarray(v.cuts), values, side="right")
    codes = np.where(np.isnan(values), -1, codes)
    return pd.Categorical.from_codes(codes, labels, ordered=True)


def _categorical(id: str, label: str, levels: list[str], table: pd.DataFrame) -> Categorical:
    members = pd.factorize(table[_MEMBER] if _MEMBER in table else table[GROUP])[0]
    codes = pd.factorize(table[id])[0]
    both = (codes >= 0) & (members >= 0)
    counts = np.zeros((codes.max(initial=-1) + 1, members.max(initial=-1) + 1), dtype=int)
    np.add.at(counts, (codes[both], members[both]), 1)
    test = "pearson"
    if min(counts.shape, default=0) > 1 and counts.sum() <= _FISHER_MOST:
        try:
            if group_comparison.smallest_expected(counts) < _SMALL:
                test = "fisher"
        except EstimateError:
            pass
    return Categorical(id, label, tuple(levels), test)


def _decimals(column: pd.Series, asked: int | None) -> int:
    """Three digits of the SD, where the study asks for no other number of decimals."""
    if asked is not None:
        return asked
    values = column.dropna().to_numpy(dtype=float)
    sd = float(values.std()) if len(values) else 0.0
    return int(np.clip(2 - np.floor(np.log10(sd)), 0, 3)) if np.isfinite(sd) and sd > 0 else 1


def _table(
    table: pd.DataFrame, rows: list[Continuous | Categorical], groups: tuple[str, ...]
) -> Described:
    everyone = [
        cell for row in rows for cell in group_comparison.describe(row, table[row.variable])
    ]
    head = f"All (n = {len(table)})"
    said = (
        "t tests by Welch; χ² after Pearson where every expected count is 5 or more, otherwise "
        f"Fisher's exact test up to {_FISHER_MOST:,} patients",
    )
    if len(groups) == 2:
        found = group_comparison.table1(table, _MEMBER, groups, rows)
        printed = found.printed.copy()
        printed.insert(0, head, everyone)
        return Described(printed, (*found.conventions, *said))
    printed = _many(table, rows, groups)
    printed.insert(0, head, everyone)
    return Described(
        printed,
        ("SD with n − 1", "means by analysis of variance, medians by Kruskal and Wallis's test, "
         "counts by Pearson's χ²", "missing values are left out of their variable alone"),
    )  # fmt: skip


def _many(
    table: pd.DataFrame, rows: list[Continuous | Categorical], groups: tuple[str, ...]
) -> pd.DataFrame:
    split = [table[table[_MEMBER] == g] for g in groups]
    lines, index = [], []
    for row in rows:
        cells = [group_comparison.describe(row, part[row.variable]) for part in split]
        missing = " / ".join(str(int(part[row.variable].isna().sum())) for part in split)
        try:
            test = _test_of_many(row, split)
            shown = [half_up(test.statistic, 3), format_p(test.p), test.name]
        except EstimateError as error:
            shown = ["–", "–", f"none: {error}"]
        if isinstance(row, Continuous):
            words = {"mean_sd": "mean ± SD", "median_iqr": "median (IQR)"}[row.summary]
            names = [f"{row.label}, {words}"]
        else:
            names = [f"{row.label}, n (%)", *(f"  {level}" for level in row.levels)]
        for i, name in enumerate(names):
            index.append(name)
            rest = [missing, *shown] if i == 0 else [""] * 4
            lines.append([*(cell[i] for cell in cells), *rest])
    head = [f"{g} (n = {len(part)})" for g, part in zip(groups, split, strict=True)]
    return pd.DataFrame(
        lines, index=pd.Index(index, name="Variable"),
        columns=[*head, "Missing", "Statistic", "P", "Test"], dtype="str",
    )  # fmt: skip


def _test_of_many(
    row: Continuous | Categorical, split: list[pd.DataFrame]
) -> group_comparison.Test:
    columns = [part[row.variable].dropna() for part in split]
    if isinstance(row, Continuous):
        kind = "anova" if row.summary == "mean_sd" else "kruskal-wallis"
        return group_comparison.compare_many([c.to_numpy(dtype=float) for c in columns], kind)
    counts = np.array([[int((c == level).sum()) for c in columns] for level in row.levels])
    return group_comparison.count_test(counts, "pearson")
