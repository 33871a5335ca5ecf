"""The explorer of roundings: ends against brute force, corners that attain them."""

from __future__ import annotations

import itertools
import json
import random
from fractions import Fraction

import pytest
from scipy import stats

from analysis.checks import two_samples
from analysis.printed import Interval
from analysis.show.book import chapter
from tests.analysis.show.pages import read


@pytest.fixture(scope="module")
def made():
    return chapter("table1").explore_rounding("t-explored", "neutrophils")


@pytest.fixture(scope="module")
def data(made):
    text = made.html.partition('<script type="application/json">')[2].partition("</script>")[0]
    return json.loads(text)


def t_of(row, inputs, equal):
    m1, s1, m2, s2 = inputs
    n1, n2 = row["n"]
    found = stats.ttest_ind_from_stats(m1, s1, n1, m2, s2, n2, equal_var=equal)
    return abs(found.statistic), found.pvalue


def test_every_row_of_means_is_there_with_its_printed_numbers(data):
    paper = chapter("table1").paper
    rows = [r for r in paper.table("table1").rows if getattr(r, "summary", "") == "mean_sd"]
    assert [r["id"] for r in data["rows"]] == [r.id for r in rows]
    assert data["rows"][data["first"]]["id"] == "neutrophils"
    for shown, row in zip(data["rows"], rows, strict=True):
        cells = [c for v in row.values.values() for c in (v.mean, v.sd)]
        assert [n["printed"] for n in shown["numbers"]] == [c.text.strip() for c in cells]
        assert [n["value"] for n in shown["numbers"]] == [float(c.value) for c in cells]
        for number in shown["numbers"]:
            half = 0.5 * 10.0 ** -number["decimals"]
            assert number["high"] - number["value"] == pytest.approx(half)
            assert number["value"] - number["low"] == pytest.approx(half)
        assert shown["t"]["printed"] == row.statistic.text.strip()


def test_no_position_leaves_the_ends_and_the_corners_reach_them(data):
    drawn = random.Random(1)
    for row in data["rows"]:
        ends = [(n["low"], n["high"]) for n in row["numbers"]]
        tried = [*itertools.product(*ends)]
        tried += [[drawn.uniform(*end) for end in ends] for _ in range(200)]
        for kind, equal in (("student", True), ("welch", False)):
            ts = [t_of(row, inputs, equal)[0] for inputs in tried]
            low, high = row[kind]["low"], row[kind]["high"]
            assert low <= min(ts) <= max(ts) <= high
            assert t_of(row, row["smallest"], equal)[0] == pytest.approx(low, abs=2e-6)
            assert t_of(row, row["largest"], equal)[0] == pytest.approx(high, abs=2e-6)
        # P falls as t rises: its ends stand at the same corners
        assert t_of(row, row["largest"], True)[1] == pytest.approx(row["p"]["low"], rel=1e-6)
        assert t_of(row, row["smallest"], True)[1] == pytest.approx(row["p"]["high"], rel=1e-6)


def test_means_that_can_be_equal_make_t_zero():
    box = [Interval(Fraction(a), Fraction(b)) for a, b in ((1, 3), (1, 2), (2, 5), (1, 2))]
    smallest, largest = two_samples.extreme_inputs(*box)
    assert smallest[0] == smallest[2]
    assert all(x in i for x, i in zip(smallest, box, strict=True))
    assert largest == (1, 1, 5, 1)


def test_the_still_figure_is_whole(made, data):
    page = read(made.html)
    assert "Neutrophil ratio" in repr(made)
    assert len(page.all("svg")) == 1
    rows = [row for body in page.all("tbody") for row in body.all("tr")]
    assert len(rows) == len(data["rows"])
    for row, shown in zip(rows, data["rows"], strict=True):
        assert shown["label"] in row.text
        assert shown["student"]["text"] in row.text
        assert shown["welch"]["text"] in row.text


def test_a_row_without_t_is_refused():
    with pytest.raises(ValueError, match="no row 'invasion'"):
        chapter("table1").explore_rounding("t-explored", "invasion")
