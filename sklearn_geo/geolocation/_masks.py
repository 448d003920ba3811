# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known at prediction: which cells are possible, and how likely they were."""

from collections.abc import Mapping

import numpy as np

from sklearn_geo._functions import ask_function
from sklearn_geo._numbers import read_numbers
from sklearn_geo._tables import is_geo
from sklearn_geo.base import check_places

# Collections within collections; nobody means more, and one may hold itself.
_DEEPEST = 20
# Degrees: a polygon may go around the globe, but not that often.
_TURNS = 1e6


def log_prior(prior, mask, *, cell_places, cell_names, n_rows):
    """Return what to add to the log scores of cells.

    Parameters
    ----------
    prior : array-like of shape (n_cells,) or (n_rows, n_cells), or None
        Factors of the probabilities.

    mask : array-like, polygon, collection of cells, callable or None
        Which cells are possible.

    cell_places : ndarray of shape (n_cells, 2)
        Where the cells are.

    cell_names : ndarray of str of shape (n_cells,)
        What they are called.

    n_rows : int
        Number of photos.

    Returns
    -------
    ndarray of shape (1, n_cells) or (n_rows, n_cells), or None
        Logarithms, -inf for impossible cells. None if nothing is known.
    """
    if prior is None and mask is None:
        return None
    n_cells = len(cell_places)
    logs = np.zeros((1, n_cells))
    if prior is not None:
        with np.errstate(divide="ignore"):
            logs = np.log(_read_prior(prior, n_rows, n_cells))
    if mask is not None:
        possible = _read_mask(mask, n_rows, cell_places, cell_names)
        logs = np.where(possible, logs, -np.inf)
    empty = ~np.isfinite(logs).any(axis=1)
    if empty.any():
        row = int(np.argmax(empty))
        where = f", row {row}" if len(logs) > 1 else ""
        raise ValueError(
            f"prior and mask together{where} leave no cell: every cell is masked or "
            "has prior 0. Widen one of them."
        )
    return logs


def add_known(scores, known, rows):
    """Add what is known of cells to the log scores of some rows, in place.

    Parameters
    ----------
    scores : ndarray of shape (n_some, n_cells)
        Log scores.

    known : ndarray of shape (1, n_cells) or (n_rows, n_cells), or None
        What :func:`log_prior` made of all rows.

    rows : slice or ndarray of int
        Which rows these are.
    """
    if known is not None:
        scores += known if len(known) == 1 else known[rows]


def _read_prior(prior, n_rows, n_cells):
    values = read_numbers(prior, "prior")
    if values.shape not in ((n_cells,), (n_rows, n_cells)):
        raise ValueError(
            f"prior must hold one factor for each of the {n_cells} cells, shape "
            f"({n_cells},), or one row of them for each photo, shape ({n_rows}, "
            f"{n_cells}); got shape {values.shape}."
        )
    values = np.atleast_2d(values)
    wrong = ~(np.isfinite(values) & (values >= 0.0))
    if wrong.any():
        row, cell = np.argwhere(wrong)[0]
        raise ValueError(
            f"prior, cell {cell}: {values[row, cell]} is no factor. Factors are finite "
            "and not negative; give impossible cells 0."
        )
    if not values.any(axis=1).all():
        row = int(np.argmin(values.any(axis=1)))
        where = f", row {row}," if len(values) > 1 else ""
        raise ValueError(f"prior{where} is 0 for every cell, so that no cell is left.")
    return values


def _read_mask(mask, n_rows, cell_places, cell_names):
    """Return a mask of shape (1 or n_rows, n_cells)."""
    if callable(mask):
        what = "mask(places)"
        possible = ask_function(mask, cell_places, "mask")
        _reject_hidden(possible, what)
        possible = np.asarray(possible)
        if possible.shape != (len(cell_places),) or possible.dtype != bool:
            raise ValueError(
                f"mask(places) must return one bool for each of the {len(cell_places)} "
                f"places of cells; got an array of {possible.dtype} of shape "
                f"{possible.shape}."
            )
    elif isinstance(mask, Mapping) or hasattr(mask, "__geo_interface__"):
        if is_geo(mask) and mask.crs is not None:
            mask = mask.to_crs(4326)
        possible = inside_polygons(cell_places, mask)
        what = "mask, a polygon,"
    else:
        possible = _read_cells(mask, n_rows, cell_places, cell_names)
        what = "mask"
    possible = np.atleast_2d(possible)
    if not possible.any(axis=1).all():
        row = int(np.argmin(possible.any(axis=1)))
        where = f", row {row}," if len(possible) > 1 else ""
        raise ValueError(
            f"{what}{where} leaves no cell: it is false for all {len(cell_places)} "
            f"cells, whose places span latitudes {_span(cell_places[:, 0])} and "
            f"longitudes {_span(cell_places[:, 1])}. Widen it; GeoJSON and shapely "
            "write (longitude, latitude)."
        )
    return possible


def _reject_hidden(mask, what):
    """Refuse a masked array that hides values, which numpy would uncover."""
    if isinstance(mask, np.ma.MaskedArray) and np.ma.is_masked(mask):
        raise ValueError(
            f"{what} is a masked array that hides some of its values, so that it says "
            "nothing of these cells. Pass filled(False) of bools, and compressed() of "
            "indices or names."
        )


def _span(degrees):
    return f"{degrees.min():.1f} to {degrees.max():.1f}"


def _read_cells(mask, n_rows, cell_places, cell_names):
    """Read an array of bool, or a collection of the indices or names of cells."""
    n_cells = len(cell_places)
    _reject_hidden(mask, "mask")
    if isinstance(mask, str):
        raise TypeError(
            f"mask={mask!r} is text. Pass a bool array over cells, a polygon (GeoJSON "
            "or shapely), a collection of cells, or a function of places."
        )
    if isinstance(mask, (set, frozenset)):
        mask = list(mask)
    try:
        values = np.asarray(mask)
    except (TypeError, ValueError, RuntimeError):  # lists of unequal lengths, say
        values = np.empty(1, dtype=object)
    if values.dtype.kind == "O" and not all(
        isinstance(value, str) for value in values.ravel()
    ):
        raise TypeError(
            f"mask={mask!r:.60} is neither a bool array over cells, nor a polygon "
            "(GeoJSON or shapely), nor a collection of the indices or names of cells, "
            "nor a function of places."
        )
    if values.dtype == bool:
        if values.shape not in ((n_cells,), (n_rows, n_cells)):
            raise ValueError(
                f"mask must hold one bool for each of the {n_cells} cells, shape "
                f"({n_cells},), or one row of them for each photo, shape ({n_rows}, "
                f"{n_cells}); got shape {values.shape}."
            )
        return values
    possible = np.zeros(n_cells, dtype=bool)
    if values.size == 0:
        return possible
    if values.ndim != 1 or values.dtype.kind not in "iuUO":
        raise ValueError(
            f"mask is an array of {values.dtype} of shape {values.shape}. Pass a bool "
            "array over cells, a polygon (GeoJSON or shapely), a collection of the "
            "indices or names of cells, or a function of places."
        )
    if values.dtype.kind in "iu":
        wrong = (values < 0) | (values >= n_cells)
        if wrong.any():
            raise ValueError(
                f"mask: there is no cell {values[wrong][0]}; cells are numbered from 0 "
                f"to {n_cells - 1}."
            )
        possible[values] = True
        return possible
    unknown = set(values.tolist()) - set(cell_names.tolist())
    if unknown:
        raise ValueError(
            f"mask: there is no cell called {sorted(map(str, unknown))[0]!r}; the "
            f"first one is called {str(cell_names[0])!r}."
        )
    return np.isin(cell_names, values.astype(np.str_))


def inside_polygons(places, shape):
    """Tell which places lie in a polygon.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    shape : mapping or object with ``__geo_interface__``
        A GeoJSON Polygon, MultiPolygon, Feature, FeatureCollection or
        GeometryCollection, whose positions are (longitude, latitude). Objects of
        shapely and geopandas have the attribute.

    Returns
    -------
    ndarray of bool, of shape (n_places,)
        Inside any of the polygons, and in none of its holes.

    Notes
    -----
    Edges are straight in degrees, as RFC 7946 has them. A polygon may go beyond 180
    degrees; one that reaches from 170 to -170 the short way is written from 170 to
    190, or in two parts.
    """
    places = check_places(places)
    inside = np.zeros(len(places), dtype=bool)
    for rings in _polygons(getattr(shape, "__geo_interface__", shape)):
        for turn in (-360.0, 0.0, 360.0):
            inside |= _even_odd(places[:, 1] + turn, places[:, 0], rings)
    return inside


def _polygons(geometry, depth=0):
    """Yield lists of rings, each an array of (longitude, latitude)."""
    if not isinstance(geometry, Mapping) or depth > _DEEPEST:
        what = "collections in each other" if depth > _DEEPEST else f"{geometry!r:.60}"
        raise ValueError(
            f"mask holds {what} where a geometry of GeoJSON should be: a mapping with "
            "a type and coordinates."
        )
    kind = geometry.get("type")
    if kind in ("FeatureCollection", "GeometryCollection"):
        parts = geometry.get("features" if kind[0] == "F" else "geometries")
        for part in parts if isinstance(parts, (list, tuple)) else [parts]:
            yield from _polygons(part, depth + 1)
    elif kind == "Feature":
        yield from _polygons(geometry.get("geometry"), depth + 1)
    elif kind in ("Polygon", "MultiPolygon"):
        parts = geometry.get("coordinates")
        try:
            for rings in [parts] if kind == "Polygon" else parts:
                yield [_ring(ring) for ring in rings]
        except (TypeError, ValueError, OverflowError) as error:
            raise ValueError(
                f"mask: the coordinates of a {kind} are lists of rings, and a ring is "
                "a list of finite [longitude, latitude], in degrees; got "
                f"{parts!r:.60}."
            ) from error
    else:
        raise ValueError(
            f"mask: a geometry of type {kind!r} has no inside. Pass a Polygon, a "
            "MultiPolygon, or a feature or collection of them."
        )


def _ring(points):
    ring = np.array([tuple(point)[:2] for point in points], dtype=np.float64)
    if ring.ndim != 2 or ring.shape[1] != 2 or not (np.abs(ring) <= _TURNS).all():
        raise ValueError("no ring")
    return ring


def _even_odd(x, y, rings):
    """Count how many edges lie to the east of every point."""
    odd = np.zeros(len(x), dtype=bool)
    for ring in rings:
        for (x0, y0), (x1, y1) in zip(ring, np.roll(ring, -1, axis=0), strict=True):
            if y0 == y1:
                continue
            at = np.flatnonzero((y0 > y) != (y1 > y))
            # How far along the edge: between 0 and 1, however short it is.
            share = (y[at] - y0) / (y1 - y0)
            odd[at] ^= x[at] < x0 + share * (x1 - x0)
    return odd
