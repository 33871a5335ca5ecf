"""An exercise opens the papers that it names."""

from __future__ import annotations

import pytest

from analysis.shipped import DATA
from analysis.show.book import chapter
from analysis.show.exercise import papers


def test_the_books_paper_comes_first_then_those_that_are_named():
    here, second, third = papers("table1", "wjgs2025", "wjh2026")
    assert here.paper is chapter("table1").paper
    for found, folder in ((second, "wjgs2025"), (third, "wjh2026")):
        known = chapter("table1", DATA / "examples" / folder / "paper.yaml")
        assert found.paper is known.paper
        assert found.ledger is known.ledger


def test_a_paper_that_is_not_there_is_refused():
    with pytest.raises(FileNotFoundError, match="nowhere"):
        papers("table1", "nowhere")
