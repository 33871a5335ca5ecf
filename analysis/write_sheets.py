"""The tables of a record as CSV files, which a record can read again."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import Any

from analysis.files import guarded
from analysis.paper import LevelsRow, Paper, RegressionTable, RocTable, TwoGroupTable
from analysis.sheets import CONSTANT, CUT_COLUMNS, columns_of, folded, is_column

_MODEL_COLUMNS = ("threshold", "b", "se", "wald", "p", "ratio", "ci")
_AREA_COLUMNS = ("direction", "auc", "ci", "se", "p", *CUT_COLUMNS)


def tables_as_csv(paper: Paper) -> dict[str, str]:
    """Every table by the name of its file (``table1.csv``): headings, then a line a row.

    :func:`analysis.sheets.fill_tables` reads them back to the same numbers and ids.
    """
    return {f"{table.id}.csv": table_as_csv(paper, table) for table in paper.tables}


def table_as_csv(paper: Paper, table: TwoGroupTable | RocTable | RegressionTable) -> str:
    """One table as CSV (RFC 4180); cells that look like a formula are guarded."""
    if isinstance(table, TwoGroupTable):
        lines = _group_lines(paper, table)
    elif isinstance(table, RocTable):
        lines = _roc_lines(paper, table)
    else:
        lines = _model_lines(table)
    headings = list(dict.fromkeys(heading for line in lines for heading in line))
    order = {name: i for i, name in enumerate(columns_of(table.kind))}
    if not isinstance(table, TwoGroupTable):
        headings.sort(key=lambda heading: order[heading])
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([guarded(heading) for heading in headings])
    writer.writerows([guarded(line.get(heading, "")) for heading in headings] for line in lines)
    return file.getvalue()


def _names(paper: Paper) -> dict[str, str]:
    """Each variable by its label, or by its id where the label does not tell it apart."""
    labels = Counter(folded(v.label) for v in paper.variables)
    ids = {folded(v.id) for v in paper.variables}
    return {
        v.id: v.label
        if labels[folded(v.label)] == 1 and (folded(v.label) not in ids - {folded(v.id)})
        else v.id
        for v in paper.variables
    }


def _headings(paper: Paper, table: TwoGroupTable) -> dict[str, str]:
    """Each group, and all patients, by the heading of its column."""
    known: list[Any] = [*paper.groups_of(table), *([paper.everyone] if paper.everyone else [])]
    words = Counter(word for g in known for word in {folded(g.label), folded(g.id)})
    plain = {
        g.id: words[folded(g.label)] == 1
        and not is_column(table.kind, g.label)
        and not any(sign in g.label for sign in ",(=:")
        for g in known
    }
    return {g.id: g.label if plain[g.id] else g.id for g in known}


def _group_lines(paper: Paper, table: TwoGroupTable) -> list[dict[str, str]]:
    names, groups = _names(paper), _headings(paper, table)
    lines = []
    for row in table.rows:
        head = {"id": row.id, "variable": names[row.variable], "summary": row.summary}
        tail = {f"n:{groups[group]}": n.text for group, n in (row.n or {}).items()}
        for key in ("test", "statistic_is", "statistic", "p"):
            if (value := getattr(row, key)) is not None:
                tail[key] = str(value)
        if getattr(row, "by_ranks", False):
            tail["by_ranks"] = "true"
        if not isinstance(row, LevelsRow):
            lines.append(head | _values(row.values, groups) | tail)
            continue
        for i, level in enumerate(row.levels):
            line = head if i == 0 else {}
            line = line | {"level": level.label, "level_id": level.id}
            if level.threshold is not None:
                line["threshold"] = level.threshold.text
            lines.append(line | _values(level.values, groups) | (tail if i == 0 else {}))
    # the columns of the groups side by side, whatever the first row lacks
    first = ["id", "variable", "level", "level_id", "threshold", "summary", *groups.values()]
    used = {heading for line in lines for heading in line}
    order = {heading: "" for heading in first if heading in used}
    return [order | line for line in lines]


def _values(values: dict[str, Any], groups: dict[str, str]) -> dict[str, str]:
    return {groups[group]: cell.text for group, cell in values.items()}


def _roc_lines(paper: Paper, table: RocTable) -> list[dict[str, str]]:
    names = _names(paper)
    lines = []
    for row in table.rows:
        lines.append({"id": row.id, "variable": names[row.variable]} | _cells(row, _AREA_COLUMNS))
        lines += [{"cut": cut.id} | _cells(cut, CUT_COLUMNS) for cut in row.cuts]
    return lines


def _model_lines(table: RegressionTable) -> list[dict[str, str]]:
    keys = ("margin", "variable", "cut", *_MODEL_COLUMNS)
    lines = [{"id": row.id, "label": row.label} | _cells(row, keys) for row in table.rows]
    if table.constant is not None:
        lines.append({"label": CONSTANT} | _cells(table.constant, _MODEL_COLUMNS))
    return lines


def _cells(row: Any, keys: tuple[str, ...]) -> dict[str, str]:
    """The cells that are printed, as they are printed."""
    found = {key: getattr(row, key, None) for key in keys}
    return {
        key: value if isinstance(value, str) else value.text
        for key, value in found.items()
        if value is not None
    }
