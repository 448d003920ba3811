# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Who is held out: random photos, or whole groups of them."""

import math

import numpy as np

from sklearn_geo._labels import check_groups, check_rows
from sklearn_geo.nets import hold_out


def read_groups(groups, n_photos):
    """Return the number of each photo's group, or None if there are no groups."""
    if groups is None:
        return None
    check_rows(n_photos, groups, "groups")
    return check_groups(groups, n_photos)[1]


def calibration_rows(counted, fraction, seed, groups=None):
    """Split photos in those to learn from and those to calibrate regions on.

    Parameters
    ----------
    counted : ndarray of int
        The photos, as rows, ascending.

    fraction : float
        Share of the second part: of the photos, or of the groups.

    seed : int
        Decides which.

    groups : ndarray of int of shape (n_rows,) or None, default=None
        The group of every row, not of those in `counted` alone.

    Returns
    -------
    learn, held_out : ndarray of int
        Rows, ascending. No group is in both.
    """
    rng = np.random.default_rng([seed, 1])
    if groups is None:
        n_held_out = _share_of(len(counted), fraction)
        order = rng.permutation(len(counted))
        parts = counted[order[n_held_out:]], counted[order[:n_held_out]]
        return tuple(map(np.sort, parts))
    own, n_groups = _numbered(groups[counted])
    n_held_out = _share_of(n_groups, fraction)
    if n_held_out < 1:
        raise ValueError(
            f"groups: there are {n_groups}, and calibration_fraction={fraction:g} of "
            "them is less than one, so that no whole group can be held out to "
            f"calibrate regions on. {_remedy(n_groups)}set calibration_fraction=None, "
            "or leave groups out: regions are then promised for photos of the same "
            "groups."
        )
    chosen = _drawn(n_groups, n_held_out, rng)[own]
    return counted[~chosen], counted[chosen]


def _share_of(n, fraction):
    # A hair more, since 0.29 * 100 should be 29 and not 28.999999999999996.
    return min(math.floor(float(fraction) * n + 1e-9), n - 1)


def _remedy(n_groups):
    if n_groups < 2:
        return "Pass photos of more groups, "
    least = math.ceil(100 / n_groups) / 100
    return f"Set calibration_fraction={least:g} at least, pass photos of more groups, "


def watched_rows(data, fraction, seed, groups=None):
    """Split photos in those to learn from and those whose loss is watched.

    Parameters
    ----------
    data : RowData
        The photos.

    fraction : float
        Share of the second part: of the photos, or of the groups.

    seed : int
        Decides which.

    groups : ndarray of int or None, default=None
        The group of each photo of `data`.

    Returns
    -------
    learn, watched : RowData
        No group is in both.
    """
    if groups is None:
        return hold_out(data, fraction, seed)
    own, n_groups = _numbered(groups)
    n_watched = max(1, round(fraction * n_groups))
    if n_watched >= n_groups:
        raise ValueError(
            f"groups: of {n_groups} to learn from, validation_fraction={fraction:g} "
            "holds all out to watch their loss. Lower it, set early_stopping=False, or "
            "leave groups out."
        )
    chosen = _drawn(n_groups, n_watched, np.random.default_rng([seed, 0x5EED]))[own]
    return data.subset(np.flatnonzero(~chosen)), data.subset(np.flatnonzero(chosen))


def _numbered(groups):
    """Give numbers from 0 on to those groups that are there."""
    values, own = np.unique(groups, return_inverse=True)
    return own.reshape(-1), len(values)


def _drawn(n_groups, n, rng):
    """Draw some groups, each as likely as any other, however large it is."""
    chosen = np.zeros(n_groups, dtype=bool)
    chosen[rng.permutation(n_groups)[:n]] = True
    return chosen
