# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""Labels of rows are read without two of them becoming one."""

from fractions import Fraction

import numpy as np
import pandas as pd
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from scipy import sparse

from sklearn_geo._labels import (
    check_groups,
    class_array,
    first_missing,
    is_number,
    label_array,
    number_labels,
    positions,
)
from sklearn_geo.encoding import VenueActivityEncoder
from sklearn_geo.fusion import AttentionFusionClassifier
from sklearn_geo.model_selection import UserDisjointShuffleSplit
from sklearn_geo.neighbors import GeoNeighborTagPropagator, NeighborVoteAnnotator


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", "bc"], "U"),
        (np.array(["a", "bc"], dtype=object), "U"),
        (pd.Series(["a", "bc"]), "U"),
        (pd.Series(["a", "bc"], dtype="category"), "U"),
        (pl.Series(["a", "bc"]), "U"),
        ([1, 2], "i"),
        ([2**63, 5], "u"),
        ([np.uint64(2**63), 5], "u"),
        ([2**63, -1], "O"),
        ([2**70, 1], "O"),
        ([2**53 + 1, 0.5], "O"),
        ([1, 0.5], "f"),
        ([np.float32(0.5), np.nan], "f"),
        ([Fraction(1, 3), 1], "O"),
        ([True, False], "b"),
        (["a", None], "O"),
        (["a", np.nan], "O"),
        (["a", 1], "O"),
        (np.array(["2014-01-01"], dtype="M8[D]"), "M"),
        ([], "f"),
        (["a", "a\0"], "O"),
        (pd.Series(["a", "a\0"]), "O"),
        (pl.Series(["a\0", "\0a", "\0"]), "O"),
        (["\0a"], "U"),
    ],
)
def test_dtypes_that_hold_all_labels(values, kind):
    labels = label_array(values)
    assert labels.dtype.kind == kind
    for label, value in zip(labels.tolist(), list(values), strict=True):
        assert label == value or value != value or kind == "M"


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="came with numpy 2")
@pytest.mark.parametrize("values", [["b", "abc", "é"], [["1"]], []])
def test_text_of_any_length(values):
    labels = label_array(np.array(values, dtype="T"))
    assert labels.dtype.kind == "U"
    assert labels.tolist() == values


@pytest.mark.skipif(not hasattr(np.dtypes, "StringDType"), reason="came with numpy 2")
def test_text_that_ends_with_a_zero_stays_different():
    labels = label_array(np.array(["a", "a\0", "a\0\0"], dtype="T"))
    assert labels.tolist() == ["a", "a\0", "a\0\0"]
    assert check_groups(["a\0", "a", "a\0"], 3)[1].tolist() == [1, 0, 1]


@pytest.mark.parametrize(
    ("values", "number"),
    [
        ([1, 2], True),
        ([2**63, 0.5], True),
        ([2**70, -1], True),
        (["a", "b"], False),
        (["a", 1], False),
        (np.array(["2014-01-01"], dtype="M8[D]"), False),
    ],
)
def test_numbers_of_any_dtype(values, number):
    assert is_number(label_array(values)) is number


def test_arrays_of_numbers_are_not_copied():
    for dtype in (np.uint64, np.int32, np.float32):
        array = np.arange(3, dtype=dtype)
        assert label_array(array) is array


floats = st.floats(allow_nan=False, allow_infinity=False)
mixed = st.lists(st.one_of(st.integers(-(2**65), 2**65), floats), min_size=1)


@settings(deadline=None, max_examples=100)
@given(mixed)
def test_numbers_are_told_apart_as_in_python(numbers):
    values, codes = check_groups(numbers, len(numbers))
    assert values.tolist() == sorted(set(numbers))
    assert [values.tolist()[code] for code in codes] == numbers


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT, float("nan")])
@pytest.mark.parametrize("others", [["a", "b"], [1, 2], [2**63, 5]])
def test_missing_groups_are_named(missing, others):
    groups = [others[0], missing, others[1]]
    for form in (list, lambda g: np.array(g, dtype=object)):
        assert first_missing(label_array(form(groups))) == 1
        with pytest.raises(ValueError, match=r"users, row 1: the group is missing \("):
            check_groups(form(groups), 3, name="users")


@pytest.mark.parametrize(
    "groups",
    [
        pd.Series(["a", None], dtype="string"),
        pd.Series(["a", None], dtype="category"),
        pd.Series([1, None], dtype="Int64"),
        pl.Series(["a", None]),
        np.array(["2014-01-01", "NaT"], dtype="M8[D]"),
    ],
)
def test_missing_groups_of_series(groups):
    with pytest.raises(ValueError, match="groups, row 1: the group is missing"):
        check_groups(groups, 2)


def test_other_bad_groups():
    with pytest.raises(TypeError, match=r"cannot be sorted \(int, str\). Make all"):
        check_groups(["a", 1], 2)
    with pytest.raises(ValueError, match=r"each of the 2 rows.* shape \(1, 2\)"):
        check_groups([["a", "b"]], 2)
    with pytest.raises(ValueError, match=r"groups, row 1: the group is infinite"):
        check_groups([1.0, np.inf], 2)


def test_arrays_are_no_labels():
    for one in (sparse.csr_array([[1.0]]), torch.ones(1)):
        several = np.empty(3, dtype=object)
        several[:] = [one] * 3
        with pytest.raises(
            TypeError, match=rf"groups holds arrays \({type(one).__name__}"
        ):
            check_groups(several, 3)
    inside = np.empty(2, dtype=object)
    inside[:] = [(1, "a"), (0, "b")]  # tuples can be told apart and sorted
    assert check_groups(inside, 2)[1].tolist() == [1, 0]


def test_numbers_beyond_floats_stay_what_they_are():
    huge = label_array([10**400, 0.5])
    assert huge.dtype == object
    assert huge.tolist() == [10**400, 0.5]


def test_half_floats_among_huge_integers_are_sorted():
    labels = label_array([np.float16(0.5), 10**6, np.float16(0.5), None])
    values, codes = number_labels(labels[:3], name="groups")
    assert values.tolist() == [0.5, 10**6]
    assert codes.tolist() == [0, 1, 0]


# Neighbours of these are one number as floats.
HUGE = 10**17 + np.arange(4)
HUGE_ROWS = [
    HUGE,
    HUGE.astype(np.uint64),
    HUGE.tolist(),
    pd.Series(HUGE),
    pd.Series(HUGE, dtype="Int64"),
    pd.Series(HUGE, dtype="int64[pyarrow]"),
    pl.Series(HUGE),
    HUGE.astype(object),
    [2**63 + 5, 2**63 + 6, 2**63 + 7, 7],
]


@pytest.mark.parametrize("ids", HUGE_ROWS, ids=lambda ids: type(ids).__name__)
def test_neighbouring_ids_beyond_floats_are_different_users(ids):
    places = np.column_stack([np.zeros(4), np.arange(4) * 0.01])
    encoder = GeoNeighborTagPropagator(3, exclude_same_group=True, sparse_output=False)
    expected = encoder.fit_transform(places, np.eye(4), groups=list("abcd"))
    found = encoder.fit_transform(places, np.eye(4), groups=ids)
    assert_allclose(found, expected)
    assert_allclose(encoder.transform(places, groups=ids), expected)
    split = UserDisjointShuffleSplit(1, test_size=1, random_state=0)
    (train, test), *_ = split.split(places, groups=ids)
    assert (len(train), len(test)) == (3, 1)
    classes = NeighborVoteAnnotator(3, 1).fit(np.c_[places, np.eye(4)], ids).classes_
    assert len(classes) == 4
    if not isinstance(ids, pl.Series):  # which scikit-learn does not read
        fusion = AttentionFusionClassifier(blocks=None, max_iter=1)
        fusion.fit(np.c_[places, np.eye(4)], ids)
        assert fusion.classes_.tolist() == sorted(map(int, ids))


@pytest.mark.parametrize("first", HUGE_ROWS[:-1], ids=lambda ids: type(ids).__name__)
def test_users_are_known_again_in_another_dtype(first):
    places = np.column_stack([np.zeros(4), np.arange(4) * 0.01])
    encoder = GeoNeighborTagPropagator(3, exclude_same_group=True, sparse_output=False)
    encoder.fit(places, np.eye(4), groups=first)
    for again in HUGE_ROWS[:-1]:
        own = np.diag(encoder.transform(places, groups=again))
        assert_allclose(own, 0.0)
    near = encoder.transform(places, groups=HUGE.astype(np.float64))
    assert near[0, 0] == 0.0
    assert (np.diag(near)[1:] > 0.0).all()


@given(
    st.lists(st.integers(-(2**63), 2**64 - 1), min_size=1, max_size=8, unique=True),
    st.lists(st.integers(-(2**63), 2**64 - 1), min_size=1, max_size=8),
)
@settings(deadline=None)
def test_positions_are_those_of_a_list(values, others):
    values = label_array(sorted(values))
    for labels in (label_array(others), label_array([*others, *values.tolist()])):
        known = values.tolist()
        expected = [known.index(v) if v in known else -1 for v in labels.tolist()]
        assert positions(labels, values).tolist() == expected


def test_venues_in_a_list_keep_all_digits():
    times = pd.to_datetime(np.arange(4) * 3600, unit="s", utc=True)
    ids = HUGE_ROWS[-1]
    table = {"venue": ids, "user": [1, 2, 3, 4], "time": times}
    assert VenueActivityEncoder().fit(table).venues_.tolist() == sorted(ids)


def test_what_is_not_a_class_a_row_stays_as_it_is():
    for y in (np.eye(2), pd.DataFrame({"a": [0, 1]}), ["a", "b"], [[0, 1], [1, 0]], 3):
        assert class_array(y) is y


@pytest.mark.parametrize("read", [label_array, class_array])
def test_labels_that_are_masked_are_refused(read):
    labels = np.ma.array(["a", "b", "c"], mask=[False, False, True])
    with pytest.raises(ValueError, match=r"^(labels|y), row 2: the value is masked"):
        read(labels)
    labels.mask = False
    assert read(labels).tolist() == ["a", "b", "c"]


def test_groups_that_are_masked_are_refused_by_name():
    with pytest.raises(ValueError, match=r"^users, row 0: the value is masked"):
        check_groups(np.ma.array([1, 2], mask=[True, False]), 2, name="users")


@pytest.mark.parametrize("dress", [list, tuple, pd.Series, pl.Series])
def test_classes_that_end_with_a_zero_are_their_own(dress):
    classes = class_array(dress(["a", "a\0", "b"]))
    assert list(classes) == ["a", "a\0", "b"]
    assert len(np.unique(classes)) == 3
