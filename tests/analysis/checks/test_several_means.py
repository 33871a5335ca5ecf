"""F and P of three or more groups: each reading, and wrong numbers."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from statsmodels.stats.oneway import anova_oneway

from analysis.findings import Verdict
from paper_writer import audit_tree, impossible, mean_row, paper, show_p

V = Verdict
RNG = np.random.default_rng(4)
DATA = [RNG.normal(5 + 0.5 * i, 1 + i, n) for i, n in enumerate((14, 20, 17))]
SIZES = [len(x) for x in DATA]
CELLS = [f"{x.mean():.2f} ± {x.std(ddof=1):.2f}" for x in DATA]
F, P = scipy.stats.f_oneway(*DATA)
WELCH = anova_oneway(DATA, use_var="unequal")
SILENT = {"key": "made_up", "label": "Made up"}


def found(scratch, more, **tree):
    return audit_tree(scratch, paper(SIZES, [mean_row("x", CELLS, **more)], **tree))


@pytest.mark.parametrize(
    ("statistic", "test", "expected"),
    [
        (f"{F:.2f}", None, V.CONSISTENT),
        (f"{F:.2f}", "anova", V.CONSISTENT),
        (f"{WELCH.statistic:.2f}", None, V.DEPENDS),
        (f"{WELCH.statistic:.2f}", "welch", V.CONSISTENT),
        (f"{F:.2f}", "welch", V.DEPENDS),
        (f"{F:.2f}", "t", V.DEPENDS),
        (f"{7 * F:.2f}", None, V.IMPOSSIBLE),
        (f"{-F:.2f}", None, V.IMPOSSIBLE),
        (f"{2 * F:.2f}", "chi_square", V.DEPENDS),
    ],
)
def test_f_from_means(scratch, statistic, test, expected):
    finding = found(scratch, {"statistic": statistic} | ({"test": test} if test else {}))[
        "table1.x.f_from_means"
    ]
    allowed = {expected, V.REPRODUCED} if expected is V.CONSISTENT else {expected}
    assert finding.verdict in allowed
    if expected is V.DEPENDS and test:
        assert "the row names" in finding.assumptions[0]


@pytest.mark.parametrize(
    ("p", "test", "expected"),
    [
        (show_p(P), None, V.CONSISTENT),
        (show_p(WELCH.pvalue), None, V.DEPENDS),
        (show_p(WELCH.pvalue), "welch", V.CONSISTENT),
        ("0.9999", None, V.IMPOSSIBLE),
        ("<0.0001", None, V.IMPOSSIBLE),
        (">0.05" if P > 0.05 else "<0.05", None, V.CONSISTENT),
    ],
)
def test_p_from_means(scratch, p, test, expected):
    finding = found(scratch, {"p": p} | ({"test": test} if test else {}))["table1.x.p_from_means"]
    allowed = {expected, V.REPRODUCED} if expected is V.CONSISTENT else {expected}
    assert finding.verdict in allowed


def test_p_from_the_printed_f(scratch):
    row = {"statistic": f"{F:.3f}", "p": show_p(P)}
    assert found(scratch, row)["table1.x.p_from_f"].verdict in (V.REPRODUCED, V.CONSISTENT)
    welch = {"statistic": f"{WELCH.statistic:.3f}", "p": show_p(WELCH.pvalue), "test": "welch"}
    assert found(scratch, welch)["table1.x.p_from_f"].verdict in (V.REPRODUCED, V.CONSISTENT)
    assert found(scratch, row | {"p": "0.9"})["table1.x.p_from_f"].verdict is V.IMPOSSIBLE


def test_p_of_two_of_the_groups(scratch):
    """Bold, but honest: the P of the first group against the last."""
    p = scipy.stats.ttest_ind(DATA[0], DATA[2]).pvalue
    finding = found(scratch, {"p": f"{p:.3f}"})["table1.x.p_from_means"]
    assert finding.verdict is V.DEPENDS
    assert "against" in finding.assumptions[0] or "trend" in finding.assumptions[0]


def test_methods_that_leave_ranks_open(scratch):
    h, p = scipy.stats.kruskal(*DATA)
    row = {"statistic": f"{h:.3f}", "p": show_p(p)}
    assert impossible(found(scratch, row))
    assert not impossible(found(scratch, row, paper=SILENT))


def test_rows_of_several_groups_count_among_the_tests_of_the_table(scratch):
    rows = [mean_row(name, CELLS, statistic=f"{F:.3f}", p=show_p(P)) for name in "xyz"]
    ledger = audit_tree(scratch, paper(SIZES, rows))
    assert ledger["table1.multiplicity"].values["p"] == pytest.approx([P] * 3, rel=0.2)


def test_groups_of_one_patient(scratch):
    row = mean_row("x", ("5.0 ± 0.0", "6.0 ± 1.0", "7.0 ± 1.0"), statistic="1.9", p="0.17")
    assert not impossible(audit_tree(scratch, paper((1, 12, 13), [row])))
    row = mean_row("x", ("5.0 ± 0.0", "6.0 ± 0.0", "7.0 ± 0.0"), statistic="1.9", p="0.17")
    ledger = audit_tree(scratch, paper((1, 1, 1), [row]))
    assert ledger["table1.x.test_not_checkable"].verdict is V.NOT_CHECKABLE
