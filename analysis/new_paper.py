"""A folder to start the record of another paper in: an example to replace, part by part."""

from __future__ import annotations

import json
import re
from pathlib import Path

from analysis.files import FolderError, one_sentence, write_new
from analysis.paper import Paper, load_paper
from analysis.schema import json_schema
from analysis.write_sheets import tables_as_csv

MARK = "\ufeff"  # tells spreadsheet programs that a CSV file is UTF-8
RECORD, SCHEMA = "paper.yaml", "paper.schema.json"
TEMPLATE = Path(__file__).with_name("templates") / RECORD


def schema_text() -> str:
    """The JSON Schema of a record as it is written to a file."""
    return json.dumps(json_schema(), ensure_ascii=False, indent=2) + "\n"


def sheets_of(paper: Paper) -> dict[str, str]:
    """The tables of a record as CSV files that spreadsheet programs know to be UTF-8."""
    return {name: MARK + table for name, table in tables_as_csv(paper).items()}


def new_paper(folder: Path, sheets: bool = False) -> list[Path]:
    """Make `folder` with a record to fill in, its JSON Schema, and its tables as CSV.

    With `sheets` the record reads its tables from the CSV files; without, they stand in
    the record, and the CSV files show what they look like as spreadsheets.  Returns what
    was written.  Raises :class:`FolderError` if the folder holds anything, or cannot be
    written; then nothing is left behind.
    """
    text = TEMPLATE.read_text(encoding="utf-8")
    record = load_paper(TEMPLATE)
    files = {
        RECORD: with_files(text) if sheets else text,
        SCHEMA: schema_text(),
        **sheets_of(record),
    }
    with one_sentence(folder):
        if folder.is_dir() and any(folder.iterdir()):
            raise FolderError(f"{folder}: the folder is not empty, nothing was written.")
    return write_new(folder, files)


def with_files(text: str) -> str:
    """The record with ``file: NAME.csv`` in the place of the rows of every table."""
    before, tables, after = re.split(r"(?m)^(?=tables:|# Numbers in the running text)", text)
    parts = re.split(r"(?m)^(?=  - id: )", tables)
    filled = [parts[0]]
    for part in parts[1:]:
        name = re.match(r"  - id: (\w+)", part)[1]  # type: ignore[index]
        # the rows, and the constant, are indented deeper than their keys
        short = re.sub(r"(?m)^    (?:rows:|constant:).*\n(?:      .*\n)*", "", part)
        table, gap, comment = short.partition("\n\n")
        filled.append(f"{table.rstrip()}\n    file: {name}.csv{gap}{comment}")
    return f"{before}{''.join(filled)}{after}"
