"""Mark what a class handed in: `python -m workshop.teaching.grade FOLDER` (`make check-exercises`).

Each notebook runs in a fresh kernel, the checks of its sheet after each answer; one plain pytest
test for each exercise and student. Points and feedback go to a folder beside it, `FOLDER-marked`.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import re
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from analysis.files import write_all
from workshop import ChapterFailed
from workshop.teaching.handed_in import HandedIn, collect
from workshop.teaching.run import SECONDS, Answer, mark
from workshop.teaching.sheet import Exercise, sheets

POINTS = "points.csv"
_TESTS = Path(__file__).with_name("graded.py")


@dataclass(frozen=True)
class Notebook:
    """One student's notebook, marked when its first answer is asked for."""

    handed_in: HandedIn
    seconds: int

    @cached_property
    def answers(self) -> list[Answer]:
        given = self.handed_in
        if given.notebook is None:
            return [Answer(e, faults=[given.fault], open=True) for e in given.sheet.exercises]
        return mark(given.notebook, given.sheet, self.seconds)


@dataclass(frozen=True)
class Entry:
    """One exercise of one student."""

    notebook: Notebook
    exercise: Exercise

    @property
    def answer(self) -> Answer:
        return self.notebook.answers[self.exercise.number - 1]

    @property
    def is_told(self) -> bool:
        """Whether it is a test of its own: a notebook that is not there is one for all of it."""
        return not self.notebook.handed_in.fault or self.exercise.number == 1

    @property
    def id(self) -> str:
        given = self.notebook.handed_in
        if given.fault:
            return f"{_as_name(given.student)}-{given.sheet.name}"
        return f"{_as_name(given.student)}-{given.sheet.name}-{self.exercise.number}"

    @property
    def told(self) -> str:
        given = self.notebook.handed_in
        said = f"  {given.fault}" if given.fault else self.answer.feedback
        return f"{given.student}, {given.sheet.name}\n{said}"


class Marking:
    """A plugin that gives the tests their exercises."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        metafunc.parametrize("entry", self.entries, ids=[entry.id for entry in self.entries])


def grade(folder: Path, names: list[str] | None = None, seconds: int = SECONDS) -> list[Entry]:
    """Mark all notebooks in `folder` and write points and feedback to :func:`marked` beside it; what
    an earlier run wrote there is replaced.

    `names` are the sheets that everybody was to hand in (else: those that anybody did).
    Raises ChapterFailed, before anything is written, if there is nothing to mark.
    """
    handed_in = collect(folder, sheets(names or ()), all_wanted=bool(names))
    entries = [
        Entry(notebook, exercise)
        for notebook in (Notebook(given, seconds) for given in handed_in)
        for exercise in notebook.handed_in.sheet.exercises
    ]
    pytest.main(
        [str(_TESTS), "-c", os.devnull, "--rootdir", str(_TESTS.parent), "-p", "no:cacheprovider",
         "-o", f"python_files={_TESTS.name}", "--import-mode=importlib", "--no-header", "-q", "-rN", "--show-capture=no"],
        plugins=[Marking([entry for entry in entries if entry.is_told])],
    )  # fmt: skip
    out = marked(folder)
    out.mkdir(exist_ok=True)
    write_all({out / name: content for name, content in _results(entries).items()})
    return entries


def marked(folder: Path) -> Path:
    """Where points and feedback stand: not in `_build`, which every build of the book empties."""
    folder = folder.resolve()
    return folder.with_name(f"{folder.name}-marked")


def _results(entries: list[Entry]) -> dict[str, str]:
    """What is written: the points of all, and for each student what to read."""
    students = list(dict.fromkeys(e.notebook.handed_in.student for e in entries))
    files = {POINTS: points(entries)}
    for student in students:
        own = [e for e in entries if e.notebook.handed_in.student == student]
        name = _as_name(student)
        while f"{name}.txt" in files:  # two students whose names differ in signs only
            name += "_"
        files[f"{name}.txt"] = feedback(student, own)
    return files


def _as_name(student: str) -> str:
    return re.sub(r"[^\w.-]+", "_", student)


def points(entries: list[Entry]) -> str:
    """The points as CSV, one exercise of one student a row."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["student", "sheet", "exercise", "title", "state", "points by the checks",
                    "of", "points to give by hand", "what was said"])  # fmt: skip
    for entry in entries:
        given, answer, exercise = entry.notebook.handed_in, entry.answer, entry.exercise
        table.writerow([
            _text_cell(given.student), given.sheet.name, exercise.number, exercise.title,
            state(answer), answer.points, exercise.points - exercise.to_mark,
            0 if answer.open else exercise.to_mark,
            _text_cell(" ".join([*answer.faults, *answer.notes])),
        ])  # fmt: skip
    return out.getvalue()


def _text_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def state(answer: Answer) -> str:
    """What stands in the column *state*."""
    if answer.open:
        return "open"
    if answer.faults:
        return "in part" if answer.points else "not yet"
    return "passes" if answer.exercise.by_checks else "to be marked"


def feedback(student: str, own: list[Entry]) -> str:
    """What one student is told, sheet by sheet."""
    lines = [f"Feedback for {student}", ""]
    for notebook in dict.fromkeys(id(e.notebook) for e in own):
        entries = [e for e in own if id(e.notebook) == notebook]
        given = entries[0].notebook.handed_in
        reached = sum(e.answer.points for e in entries)
        possible = sum(e.exercise.points - e.exercise.to_mark for e in entries)
        lines += [f"{given.sheet.title}: {reached} of {possible} points by the checks", ""]
        lines += given.notes
        if given.fault:
            lines += [given.fault, ""]
            continue
        for entry in entries:
            lines += [entry.answer.feedback, ""]
    return "\n".join(lines)


def summary(entries: list[Entry]) -> str:
    """One line a student: points by the checks, sheet by sheet."""
    names = list(dict.fromkeys(e.notebook.handed_in.sheet.name for e in entries))
    students = list(dict.fromkeys(e.notebook.handed_in.student for e in entries))
    width = max(len(s) for s in ["Student", *students])
    columns = [max(len(name), 9) for name in names]
    rows = ["  ".join(["Student".ljust(width), *map(str.rjust, names, columns)])]
    for student in students:
        cells = []
        for name, column in zip(names, columns, strict=True):
            own = [e for e in entries if e.notebook.handed_in.student == student
                   and e.notebook.handed_in.sheet.name == name]  # fmt: skip
            reached = sum(e.answer.points for e in own)
            possible = sum(e.exercise.points - e.exercise.to_mark for e in own)
            absent = not own or own[0].notebook.handed_in.notebook is None
            cells.append(("–" if absent else f"{reached} of {possible}").rjust(column))
        rows.append("  ".join([student.ljust(width), *cells]))
    return "\n".join(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m workshop.teaching.grade")
    parser.add_argument("folder", type=Path, help="a folder for each student stands in it")
    parser.add_argument("--sheets", nargs="+", default=[], help="what everybody was to hand in")
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for one cell")
    options = parser.parse_args()
    try:
        entries = grade(options.folder, names=options.sheets, seconds=options.seconds)
    except ChapterFailed as error:
        sys.exit(str(error))
    print(f"\nPoints by the checks\n\n{summary(entries)}\n")
    print(f"All points are in {marked(options.folder) / POINTS}, the feedback beside it.")


if __name__ == "__main__":
    main()
