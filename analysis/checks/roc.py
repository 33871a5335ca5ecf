"""Checks of tables of areas under ROC curves: counts, AUC with SE and CI, P, cut-offs.

Each check is a pure function from a paper to findings.  `positive` in a table names the
group in which a high sensitivity is wanted; it may be the group without the event.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from scipy import special

from analysis.checks import roc_bounds as bounds
from analysis.checks.common import (
    UNIT,
    absolute,
    outward_text,
    p_from_z,
    p_interval_text,
    p_text,
    sqrt,
    z_for_level,
)
from analysis.checks.granularity import counts_for_share
from analysis.checks.plane import Polygon
from analysis.findings import Finding, Verdict, verdict_for
from analysis.paper import MeanRow, Paper, RocRow, RocTable
from analysis.printed import Interval, Printed, format_fixed

HALF = Fraction(1, 2)
_EXACT_BELOW = 50  # R computes an exact rank-sum P in groups smaller than this
EVERYONE = "every patient of both groups has a value of this marker"


@dataclass(frozen=True, slots=True)
class _Marker:
    """One row of a ROC table with the sizes and names of its two groups."""

    paper: Paper
    table: RocTable
    row: RocRow

    @property
    def id(self) -> str:
        return f"{self.table.id}.{self.row.id}"

    @property
    def label(self) -> str:
        return self.paper.variable(self.row.variable).label

    @property
    def n1(self) -> int:
        return self.paper.group(self.table.positive).size

    @property
    def n0(self) -> int:
        return self.paper.total_of(self.table) - self.n1

    @property
    def auc(self) -> Interval:
        return self.row.auc.interval.clip(0, 1)

    @property
    def a(self) -> str:
        return self.row.auc.text

    def number(self, *columns: str) -> tuple[str, ...]:
        return tuple(f"{self.id}.{column}" for column in columns)

    def counts(self, column: str) -> list[int]:
        """Whole numbers of patients whose share of the group prints as the cell."""
        cell, n = self._cell(column)
        return [] if cell is None else list(counts_for_share(cell, n))

    def _cell(self, column: str) -> tuple[Printed | None, int]:
        n = self.n1 if column == "sensitivity" else self.n0
        return getattr(self.row, column), n

    @property
    def points(self) -> list[tuple[int, int]]:
        """Pairs of counts (positives called positive, negatives called negative)."""
        return list(product(self.counts("sensitivity"), self.counts("specificity")))

    @property
    def oriented_auc(self) -> Interval:
        """The AUC the way round in which sensitivity and specificity are printed: 1 − AUC
        where only that fits the point."""
        if self.row.sensitivity is None or self.row.specificity is None:
            return self.auc
        allowed = _point_range(self)
        turned = Interval(1 - self.auc.high, 1 - self.auc.low)
        return (
            turned if not allowed.intersects(self.auc) and allowed.intersects(turned) else self.auc
        )


def _markers(paper: Paper) -> Iterator[_Marker]:
    for table in paper.tables_of("roc"):
        for row in table.rows:
            marker = _Marker(paper, table, row)
            if marker.n0 > 0 and row.auc is not None:
                yield marker


def _uses_spss(paper: Paper) -> bool:
    return "spss" in (paper.paper.software or "").lower()


def _show(value: Fraction | float, decimals: int = 4) -> str:
    return format_fixed(value, decimals)


def _down(value: Fraction, decimals: int = 4) -> str:
    """A lower bound rounded down, so that the text stays true."""
    return format_fixed(Fraction(math.floor(value * 10**decimals), 10**decimals), decimals)


def _up(value: Fraction, decimals: int = 4) -> str:
    """An upper bound rounded up, so that the text stays true."""
    return format_fixed(Fraction(math.ceil(value * 10**decimals), 10**decimals), decimals)


def _compared(low: Fraction, ceiling: Fraction) -> tuple[str, str, str]:
    """A lower end and an upper bound with enough decimals for their order to be seen."""
    for decimals in range(4, 13):
        bound = _up(ceiling, decimals) if ceiling < low else _show(ceiling, decimals)
        if low == ceiling or bound != _show(low, decimals):
            break
    return _show(low, decimals), "<" if ceiling < low else "≥", bound


# --- 1. sensitivity and specificity as counts ------------------------------------------


def counts(paper: Paper) -> Iterator[Finding]:
    """Whether whole numbers of patients print as the sensitivity and the specificity."""
    for marker in _markers(paper):
        for column in ("sensitivity", "specificity"):
            cell, n = marker._cell(column)
            if cell is not None:
                yield _count_finding(marker, column, cell, n)


def _count_finding(marker: _Marker, column: str, cell: Printed, n: int) -> Finding:
    found = marker.counts(column)
    ties = [k for k in found if cell.is_tie(Fraction(k, n))]
    note = ""
    if found and len(ties) == len(found):
        up = [k for k in ties if Fraction(k, n) < cell.value]
        way = "up" if up else "down"
        note = f"{ties[0]}/{n} lies exactly half-way and prints like this only if rounded {way}."
    if found:
        by_hand = "; ".join(
            f"{k}/{n} = {_show(Fraction(k, n), cell.decimals + 2)}" for k in found[:3]
        )
        attainable = " or ".join(f"{k} of {n}" for k in found[:6])
        if len(found) > 6:
            attainable = f"{found[0]} to {found[-1]} of {n}"
    else:
        below = math.floor(cell.value * n)
        near = [k for k in (below, below + 1) if k <= n]
        by_hand = "; ".join(f"{k}/{n} = {_show(Fraction(k, n), cell.decimals + 2)}" for k in near)
        attainable = " or ".join(_show(Fraction(k, n), cell.decimals) for k in near)
        fewer = _smaller_denominator(cell, n)
        if fewer:
            note = f"It would fit with {n - fewer} of the {n} patients left out of this row."
    return Finding(
        id=f"{marker.id}.{column}",
        check="sensitivity and specificity",
        verdict=Verdict.REPRODUCED if found else Verdict.IMPOSSIBLE,
        numbers=marker.number(column),
        claim=f"The {column} of {marker.label} is a whole number of {n} patients",
        printed=cell.text,
        attainable=attainable,
        by_hand=by_hand,
        assumptions=(EVERYONE,),
        note=note,
        values={"counts": found, "n": n},
    )


def _smaller_denominator(cell: Printed, n: int) -> int | None:
    for m in range(n - 1, 0, -1):
        nearest = math.floor(cell.value * m)
        if any(cell.shows(Fraction(k, m)) for k in (nearest, nearest + 1) if k <= m):
            return m
    return None


# --- 2. AUC, SE and confidence limits --------------------------------------------------


def _level(table: RocTable) -> tuple[Fraction, str]:
    if table.confidence is None:
        return Fraction(19, 20), "the interval is meant to hold 95% (no level is printed)"
    value = table.confidence.value
    level = value / 100 if value > 1 else value
    return level, f"the interval is meant to hold {table.confidence.text.strip()}"


def _se_box(row: RocRow) -> Interval:
    """Values of the SE; a SE of an AUC cannot pass ½ with two patients in each group."""
    return row.se.interval.clip(0, 1) if row.se is not None else UNIT


def _wald_polygon(marker: _Marker, low: Interval | None, high: Interval | None) -> Polygon:
    """Pairs (AUC, SE) whose AUC − z·SE lies in `low` and AUC + z·SE in `high`.

    z is an enclosure; as SE is not negative, the end of it that cuts less is used.
    """
    z = z_for_level(_level(marker.table)[0])
    polygon = Polygon.box(marker.auc, _se_box(marker.row))
    if low is not None:
        polygon = polygon.between(1, -z.high, Interval(-math.inf, low.high))
        polygon = polygon.between(1, -z.low, Interval(low.low, math.inf))
    if high is not None:
        polygon = polygon.between(1, z.low, Interval(-math.inf, high.high))
        polygon = polygon.between(1, z.high, Interval(high.low, math.inf))
    return polygon


def confidence_limits(paper: Paper) -> Iterator[Finding]:
    """AUC, SE and both limits: each limit alone, and all four at once in an exact polygon."""
    for marker in _markers(paper):
        if marker.row.ci is None or not 0 < _level(marker.table)[0] < 1:
            continue
        if marker.row.se is not None:
            yield _limit_finding(marker, "low", -1)
            yield _limit_finding(marker, "high", 1)
        yield _joint_finding(marker)


def _wald_verdict(verdict: Verdict, cut_off: bool, spss: bool) -> tuple[Verdict, str]:
    """Other ways to an interval that the paper may mean, before a verdict of impossible."""
    if verdict != Verdict.IMPOSSIBLE:
        return verdict, ""
    if cut_off:
        return Verdict.DEPENDS, "It fits if the limit was cut off at the end of the scale."
    if not spss:
        return (
            Verdict.DEPENDS,
            "It is not AUC ± z·SE; a logit scale, a bootstrap or an exact interval could give it.",
        )
    return verdict, ""


def _limit_finding(marker: _Marker, end: str, sign: int) -> Finding:
    row = marker.row
    assert row.ci is not None
    assert row.se is not None
    printed: Printed = getattr(row.ci, end)
    level, assumption = _level(marker.table)
    z = z_for_level(level)
    reach = _se_box(row) * z
    attainable = marker.auc + (reach if sign > 0 else -reach)
    central_z = float(z.low)
    central = float(row.auc) + sign * central_z * float(row.se)
    edge = 1 if sign > 0 else 0
    cut_off = printed.shows(Fraction(edge)) and (
        attainable.high >= 1 if sign > 0 else attainable.low <= 0
    )
    verdict, note = _wald_verdict(
        verdict_for(printed, central, attainable), cut_off, _uses_spss(marker.paper)
    )
    name = "upper" if sign > 0 else "lower"
    return Finding(
        id=f"{marker.id}.ci_{end}",
        check="AUC, SE and CI",
        verdict=verdict,
        numbers=marker.number("auc", "se", f"ci.{end}"),
        claim=f"The {name} limit of {marker.label} is AUC {'+' if sign > 0 else '−'} z·SE",
        printed=printed.text.strip(),
        attainable=outward_text(attainable, printed.decimals + 1),
        by_hand=(
            f"{marker.a} {'+' if sign > 0 else '−'} {_show(central_z, 3)} × {row.se.text}"
            f" = {_show(central, printed.decimals + 2)}"
        ),
        assumptions=("the limits are AUC ± z·SE (what SPSS prints)", assumption),
        note=note,
        values={"central": central},
    )


def _joint_finding(marker: _Marker) -> Finding:
    row = marker.row
    assert row.ci is not None
    low, high = row.ci.low.interval, row.ci.high.interval
    polygon = _wald_polygon(marker, low, high)
    level, assumption = _level(marker.table)
    z = float(z_for_level(level).low)
    middle = (row.ci.low.value + row.ci.high.value) / 2
    width = float(row.ci.high.value - row.ci.low.value) / (2 * z)
    whole = row.se is not None
    if polygon.is_empty:
        verdict = Verdict.IMPOSSIBLE
    else:
        central = whole and all(
            limit.shows(float(row.auc) + sign * z * float(row.se))
            for limit, sign in ((row.ci.low, -1), (row.ci.high, 1))
        )
        verdict = Verdict.REPRODUCED if central else Verdict.CONSISTENT
    cut_off = False
    if polygon.is_empty:
        # a limit printed as 0 or 1 may have been cut off there
        floor = Interval(-math.inf, low.high) if 0 in low else low
        roof = Interval(high.low, math.inf) if 1 in high else high
        cut_off = not _wald_polygon(marker, floor, roof).is_empty
    verdict, note = _wald_verdict(verdict, cut_off, _uses_spss(marker.paper))
    if polygon.is_empty:
        attainable = (
            f"no AUC and SE at once (limits alone: AUC {_show(middle, 4)}, SE {_show(width, 4)})"
        )
        values: dict[str, object] = {}
    else:
        attainable = (
            f"AUC {outward_text(polygon.x_range, row.auc.decimals + 1)}, "
            f"SE {outward_text(polygon.y_range, 4)}"
        )
        values = {
            "auc": (float(polygon.x_range.low), float(polygon.x_range.high)),
            "se": (float(polygon.y_range.low), float(polygon.y_range.high)),
        }
    columns = ("auc", "se", "ci.low", "ci.high") if whole else ("auc", "ci.low", "ci.high")
    # the width of the interval over its SE is also a check of the level in the heading
    level = (f"{marker.table.id}.confidence",) if whole and marker.table.confidence else ()
    ci = f"{row.ci.low.text.strip()}–{row.ci.high.text.strip()}"
    return Finding(
        id=f"{marker.id}.ci",
        check="AUC, SE and CI",
        verdict=verdict,
        numbers=(*marker.number(*columns), *level),
        claim=f"AUC{', SE' if whole else ''} and both limits of {marker.label} fit at once",
        printed=f"{marker.a} ({ci})" + (f", SE {row.se.text}" if row.se is not None else ""),
        attainable=attainable,
        by_hand=(
            f"({row.ci.low.text.strip()} + {row.ci.high.text.strip()})/2 = {_show(middle, 4)}; "
            f"({row.ci.high.text.strip()} − {row.ci.low.text.strip()})/(2 × {_show(z, 3)})"
            f" = {_show(width, 4)}"
        ),
        assumptions=("the limits are AUC ± z·SE (what SPSS prints)", assumption),
        note=note,
        values=values | {"polygon": [(float(x), float(y)) for x, y in polygon.vertices]},
    )


# --- 3. P ------------------------------------------------------------------------------

NULL_SE, PRINTED_SE = "null SE", "printed SE"


@dataclass(frozen=True, slots=True)
class _P:
    """P recomputed with one SE: what the printed AUC gives, and what the roundings allow."""

    central: float
    attainable: Interval
    by_hand: str
    verdict: Verdict


def _p_with(marker: _Marker, name: str) -> _P | None:
    """P from one standard error; None where the table does not print what it needs."""
    row = marker.row
    assert row.p is not None
    n1, n0 = marker.n1, marker.n0
    if name == NULL_SE:
        se = sqrt(Interval.point(bounds.null_variance(n1, n0)))
        central_se = float(se.low)
        text = f"√(({n1} + {n0} + 1)/(12 × {n1} × {n0}))"
    elif row.se is not None:
        se, central_se, text = _se_box(row), float(row.se), row.se.text
    elif row.ci is not None and not (polygon := _ci_polygon(marker)).is_empty:
        se = polygon.y_range
        z = float(z_for_level(_level(marker.table)[0]).low)
        central_se = float(row.ci.high.value - row.ci.low.value) / (2 * z)
        text = f"{_show(central_se, 4)} (from the interval)"
    else:
        return None
    deviation = absolute(marker.auc - Interval.point(HALF))
    attainable = p_from_z(deviation / se) if se.high > 0 else UNIT
    z = abs(float(row.auc) - 0.5) / central_se if central_se else math.inf
    central = float(2 * special.ndtr(-z))
    by_hand = f"z = ({marker.a} − 0.5)/{text} = {_show(z, 3)}; P = {p_text(central)}"
    # an SE printed as zero is no zero: nothing can be recomputed from it, only enclosed
    verdict = verdict_for(row.p, None if math.isinf(z) else central, attainable, UNIT)
    return _P(central, attainable, by_hand, verdict)


def _ci_polygon(marker: _Marker) -> Polygon:
    assert marker.row.ci is not None
    return _wald_polygon(marker, marker.row.ci.low.interval, marker.row.ci.high.interval)


def _other_p(marker: _Marker, null: _P) -> str:
    """A named convention that would give the printed P where both SEs fail, or ""."""
    row = marker.row
    assert row.p is not None
    target = row.p.interval.clip(0, 1)
    n1, n0 = marker.n1, marker.n0
    deviation = absolute(marker.auc - Interval.point(HALF))
    se = sqrt(Interval.point(bounds.null_variance(n1, n0)))
    # ties shrink the variance; equal values stay on one side of the printed cut
    points = marker.points
    sides = [(k1 + n0 - k0, n1 - k1 + k0) for k1, k0 in points] or [(n1 + n0, 0)]
    shrinkage = max(bounds.largest_tie_shrinkage(*side) for side in sides)
    left = sqrt(Interval.point(max(1 - shrinkage, Fraction(0))))
    tied = p_from_z(deviation / Interval(se.low * left.low, se.high))
    if target.intersects(tied) and target.high <= null.attainable.high:
        return f"It fits a rank-sum test corrected for ties{_ties_needed(marker, target)}."
    corrected = absolute(deviation - Interval.point(Fraction(1, 2 * n1 * n0))) / se
    if target.intersects(p_from_z(corrected)):
        return "It fits a rank-sum test with continuity correction."
    for p in (null, _p_with(marker, PRINTED_SE)):
        if p is not None and target.intersects(p.attainable * Interval.point(HALF)):
            return "It fits a one-sided P only."
    if min(n1, n0) < _EXACT_BELOW and not _uses_spss(marker.paper):
        return "It may come from an exact rank-sum test, which programs use in groups so small."
    # an interval that is not AUC ± z·SE (a logit one, a bootstrap) does not print an SE either
    if row.se is None and _p_with(marker, PRINTED_SE) is None and min(n1, n0) >= 2:
        largest = sqrt(Interval.point(bounds.variance_range(marker.auc, n1, n0).high))
        if target.low <= p_from_z(deviation / Interval(Fraction(0), largest.high)).high:
            return "It fits only an estimated SE, which is not printed."
    return ""


def _ties_needed(marker: _Marker, target: Interval) -> str:
    """How many patients must share a value for the tie correction to reach the P."""
    z = float(special.ndtri(1 - float(target.high) / 2))
    deviation = float(absolute(marker.auc - Interval.point(HALF)).high)
    n = marker.n1 + marker.n0
    needed = 1 - deviation**2 / (float(bounds.null_variance(marker.n1, marker.n0)) * z**2)
    if needed <= 0:
        return ""
    # Σ(t³ − t) <= (largest t² − 1)·N, so the largest group of equal values has at least
    largest = math.sqrt(1 + needed * (n * n - 1))
    return f", with one value shared by at least {math.floor(largest)} patients"


def p_values(paper: Paper) -> Iterator[Finding]:
    """Each P from the null SE and from the printed SE."""
    for marker in _markers(paper):
        if marker.row.p is not None:
            yield _p_value(marker)


def _p_value(marker: _Marker) -> Finding:
    row = marker.row
    assert row.p is not None
    null, estimated = _p_with(marker, NULL_SE), _p_with(marker, PRINTED_SE)
    assert null is not None
    options = {NULL_SE: null} | ({PRINTED_SE: estimated} if estimated else {})
    fitting = [name for name, p in options.items() if p.verdict != Verdict.IMPOSSIBLE]
    spss = _uses_spss(marker.paper)
    note = ""
    if (spss and NULL_SE in fitting) or fitting == list(options):
        verdict = (
            null.verdict if spss else min((options[n].verdict for n in fitting), key=_strength)
        )
    elif fitting:
        verdict, note = Verdict.DEPENDS, f"It fits only with the {fitting[0]}."
    else:
        note = _other_p(marker, null)
        verdict = Verdict.DEPENDS if note else Verdict.IMPOSSIBLE
    if row.p.value == 0:
        note = f"{note} A printed P of zero stands for a P under half a unit of its last place.".strip()
    columns = ("auc", "p") if row.se is None else ("auc", "se", "p")
    sign = "" if row.p.comparison != "=" or row.p.is_ns else "= "
    return Finding(
        id=f"{marker.id}.p",
        check="P of the AUC",
        verdict=verdict,
        numbers=marker.number(*columns),
        claim=f"P of {marker.label} belongs to its AUC",
        printed=f"P {sign}{row.p.text}",
        attainable="; ".join(
            f"{name}: P {p_interval_text(p.attainable)}" for name, p in options.items()
        ),
        by_hand="; or ".join(p.by_hand for p in options.values()),
        assumptions=(
            "two-sided normal test of AUC = 0.5",
            "null SE √((n1 + n0 + 1)/(12 n1 n0)), without correction for ties (what the ROC Curve procedure of SPSS prints)",
            EVERYONE,
        ),
        note=note,
        values={
            name.replace(" ", "_"): {
                "p": p.central,
                "low": float(p.attainable.low),
                "high": float(p.attainable.high),
                "verdict": p.verdict,
            }
            for name, p in options.items()
        },
    )


def _strength(verdict: Verdict) -> int:
    return list(Verdict).index(verdict)


def p_convention(paper: Paper) -> Iterator[Finding]:
    """Which of the two SEs explains all P values of a table; rows that rule one out."""
    for table in paper.tables_of("roc"):
        markers = [m for m in _markers(paper) if m.table is table and m.row.p is not None]
        if not markers:
            continue
        excluded: dict[str, list[_Marker]] = {}
        for name in (NULL_SE, PRINTED_SE):
            results = [_p_with(m, name) for m in markers]
            if any(r is None for r in results):
                continue
            excluded[name] = [
                m for m, r in zip(markers, results, strict=True) if r.verdict == Verdict.IMPOSSIBLE
            ]
        kept = [name for name, rows in excluded.items() if not rows]
        default = NULL_SE in kept or (bool(kept) and not _uses_spss(paper))
        telling = next((rows[0] for rows in excluded.values() if rows), markers[0])
        shown = [p for name in excluded if (p := _p_with(telling, name))]
        ruled = "; ".join(
            f"{name}: ruled out by {', '.join(m.label for m in rows)}"
            for name, rows in excluded.items()
            if rows
        )
        yield Finding(
            id=f"{table.id}.p_convention",
            check="one convention for P",
            verdict=Verdict.CONSISTENT if default else Verdict.DEPENDS,
            numbers=tuple(m.number("p")[0] for m in markers),
            claim="One standard error explains every P of the table",
            printed=", ".join(m.row.p.text for m in markers if m.row.p is not None),
            attainable=f"all rows: {' or '.join(kept)}" if kept else "no single SE gives all rows",
            by_hand=f"{telling.label} (printed {telling.row.p.text}): "
            + "; or ".join(p.by_hand for p in shown),
            assumptions=("two-sided normal test of AUC = 0.5", "no correction for ties"),
            note=f"{ruled}." if ruled else "",
            values={"kept": kept, "excluded": {n: [m.id for m in r] for n, r in excluded.items()}},
        )


# --- 4. the size of the standard error -------------------------------------------------


def standard_error(paper: Paper) -> Iterator[Finding]:
    """The printed SE against the range of all nonparametric SEs for its AUC."""
    for marker in _markers(paper):
        if marker.row.se is not None and min(marker.n1, marker.n0) >= 2:
            yield _se_finding(marker)


def _se_finding(marker: _Marker) -> Finding:
    row, n1, n0 = marker.row, marker.n1, marker.n0
    assert row.se is not None
    limits = bounds.variance_range(marker.auc, n1, n0)
    box = row.se.interval.clip(0, math.inf)
    low, high = sqrt(Interval.point(limits.low)).low, sqrt(Interval.point(limits.high)).high
    if box.low**2 > limits.high:
        verdict, note = Verdict.IMPOSSIBLE, ""
    elif box.high**2 < limits.low:
        verdict = Verdict.DEPENDS
        note = "So small an SE needs values that patients of both groups share."
    else:
        verdict, note = Verdict.CONSISTENT, ""
    nearest = min(max(HALF, marker.auc.low), marker.auc.high)
    hanley = bounds.hanley_mcneil_se(float(row.auc), n1, n0)
    return Finding(
        id=f"{marker.id}.se",
        check="standard error of the AUC",
        verdict=verdict,
        numbers=marker.number("se", "auc"),
        claim=f"The SE of {marker.label} is one that some data with this AUC have",
        printed=row.se.text,
        attainable=f"{_down(low)} to {_up(high)} (below that only with shared values)",
        by_hand=(
            f"largest: √({_show(nearest)} × {_show(1 - nearest)}/({min(n1, n0)} − 1))"
            f" = {_show(float(high))}; Hanley and McNeil's formula: {_show(hanley)}"
        ),
        assumptions=(
            "nonparametric SE: DeLong (1988), or Hanley and McNeil (1982, eq. 1)",
            EVERYONE,
        ),
        note=note,
        values={"hanley_mcneil": hanley, "low_no_ties": float(low), "high": float(high)},
    )


# --- 5. the printed point of the curve -------------------------------------------------


def _shares(marker: _Marker, column: str) -> Interval:
    """The share behind a cell: from its counts, or its rounding interval if none fits."""
    cell, n = marker._cell(column)
    assert cell is not None
    found = marker.counts(column)
    if not found:
        return cell.interval.clip(0, 1)
    return Interval(Fraction(found[0], n), Fraction(found[-1], n))


def _point_range(marker: _Marker) -> Interval:
    return bounds.point_bounds(_shares(marker, "sensitivity"), _shares(marker, "specificity"))


def point(paper: Paper) -> Iterator[Finding]:
    """Whether a curve with the printed AUC can pass through the printed point."""
    for marker in _markers(paper):
        row = marker.row
        if row.sensitivity is None or row.specificity is None:
            continue
        allowed = _point_range(marker)
        note, verdict = "", Verdict.CONSISTENT
        if not allowed.intersects(marker.auc):
            turned = marker.oriented_auc != marker.auc
            verdict = Verdict.DEPENDS if turned else Verdict.IMPOSSIBLE
            note = "It fits if the AUC was counted the other way round." if turned else ""
        se, sp = _shares(marker, "sensitivity"), _shares(marker, "specificity")
        yield Finding(
            id=f"{marker.id}.point",
            check="area and point",
            verdict=verdict,
            numbers=marker.number("auc", "sensitivity", "specificity"),
            claim=f"A curve through the printed point has the AUC of {marker.label}",
            printed=f"{marker.a} with {row.sensitivity.text}, {row.specificity.text}",
            attainable=f"AUC {outward_text(allowed, 4)}",
            by_hand=(
                f"{_show(se.low)} × {_show(sp.low)} = {_show(allowed.low)}; "
                f"1 − {_show(1 - se.high)} × {_show(1 - sp.high)} = {_show(allowed.high)}"
            ),
            assumptions=("sensitivity and specificity belong to one cut of the same curve",),
            note=note,
            values={"low": float(allowed.low), "high": float(allowed.high)},
        )


# --- 6. the criterion behind the cut ---------------------------------------------------

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


def _criteria(marker: _Marker) -> dict[str, _Criterion]:
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
    rows: list[tuple[_Marker, dict[str, _Criterion]]] = []
    for marker in _markers(paper):
        if marker.points:
            criteria = _criteria(marker)
            rows.append((marker, criteria))
            yield _criterion_finding(marker, criteria)
    if len(rows) > 1:
        yield _criterion_of_all(rows)


_CRITERION_ASSUMPTIONS = (
    "the paper prints no criterion; the largest Youden index is the usual meaning of a best cut",
    "the cut was searched in these patients and not rounded before they were counted",
    EVERYONE,
)


def _youden_by_hand(marker: _Marker, youden: _Criterion) -> str:
    n1, n0 = marker.n1, marker.n0
    k1, k0 = youden.counts
    j = Fraction(k1, n1) + Fraction(k0, n0) - 1
    assert youden.ceiling is not None
    low, sign, high = _compared(Fraction(marker.oriented_auc.low), youden.ceiling)
    return (
        f"J = {k1}/{n1} + {k0}/{n0} − 1 = {_show(j)}; AUC ≤ 1 − (1 − {_show(max(j, Fraction(0)))})²/2"
        f" = {high} {sign} {low}"
    )


def _criterion_finding(marker: _Marker, criteria: dict[str, _Criterion]) -> Finding:
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


def _criterion_of_all(rows: list[tuple[_Marker, dict[str, _Criterion]]]) -> Finding:
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


# --- 7. the share beyond the cut, the mean and the SD ----------------------------------


def share_beyond_cut(paper: Paper) -> Iterator[Finding]:
    """Sensitivity and specificity against the printed mean and SD of each group."""
    for marker in _markers(paper):
        row, groups = marker.row, {g.id for g in paper.groups_of(marker.table)}
        if row.threshold is None or row.threshold.is_ns or len(groups) != 2:
            continue
        summaries = [
            (f"{table.id}.{summary.id}", summary)
            for table in paper.tables_of("two_group")
            for summary in table.rows
            if isinstance(summary, MeanRow)
            and summary.variable == row.variable
            and groups <= summary.values.keys()
            and not summary.n
        ]
        for i, (place, summary) in enumerate(summaries):
            for column in ("sensitivity", "specificity"):
                if marker.counts(column):
                    # a variable may be summarised twice; the first keeps the short id
                    suffix = f".{place}" if i else ""
                    yield _beyond_finding(marker, place, summary, column, suffix)


def _beyond_finding(
    marker: _Marker, place: str, summary: MeanRow, column: str, suffix: str
) -> Finding:
    paper, row = marker.paper, marker.row
    assert row.threshold is not None
    positive = column == "sensitivity"
    groups = paper.groups_of(marker.table)
    group = next(g for g in groups if (g.id == marker.table.positive) == positive)
    found, n = marker.counts(column), group.size
    half = row.threshold.half_unit
    cut = Interval(row.threshold.value - half, row.threshold.value + half)
    cell = summary.values[group.id]
    mean, sd = cell.mean.interval, cell.sd.interval.clip(0, math.inf)
    as_printed = positive == (row.direction == "higher")
    above = found if as_printed else [n - k for k in found]
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
        by_hand = (
            f"mean {cell.mean.text.strip()} and cut {row.threshold.text} are too close to tell"
        )
    else:
        by_hand = (
            f"{_plain(result.distance)}² × {beyond}/{n} = {_show(result.left, decimals)}"
            f" {'≤' if result.holds else '>'} {_plain(sd.high)}² × {n - 1}/{n} × {n - beyond}/{n}"
            f" = {_show(result.right, decimals)}"
        )
    id = f"{place}.{group.id}"
    where = "above" if result.side != "above" else "below"
    return Finding(
        id=f"{marker.id}.beyond.{group.id}{suffix}",
        check="share beyond the cut",
        verdict=verdict,
        numbers=(*marker.number("threshold", column), f"{id}.mean", f"{id}.sd"),
        claim=f"The share of {group.label} {where} the cut of {marker.label} fits mean and SD",
        printed=f"{beyond} of {n} {where} {row.threshold.text}; {cell.mean.text.strip()} ± {cell.sd.text.strip()}",
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
    return _up(variance / spread, 3) if spread else "1.000"


# --- 8. the threshold and the unit of the variable -------------------------------------


def threshold_step(paper: Paper) -> Iterator[Finding]:
    """Whether a cut lies on, or half-way between, values that the variable can take."""
    for marker in _markers(paper):
        step, cut = paper.variable(marker.row.variable).step, marker.row.threshold
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
            by_hand = f"({_plain(low)} + {_plain(high)})/2 = {_plain((low + high) / 2)}"
        elif halves:
            attainable = "a value that patients can have"
            by_hand = f"{_plain(unit * halves[0] / 2)} = {halves[0] // 2} × {_plain(unit)}"
        else:
            below = unit * Fraction(first - 1, 2)
            attainable = f"{_plain(below)} or {_plain(below + unit / 2)}"
            by_hand = f"{cut.text.strip()} is no multiple of {_plain(unit)}/2"
        yield Finding(
            id=f"{marker.id}.threshold",
            check="cut and recording unit",
            verdict=Verdict.CONSISTENT if halves else Verdict.DEPENDS,
            numbers=marker.number("threshold"),
            claim=f"The cut of {marker.label} fits values recorded in steps of {_plain(unit)}",
            printed=cut.text.strip(),
            attainable=attainable,
            by_hand=by_hand,
            assumptions=(step.reason,),
            note="" if halves else "It fits only if values are recorded more finely than that.",
        )


def _plain(value: Fraction) -> str:
    """A decimal without trailing zeros."""
    text = format_fixed(value, 6)
    return text.rstrip("0").rstrip(".") if "." in text else text


CHECKS: tuple[Callable[[Paper], Iterable[Finding]], ...] = (
    counts,
    confidence_limits,
    p_values,
    p_convention,
    standard_error,
    point,
    cut_criterion,
    share_beyond_cut,
    threshold_step,
)
