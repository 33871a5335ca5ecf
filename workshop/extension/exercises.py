"""The pages of exercises: a marking guide is not shown, and `{exercise-list}` lists them all.

A sheet says how to work on its page, and tells hints from solutions by more than their word.
A chapter with exercises ends with a line that leads to them; its text stays as it is.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx_design.shared import is_component

from analysis.findings import first_up
from workshop import downloads
from workshop.chapters import name_of
from workshop.places import ROOT
from workshop.teaching.plain import plain
from workshop.teaching.sheet import FOLDER, ExerciseError, Sheet, files, is_sheet, read, sheets

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


# The last sentence of the box that a sheet begins with; what follows it here is true of the page
# alone, so that it stands in no notebook. On the same line: the lines of messages stay right.
_LAST_OF_BOX = "Each exercise stands alone; hints and solutions are folded.\n"
_ON_THE_PAGE = (
    "[**On this page** nothing runs: work on paper, then open the folds. "
    "*Analyst*, at the top, shows the code. To run it, take "
    '<a class="reference" href="{notebook}" download="">the notebook to fill in</a> '
    "([how to run it](../downloads.md#the-notebooks)): it says what is wrong with an answer, and its "
    "solutions are folded too.]{{.reread-on-screen}}"
)


def say_how_to_work(app: Sphinx, docname: str, source: list[str]) -> None:
    if is_sheet(docname):
        file = f"_sources/{downloads.to_fill_in(docname)}.ipynb"
        there = _ON_THE_PAGE.format(notebook=posixpath.relpath(file, posixpath.dirname(docname)))
        source[0] = source[0].replace(_LAST_OF_BOX, f"{_LAST_OF_BOX.rstrip()} {there}\n", 1)


class TellFoldsApart(SphinxPostTransform):
    """Hints look lighter than solutions, and are numbered where an exercise has several."""

    default_priority = 198  # before sphinx-design turns a dropdown into its HTML
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        if not is_sheet(self.env.docname):
            return
        for section in self.document.findall(nodes.section):
            folds = [n for n in section.children if is_component(n, "dropdown")]
            hints = [fold for fold in folds if fold[0].astext() == "Hint"]
            for number, fold in enumerate(hints, start=1):
                if len(hints) > 1:
                    fold[0] += nodes.Text(f" {number}")
            for fold in folds:
                kind = "reread-hint" if fold in hints else "reread-solution"
                fold["container_classes"] = [*fold["container_classes"], kind]


def setup(app: Sphinx) -> None:
    app.add_directive("marking", Marking)
    app.add_directive("exercise-list", ExerciseList)
    app.add_post_transform(TellFoldsApart)
    app.connect("source-read", say_how_to_work)
    app.connect("source-read", append_link)  # after that of the quiz: it comes last
