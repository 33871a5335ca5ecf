"""Links that open a chapter on a server of others, made from the repository's address.

The theme's own buttons would replace the notebook that the page offers, so they stay off.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from docutils import nodes
from sphinx.application import Sphinx

from workshop.facts import repository

BINDER = "https://mybinder.org/v2"
COLAB = "https://colab.research.google.com"
_BRANCH = "main"


def links(address: str, notebook: str) -> dict[str, str]:
    """Where `notebook` (a path in the repository) can be opened, by name; nothing without an
    address. Colab reads from GitHub only."""
    parts = urlsplit(address)
    owner_and_name = parts.path.strip("/").removesuffix(".git")
    if not owner_and_name:
        return {}
    opened = f"?urlpath=lab/tree/{quote(notebook)}"
    if parts.hostname == "github.com":
        return {
            "Binder": f"{BINDER}/gh/{owner_and_name}/{_BRANCH}{opened}",
            "Colab": f"{COLAB}/github/{owner_and_name}/blob/{_BRANCH}/{quote(notebook)}",
        }
    if parts.hostname == "gitlab.com":
        return {"Binder": f"{BINDER}/gl/{quote(owner_and_name, safe='')}/{_BRANCH}{opened}"}
    return {"Binder": f"{BINDER}/git/{quote(address, safe='')}/{_BRANCH}{opened}"}


def add_links(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    notebook = Path(app.srcdir, pagename).with_suffix(".ipynb")
    if doctree is None or not notebook.is_file():
        return
    found = links(repository(Path(app.srcdir)), f"{pagename}.ipynb")
    if found:
        buttons = [{"type": "link", "text": name, "url": url} for name, url in found.items()]
        context["header_buttons"].insert(
            0,
            {
                "type": "group",
                "tooltip": "Run this chapter on another server",
                "icon": "fas fa-play",
                "buttons": buttons,
                "label": "launch-buttons",
            },
        )


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", add_links, priority=510)  # after the theme's own buttons
