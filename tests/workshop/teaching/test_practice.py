"""The notebook to fill in: it runs before and after, says what is missing, and folds solutions."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from tests.workshop.teaching.conftest import all_sheets
from workshop import downloads
from workshop.places import ROOT
from workshop.teaching import editions, run

ALL = all_sheets()


def parts_of(notebook, part):
    return [c.source for c in notebook.cells if c.metadata[editions.MARK]["part"] == part]


def test_it_has_all_but_the_marking_guide(small):
    notebook = editions.practice_notebook(small)
    assert parts_of(notebook, "setup") == ["%load_ext analysis.show.exercise"]
    assert parts_of(notebook, "start") == parts_of(editions.student_notebook(small), "start")
    # those of the same points in one cell: each question is answered with one "Right."
    checks = ["\n\n".join(p.source for p in cells) for e in small.exercises for cells in e.checks]
    shown = parts_of(notebook, "check")
    assert [cell.partition("\n")[2] for cell in shown] == checks
    assert all(cell.startswith("%%check") for cell in shown)
    hidden = [c for c in notebook.cells if c.metadata.get("jupyter", {}).get("source_hidden")]
    assert [c.source for c in hidden] == shown  # they compute the answer
    text = nbformat.writes(notebook)
    assert "Marking guide" not in text
    assert all(not cell.get("outputs") for cell in notebook.cells)


def test_solutions_are_under_a_line_that_opens_them(small):
    notebook = editions.practice_notebook(small)
    solutions = parts_of(notebook, "solution")
    assert len(solutions) == len(small.exercises)
    for exercise, told in zip(small.exercises, solutions, strict=True):
        assert told.startswith("<details><summary>Solution</summary>\n\n")
        assert told.endswith("\n\n</details>")
        for part in exercise.of("code"):
            assert f"```python\n{part.source}\n```" in told
    elsewhere = "\n".join(c.source for c in notebook.cells if c.source not in solutions)
    assert not [s for s in _of_solutions(small) if s in elsewhere]


def _of_solutions(sheet):
    lines = (
        line.strip() for e in sheet.exercises for p in e.of("code") for line in p.source.split("\n")
    )
    return {line for line in lines if len(line) > 20 and "=" in line}


def test_a_check_waits_for_the_names_that_it_uses(small):
    first = parts_of(editions.practice_notebook(small), "check")[0]
    assert first.partition("\n")[0].split()[1:] == ["share"]


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(s, marks=pytest.mark.thorough if i % 9 else pytest.mark.slow)
        for i, s in enumerate(ALL)
    ],
    ids=[s.name for s in ALL],
)
def test_it_runs_before_and_after_it_is_filled_in(sheet, monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = editions.practice_notebook(sheet)
    assert downloads.unready(executed(notebook, tmp_path)) == []
    filled = executed(run.answered(notebook, sheet), tmp_path)
    checks = [c for c in filled.cells if c.source.startswith("%%check")]
    assert [said(cell) for cell in checks] == ["Right.\n"] * len(checks)
    assert len(downloads.unready(filled)) == len(checks) > 0


def executed(notebook, folder):
    notebook = nbformat.from_dict(notebook)
    NotebookClient(
        notebook, timeout=300, kernel_name="python3", record_timing=False,
        extra_arguments=["--log-level=ERROR"], resources={"metadata": {"path": str(folder)}},
    ).execute()  # fmt: skip
    return notebook


def said(cell):
    return "".join(output.get("text", "") for output in cell.outputs)
