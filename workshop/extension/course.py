"""The page on teaching: tables, steps and misreadings of the class plans, and their slides.

`{course} before journal_club` and its like put in what `book/_data/course.yaml` says; the words are
Markdown of the book, so that links, glued values and citations work as on any page.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective, SphinxRole

from workshop import course
from workshop.course import Course, CourseError
from workshop.downloads import FOLDER
from workshop.extension.opening import KEPT
from workshop.slides import file_name
from workshop.slides.source import Book, NotThere

logger = logging.getLogger(__name__)

TEMPLATES = Path(__file__).parent / "templates" / "course"
# what can be asked for, and whether it is about one plan
PARTS = {
    "overview": False,
    "misreadings": False,
    "variants": False,
    "about": True,
    "before": True,
    "timetable": True,
    "steps": True,
}


def markdown(part: str, plan: str | None, plans: Course, book: Book, session: int = 0) -> str:
    """The Markdown of one part of the page; of one session of the plan, counted from 1, or all."""
    environment = Environment(  # Markdown, so nothing is escaped
        loader=FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters["cell"] = lambda text: str(text).replace("|", "\\|")
    chosen = plans.plan(plan) if plan else None
    sessions = [] if chosen is None else chosen.sessions[session - 1 : session or None]
    if session == 0 and chosen is not None:
        sessions = chosen.sessions
    return environment.get_template(f"{part}.md").render(
        plans=plans.plans,
        plan=chosen,
        sessions=sessions,
        course=plans,
        book=book,
        clock=course.clock,
        in_words=course.in_words,
        form=course.FORMS,
        place=lambda chapter, section=None: _place(book, chapter, section),
        exercises=course.exercise_link,
        slides=lambda id: f"../{FOLDER}/{file_name(id)}",
    )


def _place(book: Book, chapter: str, section: str | None) -> str:
    title = book.chapter(chapter).title
    if section is None:
        return f"[{title.partition(': ')[0]}]({chapter}.md)"  # a cell of a table is narrow
    return f"[{section}]({chapter}.md#{course.slug(section)}) in *{title}*"


class CourseDirective(SphinxDirective):
    """`{course} PART [PLAN]`, with `:session: 2` for one session of a plan."""

    required_arguments = 1
    optional_arguments = 1
    option_spec = {"session": directives.positive_int}  # noqa: RUF012 - docutils' way

    def run(self) -> list[nodes.Node]:
        part, plan, *_ = [*self.arguments, None]
        self.env.note_dependency(str(course.FILE))
        if part not in PARTS:
            raise self.error(f"no part {part!r}, there are {', '.join(PARTS)}")
        try:
            book = Book()
            plans = course.load(book=book)
            known = [p.id for p in plans.plans]
            if (plan in known) != PARTS[part]:
                raise self.error(f"the part {part} with the plan {plan!r}: plans are {known}")
            text = markdown(part, plan, plans, book, self.options.get("session", 0))
        except (CourseError, NotThere) as error:
            raise self.error(str(error)) from None
        body = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines()), self.content_offset, body)
        return body.children


class minutes_of(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Stands where the minutes of another page go, until all pages have been read."""


class MinutesOf(SphinxRole):
    """``{minutes-of}`table1` ``: the minutes that the opening of that chapter says."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        node = minutes_of(page=posixpath.join(posixpath.dirname(self.env.docname), self.text))
        self.set_source_info(node)
        return [node], []


def fill_minutes(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(minutes_of)):
        counted = app.env.metadata[node["page"]].get(KEPT)
        if counted is None:
            logger.warning("no minutes were counted of %s", node["page"], location=node)
        unit = "minute" if counted == 1 else "minutes"
        node.replace_self(nodes.Text(f"{counted} {unit}"))


def setup(app: Sphinx) -> None:
    app.add_directive("course", CourseDirective)
    app.add_role("minutes-of", MinutesOf())
    app.add_node(minutes_of)
    app.connect("doctree-resolved", fill_minutes)
