"""A figure that a reader can move: what it shows without scripts, and the numbers for its script.

Everything is computed when the book is built; the script ``explorer_NAME.js`` of the site only
looks the numbers up, or repeats a calculation that a test holds against this library's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from analysis.show.html import Html

_NAME = re.compile(r"[a-z][a-z_]*")


def explorer(name: str, data: Mapping[str, Any], still: Html) -> Html:
    """`still` (the drawing and the table that stand there without scripts), with `data` for
    ``explorer_NAME.js``.

    `data`: anything that JSON can say; numbers that are not finite are refused, for JSON has
    none.  Raises :class:`ValueError` for such numbers and for a name with other letters than a-z
    and underscores.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an explorer: letters a-z and underscores.")
    text = json.dumps(data, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    # inside a script element only these would end it or open a comment
    safe = text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    return Html(
        f'<div class="reread-explorer" data-explorer="{name}">\n'
        f'<div class="reread-explorer-stage">\n{still.html}\n</div>\n'
        f'<script type="application/json">{safe}</script>\n</div>',
        still.text,
    )
