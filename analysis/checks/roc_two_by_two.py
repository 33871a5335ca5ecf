"""The two-by-two table behind one cut-off: Youden index, PPV, NPV, accuracy, likelihood ratios.

With `k1` of `n1` positives called positive and `k0` of `n0` negatives called negative, each
column of a cut-off that prints as some value is a condition that is linear in (k1, k0):
PPV = k1/(k1 + n0 − k0) is at least p exactly if (1 − p) k1 + p k0 ≥ p n0, and so on.  So
the real (k1, k0) behind all columns are a convex polygon, and the tables of patients are
the whole points in it.  Everything is exact.

Formulas: Youden 1950; Altman & Bland 1994 (predictive values); Deeks & Altman 2004
(likelihood ratios).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from analysis.checks.common import outward_text
from analysis.checks.plane import Polygon
from analysis.checks.roc_marker import Marker, cut_offs, shares, show
from analysis.checks.words import listed
from analysis.findings import Finding, Verdict
from analysis.paper import Paper
from analysis.printed import Bound, Interval, Printed, format_fixed

SHARES = ("sensitivity", "specificity")
DERIVED = ("youden", "ppv", "npv", "accuracy", "lr_positive", "lr_negative")
_WITH_PREVALENCE = ("ppv", "npv", "accuracy")
_MOST_COUNTS = 2_000  # counts tried one by one; beyond them whole numbers are no condition

NAMES = {
    "sensitivity": "sensitivity", "specificity": "specificity", "youden": "Youden index",
    "ppv": "PPV", "npv": "NPV", "accuracy": "accuracy",
    "lr_positive": "positive likelihood ratio", "lr_negative": "negative likelihood ratio",
}  # fmt: skip
_FORMULAS = {
    "youden": "sensitivity + specificity − 1",
    "ppv": "the share of true positives among the test positives",
    "npv": "the share of true negatives among the test negatives",
    "accuracy": "the share of patients called right",
    "lr_positive": "sensitivity/(1 − specificity)",
    "lr_negative": "(1 − sensitivity)/specificity",
}

HalfPlane = tuple[Fraction, Fraction, Fraction]  # a·k1 + b·k0 <= c
Conditions = Mapping[str, Interval]


# --- measures --------------------------------------------------------------------------


def measure(column: str, se: Fraction, sp: Fraction, n1: Bound, n0: Bound) -> Fraction | None:
    """One measure from sensitivity and specificity in `n1` positives and `n0` negatives;
    None where it is not defined (nobody called positive, or negative; a ratio over zero)."""
    k1, k0 = se * Fraction(n1), sp * Fraction(n0)
    top, bottom = {
        "sensitivity": (se, 1),
        "specificity": (sp, 1),
        "youden": (se + sp - 1, 1),
        "ppv": (k1, k1 + n0 - k0),
        "npv": (k0, k0 + n1 - k1),
        "accuracy": (k1 + k0, n1 + n0),
        "lr_positive": (se, 1 - sp),
        "lr_negative": (1 - se, sp),
    }[column]
    return Fraction(top) / Fraction(bottom) if bottom else None


def half_planes(column: str, inside: Interval, n1: int, n0: int) -> tuple[HalfPlane, ...]:
    """The half-planes of (k1, k0) in which a measure lies in `inside`.

    An infinite likelihood ratio lies in no bounded interval; a measure that is not defined
    (0/0) satisfies every condition, so that it can refute nothing.
    """

    def bound(value: Fraction) -> HalfPlane:
        """a·k1 + b·k0 >= c where the measure is at least `value`."""
        return {
            "sensitivity": (Fraction(1, n1), Fraction(0), value),
            "specificity": (Fraction(0), Fraction(1, n0), value),
            "youden": (Fraction(1, n1), Fraction(1, n0), value + 1),
            "ppv": (1 - value, value, value * n0),
            "npv": (value, 1 - value, value * n1),
            "accuracy": (Fraction(1), Fraction(1), value * (n1 + n0)),
            "lr_positive": (Fraction(1, n1), value / n0, value),
            "lr_negative": (-Fraction(1, n1), -value / n0, Fraction(-1)),
        }[column]

    planes = []
    if not math.isinf(inside.low):
        a, b, c = bound(Fraction(inside.low))
        planes.append((-a, -b, -c))
    if not math.isinf(inside.high):
        planes.append(bound(Fraction(inside.high)))
    return tuple(planes)


# --- the tables behind a set of conditions ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Tables:
    """Whole (k1, k0) that satisfy conditions: the first few, and whether those are all.

    `any_real` says whether real numbers satisfy them; `undecided` whether there are too
    many counts to try, so that whole numbers are no condition.
    """

    found: tuple[tuple[int, int], ...]
    is_all: bool
    any_real: bool
    undecided: bool = False

    @property
    def any_whole(self) -> bool:
        return bool(self.found) or self.undecided


def tables(conditions: Conditions, n1: int, n0: int, most: int = 200) -> Tables:
    """The two-by-two tables of `n1` and `n0` patients that satisfy all conditions."""
    planes = [plane for c, inside in conditions.items() for plane in half_planes(c, inside, n1, n0)]
    part = Polygon.box(Interval(Fraction(0), Fraction(n1)), Interval(Fraction(0), Fraction(n0)))
    for plane in planes:
        if part.is_empty:
            return Tables((), True, False)
        part = part.clip(*plane)
    if part.is_empty:
        return Tables((), True, False)
    x, y = part.x_range, part.y_range
    turned = y.high - y.low < x.high - x.low
    first, last = (y if turned else x).low, (y if turned else x).high
    if last - first > _MOST_COUNTS:
        return Tables((), False, True, undecided=True)
    found: list[tuple[int, int]] = []
    for k in range(math.ceil(first), math.floor(last) + 1):
        low, high = Fraction(0), Fraction(n1 if turned else n0)
        for a, b, c in planes:
            mine, other = (b, a) if turned else (a, b)
            rest = c - mine * k
            if other > 0:
                high = min(high, rest / other)
            elif other < 0:
                low = max(low, rest / other)
            elif rest < 0:
                low, high = Fraction(1), Fraction(0)
        for j in range(math.ceil(low), math.floor(high) + 1):
            if len(found) == most:
                return Tables(tuple(found), False, True)
            found.append((j, k) if turned else (k, j))
    return Tables(tuple(sorted(found)), True, True)


# --- readings --------------------------------------------------------------------------


def _cell(marker: Marker, column: str) -> Printed | None:
    return getattr(marker.at, column)


def _printed(marker: Marker, columns: Iterable[str]) -> dict[str, Printed]:
    cells = {column: _cell(marker, column) for column in columns}
    return {column: cell for column, cell in cells.items() if cell is not None}


def _conditions(cells: Mapping[str, Printed]) -> dict[str, Interval]:
    return {c: cell.interval for c, cell in cells.items()}


def _cut_off(cell: Printed) -> Interval:
    """The values that print as the cell if it was rounded, or if later digits were dropped."""
    inside = cell.interval
    return Interval(inside.low, inside.high + cell.half_unit) if cell.comparison == "=" else inside


def _box(marker: Marker) -> tuple[Interval, Interval]:
    """Real sensitivities and specificities that print as the cells (0 to 1 where none)."""
    unit = Interval(Fraction(0), Fraction(1))
    se, sp = (_cell(marker, column) for column in SHARES)
    return (
        unit if se is None else se.interval.clip(0, 1),
        unit if sp is None else sp.interval.clip(0, 1),
    )


def prevalences(column: str, printed: Interval, se: Interval, sp: Interval) -> Interval | None:
    """The prevalences that give a PPV, an NPV or an accuracy in `printed` for some
    sensitivity in `se` and specificity in `sp`, enclosed; None if none does.

    Bayes: the odds of the PPV are the odds of the prevalence times the positive likelihood
    ratio; those of 1 − NPV times the negative one.
    """
    inside = printed.clip(0, 1)
    if column == "accuracy":
        # π·se + (1 − π)·sp: monotone in every argument but π, where it is linear
        lowest, highest = min(se.low, sp.low), max(se.high, sp.high)
        if inside.high < lowest or inside.low > highest:
            return None
        return _prevalence_of_accuracy(inside, se, sp)
    if column == "ppv":
        ratio = _quotient(se, Interval(1 - sp.high, 1 - sp.low))
        return _from_odds(_odds(inside), ratio)
    ratio = _quotient(Interval(1 - se.high, 1 - se.low), sp)
    return _from_odds(_odds(Interval(1 - inside.high, 1 - inside.low)), ratio)


def _odds(share: Interval) -> Interval:
    return Interval(
        share.low / (1 - share.low) if share.low < 1 else math.inf,
        share.high / (1 - share.high) if share.high < 1 else math.inf,
    )


def _quotient(top: Interval, bottom: Interval) -> Interval:
    """Quotients of numbers that are not negative; 0/0 may be anything."""
    low = Fraction(0) if math.isinf(bottom.high) or not bottom.high else top.low / bottom.high
    return Interval(low, top.high / bottom.low if bottom.low else math.inf)


def _from_odds(odds: Interval, ratio: Interval) -> Interval | None:
    """Prevalences π with π/(1 − π) times some ratio in `odds`."""
    if ratio.high == 0:
        # nobody can be found: the share is 0 at every prevalence
        return Interval(Fraction(0), Fraction(1)) if odds.low == 0 else None
    low = Fraction(0) if math.isinf(ratio.high) else odds.low
    if not math.isinf(ratio.high):
        low = math.inf if math.isinf(odds.low) else odds.low / ratio.high
    high = math.inf if math.isinf(odds.high) or not ratio.low else odds.high / ratio.low

    def share(value: Bound) -> Fraction:
        return Fraction(1) if math.isinf(value) else value / (1 + value)

    return Interval(share(low), share(high))


def _prevalence_of_accuracy(inside: Interval, se: Interval, sp: Interval) -> Interval:
    """The hull of the prevalences whose accuracy reaches `inside`, from the four corners of
    the most and the least that each prevalence allows."""
    ends: list[Fraction] = []
    for edge_se, edge_sp, target, below in (
        (se.high, sp.high, inside.low, False),
        (se.low, sp.low, inside.high, True),
    ):
        low, high = Fraction(0), Fraction(1)
        # keep π with π·se + (1 − π)·sp >= target, or <= target
        slope, rest = edge_se - edge_sp, target - edge_sp
        if below:
            slope, rest = -slope, -rest
        if slope > 0:
            low = max(low, rest / slope)
        elif slope < 0:
            high = min(high, rest / slope)
        ends.append(low)
        ends.append(high)
    low, high = max(ends[0], ends[2]), min(ends[1], ends[3])
    return Interval(low, high) if low <= high else Interval(Fraction(0), Fraction(1))


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a measure or a cut-off is under the most favourable reading that fits."""

    verdict: Verdict
    note: str = ""


def _range_of(column: str, marker: Marker, se: Interval, sp: Interval) -> Interval:
    """The values of a measure over a box: it is monotone in both shares."""
    low_end = (se.high, sp.high) if column == "lr_negative" else (se.low, sp.low)
    high_end = (se.low, sp.low) if column == "lr_negative" else (se.high, sp.high)
    low = measure(column, *map(Fraction, low_end), marker.n1, marker.n0)
    high = measure(column, *map(Fraction, high_end), marker.n1, marker.n0)
    if low is None or high is None:
        floor = Fraction(0) if low is None else low
        ceiling = math.inf if column.startswith("lr") else Fraction(1)
        return Interval(min(floor, ceiling), ceiling if high is None else max(high, floor))
    return Interval(min(low, high), max(low, high))


def _swapped(marker: Marker, column: str) -> Printed | None:
    """The cell that would stand in this column if the other group were called positive."""
    other = {"ppv": "npv", "npv": "ppv", "youden": "youden", "accuracy": "accuracy"}.get(column)
    return None if other is None else _cell(marker, other)


def _read_alone(marker: Marker, column: str, cell: Printed) -> _Reading:
    """One measure against the printed sensitivity and specificity, reading by reading."""
    n1, n0 = marker.n1, marker.n0
    both = _conditions(_printed(marker, SHARES))
    whole = tables(both, n1, n0)
    fitting = tables(both | {column: cell.interval}, n1, n0)
    values = [measure(column, Fraction(a, n1), Fraction(b, n0), n1, n0) for a, b in whole.found]
    shown = [v is not None and cell.shows(v) for v in values]
    if whole.found and whole.is_all and all(shown):
        return _Reading(Verdict.REPRODUCED)
    fits = [measure(column, Fraction(a, n1), Fraction(b, n0), n1, n0) for a, b in fitting.found]
    if any(v is not None for v in fits) or fitting.undecided:
        return _Reading(Verdict.CONSISTENT)
    if any(v is None for v in values + fits):
        return _Reading(
            Verdict.DEPENDS,
            f"The {NAMES[column]} is not defined with these counts (a division by zero).",
        )
    if column.startswith("lr") and any(_haldane(marker, column, cell, k) for k in whole.found):
        return _Reading(Verdict.DEPENDS, "It fits with one half added to each count.")
    se, sp = (_cell(marker, c) for c in SHARES)
    assert se is not None
    assert sp is not None
    rounded = measure(column, se.value, sp.value, n1, n0)
    if rounded is not None and cell.shows(rounded):
        return _Reading(
            Verdict.DEPENDS, "It fits if computed from the rounded sensitivity and specificity."
        )
    if fitting.any_real:
        return _Reading(
            Verdict.DEPENDS,
            "It fits unrounded values that are no shares of all patients of the groups.",
        )
    box = _box(marker)
    if column in _WITH_PREVALENCE:
        found = prevalences(column, cell.interval, *box)
        if found is not None:
            return _Reading(
                Verdict.DEPENDS,
                f"It fits a prevalence of {outward_text(found, 3)}; in these patients it is "
                f"{n1}/{n1 + n0} = {show(Fraction(n1, n1 + n0), 3)}.",
            )
    dropped = {c: _cut_off(p) for c, p in _printed(marker, (*SHARES, column)).items()}
    if tables(dropped, n1, n0).any_real:
        return _Reading(Verdict.DEPENDS, "It fits if later digits were dropped, not rounded.")
    if column.startswith("lr"):
        # the other group called positive: sensitivity and specificity change places
        turned = _range_of(column, marker, box[1], box[0])
        if cell.interval.intersects(turned):
            return _Reading(Verdict.DEPENDS, "It fits if the other group is called positive.")
    elif (other := _swapped(marker, column)) is not None and other is not cell:
        mine = tables(both | {column: other.interval}, n1, n0)
        name = next(c for c in ("ppv", "npv") if c != column)
        theirs = tables(both | {name: cell.interval}, n1, n0)
        if mine.any_real and theirs.any_real:
            return _Reading(Verdict.DEPENDS, "PPV and NPV fit if they changed places.")
    return _Reading(Verdict.IMPOSSIBLE)


def _haldane(marker: Marker, column: str, cell: Printed, counts: tuple[int, int]) -> bool:
    half = Fraction(1, 2)
    se = (counts[0] + half) / (marker.n1 + 1)
    sp = (counts[1] + half) / (marker.n0 + 1)
    value = measure(column, se, sp, marker.n1, marker.n0)
    return value is not None and cell.shows(value)


# --- findings --------------------------------------------------------------------------

_ONE_CUT = "all columns belong to one cut-off in the same patients"


def measures(paper: Paper) -> Iterator[Finding]:
    """Each further measure of a cut-off against its sensitivity and specificity."""
    for marker in cut_offs(paper):
        if not marker.has_point:
            continue
        for column, cell in _printed(marker, DERIVED).items():
            yield _measure_finding(marker, column, cell)


def _measure_finding(marker: Marker, column: str, cell: Printed) -> Finding:
    n1, n0 = marker.n1, marker.n0
    reading = _read_alone(marker, column, cell)
    reach = _range_of(column, marker, shares(marker, "sensitivity"), shares(marker, "specificity"))
    stated = [marker.everyone, _ONE_CUT]
    if column in _WITH_PREVALENCE:
        stated.append(f"the prevalence is that of these patients, {n1} of {n1 + n0}")
    if reading.verdict is Verdict.IMPOSSIBLE:
        stated.append(f"the {NAMES[column]} is {_FORMULAS[column]}")
        stated.append("it was computed from the patients, or from the printed shares")
    return Finding(
        id=f"{marker.id}.{column}",
        check="measures of a cut-off",
        verdict=reading.verdict,
        numbers=marker.number(column, *SHARES),
        claim=f"The {NAMES[column]} of {marker.label} belongs to its sensitivity and specificity",
        printed=cell.text.strip(),
        attainable=outward_text(reach, cell.decimals + 1),
        by_hand=_by_hand(marker, column, cell),
        assumptions=tuple(stated),
        note=reading.note,
        values={"low": float(reach.low), "high": float(reach.high)},
    )


def _by_hand(marker: Marker, column: str, cell: Printed) -> str:
    """The measure of the counts nearest to the printed shares, as one sum."""
    n1, n0 = marker.n1, marker.n0
    se, sp = (_cell(marker, c) for c in SHARES)
    if se is None or sp is None:
        return f"{NAMES[column]} = {_FORMULAS[column]}"
    k1, k0 = round(se.value * n1), round(sp.value * n0)
    text = {
        "youden": f"{k1}/{n1} + {k0}/{n0} − 1",
        "ppv": f"{k1}/({k1} + {n0 - k0})",
        "npv": f"{k0}/({k0} + {n1 - k1})",
        "accuracy": f"({k1} + {k0})/({n1} + {n0})",
        "lr_positive": f"({k1}/{n1})/({n0 - k0}/{n0})",
        "lr_negative": f"({n1 - k1}/{n1})/({k0}/{n0})",
    }[column]
    value = measure(column, Fraction(k1, n1), Fraction(k0, n0), n1, n0)
    return f"{text} = {'not defined' if value is None else format_fixed(value, cell.decimals + 2)}"


def two_by_two(paper: Paper) -> Iterator[Finding]:
    """Whether one table of patients prints all columns of a cut-off."""
    for marker in cut_offs(paper):
        cells = _printed(marker, (*SHARES, *DERIVED))
        derived = [c for c in cells if c in DERIVED]
        if derived and len(cells) > (3 if marker.has_point and len(derived) == 1 else 1):
            yield _joint_finding(marker, cells)


def _read_together(marker: Marker, cells: Mapping[str, Printed]) -> tuple[_Reading, Tables]:
    n1, n0 = marker.n1, marker.n0
    conditions = _conditions(cells)
    found = tables(conditions, n1, n0)
    if found.any_whole:
        unique = found.is_all and len(found.found) == 1
        return _Reading(Verdict.REPRODUCED if unique else Verdict.CONSISTENT), found
    if found.any_real:
        note = "Unrounded values fit that are no shares of all patients of the groups."
        return _Reading(Verdict.DEPENDS, note), found
    # columns computed by hand from the rounded shares need no common table
    loose = _by_rounded(marker, cells)
    strict = {c: i for c, i in conditions.items() if c not in loose}
    if loose and tables(strict, n1, n0).any_real:
        names = listed([NAMES[c] for c in loose])
        note = f"It fits if {names} were computed from the rounded sensitivity and specificity."
        return _Reading(Verdict.DEPENDS, note), found
    if tables({c: _cut_off(cell) for c, cell in cells.items()}, n1, n0).any_real:
        return _Reading(
            Verdict.DEPENDS, "It fits if later digits were dropped, not rounded."
        ), found
    if {"ppv", "npv"} <= cells.keys():
        turned = conditions | {"ppv": conditions["npv"], "npv": conditions["ppv"]}
        if tables(turned, n1, n0).any_real:
            return _Reading(Verdict.DEPENDS, "It fits if PPV and NPV changed places."), found
    # only measures without a prevalence may have been computed by hand beside another one
    loose = [c for c in loose if c not in _WITH_PREVALENCE]
    shared = _common_prevalence(marker, {c: p for c, p in cells.items() if c not in loose})
    if shared is not None:
        note = (
            f"It fits a prevalence of {outward_text(shared, 3)}; in these patients it is "
            f"{n1}/{n1 + n0} = {show(Fraction(n1, n1 + n0), 3)}."
        )
        return _Reading(Verdict.DEPENDS, note), found
    if set(SHARES) <= cells.keys():
        turned = conditions | {
            "sensitivity": conditions["specificity"],
            "specificity": conditions["sensitivity"],
        }
        if tables(turned, n1, n0).any_real:
            return _Reading(
                Verdict.DEPENDS, "It fits if sensitivity and specificity changed places."
            ), found
    undefined = [c for c in cells if c in DERIVED and _may_be_undefined(marker, cells, c)]
    if undefined:
        names = listed([NAMES[c] for c in undefined])
        return _Reading(
            Verdict.DEPENDS, f"With these counts {names} may be a division by zero."
        ), found
    return _Reading(Verdict.IMPOSSIBLE), found


def _by_rounded(marker: Marker, cells: Mapping[str, Printed]) -> list[str]:
    """The measures that the rounded sensitivity and specificity print."""
    if not set(SHARES) <= cells.keys():
        return []
    se, sp = cells["sensitivity"].value, cells["specificity"].value
    values = {c: measure(c, se, sp, marker.n1, marker.n0) for c in cells if c in DERIVED}
    return [c for c, v in values.items() if v is not None and cells[c].shows(v)]


def _common_prevalence(marker: Marker, cells: Mapping[str, Printed]) -> Interval | None:
    """A prevalence other than the study's under which all columns fit (lenient: each column
    may take its own values from the box of sensitivities and specificities)."""
    needing = [c for c in cells if c in _WITH_PREVALENCE]
    strict = {c: cell.interval for c, cell in cells.items() if c not in needing}
    if not needing or not tables(strict, marker.n1, marker.n0).any_real:
        return None
    shared = Interval(Fraction(0), Fraction(1))
    for column in needing:
        found = prevalences(column, cells[column].interval, *_box(marker))
        if found is None or not found.intersects(shared):
            return None
        shared = Interval(max(shared.low, found.low), min(shared.high, found.high))
    return shared


def _may_be_undefined(marker: Marker, cells: Mapping[str, Printed], column: str) -> bool:
    """Whether the measure divides by zero at some counts that the other columns allow."""
    n1, n0 = marker.n1, marker.n0
    others = {c: cell.interval for c, cell in cells.items() if c != column}
    zero = {
        "ppv": {"sensitivity": 0, "specificity": 1},
        "npv": {"sensitivity": 1, "specificity": 0},
        "lr_positive": {"specificity": 1},
        "lr_negative": {"specificity": 0},
    }.get(column)
    if zero is None:
        return False
    part = dict(others)
    for share, at in zero.items():
        point = Interval.point(at)
        if share in part and not part[share].intersects(point):
            return False
        part[share] = point
    return tables(part, n1, n0).any_real


def _joint_finding(marker: Marker, cells: Mapping[str, Printed]) -> Finding:
    n1, n0 = marker.n1, marker.n0
    reading, found = _read_together(marker, cells)
    names = listed([NAMES[c] for c in cells])
    if found.found:
        k1, k0 = found.found[0]
        attainable = f"{k1} of {n1} and {k0} of {n0} called right"
        if len(found.found) > 1 or not found.is_all:
            attainable += " and others"
        by_hand = "; ".join(
            f"{NAMES[c]} {_value_text(c, k1, k0, marker, cells[c])}" for c in cells if c in DERIVED
        )
    else:
        attainable = (
            "too many counts to try one by one"
            if found.undecided
            else f"no table of {n1} and {n0} patients"
        )
        by_hand = "; ".join(
            f"{NAMES[c]}: {_by_hand(marker, c, cells[c])}" for c in cells if c in DERIVED
        )
    stated = [marker.everyone, _ONE_CUT]
    impossible = reading.verdict is Verdict.IMPOSSIBLE
    if any(c in _WITH_PREVALENCE for c in cells):
        of_these = f"the prevalence is that of these patients, {n1} of {n1 + n0}"
        any_other = "the prevalence may be any, the same for all columns"
        stated.append(any_other if impossible else of_these)
    if impossible:
        stated.append("no column is a mean over folds or resamples")
    return Finding(
        id=f"{marker.id}.two_by_two",
        check="one table behind a cut-off",
        verdict=reading.verdict,
        numbers=marker.number(*cells),
        claim=f"One two-by-two table of {marker.label} prints {names}",
        printed=", ".join(f"{NAMES[c]} {cell.text.strip()}" for c, cell in cells.items()),
        attainable=attainable,
        by_hand=by_hand,
        assumptions=tuple(stated),
        note=reading.note,
        values={"tables": list(found.found[:20])},
    )


def _value_text(column: str, k1: int, k0: int, marker: Marker, cell: Printed) -> str:
    n1, n0 = marker.n1, marker.n0
    value = measure(column, Fraction(k1, n1), Fraction(k0, n0), n1, n0)
    return "not defined" if value is None else format_fixed(value, cell.decimals + 1)
