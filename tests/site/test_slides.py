"""The slides in a browser: keys, the speaker's window, no overflow, no barrier, no network."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.site import axe
from tests.site.browsers import listen, settle
from workshop import slides

SHOWN = ".slide:not([hidden])"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("slides")
    for name, text in slides.decks().items():
        (folder / name).write_text(text, "utf-8")
    return folder


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    # axe is evaluated in the page, which the policy of the page would forbid
    context = browser.new_context(viewport={"width": 1280, "height": 720}, bypass_csp=True)
    yield context
    context.close()


def opened(context: BrowserContext, file: Path) -> Page:
    page = context.new_page()
    page.goto(file.as_uri())
    settle(page)
    return page


def at(page: Page) -> int:
    assert page.locator(SHOWN).count() == 1
    return int(page.locator(SHOWN).get_attribute("id").removeprefix("slide-"))


def test_keys_move_and_the_address_follows(browser: Browser, folder: Path) -> None:
    page = browser.new_page()  # with the policy in force
    faults = listen(page)
    page.goto((folder / "slides_journal_club.html").as_uri())
    last = page.locator(".slide").count()
    assert at(page) == 1
    for key, wanted in [("ArrowRight", 2), ("PageDown", 3), (" ", 4), ("ArrowLeft", 3),
                        ("Shift+ ", 2), ("PageUp", 1), ("ArrowLeft", 1), ("End", last),
                        ("ArrowRight", last), ("Home", 1)]:  # fmt: skip
        page.keyboard.press(key.replace(" ", "Space"))
        assert at(page) == wanted, key
        assert page.url.endswith(f"#slide-{wanted}")
    page.get_by_role("button", name="Next").click()
    assert at(page) == 2
    page.reload()
    assert at(page) == 2
    page.keyboard.press("l")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert faults == []
    page.close()


def test_notes_and_overview(context: BrowserContext, folder: Path) -> None:
    page = opened(context, folder / "slides_journal_club.html")
    page.keyboard.press("n")
    assert page.locator(f"{SHOWN} .notes-text").is_visible()
    page.keyboard.press("n")
    assert page.locator(f"{SHOWN} .notes-text").is_hidden()
    page.keyboard.press("o")
    links = page.locator("dialog a")
    assert links.count() == page.locator(".slide").count()
    links.nth(4).press("Enter")
    assert at(page) == 5
    page.keyboard.press("o")
    page.get_by_label("Letters are keys").uncheck()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    assert page.locator(f"{SHOWN} .notes-text").is_hidden()
    page.close()


def test_the_speaker_has_a_window_with_notes_and_clock(
    context: BrowserContext, folder: Path
) -> None:
    page = opened(context, folder / "slides_journal_club.html")
    with context.expect_page() as waiting:
        page.keyboard.press("s")
    speaker = waiting.value
    for _ in range(4):
        speaker.get_by_role("button", name="Next").click()
    assert at(page) == 5
    said = page.locator(f"{SHOWN} .notes-text").text_content()
    assert speaker.locator(".notes-text").text_content() == said
    assert re.fullmatch(r"\d+:\d\d", speaker.locator(".elapsed").text_content())
    assert speaker.locator(".plan").text_content() == "this step: 0:04 to 0:12"
    speaker.keyboard.press("ArrowLeft")
    assert at(page) == 4
    page.close()


@pytest.mark.parametrize("name", ["slides_journal_club.html", "slides_half_day.html"])
def test_no_slide_overflows(context: BrowserContext, folder: Path, name: str) -> None:
    page = opened(context, folder / name)
    over = """() => { const root = document.documentElement;
      return [root.scrollWidth - innerWidth, root.scrollHeight - innerHeight]; }"""
    for width, height in ((1280, 720), (1920, 1080), (390, 844), (320, 640)):
        page.set_viewport_size({"width": width, "height": height})
        page.keyboard.press("Home")
        for number in range(1, page.locator(".slide").count() + 1):
            wide, high = page.evaluate(over)
            assert wide <= 0, (width, number)
            assert high <= 0 or width < 1000, (width, number)
            page.keyboard.press("ArrowRight")
    page.close()


SMALLEST = 14  # pixels on a slide of 1280 by 720, a fiftieth of its height

# the letters of plots after all scaling, and of tables that are seen; what a table hides
LETTERS = """() => {
  const slide = document.querySelector('.slide:not([hidden])'), sizes = [];
  const size = (element) => parseFloat(getComputedStyle(element).fontSize);
  for (const plot of slide.querySelectorAll('.reread-plot')) {
    const { a, b } = plot.getScreenCTM(), panels = plot.closest('.reread-panels');
    const own = plot.querySelector('text') ? plot : panels; // the second column shows the first's
    for (const text of own.querySelectorAll('text')) sizes.push(size(text) * Math.hypot(a, b));
  }
  const tables = [...slide.querySelectorAll('.picture table')].filter((t) => t.checkVisibility());
  for (const table of tables) {
    for (const cell of table.querySelectorAll('th, td, th *, td *')) {
      const own = [...cell.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      if (own && cell.checkVisibility()) sizes.push(size(cell));
    }
  }
  const hidden = tables.map((table) => table.closest('.reread-scroll') ?? table.parentElement)
    .map((box) => [box.scrollWidth - box.clientWidth, box.scrollHeight - box.clientHeight]);
  return [sizes.length ? Math.min(...sizes) : null, hidden.flat()];
}"""


@pytest.mark.parametrize("name", [f"slides_{plan}.html" for plan in slides.plans()])
def test_letters_of_plots_and_tables_can_be_read_from_the_back(
    context: BrowserContext, folder: Path, name: str
) -> None:
    page = opened(context, folder / name)
    seen = 0
    for number in range(1, page.locator(".slide").count() + 1):
        smallest, hidden = page.evaluate(LETTERS)
        if smallest is not None:
            seen += 1
            assert smallest >= SMALLEST, number
        assert all(pixels <= 1 for pixels in hidden), number
        page.keyboard.press("ArrowRight")
    assert seen >= 4
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(context: BrowserContext, folder: Path, theme: str) -> None:
    page = context.new_page()
    page.emulate_media(color_scheme=theme)
    page.goto((folder / "slides_journal_club.html").as_uri())
    settle(page)
    axe.prepare(page)
    page.keyboard.press("n")
    kinds = set()
    for _ in range(page.locator(".slide").count()):
        kind = page.locator(SHOWN).get_attribute("class")
        if kind not in kinds:  # one of each kind
            kinds.add(kind)
            assert axe.violations(page, axe.ALL) == [], kind
        page.keyboard.press("ArrowRight")
    page.keyboard.press("o")
    assert axe.violations(page, axe.ALL, "dialog") == []
    assert len(kinds) >= 7
    page.close()


def test_without_a_script_all_slides_stand_one_under_the_other(
    browser: Browser, folder: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    page = context.new_page()
    page.goto((folder / "slides_seminar.html").as_uri())
    count = page.locator(".slide").count()
    assert page.locator(".slide:visible").count() == count
    page.locator("summary", has_text="Notes").first.click()
    assert page.locator(".notes-text").first.is_visible()
    context.close()


def test_paper_has_one_slide_a_page(browser: Browser, folder: Path) -> None:
    from io import BytesIO

    from pypdf import PdfReader

    page = browser.new_page()
    page.goto((folder / "slides_journal_club.html").as_uri())
    settle(page)
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    titles = page.locator(".slide h2").all_text_contents()
    assert len(printed.pages) == len(titles)
    for sheet, title in zip(printed.pages, titles, strict=True):
        assert title.split()[0] in sheet.extract_text()
    page.close()
