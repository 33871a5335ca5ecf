"""Tables held against each other: margins, cut-off and coefficients of the same patients.

The score equations of a maximum-likelihood fit tie the coefficients of a regression table to
the counts of other tables.  The proofs stand in :mod:`analysis.compatible.certificate`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from analysis.checks import common
from analysis.checks.margins import Margin, margin_of
from analysis.checks.regression_constant import slope_of, why_not
from analysis.checks.words import (
    ROUNDED_ONCE,
    listed,
    named_link,
    named_model,
    range_text,
    why_not_one_model,
)
from analysis.compatible import coherence
from analysis.compatible.certificate import EVERYTHING, Problem
from analysis.compatible.coherence import Proofs
from analysis.compatible.links import LINKS
from analysis.findings import Finding, Verdict
from analysis.paper import Coefficient, Paper, RegressionTable
from analysis.printed import Interval, format_fixed

# a program that stops early prints standard errors up to this share too small
_EARLY_STOP = Fraction(2, 1000)

# an audit without stored certificates stays a matter of seconds; `certify` takes its time
_PIECES = 60

PART = "coherence"


@dataclass(frozen=True, slots=True)
class Joined:
    """One regression table joined with the margins that other tables print.

    `problem` has the logit and a free constant; `margins` one a row; `uses` the printed
    numbers (id: text) that the problem rests on.
    """

    table: RegressionTable
    problem: Problem
    margins: tuple[Margin, ...]
    uses: dict[str, str]

    def under(self, link: str, step: int = 1) -> Problem:
        """The same numbers under another link, with codes `step` apart (2 for −1 and 1)."""
        slopes = tuple(s * Interval.point(step) for s in self.problem.slopes)
        return replace(self.problem, link=link, slopes=slopes)


def joined(paper: Paper, table: RegressionTable) -> Joined | str:
    """A regression table joined with other tables, or what is missing for that."""
    missing = why_not_one_model(paper, table) or why_not(paper, table)
    if not missing and len(table.rows) > coherence.MOST_PREDICTORS:
        missing = f"a table with at most {coherence.MOST_PREDICTORS} predictors"
    if missing:
        return missing
    margins = tuple(margin_of(paper, table, row) for row in table.rows)
    if not any(m.is_known for m in margins):
        return "how many patients have any of the predictors, with and without the event"
    n1 = paper.group(table.event).size
    problem = Problem(
        "logit",
        n1,
        paper.total_of(table) - n1,
        tuple(row.id for row in table.rows),
        tuple(m.events for m in margins),
        tuple(m.others for m in margins),
        tuple(slope_of(row) for row in table.rows),
        EVERYTHING,
    )
    ids = [f"{table.id}.{row.id}.{'b' if row.b is not None else 'ratio'}" for row in table.rows]
    ids += [id for m in margins for id in m.uses]
    return Joined(table, problem, margins, {id: paper.numbers[id].text for id in ids})


# --- standard errors -------------------------------------------------------------------


def standard_errors(paper: Paper) -> Iterator[Finding]:
    """The standard error of a coefficient against the crude two-by-two table.

    In a logistic fit no other covariate can lower the standard error of a two-valued
    predictor below ``sqrt(1/a + 1/b + 1/c + 1/d)`` (Robinson & Jewell 1991), listed or not,
    nor can leaving patients out.  For a Poisson outcome the bound is
    ``sqrt(1/a + 1/c)``.  ``depends`` where the bound of the named model (logistic where none is
    named) fails, since robust errors, other codes and penalised fits may lie below it.
    """
    own = [t for t in paper.tables_of("regression") if not why_not_one_model(paper, t)]
    seen = Counter(row.id for table in own for row in table.rows)
    for table in own:
        n1 = paper.group(table.event).size
        n0 = paper.total_of(table) - n1
        named = named_link(paper, table)
        for row in table.rows:
            margin = margin_of(paper, table, row)
            if row.se is None or row.se.comparison != "=" or not margin.uses:
                continue
            bounds = {
                link: coherence.crude_error_bound(margin.events, margin.others, n1, n0, link)
                for link in ("logit", "log")
            }
            if bounds["logit"] is None or bounds["log"] is None:
                continue
            # two models may have a row of the same name
            place = row.id if seen[row.id] == 1 else f"{table.id}.{row.id}"
            yield _error_finding(paper, table, row, margin, bounds, named, place)


def _error_finding(
    paper: Paper,
    table: RegressionTable,
    row: Coefficient,
    margin: Margin,
    bounds: dict[str, tuple[Fraction, tuple[int, int]]],
    named: str | None,
    place: str,
) -> Finding:
    assert row.se is not None
    n1 = paper.group(table.event).size
    n0 = paper.total_of(table) - n1
    largest = row.se.interval.high
    allowed = (largest * (1 + _EARLY_STOP)) ** 2
    refuted = {link: allowed < bounds[link][0] for link in bounds}
    judged = named if named in bounds else "logit"
    # never more than "depends": a paper seldom says that its errors are not robust ones
    verdict = Verdict.DEPENDS if refuted[judged] else Verdict.CONSISTENT
    decimals = max(row.se.decimals, 0)  # an SE printed as 1e29 has −29
    floor = {
        link: format_fixed(
            Fraction(math.floor(Fraction(common.sqrt(Interval.point(b[0])).low) * 10**decimals))
            / 10**decimals,
            decimals,
        )
        for link, b in bounds.items()
    }
    a, b = bounds["logit"][1]
    c, d = n1 - a, n0 - b
    crude = math.sqrt(bounds["logit"][0])
    sign = ">" if refuted["logit"] else "≤"
    moves = (
        coherence.fewest_moves(a, b, n1, n0, allowed)
        if refuted["logit"] and margin.events.is_point and margin.others.is_point
        else None
    )
    counts = "" if margin.is_known else " at the counts where it is smallest"
    return Finding(
        id=f"{PART}.{place}.se",
        check="standard error against the crude table",
        verdict=verdict,
        numbers=(f"{table.id}.{row.id}.se",),
        claim=f"The standard error of {row.label} is at least that of its two-by-two table",
        printed=f"standard error {row.se.text}",
        attainable=(
            f"at least {floor['logit']} in a logistic fit, at least {floor['log']} in a Poisson fit with a log link, "
            "whatever other covariates are in the model"
        ),
        by_hand=(
            f"√(1/{a} + 1/{c} + 1/{b} + 1/{d}) = {crude:.{decimals + 1}f} {sign} "
            f"{format_fixed(largest, decimals + 1)}, the largest value that is printed as {row.se.text}{counts}."
        ),
        assumptions=(
            "the standard error is that of a maximum-likelihood fit with a constant, from the model (not robust, not penalised, not bootstrapped)",
            "the predictor enters once, with codes one step apart, and is not split by an interaction",
            f"its counts are those printed elsewhere: {range_text(margin.events)} of {n1} with the event, "
            f"{range_text(margin.others)} of {n0} without ({margin.ground}); fewer patients would only raise the bound",
            "other covariates, listed or not, may be in the model",
            f"the program stopped within {float(_EARLY_STOP):.1%} of the final standard error",
            named_model(paper, table),
            ROUNDED_ONCE,
        ),
        note=_error_note(refuted, named, moves, row, floor),
        values={
            "uses": list(margin.uses),
            "printed": float(row.se.value),
            "largest": float(largest),
            "counts": (a, c, b, d),
            "bounds": {link: math.sqrt(bound) for link, (bound, _) in bounds.items()},
            "refuted": refuted,
            "moves": moves,
        },
    )  # fmt: skip


def _error_note(refuted, named, moves, row: Coefficient, floor: dict[str, str]) -> str:
    if not refuted["logit"]:
        return ""
    text = (
        f"With the counts of the other tables the printed standard error of {row.label} cannot be that of a "
        "logistic model, if it was fitted by maximum likelihood and its standard error comes from the model. "
        f"It can be that of a Poisson model with a log link (at least {floor['log']})"
        if not refuted["log"]
        else f"Neither a logistic nor a Poisson fit with these counts has so small a standard error for {row.label}"
    )
    innocent = ", of codes −1 and 1 (which halve it), of a fit with robust standard errors, or of a cut that sorts the patients of the model in another way than the printed one"
    if moves is not None:
        text += innocent + (
            f": at least {moves[0]} patients would have to stand on the other side of it."
        )
    else:
        text += innocent + "."
    return text


# --- score equations -------------------------------------------------------------------


def score_equations(paper: Paper) -> Iterator[Finding]:
    """Coefficients and margins against the score equations, link by link, the constant free.

    ``depends`` if a certificate refutes the named link (logit where none is named), whether
    or not another link fits, else ``consistent``.
    """
    for table in paper.tables_of("regression"):
        found = joined(paper, table)
        if isinstance(found, str):
            yield _not_joined(table, found)
        else:
            yield _score_finding(paper, found)


def _not_joined(table: RegressionTable, missing: str) -> Finding:
    return Finding(
        id=f"{PART}.{table.id}.score",
        check="score equations across tables",
        verdict=Verdict.NOT_CHECKABLE,
        numbers=(),
        claim=f"The coefficients of {table.title} and the counts of other tables belong to one fit",
        printed="coefficients",
        attainable="no bound",
        by_hand=f"Missing: {missing}.",
    )


def proofs_of(paper: Paper) -> Proofs:
    """The certificates that stand beside the record of a paper."""
    return Proofs(paper.folder / "certificates" if paper.folder else None)


def _score_finding(paper: Paper, found: Joined) -> Finding:
    table = found.table
    proofs = proofs_of(paper)
    outcomes = {
        link: proofs.decide(f"{table.id}.{link}", found.under(link), _PIECES) for link in LINKS
    }
    fitting = [link for link, o in outcomes.items() if o.point is not None]
    refuted = [link for link, o in outcomes.items() if o.tree is not None]
    # codes −1 and 1 double every coefficient; tried where codes one step apart fail
    effect = {
        link: proofs.decide(f"{table.id}.{link}.effect", found.under(link, 2), _PIECES)
        for link in refuted
    }
    surely = [link for link in refuted if effect[link].tree is not None]
    named = named_link(paper, table)
    judged = named if named in LINKS else "logit"
    # never more than "depends": covariates that a table does not list cannot be refuted
    verdict = Verdict.DEPENDS if judged in refuted else Verdict.CONSISTENT
    words = {True: "some patients fit", False: "no patients fit"}
    attainable = "; ".join(
        f"{LINKS[link].words}: {words[link in fitting] if link in fitting or link in refuted else 'not decided (the command certify takes longer)'}"
        for link in LINKS
    )
    n1 = found.problem.n1
    bounded = [
        f"{row.label}: {range_text(m.events)} of {n1} with and {range_text(m.others)} of {found.problem.n0} without the event"
        f"{f' ({m.ground})' if m.ground and not m.is_known else '' if m.is_known else ' (not printed)'}"
        for row, m in zip(table.rows, found.margins, strict=True)
    ]
    return Finding(
        id=f"{PART}.{table.id}.score",
        check="score equations across tables",
        verdict=verdict,
        numbers=tuple(id for id in found.uses if id.startswith(f"{table.id}.")),
        claim=f"The {len(table.rows)} coefficients and the counts of the other tables belong to one fit of the same patients",
        printed="; ".join(f"{row.label}: {(row.b or row.ratio).text}" for row in table.rows),  # type: ignore[union-attr]
        attainable=attainable,
        by_hand=_score_by_hand(found, judged),
        assumptions=(
            "only the listed predictors and a constant are in the model, without interactions",
            f"it was fitted by maximum likelihood to all {paper.total_of(found.table)} patients",
            f"the modelled event is {paper.group(table.event).label}; the coefficient belongs to having the named category",
            f"patients with each category: {'; '.join(bounded)}",
            "the two codes of a predictor are one step apart, such as 0/1 or 1/2, and the constant may be any number, so that which of them does not matter",
            named_model(paper, table),
            ROUNDED_ONCE,
        ),
        note=(
            f"{_score_note(refuted, fitting)}{_effect_note(refuted, surely, effect)}A covariate that the table does not list, patients left out of the model, or a cut "
            "that sorts the patients of the model in another way would change the equations, and none of these can be refuted from these numbers."
        ),
        values={
            "fitting": fitting,
            "refuted": refuted,
            "refuted_effect": surely,
            "pieces": {link: _leaves(outcomes[link].tree) for link in refuted},
            "uses": list(found.uses),
        },
    )  # fmt: skip


def _leaves(tree: object) -> int:
    below, above = getattr(tree, "below", None), getattr(tree, "above", None)
    return 1 if below is None else _leaves(below) + _leaves(above)


def _score_note(refuted: list[str], fitting: list[str]) -> str:
    if not refuted:
        return ""
    others = (
        f"; patients exist who satisfy the equations if it was {listed([LINKS[x].words for x in fitting], 'or')}"
        if fitting
        else ""
    )
    return (
        "The coefficients and these counts cannot both hold, if the model was "
        f"{listed([LINKS[x].words for x in refuted], 'or')}, with only the listed predictors and codes one step apart: "
        f"a certificate proves it{others}. "
    )


def _effect_note(refuted: list[str], surely: list[str], effect: dict) -> str:
    """What the codes −1 and 1 would change."""
    fits = [link for link in refuted if effect[link].point is not None]
    if surely and not fits:
        return f"With the codes −1 and 1 in all predictors {listed([LINKS[x].words for x in surely])} is refuted too. "
    if fits:
        return f"With the codes −1 and 1 in all predictors, patients exist who satisfy the equations of {listed([LINKS[x].words for x in fits])}. "
    return ""


def _score_by_hand(found: Joined, link: str) -> str:
    """The events that one predictor's patients can have at most, or, where that decides
    nothing, the predictor with the largest gap between crude and adjusted."""
    problem, rows = found.under(link), found.table.rows
    ceilings = [coherence.ceiling(problem, j) for j in range(problem.k)]
    reached = [c for c in ceilings if c is not None and c.refutes]
    if reached:
        return ceiling_words(found, max(reached, key=lambda c: c.observed - c.most))
    gaps = _gaps(found)
    if not gaps:
        return "The certificate is the line to check: every piece of it is a sum."
    j = max(gaps, key=lambda j: abs(gaps[j]))
    a, b = int(problem.events[j].low), int(problem.others[j].low)
    slope = found.problem.slopes[j]
    middle = (slope.low + slope.high) / 2
    return (
        f"{rows[j].label}: ln({a}·{problem.n0 - b} / ({b}·{problem.n1 - a})) = {gaps[j] + float(middle):.3f} before adjustment, "
        f"{format_fixed(middle, 3)} after it; the other predictors would have to carry the difference of {abs(gaps[j]):.3f}, "
        "and whether they can is what the equations decide."
    )


def most_telling(found: Joined, link: str) -> int | None:
    """The predictor whose ceiling is farthest below its events, else the one with the
    largest gap between crude and adjusted log odds ratio; None if no counts are known."""
    problem = found.under(link)
    ceilings = [c for j in range(problem.k) if (c := coherence.ceiling(problem, j)) is not None]
    if reached := [c for c in ceilings if c.refutes]:
        return max(reached, key=lambda c: c.observed - c.most).predictor
    gaps = _gaps(found)
    return max(gaps, key=lambda j: abs(gaps[j])) if gaps else None


def _gaps(found: Joined) -> dict[int, float]:
    """Crude log odds ratio minus coefficient, where the two-by-two table is known."""
    n1, n0 = found.problem.n1, found.problem.n0
    gaps = {}
    for j, (margin, slope) in enumerate(zip(found.margins, found.problem.slopes, strict=True)):
        if not (margin.events.is_point and margin.others.is_point):
            continue
        a, b = int(margin.events.low), int(margin.others.low)
        if 0 < a < n1 and 0 < b < n0:
            crude = math.log(a * (n0 - b) / (b * (n1 - a)))
            gaps[j] = crude - float(slope.low + slope.high) / 2
    return gaps


def ceiling_words(found: Joined, ceiling: coherence.Ceiling) -> str:
    """The sum of patients × risk that stays below the events, risks rounded up."""
    problem, row = found.problem, found.table.rows[ceiling.predictor]
    j = ceiling.predictor
    with_it = int(problem.events[j].low + problem.others[j].low)
    events = problem.n1 - ceiling.observed
    parts = [(round(n), math.ceil(risk * 1000 - 1e-6) / 1000) for _, n, risk in ceiling.rows]
    total = math.ceil(sum(n * risk for n, risk in parts) * 10 - 1e-6) / 10
    terms = " + ".join(f"{n} × {risk:.3f}" for n, risk in sorted(parts))
    return (
        f"{row.label}: of the {problem.n1 + problem.n0 - with_it} others {events} had the event, which keeps the constant at "
        f"{ceiling.constant:.3f} or below; then the {with_it} can have at most {terms} ≤ {total:.1f} events, "
        f"and {ceiling.observed} were counted."
    )


Check = Callable[[Paper], Iterable[Finding]]
CHECKS: tuple[Check, ...] = (score_equations, standard_errors)
