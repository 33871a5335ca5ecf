"""Records of other shapes: subsets of groups, all patients, denominators by row, Cox, cuts."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.audit import audit
from analysis.compatible.constraints import NotCoveredError, constraints
from analysis.paper import PaperError, load_paper


def record() -> dict:
    """Three groups and all patients, three kinds of tables, none of them like Yu's."""
    return {
        "schema": "1",
        "paper": {"key": "some2020", "label": "Some 2020"},
        "groups": [
            {"id": "low", "label": "Low", "n": "40"},
            {"id": "high", "label": "High", "n": "60"},
            {"id": "other", "label": "Other", "n": "20"},
        ],
        "everyone": {"id": "all", "label": "All", "n": "120"},
        "variables": [{"id": "age", "label": "Age"}, {"id": "male", "label": "Male"}],
        "tables": [
            {
                "id": "table1",
                "kind": "two_group",
                "label": "Table 1, upper part",
                "title": "Low against high",
                "groups": ["low", "high"],
                "rows": [
                    {
                        "id": "age",
                        "variable": "age",
                        "summary": "mean_sd",
                        "n": {"high": "58"},
                        "test": "welch",
                        "values": {"all": "61 ± 9", "low": "60 ± 9", "high": "62 ± 9"},
                    },
                    {
                        "id": "male",
                        "variable": "male",
                        "summary": "n_pct",
                        "values": {"low": "10 (25%)", "high": "15 (25%)"},
                    },
                ],
            },
            {
                "id": "table2",
                "kind": "roc",
                "title": "Cuts",
                "positive": "high",
                "groups": ["low", "high"],
                "rows": [
                    {
                        "id": "age",
                        "variable": "age",
                        "sensitivity": "0.50",
                        "specificity": "0.60",
                        "ppv": "0.65",
                        "cuts": [{"id": "second", "threshold": "65", "sensitivity": "0.30"}],
                    }
                ],
            },
            {
                "id": "table3_univariable",
                "kind": "regression",
                "model": "cox",
                "analysis": "univariable",
                "title": "Survival",
                "effect_label": "HR",
                "rows": [{"id": "age", "label": "Age", "ratio": "1.10", "ci": "1.00–1.21"}],
            },
        ],
    }


def load(tmp_path: Path, tree: dict):
    file = tmp_path / "paper.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return load_paper(file)


def test_every_number_has_an_id_and_a_place(tmp_path):
    paper = load(tmp_path, record())
    numbers = paper.numbers
    assert numbers["groups.all"].value.value == 120
    assert numbers["table1.age.n.high"].text == "58"
    assert numbers["table1.age.all.mean"].place == "Table 1, upper part, Age, All"
    assert numbers["table2.age.ppv"].role == "PPV"
    assert numbers["table2.age.second.sensitivity"].text == "0.30"
    assert numbers["table3_univariable.age.ratio"].place.startswith("Table 3 univariable")
    assert [c.size for c in paper.columns(paper.table("table1"))] == [40, 60]
    age = paper.table("table1").rows[0]
    assert [(c.size, c.number) for c in paper.columns(paper.table("table1"), age)] == [
        (40, "groups.low"),
        (58, "table1.age.n.high"),
    ]
    assert paper.total_of(paper.table("table1"), age) == 98
    assert paper.total == 120


def test_the_audit_takes_the_sizes_of_the_table_and_the_row(tmp_path):
    ledger = audit(load(tmp_path, record()))
    assert ledger["table1.male.high.percentage"].values["n"] == 60
    assert not [f for f in ledger if "other" in f.id and f.table == "table1"]
    covered = {number for finding in ledger for number in finding.numbers}
    assert set(load(tmp_path, record()).numbers) <= covered


def _set(tree: dict, *path, value):
    for step in path[:-1]:
        tree = tree[step]
    tree[path[-1]] = value


@pytest.mark.parametrize(
    ("path", "value", "sentence"),
    [
        (("tables", 0, "groups"), ["low", "hihg"], 'found "hihg", which is no group'),
        (("tables", 0, "groups"), ["low", "low"], 'found the group "low" twice'),
        (("tables", 1, "groups"), ["high"], "found 1 groups, at least two groups are needed"),
        (("tables", 1, "positive"), "other", 'found "other", which is no group'),
        (("tables", 0, "rows", 1, "values", "other"), "3", 'found "other", which is no group'),
        (("tables", 0, "rows", 0, "n"), {"lwo": "3"}, 'found "lwo", which is no group'),
        (("tables", 0, "rows", 0, "test"), "tea", 'found "tea", allowed is'),
        (("tables", 1, "rows", 0, "cuts", 0, "id"), "auc", "the name of a column"),
        (("tables", 2, "constant"), {"b": "1"}, "a Cox model has no constant"),
        (("everyone", "id"), "low", 'found the id "low" twice'),
        (("groups", 0, "event"), "perhaps", "true or false is needed"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(tmp_path, path, value, sentence):
    tree = record()
    _set(tree, *path, value=value)
    with pytest.raises(PaperError, match=r"paper\.yaml:") as refused:
        load(tmp_path, tree)
    assert sentence in str(refused.value)


def test_two_groups_with_the_event_are_refused(tmp_path):
    tree = record()
    tree["groups"][0]["event"] = tree["groups"][1]["event"] = "true"
    with pytest.raises(PaperError, match="found 2 groups with event: true, one is allowed"):
        load(tmp_path, tree)


def test_cohorts_are_refused_where_the_search_does_not_serve(tmp_path):
    with pytest.raises(NotCoveredError, match="3 groups"):
        constraints(load(tmp_path, record()))
