"""Draw the papers of an exam: an honest one first, then errors that the audit is sure to find.

A paper is made up (simulated patients, printed as SPSS, R or Stata would) or taken from the
record of a published one.  In it, before anything is planted, no finding is ``impossible``; in
the paper of the exam every ``impossible`` finding belongs to a planted error, and every error
has one.  What does not fit is drawn again.
"""

from __future__ import annotations

import copy
import math
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from analysis.audit import audit
from analysis.exam import planting, printing
from analysis.exam.levels import Level, easiest, is_size, rows_of
from analysis.exam.patients import Patients, simulated
from analysis.exam.printing import Change, Printed
from analysis.findings import Finding, Ledger, Verdict
from analysis.paper import Paper, PaperError, load_paper
from analysis.record import read_yaml
from analysis.sheets import fill_tables

MARK = (
    "For an exam: numbers were changed on purpose, in some papers none. "
    "Do not take any of them for the numbers of a published paper."
)
KEY = "exam_paper"  # in the place of the key of the real paper, so that none is cited for it
FEWEST_NUMBERS = 30  # a made-up paper with fewer is over too soon
NARROW = 8  # a finding about more numbers than this, of several rows, points at none of them
MOST_ACCEPTED = 24  # an error that touches more than this is all over the paper
TRIES = 60  # plantings for one error, before the paper is given up
PAPERS = 40  # papers that are tried before the wish is refused
# the kinds that a level can find at all are drawn more often; all the others once
WEIGHTS = {
    Level.EASY: {"digit": 6, "transposed": 6, "percent_of_cell": 3, "statement": 0},
    Level.MEDIUM: {"digit": 5, "transposed": 4, "p_of_row": 3, "ci_of_row": 2, "statement": 0},
    Level.HARD: {"digit": 3, "transposed": 2, "statement": 5, "percent_of_cell": 0},
}


class ExamError(ValueError):
    """An exam cannot be made as it was wished for; the message is one sentence."""


@dataclass(frozen=True)
class Changed:
    """One cell, or number of the text, that was changed: the ids of its numbers that differ, where
    it stands, and its whole text before and after."""

    numbers: tuple[str, ...]
    place: str
    before: str
    after: str


@dataclass(frozen=True)
class Error:
    """A planted error: what was changed, the findings that show it, and the ids of the numbers
    of which any is a right answer (a contradiction does not say which side is wrong)."""

    kind: str
    level: Level
    changed: tuple[Changed, ...]
    findings: tuple[Finding, ...]
    accepted: frozenset[str]


@dataclass(frozen=True)
class ExamPaper:
    """One paper of an exam: `tree` is its record, marked; `source` the paper whose record it was
    made from (None: made up); `left_out` counts rows that were not taken from it; `neutral` are
    the ids of numbers that count neither as right nor as wrong when they are named."""

    number: int
    tree: dict[str, Any]
    paper: Paper
    source: Paper | None
    left_out: int
    errors: tuple[Error, ...]
    neutral: frozenset[str]


@dataclass(frozen=True)
class Exam:
    """Papers, and what was asked for: `seed`, `level`, and `planted` errors in each paper that
    is not clean."""

    seed: int
    level: Level
    planted: int
    papers: tuple[ExamPaper, ...]


# --- the record --------------------------------------------------------------------------


class _Plain(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):
    """Writes a repeated part out twice: a record has no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def record_text(tree: dict[str, Any]) -> str:
    """The tree as a YAML file, the mark of an exam in its first lines."""
    # in the file the mark is a comment too: it stays there if somebody edits the record
    body = yaml.dump(tree, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=100)
    return "".join(f"# {line}\n" for line in re.split(r"(?<=\.) ", MARK)) + body


def paper_of(tree: dict[str, Any]) -> Paper:
    """The paper of a tree, read from a file as its readers will.  Raises PaperError."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "paper.yaml"
        file.write_text(record_text(tree), encoding="utf-8")
        return load_paper(file)


def _impossible(ledger: Ledger) -> list[Finding]:
    return [f for f in ledger if f.verdict is Verdict.IMPOSSIBLE]


# --- honest papers -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Honest:
    printed: Printed
    paper: Paper
    source: Paper | None = None
    left_out: int = 0


def _named(people: Patients) -> Patients:
    """The same patients, their columns called as a reader expects it: markers and factors."""

    def names(columns: dict[str, np.ndarray], word: str) -> dict[str, np.ndarray]:
        return {f"{word}_{chr(97 + i)}": values for i, values in enumerate(columns.values())}

    return replace(
        people, numbers=names(people.numbers, "marker"), codes=names(people.codes, "factor")
    )


_TITLES = {"two_group": "Patients by group", "roc": "Areas under the ROC curve",
           "regression": "Regression"}  # fmt: skip
_WORDS = {"auc": "AUC", "p": "P"}


def _readable(tree: dict[str, Any], number: int) -> None:
    """Labels in the place of ids, in the tree of a made-up paper."""

    def label(name: str) -> str:
        word, _, letter = name.partition("_")
        return f"{word.capitalize()} {letter.upper()}"

    tree["paper"] |= {"key": KEY, "label": f"Exam paper {number} (made up, numbers may be changed)"}
    for variable in tree["variables"]:
        variable["label"] = label(variable["id"])
    for table in tree["tables"]:
        table["title"] = _TITLES[table["kind"]]
        if table["kind"] == "regression":
            table["title"] = f"{table['analysis'].capitalize()} {table['model']} regression"
            for row in table["rows"]:
                row["label"] = label(row["id"])
    for section in tree.get("text", []):
        for statement in section["statements"]:
            column, _, row = statement["about"].partition(" of ")
            statement["about"] = f"{_WORDS.get(column, column)} of {label(row)}"


def made_up(rng: np.random.Generator, number: int, level: Level) -> _Honest:
    """An honest paper about simulated patients, long enough for an exam."""
    while True:
        printed = printing.paper(_named(simulated(rng)), rng)
        if printed is None or printed.style is None or printed.style.p_words != "numbers":
            continue
        parts = len(printed.tree["tables"]) + len(printed.tree.get("text", []))
        if level is Level.HARD and parts < 2:
            continue
        _readable(printed.tree, number)
        printed.tree["paper"]["notice"] = f"{MARK} The patients are simulated: no patients."
        paper = paper_of(printed.tree)
        if len(paper.numbers) >= FEWEST_NUMBERS and not _impossible(audit(paper)):
            return _Honest(printed, paper)


def of_record(file: Path) -> _Honest:
    """The record of a published paper, without the rows that the audit calls impossible as they
    are printed.  Raises PaperError for a file that is no record, ExamError if nothing is left."""
    source = load_paper(file)
    tree, _ = read_yaml(file, PaperError, "paper")
    fill_tables(tree, file.parent)
    for table in tree["tables"]:
        for key in ("file", "sheet", "decimal"):
            table.pop(key, None)
    about = source.paper
    where = ", ".join(
        filter(None, [about.label, about.doi and f"doi:{about.doi}", about.notice])
    )  # fmt: skip
    for key in ("pictures", "elsewhere"):  # about what is not in the exam
        tree.pop(key, None)
    told = {key: value for key, value in tree["paper"].items() if key in ("software", "tests")}
    tree["paper"] = {
        "key": KEY,
        "label": "Exam paper",
        "notice": f"{MARK} Made from the numbers of {where}; what stands here must not be taken for them.",
        **told,
    }
    paper, left_out = paper_of(tree), 0
    while found := _impossible(audit(paper)):
        rows = {row for f in found for row in rows_of(f)}
        before = left_out
        for table in tree["tables"]:
            kept = [row for row in table["rows"] if (table["id"], row["id"]) not in rows]
            left_out += len(table["rows"]) - len(kept)
            table["rows"] = kept
        tree["tables"] = [table for table in tree["tables"] if table["rows"]]
        try:
            if left_out == before:
                raise ExamError("the contradiction is not one of rows.")
            paper = paper_of(tree)
        except (PaperError, ExamError):
            raise ExamError(
                f"{file}: the audit calls {len(found)} of its findings impossible as the paper "
                "stands, and without their rows nothing is left that can be read; a record "
                "without such findings is needed."
            ) from None
    return _Honest(
        Printed(tree, None, about.label, 0, _slips(tree)), paper, source, left_out
    )  # fmt: skip


_MEAN = re.compile(r"\s*(\S+)\s*±\s*(\S+?)\s*")


def _slips(tree: dict[str, Any]) -> dict[str, list[list[Change]]]:
    """Slips that can be made with printed numbers alone, without the patients behind them."""
    found: dict[str, list[list[Change]]] = {}
    groups = tree.get("groups") or []
    if len(groups) == 2 and groups[0]["n"] != groups[1]["n"]:
        swapped = [(("groups", i, "n"), groups[1 - i]["n"]) for i in (0, 1)]
        found["groups_swapped"] = [swapped]
    sizes = {group["id"]: group["n"] for group in groups}
    for t, table in enumerate(tree["tables"]):
        for r, row in enumerate(table["rows"]):
            at = ("tables", t, "rows", r)
            if row.get("summary") == "mean_sd":
                told = {g: _MEAN.fullmatch(cell) for g, cell in row["values"].items()}
                own = [g for g in told if told[g] and g in sizes]
                for slip, changes in _slips_of_means(row, {g: told[g] for g in own}, sizes):
                    found.setdefault(slip, []).append(
                        [((*at, "values", g), text) for g, text in changes]
                    )
            b = str(row.get("b") or "")
            if b.startswith(("-", "−", "–")) and float(b[1:] or 0):
                found.setdefault("sign", []).append([((*at, "b"), b[1:])])
    return found


def _slips_of_means(
    row: dict[str, Any], told: dict[str, re.Match[str]], sizes: dict[str, str]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    if len(told) == 2:
        (a, first), (b, second) = told.items()
        yield (
            "means_swapped",
            [(a, f"{second[1]} ± {first[2]}"), (b, f"{first[1]} ± {second[2]}")],
        )
    for group, cell in told.items():
        n, sd = (row.get("n") or {}).get(group, sizes[group]), cell[2]
        if n.isdigit() and re.fullmatch(r"\d+(\.\d+)?", sd):
            decimals = len(sd.partition(".")[2])
            error = f"{float(sd) / math.sqrt(int(n)):.{decimals}f}"
            yield "se_for_sd_once", [(group, f"{cell[1]} ± {error}")]


# --- planting ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Candidate:
    kind: str
    edits: tuple[Change, ...]
    changed: frozenset[str]
    new: frozenset[str]  # ids of the findings that it makes impossible, alone in the paper


def _is_narrow(finding: Finding) -> bool:
    return len(finding.numbers) <= NARROW or len(rows_of(finding)) == 1


def _accepted(changed: frozenset[str], findings: list[Finding]) -> frozenset[str]:
    """The numbers of which any is a right answer to an error."""
    narrow = {id for f in findings if _is_narrow(f) for id in f.numbers}
    return changed | {id for id in narrow if not is_size(id)}


def _candidate(
    honest: _Honest, level: Level, taken: frozenset[str], rng: np.random.Generator
) -> tuple[_Candidate, frozenset[str]] | None:
    """One error of this level that touches no number of `taken`, and the numbers it accepts."""
    weights = np.array([WEIGHTS[level].get(kind, 1) for kind in planting.KINDS], dtype=float)
    for _ in range(TRIES):
        kind = str(rng.choice(list(planting.KINDS), p=weights / weights.sum()))
        if (planted := planting.plant(honest.printed, kind, rng)) is None:
            continue
        try:
            paper = paper_of(planted.tree)
        except PaperError:
            continue
        before, after = honest.paper.numbers, paper.numbers
        if before.keys() != after.keys():
            continue
        changed = frozenset(id for id in after if after[id].text != before[id].text)
        if not changed or changed & taken:
            continue
        new = _impossible(audit(paper))
        if easiest(new) is not level or not any(changed & set(f.numbers) for f in new):
            continue
        accepted = _accepted(changed, new)
        if len(accepted) > MOST_ACCEPTED or accepted & taken:
            continue
        own = frozenset(f.id for f in new)
        return _Candidate(kind, planted.edits, changed, own), accepted
    return None


def _planted(
    honest: _Honest, level: Level, count: int, rng: np.random.Generator
) -> tuple[dict[str, Any], Paper, tuple[Error, ...], frozenset[str]] | None:
    """The paper with `count` errors of a level, or None if it has no room for them."""
    chosen: list[_Candidate] = []
    taken: frozenset[str] = frozenset()
    while len(chosen) < count:
        if (found := _candidate(honest, level, taken, rng)) is None:
            return None
        chosen.append(found[0])
        taken |= found[1]
    tree = planting.edited(honest.printed.tree, (e for c in chosen for e in c.edits))
    try:
        paper = paper_of(tree)
    except PaperError:
        return None
    ledger = audit(paper)
    impossible = _impossible(ledger)
    if any(not any(f.id in c.new for c in chosen) for f in impossible):
        return None  # two errors together make a finding that belongs to neither
    before = honest.paper.numbers
    if {id for id, n in paper.numbers.items() if n.text != before[id].text} != {
        id for c in chosen for id in c.changed
    }:
        return None
    errors = []
    for c in chosen:
        own = [f for f in impossible if f.id in c.new]
        if easiest(own) is not level or not any(c.changed & set(f.numbers) for f in own):
            return None
        told = tuple(
            Changed(ids, paper.numbers[ids[0]].place, str(old), str(new))
            for place, new in c.edits
            if (old := planting.cell(honest.printed.tree, place)) != new
            and (ids := tuple(i for i in _ids_of(tree, place, paper) if i in c.changed))
        )
        errors.append(Error(c.kind, level, told, tuple(own), _accepted(c.changed, own)))
    everything = [id for e in errors for id in e.accepted]
    if len(everything) != len(set(everything)):
        return None
    return tree, paper, tuple(errors), _neutral(ledger, frozenset(everything))


def _ids_of(tree: dict[str, Any], place: tuple, paper: Paper) -> list[str]:
    """The ids of the numbers in one place of a tree."""
    names, node = [], tree
    for step in place:
        node = node[step]
        if isinstance(node, dict) and "id" in node:
            names.append(node["id"])
        elif isinstance(node, dict) and "section" in node:
            names.append(node["section"])
        elif isinstance(step, str) and step not in (
            "groups", "everyone", "tables", "rows", "levels", "cuts", "values", "text", "statements", "printed",
        ):  # fmt: skip
            names.append(step)
    if place[0] in ("groups", "everyone"):
        names = ["groups", names[0]]
    cell = ".".join(names)
    return [id for id in paper.numbers if id == cell or id.startswith(f"{cell}.")]


def _neutral(ledger: Ledger, accepted: frozenset[str]) -> frozenset[str]:
    """Numbers that are worth a doubt without being wrong: those of an impossible finding that
    are no answer to an error, and those whose agreement depends on a convention."""
    found = {
        id
        for f in ledger
        if f.verdict is Verdict.IMPOSSIBLE or (f.verdict is Verdict.DEPENDS and _is_narrow(f))
        for id in f.numbers
    }
    return frozenset(found - accepted)


# --- the exam ----------------------------------------------------------------------------


def draw(
    seed: int,
    level: Level,
    errors: int,
    count: int,
    record: Path | None = None,
    progress: Callable[[int, int], None] = lambda done, count: None,
) -> Exam:
    """An exam of `count` papers, from `record` or made up, with `errors` errors in each.

    Of several papers a quarter to a half, drawn with the seed, have no error.  The same seed and
    wishes give the same exam.  Raises PaperError for a file that is no record, ExamError if no
    paper has room for so many errors.
    """
    from threadpoolctl import threadpool_limits

    rng = np.random.default_rng([seed, list(Level).index(level), errors, count])
    clean = int(rng.integers(count // 4, count // 2 + 1))
    without = set(rng.permutation(count)[:clean].tolist()) if errors else set(range(count))
    # the arrays are small: threads would only wait for each other, and may round differently
    with threadpool_limits(limits=1):
        base = of_record(record) if record is not None else None
        papers = []
        for i in range(count):
            own = np.random.default_rng([seed, list(Level).index(level), errors, count, i])
            papers.append(_one(i + 1, base, level, 0 if i in without else errors, own))
            progress(i + 1, count)
    return Exam(seed, level, errors, tuple(papers))


def _one(
    number: int, base: _Honest | None, level: Level, errors: int, rng: np.random.Generator
) -> ExamPaper:
    for _ in range(PAPERS if base is None else 3):
        honest = base if base is not None else made_up(rng, number, level)
        if errors == 0:
            tree, paper = copy.deepcopy(honest.printed.tree), honest.paper
            found: tuple[Error, ...] = ()
            neutral = _neutral(audit(paper), frozenset())
        elif (planted := _planted(honest, level, errors, rng)) is not None:
            tree, paper, found, neutral = planted
        else:
            continue
        if base is not None:
            tree["paper"]["label"] = f"Exam paper {number} (numbers may be changed)"
            paper = paper_of(tree)
        return ExamPaper(number, tree, paper, honest.source, honest.left_out, found, neutral)
    wished = "1 error" if errors == 1 else f"{errors} errors"
    where = "no made-up paper was found" if base is None else "this paper was not found"
    raise ExamError(
        f"--errors: {where} to have room for {wished} that can be found at level {level}; "
        "fewer errors, or another level or seed, are needed."
    )
