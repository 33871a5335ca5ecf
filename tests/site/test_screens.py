"""Every screen: narrow and wide, enlarged, wide letters, less motion, system colours, paper."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.site.browsers import open_all, settle
from tests.site.lost import LOST, faults_of
from tests.site.test_links import A_FEW

pytestmark = pytest.mark.thorough

# The values of WCAG 2.1, 1.4.12.
SPACING = """
* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
p { margin-bottom: 2em !important; }
"""
LARGE_LETTERS = "html { font-size: 200% !important; }"


@contextmanager
def opened(browser: Browser, address: str, width: int, **context) -> Iterator[Page]:
    own = browser.new_context(
        viewport={"width": width, "height": 900}, offline=True, bypass_csp=True, **context
    )
    page = own.new_page()
    try:
        page.goto(address, wait_until="load")
        settle(page)
        yield page
    finally:
        own.close()


@pytest.mark.parametrize("name", A_FEW)
@pytest.mark.parametrize(
    "width",
    [
        360,
        768,
        1024,
    ],
)
def test_the_widths_between(browser: Browser, site: Path, name: str, width: int) -> None:
    with opened(browser, (site / name).as_uri(), width) as page:
        assert faults_of(page) == []


@pytest.mark.parametrize("name", A_FEW)
def test_enlarged_twofold(browser: Browser, site: Path, name: str) -> None:
    """A window of 1280 at 200 %."""
    with opened(browser, (site / name).as_uri(), 640, device_scale_factor=2) as page:
        open_all(page)
        assert faults_of(page) == []


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("style", [LARGE_LETTERS, SPACING], ids=["letters", "spacing"])
@pytest.mark.parametrize("name", A_FEW)
def test_large_letters_and_wide_spacing(
    browser: Browser, site: Path, name: str, style: str, width: int
) -> None:
    with opened(browser, (site / name).as_uri(), width) as page:
        page.add_style_tag(content=style)
        open_all(page)
        page.wait_for_timeout(200)
        assert faults_of(page) == []


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("<p style='height: 1em; overflow: hidden'>one<br>two<br>three</p>", "cut below"),
        ("<button>one</button><button style='margin-left: -30px'>two</button>", "upon one another"),
        ("<p style='position: relative; left: -90px'>away</p>", "beyond the edge"),
    ],
)
def test_losses_would_be_found(browser: Browser, body: str, fault: str) -> None:
    page = browser.new_page()
    page.set_content(f"<main>{body}</main>")
    assert [found.partition(":")[0] for found in page.evaluate(LOST)] == [fault]
    page.close()


# --- a box that scrolls says so ---------------------------------------------------------------


def edge(page: Page, selector: str) -> tuple[int, int]:
    """How dark the left and the right edge of a box are, against its middle."""
    box = page.locator(selector).first
    box.scroll_into_view_if_needed()
    shot = Image.open(io.BytesIO(box.screenshot())).convert("L")
    y = shot.height - 3  # below the last line
    middle = shot.getpixel((shot.width // 2, y))
    return abs(shot.getpixel((1, y)) - middle), abs(shot.getpixel((shot.width - 2, y)) - middle)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_box_that_scrolls_shows_it(
    browser: Browser, site: Path, scheme: str, scripts: bool
) -> None:
    page_of = {"color_scheme": scheme, "java_script_enabled": scripts}
    address = (site / "book" / "cohorts.html").as_uri()
    context = browser.new_context(viewport={"width": 390, "height": 900}, **page_of)
    page = context.new_page()
    page.goto(address)
    page.wait_for_timeout(500)
    boxes = page.locator("article .reread-scroll:visible, article div.math:visible")
    widths = [(box.evaluate("b => [b.scrollWidth, b.clientWidth]"), box) for box in boxes.all()]
    scrolls = [box for (inner, outer), box in widths if inner > outer + 20]
    fits = [box for (inner, outer), box in widths if inner <= outer]
    assert scrolls
    for box, seen in ((scrolls[0], True), *((box, False) for box in fits[:1])):
        box.evaluate("b => b.setAttribute('data-looked-at', '')")
        left, right = edge(page, "[data-looked-at]")
        assert (right > 25) is seen
        assert left <= 6
        box.evaluate("b => b.removeAttribute('data-looked-at')")
    scrolls[0].evaluate("b => { b.scrollLeft = 1e6; b.setAttribute('data-looked-at', ''); }")
    left, right = edge(page, "[data-looked-at]")
    assert left > 25
    assert right <= 6
    context.close()


# --- less motion, system colours, no scripts ---------------------------------------------------


def test_less_motion_is_respected(browser: Browser, site: Path) -> None:
    moving = """() => [...document.querySelectorAll('*')].flatMap(e => [null, '::before', '::after']
      .map(part => getComputedStyle(e, part)).filter(s =>
        [...s.transitionDuration.split(','), ...s.animationDuration.split(',')]
          .some(t => parseFloat(t) > 0.001) || s.scrollBehavior === 'smooth')
      .map(() => e.outerHTML.slice(0, 80)))"""
    address = (site / "book" / "table2.html").as_uri()
    with opened(browser, address, 1280, reduced_motion="reduce") as page:
        assert page.evaluate(moving) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_system_colours_leave_everything_usable(browser: Browser, site: Path, scheme: str) -> None:
    address = (site / "book" / "verdicts.html").as_uri()
    with opened(browser, address, 1280, color_scheme=scheme, forced_colors="active") as page:
        page.locator('.reread-choice input[value="depends"]').focus()
        page.keyboard.press("Space")
        chosen = "getComputedStyle(document.querySelector('.reread-choice input{} + .reread-badge')).borderTopWidth"
        assert page.evaluate(chosen.format(":checked")) != page.evaluate(
            chosen.format(":not(:checked)")
        )
        # the icon of a verdict is drawn in the colour of its word
        colours = page.evaluate(
            """() => [...document.querySelectorAll('tr:not([hidden]) .reread-badge')].slice(0, 5).map(b =>
              [getComputedStyle(b).color, getComputedStyle(b.querySelector('path')).stroke])"""
        )
        assert colours
        assert all(word == icon for word, icon in colours)
        ring = page.evaluate(
            "getComputedStyle(document.activeElement.nextElementSibling).outlineStyle"
        )
        assert ring != "none"


def test_without_scripts_the_chapters_stand_under_a_narrow_page(
    browser: Browser, site: Path
) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 900}, java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "book" / "table2.html").as_uri())
    link = page.locator("#pst-primary-sidebar a", has_text="Glossary")
    assert link.is_visible()
    assert link.bounding_box()["y"] > page.locator("article").bounding_box()["y"]
    assert not page.locator(".primary-toggle").first.is_visible()
    context.close()


# --- paper ------------------------------------------------------------------------------------

PAPER_WIDTH = 673  # A4 without its margins, in CSS pixels

ON_PAPER = """() => {
  const faults = [];
  const seen = e => e.checkVisibility({ visibilityProperty: true });
  for (const e of document.querySelectorAll('.bd-sidebar-primary, .bd-sidebar-secondary, .bd-header-article, button:not(.reread-sort), select, input:not(.reread-quiz input), .reread-lane, .headerlink, div.cell_input, .prev-next-footer'))
    if (seen(e)) faults.push(`is printed: ${e.outerHTML.slice(0, 100)}`);
  const room = document.documentElement.clientWidth;
  for (const e of document.querySelectorAll('article :is(table, td, th, svg.reread-plot, p, div.math math, pre)')) {
    const box = e.getBoundingClientRect();
    if (seen(e) && box.right > room + 1) faults.push(`cut at ${Math.round(box.right)}: ${e.outerHTML.slice(0, 120)}`);
  }
  // questions are printed without their answers, and a button to copy is for the screen
  for (const e of document.querySelectorAll('article details:not(.hide) > :not(summary, .reread-copies)'))
    if (!seen(e) && !e.closest('.reread-quiz')) faults.push(`folded: ${e.outerHTML.slice(0, 100)}`);
  if (!seen(document.querySelector('article h1'))) faults.push('no title');
  const [r, g, b] = getComputedStyle(document.querySelector('article p')).color.match(/[0-9.]+/g).map(Number);
  if (r + g + b > 330) faults.push('pale words');
  return faults.slice(0, 8);
}"""


@pytest.mark.parametrize("name", [name for name in A_FEW if name.startswith("book/")])
def test_on_paper(browser: Browser, site: Path, name: str) -> None:
    """Nothing of the screen, nothing cut or folded, light colours even from the dark theme."""
    with opened(browser, (site / name).as_uri(), PAPER_WIDTH, color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        page.wait_for_timeout(100)
        assert page.evaluate(ON_PAPER) == []
        ground = page.evaluate(
            "getComputedStyle(document.documentElement).getPropertyValue('--reread-page')"
        )
        assert ground.strip() == "#ffffff"


def test_a_sheet_of_exercises_is_printed_with_the_solutions_that_were_opened(
    browser: Browser, site: Path
) -> None:
    sheet = (site / "book" / "exercises" / "table1.html").as_uri()
    answers = "article details.sd-dropdown"
    with opened(browser, sheet, 1280) as page:
        folds = page.locator(answers)
        assert folds.count() > 6
        folds.nth(1).locator("summary").first.click()
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        shown = page.locator(f"{answers}:visible")
        assert shown.count() == 1
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator(f"{answers}:visible").count() == folds.count()


def test_folds_are_as_before_after_printing(browser: Browser, site: Path) -> None:
    with opened(browser, (site / "book" / "table1.html").as_uri(), 1280) as page:
        count = "document.querySelectorAll('article details[open]').length"
        before = page.evaluate(count)
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(count) > before
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.evaluate(count) == before
