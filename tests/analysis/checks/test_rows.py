"""Rows that name their test or their statistic: that test first, then another, never impossible
where the row names a test of other rows."""

from __future__ import annotations

import math

import pytest
import scipy.stats

from analysis.checks import two_samples as ts
from analysis.checks.rows import Family, family
from analysis.findings import Verdict
from paper_writer import (
    audit_tree,
    count_row,
    impossible,
    levels_row,
    load,
    mean_row,
    paper,
    show_p,
)

V = Verdict
CELLS = ("24.64 ± 2.03", "21.48 ± 3.91")  # of 20 and 25: Student 3.278, Welch 3.501
TABLE = ((7, 13), (14, 11))
LINES = [tuple(map(str, line)) for line in TABLE]
SILENT = {"key": "made_up", "label": "Made up"}
RANKS = SILENT | {"tests": {"continuous": "t test or Mann–Whitney U test, as appropriate"}}


def found(scratch, row, sizes=(20, 25), **more):
    return audit_tree(scratch, paper(sizes, [row], **more))


def words(finding) -> str:
    return "; ".join(finding.assumptions)


# --- means of two groups -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "statistic", "expected", "said"),
    [
        ("t", "3.278", V.CONSISTENT, "Student"),
        ("welch", "3.501", V.CONSISTENT, "Welch"),
        ("welch", "3.278", V.DEPENDS, "fits Student's t (equal variances), the row names Welch's"),
        ("t", "3.501", V.DEPENDS, "fits Welch's t (unequal variances), the row names Student's"),
        ("anova", "10.75", V.CONSISTENT, "F = t²"),
        ("anova", "3.278", V.DEPENDS, "fits Student's t"),
        ("t", "4.1", V.IMPOSSIBLE, "two-sample t"),
        ("welch", "4.1", V.IMPOSSIBLE, "two-sample t"),
        ("anova", "-10.75", V.IMPOSSIBLE, "two-sample t"),
        ("chi_square", "4.1", V.DEPENDS, "the row names Pearson's chi-square, which means"),
        ("chi_square", "3.278", V.DEPENDS, "fits Student's t (equal variances), the row names"),
    ],
)
def test_t_of_a_row_that_names_its_test(scratch, test, statistic, expected, said):
    finding = found(scratch, mean_row("x", CELLS, statistic=statistic, test=test))[
        "table1.x.t_from_means"
    ]
    allowed = {expected, V.REPRODUCED} if expected is V.CONSISTENT else {expected}
    assert finding.verdict in allowed
    assert said in words(finding)


@pytest.mark.parametrize(
    ("test", "p", "expected"),
    [
        ("welch", "0.0013", V.CONSISTENT),
        ("welch", "0.0021", V.DEPENDS),
        ("t", "0.0021", V.CONSISTENT),
        ("t", "0.0013", V.DEPENDS),
        ("anova", "0.0021", V.CONSISTENT),
        ("welch", "0.1", V.IMPOSSIBLE),
        ("fisher", "0.3", V.DEPENDS),
    ],
)
def test_p_of_means_of_a_row_that_names_its_test(scratch, test, p, expected):
    finding = found(scratch, mean_row("x", CELLS, p=p, test=test))["table1.x.p_from_means"]
    allowed = {expected, V.REPRODUCED} if expected is V.CONSISTENT else {expected}
    assert finding.verdict in allowed
    if expected is V.DEPENDS:
        assert "the row names" in words(finding)


def test_welchs_p_beside_welchs_t(scratch):
    row = mean_row("x", CELLS, statistic="3.50", p="0.0012", test="welch")
    finding = found(scratch, row)["table1.x.p_from_t"]
    assert finding.verdict in (V.REPRODUCED, V.CONSISTENT)
    assert "Satterthwaite" in words(finding)
    row |= {"p": "0.0011", "test": "t"}  # 0.00109 with 43 degrees of freedom
    assert found(scratch, row)["table1.x.p_from_t"].verdict in (V.REPRODUCED, V.CONSISTENT)


def test_f_of_two_groups_has_its_own_p(scratch):
    row = mean_row("x", CELLS, statistic="10.75", p="0.002", statistic_is="f")
    finding = found(scratch, row)["table1.x.p_from_t"]
    assert finding.verdict is V.REPRODUCED
    assert finding.by_hand.startswith("F = 10.75")


@pytest.mark.parametrize("methods", [SILENT, RANKS])
def test_methods_that_leave_ranks_open_accuse_no_row_of_means(scratch, methods):
    """Z of a Mann–Whitney test beside mean ± SD: honest, where nobody says it is a t."""
    row = mean_row("x", CELLS, statistic="-2.87", p="0.004")
    assert impossible(found(scratch, row))
    silent = found(scratch, row, paper=methods)
    assert not impossible(silent)
    assert "compared by ranks" in words(silent["table1.x.t_from_means"])
    assert not impossible(found(scratch, mean_row("x", CELLS, p="0.3"), paper=methods))
    # no rank test has this pair: Z of 45 patients is at most 6.63
    wrong = found(scratch, mean_row("x", CELLS, statistic="-9.1", p="0.004"), paper=methods)
    assert wrong["table1.x.t_from_means"].verdict is V.IMPOSSIBLE


def test_a_statistic_called_z(scratch):
    row = mean_row("x", CELLS, statistic="-2.87", p="0.004", statistic_is="z")
    silent = found(scratch, row)
    assert not impossible(silent)
    assert silent["table1.x.p_from_t"].verdict is V.REPRODUCED
    assert silent["table1.x.p_from_t"].by_hand.startswith("Z = ")


@pytest.mark.parametrize("test", ["paired_t", "wilcoxon", "mcnemar", "other"])
def test_tests_that_the_numbers_do_not_decide(scratch, test):
    for row in (
        mean_row("x", CELLS, statistic="9.9", p="0.9", test=test),
        count_row("x", ("7 (35%)", "6 (24%)"), statistic="9.9", p="0.9", test=test),
    ):
        ledger = found(scratch, row)
        assert not impossible(ledger)
        finding = ledger["table1.x.test_not_checkable"]
        assert finding.verdict is V.NOT_CHECKABLE
        assert finding.numbers == ("table1.x.statistic", "table1.x.p")
        assert "would be needed" in finding.by_hand
        assert not any(f.check == "P from counts" for f in ledger.values())


# --- counts ------------------------------------------------------------------------------------

CHI2, YATES = float(ts.pearson(TABLE)), float(ts.yates(TABLE))


def p3(chi2: float) -> str:
    return f"{ts.chi2_p(chi2, 1):.3f}"


@pytest.mark.parametrize(
    ("test", "p", "expected", "said"),
    [
        ("chi_square", p3(CHI2), V.REPRODUCED, "Pearson"),
        ("yates", p3(YATES), V.REPRODUCED, "Yates"),
        ("fisher", f"{ts.fisher_p(TABLE):.3f}", V.REPRODUCED, "Fisher"),
        ("likelihood_ratio", p3(ts.likelihood_ratio(TABLE)), V.REPRODUCED, "likelihood"),
        ("chi_square", f"{ts.fisher_p(TABLE):.3f}", V.DEPENDS, "fits Fisher's exact test, the row"),
        ("fisher", p3(CHI2), V.DEPENDS, "fits Pearson's chi-square, the row names Fisher's exact"),
        ("fisher", "0.6", V.IMPOSSIBLE, "Fisher"),
        ("t", "0.6", V.DEPENDS, "the row names Student's t test, which counts do not decide"),
        ("t", p3(CHI2), V.DEPENDS, "fits Pearson's chi-square, the row names Student's t test"),
        ("trend", p3(float(ts.linear_by_linear(TABLE))), V.REPRODUCED, "linear"),
    ],
)
def test_p_of_counts_of_a_row_that_names_its_test(scratch, test, p, expected, said):
    row = levels_row("x", LINES, p=p, test=test)
    finding = found(scratch, row, (21, 24))["table1.x.p_from_counts"]
    assert finding.verdict is expected
    assert said in words(finding)


def test_fishers_p_beside_pearsons_statistic(scratch):
    p = f"{ts.fisher_p(TABLE):.3f}"
    row = levels_row("x", LINES, statistic=f"{CHI2:.3f}", p=p, test="fisher")
    ledger = found(scratch, row, (21, 24))
    assert ledger["table1.x.chi2_from_counts"].verdict is V.REPRODUCED
    assert ledger["table1.x.p_from_chi2"].verdict is V.REPRODUCED
    row |= {"test": "chi_square"}
    assert found(scratch, row, (21, 24))["table1.x.p_from_chi2"].verdict is V.DEPENDS


def test_yates_statistic_of_a_row_that_names_it(scratch):
    row = levels_row("x", LINES, statistic=f"{YATES:.3f}", test="yates")
    assert found(scratch, row, (21, 24))["table1.x.chi2_from_counts"].verdict is V.REPRODUCED
    row = levels_row("x", LINES, statistic=f"{CHI2:.3f}", test="yates")
    finding = found(scratch, row, (21, 24))["table1.x.chi2_from_counts"]
    assert finding.verdict is V.DEPENDS
    assert "the row names Yates's correction" in words(finding)


def test_a_z_of_two_proportions(scratch):
    z, p = math.sqrt(CHI2), ts.chi2_p(CHI2, 1)
    row = levels_row("x", LINES, statistic=f"{-z:.3f}", p=f"{p:.3f}", statistic_is="z")
    ledger = found(scratch, row, (21, 24))
    assert ledger["table1.x.chi2_from_counts"].verdict is V.REPRODUCED
    assert ledger["table1.x.p_from_chi2"].verdict is V.REPRODUCED
    row = levels_row("x", LINES, statistic="9.99", p="0.01", statistic_is="t")
    assert not impossible(found(scratch, row, (21, 24)))


def test_ordered_categories_compared_by_ranks(scratch):
    table = ((5, 9), (6, 8), (12, 3))
    groups = [[i for i, line in enumerate(table) for _ in range(line[j])] for j in (0, 1)]
    h, p = scipy.stats.kruskal(*groups)
    lines = [tuple(map(str, line)) for line in table]
    row = levels_row("x", lines, statistic=f"{h:.3f}", p=show_p(p), test="kruskal_wallis")
    ledger = found(scratch, row, (23, 20))
    for check in ("chi2_from_counts", "p_from_chi2", "p_from_counts"):
        assert ledger[f"table1.x.{check}"].verdict is V.REPRODUCED, check
    row |= {"statistic": "7.777", "p": "0.5"}
    assert len(impossible(found(scratch, row, (23, 20)))) >= 2


def test_unknown_values_may_be_left_out_of_the_test(scratch):
    lines = [("7", "13"), ("14", "11"), ("9", "1")]
    row = levels_row("x", lines, statistic=f"{CHI2:.3f}", p=p3(CHI2))
    assert impossible(found(scratch, row, (30, 25)))  # three categories like any others
    row["levels"][2]["label"] = "Unknown AFP at diagnosis"
    ledger = found(scratch, row, (30, 25))
    assert not impossible(ledger)
    assert "without the unknown values" in words(ledger["table1.x.p_from_counts"])


def test_a_simulated_p_of_a_larger_table(scratch):
    table = ((12, 20), (9, 5), (8, 21))
    lines = [tuple(map(str, line)) for line in table]
    p = ts.chi2_p(float(ts.pearson(table)), 2)
    near, far = (levels_row("x", lines, p=f"{p + d:.3f}") for d in (0.01, 0.2))
    assert found(scratch, near, (29, 46))["table1.x.p_from_counts"].verdict is V.DEPENDS
    assert found(scratch, far, (29, 46))["table1.x.p_from_counts"].verdict is V.IMPOSSIBLE


def test_where_the_row_prints_its_denominators_nothing_is_hidden(scratch):
    """7 of 19 would explain it, but the row says that 20 have a value."""
    hidden = ((7, 6), (12, 19))
    p = f"{ts.chi2_p(float(ts.pearson(hidden)), 1):.4f}"
    row = count_row("x", ("7", "6"), p=p)
    assert found(scratch, row)["table1.x.p_from_counts"].verdict is V.DEPENDS
    row |= {"n": {"g0": "20", "g1": "25"}}
    assert found(scratch, row)["table1.x.p_from_counts"].verdict is V.IMPOSSIBLE


def test_the_family_of_a_row(scratch):
    rows = [
        mean_row("a", CELLS), mean_row("b", CELLS, test="mann_whitney"),
        mean_row("c", CELLS, statistic_is="u"), mean_row("d", CELLS, test="mcnemar"),
        mean_row("e", CELLS, test="t", statistic_is="chi2"),
        count_row("f", ("7", "6")), count_row("g", ("7", "6"), test="anova"),
    ]  # fmt: skip
    for methods, first in ((None, Family.MEANS), (SILENT, Family.OPEN)):
        record = load(scratch, paper((20, 25), rows, **({"paper": methods} if methods else {})))
        kinds = [family(record, row) for row in record.tables[0].rows]
        assert kinds == [
            first, Family.RANKS, Family.RANKS, Family.OTHER, Family.CONTRADICTED,
            Family.COUNTS, Family.CONTRADICTED,
        ]  # fmt: skip
