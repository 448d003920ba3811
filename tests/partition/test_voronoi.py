# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Voronoi cells: borders are equally far from two centres, and areas add up."""

import numpy as np
import pytest

from sklearn_geo.partition._voronoi import ring_areas, voronoi_rings, with_poles

RNG = np.random.default_rng(0)


def unit(vectors):
    vectors = np.asarray(vectors, dtype=float)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def around(spread, n):
    return unit(np.array([0.3, -0.5, 0.8]) + spread * RNG.normal(size=(n, 3)))


TURN = np.linspace(0.0, 5.0, 7)
CENTERS = {
    "globe": unit(RNG.normal(size=(60, 3))),
    "four": unit(RNG.normal(size=(4, 3))),
    "three": unit(RNG.normal(size=(3, 3))),
    "two": unit(RNG.normal(size=(2, 3))),
    "opposite": np.array([[0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]),
    "city": around(1e-3, 40),
    "village": around(1e-5, 40),
    "parallel": unit(np.c_[np.cos(TURN), np.sin(TURN), np.full(7, 0.5)]),
    "equator": unit(np.c_[np.cos(TURN), np.sin(TURN), np.zeros(7)]),
}


@pytest.mark.parametrize("name", CENTERS)
def test_corners_have_no_nearer_centre(name):
    centers = CENTERS[name]
    for center, ring in zip(centers, voronoi_rings(centers), strict=True):
        own = ring @ center
        assert (own >= (ring @ centers.T).max(axis=1) - 1e-12).all()


@pytest.mark.parametrize("name", CENTERS)
def test_cells_cover_the_globe_once(name):
    centers = CENTERS[name]
    rings = voronoi_rings(centers)
    areas = ring_areas(rings, centers)
    assert (areas > 0.0).all()
    assert areas.sum() == pytest.approx(4.0 * np.pi, rel=1e-6)


@pytest.mark.parametrize("name", CENTERS)
def test_inside_of_the_ring_is_what_is_nearest(name):
    centers = CENTERS[name]
    # Half of the places near the centres, where the small cells are.
    near = centers[RNG.integers(len(centers), size=500)]
    scale = np.abs(centers - centers.mean(axis=0)).max()
    places = unit(
        np.r_[near + 0.3 * scale * RNG.normal(size=(500, 3)), RNG.normal(size=(500, 3))]
    )
    products = places @ centers.T
    second, first = np.sort(products, axis=1)[:, -2:].T
    clear = first - second > 1e-13
    nearest = products.argmax(axis=1)
    for i, ring in enumerate(voronoi_rings(centers)):
        left = np.cross(ring, np.roll(ring, -1, axis=0))
        inside = (places @ left.T > 0.0).all(axis=1)
        if name == "village":
            # Corners of the smallest cells are rounded to about a metre.
            assert (inside == (nearest == i))[clear].mean() > 0.98
        else:
            np.testing.assert_array_equal(inside[clear], (nearest == i)[clear])


def test_octants_by_hand():
    centers = unit([[x, y, z] for x in (1, -1) for y in (1, -1) for z in (1, -1)])
    rings = voronoi_rings(centers)
    np.testing.assert_allclose(ring_areas(rings, centers), np.pi / 2.0)
    corners = {tuple(corner) for corner in np.round(rings[0], 9) + 0.0}
    assert corners == {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)}


def test_lunes_by_hand():
    # Three places on the equator, at 0, 90 and 180 degrees east.
    rings = voronoi_rings(np.array([[1.0, 0, 0], [0, 1.0, 0], [-1.0, 0, 0]]))
    areas = ring_areas(rings, np.array([[1.0, 0, 0], [0, 1.0, 0], [-1.0, 0, 0]]))
    # Lunes of 135, 90 and 135 degrees: twice their angle.
    np.testing.assert_allclose(areas, np.radians([270.0, 180.0, 270.0]))


@pytest.mark.parametrize("pole", [1.0, -1.0])
def test_poles_on_edges_become_points(pole):
    # Along the meridians of 0 and 180 degrees, across the pole, and back elsewhere.
    ring = unit([[0.5, 0.0, pole], [-0.2, 0.0, pole], [-0.5, -0.5, 0.1]])
    expected = np.insert(ring, 1, [0.0, 0.0, pole], axis=0)
    before = ring.copy()
    np.testing.assert_array_equal(with_poles(ring), expected)
    np.testing.assert_array_equal(ring, before)
    # Also on the way from the last point to the first.
    turned = np.roll(ring, -1, axis=0)
    expected = np.vstack([turned, [[0.0, 0.0, pole]]])
    np.testing.assert_array_equal(with_poles(turned), expected)


def test_poles_beside_edges_stay_away():
    # A meridian that ends before the pole, and an edge a little beside it.
    for ring in (
        unit([[0.5, 0.0, 1.0], [0.5, 0.0, -1.0], [0.5, 0.5, 0.0]]),
        unit([[0.5, 1e-6, 1.0], [-0.5, 1e-6, 1.0], [0.0, -0.5, 1.0]]),
        # A short edge, thirty metres from the pole, among long ones.
        unit([[1e-5, 5e-6, 1.0], [-1e-5, 5e-6, 1.0], [-0.5, 0.5, 0.1], [0.5, 0.5, 0]]),
    ):
        np.testing.assert_array_equal(with_poles(ring), ring)


@pytest.mark.parametrize("step", [[1e-13, 0.0], [-1e-13, 0.0], [0.0, -1e-13]])
def test_a_corner_next_to_a_pole_is_the_pole(step):
    # Also where the pole is a little ahead of the corner, or a little behind it.
    ring = unit([[*step, 1.0], [0.5, 0.0, 1.0], [0.0, 0.5, 1.0]])
    expected = np.vstack([[[0.0, 0.0, 1.0]], ring[1:]])
    before = ring.copy()
    np.testing.assert_array_equal(with_poles(ring), expected)
    np.testing.assert_array_equal(ring, before)


@pytest.mark.parametrize("pole", [1.0, -1.0])
def test_poles_on_one_of_many_edges(pole):
    # Half a circle of ten degrees, and back along its diameter through the pole; its
    # other edges are short.
    turn = np.linspace(0.0, np.pi, 40)
    ring = unit(np.column_stack([np.cos(turn), np.sin(turn), np.full(40, 5.7 * pole)]))
    expected = np.vstack([ring, [[0.0, 0.0, pole]]])
    np.testing.assert_array_equal(with_poles(ring), expected)
