"""Whole patients are found, and the lattice holds what it should: nothing that moves a margin."""

from __future__ import annotations

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from analysis.compatible import lattice, whole
from analysis.compatible.programme import Programme
from analysis.printed import Interval
from tests.analysis.compatible.test_whole import FAMILIES, counts, of_statsmodels, problem


def rounded(values, digits=2):
    unit = 10**digits
    return tuple(
        Interval(Fraction(round(b * unit) * 2 - 1, 2 * unit), Fraction(round(b * unit) * 2 + 1, 2 * unit))
        for b in values
    )  # fmt: skip


@pytest.mark.parametrize("free", [False, True])
@pytest.mark.parametrize("link", FAMILIES)
def test_patients_are_found_and_print_as_the_truth(link, free):
    events, others = counts("MASS::birthwt", ["smoke", "ht", "ptd"])
    truth = of_statsmodels(link, np.array(problem(link, events, others).patterns), events, others)
    printed = rounded(truth.params)
    asked = problem(link, events, others, printed[1:])
    if not free:
        asked = replace(asked, constant=printed[0])
    found = lattice.whole_patients(
        asked, printed[1:], [(0, 1)] * 3, None if free else printed[0],
        rng=np.random.default_rng(1), seconds=5,
    )  # fmt: skip
    assert found is not None
    assert whole.within_margins(asked, found.events, found.others)
    again = of_statsmodels(link, np.array(asked.patterns), *map(np.array, (found.events, found.others)))  # fmt: skip
    for side, value in list(zip(printed, again.params, strict=True))[free:]:
        assert side.low <= value <= side.high


def test_nothing_is_found_where_nothing_fits():
    events, others = counts("MASS::birthwt", ["smoke", "ht", "ptd"])
    beyond = rounded([6.0, -6.0, 6.0])
    asked = problem("logit", events, others, beyond)
    found = lattice.whole_patients(
        asked, beyond, [(0, 1)] * 3, rng=np.random.default_rng(1), seconds=1
    )
    assert found is None


@pytest.fixture(scope="module")
def made():
    """A search whose second predictor has a margin that is not known exactly."""
    events, others = counts("MASS::birthwt", ["smoke", "ht", "ptd"])
    truth = of_statsmodels("logit", np.array(problem("logit", events, others).patterns), events, others)  # fmt: skip
    asked = problem("logit", events, others, rounded(truth.params)[1:])
    reach = asked.events[1]
    asked = replace(asked, events=(asked.events[0], Interval(reach.low - 2, reach.high), asked.events[2]))  # fmt: skip
    search = lattice._Search(
        asked, Programme(asked).best(), np.eye(4), [None, *rounded(truth.params)[1:]],
        np.random.default_rng(1),
    )  # fmt: skip
    search.live = np.arange(2 * search.m)
    return asked, search


def kernel(made, stretch=1.0):
    _, search = made
    centre = search.corners.mean(axis=0)
    return lattice._Lattice(search, search.beta, centre, 1 / np.sqrt(centre + 0.3))._reduced(stretch)  # fmt: skip


@pytest.mark.parametrize("stretch", lattice._STRETCHES)
def test_changes_keep_the_groups_and_the_known_margins(made, stretch):
    asked, _ = made
    _, changes = kernel(made, stretch)
    x, m = np.array(asked.patterns), len(asked.patterns)
    assert not changes[:, :m].sum(axis=1).any()
    assert not changes[:, m:].sum(axis=1).any()
    assert not (changes[:, :m] @ x[:, [0, 2]]).any()
    assert not (changes[:, m:] @ x).any()
    assert (changes[:, :m] @ x[:, 1]).any()  # the margin that is free does move


def test_every_such_change_is_in_the_lattice(made):
    """Each exchange of two patients is a sum of whole multiples of the basis."""
    asked, _ = made
    _, changes = kernel(made)
    x, m = np.array(asked.patterns), len(asked.patterns)
    known = x[:, [0, 2]]
    tried = 0
    for a, b, c, d in itertools.product(range(m), repeat=4):
        if (known[a] + known[b] == known[c] + known[d]).all():
            exchange = np.zeros(2 * m)
            np.add.at(exchange, [a, b], -1)
            np.add.at(exchange, [c, d], 1)
            multiples, *_ = np.linalg.lstsq(changes.T.astype(float), exchange, rcond=None)
            assert np.abs(multiples - np.rint(multiples)).max() < 1e-8
            assert changes.T @ np.rint(multiples) == pytest.approx(exchange)
            tried += 1
    assert tried > 100


def test_coordinates_say_what_a_change_does_to_the_fit(made):
    """A hundredth of a change moves the refitted numbers by a hundredth of its coordinates."""
    asked, search = made
    start, m = search.corners.mean(axis=0), search.m
    beta = whole.refit(asked, start[:m], start[m:])
    assert beta == pytest.approx(search.beta, abs=1e-6)
    made_of = lattice._Lattice(search, beta, start, np.ones(2 * m))
    basis, changes = made_of._reduced(1.0)
    checked = 0
    for coordinates, change in zip(basis, changes, strict=True):
        new = start + 0.01 * change
        if (new < 0).any():
            continue
        fitted = whole.refit(asked, new[:m], new[m:])
        moved = (fitted - beta) / search.half * 100
        assert moved == pytest.approx(coordinates[:4], rel=0.05, abs=1e-4 + 0.05 * np.abs(moved).max())  # fmt: skip
        checked += 1
    assert checked >= 8


def test_the_nearest_plane_of_upright_vectors_is_the_nearest_point():
    basis = np.diag([1.0, 2.0, 5.0])
    wished = np.random.default_rng(2).normal(size=(50, 3)) * 10
    assert (lattice.nearest_plane(basis, wished) == np.rint(wished / np.diag(basis))).all()


def test_the_nearest_plane_is_no_farther_than_babai_proves():
    """Babai (1986), section 3: within half of every upright part of the basis."""
    rng = np.random.default_rng(3)
    basis = rng.integers(-5, 6, size=(5, 7)).astype(float)
    wished = rng.normal(size=(200, 7)) * 20
    orthogonal, triangle = np.linalg.qr(basis.T)
    inside = wished @ orthogonal @ orthogonal.T
    rest = (inside - lattice.nearest_plane(basis, inside) @ basis) @ orthogonal
    assert (np.abs(rest) <= np.abs(np.diag(triangle)) / 2 + 1e-9).all()
