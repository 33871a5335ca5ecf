"""Stored whole patients: their fits, by statsmodels, print as the table does."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import statsmodels.api as sm

from analysis import witnesses
from analysis.__main__ import main
from analysis.certify import StudyError
from analysis.paper import load_paper
from tests.analysis.ledgers import PAPER

FAMILIES = {
    "log": sm.families.Poisson(),
    "probit": sm.families.Binomial(sm.families.links.Probit()),
    "logit": sm.families.Binomial(),
    "cloglog": sm.families.Binomial(sm.families.links.CLogLog()),
}


@pytest.fixture
def copied(tmp_path):
    return Path(shutil.copytree(PAPER.parent, tmp_path / "yu")) / PAPER.name


def test_every_printed_digit_comes_out():
    paper = load_paper(PAPER)
    stored = witnesses.load(paper)
    assert {p.asked.link for p in stored} >= {"log", "probit"}
    table1 = paper.table("table1")
    for patients in stored:
        table, problem = paper.table(patients.table), patients.asked.problem
        x = np.array(problem.patterns)
        lows, highs = np.array(patients.asked.codes).T
        rows = np.repeat(np.vstack([x, x]), [*patients.events, *patients.others], axis=0)
        y = np.repeat([1.0, 0.0], [sum(patients.events), sum(patients.others)])
        assert (y.sum(), len(y)) == (paper.group(table.event).size, paper.total)
        design = sm.add_constant(np.where(rows == 1, highs, lows))
        fit = sm.GLM(y, design, family=FAMILIES[patients.asked.link]).fit(tol=1e-12, maxiter=200)
        for row, value in zip(table.rows, fit.params[1:], strict=True):
            assert f"{value:.{row.b.decimals}f}" == row.b.text
        assert patients.errors == pytest.approx(fit.bse, rel=1e-4)
        # the counts of Table 1 and of the cut
        counts = {row.id: rows[:, j] for j, row in enumerate(table.rows)}
        several = next(r for r in table1.rows if r.id == "lesions")
        printed = several.levels[-1].values["recurrence"].text
        assert printed.startswith(f"{int((counts['lesions'] * y).sum())} ")
        share = float((counts["sii"] * y).sum() / y.sum())
        assert f"{share:.3f}" == paper.numbers["table2.sii.sensitivity"].text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: rows[0]["events"].__setitem__(0, rows[0]["events"][0] + 1), "do not print"),
        (lambda rows: rows[0].update(reading=".nothing"), "do not print"),
        (lambda rows: rows[0]["others"].pop(), "do not print"),
        (lambda rows: rows[0].pop("link"), "cannot be used"),
    ],
)
def test_patients_that_were_touched_are_refused(change, words, copied):
    file = copied.parent / witnesses.FILE
    stored = json.loads(file.read_text())
    change(stored["patients"])
    file.write_text(json.dumps(stored))
    with pytest.raises(StudyError, match=words) as error:
        witnesses.load(load_paper(copied))
    assert str(error.value).count("\n") == 0


def test_without_the_file_there_are_none(copied):
    (copied.parent / witnesses.FILE).unlink()
    assert witnesses.load(load_paper(copied)) == []


def test_what_is_known_is_kept_and_a_search_says_what_it_did(copied, capsys, monkeypatch):
    paper, file = load_paper(copied), copied.parent / witnesses.FILE
    first, second = witnesses.load(paper)[:2]
    stored = json.loads(file.read_text())
    file.write_text(json.dumps(stored | {"patients": stored["patients"][:1]}))
    asked = []

    def whole_patients(problem, coefficients, codes, constant, **how):
        asked.append((problem.link, tuple(codes), constant))
        return second if problem == second.asked.problem else None

    monkeypatch.setattr(witnesses.lattice, "whole_patients", whole_patients)
    assert main(["certify", str(copied), "--whole", "5"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith("whole patients for 2 readings in ")
    assert "found" in told.err
    assert not any(a[0] == first.asked.link and a[1] == first.asked.codes and a[2] is None for a in asked)  # fmt: skip
    assert {p.asked.link for p in witnesses.load(paper)} == {first.asked.link, second.asked.link}
