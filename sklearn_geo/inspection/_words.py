# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What displays are told to call things: texts, and lists of them."""

import numpy as np
from scipy import sparse

from sklearn_geo.metrics._rows import check_flag


def check_text(value, name):
    """Check that a value is a text, or None."""
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text; got {value!r:.60} ({type(value)}).")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} holds half a character, which no font has; got {value!r:.60}."
        ) from error


def check_flags(**flags):
    """Check that settings are true or false, as pandas.NA and arrays are not."""
    for name, value in flags.items():
        check_flag(value, name)


def read_names(values, name):
    """Return names as a list of texts; numbers are names as well."""
    no_list = isinstance(values, str | bytes) or sparse.issparse(values)
    if no_list or hasattr(values, "collect") or not np.iterable(values):
        raise TypeError(f"{name} must be a list of names; got {values!r:.60}.")
    return [str(one) for one in values]
