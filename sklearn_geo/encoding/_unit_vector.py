# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places as points of the unit sphere."""

import numpy as np
from sklearn.base import TransformerMixin, _fit_context
from sklearn.utils.validation import check_is_fitted

from sklearn_geo._all_or_nothing import all_or_nothing
from sklearn_geo.base import GeoEstimator
from sklearn_geo.encoding._feature_names import check_input_features
from sklearn_geo.encoding._given_columns import read_given_columns
from sklearn_geo.geometry import places_from_vectors, unit_vectors


class UnitVectorEncoder(TransformerMixin, GeoEstimator):
    r"""Encode places as the x, y and z of points on the unit sphere.

    Latitude and longitude make poor columns for a model: the globe is cut open at
    the antimeridian, and a degree of longitude shrinks to nothing towards the poles.
    The three coordinates of the same place on the unit sphere have neither fault, and
    straight distances between them grow with great-circle distances.

    Nothing is learnt but what the two columns are called; where no estimator is
    needed, :func:`~sklearn_geo.geometry.unit_vectors` does the same without a fit.

    Parameters
    ----------
    dtype : floating dtype, default=np.float64
        Type of the three columns. With `np.float32` places are kept to about half a
        metre, with `np.float16` to about three kilometres.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    S2OneHotEncoder : One column for each S2 cell.
    UTMOneHotEncoder : One column for each UTM zone.
    sklearn_geo.geometry.unit_vectors : The function behind this encoder.

    Notes
    -----
    A place of latitude :math:`\varphi` and longitude :math:`\lambda` becomes

    .. math::

        (x, y, z) = (\cos\varphi \cos\lambda, \;
                     \cos\varphi \sin\lambda, \; \sin\varphi),

    so `x` points to where the equator meets Greenwich's meridian, `y` to 90 degrees
    east on the equator and `z` to the North Pole.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import UnitVectorEncoder
    >>> places = np.array([[0.0, 0.0], [90.0, 0.0], [0.0, 180.0], [0.0, -180.0]])
    >>> encoder = UnitVectorEncoder()
    >>> encoder.fit_transform(places).round(3) + 0.0
    array([[ 1.,  0.,  0.],
           [ 0.,  0.,  1.],
           [-1.,  0.,  0.],
           [-1.,  0.,  0.]])
    >>> encoder.get_feature_names_out()
    array(['x', 'y', 'z'], dtype=object)
    """

    _parameter_constraints: dict = {
        "dtype": "no_validation",  # numpy knows what a dtype is; see `_float_dtype`
    }

    def __init__(self, dtype=np.float64):
        self.dtype = dtype

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y=None):
        """Check the places and remember what their columns are called.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        y : None
            Ignored.

        Returns
        -------
        self : UnitVectorEncoder
            The encoder itself.
        """
        with all_or_nothing(self):
            self._read_places(X, reset=True)
            self._float_dtype()
        return self

    def transform(self, X):
        """Give the unit vector of each place.

        Parameters
        ----------
        X : array-like of shape (n_places, 2)
            Latitude and longitude in degrees.

        Returns
        -------
        X_out : ndarray of shape (n_places, 3)
            The columns x, y and z.
        """
        check_is_fitted(self)
        places = self._read_places(X, reset=False)
        return unit_vectors(places).astype(self._float_dtype(), copy=False)

    def inverse_transform(self, X):
        """Give the place below each vector.

        Parameters
        ----------
        X : array-like of shape (n_places, 3)
            The columns x, y and z. Vectors may be of any length but zero, so means
            of unit vectors can be brought back to the globe as well.

        Returns
        -------
        places : ndarray of shape (n_places, 2)
            Latitude and longitude in degrees, longitudes in [-180, 180).
        """
        check_is_fitted(self)
        X = read_given_columns(self, X).astype(np.float64, copy=False)
        if X.shape[1] != 3:
            raise ValueError(
                "inverse_transform takes the three columns x, y and z that transform "
                f"gives; X has {X.shape[1]}."
            )
        return places_from_vectors(X)

    def get_feature_names_out(self, input_features=None):
        """Give the names of the columns: x, y and z.

        Parameters
        ----------
        input_features : array-like of str or None, default=None
            Only compared with the names seen in :meth:`fit`.

        Returns
        -------
        feature_names_out : ndarray of shape (3,), object
            The names.
        """
        check_input_features(self, input_features)
        return np.array(["x", "y", "z"], dtype=object)

    def _float_dtype(self):
        dtype = np.dtype(self.dtype)
        if dtype.kind != "f":
            raise ValueError(
                f"dtype={self.dtype!r} cannot hold coordinates between -1 and 1. Use a "
                "floating type such as np.float64 or np.float32."
            )
        return dtype

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        # The type of the output is a parameter, whatever the type of X.
        tags.transformer_tags.preserves_dtype = []
        return tags
