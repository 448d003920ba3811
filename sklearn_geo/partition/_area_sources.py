# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where areas come from: GeoDataFrames, GeoJSON, lists of polygons; and their names."""

import json
import os
from pathlib import Path

import numpy as np

from sklearn_geo._missing import is_missing
from sklearn_geo._tables import is_geo
from sklearn_geo._text_arrays import text_array
from sklearn_geo.partition._area_shapes import check_shape, import_shapely

# The property that names a feature where nobody says which.
_NAME = "name"


def read_areas(areas, name_column, long_edges, *, may_overlap=False):
    """Return the names and the checked polygons of areas.

    Parameters
    ----------
    areas : GeoDataFrame, GeoSeries, dict, str, path or sequence of polygons
        What the user gave.

    name_column : str or None
        The column or property that holds the names.

    long_edges : {"error", "shorter", "straight"}
        See `check_shape`.

    may_overlap : bool, default=False
        See `check_shape`.

    Returns
    -------
    names : ndarray of str
        A name for each area, no two alike.

    shapes : list of shapely.Polygon or shapely.MultiPolygon
        The areas.
    """
    if isinstance(areas, (str, os.PathLike)):
        collection = _read_file(Path(areas))
        try:
            return read_areas(
                collection, name_column, long_edges, may_overlap=may_overlap
            )
        except ValueError as error:
            raise ValueError(f"{areas}: {error}") from error
    if isinstance(areas, dict):
        shapes, columns = _from_geojson(areas)
    elif is_geo(areas):
        shapes, columns = _from_geopandas(areas)
    else:
        shapes, columns = _from_sequence(areas), {}
    if not len(shapes):
        raise ValueError("areas is empty: give at least one polygon.")
    names = _names(columns, name_column, len(shapes))
    shapes = [
        check_shape(
            shape,
            f"areas, row {row} ({str(name)!r:.60})",
            long_edges,
            may_overlap=may_overlap,
        )
        for row, (name, shape) in enumerate(zip(names, shapes, strict=True))
    ]
    return names, shapes


def to_geojson(names, shapes):
    """Return areas as a FeatureCollection that `read_areas` reads back."""
    shapely = import_shapely()
    features = [
        {
            "type": "Feature",
            "properties": {_NAME: str(name)},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for name, shape in zip(names, shapes, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _read_file(path):
    """Read a file of GeoJSON."""
    try:
        collection = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{path} is not there. areas is a path to a file of GeoJSON; GeoJSON as "
            "text goes through json.loads first."
        ) from error
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path} is no GeoJSON ({error}). Read other formats with "
            "geopandas.read_file and pass the GeoDataFrame."
        ) from error
    if not isinstance(collection, dict):
        raise ValueError(
            f"{path} is no GeoJSON: it holds a {type(collection).__name__}, not an "
            'object with a "type".'
        )
    return collection


def _from_geojson(given):
    """Return shapes and properties by name of a GeoJSON object."""
    shapely = import_shapely()
    kind = given.get("type")
    if kind == "FeatureCollection":
        features = given.get("features", [])
        if not isinstance(features, (list, tuple)):
            raise ValueError(
                f'"features" of a FeatureCollection is a list; got {features!r:.60}.'
            )
    elif kind == "Feature":
        features = [given]
    elif kind in ("Polygon", "MultiPolygon"):
        features = [{"geometry": given}]
    else:
        raise ValueError(
            f"a GeoJSON object of type {kind!r:.60} holds no areas. It has to be a "
            "FeatureCollection, a Feature, a Polygon or a MultiPolygon."
        )
    shapes, properties = [], []
    for row, feature in enumerate(features):
        if not isinstance(feature, dict):
            raise ValueError(
                f"areas, row {row}: {feature!r:.60} is no feature of GeoJSON."
            )
        geometry = feature.get("geometry")
        if geometry is None:
            raise ValueError(
                f"areas, row {row}: the feature has no geometry. Drop it first."
            )
        try:
            with np.errstate(invalid="ignore"):  # NaN is found and named later
                shapes.append(shapely.geometry.shape(geometry))
        except (
            AttributeError,
            IndexError,
            KeyError,
            OverflowError,
            RecursionError,
            TypeError,
            ValueError,
            shapely.errors.ShapelyError,
        ) as error:
            raise ValueError(
                f"areas, row {row}: its geometry is no GeoJSON: "
                f"{str(error)[:200].rstrip('.')}."
            ) from error
        own = feature.get("properties") or {}
        if not isinstance(own, dict):
            raise ValueError(
                f"areas, row {row}: its properties are {own!r:.60}, not an "
                "object of names and values."
            )
        own = dict(own)
        if "id" in feature:
            own.setdefault("id", feature["id"])
        properties.append(own)
    columns = dict.fromkeys(name for own in properties for name in own)
    return shapes, {name: [own.get(name) for own in properties] for name in columns}


def _from_geopandas(areas):
    """Return shapes in degrees and columns by name of a GeoDataFrame or GeoSeries."""
    geometry = areas.geometry
    if geometry.crs is not None:
        # Without one, coordinates are taken as degrees; metres are found out later.
        geometry = geometry.to_crs(4326)
    missing = np.flatnonzero(geometry.isna())
    if missing.size:
        raise ValueError(
            f"areas, row {missing[0]}: the geometry is missing. Drop such rows first, "
            'for example with areas.dropna(subset="geometry").'
        )
    columns = {}
    if hasattr(areas, "columns"):
        names = [str(name) for name in areas.columns]
        if len(set(names)) < len(names):
            again = next(name for name in names if names.count(name) > 1)
            raise ValueError(
                f"areas has several columns called {again!r:.60}. Rename all but one, "
                "or drop them."
            )
        columns = {
            name: areas.iloc[:, at].tolist()
            for at, name in enumerate(names)
            if areas.columns[at] != geometry.name
        }
    elif all(isinstance(label, str) for label in areas.index):
        columns = {_NAME: areas.index.tolist()}
    return list(geometry), columns


def _from_sequence(areas):
    """Return the shapes of a list."""
    shapely = import_shapely()
    if isinstance(areas, shapely.Geometry):
        raise TypeError(
            f"areas is a single {areas.geom_type}. Put it into a list: [polygon]."
        )
    if not isinstance(areas, (list, tuple)) and not hasattr(areas, "__array__"):
        raise TypeError(
            f"areas must be polygons; got {areas!r:.60}. Pass a GeoDataFrame, GeoJSON "
            "as a dict or the path of a file, or a list of shapely polygons."
        )
    return list(areas)


def _names(columns, name_column, n_areas):
    """Return a name for each area."""
    if name_column is None:
        name_column = _NAME
        if name_column not in columns:
            return np.array([f"area_{row}" for row in range(n_areas)])
    elif name_column not in columns:
        known = ", ".join(map(repr, columns)) or "none"
        raise ValueError(
            f"name_column={name_column!r} is no column of areas. They have: {known}."
        )
    names = columns[name_column]
    seen = {}
    for row, name in enumerate(names):
        if is_missing(name) or str(name).strip() == "":
            raise ValueError(
                f"areas, row {row}: the name in {name_column!r} is missing. Fill it, "
                "or name the areas by another column with name_column."
            )
        if str(name) in seen:
            raise ValueError(
                f"areas, rows {seen[str(name)]} and {row} are both named "
                f"{str(name)!r:.60}. Join them first, for example with "
                f"areas.dissolve(by={name_column!r}, as_index=False), or name them by "
                "another column with name_column."
            )
        seen[str(name)] = row
    return text_array(list(seen))
