# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The place of a photo: where the photos are dense that look like it."""

from numbers import Integral, Real

import numpy as np
from scipy import sparse
from sklearn import get_config
from sklearn.base import _fit_context
from sklearn.utils import gen_batches
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo._made_for import check_made_for, made_for
from sklearn_geo._numbers import is_whole, naming, reject_masked
from sklearn_geo._tables import check_sparse
from sklearn_geo.base import GeoEstimator
from sklearn_geo.geolocation._density import Densities
from sklearn_geo.geolocation._distinct_looks import index_of_looks
from sklearn_geo.geolocation._places_out import GeolocatorMixin
from sklearn_geo.geometry import km_to_chord, unit_vectors
from sklearn_geo.neighbors._approximate import index_of

# Four degrees of a great circle.
_FOUR_DEGREES_KM = 444.8

# Rows that look for neighbours together: more of them only leave the cache.
_BATCH_ROWS = 256

# Bytes a neighbour takes until a row is answered: its vector, distances and weights.
_NEIGHBOR_BYTES = 96
# Lists of places may be longer than there are photos, but NaN costs memory as well.
_LONGEST = 10_000


class NeighborGeolocator(GeolocatorMixin, GeoEstimator):
    r"""Geolocator that answers where the photos are dense that look like a photo.

    The `n_neighbors` nearest training photos in the feature space are found, a kernel
    density is laid over their places, and the answer is its mode: Im2GPS [1]_ as
    revisited by Vo et al. [2]_.

    Parameters
    ----------
    n_neighbors : int, default=100
        How many photos a photo is compared with, from 1 to ten thousand or so. If there
        are fewer, all are taken. With 1 the answer is the place of the most similar
        photo.

    metric : {"cosine", "euclidean"}, default="cosine"
        Distance in the feature space. The cosine distance is one minus the cosine, from
        0 to 2, and 1 where a row has nothing but zeros.

    sigma_km : float, default=444.8
        Standard deviation of the kernel, on the great circle, in kilometres. The
        default are the 4 degrees of [2]_. A large one finds the right region, a small
        one the right town if a neighbour is from there.

    distance_power : float, default=0.0
        A neighbour at the distance d in the feature space weighs d to the minus this
        power; 0 weighs all alike. With the cosine distance, 10 are the weights of the
        authors of [2]_. Next to a neighbour at distance 0 farther ones weigh nothing.

    snap_km : float or None, default=None
        Answer with the place of the most similar among the neighbours within this
        distance of the mode, instead of with the mode itself. The authors of [2]_ do so
        within 100 km, without which a kernel of hundreds of kilometres names no street.

    ann : bool, default=False
        Find neighbours by an approximate index: a graph of `faiss`, of the extra `ann`,
        that is built in `fit`. It misses a few of them, and pays off from some hundred
        thousand photos on. For dense features.

    Attributes
    ----------
    places_ : ndarray of shape (n_places, 2)
        Latitude and longitude of the training photos.

    features_ : ndarray or csr matrix of shape (n_places, n_features)
        Features of the training photos, not copied.

    sample_weight_ : ndarray of shape (n_places,) or None
        What each training photo counts, if `fit` was told.

    n_features_in_ : int
        Number of columns seen in `fit`.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of these columns, if they are strings.

    See Also
    --------
    PriorGeolocator : The same place for everything.
    sklearn_geo.neighbors.VisualNeighborTagPropagator : Tags of the photos that look
        like a photo.

    Notes
    -----
    With the neighbours' places :math:`x_i`, their weights :math:`w_i` and great-circle
    distances d, the density is

    .. math::
        f(x) = \sum_i w_i \exp\!\left(-\frac{d(x, x_i)^2}{2 \sigma^2}\right),

    and the mode is looked for among the :math:`x_i`, so the answer is a place where
    somebody took a photo and no water between two of them. Of equal densities the most
    similar neighbour's is taken.

    The published tables print :math:`\sigma = 4` without a unit. The authors' program
    smooths a grid of one cell a degree by a Gaussian of four cells, over 100
    neighbours; so the unit is a degree, which is 111.2 km on a great circle. Here it is
    the same distance in every direction and at every latitude, and the antimeridian is
    no border.

    Neighbours are exact unless `ann` is set: every row is compared with every photo, in
    chunks bounded by ``sklearn.get_config()["working_memory"]``. Sparse features stay
    sparse.

    References
    ----------
    .. [1] Hays, J., Efros, A. A. "IM2GPS: estimating geographic information from a
       single image", CVPR 2008.
    .. [2] Vo, N., Jacobs, N., Hays, J. "Revisiting IM2GPS in the Deep Learning Era",
       ICCV 2017.

    Examples
    --------
    The most similar photo is from New York, but three of the next four are from Paris:

    >>> import numpy as np
    >>> from sklearn_geo.geolocation import NeighborGeolocator
    >>> features = np.array([[1.0], [1.2], [1.3], [1.4], [1.5]])
    >>> places = [[40.7, -74.0], [48.8, 2.3], [48.9, 2.4], [35.7, 139.7], [48.9, 2.3]]
    >>> geolocator = NeighborGeolocator(5, metric="euclidean").fit(features, places)
    >>> geolocator.predict([[1.0]])
    array([[48.9,  2.3]])
    >>> geolocator.confidence([[1.0]])
    array([0.6])
    >>> geolocator.set_params(n_neighbors=1).predict([[1.0]])
    array([[ 40.7, -74. ]])
    """

    _parameter_constraints: dict = {
        "n_neighbors": [Interval(Integral, 1, None, closed="left")],
        "metric": [StrOptions({"cosine", "euclidean"})],
        "sigma_km": [Interval(Real, 0.0, None, closed="neither")],
        "distance_power": [Interval(Real, 0.0, None, closed="left")],
        "snap_km": [Interval(Real, 0.0, None, closed="left"), None],
        "ann": ["boolean"],
    }

    def __init__(
        self,
        n_neighbors=100,
        *,
        metric="cosine",
        sigma_km=_FOUR_DEGREES_KM,
        distance_power=0.0,
        snap_km=None,
        ann=False,
    ):
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.sigma_km = sigma_km
        self.distance_power = distance_power
        self.snap_km = snap_km
        self.ann = ann

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Keep the training photos.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_places, n_features)
            Features, such as embeddings of photos or counts of words.

        y : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        sample_weight : array-like of shape (n_places,), default=None
            What every photo counts in the density. Photos of weight 0 are no
            neighbours.

        Returns
        -------
        self : NeighborGeolocator
            The fitted estimator.
        """
        with all_or_nothing(self):
            features = self._read_features(X, reset=True)
            places = self._read_target(y, features)
            weights = self._read_weights(sample_weight, features)
            if weights is not None and not weights.all():
                counts = np.flatnonzero(weights)
                features, places, weights = (
                    features[counts],
                    places[counts],
                    weights[counts],
                )
            self.features_ = features
            # Not the caller's arrays, who may write to them.
            self.places_ = places.copy()
            self.sample_weight_ = None if weights is None else weights.copy()
            self._vectors = unit_vectors(places)
            self._index = self._make_index(features)
            self._made_for = made_for(self._looks())
        return self

    def predict(self, X):
        """Answer with the mode of the density over the neighbours' places.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_rows, 2)
            Latitude and longitude in degrees.
        """
        features = self._check(X)
        answers = np.empty(features.shape[0], dtype=np.intp)
        for batch, rows, weights in self._neighborhoods(features):
            vectors = self._vectors[rows]
            best = Densities(vectors, weights, self.sigma_km).highest()
            if self.snap_km is not None:
                # The mode itself is within any distance of the mode.
                near = self._within(vectors, best, self.snap_km)
                best = np.argmax(near, axis=1)
            answers[batch] = rows[np.arange(len(rows)), best]
        return self.places_[answers]

    def predict_topk(self, X, k=5):
        r"""Answer with several places, the densest first.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        k : int, default=5
            How many places.

        Returns
        -------
        places : ndarray of shape (n_rows, k, 2)
            Latitude and longitude in degrees; NaN where no neighbour is left.

        probabilities : ndarray of shape (n_rows, k)
            What share of the neighbours' weight each place stands for: of those within
            :math:`2 \sigma` of it that no earlier place stands for. Together at most 1.
        """
        features = self._check(X)
        if not is_whole(k) or k < 1:
            raise ValueError(f"k must be a whole number above 0; got {k!r}.")
        if k > max(len(self.places_), _LONGEST):
            raise ValueError(
                f"k={k!r}, but there are {len(self.places_)} photos to answer with. "
                "Ask for fewer places."
            )
        n_rows = features.shape[0]
        places = np.full((n_rows, k, 2), np.nan)
        shares = np.zeros((n_rows, k))
        for batch, rows, weights in self._neighborhoods(features):
            vectors = self._vectors[rows]
            densities = Densities(vectors, weights, self.sigma_km)
            total = weights.sum(axis=1)
            left = np.ones(rows.shape, dtype=bool)
            for turn in range(k):
                best = densities.highest(left)
                found = np.flatnonzero(left.any(axis=1))
                if not len(found):
                    break
                near = left & self._within(vectors, best, 2.0 * self.sigma_km)
                at = batch.start + found
                places[at, turn] = self.places_[rows[found, best[found]]]
                mass = (weights * near).sum(axis=1) / total
                shares[at, turn] = mass[found]
                left &= ~near
        return places, shares

    def confidence(self, X):
        """Return what share of the neighbours' weight stands for the first answer.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        ndarray of shape (n_rows,)
            The first of the probabilities of `predict_topk`.
        """
        return self.predict_topk(X, k=1)[1][:, 0]

    def kneighbors(self, X, n_neighbors=None, return_distance=True):
        """Find the training photos that look alike.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        n_neighbors : int, default=None
            How many to find; `n_neighbors` of the estimator if None. All, if there are
            fewer.

        return_distance : bool, default=True
            Whether to return the distances too.

        Returns
        -------
        distances : ndarray of shape (n_rows, n_neighbors)
            Distances in the feature space, ascending; only if asked for.

        rows : ndarray of shape (n_rows, n_neighbors)
            Positions in `places_`.
        """
        features = self._check(X)
        if n_neighbors is None:
            n_neighbors = self.n_neighbors
        if not is_whole(n_neighbors) or n_neighbors < 1:
            raise ValueError(
                f"n_neighbors must be a whole number above 0; got {n_neighbors!r}."
            )
        width = min(int(n_neighbors), len(self.places_))
        distances = np.empty((features.shape[0], width))
        rows = np.empty(distances.shape, dtype=np.intp)
        for batch in gen_batches(features.shape[0], self._batch_rows()):
            distances[batch], rows[batch] = self._index.nearest(features[batch], width)
        return (distances, rows) if return_distance else rows

    def neighbor_weights(self, X):
        """Return the neighbours of each row and what they weigh in its density.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_rows, n_features)
            Features.

        Returns
        -------
        rows : ndarray of shape (n_rows, n_neighbors)
            Positions in `places_`, the most similar first.

        weights : ndarray of shape (n_rows, n_neighbors)
            Their weights, which add up to 1.
        """
        found = [
            (rows, weights / weights.sum(axis=1, keepdims=True))
            for _, rows, weights in self._neighborhoods(self._check(X))
        ]
        return tuple(map(np.concatenate, zip(*found, strict=True)))

    def __sklearn_is_fitted__(self):
        # A fit that fails may have seen X, but it has learnt nothing.
        return hasattr(self, "_index")

    def _read_features(self, X, *, reset):
        check_sparse(X)
        reject_masked(X, "X")
        with naming("X"):
            return validate_data(
                self,
                X,
                reset=reset,
                accept_sparse="csr",
                dtype=[np.float64, np.float32],
            )

    def _check(self, X):
        check_is_fitted(self)
        self._validate_params()  # some may be changed after fit
        # Estimators that were pickled before this was kept have none.
        check_made_for(
            getattr(self, "_made_for", None),
            self._looks(),
            "Photos were put in order by it: set it back, or fit again.",
        )
        features = self._read_features(X, reset=False)
        if sparse.issparse(self.features_):
            return features if sparse.issparse(features) else sparse.csr_array(features)
        return features.toarray() if sparse.issparse(features) else features

    def _looks(self):
        """Return the settings that fit alone reads."""
        return {"metric": self.metric, "ann": self.ann}

    def _answered_by(self):
        """Return the settings that change how sure answers are, also after fit."""
        names = "n_neighbors", "sigma_km", "distance_power"
        return {name: getattr(self, name) for name in names}

    def _make_index(self, features):
        is_sparse = sparse.issparse(features)
        if self.ann and is_sparse:
            raise ValueError(
                "ann=True needs dense features, and X is sparse. Set ann=False, or "
                "make X dense and narrow first, for example with TruncatedSVD."
            )
        if self.ann:
            return index_of(features, self.metric, ann=True)
        return index_of_looks(features, self.metric)

    def _batch_rows(self):
        return min(self._index.query_rows(), _BATCH_ROWS)

    def _neighborhoods(self, features):
        """Yield slices of rows, their neighbours and the weights of these."""
        width = min(int(self.n_neighbors), len(self.places_))
        memory = int(get_config()["working_memory"] * 2**20)
        n_rows = min(self._batch_rows(), memory // (_NEIGHBOR_BYTES * width))
        n_rows = max(1, n_rows)
        for batch in gen_batches(features.shape[0], n_rows):
            distances, rows = self._index.nearest(features[batch], width)
            weights = _distance_weights(distances, self.distance_power)
            if self.sample_weight_ is not None:
                weights *= self.sample_weight_[rows]
            yield batch, rows, weights

    @staticmethod
    def _within(vectors, best, radius_km):
        """Tell which places of every set are near the best one of it."""
        center = vectors[np.arange(len(vectors)), best][:, np.newaxis]
        chord = np.sqrt(((vectors - center) ** 2).sum(axis=2))
        return chord <= km_to_chord(radius_km)


def _distance_weights(distances, power):
    """Return distances to the minus power, divided by the largest of each row."""
    if power == 0.0:
        return np.ones(distances.shape)
    nearest = distances[:, :1]
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        weights = (nearest / distances) ** power
    # Next to distance 0 everything else is infinitely far.
    return np.where(nearest > 0.0, weights, distances == 0.0)
