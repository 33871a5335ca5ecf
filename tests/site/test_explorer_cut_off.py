"""The cut-off that a reader moves: the same numbers as the library's, by keyboard, at any width."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator

from analysis.estimate import usefulness
from analysis.paper import load_paper
from analysis.show.book import paper_file
from analysis.show.explore_cut_off import View
from tests.site.explorers import (
    NARROW,
    WIDE,
    inline_code,
    missing_parts,
    opened,
    set_slider,
)

CHAPTER, NAME, ROW = "book/usefulness", "cut_off", "table2.sii"
PREVALENCES = (0, 9, 24, 70, 98)

# every cut at some prevalences, read as they stand on the page
ALL = """(root, prevalences) => {
  const [cut, prevalence] = root.querySelectorAll("input[type=range]");
  const move = (input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const found = [];
  for (const p of prevalences) {
    move(prevalence, p);
    for (let i = 0; i <= Number(cut.max); i += 1) {
      move(cut, i);
      const row = { i, p, height: root.getBoundingClientRect().height };
      for (const cell of root.querySelectorAll("[data-value]")) row[cell.dataset.value] = cell.textContent;
      const ring = root.querySelector(".reread-live-ring");
      row.x = Number(ring.getAttribute("cx"));
      row.y = Number(ring.getAttribute("cy"));
      found.push(row);
    }
  }
  return found;
}"""


@pytest.fixture(scope="module")
def view() -> View:
    return View(load_paper(paper_file()), ROW, "any")


def numbers(text: str) -> list[float]:
    return [float(n) for n in re.findall(r"\d+\.\d+|\d+", text)]


def sliders(root: Locator) -> tuple[Locator, Locator]:
    return root.get_by_role("slider", name="Cut-off"), root.get_by_role("slider", name="Prevalence")


def test_every_cut_shows_the_numbers_of_the_library(
    browser: Browser, site: Path, view: View
) -> None:
    offered = view.data()["prevalences"]
    own = offered.index(round(112 / 272, 9))
    with opened(browser, site, CHAPTER, NAME, viewport=WIDE) as (_, root, faults):
        rows = root.evaluate(ALL, [*PREVALENCES, own])
        assert faults == []
    assert len(rows) == 6 * len(view.curve.thresholds)
    for row in rows:
        t = view.counts(row["i"])
        counted = (t.true_positive, t.false_negative, t.false_positive, t.true_negative)
        assert tuple(int(row[k]) for k in ("tp", "fn", "fp", "tn")) == counted
        assert int(row["called"]) == t.true_positive + t.false_positive
        assert int(row["cleared"]) == t.false_negative + t.true_negative
        told = view.measures(row["i"], offered[row["p"]])
        ppv, npv = usefulness.predictive_values(t.sensitivity, t.specificity, offered[row["p"]])
        for key, (_, text) in told.items():
            if "nobody" in text or "∞" in text:
                assert row[key] == text
                continue
            # a last digit may differ where the value lies on the edge of its rounding
            edge = {"se": 1e-3, "sp": 1e-3, "plus": 1e-2, "minus": 1e-2}.get(key, 0.1)
            assert numbers(row[key]) == pytest.approx(numbers(text), abs=edge + 1e-9)
        for key, value in (("ppv", float(ppv)), ("npv", float(npv))):
            if value == value:
                assert numbers(row[key])[0] == pytest.approx(100 * value, abs=0.05 + 1e-6)
        assert numbers(row["se"])[0] == pytest.approx(t.sensitivity, abs=0.0005 + 1e-9)
    at = [row for row in rows if row["p"] == own]
    assert all(a["x"] >= b["x"] and a["y"] <= b["y"] for a, b in pairwise(at))


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_moves_but_what_is_meant_to(browser: Browser, site: Path, size: dict) -> None:
    with opened(browser, site, CHAPTER, NAME, viewport=size) as (page, root, faults):
        places = """root => ["svg", ".reread-explore-tables", "details", "tr:last-child"].map(css => {
          const box = root.querySelector(css).getBoundingClientRect();
          return [box.left, box.top - root.getBoundingClientRect().top, box.width, box.height];
        })"""
        before = root.evaluate(places)
        heights = {row["height"] for row in root.evaluate(ALL, [41])}
        assert len(heights) == 1
        says = root.locator(".reread-explorer-says")
        tall = set()
        for i in (0, 1, 60, 140, 200, 272, 273):
            set_slider(page, sliders(root)[0], min(i, 272))
            page.wait_for_timeout(300)
            tall.add(says.bounding_box()["height"])
        assert len(tall) == 1
        assert root.evaluate(places) == before
        assert faults == []


def test_arrows_home_and_end_move_the_cut(browser: Browser, site: Path, view: View) -> None:
    with opened(browser, site, CHAPTER, NAME, viewport=WIDE) as (page, root, faults):
        cut, prevalence = sliders(root)
        cut.focus()
        assert cut.get_attribute("aria-valuetext") == "405.08, as printed"
        page.keyboard.press("ArrowRight")
        assert cut.get_attribute("aria-valuetext") == view.cut_words(view.printed + 1)
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("ArrowLeft")
        assert cut.get_attribute("aria-valuetext") == view.cut_words(view.printed - 1)
        page.keyboard.press("Home")
        assert cut.get_attribute("aria-valuetext") == "calls everybody"
        page.keyboard.press("End")
        assert cut.get_attribute("aria-valuetext") == "calls nobody"
        assert root.locator('[data-value="ppv"]').text_content() == "nobody has it"
        page.keyboard.press("Tab")
        assert prevalence.evaluate("input => input === document.activeElement")
        page.keyboard.press("Home")
        assert prevalence.get_attribute("aria-valuetext") == "1%"
        page.keyboard.press("ArrowRight")
        assert prevalence.get_attribute("aria-valuetext") == "2%"
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert cut.get_attribute("aria-valuetext") == "405.08, as printed"
        assert root.locator('[data-value="tp"]').text_content() == "86"
        page.keyboard.press("Tab")
        page.keyboard.press("Space")
        assert prevalence.get_attribute("aria-valuetext") == "41.2%, as in the study"
        assert root.locator('[data-value="ppv"]').text_content() == "62.3%"
        assert faults == []


def test_what_changes_is_spoken(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME, viewport=WIDE) as (page, root, _):
        says = root.locator("[role=status]")
        assert "86 of 112 with recurrence or metastasis, 52 of 160 without" in says.text_content()
        set_slider(page, sliders(root)[1], 9)
        page.wait_for_timeout(400)
        assert "Where 10% have it, so do 21 of 100" in says.text_content()
        assert says.text_content() in root.locator("svg > desc").text_content()


def test_the_drawing_follows_light_and_dark(browser: Browser, site: Path) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        with opened(browser, site, CHAPTER, NAME, color_scheme=scheme) as (_, root, _faults):
            colours.add(
                root.locator(".reread-live-ring").evaluate("e => getComputedStyle(e).stroke")
            )
    assert len(colours) == 2


def test_it_works_on_a_narrow_screen(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME, viewport=NARROW) as (page, root, faults):
        set_slider(page, sliders(root)[0], 30)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0
        tables = root.locator(".reread-explore-tables [role=region]")
        assert tables.evaluate_all("all => all.every(e => e.scrollWidth <= e.clientWidth)")
        assert faults == []


def test_without_scripts_the_figure_stands_there(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME, java_script_enabled=False) as (_, root, _faults):
        assert missing_parts(root) == []
        assert root.locator("svg").is_visible()
        assert root.locator(".reread-explore-tables").is_visible()
        assert root.locator(".reread-controls").count() == 0
        root.locator("details summary").click()
        assert root.locator("details table").is_visible()


def test_no_inline_code(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME) as (_, root, _faults):
        assert inline_code(root) == []
