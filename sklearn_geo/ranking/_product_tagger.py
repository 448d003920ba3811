# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A model of the picture and a place prior, multiplied."""

from numbers import Real

import numpy as np
from scipy.special import logsumexp, softmax
from sklearn import get_config
from sklearn.base import _fit_context
from sklearn.model_selection import GroupShuffleSplit, ShuffleSplit
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import HasMethods, Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._blocks import blocks
from sklearn_geo._labels import check_groups
from sklearn_geo._settings import check_settings
from sklearn_geo.base import GeoEstimator
from sklearn_geo.partition._cells import read_weights
from sklearn_geo.ranking._experts import (
    columns_of_features,
    fit_expert,
    has_location,
    plain_tags,
    tag_proba,
    take_columns,
    take_rows,
)
from sklearn_geo.ranking._place_columns import PlaceColumns
from sklearn_geo.ranking._tagger import TaggerMixin

__all__ = ["ProductTagger"]

# What weight="auto" tries, and how many held-out photos it looks at.
_WEIGHTS = np.arange(21) / 10
_MOST_HELD_OUT = 2000
_NAMES = ("photo_model", "place_model")
# A tag that nobody has counts as if half a photo had it.
_HALF_A_PHOTO = 0.5


class ProductTagger(TaggerMixin, PlaceColumns, GeoEstimator):
    r"""Suggest tags by a model of the picture and a place prior: a product of experts.

    If what is in the picture and where it was taken were independent, given the tag,
    this would be all there is to know. They are not (what is called *carretera* in
    Costa Rica is a *road* elsewhere), but it is what a joint model such as
    :class:`LocSensRanker` has to beat, costs nothing to train, and is missing in its
    paper.

    Parameters
    ----------
    photo_model : estimator
        A classifier with `predict_proba`, of shape (n_rows, n_tags) or a list of
        arrays, as forests return it: :class:`HashtagEmbedding`, or for instance
        :class:`~sklearn.multiclass.OneVsRestClassifier`. It is cloned and fitted to all
        columns but those of the place, or taken as it is from a
        :class:`sklearn.frozen.FrozenEstimator`.

    place_model : estimator
        Likewise, for the place: :class:`KernelTagger`, :class:`PlaceFrequencyTagger`,
        or any classifier of two columns, latitude and longitude.

    weight : float or "auto", default=1.0
        How much the place counts: 0 is the picture alone, 1 the product. "auto" holds
        out photos, tries 0, 0.1, ... 2, takes the one under which their tags are the
        likeliest, and then fits both models to all photos. Tell `fit` the users
        (`groups`) then: photos of one album leak.

    floor : float, default=1e-6
        A probability below this share of the tag's frequency counts as that much, so
        that no expert ever rules out a tag.

    validation_fraction : float, default=0.1
        Share of the photos (of the groups) that "auto" holds out.

    location : "auto" or pair of str or int, default=(0, 1)
        The latitude and the longitude column of X, by name or position. "auto" goes by
        names. A model that has a parameter of this name reads the whole table, and is
        told this.

    tag_names : array-like of str, default=None
        What the tags are called. None takes the column names of y, if it has some.

    omit_tags : collection of str or int, default=None
        Tags that are never suggested, by name or column, such as place names.

    n_suggested : int, default=10
        How many tags :meth:`predict` suggests.

    threshold : float, default=None
        Suggest the tags of at least this score instead.

    untagged : {"skip", "error"}, default="skip"
        What to do with training photos without tags: pass over them with a warning, or
        raise.

    random_state : int, RandomState instance or None, default=None
        Decides which photos "auto" holds out, and what models leave to chance that have
        no `random_state` of their own.

    Attributes
    ----------
    photo_model_, place_model_ : estimator
        The fitted models.

    weight_ : float
        How much the place counts.

    tag_frequencies_ : ndarray of shape (n_tags,)
        The share of each tag in all (weighted) tags; one of less than half a photo, or
        half a weight of 1, counts as that much.

    tag_counts_ : ndarray of int of shape (n_tags,)
        Number of photos that have each tag.

    tag_names_ : list of str or None
        What the tags are called.

    n_tags_ : int
        Number of tags.

    classes_ : ndarray of int of shape (n_tags,)
        Numbers of the tags, for `cross_val_predict`.

    n_untagged_ : int
        Number of training photos without tags.

    n_features_in_ : int
        Number of columns seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    LocSensRanker : Learns what the two say together.
    KernelTagger : A place prior without borders.
    PlaceFrequencyTagger : The tags of a region, counted.

    Notes
    -----
    The score of a tag t for a photo v at a place x is, with weight w,

    .. math::
        \log p(t \mid v) + w \, (\log p(t \mid x) - \log p(t)).

    Rows of `predict_proba` are divided by their sums first, so that models of
    independent tags may be used too. :math:`p(t)` is the share of t in the tags of
    `fit`; both other probabilities are at least `floor` times that.

    Columns that name the regions of a :class:`PlaceFrequencyTagger` are not shown to
    the model of the picture. A model that has a parameter `location`, like
    :class:`~sklearn_geo.neighbors.NeighborVoteAnnotator`, is shown all columns.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.multiclass import OneVsRestClassifier
    >>> from sklearn_geo.ranking import KernelTagger, ProductTagger
    >>> photos = np.array([[9.9, -84.1, 1.0], [9.9, -84.1, 0.0],
    ...                    [55.9, -3.2, 1.0], [55.9, -3.2, 0.0]])
    >>> tags = np.array([[1, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0, 1]])
    >>> names = ["carretera", "road", "sea"]
    >>> tagger = ProductTagger(
    ...     OneVsRestClassifier(LogisticRegression()),
    ...     KernelTagger(1.0, smoothing=1.0),
    ...     tag_names=names,
    ... ).fit(photos, tags)
    >>> road_anywhere = [[9.9, -84.1, 1.0], [55.9, -3.2, 1.0]]
    >>> [names[t] for t in tagger.predict_topk(road_anywhere, 1).ravel()]
    ['carretera', 'road']
    """

    _parameter_constraints: dict = {
        **TaggerMixin._tagger_constraints,
        **TaggerMixin._untagged_constraint,
        **PlaceColumns._location_constraint,
        "photo_model": [HasMethods(["fit", "predict_proba"])],
        "place_model": [HasMethods(["fit", "predict_proba"])],
        "weight": [Interval(Real, 0.0, None, closed="left"), StrOptions({"auto"})],
        "floor": [Interval(Real, 0.0, 1.0, closed="neither")],
        "validation_fraction": [Interval(Real, 0.0, 1.0, closed="neither")],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        photo_model,
        place_model,
        *,
        weight=1.0,
        floor=1e-6,
        validation_fraction=0.1,
        location=(0, 1),
        tag_names=None,
        omit_tags=None,
        n_suggested=10,
        threshold=None,
        untagged="skip",
        random_state=None,
    ):
        self.photo_model = photo_model
        self.place_model = place_model
        self.weight = weight
        self.floor = floor
        self.validation_fraction = validation_fraction
        self.location = location
        self.tag_names = tag_names
        self.omit_tags = omit_tags
        self.n_suggested = n_suggested
        self.threshold = threshold
        self.untagged = untagged
        self.random_state = random_state

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Fit both models.

        Parameters
        ----------
        X : {array-like, sparse array or matrix, data frame} of shape \
                (n_photos, n_features)
            Columns of latitude and longitude, and what photos look like.

        y : {array-like, sparse array or matrix, data frame} of shape (n_photos, n_tags)
            The tag indicator. It is handed on as it is: pass what the models take.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts, for both models.

        groups : array-like of shape (n_photos,), default=None
            Users or albums: ``weight="auto"`` holds out whole ones, and models whose
            `fit` takes groups get them.

        Returns
        -------
        self : ProductTagger
            The fitted tagger.
        """
        with all_or_nothing(self):
            X = self._open(X, reset=True)
            # What is wrong with places is told before models are fitted.
            self._places_of(X)
            indicator = self._read_target(y, X.shape[0])
            weights = read_weights(sample_weight, X.shape[0])
            if groups is not None:
                groups = check_groups(groups, X.shape[0])[1]
            rows = self._teaching_rows(indicator, weights)
            lesson = (X, plain_tags(y), weights, groups)
            if rows is not None:
                # Nothing is learnt from photos without tags or weight, by either.
                indicator = indicator[rows]
                lesson = _some(lesson, rows)
            weights = lesson[2]
            if weights is None:
                weights = np.ones(indicator.shape[0])
            # Huge weights are made smaller together, so that their sums are finite.
            power = max(0, int(np.frexp(weights.max(initial=0.0))[1]) - 512)
            counts = indicator.T @ np.ldexp(weights, -power)
            counts = np.maximum(counts, np.ldexp(_HALF_A_PHOTO, -power))
            self.tag_frequencies_ = counts / counts.sum()
            random = check_random_state(self.random_state)
            self._seed = int(random.randint(np.iinfo(np.int32).max))
            self.weight_ = self.weight
            if self.weight == "auto":
                self.weight_ = self._best_weight(lesson, indicator)
            self.photo_model_, self.place_model_ = self._fit_experts(lesson)
        return self

    def predict_proba(self, X):
        """Return the probability that a random tag of the photo is each of the tags.

        Parameters
        ----------
        X : array-like of shape (n_rows, n_features)
            As in :meth:`fit`.

        Returns
        -------
        proba : ndarray of shape (n_rows, n_tags)
            The softmax of the scores; rows sum to 1. Tags of `omit_tags` keep their
            probability: they are left out of suggestions only.
        """
        check_is_fitted(self)
        proba = None
        for rows, scores in self._score_blocks(X):
            if proba is None:  # what X is was checked by now
                proba = np.empty((self._n_rows(X), self.n_tags_))
            proba[rows] = softmax(scores, axis=1)
        return proba

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "photo_model_")

    def _score_blocks(self, X):
        check_settings(self, "floor")
        X = self._open(X, reset=False)
        experts = (self.photo_model_, self.place_model_)
        for rows, photo, place in self._log_proba(X, experts):
            photo += self.weight_ * place
            yield rows, photo

    def _parts_of(self, X, photo_model, place_model):
        """Return what the model of the picture reads, and what that of the place."""
        features = X
        if not has_location(photo_model):
            columns = columns_of_features(X, self.location, place_model)
            features = take_columns(X, columns)
            if not features.shape[1]:
                raise ValueError(
                    f"X has {X.shape[1]} feature(s), and none besides the place: "
                    "photo_model has nothing to look at."
                )
        places = X if has_location(place_model) else self._places_of(X)
        return features, places

    def _fit_experts(self, lesson):
        X, y, sample_weight, groups = lesson
        params = {
            "location": self.location,
            "seed": self._seed,
            "sample_weight": sample_weight,
            "groups": groups,
        }
        features, places = self._parts_of(X, self.photo_model, self.place_model)
        return (
            fit_expert(self.photo_model, features, y, name="photo_model", **params),
            fit_expert(self.place_model, places, y, name="place_model", **params),
        )

    def _log_proba(self, X, experts):
        """Yield rows, log p(t | photo), and log p(t | place) - log p(t)."""
        least = self.floor * self.tag_frequencies_
        parts = self._parts_of(X, *experts)
        memory = get_config()["working_memory"] * 2**20
        for rows in blocks(X.shape[0], max(1, int(memory // (64 * self.n_tags_)))):
            found = []
            for model, part, name in zip(experts, parts, _NAMES, strict=True):
                proba = tag_proba(model, take_rows(part, rows), self.n_tags_, name)
                least = np.maximum(least, np.finfo(proba.dtype).tiny)
                found.append(np.log(np.maximum(proba, least, out=proba), out=proba))
            photo, place = found
            place -= np.log(self.tag_frequencies_)
            yield rows, photo, place

    def _best_weight(self, lesson, indicator):
        """Return the weight under which the tags of held-out photos are likeliest."""
        train, held_out = self._split(lesson)
        experts = self._fit_experts(_some(lesson, train))
        X, _, weights, _ = _some(lesson, held_out)
        weights = np.ones(len(held_out)) if weights is None else weights
        likelihood = np.zeros(len(_WEIGHTS))
        for rows, photo, place in self._log_proba(X, experts):
            truth = indicator[held_out[rows]]
            n_tags = np.diff(truth.indptr)
            at = np.repeat(np.arange(len(n_tags)), n_tags)
            counts = np.repeat(weights[rows] / n_tags, n_tags)
            for k, weight in enumerate(_WEIGHTS):
                scores = photo + weight * place
                log_proba = scores[at, truth.indices] - logsumexp(scores, axis=1)[at]
                likelihood[k] += counts @ log_proba
        return float(_WEIGHTS[np.argmax(likelihood)])

    def _split(self, lesson):
        """Return the rows to learn from and those held out, whole groups of them."""
        X, _, _, groups = lesson
        n_kinds = X.shape[0] if groups is None else len(np.unique(groups))
        if n_kinds < 2:
            what = "tagged photo" if groups is None else "group"
            raise ValueError(
                f'weight="auto" holds out photos, but there is only one {what}. Set '
                "weight to a number."
            )
        splitter = ShuffleSplit if groups is None else GroupShuffleSplit
        split = splitter(
            1, test_size=self.validation_fraction, random_state=self.random_state
        )
        train, held_out = next(split.split(np.empty(X.shape[0]), groups=groups))
        every = -(-len(held_out) // _MOST_HELD_OUT)
        return train, held_out[::every]


def _some(lesson, rows):
    """Take some rows of all that belongs to photos."""
    return tuple(None if part is None else take_rows(part, rows) for part in lesson)
