"""The form of an appraisal as HTML: to fill in, on paper or on the screen, and filled in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from markupsafe import Markup

from analysis.appraisal_form import (
    DOES_NOT_APPLY,
    NOT_SAID,
    WORDS,
    Filled,
    Form,
    Ground,
)
from analysis.checklists import NOT_APPLICABLE
from analysis.findings import first_up
from analysis.paper import Paper
from analysis.show import parts
from analysis.show.checklists import ANSWER_MARKS
from analysis.show.html import inline, word_badge
from analysis.show.page import page
from analysis.show.palette import MARKS, Mark
from analysis.show.tables import template

_MARKS: dict[str, Mark] = {
    **ANSWER_MARKS,
    NOT_SAID: ANSWER_MARKS["no information"],
    DOES_NOT_APPLY: ANSWER_MARKS[NOT_APPLICABLE],
}

RULE = (
    "An answer of several items is yes or no where all agree, not said where nothing is told, and "
    "else partly; probably counts as said. An answer of the ledger is no where a finding is "
    "impossible, partly where one depends on a convention, and yes where the others could be "
    "checked."
)

# A question with boxes to tick and room to write; nothing typed is kept or sent.
_BLANK = """\
{% for q in questions %}
<fieldset class="reread-form-question">
<legend><span class="reread-item">{{ numbers[q.id] }}</span> {{ inline(q.ask) }}</legend>
<p class="reread-form-look">Where to look: {{ inline(q.look) }}</p>
{% if q.words %}
<div class="reread-form-boxes">
{% for word in q.words %}
<label><input type="radio" name="{{ prefix }}-{{ q.id }}" value="{{ word }}"> {{ word }}</label>
{% endfor %}
</div>
{% endif %}
<label class="reread-form-words">{{ "Your answer" if not q.words else "Where it stands, and why" }}
<textarea rows="{{ 2 if q.words else 4 }}"></textarea></label>
</fieldset>
{% endfor %}
"""

_FILLED = """\
<ol class="reread-form-answers" start="{{ numbers[answers[0].question.id] }}">
{% for a in answers %}
<li>
<p class="reread-form-ask">{{ inline(a.question.ask) }}</p>
{% if a.answer %}
<p>{{ badge_of(a.answer) }}</p>
{% elif a.question.words %}
<p class="reread-form-look">Not answered: fill it in.</p>
{% elif not a.grounds %}
<p class="reread-form-look">Yours to write.</p>
{% endif %}
{% if a.grounds %}
<details{% if not a.answer %} open{% endif %}><summary>{{ a.grounds | length }} \
{{ "ground" if a.grounds | length == 1 else "grounds" }}\
<span class="reread-hidden">: question {{ numbers[a.question.id] }}</span></summary>
<ul>
{% for ground in a.grounds %}
<li>{{ told(ground) }}</li>
{% endfor %}
</ul></details>
{% endif %}
{% set link = chapter(a.question.chapter) %}
{% if link %}
<p class="reread-form-look">{{ link }}</p>
{% endif %}
</li>
{% endfor %}
</ol>
"""

_HEAD = """\
<h1>{{ inline(name) }}</h1>
{% if paper %}
<p>{{ inline(paper) }}: filled in from the ledger and from our answers to the checklists.</p>
<p>{{ counts }}</p>
{% else %}
<div class="reread-form-head">
{% for field in ["The paper", "Who reads it", "Date"] %}
<label>{{ field }} <input type="text" autocomplete="off"></label>
{% endfor %}
</div>
{% endif %}
<p>{{ inline(note) }}</p>
{% if paper %}<p>{{ rule }}</p>
{% else %}<p class="reread-form-look">What you type stays on this page until you close it: print \
it, or save it as a PDF.</p>{% endif %}
{% for title, body in parts %}
<section>
<h2>{{ inline(title) }}</h2>
{{ body }}
</section>
{% endfor %}
"""


def blank_parts(form: Form, prefix: str = "form") -> Iterator[tuple[str, Markup]]:
    """The title of each part and its questions, to fill in; `prefix` begins the names of the
    boxes."""
    for part in form.parts:
        html = template(_BLANK).render(
            questions=part.questions, numbers=form.numbers, prefix=prefix
        )
        yield part.title, Markup(html)


def filled_parts(
    filled: Filled,
    chapter: Callable[[str], Markup | str] = lambda name: "",
    finding: Callable[[str], str] = lambda id: "",
) -> Iterator[tuple[str, Markup]]:
    """The title of each part, and its questions with answers and grounds.

    `chapter` gives the link to a chapter by its name, `finding` the address of a finding by
    its id; empty where there is none.
    """
    for part in filled.form.parts:
        html = template(_FILLED).render(
            answers=[filled[q.id] for q in part.questions],
            numbers=filled.form.numbers,
            badge_of=answer_badge,
            told=lambda ground: _told(ground, filled.paper, finding),
            chapter=chapter,
        )
        yield part.title, Markup(html)


def answer_badge(word: str) -> Markup:
    """An answer of the form as icon and word."""
    return word_badge(word, _MARKS[word])


def places(ground: Ground, paper: Paper) -> str:
    """Where a ground stands in the paper: `` (Methods; Table 1)``, or nothing."""
    known = set(paper.ids_of_parts)
    words = [parts.label(place, paper) if place in known else place for place in ground.places]
    return f" ({'; '.join(words)})" if words else ""


def _told(ground: Ground, paper: Paper, address: Callable[[str], str]) -> Markup:
    line = Markup("<strong>{}</strong>").format(ground.source)
    if ground.answer:
        line += Markup(", {}").format(ground.answer)
    words = inline(first_up(ground.text))
    others = [found for found in ground.findings if found.claim != ground.text]
    if ground.findings and not others:  # the ground is a finding, in its own words
        words = _link(address(ground.findings[0].id), words)
    line += Markup(": ") + words + inline(places(ground, paper))
    for found in others:
        line += Markup("<br>") + _link(address(found.id), inline(first_up(found.claim)))
        line += Markup(": ") + word_badge(str(found.verdict), MARKS[found.verdict])
    return line


def _link(address: str, words: Markup) -> Markup:
    return Markup('<a href="{}">{}</a>').format(address, words) if address else words


def in_words(filled: Filled) -> str:
    """How many questions have each answer: ``9 yes, 17 partly, …``."""
    told = [f"{n} {word}" for word, n in filled.counts.items() if n]
    boxes = sum(q.words == WORDS for q in filled.form.questions)
    return f"Of {boxes} questions: {', '.join(told) or 'none answered'}."


def blank_page(form: Form) -> str:
    """The empty form as one file."""
    return _page(form, list(blank_parts(form)))


def filled_page(filled: Filled) -> str:
    """The form of one paper as one file."""
    label = filled.paper.paper.label
    return _page(
        filled.form, list(filled_parts(filled)), paper=label, counts=in_words(filled), rule=RULE
    )


def _page(form: Form, bodies: list[tuple[str, Markup]], **more: Any) -> str:
    body = template(_HEAD).render(name=form.name, note=form.note, parts=bodies, **more)
    title = f"{form.name}: {more['paper']}" if "paper" in more else form.name
    return page(title, Markup(body))
