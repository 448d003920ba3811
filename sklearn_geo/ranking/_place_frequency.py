# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tags of a region, by how frequent they are there."""

from numbers import Real

import numpy as np
from scipy import sparse
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._settings import check_settings
from sklearn_geo.partition._cells import read_weights
from sklearn_geo.ranking._place_tagger import PlaceTagger
from sklearn_geo.ranking._region_levels import distinct_chains, read_levels

__all__ = ["PlaceFrequencyTagger"]


class PlaceFrequencyTagger(PlaceTagger):
    r"""Suggest the tags that are most frequent in the region.

    Nothing in the picture is looked at, and yet this is strong: people tag their photos
    with where they are. In the supplement of LocSens [1]_ the most frequent tags of the
    town are right 51.4 % of the time at the first place, where the ranker that sees the
    picture and the place is right 28.1 %. So try the priors first, and say how much a
    model adds to them.

    Parameters
    ----------
    regions : int, str, partition, or sequence of these, default=(18, 15, 12, 9, 6, 3)
        What the regions are:

        - an S2 level from 0 to 30 (15 is 300 metres wide, 12 two kilometres, 9
          a town, 6 150 km, 3 a country);
        - a partition of the library, cloned and fitted to the places of the photos, or
          taken as it is from a :class:`sklearn.frozen.FrozenEstimator`; a
          :class:`~sklearn_geo.partition.CellHierarchy` stands for its partitions, and
          a frozen one for the fitted ones;
        - the name of a column of X, a data frame, that names the region, such as
          "town";
        - several of these, from fine to coarse, such as ("town", "country").

        Names are read together with those of the coarser columns: Paris in France is
        not Paris in Texas.

    backoff : bool, default=True
        Where the region was never seen, or has fewer than `min_photos`, ask the next
        coarser one, and in the end the whole world. False asks the world at once.

    smoothing : float, default=50.0
        How strongly the tags of a region are mixed with those of the next coarser one:
        as many tags, drawn there, are added to the counts: 50 are those of some ten
        photos, which may all be of one user. With 0 nothing else counts where the
        region is known.

    mixing : {"dirichlet", "jelinek-mercer"}, default="dirichlet"
        How `smoothing` is meant: as a number of tags, which weighs less the more photos
        a region has, or as the share, between 0 and 1, that the coarser region has
        everywhere.

    min_photos : float, default=1
        Regions with fewer tagged photos (less weight) are taken for unseen.

    location : "auto" or pair of str or int, default=(0, 1)
        The latitude and the longitude column of X, by name or position. "auto" goes by
        names. All other columns are passed over. Not read if `regions` are names.

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

    Attributes
    ----------
    n_regions_ : list of int
        Number of regions of every level, from fine to coarse.

    tag_frequencies_ : ndarray of shape (n_tags,)
        The share of each tag in all (weighted) tags: the answer of the whole world.

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
    KernelTagger : The tags of the photos around, without borders.
    ProductTagger : A place prior and a model of the picture together.
    sklearn_geo.metrics.hashtag_accuracy_at_k : How these are measured.

    Notes
    -----
    With :math:`n_{rt}` the number (the weight) of photos in region r that have tag t,
    :math:`n_r = \sum_t n_{rt}`, parent :math:`r'` and smoothing :math:`a`, the
    probability that a random tag in the region is t is

    .. math::
        p(t \mid r) = \frac{n_{rt} + a \, p(t \mid r')}{n_r + a}

    for "dirichlet", and :math:`(1 - a) n_{rt} / n_r + a \, p(t \mid r')` for
    "jelinek-mercer". The last parent is the world, :math:`p(t) = n_t / n`.

    "Country Frequency" and "Town Frequency" in tables 1 and 2 of [1]_ are
    ``regions="country"`` and ``regions="town"`` with ``smoothing=0``: 28.05, 46.63,
    63.14 and 51.41, 65.49, 71.05 % at 1, 10 and 50 suggestions; 3.80, 17.21, 41.60 and
    16.97, 34.95, 47.53 % with names of places left out (`omit_tags`).

    Counts are sparse, and so are lists of suggestions on their way:
    100,000 tags in 10,000 regions take what the tags that occur take.

    References
    ----------
    .. [1] R. Gomez, J. Gibert, L. Gomez and D. Karatzas, "Location Sensitive Image
       Retrieval and Tagging", ECCV 2020, supplementary material, section 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from sklearn_geo.ranking import PlaceFrequencyTagger
    >>> photos = pd.DataFrame({"town": ["Paris", "Paris", "Lyon"], "land": "France"})
    >>> tags = pd.DataFrame({"louvre": [1, 1, 0], "night": [0, 1, 1]})
    >>> tagger = PlaceFrequencyTagger(("town", "land"), smoothing=0).fit(photos, tags)
    >>> asked = pd.DataFrame({"town": ["Paris", "Lyon", "Nice"], "land": "France"})
    >>> tagger.predict_proba(asked).round(2)
    array([[0.67, 0.33],
           [0.  , 1.  ],
           [0.5 , 0.5 ]])
    >>> tagger.predict_topk(asked, 1).ravel()
    array([0, 1, 0])
    """

    _parameter_constraints: dict = {
        **PlaceTagger._parameter_constraints,
        "regions": "no_validation",  # see read_levels
        "backoff": ["boolean"],
        "smoothing": [Interval(Real, 0.0, None, closed="left")],
        "mixing": [StrOptions({"dirichlet", "jelinek-mercer"})],
        "min_photos": [Interval(Real, 0.0, None, closed="left")],
    }

    def __init__(
        self,
        regions=(18, 15, 12, 9, 6, 3),
        *,
        backoff=True,
        smoothing=50.0,
        mixing="dirichlet",
        min_photos=1,
        location=(0, 1),
        tag_names=None,
        omit_tags=None,
        n_suggested=10,
        threshold=None,
        untagged="skip",
    ):
        self.regions = regions
        self.backoff = backoff
        self.smoothing = smoothing
        self.mixing = mixing
        self.min_photos = min_photos
        self.location = location
        self.tag_names = tag_names
        self.omit_tags = omit_tags
        self.n_suggested = n_suggested
        self.threshold = threshold
        self.untagged = untagged

    @_fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y, sample_weight=None):
        """Count tags in regions.

        Parameters
        ----------
        X : {array-like, data frame} of shape (n_photos, n_features)
            Where the photos were taken: columns of latitude and longitude, or names of
            regions. Other columns are passed over.

        y : {array-like, sparse array or matrix, data frame} of shape (n_photos, n_tags)
            The tag indicator: what is not zero is a tag.

        sample_weight : array-like of shape (n_photos,), default=None
            What every photo counts: 2 is twice, 0 not at all.

        Returns
        -------
        self : PlaceFrequencyTagger
            The fitted tagger.
        """
        self._check_smoothing()
        with all_or_nothing(self):
            X = self._open(X, reset=True)
            levels = self._levels_asked_for()
            for level in levels:
                level.check(X)
            places = self._places(X, levels)
            rows, weighted = self._read_photos(X.shape[0], y, sample_weight)
            weights = read_weights(sample_weight, X.shape[0])
            for level in levels:
                level.fit(*_take(X, places, weights, rows))
            self._levels = levels
            codes = self._codes(X, places)[rows]
            self.n_regions_ = [int(level.n_regions) for level in self._levels]
            self._count(codes, weighted, weights if weights is None else weights[rows])
        return self

    def _count(self, codes, weighted, weights):
        """Add up the tags and the photos of every region."""
        self._starts = np.concatenate([[0], np.cumsum(self.n_regions_)])
        inside = codes >= 0
        photos, level = np.nonzero(inside)
        region = codes[inside] + self._starts[level]
        parts = (np.ones(len(region)), (region, photos))
        # One row at least, so that there is one to look up where nobody names a region.
        shape = (max(1, self._starts[-1]), len(codes))
        member = sparse.csr_array(parts, shape=shape)
        self._counts = sparse.csr_array(member @ weighted)
        self._counts.sort_indices()
        self._n_tags_in = self._counts.sum(axis=1)
        self._n_photos_in = member @ (
            np.ones(len(codes)) if weights is None else weights
        )

    def _levels_asked_for(self):
        levels = read_levels(self.regions)
        return levels if self.backoff else levels[:1]

    def _reads_places(self, reset):
        return _need_places(self._levels_asked_for() if reset else self._levels)

    def _places(self, X, levels):
        return self._places_of(X) if _need_places(levels) else None

    def _codes(self, X, places):
        return np.column_stack([level.codes(X, places) for level in self._levels])

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "n_regions_")

    def _check_smoothing(self):
        if self.mixing == "jelinek-mercer" and self.smoothing > 1.0:
            raise ValueError(
                f'smoothing={self.smoothing!r} with mixing="jelinek-mercer" is the '
                "share of the coarser region: pass a number from 0 to 1."
            )

    def _read_queries(self, X):
        check_settings(self, "smoothing", "mixing", "min_photos")
        self._check_smoothing()
        X = self._open(X, reset=False)
        return distinct_chains(
            self._codes(X, self._places(X, self._levels)), self.n_regions_
        )

    def _parts(self, queries):
        rest = np.ones(len(queries))
        factors = np.zeros(queries.shape)
        for level, codes in enumerate(queries.T):
            region = np.where(codes >= 0, codes + self._starts[level], 0)
            asked = codes >= 0
            asked &= self._n_photos_in[region] >= self.min_photos
            n_tags = np.where(asked, self._n_tags_in[region], 0.0)
            asked = n_tags > 0.0
            if self.mixing == "dirichlet":
                own = n_tags[asked] / (n_tags[asked] + self.smoothing)
            else:
                own = np.full(asked.sum(), 1.0 - self.smoothing)
            factors[asked, level] = rest[asked] * own / n_tags[asked]
            rest[asked] *= 1.0 - own
        row, level = np.nonzero(factors)
        parts = (factors[row, level], (row, queries[row, level] + self._starts[level]))
        shape = (len(queries), self._counts.shape[0])
        sums = sparse.csr_array(sparse.csr_array(parts, shape=shape) @ self._counts)
        sums.sort_indices()
        return sums, rest


def _need_places(levels):
    return any(level.needs_places for level in levels)


def _take(X, places, weights, rows):
    """Take some rows of a table, and of what belongs to them."""
    if len(rows) < X.shape[0]:
        X = X.iloc[rows] if hasattr(X, "iloc") else X[rows]
    return (
        X,
        None if places is None else places[rows],
        None if weights is None else weights[rows],
    )
