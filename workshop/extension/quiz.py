"""A quiz at the end of every chapter that has one, and all of them on one page.

The chapter's text stays as it is: its source gets a heading and the directive `{quiz}` when it is
read.  Without scripts each answer has a fold that says what it means; `quiz.js` turns this into
answers that are checked one by one.  Nothing is stored, and nothing is sent.
"""

from __future__ import annotations

import posixpath
from functools import cache
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxTranslator

from analysis.paper import Paper, load_paper
from analysis.record import RecordError
from workshop import chapters
from workshop.places import ROOT
from workshop.quiz import Question, Quiz, files, filled, load_quiz

HEADING = "Check yourself"
AFTER_OUR_OTHER_SHEETS = 850


class quiz(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """All questions of one chapter."""


class quiz_question(nodes.General, nodes.Element):  # noqa: N801
    """A question, its answers below it: a `fieldset`."""


class quiz_ask(nodes.General, nodes.TextElement):  # noqa: N801
    """The text of a question: its `legend`."""


class quiz_option(nodes.General, nodes.Element):  # noqa: N801
    """One answer, and the fold that says what it means."""


class quiz_says(nodes.General, nodes.TextElement):  # noqa: N801
    """The text of an answer: the `label` of its box."""


class quiz_why(nodes.General, nodes.TextElement):  # noqa: N801
    """What an answer means: a fold."""


@cache
def paper() -> Paper:
    from analysis.show.book import paper_file

    return load_paper(paper_file())


class _Questions(SphinxDirective):
    """What the two directives share."""

    def read(self, name: str) -> Quiz:
        file = files()[name]
        self.env.note_dependency(str(file))
        return load_quiz(file, paper())

    def drawn(self, name: str, questions: list[Question]) -> quiz:
        root = quiz(chapter=name)
        for number, question in enumerate(questions, start=1):
            root += self._question(f"quiz-{name}-{question.id}", number, question)
        return root

    def _question(self, id: str, number: int, question: Question) -> quiz_question:
        box = quiz_question(ids=[id], several=question.several)
        box += quiz_ask(
            "", "", *self._inline(question.ask), number=number, several=question.several
        )
        for letter, option in question.lettered:
            shared = {"letter": letter, "right": option.right}
            drawn = quiz_option(**shared)
            drawn += quiz_says(
                "", "", *self._inline(option.says), **shared, group=id, several=question.several
            )
            drawn += quiz_why("", "", *self._inline(option.why), **shared, number=number)
            box += drawn
        return box

    def _inline(self, text: str) -> list[nodes.Node]:
        """A text of a quiz as the book's own Markdown: roles and formulas, no blocks."""
        body = nodes.Element()
        source = self.get_source_info()[0]
        self.state.nested_parse(StringList([filled(text, paper())], source), 0, body)
        if len(body) != 1 or not isinstance(body[0], nodes.paragraph):
            raise self.error(f"found {text!r}, one paragraph is needed")
        return list(body[0].children)


class QuizDirective(_Questions):
    """`{quiz} table1`: the questions of one chapter."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in files():
            raise self.error(f"no quiz {name!r}, there are {', '.join(files())}")
        try:
            return [self.drawn(name, self.read(name).questions)]
        except RecordError as error:
            raise self.error(str(error)) from None


class AllQuizzes(_Questions):
    """`{all-quizzes}`: every chapter with a quiz, in the order of the book, each a section."""

    def run(self) -> list[nodes.Node]:
        found, known = [], files()
        for chapter in chapters.pages():
            if (name := chapters.name_of(chapter).removeprefix("book/")) not in known:
                continue
            try:
                questions = self.read(name).questions
            except RecordError as error:
                raise self.error(str(error)) from None
            section = nodes.section(ids=[f"quiz-of-{name}"], names=[f"quiz of {name}"])
            title = title_of(chapter)
            section += nodes.title(title, title)
            section += nodes.paragraph("", "", *self._link(chapter))
            section += self.drawn(name, questions)
            found.append(section)
        return found

    def _link(self, chapter: Path) -> list[nodes.Node]:
        link = pending_xref(
            "", nodes.inline("", "the chapter"), refdomain="std", reftype="doc",
            reftarget=f"/{chapters.name_of(chapter)}", refexplicit=True, refwarn=True,
            refdoc=self.env.docname,
        )  # fmt: skip
        return [nodes.Text("The answers stand in "), link, nodes.Text(".")]


def title_of(chapter: Path) -> str:
    """The heading of a page."""
    text = chapter.read_text("utf-8")
    return next(line[2:].strip() for line in text.splitlines() if line.startswith("# "))


def append_quiz(app: Sphinx, docname: str, source: list[str]) -> None:
    """The quiz of a chapter of this book follows its last line; the books of other papers have
    none."""
    folder, name = posixpath.split(docname)
    if folder == "book" and Path(app.srcdir) == ROOT and name in files():
        source[0] = f"{source[0].rstrip()}\n\n## {HEADING}\n\n```{{quiz}} {name}\n```\n"


# --- HTML -----------------------------------------------------------------------------------


def visit_quiz(self: SphinxTranslator, node: quiz) -> None:
    self.body.append(
        '<div class="reread-quiz" data-reread-quiz>\n'
        '<p class="reread-quiz-how">Choose an answer, then open the line under it.</p>\n'
    )


def visit_question(self: SphinxTranslator, node: quiz_question) -> None:
    self.body.append(self.starttag(node, "fieldset", CLASS="reread-quiz-question"))


def visit_ask(self: SphinxTranslator, node: quiz_ask) -> None:
    self.body.append(f'<legend><span class="reread-quiz-number">{node["number"]}.</span> ')


def depart_ask(self: SphinxTranslator, node: quiz_ask) -> None:
    more = ' <span class="reread-quiz-several">(all that apply)</span>' if node["several"] else ""
    self.body.append(f"{more}</legend>\n")


def visit_option(self: SphinxTranslator, node: quiz_option) -> None:
    right = " data-right" if node["right"] else ""
    self.body.append(f'<div class="reread-quiz-option"{right}>\n')


def visit_says(self: SphinxTranslator, node: quiz_says) -> None:
    kind = "checkbox" if node["several"] else "radio"
    self.body.append(
        f'<label><input type="{kind}" name="{node["group"]}" value="{node["letter"]}" />'
        f'<span class="reread-quiz-letter">{node["letter"]}</span> <span>'
    )


def visit_why(self: SphinxTranslator, node: quiz_why) -> None:
    verdict = "Right" if node["right"] else "Not so"
    self.body.append(
        f"<details><summary>If you chose {node['letter']}"
        f'<span class="reread-hidden"> in question {node["number"]}</span></summary>\n'
        f'<p class="reread-quiz-why"><strong>{verdict}.</strong> <span>'
    )


def _closing(tags: str) -> Any:
    def depart(self: SphinxTranslator, node: nodes.Element) -> None:
        self.body.append(f"{tags}\n")

    return depart


def setup(app: Sphinx) -> None:
    app.add_node(quiz, html=(visit_quiz, _closing("</div>")))
    app.add_node(quiz_question, html=(visit_question, _closing("</fieldset>")))
    app.add_node(quiz_ask, html=(visit_ask, depart_ask))
    app.add_node(quiz_option, html=(visit_option, _closing("</div>")))
    app.add_node(quiz_says, html=(visit_says, _closing("</span></label>")))
    app.add_node(quiz_why, html=(visit_why, _closing("</span></p></details>")))
    app.add_directive("quiz", QuizDirective)
    app.add_directive("all-quizzes", AllQuizzes)
    app.connect("source-read", append_quiz)
    # a page without a quiz loads neither: weight.py looks
    app.add_css_file("quiz.css", priority=AFTER_OUR_OTHER_SHEETS)
    app.add_js_file("quiz.js", defer="defer")
