# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import FeatureUnion

from sklearn_geo.geometry import EARTH_RADIUS_KM, haversine, pairwise_haversine
from sklearn_geo.neighbors import GeoTagCorpus, HashTagEncoder

DEGREE_KM = EARTH_RADIUS_KM * np.pi / 180.0

# Photos on the equator 0, 1/2, 3/2, 5/2 and 20 km from the first.
FIVE = np.column_stack([np.zeros(5), np.array([0.0, 0.5, 1.5, 2.5, 20.0]) / DEGREE_KM])
TAGS = np.array([[1, 0, 0], [1, 1, 0], [0, 7, 0], [1, 0, 0], [1, 1, 1]])


def _dense(radii_km=(1, 2, 3), **params):
    return HashTagEncoder(radii_km, **{"norm": None, "sparse_output": False, **params})


def _photos(n_photos, n_tags, seed):
    """Make photos around a place on the antimeridian, some at equal places."""
    rng = np.random.default_rng(seed)
    places = [[60.0, 180.0]] + rng.normal(scale=0.05, size=(n_photos, 2))
    places[n_photos // 2 :: 3] = places[: len(places[n_photos // 2 :: 3])]
    return places, (rng.random((n_photos, n_tags)) < 0.2) * 2.0


def _naive(places, tags, queries, radii_km, allowed=None):
    """Count for each radius and tag on its own."""
    km = pairwise_haversine(queries, places)
    allowed = np.ones_like(km, dtype=bool) if allowed is None else allowed
    return np.array(
        [
            [
                sum(tags[j, t] > 0 for j in np.flatnonzero((row <= radius) & ok))
                for radius in radii_km
                for t in range(tags.shape[1])
            ]
            for row, ok in zip(km, allowed, strict=True)
        ]
    )


def test_counts_by_hand():
    encoder = _dense().fit(FIVE, TAGS)
    # Circles are nested, and the second tag of the third photo counts once.
    expected = [[2, 1, 0, 2, 2, 0, 3, 2, 0]]
    np.testing.assert_array_equal(encoder.transform(FIVE[:1]), expected)
    assert encoder.get_feature_names_out()[[0, 4]].tolist() == [
        "tag_0_within_1km",
        "tag_1_within_2km",
    ]
    # A row of its own has neither the photo itself nor, here, anything else.
    rows = encoder.fit_transform(FIVE, TAGS)
    np.testing.assert_array_equal(rows[0], [1, 1, 0, 1, 2, 0, 2, 2, 0])
    np.testing.assert_array_equal(rows[4], np.zeros(9))
    encoder.set_params(exclude_self=False)
    np.testing.assert_array_equal(encoder.fit_transform(FIVE, TAGS)[:1], expected)


@pytest.mark.parametrize(
    ("norm", "size"), [("l1", 12.0), ("l2", np.sqrt(26.0)), ("max", 3.0)]
)
def test_norms_by_hand(norm, size):
    row = _dense(norm=norm).fit(FIVE, TAGS).transform(FIVE[:1])
    expected = np.array([[2, 1, 0, 2, 2, 0, 3, 2, 0]]) / size
    np.testing.assert_allclose(row, expected, rtol=1e-12)
    far = _dense(norm=norm).fit(FIVE, TAGS).transform([[50.0, 0.0]])
    np.testing.assert_array_equal(far, np.zeros((1, 9)))


def test_radius_includes_its_border():
    border = float(haversine(FIVE[:1], FIVE[2:3])[0])
    for radius, seen in [(border, 2), (np.nextafter(border, 0.0), 1)]:
        row = _dense([radius]).fit(FIVE, TAGS).transform(FIVE[:1])
        np.testing.assert_array_equal(row, [[2, seen, 0]])
        # The same holds for a circle that is not the largest.
        row = _dense([radius, 30.0]).fit(FIVE, TAGS).transform(FIVE[:1])
        np.testing.assert_array_equal(row, [[2, seen, 0, 4, 3, 1]])
    # Within nothing is what is at the very place.
    np.testing.assert_array_equal(
        _dense([0]).fit(FIVE, TAGS).transform(FIVE[:2]), [[1, 0, 0], [1, 1, 0]]
    )


def test_the_most_frequent_tags_have_columns():
    tags = pd.DataFrame(
        {"rare": [0, 0, 9, 0, 0], "b": TAGS[:, 1], "a": TAGS[:, 1], "c": TAGS[:, 0]}
    )
    for n_tags, kept in [(1, "c"), (2, "bc"), (3, "bac")]:
        encoder = _dense([1], n_tags=n_tags).fit(FIVE, tags)
        names = [f"tag_{tag}_within_1km" for tag in kept]
        assert encoder.get_feature_names_out().tolist() == names
        expected = [[{"a": 1, "b": 1, "c": 2}[tag] for tag in kept]]
        np.testing.assert_array_equal(encoder.transform(FIVE[:1]), expected)
    for n_tags in (4, 200, None):
        encoder = _dense([0.5, 1, 2.25], n_tags=n_tags).fit(FIVE, tags)
        names = encoder.get_feature_names_out()
        assert names[::4].tolist() == [
            "tag_rare_within_0.5km",
            "tag_rare_within_1km",
            "tag_rare_within_2.25km",
        ]


def test_the_defaults_are_those_of_the_paper():
    places, tags = _photos(400, 250, 0)
    encoder = HashTagEncoder().fit(places, tags)
    rows = encoder.transform(places[:20])
    assert rows.shape == (20, 2000)
    np.testing.assert_allclose(rows.sum(axis=1), 1.0)
    assert clone(HashTagEncoder(radii_km=range(1, 11))).fit(places, tags).radii_km_[
        -1
    ] == pytest.approx(10.0)


@pytest.mark.parametrize("sparse_output", [True, False])
@pytest.mark.parametrize("working_memory", [1024, 0.01])
@pytest.mark.parametrize(
    "make", [np.array, sparse.csr_matrix, sparse.csc_array, pd.DataFrame]
)
def test_rows_are_those_of_a_naive_loop(make, working_memory, sparse_output):
    places, tags = _photos(150, 9, 1)
    queries, _ = _photos(40, 1, 2)
    radii = [0.5, 2.0, 5.0, 9.0]
    with config_context(working_memory=working_memory):
        encoder = HashTagEncoder(radii, norm=None, sparse_output=sparse_output)
        rows = encoder.fit(places, make(tags)).transform(queries)
    assert sparse.issparse(rows) == sparse_output
    if sparse_output:
        assert rows.has_canonical_format
        rows = rows.toarray()
    np.testing.assert_array_equal(rows, _naive(places, tags, queries, radii))


@settings(max_examples=40, deadline=None)
@given(
    spots=st.lists(st.integers(0, 6), min_size=1, max_size=25),
    steps=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    seed=st.integers(0, 100),
)
def test_training_rows_leave_out_the_row(spots, steps, seed):
    # Distances are odd multiples of half a kilometre times two: never on a border.
    places = np.column_stack([np.zeros(len(spots)), np.array(spots) / DEGREE_KM])
    radii = np.cumsum(steps) - 0.5
    tags = np.random.default_rng(seed).integers(0, 2, (len(spots), 3))
    others = ~np.eye(len(spots), dtype=bool)
    rows = _dense(radii).fit_transform(places, tags)
    np.testing.assert_array_equal(rows, _naive(places, tags, places, radii, others))
    # Larger circles never hold less.
    assert (np.diff(rows.reshape(len(spots), len(radii), 3), axis=1) >= 0).all()


@pytest.mark.parametrize("working_memory", [1024, 0.01])
def test_users_do_not_teach_each_other(working_memory):
    places, tags = _photos(120, 7, 3)
    users = np.random.default_rng(3).integers(0, 9, 120)
    allowed = users[:, np.newaxis] != users
    radii = [1.0, 4.0]
    expected = _naive(places, tags, places, radii, allowed)
    encoder = _dense(radii, exclude_same_group=True)
    with config_context(working_memory=working_memory):
        rows = encoder.fit_transform(places, tags, groups=users)
        np.testing.assert_array_equal(rows, expected)
        rows = encoder.transform(places, groups=users)
        np.testing.assert_array_equal(rows, expected)
    # Of unknown users everything counts.
    rows = encoder.transform(places, groups=users + 100)
    np.testing.assert_array_equal(rows, _naive(places, tags, places, radii))
    np.testing.assert_array_equal(encoder.transform(places), rows)


def test_corpus_reads_no_labels_and_freezes():
    corpus = GeoTagCorpus(FIVE, TAGS, tag_names=["sea", "sun", "sand"])
    encoder = _dense([1, 3], n_tags=2, corpus=corpus)
    expected = _dense([1, 3], n_tags=2).fit(FIVE, TAGS).transform(FIVE)
    rows = encoder.fit_transform(FIVE, ["any", "label", "is", "not", "read"])
    np.testing.assert_array_equal(rows, expected)
    assert clone(encoder).fit(FIVE[:2]).corpus_ is corpus
    union = FeatureUnion([("near", FrozenEstimator(encoder)), ("new", encoder)])
    frame = union.set_output(transform="pandas").fit_transform(FIVE)
    assert list(frame.columns[:2]) == [
        "near__tag_sea_within_1km",
        "near__tag_sun_within_1km",
    ]
    np.testing.assert_array_equal(frame.to_numpy(), np.hstack([expected, expected]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_dtype_and_threads(dtype, n_jobs):
    places, tags = _photos(100, 5, 4)
    expected = _dense([1, 5]).fit(places, tags).transform(places)
    for sparse_output in (True, False):
        encoder = _dense(
            [1, 5], dtype=dtype, n_jobs=n_jobs, sparse_output=sparse_output
        )
        rows = encoder.fit(places, tags).transform(places)
        assert rows.dtype == dtype
        rows = rows.toarray() if sparse_output else rows
        np.testing.assert_array_equal(rows, expected)


def test_a_tag_that_nobody_used_and_photos_without_tags():
    tags = np.column_stack([np.zeros(5), TAGS[:, 2]])
    rows = _dense([30]).fit(FIVE, tags).transform(FIVE[:1])
    np.testing.assert_array_equal(rows, [[0, 1]])
    assert not _dense().fit_transform(FIVE, np.zeros((5, 2))).any()


@pytest.mark.parametrize(
    ("params", "y", "words"),
    [
        ({"radii_km": []}, TAGS, "at least one radius"),
        ({"radii_km": [[1, 2]]}, TAGS, "at least one radius"),
        ({"radii_km": [1, -2]}, TAGS, r"radius -2\.0.*not negative"),
        ({"radii_km": [1, np.nan]}, TAGS, "radius nan"),
        ({"radii_km": [1, np.inf]}, TAGS, "radius inf"),
        ({"radii_km": [2, 1]}, TAGS, r"must ascend, but 1\.0 comes after 2\.0"),
        ({"radii_km": [1, 1]}, TAGS, r"must ascend.*name each once"),
        ({"radii_km": ["near"]}, TAGS, "must be numbers of kilometres"),
        ({"radii_km": ["1", "3"]}, TAGS, "must be numbers of kilometres"),
        ({"radii_km": np.ma.array([1, 3], mask=[0, 1])}, TAGS, "row 1: .* is masked"),
        ({"radii_km": np.array([1, 3], "m8[s]")}, TAGS, "must be numbers of kilom"),
        ({"radii_km": 3}, TAGS, "'radii_km' parameter"),
        ({"n_tags": 0}, TAGS, "'n_tags' parameter"),
        ({"norm": "l3"}, TAGS, "'norm' parameter"),
        ({"corpus": FIVE}, TAGS, "'corpus' parameter"),
        ({"dtype": int}, TAGS, r"must be numpy\.float64"),
        ({}, None, "requires y to be passed.*GeoTagCorpus"),
        ({}, -TAGS, "is negative"),
        ({}, TAGS[:3], r"has \d rows, but"),
        ({"exclude_same_group": True}, TAGS, "pass groups= to fit"),
    ],
)
def test_refuses(params, y, words):
    with pytest.raises(ValueError, match=words):
        HashTagEncoder(**params).fit(FIVE, y)


def test_photos_between_places_far_apart_are_no_matter():
    # A hundred photos along the equator, a degree apart, each with a tag of its own.
    places = np.column_stack([np.zeros(100), np.arange(100.0)])
    encoder = _dense((1, 150), n_tags=100, norm=None).fit(places, np.eye(100))
    found = encoder.transform(places[[0, 99, 40]])
    expected = np.zeros((3, 200))
    # A degree is 111 km: both neighbours are within 150 km, and the end has one.
    expected[[0, 1, 2], [0, 99, 40]] = 1.0
    expected[0, [100, 101]] = 1.0
    expected[1, [198, 199]] = 1.0
    expected[2, [139, 140, 141]] = 1.0
    np.testing.assert_array_equal(found, expected)


def test_a_billion_radii_are_a_mistake():
    encoder = HashTagEncoder(radii_km=range(10**9))
    with pytest.raises(ValueError, match="radii_km has 1,000,000,000 numbers"):
        encoder.fit(FIVE, np.ones((len(FIVE), 1)))


@pytest.mark.parametrize("n_tags", [1, 2, 3, 5])
def test_most_columns_may_be_empty(n_tags):
    columns = np.array([7, 999_999_999, 999_999_999, 2])
    tags = sparse.csr_array((np.ones(4), columns, [0, 2, 3, 4]), shape=(3, 10**9))
    encoder = HashTagEncoder([1.0], n_tags=n_tags).fit(np.zeros((3, 2)), tags)
    # By frequency, then by column; then those that nobody has.
    expected = sorted([999_999_999, 2, 7, 0, 1][:n_tags])
    assert encoder.tag_columns_.tolist() == expected
    counted = encoder.transform([[0.0, 0.0]]).toarray()[0]
    counts = {2: 1, 7: 1, 999_999_999: 2}
    wanted = np.array([counts.get(column, 0) for column in expected], dtype=float)
    np.testing.assert_allclose(counted, wanted / wanted.sum())


@pytest.mark.parametrize("norm", [None, "l1"])
def test_more_columns_than_32_bits_count(norm):
    # The last of ten million tags, within each of three hundred circles.
    tags = sparse.csr_array(([1.0], [9_999_999], [0, 1]), shape=(1, 10**7))
    encoder = HashTagEncoder(range(1, 301), n_tags=None, norm=norm)
    found = encoder.fit([[0.0, 0.0]], tags).transform([[0.0, 0.0], [0.0, 50.0]])
    assert found.shape == (2, 3 * 10**9)
    assert found.indices.tolist() == list(range(9_999_999, 3 * 10**9, 10**7))
    np.testing.assert_array_equal(found.indptr, [0, 300, 300])
    np.testing.assert_allclose(found.data, 1.0 if norm is None else 1.0 / 300)


@pytest.mark.parametrize("n_tags", [None, 10**9])
def test_a_billion_tags_are_too_many_to_count(n_tags):
    tags = sparse.csr_array(([1.0], [7], [0, 1]), shape=(1, 10**9))
    encoder = HashTagEncoder([1.0], n_tags=n_tags)
    words = (
        rf"^n_tags={n_tags} would count 1,000,000,000 tags, and the most are 100,000"
    )
    with pytest.raises(ValueError, match=words):
        encoder.fit([[0.0, 0.0]], tags)
    with pytest.raises(ValueError, match=words):
        encoder.set_params(corpus=GeoTagCorpus([[0, 0]], tags)).fit([[0.0, 0.0]])
