"""Every finding of the ledger stands on the page of its chapter, so that links lead there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from analysis.show.book import chapter

BOOK = Path(__file__).parents[2] / "book"
CHAPTERS = sorted({f.table for f in chapter("verdicts").ledger})


def output_of(name: str) -> str:
    notebook = json.loads((BOOK / f"{name}.ipynb").read_text(encoding="utf-8"))
    return "".join(
        "".join(html)
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
        for kind, html in output.get("data", {}).items()
        if kind.endswith("text/html")  # glued outputs carry a prefix
    )


@pytest.mark.parametrize("name", sorted({p.stem for p in BOOK.glob("*.ipynb")}))
def test_each_finding_stands_once_in_its_chapter(name):
    here = chapter(name)
    told = output_of(name)
    wrong = [f.id for f in here.findings if told.count(f'id="finding-{f.id}"') != 1]
    assert wrong == []


def test_the_ledger_holds_all():
    here = chapter("verdicts")
    told = output_of("verdicts")
    assert [f.id for f in here.ledger if f'id="finding-{f.id}"' not in told] == []


def test_every_part_of_the_paper_has_its_chapter():
    from analysis.show.parts import chapter_of

    assert {chapter_of(part) for part in CHAPTERS} <= {p.stem for p in BOOK.glob("*.ipynb")}
