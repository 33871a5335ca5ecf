"""The editions of the exercises for a class, made of the same sheets as the pages of the book.

`python -m workshop.teaching.editions student|teacher` writes `_build/student/`, without solutions,
checks and marking guides, or `_build/teacher/`, with all of them; each with one zip file.
"""

from __future__ import annotations

import ast
import csv
import io
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from analysis.files import write_all
from workshop import ChapterFailed, downloads
from workshop.places import LOCK, ROOT
from workshop.teaching.plain import folded, plain
from workshop.teaching.sheet import Exercise, ExerciseError, Part, Sheet, placeholders, sheets

OUT = ROOT / "_build"
MARK = "reread"  # the key in the metadata by which a handed-in notebook is known
ANSWER = "*Write your answer here.*"
_CHECKS = "**Checks**: run the folded cells when you have answered; their code gives much away."


# --- notebooks -------------------------------------------------------------------------------


def student_notebook(sheet: Sheet) -> NotebookNode:
    """The tasks of a sheet with hints and starting cells: no solution, check or marking guide, and
    no output."""
    glued = sheet.glued()
    cells = list(_opening(sheet, glued))
    for exercise in sheet.exercises:
        cells += _task(sheet, exercise, glued)
        if exercise.to_mark:
            cells.append(_text(ANSWER, exercise, "answer"))
    return _notebook(sheet, cells)


def practice_notebook(sheet: Sheet) -> NotebookNode:
    """The tasks for one who learns alone: after each the checks, which say what is wrong, and the
    solution under a line that opens it.  It runs to its end before it is filled in."""
    glued = sheet.glued()
    cells = list(_opening(sheet, glued))
    cells.append(_made("%load_ext analysis.show.exercise", None, "setup"))
    for exercise in sheet.exercises:
        cells += _task(sheet, exercise, glued)
        if exercise.to_mark:
            cells.append(_text(ANSWER, exercise, "answer"))
        if exercise.checks:
            cells.append(_text(_CHECKS, exercise, "label"))
        names = [n for part in exercise.of("start") for n in placeholders(part.source)]
        for parts in exercise.checks:
            source = "\n\n".join(part.source for part in parts)
            used = {n.id for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Name)}
            first = " ".join(["%%check", *(name for name in names if name in used)])
            cell = _made(f"{first}\n{source}", exercise, "check")
            cell.metadata["jupyter"] = {"source_hidden": True}  # it says how to get the answer
            cells.append(cell)
        solution = [
            plain(part.source, glued, _where(sheet, part))
            if part.cell is None
            else f"```python\n{part.source}\n```"
            for part in exercise.of("code", "solution")
        ]
        cells.append(_text(folded("Solution", "\n\n".join(solution)), exercise, "solution"))
    return _notebook(sheet, cells)


def teacher_notebook(sheet: Sheet) -> NotebookNode:
    """The same with solutions (executed), checks and marking guides."""
    glued, executed = sheet.glued(), sheet.outputs()
    cells = list(_opening(sheet, glued))
    for exercise in sheet.exercises:
        cells += _task(sheet, exercise, glued)
        for part in exercise.of("solution", "code", "check"):
            if part.cell is None:
                text = plain(part.source, glued, _where(sheet, part))
                cells.append(_text(f"**Solution**\n\n{text}", exercise, "solution"))
                continue
            if cells[-1].metadata[MARK]["part"] != part.name:  # one label for those in a row
                label = "Solution in code" if part.name == "code" else "Checks"
                cells.append(_text(f"**{label}**", exercise, f"{part.name}-label"))
            cell = _code(part, exercise)
            cell.outputs = [o for o in executed[part.cell].outputs if not _for_the_prose(o)]
            cells.append(cell)
        guide = "\n".join(f"- {_points(line.points)}{_how(line)}: {line.what}"
                          for line in exercise.marking)  # fmt: skip
        guide = plain(guide, glued, _where(sheet, exercise.parts[0]))
        cells.append(_text(f"**Marking guide**\n\n{guide}", exercise, "marking"))
    return _notebook(sheet, cells)


def _how(line: object) -> str:
    return " by the checks" if line.by_checks else ""  # type: ignore[attr-defined]


def _points(number: int) -> str:
    return f"{number} point" if number == 1 else f"{number} points"


def _for_the_prose(output: NotebookNode) -> bool:
    return "scrapbook" in output.get("metadata", {})


def _where(sheet: Sheet, part: Part) -> str:
    return f"book/exercises/{sheet.file.name}:{part.line}"


def _opening(sheet: Sheet, glued: dict[str, str]) -> Iterator[NotebookNode]:
    yield _text(f"# {plain(sheet.title, glued, sheet.name)}", None, "title")
    for part in sheet.opening:
        if part.cell is None:
            yield _text(plain(part.source, glued, _where(sheet, part)), None, "text")
        else:
            yield _code(part, None)


def _task(sheet: Sheet, exercise: Exercise, glued: dict[str, str]) -> Iterator[NotebookNode]:
    about = (
        f"*{exercise.kind} · {exercise.minutes} minutes · {exercise.level} · "
        f"{_points(exercise.points)}*"
    )
    head = f"## {exercise.number}. {plain(exercise.title, glued, sheet.name)}\n\n{about}"
    for part in exercise.of("text", "given", "hint", "start"):
        if part.name == "given" and tells_only(part.source):
            continue
        if part.cell is not None:
            if head:
                yield _text(head, exercise, "task")
            yield _code(part, exercise)
        else:
            text = plain(part.source, glued, _where(sheet, part))
            if part.name == "hint":
                text = folded("Hint", text)
            yield _text(f"{head}\n\n{text}" if head else text, exercise, part.name)
        head = ""


_TELLING = {"quote", "explain", "interval", "bounds", "tell", "tell_of"}


def tells_only(source: str) -> bool:
    """Whether a cell does nothing but give values to the prose: a notebook alone needs it not."""
    return all(
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Call)
        and isinstance(line.value.func, ast.Attribute)
        and line.value.func.attr in _TELLING
        for line in ast.parse(source).body
    )


def _mark(exercise: Exercise | None, part: str) -> dict[str, object]:
    return {MARK: {"exercise": exercise.number if exercise else 0, "part": part}}


def _text(source: str, exercise: Exercise | None, part: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source, metadata=_mark(exercise, part))


def _code(part: Part, exercise: Exercise | None) -> NotebookNode:
    return _made(part.source, exercise, part.name)


def _made(source: str, exercise: Exercise | None, part: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(source, metadata=_mark(exercise, part))


def _notebook(sheet: Sheet, cells: list[NotebookNode]) -> NotebookNode:
    for place, cell in enumerate(cells):
        about = cell.metadata[MARK]
        # ids say where a cell belongs too: some editors drop what they do not know of metadata
        cell.id = f"exercise-{about['exercise']}-{about['part']}-{place:03d}"
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=sheet.metadata)
    notebook.metadata[MARK] = {"sheet": sheet.name}
    nbformat.validate(notebook)
    return notebook


# --- nothing of a solution ---------------------------------------------------------------------

_SHORTEST = 12  # characters of a line that says something


def secrets(sheet: Sheet) -> set[str]:
    """Every line of a sheet that its students must not find: solutions in words (as written and as
    shown) and in code, checks, and marking guides, without what the tasks say too."""
    glued = sheet.glued()
    told, open_ = set(), set()

    def lines(text: str) -> set[str]:
        pieces = re.split(r"\n|(?<=[.?!])\s", text)
        return {" ".join(p.strip(" \n>-").split()) for p in pieces} - {""}

    def both(part: Part) -> set[str]:
        shown = plain(part.source, glued, _where(sheet, part)) if part.cell is None else ""
        return lines(part.source) | lines(shown)

    for part in sheet.opening:
        open_ |= both(part)
    for exercise in sheet.exercises:
        for part in exercise.parts:
            if part.name in ("solution", "code", "check"):
                told |= both(part)
            else:
                open_ |= both(part)
        for line in exercise.marking:
            told |= lines(line.what) | lines(plain(line.what, glued, sheet.name))
    said = "\n".join(open_)  # a guide may name what the task names: "the standard error"
    return {line for line in told if len(line) >= _SHORTEST and line not in said}


def leaks(notebook: NotebookNode, sheet: Sheet) -> list[str]:
    """The lines of solutions, checks and marking guides that stand in a student's notebook."""
    held = " ".join(nbformat.writes(notebook).split())
    texts = [" ".join(cell.source.split()) for cell in notebook.cells]
    texts += [" ".join(str(o).split()) for c in notebook.cells for o in c.get("outputs", [])]
    return sorted(s for s in secrets(sheet) if s in held or any(s in text for text in texts))


# --- editions ----------------------------------------------------------------------------------

_README = """\
Exercises to "{title}", version {version}

Each notebook holds the exercises of one chapter. They need the library `analysis` and the folder
`data`, which lie beside them, and Python 3.11, 3.12 or 3.13. In this folder:

    python -m venv .venv
    .venv/bin/python -m pip install --require-hashes -r requirements.lock
    .venv/bin/python -m pip install jupyterlab
    .venv/bin/jupyter lab

(On Windows: .venv\\Scripts\\python and .venv\\Scripts\\jupyter.)
After that nothing needs a network.

How to answer
- Where a cell of code says `...`, put your own value or code there. Keep the names that it gives.
- Where it says "Write your answer here", write.
- Each exercise stands alone: it uses the first cells of its notebook, not the other exercises.
- You may add cells below an exercise. Do not delete the cells that were there.

How to hand in
- Restart the kernel and run all cells once. Save.
- Hand in the .ipynb files, under the names that they have here. Nothing else is needed.

Licences: code MIT (LICENSE), text CC BY 4.0 (LICENSE-text). The paper is CC BY-NC-ND 4.0 and is not
part of this; its numbers are facts, recorded with their place.
"""

_TEACHER = """\
The teacher's edition of the exercises to "{title}", version {version}

NAME.ipynb     the tasks with executed solutions, the checks and the marking guide
key.csv        every exercise: kind, minutes, level, points, and how many of them the checks give

All of it is made of book/exercises/NAME.md: change an exercise there, never here.
To run the notebooks, put them beside the library, as the student's edition does.

Marking
    make student                     the edition without solutions, to give out
    make check-exercises DIR=folder  runs what was handed in, and the checks

The folder holds a folder for each student (folder/anna/table1.ipynb). The points are written beside
it, to folder-marked/points.csv, with a feedback file for each student; a second run replaces them.
What the checks cannot judge is left to you: the column "points to give by hand" says how much.
Marking runs the code that students wrote: do it where that code can do no harm.
"""


def _told(text: str) -> bytes:
    from workshop import chapters

    title = chapters.pages()[0].read_text("utf-8").partition("\n# ")[2].partition("\n")[0]
    return text.format(title=title, version=downloads.version()).encode()


def written(notebook: NotebookNode) -> bytes:
    """The bytes of its file."""
    return (nbformat.writes(notebook) + "\n").encode()


def student_files(wanted: list[Sheet]) -> dict[str, bytes]:
    """The files of the student's edition by name.  Raises :class:`ExerciseError` if one of its
    notebooks holds a line of a solution."""
    files = downloads.beside_notebooks()
    for sheet in wanted:
        notebook = student_notebook(sheet)
        if found := leaks(notebook, sheet):
            raise ExerciseError(
                f"book/exercises/{sheet.file.name}: the student's edition would hold a line of a "
                f"solution: {found[0]!r}"
            )
        files[f"{sheet.name}.ipynb"] = written(notebook)
    return files | {LOCK.name: LOCK.read_bytes(), "README.txt": _told(_README)}


def teacher_files(wanted: list[Sheet]) -> dict[str, bytes]:
    """The files of the teacher's edition by name."""
    files = {f"{sheet.name}.ipynb": written(teacher_notebook(sheet)) for sheet in wanted}
    return files | {"key.csv": key(wanted).encode(), "README.txt": _told(_TEACHER)}


def key(wanted: list[Sheet]) -> str:
    """All exercises as CSV, one a row."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["sheet", "exercise", "title", "kind", "minutes", "level", "points",
                    "points by the checks", "marking guide"])  # fmt: skip
    for sheet in wanted:
        glued = sheet.glued()
        for e in sheet.exercises:
            guide = "; ".join(f"{_points(line.points)}: {line.what}" for line in e.marking)
            table.writerow([
                sheet.name, e.number, plain(e.title, glued, sheet.name), e.kind, e.minutes,
                e.level, e.points, e.points - e.to_mark, plain(guide, glued, sheet.name),
            ])  # fmt: skip
    return out.getvalue()


EDITIONS = {"student": student_files, "teacher": teacher_files}


def write(edition: str, out: Path = OUT) -> Path:
    """Write one edition as a folder and, in it, as a zip file; what stood there is replaced whole."""
    files = EDITIONS[edition](sheets())
    folder = out / edition
    archive = f"exercises-{edition}-{downloads.version()}.zip"
    top = archive.removesuffix(".zip")
    packed = downloads.zipped({f"{top}/{name}": content for name, content in files.items()})
    fresh = out / f".{edition}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    for name in files:
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
    write_all({fresh / name: content for name, content in files.items()})
    (fresh / archive).write_bytes(packed)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return folder


def main() -> None:
    wanted = sys.argv[1:]
    if len(wanted) != 1 or wanted[0] not in EDITIONS:
        sys.exit(f"usage: python -m workshop.teaching.editions {'|'.join(EDITIONS)}")
    try:
        folder = write(wanted[0])
    except ChapterFailed as error:
        sys.exit(f"{error}\n\nNothing was written.")
    shown = folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder
    print(f"The {wanted[0]}'s edition is in {shown}, also as one zip file")


if __name__ == "__main__":
    main()
