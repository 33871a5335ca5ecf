"""The site by keyboard alone: real key presses, and where the focus is seen."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.site.browsers import listen, settle, until

CHAPTER = "book/table2.html"
LEDGER = "book/verdicts.html"

# What is said of the element that has the focus: who it is, and whether a reader sees that.
FOCUSED = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  // a radio or a checkbox that is drawn by the words beside it
  const shown = element.matches('.reread-lane input, .reread-choice input')
    ? element.nextElementSibling : element;
  // of words that break into two lines the first; of a tall box what is on the screen
  const box = shown.getClientRects()[0] ?? shown.getBoundingClientRect();
  const style = getComputedStyle(shown);
  const pixels = colour => {
    const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
      .getContext('2d', { willReadFrequently: true });
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => [r, g, b]
    .map(c => c / 255).map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  let ground = [255, 255, 255, 255];
  for (let node = shown.parentElement; node; node = node.parentElement) {
    const colour = pixels(getComputedStyle(node).backgroundColor);
    if (colour[3] === 255) { ground = colour; break; }
  }
  const [dark, bright] = [light(pixels(style.outlineColor)), light(ground)].sort((a, b) => a - b);
  const middle = [box.left + Math.min(box.width / 2, 40),
    Math.max(box.top + Math.min(box.height / 2, 12), Math.min(box.bottom - 12, 100))];
  const top = document.elementFromPoint(...middle);
  return {
    name: `${element.tagName.toLowerCase()}.${element.className}: ` +
      (element.getAttribute('aria-label') ?? element.textContent.trim()).slice(0, 60),
    ring: style.outlineStyle !== 'none' ? parseFloat(style.outlineWidth) : 0,
    contrast: (bright + 0.05) / (dark + 0.05),
    inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 &&
      box.left < innerWidth,
    free: Boolean(top) && (shown.contains(top) || top.contains(shown) || element.contains(top)),
    y: box.top + scrollY, place: element.closest('#pst-primary-sidebar') ? 'chapters'
      : element.closest('.bd-header-article') ? 'bar' : element.closest('article') ? 'article'
      : element.closest('.prev-next-footer') ? 'next' : element.closest('#pst-secondary-sidebar')
      ? 'contents' : 'other',
  };
}"""


@pytest.fixture
def open_page(browser: Browser, site: Path) -> Iterator:
    contexts, all_faults = [], []

    def open_page(
        name: str = CHAPTER, width: int = 1280, scheme: str = "light", listening: bool = True
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
        )
        contexts.append(context)
        page = context.new_page()
        if listening:
            all_faults.append(listen(page))
        page.goto((site / name).as_uri(), wait_until="load")
        settle(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert all_faults == [[]] * len(all_faults)


def stops(page: Page, at_most: int = 400) -> list[dict]:
    """Every stop of the Tab key from the start of the page to its end."""
    found: list[dict] = []
    for _ in range(at_most):
        page.keyboard.press("Tab")
        said = page.evaluate(FOCUSED)
        if said is None or (found and said == found[0]):
            return found
        found.append(said)
    raise AssertionError(f"no end after {at_most} stops")


def unseen(found: list[dict]) -> list[str]:
    faults = []
    for stop in found:
        if stop["ring"] < 2 or stop["contrast"] < 3:
            faults.append(f"no ring: {stop['name']} {stop['ring']} {stop['contrast']:.1f}")
        if not stop["inside"] or not stop["free"]:
            faults.append(f"out of sight: {stop['name']}")
    return faults


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [(CHAPTER, 1280, "light"), (CHAPTER, 390, "dark"), ("book/your_paper.html", 1280, "dark"),
     ("book/your_paper.html", 390, "light")],
)  # fmt: skip
def test_every_stop_is_seen(open_page, name: str, width: int, scheme: str) -> None:
    found = stops(open_page(name, width, scheme))
    assert len(found) > 15
    assert unseen(found) == []


def test_the_order_is_that_of_the_page(open_page) -> None:
    found = stops(open_page())
    places = list(dict.fromkeys(stop["place"] for stop in found))
    assert places == ["other", "chapters", "bar", "article", "next", "contents"]
    article = [stop["y"] for stop in found if stop["place"] == "article"]
    # downwards, but for what stands side by side
    assert all(later > earlier - 120 for earlier, later in pairwise(article))


def test_every_control_is_reached(open_page) -> None:
    page = open_page()
    controls = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input, select, summary')]
          .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled)
          // of a group of choices one is a stop: the chosen one, or the first or last if none is
          .filter((e, i, all) => e.type !== 'radio' || e.checked || (
            !document.querySelector(`input[name="${e.name}"]:checked`)
            && all.find(other => other.name === e.name) === e)).length"""
    )
    found = stops(page)
    reached = [s for s in found if not s["name"].startswith(("div", "pre", "table"))]
    # the skip link is off the page until it has the focus
    assert abs(len(reached) - controls) <= 1


def test_a_bad_ring_would_be_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<style>:focus { outline: 0 }</style><a href='#x'>one</a>")
    assert unseen(stops(page))[0].startswith("no ring")
    page.close()


def test_the_first_stop_leads_to_the_text(open_page) -> None:
    page = open_page()
    page.keyboard.press("Tab")
    link = page.locator(".skip-link a")
    assert link.evaluate("e => e === document.activeElement")
    assert link.bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


# --- drawers and search -----------------------------------------------------------------------


def press(page: Page, selector: str, key: str = "Enter") -> None:
    page.locator(f"{selector}:visible").first.focus()
    page.keyboard.press(key)


def wait_for_focus(page: Page, selector: str) -> None:
    page.wait_for_function("s => document.activeElement?.matches(s)", arg=selector)


def is_focused(page: Page, selector: str) -> bool:
    return page.evaluate("s => document.activeElement?.matches(s) ?? false", selector)


@pytest.mark.parametrize(
    ("button", "dialog"),
    [
        (".primary-toggle", "#pst-primary-sidebar-modal"),
        (".secondary-toggle", "#pst-secondary-sidebar-modal"),
        (".search-button", "#pst-search-dialog"),
    ],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_opens_keeps_and_gives_back_the_focus(
    open_page, button: str, dialog: str, scheme: str
) -> None:
    page = open_page(width=390, scheme=scheme)
    press(page, button)
    opened = page.locator(dialog)
    opened.wait_for(state="visible")
    assert opened.get_attribute("aria-label")
    wait_for_focus(page, f"{dialog} *")
    seen = []
    for _ in range(8):
        page.keyboard.press("Tab")
        said = page.evaluate(FOCUSED)
        # between the last stop and the first the focus is on the browser itself
        assert said is None or is_focused(page, f"{dialog}, {dialog} *")
        seen += [said] if said and not is_focused(page, dialog) else []
    assert unseen(seen) == []
    page.keyboard.press("Escape")
    opened.wait_for(state="hidden")  # the browser closes it in its own time
    wait_for_focus(page, button)


def test_the_drawer_closes_by_its_button_and_says_so(open_page) -> None:
    page = open_page(width=390)
    toggle = page.locator(".primary-toggle:visible")
    assert toggle.get_attribute("aria-expanded") == "false"
    press(page, ".primary-toggle")
    assert toggle.get_attribute("aria-expanded") == "true"
    wait_for_focus(page, ".reread-close")
    page.keyboard.press("Space")
    assert toggle.get_attribute("aria-expanded") == "false"
    wait_for_focus(page, ".primary-toggle")
    press(page, ".primary-toggle")  # and once more: the theme has moved its content to and fro
    page.locator("#pst-primary-sidebar-modal .reread-brand").wait_for(state="visible")


def test_a_link_in_the_drawer_leads_to_its_place(open_page) -> None:
    page = open_page(width=390)
    press(page, ".secondary-toggle")
    press(page, "#pst-secondary-sidebar-modal li:nth-child(3) > a")
    page.locator("#pst-secondary-sidebar-modal").wait_for(state="hidden")
    goal = page.evaluate("decodeURIComponent(location.hash)")
    wait_for_focus(page, goal)
    top = page.locator(goal).bounding_box()["y"]
    assert 0 <= top < 300


def test_the_side_bar_goes_and_comes_on_a_wide_screen(open_page) -> None:
    page = open_page()
    toggle = page.locator(".primary-toggle:visible")
    assert toggle.get_attribute("aria-expanded") == "true"
    press(page, ".primary-toggle")
    assert toggle.get_attribute("aria-expanded") == "false"
    until(
        page,
        "getComputedStyle(document.querySelector('#pst-primary-sidebar')).visibility == 'hidden'",
    )
    wait_for_focus(page, ".primary-toggle")
    page.keyboard.press("Enter")
    assert toggle.get_attribute("aria-expanded") == "true"


def test_the_search_by_its_keys(open_page) -> None:
    page = open_page(listening=False)  # what the search finds is held by other tests
    page.locator(".prev-next-area a").first.focus()
    page.keyboard.press("Control+k")
    wait_for_focus(page, "#pst-search-dialog input")
    page.keyboard.press("Escape")
    wait_for_focus(page, ".prev-next-area a")
    page.keyboard.press("Control+k")
    page.keyboard.type("youden")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search.html?q=youden")


def test_light_and_dark_keep_the_focus_and_say_what_is_on(open_page) -> None:
    page = open_page()
    names = []
    page.locator(".theme-switch-button:visible").focus()
    for _ in range(3):
        page.keyboard.press("Enter")
        page.wait_for_timeout(50)
        assert is_focused(page, ".theme-switch-button")
        names.append(page.locator(".theme-switch-button:visible").get_attribute("aria-label"))
    assert len(set(names)) == 3


# --- what stands in a page --------------------------------------------------------------------


def test_folds_open_and_close(open_page) -> None:
    page = open_page()
    for index in range(page.locator("article details").count()):
        fold = page.locator("article details").nth(index)
        if not fold.is_visible():
            continue
        fold.locator("> summary").focus()
        page.keyboard.press("Enter")
        assert fold.evaluate("d => d.open")
        page.keyboard.press("Space")
        assert not fold.evaluate("d => d.open")


def test_a_wide_table_scrolls_by_the_arrow_keys(open_page) -> None:
    page = open_page("book/table1.html", width=390)
    page.evaluate("for (const d of document.querySelectorAll('details')) d.open = true")
    page.wait_for_timeout(200)
    box = page.locator('.reread-scroll[tabindex="0"]').first
    assert box.get_attribute("aria-label")
    box.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    until(page, "document.activeElement.scrollLeft > 0")


def test_the_ledger_by_keyboard(open_page) -> None:
    page = open_page(LEDGER)
    shown = page.locator(".reread-shown")
    everything = shown.inner_text()
    page.locator(".reread-choice input").first.focus()
    page.keyboard.press("Space")
    assert shown.inner_text() != everything
    said = []
    for _ in range(12):
        page.keyboard.press("Tab")
        said.append(page.evaluate(FOCUSED))
        if is_focused(page, ".reread-tool button"):
            break
    assert unseen(said) == []
    assert page.evaluate("document.activeElement.textContent") == "Show all"
    page.keyboard.press("Enter")
    assert shown.inner_text() == everything
    sort = page.locator(".reread-sort").first
    sort.focus()
    page.keyboard.press("Enter")
    assert sort.locator("xpath=..").get_attribute("aria-sort") == "ascending"
    page.locator('tr[id^="finding-"] summary').first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".reread-copies")
    page.keyboard.press("Tab")
    wait_for_focus(page, ".reread-copies button")
    assert unseen([page.evaluate(FOCUSED)]) == []
