# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The place to bet on when nothing is known of a photo."""

from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import _num_samples, check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._tables import check_columns
from sklearn_geo.base import GeoEstimator
from sklearn_geo.geolocation._places_out import GeolocatorMixin
from sklearn_geo.geometry import (
    geometric_median,
    haversine_to_point,
    spherical_mean,
    spherical_mode,
)


class PriorGeolocator(GeolocatorMixin, GeoEstimator):
    """Geolocator that looks at no feature and always answers with the same place.

    It is the row of a table that every other row has to beat: `DummyRegressor` for
    places. Photos crowd into few cities, so that the most frequent place is right more
    often than one would think.

    Parameters
    ----------
    strategy : {"mode", "mean", "median"}, default="mode"
        Which place of the training places: the one around which most of them lie, the
        direction of their mean vector, or the one with the smallest sum of distances to
        them. The first is the best bet for the share within `radius_km`, the last for
        the mean error.

    radius_km : float, default=25.0
        How far from a place others count as lying around it, the border included. Read
        by "mode", and by `confidence`.

    Attributes
    ----------
    place_ : ndarray of shape (2,)
        The answer: latitude and longitude in degrees.

    share_ : float
        Share of the training places (of their weight) that lie within `radius_km` of
        the answer.

    n_features_in_ : int
        Number of columns seen in `fit`, if X has columns.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    NeighborGeolocator : The place of the photos that look alike.
    sklearn.dummy.DummyRegressor : The same for numbers.

    Notes
    -----
    X may be anything that has rows: texts, images or data frames.

    Examples
    --------
    >>> from sklearn_geo.geolocation import PriorGeolocator
    >>> places = [[48.86, 2.35], [48.85, 2.30], [48.87, 2.33], [40.71, -74.01]]
    >>> prior = PriorGeolocator().fit(["a", "b", "c", "d"], places)
    >>> prior.predict(["anything"])
    array([[48.87,  2.33]])
    >>> prior.share_
    0.75
    """

    _parameter_constraints: dict = {
        "strategy": [StrOptions({"mode", "mean", "median"})],
        "radius_km": [Interval(Real, 0.0, None, closed="left")],
    }

    def __init__(self, strategy="mode", *, radius_km=25.0):
        self.strategy = strategy
        self.radius_km = radius_km

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Learn the place to answer with.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Ignored but for its number of rows and its columns.

        y : array-like of shape (n_rows, 2)
            Latitude and longitude in degrees.

        sample_weight : array-like of shape (n_rows,), default=None
            What every row counts.

        Returns
        -------
        self : PriorGeolocator
            The fitted estimator.
        """
        with all_or_nothing(self):
            check_columns(self, X, reset=True)
            places = self._read_target(y, X)
            weights = self._read_weights(sample_weight, X)
            if self.strategy == "mode":
                place = spherical_mode(places, weights, radius_km=self.radius_km)
            elif self.strategy == "mean":
                place = spherical_mean(places, weights)
            else:
                place = geometric_median(places, weights)
            near = haversine_to_point(places, place) <= self.radius_km
            self.place_ = place
            self.share_ = float(np.average(near, weights=weights))
        return self

    def predict(self, X):
        """Answer with the same place for every row.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Ignored but for its number of rows and its columns.

        Returns
        -------
        ndarray of shape (n_rows, 2)
            Latitude and longitude in degrees.
        """
        check_is_fitted(self)
        check_columns(self, X, reset=False)
        return np.tile(self.place_, (_num_samples(X), 1))

    def confidence(self, X):
        """Return `share_` for every row.

        Parameters
        ----------
        X : array-like of shape (n_rows, ...)
            Ignored but for its number of rows and its columns.

        Returns
        -------
        ndarray of shape (n_rows,)
            The same number, between 0 and 1.
        """
        check_is_fitted(self)
        check_columns(self, X, reset=False)
        return np.full(_num_samples(X), self.share_)

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "share_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.no_validation = True
        return tags
