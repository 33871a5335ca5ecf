"""The slides of a class plan as one page that stands alone: style, script, letters and plots inside.

:func:`slides_of` puts a plan and the chapters together, :func:`page` writes the page.  The same
sources give the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from analysis.show import sources
from analysis.show.palette import css_by_preference
from workshop.course import FORMS, Course, Plan, Session, SlideOf, Step, clock, in_words
from workshop.places import BOOK
from workshop.slides.columns import heights, in_columns
from workshop.slides.source import Book, Chapter

HERE = Path(__file__).parent
STATIC = BOOK / "_static"
PAPER = "yu2023"
ANSWER = "What the numbers say"
_TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


@dataclass(frozen=True)
class Slide:
    """One slide: what the room sees, and what only the teacher sees.

    `begin` and `end` are minutes of the session; None before and after its steps.
    """

    kind: str
    title: str
    body: Markup
    notes: Markup
    part: str
    source: str = ""
    begin: int | None = None
    end: int | None = None

    @property
    def when(self) -> str:
        return "" if self.begin is None else f"{clock(self.begin)} to {clock(self.end or 0)}"


def slides_of(plan: Plan, course: Course, book: Book) -> list[Slide]:
    """All slides of a plan in their order.

    Raises ValueError if a plot is shown twice: its ids would stand twice on the page.
    """
    slides = [_title(plan, book)]
    for number, session in enumerate(plan.sessions, 1):
        slides += _opening(plan, session, number)
        for step, begin, end in session.timed():
            slides += _of_step(step, begin, end, _part(plan, number), course, book)
        if session.after:
            slides.append(_after(session, _part(plan, number)))
    slides.append(_sources(plan, course, book))
    figures = [s.figure for t in _steps(plan) for s in t.slides if s.figure]
    if twice := {name for name in figures if figures.count(name) > 1}:
        raise ValueError(f"the plan {plan.id} shows {', '.join(sorted(twice))} twice")
    return slides


def _steps(plan: Plan) -> Iterator[Step]:
    return (step for session in plan.sessions for step in session.steps)


def _part(plan: Plan, number: int) -> str:
    return plan.title if len(plan.sessions) == 1 else f"Week {number}"


def _paragraphs(*texts: str | None) -> Markup:
    return Markup("").join(Markup("<p>{}</p>").format(text) for text in texts if text)


def _list(items: list[Markup] | list[str], kind: str = "") -> Markup:
    inside = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    return Markup('<ul class="{}">{}</ul>').format(kind, inside)


def _title(plan: Plan, book: Book) -> Slide:
    body = Markup('<div class="lead">{}</div><p class="soft">{}. {}</p>').format(
        book.chapter("index").title, in_words(plan.minutes).capitalize(), plan.whom
    )
    prepare = Markup("<h3>Before you begin</h3>{}").format(_list(plan.prepare))
    return Slide("title", plan.title, body, prepare, plan.title)


def _opening(plan: Plan, session: Session, number: int) -> list[Slide]:
    part = _part(plan, number)
    timed = [
        Markup('<li><span class="clock">{}</span> {}</li>').format(clock(begin), step.title)
        for step, begin, _ in session.timed()
    ]
    body = Markup('<ol class="agenda">{}</ol>').format(Markup("").join(timed))
    slides = []
    if number == 1:
        notes = _paragraphs("Read them aloud, and come back to them at the end.")
        goals = Markup("<p>You will be able to</p>{}").format(_list(plan.goals, "points"))
        slides.append(Slide("goals", "What you will be able to do", goals, notes, part))
    title = session.title if len(plan.sessions) == 1 else f"{part}: {session.title}"
    notes = _paragraphs(f"{in_words(session.minutes)} in all.".capitalize())
    return [*slides, Slide("agenda", title, body, notes, part)]


def _of_step(
    step: Step, begin: int, end: int, part: str, course: Course, book: Book
) -> Iterator[Slide]:
    first = _notes_of(step, course, book)
    shown = step.slides
    if not shown:
        pause = Markup('<p class="large">{}</p>').format(in_words(step.minutes))
        body = _list(step.ask, "points") if step.ask else pause
        where = _where(book.chapter(step.chapter)) if step.chapter else ""
        yield Slide(step.form, step.title, body, first, part, where, begin, end)
    for slide in shown:
        home = slide.take_away or slide.chapter or step.chapter or "index"
        for kind, title, body, own in _pieces(slide, step, book.chapter(home), book):
            notes = first + own
            source = _where(_home(slide, book.chapter(home), book))
            yield Slide(kind, title, body, notes, part, source, begin, end)
            first = Markup("")


def _home(slide: SlideOf, chapter: Chapter, book: Book) -> Chapter:
    if slide.figure is not None:
        return book.figure(slide.figure).chapter
    return chapter if slide.sheet is None else book.sheet(slide.sheet).chapter


def _where(chapter: Chapter) -> str:
    return chapter.title


def _pieces(
    slide: SlideOf, step: Step, chapter: Chapter, book: Book
) -> Iterator[tuple[str, str, Markup, Markup]]:
    """Kind, title, body and own notes of each slide that an entry of the plan makes."""
    say = _paragraphs(slide.say)
    title = slide.title or step.title
    if slide.question is not None:
        question = chapter.question(slide.question)
        about = Markup('<p class="shows">{}</p>').format(chapter.inline(slide.shows or ""))
        asked = Markup('<p class="question">{}</p>').format(chapter.inline(question.ask))
        asked = about + asked if slide.shows else asked
        wait = _paragraphs("Let everybody write an answer down before anyone speaks.")
        yield "question", slide.title or "What would you expect?", asked, say + wait
        heard = _paragraphs("Ask who wrote something else, and why; it is seldom a slip.")
        answer = Markup('<p class="asked">{}</p><div class="answer">{}</div>').format(
            chapter.inline(question.ask), chapter.html(question.answer)
        )
        yield "answer", ANSWER, answer, heard
    elif slide.figure is not None or slide.sheet is not None:
        kind = "figure" if slide.figure is not None else "sheet"
        shown = book.figure(slide.figure) if slide.figure else book.sheet(slide.sheet or "")
        html = in_columns(shown.html)
        wide = len(heights(html)) > 1
        body = _TEMPLATES.get_template("shown.html").render(
            html=Markup(html), caption=shown.chapter.html(shown.caption)
        )
        yield f"{kind} wide" if wide else kind, title, Markup(body), say
    elif slide.hand is not None:
        body = Markup('<p class="shows">{}</p><p class="reread-hand by-hand">{}</p>').format(
            chapter.inline(slide.shows or ""), chapter.value(slide.hand)
        )
        yield "hand", title, body, say
    elif slide.take_away is not None:
        lines = [chapter.inline(line) for line in chapter.take_away]
        title = slide.title or f"Take-away: {chapter.title.partition(':')[0]}"
        yield "take-away", title, _list(lines, "points"), say
    else:
        yield "points", title, _list(slide.points or [], "points"), say


def _notes_of(step: Step, course: Course, book: Book) -> Markup:
    wrong = [course.misreading(id) for id in step.wrong]
    chapter = book.chapter(step.chapter) if step.chapter else None
    return Markup(
        _TEMPLATES.get_template("notes.html").render(
            step=step,
            form=FORMS[step.form],
            wrong=[(m, "; ".join(map(book.cited, m.cite))) for m in wrong],
            chapter=chapter.title if chapter else "",
        )
    )


def _after(session: Session, part: str) -> Slide:
    notes = _paragraphs("Say by when, and to whom.")
    return Slide("points", "Before next time", _list(session.after, "points"), notes, part)


def _sources(plan: Plan, course: Course, book: Book) -> Slide:
    named = dict.fromkeys(id for step in _steps(plan) for id in step.wrong)
    keys = dict.fromkeys(key for id in named for key in course.misreading(id).cite)
    paper = sources.reference(book.references[PAPER])
    body = Markup(
        "<p>The paper: {}</p><p>Its numbers are quoted as printed; plots, sheets and lines by hand "
        "are computed from them in the book <cite>{}</cite>.</p>"
        "<p>Text and plots of these slides: CC BY 4.0.</p>"
    ).format(paper, book.chapter("index").title)
    read = [sources.reference(book.references[key]) for key in keys]
    notes = Markup("<h3>On the misreadings</h3>{}").format(_list(read))
    return Slide("sources", "Where this comes from", body, notes, plan.title)


# --- the page -------------------------------------------------------------------------------


@cache
def script() -> str:
    """The one script of a deck."""
    text = (HERE / "slides.js").read_text("utf-8")
    if "</script" in text.lower():
        raise ValueError("slides.js would end its own element")
    return text


def script_hash() -> str:
    """How a content-security policy names the script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script().encode()).digest()).decode()}"


@cache
def _style() -> str:
    from workshop.extension import letters  # late: the extension itself reads the plans

    by_preference = css_by_preference().replace(":root", ":root:not([data-theme])")
    return "\n".join(
        [
            (STATIC / "reread.css").read_text("utf-8"),
            by_preference,
            letters.as_sheet((STATIC / letters.SHEET).read_text("utf-8"), STATIC),
            (HERE / "slides.css").read_text("utf-8"),
        ]
    )


def page(plan: Plan, course: Course, book: Book) -> str:
    """The slides of a plan as HTML.

    Raises ValueError where a slide cannot be shown, NotThere where the book lacks something.
    """
    template = _TEMPLATES.get_template("deck.html")
    return template.render(
        title=f"{plan.title}: {book.chapter('index').title}",
        hash=Markup(escape(script_hash())),
        style=Markup(_style()),
        script=Markup(script()),
        slides=slides_of(plan, course, book),
        plan=plan,
    )
