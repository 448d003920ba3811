# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Arguments that are plain numbers, checked once for the whole room."""

import numpy as np

from sklearn_geo._numbers import is_real, is_whole, read_numbers

__all__ = ["check_radius", "is_real", "is_whole", "read_numbers"]

# Beyond these, areas are infinite or zero.
_SMALLEST_KM, _LARGEST_KM = 1e-100, 1e100


def check_radius(radius_km):
    """Return the radius as a plain number; it is positive, and has a square."""
    # Narrow floats of numpy would make the limits infinite.
    narrow = isinstance(radius_km, np.floating)
    value = float(radius_km) if narrow else radius_km
    if not (is_real(value) and _SMALLEST_KM <= value <= _LARGEST_KM):
        raise ValueError(
            f"radius_km must be a positive number of kilometres, at most "
            f"{_LARGEST_KM:g}; got {radius_km!r:.60}."
        )
    return float(value)
