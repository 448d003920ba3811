# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Base of estimators that correct what another says of cells."""

from numbers import Integral

import numpy as np
from sklearn.base import clone
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions

from sklearn_geo._answers import final
from sklearn_geo._seeds import hand_down
from sklearn_geo._settings import check_settings
from sklearn_geo._tables import check_columns
from sklearn_geo.geolocation._combine import softmax
from sklearn_geo.geolocation._cross_fit import (
    check_estimator_of_cells,
    cross_fit,
    first_cells,
    fit_wrapped,
    fold_numbers,
    is_given,
    warn_if_seen,
)
from sklearn_geo.geolocation._photo_columns import Given, check_is_table, read_photos
from sklearn_geo.geolocation._prediction import CellPredictor, check_same_cells

__all__ = ["WRAPPER_CONSTRAINTS", "CellWrapper"]

# For `_parameter_constraints` of subclasses, which have these parameters or some.
WRAPPER_CONSTRAINTS = {
    "estimator": [HasMethods(["fit", "predict"])],
    "times": [str, Integral, None],
    "groups": [str, Integral, None],
    "time_zone": [str, None],
    "cv": [
        StrOptions({"prefit"}),
        Interval(Integral, 2, None, closed="left"),
        HasMethods(["split", "get_n_splits"]),
    ],
    "n_jobs": [Integral, None],
}
# What decides how photos are read; it may be set after fit.
_READ_BY = (
    "album_size",
    "groups",
    "metadata",
    "missing_times",
    "time_zone",
    "times",
    "window_hours",
)


class CellWrapper(CellPredictor):
    """Base of estimators that correct what another says of cells.

    A subclass has the parameter `estimator` and some of `times`, `groups`, `metadata`
    (columns of X) and `time_zone`. It reads X by :meth:`_read_features`, fits what it
    wraps by :meth:`_fit_cross` or :meth:`_fit_whole`, and yields log scores by
    `_log_scores(photos, known)`, in whatever order, for `photos` of
    :class:`~sklearn_geo.geolocation._photo_columns.Photos`.

    Every method for prediction also takes `times` and `groups` as arrays, for metadata
    routing; there they win over the columns.
    """

    # What tells a wrapper: it can be handed times and groups that are read already.
    _takes_photos = True
    # Whether the hour counts, not only which photo was first.
    _clocks = False

    # Reading --------------------------------------------------------------------------

    def _read_features(self, X, reset=False):
        """Take columns out of X; `X` may be `Given`, or X alone."""
        if not reset:
            own = self._parameter_constraints
            check_settings(self, *(name for name in _READ_BY if name in own))
        given = _given(X)
        if not len(given):
            raise ValueError(
                "X has no photos: found 0 sample(s) while a minimum of 1 is required. "
                "Pass one row at least."
            )
        if reset or not given.taken:  # with some taken out, they are not those of fit
            if not reset:
                check_is_table(self, given.X)
            check_columns(self, given.X, reset=reset)
        return read_photos(
            given,
            times=getattr(self, "times", None),
            groups=getattr(self, "groups", None),
            metadata=getattr(self, "metadata", ()),
            time_zone=getattr(self, "time_zone", None),
            clocks=self._hours_count(),
        )

    def _hours_count(self):
        """Tell whether this, or what it wraps, reads hours."""
        wrapped = final(getattr(self, "estimator", None))
        return self._clocks or (
            isinstance(wrapped, CellWrapper) and wrapped._hours_count()
        )

    def _true_cells(self, y, X):
        return final(self.estimator_)._true_cells(y, X)

    def _some_scores(self, X, rows):
        # Whole albums, never slices of them.
        every = np.arange(len(X))
        for at, scores in self._log_scores(X, None):
            yield every[at], scores

    def _answered_by(self):
        inside = final(self.estimator_)._answered_by()
        own = {f"estimator__{name}": value for name, value in inside.items()}
        return super()._answered_by() | own

    # Fitting --------------------------------------------------------------------------

    def _fit_cross(self, photos, y, weights, *, n_first, seed, folds=None, n_jobs=None):
        """Fit the wrapped estimator, and say what it says of photos it has not seen.

        Sets `estimator_` and what tells of its cells. An outer wrapper gives `folds`
        that are to be kept, and its `n_jobs`.

        Returns
        -------
        first : FirstCells
            Of all photos.

        folds : ndarray of int of shape (n_photos,) or None
            The fold each photo was held out in; None if the estimator came fitted.
        """
        if is_given(self.estimator, self.cv):
            self._take(self.estimator)
            warn_if_seen(final(self.estimator_), y, stacklevel=5)
            return first_cells(self.estimator_, photos, n_first), None
        if folds is None:
            folds = fold_numbers(self.cv, photos, y, seed, weights)
        n_jobs = self.n_jobs if n_jobs is None else n_jobs
        cross = getattr(self.estimator, "_cross_fit_as_wrapped", None)
        if cross is None:
            fitted, first = cross_fit(
                self.estimator,
                photos,
                y,
                weights,
                folds=folds,
                n_first=n_first,
                seed=seed,
                n_jobs=n_jobs,
            )
        else:
            fitted = hand_down(clone(self.estimator), seed)
            first = fitted._cross_fit_as_wrapped(
                photos, y, weights, folds=folds, n_first=n_first, n_jobs=n_jobs
            )
        self._take(fitted)
        return first, folds

    def _fit_whole(self, photos, y, weights, *, seed):
        """Fit the wrapped estimator to all photos, unless it comes fitted."""
        if is_given(self.estimator, getattr(self, "cv", None)):
            self._take(self.estimator)
        else:
            check_estimator_of_cells(self.estimator, fitted=False)
            model = hand_down(clone(self.estimator), seed)
            self._take(fit_wrapped(model, photos, y, weights))

    def _take(self, fitted):
        """Keep a fitted estimator, and what tells of its cells."""
        inside = check_estimator_of_cells(fitted, fitted=True)
        self.estimator_ = fitted
        self.cell_places_ = inside.cell_places_
        self.n_cells_ = [len(inside.cell_places_)]
        self._forget_calibration()

    def _check_same_cells(self):
        """Refuse to ask what is wrapped if it has got other cells since."""
        inside = final(self.estimator_)
        check_same_cells(inside, self.cell_places_, "Fit this wrapper again too.")

    # What it is about -----------------------------------------------------------------

    @property
    def cells_(self):
        """The table of the cells."""
        return final(self.estimator_).cells_

    @property
    def cell_names_(self):
        """Names of the cells."""
        return final(self.estimator_).cell_names_

    @property
    def partitions_(self):
        """The partition of the cells, in a list."""
        return final(self.estimator_).partitions_[-1:]

    @property
    def point(self):
        """How the wrapped estimator makes places of probabilities."""
        return getattr(self._settings(), "point", "mean")

    @property
    def point_km(self):
        """The radius that `point` may need."""
        return getattr(self._settings(), "point_km", 25.0)

    @property
    def abstain_below(self):
        """The confidence below which there is no answer."""
        return getattr(self._settings(), "abstain_below", None)

    def _settings(self):
        return final(self.__dict__.get("estimator_", self.estimator))

    def _level_proba(self, X, level):
        # There is one level, and it is the finest.
        return ((rows, softmax(scores)) for rows, scores in self._log_scores(X, None))

    def __sklearn_is_fitted__(self):
        return "estimator_" in self.__dict__

    # Prediction -----------------------------------------------------------------------

    def predict(self, X, *, times=None, groups=None, prior=None, mask=None):
        """Predict where each photo was taken.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_columns)
            Features, as in `fit`.

        times, groups : array-like of shape (n_photos,), default=None
            When photos were posted, and by whom, where these are no columns of X.

        prior, mask : as there
            What is known of the cells, see :meth:`HierarchicalCellClassifier.predict`.

        Returns
        -------
        places : ndarray of shape (n_photos, 2), float64
            Latitude and longitude in degrees.
        """
        return super().predict(_given(X, times, groups), prior=prior, mask=mask)

    def predict_cells(
        self, X, level=-1, *, times=None, groups=None, prior=None, mask=None
    ):
        """Predict the cell of each photo.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        level : int, default=-1
            There is one level only: the finest of the wrapped estimator.

        Returns
        -------
        cells : ndarray of shape (n_photos,), int64
            The likeliest cell: a row of the table `cells_`.
        """
        given = _given(X, times, groups)
        return super().predict_cells(given, level, prior=prior, mask=mask)

    def predict_proba(
        self, X, level=-1, *, times=None, groups=None, prior=None, mask=None
    ):
        """Return the probabilities of cells.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        level : int, default=-1
            There is one level only: the finest of the wrapped estimator.

        Returns
        -------
        proba : ndarray of shape (n_photos, n_cells)
            Rows sum to 1.
        """
        given = _given(X, times, groups)
        return super().predict_proba(given, level, prior=prior, mask=mask)

    def predict_topk(self, X, k=5, *, times=None, groups=None, prior=None, mask=None):
        """Return the k likeliest places of each photo.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        k : int, default=5
            How many; all cells if there are fewer.

        Returns
        -------
        places : ndarray of shape (n_photos, k, 2)
            Where the k likeliest cells are, the likeliest first.

        proba : ndarray of shape (n_photos, k)
            Their probabilities.
        """
        given = _given(X, times, groups)
        return super().predict_topk(given, k, prior=prior, mask=mask)

    def confidence(self, X, *, times=None, groups=None, prior=None, mask=None):
        """Return how sure each prediction is.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        confidence : ndarray of shape (n_photos,)
            The probability of the likeliest cell.
        """
        given = _given(X, times, groups)
        return super().confidence(given, prior=prior, mask=mask)

    def predict_region(
        self,
        X,
        coverage=0.9,
        *,
        by=None,
        times=None,
        groups=None,
        prior=None,
        mask=None,
    ):
        """Return the smallest set of cells that holds the truth at a promised rate.

        Call :meth:`calibrate` before.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        coverage : float, default=0.9
            The promised rate, between 0 and 1.

        by : str, callable, array-like of shape (n_cells,) or None, default=None
            Groups of places within each of which the promise is kept, see
            :meth:`HierarchicalCellClassifier.predict_region`.

        Returns
        -------
        region : csr_array of bool of shape (n_photos, n_cells)
            The cells of each region.
        """
        given = _given(X, times, groups)
        return super().predict_region(given, coverage, by=by, prior=prior, mask=mask)

    def calibrate(self, X, y, *, times=None, groups=None):
        """Calibrate regions on photos that were not used in `fit`.

        Every photo counts the same, whoever took it.

        Parameters
        ----------
        X, times, groups : as there
            As in :meth:`predict`.

        y : array-like of shape (n_photos, 2)
            Where they were taken.

        Returns
        -------
        self : estimator
            The estimator.
        """
        return super().calibrate(_given(X, times, groups), y)

    def score(self, X, y, sample_weight=None, *, times=None, groups=None):
        """Return the mean GeoScore of the predicted places, 5000 at best.

        Parameters
        ----------
        X, times, groups : as there
            As in :meth:`predict`.

        y : array-like of shape (n_photos, 2)
            Where they were taken.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        score : float
            The mean of 5000 exp(-error / 1492.7 km). A photo without an answer scores
            0.
        """
        return super().score(_given(X, times, groups), y, sample_weight)


def _given(X, times=None, groups=None):
    """Bundle X with the arrays beside it, unless that was done before."""
    return X if isinstance(X, Given) else Given(X, times, groups)
