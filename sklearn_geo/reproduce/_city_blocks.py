# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""The representations of the venues of a city, from check-ins alone."""

import numpy as np
from sklearn.frozen import FrozenEstimator

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.encoding import RandomFourierEncoder, S2OneHotEncoder
from sklearn_geo.geometry import EARTH_RADIUS_KM, s2_cell_ids
from sklearn_geo.neighbors import (
    GeoNeighborTagPropagator,
    GeoTagCorpus,
    HashTagEncoder,
)
from sklearn_geo.reproduce._surroundings import _LabelsAround, _OthersAround, reach_km
from sklearn_geo.reproduce._venue_blocks import PLACE, VenueSize, activity_block

__all__ = ["CITY_NARROW", "city_blocks"]

_ROW = ["venue", *PLACE]
#: Blocks of a dozen columns: wide sub-networks of them learn noise. On block folds of
#: an invented city (2,500 venues), Ours + B was 0.015 above B with narrow ones, and
#: 0.001 with wide ones.
CITY_NARROW = ("utm", "hashtag", "tagfeature", "quarter", "tag", "onehot", "labels")
# How many venues around are looked at: those next door, of the street, of the quarter.
_DOORS, _STREET, _QUARTER = 8, 40, 200
# A cell of the one-hot holds about so many venues.
_VENUES_A_CELL = 20


def city_blocks(data, *, size=None, random_state=0, progress=None):
    """Make the representations of Table 5 where there are check-ins and no photos.

    Parameters
    ----------
    data : VenueData
        The venues. Its corpus is of venues, tagged by when people check in there.

    size : VenueSize, default=None
        Settings of the students' networks.

    random_state : int, default=0
        Decides their first weights.

    progress : callable, default=None
        Called with what is trained.

    Returns
    -------
    dict of str to (transformer, list of str)
        The blocks "app", "utm", "hashtag", "density", "tagfeature", "quarter",
        "onehot", "tag" and "labels". Only the last sees labels: those of training
        venues, each venue's own left out.

    See Also
    --------
    venue_blocks : Takes these or those over photos, as data allow.

    Notes
    -----
    A city has one UTM zone, and ten kilometres are all of it. So the one-hot is of
    small S2 cells, and distances are those to the nearest 8, 40 and 200 venues.

    Examples
    --------
    >>> from sklearn_geo.reproduce import city_blocks, read_venues
    >>> data = read_venues("foursquare", city="NYC")  # doctest: +SKIP
    >>> sorted(city_blocks(data))[:3]  # doctest: +SKIP
    ['app', 'density', 'hashtag']
    """
    size = VenueSize() if size is None else size
    corpus = data.tags
    reach = {n: reach_km(corpus.places, n) for n in (_DOORS, _STREET, _QUARTER)}
    around = {
        "corpus": corpus,
        "exclude_same_group": True,
        "sparse_output": False,
    }
    radii = np.array([0.5, 1.0, 2.0]) * reach[_DOORS], reach[_STREET], reach[_QUARTER]
    radii = np.unique(np.hstack(radii)).tolist()
    presence = GeoTagCorpus(
        corpus.places,
        np.ones((corpus.n_photos, 1)),
        groups=corpus.groups,
        tag_names=["venue"],
    )
    blocks = {
        "app": activity_block(data),
        "utm": (
            S2OneHotEncoder(level=_cell_level(corpus.places), sparse_output=False),
            PLACE,
        ),
        "hashtag": (
            _OthersAround(HashTagEncoder(radii, norm=None, **around), log=True),
            _ROW,
        ),
        "density": (
            _OthersAround(
                HashTagEncoder(radii, norm=None, **{**around, "corpus": presence}),
                log=True,
            ),
            _ROW,
        ),
        "labels": (
            _LabelsAround(
                (_DOORS, _STREET), radius_km=reach[_STREET], random_state=random_state
            ),
            PLACE,
        ),
    }
    for name, n_neighbors in (("tagfeature", _STREET), ("quarter", _QUARTER)):
        encoder = GeoNeighborTagPropagator(
            n_neighbors, sigma_km=reach[n_neighbors] / 2.0, **around
        )
        blocks[name] = _OthersAround(encoder), _ROW
    for name, scale in (("tag", _STREET), ("onehot", None)):
        if progress is not None:
            progress("GPS2Vec, the student of check-ins" + "_onehot" * (scale is None))
        blocks[name] = _student(data, reach, scale, size, random_state), PLACE
    return blocks


def _student(data, reach, scale, size, random_state):
    """Train a network of the city to tell the times of check-ins around."""
    if scale is None:
        level = _cell_level(data.tags.places)
        encoding = S2OneHotEncoder(level=level, sparse_output=False)
    else:
        # Sigmas are of the unit sphere: features that turn over within a street's or
        # a quarter's reach.
        sigmas = [EARTH_RADIUS_KM / reach[_QUARTER] / 2, EARTH_RADIUS_KM / reach[scale]]
        encoding = RandomFourierEncoder(128, sigmas=sigmas, random_state=random_state)
    teacher = GeoNeighborTagPropagator(_STREET, sigma_km=reach[_STREET] / 2.0)
    student = GPS2VecPlusTransformer(
        contexts={"tag": data.tags.n_tags},
        target_propagator=teacher,
        corpus=data.tags,
        regions=None,
        encoding=encoding,
        hidden=size.student_hidden,
        batch_size=size.student_batch_size,
        max_iter=size.student_max_iter,
        learning_rate_init=size.student_learning_rate_init,
        random_state=random_state,
    )
    return FrozenEstimator(student.fit(data.frame[PLACE]))


def _cell_level(places):
    """Return the coarsest S2 level whose cells hold few venues in the mean."""
    for level in range(8, 20):
        if len(np.unique(s2_cell_ids(places, level))) >= len(places) / _VENUES_A_CELL:
            return level
    return 20
