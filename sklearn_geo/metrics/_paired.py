# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whether one of two predictors is closer to the truth on the same photos."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import wilcoxon

from sklearn_geo._labels import check_groups
from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine
from sklearn_geo.metrics._rows import check_choice, check_place_pairs, check_radius

# A thousandth of a millimetre on the Earth, in radii. Rounding moves errors by less
# than a tenth of it when longitudes are written with whole turns more.
_NOISE = 1e-9 / EARTH_RADIUS_KM


@dataclass(frozen=True)
class WilcoxonResult:
    """What `paired_wilcoxon` found.

    Parameters
    ----------
    statistic : float
        With the two-sided alternative, the smaller of the sums of ranks above and below
        zero; with a one-sided one, the sum of the ranks above zero.

    pvalue : float
        How probable a statistic as extreme is if neither predictor is better.

    median_difference : float
        Median of error of A minus error of B, in kilometres, over all pairs. Negative
        if A is closer.

    mean_difference : float
        Mean of the same differences.

    n_nonzero : int
        Number of pairs in which the errors differ. Only these bear on the test.

    See Also
    --------
    paired_wilcoxon : The function that returns this.

    Examples
    --------
    >>> from sklearn_geo.metrics import paired_wilcoxon
    >>> result = paired_wilcoxon([[0, 0]], [[0, 1]], [[0, 1]])
    >>> result.pvalue, result.n_nonzero
    (1.0, 0)
    """

    statistic: float
    pvalue: float
    median_difference: float
    mean_difference: float
    n_nonzero: int


def paired_wilcoxon(
    y_true,
    pred_a,
    pred_b,
    *,
    alternative="two-sided",
    groups=None,
    radius_km=EARTH_RADIUS_KM,
):
    """Wilcoxon signed-rank test on the errors of two predictors.

    It asks whether the differences of paired errors are symmetric about zero, and
    assumes neither that errors are normal nor that their scale is the same everywhere.

    Parameters
    ----------
    y_true : array-like of shape (n_photos, 2)
        True latitude and longitude in degrees.

    pred_a : array-like of shape (n_photos, 2)
        Places predicted by A.

    pred_b : array-like of shape (n_photos, 2)
        Places predicted by B, for the same photos.

    alternative : {"two-sided", "less", "greater"}, default="two-sided"
        What to find evidence for: that errors differ, that those of A are less than
        those of B, or that they are greater.

    groups : array-like of shape (n_photos,), default=None
        Users or albums. Each is then one pair, with the mean difference of its photos,
        because photos of one user are not independent.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km.

    Returns
    -------
    WilcoxonResult
        With the attributes `statistic`, `pvalue`, `median_difference`,
        `mean_difference` and `n_nonzero`.

    Raises
    ------
    ValueError
        If the arguments are not places, or not as many, or if a group is missing.

    See Also
    --------
    bootstrap_interval : How much a metric would move with other photos.

    Notes
    -----
    Pairs with equal errors, such as those of photos that both predictors put in the
    same cell, are left out, as Wilcoxon proposed. If all are equal, the p-value is 1.
    Differences up to 1e-9 km, which is a micrometre, count as none: they are rounding
    errors, left for example by longitudes of 190 and -170 degrees.
    This is the test in section 4.2 of [1]_.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.

    Examples
    --------
    A is closer on all of five photos, which happens by chance once in 32 times:

    >>> from sklearn_geo.metrics import paired_wilcoxon
    >>> y_true = [[0.0, 0.0]] * 5
    >>> pred_a = [[0.0, 1.0]] * 5
    >>> pred_b = [[0.0, 2.0], [0.0, 3.0], [0.0, 5.0], [0.0, 8.0], [0.0, 13.0]]
    >>> paired_wilcoxon(y_true, pred_a, pred_b, alternative="less").pvalue
    0.03125
    """
    check_choice(alternative, ("two-sided", "less", "greater"), "alternative")
    radius_km = check_radius(radius_km)
    y_true, pred_a = check_place_pairs(y_true, pred_a, name="pred_a")
    y_true, pred_b = check_place_pairs(y_true, pred_b, name="pred_b")
    difference = haversine(y_true, pred_a, radius_km=radius_km)
    difference -= haversine(y_true, pred_b, radius_km=radius_km)
    if groups is not None:
        _, numbers = check_groups(groups, len(difference))
        difference = np.bincount(numbers, difference) / np.bincount(numbers)
    difference[np.abs(difference) <= _NOISE * radius_km] = 0.0
    moved = difference[difference != 0]
    statistic, pvalue = 0.0, 1.0
    if moved.size:
        # Differences that rounding tells apart are equal, and share their rank.
        moved = np.round(moved / (_NOISE * radius_km))
        result = wilcoxon(moved, alternative=alternative)
        statistic, pvalue = float(result.statistic), float(result.pvalue)
    return WilcoxonResult(
        statistic=statistic,
        pvalue=pvalue,
        median_difference=float(np.median(difference)),
        mean_difference=float(difference.mean()),
        n_nonzero=int(moved.size),
    )
