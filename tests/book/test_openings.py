"""Every chapter says beforehand what it teaches, and teaches what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from workshop import chapters, openings
from workshop.places import ROOT, TOC

PARTS = yaml.safe_load(TOC.read_text("utf-8"))["parts"]
TAUGHT = {
    "The ledger", "The paper, section by section", "Across the tables", "Appraisal", "Yours",
}  # fmt: skip
CHAPTERS = [
    ROOT / f"{entry['file']}.md"
    for part in PARTS
    if part["caption"] in TAUGHT
    for entry in part["chapters"]
]
# what a chapter does not teach: it says where its knowledge ends
LIMITS = {"What these data cannot say", "What this page cannot say"}
# headings that no objective covers, with the reason
EXCEPTIONS: dict[tuple[str, str], str] = {}
# verbs whose doing can be seen; "know" and "understand" are not among them
VERBS = {
    "answer", "apply", "check", "choose", "compare", "compute", "count", "draw", "find", "hold",
    "judge", "list", "name", "prove", "read", "recompute", "refute", "run", "say", "show", "tell",
    "turn", "weigh",
}  # fmt: skip
MOST_POINTS = 4
TAKEAWAY = re.compile(r"^:::\{admonition\} Take-away\n:class: takeaway\n(.*?)^:::$", re.M | re.S)


def test_the_parts_of_the_book_are_known() -> None:
    captions = {part["caption"] for part in PARTS}
    assert captions >= TAUGHT
    assert len(CHAPTERS) == len(set(CHAPTERS)) > 20


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request) -> Path:
    return request.param


def test_a_chapter_opens_with_what_it_teaches_and_needs(chapter: Path) -> None:
    opening = openings.of(chapter)
    assert opening is not None
    assert opening.needed
    assert opening.helpful
    assert 1 <= len(opening.objectives) <= 5
    text = chapter.read_text("utf-8").split("\n---\n", 1)[1]
    assert re.match(r"\s*# [^\n]*\n\n:::\{opening\}", text), "the opening stands below the title"


def test_objectives_can_be_examined_and_lead_to_headings(chapter: Path) -> None:
    known = openings.headings(chapter)
    for objective in openings.of(chapter).objectives:
        first = re.match(r"\[?(\w+)", objective.text)[1]
        assert first in VERBS, objective.text
        assert objective.headings, objective.text
        assert set(objective.headings) <= set(known), objective.text


def test_every_section_is_an_objective(chapter: Path) -> None:
    covered = {anchor for o in openings.of(chapter).objectives for anchor in o.headings}
    left = [
        text
        for anchor, (level, text) in openings.headings(chapter).items()
        if level == 2
        and text not in LIMITS
        and anchor not in covered
        and (chapter.stem, text) not in EXCEPTIONS
    ]
    assert left == []


def test_no_exception_is_needless() -> None:
    for name, text in EXCEPTIONS:
        own = next(c for c in CHAPTERS if c.stem == name)
        assert text in {heading for _, heading in openings.headings(own).values()}
        assert EXCEPTIONS[name, text]


def test_a_reader_is_asked_before_a_result_is_shown(chapter: Path) -> None:
    text = chapter.read_text("utf-8")
    asked = text.find("{dropdown} What would you expect? ")
    assert asked > 0
    result = re.compile(r"\{(glue:figure|computed-table)\}|reread-hand")
    assert result.search(text, asked), "no result comes after the question"


def test_the_take_away_is_short(chapter: Path) -> None:
    found = TAKEAWAY.findall(chapter.read_text("utf-8"))
    assert len(found) == 1
    points = re.findall(r"^- ", found[0], re.MULTILINE)
    assert 1 <= len(points) <= MOST_POINTS


def test_what_is_needed_comes_first_in_the_book(chapter: Path) -> None:
    """A chapter that is needed, not merely helpful, stands before the one that needs it."""
    order = [page.stem for page in chapters.pages()]
    needed = re.findall(r"\]\((\w+)\.md", openings.of(chapter).needed)
    assert [n for n in needed if order.index(n) >= order.index(chapter.stem)] == []


def test_every_chapter_has_exercises_in_the_order_of_the_book() -> None:
    (teaching,) = [part for part in PARTS if part["caption"] == "Teaching"]
    (index,) = [e for e in teaching["chapters"] if e["file"] == "book/exercises/index"]
    assert [Path(e["file"]).name for e in index["sections"]] == [
        c.stem for c in sorted(CHAPTERS, key=chapters.pages().index)
    ]
