"""The exact polygon: against its definition (a point is inside if it meets every inequality)."""

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.checks.plane import Polygon
from analysis.printed import Interval

UNIT_SQUARE = Polygon.box(Interval(F(0), F(1)), Interval(F(0), F(1)))
small = st.fractions(-3, 3, max_denominator=8)
half_planes = st.lists(st.tuples(small, small, small), max_size=5)


def area(polygon: Polygon) -> F:
    ring = polygon.vertices
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    return abs(sum((x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs), F(0))) / 2


def test_half_of_a_square():
    half = UNIT_SQUARE.clip(1, 1, 1)
    assert area(half) == F(1, 2)
    assert set(half.vertices) == {(0, 0), (1, 0), (0, 1)}


def test_a_line_along_an_edge_leaves_a_segment():
    edge = UNIT_SQUARE.clip(-1, 0, -1)
    assert set(edge.vertices) == {(1, 0), (1, 1)}
    assert edge.clip(0, 1, F(1, 3)).y_range == Interval(F(0), F(1, 3))


def test_a_line_through_a_corner_leaves_a_point():
    corner = UNIT_SQUARE.clip(-1, -1, -2)
    assert corner.vertices == ((1, 1),)
    assert corner.clip(1, 0, 1).vertices == ((1, 1),)
    assert corner.clip(1, 0, F(99, 100)).is_empty


def test_a_line_a_hair_beyond_the_corner_leaves_nothing():
    assert UNIT_SQUARE.clip(-1, -1, -2 - F(1, 10**30)).is_empty


def test_boxes_may_be_flat():
    segment = Polygon.box(Interval(F(1), F(1)), Interval(F(0), F(2)))
    assert len(segment.vertices) == 2
    assert segment.between(0, 1, Interval(F(1), F(1))).vertices == ((1, 1),)
    assert Polygon.box(Interval.point(1), Interval.point(2)).vertices == ((1, 2),)


def test_an_unbounded_box_is_refused():
    with pytest.raises(ValueError, match="bounded"):
        Polygon.box(Interval(F(0), float("inf")), Interval(F(0), F(1)))


def test_nothing_has_no_range():
    with pytest.raises(ValueError, match="empty"):
        _ = UNIT_SQUARE.clip(1, 0, -1).x_range


def test_an_infinite_end_cuts_nothing():
    assert UNIT_SQUARE.between(1, 0, Interval(F(1, 2), float("inf"))).x_range == Interval(
        F(1, 2), F(1)
    )


@given(half_planes)
def test_every_vertex_meets_every_inequality(cuts):
    polygon = UNIT_SQUARE
    for cut in cuts:
        polygon = polygon.clip(*cut)
    for x, y in polygon.vertices:
        assert 0 <= x <= 1
        assert 0 <= y <= 1
        assert all(a * x + b * y <= c for a, b, c in cuts)
    assert len(set(polygon.vertices)) == len(polygon.vertices)


@given(half_planes, st.fractions(0, 1, max_denominator=12), st.fractions(0, 1, max_denominator=12))
def test_no_point_that_meets_them_is_lost(cuts, x, y):
    polygon = UNIT_SQUARE
    for cut in cuts:
        polygon = polygon.clip(*cut)
    if all(a * x + b * y <= c for a, b, c in cuts):
        # pinning the point leaves it, exactly, in whatever order one cuts
        assert polygon.between(1, 0, Interval.point(x)).between(
            0, 1, Interval.point(y)
        ).vertices == ((x, y),)
    else:
        assert polygon.between(1, 0, Interval.point(x)).between(0, 1, Interval.point(y)).is_empty


@given(half_planes, small, small)
def test_ranges_are_the_extremes_of_the_vertices_and_areas_add_up(cuts, a, b):
    polygon = UNIT_SQUARE
    for cut in cuts:
        polygon = polygon.clip(*cut)
    if polygon.is_empty:
        return
    middle = polygon.range_of(a, b)
    c = (middle.low + middle.high) / 2
    below, above = polygon.clip(a, b, c), polygon.clip(-a, -b, -c)
    assert not below.is_empty
    assert not above.is_empty
    if (a, b) != (0, 0):
        assert area(below) + area(above) == area(polygon)
