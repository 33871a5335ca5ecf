"""Write the notebooks that stand beside the text, outputs included."""

from __future__ import annotations

import datetime
import json
import os
import platform

from workshop import chapters
from workshop.execute import Executed, fill_cache
from workshop.places import EXECUTION_TIMES


def refresh() -> None:
    """Run every chapter again and write its .ipynb: two runs write the same bytes."""
    for result in fill_cache(again=True):
        notebook = chapters.as_paired(result.chapter)
        ours, theirs = chapters.code_cells(notebook), chapters.code_cells(result.notebook)
        for cell, executed in zip(ours, theirs, strict=True):
            if cell.source.strip() != executed.source.strip():
                raise SystemExit(
                    f"{chapters.name_of(result.chapter)}: Jupytext and MyST-NB read a cell "
                    f"differently:\n{cell.source}"
                )
            cell.outputs = executed.outputs
            cell.execution_count = executed.execution_count
        chapters.write_pair(notebook, result.chapter)
    written = {chapter.with_suffix(".ipynb") for chapter in chapters.notebooks()}
    for chapter in chapters.pages():
        leftover = chapter.with_suffix(".ipynb")
        if leftover.exists() and leftover not in written:
            leftover.unlink()  # the page holds no code any more


def record_times() -> None:
    """Measure how long each chapter takes and write it down, with the day and the machine.

    Measured by hand and committed: a time taken during a build would make every build differ.
    """
    results: list[Executed] = fill_cache(again=True)
    EXECUTION_TIMES.parent.mkdir(exist_ok=True)
    record = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "chapters": {
            chapters.name_of(result.chapter): {
                "cells": len(chapters.code_cells(result.notebook)),
                "seconds": round(result.seconds, 1),
            }
            for result in results
        },
    }
    EXECUTION_TIMES.write_text(json.dumps(record, indent=1) + "\n")
