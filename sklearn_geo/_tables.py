# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tables that hold places: their names, their location columns, what is refused.

What `sklearn_geo.base` needs to know about arrays, data frames, GeoSeries and
GeoDataFrames before it looks at a single number.
"""

import numbers

import numpy as np
from scipy import sparse
from sklearn.utils.validation import validate_data

from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo._text_columns import remedy_for_names, remedy_for_text

LATITUDE_NAMES = frozenset({"lat", "latitude", "y"})
LONGITUDE_NAMES = frozenset({"lon", "lng", "long", "longitude", "x"})
GEOMETRY_NAMES = frozenset({"geometry", "geom", "the_geom", "wkb_geometry"})
_TIMES = (np.datetime64, np.timedelta64)
# Sparse rows for each number stored, of which most can be no places any more.
_MANY_ROWS = 1_000_000


def is_geo(X):
    """Tell a GeoSeries or GeoDataFrame without importing geopandas."""
    return all(hasattr(X, name) for name in ("crs", "to_crs", "geometry"))


def in_memory(X):
    """Return a frame of dask as one of pandas: its rows have no positions before."""
    lazy = hasattr(X, "compute") and hasattr(X, "columns")
    return X.compute() if lazy else X


def points_to_frame(X):
    """Turn a GeoSeries or GeoDataFrame of points into plain degree columns."""
    cls = type(X)
    if not is_geo(X):
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
        twice = sorted({"latitude", "longitude"} & set(rest.columns))
        if twice:
            raise ValueError(
                f"{cls.__name__} has points and also the column {twice[0]!r}. Drop one "
                "of the two, so that it is clear which place is meant."
            )
        # By position: an index may hold one label twice, and joining multiplies rows.
        for column in rest.columns:
            frame[column] = rest[column].array
    return frame


def reject_counted(X, location, *, points_first=False):
    """Refuse positions of columns in a GeoDataFrame that has more than points.

    Its points become the first two columns, so that others are no longer where they
    were.

    Parameters
    ----------
    X : object
        What is no GeoDataFrame passes.

    location : "auto" or pair of str or int
        The columns of the place.

    points_first : bool, default=False
        Whether (0, 1), the default of estimators, means the points.
    """
    if not is_geo(X) or len(getattr(X, "columns", ())) < 2:
        return
    if not isinstance(location, (list, tuple, np.ndarray)) or not np.ndim(location):
        return
    counted = [key for key in location if isinstance(key, numbers.Integral)]
    if counted and not (points_first and counted == [0, 1] and len(location) == 2):
        points = '(0, 1) or "auto"' if points_first else '"auto"'
        raise ValueError(
            f"location={location!r:.200}: columns are not counted where X is a "
            f"{type(X).__name__}, of whose points two columns are made. Pass "
            f"location={points} for its points, or the names of two columns among "
            f"{list(X.columns)!r:.200}."
        )


def check_columns(estimator, X, *, reset):
    """Remember, or compare, how many columns X has and what they are called.

    Parameters
    ----------
    estimator : estimator
        Who remembers.

    X : array-like
        Rows of anything.

    reset : bool
        Whether to remember.
    """
    check_sparse(X)
    try:
        validate_data(estimator, X, reset=reset, skip_check_array=True)
    except (IndexError, KeyError) as error:  # of the first row of what is no table
        raise ValueError(
            "X holds no rows of columns. Pass an array or a data frame, with a row for "
            f"each photo; got {X!r:.60}."
        ) from error


def check_sparse(X, name="X"):
    """Refuse a sparse matrix whose arrays contradict each other.

    scipy looks at them only when it makes the matrix, and whatever is done with one
    that was changed afterwards may read, or write, memory that is not its own.

    Parameters
    ----------
    X : object
        What is not sparse passes.

    name : str, default="X"
        What the argument is called in error messages.
    """
    form = getattr(X, "format", None)
    if not sparse.issparse(X):
        return
    # In rows, what is stored in a few bytes may be larger than the memory there is.
    if X.shape[0] > _MANY_ROWS * (1 + X.nnz):
        raise ValueError(
            f"{name} is sparse, with {X.shape[0]} rows and {X.nnz} numbers stored: "
            "nearly all of its rows hold nothing. Check its shape."
        )
    if form not in ("csr", "csc", "bsr", "coo"):
        return
    if form == "coo":
        arrays = list(zip(X.coords, X.shape, strict=True))
        sizes = {len(X.data), *(len(at) for at, _ in arrays)}
        sound = len(sizes) == 1
    else:
        n_lines, width = (1, *X.shape)[-2:]
        if form == "csc":
            n_lines, width = width, n_lines
        elif form == "bsr":
            n_lines, width = n_lines // X.blocksize[0], width // X.blocksize[1]
        ends, arrays = X.indptr, [(X.indices, width)]
        sound = (
            len(ends) == n_lines + 1
            and ends[0] == 0
            and ends[-1] <= min(len(X.indices), len(X.data))
            and bool((ends[1:] >= ends[:-1]).all())
        )
    for at, size in arrays:
        sound = sound and not (len(at) and (at.min() < 0 or at.max() >= size))
    if not sound:
        raise ValueError(
            f"{name} is a {type(X).__name__} whose arrays contradict each other: an "
            "index lies outside of its shape, or one of them is too short. Make it "
            "again; its method check_format() says what is wrong."
        )


def sparse_columns(X, positions):
    """Return some columns of a sparse matrix, dense; others are not looked at."""
    table = np.zeros((X.shape[0], len(positions)), dtype=X.dtype)
    entries = X.tocoo()
    row, column = entries.coords
    for i, position in enumerate(positions):
        own = column == position
        np.add.at(table[:, i], row[own], entries.data[own])
    return table


def reject_unread(X, name):
    """Refuse lazy frames, which have no rows yet, arrow tables, and groups of rows."""
    if hasattr(X, "get_group"):
        raise TypeError(
            f"{name} is the groups of a data frame, which are not read: pass the frame "
            "itself, or the rows of one group."
        )
    for attribute, remedy in (("collect", ".collect()"), ("to_pandas", ".to_pandas()")):
        known = hasattr(X, "iloc") or hasattr(X, "row")  # frames of pandas, polars
        series = hasattr(X, "dtype")
        if hasattr(X, attribute) and not (known or series):
            raise TypeError(
                f"{name} is a {type(X).__module__.split('.')[0]} {type(X).__name__}, "
                f"which is not read as it is: pass {name}{remedy}."
            )


def reject_sparse_rows(X, name):
    """Refuse lists of sparse arrays, whose length scipy does not tell."""
    if isinstance(X, (list, tuple)) and any(map(sparse.issparse, X)):
        row = next(row for row, part in enumerate(X) if sparse.issparse(part))
        raise TypeError(
            f"{name}, row {row}: a sparse array in a list. Make one array of them all "
            "first, with scipy.sparse.vstack."
        )


def reject_what_is_no_table(X, name, pair_only=True):
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
    reject_unread(X, name)
    check_sparse(X, name)
    if sparse.issparse(X):
        _reject_odd_sparse(X, name)
        return
    if hasattr(X, "columns"):
        if not len(X.columns):
            raise ValueError(
                f"{name} has no columns. Places are two, latitude and longitude."
            )
        return
    reject_masked(X, name)
    reject_sparse_rows(X, name)
    if isinstance(X, list):
        _reject_odd_rows(X, name)
        with naming(name):
            X = np.asarray(X, dtype=object)
    # Series of polars have no ndim.
    if len(getattr(X, "shape", (0, 0))) == 1 and len(X):
        remedy = (
            "a single place is [[latitude, longitude]], for example "
            "np.reshape(X, (1, -1))."
            if len(X) == 2
            else 'and this is one: pass both, for example df[["lat", "lon"]] or '
            "np.column_stack([latitude, longitude])."
        )
        raise ValueError(
            f"{name} is one-dimensional (shape {X.shape}). Reshape your data: places "
            f"are rows of two columns, {remedy}"
        )
    kind = getattr(getattr(X, "dtype", None), "kind", "")
    # Times of numpy become numbers without a word, also where they are objects.
    held = set(map(type, np.ravel(X))) if kind == "O" and pair_only else ()
    if kind in tuple("mM") or any(issubclass(one, _TIMES) for one in held):
        raise TypeError(
            f"{name} holds dates or spans of time, which are no degrees. Select the "
            "columns of latitude and longitude."
        )
    if not pair_only:
        return
    if kind in tuple("USV") or any(issubclass(one, (str, bytes)) for one in held):
        what = "fields" if kind == "V" else "text"
        raise TypeError(
            f"{name} holds {what}, not numbers. Convert it to degrees first, for "
            "example with np.asarray(X, dtype=float)."
        )


def _reject_odd_sparse(X, name):
    """Refuse sparse arrays that are no table."""
    if X.ndim != 2:
        raise ValueError(
            f"{name} is a sparse array of shape {X.shape}. Places are rows of two "
            "columns, latitude and longitude in degrees."
        )


def _reject_odd_rows(rows, name):
    """Say which row of a list is not like the first."""
    if isinstance(rows[0], dict):
        raise TypeError(
            f"{name} is a list of dicts. Pass pd.DataFrame(list_of_dicts), with the "
            "columns latitude and longitude."
        )
    lengths = [len(row) if hasattr(row, "__len__") else None for row in rows]
    odd = [i for i, length in enumerate(lengths) if length != lengths[0]]
    if odd:
        row = odd[0]
        raise ValueError(
            f"{name}, row {row}: {rows[row]!r:.60} is not as long as row 0. Every row "
            "is [latitude, longitude]."
        )


def column_names(X, name="X"):
    """Return the column names of a table, or None where it has none."""
    if not hasattr(X, "columns") or sparse.issparse(X):
        return None
    columns = [str(column) for column in X.columns]
    if len(set(columns)) < len(columns):
        twice = sorted({column for column in columns if columns.count(column) > 1})
        raise ValueError(
            f"{name} has duplicate column names: {twice}. Rename or drop the copies, "
            "so that each column has a name of its own."
        )
    # Columns that are merely counted have no names.
    return columns if any(isinstance(c, str) for c in X.columns) else None


def reject_columns_of_text(X, name):
    """Refuse non-numeric columns of a data frame, naming the first one."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")):
        return
    for column, dtype in zip(X.columns, list(X.dtypes), strict=True):
        polars = hasattr(dtype, "is_numeric")
        if dtype.is_numeric() if polars else getattr(dtype, "kind", "O") in "fiub":
            continue
        if len(X.columns) > 2 and bare(column) not in LATITUDE_NAMES | LONGITUDE_NAMES:
            remedy = (
                "By its name it is no part of a place: leave it out, as in "
                f"{_places_alone(X)}, or give it an encoder of its own in a "
                "ColumnTransformer."
            )
        else:
            remedy = remedy_for_text(X[column], column, polars)
        raise TypeError(
            f"{name}: column {column!r} has dtype {dtype}, not numbers. {remedy}"
        )


def _places_alone(X):
    """Say how the columns of a place are picked from a wide frame."""
    known = (LATITUDE_NAMES, LONGITUDE_NAMES)
    pair = [next((c for c in X.columns if bare(c) in some), None) for some in known]
    shapes = [c for c in X.columns if bare(c) in GEOMETRY_NAMES]
    if None in pair and shapes:
        return f"geopandas.GeoSeries.from_wkb(X[{shapes[0]!r}])"
    how = f"X[[{pair[0]!r}, {pair[1]!r}]]" if None not in pair else 'X[["lat", "lon"]]'
    # What points of a GeoDataFrame became.
    of_points = list(X.columns[:2]) == ["latitude", "longitude"]
    return how + " (of a GeoDataFrame, X.geometry)" * of_points


def bare(column_name):
    """Return a column's name without `prefix__`, spaces and capitals."""
    return str(column_name).rsplit("__", 1)[-1].strip().casefold()


def swapped(first, second):
    return bare(first) in LONGITUDE_NAMES or bare(second) in LATITUDE_NAMES


def check_order(names, name):
    first, second = names
    for axis, other, known in (
        ("longitude", "latitude", LONGITUDE_NAMES),
        ("latitude", "longitude", LATITUDE_NAMES),
    ):
        if bare(first) in known and bare(second) in known:
            raise ValueError(
                f"{name} has two {axis} columns, {str(first)!r} and {str(second)!r}, "
                f"and no {other}. Select one of each, latitude first."
            )
    if swapped(first, second):
        raise ValueError(
            f"{name} has the columns [{str(first)!r}, {str(second)!r}], which look "
            "swapped: the order is (latitude, longitude). Select them as "
            f"X[[{str(second)!r}, {str(first)!r}]], or rename them if the names are "
            "wrong."
        )


def location_positions(location, names, n_columns):
    """Resolve `location=` to the positions of the latitude and longitude columns."""
    there = f"the {n_columns} columns {names}" if names else f"{n_columns} columns"
    if n_columns < 2:
        raise ValueError(
            f"X has {n_columns} column(s), but a place takes two: a latitude and a "
            f"longitude.{_one_column(names)}"
        )
    if isinstance(location, str) and location == "auto":
        known_names = LATITUDE_NAMES | LONGITUDE_NAMES
        if names is None or (
            n_columns == 2 and known_names.isdisjoint(map(bare, names))
        ):
            return (0, 1)
        found = []
        for axis, known in (
            ("latitude", LATITUDE_NAMES),
            ("longitude", LONGITUDE_NAMES),
        ):
            matches = [i for i, column in enumerate(names) if bare(column) in known]
            if len(matches) != 1:
                what = "no" if not matches else "more than one"
                raise ValueError(
                    f'location="auto" found {what} {axis} column among {there}. Name '
                    f"the two columns: location={remedy_for_names(names)}."
                )
            found.append(matches[0])
        return tuple(found)
    ordered = isinstance(location, (list, tuple, np.ndarray))
    if not (ordered and np.ndim(location) and len(location) == 2):
        raise ValueError(
            "location must be a pair, (latitude column, longitude column), of names or "
            f"positions; got {location!r:.200}. X has {there}."
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
                f"location={location!r:.200}: there is no column {key!r:.60}. X has "
                f"{there}."
                f"{hint}"
            )
    if positions[0] == positions[1]:
        raise ValueError(
            f"location={location!r} names one column twice; it must be a pair "
            f"(latitude column, longitude column). X has {there}."
        )
    if names is not None:
        _reject_unnamed(location, positions, names)
    if names is not None and swapped(*(names[i] for i in positions)):
        raise ValueError(
            f"location={location!r} looks swapped: the order is (latitude column, "
            f"longitude column), so pass location={tuple(location)[::-1]!r}."
        )
    return tuple(positions)


def _one_column(names):
    """Say why a file may have come as one column."""
    separators = [c for c in ";\t|" if c in (names or [""])[0]]
    if not separators:
        return ""
    return (
        f" The column is called {names[0]!r:.200}: read the file with "
        f"read_csv(..., sep={separators[0]!r})."
    )


def _reject_unnamed(location, positions, names):
    """Refuse positions of other columns where there is a latitude and a longitude.

    Whoever means them can say so by their names.
    """
    if not all(isinstance(key, numbers.Integral) for key in location):
        return
    known = LATITUDE_NAMES | LONGITUDE_NAMES
    meant = [bare(names[i]) in known for i in positions]
    if all(meant) or (any(meant) and not swapped(*(names[i] for i in positions))):
        return
    pair = [
        [name for name in names if bare(name) in some and len(bare(name)) > 1]
        for some in (LATITUDE_NAMES, LONGITUDE_NAMES)
    ]
    if all(len(found) == 1 for found in pair):
        place = (pair[0][0], pair[1][0])
        raise ValueError(
            f"location={tuple(location)!r} are the columns {names[positions[0]]!r} and "
            f"{names[positions[1]]!r}, but X has a place in {place[0]!r} and "
            f'{place[1]!r}. Pass location={place!r} or "auto"; or, if the others are '
            "meant, their names."
        )


def columns_besides(pair, n_columns):
    """Return the columns outside `pair`, as a slice where they are contiguous."""
    if sorted(pair) == [0, 1]:
        return slice(2, None)
    if sorted(pair) == [n_columns - 2, n_columns - 1]:
        return slice(None, -2)
    return np.setdiff1d(np.arange(n_columns), pair)
