# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much columns differ between rows that come a block at a time."""

import numpy as np
from scipy import sparse

# Deviations that differ by this share are equal: the size of blocks rounds them, and
# what networks of single precision say in them.
_TIE = 1e-7
# A deviation is rounding if it is this share of the mean.
_NOTHING = 1e-12


class Spread:
    """Standard deviations of columns, of what is finite in them.

    Parameters
    ----------
    n_columns : int
        How many there are.
    """

    def __init__(self, n_columns):
        self.counts, self.means, self.squares = np.zeros((3, n_columns))

    def add(self, block):
        """Add rows.

        Parameters
        ----------
        block : ndarray or sparse matrix of shape (n_rows, n_columns), float64
            The next rows. Sparse ones are not made dense.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            self._merge(*(_sparse if sparse.issparse(block) else _dense)(block))

    def _merge(self, counts, means, squares):
        # Chan, Golub and LeVeque, "Updating formulae and a pairwise algorithm for
        # computing sample variances", 1979.
        total = np.maximum(self.counts + counts, 1.0)
        apart = np.where(self.counts * counts > 0.0, means - self.means, 0.0)
        self.squares += squares + apart**2 * (self.counts * counts / total)
        self.means = (self.counts * self.means + counts * means) / total
        self.counts = self.counts + counts

    def widest(self):
        """Return the column that differs most; the first of several.

        Returns
        -------
        int
            Its position.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            spread = np.sqrt(self.squares / np.maximum(self.counts, 1.0))
            spread[spread <= _NOTHING * np.abs(self.means)] = 0.0
        # Those too wide for a number are wider than others.
        spread[np.isnan(spread)] = np.inf
        return int(np.argmax(spread >= spread.max() * (1.0 - _TIE)))


def _dense(block):
    """Return counts, means and sums of squares about them."""
    finite = np.isfinite(block)
    if finite.all():
        counts = np.full(block.shape[1], float(len(block)))
        means = block.mean(axis=0)
        block = block - means
    else:
        counts = finite.sum(axis=0, dtype=np.float64)
        block = np.where(finite, block, 0.0)
        means = block.sum(axis=0) / np.maximum(counts, 1.0)
        block = np.where(finite, block - means, 0.0)
    return counts, means, np.einsum("ij,ij->j", block, block)


def _sparse(block):
    """Return them of a sparse block, whose zeros are not written."""
    n_rows, n_columns = block.shape
    block = block.tocoo(copy=True)
    block.sum_duplicates()
    finite = np.isfinite(block.data)

    def sums(columns, numbers=None):
        found = np.bincount(columns, numbers, minlength=n_columns)
        return found.astype(np.float64)  # of no rows they are whole numbers

    counts = n_rows - sums(block.col[~finite])
    columns, values = block.col[finite], block.data[finite]
    means = sums(columns, values) / np.maximum(counts, 1.0)
    squares = sums(columns, (values - means[columns]) ** 2)
    squares += (counts - sums(columns)) * means**2
    return counts, means, squares
