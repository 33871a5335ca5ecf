"""What chapters show of papers that print little: one table, three groups, no event, no model."""

from __future__ import annotations

import copy

import pytest

from analysis.audit import audit
from analysis.findings import Finding, Verdict
from analysis.paper import load_paper
from analysis.show import book, parts, plots
from analysis.show.book import Chapter, verdict_words
from analysis.show.confounding import Confounding, _down
from analysis.show.cutoff import Searched, counts
from analysis.show.effect_size import EffectSize
from analysis.show.usefulness import Usefulness
from tests.workshop.made_up_papers import nearly_everything, one_table, record, three_groups


def read(tmp_path, tree):
    return load_paper(record(tmp_path, tree))


def here(tmp_path, tree, name: str) -> Chapter:
    paper = read(tmp_path, tree)
    return Chapter(name, paper, audit(paper))


def findings(*verdicts: Verdict) -> list[Finding]:
    return [Finding(f"t.{i}", "c", v, (), "", "", "", "") for i, v in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        ([], "There is no finding"),
        ([Verdict.IMPOSSIBLE], "The one finding is impossible"),
        ([Verdict.DEPENDS] * 3, "All 3 findings depend on a convention"),
        (
            [Verdict.IMPOSSIBLE, Verdict.REPRODUCED, Verdict.REPRODUCED, Verdict.DEPENDS],
            "Of 4 findings, 2 are reproduced, 1 depends on a convention and 1 is impossible",
        ),
    ],
)
def test_verdicts_in_words(verdicts, words):
    assert verdict_words(findings(*verdicts)) == words


def test_groups_and_level_in_words(tmp_path):
    three = here(tmp_path / "a", three_groups(), "table2")
    assert (
        three.groups("table2") == "Low (30 patients), Middle (40 patients) and High (30 patients)"
    )
    assert three.significance() == "below 0.05 (the usual level; the record names none)"
    assert here(tmp_path / "b", nearly_everything(), "table1").significance() == "<0.05"


def test_the_event_rate_is_that_of_the_table(tmp_path):
    tree = nearly_everything()
    tree["groups"].append({"id": "lost", "label": "Lost", "n": "50"})
    for table in tree["tables"]:
        table["groups"] = ["dead", "alive"]
    chapter = here(tmp_path, tree, "table3")
    assert chapter.event_rate(table="table3") == "0.333"
    assert chapter.event_rate() == "0.250"


def test_grave_findings_come_with_what_they_rest_on(tmp_path, monkeypatch):
    told: dict[str, object] = {}
    monkeypatch.setattr(book, "_glue", told.__setitem__)
    chapter = here(tmp_path, one_table(), "table1")
    (grave,) = [f for f in chapter.findings if f.verdict is Verdict.IMPOSSIBLE]
    chapter.grave("k", grave.id)
    assert told["k.1.by_hand"] == grave.by_hand
    assert told["k.1.rests_on"] == "; ".join(grave.assumptions)


def test_without_an_event_one_sentence_says_so(tmp_path):
    tree = nearly_everything()
    del tree["groups"][0]["event"]
    paper = read(tmp_path, tree)
    with pytest.raises(ValueError, match="no group is marked"):
        parts.event_group(paper)
    with pytest.raises(ValueError, match="no group is marked"):
        Usefulness(paper, "table2.marker")
    # the tables themselves name the event here
    assert EffectSize(paper, "table3", "fever").told()["per_1"] == "48"
    assert Searched(paper, "table2.marker").told_of_counts()["total"] == "150"


def test_counts_are_those_of_the_groups_of_the_table(tmp_path):
    tree = nearly_everything()
    tree["groups"].append({"id": "lost", "label": "Lost", "n": "50"})
    for table in tree["tables"]:
        table["groups"] = ["dead", "alive"]
    paper = read(tmp_path, tree)
    table = paper.table("table2")
    found = counts(paper, table, table.rows[0])
    assert (found.true_positive, found.false_negative) == (35, 15)
    assert (found.false_positive, found.true_negative) == (35, 65)
    own = Usefulness(paper, "table2.marker").counts
    assert own.patients == 150
    told = Searched(paper, "table2.marker").told_of_counts()
    assert (told["total"], told["half"], told["moved"]) == ("150", "75", "5")


def test_a_count_of_zero_and_a_row_without_a_cut_are_refused_in_words(tmp_path):
    tree = nearly_everything()
    tree["tables"][1]["rows"][0]["specificity"] = "1.000"
    paper = read(tmp_path, tree)
    with pytest.raises(ValueError, match="one of its four counts is zero"):
        Searched(paper, "table2.marker")
    with pytest.raises(ValueError, match="prints no cut-off"):
        Searched(paper, "table2.age")


def test_a_feature_is_not_held_fixed_against_itself(tmp_path):
    paper = read(tmp_path, nearly_everything())
    labels = [f.label for f in Confounding(paper, "table3.fever").features]
    assert labels == ["Sex: male"]
    beside = [f.label for f in Confounding(paper, "table3.marker").features]
    assert sorted(beside) == ["Fever", "Sex: male"]


def test_a_table_of_other_patients_bounds_nothing(tmp_path):
    tree = nearly_everything()
    tree["groups"].append({"id": "lost", "label": "Lost", "n": "50"})
    for table in tree["tables"]:
        table["groups"] = ["dead", "alive"]
    other = copy.deepcopy(tree["tables"][0])
    other |= {"id": "table5", "groups": ["dead", "lost"]}
    for row in other["rows"]:
        for values in [row.get("values"), *(level["values"] for level in row.get("levels", []))]:
            if values:
                values["lost"] = values.pop("alive")
    other["rows"] = [row for row in other["rows"] if row["id"] == "sex"]
    tree["tables"].append(other)
    before = [f.label for f in Confounding(read(tmp_path, tree), "table3.marker").features]
    assert sorted(before) == ["Fever", "Sex: male"]


def test_cox_and_single_models_are_no_model_to_hold_things_fixed_in(tmp_path):
    paper = read(tmp_path, nearly_everything())
    with pytest.raises(ValueError, match="table4 is no logistic or log-linear model"):
        Confounding(paper, "table4.fever")


def test_a_roc_table_with_an_area_alone_is_drawn_as_far_as_it_goes(tmp_path):
    tree = nearly_everything()
    chapter = here(tmp_path, tree, "table2")
    figure = plots.roc_curves(chapter.paper, chapter.ledger, "table2", "roc")
    assert {
        row["Marker"] if "Marker" in row else next(iter(row.values())) for row in figure.data
    } == {"Marker"}


def test_a_table_is_called_as_the_paper_calls_it(tmp_path):
    paper = read(tmp_path, three_groups())
    assert parts.label("table2", paper) == "Table II"
    assert parts.title("table2", paper) == "Table II: By tertile"


def test_a_ratio_beyond_the_plot_is_told_and_not_drawn(tmp_path):
    tree = nearly_everything()
    tree["tables"][2]["rows"][0] |= {"ratio": "30.00", "ci": "12.00–75.00"}
    figure = Confounding(read(tmp_path, tree), "table3.marker").curves("curves")
    assert "outside the plot" in figure.alt
    assert "nan" not in figure.svg


def test_a_feature_with_fewer_events_is_told_so(tmp_path):
    tree = nearly_everything()
    tree["tables"][0]["rows"][2]["values"] = {"dead": "5 (10.0%)", "alive": "40 (40.0%)"}
    found = EffectSize(read(tmp_path, tree), "table3", "fever")
    assert found.difference.value < 0
    assert "−" in found.measures_sheet().text


def test_a_side_without_an_event_is_refused_in_words(tmp_path):
    tree = nearly_everything()
    tree["tables"][1]["rows"][0]["sensitivity"] = "1.000"
    with pytest.raises(ValueError, match=r"one side of table3\.marker has no event"):
        Confounding(read(tmp_path, tree), "table3.marker")


def test_what_is_left_of_a_ratio_may_have_no_limit():
    assert (_down(float("inf")), _down(1.239)) == ("no limit", "1.23")
