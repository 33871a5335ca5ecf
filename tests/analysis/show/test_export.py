import csv
import io
import json

import pytest

from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import load_paper
from analysis.show import export
from tests.analysis.ledgers import PAPER, findings, ledger


def test_json_comes_back_as_it_went():
    back = export.from_json(export.to_json(ledger()))
    assert back.findings == ledger().findings
    assert export.to_json(back) == export.to_json(ledger())


def test_json_holds_every_field_and_value():
    document = json.loads(export.to_json(ledger(), load_paper(PAPER)))
    assert document["paper"]["key"] == "yu2023"
    assert document["counts"] == {str(v): n for v, n in ledger().counts().items()}
    record = next(f for f in document["findings"] if f["id"] == "table1.bmi.t")
    assert record["values"] == {
        "nested": {"interval": {"low": "1/3", "high": "∞"}},
        "printed": "0.70", "nothing": None, "set": [1, 2], "not_a_number": None,
        "verdict": "depends",
    }  # fmt: skip
    age = next(f for f in document["findings"] if f["id"] == "table1.age.t")
    assert age["values"]["t_low"] == "21/20"
    assert age["values"]["t_high"] == 1.0714


def test_json_keeps_to_its_schema():
    jsonschema = pytest.importorskip("jsonschema")
    document = json.loads(export.to_json(ledger(), load_paper(PAPER)))
    jsonschema.validate(document, export.json_schema())
    del document["findings"][0]["by_hand"]
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, export.json_schema())


def test_arrays_become_lists():
    numpy = pytest.importorskip("numpy")
    assert export.json_safe(numpy.array([[1, 2]])) == [[1, 2]]
    assert export.json_safe({"x": numpy.float64(0.5)}) == {"x": 0.5}
    assert type(export.json_safe(numpy.float64(0.5))) is float
    assert export.json_safe(numpy.array([numpy.inf])) == ["∞"]


def test_csv_is_rfc_4180():
    text = export.to_csv(ledger())
    assert text.endswith("\r\n")
    assert "\r\n" in text
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert [r["id"] for r in rows] == [f.id for f in findings()]
    for row, finding in zip(rows, findings(), strict=True):
        assert (row["claim"], row["by_hand"], row["table"]) == (
            export.guarded(finding.claim), finding.by_hand, finding.table,
        )  # fmt: skip
        assert tuple(row["assumptions"].splitlines()) == finding.assumptions
        assert json.loads(row["values"]) == export.json_safe(finding.values)


def test_markdown_has_a_row_a_finding_whatever_the_words():
    lines = export.to_markdown(ledger()).splitlines()
    table = [line for line in lines if line.startswith("|")]
    assert len(table) == 2 + len(findings())
    plain = [line.replace("\\|", "") for line in table]
    assert {line.count("|") for line in plain} == {7}
    assert "4 reproduced" not in lines[-1]
    assert f"{len(findings())} findings" in lines[-1]


def test_markdown_escapes_what_markdown_reads():
    finding = Finding("t.x", "c", Verdict.DEPENDS, (), "a*b_c`d<e|f", "1", "2", "3")
    assert r"a\*b\_c\`d\<e\|f" in export.to_markdown(Ledger([finding]))


def test_an_empty_ledger_can_be_written():
    empty = Ledger([])
    assert export.from_json(export.to_json(empty)).findings == ()
    assert export.to_csv(empty).count("\r\n") == 1
    assert "0 findings" in export.to_markdown(empty)
