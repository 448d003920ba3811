# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Parameters as JSON can hold them, which knows no tuples and nothing infinite."""

from numbers import Real

import numpy as np

__all__ = ["plain_params", "read_params"]


def plain_params(params):
    """Return parameters as JSON can hold them."""
    return {name: _plain(value) for name, value in params.items()}


def read_params(held):
    """Return parameters as they were before they were JSON."""
    return {name: _read(value) for name, value in held.items()}


def _plain(value):
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, Real) and np.isinf(value):
        return {"float": str(float(value))}
    return list(value) if isinstance(value, tuple) else value


def _read(value):
    if isinstance(value, dict):
        return float(value["float"])
    return tuple(value) if isinstance(value, list) else value
