"""The key of an exam as plain data, and the sheets that a class fills in."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from analysis.exam.draw import MARK, Error, Exam, ExamPaper
from analysis.files import guarded
from analysis.findings import Finding

FORMAT = 1
KINDS = {
    "digit": "one digit is another",
    "transposed": "two digits have changed places",
    "p_of_row": "P is that of another row",
    "ci_of_row": "the interval is that of another row",
    "percent_of_cell": "the percentage is that of another cell",
    "statement": "a number of the text is another",
    "denominator": "the percentage is of the other group's size",
    "count": "a count is another, with the percentage that belongs to it",
    "groups_swapped": "the sizes of the groups have changed places",
    "se_for_sd": "standard errors stand where SDs are named",
    "se_for_sd_once": "one standard error stands where an SD is named",
    "sd_for_se": "the spread is √n times as wide as a standard error",
    "means_swapped": "two means have changed places, their SDs have not",
    "cut": "cut-off and measures come from other patients",
    "coefficient": "the coefficient is that of another model",
    "row_of_other_model": "the whole row is that of another model",
    "sign": "a minus sign is missing",
    "whole_row": "the row comes from other patients",
}
ANSWERS = ("paper", "number", "why")
SHEET = ("paper", "number", "place", "in the exam (may be changed)", "suspected")


def points_of(paper: ExamPaper, exam: Exam) -> int:
    """The most points that a paper gives: for each error those of its level; a paper without an
    error, left alone, as many as one error."""
    return sum(e.level.points for e in paper.errors) or exam.level.points


def key_of(exam: Exam) -> dict[str, Any]:
    """The key: for each paper all its numbers, those that count for nothing, and the errors."""
    return {
        "format": FORMAT,
        "mark": MARK,
        "seed": exam.seed,
        "level": str(exam.level),
        "errors": exam.planted,
        "papers": [
            {
                "paper": paper.number,
                "source": "made up" if paper.source is None else paper.source.paper.label,
                "points": points_of(paper, exam),
                "errors": [_error(error, paper) for error in paper.errors],
                "neutral": _in_order(paper, paper.neutral),
                "numbers": list(paper.paper.numbers),
            }
            for paper in exam.papers
        ],
    }


def key_text(exam: Exam) -> str:
    """The key as JSON."""
    return json.dumps(key_of(exam), ensure_ascii=False, indent=1) + "\n"


def _in_order(paper: ExamPaper, ids: frozenset[str]) -> list[str]:
    return [id for id in paper.paper.numbers if id in ids]


def _error(error: Error, paper: ExamPaper) -> dict[str, Any]:
    return {
        "kind": error.kind,
        "level": str(error.level),
        "points": error.level.points,
        "changed": [
            {"numbers": list(c.numbers), "place": c.place, "from": c.before, "to": c.after}
            for c in error.changed
        ],
        "accepted": _in_order(paper, error.accepted),
        "findings": [_finding(finding) for finding in error.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "check": finding.check,
        "verdict": str(finding.verdict),
        "numbers": list(finding.numbers),
        "claim": finding.claim,
        "printed": finding.printed,
        "attainable": finding.attainable,
        "by_hand": finding.by_hand,
        "assumptions": list(finding.assumptions),
    }


def answers_text() -> str:
    """An empty sheet for answers: headings only."""
    return ",".join(ANSWERS) + "\n"


def sheet_text(paper: ExamPaper) -> str:
    """Every number of a paper, to put an x beside those that are suspected."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(SHEET)
    for n in paper.paper.numbers.values():
        writer.writerow(
            [guarded(t) for t in (str(paper.number), n.id, f"{n.place} ({n.role})", n.text, "")]
        )
    return file.getvalue()
