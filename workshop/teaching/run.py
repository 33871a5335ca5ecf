"""Run one handed-in notebook in a kernel of its own, and the checks of its sheet after each answer.

What goes wrong in one exercise costs the others nothing: an error is noted and the next cell runs;
a loop that never ends, or a kernel that dies, is given up, and a new kernel goes on with the next
exercise. Nothing here needs a network. It runs what students wrote.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from analysis.checks.words import listed
from analysis.show.exercise import fault, not_answered
from workshop.places import ROOT
from workshop.teaching.editions import ANSWER, MARK
from workshop.teaching.sheet import Exercise, Sheet, placeholders

SECONDS = 30  # for one cell
_LONGEST = 20_000_000  # characters that a cell may print before it is stopped
_ID = re.compile(r"exercise-(\d+)-(\w+)-\d+")
_HEADING = re.compile(r"## (\d+)\. ")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Answer:
    """What became of one exercise in one notebook."""

    exercise: Exercise
    points: int = 0
    faults: list[str] = field(default_factory=list)  # sentences for the student
    notes: list[str] = field(default_factory=list)  # not about the points
    open: bool = False  # nothing was filled in

    @property
    def passed(self) -> bool:
        return not self.faults

    @property
    def feedback(self) -> str:
        """What the student is told, one sentence a line."""
        head = f"Exercise {self.exercise.number}, {self.exercise.title}:"
        said = self.faults or ["all checks pass." if self.exercise.by_checks else "handed in."]
        return "\n".join([head, *(f"  {line}" for line in [*said, *self.notes])])


def mark(notebook: NotebookNode, sheet: Sheet, seconds: int = SECONDS) -> list[Answer]:
    """The answers in `notebook` to all exercises of `sheet`, in their order; one cell may take
    `seconds`."""
    regions = _regions(notebook)
    answers = [_of_words(exercise, regions) for exercise in sheet.exercises]
    with _Kernel(sheet, seconds) as kernel:
        kernel.begin([cell.source for cell in regions.get(0, []) if cell.cell_type == "code"])
        for answer in answers:
            if answer.exercise.by_checks and answer.passed:
                _try(answer, regions[answer.exercise.number], kernel)
    return answers


# --- where an answer stands --------------------------------------------------------------------


def exercise_of(cell: NotebookNode) -> int | None:
    """The exercise that a cell of ours belongs to (0: the opening); None for a student's own."""
    about = cell.metadata.get(MARK)
    if isinstance(about, dict) and isinstance(about.get("exercise"), int):
        return about["exercise"]
    if match := _ID.fullmatch(cell.get("id", "")):
        return int(match[1])
    if cell.cell_type == "markdown" and (match := _HEADING.match(cell.source)):
        return int(match[1])
    return None


def _regions(notebook: NotebookNode) -> dict[int, list[NotebookNode]]:
    """The cells by exercise: a cell without a mark belongs where it stands."""
    current, regions = 0, {}
    for cell in notebook.cells:
        found = exercise_of(cell)
        current = current if found is None else found
        regions.setdefault(current, []).append(cell)
    return regions


def _of_words(exercise: Exercise, regions: dict[int, list[NotebookNode]]) -> Answer:
    """The answer before anything runs: whether its cells are there, and what was written."""
    answer, cells = Answer(exercise), regions.get(exercise.number, [])
    codes = [cell for cell in cells if cell.cell_type == "code"]
    if not cells or (exercise.by_checks and not codes):
        answer.faults.append(
            "its cells are not in this notebook: take a fresh copy of it and put your answer there."
        )
    elif exercise.to_mark:
        own = [c for c in cells if c.cell_type == "markdown" and (
            exercise_of(c) is None or c.metadata.get(MARK, {}).get("part") == "answer"
        )]  # fmt: skip
        written = any(c.source.strip() and ANSWER not in c.source for c in own)
        points = f"{exercise.to_mark} point" + ("s" if exercise.to_mark > 1 else "")
        if written:
            answer.notes.append(f"up to {points} more are given by your teacher.")
        elif exercise.by_checks:
            answer.notes.append(f"nothing is written in words yet: {points} are for that.")
        else:
            answer.open = True
            answer.faults.append("nothing is written yet.")
    return answer


# --- running -----------------------------------------------------------------------------------


class _Stopped(Exception):
    """A cell that had to be given up; the message says why."""


@dataclass(frozen=True)
class _Error:
    name: str
    value: str
    line: str  # of the student's code, as far as it is known

    def __str__(self) -> str:
        at = f" (at the line `{self.line}`)" if self.line else ""
        return f"{self.name}: {self.value}{at}" if self.value else f"{self.name}{at}"


def _try(answer: Answer, cells: list[NotebookNode], kernel: _Kernel) -> None:
    """Run the cells of one answer, then the checks, and note what they say."""
    exercise, failed = answer.exercise, None
    given = [part.source for part in exercise.of("given")]
    try:
        for source in [*given, *(c.source for c in cells if c.cell_type == "code")]:
            failed = failed or kernel.run(source)
        names = [n for part in exercise.of("start") for n in placeholders(part.source)]
        if names and (empty := _empty(names, kernel)):
            answer.open = True
            answer.faults.append(not_answered(empty))
        else:
            _check(answer, kernel, failed)
    except _Stopped as stopped:
        answer.points = 0
        answer.faults = [str(stopped)]
        kernel.again()
        return
    if failed and answer.faults and not answer.open:
        answer.faults.insert(0, f"your cell stops with {failed}.")


def _empty(names: list[str], kernel: _Kernel) -> str:
    """Those of `names` that still hold `...`, as words."""
    found = kernel.run(
        f"assert not [n for n in {names!r} if globals().get(n) is ...], "
        f"' '.join(f'`{{n}}`' for n in {names!r} if globals().get(n) is ...)"
    )
    return listed(found.value.split()) if found else ""


def _check(answer: Answer, kernel: _Kernel, failed: _Error | None) -> None:
    for parts, line in zip(answer.exercise.checks, answer.exercise.by_checks, strict=True):
        # the first that finds something ends those of the same points
        error = next(filter(None, (kernel.run(part.source) for part in parts)), None)
        if error is None:
            answer.points += line.points
            continue
        if error.name == "NameError" and failed and answer.faults:
            continue  # the cell that stopped did not come to it
        answer.open = answer.open or error.name == "NotImplementedError"
        answer.faults.append(fault(error.name, error.value))
    answer.faults = list(dict.fromkeys(answer.faults))


class _Kernel:
    """A Python that runs cells, and can be replaced by a fresh one."""

    def __init__(self, sheet: Sheet, seconds: int) -> None:
        self._setup = [part.source for part in sheet.opening if part.cell is not None]
        self._seconds = seconds
        self._folder = tempfile.TemporaryDirectory()
        self._stack = ExitStack()

    def __enter__(self) -> _Kernel:
        self._folder.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        self._folder.cleanup()

    def begin(self, cells: list[str]) -> None:
        """Start, with the first cells of the sheet; then those of the student's own copy."""
        self.again()
        for source in cells:
            if source not in self._setup:
                try:
                    self.run(source)
                except _Stopped:
                    self.again()

    def again(self) -> None:
        """A fresh kernel in which only the first cells of the sheet have run."""
        self._stack.close()
        self._client = NotebookClient(
            nbformat.v4.new_notebook(),
            timeout=self._seconds,
            kernel_name="python3",
            record_timing=False,
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": self._folder.name}},
        )
        self._client.log.setLevel("CRITICAL")
        self._stack.enter_context(self._client.setup_kernel(env=_environment()))
        for source in [_QUIET, *self._setup]:
            if error := self.run(source):
                raise RuntimeError(f"the first cells of a sheet must run; {error}")

    def run(self, source: str) -> _Error | None:
        """Run a cell; its error, if it ends in one.  Raises :class:`_Stopped`."""
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells = [cell]
        try:
            self._client.execute_cell(cell, 0)
        except CellExecutionError as error:
            return _Error(error.ename, _one_line(error.evalue), _line(error.traceback))
        except CellTimeoutError:
            raise _Stopped(
                f"your cell ran longer than {self._seconds} seconds and was stopped: is there a "
                "loop that never ends?"
            ) from None
        except DeadKernelError:
            raise _Stopped(
                "Python itself ended while your cell ran, and nothing was kept."
            ) from None
        return None


# A loop that prints without end would fill the memory of whoever marks.
_QUIET = f"""\
def _limit_what_is_printed():
    import sys

    write, left = sys.stdout.write, [{_LONGEST}]

    def limited(text):
        left[0] -= len(text)
        if left[0] < 0:
            raise RuntimeError("far too much was printed: is there a loop that never ends?")
        return write(text)

    sys.stdout.write = limited


_limit_what_is_printed()
del _limit_what_is_printed
"""


def _environment() -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST"))}
    return plain | {"PYTHONPATH": str(ROOT)}


def _one_line(text: str) -> str:
    return " ".join(_COLOURS.sub("", text).split())[:600]


def _line(traceback: str) -> str:
    """The line of the student's cell at which a traceback points."""
    marked = re.findall(r"^-+> \d+ (.*)$", _COLOURS.sub("", traceback), re.MULTILINE)
    return _one_line(marked[0]) if marked else ""


def answered(notebook: NotebookNode, sheet: Sheet) -> NotebookNode:
    """A student's notebook with the sheet's own solutions in its cells: one that passes."""
    answered = nbformat.from_dict(notebook)
    for exercise in sheet.exercises:
        cells = list(_cells_to_fill(answered, exercise))
        source = "\n\n".join(part.source for part in exercise.of("start", "code"))
        for cell in cells:
            cell.source = source if cell.cell_type == "code" else "The answer, in words."
    return answered


def _cells_to_fill(notebook: NotebookNode, exercise: Exercise) -> Iterator[NotebookNode]:
    for cell in notebook.cells:
        about = cell.metadata.get(MARK, {})
        if about.get("exercise") == exercise.number and about.get("part") in ("start", "answer"):
            yield cell
