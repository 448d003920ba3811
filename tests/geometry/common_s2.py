# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells of s2sphere, which follows the reference implementation, and their ids."""

import random

import numpy as np
from hypothesis import strategies as st
from s2sphere import CellId, LatLng

from sklearn_geo.base import wrap_longitude

SIZE = 1 << 30
CITIES = [
    [48.8566, 2.3522],
    [51.5074, -0.1278],
    [40.7128, -74.0060],
    [35.6762, 139.6503],
    [-33.8688, 151.2093],
    [-22.9068, -43.1729],
    [1.3521, 103.8198],
    [64.1466, -21.9426],
]


def oracle_leaves(places):
    """Ids of s2sphere for the degrees that the library sees: 180 is -180."""
    places = np.asarray(places, dtype=np.float64)
    pairs = np.column_stack([places[:, 0], wrap_longitude(places[:, 1])]).tolist()
    return uint64(CellId.from_lat_lng(LatLng.from_degrees(*pair)) for pair in pairs)


def uint64(cells):
    return np.array([cell.id() for cell in cells], dtype=np.uint64)


def random_cells(n, seed, levels=range(31)):
    """Cells of s2sphere, evenly from all levels, and their ids."""
    rng = random.Random(seed)
    cells = [
        CellId.from_face_ij(
            rng.randrange(6), rng.randrange(SIZE), rng.randrange(SIZE)
        ).parent(levels[k % len(levels)])
        for k in range(n)
    ]
    return cells, uint64(cells)


def cells_on_borders(levels):
    """Cells along the edges and in the corners of all faces."""
    cells = []
    for level in levels:
        edge = 1 << (30 - level)
        steps = {k * edge for k in (0, 1, 2, 3, 7)} | {SIZE // 2, SIZE // 3, SIZE // 7}
        steps |= {SIZE - 1 - step for step in steps}
        for face in range(6):
            for step in steps:
                if not 0 <= step < SIZE:
                    continue
                for i, j in ((0, step), (SIZE - 1, step), (step, 0), (step, SIZE - 1)):
                    cells.append(CellId.from_face_ij(face, i, j).parent(level))
    cells = list({cell.id(): cell for cell in cells}.values())
    return cells, uint64(cells)


ids_of_cells = st.builds(
    lambda face, position, level: CellId.from_face_pos_level(
        face, position, level
    ).id(),
    st.integers(0, 5),
    st.integers(0, (1 << 61) - 1),
    st.integers(0, 30),
)
