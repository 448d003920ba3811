# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""A partition of the earth as a part of an encoder."""

from sklearn.base import clone
from sklearn.frozen import FrozenEstimator

from sklearn_geo.partition._base import PlacePartition


def fit_partition(partition, places, sample_weight=None):
    """Fit a copy of a partition, or take the fitted one that was frozen.

    Parameters
    ----------
    partition : PlacePartition or FrozenEstimator
        The parameter of an encoder; it is never changed.

    places : ndarray of shape (n_places, 2)
        Training places.

    sample_weight : ndarray of shape (n_places,), default=None
        Their weights.

    Returns
    -------
    PlacePartition
        A fitted partition.
    """
    fitted = clone(partition).fit(places, None, sample_weight=sample_weight)
    if isinstance(fitted, FrozenEstimator):
        fitted = fitted.estimator
    if not isinstance(fitted, PlacePartition):
        raise TypeError(
            f"{type(fitted).__name__} is no partition of the earth. Freeze one of "
            "sklearn_geo.partition, such as FrozenEstimator(S2Partition().fit(places))."
        )
    if not fitted.n_cells_:
        raise ValueError(
            f"the frozen {type(fitted).__name__} keeps no cells yet, so there is "
            "nothing to encode. Let it learn from more places first."
        )
    return fitted
