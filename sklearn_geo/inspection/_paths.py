# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places in an order, on a map: stops, moves between them, lines cut at the seam."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from sklearn_geo.geometry import haversine


@dataclass(frozen=True)
class Stops:
    """Places that lie so near to each other on a map that they are one mark.

    Parameters
    ----------
    x, y : ndarray of shape (n_stops,)
        Where they are, in the degrees of the map.

    of : ndarray of int of shape (n_places,)
        The stop of each place, -1 where there is no place.
    """

    x: np.ndarray
    y: np.ndarray
    of: np.ndarray

    @property
    def counts(self):
        """How many places are at each stop."""
        return np.bincount(self.of[self.of >= 0], minlength=len(self.x))


def find_stops(places, window, nearness):
    """Put places together that cannot be told apart on a map.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude; NaN is no place.

    window : MapWindow
        The map.

    nearness : float
        What share of the longer side of the map is too near.

    Returns
    -------
    Stops
        In the order in which they are first reached.
    """
    limit = nearness * max(
        window.east - window.west, window.stretch * (window.north - window.south)
    )
    shifted, y = window.shift(places[:, 1]), places[:, 0]
    of = np.full(len(places), -1)
    stops = np.empty((0, 2))
    for at in np.flatnonzero(~np.isnan(y)):
        # On a map of the world what is left and right of the seam stays apart, as it is
        # seen there.
        gaps = np.hypot(
            stops[:, 0] - shifted[at], window.stretch * (stops[:, 1] - y[at])
        )
        if len(stops) and gaps.min() <= limit:
            of[at] = gaps.argmin()
        else:
            of[at] = len(stops)
            stops = np.vstack([stops, [shifted[at], y[at]]])
    return Stops(stops[:, 0], stops[:, 1], of)


def moves_between(stops, n_ordered):
    """Return the pairs of stops that follow each other, once each.

    Parameters
    ----------
    stops : Stops
        The stops.

    n_ordered : int
        How many of the places are in order; the others lie beside the path.

    Returns
    -------
    ndarray of int of shape (n_moves, 2)
        From which stop to which.
    """
    of = stops.of[:n_ordered]
    of = of[of >= 0]
    pairs = np.column_stack([of[:-1], of[1:]])
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return np.array(list(dict.fromkeys(map(tuple, pairs.tolist()))), int).reshape(-1, 2)


def segments_in_sight(start, end, window):
    """Draw a move the short way round the globe, as often as it is in sight.

    Parameters
    ----------
    start, end : pair of float
        Longitude and latitude.

    window : MapWindow
        The map.

    Returns
    -------
    list of ndarray of shape (2, 2)
        From where to where, in the degrees of the map: a move across the border of a
        map of the world is there twice, beyond one border and the other.
    """
    (x, y), (to_x, to_y) = start, end
    to_x = to_x - 360.0 * np.round((to_x - x) / 360.0)
    return [
        np.array([[x + turn, y], [to_x + turn, to_y]])
        for turn in window.turns(min(x, to_x), max(x, to_x))
    ]


def spans(numbers, most=3):
    """Write numbers in order shortly: 1-3, 7, 9-10.

    Parameters
    ----------
    numbers : sequence of int
        In order.

    most : int, default=3
        How many spans to write; what is more becomes an ellipsis.
    """
    found = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    texts = [f"{a}" if a == b else f"{a}-{b}" for a, b in found[:most]]
    return ", ".join(texts + ["…"] * (len(found) > most))


def path_km(places):
    """Return how long the way is from place to place; NaN is no place."""
    there = places[~np.isnan(places[:, 0])]
    if len(there) < 2:
        return 0.0
    return float(haversine(there[:-1], there[1:]).sum())


def cut_lines(places):
    """Return the way from place to place as lines that end at the antimeridian.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude; NaN is no place.

    Returns
    -------
    list of list of [longitude, latitude]
        As RFC 7946 asks for: no line crosses the antimeridian. Each has a length.
    """
    there = places[~np.isnan(places[:, 0])].tolist()
    lines = [[there[0][::-1]]] if there else []
    for (latitude, longitude), (to_latitude, to_longitude) in pairwise(there):
        step = to_longitude - longitude
        if abs(step) > 180.0:
            side = 180.0 if step < 0.0 else -180.0  # east across it, or west
            step -= 360.0 * np.sign(step)
            share = (side - longitude) / step if step else 0.0
            latitude += share * (to_latitude - latitude)
            lines[-1].append([side, latitude])
            lines.append([[-side, latitude]])
        lines[-1].append([to_longitude, to_latitude])
    lines = [[a for a, b in pairwise([*line, None]) if a != b] for line in lines]
    return [line for line in lines if len(line) > 1]
