import re
from pathlib import Path

import pytest

from analysis.findings import Verdict
from analysis.show import palette

STYLE_SHEET = Path(__file__).parents[3] / "book" / "_static" / "reread.css"


def test_contrast_is_that_of_the_guideline():
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("side", ["light", "dark"])
@pytest.mark.parametrize("colour", palette.INKS, ids=lambda c: c.name)
@pytest.mark.parametrize("ground", [palette.PAGE, palette.WASH], ids=lambda c: c.name)
def test_text_can_be_read_on_both_grounds(colour, ground, side):
    assert palette.contrast(getattr(colour, side), getattr(ground, side)) >= 4.5


@pytest.mark.parametrize("side", ["light", "dark"])
@pytest.mark.parametrize("verdict", Verdict)
def test_verdicts_can_be_read_on_their_own_ground_and_on_the_page(verdict, side):
    mark = palette.MARKS[verdict]
    for ground in (mark.ground, palette.PAGE, palette.WASH):
        assert palette.contrast(getattr(mark.text, side), getattr(ground, side)) >= 4.5


def test_verdicts_differ_in_more_than_colour():
    for name in ("sign", "path", "slug"):
        assert len({getattr(mark, name) for mark in palette.MARKS.values()}) == len(Verdict)


def test_the_style_sheet_has_these_colours():
    css = STYLE_SHEET.read_text("utf-8")
    assert palette.with_palette(css) == css, (
        "run: python -m analysis.show.palette book/_static/reread.css"
    )
    assert palette.css() in css


def test_the_style_sheet_uses_only_colours_that_there_are():
    css = STYLE_SHEET.read_text("utf-8")
    used = set(re.findall(r"var\(--reread-([a-z-]+)", css))
    assert used <= {c.name for c in palette.COLOURS} | {"letters", "sans"}
    rules = css.replace(palette.css(), "")
    assert not re.search(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", rules), "a colour outside the palette"


@pytest.mark.parametrize("name", ["reread.css", "reread.js"])
def test_nothing_is_asked_from_outside(name):
    text = STYLE_SHEET.with_name(name).read_text("utf-8")
    for word in (
        "http:",
        "https:",
        "//cdn",
        "@import",
        "eval(",
        "innerHTML",
        "new Function",
        "url(",
    ):
        assert word not in text
