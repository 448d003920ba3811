# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cells as GeoJSON after RFC 7946, and as a GeoDataFrame."""

import math

import numpy as np


def feature_collection(cells, polygons_of_cells):
    """Put cells and their polygons together.

    Parameters
    ----------
    cells : ndarray of shape (n_cells,)
        The table of cells; its columns become properties.

    polygons_of_cells : iterable
        For each cell a list of polygons: lists of rings, the first one the outer.
        Rings are latitudes and longitudes without jumps, not closed.

    Returns
    -------
    dict
        A FeatureCollection.
    """
    features = [
        {
            "type": "Feature",
            "id": str(cell["name"]),
            "geometry": geometry(polygons),
            "properties": _properties(cell),
        }
        for cell, polygons in zip(cells, polygons_of_cells, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def geometry(polygons):
    """Make a Polygon or MultiPolygon, cut where it crosses the antimeridian."""
    parts = [part for polygon in polygons for part in cut_at_antimeridian(polygon)]
    rings = [[_closed(ring, k == 0) for k, ring in enumerate(part)] for part in parts]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def cut_at_antimeridian(polygon):
    """Cut a polygon into parts between the longitudes -180 and 180.

    Parameters
    ----------
    polygon : list of ndarray of shape (n_points, 2)
        Rings, the first one the outer, with longitudes that may go on beyond 180. A
        hole lies on one side of the antimeridian.

    Returns
    -------
    list of list of ndarray
        Polygons, with longitudes in [-180, 180].
    """
    outer = polygon[0]
    if outer[:, 1].min() >= -180.0 and outer[:, 1].max() <= 180.0:
        return [polygon]
    first = math.floor((outer[:, 1].min() + 180.0) / 360.0)
    last = math.ceil((outer[:, 1].max() + 180.0) / 360.0)
    parts = []
    for turn in range(first, last):
        rings = []
        for ring in polygon:
            moved = ring - [0.0, 360.0 * turn]
            kept = _cut_off(_cut_off(moved, -180.0, 1.0), 180.0, -1.0)
            if abs(signed_area(kept)) > 0.0:
                rings.append(kept)
        if rings:
            parts.append(rings)
    return parts


def signed_area(ring):
    """Return the square degrees in a ring, positive if it is counter-clockwise."""
    if len(ring) < 3:
        return 0.0
    # Moved to a corner: that loses no digits, and there x is zero.
    y, x = ring[:, 0], ring[:, 1] - ring[0, 1]
    return 0.5 * float(x[:-1] @ y[1:] - y[:-1] @ x[1:] + x[-1] * y[0])


def _cut_off(ring, longitude, side):
    """Keep what of a ring lies east (side 1) or west (side -1) of a meridian."""
    beyond = side * (ring[:, 1] - longitude)
    if (beyond >= 0.0).all():
        return ring
    kept = []
    for k in range(len(ring)):
        here, there = beyond[k - 1], beyond[k]
        if (here < 0.0 < there) or (there < 0.0 < here):
            share = here / (here - there)
            latitude = ring[k - 1, 0] + share * (ring[k, 0] - ring[k - 1, 0])
            kept.append((latitude, longitude))
        if there >= 0.0:
            kept.append(tuple(ring[k]))
    return np.array(kept).reshape(-1, 2)


def _closed(ring, is_outer):
    """Write a ring as [longitude, latitude], closed, outer rings counter-clockwise."""
    if (signed_area(ring) > 0.0) != is_outer:
        ring = ring[::-1]
    ring = np.concatenate([ring, ring[:1]])[:, ::-1]
    moves = (ring[1:] != ring[:-1]).any(axis=1)
    return [ring[0].tolist(), *ring[1:][moves].tolist()]


def _properties(cell):
    """Return a record as a dict for JSON, ids of 64 bits as text."""
    values = {name: cell[name].item() for name in cell.dtype.names}
    if "id" in values:
        values["id"] = str(values["id"])
    return values


def to_frame(cells, collection):
    """Make a GeoDataFrame of the table of cells and the geometry of GeoJSON."""
    try:
        import geopandas
        from shapely.geometry import shape
    except ImportError as error:
        raise ImportError(
            "to_geopandas needs geopandas and shapely: pip install 'sklearn-geo[geo]'. "
            "to_geojson works without."
        ) from error
    columns = {name: cells[name] for name in cells.dtype.names}
    polygons = [shape(feature["geometry"]) for feature in collection["features"]]
    return geopandas.GeoDataFrame(columns, geometry=polygons, crs="EPSG:4326")
