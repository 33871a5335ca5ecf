"""Exercises on the built pages: chapters lead to them, and what marks them stays away."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode

from tests.workshop.teaching.conftest import all_sheets
from workshop import chapters, downloads, execute
from workshop.teaching.sheet import Sheet

ALL = all_sheets()


def parsed(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")


@pytest.mark.parametrize("sheet", ALL, ids=[s.name for s in ALL])
def test_a_chapter_ends_with_the_way_to_its_exercises(site: Path, sheet: Sheet) -> None:
    section = parsed(site, f"book/{sheet.name}").select_one("section#exercises-of-this-chapter")
    assert section.select_one("a.reference.internal")["href"] == f"exercises/{sheet.name}.html"
    minutes = sum(e.minutes for e in sheet.exercises)
    text = section.select_one("p").get_text()
    assert text.startswith(f"{len(sheet.exercises)} exercises, about {minutes} minutes: ")


@pytest.mark.parametrize("sheet", ALL, ids=[s.name for s in ALL])
def test_a_sheet_shows_its_exercises_and_no_marking_guide(site: Path, sheet: Sheet) -> None:
    page = parsed(site, f"book/exercises/{sheet.name}")
    heads = [h.get_text().rstrip("#") for h in page.select("article section > section > h2")]
    assert [h.split(".")[0] for h in heads] == [str(e.number) for e in sheet.exercises]
    assert "points by the checks" not in page.get_text()
    assert page.select_one(f'article a[href="../{sheet.name}.html"]')
    (link,) = page.select("article .admonition a[download]")
    there = (site / "book/exercises" / link["href"]).resolve()
    assert there.name == f"{sheet.name}_practice.ipynb"
    assert there.is_file()
    folds = [s.get_text(strip=True) for s in page.select("article details > summary")]
    hints = [fold for fold in folds if fold.startswith("Hint")]
    assert len(hints) >= len(sheet.exercises)
    assert len(page.select("article details.reread-hint")) == len(hints)
    assert len(page.select("article details.reread-solution")) == folds.count("Solution")


@pytest.mark.parametrize("sheet", ALL, ids=[s.name for s in ALL])
def test_a_sheet_says_how_to_work_on_its_page(site: Path, sheet: Sheet) -> None:
    page = parsed(site, f"book/exercises/{sheet.name}")
    assert page.select_one('.opening .reread-on-screen a[href^="../downloads.html#"]')
    assert "On this page" not in sheet.file.with_suffix(".ipynb").read_text("utf-8")


@pytest.mark.parametrize("sheet", ALL, ids=[s.name for s in ALL])
@pytest.mark.parametrize("tag", ["solution", "check"])
def test_one_line_opens_the_cells_that_follow_one_another(
    site: Path, sheet: Sheet, tag: str
) -> None:
    cells = parsed(site, f"book/exercises/{sheet.name}").select(f"div.cell.tag_{tag}")
    assert not [c for c in cells if (after := c.find_next_sibling()) and after in cells]
    assert all(len(cell.select("details")) == 1 for cell in cells)
    name = "code" if tag == "solution" else tag
    held = [part.source for e in sheet.exercises for part in e.of(name)]
    shown = [code.get_text().strip() for cell in cells for code in cell.select("pre")]
    assert [code for code in shown if code in held] == held


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("sheet", ALL, ids=[s.name for s in ALL])
def test_the_outputs_beside_a_sheet_are_those_of_the_book(sheet: Sheet) -> None:
    """What nbval does for the chapters: these have just been executed for the site."""
    made = [c.outputs for c in chapters.code_cells(execute.executed(sheet.file))]
    kept = [c.outputs for c in sheet.outputs()]
    assert [texts(cell) for cell in made] == [texts(cell) for cell in kept]


def texts(outputs: list) -> list[object]:
    """What a cell printed, and what it shows as text; told values stand there too."""
    return [
        held if stream else {k: v for k, v in (held or {}).items() if k.endswith("text/plain")}
        for stream, held in downloads.shown(outputs)
    ]


def test_where_a_kernel_cuts_what_it_prints_does_not_matter() -> None:
    def printed(text: str) -> NotebookNode:
        return NotebookNode(output_type="stream", name="stdout", text=text)

    last = NotebookNode(output_type="display_data", data={"text/plain": "1"})
    whole, cut = [printed("a\nb\n"), last], [printed("a\n"), printed("b\n"), last]
    assert texts(cut) == texts(whole) != texts([printed("a\n"), last])
