# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos within a radius, ranked by how well they fit a tag."""

from numbers import Real

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils._param_validation import HasMethods, Interval
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._settings import check_settings
from sklearn_geo.base import GeoEstimator
from sklearn_geo.ranking._experts import (
    columns_of_features,
    fit_expert,
    has_location,
    plain_tags,
    take_columns,
)
from sklearn_geo.ranking._gallery import (
    Gallery,
    Queries,
    check_not_empty,
    read_queries,
    search,
)
from sklearn_geo.ranking._photo_scores import PhotoScores
from sklearn_geo.ranking._place_columns import PlaceColumns
from sklearn_geo.ranking._tag_search import refuse_unknown
from sklearn_geo.ranking._tagger import check_k
from sklearn_geo.ranking._vocabulary import Vocabulary, read_indicator

__all__ = ["RadiusFilter"]


class RadiusFilter(PlaceColumns, GeoEstimator):
    """Find photos for a tag and a place: those nearby, ranked by the picture alone.

    What one does without a joint model, and what that has to beat: the place decides
    who is in, and says nothing of the order. At the border a photo is in or out, and
    where few photos are near, lists are short.

    Parameters
    ----------
    photo_model : estimator
        A model of tags with `decision_function` or `predict_proba`, such as
        :class:`HashtagEmbedding` or :class:`~sklearn.multiclass.OneVsRestClassifier`.
        It is cloned and fitted to all columns but those of the place, or taken as it is
        from a :class:`sklearn.frozen.FrozenEstimator`.

    radius_km : float or None, default=25.0
        How far from the place photos may be, by great circle, the border included.
        None takes all photos.

    location : "auto" or pair of str or int, default=(0, 1)
        The latitude and the longitude column of X, by name or position. "auto" goes by
        names.

    tag_names : array-like of str, default=None
        What the tags are called. None takes the column names of y, if it has some.

    Attributes
    ----------
    photo_model_ : estimator
        The fitted model.

    tag_names_ : list of str or None
        What the tags are called.

    n_tags_ : int
        Number of tags.

    n_features_in_ : int
        Number of columns seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    LocSensRanker : Weighs how near a photo is against how well it fits.
    sklearn_geo.metrics.precision_at_k_within_km : How this is measured.

    Notes
    -----
    A model with vectors (`transform` and `tag_vectors_`) computes those of the gallery
    once. Any other model looks at the photos within the radius whenever it is asked,
    for the tags that are asked: scores of all tags for all photos are never kept.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.multiclass import OneVsRestClassifier
    >>> from sklearn_geo.ranking import RadiusFilter
    >>> photos = np.array([[48.86, 2.29, 1.0], [48.86, 2.30, 0.8],
    ...                    [48.86, 2.29, 0.0], [40.69, -74.04, 1.0]])
    >>> tags = np.array([[1, 0], [1, 0], [0, 1], [1, 0]])
    >>> model = RadiusFilter(
    ...     OneVsRestClassifier(LogisticRegression()), tag_names=["tower", "river"]
    ... ).fit(photos, tags)
    >>> model.index(photos).retrieve("tower", [48.86, 2.29], k=4)
    array([ 0,  1,  2, -1])
    """

    _parameter_constraints: dict = {
        **PlaceColumns._location_constraint,
        "photo_model": [
            HasMethods(["fit", "decision_function"]),
            HasMethods(["fit", "predict_proba"]),
        ],
        "radius_km": [Interval(Real, 0.0, None, closed="left"), None],
        "tag_names": ["array-like", None],
    }

    def __init__(self, photo_model, radius_km=25.0, *, location=(0, 1), tag_names=None):
        self.photo_model = photo_model
        self.radius_km = radius_km
        self.location = location
        self.tag_names = tag_names

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Fit the model of the picture.

        Parameters
        ----------
        X : {array-like, sparse array or matrix, data frame} of shape \
                (n_photos, n_features)
            Columns of latitude and longitude, and what photos look like.

        y : {array-like, sparse array or matrix, data frame} of shape (n_photos, n_tags)
            The tag indicator, handed on as it is, but for numbers that scipy knows not.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        self : RadiusFilter
            The fitted model.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None: pass the tags of the photos, an indicator."
            )
        with all_or_nothing(self):
            X = self._open(X, reset=True)
            # What is wrong with places is told before the model is fitted.
            self._places_of(X)
            indicator, names = read_indicator(y, X.shape[0])
            if not indicator.nnz:
                raise ValueError("No photo has a tag: there is nothing to learn.")
            names = names if self.tag_names is None else self.tag_names
            self._vocabulary = Vocabulary(indicator.shape[1], names)
            self.tag_names_ = self._vocabulary.names
            self.n_tags_ = indicator.shape[1]
            self.photo_model_ = fit_expert(
                self.photo_model,
                self._features_of(X, self.photo_model),
                plain_tags(y),
                location=self.location,
                name="photo_model",
                sample_weight=sample_weight,
            )
            self._gallery = None
        return self

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "photo_model_")

    def index(self, X):
        """Set the photos that :meth:`retrieve` finds.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            Photos as in :meth:`fit`; it need not be those. The gallery refers to them:
            a memory map stays one.

        Returns
        -------
        self : RadiusFilter
            The model.
        """
        check_is_fitted(self)
        check_not_empty(X)
        X = self._open(X, reset=False)
        features = self._features_of(X, self.photo_model_)
        scores = PhotoScores(self.photo_model_, features, self.n_tags_)
        self._gallery = Gallery(scores, self._places_of(X))
        return self

    def retrieve(self, tag, place, k=10, *, exclude=None, return_scores=False):
        """Return photos within the radius of a place, the best for a tag first.

        Parameters
        ----------
        tag : str, int, or sequence of them
            The tag, by name or number; several are a batch of queries.

        place : array-like of shape (2,) or (n_queries, 2)
            Latitude and longitude in degrees; several are a batch of queries. With one
            tag and several places, or the other way round, the one is for all.

        k : int, default=10
            How many photos.

        exclude : int or array-like of int, default=None
            Rows of the gallery that are no answer: one or more if there is one query,
            a row a query if there are several (-1 for none).

        return_scores : bool, default=False
            Return scores as well.

        Returns
        -------
        photos : ndarray of int64 of shape (k,) or (n_queries, k)
            Rows of the gallery, best first; of equal scores the first row first. Where
            fewer photos are within the radius a list is filled up with -1.

        scores : ndarray of the same shape
            Only with `return_scores=True`: what the model says; -inf where a list has
            ended.
        """
        check_is_fitted(self)
        check_settings(self, "radius_km")
        gallery = self._gallery
        if gallery is None:
            raise ValueError(
                "There are no photos to look through: call index(X) with the gallery "
                "first."
            )
        k = check_k(k, len(gallery))
        queries = read_queries(self._vocabulary, tag, place, exclude, len(gallery))
        if np.isnan(queries.places).any():
            raise ValueError(
                "RadiusFilter looks around a place, and there is none: pass a latitude "
                "and a longitude, or set radius_km=None and pass any place."
            )
        different = np.unique(queries.tags)
        refuse_unknown(
            different,
            gallery.photos.known(different),
            self._vocabulary,
            "Fit photo_model with word_vectors that has it.",
        )
        photos = np.full((len(queries.tags), k), -1, dtype=np.int64)
        scores = None
        near = self._photos_near(queries.places)
        for tags in gallery.photos.chunks(different, len(near)):
            asked = np.flatnonzero(np.isin(queries.tags, tags))
            known = gallery.photos.of(near, tags)
            if scores is None:
                scores = np.full((len(queries.tags), k), -np.inf, dtype=known.dtype)
            photos[asked], scores[asked] = self._search(
                _some(queries, asked), near, tags, known, k
            )
            del known  # there would be two of them with the next
        if queries.is_one:
            photos, scores = photos[0], scores[0]
        return (photos, scores) if return_scores else photos

    def _features_of(self, X, model):
        if has_location(model):
            return X
        features = take_columns(X, columns_of_features(X, self.location))
        if not features.shape[1]:
            raise ValueError(
                f"X has {X.shape[1]} feature(s), and none besides the place: "
                "photo_model has nothing to look at."
            )
        return features

    def _photos_near(self, places):
        """Return the photos that are within the radius of any place."""
        if self.radius_km is None:
            return np.arange(len(self._gallery))
        near = np.zeros(len(self._gallery), dtype=bool)
        for place in np.unique(places, axis=0):
            near[self._gallery.within(place, self.radius_km)] = True
        return np.flatnonzero(near)

    def _search(self, queries, near, tags, known, k):
        """Search with the scores of some tags for the photos near any of the places."""
        column = np.searchsorted(tags, queries.tags)

        def score(at, rows):
            return known[np.searchsorted(near, rows), column[at.start]][np.newaxis]

        radius_km = np.inf if self.radius_km is None else self.radius_km
        return search(
            self._gallery, queries, score, k, within_km=radius_km, dtype=known.dtype
        )


def _some(queries, asked):
    """Take some of the queries."""
    exclude = None if queries.exclude is None else queries.exclude[asked]
    return Queries(queries.tags[asked], None, queries.places[asked], exclude, False)
