"""The pieces that every table and figure is made of: escaped text, badges, `Html`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from analysis.findings import Verdict
from analysis.show.palette import MARKS, Mark


@dataclass(frozen=True, repr=False)
class Html:
    """A piece of a page, and the same in plain text.

    Notebooks show `html`; `text` is what a terminal, a diff or a test of the notebook
    sees.  Both are the same in every run.
    """

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


# Signs that a terminal obeys or that turn the direction of writing: shown, not done.
_UNSEEN = (
    {code: 0x2400 + code for code in range(32) if code not in (9, 10, 13)}
    | {127: 0x2421}
    | dict.fromkeys((*range(0x80, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)), 0xFFFD)
)


def visible(text: str) -> str:
    """`text` with its control characters as signs that can be seen (``␛`` for Escape)."""
    return text.translate(_UNSEEN)


_POWER = re.compile(r"(?<=10)\^([−-]?\d+)")


def inline(text: str) -> Markup:
    """Escaped text; powers of ten (``10^−5``) are raised."""
    return Markup(_POWER.sub(r"<sup>\1</sup>", str(escape(visible(text)))))


def icon(verdict: Verdict) -> Markup:
    """The icon of a verdict; it takes the colour of the text and is hidden from readers
    of the text, because the word stands beside it."""
    return _icon(MARKS[verdict])


def _icon(mark: Mark) -> Markup:
    return Markup(
        '<svg class="reread-icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" '
        f'focusable="false"><path d="{mark.path}" fill="none" stroke="currentColor" '
        'stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/></svg>'
    )


def badge(verdict: Verdict) -> Markup:
    """A verdict as icon and word."""
    return word_badge(str(verdict), MARKS[verdict])


def word_badge(word: str, mark: Mark) -> Markup:
    """Any word with the icon and the colours of a mark."""
    return Markup(
        f'<span class="reread-badge reread-{mark.slug}">{_icon(mark)} {escape(word)}</span>'
    )
