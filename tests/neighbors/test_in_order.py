# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Names of columns, in the order of the columns."""

from collections import ChainMap
from collections.abc import MutableSet, Sequence

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.feature_extraction.text import CountVectorizer

from sklearn_geo.neighbors import GeoTagCorpus, TagVectorizer
from sklearn_geo.neighbors._in_order import names_in_order

WANTED = ["sea", "beach"]


def _dense(**params):
    return TagVectorizer(None, sparse_output=False, **params)


class OrderedSet(MutableSet, Sequence):
    """A set with an order of its own, as some libraries have it."""

    def __init__(self, names):
        self._names = dict.fromkeys(names)

    def __contains__(self, name):
        return name in self._names

    def __len__(self):
        return len(self._names)

    def __getitem__(self, at):
        return list(self._names)[at]

    def add(self, name):
        self._names[name] = None

    def discard(self, name):
        self._names.pop(name, None)


@pytest.mark.parametrize(
    "names",
    [
        dict.fromkeys(WANTED).keys(),
        ChainMap({"sea": 0}, {"beach": 1}).keys(),
        dict(enumerate(WANTED)).values(),
        OrderedSet(WANTED),
        iter(WANTED),
        {"sea": 0, "beach": 1},
    ],
    ids=lambda names: type(names).__name__,
)
def test_what_has_an_order(names):
    assert sorted(names_in_order(names, "names")) == sorted(WANTED)
    if not isinstance(names, type(iter([]))):
        assert names_in_order(names, "names") == list(names)


def test_the_keys_of_a_vocabulary():
    keys = {"sea": 0, "beach": 1}.keys()
    corpus = GeoTagCorpus([[0, 0]], [[1, 0]], tag_names=keys)
    assert corpus.tag_names == ("sea", "beach")
    vectorizer = TagVectorizer(None, vocabulary=keys).fit([["sea"]])
    assert vectorizer.vocabulary_ == {"sea": 0, "beach": 1}


@pytest.mark.parametrize("names", [set(WANTED), frozenset(WANTED)])
def test_a_set_has_none(names):
    with pytest.raises(ValueError, match=r"^names is a set, which has no order"):
        names_in_order(names, "names")


@pytest.mark.parametrize(
    ("names", "remedy"),
    [
        ({"sea": 1, "beach": 0}, r"sorted\(names, key=names.get\)"),
        ({"sea": None, "beach": None}, r"list\(names\) or list\(names.values\(\)\)"),
        ({0: "sea", 1: "beach"}, r"list\(names\) or list\(names.values\(\)\)"),
    ],
)
def test_the_remedy_for_a_mapping_gives_names(names, remedy):
    with pytest.raises(ValueError, match=f"^names is a mapping, .* example {remedy}"):
        names_in_order(names, "names")


def test_a_mapping_as_vocabulary_is_in_the_order_of_its_numbers():
    counter = CountVectorizer(analyzer=list).fit([["sea", "beach"]])
    assert counter.vocabulary_ == {"sea": 1, "beach": 0}
    with pytest.raises(ValueError, match=r"^vocabulary is a mapping.*sorted\(vocab"):
        _dense(vocabulary=counter.vocabulary_).fit([["sea"]])
    again = _dense(vocabulary=_dense().fit([["sea", "beach"]]).vocabulary_)
    np.testing.assert_array_equal(again.fit_transform([["sea"]]), [[0, 1]])


@pytest.mark.parametrize("name", ["vocabulary", "stop_tags", "camera_brands"])
def test_a_frame_is_no_list_of_tags(name):
    for library in (pl, pd):
        frame = library.DataFrame({"tag": ["sea", "beach"]})
        with pytest.raises(TypeError, match=f"^{name} is a frame.*Pass one of them"):
            _dense(**{name: frame}).fit([["sea", "tag"]])
    with pytest.raises(ValueError, match=rf"^{name} has the shape \(2, 1\)"):
        _dense(**{name: np.array([["sea"], ["beach"]])}).fit([["sea"]])
    expected = ["tag"] if name != "vocabulary" else ["sea", "beach"]
    vectorizer = _dense(**{name: frame["tag"]}).fit([["sea", "tag", "beach"]])
    assert list(vectorizer.vocabulary_) == expected
