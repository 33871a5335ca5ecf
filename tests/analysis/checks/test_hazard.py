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
    counted = math.sqrt(hazard.least_variance(int(event.sum()), int(event[x == 1].sum())))
    assert bound <= counted <= fit.standard_errors_["x"]


@pytest.mark.parametrize("seed", range(12))
def test_no_fit_with_a_rare_predictor_falls_below_the_counted_bound(seed: int):
    """Where few of the events have the predictor the counts say far more than their number."""
    rng = np.random.default_rng([seed, 3])
    n = 400
    x = (rng.random(n) < 0.06).astype(int)
    other = rng.normal(0, 1, n) + x
    times = np.ceil(rng.exponential(np.exp(-0.8 * x - 0.5 * other)) * float(rng.choice([4, 1000])))
    event = (rng.random(n) < 0.5).astype(int)
    event[np.flatnonzero(x)[0]] = 1  # some and not all
    fit = CoxPHFitter().fit(pd.DataFrame({"t": times, "e": event, "x": x, "o": other}), "t", "e")
    events, with_it = int(event.sum()), int(event[x == 1].sum())
    counted = math.sqrt(hazard.least_variance(events, with_it))
    assert 1.5 * math.sqrt(hazard.least_variance(events)) < counted
    assert counted <= fit.standard_errors_["x"] < 1.5 * counted


@pytest.mark.parametrize("with_it", [0, 9])
def test_events_on_one_side_have_no_finite_fit(with_it: int):
    with pytest.raises(ValueError, match=f"{with_it} of 9 events have the predictor"):
        hazard.least_variance(9, with_it)


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


def counted(folder: Path, se: str, with_it: str, others: str = "90"):
    table1 = {
        "id": "table1", "kind": "two_group", "title": "t",
        "rows": [{"id": "aid", "variable": "aid", "summary": "n_pct",
                  "values": {"arrest": f"{with_it} ({100 * int(with_it) / 114:.1f}%)",
                             "none": f"{others} ({100 * int(others) / 318:.1f}%)"}}],
    }  # fmt: skip
    tree = {
        "schema": "1",
        "paper": {"key": "rossi", "label": "rossi"},
        "groups": [
            {"id": "arrest", "label": "Arrest", "n": "114", "event": "true"},
            {"id": "none", "label": "None", "n": "318"},
        ],
        "variables": [{"id": "aid", "label": "Aid"}],
        "tables": [
            table1,
            {
                "id": "table2", "kind": "regression", "title": "t", "effect_label": "HR",
                "model": "cox", "event": "arrest",
                "rows": [{"id": "aid", "label": "Aid", "margin": "table1.aid", "b": "-0.38", "se": se}],
            },
        ],
    }  # fmt: skip
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return next(hazard.hazard_standard_errors(load_paper(file)))


def test_counted_events_say_more(tmp_path: Path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rossi = load_rossi()
        fit = CoxPHFitter().fit(rossi, "week", "arrest")
    aid = int(rossi.loc[rossi.arrest == 1, "fin"].sum())
    honest = counted(tmp_path, f"{fit.standard_errors_['fin']:.3f}", str(aid))
    assert honest.verdict is Verdict.CONSISTENT
    assert f"114 events, {aid} of them with it," in honest.claim
    small = counted(tmp_path, "0.320", "5")
    assert small.verdict is Verdict.DEPENDS  # 2/√114 alone would let it pass
    assert small.by_hand.startswith("√(1/5 + 1/109) = 0.4574 > 0.3205")
    assert "table1.aid.arrest.count" in small.numbers
    assert small.note.endswith("or an endpoint with more events.")
    rare = counted(tmp_path, "0.320", "5", others="1")  # were all six arrested: 0.411
    assert rare.note.endswith("or robust or penalised errors.")
    assert counted(tmp_path, "0.320", "0").verdict is Verdict.CONSISTENT  # no finite fit: no word


def test_readings_are_named_where_they_help(tmp_path: Path):
    assert "codes −1 and 1" in counted(tmp_path, "0.320", "5").note
    tiny = counted(tmp_path, "0.100", "5")  # half the floor is 0.229
    assert tiny.verdict is Verdict.DEPENDS
    assert "codes −1 and 1" not in tiny.note
    nobody = counted(tmp_path, "0.050", "0", others="0")  # nobody has it: only events speak
    assert nobody.verdict is Verdict.DEPENDS
    assert nobody.by_hand.startswith("2/√114")
