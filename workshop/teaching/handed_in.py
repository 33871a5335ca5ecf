"""What a class handed in: a folder for each student, or one notebook for each, and whose is what.

Every notebook that cannot be marked costs one clear sentence, and no other notebook anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from workshop import ChapterFailed
from workshop.teaching.editions import MARK
from workshop.teaching.sheet import Sheet

_NOT_STUDENTS = {".ipynb_checkpoints", "__pycache__", "__MACOSX"}
_LARGEST = 20_000_000  # bytes


class HandedInError(ChapterFailed):
    """There is nothing to mark; the message is one sentence."""


@dataclass
class HandedIn:
    """One student's notebook for one sheet, or the sentence that says why there is none."""

    student: str
    sheet: Sheet
    file: Path | None = None
    notebook: NotebookNode | None = field(default=None, repr=False)
    fault: str = ""
    notes: list[str] = field(default_factory=list)


def collect(folder: Path, sheets: list[Sheet], *, all_wanted: bool = False) -> list[HandedIn]:
    """What stands in `folder`, by student and sheet.

    A sheet is expected from everybody if somebody handed it in, or if `all_wanted`.
    Raises :class:`HandedInError` if the folder is none, or holds no notebook and no student.
    """
    if not folder.is_dir():
        raise HandedInError(f"{folder} is no folder: name the one that holds what was handed in.")
    students = {
        path.name: sorted(f for f in path.rglob("*.ipynb") if not _NOT_STUDENTS & set(f.parts))
        for path in sorted(folder.iterdir())
        if path.is_dir() and path.name not in _NOT_STUDENTS and not path.name.startswith(".")
    } | {path.stem: [path] for path in sorted(folder.glob("*.ipynb"))}
    if not students:
        raise HandedInError(
            f"{folder} holds no notebook: it should hold a folder for each student, such as "
            f"{folder.name}/anna/{sheets[0].name}.ipynb."
        )
    found = [_read(student, file, sheets) for student, files in students.items() for file in files]
    one_each = {file.stem for file in folder.glob("*.ipynb")}  # a student's only notebook
    wanted = [s for s in sheets if all_wanted or any(h.sheet is s for h in found)]
    out = []
    for student in sorted(students):
        own = [h for h in found if h.student == student]
        out += _twice(own)
        if student not in one_each or not own:
            out += _missing(student, own, wanted or sheets[:1])
    return out


def _twice(own: list[HandedIn]) -> list[HandedIn]:
    """One of each sheet; of several readable ones none is chosen."""
    out = []
    for name in dict.fromkeys(h.sheet.name for h in own):
        same = [h for h in own if h.sheet.name == name]
        readable = [h for h in same if h.notebook is not None] or same[:1]
        if len(readable) > 1:
            files = " and ".join(sorted(h.file.name for h in readable if h.file))
            readable = [
                HandedIn(
                    same[0].student,
                    same[0].sheet,
                    readable[0].file,
                    fault=f"{len(readable)} notebooks hold the exercises of {name} ({files}): "
                    "keep the one that counts.",
                )
            ]
        out += readable
    return out


def _missing(student: str, own: list[HandedIn], wanted: Iterable[Sheet]) -> list[HandedIn]:
    held = {h.sheet.name for h in own}
    return [
        HandedIn(student, s, fault=f"{s.name}.ipynb is missing.")
        for s in wanted
        if s.name not in held
    ]


def _read(student: str, file: Path, sheets: list[Sheet]) -> HandedIn:
    named = next((s for s in sheets if file.stem == s.name), None)
    guess = named or next((s for s in sheets if s.name in file.stem), sheets[0])

    def refused(sentence: str) -> HandedIn:
        return HandedIn(student, guess, file, fault=f"{file.name} {sentence}")

    if file.stat().st_size > _LARGEST:
        return refused(f"is larger than {_LARGEST // 1_000_000} MB: clear its outputs, save again.")
    try:
        notebook = nbformat.reads(file.read_text("utf-8"), as_version=4)
        nbformat.validate(notebook)
    except Exception:  # nbformat has no end of ways to say that it cannot read something
        return refused(
            "cannot be read as a notebook: open it in Jupyter, save it, hand it in again."
        )
    about = notebook.metadata.get(MARK, {})
    sheet = next((s for s in sheets if s.name == about.get("sheet")), None) or named
    if sheet is None:
        return refused(
            "is none of the notebooks of the exercises: take a fresh copy, which knows whose "
            "exercises it holds, and put the answers there."
        )
    notes = []
    if file.stem != sheet.name and file.parent.name == student:
        notes = [f"{file.name} was handed in, and is {sheet.name}.ipynb by what it holds."]
    return HandedIn(student, sheet, file, notebook, notes=notes)
