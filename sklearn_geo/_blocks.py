# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows, some at a time."""

__all__ = ["blocks"]


def blocks(n_rows, size):
    """Yield slices of at most `size` rows: none if there are no rows.

    This is scikit-learn's `gen_batches` without the validation of its arguments, which
    takes longer than many a computation for a single place.

    Parameters
    ----------
    n_rows : int
        Number of rows.

    size : int
        Rows of a block.

    Yields
    ------
    slice
        The next rows.

    Examples
    --------
    >>> from sklearn_geo._blocks import blocks
    >>> list(blocks(5, 3))
    [slice(0, 3, None), slice(3, 5, None)]
    """
    for start in range(0, n_rows, size):
        yield slice(start, min(start + size, n_rows))
