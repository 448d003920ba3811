# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Kernel densities of small sets of places, one set a row, and their modes."""

import numpy as np
from scipy.spatial import cKDTree
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geometry import EARTH_RADIUS_KM, chord_to_km

# Numbers a block: its buffers stay in the cache.
_BLOCK_SIZE = 2**17

# Densities that differ by less than this share are a tie.
_TIE = 1e-12

# Where a kernel is 1e-18 of its peak: sums cannot tell it from nothing.
_FAR_SIGMAS = 9.1

# From how many places on to compute only the densities that may be highest, and how
# many places make a piece.
_LARGE = 1000
_PIECE = 12


def kernel_densities(vectors, weights, sigma_km):
    r"""Density at every place of a set, due to the whole set.

    Parameters
    ----------
    vectors : ndarray of shape (n_sets, n_places, 3)
        Unit vectors of places.

    weights : ndarray of shape (n_sets, n_places)
        What every place counts.

    sigma_km : float
        Standard deviation of the kernel.

    Returns
    -------
    ndarray of shape (n_sets, n_places)
        Sums of :math:`w \exp(-d^2 / 2 \sigma^2)` over the places of the set, with
        great-circle distances d.
    """
    n_sets, n_places, _ = vectors.shape
    densities = np.empty((n_sets, n_places))
    memory = int(get_config()["working_memory"] * 2**20) // 16
    block = max(1, min(_BLOCK_SIZE, memory))
    n_columns = max(1, min(n_places, block // n_places))
    n_together = max(1, block // (n_places * n_columns))
    for sets in gen_batches(n_sets, n_together):
        one, weight = vectors[sets], weights[sets]
        for columns in gen_batches(n_places, n_columns):
            kernel = _kernel(one[:, columns], one, sigma_km)
            densities[sets, columns] = (kernel @ weight[:, :, np.newaxis])[..., 0]
    return densities


def _kernel(a, b, sigma_km):
    """Return exp(-d^2 / 2 sigma^2) of all pairs, of shape (n_sets, n_a, n_b)."""
    squares = np.zeros((len(a), a.shape[1], b.shape[1]))
    buffer = np.empty_like(squares)
    for axis in range(3):
        np.subtract(a[:, :, np.newaxis, axis], b[:, np.newaxis, :, axis], out=buffer)
        np.square(buffer, out=buffer)
        squares += buffer
    # Half the chord is the sine of half the angle.
    squares *= 0.25
    np.minimum(squares, 1.0, out=squares)
    np.sqrt(squares, out=squares)
    np.arcsin(squares, out=squares)
    # Below any distance there is, but not so small that its square is zero.
    squares *= np.sqrt(2.0) * EARTH_RADIUS_KM / max(sigma_km, 1e-100)
    np.square(squares, out=squares)
    np.negative(squares, out=squares)
    # What underflows weighs nothing.
    with np.errstate(under="ignore"):
        return np.exp(squares, out=squares)


class Densities:
    """Where the kernel densities of sets of places are highest.

    Parameters
    ----------
    vectors : ndarray of shape (n_sets, n_places, 3)
        Unit vectors of places.

    weights : ndarray of shape (n_sets, n_places)
        What every place counts.

    sigma_km : float
        Standard deviation of the kernel.

    Notes
    -----
    Large sets are taken in pieces. From the middle of a piece the density of its
    members is known up to a bound, and pieces that cannot hold the highest one are
    passed over: of ten thousand places, most are.
    """

    def __init__(self, vectors, weights, sigma_km):
        self._values = self._surveys = None
        if vectors.shape[1] > _LARGE:
            self._surveys = [
                _Survey(*one, sigma_km) for one in zip(vectors, weights, strict=True)
            ]
        else:
            self._values = kernel_densities(vectors, weights, sigma_km)

    def highest(self, left=None):
        """Return the position of the densest place of every set, the first of a tie.

        Parameters
        ----------
        left : ndarray of shape (n_sets, n_places), bool, default=None
            Which places may be the answer; all if None. In a set that has none, the
            answer means nothing.
        """
        if self._surveys is not None:
            lefts = [None] * len(self._surveys) if left is None else left
            pairs = zip(self._surveys, lefts, strict=True)
            return np.array([survey.highest(one) for survey, one in pairs])
        values = self._values if left is None else np.where(left, self._values, -1.0)
        highest = values.max(axis=1, keepdims=True)
        return np.argmax(values >= highest * (1.0 - _TIE), axis=1)


class _Survey:
    """One large set, of which only those densities are computed that may be highest."""

    def __init__(self, vectors, weights, sigma_km):
        self._vectors, self._weights, self._sigma_km = vectors, weights, sigma_km
        self._values = np.full(len(vectors), -1.0)
        order = cKDTree(vectors, leafsize=_PIECE).indices
        starts = np.arange(0, len(order), _PIECE)
        self._pieces = np.split(order, starts[1:])
        middles = np.add.reduceat(vectors[order], starts)
        middles /= np.linalg.norm(middles, axis=1, keepdims=True)
        sizes = np.diff(np.append(starts, len(order)))
        chords = np.linalg.norm(vectors[order] - np.repeat(middles, sizes, 0), axis=1)
        self._middles = middles
        self._reach = chord_to_km(np.maximum.reduceat(chords, starts)) + 1e-3
        mass = np.add.reduceat(weights[order], starts)
        self._bounds = np.empty(len(starts))
        for rows in gen_batches(len(starts), max(1, _BLOCK_SIZE // len(starts))):
            kernel = np.exp(-0.5 * (self._gaps(rows) / sigma_km) ** 2)
            # Sums in another order must not fall below what they bound.
            self._bounds[rows] = (kernel @ mass) * (1.0 + 1e-9)
        self._order = np.argsort(-self._bounds, kind="stable")

    def _gaps(self, pieces):
        """Return km that members of some pieces are at least from those of all."""
        middles = self._middles[pieces, np.newaxis]
        chords = np.linalg.norm(middles - self._middles, axis=2)
        km = chord_to_km(np.minimum(chords, 2.0))
        km -= self._reach[pieces, np.newaxis] + self._reach
        return np.maximum(km, 0.0)

    def highest(self, left):
        most = -1.0
        for piece in self._order:
            if self._bounds[piece] < most * (1.0 - _TIE):
                break
            rows = self._pieces[piece]
            rows = rows if left is None else rows[left[rows]]
            new = rows[self._values[rows] < 0.0]
            if len(new):
                gaps = self._gaps(slice(piece, piece + 1))[0]
                near = np.flatnonzero(gaps < _FAR_SIGMAS * self._sigma_km)
                others = np.concatenate([self._pieces[one] for one in near])
                kernel = _kernel(
                    self._vectors[np.newaxis, new],
                    self._vectors[np.newaxis, others],
                    self._sigma_km,
                )
                self._values[new] = kernel[0] @ self._weights[others]
            most = max(most, self._values[rows].max(initial=-1.0))
        values = self._values if left is None else np.where(left, self._values, -1.0)
        return int(np.argmax(values >= most * (1.0 - _TIE)))
