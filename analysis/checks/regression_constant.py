"""The constant of a regression table against the event rate, coding by coding."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache

from analysis.checks import common
from analysis.checks import constant as mean
from analysis.checks.margins import Margin, has_missing_values, margin_of
from analysis.checks.words import (
    ROUNDED_ONCE,
    as_float,
    named_link,
    named_model,
    range_text,
    text_of,
    why_not_one_model,
)
from analysis.findings import Finding, Verdict
from analysis.paper import Coefficient, Paper, RegressionTable
from analysis.printed import Interval, format_fixed


def constant_coding(paper: Paper) -> Iterator[Finding]:
    """The constant and the coefficients against the event rate, for every way of coding the
    predictors (0/1 and 1/2 in every mix, −1/1) and every link.

    Proved bounds on the mean fitted value come from :mod:`analysis.checks.constant`.  The
    verdict is ``consistent`` if some of these codings fits under the link that the methods name
    (logit where they name none), ``depends`` if only another link does, ``impossible``
    only if neither canonical link fits under any coding and the methods name no other link.  Probit, complementary log-log
    and log-binomial fits need not reproduce the event rate: they are shown, not judged.
    """
    for table in paper.tables_of("regression"):
        if table.constant is not None and table.event is not None:
            yield _constant_finding(paper, table)


def _constant_finding(paper: Paper, table: RegressionTable) -> Finding:
    prefix = f"{table.id}.constant"
    assert table.constant is not None
    printed = table.constant.b
    n, events = paper.total_of(table), paper.group(table.event).size
    missing = why_not_one_model(paper, table) or why_not(paper, table)
    if missing:
        return Finding(
            id=f"{table.id}.constant_coding",
            check="constant under each coding",
            verdict=Verdict.NOT_CHECKABLE,
            numbers=(f"{prefix}.b",),
            claim="The constant belongs to the event rate under some coding of the predictors",
            printed=f"constant {text_of(printed)}, {events} of {n} patients with the event",
            attainable="no bound",
            by_hand=f"Missing: {missing}.",
        )
    margins = [margin_of(paper, table, row) for row in table.rows]
    model = mean.Model(
        printed.interval,
        tuple(slope_of(row) for row in table.rows),
        tuple(m.total for m in margins),
        n,
    )
    labels = [row.id for row in table.rows]
    found, fitting = _evaluate(model, Fraction(events, n))
    named = named_link(paper, table)
    first, second = ("log", "logit") if named == "log" else ("logit", "log")
    rate = Fraction(events, n)
    tables = [_as_row(f, labels, rate) for f in found]
    verdict = (
        Verdict.CONSISTENT
        if fitting[first]
        else Verdict.DEPENDS
        if fitting[second] or named not in (None, *mean.CANONICAL)
        else Verdict.IMPOSSIBLE
    )
    best = {link: _nearest([f for f in found if f.link == link], rate) for link in mean.CANONICAL}
    lead = first if fitting[first] or not fitting[second] else second
    attainable = "; ".join(
        _link_text(link, fitting[link], found, best[link], labels, rate)
        for link in (lead, *(x for x in (first, second) if x != lead))
    )
    bounded = [
        f"{row.label}: {range_text(m.total)}{_ground(m)}"
        for row, m in zip(table.rows, margins, strict=True)
    ]
    known = named_model(paper, table)
    statement = _reading_text(verdict, first, second, fitting, labels)
    if verdict is Verdict.IMPOSSIBLE:
        # the verdict and what it rests on stand in one sentence
        attainable = (
            "with only the listed predictors, all patients, codes 0/1, 1/2 or −1/1 with the named category higher and a "
            f"maximum-likelihood fit with a constant: {attainable}"
        )
    return Finding(
        id=f"{table.id}.constant_coding",
        check="constant under each coding",
        verdict=verdict,
        numbers=(f"{prefix}.b",),
        claim=f"The constant and the coefficients give {events} events in {n} patients under some coding and link",
        printed=f"constant {text_of(printed)}; {events}/{n} = {format_fixed(rate, 3)} with the event",
        attainable=attainable,
        by_hand=_constant_by_hand(model, best[first if not fitting[first] else lead], labels, events, rate),
        assumptions=(
            "only the listed predictors and a constant are in the model",
            (
                f"it was fitted to all {n} patients by maximum likelihood, so that the fitted values "
                "add up to the events (exact for the logit of a binomial and the log of a Poisson outcome)"
            ),
            f"the modelled event is {paper.group(table.event).label}",
            "the codes of each predictor are 0 and 1 or 1 and 2, in any mix, or −1 and 1 in all, and the named category has the higher one",
            f"patients with each category: {'; '.join(bounded)}",
            known,
            ROUNDED_ONCE,
        ),
        note=(
            f"{statement}{_over_one(best['log']) if fitting['log'] and lead == 'log' else ''} A covariate that the table does not list, patients left out of the model, or other codes such as 2 and 3, would "
            "change the sum, and none of these can be refuted from these numbers. Under probit, complementary log-log and "
            "log-binomial fits the mean fitted value need not be the event rate: not decided."
        ),
        values={
            "codings": tables,
            "rate": float(rate),
            "fitting": {link: [c.name(labels) for c in fitting[link]] for link in fitting},
            "needed_constant": _needed(model, rate, first),
            "margins": {row.id: (int(m.total.low), int(m.total.high)) for row, m in zip(table.rows, margins, strict=True)},
            "uses": [*(f"{table.id}.{row.id}.b" for row in table.rows if row.b is not None), *(id for m in margins for id in m.uses)],
        },
    )  # fmt: skip


def _ground(m: Margin) -> str:
    return (
        f" ({m.ground})" if m.ground and not m.is_known else "" if m.is_known else " (not printed)"
    )


_LARGEST = 10**6  # no coefficient of a two-valued predictor comes near it


def why_not(paper: Paper, table: RegressionTable) -> str:
    if table.constant is not None and not _is_bounded_interval(table.constant.b.interval):
        return "the value of the constant"
    if len(table.rows) > mean.MOST_PREDICTORS:
        return f"a method for more than {mean.MOST_PREDICTORS} predictors"
    for row in table.rows:
        if (row.b is None and row.ratio is None) or not _is_bounded_interval(slope_of(row)):
            return f"the coefficient of {row.label}"
        if row.margin is None and row.cut is None and row.threshold is None:
            return f"whether {row.label} has two values, and how many patients have each"
        if has_missing_values(paper, table, row):
            return f"the model without the patients who have no value of {row.label}"
    return ""


def _is_bounded_interval(interval: Interval) -> bool:
    return interval.low > -_LARGEST and interval.high < _LARGEST


def slope_of(row: Coefficient) -> Interval:
    """The coefficient behind B as printed, or behind the logarithm of the ratio."""
    if row.b is not None:
        return row.b.interval
    assert row.ratio is not None
    return common.log(row.ratio.interval.clip(0, math.inf))


@lru_cache(maxsize=8)
def _codings(k: int) -> tuple[mean.Coding, ...]:
    return (*mean.mixed_codings(k), mean.effect_coding(k))


_EVERY_MIX = 4  # up to here the table shows every mix; beyond, the uniform ones and the limits


def _evaluate(
    model: mean.Model, rate: Fraction
) -> tuple[list[mean.MeanFitted], dict[str, list[mean.Coding]]]:
    """The bounds to show, and which codings fit under each canonical link."""
    links = list(mean.LINKS)
    if model.k <= _EVERY_MIX:
        found = mean.mean_fitted(model, _codings(model.k), links)
        return found, {
            link: [f.coding for f in found if f.link == link and f.holds(rate)]
            for link in mean.CANONICAL
        }
    uniform = [
        mean.Coding((0,) * model.k, (1,) * model.k),
        mean.Coding((1,) * model.k, (2,) * model.k),
        mean.effect_coding(model.k),
    ]
    found = mean.mean_fitted(model, uniform, links)
    fitting: dict[str, list[mean.Coding]] = {}
    for link in mean.CANONICAL:
        mixes, seen = mean.coding_range(model, link, rate)
        effect = [
            f.coding for f in found if f.link == link and f.coding == uniform[2] and f.holds(rate)
        ]
        fitting[link] = mixes + effect
        found += [f for f in seen if f.coding not in uniform]
    return found, fitting


def _as_row(f: mean.MeanFitted, labels: list[str], rate: Fraction) -> dict[str, object]:
    """One row of the table coding × link."""
    decided = f.link in mean.CANONICAL
    holds = f.holds(rate)
    return {
        "coding": f.coding.name(labels),
        "link": f.link,
        "low": float(f.low.value),
        "high": as_float(f.high.value),
        "holds_rate": holds,
        "verdict": ("fits" if holds else "excluded") if decided else "not decided",
        "reference": f.reference,
        "largest": f.largest,
    }


def _nearest(found: list[mean.MeanFitted], rate: Fraction) -> mean.MeanFitted:
    """The coding that fits, or comes closest (uniform codings first among those that fit)."""

    def key(f: mean.MeanFitted) -> tuple[float, int]:
        gap = max(f.low.value - rate, rate - f.high.value, 0)
        return as_float(gap), len(set(f.coding.low))

    return min(found, key=key)


_LINK_NAMES = {"logit": "logit link", "log": "log link (Poisson)"}


def _link_text(
    link: str,
    fitting: list[mean.Coding],
    found: list[mean.MeanFitted],
    best: mean.MeanFitted,
    labels: list[str],
    rate: Fraction,
) -> str:
    bounds = f"{common.outward_text(Interval(best.low.value, best.high.value), 3)}"
    if fitting:
        verb = "holds" if len(fitting) == 1 else f"(one of {len(fitting)} codings that fit) holds"
        return f"{_LINK_NAMES[link]}, {best.coding.name(labels)}: mean fitted {bounds} {verb} {format_fixed(rate, 3)}"
    far = "at most" if best.high.value < rate else "at least"
    value = best.high.value if best.high.value < rate else best.low.value
    digits = common.outward_text(Interval(value, value), 3).split(" to ")
    return (
        f"{_LINK_NAMES[link]}: none of these codings fits; nearest is {best.coding.name(labels)} with mean fitted {far} "
        f"{digits[-1] if far == 'at most' else digits[0]}, not {format_fixed(rate, 3)}"
    )


def _reading_text(
    verdict: Verdict,
    first: str,
    second: str,
    fitting: dict[str, list[mean.Coding]],
    labels: list[str],
) -> str:
    def names_of(link: str) -> str:
        names = [c.name(labels) for c in sorted(fitting[link], key=lambda c: len(set(c.low)))]
        return "; ".join(names[:4]) + (f"; and {len(names) - 4} more" if len(names) > 4 else "")

    if verdict is Verdict.CONSISTENT:
        return f"Fits under the {_LINK_NAMES[first]} with these codings: {names_of(first)}."
    if verdict is Verdict.DEPENDS:
        return (
            f"The numbers belong together under the {_LINK_NAMES[second]} with these codings: {names_of(second)}; "
            f"under the {_LINK_NAMES[first]} none of the codings tried fits."
        )
    return "Neither canonical link fits under any of the codings tried."


def _over_one(best: mean.MeanFitted) -> str:
    if best.largest <= 1:
        return ""
    return (
        f" Under the log link a patient with every category would have the fitted value {best.largest:.2f}: "
        "a mean count for Poisson regression, no probability."
    )


def _constant_by_hand(
    model: mean.Model, best: mean.MeanFitted, labels: list[str], events: int, rate: Fraction
) -> str:
    """The proof of the bound that matters as one sum: a plane over, or under, every pattern."""
    upper = best.high.value < rate or (
        best.holds(rate) and best.high.value - rate < rate - best.low.value
    )
    side, bound = (1, best.high) if upper else (-1, best.low)
    name = f"{best.link}, {best.coding.name(labels)}"
    if not bound.multipliers:
        return f"{name}: fitted value {best.reference:.4f} where no category is present"
    fitted = mean.fitted_values(model, best.coding, best.link, side)
    plane, total = mean.rounded_plane(fitted, bound, model, side, 4)
    terms = [f"{model.n} × {format_fixed(plane[0], 4)}"]
    pieces = [format_fixed(plane[0], 4)]
    for u, count, label in zip(plane[1:], model.counts, labels, strict=True):
        end = count.high if (u >= 0) == upper else count.low
        sign = "−" if u < 0 else "+"
        pieces.append(f"{sign} {format_fixed(abs(u), 4)}·{label}")
        terms.append(f"{sign} {int(end)} × {format_fixed(abs(u), 4)}")
    word, sign = ("at most", "≤") if upper else ("at least", "≥")
    return (
        f"{name}: fitted {sign} {' '.join(pieces)}, so events {word} {' '.join(terms)} = "
        f"{format_fixed(total, 1)}; observed {events}"
    )


def _needed(model: mean.Model, rate: Fraction, link: str) -> dict[str, tuple[float, float]]:
    """The constants that would give the event rate under `link`, coefficients at their
    printed values: for all 0/1 and all 1/2, to three decimals (a search, not a proof)."""
    slopes = tuple(Interval.point((s.low + s.high) / 2) for s in model.slopes)
    coding = mean.Coding((0,) * model.k, (1,) * model.k)

    def bound(start: float, side: int) -> float:
        at = mean.Model(Interval.point(Fraction(start)), slopes, model.counts, model.n)
        found = mean.bound(at, coding, link, side)
        return as_float(found.value)

    ends = []
    for side in (1, -1):
        low, high = -30.0, 30.0
        while high - low > 5e-4:
            middle = (low + high) / 2
            low, high = (middle, high) if bound(middle, side) < rate else (low, middle)
        ends.append(round((low + high) / 2, 3))
    shift = float(sum((s.low for s in slopes), Fraction(0)))
    return {
        "all 0/1": (ends[0], ends[1]),
        "all 1/2": (round(ends[0] - shift, 3), round(ends[1] - shift, 3)),
    }
