# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Answer for the photos that a criterion accepts, and for no others."""

from inspect import signature
from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import _fit_context, clone
from sklearn.utils import get_tags
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import (
    _num_samples,
    check_consistent_length,
    check_is_fitted,
)

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._answers import final, innermost
from sklearn_geo._numbers import reject_masked
from sklearn_geo._seeds import hand_down
from sklearn_geo._tables import check_columns, check_sparse
from sklearn_geo.base import GeoEstimator
from sklearn_geo.geolocation._acceptance import (
    ask_criterion,
    check_still_found_by,
    covering,
    found_by,
    read_criterion,
    sure_of,
    sure_of_held_out,
)
from sklearn_geo.geolocation._cross_fit import (
    fit_wrapped,
    is_given,
    takes_photos,
    warn_if_seen,
)
from sklearn_geo.geolocation._photo_columns import (
    Given,
    check_is_table,
    read_photos,
    take_column,
)
from sklearn_geo.geolocation._places_out import GeolocatorMixin
from sklearn_geo.geolocation._report import LOCALITIES_KM
from sklearn_geo.geolocation._selection_report import SelectionReport
from sklearn_geo.geolocation._wrapper import WRAPPER_CONSTRAINTS
from sklearn_geo.metrics import geo_score
from sklearn_geo.metrics._silence import score_of_answers
from sklearn_geo.nets import draw_seed

__all__ = ["SelectiveGeolocator"]


def _inside_has(method):
    """Tell whether what is wrapped offers a method, once it is fitted or before."""

    def check(self):
        getattr(self.__dict__.get("estimator_", self.estimator), method)
        return True

    return check


class SelectiveGeolocator(GeolocatorMixin, GeoEstimator):
    r"""Geolocator that answers for the photos that a criterion accepts.

    A photo of a sofa tells little of where it was taken. Those who know which photos
    are worth an answer, because they show the open air or because the geolocator is
    sure, make fewer mistakes; `predict` answers NaN for the others, and
    :meth:`report` says what was gained, and for which share of the photos.

    Parameters
    ----------
    estimator : estimator
        Any geolocator: of this room, or a pipeline or search that ends in one.

    criterion : "confidence", str, int or callable, default="confidence"
        What a photo is accepted by; more is better:

        - "confidence": how sure the estimator is of its answer;
        - a column of X, by name or position, such as the probability that the photo
          was taken outdoors;
        - a function that is given X and returns a number for each photo.

        A photo whose number is NaN is not accepted. A column that is itself called
        "confidence" has to be named by its position.

    threshold : float, default=None
        A photo is accepted from this value of the criterion on. Either this or
        `coverage` has to be given.

    coverage : float, default=None
        Share of the photos to be accepted. The threshold is chosen in `fit`: the
        largest from which on at least this share of its photos is accepted.

    keep_column : bool, default=False
        Whether a column that is the criterion stays a feature of the wrapped estimator.
        It has to if that names it too, as in ``metadata=("outdoor",)``.

    cv : int, splitter or "prefit", default=5
        How to find the threshold for "confidence" and `coverage`. An estimator is surer
        of photos that taught it than of new ones, so it is asked about photos that were
        held out in so many folds. "prefit" takes the estimator as it is, fitted, and
        chooses the threshold on the photos of `fit`, which should not be those that
        taught it. No other criterion needs folds.

    n_jobs : int or None, default=None
        Folds that are fitted at the same time.

    random_state : int, RandomState instance or None, default=None
        Makes the folds, and seeds what is wrapped where its own `random_state` is None.

    Attributes
    ----------
    estimator_ : estimator
        The fitted estimator.

    threshold_ : float
        From where on a photo is accepted.

    n_features_in_ : int
        Number of columns seen in `fit`, with that of the criterion.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    HierarchicalCellClassifier : Abstains by its confidence alone, `abstain_below`.
    GeolocationReport : All about a geolocator, the most confident answers among it.

    Notes
    -----
    Section 4.1.2 and Table 4 of [1]_: a network that was trained on all photos is asked
    about those alone which a second network calls outdoor. That is a filter at
    prediction; `fit` learns from all photos.

    **How far a promise goes.** A threshold found for a coverage accepts about that
    share of new photos if they are drawn as those of `fit` were. With photos of the
    same users on both sides of a fold, confidences flatter: name `groups`. (A wrapped
    classifier that stops early still watches rows, not users.) Equally good
    photos are accepted together, or rejected together, which may be many where
    confidences are shares of neighbours, and all where they do not depend on the photo,
    as those of :class:`PriorGeolocator`. Settings of this estimator, and those of the
    wrapped one that confidences depend on, have to stay what a threshold was found by.

    **What is not filtered.** :meth:`predict_proba`, :meth:`predict_topk` and
    :meth:`confidence` are those of the wrapped estimator, for all photos. A wrapped
    estimator that looks at all photos of a user still sees the rejected ones.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from sklearn_geo.geolocation import NeighborGeolocator, SelectiveGeolocator
    >>> photos = pd.DataFrame({"look": [0.0, 1.0, 2.0], "outdoor": [0.9, 0.2, 0.8]})
    >>> places = [[48.8, 2.3], [52.5, 13.4], [40.7, -74.0]]
    >>> model = SelectiveGeolocator(
    ...     NeighborGeolocator(1, metric="euclidean"), "outdoor", threshold=0.5
    ... )
    >>> model.fit(photos, places).predict(photos)
    array([[ 48.8,   2.3],
           [  nan,   nan],
           [ 40.7, -74. ]])
    >>> model.accepts(photos)
    array([ True, False,  True])
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "criterion": [str, Integral, callable],
        "threshold": [Interval(Real, None, None, closed="both"), None],
        "coverage": [Interval(Real, 0, 1, closed="right"), None],
        "keep_column": ["boolean"],
        "cv": WRAPPER_CONSTRAINTS["cv"],
        "n_jobs": WRAPPER_CONSTRAINTS["n_jobs"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        estimator,
        criterion="confidence",
        *,
        threshold=None,
        coverage=None,
        keep_column=False,
        cv=5,
        n_jobs=None,
        random_state=None,
    ):
        self.estimator = estimator
        self.criterion = criterion
        self.threshold = threshold
        self.coverage = coverage
        self.keep_column = keep_column
        self.cv = cv
        self.n_jobs = n_jobs
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, *, times=None, groups=None):
        """Fit the wrapped estimator, and find the threshold.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_columns)
            Features, and the column of the criterion if it is one.

        y : array-like of shape (n_photos, 2)
            Where the photos were taken: latitude and longitude in degrees.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts, for the wrapped estimator and in `coverage`.

        times, groups : array-like of shape (n_photos,), default=None
            When photos were taken, and by whom, for a wrapped estimator that reads
            that at prediction. Groups also keep the photos of a user in one fold.

        Returns
        -------
        self : SelectiveGeolocator
            The fitted estimator.
        """
        if (self.threshold is None) == (self.coverage is None):
            both = "both are set" if self.coverage is not None else "neither is set"
            raise ValueError(
                "Either threshold, the least value of the criterion, or coverage, the "
                f"share of photos to accept, has to be set; {both}."
            )
        with all_or_nothing(self):
            features, values = self._read(X, reset=True)
            weights = self._read_weights(sample_weight, X)
            if times is not None and not takes_photos(self.estimator):
                raise ValueError(
                    f"times: a {type(self.estimator).__name__} does not read when "
                    "photos were taken. Leave times out."
                )
            y = y if hasattr(y, "shape") or y is None else np.asarray(y)
            if y is not None:
                check_consistent_length(X, y)
            given = Given(features, times, groups)
            asks = self.coverage is not None and values is None
            seed = draw_seed(self.random_state)
            if is_given(self.estimator, self.cv):
                self.estimator_ = self.estimator
                if asks:
                    warn_if_seen(final(self.estimator_), y, stacklevel=4)
                    more = self._more("confidence", times=times, groups=groups)
                    values = sure_of(self.estimator_, features, more)
            else:
                model = hand_down(clone(self.estimator), seed)
                self.estimator_ = fit_wrapped(model, given, y, weights)
                if asks:
                    values = sure_of_held_out(
                        self.estimator,
                        self.estimator_,
                        given,
                        y,
                        weights,
                        cv=self.cv,
                        seed=seed,
                        n_jobs=self.n_jobs,
                    )
            self.threshold_ = self.threshold
            if self.coverage is not None:
                self.threshold_ = covering(values, weights, self.coverage)
            self._found_by = found_by(self, asked=asks)
        return self

    def _read(self, X, reset=False):
        """Return what the wrapped estimator reads, and the criterion if X tells it."""
        if not reset:
            check_still_found_by(self, inside=False)
            check_is_table(self, X)
        check_sparse(X)
        reject_masked(X, "X")
        check_columns(self, X, reset=reset)
        X = X.tocsr() if sparse.issparse(X) else X  # rows can be chosen of it
        n_photos = _num_samples(X)
        if callable(self.criterion):
            return X, read_criterion(
                ask_criterion(self.criterion, X), n_photos, "criterion(X)"
            )
        if isinstance(self.criterion, str) and self.criterion == "confidence":
            return X, None
        values, rest = take_column(X, self.criterion, "criterion")
        name = f"criterion={self.criterion!r}"
        values = read_criterion(values, n_photos, name)
        return X if self.keep_column else rest, values

    def _more(self, method, **more):
        """Return the arguments that were given, if the wrapped estimator takes them."""
        more = {name: value for name, value in more.items() if value is not None}
        model = final(self.estimator_)
        method = method if hasattr(model, method) else "predict"
        for name in more:
            if not _takes(getattr(model, method), name):
                raise ValueError(
                    f"{name}: {method} of a {type(model).__name__} takes no such "
                    f"argument. Leave {name} out."
                )
        return more

    def _selected(self, X, **more):
        """Return what the wrapped estimator reads, and which photos are accepted."""
        check_is_fitted(self)
        check_still_found_by(self, inside=True)
        features, values = self._read(X)
        if values is None:
            more = self._more("confidence", **more)
            values = sure_of(self.estimator_, features, more)
        return features, values >= self.threshold_

    def accepts(self, X, *, times=None, groups=None, prior=None, mask=None):
        """Tell which photos are accepted.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        accepted : ndarray of bool of shape (n_photos,)
            Whether :meth:`predict` answers.
        """
        more = {"times": times, "groups": groups, "prior": prior, "mask": mask}
        return self._selected(X, **more)[1]

    def predict(self, X, *, times=None, groups=None, prior=None, mask=None):
        """Predict where the accepted photos were taken.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_columns)
            Features, as in `fit`.

        times, groups : array-like of shape (n_photos,), default=None
            When photos were taken, and by whom, for a wrapped estimator that takes
            that.

        prior, mask : as there
            What is known of the cells, for a wrapped estimator that takes that, see
            :meth:`HierarchicalCellClassifier.predict`.

        Returns
        -------
        places : ndarray of shape (n_photos, 2), float64
            Latitude and longitude in degrees; NaN for photos that are not accepted.
        """
        more = {"times": times, "groups": groups, "prior": prior, "mask": mask}
        features, accepted = self._selected(X, **more)
        places = self._answers(features, **more)
        places[~accepted] = np.nan
        return places

    def _answers(self, features, **more):
        return np.array(self._asked("predict", features, **more), dtype=np.float64)

    def _asked(self, method, features, *args, **more):
        """Let the wrapped estimator answer; searches would hand nothing on to it."""
        more = self._more(method, **more)
        model, features = innermost(self.estimator_, features)
        return getattr(model, method)(features, *args, **more)

    @available_if(_inside_has("predict_proba"))
    def predict_proba(self, X, *, times=None, groups=None, prior=None, mask=None):
        """Return the probabilities of cells, of all photos.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        proba : ndarray of shape (n_photos, n_cells)
            Those of the wrapped estimator.
        """
        check_is_fitted(self)
        more = {"times": times, "groups": groups, "prior": prior, "mask": mask}
        return self._asked("predict_proba", self._read(X)[0], **more)

    @available_if(_inside_has("predict_topk"))
    def predict_topk(self, X, k=5, *, times=None, groups=None, prior=None, mask=None):
        """Return the k likeliest places of each photo, of all photos.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        k : int, default=5
            How many.

        Returns
        -------
        places : ndarray of shape (n_photos, k, 2)
            Those of the wrapped estimator, the likeliest first.

        proba : ndarray of shape (n_photos, k)
            Their probabilities.
        """
        check_is_fitted(self)
        more = {"times": times, "groups": groups, "prior": prior, "mask": mask}
        return self._asked("predict_topk", self._read(X)[0], k, **more)

    def confidence(self, X, *, times=None, groups=None, prior=None, mask=None):
        """Return how sure the wrapped estimator is, of all photos.

        Parameters
        ----------
        X, times, groups, prior, mask : as there
            As in :meth:`predict`.

        Returns
        -------
        confidence : ndarray of shape (n_photos,)
            More is surer.
        """
        check_is_fitted(self)
        more = {"times": times, "groups": groups, "prior": prior, "mask": mask}
        features, more = self._read(X)[0], self._more("confidence", **more)
        return sure_of(self.estimator_, features, more)

    def score(self, X, y, sample_weight=None, *, times=None, groups=None):
        """Return the mean GeoScore of the predicted places, 5000 at best.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            As in :meth:`predict`.

        y : array-like of shape (n_photos, 2)
            Where they were taken.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        times, groups : as there
            As in :meth:`predict`.

        Returns
        -------
        score : float
            The mean of 5000 exp(-error / 1492.7 km). As with every geolocator, a photo
            without an answer scores 0, so that it never pays to answer for fewer
            photos: :meth:`report` tells what the accepted ones gain.
        """
        truth = self._read_target(y, X)
        weights = self._read_weights(sample_weight, X)
        places = self.predict(X, times=times, groups=groups)
        return score_of_answers(geo_score, truth, places, weights)

    def report(
        self,
        X,
        y,
        *,
        sample_weight=None,
        times=None,
        groups=None,
        km=LOCALITIES_KM,
        confidence_level=0.95,
        n_resamples=2000,
        random_state=0,
    ):
        """Compare the accepted photos with all of them: Table 4 of the paper.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_columns)
            Held-out photos.

        y : array-like of shape (n_photos, 2)
            Where they were taken.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        times : array-like of shape (n_photos,), default=None
            As in :meth:`predict`.

        groups : array-like of shape (n_photos,), default=None
            Users or albums. They are drawn whole for the intervals, and handed on to a
            wrapped estimator that takes them.

        km : sequence of float, default=(1, 25, 200, 750, 2500)
            Thresholds in kilometres: street, city, region, country and continent.

        confidence_level : float, default=0.95
            How often an interval should hold the true value.

        n_resamples : int, default=2000
            How often photos are drawn anew for the intervals.

        random_state : int, RandomState instance or None, default=0
            Seed of the resampling.

        Returns
        -------
        report : SelectionReport
            A table, with the share of photos within each of `km`, the coverage and the
            number of photos; `all_photos`, `accepted_photos` and `rejected_photos` hold
            the numbers, and `to_frame()` is for pandas.
        """
        check_is_fitted(self)
        places = self._read_target(y, X)
        weights = self._read_weights(sample_weight, X)
        own = groups if _takes(final(self.estimator_).predict, "groups") else None
        groups = read_photos(Given(X, None, groups)).groups
        features, accepted = self._selected(X, times=times, groups=own)
        return SelectionReport(
            self._title(),
            places,
            self._answers(features, times=times, groups=own),
            accepted,
            weights=weights,
            groups=groups,
            km=km,
            confidence_level=confidence_level,
            n_resamples=n_resamples,
            random_state=random_state,
        )

    def _title(self):
        name, what = type(final(self.estimator_)).__name__, self.criterion
        if callable(what):
            name_of = getattr(what, "__name__", "criterion")
            what = f"{name_of.replace('<lambda>', 'criterion')}(X)"
        elif not isinstance(what, str):
            what = f"column {what}"
        return f"{name} where {what} is {self.threshold_:.3g} or more"

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "threshold_")

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        inside = get_tags(self.estimator)
        tags.input_tags = inside.input_tags
        tags.classifier_tags = inside.classifier_tags
        return tags


def _takes(method, name):
    """Tell whether a method takes an argument."""
    parameters = signature(method).parameters
    return name in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )
