# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Places told roughly: noise of so many kilometres, on the globe or as in the paper."""

import numpy as np

from sklearn_geo.geometry import EARTH_RADIUS_KM, destination

__all__ = ["noisy_places"]

# The paper's unit of latitude: from pole to pole.
_HALF_MERIDIAN_KM = np.pi * EARTH_RADIUS_KM


def noisy_places(places, sigma_km, rng, *, kind="sphere"):
    r"""Move places at random.

    Parameters
    ----------
    places : ndarray of shape (n_places, 2)
        Latitude and longitude in degrees. Pairs of NaN, places that are not known,
        stay as they are.

    sigma_km : float
        Standard deviation in every direction, in kilometres. 0 leaves places where
        they are; infinity says nothing of them any more.

    rng : numpy.random.Generator
        Where chance comes from.

    kind : {"sphere", "paper"}, default="sphere"
        See Notes.

    Returns
    -------
    ndarray of shape (n_places, 2)
        Places, longitudes in [-180, 180).

    Notes
    -----
    "sphere" is Fisher's distribution of concentration
    :math:`\kappa = (R / \sigma)^2`: the cosine of the angle to the true place is
    :math:`1 + \ln(1 - v (1 - e^{-2 \kappa})) / \kappa` for uniform :math:`v`, the
    direction is uniform. A small :math:`\sigma` is the normal distribution on the
    tangent plane, distances are Rayleigh with scale :math:`\sigma`; a large one is
    uniform on the globe, poles or not.

    "paper" is :math:`N(0, \sigma)` on :math:`((lat + 90) / 180, (lon + 180) / 360)`,
    modulo 1, with :math:`\sigma` = `sigma_km` over half a meridian. So it is twice as
    many degrees east-west as north-south, and what crosses a pole comes out at the
    other pole.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn_geo.geometry import haversine
    >>> from sklearn_geo.ranking._location_noise import noisy_places
    >>> home = np.array([[64.1, -21.9]] * 1000)
    >>> away = haversine(home, noisy_places(home, 25.0, np.random.default_rng(0)))
    >>> print(f"{np.median(away) / 25.0:.1f}")  # the root of 2 ln 2 is 1.18
    1.2
    """
    if not sigma_km >= 0.0:
        raise ValueError(
            f"sigma_km is a distance, 0 or more kilometres; got {sigma_km!r}."
        )
    if kind not in ("sphere", "paper"):
        raise ValueError(f'noise must be "sphere" or "paper"; got {kind!r}.')
    moved = np.array(places, dtype=np.float64)
    if sigma_km == 0.0 or not len(moved):
        return moved
    # Chance is drawn for all rows, so that an unknown place changes no other row.
    if kind == "sphere":
        move, chance = _on_the_sphere, rng.random((len(moved), 2))
    else:
        move, chance = _in_the_square, rng.standard_normal((len(moved), 2))
    known = ~np.isnan(moved).any(axis=1)
    if known.all():
        return move(moved, sigma_km, chance)
    moved[known] = move(moved[known], sigma_km, chance[known])
    return moved


def _on_the_sphere(places, sigma_km, chance):
    kappa = (EARTH_RADIUS_KM / sigma_km) ** 2
    far, direction = chance.T
    # 1 minus the cosine, at most 2; digits are kept at both ends of kappa.
    fall = 2.0 * far
    if kappa > 1e-12:
        fall = -np.log1p(far * np.expm1(-2.0 * kappa)) / kappa
    angle = 2.0 * np.arcsin(np.sqrt(np.minimum(fall / 2.0, 1.0)))
    return destination(places, 360.0 * direction, EARTH_RADIUS_KM * angle)


def _in_the_square(places, sigma_km, chance):
    # Of a thousand turns nothing is left but where they end.
    sigma = min(sigma_km / _HALF_MERIDIAN_KM, 1e3)
    square = (places + [90.0, 180.0]) / [180.0, 360.0]
    square = (square + sigma * chance) % 1.0
    return square * [180.0, 360.0] - [90.0, 180.0]
