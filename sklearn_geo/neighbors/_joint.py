# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags of a photo: those of the photos near it and of the photos that look like it."""

import numbers

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.preprocessing import normalize
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo.base import GeoEstimator
from sklearn_geo.neighbors._by_looks import ByLooks
from sklearn_geo.neighbors._from_photos import FromPhotos
from sklearn_geo.neighbors._looks import Excluded
from sklearn_geo.neighbors._others import nearest_others
from sklearn_geo.neighbors._visual import check_corpus_features
from sklearn_geo.neighbors._weights import add_up, in_type, weights


class JointNeighborTagPropagator(ByLooks, FromPhotos, TransformerMixin, GeoEstimator):
    r"""Tag distribution of a photo, from its geographic and its visual neighbours.

    Liao et al. [1]_ take tags of a photo from the photos taken near it and from those
    that look like it. Both kinds of neighbours are weighted by
    :math:`\exp(-d / \sigma)`, each in its own space, and their union adds up to one
    row: a photo that is a neighbour of both kinds counts twice.

    Parameters
    ----------
    n_neighbors : int, default=150
        How many geographic neighbours a photo has. If there are fewer, all are taken.

    n_visual_neighbors : int, default=150
        How many visual neighbours it has.

    sigma_km : float, default=10.0
        Distance in km over which the weight of a geographic neighbour falls to 1 / e.

    visual_sigma : float or None, default=1.0
        Distance in the feature space over which that of a visual neighbour does. None
        weighs all of them alike.

    geo_weight : float, default=0.5
        Share of the geographic neighbours, between 0 and 1, in the weights. With 0 only
        visual neighbours count (Wang et al. [2]_), with 1 only geographic ones.

    metric : {"cosine", "euclidean"}, default="cosine"
        Distance in the feature space.

    location : "auto" or pair of str or int, default=(0, 1)
        The latitude and the longitude column of X, by name or position. "auto" goes by
        names. All other columns are what photos look like.

    norm : {"l1", "l2", "max"} or None, default="l1"
        Norm that rows are scaled to. None keeps the weighted averages of tags.

    radius_km : float, default=None
        Geographic neighbours farther than this are none.

    ann : bool, default=False
        Find visual neighbours by an approximate index: a graph of `faiss`, of the extra
        `ann`, that is built in `fit`. It misses a few of them, and pays off from some
        hundred thousand photos on. Distances are exact, and so is everything else.

    exclude_self : {"fit_transform", False}, default="fit_transform"
        Whether `fit_transform` leaves a photo out of its own neighbours. Otherwise a
        training row contains its own tags. `transform`, which sees new photos, leaves
        nothing out.

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

    n_jobs : int, default=None
        Number of threads that look for geographic neighbours; None is 1 outside a
        `joblib.parallel_config` context, and -1 is all processors.

    verbose : bool or int, default=0
        1 prints a line a second while rows are computed, if that takes so long.

    Attributes
    ----------
    corpus_ : GeoTagCorpus
        The photos tags are taken from: `corpus`, or those seen in `fit`.

    n_features_in_ : int
        Number of columns seen in `fit`, the place included.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    GeoNeighborTagPropagator : Geographic neighbours only.
    VisualNeighborTagPropagator : Visual neighbours only.

    Notes
    -----
    With weights :math:`u_{ij} = \exp(-d_{ij} / \sigma)` of the geographic neighbours
    that have tags, :math:`v_{ij}` of the visual ones, and share :math:`\alpha`, the row
    of a photo i is

    .. math::
        g_i \propto \alpha \frac{\sum_j u_{ij} T_j}{\sum_j u_{ij}}
        + (1 - \alpha) \frac{\sum_j v_{ij} T_j}{\sum_j v_{ij}},

    so that the share means the same everywhere, in the city as in the desert. Where one
    kind of neighbour has no tags its part is zero: normalised, the row is the other's.
    Weights are computed relative to the largest and never vanish. Distances and ties
    are those of the two estimators for one kind of neighbour.

    References
    ----------
    .. [1] S. Liao, X. Li, H. T. Shen, Y. Yang and X. Du, "Tag Features for Geo-Aware
       Image Classification", IEEE Transactions on Multimedia, 17(7), 2015.

    .. [2] G. Wang, D. Hoiem and D. Forsyth, "Building Text Features for Object Image
       Classification", CVPR, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.neighbors import JointNeighborTagPropagator
    >>> photos = np.array([[48.86, 2.29, 1.0, 0.0], [48.86, 2.29, 0.0, 1.0],
    ...                    [40.69, -74.04, 0.0, 1.0]])
    >>> tags = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]])
    >>> encoder = JointNeighborTagPropagator(2, 1, norm=None, sparse_output=False)
    >>> encoder.fit(photos, tags).transform([[48.86, 2.29, 1.0, 0.1]])
    array([[1.  , 0.25, 0.  ]])
    """

    _parameter_constraints: dict = {
        **FromPhotos._parameter_constraints,
        "n_neighbors": [Interval(numbers.Integral, 1, None, closed="left")],
        "n_visual_neighbors": [Interval(numbers.Integral, 1, None, closed="left")],
        "sigma_km": [Interval(numbers.Real, 0.0, None, closed="neither")],
        "visual_sigma": [Interval(numbers.Real, 0.0, None, closed="neither"), None],
        "geo_weight": [Interval(numbers.Real, 0.0, 1.0, closed="both")],
        "metric": [StrOptions({"cosine", "euclidean"})],
        "location": ["array-like", StrOptions({"auto"})],
        "norm": [StrOptions({"l1", "l2", "max"}), None],
        "radius_km": [Interval(numbers.Real, 0.0, None, closed="left"), None],
        "ann": ["boolean"],
    }

    def __init__(
        self,
        n_neighbors=150,
        n_visual_neighbors=150,
        *,
        sigma_km=10.0,
        visual_sigma=1.0,
        geo_weight=0.5,
        metric="cosine",
        location=(0, 1),
        norm="l1",
        radius_km=None,
        ann=False,
        exclude_self="fit_transform",
        exclude_same_group=False,
        corpus=None,
        sparse_output=True,
        dtype=np.float64,
        n_jobs=None,
        verbose=0,
    ):
        self.n_neighbors = n_neighbors
        self.n_visual_neighbors = n_visual_neighbors
        self.sigma_km = sigma_km
        self.visual_sigma = visual_sigma
        self.geo_weight = geo_weight
        self.metric = metric
        self.location = location
        self.norm = norm
        self.radius_km = radius_km
        self.ann = ann
        self.exclude_self = exclude_self
        self.exclude_same_group = exclude_same_group
        self.corpus = corpus
        self.sparse_output = sparse_output
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, groups=None):
        """Index photos, or read nothing but the columns of X if there is a corpus.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2 + n_features)
            A latitude, a longitude, and what the photos look like.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags)
            Tag indicator: how often each photo carries each tag, not negative. Ignored
            if there is a corpus.

        groups : array-like of shape (n_photos,), default=None
            Users or albums the photos belong to, as text or numbers. Ignored if there
            is a corpus.

        Returns
        -------
        self : JointNeighborTagPropagator
            The fitted transformer.
        """
        self._fit(X, y, groups)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None, *, groups=None):
        """Index photos, and propagate to each the tags of the others.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2 + n_features)
            A latitude, a longitude, and what the photos look like.

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
            places, features = self._fit(X, y, groups)
            own_rows = self._own_rows(places, groups)
            return self._propagate(places, features, own_rows, groups)

    def transform(self, X, *, groups=None):
        """Propagate tags of the nearest and of the most similar photos.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2 + n_features)
            A latitude, a longitude, and what the photos look like.

        groups : array-like of shape (n_photos,), default=None
            Users or albums of the rows. With ``exclude_same_group=True`` photos of the
            same group are left out; groups that have no photo leave out nothing.

        Returns
        -------
        {csr_matrix, csr_array, ndarray, data frame} of shape (n_photos, n_tags)
            Tag distributions.
        """
        self._check_asked()
        places, features = self._read(X, reset=False)
        return self._propagate(places, features, None, groups)

    def __sklearn_is_fitted__(self):
        return hasattr(self, "_index")

    def _fit(self, X, y, groups):
        with all_or_nothing(self):
            self._check_dtype()
            self._check_y_or_corpus(y)
            places, features = self._read(X, reset=True)
            # Their memory may be the caller's, and a corpus never changes.
            self._learn_photos(places, y, groups, features.copy())
            if self.corpus is not None:
                check_corpus_features(self.corpus, features)
            self._index_looks(self.corpus_.features, self.corpus_)
            return places, features

    def _read(self, X, *, reset):
        places, features = self._read_located(X, location=self.location, reset=reset)
        if not features.shape[1]:
            raise ValueError(
                "X has 2 feature(s), a latitude and a longitude, and nothing that says "
                "what photos look like. Add such columns, or use "
                "GeoNeighborTagPropagator."
            )
        return places, features

    def _propagate(self, places, features, own_rows, groups):
        corpus, dtype = self.corpus_, np.dtype(self.dtype)
        groups = self._query_groups(places, groups)
        tagged = np.diff(corpus.tags.indptr) > 0
        looks = self._index

        def of(batch, values):
            return None if values is None else values[batch]

        def geographic(batch):
            km, rows = nearest_others(
                corpus.index,
                places[batch],
                self.n_neighbors,
                own_rows=of(batch, own_rows),
                groups=of(batch, groups),
                corpus_places=corpus.places,
                corpus_groups=corpus._group_codes,
                radius_km=self.radius_km,
                n_jobs=self.n_jobs,
            )
            return km, rows, self.sigma_km

        def visual(batch):
            left_out = Excluded(
                of(batch, own_rows), of(batch, groups), corpus._group_codes
            )
            found = looks.nearest(features[batch], self.n_visual_neighbors, left_out)
            return *found, self.visual_sigma

        def weights_of(batch):
            total = None
            geo_weight = float(self.geo_weight)
            parts = (geographic, geo_weight), (visual, 1.0 - geo_weight)
            for neighbors_of, share in parts:
                if share == 0.0:
                    continue
                distances, rows, sigma = neighbors_of(batch)
                each = weights(
                    distances, rows, tagged, sigma=sigma, relative=True, dtype=dtype
                )
                each = normalize(each, norm="l1", copy=False)
                each.data *= share
                total = each if total is None else total + each
            return total

        return add_up(
            gen_batches(len(places), looks.query_rows()),
            weights_of,
            in_type(corpus.tags, dtype),
            norm=self.norm,
            sparse_output=self.sparse_output,
            n_rows=len(places),
            progress=self._progress(len(places)),
        )
