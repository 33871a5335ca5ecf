"""Keep the pages whole without a network: nothing is asked of another host."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx


def drop_thebe_scripts(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Jupyter Book always loads sphinx-thebe, whose scripts name an outside address and fail."""
    context["script_files"] = [
        script
        for script in context["script_files"]
        if "thebe" not in f"{getattr(script, 'filename', '')} {script.attributes.get('body', '')}"
    ]


def drop_thebe_settings(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for node in list(doctree.findall(nodes.raw)):
        if "x-thebe-config" in node.astext() or node.astext().startswith("<script>kernelName"):
            node.parent.remove(node)


def setup(app: Sphinx) -> None:
    # After the extension that adds them.
    app.connect("html-page-context", drop_thebe_scripts, priority=900)
    app.connect("doctree-resolved", drop_thebe_settings, priority=900)
