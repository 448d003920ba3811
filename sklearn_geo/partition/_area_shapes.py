# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Polygons on the globe: checked, and cut where the map ends.

Between its vertices an edge is straight on the map (longitude, latitude), as GeoJSON
has it (RFC 7946, section 3.1.1).
"""

import numpy as np

from sklearn_geo.geometry import EARTH_RADIUS_KM


def import_shapely():
    """Return shapely, or say how to install it."""
    try:
        import shapely
    except ImportError as error:
        raise ImportError(
            "AreaPartition needs shapely: pip install 'sklearn-geo[geo]'."
        ) from error
    return shapely


def check_shape(shape, where, long_edges):
    """Return a polygon as one of two dimensions whose longitudes run on.

    Parameters
    ----------
    shape : object
        What may be a polygon, or several in one.

    where : str
        What it is called in messages.

    long_edges : {"error", "shorter", "straight"}
        What an edge over more than half a turn means.

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon
        A valid polygon that may go beyond longitudes of 180 degrees.
    """
    shapely = import_shapely()
    if not isinstance(shape, shapely.Geometry):
        raise TypeError(
            f"{where} is {shape!r:.60}, not a polygon. Pass shapely polygons, a "
            "GeoDataFrame, or GeoJSON as a dict or the path of a file."
        )
    if shape.geom_type not in ("Polygon", "MultiPolygon"):
        raise ValueError(
            f"{where} is a {shape.geom_type}, and only a Polygon or a MultiPolygon "
            "has an inside. Drop it, or draw an area around it with .buffer()."
        )
    if shape.is_empty:
        raise ValueError(
            f"{where} is an empty polygon. Drop it, for example with "
            "areas[~areas.is_empty]."
        )
    parts = [_check_part(part, where, long_edges) for part in shapely.get_parts(shape)]
    shape = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if not shape.is_valid:
        raise ValueError(
            f"{where} is no valid polygon: {shapely.is_valid_reason(shape)}. Repair it"
            " first, for example with shapely.make_valid."
        )
    return shape


def cut_at_antimeridian(shape):
    """Return a checked polygon with what lies east of 180 degrees a turn back."""
    shapely = import_shapely()
    if shape.bounds[2] <= 180.0:
        return shape
    pieces = []
    # All parts begin on the map and go around it at most once.
    for turn in (0, 1):
        window = shapely.box(360.0 * turn - 180.0, -90.0, 360.0 * turn + 180.0, 90.0)
        inside = shapely.intersection(shape, window)
        for piece in shapely.get_parts(inside):
            # What only touches the meridian leaves a line behind.
            if piece.geom_type == "Polygon":
                pieces.append(_turned(piece, -turn))
    return shapely.MultiPolygon(pieces)


def shape_area_km2(shape):
    r"""Return the area of a polygon on the sphere.

    By Green's theorem it is the sum over edges of the integral of
    :math:`-\sin \varphi \, d\lambda`, which for an edge that is straight on the map is
    the difference of longitudes times the mean sine of its latitudes.
    """
    shapely = import_shapely()
    total = 0.0
    for part in shapely.get_parts(shape):
        total += abs(_ring_area(part.exterior))
        total -= sum(abs(_ring_area(ring)) for ring in part.interiors)
    return total * EARTH_RADIUS_KM**2


def shape_outline(shape):
    """Return the outer ring of a polygon, or of the hull of several, not closed."""
    shapely = import_shapely()
    parts = shapely.get_parts(shape)
    shape = parts[0] if len(parts) == 1 else shapely.convex_hull(_gather(parts))
    # Normalized rings start at one corner and run clockwise.
    ring = shapely.get_coordinates(shapely.normalize(shape).exterior)[::-1]
    return np.ascontiguousarray(ring[:-1, ::-1])


def _gather(parts):
    """Turn parts by whole turns so that they lie within half a turn, if they can."""
    shapely = import_shapely()
    middles = np.array([(part.bounds[0] + part.bounds[2]) / 2.0 for part in parts])
    largest = int(np.argmax([part.area for part in parts]))
    turns = -np.round((middles - middles[largest]) / 360.0).astype(int)
    return shapely.MultiPolygon(
        [_turned(part, turn) for part, turn in zip(parts, turns.tolist(), strict=True)]
    )


def _turned(part, turns):
    """Move a polygon by whole turns around the globe."""
    shapely = import_shapely()
    if turns == 0:
        return part
    return shapely.transform(part, lambda xy: xy + np.array([360.0 * turns, 0.0]))


def _check_part(part, where, long_edges):
    """Check one polygon and let its longitudes run on."""
    shapely = import_shapely()
    outer = _check_ring(shapely.get_coordinates(part.exterior), where, long_edges)
    west, east = outer[:, 0].min(), outer[:, 0].max()
    if east - west > 360.0:
        raise ValueError(
            f"{where} reaches from longitude {west:g} to {east:g}, more than once "
            "around the globe. Cut it into areas that do not."
        )
    holes = []
    for hole in part.interiors:
        ring = _check_ring(shapely.get_coordinates(hole), where, long_edges)
        middle = (ring[:, 0].min() + ring[:, 0].max()) / 2.0
        turns = np.floor((middle - west) / 360.0)
        holes.append(ring - np.array([360.0 * turns, 0.0]))
    # The western end is on the map, whatever turn it was drawn in.
    return _turned(
        shapely.Polygon(outer, holes), -int(np.floor((west + 180.0) / 360.0))
    )


def _check_ring(ring, where, long_edges):
    """Check the coordinates of a closed ring, and which way its long edges go."""
    wrong = ~np.isfinite(ring).all(axis=1) | (np.abs(ring[:, 1]) > 90.0)
    if wrong.any():
        longitude, latitude = ring[np.argmax(wrong)].tolist()
        raise ValueError(
            f"{where} has a vertex with longitude {longitude!r} and latitude "
            f"{latitude!r}, which is no place. Vertices are (longitude, latitude) in "
            "degrees, in this order; convert metres of a map projection with "
            "GeoDataFrame.to_crs(4326)."
        )
    steps = np.diff(ring[:, 0])
    # A full turn from -180 to 180 is the edge of the map.
    long = (np.abs(steps) > 180.0) & (np.abs(steps) != 360.0)
    if not long.any() or long_edges == "straight":
        return ring
    if long_edges == "error":
        edge = int(np.argmax(long))
        start, end = ring[edge : edge + 2, 0].tolist()
        raise ValueError(
            f"{where} has an edge from longitude {start:g} to {end:g}, more than half "
            "a turn, so that it may go either way around the globe. Set "
            'long_edges="shorter" if it crosses the antimeridian, or "straight" if it '
            "does not; or cut the polygon at the antimeridian."
        )
    return _shorter_way(ring, steps, long)


def _shorter_way(ring, steps, long):
    """Let longitudes run on beyond 180 where an edge is shorter that way."""
    steps = np.where(long, steps - 360.0 * np.sign(steps), steps)
    longitude = np.concatenate([ring[:1, 0], ring[0, 0] + np.cumsum(steps)])
    # Whole turns, so that vertices stay where they were to the last digit.
    turns = np.round((longitude - ring[:, 0]) / 360.0)
    ring = np.column_stack([ring[:, 0] + 360.0 * turns, ring[:, 1]])
    if turns[-1] != 0.0:
        # A ring around a pole: on the map it goes along that pole.
        pole = np.copysign(90.0, ring[:, 1].mean())
        ends = np.array([[ring[-1, 0], pole], [ring[0, 0], pole]])
        ring = np.concatenate([ring, ends, ring[:1]])
    return ring


def _ring_area(ring):
    shapely = import_shapely()
    longitude, latitude = np.radians(shapely.get_coordinates(ring)).T
    middle = (latitude[1:] + latitude[:-1]) / 2.0
    half = (latitude[1:] - latitude[:-1]) / 2.0
    mean_sine = np.sin(middle) * np.sinc(half / np.pi)
    return float(-(np.diff(longitude) * mean_sine).sum())
