"""t, chi-square, Fisher and adjusted P: against R, and against data drawn at random."""

from __future__ import annotations

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.checks import common
from analysis.checks import two_samples as ts
from analysis.printed import Interval, parse_number
from paper_writer import (
    ROUNDINGS,
    exact_mean,
    exact_student2,
    exact_variance,
    exact_welch2,
    root,
    show,
)


def box(data, mean_decimals, sd_decimals, rounding=ROUNDINGS[0]):
    """The intervals of the printed mean and SD of `data`."""
    mean = show(exact_mean(data), mean_decimals, rounding)
    sd = show(root(exact_variance(data)), sd_decimals, rounding)
    return parse_number(mean).interval, parse_number(sd).interval


def point(data):
    return Interval.point(exact_mean(data)), common.sqrt(Interval.point(exact_variance(data)))


# --- t against R ---------------------------------------------------------------------------


def test_r_version_is_stored(r_answers):
    assert r_answers["made_by"].startswith("R version 4.")


def test_t_from_raw_data_and_from_summaries(r_answers):
    for case in r_answers["t"]:
        a, b = ([Fraction(x) for x in case[name]] for name in "ab")
        n1, n2 = len(a), len(b)
        for test, name in ((ts.student_t, "student"), (ts.welch_t, "welch")):
            found = test(n1, *point(a), n2, *point(b))
            t, df, p = (case[f"{name}_{x}"] for x in ("t", "df", "p"))
            # the root of the variance is irrational, so that the enclosure is narrow, no point
            assert float(found.squared.low) == pytest.approx(t**2, rel=1e-9, abs=1e-20)
            assert float(found.squared.high) == pytest.approx(t**2, rel=1e-9, abs=1e-20)
            assert float(found.df.low) == pytest.approx(df, rel=1e-9)
            assert float(found.df.high) == pytest.approx(df, rel=1e-9)
            interval = ts.p_of_t(found)
            assert float(interval.low) == pytest.approx(p, rel=1e-7)
            assert float(interval.high) == pytest.approx(p, rel=1e-7)
        summary = [Fraction(x) for pair in zip(case["mean"], case["sd"], strict=True) for x in pair]
        m1, s1, m2, s2 = map(Interval.point, summary)
        found = ts.student_t(n1, m1, s1, n2, m2, s2)
        assert float(found.squared.low) == pytest.approx(
            case["student_t"] ** 2, rel=1e-9, abs=1e-20
        )


def test_p_intervals_of_recalc(cases):
    case = cases["t-p-interval-recalc"]
    n1, n2 = case["input"]["n"]
    for row, printed, expected in zip(
        case["input"]["rows"], case["input"]["printed_p"], case["expect"]["p_interval"], strict=True
    ):
        m1, m2, s1, s2 = (parse_number(x).interval for x in row)
        found = ts.p_of_t(ts.student_t(n1, m1, s1, n2, m2, s2))
        assert [float(found.low), float(found.high)] == pytest.approx(expected, abs=1e-3)
        assert Fraction(str(printed)) not in found


def test_welch_with_a_constant_group(cases):
    a, b = cases["t-one-group-constant"]["input"]
    found = ts.p_of_t(ts.welch_t(len(a), *point(a), len(b), *point(b)))
    expected = cases["t-one-group-constant"]["expect"]["welch_p"]
    assert float(found.low) == pytest.approx(expected, abs=1e-8)
    assert float(found.high) == pytest.approx(expected, abs=1e-8)


def test_tails_of_t_and_chi_square(r_answers):
    for t, df, p in r_answers["t_tails"]:
        found = common.p_from_t(Interval.point(Fraction(t)), Interval.point(Fraction(df)))
        assert Fraction(p) in Interval(
            found.low * (1 - Fraction(1, 10**9)), found.high * (1 + Fraction(1, 10**9))
        )
        assert float(found.high - found.low) <= 1e-8 * p + 1e-290
    for x, df, p in r_answers["chi2_tails"]:
        found = common.p_from_chi2(Interval.point(Fraction(x)), int(df))
        assert float(found.low) == pytest.approx(p, rel=1e-8)
        assert float(found.high) == pytest.approx(p, rel=1e-8)


# --- the attainable t holds the t of the data ------------------------------------------------

magnitudes = st.sampled_from([1e-6, 1e-2, 1.0, 50.0, 1e4, 1e9])


@st.composite
def groups_of_two(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(magnitudes)
    groups = []
    for _ in range(2):
        n = draw(st.integers(2, 40))
        shape = draw(
            st.sampled_from(["normal", "skewed", "whole", "constant", "two values", "outlier"])
        )
        shift = draw(st.sampled_from([0.0, 0.0, 0.3, -2.0]))
        data = {
            "normal": rng.normal(shift, 1, n),
            "skewed": rng.lognormal(shift, 1, n),
            "whole": rng.integers(-5, 9, n).astype(float),
            "constant": np.full(n, shift),
            "two values": rng.integers(0, 2, n).astype(float),
            "outlier": np.concatenate([rng.normal(shift, 0.1, n - 1), [30.0]]),
        }[shape]
        groups.append([Fraction(float(x)) for x in data * scale])
    return groups


@given(groups_of_two(), st.integers(0, 4), st.integers(0, 4), st.sampled_from(ROUNDINGS))
@settings(max_examples=250)
def test_the_attainable_t_holds_the_t_of_the_data(groups, mean_decimals, sd_decimals, rounding):
    a, b = groups
    boxes = [box(data, mean_decimals, sd_decimals, rounding) for data in groups]
    arguments = (len(a), *boxes[0], len(b), *boxes[1])
    student, welch = ts.student_t(*arguments), ts.welch_t(*arguments)
    exact = exact_student2(a, b)
    if exact is not None:
        assert exact in student.squared
        p = 2 * scipy.stats.t.sf(math.sqrt(exact), len(a) + len(b) - 2)
        enclosure = ts.p_of_t(student)
        assert float(enclosure.low) * (1 - 1e-9) <= p <= float(enclosure.high) * (1 + 1e-9)
    exact_welch = exact_welch2(a, b)
    if exact_welch is not None:
        t2, df = exact_welch
        assert t2 in welch.squared
        assert df in welch.df
        assert student.crosses_zero or exact_mean(a) != exact_mean(b)


@given(groups_of_two(), groups_of_two(), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=250)
def test_the_attainable_t_holds_the_t_of_other_data_that_print_the_same(
    pair, others, mean_decimals, sd_decimals
):
    """Other data, moved and stretched until they print like the first, lie in its interval."""
    boxes = [box(data, mean_decimals, sd_decimals) for data in pair]
    moved = []
    for (mean, sd), data, other in zip(boxes, pair, others, strict=True):
        assume(len(other) >= len(data))
        other = other[: len(data)]
        variance = exact_variance(other)
        low = max(sd.low, Fraction(0))
        target = low + (sd.high - low) * Fraction(9, 10)
        factor = target / Fraction(root(variance)) if variance else Fraction(0)
        m = exact_mean(other)
        shift = mean.low + (mean.high - mean.low) / 10
        candidate = [(x - m) * factor + shift for x in other]
        printed = box(candidate, mean_decimals, sd_decimals)
        assume(printed == (mean, sd))
        moved.append(candidate)
    a, b = moved
    arguments = (len(a), *boxes[0], len(b), *boxes[1])
    exact, welch = exact_student2(a, b), exact_welch2(a, b)
    if exact is not None:
        assert exact in ts.student_t(*arguments).squared
    if welch is not None:
        found = ts.welch_t(*arguments)
        assert welch[0] in found.squared
        assert welch[1] in found.df


@given(
    st.integers(2, 30),
    st.integers(2, 30),
    st.lists(st.fractions(0, 5, max_denominator=50), min_size=4, max_size=4),
)
def test_welch_degrees_of_freedom_are_enclosed_and_attained(n1, n2, ends):
    s1, s2 = Interval(*sorted(ends[:2])), Interval(*sorted(ends[2:]))
    zero = Interval.point(0)
    found = ts.welch_t(n1, zero, s1, n2, zero, s2).df
    assert min(n1, n2) - 1 <= found.low <= found.high <= n1 + n2 - 2
    for i, j in itertools.product(range(6), repeat=2):
        v = (s1.low + (s1.high - s1.low) * Fraction(i, 5)) ** 2 / n1
        w = (s2.low + (s2.high - s2.low) * Fraction(j, 5)) ** 2 / n2
        if v + w:
            assert (v + w) ** 2 / (v**2 / (n1 - 1) + w**2 / (n2 - 1)) in found


def test_extremes_of_t_are_attained():
    """The ends of the interval belong to corners of the box: nothing is wider than need be."""
    m1, s1, m2, s2 = (parse_number(x).interval for x in ("5.1", "1.2", "4.3", "0.9"))
    found = ts.student_t(10, m1, s1, 12, m2, s2).squared
    corners = []
    for a, b, c, d in itertools.product(*((x.low, x.high) for x in (m1, s1, m2, s2))):
        at = [Interval.point(x) for x in (a, b, c, d)]
        corners.append(ts.student_t(10, at[0], at[1], 12, at[2], at[3]).squared.low)
    assert (min(corners), max(corners)) == (found.low, found.high)


def test_no_spread_at_all():
    zero, one = Interval.point(0), Interval.point(1)
    assert ts.student_t(5, zero, zero, 5, zero, zero).squared == Interval(0, math.inf)
    apart = ts.student_t(5, zero, zero, 5, one, zero).squared
    assert apart == Interval(math.inf, math.inf)
    rounded = parse_number("0.00").interval
    assert ts.student_t(5, one, rounded, 5, one, rounded).squared == Interval(0, math.inf)
    assert ts.p_of_t(ts.student_t(5, one, rounded, 5, one, rounded)) == Interval(0, 1)


def test_standard_errors():
    a, b = [1, 4, 2, 8, 5], [3, 9, 9, 4, 7, 7, 1]
    errors = [common.sqrt(Interval.point(exact_variance(x) / len(x))) for x in (a, b)]
    sds = [ts.sd_from_standard_error(e, len(x)) for e, x in zip(errors, (a, b), strict=True)]
    found = ts.student_t(
        5, Interval.point(exact_mean(a)), sds[0], 7, Interval.point(exact_mean(b)), sds[1]
    )
    assert exact_student2(a, b) in found.squared


# --- counts against R -------------------------------------------------------------------------


def test_counts(r_answers):
    for case in r_answers["counts"]:
        table = case["table"]
        name = case["id"]
        assert ts.degrees_of_freedom(table) == case["df"], name
        pearson = float(ts.pearson(table))
        assert pearson == pytest.approx(case["pearson"], rel=1e-12, abs=1e-12), name
        assert ts.chi2_p(pearson, case["df"]) == pytest.approx(case["pearson_p"], rel=1e-9), name
        ratio = ts.likelihood_ratio(table)
        assert ratio == pytest.approx(case["likelihood_ratio"], rel=1e-9, abs=1e-12), name
        assert ts.chi2_p(ratio, case["df"]) == pytest.approx(
            case["likelihood_ratio_p"], rel=1e-9
        ), name
        assert float(ts.rank_sum(table)) == pytest.approx(
            case["kruskal_wallis"], rel=1e-9, abs=1e-9
        ), name
        assert float(ts.linear_by_linear(table)) == pytest.approx(
            case["linear_by_linear"], rel=1e-9, abs=1e-9
        ), name
        if case["mann_whitney_corrected_p"] is not None:
            chi2 = float(ts.rank_sum(table, correction=Fraction(1, 2)))
            assert ts.chi2_p(chi2, 1) == pytest.approx(
                case["mann_whitney_corrected_p"], rel=1e-9
            ), name
        if case["yates"] is not None:
            yates = float(ts.yates(table))
            assert yates == pytest.approx(case["yates"], rel=1e-12, abs=1e-12), name
            assert ts.chi2_p(yates, 1) == pytest.approx(case["yates_p"], rel=1e-9), name
            one_sided = ts.fisher_one_sided(table)
            if one_sided is not None:
                assert one_sided[0] == pytest.approx(case["fisher_one_sided_p"], rel=1e-7), name
            assert ts.n_minus_one(table) == ts.linear_by_linear(table)
        fisher = ts.fisher_p(table)
        if fisher is None:
            assert len(table) > 2, name
            assert len(table[0]) > 2, name
        else:
            assert fisher == pytest.approx(case["fisher_p"], rel=1e-6), name


def test_birthwt(cases):
    case = cases["chi2-birthwt-smoke"]
    table, expected = case["input"], case["expect"]
    assert float(ts.pearson(table)) == pytest.approx(expected["pearson"], abs=1e-6)
    assert float(ts.yates(table)) == pytest.approx(expected["yates"], abs=1e-6)
    assert ts.chi2_p(float(ts.pearson(table)), 1) == pytest.approx(expected["p"], abs=1e-6)
    assert ts.chi2_p(float(ts.yates(table)), 1) == pytest.approx(expected["p_yates"], abs=1e-6)


tables_2x2 = st.lists(st.integers(0, 60), min_size=4, max_size=4).map(
    lambda x: (tuple(x[:2]), tuple(x[2:]))
)


def full(table):
    return all(map(sum, table)) and all(map(sum, zip(*table, strict=True)))


@given(tables_2x2)
def test_fisher_is_scipys(table):
    assume(full(table))
    assert ts.fisher_p(table) == pytest.approx(scipy.stats.fisher_exact(table)[1], rel=1e-8)
    both = sorted(
        scipy.stats.fisher_exact(table, alternative=side)[1] for side in ("less", "greater")
    )
    assert ts.fisher_one_sided(table) == pytest.approx(both, rel=1e-8)


@given(tables_2x2)
def test_the_two_ways_to_fisher_agree(table):
    assume(full(table))
    rows, first = [sum(row) for row in table], [row[0] for row in table]
    assert ts._fisher_two_columns(rows, first) == pytest.approx(ts.fisher_p(table), rel=1e-7)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=4))
def test_fisher_of_larger_tables_is_the_plain_sum(table):
    assume(full(table))
    rows, first = [sum(row) for row in table], [row[0] for row in table]
    weights = {
        split: math.prod(math.comb(n, k) for n, k in zip(rows, split, strict=True))
        for split in itertools.product(*(range(n + 1) for n in rows))
        if sum(split) == sum(first)
    }
    tail = sum(w for w in weights.values() if w <= weights[tuple(first)])
    expected = tail / sum(weights.values())
    assert ts.fisher_p(table) == pytest.approx(expected, rel=1e-9)
    assert ts.fisher_p(tuple(zip(*table, strict=True))) == pytest.approx(expected, rel=1e-9)


def test_fisher_gives_up_in_time():
    assert ts.fisher_p(((900, 800), (700, 900), (800, 700), (600, 900))) is None
    assert ts.fisher_p(((5, 4, 3), (2, 8, 1), (3, 3, 9))) is None
    large = ts.fisher_p(((100_000, 101_000), (99_000, 100_500)))
    assert large == pytest.approx(
        scipy.stats.fisher_exact([[100_000, 101_000], [99_000, 100_500]])[1], rel=1e-5
    )


@given(tables_2x2)
def test_chi_squares_are_scipys(table):
    assume(full(table))
    for found, options in (
        (ts.pearson(table), {"correction": False}),
        (ts.yates(table), {"correction": True}),
        (ts.likelihood_ratio(table), {"correction": False, "lambda_": "log-likelihood"}),
    ):
        theirs = scipy.stats.chi2_contingency(table, **options)[0]
        assert float(found) == pytest.approx(theirs, rel=1e-9, abs=1e-9)


def test_an_empty_margin_is_refused():
    with pytest.raises(ValueError, match="empty"):
        ts.pearson(((0, 0), (1, 2)))
    with pytest.raises(ValueError, match="2×2"):
        ts.yates(((1, 2), (3, 4), (5, 6)))


def test_adjusted_p(r_answers):
    for case in r_answers["adjusted"]:
        assert ts.holm(case["p"]) == pytest.approx(case["holm"], rel=1e-12)
        assert ts.benjamini_hochberg(case["p"]) == pytest.approx(case["bh"], rel=1e-12)


# --- enclosures --------------------------------------------------------------------------------


@given(st.fractions(0, 10**6, max_denominator=10**6))
def test_square_roots_are_enclosed(value):
    found = common.sqrt(Interval.point(value))
    assert found.low**2 <= value <= found.high**2
    assert found.high - found.low <= Fraction(1, 2**100)


@given(st.fractions(Fraction(1, 10**6), 10**6, max_denominator=10**6))
def test_logarithms_and_exponentials_are_enclosed(value):
    found = common.log(Interval.point(value))
    assert float(found.low) <= math.log(value) <= float(found.high)
    small = Interval.point(min(value, Fraction(600)))
    assert float(common.exp(small).low) <= math.exp(small.low) <= float(common.exp(small).high)


# --- rarer tests of counts ------------------------------------------------------------------

SEVERAL = json.loads(
    (Path(__file__).parents[2] / "oracles" / "several_samples.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", SEVERAL["two_by_two"], ids=lambda case: str(case["table"]))
def test_mid_p_and_unpooled_z_as_r_has_them(case):
    table = [[int(k) for k in line] for line in case["table"]]
    assert ts.fisher_mid_p(table) == pytest.approx(case["mid_p"], rel=1e-9)
    assert float(ts.unpooled(table)) == pytest.approx(case["unpooled"], rel=1e-9)


@pytest.mark.parametrize("case", SEVERAL["trends"], ids=lambda case: str(case["events"]))
def test_the_trend_of_cochran_and_armitage_as_r_has_it(case):
    """N / (N − 1) times linear-by-linear association of two rows."""
    events, sizes = ([int(k) for k in case[name]] for name in ("events", "n"))
    table = (events, [n - k for n, k in zip(sizes, events, strict=True)])
    n = sum(sizes)
    found = ts.linear_by_linear(table) * Fraction(n, n - 1)
    assert float(found) == pytest.approx(case["chi2"], rel=1e-9)
    assert ts.chi2_p(float(found), 1) == pytest.approx(case["p"], rel=1e-9)


def test_the_statistic_of_fishers_test_is_near_chi_square():
    """Its scale is chosen so: in large tables it is the likelihood ratio."""
    for table in (((300, 420, 280), (310, 380, 330)), ((900, 800), (700, 900), (500, 510))):
        assert ts.freeman_halton(table) == pytest.approx(ts.likelihood_ratio(table), rel=0.01)


def test_sds_with_the_divisor_n():
    x = np.array([1.0, 4.0, 2.0, 9.0])
    printed = Interval.point(Fraction(float(x.std())))
    found = ts.sd_from_divisor_n(printed, len(x))
    assert float(found.low) == pytest.approx(x.std(ddof=1), rel=1e-12)
    assert float(found.high) == pytest.approx(x.std(ddof=1), rel=1e-12)


def test_fishers_p_of_millions_of_patients():
    """Large 2×2 tables are summed in a window; no table is too large."""
    for table in (((3000, 7000), (3100, 6900)), ((1, 5000), (9, 6000)), ((0, 20000), (3, 5))):
        expected = scipy.stats.fisher_exact(table)[1]
        assert ts.fisher_p(table) == pytest.approx(expected, rel=1e-6, abs=1e-300)
        assert ts.fisher_p(tuple(zip(*table, strict=True))) == pytest.approx(expected, rel=1e-6)
    huge = ((500_000_000, 500_000_000), (500_010_000, 499_990_000))
    chi2 = scipy.stats.chi2_contingency(huge, correction=False)
    assert ts.fisher_p(huge) == pytest.approx(chi2.pvalue, rel=1e-4)
