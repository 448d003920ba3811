# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Teacher rows: read as they are, checked in chunks, normalised when asked for."""

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches

from sklearn_geo._tables import column_names, reject_columns_of_text
from sklearn_geo.nets import rows_in_memory

__all__ = ["Teachers", "open_teachers"]


def open_teachers(Y):
    """Read Y without copying what is an array of numbers already.

    Parameters
    ----------
    Y : {array-like, memmap, sparse matrix, data frame} of shape (n_photos, n_columns)
        Teacher rows.

    Returns
    -------
    matrix : ndarray, memmap or csr_array
        The same numbers.

    names : list of str or None
        Column names of a data frame.
    """
    names = column_names(Y, "Y")
    reject_columns_of_text(Y, "Y")
    if sparse.issparse(Y):
        matrix = sparse.csr_array(Y)
        if not matrix.has_canonical_format:
            matrix = matrix.copy()
            matrix.sum_duplicates()
        return matrix, names
    if hasattr(Y, "sparse") and all(hasattr(t, "subtype") for t in Y.dtypes):
        return sparse.csr_array(Y.sparse.to_coo()), names  # pandas
    matrix = Y.to_numpy() if hasattr(Y, "to_numpy") else Y
    matrix = matrix if isinstance(matrix, np.ndarray) else np.asarray(matrix)
    if matrix.ndim != 2:
        raise ValueError(
            f"Y has the shape {matrix.shape}. It needs a row a photo and a column for "
            "each thing that teachers say. Labels of a task at hand are not that: give "
            "the photos that teach by corpus=GeoTagCorpus(places, tags), or train "
            "first and pass pretrained= or a FrozenEstimator."
        )
    if matrix.dtype.kind == "O":
        try:
            matrix = matrix.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                "Y holds something that is no number. Teacher rows are shares, one "
                "column for each thing."
            ) from error
    if matrix.dtype.kind not in "fiub":
        raise ValueError(f"Y has the dtype {matrix.dtype}, not numbers.")
    return matrix, names


class Teachers:
    """The rows of Y, context by context.

    Parameters
    ----------
    matrix : ndarray, memmap or csr_array of shape (n_photos, n_columns)
        What :func:`open_teachers` returned.

    contexts : Contexts
        Which columns are which.

    propagators : dict of str to estimator
        Contexts whose rows are those of a fitted transformer of places, instead of
        those of Y.

    places : ndarray of shape (n_photos, 2)
        Where the photos were taken.
    """

    def __init__(self, matrix, contexts, propagators, places):
        self.matrix = matrix
        self.contexts = contexts
        self.propagators = propagators
        self.places = places
        self._teaching = {}

    def check(self):
        """Refuse rows that are no distributions; return the mean row of each context.

        The mean is that of the normalised rows (of Y as it is where a propagator makes
        the rows), and is uniform for a context that no row teaches.
        """
        widths = self.contexts.widths
        sums = {name: np.zeros(width) for name, width in widths.items()}
        n_rows = self.matrix.shape[0]
        self._teaching = {name: np.ones(n_rows, dtype=bool) for name in widths}
        for rows in gen_batches(
            n_rows, rows_in_memory(24 * sum(widths.values()), n_rows)
        ):
            for name in widths:
                block = self._block(rows, name)
                if name in self.propagators:
                    total = np.nansum(_dense_sum(block), axis=0)
                else:
                    self._check_block(block, rows.start, name)
                    block = _normalised(block, np.float64)
                    self._teaching[name][rows] = _has_values(block)
                    total = _dense_sum(block)
                sums[name] += total
        means = {}
        for name, total in sums.items():
            if not total.sum() > 0.0:
                raise ValueError(
                    f"Y: no photo teaches the context {name!r}: all its rows are NaN"
                    f"{' or zero' if name in self.propagators else ''}. Drop its "
                    "columns, or give it rows."
                )
            means[name] = total / total.sum()
        return means

    def rows(self, at, name):
        """Return normalised float32 rows of a context.

        Parameters
        ----------
        at : ndarray of int or slice
            Positions of photos.

        name : str
            The context.

        Returns
        -------
        ndarray or csr_array of shape (n_rows, n_columns)
            A row that misses the context is NaN, or empty if rows are sparse.
        """
        if name in self.propagators:
            block = self.propagators[name].transform(self.places[at])
            if hasattr(block, "to_numpy"):
                block = block.to_numpy()
            block = sparse.csr_array(block) if sparse.issparse(block) else block
            if not sparse.issparse(block):
                block = np.where(block.sum(axis=1, keepdims=True) > 0.0, block, np.nan)
        else:
            block = self._block(at, name)
        return _normalised(block, np.float32)

    def teaches(self, at, name):
        """Say whether any of some photos teaches a context, once they are checked.

        A propagator is taken to have something to say everywhere.
        """
        return bool(self._teaching[name][at].any())

    def bytes_a_row(self):
        """Reckon what a normalised row of all contexts takes."""
        widths = self.contexts.widths
        if not sparse.issparse(self.matrix):
            return 4 * sum(widths.values())
        stored = self.matrix.nnz / max(1, self.matrix.shape[0])
        return int(8 * stored) + 8 * len(widths)

    def _block(self, rows, name):
        columns = self.contexts.columns[name]
        if sparse.issparse(self.matrix):
            return self.matrix[rows][:, columns]
        if isinstance(rows, slice) or isinstance(columns, slice):
            return self.matrix[rows, columns]
        return self.matrix[np.ix_(rows, columns)]

    def _check_block(self, block, first, name):
        """Refuse a block of rows, naming the first that is no distribution."""
        if sparse.issparse(block):
            values = block.data
            row_of = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
            missing = np.zeros(block.shape[0], dtype=bool)
            missing[row_of[np.isnan(values)]] = True
            partly = np.zeros_like(missing)
            partly[row_of[~np.isnan(values) & (values != 0)]] = True
            partly &= missing
        else:
            values = block
            gone = (
                np.isnan(block) if block.dtype.kind == "f" else np.zeros((1, 1), bool)
            )
            missing = np.broadcast_to(gone.all(axis=1), len(block))
            partly = np.broadcast_to(gone.any(axis=1), len(block)) & ~missing
        self._refuse(
            partly,
            first,
            name,
            "has NaN in some of its columns, but not in all. NaN in all of them says "
            "that the photo misses this context; write 0 where a teacher says 0",
        )
        for wrong, what in (
            (values < 0, "has a negative value. Shares are not negative"),
            (np.isinf(values), "has an infinite value. Shares are finite"),
        ):
            if wrong.any():
                if sparse.issparse(block):
                    found = np.zeros(block.shape[0], dtype=bool)
                    found[row_of[wrong]] = True
                else:
                    found = wrong.any(axis=1)
                self._refuse(found, first, name, what)
        with np.errstate(over="ignore", invalid="ignore"):
            sums = np.asarray(block.sum(axis=1, dtype=np.float64)).ravel()
        self._refuse(
            ~missing & ~(sums > 0.0),
            first,
            name,
            "sums to 0, so it is no distribution. Drop such photos, or write NaN in "
            "all columns of a context that a photo misses",
        )

    def _refuse(self, wrong, first, name, what):
        if not wrong.any():
            return
        more = int(wrong.sum()) - 1
        others = f" ({more} more row{'s' * (more > 1)} like it.)" if more else ""
        raise ValueError(
            f"Y, row {first + int(np.argmax(wrong))}, context {name!r}: the row "
            f"{what}.{others}"
        )


def _dense_sum(block):
    """Add up the rows of a block, without those that are NaN."""
    if sparse.issparse(block):
        return np.nan_to_num(np.asarray(block.sum(axis=0), dtype=np.float64)).ravel()
    return np.nansum(block, axis=0, dtype=np.float64)


def _has_values(block):
    """Say which normalised rows are no missing ones."""
    if sparse.issparse(block):
        return np.diff(block.indptr) > 0
    return ~np.isnan(block[:, 0])


def _normalised(block, dtype):
    """Scale rows to sum to 1; a sparse row that is NaN becomes empty."""
    if sparse.issparse(block):
        block = sparse.csr_array(block)
        lengths = np.diff(block.indptr)
        sums = np.asarray(block.sum(axis=1, dtype=np.float64)).ravel()
        data = block.data / np.repeat(np.where(sums == 0.0, 1.0, sums), lengths)
        kept = np.isfinite(data) & (data != 0.0)
        rows = np.repeat(np.arange(len(lengths)), lengths)[kept]
        indptr = np.concatenate(
            [[0], np.cumsum(np.bincount(rows, minlength=len(lengths)))]
        )
        parts = (data[kept].astype(dtype), block.indices[kept], indptr)
        return sparse.csr_array(parts, shape=block.shape)
    sums = block.sum(axis=1, dtype=np.float64, keepdims=True)
    return (block / sums).astype(dtype)
