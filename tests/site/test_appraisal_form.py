"""The form of an appraisal on its page: whole without scripts, one name for each question's boxes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, expect

from analysis.appraisal_form import load_form
from tests.site.browsers import listen, settle
from workshop import downloads

FORM = load_form()


@pytest.fixture(scope="module")
def page(site: Path) -> BeautifulSoup:
    return BeautifulSoup((site / f"{downloads.FORM_PAGE}.html").read_text("utf-8"), "html.parser")


def test_both_forms_hold_every_question_under_its_heading(page: BeautifulSoup) -> None:
    for which, rows in (("empty", "fieldset"), ("filled", ".reread-form-answers > li")):
        for part in FORM.parts:
            section = page.find(id=f"{which}-{part.id}")
            assert part.title in section.find(["h2", "h3"]).get_text()
            assert len(section.select(rows)) == len(part.questions)
    twice = [i for i, n in Counter(tag["id"] for tag in page.select("[id]")).items() if n > 1]
    assert twice == []


def test_links_of_the_filled_form_lead_to_chapters_and_findings(
    page: BeautifulSoup, site: Path
) -> None:
    links = [a["href"] for a in page.select(".reread-form-answers a")]
    assert any("#finding-" in link for link in links)
    ledger = (site / "book" / "verdicts.html").read_text("utf-8")
    for link in links:
        file, _, name = link.partition("#")
        assert (site / "book" / file).is_file()
        assert not name or f'id="{name}"' in ledger


def test_its_page_has_the_place_for_the_printed_ones(page: BeautifulSoup) -> None:
    text = str(page)
    assert [text.count(mark) for mark in downloads.WHOLE_BOOK] == [1, 1]
    offered = {a.get_text() for a in page.select("table.reread-downloads a")}
    assert offered == {offer.name for offer in downloads.offers()["form"]}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_a_question_is_answered_by_keyboard(browser: Browser, site: Path, scripts: bool) -> None:
    context = browser.new_context(offline=True, java_script_enabled=scripts)
    page = context.new_page()
    try:
        faults = listen(page)
        page.goto((site / f"{downloads.FORM_PAGE}.html").as_uri(), wait_until="load")
        if scripts:
            settle(page)
        field = page.locator("fieldset.reread-form-question").first
        field.get_by_role("radio", name="partly").focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        page.keyboard.type("page 3")
        expect(field.get_by_role("radio", name="partly")).to_be_checked()
        expect(field.get_by_role("textbox")).to_have_value("page 3")
        assert faults == []
    finally:
        context.close()
