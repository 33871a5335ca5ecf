"""A convex polygon in exact arithmetic: the values that two numbers can take together.

Two printed numbers (an AUC and its SE, a coefficient and its SE) start as a box; every
further printed number that is linear in them cuts the box along two lines.  What is left
is exactly the set of pairs behind all of them, and it is empty only if none exists.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from analysis.printed import Interval, hull

Point = tuple[Fraction, Fraction]


@dataclass(frozen=True, slots=True)
class Polygon:
    """A closed convex polygon; `vertices` in order round it, none repeated.

    Two vertices are a segment, one is a point, none is the empty set.
    """

    vertices: tuple[Point, ...]

    @classmethod
    def box(cls, x: Interval, y: Interval) -> Polygon:
        """All (x, y) of two bounded intervals; an interval of one point gives a segment.

        Raises ValueError if an interval is unbounded.
        """
        if any(math.isinf(end) for end in (x.low, x.high, y.low, y.high)):
            raise ValueError(f"a box needs bounded intervals, found {x} and {y}")
        x0, x1, y0, y1 = (Fraction(end) for end in (x.low, x.high, y.low, y.high))
        return cls(_without_repeats([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]))

    def clip(self, a: Fraction | float, b: Fraction | float, c: Fraction | float) -> Polygon:
        """The part where ``a·x + b·y <= c``; points on the line stay (a float counts as
        the rational that it is).

        Sutherland and Hodgman (1974) for one closed half-plane: because points on the line
        count as inside, a polygon that only touches it shrinks to a segment or a point
        instead of vanishing.
        """
        a, b, c = Fraction(a), Fraction(b), Fraction(c)
        common = math.lcm(a.denominator, b.denominator, c.denominator)
        a, b, c = (int(value * common) for value in (a, b, c))
        # whole numbers: by how much each vertex lies beyond the line, times its denominators
        scales = [x.denominator * y.denominator for x, y in self.vertices]
        excess = [
            a * x.numerator * y.denominator + b * y.numerator * x.denominator - c * scale
            for (x, y), scale in zip(self.vertices, scales, strict=True)
        ]
        if all(over <= 0 for over in excess):
            return self
        kept: list[Point] = []
        for i, (here, over) in enumerate(zip(self.vertices, excess, strict=True)):
            following = (i + 1) % len(self.vertices)
            if over <= 0:
                kept.append(here)
            if over * excess[following] < 0:
                ours, theirs = over * scales[following], excess[following] * scales[i]
                there = self.vertices[following]
                kept.append(
                    (
                        _between(here[0], there[0], ours, theirs),
                        _between(here[1], there[1], ours, theirs),
                    )
                )
        return Polygon(_without_repeats(kept))

    def between(self, a: Fraction | int, b: Fraction | int, inside: Interval) -> Polygon:
        """The part where ``a·x + b·y`` lies in `inside`; an infinite end cuts nothing."""
        part = self
        if not math.isinf(inside.high):
            part = part.clip(a, b, inside.high)
        if not math.isinf(inside.low):
            part = part.clip(-Fraction(a), -Fraction(b), -Fraction(inside.low))
        return part

    @property
    def is_empty(self) -> bool:
        return not self.vertices

    @property
    def x_range(self) -> Interval:
        """The values of x in the polygon; ValueError if it is empty."""
        return self.range_of(1, 0)

    @property
    def y_range(self) -> Interval:
        """The values of y in the polygon; ValueError if it is empty."""
        return self.range_of(0, 1)

    def range_of(self, a: Fraction | int, b: Fraction | int) -> Interval:
        """The values of ``a·x + b·y`` in the polygon; ValueError if it is empty.

        A linear function takes its extremes in vertices, so the interval is exact.
        """
        if self.is_empty:
            raise ValueError("an empty polygon has no values")
        a, b = Fraction(a), Fraction(b)
        return hull(a * x + b * y for x, y in self.vertices)


def _between(here: Fraction, there: Fraction, ours: int, theirs: int) -> Fraction:
    """The number that divides the way from `here` to `there` as `ours` to `-theirs`."""
    (m, d), (n, e) = here.as_integer_ratio(), there.as_integer_ratio()
    return Fraction(ours * n * d - theirs * m * e, d * e * (ours - theirs))


def _without_repeats(points: list[Point]) -> tuple[Point, ...]:
    """The points in order, each once: a segment walked there and back gives every point
    twice, and so does a line through a vertex."""
    return tuple(dict.fromkeys(points))
