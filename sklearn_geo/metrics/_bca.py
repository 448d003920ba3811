# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ends of a bootstrap interval, by Efron's bias correction and acceleration."""

import numpy as np
from scipy.special import ndtr, ndtri

# Sums in another order, or of weights in another unit, miss each other by less.
_ROUNDING = 1e-12


def bca_tails(tails, distribution, estimate, left_out):
    """Say where to cut the resamples, by bias correction and acceleration.

    Parameters
    ----------
    tails : ndarray of shape (n_values, 2)
        Where resamples without bias or skewness would be cut.

    distribution : ndarray of shape (n_resamples, n_values)
        The metric on every resample.

    estimate : ndarray of shape (n_values,)
        The metric on the photos as they are.

    left_out : ndarray of shape (n_groups, n_values)
        The metric with each photo, or group, left out in turn.

    Returns
    -------
    ndarray of shape (n_values, 2)
        The shares of the resamples below the ends.
    """
    n_resamples = len(distribution)
    below = _share_below(distribution, estimate)
    # Resamples that all lie on one side would push the quantile to infinity.
    bias = ndtri(np.clip(below, 0.5 / n_resamples, 1 - 0.5 / n_resamples))
    left_out = left_out[np.isfinite(left_out).all(axis=1)]
    distance = left_out.mean(axis=0) - left_out
    squares = (distance**2).sum(axis=0)
    cubes = (distance**3).sum(axis=0)
    # A metric that no photo moves has no skewness to correct.
    acceleration = np.divide(
        cubes, 6 * squares**1.5, out=np.zeros_like(cubes), where=squares > 0
    )
    bias, acceleration = bias[:, np.newaxis], acceleration[:, np.newaxis]
    # A tail may be so thin that what is left of 1 is 1.
    shifted = bias + ndtri(np.minimum(tails, np.nextafter(1.0, 0.0)))
    room = 1 - acceleration * shifted
    # Beyond the pole, where there is no room left, the ends are those of all resamples.
    ends = np.where(shifted > 0, np.inf, -np.inf)
    return ndtr(bias + np.divide(shifted, room, out=ends, where=room > 0))


def _share_below(distribution, estimate):
    """Share of the resamples below the estimate, of those that are equal the half."""
    largest = np.maximum(np.abs(distribution).max(axis=0), np.abs(estimate))
    unit = np.where(largest > 0, largest, 1.0)
    above = distribution / unit - estimate / unit
    below = (above < -_ROUNDING).mean(axis=0) / 2
    return below + (above <= _ROUNDING).mean(axis=0) / 2
