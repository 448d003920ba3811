# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether an estimator was taught by the very rows it is asked about."""

import numpy as np

# So many of the places are remembered, as hashes.
_SIZE = 1024
_MIX = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F], dtype=np.uint64)


def fingerprint(places, before=None):
    """Return the smallest of the hashes of places: a sample, whatever their order.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    before : ndarray of uint64 or None, default=None
        The fingerprint of places that were seen earlier, to be added.

    Returns
    -------
    ndarray of uint64
        Ascending.
    """
    found = np.unique(_hashes(places))
    if before is not None:
        found = np.union1d(found, before)
    return found[:_SIZE]


def share_seen(seen, places):
    """Tell what share of the places behind a fingerprint is among some places.

    Parameters
    ----------
    seen : ndarray of uint64
        A :func:`fingerprint`.

    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees.

    Returns
    -------
    float
        From 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._seen import fingerprint, share_seen
    >>> places = np.array([[48.1, 11.6], [51.5, -0.1], [40.7, -74.0], [35.7, 139.7]])
    >>> float(share_seen(fingerprint(places[:2]), places[1:]))
    0.5
    """
    if not len(seen):
        return 0.0
    return np.isin(seen, _hashes(places)).mean()


def _hashes(places):
    bits = np.ascontiguousarray(places, dtype=np.float64).view(np.uint64)
    mixed = bits * _MIX
    mixed ^= mixed >> np.uint64(29)
    both = mixed[:, 0] * _MIX[1] + mixed[:, 1]
    both ^= both >> np.uint64(32)
    both *= _MIX[0]
    return both ^ (both >> np.uint64(31))
