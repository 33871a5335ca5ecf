"""Statistics of two samples of patients, as the usual programs compute them.

`positive`, `negative`: values of the patients with and without the positive state, shapes
(n1,) and (n0,).  High values speak for the positive state; turn the sign otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Area:
    """An area under a ROC curve with its nonparametric standard errors.

    `se` is Hanley and McNeil's (1982, equation 1) with Q1 and Q2 counted in the data,
    equal values as SPSS counts them; `se_delong` is that of DeLong et al. (1988).
    """

    auc: float
    se: float
    se_delong: float


def area(positive: ArrayLike, negative: ArrayLike) -> Area:
    """AUC with ties as one half, and its standard errors (NaN with one patient in a group).

    Q1 is the probability that two positives both exceed one negative; of e positives that
    equal it a third counts as higher with each other's third: g² + ge + e²/3 for g higher
    ones, that is (g + e/2)² + e²/12.
    """
    x, y = np.asarray(positive, dtype=float), np.asarray(negative, dtype=float)
    n1, n0 = len(x), len(y)
    v, tied_v = _below(x, y)
    u, tied_u = _below(-y, -x)
    auc = float(v.sum()) / (n1 * n0)
    q1 = float((u**2 + tied_u**2 / 12).sum()) / (n0 * n1**2)
    q2 = float((v**2 + tied_v**2 / 12).sum()) / (n1 * n0**2)
    variance = auc * (1 - auc) + (n1 - 1) * (q1 - auc**2) + (n0 - 1) * (q2 - auc**2)
    if min(n1, n0) < 2:
        return Area(auc, math.nan, math.nan)
    delong = (v / n0).var(ddof=1) / n1 + (u / n1).var(ddof=1) / n0
    return Area(auc, math.sqrt(max(variance, 0.0) / (n1 * n0)), math.sqrt(delong))


def _below(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """For each x how many y are lower (equal ones half), and how many are equal."""
    ordered = np.sort(y)
    left = np.searchsorted(ordered, x, "left").astype(float)
    right = np.searchsorted(ordered, x, "right")
    return (left + right) / 2, right - left


@dataclass(frozen=True, slots=True)
class Cuts:
    """All cuts of a marker: `values` midpoints of neighbouring observed values, shape (k,);
    `hits` positives above each, `correct` negatives below each."""

    values: Floats
    hits: NDArray[np.int64]
    correct: NDArray[np.int64]


def cuts(positive: ArrayLike, negative: ArrayLike) -> Cuts:
    """Every midpoint of two neighbouring observed values with the counts on its right sides."""
    x, y = np.sort(np.asarray(positive, dtype=float)), np.sort(np.asarray(negative, dtype=float))
    seen = np.unique(np.concatenate([x, y]))
    middle = (seen[1:] + seen[:-1]) / 2
    # counted against the upper neighbour: a midpoint may round onto an observed value
    return Cuts(middle, len(x) - np.searchsorted(x, seen[1:]), np.searchsorted(y, seen[1:]))


def student(a: ArrayLike, b: ArrayLike) -> tuple[float, float]:
    """Student's t (1908) of two samples and its two-sided P."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    df = len(x) + len(y) - 2
    pooled = ((len(x) - 1) * x.var(ddof=1) + (len(y) - 1) * y.var(ddof=1)) / df
    return _t(x.mean() - y.mean(), pooled * (1 / len(x) + 1 / len(y)), df)


def welch(a: ArrayLike, b: ArrayLike) -> tuple[float, float]:
    """Welch's t (1947) of two samples and its two-sided P."""
    x, y = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    v, w = x.var(ddof=1) / len(x), y.var(ddof=1) / len(y)
    if v + w == 0:
        return _t(x.mean() - y.mean(), 0.0, 1)
    df = (v + w) ** 2 / (v**2 / (len(x) - 1) + w**2 / (len(y) - 1))
    return _t(x.mean() - y.mean(), v + w, df)


def _t(difference: float, variance: float, df: float) -> tuple[float, float]:
    if variance == 0:
        return (math.nan, math.nan) if difference == 0 else (math.inf * difference, 0.0)
    t = float(difference / math.sqrt(variance))
    return t, float(2 * special.stdtr(df, -abs(t)))


def pearson(counts: ArrayLike) -> tuple[float, float]:
    """Pearson's chi-square (1900) of a table of counts, shape (r, c), and its P."""
    return _chi2(counts, 0.0)


def yates(counts: ArrayLike) -> tuple[float, float]:
    """Chi-square with Yates's (1934) correction and its P, for 2×2 tables."""
    return _chi2(counts, 0.5)


def likelihood_ratio(counts: ArrayLike) -> tuple[float, float]:
    """The likelihood-ratio chi-square (Wilks 1938) and its P."""
    observed = np.asarray(counts, dtype=float)
    expected, df = _expected(observed)
    statistic = 2 * float(special.xlogy(observed, observed / expected).sum())
    return statistic, float(special.chdtrc(df, statistic))


def _chi2(counts: ArrayLike, correction: float) -> tuple[float, float]:
    observed = np.asarray(counts, dtype=float)
    expected, df = _expected(observed)
    away = np.maximum(np.abs(observed - expected) - correction, 0)
    statistic = float((away**2 / expected).sum())
    return statistic, float(special.chdtrc(df, statistic))


def _expected(observed: Floats) -> tuple[Floats, int]:
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    return expected, (observed.shape[0] - 1) * (observed.shape[1] - 1)


def null_p(auc: float, n1: int, n0: int) -> float:
    """Two-sided P of AUC = ½ from its variance if the groups do not differ, no ties:
    (n1 + n0 + 1)/(12 n1 n0) (Mann and Whitney 1947)."""
    z = abs(auc - 0.5) / math.sqrt((n1 + n0 + 1) / (12 * n1 * n0))
    return float(2 * special.ndtr(-z))


def wald_p(auc: float, se: float) -> float:
    """Two-sided P of AUC = ½ from its estimated standard error."""
    return float(2 * special.ndtr(-abs(auc - 0.5) / se)) if se else 0.0
