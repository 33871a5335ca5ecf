"""What several checks share: enclosures of P values and square roots, wording of intervals.

Every enclosure is outward: it is sure to hold the true value, so that a printed number
outside it is refuted whatever the floating-point error.
"""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from scipy import special

from analysis.findings import Finding, Verdict, verdict_for
from analysis.printed import Bound, Interval, Printed, format_fixed

UNIT = Interval(Fraction(0), Fraction(1))
# scipy.special promises about 1e-13 in the tails; four orders are kept in hand
_ULPS = 2**19


def p_from_t(abs_t: Interval, df: Interval) -> Interval:
    """Two-sided P of every ``|t|`` in `abs_t` (≥ 0) and every degree of freedom in `df`
    (> 0), enclosed.  P falls as ``|t|`` rises and as `df` rises."""
    high = 2 * special.stdtr(float(df.low), -float(abs_t.low))
    low = 2 * special.stdtr(float(df.high), -float(abs_t.high)) if abs_t.high != math.inf else 0.0
    return Interval.outward(float(low), float(high), _ULPS).clip(0, 1)


def p_from_z(abs_z: Interval) -> Interval:
    """Two-sided P of every ``|z|`` in `abs_z` (≥ 0) under the normal, enclosed."""
    low = 2 * special.ndtr(-float(abs_z.high)) if abs_z.high != math.inf else 0.0
    return Interval.outward(float(low), float(2 * special.ndtr(-float(abs_z.low))), _ULPS).clip(
        0, 1
    )


def p_from_chi2(chi2: Interval, df: int) -> Interval:
    """Upper-tail P of every value in `chi2` (≥ 0) with `df` degrees of freedom, enclosed."""
    low = special.chdtrc(df, float(chi2.high)) if chi2.high != math.inf else 0.0
    return Interval.outward(float(low), float(special.chdtrc(df, float(chi2.low))), _ULPS).clip(
        0, 1
    )


def z_for_level(level: Fraction) -> Interval:
    """The normal quantile of a two-sided interval of `level` (0.95 gives 1.959964…), enclosed."""
    z = float(special.ndtri(0.5 + float(level) / 2))
    return Interval.outward(z, z, _ULPS)


def sqrt(interval: Interval) -> Interval:
    """Square roots of an interval of numbers ≥ 0, enclosed by rationals (60 binary places)."""
    return Interval(_root(interval.low, up=False), _root(interval.high, up=True))


def _root(value: Bound, up: bool) -> Bound:
    if isinstance(value, float) and math.isinf(value):
        return value
    value = Fraction(value)
    shift = 120
    scaled = value.numerator * (1 << 2 * shift) // value.denominator
    root = math.isqrt(scaled)
    exact = Fraction(root, 1 << shift)
    return exact + Fraction(1, 1 << shift) if up and exact**2 != value else exact


def log(interval: Interval) -> Interval:
    """Natural logarithms of an interval of numbers ≥ 0, enclosed."""
    low = _log(interval.low, -1) if interval.low > 0 else -math.inf
    high = _log(interval.high, +1) if interval.high > 0 else -math.inf
    return Interval(low, high)


def _log(value: Bound, side: int) -> Bound:
    """A logarithm moved outward: by an absolute margin, because near 1 the logarithm is
    small and a relative one would not cover the rounding of its argument."""
    if isinstance(value, float) and math.isinf(value):
        return value
    value = Fraction(value)
    # the logarithm of each whole number, because a quotient may overflow a float
    top, bottom = math.log(value.numerator), math.log(value.denominator)
    return Fraction(top - bottom + side * max(1.0, top, bottom) * 2.0**-44)


def exp(interval: Interval) -> Interval:
    """Exponentials of a bounded interval, enclosed."""
    return Interval.outward(math.exp(interval.low), math.exp(interval.high))


def absolute(interval: Interval) -> Interval:
    """Absolute values of an interval."""
    if interval.low >= 0:
        return interval
    if interval.high <= 0:
        return -interval
    return Interval(Fraction(0), max(-interval.low, interval.high))


def outward_text(interval: Interval, decimals: int) -> str:
    """``0.598 to 0.682``: both ends rounded outward, so that the text holds the interval."""
    low, high = outward_ends(interval, decimals)
    return low if low == high else f"{low} to {high}"


def outward_ends(interval: Interval, decimals: int) -> tuple[str, str]:
    """Both ends of an interval, rounded outward."""
    return (
        _outward(interval.low, decimals, math.floor),
        _outward(interval.high, decimals, math.ceil),
    )


def _outward(value: Bound, decimals: int, rounding: object) -> str:
    if isinstance(value, float) and math.isinf(value):
        return format_fixed(value, decimals)
    scale = 10**decimals
    return format_fixed(Fraction(rounding(Fraction(value) * scale), scale), decimals)  # type: ignore[operator]


def p_text(p: float) -> str:
    """A recomputed P with enough digits to be told apart from zero."""
    if p >= 0.0001:
        return format_fixed(p, 4)
    if p == 0:
        return "0"
    mantissa, exponent = f"{p:.1e}".split("e")
    return f"{mantissa}×10^{int(exponent)}".replace("-", "−")


def p_interval_text(interval: Interval) -> str:
    """The enclosure of a P value in words."""
    high = float(interval.high)
    if high < 0.0001:
        return f"at most {p_text(high)}"
    return outward_text(interval, 4)


def printed_p(printed: Printed, alpha: Fraction) -> Printed:
    """A printed P; ``NS`` says no more than that it is not under the paper's own level."""
    return replace(printed, value=alpha) if printed.is_ns else printed


def p_finding(
    id: str,
    check: str,
    number: str,
    printed: Printed,
    central: float,
    attainable: Interval,
    claim: str,
    by_hand: str,
    assumptions: tuple[str, ...],
    values: dict[str, object] | None = None,
) -> Finding:
    """The finding for one printed P value against one recomputation.

    A printed ``0.000`` stands for every P under 0.0005; the note says so, because no
    P value is zero.
    """
    note = ""
    if printed.value == 0:
        note = "A printed P of zero stands for a P under half a unit of its last place."
    return Finding(
        id=id,
        check=check,
        verdict=verdict_for(printed, central, attainable, UNIT),
        numbers=(number,),
        claim=claim,
        printed=f"P {printed.text}" if printed.comparison != "=" else f"P = {printed.text}",
        attainable=f"P {p_interval_text(attainable)} (central {p_text(central)})",
        by_hand=by_hand,
        assumptions=assumptions,
        note=note,
        values={"p": central, "p_low": float(attainable.low), "p_high": float(attainable.high)}
        | (values or {}),
    )


__all__ = [
    "UNIT", "Finding", "Verdict", "absolute", "exp", "log", "outward_text", "p_finding",
    "p_from_chi2", "p_from_t", "p_from_z", "p_interval_text", "p_text", "printed_p", "sqrt",
    "z_for_level",
]  # fmt: skip
