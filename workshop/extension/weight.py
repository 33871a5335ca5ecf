"""What no page uses is not shipped: scripts, rules of style sheets, fonts, maps.

Which scripts a page loads is decided by what stands on it. When all pages are written, every rule
of the theme's style sheets is dropped whose classes occur on no page and in no script, and every
file of the theme that nothing names. Our own sheets (`book/_static`) stay as they are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from workshop.extension import icons, policy

# A script or sheet, and the mark on a page without which it has nothing to do there.
NEEDS = {
    "clipboard.min.js": '<div class="highlight',
    "copybutton.js": '<div class="highlight',
    "copybutton.css": '<div class="highlight',
    "design-tabs.js": "sd-tab-set",
    "quiz.js": "data-reread-quiz",
    "quiz.css": "data-reread-quiz",
    # Jupyter Book always brings these two; neither keeps to the policy.
    "togglebutton": None,
    "thebe": None,
}


def is_needed(name: str, body: str) -> bool:
    return all(mark is not None and mark in body for file, mark in NEEDS.items() if file in name)


def choose_files(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.Node | None
) -> None:
    body = context.get("body") or ""
    for kind in ("script_files", "css_files"):
        context[kind] = [
            file
            for file in context[kind]
            if is_needed(str(getattr(file, "filename", None) or file), body)
        ]
    for script in context["script_files"]:
        if getattr(script, "filename", None):
            script.attributes["defer"] = "defer"  # in their order, after the page is read


# --- style sheets ---------------------------------------------------------------------------

_PIECES = re.compile(
    r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'"""
    r"""|\\.|[^()"'\\]|\([^()]*\))*\)|\\.|[{};]|[^{};"'\\/(]+|.""",
    re.DOTALL,
)
_CLASS_OR_ID = re.compile(r"[.#]((?:\\.|[\w-])+)")
_BRACKETS = re.compile(r"""\[(?:"[^"]*"|'[^']*'|[^\]"'])*\]""")
_INNERMOST = re.compile(r"\([^()]*\)")
_GROUPS = ("@media", "@supports", "@layer", "@container")
_ICON_FONT = re.compile(r"font ?awesome|--fa-font", re.IGNORECASE)


def rules(sheet: str) -> Iterator[tuple[str, str | None]]:
    """What a sheet holds, one after another: a prelude and its block, or a statement and None."""
    prelude, block, depth = "", "", 0
    for piece in _PIECES.findall(sheet):
        if piece.startswith("/*"):
            continue
        if piece == "{":
            depth += 1
            if depth == 1:
                continue
        elif piece == "}":
            depth -= 1
            if depth == 0:
                yield prelude.strip(), block
                prelude = block = ""
                continue
        elif piece == ";" and depth == 0:
            yield f"{prelude.strip()};", None
            prelude = ""
            continue
        if depth:
            block += piece
        else:
            prelude += piece
    if prelude.strip() or depth:
        raise ValueError(f"the style sheet ends within {(prelude + block)[:60]!r}")


def _selectors(prelude: str) -> list[str]:
    found, depth, start = [], 0, 0
    for at, sign in enumerate(prelude):
        depth += sign in "(["
        depth -= sign in ")]"
        if sign == "," and not depth:
            found.append(prelude[start:at])
            start = at + 1
    return [*found, prelude[start:]]


def _asked_for(selector: str) -> set[str]:
    """The classes and ids without which a selector matches nothing. What stands in brackets, as
    in :not(…) and :is(…), need not be there."""
    plain = _BRACKETS.sub("", selector)
    while (inner := _INNERMOST.sub("", plain)) != plain:
        plain = inner
    return {re.sub(r"\\(.)", r"\1", name) for name in _CLASS_OR_ID.findall(plain)}


class Used:
    """The names that occur: in the pages as classes and ids, in the scripts as words."""

    def __init__(self, pages: Iterator[str], scripts: Iterator[str]) -> None:
        self.names: set[str] = set()
        for html in pages:
            for value in re.findall(r'\s(?:class|id)="([^"]*)"', html):
                self.names.update(value.split())
        self.beginnings: set[str] = set()
        for script in scripts:
            words = set(re.findall(r"[A-Za-z][\w-]*", script))
            self.names |= words
            # names that a script puts together: "bs-tooltip" + "-auto"
            self.beginnings |= {f"{word.rstrip('-')}-" for word in words if "-" in word}

    def __contains__(self, name: str) -> bool:
        return name in self.names or any(map(name.startswith, self._of(name)))

    def _of(self, name: str) -> Iterator[str]:
        parts = name.split("-")
        for count in range(2, len(parts)):
            beginning = "-".join(parts[:count]) + "-"
            if beginning in self.beginnings:
                yield beginning


def pruned(sheet: str, used: Used) -> str:
    """The sheet without the rules that match nothing, and without those of the icon font."""
    kept = []
    for prelude, block in rules(sheet):
        if block is None:
            kept.append(prelude)
        elif prelude.startswith(_GROUPS):
            if inner := pruned(block, used):
                kept.append(f"{prelude}{{{inner}}}")
        elif _ICON_FONT.search(block) or prelude.startswith("@keyframes fa-"):
            continue
        elif prelude.startswith("@"):
            kept.append(f"{prelude}{{{block}}}")
        elif fit := [s for s in _selectors(prelude) if all(n in used for n in _asked_for(s))]:
            kept.append(f"{','.join(s.strip() for s in fit)}{{{block.strip()}}}")
    return "\n".join(kept)


# --- the whole site ---------------------------------------------------------------------------

_SHEET = re.compile(r'(href="(?P<path>[^"]*?_static/[^"?]+\.css))\?(?:v|digest)=\w+"')
_NAMED = re.compile(r"[\w.-]+\.\w+")
# Offered for download or asked for by a server, not named by a page.
_OFFERED = ("downloads/", "cards/")


def finish_pages(html: Path) -> dict[Path, str]:
    """Every page with drawn icons and without event handlers."""
    pages = {}
    for path in sorted(html.rglob("*.html")):
        if "_static" not in path.relative_to(html).parts:
            before = path.read_text("utf-8")
            pages[path] = policy.without_handlers(icons.drawn(before))
    return pages


def lighten(html: Path, own: set[str]) -> None:
    """Finish the pages in `html`; `own` are the files of the book itself below `_static`."""
    static = html / "_static"
    pages = finish_pages(html)
    everything = "".join(pages.values())
    loaded = set(re.findall(r'<script[^>]* src="[^"]*?([\w.-]+\.js)(?:\?[^"]*)?"', everything))
    scripts = {p: p.read_text("utf-8") for p in sorted(static.rglob("*.js")) if p.name in loaded}
    # the texts of the search are no code: their words are no classes
    code = [text for path, text in scripts.items() if path.name != "searchtexts.js"]
    used = Used(iter(pages.values()), iter(code))
    sheets = {}
    for path in sorted(static.rglob("*.css")):
        text = path.read_text("utf-8")
        name = path.relative_to(static).as_posix()
        sheets[path] = text if name in own else pruned(text, used)
        path.write_text(sheets[path], "utf-8")

    def stamp(found: re.Match[str]) -> str:
        text = sheets[static / found["path"].rpartition("_static/")[2]]
        return f'{found[1]}?v={hashlib.sha256(text.encode()).hexdigest()[:8]}"'

    for path, text in pages.items():
        path.write_text(_SHEET.sub(stamp, text), "utf-8")
    _drop_unnamed(static, own, [everything, *scripts.values(), *sheets.values()])


def _drop_unnamed(static: Path, own: set[str], texts: list[str]) -> None:
    named = {name for text in texts for name in _NAMED.findall(text)}
    for path in sorted(static.rglob("*"), reverse=True):  # what is in a folder before the folder
        name = path.relative_to(static).as_posix()
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif name in own or name.startswith(_OFFERED):
            continue
        elif path.suffix in (".map", ".ttf") or path.name not in named:
            path.unlink()


def own_files(app: Sphinx) -> set[str]:
    # extensions add their own folders, by absolute paths
    given = [Path(folder) for folder in app.config.html_static_path]
    folders = [Path(app.srcdir, folder) for folder in given if not folder.is_absolute()]
    return {
        file.relative_to(folder).as_posix()
        for folder in folders
        for file in folder.rglob("*")
        if file.is_file()
    }


def finish(app: Sphinx, exception: Exception | None) -> None:
    if exception is None and app.builder.name == "html":
        lighten(Path(app.outdir), own_files(app))
        Path(app.outdir, policy.HEADERS).write_text(policy.headers(), "utf-8")


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", choose_files, priority=910)
    app.connect("build-finished", finish, priority=950)
