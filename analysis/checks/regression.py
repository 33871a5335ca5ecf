"""Regression tables: each row against itself, the constant against the event rate, names.

Nothing here needs patients.  What the rows say about each other across tables (the score
equation of every predictor) is the business of :mod:`analysis.checks.across_tables`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from analysis.checks import common
from analysis.checks.hazard import hazard_standard_errors
from analysis.checks.margins import crude_measures, roc_row, same_cut
from analysis.checks.regression_constant import constant_coding
from analysis.checks.regression_rows import confidence_level, rows, significance
from analysis.checks.univariable import univariable_rows
from analysis.checks.words import (
    LABELS,
    RATIOS,
    as_printed,
    link_of,
    named_link,
    named_model,
    text_of,
)
from analysis.findings import Finding, Verdict
from analysis.paper import Coefficient, Paper, RegressionTable, RocTable
from analysis.printed import Printed

# --- what the ratio is called ----------------------------------------------------------


def ratio_name(paper: Paper) -> Iterator[Finding]:
    """What exp(B) is called against what it is: an odds ratio after logistic regression, a
    risk or rate ratio under a log link.

    The printed numbers agree with exp(B) under any link; the name is right or wrong with
    the model, so the verdict is ``depends`` unless label and model are both named and
    agree.  A label such as "odds ratio" names the model by itself.  Crude measures come
    from the printed counts: Woolf (1955) for the odds ratio, Katz et al. (1978) for the
    risk ratio, Wald for the risk difference; the risk ratio that an odds ratio means at
    the crude risk of the others is Zhang and Yu's (1998), rough for adjusted ratios.
    """
    for table in paper.tables_of("regression"):
        model = named_link(paper, table)
        model = "log" if model == "log-binomial" else model  # the same link, the same ratio
        label = link_of(table.effect_label, LABELS)
        for row in table.rows:
            if row.ratio is not None:
                yield _ratio_finding(paper, table, row, label, model)


def _is_exp(b: Printed, ratio: Printed) -> bool:
    """Whether some B that prints like `b` has an exponential that prints like `ratio`."""
    return common.log(ratio.interval.clip(0, math.inf)).intersects(b.interval)


def _ratio_finding(
    paper: Paper, table: RegressionTable, row: Coefficient, label: str | None, model: str | None
) -> Finding:
    words = paper.paper.tests.model
    named = named_model(paper, table)
    if model is not None and model == label:
        verdict, note = Verdict.CONSISTENT, f"exp(B) of this model is the {RATIOS[model]}."
    elif model is None and label in ("logit", "hazard"):
        verdict = Verdict.CONSISTENT
        note = (
            f"The heading names the model: exp(B) is an {RATIOS[label]}."
            if label == "logit"
            else "The heading names the model."
        )
    elif model is not None:
        verdict = Verdict.DEPENDS
        note = (
            f'exp(B) of this model is the {RATIOS[model]}; the heading says "{table.effect_label}".'
        )
    else:
        verdict = Verdict.DEPENDS
        stands = f'As "{table.effect_label}" it is right' if label else "It is a risk or rate ratio"
        note = (
            f"{stands} if the link is the log (Poisson, log-binomial); after logistic regression it "
            f"is an odds ratio. {named[0].upper()}{named[1:]}."
        )
    if row.b is not None and _is_exp(row.b, row.ratio):
        note += " The printed ratio agrees with exp(B) whatever the link."
    ratio = as_printed(row.ratio)
    crude = crude_measures(paper, table, row)
    attainable = f"odds ratio (logit link) or risk or rate ratio (log link) {text_of(row.ratio)}"
    if model is not None:
        attainable = f"{RATIOS[model]} {text_of(row.ratio)}"
    by_hand = ""
    values: dict[str, object] = {"label": table.effect_label, "model": words}
    if crude is not None:
        values |= crude
        with_1, all_1, with_0, all_0 = (
            crude["exposed_events"],
            crude["exposed"],
            crude["others_events"],
            crude["others"],
        )
        by_hand = f"crude risks {with_1}/{all_1} and {with_0}/{all_0}"
        if crude["risk_ratio"]:
            attainable += (
                f"; crude from the counts: risk ratio {crude['risk_ratio'][0]:.2f} "
                f"({crude['risk_ratio'][1]:.2f} to {crude['risk_ratio'][2]:.2f})"
            )
            by_hand += f": ratio of the risks {crude['risk_ratio'][0]:.2f}"
        if crude["odds_ratio"]:
            attainable += (
                f", odds ratio {crude['odds_ratio'][0]:.2f} "
                f"({crude['odds_ratio'][1]:.2f} to {crude['odds_ratio'][2]:.2f})"
            )
            by_hand += f", of the odds {crude['odds_ratio'][0]:.2f}"
        base = with_0 / all_0 if all_0 else None
        if ratio and base is not None:
            risk_ratio = ratio / (1 - base + base * ratio)
            values["risk_ratio_if_odds_ratio"] = risk_ratio
            note += (
                f" Read as an odds ratio, {text_of(row.ratio)} at a risk of {base:.2f} without the "
                f"category would be a risk ratio of about {risk_ratio:.2f}."
            )
        if table.analysis == "multivariable":
            note += " Crude and adjusted measures may differ in any honest table: their gap proves nothing."
    prefix = f"{table.id}.{row.id}"
    if not by_hand:
        by_hand = (
            "Cox: exp(B) multiplies the hazard"
            if "hazard" in (model, label)
            else "logit: exp(B) multiplies the odds; log link: exp(B) multiplies the risk or rate"
        )
    return Finding(
        id=f"{prefix}.ratio_is_exp_b",
        check="name of the ratio",
        verdict=verdict,
        numbers=(f"{prefix}.ratio",),
        claim=f"{row.label}: exp(B) is the {table.effect_label}",
        printed=f"{table.effect_label} {text_of(row.ratio)}",
        attainable=attainable,
        by_hand=by_hand,
        assumptions=(
            (named, "the counts of the other tables are those of the patients in the model")
            if crude is not None or model != "hazard"
            else (named,)
        ),
        note=note,
        values=values,
    )


# --- thresholds ------------------------------------------------------------------------


def thresholds(paper: Paper) -> Iterator[Finding]:
    """The cut of a dichotomised predictor against the cut printed elsewhere.

    Where the row refers to a ROC row (or to a category) the two are the same number:
    agreement is ``reproduced``, another value is ``depends``, because a paper may use two
    cuts and then only the counts of the first do not belong to the second.  Where the row
    has no such reference and the variable has another cut elsewhere (a normal limit beside
    a searched cut-off), nothing claims that they are equal: ``consistent``, with a note.
    """
    for table in paper.tables_of("regression"):
        for row in table.rows:
            if row.threshold is not None:
                yield from _threshold_findings(paper, table, row)


def _threshold_findings(
    paper: Paper, table: RegressionTable, row: Coefficient
) -> Iterator[Finding]:
    number = f"{table.id}.{row.id}.threshold"
    assert row.threshold is not None
    linked = None
    if row.cut is not None:
        linked = f"{row.cut}.threshold"
    elif row.margin is not None:
        linked = f"{row.margin}.threshold"
    variable = row.variable
    if linked is not None and linked in paper.numbers:
        other = paper.number(linked)
        same = same_cut(other, row.threshold)
        exact = other.value == row.threshold.value
        verdict = Verdict.REPRODUCED if exact else Verdict.CONSISTENT if same else Verdict.DEPENDS
        yield _threshold_finding(
            paper, number, number, row, linked, verdict,
            "" if same else "Two cuts of one variable: the counts at the first are not those of the row.",
        )  # fmt: skip
        if row.cut is not None:
            variable = roc_row(paper, row.cut)[1].variable
    if variable is None:
        return
    seen: set[str] = set()
    for roc in paper.tables_of("roc"):
        for candidate in roc.rows:
            id = f"{roc.id}.{candidate.id}.threshold"
            if candidate.variable != variable or candidate.threshold is None or id == linked:
                continue
            same = same_cut(candidate.threshold, row.threshold)
            # a table may hold several rows of one variable; the first keeps the short id
            place = roc.id if roc.id not in seen else f"{roc.id}.{candidate.id}"
            seen.add(roc.id)
            yield _threshold_finding(
                paper, f"{number}.{place}", number, row, id,
                Verdict.REPRODUCED if candidate.threshold.value == row.threshold.value else Verdict.CONSISTENT,
                "" if same else "Two cuts of one variable may both be meant; the counts at this one are not printed.",
            )  # fmt: skip


def _threshold_finding(
    paper: Paper, id: str, number: str, row: Coefficient, other: str, verdict: Verdict, note: str
) -> Finding:
    assert row.threshold is not None
    elsewhere = paper.numbers[other]
    relation = {
        Verdict.REPRODUCED: "is the same number as",
        Verdict.CONSISTENT: "stands beside",
        Verdict.DEPENDS: "is not",
    }[verdict]
    says = "can stand beside" if verdict is Verdict.CONSISTENT else "is that of"
    return Finding(
        id=id,
        check="cut-offs across tables",
        verdict=verdict,
        numbers=(number,),
        claim=f"{row.label}: the cut {says} {elsewhere.place}",
        printed=f"{text_of(row.threshold)}",
        attainable=f"{elsewhere.text} ({elsewhere.place})",
        by_hand=f"{text_of(row.threshold)} {relation} {elsewhere.text} ({elsewhere.place})",
        note=note,
        values={"other": other},
    )


# --- the order of the limits -----------------------------------------------------------


def limits_order(paper: Paper) -> Iterator[Finding]:
    """Limits that are printed with the upper one first."""
    for table in paper.tables:
        if not isinstance(table, RegressionTable | RocTable):
            continue
        for row in table.rows:
            if row.ci is not None and row.ci.reversed:
                prefix = f"{table.id}.{row.id}"
                low, high = text_of(row.ci.low), text_of(row.ci.high)
                yield Finding(
                    id=f"{prefix}.limits_order",
                    check="order of the limits",
                    verdict=Verdict.DEPENDS,
                    numbers=(f"{prefix}.ci.low", f"{prefix}.ci.high"),
                    claim="The lower limit stands first",
                    printed=f"{high} to {low}",
                    attainable=f"{low} to {high}",
                    by_hand=f"{low} < {high}",
                    assumptions=("both numbers are limits of one interval",),
                    note="The limits are printed the other way round; the other checks take the smaller one as the lower.",
                )


CHECKS = (
    rows,
    significance,
    confidence_level,
    ratio_name,
    constant_coding,
    thresholds,
    univariable_rows,
    hazard_standard_errors,
    limits_order,
)
