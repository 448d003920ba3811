# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entries of sparse matrices: one for a value, and none for a zero."""

from scipy import sparse

__all__ = ["canonical", "summed"]


def canonical(data, indices, indptr, shape):
    """Return a csr_array of parts that are known to be in canonical form.

    Parameters
    ----------
    data, indices, indptr : ndarray
        The parts, which are shared. Columns ascend within a row, none twice.

    shape : tuple of int
        The shape.

    Returns
    -------
    csr_array
        A matrix that nothing will sort or add up again, which would write to parts
        that may be read-only.
    """
    matrix = sparse.csr_array((data, indices, indptr), shape=shape)
    matrix.has_canonical_format = True
    return matrix


def summed(X):
    """Return X with one entry a value and none for a zero, as all else counts them.

    Parameters
    ----------
    X : ndarray, csr_array or csr_matrix
        What a matrix may hold in several entries is added up.

    Returns
    -------
    ndarray, csr_array or csr_matrix
        A copy, unless X is an array or has such entries already.
    """
    if not sparse.issparse(X) or (X.has_canonical_format and X.data.all()):
        return X
    X = X.copy()
    X.sum_duplicates()
    X.eliminate_zeros()
    return X
