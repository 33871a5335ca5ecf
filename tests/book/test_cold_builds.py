"""A build in another directory is the book that stands here, byte for byte."""

import shutil
import sys
from pathlib import Path

import pytest

from tests.book.conftest import Project, copy_project
from workshop.places import CACHES, ROOT

pytestmark = pytest.mark.thorough


def contents(html: Path) -> dict[str, bytes]:
    return {
        path.relative_to(html).as_posix(): path.read_bytes()
        for path in html.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("cold", [False, True])
def test_a_build_elsewhere_is_identical(cold: bool, tmp_path: Path) -> None:
    """Every page written anew in another directory; if cold, every chapter executed anew too."""
    here = Project(ROOT)
    # a space in the path: it must not matter either
    elsewhere = copy_project(tmp_path / "elsewhere" / "the other")
    built = []
    for project in (here, elsewhere):
        result = project.run(sys.executable, "-m", "workshop", "book")
        assert result.returncode == 0, result.stdout
        built.append(contents(project.root / "_build" / "html"))
        if project is here and not cold:
            shutil.copytree(CACHES, elsewhere.root / CACHES.relative_to(ROOT))
    first, second = built
    assert len(first) > 20
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    # The paths would also show up as a difference, if they were of the same form in both.
    for place in (ROOT, tmp_path):
        assert [name for name in first if str(place).encode() in first[name]] == []
