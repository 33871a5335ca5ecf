"""Mathematics as MathML, written at build time: browsers draw it without a script.

latex2mathml passes unknown commands and environments on as text, so they are looked for here
and reported with file and line.
"""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from docutils import nodes
from latex2mathml.converter import convert_to_element
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxTranslator
from sphinx.util.math import get_node_equation_number

logger = logging.getLogger(__name__)

ENVIRONMENTS = {
    "align", "align*", "aligned", "array", "bmatrix", "cases", "equation", "equation*",
    "matrix", "pmatrix", "split", "vmatrix",
}  # fmt: skip
# latex2mathml has no `aligned`, and numbers the rows of `align` itself.
_RENAMED = {"aligned": "align*", "align": "align*"}
_NEGATIVE_SPACES = {"negativethinmathspace": "-0.167em"}
_MISTAKEN_FOR_NAMES = {"±", "∓"}
_ACCENTS = {"^", "¯", "~"}


class UnknownLatex(ValueError):
    """LaTeX that would reach the page as raw source."""


def to_mathml(latex: str, display: str) -> str:
    """A `<math>` element for `latex`; raises UnknownLatex on what it cannot draw."""
    without_escapes = re.sub(r"\\[\\{}]", "", latex)
    if without_escapes.count("{") != without_escapes.count("}"):
        raise UnknownLatex("unbalanced braces")
    unknown = set(re.findall(r"\\begin\{([^}]*)\}", latex)) - ENVIRONMENTS
    if unknown:
        raise UnknownLatex("unknown environment " + ", ".join(sorted(unknown)))
    source = re.sub(
        r"\\(begin|end)\{([^}]*)\}",
        lambda found: f"\\{found[1]}{{{_RENAMED.get(found[2], found[2])}}}",
        latex,
    )
    try:
        math = convert_to_element(source, display=display)
    except Exception as error:
        raise UnknownLatex(f"{type(error).__name__}: {error}") from error
    for element in math.iter():
        _mend(element)
    left = [element.text for element in math.iter() if element.text and "\\" in element.text]
    if left:
        raise UnknownLatex("unknown command " + ", ".join(sorted(set(left))))
    math.set("alttext", " ".join(latex.split()))
    return ElementTree.tostring(math, encoding="unicode")


def _mend(element: ElementTree.Element) -> None:
    """Bring latex2mathml's output to MathML Core, which is what browsers draw."""
    if element.text:
        element.text = html.unescape(element.text)
    if element.tag == "mtext" and element.text:
        element.text = re.sub(r"\\([%$&#_{}])", r"\1", element.text)
    if element.tag == "mi" and element.text in _MISTAKEN_FOR_NAMES:
        element.tag = "mo"
    if element.tag == "mover" and html.unescape(element[-1].text or "") in _ACCENTS:
        element.set("accent", "true")
    if element.tag == "mtd" and (alignment := element.attrib.pop("columnalign", None)):
        element.set("style", f"text-align: {alignment}")
    if element.tag == "mspace" and element.get("width") in _NEGATIVE_SPACES:
        element.set("width", _NEGATIVE_SPACES[element.attrib["width"]])


def _write(translator: SphinxTranslator, node: nodes.Element, display: str) -> None:
    try:
        translator.body.append(to_mathml(node.astext(), display))
    except UnknownLatex as error:
        logger.warning("LaTeX cannot be drawn: %s in %r", error, node.astext(), location=node)


def visit_math(self: SphinxTranslator, node: nodes.math) -> None:
    self.body.append(self.starttag(node, "span", "", CLASS="math"))
    _write(self, node, "inline")
    self.body.append("</span>")
    raise nodes.SkipNode


def visit_math_block(self: SphinxTranslator, node: nodes.math_block) -> None:
    # Focusable, since a wide formula scrolls within its own box on a telephone.
    self.body.append(
        self.starttag(
            node, "div", CLASS="math", tabindex="0", role="group", **{"aria-label": "Formula"}
        )
    )
    _write(self, node, "block")
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> None:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_math_block, None))
    app.connect(
        "config-inited", lambda app, config: setattr(config, "html_math_renderer", "mathml")
    )
