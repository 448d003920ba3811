# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The borders of areas: with parts, with holes, and where one lies upon another."""

import numpy as np

from sklearn_geo.base import wrap_longitude
from sklearn_geo.partition._area_shapes import import_shapely

# How far beside an edge its sides are looked at, in degrees: about a centimetre.
_ASIDE = 1e-7


def area_edges(partition, ids=None):
    """Return the edges between areas, as places are located in them.

    Parameters
    ----------
    partition : AreaPartition
        A fitted partition.

    ids : ndarray of int64 or None, default=None
        Which areas. None is all, and what lies in none of them has the id -1.

    Returns
    -------
    starts, ends : ndarray of shape (n_edges, 2)
        Latitude and longitude of edges that are straight on the map.

    owners : ndarray of shape (n_edges,), int64
        The area that each bounds. An edge between two areas is there for both.
    """
    shapely = import_shapely()
    lines = [shapely.boundary(shape) for shape in partition._cells.cut]
    # What areas have on one end of the map divides those on the other end as well.
    for end in (-180.0, 180.0):
        meridian = shapely.LineString([(end, -90.0), (end, 90.0)])
        for line in lines[: partition.n_cells_]:
            # GEOS below 3.12 leaves a flag, which numpy takes for an invalid value.
            with np.errstate(invalid="ignore"):
                along = shapely.intersection(line, meridian)
            lines.append(
                shapely.transform(along, lambda xy, end=end: xy - [2.0 * end, 0.0])
            )
    # Cut wherever they meet, so that along a piece nothing changes on either side.
    with np.errstate(invalid="ignore"):
        pieces = shapely.get_parts(shapely.union_all(lines))
    points, piece = shapely.get_coordinates(pieces, return_index=True)
    same = piece[1:] == piece[:-1]
    starts, ends, piece = points[:-1][same], points[1:][same], piece[1:][same]
    sides = _sides_of_pieces(partition, starts, ends, piece)
    apart = sides[0] != sides[1]
    edges = []
    for owners in sides:
        named = apart & (np.isin(owners, ids) if ids is not None else True)
        if ids is None and partition.uncovered == "error":
            named &= owners >= 0
        edges.append((starts[named][:, ::-1], ends[named][:, ::-1], owners[named]))
    return [np.concatenate(parts) for parts in zip(*edges, strict=True)]


def _sides_of_pieces(partition, starts, ends, piece):
    """Return the areas left and right of pieces, one for each of their edges."""
    lengths = np.hypot(*(ends - starts).T)
    # The longest edge of a piece stands for all.
    order = np.lexsort((-lengths, piece))
    first = order[np.flatnonzero(np.diff(piece[order], prepend=-1))]
    steps = (ends - starts)[first] / lengths[first, np.newaxis]
    middles = (starts + ends)[first] / 2.0
    sides = []
    for turn in (1.0, -1.0):
        aside = middles + turn * _ASIDE * np.column_stack([-steps[:, 1], steps[:, 0]])
        places = np.column_stack(
            [np.clip(aside[:, 1], -90.0, 90.0), wrap_longitude(aside[:, 0])]
        )
        found = partition._locate(places)
        outside = np.flatnonzero(found < 0)
        if partition.uncovered == "nearest" and outside.size:
            found[outside] = partition._nearest_cells(places[outside])
        sides.append(found[piece])
    return sides
