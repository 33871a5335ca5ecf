"""What the tests of all explorers share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.site.browsers import listen, settle

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}


@contextmanager
def opened(
    browser: Browser, site: Path, chapter: str, name: str, **how: Any
) -> Iterator[tuple[Page, Locator, list[str]]]:
    """The page of a chapter, its explorer, and what the page must not do."""
    context = browser.new_context(offline=True, **how)
    page = context.new_page()
    faults = listen(page)
    page.goto((site / f"{chapter}.html").as_uri())
    if how.get("java_script_enabled", True):  # else no timer would ever ring
        settle(page)
    root = page.locator(f'[data-explorer="{name}"]')
    root.scroll_into_view_if_needed()
    yield page, root, faults
    context.close()


def set_slider(page: Page, slider: Locator, value: int) -> None:
    """As a drag does: the value, and the event."""
    slider.evaluate(
        """(input, value) => {
          input.value = value;
          input.dispatchEvent(new Event("input", { bubbles: true }));
        }""",
        value,
    )


def inline_code(root: Locator) -> list[str]:
    """Scripts and handlers inside an explorer that a strict policy would refuse."""
    return root.evaluate(
        """root => [root, ...root.querySelectorAll("*")].flatMap(element => [
          ...[...element.attributes].filter(a => a.name.startsWith("on")).map(a => a.name),
          ...(element.localName === "script" && element.type !== "application/json" ? ["script"] : []),
        ])"""
    )


def missing_parts(root: Locator) -> list[str]:
    """What a figure without scripts lacks."""
    wanted = {
        "drawing": "svg[role=img]", "title": "svg > title", "words": "svg > desc",
        "what moves": "svg .reread-explorer-still", "table": "table",
    }  # fmt: skip
    return [part for part, css in wanted.items() if root.locator(css).count() == 0]
