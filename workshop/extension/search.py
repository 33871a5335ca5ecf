"""Excerpts beside the hits of a search, from a folder too.

Sphinx's search fetches each page that it found, which browsers refuse for files. Here the texts of
all pages are written to one script while the book is built; only the search page loads it.
"""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

TEXTS = "searchtexts.js"
_LEFT_OUT = {"script", "style", "svg", "button"}
_VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source",
         "track", "wbr"}  # fmt: skip
_WITHIN_A_WORD = {"a", "abbr", "b", "code", "em", "i", "span", "strong", "sub", "sup", "math", "mi",
                  "mn", "mo", "mrow", "mtext"}  # fmt: skip


def _is_aside(classes: str) -> bool:
    """Marks of headings, and folded code."""
    return "headerlink" in classes or "above-input" in classes


class _Sections(HTMLParser):
    """The text of a page, by the section in which it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.sections: list[tuple[str, list[str]]] = [("", [])]
        self._open: list[str] = []  # ids of the sections around
        self._left_out: list[str] = []  # elements inside one that is left out

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag in _VOID:
            self._space(tag)
        elif self._left_out or tag in _LEFT_OUT or _is_aside(given.get("class") or ""):
            self._left_out.append(tag)
        elif tag == "section":
            self._open.append(given.get("id") or "")
            self.sections.append((self._open[-1], []))
        else:
            self._space(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._left_out:
            if tag == self._left_out[-1]:
                self._left_out.pop()
        elif tag == "section" and self._open:
            self._open.pop()
            # what follows belongs to the section around
            self.sections.append((self._open[-1] if self._open else "", []))
        else:
            self._space(tag)

    def handle_data(self, data: str) -> None:
        if not self._left_out:
            self.sections[-1][1].append(data)

    def _space(self, tag: str) -> None:
        if tag not in _WITHIN_A_WORD and not self._left_out:
            self.sections[-1][1].append(" ")


def texts_of(body: str) -> list[tuple[str, str]]:
    """Id and text of every section of a page, in its order."""
    parser = _Sections()
    parser.feed(body)
    parser.close()
    joined = ((name, " ".join("".join(text).split())) for name, text in parser.sections)
    return [(name, text) for name, text in joined if text]


def as_script(texts: dict[str, list[tuple[str, str]]]) -> str:
    data = json.dumps(texts, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return f"const SEARCH_TEXTS = {data};\n"


def keep_text(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    if isinstance(doctree, nodes.document):
        app.search_texts[pagename] = texts_of(context["body"])  # type: ignore[attr-defined]


def write_texts(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        target = Path(app.outdir, "_static", TEXTS)
        target.write_text(as_script(app.search_texts), "utf-8")  # type: ignore[attr-defined]


def fetch_nothing(app: Sphinx, config: Config) -> None:
    config.html_show_search_summary = False
    app.search_texts = {}  # type: ignore[attr-defined]


def setup(app: Sphinx) -> None:
    app.connect("config-inited", fetch_nothing)
    app.connect("html-page-context", keep_text)
    app.connect("build-finished", write_texts)
