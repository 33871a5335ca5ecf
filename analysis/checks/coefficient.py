"""The coefficients and standard errors behind one printed row of a regression table.

A row prints one estimate in up to seven ways: B, SE, Wald = (B/SE)², P, exp(B) and the
two limits exp(B ± z·SE).  Each printed number is a condition that is linear in
(B, SE) once the sign of B is fixed: a Wald statistic or a P bounds the ratio |B|/SE, a
ratio bounds B by its logarithm, a limit bounds B ± z·SE.  So the set of all (B, SE) that
print like the row is a polygon for B ≥ 0 and one for B ≤ 0, and the row contradicts
itself exactly if both are empty.

Decimals are exact; logarithms, roots and quantiles are enclosed outward, so rounding in
here can only make the set larger, never refute a row.  Wald test and interval: Wald 1943;
Hosmer, Lemeshow & Sturdivant 2013, equations 1.12 to 1.15.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from scipy import special

from analysis.checks import common
from analysis.checks.plane import Polygon
from analysis.printed import Interval, Printed, hull

COLUMNS = ("b", "se", "wald", "p", "ratio", "ci.low", "ci.high")

LARGEST = 10**100  # far over the SE of a separated fit, far under the end of floats

HalfPlane = tuple[Fraction | int, Fraction | int, Fraction | int]  # a·B + b·SE <= c

_FAR_AWAY = 10**5
_LEAST_SE = Fraction(1, 10**12)  # a standard error is positive: (0, 0) would satisfy any ratio
_BINARY_PLACES = 36  # coarse on purpose: short fractions, and 1e-11 is far below any rounding
_Z_MARGIN = 2.0**-36
_ROUND_Z = {
    Fraction(9, 10): Fraction("1.645"),
    Fraction(19, 20): Fraction("1.96"),
    Fraction(99, 100): Fraction("2.576"),
}


@dataclass(frozen=True, slots=True)
class Region:
    """The (B, SE) that a set of printed columns allows: one convex part for each sign.

    `far` is where the starting box ends: a bound within a factor 10^5 of that is no bound.
    """

    parts: tuple[Polygon, ...]
    far: Fraction

    @property
    def is_empty(self) -> bool:
        return not self.parts

    def values(self, a: Fraction | int, b: Fraction | int) -> Interval:
        """The values of ``a·B + b·SE``; unbounded where nothing printed bounds them.

        Raises ValueError if the region is empty.
        """
        ranges = [part.range_of(a, b) for part in self.parts]
        low, high = min(r.low for r in ranges), max(r.high for r in ranges)
        near = self.far / _FAR_AWAY
        return Interval(low if low > -near else -math.inf, high if high < near else math.inf)

    @property
    def z(self) -> Interval:
        """The values of |B|/SE (0 to ∞), at the corners: a quotient of linear functions
        takes its extremes over a polygon there."""
        quotients: list[Fraction | float] = []
        for part in self.parts:
            for b, se in part.vertices:
                quotient: Fraction | float = abs(b) / se
                # in a corner of the starting box one of the two is as large as one likes
                quotient = math.inf if quotient > _FAR_AWAY else quotient
                quotients.append(Fraction(0) if quotient < Fraction(1, _FAR_AWAY) else quotient)
        return Interval(min(quotients), max(quotients))

    @property
    def witness(self) -> tuple[Fraction, Fraction]:
        """One (B, SE) well inside: the mean of the corners of the first part."""
        corners = self.parts[0].vertices
        return sum(b for b, _ in corners) / len(corners), sum(s for _, s in corners) / len(corners)


def _signs(part: Polygon) -> tuple[int, ...]:
    """The sign of B in a part (a part on the axis may count as either)."""
    return (1,) if part.x_range.low >= 0 else (-1,)


def z_from_p(p: Interval) -> Interval:
    """The |z| whose two-sided normal P lies in `p` (cut to 0 to 1), enclosed."""
    p = p.clip(0, 1)
    high = math.inf if p.low <= 0 else -float(special.ndtri(float(p.low) / 2))
    low = -float(special.ndtri(float(p.high) / 2)) if p.high > 0 else math.inf
    return Interval(
        Fraction(max(low - _Z_MARGIN * max(1.0, low), 0.0)) if math.isfinite(low) else Fraction(38),
        Fraction(high + _Z_MARGIN * max(1.0, high)) if math.isfinite(high) else high,
    )


@dataclass(frozen=True, slots=True)
class Convention:
    r"""How a row is printed where that is not the usual way.

    `units`: ratio and limits belong to so many units of the predictor (a hazard ratio per 10
    years beside a B per year; 2 for SAS's effect coding, whose B is half a log odds ratio; −1
    for the ratio of the other category or event);
    `wald_is_z`: the column Wald holds \|B\|/SE and not its square; `one_sided`: so is P.
    """

    units: Fraction = Fraction(1)
    wald_is_z: bool = False
    one_sided: bool = False


USUAL = Convention()


def half_planes(
    column: str, printed: Printed, z: Interval, sign: int, convention: Convention = USUAL
) -> tuple[HalfPlane, ...]:
    """The half-planes ``a·B + b·SE <= c`` that hold the (B, SE) behind one printed number.

    `column` is one of :data:`COLUMNS`, `z` encloses the normal quantile of the interval,
    `sign` is +1 for the part with B ≥ 0 and −1 for the part with B ≤ 0.  Where the bound
    is an enclosure its lenient end is used.
    """
    inside = printed.interval
    if column == "p" and convention.one_sided:
        inside = inside * Interval.point(2)
    if column == "b":
        return _strip(1, 0, inside)
    if column == "se":
        return _strip(0, 1, inside)
    if column in ("wald", "p"):
        if column == "p":
            root = z_from_p(inside)
        else:
            square = inside.clip(0, math.inf)
            root = _coarse(square) if convention.wald_is_z else common.sqrt(square)
        planes: list[HalfPlane] = [(-sign, _down(root.low), 0)]
        if not math.isinf(root.high):
            planes.append((sign, -_up(root.high), 0))
        return tuple(planes)
    logs = common.log(inside.clip(0, math.inf)) / Interval.point(convention.units)
    logs = _coarse(logs)
    if column == "ratio":
        return _strip(1, 0, logs)
    # ln limit = B ∓ z·SE with SE >= 0: each side takes the end of z that allows more; turned
    # round (units below 0) the lower limit of the ratio is the upper one of B
    is_lower = (column == "ci.low") == (convention.units > 0)
    towards, away = (-z.high, -z.low) if is_lower else (z.low, z.high)
    planes = []
    if not math.isinf(logs.high):
        planes.append((1, towards, logs.high))
    if not math.isinf(logs.low):
        planes.append((-1, -away, -logs.low))
    return tuple(planes)


def _strip(a: int, b: int, inside: Interval) -> tuple[HalfPlane, ...]:
    planes: list[HalfPlane] = []
    if not math.isinf(inside.high):
        planes.append((a, b, Fraction(inside.high)))
    if not math.isinf(inside.low):
        planes.append((-a, -b, -Fraction(inside.low)))
    return tuple(planes)


def _coarse(interval: Interval) -> Interval:
    """The interval moved outward to multiples of 2^-36; infinite ends stay."""
    return Interval(
        interval.low if math.isinf(interval.low) else _down(interval.low),
        interval.high if math.isinf(interval.high) else _up(interval.high),
    )


def _down(value: Fraction) -> Fraction:
    return Fraction(math.floor(value * (1 << _BINARY_PLACES)), 1 << _BINARY_PLACES)


def _up(value: Fraction) -> Fraction:
    return Fraction(math.ceil(value * (1 << _BINARY_PLACES)), 1 << _BINARY_PLACES)


class PrintedRow:
    """One row as printed: a mapping of :data:`COLUMNS` (those that are there) to numbers.

    `level` is the confidence level of the two limits, as a fraction (19/20).  Raises
    ValueError for a number beyond :data:`LARGEST`, which no fit prints.  `round_z` takes
    1.645, 1.96 or 2.576 beside the quantile, as a calculator does.
    """

    def __init__(
        self,
        printed: Mapping[str, Printed],
        level: Fraction,
        convention: Convention = USUAL,
        round_z: bool = False,
    ):
        self.printed = {c: printed[c] for c in COLUMNS if c in printed}
        if any(abs(n.value) > LARGEST for n in self.printed.values()):
            raise ValueError(f"a number beyond {float(LARGEST):.0e} stands in the row")
        self.level = level
        self.convention = convention
        self.z = _coarse(common.z_for_level(level))
        if round_z and level in _ROUND_Z:
            self.z = hull((self.z.low, self.z.high, _ROUND_Z[level]))
        biggest = max((abs(n.value) + n.half_unit for n in self.printed.values()), default=0)
        self.far = 10**9 * (1 + Fraction(biggest))

    @cached_property
    def _planes(self) -> dict[int, dict[str, tuple[HalfPlane, ...]]]:
        return {
            sign: {
                c: half_planes(c, n, self.z, sign, self.convention) for c, n in self.printed.items()
            }
            for sign in (1, -1)
        }

    def _start(self, sign: int) -> Polygon:
        side = Interval(0, self.far) if sign > 0 else Interval(-self.far, 0)
        return Polygon.box(side, Interval(_LEAST_SE, self.far))

    def _clip(self, part: Polygon, sign: int, columns: Iterable[str]) -> Polygon:
        for column in columns:
            for plane in self._planes[sign][column]:
                if part.is_empty:
                    return part
                part = part.clip(*plane)
        return part

    def region(self, columns: Iterable[str] | None = None) -> Region:
        """The (B, SE) that print like these columns (all of them if None)."""
        chosen = tuple(self.printed if columns is None else columns)
        parts = [self._clip(self._start(sign), sign, chosen) for sign in (1, -1)]
        return Region(tuple(p for p in parts if not p.is_empty), self.far)

    def add(self, region: Region, column: str) -> Region:
        """The part of a region that also prints like `column`."""
        parts = [self._clip(p, sign, (column,)) for p in region.parts for sign in _signs(p)]
        return Region(tuple(p for p in parts if not p.is_empty), self.far)

    def without_each(self) -> dict[str, Region]:
        """For each column, the (B, SE) that all *other* columns allow.

        Halving the list shares the cuts: n·log₂ n of them instead of n².
        """
        found: dict[str, list[Polygon]] = {c: [] for c in self.printed}
        for sign in (1, -1):
            stack = [(self._start(sign), tuple(self.printed))]
            while stack:
                part, columns = stack.pop()
                if part.is_empty:
                    continue
                if len(columns) == 1:
                    found[columns[0]].append(part)
                    continue
                half = len(columns) // 2
                stack.append((self._clip(part, sign, columns[:half]), columns[half:]))
                stack.append((self._clip(part, sign, columns[half:]), columns[:half]))
        return {c: Region(tuple(parts), self.far) for c, parts in found.items()}

    def conflicts(self) -> list[tuple[str, ...]]:
        """The smallest sets of columns that no (B, SE) satisfies together: every set that
        has none of the others inside it.  Empty for a coherent row.

        By Helly's theorem three columns are enough where the sign of B is fixed; where it
        is not, each sign may need three of its own.
        """
        empty: list[tuple[str, ...]] = []
        starts = {sign: self._start(sign) for sign in (1, -1)}
        for most in (3, 6):
            self._search((), tuple(self.printed), starts, most, empty)
            if empty:
                break
        empty.sort(key=len)
        found: list[tuple[str, ...]] = []
        for columns in empty:
            if not any(set(known) <= set(columns) for known in found):
                found.append(columns)
        return found

    def _search(
        self,
        chosen: tuple[str, ...],
        left: tuple[str, ...],
        parts: dict[int, Polygon],
        most: int,
        empty: list[tuple[str, ...]],
    ) -> None:
        """Add every set of `chosen` and up to `most` columns in all whose region is empty."""
        for i, column in enumerate(left):
            cut = {sign: self._clip(part, sign, (column,)) for sign, part in parts.items()}
            cut = {sign: part for sign, part in cut.items() if not part.is_empty}
            if not cut:
                empty.append((*chosen, column))
            elif len(chosen) + 1 < most:
                self._search((*chosen, column), left[i + 1 :], cut, most, empty)
