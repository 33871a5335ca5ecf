"""What the pages say about the book as a whole: who, which version, where it is published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from workshop.places import CITATION


@dataclass(frozen=True)
class Release:
    """Version and date from CITATION.cff: never a clock, so that two builds are the same."""

    version: str
    day: date

    @property
    def in_words(self) -> str:
        return f"{self.day.day} {self.day:%B %Y}"


@cache
def release() -> Release:
    citation = yaml.safe_load(CITATION.read_text("utf-8"))
    return Release(str(citation["version"]), citation["date-released"])


def with_slash(address: str) -> str:
    return address and address.rstrip("/") + "/"


def repository(source: Path) -> str:
    """The address of the repository as `_config.yml` gives it; empty if it gives none.

    Jupyter Book hands it on among its theme options, which `_config.yml` replaces.
    """
    file = source / "_config.yml"
    config = yaml.safe_load(file.read_text("utf-8")) if file.is_file() else {}
    return ((config.get("repository") or {}).get("url") or "").rstrip("/")
