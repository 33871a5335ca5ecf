"""Slides are what the chapters show: their plots byte for byte, their numbers, their take-aways."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from workshop import course, slides
from workshop.places import BOOK
from workshop.slides.columns import FEWEST, TALLEST, heights, in_columns
from workshop.slides.deck import slides_of
from workshop.slides.source import Book, Chapter, NotThere

PLANS = [plan["id"] for plan in yaml.safe_load(course.FILE.read_text("utf-8"))["plans"]]


@cache
def book() -> Book:
    return Book()


@cache
def plans() -> course.Course:
    return course.load(book=book())


@cache
def decks() -> dict[str, str]:
    return slides.decks()


@pytest.fixture(params=PLANS)
def plan(request: pytest.FixtureRequest) -> course.Plan:
    return plans().plan(request.param)


@cache
def parsed(name: str) -> BeautifulSoup:
    return BeautifulSoup(decks()[name], "html.parser")


def deck(plan: course.Plan) -> BeautifulSoup:
    return parsed(slides.file_name(plan.id))


def entries(plan: course.Plan) -> list[course.SlideOf]:
    return [slide for session in plan.sessions for step in session.steps for slide in step.slides]


def slide_with(soup: BeautifulSoup, text: str) -> Tag:
    return next(s for s in soup.select(".slide") if text in s.get_text())


@cache
def stored(chapter: str, key: str) -> dict[str, str]:
    """What the notebook holds, read without the code under test."""
    notebook = nbformat.read(BOOK / f"{chapter}.ipynb", as_version=4)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get("scrapbook", {}).get("name") == key:
                return {
                    kind.rpartition("record/")[2]: content
                    for kind, content in output["data"].items()
                }
    raise AssertionError(f"{chapter}.ipynb does not hold {key}")


def test_every_slide_has_a_title_and_notes(plan: course.Plan) -> None:
    found = deck(plan).select(".slide")
    assert len(found) > 15
    for slide in found:
        title = slide.select("h2")
        assert len(title) == 1
        assert title[0].get_text(strip=True)
        assert slide["aria-labelledby"] == title[0]["id"]
        assert len(slide.select_one(".notes-text").get_text(" ", strip=True).split()) >= 4
    assert len(deck(plan).select("h1")) == 1


def test_the_slides_follow_the_clock(plan: course.Plan) -> None:
    told = [(int(s["data-begin"]), int(s["data-end"])) for s in deck(plan).select("[data-begin]")]
    steps = [at for i, at in enumerate(told) if i == 0 or at != told[i - 1]]
    assert [end - begin for begin, end in steps] == [
        step.minutes for session in plan.sessions for step in session.steps
    ]
    begins = [begin for begin, _ in steps]
    assert begins.count(0) == len(plan.sessions)
    assert all(begin in (0, before) for begin, (_, before) in zip(begins[1:], steps, strict=False))


def test_what_to_ask_and_where_it_goes_wrong_stand_in_the_notes(plan: course.Plan) -> None:
    notes = " ".join(n.get_text(" ", strip=True) for n in deck(plan).select(".notes-text"))
    notes = re.sub(r"\s+", " ", notes)
    for session in plan.sessions:
        for step in session.steps:
            for line in [step.do, *step.ask, *(plans().misreading(w).better for w in step.wrong)]:
                assert line in notes
    for slide in entries(plan):
        assert slide.say is None or slide.say in notes


def test_plots_are_those_of_the_notebooks_byte_for_byte(plan: course.Plan) -> None:
    page = decks()[slides.file_name(plan.id)]
    figures = [slide.figure for slide in entries(plan) if slide.figure]
    assert figures
    for name in figures:
        [(chapter, key)] = [
            (path.stem, found[1])
            for path in BOOK.glob("*.md")
            if (found := re.search(
                rf"^```\{{glue:figure\}} (\S+)\n:name: {name}\n", path.read_text("utf-8"), re.M
            ))
        ]  # fmt: skip
        picture = stored(chapter, key)["text/html"]
        tall = max(map(float, re.findall(r'viewBox="0 0 360 (\d+)"', picture)), default=0) > TALLEST
        if tall:  # in columns: the words, the drawing and the numbers, each once
            pieces = re.search(r"(<title.*?</desc>)(.*?)</svg>(.*)", picture, re.S).groups()
            assert [page.count(piece) for piece in pieces] == [1, 1, 1]
        else:
            assert page.count(f'<div class="picture">{picture}</div>') == 1


def test_no_plot_is_too_tall_for_letters_that_can_be_read(plan: course.Plan) -> None:
    for picture in deck(plan).select(".picture"):
        for height in heights(str(picture).replace("viewbox", "viewBox")):
            assert height <= TALLEST, picture.select_one("title").get_text()


def test_lines_by_hand_are_those_of_the_notebooks(plan: course.Plan) -> None:
    soup = deck(plan)
    for session in plan.sessions:
        for step in session.steps:
            for slide in step.slides:
                if slide.hand is None:
                    continue
                value = stored(slide.chapter or step.chapter, slide.hand)["text/plain"].strip("'\"")
                line = slide_with(soup, slide.title).select_one(".by-hand")
                assert line.get_text() == value.replace("\\xa0", "\xa0")


def test_take_aways_carry_the_glued_numbers() -> None:
    page = deck(plans().plan("journal_club"))
    points = slide_with(page, "Take-away").select(".points li")
    per = stored("usefulness", "per_positive")["text/plain"].strip("'")
    assert per in [value.get_text() for value in points[0].select(".value")]
    assert len(points) == len(Book().chapter("usefulness").take_away)


def test_nothing_of_the_source_is_left(plan: course.Plan) -> None:
    text = deck(plan).select_one("main").get_text()
    assert re.findall(r"\{[a-z:]+\}|```|:::|\]\(", text) == []


def test_ids_are_unique(plan: course.Plan) -> None:
    ids = [tag["id"] for tag in deck(plan).find_all(id=True)]
    assert [id for id in set(ids) if ids.count(id) > 1] == []
    known = set(ids)
    for use in deck(plan).find_all("use"):
        assert use["href"].removeprefix("#") in known


def test_no_other_address_is_asked_for(plan: course.Plan) -> None:
    page, soup = decks()[slides.file_name(plan.id)], deck(plan)
    assert soup.find_all(["link", "img", "iframe", "object", "embed", "a", "base"]) == []
    assert soup.find_all("script", src=True) == []
    style = "".join(tag.get_text() for tag in soup.find_all("style"))
    assert {url[:5] for url in re.findall(r"url\([\"']?([^)]*)", style)} == {"data:"}
    assert "@import" not in style
    outside = set(re.findall(r"https?://[^\s\"'<)]*", page)) - {"http://www.w3.org/2000/svg"}
    assert {o for o in outside if "w3.org" not in o} == set()


def test_the_policy_allows_the_one_script_and_no_other(plan: course.Plan) -> None:
    soup = deck(plan)
    [script] = soup.find_all("script")
    digest = base64.b64encode(hashlib.sha256(script.string.encode()).digest()).decode()
    policy = soup.find("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert f"script-src 'sha256-{digest}';" in policy["content"]
    assert policy["content"].startswith("default-src 'none'")
    assert policy.find_all_previous(["script", "style"]) == []
    handlers = [a for tag in soup.find_all(True) for a in tag.attrs if a.startswith("on")]
    assert handlers == []


def test_the_same_sources_give_the_same_bytes() -> None:
    assert slides.decks() == decks()


def test_a_plot_may_stand_once_in_a_plan() -> None:
    plan = plans().plan("journal_club")
    session = plan.sessions[0]
    twice = session.model_copy(update={"steps": [*session.steps, session.steps[0]]})
    with pytest.raises(ValueError, match="shows plot-verdicts twice"):
        slides_of(plan.model_copy(update={"sessions": [twice]}), plans(), book())


# --- a tall plot in two columns --------------------------------------------------------------


def a_tall_plot(rows: int = 17, step: float = 40, height: float = 760) -> str:
    from analysis.show.drawing import Sheet

    sheet = Sheet()
    for row in range(rows):
        sheet.text(0, 14 + step * row, f"Row {row}")
        sheet.line([20, 300], [28 + step * row] * 2)
    sheet.scale(step * rows + 8, [(20, "0"), (300, "1")], "how much")
    svg = sheet.svg(height, "rows", "Rows", "Many rows.")
    return f'<div class="reread-figure"><div class="reread-panels">{svg}</div></div>'


def windows(svg: Tag) -> list[tuple[float, float]]:
    """From where to where of the drawing each window of a column shows, top window first."""
    found = [[float(n) for n in w["viewBox"].split()] for w in svg.find_all("svg")]
    return [(top, top + height) for _, top, _, height in found]


@pytest.mark.parametrize("rows", [16, 17])
def test_every_row_of_a_tall_plot_stands_in_one_column_and_the_scale_in_both(rows: int) -> None:
    whole = a_tall_plot(rows)
    soup = BeautifulSoup(in_columns(whole), "xml")
    left, right = soup.select("svg.reread-plot")
    lines = {t.get_text(): float(t["y"]) for t in soup.find_all("text")}
    assert len(soup.find_all("text")) == whole.count("<text")
    for name, line in lines.items():
        # letters rise above their base line and hang below it: no edge of a window goes through
        seen = [
            [top <= line - 11 and line + 3 <= bottom for top, bottom in windows(column)].count(True)
            for column in (left, right)
        ]
        first = name.startswith("Row") and int(name.split()[1]) < (rows + 1) // 2
        wanted = ([1, 0] if first else [0, 1]) if name.startswith("Row") else [1, 1]
        assert seen == wanted, name
    assert left["viewBox"] == right["viewBox"]
    assert all(float(c["viewBox"].split()[3]) < TALLEST for c in (left, right))
    for column in (left, right):  # the windows stand on each other, without a gap
        at = 0.0
        for window in column.find_all("svg"):
            assert float(window.get("y")) == pytest.approx(at)
            at += float(window["height"])
        assert at <= float(column["viewBox"].split()[3]) + 1e-9


def test_the_words_of_a_plot_in_columns_are_told_once() -> None:
    soup = BeautifulSoup(in_columns(a_tall_plot()), "html.parser")
    left, right = soup.select("svg.reread-plot")
    assert left["role"] == "img"
    assert [soup.find(id=id).name for id in left["aria-labelledby"].split()] == ["title", "desc"]
    assert right["aria-hidden"] == "true"
    assert right.find(["title", "desc", "text"]) is None
    assert {use["href"] for use in right.find_all("use")} == {"#rows-whole"}


@pytest.mark.parametrize(
    "plot",
    [
        a_tall_plot(rows=9, height=430),  # not tall
        a_tall_plot(rows=FEWEST - 1, step=90),  # few rows
        a_tall_plot().replace('y="174"', 'y="180"'),  # not as far apart
        a_tall_plot() + a_tall_plot(),  # two
        "<table></table>",
    ],
)
def test_what_is_no_tall_list_of_rows_stays_as_it_is(plot: str) -> None:
    assert in_columns(plot) == plot


# --- the chapters as slides read them ----------------------------------------------------------


@pytest.fixture
def made_up(tmp_path: Path) -> Chapter:
    text = (
        "# Made up\n\nWords {term}`in <Event>` a row.\n\n"
        ":::{dropdown} What would you expect? One & two?\n{glue:text}`two`, $x^2$.\n:::\n\n"
        "```{glue:figure} two\n:name: plot-two\n\nA plot.\n```\n"
    )
    (tmp_path / "made_up.md").write_text(text, "utf-8")
    cell = nbformat.v4.new_code_cell(
        "two",
        outputs=[
            nbformat.v4.new_output(
                "display_data",
                {"x/text/plain": "'2 < 3'"},
                metadata={"scrapbook": {"name": "two", "mime_prefix": "x/"}},
            )
        ],
    )
    notebook = nbformat.v4.new_notebook(cells=[cell])
    nbformat.write(notebook, tmp_path / "made_up.ipynb")
    return Book(tmp_path).chapter("made_up")


def test_values_are_escaped_terms_are_words_and_formulas_are_drawn(made_up: Chapter) -> None:
    question = made_up.question("one & TWO")
    assert made_up.inline(question.ask) == "One &amp; two?"
    answer = str(made_up.html(question.answer))
    assert '<span class="value">2 &lt; 3</span>' in answer
    assert "<msup>" in answer
    assert made_up.inline("{term}`in <Event>` [there](table1.md)") == "in there"
    assert made_up.inline("a <b>tag</b>") == "a &lt;b&gt;tag&lt;/b&gt;"


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda c: c.value("three"), "made_up.md glues no value 'three'"),
        (lambda c: c.value("other.md::x:s"), "the book has no chapter 'other'"),
        (lambda c: c.question("nothing"), 'no "What would you expect.*of made_up.md'),
        (lambda c: c.take_away, "made_up.md has no take-away"),
        (lambda c: c.shown("plot-two"), "holds no output 'two'"),
        (lambda c: c.inline("{glue:text}`four`"), "glues no value 'four'"),
    ],
)
def test_what_is_not_there_is_said(made_up: Chapter, ask, sentence: str) -> None:
    with pytest.raises(NotThere, match=sentence):
        ask(made_up)


def test_an_unknown_role_is_refused(made_up: Chapter) -> None:
    with pytest.raises(ValueError, match="cannot show the role 'doc'"):
        made_up.inline("{doc}`x`")


def test_publications_are_cited_in_words() -> None:
    assert book().cited("greenland2016") == (
        "Greenland and others, European Journal of Epidemiology 2016"
    )
    assert book().cited("altman1995") == "Altman and Bland, BMJ 1995"
