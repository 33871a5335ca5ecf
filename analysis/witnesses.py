"""Whole patients behind the readings of a regression table that are not refuted.

:func:`search` looks for them and :func:`load` reads what was found, fits every list of
patients anew and refuses one that does not print as the table does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis import certify
from analysis.certify import Asked, StudyError
from analysis.checks.across_tables import Joined, joined
from analysis.compatible import lattice, whole
from analysis.files import write_whole
from analysis.paper import Paper
from analysis.printed import Interval

FILE = "witnesses.json"


@dataclass(frozen=True, slots=True)
class Patients:
    """Whole numbers of patients by pattern of predictors (the last one changing fastest), with
    and without the event, whose fit under one reading rounds to every printed coefficient.

    `coefficients` and `errors` of that fit: the constant first, then per unit of code.
    """

    table: str
    asked: Asked
    events: tuple[int, ...]
    others: tuple[int, ...]
    coefficients: tuple[float, ...]
    errors: tuple[float, ...]


def search(
    paper: Paper,
    seconds: float,
    only: Sequence[str] = (),
    tell: Callable[[str], None] = lambda line: None,
) -> str:
    """Look for whole patients under every reading that the stored study says fits.

    What is stored and still holds is kept.  `seconds` of search a reading (a ninth of it at
    each of nine constants, if the constant is free); `only`: names of links, all if none.
    The file beside the record is written after every find.  Returns one sentence; raises
    StudyError without a study, OSError if the file cannot be written.
    """
    known = {(p.table, p.asked.id, p.asked.link): p for p in load(paper)}
    tried = 0
    for found, asked in _fitting(paper):
        key = found.table.id, asked.id, asked.link
        if key in known or (only and asked.link not in only):
            continue
        tried += 1
        sides = _printed(found, asked)
        made = lattice.whole_patients(
            asked.problem, sides[1:], asked.codes, sides[0],
            rng=np.random.default_rng(0),
            seconds=seconds if asked.fixed else seconds / _STARTS, starts=_STARTS,
        )  # fmt: skip
        tell(f"{asked.link}, {asked.kind}, {asked.name}: {'found' if made else 'not found'}")
        if made is not None:
            patients = _fitted(found, asked, made.events, made.others)
            assert patients is not None
            known[key] = patients
            write_whole(_file(paper), _text(paper, known.values()).encode())
    return f"whole patients for {len(known)} readings in {_file(paper)} ({tried} tried now)."


_STARTS = 9


def load(paper: Paper) -> list[Patients]:
    """The stored patients, each fitted anew; an empty list if there is no file.

    Raises StudyError if the file is damaged, belongs to other numbers, or holds patients whose
    fit does not print as the table does.
    """
    file = _file(paper)
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
        rows = [
            (
                str(r["table"]),
                str(r["link"]),
                str(r["reading"]),
                tuple(map(int, r["events"])),
                tuple(map(int, r["others"])),
            )
            for r in stored["patients"]
        ]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StudyError(f"{file}: it cannot be used ({error}).") from None
    kept = []
    known = {
        (found.table.id, asked.link, asked.id): (found, asked)
        for found in _tables(paper)
        for asked in certify.questions(found)
    }
    for table, link, reading, events, others in rows:
        pair = known.get((table, link, reading))
        patients = pair and _fitted(*pair, events, others)
        if not patients:
            raise StudyError(
                f"{file}: the patients of {table}, {link}{reading} do not print as the table does; "
                "delete the file and make it again."
            )
        kept.append(patients)
    return kept


def _file(paper: Paper) -> Path:
    return (paper.folder or Path()) / FILE


def _text(paper: Paper, known) -> str:
    rows = ",\n".join(
        json.dumps(
            {"table": p.table, "link": p.asked.link, "reading": p.asked.id,
             "events": p.events, "others": p.others}
        )
        for p in known
    )  # fmt: skip
    return '{"note": "made up: no patients",\n"patients": [\n' + rows + "\n]}\n"


def _tables(paper: Paper) -> Iterator[Joined]:
    for table in paper.tables_of("regression"):
        found = joined(paper, table)
        if isinstance(found, Joined):
            yield found


def _fitting(paper: Paper) -> Iterator[tuple[Joined, Asked]]:
    """The readings that fit, the ones with the printed constant first."""
    studies = {study.table: study for study in certify.load(paper)}
    for found in _tables(paper):
        fits = {
            (r.kind, r.link, r.name)
            for r in studies[found.table.id].readings
            if r.outcome == certify.FITS
        }
        asked = [a for a in certify.questions(found) if (a.kind, a.link, a.name) in fits]
        for one in sorted(asked, key=lambda a: (not a.fixed, certify.KINDS.index(a.kind))):
            yield found, one


def _printed(found: Joined, asked: Asked) -> tuple[Interval | None, *tuple[Interval, ...]]:
    """The roundings that a fit must meet: the constant (None: any), then the coefficients."""
    constant = found.table.constant
    fixed = constant.b.interval if asked.fixed and constant and constant.b else None
    return (fixed, *found.problem.slopes)


def _fitted(found: Joined, asked: Asked, events, others) -> Patients | None:
    """The patients with their fit; None unless it prints as the table does."""
    problem = asked.problem
    if len(events) != len(problem.patterns) or len(others) != len(events):
        return None
    if min(*events, *others) < 0 or not whole.within_margins(problem, events, others):
        return None
    fit = whole.refit(problem, events, others)
    if fit is None:
        return None
    values, errors = whole.as_printed(problem, fit, asked.codes, events, others)
    for side, value in zip(_printed(found, asked), values, strict=True):
        if side is not None and not side.low <= value <= side.high:
            return None
    return Patients(
        found.table.id, asked, tuple(events), tuple(others), tuple(values), tuple(errors)
    )
