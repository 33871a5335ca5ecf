"""The policy holds on every page, from a folder and below a path of a server, without a network."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser, BrowserContext, Page

from tests.site.browsers import listen, settle
from tests.site.test_links import A_FEW, PAGES, parsed
from workshop.extension import policy
from workshop.serve import served

EVERY = [*PAGES, "404.html"]
DATA = {"application/json", "application/ld+json"}  # never run
NOTE_VIOLATIONS = """window.violations = [];
addEventListener("securitypolicyviolation",
  (e) => window.violations.push(`${e.effectiveDirective}: ${e.blockedURI} ${e.sample}`));"""


def inline(soup: BeautifulSoup) -> list[str]:
    scripts = [
        str(tag)[:80]
        for tag in soup.find_all("script", src=False)
        if (tag.get("type") or "") not in DATA
    ]
    handlers = [
        f"{name} of {tag.name}"
        for tag in soup.find_all(True)
        for name in tag.attrs
        if name.startswith("on")
    ]
    addresses = [
        tag[name]
        for tag in soup.find_all(True)
        for name in ("href", "src", "action", "formaction")
        if str(tag.get(name, "")).lstrip().lower().startswith("javascript:")
    ]
    return scripts + handlers + addresses


@pytest.mark.parametrize("name", EVERY)
def test_no_page_holds_a_script(site: Path, name: str) -> None:
    assert inline(parsed(site / name)) == []


@pytest.mark.parametrize("name", EVERY)
def test_the_policy_stands_before_all_that_it_governs(site: Path, name: str) -> None:
    head = parsed(site / name).head
    found = head.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
    assert len(found) == 1
    assert "default-src 'none'" in found[0]["content"]
    assert "unsafe-eval" not in found[0]["content"]
    script = re.search(r"script-src ([^;]*)", found[0]["content"])
    assert script[1] in ("'self'", "'none'")
    assert found[0].find_all_previous(["script", "link", "style"]) == []


def test_no_script_evaluates_text(site: Path) -> None:
    scripts = {path: path.read_text("utf-8") for path in (site / "_static").rglob("*.js")}
    assert scripts
    evaluates = re.compile(
        r"\beval\(|new Function\(|\bFunction\(['\"]|set(?:Timeout|Interval)\(['\"]"
    )
    apart = {
        "searchtexts.js",  # what the pages say, which may be code
        "doctools.js",  # a rule for plurals, in translated books only: this one has no catalogue
    }
    assert [p.name for p, t in scripts.items() if p.name not in apart and evaluates.search(t)] == []


def test_servers_find_the_policy_in_the_folder(site: Path) -> None:
    text = (site / policy.HEADERS).read_text("utf-8")
    [said] = re.findall("Content-Security-Policy: (.*)", text)
    told = dict(part.split(" ", 1) for part in said.split("; "))
    # the one script of the slides, by its hash, and nothing else beyond what a page allows itself
    script = told.pop("script-src")
    assert re.fullmatch(r"'self' 'sha256-[A-Za-z0-9+/]{43}='", script)
    assert (
        told == {k: v for k, v in policy.POLICY.items() if k != "script-src"} | policy.SERVER_ONLY
    )
    assert "frame-ancestors 'none'" in text


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    with served(site, "/below/a path/") as address:
        yield address.replace(" ", "%20")


@pytest.fixture(scope="module")
def watched(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    context.add_init_script(NOTE_VIOLATIONS)
    yield context
    context.close()


def faults_at(context: BrowserContext, address: str) -> list[str]:
    page = context.new_page()
    faults = listen(page)
    page.goto(address)
    settle(page)
    found = faults + page.evaluate("window.violations")
    page.close()
    return found


# From a folder every page is opened by test_browser, where a breach is an error of the console.
@pytest.mark.parametrize("name", A_FEW)
def test_nothing_breaks_the_policy_on_a_server(
    watched: BrowserContext, server: str, name: str
) -> None:
    assert faults_at(watched, server + name) == []


@pytest.mark.parametrize("place", ["folder", "server"])
@pytest.mark.parametrize(
    ("what", "directive"),
    [
        ("document.body.append(Object.assign(document.createElement('script'), {text: '1'}))",
         "script-src-elem"),
        ("document.body.setAttribute('onclick', '1'); document.body.click()", "script-src-attr"),
        ("setTimeout('1')", "script-src"),
        ("fetch('reread.js').catch(() => {})", "connect-src"),
        ("new Image().src = 'https://example.org/a.png'", "img-src"),
    ],
)  # fmt: skip
def test_the_policy_is_in_force(
    watched: BrowserContext, site: Path, server: str, place: str, what: str, directive: str
) -> None:
    """What a page must not do is refused, from a folder as from a server."""
    page = watched.new_page()
    root = server if place == "server" else f"{site.as_uri()}/"
    page.goto(f"{root}book/glossary.html")
    # evaluated by the page's own scripts, not by the debugger
    page.evaluate(f"() => {{ {what} }}")
    page.wait_for_timeout(200)
    assert directive in "".join(page.evaluate("window.violations"))
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("chosen", [None, "light", "dark", "auto"])
def test_the_right_theme_from_the_first_drawing(
    browser: Browser, site: Path, scheme: str, chosen: str | None
) -> None:
    """Noted when the body begins, before anything is drawn; the theme's script agrees later."""
    context = browser.new_context(color_scheme=scheme)
    if chosen:
        context.add_init_script(f"localStorage.setItem('mode', '{chosen}')")
    context.add_init_script(
        """new MutationObserver((_, observer) => {
          if (!document.body) return;
          window.atFirst = document.documentElement.dataset.theme;
          observer.disconnect();
        }).observe(document, { childList: true, subtree: true });"""
    )
    page: Page = context.new_page()
    page.goto((site / "book" / "fairness.html").as_uri())
    settle(page)
    wanted = chosen if chosen in ("light", "dark") else scheme
    assert page.evaluate("window.atFirst") == wanted
    assert page.evaluate("document.documentElement.dataset.theme") == wanted
    assert page.evaluate("document.documentElement.dataset.mode") == (chosen or "auto")
    context.close()


def test_the_switch_of_the_theme_still_works(browser: Browser, site: Path) -> None:
    page = browser.new_page(color_scheme="light")
    page.goto((site / "book" / "fairness.html").as_uri())
    seen = set()
    for _ in range(3):
        page.locator(".theme-switch-button").click()
        seen.add(page.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"light", "dark", "auto"}
    page.close()


def test_the_button_prints(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.add_init_script("window.print = () => { window.printed = true; }")
    page.goto((site / "book" / "fairness.html").as_uri())
    page.get_by_role("button", name="Download this page").click()
    page.locator("[data-print]").click()
    assert page.evaluate("window.printed") is True
    page.close()


def test_an_unknown_handler_is_refused() -> None:
    with pytest.raises(ValueError, match="toggleFullScreen"):
        policy.without_handlers('<button onclick="toggleFullScreen()">')


def test_inline_scripts_would_be_found() -> None:
    html = '<a href="javascript:x()" onclick="y()"></a><script>z()</script>'
    assert len(inline(BeautifulSoup(html, "html.parser"))) == 3
    data = '<script type="application/json">{}</script><script src="a.js"></script>'
    assert inline(BeautifulSoup(data, "html.parser")) == []
