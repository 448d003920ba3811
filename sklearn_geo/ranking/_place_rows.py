# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places as the scorer reads them: encoded, with noise, or missing."""

from copy import copy

import numpy as np
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._seeds import hand_down
from sklearn_geo.encoding import RandomFourierEncoder
from sklearn_geo.geometry import EARTH_RADIUS_KM
from sklearn_geo.neighbors import PlaceIndex
from sklearn_geo.ranking._location_noise import noisy_places

__all__ = [
    "NormalisedPair",
    "PlaceRows",
    "fit_place_encoder",
    "scales_of",
    "without_names",
]

_FREQUENCIES = 64
_RATIO = 4.0
# Scales of waves, in km: not finer than a street, not coarser than a continent.
_FINEST_KM, _COARSEST_KM = 0.05, 3000.0
_SAMPLE, _ASKED, _NEIGHBORS = 5_000, 1_000, 10


class NormalisedPair:
    r"""The published input: :math:`((lat + 90) / 180,\; (lon + 180) / 360)`."""

    n_columns = 2

    def transform(self, places):
        """Return both coordinates between 0 and 1."""
        return (places + [90.0, 180.0]) / [180.0, 360.0]


class PlaceRows:
    """Places that are encoded when they are asked for.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees; a pair of NaN is missing.

    encoder : transformer
        Fitted.

    noise : {"sphere", "paper"}, default="sphere"
        How places are told roughly, see :func:`noisy_places`.

    somewhere : sequence of float, default=(0.0, 0.0)
        A place that the encoder knows, which stands for those that are missing.
    """

    def __init__(self, places, encoder, noise="sphere", somewhere=(0.0, 0.0)):
        self._places, self._encoder, self._noise = places, encoder, noise
        self._somewhere = np.asarray(somewhere, dtype=np.float64)

    def __len__(self):
        return len(self._places)

    @property
    def n_columns(self):
        """Width of encoded places."""
        return self.encoded(self._somewhere[np.newaxis]).shape[1]

    @property
    def all(self):
        """All places, as they are."""
        return self._places

    def rows(self, at, sigma_km=0.0, rng=None):
        """Return encoded places.

        Parameters
        ----------
        at : ndarray of int or slice
            Which.

        sigma_km : float, default=0.0
            How roughly they are told.

        rng : numpy.random.Generator or None, default=None
            Draws the noise.

        Returns
        -------
        encoded : ndarray of shape (n, n_columns), float32
            Missing places are any place.

        known : ndarray of bool of shape (n,)
            Which are not missing.
        """
        places, known = self.told(at, sigma_km, rng)
        return self.encoded(places), known

    def encoded(self, places):
        """Return encoded places, float32 and dense."""
        # Places were checked when they were read: once is enough.
        encode = getattr(self._encoder, "_encode", self._encoder.transform)
        encoded = encode(places)
        if hasattr(encoded, "toarray"):
            encoded = encoded.toarray()
        return np.ascontiguousarray(encoded, dtype=np.float32)

    def told(self, at, sigma_km=0.0, rng=None):
        """Return places as they are told, and which are known; see :meth:`rows`."""
        places = self._places[at]
        known = ~np.isnan(places[:, 0])
        places = np.where(known[:, None], places, self._somewhere)
        if sigma_km:
            places = noisy_places(places, sigma_km, rng, kind=self._noise)
        return places, known


def fit_place_encoder(encoder, scorer, places, seed):
    """Return a fitted encoder of places.

    Parameters
    ----------
    encoder : "auto", "pair" or transformer
        What `location_encoder` says.

    scorer : {"trunk", "multilinear"}
        "auto" is the published pair for the trunk, and waves for the other.

    places : ndarray of shape (n_places, 2)
        Places, none of them missing.

    seed : int
        Draws the waves, and seeds an encoder that has no seed of its own.

    Returns
    -------
    transformer
        A clone, fitted; what was frozen as it is.
    """
    if isinstance(encoder, str) and encoder == "auto":
        encoder = "pair" if scorer == "trunk" else waves_for(places, seed)
    if isinstance(encoder, str):
        return NormalisedPair()
    if not isinstance(encoder, FrozenEstimator):
        return hand_down(clone(encoder), seed).fit(places)
    check_is_fitted(encoder.estimator)
    # A copy, which keeps its parameters whatever is set later.
    return without_names(copy(encoder.estimator))


def without_names(estimator):
    """Return a fitted estimator that gets arrays from now on."""
    if not hasattr(estimator, "feature_names_in_"):
        return estimator
    kept = copy(estimator)
    kept.__dict__.pop("feature_names_in_", None)  # a pipeline has those of a step
    return kept


def evenly(rows, n_most):
    """Return so many of some rows, or all: they may be sorted by where they are."""
    at = np.linspace(0, len(rows) - 1, min(len(rows), n_most))
    return rows[at.astype(np.intp)]


def scales_of(places, seed):
    """Return lengths in km, from coarse to fine, that places live at.

    The finest is as far as it is typically to the tenth nearest photo; each scale is
    four times the one before, until the extent of the places is reached.
    """
    rng = np.random.default_rng([seed, 0x3A7E])
    some = places
    if len(places) > _SAMPLE:
        some = places[rng.choice(len(places), _SAMPLE, replace=False)]
    distinct = np.unique(places, axis=0)
    n_neighbors = min(_NEIGHBORS, len(distinct))
    # A sample is in any order.
    asked = evenly(some, _ASKED) if some is places else some[:_ASKED]
    km, _ = PlaceIndex(distinct).nearest(asked, n_neighbors)
    finest = float(np.clip(np.median(km[:, -1]), _FINEST_KM, _COARSEST_KM))
    center = some[rng.integers(len(some))]
    spread, _ = PlaceIndex(some).nearest(center[None], len(some))
    coarsest = float(np.clip(np.median(spread), finest, _COARSEST_KM))
    n_scales = 1 + int(np.ceil(np.log(coarsest / finest) / np.log(_RATIO)))
    return np.geomspace(coarsest, finest, n_scales)


def waves_for(places, seed):
    """Return waves as fine as the places are dense, and as long as they spread."""
    sigmas = EARTH_RADIUS_KM / (2.0 * scales_of(places, seed))
    return RandomFourierEncoder(
        _FREQUENCIES, sigmas=tuple(sigmas.tolist()), random_state=seed
    )
