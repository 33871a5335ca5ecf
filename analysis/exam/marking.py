"""Mark what a class answered to an exam: what it found, what it suspected wrongly, points."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from analysis.estimate.accuracy import Share, share
from analysis.exam.key import FORMAT
from analysis.printed import quoted
from analysis.record import RecordError
from analysis.spreadsheet import Grid, Line, SheetError, located, read_grid

LARGEST_KEY = 20_000_000  # bytes
LARGEST_CELL = 4  # numbers; what names more is a row or a table, no number


class MarkError(ValueError):
    """A key or an answer cannot be read; the message is one sentence with file and place."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)


class PlantedError(_Part):
    """An error of the key: any of the `accepted` ids is a right answer."""

    points: int
    accepted: list[str]


class KeyPaper(_Part):
    """A paper of the key: all its ids, those that count for nothing, and its errors."""

    paper: int
    points: int
    errors: list[PlantedError]
    neutral: list[str]
    numbers: list[str]


class Key(_Part):
    """The key of an exam, as far as marking needs it."""

    format: int
    seed: int
    level: str
    papers: list[KeyPaper]

    def paper(self, number: int) -> KeyPaper | None:
        """The paper with this number; None if the exam has none."""
        return next((p for p in self.papers if p.paper == number), None)


# what one answer names: the paper, and the ids of a number or of all numbers of one cell
Answer = tuple[int, frozenset[str]]


@dataclass(frozen=True)
class Marks:
    """What one sheet of answers is worth.

    `found` of `planted` errors were named; of the `sound` numbers, which no error touches and
    no convention decides, `false` answers named one; `left_alone` of `clean` papers were.
    """

    found: int
    planted: int
    false: int
    sound: int
    left_alone: int
    clean: int
    points: int
    most: int

    @property
    def sensitivity(self) -> Share | None:
        """Share of the errors that were found, with a 95% interval (Wilson 1927); None where
        no error was planted."""
        return share(self.found, self.planted) if self.planted else None

    @property
    def specificity(self) -> Share | None:
        """Share of the sound numbers that were left alone, likewise.  The interval takes numbers
        as independent, which numbers of one row are not quite."""
        return share(self.sound - min(self.false, self.sound), self.sound) if self.sound else None


def read_key(file: Path) -> Key:
    """The key in a JSON file.  Raises :class:`MarkError`."""
    try:
        if file.is_file() and file.stat().st_size > LARGEST_KEY:
            raise MarkError(f"{file}: the file is larger than the {LARGEST_KEY:,} bytes allowed.")
        key = Key.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise MarkError(f"{file}: the file cannot be read ({error.strerror}).") from None
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "the whole"
        raise MarkError(
            f"{file}: at {where}, this is not what plant-errors writes; its key.json is needed."
        ) from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, MarkError):
            raise
        raise MarkError(f"{file}: this is no JSON, the key.json of plant-errors is needed.") from None  # fmt: skip
    if key.format != FORMAT:
        raise MarkError(f"{file}: found a key of format {key.format}, format {FORMAT} is needed.")
    return key


def read_answers(file: Path, key: Key) -> frozenset[Answer]:
    """What a sheet (CSV, TSV or XLSX) names as suspected.

    Its headings are ``paper`` (needless where the exam has one) and ``number``, or ``table``,
    ``row`` and ``column``; where there is ``suspected``, only rows count that hold something
    there.  Raises :class:`MarkError` with file, row and column.
    """
    try:
        grid = read_grid(located(file.name, file.parent), bare=True)
        return frozenset(_answers(grid, key))
    except SheetError as error:
        raise MarkError(f"{file}: {error}.") from None
    except RecordError as error:
        raise MarkError(str(error)) from None


def _answers(grid: Grid, key: Key) -> list[Answer]:
    headings = {heading.casefold(): heading for heading in grid.headings}
    columns = ("number",) if "number" in headings else ("table", "row", "column")
    wanted = [c for c in columns if c not in headings]
    if len(key.papers) > 1 and "paper" not in headings:
        wanted.insert(0, "paper")
    if wanted:
        raise SheetError(
            f"found no column {quoted(wanted[0])}; paper and number are needed, or paper, "
            "table, row and column"
        )
    found = []
    for line in grid.lines:

        def cell(name: str, line: Line = line) -> str:
            held = line.cells.get(headings.get(name, ""))
            return held.text if held else ""

        if "suspected" in headings and not cell("suspected"):
            continue
        paper = _paper(cell("paper"), line.number, key)
        named = ".".join(filter(None, (cell(c).strip(". ") for c in columns)))
        found.append((paper.paper, _ids(named, paper, line.number, columns[-1])))
    return found


def _paper(text: str, row: int, key: Key) -> KeyPaper:
    if not text and len(key.papers) == 1:
        return key.papers[0]
    paper = key.paper(int(text)) if text.isascii() and text.isdigit() and len(text) < 9 else None
    if paper is None:
        last = key.papers[-1].paper
        raise SheetError(
            f"row {row}, column paper: found {quoted(text)}, a whole number from 1 to {last} "
            "is needed"
        )
    return paper


def _ids(named: str, paper: KeyPaper, row: int, column: str) -> frozenset[str]:
    known = {id.casefold(): id for id in paper.numbers}
    name = named.casefold()
    if name in known:
        return frozenset({known[name]})
    inside = [id for folded, id in known.items() if name and folded.startswith(f"{name}.")]
    if len(inside) > LARGEST_CELL:
        raise SheetError(
            f"row {row}, column {column}: {quoted(named)} names {len(inside)} numbers; "
            "one number or one cell is needed"
        )
    if not inside:
        near = difflib.get_close_matches(name, known, 1) or list(known)[:1]
        raise SheetError(
            f"row {row}, column {column}: found {quoted(named)}, the id of a number of paper "
            f"{paper.paper} is needed, such as {known[near[0]]}"
        )
    return frozenset(inside)


def mark(answers: frozenset[Answer], key: Key) -> Marks:
    """What the answers are worth.

    An error is found where an answer names any of its accepted numbers; it is counted once.
    An answer with neither an accepted nor a neutral number is false and costs one point of its
    paper, which is never worth less than nothing.  A clean paper without a false answer gives
    its points.
    """
    found = planted = false = sound = alone = clean = points = 0
    for paper in key.papers:
        own = [ids for number, ids in answers if number == paper.paper]
        accepted = {id for e in paper.errors for id in e.accepted}
        open_ = accepted | set(paper.neutral)
        hit = [e for e in paper.errors if any(ids & set(e.accepted) for ids in own)]
        # a cell that stands there whole and again by its number is one answer
        wrong = {min(ids) for ids in own if not ids & open_}
        found, planted = found + len(hit), planted + len(paper.errors)
        false, sound = false + len(wrong), sound + len(set(paper.numbers) - open_)
        if paper.errors:
            points += max(sum(e.points for e in hit) - len(wrong), 0)
        else:
            clean, alone = clean + 1, alone + (not wrong)
            points += 0 if wrong else paper.points
    most = sum(paper.points for paper in key.papers)
    return Marks(found, planted, false, sound, alone, clean, points, most)
