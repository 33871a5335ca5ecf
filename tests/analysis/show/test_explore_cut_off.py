"""The explorer of one cut-off: every number it looks up, counted again."""

from __future__ import annotations

import json
import math

import pytest
from bs4 import BeautifulSoup
from statsmodels.stats.proportion import proportion_confint

from analysis.cohort import MARK, load_cohort
from analysis.paper import load_paper
from analysis.printed import parse_number
from analysis.show.book import paper_file
from analysis.show.explore_cut_off import View, explore_cut, prevalences

ROW = "table2.sii"


@pytest.fixture(scope="module")
def paper():
    return load_paper(paper_file())


@pytest.fixture(scope="module")
def view(paper):
    return View(paper, ROW, "test-cut")


@pytest.fixture(scope="module")
def data(view):
    return view.data()


@pytest.fixture(scope="module")
def soup(paper):
    return BeautifulSoup(explore_cut(paper, ROW, "test-cut").html, "html.parser")


@pytest.fixture(scope="module")
def first(paper):
    """The first cohort, read on its own."""
    patients = load_cohort(paper.folder / "cohorts.parquet")
    return patients[patients["cohort"] == 0]


def test_counts_at_every_cut(first, data):
    event, values = first["group"] == "recurrence", first["sii"]
    assert len(data["tp"]) == values.nunique() + 1
    for cut, tp, fp in zip(data["at"][1:-1], data["tp"][1:-1], data["fp"][1:-1], strict=True):
        assert tp == int((values[event] >= cut).sum())
        assert fp == int((values[~event] >= cut).sum())
    assert (data["at"][0], data["tp"][0], data["fp"][0]) == (None, 112, 160)
    assert (data["at"][-1], data["tp"][-1], data["fp"][-1]) == (None, 0, 0)


def test_the_printed_place_is_the_printed_cut(data):
    at = data["printed"]
    assert data["cuts"][at] == "405.08"
    assert (data["tp"][at], data["fp"][at]) == (86, 52)


@pytest.mark.parametrize(("key", "n"), [("limits1", 112), ("limits0", 160)])
def test_limits_are_wilsons(data, key, n):
    for count in range(n + 1):
        low, high = proportion_confint(count, n, method="wilson")
        assert data[key][count] == pytest.approx([max(low, 0), min(high, 1)], abs=1e-6)


def test_measures_by_hand(view):
    told = {key: text for key, (_, text) in view.measures(view.printed, 112 / 272).items()}
    assert told["se"].startswith(f"{86 / 112:.3f} (")
    assert told["sp"].startswith(f"{108 / 160:.3f} (")
    assert told["plus"] == f"{(86 / 112) / (52 / 160):.2f}"
    assert told["minus"] == f"{(26 / 112) / (108 / 160):.2f}"
    assert told["ppv"] == f"{100 * 86 / 138:.1f}%"
    assert told["npv"] == f"{100 * 108 / 134:.1f}%"
    rare = {key: text for key, (_, text) in view.measures(view.printed, 0.1).items()}
    expected = 0.1 * 86 / 112 / (0.1 * 86 / 112 + 0.9 * 52 / 160)
    assert rare["ppv"] == f"{100 * expected:.1f}%"


def test_the_ends_of_the_curve_say_what_is_missing(view):
    everybody = view.measures(0, 0.3)
    nobody = view.measures(len(view.curve.thresholds) - 1, 0.3)
    assert everybody["npv"][1] == everybody["minus"][1] == "nobody has it"
    assert nobody["ppv"][1] == nobody["plus"][1] == "nobody has it"
    assert everybody["ppv"][1] == "30.0%"
    assert nobody["npv"][1] == "70.0%"


def test_a_cut_without_false_alarms_has_an_infinite_ratio(view):
    at = next(i for i, fp in enumerate(view.curve.false_positive) if fp == 0)
    assert view.measures(at, 0.5)["plus"][1] == "∞"


def test_prevalences_hold_the_own_one():
    offered = prevalences(112 / 272)
    assert offered == sorted(offered)
    assert len(offered) == 100
    assert 112 / 272 in offered
    assert len(prevalences(0.25)) == 99


def test_the_still_figure_is_complete(soup):
    cells = {c["data-value"]: c.text for c in soup.select("[data-value]")}
    assert [cells[k] for k in ("tp", "fp", "fn", "tn", "called", "cleared", "n")] == [
        "86", "52", "26", "108", "138", "134", "272",
    ]  # fmt: skip
    assert len(soup.select("details tbody tr")) >= 8
    assert "86 of 112" in soup.select_one("desc").text
    assert "405.08, printed" in soup.select_one("details").text


def test_what_is_simulated_says_so(soup):
    assert MARK in soup.select_one("svg").text
    assert MARK[1:] in soup.select_one("desc").text
    for region in soup.select("[role=region]"):
        assert MARK in region["aria-label"]


def test_every_run_writes_the_same(paper, soup):
    again = BeautifulSoup(explore_cut(paper, ROW, "test-cut").html, "html.parser")
    assert str(again) == str(soup)


def test_a_lower_direction_counts_downwards(paper, view, first):
    """The same patients with the sign of their marker turned: the same counts."""
    turned = first.assign(sii=-first["sii"])
    lower = View(paper, ROW, "test-low", turned)
    how = {"direction": "lower", "threshold": parse_number("-405.08")}
    lower.__dict__["row"] = lower.row.model_copy(update=how)
    told, higher = lower.data(), view.data()
    assert (told["tp"], told["fp"], told["printed"]) == (
        higher["tp"], higher["fp"], higher["printed"],
    )  # fmt: skip
    assert told["at"][1:-1] == [-v for v in higher["at"][1:-1]]
    assert told["sides"] == ["at or below", "above"]
    assert "−405.08" in lower.still().html


def test_what_cannot_be_shown_is_refused(paper, first):
    with pytest.raises(ValueError, match="no row"):
        View(paper, "table2.nothing", "k")
    moved = first.assign(sii=first["sii"] + 1)
    with pytest.raises(ValueError, match="no cut of the first cohort prints"):
        View(paper, ROW, "k", moved).data()


def test_numbers_for_the_script_are_finite_and_rounded(soup):
    data = json.loads(soup.select_one('script[type="application/json"]').string)
    assert all(v is None or math.isclose(v, round(v, 4)) for v in data["at"])
    assert len(soup.select_one('script[type="application/json"]').string) < 20_000


def test_ids_are_unique_and_begin_with_the_key(soup):
    ids = [tag["id"] for tag in soup.select("[id]")]
    assert len(ids) == len(set(ids))
    assert all(id.startswith("test-cut-") for id in ids)
