# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What encoders share that compute a fixed number of dense columns from a place."""

import abc

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._blocks import blocks
from sklearn_geo.base import GeoEstimator
from sklearn_geo.encoding._feature_names import check_input_features

# Bytes of output a block, in float64: with its intermediates it stays in the second-
# level cache, far below any `working_memory`.
_BLOCK_BYTES = 2**18
# A single row of these takes 16 megabytes.
_MOST_COLUMNS = 2_000_000


class DensePlaceEncoder(TransformerMixin, GeoEstimator, abc.ABC):
    """Base of the encoders of places whose columns are numbers, not regions.

    A subclass names its columns and writes them for a block of places. Every row is
    computed from its own place alone, block by block, so beside the output itself no
    more memory is used than a block takes.
    """

    _parameter_constraints: dict = {
        "dtype": "no_validation",  # numpy knows what a dtype is; see `_float_dtype`
    }

    @abc.abstractmethod
    def _n_columns(self):
        """Count the columns; millions of names would take seconds to make."""

    @abc.abstractmethod
    def _column_names(self):
        """Give the names of the columns as a list of str, in order."""

    @abc.abstractmethod
    def _write(self, places, out):
        """Write the columns of a block of places into `out`."""

    def _prepare(self, places):
        """Check what parameters mean together, and draw what is drawn, in fit."""

    def _check_shape(self):
        """Check how many columns parameters ask for that count at once, after fit."""

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y=None):
        """Check the parameters and the places; nothing is learnt from labels.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        y : None
            Ignored.

        Returns
        -------
        self : estimator
            The fitted encoder.
        """
        with all_or_nothing(self):
            places = self._read_places(X, reset=True)
            self._float_dtype()
            self._check_shape()
            self._prepare(places)
        return self

    def transform(self, X):
        """Give the columns of each place.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : ndarray of shape (n_places, n_columns)
            The columns.
        """
        self._check_ready()
        return self._encode(self._read_places(X, reset=False))

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
        self._check_ready()
        check_input_features(self, input_features)
        return np.array(self._column_names(), dtype=object)

    def _check_ready(self):
        """Refuse an encoder that is not fitted, or was set to nonsense since."""
        check_is_fitted(self)
        self._validate_params()
        self._check_shape()

    def _check_width(self, n_columns, settings):
        """Refuse settings by which a row alone would fill the memory."""
        if n_columns > _MOST_COLUMNS:
            raise ValueError(
                f"{settings} asks for {n_columns:,} columns, and {_MOST_COLUMNS:,} are "
                "the most. Choose smaller numbers."
            )

    def _encode(self, places):
        n_columns = self._n_columns()
        out = np.empty((len(places), n_columns), dtype=self._float_dtype())
        for rows in blocks(len(places), self._block_rows(n_columns)):
            self._write(places[rows], out[rows])
        return out

    def _block_rows(self, n_columns):
        """Say how many places to write at once."""
        return max(1, _BLOCK_BYTES // (8 * n_columns))

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
