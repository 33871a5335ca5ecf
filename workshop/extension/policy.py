"""A content-security policy on every page: nothing runs or loads but what the book ships.

It holds from a folder too, where a page has no origin: browsers take `'self'` for the files
there. Style attributes are allowed, since plots and formulas carry them; a script in the page, or
in an attribute, is not, and nothing is fetched.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data:",
    "font-src": "'self' data:",  # data: for letters.css, see letters.py
    "connect-src": "'none'",
    "form-action": "'self'",
    "base-uri": "'none'",
}
# What a page cannot say about itself, and a server can.
SERVER_ONLY = {"frame-ancestors": "'none'"}
EARLY = "page.js"
HEADERS = "_headers"

# Inline scripts of the theme and of extensions. Nothing shipped reads what they set: the page's
# name and searching while typing belong to parts of the theme that are off.
_NEEDLESS = re.compile(
    r"DOCUMENTATION_OPTIONS\.(pagename|search_as_you_type) = |toggleHint|toggleOpenOnPrint"
    r"|togglebuttonSelector"
)
_HANDLER = re.compile(r"""(<[a-z][^<>]*?)\s+on[a-z]+\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_PRINT = '"window.print()"'


def in_words(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def meta(policy: dict[str, str] = POLICY) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{in_words(policy)}" />'


def headers() -> str:
    """The same for a server, in the form that several hosts read from the folder itself.

    The slides, whole in one file each, hold one script, which their own policy names by its hash;
    what a server says must allow it too."""
    from workshop.slides.deck import script_hash  # late: slides are written with this extension

    script = {"script-src": f"{POLICY['script-src']} '{script_hash()}'"}
    return (
        "/*\n"
        f"  Content-Security-Policy: {in_words(POLICY | script | SERVER_ONLY)}\n"
        "  X-Content-Type-Options: nosniff\n"
        "  Referrer-Policy: no-referrer\n"
    )


def put_first(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """The policy stands before anything that it governs; then light or dark is set."""
    script = context["pathto"](f"_static/{EARLY}", resource=True)
    context["metatags"] = (
        f'\n{meta()}\n<meta name="referrer" content="no-referrer" />\n'
        f'<script src="{script}"></script>\n{context.get("metatags", "")}'
    )


def drop_inline_scripts(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    kept = []
    for script in context["script_files"]:
        body = getattr(script, "attributes", {}).get("body") or ""
        if not body:
            kept.append(script)
        elif not _NEEDLESS.search(body):
            logger.warning("%s: the policy forbids the inline script %r", pagename, body[:80])
    context["script_files"] = kept


def without_handlers(html: str) -> str:
    """The theme's print button, with a mark for page.js in place of its handler."""

    def replace(found: re.Match[str]) -> str:
        if found[2] != _PRINT:
            raise ValueError(f"the policy forbids the event handler {found[2]}")
        return f"{found[1]} data-print"

    return _HANDLER.sub(replace, html)


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", drop_inline_scripts, priority=900)
    app.connect("html-page-context", put_first, priority=950)
