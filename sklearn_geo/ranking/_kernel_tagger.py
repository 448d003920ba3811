# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tags of a place: those of the photos around it, by a kernel of the distance."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._labels import check_groups
from sklearn_geo._settings import check_settings
from sklearn_geo.neighbors import PlaceIndex
from sklearn_geo.neighbors._rows import RowBuilder
from sklearn_geo.ranking._bandwidth import best_bandwidths
from sklearn_geo.ranking._kernel_sums import KERNELS, REACH, gather, mixed_weights
from sklearn_geo.ranking._place_tagger import PlaceTagger

__all__ = ["KernelTagger"]


class KernelTagger(PlaceTagger):
    r"""Suggest the tags of the photos around, the nearer the more.

    A place prior without borders: every photo gives its tags to the places around it,
    by a kernel of the great-circle distance, and where there is nobody around the tags
    of the whole world remain. Nothing in the picture is looked at. It is the baseline
    to beat: see :class:`PlaceFrequencyTagger` for how strong such priors are.

    Parameters
    ----------
    bandwidth_km : "auto", float or sequence of float, default="auto"
        Width of the kernel, in kilometres. Several, from fine to coarse, are mixed:
        where few photos are near, the wider ones count. "auto" mixes two, one a tenth
        of the other, that suggest the best tags for training photos left out; tell
        `fit` the users (`groups`) then, so that all photos of the user are left out.

    kernel : {"gaussian", "exponential", "uniform"}, default="gaussian"
        What a photo at distance d counts, with bandwidth h: ``exp(-d**2 / (2 * h**2))``
        up to ``4 * h``, ``exp(-d / h)`` up to ``8 * h``, or 1 up to ``h``, borders
        included. Photos beyond count nothing.

    smoothing : float, default=50.0
        As many tags, drawn from the whole world (or from the next bandwidth), are added
        to what is around. With 0 the world counts only where nobody is around.

    n_neighbors : int, default=None
        Take so many places at most, the nearest ones. None takes all within reach of
        the kernel. A cut saves time where a million photos are in one city.

    location : "auto" or pair of str or int, default=(0, 1)
        The latitude and the longitude column of X, by name or position. "auto" goes by
        names. All other columns are passed over.

    tag_names : array-like of str, default=None
        What the tags are called. None takes the column names of y, if it has some.

    omit_tags : collection of str or int, default=None
        Tags that are never suggested, by name or column, such as place names.

    n_suggested : int, default=10
        How many tags :meth:`predict` suggests.

    threshold : float, default=None
        Suggest the tags of at least this probability instead.

    untagged : {"skip", "error"}, default="skip"
        What to do with training photos without tags: pass over them with a warning, or
        raise.

    n_jobs : int, default=None
        Number of threads that look for neighbours; None is 1 outside a
        `joblib.parallel_config` context, and -1 is all processors.

    Attributes
    ----------
    bandwidths_km_ : list of float
        The bandwidths, from fine to coarse.

    index_ : PlaceIndex
        The different places of photos with tags.

    tag_frequencies_ : ndarray of shape (n_tags,)
        The share of each tag in all (weighted) tags: the answer far from everything.

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
    PlaceFrequencyTagger : The tags of a region, counted.
    ProductTagger : A place prior and a model of the picture together.
    sklearn_geo.neighbors.GeoNeighborTagPropagator : Rows of tags as features.

    Notes
    -----
    With :math:`y_{it}` the (weighted) tag indicator, :math:`d_i` the haversine distance
    of photo i, kernel K, bandwidth h and smoothing a, the probability that a random tag
    at a place x is t is

    .. math::
        p(t \mid x) = \frac{\sum_i K(d_i / h) \, y_{it} + a \, p(t)}
                           {\sum_i \sum_s K(d_i / h) \, y_{is} + a},

    where :math:`p(t)` is the share of t in all tags or, with several bandwidths, the
    same sum for the next one.

    **"auto"** leaves out up to 1,000 training photos, spread as the photos are, and
    suggests ten tags for each by the others. Of coarse bandwidths from 50 m on, each
    twice the one before, it takes the one with the best hit rate, the mean of A@1 to
    A@10, in which photos count as much as they weigh, and ends the search when two in a
    row are clearly worse. On synthetic photos of the whole world, split by user, a pair
    is ahead of the best single bandwidth by one or two points of A@10 and by two to
    seven of A@1: near photos say the name of the place, and the wide kernel what is
    done in the region.

    Distances are exact, photos at one place are added up once, and rows do not depend
    on each other.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.ranking import KernelTagger
    >>> places = np.array([[48.860, 2.290], [48.861, 2.291], [40.690, -74.040]])
    >>> tags = np.array([[1, 1, 0], [1, 0, 0], [0, 0, 1]])
    >>> tagger = KernelTagger(bandwidth_km=1.0, smoothing=1.0).fit(places, tags)
    >>> tagger.predict_topk([[48.86, 2.29], [40.69, -74.04]], 2)
    array([[0, 1],
           [2, 0]])
    >>> tagger.predict_proba([[48.86, 2.29], [0.0, 0.0]]).round(2)
    array([[0.62, 0.31, 0.06],
           [0.5 , 0.25, 0.25]])
    """

    _parameter_constraints: dict = {
        **PlaceTagger._parameter_constraints,
        "bandwidth_km": [
            StrOptions({"auto"}),
            Interval(Real, 0.0, None, closed="neither"),
            "array-like",
        ],
        "kernel": [StrOptions(set(KERNELS))],
        "smoothing": [Interval(Real, 0.0, None, closed="left")],
        "n_neighbors": [Interval(Integral, 1, None, closed="left"), None],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        bandwidth_km="auto",
        *,
        kernel="gaussian",
        smoothing=50.0,
        n_neighbors=None,
        location=(0, 1),
        tag_names=None,
        omit_tags=None,
        n_suggested=10,
        threshold=None,
        untagged="skip",
        n_jobs=None,
    ):
        self.bandwidth_km = bandwidth_km
        self.kernel = kernel
        self.smoothing = smoothing
        self.n_neighbors = n_neighbors
        self.location = location
        self.tag_names = tag_names
        self.omit_tags = omit_tags
        self.n_suggested = n_suggested
        self.threshold = threshold
        self.untagged = untagged
        self.n_jobs = n_jobs

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Index the places of the photos.

        Parameters
        ----------
        X : {array-like, data frame} of shape (n_photos, n_features)
            Columns of latitude and longitude. Other columns are passed over.

        y : {array-like, sparse array or matrix, data frame} of shape (n_photos, n_tags)
            The tag indicator: what is not zero is a tag.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts: 2 is twice, 0 not at all.

        groups : array-like of shape (n_photos,), default=None
            The users. Only ``bandwidth_km="auto"`` reads them. Without, it leaves out
            single photos, and others of the same album give their tags away.

        Returns
        -------
        self : KernelTagger
            The fitted tagger.
        """
        with all_or_nothing(self):
            places = self._places_of(self._open(X, reset=True))
            rows, weighted = self._read_photos(len(places), y, sample_weight)
            if groups is not None:
                groups = check_groups(groups, len(places))[1][rows]
            if isinstance(self.bandwidth_km, str):
                self.bandwidths_km_ = best_bandwidths(
                    places[rows],
                    weighted,
                    self.tag_frequencies_,
                    kernel=self.kernel,
                    smoothing=self.smoothing,
                    groups=groups,
                )
            else:
                self.bandwidths_km_ = _read_bandwidths(self.bandwidth_km)
            distinct, self._sums = gather(places[rows], weighted)
            self._masses = self._sums.sum(axis=1)
            self.index_ = PlaceIndex(distinct)
        return self

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "index_")

    def _read_queries(self, X):
        check_settings(self, "kernel", "smoothing", "n_neighbors", "n_jobs")
        return self._places_of(self._open(X, reset=False)), None

    def _parts(self, queries):
        builder = RowBuilder(self.n_tags_, np.float64)
        rest = np.ones(len(queries))
        found = []
        for at, km, rows, indptr in self._neighbors(queries):
            weights, rest[at] = mixed_weights(
                km,
                rows,
                indptr,
                self._masses,
                kernel=self.kernel,
                bandwidths_km=self.bandwidths_km_,
                smoothing=self.smoothing,
            )
            found.append((at, sparse.csr_array(weights @ self._sums)))
        builder.append(found)
        sums = builder.finish()
        sums.sort_indices()
        return sums, rest

    def _neighbors(self, queries):
        """Yield blocks of queries with the places around them."""
        reach_km = REACH[self.kernel] * max(self.bandwidths_km_)
        n_places = self.index_.n_places
        if self.n_neighbors is None or self.n_neighbors >= n_places:
            yield from self.index_.iter_within(
                queries, reach_km, sort_results=False, n_jobs=self.n_jobs
            )
            return
        km, rows = self.index_.nearest(
            queries, self.n_neighbors, radius_km=reach_km, n_jobs=self.n_jobs
        )
        inside = rows >= 0
        indptr = np.concatenate([[0], np.cumsum(inside.sum(axis=1))])
        yield np.arange(len(queries)), km[inside], rows[inside], indptr


def _read_bandwidths(bandwidth_km):
    """Return bandwidths as floats, from fine to coarse."""
    widths = np.asarray(bandwidth_km, dtype=np.float64)
    wrong = ~(np.isfinite(widths) & (widths > 0.0))
    if widths.ndim > 1 or not widths.size or np.any(wrong):
        raise ValueError(
            f"bandwidth_km={bandwidth_km!r} must be a number of kilometres above 0, or "
            "several, from fine to coarse."
        )
    widths = np.atleast_1d(widths)
    if np.any(np.diff(widths) <= 0.0):
        raise ValueError(
            f"bandwidth_km={bandwidth_km!r}: several go from fine to coarse. Pass "
            f"{tuple(np.unique(widths).tolist())}."
        )
    return widths.tolist()
