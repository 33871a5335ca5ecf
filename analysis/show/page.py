"""One page in one file: the book's style sheet and script inside, nothing asked of any host."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from markupsafe import Markup

from analysis.shipped import STATIC
from analysis.show.palette import css_by_preference
from analysis.show.tables import template

OWN_SHEET = Path(__file__).with_name("page.css")

# The policy names the one script by its hash: no other runs, wherever it came from.
_PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; \
style-src 'unsafe-inline'; script-src '{{ hash }}'; img-src data:; base-uri 'none'; \
form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{{ title }}</title>
<style>
{{ style }}</style>
</head>
<body>
<a class="reread-skip" href="#content">To the content</a>
<main class="bd-article reread-page" id="content">
{{ body }}
</main>
<script>{{ script }}</script>
</body>
</html>
"""


def page(title: str, body: Markup) -> str:
    """`body` as a page that stands alone: whole without a script, light or dark as the
    reader's system is.

    Raises OSError if the style sheet or the script of the book cannot be read.
    """
    script = (STATIC / "reread.js").read_text("utf-8")
    sheet = (STATIC / "reread.css").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    style = sheet + css_by_preference() + OWN_SHEET.read_text("utf-8")
    return template(_PAGE).render(
        title=title,
        hash=Markup(f"sha256-{digest}"),
        style=Markup(style),
        script=Markup(script),
        body=body,
    )
