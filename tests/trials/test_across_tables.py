"""The stored trial: its first papers come out again, and no honest one was refuted."""

from __future__ import annotations

import json

import pytest

from tests.trials import across_tables as trial

STORED = json.loads(trial.RESULT.read_text(encoding="utf-8"))


def test_no_honest_paper_was_refuted():
    s = STORED["summary"]
    assert s["papers"] >= 2000
    assert sum(s["free"].values()) == sum(s["constant"].values()) == s["papers"]
    assert "refuted" not in s["free"]
    assert "refuted" not in s["constant"]
    assert s["errors_refuted"] == s["accused"] == s["false_claims_of_studies"] == 0
    assert s["true_coding_left"] == s["codings_asked"] > 10
    assert s["studied"] >= s["papers"] // trial.WHOLE_STUDY


def test_every_kind_of_error_was_planted_and_some_noticed():
    planted = STORED["summary"]["planted"]
    assert set(planted) == set(trial.rp.KINDS)
    assert all(sum(counts.values()) > 50 for counts in planted.values())
    assert all(set(counts) - {"missed"} for counts in planted.values())


@pytest.mark.parametrize("seed", [1, 2, 5, 7, 9, 11, 14])
def test_the_first_papers_come_out_again(seed):
    assert trial.one(seed) == STORED["first"][seed]


@pytest.mark.slow
def test_the_first_study_comes_out_again():
    assert trial.one(0) == STORED["first"][0]


def test_a_summary_counts_what_happened():
    rows = [trial.one(seed) for seed in (3, 4)]
    refuted = dict(rows[0], free="refuted", errors=True)
    summed = trial.summary([*rows, refuted])
    assert summed["papers"] == 3
    assert summed["free"]["refuted"] == 1
    assert summed["errors_refuted"] == 1
    assert sum(sum(c.values()) for c in summed["planted"].values()) == 3
