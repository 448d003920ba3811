# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Invented names of towns that tell where the town is, as real ones do."""

from numbers import Integral, Real

import numpy as np
from sklearn.utils import Bunch
from sklearn.utils._param_validation import Interval, validate_params

from sklearn_geo._numbers import reject_spans
from sklearn_geo.datasets._draw import draw_ranks, named_streams
from sklearn_geo.datasets._names import _sounds, invent_names
from sklearn_geo.datasets._world import make_world

_STREAMS = ("places", "names", "endings")
_N_SPOTS = 2000
# Villages lie around the hot spots of the world, so far from them on average.
_SPREAD_KM = 70.0
_N_ENDINGS = 3
_DESCR = """SYNTHETIC towns and names: no real town or name is among them
{n_towns} towns of an invented world with {n_languages} languages. Names are made of the
syllables of the country's language; a share of {dialect:g} ends in one of three endings
of the region around the town.
"""


@validate_params(
    {
        "n_towns": [Interval(Integral, 1, None, closed="left")],
        "n_languages": [Interval(Integral, 1, 40, closed="both")],
        "dialect": [Interval(Real, 0, 1, closed="both")],
        "world_seed": [Interval(Integral, 0, None, closed="left")],
        "random_state": ["random_state"],
        "return_X_y": ["boolean"],
    },
    prefer_skip_nested_validation=True,
)
def make_town_names(
    n_towns=10_000,
    *,
    n_languages=16,
    dialect=0.6,
    return_X_y=False,
    world_seed=0,
    random_state=None,
):
    """Make synthetic towns whose names tell something about where they are.

    A stand-in for a gazetteer, to try geolocation on texts with: which language a name
    sounds like says the country or a few, and its ending often says the region.

    Parameters
    ----------
    n_towns : int, default=10000
        Number of towns.

    n_languages : int, default=16
        Number of languages, at most 40, which is the number of countries. A language is
        spoken in neighbouring countries.

    dialect : float, default=0.6
        Share of names with one of the three endings of their region, one of 240.

    return_X_y : bool, default=False
        Return only names and places.

    world_seed : int, default=0
        Names the invented world: its towns, countries and languages.

    random_state : int, RandomState instance or None, default=None
        Seed of the places and names.

    Returns
    -------
    towns : Bunch
        Dictionary-like object with the attributes below.

        data : ndarray of str of shape (n_towns,)
            Names, in lower case.
        target : ndarray of shape (n_towns, 2)
            Places: latitude and longitude in degrees.
        country, language, region : ndarray of int of shape (n_towns,)
            What the name depends on.
        DESCR : str
            Description of the data set.

    (data, target) : tuple if `return_X_y` is True
        Names and places.

    See Also
    --------
    make_geotagged_photos : Photos of the same world.

    Examples
    --------
    >>> from sklearn_geo.datasets import make_town_names
    >>> towns = make_town_names(500, random_state=0)
    >>> towns.data.shape, towns.target.shape
    ((500,), (500, 2))
    >>> print(towns.DESCR.splitlines()[0])
    SYNTHETIC towns and names: no real town or name is among them
    """
    reject_spans(locals())
    n_towns = int(n_towns)  # True is one
    world = make_world(int(world_seed), _N_SPOTS, int(n_languages))
    rng = named_streams(random_state, _STREAMS)
    # A root of the sizes: a gazetteer has many villages and few cities.
    spot = draw_ranks(n_towns, np.sqrt(world.sizes), rng["places"])
    km = rng["places"].exponential(_SPREAD_KM, n_towns)
    places = world.scatter(spot, km, rng["places"])
    country = world.nearest("countries", places)[0]
    region = world.nearest("regions", places)[0]
    language = world.country_language[country]
    names = invent_names(language, rng["names"])
    endings = _endings(world)
    which = rng["endings"].integers(_N_ENDINGS, size=n_towns)
    local = rng["endings"].random(n_towns) < dialect
    names = np.where(local, np.char.add(names, endings[region, which]), names)
    if return_X_y:
        return names, places
    return Bunch(
        data=names,
        target=places,
        country=country,
        language=language,
        region=region,
        DESCR=_DESCR.format(n_towns=n_towns, n_languages=n_languages, dialect=dialect),
    )


def _endings(world):
    """Return the endings of each region, in sounds of its country's language."""
    language = world.country_language[world.nearest("countries", world.regions)[0]]
    endings = []
    for region, one in enumerate(language):
        rng = np.random.default_rng([world.seed, 6, region])
        parts = _sounds(int(one))[:3]
        endings.append(
            [
                "".join(part[rng.integers(len(part))] for part in parts)
                for _ in range(_N_ENDINGS)
            ]
        )
    return np.array(endings)
