"""The sentences of a chapter's source, each with its file and line: what a reader sees without
code. Tests of words, and the reading level, stand on it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^\s*(`{3,}|:{3,})(?:\{([^}]+)\}\s*(.*))?\s*$")
_OPTION = re.compile(r"^:([a-z-]+):\s*(.*)$")
_HEADING = re.compile(r"^(#{1,6})\s+(.*)$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+")
_DEFINITION = re.compile(r"^\s*:\s+")
# no prose of this page: code, formulas, lines of arithmetic, and what only the build knows
_SILENT = {
    "code-cell", "bibliography", "locked-versions", "execution-times", "downloads",
    "install-lines", "reading-levels", "math", "glossary", "list-table",
}  # fmt: skip
_ARITHMETIC = "reread-hand"
_CAPTIONED = {"glue:figure", "computed-table"}
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_ROLE = re.compile(r"\{([a-z:+-]+)\}`([^`]*)`")
_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")
_TARGET = re.compile(r"\s*<[^>]*>\s*$")
_MATH = re.compile(r"(?<![\\$])\$[^$]+\$")
_END = re.compile(r"(?<=[.!?])[*_\"')]*\s+(?=[A-Z0-9\"'*_\[({])")

NUMBER, FORMULA = "seven", "x"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of source. `kind` is ``text``, ``item`` (begins a list item), ``caption``,
    ``question`` (the title of a fold), ``heading``, ``opening`` or ``blank``."""

    text: str
    file: Path
    number: int
    kind: str
    level: int = 0  # of a heading


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is read, and where its source begins."""

    text: str
    file: Path
    number: int

    @property
    def words(self) -> int:
        return len(self.text.split())


def lines(chapter: Path) -> Iterator[Line]:
    """Every line that is read, shared paragraphs included where they stand.

    Raises ValueError where a paragraph that is to be included does not exist.
    """
    yield from _lines(chapter, chapter.parent, None)


def _lines(file: Path, folder: Path, inside: str | None) -> Iterator[Line]:
    source = file.read_text(encoding="utf-8")
    source = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), source)
    rows = source.splitlines()
    first = 0
    if rows and rows[0] == "---":
        first = rows.index("---", 1) + 1
    stack: list[tuple[str, str]] = []  # fence and what it holds
    displayed = False  # between two lines of $$
    for number, row in enumerate(rows[first:], start=first + 1):
        blank = Line("", file, number, "blank")
        kind = _kind(stack, inside)
        if kind == "silent" and not _closes(stack, row):
            continue
        if row.strip().startswith("$$"):
            # a formula of one line opens and closes
            displayed ^= not (row.strip().endswith("$$") and len(row.strip()) > 2)
            yield blank
        elif displayed:
            displayed = not row.strip().endswith("$$")
        elif _closes(stack, row):
            stack.pop()
            yield blank
        elif (fence := _FENCE.match(row)) and (fence[2] or fence[1].startswith("`")):
            name, argument = fence[2] or "code-cell", fence[3] or ""
            yield blank
            if name == "include":
                paragraph = folder / argument.strip()
                if not paragraph.is_file():
                    raise ValueError(f"{file.name}:{number}: there is no {argument.strip()}")
                yield from _lines(paragraph, folder, inside if kind == "text" else kind)
                stack.append((fence[1], "silent"))
                continue
            if name == "dropdown":
                yield Line(argument, file, number, "question")
                yield blank
            stack.append((fence[1], _held(name, argument)))
        elif (option := _OPTION.match(row)) and stack:
            if stack[-1][1] == "opening":
                yield blank
                yield Line(option[2], file, number, "opening")
        elif heading := _HEADING.match(row):
            yield blank
            yield Line(heading[2], file, number, "heading", len(heading[1]))
            yield blank
        elif not row.strip() or (
            row.lstrip().startswith(("|", "<", "(")) and row.rstrip()[-1] in "|>="
        ):
            yield blank
        elif _ITEM.match(row) or _DEFINITION.match(row):
            yield blank
            text = _DEFINITION.sub("", _ITEM.sub("", row))
            yield Line(text, file, number, "item" if kind == "text" else kind)
        else:
            yield Line(row.strip(), file, number, kind)


def _held(name: str, argument: str) -> str:
    if name in _SILENT or _ARITHMETIC in argument:
        return "silent"
    if name in _CAPTIONED:
        return "caption"
    return "opening" if name == "opening" else "text"


def _kind(stack: list[tuple[str, str]], inside: str | None) -> str:
    held = {what for _, what in stack} | {inside}
    return next((k for k in ("silent", "opening", "caption") if k in held), "text")


def _closes(stack: list[tuple[str, str]], row: str) -> bool:
    return bool(stack) and row.strip() == stack[-1][0]


def paragraphs(chapter: Path, kinds: tuple[str, ...]) -> Iterator[list[Line]]:
    """Lines that belong together, of these kinds."""
    own: list[Line] = []
    for line in lines(chapter):
        if line.kind in kinds:
            own.append(line)
        elif own:
            yield own
            own = []
    if own:
        yield own


def plain(text: str) -> str:
    """Text as it is read: the words of links and terms, one word for each number that the code
    puts in and for each formula, nothing for a citation."""
    text = _MATH.sub(FORMULA, text)
    text = _ROLE.sub(_said, text)
    text = _LINK.sub(lambda found: found[1], text)
    text = re.sub(r"\]\{\.[^}]*\}", "", text)  # a class: [words]{.class}
    text = re.sub(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}", "", text).replace("\\", "")
    return re.sub(r"\s+([.,;:?!)])", r"\1", " ".join(text.split()))


def _said(found: re.Match[str]) -> str:
    role, text = found.groups()
    if role.startswith("glue"):
        return NUMBER
    if role.startswith("cite"):
        return ""
    if role == "numref":
        return f"Sheet {NUMBER}"
    return _TARGET.sub("", text)


READ = ("text", "item", "caption", "question")


def sentences(chapter: Path, kinds: tuple[str, ...] = READ) -> Iterator[Sentence]:
    """The sentences of a chapter in reading order."""
    for paragraph in paragraphs(chapter, kinds):
        whole, starts = "", []
        for line in paragraph:
            starts.append((len(whole), line))
            whole += line.text + " "
        begin = 0
        for end in [*(found.end() for found in _END.finditer(whole)), len(whole)]:
            text = plain(whole[begin:end])
            if re.search(r"[A-Za-z]", text):
                line = [own for start, own in starts if start <= begin][-1]
                yield Sentence(text, line.file, line.number)
            begin = end


def terms_linked(text: str) -> list[tuple[int, int, str]]:
    """Start, end and target of every link to the glossary in a line."""
    found = []
    for role in _ROLE.finditer(text):
        if role[1] == "term":
            target = re.search(r"<([^>]*)>\s*$", role[2])
            found.append((role.start(), role.end(), (target[1] if target else role[2]).strip()))
    return found


def without_markup(text: str) -> str:
    """The line with everything that cannot hold a first use blanked out, letter by letter: roles,
    links, formulas, code."""

    def blank(found: re.Match[str]) -> str:
        return "\0" * len(found[0])

    for pattern in (_MATH, _ROLE, _LINK, re.compile(r"`[^`]*`")):
        text = pattern.sub(blank, text)
    return text
