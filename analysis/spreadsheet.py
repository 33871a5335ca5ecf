"""Spreadsheets as people type them: CSV, TSV and XLSX as rows of text cells.

A file is read only beside the record that names it, and only so far as a printed table can
go.  A cell of an XLSX sheet is taken as it is shown; where its format does not say how many
decimals were typed, it is refused.
"""

from __future__ import annotations

import csv
import io
import re
import stat
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from analysis.files import unguarded
from analysis.printed import UNPRINTABLE, quoted

LARGEST_FILE = 2_000_000  # bytes
LARGEST_UNPACKED = 20_000_000  # bytes of the parts of an XLSX file
MOST_PARTS = 500
MOST_ROWS = 1_000
MOST_COLUMNS = 100
LONGEST_CELL = 1_000  # characters
KINDS = (".csv", ".tsv", ".xlsx")

# left behind by copying out of a page or a PDF: they are not seen
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class SheetError(ValueError):
    """A spreadsheet cannot be used; the message is a sentence without the file's name."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell that holds something: its text, and where it stands."""

    text: str
    row: int
    column: str
    whole: bool = False
    """Whether it is a whole number without a format: its decimals are not known."""

    @property
    def place(self) -> str:
        return f"row {self.row}, column {quoted(self.column)}"


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the headings: its number as a spreadsheet program shows it, and its
    cells by heading."""

    number: int
    cells: dict[str, Cell]


@dataclass(frozen=True, slots=True)
class Grid:
    """A sheet: its headings in their order, and the rows that hold something."""

    headings: list[str]
    lines: list[Line]


def located(name: str, folder: Path) -> Path:
    """The file `name` inside `folder`.

    Raises :class:`SheetError` for a name that leads outside, and for what is no file.
    """
    parts = PurePosixPath(name).parts
    if (
        not name.strip()
        or not name.isprintable()
        or "\\" in name
        or ".." in parts
        or PurePosixPath(name).is_absolute()
        or PureWindowsPath(name).drive
    ):
        raise SheetError(
            f"found the file {quoted(name)}, the name of a file beside this one is needed"
        )
    if not name.lower().endswith(KINDS):
        raise SheetError(f"found the file {quoted(name)}, one that ends in {_kinds()} is needed")
    try:
        file = (folder / name).resolve()
        if not file.is_relative_to(folder.resolve()):
            raise SheetError(f"the file {quoted(name)} leads out of the folder of this one")
        status = file.stat()
    except FileNotFoundError:
        raise SheetError(f"there is no file {quoted(name)} beside this one") from None
    except (OSError, RuntimeError) as error:  # too long a name, a loop of links
        why = getattr(error, "strerror", None) or "its links go in a circle"
        raise SheetError(f"the file {quoted(name)} cannot be read ({why})") from None
    if not stat.S_ISREG(status.st_mode):
        raise SheetError(f"{quoted(name)} is no regular file")
    if status.st_size > LARGEST_FILE:
        raise SheetError(
            f"the file {quoted(name)} is larger than the {LARGEST_FILE:,} bytes allowed"
        )
    return file


def _kinds() -> str:
    return f"{', '.join(KINDS[:-1])} or {KINDS[-1]}"


def read_grid(file: Path, sheet: str | None = None, *, bare: bool = False) -> Grid:
    """The cells of a file that :func:`located` found; `sheet` is a name in an XLSX file, and
    `bare` allows headings without a row below them.

    Raises :class:`SheetError`.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise SheetError(f"the file cannot be read ({error.strerror})") from None
    if file.suffix.lower() == ".xlsx":
        return _grid(_xlsx_rows(raw, sheet), bare)
    if sheet is not None:
        raise SheetError("only an .xlsx file has sheets; without the key sheet it can be read")
    return _grid(_csv_rows(raw, "\t" if file.suffix.lower() == ".tsv" else None), bare)


# one cell before its heading is known: text, and whether it is a number without a format
_Raw = tuple[str, bool]


def _grid(rows: Iterator[tuple[int, list[_Raw]]], bare: bool = False) -> Grid:
    """The first row that holds something has the headings."""
    headings: list[str] | None = None
    lines = []
    for number, row in rows:
        texts = [_tidy(text) for text, _ in row]
        for column, text in enumerate(texts, 1):
            if UNPRINTABLE.search(text):
                raise SheetError(
                    f"row {number}, column {column}: found {quoted(text)}, with a character that "
                    "cannot be printed"
                )
        if not any(texts):
            continue
        if headings is None:
            while not texts[-1]:
                texts.pop()
            headings = texts
            if "" in headings:
                raise SheetError(f"row {number}: column {headings.index('') + 1} has no heading")
            if twice := [h for h, n in Counter(map(str.casefold, headings)).items() if n > 1]:
                raise SheetError(f"row {number}: found the heading {quoted(twice[0])} twice")
            continue
        if any(texts[len(headings) :]):
            raise SheetError(f"row {number}: found more cells than the {len(headings)} headings")
        lines.append(
            Line(
                number,
                {
                    h: Cell(t, number, h, raw[1])
                    for h, t, raw in zip(headings, texts, row, strict=False)
                    if t
                },
            )
        )
    if headings is None:
        raise SheetError("the sheet is empty, a row of headings and rows below it are needed")
    if not lines and not bare:
        raise SheetError("the sheet has headings only, at least one row below them is needed")
    return Grid(headings, lines)


def _tidy(text: str) -> str:
    text = _INVISIBLE.sub("", text)
    return unguarded(" ".join(text.split()) if not text.startswith(("\t", "\r")) else text)


# --- CSV and TSV ------------------------------------------------------------------------------


def _csv_rows(raw: bytes, delimiter: str | None) -> Iterator[tuple[int, list[_Raw]]]:
    if b"\x00" in raw:
        raise SheetError("this is a binary file or UTF-16; save it as CSV in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise SheetError(f"line {line}: this is no UTF-8 text; save it as CSV in UTF-8") from None
    first, _, rest = text.partition("\n")
    offset = 1
    if match := re.fullmatch(r"sep=([,;\t|])\r?", first):  # as Excel writes it
        delimiter, text, offset = match[1], rest, 2
    delimiter = delimiter or _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = offset - 1
    try:
        for number, row in enumerate(reader, offset):
            _bounded(number, row)
            yield number, [(cell, False) for cell in row]
    except csv.Error as error:
        raise SheetError(f"row {number + 1}: this is no valid CSV ({error})") from None


def _delimiter(text: str) -> str:
    """The comma, semicolon or tab that stands most often in the headings."""
    heading = next((line for line in text.splitlines() if line.strip(" ,;\t")), "")
    outside = re.sub(r'"[^"]*"', "", heading[: MOST_COLUMNS * LONGEST_CELL])
    return max(",;\t", key=outside.count)


def _bounded(number: int, row: list[str]) -> None:
    if number > MOST_ROWS:
        raise SheetError(f"found more than the {MOST_ROWS:,} rows allowed")
    if len(row) > MOST_COLUMNS:
        raise SheetError(f"row {number}: found more than the {MOST_COLUMNS} columns allowed")
    for i, cell in enumerate(row, 1):
        if len(cell) > LONGEST_CELL:
            raise SheetError(
                f"row {number}, column {i}: found {len(cell):,} characters, "
                f"a cell has at most {LONGEST_CELL:,}"
            )


# --- XLSX -------------------------------------------------------------------------------------

_NO_WORKBOOK = "this is no Excel workbook (.xlsx)"


def _xlsx_rows(raw: bytes, sheet: str | None) -> Iterator[tuple[int, list[_Raw]]]:
    _check_package(raw)
    import openpyxl

    # the library raises whatever a broken file makes it stumble over
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True)
    except Exception:
        raise SheetError(f"{_NO_WORKBOOK}, or it is damaged") from None
    names = [s.title for s in book.worksheets]
    if sheet is None and len(names) != 1:
        raise SheetError(
            f"found {len(names)} sheets, the key sheet must name one: {_listed(names)}"
        )
    if sheet is not None and sheet not in names:
        raise SheetError(f"found no sheet {quoted(sheet)}, there are {_listed(names)}")
    chosen = book.worksheets[names.index(sheet) if sheet is not None else 0]
    try:
        chosen.reset_dimensions()  # what the file says of its size is not trusted
        rows = chosen.iter_rows()
    except Exception:
        raise SheetError(f"{_NO_WORKBOOK}, or it is damaged") from None
    number = 0
    while True:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                row = next(rows, None)
        except Exception:
            raise SheetError(f"after row {number}: the sheet is damaged") from None
        if row is None:
            return
        number += 1
        cells = []
        if len(row) > MOST_COLUMNS and any(c.value is not None for c in row[MOST_COLUMNS:]):
            raise SheetError(f"row {number}: found more than the {MOST_COLUMNS} columns allowed")
        for cell in row[:MOST_COLUMNS]:
            place = f"row {number}, column {getattr(cell, 'column_letter', '')}".rstrip()
            cells.append(_shown(cell, place))
        if not any(text for text, _ in cells):
            if number > 100 * MOST_ROWS:
                raise SheetError(f"found more than the {MOST_ROWS:,} rows allowed")
            continue
        _bounded(number, [text for text, _ in cells])
        yield number, cells


def _listed(names: list[str]) -> str:
    return ", ".join(quoted(n) for n in names[:5]) + (" …" if len(names) > 5 else "")


def _check_package(raw: bytes) -> None:
    """Refuse what unpacks beyond all measure, and parts that define entities."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            parts = package.infolist()
            if len(parts) > MOST_PARTS:
                raise SheetError(f"found {len(parts):,} parts in the workbook, too many")
            if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
                raise SheetError(
                    f"the workbook unpacks to more than the {LARGEST_UNPACKED:,} bytes allowed"
                )
            for part in parts:
                # a part may not be longer than it says: zipfile stops there
                content = package.read(part)
                if (
                    b"<!DOCTYPE" in content
                    or b"<!ENTITY" in content
                    or content[:2]
                    in (
                        b"\xff\xfe",
                        b"\xfe\xff",
                    )
                ):
                    raise SheetError("the workbook defines entities, which is not allowed")
    except SheetError:
        raise
    except Exception:  # zipfile raises a dozen kinds for damaged files
        raise SheetError(f"{_NO_WORKBOOK}, or it is damaged") from None


def _shown(cell: Any, place: str) -> _Raw:
    """The text of a cell as Excel shows it; a number must have a format that says how."""
    value = cell.value
    if value is None:
        return "", False
    if cell.data_type == "f" or not isinstance(value, str | int | float | bool):
        # a formula of an array is an object; a date is a datetime
        if cell.data_type == "d" or getattr(cell, "is_date", False):
            raise SheetError(
                f"{place}: found a date; type the cell as it is printed, in a column that is "
                "formatted as text"
            )
        raise SheetError(f"{place}: found a formula; type the value as it is printed")
    if cell.data_type == "e":
        raise SheetError(
            f"{place}: found the error {quoted(value)}; type the value as it is printed"
        )
    if isinstance(value, bool):
        return ("true" if value else "false"), False
    if isinstance(value, str):
        return value, False
    return _number_shown(value, cell.number_format or "General", place)


_FIXED = re.compile(r"(#,##)?(#|0)(?:\.(0+))?(%)?(?:_\)?|\s)*")
_EXACT = Context(prec=60)


def _number_shown(value: float, number_format: str, place: str) -> _Raw:
    """``0.7`` in the format ``0.00`` as ``0.70``; without a format only whole numbers."""
    form = number_format.split(";")[0].strip()
    as_text = (
        f"{place}: found the number {quoted(value)}, whose printed decimals Excel does not keep; "
        "format the column as text and type it again"
    )
    if form == "General":
        if abs(value) < 1e15 and float(value).is_integer():
            return str(int(value)), True
        raise SheetError(as_text)
    match = _FIXED.fullmatch(form)
    if not match or not -1e15 < value < 1e15:
        raise SheetError(as_text)
    exact = Decimal(repr(value)) * (100 if match[4] else 1)
    decimals = len(match[3] or "")
    shown = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP, context=_EXACT)
    return f"{shown:f}{match[4] or ''}", False
