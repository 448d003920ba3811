# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From many rows a venue to one: its median place and its most frequent category."""

import numpy as np


def median_places(venue, places, n_venues):
    """Return one place for each venue, the median of those in its rows.

    Latitudes and longitudes have a median each; longitudes are counted from the venue's
    first one, so that a venue on the antimeridian stays there.

    Parameters
    ----------
    venue : ndarray of int of shape (n_rows,)
        Number of the venue of each row, from 0 to `n_venues` - 1, each at least once.

    places : ndarray of shape (n_rows, 2)
        Latitudes and longitudes in degrees; rows of NaN do not count.

    n_venues : int
        Number of venues.

    Returns
    -------
    places : ndarray of shape (n_venues, 2)
        Latitudes and longitudes; NaN where a venue has none.

    moved : ndarray of int
        The venues whose rows differ.
    """
    known = np.flatnonzero(np.isfinite(places).all(axis=1))
    out = np.full((n_venues, 2), np.nan)
    if known.size == 0:
        return out, np.empty(0, dtype=np.intp)
    venue, places = venue[known], places[known]
    # Written from the last row to the first, so that the first one stays.
    out[venue[::-1]] = places[::-1]
    moved = np.unique(venue[(places != out[venue]).any(axis=1)])
    if moved.size:
        rows = np.flatnonzero(np.isin(venue, moved))
        venue, places, first = venue[rows], places[rows], out[venue[rows]]
        out[moved, 0] = _medians(venue, places[:, 0])
        turns = np.round((places[:, 1] - first[:, 1]) / 360.0)
        longitudes = _medians(venue, places[:, 1] - 360.0 * turns)
        out[moved, 1] = longitudes - 360.0 * np.round(longitudes / 360.0)
    return out, moved


def most_frequent(venue, values, n_venues):
    """Return the most frequent value of each venue; of several, the one seen first.

    Parameters
    ----------
    venue : ndarray of int of shape (n_rows,)
        Number of the venue of each row, from 0 to `n_venues` - 1, each at least once.

    values : ndarray of int of shape (n_rows,)
        Values from 0.

    n_venues : int
        Number of venues.

    Returns
    -------
    values : ndarray of int of shape (n_venues,)
        One value a venue.

    mixed : ndarray of int
        The venues with several values.
    """
    n_values = int(values.max(initial=0)) + 1
    pairs, first, counts = np.unique(
        venue.astype(np.int64) * n_values + values,
        return_index=True,
        return_counts=True,
    )
    of_pair = pairs // n_values
    order = np.lexsort((first, -counts, of_pair))
    best, several = np.unique(of_pair[order], return_index=True)
    out = np.zeros(n_venues, dtype=np.int64)
    out[best] = pairs[order][several] % n_values
    return out, np.flatnonzero(np.bincount(of_pair, minlength=n_venues) > 1)


def _medians(groups, values):
    """Return the median of the values of each group, groups in rising order."""
    order = np.lexsort((values, groups))
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    values = values[order]
    return (values[starts + (sizes - 1) // 2] + values[starts + sizes // 2]) / 2.0
