"""A short expression such as "P = 0.044" or "39.69 ± 6.17" is not broken over two lines.

Nor is "Table 1" or a short compound (*E-value*, *9.3-fold*; *cut-off* in a heading), and a computed
number has a minus sign, as the prose has, not a hyphen.
"""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

_NO_BREAK = "\u00a0"
_LONGEST = 6  # letters of what stands on the left: P, t, n, AUC, 39.69
# The right side may be a node of its own, so a sign at the end of a text holds its space too.
_SIGN = re.compile(rf"(?:(?<![^\s(])(?P<left>[^\s(]{{1,{_LONGEST}}}) |^ ?)(?P<sign>[=<>≤≥±≈]) ")
_SHORT = re.compile(
    r"(?<![\w-])(?:(?:[A-Z]|\d[\d.]*)-[a-z]+|(?:Table|Figure|Plot|Sheet) \d+)(?![\w-])"
)
_COMPOUND = re.compile(r"(?<![\w-])\w+-\w+(?![\w-])")
_NEGATIVE = re.compile(r"^-(?=\d)")
WHOLE = "reread-whole"
_AS_WRITTEN = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


def keep(text: str) -> str:
    """The text with no-break spaces around the sign of a short expression."""

    def held(found: re.Match[str]) -> str:
        left = found["left"]
        before = f"{left}{_NO_BREAK}" if left else _NO_BREAK * (found[0].startswith(" "))
        return f"{before}{found['sign']}{_NO_BREAK}"

    return _SIGN.sub(held, text)


class KeepTogether(SphinxPostTransform):
    default_priority = 900  # after references and glued values have become text
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for text in list(self.document.findall(nodes.Text)):
            if isinstance(text.parent, _AS_WRITTEN):
                continue
            kept = keep(text)
            if "pasted-text" in text.parent.get("classes", ()):
                kept = _NEGATIVE.sub("−", kept)
            new = whole(kept, _COMPOUND if isinstance(text.parent, nodes.title) else _SHORT)
            if new != [text]:
                text.parent.replace(text, new)


def whole(text: str, compound: re.Pattern[str]) -> list[nodes.Node]:
    """The text, with each compound in a span that is not broken."""
    pieces: list[nodes.Node] = []
    end = 0
    for found in compound.finditer(text):
        if found.start() > end:
            pieces.append(nodes.Text(text[end : found.start()]))
        pieces.append(nodes.inline("", found[0], classes=[WHOLE]))
        end = found.end()
    return [*pieces, nodes.Text(text[end:])] if end < len(text) or not pieces else pieces


def setup(app: Sphinx) -> None:
    app.add_post_transform(KeepTogether)
