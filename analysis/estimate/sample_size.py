"""How many patients a prediction model, an area under a ROC curve or a comparison of two shares
needs, and what a number of patients allows.

`parameters` counts all candidates that were looked at, a category with k levels as k − 1, and not
only those that the final model kept.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import integrate, optimize, special

from analysis.estimate.roc import EstimateError, normal_quantile

# the rule for the mean error was found by simulation; its authors advise no more parameters
MEAN_ERROR_PARAMETERS = 30


# --- rules of thumb ---


def events_per_variable(events: int, patients: int, parameters: int) -> float:
    """Patients in the smaller of the two states, with or without the event, per parameter
    (Peduzzi 1996; the limiting sample size of Harrell 2015)."""
    _whole(parameters=parameters, patients=patients)
    if not 0 <= events <= patients or events != int(events):
        raise EstimateError(f"{events} events among {patients} patients cannot be.")
    return min(events, patients - events) / parameters


def patients_for_events_per_variable(
    parameters: int, prevalence: float, events_per_variable: float = 10
) -> int:
    """Patients for so many events (or non-events, if fewer) per parameter: a rule of thumb
    without ground in theory (van Smeden 2016)."""
    _whole(parameters=parameters)
    _share(prevalence=prevalence)
    if not (math.isfinite(events_per_variable) and events_per_variable > 0):
        raise EstimateError("events per variable are a finite number above zero.")
    return _up(parameters * events_per_variable / min(prevalence, 1 - prevalence))


def patients_by_multiples(
    parameters: int, multiples: tuple[float, float] = (5, 10)
) -> tuple[int, int]:
    """Patients as 5 to 10 times the number of variables: a rule of thumb that knows neither the
    prevalence of the event nor the strength of the predictors."""
    _whole(parameters=parameters)
    low, high = multiples
    if not 0 < low <= high < math.inf:
        raise EstimateError("multiples are finite, above zero, and in order.")
    return _up(parameters * low), _up(parameters * high)


# --- how much a model may explain ---


def largest_cox_snell(prevalence: float) -> float:
    """The largest Cox-Snell R² of a yes-or-no event: 1 − (φ^φ (1 − φ)^(1 − φ))² (Riley 2019)."""
    _share(prevalence=prevalence)
    return 1 - math.exp(-2 * _entropy(prevalence))


def cox_snell_from_nagelkerke(nagelkerke: float, prevalence: float) -> float:
    """Cox-Snell R² from Nagelkerke's (1991), which is its share of the largest."""
    if not 0 <= nagelkerke <= 1:
        raise EstimateError("Nagelkerke's R² lies from zero to one.")
    return nagelkerke * largest_cox_snell(prevalence)


def cox_snell_from_auc(auc: float, prevalence: float) -> float:
    """Cox-Snell R² of a marker with this area, normal with one variance in both states.

    Riley (2021) simulates a million such patients and fits a logistic model to them; this is the
    limit of that, by quadrature: the log odds of the event are exactly linear in the marker, so
    that R² = 1 − exp(−2 I), I the information of the marker about the event.  Raises
    :class:`EstimateError` for an area below one half (turn the marker) or of one.
    """
    _share(prevalence=prevalence)
    if not 0.5 <= auc < 1:
        raise EstimateError("an area lies from one half to below one; turn the marker if below.")
    apart = math.sqrt(2) * float(special.ndtri(auc))
    prior = float(special.logit(prevalence))

    def lost(x: float) -> float:
        # log odds given the marker; −log of the chance of what happened, in either state
        odds = prior + apart * (x - apart / 2)
        with_event = prevalence * math.exp(-((x - apart) ** 2) / 2) * np.logaddexp(0, -odds)
        without = (1 - prevalence) * math.exp(-(x**2) / 2) * np.logaddexp(0, odds)
        return float(with_event + without) / math.sqrt(2 * math.pi)

    middle = sorted({0.0, apart, apart / 2 - prior / apart if apart else 0.0})
    points = [x for x in middle if -12 < x < apart + 12]
    left, _ = integrate.quad(lost, -12, apart + 12, points=points, epsabs=1e-12, limit=400)
    return max(0.0, 1 - math.exp(-2 * (_entropy(prevalence) - left)))


# --- the criteria of Riley ---


@dataclass(frozen=True, slots=True)
class Criteria:
    """Patients that each criterion asks for: `shrinkage` (little overfitting), `optimism` (of R²),
    `overall_risk` (its margin), `mean_error` (of patients' risks; None beyond 30 parameters)."""

    parameters: int
    prevalence: float
    cox_snell: float
    shrinkage: int
    optimism: int
    overall_risk: int
    mean_error: int | None

    @property
    def patients(self) -> int:
        """The largest of them: patients needed."""
        return max(self.shrinkage, self.optimism, self.overall_risk, self.mean_error or 0)

    @property
    def events(self) -> int:
        """Events among them, rounded up."""
        return _up(self.patients * self.prevalence)

    @property
    def events_per_parameter(self) -> float:
        """Expected events per parameter."""
        return self.patients * self.prevalence / self.parameters


def riley(
    parameters: int,
    prevalence: float,
    cox_snell: float,
    shrinkage: float = 0.9,
    optimism: float = 0.05,
    margin: float = 0.05,
    mean_error: float = 0.05,
) -> Criteria:
    """Patients for a new model of a yes-or-no event (Riley 2019, 2020).

    `cox_snell`: the R² to be expected, corrected for optimism, below the largest possible;
    `shrinkage` S: n = p / ((S − 1) log(1 − R² / S)); `optimism` δ of Nagelkerke's R²: the same with
    S = R² / (R² + δ max R²); `margin` m of the 95 % interval of the overall risk:
    n = (z / m)² φ (1 − φ); `mean_error`: see :func:`patients_for_mean_error`.
    """
    _whole(parameters=parameters)
    _share(optimism=optimism, margin=margin)
    largest = largest_cox_snell(prevalence)
    if not 0 < cox_snell < largest:
        raise EstimateError(
            f"with this prevalence a Cox-Snell R² lies between zero and {largest:.3f}."
        )
    at_optimism = cox_snell / (cox_snell + optimism * largest)
    return Criteria(
        parameters, prevalence, cox_snell,
        _up(parameters / _per_patient(shrinkage, cox_snell)),
        _up(parameters / _per_patient(at_optimism, cox_snell)),
        _up((normal_quantile(0.95) / margin) ** 2 * prevalence * (1 - prevalence)),
        patients_for_mean_error(parameters, prevalence, mean_error)
        if parameters <= MEAN_ERROR_PARAMETERS else None,
    )  # fmt: skip


def patients_for_mean_error(parameters: int, prevalence: float, mean_error: float = 0.05) -> int:
    """Patients for a mean absolute error of the predicted risks (van Smeden 2019; Riley 2020):
    n = exp((−0.508 + 0.259 log φ + 0.504 log p − log error) / 0.544), φ the rarer state.

    A fit to simulated logistic models; refused beyond 30 parameters.
    """
    _whole(parameters=parameters)
    _share(prevalence=prevalence, mean_error=mean_error)
    _few_enough(parameters)
    return _up(math.exp((_mean_error_start(parameters, prevalence) - math.log(mean_error)) / 0.544))


def expected_mean_error(patients: int, parameters: int, prevalence: float) -> float:
    """The mean absolute error of the predicted risks with so many patients: the rule of
    :func:`patients_for_mean_error`, the other way round."""
    _whole(parameters=parameters, patients=patients)
    _share(prevalence=prevalence)
    _few_enough(parameters)
    return math.exp(_mean_error_start(parameters, prevalence) - 0.544 * math.log(patients))


def expected_shrinkage(patients: int, parameters: int, cox_snell: float) -> float:
    """The shrinkage S to be expected with so many patients, from n = p / ((S − 1) log(1 − R² / S))
    (Riley 2019); R² corrected for optimism.

    Raises :class:`EstimateError` where no S between R² and one fits: too few patients for that
    many parameters.
    """
    _whole(parameters=parameters, patients=patients)
    _share(cox_snell=cox_snell)

    def short(s: float) -> float:
        return _per_patient(s, cox_snell) - parameters / patients

    # (S − 1) log(1 − R²/S) falls from infinity at S = R² to zero at one
    low, high = cox_snell * (1 + 1e-12), 1 - 1e-15
    if short(low) <= 0 or short(high) >= 0:
        raise EstimateError("no shrinkage fits so many patients, parameters and so large an R².")
    return float(optimize.brentq(short, low, high, xtol=1e-14))


def largest_parameters(patients: int, cox_snell: float, shrinkage: float = 0.9) -> float:
    """How many parameters so many patients allow at this shrinkage: n (S − 1) log(1 − R² / S);
    below one means none."""
    _whole(patients=patients)
    _share(cox_snell=cox_snell)
    return patients * _per_patient(shrinkage, cox_snell)


def heuristic_shrinkage(chi_square: float, parameters: int) -> float:
    """(χ² − p) / χ² of the model's likelihood ratio (van Houwelingen and le Cessie 1990); below
    zero: the model explains less than as many predictors of pure noise would."""
    _whole(parameters=parameters)
    if not (math.isfinite(chi_square) and chi_square > 0):
        raise EstimateError("a likelihood-ratio chi-square is a finite number above zero.")
    return (chi_square - parameters) / chi_square


# --- an area, and two shares ---


def auc_standard_error(auc: float, with_event: float, without_event: float) -> float:
    """Standard error of an area to be expected (Hanley and McNeil 1982, markers with a negative
    exponential distribution): the planner's formula; from patients use DeLong's."""
    if not 0 < auc < 1:
        raise EstimateError("an area lies between zero and one.")
    if not (1 <= with_event < math.inf and 1 <= without_event < math.inf):
        raise EstimateError("a patient with and one without the event are needed.")
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (
        auc * (1 - auc) + (with_event - 1) * (q1 - auc**2) + (without_event - 1) * (q2 - auc**2)
    ) / (with_event * without_event)
    return math.sqrt(variance)


def patients_for_auc(
    auc: float, prevalence: float, half_width: float, confidence: float = 0.95
) -> int:
    """Patients for an interval of the area no wider than ± `half_width` (Hanley and McNeil 1982);
    of n patients n φ, not rounded, have the event."""
    _share(prevalence=prevalence, half_width=half_width)
    z = normal_quantile(confidence)

    def reach(n: float) -> float:
        return z * auc_standard_error(auc, n * prevalence, n * (1 - prevalence))

    least = math.ceil(1 / min(prevalence, 1 - prevalence))
    if reach(least) <= half_width:
        return least
    most = 2 * least
    while reach(most) > half_width:
        most *= 2
    low = most // 2
    while most - low > 1:
        middle = (low + most) // 2
        if reach(middle) <= half_width:
            most = middle
        else:
            low = middle
    return most


def power_of_two_shares(
    share1: float, share0: float, patients1: float, patients0: float, level: float = 0.05
) -> float:
    """Power of the two-sided chi-square test without continuity correction, normal approximation
    (Fleiss, Tytun and Ury 1980), the wrong side included.  Equal shares give the level."""
    _share(share1=share1, share0=share0, level=level)
    if not (1 <= patients1 < math.inf and 1 <= patients0 < math.inf):
        raise EstimateError("a patient in each group is needed.")
    pooled = (patients1 * share1 + patients0 * share0) / (patients1 + patients0)
    under_null = math.sqrt(pooled * (1 - pooled) * (1 / patients1 + 1 / patients0))
    under_true = math.sqrt(share1 * (1 - share1) / patients1 + share0 * (1 - share0) / patients0)
    far, gap = normal_quantile(1 - level) * under_null, abs(share1 - share0)
    return float(special.ndtr((gap - far) / under_true) + special.ndtr((-gap - far) / under_true))


def patients_for_two_shares(
    share1: float,
    share0: float,
    power: float = 0.8,
    level: float = 0.05,
    ratio: float = 1.0,
) -> tuple[int, int]:
    """Patients in group 1 and in group 0, `ratio` times as many in group 0, for this power of
    :func:`power_of_two_shares`.  Raises :class:`EstimateError` for equal shares."""
    _share(power=power)
    if share1 == share0:
        raise EstimateError("equal shares cannot be told apart by any number of patients.")
    if not (math.isfinite(ratio) and ratio > 0):
        raise EstimateError("a ratio of groups is a finite number above zero.")
    if power <= level:
        raise EstimateError("a power no larger than the level needs no patients.")

    def short(n: float) -> float:
        return power_of_two_shares(share1, share0, n, n * ratio, level) - power

    least = max(1.0, 1 / ratio)
    if short(least) >= 0:
        n = least
    else:
        most = 2 * least
        while short(most) < 0:
            most *= 2
        n = float(optimize.brentq(short, most / 2 if most > 2 * least else least, most, xtol=1e-10))
    return _up(n), _up(n * ratio)


def _entropy(share: float) -> float:
    return float(special.entr(share) + special.entr(1 - share))


def _per_patient(shrinkage: float, cox_snell: float) -> float:
    """Parameters per patient at a shrinkage: (S − 1) log(1 − R² / S)."""
    if not cox_snell < shrinkage < 1:
        raise EstimateError("a shrinkage lies between the Cox-Snell R² and one.")
    return (shrinkage - 1) * math.log1p(-cox_snell / shrinkage)


def _mean_error_start(parameters: int, prevalence: float) -> float:
    rarer = min(prevalence, 1 - prevalence)
    return -0.508 + 0.259 * math.log(rarer) + 0.504 * math.log(parameters)


def _few_enough(parameters: int) -> None:
    if parameters > MEAN_ERROR_PARAMETERS:
        raise EstimateError(
            f"the rule for the mean error holds up to {MEAN_ERROR_PARAMETERS} parameters."
        )


def _up(n: float) -> int:
    """The next whole number, a rounding error below one forgiven."""
    return math.ceil(n - 1e-9)


def _whole(**numbers: float) -> None:
    for name, n in numbers.items():
        if not math.isfinite(n) or n != int(n) or n < 1:
            raise EstimateError(f"{name} are a whole number, one or more.")


def _share(**numbers: float) -> None:
    for name, x in numbers.items():
        if not 0 < x < 1:
            raise EstimateError(f"the {name.replace('_', ' ')} lies between zero and one.")
