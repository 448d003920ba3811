# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""From roughly told places to exact ones: what is trained one after the other."""

from dataclasses import dataclass
from itertools import count
from numbers import Real

import numpy as np

__all__ = ["GRANULARITIES", "Level", "RankerState", "pick_state", "plan_levels"]

# How near is near, in km (Gomez et al., 2020).
GRANULARITIES = {
    "street": 1.0,
    "city": 25.0,
    "region": 200.0,
    "country": 750.0,
    "continent": 2500.0,
    "anywhere": np.inf,
}
# A schedule that never ends is cut here.
_MOST_LEVELS = 100


@dataclass(frozen=True)
class Level:
    """A part of the training, until it has converged.

    Parameters
    ----------
    sigma_km : float
        How roughly places are told. Infinity: not at all.

    silence : float
        Share of the places that are silenced.

    grows : bool
        Whether places are let in little by little.
    """

    sigma_km: float
    silence: float
    grows: bool = False


@dataclass
class RankerState:
    """What was learnt at a level.

    Parameters
    ----------
    sigma_km : float
        How roughly places were told: infinity if they were not told, 0 if exactly.

    n_iter : int
        Epochs until then.

    module : Module
        The network as it was.

    See Also
    --------
    LocSensRanker : Has one for each level, `states_`.

    Examples
    --------
    >>> from sklearn_geo.ranking import RankerState
    >>> state = RankerState(sigma_km=200.0, n_iter=4, module=None)
    >>> state.sigma_km
    200.0
    """

    sigma_km: float
    n_iter: int
    module: object

    def __repr__(self):
        return f"RankerState(sigma_km={self.sigma_km:g}, n_iter={self.n_iter})"


def plan_levels(mode, schedule, dropout):
    """Return the levels of a training.

    Parameters
    ----------
    mode : {"raw", "zeroed", "dropout", "sampling"}
        What `location_mode` says.

    schedule : sequence of float or callable
        What `sigma_km_schedule` says.

    dropout : float
        Share of places that are silenced where some are heard.

    Returns
    -------
    list of Level
        At least one.
    """
    if mode == "zeroed":
        return [Level(np.inf, 1.0)]
    if mode == "dropout":
        return [Level(np.inf, 1.0), Level(0.0, dropout, grows=True)]
    if mode == "raw":
        return [Level(0.0, dropout)]
    return [Level(sigma, dropout) for sigma in _sigmas(schedule)]


def _sigmas(schedule):
    if callable(schedule):
        found = []
        for level in count():
            sigma = schedule(level)
            if sigma is None:
                break
            found.append(sigma)
            if sigma == 0 or len(found) == _MOST_LEVELS:
                break
    else:
        found = list(schedule)
    good = [
        isinstance(sigma, Real) and not isinstance(sigma, bool) and sigma >= 0
        for sigma in found
    ]
    if not found or not all(good) or sorted(found, reverse=True) != found:
        raise ValueError(
            "sigma_km_schedule gives the standard deviations of a level after the "
            f"other, in km, from rough to exact, such as (2000, 200, 0); got {found}."
        )
    return [float(sigma) for sigma in found]


def pick_state(states, granularity):
    """Return the state that fits a granularity, and how far near is.

    Parameters
    ----------
    states : list of RankerState
        From rough to exact.

    granularity : str, float or None
        A name of :data:`GRANULARITIES`, or a distance in km. None is the last state.

    Returns
    -------
    int
        The state: that of the largest sigma of at most half the distance; the last one
        if there is none.
    """
    if granularity is None:
        return len(states) - 1
    if isinstance(granularity, str):
        if granularity not in GRANULARITIES:
            raise ValueError(
                f"granularity={granularity!r}: use one of "
                f"{', '.join(map(repr, GRANULARITIES))}, or a distance in km."
            )
        km = GRANULARITIES[granularity]
    elif (
        isinstance(granularity, Real)
        and not isinstance(granularity, (bool, np.timedelta64))
        and granularity > 0
    ):
        km = float(granularity)
    else:
        raise ValueError(
            "granularity must be a name or a distance in km above zero; got "
            f"{granularity!r}."
        )
    for number, state in enumerate(states):
        if state.sigma_km <= km / 2.0:
            return number
    return len(states) - 1
