# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How many photos with a tag there are within circles around a place."""

import numbers

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import TransformerMixin, _fit_context
from sklearn.preprocessing import normalize
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._numbers import read_numbers, reject_many
from sklearn_geo._tags import as_output
from sklearn_geo.base import GeoEstimator
from sklearn_geo.encoding._feature_names import check_input_features
from sklearn_geo.neighbors._from_photos import FromPhotos
from sklearn_geo.neighbors._rows import RowBuilder

# What a photo found around a place takes until its tags are counted, what one count
# takes, and what an entry of the matrix takes that adds up rings.
_PHOTO_BYTES = 96
_COUNT_BYTES = 32
_RING_BYTES = 16
# Photos of the curve that are read for each that is found, rather than sort them out.
_MOST_BETWEEN = 8
# Numbers of more tags take gigabytes.
_MOST_TAGS = 10**8


class HashTagEncoder(FromPhotos, TransformerMixin, GeoEstimator):
    r"""Count the photos with each tag within circles around a place.

    The HashTag baseline of the GPS2Vec+ paper [1]_, after Tang et al. [2]_: for each
    radius and each of the most frequent tags, the number of photos with the tag inside
    the circle. Circles are nested: a photo half a kilometre away counts in all of them.

    Parameters
    ----------
    radii_km : array-like of shape (n_radii,), default=(1, 2, ..., 10)
        Radii of the circles in km, ascending. A photo at exactly this distance is
        inside.

    n_tags : int or None, default=200
        How many tags have columns: those that the most photos carry, and of tags equal
        in this the ones that come first in `y`. If there are fewer, or with None, all
        have.

    norm : {"l1", "l2", "max"} or None, default="l1"
        Norm that rows, of all circles together, are scaled to. None keeps the counts.
        The paper says "normalized" without saying how.

    exclude_self : {"fit_transform", False}, default="fit_transform"
        Whether `fit_transform` leaves a photo out of the counts around itself.
        Otherwise a training row contains its own tags. A different photo at the same
        place counts either way, and `transform`, which sees new places, leaves nothing
        out.

    exclude_same_group : bool, default=False
        Leave out photos of the same group (user or album), because people tag their
        photos alike. Needs `groups` in `fit` (or in the corpus) and in `fit_transform`;
        `transform` leaves photos out if it gets `groups`.

    corpus : GeoTagCorpus, default=None
        The photos to count. With a corpus, `fit` reads neither labels nor groups, and
        `fit_transform` does what `transform` does.

    sparse_output : bool, default=True
        Return a sparse matrix (or array, as scikit-learn's ``sparse_interface`` says).
        Data frames, as of ``set_output(transform="pandas")``, need False.

    dtype : {numpy.float64, numpy.float32}, default=numpy.float64
        Number type of the rows.

    n_jobs : int, default=None
        Number of threads that count how many photos are around a place; None is 1
        outside a `joblib.parallel_config` context, and -1 is all processors.

    verbose : bool or int, default=0
        1 prints a line a second while rows are computed, if that takes so long.

    Attributes
    ----------
    corpus_ : GeoTagCorpus
        The photos that are counted: `corpus`, or those seen in `fit`.

    radii_km_ : ndarray of shape (n_radii,)
        The radii.

    tag_columns_ : ndarray of shape (n_tags,), int
        Columns of the tag indicator that are counted, in their order there.

    n_features_in_ : int
        Number of columns seen in `fit`: two, latitude and longitude.

    feature_names_in_ : ndarray of shape (2,)
        Names of these columns, if they are strings.

    See Also
    --------
    GeoNeighborTagPropagator : Tags of a fixed number of photos, weighted by distance.
    TagVectorizer : Makes a tag indicator of what users wrote.

    Notes
    -----
    With :math:`T_{jt}` one if photo j carries tag t, however often, the column of tag t
    and radius r of a place i is

    .. math:: h_{irt} = \#\{ j : d_{ij} \le r, T_{jt} = 1 \},

    with great-circle distances in kilometres, and a row is then divided by its norm.
    Columns are ordered by radius, then by tag. A place without photos around has a row
    of zeros. With the ten radii and 200 tags of the paper a row has 2,000 columns.

    Photos are looked up once, within the largest radius; smaller circles are partial
    sums of the rings between circles.

    References
    ----------
    .. [1] Y. Yin, Y. Zhang, Z. Liu, Y. Liang, S. Wang, R. R. Shah and R. Zimmermann,
       "Learning Multi-context Aware Location Representations from Large-scale Geotagged
       Images", ACM Multimedia, 2021, section 5.3.

    .. [2] K. Tang, M. Paluri, L. Fei-Fei, R. Fergus and L. Bourdev, "Improving Image
       Classification with Location Context", ICCV, 2015.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_geo.neighbors import HashTagEncoder
    >>> places = [[48.86, 2.29], [48.86, 2.30], [48.86, 2.32]]
    >>> tags = pd.DataFrame({"tower": [1, 1, 0], "river": [0, 1, 1]})
    >>> encoder = HashTagEncoder(radii_km=[1, 3], norm=None, sparse_output=False)
    >>> encoder.fit(places, tags).transform([[48.86, 2.29]])
    array([[2., 1., 2., 2.]])
    >>> encoder.get_feature_names_out()
    array(['tag_tower_within_1km', 'tag_river_within_1km',
           'tag_tower_within_3km', 'tag_river_within_3km'], dtype=object)
    """

    _parameter_constraints: dict = {
        **FromPhotos._parameter_constraints,
        "radii_km": ["array-like", range],
        "n_tags": [Interval(numbers.Integral, 1, None, closed="left"), None],
        "norm": [StrOptions({"l1", "l2", "max"}), None],
    }

    def __init__(
        self,
        radii_km=tuple(range(1, 11)),
        *,
        n_tags=200,
        norm="l1",
        exclude_self="fit_transform",
        exclude_same_group=False,
        corpus=None,
        sparse_output=True,
        dtype=np.float64,
        n_jobs=None,
        verbose=0,
    ):
        self.radii_km = radii_km
        self.n_tags = n_tags
        self.norm = norm
        self.exclude_self = exclude_self
        self.exclude_same_group = exclude_same_group
        self.corpus = corpus
        self.sparse_output = sparse_output
        self.dtype = dtype
        self.n_jobs = n_jobs
        self.verbose = verbose

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None, *, groups=None):
        """Choose the tags, and index photos if there is no corpus.

        Parameters
        ----------
        X : array-like of shape (n_photos, 2)
            Latitude and longitude in degrees.

        y : {array-like, sparse matrix, data frame} of shape (n_photos, n_tags)
            Tag indicator: anything above zero is a tag that a photo carries. Ignored if
            there is a corpus.

        groups : array-like of shape (n_photos,), default=None
            Users or albums the photos belong to, as text or numbers. Ignored if there
            is a corpus.

        Returns
        -------
        self : HashTagEncoder
            The fitted transformer.
        """
        self._fit(X, y, groups)
        return self

    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X, y=None, *, groups=None):
        """Choose the tags, and count around each photo the others.

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
        {csr_matrix, csr_array, ndarray, data frame} of shape \
                (n_photos, n_radii * n_tags)
            Counts, scaled to `norm`.
        """
        with all_or_nothing(self):
            places = self._fit(X, y, groups)
            return self._count(places, self._own_rows(places, groups), groups)

    def transform(self, X, *, groups=None):
        """Count photos around places.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        groups : array-like of shape (n_places,), default=None
            Users or albums of the rows. With ``exclude_same_group=True`` photos of the
            same group are left out; groups that have no photo leave out nothing.

        Returns
        -------
        {csr_matrix, csr_array, ndarray, data frame} of shape \
                (n_places, n_radii * n_tags)
            Counts, scaled to `norm`.
        """
        self._check_asked()
        places = self._read_places(X, reset=False)
        return self._count(places, None, groups)

    def get_feature_names_out(self, input_features=None):
        """Return the names of the columns.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only checked against the columns seen in `fit`.

        Returns
        -------
        ndarray of str objects of shape (n_radii * n_tags,)
            For example `tag_sunset_within_3km`, or `tag_0_within_0.5km` where tags have
            no names.
        """
        check_input_features(self, input_features)
        names = self._tag_columns()
        return np.asarray(
            [
                f"tag_{names[column]}_within_{str(radius).removesuffix('.0')}km"
                for radius in self.radii_km_.tolist()
                for column in self.tag_columns_
            ],
            dtype=object,
        )

    def __sklearn_is_fitted__(self):
        return hasattr(self, "radii_km_")

    def _fit(self, X, y, groups):
        radii = self._read_radii()
        with all_or_nothing(self):
            places = super()._fit(X, y, groups)
            n_tags = self._n_tags_there_are()
            self.tag_columns_ = np.sort(_most_frequent(self.corpus_.tags, n_tags))
            self.radii_km_ = radii
        return places

    def _n_tags_there_are(self):
        """Return how many tags have columns, or refuse what no array holds."""
        n_tags = self.corpus_.n_tags
        if self.n_tags is not None:
            n_tags = int(min(self.n_tags, n_tags))
        if n_tags > _MOST_TAGS:
            raise ValueError(
                f"n_tags={self.n_tags!r} would count {n_tags:,} tags, and the most are "
                f"{_MOST_TAGS:,}. Pass a smaller number: it takes the most frequent."
            )
        return n_tags

    def _read_radii(self):
        reject_many(self.radii_km, "radii_km")
        try:
            radii = read_numbers(self.radii_km, "radii_km").copy()
        except TypeError as error:
            raise ValueError(
                f"radii_km={self.radii_km!r} must be numbers of kilometres."
            ) from error
        if radii.ndim != 1 or not len(radii):
            raise ValueError(
                f"radii_km={self.radii_km!r} must be a list of at least one radius, "
                "for example [1, 3, 10]."
            )
        bad = ~(np.isfinite(radii) & (radii >= 0.0))
        if bad.any():
            raise ValueError(
                f"radii_km has the radius {radii[bad][0]}. A radius is a finite number "
                "of kilometres, not negative."
            )
        back = np.flatnonzero(np.diff(radii) <= 0.0)
        if len(back):
            first, second = radii[back[0] : back[0] + 2]
            raise ValueError(
                f"radii_km must ascend, but {second} comes after {first}. Sort the "
                "radii, and name each once."
            )
        return radii

    def _count(self, places, own_rows, groups):
        """Count tags a few rows at a time."""
        groups = self._query_groups(places, groups)
        n_columns = len(self.radii_km_) * len(self.tag_columns_)
        dtype = np.dtype(self.dtype)
        if self.sparse_output:
            builder = RowBuilder(n_columns, dtype)
        else:
            dense = np.zeros((len(places), n_columns), dtype=dtype)
        memory = int(get_config()["working_memory"] * 2**20)
        chunk_rows = max(1, memory // (_COUNT_BYTES * n_columns))
        progress = self._progress(len(places))
        for chunk in gen_batches(len(places), chunk_rows):
            blocks = []
            for at, counts in self._count_around(
                places[chunk],
                None if own_rows is None else own_rows[chunk],
                None if groups is None else groups[chunk],
                memory,
            ):
                counts = counts.astype(dtype, copy=False)
                if self.norm is not None:
                    counts = normalize(counts, norm=self.norm, copy=False)
                if self.sparse_output:
                    blocks.append((at, counts))
                else:
                    to = np.repeat(chunk.start + at, np.diff(counts.indptr))
                    dense[to, counts.indices] = counts.data
                progress.advance(len(at))
            if self.sparse_output:
                builder.append(blocks)
        return as_output(builder.finish()) if self.sparse_output else dense

    def _count_around(self, places, own_rows, groups, memory):
        """Yield queries and their counts, a csr_array, a few at a time."""
        corpus, n_radii = self.corpus_, len(self.radii_km_)
        found = corpus.index.iter_within(
            places, self.radii_km_[-1], sort_results=False, n_jobs=self.n_jobs
        )
        tags_a_photo = corpus.tags.nnz / corpus.n_photos
        for queries, km, rows, indptr in found:
            query = np.repeat(np.arange(len(queries)), np.diff(indptr))
            # Which photos are left out?
            keep = None
            if own_rows is not None:
                keep = rows != own_rows[queries][query]
            if groups is not None:
                other = corpus._group_codes[rows] != groups[queries][query]
                keep = other if keep is None else keep & other
            if keep is not None:
                km, rows, query = km[keep], rows[keep], query[keep]
            # The first circle that a photo is in.
            ring = np.searchsorted(self.radii_km_, km, side="left")
            n_found = np.bincount(query, minlength=len(queries))
            n_counts = np.minimum(n_found * tags_a_photo, len(self.tag_columns_)) * (
                n_radii + 1
            )
            n_bytes = _PHOTO_BYTES * n_found + _COUNT_BYTES * n_counts
            total = np.cumsum(n_bytes + _RING_BYTES * n_radii * (n_radii + 1))
            stops = np.cumsum(n_found)
            start = 0
            while start < len(queries):
                done = total[start - 1] if start else 0.0
                stop = int(np.searchsorted(total, done + memory, side="right"))
                stop = max(start + 1, stop)
                part = slice(stops[start - 1] if start else 0, stops[stop - 1])
                yield (
                    queries[start:stop],
                    self._count_part(
                        query[part] - start, ring[part], rows[part], stop - start
                    ),
                )
                start = stop

    def _count_part(self, query, ring, rows, n_queries):
        n_radii, n_tags = len(self.radii_km_), len(self.tag_columns_)
        # Photos in a part of the curve: their tags lie next to each other.
        ranks = self.corpus_._rank[rows]
        first, stop = (ranks.min(), ranks.max() + 1) if len(ranks) else (0, 0)
        if stop - first > _MOST_BETWEEN * len(ranks):
            # Queries far apart: most photos between them are near none.
            used, at = np.unique(ranks, return_inverse=True)
        else:
            used, at = slice(first, stop), ranks - first
        carried = self._carried(used)
        found = (np.ones(len(ranks)), (query * n_radii + ring, at))
        found = sparse.csr_array(found, shape=(n_queries * n_radii, carried.shape[0]))
        circles = _inside(n_queries, n_radii) @ (found @ carried)
        # One row a query: the circles next to each other.
        row = np.repeat(np.arange(n_queries * n_radii), np.diff(circles.indptr))
        columns = circles.indices + row % n_radii * n_tags
        counts = sparse.csr_array(
            (circles.data, columns, circles.indptr[::n_radii]),
            shape=(n_queries, n_radii * n_tags),
        )
        counts.sort_indices()
        return counts

    def _carried(self, ranks):
        """Return which of the tags that count some photos of the curve carry."""
        tags = self.corpus_._ranked_tags[ranks]
        n_columns = len(self.tag_columns_)
        columns = np.searchsorted(self.tag_columns_, tags.indices)
        columns = np.minimum(columns, n_columns - 1).astype(np.int32, copy=False)
        counted = self.tag_columns_[columns] == tags.indices
        before = np.append(0, np.cumsum(counted))
        parts = (np.ones(int(before[-1])), columns[counted], before[tags.indptr])
        return sparse.csr_array(parts, shape=(tags.shape[0], n_columns))


def _inside(n_queries, n_radii):
    """Return the matrix that adds up, for each circle of a query, the rings inside."""
    ring = np.tril_indices(n_radii)[1]
    start = n_radii * np.arange(n_queries)[:, np.newaxis]
    indptr = np.append(0, np.cumsum(np.tile(np.arange(1, n_radii + 1), n_queries)))
    indices = (start + ring).ravel()
    size = n_queries * n_radii
    parts = (np.ones(len(indices)), indices, indptr)
    return sparse.csr_array(parts, shape=(size, size))


def _most_frequent(tags, n_most):
    """Return the columns of the tags that most photos carry, the earlier of equals."""
    # Most columns may be empty: only so many of them are looked at as are needed.
    n_columns = min(tags.shape[1], tags.nnz + n_most)
    is_beyond = tags.indices >= n_columns
    beyond, number = np.unique(tags.indices[is_beyond], return_inverse=True)
    at = tags.indices.copy()
    at[is_beyond] = n_columns + number
    columns = np.concatenate([np.arange(n_columns), beyond])
    carriers = np.bincount(at, minlength=len(columns))
    return columns[np.argsort(-carriers, kind="stable")[:n_most]]
