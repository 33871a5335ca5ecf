"""The opening of a chapter as its source says it: objectives, what is needed, what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from myst_parser.mdit_to_docutils.base import default_slugify

from workshop import prose

_BOX = re.compile(r"^:::\{opening\}\n(.*?)^:::$", re.MULTILINE | re.DOTALL)
_TO_HEADING = re.compile(r"\]\(#([^)]+)\)")


@dataclass(frozen=True, slots=True)
class Objective:
    """What a reader will be able to do, in Markdown, and the anchors of the headings under which
    it is told."""

    text: str
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """`needed` and `helpful` are Markdown."""

    objectives: tuple[Objective, ...]
    needed: str
    helpful: str


def of(chapter: Path) -> Opening | None:
    """The opening of a chapter, if it has one."""
    found = _BOX.search(chapter.read_text("utf-8"))
    if found is None:
        return None
    said = dict(re.findall(r"^:(\w+): (.*)$", found[1], re.MULTILINE))
    items = re.findall(r"^- (.*)$", found[1], re.MULTILINE)
    return Opening(
        tuple(Objective(item, tuple(_TO_HEADING.findall(item))) for item in items),
        said.get("needed", ""),
        said.get("helpful", ""),
    )


def headings(chapter: Path) -> dict[str, tuple[int, str]]:
    """Level and text of each heading of a chapter, by its anchor."""
    found: dict[str, tuple[int, str]] = {}
    for line in prose.lines(chapter):
        if line.kind == "heading":
            text = prose.plain(line.text)
            found.setdefault(default_slugify(text), (line.level, text))
    return found
