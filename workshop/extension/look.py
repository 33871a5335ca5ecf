"""The site's own look: its templates, its mark, and the lane that a reader chose."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

TEMPLATES = Path(__file__).with_name("templates")
MARK = "logo.svg"
EARLY = "lane.js"  # before the first drawing: else the page would move when the folds open


def use_templates(app: Sphinx, config: Config) -> None:
    config.templates_path.insert(0, str(TEMPLATES))  # the theme brings some of the same names
    config.html_favicon = f"book/_static/{MARK}"


def read_lane_early(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    script = context["pathto"](f"_static/{EARLY}", resource=True)
    context["metatags"] = context.get("metatags", "") + f'<script src="{script}"></script>\n'


def setup(app: Sphinx) -> None:
    app.connect("config-inited", use_templates)
    app.connect("html-page-context", read_lane_early)
