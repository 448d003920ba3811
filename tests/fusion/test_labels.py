# Authors: The sklearn-geo developers
# SPDX-License-Identifier: BSD-3-Clause
"""What y says: classes, labels, their names, and what each of them weighs."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from sklearn_geo.fusion._labels import LabelReader, refuse_lists

LABELS = np.array([[1, 0, 0], [1, 1, 0], [0, 1, 0], [1, 0, 0]])


def test_two_classes_are_one_output():
    y = np.array(["sea", "hill", "sea"])
    labels = LabelReader(y)
    assert (labels.kind, labels.n_outputs, labels.is_multilabel) == ("labels", 1, False)
    assert labels.names == ["hill", "sea"]
    np.testing.assert_array_equal(labels.target(y), [[1.0], [0.0], [1.0]])
    np.testing.assert_array_equal(labels.indicator(y), [[0, 1], [1, 0], [0, 1]])


def test_more_classes_are_an_output_each():
    y = np.array([30, 10, 20, 10])
    labels = LabelReader(y)
    assert (labels.kind, labels.n_outputs) == ("classes", 3)
    np.testing.assert_array_equal(labels.target(y), [2, 0, 1, 0])
    np.testing.assert_array_equal(labels.indicator(y[:2]), [[0, 0, 1], [1, 0, 0]])
    assert labels.names == ["10", "20", "30"]


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array, sparse.csr_matrix])
def test_an_indicator_is_labels(make):
    y = make(LABELS)
    labels = LabelReader(y, ["a", "b", "c"])
    assert (labels.kind, labels.n_outputs, labels.is_multilabel) == ("labels", 3, True)
    assert labels.names == ["a", "b", "c"]
    np.testing.assert_array_equal(labels.classes, [0, 1, 2])
    target = labels.target(y)
    assert target.shape == (4, 3)
    np.testing.assert_array_equal(target[np.array([1, 2])], LABELS[[1, 2]])
    assert labels.indicator(y) is y


def test_labels_without_names_are_numbers():
    assert LabelReader(LABELS).names == ["0", "1", "2"]


def test_labels_never_seen_are_named_once():
    labels = LabelReader(LABELS, ["a", "b", "c"])
    for y in (LABELS, sparse.csr_array(LABELS)):
        with pytest.warns(UserWarning, match="1 of 3 labels are never seen.*: c") as w:
            labels.warn_of_empty(y)
        assert len(w) == 1
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LabelReader(LABELS[:, :2]).warn_of_empty(LABELS[:, :2])
        LabelReader([0, 1]).warn_of_empty(np.array([0, 1]))
    many = np.zeros((3, 8), dtype=int)
    many[0, 0] = 1
    with pytest.warns(UserWarning, match=r"7 of 8 .*: 1, 2, 3, 4, 5, \.\.\."):
        LabelReader(many).warn_of_empty(many)


@pytest.mark.parametrize(
    ("y", "words"),
    [
        ([1, 1, 1], "at least 2 classes.*only one class: 1"),
        (["sea"] * 3, "only one class: 'sea'"),
        ([0.5, 1.5, 2.25], "Unknown label type: continuous"),
        ([[1, 2], [3, 4], [5, 6]], "several columns of classes.*0/1 indicator"),
        (
            [[0, 2], [2, 0], [2, 2]],
            "an indicator of labels, 0 or 1; it holds 2",
        ),
        ([[1, -1], [-1, 1], [1, 1]], "an indicator of labels, 0 or 1; it holds -1"),
        (sparse.csr_array([[0, 3], [3, 0]]), "0 or 1; it holds 3"),
    ],
)
def test_words_about_y(y, words):
    y = y if sparse.issparse(y) else np.array(y)
    with pytest.raises(ValueError, match=words):
        LabelReader(y)


def test_classes_that_fit_has_not_seen():
    labels = LabelReader(np.array(["b", "c", "d"]))
    with pytest.raises(ValueError, match=r"'a', 'z' \(3 rows\). Leave such rows out"):
        labels.codes(np.array(["z", "a", "b", "a"]))
    numbers = LabelReader(np.array([1, 5, 9]))
    with pytest.raises(ValueError, match=r"not seen: 2 \(1 rows\)"):
        numbers.codes(np.array([1, 2, 9]))
    with pytest.raises(ValueError, match=r"\.\.\. \(90 rows\)"):
        numbers.codes(np.arange(10, 100))
    with pytest.raises(ValueError, match=r"indicator of the 3 labels.*shape \(4, 2\)"):
        LabelReader(LABELS).indicator(LABELS[:, :2])


# Weights of classes -------------------------------------------------------------------


def test_balanced_classes_by_hand():
    y = np.array([0, 0, 0, 0, 1, 2, 2])
    # n / (classes * count), as in scikit-learn.
    found = LabelReader(y).balance("balanced", y, None)
    np.testing.assert_allclose(found, [7 / 12, 7 / 3, 7 / 6])
    weight = np.array([1.0, 1, 1, 1, 4, 2, 2])
    np.testing.assert_allclose(LabelReader(y).balance("balanced", y, weight), 1.0)
    binary = np.array(["n", "y", "n", "n"])
    found = LabelReader(binary).balance("balanced", binary, None)
    np.testing.assert_allclose(found, [[4 / 6, 4 / 2]])


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array])
def test_balanced_labels_by_hand(make):
    y = make(LABELS)
    found = LabelReader(y).balance("balanced", y, None)
    # Three of four, two of four, none: n / (2 * count) of the zeros and of the ones.
    np.testing.assert_allclose(found, [[4 / 2, 4 / 6], [1.0, 1.0], [1.0, 1.0]])
    weight = np.array([1.0, 1.0, 6.0, 0.0])
    found = LabelReader(y).balance("balanced", y, weight)
    expected = [[8 / 12, 8 / 4], [8 / 2, 8 / 14], [1.0, 1.0]]
    np.testing.assert_allclose(found, expected)


def test_given_weights():
    y = np.array(["a", "b", "c"])
    labels = LabelReader(y)
    assert labels.balance(None, y, None) is None
    np.testing.assert_array_equal(labels.balance({"c": 3}, y, None), [1, 1, 3])
    labels = LabelReader(LABELS)
    found = labels.balance({1: 5}, LABELS, None)
    np.testing.assert_array_equal(found, [[1, 5]] * 3)
    found = labels.balance([{0: 2, 1: 3}, {}, {1: 0.5}], LABELS, None)
    np.testing.assert_array_equal(found, [[2, 3], [1, 1], [1, 0.5]])


@pytest.mark.parametrize(
    ("y", "class_weight", "words"),
    [
        (np.array([0, 1, 2]), {7: 1.0}, "names 7, but the classes are 0, 1, 2"),
        (np.array([0, 1, 2]), [{0: 1}], "must be a mapping from class to weight"),
        (np.array([0, 1, 2]), {0: -1}, "must not be negative; got -1"),
        (np.array([0, 1, 2]), {0: "much"}, "must not be negative; got 'much'"),
        (np.array([0, 1, 2]), {0: np.nan}, "must not be negative; got nan"),
        (np.array([0, 1, 2]), {0: np.inf}, "must be finite, .*; got inf"),
        (LABELS, [{1: 2}], "class_weight has 1 entries for 3 labels"),
        (LABELS, {2: 1.0}, "what its 0 and its 1 weigh.*got {2: 1.0}"),
        (LABELS, [{"yes": 1.0}, {}, {}], "what its 0 and its 1 weigh"),
        (LABELS, {1: -2.0}, "must not be negative; got -2.0"),
        (LABELS, [None, {}, {}], "what its 0 and its 1 weigh.*got None"),
        (LABELS, ["balanced"] * 3, "what its 0 and its 1 weigh.*got 'balanced'"),
    ],
)
def test_words_about_weights(y, class_weight, words):
    with pytest.raises(ValueError, match=words):
        LabelReader(y).balance(class_weight, y, None)


@pytest.mark.parametrize("missing", [None, np.nan])
def test_missing_classes_are_told_by_row(missing):
    y = np.array(["bar", "shop", missing, "bar"], dtype=object)
    with pytest.raises(ValueError, match=r"y, row 2: the class is missing"):
        LabelReader(y)


@pytest.mark.parametrize(
    "y",
    [
        [["bar"], ["shop", "bar"], []],
        [{"bar"}, {"shop", "bar"}],
        pd.Series([["bar"], ["shop", "bar"]]),
        [("bar", "shop"), ("shop", "bar")],
    ],
)
def test_lists_of_labels_are_refused_with_the_remedy(y):
    with pytest.raises(ValueError, match=r"list of labels a row.*MultiLabelBinarizer"):
        refuse_lists(y)
    for fine in ([[0, 1], [1, 0]], ["bar", "shop"], np.eye(3), pd.DataFrame(np.eye(2))):
        refuse_lists(fine)


def test_labels_that_cannot_be_compared_are_named():
    labels = LabelReader(np.array([1, 2]))
    with pytest.raises(TypeError, match=r"y holds labels \(dict\)"):
        labels.codes(np.array([{}], dtype=object))
