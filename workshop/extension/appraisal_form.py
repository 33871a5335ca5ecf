"""The form of an appraisal on its page: `{appraisal-form} empty` and `{appraisal-form} filled`."""

from __future__ import annotations

from docutils import nodes
from markupsafe import Markup
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from analysis.show.appraisal_form import RULE, blank_parts, filled_parts, in_words
from analysis.show.tables import LEDGER_PAGE
from workshop import chapters
from workshop.downloads import filled_form
from workshop.extension.quiz import title_of


class AppraisalForm(SphinxDirective):
    """One heading for each part of the form, its questions below it."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        if (which := self.arguments[0]) not in ("empty", "filled"):
            raise self.error(f"found {which!r}, empty or filled is needed")
        filled = filled_form()
        if which == "empty":
            begin: list[nodes.Node] = []
            parts = blank_parts(filled.form)
        else:
            begin = [nodes.paragraph("", in_words(filled)), nodes.paragraph("", RULE)]
            parts = filled_parts(filled, chapter_link, lambda id: f"{LEDGER_PAGE}#finding-{id}")
        return begin + [
            _section(f"{which}-{part.id}", title, html)
            for part, (title, html) in zip(filled.form.parts, parts, strict=True)
        ]


def chapter_link(name: str) -> Markup:
    """A link to a chapter of this book, from a page beside it."""
    chapter = next(page for page in chapters.pages() if page.stem == name)
    return Markup('<a href="{}.html">{}</a>').format(name, title_of(chapter))


def _section(id: str, title: str, html: Markup) -> nodes.section:
    section = nodes.section(ids=[id], names=[id])
    section += nodes.title(title, title)
    section += nodes.raw("", str(html), format="html")
    return section


def setup(app: Sphinx) -> None:
    app.add_directive("appraisal-form", AppraisalForm)
