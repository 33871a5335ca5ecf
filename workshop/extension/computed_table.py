"""A number, a caption and a target for a table that a cell has glued."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from myst_nb.core.variables import RetrievalError, render_variable_outputs
from myst_nb.ext.glue.utils import glue_warning, retrieve_glue_data
from myst_nb.ext.utils import DirectiveBase
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxTranslator


class computed_table(nodes.General, nodes.Element):  # noqa: N801 - docutils names nodes so
    """Caption first, then the rendered output."""


class sheet_caption(nodes.caption):  # noqa: N801
    """A caption that carries the link to its table, which Sphinx gives to figures only."""


class ComputedTable(DirectiveBase):
    """The counterpart of `{glue:figure}` for tables: caption as body, `:name:` as target."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {
        "name": directives.unchanged_required,
        "class": directives.class_option,
    }

    def run(self) -> list[nodes.Node]:
        key = self.arguments[0]
        try:
            data = retrieve_glue_data(self.document, key)
        except RetrievalError as error:
            return self._refuse(str(error))
        if "text/html" not in data.data:
            return self._refuse(f"the glued object {key!r} has no HTML")
        if "name" not in self.options:
            return self._refuse(f"the computed table {key!r} needs a :name: to be numbered")

        body = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, body)
        if not body.children or not isinstance(body[0], nodes.paragraph):
            return self._refuse(f"the computed table {key!r} needs a caption")

        table = computed_table(classes=self.options.get("class", []))
        table += sheet_caption(body[0].rawsource, "", *body[0].children)
        table += nodes.container(
            "",
            *render_variable_outputs([data], self.document, self.line, self.source),
            classes=["table-scroll"],
        )
        if len(body) > 1:
            table += nodes.legend("", *body[1:])
        self.set_source_info(table)
        self.add_name(table)
        return [table]

    def _refuse(self, message: str) -> list[nodes.Node]:
        return [glue_warning(message, self.document, self.line)]


def caption_of(node: nodes.Node) -> str:
    return node[0].astext()


def visit_computed_table(self: SphinxTranslator, node: computed_table) -> None:
    self.body.append(self.starttag(node, "figure", CLASS="computed-table"))


def depart_computed_table(self: SphinxTranslator, node: computed_table) -> None:
    self.body.append("</figure>\n")


def visit_sheet_caption(self: SphinxTranslator, node: sheet_caption) -> None:
    self.body.append("<figcaption>\n<p>")
    self.add_fignumber(node.parent)
    self.body.append(self.starttag(node, "span", "", CLASS="caption-text"))


def depart_sheet_caption(self: SphinxTranslator, node: sheet_caption) -> None:
    self.body.append("</span>")
    self.add_permalink_ref(node.parent, "Link to this table")
    self.body.append("</p>\n</figcaption>\n")


def setup(app: Sphinx) -> None:
    app.add_enumerable_node(
        computed_table,
        "table",  # counted together with tables written in Markdown
        caption_of,
        html=(visit_computed_table, depart_computed_table),
    )
    app.add_node(sheet_caption, html=(visit_sheet_caption, depart_sheet_caption))
    app.add_directive("computed-table", ComputedTable)
