# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.inspection._map import MapWindow
from sklearn_geo.inspection._paths import (
    cut_lines,
    find_stops,
    moves_between,
    path_km,
    segments_in_sight,
    spans,
)

NAN = [np.nan, np.nan]
WORLD = MapWindow(-180.0, 180.0, -90.0, 90.0)
DEGREE_KM = 111.1950802335329  # pi / 180 * 6371.0088


def test_stops():
    # A hundredth of the world's 360 degrees is 3.6.
    places = np.array([[0, 0], [0, 3], NAN, [50, 10], [0, 4], [1, 1]], float)
    stops = find_stops(places, WORLD, 0.01)
    assert_array_equal(stops.of, [0, 0, -1, 1, 2, 0])
    assert_allclose(np.column_stack([stops.x, stops.y]), [[0, 0], [10, 50], [4, 0]])
    assert_array_equal(stops.counts, [3, 1, 1])
    none = find_stops(np.array([NAN, NAN]), WORLD, 0.01)
    assert len(none.x) == len(moves_between(none, 2)) == 0


def test_moves():
    places = np.array([[0, 0], [0, 50], NAN, [0, 0], [0, 50], [0, 50], [9, 99]], float)
    stops = find_stops(places, WORLD, 0.01)
    # There, back, and there again; staying is no move; nobody without an answer moves.
    assert_array_equal(moves_between(stops, 7), [[0, 1], [1, 0], [1, 2]])
    assert_array_equal(moves_between(stops, 6), [[0, 1], [1, 0]])
    assert moves_between(stops, 1).shape == (0, 2)


def test_segments_take_the_short_way():
    (segment,) = segments_in_sight((10.0, 50.0), (20.0, 40.0), WORLD)
    assert_allclose(segment, [[10, 50], [20, 40]])
    # From Fiji to Samoa: out at the east, and in at the west.
    there = segments_in_sight((178.0, -18.0), (-172.0, -14.0), WORLD)
    found = sorted(segment.tolist() for segment in there)
    assert found == [
        [[-182.0, -18.0], [-172.0, -14.0]],
        [[178.0, -18.0], [188.0, -14.0]],
    ]
    # On a map of the Pacific it is one line.
    pacific = MapWindow(150.0, 210.0, -40.0, 10.0)
    (segment,) = segments_in_sight((178.0, -18.0), (188.0, -14.0), pacific)
    assert_allclose(segment, [[178, -18], [188, -14]])
    (same,) = segments_in_sight((178.0, -18.0), (-172.0, -14.0), pacific)
    assert_allclose(same, segment)


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ([], ""),
        ([3], "3"),
        ([1, 2], "1-2"),
        ([1, 2, 3, 7, 9, 10], "1-3, 7, 9-10"),
        ([1, 3, 5], "1, 3, 5"),
        ([1, 3, 5, 7], "1, 3, 5, …"),
    ],
)
def test_spans(numbers, text):
    assert spans(numbers) == text


def test_length():
    assert path_km(np.array([[0, 0], NAN, [0, 1], [2, 1]], float)) == pytest.approx(
        3 * DEGREE_KM
    )
    assert path_km(np.array([[0.0, 179.5], [0.0, -179.5]])) == pytest.approx(DEGREE_KM)
    assert path_km(np.array([[5.0, 5.0]])) == path_km(np.array([NAN])) == 0.0


def test_lines_are_cut_at_the_antimeridian():
    assert cut_lines(np.array([[5.0, 6.0]])) == []
    assert cut_lines(np.array([NAN, NAN])) == []
    assert cut_lines(np.array([[1, 2], NAN, [3, 4]], float)) == [[[2, 1], [4, 3]]]
    # Two degrees of four before the seam: half way up.
    eastwards = cut_lines(np.array([[0.0, 178.0], [10.0, -178.0], [10.0, -170.0]]))
    assert eastwards == [[[178, 0], [180, 5]], [[-180, 5], [-178, 10], [-170, 10]]]
    westwards = cut_lines(np.array([[0.0, -179.0], [8.0, 178.0]]))
    assert westwards == [
        [[-179, 0], [-180, pytest.approx(8 / 3)]],
        [[180, pytest.approx(8 / 3)], [178, 8]],
    ]
    # From the seam itself: what begins there has no part before it.
    (line,) = (
        line
        for line in cut_lines(np.array([[0.0, -180.0], [0.0, 175.0]]))
        if line[0] != line[-1]
    )
    assert line == [[180, 0], [175, 0]]


def test_lines_at_the_antimeridian_have_a_length():
    for places, expected in (
        ([[0, 170], [1, -180]], [[[170, 0], [180, 1]]]),
        ([[0, -180], [1, 170]], [[[180, 0], [170, 1]]]),
        ([[0, 170], [1, -180], [1, -180], [2, -170]], None),
        ([[3, 4], [3, 4]], []),
    ):
        lines = cut_lines(np.array(places, float))
        if expected is None:
            expected = [[[170, 0], [180, 1]], [[-180, 1], [-170, 2]]]
        assert lines == expected
