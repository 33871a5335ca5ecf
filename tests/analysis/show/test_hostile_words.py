"""Words of a record are shown as text in every output: no formula, no HTML, no escape."""

from __future__ import annotations

import csv
import io
import json

import pytest

from analysis.audit import audit
from analysis.paper import PaperError, load_paper
from analysis.show import export, terminal
from analysis.show.drawing import text_width
from analysis.show.report import report
from analysis.show.tables import ledger_table

FORMULA = '=HYPERLINK("http://example.org","x")'
HTML = "<script>alert(1)</script><img src=x onerror=alert(1)>"
MARKUP = "[bold red]x[/bold red] `code` **b** | a"
WORDS = [FORMULA, HTML, MARKUP, "@SUM(1)", "-cmd", "{{7*7}}", "$(id)", "% & \\ #"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    rows = io.StringIO()
    writer = csv.writer(rows)
    writer.writerow(["variable", "level", "cases", "controls", "p"])
    for word in WORDS:
        writer.writerow([word, "", "5 (10%)", "6 (10%)", "0.9"])
        writer.writerow([f"{word} x", word, "5 (10%)", "6 (10%)", "0.9"])
        writer.writerow(["", f"{word}2", "45 (90%)", "54 (90%)", ""])
    (folder / "t.csv").write_text(rows.getvalue(), encoding="utf-8")
    (folder / "paper.yaml").write_text(
        f"schema: 1\npaper: {{key: x, label: {json.dumps(HTML)}}}\n"
        f"groups:\n  - {{id: cases, label: {json.dumps(FORMULA)}, n: 50}}\n"
        f"  - {{id: controls, label: {json.dumps(HTML)}, n: 60}}\n"
        f"tables:\n  - {{id: table1, kind: two_group, title: {json.dumps(HTML)}, file: t.csv}}\n",
        encoding="utf-8",
    )
    paper = load_paper(folder / "paper.yaml")
    return paper, audit(paper)


def test_the_words_reach_the_findings(hostile):
    _, ledger = hostile
    for word in WORDS:
        assert any(word in f.claim for f in ledger), word


def test_csv(hostile):
    text = export.to_csv(hostile[1])
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert not [cell for cell in cells if cell[:1] in "=@\t\r" and cell]
    assert not [cell for cell in cells if cell[:1] in ("+", "-") and not cell[1:2].isdigit()]


def test_html(hostile):
    paper, ledger = hostile
    html = ledger_table(ledger, paper).html
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "<img" not in html


def test_terminal(hostile):
    paper, ledger = hostile
    text = terminal.ledger_text(ledger, paper, width=300)
    assert "[bold red]x[/bold red]" in text
    assert "<script>alert(1)</script>" in text
    assert "\x1b" not in text


def test_markdown(hostile):
    text = export.to_markdown(hostile[1])
    assert "<script" not in text.replace("\\<script", "")
    assert "\\`code\\`" in text


@pytest.mark.parametrize("word", ["\x1b[31m", "\u202egnp", "\x07", "\x9b31m"])
def test_what_a_terminal_would_obey_is_refused(tmp_path, word):
    (tmp_path / "t.csv").write_text(f"variable,cases\n{word}A,1\n", encoding="utf-8")
    text = (
        "schema: 1\npaper: {key: x, label: x}\ngroups: [{id: cases, label: %s, n: 50}]\n"
        "tables:\n  - {id: table1, kind: two_group, title: x, file: t.csv}\n"
    )
    (tmp_path / "paper.yaml").write_text(text % json.dumps(word))
    with pytest.raises(PaperError, match=r"paper\.yaml:3: .*cannot be printed"):
        load_paper(tmp_path / "paper.yaml")
    (tmp_path / "paper.yaml").write_text(text % "x")
    if word == "\u202egnp":  # taken away with other invisible signs
        assert load_paper(tmp_path / "paper.yaml").variables[0].label == "gnpA"
        return
    with pytest.raises(PaperError, match=r"t\.csv: row 2, column 1: .*cannot be printed"):
        load_paper(tmp_path / "paper.yaml")


@pytest.mark.filterwarnings("error")
def test_letters_that_matplotlib_has_no_font_for_are_drawn_in_silence(tmp_path):
    words = "肝癌 \N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}"
    assert text_width(words) > 0
    (tmp_path / "paper.yaml").write_text(
        "schema: 1\npaper: {key: x, label: x}\n"
        f"groups: [{{id: a, label: {words} a, n: 50}}, {{id: b, label: {words} b, n: 60}}]\n"
        "tables:\n  - {id: table1, kind: two_group, title: x, rows: [{id: q, variable: v, "
        'summary: mean_sd, values: {a: "1.0 ± 0.5", b: "2.0 ± 0.5"}, statistic: "10.4", p: "<0.001"}]}\n'
        f"variables: [{{id: v, label: {words}}}]\n",
        encoding="utf-8",
    )
    paper = load_paper(tmp_path / "paper.yaml")
    assert words.split()[0] in report(audit(paper), paper)
