"""The pages of exercises: a marking guide is not shown, and `{exercise-list}` lists them all.

A chapter with exercises ends with a line that leads to them; its text stays as it is.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analysis.findings import first_up
from workshop.chapters import name_of
from workshop.places import ROOT
from workshop.teaching.plain import plain
from workshop.teaching.sheet import FOLDER, ExerciseError, Sheet, files, read, sheets

_IN_WORDS = {"by hand": "by hand", "reading": "on reading", "code": "in code"}
_HEADS = ("Exercise", "Kind", "Level", "Minutes", "Points")


class Marking(SphinxDirective):
    """For whoever marks: the teacher's edition shows it, the site does not."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        return []


class ExerciseList(SphinxDirective):
    """All sheets with their exercises, each sheet a table that its title stands over."""

    def run(self) -> list[nodes.Node]:
        try:
            found = sheets()
        except ExerciseError as error:
            raise self.error(str(error)) from None
        for sheet in found:
            self.env.note_dependency(str(sheet.file))
        return [node for sheet in found for node in self._of(sheet)]

    def _of(self, sheet: Sheet) -> list[nodes.Node]:
        here = posixpath.dirname(self.env.docname)
        title = first_up(sheet.title.removeprefix("Exercises: "))
        link = nodes.reference(
            "", title, internal=True,
            refuri=posixpath.relpath(f"{name_of(sheet.file)}.html", here or "."),
        )  # fmt: skip
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in _HEADS), cols=len(_HEADS))
        group += nodes.thead("", _row(_HEADS))
        glued = sheet.glued()
        group += nodes.tbody("", *(
            _row((f"{e.number}. {plain(e.title, glued, sheet.name)}", e.kind, e.level,
                  str(e.minutes), str(e.points)))
            for e in sheet.exercises
        ))  # fmt: skip
        section = nodes.section("", nodes.title("", "", link), ids=[nodes.make_id(sheet.title)])
        section += nodes.table("", group, classes=["exercise-list"])
        return [section]


def _row(cells: tuple[str, ...]) -> nodes.row:
    return nodes.row(
        "", *(nodes.entry("", nodes.paragraph("", "", nodes.Text(cell))) for cell in cells)
    )


_TO_EXERCISES = """

## Exercises of this chapter

[{count} exercises]({link}), about {minutes} minutes: {kinds}.
"""


def append_link(app: Sphinx, docname: str, source: list[str]) -> None:
    """The last line of a chapter of this book leads to its exercises."""
    folder, name = posixpath.split(docname)
    file = FOLDER / f"{name}.md"
    if folder != "book" or Path(app.srcdir) != ROOT or file not in files():
        return
    app.env.note_dependency(str(file))
    found = read(file).exercises
    kinds = list(dict.fromkeys(e.kind.lower() for e in found))
    source[0] = source[0].rstrip() + _TO_EXERCISES.format(
        count=len(found), link=f"{FOLDER.name}/{file.name}", minutes=sum(e.minutes for e in found),
        kinds=", ".join(_IN_WORDS[kind] for kind in kinds),
    )  # fmt: skip


def setup(app: Sphinx) -> None:
    app.add_directive("marking", Marking)
    app.add_directive("exercise-list", ExerciseList)
    app.connect("source-read", append_link)  # after that of the quiz: it comes last
