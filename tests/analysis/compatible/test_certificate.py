"""Certificates refute what cannot hold, and nothing that real patients show."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.compatible.certificate import (
    EVERYTHING,
    Certificate,
    CertificateError,
    Cut,
    Leaf,
    Problem,
    leaves,
    read,
    shortfall,
    shortfall_of_patients,
    verify,
    write,
)
from analysis.compatible.coherence import (
    crude_error_bound,
    decide,
    fewest_moves,
    least_violation,
    smallest_error,
)
from analysis.compatible.links import LINKS
from analysis.compatible.programme import Programme
from analysis.printed import Interval

FAMILIES = {
    "logit": sm.families.Binomial(),
    "log": sm.families.Poisson(),
    "probit": sm.families.Binomial(sm.families.links.Probit()),
    "cloglog": sm.families.Binomial(sm.families.links.CLogLog()),
}


def rounded(value: float, decimals: int = 3) -> Interval:
    half = Fraction(1, 2 * 10**decimals)
    printed = Fraction(round(value * 10**decimals), 10**decimals)
    return Interval(printed - half, printed + half)


def patients(seed: int, n: int = 240, k: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=n)
    x = np.array([(shared * 0.5 + rng.normal(size=n)) > t for t in rng.normal(0.4, 0.4, k)]).T * 1
    eta = -0.9 + x @ rng.normal(0.5, 0.5, k)
    return x, (rng.random(n) < 1 / (1 + np.exp(-eta))) * 1


def printed(x: np.ndarray, y: np.ndarray, link: str) -> tuple[Problem, np.ndarray, np.ndarray]:
    """The margins and the rounded coefficients of a fit, with the unrounded fit."""
    fit = sm.GLM(y, sm.add_constant(x), family=FAMILIES[link]).fit(tol=1e-12, maxiter=200)
    return (
        Problem(
            link,
            int(y.sum()),
            int(len(y) - y.sum()),
            tuple(f"x{j}" for j in range(x.shape[1])),
            tuple(Interval.point(int(s)) for s in x[y == 1].sum(axis=0)),
            tuple(Interval.point(int(s)) for s in x[y == 0].sum(axis=0)),
            tuple(rounded(b) for b in fit.params[1:]),
            EVERYTHING,
        ),
        fit.params,
        fit.bse,
    )


@pytest.fixture(scope="module")
def broken() -> Certificate:
    """A table whose first coefficient comes from elsewhere, refuted."""
    x, y = patients(1)
    problem, params, _ = printed(x, y, "logit")
    problem = replace(problem, slopes=(rounded(params[1] + 2.5), *problem.slopes[1:]))
    outcome = decide(problem)
    assert outcome.tree is not None
    return Certificate("broken", "a claim", ("an assumption",), {}, problem, outcome.tree)


@pytest.mark.parametrize("link", FAMILIES)
@pytest.mark.parametrize("seed", range(6))
def test_what_real_patients_show_is_never_refuted(link: str, seed: int):
    problem, params, _ = printed(*patients(seed), link)
    truth = Programme(
        replace(problem, slopes=tuple(map(Interval.point, map(Fraction, params[1:]))))
    )
    assert truth.point(params).violation < 1e-4
    assert decide(problem).tree is None


@pytest.mark.parametrize("link", FAMILIES)
def test_no_standard_error_lies_below_its_bound(link: str):
    problem, _, errors = printed(*patients(3), link)
    found = smallest_error(problem, 1, (0, 0, 0))
    assert found is not None
    assert found.proved is not None
    assert float(found.proved) <= found.attained <= errors[1] * 1.001
    crude = crude_error_bound(problem.events[0], problem.others[0], problem.n1, problem.n0, link)
    if crude is not None:
        assert math.sqrt(crude[0]) <= errors[1] * (1 + 1e-6)


def test_the_crude_bound_is_the_standard_error_of_the_two_by_two_table():
    x, y = patients(5, k=1)
    problem, _, errors = printed(x, y, "logit")
    bound, counts = crude_error_bound(
        problem.events[0], problem.others[0], problem.n1, problem.n0, "logit"
    )
    assert math.sqrt(bound) == pytest.approx(errors[1], rel=1e-8)
    assert counts == (problem.events[0].low, problem.others[0].low)


def test_a_certificate_survives_writing_and_reading(broken: Certificate, tmp_path):
    file = tmp_path / "broken.json"
    file.write_text(write(broken), encoding="utf-8")
    again = read(file)
    assert again == broken
    assert verify(again) > 0


def test_a_coefficient_from_elsewhere_needs_patients_to_change(broken: Certificate):
    least = least_violation(broken.problem)
    assert 0 < float(least.proved) <= least.attained
    assert verify(replace(broken, tree=least.tree, patients=least.proved)) >= least.proved


def test_patients_and_their_entries_are_counted_alike(broken: Certificate):
    """One patient has at most as many entries that differ as there are predictors."""
    problem = broken.problem
    entries = least_violation(problem)
    patients = least_violation(problem, patients=True)
    assert 0 < float(patients.proved) <= patients.attained <= 1.01 * float(patients.proved) + 0.02
    assert patients.attained <= entries.attained + 1e-3
    assert entries.attained <= problem.k * patients.attained + 0.05
    proved = [shortfall_of_patients(problem, *x) for x in leaves(patients.tree, problem.root())]
    assert min(proved) >= patients.proved


@pytest.mark.parametrize("seed", range(8))
def test_no_more_patients_are_proved_than_were_exchanged(seed: int):
    x, y = patients(seed)
    problem, _, _ = printed(x, y, ("logit", "log")[seed % 2])
    rng = np.random.default_rng(seed)
    others = x.copy()
    chosen = rng.choice(len(x), size=2 + 2 * (seed % 4), replace=False)
    others[chosen] = 1 - others[chosen] if seed < 4 else rng.integers(0, 2, (len(chosen), 3))
    margins = [
        tuple(Interval.point(int(s)) for s in others[y == event].sum(axis=0)) for event in (1, 0)
    ]
    asked = replace(problem, events=margins[0], others=margins[1])
    least = least_violation(asked, patients=True, most=200)
    assert least.proved <= len(chosen)


def test_where_no_patients_fit_at_all_everyone_is_proved():
    """Every risk is near zero: so many events are out of reach, whatever the features."""
    x, y = patients(2)
    problem, _, _ = printed(x, y, "logit")
    asked = replace(problem, constant=rounded(-9.0))
    least = least_violation(asked, patients=True)
    assert math.isinf(least.attained)
    assert least.proved == len(y)


def test_more_than_is_proved_is_not_accepted(broken: Certificate):
    with pytest.raises(CertificateError, match="are claimed"):
        verify(replace(broken, patients=Fraction(10_000)))


@pytest.mark.parametrize("part", ["p", "q", "v"])
def test_changed_multipliers_are_not_accepted(broken: Certificate, part: str):
    def spoil(tree: Cut | Leaf) -> Cut | Leaf:
        if isinstance(tree, Leaf):
            return replace(tree, **{part: tuple(-x for x in getattr(tree, part))})
        return replace(tree, below=spoil(tree.below), above=spoil(tree.above))

    with pytest.raises(CertificateError, match="not refuted"):
        verify(replace(broken, tree=spoil(broken.tree)))


def test_the_proof_of_one_table_does_not_prove_another(broken: Certificate):
    honest, _, _ = printed(*patients(1), "logit")
    with pytest.raises(CertificateError):
        verify(replace(broken, problem=honest))


def test_a_cut_outside_its_box_is_refused(broken: Certificate):
    tree = Cut(1, Fraction(50), broken.tree, broken.tree)
    with pytest.raises(CertificateError, match="outside"):
        verify(replace(broken, tree=tree))


def test_the_pieces_cover_the_box(broken: Certificate):
    pieces = [box for box, _ in leaves(broken.tree, broken.problem.root())]
    ends = sorted((float(box[0].low), float(box[0].high)) for box in pieces)
    assert ends[0][0] == -math.inf
    assert max(high for _, high in ends) == math.inf
    reached = -math.inf
    for low, high in ends:
        assert low <= reached
        reached = max(reached, high)


@pytest.mark.parametrize("damage", ["{", '{"id": "x"}', "[]", '"text"'])
def test_a_damaged_file_is_one_sentence(tmp_path, damage: str):
    file = tmp_path / "damaged.json"
    file.write_text(damage, encoding="utf-8")
    with pytest.raises(CertificateError, match=r"damaged\.json: this is no certificate") as found:
        read(file)
    assert "\n" not in str(found.value)


def test_a_tree_that_ends_early_is_refused(broken: Certificate, tmp_path):
    file = tmp_path / "short.json"
    found = json.loads(write(broken))
    found["tree"] = found["tree"][:-1]
    file.write_text(json.dumps(found), encoding="utf-8")
    with pytest.raises(CertificateError, match="ends too early"):
        read(file)


@pytest.mark.parametrize("name", LINKS)
def test_enclosures_hold_the_scores_and_informations(name: str):
    link = LINKS[name]
    rng = np.random.default_rng(2)
    for low, width in zip(rng.uniform(-7, -2, 60), rng.uniform(0, 1.9, 60), strict=True):
        high = low + width
        for eta in np.linspace(low, high, 7):
            for event in (True, False):
                bottom, top = link.score(event, low, high)
                value = numeric_score(name, event, eta)
                slack = 1e-5 * (1 + abs(value))  # of the numeric derivative
                assert bottom - slack <= value <= top + slack
            bottom, top = link.information(low, high)
            value = numeric_information(name, eta)
            assert bottom <= value * (1 + 1e-4) + 1e-9
            assert top >= value * (1 - 1e-4) - 1e-9


def log_likelihood(name: str, event: bool, eta: float) -> float:
    """From the distributions of scipy, not from the formulas of the library."""
    if name == "log":
        return float(stats.poisson.logpmf(int(event), math.exp(eta)))
    p = {
        "logit": stats.logistic.cdf,
        "probit": stats.norm.cdf,
        "cloglog": stats.gumbel_l.cdf,
        "log-binomial": math.exp,
    }[name](eta)
    return float(stats.bernoulli.logpmf(int(event), p))


def numeric_score(name: str, event: bool, eta: float, h: float = 1e-5) -> float:
    up, down = log_likelihood(name, event, eta + h), log_likelihood(name, event, eta - h)
    return (up - down) / (2 * h)


def numeric_information(name: str, eta: float) -> float:
    mean = {
        "logit": stats.logistic.cdf,
        "probit": stats.norm.cdf,
        "cloglog": stats.gumbel_l.cdf,
        "log-binomial": math.exp,
        "log": math.exp,
    }[name]
    h = 1e-5
    slope = (mean(eta + h) - mean(eta - h)) / (2 * h)
    mu = mean(eta)
    return slope**2 / (mu if name == "log" else mu * (1 - mu))


def test_the_fewest_moves_are_the_fewest():
    variance = Fraction("0.0711")
    moves, a, b = fewest_moves(86, 52, 112, 160, variance)
    assert moves == abs(a - 86) + abs(b - 52)
    better = [
        (i, j)
        for i in range(86 - moves + 1, 86 + moves)
        for j in range(52 - moves + 1, 52 + moves)
        if 0 < i < 112
        and abs(i - 86) + abs(j - 52) < moves
        and 1 / i + 1 / (112 - i) + 1 / j + 1 / (160 - j) <= float(variance)
    ]
    assert better == []


def test_multipliers_that_prove_nothing_prove_nothing(broken: Certificate):
    k = broken.problem.k
    zero = Leaf((0,) * k, (0,) * k, (0,) * (k + 1))
    assert shortfall(broken.problem, broken.problem.root(), zero) <= 0
