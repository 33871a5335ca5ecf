"""GRIM, GRIMMER, counts and limits: against external cases and against all small data sets."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
import scrutipy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.checks import granularity as g
from analysis.printed import Interval, parse_number, parse_percent, parse_share
from paper_writer import ROUNDINGS, exact_mean, exact_variance, root, show

# --- external cases ------------------------------------------------------------------------


def test_grim_pigs(cases):
    case = cases["grim-pigs1"]
    found = [bool(g.grim(parse_number(x), n)) for x, n in case["input"]]
    assert found == case["expect"]


def test_grim_items(cases):
    case = cases["grim-items3"]
    means = [f"0.{k}" for k in range(150, 160)]
    found = [bool(g.grim(parse_number(x), 120, Fraction(1, 3))) for x in means]
    assert found == case["expect"]


def test_grim_percent(cases):
    case = cases["grim-percent"]
    found = [
        bool(g.counts_for_share(parse_percent(str(x)), 50, percent=True)) for x in range(6, 17)
    ]
    assert found == case["expect"]


def test_grim_inspect(cases):
    case = cases["grim-inspect48"]
    assert [bool(g.grim(parse_number(x), n)) for x, n in case["input"]] == case["expect"]


@pytest.mark.parametrize("name", ["grimmer-inspect48", "grimmer-rsprite2"])
def test_grimmer(cases, name):
    case = cases[name]
    rows = case["input"] if isinstance(case["input"][0], list) else [case["input"]]
    expected = case["expect"] if isinstance(case["expect"], list) else [case["expect"]]
    assert [g.grimmer(parse_number(m), parse_number(s), n) for m, s, n in rows] == expected


def test_grimmer_where_two_published_implementations_disagree(cases):
    rows = cases["grimmer-disputed14"]["input"]
    for n, mean, sd in zip(rows["n"], rows["x"], rows["sd"], strict=True):
        assert g.grimmer(parse_number(mean), parse_number(sd), n), (n, mean, sd)


def test_binary_sd_is_stricter_than_debit(cases):
    mean, sd, n = cases["debit-weaker-than-exact"]["input"]
    assert not g.grimmer(parse_number(mean), parse_number(sd), n)


def test_sd_limits(cases):
    case = cases["sdlimits-rsprite2"]["input"]
    mean = parse_number(case["mean"])
    square, inside = g.largest_sd(case["n"], Interval.point(mean.value), case["min"], case["max"])
    # five whole numbers from 1 to 7 with a mean of 4.2 reach 3.03; the bound lies above it
    assert inside
    assert 3.03 < math.sqrt(square) < 3.4
    assert g.grimmer(mean, parse_number("0.45"), case["n"])
    assert not g.grimmer(mean, parse_number("0.44"), case["n"])


def test_data_with_a_known_number_of_solutions_pass(cases):
    for mean, sd, n, _low, _high in cases["closure-counts"]["input"][:4]:
        assert g.grimmer(parse_number(mean), parse_number(sd), n)


def test_failure_of_a_search_elsewhere_is_no_verdict_here(cases):
    case = cases["sprite-failure-is-no-proof"]["input"]
    assert g.grimmer(parse_number(case["mean"]), parse_number(case["sd"]), case["n"])


# --- all small data sets -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "top"), [(2, 8), (3, 7), (4, 6), (5, 5), (6, 4), (7, 3), (9, 3), (10, 3), (11, 2)]
)
def test_sums_of_squares_against_all_small_data_sets(n, top):
    """Every reachable pair is found; every pair that is refused is unreachable.

    Values from 0 to `top` realise every pair whose sum of squares forces them below it:
    shifted to a sum in 0…n−1, no value can lie further out than the squares allow.
    """
    reached = defaultdict(set)
    low = -(top // 2)
    for data in itertools.combinations_with_replacement(range(low, low + top + 1), n):
        reached[sum(data)].add(sum(x * x for x in data))
    edge = min(-low, low + top) + 1
    for total, squares in reached.items():
        assert all(g.squares_attainable(n, total, q) for q in squares)
        # a value outside the range alone brings at least this sum of squares
        outside = (
            edge**2 + Fraction((abs(total) - edge) ** 2, n - 1) if abs(total) < n * edge else None
        )
        if outside is not None:
            for q in range(math.ceil(outside)):
                assert g.squares_attainable(n, total, q) == (q in squares), (n, total, q)


@pytest.mark.parametrize("n", [2, 3, 5, 9, 10, 12])
def test_shift_and_mirror_change_nothing(n):
    rng = np.random.default_rng(n)
    for _ in range(200):
        total, q = int(rng.integers(-20, 20)), int(rng.integers(0, 60))
        shift = int(rng.integers(-5, 5))
        answer = g.squares_attainable(n, total, q)
        assert g.squares_attainable(n, -total, q) == answer
        assert (
            g.squares_attainable(n, total + n * shift, q + 2 * shift * total + n * shift**2)
            == answer
        )


@pytest.mark.parametrize("n", range(2, 14))
def test_grimmer_is_the_search_it_replaces(n):
    """The short cuts of `grimmer` against trying every sum and every sum of squares."""
    rng = np.random.default_rng(100 + n)
    seen = set()
    for _ in range(150):
        d = int(rng.integers(0, 3))
        mean = parse_number(f"{rng.uniform(-3, 3):.{d}f}")
        sd = parse_number(f"{rng.uniform(0, 2.5):.{int(rng.integers(0, 4))}f}")
        low, high = (x**2 * (n - 1) for x in (max(sd.interval.low, 0), sd.interval.high))
        slow = any(
            g.squares_attainable(n, total, q)
            for total in g.grim(mean, n)
            for q in range(0, 400)
            if low <= q - Fraction(total**2, n) <= high
        )
        assert g.grimmer(mean, sd, n) == slow, (mean.text, sd.text, n)
        seen.add(slow)
    assert seen == {True, False} or n > 12


def test_all_binary_data():
    """For 0/1 data the SD follows from the count: nothing else may pass together with limits."""
    for n in (5, 11, 40):
        for k in range(n + 1):
            data = [1] * k + [0] * (n - k)
            mean, sd = show(exact_mean(data), 2), show(root(exact_variance(data)), 2)
            assert g.grimmer(parse_number(mean), parse_number(sd), n)


whole = st.lists(st.integers(-200, 200), min_size=2, max_size=40)


@given(
    whole,
    st.integers(0, 4),
    st.integers(0, 4),
    st.sampled_from(ROUNDINGS),
    st.sampled_from(["1", "0.5", "0.1", "10"]),
)
def test_whole_data_always_pass(data, mean_decimals, sd_decimals, rounding, step):
    unit = Fraction(step)
    data = [x * unit for x in data]
    mean = parse_number(show(exact_mean(data), mean_decimals, rounding))
    sd = parse_number(show(root(exact_variance(data)), sd_decimals, rounding))
    assert g.grim(mean, len(data), unit)
    assert g.grimmer(mean, sd, len(data), unit)
    square, inside = g.largest_sd(len(data), mean.interval, min(data), max(data))
    assert inside
    assert max(sd.interval.low, 0) ** 2 <= square
    for low, high in ((min(data), math.inf), (-math.inf, max(data)), (-math.inf, math.inf)):
        square, inside = g.largest_sd(len(data), mean.interval, low, high)
        assert inside
        assert max(sd.interval.low, 0) ** 2 <= square


@pytest.mark.parametrize("n", [2, 3, 9, 10, 25, 99])
def test_agrees_with_scrutipy_on_grim(n):
    """scrutipy's GRIM with both roundings of ties, where it is right: plain means."""
    for k in range(0, 300):
        text = f"{k / 100:.2f}"
        theirs = scrutipy.grim_scalar(text, n, rounding="up_or_down")
        assert bool(g.grim(parse_number(text), n)) == theirs, (text, n)


@pytest.mark.parametrize(
    ("mean", "sd", "n", "possible"),
    [("0.50", "0.01", 10**9, False),  # whole numbers around a half have an SD of a half or more
     ("0.5", "0.1", 10**6, False), ("5", "1.6666666667", 10**5, True), ("0", "0", 10**9, True),
     ("3.00", "0.00", 10**7, True)],
)  # fmt: skip
def test_large_inputs_are_decided_at_once(mean, sd, n, possible):
    # no list of n values is made: this one would not fit into memory
    assert bool(g.grimmer(parse_number(mean), parse_number(sd), n)) == possible


def test_single_patient():
    assert g.grimmer(parse_number("3"), parse_number("0.0"), 1)
    assert not g.grimmer(parse_number("3"), parse_number("0.1"), 1)


# --- shares --------------------------------------------------------------------------------

percents = st.tuples(st.integers(0, 100_000), st.integers(0, 3)).map(
    lambda x: f"{x[0] / 1000:.{x[1]}f}"
)


@given(percents, st.integers(1, 400), st.sampled_from(["", "<", ">"]))
def test_counts_for_share_is_the_plain_search(text, n, sign):
    share = parse_percent(sign + text)
    slow = [k for k in range(n + 1) if share.shows(Fraction(100 * k, n))]
    assert list(g.counts_for_share(share, n, percent=True)) == slow


@given(st.integers(0, 60), percents, st.integers(1, 120), st.sampled_from(["", "<", ">"]))
def test_hidden_denominators_are_the_plain_search(count, text, n, sign):
    percent = parse_percent(sign + text)
    slow = [m for m in range(max(count, 1), n) if percent.shows(Fraction(100 * count, m))]
    assert list(g.hidden_denominators(count, percent, n)) == slow


def test_hidden_denominators_of_a_large_group():
    assert g.hidden_denominators(1, parse_percent("0.0"), 10**9)[-1] == 10**9 - 1
    assert 10**6 in g.counts_for_share(parse_share("0.001"), 10**9)


# --- limits --------------------------------------------------------------------------------


@given(
    st.integers(2, 12),
    st.integers(0, 40),
    st.sampled_from([(0, 10), (0, math.inf), (-math.inf, 10)]),
)
@settings(max_examples=200)
def test_largest_sd_is_reached_or_above(n, seed, limits):
    rng = np.random.default_rng(seed)
    low, high = limits
    data = [Fraction(int(x), 10) for x in rng.integers(0, 101, n)]
    square, inside = g.largest_sd(n, Interval.point(exact_mean(data)), low, high)
    assert inside
    assert exact_variance(data) <= square


def test_largest_sd_is_sharp():
    for n in (2, 5, 10):
        # all at one limit but one: reached
        data = [0] * (n - 1) + [n]
        assert g.largest_sd(n, Interval.point(1), 0, math.inf)[0] == exact_variance(data)
    half = [0] * 5 + [10] * 5
    assert g.largest_sd(10, Interval.point(5), 0, 10)[0] == exact_variance(half)


def test_a_mean_outside_its_limits():
    assert g.largest_sd(5, Interval(Fraction(11), Fraction(12)), 0, 10) == (0, False)
    assert not g.largest_sd(5, Interval(Fraction(-2), Fraction(-1)), 0, math.inf)[1]


@given(whole)
def test_a_changed_sum_is_not_hidden(data):
    """GRIM is not toothless: with two decimals and few patients most other means fail."""
    n = len(data)
    assume(n <= 20)
    passed = sum(bool(g.grim(parse_number(f"{k / 100:.2f}"), n)) for k in range(100))
    assert passed <= 2 * n
