# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Coastlines and land, read from whatever people have them in."""

import json
from os import PathLike
from pathlib import Path

import numpy as np

_JSON = (".json", ".geojson")


def read_land(coastline):
    """Read what a user gives as a coastline.

    Parameters
    ----------
    coastline : dict, GeoDataFrame, GeoSeries, str or path
        GeoJSON, or a file of it; geometries of geopandas or shapely; or any other file
        that geopandas reads, such as a shapefile or a GeoPackage.

    Returns
    -------
    dict
        GeoJSON with lines or polygons, in degrees.
    """
    if isinstance(coastline, dict):
        land = coastline
    elif hasattr(coastline, "__geo_interface__"):
        land = _in_degrees(coastline).__geo_interface__
    elif not isinstance(coastline, str | PathLike):
        raise TypeError(
            "coastline must be GeoJSON as a dict, geometries of geopandas, or the path "
            f"of a file of either; got {coastline!r:.60}."
        )
    else:
        path = Path(coastline)
        land = _read_file(path)
        try:
            return _checked(land)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from error
    return _checked(land)


def _checked(land):
    """Return GeoJSON all of whose lines can be drawn, or say what is wrong with it."""
    n_lines = 0
    try:
        for line in lines_of(land):
            n_lines += 1
            points = np.asarray(line, dtype=np.float64)
            if points.ndim != 2 or points.shape[1] < 2:
                raise ValueError(f"it is {line!r:.60}")
            if not np.isfinite(points[:, :2]).all():
                raise ValueError("it has a point that is not finite")
    except (KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise ValueError(
            f"Line {n_lines} of the coastline is no line of GeoJSON, which are lists "
            f"of [longitude, latitude]: {str(error)[:200].rstrip('.')}."
        ) from error
    if not n_lines:
        raise ValueError(
            "The coastline has neither lines nor polygons. Pass LineStrings or "
            "Polygons, as GeoJSON or as a GeoDataFrame."
        )
    return land


def _read_file(path):
    if not path.exists():
        raise FileNotFoundError(
            f"There is no file {path} with a coastline. Natural Earth, among others, "
            "publishes coastlines and land as GeoJSON and as shapefiles."
        )
    if path.suffix.lower() in _JSON:
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no GeoJSON: {error}.") from error
    try:
        import geopandas
    except ImportError as error:
        raise ImportError(
            f"Reading {path.name} needs geopandas: pip install 'sklearn-geo[geo]'. "
            "GeoJSON (.geojson) is read without."
        ) from error
    try:
        frame = geopandas.read_file(path)
    except Exception as error:  # whatever the driver of the format raises
        raise ValueError(f"geopandas cannot read {path}: {error}") from error
    return _in_degrees(frame).__geo_interface__


def _in_degrees(shapes):
    """Return geometries of geopandas in degrees; without a system, as they are."""
    shapes = getattr(shapes, "geometry", shapes)
    if getattr(shapes, "crs", None) is None:
        return shapes
    return shapes.to_crs("EPSG:4326")


def lines_of(thing):
    """Yield the lines of GeoJSON, borders of polygons included.

    Parameters
    ----------
    thing : dict
        GeoJSON of any type.

    Yields
    ------
    sequence
        Sequences of [longitude, latitude].
    """
    for geometry in _geometries(thing):
        if geometry["type"] == "LineString":
            yield geometry["coordinates"]
        elif geometry["type"] == "MultiLineString":
            yield from geometry["coordinates"]
    for polygon in polygons_of(thing):
        yield from polygon


def polygons_of(thing):
    """Yield the polygons of GeoJSON, each a sequence of rings, the outer one first."""
    for geometry in _geometries(thing):
        if geometry["type"] == "Polygon":
            parts = [geometry["coordinates"]]
        elif geometry["type"] == "MultiPolygon":
            parts = geometry["coordinates"]
        else:
            continue
        yield from (part for part in parts if len(part))


def _geometries(thing):
    kind = thing.get("type") if isinstance(thing, dict) else None
    if kind == "FeatureCollection":
        for feature in thing["features"]:
            yield from _geometries(feature)
    elif kind == "Feature":
        yield from _geometries(thing["geometry"])
    elif kind == "GeometryCollection":
        for geometry in thing["geometries"]:
            yield from _geometries(geometry)
    elif kind is not None:
        yield thing
