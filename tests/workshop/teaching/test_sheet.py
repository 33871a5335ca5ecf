"""The one source of exercises: what it holds, and what it refuses."""

from __future__ import annotations

import contextlib
import functools
import io
import re

import pytest

from analysis.paper import load_paper
from analysis.shipped import DATA
from tests.workshop.teaching.conftest import SMALL, all_sheets, write_sheet
from workshop import chapters
from workshop.teaching import sheet as sheets

ALL = all_sheets()
IDS = [s.name for s in ALL]


def test_a_sheet_is_read_into_its_parts(small):
    assert small.title == "Exercises: a made-up table"
    assert [(e.number, e.title, e.kind) for e in small.exercises] == [
        (1, "A share", "By hand"), (2, "A function", "Code"), (3, "A sentence", "Reading"),
    ]  # fmt: skip
    first, second, third = small.exercises
    assert [part.name for part in first.parts] == [
        "text",
        "hint",
        "start",
        "code",
        "check",
        "solution",
    ]
    assert [part.cell for part in second.parts] == [None, None, 4, 5, 6, 7, 8]
    assert (first.to_mark, second.to_mark, third.to_mark) == (1, 0, 2)
    assert [line.points for line in second.by_checks] == [1, 3]
    assert [[part.cell for part in cells] for cells in second.checks] == [[6], [7, 8]]
    assert sheets.placeholders(first.of("start")[0].source) == ["share"]


FAULTS = {
    "number": ("## 2. A function", "## 3. A function", "the heading of exercise 2 is"),
    "line of kind": ("*Code · 10 minutes", "*Coding · 10 minutes", "the line of kind is"),
    "points": ("easy · 3 points", "easy · 5 points", "5 points, and its marking guide gives 3"),
    "guide": ("- 1 point: says of", "- one point: says of", "a line of a marking guide is"),
    "hint": ("{dropdown} Hint\nDivide", "{div} hint\nDivide", "exercise 1 has no `:::{dropdown} Hint`"),
    "dropdown": ("{dropdown} Hint\nDivide", "{dropdown} More\nDivide", "is a Hint or a Solution"),
    "solution": ("{dropdown} Solution\nOnly", "{div} sol\nOnly", "exercise 3 has no `:::{dropdown} Sol"),
    "nothing open": ("share = ...", "share = 0.0", "leaves something open"),
    "assert without words": (', "share: divide the events by the patients."', "", "each with a message"),
    "checks and guide": ("- 3 points by the checks: other", "- 3 points: other", "has 2 checks (cells"),
    "more of nothing": ("[check]\n\nassert abs(share", "[check, more]\n\nassert abs(share", "no checks before"),
    "more than checks": ("[exercise]\n\nshare", "[exercise, more]\n\nshare", "the tag more stands beside check"),
    "no Python": ("secret_events / patients", "secret_events / patients", None),
    "directive": (":::{dropdown} Hint\nTry", ":::{include} x.md\nTry", "{include} cannot stand in a sheet"),
    "title": ("# Exercises: a made-up table", "Exercises", "a sheet begins with its title"),
    "tag": ("[exercise]\n\ndef", "[extra]\n\ndef", "exercise 2 has no cell to start from"),
}  # fmt: skip


@pytest.mark.parametrize("fault", [f for f, (_, _, told) in FAULTS.items() if told])
def test_what_is_not_written_as_it_should_be_is_refused_with_file_and_line(fault, tmp_path):
    before, after, told = FAULTS[fault]
    assert before in SMALL
    file = write_sheet(tmp_path, SMALL.replace(before, after, 1))
    with pytest.raises(sheets.ExerciseError) as error:
        sheets.read(file)
    message = str(error.value)
    assert told in message
    assert message.startswith("small.md:")
    assert "\n" not in message


def test_an_unknown_sheet_is_refused():
    with pytest.raises(sheets.ExerciseError, match="There are no exercises of nowhere"):
        sheets.sheets(["nowhere"])


@pytest.mark.parametrize("sheet", ALL, ids=IDS)
def test_each_chapter_has_exercises_by_hand_and_in_code(sheet):
    kinds = [e.kind for e in sheet.exercises]
    assert len(kinds) >= 3
    assert "By hand" in kinds
    assert "Code" in kinds


@pytest.mark.parametrize("sheet", ALL, ids=IDS)
def test_a_sheet_belongs_to_a_chapter(sheet):
    assert (sheet.file.parent.parent / sheet.file.name) in chapters.pages()


@pytest.mark.parametrize(
    "sheet",
    [pytest.param(s, marks=[pytest.mark.thorough] if i % 4 else []) for i, s in enumerate(ALL)],
    ids=IDS,
)
def test_each_exercise_stands_alone(sheet):
    """After the first cells, its own are enough: whoever marks may begin anywhere."""
    pytest.importorskip("IPython")
    with contextlib.redirect_stdout(io.StringIO()):
        begin: dict[str, object] = {}
        for part in sheet.opening:
            if part.cell is not None:
                exec(part.source, begin)
        for exercise in sheet.exercises:
            own = dict(begin)
            for part in exercise.parts:
                if part.cell is not None:
                    exec(part.source, own)


@functools.cache
def printed_numbers() -> frozenset[str]:
    """What the records print with three digits or more, without signs and zeros in front."""
    files = [DATA / "yu2023" / "paper.yaml", *sorted((DATA / "examples").glob("*/paper.yaml"))]
    printed = {n.text.strip(" <>≥≤=%") for file in files for n in load_paper(file).numbers.values()}
    return frozenset(t for t in printed if len(re.sub(r"\D", "", t).lstrip("0")) >= 3)


@pytest.mark.parametrize("sheet", ALL, ids=IDS)
def test_no_number_of_a_paper_is_typed(sheet):
    """A number with three digits or more that a record prints is quoted, never typed."""
    words = [p for p in sheet.opening if p.cell is None]
    words += [p for e in sheet.exercises for p in e.parts if p.cell is None]
    typed = {
        number
        for part in words
        for number in re.findall(
            r"\d+(?:\.\d+)?", re.sub(r"\{[a-z:]+\}`[^`]*`|`[^`]*`", "", part.source)
        )
    }
    assert typed & printed_numbers() - {"1.000"} == set()
