# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Kernel densities of small sets of places, one set a row, and their modes."""

import numpy as np
from sklearn import get_config
from sklearn.utils import gen_batches

from sklearn_geo.geometry import EARTH_RADIUS_KM

# Numbers a block: its buffers stay in the cache.
_BLOCK_SIZE = 2**17

# Densities that differ by less than this share are a tie.
_TIE = 1e-12


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
    squares *= np.sqrt(2.0) * EARTH_RADIUS_KM / sigma_km
    np.square(squares, out=squares)
    np.negative(squares, out=squares)
    # What underflows weighs nothing.
    with np.errstate(under="ignore"):
        return np.exp(squares, out=squares)


def modes(densities):
    """Return the position of the densest place of every set, the first of a tie."""
    highest = densities.max(axis=1, keepdims=True)
    return np.argmax(densities >= highest * (1.0 - _TIE), axis=1)
