"""Small studies for tests: a configuration and a file of patients, written where they are asked."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

BASIC = """
[file]
id = "id"
[outcome]
column = "state"
event = 1
[marker]
label = "Quotient"
formula = "a / b"
direction = "higher"
[[variables]]
id = "a"
kind = "continuous"
unit = "mg/L"
lower = 0
[[variables]]
id = "b"
kind = "continuous"
[[variables]]
id = "sex"
kind = "categorical"
levels = ["f", { value = "m", label = "Male" }]
"""
HEAD = ("id", "state", "a", "b", "sex")


def rows(n: int = 24) -> list[list[object]]:
    """Honest rows of the basic study; the marker overlaps between the states."""
    return [
        [f"p{i}", i % 2, 10 + (i * 7) % 11 + i % 2, 2 + (i * 5) % 7, "fm"[i % 3 == 0]]
        for i in range(n)
    ]


def write(
    folder: Path, table: Sequence[Sequence[object]], config: str = BASIC,
    head: Sequence[str] = HEAD, name: str = "patients.csv", separator: str = ",",
) -> tuple[Path, Path]:  # fmt: skip
    """The file of patients and the study.toml."""
    with (folder / name).open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream, delimiter=separator).writerows([head, *table])
    (folder / "study.toml").write_text(config, encoding="utf-8")
    return folder / name, folder / "study.toml"


def write_columns(folder: Path, columns: Mapping[str, Sequence[object]], config: str):
    """The same from columns; None is an empty cell."""
    table = [["" if x is None else x for x in row] for row in zip(*columns.values(), strict=True)]
    return write(folder, table, config, list(columns))
