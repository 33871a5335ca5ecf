"""The studies that a reader draws: the same as the library's, quickly, by keyboard, at any width."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator
from scipy import stats

from analysis.estimate.accuracy import share
from analysis.show.explore_searched import BELOW, SEED, draw, edges
from tests.site.browsers import until
from tests.site.explorers import NARROW, WIDE, inline_code, missing_parts, opened

CHAPTER, NAME = "book/cutoff", "searched"
N1, N0 = 112, 160


@pytest.fixture(scope="module")
def drawn():
    return draw(SEED, 2101, N1, N0)


def press(root: Locator, name: str) -> None:
    root.get_by_role("button", name=name, exact=True).click()


def wait_for(root: Locator, studies: int) -> None:
    until(
        root.page,
        f"""document.querySelector('[data-explorer="{NAME}"]').dataset.studies === "{studies}" """,
    )


def bars(root: Locator) -> list[int]:
    return [int(e.get_attribute("data-studies")) for e in root.locator(".reread-live rect").all()]


def counts(p: np.ndarray) -> list[int]:
    ends = np.array(edges(0.05))
    return np.bincount((p[:, None] < ends[1:]).sum(axis=1), minlength=ends.size).tolist()


def test_each_study_is_that_of_the_library_and_its_p_that_of_scipy(
    browser: Browser, site: Path, drawn
) -> None:
    with opened(browser, site, CHAPTER, NAME, viewport=WIDE) as (_, root, faults):
        found = root.evaluate(
            """(root, presses) => {
              const one = root.querySelector("button");
              const found = [];
              for (let i = 0; i < presses; i += 1) {
                one.click();
                found.push(root.dataset.last.split(" ").map(Number));
              }
              return found;
            }""",
            400,
        )
        assert faults == []
    assert len(found) == 400
    for i, (tp, fp, p, p_half) in enumerate(found):
        assert (tp, fp) == (drawn.true_positive[i], drawn.false_positive[i])
        table = [[tp, fp], [N1 - tp, N0 - fp]]
        assert p == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue, rel=1e-11)
        assert p_half == pytest.approx(drawn.p_half[i], rel=1e-11)
    assert min(p for _, _, p, _ in found) < 1e-3


def test_one_hundred_and_a_thousand_add_up(browser: Browser, site: Path, drawn) -> None:
    with opened(browser, site, CHAPTER, NAME, viewport=WIDE) as (page, root, faults):
        press(root, "Draw one study")
        press(root, "Draw 100")
        press(root, "Draw 1\u202f000")  # while the hundred are being drawn
        press(root, "Draw 1\u202f000")
        wait_for(root, 2101)
        assert bars(root) == counts(drawn.p[:2101])
        for below in BELOW:
            for part, p in (("p", drawn.p), ("p_half", drawn.p_half)):
                count = int((p[:2101] < below).sum())
                cell = root.locator(f'[data-count="{part} {below:g}"]')
                assert (
                    cell.text_content()
                    == f"{count} of 2\u202f101 ({100 * count / 2101:.1f}%)".replace(
                        f"{count} of", f"{count:,} of".replace(",", "\u202f")
                    )
                )
        page.wait_for_timeout(400)
        found = share(int((drawn.p[:2101] < 0.05).sum()), 2101)
        words = root.locator("[role=status]").text_content()
        for value in (found.value, found.low, found.high):
            assert f"{100 * value:.1f}%" in words
        assert words in root.locator("svg > desc").text_content()
        assert faults == []


def test_the_first_thousand_are_those_of_the_still_figure(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME) as (_, root, _faults):
        still = root.locator("details tbody").text_content()
        press(root, "Draw 1\u202f000")
        wait_for(root, 1000)
        assert root.locator("details tbody").text_content() == still


def test_a_thousand_studies_take_well_under_two_seconds(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME, reduced_motion="reduce") as (_, root, _faults):
        begin = time.perf_counter()
        press(root, "Draw 1\u202f000")
        wait_for(root, 1000)
        assert time.perf_counter() - begin < 2


def test_the_page_stays_alive_and_can_begin_again(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME) as (page, root, faults):
        seen = root.evaluate(
            """root => new Promise(done => {
              const seen = new Set();
              const look = () => {
                seen.add(root.dataset.studies);
                if (root.dataset.studies === "1000") done(seen.size);
                else requestAnimationFrame(look);
              };
              root.querySelectorAll("button")[2].click();
              look();
            })"""
        )
        assert seen > 5
        press(root, "Draw 1\u202f000")
        press(root, "Start again")
        page.wait_for_timeout(400)
        assert root.get_attribute("data-studies") == "0"
        assert root.locator("[role=status]").text_content() == "No study has been drawn."
        assert set(bars(root)) == {0}
        press(root, "Draw one study")
        wait_for(root, 1)
        assert faults == []


def test_it_is_used_by_the_keyboard(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME) as (page, root, faults):
        names = []
        root.get_by_role("button").first.focus()
        for key in ("Enter", "Space", "Enter"):
            names.append(page.evaluate("document.activeElement.textContent"))
            page.keyboard.press(key)
            page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent"))
        assert names == ["Draw one study", "Draw 100", "Draw 1\u202f000", "Start again"]
        wait_for(root, 1101)
        page.keyboard.press("Enter")
        wait_for(root, 0)
        # what was pressed keeps the focus
        assert page.evaluate("document.activeElement.textContent") == "Start again"
        assert faults == []


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_nothing_moves_but_what_is_meant_to(browser: Browser, site: Path, size: dict) -> None:
    with opened(browser, site, CHAPTER, NAME, viewport=size) as (page, root, faults):
        places = """root => ["svg", "details", ".reread-explorer-says"].map(css => {
          const box = root.querySelector(css).getBoundingClientRect();
          return [box.left, box.top - root.getBoundingClientRect().top, box.width, box.height];
        })"""
        before = root.evaluate(places)
        for name, studies in (("Draw one study", 1), ("Draw 100", 101), ("Draw 1\u202f000", 1101)):
            press(root, name)
            wait_for(root, studies)
            page.wait_for_timeout(350)
            assert root.evaluate(places) == before
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        assert faults == []


def test_the_drawing_follows_light_and_dark(browser: Browser, site: Path) -> None:
    colours = set()
    for scheme in ("light", "dark"):
        with opened(browser, site, CHAPTER, NAME, color_scheme=scheme) as (_, root, _faults):
            press(root, "Draw one study")
            curve = root.locator(".reread-live-curve")
            colours.add(curve.evaluate("e => getComputedStyle(e).stroke"))
    assert len(colours) == 2


def test_without_scripts_the_figure_stands_there(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME, java_script_enabled=False) as (_, root, _faults):
        assert missing_parts(root) == []
        assert root.locator("svg").is_visible()
        assert root.locator(".reread-controls").count() == 0
        root.locator("details summary").click()
        assert root.locator("details table").is_visible()


def test_no_inline_code(browser: Browser, site: Path) -> None:
    with opened(browser, site, CHAPTER, NAME) as (_, root, _faults):
        press(root, "Draw one study")
        assert inline_code(root) == []
