# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The one hook that reads coordinates out of X, and the doc links.

Every public door of the library takes places as two columns, (latitude,
longitude) in degrees. What may come through that door, and what a person reads
when something else comes, is decided here and nowhere else.
"""

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

from sklearn_geo._numbers import naming, read_numbers
from sklearn_geo._tables import (
    check_order,
    column_names,
    columns_besides,
    is_geo,
    location_positions,
    points_to_frame,
    reject_columns_of_text,
    reject_counted,
    reject_what_is_no_table,
    sparse_columns,
)
from sklearn_geo._versions import DatedPickles

__all__ = [
    "GeoEstimator",
    "check_domain",
    "check_place",
    "check_places",
    "places_in",
    "wrap_longitude",
]

# Longitudes wrap, but nobody means this many turns.
_FAR_LONGITUDE = 100_000.0
# Places compared at a time when all of them are checked.
_PLACES_A_ROW = 512
_METRES = (
    "Values this large are usually metres of a map projection: convert them to "
    "degrees first, for example with GeoDataFrame.to_crs(4326)."
)

_DOCS = "https://sklearn-geo.readthedocs.io/en/latest/generated/"


def wrap_longitude(longitude):
    """Bring longitudes into [-180, 180), leaving those already there untouched.

    Parameters
    ----------
    longitude : array-like
        Finite longitudes in degrees. NaN, a missing one, stays NaN.

    Returns
    -------
    ndarray of float64
        The same meridians in [-180, 180): 190 becomes -170, and 180 becomes -180.
        What is in order already, in an array of floats, is returned as it is.

    See Also
    --------
    check_places : Reads and checks places; longitudes wrap there too.

    Examples
    --------
    >>> from sklearn_geo.base import wrap_longitude
    >>> wrap_longitude([190.0, 180.0, -181.0, 7.5])
    array([-170. , -180. ,  179. ,    7.5])
    """
    longitude = read_numbers(longitude, "longitude")
    outside = (longitude < -180.0) | (longitude >= 180.0)
    if not outside.any():
        return longitude
    if np.isinf(longitude).any():
        raise ValueError("longitude holds infinity, which is no meridian.")
    if (np.abs(longitude) > _FAR_LONGITUDE).any():
        longitude = np.fmod(longitude, 360.0)  # exact, and slow
    # Every step is exact: places on one meridian stay on one.
    wrapped = longitude - 360.0 * np.rint(longitude / 360.0)
    wrapped = np.where(wrapped >= 180.0, wrapped - 360.0, wrapped)
    wrapped = np.where(wrapped < -180.0, wrapped + 360.0, wrapped)
    # Not minus zero after a whole turn west.
    return np.where(outside, wrapped + 0.0, longitude)


def check_places(places, *, name="places", allow_missing=False, min_places=1):
    """Validate places given to a function and return them as a clean array.

    Parameters
    ----------
    places : array-like of shape (n_places, 2), GeoSeries or GeoDataFrame
        Latitude and longitude in degrees, in that order.

    name : str, default="places"
        What the argument is called in error messages.

    allow_missing : bool, default=False
        Let a pair of NaN stand for a missing place.

    min_places : int, default=1
        How many places there must be at least.

    Returns
    -------
    ndarray of shape (n_places, 2), float64
        Places with longitudes in [-180, 180). The input is never changed; it is
        returned itself when nothing had to be converted.

    Raises
    ------
    TypeError, ValueError
        If `places` is not two columns of finite numbers on the globe. The message
        names the row, the value and the remedy.

    See Also
    --------
    places_in : Read places out of a wider table.

    Examples
    --------
    >>> from sklearn_geo.base import check_places
    >>> check_places([[48.1, 371.5], [-33.9, 151.2]])
    array([[ 48.1,  11.5],
           [-33.9, 151.2]])
    """
    if _is_pairs_of_float(places):  # such as places that were checked before
        matrix, names = places, None
    else:
        frame = points_to_frame(places)
        reject_what_is_no_table(frame, name)
        names = column_names(frame, name)
        reject_columns_of_text(frame, name)
        with naming(name):
            matrix = check_array(
                frame,
                dtype=np.float64,
                ensure_all_finite=False,
                ensure_min_samples=0,
                ensure_min_features=0,
                input_name=name,
            )
    if len(matrix) < min_places:
        raise ValueError(
            f"{name} is {'too short' if len(matrix) else 'empty'}: it has "
            f"{len(matrix)} rows, and it takes at least {min_places}. Pass rows of "
            "[latitude, longitude]."
        )
    _check_two_columns(matrix, names, name)
    return check_domain(matrix, names, name=name, allow_missing=allow_missing)


def places_in(X, *, location="auto", name="X"):
    """Read the places out of a table that may hold other columns as well.

    Only the two location columns have to be numeric.

    Parameters
    ----------
    X : array-like, sparse array, data frame or GeoDataFrame
        A table of shape (n_places, n_columns) with a latitude and a longitude column.

    location : "auto" or pair of str or int, default="auto"
        The latitude and the longitude column, by name or position; by name in a
        GeoDataFrame that has more than points. "auto" takes the points of a
        GeoDataFrame, the columns whose names tell, and the first two columns where
        there are no names.

    name : str, default="X"
        What the argument is called in error messages.

    Returns
    -------
    ndarray of shape (n_places, 2), float64
        Places with longitudes in [-180, 180).

    See Also
    --------
    check_places : Read places from a table of exactly two columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_geo.base import places_in
    >>> photos = pd.DataFrame({"tag": ["sea"], "lng": [11.5], "lat": [48.1]})
    >>> places_in(photos)
    array([[48.1, 11.5]])
    """
    if isinstance(location, str) and location == "auto" and is_geo(X):
        # The points win over any other column, even over one named "latitude".
        return check_places(X.geometry, name=name)
    if isinstance(X, list) and X and isinstance(X[0], list):
        # Rows of mixed types: numpy would turn their numbers into text as well.
        with naming(name):
            X = np.asarray(X, dtype=object)
    reject_counted(X, location)
    table = points_to_frame(X)
    reject_what_is_no_table(table, name, pair_only=False)
    names = column_names(table, name)
    if not sparse.issparse(table) and names is None and not hasattr(table, "iloc"):
        with naming(name):
            table = check_array(
                table,
                dtype=None,
                ensure_all_finite=False,
                ensure_min_samples=0,
                input_name=name,
            )
    if len(table.shape) != 2:
        raise ValueError(
            f"{name} has the shape {table.shape}, but a table has rows and columns, a "
            "latitude and a longitude among them."
        )
    pair = list(location_positions(location, names, table.shape[1]))
    if sparse.issparse(table):
        # Two columns become dense, never the tags beside them.
        table = sparse_columns(table, pair)
    else:
        table = table.iloc[:, pair] if hasattr(table, "iloc") else table[:, pair]
    return check_places(table, name=name)


def check_place(place, *, name="place"):
    """Validate a single place given as a pair (latitude, longitude).

    Parameters
    ----------
    place : array-like of shape (2,) or (1, 2)
        Latitude and longitude in degrees.

    name : str, default="place"
        What the argument is called in error messages.

    Returns
    -------
    ndarray of shape (2,), float64
        The place with its longitude in [-180, 180).

    See Also
    --------
    check_places : Reads and checks many places.

    Examples
    --------
    >>> from sklearn_geo.base import check_place
    >>> check_place([48.1, 371.5])
    array([48.1, 11.5])
    """
    with naming(name):
        pair = np.asarray(place)
    if pair.shape not in ((2,), (1, 2)):
        raise ValueError(
            f"{name} must be one place, [latitude, longitude]; got an array of shape "
            f"{pair.shape}."
        )
    return check_places(pair.reshape(1, 2), name=name)[0]


def check_domain(matrix, names=None, *, name="X", allow_missing=False):
    """Check that two numeric columns are places on the globe and wrap longitudes.

    Parameters
    ----------
    matrix : ndarray of shape (n_places, 2), float64
        Latitude and longitude in degrees.

    names : sequence of str or None, default=None
        Names of the two columns, if they have any.

    name : str, default="X"
        What the argument is called in error messages.

    allow_missing : bool, default=False
        Let a pair of NaN stand for a missing place.

    Returns
    -------
    ndarray of shape (n_places, 2), float64
        The places with longitudes in [-180, 180).

    See Also
    --------
    check_places : Reads and checks places in whole.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.base import check_domain
    >>> check_domain(np.array([[48.1, 371.5]]))
    array([[48.1, 11.5]])
    """
    if names is not None:
        check_order(names, name)
    if not len(matrix):
        return matrix
    latitude, longitude = matrix[:, 0], matrix[:, 1]
    (south, west), (north, east) = _extremes(matrix, np.min), _extremes(matrix, np.max)
    # NaN and infinity fail these comparisons too.
    if not (south >= -90.0 and north <= 90.0):
        _explain_bad_row(matrix, name, allow_missing)
    if west >= -180.0 and east < 180.0:
        return matrix
    if not np.isfinite(longitude).all():
        _explain_bad_row(matrix, name, allow_missing)
    far = np.abs(longitude) > _FAR_LONGITUDE
    if far.any():
        row = int(np.argmax(far))
        raise ValueError(
            f"{name}, row {row}: longitude {float(longitude[row])!r} is hundreds of "
            f"turns around the globe. {_METRES}"
        )
    wrapped = wrap_longitude(longitude)
    return np.column_stack([latitude, wrapped])


def _extremes(matrix, reduce):
    """Reduce both columns of a matrix of places by np.min or np.max.

    Rows of hundreds of places are reduced first: numpy compares such rows as vectors,
    and the two numbers of a place one by one.
    """
    if not matrix.flags.c_contiguous:
        return reduce(matrix[:, 0]), reduce(matrix[:, 1])
    n_folded = len(matrix) // _PLACES_A_ROW * _PLACES_A_ROW
    folded = matrix[:n_folded].reshape(-1, 2 * _PLACES_A_ROW)
    rest = matrix[n_folded:]
    if len(folded):
        rest = np.concatenate([reduce(folded, axis=0).reshape(-1, 2), rest])
    return reduce(rest[:, 0]), reduce(rest[:, 1])


def _explain_bad_row(matrix, name, allow_missing):
    """Raise for the first row that is not a place; return if all bad rows may stay."""
    bad = ~(np.isfinite(matrix).all(axis=1) & (np.abs(matrix[:, 0]) <= 90.0))
    if allow_missing:
        bad &= ~np.isnan(matrix).all(axis=1)
    if not bad.any():
        return
    row = int(np.argmax(bad))
    latitude, longitude = (float(value) for value in matrix[row])
    more = int(bad.sum()) - 1
    others = f" ({more} more row{'s' * (more > 1)} like it.)" if more else ""
    for axis, value in (("latitude", latitude), ("longitude", longitude)):
        if not np.isfinite(value):
            word = "NaN" if np.isnan(value) else "infinity"
            raise ValueError(
                f"{name}, row {row}: the {axis} is {word} ({value}). Drop or fill rows "
                f"without a place first, for example with X[np.isfinite(X).all(axis=1)]"
                f" or DataFrame.dropna.{others}"
            )
    if abs(longitude) <= 90.0:
        remedy = (
            "The columns look swapped: pass (latitude, longitude), in that order, for "
            'example X[["lat", "lon"]] or X[:, [1, 0]].'
        )
    elif abs(latitude) > 360.0:
        remedy = _METRES
    else:
        remedy = "Places are (latitude, longitude) in degrees, in that order."
    raise ValueError(
        f"{name}, row {row}: latitude {latitude!r} (beside longitude {longitude!r}) is "
        f"outside [-90, 90]. {remedy}{others}"
    )


def _explain_bad_feature(features, positions, names):
    """Raise for the first feature that is NaN or infinite, if there is one."""
    for row, values in enumerate(features):
        if not np.isfinite(values).all():
            at = int(np.argmax(~np.isfinite(values)))
            word = "NaN" if np.isnan(values[at]) else "infinity"
            column = int(positions[at]) if names is None else names[positions[at]]
            raise ValueError(
                f"Input X contains {word}: row {row}, column {column!r}. Leave such "
                "rows out, or fill them first, for example with "
                "sklearn.impute.SimpleImputer."
            ) from None


def _is_pairs_of_float(places):
    """Say whether there is nothing to convert: not for subclasses, masked or not."""
    return (
        type(places) is np.ndarray
        and places.dtype == np.float64
        and places.ndim == 2
        and places.shape[1] == 2
    )


def _check_two_columns(matrix, names, name):
    if matrix.shape[1] != 2:
        columns = "" if names is None else f": {list(names)}"
        raise ValueError(
            f"{name} must have exactly two columns, (latitude, longitude) in degrees; "
            f"got {matrix.shape[1]}{columns}. Select the two columns first."
        )


class GeoEstimator(DatedPickles, BaseEstimator):
    """Base of every estimator of the library: reads places, links to the docs.

    Think twice before adding anything here. Subclasses call one of two methods
    first thing in every public method:

    - `_read_places` if X is a place and nothing else (exactly two columns);
    - `_read_located` if X holds a place among other columns (`location=`).

    See Also
    --------
    check_places : Reads places that are not X.

    Examples
    --------
    >>> from sklearn_geo.base import GeoEstimator
    >>> class Latitudes(GeoEstimator):
    ...     def fit(self, X, y=None):
    ...         self._read_places(X, reset=True)
    ...         return self
    ...     def transform(self, X):
    ...         return self._read_places(X, reset=False)[:, :1]
    >>> Latitudes().fit([[48.1, 11.6]]).transform([[-33.9, 151.2]])
    array([[-33.9]])
    """

    _doc_link_module = "sklearn_geo"
    _doc_link_template = _DOCS + "{estimator_module}.{estimator_name}.html"

    def _validate_params(self):
        # scikit-learn looks at this where it calls fit, and not in here.
        if not get_config()["skip_parameter_validation"]:
            super()._validate_params()

    def _doc_link_url_param_generator(self):
        # Public names live one level below the package: sklearn_geo.encoding.X.
        room = ".".join(type(self).__module__.split(".")[:2])
        return {"estimator_module": room, "estimator_name": type(self).__name__}

    def _read_places(self, X, *, reset):
        """Validate X as exactly two columns and return places, float64 degrees."""
        X, names = self._open_table(X)
        with naming("X"):
            X = validate_data(
                self, X, reset=reset, dtype=np.float64, ensure_all_finite=False
            )
        return self._to_places(X, names)

    def _read_located(
        self,
        X,
        *,
        location,
        reset,
        dtype=(np.float64, np.float32),
        allow_missing=False,
    ):
        """Validate X and return its places and its other columns.

        The other columns keep their precision, and are a view (of a memory map, say)
        when the location columns are the first or the last ones. A pair of NaN is a
        missing place, where these are allowed, and stays one.
        """
        reject_counted(X, location, points_first=True)
        X, names = self._open_table(X)
        with naming("X"):
            X = validate_data(
                self, X, reset=reset, dtype=list(dtype), ensure_all_finite=False
            )
        pair = list(location_positions(location, names, X.shape[1]))
        pair_names = None if names is None else [names[i] for i in pair]
        places = X[:, pair].astype(np.float64)
        missing = np.isnan(places).all(axis=1)
        if missing.any() and not allow_missing:
            if hasattr(self, "allow_missing"):  # it could be
                raise ValueError(
                    f"X, row {int(np.argmax(missing))}: the place is missing (NaN), as "
                    f"it is in {int(missing.sum())} of {len(missing)} rows. Drop them, "
                    "or set allow_missing=True, which answers without a place there."
                )
            missing = np.zeros(len(places), dtype=bool)
        if np.any(missing):
            places[missing] = 0.0
        places = self._to_places(places, pair_names)
        if np.any(missing):
            places = np.where(missing[:, np.newaxis], np.nan, places)
        others = columns_besides(pair, X.shape[1])
        features = X[:, others]
        try:
            with naming("X"):
                features = check_array(
                    features, dtype=list(dtype), ensure_min_features=0
                )
        except ValueError:
            _explain_bad_feature(features, np.arange(X.shape[1])[others], names)
            raise
        return places, features

    def _open_table(self, X):
        """Refuse what is no table, and say what its columns are called."""
        X = points_to_frame(X)
        reject_what_is_no_table(X, "X")
        names = column_names(X)
        reject_columns_of_text(X, "X")
        return X, names

    def _to_places(self, X, names):
        """Turn validated numeric columns into places (the domain checks).

        This is the one place where a matrix has to be (latitude, longitude). The
        conformance tests replace it by a fold of any finite matrix onto the globe.
        """
        if X.shape[1] != 2:
            columns = "" if names is None else f": {list(names)}"
            cls = type(self).__name__
            if X.shape[1] < 2:
                raise ValueError(
                    f"{cls} reads exactly two columns, (latitude, longitude), but X "
                    f"has {X.shape[1]} feature(s){columns}. Put the two side by side, "
                    "for example with np.column_stack([latitude, longitude])."
                )
            raise ValueError(
                f"{cls} reads exactly two columns, (latitude, longitude), but X has "
                f"{X.shape[1]} feature(s){columns}. Choose the two with a "
                f"ColumnTransformer, for example "
                f'make_column_transformer(({cls}(), ["lat", "lon"]), '
                'remainder="passthrough").'
            )
        return check_domain(X, names)
