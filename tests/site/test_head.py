"""What each page says about itself; addresses only where the book has one."""

import re
import struct
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from bs4 import BeautifulSoup
from docutils import nodes
from playwright.sync_api import Browser

from tests.book.conftest import Project, copy_project
from tests.site.test_links import PAGES, parsed
from workshop import chapters
from workshop.extension import cards, head, launch
from workshop.facts import release
from workshop.places import ROOT
from workshop.serve import served

CHAPTERS = [f"{chapters.name_of(page)}.html" for page in chapters.pages()]
CITATION = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))


def content(soup: BeautifulSoup, name: str) -> str | None:
    found = soup.find_all("meta", attrs={"name": name}) + soup.find_all(
        "meta", attrs={"property": name}
    )
    assert len(found) <= 1, name
    return found[0]["content"] if found else None


@pytest.mark.parametrize("name", [*PAGES, "404.html"])
def test_language_title_and_letters(site: Path, name: str) -> None:
    text = (site / name).read_text("utf-8")
    assert text.lstrip().startswith("<!DOCTYPE html>")
    soup = parsed(site / name)
    assert soup.html["lang"] == "en"
    assert soup.title.get_text().strip()
    assert len(soup.find_all("meta", attrs={"name": "viewport"})) <= 1
    assert soup.find("meta", charset="utf-8")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_describes_itself(site: Path, name: str) -> None:
    soup = parsed(site / name)
    about = content(soup, "description")
    assert 30 < len(about) <= head.LONGEST + 2
    assert about == content(soup, "og:description")
    # the words of the page, not of its code
    article = " ".join(soup.select_one("article").get_text().split())
    assert "".join(about.split())[:25] in "".join(article.split())
    assert not re.search(r"\bhere\.\w|import ", about)
    assert content(soup, "og:title") == soup.select_one("article h1").get_text().rstrip("#")
    assert content(soup, "version") == CITATION["version"]


def test_descriptions_differ(site: Path) -> None:
    all_ = [content(parsed(site / name), "description") for name in CHAPTERS]
    assert len(set(all_)) == len(all_)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_a_card(site: Path, name: str) -> None:
    soup = parsed(site / name)
    card = (site / name).parent / content(soup, "og:image")
    start = card.read_bytes()[:24]
    assert start.startswith(b"\x89PNG")
    assert struct.unpack(">II", start[16:]) == (cards.WIDTH, cards.HEIGHT)
    assert card.stat().st_size < 100_000
    assert content(soup, "og:image:alt")


def test_a_card_is_the_same_each_time(tmp_path: Path) -> None:
    long = "A title of very many words that no line of a card could ever hold, " * 4
    for title in ("Short", "$x_1$ is no formula here", long):
        made = [tmp_path / f"{n}.png" for n in "ab"]
        for path in made:
            cards.draw(path, title, "The book")
        assert made[0].read_bytes() == made[1].read_bytes()


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_footer_says_version_date_and_how_to_cite(site: Path, name: str) -> None:
    soup = parsed(site / name)
    said = soup.select_one(".bd-footer-content").get_text()
    assert f"Version {CITATION['version']} of {release().in_words}" in said
    cited = " ".join(soup.select_one(".reread-cite p").get_text().split())
    title = soup.select_one("article h1").get_text().rstrip("#")
    assert title in cited
    assert cited.count(CITATION["title"]) == 1
    assert f"version {CITATION['version']}, {CITATION['date-released'].year}." in cited


def test_the_version_is_said_once() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    assert CITATION["version"] == project["project"]["version"]
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    assert CITATION["title"] == config["title"]


@pytest.mark.parametrize("name", ["search.html", "genindex.html", "404.html", "index.html"])
def test_pages_that_are_no_chapters_are_not_listed(site: Path, name: str) -> None:
    assert content(parsed(site / name), "robots") == "noindex"


def addresses(config: dict) -> tuple[str, str]:
    return (config.get("html") or {}).get("baseurl") or "", config["repository"]["url"] or ""


def test_without_an_address_none_is_given(site: Path) -> None:
    base, repository = addresses(yaml.safe_load((ROOT / "_config.yml").read_text("utf-8")))
    if not base:
        assert not (site / "sitemap.xml").exists()
        assert "Sitemap" not in (site / "robots.txt").read_text("utf-8")
    for name in CHAPTERS:
        soup = parsed(site / name)
        assert bool(soup.select('link[rel="canonical"]')) == bool(base)
        assert bool(content(soup, "og:url")) == bool(base)
        if not repository:
            assert "mybinder" not in str(soup)
            assert "colab" not in str(soup)


def test_a_wrong_address_leads_back_at_any_depth(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    with served(site) as address:
        for wrong in ("nothing", "any/thing/deep", "book/no_such.html", "book/table1/"):
            answer = page.goto(address + wrong)
            assert answer.status == 404
            assert page.locator("h1").inner_text() == "No such page"
            page.locator("main a").first.click()
            page.wait_for_url(address + "book/index.html")
            assert page.locator("article h1").count() == 1
    page.close()


# --- with addresses ------------------------------------------------------------------------

BASE = "https://example.org/some/book/"
REPOSITORY = "https://github.com/someone/some-book"
ONE_CELL = """\
---
jupytext:
  formats: md:myst,ipynb
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

# A "front" page & more

Words enough to describe what this page of a book in a test is about.

```{code-cell} ipython3
1 + 1
```
"""


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A book of two pages with an address and a repository."""
    project = copy_project(tmp_path_factory.mktemp("published") / "project")
    config = yaml.safe_load((ROOT / "_config.yml").read_text("utf-8"))
    config["html"] = {"baseurl": BASE.rstrip("/")}
    config["repository"] = {"url": REPOSITORY}
    project.write("_config.yml", yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
    project.write(
        "_toc.yml", "format: jb-book\nroot: book/index\nchapters:\n- file: book/versions\n"
    )
    project.write("book/index.md", ONE_CELL)
    # the real page cites, and there is no page of references here
    project.write(
        "book/versions.md", "# Versions\n\nWords enough to describe a page without code.\n"
    )
    made = project.run(sys.executable, "-m", "workshop", "book")
    assert made.returncode == 0, made.stdout
    return project


def page_of(project: Project, name: str) -> BeautifulSoup:
    path = project.root / "_build" / "html" / name
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.mark.slow
def test_with_an_address_it_is_given(published: Project) -> None:
    for name in ("book/index", "book/versions"):
        soup = page_of(published, f"{name}.html")
        assert [t["href"] for t in soup.select('link[rel="canonical"]')] == [f"{BASE}{name}.html"]
        assert content(soup, "og:url") == f"{BASE}{name}.html"
        assert content(soup, "og:image") == f"{BASE}_static/cards/{name.replace('/', '-')}.png"
        assert f"{BASE}{name}.html" in soup.select_one(".reread-cite").get_text()
    html = published.root / "_build" / "html"
    assert f"Sitemap: {BASE}sitemap.xml" in (html / "robots.txt").read_text("utf-8")
    places = [
        e.text for e in ElementTree.parse(html / "sitemap.xml").iter() if e.tag.endswith("loc")
    ]
    assert places == [f"{BASE}book/index.html", f"{BASE}book/versions.html"]
    assert page_of(published, "search.html").select('link[rel="canonical"]') == []


@pytest.mark.slow
def test_titles_with_signs_are_whole(published: Project) -> None:
    soup = page_of(published, "book/index.html")
    assert content(soup, "og:title") == "A “front” page & more"
    assert content(soup, "description").startswith("Words enough")


@pytest.mark.slow
def test_with_a_repository_chapters_open_elsewhere(published: Project) -> None:
    links = [a["href"] for a in page_of(published, "book/index.html").select(".dropdown a")]
    assert (
        "https://mybinder.org/v2/gh/someone/some-book/main?urlpath=lab/tree/book/index.ipynb"
        in links
    )
    colab = "https://colab.research.google.com/github/someone/some-book/blob/main/book/index.ipynb"
    assert colab in links
    assert "mybinder" not in str(page_of(published, "book/versions.html"))
    offered = published.root / "_build" / "html" / "_sources" / "book" / "index.ipynb"
    assert offered.is_file()


@pytest.mark.slow
def test_wrong_addresses_below_a_path(browser: Browser, published: Project) -> None:
    page = browser.new_page()
    with served(published.root / "_build" / "html", "/some/book/") as address:
        assert page.goto(address + "any/thing/deep").status == 404
        page.locator("main a").first.click()
        page.wait_for_url(address + "book/index.html")
    page.close()


@pytest.mark.parametrize(
    ("repository", "names"),
    [
        ("", []),
        ("https://github.com/a/b", ["Binder", "Colab"]),
        ("https://github.com/a/b.git", ["Binder", "Colab"]),
        ("https://gitlab.com/a/b", ["Binder"]),
        ("https://git.example.org/a/b", ["Binder"]),
    ],
)
def test_where_a_notebook_opens(repository: str, names: list[str]) -> None:
    found = launch.links(repository, "book/a b.ipynb")
    assert list(found) == names
    for address in found.values():
        assert not re.search(r"[ <>\"]|\.git/", address)
        assert "a%20b.ipynb" in address


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("One sentence.", "One sentence."),
        ("Said by others [Yu et al., 2023].", "Said by others."),
        ("A. " + "word " * 60, ("A. " + "word " * 60)[:200].rpartition(" ")[0] + " …"),
        ("x" * 120 + ". " + "y" * 120 + ".", "x" * 120 + "."),
    ],
)
def test_descriptions_end_well(text: str, short: str) -> None:
    assert head.shortened(text) == short


def test_a_description_takes_no_captions() -> None:
    document = nodes.document("", None)
    figure = nodes.figure("", nodes.caption("", "no"), nodes.legend("", nodes.paragraph("", "no")))
    cell = nodes.container("", nodes.paragraph("", "no"), nb_element="cell_code")
    document += [figure, cell, nodes.section("", nodes.paragraph("", "Yes."))]
    assert head.description(document) == "Yes."
