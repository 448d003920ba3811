# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Mean teacher rows: what a context says that nobody teaches."""

import numpy as np
from scipy import sparse
from sklearn.utils import gen_batches

from sklearn_geo._weights import check_sum
from sklearn_geo.nets import rows_in_memory

__all__ = ["MeanRows", "mean_rows", "sum_of_propagated", "sum_of_rows"]


class MeanRows:
    """The mean row of each context.

    The rows that a propagator makes are added up when their mean is asked for, since
    few fits need it.

    Parameters
    ----------
    teachers : Teachers
        The rows.

    sums : dict of str to ndarray
        What their :meth:`Teachers.tally` returned.

    weights : ndarray of shape (n_photos,) or None
        What every photo counts.

    some : bool, default=False
        Whether it is enough that one of the contexts is taught.

    Attributes
    ----------
    untaught : list of str
        The contexts that have no mean.
    """

    def __init__(self, teachers, sums, weights, *, some=False):
        self._teachers = teachers
        self._weights = weights
        self._means = mean_rows(
            sums, teachers.propagators, some=some, source=teachers.source
        )
        self._waiting = set(teachers.propagators)
        self.untaught = [name for name in sums if name not in self._means]

    def __getitem__(self, name):
        if name in self._waiting:
            total = sum_of_propagated(self._teachers, name, self._weights)
            if total.sum() > 0.0:  # otherwise it stays that of the raw rows
                self._means[name] = total / total.sum()
            self._waiting.remove(name)
        return self._means[name]


def mean_rows(sums, propagated=(), *, some=False, source="y"):
    """Return the mean row of each context from the sum of all rows.

    Parameters
    ----------
    sums : dict of str to ndarray
        What :meth:`Teachers.tally` returned, added up over all photos.

    propagated : container of str, default=()
        Contexts whose rows a propagator makes, for the message.

    some : bool, default=False
        Leave out contexts that no row teaches, if there are others.

    source : {"y", "corpus"}, default="y"
        Where rows come from, for the message.

    Returns
    -------
    dict of str to ndarray
        Distributions.
    """
    means = {}
    some = some and any(total.sum() > 0.0 for total in sums.values())
    for name, total in sums.items():
        check_sum(total)
        if not total.sum() > 0.0:
            if some:
                continue
            if source == "corpus":
                raise ValueError(
                    f"corpus: no photo teaches the context {name!r}: none has a tag "
                    "of it. Leave it out of contexts, or add photos that have some."
                )
            raise ValueError(
                f"y: no photo teaches the context {name!r}: all its rows are NaN"
                f"{' or zero' if name in propagated else ''}. Drop its columns, or "
                "give it rows."
            )
        means[name] = total / total.sum()
    return means


def sum_of_propagated(teachers, name, weights=None):
    """Add up the rows that a propagator makes, some at a time.

    Parameters
    ----------
    teachers : Teachers
        The rows.

    name : str
        The context.

    weights : ndarray of shape (n_photos,), default=None
        What every photo counts.

    Returns
    -------
    ndarray of shape (n_columns,)
        Their sum.
    """
    width, n_rows = teachers.contexts.widths[name], len(teachers.places)
    total = np.zeros(width)
    for rows in gen_batches(n_rows, rows_in_memory(24 * width, n_rows)):
        counts = None if weights is None else weights[rows]
        total += sum_of_rows(teachers.rows(rows, name), counts)
    return total


def sum_of_rows(block, weights=None):
    """Add up normalised rows, each as often as it counts, without what is NaN.

    Parameters
    ----------
    block : ndarray or csr_array of shape (n_rows, n_columns)
        The rows.

    weights : ndarray of shape (n_rows,), default=None
        What each counts.

    Returns
    -------
    ndarray of shape (n_columns,)
        Their sum.
    """
    if not sparse.issparse(block):
        if weights is None:
            return np.nansum(block, axis=0, dtype=np.float64)
        return weights @ np.where(np.isnan(block), 0, block)
    values = block.data.astype(np.float64)
    if weights is not None:
        values *= np.repeat(weights, np.diff(block.indptr))
    return np.bincount(block.indices, values, minlength=block.shape[1])
