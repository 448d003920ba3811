# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""VenueActivityEncoder: who checks in at a venue how often, and when."""

from collections.abc import Mapping

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._labels import label_array
from sklearn_geo._missing import is_missing
from sklearn_geo._numbers import naming, read_numbers, reject_masked
from sklearn_geo._tables import reject_unread
from sklearn_geo.base import GeoEstimator
from sklearn_geo.encoding._times import hours_days_months, read_times, read_zone

_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_NAMES = (
    "checkins",
    "visitors",
    "most_by_one_visitor",
    *(f"share_{day}" for day in _DAYS),
    *(f"share_hour_{hour:02d}" for hour in range(24)),
)
_SECONDS = {"hours": 3600.0, "minutes": 60.0}
# No clock on earth is farther from UTC; minutes taken for hours are.
_LARGEST_OFFSET_HOURS = 26


class VenueActivityEncoder(TransformerMixin, GeoEstimator):
    r"""Encode venues by the activity of their visitors.

    An office is busy on working days by the same people, a museum at weekends by people
    who never come again: these 34 columns are the patterns that tell a venue's category
    from its check-ins alone [1]_.

    :meth:`fit` reads a table of check-ins, one row each; :meth:`transform` reads ids of
    venues and gives a row for each. In a Pipeline whose rows are venues, fit the
    encoder first and freeze it with :class:`sklearn.frozen.FrozenEstimator`, so that
    it is not fitted again on venues.

    Parameters
    ----------
    venue : str, default="venue"
        Name of the column with the venue's id.

    user : str, default="user"
        Name of the column with the visitor's id.

    time : str, default="time"
        Name of the column with the time of the check-in.

    utc_offset : str or None, default=None
        Name of the column with what to add to UTC for the local time at the venue. If
        None, days and hours are those of UTC.

    offset_unit : {"hours", "minutes"}, default="hours"
        Unit of the column `utc_offset`.

    time_zone : str or None, default=None
        Where the clocks stood that times without a time zone were read from: "UTC", a
        name such as "Europe/Paris", or an offset such as "+02:00". If None, such times
        are refused. For times that are local already, whatever the venue, use "UTC" and
        no `utc_offset`.

    handle_unknown : {"error", "zero", "nan", "mean"}, default="error"
        What a venue without check-ins gets: an error, zeros, NaN, or the means of the
        columns over the venues of :meth:`fit`.

    dtype : floating dtype, default=np.float64
        Type of the columns.

    Attributes
    ----------
    venues_ : ndarray of shape (n_venues,)
        Ids of the venues with check-ins, in rising order where they have one and in
        the order of the check-ins otherwise.

    activity_ : ndarray of shape (n_venues, 34)
        Their rows, in float64.

    See Also
    --------
    PostingTimeEncoder : The time of a single photo.
    sklearn_geo.datasets.make_checkins : Synthetic check-ins.

    Notes
    -----
    The columns are the number of check-ins; the number of different visitors; the
    most check-ins by one visitor; the shares of the check-ins on each day of the
    week, Sunday first; and their shares in each hour of the day. Features like these
    were introduced by [1]_, and 34 of them are the baseline of the venues in [2]_,
    which says what they are of but not how many hours and days: 7 and 24 follow from
    the total.

    References
    ----------
    .. [1] M. Ye, D. Shou, W.-C. Lee, P. Yin and K. Janowicz, "On the semantic
       annotation of places in location-based social networks", KDD 2011.
    .. [2] Y. Yin et al., "Learning Multi-context Aware Location Representations from
       Large-scale Geotagged Images", ACM Multimedia, 2021, section 5.3.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_geo.encoding import VenueActivityEncoder
    >>> checkins = pd.DataFrame({
    ...     "venue": ["bar", "bar", "bar", "gym"],
    ...     "user": ["ann", "ann", "bob", "ann"],
    ...     "time": pd.to_datetime(
    ...         ["2012-04-06 21:10", "2012-04-07 22:00", "2012-04-07 22:40",
    ...          "2012-04-09 07:30"], utc=True),
    ... })
    >>> encoder = VenueActivityEncoder().fit(checkins)
    >>> rows = encoder.set_output(transform="pandas").transform(["gym", "bar"])
    >>> rows[["checkins", "visitors", "most_by_one_visitor", "share_hour_22"]].round(3)
       checkins  visitors  most_by_one_visitor  share_hour_22
    0       1.0       1.0                  1.0          0.000
    1       3.0       2.0                  2.0          0.667
    """

    _parameter_constraints: dict = {
        "venue": [str],
        "user": [str],
        "time": [str],
        "utc_offset": [str, None],
        "offset_unit": [StrOptions(set(_SECONDS))],
        "time_zone": [str, None],
        "handle_unknown": [StrOptions({"error", "zero", "nan", "mean"})],
        "dtype": "no_validation",  # numpy knows what a dtype is; see `_float_dtype`
    }

    def __init__(
        self,
        *,
        venue="venue",
        user="user",
        time="time",
        utc_offset=None,
        offset_unit="hours",
        time_zone=None,
        handle_unknown="error",
        dtype=np.float64,
    ):
        self.venue = venue
        self.user = user
        self.time = time
        self.utc_offset = utc_offset
        self.offset_unit = offset_unit
        self.time_zone = time_zone
        self.handle_unknown = handle_unknown
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Count check-ins.

        Parameters
        ----------
        X : data frame or mapping of columns
            One row a check-in.

        y : None
            Ignored.

        Returns
        -------
        self : VenueActivityEncoder
            The fitted encoder.
        """
        self._float_dtype()
        venues, of_row = _number_ids(X, self.venue)
        if len(venues) == 0:
            raise ValueError("Found array with 0 sample(s): there is no check-in in X.")
        users, visitor = _number_ids(X, self.user)
        times = self._local_times(X)
        for name, values in ((self.user, visitor), (self.time, times)):
            if len(values) != len(of_row):
                raise ValueError(
                    f"X: the column {name!r} has {len(values)} rows and {self.venue!r} "
                    f"has {len(of_row)}. Check-ins have one of each."
                )
        hours, days, _ = hours_days_months(times)
        n_venues = len(venues)
        activity = np.zeros((n_venues, len(_NAMES)))
        activity[:, 0] = np.bincount(of_row, minlength=n_venues)
        # Every visitor of a venue once, with the number of visits.
        pairs, visits = np.unique(of_row * len(users) + visitor, return_counts=True)
        venue_of_pair = pairs // len(users)
        activity[:, 1] = np.bincount(venue_of_pair, minlength=n_venues)
        np.maximum.at(activity[:, 2], venue_of_pair, visits)
        for part, values, n in (
            (slice(3, 10), days - 1, 7),
            (slice(10, 34), hours, 24),
        ):
            counts = np.bincount(of_row * n + values, minlength=n_venues * n)
            activity[:, part] = counts.reshape(n_venues, n) / activity[:, :1]
        self.venues_, self.activity_ = venues, activity
        return self

    def transform(self, X):
        """Give the row of each venue.

        Parameters
        ----------
        X : array-like of shape (n_venues,) or (n_venues, 1), or data frame
            Ids of venues. Of a data frame or a mapping with more than one column, the
            one that is called `venue`.

        Returns
        -------
        X_out : ndarray of shape (n_venues, 34)
            The columns.
        """
        check_is_fitted(self)
        self._validate_params()  # what unknown venues get may have been set after fit
        ids = _ids(self._venue_column(X), self.venue)
        # Not a search in sorted ids: 1 and "1" are different venues.
        rows = {venue: row for row, venue in enumerate(self.venues_.tolist())}
        found = np.array([rows.get(venue, -1) for venue in ids.tolist()], dtype=np.intp)
        unknown = found < 0
        out = self.activity_[found].astype(self._float_dtype())
        if unknown.any():
            if self.handle_unknown == "error":
                row = int(np.argmax(unknown))
                raise ValueError(
                    f"X, row {row}: the venue {ids.tolist()[row]!r} has no check-ins "
                    f"in fit ({int(unknown.sum())} of {len(ids)} have none). Pass "
                    'handle_unknown="zero", "nan" or "mean" to take such venues in.'
                )
            fill = {"zero": 0.0, "nan": np.nan}.get(self.handle_unknown)
            out[unknown] = self.activity_.mean(axis=0) if fill is None else fill
        return out

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Ignored: the names are always the same.

        Returns
        -------
        feature_names_out : ndarray of shape (34,), object
            The names.
        """
        check_is_fitted(self)
        return np.array(_NAMES, dtype=object)

    def _local_times(self, X):
        column = _column(X, self.time)
        times = read_times(column, read_zone(self.time_zone), f"X[{self.time!r}]")
        missing = np.isnat(times)
        if missing.any():
            raise ValueError(
                f"X[{self.time!r}], row {int(np.argmax(missing))}: the time is missing "
                f"({int(missing.sum())} of {len(times)} are). Drop such check-ins."
            )
        if self.utc_offset is None:
            return times
        name = f"X[{self.utc_offset!r}]"
        offsets = read_numbers(_column(X, self.utc_offset), name)
        if offsets.shape != times.shape:
            raise ValueError(
                f"{name} has the shape {offsets.shape} and there are {len(times)} "
                "times. Check-ins have one of each."
            )
        seconds = offsets * _SECONDS[self.offset_unit]
        good = np.abs(seconds) <= 3600 * _LARGEST_OFFSET_HOURS
        if not good.all():
            row = int(np.argmin(good))
            raise ValueError(
                f"{name}, row {row}: {offsets[row]} {self.offset_unit} is no offset "
                'from UTC. Pass offset_unit="minutes" if these are minutes, and fill '
                "or drop missing ones."
            )
        return times + np.round(seconds).astype("timedelta64[s]")

    def _venue_column(self, X):
        reject_unread(X, "X")
        names = _names_of(X)
        if names is not None:
            only = len(names) == 1 and self.venue not in names
            return _column(X, names[0] if only else self.venue)
        if hasattr(X, "to_numpy"):
            return X
        reject_masked(X, "X")
        with naming("X"):
            dtype = object if isinstance(X, (list, tuple)) else None
            values = np.asarray(X, dtype=dtype)
        if values.ndim == 2 and values.shape[1] == 1:
            return values[:, 0]
        if values.ndim != 1:
            raise ValueError(
                f"X must be ids of venues, of shape (n_venues,) or (n_venues, 1); got "
                f"shape {values.shape}."
            )
        return values

    def _float_dtype(self):
        dtype = np.dtype(self.dtype)
        if dtype.kind != "f":
            raise ValueError(
                f"dtype={self.dtype!r} cannot hold fractions. Use a floating type such "
                "as np.float64 or np.float32."
            )
        return dtype

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False  # a table of ids and times, or ids alone
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags


def _column(table, name):
    """Take a column out of a data frame or a mapping."""
    reject_unread(table, "X")
    names = _names_of(table)
    if names is None:
        raise TypeError(
            "X is no table of check-ins. Pass a data frame, or a mapping of names to "
            "columns, with the venue, the user and the time of each check-in."
        )
    if name not in names:
        raise ValueError(
            f"X has no column {name!r}; it has {names}. Name the columns with the "
            "parameters venue, user, time and utc_offset."
        )
    return table[name]


def _names_of(table):
    """Return the names of a table's columns, or None if it is none."""
    if isinstance(table, Mapping):
        return list(table)
    return list(table.columns) if hasattr(table, "columns") else None


def _ids(column, name):
    """Return ids as an array, none of them missing or without a hash."""
    plain = hasattr(column, "to_numpy")
    ids = column.to_numpy() if plain else label_array(column, f"X[{name!r}]")
    if ids.ndim != 1:
        raise ValueError(
            f"X[{name!r}] must be one column; it has the shape {ids.shape}."
        )
    if ids.dtype.kind in "iuUSb":
        return ids
    for row, value in enumerate(ids.tolist()):
        try:  # a tuple is hashable by its type, whatever it holds
            hash(value)
        except TypeError:
            raise ValueError(
                f"X[{name!r}], row {row}: {value!r:.60} is no id. Ids are numbers or "
                "text."
            ) from None
        if is_missing(value):
            raise ValueError(
                f"X[{name!r}], row {row}: the id is missing. Drop such rows first."
            )
    return ids


def _number_ids(table, name):
    """Return the distinct ids of a column, and the number of the one in each row."""
    ids = _ids(_column(table, name), name)
    if ids.dtype.kind != "O":
        return np.unique(ids, return_inverse=True)
    numbers = {}
    rows = np.fromiter(
        (numbers.setdefault(value, len(numbers)) for value in ids.tolist()),
        dtype=np.intp,
        count=len(ids),
    )
    distinct = np.empty(len(numbers), dtype=object)
    distinct[:] = list(numbers)
    try:
        order = np.argsort(distinct, kind="stable")
    except TypeError:  # ids of several types have no order
        return distinct, rows
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[rows]
