# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The grid of zones by its rules, in slow exact arithmetic."""

from fractions import Fraction

import numpy as np
from hypothesis import settings

from sklearn_geo.geometry import (
    utm_zone_names,
    utm_zones,
)

BANDS = "CDEFGHJKLMNPQRSTUVWX"
modest = settings(deadline=None, max_examples=100)


def zone_names(places):
    return utm_zone_names(utm_zones(places)).tolist()


def exact_name(latitude, longitude):
    """The zone's name by the rules of the grid, in rational arithmetic."""
    latitude, longitude = Fraction(latitude), Fraction(longitude)
    if latitude < -80:
        return "A" if longitude < 0 else "B"
    if latitude > 84:
        return "Y" if longitude < 0 else "Z"
    band = BANDS[min(19, (latitude + 80) // 8)]
    number = (longitude + 180) // 6 + 1
    if band == "V" and 3 <= longitude < 6:
        number = 32
    if band == "X" and 0 <= longitude < 42:
        number = 31 + 2 * ((longitude + 3) // 12)
    return f"{number}{band}"


def seams(values):
    """Values, their neighbours among the floats, and 1e-9 to both sides."""
    values = np.asarray(values, dtype=np.float64)
    return np.unique(
        np.concatenate(
            [
                values,
                np.nextafter(values, -np.inf),
                np.nextafter(values, np.inf),
                values - 1e-9,
                values + 1e-9,
            ]
        )
    )


def grid(latitudes, longitudes):
    return np.stack(np.meshgrid(latitudes, longitudes, indexing="ij"), -1).reshape(
        -1, 2
    )
