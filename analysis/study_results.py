"""A study of one marker, computed whole: from checked patients to every estimate and warning.

Nothing is chosen by looking at the outcome but the cut, which is searched and then told with
what the search adds.  Work that grows with the number of patients is bounded, and what was done
is said (`done`).  What cannot be estimated is a sentence that says why, never a gap.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.estimate import (
    accuracy,
    batched,
    calibration,
    cutoff,
    firth,
    logistic,
    maximally_selected,
    optimism,
    roc,
    usefulness,
)
from analysis.estimate.roc import EstimateError
from analysis.patients_file import Patients
from analysis.study import OUTCOME, Marker, Variable
from analysis.study_table import Described, describe

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

# bounds of the work, in patients drawn; see `done` of what uses them
_CUT_DRAWS = 10_000_000
_MODEL_DRAWS, _MODEL_RESAMPLES, _MODEL_MOST = 400_000, 200, 8_000
_EXACT_MOST, _PROVED_MOST, _SMOOTH_MOST = 3_000, 5_000, 200_000
_FEW_RESAMPLES = 100  # fewer show no interval
EVENTS_PER_COEFFICIENT = 10
THRESHOLDS = np.round(np.arange(0.01, 1.0, 0.01), 2)


@dataclass(frozen=True, eq=False)
class Missing:
    """Patients without a value: of all, of those with and of those without the event."""

    label: str
    all: int
    with_event: int
    without_event: int


@dataclass(frozen=True, eq=False)
class Searched:
    """The cut with the largest Youden index: `table` of patients at it, `ties`: how many cuts are
    as good, what the search adds, the P of the largest χ² over all cuts (`largest`) corrected for
    the search by `method`, and what was `done`."""

    searches: cutoff.Searches
    table: accuracy.Table
    largest: maximally_selected.Maximum | None
    p: float | None
    method: str
    done: str

    @property
    def cut(self) -> float:
        """The cut, in units of the marker; of several the most sensitive."""
        return float(self.searches.found.cuts[0])

    @property
    def ties(self) -> int:
        """How many cuts have the largest index."""
        return len(self.searches.found.cuts)

    def cut_interval(self, level: float) -> tuple[float, float] | None:
        """Percentile interval of the cut; None from too few resamples or where all agree."""
        if len(self.searches.cuts) < _FEW_RESAMPLES:
            return None
        try:
            return self.searches.cut_interval(level)
        except EstimateError:
            return None


@dataclass(frozen=True, eq=False)
class Discrimination:
    """The marker alone: `positive` and `negative` values, DeLong's `area` with its `interval`
    (None where there is none), the curve, the searched cut or why there is none, and the
    patients at a cut that was fixed beforehand."""

    positive: Floats
    negative: Floats
    area: roc.Area
    interval: tuple[float, float] | None
    curve: roc.Curve
    searched: Searched | None
    why_no_cut: str
    fixed: accuracy.Table | None

    @property
    def p(self) -> float:
        """Two-sided P of an area of one half, by DeLong's standard error; NaN without one."""
        return (
            float(2 * special.ndtr(-abs(self.area.auc - 0.5) / self.area.se))
            if self.area.se
            else math.nan
        )


@dataclass(frozen=True, eq=False)
class Predictors:
    """Columns of a model: `labels`, `values` of shape (n, k) with NaN where missing, and how much
    of each one step is, in words."""

    labels: list[str]
    values: Floats

    @property
    def complete(self) -> Bools:
        """Patients with a value of each, shape (n,)."""
        return np.isfinite(self.values).all(axis=1)


@dataclass(frozen=True, eq=False)
class Model:
    """A logistic model: `method` is "maximum likelihood" or "Firth"; ratios with their limits and P
    for each predictor, shape (k,); `state` and `risk` of the `n` patients with all values;
    `without_values`: patients left out for want of one; `checked`: optimism by resampling or None,
    `done`: what was done about it; `shrinkage`: van Houwelingen and Le Cessie's (1990)
    (χ² − k)/χ², NaN for Firth's."""

    title: str
    labels: list[str]
    method: str
    coefficients: Floats
    errors: Floats
    low: Floats
    high: Floats
    p: Floats
    state: Floats
    risk: Floats
    without_values: int
    shrinkage: float
    checked: optimism.Optimism | None
    done: str

    @property
    def n(self) -> int:
        """Patients in the model."""
        return len(self.state)

    @property
    def events(self) -> int:
        """Events in the model."""
        return int(self.state.sum())

    @property
    def ratios(self) -> Floats:
        """Odds ratios, shape (k,)."""
        with np.errstate(over="ignore"):  # per a very large unit a ratio has no end
            return np.exp(self.coefficients[1:])

    @cached_property
    def area(self) -> roc.Area:
        """The area of the fitted risks among the patients they were fitted to."""
        return roc.area(self.risk[self.state == 1], self.risk[self.state == 0])

    @cached_property
    def tenths(self) -> calibration.Tenths | None:
        """Observed against fitted risks in ten classes; None for fewer than fifty patients."""
        return calibration.tenths(self.state, self.risk) if self.n >= 50 else None

    @cached_property
    def curve(self) -> calibration.Curve | None:
        """A smooth calibration curve; None where it cannot be drawn or would take too long."""
        if self.n > _SMOOTH_MOST:
            return None
        try:
            return calibration.curve(self.state, self.risk)
        except EstimateError:
            return None

    @cached_property
    def benefit(self) -> usefulness.NetBenefit:
        """Net benefit at :data:`THRESHOLDS`."""
        return usefulness.decision_curve(self.state, self.risk, THRESHOLDS)


@dataclass(eq=False)
class Results:
    """Everything that follows from the patients; a string in place of a part says why it is
    missing."""

    patients: Patients
    missing: list[Missing] = field(default_factory=list)
    described: Described | str = ""
    by_group: Described | str | None = None
    discrimination: Discrimination | str = ""
    models: list[Model] = field(default_factory=list)
    no_models: list[str] = field(default_factory=list)
    times: object | None = None  # analysis.study_times.Times, or a string
    warnings: list[str] = field(default_factory=list)

    @property
    def known(self) -> Bools:
        """Patients whose outcome is known, shape (n,)."""
        return np.isfinite(self.patients.values(OUTCOME))

    @property
    def events(self) -> int:
        """Patients with the event."""
        return int(np.nansum(self.patients.values(OUTCOME)))


def analyse(patients: Patients) -> Results:
    """All results; raises :class:`EstimateError` if there are no two groups at all."""
    from threadpoolctl import threadpool_limits

    # thin matrices: threads of BLAS would wait for each other longer than they work
    with threadpool_limits(limits=1, user_api="blas"):
        return _analyse(patients)


def _analyse(patients: Patients) -> Results:
    found = Results(patients)
    outcome = patients.values(OUTCOME)
    events, without = int((outcome == 1).sum()), int((outcome == 0).sum())
    if not events or not without:
        raise EstimateError(
            f"{events} patients with the event and {without} without, both are needed."
        )
    found.warnings += patients.warnings
    _count_missing(found)
    describe(found)
    found.discrimination = _or_why(lambda: discriminate(found))
    if isinstance(found.discrimination, str):
        found.warnings.append(f"{patients.study.marker.label}: {found.discrimination}")
    _models(found)
    if patients.study.time is not None:
        from analysis.study_times import follow

        found.times = _or_why(lambda: follow(found))
    return found


def _or_why(work):
    try:
        return work()
    except EstimateError as error:
        return str(error)


def _count_missing(found: Results) -> None:
    patients, study = found.patients, found.patients.study
    outcome = patients.values(OUTCOME)
    if unknown := int((~found.known).sum()):
        found.warnings.append(
            f"{_patients(unknown)} without a known outcome: left out of everything that needs it."
        )
    labels = [(v.id, v.words) for v in study.variables]
    labels.append((study.marker.id, study.marker.label))
    extra = {"time": "Time", "time_event": "Event at that time", "group": "Group"}
    labels += [(id, words) for id, words in extra.items() if id in patients.table]
    for id, words in [(OUTCOME, study.outcome.label), *labels]:
        empty = patients.table[id].isna().to_numpy()
        found.missing.append(
            Missing(
                words, int(empty.sum()), int((empty & (outcome == 1)).sum()),
                int((empty & (outcome == 0)).sum()),
            )
        )  # fmt: skip


def _patients(n: int) -> str:
    return f"{n:,} patient" if n == 1 else f"{n:,} patients"


# --- the marker alone -----------------------------------------------------------------------


def discriminate(found: Results) -> Discrimination:
    """Area, curve and cut of the marker."""
    patients, study = found.patients, found.patients.study
    marker, settings = study.marker, study.study
    values, outcome = patients.values(marker.id), patients.values(OUTCOME)
    there = np.isfinite(values)
    positive, negative = values[there & (outcome == 1)], values[there & (outcome == 0)]
    turned = [roc.turn(x, marker.direction) for x in (positive, negative)]
    area = roc.area(*turned)
    curve = roc.curve(positive, negative, direction=marker.direction)
    try:
        interval = area.interval(settings.confidence)
    except EstimateError:
        interval = None
    searched, why = None, ""
    try:
        searched = _search(positive, negative, marker, settings.resamples, settings.seed)
    except EstimateError as error:
        why = str(error)
        found.warnings.append(f"{marker.label}: no cut is searched: {why}")
    if area.auc < 0.5 and (interval is None or interval[1] < 0.5):
        found.warnings.append(
            f"{marker.label}: the area lies under one half, so that {marker.direction} values do not "
            "speak for the event in these patients; the direction stays as it was stated."
        )
    fixed = None
    if marker.cut is not None:
        fixed = accuracy.table(positive, negative, marker.cut, direction=marker.direction)
    if searched is not None:
        gain = searched.searches.outside if _has_outside(searched) else searched.searches.corrected
        if gain.youden <= 0:
            found.warnings.append(
                f"{marker.label}: what is left of the Youden index of the searched cut in patients "
                "who took no part in the search is zero or less."
            )
    return Discrimination(positive, negative, area, interval, curve, searched, why, fixed)


def _has_outside(searched: Searched) -> bool:
    try:
        return math.isfinite(searched.searches.outside.youden)
    except EstimateError:
        return False


def _search(positive: Floats, negative: Floats, marker: Marker, asked: int, seed: int) -> Searched:
    n = len(positive) + len(negative)
    resamples = min(asked, max(20, _CUT_DRAWS // n))
    rng = np.random.default_rng([seed, 1])
    rule = cutoff.Rule("youden", marker.direction)
    searches = cutoff.bootstrap(positive, negative, rule, rng, resamples)
    table = accuracy.table(
        positive, negative, float(searches.found.cuts[0]), direction=marker.direction
    )
    done = f"{resamples:,} resamples, each group drawn at its own size, the search repeated in each"
    if resamples < asked:
        done += f" ({asked:,} were asked for; with {n:,} patients the work is bounded)"
    if resamples < _FEW_RESAMPLES:
        done += "; too few for an interval of the cut"
    try:
        largest = maximally_selected.maximum(positive, negative)
    except EstimateError:
        return Searched(searches, table, None, None, "", done)
    if n <= _EXACT_MOST:
        p, method = maximally_selected.exact(largest), "exact, all orders of the outcomes"
    else:
        p = maximally_selected.improved_bonferroni(largest)
        method = "improved Bonferroni, large sample"
    return Searched(searches, table, largest, p, method, done)


# --- models ---------------------------------------------------------------------------------


def predictors(
    found: Results, used: Bools, covariates: Sequence[Variable], with_marker: bool = True
) -> Predictors:
    """The marker in its steps and the covariates; `used`: patients whose SD is one step of the
    marker where the study names no other."""
    patients, marker = found.patients, found.patients.study.marker
    labels, columns = [], []
    if with_marker:
        values = patients.values(marker.id)
        there = values[used & np.isfinite(values)]
        unit = f" {marker.unit}" if marker.unit else ""
        if marker.per is not None:
            step, words = marker.per, f"per {marker.per:g}{unit}"
        else:
            step = float(there.std(ddof=1)) if len(there) > 1 else 1.0
            words = f"per SD ({step:.3g}{unit})"
        labels.append(f"{marker.label}, {words}")
        columns.append(values / (step or 1.0))
    for v in covariates:
        column = patients.table[v.id]
        if v.kind == "continuous":
            unit = f" {v.unit}" if v.unit else ""
            labels.append(f"{v.words}, per {v.per:g}{unit}")
            columns.append(column.to_numpy(dtype=float) / v.per)
            continue
        codes = column.cat.codes.to_numpy().astype(float)
        codes[codes < 0] = np.nan
        if v.kind == "ordinal":
            labels.append(f"{v.words}, per level")
            columns.append(codes)
            continue
        words = {level.value: level.label for level in v.levels}
        order = [level.value for level in v.levels]
        reference, *others = v.values
        for value in others:
            labels.append(f"{v.words}: {words[value]} against {words[reference]}")
            columns.append(np.where(np.isnan(codes), np.nan, codes == order.index(value)))
    return Predictors(labels, np.column_stack(columns))


def _models(found: Results) -> None:
    study = found.patients.study
    wanted: list[tuple[str, list[Variable]]] = [("Marker alone", [])]
    if study.covariates:
        wanted.append(("Marker with covariates", study.covariates))
    for title, covariates in wanted:
        columns = predictors(found, found.known, covariates)
        used = found.known & columns.complete
        state = found.patients.values(OUTCOME)[used]
        lost = int((found.known & ~columns.complete).sum())
        try:
            model = _fit(found, title, columns, state, columns.values[used], lost)
        except EstimateError as error:
            found.no_models.append(f"{title}: {error}")
            found.warnings.append(f"Logistic model, {title.lower()}: {error}")
            continue
        found.models.append(model)
        _warn(found, model, "Logistic model")


def _warn(found: Results, model: Model, what: str) -> None:
    k = len(model.labels)
    fewer = min(model.events, model.n - model.events)
    name = f"{what}, {model.title.lower()}"
    if fewer < EVENTS_PER_COEFFICIENT * k:
        found.warnings.append(
            f"{name}: {fewer} patients in the smaller outcome group for {k} "
            f"coefficient{'s' if k > 1 else ''}, {fewer / k:.1f} for each; fewer than "
            f"{EVENTS_PER_COEFFICIENT}, so that the ratios are unstable and probably too far from 1."
        )
    if model.method == "Firth":
        found.warnings.append(
            f"{name}: the predictors separate the outcomes, so that maximum likelihood has no finite "
            "fit; Firth's penalised likelihood is used instead."
        )
    if model.without_values:
        share = model.without_values / (model.n + model.without_values)
        found.warnings.append(
            f"{name}: {_patients(model.without_values)} ({100 * share:.1f}%) without all values "
            "are left out (complete cases); if values are not missing at random this biases the "
            "ratios."
        )


def _fit(
    found: Results, title: str, columns: Predictors, state: Floats, x: Floats, lost: int
) -> Model:
    confidence, n = found.patients.study.study.confidence, len(state)
    z = roc.normal_quantile(confidence)
    events = int(state.sum())
    if min(events, n - events) < 2:
        raise EstimateError(
            f"{events} patients with the event and {n - events} without have all values, two of each "
            "are the least."
        )
    y, x = logistic.patients(state, x)
    ordinary = None
    if n <= _PROVED_MOST:
        try:
            ordinary = logistic.fit(y, x)
            b, se, risk = ordinary.coefficients, ordinary.errors, ordinary.fitted
            reached = ordinary.log_likelihood
        except EstimateError as error:
            if "separate" not in str(error):
                raise
    else:
        if (x == x[0]).all(axis=0).any():
            raise EstimateError("a predictor is the same in every patient.")
        many = batched.refit(x, y[None], np.ones(n))
        if many.undetermined[0]:
            raise EstimateError("a predictor is a sum of the others.")
        if not many.separated[0]:
            b, se = many.coefficients[0], many.errors[0]
            risk = special.expit(b[0] + x @ b[1:])
            reached, ordinary = float(many.log_likelihoods[0]), many
    if ordinary is None:
        other = firth.firth(y, x, confidence)
        return Model(
            title, columns.labels, "Firth", other.coefficients, other.errors,
            np.exp(other.interval[:, 0]), np.exp(other.interval[:, 1]), other.p, y, other.fitted,
            lost, math.nan, None, "not for a separated model",
        )  # fmt: skip
    share = y.mean()
    chi2 = 2 * (reached - n * (special.xlogy(share, share) + special.xlogy(1 - share, 1 - share)))
    k = x.shape[1]
    checked, done = _optimism(found, y, x)
    with np.errstate(over="ignore"):
        low, high = np.exp(b[1:] - z * se[1:]), np.exp(b[1:] + z * se[1:])
    return Model(
        title, columns.labels, "maximum likelihood", b, se, low, high,
        2 * special.ndtr(-np.abs(b[1:] / se[1:])), y, risk, lost,
        (chi2 - k) / chi2 if chi2 > 0 else math.nan, checked, done,
    )  # fmt: skip


def _optimism(found: Results, y: Floats, x: Floats) -> tuple[optimism.Optimism | None, str]:
    n, settings = len(y), found.patients.study.study
    if n > _MODEL_MOST:
        return None, (
            f"no resampling: with {n:,} patients the work is bounded, and the closed-form shrinkage "
            "tells how little there is to correct"
        )
    resamples = min(settings.resamples, _MODEL_RESAMPLES, max(20, _MODEL_DRAWS // n))
    rng = np.random.default_rng([settings.seed, 2])
    try:
        checked = optimism.optimism(y, x, optimism.draw(n, resamples, rng), "omit")
    except EstimateError as error:
        return None, f"no resampling: {error}"
    left = checked.resamples - checked.used
    done = f"{resamples} resamples of all patients, the model refitted in each"
    return checked, done + (f"; {left} of them without a finite fit, left out" if left else "")
