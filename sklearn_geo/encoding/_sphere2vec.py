# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sphere2Vec: multi-scale waves built from the coordinates of the sphere."""

import numbers

import numpy as np
from sklearn.utils._param_validation import Interval, StrOptions

from sklearn_geo.encoding._dense import DensePlaceEncoder
from sklearn_geo.encoding._waves import sines_and_cosines

# The columns of each scale: a name, with {s} for the scale, and what is multiplied.
# Capitals are waves of the scale, small letters those of scale one: S and C are sine
# and cosine of the latitude, Z and D sine and cosine of the longitude.
_SPHERE_C = (
    ("sin_lat_s{s}", "S"),
    ("cos_lat_s{s}_cos_lon_s{s}", "CD"),
    ("cos_lat_s{s}_sin_lon_s{s}", "CZ"),
)
_SPHERE_M = (
    ("sin_lat_s{s}", "S"),
    ("cos_lat_s{s}_cos_lon", "Cd"),
    ("cos_lat_cos_lon_s{s}", "cD"),
    ("cos_lat_s{s}_sin_lon", "Cz"),
    ("cos_lat_sin_lon_s{s}", "cZ"),
)
# What the grid adds: its sine of the latitude is there already.
_GRID = (("cos_lat_s{s}", "C"), ("sin_lon_s{s}", "Z"), ("cos_lon_s{s}", "D"))
VARIANTS = {
    "sphereC": _SPHERE_C,
    "sphereC+": _SPHERE_C + _GRID,
    "sphereM": _SPHERE_M,
    "sphereM+": _SPHERE_M + _GRID,
}


class Sphere2VecEncoder(DensePlaceEncoder):
    r"""Encode places by Sphere2Vec's multi-scale waves on the sphere.

    Sphere2Vec [1]_ multiplies waves of latitude and of longitude as the coordinates of
    the unit sphere do, so that at its coarsest scale rows are those coordinates, and
    adds finer scales.

    Parameters
    ----------
    variant : {"sphereC", "sphereC+", "sphereM", "sphereM+"}, default="sphereC+"
        Which products to take, see the notes. The plus adds the columns of the plain
        grid, sines and cosines of latitude and longitude by themselves.

    n_scales : int, default=16
        Number of scales.

    min_radius : float, default=0.001
        The finest scale: its waves are this part of a full turn long, 0.36 degrees or
        40 km for 0.001.

    max_radius : float, default=1.0
        The coarsest scale, 1 for waves of a full turn.

    periodic : bool, default=True
        Round the frequencies of scales, one over their radius, to whole numbers of
        waves a turn, so that no column jumps at the antimeridian. Scales that round to
        the same number become one. If False, frequencies are the paper's, and rows on
        both sides of the antimeridian differ.

    dtype : floating dtype, default=np.float64
        Type of the columns.

    Attributes
    ----------
    frequencies_ : ndarray of shape (n_scales_used,)
        Waves a turn of each scale, rising: fewer than `n_scales` where rounding
        brought scales together.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    SinusoidalEncoder : The plain grid alone.
    SphericalHarmonicsEncoder : Waves without seams, poles included.
    UnitVectorEncoder : The coarsest scale of "sphereC".

    Notes
    -----
    Scale `s` of `S` has the radius :math:`r_s`, the radii falling geometrically from
    `max_radius` at `s = 0` to `min_radius` at `s = S - 1`. With
    :math:`\varphi_s = \varphi / r_s` and :math:`\lambda_s = \lambda / r_s` for a place
    of latitude :math:`\varphi` and longitude :math:`\lambda`, its columns are

    - "sphereC": :math:`\sin\varphi_s`, :math:`\cos\varphi_s \cos\lambda_s` and
      :math:`\cos\varphi_s \sin\lambda_s`;
    - "sphereM": :math:`\sin\varphi_s`, :math:`\cos\varphi_s \cos\lambda`,
      :math:`\cos\varphi \cos\lambda_s`, :math:`\cos\varphi_s \sin\lambda` and
      :math:`\cos\varphi \sin\lambda_s`;
    - with a plus: also :math:`\cos\varphi_s`, :math:`\sin\lambda_s` and
      :math:`\cos\lambda_s`.

    The columns are named in these words: `cos_lat_s2_sin_lon_s2` and, where an angle
    is not scaled, `cos_lat_s2_sin_lon`. The paper counts scales from the finest; here
    `s0` is the coarsest, as in :class:`SinusoidalEncoder`.

    *At the poles most columns jump*, as meridians meet there. Of those that hold a
    wave of the longitude only the ones multiplied by :math:`\cos\varphi`, or by
    :math:`\cos\varphi_s` at an odd whole frequency, are continuous there.

    References
    ----------
    .. [1] G. Mai et al., "Sphere2Vec: A general-purpose location representation
       learning over a spherical surface for large-scale geospatial predictions",
       ISPRS Journal of Photogrammetry and Remote Sensing 202, 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import Sphere2VecEncoder
    >>> encoder = Sphere2VecEncoder("sphereC", n_scales=2, min_radius=0.5)
    >>> encoder.fit_transform([[30.0, 90.0]]).round(3) + 0.0
    array([[ 0.5  ,  0.   ,  0.866,  0.866, -0.5  ,  0.   ]])
    >>> encoder.get_feature_names_out()[:3]
    array(['sin_lat_s0', 'cos_lat_s0_cos_lon_s0', 'cos_lat_s0_sin_lon_s0'],
          dtype=object)
    """

    _parameter_constraints: dict = {
        **DensePlaceEncoder._parameter_constraints,
        "variant": [StrOptions(set(VARIANTS))],
        "n_scales": [Interval(numbers.Integral, 1, None, closed="left")],
        "min_radius": [Interval(numbers.Real, 1e-9, 1, closed="both")],
        "max_radius": [Interval(numbers.Real, 1e-9, 1, closed="both")],
        "periodic": ["boolean"],
    }

    def __init__(
        self,
        variant="sphereC+",
        *,
        n_scales=16,
        min_radius=0.001,
        max_radius=1.0,
        periodic=True,
        dtype=np.float64,
    ):
        self.variant = variant
        self.n_scales = n_scales
        self.min_radius = min_radius
        self.max_radius = max_radius
        self.periodic = periodic
        self.dtype = dtype

    def _prepare(self, places):
        if self.min_radius > self.max_radius:
            raise ValueError(
                f"min_radius={self.min_radius!r} is larger than max_radius="
                f"{self.max_radius!r}: swap them."
            )
        self._check_width(
            int(self.n_scales) * len(VARIANTS[self.variant]),
            f"n_scales={self.n_scales}",
        )
        radii = np.geomspace(self.max_radius, self.min_radius, self.n_scales)
        frequencies = 1.0 / radii
        if self.periodic:
            frequencies = np.unique(np.rint(frequencies))
        self.frequencies_ = frequencies

    def _check_ready(self):
        super()._check_ready()
        # The scales are those of fit; how many columns each has counts at once.
        self._check_width(
            self._n_columns(),
            f"variant={self.variant!r}, of {len(self.frequencies_):,} scales,",
        )

    def _n_columns(self):
        return len(self.frequencies_) * len(VARIANTS[self.variant])

    def __sklearn_is_fitted__(self):
        return hasattr(self, "frequencies_")

    def _column_names(self):
        return [
            name.format(s=scale)
            for scale in range(len(self.frequencies_))
            for name, _ in VARIANTS[self.variant]
        ]

    def _write(self, places, out):
        waves = {}
        for angle, scaled in ((places[:, 0], "SC"), (places[:, 1], "ZD")):
            sines, cosines = sines_and_cosines(angle, self.frequencies_)
            waves[scaled[0]], waves[scaled[1]] = sines, cosines
            sines, cosines = sines_and_cosines(angle, np.ones(1))
            waves[scaled[0].lower()], waves[scaled[1].lower()] = sines, cosines
        columns = VARIANTS[self.variant]
        for i, (_, factors) in enumerate(columns):
            column = waves[factors[0]]
            if len(factors) == 2:
                column = column * waves[factors[1]]
            out[:, i :: len(columns)] = column
