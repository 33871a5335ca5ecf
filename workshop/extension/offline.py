"""Keep the pages whole without a network: nothing is asked of another host."""

from __future__ import annotations

import shutil
from pathlib import Path
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


def offer_notebook(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Let the theme's download button offer the notebook that stands beside the text."""
    notebook = Path(app.srcdir, pagename).with_suffix(".ipynb")
    if notebook.is_file():
        target = Path(app.outdir, "_sources", pagename).with_suffix(".ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebook, target)
        context["ipynb_source"] = f"{pagename}.ipynb"


def setup(app: Sphinx) -> None:
    # Before the theme draws its buttons (Sphinx's default priority is 500).
    app.connect("html-page-context", offer_notebook, priority=100)
    # After the extension that adds them.
    app.connect("html-page-context", drop_thebe_scripts, priority=900)
    app.connect("doctree-resolved", drop_thebe_settings, priority=900)
