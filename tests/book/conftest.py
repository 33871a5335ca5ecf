"""Copies of the project that a test may change and build."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from workshop.places import ROOT

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".cache", "_build", "_papers", "__pycache__", ".pytest_cache", ".ruff_cache",
    ".hypothesis", "*.egg-info", "tests",
)  # fmt: skip

FRONT_MATTER = """\
---
jupytext:
  formats: md:myst,ipynb
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---

"""


@dataclass(frozen=True)
class Project:
    root: Path

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def write_chapter(self, text: str) -> None:
        self.write("book/index.md", FRONT_MATTER + text)

    def build(self) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "-m", "workshop", "book")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        # Not the PYTHONPATH of the tests: it would put the original before the copy.
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        return subprocess.run(
            command,
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
        )

    def page(self) -> str:
        return (self.root / "_build" / "html" / "book" / "index.html").read_text("utf-8")


def copy_project(target: Path) -> Project:
    shutil.copytree(ROOT, target, ignore=NOT_COPIED)
    return Project(target)


@pytest.fixture
def one_chapter(tmp_path: Path) -> Project:
    """The project with a table of contents of one chapter, so that builds are quick."""
    project = copy_project(tmp_path / "project")
    project.write("_toc.yml", "format: jb-book\nroot: book/index\n")
    return project
