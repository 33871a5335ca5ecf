"""The ledger as a tool: filters, order, links to findings, copies, downloads."""

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from analysis.audit import audit
from analysis.findings import Verdict
from analysis.paper import load_paper
from tests.site.browsers import listen
from workshop.places import ROOT

LEDGER = audit(load_paper(ROOT / "data" / "yu2023" / "paper.yaml"))


@pytest.fixture
def page(browser: Browser, site: Path) -> Iterator[Page]:
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    faults = listen(page)
    page.goto((site / "book" / "verdicts.html").as_uri())
    yield page
    assert faults == []
    context.close()


def shown(page: Page) -> list[str]:
    ids = page.locator('tr[id^="finding-"]:visible').evaluate_all("rows => rows.map(r => r.id)")
    return [i.removeprefix("finding-") for i in ids]


def test_all_findings_are_there_and_counted(page: Page) -> None:
    assert sorted(shown(page)) == sorted(f.id for f in LEDGER)
    assert page.locator(".reread-shown").inner_text() == f"All {len(LEDGER)} findings"


@pytest.mark.parametrize("verdict", [v for v, n in LEDGER.counts().items() if n])
def test_a_verdict_is_picked_with_the_keyboard(page: Page, verdict: Verdict) -> None:
    page.locator(f'.reread-choice input[value="{verdict}"]').focus()
    page.keyboard.press("Space")
    assert sorted(shown(page)) == sorted(f.id for f in LEDGER if f.verdict == verdict)
    assert parse_qs(urlsplit(page.url).query) == {"verdict": [str(verdict)]}


def test_part_check_and_words_together(page: Page) -> None:
    check = next(f.check for f in LEDGER if f.table == "table1")
    page.get_by_label("Part of the paper").select_option("table1")
    page.locator("label").filter(has_text=re.compile("^Check")).locator("select").select_option(
        check
    )
    wanted = sorted(f.id for f in LEDGER if f.table == "table1" and f.check == check)
    assert sorted(shown(page)) == wanted
    page.get_by_label("Words or numbers").fill("no such words anywhere")
    assert shown(page) == []
    page.get_by_role("button", name="Show all").click()
    assert len(shown(page)) == len(LEDGER)


def test_the_address_keeps_the_choice(page: Page, site: Path) -> None:
    check = next(iter(LEDGER)).check
    page.goto((site / "book" / "verdicts.html").as_uri() + f"?check={check}&sort=-verdict")
    assert sorted(shown(page)) == sorted(f.id for f in LEDGER if f.check == check)


def test_order_by_verdict_puts_the_gravest_last(page: Page) -> None:
    page.get_by_label("Order").select_option("verdict")
    first = next(iter(LEDGER)).table
    verdicts = page.locator(f'tr[data-table="{first}"]:visible').evaluate_all(
        "rows => rows.map(r => r.dataset.verdict)"
    )
    order = ["not checkable", "reproduced", "consistent", "depends", "impossible"]
    assert verdicts == sorted(verdicts, key=order.index)


def test_a_link_leads_to_its_finding(page: Page, site: Path) -> None:
    finding = list(LEDGER)[-1]
    page.goto((site / "book" / "verdicts.html").as_uri() + f"?q=nothing#finding-{finding.id}")
    row = page.locator(f'[id="finding-{finding.id}"]')
    assert row.is_visible()
    assert row.locator("details").evaluate("d => d.open")
    assert row.evaluate("r => Math.abs(r.getBoundingClientRect().top) < innerHeight")


def test_link_and_citation_are_copied(browser: Browser, site: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(
        "navigator.clipboard.writeText = text => { window.copied = text; return Promise.resolve(); }"
    )
    page.goto((site / "book" / "verdicts.html").as_uri())
    finding = next(f for f in LEDGER if f.verdict == Verdict.DEPENDS)
    row = page.locator(f'[id="finding-{finding.id}"]')
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    row.get_by_role("button", name="Copy link").click()
    address = page.evaluate("window.copied")
    assert address.endswith(f"verdicts.html#finding-{finding.id}")
    row.get_by_role("button", name="Copy as citation").click()
    citation = page.evaluate("window.copied")
    assert all(part in citation for part in (finding.id, str(finding.verdict), address))
    context.close()


def test_what_is_shown_is_saved(page: Page) -> None:
    page.locator('.reread-choice input[value="depends"]').check()
    wanted = [f.id for f in LEDGER if f.verdict == Verdict.DEPENDS]
    assert wanted
    with page.expect_download() as found:
        page.get_by_role("button", name="Save these as CSV").click()
    text = Path(found.value.path()).read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == wanted
    assert {row["verdict"] for row in rows} == {"depends"}
    assert not any(value.startswith(("=", "+", "@")) for row in rows for value in row.values())
    with page.expect_download() as found:
        page.get_by_role("button", name="as JSON").click()
    assert [f["id"] for f in json.loads(Path(found.value.path()).read_text("utf-8"))] == wanted


def test_without_scripts_the_whole_ledger_stands_there(browser: Browser, site: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "book" / "verdicts.html").as_uri())
    assert page.locator('tr[id^="finding-"]:visible').count() == len(LEDGER)
    context.close()
