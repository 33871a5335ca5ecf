"""Findings: what follows from printed numbers, and the ledger of all of them.

A verdict is about numbers on paper under named assumptions, never about people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from analysis.printed import Interval, Printed


class Verdict(StrEnum):
    """How a printed number stands, strongest agreement first."""

    REPRODUCED = "reproduced"
    CONSISTENT = "consistent"
    DEPENDS = "depends"
    IMPOSSIBLE = "impossible"
    NOT_CHECKABLE = "not checkable"

    @property
    def meaning(self) -> str:
        """The verdict in one plain sentence."""
        return _MEANINGS[self]


_MEANINGS = {
    Verdict.REPRODUCED: "The recomputed value, rounded, is the printed one.",
    Verdict.CONSISTENT: "Some unrounded values behind the printed ones give it.",
    Verdict.DEPENDS: "It holds only under a named convention.",
    Verdict.IMPOSSIBLE: "No values within the roundings and the stated assumptions give it.",
    Verdict.NOT_CHECKABLE: "Nothing printed allows a check; the finding says what is missing.",
}

# For one number with several findings: the one that a reader must see first.
GRAVITY = (
    Verdict.NOT_CHECKABLE,
    Verdict.REPRODUCED,
    Verdict.CONSISTENT,
    Verdict.DEPENDS,
    Verdict.IMPOSSIBLE,
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check of one or more printed numbers.

    `id` is stable and unique; `numbers` are the ids of the printed numbers that the
    finding speaks about; `claim` says in words what is held against what; `printed` is
    what stands in the paper, `attainable` what the other numbers allow; `assumptions`
    are what the verdict rests on; `by_hand` is one line to check with a calculator;
    `values` are computed quantities for tables, figures and prose.
    """

    id: str
    check: str
    verdict: Verdict
    numbers: tuple[str, ...]
    claim: str
    printed: str
    attainable: str
    by_hand: str
    assumptions: tuple[str, ...] = ()
    note: str = ""
    values: dict[str, object] = field(default_factory=dict, compare=False)

    @property
    def table(self) -> str:
        """The part of the paper to which the finding belongs (first part of its id)."""
        return self.id.partition(".")[0]


class Ledger:
    """All findings of one audit, in the order of the paper."""

    def __init__(self, findings: Iterable[Finding]):
        self.findings = tuple(findings)
        twice = [id for id, n in Counter(f.id for f in self.findings).items() if n > 1]
        if twice:
            raise ValueError(f"finding ids must be unique, found twice: {', '.join(twice)}")
        self._by_id = {f.id: f for f in self.findings}

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __getitem__(self, finding_id: str) -> Finding:
        try:
            return self._by_id[finding_id]
        except KeyError:
            raise KeyError(f"no finding {finding_id!r} in this ledger") from None

    def __contains__(self, finding_id: object) -> bool:
        return finding_id in self._by_id

    def only(self, *tables: str, check: str | None = None) -> Ledger:
        """The findings of some parts of the paper, of one check, or both."""
        return Ledger(
            f
            for f in self.findings
            if (not tables or f.table in tables) and (check is None or f.check == check)
        )

    def counts(self) -> dict[Verdict, int]:
        """How many findings have each verdict; every verdict is a key."""
        seen = Counter(f.verdict for f in self.findings)
        return {verdict: seen[verdict] for verdict in Verdict}

    def about(self, number_id: str) -> tuple[Finding, ...]:
        """The findings that speak about one printed number."""
        return tuple(f for f in self.findings if number_id in f.numbers)

    def gravest(self, number_id: str) -> Verdict | None:
        """The verdict of a printed number that a reader must see first, or None."""
        return max((f.verdict for f in self.about(number_id)), key=GRAVITY.index, default=None)


def first_up(text: str) -> str:
    """The text with a capital letter in front; a claim is a sentence."""
    return text[:1].upper() + text[1:]


def verdict_for(
    printed: Printed,
    central: Fraction | float | None,
    attainable: Interval,
    domain: Interval | None = None,
) -> Verdict:
    """The verdict of a printed number against one recomputation.

    `central` is the value recomputed from the printed figures themselves, `attainable`
    a set that is sure to hold every value that the roundings allow, `domain` the values
    that make sense (0 to 1 for a P value).
    """
    target = printed.interval
    if domain is not None:
        target = target.clip(domain.low, domain.high)
    if central is not None and printed.shows(central):
        return Verdict.REPRODUCED
    return Verdict.CONSISTENT if target.intersects(attainable) else Verdict.IMPOSSIBLE
