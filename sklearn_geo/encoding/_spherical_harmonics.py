# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Real spherical harmonics by a recurrence that stays stable at high degrees."""

import numbers

import numpy as np
from sklearn.utils._param_validation import Interval

from sklearn_geo.encoding._dense import DensePlaceEncoder
from sklearn_geo.encoding._waves import sines_and_cosines


class SphericalHarmonicsEncoder(DensePlaceEncoder):
    r"""Encode places as real spherical harmonics up to a degree.

    They are to the sphere what sines and cosines are to the circle: waves of all
    directions, orthonormal, without a seam or a pole. A linear model of them can draw
    any shape as small as half their shortest wave, as well at the poles as at the
    equator.

    Parameters
    ----------
    degree : int, default=10
        Highest degree, from 0 to 1000. There are `(degree + 1) ** 2` columns, 121 for
        10 and 10,201 for 100. The waves of degree `l` are 40,030 / `l` km long.

    dtype : floating dtype, default=np.float64
        Type of the columns. All is computed in double precision.

    Attributes
    ----------
    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    RandomFourierEncoder : Some short waves instead of all waves.
    Sphere2VecEncoder : Fewer columns, with jumps at the poles.

    Notes
    -----
    For a place of latitude :math:`\varphi` and longitude :math:`\lambda`, the harmonic
    of degree :math:`l` and order :math:`m` is

    .. math::

        Y_{lm} = \bar P_{l|m|}(\sin\varphi) \cdot \begin{cases}
            \sqrt 2 \, \sin |m|\lambda & m < 0 \\
            1 & m = 0 \\
            \sqrt 2 \, \cos m\lambda & m > 0
        \end{cases}

    with Legendre functions scaled such that the harmonics are orthonormal over the unit
    sphere: the integral of :math:`Y_{lm} Y_{l'm'}` is 1 if both are the same and 0
    otherwise. There is no Condon-Shortley phase: no sign alternates with the order.
    Columns run from degree to degree, within one from :math:`m = -l` to :math:`l`, and
    are called `Y_l3_m-2`.

    The Legendre functions follow from

    .. math::

        \bar P_{mm} &= \sqrt{\tfrac{2m+1}{2m}} \cos\varphi \, \bar P_{m-1,m-1}, \\
        \bar P_{lm} &= \sqrt{\tfrac{4l^2-1}{l^2-m^2}} \Bigl( \sin\varphi \,
            \bar P_{l-1,m} - \sqrt{\tfrac{(l-1)^2-m^2}{4(l-1)^2-1}} \,
            \bar P_{l-2,m} \Bigr),

    starting from :math:`\bar P_{00} = 1 / \sqrt{4\pi}`: scaled all along, so nothing
    grows beyond bounds as factorials do [1]_.

    References
    ----------
    .. [1] S. A. Holmes and W. E. Featherstone, "A unified approach to the Clenshaw
       summation and the recursive computation of very high degree and order normalised
       associated Legendre functions", Journal of Geodesy 76, 2002.
    .. [2] M. Russwurm et al., "Geographic location encoding with spherical harmonics
       and sinusoidal representation networks", ICLR 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import SphericalHarmonicsEncoder
    >>> encoder = SphericalHarmonicsEncoder(degree=1)
    >>> encoder.fit_transform([[0.0, 0.0], [90.0, 0.0]]).round(3)
    array([[0.282, 0.   , 0.   , 0.489],
           [0.282, 0.   , 0.489, 0.   ]])
    >>> encoder.get_feature_names_out()
    array(['Y_l0_m0', 'Y_l1_m-1', 'Y_l1_m0', 'Y_l1_m1'], dtype=object)
    """

    _parameter_constraints: dict = {
        **DensePlaceEncoder._parameter_constraints,
        "degree": [Interval(numbers.Integral, 0, 1000, closed="both")],
    }

    def __init__(self, degree=10, *, dtype=np.float64):
        self.degree = degree
        self.dtype = dtype

    def _n_columns(self):
        return (int(self.degree) + 1) ** 2

    def _column_names(self):
        return [
            f"Y_l{degree}_m{order}"
            for degree in range(int(self.degree) + 1)
            for order in range(-degree, degree + 1)
        ]

    def _block_rows(self, n_columns):
        # What is kept beside the columns are a few rows of `degree` numbers: blocks
        # need not be small for the cache, but numpy's calls are dear for few rows.
        return max(64, super()._block_rows(n_columns))

    def _write(self, places, out):
        highest = int(self.degree)
        orders = np.arange(highest + 1.0)
        sines, cosines = sines_and_cosines(places[:, 1], orders)
        sines *= np.sqrt(2.0)
        cosines[:, 1:] *= np.sqrt(2.0)
        up, around = sines_and_cosines(places[:, 0], np.ones(1))
        # Legendre functions of the last two degrees, a column for each order.
        before = np.zeros((len(places), highest + 1))
        last = np.zeros_like(before)
        last[:, 0] = np.sqrt(0.25 / np.pi)
        out[:, 0] = last[:, 0]
        for degree in range(1, highest + 1):
            m = orders[:degree]
            size = np.sqrt((4.0 * degree**2 - 1.0) / (degree**2 - m**2))
            # Zero at order degree - 1, where there is no degree before the last.
            back = np.sqrt(
                ((degree - 1.0) ** 2 - m**2) / max(4.0 * (degree - 1.0) ** 2 - 1.0, 1.0)
            )
            # `before` becomes the new one; it is not needed any more.
            lower, upper = before[:, :degree], last[:, :degree]
            lower *= -back
            lower += up * upper
            lower *= size
            before[:, degree] = last[:, degree - 1] * around[:, 0]
            before[:, degree] *= np.sqrt((2.0 * degree + 1.0) / (2.0 * degree))
            before, last = last, before
            legendre, middle = last[:, : degree + 1], degree**2 + degree
            out[:, middle : middle + degree + 1] = legendre * cosines[:, : degree + 1]
            out[:, middle - degree : middle] = (
                legendre[:, :0:-1] * sines[:, degree:0:-1]
            )
