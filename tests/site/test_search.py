"""The search works from a folder as from a server: hits, and an excerpt beside each."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.site.browsers import listen
from tests.site.test_links import parsed
from workshop import chapters
from workshop.extension.search import TEXTS, texts_of
from workshop.serve import served


@pytest.fixture(params=["folder", "server"])
def root(request: pytest.FixtureRequest, site: Path) -> Iterator[str]:
    if request.param == "folder":
        yield f"{site.as_uri()}/"
    else:
        with served(site, "/book/") as address:  # as a chapter's folder is called
            yield address


def found(page: Page) -> list[tuple[str, str]]:
    """Hits with their excerpts, when the search is done."""
    page.locator(".search-summary", has_text="finished").wait_for()
    return [
        (hit.locator("a").first.inner_text(), " ".join(hit.locator("p.context").all_inner_texts()))
        for hit in page.locator("ul.search > li").all()
    ]


def test_hits_with_excerpts(browser: Browser, root: str) -> None:
    page = browser.new_context(offline=root.startswith("file:")).new_page()
    faults = listen(page)
    page.goto(f"{root}search.html?q=recurrence")
    hits = found(page)
    assert len(hits) > 5
    without = [title for title, excerpt in hits if not excerpt]
    assert without == []
    words = page.locator("ul.search mark").all_inner_texts()
    assert len(words) >= len(hits) / 2
    assert all(word.lower().startswith("recurr") for word in words)
    assert faults == []
    page.context.close()


def test_the_search_dialog_leads_to_hits_and_they_to_the_page(browser: Browser, root: str) -> None:
    page = browser.new_page()
    faults = listen(page)
    page.goto(f"{root}book/table1.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("pooled variance")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=pooled*")
    hits = found(page)
    assert any("pooled" in excerpt.lower() for _, excerpt in hits)
    page.locator("ul.search > li > a").first.click()
    page.wait_for_url("**/book/**.html*")
    assert page.locator("article h1").count() == 1
    assert faults == []
    page.close()


def test_a_hit_in_a_section_is_explained_by_it(browser: Browser, root: str) -> None:
    page = browser.new_page()
    page.goto(f"{root}search.html?q=What%20these%20data%20cannot%20say")
    assert found(page)
    link = page.locator('ul.search > li > a[href*="#what-these-data-cannot-say"]').first
    excerpt = link.locator("xpath=..").locator("p.context").inner_text()
    assert excerpt.startswith("What these data cannot say")
    page.close()


def test_nothing_is_found_in_words(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto(f"{site.as_uri()}/search.html?q=xyzzyplugh")
    page.get_by_text("did not match any documents").wait_for()
    page.close()


def test_the_field_has_the_focus(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto(f"{site.as_uri()}/search.html?q=albumin")
    assert page.evaluate("document.activeElement.value") == "albumin"
    page.close()


def texts(site: Path) -> dict[str, list[list[str]]]:
    script = (site / "_static" / TEXTS).read_text("utf-8")
    return json.loads(script.removeprefix("const SEARCH_TEXTS = ").rstrip().removesuffix(";"))


def test_every_page_is_in_the_texts(site: Path) -> None:
    assert set(texts(site)) == {chapters.name_of(page) for page in chapters.pages()}


@pytest.mark.parametrize("name", ["book/table1", "book/verdicts", "book/glossary"])
def test_the_texts_are_those_of_the_page(site: Path, name: str) -> None:
    """The words in the order of the page, without code and marks of headings."""
    # a copy: the parsed page is shared, and parts are taken out here
    article = copy.copy(parsed(site / f"{name}.html").select_one("article"))
    for tag in article.select("script, style, svg, button, .headerlink, .above-input"):
        tag.extract()
    wanted = "".join(article.get_text().split())
    assert "".join("".join(text.split()) for _, text in texts(site)[name]) == wanted


def test_only_the_search_page_loads_them(site: Path) -> None:
    for page in site.rglob("*.html"):
        names = page.read_text("utf-8")
        assert (TEXTS in names) == (page.name == "search.html"), page


def test_sections_keep_their_own_text() -> None:
    body = (
        '<section id="a"><h1>One<a class="headerlink" href="#a">#</a></h1><p>first<br>line</p>'
        '<section id="b"><h2>Two</h2><p>H<sub>2</sub>O</p><svg><text>no</text></svg></section>'
        "<p>last</p></section>"
    )
    assert texts_of(body) == [("a", "One first line"), ("b", "Two H2O"), ("a", "last")]
