"""Two-group tables: honest tables are never called impossible, planted errors are seen."""

from __future__ import annotations

import copy
import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.checks import two_group
from analysis.checks import two_samples as ts
from analysis.findings import Verdict
from paper_writer import (
    ROUNDINGS,
    audit_tree,
    count_row,
    decimal,
    exact_mean,
    exact_student2,
    exact_variance,
    exact_welch2,
    impossible,
    levels_row,
    mean_row,
    paper,
    root,
    show,
    show_p,
)

V = Verdict


def verdict(scratch, row, sizes=(20, 25), check="", **more):
    """The verdict of one finding of a table with one row."""
    found = audit_tree(scratch, paper(sizes, [row], **more))
    return found[f"table1.{row['id']}.{check}"].verdict


# --- an honest paper, printed in many ways ---------------------------------------------------

p_styles = st.sampled_from(["plain", "zero", "ns", "limits"])
roundings = st.sampled_from(ROUNDINGS)
seeds = st.integers(0, 2**32 - 1)
SHAPES = ("normal", "skewed", "whole", "half steps", "constant", "two values", "outlier", "equal")


def draw_sample(rng, shape, n, shift, scale):
    data = {
        "normal": lambda: rng.normal(shift, 1, n) * scale,
        "skewed": lambda: rng.lognormal(shift, 1, n) * scale,
        "whole": lambda: rng.integers(-3, 12, n) + round(shift),
        "half steps": lambda: rng.integers(0, 30, n) / 2,
        "constant": lambda: np.full(n, round(shift, 2)),
        "two values": lambda: rng.integers(0, 2, n),
        "outlier": lambda: np.concatenate([rng.normal(shift, 0.1, n - 1), [25.0]]) * scale,
        "equal": lambda: np.arange(n) - (n - 1) / 2,
    }[shape]()
    return [Fraction(float(x)) for x in data]


@st.composite
def honest_mean_rows(draw):
    """A row ``mean ± SD`` with t and P, and the variable that it needs."""
    rng = np.random.default_rng(draw(seeds))
    sizes = draw(st.tuples(st.integers(2, 60), st.integers(2, 60)))
    shape = draw(st.sampled_from(SHAPES))
    scale = draw(st.sampled_from([1e-5, 0.1, 1.0, 30.0, 1e6]))
    shift = draw(st.sampled_from([0.0, 0.2, 1.0, -2.0]))
    a, b = (draw_sample(rng, shape, n, s, scale) for n, s in zip(sizes, (shift, 0.0), strict=True))
    rounding = draw(roundings)
    mean_decimals, sd_decimals = draw(st.integers(0, 4)), draw(st.integers(0, 4))
    cells = [
        f"{show(exact_mean(x), mean_decimals, rounding)} ± "
        f"{show(root(exact_variance(x)), sd_decimals, rounding)}"
        for x in (a, b)
    ]
    more = {}
    student, welch = exact_student2(a, b), exact_welch2(a, b)
    if student is not None:
        test = draw(st.sampled_from(["student", "welch", "F", "mixed", "z"]))
        square, df = (student, sum(sizes) - 2) if test in ("student", "F") else welch
        t = root(square)
        sign = draw(st.sampled_from([1, -1]))
        decimals = draw(st.integers(0, 4))
        if draw(st.booleans()):
            statistic = decimal(square) if test == "F" else t * sign
            more["statistic"] = show(statistic, decimals, rounding)
        p = 2 * float(
            scipy.stats.norm.sf(float(t)) if test == "z" else scipy.stats.t.sf(float(t), float(df))
        )
        if test == "mixed":  # t of Welch beside P of Student
            p = 2 * float(scipy.stats.t.sf(math.sqrt(student), sum(sizes) - 2))
        if test == "F" and "statistic" not in more:
            p = 2 * float(scipy.stats.t.sf(float(t), float(df)))
        if draw(st.booleans()):
            p = (
                p / 2
                if draw(st.integers(0, 9)) == 0 and test != "mixed" and test != "z" and test != "F"
                else p
            )
            more["p"] = show_p(p, draw(st.integers(2, 4)), draw(p_styles))
    variable = {"id": "x", "label": "X"}
    if shape in ("whole", "two values", "half steps"):
        step = "0.5" if shape == "half steps" else "1"
        variable["step"] = {"value": step, "reason": "recorded so"}
    if draw(st.booleans()):
        # limits as a paper states them: whole numbers around the data
        low, high = math.floor(min(a + b)), math.ceil(max(a + b))
        sides = draw(st.sampled_from([("lower",), ("upper",), ("lower", "upper")]))
        values = {"lower": str(low), "upper": str(high)}
        variable |= {side: {"value": values[side], "reason": "known"} for side in sides}
    return paper(sizes, [mean_row("x", cells, **more)], variables=[variable])


@given(honest_mean_rows())
@settings(max_examples=400)
def test_honest_means_are_never_impossible(scratch, tree):
    found = audit_tree(scratch, tree)
    assert not impossible(found), [found[id] for id in impossible(found)]


def count_tests(table, test):
    """Statistic and P of a test of counts."""
    df = ts.degrees_of_freedom(table)
    if test == "fisher":
        return None, ts.fisher_p(table)
    if test == "fisher beside pearson":
        return float(ts.pearson(table)), ts.fisher_p(table)
    if test == "z":
        z = math.sqrt(ts.pearson(table))
        return -z, float(2 * scipy.stats.norm.sf(z))
    if test == "ranks":
        chi2 = float(ts.rank_sum(table))
        return chi2, ts.chi2_p(chi2, len(table[0]) - 1)
    if test == "linear":
        chi2 = float(ts.linear_by_linear(table))
        return chi2, ts.chi2_p(chi2, 1)
    chi2 = float(
        {"pearson": ts.pearson, "yates": ts.yates, "ratio": ts.likelihood_ratio}[test](table)
    )
    return chi2, ts.chi2_p(chi2, df)


@st.composite
def honest_count_rows(draw):
    """A row of counts: one category or several, two groups or three, values missing or not."""
    rng = np.random.default_rng(draw(seeds))
    groups = draw(st.sampled_from([2, 2, 2, 3]))
    levels = draw(st.integers(2, 5))
    sizes = [draw(st.integers(2, 120)) for _ in range(groups)]
    shares = rng.dirichlet(np.full(levels, draw(st.sampled_from([0.3, 1.0, 5.0]))))
    # some patients without a value
    known = [n - (int(rng.integers(0, n // 2 + 1)) if draw(st.booleans()) else 0) for n in sizes]
    columns = [rng.multinomial(k, shares) for k in known]
    counts = [[int(column[i]) for column in columns] for i in range(levels)]
    rounding, decimals = draw(roundings), draw(st.integers(0, 2))
    percents = draw(st.sampled_from(["known", "group", "row", "total", "none", "cut"]))

    def cell(k, j, row):
        denominator = {"group": sizes[j], "row": sum(row), "total": sum(sizes)}.get(
            percents, known[j]
        )
        if percents == "none" or not denominator:
            return str(k)
        share = Fraction(100 * k, denominator)
        if percents == "cut":
            share = Fraction(math.floor(share * 10**decimals), 10**decimals)
        return f"{k} ({show(share, decimals, rounding)}{draw(st.sampled_from(['%', '']))})"

    filled = [row for row in counts if any(row)]
    used = [j for j in range(groups) if any(row[j] for row in filled)]
    one_category = levels == 2 and draw(st.booleans())
    table = [[row[j] for j in used] for row in filled]
    more = {}
    if len(table) > 1 and len(used) == groups:
        two = len(table) == 2 and groups == 2
        tests = [
            "pearson",
            "ratio",
            "ranks",
            *(["yates", "fisher", "fisher beside pearson", "z"] if two else []),
        ]
        tests += ["linear", "fisher"] if groups == 2 else []
        statistic, p = count_tests(table, draw(st.sampled_from(tests)))
        if statistic is not None and draw(st.booleans()):
            more["statistic"] = show(statistic, draw(st.integers(1, 4)), rounding)
        if p is not None and draw(st.booleans()):
            more["p"] = show_p(p, draw(st.integers(2, 4)), draw(p_styles))
    if one_category:
        cells = [cell(k, j, counts[0]) for j, k in enumerate(counts[0])]
        # a test of hidden denominators cannot be told from the whole groups' if the printed
        # percentages are of something else
        if known != sizes and (percents not in ("known", "none") or groups == 3):
            more = {}
        return paper(sizes, [count_row("x", cells, **more)])
    rows = [[cell(k, j, row) for j, k in enumerate(row)] for row in counts]
    return paper(sizes, [levels_row("x", rows, **more)])


@given(honest_count_rows())
@settings(max_examples=500)
def test_honest_counts_are_never_impossible(scratch, tree):
    found = audit_tree(scratch, tree)
    assert not impossible(found), [found[id] for id in impossible(found)]


@given(st.lists(honest_mean_rows(), min_size=2, max_size=4))
@settings(max_examples=40)
def test_finding_ids_are_unique_and_every_finding_is_whole(scratch, trees):
    """Rows of several honest tables under one another: no crash, every line filled."""
    sizes = [int(g["n"]) for g in trees[0]["groups"]]
    rows, variables = [], []
    for i, tree in enumerate(trees):
        rows.append(tree["tables"][0]["rows"][0] | {"id": f"r{i}", "variable": f"v{i}"})
        variables.append(tree["variables"][0] | {"id": f"v{i}"})
    for finding in audit_tree(scratch, paper(sizes, rows, variables=variables)).values():
        assert finding.claim
        assert finding.attainable
        assert finding.by_hand
        assert finding.printed
        assert finding.numbers


# --- tables as programs print them -----------------------------------------------------------


def test_a_table_of_r(scratch, r_answers):
    """Student's and Welch's t and P of R, printed, from R's means and SDs, printed."""
    for case in r_answers["t"]:
        if case["id"] == "tiny":
            continue
        cells = [f"{m:.2f} ± {s:.2f}" for m, s in zip(case["mean"], case["sd"], strict=True)]
        sizes = [len(case["a"]), len(case["b"])]
        for test in ("student", "welch"):
            more = {"statistic": f"{case[f'{test}_t']:.3f}", "p": show_p(case[f"{test}_p"])}
            found = audit_tree(scratch, paper(sizes, [mean_row("x", cells, **more)]))
            assert not impossible(found), case["id"]
            allowed = {V.REPRODUCED, V.CONSISTENT} | ({V.DEPENDS} if test == "welch" else set())
            assert found["table1.x.t_from_means"].verdict in allowed


# --- t: readings, one by one -----------------------------------------------------------------

CELLS = ("24.64 ± 2.03", "21.48 ± 3.91")


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("3.278", V.CONSISTENT),  # Student
        ("-3.28", V.CONSISTENT),  # sign of the other order
        ("−3.28", V.CONSISTENT),
        ("3.501", V.DEPENDS),  # Welch
        ("10.75", V.DEPENDS),  # F = t²
        ("0.667", V.DEPENDS),  # ± read as standard errors
        ("4.1", V.IMPOSSIBLE),
        ("-10.75", V.IMPOSSIBLE),  # F has no sign
        ("0.000", V.IMPOSSIBLE),
        (">3", V.CONSISTENT),
        ("<0.1", V.IMPOSSIBLE),
        ("<5", V.CONSISTENT),
    ],
)
def test_t_from_means(scratch, statistic, expected):
    row = mean_row("x", CELLS, statistic=statistic)
    found = verdict(scratch, row, check="t_from_means")
    if expected is V.CONSISTENT:
        assert found in (V.CONSISTENT, V.REPRODUCED)
    else:
        assert found is expected


def test_t_of_equal_means(scratch):
    for statistic in ("0.000", "-0.000", "0.0", "0"):
        row = mean_row("x", ("5.0 ± 1.0", "5.0 ± 1.2"), statistic=statistic, p="1.000")
        found = audit_tree(scratch, paper((20, 25), [row]))
        assert found["table1.x.t_from_means"].verdict is V.REPRODUCED
        assert not impossible(found)


def test_no_spread_allows_any_t(scratch):
    row = mean_row("x", ("5.0 ± 0.0", "5.1 ± 0.0"), statistic="99.9", p="<0.001")
    assert not impossible(audit_tree(scratch, paper((20, 25), [row])))


def test_negative_means(scratch):
    a, b = [-3, -5, -9, -4], [-1, 0, 2, -6, -3]
    cells = [f"{show(exact_mean(x), 2)} ± {show(root(exact_variance(x)), 2)}" for x in (a, b)]
    cells = [c.replace("-", "−") for c in cells]
    t, p = scipy.stats.ttest_ind(a, b)
    row = mean_row("x", cells, statistic=f"{t:.3f}", p=f"{p:.3f}")
    assert not impossible(audit_tree(scratch, paper((4, 5), [row])))


def test_groups_of_one_and_three_groups_are_not_compared_by_t(scratch):
    row = mean_row("x", ("5.0 ± 0.0", "7.0 ± 1.0"), statistic="9.9", p="0.5")
    assert "table1.x.t_from_means" not in audit_tree(scratch, paper((1, 25), [row]))
    row = mean_row("x", ("5.0 ± 1", "7.0 ± 1.0", "8 ± 1"), statistic="9.9", p="0.5")
    assert "table1.x.t_from_means" not in audit_tree(scratch, paper((9, 25, 9), [row]))


def test_a_row_compared_by_ranks_is_not_held_against_its_means(scratch):
    row = mean_row("x", CELLS, statistic="-0.9", p="0.368") | {"by_ranks": True}
    found = audit_tree(scratch, paper((20, 25), [row]))
    assert not impossible(found)
    assert "table1.x.t_from_means" not in found
    assert found["table1.x.p_from_ranks"].verdict is V.REPRODUCED


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ("0.002", V.REPRODUCED),
        ("<0.01", V.REPRODUCED),
        ("<0.05", V.REPRODUCED),
        ("0.001", V.DEPENDS),  # one-sided, Welch's df, or the normal
        (">0.05", V.IMPOSSIBLE),
        ("NS", V.IMPOSSIBLE),
        ("0.02", V.IMPOSSIBLE),
        ("0.000", V.IMPOSSIBLE),
        ("1.000", V.IMPOSSIBLE),
    ],
)
def test_p_from_t(scratch, p, expected):
    row = mean_row("x", CELLS, statistic="3.278", p=p)
    assert verdict(scratch, row, check="p_from_t") is expected


def test_ns_means_not_under_the_papers_own_level(scratch):
    statement = {"id": "level", "kind": "p", "printed": "0.001", "about": "level"}
    text = [{"section": "methods", "place": "Methods", "statements": [statement]}]
    row = mean_row("x", CELLS, statistic="3.278", p="NS")  # P = 0.002
    assert verdict(scratch, row, check="p_from_t") is V.IMPOSSIBLE
    more = {"text": text, "significance": "methods.level"}
    assert verdict(scratch, row, check="p_from_t", **more) is V.REPRODUCED


def test_p_from_means_where_no_t_is_printed(scratch):
    assert verdict(scratch, mean_row("x", CELLS, p="0.002"), check="p_from_means") is V.REPRODUCED
    assert verdict(scratch, mean_row("x", CELLS, p="0.001"), check="p_from_means") in (
        V.CONSISTENT,
        V.DEPENDS,
    )
    assert verdict(scratch, mean_row("x", CELLS, p="0.300"), check="p_from_means") is V.IMPOSSIBLE


def test_tiny_p_against_a_limit(scratch):
    row = mean_row("x", ("100.0 ± 1.0", "10.0 ± 1.0"), statistic="300.0", p="<0.001")
    found = audit_tree(scratch, paper((20, 25), [row]))
    assert found["table1.x.p_from_t"].verdict is V.REPRODUCED
    assert "at most" in found["table1.x.p_from_t"].attainable


# --- counts ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("7 (35%)", V.REPRODUCED),
        ("7 (35.00%)", V.REPRODUCED),
        ("7 (36.8%)", V.DEPENDS),  # of 19
        ("7 (41.2%)", V.DEPENDS),  # of 17
        ("7 (15.6%)", V.DEPENDS),  # of all 45
        ("7 (53.8%)", V.DEPENDS),  # of 13, the row total
        ("7 (32%)", V.IMPOSSIBLE),
        ("7 (30.0%)", V.IMPOSSIBLE),
        ("21 (105)", None),
        ("21 (84.0%)", V.IMPOSSIBLE),
        ("21", V.IMPOSSIBLE),
    ],
)
def test_percentages(scratch, cell, expected):
    row = count_row("x", (cell, "6 (24.0%)"))
    if expected is None:
        with pytest.raises(ValueError, match="between 0 and 100"):
            audit_tree(scratch, paper((20, 25), [row]))
    else:
        assert (
            audit_tree(scratch, paper((20, 25), [row]))["table1.x.g0.percentage"].verdict
            is expected
        )


def test_a_listed_patient_cannot_be_missing(scratch):
    """7 of 19 is no way out when the levels already list 20 patients."""
    rows = [("7 (36.8%)", "6 (24.0%)"), ("13 (65.0%)", "19 (76.0%)")]
    found = audit_tree(scratch, paper((20, 25), [levels_row("x", rows)]))
    assert found["table1.x.l0.g0.percentage"].verdict is V.IMPOSSIBLE


def test_percentages_cut_or_mended(scratch):
    rows = [("5 (33.3%)", "2 (20%)"), ("5 (33.3%)", "3 (30%)"), ("5 (33.4%)", "5 (50%)")]
    found = audit_tree(scratch, paper((15, 10), [levels_row("x", rows)]))
    assert found["table1.x.l2.g0.percentage"].verdict is V.DEPENDS
    found = audit_tree(scratch, paper((15, 10), [count_row("x", ("10 (66.6%)", "2 (20%)"))]))
    assert found["table1.x.g0.percentage"].verdict is V.DEPENDS


def test_ties_may_be_printed_either_way(scratch):
    for text in ("8.12", "8.13"):
        row = count_row("x", (f"13 ({text}%)", "5 (20%)"))
        found = audit_tree(scratch, paper((160, 25), [row]))["table1.x.g0.percentage"]
        assert found.verdict is V.REPRODUCED
        assert "half-way" in found.note


def test_levels_add_up(scratch):
    rows = [("7", "6"), ("13", "18")]
    found = audit_tree(scratch, paper((20, 25), [levels_row("x", rows)]))
    assert found["table1.x.g0.levels"].verdict is V.REPRODUCED
    assert found["table1.x.g1.levels"].verdict is V.DEPENDS
    found = audit_tree(scratch, paper((19, 25), [levels_row("x", rows)]))
    assert found["table1.x.g0.levels"].verdict is V.IMPOSSIBLE


TABLE = ((7, 13), (14, 11))  # categories × groups, of 21 and 24


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        (f"{float(ts.pearson(TABLE)):.3f}", V.REPRODUCED),
        (f"{float(ts.yates(TABLE)):.3f}", V.DEPENDS),
        (f"{ts.likelihood_ratio(TABLE):.3f}", V.DEPENDS),
        (f"{float(ts.n_minus_one(TABLE)):.3f}", V.DEPENDS),
        (f"{-math.sqrt(ts.pearson(TABLE)):.3f}", V.DEPENDS),
        ("9.999", V.IMPOSSIBLE),
        ("0.000", V.IMPOSSIBLE),
    ],
)
def test_chi_square(scratch, statistic, expected):
    rows = [tuple(map(str, line)) for line in TABLE]
    row = levels_row("x", rows, statistic=statistic)
    found = audit_tree(scratch, paper((21, 24), [row]))
    assert found["table1.x.chi2_from_counts"].verdict is expected
    assert (found["table1.chi2_convention"].verdict is V.IMPOSSIBLE) == (expected is V.IMPOSSIBLE)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        (f"{ts.chi2_p(float(ts.pearson(TABLE)), 1):.3f}", V.REPRODUCED),
        (f"{ts.fisher_p(TABLE):.3f}", V.DEPENDS),
        (f"{ts.fisher_one_sided(TABLE)[0]:.3f}", V.DEPENDS),
        (f"{ts.fisher_one_sided(TABLE)[1]:.3f}", V.DEPENDS),
        (f"{ts.chi2_p(float(ts.yates(TABLE)), 1):.3f}", V.DEPENDS),
        ("0.500", V.IMPOSSIBLE),
        ("NS", V.REPRODUCED),
        (">0.05", V.REPRODUCED),
        ("<0.05", V.IMPOSSIBLE if ts.fisher_one_sided(TABLE)[0] > 0.05 else V.DEPENDS),
    ],
)
def test_p_of_counts(scratch, p, expected):
    """Beside Pearson's statistic too, because tables print Fisher's P next to it."""
    rows = [tuple(map(str, line)) for line in TABLE]
    row = levels_row("x", rows, p=p)
    assert audit_tree(scratch, paper((21, 24), [row]))["table1.x.p_from_counts"].verdict is expected
    row = levels_row("x", rows, p=p, statistic=f"{float(ts.pearson(TABLE)):.3f}")
    assert audit_tree(scratch, paper((21, 24), [row]))["table1.x.p_from_chi2"].verdict is expected


def test_missing_values_behind_one_category(scratch):
    """The statistic of 7 of 19 against 6 of 25; 19 is hidden in the percentage."""
    table = ((7, 6), (12, 19))
    statistic = f"{float(ts.pearson(table)):.3f}"
    p = f"{ts.chi2_p(float(ts.pearson(table)), 1):.3f}"
    row = count_row("x", ("7 (36.8%)", "6 (24.0%)"), statistic=statistic, p=p)
    found = audit_tree(scratch, paper((20, 25), [row]))
    for check in ("percentage",):
        assert found[f"table1.x.g0.{check}"].verdict is V.DEPENDS
    assert found["table1.x.chi2_from_counts"].verdict is V.DEPENDS
    assert "19 and 25" in found["table1.x.chi2_from_counts"].assumptions[0]
    assert found["table1.x.p_from_counts"].verdict is V.DEPENDS
    # a percentage of the whole group leaves no room
    row = count_row("x", ("7 (35.0%)", "6 (24.0%)"), statistic=statistic, p=p)
    assert (
        audit_tree(scratch, paper((20, 25), [row]))["table1.x.chi2_from_counts"].verdict
        is V.IMPOSSIBLE
    )


def test_an_empty_category_is_left_out(scratch):
    rows = [("7", "13"), ("0", "0"), ("14", "11")]
    row = levels_row("x", rows, statistic=f"{float(ts.pearson(TABLE)):.3f}", p="0.161")
    found = audit_tree(scratch, paper((21, 24), [row]))
    assert found["table1.x.chi2_from_counts"].verdict is V.REPRODUCED
    row = count_row("x", ("0 (0%)", "0 (0%)"), statistic="0.000", p="1.000")
    assert not impossible(audit_tree(scratch, paper((21, 24), [row])))


def test_three_groups_by_chi_square(scratch):
    table = ((12, 20, 9), (10, 5, 21))
    row = levels_row(
        "x", [tuple(map(str, line)) for line in table],
        statistic=f"{float(ts.pearson(table)):.3f}",
        p=show_p(ts.chi2_p(float(ts.pearson(table)), 2)),
    )  # fmt: skip
    found = audit_tree(scratch, paper((22, 25, 30), [row]))
    assert found["table1.x.chi2_from_counts"].verdict is V.REPRODUCED
    assert found["table1.x.p_from_chi2"].verdict is V.REPRODUCED


# --- whole numbers and limits ----------------------------------------------------------------


def test_whole_numbers_and_limits(scratch):
    step = {"id": "x", "label": "X", "step": {"value": "1", "reason": "counted"}}
    row = mean_row("x", ("3.45 ± 2.47", "5.21 ± 1.60"))
    found = audit_tree(scratch, paper((18, 28), [row], variables=[step]))
    assert found["table1.x.g0.whole_numbers"].verdict is V.IMPOSSIBLE
    assert found["table1.x.g1.whole_numbers"].verdict is V.CONSISTENT
    limits = {
        "id": "x", "label": "X",
        "lower": {"value": "1", "reason": "scale"}, "upper": {"value": "7.5", "reason": "scale"},
    }  # fmt: skip
    row = mean_row("x", ("4.2 ± 3.4", "4.2 ± 3.9"))
    found = audit_tree(scratch, paper((20, 20), [row], variables=[limits]))
    assert (
        found["table1.x.g0.limits"].verdict is V.IMPOSSIBLE
        or found["table1.x.g1.limits"].verdict is V.IMPOSSIBLE
    )
    assert "7.5" in found["table1.x.g1.limits"].by_hand


def test_figures_after_the_sign_need_not_be_sample_sds(scratch):
    """Whole values with SDs of the divisor n, with standard errors, with digits cut off: a
    table printed so is not accused; one wrong SD among others as usual is."""
    rng = np.random.default_rng(6)
    data = [[rng.poisson(4, n) for n in (18, 28)] for _ in range(6)]
    variables = [
        {"id": f"v{i}", "label": "V", "step": {"value": "1", "reason": "counted"}} for i in range(6)
    ]

    def found(cell):
        rows = [
            mean_row(
                f"v{i}", [cell(x) for x in pair],
                statistic=f"{scipy.stats.ttest_ind(*pair).statistic:.3f}",
            )
            for i, pair in enumerate(data)
        ]  # fmt: skip
        ledger = audit_tree(scratch, paper((18, 28), rows, variables=variables))
        return rows, [f.verdict for id, f in ledger.items() if id.endswith("whole_numbers")]

    for cell in (
        lambda x: f"{x.mean():.2f} ± {x.std():.2f}",
        lambda x: f"{x.mean():.3f} ± {x.std(ddof=1) / math.sqrt(len(x)):.3f}",
        lambda x: f"{int(x.mean() * 100) / 100:.2f} ± {int(x.std(ddof=1) * 100) / 100:.2f}",
    ):
        _, verdicts = found(cell)
        assert V.IMPOSSIBLE not in verdicts
        assert V.DEPENDS in verdicts
    rows, verdicts = found(lambda x: f"{x.mean():.2f} ± {x.std(ddof=1):.2f}")
    assert set(verdicts) == {V.CONSISTENT}
    rows[0]["values"]["g0"] = "3.44 ± 2.47"  # 18 whole values have no such SD
    t = scipy.stats.ttest_ind_from_stats(
        3.44, 2.47, 18, data[0][1].mean(), data[0][1].std(ddof=1), 28
    )
    rows[0]["statistic"] = f"{t.statistic:.2f}"
    ledger = audit_tree(scratch, paper((18, 28), rows, variables=variables))
    assert ledger["table1.v0.g0.whole_numbers"].verdict is V.IMPOSSIBLE
    assert "the figures after ± are sample SDs" in ledger["table1.v0.g0.whole_numbers"].assumptions


# --- one convention, multiplicity, fragility ---------------------------------------------------


def test_one_convention(scratch):
    rows = [
        mean_row("x", CELLS, statistic="3.501"),
        mean_row("y", ("5.0 ± 1.0", "5.1 ± 1.0"), statistic="0.33"),
    ]
    found = audit_tree(scratch, paper((20, 25), rows))["table1.t_convention"]
    assert found.verdict is V.DEPENDS
    assert found.values["explains"] == [two_group.WELCH]
    assert found.values["against"] == {two_group.STUDENT: ["x"], two_group.WELCH: []}


def test_a_table_of_f_is_not_impossible(scratch):
    row = mean_row("x", CELLS, statistic="10.75", p="0.002")
    found = audit_tree(scratch, paper((20, 25), [row, row | {"id": "y"}]))
    assert not impossible(found)
    # the P behind the counting of significant rows comes from the means, not from "t = 10.75"
    assert found["table1.multiplicity"].values["p"][0] == pytest.approx(0.00206, abs=2e-4)


def test_fragility_of_a_significant_row(scratch):
    row = count_row("x", ("12 (10.71%)", "7 (4.38%)"), statistic="4.075", p="0.044")
    found = audit_tree(scratch, paper((112, 160), [row]))["table1.x.fragility"]
    assert found.verdict is V.DEPENDS
    assert "Yates's correction" in found.values["against"]


# --- planted errors ------------------------------------------------------------------------------


def made_up_table(rng, n1=112, n2=160):
    """The cells of an honest table of the size of a real one, as lists that can be spoilt."""
    means, counts = [], []
    for _ in range(8):
        scale, shift = rng.choice([0.05, 1, 10, 100]), rng.uniform(0, 0.6)
        a, b = (rng.normal(5 + s, 1, n) * scale for n, s in ((n1, shift), (n2, 0)))
        decimals = 3 if scale < 1 else 2
        t, p = scipy.stats.ttest_ind(a, b)
        means.append({
            "cells": [[f"{x.mean():.{decimals}f}", f"{x.std(ddof=1):.{decimals}f}"] for x in (a, b)],
            "statistic": f"{abs(t):.3f}", "p": show_p(p),
        })  # fmt: skip
    for _ in range(6):
        share = rng.uniform(0.05, 0.6)
        k = [int(rng.binomial(n1, min(share * 1.3, 0.95))), int(rng.binomial(n2, share))]
        table = ((k[0], k[1]), (n1 - k[0], n2 - k[1]))
        chi2 = float(ts.pearson(table))
        counts.append({
            "k": k, "n": [n1, n2],
            "percent": [f"{100 * x / n:.2f}" for x, n in zip(k, (n1, n2), strict=True)],
            "statistic": f"{chi2:.3f}", "p": show_p(ts.chi2_p(chi2, 1)),
        })  # fmt: skip
    return means, counts


def tree_of(means, counts, n1=112, n2=160):
    rows = [
        mean_row(f"m{i}", [" ± ".join(c) for c in m["cells"]], statistic=m["statistic"], p=m["p"])
        for i, m in enumerate(means)
    ]
    rows += [
        count_row(
            f"c{i}",
            [f"{k} ({q}%)" for k, q in zip(c["k"], c["percent"], strict=True)],
            statistic=c["statistic"],
            p=c["p"],
        )
        for i, c in enumerate(counts)
    ]
    return paper((n1, n2), rows)


def change_digit(rng, text):
    """Another digit at one place, never the last and never a leading zero."""
    places = [i for i, ch in enumerate(text) if ch.isdigit()][:-1] or [0]
    i = int(rng.choice(places))
    digits = [d for d in "123456789" if d != text[i]]
    return text[:i] + str(rng.choice(digits)) + text[i + 1 :]


def swap_digits(rng, text):
    places = [i for i, ch in enumerate(text) if ch.isdigit()]
    pairs = [
        (i, j)
        for i, j in itertools.pairwise(places)
        if text[i] != text[j] and (i > 0 or text[j] != "0")
    ]
    if not pairs:
        return None
    i, j = pairs[int(rng.integers(len(pairs)))]
    letters = list(text)
    letters[i], letters[j] = letters[j], letters[i]
    return "".join(letters)


def plant(rng, means, counts, kind):
    """Spoil one place of the table; False where this table offers none."""
    m, c = means[int(rng.integers(len(means)))], counts[int(rng.integers(len(counts)))]
    group = int(rng.integers(2))
    if kind == "digit of a mean":
        m["cells"][group][0] = change_digit(rng, m["cells"][group][0])
    elif kind == "digit of an SD":
        m["cells"][group][1] = change_digit(rng, m["cells"][group][1])
    elif kind == "swapped digits of a mean":
        swapped = swap_digits(rng, m["cells"][group][0])
        if swapped is None:
            return False
        m["cells"][group][0] = swapped
    elif kind == "swapped SDs":
        a, b = m["cells"]
        if a[1] == b[1]:
            return False
        a[1], b[1] = b[1], a[1]
    elif kind == "digit of t":
        m["statistic"] = change_digit(rng, m["statistic"])
    elif kind == "copied P":
        others = [x["p"] for x in means + counts if x["p"] != m["p"]]
        m["p"] = str(rng.choice(others))
    elif kind == "digit of a count":
        c["k"][group] = min(
            int(change_digit(rng, str(c["k"][group]) + "0")[:-1] or 1), c["n"][group]
        )
    elif kind == "digit of a percentage":
        c["percent"][group] = change_digit(rng, c["percent"][group])
    elif kind == "wrong denominator":
        # the percentage of the other group's size
        other = c["n"][1 - group]
        if c["k"][group] > other:
            return False
        c["percent"][group] = f"{100 * c['k'][group] / other:.2f}"
    elif kind == "digit of chi-square":
        c["statistic"] = change_digit(rng, c["statistic"])
    return True


# error: the shares of tables that it must turn to "impossible", and to that or "depends"
FLOORS = {
    "digit of a mean": (0.9, 0.9),
    "digit of an SD": (0.75, 0.85),
    "swapped digits of a mean": (0.9, 0.9),
    "swapped SDs": (0.0, 0.3),  # t hardly moves: the groups are of similar size
    "digit of t": (0.5, 0.75),
    "copied P": (0.85, 0.9),
    "digit of a count": (0.9, 0.95),
    "digit of a percentage": (0.9, 0.95),
    "wrong denominator": (0.35, 0.9),  # a smaller one may be missing values
    "digit of chi-square": (0.9, 0.95),
}


@pytest.fixture(scope="module")
def honest_tables(scratch):
    """Tables without an error, and the verdicts that they get."""
    rng = np.random.default_rng(2023)
    tables = []
    for _ in range(30):
        means, counts = made_up_table(rng)
        found = audit_tree(scratch, tree_of(means, counts))
        assert not impossible(found)
        tables.append((means, counts, {id: f.verdict for id, f in found.items()}))
    return tables


@pytest.mark.parametrize("kind", FLOORS)
def test_planted_errors_are_seen(scratch, honest_tables, kind):
    rng = np.random.default_rng(sum(map(ord, kind)))
    seen = flagged = tried = 0
    for honest in honest_tables:
        means, counts, before = copy.deepcopy(honest)
        if not plant(rng, means, counts, kind):
            continue
        tried += 1
        found = audit_tree(scratch, tree_of(means, counts))
        hit = bool(impossible(found))
        seen += hit
        flagged += hit or any(
            f.verdict is V.DEPENDS and before.get(id) in (V.REPRODUCED, V.CONSISTENT)
            for id, f in found.items()
        )
    assert tried > 15
    assert seen / tried >= FLOORS[kind][0], (seen, tried)
    assert flagged / tried >= FLOORS[kind][1], (flagged, tried)


@pytest.mark.parametrize(
    "cell", ["1e29 ± 1e-99", "-1e29 ± 0", "1e-99 ± 1e29", "9999999999999999999 ± 0.00000000000001"]
)
@pytest.mark.parametrize("other", ["1e29 ± 1e-99", "0 ± 1e-99", "1e-99 ± 0"])
def test_the_largest_and_smallest_numbers_do_not_crash(scratch, cell, other):
    variable = {"id": "x", "label": "X", "step": {"value": "1", "reason": "counted"}}
    row = mean_row("x", (cell, other), statistic="1e29", p="1e-299")
    assert audit_tree(scratch, paper((20, 30), [row], variables=[variable]))
