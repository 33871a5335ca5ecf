"""Time to an event with patients who leave earlier: Kaplan-Meier, log-rank, Cox, and a test at
a fixed horizon.

Every patient brings a time (one unit throughout, from zero on) and whether the event ended it;
otherwise the patient was censored, that is, last seen without it.  Censoring at the time of an
event counts as later.  All of it takes for granted that those who leave would have fared like
those who stay; none of it knows a second event that rules the first out.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, sparse, special, stats

from analysis.estimate.effect import Estimate
from analysis.estimate.roc import EstimateError, normal_quantile

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Interval = Literal["log-log", "plain"]


@dataclass(frozen=True, slots=True)
class Risk:
    """`risk` of the event by `horizon`, its limits, Greenwood's `se`, and how many patients were
    still `at_risk` just before the horizon.  Limits are NaN where the risk is zero or one:
    Greenwood's formula has no error there."""

    horizon: float
    risk: float
    low: float
    high: float
    se: float
    at_risk: int


@dataclass(frozen=True, slots=True)
class Quantile:
    """The time by which a share has had the event, and its limits; inf: not reached."""

    time: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class KaplanMeier:
    """The curve at k distinct `times`, ascending, each shape (k,): patients `at_risk`, `events`,
    `censored`, `survival` after that time, and Greenwood's sum of d / (n (n − d))."""

    times: Floats
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    censored: NDArray[np.int64]
    survival: Floats
    greenwood: Floats

    @property
    def se(self) -> Floats:
        """Standard errors of the survival (Greenwood 1926), shape (k,); NaN at survival zero."""
        return self.survival * np.sqrt(self.greenwood)

    def limits(
        self, confidence: float = 0.95, interval: Interval = "log-log"
    ) -> tuple[Floats, Floats]:
        """Pointwise limits of the survival, each shape (k,).

        "log-log": on the scale log(−log S) (Kalbfleisch and Prentice 1980), inside 0 to 1;
        "plain": S ± z se, cut at 0 and 1.  NaN at survival zero or one.
        """
        z = normal_quantile(confidence)
        s, root = self.survival, np.sqrt(self.greenwood)
        inside = (s > 0) & (s < 1)
        low, high = np.full(len(s), np.nan), np.full(len(s), np.nan)
        s, root = s[inside], root[inside]
        if interval == "log-log":
            reach = z * root / -np.log(s)
            low[inside], high[inside] = s ** np.exp(reach), s ** np.exp(-reach)
        elif interval == "plain":
            low[inside] = np.maximum(s - z * s * root, 0)
            high[inside] = np.minimum(s + z * s * root, 1)
        else:
            raise EstimateError(f'an interval is "log-log" or "plain", not "{interval}".')
        return low, high

    def survival_at(self, when: ArrayLike, *, before: bool = False) -> Floats:
        """Survival at (or just `before`) each of these times, shape as given; NaN beyond the
        longest follow-up, unless all have had the event."""
        asked = np.asarray(when, dtype=float)
        place = np.searchsorted(self.times, asked, side="left" if before else "right")
        found = np.concatenate([[1.0], self.survival])[place]
        return np.where((asked > self.times[-1]) & (found > 0), np.nan, found)

    def risk(
        self, horizon: float, confidence: float = 0.95, interval: Interval = "log-log"
    ) -> Risk:
        """One minus the survival at the horizon, in the unit of the times.

        Raises :class:`EstimateError` beyond the longest follow-up, unless all have had the event.
        """
        _check_horizon(horizon)
        if horizon > self.times[-1] and self.survival[-1] > 0:
            raise EstimateError(
                f"the follow-up ends at {self.times[-1]:g}, before the horizon of {horizon:g}."
            )
        low, high = self.limits(confidence, interval)
        at = int(np.searchsorted(self.times, horizon, side="right")) - 1
        left = int(np.searchsorted(self.times, horizon, side="left"))
        at_risk = int(self.at_risk[left]) if left < len(self.times) else 0
        if at < 0:
            return Risk(horizon, 0.0, math.nan, math.nan, 0.0, at_risk)
        return Risk(
            horizon, float(1 - self.survival[at]), float(1 - high[at]), float(1 - low[at]),
            float(self.se[at]), at_risk,
        )  # fmt: skip

    def quantile(
        self, share: float = 0.5, confidence: float = 0.95, interval: Interval = "log-log"
    ) -> Quantile:
        """The time by which `share` of the patients have had the event; the median by default.

        The first time with survival ≤ 1 − share; the middle of the step where it is just that
        (as R's survival).  Limits: the same reading of the limits of the curve (Brookmeyer and
        Crowley 1982).
        """
        if not 0 < share < 1:
            raise EstimateError("a share lies between zero and one.")
        low, high = self.limits(confidence, interval)
        return Quantile(
            _crossing(self.times, self.survival, 1 - share),
            _crossing(self.times, low, 1 - share), _crossing(self.times, high, 1 - share),
        )  # fmt: skip


def kaplan_meier(time: ArrayLike, event: ArrayLike) -> KaplanMeier:
    """The product-limit curve (Kaplan and Meier 1958).

    `time`: shape (n,), finite, zero or more; `event`: shape (n,), one if the event ended the
    time and zero if the patient was censored.  Raises :class:`EstimateError` for anything else.
    """
    t, d = _follow_up(time, event)
    times, place, counts = np.unique(t, return_inverse=True, return_counts=True)
    events = np.bincount(place, weights=d, minlength=len(times)).astype(np.int64)
    at_risk = len(t) - np.concatenate([[0], np.cumsum(counts)[:-1]])
    survival = np.cumprod(1 - events / at_risk)
    left = (at_risk - events).astype(float)
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(np.where(events > 0, events / (at_risk * left), 0.0))
    greenwood[survival == 0] = np.nan  # nobody is left: the formula divides by zero
    return KaplanMeier(times, at_risk, events, counts - events, survival, greenwood)


@dataclass(frozen=True, slots=True)
class LogRank:
    """k `groups` in ascending order, `observed` and `expected` events, shapes (k,); chi-square
    `statistic` with `df` = k − 1 and its P."""

    groups: tuple
    observed: Floats
    expected: Floats
    statistic: float
    df: int
    p: float


def log_rank(time: ArrayLike, event: ArrayLike, group: ArrayLike) -> LogRank:
    """Mantel's test that k groups have one hazard (Mantel 1966), with lifelines.

    `time`, `event` as in :func:`kaplan_meier`; `group`: shape (n,), any labels.  Raises
    :class:`EstimateError` for one group, no event, or a group that is alone at every event.
    """
    t, d = _follow_up(time, event)
    named = np.asarray(group)
    if named.shape != t.shape or (named.dtype.kind == "f" and np.isnan(named).any()):
        raise EstimateError("every patient needs a group.")
    labels, member = np.unique(named, return_inverse=True)
    if len(labels) < 2:
        raise EstimateError("there is one group, two are needed.")
    if not d.any():
        raise EstimateError("no patient had the event.")
    at, deaths = np.unique(t[d], return_counts=True)
    own = [np.sort(t[member == k]) for k in range(len(labels))]
    risk = np.column_stack([len(x) - np.searchsorted(x, at) for x in own])
    if (risk > 0).sum(axis=1).max() < 2:
        raise EstimateError("no event fell while two groups were under observation.")
    expected = (deaths[:, None] * risk / risk.sum(axis=1, keepdims=True)).sum(axis=0)
    if (expected == 0).any():
        raise EstimateError("a group was not under observation at any event.")
    with _lifelines_on_pandas_3():
        from lifelines.statistics import multivariate_logrank_test

        found = multivariate_logrank_test(t, member, d)
    return LogRank(
        tuple(labels.tolist()), np.bincount(member, weights=d, minlength=len(labels)), expected,
        float(found.test_statistic), len(labels) - 1, float(found.p_value),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CoxFit:
    """`coefficients` (log hazard ratio per unit) with their `errors`, `ratios` with Wald limits
    `low` and `high`, and Wald `p`, each shape (k,); the log partial likelihood with and without
    the predictors; Harrell's `concordance` of the fitted hazards, ties one half, NaN where no two
    patients can be put in order."""

    coefficients: Floats
    errors: Floats
    ratios: Floats
    low: Floats
    high: Floats
    p: Floats
    log_likelihood: float
    null_log_likelihood: float
    concordance: float

    @property
    def likelihood_ratio(self) -> tuple[float, int, float]:
        """Chi-square of all predictors together, its degrees of freedom, and P."""
        statistic = 2 * (self.log_likelihood - self.null_log_likelihood)
        df = len(self.coefficients)
        return statistic, df, float(stats.chi2.sf(statistic, df))


def cox(
    time: ArrayLike, event: ArrayLike, predictors: ArrayLike, confidence: float = 0.95
) -> CoxFit:
    """Proportional hazards (Cox 1972) with lifelines, tied events after Efron (1977).

    `time`, `event` as in :func:`kaplan_meier`; `predictors`: shape (n, k) or (n,), any units
    (scaled inside, coefficients per unit).  Raises :class:`EstimateError` if there is no finite
    maximum (whoever has the event always has the largest b·x of those at risk: Bryson and
    Johnson 1981), if predictors repeat each other, or without events.
    """
    t, d, x, scale = _cox_input(time, event, predictors)
    z = normal_quantile(confidence)
    with _lifelines_on_pandas_3():
        import pandas as pd
        from lifelines import CoxPHFitter
        from lifelines.exceptions import ConvergenceError, ConvergenceWarning
        from lifelines.utils import concordance_index

        # what it warns of is settled below, by Newton's own step
        warnings.simplefilter("ignore", ConvergenceWarning)
        table = pd.DataFrame(x, columns=[f"x{k}" for k in range(x.shape[1])])
        try:
            found = CoxPHFitter().fit(table.assign(time=t, event=d), "time", "event")
        except ConvergenceError:
            raise EstimateError("the fit does not converge.") from None
        b, here = _polish(t, d, x, found.params_.to_numpy())
        try:
            index = concordance_index(t, -(x @ b), d)
        except ZeroDivisionError:  # no pair of patients can be put in order
            index = math.nan
    se = np.sqrt(np.diag(np.linalg.inv(here.information))) / scale
    b = b / scale
    with np.errstate(over="ignore"):  # per a very large unit a ratio has no end
        ratios, low, high = np.exp(b), np.exp(b - z * se), np.exp(b + z * se)
    return CoxFit(
        b, se, ratios, low, high, 2 * special.ndtr(-np.abs(b / se)),
        here.log_likelihood, _efron(t, d, x, np.zeros(len(b))).log_likelihood, float(index),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProportionalHazards:
    """Chi-squares with one degree of freedom a predictor, shape (k,), and of all together."""

    statistic: Floats
    p: Floats
    global_statistic: float
    global_df: int
    global_p: float


def proportional_hazards(
    time: ArrayLike,
    event: ArrayLike,
    predictors: ArrayLike,
    transform: Literal["km", "identity", "log", "rank"] = "km",
) -> ProportionalHazards:
    """Whether hazard ratios change with time: the score test for b + c·g(t), c = 0 (Grambsch and
    Therneau 1994, as R's survival 3: the exact test, not its approximation by a constant
    variance of the Schoenfeld residuals, which is what lifelines computes).

    g: one minus the Kaplan-Meier curve just before t ("km"), t, log t, or the rank of t among
    all times, censored ones too.  Arguments and refusals as :func:`cox`.
    """
    b = cox(time, event, predictors).coefficients
    t, d, x, scale = _cox_input(time, event, predictors)
    b, at = b * scale, np.unique(t[d])
    if transform == "km":
        g = 1 - kaplan_meier(t, d).survival_at(at, before=True)
    elif transform == "identity":
        g = at
    elif transform == "log":
        if at[0] <= 0:
            raise EstimateError("an event at time zero has no logarithm.")
        g = np.log(at)
    elif transform == "rank":
        ordered = np.sort(t)
        g = stats.rankdata(ordered)[np.searchsorted(ordered, at)]
    else:
        raise EstimateError(f'there is no transform of the time called "{transform}".')
    here = _efron(t, d, x, b)
    g_of = g[here.at] - g[here.at].mean()
    k = x.shape[1]
    score = g_of @ here.residuals
    plain = here.information
    mixed = np.tensordot(g_of, here.spread, 1)
    squared = np.tensordot(g_of**2, here.spread, 1)
    # the coefficients themselves are fitted: what they explain is taken out
    information = squared - mixed @ np.linalg.solve(plain, mixed)
    if np.linalg.matrix_rank(information, hermitian=True) < k:
        raise EstimateError("events at one time cannot show whether hazard ratios change.")
    # one predictor at a time: c for that predictor only
    alone = np.array([
        score[j] ** 2 / (squared[j, j] - mixed[j] @ np.linalg.solve(plain, mixed[:, j]))
        for j in range(k)
    ])  # fmt: skip
    together = float(score @ np.linalg.solve(information, score))
    return ProportionalHazards(
        alone, stats.chi2.sf(alone, 1), together, k, float(stats.chi2.sf(together, k))
    )


@dataclass(frozen=True, slots=True)
class HorizonStatus:
    """Patients at a horizon: with the `event` by then, `event_free` (followed that far), and
    `unknown` (censored before); `kaplan_meier`: the risk that uses all three."""

    horizon: float
    event: int
    event_free: int
    unknown: int
    kaplan_meier: Risk

    @property
    def patients(self) -> int:
        """All patients."""
        return self.event + self.event_free + self.unknown

    @property
    def share_of_all(self) -> float:
        """Events per patient: those lost counted as event-free, so the lowest possible risk."""
        return self.event / self.patients

    @property
    def share_of_known(self) -> float:
        """Events per patient with known status: those lost left out; NaN if none is known."""
        known = self.event + self.event_free
        return self.event / known if known else math.nan

    @property
    def share_if_all_lost_had_it(self) -> float:
        """The highest possible risk: everybody lost before the horizon had the event."""
        return (self.event + self.unknown) / self.patients

    def lost_events_for(self, share: float) -> float:
        """How many of those lost must have had the event for the share of all patients to be
        `share` (the tipping point); outside 0 to `unknown`: not even all or none would do."""
        return share * self.patients - self.event


def status_at(
    time: ArrayLike, event: ArrayLike, horizon: float, confidence: float = 0.95
) -> HorizonStatus:
    """Status of patients at the horizon (unit of the times), with the Kaplan-Meier risk.

    The event at the horizon itself counts; a patient last seen at the horizon is event-free.
    `time`, `event` as in :func:`kaplan_meier`; raises as :meth:`KaplanMeier.risk`.
    """
    t, d = _follow_up(time, event)
    case, control = _known(t, d, horizon)
    return HorizonStatus(
        float(horizon), int(case.sum()), int(control.sum()), int((~case & ~control).sum()),
        kaplan_meier(t, d).risk(horizon, confidence),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Weights:
    """Masks of patients with (`case`) and without (`control`) the event by the horizon, and
    `weight`, one over the chance to be seen; zero where the status is unknown; all (n,)."""

    case: Bools
    control: Bools
    weight: Floats


def censoring_weights(time: ArrayLike, event: ArrayLike, horizon: float) -> Weights:
    """Inverse-probability-of-censoring weights (Uno 2007; Blanche 2013): 1 / G(T−) for events
    by the horizon τ and 1 / G(τ−) for patients followed to τ, where G is the Kaplan-Meier curve
    of the censoring.  The weights of the cases add up to n times the Kaplan-Meier risk.

    Raises :class:`EstimateError` without a case or a control, or where G is zero.
    """
    t, d = _follow_up(time, event)
    case, control = _known(t, d, horizon)
    if not case.any() or not control.any():
        raise EstimateError(
            f"by {horizon:g} there are {case.sum()} patients with the event and "
            f"{control.sum()} known to be without; both are needed."
        )
    # events come before censoring at the same time: they are not at risk of being censored then
    times, place, counts = np.unique(t, return_inverse=True, return_counts=True)
    lost = np.bincount(place, weights=~d, minlength=len(times))
    at_risk = len(t) - np.cumsum(counts) + lost
    staying = np.cumprod(1 - np.divide(lost, at_risk, out=np.zeros(len(times)), where=lost > 0))
    until = np.where(case, t, float(horizon))
    g = np.concatenate([[1.0], staying])[np.searchsorted(times, until, side="left")]
    weight = np.zeros(len(t))
    known = case | control
    if (g[known] <= 0).any():
        raise EstimateError("nobody is left under observation by the horizon.")
    weight[known] = 1 / g[known]
    return Weights(case, control, weight)


@dataclass(frozen=True, slots=True)
class AccuracyAt:
    """`sensitivity` and `specificity` of a rule for the event by a horizon."""

    sensitivity: float
    specificity: float


def accuracy_at(
    time: ArrayLike, event: ArrayLike, positive: ArrayLike, horizon: float
) -> AccuracyAt:
    """Cumulative sensitivity and dynamic specificity of a rule, weighted for censoring (Uno 2007).

    `positive`: shape (n,), whether the rule speaks for the event, whatever its direction.
    Right if leaving depends neither on the rule nor on what comes after.
    """
    w = censoring_weights(time, event, horizon)
    rule = _rule(positive, len(w.weight))
    return AccuracyAt(
        float(w.weight[w.case & rule].sum() / w.weight[w.case].sum()),
        float(w.weight[w.control & ~rule].sum() / w.weight[w.control].sum()),
    )


def auc_at(time: ArrayLike, event: ArrayLike, marker: ArrayLike, horizon: float) -> float:
    """Cumulative/dynamic area at the horizon, weighted for censoring (Uno 2007; Blanche 2013):
    the chance that a patient with the event by then has the higher marker than one without,
    ties one half.  High values speak for the event; no direction is chosen from the data.
    """
    w = censoring_weights(time, event, horizon)
    m = np.asarray(marker, dtype=float)
    if m.shape != w.weight.shape or not np.isfinite(m).all():
        raise EstimateError("every patient needs a finite value of the marker.")
    control = np.sort(m[w.control])  # the weights of controls are equal and fall out
    below = np.searchsorted(control, m[w.case], side="left")
    not_above = np.searchsorted(control, m[w.case], side="right")
    wins = (below + not_above) / (2 * len(control))
    return float(np.average(wins, weights=w.weight[w.case]))


def bootstrap_auc_at(
    time: ArrayLike,
    event: ArrayLike,
    marker: ArrayLike,
    horizon: float,
    rng: np.random.Generator,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Estimate:
    """:func:`auc_at` with percentile limits from resampled patients, the censoring curve included.

    Raises :class:`EstimateError` if more than one resample in twenty has no case or no control.
    """
    value = auc_at(time, event, marker, horizon)
    (low,), (high,) = _percentiles(
        lambda *data: [auc_at(*data, horizon)], (time, event, marker), rng, resamples, confidence
    )
    return Estimate(value, low, high)


def bootstrap_accuracy_at(
    time: ArrayLike,
    event: ArrayLike,
    positive: ArrayLike,
    horizon: float,
    rng: np.random.Generator,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> tuple[Estimate, Estimate]:
    """Sensitivity and specificity of :func:`accuracy_at` with percentile limits, as
    :func:`bootstrap_auc_at`.  The rule is taken for given: a cut-off found in these very patients
    makes the intervals too narrow and their middle too good."""

    def both(*data: Floats) -> list[float]:
        found = accuracy_at(*data, horizon)
        return [found.sensitivity, found.specificity]

    value = both(time, event, positive)
    low, high = _percentiles(both, (time, event, positive), rng, resamples, confidence)
    return Estimate(value[0], low[0], high[0]), Estimate(value[1], low[1], high[1])


def _percentiles(
    estimate: Callable[..., list[float]],
    data: tuple[ArrayLike, ...],
    rng: np.random.Generator,
    resamples: int,
    confidence: float,
) -> list[list[float]]:
    normal_quantile(confidence)
    if resamples < 2:
        raise EstimateError("a bootstrap needs two resamples or more.")
    columns = [np.asarray(a, dtype=float) for a in data]
    n, found = len(columns[0]), []
    for _ in range(resamples):
        pick = rng.integers(0, n, n)
        try:
            found.append(estimate(*(a[pick] for a in columns)))
        except EstimateError:  # no case, no control, or nobody left: counted below
            continue
    if len(found) < 0.95 * resamples:
        raise EstimateError("too many resamples hold no patient with, or none without, the event.")
    tail = (1 - confidence) / 2
    return np.quantile(found, [tail, 1 - tail], axis=0).tolist()


@dataclass(frozen=True, slots=True)
class RuleAt:
    """Kaplan-Meier risks by the horizon of patients whom a rule calls `positive` and `negative`,
    and the share it calls positive.  The positive predictive value is the first risk, the
    negative one is one minus the second."""

    positive: Risk
    negative: Risk
    share_positive: float

    @property
    def difference(self) -> tuple[float, float]:
        """The risk of the positive minus that of the negative, and its standard error."""
        return (
            self.positive.risk - self.negative.risk,
            math.hypot(self.positive.se, self.negative.se),
        )

    def net_benefit(self, thresholds: ArrayLike) -> tuple[Floats, Floats]:
        """Net benefit of the rule and of treat-all at each threshold (Vickers 2008): shares with
        the event treated, less those without it times the odds of the threshold.

        Treat-all takes the overall risk as the sum of the two parts, which is the Kaplan-Meier
        risk of all only if censoring is the same in both.
        """
        at = np.atleast_1d(np.asarray(thresholds, dtype=float))
        if not ((at >= 0) & (at < 1)).all():
            raise EstimateError("a threshold is a risk, zero or more and below one.")
        w, share = at / (1 - at), self.share_positive
        overall = share * self.positive.risk + (1 - share) * self.negative.risk
        return (
            share * (self.positive.risk - (1 - self.positive.risk) * w),
            overall - (1 - overall) * w,
        )


def rule_at(
    time: ArrayLike,
    event: ArrayLike,
    positive: ArrayLike,
    horizon: float,
    confidence: float = 0.95,
) -> RuleAt:
    """Predictive values of a rule for the event by the horizon, from the curves of its two groups:
    right also where those called positive leave at another rate than the others.

    Raises :class:`EstimateError` if the rule says the same of all, or as
    :meth:`KaplanMeier.risk` in either group.
    """
    t, d = _follow_up(time, event)
    rule = _rule(positive, len(t))
    if rule.all() or not rule.any():
        raise EstimateError("the rule says the same of every patient.")
    one, nil = (kaplan_meier(t[g], d[g]).risk(horizon, confidence) for g in (rule, ~rule))
    return RuleAt(one, nil, float(rule.mean()))


@dataclass(frozen=True, slots=True)
class LostPatients:
    """Accuracy of a rule under four stories of the patients lost before the horizon, and with
    them left out: the widest that the data allow."""

    left_out: AccuracyAt
    all_had_it: AccuracyAt
    none_had_it: AccuracyAt
    as_the_rule_says: AccuracyAt
    against_the_rule: AccuracyAt


def lost_patients(
    time: ArrayLike, event: ArrayLike, positive: ArrayLike, horizon: float
) -> LostPatients:
    """What patients lost before the horizon can do to sensitivity and specificity of a rule.

    The last two stories bound both numbers; NaN where a story leaves no patient with, or none
    without, the event.  Arguments as :func:`accuracy_at`.
    """
    t, d = _follow_up(time, event)
    rule = _rule(positive, len(t))
    case, control = _known(t, d, horizon)
    lost = ~case & ~control

    def told(had_it: Bools) -> AccuracyAt:
        with_event, without = case | (lost & had_it), control | (lost & ~had_it)
        return AccuracyAt(
            float(rule[with_event].mean()) if with_event.any() else math.nan,
            float((~rule)[without].mean()) if without.any() else math.nan,
        )

    left_out = AccuracyAt(
        float(rule[case].mean()) if case.any() else math.nan,
        float((~rule)[control].mean()) if control.any() else math.nan,
    )
    everyone = np.ones(len(t), dtype=bool)
    return LostPatients(left_out, told(everyone), told(~everyone), told(rule), told(~rule))


def _follow_up(time: ArrayLike, event: ArrayLike) -> tuple[Floats, Bools]:
    t, d = np.asarray(time, dtype=float), np.asarray(event, dtype=float)
    if t.ndim != 1 or t.shape != d.shape or not len(t):
        raise EstimateError("every patient needs one time and one yes or no for the event.")
    if not np.isfinite(t).all() or (t < 0).any():
        raise EstimateError("times are finite and not below zero.")
    if not np.isin(d, (0, 1)).all():
        raise EstimateError("the event is one, or zero for a censored time.")
    return t, d == 1


def _rule(positive: ArrayLike, n: int) -> Bools:
    found = np.asarray(positive)
    if found.shape != (n,) or not np.isin(found, (0, 1)).all():
        raise EstimateError("every patient needs a yes or no of the rule.")
    return found.astype(bool)


def _known(t: Floats, d: Bools, horizon: float) -> tuple[Bools, Bools]:
    _check_horizon(horizon)
    case = d & (t <= horizon)
    return case, ~case & (t >= horizon)


def _check_horizon(horizon: float) -> None:
    if not (math.isfinite(horizon) and horizon > 0):
        raise EstimateError("a horizon is a finite time above zero.")


def _crossing(times: Floats, curve: Floats, level: float) -> float:
    """The first time at which the falling curve is at the level or below; inf if never."""
    tolerance = 1e-9  # products of fractions: one half is met to the last digits only
    reached = np.flatnonzero(curve <= level + tolerance)
    if not len(reached):
        return math.inf
    first = reached[0]
    beyond = np.flatnonzero(curve < level - tolerance)
    if abs(curve[first] - level) <= tolerance:
        # the step runs to the next event, or to the end of the follow-up
        end = times[beyond[0]] if len(beyond) else times[-1]
        return float((times[first] + end) / 2)
    return float(times[first])


def _cox_input(
    time: ArrayLike, event: ArrayLike, predictors: ArrayLike
) -> tuple[Floats, Bools, Floats, Floats]:
    """Times, events, predictors in standard deviations from their mean, and those deviations."""
    t, d = _follow_up(time, event)
    x = np.asarray(predictors, dtype=float)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or x.shape[0] != len(t) or not np.isfinite(x).all():
        raise EstimateError("every patient needs a finite value of every predictor.")
    if not d.any():
        raise EstimateError("no patient had the event.")
    scale = x.std(axis=0)
    if (np.ptp(x, axis=0) == 0).any():
        raise EstimateError("a predictor is the same in every patient.")
    x = (x - x.mean(axis=0)) / scale
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise EstimateError("a predictor is a sum of the others.")
    if _monotone(t, d, x):
        raise EstimateError(
            "at every event a sum of the predictors is largest in whoever has it, or the "
            "predictors do not differ among those at risk, so there is no finite fit."
        )
    return t, d, x, scale


@dataclass(frozen=True, slots=True)
class _Efron:
    """Of each of m deaths: the place of its time among the event times `at`, its Schoenfeld
    `residuals` (m, k) and the `spread` of the predictors among those at risk (m, k, k)."""

    at: NDArray[np.int64]
    residuals: Floats
    spread: Floats
    log_likelihood: float

    @property
    def information(self) -> Floats:
        return self.spread.sum(axis=0)


def _efron(t: Floats, d: Bools, x: Floats, b: Floats) -> _Efron:
    """The partial likelihood at b and its derivatives, tied deaths after Efron (1977): the j-th of
    m tied deaths meets the whole risk set less a share j / m of all m."""
    at = np.unique(t[d])
    height = x @ b
    weight = np.exp(height - height.max())
    total = _of_risk_sets(t, at, weight, x)
    dead = _of_deaths(t, d, at, weight, x)
    ties = np.bincount(np.searchsorted(at, t[d]), minlength=len(at))
    place = np.repeat(np.arange(len(at)), ties)
    share = (np.arange(len(place)) - np.repeat(np.cumsum(ties) - ties, ties)) / ties[place]
    mass, first, second = (
        whole[place] - share.reshape(-1, *[1] * (whole.ndim - 1)) * part[place]
        for whole, part in zip(total, dead, strict=True)
    )
    if not (mass > 0).all():
        raise EstimateError("the predictors are too far apart for the fit: hazards underflow.")
    mean = first / mass[:, None]
    order = np.argsort(t[d], kind="stable")
    return _Efron(
        place, x[d][order] - mean,
        second / mass[:, None, None] - mean[:, :, None] * mean[:, None, :],
        float((height[d] - height.max()).sum() - np.log(mass).sum()),
    )  # fmt: skip


def _of_risk_sets(t: Floats, at: Floats, weight: Floats, x: Floats) -> tuple[Floats, ...]:
    """Weighted sums of 1, x and x xᵀ over the patients at risk at each of the times."""
    order = np.argsort(-t, kind="stable")
    last = np.searchsorted(-t[order], -at, side="right") - 1
    w, z = weight[order], x[order]
    wz = w[:, None] * z
    return (
        np.cumsum(w)[last], np.cumsum(wz, axis=0)[last],
        np.cumsum(wz[:, :, None] * z[:, None, :], axis=0)[last],
    )  # fmt: skip


def _of_deaths(t: Floats, d: Bools, at: Floats, weight: Floats, x: Floats) -> tuple[Floats, ...]:
    """The same sums over the patients who have the event at each of the times."""
    place, w, z = np.searchsorted(at, t[d]), weight[d], x[d]
    k = x.shape[1]
    sums = np.zeros(len(at)), np.zeros((len(at), k)), np.zeros((len(at), k, k))
    wz = w[:, None] * z
    for total, part in zip(sums, (w, wz, wz[:, :, None] * z[:, None, :]), strict=True):
        np.add.at(total, place, part)
    return sums


def _polish(t: Floats, d: Bools, x: Floats, b: Floats) -> tuple[Floats, _Efron]:
    """Newton's steps from a fit to its last digits, halved where they overshoot; raises unless the
    last one is nothing beside its own standard error."""
    here = _efron(t, d, x, b)
    for _ in range(50):
        step = np.linalg.solve(here.information, here.residuals.sum(axis=0))
        gain = float(here.residuals.sum(axis=0) @ step)  # squared, in standard errors
        if gain < 1e-18:
            return b + step, _efron(t, d, x, b + step)
        size = 1.0
        while size > 1e-6:
            there = _efron(t, d, x, b + size * step)
            if there.log_likelihood >= here.log_likelihood - 1e-12 * abs(here.log_likelihood):
                break
            size /= 2
        b, here = b + size * step, there
    raise EstimateError("the fit does not converge.")


def _monotone(t: Floats, d: Bools, x: Floats) -> bool:
    """Whether the partial likelihood has no single finite maximum, decided by a linear programme:
    some b in a box has b·x of every event at the top of its risk set, below it or not."""
    at = np.unique(t[d])
    k, m = x.shape[1], len(at)
    one = np.ones(len(t))
    size, first, second = _of_risk_sets(t, at, one, x)
    deaths, dying, _ = _of_deaths(t, d, at, one, x)
    # no spread within any risk set in some direction: b is not determined there
    spread = (second - first[:, :, None] * first[:, None, :] / size[:, None, None]).sum(axis=0)
    if np.linalg.matrix_rank(spread, tol=1e-9 * np.trace(second.sum(axis=0)), hermitian=True) < k:
        return True
    gain = (size[:, None] * dying - deaths[:, None] * first).sum(axis=0)
    # unknowns: b, and the top of each risk set; latest event first, tops grow backwards
    last = np.searchsorted(at, t, side="right") - 1  # the last event that each patient sees
    seen = last >= 0
    below_top = sparse.hstack([
        sparse.csr_array(x[seen]),
        sparse.csr_array(
            (-np.ones(seen.sum()), (np.arange(seen.sum()), last[seen])), shape=(seen.sum(), m)
        ),
    ])  # fmt: skip
    chain = sparse.hstack([
        sparse.csr_array((m - 1, k)),
        sparse.diags_array([-np.ones(m - 1), np.ones(m - 1)], offsets=[0, 1], shape=(m - 1, m))
        if m > 1 else sparse.csr_array((0, m)),
    ])  # fmt: skip
    rows = np.flatnonzero(d)
    at_top = sparse.hstack([
        sparse.csr_array(-x[rows]),
        sparse.csr_array(
            (np.ones(len(rows)), (np.arange(len(rows)), last[rows])), shape=(len(rows), m)
        ),
    ])  # fmt: skip
    answer = optimize.linprog(
        np.concatenate([-gain, np.zeros(m)]),
        A_ub=sparse.vstack([below_top, chain, at_top]).tocsc(),
        b_ub=np.zeros(below_top.shape[0] + chain.shape[0] + at_top.shape[0]),
        bounds=[(-1, 1)] * k + [(None, None)] * m, method="highs",
    )  # fmt: skip
    # a direction that the data leave free runs to the box; what the solver's tolerance lets
    # through stays near zero
    return bool(np.abs(answer.x[:k]).max() > 0.5 and -answer.fun > 1e-7)


@contextmanager
def _lifelines_on_pandas_3():
    """Silences one warning: lifelines calls df.var(0), which pandas 4 will refuse."""
    from pandas.errors import Pandas4Warning

    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", r"Starting with pandas version 4\.0 all arguments of", Pandas4Warning
        )
        yield
