"""Cut-offs of ROC tables: counts, the point and its curve, criterion, means, unit."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from analysis.checks import roc_bounds as bounds
from analysis.checks.common import outward_text
from analysis.checks.roc_marker import (
    EVERYONE,
    Marker,
    at_cuts,
    compared,
    cut_offs,
    markers,
    oriented,
    plain,
    point_range,
    rounded_up,
    rows,
    shares,
    show,
)
from analysis.findings import Finding, Verdict
from analysis.paper import MeanRow, Paper
from analysis.printed import Interval, Printed

_MOST_SHOWN = 1_000  # counts listed one by one
_MOST_LEFT_OUT = 10_000  # smaller denominators tried

# --- sensitivity and specificity as counts ---------------------------------------------


def counts(paper: Paper) -> Iterator[Finding]:
    """Whether whole numbers of patients print as the sensitivity and the specificity."""
    for marker in cut_offs(paper):
        for column in ("sensitivity", "specificity"):
            cell, n = marker.cell_of(column)
            if cell is not None:
                yield _count_finding(marker, column, cell, n)


def _count_finding(marker: Marker, column: str, cell: Printed, n: int) -> Finding:
    found = marker.counts(column)
    ends = sorted({found[0], found[-1]}) if found else []
    ties = [k for k in ends if cell.is_tie(Fraction(k, n))]
    note, verdict = "", Verdict.REPRODUCED if found else Verdict.IMPOSSIBLE
    if found and len(ties) == len(found):
        up = [k for k in ties if Fraction(k, n) < cell.value]
        way = "up" if up else "down"
        note = f"{ties[0]}/{n} lies exactly half-way and prints like this only if rounded {way}."
    if found:
        by_hand = "; ".join(
            f"{k}/{n} = {show(Fraction(k, n), cell.decimals + 2)}" for k in found[:3]
        )
        attainable = " or ".join(f"{k} of {n}" for k in found[:6])
        if len(found) > 6:
            attainable = f"{found[0]} to {found[-1]} of {n}"
    else:
        below = math.floor(cell.value * n)
        near = [k for k in (below, below + 1) if k <= n]
        by_hand = "; ".join(f"{k}/{n} = {show(Fraction(k, n), cell.decimals + 2)}" for k in near)
        attainable = " or ".join(show(Fraction(k, n), cell.decimals) for k in near)
        fewer = _smaller_denominator(cell, n)
        cut_off = _cut_off(cell, n)
        if cut_off is not None and _all_cut_off(marker):
            verdict = Verdict.DEPENDS
            note = f"It fits if the share was cut off and not rounded: {cut_off}/{n}."
        elif fewer:
            note = f"It would fit with {n - fewer} of the {n} patients left out of this row."
    return Finding(
        id=f"{marker.id}.{column}",
        check="sensitivity and specificity",
        verdict=verdict,
        numbers=marker.number(column),
        claim=f"The {column} of {marker.label} is a whole number of {n} patients",
        printed=cell.text,
        attainable=attainable,
        by_hand=by_hand,
        assumptions=(
            (marker.everyone,)
            if verdict is not Verdict.IMPOSSIBLE
            else (marker.everyone, "the share is of patients, no mean over folds or resamples")
        ),
        note=note,
        values={"counts": list(found[:_MOST_SHOWN]), "n": n},
    )


def _cut_off(cell: Printed, n: int) -> int | None:
    """A count whose share prints as the cell if later digits are dropped."""
    if cell.comparison != "=":
        return None
    k = math.ceil(cell.value * n)
    return k if k <= n and Fraction(k, n) < cell.value + 2 * cell.half_unit else None


def _all_cut_off(marker: Marker) -> bool:
    """Whether every share of the table may have been cut off: nobody drops digits in one cell
    only."""
    return all(
        _cut_off(cell, n) is not None
        for other in cut_offs(marker.paper)
        if other.table is marker.table
        for cell, n in (other.cell_of("sensitivity"), other.cell_of("specificity"))
        if cell is not None and cell.comparison == "="
    )


def _smaller_denominator(cell: Printed, n: int) -> int | None:
    for m in range(n - 1, max(n - _MOST_LEFT_OUT, 0), -1):
        nearest = math.floor(cell.value * m)
        if any(cell.shows(Fraction(k, m)) for k in (nearest, nearest + 1) if k <= m):
            return m
    return None


# --- the printed point of the curve ----------------------------------------------------


def point(paper: Paper) -> Iterator[Finding]:
    """Whether a curve with the printed AUC can pass through each printed point, and through
    all points of a row at once."""
    for row in markers(paper):
        cuts = [marker for marker in at_cuts(row) if marker.has_point]
        for marker in cuts:
            yield _point_finding(marker)
        if len(cuts) > 1:
            yield from _points_finding(row, cuts)


_SAME_CURVE = "sensitivity and specificity belong to one cut of the same curve"
_EMPIRICAL = (
    "the AUC is the area under the curve of these patients, neither smoothed nor corrected for "
    "optimism"
)


def _against_area(row: Marker, allowed: Interval) -> tuple[Verdict, str]:
    """The verdict of an AUC against the areas that the printed points allow."""
    if allowed.intersects(row.auc):
        return Verdict.CONSISTENT, ""
    if oriented(row.auc, allowed) != row.auc:
        return Verdict.DEPENDS, "It fits if the AUC was counted the other way round."
    return Verdict.IMPOSSIBLE, ""


def _point_finding(marker: Marker) -> Finding:
    at = marker.at
    assert at.sensitivity is not None
    assert at.specificity is not None
    allowed = point_range(marker)
    verdict, note = _against_area(marker, allowed)
    se, sp = shares(marker, "sensitivity"), shares(marker, "specificity")
    return Finding(
        id=f"{marker.id}.point",
        check="area and point",
        verdict=verdict,
        numbers=marker.number("auc", "sensitivity", "specificity"),
        claim=f"A curve through the printed point has the AUC of {marker.label}",
        printed=f"{marker.a} with {at.sensitivity.text}, {at.specificity.text}",
        attainable=f"AUC {outward_text(allowed, 4)}",
        by_hand=(
            f"{show(se.low)} × {show(sp.low)} = {show(allowed.low)}; "
            f"1 − {show(1 - se.high)} × {show(1 - sp.high)} = {show(allowed.high)}"
        ),
        assumptions=(_SAME_CURVE,)
        if verdict is not Verdict.IMPOSSIBLE
        else (_SAME_CURVE, _EMPIRICAL),
        note=note,
        values={"low": float(allowed.low), "high": float(allowed.high)},
    )


def _points_finding(row: Marker, cuts: list[Marker]) -> Iterator[Finding]:
    """The area against all points at once; nothing where two points exclude each other."""
    points = [(shares(m, "sensitivity"), shares(m, "specificity")) for m in cuts]
    allowed = bounds.points_bounds(points)
    if allowed is None:
        return
    verdict, note = _against_area(row, allowed)
    yield Finding(
        id=f"{row.row_id}.points",
        check="area and point",
        verdict=verdict,
        numbers=tuple(
            dict.fromkeys(n for m in cuts for n in m.number("auc", "sensitivity", "specificity"))
        ),
        claim=f"One curve through all {len(cuts)} printed points has the AUC of {row.label}",
        printed=f"{row.a} with "
        + "; ".join(f"{m.at.sensitivity.text}, {m.at.specificity.text}" for m in cuts),  # type: ignore[union-attr]
        attainable=f"AUC {outward_text(allowed, 4)}",
        by_hand=(
            f"the stairs under the points have the area {show(allowed.low)}, "
            f"those over them {show(allowed.high)}"
        ),
        assumptions=("all cuts are cuts of the same curve", _EMPIRICAL),
        note=note,
        values={"low": float(allowed.low), "high": float(allowed.high)},
    )


# --- two cut-offs of one marker --------------------------------------------------------


def order_of_cuts(paper: Paper) -> Iterator[Finding]:
    """Further cut-offs of a marker: a stricter one cannot raise the sensitivity, nor lower
    the specificity; which of two is stricter follows from thresholds and direction."""
    for row in rows(paper):
        cuts = [m for m in at_cuts(row) if m.has_point]
        if len(cuts) > 1:
            yield _order_finding(row, cuts)


def _may_be_stricter(a: Marker, b: Marker) -> bool:
    """Whether the cut-off `a` may call positive only patients whom `b` calls positive."""
    return (
        shares(a, "sensitivity").low <= shares(b, "sensitivity").high
        and shares(a, "specificity").high >= shares(b, "specificity").low
    )


def _stricter_by_threshold(a: Marker, b: Marker) -> bool | None:
    """Whether the threshold of `a` is the stricter one; None where that is not known."""
    first, second = a.at.threshold, b.at.threshold
    if first is None or second is None or first.comparison != second.comparison:
        return None
    if abs(first.value - second.value) <= first.half_unit + second.half_unit:
        return None
    # a sign before the threshold says which values are called positive
    signs = {"<": False, "<=": False, ">": True, ">=": True}
    upward = signs.get(first.comparison, a.row.direction == "higher")
    return (first.value > second.value) == upward


def _order_finding(row: Marker, cuts: list[Marker]) -> Finding:
    verdict, note = Verdict.CONSISTENT, ""
    telling = (cuts[0], cuts[1])
    pairs = list(combinations(cuts, 2))
    apart = [(a, b) for a, b in pairs if not _may_be_stricter(a, b) and not _may_be_stricter(b, a)]
    known = [
        (a, b) if stricter else (b, a)
        for a, b in pairs
        if (stricter := _stricter_by_threshold(a, b)) is not None
    ]  # the first of each pair is the stricter one
    against = [(a, b) for a, b in known if not _may_be_stricter(a, b)]
    if apart:
        telling, verdict = apart[0], Verdict.IMPOSSIBLE
        if all(_may_be_turned(a, b) for a, b in apart):
            verdict = Verdict.DEPENDS
            note = "It fits if sensitivity and specificity changed places at one of the cut-offs."
    elif against:
        telling, verdict = against[0], Verdict.DEPENDS
        opposite = "lower" if row.row.direction == "higher" else "higher"
        turned = all(_may_be_stricter(b, a) for a, b in known)
        note = (
            f"It fits if {opposite} values are called positive."
            if turned
            else "It fits if a threshold stands beside the values of another one."
        )
    return Finding(
        id=f"{row.row_id}.cuts",
        check="order of cut-offs",
        verdict=verdict,
        numbers=tuple(
            number
            for m in cuts
            for number in m.number(
                *(["threshold"] if m.at.threshold is not None else []), "sensitivity", "specificity"
            )
        ),
        claim=f"The stricter of two cut-offs of {row.label} has no higher sensitivity and no lower specificity",
        printed="; ".join(_point_text(m) for m in cuts),
        attainable=(
            "sensitivity falls and specificity rises from one cut-off to a stricter one, or both stay"
        ),
        by_hand="; ".join(_point_text(m) for m in telling),
        assumptions=(
            "all cut-offs are of the same marker in the same patients",
            f"{row.row.direction} values are called positive",
        ),
        note=note,
        values={
            "apart": [(a.id, b.id) for a, b in apart],
            "against": [(a.id, b.id) for a, b in against],
        },
    )


def _may_be_turned(a: Marker, b: Marker) -> bool:
    """Whether two points fit one curve if one of them has its shares the other way round."""
    se, sp = (shares(a, c) for c in ("sensitivity", "specificity"))
    other = (shares(b, "sensitivity"), shares(b, "specificity"))
    return any(
        (one[0].low <= two[0].high and one[1].high >= two[1].low)
        or (two[0].low <= one[0].high and two[1].high >= one[1].low)
        for one, two in (((sp, se), other), ((se, sp), other[::-1]))
    )


def _point_text(marker: Marker) -> str:
    at = marker.at
    cut = f"{at.threshold.text.strip()}: " if at.threshold is not None else ""
    return f"{cut}{at.sensitivity.text.strip()}, {at.specificity.text.strip()}"  # type: ignore[union-attr]


# --- the criterion behind the cut ------------------------------------------------------

CRITERIA = {
    "youden": "largest Youden index",
    "closest": "closest to (0, 1)",
    "product": "largest product of sensitivity and specificity",
    "accuracy": "largest accuracy",
    "equality": "sensitivity nearest to specificity",
}
ALLOWED, TIES, EXCLUDED = "allowed", "only with ties", "excluded"


@dataclass(frozen=True, slots=True)
class _Criterion:
    """One criterion for one row: its largest AUC (with ties), and whether it can be it."""

    status: str
    ceiling: Fraction | None
    counts: tuple[int, int]
    shared: int = 1

    def text(self, name: str) -> str:
        if self.status == TIES and self.shared > 1:
            return f"{CRITERIA[name]} only if {self.shared} or more patients share one value"
        if self.status == TIES:
            return f"{CRITERIA[name]} only if patients of both groups share values"
        return CRITERIA[name]


def _criteria(marker: Marker) -> dict[str, _Criterion]:
    """The status of every criterion, the most lenient one over all counts that print so."""
    n1, n0, least = marker.n1, marker.n0, marker.oriented_auc.low
    result: dict[str, _Criterion] = {}
    for name, ceiling_of in bounds.CEILINGS.items():
        best = [(ceiling_of(k1, k0, n1, n0), (k1, k0)) for k1, k0 in marker.points]
        smooth = max(best, key=lambda item: item[0].no_ties)
        tied = max(best, key=lambda item: item[0].ties)
        if least <= smooth[0].no_ties:
            result[name] = _Criterion(ALLOWED, smooth[0].no_ties, smooth[1])
        else:
            status = TIES if least <= tied[0].ties else EXCLUDED
            result[name] = _Criterion(status, tied[0].ties, tied[1])
        if name == "accuracy" and result[name].status != EXCLUDED:
            shared, at = min((bounds.accuracy_ties(*k, n1, n0), k) for _, k in best)
            if shared > 1:
                result[name] = _Criterion(TIES, tied[0].ties, at, shared)
    shared, at = min((bounds.equality_ties(k1, k0, n1, n0), (k1, k0)) for k1, k0 in marker.points)
    result["equality"] = _Criterion(ALLOWED if shared == 1 else TIES, None, at, shared)
    return result


def cut_criterion(paper: Paper) -> Iterator[Finding]:
    """Which usual criterion could have picked the printed cut, row by row and for all rows."""
    found: list[tuple[Marker, dict[str, _Criterion]]] = []
    for marker in markers(paper):
        if marker.has_point and marker.points:
            criteria = _criteria(marker)
            found.append((marker, criteria))
            yield _criterion_finding(marker, criteria)
    if len(found) > 1:
        yield _criterion_of_all(found)


_CRITERION_ASSUMPTIONS = (
    "the paper prints no criterion; the largest Youden index is the usual meaning of a best cut",
    "the cut was searched in these patients and not rounded before they were counted",
    EVERYONE,
)


def _youden_by_hand(marker: Marker, youden: _Criterion) -> str:
    n1, n0 = marker.n1, marker.n0
    k1, k0 = youden.counts
    j = Fraction(k1, n1) + Fraction(k0, n0) - 1
    assert youden.ceiling is not None
    low, sign, high = compared(Fraction(marker.oriented_auc.low), youden.ceiling)
    return (
        f"J = {k1}/{n1} + {k0}/{n0} − 1 = {show(j)}; AUC ≤ 1 − (1 − {show(max(j, Fraction(0)))})²/2"
        f" = {high} {sign} {low}"
    )


def _criterion_finding(marker: Marker, criteria: dict[str, _Criterion]) -> Finding:
    by_status = {
        status: [name for name, c in criteria.items() if c.status == status]
        for status in (ALLOWED, TIES, EXCLUDED)
    }
    left = by_status[ALLOWED] + by_status[TIES]
    row = marker.row
    assert row.sensitivity is not None
    assert row.specificity is not None
    out = ", ".join(CRITERIA[name] for name in by_status[EXCLUDED])
    columns = ["auc", "sensitivity", "specificity"]
    if row.threshold is not None:
        columns.append("threshold")
    return Finding(
        id=f"{marker.id}.criterion",
        check="which criterion picked the cut",
        # sensitivity nearest to specificity can be excluded by no number, only priced in ties
        verdict=Verdict.CONSISTENT if criteria["youden"].status == ALLOWED else Verdict.DEPENDS,
        numbers=marker.number(*columns),
        claim=f"The cut of {marker.label} has the largest Youden index",
        printed=f"{marker.a} with {row.sensitivity.text}, {row.specificity.text}",
        attainable="; ".join(criteria[name].text(name) for name in left),
        by_hand=_youden_by_hand(marker, criteria["youden"]),
        assumptions=_CRITERION_ASSUMPTIONS,
        note=f"Excluded: {out}." if out else "",
        values={
            name: {
                "status": c.status,
                "ceiling": None if c.ceiling is None else float(c.ceiling),
                "shared": c.shared,
            }
            for name, c in criteria.items()
        },
    )


def _criterion_of_all(rows: list[tuple[Marker, dict[str, _Criterion]]]) -> Finding:
    def everywhere(*statuses: str) -> list[str]:
        return [n for n in CRITERIA if all(criteria[n].status in statuses for _, criteria in rows)]

    plain, with_ties = everywhere(ALLOWED), everywhere(ALLOWED, TIES)
    names = [CRITERIA[name] for name in plain]
    names += [
        f"{CRITERIA[name]} (ties needed in "
        f"{', '.join(m.label for m, criteria in rows if criteria[name].status == TIES)})"
        for name in with_ties
        if name not in plain
    ]
    against = [marker.label for marker, criteria in rows if criteria["youden"].status == EXCLUDED]
    telling, criteria = next(((m, c) for m, c in rows if c["youden"].status == EXCLUDED), rows[0])
    columns = ("auc", "sensitivity", "specificity")
    return Finding(
        id=f"{rows[0][0].table.id}.criterion",
        check="which criterion picked the cut",
        verdict=Verdict.CONSISTENT if "youden" in plain else Verdict.DEPENDS,
        numbers=tuple(number for marker, _ in rows for number in marker.number(*columns)),
        claim="One criterion picked every printed cut",
        printed="; ".join(
            f"{m.row.sensitivity.text}, {m.row.specificity.text}"
            for m, _ in rows
            if m.row.sensitivity is not None and m.row.specificity is not None
        ),
        attainable="; ".join(names) or "none of the five that were tried",
        by_hand=f"{telling.label}: {_youden_by_hand(telling, criteria['youden'])}",
        assumptions=_CRITERION_ASSUMPTIONS,
        note=f"The largest Youden index is excluded by {', '.join(against)}." if against else "",
        values={"allowed": plain, "with_ties": with_ties, "youden_excluded_by": against},
    )


# --- the share beyond the cut, the mean and the SD -------------------------------------


def share_beyond_cut(paper: Paper) -> Iterator[Finding]:
    """Sensitivity and specificity against the printed mean and SD of each group."""
    for marker in cut_offs(paper):
        cut, groups = marker.at.threshold, {c.id: c.size for c in marker.columns}
        if cut is None or cut.is_ns or len(groups) != 2:
            continue
        summaries = [
            (f"{table.id}.{summary.id}", summary)
            for table in paper.tables_of("two_group")
            for summary in table.rows
            if isinstance(summary, MeanRow)
            and summary.variable == marker.row.variable
            and groups.keys() <= summary.values.keys()
            and groups.items() <= {c.id: c.size for c in paper.columns(table, summary)}.items()
        ]
        for i, (place, summary) in enumerate(summaries):
            for column in ("sensitivity", "specificity"):
                if marker.counts(column):
                    # a variable may be summarised twice; the first keeps the short id
                    suffix = f".{place}" if i else ""
                    yield _beyond_finding(marker, place, summary, column, suffix)


def _beyond_finding(
    marker: Marker, place: str, summary: MeanRow, column: str, suffix: str
) -> Finding:
    row, threshold = marker.row, marker.at.threshold
    assert threshold is not None
    positive = column == "sensitivity"
    group = next(c for c in marker.columns if (c.id == marker.table.positive) == positive)
    found, n = marker.counts(column), group.size
    half = threshold.half_unit
    cut = Interval(threshold.value - half, threshold.value + half)
    cell = summary.values[group.id]
    mean, sd = cell.mean.interval, cell.sd.interval.clip(0, math.inf)
    as_printed = positive == (row.direction == "higher")
    # only the fewest and the most matter
    ends = [found[0], found[-1]]
    above = ends if as_printed else [n - k for k in ends]
    result = bounds.share_beyond(mean, sd, cut, above, n)
    verdict, note = Verdict.CONSISTENT, ""
    if not result.holds:
        other = bounds.share_beyond(mean, sd, cut, [n - k for k in above], n)
        verdict = Verdict.DEPENDS if other.holds else Verdict.IMPOSSIBLE
        opposite = "lower" if row.direction == "higher" else "higher"
        note = f"It fits if {opposite} values were called positive." if other.holds else ""
    k = min(above) if result.side == "below" else max(above)
    beyond = k if result.side == "below" else n - k
    # as many decimals as the units of the variable need
    decimals = 2 * cell.sd.decimals + 2 if result.right < 1 else 2
    if result.side == "at":
        by_hand = f"mean {cell.mean.text.strip()} and cut {threshold.text} are too close to tell"
    else:
        by_hand = (
            f"{plain(result.distance)}² × {beyond}/{n} = {show(result.left, decimals)}"
            f" {'≤' if result.holds else '>'} {plain(sd.high)}² × {n - 1}/{n} × {n - beyond}/{n}"
            f" = {show(result.right, decimals)}"
        )
    id = f"{place}.{group.id}"
    where = "above" if result.side != "above" else "below"
    return Finding(
        id=f"{marker.id}.beyond.{group.id}{suffix}",
        check="share beyond the cut",
        verdict=verdict,
        numbers=(*marker.number("threshold", column), f"{id}.mean", f"{id}.sd"),
        claim=f"The share of {group.label} {where} the cut of {marker.label} fits mean and SD",
        printed=f"{beyond} of {n} {where} {threshold.text}; {cell.mean.text.strip()} ± {cell.sd.text.strip()}",
        attainable=f"share {where} the cut at most {_largest_share(result, n, sd)}",
        by_hand=by_hand,
        assumptions=(
            EVERYONE,
            f"{row.direction} values are called positive",
            "SD with divisor n − 1",
        ),
        note=note,
        values={"share": beyond / n, "left": float(result.left), "right": float(result.right)},
    )


def _largest_share(result: bounds.Beyond, n: int, sd: Interval) -> str:
    variance = Fraction(sd.high) ** 2 * Fraction(n - 1, n)
    spread = variance + result.distance**2
    return rounded_up(variance / spread, 3) if spread else "1.000"


# --- the threshold and the unit of the variable ----------------------------------------


def threshold_step(paper: Paper) -> Iterator[Finding]:
    """Whether a cut lies on, or half-way between, values that the variable can take."""
    for marker in cut_offs(paper):
        step, cut = paper.variable(marker.row.variable).step, marker.at.threshold
        if step is None or cut is None or step.value.value <= 0:
            continue
        unit = step.value.value
        half = cut.half_unit
        # the mean of two recorded values is a multiple of half a unit
        first = math.ceil((cut.value - half) / (unit / 2))
        halves = range(first, math.floor((cut.value + half) / (unit / 2)) + 1)
        middle = next((m for m in halves if m % 2), None)
        if middle is not None:
            low, high = (unit * Fraction(middle + d, 2) for d in (-1, 1))
            attainable = "half-way between two neighbouring values, as SPSS prints cuts"
            by_hand = f"({plain(low)} + {plain(high)})/2 = {plain((low + high) / 2)}"
        elif halves:
            attainable = "a value that patients can have"
            by_hand = f"{plain(unit * halves[0] / 2)} = {halves[0] // 2} × {plain(unit)}"
        else:
            below = unit * Fraction(first - 1, 2)
            attainable = f"{plain(below)} or {plain(below + unit / 2)}"
            by_hand = f"{cut.text.strip()} is no multiple of {plain(unit)}/2"
        yield Finding(
            id=f"{marker.id}.threshold",
            check="cut and recording unit",
            verdict=Verdict.CONSISTENT if halves else Verdict.DEPENDS,
            numbers=marker.number("threshold"),
            claim=f"The cut of {marker.label} fits values recorded in steps of {plain(unit)}",
            printed=cut.text.strip(),
            attainable=attainable,
            by_hand=by_hand,
            assumptions=(step.reason,),
            note="" if halves else "It fits only if values are recorded more finely than that.",
        )
