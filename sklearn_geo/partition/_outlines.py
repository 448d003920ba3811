# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Borders of cells on the sphere, and the same borders on a map."""

import numpy as np

from sklearn_geo._numbers import is_whole
from sklearn_geo.geometry import places_from_vectors

# A vector whose distance from the axis is smaller than this is a pole.
_AT_POLE = 1e-12
# Of half the globe, a piece is two kilometres then.
_MOST_PIECES = 10_000


def check_cell(cell, n_cells):
    """Return a cell as an int, or say that there is no such cell."""
    if not is_whole(cell):
        raise TypeError(
            f"cell must be an integer, a row of cells_; got {cell!r}. Names of cells "
            "are found with np.flatnonzero(cell_names_ == name)."
        )
    if not 0 <= cell < n_cells:
        raise ValueError(
            f"cell {cell} is not there: this partition has {n_cells} cells, 0 to "
            f"{n_cells - 1}."
        )
    return int(cell)


def check_n_per_edge(n_per_edge):
    """Raise if edges cannot be cut into so many pieces."""
    if not is_whole(n_per_edge) or not 1 <= n_per_edge <= _MOST_PIECES:
        raise ValueError(
            f"n_per_edge must be an integer, at least 1; got {n_per_edge!r:.60}. More "
            f"than {_MOST_PIECES:,} pieces are nothing to be seen."
        )


def along_geodesics(corners, n_per_edge):
    """Cut the geodesics between corners of rings into pieces.

    Parameters
    ----------
    corners : ndarray of shape (..., n_corners, 3)
        Unit vectors.

    n_per_edge : int
        Pieces of each edge, of equal length.

    Returns
    -------
    ndarray of shape (..., n_corners * n_per_edge, 3)
        Unit vectors; the corners themselves are among them, unchanged.
    """
    check_n_per_edge(n_per_edge)
    ends = np.concatenate([corners[..., 1:, :], corners[..., :1, :]], axis=-2)
    # An arcsine of half the chord would lose digits where corners are nearly opposite.
    angles = 2.0 * np.arctan2(
        np.linalg.norm(ends - corners, axis=-1, keepdims=True),
        np.linalg.norm(ends + corners, axis=-1, keepdims=True),
    )
    after = np.arange(n_per_edge) / n_per_edge
    before = 1.0 - after
    # Both weights over sin(angle); np.sinc keeps their ratio where it is 0 / 0.
    before, after = (
        share * np.sinc(share * angles / np.pi) for share in (before, after)
    )
    points = before[..., np.newaxis] * corners[..., np.newaxis, :]
    points += after[..., np.newaxis] * ends[..., np.newaxis, :]
    points /= np.sqrt((points**2).sum(axis=-1, keepdims=True))
    points[..., 0, :] = corners
    return points.reshape(*corners.shape[:-2], -1, 3)


def ring_on_map(vectors, near_longitude):
    """Lay a ring of the sphere out on a map, without jumps in longitude.

    Parameters
    ----------
    vectors : ndarray of shape (n_points, 3)
        Unit vectors along a ring, counter-clockwise seen from outside, so near to each
        other that the shorter way between two neighbours is meant.

    near_longitude : float
        The turn of the globe that the ring is laid out in is the one that brings its
        middle nearest to this.

    Returns
    -------
    ndarray of shape (n_places, 2)
        Latitude and longitude. A pole on the ring becomes two points, with the
        longitudes of its neighbours. A ring around a pole goes from one end of the map
        to the other, and back along that pole.
    """
    places = places_from_vectors(vectors)
    at_pole = np.hypot(vectors[:, 0], vectors[:, 1]) < _AT_POLE
    free = np.flatnonzero(~at_pole)
    longitude = places[free, 1]
    steps = np.diff(np.append(longitude, longitude[0]))
    steps -= 360.0 * np.round(steps / 360.0)
    # Across a pole it may be half a turn or more. The inside is on the left: westward
    # along the north pole, eastward along the south pole.
    before_pole = at_pole[(free + 1) % len(places)]
    south = vectors[(free + 1) % len(places), 2] < 0.0
    steps[before_pole & ~south] = -np.mod(-steps[before_pole & ~south], 360.0)
    steps[before_pole & south] = np.mod(steps[before_pole & south], 360.0)
    unwrapped = longitude[0] + np.append(0.0, np.cumsum(steps[:-1]))
    turns = round(steps.sum() / 360.0)
    if turns:
        return _around_pole(places[free, 0], unwrapped, turns)
    ring = []
    for k, row in enumerate(free.tolist()):
        ring.append((places[row, 0], unwrapped[k]))
        following = free[(k + 1) % len(free)]
        onward = unwrapped[k] + steps[k]
        if (row + 1) % len(places) != following:  # a pole lies between
            pole = places[(row + 1) % len(places), 0]
            ring += [(pole, unwrapped[k]), (pole, onward)]
    ring = np.array(ring)
    middle = (ring[:, 1].min() + ring[:, 1].max()) / 2.0
    ring[:, 1] += 360.0 * round((near_longitude - middle) / 360.0)
    return ring


def rings_on_map(vectors, near_longitudes):
    """Lay many rings out, each as `ring_on_map` does.

    Parameters
    ----------
    vectors : ndarray of shape (n_rings, n_points, 3)
        Unit vectors along rings.

    near_longitudes : ndarray of shape (n_rings,)
        One longitude a ring.

    Returns
    -------
    list of ndarray of shape (n_places, 2)
        The rings.
    """
    places = places_from_vectors(vectors.reshape(-1, 3)).reshape(*vectors.shape[:2], 2)
    longitude = places[:, :, 1]
    steps = np.diff(longitude, axis=1, append=longitude[:, :1])
    steps -= 360.0 * np.round(steps / 360.0)
    places[:, 1:, 1] = longitude[:, :1] + np.cumsum(steps[:, :-1], axis=1)
    middle = (longitude.min(axis=1) + longitude.max(axis=1)) / 2.0
    longitude += 360.0 * np.round((near_longitudes - middle) / 360.0)[:, np.newaxis]
    # A pole on a ring or within makes it another matter.
    plain = (np.hypot(vectors[:, :, 0], vectors[:, :, 1]) >= _AT_POLE).all(axis=1)
    plain &= np.round(steps.sum(axis=1) / 360.0) == 0.0
    rings = list(places)
    for k in np.flatnonzero(~plain):
        rings[k] = ring_on_map(vectors[k], near_longitudes[k])
    return rings


def _around_pole(latitude, longitude, turns):
    """Lay out a ring around a pole between the longitudes -180 and 180.

    It is opened where it crosses the antimeridian, so that no cut has to be made
    anywhere else. Eastward (`turns` is 1) it is around the north pole, westward (-1)
    around the south pole.
    """
    ahead = np.append(longitude[1:], longitude[0] + 360.0 * turns)
    here, there = (np.floor((end + 180.0) / 360.0) for end in (longitude, ahead))
    first = int(np.argmax(here != there))
    seam = 360.0 * max(here[first], there[first]) - 180.0
    share = (seam - longitude[first]) / (ahead[first] - longitude[first])
    after = latitude[(first + 1) % len(latitude)]
    crossing = latitude[first] + share * (after - latitude[first])
    end, pole = 180.0 * turns, 90.0 * turns
    ring = np.column_stack(
        [
            [crossing, *np.roll(latitude, -first - 1), crossing],
            [
                seam,
                *longitude[first + 1 :],
                *(longitude[: first + 1] + 360.0 * turns),
                seam + 360.0 * turns,
            ],
        ]
    )
    # Turned, what is beside the seam may be rounded to beyond it.
    ring[:, 1] = np.clip(ring[:, 1] - (seam + end), -180.0, 180.0)
    # Along the seam it runs to the pole and back already.
    start = np.argmin(ring[:, 1] == -end) - 1
    stop = len(ring) + 1 - np.argmin(ring[::-1, 1] == end)
    return np.array([*ring[start:stop], (pole, end), (pole, -end)])
