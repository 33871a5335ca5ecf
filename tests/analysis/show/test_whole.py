"""Sheets of whole patients: the counts are whole groups, and a miss is marked."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analysis.compatible.exhaust import Exhausted, Seating
from analysis.paper import load_paper
from analysis.show import whole
from analysis.show.coherence import Across
from tests.analysis.ledgers import PAPER


@pytest.fixture(scope="module")
def across():
    return Across(load_paper(PAPER), "table4")


def cells(html) -> list[list[str]]:
    rows = re.findall(r"<tr[\s\S]*?</tr>", html._repr_html_())
    return [[re.sub(r"<[^>]+>", "", c).strip() for c in re.findall(r"<t[hd][\s\S]*?</t[hd]>", r)] for r in rows]  # fmt: skip


def test_the_patients_add_up_to_both_groups(across):
    head, *rows = cells(across.whole_patients())
    sums = [sum(int(r[i]) for r in rows) for i in range(1, len(head))]
    problem = across.found.problem
    assert sums == [problem.n1, problem.n0] * (len(sums) // 2)
    assert "no patients" in across.whole_patients()._repr_html_()


def test_coefficients_come_out_and_errors_are_compared(across):
    for name, printed, *fits in cells(across.whole_fits())[1:]:
        same = [fit == printed for fit in fits]
        assert all(same) == name.endswith("coefficient")
        assert all(fit.endswith("(differs)") for fit in fits) != all(same)


def made(across, *values) -> Exhausted:
    return Exhausted(1, (Seating((), (), values, 0.0),))


def test_a_miss_is_counted_in_units_of_the_last_digit(across):
    printed = [float(across.found.table.constant.b.value)]
    printed += [float(row.b.value) for row in across.found.table.rows]
    assert whole.misses(across.found, made(across, *printed)) == (0, 0)
    off = [printed[0] + 0.002, printed[1] - 0.001, *printed[2:]]
    assert whole.misses(across.found, made(across, *off)) == (2, 2)
    marked = [row[-1].endswith("(differs)") for row in cells(whole.nearest(across.found, made(across, *off)))[1:]]  # fmt: skip
    assert marked == [True, True, False, False, False]


def test_words_follow_what_was_listed(across):
    assert across.whole_told()["printing"] == "none does"
    other = Across(across.paper, "table4")
    ended = across._listed
    other.__dict__["_listed"] = Exhausted(
        7, tuple(replace(s, off=0.5) for s in ended.nearest)
    )  # fmt: skip
    assert other.whole_told()["printing"] == "some do"
    assert other.whole_told()["ways"] == "7"
