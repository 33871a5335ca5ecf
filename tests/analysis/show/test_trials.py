"""Stored trials as tables: shares, intervals and words follow the counts."""

from __future__ import annotations

import copy
import re

import pytest

from analysis.show.trials import KINDS, Trial

SUMMARY = {
    "papers": 1002, "free": {"fits": 990, "open": 10, "not joined": 2},
    "constant": {"fits": 1000, "not joined": 2}, "errors_refuted": 0, "accused": 0,
    "studied": 20, "false_claims_of_studies": 0, "codings_asked": 12, "true_coding_left": 12,
    "only_true_coding_left": 5,
    "planted": {"digit": {"missed": 60, "free": 30, "constant": 10}, "se": {"errors": 50}},
}  # fmt: skip


def test_words_follow_the_counts():
    told = Trial(SUMMARY).told()
    assert (told["trial_honest"], told["trial_false"]) == ("1 000", "none")
    assert told["trial_caught"] == "60%"
    # Wilson 1927: z²/(n + z²)
    assert told["trial_upper"] == f"{3.8415 / 1003.8415:.2%}"


@pytest.mark.parametrize(
    "change",
    [
        {"free": {"fits": 999, "refuted": 1, "not joined": 2}},
        {"constant": {"fits": 999, "refuted": 1, "not joined": 2}},
        {"errors_refuted": 1},
        {"accused": 1},
        {"false_claims_of_studies": 1},
        {"true_coding_left": 11},
    ],
)
def test_one_false_alarm_is_told(change):
    told = Trial(copy.deepcopy(SUMMARY) | change).told()
    assert told["trial_false"] == "1"


def test_a_row_a_kind():
    text = Trial(SUMMARY).planted()._repr_html_()
    rows = [re.sub(r"\s*<[^>]+>\s*", "|", r) for r in re.findall(r"<tr[\s\S]*?</tr>", text)[1:]]
    assert len(rows) == 2
    assert KINDS["digit"] in rows[0]
    assert "40% (31% to 50%)" in rows[0]
    assert "100% (93% to 100%)" in rows[1]
