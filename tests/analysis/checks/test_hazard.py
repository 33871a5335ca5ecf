"""The least standard error of a 0/1 predictor of a Cox model."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from lifelines import CoxPHFitter
from lifelines.datasets import load_rossi

from analysis.checks import hazard
from analysis.findings import Verdict
from analysis.paper import load_paper


@pytest.mark.parametrize("seed", range(12))
def test_no_fit_of_lifelines_falls_below_the_bound(seed: int):
    """Random follow-up, ties, censoring, other covariates: the bound holds, and is close where
    the predictor halves every risk set."""
    rng = np.random.default_rng([seed, 2])
    n = int(rng.integers(40, 200))
    x = rng.integers(0, 2, n)
    other = rng.normal(0, 1, n) + 0.5 * x
    times = rng.exponential(np.exp(-0.3 * x - 0.5 * other))
    times = np.ceil(times * float(rng.choice([3, 1000]))) / 3
    event = (rng.random(n) < rng.uniform(0.3, 1)).astype(int)
    frame = pd.DataFrame({"t": times, "e": event, "x": x, "other": other})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = CoxPHFitter().fit(frame, "t", "e")
    bound = math.sqrt(hazard.least_variance(int(event.sum())))
    assert fit.standard_errors_["x"] >= bound
    assert fit.standard_errors_["x"] < 2 * bound


def finding(folder: Path, se: str, events: str = "114", **table):
    tree = {
        "schema": "1",
        "paper": {"key": "rossi", "label": "rossi"},
        "groups": [
            {"id": "arrest", "label": "Arrest", "n": events, "event": "true"},
            {"id": "none", "label": "None", "n": "318"},
        ],
        "tables": [
            {
                "id": "table2", "kind": "regression", "title": "t", "effect_label": "HR",
                "model": "cox", "event": "arrest",
                "rows": [{"id": "age", "label": "Age", "threshold": ">25", "b": "-0.38", "se": se}],
            } | table,
        ],
    }  # fmt: skip
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return next(hazard.hazard_standard_errors(load_paper(file)), None)


def test_a_printed_standard_error(tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = CoxPHFitter().fit(load_rossi(), "week", "arrest")
    honest = finding(tmp_path, f"{fit.standard_errors_['fin']:.3f}")
    assert honest.verdict is Verdict.CONSISTENT
    small = finding(tmp_path, "0.105")
    assert small.verdict is Verdict.DEPENDS
    assert small.by_hand.startswith("2/√114 = 0.1873 > 0.1055")
    assert finding(tmp_path, "0.187").verdict is Verdict.CONSISTENT  # 0.1873 rounds to it


def test_only_cox_models_with_known_events(tmp_path: Path):
    assert finding(tmp_path, "0.105", model="logistic") is None
    assert finding(tmp_path, "0.105", event=None) is None
