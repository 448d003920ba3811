# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How far answers are off, also of models that do not always answer."""

import numpy as np

from sklearn_geo.metrics import great_circle_error


def errors_of(truth, answers):
    """Return how far answers are from the truth.

    Parameters
    ----------
    truth : ndarray of shape (n_rows, 2)
        Where rows are.

    answers : ndarray of shape (n_rows, 2)
        Where they are said to be; a pair of NaN is no answer.

    Returns
    -------
    ndarray of shape (n_rows,)
        Kilometres, NaN where there is no answer; so may be all of them.
    """
    errors = np.full(len(answers), np.nan)
    there = ~np.isnan(answers[:, 0])
    if there.any():
        errors[there] = great_circle_error(truth[there], answers[there])
    return errors
