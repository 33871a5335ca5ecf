"""The level of an error is that of the simplest finding that shows it."""

import pytest

from analysis.exam import levels
from analysis.exam.levels import Level, easiest, level_of
from analysis.findings import Finding, Verdict
from analysis.show.sources import METHODS


def finding(check, *numbers):
    return Finding("table1.x.y", check, Verdict.IMPOSSIBLE, numbers, "", "", "", "")


@pytest.mark.parametrize(
    ("check", "numbers", "level"),
    [
        ("counts and percentages", ("table1.sex.a.count", "table1.sex.a.percent"), Level.EASY),
        # the size of a group is no row of its own
        ("means of whole numbers", ("groups.a", "table1.age.a.mean"), Level.EASY),
        ("counts and percentages", ("table1.sex.n.a", "table1.sex.a.percent"), Level.EASY),
        ("P from t", ("table1.age.p", "table1.age.statistic"), Level.MEDIUM),
        # whatever is calculated: two rows, two tables or the text are a comparison across
        ("P from t", ("table1.age.p", "table1.bmi.p"), Level.HARD),
        ("counts and percentages", ("table1.sex.a.count", "table2.sex.a.count"), Level.HARD),
        ("text against tables", ("abstract.p", "table1.age.p"), Level.HARD),
        ("a check that nobody has written yet", ("table1.age.p",), Level.HARD),
    ],
)
def test_the_level_of_a_finding(check, numbers, level):
    assert level_of(finding(check, *numbers)) is level


def test_the_simplest_finding_decides():
    hard, medium = finding("text against tables", "a.b", "c.d"), finding("P from t", "a.b")
    assert easiest([hard, medium]) is Level.MEDIUM
    assert easiest([hard]) is Level.HARD
    assert easiest([]) is None


def test_the_named_checks_exist():
    assert METHODS.keys() >= levels._EASY | levels._MEDIUM
    assert not levels._EASY & levels._MEDIUM


def test_harder_errors_are_worth_more():
    assert [level.points for level in Level] == [1, 2, 3]
