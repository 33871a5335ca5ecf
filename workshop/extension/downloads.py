"""What a reader can take home: the notebook of each page, and the page `{downloads}` tells of."""

from __future__ import annotations

import posixpath
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from workshop import downloads
from workshop.teaching.sheet import is_sheet


def _address(app: Sphinx) -> str:
    return str(app.config.html_baseurl or "")


def write_files(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """The files themselves, before the page that tells their sizes is read."""
    if downloads.PAGE in env.found_docs and app.builder.format == "html":
        downloads.write(Path(app.outdir, downloads.FOLDER), _address(app))


def offer_notebook(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    """Let the theme's download button offer the notebook that stands beside the text, with the
    cell that says what it needs."""
    notebook = Path(app.srcdir, pagename).with_suffix(".ipynb")
    if notebook.is_file():
        target = Path(app.outdir, "_sources", pagename).with_suffix(".ipynb")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(downloads.offered(notebook.read_bytes(), _address(app)))
        context["ipynb_source"] = f"{pagename}.ipynb"
        if is_sheet(pagename):
            target.with_name(
                posixpath.basename(downloads.to_fill_in(pagename)) + ".ipynb"
            ).write_bytes(downloads.offered(downloads.practice()[pagename], _address(app)))


class Downloads(SphinxDirective):
    """A table of one group of files: `{downloads} data`, with a `:caption:`."""

    required_arguments = 1
    option_spec = {"caption": directives.unchanged_required}  # noqa: RUF012 - docutils' way

    def run(self) -> list[nodes.Node]:
        offers = downloads.offers()
        group = self.arguments[0]
        if group not in offers:
            raise self.error(f"no group {group!r}, there are {', '.join(offers)}")
        folder = Path(self.env.app.outdir, downloads.FOLDER)
        here = posixpath.dirname(self.env.docname)
        body = []
        for offer in offers[group]:
            link = nodes.reference(
                "", offer.name, internal=True,
                refuri=posixpath.relpath(f"{downloads.FOLDER}/{offer.name}", here or "."),
            )  # fmt: skip
            size = downloads.in_words((folder / offer.name).stat().st_size)
            body.append(_row(link, offer.what, size, offer.licence))
        columns = nodes.tgroup(cols=4)
        columns += [nodes.colspec(colwidth=width) for width in (30, 45, 10, 15)]
        columns += nodes.thead("", _row("File", "What it is", "Size", "Licence"))
        columns += nodes.tbody("", *body)
        table = nodes.table("", columns, classes=["reread-downloads"])
        if "caption" in self.options:
            table.insert(0, nodes.title("", self.options["caption"]))
        return [table]


class WholeBook(SphinxDirective):
    """Its content stands until the book is published with its PDF and its zip file, whose links
    then stand in its place (`make publish`)."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        begin, end = (nodes.raw("", mark, format="html") for mark in downloads.WHOLE_BOOK)
        return [begin, *body.children, end]


class InstallLines(SphinxDirective):
    """The two lines that install what a single notebook needs, with the wheel's own name."""

    def run(self) -> list[nodes.Node]:
        text = "\n".join(f"python -m pip install {line}" for line in downloads.install_lines())
        return [nodes.literal_block(text, text, language="text")]


def _row(*cells: str | nodes.Node) -> nodes.row:
    return nodes.row(
        "",
        *(
            nodes.entry(
                "", nodes.paragraph("", "", nodes.Text(cell) if isinstance(cell, str) else cell)
            )
            for cell in cells
        ),
    )


def setup(app: Sphinx) -> None:
    app.add_directive("downloads", Downloads)
    app.add_directive("whole-book", WholeBook)
    app.add_directive("install-lines", InstallLines)
    app.connect("env-before-read-docs", write_files)
    # Before the theme draws its buttons (Sphinx's default priority is 500).
    app.connect("html-page-context", offer_notebook, priority=100)
