# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos for a tag and a place: what is found is what scores highest."""

import numpy as np
import pytest
import sklearn
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.exceptions import NotFittedError

from sklearn_geo.geometry import haversine_to_point
from sklearn_geo.ranking import LocSensRanker
from tests.ranking.rankers import WORDS, photos_with_tags, small

X, TAGS = photos_with_tags()
GALLERY, _ = photos_with_tags(40, seed=5)
GALLERY[7] = GALLERY[3]  # a photo that is there twice
HERE, THERE = np.array([9.9, -84.1]), np.array([55.9, -3.2])


@pytest.fixture(scope="module", params=["multilinear", "trunk"])
def ranker(request):
    model = small(scorer=request.param, tag_names=WORDS, allow_missing=True)
    return model.fit(X, TAGS).index(GALLERY)


@pytest.fixture(scope="module")
def levels():
    model = small(
        location_mode="sampling",
        sigma_km_schedule=(20_000, 1_000, 100, 0),
        learning_rate_init=0.02,
        place_prior=False,
    )
    return model.fit(X, TAGS).index(GALLERY)


def scores_by_hand(model, tag, place, gallery=GALLERY):
    """Score photos as if they had been taken at the place that is asked for."""
    rows = gallery.copy()
    rows[:, :2] = np.nan if place is None else place
    return model.decision_function(rows)[:, tag]


@pytest.mark.parametrize("place", [None, HERE, THERE, [0.0, 180.0], [90.0, 5.0]])
def test_photos_are_scored_at_the_place_that_is_asked_for(ranker, place):
    for tag in (0, 3):
        found, scores = ranker.retrieve(tag, place, k=40, return_scores=True)
        assert found.dtype == np.int64
        assert sorted(found) == list(range(40))
        assert (np.diff(scores) <= 0).all()
        wanted = scores_by_hand(ranker, tag, place)
        # What is the same for all photos, such as a prior, may be missing.
        assert_allclose(scores - scores[0], wanted[found] - wanted[found[0]], atol=2e-5)
        assert list(found).index(7) == list(found).index(3) + 1
        assert_array_equal(ranker.retrieve(WORDS[tag], place, 40), found)
        assert_array_equal(ranker.retrieve(tag, place, 6), found[:6])


def test_batches_are_queries_one_by_one(ranker):
    tags = ["road", "sea", "sky"]
    places = np.array([HERE, THERE, [np.nan, np.nan]])
    exclude = np.array([[3, 5], [-1, -1], [0, 1]])
    for radius in (None, 30.0):
        some = places[:2] if radius else places
        for k in (3, 50):
            found, scores = ranker.retrieve(
                tags[: len(some)],
                some,
                k,
                within_km=radius,
                exclude=exclude[: len(some)],
                return_scores=True,
            )
            assert found.shape == scores.shape == (len(some), k)
            for query in range(len(some)):
                one, best = ranker.retrieve(
                    tags[query],
                    some[query],
                    k,
                    within_km=radius,
                    exclude=exclude[query],
                    return_scores=True,
                )
                assert_array_equal(found[query], one)
                assert_allclose(scores[query], best, atol=1e-5)
                assert not set(one) & set(exclude[query]) - {-1}
    one_tag = ranker.retrieve("sky", places, 4)
    one_place = ranker.retrieve(tags, HERE, 4)
    for query in range(3):
        assert_array_equal(one_tag[query], ranker.retrieve("sky", places[query], 4))
        assert_array_equal(one_place[query], ranker.retrieve(tags[query], HERE, 4))
    assert ranker.retrieve(["sky"], HERE, 4).shape == (1, 4)


@pytest.mark.parametrize("km", [0.0, 20.0, 60.0, 9_000.0, 21_000.0])
def test_within_a_radius(ranker, km):
    for place in (HERE, GALLERY[0, :2]):
        near = np.flatnonzero(haversine_to_point(GALLERY[:, :2], place) <= km)
        found, scores = ranker.retrieve(2, place, 50, within_km=km, return_scores=True)
        every = ranker.retrieve(2, place, 40)
        expected = [photo for photo in every if photo in near]
        assert found[: len(near)].tolist() == expected
        assert (found[len(near) :] == -1).all()
        assert np.isneginf(scores[len(near) :]).all()


def test_a_radius_without_an_end_is_none(ranker):
    everything = ranker.retrieve(2, HERE, 50)
    assert_array_equal(ranker.retrieve(2, HERE, 50, within_km=np.inf), everything)
    found = ranker.retrieve(2, None, 5, within_km=np.inf)
    assert_array_equal(found, ranker.retrieve(2, None, 5))
    for km in (-1.0, np.nan, "far", True):
        with pytest.raises(ValueError, match="within_km is a distance"):
            ranker.retrieve(2, HERE, within_km=km)
    with pytest.raises(ValueError, match=r"within_km=25 needs a place, but query 1"):
        ranker.retrieve(2, [HERE, [np.nan, np.nan]], within_km=25)


def test_photos_without_a_place_are_in_the_gallery_but_near_nothing(ranker):
    holes = GALLERY.copy()
    holes[::2, :2] = np.nan
    before = ranker.retrieve(1, HERE, 40)
    ranker.index(holes)
    # The score is that of the place that is asked for, not of where photos were taken.
    assert_array_equal(ranker.retrieve(1, HERE, 40), before)
    near = ranker.retrieve(1, HERE, 40, within_km=9_000)
    assert (near[near >= 0] % 2 == 1).all()
    assert (near >= 0).sum() == 20
    ranker.index(GALLERY)


def test_vectors_of_tags(ranker):
    vectors = ranker.tag_vectors_
    for place in (None, HERE):
        for tag in (0, 3):
            found = ranker.retrieve(tag, place, 9)
            other = ranker.retrieve(tag_vector=vectors[tag], place=place, k=9)
            assert_array_equal(other, found)
    found = ranker.retrieve(tag_vector=vectors[:2], place=[HERE, THERE], k=3)
    assert found.shape == (2, 3)
    assert_array_equal(found[1], ranker.retrieve(1, THERE, 3))
    assert ranker.retrieve(tag_vector=vectors[:1], k=3).shape == (1, 3)
    with pytest.raises(ValueError, match="tag_vector has 3 columns, but the tags"):
        ranker.retrieve(tag_vector=np.ones(3))
    with pytest.raises(ValueError, match="one of the two"):
        ranker.retrieve(0, tag_vector=vectors[0])
    with pytest.raises(ValueError, match="one of the two"):
        ranker.retrieve(place=HERE)


def test_other_galleries(ranker):
    expected = ranker.retrieve(0, HERE, 5)
    alone = ranker.index(GALLERY[:1]).retrieve(0, HERE, 3)
    assert alone.tolist() == [0, -1, -1]
    assert ranker.retrieve(0, HERE, 1, exclude=0).tolist() == [-1]
    with pytest.raises(ValueError, match="The gallery is empty"):
        ranker.index(GALLERY[:0])
    with pytest.raises(ValueError, match="features"):
        ranker.index(GALLERY[:, :4])
    assert_array_equal(ranker.index(GALLERY).retrieve(0, HERE, 5), expected)


def test_nothing_to_look_through():
    model = small().fit(X, TAGS)
    with pytest.raises(ValueError, match=r"call index\(X\) with the gallery first"):
        model.retrieve(0)
    for method, asked in (("index", X), ("retrieve", 0)):
        with pytest.raises(NotFittedError):
            getattr(LocSensRanker(), method)(asked)
    for tag in (1.0, b"sea"):
        with pytest.raises(ValueError, match=f"by its name or its number; got {tag!r}"):
            model.index(X).retrieve(tag)
    with pytest.raises(ValueError, match="The gallery is empty: X has no rows"):
        model.index(X[:0])
    with pytest.raises(ValueError, match="k must be a whole number"):
        model.index(X).retrieve(0, k=0)
    # Another fit knows nothing of the gallery, whose vectors are old.
    with pytest.raises(ValueError, match="call index"):
        model.fit(X, TAGS).retrieve(0)


def test_vectors_are_those_of_the_last_fit():
    model = small(random_state=0).fit(X, TAGS).index(GALLERY)
    model.retrieve(0, HERE)
    model.set_params(random_state=7).fit(X, TAGS).index(GALLERY)
    fresh = small(random_state=7).fit(X, TAGS).index(GALLERY)
    assert_array_equal(model.retrieve(0, HERE, 40), fresh.retrieve(0, HERE, 40))


def test_shortlists_that_are_long_enough_change_nothing():
    model = small(scorer="trunk", shortlist=4).fit(X, TAGS).index(GALLERY)
    exact = model.set_params(shortlist=None).retrieve([0, 1], HERE, 6)
    near = model.retrieve([0, 1], HERE, 6, within_km=100, exclude=[3, 4])
    for n_listed in (40, 1_000):
        model.set_params(shortlist=n_listed)
        assert_array_equal(model.retrieve([0, 1], HERE, 6), exact)
        found = model.retrieve([0, 1], HERE, 6, within_km=100, exclude=[3, 4])
        assert_array_equal(found, near)
    # A short one has what the quick scorer finds best, in the order of the trunk.
    model.set_params(shortlist=4)
    found, scores = model.retrieve(0, HERE, 3, return_scores=True)
    every = scores_by_hand(model, 0, HERE)
    assert_allclose(scores, every[found], atol=1e-6)
    assert (np.diff(scores) <= 0).all()
    listed = model.retrieve(0, HERE, 4)
    assert set(found) <= set(listed)
    # So within a distance, where there are more.
    inside = model.retrieve(0, HERE, 40, within_km=100)
    inside = inside[inside >= 0]
    assert len(inside) > 4
    near, scores = model.retrieve(0, HERE, 3, within_km=100, return_scores=True)
    assert set(near) <= set(inside)
    assert_allclose(scores, every[near], atol=1e-6)
    assert (np.diff(scores) <= 0).all()
    # So many that are asked for are listed at least.
    assert (model.retrieve(0, HERE, 40) >= 0).all()
    vector = model.tag_vectors_[0]
    model.retrieve(tag_vector=vector, place=HERE, k=3)


# Granularities ------------------------------------------------------------------------


def test_granularity_picks_the_state(levels):
    by_name = {
        "street": 3,
        "city": 3,
        "region": 2,
        "country": 2,
        "continent": 1,
        "anywhere": 0,
        None: 3,
        200.0: 2,
        199.0: 3,
        2_000: 1,
        1_999: 2,
        40_000: 0,
    }
    assert [state.sigma_km for state in levels.states_] == [20_000, 1_000, 100, 0]
    for granularity, number in by_name.items():
        alone = small(location_mode="sampling", sigma_km_schedule=(0,))
        alone.fit(X, TAGS)
        alone.states_ = [levels.states_[number]]
        alone._encoder, alone._scaling = levels._encoder, levels._scaling
        alone._prior, alone._scorers = None, {}
        expected = alone.decision_function(X)
        found = levels.decision_function(X, granularity=granularity)
        assert_array_equal(found, expected)
        assert_array_equal(
            levels.predict_topk(X, 3, granularity=granularity),
            np.argsort(-expected, axis=1, kind="stable")[:, :3],
        )
        assert_array_equal(
            levels.retrieve(0, HERE, 9, granularity=granularity),
            alone.index(GALLERY).retrieve(0, HERE, 9),
        )
        assert_array_equal(
            levels.location_share(X, [0], granularity=granularity),
            alone.location_share(X, [0]),
        )


def test_anywhere_silences_nothing_by_itself(levels):
    share = levels.location_share(X, range(5), granularity="anywhere")
    assert np.abs(share).max() > 1e-4
    one_state = small().fit(X, TAGS)
    assert_array_equal(
        one_state.decision_function(X, granularity="anywhere"),
        one_state.decision_function(X),
    )


def test_dropout_has_a_state_without_places():
    model = small(location_mode="dropout").fit(X, TAGS).index(GALLERY)
    assert [state.sigma_km for state in model.states_] == [np.inf, 0.0]
    share = model.location_share(X, range(5), granularity="anywhere")
    assert_array_equal(share, np.zeros((60, 5)))
    assert np.abs(model.location_share(X, range(5))).max() > 0
    assert_array_equal(
        model.retrieve(0, HERE, 9, granularity="anywhere"),
        model.retrieve(0, None, 9, granularity="anywhere"),
    )


@pytest.mark.parametrize("granularity", ["town", 0.0, -1, np.nan, True, [25]])
def test_words_about_other_granularities(levels, granularity):
    for ask in (levels.decision_function, levels.predict_topk):
        with pytest.raises(ValueError, match="granularity"):
            ask(X, granularity=granularity)
    with pytest.raises(ValueError, match="granularity"):
        levels.retrieve(0, HERE, granularity=granularity)


def test_queries_in_chunks_are_queries_one_by_one():
    model = small(n_components=4).fit(X, TAGS)
    rng = np.random.default_rng(0)
    model.index(rng.normal(size=(900, 6)))
    tags, places = rng.integers(5, size=1_000), rng.normal(size=(1_000, 2))
    with sklearn.config_context(working_memory=0.2):  # some 20 queries at a time
        found = model.retrieve(tags, places, 5)
    for query in (0, 234, 999):
        one = model.retrieve(tags[query], places[query], 5)
        assert_array_equal(found[query], one)
