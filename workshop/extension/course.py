"""The page on teaching: tables, steps and misreadings of the class plans, and their slides.

`{course} before journal_club` and its like put in what `book/_data/course.yaml` says; the words are
Markdown of the book, so that links, glued values and citations work as on any page.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from workshop import course
from workshop.course import Course, CourseError
from workshop.downloads import FOLDER
from workshop.slides import file_name
from workshop.slides.source import Book, NotThere

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
        minutes=lambda name: course.reading_minutes(book.chapter(name).words),
        exercises=course.exercise_link,
        slides=lambda id: f"../{FOLDER}/{file_name(id)}",
    )


def _place(book: Book, chapter: str, section: str | None) -> str:
    title = book.chapter(chapter).title
    if section is None:
        return f"[{title}]({chapter}.md)"
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


def setup(app: Sphinx) -> None:
    app.add_directive("course", CourseDirective)
