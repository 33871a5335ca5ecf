"""The letters for pages that are opened from a folder, in one style sheet (`letters.css`).

From a server the letters are preloaded (page.js). In a folder browsers refuse that, and letters
that come after the text was drawn would move it: there they come within a sheet.
"""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

from sphinx.application import Sphinx

SHEET = "look.css"
TARGET = "letters.css"
FAMILY = "Reread Serif"
_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
_FILE = re.compile(r'url\("([^"]+\.woff2)"\)')
_STACK = re.compile(r"--reread-serif:\s*([^;]+);")


def as_sheet(sheet: str, folder: Path) -> str:
    """The Latin faces of `sheet` with their files inside, under a name that comes first."""
    own = f'"{FAMILY} Here"'
    faces = []
    for face in _FACE.findall(sheet):
        if f'"{FAMILY}"' not in face or "unicode-range" in face:
            continue  # Greek letters are rare: they stay in their file

        def inside(found: re.Match[str]) -> str:
            data = b64encode((folder / found[1]).read_bytes()).decode()
            return f'url("data:font/woff2;base64,{data}")'

        # "optional" would give up before the letters are unpacked
        own_face = face.replace(f'"{FAMILY}"', own).replace("optional", "block")
        faces.append(_FILE.sub(inside, own_face))
    stack = _STACK.search(sheet)
    if not faces or stack is None:
        raise ValueError(f"{SHEET} names no letters: {TARGET} cannot be made")
    return "\n".join([*faces, f"html:root {{ --reread-serif: {own}, {stack[1]}; }}", ""])


def write(app: Sphinx, exception: Exception | None) -> None:
    static = Path(app.outdir, "_static")
    if exception is None and app.builder.name == "html":
        sheet = as_sheet((static / SHEET).read_text("utf-8"), static)
        (static / TARGET).write_text(sheet, "utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write)
