# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The one hook that reads coordinates out of X, and the doc links.

Every public door of the library takes places as two columns, (latitude,
longitude) in degrees. What may come through that door, and what a person reads
when something else comes, is decided here and nowhere else.
"""

import numbers

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_array, validate_data

LATITUDE_NAMES = frozenset({"lat", "latitude", "y"})
LONGITUDE_NAMES = frozenset({"lon", "lng", "long", "longitude", "x"})

_DOCS = "https://sklearn-geo.readthedocs.io/en/latest/generated/"


def wrap_longitude(longitude):
    """Bring longitudes into [-180, 180), leaving those already there untouched.

    Parameters
    ----------
    longitude : array-like
        Finite longitudes in degrees.

    Returns
    -------
    ndarray of float64
        The same meridians in [-180, 180): 190 becomes -170, and 180 becomes -180.
    """
    longitude = np.asarray(longitude, dtype=np.float64)
    outside = (longitude < -180.0) | (longitude >= 180.0)
    if not outside.any():
        return longitude
    wrapped = np.remainder(longitude + 180.0, 360.0) - 180.0
    # A hair below -180 rounds up to the excluded end of the interval.
    wrapped = np.where(wrapped >= 180.0, -180.0, wrapped)
    return np.where(outside, wrapped, longitude)


def check_places(places, *, name="places", allow_missing=False, min_places=0):
    """Validate places given to a function and return them as a clean array.

    Parameters
    ----------
    places : array-like of shape (n_places, 2), GeoSeries or GeoDataFrame
        Latitude and longitude in degrees, in that order.

    name : str, default="places"
        What the argument is called in error messages.

    allow_missing : bool, default=False
        Let a pair of NaN stand for a missing place.

    min_places : int, default=0
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
    """
    frame = _points_to_frame(places)
    _reject_what_is_no_table(frame, name)
    names = _column_names(frame)
    _reject_columns_of_text(frame, name)
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
            f"{name} is empty or too short: it has {len(matrix)} places, at least "
            f"{min_places} needed."
        )
    _check_two_columns(matrix, names, name)
    return check_domain(matrix, names, name=name, allow_missing=allow_missing)


def places_in(X, *, location="auto", name="X"):
    """Read the places out of a table that may hold other columns as well.

    Only the two location columns have to be numeric.

    Parameters
    ----------
    X : array-like of shape (n_places, n_columns), data frame or GeoDataFrame
        A table with a latitude and a longitude column.

    location : "auto" or pair of str or int, default="auto"
        The latitude and the longitude column, by name or position. "auto" finds them
        by their names, and takes the first two columns where there are no names.

    name : str, default="X"
        What the argument is called in error messages.

    Returns
    -------
    ndarray of shape (n_places, 2), float64
        Places with longitudes in [-180, 180).
    """
    table = _points_to_frame(X)
    _reject_what_is_no_table(table, name, pair_only=False)
    names = _column_names(table)
    if names is None:
        table = check_array(table, dtype=None, ensure_all_finite=False, input_name=name)
    pair = list(_location_positions(location, names, table.shape[1]))
    if names is None:
        table = table[:, pair]
    elif hasattr(table, "iloc"):
        table = table.iloc[:, pair]
    else:
        table = (
            table[:, pair] if hasattr(table, "dtypes") else np.asarray(table)[:, pair]
        )
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
    """
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
    """
    if names is not None:
        _check_order(names, name)
    latitude, longitude = matrix[:, 0], matrix[:, 1]
    # NaN and infinity fail these comparisons too, so one pass accepts a clean array.
    if not (np.abs(latitude).max(initial=0.0) <= 90.0 and _all_finite(longitude)):
        _explain_bad_row(matrix, name, allow_missing)
    wrapped = wrap_longitude(longitude)
    if wrapped is longitude:
        return matrix
    return np.column_stack([latitude, wrapped])


def _all_finite(column):
    # A finite sum has finite terms only; it may overflow without one that is not.
    with np.errstate(invalid="ignore", over="ignore"):
        return bool(np.isfinite(column.sum()) or np.isfinite(column).all())


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
        remedy = (
            "Values this large are usually metres of a map projection: convert them to "
            "degrees first, for example with GeoDataFrame.to_crs(4326)."
        )
    else:
        remedy = "Places are (latitude, longitude) in degrees, in that order."
    raise ValueError(
        f"{name}, row {row}: latitude {latitude!r} (beside longitude {longitude!r}) is "
        f"outside [-90, 90]. {remedy}{others}"
    )


def _check_two_columns(matrix, names, name):
    if matrix.shape[1] != 2:
        columns = "" if names is None else f": {list(names)}"
        raise ValueError(
            f"{name} must have exactly two columns, (latitude, longitude) in degrees; "
            f"got {matrix.shape[1]}{columns}. Select the two columns first."
        )


def _bare(column_name):
    """Return a column's name without `prefix__`, spaces and capitals."""
    return str(column_name).rsplit("__", 1)[-1].strip().casefold()


def _swapped(first, second):
    return _bare(first) in LONGITUDE_NAMES or _bare(second) in LATITUDE_NAMES


def _check_order(names, name):
    first, second = names
    if _swapped(first, second):
        raise ValueError(
            f"{name} has the columns [{str(first)!r}, {str(second)!r}], which look "
            "swapped: the order is (latitude, longitude). Select them as "
            f"X[[{str(second)!r}, {str(first)!r}]], or rename them if the names are "
            "wrong."
        )


def _points_to_frame(X):
    """Turn a GeoSeries or GeoDataFrame of points into plain degree columns."""
    cls = type(X)
    if not (hasattr(X, "crs") and hasattr(X, "to_crs") and hasattr(X, "geometry")):
        return X
    geometry = X.geometry
    absent = geometry.isna().to_numpy() | geometry.is_empty.to_numpy()
    wrong = absent | (geometry.geom_type != "Point").to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        found = "missing" if absent[row] else f"a {geometry.geom_type.iloc[row]}"
        raise ValueError(
            f"{cls.__name__}, row {row}: the geometry is {found}, not a point. Keep "
            "rows with points, or use .representative_point() or .centroid first."
        )
    if geometry.crs is not None:
        geometry = geometry.to_crs(4326)
    # Without a CRS coordinates are taken as degrees; the range check catches metres.
    frame = geometry.y.to_frame("latitude")
    frame["longitude"] = geometry.x
    if geometry is not X and hasattr(X, "columns"):
        rest = X.drop(columns=geometry.name)
        frame = frame.join(rest.reset_index(drop=True).set_axis(frame.index))
    return frame


def _reject_what_is_no_table(X, name, pair_only=True):
    """Refuse tuples, lists of tuples and text, which numpy would take in silently."""
    if isinstance(X, tuple):
        raise TypeError(
            f"{name} is a tuple. Places are two columns of one table: pass "
            "np.column_stack([latitude, longitude])."
        )
    if isinstance(X, list) and not X:
        raise ValueError(
            f"{name} is an empty list: there is no place in it. Pass rows of "
            "[latitude, longitude]."
        )
    if isinstance(X, list) and isinstance(X[0], tuple):
        raise TypeError(
            f"{name} is a list of tuples. Places are two columns of one table: pass "
            "np.array(list_of_pairs) if each pair is (latitude, longitude)."
        )
    if X is None or isinstance(X, (str, bytes, dict, set, numbers.Number)):
        raise TypeError(
            f"{name} is no table ({X!r:.60}). Places are two columns, latitude and "
            "longitude in degrees, of an array or a data frame."
        )
    if hasattr(X, "columns") or sparse.issparse(X):
        return
    if isinstance(X, list):
        X = np.asarray(X, dtype=object)
    if getattr(X, "ndim", 2) == 1 and len(X):
        raise ValueError(
            f"{name} is one-dimensional (shape {X.shape}). Reshape your data: places "
            "are rows of two columns, and a single place is [[latitude, longitude]], "
            "for example np.reshape(X, (1, -1))."
        )
    if not pair_only:
        return
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    text = kind in tuple("USV")
    if kind == "O":
        text = any(isinstance(value, (str, bytes)) for value in np.ravel(X))
    if text:
        what = "fields" if kind == "V" else "text"
        raise TypeError(
            f"{name} holds {what}, not numbers. Convert it to degrees first, for "
            "example with X.astype(float)."
        )


def _column_names(X):
    """Return the column names of a table, or None where it has none."""
    if not hasattr(X, "columns") or sparse.issparse(X):
        return None
    columns = [str(column) for column in X.columns]
    if len(set(columns)) < len(columns):
        twice = sorted({column for column in columns if columns.count(column) > 1})
        raise ValueError(
            f"X has duplicate column names: {twice}. Rename or drop the copies, so "
            "that each column has a name of its own."
        )
    # As in scikit-learn, only columns that are all called by strings have names.
    return columns if all(isinstance(c, str) for c in X.columns) else None


def _reject_columns_of_text(X, name):
    """Refuse non-numeric columns of a data frame, naming the first one."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")):
        return
    for column, dtype in zip(X.columns, list(X.dtypes), strict=True):
        if hasattr(dtype, "is_numeric"):  # polars
            numeric = dtype.is_numeric()
        else:
            numeric = getattr(dtype, "kind", "O") in "fiub"
        if not numeric:
            raise TypeError(
                f"{name}: column {column!r} has dtype {dtype}, not numbers. Convert it "
                f"first, for example with pd.to_numeric(X[{column!r}])."
            )


def _location_positions(location, names, n_columns):
    """Resolve `location=` to the positions of the latitude and longitude columns."""
    there = f"the {n_columns} columns {names}" if names else f"{n_columns} columns"
    if isinstance(location, str) and location == "auto":
        known_names = LATITUDE_NAMES | LONGITUDE_NAMES
        if names is None or (
            n_columns == 2 and known_names.isdisjoint(map(_bare, names))
        ):
            return (0, 1)
        found = []
        for axis, known in (
            ("latitude", LATITUDE_NAMES),
            ("longitude", LONGITUDE_NAMES),
        ):
            matches = [i for i, column in enumerate(names) if _bare(column) in known]
            if len(matches) != 1:
                what = "no" if not matches else "more than one"
                raise ValueError(
                    f'location="auto" found {what} {axis} column among {there}. Name '
                    'the two columns: location=("lat", "lon").'
                )
            found.append(matches[0])
        return tuple(found)
    if isinstance(location, str) or not hasattr(location, "__len__"):
        location_ok = False
    else:
        location_ok = len(location) == 2
    if not location_ok:
        raise ValueError(
            "location must be a pair, (latitude column, longitude column), of names or "
            f"positions; got {location!r}. X has {there}."
        )
    positions = []
    for key in location:
        if isinstance(key, str) and names is not None and key in names:
            positions.append(names.index(key))
        elif (
            isinstance(key, numbers.Integral)
            and not isinstance(key, bool)
            and -n_columns <= key < n_columns
        ):
            positions.append(int(key) % n_columns)
        else:
            hint = ""
            if isinstance(key, str) and names is None:
                hint = " X has no column names: use positions, location=(0, 1)."
            raise ValueError(
                f"location={location!r}: there is no column {key!r}. X has {there}."
                f"{hint}"
            )
    if positions[0] == positions[1]:
        raise ValueError(
            f"location={location!r} names one column twice; it must be a pair "
            f"(latitude column, longitude column). X has {there}."
        )
    if names is not None and _swapped(*(names[i] for i in positions)):
        raise ValueError(
            f"location={location!r} looks swapped: the order is (latitude column, "
            f"longitude column), so pass location={tuple(location)[::-1]!r}."
        )
    return tuple(positions)


def _others(pair, n_columns):
    """Return the columns outside `pair`, as a slice where they are contiguous."""
    if sorted(pair) == [0, 1]:
        return slice(2, None)
    if sorted(pair) == [n_columns - 2, n_columns - 1]:
        return slice(None, -2)
    return np.setdiff1d(np.arange(n_columns), pair)


class GeoEstimator(BaseEstimator):
    """Base of every estimator of the library: reads places, links to the docs.

    Think twice before adding anything here. Subclasses call one of two methods
    first thing in every public method:

    - `_read_places` if X is a place and nothing else (exactly two columns);
    - `_read_located` if X holds a place among other columns (`location=`).
    """

    _doc_link_module = "sklearn_geo"
    _doc_link_template = _DOCS + "{estimator_module}.{estimator_name}.html"

    def _doc_link_url_param_generator(self):
        # Public names live one level below the package: sklearn_geo.encoding.X.
        room = ".".join(type(self).__module__.split(".")[:2])
        return {"estimator_module": room, "estimator_name": type(self).__name__}

    def _read_places(self, X, *, reset):
        """Validate X as exactly two columns and return places, float64 degrees."""
        X, names = self._open_table(X)
        X = validate_data(
            self, X, reset=reset, dtype=np.float64, ensure_all_finite=False
        )
        return self._to_places(X, names)

    def _read_located(self, X, *, location, reset, dtype=(np.float64, np.float32)):
        """Validate X and return its places and its other columns.

        The other columns keep their precision, and are a view (of a memory map, say)
        when the location columns are the first or the last ones.
        """
        X, names = self._open_table(X)
        X = validate_data(
            self, X, reset=reset, dtype=list(dtype), ensure_all_finite=False
        )
        pair = list(_location_positions(location, names, X.shape[1]))
        pair_names = None if names is None else [names[i] for i in pair]
        places = self._to_places(X[:, pair].astype(np.float64), pair_names)
        features = X[:, _others(pair, X.shape[1])]
        features = check_array(features, dtype=list(dtype), ensure_min_features=0)
        return places, features

    def _open_table(self, X):
        """Refuse what is no table, and say what its columns are called."""
        X = _points_to_frame(X)
        _reject_what_is_no_table(X, "X")
        names = _column_names(X)
        _reject_columns_of_text(X, "X")
        return X, names

    def _to_places(self, X, names):
        """Turn validated numeric columns into places (the domain checks).

        This is the one place where a matrix has to be (latitude, longitude). The
        conformance tests replace it by a fold of any finite matrix onto the globe.
        """
        if X.shape[1] != 2:
            columns = "" if names is None else f": {list(names)}"
            cls = type(self).__name__
            raise ValueError(
                f"{cls} reads exactly two columns, (latitude, longitude), but X has "
                f"{X.shape[1]}{columns}. Choose the two with a ColumnTransformer, for "
                f'example make_column_transformer(({cls}(), ["lat", "lon"]), '
                'remainder="passthrough").'
            )
        return check_domain(X, names)
