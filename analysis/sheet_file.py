"""A table of patients as it stands in a file: CSV, TSV, XLSX or Parquet, every cell as text.

Nothing is guessed but the separator of a CSV file: numbers are made of the texts later, where
it is known which columns hold numbers.  What cannot be read is refused with one sentence that
names the file and the row, counted as a spreadsheet counts them.
"""

from __future__ import annotations

import csv
import io
import warnings
import zipfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.cohort import COLUMN, MARK, CohortError
from analysis.printed import quoted

if TYPE_CHECKING:
    import pyarrow as pa

LARGEST_FILE = 4 << 30  # bytes
LARGEST_UNPACKED = 1 << 30  # bytes of an XLSX file, which is a ZIP archive
MOST_COLUMNS, MOST_ROWS = 16_384, 1_048_576  # as many as a spreadsheet has
MOST_PATIENTS = 10_000_000  # a few bytes of Parquet can say billions of rows
LONGEST_HEAD = 1 << 20  # bytes of the line of headings
LONGEST_CELL = 32_767  # characters, as in a spreadsheet
ENDINGS = (".csv", ".tsv", ".txt", ".xlsx", ".parquet")
_KEY = b"note"


class PatientsError(CohortError):
    """Patients that cannot be used; the message is one sentence."""


@dataclass(frozen=True, eq=False)
class Sheet:
    """Columns by name, each an Arrow array of texts of shape (n,), missing cells ``""``; `rows`:
    where each patient stands in the file, counted from 1 with the headings; `blank`: rows without
    anything in them, left out (of the columns that are read); `simulated`: whether the file says
    that its patients are; `inside`: line ends inside cells in quotation marks."""

    file: Path
    columns: dict[str, pa.Array]
    rows: NDArray[np.int64]
    blank: int
    simulated: bool
    inside: int = 0


def read_sheet(
    file: Path, wanted: Sequence[str], *, sheet: str | None = None, separator: str | None = None
) -> Sheet:
    """The `wanted` columns of a file, and the mark of simulated patients if it has one.

    Raises :class:`PatientsError` for a file that cannot be read, another ending than
    :data:`ENDINGS`, a column that is not there or there twice, and rows that have more or fewer
    cells than there are headings.
    """
    file = Path(file)
    ending = file.suffix.lower()
    if ending not in ENDINGS:
        raise PatientsError(f"{file}: found {quoted(ending)}, a file {_listed(ENDINGS)} is needed.")
    try:
        if file.exists() and not file.is_file():
            raise PatientsError(f"{file}: this is no regular file.")
        if file.stat().st_size > LARGEST_FILE:
            raise PatientsError(f"{file}: the file is larger than {LARGEST_FILE >> 30} GiB.")
        if ending == ".parquet":
            return _parquet(file, wanted)
        if ending == ".xlsx":
            return _xlsx(file, wanted, sheet)
        return _csv(file, wanted, separator or ("\t" if ending == ".tsv" else None))
    except FileNotFoundError:
        raise PatientsError(f"{file}: there is no such file.") from None
    except OSError as error:
        raise PatientsError(f"{file}: it cannot be read ({error.strerror or 'damaged'}).") from None
    except PatientsError:
        raise
    except ValueError as error:
        if "null byte" in str(error):
            raise PatientsError(f"{str(file)!r}: this is no name of a file.") from None
        raise


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _places(file: Path, names: Sequence[str], wanted: Sequence[str], row: str) -> dict[str, int]:
    """Where the wanted columns stand; the column of the mark too, if there is one."""
    if len(names) > MOST_COLUMNS:
        raise PatientsError(f"{file}{row}: found more than the {MOST_COLUMNS:,} columns allowed.")
    found = {}
    for name in dict.fromkeys([*wanted, *([COLUMN] if COLUMN in names else [])]):
        if (count := list(names).count(name)) != 1:
            told = _near(name, names)
            how = "there is no" if not count else f"there are {count} columns"
            raise PatientsError(
                f"{file}{row}: {how} column {quoted(name)}{told}." if not count
                else f"{file}{row}: {how} {quoted(name)}, each needs a name of its own."
            )  # fmt: skip
        found[name] = list(names).index(name)
    return found


def _near(name: str, names: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, [n for n in names if n], n=3, cutoff=0.5)
    if near:
        return f"; near it: {', '.join(quoted(n) for n in near)}"
    shown = [quoted(n) for n in names if n][:12]
    return f"; there are {', '.join(shown)}{' …' if len(names) > 12 else ''}"


# --- text -----------------------------------------------------------------------------------


def _csv(file: Path, wanted: Sequence[str], separator: str | None) -> Sheet:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    raw = file.read_bytes()
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in raw[:4096]:
        raise PatientsError(f"{file}: this is UTF-16 or a binary file, save it as CSV in UTF-8.")
    if (at := raw.find(b"\x00")) >= 0:
        line = raw.count(b"\n", 0, at) + 1
        raise PatientsError(f"{file}, line {line}: found a NUL byte.")
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw.strip():
        raise PatientsError(f"{file}: the file is empty.")
    if b"\r" in raw and b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")  # the line ends of old Macs
    names, used = _headings(file, raw, separator)
    places = _places(file, names, wanted, ", row 1")
    blank: list[int] = []
    wrong: list[tuple[int, int]] = []
    # one row more, too long for the table: it is seen unless a quotation mark before it is open
    last = used * (len(names) + 1) + "end"
    closed = b'"' not in raw
    lines = 0
    if not closed:
        lines = _line_ends(raw)
        raw += (b"" if raw.endswith((b"\n", b"\r")) else b"\n") + last.encode()

    def odd(row: Any) -> str:
        nonlocal closed
        if row.text.strip("\r\n") == last:
            closed = True
        elif not row.text.strip(f" {used}\r\n"):
            blank.append(row.number)
        elif len(wrong) < 1:
            wrong.append((row.number, row.actual_columns))
        return "skip"

    unique = [f"{i}" for i in range(len(names))]
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(raw),
            # one thread: only then a row that does not fit has a number
            arrow_csv.ReadOptions(
                use_threads=False, column_names=unique, skip_rows_after_names=1,
                block_size=min(max(len(raw) + 1, 1 << 16), 1 << 26),
            ),
            arrow_csv.ParseOptions(
                delimiter=used, newlines_in_values=True, ignore_empty_lines=False,
                invalid_row_handler=odd,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(unique, pa.string()), strings_can_be_null=False,
                include_columns=[unique[i] for i in places.values()],
            ),
        )  # fmt: skip
    except pa.ArrowInvalid as error:
        if "UTF8" in str(error):
            line = _line_of_bad_utf8(raw)
            raise PatientsError(
                f"{file}, line {line}: this is no UTF-8 text, save it as CSV in UTF-8."
            ) from None
        raise PatientsError(f"{file}: this is no table of patients with separators.") from None
    if not closed:
        raise PatientsError(
            f"{file}, row {table.num_rows + len(blank) + len(wrong) + 1}: found a quotation mark that "
            "opens a cell, and none that closes it."
        )
    if wrong:
        number, count = wrong[0]
        raise PatientsError(
            f"{file}, row {number}: found {count} cells, the {len(names)} of the headings are "
            "needed (a separator or a quotation mark too many or too few)."
        )
    skipped = np.array(blank, dtype=np.int64)
    rows = np.setdiff1d(
        np.arange(2, table.num_rows + len(blank) + 2, dtype=np.int64), skipped, assume_unique=True
    )
    columns = {
        name: table.column(k).combine_chunks() for k, name in enumerate(places)
    }  # fmt: skip
    inside = max(lines - table.num_rows - len(blank) - 1, 0) if lines else 0
    return _sheet(file, columns, rows, len(blank), inside)


def _line_ends(raw: bytes) -> int:
    """How many lines there are, whatever ends them."""
    ends = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    return ends + (not raw.endswith((b"\n", b"\r")))


def _headings(file: Path, raw: bytes, separator: str | None) -> tuple[list[str], str]:
    first = raw[:LONGEST_HEAD]
    if len(raw) > len(first) and b"\n" not in first:
        raise PatientsError(
            f"{file}, row 1: the headings are longer than the {LONGEST_HEAD:,} bytes allowed."
        )
    try:
        text = first.decode("utf-8", "ignore" if len(raw) > len(first) else "strict")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PatientsError(
            f"{file}, line {line}: this is no UTF-8 text, save it as CSV in UTF-8."
        ) from None
    line = text.splitlines()[0]
    used = separator or max((",", ";", "\t", "|"), key=line.count)
    try:
        names = next(csv.reader(io.StringIO(text, newline=""), delimiter=used))
    except (csv.Error, StopIteration):
        raise PatientsError(f"{file}, row 1: this is no line of headings.") from None
    names = [name.strip() for name in names]
    if not any(names):
        raise PatientsError(f"{file}, row 1: there are no headings.")
    return names, used


def _line_of_bad_utf8(raw: bytes) -> int:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return raw.count(b"\n", 0, error.start) + 1
    return 1


# --- spreadsheet ----------------------------------------------------------------------------


def _xlsx(file: Path, wanted: Sequence[str], sheet: str | None) -> Sheet:
    try:
        import openpyxl
    except ImportError:
        raise PatientsError(f"{file}: the package openpyxl is needed to read it.") from None
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(part.file_size for part in archive.infolist())
        if size > LARGEST_UNPACKED:
            raise PatientsError(f"{file}: unpacked it is larger than {LARGEST_UNPACKED >> 30} GiB.")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd parts of a file; what is read is checked
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            with closing(book):
                return _page(file, book, wanted, sheet)
    except (PatientsError, OSError):
        raise
    except Exception:  # openpyxl passes on whatever a damaged archive or its XML raises
        raise PatientsError(f"{file}: this is no XLSX file, or it is damaged.") from None


def _page(file: Path, book: Any, wanted: Sequence[str], sheet: str | None) -> Sheet:
    import pyarrow as pa

    if sheet is not None and sheet not in book.sheetnames:
        raise PatientsError(
            f"{file}: there is no sheet {quoted(sheet)}; there are "
            f"{', '.join(quoted(n) for n in book.sheetnames[:12])}."
        )
    page = book[sheet] if sheet is not None else book.worksheets[0]
    page.reset_dimensions()  # what the file says of its size is not trusted
    lines = page.iter_rows(values_only=True)
    head = [_cell(c).strip() for c in next(lines, ())]
    if not any(head):
        raise PatientsError(f"{file}, row 1: there are no headings.")
    places = _places(file, head, wanted, ", row 1")
    rows, empty = [], False
    cells: dict[str, list[str]] = {name: [] for name in places}
    for number, line in enumerate(lines, 2):
        if number > MOST_ROWS:
            raise PatientsError(f"{file}: it names a row beyond the {MOST_ROWS:,} that there are.")
        if all(c is None for c in line):
            continue
        rows.append(number)
        for name, i in places.items():
            value = line[i] if i < len(line) else None
            empty = empty or value is None
            cells[name].append(_cell(value))
    # rows under the last patient are only formatted, not written
    blank = rows[-1] - 1 - len(rows) if rows else 0
    if empty:
        _no_formulas(file, sheet, places)
    columns = {name: pa.array(values, pa.string()) for name, values in cells.items()}
    return _sheet(file, columns, np.array(rows, dtype=np.int64), blank)


def _cell(value: object) -> str:
    """A cell as text: whole numbers without decimals, dates as 2024-05-31."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)[: LONGEST_CELL + 1]


def _no_formulas(file: Path, sheet: str | None, places: dict[str, int]) -> None:
    """Refuse formulas whose results the file does not hold: they would look like empty cells."""
    import openpyxl

    values = openpyxl.load_workbook(file, read_only=True, data_only=True)
    formulas = openpyxl.load_workbook(file, read_only=True, data_only=False)
    with closing(values), closing(formulas):
        pages = [b[sheet] if sheet is not None else b.worksheets[0] for b in (values, formulas)]
        for page in pages:
            page.reset_dimensions()
        both = zip(*(page.iter_rows(values_only=True) for page in pages), strict=False)
        for number, (shown, written) in enumerate(both, 1):
            for name, i in places.items():
                if (
                    i < len(shown) and i < len(written)
                    and shown[i] is None and isinstance(written[i], str)
                    and written[i].startswith("=")
                ):  # fmt: skip
                    raise PatientsError(
                        f"{file}, row {number}, column {quoted(name)}: found a formula without its "
                        "result, open and save the file in a spreadsheet program first."
                    )


# --- parquet --------------------------------------------------------------------------------


def _parquet(file: Path, wanted: Sequence[str]) -> Sheet:
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        schema = pq.read_schema(file)
        if (n := pq.read_metadata(file).num_rows) > MOST_PATIENTS:
            raise PatientsError(
                f"{file}: found {n:,} rows, more than the {MOST_PATIENTS:,} allowed."
            )
        places = _places(file, schema.names, wanted, "")
        table = pq.read_table(file, columns=list(places))
    except PatientsError:
        raise
    except (pa.ArrowException, ValueError, TypeError, LookupError):
        raise PatientsError(f"{file}: this is no Parquet file, or it is damaged.") from None
    columns = {}
    for name in places:
        column = table.column(name)
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        try:
            if pa.types.is_floating(column.type):
                texts = _float_texts(column)
            else:
                texts = column.cast(pa.string())
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            raise PatientsError(
                f"{file}, column {quoted(name)}: found {column.type}, numbers or texts are needed."
            ) from None
        columns[name] = pc.fill_null(texts, "").combine_chunks()
    marked = (schema.metadata or {}).get(_KEY) == MARK.encode()
    if marked and COLUMN not in columns:
        raise PatientsError(f'{file}: the column "{COLUMN}" is missing, simulated patients say so.')
    rows = np.arange(1, table.num_rows + 1, dtype=np.int64)
    return _sheet(file, columns, rows, 0)


def _float_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Shortest texts that give the same floats again; NaN becomes a missing cell."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = column.cast(pa.float64())
    texts = numbers.cast(pa.string())
    return pc.if_else(pc.fill_null(pc.is_nan(numbers), True), "", texts)


def _sheet(
    file: Path, columns: dict[str, pa.Array], rows: NDArray[np.int64], blank: int, inside: int = 0
) -> Sheet:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(rows) > MOST_PATIENTS:
        raise PatientsError(
            f"{file}: found {len(rows):,} rows, more than the {MOST_PATIENTS:,} allowed."
        )

    empty = np.ones(len(rows), dtype=bool)
    for name, column in columns.items():
        if name != COLUMN:
            trimmed = pc.utf8_length(pc.utf8_trim_whitespace(column))
            empty &= np.asarray(trimmed.to_numpy(zero_copy_only=False)) == 0
    if empty.any():
        keep = pa.array(~empty)
        columns = {name: column.filter(keep) for name, column in columns.items()}
        rows, blank = rows[~empty], blank + int(empty.sum())
    if not len(rows):
        raise PatientsError(f"{file}: there is no patient under the headings.")
    simulated = False
    if COLUMN in columns:
        marks = pc.utf8_lower(pc.utf8_trim_whitespace(columns[COLUMN]))
        yes = pc.is_in(marks, value_set=_strings(["true", "1"]))
        if not (simulated := bool(pc.all(yes).as_py())):
            row = rows[int(pc.index(yes, False).as_py())]
            raise PatientsError(
                f'{file}, row {row}, column "{COLUMN}": it is not true; it is true in every row '
                "of simulated patients, and no column of real ones."
            )
    return Sheet(file, columns, rows, blank, simulated, inside)


def _strings(values: Sequence[str]):
    import pyarrow as pa

    return pa.array(list(values), pa.string())
