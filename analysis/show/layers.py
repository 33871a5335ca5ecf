"""A drawing in two layers: what stays, and what an explorer's script takes away and draws anew."""

from __future__ import annotations

from analysis.show.drawing import Sheet

STILL = "reread-explorer-still"


def layered(stays: Sheet, moves: Sheet, height: float, key: str, title: str, alt: str) -> str:
    """The drawing `stays` with `moves` over it, in a group of the class :data:`STILL`.

    Both sheets have one width and are measured in the same points, which are the units that the
    script draws in.
    """
    below = stays.svg(height, key, title, alt)
    above = moves.svg(height, f"{key}-still", title, alt)
    inside = above[above.index("</desc>") + len("</desc>") : above.rindex("</svg>")].strip()
    return f'{below[: below.rindex("</svg>")]}<g class="{STILL}">\n{inside}\n</g>\n</svg>'
