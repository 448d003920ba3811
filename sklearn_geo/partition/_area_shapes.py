# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Polygons on the globe: checked, and cut where the map ends.

Between its vertices an edge is straight on the map (longitude, latitude), as GeoJSON
has it (RFC 7946, section 3.1.1).
"""

import re

import numpy as np

from sklearn_geo.base import wrap_longitude
from sklearn_geo.geometry import EARTH_RADIUS_KM

# Decimals with no more digits behind the point are taken for typed ones.
_TYPED = 10

# By how many degrees the sum of a longitude and a full turn may miss that.
_ROUNDING = 1e-9


def import_shapely():
    """Return shapely, or say how to install it."""
    try:
        import shapely
    except ImportError as error:
        raise ImportError(
            "AreaPartition needs shapely: pip install 'sklearn-geo[geo]'."
        ) from error
    return shapely


def check_shape(shape, where, long_edges, *, may_overlap=False):
    """Return a polygon as one of two dimensions whose longitudes run on.

    Parameters
    ----------
    shape : object
        What may be a polygon, or several in one.

    where : str
        What it is called in messages.

    long_edges : {"error", "shorter", "straight"}
        What an edge over more than half a turn means.

    may_overlap : bool, default=False
        Whether parts that are drawn a turn apart may lie over each other, as those of
        areas that were stored before may.

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon
        A valid polygon that may go beyond longitudes of 180 degrees; what goes all
        around the globe does not.
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
    parts = [
        piece
        for part in shapely.get_parts(shape)
        for piece in _check_part(part, where, long_edges)
    ]
    shape = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    _check_valid(shape, where)
    if not may_overlap:
        _check_apart(shape, where)
    return shape


def cut_at_antimeridian(shape):
    """Return a checked polygon with what lies east of 180 degrees a turn back."""
    shapely = import_shapely()
    west, _, east, _ = shape.bounds
    if east <= 180.0:
        return shape
    # All parts begin on the map and go around it at most once.
    near = _polygons(shapely.intersection(shape, _window(0)))
    far = _polygons(shapely.intersection(shape, _window(1)))
    back = shapely.transform(far, lambda xy: _a_turn_back(xy, west))
    return shapely.MultiPolygon([*near, *back])


def _window(turn):
    return import_shapely().box(360.0 * turn - 180.0, -90.0, 360.0 * turn + 180.0, 90.0)


def _polygons(shape):
    """Return the polygons of a shape; what only touches another leaves lines behind."""
    parts = import_shapely().get_parts(shape)
    return [part for part in parts if part.geom_type == "Polygon"]


def _a_turn_back(xy, west):
    """Turn points back; where they go all around the globe, the ends meet."""
    longitude = turned(xy[:, 0], -1.0)
    longitude = np.where(xy[:, 0] == west + 360.0, west, longitude)
    return np.column_stack([longitude, xy[:, 1]])


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
    return shapely.transform(
        part, lambda xy: np.column_stack([turned(xy[:, 0], turns), xy[:, 1]])
    )


def _check_part(part, where, long_edges):
    """Check one polygon, and return it as polygons whose longitudes run on."""
    shapely = import_shapely()
    outer, *holes = (
        _check_ring(shapely.get_coordinates(ring), where, long_edges)
        for ring in (part.exterior, *part.interiors)
    )
    whole, goes_around = _filled(*outer, where)
    if goes_around:
        return _without(whole, holes, where) if holes else whole
    (polygon,) = whole
    west = polygon.bounds[0]
    rings = []
    for ring, turns in holes:
        x = _laid_out(ring, turns)[:, 0]
        turn = np.floor(((x.min() + x.max()) / 2.0 - west) / 360.0)
        rings.append(_laid_out(ring, turns - turn))
    return [shapely.Polygon(polygon.exterior, rings)]


def _filled(ring, turns, where):
    """Return polygons of what is in a ring, and whether it goes around the globe."""
    shapely = import_shapely()
    if abs(turns[-1]) == 1.0:
        cap = _cap(ring, turns)
        _check_valid(cap, where)
        return _polygons(shapely.intersection(cap, _window(0))), True
    x = _laid_out(ring, turns)[:, 0]
    west, east = x.min(), x.max()
    if east - west > 360.0 + _ROUNDING:
        raise ValueError(
            f"{where} reaches from longitude {west:g} to {east:g}, more than once "
            "around the globe. Cut it into areas that do not."
        )
    # The western end is on the map, whatever turn it was drawn in.
    turns = turns - np.floor((west + 180.0) / 360.0)
    polygon = shapely.Polygon(_laid_out(ring, turns))
    if east - west < 360.0 - _ROUNDING:
        return [polygon], False
    _check_valid(polygon, where)
    return _polygons(shapely.union_all([cut_at_antimeridian(polygon)])), True


def _without(whole, holes, where):
    """Take holes, in whichever turn, out of polygons around the globe."""
    shapely = import_shapely()
    gaps = []
    for hole in holes:
        pieces, goes_around = _filled(*hole, where)
        _check_valid(shapely.MultiPolygon(pieces), where)
        gaps += pieces if goes_around else [cut_at_antimeridian(pieces[0])]
    whole = shapely.MultiPolygon(whole)
    kept = shapely.difference(whole, shapely.union_all(gaps))
    if whole.area - kept.area < shapely.area(gaps).sum() * (1.0 - 1e-9):
        _refuse(where, "its holes overlap, or reach out of it")
    if kept.is_empty:
        _refuse(where, "its holes leave nothing")
    return _polygons(shapely.normalize(kept))


def _cap(ring, turns):
    """Return what is between a ring around a pole and that pole, on more than the map.

    The ring is repeated, so that where it begins makes no difference on the map. The
    ends are at the vertex nearest to the pole: no edge is between the two.
    """
    side = np.copysign(1.0, ring[:-1, 1].mean())
    if turns[-1] < turns[0]:
        ring, turns = ring[::-1], turns[::-1]
    first = int(np.argmax(side * ring[:-1, 1]))
    turns = np.concatenate([turns[first:-1], turns[: first + 1] + 1.0])
    ring = np.concatenate([ring[first:-1], ring[: first + 1]])
    turns -= np.floor((_laid_out(ring, turns)[0, 0] + 180.0) / 360.0)
    rounds = [_laid_out(ring, turns + turn) for turn in (-2.0, -1.0, 0.0, 1.0)]
    # Beyond the pole, which the ring may run through.
    west, east = rounds[0][0, 0], rounds[-1][-1, 0]
    return import_shapely().Polygon(
        np.concatenate([*rounds, [[east, side * 91.0], [west, side * 91.0]]])
    )


def _laid_out(ring, turns):
    """Return a ring with its longitudes moved by whole turns."""
    return np.column_stack([turned(as_typed(ring[:, 0]), turns), ring[:, 1]])


def turned(longitude, turns):
    """Move longitudes by whole turns; decimals as people type them stay such.

    A border at -281.730715 is the meridian 78.269285 of the map, and not the next
    float beside it, which is what adding 360 gives.

    Parameters
    ----------
    longitude : ndarray of shape (n_points,)
        Longitudes in degrees.

    turns : float or ndarray of shape (n_points,)
        Whole turns to the east.

    Returns
    -------
    ndarray of shape (n_points,)
        The longitudes after them.
    """
    moved = longitude + 360.0 * turns
    return np.where(_is_typed(longitude), np.round(moved, _TYPED), moved)


def as_typed(longitude):
    """Return the decimals that longitudes were before they were moved by whole turns.

    What was typed as -281.730715, and wrapped without a loss, is the float beside
    78.269285.

    Parameters
    ----------
    longitude : ndarray of shape (n_points,)
        Longitudes in degrees.

    Returns
    -------
    ndarray of shape (n_points,)
        The same, or these decimals.
    """
    typed = longitude
    for turn in (-720.0, -360.0, 360.0, 720.0):
        before = longitude + turn
        was = _is_typed(before) & (before - turn == longitude)
        typed = np.where(was, np.round(longitude, _TYPED), typed)
    return typed


def _is_typed(longitude):
    return np.round(longitude, _TYPED) == longitude


def _check_valid(shape, where):
    if not shape.is_valid:
        reason = import_shapely().is_valid_reason(shape)
        # Rings may have been moved by whole turns.
        _refuse(where, re.sub(r"\[(\S+) (\S+)\]$", _on_map, reason))


def _on_map(point):
    """Return a point of GEOS, matched as two numbers, as the place that it is."""
    longitude, latitude = map(float, point.groups())
    longitude = float(wrap_longitude(longitude))
    return f"[{longitude:.10g} {latitude:.10g}]"


def _check_apart(shape, where):
    """Refuse a valid shape whose parts overlap where they are a turn apart."""
    shapely = import_shapely()
    cut = cut_at_antimeridian(shape)
    if cut is shape:
        return
    pieces = shapely.get_parts(cut)
    # They may share a border, as neighbours across the antimeridian do.
    if shapely.area(pieces).sum() > shapely.union_all(pieces).area * (1.0 + 1e-9):
        _refuse(where, "parts of it overlap, a turn around the globe apart")


def _refuse(where, reason):
    raise ValueError(
        f"{where} is no valid polygon: {reason}. Repair it first, for example with "
        "shapely.make_valid."
    )


def _check_ring(ring, where, long_edges):
    """Check the coordinates of a closed ring, and which way its long edges go.

    Return it with the turns that its longitudes run on by. They end at another turn
    than they begin at if it is a ring around a pole.
    """
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
    full = np.abs(np.abs(steps) - 360.0) < _ROUNDING
    long = (np.abs(steps) > 180.0) & ~full
    if long_edges == "straight":
        return ring, np.zeros(len(ring))
    if long_edges == "error" and long.any():
        edge = int(np.argmax(long))
        start, end = ring[edge : edge + 2, 0].tolist()
        raise ValueError(
            f"{where} has an edge from longitude {start:g} to {end:g}, more than half "
            "a turn, so that it may go either way around the globe. Set "
            'long_edges="shorter" if it crosses the antimeridian, or "straight" if it '
            "does not; or cut the polygon at the antimeridian."
        )
    turns = _shorter_way(ring, steps, long)
    if long_edges == "shorter" and full.any():
        # From 180 to -180 it may stay where it is, or go along the edge of the map.
        stays = _shorter_way(ring, steps, np.abs(steps) > 180.0)
        closes = turns[-1] == 0.0 and stays[-1] != 0.0
        if (closes or not _is_valid(ring, turns)) and _is_valid(ring, stays):
            turns = stays
    return ring, turns


def _is_valid(ring, turns):
    """Say whether a ring bounds a shape if its longitudes run on by these turns."""
    if turns[-1] == 0.0:
        return import_shapely().Polygon(_laid_out(ring, turns)).is_valid
    return abs(turns[-1]) == 1.0 and _cap(ring, turns).is_valid


def _shorter_way(ring, steps, long):
    """Return the turns of longitudes that run on where an edge is shorter that way."""
    steps = np.where(long, steps - 360.0 * np.sign(steps), steps)
    longitude = np.concatenate([ring[:1, 0], ring[0, 0] + np.cumsum(steps)])
    return np.round((longitude - ring[:, 0]) / 360.0)


def _ring_area(ring):
    shapely = import_shapely()
    longitude, latitude = np.radians(shapely.get_coordinates(ring)).T
    middle = (latitude[1:] + latitude[:-1]) / 2.0
    half = (latitude[1:] - latitude[:-1]) / 2.0
    mean_sine = np.sin(middle) * np.sinc(half / np.pi)
    return float(-(np.diff(longitude) * mean_sine).sum())
