# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is known of photos beside their features: times, owners, further columns."""

from dataclasses import dataclass, replace
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.utils import _safe_indexing
from sklearn.utils.validation import _num_samples

from sklearn_geo._labels import label_array, reject_infinite
from sklearn_geo._missing import is_missing
from sklearn_geo._numbers import check_float32, naming, read_numbers, reject_masked
from sklearn_geo._tables import check_sparse, column_names, in_memory
from sklearn_geo.encoding._times import read_times, read_zone

__all__ = [
    "Given",
    "Moments",
    "Photos",
    "check_is_table",
    "check_times",
    "read_photos",
    "take_column",
]


@dataclass(frozen=True)
class Given:
    """X as a caller passes it, and the arrays passed beside it.

    Parameters
    ----------
    X : array-like or Given
        Features, perhaps with columns of times, groups and metadata among them. What is
        bundled already stays so.

    times : array-like of shape (n_photos,), Moments or None
        When each photo was posted. It wins over a column of X.

    groups : array-like of shape (n_photos,) or None
        Whose each photo is. It wins over a column of X.

    taken : tuple of int, default=()
        Columns that an estimator around this one has taken out of X, as positions in
        the X that it was passed.
    """

    X: object
    times: object = None
    groups: object = None
    taken: tuple = ()

    def __post_init__(self):
        if isinstance(self.X, Given):
            inside = self.X
            for name in ("X", "times", "groups", "taken"):
                object.__setattr__(self, name, getattr(inside, name))

    def __len__(self):
        return _num_samples(self.X)

    @property
    def shape(self):
        """Number of photos."""
        return (len(self),)

    def __getitem__(self, rows):
        """Return some of the photos."""

        def some(values):
            return None if values is None else _safe_indexing(values, rows)

        return Given(
            _safe_indexing(self.X, rows),
            some(self.times),
            some(self.groups),
            self.taken,
        )

    def given(self):
        """Return the same: nothing was read yet."""
        return self


@dataclass(frozen=True)
class Moments:
    """Times that were read before, in UTC.

    Parameters
    ----------
    values : ndarray of datetime64 of shape (n_photos,)
        NaT where there is none.
    """

    values: np.ndarray

    def __len__(self):
        return len(self.values)

    @property
    def shape(self):
        """Number of photos."""
        return self.values.shape

    def __getitem__(self, rows):
        """Return some of the times, still as such that were read."""
        return Moments(self.values[rows])


@dataclass(frozen=True)
class Photos:
    """Photos, read: features alone, and what stood beside them.

    Parameters
    ----------
    X : array-like
        The columns that are left, for the wrapped estimator.

    times : ndarray of datetime64 of shape (n_photos,) or None
        Moments in UTC, NaT where there is none.

    groups : ndarray of int of shape (n_photos,) or None
        From 0 on, without gaps among these photos.

    metadata : ndarray of shape (n_photos, n_columns), float64, or None
        Further columns.

    taken : tuple of int, default=()
        Where the columns stood that are no features, in the X that was passed.
    """

    X: object
    times: np.ndarray | None = None
    groups: np.ndarray | None = None
    metadata: np.ndarray | None = None
    taken: tuple = ()

    def __len__(self):
        return _num_samples(self.X)

    @property
    def shape(self):
        """Number of photos."""
        return (len(self),)

    def __getitem__(self, rows):
        """Return some of the photos; numbers of groups stay what they are."""

        def some(values):
            return None if values is None else values[rows]

        return replace(
            self,
            X=_safe_indexing(self.X, rows),
            times=some(self.times),
            groups=some(self.groups),
            metadata=some(self.metadata),
        )

    def given(self):
        """Return the photos as they are handed to a wrapped estimator."""
        moments = None if self.times is None else Moments(self.times)
        return Given(self.X, moments, self.groups, self.taken)


def read_photos(
    given, *, times=None, groups=None, metadata=(), time_zone=None, clocks=True
):
    """Take the columns of times, groups and metadata out of X.

    Parameters
    ----------
    given : Given
        X, and arrays beside it.

    times, groups : str, int or None
        Columns of X. Where `given` has an array, the column need not be there; if it
        is, it is no feature either.

    metadata : sequence of str or int
        Further columns of numbers.

    time_zone : str or None, default=None
        Where clocks stood that tell no zone.

    clocks : bool, default=True
        Refuse times without a zone. Otherwise only the order counts, and they are
        taken as they are.

    Returns
    -------
    Photos
        Times and groups are None where neither a column nor an array is there.
    """
    X, n_photos = in_memory(given.X), len(given)
    check_sparse(X)
    reject_masked(X, "X")
    wanted = [
        *_named(times, "times", given.times),
        *_named(groups, "groups", given.groups),
    ]
    wanted += [("metadata", column, True) for column in metadata]
    if sparse.issparse(X):
        X = X.tocsr()  # rows can be chosen of it
    with naming("X"):
        if isinstance(X, (list, tuple)) and wanted:
            X = np.asarray(X, dtype=object)
        elif hasattr(X, "__array__") and not hasattr(X, "shape"):
            X = np.asarray(X)
    names = column_names(X) if wanted else None
    found, taken = {"times": given.times, "groups": given.groups}, []
    further = []
    for what, column, needed in wanted:
        at = _position(X, column, names, what, needed, given.taken)
        if at is None:
            continue
        if at in taken:
            raise ValueError(
                f"{what}={column!r}: this column of X is used twice. Times, groups and "
                "metadata are columns of their own."
            )
        taken.append(at)
        if what == "metadata":
            further.append(_numbers(_column(X, at), column))
        elif found[what] is None:
            found[what] = _column(X, at)
    return Photos(
        _without(X, taken),
        _moments(found["times"], n_photos, time_zone, clocks),
        _codes(found["groups"], n_photos),
        np.column_stack(further) if further else None,
        _all_taken(taken, given.taken),
    )


def take_column(X, column, what):
    """Return a column of X as it is, and X without it.

    Parameters
    ----------
    X : array-like of shape (n_photos, n_columns)
        A table.

    column : str or int
        Which column, by name or position.

    what : str
        What it is, for errors.

    Returns
    -------
    values : array-like of shape (n_photos,)
        The column.

    rest : array-like of shape (n_photos, n_columns - 1)
        The others. A table of objects becomes one of numbers if they are numbers.
    """
    if isinstance(X, (list, tuple)):
        X = np.asarray(X, dtype=object)
    check_sparse(X)
    if sparse.issparse(X):
        X = X.tocsr()
    at = _position(X, column, column_names(X), what, True)
    return _column(X, at), _without(X, [at])


def _named(column, what, array):
    return [] if column is None else [(what, column, array is None)]


def check_is_table(estimator, X):
    """Refuse a single row without its brackets, where columns were seen in fit."""
    shape = getattr(X, "shape", None)
    one = isinstance(shape, tuple) and len(shape) == 1
    if hasattr(estimator, "n_features_in_") and one:
        raise ValueError(
            f"X is one-dimensional (shape {shape}). Reshape your data: photos are "
            f"rows of {estimator.n_features_in_} columns, and a single photo is "
            "X.reshape(1, -1)."
        )


def _all_taken(taken, before):
    """Return all columns that were taken out, as positions in the first X."""
    n_columns = len(before) + max(taken, default=-1) + 1
    left = [at for at in range(n_columns) if at not in before]
    return tuple(sorted([*before, *(left[at] for at in taken)]))


def _position(X, column, names, what, needed, taken=()):
    """Return which column of X is meant; None if it is not there and need not be."""
    n_columns = X.shape[1] if len(getattr(X, "shape", ())) == 2 else None
    if n_columns is not None:
        if isinstance(column, str) and names is not None and column in names:
            return names.index(column)
        whole = isinstance(column, Integral) and not isinstance(column, bool)
        before = n_columns + len(taken)
        if whole and -before <= column < before and column % before not in taken:
            at = int(column) % before
            return at - sum(other < at for other in taken)
    if not needed:
        return None
    if n_columns is None:
        raise ValueError(
            f"{what}={column!r}, but X is no table of columns. Pass {what} as an array "
            "beside X."
        )
    if isinstance(column, str) and names is None:
        raise ValueError(
            f"{what}={column!r}, but the {n_columns} columns of X have no names. Pass "
            "a data frame, or the position of the column."
        )
    shown = f"{n_columns} columns"
    if names is not None:
        few = names if n_columns <= 12 else [*names[:4], "...", *names[-6:]]
        shown += f": {', '.join(map(str, few)):.300}"
    raise ValueError(f"{what}={column!r}: there is no such column. X has {shown}.")


def _column(X, at):
    if sparse.issparse(X):
        return X[:, [at]].toarray().ravel()
    if hasattr(X, "iloc"):
        return X.iloc[:, at]
    if hasattr(X, "columns"):  # polars
        return X[X.columns[at]]
    return X[:, at]


def _without(X, taken):
    """Return X without some columns; a table of objects becomes one of numbers."""
    if not taken:
        return X
    kept = np.setdiff1d(np.arange(X.shape[1]), taken)
    if hasattr(X, "columns") and not sparse.issparse(X):
        if hasattr(X, "iloc"):
            return X.iloc[:, kept]
        return X[[X.columns[at] for at in kept]]
    X = X[:, kept]
    if getattr(getattr(X, "dtype", None), "kind", "") == "O":
        try:
            return X.astype(np.float64)
        except (TypeError, ValueError):
            return X  # whatever the wrapped estimator makes of it
    return X


def _numbers(column, name):
    what = f"metadata: the column {name!r}"
    try:
        values = read_numbers(column, what)
    except TypeError:
        raise TypeError(
            f"{what} holds something else than numbers. Encode it first, for example "
            "with OneHotEncoder, and name the columns it makes; of times take a span "
            "in hours, say."
        ) from None
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise ValueError(
            f"metadata, row {row}: the column {name!r} is {values[row]}. Fill in what "
            "is missing first, for example with SimpleImputer."
        )
    check_float32(values[:, np.newaxis], what)
    return values


def _check_length(values, n_photos, what):
    if isinstance(values, (str, bytes)):
        raise TypeError(
            f"{what}={values!r} is one text: pass an array with an entry for each "
            f"photo. A column of X is named where the estimator is made, {what}="
            f"{values!r} there."
        )
    n_values = _num_samples(values)
    if n_values != n_photos:
        raise ValueError(
            f"{what} has {n_values} entries, but X has {n_photos} rows: pass one for "
            "each photo."
        )
    if len(getattr(values, "shape", (0,))) > 1:
        raise ValueError(
            f"{what} has the shape {values.shape}: pass one column, of shape "
            f"({n_photos},)."
        )


def check_times(times, remedy):
    """Refuse photos without a time.

    Parameters
    ----------
    times : ndarray of datetime64 of shape (n_photos,)
        When photos were taken.

    remedy : str
        What to set, and what becomes of such photos then.
    """
    missing = np.isnat(times)
    if missing.any():
        row, n = int(np.argmax(missing)), int(missing.sum())
        raise ValueError(
            f"times, row {row}: the time is missing ({n} of {len(missing)} are). Fill "
            f"it in, drop such photos, or set {remedy}."
        )


def _moments(values, n_photos, time_zone, clocks):
    if values is None:
        return None
    reject_masked(values, "times")
    _check_length(values, n_photos, "times")
    if isinstance(values, Moments):
        return values.values
    if isinstance(values, (list, tuple)):
        with naming("times"):
            values = np.array(values, dtype=object)
    if time_zone is None and not clocks and not _some_aware(values):
        time_zone = "UTC"  # all clocks alike, wherever they stood
    times = read_times(values, read_zone(time_zone), "times")
    # Fractions of a second tell the order of a burst; of the rest, seconds reach far.
    unit = np.datetime_data(times.dtype)[0]
    kept = {"ms": "ms", **dict.fromkeys(("us", "ns", "ps", "fs", "as"), "us")}
    return times.astype(f"datetime64[{kept.get(unit, 's')}]")


def _some_aware(values):
    """Tell whether some time of a column knows its zone."""
    dtype = getattr(values, "dtype", None)
    if getattr(dtype, "tz", None) or getattr(dtype, "time_zone", None):
        return True
    if getattr(dtype, "kind", "O") != "O":
        return False
    with naming("times"):
        moments = np.atleast_1d(np.asarray(values))
    return any(getattr(value, "tzinfo", None) is not None for value in moments)


def _codes(values, n_photos):
    """Give groups numbers from 0 on."""
    if values is None:
        return None
    reject_masked(values, "groups")
    with naming("groups"):
        if isinstance(values, (list, tuple)):  # numpy would make text of 7 and "7"
            values = np.array(values, dtype=object)
        _check_length(values, n_photos, "groups")
        given = values
        values = given.to_numpy() if hasattr(given, "to_numpy") else np.asarray(given)
    if not values.ndim:
        raise TypeError(
            f"groups is a {type(given).__name__}, not an array of one value a photo."
        )
    if values.dtype.kind == "O":
        missing = np.array([is_missing(value) for value in values], dtype=bool)
    elif values.dtype.kind in "fmM":
        missing = values != values
    else:
        missing = np.zeros(1, dtype=bool)
    if missing.any():
        row, n = int(np.argmax(missing)), int(missing.sum())
        raise ValueError(
            f"groups, row {row}: it is missing whose photo this is ({n} of {n_photos} "
            "are). Give every such photo a group of its own, or drop it."
        )
    if values.dtype.kind == "O" and len({_kind(value) for value in values}) > 1:
        kinds = sorted({type(value).__name__ for value in values})
        raise TypeError(
            f"groups holds values of several types, {' and '.join(kinds)}: is 7 "
            'the same user as "7"? Make them one type first, for example with '
            "groups.astype(str)."
        )
    reject_infinite(label_array(values, "groups"), "groups")
    return np.unique(values, return_inverse=True)[1].reshape(-1)


def _kind(value):
    """Return what values have to share to be told apart by sorting them."""
    for kind in (str, Real):
        if isinstance(value, kind):
            return kind
    return type(value)
