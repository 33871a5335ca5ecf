"""The form as a page, as a DOCX file and from the command line."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from analysis.__main__ import main
from analysis.appraisal_form import WORDS, fill, load_form
from analysis.audit import audit
from analysis.paper import load_paper
from analysis.show import appraisal_form as show
from analysis.show.appraisal_docx import EMPTY, TICKED, NoDocxError, to_docx

FORM = load_form()


@pytest.fixture(scope="module")
def filled(root: Path):
    paper = load_paper(root / "data" / "yu2023" / "paper.yaml")
    return fill(FORM, paper, audit(paper))


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


# --- HTML ---------------------------------------------------------------------------------


def test_the_empty_form_has_boxes_and_room_for_every_question():
    page = soup(show.blank_page(FORM))
    fields = page.select("fieldset")
    assert len(fields) == len(FORM.questions)
    for field, question in zip(fields, FORM.questions, strict=True):
        assert field.find(True).name == "legend"
        assert question.ask in field.legend.get_text()
        assert [i["value"] for i in field.select("input")] == list(question.words)
        assert len({i["name"] for i in field.select("input")}) <= 1
        assert field.select_one("label > textarea")
    assert not page.select("[checked]")


def test_the_filled_form_has_every_answer_with_its_grounds(filled):
    page = soup(show.filled_page(filled))
    rows = page.select("ol.reread-form-answers > li")
    assert len(rows) == len(FORM.questions)
    for row, question in zip(rows, FORM.questions, strict=True):
        answered = filled[question.id]
        assert row.select_one(".reread-form-ask").get_text() == question.ask
        if answered.answer:
            badge = row.select_one(":scope > p > .reread-badge")
            assert badge.get_text(strip=True) == answered.answer
        assert len(row.select("details li")) == len(answered.grounds)
    starts = [int(ol["start"]) for ol in page.select("ol.reread-form-answers")]
    assert starts == [FORM.numbers[part.questions[0].id] for part in FORM.parts]
    assert show.in_words(filled) in page.get_text()
    assert sum(filled.counts.values()) == sum(q.words == WORDS for q in FORM.questions)


def test_links_lead_to_chapters_and_findings_only_where_they_are_given(filled):
    alone = soup("".join(html for _, html in show.filled_parts(filled)))
    assert not alone.select("a")
    linked = soup("".join(
        html for _, html in show.filled_parts(filled, str.upper, lambda id: f"ledger#{id}")
    ))  # fmt: skip
    assert linked.select_one('a[href="ledger#table2.criterion"]')
    assert "RISK_OF_BIAS" in linked.get_text()


def test_a_paper_is_named_as_text(filled):
    from dataclasses import replace

    about = filled.paper.paper.model_copy(update={"label": "<b>A & B</b>"})
    odd = replace(filled, paper=filled.paper.model_copy(update={"paper": about}))
    assert "<b>A" not in show.filled_page(odd)


# --- DOCX ---------------------------------------------------------------------------------


def opened(content: bytes):
    docx = pytest.importorskip("docx")
    return docx.Document(io.BytesIO(content))


def rows_of(document) -> list[list[str]]:
    """The questions' rows, without heads."""
    return [
        [cell.text for cell in row.cells]
        for table in document.tables
        if len(table.columns) == 3
        for row in table.rows[1:]
    ]


def test_the_docx_opens_and_holds_every_question():
    pytest.importorskip("docx")
    content = to_docx(FORM)
    assert content == to_docx(FORM)
    document = opened(content)
    rows = rows_of(document)
    assert len(rows) == len(FORM.questions)
    for row, question in zip(rows, FORM.questions, strict=True):
        assert row[0].startswith(f"{FORM.numbers[question.id]}. {question.ask}")
        assert row[1].count(EMPTY) == len(question.words)
        assert TICKED not in row[1]
        assert row[2].strip() == ""
    heads = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert heads == [part.title for part in FORM.parts]


def test_its_tables_have_heads_that_are_repeated():
    pytest.importorskip("docx")
    document = opened(to_docx(FORM))
    for table in document.tables:
        if len(table.columns) == 3:
            assert table.rows[0]._tr.xpath("./w:trPr/w:tblHeader")
            assert not any(row._tr.xpath("./w:trPr/w:tblHeader") for row in table.rows[1:])


def test_the_docx_tells_its_widths_to_cells_and_to_columns():
    """Word goes by the first, LibreOffice by the second."""
    pytest.importorskip("docx")
    for table in opened(to_docx(FORM)).tables:
        of_columns = [column.width for column in table.columns]
        assert len(set(of_columns)) > 1
        for row in table.rows:
            assert [cell.width for cell in row.cells] == of_columns


def test_the_filled_docx_ticks_what_the_form_answers(filled):
    pytest.importorskip("docx")
    rows = rows_of(opened(to_docx(FORM, filled)))
    for row, question in zip(rows, FORM.questions, strict=True):
        ticked = [line[2:] for line in row[1].splitlines() if line.startswith(TICKED)]
        answer = filled[question.id].answer
        assert ticked == ([answer] if answer else [])
        assert len(row[2].splitlines()) == max(1, len(filled[question.id].grounds)) or not row[2]


def test_without_python_docx_one_sentence_says_so(monkeypatch):
    monkeypatch.setitem(sys.modules, "docx", None)
    with pytest.raises(NoDocxError, match=r"python -m pip install python-docx\.$"):
        to_docx(FORM)


# --- the command line ---------------------------------------------------------------------


def test_the_command_writes_what_was_asked(tmp_path, capsys, root, filled):
    page = tmp_path / "form.html"
    assert main(["form", "--html", str(page)]) == 0
    assert page.read_text("utf-8") == show.blank_page(FORM)
    record = root / "data" / "yu2023" / "paper.yaml"
    assert main(["form", str(record), "--html", str(page)]) == 0
    assert page.read_text("utf-8") == show.filled_page(filled)
    assert capsys.readouterr().out.splitlines() == [
        f"{page}: {len(FORM.questions)} questions",
        f"{page}: {len(FORM.questions)} questions, 0 of them left to fill in",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["form"], "nothing to write"),
        (["form", "none.yaml", "--html", "x.html"], "there is no such file"),
        (["form", "--html", "x", "--docx", "x"], "each needs a file of its own"),
        (["form", "--html", "no/such/folder/x.html"], "cannot be written"),
    ],
)
def test_one_sentence_says_what_is_wrong(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
