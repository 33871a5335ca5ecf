"""Whole analyses of open data sets, written as CSV and read again, against R."""

import numpy as np
import pytest

from analysis.patients_file import load_patients
from analysis.show.study_tables import parts
from analysis.study import read_study
from analysis.study_results import analyse
from tests.analysis.estimate.oracle import read
from tests.analysis.studies import BASIC, rows, write, write_columns

R = read("study")

BIRTHWT = """
[outcome]
column = "low"
event = 1
[marker]
label = "Mother's weight"
unit = "lb"
column = "lwt"
direction = "lower"
per = 10
[[variables]]
id = "age"
kind = "continuous"
unit = "years"
decimals = 6
[[variables]]
id = "smoke"
kind = "categorical"
levels = [0, 1]
[[variables]]
id = "ht"
kind = "categorical"
levels = [0, 1]
[[variables]]
id = "race"
kind = "categorical"
levels = [1, 2, 3]
"""
ASAH = """
[outcome]
column = "outcome"
event = "Poor"
[marker]
label = "S100b"
column = "s100b"
direction = "higher"
per = 0.1
[[variables]]
id = "age"
kind = "continuous"
[[variables]]
id = "gender"
kind = "categorical"
levels = ["Male", "Female"]
"""
LUNG = """
[outcome]
column = "status"
event = 2
[time]
column = "time"
unit = "days"
[marker]
label = "Age"
column = "age"
direction = "higher"
per = 1
[[variables]]
id = "sex"
kind = "categorical"
levels = [1, 2]
[[variables]]
id = "ecog"
kind = "ordinal"
levels = [0, 1, 2, 3]
"""


def results(folder, columns, config):
    patients, study = write_columns(folder, columns, config)
    return analyse(load_patients(patients, read_study(study)))


@pytest.fixture(scope="module")
def birthwt(tmp_path_factory):
    return results(tmp_path_factory.mktemp("birthwt"), R["birthwt"]["columns"], BIRTHWT)


@pytest.fixture(scope="module")
def asah(tmp_path_factory):
    return results(tmp_path_factory.mktemp("asah"), R["aSAH"]["columns"], ASAH)


@pytest.fixture(scope="module")
def lung(tmp_path_factory):
    return results(tmp_path_factory.mktemp("lung"), R["lung"]["columns"], LUNG)


def test_area_interval_and_cut(birthwt, asah):
    for found, known in ((birthwt, R["birthwt"]["roc"]), (asah, R["aSAH"]["roc"])):
        d = found.discrimination
        assert d.area.auc == pytest.approx(known["auc"], rel=1e-12)
        assert d.area.se == pytest.approx(known["se"], rel=1e-10)
        assert d.interval == pytest.approx((known["low"], known["high"]), rel=1e-10)
        assert sorted(d.searched.searches.found.cuts) == pytest.approx(sorted(known["threshold"]))
        found_there = np.asarray(known["sensitivity"])
        assert np.abs(found_there - d.searched.table.sensitivity().value).min() < 1e-12
        # what a search adds is taken off
        assert d.searched.searches.corrected.youden < d.searched.searches.apparent.youden
        assert d.searched.p > d.searched.largest.p_min


def same_model(model, known):
    for name in ("coefficients", "errors"):
        np.testing.assert_allclose(getattr(model, name), known[name], rtol=1e-7)
    for name in ("p", "low", "high", "ratios"):
        np.testing.assert_allclose(getattr(model, name), known[name][1:], rtol=1e-6)


def test_logistic_models(birthwt, asah):
    same_model(birthwt.models[0], R["birthwt"]["alone"])
    same_model(birthwt.models[1], R["birthwt"]["full"])
    same_model(asah.models[1], R["aSAH"]["full"])
    assert birthwt.models[1].labels[-1] == "race: 3 against 1"


def test_many_patients_take_another_way_to_the_same_fit(birthwt, monkeypatch):
    monkeypatch.setattr("analysis.study_results._PROVED_MOST", 10)
    again = analyse(birthwt.patients)
    same_model(again.models[1], R["birthwt"]["full"])


def test_the_table_of_patients(birthwt):
    printed = birthwt.described.printed
    known = R["birthwt"]
    age = printed.loc["age, years, mean ± SD"]
    # R's first group is without the event, ours with it
    for cell, i in ((age.iloc[1], 1), (age.iloc[2], 0)):
        mean, sd = map(float, cell.split(" ± "))
        assert mean == pytest.approx(known["age"]["mean"][i], abs=1e-6)
        assert sd == pytest.approx(known["age"]["sd"][i], abs=1e-6)
    told = {
        row: float(printed.loc[row, "P"])
        for row in printed.index
        if printed.loc[row, "P"].__class__ is str and printed.loc[row, "P"]
    }
    assert told["age, years, mean ± SD"] == pytest.approx(known["welch"], abs=5e-4)
    assert told["smoke, n (%)"] == pytest.approx(known["smoke"], abs=5e-4)
    # an expected count under five: Fisher's test
    assert printed.loc["ht, n (%)", "Test"] == "Fisher's exact"
    assert told["ht, n (%)"] == pytest.approx(known["ht"], abs=5e-4)
    assert told["Mother's weight, lb, median (IQR)"] == pytest.approx(known["rank"], abs=5e-4)
    assert printed.iloc[:, 0].loc["  1"].iloc[0].startswith("74 (")  # all smokers


def test_cox_models_and_curves(lung):
    known, times = R["lung"], lung.times
    for model, answer in zip(times.models, (known["alone"], known["full"]), strict=True):
        np.testing.assert_allclose(model.fit.coefficients, answer["coefficients"], rtol=1e-6)
        np.testing.assert_allclose(model.fit.errors, answer["errors"], rtol=1e-6)
        np.testing.assert_allclose(model.fit.p, answer["p"], rtol=1e-5)
        assert (model.n, model.events) == (answer["n"], answer["events"])
    full = times.models[1]
    np.testing.assert_allclose(
        [*full.hazards.p, full.hazards.global_p], known["hazards"], rtol=1e-5
    )
    assert full.without_values == 1
    assert times.log_rank.statistic == pytest.approx(known["logrank"]["chi2"], rel=1e-9)
    low, high = known["medians"]  # R's groups: under the median, at or over it
    assert [half.curve.quantile().time for half in times.halves] == [high, low]
    assert any("left out" in w and "Cox model, marker with covariates" in w for w in lung.warnings)


def test_missing_values_are_counted_by_column_and_by_analysis(lung):
    counted = {m.label: m.all for m in lung.missing}
    assert counted["ecog"] == 1
    part = next(p for p in parts(lung) if p.key == "missing")
    assert "Marker with covariates (Cox): 227 patients" in part.notes[0]
    assert "Marker alone (Cox): 228 patients" in part.notes[0]


def of_rows(folder, table, config=BASIC):
    patients, study = write(folder, table, config)
    return analyse(load_patients(patients, read_study(study)))


def test_separated_states_are_fitted_by_firth(tmp_path):
    table = [[f"p{i}", int(i > 11), 10 + i, 2, "fm"[i % 2]] for i in range(24)]
    found = of_rows(tmp_path, table)
    assert {m.method for m in found.models} == {"Firth"}
    assert all(np.isfinite(m.ratios).all() for m in found.models)
    assert sum("separate" in w for w in found.warnings) == 2
    assert found.discrimination.interval is None
    assert parts(found)


def test_a_constant_marker_is_said_and_nothing_breaks(tmp_path):
    table = [[f"p{i}", i % 2, 10, 2, "fm"[i % 3 == 0]] for i in range(24)]
    found = of_rows(tmp_path, table)
    assert found.discrimination.area.auc == 0.5
    assert found.discrimination.searched is None
    assert any("constant" in w for w in found.warnings)
    assert any("same in every patient" in w for w in found.warnings)
    assert found.models == []
    assert parts(found)


def test_few_events_and_a_direction_that_does_not_hold_are_said(tmp_path):
    table = [[f"p{i}", int(i % 9 == 0), 30 - i + (i * 7) % 11, 2, "fm"[i % 2]] for i in range(60)]
    found = of_rows(tmp_path, [[a, b, c + 40, d, e] for a, b, c, d, e in table])
    assert any("7 patients in the smaller outcome group" in w for w in found.warnings)
    turned = [[f"p{i}", int(i > 30), 100 - i + (i * 7) % 23, 2, "fm"[i % 2]] for i in range(60)]
    found = of_rows(tmp_path, turned)
    assert found.discrimination.area.auc < 0.5
    assert any("under one half" in w for w in found.warnings)


def test_one_state_only_is_refused(tmp_path):
    config = BASIC.replace("event = 1", "event = 1\nno_event = 0")
    table = rows()
    for row in table:
        row[1] = 1
    table[0][1], table[0][2] = 0, 12
    table[0][1] = ""
    table[1][1] = 0
    table[1][0] = "p1"
    found = of_rows(tmp_path, table, config)  # one patient without the event
    assert parts(found)
    assert isinstance(found.discrimination, str)


def test_the_same_seed_gives_the_same_results(birthwt):
    again = analyse(birthwt.patients)
    assert [p.rows for p in parts(again)] == [p.rows for p in parts(birthwt)]


def test_work_is_bounded_and_said(birthwt, monkeypatch):
    monkeypatch.setattr("analysis.study_results._CUT_DRAWS", 189 * 30)
    monkeypatch.setattr("analysis.study_results._MODEL_MOST", 100)
    found = analyse(birthwt.patients)
    assert len(found.discrimination.searched.searches.cuts) == 30
    assert "1,000 were asked for" in found.discrimination.searched.done
    assert found.models[0].checked is None
    assert "bounded" in found.models[0].done


def test_no_patients_with_the_event_and_a_known_marker(tmp_path):
    table = rows()
    for row in table:
        if row[1] == 1:
            row[2] = ""
    found = of_rows(tmp_path, table)
    assert isinstance(found.discrimination, str)
    assert not found.models
    assert parts(found)
