"""Times to the event: Kaplan-Meier by halves of the marker, Cox models, proportional hazards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from analysis.estimate import survival
from analysis.estimate.cox_large import cox_and_test
from analysis.estimate.roc import EstimateError
from analysis.study import TIME, TIME_EVENT, Variable

if TYPE_CHECKING:
    from analysis.study_results import Results

Floats = NDArray[np.float64]
_SMALL = 1_000  # patients; over it the fit comes from sums and without a concordance
_IN_DOUBT = 0.05


@dataclass(frozen=True, eq=False)
class CoxModel:
    """A Cox model with its test of proportional hazards (or why there is none)."""

    title: str
    labels: list[str]
    fit: survival.CoxFit
    hazards: survival.ProportionalHazards | str
    n: int
    events: int
    without_values: int


@dataclass(frozen=True, eq=False)
class Half:
    """Patients on one side of a cut of the marker, and their Kaplan-Meier curve."""

    label: str
    n: int
    events: int
    curve: survival.KaplanMeier


@dataclass(frozen=True, eq=False)
class Times:
    """`halves`: patients on both sides of `cut` (`how`: fixed beforehand, or the median), with the
    `log_rank` test; `models`, and what could not be fitted; `median_follow_up`: by the reversed
    Kaplan-Meier curve, inf where it is not reached."""

    unit: str
    cut: float
    how: str
    halves: tuple[Half, ...]
    log_rank: survival.LogRank | None
    models: tuple[CoxModel, ...]
    median_follow_up: float


def follow(found: Results) -> Times:
    """Curves and models of the times; raises :class:`EstimateError` where there are none."""
    patients, study = found.patients, found.patients.study
    assert study.time is not None
    time, event = patients.values(TIME), patients.values(TIME_EVENT)
    timed = np.isfinite(time) & np.isfinite(event)
    if lost := int((~timed).sum()):
        found.warnings.append(
            f"{lost:,} patients without a time, or whose event at that time is not known, are left "
            "out of the curves and the Cox models."
        )
    if not event[timed].any():
        raise EstimateError("no patient with a known time had the event.")
    reverse = survival.kaplan_meier(time[timed], 1 - event[timed])
    marker = patients.values(study.marker.id)
    used = timed & np.isfinite(marker)
    if not used.any():
        raise EstimateError("no patient has both a time and a value of the marker.")
    cut, how = study.marker.cut, "fixed beforehand"
    if cut is None:
        cut, how = float(np.median(marker[used])), "the median of these patients"
    speaks = marker >= cut if study.marker.direction == "higher" else marker <= cut
    sign = ("≥", "<") if study.marker.direction == "higher" else ("≤", ">")
    halves = []
    for inside, s in ((used & speaks, sign[0]), (used & ~speaks, sign[1])):
        if inside.any():
            curve = survival.kaplan_meier(time[inside], event[inside])
            label = f"{study.marker.label} {s} {cut:.6g}"
            halves.append(Half(label, int(inside.sum()), int(event[inside].sum()), curve))
    log_rank = None
    if len(halves) == 2:
        try:
            log_rank = survival.log_rank(time[used], event[used], speaks[used])
        except EstimateError as error:
            found.warnings.append(f"Log-rank test: {error}")
    wanted: list[tuple[str, Sequence[Variable]]] = [("Marker alone", [])]
    if study.covariates:
        wanted.append(("Marker with covariates", study.covariates))
    models = [m for title, c in wanted if (m := _model(found, title, c, time, event, timed))]
    found.warnings.append(
        "The ROC curve and the logistic models take the outcome as yes or no, whenever it was seen; "
        "where patients were followed for unequal times, the curves over time and the Cox models are "
        "the ones to read."
    )
    return Times(
        study.time.unit, cut, how, tuple(halves), log_rank, tuple(models),
        float(reverse.quantile().time),
    )  # fmt: skip


def _model(
    found: Results, title: str, covariates: Sequence[Variable], time: Floats, event: Floats,
    timed: NDArray[np.bool_],
) -> CoxModel | None:  # fmt: skip
    from analysis.study_results import EVENTS_PER_COEFFICIENT, predictors

    columns = predictors(found, found.known, covariates)
    used = timed & columns.complete
    t, d, x = time[used], event[used], columns.values[used]
    name = f"Cox model, {title.lower()}"
    confidence = found.patients.study.study.confidence
    hazards: survival.ProportionalHazards | str
    try:
        if len(t) > _SMALL:
            fit, hazards = cox_and_test(t, d, x, confidence)
        else:
            fit = survival.cox(t, d, x, confidence)
            try:
                hazards = survival.proportional_hazards(t, d, x)
            except EstimateError as error:
                hazards = str(error)
    except EstimateError as error:
        found.warnings.append(f"{name}: {error}")
        return None
    k, events, lost = len(columns.labels), int(d.sum()), int((timed & ~columns.complete).sum())
    if events < EVENTS_PER_COEFFICIENT * k:
        found.warnings.append(
            f"{name}: {events} events for {k} coefficient{'s' if k > 1 else ''}, "
            f"{events / k:.1f} for each; fewer than {EVENTS_PER_COEFFICIENT}."
        )
    if lost:
        found.warnings.append(f"{name}: {lost:,} patients without all values are left out.")
    if not isinstance(hazards, str):
        doubtful = [
            label for label, p in zip(columns.labels, hazards.p, strict=True) if p < _IN_DOUBT
        ]
        if doubtful:
            found.warnings.append(
                f"{name}: the hazard ratio changes with time (score test, P < {_IN_DOUBT:g}) for "
                f"{'; '.join(doubtful)}; one ratio for all times is an average."
            )
    return CoxModel(title, columns.labels, fit, hazards, len(t), events, lost)
