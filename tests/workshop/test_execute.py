"""Caches are pruned, the ones used last stay."""

import os
from pathlib import Path

import pytest

from workshop import execute


def test_oldest_caches_are_pruned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "CACHES", tmp_path)
    for age, name in enumerate(["current", "recent", "older", "oldest"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    execute.prune_caches(tmp_path / "current")
    assert {path.name for path in tmp_path.iterdir()} == {"current", "recent", "older"}


def test_the_current_cache_stays_even_if_it_is_the_oldest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(execute, "CACHES", tmp_path)
    for age, name in enumerate(["a", "b", "c", "current"]):
        (tmp_path / name).mkdir()
        os.utime(tmp_path / name, (1_000_000 - age, 1_000_000 - age))
    execute.prune_caches(tmp_path / "current")
    assert {path.name for path in tmp_path.iterdir()} == {"a", "b", "current"}
