# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What estimators share that answer with places: how y is read, and their score."""

from sklearn.utils.validation import check_consistent_length

from sklearn_geo._weights import check_weights
from sklearn_geo.base import check_places
from sklearn_geo.metrics import geo_score


class GeolocatorMixin:
    """Mixin of estimators that learn from places and predict places.

    In scikit-learn's words they have a multi-output y. They are no regressors by type:
    degrees are not to be averaged or subtracted as regressors do.
    """

    def score(self, X, y, sample_weight=None):
        """Return the mean GeoScore of the predicted places, 5000 at best.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        y : array-like of shape (n_rows, 2)
            True latitude and longitude in degrees.

        sample_weight : array-like of shape (n_rows,), default=None
            What every row counts.

        Returns
        -------
        float
            Mean of 5000 exp(-error / 1492.7 km).
        """
        places = self._read_target(y, X)
        return geo_score(places, self.predict(X), sample_weight=sample_weight)

    def _read_target(self, y, X):
        """Validate y as one place for each row of X.

        This is the one place where y has to be (latitude, longitude). The conformance
        tests replace it by a fold of any finite y onto the globe.
        """
        if y is None:
            raise ValueError(
                f"This {type(self).__name__} estimator requires y to be passed, but "
                "the target y is None. Pass the places of the rows of X, two columns "
                "(latitude, longitude) in degrees."
            )
        places = check_places(y, name="y")
        check_consistent_length(X, places)
        return places

    def _read_weights(self, sample_weight, X):
        """Validate weights; None stays None, and not all may be zero."""
        if sample_weight is None:
            return None
        return check_weights(sample_weight, X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        tags.target_tags.single_output = False
        tags.target_tags.multi_output = True
        tags.input_tags.sparse = True
        return tags
