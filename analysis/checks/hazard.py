"""Cox models: how small the standard error of a two-valued predictor can be.

At each event the partial likelihood adds to the information of a coefficient the variance
of its predictor over the patients still at risk, weighted by their hazards (Cox 1972).  Of
a predictor with codes 0 and 1 no weighted variance passes ¼, and other covariates only take
information away, so that D events give a standard error of at least 2/√D, whatever the
follow-up times, the losses, and the other covariates.

Where a of the D events are known to have the predictor, more can be said.  At the maximum of the
likelihood the weighted shares p of patients with it, one for each event, add up to a (the score
equation); the sum of p(1 − p) is concave and largest where all shares are a/D, so that the
standard error is at least √(1/a + 1/(D − a)).  Patients left out make it larger.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from analysis.checks import common
from analysis.checks.margins import Margin, margin_of
from analysis.checks.words import LABELS, ROUNDED_ONCE, link_of, named_model
from analysis.findings import Finding, Verdict
from analysis.paper import Coefficient, Paper, RegressionTable
from analysis.printed import Interval, format_fixed

# a program that stops early prints standard errors up to this share too small
_EARLY_STOP = Fraction(2, 1000)


def least_variance(events: int, with_it: int | None = None) -> Fraction:
    """The least squared SE of a 0/1 predictor of a Cox model with so many events.

    `with_it` of the events have the predictor; None where that is not known.  Raises
    :class:`ValueError` where none or all have it: such a model has no finite coefficient.
    """
    if with_it is None:
        return Fraction(4, events)
    if not 0 < with_it < events:
        raise ValueError(f"{with_it} of {events} events have the predictor, some and not all must")
    return Fraction(1, with_it) + Fraction(1, events - with_it)


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
    margin = margin_of(paper, table, row)
    with_it = int(margin.events.low) if margin.events.is_point else None
    if with_it in (0, event.size):
        with_it = None
    largest = row.se.interval.high
    least = least_variance(event.size, with_it)
    fits = (largest * (1 + _EARLY_STOP)) ** 2 >= least
    bound = common.sqrt(Interval.point(least)).low
    decimals = row.se.decimals + 1
    if with_it is None:
        events, floor, uses = f"{event.size} events", f"2/√{event.size}", ()
    else:
        events = f"{event.size} events, {with_it} of them with it,"
        floor, uses = f"√(1/{with_it} + 1/{event.size - with_it})", margin.uses
    return Finding(
        id=f"{table.id}.{row.id}.information",
        check="standard error and number of events",
        verdict=Verdict.CONSISTENT if fits else Verdict.DEPENDS,
        numbers=(f"{table.id}.{row.id}.se", *uses),
        claim=f"The standard error of {row.label} is one that {events} can give",
        printed=f"standard error {row.se.text.strip()}",
        attainable=f"at least {common.outward_text(Interval.point(bound), decimals).split(' to ')[0]}",
        by_hand=(
            f"{floor} = {format_fixed(bound, decimals)} {'≤' if fits else '>'} "
            f"{format_fixed(largest, decimals)}, the largest value that is printed as "
            f"{row.se.text.strip()}"
        ),
        assumptions=(
            named_model(paper, table),
            f"the events are those of {event.label}, {event.size} patients at most",
            "the predictor has the codes 0 and 1; ties by Breslow or Efron",
            "the standard error comes from the model (not robust, not penalised)",
            ROUNDED_ONCE,
        ),
        note="" if fits else _readings(paper, table, margin, largest, least),
        values={"least": float(bound), "events": event.size},
    )


def _readings(
    paper: Paper, table: RegressionTable, margin: Margin, largest: Fraction, least: Fraction
) -> str:
    """What would make room for an error that is too small, where it is small enough to help."""
    readings = ["more than two codes", "robust or penalised errors"]
    if (2 * largest * (1 + _EARLY_STOP)) ** 2 >= least:  # a step twice as long: half the error
        readings.insert(0, "codes −1 and 1")
    size, with_it = paper.total_of(table), int(margin.total.high)
    # the most information there can be: every patient has the event
    most = least_variance(size, with_it if 0 < 2 * with_it < size else None)
    if (largest * (1 + _EARLY_STOP)) ** 2 >= most:
        readings.append("an endpoint with more events")
    return f"It fits {', '.join(readings[:-1])}, or {readings[-1]}."
