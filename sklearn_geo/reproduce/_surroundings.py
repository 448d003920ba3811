# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is around a venue, without the venue itself: other venues, and their labels."""

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from sklearn_geo.neighbors import GeoNeighborTagPropagator, PlaceIndex

__all__ = ["_LabelsAround", "_OthersAround", "reach_km"]

_PLACE = ["latitude", "longitude"]


class _OthersAround(TransformerMixin, BaseEstimator):
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


class _LabelsAround(TransformerMixin, BaseEstimator):
    r"""Encode places by the labels of the training rows around, each without its own.

    A new row gets the labels of all training rows around, a training row those of the
    training rows in other folds. (To leave out nothing but its own would not do: the
    mean of the others is lower where the own label is 1, and that can be learnt.) Where
    few are near, a row is close to the shares of labels in all training rows, and where
    none is, it is just that. So in folds of whole blocks, where a test row has no
    training row around, it says nothing rather than something wrong.

    Parameters
    ----------
    n_neighbors : sequence of int, default=(8, 40)
        From how many training rows labels are taken; columns for each.

    radius_km : float, default=0.5
        Farther ones are out of reach. Weights fall to 1 / e in a third of it.

    prior : float, default=1.0
        How many rows at the very place the shares of all training rows count for.

    hidden_share : float, default=0.3
        The share of training rows that are told the shares of all alone, so that what
        is learnt from them also holds where no training row is near.

    n_folds : int, default=5
        Number of folds.

    random_state : int, RandomState instance or None, default=None
        Deals out the folds, and decides which rows are told nothing.

    Attributes
    ----------
    encoders_ : list of GeoNeighborTagPropagator
        One for each number of neighbours.

    shares_ : ndarray of shape (n_labels,)
        The shares of labels in all training rows.

    Notes
    -----
    With weights :math:`w_j = \exp(-3 d_j / r)` of the rows around and shares
    :math:`p`, a row is :math:`(\sum_j w_j y_j + m p) / (\sum_j w_j + m)`.
    """

    def __init__(
        self,
        n_neighbors=(8, 40),
        *,
        radius_km=0.5,
        prior=1.0,
        hidden_share=0.3,
        n_folds=5,
        random_state=None,
    ):
        self.n_neighbors = n_neighbors
        self.radius_km = radius_km
        self.prior = prior
        self.hidden_share = hidden_share
        self.n_folds = n_folds
        self.random_state = random_state

    def fit(self, X, y):
        """Remember where the training rows are, and their labels."""
        y = np.asarray(y, dtype=np.float64)
        self.shares_ = y.mean(axis=0)
        # One more column sums up the weights themselves.
        counted = np.column_stack([y, np.ones(len(y))])
        self.encoders_ = [
            GeoNeighborTagPropagator(
                n_neighbors,
                sigma_km=self.radius_km / 3.0,
                radius_km=self.radius_km,
                norm=None,
                sparse_output=False,
            ).fit(X[_PLACE], counted)
            for n_neighbors in self.n_neighbors
        ]
        return self

    def fit_transform(self, X, y):
        """Give each training row the labels of those around it in other folds."""
        y = np.asarray(y, dtype=np.float64)
        rng = check_random_state(self.random_state)
        fold = rng.permutation(np.arange(len(y)) % min(self.n_folds, len(y)))
        rows = np.empty((len(y), y.shape[1] * len(self.n_neighbors)))
        for number in np.unique(fold):
            inside = fold == number
            others = clone(self).fit(X[~inside], y[~inside])
            rows[inside] = others.transform(X[inside])
        self.fit(X, y)
        hidden = rng.random_sample(len(y)) < self.hidden_share
        rows[hidden] = np.tile(self.shares_, len(self.n_neighbors))
        return rows

    def transform(self, X):
        """Give each row the labels of the training rows around it."""
        check_is_fitted(self)
        return self._shares_around(
            [each.transform(X[_PLACE]) for each in self.encoders_]
        )

    def get_feature_names_out(self, input_features=None):
        """Give names such as `label2_of_nearest_8`."""
        return np.array(
            [
                f"label{label}_of_nearest_{n_neighbors}"
                for n_neighbors in self.n_neighbors
                for label in range(len(self.shares_))
            ],
            dtype=object,
        )

    def _shares_around(self, sums):
        shares = [
            (each[:, :-1] + self.prior * self.shares_) / (each[:, -1:] + self.prior)
            for each in sums
        ]
        return np.hstack(shares)


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
