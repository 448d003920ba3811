# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause

import numpy as np
import pytest
from sklearn import config_context

from sklearn_geo.ranking._tag_search import best_photos, read_queries
from sklearn_geo.ranking._vocabulary import Vocabulary

GALLERY = np.array([[1, 0], [0, 1], [1, 0], [0.5, 0.5]], dtype=np.float32)
TAGS = np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32)
NAMES = Vocabulary(3, ["beach", "snow", "unheard"])


def test_nearest_by_hand_with_a_tie():
    photos, scores = best_photos(TAGS[:2], GALLERY, 3)
    np.testing.assert_array_equal(photos, [[0, 2, 3], [1, 3, 0]])
    np.testing.assert_array_equal(scores, [[1, 1, 0.5], [1, 0.5, 0]])


def test_more_than_there_are():
    photos, scores = best_photos(TAGS[:1], GALLERY, 6)
    np.testing.assert_array_equal(photos, [[0, 2, 3, 1, -1, -1]])
    np.testing.assert_array_equal(scores[0, 4:], -np.inf)


def test_blocks_change_nothing():
    rng = np.random.default_rng(0)
    gallery = rng.normal(size=(3000, 4)).astype(np.float32)
    queries = rng.normal(size=(50, 4)).astype(np.float32)
    whole = best_photos(queries, gallery, 5)
    with config_context(working_memory=0.1):  # two queries at a time
        parts = best_photos(queries, gallery, 5)
    np.testing.assert_array_equal(whole[0], parts[0])
    wanted = np.argsort(-(queries @ gallery.T), axis=1, kind="stable")[:, :5]
    np.testing.assert_array_equal(whole[0], wanted)


@pytest.mark.parametrize("k", [0, -1, 2.5, True, "3"])
def test_k_is_a_number_of_photos(k):
    with pytest.raises(ValueError, match="k must be"):
        best_photos(TAGS, GALLERY, k)


def test_queries_of_all_kinds():
    for one in ("snow", 1, np.int64(1), np.str_("snow"), [0.0, 1.0], TAGS[1]):
        queries, is_one = read_queries(one, TAGS, NAMES)
        assert is_one
        np.testing.assert_array_equal(queries, [[0, 1]])
    several = (["snow", 0], np.array([1, 0]), [[0.0, 1.0], [1.0, 0.0]], TAGS[[1, 0]])
    for some in several:
        queries, is_one = read_queries(some, TAGS, NAMES)
        assert not is_one
        np.testing.assert_array_equal(queries, [[0, 1], [1, 0]])
    queries, is_one = read_queries(["snow"], TAGS, NAMES)
    assert not is_one
    assert queries.shape == (1, 2)
    assert read_queries([], TAGS, NAMES)[0].shape == (0, 2)


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        ("snwo", "Did you mean 'snow'"),
        (3, "no tag 3, only 0 to 2"),
        (-1, "no tag -1"),
        (None, "got None"),
        (["snow", "bech"], "'bech'.*'beach'"),
        ([[0.0, 1.0, 2.0]], "have 2 numbers each"),
        (np.array([np.nan, 1.0]), "finite"),
        ("unheard", "'unheard' has no word vector"),
        ([0, 2], "'unheard' has no word vector"),
    ],
)
def test_bad_queries(tags, message):
    known = np.array([True, True, False])
    with pytest.raises(ValueError, match=message):
        read_queries(tags, TAGS, NAMES, known)


def test_tables_of_the_memory_are_no_tags():
    with pytest.raises(ValueError, match="by its name or its number"):
        NAMES.positions(memoryview(np.zeros((2, 2))))
