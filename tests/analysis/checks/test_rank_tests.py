"""Rows compared by ranks: the statistic's range, its own P, and what is not decided."""

from __future__ import annotations

import pytest

from analysis.findings import Verdict
from paper_writer import audit_tree, impossible, mean_row, paper

V = Verdict
CELLS = ("64 (57–70)", "66 (58–73)")
MEANS = ("24.64 ± 2.03", "21.48 ± 3.91")


def median_row(name: str, cells=CELLS, **more) -> dict:
    return mean_row(name, cells, **more) | {"summary": "median_iqr"}


def found(scratch, row, sizes=(20, 25), **more):
    return audit_tree(scratch, paper(sizes, [row], **more))


@pytest.mark.parametrize(
    ("statistic", "kind", "expected"),
    [
        ("-2.31", None, V.CONSISTENT),
        ("-2.31", "z", V.CONSISTENT),
        ("190", "u", V.CONSISTENT),
        ("190", None, V.CONSISTENT),
        ("700", "u", V.DEPENDS),  # more than 20 × 25; a sum of ranks
        ("-2.31", "u", V.DEPENDS),
        ("2.31", "h", V.CONSISTENT),
        ("2000", "u", V.IMPOSSIBLE),
        ("-9.9", "z", V.IMPOSSIBLE),  # √44 = 6.63
        ("-9.9", None, V.IMPOSSIBLE),
    ],
)
def test_the_range_of_a_statistic(scratch, statistic, kind, expected):
    more = {"statistic_is": kind} if kind else {}
    row = median_row("x", statistic=statistic, test="mann_whitney", **more)
    finding = found(scratch, row)["table1.x.rank_statistic"]
    assert finding.verdict is expected
    if expected is V.DEPENDS:
        assert "the row names its statistic U" in finding.assumptions[0]


def test_medians_whose_test_is_not_named_may_be_compared_by_t(scratch):
    finding = found(scratch, median_row("x", statistic="-9.9"))["table1.x.rank_statistic"]
    assert finding.verdict is V.DEPENDS
    assert "t or F" in finding.assumptions[0]


@pytest.mark.parametrize(
    ("statistic", "kind", "p", "expected"),
    [
        ("-2.31", "z", "0.021", V.REPRODUCED),
        ("-2.31", None, "0.021", V.REPRODUCED),
        ("-2.31", None, "0.010", V.DEPENDS),  # one-sided
        ("-2.31", None, "0.024", V.DEPENDS),  # t
        ("-2.31", None, "0.2", V.DEPENDS),  # an exact P beside Z is not excluded under 201 patients
        ("-2.31", None, "0.5", V.IMPOSSIBLE),
        ("-2.31", None, "0.0001", V.DEPENDS),  # nor is one that is smaller
        ("190", "u", "0.171", V.REPRODUCED),
        ("190", "u", "0.174", V.CONSISTENT),  # with the continuity correction
        ("190", "u", "0.1", V.DEPENDS),  # ties
        ("190", "u", "0.9", V.DEPENDS),  # one-sided the other way, with ties
        ("100", "u", "0.5", V.IMPOSSIBLE),
        ("5.3361", "h", "0.021", V.REPRODUCED),
        ("-2.31", "z", "NS", V.DEPENDS),
        ("-2.31", "z", "<0.05", V.REPRODUCED),
    ],
)
def test_p_from_the_statistic(scratch, statistic, kind, p, expected):
    more = {"statistic_is": kind} if kind else {}
    row = median_row("x", statistic=statistic, p=p, **more)
    assert found(scratch, row)["table1.x.p_from_ranks"].verdict is expected


def test_large_groups_leave_no_exact_p(scratch):
    for p in ("0.2", "0.0001"):
        row = median_row("x", statistic="-2.31", p=p)
        assert found(scratch, row, (150, 160))["table1.x.p_from_ranks"].verdict is V.IMPOSSIBLE


def test_h_of_three_groups(scratch):
    cells = (*CELLS, "70 (61–75)")
    row = median_row("x", cells, statistic="7.824", p="0.020", test="kruskal_wallis")
    ledger = found(scratch, row, (40, 41, 42))
    assert ledger["table1.x.rank_statistic"].verdict is V.CONSISTENT
    assert ledger["table1.x.p_from_ranks"].verdict is V.REPRODUCED
    assert "2 degrees" in ledger["table1.x.p_from_ranks"].by_hand
    wrong = found(scratch, row | {"p": "0.2"}, (40, 41, 42))
    assert wrong["table1.x.p_from_ranks"].verdict is V.IMPOSSIBLE
    wrong = found(scratch, row | {"statistic": "131"}, (40, 41, 42))
    assert wrong["table1.x.rank_statistic"].verdict is V.IMPOSSIBLE


def test_means_compared_by_ranks(scratch):
    row = mean_row("x", MEANS, statistic="-0.9", p="0.368", test="mann_whitney")
    ledger = found(scratch, row)
    assert not impossible(ledger)
    assert "table1.x.t_from_means" not in ledger
    assert ledger["table1.x.p_from_ranks"].verdict is V.REPRODUCED
    assert "table1.t_convention" not in ledger


def test_a_p_without_statistic_says_what_is_missing(scratch):
    for row in (median_row("x", p="0.3"), mean_row("x", MEANS, p="0.3", test="mann_whitney")):
        finding = found(scratch, row)["table1.x.test_not_checkable"]
        assert finding.verdict is V.NOT_CHECKABLE
        assert "by ranks; the patients' values would be needed" in finding.by_hand


def test_medians_whose_row_names_a_test_of_other_rows(scratch):
    row = median_row("x", statistic="99", p="0.9", test="t")
    ledger = found(scratch, row)
    assert not impossible(ledger)
    assert "the row names Student's t test" in ledger["table1.x.p_from_ranks"].assumptions[0]
