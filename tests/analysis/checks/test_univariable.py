"""Univariable rows and their counts: R's numbers, honest tables, planted errors."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm
import yaml
from scipy import stats

from analysis.audit import audit
from analysis.checks import univariable
from analysis.findings import Verdict
from analysis.paper import load_paper
from paper_writer import ROUNDINGS, regression_cells, show

ORACLE = json.loads((Path(__file__).parents[2] / "oracles/univariable.json").read_text())["cases"]
Z = stats.norm.ppf(0.975)


def ledger(folder: Path, counts: dict[str, tuple[int, int]], sizes, rows: list[dict], **table):
    """The audit of a paper with counts (percentages of the groups) and univariable rows."""
    n1, n0 = sizes
    first = [
        {
            "id": c, "variable": c, "summary": "n_pct",
            "values": {
                "event": f"{a} ({show(100 * a / n1, 2)}%)", "none": f"{b} ({show(100 * b / n0, 2)}%)"
            },
        }
        for c, (a, b) in counts.items()
    ]  # fmt: skip
    more = table.pop("first", [])
    tree = {
        "schema": "1",
        "paper": {"key": "trial", "label": "trial"} | table.pop("paper", {}),
        "groups": [
            {"id": "event", "label": "event", "n": str(n1), "event": "true"},
            {"id": "none", "label": "no event", "n": str(n0)},
        ],
        "variables": [{"id": c, "label": c} for c in [*counts, *(r["variable"] for r in more)]],
        "tables": [
            {"id": "table1", "kind": "two_group", "title": "t", "rows": first + more},
            {
                "id": "table2", "kind": "regression", "title": "t", "event": "event",
                "model": "logistic", "analysis": "univariable", "effect_label": "OR",
                "rows": [{"label": r["id"], "margin": f"table1.{r['id']}"} | r for r in rows],
            }
            | table,
        ],
    }  # fmt: skip
    tree["tables"][1] = {k: v for k, v in tree["tables"][1].items() if v is not None}
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return audit(load_paper(file))


def row_of(folder: Path, cells: dict, counts=(30, 44), sizes=(59, 130), **table):
    found = ledger(folder, {"smoke": counts}, sizes, [{"id": "smoke"} | cells], **table)
    return found["table2.smoke.crude"]


# --- R ---------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ORACLE)
def test_estimates_limits_and_tests_are_those_of_R(case):
    counts = tuple(case["counts"])
    found = univariable.odds_ratio(counts)
    columns = found.columns(univariable.common.z_for_level(univariable.Fraction(19, 20)))
    assert float(found.b.low) == pytest.approx(case["b"], abs=1e-8)
    assert float(columns["se"].low) == pytest.approx(case["se"], abs=1e-8)
    assert float(columns["p"].low) == pytest.approx(case["p"], rel=1e-6)
    limits = [float(columns[x].low) for x in ("ci.low", "ci.high")]
    assert limits == pytest.approx(case["wald"], rel=1e-7)
    # R draws its profile through points; its exact limits are roots to four digits
    assert univariable.profile_limits(counts, Z) == pytest.approx(case["profile"], rel=2e-4)
    assert univariable.exact_limits(counts, 0.95) == pytest.approx(case["exact"], rel=1e-3)
    readings = {e.words: e for e in reversed(list(univariable.readings(counts)))}
    exact = readings["conditional (exact) odds ratio"].b
    assert exact.low <= math.log(case["conditional"]) <= exact.high
    assert exact.high - exact.low < 0.005
    other = univariable.other_p(counts)
    for name, key in (
        ("the likelihood-ratio test", "lr"), ("the score (χ²) test", "pearson"),
        ("the χ² test with Yates's correction", "yates"), ("Fisher's exact test", "fisher"),
    ):  # fmt: skip
        assert other[name] == pytest.approx(case[key], rel=1e-6)


@pytest.mark.parametrize("case", ORACLE)
def test_what_R_prints_is_known_for_what_it_is(tmp_path: Path, case):
    a, b, c, d = case["counts"]
    where = {"counts": (a, b), "sizes": (a + c, b + d)}

    def judged(ratio: float, limits, p: float):
        cells = {"ratio": show(ratio, 3), "p": show(p, 4)}
        return row_of(tmp_path, cells | {"ci": "–".join(show(x, 3) for x in limits)}, **where)

    odds = a * d / (b * c)
    plain = judged(odds, case["wald"], case["p"])
    assert plain.verdict is Verdict.REPRODUCED
    profile = judged(odds, univariable.profile_limits((a, b, c, d), Z), case["lr"])
    assert profile.verdict is Verdict.DEPENDS
    assert "profile-likelihood" in profile.note
    if show(case["lr"], 4) != show(case["p"], 4):
        assert "P is that of the likelihood-ratio test" in profile.note
    exact = judged(case["conditional"], case["exact"], case["fisher"])
    assert exact.verdict is Verdict.DEPENDS
    assert "conditional" in exact.note
    opposite = judged(1 / odds, [1 / x for x in reversed(case["wald"])], case["p"])
    assert opposite.verdict is Verdict.DEPENDS
    assert "opposite category" in opposite.note


# --- honest tables ---------------------------------------------------------------------


def printed(b: float, se: float, rng: np.random.Generator) -> dict[str, str]:
    """A row with some of its columns."""
    places, rounding = int(rng.integers(1, 4)), str(rng.choice(ROUNDINGS))
    cells, ci = regression_cells(b, se, "0.000", places, rounding)
    cells["ci"] = ci
    if rng.random() < 0.5:
        for column in ("b", "se", "wald"):
            del cells[column]
    return cells


@pytest.mark.parametrize("seed", range(6))
def test_honest_rows_are_never_accused(tmp_path: Path, seed: int):
    """Fits of statsmodels with usual and unusual codes, printed with one to three decimals."""
    rng = np.random.default_rng([seed, 12])
    n1, n0 = (int(n) for n in rng.integers(15, 200, 2))
    counts, rows = {}, []
    y = np.repeat([1, 0], [n1, n0])
    for i in range(14):
        a, b = (int(rng.integers(1, n)) for n in (n1, n0))
        x = np.r_[np.repeat([1, 0], [a, n1 - a]), np.repeat([1, 0], [b, n0 - b])].astype(float)
        kind = rng.choice(["plain", "opposite", "effect", "sas", "robust", "relative"])
        codes = {"opposite": 1 - x, "effect": 2 * x - 1, "sas": 2 * x - 1}.get(str(kind), x)
        family = sm.families.Poisson() if kind == "relative" else sm.families.Binomial()
        fit = sm.GLM(y, sm.add_constant(codes), family=family).fit(
            tol=1e-13, cov_type="HC1" if kind == "robust" else "nonrobust"
        )
        slope, se = fit.params[1], fit.bse[1]
        cells = printed(slope, se, rng)
        if kind == "sas":  # B of codes −1 and 1, ratio and limits of the whole step
            whole = printed(2 * slope, 2 * se, np.random.default_rng(0))
            cells |= {k: whole[k] for k in ("ratio", "ci") if k in whole}
        counts[f"x{i}"] = (a, b)
        rows.append({"id": f"x{i}"} | cells)
    found = ledger(tmp_path, counts, (n1, n0), rows)
    crude = [f for f in found if f.check == univariable.CHECK]
    assert len(crude) == 14
    accused = [f.id for f in found if f.verdict is Verdict.IMPOSSIBLE]
    assert not accused, (accused, rows, counts, n1, n0)


def test_a_wrong_count_or_ratio_is_found(tmp_path: Path):
    """Of rows whose ratio belongs to other counts most are impossible."""
    rng = np.random.default_rng(4)
    seen = []
    for _ in range(15):
        n1, n0 = (int(n) for n in rng.integers(60, 200, 2))
        a, b = (int(rng.integers(20, n - 20)) for n in (n1, n0))
        moved = a + (12 if a < n1 / 2 else -12)
        b_, se = univariable.odds_ratio((moved, b, n1 - moved, n0 - b)).b, 0.3
        cells, ci = regression_cells(float(b_.low), se)
        found = row_of(tmp_path, cells | {"ci": ci}, (a, b), (n1, n0))
        seen.append(found.verdict is Verdict.IMPOSSIBLE)
    assert sum(seen) >= 13


# --- what keeps a verdict back ---------------------------------------------------------

WRONG = {"ratio": "3.52", "ci": "1.88–6.59", "p": "<0.001"}


def test_only_a_table_that_says_logistic_is_accused(tmp_path: Path):
    assert row_of(tmp_path, WRONG).verdict is Verdict.IMPOSSIBLE
    assert row_of(tmp_path, WRONG, model=None).verdict is Verdict.DEPENDS
    assert row_of(tmp_path, WRONG, effect_label="RR").verdict is Verdict.DEPENDS


@pytest.mark.parametrize(
    "table",
    [
        {"model": "cox"},
        {"model": None, "effect_label": "HR (95% CI)"},
        {"model": None, "paper": {"tests": {"model": "univariate and multivariate Cox regression"}}},
        {"model": None, "paper": {"tests": {"model": "logistic and Cox regression"}}},
        {"model": None, "effect_label": "RR", "title": "Factors of overall survival"},
    ],
)  # fmt: skip
def test_a_model_of_times_is_held_against_no_counts(tmp_path: Path, table):
    found = ledger(tmp_path, {"smoke": (30, 44)}, (59, 130), [{"id": "smoke"} | WRONG], **table)
    assert found["table2.crude"].verdict is Verdict.NOT_CHECKABLE
    assert "Missing: " in found["table2.crude"].by_hand
    assert not [f for f in found if f.verdict is Verdict.IMPOSSIBLE]
    # nor does any other finding take the rows for a model of the groups
    assert "coherence.smoke.se" not in found
    assert found["coherence.table2.score"].verdict is Verdict.NOT_CHECKABLE
    assert "exposed" not in found["table2.smoke.ratio_is_exp_b"].values


def test_missing_values_anywhere_keep_it_back(tmp_path: Path):
    other = {
        "id": "age", "variable": "age", "summary": "mean_sd", "n": {"event": "50", "none": "120"},
        "values": {"event": "60 ± 9", "none": "61 ± 9"},
    }  # fmt: skip
    assert row_of(tmp_path, WRONG, first=[other]).verdict is Verdict.DEPENDS


def test_a_few_patients_left_out_keep_it_back(tmp_path: Path):
    fewer = univariable.odds_ratio((30, 42, 28, 86)).columns(univariable.common.z_for_level(
        univariable.Fraction(19, 20)))  # fmt: skip
    found = row_of(tmp_path, {"ratio": show(float(fewer["ratio"].low), 3)})
    assert found.verdict is Verdict.DEPENDS
    assert "patients left out" in found.note


def test_an_empty_cell_has_no_estimate(tmp_path: Path):
    found = row_of(tmp_path, {"ratio": ">999.999", "ci": "<0.001->999.999"}, (12, 0))
    assert found.verdict is Verdict.DEPENDS
    assert "zero" in found.note


def test_a_level_may_be_compared_with_another_one(tmp_path: Path):
    levels = {
        "id": "stage", "variable": "stage", "summary": "levels",
        "levels": [
            {"id": "i", "label": "I", "values": {"event": "10", "none": "60"}},
            {"id": "ii", "label": "II", "values": {"event": "20", "none": "40"}},
            {"id": "iii", "label": "III", "values": {"event": "29", "none": "30"}},
        ],
    }  # fmt: skip
    row = {"id": "iii", "margin": "table1.stage.iii", "ratio": show(29 * 60 / (30 * 10), 3)}
    found = ledger(tmp_path, {}, (59, 130), [row], first=[levels])["table2.iii.crude"]
    assert found.verdict is Verdict.REPRODUCED
    assert found.note == "It is the odds ratio (against I)."
    row["ratio"] = "9.99"  # of three levels the reference may be any mixture
    wrong = ledger(tmp_path, {}, (59, 130), [row], first=[levels])["table2.iii.crude"]
    assert wrong.verdict is Verdict.DEPENDS


def test_limits_in_the_wrong_order_are_told_and_still_checked(tmp_path: Path):
    cells = {"ratio": "2.022", "ci": "3.783–1.081", "p": "0.028"}
    found = ledger(tmp_path, {"smoke": (30, 44)}, (59, 130), [{"id": "smoke"} | cells])
    assert found["table2.smoke.limits_order"].verdict is Verdict.DEPENDS
    assert found["table2.smoke.crude"].verdict is Verdict.REPRODUCED
    assert found["table2.smoke.ci.low"].verdict in (Verdict.REPRODUCED, Verdict.CONSISTENT)
