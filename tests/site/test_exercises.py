"""Exercises on the built pages: chapters lead to them, and what marks them stays away."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from tests.workshop.teaching.conftest import all_sheets
from workshop.teaching.sheet import Sheet

ALL = all_sheets()


def parsed(site: Path, name: str) -> BeautifulSoup:
    return BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")


@pytest.mark.parametrize("sheet", ALL, ids=[s.name for s in ALL])
def test_a_chapter_ends_with_the_way_to_its_exercises(site: Path, sheet: Sheet) -> None:
    section = parsed(site, f"book/{sheet.name}").select_one("section#exercises")
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
    folds = [s.get_text(strip=True) for s in page.select("article details > summary")]
    assert folds.count("Hint") >= len(sheet.exercises)
