"""The explorer of two tables in a browser: what it says is what is stored, keyboard, no scripts."""

import json
import math
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from analysis import two_tables
from analysis.paper import load_paper
from tests.site.browsers import listen, settle
from tests.site.test_browser import too_wide
from workshop.places import ROOT as HOME

CHAPTER = "book/coherence.html"
ROOT = '[data-explorer="two_tables"]'
CURVES = two_tables.load(load_paper(HOME / "data" / "yu2023" / "paper.yaml"), "table4")


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


def now(page: Page) -> dict:
    return json.loads(page.locator(ROOT).get_attribute("data-now") or "")


def says(page: Page) -> str:
    page.wait_for_timeout(350)
    return page.locator(f"{ROOT} .reread-explorer-says").inner_text()


def place(page: Page, at: int) -> None:
    page.locator(f"{ROOT} input[type=range]").evaluate(
        """(input, at) => {
          input.value = at;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        at,
    )


def marks(page: Page) -> tuple[int, int]:
    return page.locator(f"{ROOT} .reread-out").count(), page.locator(f"{ROOT} .reread-in").count()


def test_every_curve_says_what_is_stored(page: Page) -> None:
    rows = page.get_by_label("Coefficient that moves")
    readings = page.get_by_label("Reading of the table")
    left = list(CURVES)
    for i in range(rows.locator("option").count()):
        for k in range(readings.locator("option").count()):
            rows.select_option(str(i))
            readings.select_option(str(k))
            found = []
            for at in (0, 11, 30, 37, 60):
                place(page, at)
                one = now(page)
                found.append((one["b"], one["proved"], bool(one["fits"])))
                assert one["out"] == math.ceil(one["proved"])
                assert marks(page) == (one["out"], 272 - one["out"])
            own = next(
                c
                for c in left
                if found
                == [(v.b, v.proved, v.fits) for v in (c.values[n] for n in (0, 11, 30, 37, 60))]
            )
            left.remove(own)
    assert left == []


def test_it_begins_as_printed_and_names_what_it_rests_on(page: Page) -> None:
    text = says(page)
    out = now(page)["out"]
    assert "1.152 as printed (ratio 3.164)" in text
    assert f"at least {out} of 272 patients" in text
    for words in ("if the model was logistic", "one step apart", "any constant",
                  "only the listed features", "maximum likelihood", "rounded once"):  # fmt: skip
        assert words in text


def test_the_button_finds_the_nearest_value_that_fits(page: Page) -> None:
    page.get_by_role("button", name="Nearest B with which all fit").click()
    curve = next(c for c in CURVES if c.row == "sii")
    nearest = min((v for v in curve.values if v.fits), key=lambda v: abs(v.b - curve.printed.b))
    assert now(page)["b"] == nearest.b
    assert marks(page) == (0, 272)
    assert "fit every number" in says(page)
    assert "if need be in fractions" in says(page)
    page.get_by_role("button", name="As printed").nth(0).click()
    assert now(page)["b"] == curve.printed.b


def test_where_nothing_fits_the_button_says_so(page: Page) -> None:
    readings = page.get_by_label("Reading of the table")
    labels = readings.locator("option").all_inner_texts()
    readings.select_option(label=next(x for x in labels if "0/1, constant as printed" in x))
    page.get_by_role("button", name="Nearest B with which all fit").click()
    text = says(page)
    assert "No value on this scale lets all fit" in text
    assert "no 272 patients fit, whatever their features" in text
    assert marks(page) == (272, 0)


def test_the_keyboard_moves_the_coefficient_and_hears_it(page: Page) -> None:
    slider = page.locator(f"{ROOT} input[type=range]")
    page.get_by_label("Reading of the table").focus()
    page.keyboard.press("Tab")
    assert slider.evaluate("e => e === document.activeElement")
    before = now(page)["b"]
    page.keyboard.press("ArrowRight")
    assert now(page)["b"] == pytest.approx(before + 0.05)
    text = slider.get_attribute("aria-valuetext") or ""
    assert text == f"{before + 0.05:.3f} (ratio {math.exp(before + 0.05):.2f})"
    page.keyboard.press("Home")
    curve = next(c for c in CURVES if c.row == "sii")
    assert now(page)["b"] == curve.values[0].b
    page.keyboard.press("End")
    assert now(page)["b"] == curve.values[-1].b


def test_nothing_moves_but_what_is_inside(page: Page) -> None:
    height = "document.querySelector('[data-explorer=\"two_tables\"]').offsetHeight"
    says(page)
    before = page.evaluate(height)
    for at in (0, 20, 40, 60):
        place(page, at)
        says(page)
        assert page.evaluate(height) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_telephone(browser: Browser, site: Path, scheme: str) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    page = context.new_page()
    faults = listen(page)
    page.goto((site / CHAPTER).as_uri())
    settle(page)
    page.get_by_role("button", name="Nearest B with which all fit").click()
    assert too_wide(page) == []
    for box in page.locator(f"{ROOT} :is(button, select, input)").all():
        assert (box.bounding_box() or {"height": 0})["height"] >= 24
    ink = page.locator(f"{ROOT} svg circle").first.evaluate("e => getComputedStyle(e).fill")
    assert (sum(map(int, re.findall(r"\d+", ink)[:3])) > 384) == (scheme == "dark")
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
    assert stage.locator("tbody tr:visible").count() > 25
    html = page.locator(ROOT).evaluate("e => e.outerHTML")
    assert not re.search(r"\son[a-z]+=", html)
    assert re.findall(r"<script[^>]*>", html) == ['<script type="application/json">']
    context.close()
