"""Every reading of a regression table across tables: tried, proved where it fails, and kept.

:func:`study` tries the links, codings, reference categories, single numbers, sets of numbers
and standard errors; :func:`write` puts the certificates and the results beside the record
of the paper, where the checks and the book find them.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from itertools import product
from pathlib import Path

from analysis.checks.across_tables import Joined, joined, most_telling, proofs_of
from analysis.checks.words import MODELS, link_of, range_text
from analysis.compatible import certificate as certificates
from analysis.compatible import coherence
from analysis.compatible.certificate import Certificate, Cut, Leaf, Problem
from analysis.compatible.links import LINKS
from analysis.compatible.programme import Programme
from analysis.files import write_whole
from analysis.paper import Paper, RegressionTable
from analysis.printed import Interval, format_fixed

FITS, REFUTED, UNDECIDED = "fits", "refuted", "not decided"
FREE, EFFECT, REVERSED = "one step apart", "−1/1 in some or all", "reversed reference"
PRINTED, PRINTED_EFFECT, PRINTED_REVERSED = (f"{kind}, constant as printed" for kind in (FREE, EFFECT, REVERSED))  # fmt: skip
KINDS = (FREE, PRINTED, EFFECT, PRINTED_EFFECT, REVERSED, PRINTED_REVERSED)

ASSUMPTIONS = (
    "only the listed predictors and a constant are in the model, without interactions",
    "it was fitted by maximum likelihood to all patients of the tables that give the counts",
    "numbers were rounded once, half up or half to even, for printing",
)
_PIECES = 400  # of one reading: more has never decided what these did not
_DIGITS = 9  # of what a search attained: the last ones differ between machines


class StudyError(Exception):
    """Stored results cannot be used; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a table: `kind` is one of :data:`KINDS`, `name` its codes or the rows
    whose reference is reversed, `outcome` whether some patients fit."""

    kind: str
    link: str
    name: str
    outcome: str
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """For which values of one number all others can hold, under one link (see
    :class:`analysis.compatible.coherence.Repair`); `refuted`: low, high (None: without end),
    certificate."""

    what: str
    kind: str
    row: str
    link: str
    printed: str
    fits: bool
    below: tuple[float, float] | None
    above: tuple[float, float] | None
    refuted: tuple[tuple[float | None, float | None, str], ...]

    @property
    def helps(self) -> bool:
        """Whether another value of this number would let all others hold."""
        return self.below is not None or self.above is not None


@dataclass(frozen=True, slots=True)
class Error:
    """The smallest standard error of one coefficient under one link and coding."""

    row: str
    link: str
    codes: str
    printed: str
    attained: float
    proved: float | None
    certificate: str | None


@dataclass(frozen=True, slots=True)
class Curve:
    """The least violation found, in entries of patients, when the coefficient of one row is
    `b` (points of `values`: b, violation), all other numbers as printed."""

    row: str
    link: str
    values: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class TableStudy:
    """All results for one regression table.

    `link`: the link to which `least`, `sets` and the counts in `windows` belong; `proved`
    and `attained`: entries of patients that would have to differ; `smallest`, `complete`:
    as in :class:`analysis.compatible.coherence.Sets`; `untried`: codings left out.
    """

    table: str
    link: str
    uses: dict[str, str]
    rows: dict[str, str]
    readings: tuple[Reading, ...]
    windows: tuple[Window, ...]
    proved: float
    attained: float
    sets: tuple[tuple[str, ...], ...]
    smallest: bool
    complete: bool
    errors: tuple[Error, ...]
    curves: tuple[Curve, ...] = ()
    least_certificate: str | None = None

    def outcomes(self, kind: str, link: str) -> dict[str, int]:
        """How many readings of one kind under one link ended how.

        A reading with the constant as printed is refuted with its codes if they are refuted
        with every constant; it is then counted, and needs no certificate of its own.
        """
        found = [r.outcome for r in self.readings if r.kind == kind and r.link == link]
        counts = {o: found.count(o) for o in (FITS, REFUTED, UNDECIDED)}
        counts[REFUTED] += self.codings(kind) - len(found)
        return counts

    def codings(self, kind: str) -> int:
        """How many readings of one kind there are under every link."""
        k = len(self.rows)
        return {
            FREE: 1, EFFECT: 2**k - 1, REVERSED: 2**k - 1,
            PRINTED: 2**k, PRINTED_EFFECT: 3**k - 2**k, PRINTED_REVERSED: 4**k - 2**k,
        }[kind]  # fmt: skip

    def fitting(self, kind: str, link: str) -> list[str]:
        """The names of the readings of one kind that fit."""
        return [
            r.name for r in self.readings if r.kind == kind and r.link == link and r.outcome == FITS
        ]


@dataclass
class _Book:
    """The certificates that one task made, by file."""

    files: dict[str, list[Certificate]] = field(default_factory=dict)

    def keep(
        self, file: str, id: str, claim: str, problem: Problem, tree: Cut | Leaf | None,
        uses: dict[str, str], patients: Fraction = Fraction(0),
    ) -> str | None:  # fmt: skip
        """Verify and keep a certificate; its id, or None where there is no tree."""
        if tree is None:
            return None
        made = Certificate(id, claim, ASSUMPTIONS, uses, problem, tree, patients)
        certificates.verify(made)
        self.files.setdefault(file, []).append(made)
        return id


# --- the study of one table ---------------------------------------------------------------


def study(
    paper: Paper, jobs: int = 1, tell: Callable[[str], None] = lambda line: None
) -> tuple[list[TableStudy], dict[str, list[Certificate]]]:
    """All readings of every regression table that can be joined with other tables.

    Returns the studies and the certificates by file name.  `jobs` processes share the work;
    the results do not depend on their number.
    """
    from joblib import Parallel, delayed

    studies, files = [], {}
    for table in paper.tables_of("regression"):
        found = joined(paper, table)
        if isinstance(found, str):
            tell(f"{table.title}: not joined with other tables; missing: {found}.")
            continue
        tasks = list(_tasks(paper, table))
        done = Parallel(n_jobs=jobs, return_as="generator")(
            delayed(_run)(paper, table.id, *task) for task in tasks
        )
        parts: dict[tuple[str, str], object] = {}
        for task, (result, made) in zip(tasks, done, strict=True):
            parts[task] = result
            for file, kept in made.items():
                files.setdefault(file, []).extend(kept)
            tell(f"{table.title}: {task[0]}, {LINKS[task[1]].words}")
        studies.append(_collect(paper, found, parts))
    return studies, files


def judged_link(paper: Paper) -> str:
    """The link that the methods name; the logit, usual for a yes/no outcome, if none."""
    named = link_of(paper.paper.tests.model, MODELS)
    return named if named in LINKS else "logit"


def _tasks(paper: Paper, table: RegressionTable) -> Iterator[tuple[str, str]]:
    """The longest first, so that two processes end at nearly the same time."""
    judged = judged_link(paper)
    yield "sets", judged
    for link in LINKS:
        # the scores of a log-binomial fit have no bound: every window takes minutes
        if math.isinf(LINKS[link].domain):
            yield "windows", link
    for link in LINKS:
        yield "readings", link
    for link in LINKS:
        yield "errors", link
    for link in LINKS:
        if math.isinf(LINKS[link].domain):
            yield "curves", link


def _run(paper: Paper, table_id: str, what: str, link: str):
    table = next(t for t in paper.tables_of("regression") if t.id == table_id)
    found = joined(paper, table)
    assert isinstance(found, Joined)
    book = _Book()
    result = _TASKS[what](paper, found, link, book)
    return result, book.files


def _collect(paper: Paper, found: Joined, parts: dict) -> TableStudy:
    link = judged_link(paper)
    least, sets = parts["sets", link]
    order = {id: i for i, id in enumerate(LINKS)}
    several = {what: [x for (w, _), p in parts.items() if w == what for x in p]
               for what in ("readings", "windows", "errors", "curves")}  # fmt: skip
    return TableStudy(
        table=found.table.id,
        link=link,
        uses=_uses(found),
        rows={row.id: row.label for row in found.table.rows},
        readings=tuple(
            sorted(several["readings"], key=lambda r: (KINDS.index(r.kind), order[r.link]))
        ),
        windows=tuple(several["windows"]),
        errors=tuple(several["errors"]),
        curves=tuple(several["curves"]),
        **least,
        **sets,
    )


def _uses(found: Joined) -> dict[str, str]:
    """Every printed number on which the study rests, with its text."""
    table, uses = found.table, dict(found.uses)
    for row in table.rows:
        if row.se is not None:
            uses[f"{table.id}.{row.id}.se"] = row.se.text
    if table.constant is not None:
        for part in ("b", "se"):
            printed = getattr(table.constant, part, None)
            if printed is not None:
                uses[f"{table.id}.constant.{part}"] = printed.text
    return uses


# --- readings ---------------------------------------------------------------------------


def _readings(paper: Paper, found: Joined, link: str, book: _Book) -> list[Reading]:
    """Every coding with any constant, then those that fit with the constant as printed."""
    readings = []
    for free in _with_any_constant(found, link):
        readings.append(_decided(free, found, book))
        if readings[-1].outcome != REFUTED:
            readings += [_decided(asked, found, book) for asked in free.with_constant(found)]
    return readings


@dataclass(frozen=True, slots=True)
class Asked:
    """A reading as a question: its `problem`, and the low and high code of each predictor
    behind it; `fixed`: whether the constant must be the printed one."""

    kind: str
    link: str
    name: str
    id: str
    claim: str
    problem: Problem
    codes: tuple[tuple[int, int], ...]
    fixed: bool = False

    def with_constant(self, found: Joined) -> Iterator[Asked]:
        """The same with the constant as printed, for every pair of codes as far apart."""
        constant = found.table.constant
        if constant is None or constant.b is None:
            return
        bare = replace(found.problem, link=self.link)
        steps = [high - low for low, high in self.codes]
        for lows in product(*({1: (0, 1), 2: (-1,), -1: (1, 2)}[step] for step in steps)):
            codes = tuple((low, low + step) for low, step in zip(lows, steps, strict=True))
            name = _codes([f"{low}/{high}".replace("-", "−") for low, high in codes])
            yield Asked(
                KINDS[KINDS.index(self.kind) + 1], self.link, name,
                ".codes-" + "".join(f"{low}{high}".replace("-", "m") for low, high in codes),
                f"No patients fit, with the constant as printed and the codes {name}",
                coherence.coded(bare, constant.b.interval, codes), codes, fixed=True,
            )  # fmt: skip


def _with_any_constant(found: Joined, link: str) -> Iterator[Asked]:
    k, rows = found.problem.k, found.table.rows
    for kind, steps in _steps(k):
        if kind == REVERSED:
            name = ", ".join(rows[j].label for j, step in enumerate(steps) if step < 0)
            claim = f"No patients fit, with any constant, if the coefficient belongs to the other category in {name}"
            id = f".reversed-{''.join(str(int(step < 0)) for step in steps)}"
        else:
            name = _codes([{1: "any", 2: "−1/1"}[step] for step in steps])
            codes = f"the codes {name}" if set(steps) != {1} else "codes one step apart"
            claim = f"No patients fit, with any constant and {codes}"
            id = {k: "", 2 * k: ".effect"}.get(sum(steps), f".steps-{''.join(map(str, steps))}")
        pairs = tuple({1: (0, 1), 2: (-1, 1), -1: (1, 0)}[step] for step in steps)
        yield Asked(kind, link, name, id, claim, _stepped(found, link, steps), pairs)


def questions(
    found: Joined, links: Iterable[str] = LINKS, kinds: Sequence[str] = KINDS
) -> Iterator[Asked]:
    """Every reading of a table under every link, with any constant and then as printed; or
    those of some links and kinds."""
    for link in links:
        for free in _with_any_constant(found, link):
            if free.kind in kinds:
                yield free
            if KINDS[KINDS.index(free.kind) + 1] in kinds:
                yield from free.with_constant(found)


def _steps(k: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """How far the two codes of each predictor lie apart, by kind of reading."""
    for steps in sorted(product((1, 2), repeat=k), key=sum):
        yield FREE if set(steps) == {1} else EFFECT, steps
    for steps in sorted(product((1, -1), repeat=k), key=sum, reverse=True):
        if set(steps) != {1}:
            yield REVERSED, steps


def _stepped(found: Joined, link: str, steps: Sequence[int]) -> Problem:
    slopes = tuple(
        s * Interval.point(step) for s, step in zip(found.problem.slopes, steps, strict=True)
    )
    return replace(found.problem, link=link, slopes=slopes)


def _codes(codes: Sequence[str]) -> str:
    """``all 0/1``, or the code of every row in order."""
    return f"all {codes[0]}" if len(set(codes)) == 1 else ", ".join(codes)


def _decided(asked: Asked, found: Joined, book: _Book) -> Reading:
    outcome = coherence.decide(asked.problem, most=_PIECES)
    if outcome.tree is not None:
        whole = f"{asked.claim}; {LINKS[asked.link].words} model of {found.table.title}"
        kept = book.keep(
            f"{found.table.id}.{asked.link}.readings", f"{found.table.id}.{asked.link}{asked.id}",
            whole, asked.problem, outcome.tree, _uses(found),
        )  # fmt: skip
        return Reading(asked.kind, asked.link, asked.name, REFUTED, kept)
    fits = UNDECIDED if outcome.point is None else FITS
    return Reading(asked.kind, asked.link, asked.name, fits)


# --- single numbers and sets ----------------------------------------------------------------


def _elements(found: Joined, counts: bool) -> dict[tuple[str, int], tuple[str, str]]:
    """The printed numbers that can be freed: (kind, j) → what it is, how it is printed."""
    named: dict[tuple[str, int], tuple[str, str]] = {}
    for j, row in enumerate(found.table.rows):
        text = (row.b or row.ratio).text  # type: ignore[union-attr]
        named["slopes", j] = (f"coefficient of {row.label}", text)
    if counts:
        for j, (row, margin) in enumerate(zip(found.table.rows, found.margins, strict=True)):
            if not margin.is_known:
                continue
            for kind, reach, words in (
                ("events", margin.events, "with the event"),
                ("others", margin.others, "without the event"),
            ):
                named[kind, j] = (f"patients {words}: {row.label}", range_text(reach))
    return named


def _windows(paper: Paper, found: Joined, link: str, book: _Book) -> list[Window]:
    table, judged = found.table, link == judged_link(paper)
    problem = found.under(link)
    windows = []
    for (kind, j), (what, printed) in _elements(found, judged).items():
        row = table.rows[j].id
        repair = coherence.repair(problem, (kind, j))
        pieces = list(repair.beyond)
        if repair.gap is not None and repair.problem is not None and repair.tree is not None:
            pieces.append(coherence.Refuted(repair.gap, repair.problem, repair.tree))
        refuted = []
        for piece in sorted(pieces, key=lambda p: float(p.interval.low)):
            low, high = float(piece.interval.low), float(piece.interval.high)
            id = f"{table.id}.{link}.{kind}.{row}.{len(refuted) + 1}"
            claim = (
                f"No patients fit with {_reach(low, high)} for the {what}, all other "
                f"numbers as printed; {LINKS[link].words} model of {table.title}"
            )
            kept = book.keep(
                f"{table.id}.{link}.numbers", id, claim, piece.problem, piece.tree, _uses(found)
            )
            assert kept is not None
            refuted.append((_end(low), _end(high), kept))
        windows.append(
            Window(what, kind, row, link, printed, repair.fits, repair.below, repair.above, tuple(refuted))
        )  # fmt: skip
    return windows


def _end(x: float) -> float | None:
    return None if math.isinf(x) else x


def _reach(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "any value"
    if math.isinf(low):
        return f"a value up to {high:g}"
    return f"a value from {low:g}" + ("" if math.isinf(high) else f" to {high:g}")


def _sets(paper: Paper, found: Joined, link: str, book: _Book):
    """The least violation and the smallest sets that cannot coexist, under one link."""
    table, problem = found.table, found.under(link)
    least = coherence.least_violation(problem)
    file = f"{table.id}.{link}.numbers"
    id = book.keep(
        file, f"{table.id}.{link}.least",
        f"At least {format_fixed(least.proved, 2)} entries of patients would have to differ; "
        f"{LINKS[link].words} model of {table.title}",
        problem, least.tree, _uses(found), least.proved,
    )  # fmt: skip
    told = {
        "proved": float(least.proved),
        "attained": round(least.attained, _DIGITS),
        "least_certificate": id,
    }
    if least.tree is None:
        return told, {"sets": (), "smallest": True, "complete": True}
    named = _elements(found, counts=True)
    helps = {e: coherence.decide(coherence.freed(problem, e), most=150).point is not None for e in named}  # fmt: skip
    sets = coherence.smallest_sets(problem, list(named), helps)
    rows = found.table.rows
    for i, (_, asked, tree) in enumerate(sets.found, start=1):
        book.keep(
            file, f"{table.id}.{link}.set-{i}",
            f"The {len(sets.found[i - 1][0])} numbers of set {i} cannot all hold; "
            f"{LINKS[link].words} model of {table.title}",
            asked, tree, _uses(found),
        )  # fmt: skip
    return told, {
        "sets": tuple(tuple(f"{kind}.{rows[j].id}" for kind, j in s[0]) for s in sets.found),
        "smallest": sets.smallest,
        "complete": sets.complete,
    }


# --- standard errors ----------------------------------------------------------------------


def _errors(paper: Paper, found: Joined, link: str, book: _Book) -> list[Error]:
    """The smallest standard errors where the score equations can hold at all."""
    table, k, problem = found.table, found.problem.k, found.under(link)
    errors = []
    for column in range(k + 1):
        printed = table.constant.se if column == 0 and table.constant else None
        if column:
            printed = table.rows[column - 1].se
        if printed is None:
            continue
        row = "constant" if column == 0 else table.rows[column - 1].id
        for low in (0, 1) if column == 0 else (0,):
            smallest = coherence.smallest_error(problem, column, (low,) * k)
            if smallest is None:
                return errors  # no patients fit: no model, no standard error
            codes = f"all {low}/{low + 1}" if column == 0 else ""
            id = None
            if smallest.problem is not None:
                assert smallest.proved is not None
                id = book.keep(
                    f"{table.id}.{link}.errors", f"{table.id}.{link}.se.{row}" + (f".{low}" if column == 0 else ""),
                    f"The standard error of {row} is at least {format_fixed(smallest.proved, 4)}; "
                    f"{LINKS[link].words} model of {table.title}",
                    smallest.problem, smallest.tree, _uses(found),
                )  # fmt: skip
            proved = None if smallest.proved is None else float(smallest.proved)
            attained = round(smallest.attained, _DIGITS)
            errors.append(Error(row, link, codes, printed.text, attained, proved, id))
    return errors


def _curves(paper: Paper, found: Joined, link: str, book: _Book) -> list[Curve]:
    """How the violation falls and rises with the coefficient of the most telling row."""
    j = most_telling(found, judged_link(paper))
    if j is None:
        return []
    problem, row = found.under(link), found.table.rows[j]
    middle = float(problem.slopes[j].low + problem.slopes[j].high) / 2
    values = []
    for step in range(-8, 17):
        b = round(middle + step * _CURVE_STEP, 6)
        asked = coherence.with_slope(problem, j, b)
        values.append((b, round(Programme(asked).best(steps=12).violation, 4)))
    return [Curve(row.id, link, tuple(v for v in values if not math.isinf(v[1])))]


_CURVE_STEP = 0.1
_TASKS: dict[str, Callable] = {
    "sets": _sets, "windows": _windows, "readings": _readings, "errors": _errors, "curves": _curves,
}  # fmt: skip

# --- files --------------------------------------------------------------------------------

STUDY_FILE, FOLDER = "coherence.json", "certificates"


def files_of(studies: Sequence[TableStudy], made: dict[str, list[Certificate]]) -> dict[str, str]:
    """The text of every file to write, by its path beside the record."""
    texts = {f"{FOLDER}/{name}.json": certificates.write(made[name]) for name in sorted(made)}
    texts[STUDY_FILE] = (
        json.dumps([asdict(s) for s in studies], ensure_ascii=False, indent=1) + "\n"
    )
    return texts


def write(paper: Paper, studies: Sequence[TableStudy], made: dict[str, list[Certificate]]) -> str:
    """Write studies and certificates beside the record; what was written, in one sentence.

    Each file is replaced whole.  Certificates of tables that are no longer studied go.
    Raises OSError if a file cannot be written, StudyError if there is nothing to write.
    """
    if not studies:
        raise StudyError("no regression table can be joined with other tables; nothing is written.")
    beside = paper.folder or Path()
    folder = beside / FOLDER
    folder.mkdir(exist_ok=True)
    texts = files_of(studies, made)
    for name, text in texts.items():
        write_whole(beside / name, text)
    for old in folder.glob("*.json"):
        if f"{FOLDER}/{old.name}" not in texts:
            old.unlink()
    n = sum(len(kept) for kept in made.values())
    return f"{n} certificates in {len(made)} files of {folder}, results in {beside / STUDY_FILE}."


def check(paper: Paper) -> str:
    """Verify every certificate beside the record, without a solver; one sentence.

    Raises CertificateError if one does not prove its claim, StudyError if a result names
    one that is not there or the results belong to other numbers.
    """
    proofs = proofs_of(paper)
    for kept in proofs.all.values():
        certificates.verify(kept)
    for study in load(paper):
        named = [r.certificate for r in study.readings] + [e.certificate for e in study.errors]
        named += [id for w in study.windows for *_, id in w.refuted] + [study.least_certificate]
        for id in named:
            if id is not None and id not in proofs.all:
                raise StudyError(f"{paper.folder}: the certificate {id} is missing.")
    return f"{len(proofs.all)} certificates verified."


def load(paper: Paper) -> list[TableStudy]:
    """The stored studies beside the record of a paper, held against the record.

    Raises StudyError if there are none, or if they were made from other numbers.
    """
    file = (paper.folder or Path()) / STUDY_FILE
    again = f"python -m analysis certify {(paper.folder or Path()).name}/paper.yaml makes it"
    try:
        studies = [_study(found) for found in json.loads(file.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise StudyError(f"{file}: there is no such file; {again}.") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StudyError(f"{file}: it cannot be used ({error}); {again} anew.") from None
    for study in studies:
        check_uses(paper, file, study.uses, again)
    return studies


def check_uses(paper: Paper, file: Path, uses: Mapping[str, str], again: str) -> None:
    """Raises StudyError if a stored file was made from other numbers than the record has.

    `uses`: the texts of the numbers by id; `again`: how the file is made.
    """
    for id, text in uses.items():
        now = paper.numbers[id].text if id in paper.numbers else "no such number"
        if now != text:
            raise StudyError(
                f"{file}: it was made with {id} = {text}, the record says {now}; {again} anew."
            )


def _study(found: dict) -> TableStudy:
    def tuples(items: Iterable, kind: type) -> tuple:
        return tuple(kind(**{k: _tupled(v) for k, v in item.items()}) for item in items)

    return TableStudy(
        **found
        | {
            "readings": tuples(found["readings"], Reading),
            "windows": tuples(found["windows"], Window),
            "errors": tuples(found["errors"], Error),
            "curves": tuples(found["curves"], Curve),
            "sets": _tupled(found["sets"]),
        }
    )


def _tupled(value: object) -> object:
    return tuple(_tupled(v) for v in value) if isinstance(value, list) else value
