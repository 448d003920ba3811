# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""PostingTimeEncoder: hour, day of the week and month as columns."""

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils import check_array
from sklearn.utils._param_validation import StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._numbers import naming, reject_masked
from sklearn_geo._tables import reject_unread
from sklearn_geo.base import GeoEstimator
from sklearn_geo.encoding._feature_names import check_input_features
from sklearn_geo.encoding._times import hours_days_months, read_times, read_zone

_NAMES = ("hour", "day_of_week", "month")
# Middle and length of each: section 3.2 of the paper. Of days from 1 to 7 the middle
# would be 4; the 3.5 is the paper's.
_MIDDLES, _LENGTHS = (11.5, 3.5, 6.5), (24.0, 7.0, 12.0)
# What each counts from: the angle of midnight, Sunday and January is zero.
_FIRSTS = (0.0, 1.0, 1.0)


class PostingTimeEncoder(TransformerMixin, GeoEstimator):
    r"""Encode the time a photo was posted as hour, day of the week and month.

    When people post differs from place to place, if only because they sleep at night:
    the hour in UTC says something about the longitude, and the month about the
    hemisphere. The three columns are those of [1]_.

    X is one column of times instead of places: an array of shape (n, 1) of datetime64,
    of :class:`datetime.datetime` or of :class:`datetime.date`, a data frame of one
    column, or a Series of pandas or polars.

    Parameters
    ----------
    cyclic : bool, default=False
        Give a sine and a cosine of each, six columns in which midnight is beside 23
        o'clock and December beside January, instead of the paper's three.

    time_zone : str or None, default=None
        Where the clocks stood that times without a time zone were read from: "UTC", a
        name such as "Europe/Paris", or an offset such as "+02:00". If None, such times
        are refused, and so is all of numpy's datetime64, which knows no zones. Times
        that have a zone keep it. All are taken to UTC. Of an hour that clocks showed
        twice the first is meant; dates mean their midnight.

    handle_missing : {"error", "nan", "zero"}, default="error"
        What a missing time (NaT, None) gets: an error, a row of NaN, or a row of
        zeros: the middle of the day, the week and the year, or with `cyclic=True` the
        middle of the circles.

    dtype : floating dtype, default=np.float64
        Type of the columns.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in :meth:`fit`: one.

    feature_names_in_ : ndarray of shape (1,)
        Name of the column seen in :meth:`fit`. Defined only when `X` has column names
        that are all strings.

    See Also
    --------
    VenueActivityEncoder : When people check in at a venue.

    Notes
    -----
    With the hour from 0 to 23 in UTC, the day of the week from 1 for Sunday to 7 for
    Saturday, and the month from 1 to 12, the columns are

    .. math::

        \frac{hour - 11.5}{24}, \quad \frac{day - 3.5}{7}, \quad \frac{month - 6.5}{12}

    (section 3.2 of [1]_). With `cyclic=True` they are sines and cosines of
    :math:`2\pi\,hour / 24`, :math:`2\pi\,(day - 1) / 7` and
    :math:`2\pi\,(month - 1) / 12`. The year is left out.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_geo.encoding import PostingTimeEncoder
    >>> times = pd.to_datetime(["2018-04-01 18:30:00+02:00"]).to_frame(name="taken")
    >>> encoder = PostingTimeEncoder()
    >>> encoder.fit_transform(times).round(3)
    array([[ 0.188, -0.357, -0.208]])
    >>> encoder.get_feature_names_out()
    array(['hour', 'day_of_week', 'month'], dtype=object)
    """

    _parameter_constraints: dict = {
        "cyclic": ["boolean"],
        "time_zone": [str, None],
        "handle_missing": [StrOptions({"error", "nan", "zero"})],
        "dtype": "no_validation",  # numpy knows what a dtype is; see `_float_dtype`
    }

    def __init__(
        self,
        *,
        cyclic=False,
        time_zone=None,
        handle_missing="error",
        dtype=np.float64,
    ):
        self.cyclic = cyclic
        self.time_zone = time_zone
        self.handle_missing = handle_missing
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check the times and remember what their column is called.

        Parameters
        ----------
        X : array-like of shape (n_times, 1) or Series
            Times.

        y : None
            Ignored.

        Returns
        -------
        self : PostingTimeEncoder
            The encoder itself.
        """
        with all_or_nothing(self):
            self._float_dtype()
            self._read_times(X, reset=True)
        return self

    def transform(self, X):
        """Give the columns of each time.

        Parameters
        ----------
        X : array-like of shape (n_times, 1) or Series
            Times.

        Returns
        -------
        X_out : ndarray of shape (n_times, 3) or (n_times, 6)
            The columns.
        """
        check_is_fitted(self)
        self._validate_params()  # what missing times get may have been set after fit
        times, missing = self._read_times(X, reset=False)
        n_columns = 6 if self.cyclic else 3
        out = np.empty((len(times), n_columns), dtype=self._float_dtype())
        for i, values in enumerate(hours_days_months(times)):
            if self.cyclic:
                angles = 2.0 * np.pi / _LENGTHS[i] * (values - _FIRSTS[i])
                out[:, 2 * i], out[:, 2 * i + 1] = np.sin(angles), np.cos(angles)
            else:
                out[:, i] = (values - _MIDDLES[i]) / _LENGTHS[i]
        out[missing] = np.nan if self.handle_missing == "nan" else 0.0
        return out

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in :meth:`fit`.

        Returns
        -------
        feature_names_out : ndarray of shape (n_columns,), object
            The names.
        """
        check_input_features(self, input_features)
        self._validate_params()
        names = list(_NAMES)
        if self.cyclic:
            names = [f"{name}_{wave}" for name in _NAMES for wave in ("sin", "cos")]
        return np.array(names, dtype=object)

    def _read_times(self, X, *, reset):
        """Validate X as one column; return moments in UTC and which were missing."""
        if hasattr(X, "to_frame") and getattr(X, "ndim", 1) == 1:  # a Series
            X = X.to_frame()
        with naming("X"):
            if isinstance(X, (list, tuple)):
                X = np.array(X, dtype=object)
            reject_unread(X, "X")
            reject_masked(X, "X")
            if not hasattr(X, "columns"):  # arrays of all kinds, and what is none
                X = check_array(X, dtype=None, ensure_all_finite=False, estimator=self)
        validate_data(self, X, reset=reset, skip_check_array=True)
        if len(X) == 0:
            raise ValueError(
                f"Found array with 0 sample(s) (shape={X.shape}) while a minimum of 1 "
                f"is required by {type(self).__name__}."
            )
        times = self._to_times(X)
        missing = np.isnat(times)
        if missing.any():
            if self.handle_missing == "error":
                row, n = int(np.argmax(missing)), int(missing.sum())
                raise ValueError(
                    f"X, row {row}: the time is missing ({n} of {len(times)} are). "
                    'Drop such rows, or pass handle_missing="nan" or "zero".'
                )
            times = np.where(missing, np.datetime64(0, "s"), times)
        return times, missing

    def _to_times(self, X):
        """Turn one validated column into moments in UTC.

        This is the one place where a column has to be times. The conformance tests
        replace it by a fold of any finite matrix onto the calendar.
        """
        zone = read_zone(self.time_zone)
        if X.shape[1] != 1:
            columns = f": {list(X.columns)}" if hasattr(X, "columns") else ""
            raise ValueError(
                f"{type(self).__name__} reads one column of times, but X has "
                f"{X.shape[1]} feature(s){columns}. Choose it with a "
                f"ColumnTransformer, for example make_column_transformer("
                f'({type(self).__name__}(), ["taken"]), remainder="passthrough").'
            )
        if hasattr(X, "iloc"):
            return read_times(X.iloc[:, 0], zone)
        return read_times(X[:, 0], zone)

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
        # The type of the output is a parameter, whatever the type of X.
        tags.transformer_tags.preserves_dtype = []
        return tags
