"""The explorer of roundings in a browser: its arithmetic against scipy, the keyboard, no scripts."""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from scipy import stats

from tests.site.browsers import listen, settle
from tests.site.test_browser import too_wide

CHAPTER = "book/table1.html"
ROOT = '[data-explorer="rounding"]'


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1000, "height": 900})
    page = context.new_page()
    faults = listen(page)
    page.goto((site / CHAPTER).as_uri())
    page.wait_for_selector(f"{ROOT}[data-explorer-ready]")
    yield page
    assert faults == []
    context.close()


def data_of(page: Page) -> dict:
    return json.loads(page.locator(f"{ROOT} script").inner_text())


def now(page: Page) -> dict:
    return json.loads(page.locator(ROOT).get_attribute("data-now") or "")


def says(page: Page) -> str:
    page.wait_for_timeout(350)
    return page.locator(f"{ROOT} .reread-explorer-says").inner_text()


def place(page: Page, places: list[int]) -> None:
    page.locator(f"{ROOT} input[type=range]").evaluate_all(
        """(all, places) => all.forEach((input, i) => {
          input.value = places[i];
          input.dispatchEvent(new Event("input", { bubbles: true }));
        })""",
        places,
    )


def choose(page: Page, i: int) -> None:
    page.get_by_label("Row of the table").select_option(str(i))


def held_against_scipy(row: dict, found: dict) -> None:
    (n1, n2), (m1, s1, m2, s2) = row["n"], found["inputs"]
    for kind, equal in (("student", True), ("welch", False)):
        right = stats.ttest_ind_from_stats(m1, s1, n1, m2, s2, n2, equal_var=equal)
        assert found[kind]["t"] == pytest.approx(abs(right.statistic), rel=1e-12)
        assert found[kind]["p"] == pytest.approx(right.pvalue, rel=1e-9)
        assert row[kind]["low"] - 1e-6 <= found[kind]["t"] <= row[kind]["high"] + 1e-6
    a, b = s1**2 / n1, s2**2 / n2
    df = (a + b) ** 2 / (a**2 / (n1 - 1) + b**2 / (n2 - 1))
    assert found["welch"]["df"] == pytest.approx(df, rel=1e-12)
    assert row["p"]["low"] * (1 - 1e-6) <= found["student"]["p"] <= row["p"]["high"] * (1 + 1e-6)


def test_t_and_p_are_those_of_scipy_at_many_positions(page: Page) -> None:
    drawn = random.Random(3)
    for i, row in enumerate(data_of(page)["rows"]):
        choose(page, i)
        for _ in range(12):
            place(page, [drawn.randint(-100, 100) for _ in range(4)])
            found = now(page)
            for value, number in zip(found["inputs"], row["numbers"], strict=True):
                assert number["low"] <= value <= number["high"]
            held_against_scipy(row, found)


def test_the_buttons_reach_the_ends_of_what_is_allowed(page: Page) -> None:
    for i, row in enumerate(data_of(page)["rows"]):
        choose(page, i)
        assert now(page)["inputs"] == [n["value"] for n in row["numbers"]]
        for name, end, corner in (
            ("Smallest t", "low", "smallest"),
            ("Largest t", "high", "largest"),
        ):
            page.get_by_role("button", name=name).click()
            assert now(page)["inputs"] == pytest.approx(row[corner], abs=1e-12)
            for kind in ("student", "welch"):
                assert now(page)[kind]["t"] == pytest.approx(row[kind][end], abs=2e-6)
        for name, end in (("All low", "low"), ("All high", "high"), ("As printed", "value")):
            page.get_by_role("button", name=name).click()
            assert now(page)["inputs"] == [n[end] for n in row["numbers"]]
            held_against_scipy(row, now(page))


def test_the_keyboard_moves_a_number_and_hears_it(page: Page) -> None:
    row = data_of(page)["rows"][0]
    choose(page, 0)
    sliders = page.locator(f"{ROOT} input[type=range]")
    sliders.first.focus()
    page.keyboard.press("End")
    assert now(page)["inputs"][0] == row["numbers"][0]["high"]
    page.keyboard.press("Home")
    assert now(page)["inputs"][0] == row["numbers"][0]["low"]
    page.keyboard.press("ArrowRight")
    step = (row["numbers"][0]["value"] - row["numbers"][0]["low"]) / 100
    assert now(page)["inputs"][0] == pytest.approx(row["numbers"][0]["low"] + step)
    text = sliders.first.get_attribute("aria-valuetext")
    assert float(text or "") == pytest.approx(now(page)["inputs"][0], abs=1e-4)
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    assert now(page)["inputs"][1] == row["numbers"][1]["high"]
    assert f"Student’s t is {now(page)['student']['t']:.3f}" in says(page)
    labels = [page.get_by_label(n["label"], exact=True).count() for n in row["numbers"]]
    assert labels == [1, 1, 1, 1]


def test_the_printed_t_is_recognised(page: Page) -> None:
    rows = data_of(page)["rows"]
    i = next(i for i, r in enumerate(rows) if r["id"] == "sii")
    choose(page, i)
    page.get_by_role("button", name="Largest t").click()
    assert f"{rows[i]['t']['printed']}, as printed" in says(page)
    page.get_by_role("button", name="Smallest t").click()
    assert f"not the printed {rows[i]['t']['printed']}" in says(page)


def test_nothing_moves_but_what_is_inside(page: Page) -> None:
    height = "document.querySelector('[data-explorer=\"rounding\"]').offsetHeight"
    before = page.evaluate(height)
    for name in ("Largest t", "All low", "Smallest t"):
        page.get_by_role("button", name=name).click()
        says(page)
        assert page.evaluate(height) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser: Browser, site: Path, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    faults = listen(page)
    page.goto((site / CHAPTER).as_uri())
    settle(page)
    page.get_by_role("button", name="Largest t").click()
    assert too_wide(page) == []
    for box in page.locator(f"{ROOT} :is(button, select, input)").all():
        assert (box.bounding_box() or {"height": 0})["height"] >= 24
    ink = page.locator(f"{ROOT} svg circle").first.evaluate("e => getComputedStyle(e).fill")
    dark = sum(map(int, re.findall(r"\d+", ink)[:3])) > 384
    assert dark == (scheme == "dark")
    assert faults == []
    context.close()


def test_without_scripts_the_figure_stays(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / CHAPTER).as_uri())
    stage = page.locator(f"{ROOT} .reread-explorer-stage")
    assert stage.locator("svg[role=img] desc").count() == 1
    assert page.locator(f"{ROOT} :is(button, input, select)").count() == 0
    stage.locator("summary").click()
    assert stage.locator("tbody tr:visible").count() == 9
    html = page.locator(ROOT).evaluate("e => e.outerHTML")
    assert not re.search(r"\son[a-z]+=", html)
    assert re.findall(r"<script[^>]*>", html) == ['<script type="application/json">']
    context.close()
