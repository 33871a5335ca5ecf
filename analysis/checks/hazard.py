"""Cox models: how small the standard error of a two-valued predictor can be.

At each event the partial likelihood adds to the information of a coefficient the variance
of its predictor over the patients still at risk, weighted by their hazards (Cox 1972).  Of
a predictor with codes 0 and 1 no weighted variance passes ¼, and other covariates only take
information away, so that D events give a standard error of at least 2/√D, whatever the
follow-up times, the losses, and the other covariates.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from analysis.checks import common
from analysis.checks.words import LABELS, ROUNDED_ONCE, link_of, named_model
from analysis.findings import Finding, Verdict
from analysis.paper import Coefficient, Paper, RegressionTable
from analysis.printed import Interval, format_fixed

# a program that stops early prints standard errors up to this share too small
_EARLY_STOP = Fraction(2, 1000)


def least_variance(events: int) -> Fraction:
    """The least squared SE of a 0/1 predictor of a Cox model with so many events."""
    return Fraction(4, events)


def hazard_standard_errors(paper: Paper) -> Iterator[Finding]:
    """The standard error of a two-valued predictor of a Cox model against the events.

    ``depends`` where it is too small: robust errors, penalised fits, codes −1 and 1, or an
    endpoint with more events than the group of the record has.
    """
    for table in paper.tables_of("regression"):
        is_cox = table.model == "cox" or (
            table.model is None and link_of(table.effect_label, LABELS) == "hazard"
        )
        if table.event is None or not is_cox:
            continue
        for row in table.rows:
            two_valued = row.margin is not None or row.cut is not None or row.threshold is not None
            if two_valued and row.se is not None and row.se.comparison == "=":
                yield _finding(paper, table, row)


def _finding(paper: Paper, table: RegressionTable, row: Coefficient) -> Finding:
    assert row.se is not None
    assert table.event is not None
    event = paper.group(table.event)
    largest = row.se.interval.high
    least = least_variance(event.size)
    fits = (largest * (1 + _EARLY_STOP)) ** 2 >= least
    bound = common.sqrt(Interval.point(least)).low
    decimals = row.se.decimals + 1
    return Finding(
        id=f"{table.id}.{row.id}.information",
        check="standard error and number of events",
        verdict=Verdict.CONSISTENT if fits else Verdict.DEPENDS,
        numbers=(f"{table.id}.{row.id}.se",),
        claim=f"The standard error of {row.label} is one that {event.size} events can give",
        printed=f"standard error {row.se.text.strip()}",
        attainable=f"at least {common.outward_text(Interval.point(bound), decimals).split(' to ')[0]}",
        by_hand=(
            f"2/√{event.size} = {format_fixed(bound, decimals)} {'≤' if fits else '>'} "
            f"{format_fixed(largest, decimals)}, the largest value that is printed as "
            f"{row.se.text.strip()}"
        ),
        assumptions=(
            named_model(paper, table),
            f"the events are those of {event.label}, {event.size} patients",
            "the predictor has the codes 0 and 1; ties by Breslow or Efron",
            "the standard error comes from the model (not robust, not penalised)",
            ROUNDED_ONCE,
        ),
        note=""
        if fits
        else "It fits codes −1 and 1, robust or penalised errors, or an endpoint with more events.",
        values={"least": float(bound), "events": event.size},
    )
