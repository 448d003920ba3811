# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags of a photo by the votes of photos near it that look like it."""

import numbers

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import ClassifierMixin, _fit_context
from sklearn.preprocessing import normalize
from sklearn.utils import assert_all_finite, gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import (
    check_is_fitted,
    column_or_1d,
)

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._labels import (
    check_rows,
    class_array,
    first_missing,
    is_number,
    number_labels,
    positions,
)
from sklearn_geo._numbers import naming
from sklearn_geo._same_names import same_names
from sklearn_geo._settings import check_settings
from sklearn_geo._tables import check_sparse
from sklearn_geo._tags import as_output, read_tags
from sklearn_geo._weights import check_weights
from sklearn_geo.base import GeoEstimator
from sklearn_geo.neighbors._corpus import GeoTagCorpus
from sklearn_geo.neighbors._looks import FeatureIndex
from sklearn_geo.neighbors._others import nearest_others
from sklearn_geo.neighbors._weights import add_up, multiply, weights

# What one candidate of one photo takes until it has a weight.
_CANDIDATE_BYTES = 128
# More classes do not fit into memory.
_MOST_TAGS = 10_000_000


class NeighborVoteAnnotator(ClassifierMixin, GeoEstimator):
    """Annotate photos by the votes of photos near them that look like them.

    The recipe of Kleban et al. [1]_ for annotating photos anywhere on earth: the
    `n_neighbors` photos nearest to the place are candidates, those `n_votes` of them
    that look most like the photo vote, and a tag gets the share of the votes of photos
    that carry it. A classic baseline: nothing is trained.

    Parameters
    ----------
    n_neighbors : int, default=150
        How many photos around the place are candidates. If there are fewer, all are.

    n_votes : int, default=15
        How many of the candidates vote: those that look most like the photo.

    radius_km : float, default=None
        Photos farther than this are no candidates.

    sigma : float, default=None
        Distance in the feature space over which the weight of a vote falls to 1 / e.
        None weighs all votes alike.

    metric : {"cosine", "euclidean"}, default="cosine"
        Distance in the feature space.

    threshold : float, default=0.5
        Share of the votes that a tag needs for :meth:`predict` to give it to a photo.
        Classes (`y` of one dimension) need none: the one with most votes wins.

    location : "auto" or pair of str or int, default=(0, 1)
        The latitude and the longitude column of X, by name or position. "auto" goes by
        names. All other columns are what photos look like.

    n_jobs : int, default=None
        Number of threads that look for candidates; None is 1 outside a
        `joblib.parallel_config` context, and -1 is all processors.

    Attributes
    ----------
    classes_ : ndarray of shape (n_tags,) or (n_classes,)
        Numbers of the columns of `y`, or the classes if it has one dimension.

    tag_names_ : tuple of str or None
        Names of the columns of `y`, if it is a data frame.

    corpus_ : GeoTagCorpus
        The photos seen in `fit`.

    n_features_in_ : int
        Number of columns seen in `fit`, the place included.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    JointNeighborTagPropagator : Adds up both kinds of neighbours, as a feature.
    GeoNeighborTagPropagator : The photos around a place, all of them.

    Notes
    -----
    A photo without tags votes for none of them. Where there are no candidates, within
    `radius_km`, the shares are those of all training photos. Candidates that look
    equally similar vote in the order of their geographic distance, and then of their
    rows.

    A photo that was in the training set votes for its own tags: measure on photos, and
    users, that were not (see :mod:`sklearn_geo.model_selection`).

    References
    ----------
    .. [1] J. Kleban, E. Moxley, J. Xu and B. S. Manjunath, "Global Annotation on
       Georeferenced Photographs", ACM International Conference on Image and Video
       Retrieval, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.neighbors import NeighborVoteAnnotator
    >>> photos = np.array([[48.86, 2.29, 1.0, 0.0], [48.86, 2.30, 1.0, 0.2],
    ...                    [48.86, 2.29, 0.0, 1.0], [40.69, -74.04, 1.0, 0.0]])
    >>> tags = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [0, 0, 1]])
    >>> annotator = NeighborVoteAnnotator(n_neighbors=3, n_votes=2).fit(photos, tags)
    >>> annotator.predict_proba([[48.86, 2.29, 1.0, 0.1]])
    array([[1. , 0.5, 0. ]])
    >>> annotator.predict([[48.86, 2.29, 1.0, 0.1]])
    array([[1, 1, 0]])
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(numbers.Integral, 1, None, closed="left")],
        "n_votes": [Interval(numbers.Integral, 1, None, closed="left")],
        "radius_km": [Interval(numbers.Real, 0.0, None, closed="left"), None],
        "sigma": [Interval(numbers.Real, 0.0, None, closed="neither"), None],
        "metric": [StrOptions({"cosine", "euclidean"})],
        "threshold": [Interval(numbers.Real, 0.0, 1.0, closed="right")],
        "location": ["array-like", StrOptions({"auto"})],
        "n_jobs": [numbers.Integral, None],
    }

    def __init__(
        self,
        n_neighbors=150,
        n_votes=15,
        *,
        radius_km=None,
        sigma=None,
        metric="cosine",
        threshold=0.5,
        location=(0, 1),
        n_jobs=None,
    ):
        self.n_neighbors = n_neighbors
        self.n_votes = n_votes
        self.radius_km = radius_km
        self.sigma = sigma
        self.metric = metric
        self.threshold = threshold
        self.location = location
        self.n_jobs = n_jobs

    def __sklearn_is_fitted__(self):
        return hasattr(self, "corpus_")

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Index photos.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2 + n_features)
            A latitude, a longitude, and what the photos look like.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags), or \
                array-like of shape (n_photos,)
            Tag indicator: anything above zero is a tag that a photo carries. Of one
            dimension (or one column), the class of each photo.

        Returns
        -------
        self : NeighborVoteAnnotator
            The fitted annotator.
        """
        self._check_target(y)
        with all_or_nothing(self):
            places, features = self._read(X, reset=True)
            self._many = _n_columns(y) > 1
            self._sparse_y = sparse.issparse(y)
            names = None
            if self._many:
                if _n_columns(y) > _MOST_TAGS:
                    raise ValueError(
                        f"y has {_n_columns(y):,} columns, and each would be a class: "
                        f"{_MOST_TAGS:,} are the most. Leave out columns without tags."
                    )
                tags, names = read_tags(y, name="y")
                tags.data = np.ones(tags.nnz)
                self.classes_ = np.arange(tags.shape[1])
            else:
                labels = _read_labels(y, warn=not self._sparse_y)
                self.classes_, codes = _classes_of(labels)
                n_labels, n_classes = len(labels), len(self.classes_)
                parts = (np.ones(n_labels), codes, np.arange(n_labels + 1))
                tags = sparse.csr_array(parts, shape=(n_labels, n_classes))
            check_rows(len(places), tags, "y")
            self.tag_names_ = None if names is None else tuple(names)
            self.corpus_ = GeoTagCorpus._of(places, tags, names, None, features.copy())
        return self

    def predict_proba(self, X):
        """Return the share of the votes that each tag gets.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2 + n_features)
            A latitude, a longitude, and what the photos look like.

        Returns
        -------
        ndarray of shape (n_photos, n_tags) or (n_photos, n_classes)
            Shares between 0 and 1. Those of classes sum to one.
        """
        return self._shares(X).toarray()

    def predict(self, X):
        """Give each photo the tags with enough votes, or the class with most.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2 + n_features)
            A latitude, a longitude, and what the photos look like.

        Returns
        -------
        {ndarray, csr_matrix, csr_array} of shape (n_photos, n_tags), or ndarray of \
                shape (n_photos,)
            Tag indicator, sparse if `y` was, or classes.
        """
        shares = self._shares(X)
        if not self._many:
            return self.classes_[_winners(shares)]
        given = self._given(shares)
        return as_output(given) if self._sparse_y else given.toarray()

    def score(self, X, y, sample_weight=None):
        """Return the share of photos whose class, or whose tags, are all right.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2 + n_features)
            A latitude, a longitude, and what the photos look like.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags), or \
                array-like of shape (n_photos,)
            As in `fit`.

        sample_weight : array-like of shape (n_photos,), default=None
            What each photo counts.

        Returns
        -------
        float
            Between 0 and 1.
        """
        shares = self._shares(X)
        self._check_target(y)
        check_rows(shares.shape[0], y, "y")
        if self._many:
            wrong = self._given(shares) != self._read_truth(y)
            right = np.diff(sparse.csr_array(wrong).indptr) == 0
        else:
            labels = _read_labels(y, warn=False)
            _classes_of(labels)
            if is_number(labels) != is_number(self.classes_):
                raise TypeError(
                    f"y holds {labels.dtype}, and the classes of fit are of "
                    f"{self.classes_.dtype}: make both text, or both numbers."
                )
            right = positions(labels, self.classes_) == _winners(shares)
        if sample_weight is None:
            return float(right.mean())
        weights = check_weights(sample_weight, right)
        return float(np.average(right, weights=weights / weights.max()))

    def _given(self, shares):
        """Turn shares into the tags that have enough votes, in place."""
        # Sums of equal votes may be a rounding error short.
        shares.data = (shares.data >= float(self.threshold) - 1e-9).astype(np.int64)
        shares.eliminate_zeros()
        return shares

    def _check_target(self, y):
        """Refuse what is neither an indicator nor classes."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None. Pass a tag indicator, or the class of each photo."
            )
        if getattr(getattr(y, "dtype", None), "kind", "") == "V":
            raise TypeError(
                f"y has the dtype {y.dtype}: pass one of its fields, for example "
                "y[name], or a tag indicator."
            )
        check_sparse(y, "y")

    def _read_truth(self, y):
        """Return the indicator of photos that are scored: the tags of fit."""
        truth, names = read_tags(y, name="y")
        if truth.shape[1] != len(self.classes_):
            raise ValueError(
                f"y has {truth.shape[1]} tags, but fit had {len(self.classes_)}. Pass "
                "the same columns in the same order."
            )
        same_names(
            names,
            self.tag_names_,
            what="The tags of y",
            remedy="Scores are of the tags of fit.",
        )
        truth.data = np.ones(truth.nnz, dtype=np.int64)
        return truth

    def _read(self, X, *, reset):
        places, features = self._read_located(X, location=self.location, reset=reset)
        if not features.shape[1]:
            raise ValueError(
                "X has 2 feature(s), a latitude and a longitude, and nothing that says "
                "what photos look like. Add such columns."
            )
        return places, features

    def _shares(self, X):
        """Return shares of votes as a csr_array."""
        check_is_fitted(self)
        check_settings(self)
        places, features = self._read(X, reset=False)
        corpus = self.corpus_
        looks = FeatureIndex(corpus.features, self.metric)
        # A photo without tags has a vote as well.
        everybody = np.ones(corpus.n_photos, dtype=bool)

        def votes_of(batch):
            km, rows = nearest_others(
                corpus.index,
                places[batch],
                self.n_neighbors,
                radius_km=self.radius_km,
                n_jobs=self.n_jobs,
            )
            # Nanometres decide about votes only where looks are the same.
            rows = _by_distance_and_row(km, rows)
            distances = looks.between(features[batch], rows)
            by = np.argsort(distances, axis=1, kind="stable")[:, : self.n_votes]
            votes = weights(
                np.take_along_axis(distances, by, axis=1),
                np.take_along_axis(rows, by, axis=1),
                everybody,
                sigma=self.sigma,
                relative=True,
                dtype=np.float64,
            )
            return normalize(votes, norm="l1", copy=False)

        memory = get_config()["working_memory"] * 2**20
        n_candidates = int(min(self.n_neighbors, corpus.n_photos))
        batch_rows = max(1, int(memory // (_CANDIDATE_BYTES * n_candidates)))
        voted = np.zeros(len(places), dtype=bool)

        def noted_votes_of(batch):
            votes = votes_of(batch)
            voted[batch] = np.diff(votes.indptr) > 0
            return votes

        shares = add_up(
            gen_batches(len(places), batch_rows),
            noted_votes_of,
            corpus.tags.astype(np.float64, copy=False),
            norm=None,
            sparse_output=True,
            n_rows=len(places),
        )
        shares = sparse.csr_array(shares)
        if not voted.all():
            n_photos = corpus.n_photos
            even = sparse.csr_array(np.full((1, n_photos), 1.0 / n_photos))
            prior = multiply(even, corpus.tags.astype(np.float64, copy=False))
            silent = sparse.csr_array((~voted).astype(np.float64)[:, np.newaxis])
            shares = sparse.csr_array(shares + multiply(silent, prior))
        # Nine votes of a ninth add up to a little more than one.
        np.minimum(shares.data, 1.0, out=shares.data)
        return shares

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags


def _n_columns(y):
    """Return the number of columns of y, 1 where it has one dimension."""
    shape = getattr(y, "shape", None)
    if shape is None:
        with naming("y"):
            shape = np.asarray(y).shape
    return shape[1] if len(shape) == 2 else 1


def _read_labels(y, *, warn):
    """Return one label a row, integers exactly, whatever holds them."""
    if sparse.issparse(y):
        y = y.toarray()
    elif hasattr(y, "iloc") and y.ndim == 2:
        y = y.iloc[:, 0]
    with naming("y"):
        return class_array(column_or_1d(class_array(y), warn=warn))


def _winners(shares):
    """Return the numbers of the classes with most votes."""
    return shares.toarray().argmax(axis=1)


def _classes_of(labels):
    """Return the classes there are, and the number of that of each photo."""
    if labels.dtype.kind == "f":
        assert_all_finite(labels, input_name="y")
    row = first_missing(labels)
    if row is not None:
        raise ValueError(
            f"y, row {row}: the class is missing ({labels[row]}). Leave out photos of "
            "unknown class."
        )
    classes, codes = number_labels(labels, name="y")
    with naming("y"):
        check_classification_targets(labels)
    return classes, codes


def _by_distance_and_row(km, rows):
    """Sort rows, nearest first; those within a micrometre go by their number."""
    with np.errstate(invalid="ignore"):  # of infinity
        farther = np.diff(km, axis=1, prepend=km[:, :1]) > 1e-9
    by = np.lexsort((rows, np.cumsum(farther, axis=1)), axis=-1)
    return np.take_along_axis(rows, by, axis=1)
