"""What the chapters of the book call.

from analysis.show.book import chapter

here = chapter("table1")
here.tell(patients=here.paper.total)
here.show("table1_verdicts", here.verdicts())
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from analysis.audit import audit
from analysis.findings import Finding, Ledger
from analysis.paper import Paper, load_paper
from analysis.show import parts, tables
from analysis.show.html import Html

PAPER_VARIABLE = "REREAD_PAPER"


@dataclass(frozen=True)
class Chapter:
    """One chapter: the paper, the ledger of all findings, and those told here."""

    name: str
    paper: Paper
    ledger: Ledger

    @cached_property
    def findings(self) -> Ledger:
        """The findings of the parts of the paper that this chapter tells."""
        return Ledger(f for f in self.ledger if parts.chapter_of(f.table) == self.name)

    def __getitem__(self, finding_id: str) -> Finding:
        """The finding with this id, of any chapter."""
        return self.ledger[finding_id]

    def verdicts(self, *checks: str) -> Html:
        """The findings of this chapter as a table; with names, only those of these checks.

        Each finding may stand once on a page: its row is what the ledger links to.
        """
        known = {f.check for f in self.findings}
        if wrong := [check for check in checks if check not in known]:
            raise ValueError(
                f"no check {wrong[0]!r} in chapter {self.name}, there are "
                f"{', '.join(sorted(known)) or 'none'}"
            )
        chosen = [f for f in self.findings if not checks or f.check in checks]
        name = f"Verdicts, {parts.label(self.name, self.paper)}"
        return tables.chapter_ledger(
            chosen, self.paper, label=": ".join([name, ", ".join(checks)] if checks else [name])
        )

    def whole_ledger(self) -> Html:
        """All findings of the paper, for the page of the ledger."""
        return tables.ledger_table(self.ledger, self.paper)

    def line(self, finding_id: str) -> Html:
        """The verdict of one finding for use inside a sentence."""
        return tables.finding_line(self.ledger[finding_id])

    def by_hand(self, finding_id: str) -> Html:
        """The line with which a reader checks one finding."""
        return tables.by_hand(self.ledger[finding_id])

    def tell(self, **values: object) -> None:
        """Give the prose its numbers: each key becomes a ``{glue:text}`` of this page.

        A value is a string, a whole number, or something with a text of its own (a
        printed number, a verdict).  Floats and fractions are refused: write the format
        that the reader should see.
        """
        for key, value in values.items():
            if isinstance(value, float | Fraction) and not isinstance(value, bool):
                raise TypeError(f'{key} is a bare {type(value).__name__}: format it, f"{{x:.2f}}"')
            _glue(key, str(value))

    def show(self, key: str, what: Any) -> None:
        """Keep a table or figure under `key` for ``{glue:figure}`` or a table directive."""
        if not hasattr(what, "_repr_html_"):
            raise TypeError(f"{key} is a {type(what).__name__}: a table or figure is needed")
        _glue(key, what)


def _glue(key: str, what: Any) -> None:
    from myst_nb import glue

    glue(key, what, display=False)


def chapter(name: str, file: Path | str | None = None) -> Chapter:
    """The chapter `name`, on the paper in `file` (default: :func:`paper_file`)."""
    file = Path(file) if file is not None else paper_file()
    return Chapter(name, *_audited(file.resolve(), file.stat().st_mtime_ns))


@cache
def _audited(file: Path, changed: int) -> tuple[Paper, Ledger]:
    paper = load_paper(file)
    return paper, audit(paper)


def paper_file() -> Path:
    """The paper of this book: what the variable REREAD_PAPER names, or the one file
    ``data/*/paper.yaml`` of the repository."""
    if named := os.environ.get(PAPER_VARIABLE):
        return Path(named)
    return _only_one((Path(__file__).resolve().parents[2] / "data").glob("*/paper.yaml"))


def _only_one(files: Iterable[Path]) -> Path:
    found = sorted(files)
    if len(found) != 1:
        raise FileNotFoundError(
            f"found {len(found)} files data/*/paper.yaml; name one in {PAPER_VARIABLE}"
        )
    return found[0]
