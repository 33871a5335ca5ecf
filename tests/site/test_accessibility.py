"""Every page against axe-core; every table with heads and a name; every plot with its words."""

from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, Page

from tests.site import axe
from tests.site.browsers import open_all, settle, until
from tests.site.test_links import PAGES, parsed

SHOWN = [name for name in PAGES if name != "index.html"]
WIDE, NARROW = 1280, 390


def opened(browser: Browser, site: Path, name: str, width: int, scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        offline=True,
        bypass_csp=True,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto((site / name).as_uri(), wait_until="load")
    settle(page)
    axe.prepare(page)
    return page


def open_some(page: Page) -> None:
    """Open the folds; of the hundreds of like rows of a ledger, the first few."""
    open_all(page)
    page.evaluate(
        """() => [...document.querySelectorAll('.reread-more details')].slice(12)
          .forEach(fold => { fold.open = false; })"""
    )


def thin_out(page: Page) -> None:
    """Of siblings of one structure (rows of a ledger, questions) the first four stay: axe-core
    takes its time with each, and would say of the others what it says of these."""
    page.evaluate(
        """() => {
          const kind = (element) => [
            element.tagName, element.className.baseVal ?? element.className,
            ...[...element.attributes].map((a) => /^(role|type|scope|style)$/.test(a.name)
              ? `${a.name}=${a.value}` : a.name),
            '(', ...[...element.children].map(kind), ')',
          ].join(' ');
          for (const parent of document.querySelectorAll('tbody, form, ol, ul, dl, section, div')) {
            if (parent.children.length < 12) continue;
            const seen = new Map();
            for (const child of [...parent.children]) {
              const like = kind(child);
              seen.set(like, (seen.get(like) ?? 0) + 1);
              if (seen.get(like) > 4) child.remove();
            }
          }
        }"""
    )


def darken(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    until(page, "document.documentElement.dataset.theme === 'dark'")


def mark_looks(page: Page) -> int:
    """Mark three texts of each look (colour, size and weight of the letters, all grounds behind
    them; how a link differs from its text), and say how many looks there are: axe-core takes its
    time with the contrast of each text, and would say of the others what it says of these."""
    return page.evaluate(
        """() => {
          const grounds = (element) => {
            const found = [];
            for (let e = element; e; e = e.parentElement) {
              const style = getComputedStyle(e);
              found.push(style.backgroundColor, style.backgroundImage, style.opacity);
            }
            return found.filter((value) => !/^(rgba\\(0, 0, 0, 0\\)|none|1)$/.test(value));
          };
          const seen = new Map();
          for (const element of document.querySelectorAll('body *')) {
            element.removeAttribute('data-look');
            const box = element.getBoundingClientRect();
            if (box.width < 2 || box.height < 2) continue;
            if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
            if (![...element.childNodes].some((c) => c.nodeType === 3 && c.data.trim())) continue;
            const style = getComputedStyle(element);
            const look = [
              style.color, style.fontSize, style.fontWeight, style.textShadow, ...grounds(element),
              element.tagName === 'A' && [
                style.textDecoration, getComputedStyle(element.parentElement).color,
              ],
            ].join();
            seen.set(look, (seen.get(look) ?? 0) + 1);
            if (seen.get(look) <= 3) element.setAttribute('data-look', '');
          }
          return seen.size;
        }"""
    )


def violations_of_colours(page: Page) -> list[str]:
    assert mark_looks(page) > 0
    return axe.violations(page, axe.COLOURS, "[data-look]")


@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_on_any_screen(browser: Browser, site: Path, name: str) -> None:
    """As the page opens, at a desk and on a phone, in the light and in the dark; like rows and like
    texts thinned out.  `make check-thorough` looks at every row and text, and into every fold."""
    page = opened(browser, site, name, WIDE, "light")
    try:
        thin_out(page)
        found = axe.violations(page, axe.WITHOUT_COLOURS) + violations_of_colours(page)
        page.set_viewport_size({"width": NARROW, "height": 900})
        page.wait_for_timeout(400)  # the theme looks 0.3 s later which boxes scroll now
        found += axe.violations(page, axe.WITHOUT_COLOURS) + violations_of_colours(page)
        darken(page)
        found += violations_of_colours(page)
        page.set_viewport_size({"width": WIDE, "height": 900})
        settle(page)
        assert found + violations_of_colours(page) == []
    finally:
        page.context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_in_open_folds(
    browser: Browser, site: Path, name: str, width: int
) -> None:
    """Loaded at that width; the rows of a ledger are not thinned out."""
    page = opened(browser, site, name, width, "light")
    try:
        open_some(page)
        found = axe.violations(page, axe.WITHOUT_COLOURS) + violations_of_colours(page)
        darken(page)
        assert found + violations_of_colours(page) == []
    finally:
        page.context.close()


@pytest.mark.thorough
@pytest.mark.parametrize("name", SHOWN)
def test_axe_finds_nothing_in_any_text(browser: Browser, site: Path, name: str) -> None:
    page = opened(browser, site, name, WIDE, "light")
    try:
        found = axe.violations(page, axe.ALL)
        darken(page)
        assert found + axe.violations(page, axe.COLOURS) == []
    finally:
        page.context.close()


def test_thinning_out_keeps_one_of_each_kind(browser: Browser) -> None:
    page = browser.new_page()
    rows = (
        "<tr><td>a</td></tr>" * 20
        + "<tr><td class='other'>b</td></tr>"
        + "<tr><td><b>c</b></td></tr>"
    )
    page.set_content(f"<table><tbody>{rows}</tbody></table>")
    thin_out(page)
    assert page.locator("tr").all_inner_texts() == ["a"] * 4 + ["b", "c"]
    page.close()


def test_a_pale_text_of_any_look_is_found(browser: Browser) -> None:
    page = browser.new_page()
    dark = "<p>dark</p>" * 20
    pale = "<p style='color: #aaa'>pale</p>"
    ground = "<div style='background: #666'><p>on grey</p></div>"
    hidden = "<p style='color: #aaa; visibility: hidden'>not seen</p>"
    page.set_content(f"<main><h1>x</h1>{dark}{hidden}{pale}{dark}{ground}</main>")
    axe.prepare(page)
    assert mark_looks(page) == 4
    assert page.locator("[data-look]").count() == 1 + 3 + 1 + 1
    assert ["pale" in f or "on grey" in f for f in violations_of_colours(page)] == [True, True]
    page.close()


def test_the_drawers_and_the_search(browser: Browser, site: Path) -> None:
    page = opened(browser, site, "book/table2.html", NARROW, "light")
    try:
        for button, dialog in (
            (".primary-toggle", "#pst-primary-sidebar-modal"),
            (".secondary-toggle", "#pst-secondary-sidebar-modal"),
            (".search-button", "#pst-search-dialog"),
        ):
            page.locator(f"{button}:visible").first.click()
            page.locator(dialog).wait_for(state="visible")
            found = axe.violations(page, axe.ALL, dialog)
            darken(page)
            assert found + axe.violations(page, axe.COLOURS, dialog) == []
            page.keyboard.press("Escape")
            page.locator(dialog).wait_for(state="hidden")
            page.emulate_media(color_scheme="light")
    finally:
        page.context.close()


def test_the_analysts_lane_and_the_ledger_in_use(browser: Browser, site: Path) -> None:
    page = opened(browser, site, "book/verdicts.html", WIDE, "light")
    try:
        page.get_by_role("radio", name="analyst").check(force=True)
        page.locator('.reread-choice input[value="depends"]').check(force=True)
        page.locator('tr[id^="finding-"]:visible summary').first.click()
        found = axe.violations(page, axe.ALL, ".reread-tool")
        darken(page)
        assert found + axe.violations(page, axe.COLOURS, ".reread-tool") == []
    finally:
        page.context.close()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<main><img src='data:,'></main>", "image-alt"),
        (
            "<main><h1>x</h1><p style='color: #aaa; background: #fff'>pale</p></main>",
            "color-contrast",
        ),
        ("<main><h1>x</h1></main><p>beside</p>", "region"),
        ("<main><button aria-label='Look'>Search</button></main>", "label-content-name-mismatch"),
    ],
)
def test_violations_would_be_found(browser: Browser, body: str, rule: str) -> None:
    page = browser.new_page()
    page.set_content(f"<html lang='en'><title>x</title><body>{body}</body></html>")
    axe.prepare(page)
    assert rule in {found.partition(":")[0] for found in axe.violations(page, axe.ALL)}
    page.close()


# --- tables ---------------------------------------------------------------------------------


def table_faults(soup: BeautifulSoup) -> list[str]:
    """Tables without heads, with empty ones, or without a name."""
    faults = []
    for table in soup.find_all("table"):
        heads = table.find_all("th")
        start = str(table)[:120]
        if table.find("thead") is None or not heads:
            faults.append(f"no heads: {start}")
        if [head for head in heads if not head.get_text(strip=True)]:
            faults.append(f"an empty head: {start}")
        if [h for h in heads if h.get("scope") not in ("col", "row", "colgroup", "rowgroup")]:
            faults.append(f"a head of nothing: {start}")
        labelled = table.get("aria-labelledby")
        if not (
            (table.get("aria-label") or "").strip()
            or (labelled and soup.find(id=labelled))
            or (table.caption and table.caption.get_text(strip=True))
        ):
            faults.append(f"no name: {start}")
    names = Counter(t["aria-label"] for t in soup.find_all("table", attrs={"aria-label": True}))
    faults += [f"{count} tables are called {name!r}" for name, count in names.items() if count > 1]
    return faults


@pytest.mark.parametrize("name", SHOWN)
def test_tables_have_heads_and_names(site: Path, name: str) -> None:
    assert table_faults(parsed(site / name)) == []


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ("<table aria-label='x'><tr><td>1</td></tr></table>", "no heads"),
        (
            "<table aria-label='x'><thead><tr><th scope='col'> </th></tr></thead></table>",
            "an empty",
        ),
        ("<table aria-label='x'><thead><tr><th>a</th></tr></thead></table>", "a head of nothing"),
        ("<table><thead><tr><th scope='col'>a</th></tr></thead></table>", "no name"),
    ],
)
def test_faults_of_tables_would_be_found(table: str, fault: str) -> None:
    assert [f.startswith(fault) for f in table_faults(BeautifulSoup(table, "html.parser"))] == [
        True
    ]


# --- plots ----------------------------------------------------------------------------------


def plot_faults(soup: BeautifulSoup) -> list[str]:
    """Pictures without words, and plots without the table of their numbers."""
    faults = [f"no alt: {img}" for img in soup.find_all("img") if not img.get("alt", "").strip()]
    for svg in soup.find_all("svg"):
        if svg.get("aria-hidden") == "true":
            continue
        start = str(svg)[:160]
        words = [soup.find(id=i) for i in (svg.get("aria-labelledby") or "").split()]
        if (
            svg.get("role") != "img"
            or len(words) < 2
            or not all(w and w.text.strip() for w in words)
        ):
            faults.append(f"no words: {start}")
        figure = svg.find_parent(class_=["reread-figure", "reread-explorer"])
        if figure is None or figure.select_one("details table") is None:
            faults.append(f"no table of its numbers: {start}")
    return faults


@pytest.mark.parametrize("name", SHOWN)
def test_plots_have_words_and_numbers(site: Path, name: str) -> None:
    assert plot_faults(parsed(site / name)) == []


def test_there_are_plots(site: Path) -> None:
    assert sum(len(parsed(site / name).select("svg.reread-plot")) for name in SHOWN) > 30


@pytest.mark.parametrize(
    ("picture", "faults"),
    [
        ("<img src='a.png' alt=' '>", 1),
        ("<svg role='img'><title>x</title></svg>", 2),
        ("<svg aria-hidden='true'></svg>", 0),
    ],
)
def test_faults_of_plots_would_be_found(picture: str, faults: int) -> None:
    assert len(plot_faults(BeautifulSoup(picture, "html.parser"))) == faults


# --- colour never alone -----------------------------------------------------------------------


@pytest.mark.parametrize("name", SHOWN)
def test_a_verdict_is_a_word_and_an_icon(site: Path, name: str) -> None:
    badges = parsed(site / name).select(".reread-badge")
    assert [
        str(b) for b in badges if not b.get_text(strip=True) or b.select_one("svg") is None
    ] == []
