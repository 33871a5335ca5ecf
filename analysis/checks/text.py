"""The running text: does it repeat what the tables print, and do its own numbers fit?"""

from __future__ import annotations

import ast
import calendar
import copy
import itertools
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction

from analysis.findings import GRAVITY, Finding, Verdict, first_up
from analysis.paper import Number, Paper, Timeline, in_unit, parse_relation
from analysis.printed import Bound, Interval, Printed, PrintedDate, format_fixed

# numbers that are stated, not rounded
_EXACT_ROLES = {"count", "group size", "rule", "duration", "eligibility limit", "assumption"}


def repeats(paper: Paper) -> Iterator[Finding]:
    """Each number of the text that repeats another one, held against it."""
    by_statement: dict[str, list[Number]] = defaultdict(list)
    statements = {f"{s.section}.{statement.id}" for s in paper.text for statement in s.statements}
    for number in paper.numbers.values():
        if number.repeats is not None:
            whole = number.id in statements
            by_statement[number.id if whole else number.id.rpartition(".")[0]].append(number)
    for statement, numbers in by_statement.items():
        originals = [paper.numbers[n.repeats] for n in numbers if n.repeats]
        verdicts = [_same(n, o) for n, o in zip(numbers, originals, strict=True)]
        verdict = max(verdicts, key=GRAVITY.index)
        units = {n.unit for n in (*numbers, *originals)}
        shared = units.pop() if len(units) == 1 else None
        here, there = (
            in_unit(" and ".join(n.text for n in x), shared) for x in (numbers, originals)
        )
        yield Finding(
            id=f"{statement}.repeats",
            check="text against tables",
            verdict=verdict,
            numbers=tuple(n.id for n in numbers) + tuple(o.id for o in originals),
            claim=f"{first_up(numbers[0].about)}: the text repeats {originals[0].place}",
            printed=here,
            attainable=there,
            by_hand=f"Text {here}; there {there}.",
            assumptions=("both places speak about the same quantity",),
            note=_NOTES.get(verdict, ""),
        )


def _same(number: Number, original: Number) -> Verdict:
    a, b = number.value, original.value
    if isinstance(a, Printed) and isinstance(b, Printed):
        if _is_percent(number, a) != _is_percent(original, b):
            # 76.8% in the text and 0.768 in the table
            scaled = (_hundredfold(a), b) if _is_percent(original, b) else (a, _hundredfold(b))
            if scaled[0].interval.intersects(scaled[1].interval):
                same = (scaled[0].value, scaled[0].decimals) == (
                    scaled[1].value,
                    scaled[1].decimals,
                )
                return Verdict.REPRODUCED if same else Verdict.CONSISTENT
        if (a.value, a.decimals, a.comparison) == (b.value, b.decimals, b.comparison):
            return Verdict.REPRODUCED
        # a sign before a limit or cut-off (">12.5") does not change which number it is
        if number.role in ("threshold", "number") and a.value == b.value:
            return Verdict.REPRODUCED
        return _near(_values(number), _values(original))
    if isinstance(a, PrintedDate) and isinstance(b, PrintedDate):
        if (a.first, a.last) == (b.first, b.last):
            return Verdict.REPRODUCED
        near = a.first <= b.last and b.first <= a.last
        return Verdict.CONSISTENT if near else Verdict.IMPOSSIBLE
    return Verdict.REPRODUCED if number.text == original.text else Verdict.IMPOSSIBLE


_NOTES = {
    Verdict.CONSISTENT: "Printed in two ways that can stand for one value.",
    Verdict.DEPENDS: "Both can stand for one value only if it lies exactly half-way between "
    "them and was rounded up once and down once.",
}


def _near(a: Interval, b: Interval) -> Verdict:
    """Two places may round one value differently; if only a tie does it, that is said."""
    shared = a.intersection(b)
    if shared is None:
        return Verdict.IMPOSSIBLE
    tie = shared.is_point and not a.is_point and not b.is_point
    return Verdict.DEPENDS if tie else Verdict.CONSISTENT


def _is_percent(number: Number, value: Printed) -> bool:
    return value.percent or number.role == "percentage"


def _hundredfold(value: Printed) -> Printed:
    return replace(value, value=value.value * 100, decimals=value.decimals - 2)


def relations(paper: Paper) -> Iterator[Finding]:
    """Equations and inequalities between printed numbers, by interval arithmetic."""
    for relation in paper.relations:
        left, sign, right = parse_relation(relation.equation)
        numbers = {name: paper.numbers[ref] for name, ref in relation.where.items()}
        wide = {name: _values(number) for name, number in numbers.items()}
        central = {name: Interval.point(_printed(number).value) for name, number in numbers.items()}
        filled = _fill(left, sign, right, numbers)
        verdict = _holds(
            _evaluate(left, wide), sign, _evaluate(right, wide),
            _evaluate(left, central), _evaluate(right, central),
        )  # fmt: skip
        if verdict is Verdict.CONSISTENT and sign == "=" and isinstance(left, ast.Name):
            value = _evaluate(right, central)
            if value.is_point and _printed(numbers[left.id]).shows(value.low):
                verdict = Verdict.REPRODUCED
        values = [_evaluate(side, central).low for side in (left, right)]
        sides = f" {sign} ".join(_short(value) for value in values)
        yield Finding(
            id=relation.id,
            check="arithmetic of the text",
            verdict=verdict,
            numbers=tuple(number.id for number in numbers.values()),
            claim=first_up(relation.claim),
            printed=relation.equation,
            attainable=sides,
            by_hand=f"{filled}: {sides}",
            assumptions=("the numbers are meant as the equation reads them",),
            values={"left": float(values[0]), "right": float(values[1])},
        )


def _short(value: Bound) -> str:
    whole = isinstance(value, Fraction) and value.denominator == 1
    return str(value) if whole else format_fixed(value, 3)


def _fill(left: ast.expr, sign: str, right: ast.expr, numbers: dict[str, Number]) -> str:
    """The equation with the printed numbers in the place of their names."""
    sides = []
    for side in (copy.deepcopy(left), copy.deepcopy(right)):
        for node in ast.walk(side):
            if isinstance(node, ast.Name):
                printed = _printed(numbers[node.id])
                node.id = format_fixed(printed.value, printed.decimals)
        sides.append(ast.unparse(side).replace("*", "×"))
    return f" {sign} ".join(sides)


def _printed(number: Number) -> Printed:
    if not isinstance(number.value, Printed):
        raise TypeError(f"{number.id} is no number")
    return number.value


def _values(number: Number) -> Interval:
    value = _printed(number)
    if number.role in _EXACT_ROLES and value.decimals == 0:
        return Interval.point(value.value)
    return value.interval


def _evaluate(node: ast.expr, names: dict[str, Interval]) -> Interval:
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Constant):
        return Interval.point(Fraction(str(node.value)))
    if isinstance(node, ast.UnaryOp):
        return -_evaluate(node.operand, names)
    assert isinstance(node, ast.BinOp)
    a, b = _evaluate(node.left, names), _evaluate(node.right, names)
    if isinstance(node.op, ast.Add):
        return a + b
    if isinstance(node.op, ast.Sub):
        return a - b
    return a * b if isinstance(node.op, ast.Mult) else a / b


def _holds(
    left: Interval, sign: str, right: Interval, c_left: Interval, c_right: Interval
) -> Verdict:
    if sign == "=":
        if c_left.is_point and c_left == c_right:
            return Verdict.REPRODUCED
        return Verdict.CONSISTENT if left.intersects(right) else Verdict.IMPOSSIBLE
    if sign in (">", ">="):
        left, right = right, left
    strict = "=" not in sign
    always = left.high < right.low if strict else left.high <= right.low
    sometimes = left.low < right.high if strict else left.low <= right.high
    return Verdict.REPRODUCED if always else Verdict.CONSISTENT if sometimes else Verdict.IMPOSSIBLE


def timelines(paper: Paper) -> Iterator[Finding]:
    """Printed dates: are they in order, and does the follow-up fit before the submission?"""
    for timeline in paper.timelines:
        yield _order(paper, timeline) if timeline.order else _fits(paper, timeline)


def _date(paper: Paper, reference: str) -> PrintedDate:
    value = paper.numbers[reference].value
    assert isinstance(value, PrintedDate)
    return value


def _order(paper: Paper, timeline: Timeline) -> Finding:
    ids = timeline.order or []
    dates = [_date(paper, id) for id in ids]
    certain = all(a.last <= b.first for a, b in itertools.pairwise(dates))
    earliest, possible = dates[0].first, True
    for day in dates:
        earliest = max(earliest, day.first)
        possible = possible and earliest <= day.last
    texts = " → ".join(d.text for d in dates)
    return Finding(
        id=timeline.id,
        check="timeline",
        verdict=_certainty(certain, possible),
        numbers=tuple(ids),
        claim=first_up(timeline.claim),
        printed=texts,
        attainable="in this order" if certain else "possible" if possible else "not in this order",
        by_hand=texts,
    )


def _certainty(certain: bool, possible: bool) -> Verdict:
    return Verdict.REPRODUCED if certain else Verdict.CONSISTENT if possible else Verdict.IMPOSSIBLE


def _later(day: date, years: Fraction) -> date:
    """The day `years` later, to the month; the last of the month where it is shorter."""
    month = day.month - 1 + math.floor(years * 12)
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def end_of_follow_up(paper: Paper, timeline: Timeline) -> tuple[date, date]:
    """Earliest and latest day on which the follow-up of a timeline ends."""
    assert timeline.start
    start = _date(paper, timeline.start)
    years = paper.number(timeline.years).value if timeline.years else Fraction(0)
    return _later(start.first, years), _later(start.last, years)


def _fits(paper: Paper, timeline: Timeline) -> Finding:
    assert timeline.start is not None
    assert timeline.until is not None
    start, until = _date(paper, timeline.start), _date(paper, timeline.until)
    length = f"{paper.number(timeline.years).text} years" if timeline.years else "0 years"
    first, last = end_of_follow_up(paper, timeline)
    slack = [(until.first - last).days, (until.last - first).days]
    numbers = [timeline.start, *([timeline.years] if timeline.years else []), timeline.until]
    return Finding(
        id=timeline.id,
        check="timeline",
        verdict=_certainty(slack[0] >= 0, slack[1] >= 0),
        numbers=tuple(numbers),
        claim=first_up(timeline.claim),
        printed=f"{start.text} + {length}, then {until.text}",
        attainable=f"{slack[0]} to {slack[1]} days to spare",
        by_hand=f"{start.text} + {length} ends {last:%d %B %Y} at the latest; {until.text}",
        assumptions=("follow-up begins at admission or soon after",),
        values={"slack_low": slack[0], "slack_high": slack[1]},
    )


CHECKS = (repeats, relations, timelines)
