# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sines and cosines of latitude and longitude at several scales."""

import numbers

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_geo.encoding._dense import DensePlaceEncoder
from sklearn_geo.encoding._waves import sines_and_cosines


class SinusoidalEncoder(DensePlaceEncoder):
    r"""Encode places as sines and cosines of latitude and longitude at several scales.

    The plain grid encoding of Space2Vec and of positional encodings at large: each
    scale has waves half as long as the one before. A linear model of such columns can
    draw shapes as small as the shortest wave.

    Parameters
    ----------
    n_scales : int, default=10
        Number of scales, from 1 to 40. The waves of scale `s` are :math:`360 / 2^s`
        degrees long: with ten scales the shortest have 0.7 degrees, 78 km along a
        meridian.

    dtype : floating dtype, default=np.float64
        Type of the columns.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    Sphere2VecEncoder : Waves that know of the sphere.
    SphericalHarmonicsEncoder : Waves without seams, poles included.
    RandomFourierEncoder : Waves in random directions.

    Notes
    -----
    For a place of latitude :math:`\varphi` and longitude :math:`\lambda`, scale `s`
    has the four columns :math:`\sin 2^s\varphi`, :math:`\cos 2^s\varphi`,
    :math:`\sin 2^s\lambda` and :math:`\cos 2^s\lambda`, named `sin_lat_s0` and so on.

    All multiples of the longitude are whole, so nothing jumps at the antimeridian. But
    *at the poles columns of the longitude do jump*: places a metre from a pole and from
    each other can have any of their values, as meridians meet there. East-west
    distances also shrink with the cosine of the latitude, and these columns do not
    know. Where poles matter, use :class:`SphericalHarmonicsEncoder`.

    References
    ----------
    .. [1] G. Mai et al., "Multi-scale representation learning for spatial feature
       distributions using grid cells", ICLR 2020.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import SinusoidalEncoder
    >>> encoder = SinusoidalEncoder(n_scales=2)
    >>> encoder.fit_transform([[30.0, 90.0]]).round(3)
    array([[ 0.5  ,  0.866,  1.   ,  0.   ,  0.866,  0.5  ,  0.   , -1.   ]])
    >>> encoder.get_feature_names_out()[:4]
    array(['sin_lat_s0', 'cos_lat_s0', 'sin_lon_s0', 'cos_lon_s0'],
          dtype=object)
    """

    _parameter_constraints: dict = {
        **DensePlaceEncoder._parameter_constraints,
        "n_scales": [Interval(numbers.Integral, 1, 40, closed="both")],
    }

    def __init__(self, n_scales=10, *, dtype=np.float64):
        self.n_scales = n_scales
        self.dtype = dtype

    def _n_columns(self):
        return 4 * int(self.n_scales)

    def _column_names(self):
        return [
            f"{wave}_{axis}_s{scale}"
            for scale in range(self.n_scales)
            for axis in ("lat", "lon")
            for wave in ("sin", "cos")
        ]

    def _write(self, places, out):
        frequencies = 2.0 ** np.arange(self.n_scales)
        for axis in (0, 1):
            sines, cosines = sines_and_cosines(places[:, axis], frequencies)
            out[:, 2 * axis :: 4] = sines
            out[:, 2 * axis + 1 :: 4] = cosines
