# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The best k of rows that are sparse but for a share of one dense row."""

import numpy as np

__all__ = ["MixedRows"]


class MixedRows:
    """Find the best columns of ``sums + rest[:, None] * common``, never dense.

    Parameters
    ----------
    common : ndarray of shape (n_columns,)
        The row that all rows have a share of, not negative.

    allowed : ndarray of bool of shape (n_columns,) or None
        Columns that may be listed; None is all.

    Notes
    -----
    Columns that a row has nothing of its own in are in the order of the common row. So
    the best of them are found at its head, and only those are looked at.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy import sparse
    >>> from sklearn_geo.ranking._sparse_top_k import MixedRows
    >>> rows = MixedRows(np.array([0.5, 0.3, 0.2]), None)
    >>> sums = sparse.csr_array(np.array([[0.0, 0.0, 0.4]]))
    >>> rows.top_k(sums, np.array([0.5]), 2)
    (array([[2, 0]]), array([[0.5 , 0.25]]))
    """

    def __init__(self, common, allowed):
        self._common = common
        self._allowed = allowed
        columns = np.arange(len(common))
        best_first = np.argsort(-common, kind="stable")
        if allowed is not None:
            columns, best_first = columns[allowed], best_first[allowed[best_first]]
        self._columns, self._best_first = columns, best_first
        self._is_own = np.zeros(len(common), dtype=bool)

    def top_k(self, sums, rest, k):
        """Return positions and scores, as `sklearn_geo.ranking._top_k.top_k` does.

        Parameters
        ----------
        sums : csr_array of shape (n_rows, n_columns)
            What rows have of their own, not negative.

        rest : ndarray of shape (n_rows,)
            Their shares of the common row.

        k : int
            Length of the lists.

        Returns
        -------
        positions : ndarray of int64 of shape (n_rows, k)
            Columns, best first, of equal scores the first column first; -1 fills up.

        best : ndarray of shape (n_rows, k)
            Their scores; -inf fills up.
        """
        positions = np.full((len(rest), k), -1, dtype=np.int64)
        best = np.full((len(rest), k), -np.inf)
        own_columns, own_values = sums.indices, sums.data
        for row, (start, stop) in enumerate(
            zip(sums.indptr[:-1], sums.indptr[1:], strict=True)
        ):
            found, scores = self._first(
                own_columns[start:stop], own_values[start:stop], rest[row], k
            )
            positions[row, : len(found)] = found
            best[row, : len(found)] = scores
        return positions, best

    def _first(self, own, values, rest, k):
        """Return the first columns of one row and their scores."""
        scores = values + rest * self._common[own]
        if self._allowed is not None:
            kept = self._allowed[own]
            own, scores = own[kept], scores[kept]
        if len(own) > k:
            # Of its own columns, those that are not worse than the k-th.
            least = np.partition(scores, len(scores) - k)[len(scores) - k]
            listed = scores >= least
        else:
            listed = slice(None)
        # Without a share of the common row, all other columns are equal.
        others = self._best_first if rest else self._columns
        others = others[: k + len(own)]
        self._is_own[own] = True
        others = others[~self._is_own[others]][:k]
        self._is_own[own] = False
        columns = np.concatenate([own[listed], others])
        scores = np.concatenate([scores[listed], rest * self._common[others]])
        order = np.lexsort((columns, -scores))[:k]
        return columns[order], scores[order]
