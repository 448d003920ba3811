# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sparse rows that are drawn: scipy has `random_array` since 1.12 only."""

from scipy import sparse


def sparse_rows(rng, shape, density):
    """Draw numbers between 0 and 1, a share of which is stored."""
    return sparse.csr_array(rng.random(shape) * (rng.random(shape) < density))
