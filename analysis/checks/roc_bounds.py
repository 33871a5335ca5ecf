"""What an area under a ROC curve, its standard error and one point of the curve allow.

Pure mathematics, no paper.  Field names: `n1` patients with the positive state, `n0`
without; `auc` counts a pair of equal values one half; `se`, `sp` are sensitivity and
specificity of one cut, that is the point (1 − sp, se) of the curve.

The points that data can show ("vertices") are the pairs (1 − sp, se) of all cuts between
two values, with (0, 0) and (1, 1); the AUC is the area under the line that joins them.
Where no value is shared by patients of both groups ("no ties"), every piece of that line
is horizontal or vertical.  With ties a piece may slope.

Wherever the result is a Fraction it is exact; an :class:`Interval` is an enclosure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.checks.common import log, sqrt
from analysis.printed import Interval

PI = Interval.outward(math.pi, math.pi)


# --- standard errors -------------------------------------------------------------------


def null_variance(n1: int, n0: int) -> Fraction:
    """Variance of the AUC if the groups do not differ, no ties: (n1 + n0 + 1)/(12 n1 n0)
    (Mann and Whitney 1947)."""
    return Fraction(n1 + n0 + 1, 12 * n1 * n0)


def hanley_mcneil_se(auc: float, n1: int, n0: int) -> float:
    """Standard error of Hanley and McNeil (1982, equation 1) with their approximations
    Q1 = A/(2 − A) and Q2 = 2A²/(1 + A), exact for exponential distributions."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    total = auc * (1 - auc) + (n1 - 1) * (q1 - auc**2) + (n0 - 1) * (q2 - auc**2)
    return math.sqrt(total / (n1 * n0))


@dataclass(frozen=True, slots=True)
class VarianceRange:
    """Bounds of the squared SE of an AUC: `low` holds without ties only, `high` always."""

    low: Fraction
    high: Fraction


def variance_range(auc: Interval, n1: int, n0: int) -> VarianceRange:
    """Bounds, exact, of every nonparametric squared SE of an AUC in `auc` (inside [0, 1]).

    They hold for the estimate of DeLong et al. (1988), with n1 − 1 and n0 − 1 or with n1
    and n0 as divisors, and for Hanley and McNeil's equation 1 with Q1 and Q2 counted in
    the data (SPSS) or approximated.

    Notation: V_i the share of negatives below positive i (equal ones half), U_j the share
    of positives above negative j; both have mean A.  M2 = mean V², M1 = mean U².  DeLong:
    (M2 − A²)/(n1 − 1) + (M1 − A²)/(n0 − 1).  Hanley and McNeil:
    [A(1 − A) + (n1 − 1)(Q1 − A²) + (n0 − 1)(Q2 − A²)]/(n1 n0), where Q1 = M1 and Q2 = M2
    without ties, and both grow by ties.

    *High.*  Draw a positive and a negative at random; h = 1, ½ or 0 says which is larger.
    E h = A, and h in [0, 1] gives Var h <= A(1 − A).  V and U are the projections of h on
    the two independent draws, so Var V + Var U <= Var h (Hoeffding 1948), that is
    (M2 − A²) + (M1 − A²) <= A(1 − A).  Hence DeLong <= A(1 − A)/(min(n1, n0) − 1), ties or
    not.  With counted Q1 and Q2 Hanley and McNeil is the true variance for distributions
    that spread each shared value evenly, for which the same step gives
    A(1 − A)/min(n1, n0) (van Dantzig 1951; Birnbaum and Klose 1957).

    *Low, no ties.*  With R the ROC curve as a function of the false positive share u:
    ∫R = A, M1 = ∫R², M2 = ∫(1 − u)² dR = 2∫(1 − u)R.  For every number λ
    a∫R² + 2b∫(1 − u)R >= λA + ∫ min over r in [0, 1] of (a r² + 2b(1 − u) r − λr) du,
    a = n1 − 1, b = n0 − 1: a bound by duality that is exact in rationals whatever λ; the
    best λ makes r(u) = (λ/2 − b(1 − u))/a, cut to [0, 1], have area A.  Minus (a + b)A² it
    bounds W = a(M1 − A²) + b(M2 − A²); all formulas above are at least W/(n1 n0).  As a
    function of A the bound is concave for fixed λ, so its least value over an interval is
    at an end.

    Raises ValueError if a group has fewer than two patients.
    """
    if min(n1, n0) < 2:
        raise ValueError("a standard error needs at least two patients in each group")
    nearest_half = min(max(Fraction(1, 2), auc.low), auc.high)
    high = nearest_half * (1 - nearest_half) / (min(n1, n0) - 1)
    a, b = n1 - 1, n0 - 1
    multiplier = _best_multiplier(float(auc.low + auc.high) / 2, a, b)
    inner = _inner_minimum(multiplier, a, b)
    ends = (Fraction(auc.low), Fraction(auc.high))
    least = min(inner + multiplier * end - (a + b) * end**2 for end in ends)
    return VarianceRange(max(Fraction(0), least / (n1 * n0)), high)


def _best_multiplier(area: float, a: int, b: int) -> Fraction:
    """λ for which the area of clip((λ − 2b(1 − u))/(2a), 0, 1) is `area`; by bisection, and
    rounded, because any λ gives a valid bound."""

    def mean(multiplier: float) -> float:
        def antiderivative(s: float) -> float:
            return 0.0 if s <= 0 else s * s / (4 * a) if s <= 2 * a else s - a

        return (antiderivative(multiplier) - antiderivative(multiplier - 2 * b)) / (2 * b)

    low, high = 0.0, 2.0 * (a + b)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if mean(middle) < area else (low, middle)
    return Fraction(low).limit_denominator(10**9)


def _inner_minimum(multiplier: Fraction, a: int, b: int) -> Fraction:
    """∫ over u of min over r in [0, 1] of a r² − s r, with s = λ − 2b(1 − u), exact: the
    minimum is 0 for s <= 0, −s²/(4a) up to s = 2a, then a − s."""

    def antiderivative(s: Fraction) -> Fraction:
        if s <= 0:
            return Fraction(0)
        if s <= 2 * a:
            return -(s**3) / (12 * a)
        return Fraction(-2, 3) * a**2 + a * (s - 2 * a) - (s**2 - 4 * a**2) / 2

    return (antiderivative(multiplier) - antiderivative(multiplier - 2 * b)) / (2 * b)


# --- one point of the curve ------------------------------------------------------------


def point_bounds(se: Interval, sp: Interval) -> Interval:
    """AUCs of curves through a point: se·sp <= AUC <= 1 − (1 − se)(1 − sp), ties or not.

    A positive above the cut and a negative below it are a pair in the right order; one
    below and one above are in the wrong order.  Nothing else is known.
    """
    return Interval(se.low * sp.low, 1 - (1 - se.high) * (1 - sp.high))


def points_bounds(points: Sequence[tuple[Interval, Interval]]) -> Interval | None:
    """AUCs of curves through several points (sensitivity, specificity), ties or not; None
    where the enclosures say that no curve passes through all of them.

    The curve does not lie under the stairs that climb at the points, nor over those that
    climb before them: the areas of a union of rectangles right of and below each point, and
    left of and above it.  The first grows and the second falls with every sensitivity and
    specificity, so that their ends give the bounds.
    """
    low = _stairs([(Fraction(sp.low), Fraction(se.low)) for se, sp in points])
    high = 1 - _stairs([(1 - Fraction(sp.high), 1 - Fraction(se.high)) for se, sp in points])
    return Interval(low, high) if low <= high else None


def _stairs(corners: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    """The area of the union of the rectangles [0, x] × [0, y]."""
    area, height = Fraction(0), Fraction(0)
    for x, y in sorted(corners, reverse=True):
        if y > height:
            area += x * (y - height)
            height = y
    return area


@dataclass(frozen=True, slots=True)
class Ceiling:
    """Largest AUC that a criterion allows: without ties (or an upper bound of it) and with."""

    no_ties: Fraction
    ties: Fraction


def youden_ceiling(k1: int, k0: int, n1: int, n0: int) -> Ceiling:
    """Largest AUC if the point (se = k1/n1, sp = k0/n0) has the largest Youden index J.

    All vertices lie in the half-plane TPR <= FPR + J; it is convex, so the lines between
    them do too, ties or not.  The area under min(1, FPR + J) is 1 − (1 − J)²/2.  As (0, 0)
    has J = 0, a negative J can be largest only among the inner cuts, and 0 replaces it.
    """
    j = max(Fraction(k1, n1) + Fraction(k0, n0) - 1, Fraction(0))
    area = 1 - (1 - j) ** 2 / 2
    return Ceiling(area, area)


def accuracy_ceiling(k1: int, k0: int, n1: int, n0: int) -> Ceiling:
    """Largest AUC if the point has the largest share of correctly classified patients, with
    the group sizes as prevalence: 1 − E²/(2 n1 n0), E the number of errors.

    A half-plane again: its edge cuts a triangle with legs E/n1 and E/n0 off the square.
    Calling all patients alike makes n1 or n0 errors, so E counts at most as the smaller.
    """
    errors = min(n1 - k1 + n0 - k0, n1, n0)
    area = 1 - Fraction(errors**2, 2 * n1 * n0)
    return Ceiling(area, area)


def accuracy_ties(k1: int, k0: int, n1: int, n0: int) -> int:
    """Patients who must share one value if no cut makes fewer errors than the point: at
    least this many; 1 means that no value need be shared.

    Calling all patients alike makes m = min(n1, n0) errors at one end of the curve, and
    that end is no cut between two values.  If every cut makes E > m errors or more, the
    value next to that end alone adds E − m of them, and each patient adds at most one.
    """
    return max(1, n1 - k1 + n0 - k0 - min(n1, n0))


def closest_ceiling(k1: int, k0: int, n1: int, n0: int) -> Ceiling:
    """Largest AUC if the point is the closest to (0, 1), at the distance r.

    No ties: each upper left corner of the staircase is a vertex, outside the circle of
    radius r round (0, 1); what lies to its right and below is farther away still.  So the
    quarter circle stays above the curve: AUC <= 1 − πr²/4.

    Ties: seen from (0, 1) the area above the curve is a fan of triangles between
    successive vertices, ½ r_i r_{i+1} sin θ_i each, with r_i >= r.  The picked point splits
    the right angle into φ and π/2 − φ, and sin is subadditive there, so the fan is at least
    ½ r² (sin φ + cos φ) = ½ r ((1 − se) + (1 − sp)).  (0, 0) and (1, 1) are at distance 1,
    so r > 1 counts as 1 for the others.
    """
    miss, false_alarm = 1 - Fraction(k1, n1), 1 - Fraction(k0, n0)
    square = miss**2 + false_alarm**2
    radius = min(Fraction(sqrt(Interval.point(square)).low), Fraction(1))
    return Ceiling(
        1 - Fraction(PI.low) * min(square, Fraction(1)) / 4,
        1 - radius * (miss + false_alarm) / 2,
    )


def product_ceiling(k1: int, k0: int, n1: int, n0: int) -> Ceiling:
    """Largest AUC if the point has the largest product c = se·sp.

    No ties: upper left corners are vertices and se·sp only falls to the right and below,
    so the curve lies under min(1, c/(1 − FPR)), an area of c − c ln c.

    Ties: with x = specificity and y = sensitivity all vertices lie under the hyperbola
    xy = c, which is convex.  So those right of the picked point lie under the chord from
    (sp, se) to (1, c), those left of it under the chord from (c, 1) to (sp, se), and so do
    the lines between them: AUC <= c + (sp − c)(1 + se)/2 + (1 − sp)(se + c)/2.
    """
    se, sp = Fraction(k1, n1), Fraction(k0, n0)
    c = se * sp
    smooth = c - c * Fraction(log(Interval.point(c)).low) if c else Fraction(0)
    chords = c + (sp - c) * (1 + se) / 2 + (1 - sp) * (se + c) / 2
    # the enclosure of the logarithm may pass the chords by its last bit
    return Ceiling(min(smooth, chords), chords)


CEILINGS: dict[str, Callable[[int, int, int, int], Ceiling]] = {
    "youden": youden_ceiling,
    "closest": closest_ceiling,
    "product": product_ceiling,
    "accuracy": accuracy_ceiling,
}


def equality_ties(k1: int, k0: int, n1: int, n0: int) -> int:
    """Patients who must share one value if |se − sp| is smallest at the point: at least
    this many; 1 means that no value need be shared.

    Along the curve se − sp runs from −1 to 1.  If it is never nearer to 0 than d, one value
    lifts it from −d or less to d or more: its e positives and f negatives fulfil
    e/n1 + f/n0 >= 2d, and a patient of the smaller group counts most.
    """
    gap = 2 * abs(Fraction(k1, n1) - Fraction(k0, n0))
    return max(1, math.ceil(gap * min(n1, n0)))


def largest_tie_shrinkage(above: int, below: int) -> Fraction:
    """Largest share by which ties can shrink the null variance: Σ(t³ − t)/(N³ − N).

    Equal values lie on the same side of a cut, so it is largest if all `above` patients
    share a value and all `below` patients another.  With no known cut: below = 0.
    """
    n = above + below
    return Fraction(above**3 - above + below**3 - below, n**3 - n)


# --- a mean, an SD and a share beyond a cut --------------------------------------------


@dataclass(frozen=True, slots=True)
class Beyond:
    """Both sides of ``distance² · share <= variance · (1 − share)``, the easiest case of a
    box of means, SDs and cuts; `side` is where the mean lies as seen from the cut."""

    left: Fraction
    right: Fraction
    distance: Fraction
    side: str

    @property
    def holds(self) -> bool:
        return self.left <= self.right


def share_beyond(mean: Interval, sd: Interval, cut: Interval, k_above: list[int], n: int) -> Beyond:
    """Whether `k_above` of `n` values (any count of the list) can lie at or above a cut and
    the others at or below it, given their mean and SD (divisor n − 1).

    Cantelli (1928) for a sample: the patients beyond the cut, a share p, are on average at
    least δ = |cut − mean| from the mean, so the others are at least δp/(1 − p) on its other
    side; with the variance of the values, s²(n − 1)/n, δ²p <= s²(1 − p)(n − 1)/n.
    Necessary whatever the distribution.
    """
    variance = Fraction(sd.high) ** 2 * Fraction(n - 1, n)
    if cut.low > mean.high:
        delta, side = Fraction(cut.low - mean.high), "below"
        share = Fraction(min(k_above), n)
    elif mean.low > cut.high:
        delta, side = Fraction(mean.low - cut.high), "above"
        share = 1 - Fraction(max(k_above), n)
    else:
        return Beyond(Fraction(0), variance, Fraction(0), "at")
    return Beyond(delta**2 * share, variance * (1 - share), delta, side)


# --- curves for figures ----------------------------------------------------------------

Floats = NDArray[np.float64]


def binormal_auc(m1: float, s1: float, m0: float, s0: float) -> float:
    """AUC of two normal distributions: Φ((m1 − m0)/√(s1² + s0²)).

    `m1`, `s1` mean and SD of the positives, `m0`, `s0` of the negatives, in one unit; not
    both SDs may be 0 (ValueError).  Context only: on skewed data it is off by 0.03.
    """
    spread = math.hypot(s1, s0)
    if spread == 0 or s1 < 0 or s0 < 0:
        raise ValueError("a binormal AUC needs SDs that are not negative and not both zero")
    return float(special.ndtr((m1 - m0) / spread))


def binormal_curve(m1: float, s1: float, m0: float, s0: float, grid: ArrayLike) -> Floats:
    """Sensitivity of two normal distributions at each false positive share of `grid`, shape
    (k,) in [0, 1]: Φ((m1 − m0 + s0 Φ⁻¹(x))/s1).  Raises ValueError if an SD is not positive.
    """
    if s1 <= 0 or s0 <= 0:
        raise ValueError("a binormal curve needs positive SDs")
    x = _grid(grid)
    return special.ndtr((m1 - m0 + s0 * special.ndtri(x)) / s1)


def roc_band(
    auc: float | Interval, se: float, sp: float, grid: ArrayLike, youden: bool = False
) -> tuple[Floats, Floats]:
    """Lower and upper envelope, shapes (k,), at the false positive shares `grid`, shape (k,),
    of all nondecreasing curves from [0, 1] to [0, 1] through (1 − sp, se) with area `auc`.

    `auc` may be an interval (a rounded AUC): the band of all its values.  With `youden` the
    point has the largest Youden index of the curve, J = se + sp − 1, so that the curve
    lies under TPR = FPR + J (J at least 0, as in :func:`youden_ceiling`).

    Each end is attained: a curve that has the height t at x, and otherwise is as low as it
    may be, has the least area; t can be reached if that is not above the AUC.  Likewise
    for the lowest height, with the largest area.  Areas between the two extremes are
    attained by mixing them, because the set of curves is convex.  At x itself a curve may
    jump: the upper envelope takes the value right of the jump, the lower one the left.

    Raises ValueError if no such curve exists or a number is outside [0, 1].
    """
    x = _grid(grid)
    if not (0 <= se <= 1 and 0 <= sp <= 1):
        raise ValueError("sensitivity and specificity lie between 0 and 1")
    x0, y0, j = 1 - sp, se, se + sp - 1
    if youden and j < 0:
        raise ValueError("a point below the diagonal has not the largest Youden index")
    least = se * sp
    most = 1 - (1 - j) ** 2 / 2 if youden else 1 - (1 - se) * (1 - sp)
    low, high = (float(auc.low), float(auc.high)) if isinstance(auc, Interval) else (auc, auc)
    slack = 1e-12
    if low > most + slack or high < least - slack:
        raise ValueError(
            f"no curve through this point has this AUC: it lies between {least:.6f} and {most:.6f}"
        )
    low, high = min(max(low, least), most), min(max(high, least), most)
    return _lower(x, low, x0, y0, j, most, youden), _upper(x, high, x0, y0, j, youden)


def _grid(grid: ArrayLike) -> Floats:
    x = np.asarray(grid, dtype=float)
    if x.ndim != 1 or not np.all((x >= 0) & (x <= 1)):
        raise ValueError("the grid is a list of false positive shares between 0 and 1")
    return x


def _upper(x: Floats, auc: float, x0: float, y0: float, j: float, youden: bool) -> Floats:
    # lowest curve with height t at x: 0 before, t and y0 after, whichever is higher
    left = x < x0
    with np.errstate(divide="ignore", invalid="ignore"):
        t_left = (auc - y0 * (1 - x0)) / (x0 - x)
        t_right = (auc - y0 * (x - x0)) / (1 - x)
    t = np.where(left, np.minimum(t_left, y0), np.where(x < 1, t_right, 1.0))
    cap = np.minimum(1.0, x + j) if youden else np.ones_like(x)
    return np.clip(t, np.where(left, 0.0, y0), np.maximum(cap, np.where(left, 0.0, y0)))


def _lower(
    x: Floats, auc: float, x0: float, y0: float, j: float, most: float, youden: bool
) -> Floats:
    # highest curve with height t at x: at most t before, the highest allowed after
    left = x <= x0
    spare = most - auc
    floor = np.where(left, 0.0, y0)
    if not youden:
        with np.errstate(divide="ignore", invalid="ignore"):
            t = np.where(left, y0 - spare / x, 1 - spare / (x - x0))
        return np.where(x == 0, 0.0, np.maximum(t, floor))
    # under the line x + j the height t cuts off a triangle, a trapezium if it reaches x = 0,
    # and a triangle with a strip where the line has reached 1
    triangle = x + j - math.sqrt(2 * spare)
    with np.errstate(divide="ignore", invalid="ignore"):
        trapezium = j + x / 2 - spare / x
    strip = np.maximum(x - (1 - j), 0.0)
    beyond = 1 + strip - np.sqrt(strip**2 + 2 * spare)
    t = np.where(x > 1 - j, beyond, triangle)
    t = np.where(left & (spare >= x**2 / 2), trapezium, t)
    return np.where(x == 0, 0.0, np.maximum(t, floor))
