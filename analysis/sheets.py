"""The tables of a record from spreadsheets: ``file: table1.csv`` instead of ``rows``.

:func:`fill_tables` puts the rows of each named spreadsheet into the tree of a record, as if
they had been written there.  One line is one row; headings are recognised in the words that
papers use for them; what a row holds is recognised from its cells.  Nothing is guessed: a
cell that can be read in two ways is refused with file, row and column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis import printed as p
from analysis.record import At, Steps
from analysis.spreadsheet import Cell, Grid, Line, SheetError, located, read_grid

MOST_CELLS = 20_000  # in all spreadsheets of a record
LONGEST_ID = 60


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part of the tree stands in a spreadsheet."""

    file: Path
    where: str


Places = dict[Steps, Place]


class _Wrong(ValueError):
    """A sentence about a cell, a row or the whole sheet."""

    def __init__(self, sentence: str, at: Cell | Line | None = None):
        where = at.place if isinstance(at, Cell) else f"row {at.number}" if at else ""
        super().__init__(f"{where}: {sentence}" if where else sentence)


# --- headings -------------------------------------------------------------------------------------

CUT_COLUMNS = {
    "threshold": "threshold cut-off cutoff cut-off_value cutoff_value cut_point criterion",
    "sensitivity": "sensitivity sens se_(sensitivity)",
    "specificity": "specificity spec",
    "youden": "youden youden_index j youden's_index",
    "ppv": "ppv positive_predictive_value",
    "npv": "npv negative_predictive_value",
    "accuracy": "accuracy",
    "lr_positive": "lr_positive lr+ +lr plr positive_likelihood_ratio",
    "lr_negative": "lr_negative lr- lr− -lr −lr nlr negative_likelihood_ratio",
}
_P = "p p_value p-value p_values pvalue"
_COLUMNS: dict[str, dict[str, str]] = {
    "two_group": {
        "id": "id",
        "variable": "variable characteristic characteristics variables parameter",
        "level": "level category",
        "level_id": "level_id",
        "summary": "summary",
        "statistic": "statistic t z f χ2 χ² chi2 t/χ2 t/χ² χ2/t χ²/t t/z/χ2 t/z/χ² test_statistic",
        "statistic_is": "statistic_is",
        "p": _P,
        "test": "test",
        "by_ranks": "by_ranks",
        "threshold": "threshold",
    },
    "roc": {
        "id": "id",
        "variable": "marker variable",
        "direction": "direction",
        "cut": "cut",
        "auc": "auc area auroc c_statistic",
        "ci": "ci 95%_ci 95%ci",
        "ci_low": "ci_low lower",
        "ci_high": "ci_high upper",
        "se": "se s.e. standard_error std._error std.error",
        "p": _P,
        **CUT_COLUMNS,
    },
    "regression": {
        "id": "id",
        "label": "label variable_label predictor name factor variables characteristic",
        "variable": "variable",
        "margin": "margin",
        "cut": "cut",
        "threshold": CUT_COLUMNS["threshold"],
        "b": "b β beta coefficient coef",
        "se": "se s.e. standard_error std._error std.error",
        "wald": "wald wald_χ2 wald_χ² wald_chi2",
        "p": _P,
        "ratio": "ratio or hr rr exp(b) exp(β) odds_ratio hazard_ratio",
        "ci": "ci 95%_ci 95%ci",
        "ci_low": "ci_low lower",
        "ci_high": "ci_high upper",
        "ratio_ci": "ratio_ci or_(95%_ci) hr_(95%_ci) rr_(95%_ci) or_(95%ci) hr_(95%ci) rr_(95%ci)",
    },
}
_PREFIXES = {"uni_": "univariable", "multi_": "multivariable"}
_OF_A_MODEL = ("b", "se", "wald", "p", "ratio", "ci", "ci_low", "ci_high", "ratio_ci")
CONSTANT = "Constant"
_CONSTANTS = {"constant", "intercept", "(constant)", "(intercept)"}

# None: the schema looks at it
_PARSERS: dict[str, Callable[[str], Any] | None] = {
    "statistic": p.parse_number, "p": p.parse_p, "threshold": p.parse_number,
    "auc": p.parse_share, "ci": None, "se": p.parse_positive,
    "sensitivity": p.parse_share, "specificity": p.parse_share, "youden": p.parse_share,
    "ppv": p.parse_share, "npv": p.parse_share, "accuracy": p.parse_share,
    "lr_positive": p.parse_positive, "lr_negative": p.parse_positive,
    "b": p.parse_number, "wald": p.parse_positive, "ratio": p.parse_positive,
    "ci_low": p.parse_number, "ci_high": p.parse_number, "n": p.parse_whole,
}  # fmt: skip
_CELLS: dict[str, Callable[[str], Any]] = {
    "mean_sd": p.parse_mean_sd,
    "median_iqr": p.parse_median_iqr,
    "n_pct": p.parse_count_percent,
}
SUMMARIES = (*_CELLS, "levels")
_WORDS = {"id", "variable", "level", "summary", "statistic_is", "test", "by_ranks", "direction",
          "label", "margin", "cut", "level_id"}  # fmt: skip


def folded(text: str) -> str:
    """A heading or label such that case and spaces make no difference."""
    return re.sub(r"\s+", "_", unicodedata.normalize("NFC", text).strip().casefold())


_NAMES = {
    kind: {folded(word): key for key, words in columns.items() for word in words.split()}
    for kind, columns in _COLUMNS.items()
}


def columns_of(kind: str) -> tuple[str, ...]:
    """The columns that a spreadsheet of this kind of table may have, apart from the groups."""
    return tuple(_COLUMNS[kind])


def is_column(kind: str, heading: str) -> bool:
    """Whether a heading means one of these columns."""
    return folded(heading) in _NAMES[kind]


_GREEK = "GREEK SMALL LETTER "


def id_of(label: str) -> str:
    """An id made from a label: ``TNF-α, pg/mL`` as ``tnf_alpha_pg_ml``; "" if nothing is left.
    An id stays as it is."""
    if re.fullmatch(r"[a-z][a-z0-9_]*", label):
        return label
    letters = []
    for c in unicodedata.normalize("NFKD", label.casefold()):
        name = unicodedata.name(c, "")
        if name.startswith(_GREEK):
            c = name.removeprefix(_GREEK).split()[-1].lower()
        letters.append(c if c.isascii() else "" if unicodedata.combining(c) else "_")
    made = re.sub(r"[^a-z0-9]+", "_", "".join(letters)).strip("_")
    made = f"n_{made}" if made[:1].isdigit() else made
    return made[:LONGEST_ID].strip("_")


class _Ids:
    """The ids of one list: each is given once."""

    def __init__(self, taken: Iterable[str] = ()):
        self.taken = set(taken)
        self.last: dict[str, int] = {}

    def new(self, wanted: str, otherwise: str) -> str:
        """`wanted` (`otherwise` where that is empty), with a number where it is taken."""
        base = made = wanted or otherwise
        while made in self.taken:
            self.last[base] = self.last.get(base, 1) + 1
            made = f"{base}_{self.last[base]}"
        self.taken.add(made)
        return made


# --- the tree -------------------------------------------------------------------------------------


def fill_tables(tree: Any, folder: Path) -> Places:
    """Write the rows of every named spreadsheet into `tree`; the places of what was written.

    Variables that the record does not have are added to it.  What is no table of a known kind
    is left for the schema to refuse.  Raises :class:`At` with a sentence for a file that cannot
    be found, and :class:`InSheetError` for what is wrong inside of one.
    """
    places: Places = {}
    tables = tree.get("tables") if isinstance(tree, dict) else None
    grids: dict[tuple[Path, str | None], Grid] = {}
    cells = 0
    for t, table in enumerate(tables if isinstance(tables, list) else []):
        if not isinstance(table, dict) or not isinstance(table.get("kind"), str):
            continue
        path: Steps = ("tables", t)
        name, sheet = table.get("file"), table.get("sheet")
        if name is None:
            if wrong := next((k for k in ("sheet", "decimal") if table.get(k) is not None), None):
                raise At((*path, wrong), f"the key {wrong} belongs to a table with a file.")
            continue
        if not isinstance(name, str) or not isinstance(sheet, str | None):
            continue
        if "rows" in table or "constant" in table:
            raise At((*path, "file"), "a table has rows or a file, one of them.")
        if table["kind"] not in _COLUMNS:
            continue
        try:
            file = located(name, folder)
        except SheetError as error:
            raise At((*path, "file"), f"{error}.") from None
        shown = folder / name
        try:
            key = (file, sheet)
            if key not in grids:
                grids[key] = read_grid(file, sheet)
            cells += sum(len(line.cells) for line in grids[key].lines)
            if cells > MOST_CELLS:
                raise _Wrong(f"found more than the {MOST_CELLS:,} cells allowed in all sheets")
            reader = _Reader(tree, table, path, grids[key])
            reader.read()
        except (SheetError, _Wrong) as error:
            where = f"sheet {p.quoted(sheet)}, " if sheet and str(error).startswith("row") else ""
            raise InSheetError(shown, f"{where}{error}.") from None
        places |= {step: Place(shown, where) for step, where in reader.places.items()}
    return places


def place_of(path: Steps, places: Places) -> Place | None:
    """The place in a spreadsheet that is nearest to a place of the tree, if one is."""
    while path and path not in places:
        path = path[:-1]
    return places.get(path)


class InSheetError(ValueError):
    """A sentence about a place in a spreadsheet."""

    def __init__(self, file: Path, sentence: str):
        self.file = file
        super().__init__(sentence)


@dataclass
class _Reader:
    """One table from one grid."""

    tree: dict[str, Any]
    table: dict[str, Any]
    path: Steps
    grid: Grid
    places: dict[Steps, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # the row of the constant has this name
        self.row_ids = _Ids(["constant"])
        listed = self.tree.get("variables")
        known = [
            v
            for v in (listed if isinstance(listed, list) else [])
            if isinstance(v, dict) and isinstance(v.get("id"), str)
        ]
        self.variable_ids = _Ids(v["id"] for v in known)
        self.variables = {folded(str(v.get("label", ""))): v["id"] for v in reversed(known)}
        self.variables |= {folded(v["id"]): v["id"] for v in known}

    def read(self) -> None:
        rows = {"two_group": self._groups, "roc": self._roc, "regression": self._regression}[
            self.table["kind"]
        ]()
        if not rows:
            raise _Wrong("found no row of this table")
        self.table["rows"] = rows
        for r, row in enumerate(rows):
            line = row.pop("_line")
            row.pop("_n", None)
            here = (*self.path, "rows", r)
            self.places[here] = f"row {line}"
            for key, cell in row.pop("_cells", {}).items():
                self.places[(*here, *key)] = cell.place
            for i, level in enumerate(row.get("levels", [])):
                self.places[(*here, "levels", i)] = f"row {level.pop('_line')}"
                for key, cell in level.pop("_cells").items():
                    self.places[(*here, "levels", i, *key)] = cell.place

    # -- headings and cells --

    def _headings(self, more: Callable[[str], tuple[str, ...] | None]) -> dict[str, Any]:
        """What each heading stands for: the key of a column, or a tuple from `more`."""
        found: dict[str, Any] = {}
        for heading in self.grid.headings:
            key = more(heading) or _NAMES[self.table["kind"]].get(folded(heading))
            if key is None:
                known = ", ".join(_COLUMNS[self.table["kind"]])
                raise _Wrong(
                    f"found the heading {p.quoted(heading)}, which is no column of this kind of "
                    f"table{self._group_names()}; there are {known}"
                )
            if key in found.values():
                other = next(h for h, k in found.items() if k == key)
                raise _Wrong(
                    f"the headings {p.quoted(other)} and {p.quoted(heading)} mean the same column"
                )
            found[heading] = key
        return found

    def _group_names(self) -> str:
        if self.table["kind"] != "two_group":
            return ""
        return f" and no group ({', '.join(p.quoted(label) for label in self._groups_known())})"

    def _text(self, cell: Cell, parse: Callable[[str], Any] | None) -> str:
        """The text of a cell after `parse` has taken it."""
        text = self._number_text(cell)
        if parse is None:
            return text
        if cell.whole and parse not in (p.parse_whole, p.parse_count_percent):
            raise _Wrong(
                f"found the number {p.quoted(text)}, whose printed decimals Excel does not keep; "
                "format the column as text and type it again",
                cell,
            )
        try:
            parse(text)
        except p.PrintedError as error:
            raise _Wrong(f"{error}{self._hint(text)}", cell) from None
        return text

    def _hint(self, text: str) -> str:
        if self.table.get("decimal") == "comma" or not re.search(r"\b0,\d|\d,\d{1,2}(?!\d)", text):
            return ""
        return "; if the whole sheet writes so, say decimal: comma in this table of the record"

    def _number_text(self, cell: Cell) -> str:
        # marks of footnotes are no part of a number
        text = re.sub(r"(?<=[\d)%Ss])\s*[*†‡§¶#]+$", "", cell.text)
        if self.table.get("decimal") == "comma":
            if re.search(r"\d\.\d", text):
                raise _Wrong(
                    f"found {p.quoted(cell.text)} with a decimal point, decimal: comma is said",
                    cell,
                )
            text = re.sub(r"(?<=\d),(?=\d)", ".", text)
        return text

    def _put(self, row: dict[str, Any], key: str, cell: Cell) -> None:
        """One cell into a row; a cell that is there already must be the same."""
        text = cell.text if key in _WORDS else self._text(cell, _PARSERS[key])
        if key in row and row[key] != text:
            raise _Wrong(
                f"found {p.quoted(text)}, above it for the same row {p.quoted(row[key])}", cell
            )
        row[key] = text
        row["_cells"].setdefault((key,), cell)

    # -- groups and variables --

    def _groups_known(self) -> dict[str, dict[str, Any]]:
        """The groups of this table, and all patients, by label."""
        found = self.tree.get("groups")
        groups = [g for g in found if isinstance(g, dict)] if isinstance(found, list) else []
        own = self.table.get("groups")
        if isinstance(own, list):
            groups = [g for g in groups if g.get("id") in own]
        if isinstance(everyone := self.tree.get("everyone"), dict):
            groups = [*groups, everyone]
        return {str(g.get("label", g["id"])): g for g in groups if isinstance(g.get("id"), str)}

    def _group_of(self, heading: str) -> dict[str, Any] | None:
        """The group that a heading names by id or label; ``(n = 112)`` may follow."""
        match = re.fullmatch(r"(.*?)\s*[(,]\s*n\s*=\s*([\d, ]+?)\s*\)?", heading, re.IGNORECASE)
        name = match[1] if match else heading
        for label, group in self._groups_known().items():
            if folded(name) in (folded(group["id"]), folded(label)):
                n = group.get("n")
                if (
                    match
                    and isinstance(n, str)
                    and re.sub(r"\D", "", n) != re.sub(r"\D", "", match[2])
                ):
                    raise _Wrong(
                        f"the heading {p.quoted(heading)} says n = {match[2][:20]}, the record "
                        f"{p.quoted(n)}"
                    )
                return group
        return None

    def _variable(self, label: str) -> str:
        """The id of the variable with this id or label; it is added where there is none."""
        if (key := folded(label)) not in self.variables:
            listed = self.tree.get("variables")
            made = self.variable_ids.new(id_of(label), f"variable_{len(self.variables) + 1}")
            if listed is None:
                listed = self.tree["variables"] = []
            if isinstance(listed, list):  # if not, the schema says so
                listed.append({"id": made, "label": label})
            self.variables[key] = made
        return self.variables[key]

    def _row_id(self, line: Line, cells: dict[Any, Cell], name: str) -> str:
        """The id of a new row: as given, or made from `name`."""
        if "id" in cells:
            self.row_ids.taken.add(cells["id"].text)
            return cells["id"].text
        return self.row_ids.new(id_of(name), f"row_{line.number}")

    # -- tables that compare groups --

    def _groups(self) -> list[dict[str, Any]]:
        def more(heading: str) -> tuple[str, ...] | None:
            match = re.fullmatch(r"n\s*:\s*(.+)", heading, re.IGNORECASE)
            if match:
                if (group := self._group_of(match[1])) is None:
                    raise _Wrong(
                        f"the heading {p.quoted(heading)} names no group{self._group_names()}"
                    )
                return ("n", group["id"])
            group = self._group_of(heading)
            return ("values", group["id"]) if group is not None else None

        keys = self._headings(more)
        if "variable" not in keys.values():
            raise _Wrong('the heading "variable" is missing')
        blocks: list[list[tuple[Line, dict[Any, Cell]]]] = []
        for line in self.grid.lines:
            cells = {keys[h]: cell for h, cell in line.cells.items()}
            if "variable" in cells and not self._goes_on(blocks, cells):
                blocks.append([])
            elif not blocks:
                raise _Wrong("the variable is missing", line)
            elif "level" not in cells:
                raise _Wrong("the variable is missing, or the level of the one above", line)
            blocks[-1].append((line, cells))
        rows: list[dict[str, Any]] = []
        for block in blocks:
            rows.append(self._block(rows, block))
        return rows

    @staticmethod
    def _goes_on(blocks: list[Any], cells: dict[Any, Cell]) -> bool:
        """Whether a line is a further level of the variable above it."""
        if not blocks or "level" not in cells:
            return False
        first = blocks[-1][0][1]
        ids = {c["id"].text for _, c in blocks[-1] if "id" in c}
        same_row = "id" not in cells or not ids or cells["id"].text in ids
        return folded(first["variable"].text) == folded(cells["variable"].text) and same_row

    def _block(
        self, rows: list[dict[str, Any]], block: list[tuple[Line, dict[Any, Cell]]]
    ) -> dict[str, Any]:
        """One row of the record from the lines about one variable."""
        first, head = block[0]
        label = head["variable"].text
        levels = [(line, cells) for line, cells in block if "level" in cells]
        if len(block) > len(levels) and levels and self._values(head):
            raise _Wrong("a row above its levels has no cells of the groups", first)
        single = levels[0] if len(levels) == 1 else None
        if single:
            label = f"{label}: {single[1]['level'].text}"
        row: dict[str, Any] = {"_line": first.number, "_cells": {}}
        for _line, cells in block:
            for key in ("statistic", "p", "test", "statistic_is", "by_ranks"):
                if key in cells:
                    self._put(row, key, cells[key])
        stated = {
            cells["summary"].text: cells["summary"] for _, cells in block if "summary" in cells
        }
        for summary, cell in stated.items():
            if summary not in SUMMARIES:
                raise _Wrong(f"found {p.quoted(summary)}, allowed are {', '.join(SUMMARIES)}", cell)
            if (summary == "levels") != (len(levels) > 1) and not (summary == "n_pct" and levels):
                raise _Wrong(f"found {p.quoted(summary)}, which does not fit the levels", cell)
        row["id"] = self._row_id(first, head, label)
        row["variable"] = self._variable(label)
        if len(levels) > 1:
            row["summary"] = "levels"
            row["levels"] = []
            level_ids = _Ids(c["level_id"].text for _, c in levels if "level_id" in c)
            for line, cells in levels:
                level: dict[str, Any] = {"_line": line.number, "_cells": {}}
                text = cells["level"].text
                made = (
                    cells["level_id"].text
                    if "level_id" in cells
                    else level_ids.new(id_of(text), f"level_{line.number}")
                )
                level |= {"id": made, "label": text}
                if "threshold" in cells:
                    self._put(level, "threshold", cells["threshold"])
                level["values"] = self._cells(level, line, cells, "n_pct", row)
                row["levels"].append(level)
            return row
        line, cells = single or (first, head)
        if "threshold" in cells:
            raise _Wrong("a threshold belongs to a row with a level", cells["threshold"])
        summary = next(iter(stated), None) or self._summary(line, cells)
        row["summary"] = summary
        row["values"] = self._cells(row, line, cells, summary, row)
        return row

    @staticmethod
    def _values(cells: dict[Any, Cell]) -> dict[str, Cell]:
        return {k[1]: c for k, c in cells.items() if isinstance(k, tuple) and k[0] == "values"}

    def _summary(self, line: Line, cells: dict[Any, Cell]) -> str:
        """What the cells of a row hold, recognised from all of them."""
        values = self._values(cells)
        if not values:
            raise _Wrong("found no cell of a group", line)
        kinds = {_kind(self._number_text(cell)): cell for cell in values.values()}
        if None in kinds:
            cell = kinds[None]
            raise _Wrong(
                f"found {p.quoted(cell.text)}, a cell such as 54.96 ± 10.22, 64 (57–70) or "
                "67 (59.82%) is needed, or the column summary that says what it is",
                cell,
            )
        if len(kinds) > 1:
            raise _Wrong(f"the cells are of different kinds: {', '.join(sorted(kinds))}", line)  # type: ignore[type-var]
        kind = next(iter(kinds))
        if kind == "n_pct" and not self._must_be_counts(cells, values):
            cell = next(iter(values.values()))
            raise _Wrong(
                f"found {p.quoted(cell.text)}, which may be n (%) or mean (SD); write the sign %, "
                "or n_pct or mean_sd in a column summary",
                cell,
            )
        return kind

    def _must_be_counts(self, cells: dict[Any, Cell], values: dict[str, Cell]) -> bool:
        """Whether ``54 (10)`` can only be a count and a percentage: a sign says so, or the
        percentage belongs to the count in one of the groups."""
        if any("%" in c.text or "/" in c.text or "(" not in c.text for c in values.values()):
            return True
        if "level" in cells or self.table.get("percent_of", "group") != "group":
            return True
        sizes = {g["id"]: g.get("n") for g in self._groups_known().values()}
        for group, cell in values.items():
            match = re.fullmatch(r"\s*(\d+)\s*\(([\d.]+)\)\s*", self._number_text(cell), re.ASCII)
            own = cells[("n", group)].text if ("n", group) in cells else sizes.get(group)
            if (
                not match
                or not isinstance(own, str)
                or not re.fullmatch(r"\d{1,10}", own, re.ASCII)
            ):
                continue
            try:
                percent = p.parse_percent(match[2])
            except p.PrintedError:
                continue
            if int(own) and percent.shows(p.Fraction(100 * int(match[1]), int(own))):
                return True
        return False

    def _cells(
        self,
        part: dict[str, Any],
        line: Line,
        cells: dict[Any, Cell],
        summary: str,
        row: dict[str, Any],
    ) -> dict[str, str]:
        """The cells of the groups; denominators go into the row."""
        values = {}
        for key, cell in cells.items():
            if isinstance(key, tuple) and key[0] == "n":
                self._denominator(row, key[1], self._text(cell, p.parse_whole), cell, True)
        for group, cell in self._values(cells).items():
            text = self._number_text(cell)
            if summary == "n_pct":
                text, n = _count_of(text)
                if n is not None:
                    self._denominator(row, group, n, cell)
            elif summary == "mean_sd":
                text = re.sub(r"^([^()±]+?)\s*\(([^()±]+)\)$", r"\1 ± \2", text)
            made = Cell(text, cell.row, cell.column, cell.whole)
            try:
                _CELLS[summary](text)
            except p.PrintedError as error:
                raise _Wrong(f"{error}{self._hint(text)}", cell) from None
            if cell.whole and summary != "n_pct":
                self._text(made, _CELLS[summary])
            values[group] = text
            part["_cells"][("values", group)] = cell
        if not values:
            raise _Wrong("found no cell of a group", line)
        return values

    def _denominator(
        self, row: dict[str, Any], group: str, n: str, cell: Cell, printed: bool = False
    ) -> None:
        """The patients of a group with a value: if they are not all of it, or the table has a
        column of them."""
        size = next((g.get("n") for g in self._groups_known().values() if g["id"] == group), None)
        known = row.setdefault("_n", {})
        if known.setdefault(group, n) != n:
            raise _Wrong(
                f"found {p.quoted(n)} patients, above it for the same row {p.quoted(known[group])}",
                cell,
            )
        if n != size or printed:
            row.setdefault("n", {})[group] = n
            row["_cells"][("n", group)] = cell

    # -- ROC tables --

    def _roc(self) -> list[dict[str, Any]]:
        keys = self._headings(lambda heading: None)
        rows: list[dict[str, Any]] = []
        name = ""
        for line in self.grid.lines:
            cells: dict[str, Cell] = {keys[h]: cell for h, cell in line.cells.items()}
            same = "variable" not in cells or (
                bool(rows) and folded(cells["variable"].text) == folded(name)
            )
            if "cut" in cells and same and rows:
                cut: dict[str, Any] = {"_line": line.number, "_cells": {}}
                taken = rows[-1].get("cuts", [])
                ids = _Ids(c["id"] for c in taken)
                cut["id"] = ids.new(id_of(cells["cut"].text), f"cut_{line.number}")
                for key in CUT_COLUMNS:
                    if key in cells:
                        self._put(cut, key, cells[key])
                if wrong := [k for k in cells if k not in ("variable", "cut", *CUT_COLUMNS)]:
                    raise _Wrong("a further cut-off has no such column", cells[wrong[0]])
                where = (*self.path, "rows", len(rows) - 1, "cuts", len(taken))
                self.places[where] = f"row {line.number}"
                del cut["_line"]
                for key, cell in cut.pop("_cells").items():
                    self.places[(*where, *key)] = cell.place
                rows[-1].setdefault("cuts", []).append(cut)
                continue
            if "variable" not in cells:
                raise _Wrong("the marker is missing", line)
            if "cut" in cells:
                raise _Wrong("a further cut-off stands below its marker", cells["cut"])
            name = cells["variable"].text
            row: dict[str, Any] = {"_line": line.number, "_cells": {}}
            row["id"] = self._row_id(line, cells, name)
            row["variable"] = self._variable(name)
            self._interval(row, cells)
            for key, cell in cells.items():
                if key not in ("id", "variable", "ci_low", "ci_high"):
                    self._put(row, key, cell)
            rows.append(row)
        return rows

    def _interval(self, row: dict[str, Any], cells: dict[str, Cell]) -> None:
        """Limits from two columns, or beside the ratio."""
        if "ratio_ci" in cells:
            cell = cells.pop("ratio_ci")
            match = re.fullmatch(r"([^(\[]+?)\s*[(\[](.+)[)\]]", self._number_text(cell))
            if not match:
                raise _Wrong(
                    f"found {p.quoted(cell.text)}, a ratio and limits such as 2.29 (1.06–4.95) "
                    "are needed",
                    cell,
                )
            for key, text in (("ratio", match[1]), ("ci", match[2])):
                self._put(row, key, Cell(text, cell.row, cell.column))
        ends = [cells[key] for key in ("ci_low", "ci_high") if key in cells]
        if len(ends) == 1:
            raise _Wrong("one limit of two is missing", ends[0])
        if ends:
            texts = [self._text(cell, p.parse_number) for cell in ends]
            self._put(row, "ci", Cell("–".join(texts), ends[0].row, ends[0].column))

    # -- regression tables --

    def _regression(self) -> list[dict[str, Any]]:
        def more(heading: str) -> tuple[str, ...] | None:
            for prefix in _PREFIXES:
                if folded(heading).startswith(prefix):
                    key = _NAMES["regression"].get(folded(heading).removeprefix(prefix))
                    if key in _OF_A_MODEL:
                        return (prefix, key)
            return None

        keys = self._headings(more)
        prefixes = {key[0] for key in keys.values() if isinstance(key, tuple)}
        analysis = self.table.get("analysis") or "multivariable"
        if prefixes and any(key in _OF_A_MODEL for key in keys.values()):
            raise _Wrong("some headings begin with uni_ or multi_, then all of a model must")
        names = set(keys.values())
        if "label" not in names and "variable" not in names:
            raise _Wrong('the heading "label" is missing')
        rows: list[dict[str, Any]] = []
        for line in self.grid.lines:
            cells: dict[str, Cell] = {}
            for heading, cell in line.cells.items():
                key = keys[heading]
                if isinstance(key, tuple):
                    if _PREFIXES.get(key[0]) == analysis:
                        cells[key[1]] = cell
                else:
                    cells[key] = cell
            if prefixes and not any(key in cells for key in _OF_A_MODEL):
                continue  # a row of the other analysis only
            if "label" not in names:
                # the one column of names is the label; it may name a variable of the record
                cells = {("label" if key == "variable" else key): c for key, c in cells.items()}
            if "label" not in cells:
                raise _Wrong("the label is missing", line)
            label = cells["label"].text
            row: dict[str, Any] = {"_line": line.number, "_cells": {}}
            self._interval(row, cells)
            for key, cell in cells.items():
                if key not in ("id", "ci_low", "ci_high"):
                    self._put(row, key, cell)
            if folded(label) in _CONSTANTS and "id" not in cells:
                self._constant(row, line)
                continue
            row["id"] = self._row_id(line, cells, label)
            rows.append(row)
        return rows

    def _constant(self, row: dict[str, Any], line: Line) -> None:
        if "constant" in self.table:
            raise _Wrong("found a second row of the constant", line)
        del row["label"], row["_line"]
        for key, cell in row.pop("_cells").items():
            self.places[(*self.path, "constant", *key)] = cell.place
        self.places[(*self.path, "constant")] = f"row {line.number}"
        self.table["constant"] = row


def _kind(text: str) -> str | None:
    """What a cell of a group holds, from its form; None where it has none of the known."""
    if re.search(r"±|\+/-|\+-", text):
        return "mean_sd"
    if re.fullmatch(
        r"[^()\[\]]+[(\[][^()\[\]]*\d\s*(?:[–—‒-]|,\s|;|\bto\b)\s*[^()\[\]]+[)\]]", text
    ):
        return "median_iqr"
    if re.fullmatch(r"[\d,\s]+(?:/[\d,\s]+)?(?:\([^()]+\))?", text, re.ASCII):
        return "n_pct"
    return None


def _count_of(text: str) -> tuple[str, str | None]:
    """``67/112 (59.8)`` as ``67 (59.8)`` and the denominator; separators of thousands in
    counts leave no doubt and are dropped."""
    match = re.fullmatch(r"([\d,\s]+?)(?:\s*/\s*([\d,\s]+?))?\s*(\(.*\))?", text, re.ASCII)
    if not match:
        return text, None
    grouped = re.compile(r"[1-9]\d{0,2}(?:[,\s]\d{3})+|\d+", re.ASCII)
    parts = [part for part in match.group(1, 2) if part is not None]
    if not all(grouped.fullmatch(part) for part in parts):
        return text, None
    plain = [re.sub(r"\D", "", part) for part in parts]
    rest = f" {match[3]}" if match[3] else ""
    return f"{plain[0]}{rest}", plain[1] if len(plain) > 1 else None
