"""The terms of the glossary, how they are written in the text, and where a page first uses one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from workshop import prose
from workshop.places import BOOK

GLOSSARIES = (BOOK / "shared" / "glossary.md", BOOK / "glossary.md")
FORMS = BOOK / "_data" / "terms.yaml"
# Running text: no heading (its words become the menu), no title of a fold (a link in what opens
# it could not be followed), not the opening.
RUNNING = ("text", "item", "caption")
_ENTRY = re.compile(r"^(\S[^\n]*)\n((?:\n?[ ]{2}\S[^\n]*(?:\n|\Z))+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Entry:
    """A term and the lines that explain it."""

    term: str
    lines: tuple[str, ...]
    file: Path


@dataclass(frozen=True, slots=True)
class Use:
    """The first time that a page writes a term: the words used, whether they are a link, and
    where they stand in the source (file, line, columns)."""

    term: str
    words: str
    linked: bool
    file: Path
    number: int
    columns: tuple[int, int]


@cache
def entries() -> dict[str, Entry]:
    """The glossary of this book, that of all books first."""
    found: dict[str, Entry] = {}
    for file in GLOSSARIES:
        for body in re.findall(
            r"^:::\{glossary\}\n(.*?)^:::$", file.read_text("utf-8"), re.S | re.M
        ):
            for term, text in _ENTRY.findall(body):
                if term in found:
                    raise ValueError(f"{file.name}: {term} stands in the glossary twice")
                found[term] = Entry(
                    term, tuple(filter(None, map(str.strip, text.splitlines()))), file
                )
    return found


def plural(word: str) -> str:
    if word.endswith(("s", "x", "ing", "²")):
        return word
    if word.endswith("y") and word[-2] not in "aeou":
        return f"{word[:-1]}ies"
    return f"{word}s"


@cache
def forms() -> dict[str, str]:
    """Every way to write a term, to the term. Raises ValueError for a form of no term, or of
    two."""
    said = yaml.safe_load(FORMS.read_text("utf-8"))
    if unknown := sorted(set(said) - set(entries())):
        raise ValueError(f"{FORMS.name}: the glossary knows no {unknown[0]!r}")
    found: dict[str, str] = {}
    for term in entries():
        own = said.get(term, {})
        written = own.get("only") or [term, plural(term), *own.get("forms", [])]
        for form in written:
            if found.setdefault(form.lower(), term) != term:
                raise ValueError(f"{FORMS.name}: {form!r} means {found[form.lower()]} and {term}")
    return found


@cache
def _pattern() -> re.Pattern[str]:
    said = yaml.safe_load(FORMS.read_text("utf-8"))
    others = [phrase for own in said.values() for phrase in own.get("not", [])]
    # the longest first: the odds in "odds ratio" are not the term "odds"
    words = sorted([*forms(), *others], key=len, reverse=True)
    return re.compile(rf"(?<![\w–-])(?:{'|'.join(map(re.escape, words))})(?![\w–]|-\w)", re.I)


def meant_by(words: str) -> str | None:
    """The term of some words of the text, if they are a form of one."""
    return forms().get(words.lower())


def _in_line(line: prose.Line) -> Iterator[Use]:
    own = {term.lower(): term for term in entries()}
    linked = [
        (start, end, own.get(target.lower(), target))
        for start, end, target in prose.terms_linked(line.text)
    ]
    uses = [
        Use(term, line.text[start:end], True, line.file, line.number, (start, end))
        for start, end, term in linked
    ]
    for found in _pattern().finditer(prose.without_markup(line.text)):
        if (term := meant_by(found[0])) is not None:
            uses.append(
                Use(term, found[0], False, line.file, line.number, (found.start(), found.end()))
            )
    yield from sorted(uses, key=lambda use: use.columns)


def first_uses(chapter: Path) -> dict[str, Use]:
    """Each term that the running text of a chapter uses, with its first use."""
    found: dict[str, Use] = {}
    for line in prose.lines(chapter):
        if line.kind in RUNNING:
            for use in _in_line(line):
                found.setdefault(use.term, use)
    return found
