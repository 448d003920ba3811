# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much more likely tags are at a place than anywhere, by the photos around it."""

from itertools import product

import numpy as np
from scipy import sparse

from sklearn_geo.metrics import hashtag_accuracy_at_k
from sklearn_geo.neighbors import PlaceIndex
from sklearn_geo.ranking._kernel_sums import mixed_weights

__all__ = ["PlacePrior"]

_NEIGHBORS = 300
# How much the world is mixed in: what is tried, and on how many photos.
_SMOOTHINGS = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
_MANY_PHOTOS = 1_000
# What is tried for short lists: how much of the prior and of all else is believed.
_SHARES, _RESTS, _SHARPER = (0.5, 0.75, 1.0), (1.0, 0.7, 0.4, 0.2), 30.0
_LENGTHS = (1, 5, 10)
# Photos of one user around count as many as the root of their number.
_BURST = 0.5


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
        self.masses = np.asarray(indicator.sum(axis=1)).ravel()
        self.smoothing = _SMOOTHINGS[0]
        self._index = None

    def choose_smoothing(self, seed):
        """Take the smoothing that makes tags of photos likeliest, told by others."""
        rng = np.random.default_rng([seed, 0x90A7])
        own = np.arange(len(self.places))
        if len(own) > _MANY_PHOTOS:
            own = np.sort(rng.choice(own, _MANY_PHOTOS, replace=False))
        groups = None if self.groups is None else self.groups[own]
        tags = self.indicator[own]
        share = np.repeat(
            1.0 / np.maximum(self.masses[own], 1e-12), np.diff(tags.indptr)
        )
        tags = sparse.csr_array(
            (tags.data * share, tags.indices, tags.indptr), tags.shape
        )
        known, gains = np.ones(len(own), dtype=bool), []
        for self.smoothing in _SMOOTHINGS:
            lifts, rest = self.lifts(self.places[own], known, own=own, groups=groups)
            gains.append(float(tags.multiply(lifts).sum() + rest.sum()))
        self.smoothing = _SMOOTHINGS[int(np.argmax(gains))]
        return self

    def choose_shares(self, share, bias, asked):
        """Take what puts true tags among the first one, five and ten.

        Likelihood asks for a careful prior, short lists for a bold one; and what photos
        show of the place is told twice by a photo and a place.

        Parameters
        ----------
        share : float
            How much of the prior was believed in training.

        bias : ndarray of shape (n_tags,)
            What of the scores is the same for all photos.

        asked : iterable of tuple
            Photos that nothing was learnt from, some at a time: their scores without
            the prior, of shape (n, n_tags), their tags, and `places`, `known` and
            `groups` as in :meth:`lifts`.

        Returns
        -------
        rest : float
            How much of the scores beyond the bias is to be believed.

        share : float
            How much of the prior. The smoothing is set.
        """
        smoothings = dict.fromkeys((self.smoothing, min(self.smoothing, _SHARPER)))
        beliefs = list(product(_RESTS, (share, *_SHARES)))
        hits = np.zeros((len(smoothings), len(beliefs)), dtype=np.int64)
        for scores, truth, places, known, groups in asked:
            own = scores - bias
            for number, self.smoothing in enumerate(smoothings):
                lifts, _ = self.lifts(places, known, groups=groups)
                lifts = lifts.toarray()
                hits[number] += [
                    _hits(truth, bias + rest * own + each * lifts)
                    for rest, each in beliefs
                ]
        best, chosen = np.unravel_index(np.argmax(hits), hits.shape)
        self.smoothing = list(smoothings)[best]
        return beliefs[chosen]

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
        counts = None
        if self.groups is not None:
            counts = self._counts(
                rows[keep], np.repeat(np.arange(len(km)), keep.sum(1))
            )
        weights, rest = mixed_weights(
            km[keep],
            rows[keep],
            indptr,
            self.masses,
            kernel="gaussian",
            bandwidths_km=self.bandwidths_km,
            smoothing=self.smoothing,
            counts=counts,
        )
        sums = sparse.csr_array(weights @ self.indicator)
        sums.sort_indices()
        # A share that is too small for a number is the smallest there is.
        rest = np.maximum(rest, np.finfo(np.float64).tiny)
        row = np.repeat(np.arange(len(places)), np.diff(sums.indptr))
        sums.data = _lifts(sums.data, rest[row], self.frequency[sums.indices])
        return sums.astype(np.float32), np.log(rest).astype(np.float32)

    def _counts(self, rows, query):
        """Return what photos count so that everybody around counts as one."""
        pairs = query * (self.groups.max() + 1) + self.groups[rows]
        _, which, n_photos = np.unique(pairs, return_inverse=True, return_counts=True)
        return n_photos[which] ** -_BURST


def _hits(truth, scores):
    """Return how many lists have a true tag among their first one, five and ten."""
    shares = hashtag_accuracy_at_k(truth, scores, k=_LENGTHS)
    return int(np.rint(shares * truth.shape[0]).sum())


def _lifts(sums, rest, frequency):
    """Return the second term of the formula, also where its ratio is beyond numbers."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        lifts = np.log1p(sums / (rest * frequency))
        beyond = ~np.isfinite(lifts)
        if beyond.any():
            logs = np.log(sums) - np.log(rest) - np.log(frequency)
            lifts[beyond] = np.maximum(logs[beyond], 0.0)
    return lifts
