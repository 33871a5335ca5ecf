"""Univariable rows of a logistic table against the two-by-two table of their predictor.

A logistic model of one two-valued predictor fits its four counts exactly, so that every
number of the row follows from them: B = ln(ad/bc), SE = √(1/a + 1/b + 1/c + 1/d) (Woolf
1955), and from these Wald, P, ratio and limits.  With a of a + b patients who have the
category, and c of c + d others, having the event.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from analysis.checks import common
from analysis.checks.margins import counted_in, margin_of, sizes_of
from analysis.checks.regression_readings import NAMES
from analysis.checks.words import (
    LABELS,
    ROUNDED_ONCE,
    level_of,
    link_of,
    listed,
    named_link,
    named_model,
    text_of,
    times_to_event,
)
from analysis.findings import Finding, Verdict
from analysis.paper import Coefficient, CountRow, LevelsRow, Paper, RegressionTable, TwoGroupTable
from analysis.printed import Interval, Printed, format_fixed, whole_values

CHECK = "univariable row and counts"
_MOST_TABLES = 200  # two-by-two tables behind one rounded sensitivity and specificity
_MOST_LEFT_OUT = 5  # patients left out of the model that are tried
_HALF = Fraction(1, 2)
# R's fisher.test solves for the ratio, or one over it, to ε^¼ only
_SOLVER = 1.3e-4

Counts = tuple[int, int, int, int]  # a, b, c, d


@dataclass(frozen=True, slots=True)
class Estimate:
    """A ratio on the log scale: `b` and its variance, enclosed; `words` say what it is."""

    words: str
    b: Interval
    variance: Interval | None

    def columns(self, z: Interval) -> dict[str, Interval]:
        """What each column of a row would hold, enclosed."""
        found = {"b": self.b, "ratio": common.exp(self.b)}
        if self.variance is None:
            return found
        se = common.sqrt(self.variance)
        wald = self.b * self.b / self.variance
        distance = common.absolute(self.b) / se
        reach = se * z
        return found | {
            "se": se,
            "wald": wald,
            "p": common.p_from_z(distance),
            "ci.low": common.exp(self.b - reach),
            "ci.high": common.exp(self.b + reach),
        }


def odds_ratio(counts: tuple[Fraction | int, ...], words: str = "odds ratio") -> Estimate:
    """The estimate of a maximum-likelihood fit to a table without an empty cell."""
    a, b, c, d = (Fraction(x) for x in counts)
    return Estimate(
        words,
        common.log(Interval.point(a * d / (b * c))),
        Interval.point(1 / a + 1 / b + 1 / c + 1 / d),
    )


def readings(counts: Counts) -> Iterator[Estimate]:
    """What the ratio of a univariable row may be, the usual one first."""
    a, b, c, d = counts
    if min(counts) > 0:
        plain = odds_ratio(counts)
        yield plain
        yield Estimate("odds ratio of the opposite category", -plain.b, plain.variance)
        half, quarter = Interval.point(_HALF), Interval.point(Fraction(1, 4))
        for estimate in (plain, Estimate("", -plain.b, plain.variance)):
            assert estimate.variance is not None
            yield Estimate(
                "coefficient of codes −1 and 1", estimate.b * half, estimate.variance * quarter
            )
        exact = _conditional(counts)
        slack = min(_SOLVER * math.exp(abs(exact)), 0.1)
        for side in (exact, -exact):
            around = Interval(Fraction(side - slack), Fraction(side + slack))
            yield Estimate("conditional (exact) odds ratio", around, None)
    corrected = odds_ratio(
        tuple(x + _HALF for x in counts),
        "odds ratio with one half added to each count (Haldane; Firth's penalty)",
    )
    yield corrected
    yield Estimate(corrected.words, -corrected.b, corrected.variance)
    if min(a, c) > 0:
        p, q = Fraction(a, a + b), Fraction(c, c + d)
        log = common.log(Interval.point(p / q))
        variance = Interval.point(Fraction(b, a * (a + b)) + Fraction(d, c * (c + d)))
        rates = Interval.point(Fraction(1, a) + Fraction(1, c))
        for side in (log, -log):
            yield Estimate("risk ratio, not an odds ratio", side, variance)
            yield Estimate("rate ratio of a Poisson model", side, rates)


def _conditional(counts: Counts) -> float:
    """ln of the conditional maximum-likelihood odds ratio (Fisher 1935)."""
    from scipy.stats.contingency import odds_ratio as conditional

    a, b, c, d = counts
    return math.log(conditional([[a, b], [c, d]], kind="conditional").statistic)


def profile_limits(counts: Counts, quantile: float) -> tuple[float, float]:
    """Profile-likelihood limits of the odds ratio of a table without an empty cell."""
    from scipy.optimize import brentq
    from scipy.special import expit, xlogy

    a, b, c, d = counts
    center, events = math.log(a * d / (b * c)), a + c

    def loss(slope: float) -> float:
        def surplus(constant: float) -> float:
            return (a + b) * expit(constant + slope) + (c + d) * expit(constant) - events

        constant = brentq(surplus, -50 - abs(slope), 50 + abs(slope), xtol=1e-13)
        p, q = expit(constant + slope), expit(constant)
        return -2 * float(xlogy(a, p) + xlogy(b, 1 - p) + xlogy(c, q) + xlogy(d, 1 - q))

    least = loss(center)
    spread = math.sqrt(1 / a + 1 / b + 1 / c + 1 / d)

    def end(side: int) -> float:
        far = center + side * spread
        while loss(far) - least < quantile**2:
            far += side * spread
        return math.exp(brentq(lambda x: loss(x) - least - quantile**2, center, far, xtol=1e-12))

    return end(-1), end(1)


def exact_limits(counts: Counts, level: float) -> tuple[float, float]:
    """Exact conditional limits of the odds ratio (Cornfield 1956; R's fisher.test)."""
    from scipy.stats.contingency import odds_ratio as conditional

    a, b, c, d = counts
    found = conditional([[a, b], [c, d]], kind="conditional").confidence_interval(level)
    return float(found.low), float(found.high)


def other_p(counts: Counts) -> dict[str, float]:
    """P values of the usual tests of a two-by-two table other than Wald's."""
    from scipy.stats import chi2_contingency, fisher_exact

    a, b, c, d = counts
    table = [[a, b], [c, d]]
    return {
        "the likelihood-ratio test": float(
            chi2_contingency(table, correction=False, lambda_="log-likelihood").pvalue
        ),
        "the score (χ²) test": float(chi2_contingency(table, correction=False).pvalue),
        "the χ² test with Yates's correction": float(chi2_contingency(table).pvalue),
        "Fisher's exact test": float(fisher_exact(table).pvalue),
    }


# --- the counts behind a row -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A two-by-two table that a row may be about, and against whom it compares."""

    counts: Counts
    against: str = ""


def _candidates(paper: Paper, table: RegressionTable, row: Coefficient) -> list[_Candidate]:
    """The category against all others, or against each other level of its variable."""
    margin = margin_of(paper, table, row)
    if not margin.uses or "bounded" in margin.ground:
        return []
    n1, n0 = sizes_of(paper, table, row)
    events, others = whole_values(margin.events), whole_values(margin.others)
    if len(events) * len(others) > _MOST_TABLES:
        return []
    found = [_Candidate((a, b, n1 - a, n0 - b)) for a, b in product(events, others)]
    place = counted_in(paper, row)
    if place is not None and isinstance(place[1], LevelsRow) and row.margin is not None:
        own = row.margin.split(".")[-1]
        a, b = found[0].counts[:2]
        for level in place[1].levels:
            if level.id != own:
                counts = {g.id: int(level.values[g.id].count.value) for g in paper.groups_of(table)}
                c = counts.pop(table.event)
                against = f" (against {level.label})"
                found.append(_Candidate((a, b, c, sum(counts.values())), against))
    return [c for c in found if min(c.counts) >= 0]


def _is_whole(paper: Paper, table: RegressionTable, row: Coefficient) -> bool:
    """Whether the printed counts are surely those of all patients of the groups, with one
    other category; and no row of the record shows missing values."""
    place = counted_in(paper, row)
    if place is None or _shows_missing(paper):
        return False
    where, counted = place
    sizes = {c.id: c.size for c in paper.columns(where, counted)}
    own = [g.id for g in paper.groups_of(table)]
    if isinstance(counted, LevelsRow):
        return len(counted.levels) == 2 and all(
            sum(level.values[g].count.value for level in counted.levels) == sizes[g] for g in own
        )
    return where.percent_of == "group" and all(
        (cell := counted.values[g]).percent is not None
        and cell.percent.shows(100 * cell.count.value / sizes[g])
        for g in own
    )


def _shows_missing(paper: Paper) -> bool:
    for table in paper.tables_of("two_group"):
        assert isinstance(table, TwoGroupTable)
        sizes = {g.id: g.size for g in paper.groups_of(table)}
        for row in table.rows:
            if any(n.value < sizes.get(g, 0) for g, n in (row.n or {}).items()):
                return True
            if isinstance(row, LevelsRow) and any(
                sum(level.values[g].count.value for level in row.levels) < n
                for g, n in sizes.items()
            ):
                return True
            if isinstance(row, CountRow) and table.percent_of == "group":
                for g, n in sizes.items():
                    percent = row.values[g].percent
                    if percent is not None and not percent.shows(
                        100 * row.values[g].count.value / n
                    ):
                        return True
    return False


# --- findings --------------------------------------------------------------------------


def univariable_rows(paper: Paper) -> Iterator[Finding]:
    """Univariable rows whose predictor is counted elsewhere: do all numbers follow from the
    counts?

    ``impossible`` only where the table says that the models are logistic, the counts are
    those of the whole groups, and no ratio of :func:`readings` prints like the row, not even
    with up to five patients left out.  SE, limits and P alone are never impossible: robust
    errors, profile or exact limits and other tests give others.
    """
    for table in paper.tables_of("regression"):
        if table.analysis != "univariable":
            continue
        missing = times_to_event(paper, table)
        if not missing and table.event is None:
            missing = "which group had the event"
        if missing:
            yield _not_checkable(table, missing)
            continue
        for row in table.rows:
            if row.b is None and row.ratio is None:
                continue
            candidates = _candidates(paper, table, row)
            if candidates:
                yield _row_finding(paper, table, row, candidates)


def _not_checkable(table: RegressionTable, missing: str) -> Finding:
    return Finding(
        id=f"{table.id}.crude",
        check=CHECK,
        verdict=Verdict.NOT_CHECKABLE,
        numbers=(),
        claim=f"The univariable rows of {table.title} follow from the counts of other tables",
        printed="coefficients",
        attainable="no bound",
        by_hand=f"Missing: {missing}.",
    )


def _cells(row: Coefficient) -> dict[str, Printed]:
    cells = {c: getattr(row, c) for c in ("b", "se", "wald", "p", "ratio")}
    if row.ci is not None:
        cells |= {"ci.low": row.ci.low, "ci.high": row.ci.high}
    return {c: cell for c, cell in cells.items() if cell is not None}


def _misfits(cells: dict[str, Printed], estimate: Estimate, z: Interval) -> list[str]:
    """The printed columns that an estimate does not give."""
    columns = estimate.columns(z)
    return [
        c for c, cell in cells.items() if c in columns and not cell.interval.intersects(columns[c])
    ]


def _row_finding(
    paper: Paper, table: RegressionTable, row: Coefficient, candidates: list[_Candidate]
) -> Finding:
    cells, level = _cells(row), level_of(table)
    z = common.z_for_level(level)
    verdict, note, counts = _judge(cells, candidates, z, level)
    judged_odds = named_link(paper, table) == "logit" and link_of(table.effect_label, LABELS) in (
        "logit",
        None,
    )
    if verdict is Verdict.IMPOSSIBLE and not (
        table.model == "logistic" and judged_odds and _is_whole(paper, table, row)
    ):
        verdict = Verdict.DEPENDS
        note = (
            "The ratio is not that of the printed counts: it fits only if the model has other "
            "patients, other categories, or is no logistic one."
        )
    a, b, c, d = counts
    shown = min(counts) > 0
    plain = odds_ratio(counts) if shown else None
    decimals = row.ratio.decimals if row.ratio is not None else 3
    attainable, by_hand = "no finite odds ratio: a count is zero", f"{a}·{d} / ({b}·{c})"
    if plain is not None:
        columns = plain.columns(z)
        se = float(columns["se"].low)
        attainable = (
            f"odds ratio {format_fixed(Fraction(a * d, b * c), decimals + 1)} "
            f"({format_fixed(columns['ci.low'].low, decimals + 1)} to "
            f"{format_fixed(columns['ci.high'].high, decimals + 1)}), SE {format_fixed(se, 4)}"
        )
        by_hand = (
            f"{a}·{d} / ({b}·{c}) = {format_fixed(Fraction(a * d, b * c), decimals + 1)}; "
            f"√(1/{a} + 1/{b} + 1/{c} + 1/{d}) = {format_fixed(se, 4)}"
        )
    prefix = f"{table.id}.{row.id}"
    uses = margin_of(paper, table, row).uses
    return Finding(
        id=f"{prefix}.crude",
        check=CHECK,
        verdict=verdict,
        numbers=tuple(f"{prefix}.{column}" for column in cells),
        claim=f"{row.label}: the univariable row follows from the counts of the category",
        printed=", ".join(f"{NAMES[column]} {text_of(cell)}" for column, cell in cells.items()),
        attainable=attainable,
        by_hand=by_hand,
        assumptions=(
            "the row is a logistic model of this predictor alone, fitted by maximum likelihood",
            "every patient who is counted there is in the model, and no other",
            named_model(paper, table),
            ROUNDED_ONCE,
        ),
        note=note,
        values={"counts": counts, "uses": list(uses)},
    )


def _judge(
    cells: dict[str, Printed], candidates: list[_Candidate], z: Interval, level: Fraction
) -> tuple[Verdict, str, Counts]:
    """The verdict of a row over all tables and readings, its note, and the counts it is
    about."""
    kept: tuple[str, Counts] | None = None
    apart: tuple[str, Counts] | None = None
    for candidate in candidates:
        each: dict[str, str] = {}
        for i, estimate in enumerate(readings(candidate.counts)):
            misfits = _misfits(cells, estimate, z)
            if not misfits and i == 0 and estimate.words == "odds ratio":
                words = f"It is the odds ratio{candidate.against}." if candidate.against else ""
                return Verdict.REPRODUCED, words, candidate.counts
            for column in ("b", "ratio"):
                if column in cells and column not in misfits:
                    each.setdefault(column, estimate.words)
            if {"b", "ratio"} & set(misfits) or kept is not None:
                continue
            note = f"It fits the {estimate.words}{candidate.against}."
            if misfits:
                note += _other_methods(cells, candidate.counts, misfits, float(z.low), level)
            kept = (note, candidate.counts)
        if len(each) == len({"b", "ratio"} & cells.keys()) and apart is None:
            note = "; ".join(f"{NAMES[c]} fits the {words}" for c, words in each.items())
            apart = (f"{note}{candidate.against}.", candidate.counts)
    for found in (kept, apart):
        if found is not None:
            return Verdict.DEPENDS, *found
    first = candidates[0].counts
    if min(first) == 0:
        return Verdict.DEPENDS, "A count is zero: the estimate has no finite value.", first
    for candidate in candidates:
        fewer = _left_out(cells, candidate.counts, z)
        if fewer:
            note = f"It would fit with {fewer} of the patients left out of the model."
            return Verdict.DEPENDS, note, candidate.counts
    return Verdict.IMPOSSIBLE, "", first


def _other_methods(
    cells: dict[str, Printed], counts: Counts, misfits: list[str], z: float, level: Fraction
) -> str:
    """Which usual methods give the columns that are not Wald's."""
    if min(counts) == 0:
        return ""
    parts, left = [], list(misfits)
    limits = {"ci.low", "ci.high"} & cells.keys()
    if limits & set(misfits):
        kinds = {
            "profile-likelihood": profile_limits(counts, z),
            "exact": exact_limits(counts, float(level)),
        }
        for name, (low, high) in kinds.items():
            if cells["ci.low"].shows(low) and cells["ci.high"].shows(high):
                parts.append(f"the limits are {name} limits")
                left = [c for c in left if c not in limits]
                break
    if "p" in misfits:
        for name, p in other_p(counts).items():
            if cells["p"].shows(p):
                parts.append(f"P is that of {name}")
                left.remove("p")
                break
    text = f" {listed(parts)[0].upper()}{listed(parts)[1:]}." if parts else ""
    if left:
        text += f" {listed([NAMES[c] for c in left])} would be of another method than Wald's."
    return text


def _left_out(cells: dict[str, Printed], counts: Counts, z: Interval) -> int:
    """The fewest patients (up to five) without whom the ratio fits; 0 if more are needed."""
    estimate = {c: cells[c] for c in ("b", "ratio") if c in cells}
    for few in range(1, _MOST_LEFT_OUT + 1):
        for parts in product(range(few + 1), repeat=4):
            if sum(parts) == few:
                rest = tuple(n - k for n, k in zip(counts, parts, strict=True))
                if min(rest) > 0 and not _misfits(estimate, odds_ratio(rest), z):
                    return few
    return 0
