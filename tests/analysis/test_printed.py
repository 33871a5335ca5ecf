"""Printed numbers: what parses, what is refused, and arithmetic that must contain the truth."""

from __future__ import annotations

import math
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis import printed as p
from analysis.printed import Interval, PrintedError
from paper_writer import ROUNDINGS, show


@pytest.mark.parametrize(
    ("text", "value", "decimals", "comparison"),
    [
        ("0.70", "0.7", 2, "="),
        ("0.7", "0.7", 1, "="),
        (".05", "0.05", 2, "="),
        ("<0.001", "0.001", 3, "<"),
        ("≥ 18", "18", 0, ">="),
        ("P=0.000", "0", 3, "="),
        ("P < .05", "0.05", 2, "<"),
        ("59.82%", "59.82", 2, "="),
        ("1 098.83", "1098.83", 2, "="),
        ("1\u202f098.83", "1098.83", 2, "="),
        ("1,098.83", "1098.83", 2, "="),
        ("1,234,567", "1234567", 0, "="),
        ("−5.310", "-5.31", 3, "="),
        ("-5.310", "-5.31", 3, "="),
        ("+2", "2", 0, "="),
        ("1.5e-3", "0.0015", 4, "="),
        ("2E3", "2000", -3, "="),
    ],
)
def test_numbers_that_parse(text, value, decimals, comparison):
    number = p.parse_number(text)
    assert (number.value, number.decimals, number.comparison) == (
        Fraction(value),
        decimals,
        comparison,
    )
    assert number.text == text


@pytest.mark.parametrize(
    "text",
    ["", " ", "0,795", "1O2", "l2", "1_000", "0x10", "inf", "-inf", "nan", "NaN", "٣", "１", "½", "²",
     "1e999", "1e30", "1e-100", "1e-400", "9" * 41, "9" * 5000, "--1", "1-", "1 2", "12 34", "1.2.3", "1,23",
     "1,234", "NS", "n.s.", "\x00", "1\n2", "1/2", "0b1", "1e", "e5", ".", "+", "%", "<", "± 1"],
)  # fmt: skip
def test_strings_that_are_refused(text):
    with pytest.raises(PrintedError) as error:
        p.parse_number(text)
    sentence = str(error.value)
    assert "found" in sentence
    assert "\n" not in sentence
    assert len(sentence) < 250


@pytest.mark.parametrize("value", [None, 0.7, 3, ["1"], {"a": 1}, b"1"])
@pytest.mark.parametrize(
    "parser",
    [p.parse_number, p.parse_whole, p.parse_percent, p.parse_share, p.parse_p, p.parse_positive,
     p.parse_mean_sd, p.parse_count_percent, p.parse_range, p.parse_median_iqr, p.parse_date],
)  # fmt: skip
def test_anything_but_a_string_is_refused(parser, value):
    with pytest.raises(PrintedError):
        parser(value)


@pytest.mark.parametrize("text", ["NS", "ns", "n.s.", "N. S."])
def test_not_significant_is_a_p_and_nothing_else(text):
    assert p.parse_p(text).is_ns
    for parser in (p.parse_number, p.parse_share, p.parse_positive, p.parse_whole, p.parse_percent):
        with pytest.raises(PrintedError):
            parser(text)


@pytest.mark.parametrize("text", ["1.001", "-0.1", "5%", "2", "0,05", "P"])
def test_p_lies_between_0_and_1(text):
    with pytest.raises(PrintedError):
        p.parse_p(text)


@pytest.mark.parametrize("text", ["112.5", "-3", "<5", "12%", "1e3", "1,2"])
def test_counts_are_whole(text):
    with pytest.raises(PrintedError):
        p.parse_whole(text)


@pytest.mark.parametrize(
    "text", ["54.96", "1 ± 2 ± 3", "5 ± −1", "<5 ± 1", "5 ± <1", "± 2", "5 ±", "NS ± 1", "a ± b"]
)
def test_mean_and_sd_that_are_refused(text):
    with pytest.raises(PrintedError):
        p.parse_mean_sd(text)


@pytest.mark.parametrize(
    "text", ["180.3 ± 106.1", "180.3±106.1", "180.3 +/- 106.1", r"180.3 \pm 106.1"]
)
def test_mean_and_sd(text):
    cell = p.parse_mean_sd(text)
    assert (cell.mean.value, cell.sd.value) == (Fraction("180.3"), Fraction("106.1"))


def test_count_and_percentage():
    cell = p.parse_count_percent("67 (59.82%)")
    assert (cell.count.value, cell.percent.value, cell.percent.decimals) == (
        67,
        Fraction("59.82"),
        2,
    )
    assert p.parse_count_percent("67").percent is None
    assert p.parse_count_percent("0 (0)").percent.value == 0
    for text in ("67 (159.82%)", "67 (-1%)", "67.5 (50%)", "67 (", "(50%)", "67 (50%) x", "67 ()"):
        with pytest.raises(PrintedError):
            p.parse_count_percent(text)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("0.742–0.848", "0.742", "0.848"),
        ("0.742-0.848", "0.742", "0.848"),
        ("0.742 to 0.848", "0.742", "0.848"),
        ("0.742, 0.848", "0.742", "0.848"),
        ("−0.52–−0.10", "-0.52", "-0.10"),
        ("-0.52--0.10", "-0.52", "-0.10"),
        ("−0.52 to 0.10", "-0.52", "0.10"),
        ("50%–60%", "50", "60"),
        ("5–5", "5", "5"),
    ],
)
def test_ranges(text, low, high):
    found = p.parse_range(text)
    assert (found.low.value, found.high.value) == (Fraction(low), Fraction(high))


@pytest.mark.parametrize(
    "text", ["0.848–0.742", "0.742", "a–b", "1–", "–", "0,742–0,848", "1-" * 90 + "\n"]
)
def test_ranges_that_are_refused(text):
    with pytest.raises(PrintedError):
        p.parse_range(text)


def test_long_cells_are_refused_at_once():
    for parser in (
        p.parse_range,
        p.parse_mean_sd,
        p.parse_count_percent,
        p.parse_median_iqr,
        p.parse_date,
    ):
        with pytest.raises(PrintedError, match="characters"):
            parser("1-" * 500_000 + "\n")


def test_median_and_quartiles():
    cell = p.parse_median_iqr("64 (57–70)")
    assert (cell.median.value, cell.q1.value, cell.q3.value) == (64, 57, 70)
    for text in ("64", "64 (70–57)", "50 (57–70)", "64 57–70"):
        with pytest.raises(PrintedError):
            p.parse_median_iqr(text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("Jan 05, 2023", date(2023, 1, 5), date(2023, 1, 5)),
        ("December 2017", date(2017, 12, 1), date(2017, 12, 31)),
        ("Feb 2016", date(2016, 2, 1), date(2016, 2, 29)),
        ("2022", date(2022, 1, 1), date(2022, 12, 31)),
    ],
)
def test_dates(text, first, last):
    found = p.parse_date(text)
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "text",
    ["Ju 2020", "Feb 30, 2020", "2020-01-01", "5, 2020", "Smarch 2020", "٢٠٢٠", "May 0, 2020"],
)
def test_dates_that_are_refused(text):
    with pytest.raises(PrintedError):
        p.parse_date(text)


# --- rounding ----------------------------------------------------------------------------

fractions = st.fractions(min_value=-1000, max_value=1000, max_denominator=10_000)


@given(fractions, st.integers(0, 5), st.sampled_from(ROUNDINGS))
def test_a_number_is_in_the_interval_of_its_printed_form(value, decimals, rounding):
    printed = p.parse_number(show(value, decimals, rounding))
    assert printed.shows(value)
    assert value in printed.interval
    assert printed.decimals == decimals


@given(st.integers(-10_000, 10_000), st.integers(0, 4))
def test_ties_belong_to_both_neighbours(units, decimals):
    tie = Fraction(2 * units + 1, 2 * 10**decimals)
    below, above = (
        p.parse_number(show(Fraction(u, 10**decimals), decimals)) for u in (units, units + 1)
    )
    assert below.shows(tie)
    assert above.shows(tie)
    assert below.is_tie(tie)
    assert not below.shows(tie + Fraction(1, 10**9))


def test_limits_are_strict():
    assert not p.parse_number("<0.001").shows(Fraction("0.001"))
    assert p.parse_number("<=0.001").shows(Fraction("0.001"))
    assert not p.parse_number(">5").shows(Fraction(5))
    assert not p.parse_number("1").shows(math.inf)
    assert not p.parse_number("1").shows(math.nan)


def test_trailing_zeros_matter():
    assert p.parse_number("0.7").shows(Fraction("0.74"))
    assert not p.parse_number("0.70").shows(Fraction("0.74"))


@given(fractions, st.integers(0, 8))
def test_format_fixed_rounds_half_away_from_zero(value, decimals):
    shown = show(value, decimals).replace("-", "−")
    assert p.format_fixed(value, decimals) == (
        shown if float(show(value, decimals)) else show(Fraction(0), decimals)
    )


def test_format_fixed_of_large_units_and_infinity():
    assert p.format_fixed(Fraction(2000), -3) == "2000"
    assert p.format_fixed(math.inf, 2) == "∞"
    assert p.format_fixed(-math.inf, 2) == "−∞"


# --- intervals: every result holds every value ---------------------------------------------


@st.composite
def intervals_with_point(draw):
    point = draw(fractions)
    widths = st.one_of(
        st.just(math.inf), st.fractions(0, 50, max_denominator=1000), st.just(Fraction(0))
    )
    return Interval(point - draw(widths), point + draw(widths)), point


@given(intervals_with_point(), intervals_with_point())
def test_arithmetic_contains(first, second):
    (a, x), (b, y) = first, second
    assert x + y in a + b
    assert x - y in a - b
    assert x * y in a * b
    assert -x in -a
    if y:
        assert x / y in a / b


@given(intervals_with_point())
def test_division_by_an_interval_that_touches_zero(first):
    a, x = first
    for b in (
        Interval(0, Fraction(2)),
        Interval(Fraction(-2), 0),
        Interval(0, math.inf),
        Interval(-math.inf, 0),
    ):
        quotient = a / b
        assert not any(
            isinstance(e, float) and math.isnan(e) for e in (quotient.low, quotient.high)
        )
        y = Fraction(1, 7) if b.high > 0 else Fraction(-1, 7)
        assert x / y in quotient


@given(intervals_with_point(), intervals_with_point())
def test_intersection(first, second):
    (a, x), (b, y) = first, second
    shared = a.intersection(b)
    assert (shared is not None) == a.intersects(b) == b.intersects(a)
    for point in (x, y):
        assert (point in a and point in b) == (shared is not None and point in shared)


@given(intervals_with_point(), fractions, fractions)
def test_clip(first, u, v):
    a, x = first
    low, high = min(u, v), max(u, v)
    clipped = a.clip(low, high)
    assert low <= clipped.low <= clipped.high <= high
    if low <= x <= high:
        assert x in clipped


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_outward_contains(value):
    assert Fraction(value) in Interval.outward(value, value)


def test_upside_down():
    with pytest.raises(ValueError, match="low <= high"):
        Interval(Fraction(1), Fraction(0))


@given(fractions, fractions)
def test_whole_values(u, v):
    low, high = min(u, v), max(u, v)
    assert list(p.whole_values(Interval(low, high))) == [
        k for k in range(math.floor(low), math.ceil(high) + 1) if low <= k <= high
    ]


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [("0.768", "0.768", 3), ("76.8%", "0.768", 3), ("77 %", "0.77", 2), ("<5%", "0.05", 2)],
)
def test_a_share_may_be_printed_in_percent(text, value, decimals):
    share = p.parse_share(text)
    assert (share.value, share.decimals, share.percent) == (Fraction(value), decimals, False)
    assert share.text == text


@pytest.mark.parametrize("text", ["76.8", "100.1%", "-1%"])
def test_a_share_without_its_sign_is_refused(text):
    with pytest.raises(PrintedError, match="a percentage with its sign"):
        p.parse_share(text)


def test_limits_may_be_printed_in_either_order():
    found = p.parse_limits("0.88–0.48")
    assert (found.low.text, found.high.text, found.reversed) == ("0.48", "0.88", True)
    assert not p.parse_limits("0.48–0.88").reversed
    assert not p.parse_limits("1.00–1.00").reversed


@pytest.mark.parametrize("text", ["<0.001–>999.999", "<0.001 - >999.999", "<0.001 to >999.999"])
def test_limits_may_be_open(text):
    found = p.parse_range(text)
    assert (found.low.comparison, found.high.comparison) == ("<", ">")
    assert found.low.value == Fraction(1, 1000)
