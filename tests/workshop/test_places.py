"""The fingerprint follows every change that a page could depend on, and nothing else."""

import shutil
from pathlib import Path

import pytest

from workshop.places import NOTEBOOK_INPUTS, fingerprint


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("analysis/show/plots.py", "data/paper.yaml", "requirements.lock", "book/a.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    "changed", ["analysis/show/plots.py", "data/paper.yaml", "requirements.lock", "data/new.csv"]
)
def test_change_is_seen(project: Path, changed: str) -> None:
    before = fingerprint(NOTEBOOK_INPUTS, project)
    (project / changed).write_text("changed")
    assert fingerprint(NOTEBOOK_INPUTS, project) != before


def test_renaming_is_seen(project: Path) -> None:
    before = fingerprint(NOTEBOOK_INPUTS, project)
    (project / "data/paper.yaml").rename(project / "data/other.yaml")
    assert fingerprint(NOTEBOOK_INPUTS, project) != before


@pytest.mark.parametrize("left", ["analysis/__pycache__/plots.pyc", "book/a.md", "README.md"])
def test_what_no_notebook_reads_is_not_seen(project: Path, left: str) -> None:
    before = fingerprint(NOTEBOOK_INPUTS, project)
    (project / left).parent.mkdir(exist_ok=True)
    (project / left).write_text("changed")
    assert fingerprint(NOTEBOOK_INPUTS, project) == before


def test_fingerprint_does_not_depend_on_the_directory(project: Path, tmp_path_factory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "project"
    shutil.copytree(project, elsewhere)
    assert fingerprint(NOTEBOOK_INPUTS, elsewhere) == fingerprint(NOTEBOOK_INPUTS, project)
