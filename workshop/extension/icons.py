"""The few icons of the theme, drawn in the page: no font and no script of icons is needed."""

from __future__ import annotations

import re

# Lines on a field of 24 by 24, drawn for this book.
ICONS = {
    "angle-left": '<path d="m15 5-7 7 7 7"/>',
    "angle-right": '<path d="m9 5 7 7-7 7"/>',
    "arrow-up": '<path d="M12 20V4m-7 7 7-7 7 7"/>',
    "bars": '<path d="M3 6h18M3 12h18M3 18h18"/>',
    "circle-half-stroke": '<circle cx="12" cy="12" r="9"/>'
    '<path d="M12 3v18a9 9 0 0 0 0-18z" fill="currentColor"/>',
    "chevron-down": '<path d="m5 9 7 7 7-7"/>',
    "code": '<path d="m8 6-6 6 6 6m8-12 6 6-6 6"/>',
    "download": '<path d="M12 3v12m-6-6 6 6 6-6M4 20h16"/>',
    "file": '<path d="M6 2.5h8l5 5v14H6zM14 2.5v5h5"/>',
    "file-pdf": '<path d="M6 2.5h8l5 5v14H6zM14 2.5v5h5M9 17h7m-7-4h7"/>',
    "list": '<path d="M9 6h12M9 12h12M9 18h12M3.5 6h1m-1 6h1m-1 6h1"/>',
    "magnifying-glass": '<circle cx="10.5" cy="10.5" r="7"/><path d="m16 16 5.5 5.5"/>',
    "moon": '<path d="M20.5 14A9 9 0 0 1 10 3.5 9 9 0 1 0 20.5 14z"/>',
    "play": '<path d="M7 4v16l13-8z"/>',
    "sun": '<circle cx="12" cy="12" r="4.5"/><path d="M12 1.5v2m0 17v2M1.5 12h2m17 0h2'
    'M4.6 4.6 6 6m12 12 1.4 1.4m0-14.8L18 6M6 18l-1.4 1.4"/>',
}
_ELEMENT = re.compile(
    r'<(?P<tag>i|span) (?P<before>[^<>]*)class="(?P<classes>[^"]*\bfa[srb]? [^"]*|fa-[^"]*'
    r'|[^"]* fa-[^"]*)"(?P<after>[^<>]*)>\s*</(?P=tag)>'
)
_STYLES = {"fa", "fas", "far", "fab", "fa-solid", "fa-regular", "fa-brands"}


class UnknownIcon(ValueError):
    """The theme asks for an icon that is not drawn here."""


def drawing(name: str) -> str:
    try:
        lines = ICONS[name]
    except KeyError:
        raise UnknownIcon(f'no icon "{name}" in workshop/extension/icons.py') from None
    return (
        '<svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" '
        f'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{lines}</svg>'
    )


def _replace(found: re.Match[str]) -> str:
    classes = found["classes"].split()
    large = "fa-lg" in classes
    named = [c for c in classes if c.startswith("fa-") and c not in _STYLES and c != "fa-lg"]
    if len(named) != 1:
        raise UnknownIcon(f'one icon is meant by class="{found["classes"]}"')
    own = [c for c in classes if not c.startswith("fa-") and c not in _STYLES]
    own += ["reread-glyph", *(["reread-glyph-large"] if large else [])]
    return (
        f'<{found["tag"]} {found["before"]}class="{" ".join(own)}"{found["after"]}>'
        f"{drawing(named[0].removeprefix('fa-'))}</{found['tag']}>"
    )


def drawn(html: str) -> str:
    """`html` with every icon of the icon font as a drawing."""
    return _ELEMENT.sub(_replace, html)
