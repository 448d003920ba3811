# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Arguments that are plain numbers, checked once for the whole room."""

import numbers

import numpy as np


def read_numbers(values, name):
    """Return values as an array of float64, or say that they are no numbers."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise TypeError(
            f"{name} must hold numbers; got {values!r:.60}. Convert text first, for "
            "example with np.asarray(values, dtype=float)."
        ) from error


def check_radius(radius_km):
    """Raise a ValueError unless the radius is a positive finite number."""
    is_number = isinstance(radius_km, numbers.Real)
    if not (is_number and np.isfinite(radius_km) and radius_km > 0.0):
        raise ValueError(
            f"radius_km must be a positive number of kilometres; got {radius_km!r}."
        )
