"""Everything that one paper printed: schema and loader of ``data/<paper>/paper.yaml``.

:func:`load_paper` reads a file into a :class:`Paper`.  Every printed number gets an id
made from its place (``table1.age.recurrence.mean``) and is listed in
:attr:`Paper.numbers`.  A file that does not fit is refused with one sentence that names
the file, the line, what was found and what is allowed (:class:`PaperError`).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import PrivateAttr, ValidationError

from analysis import printed as p
from analysis.formula import check_expression
from analysis.printed import CountPercent, Interval, MeanSD, Printed, PrintedDate, Range
from analysis.record import At, RecordError, Steps, line_of, read_yaml, sentence_of, unknown
from analysis.schema import (
    Coefficient,
    Constant,
    CountRow,
    Cut,
    Everyone,
    Group,
    Level,
    LevelsRow,
    Limit,
    MeanRow,
    MedianRow,
    PercentOf,
    Record,
    RegressionTable,
    RocRow,
    RocTable,
    Row,
    Section,
    Statement,
    Timeline,
    TwoGroupTable,
    Variable,
    _Table,
)
from analysis.sheets import InSheetError, Places, fill_tables, place_of

# the parts of a record that checks ask for, by the name of this module
__all__ = [
    "Coefficient",
    "Column",
    "Constant",
    "CountRow",
    "Cut",
    "Group",
    "Level",
    "LevelsRow",
    "MeanRow",
    "MedianRow",
    "Number",
    "Paper",
    "PaperError",
    "PercentOf",
    "RegressionTable",
    "RocRow",
    "RocTable",
    "Row",
    "Timeline",
    "TwoGroupTable",
    "load_paper",
    "parse_relation",
]


class PaperError(RecordError):
    """A paper file cannot be used; the message is one sentence with file and line."""


_TEXT_PARSERS = {
    "number": (p.parse_number, "number"),
    "whole": (p.parse_whole, "count"),
    "percent": (p.parse_percent, "percentage"),
    "share": (p.parse_share, "proportion"),
    "p": (p.parse_p, "P"),
    "mean_sd": (p.parse_mean_sd, "mean"),
    "range": (p.parse_range, "limit"),
    "date": (p.parse_date, "date"),
}


@dataclass(frozen=True, slots=True)
class Number:
    """One printed number of the record.

    `id` says where it stands, `text` how it is printed, `value` what was parsed (None
    for a label such as a version), `role` what it is (count, mean, P, AUC, …).
    """

    id: str
    text: str
    value: Printed | PrintedDate | None
    role: str
    place: str
    about: str
    unit: str | None = None
    group: str | None = None
    repeats: str | None = None


def in_unit(printed: str, unit: str | None) -> str:
    """What is printed, with its unit where it does not end with it: `5` as ``5 years``."""
    if not unit or printed.endswith(unit):
        return printed
    return f"{printed}%" if unit == "%" else f"{printed} {unit}"


@dataclass(frozen=True, slots=True)
class Column:
    """A group as one row of a table counts it: `n` patients, printed as the number `number`."""

    id: str
    label: str
    n: Printed
    number: str

    @property
    def size(self) -> int:
        return int(self.n.value)


class Paper(Record):
    """Everything that one paper printed about its own study."""

    _folder: Path | None = PrivateAttr(None)
    _files: frozenset[Path] = PrivateAttr(frozenset())

    @property
    def folder(self) -> Path | None:
        """The folder of the file that the record was read from, where its certificates stand."""
        return self._folder

    @property
    def files(self) -> frozenset[Path]:
        """The files that were read: the record and the spreadsheets that it names."""
        return self._files

    @cached_property
    def numbers(self) -> dict[str, Number]:
        """Every printed number by its id, in the order of the file."""
        return {number.id: number for number in _numbers(self)}

    def number(self, number_id: str) -> Printed:
        """The parsed number with this id; KeyError if the record has none."""
        value = self.numbers[number_id].value
        if not isinstance(value, Printed):
            raise KeyError(f"{number_id} is no number")
        return value

    def group(self, group_id: str) -> Group:
        """The group with this id."""
        return next(g for g in self.groups if g.id == group_id)

    def label_of(self, group_id: str) -> str:
        """The label of a group, or of the column of all patients."""
        if self.everyone is not None and group_id == self.everyone.id:
            return self.everyone.label
        return self.group(group_id).label

    def groups_of(self, table: _Table) -> list[Group]:
        """The groups that a table is about, in the order of the record."""
        return [g for g in self.groups if table.groups is None or g.id in table.groups]

    def columns(self, table: _Table, row: Any = None) -> list[Column]:
        """The groups of a table with their sizes, in one row those with a printed value."""
        own = getattr(row, "n", None) or {}
        return [
            Column(g.id, g.label, own[g.id], f"{table.id}.{row.id}.n.{g.id}")
            if g.id in own
            else Column(g.id, g.label, g.n, f"groups.{g.id}")
            for g in self.groups_of(table)
        ]

    def total_of(self, table: _Table, row: Any = None) -> int:
        """All patients of a table, in one row those with a printed value."""
        return sum(c.size for c in self.columns(table, row))

    def label_of_table(self, table_id: str) -> str:
        """What the paper calls a table: its `label`, or ``table1`` as ``Table 1``."""
        table = self.table(table_id)
        return table.label or _table_name(table_id)

    def variable(self, variable_id: str) -> Variable:
        """The variable with this id."""
        return next(v for v in self.variables if v.id == variable_id)

    def table(self, table_id: str) -> TwoGroupTable | RocTable | RegressionTable:
        """The table with this id."""
        return next(t for t in self.tables if t.id == table_id)

    def tables_of(self, kind: str) -> list[Any]:
        """The tables of one kind (``two_group``, ``roc``, ``regression``)."""
        return [t for t in self.tables if t.kind == kind]

    @property
    def event_group(self) -> Group:
        """The group whose patients had the event."""
        return next(g for g in self.groups if g.event)

    @property
    def total(self) -> int:
        """All patients: the sum of the groups."""
        return sum(g.size for g in self.groups)

    @property
    def alpha(self) -> Fraction:
        """The significance level; 0.05 where the paper prints none."""
        return self.number(self.significance).value if self.significance else Fraction(1, 20)

    @property
    def ids_of_parts(self) -> list[str]:
        """First parts of all ids: tables, sections, pictures, ``groups``."""
        return [
            "groups",
            *(t.id for t in self.tables),
            *(s.section for s in self.text),
            *(f.id for f in self.pictures),
        ]

    def limit(self, limit: Limit) -> Fraction:
        """The value of a limit, taken from the record where it names a number."""
        if limit.number:
            return self.number(limit.number).value
        assert limit.value is not None
        return limit.value.value

    def range_of(self, variable_id: str) -> Interval:
        """The values that a variable may take; unbounded where no limit is known."""
        variable = self.variable(variable_id)
        low = self.limit(variable.lower) if variable.lower else -p.math.inf
        high = self.limit(variable.upper) if variable.upper else p.math.inf
        return Interval(low, high)


# --- the list of all numbers -----------------------------------------------------------


def _numbers(paper: Paper) -> Iterator[Number]:
    for group in paper.groups:
        yield Number(
            f"groups.{group.id}", group.n.text, group.n, "group size", group.place,
            f"patients: {group.label}", group=group.id,
        )  # fmt: skip
    if (everyone := paper.everyone) is not None and everyone.n is not None:
        yield Number(
            f"groups.{everyone.id}", everyone.n.text, everyone.n, "group size", everyone.place,
            f"patients: {everyone.label}", group=everyone.id,
        )  # fmt: skip
    for table in paper.tables:
        yield from {
            "two_group": _two_group_numbers,
            "roc": _roc_numbers,
            "regression": _regression_numbers,
        }[table.kind](paper, table)
    for section in paper.text:
        for statement in section.statements:
            yield from _statement_numbers(section, statement)


def _table_name(table_id: str) -> str:
    """``table2`` as ``Table 2``, ``table2_validation`` as ``Table 2 validation``."""
    if not table_id.startswith("table"):
        return table_id
    return f"Table {table_id[5:].strip('_').replace('_', ' ')}"


def _place(table: _Table, row: str, column: str) -> str:
    return f"{table.label or _table_name(table.id)}, {row}, {column}"


def _count_numbers(
    table: _Table, prefix: str, row: str, values: dict[str, CountPercent], paper: Paper
) -> Iterator[Number]:
    for group_id, cell in values.items():
        place = _place(table, row, paper.label_of(group_id))
        id = f"{prefix}.{group_id}"
        yield Number(
            f"{id}.count", cell.count.text, cell.count, "count", place, row, group=group_id
        )
        if cell.percent is not None:
            yield Number(
                f"{id}.percent", cell.percent.text, cell.percent, "percentage", place, row,
                unit="%", group=group_id,
            )  # fmt: skip


def _two_group_numbers(paper: Paper, table: TwoGroupTable) -> Iterator[Number]:
    for row in table.rows:
        variable = paper.variable(row.variable)
        prefix = f"{table.id}.{row.id}"
        for group_id, n in (row.n or {}).items():
            yield Number(
                f"{prefix}.n.{group_id}", n.text, n, "group size",
                _place(table, variable.label, paper.label_of(group_id)),
                f"patients with a value: {variable.label}", group=group_id,
            )  # fmt: skip
        if isinstance(row, LevelsRow):
            for level in row.levels:
                label = f"{variable.label}: {level.label}"
                if level.threshold is not None:
                    yield Number(
                        f"{prefix}.{level.id}.threshold", level.threshold.text, level.threshold,
                        "category", _place(table, label, "row heading"), label,
                    )  # fmt: skip
                yield from _count_numbers(table, f"{prefix}.{level.id}", label, level.values, paper)
        elif isinstance(row, CountRow):
            yield from _count_numbers(table, prefix, variable.label, row.values, paper)
        else:
            parts = ("mean", "sd") if isinstance(row, MeanRow) else ("median", "q1", "q3")
            for group_id, cell in row.values.items():
                place = _place(table, variable.label, paper.label_of(group_id))
                for part in parts:
                    value = getattr(cell, part)
                    yield Number(
                        f"{prefix}.{group_id}.{part}", value.text.strip(), value,
                        {"sd": "SD"}.get(part, part), place, variable.label,
                        unit=variable.unit, group=group_id,
                    )  # fmt: skip
        for field, role in (("statistic", "test statistic"), ("p", "P")):
            value = getattr(row, field)
            if value is not None:
                place = _place(table, variable.label, role)
                yield Number(f"{prefix}.{field}", value.text, value, role, place, variable.label)


_COLUMNS = {
    "auc": "AUC", "se": "standard error", "p": "P", "threshold": "threshold",
    "sensitivity": "sensitivity", "specificity": "specificity",
    "b": "B", "wald": "Wald", "ratio": "ratio",
    "youden": "Youden index", "ppv": "PPV", "npv": "NPV", "accuracy": "accuracy",
    "lr_positive": "positive likelihood ratio", "lr_negative": "negative likelihood ratio",
}  # fmt: skip


def _row_numbers(table: _Table, row: Any, row_id: str, label: str) -> Iterator[Number]:
    for column in type(row).model_fields:
        value = getattr(row, column)
        id = f"{table.id}.{row_id}.{column}"
        if isinstance(value, Printed):
            role = _COLUMNS[column]
            yield Number(id, value.text, value, role, _place(table, label, role), label)
        elif isinstance(value, Range):
            for end in ("low", "high"):
                limit = getattr(value, end)
                place = _place(table, label, "confidence interval")
                yield Number(f"{id}.{end}", limit.text.strip(), limit, "CI limit", place, label)


def _heading_numbers(table: RocTable | RegressionTable) -> Iterator[Number]:
    if table.confidence is not None:
        yield Number(
            f"{table.id}.confidence", table.confidence.text, table.confidence,
            "confidence level", _place(table, "column heading", "confidence interval"),
            "level of the intervals",
        )  # fmt: skip


def _roc_numbers(paper: Paper, table: RocTable) -> Iterator[Number]:
    yield from _heading_numbers(table)
    for row in table.rows:
        label = paper.variable(row.variable).label
        yield from _row_numbers(table, row, row.id, label)
        for cut in row.cuts:
            yield from _row_numbers(table, cut, f"{row.id}.{cut.id}", label)


def _regression_numbers(paper: Paper, table: RegressionTable) -> Iterator[Number]:
    yield from _heading_numbers(table)
    for row in table.rows:
        yield from _row_numbers(table, row, row.id, row.label)
    if table.constant is not None:
        yield from _row_numbers(table, table.constant, "constant", "Constant")


def _statement_numbers(section: Section, statement: Statement) -> Iterator[Number]:
    id = f"{section.section}.{statement.id}"
    common = {
        "place": section.place,
        "about": statement.about,
        "unit": statement.unit,
    }
    if statement.kind == "label":
        yield Number(
            id, statement.printed, None, statement.role or "identifier",
            repeats=statement.repeats, **common,
        )  # fmt: skip
        return
    parser, role = _TEXT_PARSERS[statement.kind]
    value = parser(statement.printed)
    role = statement.role or role
    parts: dict[str, tuple[Printed, str]] = {}
    if isinstance(value, MeanSD):
        parts = {"mean": (value.mean, "mean"), "sd": (value.sd, "SD")}
    elif isinstance(value, Range):
        role = statement.role or "CI limit"
        parts = {"low": (value.low, role), "high": (value.high, role)}
    if not parts:
        yield Number(id, statement.printed, value, role, repeats=statement.repeats, **common)
    for part, (number, part_role) in parts.items():
        repeats = f"{statement.repeats}.{part}" if statement.repeats else None
        yield Number(
            f"{id}.{part}", number.text.strip(), number, part_role, repeats=repeats, **common
        )


# --- loading ---------------------------------------------------------------------------


def load_paper(file: Path | str) -> Paper:
    """Read and check a paper file, and the spreadsheets beside it that its tables name.

    Raises :class:`PaperError` with one sentence if the file cannot be read, is no YAML,
    or does not fit the schema.
    """
    file = Path(file)
    tree, lines = read_yaml(file, PaperError, "paper")
    places: Places = {}
    try:
        places = fill_tables(tree, file.parent)
        try:
            paper = Paper.model_validate(tree)
        except ValidationError as error:
            raise sentence_of(error, tree) from None
        _check_links(paper)
    except InSheetError as error:
        raise PaperError(error.file, None, str(error)) from None
    except At as at:
        if (place := place_of(at.path, places)) is not None:
            raise PaperError(place.file, None, f"{place.where}: {at}") from None
        raise PaperError(file, line_of(at.path, lines), str(at)) from None
    paper._folder = file.parent
    paper._files = frozenset({file, *(place.file for place in places.values())})
    return paper


def _check_links(paper: Paper) -> None:
    """Refuse what the schema alone cannot see: duplicate ids and references to nothing."""
    _check_unique(paper)
    groups = {g.id for g in paper.groups}
    variables = {v.id for v in paper.variables}
    if (found := sum(g.event for g in paper.groups)) > 1:
        raise At(("groups",), f"groups: found {found} groups with event: true, one is allowed.")
    if paper.everyone is not None and paper.everyone.id in groups:
        raise At(
            ("everyone", "id"), f'found the id "{paper.everyone.id}" twice, it may stand once.'
        )
    for t, table in enumerate(paper.tables):
        path: Steps = ("tables", t)
        own = _groups_of(table, path, paper)
        if isinstance(table, RocTable) and table.positive not in own:
            raise unknown((*path, "positive"), table.positive, own, "group")
        if isinstance(table, RegressionTable):
            _check_model(table, path, own)
        for r, row in enumerate(table.rows):
            _check_row(row, (*path, "rows", r), own, variables, paper.everyone)
    _check_statements(paper)
    ids = paper.numbers.keys()
    for s, section in enumerate(paper.text):
        for i, statement in enumerate(section.statements):
            prefix = f"{section.section}.{statement.id}"
            for number in paper.numbers.values():
                mine = number.id == prefix or number.id.rpartition(".")[0] == prefix
                if mine and number.repeats is not None and number.repeats not in ids:
                    at: Steps = ("text", s, "statements", i, "repeats")
                    raise unknown(at, str(statement.repeats), ids, "number")
    _check_references(paper, set(ids), variables)


def _groups_of(table: _Table, path: Steps, paper: Paper) -> set[str]:
    """The ids of the groups of a table, after they are found to fit its kind."""
    groups = {g.id for g in paper.groups}
    for i, group in enumerate(table.groups or []):
        if group not in groups:
            raise unknown((*path, "groups", i), group, groups, "group")
        if group in (table.groups or [])[:i]:
            raise At((*path, "groups", i), f'found the group "{group}" twice, it may stand once.')
    own = groups if table.groups is None else set(table.groups)
    needed = {"two_group": 1, "roc": 2, "regression": 0}[table.kind]  # type: ignore[attr-defined]
    if len(own) < needed:
        wanted = "a group is" if needed == 1 else "two groups are"
        raise At(path, f"{table.id}: found {len(own)} groups, at least {wanted} needed.")
    return own


def _check_model(table: RegressionTable, path: Steps, groups: set[str]) -> None:
    if table.event is not None and table.event not in groups:
        raise unknown((*path, "event"), table.event, groups, "group")
    if table.model == "cox" and table.constant is not None:
        raise At((*path, "constant"), f"{table.id}: a Cox model has no constant.")
    if table.analysis == "univariable" and table.constant is not None:
        raise At(
            (*path, "constant"),
            f"{table.id}: univariable rows are models of their own and share no constant.",
        )


def _check_unique(paper: Paper) -> None:
    def once(items: list[Any], path: Steps, key: str = "id") -> None:
        seen: set[str] = set()
        for i, item in enumerate(items):
            name = getattr(item, key)
            if name in seen:
                raise At((*path, i, key), f'found the {key} "{name}" twice, it may stand once.')
            seen.add(name)

    once(paper.groups, ("groups",))
    once(paper.variables, ("variables",))
    once(paper.tables, ("tables",))
    once(paper.text, ("text",), "section")
    once(paper.relations, ("relations",))
    once(paper.timelines, ("timelines",))
    sections = {"paper", *(section.section for section in paper.text)}
    claims = {relation.id for relation in paper.relations}
    for name, items in (("relations", paper.relations), ("timelines", paper.timelines)):
        for i, item in enumerate(items):
            part, _, rest = item.id.partition(".")
            if part not in sections or not rest or "." in rest:
                raise At(
                    (name, i, "id"),
                    f"found the id {p.quoted(item.id)}, a section of the text (or paper), "
                    "a point and one word are needed.",
                )
            if name == "timelines" and item.id in claims:
                raise At((name, i, "id"), f'found the id "{item.id}" twice, it may stand once.')
    once(paper.pictures, ("pictures",))
    once(paper.flow, ("flow",))
    taken = {"groups"}
    for name, items, key in (
        ("tables", paper.tables, "id"),
        ("text", paper.text, "section"),
        ("pictures", paper.pictures, "id"),
    ):
        for i, item in enumerate(items):
            part = getattr(item, key)
            if part in taken:
                raise At((name, i, key), f'found the {key} "{part}" twice, it may stand once.')
            taken.add(part)
    for t, table in enumerate(paper.tables):
        once(table.rows, ("tables", t, "rows"))
        for r, row in enumerate(table.rows):
            if isinstance(table, RegressionTable) and table.constant and row.id == "constant":
                at: Steps = ("tables", t, "rows", r, "id")
                raise At(at, 'found the id "constant", which belongs to the row of the constant.')
            if isinstance(row, LevelsRow):
                once(row.levels, ("tables", t, "rows", r, "levels"))
            if isinstance(row, RocRow):
                once(row.cuts, ("tables", t, "rows", r, "cuts"))
                for c, cut in enumerate(row.cuts):
                    if cut.id in RocRow.model_fields:
                        at = ("tables", t, "rows", r, "cuts", c, "id")
                        raise At(at, f'found the id "{cut.id}", which is the name of a column.')
    for s, section in enumerate(paper.text):
        once(section.statements, ("text", s, "statements"))


def _check_row(
    row: Any, path: Steps, groups: set[str], variables: set[str], everyone: Everyone | None
) -> None:
    """Refuse cells of no group, and groups without a cell; all patients need not have one."""
    if getattr(row, "variable", None) is not None and row.variable not in variables:
        raise unknown((*path, "variable"), row.variable, variables, "variable")
    allowed = groups | {everyone.id} if everyone is not None else groups
    for group in getattr(row, "n", None) or {}:
        if group not in allowed:
            raise unknown((*path, "n", group), group, allowed, "group")
    cells = [(("values",), row.values)] if hasattr(row, "values") else []
    if isinstance(row, LevelsRow):
        cells = [(("levels", i, "values"), level.values) for i, level in enumerate(row.levels)]
    for where, values in cells:
        for group in values:
            if group not in allowed:
                raise unknown((*path, *where, group), group, allowed, "group", "of this table")
        for group in sorted(groups - set(values)):
            raise At((*path, *where), f'{row.id}: the group "{group}" is missing.')


def _check_statements(paper: Paper) -> None:
    for s, section in enumerate(paper.text):
        for i, statement in enumerate(section.statements):
            if statement.kind == "label":
                continue
            try:
                _TEXT_PARSERS[statement.kind][0](statement.printed)
            except p.PrintedError as error:
                path: Steps = ("text", s, "statements", i, "printed")
                raise At(path, f"text.{section.section}.{statement.id}: {error}.") from None


def _check_references(paper: Paper, ids: set[str], variables: set[str]) -> None:
    def known(path: Steps, reference: str | None) -> None:
        if reference is not None and reference not in ids:
            raise unknown(path, reference, ids, "number")

    def numeric(path: Steps, reference: str | None) -> None:
        known(path, reference)
        if reference is not None and not isinstance(paper.numbers[reference].value, Printed):
            raise At(path, f'found "{reference}", which is a date or a label, not a number.')

    numeric(("significance",), paper.significance)
    if not 0 < paper.alpha < 1:
        found = paper.numbers[paper.significance].text if paper.significance else ""
        raise At(
            ("significance",),
            f"found {p.quoted(found)}, a significance level between 0 and 1 is needed.",
        )
    for i, variable in enumerate(paper.variables):
        for side in ("lower", "upper"):
            limit = getattr(variable, side)
            if limit is None:
                continue
            if (limit.number is None) == (limit.value is None):
                raise At(
                    ("variables", i, side),
                    f"{variable.id}: a limit has a number or a value, one of them.",
                )
            numeric(("variables", i, side, "number"), limit.number)
        if (
            variable.lower is not None
            and variable.upper is not None
            and paper.limit(variable.lower) > paper.limit(variable.upper)
        ):
            raise At(
                ("variables", i, "upper"),
                f"{variable.id}: the upper limit lies below the lower one.",
            )
        if variable.formula is not None:
            others = variables - {variable.id}
            check_expression(("variables", i, "formula"), variable.formula, others)
    for i, constraint in enumerate(paper.constraints):
        at: Steps = ("constraints", i, "expression")
        check_expression(at, constraint.expression, variables, comparison=True)
        if "==" in constraint.expression:
            raise At(
                at, f"found {p.quoted(constraint.expression)}, an inequality with <= is needed."
            )
    cells = {f"{t.id}.{row.id}" for t in paper.tables_of("roc") for row in t.rows}
    margins = {
        number.rpartition(".")[0].rpartition(".")[0] for number in ids if number.endswith(".count")
    }
    for t, table in enumerate(paper.tables):
        if isinstance(table, RegressionTable):
            for r, row in enumerate(table.rows):
                if row.cut is not None and row.cut not in cells:
                    raise unknown(
                        ("tables", t, "rows", r, "cut"), row.cut, cells, "row of a ROC table"
                    )
                if row.margin is not None and row.margin not in margins:
                    raise unknown(
                        ("tables", t, "rows", r, "margin"), row.margin, margins, "row with counts"
                    )
    for i, relation in enumerate(paper.relations):
        for name, reference in relation.where.items():
            numeric(("relations", i, "where", name), reference)
        equation = (
            relation.equation.replace("=", "==")
            if _is_plain_equation(relation.equation)
            else relation.equation
        )
        check_expression(
            ("relations", i, "equation"), equation, set(relation.where), comparison=True
        )
    steps = {step.id for step in paper.flow}
    for i, step in enumerate(paper.flow):
        known(("flow", i, "count"), step.count)
        if step.after is not None and step.after not in steps:
            raise unknown(("flow", i, "after"), step.after, steps, "step")
    dates = {n.id for n in paper.numbers.values() if isinstance(n.value, PrintedDate)}
    for i, timeline in enumerate(paper.timelines):
        numeric(("timelines", i, "years"), timeline.years)
        if timeline.years is not None and not 0 <= paper.number(timeline.years).value <= 200:
            found = paper.numbers[timeline.years].text
            raise At(
                ("timelines", i, "years"), f"found {p.quoted(found)} years, 0 to 200 are allowed."
            )
        for key, reference in (("from", timeline.start), ("until", timeline.until)):
            if reference is not None and reference not in dates:
                raise unknown(("timelines", i, key), reference, dates, "date")
        for j, reference in enumerate(timeline.order or []):
            if reference not in dates:
                raise unknown(("timelines", i, "order", j), reference, dates, "date")
        if (timeline.order is None) == (timeline.start is None or timeline.until is None):
            raise At(
                ("timelines", i), f"{timeline.id}: either order, or from and until, are needed."
            )


def _is_plain_equation(equation: str) -> bool:
    return not any(sign in equation for sign in ("==", "<", ">", "!"))


def parse_relation(equation: str) -> tuple[ast.expr, str, ast.expr]:
    """``a = b + c`` as its two sides and the sign between them (``=``, ``<``, ``<=``, …)."""
    text = equation.replace("=", "==") if _is_plain_equation(equation) else equation
    node = ast.parse(text, mode="eval").body
    assert isinstance(node, ast.Compare)
    sign = {ast.Eq: "=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}[type(node.ops[0])]
    return node.left, sign, node.comparators[0]
