# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is around a venue, without the venue itself: other venues, and their labels."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.neighbors import GeoNeighborTagPropagator, PlaceIndex

__all__ = ["LabelsAround", "OthersAround", "reach_km"]

_PLACE = ["latitude", "longitude"]


class OthersAround(TransformerMixin, BaseEstimator):
    """Encode venues by a corpus that they are part of, each without itself.

    Parameters
    ----------
    encoder : transformer
        One of `sklearn_geo.neighbors` with a corpus whose groups are venues, and
        ``exclude_same_group=True``.

    log : bool, default=False
        Take the logarithm of one plus each column, for counts.

    Attributes
    ----------
    encoder_ : transformer
        The fitted encoder.

    Notes
    -----
    The rows have the columns "venue", "latitude" and "longitude". A metadata request
    would hand `groups` to the encoder too, but then every `predict` needs them; here
    they are a column.
    """

    def __init__(self, encoder, *, log=False):
        self.encoder = encoder
        self.log = log

    def fit(self, X, y=None):
        """Fit the encoder on places only."""
        self.encoder_ = clone(self.encoder).fit(X[_PLACE])
        self.feature_names_in_ = np.array(X.columns, dtype=object)
        self.n_features_in_ = X.shape[1]
        return self

    def transform(self, X):
        """Encode what is around each row, without its venue."""
        check_is_fitted(self)
        rows = self.encoder_.transform(X[_PLACE], groups=X["venue"].to_numpy())
        return np.log1p(rows) if self.log else rows

    def get_feature_names_out(self, input_features=None):
        """Give the names that the encoder gives."""
        return self.encoder_.get_feature_names_out()


class LabelsAround(TransformerMixin, BaseEstimator):
    """Encode places by the labels of the training rows around, each without its own.

    A training row gets the labels of the others; a new row those of all training rows.
    Where none is within reach the row is NaN, which says "not known" to a fusion with
    ``missing_block="mask"``. In folds of whole blocks that is so for most test rows; so
    that the fusion learns to do without, it is done to a share of the training rows.

    Parameters
    ----------
    n_neighbors : sequence of int, default=(8, 40)
        From how many training rows labels are taken; columns for each.

    radius_km : float, default=0.5
        Farther ones are out of reach.

    hidden_share : float, default=0.3
        The share of training rows that is made "not known".

    random_state : int, RandomState instance or None, default=None
        Decides which.

    Attributes
    ----------
    encoders_ : list of GeoNeighborTagPropagator
        One for each number of neighbours.
    """

    def __init__(
        self, n_neighbors=(8, 40), *, radius_km=0.5, hidden_share=0.3, random_state=None
    ):
        self.n_neighbors = n_neighbors
        self.radius_km = radius_km
        self.hidden_share = hidden_share
        self.random_state = random_state

    def fit(self, X, y):
        """Remember where the training rows are, and their labels."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X, y):
        """Give each training row the labels of the others around it."""
        y = np.asarray(y, dtype=np.float64)
        self.encoders_ = [
            GeoNeighborTagPropagator(
                n_neighbors,
                sigma_km=self.radius_km / 3.0,
                radius_km=self.radius_km,
                sparse_output=False,
            )
            for n_neighbors in self.n_neighbors
        ]
        self.n_labels_ = y.shape[1]
        rows = np.hstack([each.fit_transform(X[_PLACE], y) for each in self.encoders_])
        hidden = check_random_state(self.random_state).random_sample(len(rows))
        return _not_known(rows, hidden < self.hidden_share)

    def transform(self, X):
        """Give each row the labels of the training rows around it."""
        check_is_fitted(self)
        rows = np.hstack([each.transform(X[_PLACE]) for each in self.encoders_])
        return _not_known(rows)

    def get_feature_names_out(self, input_features=None):
        """Give names such as `label2_of_nearest_8`."""
        return np.array(
            [
                f"label{label}_of_nearest_{n_neighbors}"
                for n_neighbors in self.n_neighbors
                for label in range(self.n_labels_)
            ],
            dtype=object,
        )


def _not_known(rows, hidden=False):
    """Make rows NaN that no label reached, and those that are to be hidden."""
    rows[~rows.any(axis=1) | hidden] = np.nan
    return rows


def reach_km(places, n_neighbors):
    """Return how far the so many nearest places are, in the median.

    Parameters
    ----------
    places : array-like of shape (n_places, 2)
        Latitude and longitude in degrees.

    n_neighbors : int
        How many; all others where there are fewer.

    Returns
    -------
    float
        Kilometres; a metre at least.
    """
    index = PlaceIndex(places)
    n_neighbors = min(n_neighbors + 1, len(places))
    km, _ = index.nearest(places, n_neighbors)
    return max(float(np.median(km[:, -1])), 1e-3)
