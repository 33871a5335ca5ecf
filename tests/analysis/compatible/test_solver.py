"""Small linear programmes: the answers of scipy, and no word on the terminal."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.optimize import linprog

from analysis.compatible.solver import least
from tests.analysis.ledgers import ROOT


def test_answers_are_those_of_scipy():
    rng = np.random.default_rng(5)
    seen = {True: 0, False: 0}
    for _ in range(150):
        n, equal, upper = (int(x) for x in rng.integers((2, 1, 0), (9, 4, 5)))
        cost = rng.normal(size=n)
        low = np.where(rng.random(n) < 0.7, 0.0, -np.inf)
        high = np.where(rng.random(n) < 0.6, rng.uniform(0.5, 3, n), np.inf)
        a, b = rng.normal(size=(equal, n)), rng.normal(size=equal)
        c, d = rng.normal(size=(upper, n)), rng.normal(size=upper)
        ours = least(cost, low, high, equal=(a, b), upper=(c, d))
        theirs = linprog(
            cost, A_ub=c if upper else None, b_ub=d if upper else None, A_eq=a, b_eq=b,
            bounds=[*zip(low, high, strict=True)], method="highs",
        )  # fmt: skip
        seen[ours is not None] += 1
        assert (ours is not None) == (theirs.status == 0)
        if ours is not None:
            assert ours.value == pytest.approx(theirs.fun, rel=1e-7, abs=1e-7)
            assert cost @ ours.x == pytest.approx(ours.value, abs=1e-9)
            assert a @ ours.x == pytest.approx(b, abs=1e-6)
            assert (c @ ours.x <= d + 1e-6).all()
            assert ((ours.x >= low) & (ours.x <= high)).all()
    assert min(seen.values()) > 20


def test_an_answer_does_not_depend_on_the_one_before():
    rng = np.random.default_rng(6)
    programmes = []
    for _ in range(20):
        matrix = rng.random((2, 6))
        right = matrix @ rng.random(6)
        programmes.append((rng.normal(size=6), np.zeros(6), np.full(6, 2.0), (matrix, right)))
    forward = [least(c, low, high, equal=e).x for c, low, high, e in programmes]
    backward = [least(c, low, high, equal=e).x for c, low, high, e in programmes[::-1]]
    assert all((a == b).all() for a, b in zip(forward, backward[::-1], strict=True))


def test_the_solver_is_silent():
    # it greets on the real standard output, which no Python redirection sees
    code = (
        "from analysis.compatible.solver import least;"
        "assert least([1.0], [0.0], [9.0], equal=([[1.0]], [2.0])).value == 2"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert (run.stdout, run.stderr) == (b"", b"")
