# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.datasets._globe import (
    CELL_DEGREES,
    N_COLS,
    N_ROWS,
    grid_places,
    inland_km,
    inland_km_grid,
    interpolate,
    is_land,
)
from sklearn_geo.datasets._outlines import LAND, WATER
from sklearn_geo.geometry import haversine_to_point

# Well inside the continents and larger islands, from any atlas.
INLAND = {
    "Madrid": (40.4, -3.7),
    "Prague": (50.1, 14.4),
    "Moscow": (55.8, 37.6),
    "Novosibirsk": (55.0, 82.9),
    "Ulaanbaatar": (47.9, 106.9),
    "Xi'an": (34.3, 108.9),
    "Nagpur": (21.1, 79.1),
    "Riyadh": (24.7, 46.7),
    "Ankara": (39.9, 32.9),
    "Timbuktu": (16.8, -3.0),
    "Khartoum": (15.6, 32.5),
    "Kinshasa": (-4.3, 15.3),
    "Johannesburg": (-26.2, 28.0),
    "Antsirabe": (-19.9, 47.0),
    "Alice Springs": (-23.7, 133.9),
    "Denver": (39.7, -105.0),
    "Winnipeg": (49.9, -97.1),
    "Mexico City": (19.4, -99.1),
    "Manaus": (-3.1, -60.0),
    "Brasilia": (-15.8, -47.9),
    "Cordoba": (-31.4, -64.2),
    "Palangkaraya": (-2.2, 113.9),
    "Birmingham": (52.5, -1.9),
    "Akureyri": (65.2, -18.5),
    "Summit Camp": (72.6, -38.5),
    "South Pole": (-90.0, 0.0),
}
AT_SEA = {
    "North Atlantic": (40.0, -40.0),
    "South Atlantic": (-30.0, -15.0),
    "North Pacific": (40.0, -160.0),
    "Tropical Pacific": (5.0, -140.0),
    "South Pacific": (-40.0, -120.0),
    "Date line": (35.0, 180.0),
    "Indian Ocean": (-25.0, 80.0),
    "Southern Ocean": (-58.0, 20.0),
    "Arctic Ocean": (88.0, 0.0),
    "Tasman Sea": (-38.0, 160.0),
    "Gulf of Mexico": (25.0, -90.0),
    "Caribbean Sea": (15.0, -73.0),
    "Hudson Bay": (59.0, -86.0),
    "Mediterranean": (34.0, 19.0),
    "Black Sea": (43.3, 34.0),
    "Caspian Sea": (42.0, 51.0),
    "North Sea": (56.0, 3.0),
    "Arabian Sea": (15.0, 63.0),
    "Bay of Bengal": (13.0, 87.0),
    "Coral Sea": (-17.0, 155.0),
    "Sea of Japan": (40.0, 134.5),
    "Sea of Okhotsk": (54.0, 149.0),
    "Red Sea": (21.0, 38.2),
    "Lake Superior": (47.6, -87.5),
}


@pytest.mark.parametrize("name", INLAND)
def test_continents_are_land(name):
    assert inland_km(np.array([INLAND[name]]))[0] > 15.0


@pytest.mark.parametrize("name", AT_SEA)
def test_oceans_seas_and_lakes_are_water(name):
    assert inland_km(np.array([AT_SEA[name]]))[0] < -15.0


def test_land_covers_as_much_of_the_globe_as_the_earths_does():
    # The earth has 29.2 % of land; on a sphere a cell counts by the cosine.
    weight = np.cos(np.radians(grid_places()[:, 0]))
    share = np.average(inland_km_grid().ravel() > 0.0, weights=weight)
    assert share == pytest.approx(0.292, abs=0.01)


def _rings(table):
    return [
        np.array([vertex.split() for vertex in text.split(",")], dtype=float)
        for text in table.values()
    ]


def _inside(place, ring):
    """Count crossings of a ray to the east, edge by edge: the slow oracle."""
    latitude, longitude = place
    crossings = 0
    for turn in (0.0, 360.0):
        x = longitude + turn
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if (y0 > latitude) != (y1 > latitude):
                at = x0 + (latitude - y0) * (x1 - x0) / (y1 - y0)
                crossings += x < at
    return crossings % 2 == 1


def test_land_agrees_with_the_outlines_ray_by_ray():
    rng = np.random.default_rng(0)
    places = np.column_stack(
        [np.degrees(np.arcsin(rng.uniform(-1, 1, 200))), rng.uniform(-180, 180, 200)]
    )
    # Half a cell from a coast the grid may round to the other side.
    places = places[np.abs(inland_km(places)) > 40.0]
    land, water = _rings(LAND), _rings(WATER)
    expected = [
        any(_inside(place, ring) for ring in land)
        and not any(_inside(place, ring) for ring in water)
        for place in places
    ]
    assert_array_equal(is_land(places), expected)
    assert 25 < sum(expected) < 150


def test_distance_to_the_coast_of_australia_by_brute_force():
    ring = _rings({"Australia": LAND["Australia"]})[0]
    t = np.linspace(0.0, 1.0, 60, endpoint=False)[:, np.newaxis]
    coast = np.concatenate(
        [
            start + t * (end - start)
            for start, end in zip(ring, np.roll(ring, -1, axis=0), strict=True)
        ]
    )[:, ::-1]
    rng = np.random.default_rng(1)
    # West and middle, away from Tasmania and New Guinea.
    places = np.column_stack([rng.uniform(-36, -18, 60), rng.uniform(105, 135, 60)])
    expected = np.array([haversine_to_point(coast, place).min() for place in places])
    found = inland_km(places)
    near = expected < 450.0
    assert near.sum() > 20
    # Bilinear between cells of 55 km.
    assert_allclose(np.abs(found[near]), expected[near], atol=30.0)
    assert np.abs(found).max() <= 500.5


def test_interpolation_is_exact_at_cell_centres_and_linear_between():
    fields = np.random.default_rng(2).normal(size=(N_ROWS, N_COLS, 2))
    centres = grid_places()
    assert_allclose(interpolate(fields, centres), fields.reshape(-1, 2), atol=1e-12)
    slope = np.arange(N_ROWS, dtype=float)[:, np.newaxis] * np.ones(N_COLS)
    places = np.array([[10.0, 20.0], [10.0 + 0.3 * CELL_DEGREES, -77.0]])
    found = interpolate(slope, places)
    assert found[1] - found[0] == pytest.approx(0.3)


def test_interpolation_wraps_around_the_antimeridian_and_stops_at_the_poles():
    field = np.zeros((N_ROWS, N_COLS))
    field[:, 0], field[:, -1] = 1.0, 3.0
    # -180 lies half way between the last column and the first.
    assert interpolate(field, np.array([[12.25, -180.0]]))[0] == pytest.approx(2.0)
    assert interpolate(field, np.array([[90.0, -179.75]]))[0] == pytest.approx(1.0)
    assert interpolate(field, np.array([[-90.0, 179.75]]))[0] == pytest.approx(3.0)


def test_the_cached_grid_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        inland_km_grid()[0, 0] = 1.0
