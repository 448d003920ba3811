# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Teacher rows: read as they are, checked in chunks, normalised when asked for."""

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches

from sklearn_geo._numbers import naming
from sklearn_geo._tables import check_sparse, column_names, reject_unread
from sklearn_geo.context._mean_rows import MeanRows, sum_of_rows
from sklearn_geo.nets import rows_in_memory

__all__ = ["Teachers", "open_teachers"]

# Photos that are asked first whether they teach.
_FEW = 256


def open_teachers(y):
    """Read y without copying what is an array of numbers already.

    Parameters
    ----------
    y : {array-like, memmap, sparse matrix, data frame} of shape (n_photos, n_columns)
        Teacher rows.

    Returns
    -------
    matrix : ndarray, memmap or csr_array
        The same numbers.

    names : list of str or None
        Column names of a data frame.
    """
    reject_unread(y, "y")
    if hasattr(y, "columns") and not len(y.columns):
        raise ValueError("y has no columns: it needs one for each thing that is said.")
    names = column_names(y, "y")
    _refuse_text(y)
    check_sparse(y, "y")
    if sparse.issparse(y):
        matrix = _canonical(y)
    elif hasattr(y, "sparse") and all(hasattr(t, "subtype") for t in y.dtypes):
        matrix = _sparse_frame(y)
    else:
        matrix = _dense(y)
    if matrix.dtype.kind not in "fiub":
        raise ValueError(f"y has the dtype {matrix.dtype}, which is no real number.")
    return matrix, names


def _refuse_text(y):
    """Refuse columns of a data frame that are no numbers, naming the first one."""
    if not (hasattr(y, "columns") and hasattr(y, "dtypes")):
        return
    for column, dtype in zip(y.columns, list(y.dtypes), strict=True):
        if hasattr(dtype, "is_numeric"):  # polars
            fine = dtype.is_numeric() or str(dtype) == "Boolean"
        else:
            fine = getattr(dtype, "kind", "O") in "fiub"
        if not fine:
            raise TypeError(
                f"y: column {column!r} has dtype {dtype}, not numbers. Teacher rows "
                "are shares, one column for each thing: select those columns."
            )


def _canonical(y):
    if y.ndim != 2:
        _refuse_shape(y.shape)
    matrix = sparse.csr_array(y)
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    return matrix


def _sparse_frame(y):
    """Read a pandas frame whose columns are all sparse."""
    for column, dtype in zip(y.columns, y.dtypes, strict=True):
        if dtype.fill_value != 0:
            raise ValueError(
                f"y: what the sparse column {column!r} does not store is "
                f"{dtype.fill_value}, not 0. Use "
                "y.sparse.to_dense(), and astype(pd.SparseDtype(float, 0)) of that."
            )
    return sparse.csr_array(y.sparse.to_coo())


def _dense(y):
    try:
        with naming("y"):
            matrix = y.to_numpy() if hasattr(y, "to_numpy") else y
            if not isinstance(matrix, np.ndarray) or isinstance(matrix, np.matrix):
                matrix = np.asarray(matrix)
    except ValueError as error:
        raise ValueError(
            f"y is no table of numbers, whose rows are equally long: {error}"
        ) from error
    if matrix.dtype.names is None and np.ma.is_masked(matrix):
        raise ValueError(
            "y has masked values. Write NaN in all columns of a context that a photo "
            "misses: y.filled(np.nan)."
        )
    if matrix.ndim != 2:
        _refuse_shape(matrix.shape)
    if matrix.dtype.kind != "O":
        return matrix
    try:
        if hasattr(y, "iloc"):  # pandas' NA is NaN
            return y.to_numpy(dtype=np.float64, na_value=np.nan)
        return matrix.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "y holds something that is no number. Teacher rows are shares, one "
            "column for each thing."
        ) from error


def _refuse_shape(shape):
    raise ValueError(
        f"y has the shape {tuple(shape)}. It needs a row a photo and a column for each "
        "thing that teachers say. Labels of a task at hand are not that: give the "
        "photos that teach by corpus=GeoTagCorpus(places, tags), or train first and "
        "pass pretrained= or a FrozenEstimator."
    )


class Teachers:
    """The rows of y, context by context.

    Parameters
    ----------
    matrix : ndarray, memmap or csr_array of shape (n_photos, n_columns)
        What :func:`open_teachers` returned.

    contexts : Contexts
        Which columns are which.

    propagators : dict of str to estimator
        Contexts whose rows are those of a fitted transformer of places, instead of
        those of y.

    places : ndarray of shape (n_photos, 2)
        Where the photos were taken.

    photos : ndarray of shape (n_photos,) or None, default=None
        The rows of `matrix` that are theirs; None is all. What counts nothing is left
        out this way, and not by a copy of all the rest.

    are_tags : bool, default=False
        Whether rows are the tags of a corpus: one without any in a context misses it.
    """

    def __init__(
        self, matrix, contexts, propagators, places, photos=None, *, are_tags=False
    ):
        self.matrix = matrix
        self.contexts = contexts
        self.propagators = propagators
        self.places = places
        self.photos = photos
        self.are_tags = are_tags

    @property
    def source(self):
        """The argument that rows come from, for messages."""
        return "corpus" if self.are_tags else "y"

    def check(self, weights=None, *, some=False):
        """Refuse rows that are no distributions, and a context that no row teaches.

        Parameters
        ----------
        weights : ndarray of shape (n_photos,), default=None
            What every photo counts in means.

        some : bool, default=False
            Whether it is enough that one of the contexts is taught.

        Returns
        -------
        MeanRows
            The mean row of each context.
        """
        return MeanRows(self, self.tally(weights), weights, some=some)

    def tally(self, weights=None):
        """Refuse rows that are no distributions; return the sum of each context's rows.

        Parameters
        ----------
        weights : ndarray of shape (n_photos,), default=None
            What every photo counts.

        Returns
        -------
        dict of str to ndarray
            Sums of normalised rows: those of y, also where a propagator makes others of
            them. Zero for a context that no row teaches.
        """
        widths = self.contexts.widths
        sums = {name: np.zeros(width) for name, width in widths.items()}
        n_rows = len(self.places)
        # What is wrong with which context: the first such row, and how many there are.
        wrong = {}
        size = rows_in_memory(24 * sum(widths.values()), n_rows)
        for rows in gen_batches(n_rows, size):
            for name in widths:
                block = self._block(rows, name)
                counts = None if weights is None else weights[rows]
                if name in self.propagators:
                    # Raw tags: a photo may have none.
                    totals = _sums(block)
                    kept = np.flatnonzero((totals > 0.0) & np.isfinite(totals))
                    block = block[kept]
                    counts = None if counts is None else counts[kept]
                else:
                    marks = _what_is_wrong(block)
                    if self.are_tags:
                        del marks[_NOTHING]
                    _note(wrong, name, rows.start, marks)
                    if wrong:  # the rest is only looked through
                        continue
                sums[name] += sum_of_rows(_normalised(block, np.float64), counts)
        if wrong:
            self._refuse(wrong)
        return sums

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
            block = self._propagated(at, name)
        else:
            block = self._block(at, name)
        return _normalised(block, np.float32)

    def teaches(self, at, name):
        """Say whether any of some photos teaches a context.

        Parameters
        ----------
        at : ndarray of int
            Positions of photos.

        name : str
            The context.

        Returns
        -------
        bool
            Whether there is one.
        """
        # A few nearly always do to find one.
        return len(at) > 0 and any(
            _has_values(self.rows(at[part], name)).any()
            for part in gen_batches(len(at), _FEW)
        )

    def known(self, name):
        """Return the rows of y, as they are, of photos that do not miss a context.

        Parameters
        ----------
        name : str
            The context.

        Returns
        -------
        at : ndarray of int
            Positions of these photos.

        block : ndarray or csr_array of shape (n_rows, n_columns)
            Their rows.
        """
        block = self._block(slice(None), name)
        missing = _missing(block)
        if not missing.any():
            return np.arange(len(missing)), block
        at = np.flatnonzero(~missing)
        return at, block[at]

    def bytes_a_row(self):
        """Reckon what a normalised row of all contexts takes."""
        widths = self.contexts.widths
        if not sparse.issparse(self.matrix):
            return 4 * sum(widths.values())
        stored = self.matrix.nnz / max(1, self.matrix.shape[0])
        return int(8 * stored) + 8 * len(widths)

    def _block(self, rows, name):
        columns = self.contexts.columns[name]
        if self.photos is not None:
            rows = self.photos[rows]
        if sparse.issparse(self.matrix):
            return self.matrix[rows][:, columns]
        if isinstance(rows, slice) or isinstance(columns, slice):
            return self.matrix[rows, columns]
        return self.matrix[np.ix_(rows, columns)]

    def _propagated(self, at, name):
        """Return what a propagator says; rows of which it knows nothing are NaN."""
        block = self.propagators[name].transform(self.places[at])
        block = block.to_numpy() if hasattr(block, "to_numpy") else block
        width = self.contexts.widths[name]
        if block.ndim != 2 or block.shape[1] != width:
            made_by = type(self.propagators[name]).__name__
            raise ValueError(
                f"target_propagator: {made_by} makes rows of shape {block.shape} for "
                f"the context {name!r}, whose columns are {width}. It has to keep them."
            )
        if sparse.issparse(block):
            return sparse.csr_array(block)
        return np.where(block.sum(axis=1, keepdims=True) > 0.0, block, np.nan)

    def _refuse(self, wrong):
        """Name the first row with which something is wrong."""
        (name, what), (row, count) = min(wrong.items(), key=lambda item: item[1][0])
        row = row if self.photos is None else int(self.photos[row])
        others = count - 1
        more = f" ({others} more row{'s' * (others > 1)} like it.)" if others else ""
        raise ValueError(f"y, row {row}, context {name!r}: the row {what}.{more}")


_PARTLY = (
    "has NaN in some of its columns, but not in all. NaN in all of them says that the "
    "photo misses this context; write 0 where a teacher says 0"
)
_NEGATIVE = "has a negative value. Shares are not negative"
_INFINITE = "has an infinite value. Shares are finite"
_NOTHING = (
    "sums to 0, so it is no distribution. Drop such photos, or write NaN in all "
    "columns of a context that a photo misses"
)
_TOO_MUCH = "has values so large that their sum is infinite. Scale it down"


def _missing(block):
    """Say which rows are NaN; a sparse one is if it stores NaN and zeros only."""
    if sparse.issparse(block):
        missing, partly = (np.zeros(block.shape[0], dtype=bool) for _ in range(2))
        row_of = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        gone = np.isnan(block.data)
        missing[row_of[gone]] = True
        partly[row_of[~gone & (block.data != 0)]] = True
        return missing & ~partly
    if block.dtype.kind != "f":
        return np.zeros(len(block), dtype=bool)
    return np.isnan(block).all(axis=1)


def _what_is_wrong(block):
    """Return which rows of a block are no distributions, by what is wrong with them.

    A sparse row with a NaN misses the context if it stores nothing else but zeros.
    """
    if sparse.issparse(block):
        n_rows, values = block.shape[0], block.data
        row_of = np.repeat(np.arange(n_rows), np.diff(block.indptr))

        def rows_with(marks):
            found = np.zeros(n_rows, dtype=bool)
            found[row_of[marks]] = True
            return found

        gone = np.isnan(values)
        missing = rows_with(gone)
        partly = missing & rows_with(~gone & (values != 0))
    else:
        values = block

        def rows_with(marks):
            return marks.any(axis=1)

        gone = np.isnan(block)
        missing = gone.all(axis=1)
        partly = rows_with(gone) & ~missing
    sums = _sums(block)
    negative, infinite = rows_with(values < 0), rows_with(np.isinf(values))
    others = ~(missing | partly | negative | infinite)
    return {
        _PARTLY: partly,
        _NEGATIVE: negative,
        _INFINITE: infinite,
        _NOTHING: others & ~(sums > 0.0),
        _TOO_MUCH: others & np.isinf(sums),
    }


def _note(wrong, name, start, marks):
    """Take down the first of the rows that are wrong, and count them."""
    for what, rows in marks.items():
        if count := int(rows.sum()):
            first, before = wrong.get((name, what), (start + int(np.argmax(rows)), 0))
            wrong[name, what] = (first, before + count)


def _sums(block):
    """Add up each row in double precision."""
    with np.errstate(over="ignore", invalid="ignore"):
        if not sparse.issparse(block):
            return block.sum(axis=1, dtype=np.float64)
        row_of = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        return np.bincount(row_of, block.data, minlength=block.shape[0])


def _has_values(block):
    """Say which normalised rows are no missing ones."""
    if sparse.issparse(block):
        return np.diff(block.indptr) > 0
    return ~np.isnan(block[:, 0])


def _normalised(block, dtype):
    """Scale rows to sum to 1; a sparse row that is NaN becomes empty."""
    sums = _sums(block)
    if not sparse.issparse(block):
        out = np.empty(block.shape, dtype=dtype)
        with np.errstate(under="ignore"):
            return np.divide(block, sums[:, np.newaxis], out=out, casting="same_kind")
    lengths = np.diff(block.indptr)
    sums[sums == 0.0] = 1.0
    data = block.data / np.repeat(sums, lengths)
    kept = np.isfinite(data) & (data != 0.0)
    rows = np.repeat(np.arange(len(lengths)), lengths)[kept]
    indptr = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(np.bincount(rows, minlength=len(lengths)), out=indptr[1:])
    parts = (data[kept].astype(dtype), block.indices[kept], indptr)
    return sparse.csr_array(parts, shape=block.shape)
