"""Run every check that fits a paper and keep the ledger of all findings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module

from analysis.findings import Finding, Ledger, Verdict, first_up
from analysis.paper import Number, Paper, in_unit

Check = Callable[[Paper], Iterable[Finding]]

MODULES = ("text", "two_group", "roc", "regression", "across_tables")

# Why nothing printed can decide a number of this role, and what would.
_MISSING = {
    "category": "It names a category; the patients' values would show who belongs to it.",
    "confidence level": "It names the level of an interval; the interval itself is checked.",
    "threshold": "The patients' values would show whether this cut-off gives the printed counts.",
    "date": "The admission dates of the patients would be needed.",
    "duration": "The follow-up of each patient would be needed.",
    "rule": "It is a rule that the authors chose; nothing printed can contradict it.",
    "assumption": "It is taken from another study; that study would have to be read.",
    "eligibility limit": "The patients' values would show whether all of them meet it.",
    "identifier": "It is a label; the register or the program would have to be asked.",
    "procedure": "It describes a procedure; the records of the treatments would be needed.",
    "significance level": "It is a rule that the authors chose; nothing printed can contradict it.",
}
_MISSING_DEFAULT = "No other printed number determines it; the patients' data would."


def checks() -> dict[str, Check]:
    """Every registered check by its name ``module.function``."""
    found: dict[str, Check] = {}
    for name in MODULES:
        module = import_module(f"analysis.checks.{name}")
        found |= {f"{name}.{check.__name__}": check for check in module.CHECKS}
    return found


def audit(paper: Paper) -> Ledger:
    """The ledger of all findings, in the order of the paper.

    Every printed number has at least one finding; where no check speaks about it, the
    finding is ``not checkable`` and says what is missing.
    """
    findings = [finding for check in checks().values() for finding in check(paper)]
    covered = {number for finding in findings for number in finding.numbers}
    findings += [
        _not_checkable(number) for number in paper.numbers.values() if number.id not in covered
    ]
    findings += _pictures(paper)
    return Ledger(sorted(findings, key=_order(paper)))


def _not_checkable(number: Number) -> Finding:
    return Finding(
        id=f"{number.id}.not_checkable",
        check="coverage",
        verdict=Verdict.NOT_CHECKABLE,
        numbers=(number.id,),
        claim=first_up(f"{number.about} ({number.role})"),
        printed=in_unit(number.text, number.unit),
        attainable="no bound",
        by_hand=_MISSING.get(number.role, _MISSING_DEFAULT),
    )


def _pictures(paper: Paper) -> Iterator[Finding]:
    for picture in paper.pictures:
        yield Finding(
            id=f"{picture.id}.picture",
            check="coverage",
            verdict=Verdict.NOT_CHECKABLE,
            numbers=(),
            claim=first_up(f"{picture.shows} (picture)"),
            printed="only a picture",
            attainable="no bound",
            by_hand=f"Missing: {picture.numbers}.",
        )


def _order(paper: Paper) -> Callable[[Finding], tuple[int, int]]:
    """Findings sort by part of the paper, then by the first number they speak about."""
    parts = {part: i for i, part in enumerate(_reading_order(paper))}
    numbers = {id: i for i, id in enumerate(paper.numbers)}

    def key(finding: Finding) -> tuple[int, int]:
        # its own table comes first: a finding may lean on numbers of an earlier table
        own = [n for n in finding.numbers if n.partition(".")[0] == finding.table]
        first = min((numbers[n] for n in own or finding.numbers), default=len(numbers))
        # a finding about a whole table stands after its rows
        several = len(finding.numbers) > 6
        return parts.get(finding.table, len(parts)), len(numbers) if several else first

    return key


def _reading_order(paper: Paper) -> list[str]:
    """Parts of the paper as a reader meets them: text before tables, discussion after."""
    sections = [s.section for s in paper.text]
    late = [s for s in sections if s in ("discussion", "footnote")]
    early = [s for s in sections if s not in late]
    return [*early, "groups", *(f.id for f in paper.pictures), *(t.id for t in paper.tables), *late]
