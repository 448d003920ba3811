# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How far around a place photos still tell its tags: found by leaving photos out."""

import numpy as np
from scipy import sparse

from sklearn_geo._blocks import blocks
from sklearn_geo.geometry import s2_leaf_ids
from sklearn_geo.neighbors import PlaceIndex
from sklearn_geo.ranking._kernel_sums import REACH, mixed_weights
from sklearn_geo.ranking._sparse_top_k import MixedRows

__all__ = ["best_bandwidths", "pair_of"]

# Coarse bandwidths that are tried: from 50 m on, each twice the one before.
_LADDER_KM = 0.05 * 2.0 ** np.arange(17)
# The fine one is so much finer.
_FINER = 10.0
# Photos that are left out, and pairs of them and others that are looked at a bandwidth.
_MOST_PHOTOS = 1000
_FEWEST_PHOTOS = 200
_MOST_PAIRS = 4_000_000
# Wider than this, when a place has hundreds of thousands of photos around, is no use.
_TOO_MANY_PAIRS = 40_000_000
# A doubled bandwidth finds four times as many.
_GROWTH = 4
_N_LISTED = 10
# The search ends after so many bandwidths in a row that are clearly worse.
_PATIENCE = 2
_BLOCK_ROWS = 256


def pair_of(bandwidth_km):
    """Return the fine and the coarse bandwidth."""
    return [float(bandwidth_km / _FINER), float(bandwidth_km)]


def best_bandwidths(places, weighted, frequencies, *, kernel, smoothing, groups=None):
    """Find the bandwidths with the best lists of tags for photos left out.

    Parameters
    ----------
    places : ndarray of shape (n_photos, 2)
        Where photos with tags were taken.

    weighted : csr_array of shape (n_photos, n_tags)
        Their tags, times their weights. A list counts as much as its photo.

    frequencies : ndarray of shape (n_tags,)
        The shares of tags in all.

    kernel : str
        The kernel.

    smoothing : float
        How many tags of the coarser bandwidth are added.

    groups : ndarray of int of shape (n_photos,), default=None
        Users: all photos of the user are left out. None leaves out the photo alone.

    Returns
    -------
    list of two floats
        The fine and the coarse bandwidth, in kilometres.
    """
    if groups is None:
        groups = np.arange(len(places))
    index = PlaceIndex(places)
    asked = _left_out(places)
    trial = _Trial(index, places, weighted, frequencies, kernel, smoothing, groups)
    # Every tag of a photo has the weight of the photo.
    counts = weighted.data[weighted.indptr[:-1]]
    best_km, best, n_worse = _LADDER_KM[0], None, 0
    n_pairs_each = 0.0
    for coarse_km in _LADDER_KM:
        n_next = max(1.0, min(_GROWTH * n_pairs_each, len(places)))
        if _FEWEST_PHOTOS * n_next > _TOO_MANY_PAIRS:
            break
        asked = asked[: max(int(_MOST_PAIRS / n_next), _FEWEST_PHOTOS)]
        gains, n_pairs = trial.gains(asked, pair_of(coarse_km))
        n_pairs_each = n_pairs / len(asked)
        if best is not None:
            ahead = gains - best[: len(asked)]
            mean, error = _mean_and_error(ahead, counts[asked])
            n_worse = n_worse + 1 if mean < -2.0 * error else 0
        if best is None or mean > 0.0:
            best_km, best = coarse_km, gains
        if n_worse >= _PATIENCE:
            break
    return pair_of(best_km)


def _left_out(places):
    """Return photos to leave out: everywhere where there are photos, in any order."""
    along = np.lexsort((places[:, 1], places[:, 0], s2_leaf_ids(places)))
    every = max(1, -(-len(along) // _MOST_PHOTOS))
    chosen = along[every // 2 :: every]
    return np.random.default_rng(0).permutation(chosen)


def _mean_and_error(values, counts):
    """Return the weighted mean and its standard error, whatever weights add up to.

    Of whole numbers, with whole weights, the sum is exact, so that a tie is one.
    """
    counts = np.ldexp(counts, -np.frexp(counts.max())[1])
    total = counts.sum()
    mean, share = float(counts @ values / total), counts / total
    return mean, float(np.sqrt(share @ (values - mean) ** 2 * (share @ share)))


class _Trial:
    """Lists of tags for photos that are left out."""

    def __init__(self, index, places, weighted, frequencies, kernel, smoothing, groups):
        self._index, self._places, self._weighted = index, places, weighted
        self._kernel, self._smoothing, self._groups = kernel, smoothing, groups
        self._masses = weighted.sum(axis=1)
        self._rows = MixedRows(frequencies, None)

    def gains(self, asked, bandwidths_km):
        """Return how high up the first right tag of photos is, and the pairs seen.

        From 10 for the first of the list to 1 for the tenth, and 0 if none is right:
        the mean is ten times that of the hit rates at 1, 2, ... 10, which neither the
        name of the town alone nor a long tail satisfies.
        """
        gains = np.zeros(len(asked))
        n_pairs = 0
        reach_km = REACH[self._kernel] * bandwidths_km[-1]
        for some in blocks(len(asked), _BLOCK_ROWS):
            photos = asked[some]
            for at, km, rows, indptr in self._index.iter_within(
                self._places[photos], reach_km, sort_results=False
            ):
                n_pairs += len(rows)
                own = np.repeat(self._groups[photos[at]], np.diff(indptr))
                others = self._groups[rows] != own
                kept = np.concatenate([[0], np.cumsum(others)])[indptr]
                gains[some.start + at] = self._gains(
                    photos[at], km[others], rows[others], kept, bandwidths_km
                )
        return gains, n_pairs

    def _gains(self, photos, km, rows, indptr, bandwidths_km):
        weights, rest = mixed_weights(
            km,
            rows,
            indptr,
            self._masses,
            kernel=self._kernel,
            bandwidths_km=bandwidths_km,
            smoothing=self._smoothing,
        )
        sums = sparse.csr_array(weights @ self._weighted)
        listed, _ = self._rows.top_k(sums, rest, _N_LISTED)
        gains = np.zeros(len(photos))
        for at, photo in enumerate(photos):
            start, stop = self._weighted.indptr[photo : photo + 2]
            right = np.isin(listed[at], self._weighted.indices[start:stop])
            if right.any():
                gains[at] = _N_LISTED - right.argmax()
        return gains
