"""Every chapter and the notebook beside it are the same, and fit to be read."""

import statistics
from pathlib import Path

import nbformat
import pytest

from workshop import chapters
from workshop.places import BOOK

NOTEBOOKS = chapters.notebooks()


def lengths(notebook: nbformat.NotebookNode) -> list[int]:
    return [
        sum(bool(line.strip()) for line in cell.source.splitlines())
        for cell in chapters.code_cells(notebook)
    ]


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=chapters.name_of)
def test_text_and_notebook_are_equal_cell_by_cell(chapter: Path) -> None:
    assert chapters.pair_faults(chapter) == []


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=chapters.name_of)
def test_outputs_are_complete_clean_and_repeatable(chapter: Path) -> None:
    notebook = nbformat.read(chapter.with_suffix(".ipynb"), as_version=4)
    assert chapters.output_faults(notebook) == []


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=chapters.name_of)
def test_no_cell_ends_in_a_semicolon(chapter: Path) -> None:
    cells = chapters.code_cells(chapters.as_paired(chapter))
    assert [c.source for c in cells if c.source.rstrip().endswith(";")] == []


@pytest.mark.parametrize("chapter", NOTEBOOKS, ids=chapters.name_of)
def test_notebook_carries_nothing_of_the_machine_that_ran_it(chapter: Path) -> None:
    notebook = nbformat.read(chapter.with_suffix(".ipynb"), as_version=4)
    assert "language_info" not in notebook.metadata
    assert all("execution" not in cell.metadata for cell in notebook.cells)


def test_cells_are_short() -> None:
    # a solution is as long as it must be
    told = [c for c in NOTEBOOKS if c.parent == BOOK]
    all_lengths = [n for c in told for n in lengths(chapters.as_paired(c))]
    assert statistics.median(all_lengths) <= 3
    assert statistics.quantiles(all_lengths, n=10)[-1] <= 6


def test_every_notebook_in_the_book_belongs_to_a_chapter() -> None:
    paired = {chapter.with_suffix(".ipynb") for chapter in NOTEBOOKS}
    found = {p for p in BOOK.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts}
    assert found == paired
