# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a wrapped estimator says of photos: their first cells, and how sure it is."""

from dataclasses import dataclass

import numpy as np

__all__ = ["FirstCells"]


@dataclass(frozen=True)
class FirstCells:
    r"""The likeliest cells of every photo, normalised, and the mass they had.

    Section 3.2 of the paper: all but the largest probabilities are dropped, the rest is
    divided by its sum, and that sum is kept.

    Parameters
    ----------
    cells : ndarray of int32 of shape (n_photos, n_first)
        The likeliest first.

    proba : ndarray of float32 of shape (n_photos, n_first)
        Their probabilities :math:`p'_k / |p'|_1`; rows sum to 1.

    mass : ndarray of float32 of shape (n_photos,)
        What they summed to before, :math:`|p'|_1`.

    n_cells : int
        How many cells there are.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geolocation._first_cells import FirstCells
    >>> first = FirstCells.of(np.array([[0.1, 0.5, 0.25, 0.15]]), 2)
    >>> first.cells, first.mass
    (array([[1, 2]], dtype=int32), array([0.75], dtype=float32))
    >>> first.dense().round(3)
    array([[0.   , 0.667, 0.333, 0.   ]], dtype=float32)
    """

    cells: np.ndarray
    proba: np.ndarray
    mass: np.ndarray
    n_cells: int

    def __len__(self):
        return len(self.cells)

    def __getitem__(self, rows):
        """Return some of the photos."""
        return FirstCells(
            self.cells[rows], self.proba[rows], self.mass[rows], self.n_cells
        )

    @classmethod
    def of(cls, proba, n_first):
        """Filter dense probabilities.

        Parameters
        ----------
        proba : ndarray of shape (n_photos, n_cells)
            Probabilities.

        n_first : int
            How many to keep; all, if there are fewer.

        Returns
        -------
        FirstCells
            Of equal probabilities the first cell is kept.
        """
        n_cells = proba.shape[1]
        n_first = min(n_first, n_cells)
        if n_first < n_cells:
            best = np.argpartition(-proba, n_first - 1, axis=1)[:, :n_first]
            best.sort(axis=1)
            # Of those that equal the last, a partition keeps any.
            last = np.take_along_axis(proba, best, axis=1).min(axis=1, keepdims=True)
            tied = np.flatnonzero((proba >= last).sum(axis=1) > n_first)
            whole = np.argsort(-proba[tied], axis=1, kind="stable")
            best[tied] = np.sort(whole[:, :n_first], axis=1)
        else:
            best = np.broadcast_to(np.arange(n_cells), proba.shape)
        own = np.take_along_axis(proba, best, axis=1)
        order = np.argsort(-own, axis=1, kind="stable")
        own = np.take_along_axis(own, order, axis=1).astype(np.float64)
        mass = own.sum(axis=1)
        return cls(
            np.take_along_axis(best, order, axis=1).astype(np.int32),
            (own / mass[:, np.newaxis]).astype(np.float32),
            mass.astype(np.float32),
            n_cells,
        )

    @classmethod
    def empty(cls, n_photos, n_cells, n_first):
        """Return room for photos, to be filled by :meth:`put`."""
        shape = n_photos, min(n_first, n_cells)
        return cls(
            np.zeros(shape, dtype=np.int32),
            np.zeros(shape, dtype=np.float32),
            np.zeros(n_photos, dtype=np.float32),
            n_cells,
        )

    def put(self, rows, proba):
        """Fill in some photos from dense probabilities."""
        first = FirstCells.of(proba, self.cells.shape[1])
        self.cells[rows], self.proba[rows] = first.cells, first.proba
        self.mass[rows] = first.mass

    def dense(self, rows=slice(None)):
        """Return the filtered, normalised probabilities of some photos, float32."""
        cells = self.cells[rows]
        out = np.zeros((len(cells), self.n_cells), dtype=np.float32)
        np.put_along_axis(out, cells.astype(np.intp), self.proba[rows], axis=1)
        return out
