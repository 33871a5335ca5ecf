"""Records of other shapes: several models, subsets of groups, missing values, times to events."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.audit import audit
from analysis.checks.margins import has_missing_values, margin_of
from analysis.checks.words import times_to_event, why_not_one_model
from analysis.findings import Ledger, Verdict
from analysis.paper import load_paper

ROW = {
    "b": "0.704",
    "se": "0.320",
    "wald": "4.852",
    "p": "0.028",
    "ratio": "2.022",
    "ci": "1.081–3.783",
}


def table(id: str, rows: list[dict], **more) -> dict:
    return {
        "id": id, "kind": "regression", "title": "t", "event": "event", "effect_label": "OR",
        "rows": [{"label": r["id"]} | r for r in rows],
    } | more  # fmt: skip


def tree(*tables: dict, **more) -> dict:
    return {
        "schema": "1",
        "paper": {"key": "trial", "label": "trial"} | more.pop("paper", {}),
        "groups": [
            {"id": "event", "label": "event", "n": "59", "event": "true"},
            {"id": "none", "label": "no event", "n": "130"},
            *more.pop("groups", []),
        ],
        "variables": [{"id": c, "label": c} for c in ("smoke", "age", "marker")],
        "tables": [
            {
                "id": "table1", "kind": "two_group", "title": "t", "groups": ["event", "none"],
                "rows": [
                    {
                        "id": "smoke", "variable": "smoke", "summary": "n_pct",
                        "values": {"event": "30", "none": "44"},
                    } | more.pop("smoke", {}),
                    *more.pop("rows", []),
                ],
            },
            *tables,
        ],
    } | more  # fmt: skip


def load(folder: Path, tree: dict):
    file = folder / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_paper(file)


def run(folder: Path, tree: dict) -> Ledger:
    paper = load(folder, tree)
    ledger = audit(paper)
    assert set(paper.numbers) <= {n for f in ledger for n in f.numbers}
    return ledger


SMOKE = {"id": "smoke", "margin": "table1.smoke"} | ROW


def test_two_models_may_share_a_row(tmp_path: Path):
    one = {"se": "0.250", "wald": "7.930", "p": "0.005", "ci": "1.239–3.300"}
    ledger = run(tmp_path, tree(table("table2", [SMOKE]), table("table3", [SMOKE | one])))
    assert ledger["coherence.table2.smoke.se"].verdict is Verdict.CONSISTENT
    assert ledger["coherence.table3.smoke.se"].verdict is Verdict.DEPENDS
    # with one such table the id stays short
    assert "coherence.smoke.se" in run(tmp_path, tree(table("table2", [SMOKE])))


def test_univariable_beside_multivariable(tmp_path: Path):
    """The same variable twice: each is held against its own model, none against the other."""
    crude = table("table2", [SMOKE], analysis="univariable", model="logistic")
    adjusted = table("table3", [SMOKE | {"b": "0.900", "ratio": "2.460"}])
    adjusted["rows"][0] = {k: v for k, v in adjusted["rows"][0].items() if k in (
        "id", "label", "margin", "b", "ratio")}  # fmt: skip
    ledger = run(tmp_path, tree(crude, adjusted))
    assert ledger["table2.smoke.crude"].verdict is Verdict.REPRODUCED
    assert "table3.smoke.crude" not in ledger
    assert not [f for f in ledger if f.verdict is Verdict.IMPOSSIBLE]


@pytest.mark.parametrize(
    ("model", "label", "words", "constant", "title", "missing"),
    [
        (None, "OR", None, False, "t", False),
        (None, "RR", "multivariate regression", False, "t", False),
        (None, "OR", "logistic regression", False, "Factors of survival", False),
        ("logistic", "HR", "Cox regression", False, "Survival", False),
        ("cox", "OR", None, False, "t", True),
        (None, "hazard ratio", None, False, "t", True),
        (None, "adjusted HR", "logistic regression", False, "t", True),
        (None, "OR", "multivariate Cox regression", False, "t", True),
        (None, "RR", "proportional hazards model", False, "t", True),
        (None, "OR", "logistic regression and Cox regression", False, "t", True),
        (None, "OR", "logistic regression and Cox regression", True, "t", False),
        (None, "OR", "Cox regression", True, "t", True),
        (None, "RR", None, False, "Overall survival", True),
        (None, "exp(B)", "multivariate analysis", False, "Factors of DFS", True),
        (None, "RR", "Poisson regression", False, "Overall survival", False),
    ],
)  # fmt: skip
def test_which_tables_may_be_of_times_to_an_event(
    tmp_path: Path, model, label, words, constant, title, missing
):
    more = {"model": model} if model else {}
    if constant:
        more["constant"] = {
            "b": "-1.087",
            "se": "0.215",
            "wald": "25.563",
            "p": "0.000",
            "ratio": "0.337",
        }
    regression = table("table2", [SMOKE], title=title, **more) | {"effect_label": label}
    paper = {"tests": {"model": words}} if words else {}
    loaded = load(tmp_path, tree(regression, paper=paper))
    assert bool(times_to_event(loaded, loaded.table("table2"))) == missing
    ledger = audit(loaded)
    score = ledger["coherence.table2.score"]
    if missing:
        assert score.verdict is Verdict.NOT_CHECKABLE
        assert "time" in score.by_hand or "Cox" in score.by_hand
        assert "coherence.smoke.se" not in ledger
        assert "exposed" not in ledger["table2.smoke.ratio_is_exp_b"].values
        if constant:
            assert ledger["table2.constant_coding"].verdict is Verdict.NOT_CHECKABLE
        assert not [f for f in ledger if f.verdict is Verdict.IMPOSSIBLE]
    else:
        assert score.verdict in (Verdict.CONSISTENT, Verdict.DEPENDS)
        assert "coherence.smoke.se" in ledger


def test_without_an_event_nothing_is_joined(tmp_path: Path):
    regression = {k: v for k, v in table("table2", [SMOKE]).items() if k != "event"}
    ledger = run(tmp_path, tree(regression))
    assert "which group had the event" in ledger["coherence.table2.score"].by_hand


def test_missing_values_keep_the_whole_model_from_being_proved(tmp_path: Path):
    paper = load(
        tmp_path, tree(table("table2", [SMOKE]), smoke={"n": {"event": "55", "none": "120"}})
    )
    assert has_missing_values(paper, paper.table("table2"), paper.table("table2").rows[0])
    score = audit(paper)["coherence.table2.score"]
    assert score.verdict is Verdict.NOT_CHECKABLE
    assert "no value of smoke" in score.by_hand
    crude = audit(paper)["table2.smoke.ratio_is_exp_b"].values
    assert (crude["exposed"], crude["others"]) == (74, 175 - 74)


def test_a_mean_of_other_groups_bounds_nothing(tmp_path: Path):
    """A cut of a variable whose means are of some of the groups only."""
    age = {
        "id": "age",
        "variable": "age",
        "summary": "mean_sd",
        "values": {"event": "60 ± 9", "none": "61 ± 9"},
    }
    row = {"id": "age", "variable": "age", "threshold": ">65", "b": "0.5", "se": "0.3"}
    third = [{"id": "third", "label": "Third", "n": "40"}]
    paper = load(tmp_path, tree(table("table2", [row]), rows=[age], groups=third))
    margin = margin_of(paper, paper.table("table2"), paper.table("table2").rows[0])
    assert margin.uses == ()
    assert not [f for f in audit(paper) if f.verdict is Verdict.IMPOSSIBLE]
    assert why_not_one_model(paper, paper.table("table2")) == ""


def test_shares_of_other_groups_are_no_counts_of_the_model(tmp_path: Path):
    roc = {
        "id": "table2", "kind": "roc", "title": "t", "positive": "third", "groups": ["third", "none"],
        "rows": [{"id": "marker", "variable": "marker", "sensitivity": "80.0%", "specificity": "70.0%"}],
    }  # fmt: skip
    row = {"id": "marker", "cut": "table2.marker", "b": "0.5", "se": "0.3"}
    third = [{"id": "third", "label": "Third", "n": "40"}]
    regression = table("table3", [row], groups=["event", "none"])
    paper = load(tmp_path, tree(roc, regression, groups=third))
    assert margin_of(paper, paper.table("table3"), paper.table("table3").rows[0]).uses == ()
    audit(paper)


def test_a_cox_table_of_everyone_without_groups(tmp_path: Path):
    record = tree(table("table2", [{"id": "x"} | ROW], model="cox"))
    record["groups"], record["tables"] = [], record["tables"][1:]
    del record["tables"][0]["event"]
    ledger = run(tmp_path, record)
    assert ledger["table2.x.row"].verdict in (Verdict.CONSISTENT, Verdict.REPRODUCED)
    assert ledger["coherence.table2.score"].verdict is Verdict.NOT_CHECKABLE


def test_several_roc_rows_of_one_variable(tmp_path: Path):
    """A row with a cut of its own beside two ROC rows of the same variable."""
    rows = [{"id": f"m{i}", "variable": "marker", "threshold": t} for i, t in enumerate("357")]
    roc = {"id": "table2", "kind": "roc", "title": "t", "positive": "event", "rows": rows}
    row = {"id": "marker", "cut": "table2.m0", "threshold": ">3", "b": "0.5", "se": "0.3"}
    ledger = run(tmp_path, tree(roc, table("table3", [row])))
    assert ledger["table3.marker.threshold"].verdict is Verdict.REPRODUCED
    assert ledger["table3.marker.threshold.table2"].values["other"] == "table2.m1.threshold"
    assert ledger["table3.marker.threshold.table2.m2"].values["other"] == "table2.m2.threshold"
