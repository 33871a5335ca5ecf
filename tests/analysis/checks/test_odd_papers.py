"""Honest papers that are printed in odd ways: none may be called impossible, and where an
assumption is broken that nobody tells, the finding must name it."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from analysis.audit import audit
from analysis.checks.counts import OF_PATIENTS
from analysis.checks.rows import AS_PRINTED, SPREADS, WHOLE_GROUPS
from analysis.findings import Verdict
from paper_writer import load

N1, N0 = 64, 91
Z = stats.norm.ppf(0.975)


def p3(p: float) -> str:
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def paper(rows, tests=None, sizes=(N1, N0), tables=(), **more):
    groups = [
        {"id": g, "label": g.upper(), "n": str(n)} for g, n in zip("abc", sizes, strict=False)
    ]
    groups[0]["event"] = True
    table = {"id": "table1", "kind": "two_group", "title": "Groups", "rows": rows}
    return {
        "schema": "1", "paper": {"key": "odd", "label": "Odd", "tests": tests or {}},
        "groups": groups, "variables": [{"id": "x", "label": "x"}, {"id": "f", "label": "f"}],
        "tables": [*([table] if rows else []), *tables],
    } | more  # fmt: skip


def means(samples, p, statistic=None, **more):
    values = {
        g: f"{x.mean():.1f} ± {x.std(ddof=1):.1f}" for g, x in zip("abc", samples, strict=False)
    }
    row = {"id": "x", "variable": "x", "summary": "mean_sd", "values": values, "p": p3(p)}
    return row | ({} if statistic is None else {"statistic": f"{statistic:.2f}"}) | more


def counts(k, n, p, **more):
    values = {g: f"{a} ({100 * a / b:.1f}%)" for g, a, b in zip("ab", k, n, strict=False)}
    return {"id": "f", "variable": "f", "summary": "n_pct", "values": values, "p": p3(p)} | more


def square(k, n=(N1, N0)):
    return [list(k), [b - a for a, b in zip(k, n, strict=True)]]


@pytest.fixture
def said(tmp_path):
    """The impossible findings of a paper."""

    def ask(tree):
        ledger = audit(load(tmp_path / "paper.yaml", tree))
        assert len(ledger) > 0
        return [f for f in ledger if f.verdict is Verdict.IMPOSSIBLE]

    return ask


RNG = np.random.default_rng(20)
A, B = np.exp(RNG.normal(3.25, 0.9, N1)), np.exp(RNG.normal(3.0, 0.7, N0))
PAIRS = RNG.normal(50, 10, N1)
OTHERS = 0.6 * PAIRS + RNG.normal(21.5, 6, N1)
THREE = [np.exp(RNG.normal(m, 0.6, n)) for m, n in ((3.0, 40), (3.2, 50), (3.3, 45))]
K = (33, 31)
HOLDS = RNG.permutation(N1)


def _mcnemar():
    first, second = np.sort(PAIRS > 50), np.sort(OTHERS > 51)[HOLDS]
    b, c = int((first & ~second).sum()), int((~first & second).sum())
    return counts(
        (int(first.sum()), int(second.sum())), (N1, N1), stats.binomtest(min(b, c), b + c).pvalue
    )


LOG_T = stats.ttest_ind(np.log(A), np.log(B))
PAIRED = stats.ttest_rel(PAIRS, OTHERS)
CHI2 = stats.chi2_contingency(square(K), correction=False)
LESS = stats.fisher_exact(square(K), alternative="less").pvalue
TUKEY = stats.tukey_hsd(*THREE).pvalue[0, 1]
SIZES3 = tuple(map(len, THREE))
FIVEFOLD = min(1.0, 5 * CHI2.pvalue)

TOLD = {
    "the methods name paired tests": paper(
        [means((PAIRS, OTHERS), PAIRED.pvalue, PAIRED.statistic)],
        {"continuous": "paired t test"}, (N1, N1),
    ),
    "matched patients": paper(
        [means((PAIRS, OTHERS), PAIRED.pvalue)],
        {"continuous": "t test for matched samples"}, (N1, N1),
    ),
    "dependent samples, as SPSS calls them": paper(
        [means((PAIRS, OTHERS), PAIRED.pvalue)],
        {"continuous": "dependent samples t test"}, (N1, N1),
    ),
    "McNemar's test of matched patients": paper(
        [_mcnemar()], {"categorical": "McNemar's test"}, (N1, N1)
    ),
    "a chi-square of matched pairs": paper(
        [_mcnemar()], {"categorical": "chi-square test for paired proportions"}, (N1, N1)
    ),
    "t of logarithms, and the methods say so": paper(
        [means((A, B), LOG_T.pvalue, LOG_T.statistic)],
        {"continuous": "t test after log transformation"},
    ),
    "P of ranks beside means, no test named": paper(
        [means((A, B), stats.mannwhitneyu(A, B).pvalue)]
    ),
    "P of one side": paper(
        [means((A, B), stats.ttest_ind(A, B, alternative="less").pvalue)], {"continuous": "t test"}
    ),
    "Fisher's P of the side that nobody expected": paper(
        [counts(K, (N1, N0), max(LESS, stats.fisher_exact(square(K), alternative="greater").pvalue))]
    ),
    "Pearson's P of the other side": paper([counts(K, (N1, N0), 1 - CHI2.pvalue / 2)]),
    "Bonferroni's correction of P": paper(
        [counts(K, (N1, N0), FIVEFOLD)], {"categorical": "chi-square test, Bonferroni correction"}
    ),
    "Tukey's P of two of three groups": paper(
        [means(THREE, TUKEY)], {"continuous": "ANOVA with Tukey's HSD"}, SIZES3
    ),
    "repeated measures": paper(
        [means(THREE, 0.004)], {"continuous": "repeated-measures ANOVA"}, SIZES3
    ),
    "weighted counts": paper(
        [{"id": "f", "variable": "f", "summary": "n_pct",
          "values": {"a": "33 (52.4%)", "b": "31 (33.3%)"}, "p": "0.019"}],
        {"categorical": "chi-square test in the weighted sample (IPTW)"},
    ),
}  # fmt: skip


K3, N3 = np.array([13, 25, 22]), np.array(SIZES3)
ALL3 = np.array([K3, N3 - K3])
TWO = [
    ALL3[:, :2], ALL3[:, 1:], ALL3[:, ::2],
    *(np.column_stack([ALL3[:, i], ALL3.sum(1) - ALL3[:, i]]) for i in range(3)),
]  # fmt: skip


@pytest.mark.parametrize("levels", [False, True])
@pytest.mark.parametrize("table", TWO, ids=["ab", "bc", "ac", "a", "b", "c"])
def test_p_of_two_of_three_groups(said, table, levels):
    """Controls in a third column, a test after the test of all, one group against the rest."""
    chi2, p, _, _ = stats.chi2_contingency(table, correction=False)
    of_all = stats.chi2_contingency(ALL3, correction=False)
    assert f"{p:.3f}" != f"{of_all.pvalue:.3f}"
    for more in ({}, {"statistic": f"{chi2:.3f}"}):
        row = counts(K3, N3, p) | more
        row["values"] = {
            g: f"{k} ({100 * k / n:.1f}%)" for g, k, n in zip("abc", K3, N3, strict=True)
        }
        if levels:
            values = [
                {g: str(k) for g, k in zip("abc", line, strict=True)} for line in ALL3.tolist()
            ]
            row["summary"] = "levels"
            del row["values"]
            row["levels"] = [
                {"id": f"l{i}", "label": f"level {i}", "values": v} for i, v in enumerate(values)
            ]
        assert said(paper([row], {"categorical": "chi-square test"}, SIZES3)) == []
    wrong = row | {"p": "0.900"}
    wrong.pop("statistic")
    assert said(paper([wrong], {"categorical": "chi-square test"}, SIZES3))


@pytest.mark.parametrize("equal", [True, False])
@pytest.mark.parametrize("i", range(3))
def test_means_of_one_of_three_groups_against_the_rest(said, i, equal):
    rest = np.concatenate([x for j, x in enumerate(THREE) if j != i])
    t, p = stats.ttest_ind(THREE[i], rest, equal_var=equal)
    tests = {"continuous": "t test"}
    assert said(paper([means(THREE, p)], tests, SIZES3)) == []
    assert said(paper([means(THREE, p, t)], tests, SIZES3)) == []
    assert said(paper([means(THREE, p, 9.99)], tests, SIZES3))


@pytest.mark.parametrize("name", TOLD)
def test_what_the_paper_tells_is_never_impossible(said, name):
    assert said(TOLD[name]) == []


@pytest.mark.parametrize("name", list(TOLD)[:3])
def test_the_words_are_what_excuses(said, name):
    """The same numbers beside Student's t test are impossible."""
    tree = TOLD[name]
    assert said(tree | {"paper": tree["paper"] | {"tests": {"continuous": "t test"}}})


def test_unpaired_and_independent_name_no_pairs(said):
    """The words against pairs hold a paper to its t test."""
    for words in ("unpaired t test", "un-paired t test", "independent samples t test"):
        tree = paper([means((PAIRS, OTHERS), PAIRED.pvalue)], {"continuous": words}, (N1, N1))
        assert [f.id for f in said(tree)] == ["table1.x.p_from_means"], words


UNTOLD = {
    "t of logarithms": [means((A, B), LOG_T.pvalue, LOG_T.statistic)],
    "P of logarithms": [means((A, B), LOG_T.pvalue)],
    "a correction for five tests": [counts((40, 31), (N1, N0), FIVEFOLD)],
}


@pytest.mark.parametrize("name", UNTOLD)
def test_what_nobody_tells_stands_among_the_assumptions(said, name):
    tests = {"continuous": "t test", "categorical": "chi-square test"}
    found = said(paper(UNTOLD[name], tests))
    assert found
    assert all(AS_PRINTED in f.assumptions for f in found)


def test_half_widths_after_the_sign_and_other_columns_stand_among_the_assumptions(said):
    """Half an interval after ±, or a standardised difference where t would stand."""
    halves = [f"{x.mean():.1f} ± {Z * stats.sem(x):.1f}" for x in (A, B)]
    row = means((A, B), stats.ttest_ind(A, B).pvalue)
    row["values"] = dict(zip("ab", halves, strict=True))
    (found,) = said(paper([row], {"continuous": "t test"}))
    assert {SPREADS, WHOLE_GROUPS, AS_PRINTED} <= set(found.assumptions)
    row = means((A, B), stats.ttest_ind(A, B).pvalue, 0.41)
    for found in said(paper([row], {"continuous": "t test"})):
        if found.check != "P from t":
            assert any(re.search(r"\bt\b", words) for words in found.assumptions[:-1])
            assert AS_PRINTED in found.assumptions


def test_weights_that_nobody_tells_stand_among_the_assumptions(said):
    tree = TOLD["weighted counts"]
    tree = tree | {"paper": tree["paper"] | {"tests": {}}}
    found = {f.check: f for f in said(tree)}
    assert OF_PATIENTS in found["counts and percentages"].assumptions


# --- regression ------------------------------------------------------------------------


def per_step(factor: float, b=None, limits=True):
    y = np.r_[np.ones(N1), np.zeros(N0)]
    x = np.r_[RNG.normal(60, 12, N1), RNG.normal(54, 10, N0)]
    fit = sm.Logit(y, sm.add_constant(x)).fit(disp=0)
    slope, se = fit.params[1], fit.bse[1]
    ratio, low, high = (math.exp(factor * (slope + z * se)) for z in (0, -Z, Z))
    row = {
        "id": "x", "label": "x", "b": b or f"{slope:.3f}", "se": f"{se:.3f}",
        "p": p3(fit.pvalues[1]), "ratio": f"{ratio:.2f}",
    }  # fmt: skip
    row |= {"ci": f"{low:.2f}–{high:.2f}"} if limits else {}
    table = {"id": "table2", "kind": "regression", "title": "Model", "model": "logistic",
             "event": "a", "effect_label": "OR", "rows": [row]}  # fmt: skip
    return paper([], tables=[table])


@pytest.mark.parametrize("factor", [12.37, 10, 0.83, 3.1])
def test_a_ratio_of_one_sd_beside_the_coefficient_of_one_unit(said, factor):
    assert said(per_step(factor)) == []


def test_a_step_excuses_no_other_fit(said):
    """|B|/SE must be the same on both sides, and without limits nothing says that it is."""
    assert said(per_step(12.37, b="0.091"))
    assert said(per_step(12.37, b="-0.058"))
    assert said(per_step(12.37, limits=False))


# --- cut-offs --------------------------------------------------------------------------


def test_a_cut_without_predictive_values_is_not_told_about_prevalence(said):
    row = {"id": "x", "variable": "x", "sensitivity": "0.75", "specificity": "0.802",
           "youden": "0.552", "lr_positive": "9.00"}  # fmt: skip
    table = {"id": "table2", "kind": "roc", "title": "Cut", "positive": "a", "rows": [row]}
    found = next(f for f in said(paper([], tables=[table])) if f.id.endswith("two_by_two"))
    assert "all columns belong to one cut-off in the same patients" in found.assumptions
    assert not any("prevalence" in words for words in found.assumptions)
