# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which columns are whose: by width, name, prefix, slice and position."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from sklearn_geo.context._contexts import (
    default_networks,
    read_contexts,
    read_networks,
)

NAMES = ["tag_sea", "scene__pier", "tag_sun", "scene__bay"]


def positions(contexts, n_columns):
    """The columns of each context, as plain lists."""
    everything = np.arange(n_columns)
    return {name: everything[at].tolist() for name, at in contexts.columns.items()}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"a": 1, "b": np.int64(3)}, {"a": [0], "b": [1, 2, 3]}),
        ({"b": 3, "a": 1}, {"b": [0, 1, 2], "a": [3]}),
        (
            {"t": ["tag_sun", "tag_sea"], "s": "scene__"},
            {"t": [2, 0], "s": [1, 3]},
        ),
        ({"t": slice(None, None, 2), "s": [-1, 1]}, {"t": [0, 2], "s": [3, 1]}),
        (
            {"t": slice(2, None, -2), "s": ("scene__pier", 3)},
            {"t": [2, 0], "s": [1, 3]},
        ),
        ({"a": np.array([1, 2]), "b": range(0, 4, 3)}, {"a": [1, 2], "b": [0, 3]}),
        ({"a": [-2, -1], "b": [0, -3]}, {"a": [2, 3], "b": [0, 1]}),
    ],
)
def test_rules(rule, expected):
    found = read_contexts(rule, 4, NAMES)
    assert positions(found, 4) == expected
    assert found.widths == {name: len(at) for name, at in expected.items()}
    assert list(found.widths) == list(rule)


def test_side_by_side_is_a_slice_so_that_nothing_is_copied():
    columns = read_contexts({"a": [0, 1], "b": [3, 2]}, 4, None).columns
    assert columns["a"] == slice(0, 2)
    assert_array_equal(columns["b"], [3, 2])


@pytest.mark.parametrize(
    ("rule", "names", "expected"),
    [
        # By width, without names: numbers within the context.
        ({"a": 2, "b": 1}, None, ["a_0", "a_1", "b_0"]),
        # A prefix goes, with what joins it to the name.
        ({"a": "x__", "b": "z"}, ["x__u", "x__v", "z_w"], ["a_u", "a_v", "b_w"]),
        ({"a": "x", "b": "z"}, ["x__u", "x__v", "zw"], ["a_u", "a_v", "b_w"]),
        ({"x": "x", "z": "z"}, ["x_u", "x_v", "zw"], ["x_u", "x_v", "z_w"]),
        # The name of the context itself is a prefix that goes.
        ({"x": 2, "z": 1}, ["x__u", "x__v", "w"], ["x_u", "x_v", "z_w"]),
        ({"x": [0, 1], "z": [2]}, ["x_u", "x_v", "z_w"], ["x_u", "x_v", "z_w"]),
        # It stays where not all have it, and where nothing would be left.
        ({"x": 2, "z": 1}, ["x_u", "v", "z_"], ["x_x_u", "x_v", "z_z_"]),
        (None, ["x__u", "z__w", "x__v__t"], ["x_u", "x_v__t", "z_w"]),
        (None, ["u", "x__v", "w"], ["context_u", "context_x__v", "context_w"]),
        (None, ["__u", "x__v", "w__"], ["context___u", "context_x__v", "context_w__"]),
        (None, None, ["context_0", "context_1", "context_2"]),
        # Odd names of contexts and of columns are taken as they are.
        ({"été.0/ ": 2, "🏖": 1}, ["a b", "ß", ""], ["été.0/ _a b", "été.0/ _ß", "🏖_"]),
    ],
)
def test_feature_names(rule, names, expected):
    assert read_contexts(rule, 3, names).feature_names() == expected


def test_contexts_of_feature_union():
    names = ["tag__sea", "scene__pier", "tag__sun"]
    found = read_contexts(None, 3, names)
    assert positions(found, 3) == {"tag": [0, 2], "scene": [1]}
    assert found.teachers == {"tag": ("sea", "sun"), "scene": ("pier",)}


@given(st.permutations(range(9)), st.lists(st.integers(1, 8), max_size=4, unique=True))
def test_any_cut_of_any_order(order, cuts):
    parts = np.split(np.array(order), sorted(cuts))
    rule = {f"c{i}": part for i, part in enumerate(parts)}
    found = read_contexts(rule, 9, None)
    expected = {name: part.tolist() for name, part in rule.items()}
    assert positions(found, 9) == expected
    assert sum(found.widths.values()) == 9


@pytest.mark.parametrize(
    ("rule", "names", "words"),
    [
        ({"a": 1, "b": 2}, NAMES, "{'a': 1, 'b': 2} add up to 3 columns, but y has 4"),
        ({"a": 4, "b": 0}, None, "every context has a column or more"),
        ({"a": 5, "b": -1}, None, "every context has a column or more"),
        ({"a": 3, "b": ["tag_sea"]}, NAMES, "mixes numbers of columns with names"),
        ({"a": 3.0, "b": 1}, None, "3.0 does not say which columns belong to 'a'"),
        ({"a": None}, None, "None does not say which columns belong to 'a'. Give"),
        ({"a": 3, "b": True}, None, "True does not say which columns"),
        ({}, None, "contexts={} names no contexts. Say what belongs to each"),
        ([("a", 4)], None, "[('a', 4)] names no contexts"),
        ({"": 4}, None, "a context cannot be called ''. Use text"),
        ({7: 4}, None, "a context cannot be called 7. Use text"),
        ({"a": []}, None, "'a' has no columns"),
        ({"a": slice(9, None)}, None, "'a' has no columns"),
        ({"a": slice("u", "v")}, NAMES, "Slices go by positions; give a list of names"),
        ({"a": [0, 4]}, None, "'a' names column 4; y has 4"),
        ({"a": [-5]}, None, "'a' names column -5; y has 4"),
        ({"a": [True, False, True, True]}, NAMES, "is a mask. Give the positions"),
        ({"a": np.ones(4, dtype=bool)}, None, "as np.flatnonzero(mask) says them"),
        ({"a": ["moon"]}, NAMES, "the column 'moon', which y does not have. The first"),
        ({"a": "moon"}, NAMES, "no column of y begins with 'moon'. The first columns"),
        ({"a": "tag_"}, None, "goes by the name 'tag_', but the columns of y have no"),
        ({"a": ["tag_sea"]}, None, "Pass a data frame, or numbers of columns"),
        (
            {"a": "tag", "b": ["scene__bay", "tag_sun"]},
            NAMES,
            "column 2 ('tag_sun') of y is in more than one context. Each column",
        ),
        ({"a": [1, 1], "b": [0, 2, 3]}, None, "column 1 of y is in more than one"),
        (
            {"a": "tag"},
            NAMES,
            "2 of the 4 columns of y are in no context, the first of them is column 1 "
            "('scene__pier'). Name a context for them, or drop them.",
        ),
    ],
)
def test_rules_that_are_refused(rule, names, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_contexts(rule, 4, names)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"a": 1, "b": 2}, "contexts={'a': 1, 'b': 2} add up to 3 columns"),
        ({"a": 4, "b": "tag"}, "contexts={'a': 4, 'b': 'tag'} mixes numbers of"),
        ({"a": ["tag_sea", "moon"]}, "'a' names the column 'moon', which"),
        ({"a": np.array(["moon"])}, "'a' names the column 'moon', which y does not"),
        ({"a": "moon"}, "no column of y begins with 'moon'. The first columns are ['"),
    ],
)
def test_names_and_numbers_of_numpy_are_shown_plainly(rule, words):
    def wrapped(value):
        if isinstance(value, list):
            return list(map(wrapped, value))
        kind = np.str_ if isinstance(value, str) else np.int64
        return value if isinstance(value, np.ndarray) else kind(value)

    rule = {np.str_(context): wrapped(value) for context, value in rule.items()}
    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        read_contexts(rule, 4, list(map(np.str_, NAMES)))
    assert "np." not in str(caught.value)


def test_names_that_would_meet():
    words = "two columns would both be called 'a_b_c', .* Rename a context"
    with pytest.raises(ValueError, match=words):
        read_contexts({"a": [0], "a_b": [1]}, 2, ["b_c", "c"])


def test_no_columns():
    with pytest.raises(ValueError, match="y has no columns: it needs one for each"):
        read_contexts(None, 0, [])


def test_objects_and_scenes_share_a_trunk():
    assert default_networks(["object", "scene", "tag"]) == (
        ("object", "scene"),
        ("tag",),
    )
    # In the order of the contexts, wherever the two stand.
    assert default_networks(["tag", "object", "x", "scene"]) == (
        ("tag",),
        ("object", "scene"),
        ("x",),
    )
    assert default_networks(["scene"]) == (("scene",),)
    assert default_networks(["tag", "x"]) == (("tag",), ("x",))


@pytest.mark.parametrize(
    ("networks", "expected"),
    [
        (None, (("object", "scene"), ("tag",))),
        ([["tag", "scene"], "object"], (("tag", "scene"), ("object",))),
        (("tag", "scene", "object"), (("tag",), ("scene",), ("object",))),
        (np.array([["tag", "scene", "object"]]), (("tag", "scene", "object"),)),
    ],
)
def test_networks(networks, expected):
    read = read_networks(networks, ["object", "scene", "tag"])
    assert read == expected
    assert {type(name) for group in read for name in group} == {str}


def test_one_context_by_its_bare_name():
    assert read_networks("tag", ["tag"]) == (("tag",),)


@pytest.mark.parametrize(
    ("networks", "words"),
    [
        (["object", "scene"], "lacks the contexts ['tag']. The contexts are ['object'"),
        ("tag", "lacks the contexts ['object', 'scene']"),
        ((), "lacks the contexts ['object', 'scene', 'tag']"),
        ([["object", "scene"], "tag", "moon"], "that y does not have: ['moon']"),
        ([["object", "scene"], "tag", 3], "that y does not have: [3]"),
        ([["object", "scene"], ["tag", "object"]], "more than once: ['object']"),
        ([["object", "scene"], ["tag"], []], "has a network without contexts"),
        ([["scene"], "tag"], "as in networks=(('object', 'scene'), ('tag',))."),
    ],
)
def test_networks_that_are_refused(networks, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        read_networks(networks, ["object", "scene", "tag"])


def test_more_columns_than_anything_holds_counts_of():
    with pytest.raises(ValueError, match="y has 1,000,000,000 columns; the most are"):
        read_contexts(None, 10**9, None)
