# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
import numpy as np
import pandas as pd
import pytest
import sklearn
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn.exceptions import UndefinedMetricWarning

from sklearn_geo.metrics import (
    great_circle_error,
    mean_over_tags,
    precision_at_k_within_km,
    precision_ceiling_at_k_within_km,
)

INF = float("inf")

# Five photos on the equator, at 0, 1, 10, 90 and 180 degrees: 0, 111, 1112, 10,008 and
# 20,015 km from the first one. Tag 0 is on the first four, tag 1 on the last two.
TAGS = np.array([[1, 0], [1, 0], [1, 0], [1, 1], [0, 1]])
PLACES = np.array([[0.0, 0], [0, 1], [0, 10], [0, 90], [0, 180]])


def naive(query_tags, distances, tags, ranked, k, km, own):
    """Precision of every query, photo by photo; -1 takes a place and hits nothing."""
    values = []
    for query, tag in enumerate(query_tags):
        photos = [p for p in ranked[query] if p < 0 or own is None or p != own[query]]
        hits = [
            tags[photo, tag] and distances[query, photo] <= km
            for photo in photos[:k]
            if photo >= 0
        ]
        values.append(sum(hits) / k)
    return values


def test_by_hand():
    # Tag 0 at the first photo. In order: right and 111 km; wrong; right and 10,008 km.
    ranked = [[1, 4, 3, 2, 0]]
    found = precision_at_k_within_km([0], PLACES[:1], TAGS, PLACES, ranked, k=3)
    assert found == pytest.approx(np.array([2, 1, 1, 1, 0, 0]) / 3)
    found = precision_at_k_within_km([0], PLACES[:1], TAGS, PLACES, ranked, k=3, km=200)
    assert type(found) is float
    assert found == pytest.approx(1 / 3)


def test_a_photo_at_exactly_the_distance_is_a_hit():
    km = great_circle_error(PLACES[:1], PLACES[1:2])[0]
    below = np.nextafter(km, 0)
    arguments = ([0], PLACES[:1], TAGS, PLACES)
    found = precision_at_k_within_km(*arguments, [[1]], k=1, km=[km, below])
    assert found.tolist() == [1, 0]
    found = precision_ceiling_at_k_within_km(*arguments, k=2, km=[km, below])
    assert found.tolist() == [1, 1 / 2]


def test_short_lists_miss():
    arguments = ([0, 0, 0], PLACES[[0, 0, 0]], TAGS, PLACES)
    ranked = [[0, 1, -1], [0, -1, -1], [-1, -1, -1]]
    found = precision_at_k_within_km(*arguments, ranked, k=4, km=INF, average=None)
    assert found.tolist() == [2 / 4, 1 / 4, 0]
    # A gap in a list is a miss in its place, too, and no photo of the query's own.
    gap = precision_at_k_within_km(
        *arguments, [[-1, 0]] * 3, k=1, km=INF, exclude_self=[-1, -1, -1]
    )
    assert gap == 0
    found = precision_at_k_within_km(*arguments, [[0, -1, 1]] * 3, k=2, km=INF)
    assert found == 1 / 2


def test_exclude_self():
    arguments = ([0, 1], PLACES[[0, 4]], TAGS, PLACES)
    ranked = [[0, 1, 4], [4, 0, 3]]
    found = precision_at_k_within_km(*arguments, ranked, k=2, km=INF, average=None)
    assert found.tolist() == [1, 1 / 2]
    without = precision_at_k_within_km(
        *arguments, ranked, k=2, km=INF, average=None, exclude_self=[0, 4]
    )
    assert without.tolist() == [1 / 2, 1 / 2]
    # -1 is a query that was made from no photo of the gallery.
    without = precision_at_k_within_km(
        *arguments, ranked, k=2, km=INF, average=None, exclude_self=[-1, 4]
    )
    assert without.tolist() == [1, 1 / 2]


def test_means_over_queries_and_over_tags_differ():
    # Three queries for tag 0 with precision 1, one for tag 1 with precision 0.
    queries, ranked = [0, 0, 1, 0], [[0], [1], [0], [2]]
    arguments = (queries, PLACES[[0, 0, 4, 0]], TAGS, PLACES, ranked)
    assert precision_at_k_within_km(*arguments, k=1, km=INF) == 3 / 4
    assert precision_at_k_within_km(*arguments, k=1, km=INF, average="tags") == 1 / 2
    both = precision_at_k_within_km(*arguments, k=1, km=[INF, 1], average="tags")
    assert both.tolist() == [1 / 2, 1 / 6]
    assert precision_at_k_within_km(*arguments, k=1, average=None).shape == (4, 6)


def test_every_tag_as_one_query_without_a_place():
    ranked = [[0, 4], [4, 3]]
    found = precision_at_k_within_km(
        np.arange(2), None, TAGS, None, ranked, k=2, km=INF
    )
    assert found == 3 / 4
    ceiling = precision_ceiling_at_k_within_km(
        np.arange(2), None, TAGS, None, k=4, km=INF, average=None
    )
    assert ceiling.tolist() == [1, 2 / 4]
    ceiling = precision_ceiling_at_k_within_km(
        np.arange(2), None, TAGS, None, k=4, km=INF, average=None, exclude_self=[4, 4]
    )
    assert ceiling.tolist() == [1, 1 / 4]


def test_ceiling_by_hand():
    # Tag 0 at the first photo: photos at 0, 111, 1112 and 10,008 km have it.
    arguments = ([0], PLACES[:1], TAGS, PLACES)
    found = precision_ceiling_at_k_within_km(*arguments, k=5)
    assert found == pytest.approx(np.array([4, 3, 2, 2, 1, 1]) / 5)
    found = precision_ceiling_at_k_within_km(*arguments, k=2)
    assert found == pytest.approx(np.array([2, 2, 2, 2, 1, 1]) / 2)
    found = precision_ceiling_at_k_within_km(*arguments, k=2, exclude_self=[0])
    assert found == pytest.approx(np.array([2, 2, 1, 1, 0, 0]) / 2)


def test_ceiling_of_a_tag_that_no_photo_has():
    tags = np.hstack([TAGS, np.zeros((5, 1), dtype=int)])
    found = precision_ceiling_at_k_within_km([2], PLACES[:1], tags, PLACES, km=[INF, 1])
    assert found.tolist() == [0, 0]


def test_default_geotags_do_not_hide_the_own_photo():
    # Twenty photos at one coordinate: whichever the search finds, two others remain.
    tags, places = np.ones((20, 1)), np.tile([[48.86, 2.34]], (20, 1))
    found = precision_ceiling_at_k_within_km(
        np.zeros(20, dtype=int), places, tags, places, k=2, km=1, exclude_self=range(20)
    )
    assert found == 1


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 8), st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**31))
def test_matches_a_loop_and_stays_below_the_ceiling(n_queries, n_photos, k, seed):
    rng = np.random.default_rng(seed)
    tags = rng.random((n_photos, 3)) < 0.5
    places = np.column_stack(
        [rng.uniform(-90, 90, n_photos), rng.integers(-3, 3, n_photos)]
    )
    queries = rng.integers(0, 3, n_queries)
    own = rng.integers(-1, n_photos, n_queries)
    query_places = places[rng.integers(0, n_photos, n_queries)]
    ranked = np.array([rng.permutation(n_photos) for _ in range(n_queries)])
    ranked[rng.random(ranked.shape) < 0.2] = -1
    ranked = ranked[:, : rng.integers(1, n_photos + 1)]
    distances = np.array(
        [great_circle_error(np.tile(q, (n_photos, 1)), places) for q in query_places]
    )
    # The best ranking: first those with the tag, among them the nearest.
    best = [
        np.lexsort([row, ~tags[:, tag]])
        for row, tag in zip(distances, queries, strict=True)
    ]
    km = [INF, 2500, 25]
    for excluded in (None, own):
        options = {"k": k, "km": km, "exclude_self": excluded, "average": None}
        found = precision_at_k_within_km(
            queries, query_places, sparse.csr_array(tags), places, ranked, **options
        )
        ceiling = precision_ceiling_at_k_within_km(
            queries, query_places, tags, places, **options
        )
        for column, distance in enumerate(km):
            for values, lists in ((found, ranked), (ceiling, best)):
                expected = naive(queries, distances, tags, lists, k, distance, excluded)
                assert values[:, column] == pytest.approx(expected)
        assert (found <= ceiling + 1e-12).all()


# Both sides of the antimeridian, both poles (whatever their longitude), and places that
# several photos share.
ODD_PLACES = np.array(
    [[0.0, 179.9], [0, -179.9], [0, 180], [0, -180], [90, 0], [90, 123], [-90, -7]]
    + [[-89.9, 100], [89.9, -80], [48.9, 2.4], [48.9, 2.4], [48.9, 362.4]]
)


def angle_km(a, b):
    """Great-circle distance by vectors, independent of the haversine."""
    (p, q), (r, s) = np.radians(a), np.radians(b)
    x = np.array([np.cos(p) * np.cos(q), np.cos(p) * np.sin(q), np.sin(p)])
    y = np.array([np.cos(r) * np.cos(s), np.cos(r) * np.sin(s), np.sin(r)])
    return 6371.0088 * np.arctan2(np.linalg.norm(np.cross(x, y)), x @ y)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 8), st.integers(1, 14), st.integers(1, 6), st.integers(0, 2**31))
def test_odd_places_and_omitted_tags_match_a_loop(n_queries, n_photos, k, seed):
    rng = np.random.default_rng(seed)
    tags = rng.random((n_photos, 4)) < 0.5
    places = ODD_PLACES[rng.integers(0, len(ODD_PLACES), n_photos)]
    query_places = ODD_PLACES[rng.integers(0, len(ODD_PLACES), n_queries)]
    queries = rng.integers(0, 4, n_queries)
    own = rng.integers(-1, n_photos, n_queries)
    ranked = np.array([rng.permutation(n_photos) for _ in range(n_queries)])
    ranked[rng.random(ranked.shape) < 0.2] = -1
    km = np.array([[angle_km(q, p) for p in places] for q in query_places])
    # The places are 0, 22 and thousands of kilometres apart.
    limits = [INF, 2500, 25, 0.001]
    options = {"k": k, "km": limits, "exclude_self": own}
    found = precision_at_k_within_km(
        queries, query_places, tags, places, ranked, **options, average=None
    )
    best = [
        np.lexsort([row, ~tags[:, tag]]) for row, tag in zip(km, queries, strict=True)
    ]
    ceiling = precision_ceiling_at_k_within_km(
        queries, query_places, tags, places, **options, average=None
    )
    for column, limit in enumerate(limits):
        for values, lists in ((found, ranked), (ceiling, best)):
            expected = naive(queries, km, tags, lists, k, limit, own)
            assert values[:, column] == pytest.approx(expected)
    # Omitted tags: as if their queries had never been asked.
    omitted = rng.integers(0, 4, 2)
    kept = ~np.isin(queries, omitted)
    if not kept.any():
        return
    for average in ("queries", "tags"):
        without = precision_at_k_within_km(
            queries,
            query_places,
            tags,
            places,
            ranked,
            **options,
            omit_tags=omitted,
            average=average,
        )
        rows = found[kept]
        if average == "tags":
            rows = [found[queries == t].mean(axis=0) for t in np.unique(queries[kept])]
        assert without == pytest.approx(np.mean(rows, axis=0))
        ceiling = precision_ceiling_at_k_within_km(
            queries,
            query_places,
            tags,
            places,
            **options,
            omit_tags=omitted,
            average=average,
        )
        assert (without <= ceiling + 1e-12).all()


def test_queries_for_omitted_tags_are_left_out():
    arguments = ([0, 1, 0], PLACES[[0, 4, 1]], TAGS, PLACES, [[0], [4], [4]])
    options = {"k": 1, "km": INF}
    each = precision_at_k_within_km(*arguments, **options, average=None, omit_tags=[1])
    assert each.tolist()[::2] == [1, 0]
    assert np.isnan(each[1])
    for omitted in ([1], {1}, np.array([False, True])):
        found = precision_at_k_within_km(*arguments, **options, omit_tags=omitted)
        assert found == 1 / 2
    ceiling = precision_ceiling_at_k_within_km(
        *arguments[:4], k=5, km=INF, omit_tags=[0]
    )
    assert ceiling == 2 / 5
    assert precision_at_k_within_km(*arguments, **options, omit_tags=[]) == 2 / 3
    one = ([1], PLACES[:1], TAGS, PLACES, [[0]])
    with pytest.warns(UndefinedMetricWarning, match=r"^All queries are for tags of om"):
        found = precision_at_k_within_km(*one, k=1, km=[INF, 1], omit_tags=[1])
    assert np.isnan(found).tolist() == [True, True]


def test_mean_over_tags():
    assert mean_over_tags([7, 7, 2], [1.0, 0.0, 1.0]) == 3 / 4
    table = [[1.0, 0.0], [0.0, 0.0], [1.0, 0.5]]
    assert mean_over_tags(["sea", "sea", "hill"], table).tolist() == [3 / 4, 1 / 4]
    # What has no value does not count, neither as a query nor as a tag.
    assert mean_over_tags([0, 0, 1], [1.0, np.nan, np.nan]) == 1
    # A query without a value at one distance is left out at all of them.
    table = [[1.0, np.nan], [0.5, 0.25]]
    assert mean_over_tags(["sea", "hill"], table).tolist() == [0.5, 0.25]
    with pytest.warns(UndefinedMetricWarning, match=r"^No query has a value") as seen:
        assert np.isnan(mean_over_tags([0], [np.nan]))
    assert seen[0].filename == __file__
    with pytest.warns(UndefinedMetricWarning, match=r"^No query has a value"):
        found = mean_over_tags([0], [[np.nan, 1.0, 2.0]])
    assert np.isnan(found).tolist() == [True] * 3
    assert type(mean_over_tags([0, 1], [1.0, 0.0])) is float
    assert mean_over_tags([0, 1], [[1.0], [0.0]]).tolist() == [0.5]
    with pytest.raises(ValueError, match=r"^values must hold .* got shape \(2, 0\)"):
        mean_over_tags([0, 1], np.zeros((2, 0)))
    with pytest.raises(ValueError, match=r"^query_tags is empty"):
        mean_over_tags([], np.zeros((0, 2)))
    with pytest.raises(TypeError, match=r"^values must hold numbers; got"):
        mean_over_tags([0], [[{}]])
    with pytest.raises(TypeError, match=r"^query_tags mixes values"):
        mean_over_tags([0, "a"], [1.0, 0.0])
    with pytest.raises(ValueError, match="query_tags has 1 rows but values has 2"):
        mean_over_tags([0], [1.0, 1.0])
    with pytest.raises(ValueError, match="one tag for each query"):
        mean_over_tags([[0]], [1.0])
    with pytest.raises(ValueError, match="one number for each query"):
        mean_over_tags([0], 1.0)
    with pytest.raises(ValueError, match=r"^values, row 1: inf has no mean\. Give a"):
        mean_over_tags([0, 1, 1], [1.0, np.inf, -np.inf])
    # What is left out may be anything.
    assert mean_over_tags([0, 1], [[1.0, 2.0], [np.inf, np.nan]]).tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"^values add up to infinity\. Divide"):
        mean_over_tags([0, 1], [1.7e308, 1.7e308])
    rng = np.random.default_rng(0)
    queries = rng.integers(0, 2, 30)
    ranked = rng.permuted(np.tile(np.arange(5), (30, 1)), axis=1)
    arguments = (queries, PLACES[[0] * 30], TAGS, PLACES, ranked)
    each = precision_at_k_within_km(*arguments, k=2, average=None)
    expected = precision_at_k_within_km(*arguments, k=2, average="tags")
    assert mean_over_tags(queries, each) == pytest.approx(expected)


def test_little_memory_changes_nothing():
    rng = np.random.default_rng(0)
    tags = rng.random((200, 4)) < 0.3
    places = np.column_stack([rng.uniform(-90, 90, 200), rng.uniform(-180, 180, 200)])
    queries = rng.integers(0, 4, 150)
    ranked = np.array([rng.permutation(200)[:11] for _ in queries])
    arguments = (queries, places[:150], tags, places)
    options = {"exclude_self": np.arange(150), "average": None}
    expected = precision_at_k_within_km(*arguments, ranked, **options)
    ceiling = precision_ceiling_at_k_within_km(*arguments, **options)
    with sklearn.config_context(working_memory=0.003):
        found = precision_at_k_within_km(*arguments, ranked, **options)
        assert np.array_equal(found, expected)
        found = precision_ceiling_at_k_within_km(*arguments, **options)
        assert np.array_equal(found, ceiling)


def test_frames_and_radius():
    frame = pd.DataFrame(PLACES, columns=["lat", "lon"])
    arguments = ([0], frame[:1], pd.DataFrame(TAGS, columns=["sea", "sun"]), frame)
    for radius_km, expected in [(6371.0088, 1), (6500.0, 0)]:
        options = {"k": 1, "km": 112, "radius_km": radius_km}
        assert precision_at_k_within_km(*arguments, [[1]], **options) == expected
    ceiling = precision_ceiling_at_k_within_km(*arguments, k=2, km=112, radius_km=6500)
    assert ceiling == 1 / 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ranked": [[0, 0]]}, "ranked, row 0: photo 0 is listed twice"),
        ({"ranked": [[0, 0, 1]], "exclude_self": [0]}, "photo 0 is listed twice"),
        ({"omit_tags": ["sea"]}, "positions of tags, not their names"),
        ({"omit_tags": "sea"}, "positions of tags, not their names"),
        ({"omit_tags": [2]}, "omit_tags: there is no tag 2, only 0 to 1"),
        ({"omit_tags": [-1]}, "omit_tags: there is no tag -1"),
        ({"omit_tags": [True]}, "omit_tags says True or False of 1 tags, and there"),
        ({"omit_tags": [0.5]}, "positions of tags in a vector"),
        ({"omit_tags": [0, 1]}, "omit_tags leaves no tag"),
        ({"ranked": [[0, 5]]}, "ranked, row 0: there is no photo 5, only 0 to 4"),
        ({"ranked": [[0.5]]}, "ranked must list positions of photos"),
        ({"ranked": [[0], [1]]}, r"array of shape \(1, length of the lists\)"),
        ({"query_tags": [2]}, "query_tags, row 0: there is no tag 2, only 0 to 1"),
        ({"query_tags": ["sea"]}, "one position of a tag for each query"),
        ({"query_tags": [[0]]}, r"one position of a tag .* got shape \(1, 1\)"),
        ({"query_tags": [0.0]}, "one position of a tag for each query"),
        ({"query_tags": [0, 0], "ranked": [[0], [0]]}, "2 rows but query_places has 1"),
        ({"query_places": [[95.0, 0.0]]}, "query_places"),
        ({"gallery_places": PLACES[:3]}, "gallery_tags has 5 rows but gallery_places"),
        ({"gallery_tags": TAGS * 2}, "gallery_tags, row 0, column 0: 2 is neither"),
        ({"query_places": None}, "needs query_places and gallery_places"),
        ({"exclude_self": [5]}, "exclude_self, row 0: there is no photo 5, only -1"),
        ({"exclude_self": [0, 1]}, "1 rows but exclude_self has 2"),
        ({"k": [1, 2]}, "k must be one whole number"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"gallery_places": None}, "needs query_places and gallery_places"),
        ({"query_tags": np.array([0, 5]), "ranked": [[0]] * 2}, "query_tags, row 1: "),
        ({"query_tags": [7, 5], "ranked": [[0]] * 2}, "query_tags, row 0: .* no tag 7"),
        ({"exclude_self": [-2]}, "exclude_self, row 0: there is no photo -2"),
        ({"ranked": [[-2]]}, "ranked, row 0: there is no photo -2, only 0 to 4, and"),
        ({"ranked": [[0, 1, 0]]}, "ranked, row 0: photo 0 is listed twice"),
        ({"ranked": [[1, 2, 2]]}, "ranked, row 0: photo 2 is listed twice"),
        ({"k": 0}, "k must be 1 or more"),
        ({"km": -1}, "km must be 0 or more"),
        ({"average": "macro"}, r"^average must be one of 'queries', 'tags', None"),
        ({"radius_km": 0}, "radius_km must be more than 0"),
        ({"query_places": np.zeros((0, 2))}, "query_places is empty"),
        ({"gallery_places": np.zeros((0, 2))}, "gallery_places is empty"),
        ({"gallery_tags": np.zeros((0, 2))}, "gallery_tags is empty"),
        ({"query_tags": np.zeros(0, int)}, "query_tags must hold one position"),
    ],
)
def test_bad_input(changes, words):
    arguments = {
        "query_tags": [0],
        "query_places": PLACES[:1],
        "gallery_tags": TAGS,
        "gallery_places": PLACES,
        "ranked": [[0]],
    }
    arguments.update(changes)
    if words[0].islower() and next(iter(changes)) in words.split()[0]:
        words = f"^{words}"
    with pytest.raises(ValueError, match=words):
        precision_at_k_within_km(**arguments)
    if "ranked" not in changes or "query_tags" in changes:
        del arguments["ranked"]
        with pytest.raises(ValueError, match=words):
            precision_ceiling_at_k_within_km(**arguments)


def test_only_what_is_looked_at_may_not_be_listed_twice():
    arguments = ([0, 0], PLACES[[0, 0]], TAGS, PLACES)
    found = precision_at_k_within_km(*arguments, [[1, 2, 2]] * 2, k=2, km=INF)
    assert found == 1
    options = {"k": 1, "exclude_self": [0, 0]}
    lists = [[0, 1, 1], [1, 4, 4]]
    assert precision_at_k_within_km(*arguments, lists, km=INF, **options) == 1
    with pytest.raises(ValueError, match=r"^ranked, row 1: photo 2 is listed twice am"):
        precision_at_k_within_km(*arguments, [[0, 1], [2, 2]], k=2)
    with pytest.raises(ValueError, match=r"^ranked, row 0: photo 3 is listed twice am"):
        precision_at_k_within_km(*arguments, [[3, 3], [2, 2]], k=2)


def test_places_of_one_side_alone_are_none():
    arguments = ([0], PLACES[:1], TAGS, None, [[1]])
    assert precision_at_k_within_km(*arguments, k=1, km=INF) == 1
    assert precision_ceiling_at_k_within_km(*arguments[:4], k=4, km=INF) == 1


def test_more_photos_than_k_are_no_more_than_all():
    for places in (PLACES[:1], None):
        found = precision_ceiling_at_k_within_km([0], places, TAGS, PLACES, k=2, km=INF)
        assert found == 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint64, np.int8])
def test_positions_of_any_integer(dtype):
    queries, own = np.array([0, 1], dtype=dtype), np.array([0, 4], dtype=dtype)
    ranked = np.array([[0, 1], [4, 3]], dtype=dtype)
    arguments = (queries, PLACES[[0, 4]], TAGS, PLACES)
    # The most an unsigned integer of 8 bits can be, of which one more is looked at.
    for k, expected in ((1, [1, 1]), (np.uint8(255), [1 / 255, 1 / 255])):
        options = {"k": k, "km": INF, "exclude_self": own, "average": None}
        found = precision_at_k_within_km(*arguments, ranked, **options)
        assert found.tolist() == expected
    found = precision_ceiling_at_k_within_km(*arguments, **options)
    assert found.tolist() == [3 / 255, 1 / 255]


def test_long_lists_keep_their_order_without_the_own_photo():
    # Forty photos along the equator, each query's own one somewhere in its list.
    n = 40
    tags, places = np.ones((n, 1)), np.column_stack([np.zeros(n), np.arange(n)])
    ranked = np.tile(np.arange(n), (n, 1))
    arguments = (np.zeros(n, dtype=int), places[:1].repeat(n, axis=0), tags, places)
    options = {"exclude_self": np.arange(n), "average": None}
    for k in range(1, 30):
        # The last of the first k is k degrees away, one more than without the own one,
        # if that comes before it.
        found = precision_at_k_within_km(
            *arguments, ranked, k=k, km=(k - 0.5) * 111.195, **options
        )
        assert found == pytest.approx(np.where(np.arange(n) < k, k - 1, k) / k)


def test_plain_numbers_are_returned():
    arguments = ([0, 1], PLACES[[0, 4]], TAGS, PLACES)
    for average in ("queries", "tags"):
        options = {"k": 1, "km": 25, "average": average}
        found = precision_at_k_within_km(*arguments, [[0], [4]], **options)
        assert type(found) is float
        found = precision_ceiling_at_k_within_km(*arguments, **options)
        assert type(found) is float


def test_a_radius_that_is_no_number():
    for metric, more in [
        (precision_at_k_within_km, {"ranked": [[0]]}),
        (precision_ceiling_at_k_within_km, {}),
    ]:
        with pytest.raises(TypeError, match="radius_km must be a number"):
            metric([0], PLACES[:1], TAGS, PLACES, radius_km="a", **more)


def test_galleries_of_sparse_columns():
    tags = np.array([[1, 0], [0, 1], [1, 1]])
    table = pd.DataFrame.sparse.from_spmatrix(sparse.csr_array(tags))
    for gallery in (tags, table):
        found = precision_at_k_within_km(
            [0, 1], None, gallery, None, [[0, 1], [2, 0]], k=2, km=np.inf, average=None
        )
        assert found.tolist() == [0.5, 0.5]
