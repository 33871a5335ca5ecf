"""How many patients would not fit the other tables, if one coefficient of a regression were another.

:func:`move` tries a grid of values for the coefficients of which another value would help,
under a few readings, and proves at each how many patients would at least have to be others;
:func:`load` reads what was found.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from analysis import certify
from analysis.certify import Asked, StudyError, TableStudy
from analysis.checks.across_tables import Joined, joined
from analysis.compatible import certificate, coherence
from analysis.compatible.coherence import Least
from analysis.compatible.programme import FITS
from analysis.files import write_whole
from analysis.paper import Paper
from analysis.printed import Interval

FILE = "two_tables.json"
_PIECES = 400  # of one proof: more have never proved much more
STEP, SPAN = Fraction(1, 20), 30  # of a coefficient; steps to either side of the printed value


@dataclass(frozen=True, slots=True)
class Value:
    """What holds at one value `b` of a coefficient, all other numbers as printed.

    `proved`: at least so many patients would have to be of another pattern than the tables
    count; `attained`: patients exist with whom so few are (not whole in general; None if no
    patients at all fit, whatever their features).
    """

    b: float
    proved: float
    attained: float | None

    @property
    def fits(self) -> bool:
        """Whether some patients, whole or not, fit every number."""
        return self.attained == 0


@dataclass(frozen=True, slots=True)
class Curve:
    """All values of the coefficient of one row under one reading, see :class:`certify.Reading`.
    The value in the middle is the printed one and stands for its whole rounding."""

    row: str
    kind: str
    link: str
    name: str
    values: tuple[Value, ...]

    @property
    def printed(self) -> Value:
        return self.values[len(self.values) // 2]


def readings(study: TableStudy) -> list[tuple[str, str, str]]:
    """The readings whose coefficients are moved, as (kind, link, name): with the link that the
    study judges any codes one step apart, −1/1, and the constant as printed with 0/1 and with
    1/2; and what fits with the constant as printed, also without it."""
    wanted = [
        (certify.FREE, study.link, "all any"),
        (certify.EFFECT, study.link, "all −1/1"),
        (certify.PRINTED, study.link, "all 0/1"),
        (certify.PRINTED, study.link, "all 1/2"),
    ]
    for reading in study.readings:
        if reading.kind == certify.PRINTED and reading.outcome == certify.FITS:
            wanted.append((certify.FREE, reading.link, "all any"))
            wanted.append((reading.kind, reading.link, reading.name))
    return list(dict.fromkeys(wanted))


def movable(study: TableStudy) -> list[str]:
    """The rows whose coefficient alone could be the slip under the link that the study judges."""
    return [
        w.row
        for w in study.windows
        if w.kind == "slopes" and w.link == study.link and (w.helps or w.fits)
    ]


def grid(found: Joined, j: int) -> list[tuple[float, Interval]]:
    """The values that are tried for one coefficient: in the middle its rounding."""
    printed = found.problem.slopes[j]
    middle = Fraction(printed.low + printed.high) / 2
    points = [(middle + i * STEP, i) for i in range(-SPAN, SPAN + 1)]
    return [(float(b), Interval.point(b) if i else printed) for b, i in points]


def asked(
    found: Joined, j: int, at: Interval, wanted: Sequence[tuple[str, str, str]]
) -> Iterator[Asked]:
    """The questions of some readings with another coefficient, in the order of `wanted`."""
    slopes = list(found.problem.slopes)
    slopes[j] = at
    moved = replace(found, problem=replace(found.problem, slopes=tuple(slopes)))
    kinds, links, _ = zip(*wanted, strict=True)
    made = {(a.kind, a.link, a.name): a for a in certify.questions(moved, set(links), kinds)}
    return (made[key] for key in wanted if key in made)


def value_at(b: float, question: Asked) -> Value:
    """What is proved and attained for one question.  The proof is verified here."""
    least = coherence.least_violation(question.problem, patients=True, most=_PIECES)
    return Value(b, _verified(question, least), _attained(least))


def _verified(question: Asked, least: Least) -> float:
    """What the tree of a proof proves anew, without a solver, in patients, rounded down."""
    if least.tree is None:
        return 0.0
    pieces = certificate.leaves(least.tree, question.problem.root())
    proved = min(
        certificate.shortfall_of_patients(question.problem, box, leaf) for box, leaf in pieces
    )
    everyone = question.problem.n1 + question.problem.n0
    return math.floor(min(proved, everyone) * 100) / 100


def _attained(least: Least) -> float | None:
    if math.isinf(least.attained):
        return None
    return 0.0 if least.attained <= FITS else math.ceil(least.attained * 1000) / 1000


def move(paper: Paper, jobs: int = 1, tell: Callable[[str], None] = lambda line: None) -> str:
    """Try every value of every coefficient that can be moved, and write what was found beside the record.

    Returns one sentence.  Raises StudyError without a study, OSError if the file cannot be
    written.
    """
    from joblib import Parallel, delayed

    tables = []
    for study in certify.load(paper):
        found = joined(paper, paper.table(study.table))  # type: ignore[arg-type]
        assert isinstance(found, Joined)
        wanted = readings(study)
        rows = movable(study)
        moved = [j for j, row in enumerate(found.table.rows) if row.id in rows]
        tasks = [(j, b, at) for j in moved for b, at in grid(found, j)]
        done = Parallel(n_jobs=jobs, return_as="generator")(
            delayed(_values)(paper, study.table, *task, wanted) for task in tasks
        )
        values: dict[tuple, list[Value]] = {}
        for n, ((j, b, _), made) in enumerate(zip(tasks, done, strict=True), 1):
            for key, value in made:
                values.setdefault((found.table.rows[j].id, *key), []).append(value)
            tell(f"{study.table}: {n} of {len(tasks)}, {found.table.rows[j].label} {b:.3f}")
        curves = [Curve(*key, tuple(own)) for key, own in values.items()]
        tables.append((study, curves))
    write_whole(_file(paper), text_of(tables))
    return f"{sum(len(c) for _, c in tables)} curves in {_file(paper)}."


def _values(paper: Paper, table: str, j: int, b: float, at: Interval, wanted):
    found = joined(paper, paper.table(table))  # type: ignore[arg-type]
    return [((q.kind, q.link, q.name), value_at(b, q)) for q in asked(found, j, at, wanted)]


def text_of(tables: Sequence[tuple[TableStudy, Sequence[Curve]]]) -> str:
    """The file, one curve a line."""
    parts = []
    for study, curves in tables:
        rows = ",\n".join(
            json.dumps(
                {"row": c.row, "kind": c.kind, "link": c.link, "name": c.name,
                 "values": [[round(v.b, 6), v.proved, v.attained] for v in c.values]},
                ensure_ascii=False,
            )
            for c in curves
        )  # fmt: skip
        head = json.dumps({"table": study.table, "uses": study.uses}, ensure_ascii=False)
        parts.append(f'{head[:-1]},\n"curves": [\n{rows}\n]}}')
    return "[" + ",\n".join(parts) + "]\n"


def load(paper: Paper, table: str) -> list[Curve]:
    """The stored curves of one table, held against the record.

    Raises StudyError if there are none, or if they were made from other numbers.
    """
    file = _file(paper)
    again = f"python -m analysis certify {file.parent.name}/paper.yaml --move makes it"
    try:
        stored = {t["table"]: t for t in json.loads(file.read_text(encoding="utf-8"))}
        uses = dict(stored[table]["uses"])
        curves = [
            Curve(c["row"], c["kind"], c["link"], c["name"], tuple(Value(*v) for v in c["values"]))
            for c in stored[table]["curves"]
        ]
    except FileNotFoundError:
        raise StudyError(f"{file}: there is no such file; {again}.") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StudyError(f"{file}: it cannot be used ({error}); {again} anew.") from None
    certify.check_uses(paper, file, uses, again)
    return curves


def _file(paper: Paper) -> Path:
    return (paper.folder or Path()) / FILE
