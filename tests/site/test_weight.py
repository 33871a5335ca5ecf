"""How much a reader's browser has to fetch; and that nothing is shipped which no page uses."""

import gzip
import re
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from benchmarks.site import open_page
from tests.site.test_links import PAGES, fetches, parsed
from workshop.extension import icons
from workshop.extension.weight import NEEDS, Used, is_needed, pruned, rules
from workshop.places import BOOK
from workshop.serve import served

OWN = BOOK / "_static"
FRONT = "book/index.html"
FRONT_LIMIT = 400_000
PAGE_LIMIT = 1_000_000
ZIPPED = {".html", ".css", ".js", ".svg", ".json"}
URL = re.compile(r"""url\(\s*["']?(?!data:)([^"')?#]+)|@import\s+["']([^"']+)""")


@cache
def over_the_wire(path: Path) -> int:
    content = path.read_bytes()
    return len(gzip.compress(content, 9)) if path.suffix in ZIPPED else len(content)


def needed(path: Path) -> set[Path]:
    """Everything that a page or a sheet can make a browser fetch, all its letters included."""
    if path.suffix == ".css":
        names = ["".join(found) for found in URL.findall(path.read_text("utf-8"))]
    else:
        names = [re.split("[?#]", address)[0] for address in fetches(parsed(path))]
        names = [n for n in names if not n.startswith("data:") and not n.endswith(".html")]
    files = {(path.parent / name).resolve() for name in names if name}
    below = [needed(file) for file in files if file.suffix == ".css"]
    return files.union(*below)


@pytest.mark.parametrize("name", PAGES)
def test_no_page_is_heavy(site: Path, name: str) -> None:
    page = (site / name).resolve()
    total = sum(map(over_the_wire, {page} | needed(page)))
    assert total < (FRONT_LIMIT if name == FRONT else PAGE_LIMIT), f"{total} bytes"


def test_a_browser_fetches_no_more_than_was_counted(browser: Browser, site: Path) -> None:
    fetched: dict[str, int] = {}
    with served(site, "/sub/") as address:
        context = browser.new_context()
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.on(
            "Network.loadingFinished",
            lambda e: fetched.update({e["requestId"]: int(e["encodedDataLength"])}),
        )
        page.goto(address + FRONT, wait_until="networkidle")
        context.close()
    counted = sum(map(over_the_wire, {site / FRONT} | needed((site / FRONT).resolve())))
    assert 0 < sum(fetched.values()) < FRONT_LIMIT
    # the heads of the answers come on top
    assert sum(fetched.values()) < counted + 1000 * len(fetched)


def test_nothing_is_shipped_that_nothing_names(site: Path) -> None:
    static = site / "_static"
    texts = [
        p.read_text("utf-8")
        for p in site.rglob("*")
        if p.suffix in (".html", ".css", ".js") and p.name not in ("searchtexts.js", "letters.css")
    ]
    # given along with what they are about, or offered
    apart = re.compile(r"downloads/|.*(LICENSE|OFL|licence).*", re.IGNORECASE)
    own = {p.relative_to(OWN).as_posix() for p in OWN.rglob("*")}
    idle = [
        file.relative_to(static).as_posix()
        for file in static.rglob("*")
        if file.is_file() and not any(file.name in text for text in texts)
    ]
    assert [name for name in idle if not apart.match(name) and name not in own] == []


def test_no_icon_font_and_no_maps(site: Path) -> None:
    names = [path.name for path in site.rglob("*")]
    assert [
        n for n in names if n.endswith((".map", ".ttf")) or n.startswith(("fa-", "fontaw"))
    ] == []
    for sheet in site.rglob("*.css"):
        assert "awesome" not in sheet.read_text("utf-8").lower(), sheet.name
    for name in PAGES:
        assert parsed(site / name).select('[class*="fa-"], .fas, .far, .fab') == [], name


@pytest.mark.parametrize("name", PAGES)
def test_scripts_come_to_the_pages_that_use_them(site: Path, name: str) -> None:
    soup = parsed(site / name)
    loaded = {address.split("?")[0].rpartition("/")[2] for address in fetches(soup)}
    body = str(soup.body)
    for file, mark in NEEDS.items():
        if mark is None:
            assert not [n for n in loaded if file in n]
        elif file in loaded:
            assert mark in body
    assert ("searchindex.js" in loaded) == (name == "search.html")


@pytest.mark.parametrize("place", [pytest.param("folder", marks=pytest.mark.thorough), "server"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", [FRONT, "book/verdicts.html", "book/table1.html"])
def test_the_text_does_not_move(
    browser: Browser, site: Path, place: str, width: int, name: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_init_script(
        """window.moved = 0;
        new PerformanceObserver(list => {
          for (const entry of list.getEntries()) window.moved += entry.value;
        }).observe({ type: "layout-shift", buffered: true });"""
    )
    page = context.new_page()
    slowed = context.new_cdp_session(page)  # a fast machine has the whole page before it draws
    slowed.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    with served(site, "/sub/") as address:
        page.goto((address if place == "server" else f"{site.as_uri()}/") + name)
        page.wait_for_timeout(500)
        moved = page.evaluate("window.moved")
    context.close()
    assert moved < 0.02


def test_the_benchmark_measures_what_a_reader_gets(browser: Browser, site: Path) -> None:
    with served(site, "/sub/") as address:
        opened = open_page(browser, address, FRONT)
    assert 0 < opened.kinds["html"] < opened.total < FRONT_LIMIT
    assert opened.shift < 0.02
    assert opened.paint > 0


@pytest.mark.parametrize("place", ["folder", "server"])
def test_the_letters_are_there_from_the_start(browser: Browser, site: Path, place: str) -> None:
    page = browser.new_page()
    with served(site, "/sub/") as address:
        page.goto((address if place == "server" else f"{site.as_uri()}/") + FRONT)
        session = page.context.new_cdp_session(page)
        for command in ("DOM.enable", "CSS.enable"):
            session.send(command)
        root = session.send("DOM.getDocument")["root"]["nodeId"]
        where = {"nodeId": root, "selector": "article h1"}
        node = session.send("DOM.querySelector", where)["nodeId"]
        fonts = session.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    page.close()
    assert {font["familyName"] for font in fonts} == {"Source Serif 4"}


# --- the pruning of style sheets -----------------------------------------------------------


def used(html: str = "", script: str = "") -> Used:
    return Used(iter([html]), iter([script]))


@pytest.mark.parametrize(
    ("sheet", "left"),
    [
        (".a{x:1}.b{x:2}", ".a{x:1}"),
        (".a,.b .c{x:1}", ".a{x:1}"),
        ("p{x:1}", "p{x:1}"),
        ("p:not(.gone){x:1}", "p:not(.gone){x:1}"),
        ("p:is(.gone,.a){x:1}", "p:is(.gone,.a){x:1}"),
        ('[class*=".gone"]{x:1}', '[class*=".gone"]{x:1}'),
        ("@media print{.b{x:1}}", ""),
        ("@media print{.a{x:1}.b{x:1}}", "@media print{.a{x:1}}"),
        ("@font-face{font-family:Kept}", "@font-face{font-family:Kept}"),
        ('@font-face{font-family:"Font Awesome 6"}', ""),
        (".a:after{font:var(--fa-font-solid)}", ""),
        ('.a{content:"}.b{"}', '.a{content:"}.b{"}'),
        ('.a{background:url("data:,;{}")}', '.a{background:url("data:,;{}")}'),
        ("/* .b{} */.a{x:1}", ".a{x:1}"),
        ('@import "b.css";.a{x:1}', '@import "b.css";\n.a{x:1}'),
        (r".a\:b{x:1}", ""),
        (".show{x:1}", ".show{x:1}"),
        (".bs-tooltip-auto{x:1}", ".bs-tooltip-auto{x:1}"),
        ("#here{x:1}#there{x:1}", "#here{x:1}"),
    ],
)
def test_rules_that_match_nothing_are_dropped(sheet: str, left: str) -> None:
    names = used('<p class="a" id="here">', 'e.classList.add("show"); n = "bs-tooltip" + side')
    assert pruned(sheet, names) == left


def test_an_open_block_is_refused() -> None:
    with pytest.raises(ValueError, match="ends within"):
        list(rules(".a{x:1"))


def test_pruned_sheets_style_the_pages_as_the_whole_ones_would(site: Path) -> None:
    """Every class of every page that the theme styles has its rules still."""
    import pydata_sphinx_theme

    theme = Path(pydata_sphinx_theme.__file__).parent / "theme" / "pydata_sphinx_theme" / "static"
    whole = (theme / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    left = (site / "_static" / "styles" / "pydata-sphinx-theme.css").read_text("utf-8")
    assert len(left) < len(whole) / 3
    classes = {
        c for n in PAGES for tag in parsed(site / n).find_all(class_=True) for c in tag["class"]
    }
    for name in classes:
        alone = re.compile(rf"(?:^|[{{}},])\.{re.escape(name)}(?=[{{,])")
        assert bool(alone.search(whole)) <= bool(alone.search(left.replace("\n", ""))), name


def test_a_script_is_needed_where_its_mark_stands() -> None:
    assert is_needed("copybutton.js", '<div class="highlight-python">')
    assert not is_needed("copybutton.js", "<p>")
    assert not is_needed("togglebutton.js", '<div class="toggle">')
    assert is_needed("reread.js", "")


# --- icons ---------------------------------------------------------------------------------


def test_an_icon_is_drawn_and_keeps_its_own_names() -> None:
    html = icons.drawn('<i class="theme-switch fa-solid fa-sun  fa-lg" data-mode="light"></i>')
    assert html.startswith('<i class="theme-switch reread-glyph reread-glyph-large" data-mode=')
    assert "<svg" in html
    assert icons.drawn(html) == html


def test_an_icon_that_is_not_drawn_is_refused() -> None:
    with pytest.raises(icons.UnknownIcon, match="rocket"):
        icons.drawn('<i class="fas fa-rocket"></i>')
