# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The borders between the cells of a partition and what lies in no cell."""

import numpy as np

from sklearn_geo.context._arcs import Arcs, ArcTree
from sklearn_geo.geometry import EARTH_RADIUS_KM, places_from_vectors, unit_vectors

# Corners of other cells this near to an edge lie on it.
_ON_EDGE_KM = 1e-6
# Cells that cover all but such a share of the globe cover it.
_WHOLE = 1e-9


def gap_edges(partition, starts, ends, owners, flat, within_km):
    """Return the edges that gaps between cells have.

    Parameters
    ----------
    partition : PlacePartition
        A fitted partition.

    starts, ends : ndarray of shape (n_edges, 2)
        Latitude and longitude of the edges of cells, which lie to the left.

    owners : ndarray of shape (n_edges,), int64
        Their cells.

    flat : bool
        Whether edges between places of equal latitude are arcs of parallels.

    within_km : float
        How far they may be from the edges they stand for.

    Returns
    -------
    starts, ends, owners : ndarray
        Those edges, or parts of them, whose right side lies in no cell, as the edges of
        zone -1.
    """
    globe = 4.0 * np.pi * EARTH_RADIUS_KM**2
    covered = partition.cells_["area_km2"].sum() > globe * (1.0 - _WHOLE)
    if covered or partition.uncovered != "drop" or not len(starts):
        return starts[:0], ends[:0], owners[:0]
    parallel = (starts[:, 0] == ends[:, 0]) & flat
    aside_km = _ON_EDGE_KM + (2.0 * within_km if flat else 0.0)
    starts, ends = _cut_at_corners(starts, ends, parallel, aside_km)
    first, last = unit_vectors(starts), unit_vectors(ends)
    across = np.cross(first, last - first)
    lengths = np.linalg.norm(across, axis=1)
    real = lengths > 0.0
    starts, ends, first, last = (part[real] for part in (starts, ends, first, last))
    across = across[real] / lengths[real, np.newaxis]
    middles = first + last
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    parallel = (starts[:, 0] == ends[:, 0]) & flat
    if parallel.any():
        half = (starts[parallel, 1] + ends[parallel, 1]) / 2.0
        middles[parallel] = unit_vectors(np.column_stack([starts[parallel, 0], half]))
    right = middles - 2.0 * aside_km / EARTH_RADIUS_KM * across
    empty = partition._locate(places_from_vectors(right)) < 0
    return starts[empty], ends[empty], np.full(int(empty.sum()), -1)


def _cut_at_corners(starts, ends, parallel, aside_km):
    """Cut edges where cells on their right side have corners."""
    arcs = Arcs(starts, ends, np.arange(len(starts)), parallel)
    corners = np.unique(starts, axis=0)
    vectors = unit_vectors(corners)
    edges, points = [], []
    for rows, near, km in ArcTree(arcs).pairs(corners, vectors, aside_km):
        on = km <= aside_km
        edges.append(arcs.zones[near[on]])
        points.append(rows[on])
    pairs = np.unique(
        np.column_stack([np.concatenate(edges), np.concatenate(points)]), axis=0
    )
    edge, point = pairs.T
    # By distance from the start of the edge; its ends are among the corners.
    away = np.linalg.norm(vectors[point] - unit_vectors(starts)[edge], axis=1)
    order = np.lexsort((away, edge))
    edge, found = edge[order], corners[point[order]]
    turns = np.round((starts[edge, 1] + ends[edge, 1] - 2.0 * found[:, 1]) / 720.0)
    found[:, 1] += 360.0 * turns
    # Both ends as they were given, and what is between them.
    count = np.bincount(edge, minlength=len(starts))
    inner = np.ones(len(edge), dtype=bool)
    inner[np.cumsum(count) - count] = False
    inner[np.cumsum(count) - 1] = False
    edge, found = edge[inner], found[inner]
    keys = np.concatenate([np.arange(len(starts)), edge])
    first = np.concatenate([starts, found])
    order = np.argsort(keys, kind="stable")
    keys, first = keys[order], first[order]
    last = np.roll(first, -1, axis=0)
    final = np.flatnonzero(np.diff(keys, append=len(starts)))
    last[final] = ends
    return first, last
