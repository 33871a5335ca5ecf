"""Tests, effect sizes and the printed table against R; what cannot be compared is said."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.estimate import group_comparison as gc
from analysis.estimate.roc import EstimateError
from tests.analysis.estimate.oracle import read

OLD, R = read("two_samples"), read("group_comparison")
TWO = pytest.mark.parametrize("case", R["two"].values(), ids=R["two"])
FOUR = pytest.mark.parametrize("case", R["four"], ids=lambda c: "-".join(map(str, c["f"])))


def triple(effect):
    return effect.value, effect.low, effect.high


# --- values ---


@pytest.mark.parametrize("case", OLD["t"], ids=lambda c: c["id"])
def test_t_is_that_of_r(case):
    for kind in ("student", "welch"):
        found = gc.t_test(case["a"], case["b"], kind)
        wanted = case[f"{kind}_t"], case[f"{kind}_df"], case[f"{kind}_p"]
        assert (found.statistic, found.df, found.p) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


@TWO
def test_difference_of_means_is_that_of_r(case):
    for kind in ("student", "welch"):
        found = gc.mean_difference(case["a"], case["b"], kind)
        assert (found.low, found.high) == pytest.approx(case[kind], rel=1e-8)
        assert found.value == pytest.approx((found.low + found.high) / 2)
    narrow = gc.mean_difference(case["a"], case["b"], "welch", 0.9)
    assert (narrow.low, narrow.high) == pytest.approx(case["welch_90"], rel=1e-8)


@TWO
def test_mann_and_whitney_are_those_of_r(case):
    corrected, plain = (gc.mann_whitney(case["a"], case["b"], continuity=c) for c in (True, False))
    assert corrected.statistic == plain.statistic == case["u"]
    assert corrected.p == pytest.approx(case["corrected"], rel=1e-9)
    assert plain.p == pytest.approx(case["uncorrected"], rel=1e-9)
    if case["exact"] != [None]:
        found = gc.mann_whitney(case["a"], case["b"], "exact")
        assert (found.statistic, found.p) == pytest.approx((case["u"], case["exact"]), rel=1e-9)
    else:
        with pytest.raises(EstimateError, match="ties"):
            gc.mann_whitney(case["a"], case["b"], "exact")


@pytest.mark.parametrize("case", [c for c in OLD["counts"] if len(c["table"][0]) == 2], ids=lambda c: c["id"])  # fmt: skip
def test_mann_and_whitney_of_many_ties(case):
    a, b = (np.repeat(np.arange(len(case["table"])), x) for x in np.transpose(case["table"]))
    assert gc.mann_whitney(a, b).p == pytest.approx(case["mann_whitney_corrected_p"], rel=1e-8)


@TWO
def test_standardised_difference_is_that_written_in_r(case):
    found = gc.standardised_difference(case["a"], case["b"])
    assert triple(found) == pytest.approx(case["smd"], rel=1e-9)


def test_groups_in_the_other_order_turn_the_sign():
    a, b = R["two"]["sleep"]["a"], R["two"]["sleep"]["b"]
    for function in (
        lambda x, y: gc.mean_difference(x, y, "welch"),
        lambda x, y: gc.mean_difference(x, y, "student"),
        gc.standardised_difference,
    ):
        one, other = function(a, b), function(b, a)
        assert triple(one) == pytest.approx((-other.value, -other.high, -other.low))
    u, v = gc.mann_whitney(a, b), gc.mann_whitney(b, a)
    assert u.statistic + v.statistic == len(a) * len(b)
    assert u.p == pytest.approx(v.p)


def test_an_interval_leaves_out_zero_where_p_is_small():
    rng = np.random.default_rng(19)
    small = 0
    for _ in range(200):
        a, b = rng.normal(0.4, 1, 20), rng.normal(0, 2, 30)
        for kind in ("student", "welch"):
            p = gc.t_test(a, b, kind).p
            effect = gc.mean_difference(a, b, kind)
            assert (p < 0.05) == (effect.low > 0 or effect.high < 0)
            small += p < 0.05
    assert 5 < small < 395


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([1.0], [2.0, 3.0], "two in each"),
        ([], [2.0, 3.0], "two in each"),
        ([1.0, 1.0], [2.0, 2.0], "do not vary"),
        ([1.0, math.nan], [2.0, 3.0], "missing or not finite"),
        ([1.0, math.inf], [2.0, 3.0], "missing or not finite"),
        ([[1.0, 2.0]], [2.0, 3.0], "one row"),
    ],
)
def test_values_that_cannot_be_compared_are_refused(a, b, words):
    for function in (
        lambda: gc.t_test(a, b, "student"),
        lambda: gc.t_test(a, b, "welch"),
        lambda: gc.mean_difference(a, b, "welch"),
        lambda: gc.standardised_difference(a, b),
    ):
        with pytest.raises(EstimateError, match=words):
            function()


def test_ranks_that_cannot_be_compared_are_refused():
    for a, b, words in (
        ([], [1.0], "no values"),
        ([2.0, 2.0], [2.0], "the same"),
        ([1.0, math.nan], [2.0], "missing"),
    ):
        with pytest.raises(EstimateError, match=words):
            gc.mann_whitney(a, b)
    for wrong in (
        lambda: gc.mann_whitney([1.0], [2.0], ""),
        lambda: gc.t_test([1.0, 2], [3.0, 4], "anova"),
        lambda: gc.mean_difference([1.0, 2], [3.0, 5], "welch", 95),
    ):
        with pytest.raises(EstimateError):
            wrong()


# --- counts ---


@pytest.mark.parametrize("case", OLD["counts"], ids=lambda c: c["id"])
def test_tests_of_counts_are_those_of_r(case):
    for kind, key in (("pearson", "pearson"), ("likelihood-ratio", "likelihood_ratio")):
        found = gc.count_test(case["table"], kind)
        wanted = case[key], case["df"], case[f"{key}_p"]
        assert (found.statistic, found.df, found.p) == pytest.approx(wanted, rel=1e-8, abs=1e-12)
    fisher = gc.count_test(case["table"], "fisher")
    assert fisher.p == pytest.approx(case["fisher_p"], rel=1e-8)
    assert math.isnan(fisher.statistic)
    if case["yates"] is None:
        with pytest.raises(EstimateError, match="two rows and two columns"):
            gc.count_test(case["table"], "yates")
    else:
        found = gc.count_test(case["table"], "yates")
        assert (found.statistic, found.p) == pytest.approx(
            (case["yates"], case["yates_p"]), rel=1e-8, abs=1e-12
        )
    expected = stats.contingency.expected_freq(np.array(case["table"]))
    assert gc.smallest_expected(case["table"]) == pytest.approx(expected.min())


@FOUR
def test_effects_of_counts_are_those_of_r(case):
    f = case["f"]
    assert triple(gc.risk_difference(*f)) == pytest.approx(case["newcombe"], rel=1e-8)
    exact = gc.odds_ratio(*f, method="conditional")
    # R's roots are good to 1.2e-4, on the scale of the ratio or of its inverse
    for ours, theirs in zip(triple(exact), case["exact"], strict=True):
        x, y = ours, math.inf if theirs is None else theirs
        assert x == y or abs(x - y) < 1.3e-4 or abs(1 / x - 1 / y) < 1.3e-4
    if case["odds"] == [None]:
        with pytest.raises(EstimateError, match="four counts above zero"):
            gc.odds_ratio(*f)
        return
    assert triple(gc.odds_ratio(*f)) == pytest.approx(case["odds"], rel=1e-8)
    assert triple(gc.risk_ratio(*f)) == pytest.approx(case["risk"], rel=1e-8)
    wald = gc.risk_difference(*f, method="wald")
    assert (wald.low, wald.high) == pytest.approx(case["wald"], rel=1e-8)


def test_a_conditional_interval_holds_what_fisher_does_not_reject():
    # each end leaves 2.5 % beyond the observed count in a hypergeometric with that odds ratio
    x1, n1, x2, n2 = 12, 40, 7, 60
    found = gc.odds_ratio(x1, n1, x2, n2, method="conditional")
    law = stats.nchypergeom_fisher
    assert law.sf(x1 - 1, n1 + n2, n1, x1 + x2, found.low) == pytest.approx(0.025, rel=1e-6)
    assert law.cdf(x1, n1 + n2, n1, x1 + x2, found.high) == pytest.approx(0.025, rel=1e-6)
    assert law.mean(n1 + n2, n1, x1 + x2, found.value) == pytest.approx(x1, rel=1e-6)


def test_newcombe_covers_its_share():
    rng = np.random.default_rng(20)
    x, y = rng.binomial(40, 0.2, 800), rng.binomial(30, 0.1, 800)
    found = [gc.risk_difference(int(a), 40, int(b), 30) for a, b in zip(x, y, strict=True)]
    assert 0.93 < np.mean([e.low <= 0.1 <= e.high for e in found]) < 0.985


@pytest.mark.parametrize("case", R["shares"], ids=lambda c: str(np.shape(c["table"])))
def test_standardised_difference_of_shares_is_that_of_mahalanobis(case):
    found = gc.standardised_difference_of_shares(case["table"])
    assert found.value == pytest.approx(case["d"], rel=1e-9)


def test_standardised_difference_of_two_shares_by_hand():
    found = gc.standardised_difference_of_shares([[30, 12], [70, 28 + 60]])
    p, q = 0.3, 0.12
    assert found.value == pytest.approx((p - q) / math.sqrt((p * (1 - p) + q * (1 - q)) / 2))
    with pytest.raises(EstimateError, match="infinite"):
        gc.standardised_difference_of_shares([[5, 0], [0, 7]])
    with pytest.raises(EstimateError, match="infinite"):
        gc.standardised_difference_of_shares([[5, 0], [3, 0], [0, 7]])
    with pytest.raises(EstimateError, match="two groups"):
        gc.standardised_difference_of_shares([[5, 1, 3], [2, 7, 3]])


def test_counts_without_an_interval_are_refused():
    for wrong, words in (
        (lambda: gc.risk_ratio(0, 5, 2, 6), "an event in both groups"),
        (lambda: gc.risk_ratio(5, 5, 6, 6), "has no error"),
        (lambda: gc.risk_difference(5, 5, 0, 6, method="wald"), "without width"),
        (lambda: gc.risk_difference(6, 5, 0, 6), "between 0 and"),
        (lambda: gc.risk_difference(0, 0, 0, 6), "not empty"),
        (lambda: gc.risk_difference(0.5, 3, 0, 6), "whole"),
        (lambda: gc.odds_ratio(0, 5, 0, 6, method="conditional"), "all or none"),
        (lambda: gc.odds_ratio(1, 5, 2, 6, method="wald"), "woolf"),
        (lambda: gc.risk_difference(1, 5, 2, 6, method="woolf"), "newcombe"),
        (lambda: gc.count_test([[1, 2], [3, 4]], "z"), "pearson"),
        (lambda: gc.count_test([[1, 2], [0, 0]], "pearson"), "two rows"),
    ):
        with pytest.raises(EstimateError, match=words):
            wrong()


@pytest.mark.parametrize("case", OLD["adjusted"], ids=lambda c: str(len(c["p"])))
def test_adjusted_p_is_that_of_r(case):
    found = gc.adjust(case["p"])
    assert found.holm == pytest.approx(case["holm"], rel=1e-9)
    assert found.benjamini_hochberg == pytest.approx(case["bh"], rel=1e-9)


def test_what_is_no_p_is_not_adjusted():
    for wrong in ([], [0.1, math.nan], [1.1], [[0.1]]):
        with pytest.raises(EstimateError, match="between zero and one"):
            gc.adjust(wrong)


# --- printing ---


def test_rounding_is_half_up_in_decimal():
    for value, decimals, wanted in (
        (2.675, 2, "2.68"), (0.125, 2, "0.13"), (-0.125, 2, "-0.13"), (-0.004, 2, "0.00"),
        (1e300, 0, "1" + "0" * 300), (12.0, 1, "12.0"), (0.5, 0, "1"), (1.5, 0, "2"),
    ):  # fmt: skip
        assert gc.half_up(value, decimals) == wanted
    with pytest.raises(EstimateError):
        gc.half_up(math.inf, 1)


def test_rounding_is_exact_for_every_percentage():
    for n in range(1, 60):
        for x in range(n + 1):
            exact = Fraction(1000 * x, n)
            wanted = math.floor(exact + Fraction(1, 2))
            assert gc._count(x, n, 1) == f"{x} ({wanted // 10}.{wanted % 10})"


def test_p_is_printed_with_three_decimals():
    assert [gc.format_p(p) for p in (0, 0.00099, 0.001, 0.0495, 0.9996, 1)] == [
        "<0.001", "<0.001", "0.001", "0.050", "1.000", "1.000",
    ]  # fmt: skip


ROWS = (
    gc.Continuous("age", "Age, years", "mean_sd", "student"),
    gc.Continuous("marker", "Marker", "median_iqr", "mann-whitney", 2),
    gc.Categorical("sex", "Sex", ("male", "female"), "pearson"),
    gc.Categorical("stage", "Stage", (1, 2, 3), "fisher"),
)


def cohort(n=60, seed=21):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "outcome": np.where(np.arange(n) < n // 3, "yes", "no"),
            "age": rng.normal(55, 9, n).round(1),
            "marker": rng.lognormal(1, 1, n).round(2),
            "sex": rng.choice(["male", "female"], n),
            "stage": rng.choice([1.0, 2.0, 3.0], n),
        }
    )
    frame.loc[[0, 1, n - 1], "age"] = np.nan
    frame.loc[2, "sex"] = None
    return frame


def test_a_table_prints_what_its_functions_say():
    frame = cohort()
    found = gc.table1(frame, "outcome", ("yes", "no"), ROWS)
    printed = found.printed
    assert list(printed.columns) == [
        "yes (n = 20)", "no (n = 40)", "Missing", "Statistic", "P", "Test", "SMD",
    ]  # fmt: skip
    assert list(printed.index) == [
        "Age, years, mean ± SD", "Marker, median (IQR)", "Sex, n (%)", "  male", "  female",
        "Stage, n (%)", "  1", "  2", "  3",
    ]  # fmt: skip
    assert printed["Missing"].tolist() == ["2 / 1", "0 / 0", "1 / 0", "", "", "0 / 0", "", "", ""]
    first, second = (frame[frame["outcome"] == g] for g in ("yes", "no"))
    age = first["age"].dropna()
    assert printed.iloc[0, 0] == f"{age.mean():.1f} ± {age.std():.1f}"
    test = gc.t_test(age, second["age"].dropna(), "student")
    assert found.rows[0].test == test
    assert printed["P"].iloc[0] == gc.format_p(test.p)
    low, middle, high = np.quantile(second["marker"], [0.25, 0.5, 0.75])
    assert printed.iloc[1, 1] == f"{middle:.2f} ({low:.2f}–{high:.2f})"
    assert found.rows[1].test == gc.mann_whitney(first["marker"], second["marker"])
    counts = pd.crosstab(frame["sex"], frame["outcome"]).loc[["male", "female"], ["yes", "no"]]
    assert found.rows[2].test == gc.count_test(counts.to_numpy(), "pearson")
    assert printed.loc["  male"].iloc[0].startswith(f"{counts.iloc[0, 0]} (")
    assert counts["yes"].sum() == 19  # percentages are of those with a value
    share = 100 * counts.iloc[0, 0] / 19
    assert float(printed.loc["  male"].iloc[0].split("(")[1][:-1]) == pytest.approx(share, abs=0.06)
    assert found.rows[3].test.name == "Fisher's exact"
    assert printed["Statistic"].iloc[5] == "–"
    assert (printed.loc[["  male", "  3"], ["Statistic", "P", "Test", "SMD"]] == "").all(axis=None)


def test_conventions_stand_with_the_table():
    found = gc.table1(cohort(), "outcome", ("yes", "no"), ROWS, continuity=False)
    assert found.printed.attrs["conventions"] == found.conventions
    said = "; ".join(found.conventions)
    for words in ("n − 1", "half up", "missing", "type 7", "without continuity", "Fisher"):
        assert words in said
    only = gc.table1(cohort(), "outcome", ("yes", "no"), ROWS[:1])
    assert "Fisher" not in "; ".join(only.conventions)
    spss = gc.table1(cohort(), "outcome", ("yes", "no"), ROWS, quartiles="weibull")
    assert "type 6" in "; ".join(spss.conventions)


@TWO
def test_quartiles_are_those_of_r(case):
    n1, n2 = len(case["a"]), len(case["b"])
    frame = pd.DataFrame({"g": np.repeat([1, 2], [n1, n2]), "x": [*case["a"], *case["b"]]})
    row = [gc.Continuous("x", "x", "median_iqr", "mann-whitney", 4)]
    for rule, key in (("linear", "type7"), ("weibull", "type6")):
        cells = gc.table1(frame, "g", (1, 2), row, quartiles=rule).printed.iloc[0, :2]
        for cell, (low, middle, high) in zip(cells, np.reshape(case[key], (2, 3)), strict=True):
            words = cell.replace("(", "").replace(")", "").replace("–", " ").split()
            assert [float(w) for w in words] == pytest.approx([middle, low, high], abs=5.01e-5)


def test_missing_values_are_as_if_they_were_not_there_but_counted():
    whole = cohort().dropna()
    gaps = pd.concat([whole, whole.assign(age=np.nan, marker=np.nan, sex=None, stage=np.nan)])
    a, b = (gc.table1(f, "outcome", ("yes", "no"), ROWS) for f in (whole, gaps))
    for one, other in zip(a.rows, b.rows, strict=True):
        assert (one.test, one.smd) == (other.test, other.smd) or (
            math.isnan(one.test.statistic) and one.test.p == other.test.p and one.smd == other.smd
        )
        assert one.missing == (0, 0)
        assert sum(other.missing) == len(whole)
    same = ["Statistic", "P", "Test", "SMD"]
    assert a.printed[same].equals(b.printed[same])


def test_rows_that_cannot_be_tested_say_why():
    frame = cohort()
    frame["flat"] = 3.0
    frame["gone"] = np.where(frame["outcome"] == "yes", np.nan, 1.0 + frame.index)
    frame["one"] = "a"
    found = gc.table1(
        frame, "outcome", ("yes", "no"),
        [
            gc.Continuous("flat", "Flat", "mean_sd", "welch"),
            gc.Continuous("gone", "Gone", "mean_sd", "student"),
            gc.Continuous("gone", "Gone", "median_iqr", "mann-whitney"),
            gc.Categorical("one", "One", ("a", "b"), "pearson"),
        ],
    )  # fmt: skip
    assert [row.test for row in found.rows] == [None] * 4
    assert found.printed.iloc[0, :2].tolist() == ["3.0 ± 0.0", "3.0 ± 0.0"]
    assert found.printed.iloc[1, 0] == found.printed.iloc[2, 0] == "–"
    told = found.printed["Test"].tolist()
    for i, words in ((0, "do not vary"), (1, "two in each"), (2, "no values"), (3, "two rows")):
        assert words in told[i]
        assert found.printed["P"].iloc[i] == "–"
    assert found.printed.loc["  b"].iloc[0] == "0 (0.0)"


def test_a_mean_at_a_tie_is_rounded_up_whatever_the_sum_does():
    # ten times 0.1 and such: the plain sum of floats falls short of the tie
    values = [0.1] * 9 + [1.35]
    frame = pd.DataFrame({"g": [1] * 10 + [2] * 2, "x": [*values, 1.0, 2.0]})
    row = [gc.Continuous("x", "x", "mean_sd", "student", 3)]
    assert gc.table1(frame, "g", (1, 2), row).printed.iloc[0, 0].startswith("0.225 ±")
    frame["x"] = [*([0.05] * 5), *([0.65] * 5), 1.0, 2.0]
    row = [gc.Continuous("x", "x", "mean_sd", "student", 1)]
    assert gc.table1(frame, "g", (1, 2), row).printed.iloc[0, 0].startswith("0.4 ±")


@pytest.mark.parametrize(
    ("change", "rows", "groups", "words"),
    [
        ({}, ROWS, ("yes", "yes"), "two different"),
        ({}, ROWS, ("yes", "other"), "40 patients are in neither"),
        ({"outcome": "yes"}, ROWS, ("yes", "no"), "no patients"),
        ({"outcome": None}, ROWS, ("yes", "no"), "60 patients are in neither"),
        ({}, (), ("yes", "no"), "no row"),
        ({}, (gc.Continuous("size", "Size", "mean_sd", "student"),), ("yes", "no"), '"size"'),
        ({"age": "55"}, ROWS, ("yes", "no"), "no numbers"),
        ({"age": np.inf}, ROWS, ("yes", "no"), "infinite"),
        ({"sex": "other"}, ROWS, ("yes", "no"), "60 values that are no named level"),
        ({}, (gc.Categorical("sex", "Sex", ("a", "a"), "fisher"),), ("yes", "no"), "differ"),
        ({}, (gc.Categorical("sex", "Sex", ("male", "female"), "t"),), ("yes", "no"), "fisher"),
        ({}, (gc.Continuous("age", "Age", "mean_sd", "anova"),), ("yes", "no"), "student"),
        ({}, (gc.Continuous("age", "Age", "range", "student"),), ("yes", "no"), "summary"),
    ],
)
def test_tables_that_cannot_be_made_are_refused(change, rows, groups, words):
    with pytest.raises(EstimateError, match=words):
        gc.table1(cohort().assign(**change), "outcome", groups, rows)


def test_an_unknown_rule_of_quartiles_is_refused():
    with pytest.raises(EstimateError, match="quartiles"):
        gc.table1(cohort(), "outcome", ("yes", "no"), ROWS, quartiles="nearest")
