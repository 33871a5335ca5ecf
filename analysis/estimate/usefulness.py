"""What a test or a rule is good for: predictive values, likelihood ratios, net benefit, numbers
needed.

A rule is positive or negative, whatever marker stands behind it; positive speaks for the event.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.estimate.effect import Estimate, risk_difference, share
from analysis.estimate.roc import EstimateError, normal_quantile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Counts:
    """The 2×2 table of a rule: patients with the event that it finds (`true_positive`) and
    misses, and without the event that it names wrongly and rightly.  Raises
    :class:`EstimateError` unless there are patients with and patients without the event."""

    true_positive: int
    false_negative: int
    false_positive: int
    true_negative: int

    def __post_init__(self) -> None:
        cells = (self.true_positive, self.false_negative, self.false_positive, self.true_negative)
        if not all(math.isfinite(n) and n == int(n) and n >= 0 for n in cells):
            raise EstimateError("the four counts of a rule are whole numbers, zero or more.")
        if self.with_event == 0 or self.without_event == 0:
            raise EstimateError("patients with and patients without the event are both needed.")

    @property
    def with_event(self) -> int:
        """Patients with the event."""
        return self.true_positive + self.false_negative

    @property
    def without_event(self) -> int:
        """Patients without the event."""
        return self.false_positive + self.true_negative

    @property
    def patients(self) -> int:
        """All patients."""
        return self.with_event + self.without_event

    @property
    def prevalence(self) -> float:
        """Share of these patients with the event."""
        return self.with_event / self.patients

    @property
    def sensitivity(self) -> float:
        """Share of positive among patients with the event."""
        return self.true_positive / self.with_event

    @property
    def specificity(self) -> float:
        """Share of negative among patients without the event."""
        return self.true_negative / self.without_event


def counts(state: ArrayLike, positive: ArrayLike) -> Counts:
    """The 2×2 table from patients: `state` and `positive`, shape (n,), each zero or one."""
    y, rule = np.asarray(state), np.asarray(positive)
    if y.ndim != 1 or y.shape != rule.shape:
        raise EstimateError("every patient needs a state and a yes or no of the rule.")
    if not (np.isin(y, (0, 1)).all() and np.isin(rule, (0, 1)).all()):
        raise EstimateError("the state and the rule are zero or one.")
    y, rule = y.astype(bool), rule.astype(bool)
    return Counts(
        int((y & rule).sum()), int((y & ~rule).sum()),
        int((~y & rule).sum()), int((~y & ~rule).sum()),
    )  # fmt: skip


# --- predictive values and likelihood ratios ---


def predictive_values(
    sensitivity: ArrayLike, specificity: ArrayLike, prevalence: ArrayLike
) -> tuple[Floats, Floats]:
    """Positive and negative predictive value by Bayes' theorem; the three broadcast together.

    NaN where nobody is positive (or negative).
    """
    se, sp, prior = (_shares(a) for a in (sensitivity, specificity, prevalence))
    true_positive, false_positive = prior * se, (1 - prior) * (1 - sp)
    true_negative, false_negative = (1 - prior) * sp, prior * (1 - se)
    with np.errstate(invalid="ignore"):
        return (
            true_positive / (true_positive + false_positive),
            true_negative / (true_negative + false_negative),
        )


@dataclass(frozen=True, slots=True)
class Predictive:
    """`positive` and `negative` predictive value at one `prevalence`, with limits."""

    prevalence: float
    positive: Estimate
    negative: Estimate


def predictive_values_of(
    table: Counts, prevalence: float | None = None, confidence: float = 0.95
) -> Predictive:
    """Predictive values of a rule with limits.

    Without a prevalence: shares of these patients, who then must be a sample of those to be
    tested, with Wilson's interval.  At a prevalence known from elsewhere: Bayes' theorem, limits
    on the logit scale (Mercaldo, Lau and Zhou 2007); NaN where a count is zero.  Raises
    :class:`EstimateError` if the rule is never, or always, positive and no share exists.
    """
    if prevalence is None:
        positive = table.true_positive + table.false_positive
        if positive in (0, table.patients):
            raise EstimateError("the rule says the same of every patient.")
        return Predictive(
            table.prevalence,
            share(table.true_positive, positive, confidence),
            share(table.true_negative, table.patients - positive, confidence),
        )
    if not 0 < prevalence < 1:
        raise EstimateError("a prevalence lies between zero and one.")
    odds = prevalence / (1 - prevalence)
    plus, minus = likelihood_ratios(table, confidence)

    def chance(ratio: float) -> float:
        return 1.0 if ratio == math.inf else odds * ratio / (1 + odds * ratio)

    return Predictive(
        prevalence,
        Estimate(chance(plus.value), chance(plus.low), chance(plus.high)),
        Estimate(1 - chance(minus.value), 1 - chance(minus.high), 1 - chance(minus.low)),
    )


def likelihood_ratios(table: Counts, confidence: float = 0.95) -> tuple[Estimate, Estimate]:
    """Of a positive and of a negative result, limits on the log scale (Simel, Samsa and Matchar
    1991).

    A ratio is zero or infinite where a count is zero, and NaN where nobody has that result;
    its limits are NaN then: the log scale ends there.
    """
    z = normal_quantile(confidence)
    found = []
    for with_it, without in (
        (table.true_positive, table.false_positive),
        (table.false_negative, table.true_negative),
    ):
        if with_it == 0 or without == 0:
            value = math.nan if with_it == without else (0.0 if with_it == 0 else math.inf)
            found.append(Estimate(value, math.nan, math.nan))
            continue
        value = (with_it / table.with_event) / (without / table.without_event)
        variance = 1 / with_it - 1 / table.with_event + 1 / without - 1 / table.without_event
        # everybody has this result: one, by arithmetic and not by evidence
        reach = math.exp(z * math.sqrt(variance)) if variance > 0 else math.nan
        found.append(Estimate(value, value / reach, value * reach))
    return found[0], found[1]


# --- net benefit ---


@dataclass(frozen=True, slots=True)
class NetBenefit:
    """Net benefit per patient at k `thresholds`, the risks at which one would just treat: true
    positives, less false positives weighted by the odds of the threshold.  `rule` and
    `treat_all` with standard errors, `over_all`: the rule minus treat-all, with its own; shape
    (k,) each.  Treat-none is zero.  Errors of treat-all are zero at a given prevalence."""

    thresholds: Floats
    prevalence: float
    rule: Floats
    rule_se: Floats
    treat_all: Floats
    treat_all_se: Floats
    over_all: Floats
    over_all_se: Floats

    @property
    def over_best_default(self) -> Floats:
        """The rule minus the better of treat-all and treat-none, shape (k,)."""
        return self.rule - np.maximum(self.treat_all, 0)

    def limits(self, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Pointwise normal limits of the rule's net benefit, each shape (k,)."""
        reach = normal_quantile(confidence) * self.rule_se
        return self.rule - reach, self.rule + reach

    def limits_over_all(self, confidence: float = 0.95) -> tuple[Floats, Floats]:
        """Pointwise normal limits of the rule minus treat-all, each shape (k,)."""
        reach = normal_quantile(confidence) * self.over_all_se
        return self.over_all - reach, self.over_all + reach


def net_benefit(
    table: Counts, thresholds: ArrayLike, prevalence: float | None = None
) -> NetBenefit:
    """Net benefit of a rule from its 2×2 table (Vickers and Elkin 2006).

    `thresholds`: shape (k,), zero or more and below one.  Without a prevalence the patients are
    one sample and the variance is that of a mean over them (multinomial); at a `prevalence`
    known from elsewhere, sensitivity and specificity are two independent shares: the variance
    is π² se (1 − se) / n1 + w² (1 − π)² sp (1 − sp) / n0, w the odds of the threshold.
    """
    at = _thresholds(thresholds)
    w = at / (1 - at)
    se, sp = table.sensitivity, table.specificity
    prior = _prior(table, prevalence)
    rule = prior * se - (1 - prior) * (1 - sp) * w
    treat_all = prior - (1 - prior) * w
    # against treat-all the rule spares those it calls negative: gains true, loses false ones
    over_all = (1 - prior) * sp * w - prior * (1 - se)
    if prevalence is None:
        n = table.patients
        true_positive, false_positive = table.true_positive / n, table.false_positive / n
        true_negative, false_negative = table.true_negative / n, table.false_negative / n
        rule_variance = (true_positive + w**2 * false_positive - rule**2) / n
        all_variance = (prior + w**2 * (1 - prior) - treat_all**2) / n
        over_variance = (false_negative + w**2 * true_negative - over_all**2) / n
    else:
        with_event = prior**2 * se * (1 - se) / table.with_event
        without = (1 - prior) ** 2 * sp * (1 - sp) / table.without_event
        rule_variance = over_variance = with_event + w**2 * without
        all_variance = np.zeros(len(at))

    def root(variance: Floats) -> Floats:
        return np.sqrt(np.maximum(variance, 0))

    return NetBenefit(
        at, prior, rule, root(rule_variance), treat_all, root(all_variance),
        over_all, root(over_variance),
    )  # fmt: skip


def bootstrap_net_benefit(
    table: Counts,
    thresholds: ArrayLike,
    rng: np.random.Generator,
    resamples: int = 10000,
    prevalence: float | None = None,
    confidence: float = 0.95,
) -> tuple[Floats, Floats]:
    """Percentile limits of the rule's net benefit, each shape (k,), from resampled counts: of all
    four without a prevalence, of those with and those without the event apart at a given one."""
    at = _thresholds(thresholds)
    prior = _prior(table, prevalence)
    normal_quantile(confidence)
    if resamples < 2:
        raise EstimateError("a bootstrap needs two resamples or more.")
    if prevalence is None:
        n = table.patients
        negative = table.false_negative + table.true_negative
        drawn = rng.multinomial(
            n, [table.true_positive / n, table.false_positive / n, negative / n], size=resamples
        )
        gain, harm = drawn[:, 0] / n, drawn[:, 1] / n
    else:
        found = rng.binomial(table.with_event, table.sensitivity, resamples)
        spared = rng.binomial(table.without_event, table.specificity, resamples)
        gain = prior * found / table.with_event
        harm = (1 - prior) * (1 - spared / table.without_event)
    tail = (1 - confidence) / 2
    # one threshold at a time: a table of resamples by thresholds need not fit into memory
    limits = np.array([np.quantile(gain - w * harm, [tail, 1 - tail]) for w in at / (1 - at)])
    return limits[:, 0], limits[:, 1]


def decision_curve(
    state: ArrayLike, risk: ArrayLike, thresholds: ArrayLike, prevalence: float | None = None
) -> NetBenefit:
    """Net benefit of treating patients whose risk is at or above each threshold.

    `state`: shape (n,), zero or one; `risk`: shape (n,), from zero to one.  Errors take the
    risks for given: risks fitted to these very patients look too good.  `prevalence` as
    :func:`net_benefit`.
    """
    y, r = np.asarray(state), np.asarray(risk, dtype=float)
    at = _thresholds(thresholds)
    if y.ndim != 1 or y.shape != r.shape:
        raise EstimateError("every patient needs a state and a risk.")
    if not np.isfinite(r).all() or (r < 0).any() or (r > 1).any():
        raise EstimateError("risks lie from zero to one.")
    if not np.isin(y, (0, 1)).all() or y.min() == y.max():
        raise EstimateError("the state must be zero or one, and both must occur.")
    with_it, without = np.sort(r[y == 1]), np.sort(r[y == 0])
    n1, n0 = len(with_it), len(without)
    missed, spared = np.searchsorted(with_it, at), np.searchsorted(without, at)
    curve = [
        net_benefit(Counts(n1 - int(m), int(m), n0 - int(s), int(s)), [t], prevalence)
        for m, s, t in zip(missed, spared, at, strict=True)
    ]
    joined = (
        np.concatenate([getattr(one, name) for one in curve])
        for name in ("rule", "rule_se", "treat_all", "treat_all_se", "over_all", "over_all_se")
    )
    return NetBenefit(at, curve[0].prevalence, *joined)


@dataclass(frozen=True, slots=True)
class UsefulRange:
    """Thresholds between which a rule beats treat-all and treat-none: from one minus the negative
    predictive value to the positive one.  Empty, `exists` false, if the first is not below the
    second, that is, if sensitivity + specificity ≤ 1."""

    low: Estimate
    high: Estimate

    @property
    def exists(self) -> bool:
        """Whether there is any such threshold."""
        return self.low.value < self.high.value


def useful_range(
    table: Counts, prevalence: float | None = None, confidence: float = 0.95
) -> UsefulRange:
    """Where net benefit is above that of both defaults, in closed form: it is above zero while
    the threshold is below PPV, and above treat-all while it is above 1 − NPV.

    Limits of the two ends are those of :func:`predictive_values_of`, which also says what is
    refused; the interval of an end is not one for the whole range.
    """
    found = predictive_values_of(table, prevalence, confidence)
    npv = found.negative
    return UsefulRange(Estimate(1 - npv.value, 1 - npv.high, 1 - npv.low), found.positive)


def number_needed_to_test(benefit: ArrayLike) -> Floats:
    """Patients to test for one more true positive, none treated more in vain: one over a gain in
    net benefit (Vickers and Elkin 2006).  inf at no gain, NaN below: then there is no number."""
    gain = np.asarray(benefit, dtype=float)
    with np.errstate(divide="ignore"):
        return np.where(gain >= 0, 1 / np.abs(gain), np.nan)


# --- number needed to treat ---


@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """Patients for one event less (`benefit`: value above zero) or more (below zero; its size is
    the number needed to harm), with two limits of the same meaning.  `through_infinity`: the
    interval runs from `low` (a harm) over infinity to `high` (a benefit); otherwise from `low`
    to `high` directly."""

    value: float
    low: float
    high: float
    through_infinity: bool

    def __str__(self) -> str:
        if self.through_infinity:
            return f"{_needed(self.value)} ({_needed(self.low)} to ∞ to {_needed(self.high)})"
        return f"{_needed(self.value)} ({_needed(self.low)} to {_needed(self.high)})"


def number_needed_to_treat(
    events_treated: int,
    treated: int,
    events_control: int,
    controls: int,
    confidence: float = 0.95,
) -> NumberNeeded:
    """One over the risk difference, control minus treated, with limits (Altman 1998; the
    difference's own are Newcombe's).

    Where the limits of the difference lie on both sides of zero, those of the number do not hold
    the numbers between them but those beyond: from the harm over infinity to the benefit.
    """
    return number_needed(
        risk_difference(events_control, controls, events_treated, treated, confidence)
    )


def number_needed(reduction: Estimate) -> NumberNeeded:
    """The number needed to treat from an absolute risk reduction (positive: fewer events) and
    its limits (Altman 1998).  Raises :class:`EstimateError` for limits out of order."""
    low, value, high = reduction.low, reduction.value, reduction.high
    if not -1 <= low <= value <= high <= 1:
        raise EstimateError("a risk reduction lies between its limits, and they within −1 and 1.")

    def over(x: float, sign: float) -> float:
        return 1 / x if x else math.copysign(math.inf, sign)

    if low <= 0 <= high:
        return NumberNeeded(over(value, 1), over(low, -1), over(high, 1), True)
    # 1 / x falls: the limits change places
    return NumberNeeded(over(value, 1), over(high, 1), over(low, 1), False)


def _needed(x: float) -> str:
    if math.isinf(x):
        return "∞"
    return f"{'NNTB' if x > 0 else 'NNTH'} {abs(x):.3g}"


def _shares(values: ArrayLike) -> Floats:
    found = np.asarray(values, dtype=float)
    if not ((found >= 0) & (found <= 1)).all():
        raise EstimateError("sensitivity, specificity and prevalence lie from zero to one.")
    return found


def _prior(table: Counts, prevalence: float | None) -> float:
    if prevalence is None:
        return table.prevalence
    if not 0 < prevalence < 1:
        raise EstimateError("a prevalence lies between zero and one.")
    return float(prevalence)


def _thresholds(values: ArrayLike) -> Floats:
    found = np.atleast_1d(np.asarray(values, dtype=float))
    if found.ndim != 1 or not len(found) or not ((found >= 0) & (found < 1)).all():
        raise EstimateError("a threshold is a risk, zero or more and below one.")
    return found
