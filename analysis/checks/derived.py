"""Variables made from other rows of the same table."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from analysis.checks import witness
from analysis.findings import Finding, Verdict
from analysis.paper import Column, MeanRow, Paper, TwoGroupTable
from analysis.printed import format_fixed


def derived_variables(paper: Paper) -> Iterator[Finding]:
    """An index made from other rows: can parts and index belong to the same patients?

    A witness settles it: values for every patient of the group, within the limits, whose
    parts and index print as the table does.  Finding none proves nothing.
    """
    for table in paper.tables_of("two_group"):
        rows = {row.variable: row for row in table.rows if isinstance(row, MeanRow)}
        for variable in paper.variables:
            if variable.formula is None or variable.id not in rows:
                continue
            parts = sorted(
                {n.id for n in ast.walk(ast.parse(variable.formula)) if isinstance(n, ast.Name)}
            )
            if any(part not in rows for part in parts):
                continue
            if any(rows[part].n for part in (*parts, variable.id)):
                continue  # the parts were not all measured in the same patients
            for group in paper.columns(table):
                yield _derived(paper, table, variable.id, variable.formula, parts, rows, group)


def _derived(
    paper: Paper, table: TwoGroupTable, index: str, formula: str, parts: list[str],
    rows: dict[str, MeanRow], group: Column,
) -> Finding:  # fmt: skip
    cells = {name: rows[name].values[group.id] for name in (*parts, index)}
    limits = {name: paper.range_of(name) for name in (*parts, index)}
    constraints = [c.expression for c in paper.constraints]
    found = witness.search(formula, index, parts, cells, limits, constraints, group.size)
    variable = paper.variable(index)
    at_means = float(witness.at_means(formula, {n: cells[n].mean.value for n in parts}))
    cell = cells[index]
    numbers = tuple(
        f"{table.id}.{rows[name].id}.{group.id}.{part}"
        for name in (*parts, index)
        for part in ("mean", "sd")
    )
    filled = re.sub(r"[A-Za-z_][A-Za-z_0-9]*", lambda m: cells[m[0]].mean.text.strip(), formula)
    decimals = cell.mean.decimals
    return Finding(
        id=f"{table.id}.{rows[index].id}.{group.id}.formula",
        check="derived variable",
        verdict=Verdict.CONSISTENT if found is not None else Verdict.NOT_CHECKABLE,
        numbers=numbers,
        claim=f"{variable.label}, {group.label}: parts and index can belong to the same patients",
        printed=cell.text,
        attainable=(
            f"{group.size} values of each part with these means and SDs exist"
            if found is not None
            else "no such patients were found, which proves nothing"
        ),
        by_hand=(
            f"{filled.replace('*', '×')} = {format_fixed(at_means, decimals)} at the means; "
            f"the mean of a quotient may differ from it, here {cell.mean.text.strip()}"
        ),
        assumptions=(
            "parts may take any value within their limits",
            f"{index} = {formula} in every patient",
        ),
        values={"at_means": at_means, "witness": found is not None}
        | ({"correlations": found.correlations} if found is not None else {}),
    )
