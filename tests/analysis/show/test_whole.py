"""Sheets of whole patients: the counts are whole groups, and a miss is marked."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction

import pytest

from analysis import certify
from analysis.compatible.exhaust import Exhausted, Seating
from analysis.paper import load_paper
from analysis.printed import Interval
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
    problem = across.found.problem
    for i in range(problem.k, len(head)):
        pairs = [
            [int(n) for n in row[i].split("\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}")] for row in rows
        ]
        assert [sum(side) for side in zip(*pairs, strict=True)] == [problem.n1, problem.n0]
    with_it = sum(
        sum(map(int, row[problem.k].split("\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}")))
        for row in rows
        if row[0] == "yes"
    )
    assert with_it == int(problem.events[0].low + problem.others[0].low)
    assert "no patients" in across.whole_patients()._repr_html_()


def test_coefficients_come_out_and_errors_are_compared(across):
    for name, printed, *fits in cells(across.whole_fits())[1:]:
        same = [fit == printed for fit in fits]
        assert all(same) == name.endswith("coefficient")
        assert all(fit.endswith("(differs)") for fit in fits) != all(same)


def test_what_the_chapter_says_of_codes_of_minus_one_and_one(across):
    """Whole patients print a logistic fit with them; none do with the printed constant."""
    logistic = [p.asked for p in across._stored if p.asked.link == "logit"]
    assert logistic
    assert {asked.kind for asked in logistic} == {certify.EFFECT}
    outcomes = across.study.outcomes(certify.PRINTED_EFFECT, "logit")
    assert outcomes[certify.REFUTED] == sum(outcomes.values()) > 0


def test_errors_of_the_whole_patients_are_smaller_than_printed(across):
    for patients in across._made_up:
        for row, error in zip(across.found.table.rows, patients.errors[1:], strict=True):
            assert error < row.se.interval.low


def test_one_of_each_model_is_shown_the_simplest_first(across):
    shown = [p.asked.link for p in across._made_up]
    assert len(set(shown)) == len(shown) <= whole._SHOWN
    kinds = [certify.KINDS.index(p.asked.kind) for p in across._made_up]
    assert kinds == sorted(kinds)
    assert len({whole.model(p) for p in across._made_up}) == len(shown)


def test_whole_patients_are_counted_reading_by_reading(across):
    found, fitting = whole.found_of(across.study, across._stored)
    pairs = [cell for row in cells(across.whole_found())[1:] for cell in row[1:] if cell != "–"]
    assert sum(int(cell.split(" of ")[0]) for cell in pairs) == found == len(across._stored)
    assert sum(int(cell.split(" of ")[1]) for cell in pairs) == fitting
    assert all(int(a) <= int(b) for a, b in (cell.split(" of ") for cell in pairs))


def made(across, *values) -> Exhausted:
    return Exhausted(1, 0, (Seating((), (), (), values, 0.0),))


def test_a_miss_is_counted_in_units_of_the_last_digit(across):
    printed = [float(across.found.table.constant.b.value)]
    printed += [float(row.b.value) for row in across.found.table.rows]
    assert whole.misses(across.found, made(across, *printed).nearest[0]) == (0, 0)
    off = [printed[0] + 0.002, printed[1] - 0.001, *printed[2:]]
    assert whole.misses(across.found, made(across, *off).nearest[0]) == (2, 2)
    marked = [row[2].endswith("(differs)") for row in cells(whole.nearest(across.found, made(across, *off)))[1:]]  # fmt: skip
    assert marked == [True, True, False, False, False]


def test_the_fewest_numbers_by_one_unit_are_chosen(across):
    printed = [float(across.found.table.constant.b.value)]
    printed += [float(row.b.value) for row in across.found.table.rows]
    moves = {"three by one": (1, 1, 1, 0, 0), "one by two": (0, 2, 0, 0, 0), "two by one": (0, 0, 1, 0, 1)}  # fmt: skip
    made_up = [
        Seating((), (), (), tuple(p + m / 1000 for p, m in zip(printed, moved, strict=True)), off)
        for off, moved in enumerate(moves.values())
    ]
    assert whole.fewest(across.found, Exhausted(3, 0, tuple(made_up))) == made_up[2]
    shown = cells(whole.nearest(across.found, Exhausted(3, 0, tuple(made_up))))[1:]
    assert [row[2].endswith("(differs)") for row in shown] == [True, True, True, False, False]
    assert [row[3].endswith("(differs)") for row in shown] == [False, False, True, False, True]


def test_what_the_chapter_says_of_the_miss(across):
    """Twice the room: the nearest are the nearest of all, and no digits were cut off."""
    wider, ended = across._wider, across._listed
    assert wider.fitted > 20 * ended.fitted
    assert wider.unsettled == ended.unsettled == 0
    assert wider.nearest[0].patients == ended.nearest[0].patients
    assert wider.within(2) == 1
    # rounded twice, from one digit more: up to 1.1 half units
    assert wider.within(1.2) == 0
    table = across.found.table
    printed = [table.constant.b.value, *(row.b.value for row in table.rows)]
    cut = [Fraction(math.trunc(v * 1000), 1000) for v in wider.nearest[0].printed]
    assert sum(c != p for c, p in zip(cut, printed, strict=True)) > 1
    told = across.whole_told()
    assert (told["fewest"], told["fewest_units"]) == ("two", "one")  # "two such misprints"
    assert (told["differs"], told["units"], told["distance"]) == ("three", "one", "0.99")


def test_the_room_is_on_both_sides():
    room = whole._widened(Interval(Fraction(8285, 10_000), Fraction(8295, 10_000)), 2)
    assert (room.low, room.high) == (Fraction(828, 1000), Fraction(830, 1000))


def test_words_follow_what_was_listed(across):
    assert across.whole_told()["printing"] == "none does"
    other = Across(across.paper, "table4")
    ended = across._listed
    other.__dict__["_listed"] = Exhausted(
        7, 0, tuple(replace(s, off=0.5) for s in ended.nearest)
    )  # fmt: skip
    other.__dict__["_wider"] = across._wider
    assert other.whole_told()["printing"] == "some do"
    assert other.whole_told()["ways"] == "7"
