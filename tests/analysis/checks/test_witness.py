"""A witness must certify: what the search returns is checked here from the printed strings."""

from __future__ import annotations

import ast
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paper_writer import audit_tree, exact_mean, exact_variance, mean_row, paper, root, show

from analysis.checks import witness
from analysis.findings import Verdict
from analysis.printed import Interval, parse_mean_sd

FREE = Interval(-math.inf, math.inf)
POSITIVE = Interval(Fraction(0), math.inf)
SHARE = Interval(Fraction(0), Fraction(1))


def cell(data, decimals=2):
    return parse_mean_sd(
        f"{show(exact_mean(data), decimals)} ± {show(root(exact_variance(data)), decimals)}"
    )


def certify(found, formula, cells, limits, constraints, n):
    """Every promise of a witness, by exact arithmetic and Python's own evaluation."""
    names = list(found.parts)
    values = {name: [Fraction(float(x)) for x in found.parts[name]] for name in names}
    index = [
        eval(
            compile(ast.parse(formula, mode="eval"), "", "eval"),
            {},
            {k: values[k][i] for k in names},
        )
        for i in range(n)
    ]
    assert np.allclose([float(x) for x in index], found.index, rtol=1e-9)
    for name, data in [*values.items(), ("index", index)]:
        assert len(data) == n
        assert cells[name].mean.shows(exact_mean(data)), name
        assert cells[name].sd.shows(Fraction(root(exact_variance(data)))), name
        assert all(x in limits[name] for x in data), name
    for constraint in constraints:
        for i in range(n):
            scope = {k: values[k][i] for k in names}
            assert eval(compile(ast.parse(constraint, mode="eval"), "", "eval"), {}, scope)


@given(
    st.integers(0, 2**32 - 1),
    st.integers(8, 120),
    st.sampled_from(["a * b / c", "a / c", "a + b - c", "a * 2 - 0.5 * b"]),
)
@settings(max_examples=40)
def test_witnesses_hold(seed, n, formula):
    rng = np.random.default_rng(seed)
    data = {
        "a": rng.normal(180, 40, n).clip(20),
        "b": rng.normal(0.6, 0.08, n).clip(0.2, 0.75),
        "c": rng.normal(0.2, 0.03, n).clip(0.08, 0.24),
    }
    used = [name for name in data if name in formula]
    index = eval(formula, {}, data)
    cells = {name: cell(data[name], 2 if name == "a" else 3) for name in used} | {
        "index": cell(index)
    }
    limits = {"a": POSITIVE, "b": SHARE, "c": SHARE, "index": FREE}
    constraints = ["b + c <= 1"] if {"b", "c"} <= set(used) else []
    found = witness.search(formula, "index", used, cells, limits, constraints, n)
    if found is not None:
        certify(found, formula, cells, limits, constraints, n)


def test_the_search_is_no_dummy():
    """On easy honest data it finds a witness nearly always."""
    rng = np.random.default_rng(5)
    hits = 0
    for _ in range(20):
        a, b = rng.normal(100, 10, 60), rng.normal(5, 0.5, 60)
        cells = {"a": cell(a), "b": cell(b), "index": cell(a / b)}
        limits = dict.fromkeys(("a", "b", "index"), POSITIVE)
        found = witness.search("a / b", "index", ["a", "b"], cells, limits, [], 60)
        hits += found is not None
        if found is not None:
            certify(found, "a / b", cells, limits, [], 60)
    assert hits >= 18


def test_no_witness_of_the_impossible():
    """A sum has the mean of its parts: no witness for another one."""
    cells = {
        "a": parse_mean_sd("1.00 ± 0.50"),
        "b": parse_mean_sd("2.00 ± 0.50"),
        "index": parse_mean_sd("4.00 ± 0.70"),
    }
    limits = dict.fromkeys(cells, FREE)
    assert witness.search("a + b", "index", ["a", "b"], cells, limits, [], 50) is None
    cells["index"] = parse_mean_sd("3.00 ± 2.00")  # over the sum of both SDs
    assert witness.search("a + b", "index", ["a", "b"], cells, limits, [], 50) is None


def test_a_mean_outside_its_limits_finds_none():
    cells = {"a": parse_mean_sd("1.50 ± 0.10"), "index": parse_mean_sd("3.00 ± 0.20")}
    limits = {"a": SHARE, "index": FREE}
    assert witness.search("2 * a", "index", ["a"], cells, limits, [], 30) is None


def test_the_search_repeats_itself():
    cells = {
        "a": parse_mean_sd("100.0 ± 9.0"),
        "b": parse_mean_sd("5.0 ± 0.5"),
        "index": parse_mean_sd("20.2 ± 2.7"),
    }
    limits = dict.fromkeys(cells, POSITIVE)
    runs = [witness.search("a / b", "index", ["a", "b"], cells, limits, [], 40) for _ in range(2)]
    assert (runs[0] is None) == (runs[1] is None)
    if runs[0] is not None:
        assert np.array_equal(runs[0].index, runs[1].index)


@pytest.mark.parametrize(
    ("parts", "index"),
    [
        (("0.00 ± 0.00", "0.00 ± 0.00"), "0.00 ± 0.00"),
        (("1e20 ± 1e19", "1e-9 ± 1e-10"), "1e29 ± 1e28"),
        (("5 ± 0", "0 ± 1"), "7 ± 2"),
        (("-5.0 ± 1.0", "-0.1 ± 0.1"), "3.0 ± 1.0"),
    ],
)
@pytest.mark.parametrize("sizes", [(1, 2), (2, 3), (30, 20)])
def test_odd_input_does_not_crash(scratch, parts, index, sizes):
    variables = [{"id": "i", "label": "I", "formula": "a / b"}]
    variables += [{"id": v, "label": v, "lower": {"value": "-1000", "reason": "x"}} for v in "ab"]
    rows = [mean_row(v, (c, c)) for v, c in (*zip("ab", parts, strict=True), ("i", index))]
    found = audit_tree(scratch, paper(sizes, rows, variables=variables))
    for group in ("g0", "g1"):
        assert found[f"table1.i.{group}.formula"].verdict in (
            Verdict.CONSISTENT,
            Verdict.NOT_CHECKABLE,
        )


def test_names_inside_names_are_filled_in_right(scratch):
    variables = [{"id": "i", "label": "I", "formula": "age / stage"}]
    rows = [
        mean_row(v, (c, c))
        for v, c in (("age", "50.0 ± 9.0"), ("stage", "2.0 ± 0.5"), ("i", "27.0 ± 9.0"))
    ]
    found = audit_tree(scratch, paper((30, 30), rows, variables=variables))
    assert found["table1.i.g0.formula"].by_hand.startswith("50.0 / 2.0 = 25.0")


def test_at_means():
    assert witness.at_means(
        "a * b / c", {"a": Fraction(2), "b": Fraction(3), "c": Fraction(4)}
    ) == Fraction(3, 2)
    assert witness.at_means("a / b", {"a": Fraction(2), "b": Fraction(0)}) == math.inf
    assert witness.at_means("0.1 * a", {"a": Fraction(3)}) == Fraction(3, 10)
