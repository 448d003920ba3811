# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""X as the network reads it: an array whole, a sparse matrix block by block."""

import numpy as np
from scipy import sparse

from sklearn_geo._blocks import blocks as row_blocks
from sklearn_geo.fusion._scaling import scaled_sparse, sparse_scale
from sklearn_geo.nets import LazyRows, Several, rows_in_memory

__all__ = ["BlockReader", "check_values"]

# The network computes in float32.
_LARGEST = float(np.finfo(np.float32).max)
# From this share of stored entries on a block of a sparse X is cheaper as an array.
_DENSE_FROM = 0.25


class BlockReader:
    """How a fitted model reads X.

    Parameters
    ----------
    columns : list of ndarray of int
        The columns of each block.

    masks : bool
        Whether rows may miss blocks.

    Attributes
    ----------
    sparse : list of bool
        Which blocks the network reads sparse.

    factors : list of ndarray or None
        What the columns of each sparse block are multiplied by.
    """

    def __init__(self, columns, masks):
        self.columns, self.masks = columns, masks
        self.sparse = [False] * len(columns)
        self.factors = [None] * len(columns)

    def fit(self, X, scale, rows=None):
        """Decide which blocks stay sparse, and learn their factors.

        Only of the rows that are learnt from (None is all) and that have the block.
        """
        if sparse.issparse(X):
            X = X if rows is None else X[rows]
            for number, block in enumerate(self._blocks(X)):
                missing = rows_with_nan(block)
                block = block[~missing] if missing.any() else block
                if not block.nnz or block.nnz < _DENSE_FROM * np.prod(block.shape):
                    self.sparse[number] = True
                    if scale is not None:
                        self.factors[number] = sparse_scale(block)
        return self

    def dense_part(self, X, number):
        """Return an array and the columns in it that are a dense block."""
        if not sparse.issparse(X):
            return X, self.columns[number]
        block = X[:, self.columns[number]]
        return block.toarray(), np.arange(block.shape[1])

    def rows(self, X):
        """Return what a :class:`RowData` takes for X."""
        if not sparse.issparse(X) and not any(self.sparse):
            return X
        if not sparse.issparse(X):
            # The network was fitted to sparse blocks: their columns in X may be many.
            X = sparse.csr_array(X)
        blocks = [
            scaled_sparse(block, factor) if is_sparse else block
            for block, factor, is_sparse in zip(
                self._blocks(X), self.factors, self.sparse, strict=True
            )
        ]
        return LazyRows(X.shape, lambda at: self._take(blocks, at))

    def _blocks(self, X):
        for columns in self.columns:
            yield sparse.csr_array(X[:, columns])

    def _take(self, blocks, at):
        found, here = [], []
        for block, is_sparse in zip(blocks, self.sparse, strict=True):
            part = block[at]
            if self.masks:
                missing = rows_with_nan(part)
                here.append(~missing)
                part.data[np.isnan(part.data)] = 0.0
            if not is_sparse:
                part = part.toarray()
            if self.masks:  # a row without a block adds nothing to what is learnt there
                part = sparse.diags_array((~missing).astype(part.dtype)) @ part
                part = sparse.csr_array(part) if is_sparse else part
            found.append(part)
        if self.masks:
            found.append(np.column_stack(here).astype(np.float32))
        return Several(tuple(found))


def rows_with_nan(block):
    """Tell which rows of an array or a csr matrix hold NaN."""
    if not sparse.issparse(block):
        return np.isnan(block).any(axis=1)
    found = np.zeros(block.shape[0], dtype=bool)
    entries = np.flatnonzero(np.isnan(block.data))
    found[np.searchsorted(block.indptr, entries, side="right") - 1] = True
    return found


def check_values(X, blocks, policy):
    """Refuse NaN, or rows that miss every block, and what float32 does not hold.

    Parameters
    ----------
    X : ndarray or csr matrix
        Without infinity.

    blocks : dict of str to ndarray of int
        The blocks.

    policy : {"error", "mask"}
        What NaN means.
    """
    is_sparse = sparse.issparse(X)
    any_nan, any_huge = _extremes(X.data[:, None] if is_sparse else X)
    if any_huge:
        raise ValueError(_words_about_huge(X, blocks))
    if not any_nan:
        return
    missing = np.zeros((X.shape[0], len(blocks)), dtype=bool)
    for number, columns in enumerate(blocks.values()):
        at_a_time = rows_in_memory(8 * len(columns), X.shape[0])
        for rows in row_blocks(X.shape[0], at_a_time):
            missing[rows, number] = rows_with_nan(X[rows][:, columns])
    if not missing.any():
        return
    names = list(blocks)
    if policy == "error":
        some = missing.any(axis=1)
        row = int(np.argmax(some))
        name = names[int(np.argmax(missing[row]))]
        raise ValueError(
            f"Input X contains NaN: row {row}, block {name!r} ({int(some.sum())} of "
            f"{len(some)} rows have some). Impute them, or fit with missing_block="
            '"mask", which leaves a block out of the rows that have NaN there.'
        )
    nothing = missing.all(axis=1)
    if nothing.any():
        raise ValueError(
            f"X, row {int(np.argmax(nothing))}: NaN in every block "
            f"({', '.join(map(repr, names))}): nothing is known of this row "
            f"({int(nothing.sum())} such rows). Leave such rows out."
        )


def _extremes(X):
    """Tell whether an array has NaN, and numbers that float32 does not hold."""
    any_nan = any_huge = False
    # A sum of squares is NaN, or large, if anything in it is.
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in row_blocks(len(X), rows_in_memory(8 * X.shape[1], len(X))):
            part = X[rows].ravel(order="K")
            if not np.vdot(part, part) < _LARGEST:
                any_nan |= bool(np.isnan(part).any())
                any_huge |= bool((np.abs(part) > _LARGEST).any())
    return any_nan, any_huge


def _words_about_huge(X, blocks):
    if sparse.issparse(X):
        X = sparse.coo_array(X)
        at = np.flatnonzero(np.abs(X.data) > _LARGEST)[0]
        row, column, value = X.row[at], X.col[at], X.data[at]
    else:
        row = next(at for at, line in enumerate(X) if (np.abs(line) > _LARGEST).any())
        column = int(np.argmax(np.abs(X[row]) > _LARGEST))
        value = X[row, column]
    name = next(name for name, columns in blocks.items() if column in columns)
    return (
        f"X, row {row}, column {column} (block {name!r}): {value:.6g} is too large for "
        "float32, in which the network computes. If it stands for what is not known, "
        "make it NaN; otherwise take logarithms, or cut it off."
    )
