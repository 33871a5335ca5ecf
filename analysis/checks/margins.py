"""How many patients have a predictor, with and without the event, as far as it is printed.

Counts come from another table, from sensitivity and specificity of a cut-off, or are
bounded by mean and SD; crude odds ratio, risk ratio and risk difference follow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from analysis.checks import common
from analysis.checks.words import NINETY_FIVE, level_of, times_to_event
from analysis.paper import (
    Coefficient,
    CountRow,
    LevelsRow,
    MeanRow,
    Paper,
    RegressionTable,
    RocRow,
    TwoGroupTable,
)
from analysis.printed import Interval, Printed, whole_values


@dataclass(frozen=True, slots=True)
class Margin:
    """How many patients have a predictor, with and without the event (whole numbers as
    intervals), the ids of the printed numbers that say so, and the ground in words."""

    events: Interval
    others: Interval
    uses: tuple[str, ...] = ()
    ground: str = ""

    @property
    def total(self) -> Interval:
        return self.events + self.others

    @property
    def is_known(self) -> bool:
        return self.total.is_point


def two_by_two(
    a: int, b: int, c: int, d: int, level: Fraction = NINETY_FIVE
) -> dict[str, tuple[float, float, float] | None]:
    """Odds ratio, risk ratio and risk difference of a two-by-two table, each with limits.

    `a` of `a + b` exposed and `c` of `c + d` others have the event.  Intervals: Woolf
    (1955), Katz et al. (1978), Wald.  None where a zero count leaves one undefined.
    """
    z = float(common.z_for_level(level).low)
    found: dict[str, tuple[float, float, float] | None] = dict.fromkeys(
        ("odds_ratio", "risk_ratio", "risk_difference")
    )

    def on_log_scale(estimate: float, variance: float) -> tuple[float, float, float]:
        factor = math.exp(z * math.sqrt(variance))
        return estimate, estimate / factor, estimate * factor

    if min(a, b, c, d) > 0:
        found["odds_ratio"] = on_log_scale(a * d / (b * c), 1 / a + 1 / b + 1 / c + 1 / d)
    if min(a, c) > 0:
        found["risk_ratio"] = on_log_scale(
            a * (c + d) / (c * (a + b)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)
        )
    if a + b > 0 and c + d > 0:
        p, q = a / (a + b), c / (c + d)
        half = z * math.sqrt(p * (1 - p) / (a + b) + q * (1 - q) / (c + d))
        found["risk_difference"] = (p - q, p - q - half, p - q + half)
    return found


def crude_measures(
    paper: Paper, table: RegressionTable, row: Coefficient
) -> dict[str, object] | None:
    """Crude counts and measures of a predictor; None where they are not known, or say nothing
    about the model of the table."""
    if table.event is None or times_to_event(paper, table):
        return None
    margin = margin_of(paper, table, row)
    if not (margin.events.is_point and margin.others.is_point):
        return None
    n1, n0 = sizes_of(paper, table, row)
    a, b = int(margin.events.low), int(margin.others.low)
    c, d = n1 - a, n0 - b
    if min(c, d) < 0 or a + b == 0 or c + d == 0:
        return None
    counts = {"exposed_events": a, "exposed": a + b, "others_events": c, "others": c + d}
    return counts | two_by_two(a, b, c, d, level_of(table))


def margin_of(paper: Paper, table: RegressionTable, row: Coefficient) -> Margin:
    """The patients with a predictor: from the counts of another table, from sensitivity and
    specificity of the cut-off, bounded by mean and SD (Cantelli 1928), or 0 to all."""
    n1 = paper.group(table.event).size
    free = Margin(
        Interval(Fraction(0), Fraction(n1)),
        Interval(Fraction(0), Fraction(paper.total_of(table) - n1)),
    )
    if row.margin is not None:
        uses = tuple(f"{row.margin}.{g.id}.count" for g in paper.groups_of(table))
        if not all(id in paper.numbers for id in uses):
            return free
        counts = {
            g.id: paper.number(id).value for g, id in zip(paper.groups_of(table), uses, strict=True)
        }
        events = counts.pop(table.event)
        others = sum(counts.values(), Fraction(0))
        if events > n1 or others > paper.total_of(table) - n1:
            return free
        return Margin(Interval.point(events), Interval.point(others), uses, "counts as printed")
    if row.cut is not None:
        return _margin_of_cut(paper, table, row) or free
    if row.variable is not None and row.threshold is not None:
        return _margin_of_mean(paper, table, row) or free
    return free


def counted_in(paper: Paper, row: Coefficient) -> tuple[TwoGroupTable, CountRow | LevelsRow] | None:
    """The table and the row in which the patients with a predictor are counted."""
    if row.margin is None:
        return None
    table_id, row_id, *_ = row.margin.split(".")
    table = paper.table(table_id)
    if not isinstance(table, TwoGroupTable):
        return None
    found = next((r for r in table.rows if r.id == row_id), None)
    return (table, found) if isinstance(found, CountRow | LevelsRow) else None


def has_missing_values(paper: Paper, table: RegressionTable, row: Coefficient) -> bool:
    """Whether the counts of a predictor are printed as those of fewer patients than the groups."""
    found = counted_in(paper, row)
    if found is None:
        return False
    columns = {c.id: c.size for c in paper.columns(*found)}
    return any(columns.get(g.id, g.size) < g.size for g in paper.groups_of(table))


def sizes_of(paper: Paper, table: RegressionTable, row: Coefficient) -> tuple[int, int]:
    """Patients with and without the event: of whole groups, or those with a value of the
    predictor where the row of its counts prints their number."""
    sizes = {g.id: g.size for g in paper.groups_of(table)}
    if (found := counted_in(paper, row)) is not None:
        sizes |= {c.id: c.size for c in paper.columns(*found) if c.id in sizes}
    assert table.event is not None
    return sizes[table.event], sum(sizes.values()) - sizes[table.event]


def roc_row(paper: Paper, reference: str) -> tuple[str, RocRow]:
    table_id, _, row_id = reference.partition(".")
    roc = paper.table(table_id)
    return roc.positive, next(r for r in roc.rows if r.id == row_id)


def _side(threshold: Printed | None, otherwise: str) -> str:
    if threshold is None or threshold.comparison == "=":
        return otherwise
    return "higher" if threshold.comparison in (">", ">=") else "lower"


def _margin_of_cut(paper: Paper, table: RegressionTable, row: Coefficient) -> Margin | None:
    """Counts from sensitivity and specificity: test positives among the positive group are
    sensitivity × its size, among the others size − specificity × size."""
    assert row.cut is not None
    positive, roc = roc_row(paper, row.cut)
    if roc.sensitivity is None or roc.specificity is None:
        return None
    if (
        roc.threshold is not None
        and row.threshold is not None
        and not same_cut(roc.threshold, row.threshold)
    ):
        return None
    own = {g.id for g in paper.groups_of(table)}
    if own != {g.id for g in paper.groups_of(paper.table(row.cut.partition(".")[0]))}:
        return None
    if len(own) > 2 and positive != table.event:
        return None
    if any(
        r.variable == roc.variable and r.n for t in paper.tables_of("two_group") for r in t.rows
    ):
        return None  # the shares are of fewer patients than the groups
    sizes = {positive: paper.group(positive).size}
    sizes["rest"] = paper.total_of(table) - sizes[positive]
    above = {}
    for group, share in ((positive, roc.sensitivity), ("rest", roc.specificity)):
        reach = share.interval.clip(0, 1)
        hits = whole_values(Interval(reach.low * sizes[group], reach.high * sizes[group]))
        if not hits:
            return None
        above[group] = Interval(Fraction(hits[0]), Fraction(hits[-1]))
    above["rest"] = Interval.point(sizes["rest"]) - above["rest"]
    if _side(row.threshold, roc.direction) != roc.direction:
        above = {g: Interval.point(sizes[g]) - i for g, i in above.items()}
    events, others = (positive, "rest") if positive == table.event else ("rest", positive)
    uses = (f"{row.cut}.sensitivity", f"{row.cut}.specificity")
    return Margin(
        above[events], above[others], uses, "sensitivity and specificity times the group sizes"
    )


def _margin_of_mean(paper: Paper, table: RegressionTable, row: Coefficient) -> Margin | None:
    """Cantelli: of values with mean m and population variance v, at most ``v / (v + d²)``
    lie a distance d or more to one side of m."""
    side = _side(row.threshold, "")
    means = [
        (t.id, r)
        for t in paper.tables_of("two_group")
        for r in t.rows
        if isinstance(r, MeanRow)
        and r.variable == row.variable
        and not r.n
        and {g.id for g in paper.groups_of(table)} <= r.values.keys()
    ]
    if not side or not means:
        return None
    table_id, printed = means[0]
    assert row.threshold is not None
    cut = row.threshold.value
    reach = {"events": Interval.point(0), "others": Interval.point(0)}
    for group in paper.groups_of(table):
        cell = printed.values[group.id]
        n = group.size
        low, high = _cantelli(n, cell.mean.interval, cell.sd.interval, cut, side)
        key = "events" if group.id == table.event else "others"
        reach[key] += Interval(Fraction(low), Fraction(high))
    uses = tuple(
        f"{table_id}.{printed.id}.{g.id}.{part}"
        for g in paper.groups_of(table)
        for part in ("mean", "sd")
    )
    return Margin(reach["events"], reach["others"], uses, "bounded by mean and SD, Cantelli")


def _cantelli(n: int, center: Interval, sd: Interval, cut: Fraction, side: str) -> tuple[int, int]:
    """The fewest and the most of n values that can lie beyond `cut` on `side`."""
    if side == "lower":
        center, cut = -center, -cut
    # from here on: how many of n values lie above the cut, or on it
    variance = sd.high**2 * Fraction(n - 1, n)
    if cut > center.high:
        distance = (cut - center.high) ** 2
        return 0, math.floor(n * (variance / (variance + distance) if variance else Fraction(0)))
    if cut < center.low:
        distance = (center.low - cut) ** 2
        below = variance / (variance + distance) if variance else Fraction(0)
        return n - math.floor(n * below), n
    return 0, n


def same_cut(a: Printed, b: Printed) -> bool:
    """Whether two cuts may be one number printed with different decimals."""
    return (
        abs(a.value - b.value) <= a.half_unit + b.half_unit
        if a.decimals != b.decimals
        else a.value == b.value
    )
