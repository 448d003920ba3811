# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is drawn of several models comes by their names."""

from collections.abc import Mapping

from scipy import sparse


def is_by_name(values):
    """Tell a mapping of names from a table; a matrix of scipy may be a dict as well."""
    return isinstance(values, Mapping) and not sparse.issparse(values)
