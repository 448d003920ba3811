# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tags of a place: those of the photos around it, weighted by distance."""

import numbers

import numpy as np
from sklearn import get_config
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._tags import as_output
from sklearn_geo.base import GeoEstimator
from sklearn_geo.geometry import s2_leaf_ids
from sklearn_geo.neighbors._from_photos import FromPhotos
from sklearn_geo.neighbors._others import nearest_others
from sklearn_geo.neighbors._rows import RowBuilder
from sklearn_geo.neighbors._weights import in_type, multiply, scaled, weights

# Rows a block: what a block needs is small enough for the allocator to reuse.
_BLOCK_ROWS = 4096

# What one neighbour of one row takes on its way to a weight, and one tag of one row.
_NEIGHBOR_BYTES = 128
_TAG_BYTES = 32


class GeoNeighborTagPropagator(FromPhotos, TransformerMixin, GeoEstimator):
    r"""Tag distribution of a place, propagated from the nearest photos.

    Equation 3 of the GPS2Vec+ paper [1]_, after Liao et al. [2]_: the tags of the
    `n_neighbors` nearest photos are added up, each photo weighted by
    :math:`\exp(-d / \sigma)`, and the row is normalised to sum to one.

    Parameters
    ----------
    n_neighbors : int, default=150
        How many photos a place takes tags from. If there are fewer, all are taken.
        Photos without tags count.

    sigma_km : float, default=10.0
        Distance in km over which the weight of a photo falls to 1 / e.

    norm : {"l1", "l2", "max"} or None, default="l1"
        Norm that rows are scaled to. None keeps the sums of weights, which vanish where
        all photos are hundreds of `sigma_km` away.

    exclude_self : {"fit_transform", False}, default="fit_transform"
        Whether `fit_transform` leaves a photo out of its own neighbours. Otherwise a
        training row contains its own tags, which are often what is to be predicted. A
        different photo at the same place counts either way, and `transform`, which
        sees new places, leaves nothing out.

    exclude_same_group : bool, default=False
        Leave out photos of the same group (user or album), because people tag their
        photos alike. Needs `groups` in `fit` (or in the corpus) and in `fit_transform`;
        `transform` leaves photos out if it gets `groups`.

    radius_km : float, default=None
        Leave out photos farther than this. A place with none nearer has an empty row.

    corpus : GeoTagCorpus, default=None
        The photos to take tags from. With a corpus, `fit` reads neither labels nor
        groups, and `fit_transform` does what `transform` does.

    sparse_output : bool, default=True
        Return a sparse matrix (or array, as scikit-learn's ``sparse_interface`` says).
        Data frames, as of ``set_output(transform="pandas")``, need False.

    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Number type of the rows.

    n_jobs : int, default=None
        Number of threads that look for neighbours; None is 1 outside a
        `joblib.parallel_config` context, and -1 is all processors.

    verbose : bool or int, default=0
        1 prints a line a second while rows are computed, if that takes so long.

    Attributes
    ----------
    corpus_ : GeoTagCorpus
        The photos tags are taken from: `corpus`, or those seen in `fit`.

    n_features_in_ : int
        Number of columns seen in `fit`: two, latitude and longitude.

    feature_names_in_ : ndarray of shape (2,)
        Names of these columns, if they are strings.

    See Also
    --------
    GeoTagCorpus : Photos indexed once and shared by clones.
    PlaceIndex : The index that finds the neighbours.

    Notes
    -----
    With :math:`T_j` the tag indicator of photo j, the row of a place i is

    .. math::
        g_i = \frac{\sum_{j \in NN(i)} w_{ij} T_j}
                   {\| \sum_{j \in NN(i)} w_{ij} T_j \|},
        \qquad w_{ij} = \exp(-d_{ij} / \sigma),

    with great-circle distances :math:`d_{ij}` in kilometres. The paper gives
    :math:`\sigma = 10` without a unit; in metres, weights would vanish in float64
    beyond 7.5 km. A factor common to a row cancels when it is normalised, so weights
    are computed relative to that of the nearest photo with tags: a row is zero if, and
    only if, none of its photos has tags, however far they are.

    Rows do not depend on each other. Of photos that are equally far, those seen first
    are taken first.

    To leave single photos out in `transform`, give every photo a group of its own: with
    ``exclude_same_group=True``, ``transform(X, groups=photo_ids)`` leaves out the photo
    of each row.

    References
    ----------
    .. [1] Y. Yin, Y. Zhang, Z. Liu, Y. Liang, S. Wang, R. R. Shah and R. Zimmermann,
       "Learning Multi-context Aware Location Representations from Large-scale Geotagged
       Images", ACM Multimedia, 2021, section 3.3.

    .. [2] S. Liao, X. Li, H. T. Shen, Y. Yang and X. Du, "Tag Features for Geo-Aware
       Image Classification", IEEE Transactions on Multimedia, 17(7), 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.neighbors import GeoNeighborTagPropagator
    >>> places = np.array([[48.86, 2.29], [48.86, 2.30], [40.69, -74.04]])
    >>> tags = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 1]])
    >>> encoder = GeoNeighborTagPropagator(n_neighbors=2, sparse_output=False)
    >>> encoder.fit(places, tags).transform([[48.86, 2.29]]).round(3)
    array([[0.675, 0.325, 0.   ]])
    """

    _parameter_constraints: dict = {
        **FromPhotos._parameter_constraints,
        "n_neighbors": [Interval(numbers.Integral, 1, None, closed="left")],
        "sigma_km": [Interval(numbers.Real, 0.0, None, closed="neither")],
        "norm": [StrOptions({"l1", "l2", "max"}), None],
        "radius_km": [Interval(numbers.Real, 0.0, None, closed="left"), None],
    }

    def __init__(
        self,
        n_neighbors=150,
        *,
        sigma_km=10.0,
        norm="l1",
        exclude_self="fit_transform",
        exclude_same_group=False,
        radius_km=None,
        corpus=None,
        sparse_output=True,
        dtype=np.float64,
        n_jobs=None,
        verbose=0,
    ):
        self.n_neighbors = n_neighbors
        self.sigma_km = sigma_km
        self.norm = norm
        self.exclude_self = exclude_self
        self.exclude_same_group = exclude_same_group
        self.radius_km = radius_km
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
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags)
            Tag indicator: how often each photo carries each tag, not negative. Ignored
            if there is a corpus.

        groups : array-like of shape (n_photos,), default=None
            Users or albums the photos belong to, as text or numbers. Ignored if there
            is a corpus.

        Returns
        -------
        self : GeoNeighborTagPropagator
            The fitted transformer.
        """
        self._fit(X, y, groups)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None, *, groups=None):
        """Index photos, and propagate to each the tags of the others.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

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
            places = self._fit(X, y, groups)
            own_rows = self._own_rows(places, groups)
            return self._propagate(places, own_rows, groups)

    def transform(self, X, *, groups=None):
        """Propagate tags of the nearest photos to places.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        groups : array-like of shape (n_places,), default=None
            Users or albums of the rows. With ``exclude_same_group=True`` photos of the
            same group are left out; groups that have no photo leave out nothing.

        Returns
        -------
        {csr_matrix, csr_array, ndarray, data frame} of shape (n_places, n_tags)
            Tag distributions.
        """
        self._check_asked()
        places = self._read_places(X, reset=False)
        return self._propagate(places, None, groups)

    def _propagate(self, places, own_rows, groups):
        """Sum up weighted tags a few rows at a time."""
        corpus = self.corpus_
        dtype = np.dtype(self.dtype)
        # In the order of the curve, like the places in the index.
        tags = in_type(corpus._ranked_tags, dtype)
        tagged = np.diff(tags.indptr) > 0
        groups = self._query_groups(places, groups)
        if self.sparse_output:
            builder = RowBuilder(corpus.n_tags, dtype)
        else:
            dense = np.zeros((len(places), corpus.n_tags), dtype=dtype)
        chunk_rows, block_rows = self._n_rows_that_fit(tags)
        progress = self._progress(len(places))
        for chunk in gen_batches(len(places), chunk_rows):
            # Rows that follow each other on the curve share neighbours, whose tags are
            # in the processor's cache then.
            order = np.argsort(s2_leaf_ids(places[chunk]), kind="stable")
            blocks = []
            for block in gen_batches(len(order), block_rows):
                at = chunk.start + order[block]
                km, rows = nearest_others(
                    corpus.index,
                    places[at],
                    self.n_neighbors,
                    own_rows=None if own_rows is None else own_rows[at],
                    groups=None if groups is None else groups[at],
                    corpus_places=corpus.places,
                    corpus_groups=corpus._group_codes,
                    radius_km=self.radius_km,
                    n_jobs=self.n_jobs,
                )
                ranks = corpus._rank[rows]
                ranks[rows < 0] = -1
                near = weights(
                    km,
                    ranks,
                    tagged,
                    sigma=self.sigma_km,
                    # What is common to a row cancels when it is normalised.
                    relative=self.norm is not None,
                    dtype=dtype,
                )
                sums = scaled(multiply(near, tags), self.norm)
                if self.sparse_output:
                    blocks.append((order[block], sums))
                else:
                    dense[np.repeat(at, np.diff(sums.indptr)), sums.indices] = sums.data
                progress.advance(len(at))
            if self.sparse_output:
                builder.append(blocks)
        return as_output(builder.finish()) if self.sparse_output else dense

    def _n_rows_that_fit(self, tags):
        """Return how many rows to put in order at a time, and how many to compute."""
        n_neighbors = int(min(self.n_neighbors, tags.shape[0]))
        tags_a_photo = tags.nnz / tags.shape[0]
        tag_bytes = _TAG_BYTES * min(n_neighbors * tags_a_photo, tags.shape[1])
        memory = get_config()["working_memory"] * 2**20
        chunk = memory // max(tag_bytes, _NEIGHBOR_BYTES)
        block = memory // (_NEIGHBOR_BYTES * n_neighbors + tag_bytes)
        return max(1, int(chunk)), max(1, min(_BLOCK_ROWS, int(block)))
