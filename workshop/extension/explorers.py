"""A page with an explorer loads its script; other pages load none."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

_NAMED = re.compile(r'data-explorer="([a-z_]+)"')


def names_in(doctree: nodes.document) -> list[str]:
    """The explorers on a page, in its order."""
    found: dict[str, None] = {}
    for node in doctree.findall(nodes.raw):
        found.update(dict.fromkeys(_NAMED.findall(node.astext())))
    return list(found)


def load_scripts(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    if not isinstance(doctree, nodes.document) or not (names := names_in(doctree)):
        return
    for script in ("explorer.js", *(f"explorer_{name}.js" for name in names)):
        app.add_js_file(script, defer="defer")


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", load_scripts)
