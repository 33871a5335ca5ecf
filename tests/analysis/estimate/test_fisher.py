"""Fisher's exact test against R, against all tables counted out, and against whole numbers."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import special, stats

from analysis.estimate import fisher
from analysis.estimate.fisher import fisher_p
from analysis.estimate.roc import EstimateError
from tests.analysis.estimate.oracle import read

COUNTS, MORE = read("two_samples")["counts"], read("group_comparison")["fisher"]


@pytest.mark.parametrize("case", COUNTS, ids=lambda c: c["id"])
def test_p_is_that_of_r(case):
    assert fisher_p(case["table"]) == pytest.approx(case["fisher_p"], rel=1e-9)
    assert fisher_p(np.transpose(case["table"])) == pytest.approx(case["fisher_p"], rel=1e-9)


@pytest.mark.parametrize("case", MORE, ids=lambda c: str(np.shape(c["table"])))
def test_p_of_larger_tables_is_that_of_r(case):
    assert fisher_p(case["table"]) == pytest.approx(case["p"], rel=1e-8)


def every_table(rows, columns):
    if len(rows) == 1:
        yield [list(columns)]
        return
    for share in itertools.product(*(range(min(rows[0], c) + 1) for c in columns)):
        if sum(share) == rows[0]:
            left = [c - s for c, s in zip(columns, share, strict=True)]
            for rest in every_table(rows[1:], left):
                yield [list(share), *rest]


def test_p_counts_every_table_in_whole_numbers():
    rng = np.random.default_rng(17)
    tried = 0
    while tried < 60:
        table = rng.integers(0, 4, rng.integers(2, 4, 2))
        rows, columns = table.sum(axis=1), table.sum(axis=0)
        if not (rows.all() and columns.all()):
            continue
        weights = [
            Fraction(1, math.prod(math.factorial(x) for row in t for x in row))
            for t in every_table([int(r) for r in rows], [int(c) for c in columns])
        ]
        own = Fraction(1, math.prod(math.factorial(int(x)) for x in table.ravel()))
        wanted = float(sum(w for w in weights if w <= own) / sum(weights))
        assert fisher_p(table) == pytest.approx(wanted, rel=1e-12)
        tried += 1


def test_six_rows_where_r_is_off_in_the_sixth_digit():
    # 300 million tables: two halves of the rows are met in the middle
    table = np.array([[20, 15], [22, 31], [9, 14], [30, 20], [11, 40], [20, 40]])
    n, target = table.sum(axis=1), table[:, 0].sum()

    def choose(n, k):
        return special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)

    def half(rows):
        sums, logs = np.zeros(1, dtype=int), np.zeros(1)
        for m in rows:
            k = np.arange(m + 1)
            sums = np.add.outer(sums, k).ravel()
            logs = np.add.outer(logs, choose(m, k)).ravel()
        return sums, logs

    (s1, l1), (s2, l2) = half(n[:3]), half(n[3:])
    observed = choose(n, table[:, 0]).sum() + 1e-7
    tail = whole = 0.0
    for s in range(int(n[:3].sum()) + 1):
        one, other = l1[s1 == s], np.sort(l2[s2 == target - s])
        if len(one) and len(other):
            up_to = np.concatenate([[0.0], np.cumsum(np.exp(other - 60))])
            places = np.searchsorted(other, observed - one, side="right")
            tail += (np.exp(one - 60) * up_to[places]).sum()
            whole += np.exp(one - 60).sum() * up_to[-1]
    assert fisher_p(table) == pytest.approx(tail / whole, rel=1e-10)
    assert fisher_p(table) == pytest.approx(0.00081986122164, rel=5e-6)  # R's fisher.test


def test_two_by_two_is_that_of_scipy():
    rng = np.random.default_rng(18)
    for _ in range(40):
        table = rng.integers(1, 60, (2, 2))
        assert fisher_p(table) == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-9)


def test_order_and_empty_rows_do_not_matter():
    table = np.array([[3, 5], [9, 1], [4, 4]])
    wanted = fisher_p(table)
    assert fisher_p(table[[2, 0, 1]][:, ::-1]) == pytest.approx(wanted)
    assert fisher_p([*table.tolist(), [0, 0]]) == pytest.approx(wanted)


def test_merging_ways_changes_nothing(monkeypatch):
    table = MORE[1]["table"]
    wanted = fisher_p(table)
    monkeypatch.setattr(fisher, "_merged", lambda *nodes: nodes)
    assert fisher_p(table) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[1, 2]], "two rows"),
        ([[1, 2], [0, 0]], "two rows"),
        ([[1, 0], [3, 0]], "two rows"),
        ([1, 2, 3], "rows and columns"),
        ([["1", "2"], ["3", "4"]], "rows and columns"),
        ([[1, 2], [3, -4]], "whole numbers"),
        ([[1, 2], [3, 4.5]], "whole numbers"),
        ([[1, 2], [3, np.nan]], "whole numbers"),
        ([[9000, 8000, 7000], [6000, 5000, 9000], [7000, 8000, 9000]], "too many"),
    ],
)
def test_what_is_no_table_is_refused(table, words):
    with pytest.raises(EstimateError, match=words):
        fisher_p(table)
