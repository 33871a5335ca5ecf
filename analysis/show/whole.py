"""Tables of whole patients behind a reading: who they are, and what their fit prints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from analysis import certify
from analysis.certify import Reading, TableStudy
from analysis.checks.across_tables import Joined
from analysis.compatible import coherence
from analysis.compatible.exhaust import Exhausted, Seating, exhaust
from analysis.compatible.links import LINKS
from analysis.printed import Interval, Printed, format_fixed
from analysis.show.html import Html
from analysis.show.tables import paper_rows
from analysis.witnesses import Patients

NOTE = "made up: no patients"


def model(patients: Patients) -> str:
    """The words for the model of made-up patients, at the beginning of a line, and their codes
    unless any that are one step apart will do."""
    words = LINKS[patients.asked.link].words
    words = words[:1].upper() + words[1:]
    return words if patients.asked.kind == certify.FREE else f"{words}, {patients.asked.name}"


def simplest(groups: Sequence[Patients]) -> list[Patients]:
    """One of each model, that of the simplest codes; the simplest first, at most three."""

    def rank(patients: Patients):
        asked = patients.asked
        codes = not asked.name.startswith("all "), asked.name.count(", ")
        return certify.KINDS.index(asked.kind), *codes, list(LINKS).index(asked.link)

    first: dict[str, Patients] = {}
    for patients in sorted(groups, key=rank):
        first.setdefault(patients.asked.link, patients)
    return list(first.values())[:_SHOWN]


_SHOWN = 3


def found_of(study: TableStudy, groups: Sequence[Patients]) -> tuple[int, int]:
    """For how many readings with any constant whole patients are stored, and how many fit."""
    fitting = sum(len(study.fitting(kind, link)) for kind in _ANY_CONSTANT for link in LINKS)
    return sum(not g.asked.fixed for g in groups), fitting


_ANY_CONSTANT = (certify.FREE, certify.EFFECT, certify.REVERSED)


def readings(study: TableStudy, groups: Sequence[Patients], words: Mapping[str, str]) -> Html:
    """For how many of the readings that fit whole patients were found, model by model."""
    rows = []
    for kind in _ANY_CONSTANT:
        row: dict[str, object] = {"Codes": words[kind]}
        for link in LINKS.values():
            fitting = len(study.fitting(kind, link.name))
            made = sum((g.asked.kind, g.asked.link) == (kind, link.name) for g in groups)
            row[link.words[:1].upper() + link.words[1:]] = (
                f"{made} of {fitting}" if fitting else "–"
            )
        rows.append(row)
    return paper_rows(rows, label="Readings that fit, and for how many whole patients were found")


def kinds(found: Joined, groups: Sequence[Patients]) -> Html:
    """Every kind of patient that occurs: with / without the event, group by group."""
    rows = []
    for i, pattern in enumerate(found.problem.patterns):
        if not any(g.events[i] or g.others[i] for g in groups):
            continue
        row: dict[str, object] = {
            table_row.label: "yes" if x else "–"
            for table_row, x in zip(found.table.rows, pattern, strict=True)
        }
        row |= {
            model(g): f"{g.events[i]}\N{NO-BREAK SPACE}/\N{NO-BREAK SPACE}{g.others[i]}"
            for g in groups
        }
        rows.append(row)
    return paper_rows(rows, label=f"Whole patients whose fits print the coefficients; {NOTE}")


def fits(found: Joined, groups: Sequence[Patients]) -> Html:
    """Printed coefficients and standard errors beside those of the fits, digit for digit."""
    table, rows = found.table, []
    for j, row in enumerate(table.rows, start=1):
        for name, printed, values in (
            ("coefficient", row.b, [g.coefficients[j] for g in groups]),
            ("standard error", row.se, [g.errors[j] for g in groups]),
        ):
            if printed is None:
                continue
            line: dict[str, object] = {"Number": f"{row.label}: {name}", "Printed": printed.text}
            for g, value in zip(groups, values, strict=True):
                line[model(g)] = _digits(value, printed)
            rows.append(line)
    return paper_rows(rows, label=f"What the fits of the made-up patients print; {NOTE}")


def _digits(value: float, printed: Printed) -> str:
    same = printed.interval.low <= Fraction(value) <= printed.interval.high
    return f"{format_fixed(value, printed.decimals)}{'' if same else ' (differs)'}"


def codes_of(reading: Reading, k: int) -> list[tuple[int, int]]:
    """``all 1/2``, or one code a row, as :mod:`analysis.certify` names them."""
    texts = reading.name.removeprefix("all ").replace("−", "-").split(", ")
    codes = [(int(low), int(high)) for low, high in (t.split("/") for t in texts)]
    return codes * k if len(codes) == 1 else codes


def listed(found: Joined, reading: Reading, room: int = 1) -> Exhausted | None:
    """All whole patients of a reading with the printed constant, if they can be listed; with
    `room` half units of the last digit on both sides of every printed number."""
    constant = found.table.constant
    assert constant is not None
    assert constant.b is not None
    codes = codes_of(reading, len(found.table.rows))
    printed = found.problem.slopes
    bare = replace(
        found.problem, link=reading.link, slopes=tuple(_widened(i, room) for i in printed)
    )
    problem = coherence.coded(bare, _widened(constant.b.interval, room), codes)
    return exhaust(problem, printed, codes, constant.b.interval, nearest=_NEAREST)


_NEAREST = 30  # patients: among them those that miss the fewest numbers by one unit


def _widened(interval: Interval, room: int) -> Interval:
    more = (interval.high - interval.low) * Fraction(room - 1, 2)
    return Interval(interval.low - more, interval.high + more)


def _named(found: Joined, seating: Seating) -> list[tuple[str, Printed, float]]:
    """Constant and coefficients: name, as printed, of some whole patients."""
    constant = found.table.constant
    assert constant is not None
    named = [("Constant", constant.b), *((row.label, row.b) for row in found.table.rows)]
    return [
        (label, printed, value)
        for (label, printed), value in zip(named, seating.printed, strict=True)
        if printed is not None
    ]


def nearest(found: Joined, ended: Exhausted) -> Html:
    """What the nearest whole patients print instead, and those who miss the fewest numbers."""
    rows = [
        {"Coefficient of": label, "Printed": printed.text,
         "Nearest whole patients": _digits(value, printed),
         "Fewest numbers missed by one unit": _digits(other, printed)}
        for (label, printed, value), (_, _, other) in zip(
            _named(found, ended.nearest[0]), _named(found, fewest(found, ended)), strict=True
        )
    ]  # fmt: skip
    return paper_rows(rows, label=f"What the nearest whole patients print; {NOTE}")


def fewest(found: Joined, ended: Exhausted) -> Seating:
    """Of the nearest whole patients those who miss by the fewest units of the last digit, and
    so the fewest numbers."""
    return min(ended.nearest, key=lambda s: (misses(found, s)[::-1], s.off))


def misses(found: Joined, seating: Seating) -> tuple[int, int]:
    """How many numbers whole patients print otherwise, and by how many units of the last digit
    at most."""
    steps = []
    for _, printed, value in _named(found, seating):
        shown = Fraction(format_fixed(value, printed.decimals).replace("−", "-"))
        steps.append(abs(shown - Fraction(printed.value)) * 10**printed.decimals)
    return sum(step > 0 for step in steps), int(max(steps))
