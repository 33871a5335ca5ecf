"""The papers that the exercises of a chapter are about."""

from __future__ import annotations

from analysis.shipped import DATA
from analysis.show.book import Chapter, chapter


def papers(name: str, *others: str) -> list[Chapter]:
    """The paper of this book as the chapter `name` has it, then those of `data/examples/` by the
    names of their folders.  Raises :class:`FileNotFoundError` for a folder that is not there."""
    files = [DATA / "examples" / other / "paper.yaml" for other in others]
    if missing := [file for file in files if not file.is_file()]:
        raise FileNotFoundError(f"no paper came with the library as {missing[0]}")
    return [chapter(name), *(chapter(name, file) for file in files)]
