"""The class plans: minutes add up, what they name is in the book, and a bad file says one sentence."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.workshop.test_opening import build
from workshop import course
from workshop.course import CourseError
from workshop.extension.course import PARTS, markdown
from workshop.places import BOOK, ROOT
from workshop.slides.source import Book

RAW = yaml.safe_load(course.FILE.read_text("utf-8"))
PLANS = {plan["id"]: plan for plan in RAW["plans"]}


@pytest.fixture(scope="module")
def book() -> Book:
    return Book()


@pytest.fixture(scope="module")
def plans(book: Book) -> course.Course:
    return course.load(book=book)


@pytest.mark.parametrize(
    ("plan", "meetings", "each"),
    [("journal_club", 1, 45), ("half_day", 1, 210), ("seminar", 4, 90)],
)
def test_the_minutes_add_up(plan: str, meetings: int, each: int) -> None:
    sessions = PLANS[plan]["sessions"]
    assert [sum(s["minutes"] for s in session["steps"]) for session in sessions] == [
        each
    ] * meetings
    assert PLANS[plan]["minutes"] == meetings * each


def test_half_a_day_has_a_break_near_its_middle() -> None:
    forms = [(step["form"], step["minutes"]) for step in PLANS["half_day"]["sessions"][0]["steps"]]
    begin = sum(minutes for _, minutes in forms[: [form for form, _ in forms].index("break")])
    assert 75 <= begin <= 120


def headings(name: str) -> list[str]:
    """Read without the code under test."""
    text = re.sub(r"```.*?```", "", (BOOK / f"{name}.md").read_text("utf-8"), flags=re.DOTALL)
    return re.findall(r"^##+ (.+)$", text, re.MULTILINE)


def test_every_chapter_and_section_is_there(plans: course.Course) -> None:
    steps = [t for p in plans.plans for s in p.sessions for t in s.steps if t.chapter]
    assert len(steps) > 30
    for part in [*steps, *plans.misreadings]:
        assert (BOOK / f"{part.chapter}.md").is_file()
        assert part.section is None or part.section in headings(part.chapter)


def test_every_figure_and_sheet_is_a_name_of_the_book(plans: course.Course) -> None:
    text = "".join(path.read_text("utf-8") for path in BOOK.glob("*.md"))
    names = set(re.findall(r"^:name: (\S+)$", text, re.MULTILINE))
    slides = [x for p in plans.plans for s in p.sessions for t in s.steps for x in t.slides]
    shown = {slide.figure or slide.sheet for slide in slides} - {None}
    assert len(shown) > 15
    assert shown <= names


def test_every_misreading_is_met_in_a_plan(plans: course.Course) -> None:
    met = {id for p in plans.plans for s in p.sessions for t in s.steps for id in t.wrong}
    assert met == {m.id for m in plans.misreadings}
    assert {m.topic for m in plans.misreadings} == {"P value", "AUC", "Odds ratio", "Cut-off"}


def test_no_result_is_typed(plans: course.Course) -> None:
    """Decimals and counts of patients are glued; minutes and a confidence of 95% are none."""
    texts = [re.sub(r"\{[a-z:]+\}`[^`]*`", "", text) for text in course.text_of(plans)]
    assert [t for t in texts if re.search(r"\d\.\d|\b\d{3,}\b", t)] == []


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(45, "45 minutes"), (210, "3 hours 30 minutes"), (360, "6 hours"), (90, "1 hour 30 minutes")],
)
def test_times_in_words(minutes: int, words: str) -> None:
    assert course.in_words(minutes) == words


# --- a bad file -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("minutes: 8\n", "minutes: 9\n", "its steps take 46 minutes, and it says 45"),
        ("    minutes: 360\n", "    minutes: 350\n", "its sessions take 360 minutes"),
        ("chapter: table2\n", "chapter: tabel2\n", "no chapter of the book; near it: table2"),
        ("section: Count first\n", "section: Count last\n", "no heading of effect_size.md"),
        ("figure: plot-t\n", "figure: plot-u\n", "the book has no figure 'plot-u'"),
        ("sheet: sheet-words\n", "sheet: sheet-t\n", "is a ledger, which no slide can hold"),
        ("hand: tie.by_hand\n", "hand: tie\n", "table1.md glues no value 'tie'"),
        ("question: Grant the worst search\n", "question: Grant nothing\n", "one is needed"),
        ("wrong: [p_null]\n", "wrong: [p_nil]\n", "no misreading"),
        ("cite: [cook2007, vickers2006]", "cite: [cook2008]", "no key of data/references.bib"),
        ("form: talk\n", "form: lecture\n", "found 'lecture', allowed is"),
        ("take_away: table1\n", "take_away: glossary\n", "glossary.md has no take-away"),
        ("          - index\n", "          - indx\n", "no chapter of the book"),
        ("title: Five words\n", "titel: Five words\n", "unknown key 'titel'"),
    ],
)
def test_a_bad_file_is_one_sentence(
    tmp_path: Path, book: Book, old: str, new: str, sentence: str
) -> None:
    text = course.FILE.read_text("utf-8")
    assert old in text
    file = tmp_path / "course.yaml"
    file.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(CourseError) as caught:
        course.load(file, book)
    assert re.match(re.escape(str(file)) + r":\d+: ", str(caught.value))
    assert sentence in str(caught.value).replace('"', "'")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("slide", "sentence"),
    [
        ({"figure": "plot-t", "sheet": "sheet-words", "title": "Two things"}, "figure and sheet"),
        ({"title": "Nothing at all"}, "a slide shows nothing"),
        ({"figure": "plot-t"}, "a slide with a figure needs a title"),
        ({"hand": "t_index.by_hand", "title": "By hand"}, 'says in "shows" what it computes'),
        ({"take_away": "table1", "shows": "A line."}, 'a take_away has no "shows"'),
    ],
)
def test_a_slide_shows_one_thing(slide: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        course.SlideOf.model_validate(slide)


@pytest.mark.skipif(not course.EXERCISES.is_dir(), reason="this book has no exercises")
def test_every_chapter_named_for_its_exercises_has_some(plans: course.Course) -> None:
    steps = [t for p in plans.plans for s in p.sessions for t in s.steps]
    named = {name for step in steps for name in step.exercises}
    assert {n for n in named if not (course.EXERCISES / f"{n}.md").is_file()} == set()


# --- the page -------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS)
def test_the_page_says_what_the_plan_says(plan: str, plans: course.Course, book: Book) -> None:
    table = markdown("timetable", plan, plans, book)
    told = [int(row.split("|")[2]) for row in table.splitlines() if re.match(r"\| \d.*[^*] \|", row)
            and "**" not in row]  # fmt: skip
    assert sum(told) == PLANS[plan]["minutes"]
    steps = markdown("steps", plan, plans, book)
    for session in PLANS[plan]["sessions"]:
        assert f"**{session['minutes']}**" in table
        for step in session["steps"]:
            assert step["title"] in table
            assert step["do"] in steps
            for question in step.get("ask", []):
                assert f"Ask: *{question}*" in steps
    reading = markdown("before", plan, plans, book)
    to_read = [name for session in PLANS[plan]["sessions"] for name in session["before"]]
    assert re.findall(r"about \{minutes-of\}`(\w+)`", reading) == to_read


def test_a_session_is_told_alone(plans: course.Course, book: Book) -> None:
    alone = [markdown("timetable", "seminar", plans, book, number) for number in (1, 2, 3, 4)]
    assert [text.count("**End**") for text in alone] == [1] * 4
    assert "Who came in, who was lost" in alone[0]
    assert "Who came in, who was lost" not in alone[1]


def test_the_page_tells_every_part_of_every_plan() -> None:
    text = (BOOK / "course.md").read_text("utf-8")
    told = set(re.findall(r"\{course\} (\w+) ?(\w+)?", text))
    wanted = {(part, plan) for part, one in PARTS.items() for plan in (PLANS if one else [""])}
    assert told == wanted
    assert "book/course" in (ROOT / "_toc.yml").read_text("utf-8")


def test_the_minutes_to_read_are_those_of_the_opening(tmp_path: Path) -> None:
    opening = ":::{opening}\n:needed: a pen\n:helpful: a friend\n\n- [say it](#a-part)\n:::\n"
    chapter = f"# A chapter\n\n{opening}\n## A part\n\n{'word ' * 1000}\n"
    built = build(
        tmp_path,
        index="# Book\n\nRead for {minutes-of}`chapter`.\n",
        chapter=chapter,
        words="# No\n",
    )
    said = built.page("chapter").select_one(".opening").find_all("p")[-1].get_text()
    assert said == "About 6 minutes."
    assert "Read for 6 minutes." in built.page("index").get_text()
    assert built.warnings == ""


def test_the_minutes_of_no_page_are_a_warning(tmp_path: Path) -> None:
    built = build(tmp_path, index="# Book\n\n{minutes-of}`nothing`\n", words="# No\n")
    assert "no minutes were counted of nothing" in built.warnings
