"""Tables held against each other: honest papers pass, planted errors are noticed."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import regression_papers
from analysis.checks.across_tables import joined, score_equations, standard_errors
from analysis.findings import Verdict
from analysis.paper import load_paper

PAPER = Path(__file__).parents[3] / "data" / "yu2023" / "paper.yaml"
REAL = ["MASS::birthwt", "MASS::Pima.te", "MASS::Melanoma", "carData::Mroz"]


@pytest.fixture(scope="module")
def paper():
    return load_paper(PAPER)


@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("coding", ["0/1", "1/2", "-1/1"])
def test_real_patients_are_not_accused(name: str, coding: str, tmp_path):
    record = regression_papers.print_regression(
        regression_papers.case(name), coding=coding, link="logit", margins="counts"
    )
    found = record.load(tmp_path / "paper.yaml")
    verdicts = {f.id: f.verdict for c in (score_equations, standard_errors) for f in c(found)}
    assert Verdict.IMPOSSIBLE not in verdicts.values()
    if coding != "-1/1":
        assert set(verdicts.values()) == {Verdict.CONSISTENT}


def test_a_strong_coefficient_with_the_wrong_sign_is_noticed(tmp_path):
    # weak ones are not: the joint patterns are free enough to carry the difference
    record = regression_papers.print_regression(
        regression_papers.case("MASS::birthwt"), link="logit", margins="counts", named=True
    )
    planted, what = regression_papers.plant(record, "sign", np.random.default_rng(4))
    assert what.number == "table3.ptd.b"
    found = planted.load(tmp_path / "paper.yaml")
    (finding,) = score_equations(found)
    assert finding.verdict is Verdict.DEPENDS
    assert "logit" in finding.values["refuted"]


def test_a_standard_error_below_the_crude_one_depends_on_the_model(paper):
    findings = {f.id: f for f in standard_errors(paper)}
    index = findings["coherence.sii.se"]
    a, c, b, d = index.values["counts"]
    crude = math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)  # Woolf 1955
    assert index.values["bounds"]["logit"] == pytest.approx(crude)
    assert index.values["largest"] < crude
    assert index.verdict is Verdict.DEPENDS
    others = [f.verdict for id, f in findings.items() if id != "coherence.sii.se"]
    assert others == [Verdict.CONSISTENT] * 3


def test_the_four_tables_fit_a_poisson_and_no_logistic_regression(paper):
    (found,) = score_equations(paper)
    assert found.verdict is Verdict.DEPENDS
    assert "logit" in found.values["refuted"]
    assert "log" in found.values["fitting"]
    # the innocent reading that the proof of the logit leaves open
    assert "logit" not in found.values["refuted_effect"]


def test_what_the_problem_rests_on_is_named(paper):
    found = joined(paper, paper.table("table4"))
    assert {"table2.sii.sensitivity", "table1.lesions.several.control.count"} <= set(found.uses)


def test_a_predictor_in_two_tables_has_two_findings(tmp_path):
    record = regression_papers.print_regression(
        regression_papers.case("MASS::birthwt"), coding="0/1", link="logit", margins="counts"
    )
    twin = next(t for t in record.tree["tables"] if t["kind"] == "regression")
    record.tree["tables"].append({**twin, "id": "table9"})
    found = [f.id for f in standard_errors(record.load(tmp_path / "paper.yaml"))]
    assert len(found) == len(set(found)) > 1
    assert [id for id in found if "table9" in id]
