"""The built pages as a reader's browser gets them: bytes, movement, time to the largest paint.

Each page is opened without a cache, from a local server that compresses, in Chromium.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workshop import chapters
from workshop.browser import find, started
from workshop.places import HTML
from workshop.serve import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_OBSERVE = """
window.moved = 0; window.painted = 0;
new PerformanceObserver(list => { for (const e of list.getEntries()) window.moved += e.value; })
  .observe({ type: "layout-shift", buffered: true });
new PerformanceObserver(list => { for (const e of list.getEntries()) window.painted = e.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
"""
KINDS = {"Document": "html", "Stylesheet": "css", "Script": "js", "Font": "fonts"}


@dataclass(frozen=True)
class Opened:
    """What opening one page took: bytes over the wire by kind, shift of the layout, seconds."""

    page: str
    kinds: dict[str, int] = field(default_factory=dict)
    shift: float = 0
    paint: float = 0

    @property
    def total(self) -> int:
        return sum(self.kinds.values())


def open_page(browser: Browser, address: str, name: str, width: int = 1280) -> Opened:
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.add_init_script(_OBSERVE)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    kind_of: dict[str, str] = {}
    kinds = dict.fromkeys([*KINDS.values(), "other"], 0)

    def finished(event: dict) -> None:
        kinds[kind_of.get(event["requestId"], "other")] += int(event["encodedDataLength"])

    session.on(
        "Network.responseReceived",
        lambda e: kind_of.update({e["requestId"]: KINDS.get(e["type"], "other")}),
    )
    session.on("Network.loadingFinished", finished)
    page.goto(address + name, wait_until="load")
    page.evaluate("document.fonts.ready.then(() => new Promise(done => setTimeout(done, 300)))")
    opened = Opened(
        name, kinds, page.evaluate("window.moved"), page.evaluate("window.painted") / 1000
    )
    context.close()
    return opened


def all_pages() -> list[str]:
    names = [f"{chapters.name_of(page)}.html" for page in chapters.pages()]
    return [*names, "search.html?q=recurrence", "genindex.html"]


def measure(html: Path = HTML, widths: tuple[int, ...] = (1280, 390)) -> None:
    """Print a line for each page; movement and time are the worst of both widths."""
    chromium = find()
    if chromium is None or not (html / "index.html").is_file():
        raise SystemExit("The site is measured in Chromium, from the built book (`make book`).")
    kinds = [*KINDS.values(), "other"]
    heads = "".join(f"{k + ', kB':>10}" for k in kinds)
    print(f"{'page':34}{heads}{'all, kB':>10}{'shift':>8}{'paint, s':>10}")
    with served(html, "/a/book/") as address, started(chromium) as browser:
        for name in all_pages():
            each = [open_page(browser, address, name, width) for width in widths]
            first = each[0]
            sizes = "".join(f"{first.kinds[k] / 1000:10.1f}" for k in kinds)
            print(
                f"{name:34}{sizes}{first.total / 1000:10.1f}"
                f"{max(o.shift for o in each):8.3f}{max(o.paint for o in each):10.2f}",
                flush=True,
            )


if __name__ == "__main__":
    measure()
