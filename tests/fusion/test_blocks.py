# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns belong together, and what is said of columns that do not."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SelectKBest
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from sklearn_geo.fusion import AttentionFusionClassifier, blocks_of
from sklearn_geo.fusion._blocks import read_blocks

NAMES = ["utm__32U", "utm__33U", "tag__sea", "tag__hill", "app__n"]


def read(blocks, n_features=5, names=NAMES):
    found = read_blocks(blocks, n_features, names)
    return {name: columns.tolist() for name, columns in found.items()}


# What a mapping may say ---------------------------------------------------------------


@pytest.mark.parametrize(
    "utm",
    [
        [0, 1],
        (0, -4),
        range(2),
        np.array([0, 1]),
        slice(0, 2),
        slice(None, 2),
        [True, True, False, False, False],
        np.array([True, True, False, False, False]),
        ["utm__32U", "utm__33U"],
        pd.Index(["utm__32U", "utm__33U"]),
        "utm__*",
        ["utm__3?U"],
        slice("utm__32U", "utm__33U"),
        slice(None, "utm__33U"),
    ],
)
def test_all_ways_to_name_columns(utm):
    found = read({"utm": utm, "rest": slice(2, None)})
    assert found == {"utm": [0, 1], "rest": [2, 3, 4]}


@pytest.mark.parametrize(
    "utm",
    [
        slice(1, None, -1),
        slice(-4, -6, -1),
        slice("utm__33U", "utm__32U", -1),
        slice("utm__33U", None, -1),
    ],
)
def test_columns_that_go_backwards(utm):
    assert read({"rest": [2, 3, 4], "utm": utm})["utm"] == [1, 0]


def test_backwards_is_another_order_of_the_same_columns():
    rows = np.random.default_rng(0).normal(size=(30, 3))
    y = rows[:, 0] > 0
    both = [
        AttentionFusionClassifier(
            {"first": 0, "others": others}, hidden=4, max_iter=2, random_state=0
        )
        .fit(rows, y)
        .predict_proba(rows)
        for others in (slice(2, 0, -1), [2, 1])
    ]
    np.testing.assert_array_equal(*both)


def test_a_single_column_and_the_order_of_blocks():
    found = read({"n": "app__n", "last": 0, "tag": [3, 2], "u": 1})
    assert list(found) == ["n", "last", "tag", "u"]
    assert found == {"n": [4], "last": [0], "tag": [3, 2], "u": [1]}


def test_a_name_with_a_star_is_itself():
    assert read({"a": "x*", "b": "xy"}, 2, ["x*", "xy"]) == {"a": [0], "b": [1]}


def test_none_is_one_block():
    assert read(None) == {"all": [0, 1, 2, 3, 4]}
    assert read(None, 3, None) == {"all": [0, 1, 2]}


def test_auto_reads_prefixes():
    assert read("auto") == {"utm": [0, 1], "tag": [2, 3], "app": [4]}
    # The first two underscores count, and columns of a block may lie apart.
    names = ["a__b__c", "b__x", "a__y"]
    assert read("auto", 3, names) == {"a": [0, 2], "b": [1]}


# What is no mapping of blocks ---------------------------------------------------------


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ({}, "blocks is empty: name at least one block"),
        ({"a": [0, 1, 2], "b": [2, 3, 4]}, "overlap: column 'tag__sea' is in 'a' and"),
        ({"a": [0, 1, 1, 2, 3, 4]}, "column 'utm__33U' is in 'a' twice"),
        ({"a": [0, 1]}, r"3 of 5 columns of X are in no block \('tag__sea', 'tag__h"),
        ({"a": slice(0, 5), "b": []}, "'b' has no columns. Leave it out"),
        ({"a": slice(0, 5), "b": [False] * 5}, "'b' has no columns"),
        ({"a": slice(0, 5), "b": slice(5, 5)}, "'b' has no columns"),
        ({"a": [True] * 4}, "mask of the block 'a' has 4 entries, but X has 5"),
        ({"a": slice(0, 7)}, "'a' ends at column 7, but X has 5"),
        ({"a": [0, 5]}, "asks for column 5, but X has 5 columns, 0 to 4"),
        ({"a": [-6]}, "asks for column -6"),
        (
            {"a": ["tag_sea"]},
            "'tag_sea', which X does not have. Near names are 'tag__s",
        ),
        ({"a": ["qqq"]}, "'qqq', which X does not have.$"),
        ({"a": "town_*"}, r"no column fits 'town_\*' of the block 'a'. X begins with"),
        ({"a": slice("utm__32U", "utm")}, "asks for the column 'utm'"),
    ],
)
def test_words_about_blocks(blocks, words):
    with pytest.raises(ValueError, match=words):
        read(blocks)


@pytest.mark.parametrize(
    ("blocks", "words"),
    [
        ("all", "must be \"auto\", None, or a mapping.*got 'all'"),
        (3, "must be .auto., None, or a mapping"),
        ([("a", [0])], "or a mapping"),
        ({1: [0]}, "Names of blocks must be text; got 1"),
        ({"a": [0.5]}, "'a' must be a slice, positions, names or a mask; got 0.5"),
        ({"a": None}, "a slice, positions, names or a mask; got None"),
        ({"a": lambda X: [0]}, "or a mask; got <function"),
        ({"a": slice(0.0, 2)}, r"'a' must be a slice.*got slice\(0.0, 2, None\)"),
        ({"a": slice(0, 2, 0)}, r"'a' must be a slice.*got slice\(0, 2, 0\)"),
        ({"a": slice(0, 2, "b")}, r"'a' must be a slice.*got slice\(0, 2, 'b'\)"),
        ({"a": [[0, 1], [2, 3]]}, r"or a mask; got \[0, 1\]"),
    ],
)
def test_words_about_kinds(blocks, words):
    with pytest.raises(TypeError, match=words):
        read(blocks)


def test_names_need_names():
    with pytest.raises(ValueError, match="'x', but X has no column names"):
        read({"a": ["x"]}, 2, None)


def test_many_columns_without_a_block_are_counted():
    with pytest.raises(ValueError, match=r"95 of 100 .* \(5, 6, 7, 8, 9, \.\.\.\)"):
        read({"a": range(5)}, 100, None)


def test_auto_without_names():
    with pytest.raises(ValueError, match="but 'height' has none"):
        read("auto", 3, ["a__b", "a__c", "height"])
    for names, why in ((None, "X has no column names"), (["x", "y"], "no name has a")):
        with pytest.warns(UserWarning, match=why) as caught:
            assert read("auto", 2, names) == {"all": [0, 1]}
        assert len(caught) == 1
        assert 'set_output(transform="pandas")' in str(caught[0].message)


def test_the_warning_points_to_the_caller_and_the_model_works():
    X = np.random.default_rng(0).normal(size=(30, 3))
    model = AttentionFusionClassifier(hidden=4, max_iter=2, random_state=0)
    with pytest.warns(UserWarning, match='blocks="auto" found no blocks') as caught:
        model.fit(X, X[:, 0] > 0)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert model.block_names_ == ["all"]
    assert model.predict_proba(X).shape == (30, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model.set_params(blocks=None).fit(X, X[:, 0] > 0)


# blocks_of ----------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(20, 4))


def test_blocks_of_a_feature_union():
    union = FeatureUnion(
        [
            ("scaled", StandardScaler()),
            ("left out", "drop"),
            ("as it is", "passthrough"),
            ("two", make_pipeline(StandardScaler(), PCA(2))),
        ]
    ).fit(X)
    blocks = blocks_of(union)
    assert blocks == {
        "scaled": slice(0, 4),
        "as it is": slice(4, 8),
        "two": slice(8, 10),
    }
    whole = union.transform(X)
    np.testing.assert_array_equal(whole[:, blocks["as it is"]], X)
    assert blocks_of(make_pipeline(StandardScaler(), union).fit(X)) == blocks
    assert read(blocks, 10, None)["two"] == [8, 9]


def test_blocks_of_a_column_transformer():
    frame = pd.DataFrame(X, columns=list("abcd")).assign(kind=["u", "v"] * 10)
    union = ColumnTransformer(
        [
            ("kind", OneHotEncoder(), ["kind"]),
            ("nothing", StandardScaler(), []),
            ("size", StandardScaler(), ["d", "b"]),
        ],
        remainder="passthrough",
    ).fit(frame)
    assert blocks_of(union) == {
        "kind": slice(0, 2),
        "size": slice(2, 4),
        "remainder": slice(4, 6),
    }
    # The same as the names say.
    named = union.set_output(transform="pandas")
    named.set_params(kind__sparse_output=False)
    columns = list(named.fit_transform(frame).columns)
    assert read("auto", 6, columns) == read(blocks_of(union), 6, None)


def test_blocks_of_a_pipeline_in_a_pipeline():
    union = FeatureUnion([("two", PCA(2)), ("three", PCA(3))])
    inner = make_pipeline(StandardScaler(), union)
    found = blocks_of(make_pipeline(StandardScaler(), inner).fit(X))
    assert found == {"two": slice(0, 2), "three": slice(2, 5)}


def test_words_about_what_is_no_union():
    with pytest.raises(TypeError, match=r"takes a fitted FeatureUnion.*got a PCA"):
        blocks_of(PCA())
    with pytest.raises(TypeError, match="got a SelectKBest"):
        blocks_of(make_pipeline(StandardScaler(), SelectKBest()))
    with pytest.raises(NotFittedError):
        blocks_of(FeatureUnion([("a", StandardScaler())]))
    with pytest.raises(NotFittedError):
        blocks_of(ColumnTransformer([("a", StandardScaler(), [0])]))
    nameless = FeatureUnion([("square", FunctionTransformer(np.square))]).fit(X)
    with pytest.raises(TypeError, match="'square' does not say which columns it makes"):
        blocks_of(nameless)
