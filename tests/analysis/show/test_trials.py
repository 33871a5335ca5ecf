"""Stored trials as tables: shares, intervals and words follow the counts."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest

from analysis.show.trials import CARELESS, KINDS, PLANTED, REASONS, RoundTrip, Trial, trial

FOLDER = Path(__file__).parents[3] / "data" / "trials"

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


# --- the round trip --------------------------------------------------------------------


def counted(papers, refused, impossible, depends, **more):
    missed = papers - refused - impossible - depends
    told = {"papers": papers, "refused": refused, "impossible": impossible, "depends": depends}
    asked = {"p_from_statistic": {"asked": papers // 2, "wrong": papers // 10}}
    return told | {"missed": missed, "modules": {}, "checks": {}, "peers": asked} | more


ROUND = {
    "papers": 2000, "numbers": 70000, "simulated": 600, "data_sets": 99, "smallest_study": 30,
    "largest_study": 600, "programs": {"R": 2000}, "tables": {}, "false_alarms": [],
    "false_alarms_grim": 0, "with_depends": 1000,
    "careless": {"cut": {"papers": 100, "impossible": 60}, "twice": {"papers": 0, "impossible": 0}},
    "planted": {
        "sign": counted(100, 10, 85, 5, modules={"regression": 85}, checks={"columns": 85}),
        "whole_row": counted(100, 0, 4, 6, checks={"means of whole numbers": 4}),
    },
    "slips": {"roc.auc": counted(10, 1, 6, 1), "groups.n": counted(10, 0, 10, 0)},
    "peers_honest": {"p_from_statistic": {"asked": 1000, "wrong": 50}},
    "peer_versions": {"scrutipy": "1.0", "statcheck": None},
}  # fmt: skip


def rows_of(sheet):
    return [line.split(" | ") for line in repr(sheet).split("\n")[1:]]


def test_the_two_by_two_table_of_the_audit():
    trip = RoundTrip(ROUND)
    assert rows_of(trip.square_sheet()) == [
        ["impossible", "99", "0"],
        ["nothing is impossible", "101", "2 000"],
        ["all papers", "200", "2 000"],
    ]
    told = trip.told()
    assert told["alarms"] == "none"
    assert told["noticed"] == "99"
    assert told["refused"] == "10"
    assert told["sensitivity_short"] == "50%"
    # Wilson 1927 with nothing found: z²/(n + z²), rounded upward
    assert told["alarms_upper"] == "0.20%"
    assert pytest.approx(0.1917, abs=1e-4) == 100 * 3.8415 / 2003.8415
    assert told["statcheck_version"] == "(not installed)"


def test_false_alarms_are_counted():
    trip = RoundTrip(ROUND | {"false_alarms": [[7, "table1.x.y"], [9, "table2.x.p"]]})
    assert trip.told()["alarms"] == "2"
    assert trip.told()["specificity"] == "99.90%"
    assert rows_of(trip.square_sheet())[0] == ["impossible", "99", "2"]
    assert "all of" not in repr(trip.predictive_sheet())


def test_natural_frequencies_follow_bayes():
    sensitivity = 99 / 200
    (row,) = rows_of(RoundTrip(ROUND).predictive_sheet((0.2,)))
    missed = 0.2 * (1 - sensitivity)
    assert row[0] == "20 of 100"
    assert row[1] == f"{100 * missed / (missed + 0.8):.0f} of 100" == "11 of 100"
    assert row[2] == "all of 100"


def test_kinds_and_what_noticed_them():
    trip = RoundTrip(ROUND)
    assert rows_of(trip.kinds_sheet()) == [
        [PLANTED["sign"], "100", "95% (88% to 98%)"],
        [PLANTED["whole_row"], "100", "4% (1% to 10%)"],
    ]
    assert rows_of(trip.modules_sheet()) == [
        [PLANTED["sign"], "Regression tables: 85; refused as no such number: 10"],
        [PLANTED["whole_row"], "none"],
    ]
    assert [row[:2] for row in rows_of(trip.checks_sheet())] == [
        ["Columns", "85"], ["Means of whole numbers", "4"],
    ]  # fmt: skip
    # only what is mostly missed is listed, with its reason
    assert [row[0] for row in rows_of(trip.unseen_sheet())] == [PLANTED["whole_row"]]
    assert [row[0] for row in rows_of(trip.numbers_sheet())] == [
        "Size of a group", "Area under the curve",
    ]  # fmt: skip
    assert [row[1] for row in rows_of(trip.careless_sheet())] == ["100"]


def test_single_tests_stand_beside_the_audit():
    trip = RoundTrip(ROUND)
    rows = {row[0]: row[1:] for row in rows_of(trip.tests_sheet())}
    assert rows["This audit"][0] == "0 of 2 000"
    assert rows["Its GRIM and GRIMMER alone"][3] == "2% (0% to 6%)"
    assert rows["P from t, z or chi-square"] == [
        "50 of 1 000", "5.0% (3.8% to 6.6%)", "50%", "10% (6% to 15%)", "20% (13% to 29%)",
    ]  # fmt: skip
    assert "statcheck" not in rows
    assert rows["Its GRIM and GRIMMER alone"][4] == "–"
    told = trip.tests_told()
    assert (told["best_single_share"], told["best_single_asked"]) == ("10%", "20%")
    assert (told["best_single"], told["loudest_share"]) == ("P from t, z or chi-square", "5.0%")


def test_plots_say_what_they_show():
    trip = RoundTrip(ROUND)
    kinds, tests = trip.kinds_plot("kinds"), trip.tests_plot("tests")
    assert "A minus sign lost: 95% impossible, 5% only depends, 0% nothing new." in kinds.alt
    assert "This audit: 50% noticed, 0.0% false alarms" in tests.alt
    assert kinds.data[0]["Papers"] == 100
    assert trip.kinds_plot("kinds").svg == kinds.svg


def test_every_kind_has_words_and_a_reason():
    assert PLANTED.keys() == REASONS.keys()
    assert trial(FOLDER / "across_tables.json").__class__ is Trial
    stored = trial(FOLDER / "round_trip.json")
    assert isinstance(stored, RoundTrip)
    assert stored.summary["planted"].keys() <= PLANTED.keys()
    assert stored.summary["careless"].keys() <= CARELESS.keys()
