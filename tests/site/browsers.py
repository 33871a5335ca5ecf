"""What the tests of pages in a browser share."""

from playwright.sync_api import Page


def listen(page: Page) -> list[str]:
    """Collect what a page must not do: ask elsewhere, fail, complain."""
    faults: list[str] = []

    def note_request(request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:", "http://127.0.0.1")):
            faults.append(f"asks for {request.url}")

    page.on("request", note_request)

    def note_failure(request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left for another page before it arrived
            faults.append(f"does not find {request.url}")

    page.on("requestfailed", note_failure)
    page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
    page.on(
        "console",
        lambda message: (
            faults.append(f"console: {message.text}")
            if message.type in ("error", "warning")
            else None
        ),
    )
    return faults


def settle(page: Page) -> None:
    """Wait for the fonts and for what the scripts do after loading (not for an idle network,
    which Playwright now and then waits for in vain on pages from a folder)."""
    page.evaluate("document.fonts.ready.then(() => new Promise(done => setTimeout(done, 150)))")


def until(page: Page, true: str) -> None:
    """Wait until an expression is true (`wait_for_function` takes a function or, against the
    policy of the pages, a text to evaluate in the page)."""
    for _ in range(200):
        if page.evaluate(true):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never true: {true}")


def open_all(page: Page) -> None:
    """Open every fold of a page."""
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
