# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places to cut into cells, and the rule written down slowly with s2sphere."""

from collections import defaultdict

import numpy as np
import s2sphere
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal


def slow_leaf(place):
    latitude, longitude = place
    return s2sphere.CellId.from_lat_lng(
        s2sphere.LatLng.from_degrees(latitude, longitude)
    )


def slow_partition(places, most, least, *, start_level=0, max_level=30, weights=None):
    """Split and drop cells as section 3.1 says, place by place.

    Returns the rows in each cell that is kept, and in each that is dropped, by token.
    """
    weights = [1] * len(places) if weights is None else list(weights)
    leaves = [slow_leaf(place) for place in places.tolist()]
    waiting = defaultdict(list)
    for row, leaf in enumerate(leaves):
        waiting[leaf.parent(0)].append(row)
    kept, dropped = {}, {}
    while waiting:
        cell, rows = waiting.popitem()
        inside = sum(weights[row] for row in rows)
        level = cell.level()
        if level < max_level and (level < start_level or inside > most):
            for row in rows:
                waiting[leaves[row].parent(level + 1)].append(row)
        elif inside < least:
            dropped[cell.to_token()] = rows
        else:
            kept[cell.to_token()] = rows
    return kept, dropped


def slow_predict(tokens, place):
    """Walk up from the leaf of a place until a cell of the partition is met."""
    leaf = slow_leaf(place)
    for level in range(30, -1, -1):
        token = leaf.parent(level).to_token()
        if token in tokens:
            return token
    return None


def equal_tables(a, b, rtol=0.0):
    """Compare two tables of cells; representatives to rounding."""
    assert a.dtype == b.dtype
    for column in a.dtype.names:
        if a.dtype[column].kind == "f":
            assert_allclose(a[column], b[column], rtol=rtol, atol=1e-10, err_msg=column)
        else:
            assert_array_equal(a[column], b[column], err_msg=column)


def globe(n, seed=0):
    rng = np.random.default_rng(seed)
    latitude = np.degrees(np.arcsin(rng.uniform(-1.0, 1.0, n)))
    return np.column_stack([latitude, rng.uniform(-180.0, 180.0, n)])


def photos(n, seed=0):
    """Dense where towns are, some at exactly one coordinate, some anywhere."""
    rng = np.random.default_rng(seed)
    towns = globe(30, seed + 1)
    places = towns[rng.integers(len(towns), size=n)]
    places = places + rng.normal(size=(n, 2)) * 10.0 ** rng.uniform(-6, 0.5, (n, 1))
    places[: n // 10] = towns[0]
    places[n // 10 : n // 5] = globe(n // 5 - n // 10, seed + 2)
    places[:, 0] = np.clip(places[:, 0], -90.0, 90.0)
    places[:, 1] = np.remainder(places[:, 1] + 180.0, 360.0) - 180.0
    return places


def seams(n, seed=0):
    """Places on and beside the borders of the cube, the antimeridian and the poles."""
    rng = np.random.default_rng(seed)
    offsets = rng.choice([0.0, 1e-13, -1e-13, 1e-6, -1e-6, 0.5], size=(n, 2))
    latitude = rng.choice([0.0, 45.0, -45.0, 35.26438968, 90.0, -90.0, 89.9], size=n)
    longitude = rng.choice([-180.0, -135.0, -90.0, -45.0, 0.0, 45.0, 135.0], size=n)
    places = np.column_stack([latitude, longitude]) + offsets
    places[:, 0] = np.clip(places[:, 0], -90.0, 90.0)
    places[:, 1] = np.remainder(places[:, 1] + 180.0, 360.0) - 180.0
    places[places[:, 1] >= 180.0, 1] = -180.0
    return places


# Few distinct values, so that places repeat and share cells of every level.
DEGREES = st.one_of(
    st.sampled_from([0.0, 1e-7, 0.001, 0.1, 45.0, 45.001, 89.99999, -0.1, -45.0, 90.0]),
    st.floats(-90.0, 90.0, allow_nan=False),
)
PLACES = st.lists(
    st.tuples(
        DEGREES,
        st.one_of(
            DEGREES, st.sampled_from([-180.0, -179.999, 179.999]), st.floats(-180, 179)
        ),
    ),
    min_size=1,
    max_size=60,
).map(np.array)
