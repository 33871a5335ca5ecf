"""The gates on chapters close when they should."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.book.conftest import FRONT_MATTER
from workshop import chapters

TEXT = FRONT_MATTER + (
    "# Title\n\n```{code-cell} ipython3\n:tags: [hide-input]\n\n1 + 1\n```\n\nMeaning.\n"
)


@pytest.fixture
def chapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(chapters, "ROOT", tmp_path)
    path = tmp_path / "chapter.md"
    path.write_text(TEXT, encoding="utf-8")
    chapters.write_pair(chapters.as_paired(path), path)
    return path


def test_equal_pair_passes(chapter: Path) -> None:
    assert chapters.pair_faults(chapter) == []


def test_missing_notebook_is_reported(chapter: Path) -> None:
    chapter.with_suffix(".ipynb").unlink()
    assert chapters.pair_faults(chapter) == ["chapter.ipynb is missing: run `make refresh`"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("1 + 1", "1 + 2", "cell 2: source differs"),
        ("[hide-input]", "[remove-cell]", "cell 2: metadata differs"),
        ("Meaning.", "Another meaning.", "cell 3: source differs"),
        ("Meaning.", "```{code-cell} ipython3\n2\n```\n", "cell 3: cell_type differs"),
        ("Meaning.\n", "", "2 cells in the text, 3 in the notebook"),
        ("name: python3", "name: python4", "kernelspec differs"),
    ],
)
def test_drift_is_reported(chapter: Path, old: str, new: str, fault: str) -> None:
    assert old in TEXT
    chapter.write_text(TEXT.replace(old, new), encoding="utf-8")
    assert f"chapter: {fault}" in chapters.pair_faults(chapter)


def test_a_pair_is_written_the_same_twice(chapter: Path) -> None:
    first = chapter.with_suffix(".ipynb").read_bytes()
    chapters.write_pair(chapters.as_paired(chapter), chapter)
    assert chapter.with_suffix(".ipynb").read_bytes() == first


def executed(*outputs: nbformat.NotebookNode, count: int = 1) -> nbformat.NotebookNode:
    cell = new_code_cell("x", execution_count=count, outputs=list(outputs))
    return new_notebook(cells=[cell])


def test_clean_outputs_pass() -> None:
    stream = new_output("stream", name="stdout", text="ok")
    shown = new_output("display_data", data={"image/svg+xml": "<svg/>", "text/plain": "a plot"})
    assert chapters.output_faults(executed(stream, shown)) == []


@pytest.mark.parametrize(
    ("output", "fault"),
    [
        (new_output("stream", name="stderr", text="careful"), "writes to stderr: careful"),
        (new_output("error", ename="KeyError", evalue="age"), "ends in KeyError: age"),
        (new_output("display_data", data={"image/png": "iVBOR"}), "shows image/png"),
        (
            new_output("display_data", data={"text/plain": "<Table at 0x7f00aa11bb22>"}),
            "shows a memory address",
        ),
    ],
)
def test_unfit_outputs_are_reported(output: nbformat.NotebookNode, fault: str) -> None:
    (found,) = chapters.output_faults(executed(output))
    assert fault in found


@pytest.mark.parametrize("count", [None, 0, 2])
def test_execution_counts_run_from_one(count: int | None) -> None:
    assert chapters.output_faults(executed(count=count)) == [
        f"code cell 1 carries execution count {count}"
    ]
