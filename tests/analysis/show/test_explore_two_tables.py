"""The explorer of two tables: what it holds is what was proved."""

from __future__ import annotations

import json
import math

import pytest

from analysis import certify, two_tables
from analysis.show.book import chapter
from analysis.show.explore_two_tables import windows
from analysis.two_tables import Value
from tests.analysis.show.pages import read


@pytest.fixture(scope="module")
def across():
    return chapter("coherence").across("table4")


@pytest.fixture(scope="module")
def made(across):
    return across.explore("tables-explored")


@pytest.fixture(scope="module")
def data(made):
    text = made.html.partition('<script type="application/json">')[2].partition("</script>")[0]
    return json.loads(text)


def test_the_data_are_the_stored_curves(data, across):
    stored = two_tables.load(across.paper, "table4")
    shown = [curve for of_row in data["curves"] for curve in of_row]
    assert len(shown) == len(stored)
    for curve in stored:
        points = {
            "b": [v.b for v in curve.values],
            "proved": [v.proved for v in curve.values],
            "fits": [int(v.attained == 0) for v in curve.values],
        }
        assert points in shown
    assert data["everyone"] == 272
    assert data["rows"][0]["printed"] == "1.152"
    assert data["rows"][0]["ratio"] == "3.164"
    assert (data["rows"][0]["low"], data["rows"][0]["high"]) == (1.1515, 1.1525)


def test_every_reading_names_its_model_its_codes_and_its_constant(data):
    labels = [r["label"] for r in data["readings"]]
    assert len(set(labels)) == len(labels) >= 5
    assert all("constant" in label for label in labels)
    assert labels[0] == "Logistic: any codes one step apart, any constant"
    assert "maximum likelihood" in data["given"]
    assert "only the listed features" in data["given"]


def test_the_prose_rounds_a_proof_up_to_whole_patients(across, data):
    middle = len(data["curves"][0][0]["b"]) // 2
    proved = data["curves"][0][0]["proved"][middle]
    assert across.explored() == {
        "moved_least": str(math.ceil(proved)), "moved_everyone": "272",
    }  # fmt: skip
    # one patient has as many entries as there are predictors
    assert across.study.proved / 4 <= proved <= across.study.attained


def test_what_the_prose_says_of_other_readings(data):
    """Codes of minus one and one, and the Poisson model, fit at the printed value."""
    middle = len(data["curves"][0][0]["b"]) // 2
    fitting = [
        r["label"]
        for r, c in zip(data["readings"], data["curves"][0], strict=True)
        if c["fits"][middle]
    ]
    assert any("−1/1" in label for label in fitting)
    assert any(label.startswith("Poisson") for label in fitting)
    assert not any(label.startswith("Logistic: any") for label in fitting)


def test_the_still_figure_is_whole(made, data):
    page = read(made.html)
    assert len(page.all("svg")) == 1
    rows = [row for body in page.all("tbody") for row in body.all("tr")]
    assert len(rows) > 25
    assert any(data["rows"][0]["printed"] in row.text for row in rows)
    assert "at least" in repr(made)


def test_windows_are_runs_of_values_that_fit():
    values = [Value(b, 0 if fits else 1.0, 0 if fits else 1.0)
              for b, fits in zip(range(7), (1, 1, 0, 1, 0, 0, 1), strict=True)]  # fmt: skip
    assert windows(values) == [(0, 1), (3, 3), (6, 6)]


def test_without_stored_curves_it_is_one_sentence(across, monkeypatch, tmp_path):
    monkeypatch.setattr(two_tables, "_file", lambda paper: tmp_path / "none.json")
    with pytest.raises(certify.StudyError, match="--move makes it"):
        across.explore("tables-explored")
