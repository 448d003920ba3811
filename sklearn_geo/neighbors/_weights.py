# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Weights of neighbours, and the rows of tags that they add up to."""

import numpy as np
from scipy import sparse
from sklearn.preprocessing import normalize

from sklearn_geo._tags import as_output
from sklearn_geo.neighbors._rows import RowBuilder

# Up to so many columns a product is not worth a detour.
_FEW_COLUMNS = 2**20


def weights(distances, rows, tagged, *, sigma, relative, dtype):
    """Weigh neighbours by exp(-distance / sigma) (equation 3).

    Parameters
    ----------
    distances : ndarray of shape (n_queries, width)
        Distances of neighbours.

    rows : ndarray of shape (n_queries, width)
        Photos that the neighbours are; -1 fills up.

    tagged : ndarray of shape (n_photos,), bool
        Which photos have tags. The others have no weight.

    sigma : float or None
        In the unit of the distances. None weighs all neighbours 1.

    relative : bool
        Divide the weights of a row by the largest, so that they never all vanish.

    dtype : dtype
        Type of the weights.

    Returns
    -------
    csr_array of shape (n_queries, n_photos)
        The weights.
    """
    # Photos without tags add nothing, and rows may be filled up with -1.
    evidence = rows >= 0
    if not tagged.all():
        evidence &= tagged[rows]
    if relative and distances.shape[1]:
        nearest = np.min(distances, axis=1, where=evidence, initial=np.inf)
        nearest[~np.isfinite(nearest)] = 0.0
        distances = distances - nearest[:, np.newaxis]
    indptr = np.zeros(len(distances) + 1, dtype=np.int32)
    np.cumsum(evidence.sum(axis=1), out=indptr[1:])
    everything = evidence.all()
    data = distances.ravel() if everything else distances[evidence]
    columns = rows.ravel() if everything else rows[evidence]
    if sigma is None:
        data = np.ones(len(data), dtype=dtype)
    else:
        with np.errstate(over="ignore", under="ignore"):
            data = np.exp(data / -sigma).astype(dtype)
    shape = (len(distances), len(tagged))
    return sparse.csr_array((data, columns, indptr), shape=shape)


def add_up(batches, weights_of, tags, *, norm, sparse_output, n_rows, progress=None):
    """Add up weighted tags, a few rows at a time.

    Parameters
    ----------
    batches : iterable of slice
        Rows to work on together, in order.

    weights_of : callable
        From a slice of rows to their weights, a sparse array over the photos.

    tags : csr_array of shape (n_photos, n_tags)
        The tags of the photos.

    norm : {"l1", "l2", "max"} or None
        Norm that rows are scaled to.

    sparse_output : bool
        Whether the rows are sparse.

    n_rows : int
        How many rows there are.

    progress : Progress, default=None
        What is told about rows that are done.

    Returns
    -------
    csr_matrix, csr_array or ndarray of shape (n_rows, n_tags)
        The rows.
    """
    if sparse_output:
        builder = RowBuilder(tags.shape[1], tags.dtype)
    else:
        dense = np.zeros((n_rows, tags.shape[1]), dtype=tags.dtype)
    for batch in batches:
        sums = scaled(multiply(weights_of(batch), tags), norm)
        if sparse_output:
            sums.sort_indices()
            builder.append([(np.arange(sums.shape[0]), sums)])
        else:
            dense[batch] = sums.toarray()
        if progress is not None:
            progress.advance(sums.shape[0])
    return as_output(builder.finish()) if sparse_output else dense


def scaled(rows, norm):
    """Scale rows to a norm, None to none, in place.

    Parameters
    ----------
    rows : csr_array of shape (n_rows, n_tags)
        Sums of weighted tags.

    norm : {"l1", "l2", "max"} or None
        The norm.

    Returns
    -------
    csr_array of shape (n_rows, n_tags)
        The same rows.
    """
    if norm is None:
        return rows
    if norm == "l2":
        _scale_by_powers_of_two(rows)
    return normalize(rows, norm=norm, copy=False)


def _scale_by_powers_of_two(rows):
    """Make the largest number of each row about one, and its square a number.

    Whoever divides by a norm afterwards gets the same, to the last digit.
    """
    lengths = np.diff(rows.indptr)
    filled = lengths > 0
    if not filled.any():
        return
    largest = np.maximum.reduceat(rows.data, rows.indptr[:-1][filled])
    powers = np.frexp(largest)[1]
    rows.data = np.ldexp(rows.data, -np.repeat(powers, lengths[filled]))


def in_type(tags, dtype):
    """Return tags in the type of numbers of the rows, or say that it holds them not.

    Parameters
    ----------
    tags : csr_array of shape (n_photos, n_tags)
        Tags of photos, without explicit zeros.

    dtype : dtype
        float32 or float64.

    Returns
    -------
    csr_array of shape (n_photos, n_tags)
        The tags.
    """
    with np.errstate(over="ignore", under="ignore"):
        same = tags.astype(dtype, copy=False)
        # Nor is a sum of them infinite.
        held = same is tags or (np.isfinite(same.data.sum()) and same.data.all())
    if not held:
        counts = f"{tags.data.min():.3g} to {tags.data.max():.3g}"
        raise ValueError(
            f"The tags have counts from {counts}, which, or the sum of which, "
            f"dtype={np.dtype(dtype).name} does not hold. Set dtype=numpy.float64, or "
            "scale the counts."
        )
    return same


def multiply(weights, tags):
    """Multiply sparse arrays in the memory of what they hold, however wide they are.

    scipy's product needs some bytes for each column, also for those without a tag.
    """
    n_tags = tags.shape[1]
    if n_tags <= _FEW_COLUMNS + tags.nnz:
        return weights @ tags
    found, columns = np.unique(tags.indices, return_inverse=True)
    shape = (tags.shape[0], len(found))
    sums = weights @ sparse.csr_array((tags.data, columns, tags.indptr), shape=shape)
    parts = (sums.data, found[sums.indices], sums.indptr)
    return sparse.csr_array(parts, shape=(sums.shape[0], n_tags))
