# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much more likely tags are at a place than anywhere, by the photos around it."""

import numpy as np
from scipy import sparse

from sklearn_geo.neighbors import PlaceIndex
from sklearn_geo.ranking._kernel_sums import mixed_weights

__all__ = ["PlacePrior"]

_NEIGHBORS, _SMOOTHING = 300, 1.0


class PlacePrior:
    r"""Lifts of tags at places.

    Parameters
    ----------
    places : ndarray of shape (n_photos, 2)
        Where photos were taken, none of them missing.

    indicator : csr_array of shape (n_photos, n_tags)
        Their tags, weighted.

    frequency : ndarray of shape (n_tags,)
        How likely tags are anywhere; it adds up to 1.

    bandwidths_km : sequence of float
        From fine to coarse.

    groups : ndarray of int of shape (n_photos,) or None, default=None
        Whose photos they are.

    Notes
    -----
    With weights :math:`w_i` of the photos around, what is left to the world of them
    :math:`r`, and the frequency :math:`p_t`,

    .. math:: \log \frac{p(t \mid \ell)}{p_t}
        = \log r + \log\Big(1 + \frac{\sum_i w_i y_{it}}{r\, p_t}\Big),

    where the second term is zero for all tags that nobody used around: so it is kept
    sparse.
    """

    def __init__(self, places, indicator, frequency, bandwidths_km, groups=None):
        self.places, self.indicator, self.groups = places, indicator, groups
        self.frequency = np.asarray(frequency, dtype=np.float64)
        self.bandwidths_km = [float(each) for each in bandwidths_km]
        self.smoothing = _SMOOTHING
        self.masses = np.asarray(indicator.sum(axis=1)).ravel()
        self._index = None

    def __getstate__(self):
        return {**self.__dict__, "_index": None}

    def lifts(self, places, known, *, own=None, groups=None):
        """Return lifts of tags at some places.

        Parameters
        ----------
        places : ndarray of shape (n, 2)
            The places; those not known are any place.

        known : ndarray of bool of shape (n,)
            Which are known. Nothing is said of the others.

        own : ndarray of int of shape (n,) or None, default=None
            The photo that each is, for training: -1 for none. It does not tell of
            itself.

        groups : ndarray of int of shape (n,) or None, default=None
            Whose photo each is: photos of the same group do not tell of it.

        Returns
        -------
        lifts : csr_array of shape (n, n_tags), float32
            The second term of the formula.

        rest : ndarray of shape (n,), float32
            The first.
        """
        if self._index is None:
            self._index = PlaceIndex(self.places)
        n_neighbors = min(_NEIGHBORS, len(self.places))
        km, rows = self._index.nearest(places, n_neighbors)
        keep = np.repeat(known[:, np.newaxis], n_neighbors, axis=1)
        if own is not None:
            keep &= rows != own[:, np.newaxis]
        if groups is not None and self.groups is not None:
            keep &= self.groups[rows] != groups[:, np.newaxis]
        indptr = np.concatenate([[0], np.cumsum(keep.sum(axis=1))])
        weights, rest = mixed_weights(
            km[keep],
            rows[keep],
            indptr,
            self.masses,
            kernel="gaussian",
            bandwidths_km=self.bandwidths_km,
            smoothing=self.smoothing,
        )
        sums = sparse.csr_array(weights @ self.indicator)
        sums.sort_indices()
        row = np.repeat(np.arange(len(places)), np.diff(sums.indptr))
        sums.data = np.log1p(sums.data / (rest[row] * self.frequency[sums.indices]))
        return sums.astype(np.float32), np.log(rest).astype(np.float32)
