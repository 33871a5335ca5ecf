"""The parts of a paper: what they are called, and which chapter of the book is theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from analysis.findings import Finding
from analysis.paper import Group, Paper

# Tables and pictures have chapters of their own names; so have methods and abstract.
# The rest of the running text is held against the tables in the chapter of the abstract.
_CHAPTERS = {
    "groups": "methods",
    "front": "methods",
    "footnote": "methods",
    "introduction": "abstract",
    "results": "abstract",
    "discussion": "abstract",
    "conclusion": "abstract",
    "conclusions": "abstract",
}


_LABELS = {"groups": "Group sizes", "coherence": "Across the tables"}


def chapter_of(part: str) -> str:
    """The chapter in which the findings of a part of the paper are told."""
    return _CHAPTERS.get(part, part)


def label(part: str, paper: Paper | None = None) -> str:
    """``table1`` as ``Table 1``; sections by the name that the paper file gives them."""
    places = {s.section: s.place for s in paper.text} if paper is not None else {}
    if part in places:
        return places[part]
    if part in _LABELS:
        return _LABELS[part]
    if paper is not None and part in {t.id for t in paper.tables}:
        return paper.label_of_table(part)
    name = re.sub(r"(?<=[a-z])(?=\d)", " ", part.replace("_", " "))
    return name[:1].upper() + name[1:]


def title(part: str, paper: Paper | None = None) -> str:
    """The label of a part, with the title of the table or what the picture shows."""
    told = {}
    if paper is not None:
        told = {t.id: t.title for t in paper.tables} | {f.id: f.shows for f in paper.pictures}
    return f"{label(part, paper)}: {told[part]}" if part in told else label(part, paper)


def event_group(paper: Paper) -> Group:
    """The group with the event; ValueError where the record marks none."""
    if not any(group.event for group in paper.groups):
        raise ValueError("no group is marked as the one with the event")
    return paper.event_group


def grouped(findings: Iterable[Finding]) -> Iterator[tuple[str, list[Finding]]]:
    """The findings by part, parts in the order in which they first appear."""
    parts: dict[str, list[Finding]] = {}
    for finding in findings:
        parts.setdefault(finding.table, []).append(finding)
    yield from parts.items()
