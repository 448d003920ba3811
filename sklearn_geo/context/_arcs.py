# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Short pieces of borders on the sphere: how far places are from them, and which near.

A piece is an arc of a great circle or of a parallel, so borders of UTM zones and of
cells are themselves and not chains of chords.
"""

from itertools import chain

import numpy as np
from scipy.spatial import cKDTree
from sklearn import get_config

from sklearn_geo._blocks import blocks
from sklearn_geo.base import wrap_longitude
from sklearn_geo.geometry import (
    EARTH_RADIUS_KM,
    km_to_chord,
    places_from_vectors,
    unit_vectors,
)

# Pieces are at most this long unless a caller knows better, so that not many places
# are near to the middle of a piece and far from the piece.
LONGEST_KM = 50.0
# Bytes that a pair of a place and an arc takes while its distance is computed.
_PAIR_BYTES = 320
# Places whose pairs are counted at once.
_COUNTED_ROWS = 1 << 16
# A place at exactly the distance of a search is found: wider by rounding, in chords.
_SLACK = 1e-12
# In radians: some micrometres.
_NO_LENGTH = 1e-12


class Arcs:
    """Pieces of the borders of zones.

    Parameters
    ----------
    starts, ends : ndarray of shape (n_arcs, 2)
        Latitude and longitude of their ends. Longitudes may go on beyond 180.

    zones : ndarray of shape (n_arcs,), int64
        The zone whose border each is a piece of.

    parallel : ndarray of shape (n_arcs,), bool
        True for an arc of the parallel of both ends, through all longitudes between
        theirs; False for the shorter arc of a great circle.

    longest_km : float, default=50
        Arcs are cut into pieces that are no longer. Those without a length are dropped.
    """

    def __init__(self, starts, ends, zones, parallel, longest_km=LONGEST_KM):
        flat = parallel & (np.abs(starts[:, 0]) < 90.0) & (starts[:, 1] != ends[:, 1])
        lines = [
            _pieces_of_parallels(starts[flat], ends[flat], longest_km),
            _pieces_of_great_circles(starts[~parallel], ends[~parallel], longest_km),
        ]
        origins = [zones[flat], zones[~parallel]]
        tables, owners = [], []
        for (pieces, source), owner in zip(lines, origins, strict=True):
            tables.append(pieces)
            owners.append(owner[source])
        self.n_parallels = len(tables[0]["starts"])
        self.zones = np.concatenate(owners)
        self.starts, self.ends, self.middles = (
            np.concatenate([table[name] for table in tables])
            for name in ("starts", "ends", "middles")
        )
        self._latitudes, self._longitudes, self._half_spans = (
            tables[0][name] for name in ("latitude", "longitude", "half_span")
        )
        # Across great circles, with a length of one.
        starts, ends = (side[self.n_parallels :] for side in (self.starts, self.ends))
        across = np.cross(starts, ends - starts)
        self._across = across / np.linalg.norm(across, axis=1, keepdims=True)
        self.half_chords = np.maximum(
            _lengths(self.starts - self.middles), _lengths(self.ends - self.middles)
        )

    def __len__(self):
        return len(self.zones)

    def km(self, places, vectors, rows, arcs):
        """Give the distances of places to arcs, pair by pair.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        vectors : ndarray of shape (n_places, 3)
            The same places as unit vectors.

        rows, arcs : ndarray of shape (n_pairs,)
            Which place, and which arc.

        Returns
        -------
        ndarray of shape (n_pairs,)
            Great-circle distances in km.
        """
        out = np.empty(len(rows))
        flat = arcs < self.n_parallels
        for part, angles in (
            (flat, self._angles_to_parallels),
            (~flat, self._angles_to_great_circles),
        ):
            if part.any():
                row = rows[part]
                out[part] = angles(places[row], vectors[row], arcs[part])
        out *= EARTH_RADIUS_KM
        return out

    def points(self, km):
        """Give points along the arcs, so dense that circles around them hold the arcs.

        Parameters
        ----------
        km : float
            Radius of the circles.

        Returns
        -------
        ndarray of shape (n_points, 2)
            Latitude and longitude in degrees.
        """
        if not len(self):
            return np.empty((0, 2))
        lengths = 2.0 * EARTH_RADIUS_KM * np.arcsin(self.half_chords / 2.0)
        # Points on a chord are not quite evenly spaced on its arc.
        n_points = np.ceil(1.05 * lengths / km).astype(np.intp)
        source, number = _numbered(n_points)
        share = (number + 0.5) / n_points[source]
        flat = source < self.n_parallels
        part = source[flat]
        longitudes = self._longitudes[part]
        longitudes += self._half_spans[part] * (2.0 * share[flat] - 1.0)
        on_parallels = np.column_stack([self._latitudes[part], longitudes])
        part, share = source[~flat], share[~flat, np.newaxis]
        if not len(part):
            return on_parallels
        chords = (1.0 - share) * self.starts[part] + share * self.ends[part]
        return np.concatenate([on_parallels, places_from_vectors(chords)])

    def _angles_to_parallels(self, places, vectors, arcs):
        turn = wrap_longitude(places[:, 1] - self._longitudes[arcs])
        # Of all points of a parallel the one on the place's own meridian is nearest.
        beside = np.abs(turn) > self._half_spans[arcs]
        angles = np.radians(np.abs(places[:, 0] - self._latitudes[arcs]))
        if beside.any():
            east = (turn > 0.0)[beside, np.newaxis]
            arcs = arcs[beside]
            nearest = np.where(east, self.ends[arcs], self.starts[arcs])
            angles[beside] = _angles(vectors[beside], nearest)
        return angles

    def _angles_to_great_circles(self, places, vectors, arcs):
        starts, ends = self.starts[arcs], self.ends[arcs]
        across = self._across[arcs - self.n_parallels]
        # Differences of vectors keep digits of what is near.
        from_start = vectors - starts
        side = _dots(from_start, across)
        ahead = _dots(from_start, np.cross(across, starts))
        beside = ahead < 0.0
        beside |= _dots(vectors - ends, np.cross(ends, across)) < 0.0
        angles = np.arctan2(np.abs(side), np.hypot(ahead, _dots(vectors, starts)))
        if beside.any():
            place = vectors[beside]
            angles[beside] = np.minimum(
                _angles(place, starts[beside]), _angles(place, ends[beside])
            )
        return angles


class ArcTree:
    """Arcs found by where their middles are.

    Parameters
    ----------
    arcs : Arcs
        The arcs.
    """

    def __init__(self, arcs):
        self.arcs = arcs
        self._classes = []
        if not len(arcs):
            return
        # Near long arcs middles may be far: short ones are not searched so widely.
        sizes = np.ceil(np.log2(np.maximum(arcs.half_chords, 1e-7)) / 2.0)
        for size in np.unique(sizes):
            members = np.flatnonzero(sizes == size)
            reach = float(arcs.half_chords[members].max())
            self._classes.append((members, reach, cKDTree(arcs.middles[members])))

    def bounds(self, places, vectors):
        """Give distances to some arcs, in km: the nearest ones are no farther."""
        best = np.full(len(places), np.inf)
        rows = np.arange(len(places))
        for members, _, tree in self._classes:
            nearest = members[tree.query(vectors)[1]]
            km = self.arcs.km(places, vectors, rows, nearest)
            np.minimum(best, km, out=best)
        return best

    def pairs(self, places, vectors, km):
        """Yield pairs of a place and an arc that may be within a distance.

        Parameters
        ----------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees.

        vectors : ndarray of shape (n_places, 3)
            The same places as unit vectors.

        km : float or ndarray of shape (n_places,)
            The distance, or one a place.

        Yields
        ------
        rows, arcs : ndarray of shape (n_pairs,)
            Which place and which arc. All pairs within the distance come once, and
            others do as well.

        distances : ndarray of shape (n_pairs,)
            In km.

        Notes
        -----
        What is yielded at a time, and all that is made of it here, takes no more than
        scikit-learn's `working_memory`, or else belongs to one place.
        """
        most = max(1, int(get_config()["working_memory"] * 2**20 // _PAIR_BYTES))
        chords = np.broadcast_to(km_to_chord(km), len(places))
        for members, reach, tree in self._classes:
            # Chords are no longer than the sum of two sides.
            radii = np.minimum(chords * (1.0 + 1e-9) + reach + _SLACK, 2.1)
            for block in blocks(len(places), _COUNTED_ROWS):
                counts = tree.query_ball_point(
                    vectors[block], radii[block], return_length=True
                )
                found = np.flatnonzero(counts)
                counts = counts[found]
                for part in _rows_that_fit(counts, most):
                    rows = block.start + found[part]
                    n_pairs = int(counts[part].sum())
                    at, near = _near(tree, vectors[rows], radii[rows], n_pairs)
                    at, near = rows[at], members[near]
                    yield at, near, self.arcs.km(places, vectors, at, near)


def smallest(rows, zones, km):
    """Give the smallest distance of each place to each zone that it was measured to.

    Parameters
    ----------
    rows, zones : ndarray of shape (n_pairs,), int64
        Which place, and which zone.

    km : ndarray of shape (n_pairs,)
        Distances.

    Returns
    -------
    rows, zones, km : ndarray
        Each place and zone once, by place and then by zone.
    """
    if not len(rows):
        return rows, zones, km
    order = np.lexsort((km, zones, rows))
    rows, zones, km = rows[order], zones[order], km[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (zones[1:] != zones[:-1])
    return rows[first], zones[first], km[first]


def _near(tree, vectors, radii, n_pairs):
    """Return pairs of positions: of a vector, and of a tree's point within its radius.

    There are so many pairs.
    """
    found = tree.query_ball_point(vectors, radii, return_sorted=False)
    near = np.fromiter(chain.from_iterable(found), dtype=np.intp, count=n_pairs)
    lengths = np.fromiter(map(len, found), dtype=np.intp, count=len(found))
    return np.repeat(np.arange(len(found)), lengths), near


def _rows_that_fit(counts, most):
    """Yield slices of rows that have `most` pairs together, or one row."""
    start, ends = 0, np.cumsum(counts)
    while start < len(counts):
        used = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, used + most, side="right")))
        yield slice(start, stop)
        start = stop


def _pieces_of_parallels(starts, ends, longest_km):
    """Cut arcs of parallels; return a table of the pieces and where they are from."""
    west, east = (f(starts[:, 1], ends[:, 1]) for f in (np.minimum, np.maximum))
    around = np.cos(np.radians(starts[:, 0])) * EARTH_RADIUS_KM
    n_pieces = np.ceil(np.radians(east - west) * around / longest_km).astype(np.intp)
    # Chords of a piece grow with its longitudes up to half a turn.
    n_pieces = np.maximum(n_pieces, np.ceil((east - west) / 90.0).astype(np.intp))
    source, number = _numbered(n_pieces)
    spans = (east - west)[source] / n_pieces[source]
    sides = west[source] + number * spans
    # The last piece ends where the arc does, to the last bit.
    last = number + 1 == n_pieces[source]
    stops = np.where(last, east[source], west[source] + (number + 1) * spans)
    latitude = starts[source, 0]
    middles = wrap_longitude((sides + stops) / 2.0)
    table = {
        "latitude": latitude,
        "longitude": middles,
        "half_span": (stops - sides) / 2.0,
    }
    for name, longitude in (("starts", sides), ("ends", stops), ("middles", middles)):
        table[name] = _vectors(latitude, longitude)
    return table, source


def _pieces_of_great_circles(starts, ends, longest_km):
    """Cut arcs of great circles; return a table of the pieces and their sources."""
    starts, ends = _vectors(*starts.T), _vectors(*ends.T)
    angles = _angles(starts, ends)
    n_pieces = np.ceil(angles * EARTH_RADIUS_KM / longest_km).astype(np.intp)
    n_pieces[angles < _NO_LENGTH] = 0
    source, number = _numbered(n_pieces)
    table = {}
    for name, more in (("starts", 0.0), ("middles", 0.5), ("ends", 1.0)):
        share = ((number + more) / n_pieces[source])[:, np.newaxis]
        angle = angles[source, np.newaxis]
        # Both weights over sin(angle); np.sinc keeps their ratio where it is 0 / 0.
        before, after = (
            part * np.sinc(part * angle / np.pi) for part in (1.0 - share, share)
        )
        points = before * starts[source] + after * ends[source]
        points /= _lengths(points)[:, np.newaxis]
        table[name] = points
    for name, at, given in (("starts", 0, starts), ("ends", 1, ends)):
        whole = number == 0 if at == 0 else number + 1 == n_pieces[source]
        table[name][whole] = given[source[whole]]
    return table, source


def _numbered(n_pieces):
    """Return the source of each piece, and its number among those of its source."""
    source = np.repeat(np.arange(len(n_pieces)), n_pieces)
    first = np.cumsum(n_pieces) - n_pieces
    return source, np.arange(len(source)) - first[source]


def _vectors(latitude, longitude):
    """Return unit vectors of points that may be none."""
    if not len(latitude):
        return np.empty((0, 3))
    return unit_vectors(np.column_stack([latitude, longitude]))


def _dots(a, b):
    return np.einsum("ij,ij->i", a, b)


def _lengths(vectors):
    return np.sqrt(_dots(vectors, vectors))


def _angles(a, b):
    """Return angles between unit vectors, without losing digits at either end."""
    return 2.0 * np.arctan2(_lengths(a - b), _lengths(a + b))
