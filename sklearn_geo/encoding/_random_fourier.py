# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Waves of random direction and length through the unit sphere."""

import numbers

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval

from sklearn_geo._numbers import reject_many, reject_masked
from sklearn_geo.encoding._dense import DensePlaceEncoder
from sklearn_geo.geometry import unit_vectors


class RandomFourierEncoder(DensePlaceEncoder):
    r"""Encode places as random Fourier features at several scales.

    Each column is a wave of random direction and length. Products of two places' rows
    come near a Gaussian of the distance between the places, one for each scale, so a
    linear model of these columns is nearly a kernel machine. The three scales of the
    default are GeoCLIP's [1]_.

    Parameters
    ----------
    n_frequencies : int, default=256
        Number of waves at each scale; each gives a cosine and a sine.

    sigmas : sequence of float, default=(1, 16, 256)
        Standard deviations of frequencies, one for each scale, in waves a half turn of
        the globe. See the notes for what they are in kilometres.

    random_state : int, RandomState instance or None, default=None
        Draws the frequencies. Pass an int for the same columns in every fit.

    dtype : floating dtype, default=np.float64
        Type of the columns. All is computed in double precision: waves of a few
        kilometres are beyond single precision.

    Attributes
    ----------
    frequencies_ : ndarray of shape (n_scales, n_frequencies, 3)
        The frequencies along x, y and z, in waves a half turn.

    n_features_in_ : int
        Number of columns seen in :meth:`fit`: two.

    feature_names_in_ : ndarray of shape (2,)
        Names of the columns seen in :meth:`fit`. Defined only when `X` has column
        names that are all strings.

    See Also
    --------
    SphericalHarmonicsEncoder : All waves of a length, not some.
    UnitVectorEncoder : The vectors the waves run through.
    sklearn.kernel_approximation.RBFSampler : One scale in any space.

    Notes
    -----
    With :math:`v` the unit vector of a place, a frequency :math:`b` with three
    coordinates drawn from :math:`N(0, \sigma^2)` gives the columns
    :math:`\cos(2\pi\, b \cdot v / \pi)` and :math:`\sin(2\pi\, b \cdot v / \pi)`. A
    half turn is the unit because GeoCLIP draws the world as wide as two, from -1 to 1,
    so its sigmas mean the same here.

    GeoCLIP's waves run over a map, the Equal Earth projection, which is cut at the
    antimeridian and squeezed at the poles. Here they run through the sphere: every
    column is continuous everywhere, and the mean product of two rows depends on the
    distance of the places alone. For places :math:`c` apart in a straight line, in
    earth radii, that mean of :math:`\cos` of differences is in expectation

    .. math::

        \exp(-2 \sigma^2 c^2),

    a Gaussian with a standard deviation of :math:`1 / (2\sigma)` radii: 3,186 km, 199
    km and 12.4 km for 1, 16 and 256.

    The columns of a scale follow each other, its cosines before its sines; they are
    called `cos_sigma16_003` and so on.

    References
    ----------
    .. [1] V. Vivanco Cepeda, G. K. Nayak and M. Shah, "GeoCLIP: Clip-inspired alignment
       between locations and images for effective worldwide geo-localization", NeurIPS
       2023.
    .. [2] A. Rahimi and B. Recht, "Random features for large-scale kernel machines",
       NeurIPS 2007.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.encoding import RandomFourierEncoder
    >>> encoder = RandomFourierEncoder(500, sigmas=[16], random_state=0)
    >>> waves = encoder.fit_transform([[48.86, 2.35], [48.86, 2.35], [50.85, 4.35]])
    >>> waves.shape
    (3, 1000)

    Paris and Brussels are 264 km apart; a Gaussian with a standard deviation of 199 km
    falls to 0.41.

    >>> bool(abs(waves[0] @ waves[2] / 500 - 0.41) < 0.1)
    True
    """

    _parameter_constraints: dict = {
        **DensePlaceEncoder._parameter_constraints,
        "n_frequencies": [Interval(numbers.Integral, 1, None, closed="left")],
        "sigmas": ["array-like"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        n_frequencies=256,
        *,
        sigmas=(1, 16, 256),
        random_state=None,
        dtype=np.float64,
    ):
        self.n_frequencies = n_frequencies
        self.sigmas = sigmas
        self.random_state = random_state
        self.dtype = dtype

    def _prepare(self, places):
        reject_many(self.sigmas, "sigmas")
        reject_masked(self.sigmas, "sigmas")
        sigmas = np.asarray(self.sigmas)
        good = sigmas.ndim == 1 and sigmas.size and sigmas.dtype.kind in "iuf"
        if good:
            with np.errstate(over="ignore"):
                sigmas = sigmas.astype(np.float64)  # half floats do not reach 1e300
            # A draw from the largest is finite, and so is a place times that.
            good = bool(((sigmas > 0) & (sigmas <= 1e300)).all())
        if not good or len(np.unique(sigmas)) < len(sigmas):
            raise ValueError(
                "sigmas must be different numbers above 0, one for each scale, such as "
                f"(1, 16, 256); got {self.sigmas!r}."
            )
        self._check_width(
            2 * len(sigmas) * int(self.n_frequencies),
            f"n_frequencies={self.n_frequencies}, of {len(sigmas)} sigmas,",
        )
        random = check_random_state(self.random_state)
        draws = random.standard_normal((len(sigmas), self.n_frequencies, 3))
        self.frequencies_ = draws * sigmas[:, None, None]
        self._sigmas = sigmas.tolist()

    def __sklearn_is_fitted__(self):
        return hasattr(self, "frequencies_")

    def _column_names(self):
        def number(sigma):  # 16 for 16.0, and all digits where they are needed
            return repr(int(sigma) if sigma == int(sigma) else sigma)

        # Pickles of before have the parameter only.
        sigmas = getattr(self, "_sigmas", None) or np.asarray(self.sigmas).tolist()
        n = self.frequencies_.shape[1]
        digits = len(str(n - 1))
        return [
            f"{wave}_sigma{number(sigma)}_{i:0{digits}d}"
            for sigma in sigmas
            for wave in ("cos", "sin")
            for i in range(n)
        ]

    def _n_columns(self):
        n_scales, n, _ = self.frequencies_.shape
        return 2 * n_scales * n

    def _write(self, places, out):
        n_scales, n, _ = self.frequencies_.shape
        vectors = unit_vectors(places)
        # Not a product of BLAS, whose roundings depend on the number of rows.
        phases = sum(
            np.multiply.outer(vectors[:, axis], 2.0 * self.frequencies_[:, :, axis])
            for axis in range(3)
        )
        waves = out.reshape(len(places), n_scales, 2, n)
        waves[:, :, 0] = np.cos(phases)
        waves[:, :, 1] = np.sin(phases)
