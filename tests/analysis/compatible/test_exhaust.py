"""All whole patients: none is missed, and the fits are those of statsmodels."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

import regression_papers as rp
from analysis.checks.across_tables import joined
from analysis.compatible import coherence
from analysis.compatible.certificate import EVERYTHING, Problem
from analysis.compatible.exhaust import _compositions, _Listing, _seated, exhaust
from analysis.paper import load_paper
from analysis.printed import Interval

PAPER = Path(__file__).parents[3] / "data" / "yu2023" / "paper.yaml"
FAMILIES = {"logit": sm.families.Binomial(), "log": sm.families.Poisson()}


def about(value, digits=2):
    """The rounding of a value as printed."""
    middle = Fraction(round(float(value) * 10**digits), 10**digits)
    return Interval(middle - Fraction(1, 2 * 10**digits), middle + Fraction(1, 2 * 10**digits))


def fit(link, patients, events):
    """Grouped data; a Poisson fit of single patients has the same score equations."""
    x = sm.add_constant(np.array(list(product((0, 1), repeat=int(np.log2(len(patients)))))))
    keep = patients > 0
    x, n, e = x[keep], patients[keep], events[keep]
    if link == "logit":
        return sm.GLM(np.c_[e, n - e], x, family=FAMILIES[link]).fit(tol=1e-12).params
    return sm.GLM(e, x, family=FAMILIES[link], offset=np.log(n)).fit(tol=1e-12).params


def test_ways_to_spread_patients():
    ways = _compositions(7, 4)
    assert sorted(map(tuple, ways)) == sorted(
        w for w in product(range(8), repeat=4) if sum(w) == 7
    )  # fmt: skip
    assert _compositions(5, 1).tolist() == [[5]]
    assert _compositions(0, 3).tolist() == [[0, 0, 0]]
    assert _compositions(500, 8) is None


@pytest.mark.parametrize("link", FAMILIES)
@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize(
    ("patients", "events"), [((6, 5, 5, 3), (2, 2, 3, 2)), ((8, 0, 6, 5), (2, 0, 2, 3))]
)
def test_nothing_is_missed_where_everything_can_be_tried(link, hidden, patients, events):
    """19 patients, two predictors, in the second case never b without a: every table of counts,
    fitted by statsmodels."""
    patients, events = np.array(patients), np.array(events)
    x = np.array(list(product((0, 1), repeat=2)))
    truth = fit(link, patients, events)
    printed = [about(b, 1) for b in truth]
    margins = [[Interval.point(int(v)) for v in x.T @ c] for c in (events, patients - events)]
    if hidden:
        for own, n in zip(margins, (events.sum(), (patients - events).sum()), strict=True):
            own[1] = Interval(Fraction(0), Fraction(int(n)))
    problem = Problem(
        link, int(events.sum()), int((patients - events).sum()), ("a", "b"),
        tuple(margins[0]), tuple(margins[1]), tuple(printed[1:]), printed[0],
    )  # fmt: skip
    found = exhaust(problem, printed[1:], [(0, 1)] * 2, printed[0], nearest=10_000)
    ours = {(s.patients, s.events[1]) for s in found.nearest if s.off <= 1}
    theirs = set()
    n = int(patients.sum())
    for way in product(range(n + 1), repeat=3):
        counts = np.array([n - sum(way), *way])
        if counts[0] < 0 or counts[2] + counts[3] != patients[2] + patients[3]:
            continue
        b_patients = counts[1] + counts[3]
        if not hidden and b_patients != patients[1] + patients[3]:
            continue
        for b_events in range(b_patients + 1) if hidden else [int(events[1] + events[3])]:
            if hidden and b_patients - b_events > (patients - events).sum():
                continue
            sums = [events.sum(), events[2] + events[3], b_events]
            fitted = of_margins(link, counts, sums) if somebody(counts, sums) else None
            if fitted is not None and all(
                i.low <= v <= i.high for i, v in zip(printed, fitted, strict=True)
            ):
                theirs.add((tuple(int(c) for c in counts), b_events))
    assert theirs
    assert ours == theirs
    assert (tuple(patients.tolist()), int(events[1] + events[3])) in ours


def somebody(patients, sums):
    """Whether some of the patients can have the events, tried one after the other."""
    return any(
        0 <= events[0] <= patients[0]
        for both in range(patients[3] + 1)
        for events in [(sums[0] - sums[1] - sums[2] + both, sums[2] - both, sums[1] - both)]
        if 0 <= events[1] <= patients[1] and 0 <= events[2] <= patients[2]
    )


def of_margins(link, patients, sums):
    """A fit needs the events of the margins only: scipy's root of the score equations."""
    from scipy.optimize import root

    x = np.c_[np.ones(4), list(product((0, 1), repeat=2))]

    def score(beta):
        eta = np.clip(x @ beta, -30, 30)
        mean = np.exp(eta) if link == "log" else 1 / (1 + np.exp(-eta))
        return (patients * mean) @ x - sums

    found = root(score, np.r_[-1.0, 0.1, 0.1], tol=1e-12)
    return found.x if found.success and np.abs(score(found.x)).max() < 1e-8 else None


@pytest.mark.parametrize("link", FAMILIES)
@pytest.mark.parametrize("hidden", [None, 1, 2])
def test_the_list_is_that_of_all_tables(link, hidden):
    """12 patients, three predictors: all 50 388 ways to put them into eight kinds, without a
    stage between; some have all patients with one predictor among those with another."""
    slopes = [(5, 12), (-1, 5), (2, 9)]  # tenths
    problem = Problem(
        link, 5, 7, ("a", "b", "c"), tuple(map(Interval.point, (2, 2, 3))),
        tuple(map(Interval.point, (1, 2, 2))),
        tuple(Interval(Fraction(low, 10), Fraction(high, 10)) for low, high in slopes),
        Interval(Fraction(-14, 10), Fraction(-6, 10)),
    )  # fmt: skip
    if hidden is not None:
        events, others = list(problem.events), list(problem.others)
        events[hidden], others[hidden] = Interval(Fraction(1), Fraction(4)), Interval(Fraction(1), Fraction(5))  # fmt: skip
        problem = replace(problem, events=tuple(events), others=tuple(others))
    x = np.array(problem.patterns)
    ends = [
        float(side(problem.constant)) + x @ [float(side(i)) for i in problem.slopes]
        for side in (lambda i: i.low, lambda i: i.high)
    ]
    low, high = (np.exp(e) if link == "log" else 1 / (1 + np.exp(-e)) for e in ends)
    bars = np.array(list(combinations(range(12 + 7), 7)))
    tables = np.diff(np.c_[np.full(len(bars), -1), bars, np.full(len(bars), 19)], axis=1) - 1
    sure = (tables @ low <= 5) & (tables @ high >= 5)
    for own, a, b in zip(x.T, problem.events, problem.others, strict=True):
        sure &= (tables @ own >= float(a.low + b.low)) & (tables @ own <= float(a.high + b.high))
    expected = set()
    for n in tables[sure]:
        choices = []
        for j in range(3):
            own, a, b = x[:, j], problem.events[j], problem.others[j]
            choices.append([
                e for e in range(6)
                if e in a and int(n @ own) - e in b and n @ (low * own) <= e <= n @ (high * own)
            ])  # fmt: skip
        expected |= {(tuple(n.tolist()), chosen) for chosen in product(*choices)}
    listing = _Listing(problem)
    known = [j for j in range(3) if j != hidden]
    assert all(listing.spread(j) for j in [*sorted(known, key=listing.margin), None])
    patients, events = listing.complete(known)
    ours = list(zip(map(tuple, patients.tolist()), map(tuple, events.tolist()), strict=True))
    assert len(expected) > 30
    assert len(ours) == len(set(ours))
    assert set(ours) == expected


@pytest.mark.parametrize("seed", range(6))
def test_the_patients_behind_an_honest_paper_are_found(seed, tmp_path):
    rng = np.random.default_rng(seed)
    while True:
        case = rp.simulated_case(rng, n=70, k=3)
        coding = rp.random_coding(rng, 3)
        link = str(rng.choice(["logit", "log"]))
        try:
            record = rp.print_regression(case, coding=coding, link=link, margins="counts")
        except rp.NoFitError:
            continue
        break
    paper = record.load(tmp_path / "paper.yaml")
    found = joined(paper, paper.tables_of("regression")[0])
    constant = found.table.constant.b.interval
    codes = record.style.codes(3)
    problem = coherence.coded(replace(found.problem, link=link), constant, codes)
    ended = exhaust(problem, found.problem.slopes, codes, constant, nearest=1000)
    assert ended.fits
    frame = case.frame[case.predictors].to_numpy()
    truth = np.bincount(frame @ np.array([4, 2, 1]), minlength=8)
    assert tuple(truth.tolist()) in {s.patients for s in ended.nearest if s.off <= 1}


def test_what_cannot_be_listed_is_said():
    paper = load_paper(PAPER)
    found = joined(paper, paper.table("table4"))
    constant, slopes = found.table.constant.b.interval, found.problem.slopes
    codes = [(1, 2)] * 4
    free = replace(found.problem, link="log")
    assert exhaust(free, slopes, codes, constant) is None  # the constant has no bounds
    probit = coherence.coded(replace(free, link="probit"), constant, codes)
    assert exhaust(probit, slopes, codes, constant) is None
    wide = coherence.coded(free, constant, codes)
    wide = replace(wide, events=(EVERYTHING,) * 4)
    assert exhaust(wide, slopes, codes, constant) is None  # too many ways


def test_no_whole_patients_print_the_constant_of_the_book(tmp_path):
    paper = load_paper(PAPER)
    found = joined(paper, paper.table("table4"))
    constant, codes = found.table.constant.b.interval, [(1, 2)] * 4
    problem = coherence.coded(replace(found.problem, link="log"), constant, codes)
    ended = exhaust(problem, found.problem.slopes, codes, constant)
    assert ended.fitted > 10_000
    assert ended.unsettled == 0
    assert not ended.fits
    nearest = ended.nearest[0]
    assert 1.5 < nearest.off < 2.5
    # the nearest is a fit indeed: its fitted events are those of the margins
    x = sm.add_constant(np.array(problem.patterns) + 1.0)
    n = np.array(nearest.patients)
    beta = np.array(nearest.printed)
    fitted = n * np.exp(x @ beta)
    sums = fitted @ np.c_[np.ones(16), np.array(problem.patterns)]
    assert sums == pytest.approx([112, *nearest.events], abs=1e-6)
    # and these patients exist: with so many events of every kind the margins come out
    seated = np.array(nearest.seated)
    assert ((seated >= 0) & (seated <= n)).all()
    assert (seated @ np.c_[np.ones(16), np.array(problem.patterns)]).tolist() == [112, *nearest.events]  # fmt: skip


def test_patients_with_more_fitted_events_than_patients_are_none():
    """One patient has both; a Poisson fit gives that kind three events, and no one else can
    have them."""
    patients, sums = np.array([3, 3, 3, 1]), [5, 4, 4]
    truth = of_margins("log", patients, sums)
    printed = [about(b, 2) for b in truth]
    problem = Problem(
        "log", 5, 5, ("a", "b"), (Interval.point(4),) * 2, (Interval.point(0),) * 2,
        tuple(printed[1:]), printed[0],
    )  # fmt: skip
    ended = exhaust(problem, printed[1:], [(0, 1)] * 2, printed[0], nearest=100)
    assert ended.fitted > 0
    assert not ended.fits
    assert _seated(problem, patients, sums[1:]) is None
    assert _seated(problem, np.array([3, 1, 1, 5]), sums[1:]) is not None


def test_separated_patients_and_kinds_that_are_not_told_apart_are_counted():
    """Predictors that are always together have no one fit, and are left out as such."""
    six, some = Interval(Fraction(0), Fraction(6)), Interval(Fraction(-1), Fraction(1))
    problem = Problem(
        "logit", 3, 3, ("a", "b", "c"), (Interval.point(1), six, six), (Interval.point(1), six, six),
        (some,) * 3, some,
    )  # fmt: skip
    ended = exhaust(problem, [some] * 3, [(0, 1)] * 3, some, nearest=500)
    assert 0 < ended.unsettled < ended.fitted
    design = np.c_[np.ones(8), np.array(problem.patterns)]
    kinds = {tuple(n > 0 for n in s.patients) for s in ended.nearest}
    assert kinds
    assert {int(np.linalg.matrix_rank(design[list(k)])) for k in kinds} == {4}
