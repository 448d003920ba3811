# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sines and cosines of multiples of angles in degrees."""

import numpy as np


def sines_and_cosines(degrees, frequencies):
    """Give the sines and cosines of multiples of angles.

    The multiples are brought into [-180, 180] degrees before they become radians,
    which loses nothing for whole multiples: rows of a place are the same whichever
    turn of the globe its longitude was counted on.

    Parameters
    ----------
    degrees : ndarray of shape (n_places,)
        Angles.

    frequencies : ndarray of shape (n_frequencies,)
        What they are multiplied by.

    Returns
    -------
    sines, cosines : ndarray of shape (n_places, n_frequencies)
        Exactly 0 at multiples of 180 and of 90 degrees.
    """
    angles = np.multiply.outer(degrees, frequencies)
    angles -= 360.0 * np.rint(angles / 360.0)
    # Sines by the nearer of 0 and 180 degrees, cosines by the distance from 90.
    size = np.abs(angles)
    cosines = np.sin(np.deg2rad(90.0 - size))
    sines = np.copysign(np.sin(np.deg2rad(np.minimum(size, 180.0 - size))), angles)
    return sines, cosines
