"""The exercises of a chapter: the papers that they are about, and what is said of an answer.

In a notebook to fill in, `%load_ext analysis.show.exercise` brings the cell magic `%%check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from analysis.checks.words import listed
from analysis.findings import first_up
from analysis.shipped import DATA
from analysis.show.book import Chapter, chapter


def papers(name: str, *others: str) -> list[Chapter]:
    """The paper of this book as the chapter `name` has it, then those of `data/examples/` by the
    names of their folders.  Raises :class:`FileNotFoundError` for a folder that is not there."""
    files = [DATA / "examples" / other / "paper.yaml" for other in others]
    if missing := [file for file in files if not file.is_file()]:
        raise FileNotFoundError(f"no paper came with the library as {missing[0]}")
    return [chapter(name), *(chapter(name, file) for file in files)]


def empty(names: Iterable[str], values: Mapping[str, Any]) -> str:
    """Those of `names` that still hold `...`, as words; empty if there is none."""
    return listed([f"`{name}`" for name in names if values.get(name) is ...])


def not_answered(names: str) -> str:
    """What is said while :func:`empty` names something."""
    return f"not answered yet: give {names} a value in place of `...`."


def fault(error: str, said: str) -> str:
    """What an answer whose checks end in an exception is told: its class, and its message."""
    if error == "AssertionError":
        return said
    if error == "NotImplementedError":
        return "not answered yet: write the code that the starting cell leaves open."
    if error == "NameError":
        return f"{said}: keep the names that the starting cell gives."
    return f"the checks cannot use your answer: {error}: {said}"


def load_ipython_extension(shell: Any) -> None:
    """Register ``%%check NAME …``: it runs a cell of checks and says in one line what it found,
    so that a notebook runs to its end before it is filled in.  The names are those to fill in."""

    def check(line: str, cell: str) -> None:
        if names := empty(line.split(), shell.user_ns):
            print(first_up(not_answered(names)))
            return
        try:
            exec(compile(shell.transform_cell(cell), "<checks>", "exec"), shell.user_ns)
        except Exception as error:
            print(first_up(fault(type(error).__name__, " ".join(str(error).split()))))
        else:
            print("Right.")

    shell.register_magic_function(check, "cell")
