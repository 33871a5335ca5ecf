"""The ledger as JSON, CSV and Markdown, and back from JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper
from analysis.printed import Printed
from analysis.show.html import visible

FORMAT = 1
COLUMNS = ("table", *(field.name for field in fields(Finding)))


def to_json(ledger: Ledger, paper: Paper | None = None) -> str:
    """The ledger with every field of every finding; see :func:`json_schema`."""
    document: dict[str, Any] = {"format": FORMAT}
    if paper is not None:
        document["paper"] = {"key": paper.paper.key, "label": paper.paper.label}
        document["paper"] |= {"doi": paper.paper.doi} if paper.paper.doi else {}
    document["counts"] = {str(verdict): n for verdict, n in ledger.counts().items()}
    document["findings"] = [_record(finding) for finding in ledger]
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def from_json(text: str) -> Ledger:
    """The ledger that :func:`to_json` wrote; `values` stay as JSON holds them."""
    return Ledger(
        Finding(
            **{field.name: record[field.name] for field in fields(Finding)}
            | {
                "verdict": Verdict(record["verdict"]),
                "numbers": tuple(record["numbers"]),
                "assumptions": tuple(record["assumptions"]),
            }
        )
        for record in json.loads(text)["findings"]
    )


def _record(finding: Finding) -> dict[str, Any]:
    return {name: json_safe(getattr(finding, name)) for name in COLUMNS}


def json_safe(value: Any) -> Any:
    """`value` as JSON can hold it: exact fractions as ``"3/8"``, infinities as ``"∞"``,
    a printed number as its text, arrays as lists, anything else as its string."""
    if isinstance(value, Enum):
        return json_safe(value.value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    if isinstance(value, float):
        if math.isnan(value):
            return None
        return float(value) if math.isfinite(value) else ("∞" if value > 0 else "−∞")
    if isinstance(value, Printed):
        return value.text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): json_safe(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # numpy
        return json_safe(value.tolist())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: json_safe(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, set | frozenset):
        return sorted((json_safe(item) for item in value), key=repr)
    if isinstance(value, list | tuple | range):
        return [json_safe(item) for item in value]
    return str(value)


def json_schema() -> dict[str, Any]:
    """The JSON Schema of what :func:`to_json` writes."""
    text: dict[str, Any] = {"type": "string"}
    texts: dict[str, Any] = {"type": "array", "items": text}
    finding = dict.fromkeys(COLUMNS, text) | {
        "id": {"type": "string", "minLength": 1},
        "verdict": {"enum": [str(verdict) for verdict in Verdict]},
        "numbers": texts,
        "assumptions": texts,
        "values": {"type": "object"},
    }
    count = {"type": "integer", "minimum": 0}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "required": ["format", "counts", "findings"],
        "additionalProperties": False,
        "properties": {
            "format": {"const": FORMAT},
            "paper": {
                "type": "object",
                "required": ["key", "label"],
                "additionalProperties": False,
                "properties": {"key": text, "label": text, "doi": text},
            },
            "counts": {
                "type": "object",
                "required": [str(verdict) for verdict in Verdict],
                "additionalProperties": False,
                "properties": {str(verdict): count for verdict in Verdict},
            },
            "findings": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": list(COLUMNS),
                    "additionalProperties": False,
                    "properties": finding,
                },
            },
        },
    }


def to_csv(ledger: Ledger) -> str:
    """The ledger as CSV (RFC 4180: CRLF, quotes doubled), a header line first.

    `numbers` stand with spaces between them, `assumptions` one a line in their cell,
    `values` as JSON.  No cell is a formula: see :func:`guarded`.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for finding in ledger:
        record = _record(finding)
        record["numbers"] = " ".join(record["numbers"])
        record["assumptions"] = "\n".join(record["assumptions"])
        record["values"] = json.dumps(record["values"], ensure_ascii=False, allow_nan=False)
        writer.writerow([guarded(record[name]) for name in COLUMNS])
    return file.getvalue()


_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?%?")


def guarded(cell: str) -> str:
    """A cell that a spreadsheet shows as text: one that starts like a formula gets an
    apostrophe in front, unless the whole cell is a number such as ``-0.53``.

    Spreadsheets run what starts with ``= + - @``, also after a tab or a line end, and some
    read the full-width signs as the plain ones.
    """
    is_formula = cell.startswith(_FORMULA) and not _NUMBER.fullmatch(cell)
    return visible("'" + cell if is_formula else cell)


_MARKDOWN = {
    "table": "Part",
    "verdict": "Verdict",
    "claim": "What is checked",
    "printed": "Printed",
    "attainable": "What the other numbers allow",
    "by_hand": "By hand",
}


def to_markdown(ledger: Ledger) -> str:
    """The ledger as one Markdown table, and the counts under it."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(escaped(cell) for cell in cells) + " |"

    lines = [line(list(_MARKDOWN.values())), "|" + " --- |" * len(_MARKDOWN)]
    lines += [line([str(getattr(f, name)) for name in _MARKDOWN]) for f in ledger]
    counts = ", ".join(f"{n} {verdict}" for verdict, n in ledger.counts().items())
    return "\n".join([*lines, "", f"{len(ledger)} findings: {counts}.", ""])


_SIGNS = re.compile(r"[\\|<>&*_`~$\[\]!]")


def escaped(cell: str) -> str:
    """The cell as Markdown shows it letter by letter: no emphasis, no link, no picture, no
    HTML, no mathematics."""
    return _SIGNS.sub(r"\\\g<0>", visible(" ".join(cell.split())))
