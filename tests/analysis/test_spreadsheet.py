"""XLSX files: cells as they are shown, and files built to exhaust or mislead."""

from __future__ import annotations

import datetime
import io
import zipfile

import openpyxl
import pytest

from analysis.files import guarded, unguarded
from analysis.spreadsheet import Grid, SheetError, read_grid


@pytest.fixture
def read(tmp_path):
    def read(rows, formats=(), sheet=None, titles=("Sheet",)) -> Grid:
        book = openpyxl.Workbook()
        book.active.title = titles[0]
        for title in titles[1:]:
            book.create_sheet(title)
        for row in rows:
            book.worksheets[-1].append(row)
        for cell, number_format in formats:
            book.worksheets[-1][cell].number_format = number_format
        book.save(tmp_path / "a.xlsx")
        return read_grid(tmp_path / "a.xlsx", sheet)

    return read


def cells(grid: Grid) -> list[dict[str, str]]:
    return [{h: c.text for h, c in line.cells.items()} for line in grid.lines]


def test_text_cells_are_taken_as_they_are(read):
    grid = read([["variable", "p"], [None, None], ["Age", "0.70"], ["=1+1 ", "<0.001"]][:3])
    assert grid.headings == ["variable", "p"]
    assert [line.number for line in grid.lines] == [3]
    assert cells(grid) == [{"variable": "Age", "p": "0.70"}]


@pytest.mark.parametrize(
    ("value", "number_format", "shown"),
    [
        (0.7, "0.00", "0.70"), (0.705, "0.00", "0.71"), (1.005, "0.00", "1.01"), (12, "0", "12"),
        (1098.83, "#,##0.00", "1098.83"), (0.5982, "0.00%", "59.82%"), (-5.31, "0.000", "-5.310"),
        (112, "General", "112"), (0.25, "0.0_)", "0.3"),
    ],
)  # fmt: skip
def test_a_number_with_a_format_is_taken_as_it_is_shown(read, value, number_format, shown):
    grid = read([["a"], [value]], [("A2", number_format)])
    assert cells(grid) == [{"a": shown}]
    assert grid.lines[0].cells["a"].whole is (number_format == "General")


@pytest.mark.parametrize(
    ("value", "number_format", "words"),
    [
        (0.7, "General", "format the column as text"),
        (0.7, "0.0E+00", "format the column as text"),
        (12.5, "# ?/?", "format the column as text"),
        (1e300, "0.00", "format the column as text"),
        (datetime.datetime(2026, 12, 3), "d-mmm", "found a date"),
        (3.5, "d-mmm", "found a date"),
        ("=A1+1", "General", "found a formula"),
        ("#DIV/0!", "General", "found the error"),
    ],
)
def test_a_cell_whose_print_is_unknown_is_refused(read, value, number_format, words):
    with pytest.raises(SheetError, match="row 2, column A: ") as refused:
        read([["a"], [value]], [("A2", number_format)])
    assert words in str(refused.value)


def test_one_sheet_of_several_must_be_named(read):
    rows = [["a"], ["b"]]
    assert cells(read(rows, sheet="T 2", titles=("T 1", "T 2"))) == [{"a": "b"}]
    with pytest.raises(
        SheetError, match='found 2 sheets, the key sheet must name one: "T 1", "T 2"'
    ):
        read(rows, titles=("T 1", "T 2"))
    with pytest.raises(SheetError, match='found no sheet "T 3", there are "T 1", "T 2"'):
        read(rows, sheet="T 3", titles=("T 1", "T 2"))


def test_far_away_cells_are_refused(tmp_path):
    for place, words in (
        ("A1002", "1,000 rows"),
        ("A1048576", "1,000 rows"),
        ("XFD2", "100 columns"),
    ):
        book = openpyxl.Workbook()
        book.active["A1"] = "a"
        book.active[place] = "x"
        book.save(tmp_path / "a.xlsx")
        with pytest.raises(SheetError, match=words):
            read_grid(tmp_path / "a.xlsx")


def package(tmp_path, change) -> str:
    """What is said of a good workbook after `change` of the content of its parts."""
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append(["b"])
    whole = io.BytesIO()
    book.save(whole)
    with (
        zipfile.ZipFile(whole) as old,
        zipfile.ZipFile(tmp_path / "a.xlsx", "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name, content in change({n: old.read(n) for n in old.namelist()}).items():
            new.writestr(name, content)
    try:
        read_grid(tmp_path / "a.xlsx")
    except SheetError as error:
        return str(error)
    return "read"


SHEET = "xl/worksheets/sheet1.xml"


def test_broken_packages(tmp_path):
    assert package(tmp_path, lambda parts: parts) == "read"
    bomb = package(tmp_path, lambda parts: parts | {"xl/bomb.xml": b" " * 50_000_000})
    assert "unpacks to more than" in bomb
    many = package(tmp_path, lambda parts: parts | {f"x{i}": b"" for i in range(1000)})
    assert "parts" in many
    entity = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    assert "entities" in package(tmp_path, lambda parts: parts | {SHEET: entity + parts[SHEET]})
    wide = package(tmp_path, lambda parts: parts | {SHEET: parts[SHEET].decode().encode("utf-16")})
    assert "entities" in wide
    assert "damaged" in package(tmp_path, lambda parts: parts | {SHEET: parts[SHEET][:-40]})
    assert "damaged" in package(tmp_path, lambda parts: {SHEET: parts[SHEET]})


def test_a_part_that_lies_about_its_length(tmp_path):
    file = tmp_path / "a.xlsx"
    package(tmp_path, lambda parts: parts | {SHEET: parts[SHEET] + b" " * 30_000_000})
    raw = bytearray(file.read_bytes())
    true = (30_000_000 + 800).to_bytes(4, "little")[2:]
    # every length of 30 MB in the headers becomes a small one
    while (i := raw.find(true)) >= 0:
        raw[i : i + 2] = b"\x00\x00"
    file.write_bytes(raw)
    with pytest.raises(SheetError):
        read_grid(file)


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"variable,p\nAge,0.7\n", b"\xd0\xcf\x11\xe0" * 99]
)
def test_what_is_no_workbook(tmp_path, content):
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(SheetError, match="no Excel workbook"):
        read_grid(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"), ("+1+1", "'+1+1"), ("@x", "'@x"), ("-x", "'-x"), ("\tx", "'\tx"),
        ("-5.310", "-5.310"), ("+5", "+5"), ("-5%", "-5%"), ("-1-2", "'-1-2"), ("Age", "Age"),
        ("'t Hart", "'t Hart"), ("'=x", "''=x"), ("", ""), ("−5", "−5"), ("<0.001", "<0.001"),
    ],
)  # fmt: skip
def test_cells_are_guarded_and_read_back(text, written):
    assert guarded(text) == written
    assert unguarded(written) == text
