"""Verdicts and the ledger."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paper_writer import show

from analysis.findings import GRAVITY, Finding, Ledger, Verdict, verdict_for
from analysis.printed import Interval, parse_number, parse_p


def finding(id, verdict=Verdict.REPRODUCED, numbers=("a",), check="c"):
    return Finding(id, check, verdict, numbers, "claim", "1", "1", "1 = 1")


def test_five_words():
    assert [v.value for v in Verdict] == [
        "reproduced", "consistent", "depends", "impossible", "not checkable",
    ]  # fmt: skip
    assert set(GRAVITY) == set(Verdict)
    assert all(v.meaning.endswith(".") for v in Verdict)


def test_ledger():
    ledger = Ledger([
        finding("table1.a", Verdict.REPRODUCED, ("x", "y")),
        finding("table1.b", Verdict.DEPENDS, ("x",), check="d"),
        finding("table2.c", Verdict.NOT_CHECKABLE, ("z",)),
    ])  # fmt: skip
    assert len(ledger) == 3
    assert "table1.a" in ledger
    assert ledger["table1.b"].verdict is Verdict.DEPENDS
    with pytest.raises(KeyError, match="nothing"):
        ledger["nothing"]
    assert [f.id for f in ledger.only("table1")] == ["table1.a", "table1.b"]
    assert [f.id for f in ledger.only(check="d")] == ["table1.b"]
    assert [f.id for f in ledger.only("table2", check="d")] == []
    assert ledger.counts() == {
        Verdict.REPRODUCED: 1, Verdict.CONSISTENT: 0, Verdict.DEPENDS: 1,
        Verdict.IMPOSSIBLE: 0, Verdict.NOT_CHECKABLE: 1,
    }  # fmt: skip
    assert ledger.gravest("x") is Verdict.DEPENDS
    assert ledger.gravest("y") is Verdict.REPRODUCED
    assert ledger.gravest("unknown") is None


def test_ids_are_unique():
    with pytest.raises(ValueError, match=r"table1\.a"):
        Ledger([finding("table1.a"), finding("table1.a")])


@pytest.mark.parametrize(
    ("printed", "central", "attainable", "expected"),
    [
        ("0.289", 0.2885, (0.28, 0.30), Verdict.REPRODUCED),
        ("0.289", 0.2895, (0.28, 0.30), Verdict.REPRODUCED),  # a tie
        ("0.289", 0.2800, (0.28, 0.30), Verdict.CONSISTENT),
        ("0.289", None, (0.2895, 0.30), Verdict.CONSISTENT),  # ends that touch
        ("0.289", 0.2800, (0.27, 0.285), Verdict.IMPOSSIBLE),
        ("<0.001", 1e-9, (0.0, 1e-8), Verdict.REPRODUCED),
        ("<0.001", 0.002, (0.0015, 0.003), Verdict.IMPOSSIBLE),
        (">0.05", 0.3, (0.2, 0.4), Verdict.REPRODUCED),
        ("0.000", 1e-30, (0.0, 1e-29), Verdict.REPRODUCED),
        ("1.000", 1.0, (0.9999, 1.0), Verdict.REPRODUCED),
    ],
)
def test_verdicts(printed, central, attainable, expected):
    interval = Interval(*(Fraction(str(x)) for x in attainable))
    assert verdict_for(parse_p(printed), central, interval, Interval(0, 1)) is expected


@given(
    st.fractions(-50, 50, max_denominator=10**4),
    st.integers(0, 4),
    st.fractions(0, 1, max_denominator=100),
)
def test_an_enclosed_value_is_never_impossible(value, decimals, slack):
    printed = parse_number(show(value, decimals))
    assert verdict_for(printed, value, Interval.point(value)) is Verdict.REPRODUCED
    wide = Interval(value - slack, value + slack)
    assert verdict_for(printed, None, wide) is Verdict.CONSISTENT
    far = Interval(value + 2 * printed.half_unit + Fraction(1, 10**6), math.inf)
    assert verdict_for(printed, None, far) is Verdict.IMPOSSIBLE
