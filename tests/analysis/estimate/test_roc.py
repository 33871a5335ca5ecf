"""Areas and DeLong's covariance against R's pROC, and counted pair by pair."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from analysis.estimate import roc
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "delong.json").read_text(encoding="utf-8"))


def of(case) -> roc.Areas:
    y, markers = np.array(case["y"]), np.array([case["a"], case["b"]])
    return roc.areas(markers[:, y == 1], markers[:, y == 0])


@pytest.mark.parametrize("case", R["roc"], ids=lambda c: c["id"])
def test_areas_covariance_and_test_are_those_of_r(case):
    found = of(case)
    assert found.auc == pytest.approx(case["auc"], abs=1e-12)
    assert np.diag(found.covariance) == pytest.approx(case["var"], rel=1e-8)
    assert found.covariance[0, 1] == pytest.approx(case["cov"], rel=1e-8, abs=1e-12)
    test = roc.difference(found)
    assert (test.z, test.p) == pytest.approx((case["z"], case["p"]), rel=1e-8)


def test_the_area_counts_pairs_and_ties_half():
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 17), rng.integers(0, 5, 12)
    wanted = (x[:, None] > y).mean() + (x[:, None] == y).mean() / 2
    assert roc.areas(x, y).auc[0] == pytest.approx(wanted)


def test_no_direction_is_chosen():
    x, y = [1.0, 2.0], [3.0, 4.0]
    assert roc.areas(x, y).auc[0] == 0
    assert roc.areas(y, x).auc[0] == 1


def test_equal_markers_do_not_differ():
    x, y = np.array([[1.0, 3, 5]] * 2), np.array([[2.0, 1, 4]] * 2)
    test = roc.difference(roc.areas(x, y))
    assert (test.value, test.p) == (0, 1)
    assert math.isnan(test.z)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        ([1.0], [2.0, 3.0], "two in each"),
        ([[1.0, 2], [1, 2]], [[2.0, 3.0]], "markers"),
        ([1.0, math.nan], [2.0, 3.0], "not finite"),
    ],
)
def test_what_has_no_estimate_is_refused(x, y, words):
    with pytest.raises(roc.EstimateError, match=words):
        roc.areas(x, y)
