# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags of a photo: those of the photos that look like it."""

import numbers

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import (
    validate_data,
)

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._labels import check_rows
from sklearn_geo._numbers import naming
from sklearn_geo.base import GeoEstimator
from sklearn_geo.neighbors._by_looks import ByLooks
from sklearn_geo.neighbors._from_photos import FromPhotos
from sklearn_geo.neighbors._groups import check_groups
from sklearn_geo.neighbors._looks import Excluded
from sklearn_geo.neighbors._weights import add_up, in_type, weights


class VisualNeighborTagPropagator(ByLooks, FromPhotos, TransformerMixin, GeoEstimator):
    r"""Tag distribution of a photo, propagated from the photos that look like it.

    What :class:`GeoNeighborTagPropagator` does with places, this does with features of
    photos, such as the embeddings of a network: the tags of the `n_neighbors` nearest
    photos in the feature space are added up, each photo weighted by
    :math:`\exp(-d / \sigma)`, and the row is normalised. The visual half of Liao et al.
    [1]_; with ``sigma=None``, the votes of Wang et al. [2]_.

    Parameters
    ----------
    n_neighbors : int, default=150
        How many photos a photo takes tags from. If there are fewer, all are taken.
        Photos without tags count.

    sigma : float or None, default=1.0
        Distance in the feature space over which the weight of a photo falls to 1 / e.
        None weighs all neighbours alike.

    metric : {"cosine", "euclidean"}, default="cosine"
        Distance in the feature space. The cosine distance is one minus the cosine, from
        0 to 2, and 1 where a row has nothing but zeros.

    norm : {"l1", "l2", "max"} or None, default="l1"
        Norm that rows are scaled to. None keeps the sums of weights.

    ann : bool, default=False
        Find neighbours by an approximate index: a graph of `faiss`, of the extra `ann`,
        that is built in `fit`. It misses a few of them, and pays off from some hundred
        thousand photos on. Distances are exact, and so is everything else.

    exclude_self : {"fit_transform", False}, default="fit_transform"
        Whether `fit_transform` leaves a photo out of its own neighbours. Otherwise a
        training row contains its own tags, which are often what is to be predicted. A
        different photo that looks the same counts either way, and `transform`, which
        sees new photos, leaves nothing out.

    exclude_same_group : bool, default=False
        Leave out photos of the same group (user or album), because people tag their
        photos alike. Needs `groups` in `fit` (or in the corpus) and in `fit_transform`;
        `transform` leaves photos out if it gets `groups`.

    corpus : GeoTagCorpus, default=None
        The photos to take tags from, with features. With a corpus, `fit` reads neither
        labels nor groups, and `fit_transform` does what `transform` does.

    sparse_output : bool, default=True
        Return a sparse matrix (or array, as scikit-learn's ``sparse_interface`` says).
        Data frames, as of ``set_output(transform="pandas")``, need False.

    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Number type of the rows.

    verbose : bool or int, default=0
        1 prints a line a second while rows are computed, if that takes so long.

    Attributes
    ----------
    corpus_ : GeoTagCorpus or object
        The photos tags are taken from: `corpus`, or those seen in `fit`, which have the
        same `features`, `tags` and `tag_names`.

    n_features_in_ : int
        Number of columns seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    GeoNeighborTagPropagator : Tags of the photos around a place.
    JointNeighborTagPropagator : Both together.

    Notes
    -----
    Without `ann` neighbours are exact: every row is compared with every photo, in
    chunks bounded by
    ``sklearn.get_config()["working_memory"]``. Photos that are equally far are taken in
    the order of their rows, so a row does not depend on the others. Matrix products run
    on as many threads as the linear algebra library is given.

    References
    ----------
    .. [1] S. Liao, X. Li, H. T. Shen, Y. Yang and X. Du, "Tag Features for Geo-Aware
       Image Classification", IEEE Transactions on Multimedia, 17(7), 2015.

    .. [2] G. Wang, D. Hoiem and D. Forsyth, "Building Text Features for Object Image
       Classification", CVPR, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.neighbors import VisualNeighborTagPropagator
    >>> features = np.array([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]])
    >>> tags = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]])
    >>> encoder = VisualNeighborTagPropagator(2, sigma=None, sparse_output=False)
    >>> encoder.fit(features, tags).transform([[1.0, 0.05]]).round(3)
    array([[0.667, 0.333, 0.   ]])
    """

    _parameter_constraints: dict = {
        **FromPhotos._parameter_constraints,
        "n_neighbors": [Interval(numbers.Integral, 1, None, closed="left")],
        "sigma": [Interval(numbers.Real, 0.0, None, closed="neither"), None],
        "metric": [StrOptions({"cosine", "euclidean"})],
        "norm": [StrOptions({"l1", "l2", "max"}), None],
        "ann": ["boolean"],
    }
    _parameter_constraints.pop("n_jobs")

    def __init__(
        self,
        n_neighbors=150,
        *,
        sigma=1.0,
        metric="cosine",
        norm="l1",
        ann=False,
        exclude_self="fit_transform",
        exclude_same_group=False,
        corpus=None,
        sparse_output=True,
        dtype=np.float64,
        verbose=0,
    ):
        self.n_neighbors = n_neighbors
        self.sigma = sigma
        self.metric = metric
        self.norm = norm
        self.ann = ann
        self.exclude_self = exclude_self
        self.exclude_same_group = exclude_same_group
        self.corpus = corpus
        self.sparse_output = sparse_output
        self.dtype = dtype
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, groups=None):
        """Keep photos, or read nothing but the columns of X if there is a corpus.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            What the photos look like.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags)
            Tag indicator: how often each photo carries each tag, not negative. Ignored
            if there is a corpus.

        groups : array-like of shape (n_photos,), default=None
            Users or albums the photos belong to, as text or numbers. Ignored if there
            is a corpus.

        Returns
        -------
        self : VisualNeighborTagPropagator
            The fitted transformer.
        """
        self._fit(X, y, groups)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None, *, groups=None):
        """Keep photos, and propagate to each the tags of the others.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            What the photos look like.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags)
            Tag indicator. Ignored if there is a corpus.

        groups : array-like of shape (n_photos,), default=None
            Users or albums the photos belong to, as text or numbers.

        Returns
        -------
        {csr_matrix, csr_array, ndarray, data frame} of shape (n_photos, n_tags)
            Tag distributions.
        """
        with all_or_nothing(self):
            features = self._fit(X, y, groups)
            own_rows = self._own_rows(features, groups)
            return self._propagate(features, own_rows, groups)

    def transform(self, X, *, groups=None):
        """Propagate tags of the most similar photos to photos.

        Parameters
        ----------
        X : array-like of shape (n_photos, n_features)
            What the photos look like.

        groups : array-like of shape (n_photos,), default=None
            Users or albums of the rows. With ``exclude_same_group=True`` photos of the
            same group are left out; groups that have no photo leave out nothing.

        Returns
        -------
        {csr_matrix, csr_array, ndarray, data frame} of shape (n_photos, n_tags)
            Tag distributions.
        """
        self._check_asked()
        features = self._read_features(X, reset=False)
        return self._propagate(features, None, groups)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "corpus_")

    def _fit(self, X, y, groups):
        with all_or_nothing(self):
            self._check_dtype()
            self._check_y_or_corpus(y)
            features = self._read_features(X, reset=True)
            if self.corpus is not None:
                check_corpus_features(self.corpus, features)
                photos = self.corpus
            else:
                photos = _Photos(features, *self._read_tags(y))
                check_rows(len(features), photos.tags, "y")
                if groups is not None:
                    photos._group_values, photos._group_codes = check_groups(
                        groups, features
                    )
            self._check_groups_are_known(photos)
            self._index_looks(photos.features, self.corpus)
            self.corpus_ = photos
        return features

    def _read_features(self, X, *, reset):
        with naming("X"):
            return validate_data(self, X, reset=reset, dtype=[np.float64, np.float32])

    def _propagate(self, features, own_rows, groups):
        photos, dtype = self.corpus_, np.dtype(self.dtype)
        groups = self._query_groups(features, groups)
        index = self._index
        tagged = np.diff(photos.tags.indptr) > 0

        def weights_of(batch):
            distances, rows = index.nearest(
                features[batch],
                self.n_neighbors,
                Excluded(
                    None if own_rows is None else own_rows[batch],
                    None if groups is None else groups[batch],
                    photos._group_codes,
                ),
            )
            return weights(
                distances,
                rows,
                tagged,
                sigma=self.sigma,
                relative=self.norm is not None,
                dtype=dtype,
            )

        return add_up(
            gen_batches(len(features), index.query_rows()),
            weights_of,
            in_type(photos.tags, dtype),
            norm=self.norm,
            sparse_output=self.sparse_output,
            n_rows=len(features),
            progress=self._progress(len(features)),
        )


class _Photos:
    """Training photos without places: what is used of a GeoTagCorpus."""

    def __init__(self, features, tags, tag_names):
        self.features = features.copy()
        self.tags = tags
        self.tag_names = tag_names
        self.n_photos, self.n_tags = tags.shape
        self._group_values = self._group_codes = None


def check_corpus_features(corpus, features):
    """Refuse a corpus whose features cannot be compared with those of X."""
    if corpus.features is None:
        raise ValueError(
            "The corpus has no features, so nothing looks like its photos. Pass "
            "features= to GeoTagCorpus."
        )
    if corpus.features.shape[1] != features.shape[1]:
        raise ValueError(
            f"X has {features.shape[1]} features a photo, but those of the corpus have "
            f"{corpus.features.shape[1]}. Compute both in the same way."
        )
