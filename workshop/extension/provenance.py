"""Tables for the page on versions: `{locked-versions}`, `{execution-times}`, `{reading-levels}`.

All are read from committed files. Nothing is measured during a build: two builds of the same
sources must be the same, byte for byte.
"""

from __future__ import annotations

import json
import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from workshop.places import EXECUTION_TIMES, LOCK, READING_LEVELS, ROOT

_REQUIREMENT = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)(?:\s*;\s*([^\\]+?))?\s*\\?$", re.M)
_ASKED_FOR = re.compile(r"^([A-Za-z0-9._-]+)", re.M)


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked_versions() -> list[tuple[str, str, str]]:
    """Name, version and condition of every requirement in the lock."""
    return [(n, v, c or "") for n, v, c in _REQUIREMENT.findall(LOCK.read_text())]


def asked_for() -> set[str]:
    """The names in requirements.in: what a person chose, not what came along."""
    return {normalised(n) for n in _ASKED_FOR.findall((ROOT / "requirements.in").read_text())}


def table(header: list[str], rows: list[list[str]]) -> nodes.table:
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=1) for _ in header]

    def row(texts: list[str]) -> nodes.row:
        return nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in texts))

    group += nodes.thead("", row(header))
    group += nodes.tbody("", *(row(texts) for texts in rows))
    return nodes.table("", group)


class LockedVersions(SphinxDirective):
    """The versions of what the book asks for, as the lock pins them."""

    def run(self) -> list[nodes.Node]:
        for path in (LOCK, ROOT / "requirements.in"):
            self.env.note_dependency(str(path))
        wanted = asked_for()
        rows = [
            [name, version, condition.replace("python_full_version", "Python").replace("'", "")]
            for name, version, condition in locked_versions()
            if normalised(name) in wanted
        ]
        return [table(["Package", "Version", "Only for"], rows)]


class ExecutionTimes(SphinxDirective):
    """What each chapter took when `make times` last measured it."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(EXECUTION_TIMES))
        record = json.loads(EXECUTION_TIMES.read_text())
        rows = [
            [name, str(entry["cells"]), f"{entry['seconds']:.1f}"]
            for name, entry in record["chapters"].items()
        ]
        caption = (
            f"Measured on {record['date']}: {record['machine']}, Python {record['python']}. "
            "Two chapters ran at a time; each starts a kernel of its own."
        )
        return [nodes.paragraph("", caption), table(["Chapter", "Code cells", "Seconds"], rows)]


class ReadingLevels(SphinxDirective):
    """How hard each chapter was to read when `make reading` last measured it."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(READING_LEVELS))
        record = json.loads(READING_LEVELS.read_text())
        rows = [
            [
                name, str(entry["words"]), f"{entry['ease']:.0f}", f"{entry['grade']:.0f}",
                f"{entry['long'] / entry['sentences']:.0%}",
            ]
            for name, entry in record["chapters"].items()
        ]  # fmt: skip
        header = ["Chapter", "Words", "Ease", "Grade", f"Over {record['long']} words"]
        return [table(header, rows)]


def setup(app: Sphinx) -> None:
    app.add_directive("locked-versions", LockedVersions)
    app.add_directive("execution-times", ExecutionTimes)
    app.add_directive("reading-levels", ReadingLevels)
