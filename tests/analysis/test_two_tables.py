"""Stored values of moved coefficients: of today's record, and proved again at some points."""

from __future__ import annotations

import math
import random
import shutil
from pathlib import Path

import pytest

from analysis import certify, two_tables
from analysis.certify import StudyError
from analysis.checks.across_tables import joined
from analysis.paper import load_paper
from tests.analysis.ledgers import PAPER


@pytest.fixture(scope="module")
def paper():
    return load_paper(PAPER)


@pytest.fixture(scope="module")
def study(paper):
    return certify.load(paper)[0]


@pytest.fixture(scope="module")
def found(paper, study):
    return joined(paper, paper.table(study.table))


@pytest.fixture(scope="module")
def curves(paper, study):
    return two_tables.load(paper, study.table)


def test_every_reading_of_every_row_that_could_be_the_slip(study, found, curves):
    rows, readings = two_tables.movable(study), two_tables.readings(study)
    wanted = {(row, *reading) for row in rows for reading in readings}
    assert {(c.row, c.kind, c.link, c.name) for c in curves} == wanted
    assert len(wanted) == len(curves)
    for curve in curves:
        j = [row.id for row in found.table.rows].index(curve.row)
        assert [v.b for v in curve.values] == [round(b, 6) for b, _ in two_tables.grid(found, j)]


def test_what_is_proved_is_never_more_than_what_is_attained(found, curves):
    everyone = found.problem.n1 + found.problem.n0
    for curve in curves:
        for value in curve.values:
            assert 0 <= value.proved <= everyone
            assert value.attained is None or value.proved <= value.attained
            assert not (value.fits and value.proved)


def test_printed_values_agree_with_the_study(study, curves):
    """All printed numbers together fit under a reading here where they do in the study."""
    outcomes = {(r.kind, r.link, r.name): r.outcome for r in study.readings}
    for curve in curves:
        outcome = outcomes.get((curve.kind, curve.link, curve.name), certify.REFUTED)
        assert curve.printed.fits == (outcome == certify.FITS)
        assert (curve.printed.proved > 0) == (outcome == certify.REFUTED)


def test_windows_agree_with_the_study(study, curves):
    """With any constant and codes one step apart the study has the window of each coefficient."""
    for curve in curves:
        if curve.kind != certify.FREE:
            continue
        (window,) = (
            w for w in study.windows
            if (w.kind, w.row, w.link) == ("slopes", curve.row, curve.link)
        )  # fmt: skip
        inside = [sorted(side) for side in (window.below, window.above) if side]
        if window.fits:
            inside = [[window.below[1], window.above[1]]]
        for value in curve.values:
            if value is curve.printed:
                continue
            # under other links the study has looked at the ends of a range alone
            if curve.link == study.link and any(a + 0.01 < value.b < b - 0.01 for a, b in inside):
                assert value.fits
            # outside a window other values may fit: what fits need not be one interval
            for low, high, _ in window.refuted:
                after, before = low is None or value.b >= low, high is None or value.b <= high
                assert not (value.fits and after and before)


def test_points_are_proved_again(found, curves):
    """Some values of every reading, anew from the record."""
    drawn = random.Random(7)
    ids = [row.id for row in found.table.rows]
    for curve in drawn.sample(curves, 6):
        i = drawn.randrange(len(curve.values))
        stored = curve.values[i]
        j = ids.index(curve.row)
        b, at = two_tables.grid(found, j)[i]
        key = (curve.kind, curve.link, curve.name)
        (question,) = two_tables.asked(found, j, at, [key])
        again = two_tables.value_at(b, question)
        assert again.fits == stored.fits
        assert again.proved == pytest.approx(stored.proved, rel=0.02, abs=0.02)
        if stored.attained is None:
            assert again.attained is None
        else:
            assert math.isclose(again.attained, stored.attained, rel_tol=0.02, abs_tol=0.02)


def test_a_changed_record_is_noticed(tmp_path):
    copied = Path(shutil.copytree(PAPER.parent, tmp_path / "yu")) / PAPER.name
    copied.write_text(copied.read_text().replace('b: "1.152"', 'b: "1.153"'))
    with pytest.raises(StudyError, match=r"was made with table4\.sii\.b = 1\.152"):
        two_tables.load(load_paper(copied), "table4")


@pytest.mark.parametrize("text", ["", "[]", '[{"table": "table4"}]'])
def test_a_damaged_file_is_one_sentence(tmp_path, text):
    copied = Path(shutil.copytree(PAPER.parent, tmp_path / "yu")) / PAPER.name
    copied.with_name(two_tables.FILE).write_text(text)
    with pytest.raises(StudyError, match="it cannot be used"):
        two_tables.load(load_paper(copied), "table4")
    copied.with_name(two_tables.FILE).unlink()
    with pytest.raises(StudyError, match="no such file"):
        two_tables.load(load_paper(copied), "table4")
