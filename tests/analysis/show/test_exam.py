"""The pages of an exam: whole, escaped, marked, and the same numbers in every form."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from analysis.exam.draw import MARK, Exam, ExamPaper, draw, paper_of
from analysis.exam.key import KINDS
from analysis.exam.levels import Level
from analysis.exam.marking import Marks
from analysis.exam.planting import KINDS as PLANTED
from analysis.paper import load_paper
from analysis.show.exam import (
    SHORT,
    key_markdown,
    key_page,
    marks_text,
    task_markdown,
    task_page,
)
from tests.analysis.ledgers import PAPER
from tests.analysis.show.test_report import HOSTILE, Page
from tests.workshop.made_up_papers import SHAPES, record


def exam_of(paper, **more):
    own = ExamPaper(1, {}, paper, None, 0, (), frozenset())
    return Exam(7, Level.EASY, 0, (replace(own, **more),))


@pytest.fixture(scope="module")
def real():
    """An exam without errors, made from a real record."""
    paper = load_paper(PAPER)
    return exam_of(paper, source=paper, left_out=2)


def pages(exam):
    return [task_page(exam.papers[0], exam), key_page(exam)]


@pytest.fixture(scope="module")
def planted():
    return draw(2, Level.EASY, 2, 1)


def test_every_kind_of_error_has_words():
    assert KINDS.keys() == PLANTED.keys()


def test_pages_ask_nothing_of_any_host_and_run_no_script_but_ours(real):
    for text in pages(real):
        page = Page(text)
        assert not [a for _, a in page.tags if {"src", "srcset", "poster", "data"} & set(a)]
        assert not page.all("link")
        assert len(page.all("script")) == 1
        assert "default-src 'none'" in page.all("meta")[1]["content"]


def test_headings_go_down_one_step_and_names_of_tables_are_unique(real, planted):
    for text in [*pages(real), *pages(planted)]:
        page = Page(text)
        levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
        names = [a["aria-label"] for a in page.all("div") if a.get("role") == "region"]
        assert len(names) == len(set(names)) == len(page.all("table"))


def test_the_mark_stands_in_title_text_and_every_table(real):
    text = task_page(real.papers[0], real)
    page = Page(text)
    assert f"<title>{SHORT}" in text
    assert "".join(page.text).count(MARK) == 2
    assert text.count("<caption>") == text.count(f"<caption>{SHORT}")


def test_the_source_is_cited(real):
    words = " ".join("".join(Page(task_page(real.papers[0], real)).text).split())
    assert "do not take what stands here for what it printed" in words
    assert f"doi:{real.papers[0].source.paper.doi}" in words
    assert real.papers[0].source.paper.licence in words
    assert "2 rows of its tables were left out" in words


@pytest.mark.parametrize("shape", SHAPES)
def test_every_number_of_papers_of_any_shape_is_shown(shape, tmp_path):
    paper = load_paper(record(tmp_path, SHAPES[shape]()))
    exam = exam_of(paper)
    html = "".join(Page(task_page(exam.papers[0], exam)).text)
    markdown = task_markdown(exam.papers[0], exam).replace("\\", "")
    for number in paper.numbers.values():
        if number.role == "category":
            continue  # a label says it
        for text in (html, markdown):
            assert number.text in text, number.id


def test_words_of_a_record_stay_words():
    paper = load_paper(PAPER)
    about = paper.paper.model_copy(update={"label": HOSTILE, "doi": HOSTILE, "software": HOSTILE,
                                           "licence": HOSTILE, "key": "other"})  # fmt: skip
    table = paper.tables[0].model_copy(update={"title": HOSTILE, "label": HOSTILE})
    variables = [v.model_copy(update={"label": HOSTILE}) for v in paper.variables]
    groups = [g.model_copy(update={"label": HOSTILE}) for g in paper.groups]
    paper = paper.model_copy(
        update={
            "paper": about, "tables": [table, *paper.tables[1:]], "groups": groups,
            "variables": variables,
        }
    )  # fmt: skip
    exam = exam_of(paper, source=paper)
    for text in pages(exam):
        page = Page(text)
        assert not page.all("img")
        assert len(page.all("script")) == 1
        assert not [a for _, a in page.tags if any(name.startswith("on") for name in a)]
    assert not re.search(r"(?<!\\)<(script|img)", task_markdown(exam.papers[0], exam))


def test_the_key_says_what_was_changed_and_how_it_is_found(planted):
    html, markdown = "".join(Page(key_page(planted)).text), key_markdown(planted)
    for error in planted.papers[0].errors:
        for words in (*(c.after for c in error.changed), *(c.before for c in error.changed)):
            assert words in html
        for finding in error.findings:
            assert finding.id in html
            assert re.sub(r"\^", "", finding.by_hand)[:12] in html.replace("^", "")
    assert markdown.count("\n### ") == 2
    assert "Not for the class" in markdown


def test_markdown_tables_are_even(planted):
    for text in (task_markdown(planted.papers[0], planted), key_markdown(planted)):
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            assert len({len(re.findall(r"(?<!\\)\|", line)) for line in block.splitlines()}) == 1


def test_marks_as_lines():
    told = marks_text([("ann.csv", Marks(1, 2, 1, 10, 1, 1, 3, 6))])
    assert "points       3 of 6" in told
    # Wilson: 1 of 2 is 9.45% to 90.55%, the ends rounded outward
    assert "50% (9.4% to 90.6%): 1 of 2 errors found" in told
    assert "9 of 10 sound numbers left alone" in told
    assert "clean papers 1 of 1" in told
    assert "no error was planted" in marks_text([("x", Marks(0, 0, 0, 10, 1, 1, 1, 1))])


def test_a_changed_record_says_so_in_the_report_of_its_audit(planted):
    from analysis.audit import audit
    from analysis.show.report import report

    paper = paper_of(planted.papers[0].tree)
    assert "<title>Exam paper 1 (made up, numbers may be changed)" in report(audit(paper), paper)
