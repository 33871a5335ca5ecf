"""Two groups of patients compared, and the table in which papers print it ("Table 1").

A difference is the first group minus the second, a ratio the first over the second: the caller
names which is which.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

from analysis.estimate import effect
from analysis.estimate.fisher import contingency, fisher_p
from analysis.estimate.roc import EstimateError, normal_quantile
from analysis.estimate.roc import confidence as _checked

Floats = NDArray[np.float64]
TTest = Literal["student", "welch"]
ContinuousTest = Literal["student", "welch", "mann-whitney"]
CategoricalTest = Literal["pearson", "yates", "likelihood-ratio", "fisher"]


@dataclass(frozen=True, slots=True)
class Test:
    """A test by `name`: its `statistic` (NaN for Fisher's, which has none), degrees of freedom
    `df` (NaN where there are none), two-sided `p`."""

    name: str
    statistic: float
    df: float
    p: float


@dataclass(frozen=True, slots=True)
class Effect:
    """An estimate with its interval, and by which method that was made."""

    value: float
    low: float
    high: float
    method: str


# --- values ---------------------------------------------------------------------------------


def t_test(first: ArrayLike, second: ArrayLike, kind: TTest) -> Test:
    """Student's t (1908; equal variances) or Welch's (1947).

    `first`, `second`: shapes (n1,), (n2,).  Raises :class:`EstimateError` for values that are
    not finite, fewer than two in a group, or no spread in either.
    """
    a, b = _two(first, second)
    error, df = _standard_error(a, b, kind)
    t = float((a.mean() - b.mean()) / error)
    return Test(_T_NAMES[kind], t, df, float(2 * special.stdtr(df, -abs(t))))


_T_NAMES = {"student": "Student's t", "welch": "Welch's t"}


def mean_difference(
    first: ArrayLike, second: ArrayLike, kind: TTest, confidence: float = 0.95
) -> Effect:
    """Difference of means in the unit of the values, with the interval that belongs to the t
    test; arguments and errors as in :func:`t_test`."""
    a, b = _two(first, second)
    error, df = _standard_error(a, b, kind)
    away = float(special.stdtrit(df, (1 + _checked(confidence)) / 2)) * error
    value = float(a.mean() - b.mean())
    return Effect(value, value - away, value + away, _T_NAMES[kind])


def _standard_error(a: Floats, b: Floats, kind: TTest) -> tuple[float, float]:
    if kind not in _T_NAMES:
        raise EstimateError('a t test is "student" or "welch".')
    if min(len(a), len(b)) < 2:
        raise EstimateError(f"groups of {len(a)} and {len(b)} values, two in each are needed.")
    if np.ptp(a) == 0 and np.ptp(b) == 0:
        raise EstimateError("the values do not vary in either group.")
    v, w = a.var(ddof=1) / len(a), b.var(ddof=1) / len(b)
    if kind == "welch":
        return math.sqrt(v + w), float(
            (v + w) ** 2 / (v**2 / (len(a) - 1) + w**2 / (len(b) - 1))
        )  # fmt: skip
    df = len(a) + len(b) - 2
    pooled = ((len(a) - 1) * v * len(a) + (len(b) - 1) * w * len(b)) / df
    return math.sqrt(pooled * (1 / len(a) + 1 / len(b))), float(df)


def mann_whitney(
    first: ArrayLike, second: ArrayLike, method: Literal["normal", "exact"] = "normal",
    continuity: bool = True,
) -> Test:  # fmt: skip
    """Mann and Whitney's test (1947); `statistic` is U, in how many pairs the first is larger,
    ties one half.

    "normal": the variance less what ties take off it, half a unit of continuity taken off the
    distance (R's wilcox.test with exact = FALSE) unless `continuity` is False (SPSS).
    "exact": the distribution of U without ties, by scipy; ties are refused.  Raises
    :class:`EstimateError` for empty groups, values not finite, or all values the same.
    """
    a, b = _two(first, second)
    if method not in ("normal", "exact"):
        raise EstimateError('the P of Mann and Whitney is "normal" or "exact".')
    if not (len(a) and len(b)):
        raise EstimateError("a group has no values.")
    both = np.concatenate([a, b])
    ranks = stats.rankdata(both)
    n1, n2, n = len(a), len(b), len(both)
    u = float(ranks[:n1].sum() - n1 * (n1 + 1) / 2)
    ties = np.unique(both, return_counts=True)[1].astype(float)
    if len(ties) == 1:
        raise EstimateError("all values are the same.")
    if method == "exact":
        if len(ties) < n:
            raise EstimateError("the exact distribution of U is that of values without ties.")
        p = stats.mannwhitneyu(a, b, method="exact").pvalue
        return Test("Mann–Whitney, exact", u, math.nan, float(p))
    variance = n1 * n2 / 12 * (n + 1 - float((ties**3 - ties).sum()) / (n * (n - 1)))
    away = max(abs(u - n1 * n2 / 2) - (0.5 if continuity else 0.0), 0.0)
    name = "Mann–Whitney, normal" + (", continuity" if continuity else "")
    return Test(name, u, math.nan, float(2 * special.ndtr(-away / math.sqrt(variance))))


def compare_many(samples: Sequence[ArrayLike], kind: Literal["anova", "kruskal-wallis"]) -> Test:
    """Two groups of values or more at once, by scipy: the analysis of variance (Fisher 1925;
    `statistic` F, `df` that of the numerator) or Kruskal and Wallis's test (1952; H with its
    correction for ties, χ² with groups − 1).

    Raises :class:`EstimateError` for fewer than two values in a group, values that are not
    finite, or values that do not vary.
    """
    groups = [np.asarray(x, dtype=float) for x in samples]
    if len(groups) < 2 or any(x.ndim != 1 or len(x) < 2 for x in groups):
        raise EstimateError("two groups or more with two values in each are needed.")
    if not all(np.isfinite(x).all() for x in groups):
        raise EstimateError("a group has values that are missing or not finite.")
    if kind == "anova":
        if all(np.ptp(x) == 0 for x in groups):
            raise EstimateError("the values do not vary in any group.")
        found, name = stats.f_oneway(*groups), "analysis of variance"
    elif kind == "kruskal-wallis":
        if np.ptp(np.concatenate(groups)) == 0:
            raise EstimateError("all values are the same.")
        found, name = stats.kruskal(*groups), "Kruskal–Wallis"
    else:
        raise EstimateError('a test of many groups is "anova" or "kruskal-wallis".')
    return Test(name, float(found.statistic), float(len(groups) - 1), float(found.pvalue))


def standardised_difference(
    first: ArrayLike, second: ArrayLike, confidence: float = 0.95
) -> Effect:
    """Difference of means in units of √((s1² + s2²)/2) (Austin 2009), with the large-sample
    interval √(n/(n1·n2) + d²/(2n)) (Hedges and Olkin 1985).  Errors as in :func:`t_test`."""
    a, b = _two(first, second)
    _standard_error(a, b, "welch")
    spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    return _hedges(float(a.mean() - b.mean()) / spread, len(a), len(b), confidence)


def _hedges(d: float, n1: int, n2: int, confidence: float) -> Effect:
    n = n1 + n2
    away = normal_quantile(confidence) * math.sqrt(n / (n1 * n2) + d * d / (2 * n))
    return Effect(d, d - away, d + away, "Austin; Hedges–Olkin")


def _two(first: ArrayLike, second: ArrayLike) -> tuple[Floats, Floats]:
    a, b = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    if a.ndim != 1 or b.ndim != 1:
        raise EstimateError("a group is one row of values.")
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise EstimateError("a group has values that are missing or not finite.")
    return a, b


# --- counts ---------------------------------------------------------------------------------


def count_test(counts: ArrayLike, kind: CategoricalTest) -> Test:
    """Independence of rows and columns: Pearson's chi-square (1900), with Yates's correction
    (1934; 2×2 only), the likelihood ratio (Wilks 1938), or Fisher's exact test.

    `counts`: shape (r, c), rows are categories and columns groups; empty ones are left out.
    Yates's half is never more than the distance itself, as in R.  Raises
    :class:`EstimateError` for what are no counts or fewer than two rows or columns.
    """
    table = contingency(counts)
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    if kind == "fisher":
        return Test("Fisher's exact", math.nan, math.nan, fisher_p(table))
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    away = np.abs(table - expected)
    if kind == "pearson":
        name, chi2 = "Pearson's χ²", float((away**2 / expected).sum())
    elif kind == "yates":
        if table.shape != (2, 2):
            raise EstimateError("Yates's correction is one for two rows and two columns.")
        less = np.maximum(away - 0.5, 0.0)
        name, chi2 = "χ², Yates", float((less**2 / expected).sum())
    elif kind == "likelihood-ratio":
        name, chi2 = "likelihood-ratio χ²", 2 * float(special.xlogy(table, table / expected).sum())
        chi2 = max(chi2, 0.0)
    else:
        raise EstimateError('a test is "pearson", "yates", "likelihood-ratio" or "fisher".')
    return Test(name, chi2, float(df), float(special.chdtrc(df, chi2)))


def smallest_expected(counts: ArrayLike) -> float:
    """The smallest count expected under independence: under 5, chi-square is in doubt."""
    table = contingency(counts)
    return float(table.sum(axis=1).min() * table.sum(axis=0).min() / table.sum())


def odds_ratio(
    x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95,
    method: Literal["woolf", "conditional"] = "woolf",
) -> Effect:  # fmt: skip
    """Odds of x1 among n1 over odds of x2 among n2.

    "woolf": the ratio in the sample, with Woolf's interval (1955), no halves added; an empty
    cell raises :class:`EstimateError`.  "conditional": the maximum of the likelihood given the
    margins, with the exact interval (R's fisher.test), by scipy; it may begin at 0 or end
    nowhere.
    """
    cells = np.array([[x1, x2], [n1 - x1, n2 - x2]])
    _of_counts(x1, n1, x2, n2)
    if method == "conditional":
        if not cells.any(axis=1).all():
            raise EstimateError("all or none have it, so there are no odds to compare.")
        found = stats.contingency.odds_ratio(cells, kind="conditional")
        limits = found.confidence_interval(_checked(confidence))
        return Effect(
            float(found.statistic), float(limits.low), float(limits.high), "conditional, exact"
        )
    if method != "woolf":
        raise EstimateError('an odds ratio is "woolf" or "conditional".')
    return _of_effect(effect.odds_ratio(x1, n1, x2, n2, confidence), "Woolf")


def risk_ratio(x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95) -> Effect:
    """Share x1/n1 over share x2/n2, with the interval of Katz et al. (1978).  Raises
    :class:`EstimateError` if one of the shares is 0."""
    return _of_effect(effect.risk_ratio(x1, n1, x2, n2, confidence), "Katz")


def risk_difference(
    x1: int, n1: int, x2: int, n2: int, confidence: float = 0.95,
    method: Literal["newcombe", "wald"] = "newcombe",
) -> Effect:  # fmt: skip
    """Share x1/n1 minus share x2/n2, with Newcombe's interval (1998, method 10: from Wilson's
    of each share) or Wald's, which is cut at −1 and 1, has no width where both shares are 0 or
    1, and is refused there."""
    _of_counts(x1, n1, x2, n2)
    if method == "wald":
        p, q = x1 / n1, x2 / n2
        variance = p * (1 - p) / n1 + q * (1 - q) / n2
        if variance == 0:
            raise EstimateError("shares of 0 or 1 leave Wald's interval without width.")
        away = normal_quantile(confidence) * math.sqrt(variance)
        return Effect(p - q, max(p - q - away, -1.0), min(p - q + away, 1.0), "Wald")
    if method != "newcombe":
        raise EstimateError('a difference of risks is "newcombe" or "wald".')
    return _of_effect(effect.risk_difference(x1, n1, x2, n2, confidence), "Newcombe")


def _of_effect(found: effect.Estimate, method: str) -> Effect:
    return Effect(found.value, found.low, found.high, method)


def _of_counts(x1: int, n1: int, x2: int, n2: int) -> None:
    if any(x != int(x) for x in (x1, n1, x2, n2)):
        raise EstimateError("counts are whole numbers.")
    if not (0 <= x1 <= n1 and 0 <= x2 <= n2 and n1 > 0 and n2 > 0):
        raise EstimateError("a count lies between 0 and the size of its group, which is not empty.")


def standardised_difference_of_shares(counts: ArrayLike, confidence: float = 0.95) -> Effect:
    """Mahalanobis distance of the shares of r categories in two groups (Yang and Dalton 2012),
    never negative; for two categories |p1 − p2|/√((p1 q1 + p2 q2)/2).  Interval as in
    :func:`standardised_difference`.

    `counts`: shape (r, 2).  Raises :class:`EstimateError` where the distance is infinite: the
    groups share no category.
    """
    table = contingency(counts)
    if table.shape[1] != 2:
        raise EstimateError("a standardised difference is one of two groups.")
    n1, n2 = (int(n) for n in table.sum(axis=0))
    shares = (table / table.sum(axis=0)).T[:, 1:]
    gap = shares[0] - shares[1]
    spread = np.diag(shares.mean(axis=0)) - sum(np.outer(p, p) for p in shares) / 2
    sizes, directions = np.linalg.eigh(spread)
    along, flat = gap @ directions, sizes <= 1e-12
    if (np.abs(along[flat]) > 1e-9).any():
        raise EstimateError("a sum of categories tells the groups apart, the distance is infinite.")
    d = math.sqrt(float((along[~flat] ** 2 / sizes[~flat]).sum()))
    return _hedges(d, n1, n2, confidence)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """P values for several tests at once, in the order given: Holm's (1979) keep the chance of
    any false alarm, Benjamini and Hochberg's (1995) the expected share of them."""

    holm: Floats
    benjamini_hochberg: Floats


def adjust(p: ArrayLike) -> Adjusted:
    """Adjust P values, shape (m,), with statsmodels.  Raises :class:`EstimateError` for values
    that are no P, NaN among them: leave out beforehand what was not tested."""
    from statsmodels.stats.multitest import multipletests

    values = np.asarray(p, dtype=float)
    if values.ndim != 1 or not len(values) or not ((values >= 0) & (values <= 1)).all():
        raise EstimateError("P values lie between zero and one.")
    return Adjusted(
        *(np.asarray(multipletests(values, method=m)[1]) for m in ("holm", "fdr_bh"))
    )  # fmt: skip


# --- the table ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Continuous:
    """A row of values: `variable` is the column, `decimals` those of mean, SD or median."""

    variable: str
    label: str
    summary: Literal["mean_sd", "median_iqr"]
    test: ContinuousTest
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class Categorical:
    """Rows of counts: `levels` in the order of print; every level that occurs must be named;
    `decimals` those of the percentages."""

    variable: str
    label: str
    levels: tuple[object, ...]
    test: CategoricalTest
    decimals: int = 1


@dataclass(frozen=True, slots=True)
class Compared:
    """One variable compared; `missing`: patients of the first and second group without a
    value; `test` and `smd` None where `why` says that there is none."""

    label: str
    missing: tuple[int, int]
    test: Test | None
    smd: Effect | None
    why: str


@dataclass(frozen=True, slots=True)
class Table1:
    """`printed`: a table of strings; `rows`: what is printed there, unrounded; `conventions`:
    how it was computed and printed, also in ``printed.attrs["conventions"]``."""

    printed: pd.DataFrame
    rows: tuple[Compared, ...]
    conventions: tuple[str, ...]


QUARTILES = {"linear": "R's type 7", "weibull": "R's type 6, as SPSS"}


def table1(
    patients: pd.DataFrame, group: str, groups: tuple[object, object],
    rows: Sequence[Continuous | Categorical], *,
    quartiles: Literal["linear", "weibull"] = "linear", continuity: bool = True,
) -> Table1:  # fmt: skip
    """Compare two groups of patients, one row a patient, variable by variable.

    `group`: the column that holds one of the two `groups` in every row; `quartiles`: how they
    lie between values; `continuity`: of Mann–Whitney's P.  A patient without a value is left
    out of that variable alone and counted in the column "Missing"; percentages are of those
    with a value.  Numbers are rounded half up in decimal, percentages from the exact fraction.

    Raises :class:`EstimateError` for columns that are not there, patients in neither group,
    levels that are not named, and values that are no numbers.
    """
    conventions = _conventions(rows, quartiles, continuity)
    names = [str(g) for g in groups]
    if len(set(names)) != 2:
        raise EstimateError("two different groups are compared.")
    absent = [c for c in [group, *(row.variable for row in rows)] if c not in patients.columns]
    if absent:
        raise EstimateError(f'there is no column "{absent[0]}".')
    membership = patients[group].to_numpy(dtype=object)
    inside = [np.array(membership == g, dtype=bool) for g in groups]
    outside = len(patients) - sum(int(i.sum()) for i in inside)
    if outside:
        raise EstimateError(f"{outside} patients are in neither of the two groups.")
    if not all(i.any() for i in inside):
        raise EstimateError("a group has no patients.")
    if not rows:
        raise EstimateError("no row is asked for.")
    lines: list[list[str]] = []
    found: list[Compared] = []
    for row in rows:
        column = patients[row.variable]
        if isinstance(row, Continuous):
            one, cells = _continuous(row, column, inside, quartiles, continuity)
        else:
            one, cells = _categorical(row, column, inside)
        found.append(one)
        tests = _tested(one)
        lines += [[*cell, *(tests if i == 0 else [""] * 4)] for i, cell in enumerate(cells)]
    head = [f"{name} (n = {int(i.sum())})" for name, i in zip(names, inside, strict=True)]
    printed = pd.DataFrame(
        [line[1:] for line in lines],
        index=pd.Index([line[0] for line in lines], name="Variable"),
        columns=[*head, "Missing", "Statistic", "P", "Test", "SMD"],
        dtype="str",
    )
    printed.attrs["conventions"] = conventions
    return Table1(printed, tuple(found), conventions)


def _conventions(
    rows: Sequence[Continuous | Categorical], quartiles: str, continuity: bool
) -> tuple[str, ...]:
    if quartiles not in QUARTILES:
        raise EstimateError('quartiles are "linear" or "weibull".')
    said = ["SD with n − 1", "rounded half up", "P under 0.001 as <0.001",
            "missing values are left out of their variable alone and counted",
            "SMD: difference over the root of the mean variance; of shares, Mahalanobis distance"]  # fmt: skip
    if any(isinstance(r, Continuous) and r.summary == "median_iqr" for r in rows):
        said.append(f"quartiles: {QUARTILES[quartiles]}")
    if any(r.test == "mann-whitney" for r in rows):
        said.append(
            "Mann–Whitney: U of the first group, normal P with ties, "
            + ("with" if continuity else "without") + " continuity correction"
        )  # fmt: skip
    if any(isinstance(r, Categorical) for r in rows):
        said.append("percentages of patients with a value")
    if any(r.test == "fisher" for r in rows):
        said.append("Fisher: tables at most as likely as the observed one")
    return tuple(said)


def _continuous(
    row: Continuous, column: pd.Series, inside: list[NDArray[np.bool_]], quartiles: str,
    continuity: bool,
) -> tuple[Compared, list[list[str]]]:  # fmt: skip
    if row.summary not in ("mean_sd", "median_iqr"):
        raise EstimateError('a summary is "mean_sd" or "median_iqr".')
    values = _numbers(row.variable, column)
    if np.isinf(values).any():
        raise EstimateError(f'"{row.variable}" has infinite values.')
    empty = np.isnan(values)
    samples = [values[i & ~empty] for i in inside]
    cells = [_summary(row, x, quartiles) for x in samples]
    missing = tuple(int((i & empty).sum()) for i in inside)
    test, smd, why = None, None, ""
    try:
        if row.test == "mann-whitney":
            test = mann_whitney(*samples, continuity=continuity)
        else:
            test = t_test(*samples, row.test)
        smd = standardised_difference(*samples)
    except EstimateError as error:
        if row.test not in ("student", "welch", "mann-whitney"):
            raise
        why = str(error)
    words = {"mean_sd": "mean ± SD", "median_iqr": "median (IQR)"}[row.summary]
    line = [f"{row.label}, {words}", *cells, f"{missing[0]} / {missing[1]}"]
    return Compared(row.label, missing, test, smd, why), [line]


def _summary(row: Continuous, x: Floats, quartiles: str) -> str:
    if not len(x):
        return "–"
    if row.summary == "mean_sd":
        # one value has no SD
        sd = half_up(x.std(ddof=1), row.decimals) if len(x) > 1 else "–"
        # the float next to the true mean: a tie that a sum's rounding would hide stays one
        return f"{half_up(math.fsum(x) / len(x), row.decimals)} ± {sd}"
    low, middle, high = (
        half_up(q, row.decimals) for q in np.quantile(x, (0.25, 0.5, 0.75), method=quartiles)
    )
    return f"{middle} ({low}–{high})"


def describe(
    row: Continuous | Categorical, column: pd.Series,
    quartiles: Literal["linear", "weibull"] = "linear",
) -> list[str]:  # fmt: skip
    """One group of patients as :func:`table1` prints it: one cell of a continuous row; of a
    categorical one an empty cell and one for each level.  Patients without a value are left out.

    Raises :class:`EstimateError` for values that are no numbers, or no named level.
    """
    everyone = [np.ones(len(column), dtype=bool)]
    if isinstance(row, Continuous):
        values = _numbers(row.variable, column)
        if np.isinf(values).any():
            raise EstimateError(f'"{row.variable}" has infinite values.')
        return [_summary(row, values[~np.isnan(values)], quartiles)]
    counts, sizes, _ = _level_counts(row, column, everyone)
    return ["", *(_count(int(x), int(sizes[0]), row.decimals) for x in counts[:, 0])]


def _numbers(name: str, column: pd.Series) -> Floats:
    """The values, NaN where there is none; text is not read as numbers, however it looks."""
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "iufb":
        return column.to_numpy(dtype=float)
    kinds = ("integer", "floating", "mixed-integer-float", "empty")
    if not pd.api.types.is_numeric_dtype(column) and (
        pd.api.types.infer_dtype(column, skipna=True) not in kinds
    ):
        raise EstimateError(f'"{name}" has values that are no numbers.')
    return column.to_numpy(dtype=float, na_value=math.nan)


def _categorical(
    row: Categorical, column: pd.Series, inside: list[NDArray[np.bool_]]
) -> tuple[Compared, list[list[str]]]:
    if row.test not in ("pearson", "yates", "likelihood-ratio", "fisher"):
        raise EstimateError('a test is "pearson", "yates", "likelihood-ratio" or "fisher".')
    counts, sizes, empty = _level_counts(row, column, inside)
    missing = tuple(int((i & empty).sum()) for i in inside)
    test, smd, why = None, None, ""
    try:
        test = count_test(counts, row.test)
        smd = standardised_difference_of_shares(counts)
    except EstimateError as error:
        why = str(error)
    told = f"{missing[0]} / {missing[1]}"
    lines = [[f"{row.label}, n (%)", "", "", told]]
    for level, pair in zip(row.levels, counts, strict=True):
        shown = [_count(int(x), int(n), row.decimals) for x, n in zip(pair, sizes, strict=True)]
        lines.append([f"  {level}", *shown, ""])
    return Compared(row.label, missing, test, smd, why), lines


def _level_counts(
    row: Categorical, column: pd.Series, inside: list[NDArray[np.bool_]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    if len(set(row.levels)) != len(row.levels) or not row.levels:
        raise EstimateError(f'the levels of "{row.variable}" must differ.')
    # each value is looked up once, however many patients have it
    places, values = pd.factorize(column)
    empty = np.asarray(column.isna())
    place = {level: i for i, level in enumerate(row.levels)}
    known = np.array([*(place.get(value, -1) for value in values), -1])
    codes = known[places]
    if (strange := (codes < 0) & ~empty).any():
        raise EstimateError(f'"{row.variable}" has {strange.sum()} values that are no named level.')
    counts = np.column_stack(
        [np.bincount(codes[i & ~empty], minlength=len(row.levels)) for i in inside]
    )
    return counts, counts.sum(axis=0), empty


def _count(x: int, n: int, decimals: int) -> str:
    if not n:
        return f"{x} (–)"
    return f"{x} ({half_up(Decimal(100 * x) / Decimal(n), decimals)})"


def _tested(one: Compared) -> list[str]:
    """The cells from "Statistic" on."""
    smd = half_up(one.smd.value, 3) if one.smd else "–"
    if one.test is None:
        return ["–", "–", f"none: {one.why}", smd]
    statistic = "–" if math.isnan(one.test.statistic) else half_up(one.test.statistic, 3)
    return [statistic, format_p(one.test.p), one.test.name, smd]


def format_p(p: float) -> str:
    """P with three decimals, rounded half up; "<0.001" where it is under that."""
    return "<0.001" if p < 0.001 else half_up(p, 3)


_WIDE = Context(prec=400)  # room for the largest float


def half_up(value: float | Decimal, decimals: int) -> str:
    """A number with so many decimals, ties away from zero, no minus before zeros.  A float is
    rounded from its shortest decimal text: 2.675 becomes 2.68, although it is stored below."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(float(value)))
    if not exact.is_finite():
        raise EstimateError("a number that is not finite cannot be printed.")
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, _WIDE)
    return f"{abs(rounded) if rounded == 0 else rounded:f}"
