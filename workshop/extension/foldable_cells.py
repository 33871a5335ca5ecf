"""Every cell of code is folded; the tag `show-input` starts it open, and so does `exercise`.

MyST-NB folds tagged cells only, and always closed. `<details>` works without JavaScript.
"""

from __future__ import annotations

from html import escape

from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode, HideInputCells
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxTranslator

OPENED = ("show-input", "exercise")
# Cells of an exercise that are put away with what they show, under words of their own.
WHOLE = {
    "solution": ("Solution in code", "Hide the solution"),
    "check": ("Checks of the solution", "Hide the checks"),
}
# The cell that a reader fills in must not be taken for one that is given.
TO_FILL_IN = ("Show the cell to fill in", "The cell to fill in")
SILENT = "silent"  # a cell that shows nothing: put away for readers without code


class FoldEveryCell(SphinxPostTransform):
    default_priority = HideInputCells.default_priority - 1
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        cells = [n for n in self.document.findall(nodes.container) if is_cell(n)]
        for tag in WHOLE:
            _join([cell for cell in cells if has_tag(cell, tag)])
        for cell in cells:
            if not any("cell_output" in part["classes"] for part in cell.findall(nodes.container)):
                cell["classes"].append(SILENT)
            if words := next((w for tag, w in WHOLE.items() if has_tag(cell, tag)), None):
                cell["hide_mode"] = "all"
                cell["prompt_show"], cell["prompt_hide"] = words
            if not cell.get("hide_mode"):
                cell["hide_mode"] = "input"
            if cell["hide_mode"] == "input":
                words = (
                    TO_FILL_IN if has_tag(cell, "exercise") else ("Show the code", "Hide the code")
                )
                cell["prompt_show"], cell["prompt_hide"] = words


def is_cell(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and node.get("nb_element") == "cell_code"


def _join(cells: list[nodes.container]) -> None:
    """Cells that follow one another become one, so that one line opens them all."""
    for cell in reversed(cells):
        place = cell.parent.index(cell)
        before = cell.parent[place - 1] if place else None
        if any(before is other for other in cells):
            before += cell.children
            cell.parent.remove(cell)


def has_tag(cell: nodes.Element, tag: str) -> bool:
    return f"tag_{tag}" in cell["classes"]


def visit_foldable(self: SphinxTranslator, node: HideCodeCellNode) -> None:
    whole = node["prompt_show"] in {show for show, _ in WHOLE.values()}
    classes = " ".join(["admonition", "hide", *node["classes"], *["put-away"] * whole])
    # MyST-NB gives what it folds whole no parent
    is_open = " open" if not whole and any(has_tag(node.parent, tag) for tag in OPENED) else ""
    # As MyST-NB writes it, but without its aria-label, which contradicts the words on show.
    self.body.append(
        f'<details{is_open} class="{classes}">\n<summary>\n'
        f'<p class="collapsed admonition-title">{escape(node["prompt_show"])}</p>\n'
        f'<p class="expanded admonition-title">{escape(node["prompt_hide"])}</p>\n'
        "</summary>\n"
    )


def depart_foldable(self: SphinxTranslator, node: HideCodeCellNode) -> None:
    self.body.append("</details>\n")


def setup(app: Sphinx) -> None:
    app.add_post_transform(FoldEveryCell)
    app.add_node(HideCodeCellNode, override=True, html=(visit_foldable, depart_foldable))
