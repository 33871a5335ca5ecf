"""What readers of a page who do not see it need: landmarks, names, and heads of tables.

The theme's own parts are mended in `templates/`; here is what docutils writes. The script and the
sheet that go with it are `reach.js` and `reach.css`.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxTranslator

AFTER_OUR_OTHER_SHEETS = 900  # those of _config.yml have 800


def name_of(table: nodes.table) -> str | None:
    """A table without a caption is named after its section, the second one there with a number."""
    if any(isinstance(child, nodes.title) for child in table.children):
        return None
    section = table.parent
    while section is not None and not isinstance(section, nodes.section):
        section = section.parent
    if section is None:
        return "Table"
    title = section.next_node(nodes.title)
    name = title.astext() if title is not None else "Table"
    unnamed = [t for t in section.findall(nodes.table) if not t.next_node(nodes.title)]
    place = unnamed.index(table) + 1 if table in unnamed else 1
    return name if place == 1 else f"{name} ({place})"


def _add(tag: str, name: str, attributes: str) -> str:
    return re.sub(rf"<{name}\b", f"<{name} {attributes}", tag, count=1)


def visit_table(self: SphinxTranslator, node: nodes.table) -> None:
    if "reread-table" not in node["classes"]:
        node["classes"].append("reread-table")  # one look for all tables of the book
    type(self).visit_table(self, node)
    if (name := name_of(node)) is not None:
        said = f'aria-label="{self.attval(name)}"'
        self.body[-1] = _add(self.body[-1], "table", said)
        # the box in which the theme lets it scroll: a stop for the keyboard, with a name
        self.body[-2] = _add(self.body[-2], "div", f'tabindex="0" role="group" {said}')


def depart_table(self: SphinxTranslator, node: nodes.table) -> None:
    type(self).depart_table(self, node)


def visit_entry(self: SphinxTranslator, node: nodes.entry) -> None:
    type(self).visit_entry(self, node)
    heads_column = isinstance(node.parent.parent, nodes.thead)
    self.body[-1] = _add(self.body[-1], "th", f'scope="{"col" if heads_column else "row"}"')


def depart_entry(self: SphinxTranslator, node: nodes.entry) -> None:
    type(self).depart_entry(self, node)


def visit_citation(self: SphinxTranslator, node: nodes.citation) -> None:
    # docutils gives each the role `doc-biblioentry`, which is deprecated and fits no list
    if not isinstance(node.previous_sibling(), nodes.citation):
        self.body.append('<div role="list" class="citation-list">\n')
    self.body.append(self.starttag(node, "div", CLASS="citation", role="listitem"))


def depart_citation(self: SphinxTranslator, node: nodes.citation) -> None:
    self.body.append("</div>\n")
    if not isinstance(node.next_node(descend=False, siblings=True), nodes.citation):
        self.body.append("</div>\n")


def name_folds(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """The theme gives a page with pages below it a fold in the side bar, without a name."""
    drawn = context.get("generate_toctree_html")
    if drawn is not None:
        context["generate_toctree_html"] = lambda *args, **kwargs: str(
            drawn(*args, **kwargs)
        ).replace("<summary>", '<summary aria-label="The pages below">')


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", name_folds, priority=AFTER_OUR_OTHER_SHEETS)  # after the theme
    app.add_node(nodes.table, override=True, html=(visit_table, depart_table))
    app.add_node(nodes.entry, override=True, html=(visit_entry, depart_entry))
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    app.add_css_file("reach.css", priority=AFTER_OUR_OTHER_SHEETS)
    app.add_js_file("reach.js", defer="defer")
