# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Average precision of a class whose rows are ranked once and weighed often."""

import numpy as np


class RankedClass:
    """The rows of a class, ranked among all by a score.

    Parameters
    ----------
    true : ndarray of int
        The rows that belong to the class.

    score : ndarray of shape (n_rows,)
        How likely each row is thought to.
    """

    def __init__(self, true, score):
        # Recall grows only where a true row enters, with all rows of its score; a row
        # has entered wherever its score reaches the threshold.
        thresholds = np.unique(score[true])
        self.true, self.n_steps = true, thresholds.size + 1
        self.reached = np.searchsorted(thresholds, score, side="right")
        self.true_reached = self.reached[true]

    def average_precision(self, weights):
        """Return the average precision of weighted rows, NaN if none is of the class.

        Parameters
        ----------
        weights : ndarray of shape (n_rows,)
            What each row counts, or how often it was drawn.

        Returns
        -------
        float
            The sum over the distinct scores of (R_n - R_{n-1}) P_n.
        """
        entered = np.bincount(self.reached, weights, minlength=self.n_steps)
        gained = np.bincount(
            self.true_reached, weights[self.true], minlength=self.n_steps
        )
        # From the highest threshold down, without those that reach none.
        entered, gained = np.cumsum(entered[:0:-1]), gained[:0:-1]
        right = np.cumsum(gained)
        if not right.size or right[-1] == 0.0:
            return np.nan
        # Rows of weight zero may stand before any that counts.
        precision = np.divide(
            right, entered, out=np.zeros_like(right), where=entered > 0
        )
        return float((gained * precision).sum() / right[-1])
