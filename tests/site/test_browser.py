"""Every page, opened from the folder in a browser: complete, silent, and not wider than it."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.site.browsers import listen, open_all, settle
from tests.site.lost import faults_of, too_wide
from tests.site.test_links import A_FEW, PAGES

WIDTHS = (1280, 1920, 390, 320)  # the first is the one that the page is loaded at


# In the dark only colours differ, and axe looks at those of every page: a few are enough.
@pytest.mark.parametrize(
    ("name", "scheme"),
    [(name, "light") for name in PAGES if name != "index.html"] + [(n, "dark") for n in A_FEW],
)
def test_page(browser: Browser, site: Path, name: str, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": WIDTHS[0], "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    try:
        faults = listen(page)
        page.goto((site / name).as_uri(), wait_until="load")
        settle(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate("new Promise(done => setTimeout(done, 50))")
            look = faults_of if width == WIDTHS[0] else too_wide
            faults += [f"at {width}: {what}" for what in look(page)]
        open_all(page)  # at the narrowest
        faults += [f"opened: {what}" for what in too_wide(page)]
        assert faults == []
        assert page.evaluate("document.documentElement.dataset.theme") == scheme
    finally:
        context.close()


def test_the_folder_opens_at_the_front_page(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    page.wait_for_url((site / "book" / "index.html").as_uri())
    page.close()


def test_mathematics_is_drawn(browser: Browser, site: Path) -> None:
    """MathML that the browser lays out: a fraction is taller than its own letters."""
    page = browser.new_page()
    page.set_content("<math><mfrac><mi>x</mi><mi>n</mi></mfrac></math><math><mi>x</mi></math>")
    tall, low = (math.bounding_box()["height"] for math in page.locator("math").all())
    assert tall > 1.2 * low
    page.close()


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<script src="https://example.org/a.js"></script>', "asks for https://example.org/a.js"),
        ("<script>nothing.here()</script>", "script error: nothing is not defined"),
        ("<script>console.error('oh')</script>", "console: oh"),
    ],
)
def test_faults_would_be_found(browser: Browser, tmp_path: Path, body: str, fault: str) -> None:
    (tmp_path / "page.html").write_text(body, encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    faults = listen(page)
    page.goto((tmp_path / "page.html").as_uri())
    settle(page)
    context.close()
    assert fault in faults


def test_a_page_that_is_too_wide_would_be_found(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content('<main><div style="width: 3000px">wide</div></main>')
    assert too_wide(page)[0].startswith("3")
    page.close()
