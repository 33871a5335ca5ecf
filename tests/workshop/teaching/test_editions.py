"""Both editions come from one source, and the student's holds nothing of a solution."""

from __future__ import annotations

import csv
import io
import zipfile

import nbformat
import pytest

from tests.workshop.teaching.conftest import all_sheets
from workshop.teaching import editions, run
from workshop.teaching import sheet as sheets
from workshop.teaching.plain import plain

ALL = all_sheets()
IDS = [s.name for s in ALL]


def parts_of(notebook, part):
    return [c.source for c in notebook.cells if c.metadata[editions.MARK]["part"] == part]


@pytest.mark.parametrize("sheet", ALL, ids=IDS)
def test_students_find_no_solution(sheet):
    notebook = editions.student_notebook(sheet)
    text = nbformat.writes(notebook)
    assert editions.leaks(notebook, sheet) == []
    # said again, without the library's own search
    open_ = " ".join(
        p.source for e in sheet.exercises for p in e.of("text", "hint", "start", "given")
    )
    for exercise in sheet.exercises:
        for part in exercise.of("code", "check", "solution"):
            for line in part.source.splitlines():
                if len(line.strip()) >= 12 and line.strip() not in open_ and part.name != "given":
                    assert line.strip() not in "\n".join(c.source for c in notebook.cells), line
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert "Marking guide" not in text
    assert "{glue:" not in text
    assert "{dropdown}" not in text


@pytest.mark.parametrize("sheet", ALL, ids=IDS)
@pytest.mark.parametrize("what", ["code", "check", "solution"])
def test_a_planted_solution_is_found(sheet, what):
    exercise = next(e for e in sheet.exercises if e.of(what))
    part = exercise.of(what)[0]
    notebook = editions.student_notebook(sheet)
    shown = part.source if part.cell is not None else plain(part.source, sheet.glued(), "here")
    notebook.cells[-1].source += f"\n{shown}"
    assert editions.leaks(notebook, sheet)
    notebook = editions.student_notebook(sheet)
    notebook.cells[-1].outputs = [{"output_type": "stream", "name": "stdout", "text": shown}]
    assert editions.leaks(notebook, sheet)


def test_one_line_is_enough_to_be_found(small):
    for line in ("secret_events = 10", "One patient in four had an event.", "the share itself"):
        notebook = editions.student_notebook(small)
        notebook.cells[1].source += f" {line} "
        assert editions.leaks(notebook, small), line


def test_the_student_has_tasks_hints_and_starting_cells(small):
    notebook = editions.student_notebook(small)
    assert [s.startswith("share = ...") for s in parts_of(notebook, "start")] == [True, False]
    assert len(parts_of(notebook, "hint")) == 3
    assert all(s.startswith("<details><summary>Hint") for s in parts_of(notebook, "hint"))
    assert parts_of(notebook, "answer") == [editions.ANSWER] * 2  # where a person marks
    assert parts_of(notebook, "given") == ["patients = 40"]


def test_the_teacher_has_all_of_it(small):
    notebook = editions.teacher_notebook(small)
    text = "\n".join(cell.source for cell in notebook.cells)
    for part in (p for e in small.exercises for p in e.parts):
        assert part.source in text
    assert len(parts_of(notebook, "marking")) == 3
    assert "2 points by the checks: the share itself" in text


@pytest.mark.parametrize("sheet", ALL, ids=IDS)
def test_the_teachers_notebook_shows_what_solutions_print(sheet):
    executed, shown = sheet.outputs(), {}
    for cell in editions.teacher_notebook(sheet).cells:
        if cell.cell_type == "code":
            shown[cell.source] = cell.outputs
    for part in (p for e in sheet.exercises for p in e.of("code")):
        printed = [o for o in executed[part.cell].outputs if o.output_type == "stream"]
        assert [o for o in shown[part.source] if o.output_type == "stream"] == printed


def test_words_of_a_sheet_become_plain_markdown():
    source = (
        "Of {glue:text}`n` {term}`odds <Odds>` {cite}`hanley1982` see [here](../table1.md#x).\n\n"
        ":::{admonition} Mind\n:class: tip\nTwo {glue:text}`n`.\n:::\n\n$x_1$ and `code`"
    )
    assert plain(source, {"n": "7"}, "here") == (
        "Of 7 odds (Hanley 1982) see here.\n\n> **Mind**\n>\n> Two 7.\n\n$x_1$ and `code`"
    )


@pytest.mark.parametrize(
    ("source", "told"),
    [("{glue:text}`no`", "no cell gives the text 'no'"), ("{numref}`x`", "the role {numref}")],
)
def test_what_a_notebook_cannot_show_is_refused(source, told):
    with pytest.raises(sheets.ExerciseError, match="line 7") as error:
        plain(source, {}, "line 7")
    assert told in str(error.value)


def test_a_notebook_that_is_not_the_texts_is_refused(small):
    small.file.write_text(small.file.read_text().replace("patients = 40", "patients = 41"))
    with pytest.raises(sheets.ExerciseError, match="make refresh"):
        editions.student_notebook(sheets.read(small.file))


@pytest.mark.parametrize("edition", editions.EDITIONS)
def test_an_edition_is_a_folder_and_one_zip_file(edition, tmp_path):
    folder = editions.write(edition, tmp_path)
    first = {f.relative_to(folder): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    (folder / "old.ipynb").write_text("left from an earlier time")
    editions.write(edition, tmp_path)
    again = {f.relative_to(folder): f.read_bytes() for f in folder.rglob("*") if f.is_file()}
    assert first == again
    (archive,) = folder.glob("*.zip")
    with zipfile.ZipFile(archive) as packed:
        names = {name.partition("/")[2] for name in packed.namelist()}
    assert names == {f.as_posix() for f in again} - {archive.name}
    assert {f"{s.name}.ipynb" for s in ALL} | {"README.txt"} <= names
    assert ("analysis/paper.py" in names) == (edition == "student")
    assert [p.name for p in tmp_path.iterdir()] == [edition]


def test_the_key_holds_every_exercise():
    rows = list(csv.DictReader(io.StringIO(editions.key(ALL))))
    assert [(r["sheet"], r["exercise"]) for r in rows] == [
        (s.name, str(e.number)) for s in ALL for e in s.exercises
    ]


def test_an_answered_notebook_is_the_students_with_solutions(small):
    notebook = run.answered(editions.student_notebook(small), small)
    assert "secret_events = 10" in parts_of(notebook, "start")[0]
