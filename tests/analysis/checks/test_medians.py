"""Medians and quartiles: limits, whole values; honest samples are never accused."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.findings import Verdict
from paper_writer import audit_tree, mean_row, paper, show

V = Verdict


def check(scratch, cell, name, n=20, **variable):
    row = mean_row("x", (cell, "64 (57–70)")) | {"summary": "median_iqr"}
    variables = [{"id": "x", "label": "X"} | variable]
    return audit_tree(scratch, paper((n, 25), [row], variables=variables)).get(
        f"table1.x.g0.{name}"
    )


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("64 (57–70)", V.CONSISTENT),
        ("64 (50–80)", V.CONSISTENT),
        ("64 (49.6–70)", V.IMPOSSIBLE),
        ("64 (50–81)", V.IMPOSSIBLE),
        ("90 (85–95)", V.IMPOSSIBLE),
        ("64 (49.96–70)", V.IMPOSSIBLE),
        ("64.0 (50.0–70)", V.CONSISTENT),
    ],
)
def test_limits(scratch, cell, expected):
    limits = {s: {"value": v, "reason": "rule"} for s, v in (("lower", "50"), ("upper", "80"))}
    finding = check(scratch, cell, "limits", **limits)
    assert finding.verdict is expected
    assert finding.numbers == tuple(f"table1.x.g0.{part}" for part in ("median", "q1", "q3"))
    assert check(scratch, cell, "limits") is None


@pytest.mark.parametrize(
    ("cell", "n", "expected"),
    [
        ("64.5 (57.25–70.75)", 20, V.CONSISTENT),
        ("64.5 (57.25–70.75)", 21, V.DEPENDS),  # the middle of 21 whole values is whole
        ("64.3 (57–70)", 20, V.DEPENDS),
        ("64.0 (57.1–70)", 20, V.DEPENDS),
        ("64.0 (57.3–70)", 20, V.CONSISTENT),  # 57.25
        ("64 (57–70)", 20, V.CONSISTENT),
    ],
)
def test_whole_numbers(scratch, cell, n, expected):
    step = {"step": {"value": "1", "reason": "counted"}}
    assert check(scratch, cell, "whole_numbers", n, **step).verdict is expected
    assert check(scratch, cell, "whole_numbers", n) is None


def test_usual_quartiles_of_whole_values_fit(scratch):
    rng = np.random.default_rng(3)
    step = {"step": {"value": "1", "reason": "counted"}}
    for _ in range(25):
        x = rng.poisson(12, int(rng.integers(3, 40)))
        for method in ("linear", "weibull", "averaged_inverted_cdf", "hazen"):
            q1, median, q3 = (np.quantile(x, q, method=method) for q in (0.25, 0.5, 0.75))
            cell = f"{show(median, 2)} ({show(q1, 2)}–{show(q3, 2)})"
            assert check(scratch, cell, "whole_numbers", len(x), **step).verdict is V.CONSISTENT
