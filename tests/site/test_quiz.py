"""Quizzes on the built pages: whole without scripts, by keyboard with them, spoken, and kept here."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page, expect

from analysis.paper import load_paper
from analysis.show.book import paper_file
from tests.site import axe
from tests.site.browsers import listen, settle
from workshop import quiz

CHAPTER = "book/table4"


def parsed(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")


def opened(browser: Browser, site: Path, **how: object) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, **how).new_page()
    page.goto((site / f"{CHAPTER}.html").as_uri(), wait_until="load")
    return page


# --- the pages as they are written --------------------------------------------------------


@pytest.mark.parametrize("name", quiz.files())
def test_every_answer_has_its_fold_on_the_page(site: Path, name: str) -> None:
    questions = quiz.load_quiz(quiz.files()[name], load_paper(paper_file())).questions
    page = parsed(site, f"book/{name}")
    root = page.select_one("#check-yourself [data-reread-quiz]")
    assert page.select_one("#check-yourself > h2, section#check-yourself > h2")
    assert page.select_one('.bd-toc a[href="#check-yourself"], nav a[href="#check-yourself"]')
    fields = root.select("fieldset")
    assert len(fields) == len(questions)
    for field, question in zip(fields, questions, strict=True):
        assert field.find(True).name == "legend"
        options = field.select(".reread-quiz-option")
        assert [o.has_attr("data-right") for o in options] == [o.right for o in question.options]
        for option in options:
            assert option.select_one("label > input")
            assert option.select_one("details > p").get_text(strip=True)
        kinds = {i["type"] for i in field.select("input")}
        assert kinds == {"checkbox" if question.several else "radio"}
    assert "{" not in root.get_text()


def test_all_of_them_stand_on_one_page_and_no_id_twice(site: Path) -> None:
    page = parsed(site, "book/quiz")
    assert len(page.select("[data-reread-quiz]")) == len(quiz.files())
    twice = [i for i, n in Counter(tag["id"] for tag in page.select("[id]")).items() if n > 1]
    assert twice == []
    names = Counter(tag["name"] for tag in page.select(".reread-quiz input"))
    assert len(names) == len(page.select(".reread-quiz fieldset"))


def test_other_pages_load_nothing_of_it(site: Path) -> None:
    for name in ("book/references", "book/fairness"):
        assert "quiz.js" not in (site / f"{name}.html").read_text("utf-8")


# --- in a browser -------------------------------------------------------------------------


def test_without_scripts_the_folds_say_it(browser: Browser, site: Path) -> None:
    page = opened(browser, site, java_script_enabled=False)
    try:
        option = page.locator("[data-reread-quiz] .reread-quiz-option").first
        why = option.locator(".reread-quiz-why")
        expect(why).not_to_be_visible()
        option.locator("summary").click()
        expect(why).to_be_visible()
        assert page.locator("[data-reread-quiz] button").count() == 0
    finally:
        page.context.close()


def test_by_keyboard_a_question_is_answered_and_counted(browser: Browser, site: Path) -> None:
    page = opened(browser, site, offline=True)
    try:
        faults = listen(page)
        settle(page)
        root = page.locator("[data-reread-quiz]")
        field = root.locator("fieldset").first
        says, score = field.get_by_role("status"), root.locator(".reread-quiz-score")
        rights = [box.get_attribute("data-right") is not None
                  for box in field.locator(".reread-quiz-option").all()]  # fmt: skip
        right = rights.index(True)
        expect(field.locator("summary").first).not_to_be_visible()

        field.get_by_role("button", name="Check").focus()
        page.keyboard.press("Enter")
        expect(says).to_have_text("Choose an answer first.")

        # a wrong one first: the explanation is told, the fold of the right one can be opened
        inputs = field.get_by_role("radio")
        wrong = 0 if right else 1
        inputs.nth(wrong).focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Check"
        page.keyboard.press("Enter")
        expect(says).to_contain_text("Not so.")
        why = field.locator(".reread-quiz-why > span").nth(wrong).text_content()
        expect(says).to_contain_text(why.strip())
        expect(score).to_contain_text("0 of ")
        expect(field.locator("summary").nth(right)).to_be_visible()

        inputs.nth(right).focus()
        page.keyboard.press("Space")
        expect(says).to_have_text("")
        field.get_by_role("button", name="Check").press("Enter")
        expect(says).to_contain_text("Right.")
        expect(score).to_contain_text("1 of ")
        expect(score).to_contain_text("0 at the first try")

        root.get_by_role("button", name="Start again").press("Enter")
        expect(says).to_have_text("")
        assert inputs.nth(right).is_checked() is False
        assert page.evaluate("document.activeElement.type") == "radio"
        stored = page.evaluate("[Object.keys(localStorage), Object.keys(sessionStorage)]")
        assert not [key for keys in stored for key in keys if "quiz" in key]
        assert faults == []
    finally:
        page.context.close()


def test_all_that_apply_are_wanted(browser: Browser, site: Path) -> None:
    page = opened(browser, site, offline=True)
    try:
        settle(page)
        field = page.locator("fieldset:has(input[type=checkbox])").first
        rights = field.locator("[data-right] input")
        rights.first.check()
        field.get_by_role("button", name="Check").click()
        expect(field.get_by_role("status")).to_contain_text("So far right")
        for box in rights.all():
            box.check()
        field.get_by_role("button", name="Check").click()
        expect(field.get_by_role("status")).to_contain_text("Right.")
    finally:
        page.context.close()


def test_axe_finds_nothing_after_answers(browser: Browser, site: Path) -> None:
    page = opened(browser, site, offline=True, bypass_csp=True)
    try:
        settle(page)
        for field in page.locator("[data-reread-quiz] fieldset").all()[:2]:
            field.locator("input").first.check()
            field.get_by_role("button", name="Check").click()
        axe.prepare(page)
        assert axe.violations(page, axe.ALL) == []
    finally:
        page.context.close()
