"""Files of patients: what is read, refused with one sentence, counted, or warned of."""

import re
import zipfile

import numpy as np
import pandas as pd
import pytest

from analysis.cohort import MARK
from analysis.patients_file import load_patients, mixed_units
from analysis.sheet_file import PatientsError
from analysis.study import read_study
from analysis.study_results import analyse
from tests.analysis.studies import BASIC, HEAD, rows, write


def load(folder, table, config=BASIC, **rest):
    patients, study = write(folder, table, config, **rest)
    return load_patients(patients, read_study(study))


def changed(row, column, value):
    """Honest rows with another cell in the row that a spreadsheet calls `row`."""
    table = rows()
    table[row - 2][HEAD.index(column)] = value
    return table


def test_numbers_codes_and_the_marker(tmp_path):
    found = load(tmp_path, rows())
    assert (found.size, found.left_out, found.warnings) == (24, (), ())
    np.testing.assert_array_equal(found.values("outcome"), [i % 2 for i in range(24)])
    a, b = found.values("a"), found.values("b")
    np.testing.assert_array_equal(found.values("marker"), a / b)
    assert found.table["sex"].tolist()[:2] == ["Male", "f"]
    assert found.mark == "patients of patients.csv"


@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet"])
def test_every_kind_of_file_holds_the_same_patients(tmp_path, ending):
    table = changed(5, "a", 12.5)
    table[7][3] = None
    known = load(tmp_path, [["" if x is None else x for x in row] for row in table])
    frame = pd.DataFrame(table, columns=HEAD)
    file = tmp_path / f"other.{ending}"
    if ending == "xlsx":
        pytest.importorskip("openpyxl")
        frame.to_excel(file, index=False)
    elif ending == "parquet":
        frame.to_parquet(file)
    else:
        frame.to_csv(file, index=False, sep="\t" if ending == "tsv" else ";")
    found = load_patients(file, known.study)
    pd.testing.assert_frame_equal(found.table, known.table)
    # the first patient stands under the headings; a Parquet file has none
    assert found.rows[0] == (1 if ending == "parquet" else 2)


REFUSED = {
    "text": (("a", "high"), "high", "a number from 0 on"),
    "decimal comma": (("a", "3,4"), "3,4", "decimal ="),
    "limit of detection": (("a", "<0.1"), "<0.1", "limit of detection"),
    "infinite": (("a", "inf"), "inf", "finite"),
    "too large": (("a", "1e999"), "1e999", "number"),
    "squares are no number": (("a", "1e160"), "1e160", "1e+60"),
    "squares are zero": (("a", "1e-160"), "1e-160", "1e-60"),
    "under the limit": (("a", "-3"), "-3", "a number from 0 on"),
    "formula": (("a", "=1+1"), "=1+1", "number"),
    "level": (("sex", "x"), '"x"', '"f", "m"'),
    "html": (("sex", "<b>f</b>"), "<b>f</b>", '"f", "m"'),
    "id twice": (("id", "p0"), '"p0"', "row 2"),
    "no id": (("id", ""), "nothing", "id is needed"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_one_sentence_with_file_row_and_column(tmp_path, name):
    (column, value), *words = REFUSED[name]
    with pytest.raises(PatientsError) as error:
        load(tmp_path, changed(9, column, value))
    text = str(error.value)
    assert text.startswith(f'{tmp_path / "patients.csv"}, row 9, column "{column}": found')
    assert text.endswith(".")
    assert "\n" not in text
    for word in words:
        assert word in text


def test_further_cells_and_columns_are_counted(tmp_path):
    table = changed(9, "a", "x")
    table[10][2] = "y"
    table[12][3] = "z"
    with pytest.raises(PatientsError, match=r"row 9.*1 more cell of this column; 1 more column"):
        load(tmp_path, table)


def test_the_row_is_that_of_a_spreadsheet(tmp_path):
    table = changed(9, "a", "x")
    table[3][4] = "f\n"  # a cell with a line end: one row, two lines
    table.insert(1, [""] * len(HEAD))
    with pytest.raises(PatientsError, match="row 10, "):
        load(tmp_path, table)


def test_rows_without_anything_are_counted(tmp_path):
    table = rows()
    table.insert(3, [""] * len(HEAD))
    found = load(tmp_path, table)
    assert found.size == 24
    assert "1 row without anything" in found.left_out[0]
    (tmp_path / "gap.csv").write_text("id,state,a,b,sex\n\n" + "\n".join(
        ",".join(map(str, r)) for r in rows()) + "\n")  # fmt: skip
    found = load_patients(tmp_path / "gap.csv", found.study)
    assert (found.size, found.rows[0]) == (24, 3)


@pytest.mark.parametrize("cells", [4, 6])
def test_rows_of_another_length_are_refused(tmp_path, cells):
    table = rows()
    table[5] = (table[5] + ["x"])[:cells]
    with pytest.raises(PatientsError, match=f"row 7: found {cells} cells, the 5 of the headings"):
        load(tmp_path, table)


def test_missing_values_stay_missing_and_are_counted(tmp_path):
    table = changed(9, "a", "NA")
    table[3][4] = " n/a "
    table[4][1] = ""
    found = load(tmp_path, table)
    assert found.table.isna().sum().to_dict() == {
        "outcome": 1, "a": 1, "b": 0, "sex": 1, "marker": 1,
    }  # fmt: skip


def test_a_division_by_zero_is_said_with_its_row(tmp_path):
    found = load(tmp_path, changed(9, "b", 0))
    assert np.isnan(found.values("marker")[7])
    assert "row 9" in found.warnings[0]
    assert "divides by zero" in found.warnings[0]


def test_mixed_units_are_said_with_their_rows(tmp_path):
    found = load(tmp_path, changed(9, "a", 14_000))
    assert "two units" in found.warnings[0]
    assert "row 9" in found.warnings[0]
    assert "mg/L" in found.warnings[0]


def test_units_that_are_not_mixed_raise_no_alarm():
    rng = np.random.default_rng(1)
    for _ in range(300):
        values = np.exp(rng.normal(2, rng.uniform(0.1, 1.6), int(rng.integers(10, 400))))
        assert mixed_units(values) is None
    assert mixed_units(np.r_[values, 0.0, -3.0, np.nan]) is None
    platelets = rng.normal(200, 40, 100)
    found = mixed_units(np.r_[platelets, platelets[:5] * 1000])
    assert found.odd.sum() == 5
    assert found.factor == pytest.approx(1000, rel=0.3)
    assert mixed_units(np.r_[platelets * 1000, platelets[:5]]).odd[-5:].all()


def test_decimal_commas_where_the_study_says_so(tmp_path):
    config = BASIC.replace("[file]", '[file]\ndecimal = ","')
    table = changed(9, "a", "12,5")
    found = load(tmp_path, table, config, separator=";")
    assert found.values("a")[7] == 12.5
    with pytest.raises(PatientsError, match="decimal comma"):
        load(tmp_path, changed(9, "a", "1.200"), config, separator=";")


def test_outcomes_of_several_values(tmp_path):
    with pytest.raises(PatientsError, match=r'"0", "1", "2"; say .* no_event'):
        load(tmp_path, changed(9, "state", 2))
    config = BASIC.replace("event = 1", "event = 1\nno_event = 0")
    with pytest.raises(PatientsError, match=r'row 9, column "state": found "2", one of "1", "0"'):
        load(tmp_path, changed(9, "state", 2), config)
    with pytest.raises(PatientsError, match="nobody has"):
        load(tmp_path, rows(), BASIC.replace("event = 1", 'event = "dead"'))


def test_only_some_rows(tmp_path):
    config = BASIC.replace("[file]", '[file]\nonly = { sex = "f" }')
    found = load(tmp_path, rows(), config)
    assert found.size == sum(r[4] == "f" for r in rows())
    assert "8 rows with other values than sex = f" in found.left_out[0]


def test_the_mark_of_simulated_patients_is_whole_or_refused(tmp_path):
    table = [[*r, "true"] for r in rows()]
    assert load(tmp_path, table, head=(*HEAD, "simulated")).mark == MARK
    table[4][-1] = "false"
    with pytest.raises(PatientsError, match='row 6, column "simulated"'):
        load(tmp_path, table, head=(*HEAD, "simulated"))


BROKEN = {
    "empty": b"",
    "blank": b"\n\n",
    "head only": b"id,state,a,b,sex\n",
    "utf16": "id,state,a,b,sex\n1,1,1,1,f\n".encode("utf-16"),
    "latin": b"id,state,a,b,sex\n1,1,1,1,f\n2,0,1,1,\xe9\n",
    "nul": b"id,state,a,b,sex\n1,1,1,1,f\n2,0,1,1,\x00\n",
    "quote": b'id,state,a,b,sex\n1,1,1,1,"f\n2,0,1,1,f\n',
    "no column": b"id,stat,a,b,sex\n1,1,1,1,f\n",
    "column twice": b"id,state,a,a,b,sex\n1,1,1,1,1,f\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_files_are_one_sentence(tmp_path, name):
    _, study = write(tmp_path, rows())
    file = tmp_path / "broken.csv"
    file.write_bytes(BROKEN[name])
    with pytest.raises(PatientsError) as error:
        load_patients(file, read_study(study))
    assert str(error.value).startswith(str(file))
    assert "\n" not in str(error.value)


def test_what_is_no_file_of_patients(tmp_path):
    _, study = write(tmp_path, rows())
    study = read_study(study)
    for name, words in (
        ("none.csv", "no such file"),
        ("a.doc", ".csv, .tsv"),
        ("x.parquet", "no Parquet"),
    ):
        file = tmp_path / name
        if name == "x.parquet":
            file.write_bytes(b"PAR1 nothing")
        with pytest.raises(PatientsError, match=words):
            load_patients(file, study)
    pytest.importorskip("openpyxl")
    (tmp_path / "x.xlsx").write_bytes(b"PK nothing")
    with pytest.raises(PatientsError, match="no XLSX"):
        load_patients(tmp_path / "x.xlsx", study)


def test_a_spreadsheet_formula_without_its_result_is_no_empty_cell(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    _, study = write(tmp_path, rows())
    book = openpyxl.Workbook()
    for line in (HEAD, *rows()):
        book.active.append(list(line))
    book.active["C5"] = "=C4*2"
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(
        PatientsError, match='row 5, column "a": found a formula without its result'
    ):
        load_patients(tmp_path / "x.xlsx", read_study(study))


def test_a_marker_out_of_bounds_counts_as_missing(tmp_path):
    table = changed(9, "a", "1e50")
    table[7][3] = "1e-50"
    found = load(tmp_path, table)
    assert not np.isfinite(found.values("marker")[7])
    assert any("row 9" in w and "out of bounds" in w for w in found.warnings)


HEADINGS = "id,state,a,b,sex,note"


def lines(notes):
    return [f"{','.join(map(str, row))},{note}" for row, note in zip(rows(), notes, strict=True)]


def noted(folder, notes):
    file, config = write(folder, rows())
    file.write_text("\n".join([HEADINGS, *lines(notes)]) + "\n")
    return load_patients(file, read_study(config))


def test_no_patient_is_lost_in_an_open_quotation_mark(tmp_path):
    notes = ["x"] * 24
    notes[9] = '"seen twice'
    with pytest.raises(PatientsError, match=r"patients\.csv, row 11: found a quotation mark that"):
        noted(tmp_path, notes)


def test_line_ends_inside_a_cell_are_told(tmp_path):
    notes = ['5" tall'] * 24
    assert not any("line end" in w for w in noted(tmp_path, notes).warnings)
    notes[9] = '"two\nlines"'
    found = noted(tmp_path, notes)
    assert found.size == 24
    assert any(w.startswith("1 line end ") for w in found.warnings)
    # a mark that stands there by mistake, and another one further down
    notes = ["x"] * 24
    notes[9], notes[14] = '"seen twice', 'again"'
    found = noted(tmp_path, notes)
    assert found.size == 19
    assert any(w.startswith("5 line ends ") for w in found.warnings)


def test_what_a_workbook_says_of_its_size_is_not_trusted(tmp_path):
    pytest.importorskip("openpyxl")
    _, config = write(tmp_path, rows())
    true, wrong = tmp_path / "true.xlsx", tmp_path / "wrong.xlsx"
    pd.DataFrame(rows(), columns=HEAD).to_excel(true, index=False)
    with zipfile.ZipFile(true) as old, zipfile.ZipFile(wrong, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part, n = re.subn(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:E9"', part)
                assert n == 1
            new.writestr(name, part)
    study = read_study(config)
    assert load_patients(wrong, study).size == load_patients(true, study).size == 24


def test_more_rows_than_fit_into_memory_are_refused(tmp_path, monkeypatch):
    import pyarrow as pa
    import pyarrow.parquet as pq

    from analysis import sheet_file

    monkeypatch.setattr(sheet_file, "MOST_PATIENTS", 20)
    file, config = write(tmp_path, rows())
    pq.write_table(pa.Table.from_pandas(pd.DataFrame(rows(), columns=HEAD)), tmp_path / "p.parquet")
    for name in (file, tmp_path / "p.parquet"):
        with pytest.raises(PatientsError, match="found 24 rows, more than the 20 allowed"):
            load_patients(name, read_study(config))


def test_headings_without_end_are_refused(tmp_path):
    file, config = write(tmp_path, rows())
    file.write_text("id,state,a,b,sex" + ",c" * 1_000_000 + "\n")
    with pytest.raises(PatientsError, match="row 1: the headings are longer"):
        load_patients(file, read_study(config))


@pytest.mark.parametrize("id", ["id", "member", "simulated", "state"])
def test_an_id_of_a_variable_meets_no_other(tmp_path, id):
    _, config = write(tmp_path, [])
    text = config.read_text() + f'[[variables]]\nid = "{id}"\ncolumn = "a"\nkind = "continuous"\n'
    file, config = write(tmp_path, rows(), text)
    found = analyse(load_patients(file, read_study(config)))
    a, other = (found.described.printed.loc[f"{name}, mean ± SD"] for name in ("a, mg/L", id))
    assert list(a) == list(other)
    twice = rows()
    twice[9][0] = "p0"
    file, config = write(tmp_path, twice, text)
    with pytest.raises(PatientsError, match="row 2"):
        load_patients(file, read_study(config))
