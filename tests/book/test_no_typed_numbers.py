"""Every number in the prose of a chapter comes out of the code, never typed."""

from __future__ import annotations

import re

import pytest

from workshop import chapters
from workshop.places import BOOK

# names, not results: the paper's tables and figures, codings, kinds of table
NAMES = re.compile(
    r"Tables? \d( (and|to) \d)?|Figures? \d( and \d)?|\b2×2\b|CC BY(-NC-ND)? 4\.0|https?://\S+"
)
# cells, directives' options and arguments, roles and links, comments, front matter
MARKUP = re.compile(
    r"\A---[\s\S]*?\n---\n"
    r"|```\{code-cell\}[\s\S]*?\n```"
    r"|^(`{3,}|:{3,})\{(glue:figure|computed-table|bibliography)\}.*$"
    r"|^:[a-z]+:.*$"
    r"|\{[a-z:+-]+\}`[^`]*`"
    r"|\]\([^)]*\)"
    r"|<!--[\s\S]*?-->",
    re.MULTILINE,
)
WORDS = re.compile(
    r"\b(sixteen|thirteen|seventeen|eleven|twelve|hundred|thousand|hundredths?|per cent)\b", re.I
)


# paragraphs that the books of all papers share; the glossary explains numbers with numbers
SHARED = [p for p in sorted((BOOK / "shared").glob("*.md")) if p.stem != "glossary"]


# exercises have made-up numbers too: tests/workshop/teaching/test_sheet.py tells them apart
TOLD = [page for page in chapters.notebooks() if page.parent == BOOK]


@pytest.mark.parametrize("chapter", [*TOLD, *SHARED], ids=lambda path: path.stem)
def test_prose_has_no_typed_number(chapter):
    text = chapter.read_text(encoding="utf-8")
    _, _, text = text.partition("\n# ") if chapter.stem == "index" else ("", "", text)
    _, _, text = text.partition("\n") if chapter.stem == "index" else ("", "", text)
    prose = NAMES.sub("", MARKUP.sub("", text))
    typed = [
        line.strip() for line in prose.splitlines() if re.search(r"\d", line) or WORDS.search(line)
    ]
    assert typed == []
