"""Five pages in four settings, kept under _build/screenshots for whoever looks at a change."""

from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.site.browsers import settle
from workshop.places import HTML

PAGES = ("index", "verdicts", "table1", "coherence", "cutoff")
SETTINGS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
FOLDER = HTML.parent / "screenshots"


LONGEST = 4000  # pixels of a picture: the ledger alone is forty screens long


@pytest.mark.parametrize(("width", "scheme"), SETTINGS)
@pytest.mark.parametrize("name", PAGES)
def test_screenshot(browser: Browser, site: Path, name: str, width: int, scheme: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{name}-{width}-{scheme}.png"
    context = browser.new_context(
        viewport={"width": width, "height": LONGEST}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto((site / "book" / f"{name}.html").as_uri())
    settle(page)
    page.screenshot(path=file)
    context.close()
    with Image.open(file) as picture:
        assert picture.width == width
        assert picture.height > 900
        ground = picture.convert("RGB").getpixel((width // 2, 5))
        # a page in the wrong scheme, or a blank one, is no picture of it
        assert (sum(ground) > 600) == (scheme == "light")
        assert len(picture.convert("L").crop((0, 0, width, 900)).getcolors(256) or []) > 20
