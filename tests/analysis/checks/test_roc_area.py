"""Areas as other programs print them: never called impossible where a program is not known."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from roc_papers import findings, impossible
from scipy import stats
from sklearn.metrics import roc_auc_score

from analysis.checks.words import uses_spss
from analysis.findings import Verdict
from analysis.paper import load_paper
from paper_writer import ROUNDINGS, roc_estimates, show, show_p

Z = stats.norm.ppf(0.975)


def logit_limits(auc: float, se: float) -> tuple[float, float]:
    """DeLong's interval on the logit scale (Pepe 2003; Stata's and MedCalc's option)."""
    center, reach = math.log(auc / (1 - auc)), Z * se / (auc * (1 - auc))
    return tuple(1 / (1 + math.exp(-center - side * reach)) for side in (-1, 1))


def bootstrap(positive: np.ndarray, negative: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    picked = [
        roc_estimates(rng.choice(positive, len(positive)), rng.choice(negative, len(negative)))[0]
        for _ in range(60)
    ]
    return np.array(picked)


def honest(rng: np.random.Generator, positive: np.ndarray, negative: np.ndarray) -> dict:
    """AUC with an interval and a P of one of the usual kinds; the SE is often missing."""
    auc, delong, hanley = roc_estimates(positive, negative)
    n1, n0 = len(positive), len(negative)
    null = math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
    se = float(rng.choice([delong, hanley])) or 0.01
    kind = str(rng.choice(["wald", "logit", "percentile", "exact"]))
    if kind == "logit" and 0 < auc < 1:
        low, high = logit_limits(auc, se)
    elif kind == "percentile":
        low, high = np.quantile(bootstrap(positive, negative, rng), [0.025, 0.975])
    elif kind == "exact":  # MedCalc's binomial interval
        n, k = n1 + n0, auc * (n1 + n0)
        low = stats.beta.ppf(0.025, k, n - k + 1) if k else 0.0
        high = stats.beta.ppf(0.975, k + 1, n - k) if k < n else 1.0
    else:
        low, high = max(auc - Z * se, 0), min(auc + Z * se, 1)
    p = {
        "null": 2 * stats.norm.sf(abs(auc - 0.5) / null),
        "estimated": 2 * stats.norm.sf(abs(auc - 0.5) / se),
        "rank sum": stats.mannwhitneyu(positive, negative).pvalue,
        "other area": rng.random(),
    }[str(rng.choice(["null", "estimated", "rank sum", "other area"]))]
    places, rounding = int(rng.integers(2, 4)), str(rng.choice(ROUNDINGS))
    cut = float(rng.choice(np.r_[positive, negative]))
    cells = {
        "auc": show(auc, places, rounding),
        "ci": f"{show(low, places, rounding)}–{show(high, places, rounding)}",
        "p": show_p(float(p), 3, str(rng.choice(["plain", "zero"]))),
        "sensitivity": show(Fraction(int((positive > cut).sum()), n1), places, rounding),
        "specificity": show(Fraction(int((negative <= cut).sum()), n0), places, rounding),
    }
    if rng.random() < 0.3:
        cells["se"] = show(se, 3, rounding)
    for column in ("auc", "ci", "p"):
        if rng.random() < 0.1:
            del cells[column]
    return cells


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("software", [None, "R 4.2 (pROC)", "SPSS 26 and MedCalc"])
def test_honest_areas_are_never_accused(tmp_path: Path, seed: int, software: str | None):
    rng = np.random.default_rng([seed, 41])
    n1, n0 = (int(n) for n in rng.integers(5, 60, 2))
    rows = []
    for i in range(8):
        shift, step = float(rng.choice([-0.5, 0, 0.5, 1.5, 4])), float(rng.choice([0.001, 0.5]))
        positive = np.round(rng.normal(shift, 1, n1) / step) * step
        negative = np.round(rng.normal(0, 1, n0) / step) * step
        rows.append({"id": f"m{i}"} | honest(rng, positive, negative))
    about = {"paper": {"key": "made_up", "label": "Made up"}}
    if software:
        about["paper"]["software"] = software
    assert not impossible(findings(tmp_path, rows, n1, n0, **about)), rows


def test_only_spss_alone_binds_interval_and_p(tmp_path: Path):
    row = {"id": "m", "auc": "0.795", "se": "0.027", "ci": "0.735–0.843", "p": "0.300"}
    found = {}
    for software in ("SPSS 26.0", "SPSS 26.0 and MedCalc 19", "SPSS and R software"):
        paper = {"key": "a", "label": "a", "software": software}
        found[software] = findings(tmp_path, [row], 112, 160, paper=paper)
        assert uses_spss(load_paper(tmp_path / "paper.yaml")) == (software == "SPSS 26.0")
    alone, beside, _ = found.values()
    assert alone["table2.m.ci"].verdict is Verdict.IMPOSSIBLE
    assert alone["table2.m.p"].verdict is Verdict.IMPOSSIBLE
    assert beside["table2.m.ci"].verdict is Verdict.DEPENDS
    assert beside["table2.m.p"].verdict is Verdict.DEPENDS


def test_an_area_of_small_groups_is_a_number_of_pairs(tmp_path: Path):
    spss = {"key": "a", "label": "a", "software": "SPSS"}
    found = findings(tmp_path, [{"id": "m", "auc": "0.803"}], 10, 10, paper=spss)["table2.m.pairs"]
    assert found.verdict is Verdict.IMPOSSIBLE  # 0.800 or 0.805
    assert "160/(2 × 10 × 10) = 0.80000; 161/(2 × 10 × 10) = 0.80500" in found.by_hand
    other = findings(tmp_path, [{"id": "m", "auc": "0.803"}], 10, 10)["table2.m.pairs"]
    assert other.verdict is Verdict.DEPENDS
    assert "table2.m.pairs" not in findings(tmp_path, [{"id": "m", "auc": "0.803"}], 30, 40)


@pytest.mark.parametrize("seed", range(5))
def test_areas_of_scikit_learn_are_numbers_of_pairs(tmp_path: Path, seed: int):
    rng = np.random.default_rng([seed, 9])
    n1, n0 = (int(n) for n in rng.integers(2, 12, 2))
    rows = []
    for i in range(10):
        values = np.round(rng.normal(0, 1, n1 + n0), 1)
        auc = roc_auc_score(np.repeat([1, 0], [n1, n0]), values)
        rows.append({"id": f"m{i}", "auc": show(auc, 4, str(rng.choice(ROUNDINGS)))})
    spss = {"key": "a", "label": "a", "software": "SPSS"}
    found = findings(tmp_path, rows, n1, n0, paper=spss)
    assert sum(f.check == "AUC as pairs of patients" for f in found.values()) == 10
    assert not impossible(found)


@pytest.mark.parametrize("level", ["0%", "100%"])
def test_a_level_that_makes_no_interval_is_let_pass(tmp_path: Path, level: str):
    row = {"id": "m", "auc": "0.8", "ci": "0.5–1", "p": "0.05"}
    found = findings(tmp_path, [row], 20, 30, confidence=level)
    assert "table2.m.ci" not in found
    assert found["table2.m.p"].verdict is not Verdict.IMPOSSIBLE
