"""Searched cuts against R's cutpointr, against trying every cut, and their optimism against
plain loops."""

from __future__ import annotations

import json
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.estimate import cutoff
from analysis.estimate.roc import EstimateError, distinct
from tests.analysis.ledgers import ROOT

R = json.loads((ROOT / "tests" / "oracles" / "cutoff.json").read_text(encoding="utf-8"))
SETS = {c["id"]: c for c in R["curves"]}


def groups(id: str) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.array(SETS[id]["y"]), np.array(SETS[id]["x"])
    return x[y == 1], x[y == 0]


def listed(value) -> list[float]:
    return value if isinstance(value, list) else [value]


# --- the search ---


@pytest.mark.parametrize("place", ["midpoint", "observed"])
@pytest.mark.parametrize("case", R["cuts"], ids=lambda c: f"{c['id']} {c['criterion']}")
def test_cuts_are_those_of_cutpointr(case, place):
    direction = SETS[case["id"]]["direction"]
    rule = cutoff.Rule(case["criterion"], direction, place, case["target"])
    found = cutoff.search(*groups(case["id"]), rule)
    theirs = np.array([listed(case[k]) for k in (place, "sensitivity", "specificity")])
    if case["target"] is not None:
        # cutpointr gives all cuts with the largest free share; we, of these, the one whose
        # bound share is largest too
        theirs = theirs[:, [theirs[1 if case["criterion"] == "sensitivity" else 2].argmax()]]
    theirs = theirs[:, np.argsort(-theirs[1])]
    assert found.cuts == pytest.approx(theirs[0], rel=1e-12)
    assert found.sensitivity == pytest.approx(theirs[1], abs=1e-12)
    assert found.specificity == pytest.approx(theirs[2], abs=1e-12)
    assert found.youden == pytest.approx(theirs[1] + theirs[2] - 1, abs=1e-12)


def tried(x, y, rule: cutoff.Rule) -> tuple[list[float], list[tuple[int, int]]]:
    """Every midpoint, by counting; the scores as exact as Python's whole numbers."""
    n1, n0, seen = len(x), len(y), sorted({*x, *y})
    best, cuts, counts = None, [], []
    for low, high in pairwise(seen):
        cut = (low + high) / 2
        tp = sum((v > cut) if rule.direction == "higher" else (v < cut) for v in x)
        fp = sum((v > cut) if rule.direction == "higher" else (v < cut) for v in y)
        under = sum(v < cut for v in [*x, *y])
        if rule.inner and not (
            math.floor((n1 + n0) * rule.inner[0]) <= under <= math.floor((n1 + n0) * rule.inner[1])
        ):
            continue
        match rule.criterion:
            case "youden":
                score = tp * n0 - fp * n1
            case "product":
                score = tp * (n0 - fp)
            case "closest":
                score = -(((n1 - tp) * n0) ** 2) - (fp * n1) ** 2
            case "sensitivity":
                score = (n0 - fp, tp) if tp / n1 >= rule.target else None
            case "specificity":
                score = (tp, n0 - fp) if (n0 - fp) / n0 >= rule.target else None
        if score is None or (best is not None and score < best):
            continue
        if score != best:
            best, cuts, counts = score, [], []
        cuts.append(cut)
        counts.append((tp, fp))
    order = sorted(range(len(cuts)), key=lambda i: -counts[i][0] - counts[i][1])
    return [cuts[i] for i in order], [counts[i] for i in order]


# quarters of whole numbers: products with n are exact, so that floor() is not in doubt
whole = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=10)
rules = st.builds(
    lambda name, direction, target, inner: cutoff.Rule(
        name, direction, target=target if name in ("sensitivity", "specificity") else None,
        inner=inner,
    ),
    st.sampled_from(["youden", "product", "closest", "sensitivity", "specificity"]),
    st.sampled_from(["higher", "lower"]), st.sampled_from([0.5, 0.75, 1.0]),
    st.sampled_from([None, (0.25, 0.75), (0.125, 1.0)]),
)  # fmt: skip


@given(whole, whole, rules)
def test_the_search_finds_what_trying_every_cut_finds(x, y, rule):
    cuts, counts = tried(x, y, rule)
    if not cuts:
        with pytest.raises(EstimateError):
            cutoff.search(x, y, rule)
        return
    found = cutoff.search(x, y, rule)
    assert found.cuts.tolist() == cuts
    assert found.sensitivity.tolist() == pytest.approx([tp / len(x) for tp, _ in counts])
    assert found.specificity.tolist() == pytest.approx([1 - fp / len(y) for _, fp in counts])


@given(whole, whole, rules)
def test_a_turned_marker_has_turned_cuts(x, y, rule):
    turned = cutoff.Rule(
        rule.criterion, "lower" if rule.direction == "higher" else "higher", target=rule.target
    )
    rule = cutoff.Rule(rule.criterion, rule.direction, target=rule.target)
    try:
        found = cutoff.search(x, y, rule)
    except EstimateError:
        return
    other = cutoff.search(-np.array(x), -np.array(y), turned)
    assert (-other.cuts).tolist() == found.cuts.tolist()
    assert other.sensitivity.tolist() == found.sensitivity.tolist()


def test_all_equally_good_cuts_are_told():
    # J is 1/2 above 1, above 3, and 0 between
    found = cutoff.search([2.0, 4.0], [1.0, 3.0], cutoff.Rule())
    assert found.cuts.tolist() == [1.5, 3.5]
    assert found.sensitivity.tolist() == [1, 0.5]
    assert found.specificity.tolist() == [0.5, 1]


def test_the_largest_chi_square_is_that_of_scipy():
    from scipy.stats import chi2_contingency

    x, y = groups("simulated")
    rule = cutoff.Rule("chi_square", inner=(0.1, 0.9))
    found = cutoff.search(x, y, rule)
    both = np.sort(np.concatenate([x, y]))
    every = {}
    for under in range(27, 245):
        cut = (both[under - 1] + both[under]) / 2
        a, b = (x > cut).sum(), (y > cut).sum()
        every[cut] = chi2_contingency([[a, 112 - a], [b, 160 - b]], correction=False).statistic
    assert found.cuts.tolist() == [max(every, key=every.get)]
    tp, fp = (x > found.cuts[0]).sum(), (y > found.cuts[0]).sum()
    assert cutoff.chi_square(tp, fp, 112, 160) == pytest.approx(max(every.values()), rel=1e-12)


def test_the_wrong_direction_is_not_flipped():
    found = cutoff.search([1.0, 2.0], [3.0, 4.0], cutoff.Rule())
    assert found.youden.tolist() == [-0.5, -0.5]
    assert found.cuts.tolist() == [1.5, 3.5]


@pytest.mark.parametrize(
    ("x", "y", "rule", "words"),
    [
        ([1.0, 1.0], [1.0], {}, "constant"),
        ([], [1.0], {}, "one in each"),
        ([math.nan], [1.0], {}, "not finite"),
        ([1.0, 5.0], [2.0, 3.0], {"criterion": "sensitivity", "target": 1.0}, "no cut keeps"),
        ([1.0, 2.0], [2.0, 2.0], {"inner": (0.5, 0.75)}, "no cut keeps"),
    ],
)
def test_what_has_no_cut_is_refused(x, y, rule, words):
    with pytest.raises(EstimateError, match=words):
        cutoff.search(x, y, cutoff.Rule(**rule))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"criterion": "best"}, "criterion"),
        ({"criterion": "sensitivity"}, "target"),
        ({"target": 0.9}, "target"),
        ({"criterion": "specificity", "target": 80}, "target"),
        ({"inner": (0.9, 0.1)}, "inner"),
        ({"direction": ">"}, "direction"),
        ({"place": "low"}, "place"),
    ],
)
def test_rules_that_say_nothing_are_refused(rule, words):
    with pytest.raises(EstimateError, match=words):
        cutoff.Rule(**rule)


# --- the search in resamples ---


@pytest.mark.parametrize("place", ["midpoint", "observed"])
@pytest.mark.parametrize("id", sorted({c["id"] for c in R["searches"]}))
def test_cuts_in_resamples_and_their_worth_are_those_of_cutpointr(id, place):
    cases = [c for c in R["searches"] if c["id"] == id]
    rule = cutoff.Rule(direction=SETS[id]["direction"], place=place)
    values, c1, c0 = distinct(*groups(id), rule.direction)
    y, x = np.array(SETS[id]["y"]), np.array(SETS[id]["x"])
    x = x if rule.direction == "higher" else -x
    counts = np.zeros((2, len(cases), values.size), dtype=np.int64)
    for i, case in enumerate(cases):
        for who in case["who"]:
            counts[1 - y[who], i, np.searchsorted(values, x[who])] += 1
    found = cutoff.research(values, c1, c0, counts[0], counts[1], rule)
    wanted = np.array([case[place] for case in cases]).T
    for ours, theirs in zip(found, wanted, strict=True):
        assert ours == pytest.approx(theirs, abs=1e-12)


def plain(x, y, rule, rng, resamples, stratified) -> np.ndarray:
    """The same, patient by patient: the cut, optimism of sensitivity and specificity, and both
    in the patients left out."""
    rows = []
    state, value = np.repeat([1, 0], [len(x), len(y)]), np.concatenate([x, y])
    for _ in range(resamples):
        if stratified:
            who = np.append(rng.choice(len(x), len(x)), len(x) + rng.choice(len(y), len(y)))
        else:
            who = rng.integers(0, len(value), len(value))
        a, b = value[who][state[who] == 1], value[who][state[who] == 0]
        try:
            found = cutoff.search(a, b, rule)
        except EstimateError:
            continue
        cut = found.cuts[0]
        called = (value >= cut) if rule.direction == "higher" else (value <= cut)
        out = ~np.isin(np.arange(len(value)), who)
        rows.append((
            cut, found.sensitivity[0] - called[state == 1].mean(),
            found.specificity[0] - 1 + called[state == 0].mean(),
            called[out & (state == 1)].mean(), 1 - called[out & (state == 0)].mean(),
        ))  # fmt: skip
    return np.array(rows)


@pytest.mark.parametrize("stratified", [True, False])
@pytest.mark.parametrize(
    "rule",
    [
        cutoff.Rule(),
        cutoff.Rule("closest", "lower", "observed"),
        cutoff.Rule("sensitivity", target=0.8),
        cutoff.Rule("chi_square", inner=(0.2, 0.8)),
    ],
    ids=lambda r: r.criterion,
)
def test_optimism_is_that_of_a_plain_loop(rule, stratified):
    from scipy import stats

    rng = np.random.default_rng(11)
    x, y = np.round(rng.normal(0.7, 1, 25), 1), np.round(rng.normal(0, 1, 30), 1)
    x, y = (x, y) if rule.direction == "higher" else (-x, -y)
    loop = plain(x, y, rule, rng, 1500, stratified)
    found = cutoff.bootstrap(x, y, rule, rng, 20_000, stratified=stratified)
    errors = 4 * loop.std(axis=0) / math.sqrt(len(loop))
    assert found.optimism.sensitivity == pytest.approx(loop[:, 1].mean(), abs=errors[1])
    assert found.optimism.specificity == pytest.approx(loop[:, 2].mean(), abs=errors[2])
    assert found.outside.sensitivity == pytest.approx(loop[:, 3].mean(), abs=errors[3])
    assert found.outside.specificity == pytest.approx(loop[:, 4].mean(), abs=errors[4])
    assert found.optimism.youden == pytest.approx(
        found.optimism.sensitivity + found.optimism.specificity
    )
    assert stats.ks_2samp(loop[:, 0], found.cuts).pvalue > 0.001


def test_what_resamples_tell_belongs_together():
    x, y = groups("simulated")
    rule = cutoff.Rule()
    found = cutoff.bootstrap(x, y, rule, np.random.default_rng(3), 500)
    first = cutoff.search(x, y, rule)
    assert found.apparent.youden == first.youden[0]
    assert found.corrected.youden == found.apparent.youden - found.optimism.youden
    assert found.corrected.sensitivity == found.apparent.sensitivity - found.optimism.sensitivity
    assert found.corrected.specificity == found.apparent.specificity - found.optimism.specificity
    # no cut is better in the original patients than the one that was searched there
    original = found.original_sensitivity + found.original_specificity - 1
    assert (original <= found.apparent.youden + 1e-12).all()
    assert (found.one_class, found.no_cut) == (0, 0)
    low, high = found.cut_interval()
    assert low <= first.cuts[0] <= high
    assert found.sensitivity_interval(0.9)[0] >= found.sensitivity_interval(0.95)[0]
    assert found.specificity_interval()[1] <= 1
    called = np.array([[(x >= c).mean(), (y < c).mean()] for c in found.cuts])
    assert found.original_sensitivity == pytest.approx(called[:, 0], abs=1e-12)
    assert found.original_specificity == pytest.approx(called[:, 1], abs=1e-12)


def test_resamples_without_both_states_or_without_a_cut_are_counted():
    """Two and two patients: a resample of all four lacks a state in 2/16 of the cases; drawn
    by group, each group is constant in half of them, so both are so in 1/4."""
    rng = np.random.default_rng(4)
    found = cutoff.bootstrap([1.0, 2.0], [1.0, 2.0], cutoff.Rule(), rng, 8000, stratified=False)
    assert found.one_class == pytest.approx(1000, abs=4 * math.sqrt(8000 / 8 * 7 / 8))
    # all four of one value, with both states: 14/16 · 1/8
    assert found.no_cut == pytest.approx(875, abs=4 * math.sqrt(875))
    assert found.cuts.size == 8000 - found.one_class - found.no_cut
    grouped = cutoff.bootstrap([1.0, 2.0], [1.0, 2.0], cutoff.Rule(), rng, 8000)
    assert grouped.one_class == 0
    # both groups constant, and of the same value: 1/8
    assert grouped.no_cut == pytest.approx(1000, abs=4 * math.sqrt(875))


def test_what_a_worthless_marker_is_worth_by_each_estimate():
    """Both groups from one population, so that the true J of every cut is 0."""
    rng, told = np.random.default_rng(12), []
    for _ in range(150):
        x, y = rng.normal(size=60), rng.normal(size=80)
        found = cutoff.bootstrap(x, y, cutoff.Rule(), rng, 100)
        told.append((found.apparent.youden, found.corrected.youden, found.outside.youden))
    apparent, corrected, outside = np.mean(told, axis=0)
    error = np.std(told, axis=0) / math.sqrt(150)
    assert outside == pytest.approx(0, abs=4 * error[2])
    assert corrected - 4 * error[1] > 0  # the stated limit of the optimism
    assert 0.2 * apparent < corrected < 0.5 * apparent


def test_patients_left_out_are_told_where_there_are_any():
    found = cutoff.bootstrap([2.0], [1.0], cutoff.Rule(), np.random.default_rng(1), 20)
    assert np.isnan(found.outside_sensitivity).all()
    with pytest.raises(EstimateError, match="left out"):
        _ = found.outside
    # a cut at 2 misses the positive patient left out, one at 1.25 does not
    found = cutoff.bootstrap([1.5, 3.0], [1.0], cutoff.Rule(), np.random.default_rng(1), 200)
    assert np.isnan(found.outside_specificity).all()
    assert set(found.outside_sensitivity[~np.isnan(found.outside_sensitivity)]) == {0, 1}


def test_portions_are_all_kept(monkeypatch):
    x, y = np.arange(6.0), np.arange(5.0) - 0.5
    monkeypatch.setattr(cutoff, "_PORTION", 11 * 40)
    found = cutoff.bootstrap(x, y, cutoff.Rule(), np.random.default_rng(2), 100)
    assert found.cuts.size + found.no_cut == 100
    again = cutoff.bootstrap(x, y, cutoff.Rule(), np.random.default_rng(2), 100)
    assert found.cuts.tolist() == again.cuts.tolist()


def test_the_bootstrap_refuses_what_it_cannot_draw():
    rng = np.random.default_rng(1)
    with pytest.raises(EstimateError, match="one resample"):
        cutoff.bootstrap([1.0, 2.0], [0.0, 3.0], cutoff.Rule(), rng, 0)
    with pytest.raises(EstimateError, match="constant"):
        cutoff.bootstrap([1.0, 1.0], [1.0, 1.0], cutoff.Rule(), rng)
    # one patient each: every unstratified resample with both states is the original
    found = cutoff.bootstrap([1.0], [0.0], cutoff.Rule(), rng, 50, stratified=False)
    assert set(found.cuts) == {0.5}
    with pytest.raises(EstimateError, match="all the same"):
        found.cut_interval()


@pytest.mark.parametrize("criterion", ["closest", "youden", "chi_square"])
def test_many_patients_do_not_overflow(criterion):
    """n1·n0 above 2³¹: the best cut of two normal groups at ±1 lies near 0."""
    rng = np.random.default_rng(6)
    x, y = rng.normal(1, 1, 50_000), rng.normal(-1, 1, 50_000)
    found = cutoff.search(x, y, cutoff.Rule(criterion))
    assert found.cuts[0] == pytest.approx(0, abs=0.15)
    assert found.sensitivity[0] == pytest.approx(0.8413, abs=0.05)
