# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which rows an epoch sees: classes drawn by their size, and epochs that grow."""

import numpy as np

from sklearn_geo._numbers import read_numbers


class CellSampler:
    r"""Draw the rows of every epoch.

    Parameters
    ----------
    cells : ndarray of shape (n_rows,)
        The finest cell of every row.

    alpha : float, sequence of float or None
        Power of a cell's size in its chance; several take equal parts of the training,
        one after the other.

    growth : float or None
        By how much an epoch is larger than the one before; None is whole epochs.

    rows_per_cell : int
        The first epoch sees so many rows a cell, if epochs grow.

    n_epochs : int
        Length of the training.

    Notes
    -----
    Appendix A.1 of [1]_. A cell with :math:`n_c` rows is drawn with probability
    proportional to :math:`n_c^\alpha`, and a row within it evenly: 0 shows all cells
    alike, and small ones again and again; 1 is the data as they are, and then rows are
    drawn without replacement. Epoch :math:`e = 0, 1, \dots` has
    :math:`200\,|C|\,1.06^e` rows in the paper, and never more than there are.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017, appendix A.1.
    """

    def __init__(self, cells, alpha, growth, rows_per_cell, n_epochs):
        _, self.cells, self.counts = np.unique(
            cells, return_inverse=True, return_counts=True
        )
        self.alphas = (1.0,) if alpha is None else _read_alphas(alpha)
        self.growth = growth
        self.rows_per_cell = rows_per_cell
        self.n_epochs = n_epochs

    def n_rows(self, epoch):
        """Return how many rows an epoch sees."""
        most = len(self.cells)
        if self.growth is None:
            return most
        first = self.rows_per_cell * len(self.counts)
        with np.errstate(over="ignore"):  # infinitely many are all there are
            grown = first * np.power(1.0 + self.growth, float(epoch))
        return round(min(most, float(grown)))

    def alpha(self, epoch):
        """Return the power that holds in an epoch."""
        part = epoch * len(self.alphas) // max(1, self.n_epochs)
        return self.alphas[min(part, len(self.alphas) - 1)]

    def __call__(self, epoch, rng, n_rows):
        """Return positions of rows, in the order of training."""
        size, alpha = self.n_rows(epoch), self.alpha(epoch)
        if alpha == 1.0:
            return rng.permutation(len(self.cells))[:size]
        # Only their ratios matter, and those to the fullest cell do not overflow.
        chances = (self.counts / self.counts.max()) ** (alpha - 1.0)
        cumulated = np.cumsum(chances[self.cells])
        drawn = rng.random(size) * cumulated[-1]
        return np.minimum(
            np.searchsorted(cumulated, drawn, side="right"), len(cumulated) - 1
        )


def _read_alphas(alpha):
    alphas = np.atleast_1d(read_numbers(alpha, "sampling_alpha"))
    good = alphas.ndim == 1 and alphas.size and (alphas >= 0.0).all()
    if not good or not np.isfinite(alphas).all():
        raise ValueError(
            f"sampling_alpha={alpha!r:.60} must be a number from 0 on, or a list of "
            "some, for equal parts of the training."
        )
    return tuple(alphas.tolist())
