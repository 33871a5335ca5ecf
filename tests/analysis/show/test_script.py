"""The ledger as a tool, in a browser, on a page opened from a folder."""

import json
import shutil
from pathlib import Path

import pytest

from analysis.findings import Verdict
from analysis.show import tables
from tests.analysis.ledgers import ROOT, findings, ledger
from workshop.browser import find, started

pytest.importorskip("playwright.sync_api")
CHROMIUM = find()
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")

STATIC = ROOT / "book" / "_static"
PAGE = """<!doctype html>
<html lang="en" data-theme="light"><head><meta charset="utf-8"><title>Ledger</title>
<meta http-equiv="Content-Security-Policy"
 content="default-src 'self' file:; style-src 'self' file: 'unsafe-inline'">
<link rel="stylesheet" href="reread.css"><script src="reread.js" defer></script></head>
<body><article class="bd-article">{ledger}{rows}</article></body></html>"""


@pytest.fixture(scope="module")
def browser():
    with started(CHROMIUM) as browser:
        yield browser


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    for name in ("reread.css", "reread.js"):
        shutil.copy(STATIC / name, folder)
    wide = tables.paper_rows([{f"Column {i}": "x" * 30 for i in range(9)}], label="A wide table")
    narrow = tables.paper_rows([{"Column": "x"}], label="A narrow table")
    html = PAGE.format(ledger=tables.ledger_table(ledger()).html, rows=wide.html + narrow.html)
    (folder / "verdicts.html").write_text(html, "utf-8")
    return folder


@pytest.fixture
def visit(browser, folder):
    contexts = []

    def visit(address: str = "", **settings):
        context = browser.new_context(**{"viewport": {"width": 1000, "height": 800}, **settings})
        contexts.append(context)
        page = context.new_page()
        page.errors = []
        page.on("pageerror", lambda error: page.errors.append(str(error)))
        page.on("console", lambda m: page.errors.append(m.text) if m.type == "error" else None)
        page.goto(Path(folder / "verdicts.html").as_uri() + address)
        return page

    yield visit
    for context in contexts:
        for page in context.pages:
            assert page.errors == []
        context.close()


def shown(page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('tbody tr[data-verdict]')]"
        ".filter(r => r.offsetParent).map(r => r.id.slice(8))"
    )


def of(*verdicts: Verdict) -> list[str]:
    return [f.id for f in findings() if f.verdict in verdicts]


def choose(page, verdict: Verdict) -> None:
    page.locator(f'.reread-tool input[value="{verdict}"]').press("Space")


def test_without_a_script_the_whole_table_stands_there(visit):
    page = visit(java_script_enabled=False)
    assert page.locator(".reread-tool").count() == 0
    assert page.locator("tbody tr[data-verdict]").count() == len(findings())


def test_verdicts_can_be_chosen_with_the_keyboard(visit):
    page = visit()
    assert page.locator(".reread-shown").inner_text() == f"All {len(findings())} findings"
    choose(page, Verdict.IMPOSSIBLE)
    assert shown(page) == of(Verdict.IMPOSSIBLE)
    choose(page, Verdict.DEPENDS)
    both = of(Verdict.IMPOSSIBLE, Verdict.DEPENDS)
    assert shown(page) == both
    assert (
        page.locator(".reread-shown").inner_text() == f"{len(both)} of {len(findings())} findings"
    )
    assert page.locator(".reread-shown").get_attribute("aria-live") == "polite"


def test_part_words_and_verdict_hold_together(visit):
    page = visit()
    page.get_by_label("Part of the paper").select_option("table1")
    assert shown(page) == [f.id for f in findings() if f.table == "table1"]
    page.get_by_label("Words or numbers").fill("9.945  INDEX")
    assert shown(page) == ["table1.sii.t"]
    choose(page, Verdict.DEPENDS)
    assert shown(page) == []
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == len(findings())


def test_the_address_keeps_the_state(visit):
    page = visit()
    choose(page, Verdict.NOT_CHECKABLE)
    page.get_by_label("Order").select_option("-claim")
    page.reload()
    assert shown(page) == of(Verdict.NOT_CHECKABLE)
    assert page.get_by_label("Order").input_value() == "-claim"
    assert "verdict=not+checkable" in page.url


def test_unknown_words_in_the_address_do_no_harm(visit):
    page = visit("?verdict=strange&part=table9&sort=__proto__#%E0%A4%A")
    assert len(shown(page)) == len(findings())


def test_columns_sort_up_down_and_back(visit):
    page = visit()
    head = page.get_by_role("button", name="Verdict")
    head.press("Enter")
    order = ["not checkable", "reproduced", "consistent", "depends", "impossible"]
    ranks = [order.index(ledger()[id].verdict) for id in shown(page)]
    assert ranks == sorted(ranks)
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    head.press("Enter")
    assert shown(page)[0] in of(Verdict.IMPOSSIBLE)
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    head.press("Enter")
    assert shown(page) == [f.id for f in findings()]
    assert page.locator("th[aria-sort]").count() == 0


def test_a_link_to_a_finding_shows_it_although_it_is_filtered_out(visit):
    page = visit("?verdict=impossible#finding-table1.age.t")
    assert "table1.age.t" in shown(page)
    row = page.locator("[id='finding-table1.age.t']")
    assert row.locator("details").get_attribute("open") is not None
    page.evaluate("location.hash = '#finding-table3.albumin.p'")
    page.wait_for_function(
        "document.getElementById('finding-table3.albumin.p').querySelector('details').open"
    )


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_the_page_itself_never_scrolls_sideways(visit, width):
    page = visit(viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_only_a_box_that_scrolls_is_a_stop_for_the_keyboard(visit):
    page = visit(viewport={"width": 600, "height": 800})
    boxes = page.evaluate(
        "[...document.querySelectorAll('.reread-scroll')].map(b => "
        "[b.getAttribute('tabindex'), b.getAttribute('role'), b.getAttribute('aria-label')])"
    )
    assert boxes == [["0", "region", "A wide table"], [None, None, None]], json.dumps(boxes)


def test_a_narrow_screen_still_has_a_table_for_those_who_listen(visit):
    page = visit(viewport={"width": 390, "height": 800})
    table = page.get_by_role("table", name="Every printed number and its verdict")
    assert table.get_by_role("row").count() == 1 + len(findings())
    assert table.get_by_role("columnheader").count() == 5
    assert table.get_by_role("rowheader").count() == len(findings())
