# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""How far predictions are from the truth: errors in kilometres and their summaries."""

import numpy as np

from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine
from sklearn_geo.metrics._rows import (
    check_levels,
    check_number,
    check_place_pairs,
    check_radius,
    check_row_weights,
    mean_of_rows,
    median_of_rows,
)

# Street, city, region, country and continent (Hays and Efros, 2008).
LOCALITIES_KM = (1, 25, 200, 750, 2500)

GEO_SCORE_SCALE_KM = 1492.7


def great_circle_error(y_true, y_pred, *, radius_km=EARTH_RADIUS_KM):
    """Great-circle distance between the true and the predicted place of every row.

    Parameters
    ----------
    y_true : array-like of shape (n_photos, 2)
        True latitude and longitude in degrees.

    y_pred : array-like of shape (n_photos, 2)
        Predicted latitude and longitude in degrees.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km. Some published tables use another one, for
        example 6372.795 km [1]_.

    Returns
    -------
    ndarray of shape (n_photos,)
        Errors in kilometres.

    Raises
    ------
    TypeError, ValueError
        If an argument is not two columns of finite degrees, or if the two differ in
        length.

    See Also
    --------
    mean_great_circle_error : The mean of these errors, weighted or not.
    median_great_circle_error : The median of these errors, weighted or not.
    accuracy_at_km : The share of errors up to a threshold.

    Notes
    -----
    The distance is the haversine in float64. The formula with the arc cosine, which is
    printed in [1]_, loses the digits that tell one street from the next when it is
    computed in float32.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017, section 3.1.3.

    Examples
    --------
    A quarter of a meridian, and a degree of longitude on the equator:

    >>> from sklearn_geo.metrics import great_circle_error
    >>> y_true = [[0.0, 0.0], [0.0, 179.5]]
    >>> y_pred = [[90.0, 7.0], [0.0, -179.5]]
    >>> great_circle_error(y_true, y_pred).round(1).tolist()
    [10007.6, 111.2]
    """
    radius_km = check_radius(radius_km)
    y_true, y_pred = check_place_pairs(y_true, y_pred)
    return haversine(y_true, y_pred, radius_km=radius_km)


def _error_rows(y_true, y_pred, *, sample_weight=None, radius_km=EARTH_RADIUS_KM):
    errors = great_circle_error(y_true, y_pred, radius_km=radius_km)
    return errors, check_row_weights(sample_weight, errors.shape[0])


def _accuracy_rows(
    y_true,
    y_pred,
    km=LOCALITIES_KM,
    *,
    sample_weight=None,
    radius_km=EARTH_RADIUS_KM,
):
    thresholds, scalar = check_levels(km, name="km", integer=False, least=0)
    errors, weights = _error_rows(
        y_true, y_pred, sample_weight=sample_weight, radius_km=radius_km
    )
    hits = (errors[:, np.newaxis] <= thresholds).astype(np.float64)
    return (hits[:, 0] if scalar else hits), weights


def _geo_score_rows(
    y_true,
    y_pred,
    *,
    scale_km=GEO_SCORE_SCALE_KM,
    sample_weight=None,
    radius_km=EARTH_RADIUS_KM,
):
    check_number(scale_km, "scale_km", least=0, example="1492.7")
    errors, weights = _error_rows(
        y_true, y_pred, sample_weight=sample_weight, radius_km=radius_km
    )
    with np.errstate(over="ignore"):  # infinitely far on a tiny scale earns nothing
        distances = errors / scale_km
    return 5000.0 * np.exp(-distances), weights


def mean_great_circle_error(
    y_true, y_pred, *, sample_weight=None, radius_km=EARTH_RADIUS_KM
):
    """Mean great-circle error in kilometres.

    Parameters
    ----------
    y_true : array-like of shape (n_photos, 2)
        True latitude and longitude in degrees.

    y_pred : array-like of shape (n_photos, 2)
        Predicted latitude and longitude in degrees.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km.

    Returns
    -------
    float
        Mean error in kilometres; 0 is the best.

    See Also
    --------
    median_great_circle_error : The median, which a few far misses do not move.

    Examples
    --------
    >>> from sklearn_geo.metrics import mean_great_circle_error
    >>> y_true = [[0.0, 0.0], [0.0, 0.0]]
    >>> y_pred = [[0.0, 0.0], [0.0, 1.0]]
    >>> round(mean_great_circle_error(y_true, y_pred), 1)
    55.6
    >>> round(mean_great_circle_error(y_true, y_pred, sample_weight=[1, 3]), 1)
    83.4
    """
    return mean_of_rows(
        *_error_rows(y_true, y_pred, sample_weight=sample_weight, radius_km=radius_km)
    )


def median_great_circle_error(
    y_true, y_pred, *, sample_weight=None, radius_km=EARTH_RADIUS_KM
):
    """Median great-circle error in kilometres.

    Parameters
    ----------
    y_true : array-like of shape (n_photos, 2)
        True latitude and longitude in degrees.

    y_pred : array-like of shape (n_photos, 2)
        Predicted latitude and longitude in degrees.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts. Whole weights give the median of as many copies.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km.

    Returns
    -------
    float
        Median error in kilometres; 0 is the best. Between two middle errors it is
        their mean.

    See Also
    --------
    mean_great_circle_error : The mean of the same errors.

    Examples
    --------
    >>> from sklearn_geo.metrics import median_great_circle_error
    >>> y_true = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    >>> y_pred = [[0.0, 0.0], [0.0, 1.0], [0.0, 180.0]]
    >>> round(median_great_circle_error(y_true, y_pred), 1)
    111.2
    """
    return median_of_rows(
        *_error_rows(y_true, y_pred, sample_weight=sample_weight, radius_km=radius_km)
    )


def accuracy_at_km(
    y_true,
    y_pred,
    km=LOCALITIES_KM,
    *,
    sample_weight=None,
    radius_km=EARTH_RADIUS_KM,
):
    """Share of photos placed within a distance of the truth.

    Parameters
    ----------
    y_true : array-like of shape (n_photos, 2)
        True latitude and longitude in degrees.

    y_pred : array-like of shape (n_photos, 2)
        Predicted latitude and longitude in degrees.

    km : float or sequence of float, default=(1, 25, 200, 750, 2500)
        Threshold or thresholds in kilometres. An error that equals a threshold is
        within it. The default are the localities of the published tables: street,
        city, region, country and continent.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km.

    Returns
    -------
    float or ndarray of shape (n_thresholds,)
        Shares between 0 and 1, the best: a float for one threshold, an array for a
        sequence.

    Raises
    ------
    ValueError
        If `km` is empty, negative or not a number.

    See Also
    --------
    bootstrap_interval : How sure these shares are with as many photos.
    make_geo_scorer : "accuracy_at_25km", and any other threshold, as a scorer.

    Notes
    -----
    These are the columns of tables 3 to 6 of [1]_ and of table 6 of [2]_, there in
    percent.

    References
    ----------
    .. [1] J. M. Johns, J. Rounds and M. J. Henry, "Multi-modal geolocation estimation
       using deep neural networks", arXiv:1712.09458, 2017.
    .. [2] Müller-Budack, E., Pustu-Iren, K., Ewerth, R. "Geolocation Estimation of
       Photos Using a Hierarchical Model and Scene Classification", ECCV 2018.

    Examples
    --------
    Errors of 0, 111.2 and 10,007.6 km:

    >>> from sklearn_geo.metrics import accuracy_at_km
    >>> y_true = [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]
    >>> y_pred = [[0.0, 0.0], [0.0, 1.0], [90.0, 0.0]]
    >>> accuracy_at_km(y_true, y_pred).round(2).tolist()
    [0.33, 0.33, 0.67, 0.67, 0.67]
    >>> accuracy_at_km(y_true, y_pred, km=20038)
    1.0
    """
    return mean_of_rows(
        *_accuracy_rows(
            y_true, y_pred, km, sample_weight=sample_weight, radius_km=radius_km
        )
    )


def geo_score(
    y_true,
    y_pred,
    *,
    scale_km=GEO_SCORE_SCALE_KM,
    sample_weight=None,
    radius_km=EARTH_RADIUS_KM,
):
    """Mean of 5000 exp(-error / 1492.7 km), the points of a guessing game.

    Parameters
    ----------
    y_true : array-like of shape (n_photos, 2)
        True latitude and longitude in degrees.

    y_pred : array-like of shape (n_photos, 2)
        Predicted latitude and longitude in degrees.

    scale_km : float, default=1492.7
        The error that leaves 1/e of the points.

    sample_weight : array-like of shape (n_photos,), default=None
        What every photo counts.

    radius_km : float, default=EARTH_RADIUS_KM
        Radius of the sphere, 6371.0088 km.

    Returns
    -------
    float
        Between 0 and 5000, the best.

    See Also
    --------
    great_circle_error : The errors that it is made of.
    make_geo_scorer : The same as a scorer.

    Notes
    -----
    Unlike `accuracy_at_km` it has no threshold to fall off, and unlike the mean error
    it hardly tells one bad miss from another: beyond 10,000 km a photo earns fewer than
    seven points.

    References
    ----------
    .. [1] Haas, L., Skreta, M., Alberti, S., Finn, C. "PIGEON: Predicting Image
       Geolocations", CVPR 2024.

    Examples
    --------
    A perfect guess and one half the world away:

    >>> from sklearn_geo.metrics import geo_score
    >>> round(geo_score([[0.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 180.0]]), 2)
    2500.0
    """
    return mean_of_rows(
        *_geo_score_rows(
            y_true,
            y_pred,
            scale_km=scale_km,
            sample_weight=sample_weight,
            radius_km=radius_km,
        )
    )


# For resampling: what each metric is the mean, or the median, of.
ROWS_OF_MEANS = {
    mean_great_circle_error: _error_rows,
    accuracy_at_km: _accuracy_rows,
    geo_score: _geo_score_rows,
}
ROWS_OF_MEDIANS = {median_great_circle_error: _error_rows}
