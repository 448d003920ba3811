# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places and slow formulas that the tests of geometry share."""

import math

import numpy as np
import pyproj
from hypothesis import settings
from hypothesis import strategies as st

from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    unit_vectors,
)

QUARTER_KM = math.pi / 2 * EARTH_RADIUS_KM
DEGREE_KM = math.pi / 180 * EARTH_RADIUS_KM
GEOD = pyproj.Geod(a=EARTH_RADIUS_KM * 1e3, b=EARTH_RADIUS_KM * 1e3)

latitudes = st.floats(-90, 90)
longitudes = st.floats(-180, 180, exclude_max=True)
pairs = st.tuples(latitudes, longitudes)
modest = settings(deadline=None, max_examples=60)


def random_places(n, seed=0):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    return np.column_stack([latitude, rng.uniform(-180, 180, n)])


def naive_km(a, b):
    """The textbook formula, one pair at a time."""
    (lat_a, lon_a), (lat_b, lon_b) = np.radians(a), np.radians(b)
    h = (
        math.sin((lat_b - lat_a) / 2) ** 2
        + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(h, 1.0)))


def angle_km(a, b):
    """By vectors: precise at any distance."""
    va, vb = unit_vectors([list(a), list(b)])
    angle = 2 * math.atan2(np.linalg.norm(va - vb), np.linalg.norm(va + vb))
    return EARTH_RADIUS_KM * angle
