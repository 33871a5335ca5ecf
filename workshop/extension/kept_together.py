"""A short expression such as "P = 0.044" or "39.69 ± 6.17" is not broken over two lines."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

_NO_BREAK = "\u00a0"
_LONGEST = 6  # letters of what stands on the left: P, t, n, AUC, 39.69
# The right side may be a node of its own, so a sign at the end of a text holds its space too.
_SIGN = re.compile(rf"(?:(?<![^\s(])(?P<left>[^\s(]{{1,{_LONGEST}}}) |^ ?)(?P<sign>[=<>≤≥±≈]) ")
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
            if not isinstance(text.parent, _AS_WRITTEN) and (kept := keep(text)) != text:
                text.parent.replace(text, nodes.Text(kept))


def setup(app: Sphinx) -> None:
    app.add_post_transform(KeepTogether)
