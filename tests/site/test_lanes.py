"""Two lanes: code folded away for clinicians, open for analysts; the choice is remembered."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.site.test_links import parsed
from workshop.chapters import name_of, notebooks

CHAPTER = "book/cutoff.html"
FOLDS = "details.hide.above-input"


def open_folds(page: Page) -> tuple[int, int]:
    """Folds whose code is open and to be seen, and all folds."""
    folds = page.locator(FOLDS)
    seen = folds.evaluate_all("all => all.filter(d => d.open && d.offsetParent).length")
    return seen, folds.count()


def choose(page: Page, lane: str) -> None:
    page.get_by_role("radio", name=lane).check(force=True)


def test_the_choice_is_remembered_on_the_next_page(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto((site / CHAPTER).as_uri())
    assert open_folds(page)[0] == 0
    choose(page, "analyst")
    seen, all_ = open_folds(page)
    assert seen == all_ > 5
    page.goto((site / "book" / "table1.html").as_uri())
    seen, all_ = open_folds(page)
    assert seen == all_ > 3
    assert page.get_by_role("radio", name="analyst").is_checked()
    choose(page, "clinician")
    page.reload()
    assert open_folds(page)[0] == 0
    context.close()


def test_the_lane_is_changed_by_the_keyboard(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / CHAPTER).as_uri())
    page.get_by_role("radio", name="clinician").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.documentElement.dataset.lane") == "analyst"
    page.close()


def test_the_page_does_not_move_when_an_analyst_opens_it(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    context.add_init_script(
        """new PerformanceObserver(list => {
          window.moved = (window.moved ?? 0) + list.getEntries().reduce((n, e) => n + e.value, 0);
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page = context.new_page()
    page.goto((site / CHAPTER).as_uri())
    choose(page, "analyst")
    page.reload()
    page.wait_for_timeout(400)
    assert page.evaluate("window.moved ?? 0") < 0.02
    context.close()


@pytest.mark.parametrize("chapter", [name_of(c) for c in notebooks()])
def test_nothing_but_code_is_put_away_for_the_clinician(site: Path, chapter: str) -> None:
    silent = parsed(site / f"{chapter}.html").select("div.cell.silent")
    assert silent
    assert [cell for cell in silent if cell.select(".cell_output")] == []


def test_the_analyst_sees_every_cell(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / CHAPTER).as_uri())
    cells = page.locator("div.cell").count()
    assert page.locator("div.cell:visible").count() < cells
    choose(page, "analyst")
    assert page.locator("div.cell:visible").count() == cells
    page.close()


def test_without_scripts_every_fold_opens_by_hand(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / CHAPTER).as_uri())
    seen, all_ = open_folds(page)
    assert seen == 0
    assert page.locator(f"{FOLDS}:visible").count() == all_
    assert page.locator(".reread-lane").count() == 0
    page.locator(f"{FOLDS} summary").first.click()
    assert open_folds(page)[0] == 1
    context.close()
