"""Every link, anchor, image and number in the built pages leads somewhere."""

import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from workshop import chapters
from workshop.downloads import as_stored
from workshop.places import ROOT

PAGES = [f"{chapters.name_of(page)}.html" for page in chapters.pages()]
PAGES += ["index.html", "search.html", "genindex.html"]
# Pages of every kind, for what need not be tried on all of them.
A_FEW = ["book/index.html", "book/table1.html", "book/table2.html", "book/reporting.html",
         "book/your_paper.html", "search.html"]  # fmt: skip

# Elements that a browser fetches by itself, and the attribute that says what.
FETCHED = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "audio": "src",
    "video": "src", "embed": "src", "object": "data", "link": "href", "use": "href",
    "image": "href",
}  # fmt: skip
# Links that name a thing and fetch nothing.
RELATIONS = {"canonical", "license", "author"}


@cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> frozenset[str]:
    soup = parsed(path)
    return frozenset(
        {tag["id"] for tag in soup.find_all(id=True)}
        | {tag["name"] for tag in soup.find_all("a", attrs={"name": True})}
    )


def is_outside(address: str) -> bool:
    return address.startswith("//") or urlsplit(address).scheme not in ("", "data")


def fetches(soup: BeautifulSoup) -> list[str]:
    return [
        tag[attribute]
        for name, attribute in FETCHED.items()
        for tag in soup.find_all(name, attrs={attribute: True})
        if not RELATIONS & set(tag.get("rel") or [])
    ]


def broken(page: Path, addresses: list[str]) -> list[str]:
    """The internal addresses whose file or anchor does not exist."""
    faults = []
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme or address.startswith("//"):
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        fragment = unquote(parts.fragment)
        if not target.is_file():
            faults.append(f"{address}: no such file")
        elif fragment and target.suffix == ".html" and fragment not in anchors(target):
            faults.append(f"{address}: no such anchor")
    return faults


def test_the_pages_are_those_of_the_table_of_contents(site: Path) -> None:
    built = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    # the page for wrong addresses has links of its own: test_head.py
    assert {name for name in built if not name.startswith("_static/")} == {*PAGES, "404.html"}


@pytest.mark.parametrize("name", PAGES)
def test_links_resolve(site: Path, name: str) -> None:
    page = site / name
    soup = parsed(page)
    links = [tag["href"] for tag in soup.find_all("a", href=True)]
    refresh = [
        tag["content"].partition("url=")[2]
        for tag in soup.find_all("meta", attrs={"http-equiv": "Refresh"})
    ]
    assert broken(page, links + refresh + fetches(soup)) == []


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_fetched_from_outside(site: Path, name: str) -> None:
    assert [address for address in fetches(parsed(site / name)) if is_outside(address)] == []


def test_style_sheets_fetch_nothing_from_outside(site: Path) -> None:
    sheets = list(site.rglob("*.css"))
    assert sheets
    outside = {
        sheet.name: found
        for sheet in sheets
        if (
            found := re.findall(
                r"""(?:url\(\s*|@import\s+)["']?((?:https?:)?//[^"')\s]+)""",
                sheet.read_text(encoding="utf-8"),
            )
        )
    }
    assert outside == {}


@pytest.mark.parametrize("name", PAGES)
def test_no_script_of_thebe_or_mathjax_is_left(site: Path, name: str) -> None:
    scripts = [str(tag).lower() for tag in parsed(site / name).find_all("script")]
    assert [s[:200] for s in scripts if "thebe" in s or "mathjax@" in s] == []


@pytest.mark.parametrize("name", PAGES)
def test_anchors_are_unique(site: Path, name: str) -> None:
    ids = [tag["id"] for tag in parsed(site / name).find_all(id=True)]
    assert sorted({i for i in ids if ids.count(i) > 1}) == []


def test_numbers_of_plots_and_sheets_are_resolved(site: Path) -> None:
    """Each number is given once, and every reference shows the number of its target."""
    given: dict[str, str] = {}
    for name in PAGES:
        for figure in parsed(site / name).select("figure[id]"):
            number = figure.select_one(".caption-number")
            if number is not None:
                given[f"{name}#{figure['id']}"] = number.get_text().strip()
    assert given
    assert len(set(given.values())) == len(given)
    assert all(re.fullmatch(r"(Plot|Sheet) \d+", number) for number in given.values())
    for name in PAGES:
        page = site / name
        for link in parsed(page).select("a:has(> span.std-numref)"):
            parts = urlsplit(link["href"])
            target = (page.parent / parts.path).resolve() if parts.path else page
            key = f"{target.relative_to(site.resolve()).as_posix()}#{parts.fragment}"
            assert key not in given or link.get_text() == given[key], f"{name}: {link}"


@pytest.mark.parametrize("chapter", [chapters.name_of(chapter) for chapter in chapters.notebooks()])
def test_every_chapter_offers_its_notebook(site: Path, chapter: str) -> None:
    links = [tag["href"] for tag in parsed(site / f"{chapter}.html").find_all("a", href=True)]
    assert any(link.endswith(f"_sources/{chapter}.ipynb") for link in links)
    offered = (site / "_sources" / f"{chapter}.ipynb").read_bytes()
    assert as_stored(offered) == (ROOT / f"{chapter}.ipynb").read_bytes()


def test_broken_links_would_be_found(tmp_path: Path) -> None:
    page = tmp_path / "a.html"
    page.write_text('<a id="here" href="#here"></a>', encoding="utf-8")
    links = ["#here", "a.html#here", "#gone", "b.html", "a.html#gone"]
    faults = ["#gone: no such anchor", "b.html: no such file", "a.html#gone: no such anchor"]
    assert broken(page, links) == faults


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("https://example.org/a.js", True),
        ("//example.org/a.js", True),
        ("../_static/a.js", False),
        ("data:image/gif;base64,R0lGOD", False),
    ],
)
def test_outside_addresses_would_be_found(address: str, outside: bool) -> None:
    assert is_outside(fetches(BeautifulSoup(f'<script src="{address}">', "html.parser"))[0]) is (
        outside
    )
