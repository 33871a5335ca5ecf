"""Regression tables of a paper, refitted on its patients."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.compatible.reprint import chosen_cut
from analysis.estimate import firth, logistic, survival
from analysis.estimate.roc import EstimateError, normal_quantile
from analysis.paper import LevelsRow, RegressionTable
from analysis.study import TIME, TIME_EVENT

if TYPE_CHECKING:
    from analysis.replication import Source

Floats = NDArray[np.float64]
Pairs = dict[str, list[tuple[str, float]]]
_PROFILE_MOST = 5_000  # patients for whom profile intervals are made too


def regression(source: Source, table: RegressionTable) -> tuple[Pairs, dict[str, str]]:
    """For each number of the table the names and values of the usual conventions; by prefixes of
    ids, why numbers are missing."""
    from analysis.replication import NotRecomputableError

    columns: dict[str, Floats] = {}
    reasons: dict[str, str] = {}
    for row in table.rows:
        try:
            columns[row.id] = _predictor(source, row)
        except NotRecomputableError as error:
            reasons[f"{table.id}.{row.id}"] = str(error)
    found: Pairs = {}
    if table.analysis == "univariable":
        for row in table.rows:
            if row.id in columns:
                _try(source, table, {row.id: columns[row.id]}, found, reasons)
        return found, reasons
    if reasons:
        lost = ", ".join(place.partition(".")[2] for place in reasons)
        for row in table.rows:
            reasons.setdefault(
                f"{table.id}.{row.id}", f"the model also holds {lost}, which cannot be made."
            )
        reasons[f"{table.id}.constant"] = f"the model also holds {lost}, which cannot be made."
        return found, reasons
    _try(source, table, columns, found, reasons)
    return found, reasons


def _predictor(source: Source, row: Any) -> Floats:
    """One predictor, shape (n,), NaN where missing; yes or no as one and zero."""
    from analysis.replication import NotRecomputableError

    paper = source.paper
    if row.margin is not None:
        table_id, row_id, *level = row.margin.split(".")
        count_row = next(r for r in paper.table(table_id).rows if r.id == row_id)
        known = source.known(count_row.variable)
        if isinstance(count_row, LevelsRow):
            ids = [one.id for one in count_row.levels]
            if not level:
                raise NotRecomputableError("the row names no level.")
            i = ids.index(level[0])
            label = count_row.levels[i].label
            inside = source.has_level(count_row.variable, level[0], label, i, len(ids))
        else:
            inside = source.counted(count_row.variable)
        return np.where(known, inside.astype(float), np.nan)
    if row.cut is not None:
        table_id, row_id, *_ = row.cut.split(".")
        table = paper.table(table_id)
        roc_row = next(r for r in table.rows if r.id == row_id)
        values = source.numbers(roc_row.variable)
        sign = 1.0 if roc_row.direction == "higher" else -1.0
        there = ~np.isnan(values)
        inside = source.group(table.positive)
        cut = chosen_cut(
            table, roc_row, sign * values[there & inside], sign * values[there & ~inside]
        )
        if cut is None:
            raise NotRecomputableError("the marker is constant, so that no cut parts the patients.")
        return np.where(there, (sign * values >= cut.value).astype(float), np.nan)
    if row.variable is None:
        raise NotRecomputableError("the record does not say which variable stands behind the row.")
    values = source.numbers(row.variable)
    if row.threshold is None:
        return values
    bar = float(row.threshold.value)
    low = row.threshold.comparison == "<" or row.threshold.text.strip()[:1] in "<≤"
    strict = row.threshold.text.strip()[:1] in "<>"
    if low:
        inside = values < bar if strict else values <= bar
    else:
        inside = values > bar if strict else values >= bar
    return np.where(np.isnan(values), np.nan, inside.astype(float))


def _try(
    source: Source, table: RegressionTable, columns: dict[str, Floats], found: Pairs,
    reasons: dict[str, str],
) -> None:  # fmt: skip
    from analysis.replication import NotRecomputableError

    try:
        found.update(_fitted(source, table, columns))
    except (NotRecomputableError, EstimateError) as error:
        for id in [*columns, "constant"]:
            reasons[f"{table.id}.{id}"] = str(error)


def _fitted(source: Source, table: RegressionTable, columns: dict[str, Floats]) -> Pairs:
    from analysis.replication import NotRecomputableError

    x = np.column_stack(list(columns.values()))
    used = np.isfinite(x).all(axis=1)
    z = normal_quantile(float(table.confidence.value) / 100 if table.confidence else 0.95)
    if table.model == "cox":
        if TIME not in source.patients.table:
            raise NotRecomputableError("a Cox model needs times, and [time] names none.")
        time, event = source.patients.values(TIME), source.patients.values(TIME_EVENT)
        used &= np.isfinite(time) & np.isfinite(event)
        cox = survival.cox(time[used], event[used], x[used])
        b, se, extra = cox.coefficients, cox.errors, {}
        constant = None
    else:
        paper = source.paper
        if table.event is None and not any(g.event for g in paper.groups):
            raise NotRecomputableError("the record does not say which group has the event.")
        event_id = table.event or paper.event_group.id
        inside = source.group(event_id)
        members = np.any([source.group(g.id) for g in paper.groups_of(table)], axis=0)
        used &= members
        state = inside[used].astype(float)
        try:
            fit = logistic.fit(state, x[used])
        except EstimateError as error:
            if "separate" not in str(error):
                raise
            other = firth.firth(state, x[used])
            raise NotRecomputableError(
                "the predictors separate the outcomes, so that there is no finite fit (Firth's "
                f"ratios: {', '.join(f'{r:.3g}' for r in other.ratios)})."
            ) from None
        b, se, constant = fit.coefficients[1:], fit.errors[1:], fit
        extra = {}
        if used.sum() <= _PROFILE_MOST:
            profile = logistic.profile(state, x[used], 2 * float(special.ndtr(z)) - 1)
            extra = {"interval": profile.interval[1:], "p": profile.p[1:]}
    made: Pairs = {}
    for i, id in enumerate(columns):
        made |= _row(f"{table.id}.{id}", float(b[i]), float(se[i]), z, {
            name: values[i] for name, values in extra.items()
        })  # fmt: skip
    if constant is not None:
        made |= _constant(f"{table.id}.constant", constant, x[used])
    return made


def _row(place: str, b: float, se: float, z: float, extra: dict[str, Any]) -> Pairs:
    wald = (b / se) ** 2
    made: Pairs = {f"{place}.se": [("inverse information", se)]}
    made[f"{place}.wald"] = [("Wald's χ²", wald), ("z", b / se), ("z, size", abs(b / se))]
    made[f"{place}.p"] = [("Wald", math.erfc(abs(b / se) / math.sqrt(2)))]
    if "p" in extra:
        made[f"{place}.p"].append(("likelihood ratio", float(extra["p"])))
    named = {"b": [], "ratio": [], "ci.low": [], "ci.high": []}
    for sign, words in ((1, ""), (-1, ", the other level as reference")):
        named["b"].append((f"as coded{words}", sign * b))
        named["ratio"].append((f"as coded{words}", math.exp(sign * b)))
        ends = [("Wald", b - z * se, b + z * se)]
        if "interval" in extra:
            ends.append(("profile likelihood", *map(float, extra["interval"])))
        for name, low, high in ends:
            low, high = sorted((sign * low, sign * high))
            named["ci.low"].append((f"{name}{words}", math.exp(min(low, 700))))
            named["ci.high"].append((f"{name}{words}", math.exp(min(high, 700))))
    return made | {f"{place}.{key}": pairs for key, pairs in named.items()}


def _constant(place: str, fit: logistic.Fit, x: Floats) -> Pairs:
    """The constant with predictors as they are, and with yes-or-no ones coded 1 and 2."""
    binary = np.array([set(np.unique(column)) <= {0.0, 1.0} for column in x.T])
    shift = np.concatenate([[1.0], np.where(binary, -1.0, 0.0)])
    made: Pairs = {key: [] for key in ("b", "se", "wald", "p", "ratio")}
    for weights, name in ((np.eye(len(shift))[0], "coded 0 and 1"), (shift, "coded 1 and 2")):
        b = float(weights @ fit.coefficients)
        se = math.sqrt(float(weights @ fit.covariance @ weights))
        made["b"].append((name, b))
        made["se"].append((name, se))
        made["wald"].append((name, (b / se) ** 2))
        made["p"].append((name, math.erfc(abs(b / se) / math.sqrt(2))))
        made["ratio"].append((name, math.exp(min(b, 700))))
    return {f"{place}.{key}": pairs for key, pairs in made.items()}
