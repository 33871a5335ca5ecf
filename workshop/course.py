"""The class plans of `book/_data/course.yaml`: schema, loader, and what must be true of them.

The page `book/course.md` and the slides (`workshop/slides`) are both made from these plans.  A file
that does not fit is refused with one sentence (:class:`CourseError`): minutes that do not add up, a
chapter, section, figure, sheet or question that the book does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.record import At, RecordError, Steps, line_of, read_yaml, sentence_of, unknown
from workshop.places import BOOK
from workshop.slides.source import Book, NotThere

FILE = BOOK / "_data" / "course.yaml"
EXERCISES = BOOK / "exercises"

FORMS = {
    "talk": "you talk",
    "hand": "everybody works it out",
    "pairs": "in pairs",
    "groups": "in groups",
    "plenary": "all together",
    "break": "break",
}


class CourseError(RecordError):
    """The plans cannot be used; one sentence with file and line."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Words = Annotated[str, Field(min_length=3)]
Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Minutes = Annotated[int, Field(ge=1, le=600)]


class Misreading(_Part):
    """What students say, what is true, what to ask them, and who wrote about it."""

    id: Name
    topic: Literal["P value", "AUC", "Odds ratio", "Cut-off"]
    said: Words
    better: Words
    ask: Words
    cite: Annotated[list[str], Field(min_length=1)]
    chapter: Name
    section: Words


class SlideOf(_Part):
    """One slide (a question makes two): exactly one of the keys that say what it shows.

    `figure` and `sheet` are names of the book; `question` is a piece of a *What would you expect?*
    of the chapter, `hand` a glued line of it; `take_away` is a chapter.  `shows` stands above a line
    by hand and says what it computes, or above a question and says what it is about.
    """

    figure: str | None = None
    sheet: str | None = None
    question: str | None = None
    hand: str | None = None
    take_away: Name | None = None
    points: list[Words] | None = None
    title: Words | None = None
    say: Words | None = None
    shows: Words | None = None
    chapter: Name | None = None

    @property
    def kind(self) -> str:
        return next(kind for kind in SHOWN if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _shows_one_thing(self) -> SlideOf:
        given = [kind for kind in SHOWN if getattr(self, kind) is not None]
        if len(given) != 1:
            found = " and ".join(given) or "nothing"
            raise ValueError(f"a slide shows {found}, one of {', '.join(SHOWN)} is needed")
        if self.kind in ("figure", "sheet", "hand", "points") and self.title is None:
            raise ValueError(f"a slide with a {self.kind} needs a title")
        if self.hand is not None and self.shows is None:
            raise ValueError('a line by hand says in "shows" what it computes')
        if self.shows is not None and self.kind not in ("hand", "question"):
            raise ValueError(f'a {self.kind} has no "shows", only a question or a line by hand')
        return self


SHOWN = ("figure", "sheet", "question", "hand", "take_away", "points")


class Step(_Part):
    """Some minutes of a session: what the teacher does, asks, hopes to hear; where it goes wrong."""

    title: Words
    minutes: Minutes
    form: Literal["talk", "hand", "pairs", "groups", "plenary", "break"]
    do: Words
    chapter: Name | None = None
    section: Words | None = None
    ask: list[Words] = []
    hear: Words | None = None
    wrong: list[Name] = []
    exercises: list[Name] = []
    slides: list[SlideOf] = []

    @model_validator(mode="after")
    def _has_a_place(self) -> Step:
        if self.form != "break" and (self.chapter is None or not self.ask):
            raise ValueError("a step that is no break needs a chapter and a question to ask")
        for slide in self.slides[1:]:
            if slide.kind != "question" and slide.say is None:
                raise ValueError("every slide of a step after its first needs words to say")
        return self


class Session(_Part):
    """What happens in one meeting, and what is read before and done after it."""

    title: Words
    minutes: Minutes
    before: Annotated[list[Name], Field(min_length=1)]
    after: list[Words] = []
    steps: Annotated[list[Step], Field(min_length=1)]

    @model_validator(mode="after")
    def _minutes_add_up(self) -> Session:
        total = sum(step.minutes for step in self.steps)
        if total != self.minutes:
            raise ValueError(f"its steps take {total} minutes, and it says {self.minutes}")
        return self

    def timed(self) -> Iterator[tuple[Step, int, int]]:
        """Each step with the minute in which it begins and that in which it ends."""
        start = 0
        for step in self.steps:
            yield step, start, start + step.minutes
            start += step.minutes


class Plan(_Part):
    """A class from beginning to end."""

    id: Name
    title: Words
    minutes: Minutes
    whom: Annotated[Words, Field(alias="for")]
    goals: Annotated[list[Words], Field(min_length=2)]
    prepare: Annotated[list[Words], Field(min_length=1)]
    sessions: Annotated[list[Session], Field(min_length=1)]

    @model_validator(mode="after")
    def _minutes_add_up(self) -> Plan:
        total = sum(session.minutes for session in self.sessions)
        if total != self.minutes:
            raise ValueError(f"its sessions take {total} minutes, and it says {self.minutes}")
        return self


class Variant(_Part):
    """How a plan changes for another room."""

    title: Words
    text: Words


class Course(_Part):
    """All plans, and the misreadings that they name."""

    schema_version: Annotated[Literal["1"], Field(alias="schema")]
    misreadings: Annotated[list[Misreading], Field(min_length=1)]
    plans: Annotated[list[Plan], Field(min_length=1)]
    variants: list[Variant] = []

    def plan(self, id: str) -> Plan:
        return next(plan for plan in self.plans if plan.id == id)

    def misreading(self, id: str) -> Misreading:
        return next(m for m in self.misreadings if m.id == id)


def load(file: Path = FILE, book: Book | None = None) -> Course:
    """The plans, once all that they name is in the book.

    Raises CourseError with one sentence.
    """
    tree, lines = read_yaml(file, CourseError, "course")
    try:
        try:
            course = Course.model_validate(tree)
        except ValidationError as error:
            raise sentence_of(error, tree) from None
        _names_exist(course, book or Book())
    except At as at:
        raise CourseError(file, line_of(at.path, lines), str(at)) from None
    return course


def _names_exist(course: Course, book: Book) -> None:
    known = {m.id for m in course.misreadings}
    for i, misreading in enumerate(course.misreadings):
        _place_exists(misreading, ("misreadings", i), book)
        for key in misreading.cite:
            if key not in book.references:
                raise unknown(
                    ("misreadings", i, "cite"), key, book.references, "key",
                    "of data/references.bib",
                )  # fmt: skip
    for i, plan in enumerate(course.plans):
        for j, session in enumerate(plan.sessions):
            here: Steps = ("plans", i, "sessions", j)
            for k, name in enumerate(session.before):
                _chapter_exists(name, (*here, "before", k), book)
            for k, step in enumerate(session.steps):
                at = (*here, "steps", k)
                _place_exists(step, at, book)
                for id in step.wrong:
                    if id not in known:
                        raise unknown((*at, "wrong"), id, known, "misreading")
                for name in step.exercises:
                    _chapter_exists(name, (*at, "exercises"), book)
                for n, slide in enumerate(step.slides):
                    _shown_exists(slide, step, (*at, "slides", n), book)


def _chapter_exists(name: str, at: Steps, book: Book) -> None:
    if name not in book.names:
        raise unknown(at, name, book.names, "chapter", "of the book")


def _place_exists(part: Step | Misreading, at: Steps, book: Book) -> None:
    if part.chapter is None:
        return
    _chapter_exists(part.chapter, (*at, "chapter"), book)
    sections = book.chapter(part.chapter).sections
    if part.section is not None and part.section not in sections:
        where = f"of {part.chapter}.md"
        raise unknown((*at, "section"), part.section, sections, "heading", where)


def _shown_exists(slide: SlideOf, step: Step, at: Steps, book: Book) -> None:
    if slide.chapter is not None:
        _chapter_exists(slide.chapter, (*at, "chapter"), book)
    chapter = slide.chapter or step.chapter or ""
    at = (*at, slide.kind)
    try:
        if slide.figure is not None:
            book.figure(slide.figure)
        elif slide.sheet is not None:
            book.sheet(slide.sheet)
        elif slide.question is not None:
            book.chapter(chapter).question(slide.question)
        elif slide.hand is not None:
            book.chapter(chapter).value(slide.hand)
        elif slide.take_away is not None:
            _chapter_exists(slide.take_away, at, book)
            _ = book.chapter(slide.take_away).take_away
    except NotThere as error:
        raise At(at, f"{error}.") from None


# --- words and minutes ----------------------------------------------------------------------


def clock(minute: int) -> str:
    """``1:05`` of minute 65."""
    return f"{minute // 60}:{minute % 60:02d}"


def in_words(minutes: int) -> str:
    """``45 minutes``, ``3 hours 30 minutes``."""
    hours, rest = divmod(minutes, 60)
    if not hours or minutes < 90:
        return f"{minutes} minutes"
    words = f"{hours} hour{'s' if hours > 1 else ''}"
    return f"{words} {rest} minutes" if rest else words


def exercise_link(name: str) -> str | None:
    """The page of a chapter's exercises, seen from `book/`; None where there is none yet."""
    return f"exercises/{name}.md" if (EXERCISES / f"{name}.md").is_file() else None


def slug(heading: str) -> str:
    """The anchor that the book gives a heading (GitHub's way)."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def text_of(part: Any) -> Iterator[str]:
    """Every text of a part of the plans, for tests of its words."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, list):
        for item in part:
            yield from text_of(item)
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from text_of(getattr(part, name))
