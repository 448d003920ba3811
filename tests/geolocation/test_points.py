# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn import config_context

from sklearn_geo.geolocation._points import best_points
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    geometric_median,
    pairwise_haversine,
    spherical_mode,
)

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0


def _problem(seed, n_rows=6, n_cells=40, spread=20.0):
    rng = np.random.default_rng(seed)
    places = np.column_stack(
        [rng.normal(30.0, spread / 2, n_cells), rng.normal(-178.0, spread, n_cells)]
    )
    proba = rng.dirichlet(np.full(n_cells, 0.5), size=n_rows)
    cells = np.argsort(-proba, axis=1)
    return np.take_along_axis(proba, cells, axis=1), cells, places


def test_by_hand():
    # On the equator at 0, 1, 2 and 90 degrees.
    places = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0], [0.0, 90.0]])
    proba, cells = np.array([[0.4, 0.25, 0.2, 0.15]]), np.array([[3, 1, 0, 2]])
    # West of 2 lies 0.45 and east of it 0.4: less than half on either side.
    found = best_points(proba, cells, places, point="median")
    np.testing.assert_allclose(found, [[0.0, 2.0]], atol=1e-9)
    # Within 1.5 degrees of 1 lies 0.6; around 90 only 0.4.
    found = best_points(
        proba, cells, places, point="mode_within_km", point_km=1.5 * DEGREE_KM
    )
    np.testing.assert_allclose(found, [[0.0, 1.0]], atol=1e-9)
    found = best_points(proba, cells, places, point="mode_within_km", point_km=1.0)
    np.testing.assert_allclose(found, [[0.0, 90.0]], atol=1e-9)
    # A border that is met exactly is within; of equals the one in the middle.
    found = best_points(
        proba[:, 1:], cells[:, 1:], places, point="mode_within_km", point_km=DEGREE_KM
    )
    np.testing.assert_allclose(found, [[0.0, 1.0]], atol=1e-9)


@pytest.mark.parametrize("spread", [3.0, 20.0])
def test_median_is_the_geometric_median(spread):
    proba, cells, places = _problem(0, spread=spread)
    found = best_points(proba, cells, places, point="median")
    for row, p in enumerate(proba):
        expected = geometric_median(places[cells[row]], p)
        km = pairwise_haversine([found[row], expected], places[cells[row]])
        reached, least = km @ p
        # That of one row may stop some way beside a cell.
        assert least * (1.0 - 1e-4) <= reached <= least * (1.0 + 1e-12)


def _globe(rng, n):
    return np.column_stack(
        [np.degrees(np.arcsin(rng.uniform(-1, 1, n))), rng.uniform(-180, 180, n)]
    )


def _scattered(kind):
    """Return cells that have several minima, or awkward ones, and probabilities."""
    rng = np.random.default_rng(7)
    concentration = 1.0
    if kind == "opposite":
        places = _globe(rng, 6)
        places = np.vstack([places, -places])
        places[6:, 1] = places[:6, 1] + 180.0
        concentration = np.repeat([5.0, 0.1], [6, 6])
    elif kind == "poles":
        places = np.array([[90.0, 0], [-90, 0], [90, 70], [0, 0], [0, 180], [89.9, 10]])
    elif kind == "octahedron":
        places = np.array([[0.0, 0], [0, 90], [0, 180], [0, -90], [90, 0], [-90, 0]])
    elif kind == "equal":
        places = np.tile(_globe(rng, 4), (3, 1))
    elif kind == "metres":
        places = np.array([48.0, -180.0]) + rng.normal(size=(12, 2)) * 1e-5
    else:
        places = _globe(rng, int(kind))
        concentration = 1.0 if len(places) < 40 else 0.3
    n = len(places)
    proba = rng.dirichlet(np.broadcast_to(concentration, n), size=80)
    # Nearly flat, and some that cannot be.
    proba[:20] = 1.0 / n + proba[:20] * 0.05
    proba[20:40, :: max(2, n // 3)] = 0.0
    return places, proba / proba.sum(axis=1, keepdims=True)


def _of_likeliest_first(proba, places, point):
    cells = np.argsort(-proba, axis=1, kind="stable")
    return best_points(
        np.take_along_axis(proba, cells, axis=1), cells, places, point=point
    )


KINDS = ["2", "3", "5", "12", "40", "opposite", "poles", "octahedron", "equal"]


@pytest.mark.parametrize("kind", [*KINDS, "metres"])
def test_median_has_the_smallest_expected_error(kind):
    places, proba = _scattered(kind)
    found = _of_likeliest_first(proba, places, "median")
    expected = np.array([geometric_median(places, p) for p in proba])
    km, least = (
        (pairwise_haversine(answers, places) * proba).sum(axis=1)
        for answers in (found, expected)
    )
    # A millimetre in expectation.
    assert (km - least).max() < 1e-6


@pytest.mark.parametrize("point", ["median", "max_geoscore"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_place_of_the_globe_is_better(kind, point):
    places, proba = _scattered(kind)
    # Evenly spread, 160 km apart.
    at = np.arange(20_000)
    globe = np.column_stack(
        [np.degrees(np.arcsin((2 * at + 1) / len(at) - 1)), at * 137.50776405 % 360]
    )
    found = _of_likeliest_first(proba, places, point)

    def expected_loss(answers):
        km = pairwise_haversine(answers, places)
        return km if point == "median" else -np.exp(km / -1492.7)

    reached = (expected_loss(found) * proba).sum(axis=1)
    least = (expected_loss(np.vstack([globe, places])) @ proba.T).min(axis=0)
    assert (reached - least).max() < 1e-9


def test_descents_do_not_stop_beside_a_cell():
    # All within 45 degrees of the mean: one minimum, and a descent to it passes cells.
    rng = np.random.default_rng(3)
    places = np.column_stack([rng.normal(30, 8, 40), rng.normal(-178, 12, 40)])
    proba = rng.dirichlet(np.full(40, 0.5), size=200)
    found = _of_likeliest_first(proba, places, "median")
    reached = (pairwise_haversine(found, places) * proba).sum(axis=1)
    for step in ([0.01, 0.0], [-0.01, 0.0], [0.0, 0.01], [0.0, -0.01]):
        beside = (pairwise_haversine(found + step, places) * proba).sum(axis=1)
        assert (reached <= beside + 1e-9).all()


def test_median_of_two_equal_opposite_cells_and_of_half_in_a_cell():
    places = np.array([[10.0, 20.0], [-10.0, -160.0], [50.0, 60.0]])
    found = _of_likeliest_first(np.array([[0.5, 0.5, 0.0]]), places, "median")
    np.testing.assert_allclose(
        pairwise_haversine(found, places)[:, :2].sum(), EARTH_RADIUS_KM * np.pi
    )
    # Whatever the others say, less than half of all cannot draw away from half.
    found = _of_likeliest_first(np.array([[0.26, 0.24, 0.5]]), places, "median")
    np.testing.assert_allclose(found, places[2:], atol=1e-12)


def test_mode_is_the_spherical_mode():
    proba, cells, places = _problem(1, spread=5.0)
    for km in (50.0, 400.0):
        found = best_points(proba, cells, places, point="mode_within_km", point_km=km)
        for row, p in enumerate(proba):
            expected = spherical_mode(places[cells[row]], p, radius_km=km)
            np.testing.assert_allclose(found[row], expected, atol=1e-9)


def test_mode_may_be_among_the_least_likely_cells():
    # 64 cells far apart hold 0.32; 192 within a kilometre of each other hold the rest.
    rng = np.random.default_rng(0)
    apart = np.column_stack([np.linspace(-60, 60, 64), np.linspace(-170, 170, 64)])
    near = [48.0, 2.0] + rng.uniform(-0.003, 0.003, (192, 2))
    places = np.concatenate([apart, near])
    proba = np.r_[np.full(64, 0.005), np.full(192, 0.68 / 192)][np.newaxis]
    cells = np.arange(256)[np.newaxis]
    found = best_points(proba, cells, places, point="mode_within_km", point_km=1.0)
    held = (pairwise_haversine(found, places) <= 1.0) @ proba[0]
    assert held[0] == pytest.approx(0.68)


@pytest.mark.parametrize("km", [0.0, 300.0, 2500.0, 20016.0, 1e300])
def test_no_cell_has_more_around_it_than_the_mode(km):
    rng = np.random.default_rng(1)
    places = np.column_stack([rng.uniform(-90, 90, 256), rng.uniform(-180, 180, 256)])
    proba = -np.sort(-rng.dirichlet(np.full(256, 2.0), 20), axis=1)
    cells = np.array([rng.permutation(256) for _ in proba])
    found = best_points(proba, cells, places, point="mode_within_km", point_km=km)
    for row, p in enumerate(proba):
        own = places[cells[row]]
        most = ((pairwise_haversine(own) <= km) @ p).max()
        held = (pairwise_haversine(found[row : row + 1], own)[0] <= km + 1e-6) @ p
        assert held == pytest.approx(most, abs=1e-12)


def test_max_geoscore_is_found_by_no_finer_grid():
    proba, cells, places = _problem(2, spread=15.0)
    found = best_points(proba, cells, places, point="max_geoscore")
    grid = np.stack(
        np.meshgrid(np.linspace(0, 60, 61), np.linspace(-230, -120, 111)), axis=-1
    ).reshape(-1, 2)
    for row, p in enumerate(proba):
        where = places[cells[row]]
        tried = np.exp(pairwise_haversine(grid, where) / -1492.7) @ p
        reached = np.exp(pairwise_haversine(found[row : row + 1], where) / -1492.7) @ p
        assert reached[0] >= tried.max() - 1e-3 * tried.max()


@pytest.mark.parametrize("point", ["median", "mode_within_km", "max_geoscore"])
def test_rows_and_memory_do_not_matter(point):
    proba, cells, places = _problem(3, n_rows=9)
    found = best_points(proba, cells, places, point=point)
    with config_context(working_memory=0.001):
        again = best_points(proba, cells, places, point=point)
    np.testing.assert_array_equal(found, again)
    alone = best_points(proba[4:5], cells[4:5], places, point=point)
    np.testing.assert_allclose(found[4:5], alone, atol=1e-9)


def test_cells_that_cannot_be_are_no_answer():
    # The masked cell in the middle has most around it.
    places = np.array([[0.0, 0.0], [0.0, 1.0], [0.0, 2.0]])
    found = best_points(
        np.array([[0.6, 0.4, 0.0]]),
        np.array([[0, 2, 1]]),
        places,
        point="mode_within_km",
        point_km=1.5 * DEGREE_KM,
    )
    np.testing.assert_allclose(found, [[0.0, 0.0]], atol=1e-9)


@pytest.mark.parametrize("point", ["median", "mode_within_km", "max_geoscore"])
def test_a_single_cell_is_the_answer(point):
    found = best_points(
        np.array([[1.0]]), np.array([[1]]), np.array([[0, 0], [-60.0, 170.0]]),
        point=point,
    )  # fmt: skip
    np.testing.assert_allclose(found, [[-60.0, 170.0]], atol=1e-9)
