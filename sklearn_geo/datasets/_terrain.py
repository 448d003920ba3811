# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the land of the synthetic world is like: smooth fields, drawn by rule.

Climate follows latitude and height, mountains stand along a few hand-placed ridges,
deserts in a few hand-placed circles. Nothing here is random: the fields belong to the
globe, and every synthetic world shares them.
"""

from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from sklearn_geo.datasets._globe import (
    N_COLS,
    N_ROWS,
    grid_places,
    inland_km_grid,
    interpolate,
)
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    chord_to_km,
    km_to_chord,
    unit_vectors,
)

#: What a stretch of land can be like, each between 0 and 1.
TERRAINS = ("coast", "mountain", "desert", "forest", "grassland", "snow", "tropics")

#: Ridges: height (km), half width (km), and a line of "longitude latitude" vertices.
_RIDGES = (
    (3.6, 220, "-72 9, -75 5, -78 0, -78 -7, -75 -12, -69 -17, -68 -23, -70 -33"),
    (1.8, 120, "-70 -33, -71 -38, -72 -44, -73 -50, -69 -54"),
    (2.6, 300, "-150 63, -137 60, -125 54, -115 49, -109 43, -106 38, -106 34"),
    (2.2, 130, "-122 49, -121 44, -119 38, -117 34"),
    (2.0, 180, "-107 28, -103 22, -98 18.5, -92 15.5, -87 14"),
    (1.9, 90, "-85 10.5, -82.5 9"),
    (0.9, 130, "-84 35, -80 38, -75 42, -71 45"),
    (2.6, 90, "6 44.5, 7 46, 10 46.6, 14 47"),
    (1.9, 60, "-2 43, 2 42.5"),
    (1.2, 90, "-4 40.5, -5 40.2"),
    (1.2, 70, "9 44.3, 13 42.5, 16 40"),
    (1.3, 130, "7 60, 10 62, 15 66, 19 68.5"),
    (1.5, 90, "15 44.5, 19 42.5, 22 40, 22 38"),
    (1.6, 90, "19 49, 25 47, 25 45.5, 23 45.5"),
    (3.0, 90, "38 44, 43 43, 47 41.8"),
    (1.8, 160, "30 37.5, 36 38, 42 39, 46 37, 51 33, 55 30"),
    (2.2, 120, "45 36.5, 51 36, 57 37"),
    (4.6, 260, "68 35.5, 74 36, 80 31.5, 86 28.5, 93 28.5, 98 27"),
    (4.0, 350, "80 34, 88 33, 95 32, 100 31"),
    (3.2, 160, "70 40.5, 76 42, 84 43.5, 88 48, 95 50"),
    (1.6, 250, "100 51, 110 53, 120 55, 132 57, 142 62"),
    (0.9, 90, "59 52, 59 58, 62 65"),
    (1.6, 60, "137 35.5, 138 36.3, 140 38.5"),
    (1.5, 60, "120.8 23, 121.3 24.3"),
    (2.4, 90, "137 -4, 141 -5, 145 -6"),
    (1.4, 70, "97 4, 100 0, 103 -4"),
    (1.5, 50, "107 -7.2, 110 -7.4, 113 -8"),
    (1.3, 80, "114 1, 116 4.5, 116.5 6"),
    (1.2, 120, "151 -30, 149 -34, 147 -37"),
    (1.8, 60, "168 -45, 171 -43, 172.5 -41.8"),
    (1.2, 50, "175.5 -39.2, 177 -38.5"),
    (2.4, 250, "37 13, 39 10, 40 7"),
    (1.9, 200, "30 0, 36 -1, 35 -5, 34 -10"),
    (1.7, 130, "30 -29, 29 -30, 27 -31"),
    (2.0, 110, "-8 31, -5 32.5, 0 35, 6 35.8"),
    (1.9, 90, "42 19, 44 15, 45 13.5"),
    (1.0, 120, "74 18, 75.5 13, 77 9.5"),
    (1.0, 200, "-46 -22, -44 -19, -43 -14"),
    (1.0, 80, "-19 64.5, -17 65"),
    (1.5, 30, "-156 20, -155.5 19.5"),
    (1.5, 40, "-16.6 28.2, -15.7 28"),
)

#: Deserts: latitude, longitude and radius (km) of a circle.
_DESERTS = (
    (22, -5, 900),
    (23, 12, 1000),
    (22, 27, 850),
    (22, 47, 750),
    (32, 57, 350),
    (27, 71, 280),
    (39.5, 83, 450),
    (43, 105, 600),
    (41, 60, 500),
    (-24, 126, 850),
    (-27, 138, 550),
    (-23, 18, 500),
    (-22, -69, 350),
    (33, -113, 430),
    (28, -104, 300),
    (40, -116, 330),
    (-45, -68, 380),
    (6, 46, 420),
)

# Grid fields, in this order: height (km), mountain, desert.
_N_GRID_FIELDS = 3


def waves(places, wavelength_km, n_fields, seed):
    """Return smooth fields on the sphere that vary over a given distance.

    Each field is a sum of plane waves in space, seen where they cut the globe: no
    seams, no poles, no table.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    wavelength_km : float
        Distance from crest to crest of the waves.

    n_fields : int
        Number of fields.

    seed : sequence of int
        Names the waves.

    Returns
    -------
    ndarray of shape (n_places, n_fields), float32
        Values of about zero mean and unit variance.
    """
    n_waves = 4
    rng = np.random.default_rng([*seed, round(1000 * wavelength_km)])
    direction = rng.standard_normal((3, n_fields * n_waves))
    direction /= np.linalg.norm(direction, axis=0)
    phase = rng.uniform(0.0, 2.0 * np.pi, n_fields * n_waves)
    turns = 2.0 * np.pi * EARTH_RADIUS_KM / wavelength_km
    # An elementwise sum, not a matrix product: its rounding must not depend on how
    # many rows or threads there are.
    vectors = unit_vectors(places)
    total = np.zeros((vectors.shape[0], n_fields))
    for wave in range(n_waves):
        chosen = slice(wave * n_fields, (wave + 1) * n_fields)
        angle = phase[chosen] + turns * sum(
            vectors[:, [axis]] * direction[axis, chosen] for axis in range(3)
        )
        total += np.cos(angle)
    return (total * np.sqrt(2.0 / n_waves)).astype(np.float32)


def height_km(places):
    """Return the height of places above the sea, in km."""
    return interpolate(_grid_fields()[..., 0], places)


def temperature(places):
    """Return the mean temperature of places in degrees Celsius, by rule.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    ndarray of shape (n_places,)
        27 degrees at the equator, falling with latitude, and by 6 degrees a km.
    """
    polar = np.sin(np.radians(np.abs(places[:, 0]))) ** 2
    return 27.0 - 40.0 * polar**1.3 - 6.0 * height_km(places)


def terrain(places, inland_km):
    """Return what the land is like at places.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    inland_km : ndarray of shape (n_places,)
        Distance from the coast.

    Returns
    -------
    ndarray of shape (n_places, len(TERRAINS)), float32
        One column for each of `TERRAINS`, between 0 and 1.
    """
    _, mountain, desert = interpolate(_grid_fields(), places).T
    warmth = temperature(places).astype(np.float32)
    # Woods and meadows alternate over some ten km, unlike climate.
    patch = waves(places, 45.0, 1, seed=(101,))[:, 0]
    green = (1.0 - desert) * _sigmoid((warmth + 4.0) / 3.0)
    wooded = _sigmoid(1.6 * patch + 0.4)
    columns = {
        "coast": np.exp(-np.maximum(inland_km, 0.0) / 15.0),
        "mountain": mountain,
        "desert": desert,
        "forest": green * wooded,
        "grassland": green * (1.0 - wooded) * (1.0 - mountain),
        "snow": _sigmoid((1.0 - warmth) / 3.0),
        "tropics": _sigmoid((warmth - 21.5) / 1.5) * (1.0 - desert),
    }
    return np.column_stack([columns[name] for name in TERRAINS]).astype(np.float32)


@lru_cache(maxsize=1)
def _grid_fields():
    """Return height (km), mountain and desert on the grid, read-only."""
    centres = grid_places()
    land = inland_km_grid().ravel() > -60.0
    vectors = unit_vectors(centres[land])
    height = np.full(centres.shape[0], 0.2)
    desert = np.zeros(centres.shape[0])
    for peak_km, width_km, line in _RIDGES:
        tree = cKDTree(unit_vectors(_dense_line(line)))
        reach = 3.0 * width_km
        chord, _ = tree.query(vectors, distance_upper_bound=km_to_chord(reach))
        near = np.isfinite(chord)
        bump = np.exp(-0.5 * (chord_to_km(chord[near]) / width_km) ** 2)
        rows = np.flatnonzero(land)[near]
        height[rows] = np.maximum(height[rows], peak_km * bump)
    for latitude, longitude, radius_km in _DESERTS:
        point = unit_vectors(np.array([[latitude, longitude]], dtype=float))
        km = chord_to_km(np.linalg.norm(vectors - point, axis=1).clip(max=2.0))
        # A flat middle and a soft rim.
        dry = np.exp(-((km / radius_km) ** 4))
        desert[land] = np.maximum(desert[land], dry)
    mountain = _sigmoid((height - 1.1) / 0.3)
    fields = np.stack([height, mountain, desert], axis=1).astype(np.float32)
    fields = fields.reshape(N_ROWS, N_COLS, _N_GRID_FIELDS)
    fields.flags.writeable = False
    return fields


def _dense_line(line):
    """Return (latitude, longitude) points every fifth of a degree along a ridge."""
    vertices = np.array([v.split() for v in line.split(",")], dtype=np.float64)
    t = np.arange(len(vertices))
    fine = np.linspace(0, t[-1], 40 * t[-1] + 1)
    longitude, latitude = (np.interp(fine, t, vertices[:, k]) for k in (0, 1))
    return np.column_stack([latitude, longitude])


def _sigmoid(x):
    return 1.0 / (1.0 + np.exp(-np.clip(x, -50.0, 50.0)))
