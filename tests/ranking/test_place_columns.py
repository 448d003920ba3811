# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from sklearn_geo.ranking import (
    KernelTagger,
    LocSensRanker,
    PlaceFrequencyTagger,
    ProductTagger,
    RadiusFilter,
)

geopandas = pytest.importorskip("geopandas")

RNG = np.random.default_rng(0)
PLACES = RNG.uniform(-60.0, 60.0, (40, 2))
TAGS = (RNG.random((40, 3)) < 0.5).astype(int)
TAGS[:3] = np.eye(3)
TAGS[TAGS.sum(axis=1) == 0, 0] = 1
PICTURE = OneVsRestClassifier(LogisticRegression())
MODELS = [
    KernelTagger(100.0),
    LocSensRanker(n_components=4, max_iter=1, random_state=0, device="cpu"),
    PlaceFrequencyTagger(4),
    ProductTagger(PICTURE, KernelTagger(100.0)),
    RadiusFilter(PICTURE),
]


def points():
    looks = pd.DataFrame(RNG.uniform(-60.0, 60.0, (40, 3)), columns=["a", "b", "c"])
    where = geopandas.points_from_xy(PLACES[:, 1], PLACES[:, 0], crs="EPSG:4326")
    return geopandas.GeoDataFrame(looks, geometry=where)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: type(model).__name__)
def test_columns_are_not_counted_beside_points(model):
    X = points()
    for location in ((0, 2), (1, 0), [2, 3]):
        with pytest.raises(ValueError, match="columns are not counted where X is a"):
            model.set_params(location=location).fit(X, TAGS)
    for location in ((0, 1), "auto"):
        model.set_params(location=location).fit(X, TAGS)


def test_names_of_regions_need_no_location():
    X = points().assign(land=["a", "b"] * 20)
    for regions, backoff in (("land", True), (["land", 4], False)):
        tagger = PlaceFrequencyTagger(regions, backoff=backoff, location=(2, 3))
        proba = tagger.fit(X, TAGS).set_params(regions=4).predict_proba(X)
        assert len(np.unique(proba, axis=0)) == 2
    tagger = PlaceFrequencyTagger(["land", 4], location=(2, 3))
    with pytest.raises(ValueError, match="columns are not counted"):
        tagger.fit(X, TAGS)
