"""Tables of a record in spreadsheets, as people type them."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from analysis.audit import audit
from analysis.new_paper import TEMPLATE, sheets_of
from analysis.paper import Paper, PaperError, load_paper
from analysis.sheets import id_of

ROOT = Path(__file__).resolve().parents[2]
YU = ROOT / "data" / "yu2023" / "paper.yaml"

HEAD = """\
schema: 1
paper: {key: some2020, label: Some 2020}
groups:
  - {id: cases, label: With event, n: "112", event: true}
  - {id: controls, label: Without, n: "160"}
tables:
"""
GROUPS = HEAD + "  - {id: table1, kind: two_group, title: Groups, file: table1.csv%s}\n"
ROC = HEAD + "  - {id: table1, kind: roc, title: ROC, positive: cases, file: table1.csv%s}\n"
MODEL = HEAD + (
    "  - {id: table1, kind: regression, title: Model, event: cases, effect_label: odds ratio, "
    "file: table1.csv%s}\n"
)


@pytest.fixture
def load(tmp_path):
    def load(record: str, sheet: str | bytes, more: str = "", name: str = "table1.csv") -> Paper:
        content = sheet if isinstance(sheet, bytes) else sheet.encode()
        (tmp_path / name).write_bytes(content)
        (tmp_path / "paper.yaml").write_text(record % more, encoding="utf-8")
        return load_paper(tmp_path / "paper.yaml")

    return load


def texts(paper: Paper) -> dict[str, str]:
    return {id: n.text for id, n in paper.numbers.items() if not id.startswith("groups.")}


# --- groups ---------------------------------------------------------------------------------------


def test_a_table_as_people_type_it(load):
    paper = load(
        GROUPS,
        "Characteristic,Level,With event (n=112),Without (n = 160),t/χ²,P value\n"
        "Age,,54.96 ± 10.22,56.31±10.37,1.064,0.289\n"
        "\n"
        'Tumour size (cm),,64 (57–70),"60 [50, 66]",,0.02*\n'
        "Sex,,,,0.146,0.702\n"
        ",Male,67 (59.82%),92 (57.50%),,\n"
        ",Female,45 (40.18%),68 (42.50%),,\n"
        "Invasion,,12/110 (10.9),7/160 (4.4),,<0.001\n",
    )
    assert texts(paper) == {
        "table1.age.cases.mean": "54.96", "table1.age.cases.sd": "10.22",
        "table1.age.controls.mean": "56.31", "table1.age.controls.sd": "10.37",
        "table1.age.statistic": "1.064", "table1.age.p": "0.289",
        "table1.tumour_size_cm.cases.median": "64", "table1.tumour_size_cm.cases.q1": "57",
        "table1.tumour_size_cm.cases.q3": "70", "table1.tumour_size_cm.controls.median": "60",
        "table1.tumour_size_cm.controls.q1": "50", "table1.tumour_size_cm.controls.q3": "66",
        "table1.tumour_size_cm.p": "0.02",
        "table1.sex.male.cases.count": "67", "table1.sex.male.cases.percent": "59.82%",
        "table1.sex.male.controls.count": "92", "table1.sex.male.controls.percent": "57.50%",
        "table1.sex.female.cases.count": "45", "table1.sex.female.cases.percent": "40.18%",
        "table1.sex.female.controls.count": "68", "table1.sex.female.controls.percent": "42.50%",
        "table1.sex.statistic": "0.146", "table1.sex.p": "0.702",
        "table1.invasion.n.cases": "110",
        "table1.invasion.cases.count": "12", "table1.invasion.cases.percent": "10.9",
        "table1.invasion.controls.count": "7", "table1.invasion.controls.percent": "4.4",
        "table1.invasion.p": "<0.001",
    }  # fmt: skip
    assert [v.label for v in paper.variables] == ["Age", "Tumour size (cm)", "Sex", "Invasion"]
    assert audit(paper)


def test_rows_find_the_variables_of_the_record(load):
    head = "variables:\n  - {id: how_old, label: Age at diagnosis, unit: years}\ntables:"
    paper = load(
        GROUPS.replace("tables:", head),
        "variable,cases,controls\nage  AT diagnosis,5.5 ± 1.0,6.5 ± 1.0\nhow_old,3 ± 1,4 ± 1\n",
    )
    assert [v.id for v in paper.variables] == ["how_old"]
    assert [(r.id, r.variable) for r in paper.table("table1").rows] == [
        ("age_at_diagnosis", "how_old"),
        ("how_old", "how_old"),
    ]


def test_denominators_in_columns_of_their_own(load):
    paper = load(GROUPS, "variable,cases,controls,n:cases,N: Without\nAge,55 ± 9,56 ± 9,110,160\n")
    assert texts(paper)["table1.age.n.cases"] == "110"
    assert texts(paper)["table1.age.n.controls"] == "160"


@pytest.mark.parametrize(
    ("cells", "count", "percent"),
    [
        ("67 (59.82),92 (57.50)", "67", "59.82"),  # 59.82% of 112: a percentage
        ("67 (60),92 (1)", "67", "60"),  # one group is enough
        ('"1,067 (59.82%)",92', "1067", "59.82%"),
        ("67\u00a0(59.82\u202f%),92", "67", "59.82 %"),
        ("\u200f67 (59.82%)\u200e,92", "67", "59.82%"),
        ("67,92", "67", None),
    ],
)
def test_counts(load, cells, count, percent):
    found = texts(load(GROUPS, f"variable,cases,controls\nsex,{cells}\n"))
    assert found["table1.sex.cases.count"] == count
    assert found.get("table1.sex.cases.percent") == percent


def test_mean_and_sd_in_brackets_must_be_named(load):
    sheet = "variable,cases,controls\nAge,54 (10),56 (11)\n"
    with pytest.raises(PaperError, match=r"may be n \(%\) or mean \(SD\)"):
        load(GROUPS, sheet)
    named = "variable,cases,controls,summary\nAge,54 (10),56 (11),{}\n"
    assert texts(load(GROUPS, named.format("mean_sd")))["table1.age.cases.sd"] == "10"
    assert texts(load(GROUPS, named.format("n_pct")))["table1.age.cases.percent"] == "10"


def test_semicolons_tabs_and_decimal_commas(load):
    sheet = "sep=;\nvariable;cases;controls;p\nAge;54,96 ± 10,22;56,31 ± 10,37;0,289\n"
    found = texts(load(GROUPS, sheet, ", decimal: comma"))
    assert found["table1.age.cases.mean"] == "54.96"
    assert found["table1.age.p"] == "0.289"
    with pytest.raises(PaperError, match=r'row 3, column "p": found "0,289".*decimal: comma'):
        load(GROUPS, sheet)
    found = load(
        GROUPS.replace("table1.csv", "table1.tsv"),
        "variable\tcases\tcontrols\nAge\t54 ± 1\t5 ± 1\n",
        name="table1.tsv",
    )
    assert texts(found)["table1.age.cases.mean"] == "54"


def test_a_byte_order_mark_and_line_ends(load):
    sheet = "\ufeffvariable,cases,controls\r\nAge,54 ± 1,5 ± 1\r\n"
    assert texts(load(GROUPS, sheet))["table1.age.cases.sd"] == "1"


def test_a_formula_and_html_are_data(load):
    paper = load(
        GROUPS,
        'variable,cases,controls\n"=HYPERLINK(""http://x"",""y"")",5 ± 1,6 ± 1\n'
        "<script>alert(1)</script>,5 ± 1,6 ± 1\n'=1+1,5 ± 1,6 ± 1\n",
    )
    assert [v.label for v in paper.variables] == [
        '=HYPERLINK("http://x","y")',
        "<script>alert(1)</script>",
        "=1+1",
    ]
    assert [v.id for v in paper.variables] == [
        "hyperlink_http_x_y",
        "script_alert_1_script",
        "n_1_1",
    ]
    written = sheets_of(paper)["table1.csv"]
    assert "\"'=HYPERLINK(" in written
    again = load(GROUPS, written)
    assert [v.label for v in again.variables] == [v.label for v in paper.variables]


def test_percentages_of_the_row(load):
    paper = load(GROUPS, "variable,level,cases,controls\nS,m,3 (30),7 (70)\n,f,1 (50),1 (50)\n",
                 ", percent_of: row")  # fmt: skip
    assert [level.label for level in paper.table("table1").rows[0].levels] == ["m", "f"]


# --- ROC and regression ---------------------------------------------------------------------------


def test_a_roc_table_with_cuts(load):
    paper = load(
        ROC,
        "Marker,AUC,lower,upper,P,Cut-off,Sensitivity,Specificity,LR+,cut\n"
        "CRP,0.795,0.742,0.848,<0.001,405.08,0.768,0.675,2.36,\n"
        ",,,,,500,0.5,0.9,,high\n"
        "IL-6,0.632,0.565,0.700,,,,,,\n",
    )
    found = texts(paper)
    assert found["table1.crp.ci.low"] == "0.742"
    assert found["table1.crp.lr_positive"] == "2.36"
    assert found["table1.crp.high.threshold"] == "500"
    assert found["table1.il_6.ci.high"] == "0.700"
    assert audit(paper)


def test_a_model_and_its_constant(load):
    paper = load(
        MODEL,
        'Variable,β,S.E.,Wald χ²,P,"OR (95% CI)"\nLesions,0.829,0.393,4.448,0.035,2.292 (1.060–4.953)\n'
        "Intercept,−5.310,1.403,,,\n",
    )
    found = texts(paper)
    assert found["table1.lesions.b"] == "0.829"
    assert found["table1.lesions.ratio"] == "2.292"
    assert found["table1.lesions.ci.high"] == "4.953"
    assert found["table1.constant.b"] == "−5.310"


def test_one_sheet_for_two_tables(load):
    sheet = "label,uni_OR,uni_p,multi_OR,multi_p\nAge,1.10,0.020,1.05,0.100\nSex,1.30,0.400,,\n"
    uni = texts(load(MODEL, sheet, ", analysis: univariable"))
    assert uni == {"table1.age.ratio": "1.10", "table1.age.p": "0.020",
                   "table1.sex.ratio": "1.30", "table1.sex.p": "0.400"}  # fmt: skip
    multi = texts(load(MODEL, sheet, ", analysis: multivariable"))
    assert multi == {"table1.age.ratio": "1.05", "table1.age.p": "0.100"}


# --- what is refused ------------------------------------------------------------------------------

REFUSED = {
    "no such heading": (GROUPS, "variable,cases,controls,Pee\nA,1 ± 1,1 ± 1,1\n", 'heading "Pee"'),
    "no group": (GROUPS, "variable,cases,contrls\nA,1 ± 1,1 ± 1\n", 'heading "contrls"'),
    "n of no group": (GROUPS, "variable,cases,n:contrls\nA,1 ± 1,1\n", "names no group"),
    "n differs": (GROUPS, "variable,cases (n=113),controls\nA,1 ± 1,1 ± 1\n", 'n = 113, the record "112"'),
    "column twice": (GROUPS, "variable,cases,cases\nA,1 ± 1,1 ± 1\n", "twice"),
    "column twice in other words": (GROUPS, "variable,cases,With event\nA,1 ± 1,1 ± 1\n", "same column"),
    "no variable": (GROUPS, "level,cases,controls\nA,1,1\n", '"variable" is missing'),
    "variable empty": (GROUPS, "variable,cases,controls\n,1,1\n", "row 2: the variable is missing"),
    "level empty": (GROUPS, "variable,cases,controls\nA,1,1\n,1,1\n", "row 3: the variable is missing"),
    "heading empty": (GROUPS, "variable,,controls\nA,1,1\n", "column 2 has no heading"),
    "cell empty": (GROUPS, "variable,cases,controls\nA,1 ± 1,\n", '"controls" is missing'),
    "no cells": (GROUPS, "variable,cases,controls,p\nA,,,0.2\n", "row 2: found no cell of a group"),
    "unlike cells": (GROUPS, "variable,cases,controls\nA,1 ± 1,4 (2–6)\n", "of different kinds"),
    "no known cell": (GROUPS, "variable,cases,controls\nA,1 ± 1,n/a\n", 'row 2, column "controls": found "n/a"'),
    "date of Excel": (GROUPS, "variable,cases,controls\nA,03-Dec,4\n", 'found "03-Dec"'),
    "P too large": (GROUPS, "variable,cases,controls,p\nA,1 ± 1,1 ± 1,1.2\n", 'row 2, column "p"'),
    "percentage too large": (GROUPS, "variable,cases,controls\nA,1 (101%),1\n", "between 0 and 100"),
    "two P for a row": (GROUPS, "variable,level,cases,controls,p\nA,x,1,1,0.1\n,y,2,2,0.2\n", "above it for the same row"),
    "summary unknown": (GROUPS, "variable,cases,controls,summary\nA,1,1,mean\n", "allowed are mean_sd"),
    "denominators differ": (GROUPS, "variable,level,cases,controls\nA,x,1/9,1\n,y,2/8,1\n", '"8" patients, above it for the same row "9"'),
    "more cells than headings": (GROUPS, "variable,cases,controls\nA,1,1,1\n", "more cells than the 3"),
    "empty": (GROUPS, "", "the sheet is empty"),
    "headings only": (GROUPS, "variable,cases,controls\n", "headings only"),
    "quote open": (GROUPS, 'variable,cases,controls\n"A,1,1\n', "no valid CSV"),
    "UTF-16": (GROUPS, "variable,cases,controls\nA,1,1\n".encode("utf-16"), "UTF-16"),
    "Latin-1": (GROUPS, "variable,cases,controls\n\n\xc4,1,1\n".encode("latin-1"), "line 3: this is no UTF-8"),
    "too many rows": (GROUPS, "variable,cases,controls\n" + "A,1,1\n" * 1001, "1,000 rows"),
    "too many columns": (GROUPS, "a," * 200 + "\n", "100 columns"),
    "long cell": (GROUPS, "variable,cases,controls\n" + "A" * 1001 + ",1,1\n", "1,001 characters"),
    "cut without marker": (ROC, "marker,auc,cut\nA,0.7,x\n", "stands below its marker"),
    "area of a cut": (ROC, "marker,auc,cut\nA,0.7,\n,0.6,x\n", 'row 3, column "auc"'),
    "one limit": (ROC, "marker,auc,lower\nA,0.7,0.6\n", "one limit of two"),
    "direction unknown": (ROC, "marker,auc,direction\nA,0.7,up\n", 'row 2, column "direction"'),
    "mixed prefixes": (MODEL, "label,uni_b,b\nA,1,1\n", "begin with uni_"),
    "two constants": (MODEL, "label,b\nA,1\nconstant,1\nIntercept,2\n", "second row of the constant"),
    "only other rows": (MODEL, "label,uni_b,multi_b\nA,1,\n", "no row of this table"),
    "cut of nothing": (MODEL, "label,b,cut\nA,1,table9.x\n", 'row 2, column "cut"'),
    "no ratio": (MODEL, "label,ratio_ci\nA,2.2\n", "a ratio and limits"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_one_sentence_names_file_row_and_column(load, name):
    record, sheet, words = REFUSED[name]
    with pytest.raises(PaperError) as refused:
        load(record, sheet)
    sentence = str(refused.value)
    assert "table1.csv: " in sentence
    assert words in sentence
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert ".." not in sentence


FILES = {
    "../table1.csv": "beside this one", "/etc/passwd": "beside this one", "": "beside this one",
    "a\\table1.csv": "beside this one", "C:table1.csv": "beside this one",
    "x/../../table1.csv": "beside this one", "table1.txt": "ends in .csv, .tsv or .xlsx",
    "nothing.csv": "no file", "out.csv": "leads out", "loop.csv": "", "folder.csv": "no regular file",
    "x" * 300 + ".csv": "cannot be read",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_no_file_outside_the_folder(tmp_path, name):
    (tmp_path / "table1.csv").write_text("variable,cases,controls\nA,1,1\n")
    folder = tmp_path / "study"
    (folder / "folder.csv").mkdir(parents=True)
    (folder / "out.csv").symlink_to(tmp_path / "table1.csv")
    (folder / "loop.csv").symlink_to(folder / "loop.csv")
    record = (GROUPS % "").replace("file: table1.csv", f"file: '{name}'")
    (folder / "paper.yaml").write_text(record)
    with pytest.raises(PaperError, match=r"paper\.yaml:7: ") as refused:
        load_paper(folder / "paper.yaml")
    assert FILES[name] in str(refused.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (", rows: []", "rows or a file, one of them"),
        (", constant: {b: 1}", "rows or a file, one of them"),
        (", sheet: Table 1", "only an .xlsx file has sheets"),
        (", decimal: dot", "allowed is 'point' or 'comma'"),
    ],
)
def test_keys_that_do_not_fit_a_file(load, more, words):
    with pytest.raises(PaperError, match=words):
        load(GROUPS, "variable,cases,controls\nA,1,1\n", more)


def test_a_sheet_needs_a_file(tmp_path):
    tree = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))
    tree["tables"][0]["sheet"] = "Table 1"
    (tmp_path / "paper.yaml").write_text(yaml.safe_dump(tree, allow_unicode=True))
    with pytest.raises(PaperError, match="the key sheet belongs to a table with a file"):
        load_paper(tmp_path / "paper.yaml")


def test_a_table_without_end_is_refused(load):
    sheet = "label,b\n" + "".join(f"P{i},0.1\n" for i in range(101))
    with pytest.raises(PaperError, match="found 101 entries, at most 100 are allowed"):
        load(MODEL, sheet)


def test_many_tables_of_one_sheet_are_bounded(tmp_path):
    (tmp_path / "table1.csv").write_text("variable,cases,controls\n" + "A,1,1\n" * 900)
    table = (GROUPS % "").splitlines()[-1] + "\n"
    tables = "".join(table.replace("id: table1", f"id: table{i}") for i in range(1, 100))
    (tmp_path / "paper.yaml").write_text(HEAD + tables)
    with pytest.raises(PaperError, match="20,000 cells"):
        load_paper(tmp_path / "paper.yaml")


# --- ids and the way back -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "id"),
    [
        ("Age, years", "age_years"), ("TNF-α (pg/mL)", "tnf_alpha_pg_ml"), ("β₂", "beta2"),
        ("Größe", "grosse"), ("Café", "cafe"), ("5-FU", "n_5_fu"), ("年龄", ""), ("%", ""),
        ("already_an_id", "already_an_id"), ("a" * 100, "a" * 100), ("A" * 100, "a" * 60),
    ],
)  # fmt: skip
def test_ids_are_made_of_labels(label, id):
    assert id_of(label) == id


def test_labels_without_letters_get_ids_too(load):
    paper = load(GROUPS, "variable,cases,controls\n年龄,5 ± 1,6 ± 1\n性别,3 (2.7%),4 (2.5%)\n")
    assert [v.label for v in paper.variables] == ["年龄", "性别"]
    assert len({r.id for r in paper.table("table1").rows}) == 2


@pytest.mark.parametrize("file", [YU, TEMPLATE], ids=["yu2023", "template"])
def test_the_written_sheets_load_to_the_same_numbers(tmp_path, file):
    paper = load_paper(file)
    tree = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    for table in tree["tables"]:
        del table["rows"]
        table.pop("constant", None)
        table["file"] = f"{table['id']}.csv"
    for name, content in sheets_of(paper).items():
        (tmp_path / name).write_bytes(content.encode())
    (tmp_path / "paper.yaml").write_text(yaml.safe_dump(tree, sort_keys=False), encoding="utf-8")
    again = load_paper(tmp_path / "paper.yaml")
    assert again.numbers == paper.numbers
    assert list(again.numbers) == list(paper.numbers)
    assert [t.rows for t in again.tables] == [t.rows for t in paper.tables]
