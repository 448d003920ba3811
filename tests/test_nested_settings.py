# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Estimators in estimators are asked for their parameters as if they were alone."""

import numpy as np
import pytest
from sklearn.utils._param_validation import InvalidParameterError

from sklearn_geo.context import GPS2VecPlusTransformer
from sklearn_geo.encoding import (
    GridOneHotEncoder,
    S2OneHotEncoder,
    SoftGridEncoder,
    Sphere2VecEncoder,
)
from sklearn_geo.geolocation import (
    AlbumGeolocator,
    HierarchicalCellClassifier,
    SceneNetworks,
    SelectiveGeolocator,
    TimeAdjustedGeolocator,
    UserAveragingGeolocator,
)
from sklearn_geo.neighbors import GeoNeighborTagPropagator
from sklearn_geo.partition import CellHierarchy, KMeansPartition, S2Partition
from sklearn_geo.ranking import (
    HashtagEmbedding,
    KernelTagger,
    LocSensRanker,
    PlaceFrequencyTagger,
    ProductTagger,
    RadiusFilter,
)

RNG = np.random.default_rng(0)
PLACES = RNG.uniform(-60, 60, (80, 2))
X = RNG.normal(size=(80, 4))
BOTH = np.hstack([PLACES, X])
TAGS = (RNG.random((80, 5)) < 0.4).astype(int)
TAGS[:, 0] = 1
SMALL = {"max_iter": 1, "random_state": 0, "device": "cpu"}
TIMES = np.datetime64("2014-01-01", "s") + np.arange(80) * 3_600
USERS = np.arange(80) % 20
BAD_CELLS = S2Partition(20, 1, representative="nobody")


def bad():
    """A classifier that nobody can fit."""
    return HierarchicalCellClassifier(S2Partition(20, 1), point="nowhere", **SMALL)


def zones(**params):
    return GPS2VecPlusTransformer(min_samples=2, **params, **SMALL)


def propagator():
    return GeoNeighborTagPropagator(n_neighbors=3, sigma_km=-3.0)


INSIDE = {
    "cells of a classifier": (
        "representative",
        lambda: HierarchicalCellClassifier(BAD_CELLS, **SMALL).fit(X, PLACES),
    ),
    "centres of a classifier": (
        "n_init",
        lambda: HierarchicalCellClassifier(KMeansPartition(5, n_init=-3), **SMALL).fit(
            X, PLACES
        ),
    ),
    "levels": ("representative", lambda: CellHierarchy([BAD_CELLS]).fit(PLACES)),
    "cells of an encoder": (
        "representative",
        lambda: S2OneHotEncoder(partition=BAD_CELLS).fit(PLACES),
    ),
    "regions of an encoder": (
        "representative",
        lambda: SoftGridEncoder(2, 2, 200, regions=BAD_CELLS).fit(PLACES),
    ),
    "cells of zones": (
        "representative",
        lambda: zones(regions=BAD_CELLS).fit(PLACES, TAGS),
    ),
    "encoding of zones": (
        "variant",
        lambda: zones(encoding=Sphere2VecEncoder(variant="none")).fit(PLACES, TAGS),
    ),
    "neighbours of zones": (
        "sigma_km",
        lambda: zones(target_propagator=propagator(), contexts={"tag": 5}).fit(
            PLACES, TAGS
        ),
    ),
    "averages of users": (
        "point",
        lambda: UserAveragingGeolocator(bad()).fit(X, PLACES, groups=USERS),
    ),
    "times": (
        "point",
        lambda: TimeAdjustedGeolocator(
            bad(), time_zone="UTC", metadata=(), cv=2, **SMALL
        ).fit(X, PLACES, times=TIMES),
    ),
    "albums": (
        "point",
        lambda: AlbumGeolocator(bad(), cv=2, **SMALL).fit(
            X, PLACES, times=TIMES, groups=USERS
        ),
    ),
    "what is selected": (
        "point",
        lambda: SelectiveGeolocator(bad(), coverage=0.5).fit(X, PLACES),
    ),
    "scenes": (
        "point",
        lambda: SceneNetworks(bad()).fit(X, PLACES, scenes=USERS % 2),
    ),
    "location of a ranker": (
        "cell_km",
        lambda: LocSensRanker(location_encoder=GridOneHotEncoder(-5), **SMALL).fit(
            BOTH, TAGS
        ),
    ),
    "embedding of a ranker": (
        "weight_decay",
        lambda: LocSensRanker(
            embedding=HashtagEmbedding(weight_decay=-1.0, **SMALL), **SMALL
        ).fit(BOTH, TAGS),
    ),
    "photos of a product": (
        "weight_decay",
        lambda: ProductTagger(
            HashtagEmbedding(weight_decay=-1.0, **SMALL), KernelTagger(100.0)
        ).fit(BOTH, TAGS),
    ),
    "photos within": (
        "weight_decay",
        lambda: RadiusFilter(HashtagEmbedding(weight_decay=-1.0, **SMALL), 100.0).fit(
            BOTH, TAGS
        ),
    ),
    "regions of a tagger": (
        "representative",
        lambda: PlaceFrequencyTagger(regions=[BAD_CELLS]).fit(PLACES, TAGS),
    ),
}


@pytest.mark.parametrize("where", INSIDE)
def test_what_is_inside_is_validated(where):
    name, fit = INSIDE[where]
    with pytest.raises(InvalidParameterError, match=f"'{name}' parameter of"):
        fit()
