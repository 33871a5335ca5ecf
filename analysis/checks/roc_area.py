"""Areas under ROC curves: AUC with SE and confidence limits, P, and the size of the SE."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

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
from analysis.checks.roc_marker import (
    EVERYONE,
    Marker,
    level_of,
    markers,
    rounded_down,
    rounded_up,
    show,
)
from analysis.checks.words import uses_spss
from analysis.findings import Finding, Verdict, verdict_for
from analysis.paper import Paper, RocRow
from analysis.printed import Interval, Printed

HALF = Fraction(1, 2)
_EXACT_BELOW = 50  # R computes an exact rank-sum P in groups smaller than this


# --- AUC, SE and confidence limits -----------------------------------------------------


def _se_box(row: RocRow) -> Interval:
    """Values of the SE; a SE of an AUC cannot pass ½ with two patients in each group."""
    return row.se.interval.clip(0, 1) if row.se is not None else UNIT


def _wald_polygon(marker: Marker, low: Interval | None, high: Interval | None) -> Polygon:
    """Pairs (AUC, SE) whose AUC − z·SE lies in `low` and AUC + z·SE in `high`.

    z is an enclosure; as SE is not negative, the end of it that cuts less is used.
    """
    z = z_for_level(level_of(marker.table)[0])
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
    for marker in markers(paper):
        if marker.row.ci is None or not 0 < level_of(marker.table)[0] < 1:
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


def _limit_finding(marker: Marker, end: str, sign: int) -> Finding:
    row = marker.row
    assert row.ci is not None
    assert row.se is not None
    printed: Printed = getattr(row.ci, end)
    level, assumption = level_of(marker.table)
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
        verdict_for(printed, central, attainable), cut_off, uses_spss(marker.paper)
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
            f"{marker.a} {'+' if sign > 0 else '−'} {show(central_z, 3)} × {row.se.text}"
            f" = {show(central, printed.decimals + 2)}"
        ),
        assumptions=("the limits are AUC ± z·SE (what SPSS prints)", assumption),
        note=note,
        values={"central": central},
    )


def _joint_finding(marker: Marker) -> Finding:
    row = marker.row
    assert row.ci is not None
    low, high = row.ci.low.interval, row.ci.high.interval
    polygon = _wald_polygon(marker, low, high)
    level, assumption = level_of(marker.table)
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
    # without a printed SE nothing says that the limits are AUC ± z·SE
    verdict, note = _wald_verdict(verdict, cut_off, whole and uses_spss(marker.paper))
    if polygon.is_empty and not row.auc.interval.intersects(Interval(low.low, high.high)):
        note += " The AUC lies outside its interval."
    if polygon.is_empty:
        attainable = (
            f"no AUC and SE at once (limits alone: AUC {show(middle, 4)}, SE {show(width, 4)})"
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
            f"({row.ci.low.text.strip()} + {row.ci.high.text.strip()})/2 = {show(middle, 4)}; "
            f"({row.ci.high.text.strip()} − {row.ci.low.text.strip()})/(2 × {show(z, 3)})"
            f" = {show(width, 4)}"
        ),
        assumptions=("the limits are AUC ± z·SE (what SPSS prints)", assumption),
        note=note,
        values=values | {"polygon": [(float(x), float(y)) for x, y in polygon.vertices]},
    )


# --- P ---------------------------------------------------------------------------------

NULL_SE, PRINTED_SE = "null SE", "printed SE"


@dataclass(frozen=True, slots=True)
class _P:
    """P recomputed with one SE: what the printed AUC gives, and what the roundings allow."""

    central: float
    attainable: Interval
    by_hand: str
    verdict: Verdict


def _p_with(marker: Marker, name: str) -> _P | None:
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
    elif (
        row.ci is not None
        and 0 < level_of(marker.table)[0] < 1
        and not (polygon := _ci_polygon(marker)).is_empty
    ):
        se = polygon.y_range
        z = float(z_for_level(level_of(marker.table)[0]).low)
        central_se = float(row.ci.high.value - row.ci.low.value) / (2 * z)
        text = f"{show(central_se, 4)} (from the interval)"
    else:
        return None
    deviation = absolute(marker.auc - Interval.point(HALF))
    attainable = p_from_z(deviation / se) if se.high > 0 else UNIT
    z = abs(float(row.auc) - 0.5) / central_se if central_se else math.inf
    central = float(2 * special.ndtr(-z))
    by_hand = f"z = ({marker.a} − 0.5)/{text} = {show(z, 3)}; P = {p_text(central)}"
    # an SE printed as zero is no zero: nothing can be recomputed from it, only enclosed
    verdict = verdict_for(row.p, None if math.isinf(z) else central, attainable, UNIT)
    return _P(central, attainable, by_hand, verdict)


def _ci_polygon(marker: Marker) -> Polygon:
    assert marker.row.ci is not None
    return _wald_polygon(marker, marker.row.ci.low.interval, marker.row.ci.high.interval)


def _other_p(marker: Marker, null: _P) -> str:
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
    if min(n1, n0) < _EXACT_BELOW and not uses_spss(marker.paper):
        return "It may come from an exact rank-sum test, which programs use in groups so small."
    if _p_with(marker, PRINTED_SE) is None and min(n1, n0) >= 2:
        largest = sqrt(Interval.point(bounds.variance_range(marker.auc, n1, n0).high))
        if target.low <= p_from_z(deviation / Interval(Fraction(0), largest.high)).high:
            return "It fits only an estimated SE, which is not printed."
    if not uses_spss(marker.paper):
        return "It may come from another test: of two areas, by a bootstrap, of two medians."
    return ""


def _ties_needed(marker: Marker, target: Interval) -> str:
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
    for marker in markers(paper):
        if marker.row.p is not None:
            yield _p_value(marker)


def _p_value(marker: Marker) -> Finding:
    row = marker.row
    assert row.p is not None
    null, estimated = _p_with(marker, NULL_SE), _p_with(marker, PRINTED_SE)
    assert null is not None
    options = {NULL_SE: null} | ({PRINTED_SE: estimated} if estimated else {})
    fitting = [name for name, p in options.items() if p.verdict != Verdict.IMPOSSIBLE]
    spss = uses_spss(marker.paper)
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
        those = [m for m in markers(paper) if m.table is table and m.row.p is not None]
        if not those:
            continue
        excluded: dict[str, list[Marker]] = {}
        for name in (NULL_SE, PRINTED_SE):
            results = [_p_with(m, name) for m in those]
            if any(r is None for r in results):
                continue
            excluded[name] = [
                m for m, r in zip(those, results, strict=True) if r.verdict == Verdict.IMPOSSIBLE
            ]
        kept = [name for name, rows in excluded.items() if not rows]
        default = NULL_SE in kept or (bool(kept) and not uses_spss(paper))
        telling = next((rows[0] for rows in excluded.values() if rows), those[0])
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
            numbers=tuple(m.number("p")[0] for m in those),
            claim="One standard error explains every P of the table",
            printed=", ".join(m.row.p.text for m in those if m.row.p is not None),
            attainable=f"all rows: {' or '.join(kept)}" if kept else "no single SE gives all rows",
            by_hand=f"{telling.label} (printed {telling.row.p.text}): "
            + "; or ".join(p.by_hand for p in shown),
            assumptions=("two-sided normal test of AUC = 0.5", "no correction for ties"),
            note=f"{ruled}." if ruled else "",
            values={"kept": kept, "excluded": {n: [m.id for m in r] for n, r in excluded.items()}},
        )


# --- the size of the standard error ----------------------------------------------------


def standard_error(paper: Paper) -> Iterator[Finding]:
    """The printed SE against the range of all nonparametric SEs for its AUC."""
    for marker in markers(paper):
        if marker.row.se is not None and min(marker.n1, marker.n0) >= 2:
            yield _se_finding(marker)


def _se_finding(marker: Marker) -> Finding:
    row, n1, n0 = marker.row, marker.n1, marker.n0
    assert row.se is not None
    limits = bounds.variance_range(marker.auc, n1, n0)
    box = row.se.interval.clip(0, math.inf)
    low, high = sqrt(Interval.point(limits.low)).low, sqrt(Interval.point(limits.high)).high
    if box.low**2 > limits.high:
        verdict, note = Verdict.IMPOSSIBLE, ""
        if not uses_spss(marker.paper):
            verdict = Verdict.DEPENDS
            note = "So large an SE may come from resampling or folds, or be the SD of a bootstrap."
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
        attainable=f"{rounded_down(low)} to {rounded_up(high)} (below that only with shared values)",
        by_hand=(
            f"largest: √({show(nearest)} × {show(1 - nearest)}/({min(n1, n0)} − 1))"
            f" = {show(float(high))}; Hanley and McNeil's formula: {show(hanley)}"
        ),
        assumptions=(
            "nonparametric SE: DeLong (1988), or Hanley and McNeil (1982, eq. 1)",
            EVERYONE,
        ),
        note=note,
        values={"hanley_mcneil": hanley, "low_no_ties": float(low), "high": float(high)},
    )


# --- the direction of the area ---------------------------------------------------------


def area_direction(paper: Paper) -> Iterator[Finding]:
    """An AUC under ½ where a direction of the marker is stated."""
    for marker in markers(paper):
        auc = marker.auc
        if auc.high >= HALF:
            continue
        stated = marker.row.direction
        opposite = "lower" if stated == "higher" else "higher"
        yield Finding(
            id=f"{marker.row_id}.direction",
            check="direction of the AUC",
            verdict=Verdict.DEPENDS,
            numbers=marker.number("auc"),
            claim=f"{stated.capitalize()} values of {marker.label} speak for the positive group",
            printed=f"AUC {marker.a}",
            attainable=f"1 − AUC {outward_text(Interval(1 - auc.high, 1 - auc.low), 4)}",
            by_hand=f"1 − {marker.a} = {show(1 - marker.row.auc.value)}",
            assumptions=(f"{stated} values are called positive",),
            note=(
                f"An AUC under 0.5 says that {opposite} values do: it was counted the other way "
                "round, or the marker sorts these patients the other way."
            ),
        )


# --- the area as a number of pairs -----------------------------------------------------


def area_as_pairs(paper: Paper) -> Iterator[Finding]:
    """A nonparametric AUC of small groups is a whole number of half pairs.

    Each positive and negative patient are one pair, in the right order (1), the wrong one (0)
    or equal (½): AUC = k/(2 n1 n0).  Groups so large that every printed AUC is one are left
    out.
    """
    for marker in markers(paper):
        assert marker.row.auc is not None
        auc, halves = marker.row.auc, 2 * marker.n1 * marker.n0
        if halves >= 10**auc.decimals or auc.comparison != "=":
            continue
        found = counts_for_share(auc, halves)
        verdict, note = Verdict.REPRODUCED, ""
        if not found:
            verdict = Verdict.IMPOSSIBLE if uses_spss(paper) else Verdict.DEPENDS
            if verdict is Verdict.DEPENDS:
                note = "It fits a smoothed AUC, or one of fewer patients."
        below = math.floor(auc.value * halves)
        shown = [k for k in (list(found[:2]) or [below, below + 1]) if k <= halves]
        yield Finding(
            id=f"{marker.row_id}.pairs",
            check="AUC as pairs of patients",
            verdict=verdict,
            numbers=marker.number("auc"),
            claim=f"The AUC of {marker.label} is a whole number of half pairs of patients",
            printed=auc.text,
            attainable=" or ".join(show(Fraction(k, halves), auc.decimals + 1) for k in shown),
            by_hand="; ".join(
                f"{k}/(2 × {marker.n1} × {marker.n0}) = {show(Fraction(k, halves), auc.decimals + 2)}"
                for k in shown
            ),
            assumptions=(
                marker.everyone,
                "the AUC was counted pair by pair, equal values one half (nonparametric)",
            ),
            note=note,
            values={"halves": halves},
        )
