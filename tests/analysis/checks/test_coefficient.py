"""The set of (B, SE) behind a row: honest rows are never empty, changed ones are."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from analysis.checks.coefficient import COLUMNS, PrintedRow, z_from_p
from analysis.printed import Interval, parse_number, parse_p

LEVEL = Fraction(19, 20)
Z = stats.norm.ppf(0.975)


THREE = dict.fromkeys(COLUMNS, 3)


def print_row(b, se, decimals=THREE, small_p="0.000"):
    """A row as a program prints it, each column with its own number of decimals."""
    z = b / se
    values = {
        "b": b, "se": se, "wald": z**2, "p": 2 * stats.norm.sf(abs(z)), "ratio": np.exp(b),
        "ci.low": np.exp(b - Z * se), "ci.high": np.exp(b + Z * se),
    }  # fmt: skip
    printed = {c: f"{v:.{decimals[c]}f}" for c, v in values.items()}
    if float(printed["p"]) == 0:
        printed["p"] = small_p
    return {c: parse_number(text) for c, text in printed.items()}


def test_honest_rows_are_never_empty_and_hold_the_truth():
    rng = np.random.default_rng(1)
    for i in range(250):
        b = rng.normal(0, 1.5) * rng.choice([0.001, 0.1, 1, 3])
        se = float(np.exp(rng.normal(-1, 1)))
        decimals = {c: int(rng.integers(1, 5)) for c in COLUMNS}
        printed = print_row(
            b, se, decimals, rng.choice(["0.000", "<0.001"]) if decimals["p"] > 2 else "0.0"
        )
        keep = [c for c in COLUMNS if rng.random() < 0.8] or ["b"]
        row = PrintedRow({c: printed[c] for c in keep}, LEVEL)
        region = row.region()
        assert not region.is_empty, (b, se, printed)
        assert b in Interval(region.values(1, 0).low - 1e-12, region.values(1, 0).high + 1e-12)
        assert se in Interval(region.values(0, 1).low - 1e-12, region.values(0, 1).high + 1e-12)
        assert region.z.low - 1e-9 <= abs(b) / se <= region.z.high + 1e-9
        assert row.conflicts() == [] if i < 20 else True


@pytest.mark.parametrize(
    "row",
    [
        {"b": "0.000", "se": "0.000", "wald": "0.000", "p": "1.000", "ratio": "1.000"},
        {"b": "-0.001", "se": "0.412", "wald": "0.000", "p": "0.998", "ratio": "0.999"},
        {"b": "21.203", "se": "28420.722", "wald": "0.000", "p": "0.999", "ratio": "1615474838.000", "ci.low": "0.000"},
        {"b": "-5.310", "se": "1.403", "wald": "14.333", "p": "<0.001", "ratio": "0.005"},
        {"b": "-12.1", "ratio": "0.000", "p": "NS", "se": "80"},
        {"b": "0.0", "se": "0.4", "p": "0.96", "ratio": "1.0", "ci.low": "0.4", "ci.high": "2.3"},
    ],
)  # fmt: skip
def test_rows_at_the_edges_of_print_stand(row):
    cells = {c: (parse_p if c == "p" else parse_number)(t) for c, t in row.items()}
    region = PrintedRow(cells, LEVEL).region()
    assert not region.is_empty


def test_numbers_beyond_any_fit_are_refused_and_tiny_ones_are_not():
    with pytest.raises(ValueError, match="1e900"):
        PrintedRow({"b": parse_number("1e900")}, LEVEL)
    row = PrintedRow(
        {"b": parse_number("0.5"), "se": parse_number("0.4"), "p": parse_number("1e-60")}, LEVEL
    )
    assert row.conflicts() == [("b", "se", "p")]


def test_a_grid_finds_no_point_in_an_empty_region_and_every_point_it_finds_is_inside():
    rng = np.random.default_rng(2)
    for _ in range(40):
        b, se = rng.normal(0, 1), rng.uniform(0.1, 1)
        decimals = dict.fromkeys(COLUMNS, 1)
        printed = print_row(b, se, decimals)
        column = rng.choice(["se", "wald", "ratio", "ci.low", "ci.high"])
        moved = max(float(printed[column]) + rng.choice([-0.2, -0.1, 0.1, 0.2]), 0)
        printed[column] = parse_number(f"{moved:.1f}")
        row = PrintedRow(printed, LEVEL)
        region = row.region()
        bs, ses = (
            g.ravel()
            for g in np.meshgrid(
                np.linspace(b - 0.3, b + 0.3, 241), np.linspace(max(se - 0.3, 1e-3), se + 0.3, 241)
            )
        )
        zs = bs / ses
        values = {"b": bs, "se": ses, "wald": zs**2, "p": 2 * stats.norm.sf(abs(zs)), "ratio": np.exp(bs),
                  "ci.low": np.exp(bs - Z * ses), "ci.high": np.exp(bs + Z * ses)}  # fmt: skip
        prints = np.ones(len(bs), bool)
        for c, v in values.items():
            inside = printed[c].interval
            prints &= (v >= float(inside.low)) & (v <= float(inside.high))
        if region.is_empty:
            assert not prints.any()
        elif prints.any():
            for x, y in zip(bs[prints][::50], ses[prints][::50], strict=True):
                assert (
                    float(region.values(1, 0).low) - 1e-9
                    <= x
                    <= float(region.values(1, 0).high) + 1e-9
                )
                assert (
                    float(region.values(0, 1).low) - 1e-9
                    <= y
                    <= float(region.values(0, 1).high) + 1e-9
                )


def test_leaving_one_out_is_the_region_of_the_others():
    row = PrintedRow(print_row(0.528, 0.342), LEVEL)
    for column, region in row.without_each().items():
        direct = row.region([c for c in row.printed if c != column])
        for a, b in [(1, 0), (0, 1), (1, 2), (1, -2)]:
            assert region.values(a, b) == direct.values(a, b)
        inside = row.add(region, column)
        assert inside.values(1, 0) == row.region().values(1, 0)


def test_the_witness_prints_the_row():
    printed = print_row(-0.8, 0.31)
    b, se = (float(x) for x in PrintedRow(printed, LEVEL).region().witness)
    assert {c: str(n) for c, n in print_row(b, se).items()} == {
        c: str(n) for c, n in printed.items()
    }


def test_wald_and_p_alone_can_conflict():
    row = PrintedRow({"wald": parse_number("9.058"), "p": parse_number("0.025")}, LEVEL)
    assert row.conflicts() == [("wald", "p")]


def test_conflicts_are_minimal_and_named():
    printed = print_row(0.704, 0.3196)
    printed["ratio"] = parse_number("2.220")
    row = PrintedRow(printed, LEVEL)
    conflicts = row.conflicts()
    assert ("b", "ratio") in conflicts
    assert not row.without_each()["ratio"].is_empty
    for conflict in conflicts:
        assert row.region(conflict).is_empty
        for smaller in combinations(conflict, len(conflict) - 1):
            assert not row.region(smaller).is_empty


@pytest.mark.parametrize("p", ["0.05", "0.5", "0.9999", "1e-9", "0.0350"])
def test_z_from_p_encloses_the_quantile(p):
    number = parse_number(p)
    z = z_from_p(Interval.point(number.value))
    assert float(z.low) <= stats.norm.isf(float(number) / 2) <= float(z.high)
    assert float(z.high - z.low) < 1e-6
