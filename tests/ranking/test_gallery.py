# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Photos that are looked for: against loops, on a globe with poles and a seam."""

import tracemalloc

import numpy as np
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from scipy import sparse

from sklearn_geo.geometry import haversine_to_point
from sklearn_geo.ranking._gallery import Gallery, Prepared, read_queries, search
from sklearn_geo.ranking._vocabulary import Vocabulary

rng = np.random.default_rng(0)
WORDS = Vocabulary(4, ["road", "sea", "sky", "carretera"])
SPOTS = np.array([[90.0, 0.0], [-90.0, 30.0], [10.0, 179.9], [10.0, -179.9], [0, 0]])


class Photos:
    """Photos whose vectors are counted, as often as they are made."""

    def __init__(self, n_photos):
        self.n_photos, self.made = n_photos, 0

    def __len__(self):
        return self.n_photos


class Scorer:
    """Makes vectors that tell which scorer made them."""

    def __init__(self, number):
        self.number = number

    def photo_vectors(self, photos):
        photos.made += 1
        return np.full((len(photos), 1), self.number, dtype=np.float32)


def gallery_of(places):
    return Gallery(Photos(len(places)), np.asarray(places, dtype=float))


def ask(tag=0, place=None, exclude=None, n_photos=10, **options):
    return read_queries(WORDS, tag, place, exclude, n_photos, **options)


# Queries ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "place", "tags", "n_places", "is_one"),
    [
        ("sea", None, [1], 1, True),
        (1, [1.0, 2.0], [1], 1, True),
        (np.int32(1), np.array([1.0, 2.0]), [1], 1, True),
        (np.str_("sea"), (1.0, 2.0), [1], 1, True),
        (["sea"], [1.0, 2.0], [1], 1, False),
        ("sea", [[1.0, 2.0]], [1], 1, False),
        (["sea", 0, "road"], [1.0, 2.0], [1, 0, 0], 3, False),
        (np.array(["sea", "sky"]), None, [1, 2], 2, False),
        ("sea", [[1.0, 2.0], [3.0, 4.0]], [1, 1], 2, False),
        ([0, 1], [[1.0, 2.0], [np.nan, np.nan]], [0, 1], 2, False),
    ],
)
def test_one_query_or_a_batch(tag, place, tags, n_places, is_one):
    queries = ask(tag, place)
    assert queries.tags.tolist() == tags
    assert queries.places.shape == (n_places, 2)
    assert queries.is_one is is_one
    assert queries.vectors is None
    if place is None:
        assert np.isnan(queries.places).all()
    else:
        wanted = np.broadcast_to(np.asarray(place, dtype=float), (n_places, 2))
        assert_array_equal(queries.places, wanted)


def test_vectors_instead_of_tags():
    vectors = np.ones((1, 3), dtype=np.float32)
    queries = ask(None, [[1, 2], [3, 4]], vectors=vectors, one_vector=True)
    assert queries.tags is None
    assert queries.vectors.shape == (2, 3)
    assert not queries.is_one
    assert ask(None, vectors=vectors, one_vector=True).is_one
    assert not ask(None, vectors=vectors).is_one
    for tag, given_vectors in ((0, vectors), (None, None)):
        with pytest.raises(ValueError, match="one of the two"):
            ask(tag, vectors=given_vectors)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"tag": "sae"}, r"Nobody was taught the tag 'sae'.*Did you mean 'sea'"),
        ({"tag": ["sea", "rood"]}, "Did you mean 'road'"),
        ({"tag": 4}, "There is no tag 4, only 0 to 3"),
        ({"tag": True}, "by its name or its number"),
        ({"tag": []}, "there is nothing to look for"),
        ({"place": [100.0, 0.0]}, "place, row 0: latitude 100"),
        ({"place": [np.nan, 0.0]}, "place, row 0: the latitude is NaN"),
        ({"place": [[0, 0], [0, 0], [0, 0]], "tag": [0, 1]}, "2 tags and 3 places"),
        ({"place": np.zeros((0, 2))}, "place is empty"),
        ({"place": sparse.coo_array(np.ones(2))}, "place is a sparse array of shape"),
        ({"place": [1.0, 2.0, 3.0]}, "place"),
        ({"place": np.array([1.0, 2.0], dtype=complex)}, "Complex data not supported"),
        ({"exclude": 10}, "exclude names photo 10, but the gallery has 10 photos"),
        ({"exclude": [3, -2]}, "exclude names photo -2"),
        ({"exclude": [0.5]}, "whole numbers"),
        ({"exclude": "all"}, "whole numbers"),
        ({"exclude": [True]}, "whole numbers"),
        ({"tag": [0, 1], "exclude": [[1, 2], [3]]}, "as many for each"),
        ({"tag": [0, 1], "exclude": [1, 2, 3]}, "is for 3 queries, but there are 2"),
        ({"tag": [0, 1], "exclude": 3}, "is for 1 queries, but there are 2"),
        ({"exclude": np.zeros((1, 1, 1), int)}, "whole numbers"),
    ],
)
def test_words_about_bad_queries(query, words):
    with pytest.raises(ValueError, match=words):
        ask(**query)


def test_tags_are_asked_for_by_no_indicator():
    with pytest.raises(TypeError, match="by names or numbers, not by a sparse"):
        ask(tag=sparse.csr_array(np.ones((1, 4))))


@pytest.mark.parametrize(
    ("n_queries", "exclude", "expected"),
    [
        (1, None, None),
        (1, [], None),
        (1, 3, [[3]]),
        (1, [3, 4, -1], [[3, 4, -1]]),
        (1, [[3, 4]], [[3, 4]]),
        (2, [3, -1], [[3], [-1]]),
        (2, np.array([[3, 4], [-1, 5]], dtype=np.int16), [[3, 4], [-1, 5]]),
    ],
)
def test_forms_of_exclude(n_queries, exclude, expected):
    found = ask([0] * n_queries, None, exclude).exclude
    assert (found if found is None else found.tolist()) == expected


# Searches -----------------------------------------------------------------------------


def slow_search(table, places, queries, k, within_km):
    """Return lists found one photo after the other."""
    photos = np.full((len(table), k), -1)
    scores = np.full((len(table), k), -np.inf, dtype=np.float32)
    for query, row in enumerate(table):
        struck = () if queries.exclude is None else queries.exclude[query]
        found = []
        for photo, score in enumerate(row):
            if photo in struck:
                continue
            if within_km is not None:
                if np.isnan(places[photo, 0]):
                    continue
                km = haversine_to_point(
                    places[photo : photo + 1], queries.places[query]
                )
                if km[0] > within_km:
                    continue
            found.append((-score, photo))
        for rank, (score, photo) in enumerate(sorted(found)[:k]):
            photos[query, rank], scores[query, rank] = photo, -score
    return photos, scores


def scores_of(table):
    def score(at, rows):
        return (table[at] if rows is None else table[at][:, rows]).copy()

    return score


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    n_photos=st.integers(1, 30),
    n_queries=st.integers(1, 4),
    k=st.integers(1, 35),
    within_km=st.sampled_from([None, 0.0, 1.0, 30.0, 1000.0, 12000.0, 25000.0]),
    excludes=st.booleans(),
    n_listed=st.sampled_from([None, 40, 60]),
)
def test_search_finds_what_a_loop_finds(
    seed, n_photos, n_queries, k, within_km, excludes, n_listed
):
    rng = np.random.default_rng(seed)
    # Around poles and the antimeridian; some at the same place, some at none.
    places = SPOTS[rng.integers(5, size=n_photos)]
    places = places + rng.choice([0.0, 0.001, 0.2, -0.2], (n_photos, 2))
    places[:, 0] = np.clip(places[:, 0], -90, 90)
    places[:, 1] = (places[:, 1] + 180.0) % 360.0 - 180.0
    places[rng.random(n_photos) < 0.1] = np.nan
    table = rng.integers(0, 4, (n_queries, n_photos)).astype(np.float32)  # ties
    exclude = rng.integers(-1, n_photos, (n_queries, 3)) if excludes else None
    queries = ask(
        [0] * n_queries, SPOTS[rng.integers(5, size=n_queries)], exclude, n_photos
    )
    quick = None if n_listed is None else scores_of(-table)
    photos, scores = search(
        gallery_of(places),
        queries,
        scores_of(table),
        k,
        within_km=within_km,
        quick_score=quick,
        n_listed=n_listed,
    )
    expected = slow_search(table, places, queries, k, within_km)
    assert photos.dtype == np.int64
    assert_array_equal(photos, expected[0])
    assert_array_equal(scores, expected[1])


def test_around_a_pole_and_across_the_seam():
    places = [[89.9, 0.0], [89.9, 180.0], [89.0, 0.0], [0.0, 179.95], [0.0, -179.95]]
    gallery = gallery_of([*places, [np.nan, np.nan]])
    # 0.1 degrees are 11.1 km: both sides of the pole are as near.
    assert gallery.within(np.array([90.0, 77.0]), 12.0).tolist() == [0, 1]
    assert gallery.within(np.array([89.9, 0.0]), 22.3).tolist() == [0, 1]
    assert gallery.within(np.array([89.9, 0.0]), 22.2).tolist() == [0]
    assert gallery.within(np.array([0.0, 180.0]), 6.0).tolist() == [3, 4]
    assert gallery.within(np.array([0.0, -179.95]), 11.2).tolist() == [3, 4]
    assert gallery.within(np.array([0.0, -179.95]), 0.0).tolist() == [4]
    assert gallery.within(np.array([0.0, 0.0]), 25_000.0).tolist() == [0, 1, 2, 3, 4]
    assert gallery_of([[np.nan, np.nan]]).within(np.zeros(2), 1e4).tolist() == []


def test_a_list_is_as_good_as_what_is_on_it():
    table = np.array([[5.0, 4.0, 3.0, 2.0, 1.0]], dtype=np.float32)
    quick = np.array([[0.0, 9.0, 9.0, 8.0, 9.0]], dtype=np.float32)
    options = {"quick_score": scores_of(quick), "n_listed": 3}
    gallery = gallery_of(np.zeros((5, 2)))
    found, _ = search(gallery, ask(0, n_photos=5), scores_of(table), 2, **options)
    assert found.tolist() == [[1, 2]]  # photo 0 is not on the list of 1, 2 and 4
    # What is excluded takes no place on the list.
    queries = ask(0, None, [1, 4], n_photos=5)
    found, _ = search(gallery, queries, scores_of(table), 3, **options)
    assert found.tolist() == [[0, 2, 3]]


def test_chunks_of_queries_change_nothing_and_bound_the_memory():
    n_photos, n_queries = 2_000, 2_000
    places = np.zeros((n_photos, 2))
    seen = []

    def score(at, rows):
        seen.append(at.stop - at.start)
        step = np.arange(at.start, at.stop, dtype=np.float32)[:, np.newaxis]
        return (np.arange(n_photos, dtype=np.float32) * 7 + step * 13) % 1009

    queries = ask(np.zeros(n_queries, dtype=int), n_photos=n_photos)
    with sklearn.config_context(working_memory=1):
        tracemalloc.start()
        found, _ = search(gallery_of(places), queries, score, 5)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    # All scores would take 16 MB; 65 queries take a mebibyte with what sorts them.
    assert max(seen) == 2**20 // (8 * n_photos)
    assert sum(seen) == n_queries
    assert peak < 4e6
    seen.clear()
    whole, _ = search(gallery_of(places), queries, score, 5)
    assert seen == [n_queries]
    assert_array_equal(found, whole)


# Vectors that are kept ----------------------------------------------------------------


def test_vectors_of_the_networks_asked_last_are_kept():
    gallery = gallery_of(np.zeros((3, 2)))
    first, second, third = map(Scorer, (1, 2, 3))
    for scorer in (first, second, first, second, first):
        assert_array_equal(gallery.vectors(scorer), np.full((3, 1), scorer.number))
    assert gallery.photos.made == 2
    gallery.vectors(third)  # in the place of the second, which was asked longest ago
    gallery.vectors(first)
    assert gallery.photos.made == 3
    gallery.vectors(second)
    assert gallery.photos.made == 4
    assert len(gallery) == 3


def test_another_scorer_is_not_taken_for_one_that_is_gone():
    gallery = gallery_of(np.zeros((2, 2)))
    for number in range(50):  # each may get the id of one before
        assert gallery.vectors(Scorer(number))[0, 0] == number


def test_queries_are_prepared_many_at_a_time():
    called = []

    def prepare(at):
        called.append(at)
        rows = np.arange(2_500)[at]
        return rows, rows[:, np.newaxis] * [1, 10]

    prepared = Prepared(prepare, 2_500)
    for query in range(2_500):
        one, pair = prepared[query : query + 1]
        assert one.tolist() == [query]
        assert pair.tolist() == [[query, 10 * query]]
    assert [(at.start, at.stop) for at in called] == [
        (0, 1024),
        (1024, 2048),
        (2048, 2500),
    ]
    # A block that is asked for whole, and one that begins before what is held.
    assert prepared[slice(0, 2_000)][0].tolist() == list(range(2_000))
