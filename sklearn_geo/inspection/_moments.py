# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Times and owners of photos, as displays are given them."""

import numpy as np

from sklearn_geo._labels import first_missing, label_array, number_labels, shape_of
from sklearn_geo._numbers import reject_masked
from sklearn_geo.encoding._times import read_times, read_zone


def read_moments(times, n_photos, time_zone=None, *, clocks=True):
    """Read when photos were posted.

    Parameters
    ----------
    times : array-like of shape (n_photos,)
        datetime64, datetime objects, or a column of pandas or polars.

    n_photos : int
        How many there have to be.

    time_zone : str, default=None
        Where clocks stood that tell no zone.

    clocks : bool, default=True
        Whether hours count. Otherwise clocks without a zone are taken as they are: they
        tell what came first.

    Returns
    -------
    ndarray of datetime64 of shape (n_photos,)
        Moments in UTC, as finely as they are told; NaT where there is none.
    """
    reject_masked(times, "times")
    if isinstance(times, (list, tuple)):
        times = np.array(times, dtype=object)
    elif not hasattr(times, "dt") and hasattr(times, "to_series"):  # DatetimeIndex
        times = times.to_series()
    check_one_each(times, n_photos, "times")
    zone = read_zone(time_zone)
    if zone is None and not clocks:
        zone = read_zone("UTC")
    return read_times(times, zone, "times")


def read_users(groups, n_photos):
    """Read whose photos these are, as an array of labels."""
    users = label_array(groups, "groups")
    check_one_each(users, n_photos, "groups")
    row = first_missing(users)
    if row is not None:
        raise ValueError(
            f"groups, row {row}: it is missing whose photo this is. Give every such "
            "photo a group of its own, or drop it."
        )
    number_labels(users, name="groups")  # those of several types are refused
    return users


def check_one_each(values, n_photos, name):
    """Check that there is one value for each photo."""
    shape = shape_of(values)
    if shape != (n_photos,):
        raise ValueError(
            f"{name} must have one entry for each of the {n_photos} photos; got the "
            f"shape {shape}."
        )
