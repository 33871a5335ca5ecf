"""The form of an appraisal as a DOCX file, to be typed into or printed; filled in, or empty.

It needs python-docx, which belongs to the extra ``book``.
"""

from __future__ import annotations

import datetime
import io
import zipfile
from typing import TYPE_CHECKING, Any

from analysis.appraisal_form import Answered, Filled, Form, Ground
from analysis.findings import first_up
from analysis.paper import Paper
from analysis.show.appraisal_form import RULE, in_words, places
from analysis.show.html import visible

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table, _Cell

EMPTY, TICKED = "☐", "☒"
_WIDTHS = (6.0, 3.6, 7.4)  # centimetres: question, answer, ground
_HEAD_WIDTHS = (3.5, 13.5)
_WHEN = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can say


class NoDocxError(ImportError):
    """python-docx is not installed; one sentence."""


def to_docx(form: Form, filled: Filled | None = None) -> bytes:
    """The form, or the form of one paper; the same bytes every time.

    Raises :class:`NoDocxError` without python-docx.
    """
    try:
        from docx import Document
        from docx.shared import Cm, Pt
    except ImportError:
        raise NoDocxError(
            "a DOCX file is written by python-docx, which is not installed: "
            "python -m pip install python-docx."
        ) from None
    document = Document()
    for section in document.sections:
        section.page_width, section.page_height = Cm(21), Cm(29.7)
        section.left_margin = section.right_margin = Cm(2)
        section.top_margin = section.bottom_margin = Cm(1.8)
    document.styles["Normal"].font.size = Pt(10)
    title = form.name if filled is None else f"{form.name}: {filled.paper.paper.label}"
    facts = document.core_properties
    facts.title, facts.author, facts.language, facts.comments = visible(title), "", "en", ""
    facts.created = facts.modified = datetime.datetime(2000, 1, 1)
    document.add_heading(visible(title), level=0)
    document.add_paragraph(form.note)
    if filled is None:
        _head(document)
    else:
        document.add_paragraph(in_words(filled))
        document.add_paragraph(RULE)
    for part in form.parts:
        document.add_heading(part.title, level=1)
        answers = [Answered(q) if filled is None else filled[q.id] for q in part.questions]
        _table(document, form, answers, None if filled is None else filled.paper)
    out = io.BytesIO()
    document.save(out)
    return _without_clock(out.getvalue())


def _head(document: Document) -> None:
    table = document.add_table(rows=0, cols=2, style="Table Grid")
    table.autofit = False
    for field in ("The paper", "Who reads it", "Date"):
        cells = table.add_row().cells
        cells[0].text = field
    _set_widths(table, _HEAD_WIDTHS)


def _set_widths(table: Table, widths: tuple[float, ...]) -> None:
    """Word goes by the cells, LibreOffice by the columns of the grid: both are told."""
    from docx.shared import Cm

    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for row in table.rows:
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width = Cm(width)


def _table(document: Document, form: Form, answers: list[Answered], paper: Paper | None) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    table = document.add_table(rows=1, cols=3, style="Table Grid")
    table.autofit = False
    head = table.rows[0]
    for cell, name in zip(
        head.cells, ("Question", "Answer", "Where it stands, and why"), strict=True
    ):
        cell.paragraphs[0].add_run(name).bold = True
    # a real head: named as such, and repeated where the table goes on
    mark = OxmlElement("w:tblHeader")
    mark.set(qn("w:val"), "true")
    head._tr.get_or_add_trPr().append(mark)
    for answered in answers:
        row = table.add_row()
        whole = OxmlElement("w:cantSplit")
        row._tr.get_or_add_trPr().append(whole)
        question = answered.question
        _lines(row.cells[0], f"{form.numbers[question.id]}. {question.ask}", bold=True)
        look = row.cells[0].add_paragraph().add_run(f"Where to look: {question.look}")
        look.italic = True
        _boxes(row.cells[1], answered)
        if paper is None:
            row.cells[2].add_paragraph()
        else:
            _grounds(row.cells[2], answered, paper)
    _set_widths(table, _WIDTHS)


def _boxes(cell: _Cell, answered: Answered) -> None:
    if not answered.question.words:
        cell.text = "in your words"
        return
    lines = [
        f"{TICKED if word == answered.answer else EMPTY} {word}" for word in answered.question.words
    ]
    for i, line in enumerate(lines):
        paragraph = cell.paragraphs[0] if not i else cell.add_paragraph()
        paragraph.add_run(line).bold = line.startswith(TICKED)
        _close(paragraph)


def _grounds(cell: _Cell, answered: Answered, paper: Paper) -> None:
    for i, ground in enumerate(answered.grounds):
        paragraph = cell.paragraphs[0] if not i else cell.add_paragraph()
        paragraph.add_run(visible(_line(ground, paper)))
        _close(paragraph)


def _line(ground: Ground, paper: Paper) -> str:
    own = f"{ground.source}, {ground.answer}" if ground.answer else ground.source
    return f"{own}: {first_up(ground.text)}{places(ground, paper)}"


def _lines(cell: _Cell, text: str, bold: bool = False) -> None:
    cell.paragraphs[0].add_run(visible(text)).bold = bold


def _close(paragraph: Any) -> None:
    from docx.shared import Pt

    paragraph.paragraph_format.space_after = Pt(2)


def _without_clock(content: bytes) -> bytes:
    """The same file without the time at which its parts were packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, _WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            new.writestr(entry, old.read(name))
    return out.getvalue()
