"""What a class hands in is run and marked; whatever is wrong costs one clear sentence."""

from __future__ import annotations

import csv

import nbformat
import pytest

from tests.workshop.teaching.conftest import all_sheets
from workshop.teaching import editions, grade, handed_in, run

ALL = all_sheets()


def start(notebook, number):
    return next(
        c
        for c in notebook.cells
        if c.metadata[editions.MARK] == {"exercise": number, "part": "start"}
    )


def said(answer):
    return " ".join([*answer.faults, *answer.notes])


def test_the_solutions_pass_and_an_empty_notebook_does_not(small):
    empty = editions.student_notebook(small)
    answers = run.mark(run.answered(empty, small), small)
    assert [a.points for a in answers] == [2, 4, 0]
    assert [a.passed for a in answers] == [True] * 3
    assert "up to 1 point more are given" in said(answers[0])
    answers = run.mark(empty, small)
    assert [a.points for a in answers] == [0, 0, 0]
    assert [a.open for a in answers] == [True] * 3
    assert "not answered yet: give `share` a value in place of `...`." in answers[0].faults
    assert answers[1].faults == [
        "not answered yet: write the code that the starting cell leaves open."
    ]
    assert answers[2].faults == ["nothing is written yet."]


def test_each_mistake_is_told_and_costs_the_others_nothing(small):
    notebook = run.answered(editions.student_notebook(small), small)
    start(notebook, 1).source = "share = 10 / 0"
    start(
        notebook, 2
    ).source = "def odds(share):\n    return share / (1 if share < 0.4 else 1 - share)"
    first, second, third = run.mark(notebook, small)
    assert first.faults[0] == (
        "your cell stops with ZeroDivisionError: division by zero (at the line `share = 10 / 0`)."
    )
    assert second.points == 1  # half of the checks
    assert second.faults == ["odds: divide by those without the event, not by all."]
    assert third.passed
    assert not any("Traceback" in said(a) for a in (first, second, third))


def test_cells_of_the_same_points_must_all_pass(small):
    notebook = run.answered(editions.student_notebook(small), small)
    start(notebook, 2).source = "def odds(share):\n    return share / (1 - share) or 1"
    _, second, _ = run.mark(notebook, small)
    assert (second.points, second.faults) == (1, ["odds: without an event they are none."])


def test_loops_and_dead_kernels_cost_one_exercise(small):
    notebook = run.answered(editions.student_notebook(small), small)
    start(
        notebook, 1
    ).source = "while True:\n    try:\n        print('x')\n    except BaseException:\n        pass"
    first, second, _ = run.mark(notebook, small, seconds=5)
    assert "ran longer than 5 seconds" in first.faults[0]
    assert second.points == 4
    start(notebook, 1).source = "import os\nos._exit(1)"
    first, second, _ = run.mark(notebook, small, seconds=5)
    assert "Python itself ended" in first.faults[0]
    assert second.points == 4


def test_cells_that_are_gone_moved_or_unmarked(small):
    notebook = run.answered(editions.student_notebook(small), small)
    own = [c for c in notebook.cells if c.metadata[editions.MARK]["exercise"] != 1]
    notebook.cells = own
    first, second, _ = run.mark(notebook, small)
    assert first.faults == [
        "its cells are not in this notebook: take a fresh copy of it and put your answer there."
    ]
    assert second.points == 4

    notebook = run.answered(editions.student_notebook(small), small)
    for cell in notebook.cells:
        del cell.metadata[editions.MARK]  # an editor that keeps ids only
    assert [a.points for a in run.mark(notebook, small)] == [2, 4, 0]
    for number, cell in enumerate(notebook.cells):
        cell.id = f"own-{number}"  # one that keeps neither: the headings are left
    assert [a.points for a in run.mark(notebook, small)] == [2, 4, 0]


def test_names_that_were_changed_are_told(small):
    notebook = run.answered(editions.student_notebook(small), small)
    start(notebook, 1).source = "part = 0.25"
    start(notebook, 2).source = "odds = 'even'"
    first, second, _ = run.mark(notebook, small)
    assert first.faults == [
        "name 'share' is not defined: keep the names that the starting cell gives."
    ]
    assert second.faults == [
        "the checks cannot use your answer: TypeError: 'str' object is not callable"
    ]


def hand_in(folder, small):
    """A class of its own kind: who stands for what is in the names."""
    notebook = editions.student_notebook(small)
    for student in ("good", "renamed", "twice", "broken", "other", "nothing", "=sum"):
        (folder / student).mkdir(parents=True)
    answered = run.answered(notebook, small)
    nbformat.write(answered, folder / "good" / "small.ipynb")
    nbformat.write(answered, folder / "renamed" / "final version (2).ipynb")
    nbformat.write(answered, folder / "twice" / "small.ipynb")
    nbformat.write(notebook, folder / "twice" / "small-1.ipynb")
    (folder / "broken" / "small.ipynb").write_text('{"cells": [')
    nbformat.write(nbformat.v4.new_notebook(), folder / "other" / "holiday.ipynb")
    nbformat.write(answered, folder / "=sum" / "small.ipynb")
    nbformat.write(notebook, folder / "alone.ipynb")
    (folder / "notes.txt").write_text("not a notebook")


def test_who_handed_in_what(small, tmp_path):
    hand_in(tmp_path / "class", small)
    found = {h.student: h for h in handed_in.collect(tmp_path / "class", [small])}
    assert found["good"].notebook is not None
    assert found["good"].fault == ""
    assert found["renamed"].notebook is not None
    assert "final version (2).ipynb was handed in, and is small.ipynb" in found["renamed"].notes[0]
    assert "2 notebooks hold the exercises of small" in found["twice"].fault
    assert "cannot be read as a notebook" in found["broken"].fault
    assert "is none of the notebooks of the exercises" in found["other"].fault
    assert found["nothing"].fault == "small.ipynb is missing."
    assert found["alone"].notebook is not None
    assert "notes" not in found


def test_there_must_be_something_to_mark(small, tmp_path):
    with pytest.raises(handed_in.HandedInError, match="is no folder"):
        handed_in.collect(tmp_path / "nowhere", [small])
    (tmp_path / "empty").mkdir()
    with pytest.raises(handed_in.HandedInError, match="holds no notebook"):
        handed_in.collect(tmp_path / "empty", [small])


def test_a_class_is_marked(small, tmp_path, monkeypatch, capfd):
    hand_in(tmp_path / "class", small)
    monkeypatch.setattr(grade, "sheets", lambda names: [small])
    out = tmp_path / "class-marked"
    entries = grade.grade(tmp_path / "class")
    told = capfd.readouterr().out
    assert "Traceback" not in told
    assert "test_answer[good-small-1]" not in told  # what passes is not shown
    assert "small.ipynb is missing." in told
    rows = list(csv.DictReader((out / "points.csv").open(encoding="utf-8")))
    assert {r["student"] for r in rows} == {
        "good", "renamed", "twice", "broken", "other", "nothing", "'=sum", "alone",
    }  # fmt: skip
    by = {(r["student"], r["exercise"]): r for r in rows}
    assert (by["good", "1"]["points by the checks"], by["good", "1"]["of"]) == ("2", "2")
    assert by["good", "3"]["state"] == "to be marked"
    assert by["alone", "1"]["state"] == "open"
    assert by["broken", "2"]["points by the checks"] == "0"
    assert "6 of 6" in grade.summary(entries)
    feedback = (out / "renamed.txt").read_text("utf-8")
    assert "6 of 6 points by the checks" in feedback
    assert "final version (2).ipynb was handed in" in feedback
    assert (out / "_sum.txt").is_file()


@pytest.mark.parametrize(
    "sheet",
    # the build runs every solution with its checks; here it is a student's notebook that is marked
    [
        pytest.param(s, marks=pytest.mark.thorough if i % 9 else pytest.mark.slow)
        for i, s in enumerate(ALL)
    ],
    ids=[s.name for s in ALL],
)
def test_every_sheet_can_be_marked(sheet):
    empty = editions.student_notebook(sheet)
    for answer in run.mark(empty, sheet, seconds=120):
        assert answer.open, answer.feedback
        assert answer.points == 0
        assert "not answered yet" in said(answer) or "nothing is written" in said(answer)
    for answer in run.mark(run.answered(empty, sheet), sheet, seconds=300):
        assert answer.passed, answer.feedback
        assert answer.points == answer.exercise.points - answer.exercise.to_mark
