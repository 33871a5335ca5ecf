"""Marks against counts made by hand."""

from __future__ import annotations

import json

import openpyxl
import pytest
from statsmodels.stats.proportion import proportion_confint

from analysis.exam.marking import MarkError, mark, read_answers, read_key

NUMBERS = ["groups.a", "table1.x.a.mean", "table1.x.a.sd", "table1.x.p", "table1.y.a.count",
           "table1.y.p", "abstract.p"]  # fmt: skip


def key_tree():
    error = {"points": 2, "accepted": ["table1.x.a.mean", "table1.x.p"]}
    other = {"points": 2, "accepted": ["table1.y.p"]}
    return {
        "format": 1, "seed": 7, "level": "medium", "mark": "x", "errors": 2,
        "papers": [
            {"paper": 1, "points": 4, "errors": [error, other], "neutral": ["groups.a"], "numbers": NUMBERS},
            {"paper": 2, "points": 2, "errors": [], "neutral": [], "numbers": NUMBERS},
        ],
    }  # fmt: skip


@pytest.fixture
def key(tmp_path):
    return write_key(tmp_path, key_tree())


def write_key(folder, tree):
    file = folder / "key.json"
    file.write_text(json.dumps(tree), encoding="utf-8")
    return read_key(file)


def marks(folder, key, text, name="answers.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return mark(read_answers(file, key), key)


def test_errors_false_alarms_and_points(tmp_path, key):
    told = marks(
        tmp_path, key,
        "paper,number,why\n1,table1.x.p,no\n1,TABLE1.X.A.MEAN,again\n1,groups.a,\n1,abstract.p,\n",
    )  # fmt: skip
    # one of two errors, named twice; one doubt that counts for nothing; one false alarm
    assert (told.found, told.planted, told.false) == (1, 2, 1)
    # paper 1 has 7 numbers, 3 accepted and 1 neutral; paper 2 has 7
    assert told.sound == 3 + 7
    assert (told.left_alone, told.clean) == (1, 1)
    assert (told.points, told.most) == (2 - 1 + 2, 6)
    low, high = proportion_confint(1, 2, method="wilson")
    assert (told.sensitivity.low, told.sensitivity.high) == pytest.approx((low, high))
    low, high = proportion_confint(9, 10, method="wilson")
    assert (told.specificity.low, told.specificity.high) == pytest.approx((low, high))


def test_nothing_named(tmp_path, key):
    told = marks(tmp_path, key, "paper,number,why\n")
    assert (told.found, told.false, told.points) == (0, 0, 2)


def test_no_paper_is_worth_less_than_nothing(tmp_path, key):
    every = "".join(f"{p},{n}\n" for p in (1, 2) for n in NUMBERS)
    told = marks(tmp_path, key, "paper,number\n" + every)
    assert (told.found, told.false, told.left_alone) == (2, 10, 0)
    assert told.points == max(4 - 3, 0) + 0
    assert told.specificity.value == 0


def test_a_sheet_with_crosses(tmp_path, key):
    told = marks(
        tmp_path, key,
        "paper,number,place,in the exam (may be changed),suspected\n"
        "1,table1.y.p,x,0.1,x\n1,abstract.p,x,0.1,\n2,abstract.p,x,0.1, \n",
    )  # fmt: skip
    assert (told.found, told.false) == (1, 0)


def test_table_row_and_column_and_whole_cells(tmp_path, key):
    told = marks(
        tmp_path, key, "paper,table,row,column\n1,table1,x,a\n1,table1,y,p\n2,table1,x,a\n2,table1,x,a.sd\n"
    )  # fmt: skip
    assert (told.found, told.planted) == (2, 2)
    # the whole cell and its SD are two answers, each false once
    assert told.false == 2


def test_one_paper_needs_no_number_and_xlsx_is_read(tmp_path):
    tree = key_tree()
    del tree["papers"][1]
    key = write_key(tmp_path, tree)
    book = openpyxl.Workbook()
    book.active.append(["Number"])
    book.active.append(["table1.y.p"])
    book.save(tmp_path / "a.xlsx")
    assert mark(read_answers(tmp_path / "a.xlsx", key), key).found == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("paper,number\n1,table1.z.p\n", ("row 2, column number", '"table1.z.p"', "such as table1.")),
        ("paper,number\n3,table1.x.p\n", ("row 2, column paper", '"3"', "from 1 to 2")),
        ("paper,number\n,table1.x.p\n", ("row 2, column paper",)),
        ("paper,number\n1,table1\n", ("names 5 numbers", "one cell is needed")),
        ("paper,number\n1,\n1,table1.x.p\n", ("row 2, column number",)),
        ("number\ntable1.x.p\n", ('no column "paper"',)),
        ("paper,row\n1,x\n", ('no column "table"',)),
        ("", ("empty",)),
    ],
)  # fmt: skip
def test_bad_answers_are_refused_in_one_sentence(text, words, tmp_path, key):
    with pytest.raises(MarkError) as refused:
        marks(tmp_path, key, text)
    for word in (str(tmp_path / "answers.csv"), *words):
        assert word in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_no_sheet(tmp_path, key):
    with pytest.raises(MarkError, match=r"no file"):
        read_answers(tmp_path / "missing.csv", key)
    with pytest.raises(MarkError, match=r"\.csv"):
        read_answers(tmp_path / "answers.docx", key)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "no JSON"),
        ("[1]", "plant-errors writes"),
        ('{"format": 1}', "plant-errors writes"),
        (json.dumps(key_tree() | {"format": 2}), "format 1 is needed"),
        ("[" * 100_000, "no JSON"),
    ],
)
def test_bad_keys_are_refused(text, words, tmp_path):
    file = tmp_path / "key.json"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(MarkError, match=words):
        read_key(file)


def test_a_key_that_is_not_there(tmp_path):
    with pytest.raises(MarkError, match="cannot be read"):
        read_key(tmp_path / "key.json")
