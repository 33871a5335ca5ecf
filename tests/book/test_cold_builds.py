"""Two cold builds, in two directories, are the same byte for byte."""

from pathlib import Path

import pytest

from tests.book.conftest import copy_project

pytestmark = pytest.mark.slow


def contents(html: Path) -> dict[str, bytes]:
    return {
        path.relative_to(html).as_posix(): path.read_bytes()
        for path in html.rglob("*")
        if path.is_file()
    }


def test_two_cold_builds_are_identical(tmp_path: Path) -> None:
    built = []
    # A space in the second path: it must not matter either.
    for place in (tmp_path / "one", tmp_path / "elsewhere" / "the other"):
        project = copy_project(place)
        result = project.build()
        assert result.returncode == 0, result.stdout
        built.append(contents(place / "_build" / "html"))
    first, second = built
    assert len(first) > 20
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    # The paths would also show up as a difference, if they were of different form in both.
    assert [name for name in first if str(tmp_path).encode() in first[name]] == []
