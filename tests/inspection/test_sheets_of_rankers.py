# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from sklearn_geo.inspection import RetrievalSheetDisplay, TaggingSheetDisplay
from sklearn_geo.ranking import KernelTagger, LocSensRanker

RNG = np.random.default_rng(0)
CITIES = {"London": (51.5, -0.1), "Sydney": (-33.9, 151.2)}
PLACES = np.array(list(CITIES.values()))[np.arange(60) % 2] + RNG.normal(size=(60, 2))
LOOKS = RNG.normal(size=(60, 4))
TAGS = (RNG.random((60, 5)) < 0.4).astype(int)
# The last two tags are on the photos of one city each.
TAGS[:, 3], TAGS[:, 4] = np.arange(60) % 2 == 0, np.arange(60) % 2
NAMES = ["sea", "hill", "road", "thames", "opera"]


@pytest.fixture(scope="module")
def ranker():
    ranker = LocSensRanker(
        n_components=8,
        tag_names=NAMES,
        allow_missing=True,
        max_iter=2,
        early_stopping=False,
        random_state=0,
    )
    X = np.hstack([PLACES, LOOKS])
    ranker.fit(X, TAGS)
    ranker.index(X)
    return ranker


def test_tags_of_a_photo_here_and_there(ranker):
    asked = {**CITIES, "anywhere": None}
    display = TaggingSheetDisplay.from_ranker(ranker, LOOKS[7], asked, k=6)
    X = np.hstack([[*CITIES.values(), (np.nan, np.nan)], np.tile(LOOKS[7], (3, 1))])
    tags, scores = ranker.predict_topk(X, k=6, return_scores=True)
    assert_array_equal(display.tags, tags)
    assert_allclose(display.scores, scores, rtol=1e-5)
    # There are five tags.
    assert (display.tags[:, 5] == -1).all()
    assert display.tag_names == NAMES
    assert {text.get_text() for text in display.texts_[0][:5]} == set(NAMES)
    city = TaggingSheetDisplay.from_ranker(
        ranker, np.hstack([[0.0, 0.0], LOOKS[7]]), CITIES, k=2, granularity="city"
    )
    expected = ranker.predict_topk(X[:2], k=2, granularity="city")
    assert_array_equal(city.tags, expected)


def test_photos_of_a_tag_here_and_there(ranker):
    display = RetrievalSheetDisplay.from_ranker(
        ranker,
        "opera",
        {**CITIES, "anywhere": None},
        k=4,
        gallery_places=PLACES,
        gallery_tags=TAGS,
    )
    for at, place in enumerate([*CITIES.values(), None]):
        photos, scores = ranker.retrieve("opera", place, k=4, return_scores=True)
        assert_array_equal(display.ranked[at], photos)
        assert_allclose(display.scores[at], scores, rtol=1e-5)
    assert_array_equal(display.right, TAGS[display.ranked, 4] == 1)
    near = RetrievalSheetDisplay.from_ranker(
        ranker, 4, CITIES, k=40, within_km=1000.0, gallery_places=PLACES
    )
    # Thirty photos were taken in each city.
    assert (near.ranked >= 0).sum(axis=1).tolist() == [30, 30]
    assert np.nanmax(near.distances_km) < 1000


def test_a_prior_reads_the_place_alone():
    tagger = KernelTagger(bandwidth_km=200, tag_names=NAMES).fit(PLACES, TAGS)
    display = TaggingSheetDisplay.from_ranker(tagger, PLACES[0], CITIES, k=1)
    # Every photo of a city has its tag.
    assert [row[0].get_text() for row in display.texts_] == ["thames", "opera"]
    assert display.features is None
