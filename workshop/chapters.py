"""The chapters that the table of contents names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import yaml
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbformat import NotebookNode

from workshop.places import ROOT, TOC


def _entries(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value
            else:
                yield from _entries(value)
    elif isinstance(node, list):
        for value in node:
            yield from _entries(value)


def pages(root: Path | None = None) -> list[Path]:
    """The Markdown file of every page, in the order of the table of contents; `root` is the
    folder of another book."""
    toc = TOC if root is None else root / TOC.name
    names = _entries(yaml.safe_load(toc.read_text(encoding="utf-8")))
    folder = root or ROOT
    return [folder / (name if name.endswith(".md") else f"{name}.md") for name in names]


def notebooks(root: Path | None = None) -> list[Path]:
    """The pages that hold code; the others are plain text."""
    return [p for p in pages(root) if is_myst_markdown_notebook(p.read_text(encoding="utf-8"))]


def name_of(chapter: Path) -> str:
    """``book/table1``; the same in the book of another paper, wherever it is being made."""
    root = next((p for p in chapter.parents if (p / TOC.name).is_file()), ROOT)
    return chapter.relative_to(root).with_suffix("").as_posix()


def as_published(chapter: Path) -> NotebookNode:
    """The notebook as the book's build reads it: what its cache is keyed by."""
    text = chapter.read_text(encoding="utf-8")
    return read_myst_markdown_notebook(text, add_source_map=True, path=chapter)


def as_paired(chapter: Path) -> NotebookNode:
    """The notebook as it stands beside the text, still without outputs."""
    notebook = jupytext.read(chapter)
    notebook.metadata.pop("language_info", None)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for number, cell in enumerate(notebook.cells, start=1):
        # Jupyter draws ids at random: a second refresh would differ from the first.
        cell.id = f"cell-{number:03d}"
    return notebook


def write_pair(notebook: NotebookNode, chapter: Path) -> Path:
    nbformat.validate(notebook)
    path = chapter.with_suffix(".ipynb")
    jupytext.write(notebook, path, fmt="ipynb")
    return path


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pair_faults(chapter: Path) -> list[str]:
    """Every difference between a chapter's text and the notebook beside it.

    `jupytext --test` passes on a drifted pair and `--sync` overwrites one side in silence,
    so the cells are compared here, one by one.
    """
    path = chapter.with_suffix(".ipynb")
    if not path.is_file():
        return [f"{name_of(chapter)}.ipynb is missing: run `make refresh`"]
    text, paired = as_paired(chapter), nbformat.read(path, as_version=4)
    faults = []
    if len(text.cells) != len(paired.cells):
        faults.append(f"{len(text.cells)} cells in the text, {len(paired.cells)} in the notebook")
    for number, (ours, theirs) in enumerate(zip(text.cells, paired.cells, strict=False), start=1):
        for field in ("cell_type", "source", "metadata"):
            if ours[field] != theirs[field]:
                faults.append(f"cell {number}: {field} differs")
    if text.metadata.get("kernelspec") != paired.metadata.get("kernelspec"):
        faults.append("kernelspec differs")
    return [f"{name_of(chapter)}: {fault}" for fault in faults]


_ADDRESS = re.compile(r"\bat 0x[0-9a-fA-F]{6,}")


def output_faults(notebook: NotebookNode) -> list[str]:
    """What no reader should see in an executed notebook, and no second run could repeat."""
    faults = []
    for number, cell in enumerate(code_cells(notebook), start=1):
        if cell.execution_count != number:
            faults.append(f"code cell {number} carries execution count {cell.execution_count}")
        for output in cell.outputs:
            if output.output_type == "error":
                faults.append(f"code cell {number} ends in {output.ename}: {output.evalue}")
            if output.output_type == "stream" and output.name == "stderr":
                faults.append(f"code cell {number} writes to stderr: {output.text.strip()[:200]}")
            for mime, content in output.get("data", {}).items():
                if mime.endswith(("image/png", "image/jpeg")):
                    faults.append(f"code cell {number} shows {mime}; nbval compares only SVG")
                if _ADDRESS.search(str(content)):
                    faults.append(f"code cell {number} shows a memory address in {mime}")
    return faults
